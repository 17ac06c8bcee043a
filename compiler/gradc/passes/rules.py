"""Rewrite rules as data: a pattern, what replaces it, when that holds; and the matcher that applies a table of them.

A pattern is a formula. In it ``x``, ``y`` and ``z`` stand for any value, ``c`` and ``d`` for constants, and an
operation of two operands that commute matches in either order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.scalar import apply_formula
from gradc.ir.equations import BodyBuilder, operation

_OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow", ast.USub: "neg"}


class Rule(NamedTuple):
    """One identity.

    Parameters
    ----------
    pattern, replacement
        Formulas in the language of `gradc.calculus.scalar`.
    holds
        When the identity holds in floating point, and why it is worth applying.
    when
        A test of the constants that the pattern's ``c`` and ``d`` stand for.
    """

    pattern: str
    replacement: str
    holds: str
    when: Callable[[Mapping[str, float]], bool] | None = None


class RuleTable:
    """Rules by the operation at their root, for one attempt per equation built."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_root: dict[str, list[tuple[Rule, ast.expr]]] = {}
        for rule in rules:
            pattern = _parse(rule.pattern)
            self._by_root.setdefault(_operation(pattern)[0], []).append((rule, pattern))

    def rewrite(self, body: BodyBuilder, op: str, operands: Sequence[int]) -> int | None:
        """What ``op(operands)`` is by the first rule that matches; None where none does."""
        for rule, pattern in self._by_root.get(op, ()):
            found = _match_operands(body, _operation(pattern)[1], op, operands, {})
            if found is None:
                continue
            constants = {name: body.equations[number].data for name, number in found.items() if name in "cd"}
            if rule.when is not None and not rule.when(constants):
                continue
            return apply_formula(rule.replacement, body, found, lambda o, *n: self.apply(body, o, *n))
        return None

    def apply(self, body: BodyBuilder, op: str, *operands: int) -> int:
        """Build an equation: a constant if it is one of constants, rewritten if a rule matches it."""
        found = fold(body, op, operands)
        if found is None:
            found = self.rewrite(body, op, operands)
        return body.apply(op, *operands) if found is None else found


def fold(body: BodyBuilder, op: str, operands: Sequence[int]) -> int | None:
    """What an operation on constants gives, or None where its operands are no numbers."""
    values = [body.equations[number] for number in operands]
    if op not in PRIMITIVES or not all(v.op == "constant" and not isinstance(v.data, bool) for v in values):
        return None
    with np.errstate(all="ignore"):
        return body.constant(float(PRIMITIVES[op].reference(*(np.float64(v.data) for v in values))))


@cache
def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _operation(pattern: ast.expr) -> tuple[str, list[ast.expr]]:
    if isinstance(pattern, ast.BinOp):
        return _OPERATORS[type(pattern.op)], [pattern.left, pattern.right]
    if isinstance(pattern, ast.UnaryOp):
        return "neg", [pattern.operand]
    assert isinstance(pattern, ast.Call)
    assert isinstance(pattern.func, ast.Name)
    return pattern.func.id, pattern.args


def _match(body: BodyBuilder, pattern: ast.expr, number: int, found: Mapping[str, int]) -> dict[str, int] | None:
    equation = body.equations[number]
    if isinstance(pattern, ast.Name):
        if pattern.id in found:
            return dict(found) if found[pattern.id] == number else None
        if pattern.id in "cd" and (equation.op != "constant" or isinstance(equation.data, bool)):
            return None
        return {**found, pattern.id: number}
    constant = _constant(pattern)
    if constant is not None:
        return dict(found) if equation.op == "constant" and equation.data == constant else None
    op, operands = _operation(pattern)
    return _match_operands(body, operands, op, equation.operands, found) if equation.op == op else None


def _constant(pattern: ast.expr) -> float | None:
    if isinstance(pattern, ast.Constant):
        return float(pattern.value)  # type: ignore[arg-type]
    if isinstance(pattern, ast.UnaryOp) and isinstance(pattern.operand, ast.Constant):
        return -float(pattern.operand.value)  # type: ignore[arg-type]
    return None


def _match_operands(
    body: BodyBuilder, patterns: Sequence[ast.expr], op: str, operands: Sequence[int], found: Mapping[str, int]
) -> dict[str, int] | None:
    if len(patterns) != len(operands):
        return None
    orders = [operands]
    if operation(op, len(operands)).commutative and operands[0] != operands[1]:
        orders.append(operands[::-1])
    for order in orders:
        matched: dict[str, int] | None = dict(found)
        for pattern, number in zip(patterns, order, strict=True):
            matched = _match(body, pattern, number, matched or {})
            if matched is None:
                break
        if matched is not None:
            return matched
    return None
