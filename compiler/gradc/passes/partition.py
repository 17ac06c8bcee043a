"""Cut a value-and-gradient program in two: a forward program that keeps what the backward one needs, and that.

forward(X, w)           ->  value, t              t[i:n] = tanh(z[i])  is dear, and stored
backward(X, w, t, bar)  ->  gradients             y[i:n] = 2 * x[i]    is cheap, and computed again
"""

from __future__ import annotations

from typing import NamedTuple

from gradc.calculus.primitives import PRIMITIVES
from gradc.ir.definitions import Accumulation, Comprehension, Definition, Parameter, reads, remap, result_count
from gradc.ir.printer import choose_names
from gradc.ir.program import Program, ProgramBuilder
from gradc.passes.rebuild import rebuild_bodies


class Halves(NamedTuple):
    """The two programs, and how many residuals pass between them."""

    forward: Program
    backward: Program
    residuals: int


def partition(joint: Program) -> Halves:
    """Cut a normalised program ``(parameters..., cotangent) -> (value, gradients...)``."""
    count = len(joint.parameters) - 1
    holder = {
        first + k: definition
        for definition, first in zip(joint.definitions, joint.first_results(), strict=True)
        for k in range(result_count(definition))
    }
    forward = _reachable(holder, [joint.outputs[0]])
    needed: dict[int, None] = {}
    stored: dict[int, None] = {}
    pending = list(joint.outputs[1:])
    while pending:
        number = pending.pop()
        if number in needed or number not in holder:
            continue
        if number in forward and _is_dear(holder[number]):
            stored[number] = None
            continue
        needed[number] = None
        pending += reads(holder[number])
    residuals = sorted(stored)
    names = choose_names(joint).arrays
    arrays = joint.arrays()
    value_names = (joint.output_names[0], *(names[number] for number in residuals))
    keep = forward | set(residuals)
    ahead = _extract(
        joint, joint.parameters[:count], {k: k for k in range(count)}, keep, [joint.outputs[0], *residuals], value_names
    )
    given = [Parameter(names[number], arrays[number].shape, arrays[number].dtype) for number in residuals]
    parameters = (*joint.parameters[:count], *given, joint.parameters[count])
    where = {k: k for k in range(count)} | {number: count + k for k, number in enumerate(residuals)}
    where[count] = len(parameters) - 1
    behind = _extract(joint, parameters, where, set(needed), list(joint.outputs[1:]), joint.output_names[1:])
    return Halves(ahead, behind, len(residuals))


def _is_dear(definition: Definition) -> bool:
    if isinstance(definition, Comprehension):
        return definition.reduction is not None or any(
            e.op in PRIMITIVES and PRIMITIVES[e.op].dear for e in definition.body
        )
    return not isinstance(definition, Accumulation)


def _reachable(holder: dict[int, Definition], outputs: list[int]) -> set[int]:
    found: set[int] = set()
    pending = list(outputs)
    while pending:
        number = pending.pop()
        if number not in found and number in holder:
            found.add(number)
            pending += reads(holder[number])
    return found


def _extract(
    program: Program,
    parameters: tuple[Parameter, ...],
    where: dict[int, int],
    keep: set[int],
    outputs: list[int],
    output_names: tuple[str, ...],
) -> Program:
    b = ProgramBuilder(parameters)
    new = dict(where)
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        results = range(first, first + result_count(definition))
        if not any(number in keep for number in results):
            continue
        hints = [program.hint(number) for number in results]
        for number, made in zip(results, b.define(remap(definition, new), *hints), strict=True):
            new.setdefault(number, made)
    # What was made elsewhere is a parameter now: commuting operands take their canonical order again.
    return rebuild_bodies(b.finish([new[number] for number in outputs], output_names), lambda *_: None)
