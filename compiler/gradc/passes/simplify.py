"""Apply the algebraic identities that keep the floating-point result.

g[i:n] = -(-y[i]) * (1 / z[i])          ->          g[i:n] = y[i] / z[i]
"""

from __future__ import annotations

import math

from gradc.ir.equations import BodyBuilder
from gradc.ir.program import Program
from gradc.passes.rebuild import rebuild_bodies
from gradc.passes.rules import Rule, RuleTable, fold

_EXACT = 2**53  # up to here every whole number is a float64
_EXACT_IN_BOTH = 2**24  # and up to here a float32
_LEAST, _MOST = 1e-30, 1e30  # between them a float32 is neither subnormal nor infinite


def _power_of_two(value: float) -> bool:
    return value != 0 and math.isfinite(value) and abs(math.frexp(value)[0]) == 0.5


def _exact_product(value: float, other: float) -> bool:
    """Whether a product of constants may take the place of both, in either dtype: it is no less exact."""
    product = value * other
    if not _LEAST < abs(product) < _MOST:
        return False
    whole = value == int(value) and other == int(other) and abs(product) <= _EXACT_IN_BOTH
    return whole or _power_of_two(value) or _power_of_two(other)


RULES = (
    Rule("-(-x)", "x", "exact: the sign flips twice"),
    Rule("x * -1", "-x", "exact"),
    Rule("(-x) * (-y)", "x * y", "exact: the sign of a product"),
    Rule("(-x) * y", "-(x * y)", "exact: the sign of a product"),
    Rule("(-x) / (-y)", "x / y", "exact: the sign of a quotient"),
    Rule("(-x) / y", "-(x / y)", "exact: the sign of a quotient"),
    Rule("x / (-y)", "-(x / y)", "exact: the sign of a quotient"),
    Rule("(-x) + (-y)", "-(x + y)", "exact under rounding to nearest, which is symmetric"),
    Rule("x + (-y)", "x - y", "exact: the definition of a difference"),
    Rule("x - (-y)", "x + y", "exact: the definition of a difference"),
    Rule("(-x) - y", "-(x + y)", "exact under rounding to nearest, which is symmetric"),
    Rule("x - 0", "x", "exact"),
    Rule("0 - x", "-x", "exact but for the sign of a zero"),
    Rule("x / 1", "x", "exact"),
    Rule("x * x", "x**2", "the same product, under the name that the power rule knows"),
    Rule("x**1", "x", "exact"),
    Rule("x**0", "1", "exact: C and NumPy define it so for every x, NaN included"),
    Rule("x**0.5", "sqrt(x)", "as NumPy does it: differs from pow at -inf and -0 alone"),
    Rule("x**-1", "1 / x", "one rounding, as pow at its best"),
    Rule("x**-0.5", "1 / sqrt(x)", "as NumPy's pow within an ulp; differs at -inf and -0 alone"),
    Rule("-log_sigmoid(x)", "softplus(-x)", "the same function"),
    Rule("x * (1 / y)", "x / y", "one rounding fewer"),
    Rule("(x / c) * (d * y)", "x * y", "exact: c and d cancel, and are powers of two", lambda v: v["c"] == v["d"] and _power_of_two(v["c"])),
    Rule("(c * x) * (d * y)", "x * y", "exact: c and d cancel, and are powers of two", lambda v: v["c"] * v["d"] == 1 and _power_of_two(v["c"])),
    Rule("c * (d * x)", "x", "exact: c and d cancel, and are powers of two", lambda v: v["c"] * v["d"] == 1 and _power_of_two(v["c"])),
    Rule("c * (d * x)", "(c * d) * x", "exact for a power of two; one rounding fewer for whole numbers", lambda v: _exact_product(v["c"], v["d"])),
    Rule("c * (x / d)", "x", "exact: c and d cancel, and are powers of two", lambda v: v["c"] == v["d"] and _power_of_two(v["c"])),
    Rule("(c * x) / d", "x", "exact: c and d cancel, and are powers of two", lambda v: v["c"] == v["d"] and _power_of_two(v["c"])),
    Rule("sqrt(x)**2", "x", "one rounding fewer; x on the domain of sqrt"),
    Rule("abs(-x)", "abs(x)", "exact"),
    Rule("abs(abs(x))", "abs(x)", "exact"),
    Rule("(-x)**2", "x**2", "exact"),
    Rule("abs(x)**2", "x**2", "exact"),
    Rule("cos(-x)", "cos(x)", "exact: even"),
    Rule("cosh(-x)", "cosh(x)", "exact: even"),
    Rule("sin(-x)", "-sin(x)", "exact: odd"),
    Rule("tanh(-x)", "-tanh(x)", "exact: odd"),
    Rule("maximum(x, x)", "x", "exact"),
    Rule("minimum(x, x)", "x", "exact"),
)  # fmt: skip

_TABLE = RuleTable(RULES)


def simplify(program: Program) -> Program:
    """The program with the table's rules applied, and operations on constants carried out."""
    return rebuild_bodies(program, simplified)


def simplified(body: BodyBuilder, op: str, operands: tuple[int, ...]) -> int | None:
    """What an operation simplifies to, or None."""
    values = [body.equations[number] for number in operands]
    if op == "real" and values[0].op == "integer":
        whole = values[0].data.constant
        return body.constant(float(whole)) if whole is not None and abs(whole) <= _EXACT else None
    folded = fold(body, op, operands)
    return _TABLE.rewrite(body, op, operands) if folded is None else folded
