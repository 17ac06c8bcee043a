"""Copy a tile of a data matrix to where its columns are contiguous, and a tile of a result back.

    s[i:n] = sum[k:c](exp(Z[i, k]))               ->      Z_tile[i:n, k:c] = Z[i, k]
                                                           s[i:n] = sum[k:c](exp(Z_tile[i, k]))

    P[i:n, k:c] = exp(Z[i, k]) / s[i]             ->      P_tile[i:n, k:c] = exp(Z_tile[i, k]) / s[i]
                                                           P[i:n, k:c] = P_tile[i, k]

    r[i:n] = hypot(x[i, 0], x[i, 1]) - x[i, 2]    ->      x_tile[i:n, k:3] = x[i, k]
                                                           r[i:n] = hypot(x_tile[i, 0], x_tile[i, 1]) - x_tile[i, 2]

    d[i:n, j:m] = sum[k:c]((X[i, k] - Y[j, k])**2)   ->   X_tile[i:n, k:c] = X[i, k]
                                                           d[i:n, j:m] = sum[k:c]((X_tile[i, k] - Y[j, k])**2)

Loops over a few columns then run along many rows. It pays where the elements go through something dear, are one set of
pairs of two, or where the fields of a record go through many operations, and in a tile's buffers with contiguous
columns alone: what would be stored otherwise is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TypeAlias

from gradc.ir.definitions import Accumulation, Comprehension, Definition, bodies_of, remap, result_count, with_equations
from gradc.ir.equations import Equation, index_dependencies
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index
from gradc.schedule.costs import cost, is_dear

_HEAVY = 2  # what a record's formula costs for each of its fields, where these are worth a copy
_FEWEST, _WIDEST = 3, 32  # fields of a record: loads of two are a shuffle, and a tile is to stay in the nearest cache

Copy: TypeAlias = tuple[str, int]  # "in", and the number of a parameter; or "out", and the position of an output


def copy_columns(program: Program, refused: Collection[Copy]) -> tuple[Program, dict[int, Copy]]:
    """The program with copies, and what each array that is added is for."""
    shapes = {shape for definition in program.definitions for shape in _shapes(definition)}
    chosen = {k for d in program.definitions for k, _ in _matrices(program, d) if program.parameters[k].shape in shapes}
    records = {k for d in program.definitions for k in _records(program, d)}
    wanted = {k for k in chosen | records if ("in", k) not in refused}
    added: dict[int, Copy] = {}
    if not wanted:
        return program, added
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        moved = _with_copies(b, program, remap(definition, new), wanted, added)
        out = ("out", program.outputs.index(first)) if first in program.outputs else None
        if out is not None and out not in refused and (_is_written(moved, shapes) or _is_of_records(moved)):
            tile = b.define_apart(moved)
            added[tile] = out
            moved = _copy(b, tile)
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names), added


def _with_copies(
    b: ProgramBuilder, program: Program, definition: Definition, wanted: Collection[int], added: dict[int, Copy]
) -> Definition:
    """The definition, in the new program's numbers, with copies read in the place of parameters."""
    matrices = [(array, row) for array, row in _matrices(program, definition) if array in wanted]
    records = [array for array in _records(program, definition) if array in wanted]
    copies: dict[int, int] = {}
    for array in dict.fromkeys([array for array, _ in matrices] + records):
        copies[array] = b.define(_copy(b, array), f"{program.parameters[array].name}_tile")[0]
        added[copies[array]] = ("in", array)

    def read(equation: Equation) -> Equation:
        if equation.op != "access":
            return equation
        array, place = equation.data
        if (_is_matrix(place) and (array, place[0]) in matrices) or (array in records and _is_field(place)):
            return equation._replace(data=(copies[array], place))
        return equation

    return with_equations(definition, read) if copies else definition


def _copy(b: ProgramBuilder, array: int) -> Comprehension:
    """A matrix that is another, element by element."""
    body = b.body()
    element = b.access(body, array, index(0), index(1))
    return Comprehension(b.arrays[array].shape, 2, None, body.extract([element])[0])


