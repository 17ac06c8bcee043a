"""Sub-interpreters are refused: NumPy, cffi and the team of threads are made for one interpreter a process.

refuse_sub_interpreter("gradc")  # raises LoadError in any but the main one
"""

from __future__ import annotations

from importlib import import_module

from gradc.errors import LoadError


def refuse_sub_interpreter(what: str) -> None:
    """Raise `LoadError` where this is not the main interpreter of its process."""
    for name in ("_interpreters", "_xxsubinterpreters"):  # since Python 3.13, and before
        try:
            module = import_module(name)
        except ImportError:
            continue
        if module.get_current() != module.get_main():
            raise LoadError(
                f"{what} cannot be loaded in a sub-interpreter: load it in the main one, or in a process of its own "
                "(mod_wsgi does so with WSGIApplicationGroup %{GLOBAL})"
            )
        return
