"""Make a kernel of a source, or recall it: what `gradc.compile` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import numpy as np

from gradc.compiled import Kernel, Rewrite
from gradc.errors import ArgumentError, CompilerError, GradcError, NotDifferentiableError, shortened
from gradc.options import BACKENDS, REDUCE, Options
from gradc.origin import Origin
from gradc.runtime.fingerprint import fingerprint, of_package
from gradc.runtime.forks import unforked

if TYPE_CHECKING:
    from gradc.runtime.recall import Memory
    from gradc.stabilise.identity import Identity


def make_kernel(
    source: Any,
    signature: str | None,
    wrt: str | Sequence[str] | None,
    name: str | None,
    dtype: Any,
    backend: str,
    threads: int | None = None,
    stabilise: bool = True,
    precise: bool = False,
    reduce: str = "plain",
    check: bool = True,
) -> Kernel:
    """What `gradc.compile` does."""
    if reduce not in REDUCE:
        raise ArgumentError(f"reduce is one of {', '.join(REDUCE)}, not {reduce!r}")
    if backend not in BACKENDS:
        raise ArgumentError(f"backend is one of {', '.join(BACKENDS)}, not {backend!r}")
    real = _dtype_name(dtype)
    called = _kernel_name(source, name)
    if wrt is not None:
        wrt = wrt if isinstance(wrt, str) else tuple(wrt)
    options = {"wrt": wrt, "name": called, "dtype": real, "stabilise": bool(stabilise), "precise": bool(precise)}
    options |= {"reduce": reduce, "check": bool(check)}
    memory = _memory_of(source, signature, options) if backend != "interpret" else None
    facts = None if memory is None else memory.facts()
    if memory is not None and facts is not None:
        kernel = Kernel._recalled(facts, memory, backend, threads)
        if _is_traced(source):
            compared = bool(facts.get("compared"))
            if compared or not check:
                kernel._made_of = Origin(source, lambda: kernel.written, compared)
            else:
                # Traced here, for its lines, and not by the first call: until then, what it reads outside may change.
                from gradc import interface, programs

                read = programs.read(source, signature)
                kernel._made_of = kernel._origin = Origin(source, lambda: read)
        return kernel
    from gradc import interface, programs
    from gradc.runtime import progress

    written = None
    applied: tuple[Identity, ...] = ()
    with progress.shown_when_long(f"reading {called}"):
        try:
            read = programs.read(source, signature)
        except GradcError as error:
            raise shortened(error)  # noqa: B904 - the same error, with the user's lines
        program = programs.canonical(read)
        if stabilise:
            plain = program
            program, applied = programs.stable(plain)
            written = plain if applied else None
    if wrt is None:
        names = [parameter.name for parameter in program.parameters if parameter.dtype == "real"]
        if not names:
            raise NotDifferentiableError(
                "no argument is of the kernel's own dtype, so there is nothing to differentiate by"
            )
        chosen: tuple[str, ...] = (names[0],)
        single = True
    else:
        chosen, single = ((wrt,), True) if isinstance(wrt, str) else (tuple(wrt), False)
    if not chosen:
        raise ArgumentError("wrt is empty; name at least one argument")
    interface.positions(program, chosen)
    interface.plain_entry(program, called, real)  # whose record says whether shapes tell the dimensions
    rewrites = tuple(Rewrite(rule.identity, rule.reason, rule.holds) for rule in applied)
    flags = (bool(stabilise), bool(precise), reduce, bool(check))
    kernel = Kernel(program, Options(called, chosen, single, real, backend, threads, *flags), rewrites, written)
    kernel._memory = memory
    if _is_traced(source):
        kernel._made_of = Origin(source, lambda: read)
        kernel._origin = kernel._made_of if check else None
    return kernel


def _is_traced(source: Any) -> bool:
    """Whether a source is a Python function, which is traced."""
    return callable(source) and not str(type(source).__module__).startswith("sympy")


def _memory_of(source: Any, signature: str | None, options: Mapping[str, Any]) -> Memory | None:
    """What the cache may know of a source: found by all that it is, and all that reads it."""
    if os.environ.get("GRADC_DEBUG"):
        return None  # every stage is to be seen
    parts = fingerprint(source)
    if parts is None:
        return None
    from gradc.runtime.cache import address, open_cache
    from gradc.runtime.recall import Memory

    try:
        cache = open_cache()
    except CompilerError:  # which is said when the kernel is compiled
        return None
    about = [of_package(), sys.version, np.__version__, repr(signature), repr(options)]
    return Memory(cache, address([*about, *parts]))


def _dtype_name(dtype: Any) -> str:
    try:
        name = str(np.dtype(dtype).name)
    except (TypeError, ValueError, SyntaxError):  # of NumPy, which reads texts such as "f8, i4"
        name = str(dtype)
    if name not in ("float64", "float32"):
        raise ArgumentError(f"dtype is float64 or float32, not {name}")
    return name


def _kernel_name(source: Any, name: str | None) -> str:
    if name is not None:
        if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
            raise ArgumentError(f"name must be an identifier and no keyword of Python, not {name!r}")
        return name
    own = str(getattr(source, "__name__", "")) if callable(source) else ""
    return own if own.isidentifier() else "loss"


@unforked
def retyped(kernel: Kernel, dtype: Any) -> Kernel:
    """The same kernel in another precision."""
    written = None if kernel._facts["written"] is None else kernel.written
    made = Kernel(kernel.program, kernel.options._replace(dtype=_dtype_name(dtype)), kernel.rewrites, written)
    made._made_of, made._origin = kernel._made_of, kernel._origin
    return made
