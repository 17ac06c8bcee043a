"""Loops over functions whose vector form holds up to a bound look at all arguments first.

    for i in 0 .. n  vector                         var far = 0.0
        let v = (b[i] * c[i])                       if near: for i in 0 .. n  vector(+: far)
        f[i] = sin(v)                                   let v = (b[i] * c[i])
                                            ->          far += reach:sin(v)
                                                    if far == 0:  for i in 0 .. n  vector
                                                                      …  f[i] = near:sin(v)
                                                    otherwise:    the loop as it was

An argument of 10^300 then costs its tile a call for each number, and gives what the C library gives.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradc.calculus.primitives import PRIMITIVES
from gradc.ir.equations import REAL
from gradc.loops.libmvec import FASTER_IN_LIBMVEC
from gradc.loops.program import (
    NEAR,
    REACH,
    SERIAL,
    VECTOR,
    Apply,
    Assign,
    Buffer,
    Comment,
    Constant,
    For,
    If,
    Let,
    LoopProgram,
    Name,
    Namer,
    Place,
    Scope,
    Statement,
    Value,
    Variable,
    within,
)
from gradc.loops.queries import parts_of, used_in, values_of
from gradc.loops.rebuild import map_value, with_body

_BOUNDED = frozenset(name for name, entry in PRIMITIVES.items() if entry.reach is not None)


def look_ahead(program: LoopProgram, namer: Namer) -> LoopProgram:
    """The program with such loops twice."""
    return program._replace(body=tuple(_visit(statement, namer) for statement in program.body))


def _visit(statement: Statement, namer: Namer) -> Statement:
    if not isinstance(statement, For) or statement.mode != VECTOR:
        inner = within(statement)
        return with_body(statement, lambda body: tuple(_visit(s, namer) for s in body)) if inner else statement
    lines = [s for s in statement.body if not isinstance(s, Comment)]
    found = dict.fromkeys(
        part
        for line in lines
        for value in values_of(line)
        for part in parts_of(value)
        if isinstance(part, Apply) and part.op in _BOUNDED
    )
    if not found or any(within(line) for line in lines):
        return statement
    kept = _slice(lines, [operand for part in found for operand in part.operands])
    if kept is None:
        return statement
    far = namer.new("far")
    looks = [_near(line) for line in kept]
    for part in found:
        operands = tuple(map_value(operand, _near_part) for operand in part.operands)
        looks.append(Assign(far, "+=", Apply(part.op, operands, REACH)))
    look: Statement = statement._replace(body=tuple(looks), reductions=(("+", (far,)),))
    fast = statement._replace(body=tuple(_near(line) for line in lines))
    slow, when = statement, ""
    if all(PRIMITIVES[part.op].vector in FASTER_IN_LIBMVEC for part in found):
        look, when = If((), (look,), when="GRADC_NEAR"), "GRADC_NEAR"
    else:
        slow = statement._replace(mode=SERIAL, reductions=())  # calls, one number at a time
    return Scope(
        (
            Variable(far, REAL, Constant(0.0)),
            look,
            If((), (fast,), (slow,), when, zero=far),
        )
    )


def _near(statement: Statement) -> Statement:
    if isinstance(statement, (Let, Assign)):
        return statement._replace(value=map_value(statement.value, _near_part))
    return statement


def _near_part(value: Value) -> Value:
    return value._replace(form=NEAR) if isinstance(value, Apply) and value.op in _BOUNDED else value


def _slice(lines: Sequence[Statement], arguments: Sequence[Value]) -> list[Statement] | None:
    """The definitions that the arguments need, in order; None if they read what the loop stores."""
    wanted: set[Name | Buffer | str] = set()
    for argument in arguments:
        wanted.update(used_in(Let(Name(0, ""), REAL, argument)))
    kept: list[Statement] = []
    for line in reversed(lines):
        if isinstance(line, Let) and line.name in wanted:
            kept.append(line)
            wanted.update(used_in(line))
    stored: set[Name | Buffer | str] = set()
    for line in lines:
        if isinstance(line, Assign):
            stored.add(line.target.buffer if isinstance(line.target, Place) else line.target)
    return None if stored & wanted else kept[::-1]
