"""Rebuild every scalar body of a program through a function that rewrites operations: what the scalar passes share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradc.ir.equations import BodyBuilder, Equation
from gradc.ir.program import (
    Accumulation,
    Comprehension,
    Definition,
    Program,
    ProgramBuilder,
    Scan,
    Store,
    make_accumulation,
    remap,
    result_count,
)
from gradc.ir.size import Size

Rewrite = Callable[[BodyBuilder, str, tuple[int, ...]], "int | None"]


def rebuild_bodies(program: Program, rewrite: Rewrite) -> Program:
    """The program whose every operation has gone through `rewrite`, which gives its replacement or None."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        rebuilt = _rebuild(b, remap(definition, new), rewrite)
        for offset, number in enumerate(b.define(rebuilt, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


def _rebuild(b: ProgramBuilder, definition: Definition, rewrite: Rewrite) -> Definition:
    if isinstance(definition, Comprehension):
        body = b.body()
        (root,) = body.insert(
            definition.body, [len(definition.body) - 1], replace_operation=lambda op, n: rewrite(body, op, n)
        )
        return definition._replace(body=body.extract([root])[0])
    if isinstance(definition, Accumulation):
        return make_accumulation(definition.shape, [_rebuild_piece(b, *piece, rewrite) for piece in definition.pieces])
    if isinstance(definition, Scan):
        return definition._replace(body=rebuild_bodies(definition.body, rewrite))
    return definition


def _rebuild_piece(
    b: ProgramBuilder,
    extents: tuple[Size, ...],
    equations: Sequence[Equation],
    stores: Sequence[Store],
    rewrite: Rewrite,
) -> tuple[tuple[Size, ...], BodyBuilder, list[tuple[tuple[Size, ...], int]]]:
    """A piece of an accumulation as `ProgramBuilder.accumulate` takes it, its operations rewritten."""
    body = b.body()
    inner = [a[1] for store in stores for part in store.subscripts for a in part.atoms() if a[0] == "ref"]
    roots = [store.value for store in stores]
    numbers = body.insert(equations, [*roots, *inner], replace_operation=lambda op, n: rewrite(body, op, n))
    refs = dict(zip(inner, numbers[len(roots) :], strict=True))

    def place(part: Size) -> Size:
        return part.substitute(lambda atom: body.as_size(refs[atom[1]]) if atom[0] == "ref" else None)

    placed = [tuple(place(part) for part in store.subscripts) for store in stores]
    return extents, body, list(zip(placed, numbers[: len(roots)], strict=True))
