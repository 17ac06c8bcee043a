"""Fit a function of one variable near the point where its formula cancels, or is 0/0.

    y = x - sin(x)     ->     y = where(abs(x) < 4, x**3 * (0.1666… + x**2 * (-0.0083… + …)), x - sin(x))

Some formulas have no stable spelling in named functions: ``x - sin(x)``, ``(1 - cos(x)) / x**2``, ``tanh(x) - x``,
``log(1 + x) / x``. Where such a formula depends on one quantity only, and loses digits near 0 or 1 by the one zero of a
polynomial's order, it is computed there by the polynomial that interpolates it at Chebyshev's points, found with mpmath
when the loss is compiled. The polynomial has accurate derivatives, and is differentiated as any formula is.

L. N. Trefethen, *Approximation Theory and Approximation Practice* (2013), chapters 4 and 8.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gradc.calculus.multiprecision import functions
from gradc.calculus.primitives import PRIMITIVES
from gradc.stabilise.views import Scalars

_MANY = 40  # equations beyond which an expression is not looked at
_RADII = (4.0, 3.0, 2.0, 1.5, 1.0, 0.75, 0.5, 0.35, 0.25, 0.15)
_TERMS = 27
_CENTRES = (0.0, 1.0)
_DIGITS = 90
# Functions that are analytic where they are finite, but for poles and branch points.
_ANALYTIC = frozenset(
    word
    for line in (
        "add sub mul div neg pow sqrt hypot direction exp exp2 expm1 powm1 log log2 log10 log1p log_ratio log1p_square",
        "sin cos tan sec csc cot sinc arcsin arccos arctan sinh cosh tanh sech sech_square csch coth",
        "arcsinh arccosh arctanh smooth_abs smooth_sign",
        "sigmoid logit log_sigmoid softplus log1mexp log_expm1 log_cosh erf erfc erfcx ndtr log_ndtr",
        "gamma gammaln digamma i0 i1",
    )
    for word in line.split()
)

_POLYNOMIAL = frozenset({"add", "sub", "mul", "neg", "pow"})


class Univariate(NamedTuple):
    """An expression as a function of one equation: the equations between, in order."""

    variable: int
    steps: tuple[int, ...]


def fitted(s: Scalars, number: int) -> int | None:
    """The expression with a polynomial near the point where it loses digits; None where there is none."""
    for reading in _readings(s, number):
        if all(s.op(node) in _POLYNOMIAL for node in reading.steps):
            continue
        for centre in _CENTRES:
            if not _loses_digits(s, number, reading, centre):
                continue
            found = _fit(s, number, reading, centre)
            if found is not None:
                s.fits[found] = number
                return found
    return None


def _plain(s: Scalars, number: int) -> int:
    """What was fitted, or stands for something else, as it was written."""
    number = s.fits.get(number, number)
    return s.operand(number, 1) if s.op(number) == "stands_for" else number


def _below(s: Scalars, number: int) -> list[int]:
    """The operands that are not constants, what was fitted taken as it was written."""
    operands = (_plain(s, n) for n in s.at(number).operands)
    return [n for n in dict.fromkeys(operands) if s.op(n) != "constant"]


def _readings(s: Scalars, number: int) -> list[Univariate]:
    """The equations through which alone `number` depends on the body's inputs, nearest first."""
    found: list[Univariate] = []
    front = {number}
    steps: list[int] = []
    while front and len(steps) < _MANY:
        node = max(front)
        if len(front) == 1 and node != number:
            found.append(Univariate(node, tuple(sorted(steps))))
        if s.op(node) not in _ANALYTIC or not s.at(node).operands:
            break
        front.discard(node)
        steps.append(node)
        front.update(_below(s, node))
    return found[:4]


def _evaluate(s: Scalars, reading: Univariate, x: Any, table: Any, convert: Any) -> dict[int, Any]:
    values = {reading.variable: x}
    for node in reading.steps:
        arguments = []
        for operand in s.at(node).operands:
            operand = _plain(s, operand)
            arguments.append(convert(s.at(operand).data) if s.op(operand) == "constant" else values[operand])
        values[node] = table(s.op(node))(*arguments)
    return values


def _loses_digits(s: Scalars, number: int, reading: Univariate, centre: float) -> bool:
    """Whether doubles lose more than a few digits just beside the centre, or have none at it."""

    def table(op: str) -> Any:
        return PRIMITIVES[op].reference

    with np.errstate(all="ignore"):
        at = float(_evaluate(s, reading, np.float64(centre), table, np.float64)[number])
        near = [_evaluate(s, reading, np.float64(centre + step), table, np.float64) for step in (2.0**-9, -(2.0**-9))]
    results = [float(values[number]) for values in near]
    if not all(math.isfinite(value) for value in results):
        return False
    if math.isnan(at):
        return True
    if math.isinf(at) or at != 0:
        return False
    size = abs(results[0])
    for values in near[:1]:
        for node in reading.steps:
            op = s.op(node)
            value = abs(float(values[node]))
            operands = {_plain(s, n) for n in s.at(node).operands}
            if op in ("add", "sub") and any(o != reading.variable and s.op(o) != "constant" for o in operands):
                parts = [abs(float(values[o])) for o in (_plain(s, n) for n in s.at(node).operands) if o in values]
                parts += [abs(s.at(o).data) for o in s.at(node).operands if s.op(o) == "constant"]
                if value < 0.02 * max(parts) and size < 0.1:
                    return True
            if op == "log" and value < 0.02 and reading.variable not in operands:
                return True
    return False


