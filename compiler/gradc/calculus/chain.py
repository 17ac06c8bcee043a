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

_CONSTANT_ALONG = frozenset({"real", "where_integer", "bit_and", "lt", "le", "eq", "ne", "and", "or", "not"})
_DEEP = 64  # choices and signs in one another that a factor goes into
_QUOTIENTS = 3  # quotients of one another from which on they are a value, rather than divisors of a derivative
_GUARDS = 8  # choices with a zero in one another that stay as they are


def scale(body: BodyBuilder, derivative: int, partial: int) -> int:
    """``derivative * partial``, where zeros and choices are structural.

    What it makes is bounded, however deep the operands are: a chain takes time in proportion to its length.
    """
    return _scale(body, derivative, partial, _DEEP, {})


def _scale(body: BodyBuilder, derivative: int, partial: int, depth: int, known: dict[tuple[int, int], int]) -> int:
    """`scale` into at most so many choices and signs; what is shared is made once."""
    key = (derivative, partial)
    if key not in known:
        known[key] = _scaled(body, derivative, partial, depth, known) if depth else body.apply("mul", *key)
    return known[key]


def _scaled(body: BodyBuilder, derivative: int, partial: int, depth: int, known: dict[tuple[int, int], int]) -> int:
    def within(derivative: int, partial: int) -> int:
        return _scale(body, derivative, partial, depth - 1, known)

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
        condition, yes, no = _guarded(body, derivative)
        return body.apply("where", condition, within(yes, partial), within(no, partial))
    if right.op == "where":
        condition, yes, no = right.operands
        return body.apply("where", condition, within(derivative, yes), within(derivative, no))
    if right.op == "neg":
        return negate(body, within(derivative, right.operands[0]))
    if left.op == "neg":
        return negate(body, within(left.operands[0], partial))
    if right.op == "div":
        top, bottom = right.operands
        if _quotients(body, top) < _QUOTIENTS:
            return body.apply("div", within(derivative, top), bottom)
        return body.apply("div", body.apply("mul", derivative, top), bottom)
    return body.apply("mul", derivative, partial)


def _quotients(body: BodyBuilder, number: int) -> int:
    """How many quotients are the tops of one another here; of many, some."""
    count = 0
    while body.equations[number].op == "div" and count < _QUOTIENTS:
        number = body.equations[number].operands[0]
        count += 1
    return count


def _guarded(body: BodyBuilder, number: int) -> tuple[int, ...]:
    """The operands of a choice with a zero; of many in one another those of a single choice, whose condition is all.

    ``where(c, where(d, g, 0), 0)`` is ``where(open != 0, g, 0)`` with ``open = where(c, where(d, 1, 0), 0)``. In it the
    choices stay in one another, since one may guard what the next one reads.
    """
    guards: list[tuple[int, bool]] = []
    inner = number
    while (
        len(guards) <= _GUARDS
        and (equation := body.equations[inner]).op == "where"
        and _has_zero_branch(body, equation)
    ):
        condition, yes, no = equation.operands
        guards.append((condition, not _is_zero(body, yes)))
        inner = yes if guards[-1][1] else no
    if len(guards) <= _GUARDS:
        return body.equations[number].operands
    shut = body.integer(0)
    is_open = body.integer(1)
    for condition, when in reversed(guards):
        is_open = body.apply("where_integer", condition, *((is_open, shut) if when else (shut, is_open)))
    return body.apply("ne", is_open, shut), inner, body.constant(0.0)


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


def sweep(
    body: BodyBuilder,
    equations: Sequence[Equation],
    position: Sequence[int],
    bars: dict[int, int],
    flags: Sequence[bool],
    result: int | None = None,
) -> dict[int, int]:
    """The reverse sweep over one body: from adjoints of equations to the adjoints of the active accesses below them.

    Parameters
    ----------
    body
        What the equations were inserted into, and what adjoints are built in.
    position
        Where each of `equations` is in `body`.
    bars
        Adjoints by equation, as numbers in `body`; emptied.
    flags
        Which equations are active.
    result
        An equation of `body` that holds the value of the last seeded equation, for partials that use it.
    """
    found: dict[int, int] = {}
    last = max(bars, default=-1)
    for number in range(last, -1, -1):
        bar = bars.pop(number, None)
        if bar is None or (body.equations[bar].op == "constant" and body.equations[bar].data == 0.0):
            continue
        if equations[number].op == "access":
            found[number] = bar
            continue
        here = body.equations[position[number]]
        # Interning may have changed the operands' order; the partials go by the order they have here.
        sources = {position[below]: below for below in reversed(equations[number].operands)}
        handed: dict[int, int] = {}
        for place, operand in enumerate(here.operands):
            below = sources.get(operand)
            if below is None or not flags[below]:
                continue
            if here.op == "where":
                zero = body.constant(0.0)
                share = body.apply("where", here.operands[0], *((bar, zero) if place == 1 else (zero, bar)))
            else:
                share = scale(body, bar, partial(body, position[number], place, result if number == last else None))
            handed[below] = body.apply("add", handed[below], share) if below in handed else share
        for below, share in handed.items():
            bars[below] = body.apply("add", bars[below], share) if below in bars else share
    return found


def _has_zero_branch(body: BodyBuilder, equation: Equation) -> bool:
    return any(_is_zero(body, branch) for branch in equation.operands[1:])


def _is_zero(body: BodyBuilder, number: int) -> bool:
    return body.equations[number].op == "constant" and body.equations[number].data == 0.0


def _negate_leaf(body: BodyBuilder, number: int) -> int:
    equation = body.equations[number]
    if equation.op == "constant":
        return body.constant(-equation.data if equation.data else 0.0)
    return equation.operands[0] if equation.op == "neg" else body.apply("neg", number)
