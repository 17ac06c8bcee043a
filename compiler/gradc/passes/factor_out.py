"""Take out of a sum what all its terms are multiplied by, where a sum over fewer indices stays, or one that is known.

    u[i:n, l:d, m:h] = sum[j:k](where(c[i, j], 0, X[i, l] * t[i, m] * W[m, j] * p[i, j]))

    ->  s[i:n, m:h] = sum[j:k](where(c[i, j], 0, W[m, j] * p[i, j]))
        u[i:n, l:d, m:h] = s[i, m] * X[i, l] * t[i, m]

And take out of choices and terms what makes the rest name fewer indices: then a sum is a product of matrices.

    H[j:d, k:d] = sum[i:n](X[i, k] * where(c[i], X[i, j] * p[i], X[i, j]))

    ->  H[j:d, k:d] = sum[i:n](X[i, k] * X[i, j] * where(c[i], p[i], 1))

Factors are looked for in products, in the terms of sums and in choices, and in what is read from arrays that are
products of others; a sum over an index that its terms do not name is so many times the term. A second derivative has
many such sums: a direction is a product of what differs from one parameter to the next, and goes through all the steps
of a gradient. The other value of a choice may be 0, where a factor that is infinite or NaN would not be multiplied: so
only what is finite wherever the arguments are leaves a choice.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TypeAlias

from gradc.calculus.primitives import PRIMITIVES
from gradc.ir.definitions import Comprehension, Definition, remap, result_count
from gradc.ir.equations import REAL, BodyBuilder, Equation, index_dependencies, needed_by
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index

_WIDE = 32  # equations of a product, with those of the products it reads, that is seen through: no chain is to its end
_LONG = 300  # equations of a body that is left alone: the search takes time in proportion to their number's square
_FINITE = {
    *(name for name, primitive in PRIMITIVES.items() if primitive.bounded),
    *("integer", "real", "mul", "add", "sub", "neg", "abs", "maximum", "minimum"),
    *("where", "where_integer", "bit_and", "lt", "le", "eq", "ne", "and", "or", "not"),
}

_Products: TypeAlias = dict[int, tuple[Equation, ...]]  # arrays that are products of others, written out


def factor_out(program: Program) -> Program:
    """The program with the common factors of its sums outside; the program itself where there are none."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    finite = {k for k, parameter in enumerate(program.parameters) if parameter.dtype == "real"}
    products: _Products = {}
    changed = False
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        moved = remap(definition, new)
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        found = _factored(b, moved, products, finite)
        numbers = b.define(moved) if found is None else (found,)
        changed |= found is not None
        for offset, hint in enumerate(hints):
            new[first + offset] = numbers[offset]
            b.name(numbers[offset], hint)
        _classify(b, numbers[0], products, finite)
    return b.finish([new[number] for number in program.outputs], program.output_names) if changed else program


def _classify(b: ProgramBuilder, array: int, products: _Products, finite: set[int]) -> None:
    """Note whether an array is a product of others, and whether it is finite wherever the arguments are."""
    definition = b.definitions[-1]
    if array in finite or array in products or array != len(b.arrays) - 1 or not isinstance(definition, Comprehension):
        return
    if definition.reduction in (None, "sum") and _is_finite(definition.body, len(definition.body) - 1, finite):
        finite.add(array)
    if definition.reduction is None and all(
        e.op in ("access", "mul", "neg", "constant") and e.kind == REAL for e in definition.body
    ):
        body = b.body()
        written, _ = body.extract([_written_out(body, definition, products)])
        if len(written) <= _WIDE:
            products[array] = written


def _written_out(body: BodyBuilder, definition: Comprehension, products: _Products) -> int:
    """A definition's value in another body, with products in the place of the arrays that are products."""

    def read(array: int, place: tuple[Size, ...], kind: str) -> int:
        source = products.get(array)
        if source is None:
            return body.access(array, place, kind)
        return body.insert(source, [len(source) - 1], replace_index=place.__getitem__)[0]

    return body.insert(definition.body, [len(definition.body) - 1], replace_access=read)[0]


def _is_finite(body: Sequence[Equation], root: int, finite: Collection[int]) -> bool:
    for number in needed_by(body, [root]):
        equation = body[number]
        if equation.op == "constant":
            if not math.isfinite(equation.data):
                return False
        elif equation.op == "access":
            if equation.kind == REAL and equation.data[0] not in finite:
                return False
        elif equation.op not in _FINITE:
            return False
    return True


