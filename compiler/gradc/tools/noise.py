r"""How much of a result is rounding: programs are run again with every operation off by a few rounding errors.

>>> import numpy as np
>>> from gradc.frontends.formula import parse_program
>>> program = parse_program("def program(x: real):\n    t = (1 + x) - 1\n    return t\n")
>>> bounds = bounds_of(program, [0.3e-9], "float64", {})
>>> bool(1e-15 < bounds[0].slack < 1e-12), bool(agrees(bounds[0], bounds[0].value))
(True, True)

This is Monte Carlo arithmetic (Parker, 1997): what moves when each operation is rounded otherwise is not to be
compared, whether for cancellation, at a kink, or where a comparison is a tie. Whole numbers are exact, and stay as they
are, so that ties which the user wrote are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gradc.calculus.semantics import SEMANTICS
from gradc.ir.definitions import Accumulation
from gradc.ir.interpret import Semantics, interpret
from gradc.ir.program import Program
from gradc.ir.size import product

Values = npt.NDArray[Any]

DRAWS = 3
_WIDTH = 16.0  # rounding errors that an operation is off by at most
_FACTOR = 100.0  # what the draws have not shown
# What is exact on floating point numbers, or passes them on.
_EXACT = frozenset({
    *("neg", "abs", "sign", "floor", "ceil", "trunc", "rint", "maximum", "minimum", "fmax", "fmin", "heaviside"),
    *("where", "where_integer", "held", "lt", "le", "eq", "ne", "and", "or", "not"),
})  # fmt: skip


class Bounded(NamedTuple):
    """A result, how far others may be from it, and where nothing is known."""

    value: Values
    slack: Values
    unknown: Values


def noisy(rng: np.random.Generator, dtype: str) -> Semantics:
    """What operations compute, off by some rounding errors."""
    unit = _WIDTH * float(np.finfo(dtype).eps)

    def moved(value: Any, size: Any = None) -> Any:
        array = np.asarray(value)
        if array.dtype.kind != "f":
            return value
        scale = np.abs(array) if size is None else size
        whole = (array == np.rint(array)) & (np.abs(array) < 2**20)
        with np.errstate(all="ignore"):
            shifted = array + scale * (unit * rng.uniform(-1, 1, array.shape)).astype(array.dtype)
        return np.where(whole | ~np.isfinite(shifted), array, shifted).astype(array.dtype)

    def operation(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        return function if name in _EXACT else lambda *operands: moved(function(*operands))

    def reduction(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        if name in ("max", "min"):
            return function
        if name == "sum":
            return lambda values, axes: moved(function(values, axes), function(np.abs(values), axes))
        return lambda values, axes: moved(function(values, axes))

    def routine(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arrays: Any) -> Any:
            # As backward stable algorithms are: the exact answer to a matrix that is off by a little of its largest.
            return function(*(moved(a, np.max(np.abs(a), initial=0.0)) for a in arrays))

        return run

    return Semantics(
        {name: operation(name, function) for name, function in SEMANTICS.operations.items()},
        {name: reduction(name, function) for name, function in SEMANTICS.reductions.items()},
        {name: routine(function) for name, function in SEMANTICS.routines.items()},
    )


def bounds_of(
    program: Program, arguments: Sequence[Any], dtype: str, dims: Mapping[str, int], draws: int = DRAWS
) -> list[Bounded]:
    """The results of a program, each with what rounding may make of it."""
    values = interpret(program, arguments, SEMANTICS, dtype, dims)
    runs = []
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        semantics = noisy(rng, dtype)
        shifted = [_argument(value, rng, dtype) for value in arguments]
        try:
            runs.append(interpret(program, shifted, semantics, dtype, dims))
        except (ArithmeticError, IndexError, np.linalg.LinAlgError):
            runs.append(tuple(np.full(np.shape(value), np.nan) for value in values))
    rounding = max(256.0, _additions(program, dims) / 4) * float(np.finfo(dtype).eps)
    return [_bounded(value, [run[k] for run in runs], dtype, rounding) for k, value in enumerate(values)]


def _additions(program: Program, dims: Mapping[str, int]) -> int:
    """How many numbers are added one after another into an element, at most."""
    known = {("dim", name): number for name, number in dims.items()}
    pieces = [piece for d in program.definitions if isinstance(d, Accumulation) for piece in d.pieces]
    return max((product(piece.extents).evaluate(known) for piece in pieces), default=0)


def _argument(value: Any, rng: np.random.Generator, dtype: str) -> Any:
    array = np.asarray(value)
    if array.dtype.kind != "f" or not array.size:
        return value
    whole = array == np.rint(array)
    return np.where(whole, array, array * (1 + _WIDTH * float(np.finfo(dtype).eps) * rng.uniform(-1, 1, array.shape)))


def _bounded(value: Values, others: Sequence[Values], dtype: str, rounding: float) -> Bounded:
    value = np.asarray(value)
    if value.dtype.kind != "f":
        unknown = np.zeros(value.shape, bool)
        for other in others:
            unknown |= np.asarray(other != value)
        return Bounded(value, np.zeros(value.shape), unknown)
    wide = value.astype("float64")
    spread, unknown = np.zeros(value.shape), np.zeros(value.shape, bool)
    with np.errstate(all="ignore"):
        for other in others:
            unknown |= np.isfinite(other) != np.isfinite(wide)
            spread = np.fmax(spread, np.nan_to_num(np.abs(other.astype("float64") - wide), nan=0.0, posinf=0.0))
        finite = np.where(np.isfinite(wide), np.abs(wide), 0.0)
        # Next to the largest number all is unknown; next to the smallest, digits are lost.
        unknown |= finite > float(np.finfo(dtype).max) / 1e4
        # One element's draws may be small by chance: its neighbours vouch for it.
        spread = np.maximum(spread, 1e-3 * np.max(spread, initial=0.0, where=np.isfinite(spread)))
        slack = _FACTOR * spread + rounding * finite + 1e4 * float(np.finfo(dtype).tiny)
    return Bounded(value, slack, unknown)


def agrees(bounded: Bounded, other: Any, *, only_finite: bool = False) -> bool:
    """Whether another result is what the bounds allow; with `only_finite`, wherever the first is finite."""
    return not np.any(wrong(bounded, other, only_finite=only_finite))


def wrong(bounded: Bounded, other: Any, *, only_finite: bool = False) -> Values:
    """Where another result is not what the bounds allow."""
    found = np.asarray(other)
    if found.shape != bounded.value.shape:
        return np.ones(bounded.value.shape or (1,), bool)
    found, value = found.astype("float64"), bounded.value.astype("float64")
    with np.errstate(all="ignore"):
        same = (found == value) | (np.isnan(found) & np.isnan(value)) | bounded.unknown
        same |= np.abs(found - value) <= bounded.slack
        if only_finite:
            same |= ~np.isfinite(value)
    return np.asarray(~same)
