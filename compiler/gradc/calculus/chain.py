"""The chain rule on one scalar body: what both modes share.

`scale` multiplies a derivative by a partial without ever forming ``0 * inf``: a structural zero stays a zero, and a
choice stays a choice. ``where(c, g, 0) * p`` is ``where(c, g * p, 0)``, so what lies in the branch not taken is never
used, finite or not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradc.calculus.primitives import OPERANDS, PRIMITIVES
from gradc.calculus.scalar import apply_formula
from gradc.ir.equations import REAL, BodyBuilder, Equation, references

_CONSTANT_ALONG = frozenset({"real", "where_integer", "lt", "le", "eq", "ne", "and", "or", "not"})


def scale(body: BodyBuilder, derivative: int, partial: int) -> int:
    """``derivative * partial``, where zeros and choices are structural."""
    left, right = body.equations[derivative], body.equations[partial]
    for mine, other in ((right, derivative), (left, partial)):
        if mine.op == "constant":
            if mine.data == 0.0:
                return body.constant(0.0)
            if mine.data == 1.0:
                return other
            if mine.data == -1.0:
                return negate(body, other)
    if left.op == "where" and _has_zero_branch(body, left):
        condition, yes, no = left.operands
        return body.apply("where", condition, scale(body, yes, partial), scale(body, no, partial))
    if right.op == "where":
        condition, yes, no = right.operands
        return body.apply("where", condition, scale(body, derivative, yes), scale(body, derivative, no))
    if right.op == "neg":
        return negate(body, scale(body, derivative, right.operands[0]))
    if left.op == "neg":
        return negate(body, scale(body, left.operands[0], partial))
    if right.op == "div":
        top, bottom = right.operands
        return body.apply("div", scale(body, derivative, top), bottom)
    return body.apply("mul", derivative, partial)


def negate(body: BodyBuilder, number: int) -> int:
    """``-e``, without a second sign, and inside a choice that has a zero."""
    equation = body.equations[number]
    if equation.op == "neg":
        return equation.operands[0]
    if equation.op == "constant":
        return body.constant(-equation.data)
    if equation.op == "where" and _has_zero_branch(body, equation):
        condition, yes, no = equation.operands
        return body.apply("where", condition, _negate_leaf(body, yes), _negate_leaf(body, no))
    return body.apply("neg", number)


def partial(body: BodyBuilder, number: int, position: int, result: int | None = None) -> int:
    """The partial derivative of an equation of `body` by one of its operands.

    Parameters
    ----------
    result
        Another equation that holds the same value, to be used in its place.
    """
    equation = body.equations[number]
    entry = PRIMITIVES[equation.op]
    names = dict(zip(OPERANDS, equation.operands, strict=False))
    return apply_formula(entry.partials[position], body, {**names, "out": number if result is None else result})


def active_equations(equations: Sequence[Equation], active: Callable[[int], bool]) -> list[bool]:
    """Which equations depend on an active array in a way that has a derivative."""
    flags: list[bool] = []
    for equation in equations:
        if equation.kind != REAL or equation.op in _CONSTANT_ALONG:
            flags.append(False)
        elif equation.op == "access":
            flags.append(active(equation.data[0]))
        else:
            flags.append(any(flags[below] for below in references(equation)))
    return flags


def _has_zero_branch(body: BodyBuilder, equation: Equation) -> bool:
    return any(
        body.equations[branch].op == "constant" and body.equations[branch].data == 0.0
        for branch in equation.operands[1:]
    )


def _negate_leaf(body: BodyBuilder, number: int) -> int:
    equation = body.equations[number]
    if equation.op == "constant":
        return body.constant(-equation.data if equation.data else 0.0)
    return equation.operands[0] if equation.op == "neg" else body.apply("neg", number)
