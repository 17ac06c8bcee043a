"""Take a product over several axes one axis at a time, which is what it is differentiated as.

    p = prod[i:n, j:d](X[i, j])              q[i:n] = prod[j:d](X[i, j])
                                     ->      p = prod[i:n](q[i])

The derivative of a product by one of its terms is the product of those before and after, along one axis.
"""

from __future__ import annotations

from gradc.ir.program import (
    Comprehension,
    Definition,
    Program,
    ProgramBuilder,
    Scan,
    remap,
    result_count,
)
from gradc.ir.size import index


def take_products_apart(program: Program) -> Program:
    """The program whose every product is over one axis."""
    if not any(_several(definition) or isinstance(definition, Scan) for definition in program.definitions):
        return program
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        moved = remap(definition, new)
        if isinstance(moved, Scan):
            moved = moved._replace(body=take_products_apart(moved.body))
        while isinstance(moved, Comprehension) and _several(moved):
            (inner,) = b.define(moved._replace(rank=len(moved.extents) - 1))
            moved = _product_of(b, inner, moved)
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


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
