"""The frames of what this room writes: C and Python files, filled in from small records of strings."""

from __future__ import annotations

from functools import cache as remember
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2


def read(name: str) -> str:
    """Return a file that needs no filling in."""
    return (home() / "runtime" / name).read_text(encoding="utf-8")


@remember
def home() -> Path:
    """Return the directory of the templates."""
    try:
        return Path(import_module("gradc.templates").__path__[0])
    except ModuleNotFoundError:  # a source tree on sys.path, not installed
        return Path(__file__).parents[3] / "templates"


def fill(frame: str, /, **strings: Any) -> str:
    """Return a frame filled in."""
    return _environment().get_template(frame).render(**strings)


@remember
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(read),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - these are C and Python files, no web pages
    )
