"""From a mode of a kernel to the function that Python calls: out of the cache, compiled, or interpreted.

A kernel that the cache knows needs none of the compiler, which is imported where it is used.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gradc.bound import Watched
from gradc.errors import CompilerError
from gradc.modes import Mode

if TYPE_CHECKING:
    from gradc.compiled import Kernel
    from gradc.runtime.blocks import BlockCall


def build(kernel: Kernel, mode: Mode) -> Any:
    """The call of an entry point, out of the cache, compiled or interpreted."""
    if kernel.backend != "interpret":
        try:
            return _recall(kernel, mode) or _compile(kernel, mode)
        except CompilerError as error:
            if kernel.backend == "c":
                raise
            _warn_of_interpreter(str(error))
    from gradc.runtime.calls import interpreted
    from gradc.units import evaluator

    unit = kernel.unit(mode)
    return interpreted(unit.entry, evaluator(unit.program, kernel.dtype, unit.source))


def _recall(kernel: Kernel, mode: Mode) -> Any:
    """The entry point as the cache has it, or None."""
    if kernel._memory is None:
        return None
    from gradc.runtime.library import functions_of, stored
    from gradc.runtime.toolchain import find_compiler

    cache = kernel._memory.cache
    compiler = find_compiler(cache)
    found = kernel._memory.kernel(mode.key, compiler)
    if found is None:
        return None
    entry, key = found
    made = stored(cache, key)
    if made is None:
        return None
    _keep_facts(kernel)
    return functions_of(made, [entry], cache, compiler, threads=kernel._threads).function(entry)


def _compile(kernel: Kernel, mode: Mode) -> Any:
    from gradc.runtime import progress
    from gradc.runtime.library import load
    from gradc.runtime.toolchain import find_compiler
    from gradc.units import render

    with progress.shown_when_long(f"compiling {kernel.name}_{mode.label}"):
        unit = kernel.unit(mode)
        source = render([unit], unit.program, kernel.name, kernel.dtype)
        library = load(source.c, [unit.entry], threads=kernel._threads)
    if kernel._memory is not None:
        _keep_facts(kernel)
        kernel._memory.keep_kernel(mode.key, find_compiler(kernel._memory.cache), unit.entry, library.key)
    return library.function(unit.entry)


def _keep_facts(kernel: Kernel) -> None:
    """Remember what is known of the source, where it was read and not recalled: the record may have been damaged."""
    if kernel._memory is not None and "program" not in kernel._facts:
        kernel._memory.keep_facts(kernel._all_facts())


def assemble(kernel: Kernel, mode: Mode) -> BlockCall:
    """The call of a second derivative or a Jacobian, which puts blocks together."""
    from gradc.derivatives import form_of, stored_blocks
    from gradc.interface import places_entry
    from gradc.runtime.blocks import DENSE, BlockCall
    from gradc.runtime.calls import interpreted
    from gradc.runtime.sparse import import_sparse
    from gradc.units import evaluator

    derived = kernel._derived(mode)
    places = None
    if derived.places is not None:
        entry = places_entry(derived.places, f"{kernel.name}_{mode.name}_places", kernel.dtype)
        places = interpreted(entry, evaluator(derived.places, "float64"))
    form = form_of(mode.name, derived, len(kernel.wrt), kernel._single)
    call = kernel._mode(mode)
    blocks = stored_blocks(derived)
    if any(block.kind != DENSE for block in blocks):
        with suppress(ImportError):  # which a call raises; no fork may fall into the import
            import_sparse()
    raw = call.call if isinstance(call, Watched) else call
    return BlockCall(raw, places, blocks, form)


_warned: set[str] = set()


def _warn_of_interpreter(reason: str) -> None:
    """Say once, not for every kernel, that there is no compiler, or that it fails in some way."""
    way = reason.partition("\n")[0]
    if way not in _warned:
        _warned.add(way)
        warnings.warn(
            f"{reason}\nuntil that is mended, kernels are interpreted with NumPy, which is slow",
            RuntimeWarning,
            stacklevel=6,
        )
