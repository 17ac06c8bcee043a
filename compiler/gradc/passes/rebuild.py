"""Rebuild a program definition by definition, or body by body: what the passes share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from gradc.ir.definitions import (
    Accumulation,
    Comprehension,
    Definition,
    Parameter,
    Scan,
    Store,
    make_accumulation,
    remap,
    result_count,
)
from gradc.ir.equations import BodyBuilder, Equation
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size

Rewrite = Callable[[BodyBuilder, str, tuple[int, ...]], "int | None"]
# The same with the program's builder before it, and the extents of the body's loops.
PlacedRewrite = Callable[[ProgramBuilder, BodyBuilder, tuple[Size, ...], str, tuple[int, ...]], "int | None"]
# Copies the roots of a body, whose loops have these extents, into another: (program builder, what arrays have become,
# the other body, extents, equations, roots) to the roots' numbers there.
Transfer: TypeAlias = Callable[
    [ProgramBuilder, Mapping[int, int], BodyBuilder, tuple[Size, ...], Sequence[Equation], Sequence[int]], list[int]
]

# What stands in the place of a definition over the arrays of a builder; its number where it has been defined already.
Redefinition: TypeAlias = Callable[[ProgramBuilder, Definition], "Definition | int"]


def redefine(program: Program, change: Redefinition, parameters: Sequence[Parameter] | None = None) -> Program:
    """The program whose every definition has gone through `change`, and which may have other parameters."""
    b = ProgramBuilder(program.parameters if parameters is None else parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        made = change(b, remap(definition, new))
        for offset, number in enumerate((made,) if isinstance(made, int) else b.define(made)):
            new[first + offset] = number
            b.name(number, program.hint(first + offset))
    return b.finish([new[number] for number in program.outputs], program.output_names)


def rebuild_bodies(program: Program, rewrite: Rewrite) -> Program:
    """The program whose every operation has gone through `rewrite`, which gives its replacement or None."""
    return rebuild(program, rewriting(lambda _, body, __, op, operands: rewrite(body, op, operands)))


def rewriting(rewrite: PlacedRewrite) -> Transfer:
    """Copies each operation of a body through `rewrite`, which gives its replacement or None."""

    def transfer(
        b: ProgramBuilder,
        new: Mapping[int, int],
        body: BodyBuilder,
        extents: tuple[Size, ...],
        equations: Sequence[Equation],
        roots: Sequence[int],
    ) -> list[int]:
        return body.insert(
            equations,
            roots,
            replace_access=lambda array, place, kind: body.access(new[array], place, kind),
            replace_operation=lambda op, operands: rewrite(b, body, extents, op, operands),
        )

    return transfer


def rebuild(program: Program, transfer: Transfer, *, scans: bool = True) -> Program:
    """The program whose every body, those of scans too where `scans` says so, has gone through `transfer`."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        rebuilt = rebuild_definition(b, new, definition, transfer, scans=scans)
        for offset, number in enumerate(b.define(rebuilt, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


def rebuild_definition(
    b: ProgramBuilder, new: Mapping[int, int], definition: Definition, transfer: Transfer, *, scans: bool
) -> Definition:
    """The definition whose bodies have gone through `transfer`."""
    if isinstance(definition, Comprehension):
        body = b.body()
        (root,) = transfer(b, new, body, definition.extents, definition.body, [len(definition.body) - 1])
        return definition._replace(body=body.extract([root])[0])
    if isinstance(definition, Accumulation):
        pieces = [_rebuild_piece(b, new, *piece, transfer) for piece in definition.pieces]
        return make_accumulation(definition.shape, pieces)
    moved = remap(definition, new)
    if isinstance(moved, Scan) and scans:
        return moved._replace(body=rebuild(moved.body, transfer))
    return moved


def _rebuild_piece(
    b: ProgramBuilder,
    new: Mapping[int, int],
    extents: tuple[Size, ...],
    equations: Sequence[Equation],
    stores: Sequence[Store],
    transfer: Transfer,
) -> tuple[tuple[Size, ...], BodyBuilder, list[tuple[tuple[Size, ...], int]]]:
    """A piece of an accumulation as `ProgramBuilder.accumulate` takes it."""
    body = b.body()
    inner = [a[1] for store in stores for part in store.subscripts for a in part.atoms() if a[0] == "ref"]
    roots = [store.value for store in stores]
    numbers = transfer(b, new, body, extents, equations, [*roots, *inner])
    refs = dict(zip(inner, numbers[len(roots) :], strict=True))

    def place(part: Size) -> Size:
        return part.substitute(lambda atom: body.as_size(refs[atom[1]]) if atom[0] == "ref" else None)

    placed = [tuple(place(part) for part in store.subscripts) for store in stores]
    return extents, body, list(zip(placed, numbers[: len(roots)], strict=True))
