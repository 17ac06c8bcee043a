"""Compute of a sum only the elements that are read.

    H[j:d, k:d] = sum[i:n](s[i] * X[i, j] * X[i, k])        D[j:d] = sum[i:n](s[i] * X[i, j] * X[i, j])
    D[j:d] = H[j, j]                                   ->

An array that every reader reads with two subscripts alike is defined with one index for both. So the diagonal of a
Hessian costs what a gradient does.
"""

from __future__ import annotations

from gradc.ir.definitions import Call, Comprehension, Definition, Scan, bodies_of, reads, remap, result_count
from gradc.ir.equations import BodyBuilder, Equation
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index
from gradc.passes.rebuild import rebuild_bodies


def restrict_to_reads(program: Program) -> Program:
    """The program whose comprehensions have one index for axes that are always read at the same place."""
    firsts = program.first_results()
    whole = set(program.outputs)
    definitions: dict[int, Definition] = dict(zip(firsts, program.definitions, strict=True))
    places: dict[int, list[tuple[Size, ...]]] = {}
    kept: dict[int, list[int]] = {}  # for an array that loses axes, the axis that each old one becomes
    for first in reversed(firsts):
        definition = definitions[first]
        if isinstance(definition, (Scan, Call)):
            whole.update(reads(definition))
            continue
        if isinstance(definition, Comprehension) and first not in whole and first in places:
            merged = _alike(definition, places[first])
            if merged is not None:
                kept[first] = merged
                definitions[first] = definition = _restricted(definition, merged)
        for _, body, _ in bodies_of(definition):
            for equation in body:
                if equation.op == "access":
                    places.setdefault(equation.data[0], []).append(equation.data[1])
    if not kept:
        return program
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for first in firsts:
        definition = remap(_with_merged_reads(definitions[first], kept), new)
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        for offset, number in enumerate(b.define(definition, *hints)):
            new[first + offset] = number
    # Bodies have changed under their canonical order.
    return rebuild_bodies(b.finish([new[number] for number in program.outputs], program.output_names), lambda *_: None)


def _alike(definition: Comprehension, places: list[tuple[Size, ...]]) -> list[int] | None:
    """For each axis the first that is always read at the same place; None where all differ."""
    merged = list(range(definition.rank))
    for axis in range(definition.rank):
        for earlier in range(axis):
            if definition.extents[axis] == definition.extents[earlier] and all(p[axis] == p[earlier] for p in places):
                merged[axis] = merged[earlier]
                break
    return merged if merged != list(range(definition.rank)) else None


def _restricted(definition: Comprehension, merged: list[int]) -> Comprehension:
    rank, extents = definition.rank, definition.extents
    axes = sorted(set(merged))
    level = {axis: index(axes.index(merged[axis])) for axis in range(rank)}
    level |= {k: index(len(axes) + k - rank) for k in range(rank, len(extents))}
    body = BodyBuilder()
    (root,) = body.insert(definition.body, [len(definition.body) - 1], replace_index=level.__getitem__)
    kept = (*(extents[axis] for axis in axes), *extents[rank:])
    return Comprehension(kept, len(axes), definition.reduction, body.extract([root])[0])


def _with_merged_reads(definition: Definition, kept: dict[int, list[int]]) -> Definition:
    if not any(number in kept for number in reads(definition)) or isinstance(definition, (Scan, Call)):
        return definition

    def read(equation: Equation) -> Equation:
        if equation.op != "access" or equation.data[0] not in kept:
            return equation
        array, subscripts = equation.data
        return equation._replace(data=(array, tuple(subscripts[axis] for axis in sorted(set(kept[array])))))

    if isinstance(definition, Comprehension):
        return definition._replace(body=tuple(read(e) for e in definition.body))
    pieces = tuple(piece._replace(body=tuple(read(e) for e in piece.body)) for piece in definition.pieces)
    return definition._replace(pieces=pieces)
