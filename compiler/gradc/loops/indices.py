"""Where a program reads or adds at an index that comes from data: what is checked before anything is computed.

A read is always checked. What is added outside of an array gives nothing, and so needs no check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradc.calculus.semantics import SEMANTICS
from gradc.errors import IndexRangeError, UnsupportedError
from gradc.ir.definitions import Accumulation, Scan, bodies_of
from gradc.ir.equations import BOOLEAN, Equation, needed_by
from gradc.ir.interpret import evaluate_body
from gradc.ir.program import Program
from gradc.ir.size import Atom, Size

_NOTHING = Equation("constant", BOOLEAN, (), False)


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
    """All reads, those inside scans too.

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
        for extents, body, _ in bodies_of(definition):
            for equation in body:
                if equation.op != "access":
                    continue
                for part, axis in zip(equation.data[1], arrays[equation.data[0]].shape, strict=True):
                    if part.mentions("ref"):
                        yield IndexUse(part, axis, extents, _over_parameters(body, part, known), steps)


def check_indices(program: Program, arguments: Sequence[Any], dims: Mapping[str, int]) -> None:
    """Raise an IndexRangeError where one of the subscripts does not fit its axis, as the C does.

    Parameters
    ----------
    arguments
        One array for each parameter.
    dims
        The sizes of all dimensions.
    """
    for use in index_uses(program):
        atoms: dict[Atom, Any] = {("dim", name): value for name, value in dims.items()}
        rank = len(use.extents) + len(use.steps)
        for k, (step, length) in enumerate(use.steps):  # an axis before those of the loops
            shape = [1] * rank
            shape[k] = length.evaluate(atoms)
            atoms["dim", step] = np.arange(shape[k]).reshape(shape)
        refs = [atom[1] for atom in use.part.atoms() if atom[0] == "ref"]
        body = [
            equation if number in needed else _NOTHING
            for needed in [set(needed_by(use.body, refs))]
            for number, equation in enumerate(use.body)
        ]
        extents = [extent.evaluate(atoms) for extent in use.extents]
        _, values = evaluate_body(body, extents, arguments, atoms, SEMANTICS, "float64")
        places, axis = np.asarray(use.part.evaluate(values)), use.axis.evaluate(atoms)
        if 0 not in extents and np.any((places < 0) | (places >= axis)):
            raise IndexRangeError(f"an index is out of range for an axis of length {axis}")


def store_uses(definition: Accumulation, known: Mapping[int, int]) -> Iterator[IndexUse | None]:
    """Where an accumulation adds at an index that comes from data; None for an index that is computed before."""
    for piece in definition.pieces:
        for store in piece.stores:
            for part, axis in zip(store.subscripts, definition.shape, strict=True):
                if part.mentions("ref"):
                    body = _renamed(piece.body, part, known)
                    yield None if body is None else IndexUse(part, axis, piece.extents, body, ())


def _over_parameters(body: tuple[Equation, ...], part: Size, known: Mapping[int, int]) -> tuple[Equation, ...]:
    renamed = _renamed(body, part, known)
    if renamed is None:
        raise UnsupportedError(
            "an index that is computed before it is used cannot be checked ahead; index with an argument, or with an "
            "expression of one where it is used"
        )
    return renamed


def _renamed(body: tuple[Equation, ...], part: Size, known: Mapping[int, int]) -> tuple[Equation, ...] | None:
    """The body with the numbers of the whole function's parameters; None where the subscript reads anything else."""
    renamed = list(body)
    for number in needed_by(body, [atom[1] for atom in part.atoms() if atom[0] == "ref"]):
        equation = body[number]
        if equation.op == "access":
            if equation.data[0] not in known:
                return None
            renamed[number] = equation._replace(data=(known[equation.data[0]], equation.data[1]))
    return tuple(renamed)
