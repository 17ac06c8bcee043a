"""The team of threads that this process's kernels share.

team = load_team(cache, compiler)        # None where it cannot be built: loops run where they are called
team.limit(2)                            # this thread's loops may use two threads; gives how many it was
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache as remember
from pathlib import Path
from typing import NamedTuple

import _cffi_backend

from gradc.errors import CompilerError
from gradc.runtime import texts
from gradc.runtime.cache import Cache, address
from gradc.runtime.objects import open_object
from gradc.runtime.toolchain import Compiler, machine, processor

FLAGS = ("-O2", "-fPIC", "-pthread")
_RUN = "gradc_team"


class Team(NamedTuple):
    """The threads of this process that share parallel loops.

    Parameters
    ----------
    run
        The address of ``void (*)(int64_t parts, void (*rows)(const void *, int64_t, int64_t), const void *context)``.
    limit
        Sets how many threads the loops of the calling thread may use, and gives how many it was.
    limit_at
        The address of the same function.
    """

    run: int
    limit: Callable[[int], int]
    limit_at: int


@remember
def load_team(cache: Cache, compiler: Compiler) -> Team | None:
    """Return the team, building it the first time; None where it cannot be built."""
    text = texts.read("team.c")
    flags = [*FLAGS, "-shared"]
    key = address([text, *compiler.identity(flags), processor(), *machine()])
    try:
        path = cache.fetch(key)
        if path is None:
            with cache.alone(key):
                path = cache.fetch(key) or _make(text, key, flags, cache, compiler)
        return None if path is None else _open_team(path)
    except (CompilerError, OSError):
        return None


def _make(text: str, key: str, flags: list[str], cache: Cache, compiler: Compiler) -> Path | None:
    note = f"team-{key[:32]}"
    if cache.recall(note) is not None:
        return None
    with cache.aside() as directory:
        (directory / "team.c").write_text(text, encoding="utf-8")
        try:
            compiler.build(directory, ["team.c"], "team.so", flags)
            open_object(directory / "team.so", _RUN)
        except CompilerError as error:
            cache.remember(note, str(error))  # so that a failure costs its time once
            return None
        return cache.publish(key, directory / "team.so", {"team.c": text})


def _open_team(path: Path) -> Team:
    opened, ffi = open_object(path, _RUN), _cffi_backend.FFI()
    run = opened.load_function(ffi.typeof("void(*)(int64_t, void *, const void *)"), _RUN)
    limit = opened.load_function(ffi.typeof("int(*)(int)"), "gradc_threads")
    return Team(int(ffi.cast("intptr_t", run)), limit, int(ffi.cast("intptr_t", limit)))
