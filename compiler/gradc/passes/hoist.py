"""Take factors that do not name a reduced index out of a sum.

    g[j:d] = sum[i:n](lam * r[i] * X[i, j] / n)     ->     t[j:d] = sum[i:n](r[i] * X[i, j])
                                                            g[j:d] = lam * t[j] / n

The identity is the distributive law; it saves a product a term, and a rounding. A sum over nothing is 0, whatever its
terms are divided by: where a dimension that divides may be 0 with it, the loss itself is written with a choice.

    s = sum[i:n](x[i] / n)                           ->     t = sum[i:n](x[i])
                                                            s = where(n == 0, 0, t / n)
"""

from __future__ import annotations

from collections.abc import Sequence

from gradc.ir.definitions import Comprehension, Definition, Scan
from gradc.ir.equations import BodyBuilder, Equation, index_dependencies
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import index
from gradc.passes.rebuild import redefine


def hoist_from_empty(program: Program) -> Program:
    """As `hoist_factors`, for sums that may have no terms: they are 0, not 0 / 0."""
    return hoist_factors(program, may_be_empty=True)


def hoist_factors(program: Program, may_be_empty: bool = False) -> Program:
    """The program with invariant factors outside its sums."""

    def hoist(b: ProgramBuilder, definition: Definition) -> Definition | int:
        if isinstance(definition, Comprehension) and definition.reduction == "sum":
            split = _split(b, definition, may_be_empty)
            return definition if split is None else split
        if isinstance(definition, Scan):
            return definition._replace(body=hoist_factors(definition.body, may_be_empty))
        return definition

    return redefine(program, hoist)


def _split(b: ProgramBuilder, definition: Comprehension, may_be_empty: bool) -> int | None:
    depends = index_dependencies(definition.body)
    varies = [any(k >= definition.rank for k in found) for found in depends]
    tops: list[int] = []  # factors that leave the sum …
    bottoms: list[int] = []
    kept_tops: list[int] = []  # … and those that stay
    kept_bottoms: list[int] = []
    negative = False
    pending = [(len(definition.body) - 1, True)]
    while pending:
        number, on_top = pending.pop()
        equation = definition.body[number]
        if not varies[number]:
            if equation.op == "constant" and equation.data == 1.0:
                continue
            (tops if on_top else bottoms).append(number)
        elif equation.op == "mul":
            pending += [(operand, on_top) for operand in reversed(equation.operands)]
        elif equation.op == "div":
            pending += [(equation.operands[1], not on_top), (equation.operands[0], on_top)]
        elif equation.op == "neg":
            negative = not negative
            pending.append((equation.operands[0], on_top))
        else:
            (kept_tops if on_top else kept_bottoms).append(number)
    if not (tops or bottoms or negative) or not (kept_tops or kept_bottoms):
        return None

    def quotient(body: BodyBuilder, over: list[int], under: list[int]) -> int:
        numbers = body.insert(definition.body, [*over, *under])
        top = _product(body, numbers[: len(over)])
        return body.apply("div", top, _product(body, numbers[len(over) :])) if under else top

    free, reduced = definition.extents[: definition.rank], definition.extents[definition.rank :]
    inner = b.body()
    total = b.comprehend(inner, quotient(inner, kept_tops, kept_bottoms), free, reduced, "sum")
    outer = b.body()
    numbers = outer.insert(definition.body, [*tops, *bottoms])
    value = b.access(outer, total, *(index(k) for k in range(definition.rank)))
    for number in numbers[: len(tops)]:
        value = outer.apply("mul", number, value)
    if bottoms:
        value = outer.apply("div", value, _product(outer, numbers[len(tops) :]))
    if may_be_empty and any(_may_vanish(definition.body, number) for number in bottoms):
        for extent in reduced:
            nothing = outer.apply("eq", outer.integer(extent), outer.integer(0))
            value = outer.apply("where", nothing, outer.constant(0.0), value)
    return b.comprehend(outer, outer.apply("neg", value) if negative else value, free)


def _may_vanish(body: Sequence[Equation], number: int) -> bool:
    """Whether a divisor is a product of dimensions, which is 0 where one of them is."""
    equation = body[number]
    if equation.op == "real":
        equation = body[equation.operands[0]]
    return equation.op == "integer" and all(monomial for monomial, _ in equation.data.terms)


def _product(body: BodyBuilder, numbers: list[int]) -> int:
    if not numbers:
        return body.constant(1.0)
    result = numbers[0]
    for number in numbers[1:]:
        result = body.apply("mul", result, number)
    return result
