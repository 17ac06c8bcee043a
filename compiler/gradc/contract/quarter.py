"""Compute a quarter of a sum that is symmetric in two pairs of indices, and in the same sum what a diagonal adds to it.

    T[i:d, j:k, a:d, m:k] = sum[l:n](X[l, i] * P[l, j] * X[l, a] * P[l, m])
    U[i:d, j:k, a:d] = sum[l:n](X[l, i] * X[l, a] * D[l, j])
    H[i:d, j:k, a:d, m:k] = T[i, j, a, m] + where(j == m, U[i, j, a], 0)

    ->  S[j:k, m:k, i:d, a:d] = sum[l:n](X[l, i] * (X[l, a] * (P[l, j] * P[l, m] + where(j == m, D[l, j], 0))))
        H[i:d, j:k, a:d, m:k] = S[max(j, m), min(j, m), max(i, a), min(i, a)]

Hessians by a matrix of weights are that, of a softmax or of a layer. What there is to multiply for each l are pairs of
columns of X with pairs of P's, d (d + 1) / 2 times k (k + 1) / 2, where all pairs of numbers in X[l, i] * P[l, j] are
d k (d k + 1) / 2. Numbers that differ between the two P, such as the 1 / n of a mean, are a vector s[l]. A number that
multiplies T stays there, multiplies S and divides D.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gradc.contract.factors import are_alike, factors_of, find_twins, is_number, matrix_of, mirrored, product_of
from gradc.ir.definitions import Comprehension, Definition, reads, remap, remap_body, result_count
from gradc.ir.equations import BodyBuilder, Equation, index_dependencies
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index

_PAIRINGS = (((0, 2), (1, 3)), ((0, 1), (2, 3)), ((0, 3), (1, 2)))
_LATER = -1  # the number of an array until its only reader is met


class Quarter(NamedTuple):
    """The equations of ``X[l, i] * (X[l, a] * (P[l, j] * (P[l, m] * s[l]) + where(j == m, D[l, j], 0)))``."""

    left: int  # X[l, i]
    right: int
    first: int  # P[l, j]
    second: int
    weights: int | None
    diagonal: int | None


def read_quarter(body: Sequence[Equation], root: int, place: Sequence[int], depth: int) -> Quarter | None:
    """A sum's term as that, where the loops `place` are j, m, i and a, and `depth` is l."""
    j, m, i, a = place
    depends = index_dependencies(body)
    factors, diagonal = factors_of(body, root), None
    for total in [f for f in factors if body[f].op == "add"][:1]:
        for one, other in (body[total].operands, body[total].operands[::-1]):
            chosen = _on_diagonal(body, one)
            if chosen is not None and chosen.pair == {j, m} and depends[chosen.value] == {j, depth}:
                diagonal = chosen.value
                factors = [f for f in factors if f != total] + factors_of(body, other)
    if any(body[f].op != "access" for f in (*factors, *(() if diagonal is None else (diagonal,)))):
        return None
    groups = [[f for f in factors if depends[f] - {depth} == axes] for axes in ({j}, {m}, {i}, {a}, set())]
    first, second, left, right, weights = groups
    if len(factors) != 4 + len(weights) or len(weights) > 1 or not all(groups[:4]):
        return None
    if not are_alike(body, left, right, {a: i}) or not are_alike(body, first, second, {m: j}):
        return None
    return Quarter(left[0], right[0], first[0], second[0], weights[0] if weights else None, diagonal)


