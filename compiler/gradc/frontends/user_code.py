"""The lines of a user's code, which messages show: not gradc's own, nor those of NumPy, SciPy and Python."""

from __future__ import annotations

import linecache
import os
import sys
from types import FrameType, FunctionType
from typing import NoReturn

import numpy as np

from gradc.errors import TraceError

OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARIES = tuple(
    os.path.join(os.path.dirname(os.path.dirname(np.__file__)), name) + os.sep for name in ("numpy", "scipy")
)
_STANDARD = os.path.dirname(os.path.abspath(os.__file__)) + os.sep


def is_inside(path: str) -> bool:
    """Whether a file is of gradc, NumPy, SciPy or Python; the catalogue of losses is a user's."""
    if path.startswith(_STANDARD) and f"{os.sep}site-packages{os.sep}" not in path:
        return True
    return path.startswith((OWN, *LIBRARIES)) and not path.endswith(f"{os.sep}losses.py")


def place_of(error: BaseException) -> str:
    """The last line of the user's code in an error's traceback."""
    found, step = "", error.__traceback__
    while step is not None:
        path = step.tb_frame.f_code.co_filename
        if not is_inside(path) and not path.startswith("<frozen"):
            source = linecache.getline(path, step.tb_lineno).strip()
            found = f"\n  {path}:{step.tb_lineno}" + (f"\n    {source}" if source else "")
        step = step.tb_next
    return found


def place_in_code() -> str:
    """The line of the user's code that is being run, as the end of a message."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if not is_inside(path) and not path.startswith("<frozen"):
            source = linecache.getline(path, frame.f_lineno).strip()
            return f"\n  {path}:{frame.f_lineno}" + (f"\n    {source}" if source else "")
        frame = frame.f_back
    return ""


def library_call() -> str:
    """The function of NumPy or SciPy that the user's code is calling, as the start of a message."""
    frame: FrameType | None = sys._getframe(2)
    calls: list[FrameType] = []
    while frame is not None and is_inside(frame.f_code.co_filename):
        if frame.f_code.co_filename.startswith(LIBRARIES):
            calls.append(frame)
        frame = frame.f_back
    if not calls:
        return ""
    called = calls[-1]  # the outermost
    module, name = str(called.f_globals.get("__name__", "")), called.f_code.co_name
    wrapped = called.f_locals.get("f")
    if name == "wrapper" and isinstance(wrapped, FunctionType):
        module, name = wrapped.__module__, wrapped.__name__
    public = [part for part in module.split(".")[:2] if not part.startswith("_")]
    owner = getattr(called.f_locals.get("self"), "name", None)
    path = ".".join([*public, *([owner] if isinstance(owner, str) else []), *([] if name.startswith("__") else [name])])
    return f"{path} is not supported: " if public[0] == "scipy" else f"in {path}: "


def refuse(message: str) -> NoReturn:
    """Raise an error that shows the line of the user's code."""
    raise TraceError(message + place_in_code())
