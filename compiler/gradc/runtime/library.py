"""From C text to functions of NumPy arrays in this process.

    library = load(c_text, [Entry("total", "total", ...)])
    total = library.function("total")
    total(np.ones(3))

The text is compiled as a plain shared object, which takes a fraction of the time of an extension module, found in the
cache the next time, and opened through cffi with no declaration parsed. docs/runtime.md has the measurements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import _cffi_backend
import numpy as np

from gradc.errors import CompilerError
from gradc.runtime import objects, texts
from gradc.runtime.accelerator import Maker, accelerate, load_accelerator
from gradc.runtime.arguments import C_TYPES, Entry, c_types
from gradc.runtime.cache import Cache, address, drop, open_cache
from gradc.runtime.calls import Call, Compiled
from gradc.runtime.native import Team, load_team
from gradc.runtime.threads import Threads
from gradc.runtime.toolchain import Compiler, find_compiler, machine, processor

_SET_TEAM = "gradc_set_team"


class Object(NamedTuple):
    """A shared object of the cache, loaded.

    Parameters
    ----------
    key
        What it was made of.
    path
        Where it is.
    opened
        What cffi makes of it.
    """

    key: str
    path: Path
    opened: Any


class Library(NamedTuple):
    """Compiled kernels, ready to be called.

    Parameters
    ----------
    key
        What the cache calls the shared object.
    path
        The shared object. Beside it lies ``kernel.c``, the text that it was made of.
    functions
        The kernels by name.
    """

    key: str
    path: Path
    functions: Mapping[str, Call]

    def function(self, entry: Entry | str) -> Call:
        """Return a kernel by its name or its record."""
        return self.functions[entry if isinstance(entry, str) else entry.name]


class Shared(NamedTuple):
    """The team, and how many of its threads a kernel's loops may use."""

    team: Team
    threads: Threads

    def limit(self, count: int | None = None) -> int:
        """Set how many threads this thread's next kernel may use, by default as many as it should; give what it was."""
        return self.team.limit(self.threads.count if count is None else count)


def load(
    c_text: str,
    entries: Iterable[Entry],
    *,
    cache: Cache | None = None,
    compiler: Compiler | None = None,
    fast: bool = True,
    threads: Threads | None = None,
) -> Library:
    """Compile C text, or find it compiled, and return its kernels.

    Parameters
    ----------
    c_text
        A whole translation unit.
    entries
        The kernels in it.
    cache, compiler
        By default those of the user and the machine.
    fast
        Whether calls go through the extension where it can be built, or through cffi alone.
    threads
        How many threads parallel kernels run on; by default as many as `gradc.runtime.threads` says.

    Raises
    ------
    CompilerError
        With the compiler's message and the path of the C. `CompilerNotFoundError` where there is no compiler.
    """
    entries = tuple(entries)
    cache = open_cache() if cache is None else cache
    compiler = find_compiler(cache) if compiler is None else compiler
    made = build(add_trampolines(c_text, entries), cache, compiler)
    return functions_of(made, entries, cache, compiler, fast=fast, threads=threads)


def functions_of(
    made: Object,
    entries: Sequence[Entry],
    cache: Cache,
    compiler: Compiler,
    *,
    fast: bool = True,
    threads: Threads | None = None,
) -> Library:
    """Return the kernels of an object that `load` made of text with these entries; see there."""
    opened = made.opened
    make = load_accelerator(cache, compiler) if fast else None
    team = load_team(cache, compiler) if any(entry.parallel or entry.stops for entry in entries) else None
    if team is not None:
        ffi = _cffi_backend.FFI()
        opened.load_function(ffi.typeof("void(*)(intptr_t, intptr_t)"), _SET_TEAM)(team.run, team.stop)
    shared = None if team is None else Shared(team, threads or Threads())
    functions = {entry.name: _function(opened, number, entry, make, shared) for number, entry in enumerate(entries)}
    return Library(made.key, made.path, MappingProxyType(functions))


