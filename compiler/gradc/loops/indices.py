"""Where a program reads or adds at an index that comes from data: what is checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gradc.errors import UnsupportedError
from gradc.ir.equations import Equation, needed_by
from gradc.ir.program import Accumulation, Program, Scan, bodies_of
from gradc.ir.size import Size


class IndexUse(NamedTuple):
    """A subscript from data, the axis that it must fit, and the loops around it; accesses are to the parameters."""

    part: Size
    axis: Size
    extents: tuple[Size, ...]
    body: tuple[Equation, ...]
    steps: tuple[tuple[str, Size], ...]


def index_uses(
    program: Program, source: Mapping[int, int] | None = None, steps: tuple[tuple[str, Size], ...] = ()
) -> Iterator[IndexUse]:
    """All of them, those inside scans too.

    Parameters
    ----------
    source
        For each parameter of `program` that is one of the whole function, its number there; all where left out.
    steps
        The steps of the scans around `program`, and their lengths.

    Raises
    ------
    UnsupportedError
        For an index that is computed before it is used, which cannot be checked ahead.
    """
    known = {k: k for k in range(len(program.parameters))} if source is None else source
    arrays = program.arrays()
    for definition in program.definitions:
        if isinstance(definition, Scan):
            carries = len(definition.initial)
            inner = {carries + k: known[number] for k, number in enumerate(definition.captured) if number in known}
            yield from index_uses(definition.body, inner, (*steps, (definition.step, definition.length)))
        for position, (extents, body, _) in enumerate(bodies_of(definition)):
            places = [
                pair
                for equation in body
                if equation.op == "access"
                for pair in zip(equation.data[1], arrays[equation.data[0]].shape, strict=True)
            ]
            if isinstance(definition, Accumulation):
                for store in definition.pieces[position].stores:
                    places += zip(store.subscripts, definition.shape, strict=True)
            for part, axis in places:
                if part.mentions("ref"):
                    yield IndexUse(part, axis, extents, _over_parameters(body, part, known), steps)


def _over_parameters(body: tuple[Equation, ...], part: Size, known: Mapping[int, int]) -> tuple[Equation, ...]:
    closure = set(needed_by(body, [atom[1] for atom in part.atoms() if atom[0] == "ref"]))
    renamed = list(body)
    for number in closure:
        equation = body[number]
        if equation.op == "access":
            if equation.data[0] not in known:
                raise UnsupportedError(
                    "an index that is computed before it is used cannot be checked ahead; index with an argument, or "
                    "with an expression of one where it is used"
                )
            renamed[number] = equation._replace(data=(known[equation.data[0]], equation.data[1]))
    return tuple(renamed)
