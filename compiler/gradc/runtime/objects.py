"""Shared objects, looked at before they are mapped into the process.

    opened = open_object(path, "gradc_key_12ab")        # raises CompilerError where it is not whole, or not this one

The system's loader trusts what a file says of itself: one that was cut short kills the process when it is read.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path
from typing import Any

import _cffi_backend

from gradc.errors import CompilerError

# What was loaded is never unloaded: at the interpreter's end modules are cleared in no useful order, while threads,
# finalisers and exit handlers may still run native code, and the team's threads sleep in it.
_HOW = _cffi_backend.RTLD_NOW | getattr(_cffi_backend, "RTLD_NODELETE", 0)
_kept: list[Any] = []  # where a system's loader has no word for it

# By class, 32 or 64 bits: where ELF's header keeps the table of segments, and where an entry keeps offset and size.
_TABLES = {1: ("I", 28, 42, "I", 4, 16), 2: ("Q", 32, 54, "Q", 8, 32)}


def open_object(path: Path, symbol: str) -> Any:
    """Return a shared object, loaded for as long as the process lives.

    Raises
    ------
    CompilerError
        Where it is damaged, or does not hold the symbol.
    """
    try:
        missing = _missing(path)
        if missing:
            raise OSError(f"{path} is cut short by {missing} bytes")
        library: Any = _cffi_backend.load_library(str(path), _HOW)
    except (OSError, UnicodeError) as error:  # of a path whose bytes are no text of this locale
        raise CompilerError(f"the compiled kernel cannot be loaded\n{error}") from None
    if not hasattr(_cffi_backend, "RTLD_NODELETE"):
        _kept.append(library)
    try:
        library.load_function(_cffi_backend.FFI().typeof("int(*)(void)"), symbol)
    except AttributeError:
        raise CompilerError(f"the compiled kernel cannot be loaded\n{path} was made of another text") from None
    return library


def _missing(path: Path) -> int:
    """Return how many bytes an ELF file lacks of its segments; 0 for other files, which their loaders look at."""
    with open(path, "rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:4] != b"\x7fELF" or head[4] not in _TABLES:
            return 0
        order = "<" if sys.byteorder == "little" else ">"
        kind, at, counts, word, offset_at, size_at = _TABLES[head[4]]
        (start,) = struct.unpack_from(order + kind, head, at)
        length, count = struct.unpack_from(order + "HH", head, counts)
        file.seek(start)
        table = file.read(length * count)
        size = os.fstat(file.fileno()).st_size
    end = int(start + length * count)
    for entry in range(0, len(table) - length + 1, length or 1):
        (offset,) = struct.unpack_from(order + word, table, entry + offset_at)
        (held,) = struct.unpack_from(order + word, table, entry + size_at)
        end = max(end, offset + held)
    return max(0, end - size)