def quarter(program: Program) -> Program:
    """The program with such sums as a quarter of each."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    joints = _joints(program)
    apart = {term.array for joint in joints.values() for term in (joint.whole, joint.part)}
    waiting: dict[int, Comprehension] = {}
    elementwise: dict[int, Comprehension] = {}

    def define(definition: Definition, first: int) -> None:
        quartered = _alone(b, definition, elementwise) if isinstance(definition, Comprehension) else None
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        if quartered is not None:
            new[first] = quartered
            b.name(quartered, hints[0])
            return
        for offset, number in enumerate(b.define(definition, *hints)):
            new[first + offset] = number
        if isinstance(definition, Comprehension) and definition.reduction is None:
            elementwise[new[first]] = definition

    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        joint = joints.get(first)
        if joint is not None and isinstance(definition, Comprehension):
            reader = definition._replace(body=remap_body(definition.body, new))
            joined = _joined(b, reader, joint, waiting, elementwise)
            if joined is not None:
                new[first] = joined
                b.name(joined, program.hint(first))
                continue
            for array in sorted((joint.whole.array, joint.part.array)):
                define(waiting[array], array)
        moved = remap(definition, new)
        if first in apart and isinstance(moved, Comprehension):
            waiting[first] = moved
            new[first] = _LATER
        else:
            define(moved, first)
    return b.finish([new[number] for number in program.outputs], program.output_names)


# --- sums that are read together --------------------------------------------------------------------------------------


class _Term(NamedTuple):
    """A sum that is read once."""

    array: int
    place: tuple[int, ...]  # for each of its indices, the reader's


class _Joint(NamedTuple):
    """``scale * whole + where(row == column, part, 0)`` in a definition, or the difference of the two."""

    number: int  # the equation that this is
    whole: _Term
    scale: int | None
    part: _Term
    pair: frozenset[int]  # the indices that are compared
    signs: tuple[int, int]


class _OnDiagonal(NamedTuple):
    """``where(row == column, value, 0)``."""

    pair: frozenset[int]
    value: int


def _joints(program: Program) -> dict[int, _Joint]:
    """By the array that reads them."""
    sums = {
        first: definition.rank
        for definition, first in zip(program.definitions, program.first_results(), strict=True)
        if isinstance(definition, Comprehension) and definition.reduction == "sum"
    }
    readers = Counter(array for definition in program.definitions for array in set(reads(definition)))
    readers.update(program.outputs)
    single = {array: rank for array, rank in sums.items() if readers[array] == 1 and array not in program.outputs}
    found: dict[int, _Joint] = {}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        if isinstance(definition, Comprehension) and definition.reduction is None and definition.rank == 4:
            for joint in _joints_of(definition.body, single):
                found.setdefault(first, joint)
    return found


def _joints_of(body: Sequence[Equation], single: Mapping[int, int]) -> Iterator[_Joint]:
    depends = index_dependencies(body)
    for number, equation in enumerate(body):
        if equation.op not in ("add", "sub"):
            continue
        sign = 1 if equation.op == "add" else -1
        for (one, other), signs in ((equation.operands, (1, sign)), (equation.operands[::-1], (sign, 1))):
            chosen, scale = _on_diagonal(body, other), None
            if body[one].op == "mul":
                scale, one = sorted(body[one].operands, key=lambda k: len(depends[k]))
            if chosen is None or (scale is not None and depends[scale]):
                continue
            whole, part = _term(body[one], single, 4), _term(body[chosen.value], single, 3)
            if whole is not None and part is not None and len(chosen.pair & set(part.place)) == 1:
                yield _Joint(number, whole, scale, part, chosen.pair, signs)


def _term(equation: Equation, single: Mapping[int, int], rank: int) -> _Term | None:
    if equation.op != "access" or single.get(equation.data[0]) != rank:
        return None
    atoms = [part.atom for part in equation.data[1]]
    if len(set(atoms)) < rank or any(atom is None or atom[0] != "index" for atom in atoms):
        return None
    return _Term(equation.data[0], tuple(atom[1] for atom in atoms if atom is not None))


def _on_diagonal(body: Sequence[Equation], number: int) -> _OnDiagonal | None:
    equation = body[number]
    if equation.op != "where" or body[equation.operands[0]].op != "eq":
        return None
    condition, value, other = equation.operands
    atoms = [body[k].data.atom if body[k].op == "integer" else None for k in body[condition].operands]
    if body[other].op != "constant" or body[other].data != 0.0 or any(a is None or a[0] != "index" for a in atoms):
        return None
    return _OnDiagonal(frozenset(atom[1] for atom in atoms if atom is not None), value)


def _joined(
    b: ProgramBuilder,
    reader: Comprehension,
    joint: _Joint,
    waiting: Mapping[int, Comprehension],
    elementwise: Mapping[int, Comprehension],
) -> int | None:
    """The reader of both sums, as one of what is a quarter of them."""
    whole, part = waiting[joint.whole.array], waiting[joint.part.array]
    if whole.extents[4:] != part.extents[3:]:
        return None
    if joint.scale is not None and not is_number(reader.body, joint.scale, elementwise, whole.extents[-1]):
        return None
    own = {axis: k for k, axis in enumerate(joint.whole.place)}
    pairing = _pair(b, whole, elementwise, {own[k] for k in joint.pair})
    if pairing is None:
        return None
    diagonal = _diagonal(b, whole, pairing, part, [own[k] for k in joint.part.place])
    if diagonal is None:
        return None
    total = _quarter(b, whole, pairing, joint.signs[0], _scaled(b, diagonal, reader, joint))
    body = b.body()

    def read(array: int, place: tuple[Size, ...], kind: str) -> int:
        return body.constant(0.0) if array == _LATER else body.access(array, place, kind)

    element = _element(b, body, total, [joint.whole.place[k] for k in pairing.place])
    if joint.scale is not None:
        element = body.apply("mul", *body.insert(reader.body, [joint.scale], replace_access=read), element)
    last = len(reader.body) - 1
    (value,) = body.insert(reader.body, [last], replace_access=read, known={joint.number: element})
    return b.comprehend(body, value, reader.extents)


def _scaled(b: ProgramBuilder, diagonal: int, reader: Comprehension, joint: _Joint) -> int:
    """``D[l, j]`` with its sign in the reader, over what multiplies the other sum there."""
    if joint.signs[1] > 0 and joint.scale is None:
        return diagonal
    body = b.body()
    value = b.access(body, diagonal, index(0), index(1))
    if joint.signs[1] < 0:
        value = body.apply("mul", body.constant(-1.0), value)
    if joint.scale is not None:
        value = body.apply("div", value, *body.insert(reader.body, [joint.scale]))
    return b.comprehend(body, value, b.arrays[diagonal].shape)


def _diagonal(
    b: ProgramBuilder, whole: Comprehension, pairing: _Pairing, part: Comprehension, place: Sequence[int]
) -> int | None:
    """``D[l, j]``, if `part`, at a place in the whole, is the sum of ``X[l, i] * X[l, a] * D[l, j]``."""
    rank, body = part.rank, part.body
    groups = _groups(part)
    if groups is None:
        return None
    rows = [place.index(k) for k in pairing.place[2:] if k in place]
    if len(rows) != 2:
        return None
    (other,) = {0, 1, 2} - set(rows)
    shared = b.body()
    wanted = shared.insert(whole.body, pairing.rows, replace_index=_matrix_place(pairing.place[2]))
    for row in rows:
        if sorted(shared.insert(body, groups[row], replace_index=_matrix_place(row))) != sorted(wanted):
            return None
    return matrix_of(b, part, groups[other] + groups[rank], [other])


def _matrix_place(column: int) -> Callable[[int], Size]:
    return lambda k: index(int(k == column))


# --- one sum ----------------------------------------------------------------------------------------------------------


class _Pairing(NamedTuple):
    """The indices j, m, i and a of a sum, and its factors."""

    place: tuple[int, int, int, int]
    rows: list[int]  # X[l, i]
    classes: tuple[list[int], int]  # P[l, j], and the index that it names
    weights: tuple[list[int], Sequence[Equation], list[int]]  # s[l]: factors of the sum, and those of another body


def _alone(b: ProgramBuilder, definition: Comprehension, elementwise: Mapping[int, Comprehension]) -> int | None:
    if definition.reduction != "sum" or definition.rank != 4 or len(definition.extents) != 5:
        return None
    pairing = _pair(b, definition, elementwise)
    if pairing is None:
        return None
    total, body = _quarter(b, definition, pairing, 1, None), b.body()
    return b.comprehend(body, _element(b, body, total, pairing.place), definition.extents[:4])


def _groups(definition: Comprehension) -> list[list[int]] | None:
    """The factors that name each of a sum's free indices, and last those that name none; None if one names several."""
    rank, depends = definition.rank, index_dependencies(definition.body)
    groups: list[list[int]] = [[] for _ in range(rank + 1)]
    for f in factors_of(definition.body, len(definition.body) - 1):
        named = depends[f] - {rank}
        if len(named) > 1:
            return None
        groups[next(iter(named), rank)].append(f)
    if len(definition.extents) != rank + 1 or not all(any(rank in depends[f] for f in g) for g in groups[:rank]):
        return None
    return groups


