"""Long functions call their loops, each a function of its own, since compilers' time and memory grow with a function.

for tile_begin in 0 .. n                            for tile_begin in 0 .. n
for i in tile_begin .. tile_end  vector             f_loop0(tile_begin, tile_end, x, kept)
…                                     ->        f_loop1(tile_begin, tile_end, kept, y)
for i in tile_begin .. tile_end  vector
…
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradc.loops.passes.cut import LONGEST
from gradc.loops.program import (
    Comment,
    Cut,
    For,
    Invoke,
    LoopProgram,
    Name,
    Return,
    Scope,
    Statement,
    within,
)
from gradc.loops.queries import changed_in, defined_in, items_of, kinds_of, walk
from gradc.loops.rebuild import with_body

_LEAST = 30  # statements of a loop that is worth a call


def apart(program: LoopProgram) -> LoopProgram:
    """The program, and the functions cut off it, with calls in the place of the loops of what is long."""
    kinds = kinds_of(program.body)
    body, cuts = _apart(program.body, program.name, kinds)
    found = list(cuts)
    for function in program.cuts:
        own = dict(zip(function.items, function.kinds, strict=True))
        known = {item: kind for item, kind in own.items() if isinstance(item, Name)}
        inner, loops = _apart(function.body, function.name, known | kinds_of(function.body))
        found += [*loops, function._replace(body=inner)]
    return program._replace(body=body, cuts=tuple(found))


def _apart(
    statements: tuple[Statement, ...], name: str, kinds: Mapping[Name, str]
) -> tuple[tuple[Statement, ...], list[Cut]]:
    cuts: list[Cut] = []
    if _length(statements) <= LONGEST:
        return statements, cuts

    def visit(body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        result: list[Statement] = []
        for statement in body:
            if isinstance(statement, (For, Scope)) and _is_apart(statement):
                items = tuple(items_of([statement]))
                callee = f"{name}_loop{len(cuts)}"
                known = tuple(kinds[item] if isinstance(item, Name) else "" for item in items)
                cuts.append(Cut(callee, items, known, (statement,)))
                result.append(Invoke(callee, items))
            else:
                result.append(with_body(statement, visit) if within(statement) else statement)
        return tuple(result)

    return visit(statements), cuts


def _is_apart(statement: Statement) -> bool:
    """Whether a loop or scope is long but not too long, and changes no variable that is around it."""
    if not _LEAST <= _length([statement]) <= LONGEST:
        return False
    inside = list(walk([statement]))
    own = {name for part in inside for name in defined_in(part)}
    return changed_in([statement]) <= own and not any(isinstance(part, Return) for part in inside)


def _length(statements: Sequence[Statement]) -> int:
    """How many lines of C that are not the heads of blocks."""
    return sum(1 for s in walk(statements) if not isinstance(s, Comment) and not within(s))
