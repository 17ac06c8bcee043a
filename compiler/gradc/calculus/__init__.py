"""The calculus room of gradc; see docs/contributing.md for the map."""
