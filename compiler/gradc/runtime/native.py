"""What this process offers its kernels: a team of threads that they share, and a flag that Ctrl-C sets.

team = load_team(cache, compiler)        # None where it cannot be built: loops run where they are called, to their end
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
SOURCES = ("team.c", "interrupt.c")
_RUN, _STOP = "gradc_team", "gradc_interrupt"


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
    stop
        The address of ``const volatile int *(*)(const volatile int *)``, which gives a kernel a flag and takes it back.
    """

    run: int
    limit: Callable[[int], int]
    limit_at: int
    stop: int


@remember
def load_team(cache: Cache, compiler: Compiler) -> Team | None:
    """Return the team, building it the first time; None where it cannot be built."""
    sources = {name: texts.read(name) for name in SOURCES}
    flags = [*FLAGS, "-shared"]
    key = address([*sources.values(), *compiler.identity(flags), processor(), *machine()])
    try:
        path = cache.fetch(key)
        if path is None:
            with cache.alone(key):
                path = cache.fetch(key) or _make(sources, key, flags, cache, compiler)
        return None if path is None else _open_team(path)
    except (CompilerError, OSError):
        return None


def _make(sources: dict[str, str], key: str, flags: list[str], cache: Cache, compiler: Compiler) -> Path | None:
    note = f"team-{key[:32]}"
    if cache.recall(note) is not None:
        return None
    with cache.aside() as directory:
        for name, text in sources.items():
            (directory / name).write_text(text, encoding="utf-8")
        try:
            compiler.build(directory, list(sources), "team.so", flags)
            open_object(directory / "team.so", _RUN)
        except CompilerError as error:
            cache.remember(note, str(error))  # so that a failure costs its time once
            return None
        return cache.publish(key, directory / "team.so", sources)


def _open_team(path: Path) -> Team:
    opened, ffi = open_object(path, _RUN), _cffi_backend.FFI()
    run = opened.load_function(ffi.typeof("void(*)(int64_t, void *, const void *)"), _RUN)
    limit = opened.load_function(ffi.typeof("int(*)(int)"), "gradc_threads")
    stop = opened.load_function(ffi.typeof("const int *(*)(const int *)"), _STOP)
    run_at, limit_at, stop_at = (int(ffi.cast("intptr_t", function)) for function in (run, limit, stop))
    return Team(run_at, limit, limit_at, stop_at)
