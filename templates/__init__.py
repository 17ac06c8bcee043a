"""C text frames, rendered by gradc.emit; a package so that wheels carry them."""
