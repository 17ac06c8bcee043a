"""From Python arguments to a kernel's results: check, bind the dimensions, allocate, invoke, hand back.

    call = Call(entry, Compiled(entry, ffi, lib.logistic, lib.logistic_work))
    value, gradient = call(w, X, y, lam)
    step = call.bind(X=X, y=y, lam=lam)         # a function of w alone

How the numbers are found is a strategy (`Compiled` calls C through cffi, `Interpreted` a Python function), so every
back end has the same checks and messages. This module is copied into ahead-of-time artefacts.
"""

from __future__ import annotations

import inspect
import struct
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from gradc import errors
from gradc.runtime.arguments import (
    C_TYPES,
    Entry,
    Input,
    accept,
    allocate,
    check_counts,
    check_size,
    convert_bound,
    fit,
    gather,
    measure,
    nest,
    place,
)

# Numbers in a struct as Python's module of that name calls them.
_CODES = {
    "float64": "d",
    "float32": "f",
    "int64": "q",
    "int32": "i",
    "int16": "h",
    "int8": "b",
    "uint64": "Q",
    "uint32": "I",
    "uint16": "H",
    "uint8": "B",
    "bool": "B",
}

# The status of a kernel that ended because of a signal (helpers/stop.c); those of errors are positive.
STOPPED = -1

# Rank-0 arguments whose numbers go to C as they are. A Python integer may be too large for int64.
_ALIKE = {"float64": float}


class Invoke(Protocol):
    """A back end: fill the arrays in `outputs`, put numbers where it holds None, and return a status, 0 for success."""

    def __call__(self, sizes: Mapping[str, int], inputs: Sequence[Any], outputs: list[Any]) -> int:
        """Return the kernel's status."""
        ...

    def workspace(self, dims: Sequence[int]) -> int:
        """Return the bytes of scratch."""
        ...


