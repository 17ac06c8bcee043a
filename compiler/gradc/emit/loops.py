"""Long functions call their loops, each a function of its own, since compilers' time and memory grow with a function.

for (int64_t tile_begin = 0; …) {                     for (int64_t tile_begin = 0; …) {
    GRADC_SIMD()                                          f_loop0(tile_begin, tile_end, x, kept);
    for (int64_t i = tile_begin; …) {                     f_loop1(tile_begin, tile_end, kept, y);
        …                                    ->       }
    }
    GRADC_SIMD()
    for (int64_t i = tile_begin; …) {
        …
    }
}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from gradc.emit.pieces import LONGEST, Piece, parameters_of
from gradc.emit.statements import Block, Comment, Line, Statement, render_lines

_LEAST = 30  # lines of a loop that is worth a call
_LOOP = re.compile(r"for \(int64_t (\w+) = .*\)")
_DECLARED = re.compile(
    r"(?:const )?(double|float|int64_t|size_t|int|uint8_t) (\*const )?(\w+)(\[GRADC_PARTS\])?(?: = .*)?;"
)
_CHANGED = re.compile(r"^(\w+) [-+*/|]?= |&(\w+)[,)]")


def declared(statement: Statement) -> dict[str, str]:
    """What a statement defines for those behind it, as a parameter's declaration."""
    found = _DECLARED.fullmatch(statement.text) if isinstance(statement, Line) else None
    if found is None:
        return {}
    kind, pointer, name, array = found.groups()
    return {name: f"{kind} *restrict {name}" if pointer or array else f"{kind} {name}"}


def loops_apart(
    statements: list[Statement], known: Mapping[str, str], name: str
) -> tuple[list[Statement], list[Piece]]:
    """The statements of a function with calls in the place of loops, if it is long, and the functions that are called.

    Parameters
    ----------
    known
        Name and declaration of what the function has as parameters.
    name
        The function's.
    """
    pieces: list[Piece] = []
    if sum(1 for _ in _lines(statements)) <= LONGEST:
        return statements, pieces

    def visit(body: list[Statement], known: Mapping[str, str]) -> list[Statement]:
        around, result = dict(known), list[Statement]()
        for statement in body:
            around.update(declared(statement))
            if not isinstance(statement, Block):
                result.append(statement)
            elif _is_apart(statement):
                parameters = parameters_of([statement], around)
                callee = f"{name}_loop{len(pieces)}"
                pieces.append(Piece(callee, tuple(text for _, text in parameters), tuple(render_lines([statement], 1))))
                result.append(Line(f"{callee}({', '.join(word for word, _ in parameters)});"))
            else:
                loop = _LOOP.fullmatch(statement.head)
                own = {loop[1]: f"int64_t {loop[1]}"} if loop else {}
                result.append(statement._replace(body=visit(statement.body, {**around, **own})))
        return result

    return visit(statements, known), pieces


def _is_apart(block: Block) -> bool:
    """Whether a loop, or what stands in braces, is long but not too long, and changes no variable that is around it."""
    lines = [line.text for line in _lines([block])]
    if (block.head and not _LOOP.fullmatch(block.head)) or not _LEAST <= len(lines) <= LONGEST:
        return False
    own = {word for line in _lines([block]) for word in declared(line)}
    changed = {word for line in lines for words in _CHANGED.findall(line) for word in words if word}
    return changed <= own and not any(line.startswith("return") for line in lines)


def _lines(statements: Sequence[Statement]) -> Iterator[Line]:
    for statement in statements:
        if isinstance(statement, Line):
            yield statement
        elif not isinstance(statement, Comment):
            yield from _lines(statement.body)
