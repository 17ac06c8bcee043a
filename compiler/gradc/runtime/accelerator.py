"""The call-through extension: kernels called from Python with no Python code in between.

    fast = accelerate(call, kernel_address, work_address)     # behaves as `call`, several times faster

It is one C file, compiled once for each Python and NumPy, and knows kernels only by the address of a function with one
fixed type. Where it cannot be built (no Python headers) everything works without it.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import numpy as np

from gradc.errors import ArgumentTypeError, CompilerError
from gradc.runtime import texts
from gradc.runtime.arguments import Entry, Polynomial, flatten, is_number, numbers, symbols
from gradc.runtime.cache import Cache, address, drop
from gradc.runtime.calls import Call
from gradc.runtime.objects import open_object
from gradc.runtime.threads import Threads
from gradc.runtime.toolchain import Compiler, machine, processor

_NAME = "gradc_accelerator"
_FLAGS = ["-O2", "-fPIC", "-shared"]
if sys.platform == "darwin":
    _FLAGS += ["-undefined", "dynamic_lookup"]
_MOST_DIMS, _MOST_CELLS, _MOST_RANK = 16, 48, 8  # as in accelerator.c

Maker = Callable[[bytes, Any, Call, tuple[Any, ...], Any, tuple[str, ...]], Call]


def load_accelerator(cache: Cache, compiler: Compiler) -> Maker | None:
    """Return the extension's type, building it the first time; None where it cannot be built."""
    present = sys.modules.get(_NAME)
    if present is not None:
        return cast(Maker, present.Call)
    text = texts.read("accelerator.c")
    # This interpreter, and the headers of Python and NumPy that belong to it.
    identity = [sys.version, importlib.machinery.EXTENSION_SUFFIXES[0], sys.base_prefix, np.__version__, np.__file__]
    key = address([text, *compiler.identity(_FLAGS), *identity, processor(), *machine()])
    note = f"accelerator-{key[:32]}"
    found = _stored(cache, key)
    # A failure is remembered too, so that it costs its time once.
    if found is None and cache.recall(note) is None:
        try:
            with cache.alone(key):
                found = _stored(cache, key) or _make(text, key, cache, compiler)
        except (CompilerError, ImportError, OSError) as error:
            cache.remember(note, str(error))
    return found


def _stored(cache: Cache, key: str) -> Maker | None:
    """Return the extension's type as the cache has it, or None. An extension that does not load is removed."""
    path = cache.fetch(key)
    if path is None:
        return None
    try:
        return cast(Maker, _import(path).Call)
    except ImportError:
        drop(path)
        return None


def _make(text: str, key: str, cache: Cache, compiler: Compiler) -> Maker:
    import sysconfig

    flags = [*_FLAGS, f"-I{sysconfig.get_path('include')}", f"-I{np.get_include()}"]
    with cache.aside() as directory:
        built = directory / "accelerator.so"
        (directory / "accelerator.c").write_text(text, encoding="utf-8")
        compiler.build(directory, ["accelerator.c"], built.name, flags)
        open_object(built, f"PyInit_{_NAME}")
        return cast(Maker, _import(cache.publish(key, built, {"accelerator.c": text})).Call)


def _import(path: Path) -> Any:
    loader = importlib.machinery.ExtensionFileLoader(_NAME, str(path))
    spec = importlib.util.spec_from_file_location(_NAME, path, loader=loader)
    if spec is None:
        raise ImportError(f"{path} is no extension module")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return sys.modules.setdefault(_NAME, module)


def accelerate(make: Maker, call: Call, kernel: int, work: int, limit: int = 0, threads: Threads | None = None) -> Call:
    """Return a call that behaves as `call`, or `call` itself where its record has more than the extension knows.

    Parameters
    ----------
    make
        What `load_accelerator` returned.
    call
        The call in Python. Everything that is not simple still goes to it.
    kernel, work
        The addresses of ``int (*)(const int64_t *dims, void *const *cells, void *work)`` and of
        ``size_t (*)(const int64_t *dims)``.
    limit, threads
        For a parallel kernel, the address of ``int (*)(int count)``, which sets how many threads the calling thread
        may use and gives how many it was; and how many it shall.
    """
    program = encode(call.entry, kernel, work, limit, threads.address if threads is not None and limit else 0)
    if program is None:
        return call
    names = tuple(map(sys.intern, call.names))  # as the keywords of a call are, so that most are told apart by identity
    out = call.out
    if is_number(out):
        out = None
    elif isinstance(out, (tuple, list)) and len(call.entry.outputs) > 1:
        with suppress(ArgumentTypeError):  # which the call in Python raises
            out = tuple(flatten(call.entry, out))
    return make(program, call.returns, call, tuple(call.values), out, names)


def encode(entry: Entry, kernel: int, work: int, limit: int = 0, threads: int = 0) -> bytes | None:
    """Return the record as the 64-bit integers that accelerator.c reads, or None where it has no words for it."""
    rank = max(len(value.shape) for value in entry.values)
    if len(entry.dims) > _MOST_DIMS or len(entry.values) > _MOST_CELLS or rank > _MOST_RANK:
        return None
    if numbers(entry.nesting) != list(range(len(entry.outputs))):
        return None
    place = {dim: number for number, dim in enumerate(entry.dims)}
    code: list[int] = [kernel, work, limit, threads, len(entry.dims), len(entry.inputs)]
    try:
        for value in entry.inputs:
            code += [np.dtype(value.dtype).num, len(value.shape)]
        code.append(len(entry.steps))
        for step in entry.steps:
            if step.solve is None:
                code += [step.argument, step.axis, -1, 0, 0, *_encode(step.extent, place)]
            else:
                scale, rest = _constant(step.scale), _constant(step.rest)
                if scale <= 0:
                    return None
                code += [step.argument, step.axis, place[step.solve], scale, rest, 0]
        code.append(len(entry.outputs))
        for result in entry.outputs:
            code += [np.dtype(result.dtype).num, len(result.shape)]
            for extent in result.shape:
                code += _encode(extent, place)
        code.append(len(entry.constraints))
        for extent, _ in entry.constraints:
            code += _encode(extent, place)
        return np.array(code, np.int64).tobytes()
    except (_BeyondWordsError, OverflowError):
        return None


class _BeyondWordsError(Exception):
    """A quotient, or a scale that is no number: rare, and left to the call in Python."""


def _encode(extent: Polynomial, place: dict[str, int]) -> Sequence[int]:
    code = [len(extent)]
    for product, coefficient in extent:
        if not all(isinstance(atom, str) for atom in product):
            raise _BeyondWordsError
        code += [coefficient, len(product), *(place[atom] for atom in product if isinstance(atom, str))]
    return code


def _constant(extent: Polynomial) -> int:
    if symbols(extent):
        raise _BeyondWordsError
    return sum(coefficient for _, coefficient in extent)
