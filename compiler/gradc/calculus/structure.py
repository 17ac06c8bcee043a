"""What the two modes share above one scalar body: activity, totals, and the weights of a reduction's terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradc.calculus.reductions import REDUCTIONS
from gradc.calculus.scalar import apply_formula
from gradc.ir.definitions import Comprehension, Definition, Parameter, Scan, reads, result_count
from gradc.ir.equations import REAL, BodyBuilder
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import ONE, Size, index, symbol


def identity_indices(count: int) -> tuple[Size, ...]:
    """The loop indices 0, 1, …, as subscripts."""
    return tuple(index(k) for k in range(count))


def active_arrays(program: Program, wrt: Iterable[int]) -> set[int]:
    """The arrays whose values depend on those of `wrt`."""
    found = set(wrt)
    arrays = program.arrays()
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        if any(number in found for number in reads(definition)):
            found.update(n for n in range(first, first + result_count(definition)) if arrays[n].kind == REAL)
    return found


def add_arrays(b: ProgramBuilder, parts: Sequence[int], hint: str | None = None) -> int:
    """The elementwise sum of arrays of one shape."""
    if len(parts) == 1:
        return parts[0]
    shape = b.arrays[parts[0]].shape
    body = b.body()
    total = b.access(body, parts[0], *identity_indices(len(shape)))
    for part in parts[1:]:
        total = body.apply("add", total, b.access(body, part, *identity_indices(len(shape))))
    return b.comprehend(body, total, shape, hint=hint)


def fill(b: ProgramBuilder, value: float, shape: Sequence[Size]) -> int:
    """An array of one value."""
    body = b.body()
    return b.comprehend(body, body.constant(value), shape)


class Weights:
    """The derivative of a reduction's result by each of its terms, as equations of any body over the same indices.

    Defines what the formula needs beside the term and the result: how many terms tie, or the products of the terms
    before and after.
    """

    def __init__(self, b: ProgramBuilder, definition: Comprehension, result: int) -> None:
        self.b, self.definition, self.result = b, definition, result
        assert definition.reduction is not None
        self.formula = REDUCTIONS[definition.reduction].weight
        self.free = identity_indices(definition.rank)
        self.count = self._count_ties() if self.formula is not None and "count" in self.formula else None
        if self.formula is None:
            self.before, self.after = self._exclusive_products()

    def weight(self, body: BodyBuilder, term: int) -> int:
        """The weight of the term, an equation of `body`."""
        if self.formula is None:
            last = len(self.definition.extents) - 1
            k, length = index(last), self.definition.extents[last]
            left = self.b.access(body, self.before, k, *self.free)
            right = self.b.access(body, self.after, length - 1 - k, *self.free)
            return body.apply("mul", left, right)
        names = {"e": term, "out": self.b.access(body, self.result, *self.free)}
        if self.count is not None:
            names["count"] = self.b.access(body, self.count, *self.free)
        return apply_formula(self.formula, body, names)

    def _terms(self) -> tuple[BodyBuilder, int]:
        body = self.b.body()
        (term,) = body.insert(self.definition.body, [len(self.definition.body) - 1])
        return body, term

    def _count_ties(self) -> int:
        body, term = self._terms()
        result = self.b.access(body, self.result, *self.free)
        tie = body.apply("where", body.apply("eq", term, result), body.constant(1.0), body.constant(0.0))
        rank = self.definition.rank
        return self.b.comprehend(body, tie, self.definition.extents[:rank], self.definition.extents[rank:], "sum")

    def _exclusive_products(self) -> tuple[int, int]:
        b, extents = self.b, self.definition.extents
        rank, length = self.definition.rank, extents[-1]
        assert len(extents) == rank + 1, "a product over several axes is made of products over one"
        terms = b.comprehend(*self._terms(), extents)
        ones = fill(b, 1.0, extents[:rank])
        name = b.step_name()
        step = symbol(name)

        def products(place: Size) -> int:
            inner = ProgramBuilder((Parameter("carry0", extents[:rank]), Parameter("captured0", extents)))
            body = inner.body()
            carry = inner.access(body, 0, *self.free)
            product = body.apply("mul", carry, inner.access(body, 1, *self.free, place))
            following = inner.comprehend(body, product, extents[:rank])
            return b.define(Scan(name, length, (ones,), (terms,), inner.finish([following])))[0]

        return products(step), products(length - ONE - step)


def definition_results(definition: Definition, first: int) -> range:
    """The numbers of a definition's results."""
    return range(first, first + result_count(definition))
