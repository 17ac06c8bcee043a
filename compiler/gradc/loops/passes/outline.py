"""The rows that threads share are a function of their own, which a team calls for each part.

for part in 0 .. parts  parallel                    team f_rows0(parts; n, X, …)
…                                        ->
def f_rows0(part, thread; n, X, …)
…
"""

from __future__ import annotations

from gradc.ir.equations import INTEGER
from gradc.loops.program import PARALLEL, Cut, For, Item, LoopProgram, Name, Statement, Team, names_of
from gradc.loops.queries import items_of, kinds_of


def outline(program: LoopProgram) -> LoopProgram:
    """The program with calls in the place of parallel loops, and the functions that are called."""
    known = kinds_of(program.body)
    body: list[Statement] = []
    cuts: list[Cut] = []
    for statement in program.body:
        if not isinstance(statement, For) or statement.mode != PARALLEL:
            body.append(statement)
            continue
        part, thread = statement.name, statement.thread
        assert thread is not None, "a parallel loop has a thread"
        found = items_of(statement.body)
        items: tuple[Item, ...] = tuple(item for item in found if item not in (part, thread))
        own = (part, thread) if thread in found else (part,)
        name = f"{program.name}_rows{len(cuts)}"
        (parts,) = names_of(statement.last)
        kinds = tuple(known[item] if isinstance(item, Name) else "" for item in items)
        cuts.append(Cut(name, (*own, *items), (*(INTEGER for _ in own), *kinds), statement.body))
        body.append(Team(name, parts, own, items))
    return program._replace(body=tuple(body), cuts=(*program.cuts, *cuts))
