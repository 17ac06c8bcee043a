"""Loops over functions whose vector form holds up to a bound look at all arguments first.

GRADC_SIMD()                               {
for (int64_t i = 0; i < n; ++i) {              double far = 0.0;
    const double v0 = b[i] * c[i];             if (GRADC_NEAR) {
    f[i] = sin(v0) + b[i];                         GRADC_SIMD(reduction(+:far))
}                                                  for (int64_t i = 0; i < n; ++i) {
                                                       const double v0 = b[i] * c[i];
                                                       far += gradc_far_sine(v0);
                                  ->               }
                                               }
                                               if (GRADC_NEAR && far == 0.0) {
                                                   …  (the loop, with gradc_sin(v0))
                                               } else {
                                                   …  (the loop as it was)
                                               }
                                           }

An argument of 10^300 then costs its tile a call for each number, and gives what the C library gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from gradc.calculus.primitives import PRIMITIVES, Primitive
from gradc.emit.expressions import FASTER_IN_LIBMVEC
from gradc.emit.statements import Block, Line, Statement

_DEFINITION = re.compile(r"const \w+ (\w+) = .*;")
_STORED = re.compile(r"(\w+)\[[^=]*\] [-+*]?= ")
_WORD = re.compile(r"[A-Za-z_]\w*")


def look_ahead(
    statements: list[Statement], real: str, choose: Callable[[str], str]
) -> tuple[list[Statement], frozenset[str], frozenset[str]]:
    """The statements with such loops twice, and what they need of ``templates/vector`` and of ``templates/helpers``.

    Parameters
    ----------
    real
        ``"double"`` or ``"float"``.
    choose
        Gives a name that is free, from a wish.
    """
    suffix = "" if real == "double" else "f"
    bounded = {_spelled(entry, suffix): entry for entry in PRIMITIVES.values() if entry.reach is not None}
    call = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, bounded))})\(")
    used: set[str] = set()
    helpers: set[str] = set()
    name = ""

    def near(text: str) -> str:
        return call.sub(lambda found: f"gradc_{bounded[found[1]].vector}{suffix}(", text)

    def visit(statement: Statement) -> Statement:
        nonlocal name
        if not isinstance(statement, Block):
            return statement
        if not statement.pragma.startswith("GRADC_SIMD("):
            return statement._replace(body=[visit(inner) for inner in statement.body])
        lines = [inner.text for inner in statement.body if isinstance(inner, Line)]
        if not any(call.search(line) for line in lines) or len(lines) != len(statement.body):
            return statement
        calls = dict.fromkeys(pair for line in lines for pair in _calls(line, call))
        slice_ = _slice(lines, [arguments for _, arguments in calls])
        if slice_ is None:
            return statement
        name = name or choose("far")
        entries = [bounded[function] for function, _ in calls]
        used.update(str(function) for entry in entries for function in (entry.vector, entry.reach))
        zero = "0.0" if real == "double" else "0.0f"
        looks: list[Statement] = [Line(near(line)) for line in slice_]
        for entry, (_, arguments) in zip(entries, calls, strict=True):
            looks.append(Line(f"{name} += gradc_{entry.reach}{suffix}({near(arguments)});"))
        look: Statement = Block(statement.head, looks, f"GRADC_SIMD(reduction(+:{name}))")
        fast, slow, condition = statement._replace(body=[Line(near(line)) for line in lines]), statement, ""
        if all(entry.vector in FASTER_IN_LIBMVEC for entry in entries):
            look, condition = Block("if (GRADC_NEAR)", [look]), "GRADC_NEAR && "
            helpers.add("near")
        else:
            slow = statement._replace(pragma="")  # calls, one number at a time
        return Block(
            "",
            [
                Line(f"{real} {name} = {zero};"),
                look,
                Block(f"if ({condition}{name} == {zero})", [fast]),
                Block("else", [slow]),
            ],
        )

    result = [visit(statement) for statement in statements]
    return result, frozenset(used), frozenset(helpers)


def _spelled(entry: Primitive, suffix: str) -> str:
    """How C calls the function that holds everywhere."""
    if entry.special is None:
        return f"{entry.c}{suffix}"
    return f"(float)gradc_{entry.special}" if suffix else f"gradc_{entry.special}"


def _calls(line: str, call: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """What each call calls, and what is between its parentheses."""
    for found in call.finditer(line):
        depth, end = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(line[end], 0)
            end += 1
        yield found[1], line[found.end() : end - 1]


def _slice(lines: list[str], arguments: list[str]) -> list[str] | None:
    """The definitions that the arguments need, in order; None if they read what the loop stores."""
    wanted = {word for argument in arguments for word in _WORD.findall(argument)}
    kept: list[str] = []
    for line in reversed(lines):
        definition = _DEFINITION.fullmatch(line)
        if definition and definition[1] in wanted:
            kept.append(line)
            wanted.update(_WORD.findall(line))
    stored = {found[1] for line in lines for found in _STORED.finditer(line) if not _DEFINITION.fullmatch(line)}
    return None if stored & wanted else kept[::-1]
