"""The table of routines on whole arrays: what each computes, and its rules in both modes.

    X = solve(A, B):    Bbar = solve(A.T, Xbar),  Abar = -Bbar @ X.T

Sources: Giles, *An extended collection of matrix derivative results for forward and reverse mode automatic
differentiation* (2008); Murray, *Differentiation of the Cholesky decomposition* (arXiv:1602.07527, 2016).
Rules are written with the operations below, and can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradc.calculus.structure import identity_indices
from gradc.ir.definitions import Call
from gradc.ir.program import ProgramBuilder
from gradc.ir.size import Size, index, product

Shape = tuple[Size, ...]
Adjoint = Callable[[ProgramBuilder, Sequence[int], Sequence[int], Sequence[int | None]], Sequence[int | None]]


class Routine(NamedTuple):
    """One routine.

    Parameters
    ----------
    shapes
        From the arguments' shapes to the results'.
    reference
        What the interpreter computes.
    adjoint
        ``(builder, arguments, results, cotangents)`` to a contribution for each argument, or None.
    tangent
        ``(builder, arguments, results, tangents)`` to the tangent of each result, or None.
    failure
        What the C routine's failure means to the user; empty where it cannot fail.
    closed
        As `tangent`, but of sums of products and of what does not depend on the tangents: what Kronecker deltas can be
        put through. None where no such form is worth having: then each direction is a tangent.
    """

    name: str
    shapes: Callable[[Sequence[Shape]], tuple[Shape, ...]]
    reference: Callable[..., Any]
    adjoint: Adjoint
    tangent: Adjoint
    failure: str = ""
    closed: Adjoint | None = None


def call(b: ProgramBuilder, routine: str, *arguments: int) -> tuple[int, ...]:
    """Define a call, with the shapes that the table says; trailing axes of a right-hand side are more columns of it."""
    shapes = [b.arrays[number].shape for number in arguments]
    if len(shapes) == 2 and len(shapes[1]) > 2:
        (flat,) = call(b, routine, arguments[0], _as_columns(b, arguments[1]))
        body = b.body()
        value = b.access(body, flat, index(0), _column(shapes[1]))
        return (b.comprehend(body, value, shapes[1]),)
    return b.define(Call(routine, arguments, ROUTINES[routine].shapes(shapes)))


def _as_columns(b: ProgramBuilder, A: int) -> int:
    shape = b.arrays[A].shape
    body = b.body()
    value = b.access(body, A, *identity_indices(len(shape)))
    return b.accumulate((shape[0], product(shape[1:])), [(shape, body, [((index(0), _column(shape)), value)])])


def _column(shape: Shape) -> Size:
    """Which column the indices beyond the first are."""
    column = index(1)
    for axis in range(2, len(shape)):
        column = column * shape[axis] + index(axis)
    return column


# In what follows an array of tangents may have axes beyond its matrix's two: directions, which go along.


def _matmul(b: ProgramBuilder, A: int, B: int, *, left: bool = False, right: bool = False, minus: bool = False) -> int:
    """``A @ B``, or its negative; with `left` or `right` transposed."""
    (p, q), (r, s) = b.arrays[A].shape[:2], b.arrays[B].shape[:2]
    along = (*b.arrays[A].shape[2:], *b.arrays[B].shape[2:])
    rows, inner, columns = (q if left else p), (p if left else q), (r if right else s)
    body = b.body()
    i, j, k = index(0), index(1), index(2 + len(along))
    more = [index(2 + axis) for axis in range(len(along))]
    of_A, of_B = (more, []) if len(b.arrays[A].shape) > 2 else ([], more)
    product = body.apply(
        "mul",
        b.access(body, A, *((k, i) if left else (i, k)), *of_A),
        b.access(body, B, *((j, k) if right else (k, j)), *of_B),
    )
    if minus:
        product = body.apply("neg", product)
    return b.comprehend(body, product, (rows, columns, *along), (inner,), "sum")


def _swapped(rank: int) -> tuple[Size, ...]:
    return (index(1), index(0), *(index(axis) for axis in range(2, rank)))


def _transpose(b: ProgramBuilder, A: int) -> int:
    rows, columns, *along = b.arrays[A].shape
    body = b.body()
    return b.comprehend(body, b.access(body, A, *_swapped(2 + len(along))), (columns, rows, *along))


def _elementwise(b: ProgramBuilder, op: str, A: int, B: int) -> int:
    """An operation on two arrays, where either may be a scalar."""
    shape = max(b.arrays[A].shape, b.arrays[B].shape, key=len)
    body = b.body()
    indices = tuple(index(k) for k in range(len(shape)))
    operands = [b.access(body, array, *(indices if b.arrays[array].shape else ())) for array in (A, B)]
    return b.comprehend(body, body.apply(op, *operands), shape)


def _lower(b: ProgramBuilder, A: int, *, diagonal: float = 1.0) -> int:
    """The lower triangle, its diagonal scaled."""
    body = b.body()
    shape = b.arrays[A].shape
    value = b.access(body, A, *identity_indices(len(shape)))
    row, column = body.integer(index(0)), body.integer(index(1))
    on = value if diagonal == 1.0 else body.apply("mul", body.constant(diagonal), value)
    zero = body.constant(0.0)
    below = body.apply("where", body.apply("lt", column, row), value, zero)
    return b.comprehend(body, body.apply("where", body.apply("eq", row, column), on, below), shape)


def _symmetric(b: ProgramBuilder, A: int) -> int:
    """``(A + A.T) / 2``."""
    body = b.body()
    shape = b.arrays[A].shape
    here, there = (b.access(body, A, *place) for place in (identity_indices(len(shape)), _swapped(len(shape))))
    total = body.apply("add", here, there)
    return b.comprehend(body, body.apply("mul", body.constant(0.5), total), shape)


def _total(b: ProgramBuilder, A: int, B: int) -> int:
    """``sum(A.T * B)``."""
    rows, columns, *along = b.arrays[B].shape
    body = b.body()
    i, j = index(len(along)), index(len(along) + 1)
    product = body.apply("mul", b.access(body, A, j, i), b.access(body, B, i, j, *identity_indices(len(along))))
    return b.comprehend(body, product, along, (rows, columns), "sum")


def _sum_of(b: ProgramBuilder, parts: Sequence[int]) -> int | None:
    if not parts:
        return None
    total = parts[0]
    for part in parts[1:]:
        total = _elementwise(b, "add", total, part)
    return total


# --- inverse: d(inv A) = -inv(A) dA inv(A) --------------------------------------------------------------------------


def _inv_adjoint(b: ProgramBuilder, _args: Sequence[int], res: Sequence[int], bars: Sequence[int | None]) -> Any:
    assert bars[0] is not None
    return [_matmul(b, _matmul(b, res[0], bars[0], left=True, minus=True), res[0], right=True)]


def _inv_tangent(b: ProgramBuilder, _args: Sequence[int], res: Sequence[int], dots: Sequence[int | None]) -> Any:
    assert dots[0] is not None
    return [_matmul(b, _matmul(b, res[0], dots[0], minus=True), res[0])]


# --- solve: dX = solve(A, dB - dA X) --------------------------------------------------------------------------------


def _solve_adjoint(b: ProgramBuilder, args: Sequence[int], res: Sequence[int], bars: Sequence[int | None]) -> Any:
    assert bars[0] is not None
    (right,) = call(b, "solve", _transpose(b, args[0]), bars[0])
    return [_matmul(b, right, res[0], right=True, minus=True), right]


def _solve_tangent(b: ProgramBuilder, args: Sequence[int], res: Sequence[int], dots: Sequence[int | None]) -> Any:
    right = _solve_change(b, res, dots)
    return [None if right is None else call(b, "solve", args[0], right)[0]]


def _solve_closed(b: ProgramBuilder, args: Sequence[int], res: Sequence[int], dots: Sequence[int | None]) -> Any:
    # An inverse's product is as accurate as a solution, if not for A times it: Higham, Accuracy and Stability, 14.1.
    right = _solve_change(b, res, dots)
    return [None if right is None else _matmul(b, call(b, "inv", args[0])[0], right)]


def _solve_change(b: ProgramBuilder, res: Sequence[int], dots: Sequence[int | None]) -> int | None:
    """``dB - dA X``."""
    parts = [dots[1]] if dots[1] is not None else []
    if dots[0] is not None:
        parts.append(_matmul(b, dots[0], res[0], minus=True))
    return _sum_of(b, [part for part in parts if part is not None])


# --- triangular solves: L X = B, and L.T X = B ----------------------------------------------------------------------


def _lower_adjoint(transposed: bool) -> Adjoint:
    def adjoint(b: ProgramBuilder, args: Sequence[int], res: Sequence[int], bars: Sequence[int | None]) -> Any:
        assert bars[0] is not None
        (right,) = call(b, "solve_lower" if transposed else "solve_lower_transposed", args[0], bars[0])
        left = (res[0], right) if transposed else (right, res[0])
        return [_lower(b, _matmul(b, *left, right=True, minus=True)), right]

    return adjoint


def _lower_tangent(transposed: bool) -> Adjoint:
    def tangent(b: ProgramBuilder, args: Sequence[int], res: Sequence[int], dots: Sequence[int | None]) -> Any:
        parts = [dots[1]] if dots[1] is not None else []
        if dots[0] is not None:
            parts.append(_matmul(b, _lower(b, dots[0]), res[0], left=transposed, minus=True))
        right = _sum_of(b, [part for part in parts if part is not None])
        name = "solve_lower_transposed" if transposed else "solve_lower"
        return [None if right is None else call(b, name, args[0], right)[0]]

    return tangent


# --- determinants: d log|det A| = tr(inv(A) dA) ---------------------------------------------------------------------


def _slogdet_adjoint(b: ProgramBuilder, args: Sequence[int], _res: Sequence[int], bars: Sequence[int | None]) -> Any:
    if bars[1] is None:
        return [None]
    return [_elementwise(b, "mul", _transpose(b, call(b, "inv", args[0])[0]), bars[1])]


def _slogdet_tangent(b: ProgramBuilder, args: Sequence[int], _res: Sequence[int], dots: Sequence[int | None]) -> Any:
    assert dots[0] is not None
    return [None, _total(b, call(b, "inv", args[0])[0], dots[0])]


# --- adj A = det(A) inv(A), which is there for singular A too: d det A = tr(adj(A) dA) --------------------------------


def _det_adjoint(b: ProgramBuilder, args: Sequence[int], _res: Sequence[int], bars: Sequence[int | None]) -> Any:
    assert bars[0] is not None
    return [_elementwise(b, "mul", _transpose(b, call(b, "adjugate", args[0])[0]), bars[0])]


def _det_tangent(b: ProgramBuilder, args: Sequence[int], _res: Sequence[int], dots: Sequence[int | None]) -> Any:
    assert dots[0] is not None
    return [_total(b, call(b, "adjugate", args[0])[0], dots[0])]


# d adj A = tr(inv(A) dA) adj(A) - adj(A) dA inv(A), where A has an inverse


def _adjugate_adjoint(b: ProgramBuilder, args: Sequence[int], res: Sequence[int], bars: Sequence[int | None]) -> Any:
    assert bars[0] is not None
    (inverse,) = call(b, "inv", args[0])
    trace = _total(b, _transpose(b, res[0]), bars[0])
    first = _elementwise(b, "mul", _transpose(b, inverse), trace)
    second = _matmul(b, _matmul(b, res[0], bars[0], left=True, minus=True), inverse, right=True)
    return [_elementwise(b, "add", first, second)]


def _adjugate_tangent(b: ProgramBuilder, args: Sequence[int], res: Sequence[int], dots: Sequence[int | None]) -> Any:
    assert dots[0] is not None
    (inverse,) = call(b, "inv", args[0])
    trace = _total(b, inverse, dots[0])
    body = b.body()
    along = [index(2 + axis) for axis in range(len(b.arrays[trace].shape))]
    scaled = body.apply("mul", b.access(body, res[0], index(0), index(1)), b.access(body, trace, *along))
    first = b.comprehend(body, scaled, b.arrays[dots[0]].shape)
    second = _matmul(b, _matmul(b, res[0], dots[0], minus=True), inverse)
    return [_elementwise(b, "add", first, second)]


# --- Cholesky of the symmetric part: Abar = sym(L^-T Φ(L.T Lbar) L^-1), dL = L Φ(L^-1 sym(dA) L^-T) -----------------


def _cholesky_adjoint(b: ProgramBuilder, _args: Sequence[int], res: Sequence[int], bars: Sequence[int | None]) -> Any:
    assert bars[0] is not None
    L = res[0]
    phi = _lower(b, _matmul(b, L, _lower(b, bars[0]), left=True), diagonal=0.5)
    (half,) = call(b, "solve_lower_transposed", L, phi)
    (full,) = call(b, "solve_lower_transposed", L, _transpose(b, half))
    return [_symmetric(b, full)]


def _cholesky_tangent(b: ProgramBuilder, _args: Sequence[int], res: Sequence[int], dots: Sequence[int | None]) -> Any:
    assert dots[0] is not None
    L = res[0]
    (half,) = call(b, "solve_lower", L, _symmetric(b, dots[0]))
    (full,) = call(b, "solve_lower", L, _transpose(b, half))
    return [_matmul(b, L, _lower(b, full, diagonal=0.5))]


def _same(shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    return (shapes[0],)


def _right(shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    return (shapes[1],)


def _reference_cholesky(A: Any) -> Any:
    return np.linalg.cholesky((A + A.T) / 2)


def _reference_adjugate(A: Any) -> Any:
    if not np.all(np.isfinite(A)):
        return np.full_like(A, np.nan)
    U, s, V = np.linalg.svd(A)
    others = [np.prod(np.delete(s, k)) for k in range(len(s))]
    return np.linalg.det(U) * np.linalg.det(V) * (V.T * np.array(others, A.dtype)) @ U.T


_SINGULAR = "the matrix is singular"

_TABLE = (
    Routine("inv", _same, np.linalg.inv, _inv_adjoint, _inv_tangent, _SINGULAR, _inv_tangent),
    Routine("solve", _right, np.linalg.solve, _solve_adjoint, _solve_tangent, _SINGULAR, _solve_closed),
    Routine(
        "solve_lower", _right, lambda L, B: np.linalg.solve(np.tril(L), B),
        _lower_adjoint(False), _lower_tangent(False), _SINGULAR,
    ),
    Routine(
        "solve_lower_transposed", _right, lambda L, B: np.linalg.solve(np.tril(L).T, B),
        _lower_adjoint(True), _lower_tangent(True), _SINGULAR,
    ),
    Routine(
        "slogdet", lambda _shapes: ((), ()), lambda A: tuple(np.linalg.slogdet(A)),
        _slogdet_adjoint, _slogdet_tangent, closed=_slogdet_tangent,
    ),
    Routine("det", lambda _shapes: ((),), np.linalg.det, _det_adjoint, _det_tangent, closed=_det_tangent),
    Routine("adjugate", _same, _reference_adjugate, _adjugate_adjoint, _adjugate_tangent, closed=_adjugate_tangent),
    Routine(
        "cholesky", _same, _reference_cholesky, _cholesky_adjoint, _cholesky_tangent,
        "the matrix is not positive definite",
    ),
)  # fmt: skip

ROUTINES: dict[str, Routine] = {entry.name: entry for entry in _TABLE}

__all__ = ["ROUTINES", "Routine", "call"]