def _factored(b: ProgramBuilder, definition: Definition, products: _Products, finite: Collection[int]) -> int | None:
    """The sum as one over less, with its factors: an array; or None where nothing is gained."""
    if not isinstance(definition, Comprehension) or definition.reduction != "sum" or len(definition.body) > _LONG:
        return None
    rank, extents = definition.rank, definition.extents
    whole = b.body()

    root = _written_out(whole, definition, products)
    body = whole.equations
    if len(body) > _LONG:
        return None
    depends = index_dependencies(body)
    invariant = [all(k < rank for k in named) for named in depends]
    factors = _factors(body, finite)
    leaving = Counter({f: count for f, count in factors[root].items() if invariant[f]})
    staying = factors[root] - leaving
    compound = _plain_factors(body, root) - factors[root]
    inner = b.body()
    kept = _without(body, root, factors[root], factors, inner, {})
    named = frozenset() if kept is None else index_dependencies(inner.equations)[kept]
    before = frozenset[int]().union(*(depends[f] for f in compound))
    if any(k < rank for k in before - named):  # what stays inside is a product, of factors with fewer indices
        for factor in inner.insert(body, list(staying.elements())):
            kept = factor if kept is None else inner.apply("mul", kept, factor)
    else:
        staying = Counter()
        kept = _without(body, root, leaving, factors, inner, {})
    if not leaving and not staying and depends[root].issuperset(range(len(extents))):
        return None
    named = frozenset() if kept is None else index_dependencies(inner.equations)[kept]
    free, reduced = (sorted(k for k in named if (k < rank) == side) for side in (True, False))
    product = b.body()
    if kept is None:
        result = product.constant(1.0)
    elif not reduced:
        (result,) = product.insert(inner.equations, [kept])
    else:
        places = {k: index(position) for position, k in enumerate([*free, *reduced])}
        terms = b.body()
        (value,) = terms.insert(inner.equations, [kept], replace_index=places.__getitem__)
        count = len(b.definitions)
        total = b.comprehend(terms, value, [extents[k] for k in free], [extents[k] for k in reduced], "sum")
        if len(free) + len(reduced) == len(extents) and not staying and len(b.definitions) > count:
            return None  # neither smaller nor there already: what was defined is dead
        result = b.access(product, total, *(index(k) for k in free))
    for k in range(rank, len(extents)):
        if k not in named:
            result = product.apply("mul", result, product.integer(extents[k]))
    for factor in product.insert(body, list(leaving.elements())):
        result = product.apply("mul", result, factor)
    return b.comprehend(product, result, extents[:rank])


def _plain_factors(body: Sequence[Equation], root: int) -> Counter[int]:
    """The factors of a product, or of a quotient's numerator, as it is written."""
    found: Counter[int] = Counter()
    pending = [root]
    while pending:
        number = pending.pop()
        if body[number].op in ("mul", "neg", "div"):
            pending += body[number].operands[: 1 if body[number].op == "div" else 2]
        else:
            found[number] += 1
    return found


def _factors(body: Sequence[Equation], finite: Collection[int]) -> list[Counter[int]]:
    """For each equation its factors, those of all terms and choices in it too, with how often they occur."""
    found: list[Counter[int]] = []
    for number, equation in enumerate(body):
        operands = [found[k] for k in equation.operands]
        own: Counter[int] = Counter()
        if equation.kind != REAL:
            pass
        elif equation.op == "mul":
            own = operands[0] + operands[1]
        elif equation.op in ("neg", "div"):
            own = operands[0]
        elif equation.op in ("add", "sub"):
            own = operands[0] & operands[1]
        elif equation.op == "where":
            zeros = [_is_zero(body[k]) for k in equation.operands[1:]]
            if any(zeros):
                own = operands[2] if zeros[0] else operands[1]
                own = Counter({f: count for f, count in own.items() if _is_finite(body, f, finite)})
            else:
                own = operands[1] & operands[2]
        if not own and equation.kind == REAL and equation.op != "constant":
            own = Counter({number: 1})
        found.append(own)
    return found


def _is_zero(equation: Equation) -> bool:
    return equation.op == "constant" and equation.data == 0.0


def _without(
    body: Sequence[Equation],
    number: int,
    gone: Counter[int],
    factors: Sequence[Counter[int]],
    inner: BodyBuilder,
    known: dict[tuple[int, frozenset[tuple[int, int]]], int | None],
) -> int | None:
    """An equation divided by some of its factors, in another body; None is 1."""
    equation = body[number]
    key = (number, frozenset(gone.items()))
    if key in known:
        return known[key]

    def operand(k: int, gone: Counter[int]) -> int | None:
        return _without(body, k, gone, factors, inner, known)

    result: int | None
    if not gone:
        (result,) = inner.insert(body, [number])
    elif gone == Counter({number: 1}):
        result = None
    elif equation.op == "mul":
        here = gone & factors[equation.operands[0]]
        parts = [operand(equation.operands[0], here), operand(equation.operands[1], gone - here)]
        there = [part for part in parts if part is not None]
        result = inner.apply("mul", *there) if len(there) == 2 else there[0] if there else None
    else:
        whole = equation.operands[1:] if equation.op == "where" else equation.operands
        above = whole[:1] if equation.op == "div" else whole
        values = [
            inner.constant(0.0) if _is_zero(body[k]) else operand(k, gone if k in above else Counter()) for k in whole
        ]
        numbers = [inner.constant(1.0) if value is None else value for value in values]
        if equation.op == "where":
            numbers = [*inner.insert(body, equation.operands[:1]), *numbers]
        result = inner.apply(equation.op, *numbers)
    known[key] = result
    return result
