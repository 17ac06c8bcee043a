"""Rows that threads share are a function of their own, so that one thread calls it without a word to OpenMP.

GRADC_PARALLEL(parts)                               if (parts > 1) {
for (int64_t part = 0; part < parts; ++part) {          GRADC_PARALLEL(parts)
    …                                        ->         for (int64_t part = 0; part < parts; ++part) {
}                                                           f_rows0(part, GRADC_THREAD, n, X, …);
                                                        }
                                                    } else {
                                                        f_rows0(0, 0, n, X, …);
                                                    }

A parallel region costs half a microsecond also where one thread runs it, which is more than a small loss takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradc.emit.loops import declared, loops_apart
from gradc.emit.pieces import Piece, names_in, parameters_of
from gradc.emit.statements import Block, Line, Statement, render_lines

_PRAGMA = re.compile(r"GRADC_PARALLEL\((\w+)\)")


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
        callee = f"{name}_rows{count}"
        count += 1
        # Which thread it is, the loop tells: a caller may be in a parallel region of its own.
        own = ["part", *(["thread"] if "thread" in names_in(statement.body) else [])]
        body, loops = loops_apart(statement.body, {word: f"int64_t {word}" for word in own} | dict(parameters), callee)
        pieces += loops
        texts = [*(f"int64_t {word}" for word in own), *(text for _, text in parameters)]
        pieces.append(Piece(callee, tuple(texts), tuple(render_lines(body, 1))))
        rest = [word for word, _ in parameters]
        each, alone = (", ".join([*words[: len(own)], *rest]) for words in (("part", "GRADC_THREAD"), ("0", "0")))
        several: list[Statement] = [statement._replace(body=[Line(f"{callee}({each});")])]
        result.append(Block(f"if ({found[1]} > 1)", several))
        result.append(Block("else", [Line(f"{callee}({alone});")]))
    return result, pieces
