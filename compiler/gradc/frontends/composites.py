"""Functions that are shorthand for a formula of primitives: one definition for formulas, NumPy code and SymPy.

>>> COMPOSITES["silu"]
Composite(operands=('x',), formula='x * sigmoid(x)', defaults=())
>>> from gradc.ir.equations import BodyBuilder
>>> body = BodyBuilder()
>>> x = body.access(0, (), "real")
>>> _ = expand("silu", body, [x])
>>> [equation.op for equation in body.equations]
['access', 'sigmoid', 'mul']

A function with a rule of its own for C or for its derivative belongs in the table of primitives instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradc.calculus.scalar import apply_formula
from gradc.ir.equations import BodyBuilder


class Composite(NamedTuple):
    """A function's operands in order, its formula over them, and the values of the last ones when they are left out."""

    operands: tuple[str, ...]
    formula: str
    defaults: tuple[float, ...] = ()

    @property
    def arity(self) -> str:
        """How many arguments it takes, in words."""
        least, most = len(self.operands) - len(self.defaults), len(self.operands)
        return str(most) if least == most else f"{least} to {most}"


COMPOSITES: dict[str, Composite] = {
    # NumPy and scipy.special
    "square": Composite(("x",), "x**2"),
    "reciprocal": Composite(("x",), "1 / x"),
    "deg2rad": Composite(("x",), "x * 0.017453292519943295"),
    "rad2deg": Composite(("x",), "x * 57.29577951308232"),
    "clip": Composite(("x", "low", "high"), "minimum(maximum(x, low), high)"),
    "isnan": Composite(("x",), "x != x"),
    "isinf": Composite(("x",), "abs(x) == inf"),
    "isfinite": Composite(("x",), "abs(x) < inf"),
    "huber": Composite(
        ("delta", "r"),
        "where(delta < 0, inf, where(abs(r) <= delta, 0.5 * r**2, delta * (abs(r) - 0.5 * delta)))",
    ),
    "pseudo_huber": Composite(("delta", "r"), "delta**2 * ((r / delta)**2 / (sqrt(1 + (r / delta)**2) + 1))"),
    "exp10": Composite(("x",), "10**x"),
    "copysign": Composite(("x", "y"), "where((y < 0) | (1/y < 0), -abs(x), abs(x))"),
    # activations, as the papers and the frameworks define them
    "relu": Composite(("x",), "maximum(x, 0)"),
    "leaky_relu": Composite(("x", "slope"), "where(x > 0, x, slope * x)", (0.01,)),
    "elu": Composite(("x", "alpha"), "where(x > 0, x, alpha * expm1(x))", (1.0,)),
    "selu": Composite(
        ("x",), "1.0507009873554805 * where(x > 0, x, 1.6732632423543772 * expm1(x))"
    ),
    "gelu": Composite(("x",), "0.5 * x * (1 + erf(x / 1.4142135623730951))"),
    "silu": Composite(("x",), "x * sigmoid(x)"),
    "mish": Composite(("x",), "x * tanh(softplus(x))"),
    "softsign": Composite(("x",), "x / (1 + abs(x))"),
}  # fmt: skip

ALIASES = {"radians": "deg2rad", "degrees": "rad2deg", "swish": "silu"}


def expand(name: str, body: BodyBuilder, numbers: Sequence[int]) -> int:
    """Build a composite's equations from those of its operands; the last ones may be left out."""
    composite = COMPOSITES[ALIASES.get(name, name)]
    missing = len(composite.operands) - len(numbers)
    given = [*numbers, *(body.constant(value) for value in composite.defaults[len(composite.defaults) - missing :])]
    return apply_formula(composite.formula, body, dict(zip(composite.operands, given, strict=True)))
