"""The frontends room of gradc; see docs/contributing.md for the map."""
