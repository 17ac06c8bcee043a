"""Take the middle of loops apart from their ends, where conditions differ from one element to the next.

    for i:n   g[i] = where(1 <= i, a[i - 1], 0) - where(i < n - 1, a[i], 0)

    ->  for i from 0 to 1, and from n - 1 to n     the same
        for i from 1 to n - 1                      g[i] = a[i - 1] - a[i]

The loop in the middle has no conditions, and reads nothing outside: a vector takes it. Where the loop is short or
empty, so is the middle, and the ends have all of it: they ask the conditions still. Of several loops it is the
innermost that is cut, and the first end takes all of it where an outer one is at an end: a row at a border.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from gradc.ir.equations import BodyBuilder, Equation, needed_by
from gradc.ir.size import ONE, Size, index
from gradc.schedule.plan import Ends, Stage

_FURTHEST = 16  # iterations at an end


class _Known(NamedTuple):
    """What a condition is in the middle of a loop, and how many iterations at either end are left out for it."""

    value: bool
    loop: int
    first: int = 0
    last: int = 0


def find_ends(stage: Stage) -> Stage:
    """The stage with the middle of its loops apart, if conditions are known there."""
    if not stage.extents or stage.call is not None or stage.unroll > 1:
        return stage
    if any(part.mentions("ref") for action in stage.actions for part in action.subscripts):
        return stage
    roots = [action.value for action in stage.actions]
    found: dict[int, _Known] = {}
    for number in needed_by(stage.body, roots):
        known = _known(stage.body, stage.body[number], stage.extents)
        if known is not None:
            found[number] = known
    if not found:
        return stage
    body = BodyBuilder(lambda array: array.to_bytes(4, "big"))
    numbers = body.insert(stage.body, range(len(stage.body)))
    values = {number: body.constant(known.value) for number, known in found.items()}
    middle = body.insert(stage.body, roots, known=values, replace_operation=partial(_subtracted, body))
    loops = range(len(stage.extents))
    ends = Ends(
        tuple(max((known.first for known in found.values() if known.loop == k), default=0) for k in loops),
        tuple(max((known.last for known in found.values() if known.loop == k), default=0) for k in loops),
        tuple(middle),
    )
    actions = tuple(action._replace(value=numbers[action.value]) for action in stage.actions)
    return stage._replace(body=tuple(body.equations), actions=actions, ends=ends)


def _subtracted(body: BodyBuilder, op: str, operands: tuple[int, ...]) -> int | None:
    """``x + -y``, which a choice that is made leaves, as the difference that it is."""
    for one, other in (operands, operands[::-1]) if op == "add" else ():
        if body.equations[other].op == "neg":
            return body.apply("sub", one, body.equations[other].operands[0])
    return None


def _known(body: Sequence[Equation], equation: Equation, extents: Sequence[Size]) -> _Known | None:
    """What a comparison of a loop's index with a place near an end is in the middle."""
    if equation.op not in ("lt", "le", "eq", "ne"):
        return None
    left, right = (body[operand] for operand in equation.operands)
    if left.op != "integer" or right.op != "integer":
        return None
    difference = left.data - right.data
    loops = [atom[1] for atom in difference.atoms() if atom[0] == "index"]
    if len(loops) != 1 or difference.mentions("ref"):
        return None
    (loop,) = loops
    rising = not _names(difference - index(loop))  # index - place is compared with 0, or else place - index
    if not rising and _names(difference + index(loop)):
        return None
    place = index(loop) - difference if rising else difference + index(loop)
    extent = extents[loop]
    # What holds from `place` on, or from the one behind it, and what holds before.
    turn = place + int(equation.op == ("le" if rising else "lt"))
    first, last = turn, extent - turn
    if equation.op in ("eq", "ne"):
        first, last = place + ONE, extent - place
    if first.constant is not None and 0 <= first.constant <= _FURTHEST:
        value = {"eq": False, "ne": True}.get(equation.op, not rising)
        return _Known(value, loop, first=first.constant)
    if last.constant is not None and 0 <= last.constant <= _FURTHEST:
        value = {"eq": False, "ne": True}.get(equation.op, rising)
        return _Known(value, loop, last=last.constant)
    return None


def _names(value: Size) -> bool:
    """Whether a size depends on a loop's index or on an equation."""
    return value.mentions("index") or value.mentions("ref")
