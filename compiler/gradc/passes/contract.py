"""Bring a sum of products over several indices to a product of two matrices, half of it where that is symmetric.

    H[i:d, j:k, m:d, o:k] = sum[l:n](X[l, i] * P[l, j] * X[l, m] * P[l, o])

    ->  T[l:n, q:d*k] = X[l, q // k] * P[l, q % k]
        S[q:d*k, r:d*k] = sum[l:n](T[l, q] * T[l, r])
        H[i:d, j:k, m:d, o:k] = let(q := i*k + j, r := m*k + o, where(r <= q, S[q, r], S[r, q]))

The factors are put in two groups that share the summed index alone, the groups' own indices are run together, and each
group is multiplied out once: three operations a term become two, in the one form that is fastest. Where the groups are
the same but for their indices, only the triangle that is read need be computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradc.ir.equations import BodyBuilder, Equation, index_dependencies
from gradc.ir.program import Comprehension, Program, ProgramBuilder, remap, result_count
from gradc.ir.size import ONE, ZERO, Size, index, product

_USUAL = 50  # what an axis of unknown length is taken to have, where lengths are compared


def contract(program: Program) -> Program:
    """The program with its sums of products as matrix products."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        moved = remap(definition, new)
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        if isinstance(moved, Comprehension) and moved.reduction == "sum":
            found = _contracted(b, moved)
            if found is not None:
                new[first] = found
                b.name(found, hints[0])
                continue
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


def _contracted(b: ProgramBuilder, definition: Comprehension) -> int | None:
    rank, extents, body = definition.rank, definition.extents, definition.body
    if len(extents) != rank + 1:
        return None
    depends = index_dependencies(body)
    if rank == 1:
        return _with_matrix(b, definition, depends)
    if rank == 0:
        return None
    factors = _factors(body)
    free = [frozenset(k for k in depends[f] if k < rank) for f in factors]
    cut = _best_cut(free, extents[:rank])
    if cut is None:
        return None
    left = [f for f, axes in zip(factors, free, strict=True) if axes and max(axes) < cut]
    right = [f for f, axes in zip(factors, free, strict=True) if axes and min(axes) >= cut]
    loose = [f for f, axes in zip(factors, free, strict=True) if not axes]
    if not all(any(rank in depends[f] for f in side) for side in (left, right)):
        return None
    symmetric = extents[:cut] == extents[cut:rank] and _are_alike(body, left, right, rank, cut)
    if not symmetric and rank == 2:
        return None  # a product of two matrices as it is
    if not symmetric and any(f for f in factors if body[f].op != "access" and len(depends[f]) > rank):
        return None
    sides = [(left, range(cut)), (right, range(cut, rank))]
    arrays = [_side(b, definition, side, list(axes), []) for side, axes in sides]
    if symmetric:
        arrays[1] = arrays[0]
    if loose:
        arrays[1] = _scaled(b, definition, arrays[1], loose)
    rows, columns = product(extents[:cut]), product(extents[cut:rank])
    inner = b.body()
    factor = [b.access(inner, array, index(2), index(k)) for k, array in enumerate(arrays)]
    total = b.comprehend(inner, inner.apply("mul", *factor), (rows, columns), (extents[rank],), "sum")
    outer = b.body()
    row, column = _run_together(extents[:cut], 0), _run_together(extents[cut:rank], cut)
    value = b.access(outer, total, row, column)
    if symmetric:
        below = outer.apply("le", outer.integer(column), outer.integer(row))
        value = outer.apply("where", below, value, b.access(outer, total, column, row))
    return b.comprehend(outer, value, extents[:rank])


def _with_matrix(b: ProgramBuilder, definition: Comprehension, depends: Sequence[frozenset[int]]) -> int | None:
    """``sum[i](s[i] * X[i, j] * X[i, j])`` as a matrix of squares times a vector."""
    body, whole = definition.body, frozenset((0, 1))
    factors = _factors(body)
    matrix = [f for f in factors if depends[f] == whole and body[f].op == "access"]
    vector = [f for f in factors if depends[f] == frozenset((1,))]
    if len(matrix) < 2 or not vector or len(matrix) + len(vector) < len(factors):
        return None
    inner = b.body()
    squares = []
    for f in matrix:
        squares += inner.insert(body, [f], replace_index=lambda k: index(1 - k))
    value = squares[0]
    for number in squares[1:]:
        value = inner.apply("mul", value, number)
    array = b.comprehend(inner, value, (definition.extents[1], definition.extents[0]))
    outer = b.body()
    total = b.access(outer, array, index(1), index(0))
    for number in outer.insert(body, vector):
        total = outer.apply("mul", total, number)
    return b.comprehend(outer, total, definition.extents[:1], definition.extents[1:], "sum")


def _factors(body: Sequence[Equation]) -> list[int]:
    found, pending = [], [len(body) - 1]
    while pending:
        number = pending.pop()
        if body[number].op == "mul":
            pending += reversed(body[number].operands)
        elif body[number].op == "pow" and _is_square(body, number):
            pending += [body[number].operands[0]] * 2
        else:
            found.append(number)
    return found


def _is_square(body: Sequence[Equation], number: int) -> bool:
    exponent = body[body[number].operands[1]]
    return exponent.op == "constant" and exponent.data == 2.0


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


def _are_alike(body: Sequence[Equation], left: list[int], right: list[int], rank: int, cut: int) -> bool:
    """Whether the right factors are the left ones with the indices behind the cut in place of those before it."""
    if len(left) != len(right) or 2 * cut != rank:
        return False
    shared = BodyBuilder()
    ahead = shared.insert(body, left)
    behind = shared.insert(body, right, replace_index=lambda k: index(k - cut if cut <= k < rank else k))
    return sorted(ahead) == sorted(behind)


def _side(b: ProgramBuilder, definition: Comprehension, side: list[int], axes: list[int], more: list[int]) -> int:
    """One matrix: rows along the summed index, columns along the side's own indices, run together."""
    rank, extents = definition.rank, definition.extents
    inner = b.body()
    place = {rank: index(0)} | _taken_apart(extents, axes, index(1))
    numbers = inner.insert(definition.body, [*side, *more], replace_index=lambda k: place.get(k, ZERO))
    value = numbers[0]
    for number in numbers[1:]:
        value = inner.apply("mul", value, number)
    shape = (extents[rank], product(tuple(extents[k] for k in axes)))
    equation = inner.equations[value]
    if (
        equation.op == "access"
        and equation.data[1] == (index(0), index(1))
        and b.arrays[equation.data[0]].shape == shape
    ):
        return int(equation.data[0])
    return b.comprehend(inner, value, shape)


def _scaled(b: ProgramBuilder, definition: Comprehension, array: int, loose: list[int]) -> int:
    inner = b.body()
    numbers = inner.insert(definition.body, loose, replace_index=lambda _: index(0))
    value = b.access(inner, array, index(0), index(1))
    for number in numbers:
        value = inner.apply("mul", value, number)
    return b.comprehend(inner, value, b.arrays[array].shape)


def _run_together(extents: Sequence[Size], first: int) -> Size:
    """The number of a place among those of several axes."""
    total = ZERO
    for axis, extent in enumerate(extents):
        total = total * extent + index(first + axis)
    return total


def _taken_apart(extents: Sequence[Size], axes: Sequence[int], number: Size) -> dict[int, Size]:
    """The indices that a number among all places means."""
    found: dict[int, Size] = {}
    below = ONE
    for position, axis in reversed(list(enumerate(axes))):
        rest = number // below
        found[axis] = rest if position == 0 else rest % extents[axis]
        below = below * extents[axis]
    return found
