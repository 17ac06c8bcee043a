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

_WIDTH = 118  # the longest line
_MORE = 4  # spaces before what goes on from the line above


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
                lines.append(pad + statement.pragma)
            if statement.head == "else" and lines[-1] == f"{pad}}}":
                lines[-1] = f"{pad}}} else {{"
            else:
                lines += wrap_code(f"{statement.head} {{" if statement.head else "{", pad)
            lines += render_lines(statement.body, indent + 1)
            lines.append(pad + "}")
    return lines


def wrap_code(text: str, pad: str) -> list[str]:
    """A line of C, cut at spaces where it is long: behind a comma, or before an operator."""
    lines: list[str] = []
    rest = text
    while len(pad) + len(rest) > _WIDTH:
        room = _WIDTH - len(pad) - (_MORE if lines else 0)
        places = [k for k in range(1, min(room, len(rest))) if rest[k] == " " and _may_break(rest, k)]
        if not places or places[-1] < room // 3:
            break
        lines.append(rest[: places[-1]])
        rest = rest[places[-1] + 1 :]
    lines.append(rest)
    return [pad + line if not k else f"{pad}{' ' * _MORE}{line}" for k, line in enumerate(lines)]


def _may_break(text: str, space: int) -> bool:
    return text[space - 1] == "," or text[space + 1 : space + 3].rstrip() in ("+", "-", "*", "/", "?", ":", "&&", "||")


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
