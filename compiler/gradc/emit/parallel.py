"""Rows that threads share are a function of their own, which a team of threads calls, and one thread without it.

                                            struct f_rows0 { int64_t n; const double *X; … };
GRADC_PARALLEL(parts)                       if (parts > 1) {
for (int64_t part = 0; …) {                     const struct f_rows0 given = {n, X, …};
    …                                  ->       gradc_run(parts, f_team0, &given);
}                                           } else {
                                                f_rows0(0, 0, n, X, …);
                                            }

`f_team0` takes out of the record what `f_rows0` has as parameters, where `restrict` says most to a compiler. A
loop of one part costs nothing beside its rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradc.emit.loops import declared, loops_apart
from gradc.emit.pieces import Piece, names_in, parameters_of
from gradc.emit.statements import Block, Line, Statement, render_lines

_PRAGMA = re.compile(r"GRADC_PARALLEL\((\w+)\)")
_TEAM = ("const void *context", "int64_t part", "int64_t thread")


def outline(
    statements: Sequence[Statement], around: Sequence[tuple[str, str]], name: str
) -> tuple[list[Statement], list[Piece]]:
    """The statements with calls in the place of what parallel loops hold, and the functions that are called.

    Parameters
    ----------
    around
        Name and declaration of all that the function has: dimensions, arguments, results, buffers.
    name
        The function's.
    """
    known = dict(around)
    result: list[Statement] = []
    pieces: list[Piece] = []
    count = 0
    for statement in statements:
        found = _PRAGMA.fullmatch(statement.pragma) if isinstance(statement, Block) else None
        if found is None or not isinstance(statement, Block):
            result.append(statement)
            known.update(declared(statement))
            continue
        parameters = parameters_of(statement.body, known)
        callee, team = f"{name}_rows{count}", f"{name}_team{count}"
        count += 1
        # Which thread it is, the team tells: a caller may be in a parallel region of its own.
        own = ["part", *(["thread"] if "thread" in names_in(statement.body) else [])]
        body, loops = loops_apart(statement.body, {word: f"int64_t {word}" for word in own} | dict(parameters), callee)
        pieces += loops
        texts = [*(f"int64_t {word}" for word in own), *(text for _, text in parameters)]
        pieces.append(Piece(callee, tuple(texts), tuple(render_lines(body, 1))))
        words = [word for word, _ in parameters]
        pieces.append(_for_team(team, callee, own, parameters))
        several: list[Statement] = [
            Line(f"const struct {callee} given = {{{', '.join(words)}}};"),
            Line(f"gradc_run({found[1]}, {team}, &given);"),
        ]
        result.append(Block(f"if ({found[1]} > 1)", several))
        result.append(Block("else", [Line(f"{callee}({', '.join(['0'] * len(own) + words)});")]))
    return result, pieces


def _for_team(team: str, callee: str, own: Sequence[str], parameters: Sequence[tuple[str, str]]) -> Piece:
    """The function that a team calls: the rows' own, with what it needs out of a record."""
    head = [f"struct {callee} {{", *(f"    {text.replace('restrict ', '')};" for _, text in parameters), "};", ""]
    lines = [f"const struct {callee} *const given = context;"]
    lines += [f"(void){word};" for word in ("part", "thread") if word not in own]
    lines.append(f"{callee}({', '.join([*own, *(f'given->{word}' for word, _ in parameters)])});")
    return Piece(team, _TEAM, tuple(f"    {line}" for line in lines), tuple(head))
