"""Arrays of every kind as arguments and as outputs: each call gives the right result or one of gradc's errors.

>>> try_arguments(7) is None
True
>>> len(KINDS) >= 24
True
"""

from __future__ import annotations

import array
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from gradc.compiled import Kernel
from gradc.errors import GradcError
from gradc.making import make_kernel
from gradc.tools.texts import Found

Values = npt.NDArray[Any]


class Sub(np.ndarray[Any, Any]):
    """A subclass of arrays."""


class Holder:
    """What NumPy can make an array of."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Values:
        """The array."""
        return np.array(self.values, dtype, copy=copy is not False)


class Liar:
    """What says that it is an array, and is none."""

    shape = (4,)
    dtype = np.dtype("float64")

    def __array__(self, *_: Any, **__: Any) -> Values:
        """No array."""
        raise RuntimeError("no array")


def _aside(values: Values, offset: int) -> Values:
    """A copy that begins at some bytes past an aligned place."""
    space = np.zeros(values.nbytes + 64, "uint8")
    made = space[offset : offset + values.nbytes].view(values.dtype).reshape(values.shape)
    made[...] = values
    return made


def _read_only(values: Values) -> Values:
    made = values.copy()
    made.flags.writeable = False
    return made


def _mapped(values: Values) -> Values:
    with tempfile.TemporaryFile() as file:
        made = np.memmap(file, values.dtype, "w+", shape=values.shape or (1,))
        made[...] = values
        return made.reshape(values.shape)


def _structured(values: Values) -> Values:
    made = np.zeros(values.shape, [("a", values.dtype), ("b", "i4")])
    made["a"] = values
    return made


def _strided(values: Values, step: int) -> Values:
    space = np.zeros(tuple(3 * n + 1 for n in values.shape), values.dtype)
    made = space[tuple(slice(0, 3 * n, 3) if step > 0 else slice(3 * n, 0, -3) for n in values.shape)]
    made[...] = values
    return made


# What an array of values may come as. Each is given the values in the dtype that is asked for.
KINDS: Mapping[str, Callable[[Values], Any]] = {
    "as it is": lambda v: v,
    "float16": lambda v: v.astype("float16"),
    "float32": lambda v: v.astype("float32"),
    "float64": lambda v: v.astype("float64"),
    "long double": lambda v: v.astype(np.longdouble),
    "complex": lambda v: v.astype(complex),
    "int8": lambda v: v.astype("int8"),
    "uint64": lambda v: np.abs(v).astype("uint64"),
    "int32": lambda v: v.astype("int32"),
    "bool": lambda v: v > 0,
    "other byte order": lambda v: v.astype(v.dtype.newbyteorder()),
    "read-only": _read_only,
    "not contiguous": lambda v: _strided(v, 3),
    "negative strides": lambda v: _strided(v, -3),
    "zero strides": lambda v: np.broadcast_to(v.dtype.type(2), v.shape),
    "Fortran order": np.asfortranarray,
    "misaligned": lambda v: _aside(v, 1),
    "misaligned by half": lambda v: _aside(v, max(v.itemsize // 2, 1)),
    "subclass": lambda v: v.copy().view(Sub),
    "matrix": lambda v: np.asmatrix(v),
    "masked": lambda v: np.ma.masked_array(v, v > 0),
    "memory map": _mapped,
    "structured": _structured,
    "record array": lambda v: _structured(v).view(np.recarray),
    "object": lambda v: v.astype(object),
    "text": lambda v: v.astype(str),
    "bytes": lambda v: v.astype("S"),
    "dates": lambda v: v.astype("int64").astype("datetime64[s]"),
    "durations": lambda v: v.astype("int64").astype("timedelta64[s]"),
    "list": lambda v: v.tolist(),
    "tuple": lambda v: tuple(v.tolist()) if v.ndim else v.item(),
    "ragged": lambda v: [*v.tolist(), [1.0, [2.0]]] if v.ndim else [[1.0], 2.0],
    "nested in a list": lambda v: [v],
    "0-d": lambda v: np.asarray(v.ravel()[0] if v.size else 1.0),
    "NumPy's scalar": lambda v: v.ravel()[0] if v.size else np.float64(1),
    "Python's number": lambda v: v.ravel()[0].item() if v.size else 1,
    "huge whole number": lambda _: 10**400,
    "empty": lambda v: np.zeros(0, v.dtype),
    "one longer": lambda v: np.resize(v, (v.size + 1,)),
    "one axis more": lambda v: v[None],
    "None": lambda _: None,
    "dict": lambda v: {"values": v},
    "generator": lambda v: (x for x in v.ravel()),
    "memory view": lambda v: np.ascontiguousarray(v).data,
    "array of the library": lambda v: array.array("d", v.ravel().tolist()),
    "holder": Holder,
    "liar": lambda _: Liar(),
    "a type": lambda _: float,
    "NaN and infinity": lambda v: np.where(v > 0, np.inf, np.nan) if v.dtype.kind == "f" else v,
    "transposed": lambda v: v.T,
    "sub-normal": lambda v: v * v.dtype.type(5e-324) if v.dtype.kind == "f" else v,
}
_ORDER = tuple(KINDS)


def _loss(x: Any, X: Any, idx: Any, keep: Any, lam: Any) -> Any:
    return np.sum(np.tanh(X @ x)[idx] * lam) + np.sum(np.where(keep, x, x**2))


@cache
def kernel(dtype: str, backend: str) -> Kernel:
    """A kernel with arguments of every kind."""
    signature = "x[d], X[n,d], idx[m]:int64, keep[d]:bool, lam"
    return make_kernel(_loss, signature, ("x", "X"), "kinds", dtype, backend)


def try_arguments(number: int) -> Found | None:
    """One call with an argument, or an output, of a kind that goes by the number."""
    rng = np.random.default_rng(number)
    dtype = ("float64", "float32")[number % 2]
    backend = "c" if number % 3 else "interpret"
    kind = _ORDER[(number // 2) % len(_ORDER)]
    given: list[Any] = [
        rng.normal(size=3).astype(dtype),
        rng.normal(size=(4, 3)).astype(dtype),
        rng.integers(0, 4, 5),
        rng.random(3) < 0.5,
        np.asarray(rng.normal(), dtype),
    ]
    outs: list[Any] = [None, np.zeros(3, dtype), np.zeros((4, 3), dtype)]
    which = int(rng.integers(0, 8))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        changed = f"{('x', 'X', 'idx', 'keep', 'lam')[which]} {kind}" if which < 5 else f"out {kind}"
        target = given if which < 5 else outs
        position = which if which < 5 else which - 5
        base = np.zeros((), dtype) if target[position] is None else target[position]
        try:
            target[position] = KINDS[kind](base)
        except (TypeError, ValueError, OverflowError):
            return None  # NumPy has no such array
        if which >= 5 and rng.random() < 0.2 and outs[1] is not None:
            outs[2] = given[1]  # an output that is an argument
        stage = f"arguments, {changed}, {dtype}, {backend}"
        return _called(stage, kernel(dtype, backend), given, outs if which >= 5 else None, dtype)


def _called(stage: str, function: Kernel, given: list[Any], outs: list[Any] | None, dtype: str) -> Found | None:
    before = [value.copy() if isinstance(value, np.ndarray) else value for value in given]
    out = None if outs is None else tuple(outs)
    try:
        if out is None:
            value, (by_x, by_matrix) = function.value_and_grad(*given)
        else:
            value, (by_x, by_matrix) = function.value_and_grad(
                *given, out=(outs[0], outs[1], outs[2]) if outs else None
            )
    except GradcError:
        return None
    except Exception as error:
        return Found(f"{stage} ends in {type(error).__name__}", "".join(traceback.format_exception(error))[-1200:])
    plain = [np.asarray(value) for value in before]
    try:
        wanted = kernel(dtype, "interpret").value_and_grad(
            plain[0].astype(dtype), plain[1].astype(dtype), plain[2].astype("int64"), plain[3].astype(bool),
            plain[4].astype(dtype).item(),
        )  # fmt: skip
    except Exception as error:
        return Found(f"{stage} was accepted", f"{given!r}: {error!r}")
    tolerance = 1e-10 if dtype == "float64" else 2e-4
    pairs = ((value, wanted[0]), (by_x, wanted[1][0]), (by_matrix, wanted[1][1]))
    for have, want in pairs:
        if np.shape(have) != np.shape(want) or not np.allclose(
            np.asarray(have, "float64"), want, rtol=tolerance, atol=tolerance, equal_nan=True
        ):
            return Found(stage, f"{have!r} in place of {want!r} for {given!r}")
    return None
