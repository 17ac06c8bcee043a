"""Arguments drawn at random for a kernel that nobody gave any to.

    sizes = draw_sizes(program)                         # {"d": 3, "n": 4}: small, and all different
    for sample in samples(program, "float64", seed=0):  # plain numbers first, then kinder ones
        kernel(*sample.arguments)

Integer arrays are drawn in the range of the axes that they index, as far as the program tells. What the real arrays
must be, positive for instance, it does not tell: there are several recipes, and the caller takes the first that works.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gradc import interface
from gradc.errors import ArgumentError
from gradc.ir.definitions import Accumulation, Scan, bodies_of, result_count
from gradc.ir.equations import Equation
from gradc.ir.program import Program
from gradc.ir.size import Size
from gradc.runtime.arguments import evaluate

_SMALLEST, _LARGEST = 3, 40
_UNKNOWN_RANGE = 2  # for an integer array that indexes nothing


class Sample(NamedTuple):
    """Arguments, in order, and what was drawn."""

    recipe: str
    arguments: tuple[Any, ...]


def draw_sizes(program: Program) -> dict[str, int]:
    """Small and different sizes for the dimensions, that every extent of the program allows."""
    names = program.symbols()
    constraints = interface.constraints(program)
    for first in range(_SMALLEST, _LARGEST):
        ascending = range(first, first + len(names))
        for values in (ascending, reversed(ascending)):
            sizes = dict(zip(names, values, strict=True))
            if all(evaluate(extent, sizes) >= 0 for extent, _ in constraints):
                return sizes
    reasons = "; ".join(text for _, text in constraints)
    raise ArgumentError(f"no small sizes for {', '.join(names)} were found that fit: {reasons}")


def samples(program: Program, dtype: str, seed: int = 0) -> Iterator[Sample]:
    """Samples by one recipe after the other, the plainest first."""
    sizes = {("dim", name): value for name, value in draw_sizes(program).items()}
    indexed = indexed_extents(program)
    for recipe in _RECIPES:
        rng = np.random.default_rng(seed)
        arguments: list[Any] = []
        for number, parameter in enumerate(program.parameters):
            shape = tuple(extent.evaluate(sizes) for extent in parameter.shape)
            if parameter.dtype == "bool":
                value: Any = rng.random(shape) < 0.5
            elif "int" in parameter.dtype:
                # Extents of what is made inside a scan may name its step: those are left out.
                extents = [e.evaluate(sizes) for e in indexed.get(number, ()) if _is_known(e, sizes)]
                value = rng.integers(0, max(min(extents, default=_UNKNOWN_RANGE), 1), shape).astype(parameter.dtype)
            else:
                real = dtype if parameter.dtype == "real" else parameter.dtype
                value = np.asarray(_draw(recipe, rng, shape), real)
            arguments.append(value if shape else value.item())
        yield Sample(recipe, tuple(arguments))


# What real arrays hold. Domains are not part of a program, so these are guesses, from the plainest on.
_RECIPES = ("normal", "between 0.2 and 0.8", "between 1.2 and 1.8", "positive definite")


def _draw(recipe: str, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    if recipe == "normal":
        return rng.standard_normal(shape)
    if recipe == "positive definite" and len(shape) >= 2 and shape[-1] == shape[-2]:
        root = rng.standard_normal(shape)
        return root @ np.swapaxes(root, -1, -2) + shape[-1] * np.eye(shape[-1])
    return rng.uniform(1.2, 1.8, shape) if recipe == "between 1.2 and 1.8" else rng.uniform(0.2, 0.8, shape)


def _is_known(extent: Size, sizes: dict[tuple[str, str], int]) -> bool:
    return all(atom in sizes or atom[0] in ("//", "%") for atom in extent.atoms())


def indexed_extents(program: Program) -> dict[int, list[Size]]:
    """For each parameter by number, the extents of the axes that its elements index."""
    origins = {number: frozenset([number]) for number in range(len(program.parameters))}
    found: dict[int, list[Size]] = {}
    _collect(program, origins, found)
    return found


def _collect(program: Program, origins: dict[int, frozenset[int]], found: dict[int, list[Size]]) -> None:
    """Note what each array is computed from, and which axes that reaches as a subscript."""
    arrays = program.arrays()
    number = len(program.parameters)
    for definition in program.definitions:
        sources: frozenset[int] = frozenset()
        for _, body, _ in bodies_of(definition):
            below = _sources(body, origins)
            sources |= frozenset().union(*below)
            for equation in body:
                if equation.op == "access":
                    array, subscripts = equation.data
                    _note(subscripts, arrays[array].shape, below, found)
        if isinstance(definition, Accumulation):
            for piece in definition.pieces:
                below = _sources(piece.body, origins)
                for store in piece.stores:
                    _note(store.subscripts, definition.shape, below, found)
        if isinstance(definition, Scan):
            outside = (*definition.initial, *definition.captured)
            inside = {k: origins.get(array, frozenset()) for k, array in enumerate(outside)}
            _collect(definition.body, inside, found)
        # Only integers can index; what was rounded from a real is of no interest.
        for _ in range(result_count(definition)):
            origins[number] = sources if arrays[number].kind == "integer" else frozenset()
            number += 1


def _sources(body: tuple[Equation, ...], origins: dict[int, frozenset[int]]) -> list[frozenset[int]]:
    """For each equation, the parameters that its integer value is computed from."""
    found: list[frozenset[int]] = []
    for equation in body:
        own: frozenset[int] = frozenset()
        if equation.op == "access" and equation.kind == "integer":
            own = origins.get(equation.data[0], frozenset())
        elif equation.op == "integer":
            own = own.union(*(found[atom[1]] for atom in equation.data.atoms() if atom[0] == "ref"))
        found.append(own.union(*(found[operand] for operand in equation.operands)))
    return found


def _note(
    subscripts: tuple[Size, ...], shape: tuple[Size, ...], sources: list[frozenset[int]], found: dict[int, list[Size]]
) -> None:
    for subscript, extent in zip(subscripts, shape, strict=True):
        for atom in subscript.atoms():
            if atom[0] == "ref":
                for parameter in sorted(sources[atom[1]]):
                    found.setdefault(parameter, []).append(extent)
