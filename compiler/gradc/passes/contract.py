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
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gradc.ir.equations import BodyBuilder, Equation, index_dependencies, needed_by
from gradc.ir.program import Comprehension, Program, ProgramBuilder, remap, result_count
from gradc.ir.size import ONE, ZERO, Size, index, product

_USUAL = 50  # what an axis of unknown length is taken to have, where lengths are compared


def contract(program: Program) -> Program:
    """The program with its sums of products as matrix products."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    elementwise: dict[int, Comprehension] = {}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        moved = remap(definition, new)
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        if isinstance(moved, Comprehension) and moved.reduction == "sum":
            found = _contracted(b, moved, elementwise)
            if found is not None:
                new[first] = found
                b.name(found, hints[0])
                continue
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
        if isinstance(moved, Comprehension) and moved.reduction is None:
            elementwise[new[first]] = moved
    return b.finish([new[number] for number in program.outputs], program.output_names)


def _contracted(b: ProgramBuilder, definition: Comprehension, elementwise: Mapping[int, Comprehension]) -> int | None:
    rank, extents, body = definition.rank, definition.extents, definition.body
    if len(extents) != rank + 1:
        return None
    depends = index_dependencies(body)
    if rank == 1:
        return _with_matrix(b, definition, depends)
    if rank == 0:
        return None
    factors = _factors(body, len(body) - 1)
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
        twins = _twins(b, definition, (left, right), cut, elementwise)
    if twins is None and rank == 2:
        return None  # a product of two matrices as it is
    if twins is None and any(f for f in factors if body[f].op != "access" and len(depends[f]) > rank):
        return None
    orders = [_order(b, body, left, range(cut)), _order(b, body, right, range(cut, rank))]
    sides = list(zip((left, right), orders, strict=True))
    if twins is not None:
        sides = [sides[twins.plainer]] * 2
        orders = [[k % cut for k in sides[0][1]], [k % cut + cut for k in sides[0][1]]]
    arrays = [_side(b, definition, side, axes) for side, axes in sides]
    rows, columns = product(extents[:cut]), product(extents[cut:rank])
    inner = b.body()
    first, second = (b.access(inner, array, index(2), index(k)) for k, array in enumerate(arrays))
    weights = inner.insert(body, loose, replace_index=lambda _: index(2))
    if twins is not None and twins.numbers:  # they stay inside, where nothing is multiplied if there are no terms
        own = b.body()
        array = b.comprehend(own, _product(own, own.insert(twins.body, twins.numbers)), (extents[rank],))
        weights.append(b.access(inner, array, index(2)))
    for weight in weights:
        second = inner.apply("mul", second, weight)
    total = b.comprehend(inner, inner.apply("mul", first, second), (rows, columns), (extents[rank],), "sum")
    outer = b.body()
    row, column = (_run_together(extents, axes) for axes in orders)
    value = b.access(outer, total, row, column) if twins is None else _mirrored(b, outer, total, (), row, column)
    return b.comprehend(outer, value, extents[:rank])


def _mirrored(b: ProgramBuilder, body: BodyBuilder, array: int, lead: tuple[Size, ...], row: Size, column: Size) -> int:
    """An element of a symmetric matrix, or of one of several, from what is not above its diagonal."""
    below = body.apply("le", body.integer(column), body.integer(row))
    here, there = b.access(body, array, *lead, row, column), b.access(body, array, *lead, column, row)
    return body.apply("where", below, here, there)


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
        if not _are_alike(body, groups[0], groups[1], {column: row}):
            continue
        matrix, vectors = _side(b, definition, groups[0], [row]), _side(b, definition, weights, [other])
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
        value = _mirrored(b, outer, total, (index(other),), index(row), index(column))
        return b.comprehend(outer, value, extents[:rank])
    return None


def _with_matrix(b: ProgramBuilder, definition: Comprehension, depends: Sequence[frozenset[int]]) -> int | None:
    """``sum[i](s[i] * X[i, j] * X[i, j])`` as a matrix of squares times a vector."""
    body, whole = definition.body, frozenset((0, 1))
    factors = _factors(body, len(body) - 1)
    matrix = [f for f in factors if depends[f] == whole and body[f].op == "access"]
    vector = [f for f in factors if depends[f] == frozenset((1,))]
    if len(matrix) < 2 or not vector or len(matrix) + len(vector) < len(factors):
        return None
    inner = b.body()
    squares = []
    for f in matrix:
        squares += inner.insert(body, [f], replace_index=lambda k: index(1 - k))
    array = b.comprehend(inner, _product(inner, squares), (definition.extents[1], definition.extents[0]))
    outer = b.body()
    total = b.access(outer, array, index(1), index(0))
    for number in outer.insert(body, vector):
        total = outer.apply("mul", total, number)
    return b.comprehend(outer, total, definition.extents[:1], definition.extents[1:], "sum")


def _factors(body: Sequence[Equation], root: int) -> list[int]:
    found, pending = [], [root]
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


def _are_alike(body: Sequence[Equation], left: list[int], right: list[int], moved: Mapping[int, int]) -> bool:
    """Whether the right factors are the left ones, with some of their indices renamed."""
    shared = BodyBuilder()
    ahead = shared.insert(body, left)
    return sorted(ahead) == sorted(shared.insert(body, right, replace_index=_renaming(moved)))


def _renaming(moved: Mapping[int, int]) -> Callable[[int], Size]:
    return lambda k: index(moved.get(k, k))


class _Twins(NamedTuple):
    """Two groups of factors that are the same but for numbers, which one of them has more."""

    plainer: int  # the group that has none
    body: Sequence[Equation]
    numbers: list[int]  # the others', as equations of the body


def _twins(
    b: ProgramBuilder,
    definition: Comprehension,
    groups: tuple[list[int], list[int]],
    cut: int,
    elementwise: Mapping[int, Comprehension],
) -> _Twins | None:
    """Whether the right factors are the left ones with the indices behind the cut in place of those before it."""
    rank, body = definition.rank, definition.body
    if 2 * cut != rank:
        return None
    moved = {k: k - cut for k in range(cut, rank)}
    if _are_alike(body, *groups, moved):
        return _Twins(0, (), [])
    shared = b.body()

    def read(array: int, place: tuple[Size, ...], kind: str) -> int:
        """An element, by the formula that defines it if there is one."""
        definition = elementwise.get(array)
        if definition is None or not place:
            return shared.access(array, place, kind)
        return shared.insert(definition.body, [len(definition.body) - 1], replace_index=place.__getitem__)[0]

    cores: list[list[int]] = []
    numbers: list[list[int]] = []
    for group, renamed in zip(groups, ({}, moved), strict=True):
        values = shared.insert(body, group, replace_index=_renaming(renamed), replace_access=read)
        split = [_split(shared, value, elementwise, definition.extents[rank]) for value in values]
        cores.append(sorted(core for core, _ in split))
        numbers.append([number for _, found in split for number in found])
    if cores[0] != cores[1] or (numbers[0] and numbers[1]):
        return None
    plainer = 1 if numbers[0] else 0
    return _Twins(plainer, shared.equations, numbers[1 - plainer])


def _split(
    body: BodyBuilder, value: int, elementwise: Mapping[int, Comprehension], extent: Size
) -> tuple[int, list[int]]:
    """The numbers that multiply a value, or that of a choice which is not 0, and what they multiply."""
    equation = body.equations[value]
    if equation.op != "where":
        return value, []
    condition, *values = equation.operands
    zeros = [body.equations[v].op == "constant" and body.equations[v].data == 0.0 for v in values]
    if sum(zeros) != 1:
        return value, []
    factors = _factors(body.equations, values[zeros.index(False)])
    numbers = [f for f in factors if _is_number(body.equations, f, elementwise, extent)]
    rest = [f for f in factors if f not in numbers]
    if not numbers or not rest:
        return value, []
    kept = _product(body, rest)
    branches = [v if zero else kept for v, zero in zip(values, zeros, strict=True)]
    return body.apply("where", condition, *branches), numbers


def _is_number(body: Sequence[Equation], root: int, elementwise: Mapping[int, Comprehension], extent: Size) -> bool:
    """Whether an equation is made of constants and divisions by the extent: finite where there is a term at all."""
    for number in needed_by(body, [root]):
        equation = body[number]
        if equation.op == "access":
            source = elementwise.get(equation.data[0])
            if equation.data[1] or source is None or not _is_number(source.body, len(source.body) - 1, {}, extent):
                return False
        elif equation.op == "div":
            divisor = body[equation.operands[1]]
            if divisor.op == "real" and body[divisor.operands[0]].data == extent:
                continue
            if divisor.op != "constant" or not divisor.data:
                return False
        elif equation.op not in ("constant", "integer", "real", "mul", "neg") or (
            equation.op == "integer" and equation.data.mentions("index")
        ):
            return False
    return True


def _side(b: ProgramBuilder, definition: Comprehension, side: list[int], axes: list[int]) -> int:
    """One matrix: rows along the summed index, columns along the side's own indices, run together.

    What factors that name one of these indices come to is an array of its own, unless it is an element of one.
    """
    rank, extents, depends = definition.rank, definition.extents, index_dependencies(definition.body)
    groups: dict[frozenset[int], list[int]] = {}
    for f in side:
        groups.setdefault(depends[f] - {rank}, []).append(f)
    inner = b.body()
    place = {rank: index(0)} | _taken_apart(extents, axes, index(1))
    parts = []
    for named, group in groups.items():
        if len(groups) > 1 and len(named) == 1 and any(definition.body[f].op != "access" for f in group):
            (axis,) = named
            own = b.body()
            value = _product(own, own.insert(definition.body, group, replace_index=lambda k: index(int(k != rank))))
            array = b.comprehend(own, value, (extents[rank], extents[axis]))
            parts.append(b.access(inner, array, index(0), place[axis]))
        else:
            parts += inner.insert(definition.body, group, replace_index=lambda k: place.get(k, ZERO))
    value = _product(inner, parts)
    shape = (extents[rank], product(tuple(extents[k] for k in axes)))
    equation = inner.equations[value]
    if (
        equation.op == "access"
        and equation.data[1] == (index(0), index(1))
        and b.arrays[equation.data[0]].shape == shape
    ):
        return int(equation.data[0])
    return b.comprehend(inner, value, shape)


def _product(body: BodyBuilder, numbers: Sequence[int]) -> int:
    value = numbers[0]
    for number in numbers[1:]:
        value = body.apply("mul", value, number)
    return value


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


def _taken_apart(extents: Sequence[Size], axes: Sequence[int], number: Size) -> dict[int, Size]:
    """The indices that a number among all places means."""
    found: dict[int, Size] = {}
    below = ONE
    for position, axis in reversed(list(enumerate(axes))):
        rest = number // below
        found[axis] = rest if position == 0 else rest % extents[axis]
        below = below * extents[axis]
    return found
