"""Faults planted in loop programs, each at a place drawn by a seed, to see whether the check finds them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from gradc.ir.size import Size
from gradc.loops.program import (
    Alias,
    Apply,
    Assign,
    Call,
    Constant,
    For,
    If,
    Let,
    Load,
    LoopProgram,
    Place,
    Start,
    Statement,
    Value,
    Variable,
)
from gradc.loops.queries import walk
from gradc.loops.rebuild import map_value, with_body


class Planted(NamedTuple):
    """A program with a fault: what was done, and the program."""

    what: str
    program: LoopProgram


def plant(program: LoopProgram, rng: random.Random) -> Planted | None:
    """A fault of a kind and at a place drawn at random; None where the program has no such place."""
    kind = rng.choice(list(_KINDS))
    places = [number for number, statement in enumerate(walk(program.body)) if any(_KINDS[kind](statement))]
    if not places:
        return None
    chosen = rng.choice(places)
    count = -1
    what = ""

    def visit(body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        nonlocal count, what
        found: list[Statement] = []
        for statement in body:
            count += 1
            if count == chosen:
                changed = rng.choice(list(_KINDS[kind](statement)))
                what = f"{kind}: {statement}"[:300]
                count += sum(1 for _ in walk([statement])) - 1
                found += changed
            else:
                found.append(with_body(statement, visit))
        return tuple(found)

    body = visit(program.body)
    return Planted(what, program._replace(body=body))


def _moved(place: tuple[Size, ...]) -> Iterator[tuple[Size, ...]]:
    for axis, part in enumerate(place):
        for step in (-1, 1):
            yield (*place[:axis], part + step, *place[axis + 1 :])


def _index_of_store(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, Assign) and isinstance(statement.target, Place) and statement.target.place:
        for place in _moved(statement.target.place):
            yield [statement._replace(target=statement.target._replace(place=place))]


def _index_of_load(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, (Let, Assign)):
        for load, place in _loads(statement.value):

            def change(value: Value, load: Load = load, place: tuple[Size, ...] = place) -> Value:
                return load._replace(place=place) if value == load else value

            yield [statement._replace(value=map_value(statement.value, change))]


def _loads(value: Value) -> Iterator[tuple[Load, tuple[Size, ...]]]:
    found: list[Load] = []
    map_value(value, lambda part: found.append(part) or part if isinstance(part, Load) else part)  # type: ignore[func-returns-value]
    for load in found:
        for place in _moved(load.place):
            yield load, place


def _swapped_index(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, Assign) and isinstance(statement.target, Place):
        place = statement.target.place
        extents = statement.target.buffer.extents
        if len(place) == 2 and place[0] != place[1] and extents[0] != extents[1]:
            yield [statement._replace(target=statement.target._replace(place=place[::-1]))]


def _bound(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, For):
        yield [statement._replace(last=statement.last + 1)]
        yield [statement._replace(first=statement.first - 1)]
        if statement.step.constant not in (1, None):
            yield [statement._replace(last=statement.last + statement.step)]


def _lost_definition(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, (Let, Variable, Alias)):
        yield []


def _lost_reset(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, For) and len(statement.body) == 1:
        (inner,) = statement.body
        if isinstance(inner, Assign) and inner.sign == "=" and isinstance(inner.value, Constant):
            yield []


def _lost_loop_index(statement: Statement) -> Iterator[list[Statement]]:
    """A vector loop whose stores do not move with it."""
    if isinstance(statement, For) and statement.mode == "vector":
        atom = ("name", statement.name.number, statement.name.hint)
        for position, inner in enumerate(statement.body):
            if isinstance(inner, Assign) and isinstance(inner.target, Place):
                place = tuple(
                    part.substitute(lambda a: statement.first if a == atom else None) for part in inner.target.place
                )
                if place != inner.target.place:
                    changed = inner._replace(target=inner.target._replace(place=place))
                    body = (*statement.body[:position], changed, *statement.body[position + 1 :])
                    yield [statement._replace(body=body)]


def _second_store(statement: Statement) -> Iterator[list[Statement]]:
    """A vector loop that also stores where its next iteration does."""
    if isinstance(statement, For) and statement.mode == "vector":
        atom = ("name", statement.name.number, statement.name.hint)
        for inner in statement.body:
            if isinstance(inner, Assign) and isinstance(inner.target, Place):
                place = tuple(
                    part.substitute(lambda a: statement.name.size + 1 if a == atom else None)
                    for part in inner.target.place
                )
                if place != inner.target.place:
                    more = inner._replace(target=inner.target._replace(place=place))
                    yield [statement._replace(body=(*statement.body, more), last=statement.last - 1)]


def _lost_reduction(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, For) and statement.reductions:
        yield [statement._replace(reductions=statement.reductions[1:])]
        if statement.reductions[0][0] == "+":
            yield [statement._replace(reductions=(("*", statement.reductions[0][1]), *statement.reductions[1:]))]


def _start_of_call(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, Call):
        for position, argument in enumerate(statement.arguments):
            if isinstance(argument, Start) and argument.place:
                for place in _moved(argument.place):
                    changed = argument._replace(place=place)
                    yield [_with_argument(statement, position, changed)]


def _size_of_call(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, Call) and statement.routine in ("product", "dots", "combine", "transpose", "outer"):
        for position, argument in enumerate(statement.arguments[:2]):
            assert isinstance(argument, Size)
            yield [_with_argument(statement, position, argument + 1)]


def _with_argument(call: Call, position: int, argument: Any) -> Call:
    return call._replace(arguments=(*call.arguments[:position], argument, *call.arguments[position + 1 :]))


def _stored_to_input(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, Let):
        for load, _ in _loads(statement.value):
            if load.buffer.role == "input" and load.buffer.extents:
                target = Place(load.buffer, load.place, load.flat)
                yield [statement, Assign(target, "=", Constant(0.0))]


def _lost_guard(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, If) and statement.tests:
        yield list(statement.body)
        yield [statement._replace(tests=statement.tests[1:])]


def _wrong_kind(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, Let) and isinstance(statement.value, Apply):
        yield [statement._replace(kind="integer" if statement.kind != "integer" else "real")]


def _row_of_history(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, Alias):
        yield [statement._replace(first=statement.first + 1)] if statement.buffer.role != "read" else []
        yield [statement._replace(first=statement.first - 1)]


_KINDS: dict[str, Callable[[Statement], Iterator[list[Statement]]]] = {
    "a store is off by one": _index_of_store,
    "a load is off by one": _index_of_load,
    "two indices are swapped": _swapped_index,
    "a bound is off": _bound,
    "a definition is lost": _lost_definition,
    "a reset is lost": _lost_reset,
    "all iterations store to one element": _lost_loop_index,
    "iterations meet": _second_store,
    "a reduction is not said": _lost_reduction,
    "a routine starts elsewhere": _start_of_call,
    "a routine goes too far": _size_of_call,
    "an input is stored to": _stored_to_input,
    "a guard is lost": _lost_guard,
    "a variable has another kind": _wrong_kind,
    "a step reads another row": _row_of_history,
}
