"""Passes on loop programs, each a function of its own file; `gradc.pipeline` says which come when, and why."""
