"""Cut long straight-line code into functions of bounded size, since compilers' time grows faster than a function does.

const double v0 = x * y;                    static GRADC_APART void f_part0(double x, double y, double *restrict kept)
const double v1 = v0 + x;                   {
…                              ->               const double v0 = x * y;
*value = v0 + v9000;                            kept[0] = v0;
}
…
f_part0(x, y, kept);
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gradc.emit.statements import Block, Comment, Line, Statement, render_lines

LONGEST = 1000  # statements that stay together
SIZE = 250  # statements of a piece: compilers are quickest from a hundred to some hundreds

_DEFINITION = re.compile(r"const (double|float|int64_t|int) (\w+) = (.*);")
_STORE = re.compile(r"\*?\w+(\[[^\]]*\])? \+?= .*;")
_NUMBER = re.compile(r"(?<![\w.])\.?\d(?:[eE][+-]|[\w.])*")
_WORD = re.compile(r"[A-Za-z_]\w*\b(?!\()")
_OF_C = frozenset(["const", "double", "float", "int", "int64_t", "uint8_t", "sizeof", "INFINITY", "NAN", "void"])


class Piece(NamedTuple):
    """A function of its own: its name, its parameters and its lines."""

    name: str
    parameters: tuple[str, ...]
    lines: tuple[str, ...]
    head: tuple[str, ...] = ()  # what stands before it


class _Value(NamedTuple):
    """What a statement of a run defines: its type, and the piece that does."""

    type: str
    piece: int


def cut(
    statements: list[Statement],
    around: Sequence[tuple[str, str]],
    name: str,
    reserve: Callable[[str, int, str], str],
) -> tuple[list[Statement], list[Piece]]:
    """The statements with calls in the place of long runs, and the pieces that are called.

    Parameters
    ----------
    around
        Name and declaration of all that the function has: dimensions, arguments, results, buffers.
    name
        The function's.
    reserve
        Gives the name of a new buffer, from a wish, a number of elements and a type.
    """
    result: list[Statement] = []
    pieces: list[Piece] = []
    position = 0
    while position < len(statements):
        end = position
        while end < len(statements) and _belongs(statements[end]):
            end += 1
        run, rest = statements[position:end], statements[end:]
        if len(run) > LONGEST:
            made = _cut_run(run, rest, dict(around), name, len(pieces), reserve)
            if made is not None:
                calls, found = made
                result += calls
                pieces += found
                position = end
                continue
        end = max(end, position + 1)
        result += statements[position:end]
        position = end
    return result, pieces


def _belongs(statement: Statement) -> bool:
    if isinstance(statement, Comment):
        return True
    text = statement.text if isinstance(statement, Line) else ""
    return bool(_DEFINITION.fullmatch(text) or _STORE.fullmatch(text))


def _cut_run(
    run: Sequence[Statement],
    rest: list[Statement],
    around: dict[str, str],
    name: str,
    first: int,
    reserve: Callable[[str, int, str], str],
) -> tuple[list[Statement], list[Piece]] | None:
    chunks = [run[k : k + SIZE] for k in range(0, len(run), SIZE)]
    values: dict[str, _Value] = {}
    read: list[dict[str, None]] = []  # the words of each piece, in order
    for k, chunk in enumerate(chunks):
        words: dict[str, None] = {}
        for statement in chunk:
            if isinstance(statement, Line):
                definition = _DEFINITION.fullmatch(statement.text)
                if definition:
                    values[definition[2]] = _Value(definition[1], k)
                words.update(dict.fromkeys(_words(statement.text)))
        read.append(words)
    if any(word not in around and word not in values for words in read for word in words):
        return None  # a variable of the function's own, from before: rare, and left together
    after = set(names_in(rest))
    crossing = _crossing(values, read, after)
    places: dict[str, str] = {}
    homes: dict[str, tuple[str, str]] = {}  # for each type of C, the buffer's name and its declaration
    for kind in dict.fromkeys(values[word].type for word in crossing):
        here = [word for word in crossing if values[word].type == kind]
        home = reserve("kept", len(here), kind)
        homes[kind] = (home, f"{kind} *restrict {home}")
        places |= {word: f"{home}[{k}]" for k, word in enumerate(here)}
    calls: list[Statement] = []
    pieces: list[Piece] = []
    for k, chunk in enumerate(chunks):
        taken = [word for word in read[k] if word in values and values[word].piece < k]
        given = [word for word in read[k] if word in places and values[word].piece == k]
        lines: list[Statement] = [_load(word, values, places) for word in taken]
        lines += [*chunk, *(Line(f"{places[word]} = {word};") for word in given)]
        used = dict.fromkeys(values[word].type for word in (*taken, *given))
        parameters = [(word, around[word]) for word in read[k] if word in around] + [homes[kind] for kind in used]
        piece = Piece(f"{name}_part{first + k}", tuple(text for _, text in parameters), tuple(render_lines(lines, 1)))
        pieces.append(piece)
        calls.append(Line(f"{piece.name}({', '.join(word for word, _ in parameters)});"))
    calls += [_load(word, values, places) for word in crossing if word in after]
    return calls, pieces


def _crossing(values: dict[str, _Value], read: Sequence[dict[str, None]], after: set[str]) -> list[str]:
    """What a later piece or the rest reads, in order of definition."""
    wanted = {word for k, words in enumerate(read) for word in words if word in values and values[word].piece < k}
    return [word for word in values if word in wanted or word in after]


def _load(word: str, values: dict[str, _Value], places: dict[str, str]) -> Line:
    return Line(f"const {values[word].type} {word} = {places[word]};")


def names_in(statements: Sequence[Statement]) -> list[str]:
    """The names in some C, in order, each once; but for those in comments, of functions, and of the language."""
    return list(dict.fromkeys(_words("\n".join(render_lines(_code(statements), 0)))))


def parameters_of(statements: Sequence[Statement], known: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a function of some statements reads of what is around it: names with their declarations, in order."""
    return [(name, known[name]) for name in names_in(statements) if name in known]


def _code(statements: Sequence[Statement]) -> list[Statement]:
    """Statements without their comments."""
    return [
        s._replace(body=_code(s.body)) if isinstance(s, Block) else s for s in statements if not isinstance(s, Comment)
    ]


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(_NUMBER.sub("", text)) if word not in _OF_C]
