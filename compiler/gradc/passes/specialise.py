"""Put numbers in the place of dimensions.

    z[i:n] = sum[j:d](X[i, j] * w[j])          ->          z[i:n] = sum[j:40](X[i, j] * w[j])          with d = 40

Loops of known length unroll, and buffers have sizes that the C compiler knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradc.ir.definitions import Accumulation, Comprehension, Definition, Scan, make_accumulation
from gradc.ir.equations import BodyBuilder, Equation
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Atom, Size, SizeLike, size
from gradc.passes.rebuild import redefine


def specialise(program: Program, sizes: Mapping[str, SizeLike]) -> Program:
    """The program in which each dimension that `sizes` names is its number, or what else it gives."""
    return _specialise(program, {name: size(value) for name, value in sizes.items()})


def _specialise(program: Program, sizes: Mapping[str, Size]) -> Program:
    def fix(value: Size) -> Size:
        return value.substitute(lambda atom: sizes.get(atom[1]) if atom[0] == "dim" else None)

    parameters = [p._replace(shape=tuple(map(fix, p.shape))) for p in program.parameters]
    return redefine(program, lambda b, definition: _fixed(b, definition, sizes), parameters)


def _fixed(b: ProgramBuilder, definition: Definition, sizes: Mapping[str, Size]) -> Definition:
    def fix(value: Size) -> Size:
        return value.substitute(lambda atom: sizes.get(atom[1]) if atom[0] == "dim" else None)

    def insert(equations: Sequence[Equation], roots: Sequence[int]) -> tuple[BodyBuilder, list[int]]:
        body = b.body()
        return body, body.insert(equations, roots, replace_dim=sizes.get)

    if isinstance(definition, Comprehension):
        body, (root,) = insert(definition.body, [len(definition.body) - 1])
        extents = tuple(map(fix, definition.extents))
        return definition._replace(extents=extents, body=body.extract([root])[0])
    if isinstance(definition, Accumulation):
        pieces = []
        for piece in definition.pieces:
            roots = [store.value for store in piece.stores]
            inner = [a[1] for s in piece.stores for part in s.subscripts for a in part.atoms() if a[0] == "ref"]
            body, numbers = insert(piece.body, [*roots, *inner])
            refs = {old: body.as_size(number) for old, number in zip(inner, numbers[len(roots) :], strict=True)}

            def place(atom: Atom, refs: Mapping[int, Size] = refs) -> Size | None:
                return refs[atom[1]] if atom[0] == "ref" else sizes.get(atom[1]) if atom[0] == "dim" else None

            stores = [
                (tuple(part.substitute(place) for part in store.subscripts), number)
                for store, number in zip(piece.stores, numbers, strict=False)
            ]
            pieces.append((tuple(map(fix, piece.extents)), body, stores))
        return make_accumulation(tuple(map(fix, definition.shape)), pieces)
    if isinstance(definition, Scan):
        outer = {name: value for name, value in sizes.items() if name != definition.step}
        return definition._replace(length=fix(definition.length), body=_specialise(definition.body, outer))
    return definition._replace(shapes=tuple(tuple(map(fix, shape)) for shape in definition.shapes))
