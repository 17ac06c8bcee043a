"""Sum in twice the precision: a sum of high parts, which is exact, and a sum of low parts, which is small.

    s = sum[i:n](x[i])     ->     a = sum[i:n](abs(x[i]))
                                  g = 2**(ceil(log2(a)) + 2)                       a grid that all high parts are on
                                  h = sum[i:n]((g + x[i]) - g)                     no addition rounds
                                  l = sum[i:n](x[i] - ((g + x[i]) - g))
                                  s = h + l

The error is of the order of ``n * eps**2 * sum(abs(x))`` and not ``n * eps * sum(abs(x))``, in any order of the terms.
S. M. Rump, T. Ogita and S. Oishi, *Accurate floating-point summation, part I* (2008), algorithm 3.1.
"""

from __future__ import annotations

from gradc.calculus.scalar import apply_formula
from gradc.ir.definitions import Comprehension, Definition, Scan
from gradc.ir.equations import BodyBuilder
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import index
from gradc.passes.rebuild import redefine


def compensate_sums(program: Program) -> Program:
    """The program with every sum over an index in two parts."""
    return redefine(program, _compensated)


def _compensated(b: ProgramBuilder, definition: Definition) -> Definition | int:
    if isinstance(definition, Comprehension) and definition.reduction == "sum":
        return _in_two_parts(b, definition)
    if isinstance(definition, Scan):
        return definition._replace(body=compensate_sums(definition.body))
    return definition


def _in_two_parts(b: ProgramBuilder, definition: Comprehension) -> int:
    rank, extents = definition.rank, definition.extents
    free, reduced = extents[:rank], extents[rank:]
    here = tuple(index(k) for k in range(rank))

    def term(body: BodyBuilder) -> int:
        return body.insert(definition.body, [len(definition.body) - 1])[0]

    body = b.body()
    size = b.comprehend(body, body.apply("abs", term(body)), free, reduced, "sum")
    body = b.body()
    names = {"a": b.access(body, size, *here)}
    grid = b.comprehend(body, apply_formula("exp2(ceil(log2(a)) + 2)", body, names), free)
    parts = []
    for text in ("where(g < inf, (g + x) - g, 0)", "where(g < inf, x - ((g + x) - g), x)"):
        body = b.body()
        names = {"g": b.access(body, grid, *here), "x": term(body)}
        parts.append(b.comprehend(body, apply_formula(text, body, names), free, reduced, "sum"))
    body = b.body()
    total = body.apply("add", *(b.access(body, part, *here) for part in parts))
    return b.comprehend(body, total, free)
