"""What an operation costs, for the choices between storing a value and computing it again."""

from __future__ import annotations

from collections.abc import Sequence

from gradc.calculus.primitives import PRIMITIVES
from gradc.ir.definitions import Call, Scan, bodies_of
from gradc.ir.equations import Equation
from gradc.ir.program import Program
from gradc.ir.size import ONE, ZERO, Atom, Size, product

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


def work(program: Program) -> Size:
    """What a program costs, in multiplications: a bound, without what is the same for all sizes."""
    arrays = program.arrays()
    total = ZERO
    for definition in program.definitions:
        if isinstance(definition, Scan):
            total = total + definition.length * (_at_last_step(definition) + ONE)
        elif isinstance(definition, Call):
            shape = arrays[definition.arguments[0]].shape
            total = total + product((*shape, *shape[-1:]))
        for extents, body, _ in bodies_of(definition):
            total = total + product(extents).bound() * (cost(body) + 1)
    found = total.bound()
    return Size(tuple(term for term in found.terms if term[0]))


def _at_last_step(scan: Scan) -> Size:
    """The work of a step, which may be more the further it is."""

    def last(atom: Atom) -> Size | None:
        return scan.length if atom == ("dim", scan.step) else None

    return work(scan.body).substitute(last)
