"""The loop program: a typed tree between the plan and the C; built, checked, run, changed by passes, then printed."""
