"""The frames of what this room writes: C and Python files, filled in from small records of strings."""

from __future__ import annotations

from functools import cache as remember
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2


def read(name: str) -> str:
    """Return a file that needs no filling in."""
    try:
        frames = files("gradc.templates") / "runtime"
    except ModuleNotFoundError:  # a source tree on sys.path, not installed
        frames = Path(__file__).parents[3] / "templates" / "runtime"
    return (frames / name).read_text(encoding="utf-8")


def fill(frame: str, /, **strings: Any) -> str:
    """Return a frame filled in."""
    return _environment().get_template(frame).render(**strings)


@remember
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(read),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - these are C and Python files, no web pages
    )
