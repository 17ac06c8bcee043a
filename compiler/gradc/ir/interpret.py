"""Run a program with plain NumPy: the oracle of every pass, and the answer where there is no C compiler.

The meaning of the scalar operations, reductions and routines comes with the call, as a `Semantics`; what each kind of
definition means is here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gradc.errors import IndexRangeError
from gradc.ir.definitions import Accumulation, Call, Comprehension, Definition, Scan
from gradc.ir.equations import Equation, references
from gradc.ir.program import Program
from gradc.ir.size import Atom

Values = npt.NDArray[Any]


class Semantics(NamedTuple):
    """What operations (elementwise), reductions (over an axis tuple) and routines (on whole arrays) compute."""

    operations: Mapping[str, Callable[..., Any]]
    reductions: Mapping[str, Callable[..., Any]]
    routines: Mapping[str, Callable[..., Any]]


def interpret(
    program: Program,
    arguments: Sequence[Any],
    semantics: Semantics,
    dtype: str = "float64",
    dims: Mapping[str, int] | None = None,
) -> tuple[Values, ...]:
    """Evaluate a program.

    Parameters
    ----------
    arguments
        One value for each parameter, of its shape.
    dtype
        What ``"real"`` stands for.
    dims
        Dimensions that the arguments' shapes do not tell.

    Returns
    -------
    tuple of numpy.ndarray
        The outputs.
    """
    bound: dict[Atom, int] = {("dim", name): value for name, value in (dims or {}).items()}
    arrays: list[Values] = []
    for parameter, argument in zip(program.parameters, arguments, strict=True):
        value = np.asarray(argument, dtype=dtype if parameter.dtype == "real" else parameter.dtype)
        for extent, actual in zip(parameter.shape, value.shape, strict=True):
            if extent.atom is not None and extent.atom[0] == "dim":
                bound.setdefault(extent.atom, actual)
        arrays.append(value)
    with np.errstate(all="ignore"):
        for definition in program.definitions:
            arrays += evaluate_definition(definition, arrays, bound, semantics, dtype)
    return tuple(arrays[number] for number in program.outputs)


def evaluate_definition(
    definition: Definition, arrays: Sequence[Values], dims: dict[Atom, int], semantics: Semantics, dtype: str
) -> list[Values]:
    """The results of one definition, from all arrays before it."""
    if isinstance(definition, Comprehension):
        extents = tuple(extent.evaluate(dims) for extent in definition.extents)
        contracted = _contract(definition, extents, arrays, dtype)
        if contracted is not None:
            return [contracted]
        full = _over_all(definition, extents, arrays, dims, semantics, dtype)
        if definition.reduction is None:
            return [np.array(full)]
        axes = tuple(range(definition.rank, len(extents)))
        return [np.asarray(semantics.reductions[definition.reduction](full, axes), dtype=dtype)]
    if isinstance(definition, Accumulation):
        result = np.zeros(tuple(extent.evaluate(dims) for extent in definition.shape), dtype)
        for piece in definition.pieces:
            extents = tuple(extent.evaluate(dims) for extent in piece.extents)
            if 0 in extents:
                continue
            values, atoms = evaluate_body(piece.body, extents, arrays, dims, semantics, dtype)
            for store in piece.stores:
                places = tuple(np.broadcast_to(part.evaluate(atoms), extents) for part in store.subscripts)
                inside = np.ones(extents, bool)
                for place, extent in zip(places, result.shape, strict=True):
                    inside &= (place >= 0) & (place < extent)
                value = np.broadcast_to(values[store.value], extents)
                if not places:
                    result += np.sum(value)
                    continue
                np.add.at(result, tuple(place[inside] for place in places), value[inside])
        return [result]
    if isinstance(definition, Scan):
        return _run_scan(definition, arrays, dims, semantics, dtype)
    return _call(definition, arrays, semantics, dtype)


def _over_all(
    definition: Comprehension,
    extents: tuple[int, ...],
    arrays: Sequence[Values],
    dims: dict[Atom, int],
    semantics: Semantics,
    dtype: str,
) -> Values:
    """The values of a comprehension's body over all its indices."""
    if 0 in extents:  # nothing is evaluated, such as a subscript that is taken modulo an empty axis
        return np.zeros(extents, {"real": dtype, "integer": "int64", "boolean": "bool"}[definition.body[-1].kind])
    values, _ = evaluate_body(definition.body, extents, arrays, dims, semantics, dtype)
    return np.broadcast_to(values[-1], extents)