def _fit(s: Scalars, number: int, reading: Univariate, centre: float) -> int | None:
    from mpmath import mp

    table = functions()

    def value(step: Any) -> Any:
        x = mp.mpf(centre) + step
        return _evaluate(s, reading, x, table.__getitem__, mp.mpf)[number]

    with mp.workdps(_DIGITS):
        try:
            order = _order(value)
            if order is None:
                return None
            parity = _parity(value, order)
            for radius in _RADII:
                coefficients = _coefficients(value, order, parity, radius)
                if coefficients is not None:
                    break
            else:
                return None
        except (
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
        ):  # outside a function's domain, or unknown to mpmath
            return None
        numbers = [float(c) for c in coefficients]
    return _build(s, number, reading.variable, centre, order, parity, radius, numbers)


def _order(value: Any) -> int | None:
    """The order of the zero at the centre."""
    from mpmath import mp

    small, smaller = abs(value(mp.mpf(10) ** -12)), abs(value(mp.mpf(10) ** -13))
    if not small or not smaller or mp.isnan(small) or mp.isinf(small):
        return None
    exponent = mp.log(small / smaller, 10)
    order = int(mp.nint(exponent))
    return order if abs(exponent - order) < 1e-6 and 0 <= order <= 8 else None


def _parity(value: Any, order: int) -> bool:
    """Whether the function without its zero is even."""
    from mpmath import mp

    for step in (mp.mpf(1) / 8, mp.mpf(1) / 11):
        right, left = value(step), value(-step) * (-1) ** order
        if abs(right - left) > abs(right) * mp.mpf(10) ** -40:
            return False
    return True


def _coefficients(value: Any, order: int, even: bool, radius: float) -> list[Any] | None:
    """The interpolant of ``value(x) / x**order`` in x, or in x**2; None where it takes too many terms."""
    from mpmath import mp

    count = _TERMS + 7  # even, so that no point is the centre itself
    low = mp.mpf(0) if even else -mp.mpf(radius)
    high = mp.mpf(radius) ** 2 if even else mp.mpf(radius)
    samples = []
    for k in range(count):
        t = mp.cos(mp.pi * (k + mp.mpf(1) / 2) / count)
        place = low + (high - low) * (t + 1) / 2
        step = mp.sqrt(place) if even else place
        sample = value(step) / step**order
        if mp.isnan(sample) or mp.isinf(sample) or mp.im(sample):
            return None
        samples.append(sample)
    least = min(abs(sample) for sample in samples)
    if not least or any(mp.sign(sample) != mp.sign(samples[0]) for sample in samples):
        return None
    if max(abs(sample) for sample in samples) > 50 * least:
        return None
    angles = [mp.pi * (k + mp.mpf(1) / 2) / count for k in range(count)]
    series = [
        sum(sample * mp.cos(j * angle) for sample, angle in zip(samples, angles, strict=True)) * (2 if j else 1) / count
        for j in range(count)
    ]
    terms = next((n for n in range(1, count) if sum(map(abs, series[n:])) < least * mp.mpf(2) ** -56), count)
    if terms > _TERMS:
        return None
    return _monomials(series[:terms], low, high)


def _monomials(series: Sequence[Any], low: Any, high: Any) -> list[Any]:
    """Chebyshev coefficients on an interval as coefficients of powers."""
    from mpmath import mp

    scale, shift = 2 / (high - low), -(high + low) / (high - low)  # t = scale x + shift

    def times(p: list[Any]) -> list[Any]:
        result = [mp.mpf(0)] * (len(p) + 1)
        for k, c in enumerate(p):
            result[k] += shift * c
            result[k + 1] += scale * c
        return result

    before, here = [mp.mpf(1)], [shift, scale]
    total = [series[0] * before[0]]
    for c in series[1:]:
        total += [mp.mpf(0)] * (len(here) - len(total))
        for k, value in enumerate(here):
            total[k] += c * value
        following = [2 * value for value in times(here)]
        for k, value in enumerate(before):
            following[k] -= value
        before, here = here, following
    return total


def _build(
    s: Scalars, number: int, variable: int, centre: float, order: int, even: bool, radius: float, values: list[float]
) -> int:
    x = s.make("sub", variable, s.number(centre)) if centre else variable
    argument = s.make("pow", x, s.number(2)) if even else x
    result = s.number(values[-1])
    for value in reversed(values[:-1]):
        result = s.body.apply("add", s.number(value), s.body.apply("mul", argument, result))
    if order:
        result = s.body.apply("mul", s.make("pow", x, s.number(order)) if order > 1 else x, result)
    near = s.body.apply("lt", s.make("abs", x), s.number(radius))
    return s.body.apply("where", near, result, number)
