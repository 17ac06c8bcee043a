"""Drop the indices that have one value only.

    m[i:n, j:1] = max[k:c](z[i, k])                  m[i:n, j:1] = max[k:c](z[i, k])
    b[i:n] = sum[j:1](a[i] * m[i, j])       ->       b[i:n] = a[i] * m[i]

with m[i:n] in place of m[i:n, j:1], unless it is an output or goes to a routine or a scan. An axis of length 1 comes of
``keepdims`` and of broadcasting; without it, what is the same but for such an axis is the same.
"""

from __future__ import annotations

from gradc.ir.definitions import (
    Accumulation,
    Call,
    Comprehension,
    Definition,
    Scan,
    make_accumulation,
    reads,
    remap,
    result_count,
    with_equations,
)
from gradc.ir.equations import Equation
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import ONE, ZERO, Size, index


def drop_unit_indices(program: Program) -> Program:
    """The program whose bodies name no index of extent 1, and whose reductions run over none."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    whole = set(program.outputs)
    for definition in program.definitions:
        if isinstance(definition, (Scan, Call)):
            whole.update(reads(definition))
    kept: dict[int, list[int]] = {}  # for an array of `program` that loses axes, those that it keeps
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        changed = remap(_with_fewer_subscripts(definition, kept), new)
        changed = _without_units(b, _interned(b, changed) if kept else changed)
        squeezed = None
        if isinstance(changed, Comprehension) and first not in whole:
            free = changed.extents[: changed.rank]
            squeezed = [axis for axis, extent in enumerate(free) if extent != ONE]
            if len(squeezed) < len(free):
                changed = _squeezed(b, changed, squeezed)
            else:
                squeezed = None
        for offset, number in enumerate(b.define(changed, *hints)):
            new[first + offset] = number
            if squeezed is not None:
                kept[first + offset] = squeezed
    return b.finish([new[number] for number in program.outputs], program.output_names)


def _squeezed(b: ProgramBuilder, definition: Comprehension, axes: list[int]) -> Comprehension:
    """The comprehension over the given axes of its free ones alone; its body names no other."""
    extents, rank = definition.extents, definition.rank
    indices = [*axes, *range(rank, len(extents))]
    place = {k: index(position) for position, k in enumerate(indices)}
    body = b.body()
    (root,) = body.insert(definition.body, [len(definition.body) - 1], replace_index=place.__getitem__)
    return Comprehension(tuple(extents[k] for k in indices), len(axes), definition.reduction, body.extract([root])[0])


def _with_fewer_subscripts(definition: Definition, kept: dict[int, list[int]]) -> Definition:
    """The definition reading arrays that lose axes without the subscripts of those."""

    def read(equation: Equation) -> Equation:
        if equation.op != "access" or equation.data[0] not in kept:
            return equation
        array, subscripts = equation.data
        return equation._replace(data=(array, tuple(subscripts[axis] for axis in kept[array])))

    return with_equations(definition, read) if any(number in kept for number in reads(definition)) else definition


def _interned(b: ProgramBuilder, definition: Definition) -> Definition:
    """The definition with equations that have become equal merged."""
    if not isinstance(definition, Comprehension):
        return definition
    body = b.body()
    (root,) = body.insert(definition.body, [len(definition.body) - 1])
    return definition._replace(body=body.extract([root])[0])


def _without_units(b: ProgramBuilder, definition: Definition) -> Definition:
    if isinstance(definition, Scan):
        return definition._replace(body=drop_unit_indices(definition.body))
    if isinstance(definition, Comprehension):
        extents, rank = definition.extents, definition.rank
        if ONE not in extents:
            return definition
        kept = [k for k, extent in enumerate(extents) if k < rank or extent != ONE]
        place = _places(extents, kept)
        body = b.body()
        (root,) = body.insert(definition.body, [len(definition.body) - 1], replace_index=place.__getitem__)
        reduction = definition.reduction if len(kept) > rank else None
        return Comprehension(tuple(extents[k] for k in kept), rank, reduction, body.extract([root])[0])
    if isinstance(definition, Accumulation) and any(ONE in piece.extents for piece in definition.pieces):
        pieces = []
        for piece in definition.pieces:
            kept = [k for k, extent in enumerate(piece.extents) if extent != ONE]
            place = _places(piece.extents, kept)
            body = b.body()
            inner = [a[1] for s in piece.stores for part in s.subscripts for a in part.atoms() if a[0] == "ref"]
            roots = [store.value for store in piece.stores]
            numbers = body.insert(piece.body, [*roots, *inner], replace_index=place.__getitem__)
            refs = dict(zip(inner, (body.as_size(n) for n in numbers[len(roots) :]), strict=True))

            new = {("index", k): value for k, value in place.items()} | {("ref", k): v for k, v in refs.items()}
            stores = [
                (tuple(part.substitute(new.get) for part in store.subscripts), value)
                for store, value in zip(piece.stores, numbers, strict=False)
            ]
            pieces.append((tuple(piece.extents[k] for k in kept), body, stores))
        return make_accumulation(definition.shape, pieces)
    return definition


def _places(extents: tuple[Size, ...], kept: list[int]) -> dict[int, Size]:
    """What each old index becomes: 0 where its extent is 1, else its new number."""
    return {k: ZERO if extent == ONE else index(kept.index(k)) for k, extent in enumerate(extents)}
