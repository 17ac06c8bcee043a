"""Lower log-sum-exp, and take the weights that its derivative holds from the exponentials of its own sum.

    T[i:n] = logsumexp[k:c](z[i, k])      ->      m[i:n] = max[k:c](z[i, k])
    p[i:n, k:c] = exp(z[i, k] - T[i])             c[i:n] = where(abs(m[i]) == inf, 0, m[i])
                                                  s[i:n] = sum[k:c](exp(z[i, k] - c[i]))
                                                  T[i:n] = log(s[i]) + c[i]
                                                  r[i:n] = 1 / s[i]
                                                  p[i:n, k:c] = r[i] * exp(z[i, k] - c[i])

One exponential a term in the place of two, and one that the rounding of a large T does not reach. It comes just before
the pass that lowers the rest, so that differentiation and the other passes see the named reduction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

from gradc.calculus.scalar import apply_formula
from gradc.ir.definitions import Comprehension, Scan, result_count
from gradc.ir.equations import BodyBuilder, needed_by
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index
from gradc.passes.rebuild import rebuild_definition, rewriting

_MOST_TRIALS = 8  # ways of reading an argument as one of a sum's terms


class _Sum(NamedTuple):
    """A log-sum-exp that has been lowered."""

    definition: Comprehension
    terms: int | None  # the array of its terms, if there is one
    shift: int
    total: int


def softmax(program: Program) -> Program:
    """The program without log-sum-exp."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    sums: dict[int, _Sum] = {}

    transfer = rewriting(
        lambda b, body, extents, op, operands: _weight(b, sums, body, extents, *operands) if op == "exp" else None
    )
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        moved = rebuild_definition(b, new, definition, transfer, scans=False)
        if isinstance(moved, Comprehension) and moved.reduction == "logsumexp":
            new[first], sums[new[first]] = _lowered(b, moved, hints[0])
            continue
        if isinstance(moved, Scan):
            moved = moved._replace(body=softmax(moved.body))
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


def _lowered(b: ProgramBuilder, definition: Comprehension, hint: str | None) -> tuple[int, _Sum]:
    rank, extents = definition.rank, definition.extents
    free, reduced = extents[:rank], extents[rank:]
    everywhere = tuple(index(k) for k in range(len(extents)))
    here = everywhere[:rank]
    if definition.body[-1].op == "access":
        terms = None
    else:  # the terms are read twice, so they are computed once
        body = b.body()
        terms = b.comprehend(body, body.insert(definition.body, [len(definition.body) - 1])[0], extents)

    def term(body: BodyBuilder) -> int:
        if terms is not None:
            return b.access(body, terms, *everywhere)
        return body.insert(definition.body, [len(definition.body) - 1])[0]

    body = b.body()
    largest = b.comprehend(body, term(body), free, reduced, "max")
    body = b.body()
    finite = apply_formula("where(abs(m) == inf, 0, m)", body, {"m": b.access(body, largest, *here)})
    shift = b.comprehend(body, finite, free)
    body = b.body()
    difference = body.apply("sub", term(body), b.access(body, shift, *here))
    total = b.comprehend(body, body.apply("exp", difference), free, reduced, "sum")
    body = b.body()
    result = body.apply("add", body.apply("log", b.access(body, total, *here)), b.access(body, shift, *here))
    return b.comprehend(body, result, free, hint=hint), _Sum(definition, terms, shift, total)


def _weight(
    b: ProgramBuilder, sums: Mapping[int, _Sum], body: BodyBuilder, extents: Sequence[Size], argument: int
) -> int | None:
    """``exp(argument)``, where the argument is a term of a log-sum-exp less that."""
    difference = body.equations[argument]
    if difference.op != "sub":
        return None
    term, total = difference.operands
    access = body.equations[total]
    if access.op != "access" or access.data[0] not in sums:
        return None
    known, place = sums[access.data[0]], access.data[1]
    definition = known.definition
    found = next((at for at in _readings(known, place, body, term) if _stands_for(definition, at, body) == term), None)
    if found is None:
        return None
    loops = dict(zip(map(index, range(len(extents))), extents, strict=True))
    if known.terms is not None and all(loops.get(k) == e for k, e in zip(found, definition.extents, strict=True)):
        term = b.access(body, known.terms, *found)  # a place that is surely within the array
    inner = b.body()
    one = inner.apply("div", inner.constant(1.0), b.access(inner, known.total, *map(index, range(definition.rank))))
    reciprocal = b.comprehend(inner, one, definition.extents[: definition.rank])
    power = body.apply("exp", body.apply("sub", term, b.access(body, known.shift, *place)))
    return body.apply("mul", b.access(body, reciprocal, *place), power)


def _stands_for(definition: Comprehension, places: Sequence[Size], body: BodyBuilder) -> int:
    """The term of a sum where its indices are at these places, as an equation of a body."""
    return body.insert(definition.body, [len(definition.body) - 1], replace_index=places.__getitem__)[0]


def _readings(known: _Sum, place: tuple[Size, ...], body: BodyBuilder, term: int) -> Iterator[tuple[Size, ...]]:
    """Where a sum's indices may be, for its term to be the given equation: read off the arrays that both access."""
    definition = known.definition
    choices: list[list[Size]] = []
    accessed = [body.equations[k].data for k in needed_by(body.equations, [term]) if body.equations[k].op == "access"]
    for k in range(definition.rank, len(definition.extents)):
        found: dict[Size, None] = {}
        for equation in definition.body:
            if equation.op == "access":
                axes = [axis for axis, part in enumerate(equation.data[1]) if part == index(k)]
                found.update((at[axis], None) for array, at in accessed if array == equation.data[0] for axis in axes)
        choices.append(list(found))
    return (place + chosen for chosen in islice(product(*choices), _MOST_TRIALS))
