"""Passes on loop programs, each a function of its own file; `order` says which come when, and why."""
