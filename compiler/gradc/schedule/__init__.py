"""The schedule room of gradc; see docs/contributing.md for the map."""