def add_trampolines(c_text: str, entries: Sequence[Entry]) -> str:
    """Return the text with a function of one fixed type for each kernel, by which any signature can be called."""
    records = []
    for number, entry in enumerate(entries):
        arguments = [f"dims[{k}]" for k in range(len(entry.dims))]
        for k, value in enumerate(entry.inputs):
            arguments.append(f"cells[{k}]" if value.shape else f"*(const {C_TYPES[value.dtype]} *)cells[{k}]")
        arguments += [f"cells[{len(entry.inputs) + k}]" for k in range(len(entry.outputs))]
        records.append(
            {
                "symbol": entry.symbol,
                "call": f"gradc_call_{number}",
                "work": f"gradc_work_{number}",
                "dims": [f"dims[{k}]" for k in range(len(entry.dims))],
                "arguments": [*arguments, "work"],
                "record": entry.by_record,
                # The bytes of each number that is copied, and 0 for an array, whose address is.
                "sizes": [0 if v.shape else np.dtype(v.dtype).itemsize for v in entry.inputs]
                + [0] * len(entry.outputs),
            }
        )
    parallel, stops = any(entry.parallel for entry in entries), any(entry.stops for entry in entries)
    return texts.fill(
        "trampolines.c.j2",
        text=c_text,
        entries=records,
        set_team=_SET_TEAM if parallel or stops else "",
        parallel=parallel,
        stops=stops,
        by_record=any(entry.by_record for entry in entries),
    )


def stored(cache: Cache, key: str) -> Object | None:
    """Return the object of a key from the cache, or None. One that does not load is removed, to be built again."""
    path = cache.fetch(key)
    if path is None:
        return None
    try:
        return Object(key, path, objects.open_object(path, _symbol(key)))
    except CompilerError:
        drop(path)
        return None


def build(text: str, cache: Cache, compiler: Compiler) -> Object:
    """Return a shared object made of C text, from the cache where it is there."""
    flags = compiler.kernel_flags
    key = address([text, *compiler.identity(flags), processor(), *machine()])
    found = stored(cache, key)
    if found is not None:
        return found
    try:
        with cache.alone(key):
            return stored(cache, key) or _make(text, key, flags, cache, compiler)
    except OSError as error:
        raise CompilerError(f"the compiled kernel cannot be kept in {cache.root}: {error}") from None


def _make(text: str, key: str, flags: Sequence[str], cache: Cache, compiler: Compiler) -> Object:
    # The object holds its key as a symbol: what a compiler gives that was asked for something else is not taken for it.
    text += f"\n/* By this the object is known. */\nextern const char {_symbol(key)};\nconst char {_symbol(key)} = 0;\n"
    with cache.aside() as directory:
        # Fixed names: the command line, and so the object, is the same wherever the cache is.
        built = directory / "kernel.so"
        (directory / "kernel.c").write_text(text, encoding="utf-8")
        try:
            compiler.build(directory, ["kernel.c"], built.name, flags)
            # Nothing is published that does not load.
            opened = objects.open_object(built, _symbol(key))
        except CompilerError as error:
            kept = cache.keep(f"{key[:16]}.c", text)
            raise type(error)(f"{error}\n{kept}") from None
        return Object(key, cache.publish(key, built, {"kernel.c": text}), opened)


def _symbol(key: str) -> str:
    return f"gradc_key_{key[:32]}"


def _function(opened: Any, number: int, entry: Entry, make: Maker | None, shared: Shared | None) -> Call:
    # cffi reads these types in C: with one cdef for each kernel, pycparser would cost more than the kernel's loading.
    ffi = _cffi_backend.FFI()
    kernel_kinds, work_kinds = c_types(entry)
    kernel = opened.load_function(ffi.typeof(f"int(*)({', '.join(kernel_kinds)})"), entry.symbol)
    work = opened.load_function(ffi.typeof(f"size_t(*)({', '.join(work_kinds) or 'void'})"), f"{entry.symbol}_work")
    shared = shared if entry.parallel else None
    invoke = Compiled(entry, ffi, kernel, work, keep=opened, threads=None if shared is None else shared.limit)
    if make is None:
        return Call(entry, invoke)
    call, work_of = (
        int(ffi.cast("intptr_t", opened.load_function(ffi.typeof(kind), f"gradc_{name}_{number}")))
        for kind, name in (("int(*)(int64_t *, void **, void *)", "call"), ("size_t(*)(int64_t *)", "work"))
    )
    limit_at, threads = (0, None) if shared is None else (shared.team.limit_at, shared.threads)

    def quicken(plain: Call) -> Call:
        return accelerate(make, plain, call, work_of, limit_at, threads)

    return quicken(Call(entry, invoke, accelerate=quicken))
