"""Sums of products as groups of factors: what names which index, what is the same but for its indices or a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gradc.ir.definitions import Comprehension
from gradc.ir.equations import BodyBuilder, Equation, index_dependencies, needed_by
from gradc.ir.program import ProgramBuilder
from gradc.ir.size import ONE, ZERO, Size, index, product


def factors_of(body: Sequence[Equation], root: int) -> list[int]:
    """What a product is made of, in order; a square is its base twice."""
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


def are_alike(body: Sequence[Equation], left: list[int], right: list[int], moved: Mapping[int, int]) -> bool:
    """Whether the right factors are the left ones, with some of their indices renamed."""
    shared = BodyBuilder()
    ahead = shared.insert(body, left)
    return sorted(ahead) == sorted(shared.insert(body, right, replace_index=_renaming(moved)))


def _renaming(moved: Mapping[int, int]) -> Callable[[int], Size]:
    return lambda k: index(moved.get(k, k))


class Twins(NamedTuple):
    """Two groups of factors that are the same but for numbers, which one of them has more."""

    plainer: int  # the group that has none
    body: Sequence[Equation]
    numbers: list[int]  # the others', as equations of the body


def find_twins(
    b: ProgramBuilder,
    definition: Comprehension,
    groups: tuple[list[int], list[int]],
    moved: Mapping[int, int],
    elementwise: Mapping[int, Comprehension],
) -> Twins | None:
    """Whether the right factors are the left ones, but for numbers, with some of their indices renamed."""
    rank, body = definition.rank, definition.body
    if are_alike(body, *groups, moved):
        return Twins(0, (), [])
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
    return Twins(plainer, shared.equations, numbers[1 - plainer])


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
    factors = factors_of(body.equations, values[zeros.index(False)])
    numbers = [f for f in factors if is_number(body.equations, f, elementwise, extent)]
    rest = [f for f in factors if f not in numbers]
    if not numbers or not rest:
        return value, []
    kept = product_of(body, rest)
    branches = [v if zero else kept for v, zero in zip(values, zeros, strict=True)]
    return body.apply("where", condition, *branches), numbers


def is_number(body: Sequence[Equation], root: int, elementwise: Mapping[int, Comprehension], extent: Size) -> bool:
    """Whether an equation is made of constants and divisions by the extent: where there is a term, finite and not 0."""
    pending = [(body, root)]
    while pending:
        equations, start = pending.pop()
        for number in needed_by(equations, [start]):
            equation = equations[number]
            if equation.op == "access":
                source = elementwise.get(equation.data[0])
                if equation.data[1] or source is None:
                    return False
                pending.append((source.body, len(source.body) - 1))
            elif equation.op == "div":
                divisor = equations[equation.operands[1]]
                if divisor.op == "real" and equations[divisor.operands[0]].data == extent:
                    continue
                if divisor.op != "constant":
                    return False
            elif equation.op == "constant":
                if not equation.data or not math.isfinite(equation.data):
                    return False
            elif equation.op == "integer":
                if equation.data != extent and not equation.data.constant:
                    return False
            elif equation.op not in ("real", "mul", "neg"):
                return False
    return True


def matrix_of(b: ProgramBuilder, definition: Comprehension, side: list[int], axes: list[int]) -> int:
    """One matrix: rows along the summed index, columns along the side's own indices, run together.

    What factors that name one of these indices come to is an array of its own, unless it is an element of one.
    """
    rank, extents, depends = definition.rank, definition.extents, index_dependencies(definition.body)
    groups: dict[frozenset[int], list[int]] = {}
    for f in side:
        groups.setdefault(depends[f] - {rank}, []).append(f)
    inner = b.body()
    place = {rank: index(0)} | taken_apart(extents, axes, index(1))
    parts = []
    for named, group in groups.items():
        if len(groups) > 1 and len(named) == 1 and any(definition.body[f].op != "access" for f in group):
            (axis,) = named
            own = b.body()
            value = product_of(own, own.insert(definition.body, group, replace_index=lambda k: index(int(k != rank))))
            array = b.comprehend(own, value, (extents[rank], extents[axis]))
            parts.append(b.access(inner, array, index(0), place[axis]))
        else:
            parts += inner.insert(definition.body, group, replace_index=lambda k: place.get(k, ZERO))
    value = product_of(inner, parts)
    shape = (extents[rank], product(tuple(extents[k] for k in axes)))
    equation = inner.equations[value]
    if (
        equation.op == "access"
        and equation.data[1] == (index(0), index(1))
        and b.arrays[equation.data[0]].shape == shape
    ):
        return int(equation.data[0])
    return b.comprehend(inner, value, shape)


def product_of(body: BodyBuilder, numbers: Sequence[int]) -> int:
    """The product of some equations."""
    value = numbers[0]
    for number in numbers[1:]:
        value = body.apply("mul", value, number)
    return value


def taken_apart(extents: Sequence[Size], axes: Sequence[int], number: Size) -> dict[int, Size]:
    """The indices that a number among all places means."""
    found: dict[int, Size] = {}
    below = ONE
    for position, axis in reversed(list(enumerate(axes))):
        rest = number // below
        found[axis] = rest if position == 0 else rest % extents[axis]
        below = below * extents[axis]
    return found


def mirrored(b: ProgramBuilder, body: BodyBuilder, array: int, lead: tuple[Size, ...], row: Size, column: Size) -> int:
    """An element of a symmetric matrix, or of one of several, from what is not above its diagonal."""
    below = body.apply("le", body.integer(column), body.integer(row))
    here, there = b.access(body, array, *lead, row, column), b.access(body, array, *lead, column, row)
    return body.apply("where", below, here, there)
