"""Sum products of matrices one by one, where they are added term by term.

    T[i:n, j:h] = sum[l:k](W[j, l] * a[i, l] + V[j, l] * b[i, l])

    ->  s[i:n, j:h] = sum[l:k](W[j, l] * a[i, l])
        t[i:n, j:h] = sum[l:k](V[j, l] * b[i, l])
        T[i:n, j:h] = s[i, j] + t[i, j]

The product rule gives such sums; each of their terms alone is what the schedule has its own kernel for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from gradc.contract.factors import factors_of
from gradc.ir.definitions import Comprehension, Definition
from gradc.ir.equations import BodyBuilder, Equation, index_dependencies
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import index
from gradc.passes.rebuild import redefine

Term: TypeAlias = tuple[int, bool]  # an equation, and whether it is subtracted


def split_products(program: Program) -> Program:
    """The program with one sum for each product of matrices; the program itself where each is alone."""
    if not any(map(_products, program.definitions)):
        return program

    def split(b: ProgramBuilder, definition: Definition) -> Definition:
        products = _products(definition)
        if products:
            assert isinstance(definition, Comprehension)
            return _split(b, definition, products)
        return definition

    return redefine(program, split)


def _products(definition: Definition) -> list[Term]:
    """The terms of a sum that are products of matrices, if there are other terms too."""
    if not isinstance(definition, Comprehension) or definition.reduction != "sum" or definition.rank < 2:
        return []
    terms = _terms(definition.body, len(definition.body) - 1)
    if len(terms) < 2:
        return []
    depends = index_dependencies(definition.body)
    return [term for term in terms if _is_product(definition.body, term[0], depends, definition.rank)]


def _split(b: ProgramBuilder, definition: Comprehension, products: Sequence[Term]) -> Comprehension:
    body, rank, extents = definition.body, definition.rank, definition.extents
    rest = [term for term in _terms(body, len(body) - 1) if term not in products]
    # A product is summed as it is, and its sign left for later.
    groups = [([(number, False)], negative) for number, negative in products]
    outer = b.body()
    parts: list[Term] = []
    for terms, negative in (*groups, *([(rest, False)] if rest else [])):
        inner = b.body()
        numbers = inner.insert(body, [number for number, _ in terms])
        value = _added(inner, [(number, sign) for number, (_, sign) in zip(numbers, terms, strict=True)])
        array = b.comprehend(inner, value, extents[:rank], extents[rank:], "sum")
        parts.append((b.access(outer, array, *map(index, range(rank))), negative))
    return Comprehension(extents[:rank], rank, None, outer.extract([_added(outer, parts)])[0])


def _added(body: BodyBuilder, terms: Sequence[Term]) -> int:
    (total, negative), *others = terms
    if negative:
        total = body.apply("neg", total)
    for number, negative in others:
        total = body.apply("sub" if negative else "add", total, number)
    return total


def _terms(body: Sequence[Equation], root: int) -> list[Term]:
    """What is added up, and whether it is subtracted."""
    found: list[Term] = []
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
