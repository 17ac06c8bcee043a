"""Carry the rounding error of an exponential's argument, which the exponential magnifies by the argument's size.

    p = exp(-0.5 * x**2)     ->     h = -0.5 * x**2            (rounded), l = its rounding error
                                    p = exp(h) * (1 + l)

An argument of 700 that is wrong by half a unit of its last place makes the exponential wrong by 350 units of its own.
Where the argument is arithmetic on the loss's inputs alone, the error of each operation is known exactly or nearly so
(T. J. Dekker, *A floating-point technique for extending the available precision*, 1971), and their sum is a correction.
Where it holds results of other definitions, their errors are larger than that, and nothing is done.

It comes last before lowering, since it knows the dtype, and since the errors have no derivatives.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from gradc.calculus.scalar import apply_formula
from gradc.ir.equations import BodyBuilder, Equation
from gradc.ir.program import Program
from gradc.passes.rebuild import rebuild_bodies

_DEEP = 10
# What an exponential magnifies the relative error of: the result, for an error l of the argument h.
CORRECTED = {
    "exp": "exp(h) * (1 + l)",
    "expm1": "expm1(h) * (1 + l) + l",  # no term exp(h) * l, which is inf * 0 or inf - inf where exp(h) overflows
    "sigmoid": "sigmoid(h) * (1 + sigmoid(-h) * l)",
    "softplus": "softplus(h) + sigmoid(h) * l",
    "log_sigmoid": "log_sigmoid(h) + sigmoid(-h) * l",
}

# Irrational numbers that formulas hold as doubles, and what the doubles lack.
_IRRATIONAL = {
    math.pi: 1.2246467991473532e-16,
    math.sqrt(2): -9.667293313452913e-17,
    math.sqrt(2 / math.pi): -4.98465440455546e-17,
    math.log(2): 2.3190468138462996e-17,
}


class _Pair(NamedTuple):
    """A value as the sum of two equations; `low` is None where the first is exact."""

    high: int
    low: int | None


def compensate(program: Program, dtype: str = "float64") -> Program:
    """The program with corrected exponentials, for reals of `dtype`."""
    count = len(program.parameters)
    real = np.dtype(dtype).type

    def rewrite(body: BodyBuilder, op: str, operands: tuple[int, ...]) -> int | None:
        if op not in CORRECTED or body.equations[operands[0]].op in ("access", "constant"):
            return None
        pair = _read(body, operands[0], count, real, _DEEP)
        if pair is None or pair.low is None:
            return None
        # An infinite argument has no error.
        low = apply_formula("where(abs(l) < 1, l, 0)", body, {"l": pair.low})
        return apply_formula(CORRECTED[op], body, {"h": pair.high, "l": low})

    return rebuild_bodies(program, rewrite)


def _read(body: BodyBuilder, number: int, count: int, real: type[np.floating[Any]], depth: int) -> _Pair | None:
    """An argument with its error; None where it is not arithmetic on the first `count` arrays."""
    equation = body.equations[number]
    op = equation.op
    if op == "access":
        return _Pair(number, None) if equation.data[0] < count and equation.kind == "real" else None
    if op == "constant":
        return _constant(body, equation.data, real)
    if not depth:
        return None
    if op == "pow":
        return _power(body, equation, count, real, depth)
    if op not in ("neg", "add", "sub", "mul", "div", "maximum", "minimum", "held", "where", "abs"):
        return None
    inner = equation.operands[1:] if op == "where" else equation.operands
    pairs = []
    for operand in inner:
        pair = _read(body, operand, count, real, depth - 1)
        if pair is None:
            return None
        pairs.append(pair)
    if op in ("maximum", "minimum", "held", "where", "abs") and all(pair.low is None for pair in pairs):
        return _Pair(number, None)
    if op in ("maximum", "minimum", "held", "where"):
        return None
    if op == "abs":
        (p,) = pairs
        assert p.low is not None
        low = apply_formula("where(h < 0, -l, l)", body, {"h": p.high, "l": p.low})
        return _Pair(body.apply("abs", p.high), low)
    if op == "neg":
        (p,) = pairs
        return _Pair(body.apply("neg", p.high), None if p.low is None else body.apply("neg", p.low))
    return _combined(body, op, *pairs)


def _combined(body: BodyBuilder, op: str, p: _Pair, q: _Pair) -> _Pair:
    """The result of an operation, and the sum of its own error and of those that it passes on."""
    names = {"a": p.high, "b": q.high}
    high = body.apply(op, p.high, q.high)
    names["h"] = high
    if body.equations[high].op == "constant" or (op == "mul" and _is_power_of_two(body, p, q)):
        own = None
    else:
        texts = {
            "add": "sum_error(a, b)",
            "sub": "sum_error(a, -b)",
            "mul": "product_error(a, b)",
            "div": "((a - h * b) - product_error(h, b)) / b",
        }
        own = apply_formula(texts[op], body, names)
    parts = [] if own is None else [own]
    if p.low is not None:
        share = {"add": "l", "sub": "l", "mul": "l * b", "div": "l / b"}[op]
        parts.append(apply_formula(share, body, {**names, "l": p.low}))
    if q.low is not None:
        share = {"add": "l", "sub": "-l", "mul": "a * l", "div": "-(h * l) / b"}[op]
        parts.append(apply_formula(share, body, {**names, "l": q.low}))
    total: int | None = None
    for part in parts:
        total = part if total is None else body.apply("add", total, part)
    return _Pair(high, total)


def _power(body: BodyBuilder, equation: Equation, count: int, real: type[np.floating[Any]], depth: int) -> _Pair | None:
    """A square or a cube as products."""
    base, exponent = equation.operands
    power = body.equations[exponent]
    if power.op != "constant" or power.data not in (2.0, 3.0):
        return None
    pair = _read(body, base, count, real, depth - 1)
    if pair is None:
        return None
    square = _combined(body, "mul", pair, pair)
    return square if power.data == 2.0 else _combined(body, "mul", square, pair)


def _is_power_of_two(body: BodyBuilder, p: _Pair, q: _Pair) -> bool:
    for pair in (p, q):
        equation = body.equations[pair.high]
        if equation.op == "constant" and abs(math.frexp(equation.data)[0]) == 0.5:
            return True
    return False


def _constant(body: BodyBuilder, value: float, real: type[np.floating[Any]]) -> _Pair:
    """A constant with what its double, or its float, lacks."""
    lacking = 0.0
    if value and math.isfinite(value):
        mantissa, exponent = math.frexp(value)
        for known, low in _IRRATIONAL.items():
            same, place = math.frexp(known)
            if abs(mantissa) == same:
                lacking = math.ldexp(math.copysign(1.0, value) * low, exponent - place)
        rounded = float(real(value))
        lacking += value - rounded if math.isfinite(rounded) else 0.0
    return _Pair(body.constant(value), body.constant(lacking) if lacking else None)
