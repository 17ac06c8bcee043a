"""Drop the indices that have one value only.

    m[i:n, j:1] = max[k:c](z[i, k])                  m[i:n, j:1] = max[k:c](z[i, k])
    b[i:n] = sum[j:1](a[i] * m[i, j])       ->       b[i:n] = a[i] * m[i, 0]

An axis of length 1 comes of ``keepdims`` and of broadcasting. Read at 0 everywhere, such an axis looks the same to
every other pass.
"""

from __future__ import annotations

from gradc.ir.program import (
    Accumulation,
    Comprehension,
    Definition,
    Program,
    ProgramBuilder,
    Scan,
    make_accumulation,
    remap,
    result_count,
)
from gradc.ir.size import ONE, ZERO, Size, index


def drop_unit_indices(program: Program) -> Program:
    """The program whose bodies name no index of extent 1, and whose reductions run over none."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        changed = _without_units(b, remap(definition, new))
        for offset, number in enumerate(b.define(changed, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


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

            def rewrite(part: Size, place: dict[int, Size] = place, refs: dict[int, Size] = refs) -> Size:
                return part.substitute(lambda a: {"index": place, "ref": refs}.get(a[0], {}).get(a[1]))

            stores = [
                (tuple(rewrite(part) for part in store.subscripts), value)
                for store, value in zip(piece.stores, numbers, strict=False)
            ]
            pieces.append((tuple(piece.extents[k] for k in kept), body, stores))
        return make_accumulation(definition.shape, pieces)
    return definition


def _places(extents: tuple[Size, ...], kept: list[int]) -> dict[int, Size]:
    """What each old index becomes: 0 where its extent is 1, else its new number."""
    return {k: ZERO if extent == ONE else index(kept.index(k)) for k, extent in enumerate(extents)}
