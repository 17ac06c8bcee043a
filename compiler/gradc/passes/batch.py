"""Give a program a leading axis of points: all of it once for each, and each loop over the points is a vector loop.

    def program(x: real, y: real, a: real):              def program(x: real[points], y: real[points], a: real):
        value = (a - x)**2 + y                   ->          value[p:points] = (a - x[p])**2 + y[p]
        return value                                         return value

Parameters that are not batched are shared by all points. A result has the axis whether or not it depends on the point.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from gradc.errors import UnsupportedError
from gradc.ir.definitions import (
    Accumulation,
    Comprehension,
    Definition,
    Scan,
    make_accumulation,
    reads,
    remap,
    result_count,
)
from gradc.ir.equations import BodyBuilder, Equation
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Atom, Size, index, symbol


def batch(program: Program, batched: Collection[int], points: str) -> Program:
    """The program over many points.

    Parameters
    ----------
    batched
        The numbers of the parameters that have a row for each point.
    points
        The dimension's symbol, which the program does not have.
    """
    count = symbol(points)
    b = ProgramBuilder(
        [p._replace(shape=(count, *p.shape)) if k in batched else p for k, p in enumerate(program.parameters)]
    )
    new = {k: k for k in range(len(program.parameters))}
    wide = set(batched)  # arrays of the new program that have the axis
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        moved = remap(definition, new)
        depends = any(number in wide for number in reads(moved))
        for offset, number in enumerate(b.define(_widened(b, moved, wide, count) if depends else moved, *hints)):
            new[first + offset] = number
            if depends:
                wide.add(number)
    outputs = [new[number] if new[number] in wide else _repeated(b, new[number], count) for number in program.outputs]
    return b.finish(outputs, program.output_names)


def _widened(b: ProgramBuilder, definition: Definition, wide: Collection[int], count: Size) -> Definition:
    if not isinstance(definition, (Comprehension, Accumulation)):
        what = "a scan" if isinstance(definition, Scan) else f"the routine {definition.routine}"
        raise UnsupportedError(f"a loss with {what} cannot be mapped over points yet; call it in a loop")

    def insert(equations: Sequence[Equation], roots: list[int]) -> tuple[BodyBuilder, list[int]]:
        body = b.body()

        def read(array: int, subscripts: tuple[Size, ...], kind: str) -> int:
            return body.access(array, (index(0), *subscripts) if array in wide else subscripts, kind)

        numbers = body.insert(equations, roots, replace_index=lambda k: index(k + 1), replace_access=read)
        return body, numbers

    if isinstance(definition, Comprehension):
        body, (root,) = insert(definition.body, [len(definition.body) - 1])
        extents = (count, *definition.extents)
        return Comprehension(extents, definition.rank + 1, definition.reduction, body.extract([root])[0])
    pieces = []
    for piece in definition.pieces:
        roots = [store.value for store in piece.stores]
        inner = [a[1] for s in piece.stores for part in s.subscripts for a in part.atoms() if a[0] == "ref"]
        body, numbers = insert(piece.body, [*roots, *inner])
        refs = {old: body.as_size(number) for old, number in zip(inner, numbers[len(roots) :], strict=True)}
        stores = []
        for store, number in zip(piece.stores, numbers, strict=False):
            stores.append(((index(0), *(_moved(part, refs) for part in store.subscripts)), number))
        pieces.append(((count, *piece.extents), body, stores))
    return make_accumulation((count, *definition.shape), pieces)


def _moved(part: Size, refs: Mapping[int, Size]) -> Size:
    """A subscript with its indices one further on, and its refs in the new body."""

    def move(atom: Atom) -> Size | None:
        return index(atom[1] + 1) if atom[0] == "index" else refs[atom[1]] if atom[0] == "ref" else None

    return part.substitute(move)


def _repeated(b: ProgramBuilder, number: int, count: Size) -> int:
    """The same array for every point."""
    shape = b.arrays[number].shape
    body = b.body()
    value = b.access(body, number, *(index(k + 1) for k in range(len(shape))))
    return b.comprehend(body, value, [count, *shape])
