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


def render_lines(statements: list[Statement], indent: int) -> list[str]:
    """The statements as indented lines."""
    lines: list[str] = []
    pad = "    " * indent
    for position, statement in enumerate(statements):
        if isinstance(statement, Line):
            lines.append(pad + statement.text)
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
                lines.append(f"{pad}{statement.head} {{" if statement.head else f"{pad}{{")
            lines += render_lines(statement.body, indent + 1)
            lines.append(pad + "}")
    return lines


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