def _pair(
    b: ProgramBuilder,
    definition: Comprehension,
    elementwise: Mapping[int, Comprehension],
    classes: set[int] | None = None,
) -> _Pairing | None:
    """What pairs a sum is symmetric in. The rows are those of an argument's matrix, if those of one are."""
    groups = _groups(definition)
    if groups is None:
        return None
    found = []
    for pairs in _PAIRINGS:
        for (i, a), (j, m) in (pairs, pairs[::-1]):
            if definition.extents[i] != definition.extents[a] or definition.extents[j] != definition.extents[m]:
                continue
            if (classes or {j, m}) != {j, m} or not are_alike(definition.body, groups[i], groups[a], {a: i}):
                continue
            twins = find_twins(b, definition, (groups[j], groups[m]), {m: j}, elementwise)
            if twins is not None:
                own = (j, m)[twins.plainer]
                weights = groups[4], twins.body, twins.numbers
                found.append(_Pairing((j, m, i, a), groups[i], (groups[own], own), weights))
    given = [p for p in found if _is_argument(b, definition.body, p.rows)]
    return next(iter(given or found), None)


def _is_argument(b: ProgramBuilder, body: Sequence[Equation], group: Sequence[int]) -> bool:
    return all(body[f].op == "access" and body[f].data[0] < len(b.parameters) for f in group)