class Call:
    """A kernel as a Python function: positional and keyword arguments, and ``out=``.

    Parameters
    ----------
    entry
        What it takes and returns.
    invoke
        The back end.
    fixed
        Converted values of arguments that are bound.
    out
        Bound places of the results.
    accelerate
        Wraps a call, and every one that `bind` makes of it, in something faster that behaves the same.
    returns
        What is handed back, by default as the entry says: a nesting whose leaves are numbers of outputs, or objects
        that are handed back as they are.
    """

    def __init__(
        self,
        entry: Entry,
        invoke: Invoke,
        fixed: Mapping[str, Any] | None = None,
        out: Any = None,
        accelerate: Callable[[Call], Call] | None = None,
        returns: Any = None,
    ) -> None:
        self.entry, self.invoke, self.out, self.accelerate = entry, invoke, out, accelerate
        self.returns = entry.nesting if returns is None else returns
        self.fixed = dict(fixed or {})
        self.names = tuple(value.name for value in entry.inputs if value.name not in self.fixed)
        self.values: list[Any] = [self.fixed.get(value.name) for value in entry.inputs]
        self._free = tuple(
            (
                number,
                value,
                np.dtype(value.dtype),
                len(value.shape),
                _ALIKE.get(value.dtype) if not value.shape else None,
            )
            for number, value in enumerate(entry.inputs)
            if value.name not in self.fixed
        )
        self._count = len(self._free)
        self._flat = returns is None and entry.nesting == tuple(range(len(entry.outputs)))
        self.__name__ = self.__qualname__ = entry.name
        self.__doc__ = entry.summary or None

    def __repr__(self) -> str:
        return f"<kernel {self.entry.name}{self.__signature__}>"

    @property
    def __signature__(self) -> inspect.Signature:
        """What `inspect.signature` and `help` show."""
        parameter = inspect.Parameter
        names = [parameter(name, parameter.POSITIONAL_OR_KEYWORD) for name in self.names]
        return inspect.Signature([*names, parameter("out", parameter.KEYWORD_ONLY, default=None)])

    def __call__(self, /, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """Return the results for these arguments, written to `out` where it is given."""
        entry = self.entry
        if kwargs or len(args) != self._count:
            args = tuple(gather(entry.name, self.names, args, kwargs, bool(self.fixed)))
        values = self.values.copy()
        waiting: list[tuple[int, Input]] = []
        for came, (number, value, dtype, rank, alike) in zip(args, self._free, strict=True):
            # What every array has that needs no conversion; `accept` knows the rest, and the errors.
            if type(came) is alike or (
                rank
                and type(came) is np.ndarray
                and came.dtype is dtype
                and came.ndim == rank
                and (flags := came.flags).c_contiguous
                and flags.aligned
            ):
                values[number] = came
            else:
                values[number] = accept(entry, value, came)
                waiting.append((number, value))
        sizes = measure(entry, values)
        for number, value in waiting:  # no array is copied before all shapes fit
            values[number] = fit(entry, value, values[number])
        out = self.out if out is None else out
        if out is None:
            outputs = allocate(entry, sizes)
        else:
            # A view that was copied can still overlap its `out`: look at what came.
            sources = values.copy()
            for came, (number, *_) in zip(args, self._free, strict=True):
                if isinstance(came, np.ndarray):
                    sources[number] = came
            outputs = place(entry, out, sizes, sources)
        status = self.invoke(sizes, values, outputs)
        if status:
            self.fail(status)
        return tuple(outputs) if self._flat else nest(self.returns, outputs)

    def bind(self, /, *, out: Any = None, **fixed: Any) -> Call:
        """Return a function of the other arguments; these are checked and converted once, and kept alive.

        An array that needs no conversion is not copied: what is later written to it is seen. Results that are written
        to a bound `out` are overwritten by the next call.
        """
        entry = self.entry
        for name in fixed:
            if name in self.fixed:
                raise errors.ArgumentTypeError(f"{entry.name}(): argument {name!r} is bound already")
            if name not in self.names:
                hint = f"; its arguments are {', '.join(self.names)}" if self.names else ""
                raise errors.ArgumentTypeError(f"{entry.name}() got an unexpected keyword argument {name!r}{hint}")
        # Bound arrays that disagree are reported here, not at the first call.
        held = convert_bound(entry, self.fixed, fixed)
        return self._with(held, self.out if out is None else out, self.returns)

    def returning(self, returns: Any) -> Call:
        """The same call with its results in another nesting, whose leaves may be objects handed back as they are."""
        return self._with(self.fixed, self.out, returns)

    def _with(self, fixed: Mapping[str, Any], out: Any, returns: Any) -> Call:
        made = Call(self.entry, self.invoke, fixed, out, self.accelerate, returns)
        return self.accelerate(made) if self.accelerate else made

    def workspace_bytes(self, /, **dims: int) -> int:
        """Return how many bytes of scratch a call takes, for given sizes of all dimensions."""
        called = f"{self.entry.name}.workspace_bytes()"
        unknown = [dim for dim in dims if dim not in self.entry.dims]
        missing = [dim for dim in self.entry.dims if dim not in dims]
        if unknown or missing:
            what = f"got {unknown[0]!r}" if unknown else f"needs {', '.join(missing)}"
            known = f"the dimensions are {', '.join(self.entry.dims)}" if self.entry.dims else "there are no dimensions"
            raise errors.ArgumentTypeError(f"{called} {what}; {known}")
        sizes = {dim: check_size(dims[dim], called, dim) for dim in self.entry.dims}
        check_counts(self.entry, sizes)
        return self.invoke.workspace(list(sizes.values()))

    def fail(self, status: int) -> None:
        """Raise the error that a status code stands for."""
        kind, message = self.entry.statuses.get(status, ("GradcError", f"failed with the status {status}"))
        raise getattr(errors, kind, errors.GradcError)(f"{self.entry.name}(): {message}")


class Compiled:
    """A back end in C, called through cffi.

    Parameters
    ----------
    entry
        The kernel's record.
    ffi
        The cffi object that `function` belongs to.
    function, work
        The kernel, and the function that gives its bytes of scratch. cffi releases the GIL while they run. Where the
        record says so, they take their arguments in a struct, whose address `ffi` knows as a ``void *``.
    keep
        What must live as long as they are callable: the library that they are in.
    threads
        For a parallel kernel: sets how many threads this thread's next kernel may use, by default as many as it
        should, and gives how many it was.
    """

    def __init__(
        self,
        entry: Entry,
        ffi: Any,
        function: Callable[..., int],
        work: Callable[..., int],
        keep: object = None,
        threads: Callable[..., int] | None = None,
    ) -> None:
        self.keep, self.threads = keep, threads
        if entry.by_record:
            function, work = _by_record(entry, ffi, function, work)
        self.function, self.work, self.ffi, self.null = function, work, ffi, ffi.NULL
        self.from_buffer = ffi.from_buffer
        self.inputs = tuple(ffi.typeof(f"{C_TYPES[v.dtype]}[]") if v.shape else None for v in entry.inputs)
        self.outputs = tuple(ffi.typeof(f"{C_TYPES[v.dtype]}[{'' if v.shape else 1}]") for v in entry.outputs)
        # uint8_t in C, where `_Bool` may have another size.
        self.truths = tuple(v.dtype == "bool" for v in entry.outputs)
        self.name, self.dims = entry.name, entry.dims
        # Scratch is kept between calls. A call takes a piece out and puts it back, and list's pop and append are
        # atomic, so calls in several threads at once never share one.
        self.scratch: list[tuple[int, Any]] = []

    def __call__(self, sizes: Mapping[str, int], inputs: Sequence[Any], outputs: list[Any]) -> int:
        """Run the kernel."""
        if self.threads is None:
            return self._run(sizes, inputs, outputs)
        before = self.threads()
        try:
            return self._run(sizes, inputs, outputs)
        finally:
            self.threads(before)

    def workspace(self, dims: Sequence[int]) -> int:
        """Return what the kernel asks for."""
        before = None if self.threads is None else self.threads()
        try:
            return self._room(dims)
        finally:
            if self.threads is not None:
                self.threads(before)

    def _room(self, dims: Sequence[int]) -> int:
        """Return the bytes of scratch, or raise an error where they are more than memory has addresses."""
        room = int(self.work(*dims))
        if room > sys.maxsize:
            sizes = ", ".join(f"{dim} = {number}" for dim, number in zip(self.dims, dims, strict=True))
            raise errors.ArgumentError(f"{self.name}(): at {sizes} it needs more scratch than memory can have")
        return room

    def _run(self, sizes: Mapping[str, int], inputs: Sequence[Any], outputs: list[Any]) -> int:
        from_buffer, new = self.from_buffer, self.ffi.new
        cells: list[Any] = [sizes[dim] for dim in self.dims]
        size = self._room(cells)
        for kind, came in zip(self.inputs, inputs):  # noqa: B905 - strict costs a tenth of a microsecond
            cells.append(came if kind is None else from_buffer(kind, came))
        first = len(cells)
        held = _held(inputs, outputs)
        for kind, came in zip(self.outputs, outputs):  # noqa: B905
            cells.append(new(kind) if came is None else from_buffer(kind, came))
        if not size:
            status = self._finished(*cells, self.null)
        else:
            try:
                room, scratch = self.scratch.pop()
            except IndexError:
                room, scratch = 0, None
            if room < size:
                room, scratch = size, self.ffi.from_buffer(_aligned(size))
            status = self._finished(*cells, scratch)
            self.scratch.append((room, scratch))
        del held
        for number, came in enumerate(outputs):
            if came is None:
                result = cells[first + number][0]
                outputs[number] = bool(result) if self.truths[number] else result
        return status

    def _finished(self, *cells: Any) -> int:
        """Run the kernel until a signal's handler raises an error, or none comes."""
        while (status := int(self.function(*cells))) == STOPPED:
            pass  # here Python handles the signal
        return status


def _held(*groups: Sequence[Any]) -> list[Any]:
    """References by which NumPy knows not to resize the arrays while a kernel runs without the GIL."""
    found = []
    for group in groups:
        for array in group:
            if isinstance(array, np.ndarray):
                while isinstance(array.base, np.ndarray):
                    array = array.base
                found.append(weakref.ref(array))
    return found


def record_layout(entry: Entry) -> struct.Struct:
    """Return how a C compiler lays out the struct of a kernel's arguments."""
    codes = ["q"] * len(entry.dims)
    codes += ["P" if value.shape else _CODES[value.dtype] for value in entry.inputs]
    codes += ["P"] * len(entry.outputs)
    return struct.Struct(f"{''.join(codes)}0q")


def _by_record(
    entry: Entry, ffi: Any, function: Callable[..., int], work: Callable[..., int]
) -> tuple[Callable[..., int], Callable[..., int]]:
    """Return the kernel and its workspace as functions of arguments, which they hand over in a struct."""
    layout = record_layout(entry)
    rest = [0] * (len(entry.inputs) + len(entry.outputs))

    def packed(given: Sequence[Any]) -> Any:
        cells = [int(ffi.cast("intptr_t", cell)) if isinstance(cell, ffi.CData) else cell for cell in given]
        return ffi.from_buffer(layout.pack(*cells))

    def kernel(*given: Any) -> int:
        return function(packed(given[:-1]), given[-1])

    return kernel, lambda *dims: work(packed([*dims, *rest]))


def _aligned(size: int) -> np.ndarray[Any, Any]:
    """Return a buffer that starts at a cache line."""
    block = np.empty(size + 64, np.uint8)
    start = -block.__array_interface__["data"][0] % 64
    return block[start : start + size]


class Interpreted:
    """A back end in Python.

    Parameters
    ----------
    entry
        The kernel's record.
    evaluate
        Takes the arguments by name and the dimensions by name, and returns one array or number an output.
    """

    def __init__(self, entry: Entry, evaluate: Callable[[dict[str, Any], dict[str, int]], Sequence[Any]]) -> None:
        self.entry, self.evaluate = entry, evaluate

    def workspace(self, dims: Sequence[int]) -> int:  # noqa: ARG002 - the protocol's
        """Return 0: nothing is taken but what NumPy takes."""
        return 0

    def __call__(self, sizes: Mapping[str, int], inputs: Sequence[Any], outputs: list[Any]) -> int:
        """Evaluate the outputs."""
        named = {value.name: came for value, came in zip(self.entry.inputs, inputs, strict=True)}
        results = self.evaluate(named, dict(sizes))
        for number, (result, value) in enumerate(zip(results, self.entry.outputs, strict=True)):
            if outputs[number] is None:
                outputs[number] = np.asarray(result, value.dtype).item()
            else:
                np.copyto(outputs[number], result, casting="same_kind")
        return 0


def interpreted(entry: Entry, evaluate: Callable[[dict[str, Any], dict[str, int]], Sequence[Any]]) -> Call:
    """Return a call with the same checks and results as a compiled one, whose numbers a Python function finds."""
    return Call(entry, Interpreted(entry, evaluate))
