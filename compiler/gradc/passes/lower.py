"""Rewrite what C does not spell into what it does: expansions from the table, small powers, norms and log-sum-exp.

    T[i:n] = sigmoid(x[i]) / y[i]**1.5      ->      T[i:n] = let(s0 := exp(-abs(x[i])),
                                                        where(0 <= x[i], 1, s0) / (1 + s0) / (y[i] * sqrt(y[i])))

After it, bodies hold only primitives that have a C spelling. It comes last, so that differentiation and the other
passes see the named functions.
"""

from __future__ import annotations

from typing import NamedTuple

from gradc.calculus.primitives import OPERANDS, PRIMITIVES
from gradc.calculus.scalar import apply_formula
from gradc.ir.definitions import Comprehension, Definition, Scan
from gradc.ir.equations import BodyBuilder
from gradc.ir.program import Program, ProgramBuilder, copy_definitions
from gradc.ir.size import index
from gradc.passes.rebuild import rebuild_bodies, redefine
from gradc.passes.simplify import simplified
from gradc.passes.softmax import softmax

_LARGEST_POWER = 16


class _Range(NamedTuple):
    """Where squares are safe, and by which power of two what is too large for that is scaled down."""

    least: float
    most: float
    scale: float


_RANGES = {"float64": _Range(1e-280, 1e300, 2.0**540), "float32": _Range(1e-30, 1e38, 2.0**75)}


def lower(program: Program, dtype: str = "float64") -> Program:
    """The program in the vocabulary of C, whose reals are `dtype`."""
    safe = _RANGES[dtype]
    return rebuild_bodies(
        _split_reductions(softmax(program), safe), lambda body, op, operands: _lowered(body, op, operands, safe)
    )


def _lowered(body: BodyBuilder, op: str, operands: tuple[int, ...], safe: _Range) -> int | None:
    if op == "pow":
        return _power(body, *operands)
    entry = PRIMITIVES.get(op)
    if entry is None or entry.expansion is None:
        return None

    def apply(name: str, *numbers: int) -> int:
        found = _lowered(body, name, numbers, safe)
        if found is None and name != "pow":
            found = simplified(body, name, numbers)
        return body.apply(name, *numbers) if found is None else found

    names = {**dict(zip(OPERANDS, operands, strict=False)), "huge": body.constant(safe.scale)}
    return apply_formula(entry.expansion, body, names, apply)


def _power(body: BodyBuilder, base: int, exponent: int) -> int | None:
    """A small whole power as products, by squaring; ``x**1.5`` as ``x * sqrt(x)``."""
    equation = body.equations[exponent]
    if equation.op != "constant":
        return None
    value = equation.data
    if abs(value) > _LARGEST_POWER or not (2 * value).is_integer():
        return None
    count, half = int(abs(value)), not value.is_integer()
    result = body.apply("sqrt", base) if half else None
    square = base
    while count:
        if count & 1:
            result = square if result is None else body.apply("mul", result, square)
        count >>= 1
        if count:
            square = body.apply("mul", square, square)
    if result is None:
        return body.constant(1.0)
    return body.apply("div", body.constant(1.0), result) if value < 0 else result


def _split_reductions(program: Program, safe: _Range) -> Program:
    def split(b: ProgramBuilder, definition: Definition) -> Definition | int:
        if isinstance(definition, Comprehension) and definition.reduction == "norm":
            return _scaled(b, definition, safe)
        if isinstance(definition, Scan):
            body = _copied_outputs(_split_reductions(definition.body, safe), len(definition.initial))
            return definition._replace(body=body)
        return definition

    return redefine(program, split)


def _scaled(b: ProgramBuilder, definition: Comprehension, safe: _Range) -> int:
    """A norm in one pass: the sums of plain, of diminished and of enlarged squares, of which one is in range.

    J. Blue, *A portable Fortran program to find the Euclidean norm of a vector* (1978), without its tests.
    """
    rank, extents = definition.rank, definition.extents
    here = tuple(index(k) for k in range(rank))
    sums = []
    for scale in (1.0, 1 / safe.scale, safe.scale):
        body = b.body()
        (term,) = body.insert(definition.body, [len(definition.body) - 1])
        square = apply_formula("(x * s)**2" if scale != 1 else "x**2", body, {"x": term, "s": body.constant(scale)})
        sums.append(b.comprehend(body, square, extents[:rank], extents[rank:], "sum"))
    body = b.body()
    names = dict(zip("pdu", (b.access(body, number, *here) for number in sums), strict=True))
    names |= {"a": body.constant(safe.least), "z": body.constant(safe.most), "s": body.constant(safe.scale)}
    text = "where(p < a, sqrt(u) / s, where(p <= z, sqrt(p), sqrt(d) * s))"
    return b.comprehend(body, apply_formula(text, body, names), extents[:rank])


def _copied_outputs(body: Program, carries: int) -> Program:
    """A scan's body whose every output is an array of its own, since the loop writes it where the next carry is."""
    own = set(range(len(body.parameters), len(body.arrays())))
    if len(set(body.outputs)) == carries and own.issuperset(body.outputs):
        return body
    b = ProgramBuilder(body.parameters)
    new = {k: k for k in range(len(body.parameters))}
    copy_definitions(b, body, new)
    outputs: list[int] = []
    for k, output in enumerate(body.outputs):
        if output in own and output not in body.outputs[:k]:
            outputs.append(new[output])
            continue
        shape = b.arrays[new[output]].shape
        equations = b.body()
        value = b.access(equations, new[output], *(index(axis) for axis in range(len(shape))))
        copies = Comprehension(shape, len(shape), None, equations.extract([value])[0])
        outputs.append(b.define_apart(copies))
    return b.finish(outputs)
