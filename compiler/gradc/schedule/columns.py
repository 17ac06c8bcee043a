"""Copy a tile of a data matrix to where its columns are contiguous, and a tile of a result back.

    s[i:n] = sum[k:c](exp(Z[i, k]))               ->      Z_tile[i:n, k:c] = Z[i, k]
                                                           s[i:n] = sum[k:c](exp(Z_tile[i, k]))

    P[i:n, k:c] = exp(Z[i, k]) / s[i]             ->      P_tile[i:n, k:c] = exp(Z_tile[i, k]) / s[i]
                                                           P[i:n, k:c] = P_tile[i, k]

Loops over a few columns then run along many rows. It pays where the elements go through something dear, and in a tile's
buffers alone: what would be stored whole is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

from gradc.ir.equations import Equation, index_dependencies
from gradc.ir.program import Comprehension, Definition, Program, ProgramBuilder, bodies_of, remap, result_count
from gradc.ir.size import Size, index
from gradc.schedule.costs import is_dear

Copy: TypeAlias = tuple[str, int]  # "in", and the number of a parameter; or "out", and the position of an output


def copy_columns(program: Program, refused: Collection[Copy]) -> tuple[Program, dict[int, Copy]]:
    """The program with copies, and what each array that is added is for."""
    shapes = {shape for definition in program.definitions if _is_heavy(definition) for shape in _shapes(definition)}
    chosen = {
        k: None for d in program.definitions for k in _matrices(program, d) if program.parameters[k].shape in shapes
    }
    wanted = [k for k in chosen if ("in", k) not in refused]
    added: dict[int, Copy] = {}
    if not wanted:
        return program, added
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        moved: Definition
        if isinstance(definition, Comprehension):
            moved = _with_copies(b, program, definition, new, wanted, added)
        else:
            moved = remap(definition, new)
        out = ("out", program.outputs.index(first)) if first in program.outputs else None
        if out is not None and out not in refused and isinstance(moved, Comprehension) and _is_written(moved, shapes):
            tile = b.define_apart(moved)
            added[tile] = out
            body = b.body()
            value = b.access(body, tile, index(0), index(1))
            moved = moved._replace(body=body.extract([value])[0])
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names), added


def _with_copies(
    b: ProgramBuilder,
    program: Program,
    definition: Comprehension,
    new: dict[int, int],
    wanted: Collection[int],
    added: dict[int, Copy],
) -> Comprehension:
    copies = [k for k in _matrices(program, definition) if k in wanted]
    body = b.body()

    def read(array: int, place: tuple[Size, ...], kind: str) -> int:
        if array not in copies or not _is_matrix(place):
            return body.access(new[array], place, kind)
        shape = program.parameters[array].shape
        inner = b.body()
        element = b.access(inner, array, index(0), index(1))
        hint = f"{program.parameters[array].name}_tile"
        copy = b.define(Comprehension(shape, 2, None, inner.extract([element])[0]), hint)[0]
        added[copy] = ("in", array)
        return body.access(copy, place, kind)

    (root,) = body.insert(definition.body, [len(definition.body) - 1], replace_access=read)
    return definition._replace(body=body.extract([root])[0])


def _is_written(definition: Comprehension, shapes: Collection[tuple[Size, ...]]) -> bool:
    """Whether a definition computes a matrix of one of these shapes, and does not only copy it."""
    return definition.reduction is None and definition.extents in shapes and definition.body[-1].op != "access"


def _matrices(program: Program, definition: Definition) -> list[int]:
    """The matrices among the parameters that a definition reads row by row, over all of both axes."""
    found: dict[int, None] = {}
    for extents, body, _ in bodies_of(definition):
        if _is_product(body):
            continue
        for equation in body:
            if equation.op != "access" or equation.data[0] >= len(program.parameters) or equation.kind != "real":
                continue
            array, place = equation.data
            shape = program.parameters[array].shape
            if program.parameters[array].dtype != "real" or not _is_matrix(place) or shape[0] == shape[1]:
                continue
            if shape[0].constant is None and all(
                extents[part.atom[1]] == n for part, n in zip(place, shape, strict=True)
            ):
                found[array] = None
    return list(found)


def _shapes(definition: Definition) -> list[tuple[Size, ...]]:
    """The extents of the pairs of loops that the elements of matrices are read over."""
    return [
        tuple(extents[part.atom[1]] for part in equation.data[1])
        for extents, body, _ in bodies_of(definition)
        for equation in body
        if equation.op == "access" and _is_matrix(equation.data[1])
    ]


def _is_matrix(place: tuple[Size, ...]) -> bool:
    atoms = [part.atom for part in place]
    return len(atoms) == 2 and all(a is not None and a[0] == "index" for a in atoms) and atoms[0] != atoms[1]


def _is_heavy(definition: Definition) -> bool:
    """Whether elements of a matrix go through something dear, row by row, or into a maximum of their row."""
    if not isinstance(definition, Comprehension) or len(definition.extents) < 2:
        return False
    if definition.reduction in ("max", "min") and definition.rank == 1:
        return True
    depends = index_dependencies(definition.body)
    dear = any(is_dear(e) and len(depends[number]) > 1 for number, e in enumerate(definition.body))
    by_row = any(e.op == "access" and len(depends[number]) == 1 for number, e in enumerate(definition.body))
    return dear and (by_row or 0 < definition.rank < len(definition.extents))


def _is_product(body: tuple[Equation, ...]) -> bool:
    """Whether a body multiplies elements of two arrays that it reads at different indices."""
    if body[-1].op != "mul" or any(body[number].op != "access" for number in body[-1].operands):
        return False
    first, second = (set(body[number].data[1]) for number in body[-1].operands)
    return first != second
