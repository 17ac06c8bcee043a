"""Between tiles, steps and rows a function looks whether its caller wants it to end, where it has much to do.

                                                    let stop = flag for n*d
for tile_begin in 0 .. n by 128                     for tile_begin in 0 .. n by 128
…                                        ->         leave where stop is set
                                                    …
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradc.loops.program import (
    PARALLEL,
    VECTOR,
    Assign,
    Call,
    Flag,
    For,
    Load,
    LoopProgram,
    Name,
    Namer,
    Pause,
    Place,
    Return,
    Statement,
    within,
)
from gradc.loops.queries import in_size, parts_of, values_of, walk
from gradc.loops.rebuild import with_body

_TILE = 32  # from this step on a loop goes by tiles, and not a few rows at a time


def pause(program: LoopProgram, namer: Namer) -> LoopProgram:
    """The program with looks at a flag in its outer loops, and one at the end; itself where all loops are short."""
    if program.work.constant is not None:
        return program
    monomials = [monomial for monomial, _ in program.work.terms]
    long = {str(atom[1]) for monomial in monomials for atom in monomial if monomial.count(atom) > 1}
    pauses = _Pauses(namer.new("stop"), long)
    body = pauses.within(program.body, outermost=True)
    if body == program.body or not isinstance(body[-1], Return):
        return program
    # Functions that were cut off have no status: what they left is told by the flag, which stays set.
    return program._replace(body=(Flag(pauses.flag, program.work), *body[:-1], Pause(pauses.flag), body[-1]))


class _Pauses(NamedTuple):
    """The flag, and the dimensions over which loops go inside of each other: a row of such a loop takes long."""

    flag: Name
    long: set[str]

    def within(self, body: tuple[Statement, ...], *, outermost: bool) -> tuple[Statement, ...]:
        result: list[Statement] = []
        for statement in body:
            if isinstance(statement, Call) and statement.whole:
                result.append(statement._replace(flag=self.flag))
            elif isinstance(statement, For) and statement.mode != VECTOR:
                inside = self.within(statement.body, outermost=False)
                looks = self._looks(statement, outermost)
                result.append(statement._replace(body=(Pause(self.flag), *inside) if looks else inside))
            else:
                inner = with_body(statement, lambda part: self.within(part, outermost=outermost))
                result.append(inner if within(statement) else statement)
        return tuple(result)

    def _looks(self, loop: For, outermost: bool) -> bool:
        height = _height(loop.body)
        if not height:
            return outermost and _goes_by_steps(loop)
        if _starts_with_tiles(loop):
            return False
        by_tiles = loop.step.constant is None or loop.step.constant >= _TILE
        ends = [s.last for s in walk([loop]) if isinstance(s, For)]
        is_long = any(item in self.long for end in ends for item in in_size(end))
        # A narrow inner loop, over the three coordinates of a point, would be slower by a look at each row.
        return outermost or by_tiles or height > 1 or is_long


def _goes_by_steps(loop: For) -> bool:
    """Whether an iteration goes on from the one before: it reads what it writes, and so is no vector's."""
    parts = [part for s in walk(loop.body) for value in values_of(s) for part in parts_of(value)]
    read = {part.buffer.name for part in parts if isinstance(part, Load)}
    written = [s.target for s in walk(loop.body) if isinstance(s, Assign) and isinstance(s.target, Place)]
    return any(target.buffer.name in read for target in written)


def _starts_with_tiles(loop: For) -> bool:
    """Whether a part is a loop of tiles, which looks soon enough."""
    return loop.mode == PARALLEL and any(isinstance(s, For) and s.mode != VECTOR and _height(s.body) for s in loop.body)


def _height(body: Sequence[Statement]) -> int:
    """How many loops are inside of each other; a routine is one."""
    found = 0
    for statement in body:
        if isinstance(statement, (For, Call)):
            found = max(found, 1 + _height(within(statement)))
        elif within(statement):
            found = max(found, _height(within(statement)))
    return found
