"""Statements and expressions made anew with parts changed, the rest shared."""

from __future__ import annotations

from collections.abc import Callable

from gradc.loops.program import Apply, For, If, Scope, Statement, Value

Body = tuple[Statement, ...]


def with_body(statement: Statement, change: Callable[[Body], Body]) -> Statement:
    """The statement with what is inside of it changed."""
    if isinstance(statement, (For, Scope)):
        return statement._replace(body=change(statement.body))
    if isinstance(statement, If):
        return statement._replace(body=change(statement.body), other=change(statement.other))
    return statement


def map_value(value: Value, change: Callable[[Value], Value]) -> Value:
    """The expression with every part of it changed, the innermost first; expressions of loop programs are shallow."""
    if isinstance(value, Apply):
        value = value._replace(operands=tuple(map_value(operand, change) for operand in value.operands))
    return change(value)