def _is_written(definition: Definition, shapes: Collection[tuple[Size, ...]]) -> bool:
    """Whether a definition computes a matrix of one of these shapes, and does not only copy it."""
    return (
        isinstance(definition, Comprehension)
        and definition.reduction is None
        and definition.extents in shapes
        and definition.body[-1].op != "access"
    )


def _is_of_records(definition: Definition) -> bool:
    """Whether a definition puts a matrix together from its columns, each with a formula of its own."""
    if not isinstance(definition, Accumulation) or len(definition.pieces) != 1 or not _are_records(definition.shape):
        return False
    (piece,) = definition.pieces
    fields = {store.subscripts for store in piece.stores}
    return (
        len(fields) == len(piece.stores)
        and piece.extents == definition.shape[:1]
        and all(map(_is_field, fields))
        and cost(piece.body) >= _HEAVY * len(fields)
    )


def _records(program: Program, definition: Definition) -> list[int]:
    """The matrices among the parameters of which a definition reads some columns for each row, for a long formula."""
    found: dict[int, None] = {}
    for extents, body, _ in bodies_of(definition):
        fields = {
            equation.data
            for equation in body
            if equation.op == "access"
            and equation.data[0] < len(program.parameters)
            and program.parameters[equation.data[0]].dtype == "real"
            and _is_field(equation.data[1])
            and _are_records(program.parameters[equation.data[0]].shape)
            and extents[equation.data[1][0].atom[1]] == program.parameters[equation.data[0]].shape[0]
        }
        if cost(body) >= _HEAVY * len(fields):
            found.update((array, None) for array, _ in sorted(fields, key=str))
    return list(found)


def _are_records(shape: Sequence[Size]) -> bool:
    """Whether rows of an array are records of a few fields."""
    width = shape[-1].constant if len(shape) == 2 else None
    return width is not None and _FEWEST <= width <= _WIDEST and shape[0].constant is None


def _is_field(place: Sequence[Size]) -> bool:
    """Whether subscripts name one column, of a row that a loop counts."""
    row = place[0].atom if len(place) == 2 else None
    return row is not None and row[0] == "index" and place[1].constant is not None


def _matrices(program: Program, definition: Definition) -> list[tuple[int, Size]]:
    """The matrices among the parameters that a definition reads row by row, over all of both axes, and the rows' index.

    Where it is one of pairs, rows are those of the pairs alone.
    """
    found: dict[tuple[int, Size], None] = {}
    rows = _rows_of_pairs(definition)
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
            if (
                shape[0].constant is None
                and all(extents[part.atom[1]] == n for part, n in zip(place, shape, strict=True))
                and (not rows or place[0] in rows)
            ):
                found[array, place[0]] = None
    return list(found)


def _rows_of_pairs(definition: Definition) -> set[Size]:
    """The index of the rows of an array of pairs, in three loops of a sum that is no product, with weights or without.

    d[i:n, j:m] = sum[k:c]((X[i, k] - Y[j, k]) ** 2)       g[j:m, k:c] = sum[i:n](d[i, j] * (Y[j, k] - X[i, k]))
    """
    if not isinstance(definition, Comprehension) or definition.reduction != "sum" or len(definition.extents) != 3:
        return set()
    if all(equation.op in ("access", "mul") for equation in definition.body):
        return set()
    places = [e.data[1] for e in definition.body if e.op == "access" and _is_matrix(e.data[1])]
    if definition.rank == 2:
        places.append((index(0), index(1)))
    lasts = Counter(place[1] for place in places)
    return {rows for rows, column in places if lasts[column] == 1 and lasts[rows] == 0}


def _shapes(definition: Definition) -> list[tuple[Size, ...]]:
    """The extents of the pairs of loops that elements of matrices are read over, of those that are worth copies."""
    heavy, rows = _is_heavy(definition), _rows_of_pairs(definition)
    if not heavy and not rows:
        return []
    return [
        tuple(extents[part.atom[1]] for part in equation.data[1])
        for extents, body, _ in bodies_of(definition)
        for equation in body
        if equation.op == "access" and _is_matrix(equation.data[1]) and (heavy or equation.data[1][0] in rows)
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
