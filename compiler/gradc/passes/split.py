"""Sum products of matrices one by one, where they are added term by term.

    T[i:n, j:h] = sum[l:k](W[j, l] * a[i, l] + V[j, l] * b[i, l])

    ->  s[i:n, j:h] = sum[l:k](W[j, l] * a[i, l])
        t[i:n, j:h] = sum[l:k](V[j, l] * b[i, l])
        T[i:n, j:h] = s[i, j] + t[i, j]

The product rule gives such sums; each of their terms alone is what the schedule has its own kernel for.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradc.ir.equations import BodyBuilder, Equation, index_dependencies
from gradc.ir.program import Comprehension, Program, ProgramBuilder, remap, result_count
from gradc.ir.size import index
from gradc.passes.factors import factors_of


def split_products(program: Program) -> Program:
    """The program with one sum for each product of matrices."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        moved = remap(definition, new)
        if isinstance(moved, Comprehension) and moved.reduction == "sum" and moved.rank > 1:
            moved = _split(b, moved)
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


def _split(b: ProgramBuilder, definition: Comprehension) -> Comprehension:
    body, rank, extents = definition.body, definition.rank, definition.extents
    depends = index_dependencies(body)
    terms = _terms(body, len(body) - 1)
    products = [term for term in terms if _is_product(body, term[0], depends, rank)]
    if len(terms) < 2 or not products:
        return definition
    rest = [term for term in terms if term not in products]
    outer = b.body()
    total: int | None = None
    for group in (*([term] for term in products), *([rest] if rest else [])):
        inner = b.body()
        # A product is summed as it is, and its sign left for later.
        value = inner.insert(body, [group[0][0]])[0] if len(group) == 1 else _added(inner, body, group)
        negative = len(group) == 1 and group[0][1]
        array = b.comprehend(inner, value, extents[:rank], extents[rank:], "sum")
        part = b.access(outer, array, *map(index, range(rank)))
        if total is None:
            total = outer.apply("neg", part) if negative else part
        else:
            total = outer.apply("sub" if negative else "add", total, part)
    assert total is not None
    return Comprehension(extents[:rank], rank, None, outer.extract([total])[0])


def _added(inner: BodyBuilder, body: Sequence[Equation], terms: Sequence[tuple[int, bool]]) -> int:
    """The sum of some terms."""
    total: int | None = None
    for number, negative in terms:
        (value,) = inner.insert(body, [number])
        if total is None:
            total = inner.apply("neg", value) if negative else value
        else:
            total = inner.apply("sub" if negative else "add", total, value)
    assert total is not None
    return total


def _terms(body: Sequence[Equation], root: int) -> list[tuple[int, bool]]:
    """What is added up, and whether it is subtracted."""
    found: list[tuple[int, bool]] = []
    pending = [(root, False)]
    while pending:
        number, negative = pending.pop()
        equation = body[number]
        if equation.op in ("add", "sub"):
            first, second = equation.operands
            pending += [(second, negative != (equation.op == "sub")), (first, negative)]
        elif equation.op == "neg":
            pending.append((equation.operands[0], not negative))
        else:
            found.append((number, negative))
    return found


def _is_product(body: Sequence[Equation], root: int, depends: Sequence[frozenset[int]], rank: int) -> bool:
    """Whether a term is an element of one matrix times factors that name one more free index, and a summed one too."""
    factors = factors_of(body, root)
    for factor in factors:
        lead = depends[factor]
        others = frozenset().union(*(depends[f] for f in factors if not depends[f] <= lead))
        whole = len(lead | others)
        if (
            body[factor].op == "access"
            and all(min(named, default=rank) < rank <= max(named, default=0) for named in (lead, others))
            and len(lead) < whole > len(others)
        ):
            return True
    return False