def _quarter(b: ProgramBuilder, definition: Comprehension, pairing: _Pairing, sign: int, diagonal: int | None) -> int:
    """``S[j, m, i, a]``, of which only ``m <= j`` and ``a <= i`` is to be read."""
    body, depth = definition.body, definition.extents[4]
    rows = matrix_of(b, definition, pairing.rows, [pairing.place[2]])
    classes = matrix_of(b, definition, pairing.classes[0], [pairing.classes[1]])
    loose, others, numbers = pairing.weights
    own = b.body()
    weights = own.insert(body, loose, replace_index=lambda _: index(0)) + own.insert(others, numbers)
    if sign < 0:
        weights.append(own.constant(-1.0))
    inner = b.body()
    j, m, i, a, here = (index(k) for k in range(5))
    value = b.access(inner, classes, here, m)
    if weights:
        vector = b.comprehend(own, product_of(own, weights), (depth,))
        value = inner.apply("mul", value, b.access(inner, vector, here))
    value = inner.apply("mul", b.access(inner, classes, here, j), value)
    if diagonal is not None:
        equal = inner.apply("eq", inner.integer(j), inner.integer(m))
        chosen = inner.apply("where", equal, b.access(inner, diagonal, here, j), inner.constant(0.0))
        value = inner.apply("add", value, chosen)
    value = inner.apply("mul", b.access(inner, rows, here, a), value)
    value = inner.apply("mul", b.access(inner, rows, here, i), value)
    return b.comprehend(inner, value, [definition.extents[k] for k in pairing.place], [depth], "sum")


def _element(b: ProgramBuilder, body: BodyBuilder, total: int, place: Sequence[int]) -> int:
    """``S[max(j, m), min(j, m), max(i, a), min(i, a)]``."""
    j, m, i, a = (index(k) for k in place)
    here, there = (mirrored(b, body, total, lead, i, a) for lead in ((j, m), (m, j)))
    return body.apply("where", body.apply("le", body.integer(m), body.integer(j)), here, there)
