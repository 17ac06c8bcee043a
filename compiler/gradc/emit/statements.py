"""Statements as data: what the template prints, one record a line or a block."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Line(NamedTuple):
    """One line of C."""

    text: str


class Comment(NamedTuple):
    """A comment, on lines of its own."""

    text: str


class Block(NamedTuple):
    """A head such as ``for (…)`` and what its braces hold; `pragma` is the line above, if any."""

    head: str
    body: list[Statement]
    pragma: str = ""


Statement: TypeAlias = Line | Comment | Block

WIDTH = 118  # the longest line
_MORE = 4  # spaces before what goes on from the line above
_BREAKS = frozenset(["+", "-", "*", "/", "?", ":", "&&", "||"])


def render_lines(statements: list[Statement], indent: int) -> list[str]:
    """The statements as indented lines."""
    lines: list[str] = []
    pad = "    " * indent
    for position, statement in enumerate(statements):
        if isinstance(statement, Line):
            lines += wrap_code(statement.text, pad)
        elif isinstance(statement, Comment):
            if position and not isinstance(statements[position - 1], Comment):
                lines.append("")
            first, *rest = wrap_comment(statement.text, 112 - len(pad))
            lines.append(f"{pad}/* {first}")
            lines += [f"{pad} * {part}" for part in rest]
            lines[-1] += " */"
        else:
            if statement.pragma:
                lines += wrap_code(statement.pragma, pad)
            if statement.head == "else" and lines[-1] == f"{pad}}}":
                lines[-1] = f"{pad}}} else {{"
            else:
                lines += wrap_code(f"{statement.head} {{" if statement.head else "{", pad)
            lines += render_lines(statement.body, indent + 1)
            lines.append(pad + "}")
    return lines


def wrap_code(text: str, pad: str) -> list[str]:
    """A line of C, cut at spaces where it is long: where the fewest brackets are open, and late."""
    lines: list[str] = []
    rest = text
    while (room := WIDTH - len(pad) - (_MORE if lines else 0)) < len(rest):
        places = _places(rest, room)
        if not places:
            break
        # In the last half of the line, if there is a place.
        last = [(depth, -k) for depth, k in places if k > room // 2] or [(depth, -k) for depth, k in places[-1:]]
        cut = -min(last)[1]
        lines.append(rest[:cut])
        rest = rest[cut + 1 :]
    lines.append(rest)
    return [pad + line if not k else f"{pad}{' ' * _MORE}{line}" for k, line in enumerate(lines)]


def _places(text: str, room: int) -> list[tuple[int, int]]:
    """Where a line may be cut, behind a comma or before an operator: how many brackets are open, and the space."""
    depth, found = 0, []
    for k, letter in enumerate(text[: room + 1]):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == " " and k and (text[k - 1] == "," or text[k + 1 : k + 3].rstrip() in _BREAKS):
            found.append((depth, k))
    return found


def wrap_comment(text: str, width: int) -> list[str]:
    """A comment's text cut into lines at its spaces; no text ends the comment early."""
    text = text.replace("*/", "* /")
    words, lines = text.split(" "), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("   ")
        lines[-1] += (" " if lines[-1].strip() else "") + word
    if len(lines) > 12:
        lines = [*lines[:11], f"   … ({len(text)} characters in all)"]
    return lines
