"""Bring a sum of products over several indices to a product of two matrices, half of it where that is symmetric.

    H[i:d, j:k, m:d, o:k] = sum[l:n](X[l, i] * P[l, j] * X[l, m] * P[l, o])

    ->  T[l:n, q:d*k] = X[l, q // k] * P[l, q % k]
        S[q:d*k, r:d*k] = sum[l:n](T[l, q] * T[l, r])
        H[i:d, j:k, m:d, o:k] = let(q := i*k + j, r := m*k + o, where(r <= q, S[q, r], S[r, q]))

The factors are put in two groups that share the summed index alone, the groups' own indices are run together, and each
group is multiplied out once: three operations a term become two, in the one form that is fastest. Where the groups are
the same but for their indices, only the triangle that is read need be computed. So they also are where one has a number
more, a constant or the 1 / n of a mean over the summed index; it may stand in a choice whose other value is 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gradc.contract.factors import (
    are_alike,
    factors_of,
    find_twins,
    matrix_of,
    mirrored,
    product_of,
)
from gradc.contract.quarter import read_quarter
from gradc.ir.definitions import Comprehension, Definition
from gradc.ir.equations import Equation, index_dependencies, needed_by
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import ZERO, Size, index, product
from gradc.passes.rebuild import redefine

_USUAL = 50  # what an axis of unknown length is taken to have, where lengths are compared


def contract(program: Program) -> Program:
    """The program with its sums of products as matrix products."""
    elementwise: dict[int, Comprehension] = {}

    def change(b: ProgramBuilder, definition: Definition) -> Definition | int:
        if isinstance(definition, Comprehension) and definition.reduction == "sum":
            found = _contracted(b, definition, elementwise)
            return definition if found is None else found
        if isinstance(definition, Comprehension) and definition.reduction is None:
            (number,) = b.define(definition)
            elementwise[number] = definition
            return number
        return definition

    return redefine(program, change)


def _contracted(b: ProgramBuilder, definition: Comprehension, elementwise: Mapping[int, Comprehension]) -> int | None:
    rank, extents, body = definition.rank, definition.extents, definition.body
    if len(extents) != rank + 1 or (rank == 4 and read_quarter(body, len(body) - 1, range(4), 4) is not None):
        return None
    depends = index_dependencies(body)
    if rank == 1:
        return _with_matrix(b, definition, depends)
    if rank == 0:
        return None
    factors = factors_of(body, len(body) - 1)
    free = [frozenset(k for k in depends[f] if k < rank) for f in factors]
    if rank == 3:
        found = _weighted(b, definition, depends, list(zip(factors, free, strict=True)))
        if found is not None:
            return found
    cut = _best_cut(free, extents[:rank])
    if cut is None:
        return None
    left = [f for f, axes in zip(factors, free, strict=True) if axes and max(axes) < cut]
    right = [f for f, axes in zip(factors, free, strict=True) if axes and min(axes) >= cut]
    loose = [f for f, axes in zip(factors, free, strict=True) if not axes]
    if not all(any(rank in depends[f] for f in side) for side in (left, right)):
        return None
    twins = None
    if extents[:cut] == extents[cut:rank]:
        twins = find_twins(b, definition, (left, right), {k: k - cut for k in range(cut, rank)}, elementwise)
    if twins is None and rank == 2:
        return None  # a product of two matrices as it is
    if twins is None and any(f for f in factors if body[f].op != "access" and len(depends[f]) > rank):
        return None
    orders = [_order(b, body, left, range(cut)), _order(b, body, right, range(cut, rank))]
    sides = list(zip((left, right), orders, strict=True))
    if twins is not None:
        sides = [sides[twins.plainer]] * 2
        orders = [[k % cut for k in sides[0][1]], [k % cut + cut for k in sides[0][1]]]
    arrays = [matrix_of(b, definition, side, axes) for side, axes in sides]
    rows, columns = product(extents[:cut]), product(extents[cut:rank])
    inner = b.body()
    first, second = (b.access(inner, array, index(2), index(k)) for k, array in enumerate(arrays))
    weights = inner.insert(body, loose, replace_index=lambda _: index(2))
    if twins is not None and twins.numbers:  # they stay inside, where nothing is multiplied if there are no terms
        own = b.body()
        array = b.comprehend(own, product_of(own, own.insert(twins.body, twins.numbers)), (extents[rank],))
        weights.append(b.access(inner, array, index(2)))
    for weight in weights:
        second = inner.apply("mul", second, weight)
    total = b.comprehend(inner, inner.apply("mul", first, second), (rows, columns), (extents[rank],), "sum")
    outer = b.body()
    row, column = (_run_together(extents, axes) for axes in orders)
    value = b.access(outer, total, row, column) if twins is None else mirrored(b, outer, total, (), row, column)
    return b.comprehend(outer, value, extents[:rank])


def _weighted(
    b: ProgramBuilder,
    definition: Comprehension,
    depends: Sequence[frozenset[int]],
    factors: Sequence[tuple[int, frozenset[int]]],
) -> int | None:
    """``sum[l](X[l, i] * X[l, m] * w[l, j])``: for each j a product of a matrix with itself, with weights."""
    rank, extents, body = definition.rank, definition.extents, definition.body
    for other, row, column in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
        groups = [[f for f, axes in factors if axes == {k}] for k in (row, column)]
        weights = [f for f, axes in factors if axes not in ({row}, {column})]
        named = frozenset().union(*(axes for _, axes in factors if axes not in ({row}, {column})))
        if named != {other} or extents[row] != extents[column]:
            continue
        if not all(any(rank in depends[f] for f in group) for group in (*groups, weights)):
            continue
        if not are_alike(body, groups[0], groups[1], {column: row}):
            continue
        matrix, vectors = matrix_of(b, definition, groups[0], [row]), matrix_of(b, definition, weights, [other])
        inner = b.body()
        first, second = (b.access(inner, matrix, index(3), index(k)) for k in (1, 2))
        second = inner.apply("mul", second, b.access(inner, vectors, index(3), index(0)))
        total = b.comprehend(
            inner,
            inner.apply("mul", first, second),
            tuple(extents[k] for k in (other, row, column)),
            (extents[rank],),
            "sum",
        )
        outer = b.body()
        value = mirrored(b, outer, total, (index(other),), index(row), index(column))
        return b.comprehend(outer, value, extents[:rank])
    return None


def _with_matrix(b: ProgramBuilder, definition: Comprehension, depends: Sequence[frozenset[int]]) -> int | None:
    """``sum[i](s[i] * X[i, j] * X[i, j])`` as a matrix of squares times a vector."""
    body, whole = definition.body, frozenset((0, 1))
    factors = factors_of(body, len(body) - 1)
    matrix = [f for f in factors if depends[f] == whole and body[f].op == "access"]
    vector = [f for f in factors if depends[f] == frozenset((1,))]
    if len(matrix) < 2 or not vector or len(matrix) + len(vector) < len(factors):
        return None
    inner = b.body()
    squares = []
    for f in matrix:
        squares += inner.insert(body, [f], replace_index=lambda k: index(1 - k))
    array = b.comprehend(inner, product_of(inner, squares), (definition.extents[1], definition.extents[0]))
    outer = b.body()
    total = b.access(outer, array, index(1), index(0))
    for number in outer.insert(body, vector):
        total = outer.apply("mul", total, number)
    return b.comprehend(outer, total, definition.extents[:1], definition.extents[1:], "sum")


def _best_cut(free: Sequence[frozenset[int]], extents: Sequence[Size]) -> int | None:
    """Where to cut the free indices in two so that no factor names both parts, and the parts are most alike in size."""
    weights = [math.log(max(extent.constant or _USUAL, 1)) for extent in extents]
    cuts = [
        cut
        for cut in range(1, len(extents))
        if all(not axes or max(axes) < cut or min(axes) >= cut for axes in free)
        and set(range(len(extents))) == set().union(*free)
    ]
    return min(cuts, key=lambda cut: (abs(sum(weights[:cut]) - sum(weights[cut:])), cut)) if cuts else None


def _order(b: ProgramBuilder, body: Sequence[Equation], side: list[int], axes: Sequence[int]) -> list[int]:
    """The axes in the order in which they are run together: those along which data are contiguous come last."""
    places = [body[k].data for k in needed_by(body, side) if body[k].op == "access"]
    along = {place[-1].atom for array, place in places if place and array < len(b.parameters)}
    return sorted(axes, key=lambda k: ("index", k) in along)


def _run_together(extents: Sequence[Size], axes: Sequence[int]) -> Size:
    """The number of a place among those of several axes."""
    total = ZERO
    for axis in axes:
        total = total * extents[axis] + index(axis)
    return total
