"""What an operation costs, for the choices between storing a value and computing it again."""

from __future__ import annotations

from collections.abc import Sequence

from gradc.calculus.primitives import PRIMITIVES
from gradc.ir.equations import Equation

_SLOW = {"div": 4, "sqrt": 4}  # in units of a multiplication, about what a vector of them takes
_DEAR = 20


def is_dear(equation: Equation) -> bool:
    """Whether a value costs many times what storing and loading it does."""
    return equation.op in PRIMITIVES and PRIMITIVES[equation.op].dear


def cost(body: Sequence[Equation]) -> int:
    """What a body costs, in multiplications."""
    return sum(
        _DEAR if is_dear(equation) else _SLOW.get(equation.op, 1 if equation.operands or equation.op == "access" else 0)
        for equation in body
    )
