"""Take a product over several axes one axis at a time, which is what it is differentiated as.

    p = prod[i:n, j:d](X[i, j])              q[i:n] = prod[j:d](X[i, j])
                                     ->      p = prod[i:n](q[i])

The derivative of a product by one of its terms is the product of those before and after, along one axis.
"""

from __future__ import annotations

from gradc.ir.definitions import Comprehension, Definition, Scan
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import index
from gradc.passes.rebuild import redefine


def take_products_apart(program: Program) -> Program:
    """The program whose every product is over one axis."""
    if not any(_several(definition) or isinstance(definition, Scan) for definition in program.definitions):
        return program
    return redefine(program, _one_axis)


def _one_axis(b: ProgramBuilder, definition: Definition) -> Definition:
    if isinstance(definition, Scan):
        return definition._replace(body=take_products_apart(definition.body))
    while isinstance(definition, Comprehension) and _several(definition):
        (inner,) = b.define(definition._replace(rank=len(definition.extents) - 1))
        definition = _product_of(b, inner, definition)
    return definition


def _several(definition: Definition) -> bool:
    return (
        isinstance(definition, Comprehension)
        and definition.reduction == "prod"
        and len(definition.extents) - definition.rank > 1
    )


def _product_of(b: ProgramBuilder, inner: int, definition: Comprehension) -> Comprehension:
    """The product of an array that has all axes of the definition but the last."""
    extents = definition.extents[:-1]
    body = b.body()
    term = b.access(body, inner, *(index(k) for k in range(len(extents))))
    return Comprehension(extents, definition.rank, "prod", body.extract([term])[0])
