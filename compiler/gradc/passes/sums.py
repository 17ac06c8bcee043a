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
from gradc.ir.equations import BodyBuilder
from gradc.ir.program import Comprehension, Program, ProgramBuilder, Scan, remap, result_count
from gradc.ir.size import index


def compensate_sums(program: Program) -> Program:
    """The program with every sum over an index in two parts."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        moved = remap(definition, new)
        if isinstance(moved, Comprehension) and moved.reduction == "sum":
            new[first] = _in_two_parts(b, moved, hints[0])
            continue
        if isinstance(moved, Scan):
            moved = moved._replace(body=compensate_sums(moved.body))
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


def _in_two_parts(b: ProgramBuilder, definition: Comprehension, hint: str | None) -> int:
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
    return b.comprehend(body, total, free, hint=hint)
