"""Forward mode: a program's value together with its tangent along given tangents of its inputs, as one program.

    T[i] = sum[k](e)        gives        Tdot[i] = sum[k](Σ ∂e/∂U * Udot)

over the accesses U of e: a definition of the same shape as the one it follows, so the tangent of a comprehension is a
comprehension, and that of an accumulation an accumulation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradc.calculus.chain import active_equations, partial, scale
from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.routines import ROUTINES
from gradc.calculus.structure import Weights, definition_results, fill, identity_indices
from gradc.ir.definitions import Accumulation, Comprehension, Definition, Parameter, Scan, remap_body
from gradc.ir.equations import BodyBuilder, Equation
from gradc.ir.program import Program, ProgramBuilder, copy_definitions
from gradc.ir.size import symbol


def jvp(program: Program, wrt: Sequence[int], tangents: Sequence[str]) -> Program:
    """The program ``(parameters..., tangents...) -> (value, tangent)``.

    Parameters
    ----------
    program
        A program with one output.
    wrt
        The numbers of the parameters that move.
    tangents
        A name for the tangent of each.
    """
    extra = tuple(Parameter(name, program.parameters[k].shape) for k, name in zip(wrt, tangents, strict=True))
    b = ProgramBuilder((*program.parameters, *extra))
    new = copy_definitions(b, program, {k: k for k in range(len(program.parameters))})
    dots = {k: len(program.parameters) + j for j, k in enumerate(wrt)}
    push_forward(b, program, new, dots)
    output = program.outputs[0]
    dot = dots[output] if output in dots else fill(b, 0.0, program.arrays()[output].shape)
    return b.finish([new[output], dot], (*(program.output_names or ("value",)), "tangent"))


def push_forward(b: ProgramBuilder, program: Program, new: Mapping[int, int], dots: dict[int, int]) -> None:
    """Define the tangents of all arrays of `program`; `dots` has those of the parameters and gains the others."""
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        results = definition_results(definition, first)
        found = _push(b, definition, results, new, dots)
        dots.update((number, dot) for number, dot in zip(results, found, strict=True) if dot is not None)


def _push(
    b: ProgramBuilder, definition: Definition, results: range, new: Mapping[int, int], dots: Mapping[int, int]
) -> Sequence[int | None]:
    if isinstance(definition, Comprehension):
        stored = new[results[0]]
        body, position, tangent = _sweep(b, definition.body, new, dots, None if definition.reduction else stored)
        root = len(definition.body) - 1
        if root not in tangent:
            return [None]
        free, reduced = definition.extents[: definition.rank], definition.extents[definition.rank :]
        value, reduction = tangent[root], definition.reduction
        if reduction not in (None, "sum"):
            moved = remap_body(definition.body, new)
            weights = Weights(b, definition._replace(body=moved), stored)
            value, reduction = scale(body, value, weights.weight(body, position[root])), "sum"
        return [b.comprehend(body, value, free, reduced, reduction)]
    if isinstance(definition, Accumulation):
        pieces = []
        for piece in definition.pieces:
            body, position, tangent = _sweep(b, piece.body, new, dots)
            stores = []
            for store in piece.stores:
                if store.value in tangent:
                    places = tuple(
                        part.substitute(lambda a, p=position, s=body: s.as_size(p[a[1]]) if a[0] == "ref" else None)  # type: ignore[misc]
                        for part in store.subscripts
                    )
                    stores.append((places, tangent[store.value]))
            if stores:
                pieces.append((piece.extents, body, stores))
        return [b.accumulate(definition.shape, pieces)] if pieces else [None]
    if isinstance(definition, Scan):
        return _push_scan(b, definition, results, new, dots)
    if not any(number in dots for number in definition.arguments):
        return [None] * len(results)
    arguments = [new[number] for number in definition.arguments]
    given = [dots.get(number) for number in definition.arguments]
    found: Sequence[int | None] = ROUTINES[definition.routine].tangent(b, arguments, [new[n] for n in results], given)
    return found


def _sweep(
    b: ProgramBuilder,
    equations: Sequence[Equation],
    new: Mapping[int, int],
    dots: Mapping[int, int],
    stored: int | None = None,
) -> tuple[BodyBuilder, list[int], dict[int, int]]:
    """A body's tangents by equation: the body that holds them, the equations' places there, and the tangents."""
    body = b.body()
    position = body.insert(remap_body(equations, new), range(len(equations)))
    flags = active_equations(equations, dots.__contains__)
    by_place: dict[int, int] = {}
    tangent: dict[int, int] = {}
    for number, equation in enumerate(equations):
        if not flags[number]:
            continue
        here = body.equations[position[number]]
        if equation.op == "access":
            value = b.access(body, dots[equation.data[0]], *here.data[1])
        elif here.op == "where":
            zero = body.constant(0.0)
            value = body.apply(
                "where", here.operands[0], *(by_place.get(operand, zero) for operand in here.operands[1:])
            )
        else:
            result = None
            if stored is not None and number == len(equations) - 1 and PRIMITIVES[here.op].dear:
                result = b.access(body, stored, *identity_indices(len(b.arrays[stored].shape)))
            value = body.constant(0.0)
            for place, operand in enumerate(here.operands):
                if operand in by_place:
                    share = scale(body, by_place[operand], partial(body, position[number], place, result))
                    value = body.apply("add", value, share)
        if body.equations[value].op == "constant" and body.equations[value].data == 0.0:
            continue
        tangent[number] = by_place[position[number]] = value
    return body, position, tangent


def _push_scan(
    b: ProgramBuilder, scan: Scan, results: range, new: Mapping[int, int], dots: Mapping[int, int]
) -> Sequence[int | None]:
    """The tangent scan carries tangents alone, and reads the carries from their stored trajectories."""
    if not any(number in dots for number in (*scan.initial, *scan.captured)):
        return [None] * len(results)
    trajectories = [new[number] for number in results]
    captured = [new[number] for number in scan.captured]
    moving = [m for m, number in enumerate(scan.captured) if number in dots]
    outer = [*trajectories, *captured, *(dots[scan.captured[m]] for m in moving)]
    count = len(results)
    parameters = [Parameter(f"carry{k}", scan.body.parameters[k].shape) for k in range(count)]
    parameters += [Parameter(f"captured{j}", b.arrays[n].shape, b.arrays[n].dtype) for j, n in enumerate(outer)]
    inner = ProgramBuilder(parameters, b.names() | {scan.step})
    at_step: dict[int, int] = {}
    for k in range(count):
        shape = scan.body.parameters[k].shape
        body = inner.body()
        value = inner.access(body, count + k, symbol(scan.step), *identity_indices(len(shape)))
        at_step[k] = inner.comprehend(body, value, shape)
    for m in range(len(captured)):
        at_step[count + m] = 2 * count + m
    inner_dots = {k: k for k in range(count)}
    inner_dots |= {count + m: 2 * count + len(captured) + j for j, m in enumerate(moving)}
    where = copy_definitions(inner, scan.body, at_step)
    push_forward(inner, scan.body, where, inner_dots)
    following = [
        inner_dots[output] if output in inner_dots else fill(inner, 0.0, scan.body.parameters[k].shape)
        for k, output in enumerate(scan.body.outputs)
    ]
    initial = tuple(
        dots[number] if number in dots else fill(b, 0.0, scan.body.parameters[k].shape)
        for k, number in enumerate(scan.initial)
    )
    return b.define(Scan(scan.step, scan.length, initial, tuple(outer), inner.finish(following)))
