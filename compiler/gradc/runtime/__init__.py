"""The runtime room of gradc; see docs/contributing.md for the map."""