def _call(definition: Call, arrays: Sequence[Values], semantics: Semantics, dtype: str) -> list[Values]:
    results = semantics.routines[definition.routine](*(arrays[number] for number in definition.arguments))
    return [np.asarray(value, dtype=dtype) for value in (results if isinstance(results, tuple) else (results,))]


def _run_scan(
    definition: Scan, arrays: Sequence[Values], dims: dict[Atom, int], semantics: Semantics, dtype: str
) -> list[Values]:
    steps = definition.length.evaluate(dims)
    carries: tuple[Values, ...] = tuple(arrays[number] for number in definition.initial)
    captured = [arrays[number] for number in definition.captured]
    trajectory = [[carry] for carry in carries]
    for step in range(steps):
        inner = {atom[1]: value for atom, value in dims.items()} | {definition.step: step}
        carries = interpret(definition.body, [*carries, *captured], semantics, dtype, inner)
        for history, carry in zip(trajectory, carries, strict=True):
            history.append(carry)
    return [np.stack(history) for history in trajectory]


def evaluate_body(
    body: Sequence[Equation],
    extents: Sequence[int],
    arrays: Sequence[Values],
    dims: Mapping[Atom, int],
    semantics: Semantics,
    dtype: str,
) -> tuple[list[Any], dict[Atom, Any]]:
    """The values of a body's equations over all indices, and those of its integers by their atoms."""
    atoms: dict[Atom, Any] = dict(dims)
    for axis, extent in enumerate(extents):
        shape = [1] * len(extents)
        shape[axis] = extent
        atoms["index", axis] = np.arange(extent).reshape(shape)
    values: list[Any] = []
    for number, equation in enumerate(body):
        if equation.op == "constant":
            value = equation.data if isinstance(equation.data, bool) else np.dtype(dtype).type(equation.data)
        elif equation.op == "integer":
            value = np.asarray(equation.data.evaluate(atoms), dtype=np.int64)
        elif equation.op == "access":
            value = _read(equation, arrays, atoms)
            value = value.astype(dtype) if equation.kind == "real" else value
        elif equation.op == "real":
            value = np.asarray(values[equation.operands[0]]).astype(dtype)
        else:
            value = semantics.operations[equation.op](*(values[operand] for operand in equation.operands))
        values.append(value)
        if equation.kind == "integer":
            atoms["ref", number] = np.asarray(value).astype(np.int64)
    return values, atoms


def _read(equation: Equation, arrays: Sequence[Values], atoms: Mapping[Atom, Any]) -> Values:
    array, subscripts = arrays[equation.data[0]], equation.data[1]
    if not subscripts:
        return np.asarray(array)
    places = [np.asarray(part.evaluate(atoms)) for part in subscripts]
    shape = np.broadcast_shapes(*(place.shape for place in places))
    if 0 in shape:
        return np.zeros(shape, array.dtype)
    if 0 in array.shape:
        if any(part.mentions("ref") for part in subscripts):
            raise IndexRangeError("an index is out of range for an axis of length 0")
        return np.zeros(shape, array.dtype)
    clipped = []
    for part, place, extent in zip(subscripts, places, array.shape, strict=True):
        inside = np.clip(place, 0, extent - 1)
        # A subscript that comes from data is checked; any other is in range wherever its value is used.
        if references(equation) and part.mentions("ref") and not np.array_equal(inside, place):
            raise IndexRangeError(f"an index is out of range for an axis of length {extent}")
        clipped.append(inside)
    return np.asarray(array[tuple(clipped)])


def _contract(definition: Comprehension, extents: Sequence[int], arrays: Sequence[Values], dtype: str) -> Values | None:
    """A sum of products of plainly indexed arrays through einsum, which needs no array of all indices."""
    if definition.reduction != "sum" or 0 in extents:
        return None
    operands: list[tuple[Values, list[int]]] = []
    seen: set[int] = set()
    pending = [definition.body[-1]]
    while pending:
        equation = pending.pop()
        if equation.op == "mul":
            pending += [definition.body[below] for below in equation.operands]
            continue
        if equation.op != "access" or equation.kind != "real":
            return None
        axes = [atom[1] if (atom := part.atom) is not None and atom[0] == "index" else -1 for part in equation.data[1]]
        if -1 in axes or len(set(axes)) != len(axes):
            return None
        array = arrays[equation.data[0]]
        if any(array.shape[k] != extents[axis] for k, axis in enumerate(axes)):
            return None
        operands.append((array.astype(dtype, copy=False), axes))
        seen.update(axes)
    if seen != set(range(len(extents))):
        return None
    interleaved: list[Any] = []
    for array, axes in operands:
        interleaved += [array, axes]
    return np.asarray(np.einsum(*interleaved, list(range(definition.rank)), optimize=True))
