"""Reverse mode: a program's value together with the gradients of its inputs, as one program.

    T[i] = sum[k](e)   with an access U[f(i, k)] in e   gives   Ubar[f] += Tbar[i] * ∂e/∂U

summed over the indices that f does not name: a comprehension where f is a choice of distinct indices, and an
accumulation otherwise. The gradient of a broadcast (a sum) and of a sum (a broadcast) both fall out of it.

The scalar part follows Griewank and Walther, *Evaluating Derivatives* (2nd ed., 2008), section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gradc.calculus.chain import active_equations, scale, sweep
from gradc.calculus.lifting import lift_definitions, lift_stores
from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.routines import ROUTINES
from gradc.calculus.structure import (
    Weights,
    active_arrays,
    add_arrays,
    definition_results,
    fill,
    identity_indices,
)
from gradc.calculus.substitution import substitute_dim
from gradc.ir.definitions import Accumulation, Comprehension, Definition, Parameter, Scan, Store, remap_body
from gradc.ir.equations import BodyBuilder, Equation
from gradc.ir.program import Program, ProgramBuilder, copy_definitions
from gradc.ir.size import ONE, ZERO, Size, index, symbol


class Contribution(NamedTuple):
    """What one body adds to the adjoint of an array: values at subscripts, over extents."""

    extents: tuple[Size, ...]
    body: BodyBuilder
    stores: tuple[tuple[tuple[Size, ...], int], ...]


Contributions = dict[int, list["Contribution | int"]]  # an array to its adjoint's parts: contributions, or whole arrays


def vjp(program: Program, wrt: Sequence[int], *, cotangent: str | None = None) -> Program:
    """The program ``(parameters..., cotangent) -> (value, gradients...)``.

    Parameters
    ----------
    program
        A program with one output.
    wrt
        The numbers of the parameters to differentiate by.
    cotangent
        The name of a parameter for the output's cotangent, of the output's shape; None for the constant 1.
    """
    output = program.outputs[0]
    shape = program.arrays()[output].shape
    extra = () if cotangent is None else (Parameter(cotangent, shape),)
    b = ProgramBuilder((*program.parameters, *extra))
    new = copy_definitions(b, program, {k: k for k in range(len(program.parameters))})
    seed = fill(b, 1.0, shape) if cotangent is None else len(program.parameters)
    bars = adjoints(b, program, new, {output: seed}, wrt)
    gradients = [bars[k] if k in bars else fill(b, 0.0, program.parameters[k].shape) for k in wrt]
    names = (*(program.output_names or ("value",)), *(f"grad_{program.parameters[k].name}" for k in wrt))
    return b.finish([new[output], *gradients], names)


def adjoints(
    b: ProgramBuilder,
    program: Program,
    new: Mapping[int, int],
    seeds: Mapping[int, int],
    wrt: Sequence[int],
) -> dict[int, int]:
    """Define the adjoints of parameters; gives their numbers in `b` by the parameters' numbers in `program`.

    Parameters
    ----------
    new
        Where the arrays of `program` are in `b`.
    seeds
        Cotangents of arrays of `program`: arrays of `b`.
    """
    parts = _contributions(b, program, new, seeds, wrt)
    return {number: _total(b, new[number], parts[number]) for number in wrt if number in parts}


def _contributions(
    b: ProgramBuilder, program: Program, new: Mapping[int, int], seeds: Mapping[int, int], wrt: Sequence[int]
) -> Contributions:
    parts: Contributions = {number: [seed] for number, seed in seeds.items()}
    active = active_arrays(program, wrt)
    pairs = list(zip(program.definitions, program.first_results(), strict=True))
    for definition, first in reversed(pairs):
        results = definition_results(definition, first)
        if not any(number in parts and number in active for number in results):
            continue
        bars = [_total(b, new[n], parts[n], program.hint(n)) if n in parts and n in active else None for n in results]
        _pull_back(b, definition, results, new, bars, active, parts)
    return parts


def _total(b: ProgramBuilder, target: int, parts: Sequence[Contribution | int], name: str | None = None) -> int:
    shape = b.arrays[target].shape
    hint = f"{name}_bar" if name is not None else None
    one = None if hint is None or len(parts) == 1 else f"{hint}_term"
    arrays = [part if isinstance(part, int) else _emit(b, shape, part, one or hint) for part in parts]
    return add_arrays(b, arrays, hint)


def _emit(b: ProgramBuilder, shape: tuple[Size, ...], part: Contribution, hint: str | None = None) -> int:
    """Define a contribution: a comprehension where its subscripts choose distinct whole axes, else an accumulation."""
    if len(part.stores) == 1:
        place, value = part.stores[0]
        if _is_choice(place, part.extents, shape):
            axes = {s.terms[0][0][0][1]: index(axis) for axis, s in enumerate(place) if s.terms}
            rest = [k for k in range(len(part.extents)) if k not in axes]
            axes |= {k: index(len(shape) + offset) for offset, k in enumerate(rest)}
            body = b.body()
            (root,) = body.insert(part.body.equations, [value], replace_index=axes.__getitem__)
            reduced = [part.extents[k] for k in rest]
            return b.comprehend(body, root, shape, reduced, "sum" if reduced else None, hint)
    return b.accumulate(shape, [(part.extents, part.body, part.stores)], hint)


def _pull_back(
    b: ProgramBuilder,
    definition: Definition,
    results: range,
    new: Mapping[int, int],
    bars: Sequence[int | None],
    active: set[int],
    parts: Contributions,
) -> None:
    """Add to `parts` what the definition hands on to the arrays it reads."""
    if isinstance(definition, Comprehension):
        assert bars[0] is not None
        free = identity_indices(definition.rank)
        root = len(definition.body) - 1
        moved = Comprehension(*definition[:3], remap_body(definition.body, new))
        weights = None
        if definition.reduction not in (None, "sum"):
            weights = Weights(b, moved, new[results[0]])

        def seed_root(body: BodyBuilder, position: Sequence[int], bar: int = bars[0]) -> dict[int, int]:
            cotangent = b.access(body, bar, *free)
            return {
                root: cotangent if weights is None else scale(body, cotangent, weights.weight(body, position[root]))
            }

        # An adjoint may read the stored result where computing it again would be dear, as in 1 - t[i]**2 for tanh.
        stored = new[results[0]] if definition.reduction is None and _is_dear(definition.body[root]) else None
        _sweep(b, definition.extents, definition.body, new, seed_root, active, parts, stored)
    elif isinstance(definition, Accumulation):
        assert bars[0] is not None
        for piece in definition.pieces:

            def seed_stores(
                body: BodyBuilder, position: Sequence[int], bar: int = bars[0], stores: Sequence[Store] = piece.stores
            ) -> dict[int, int]:
                found: dict[int, int] = {}
                for store in stores:
                    place = [
                        part.substitute(lambda a: body.as_size(position[a[1]]) if a[0] == "ref" else None)
                        for part in store.subscripts
                    ]
                    cotangent = b.access(body, bar, *place)
                    known = found.get(store.value)
                    found[store.value] = cotangent if known is None else body.apply("add", known, cotangent)
                return found

            _sweep(b, piece.extents, piece.body, new, seed_stores, active, parts)
    elif isinstance(definition, Scan):
        _pull_back_scan(b, definition, results, new, bars, active, parts)
    else:
        entry = ROUTINES[definition.routine]
        arguments = [new[number] for number in definition.arguments]
        found = entry.adjoint(b, arguments, [new[n] for n in results], bars)
        for number, part in zip(definition.arguments, found, strict=True):
            if part is not None and number in active:
                parts.setdefault(number, []).append(part)


def _is_dear(equation: Equation) -> bool:
    return equation.op in PRIMITIVES and PRIMITIVES[equation.op].dear


def _sweep(
    b: ProgramBuilder,
    extents: tuple[Size, ...],
    equations: Sequence[Equation],
    new: Mapping[int, int],
    seed: Callable[[BodyBuilder, Sequence[int]], dict[int, int]],
    active: set[int],
    parts: Contributions,
    stored: int | None = None,
) -> None:
    """The reverse sweep over one body: adjoints of its accesses, added to `parts` by array."""
    body = b.body()
    position = body.insert(remap_body(equations, new), range(len(equations)))
    flags = active_equations(equations, active.__contains__)
    bars = {number: bar for number, bar in seed(body, position).items() if flags[number]}
    result = None
    if stored is not None:
        result = b.access(body, stored, *identity_indices(len(b.arrays[stored].shape)))
    stores: dict[int, list[tuple[tuple[Size, ...], int]]] = {}
    for number, bar in sweep(body, equations, position, bars, flags, result).items():
        stores.setdefault(equations[number].data[0], []).append((body.equations[position[number]].data[1], bar))
    for array, found in stores.items():
        shape = b.arrays[new[array]].shape
        scattered = [store for store in found if not _is_choice(store[0], extents, shape)]
        for store in found:
            if store not in scattered:
                parts.setdefault(array, []).append(Contribution(extents, body, (store,)))
        if scattered:
            parts.setdefault(array, []).append(Contribution(extents, body, tuple(scattered)))


def _is_choice(place: Sequence[Size], extents: Sequence[Size], shape: Sequence[Size]) -> bool:
    """Whether subscripts are distinct loop indices, each over all of its axis; 0 is all of an axis of length 1."""
    chosen = []
    for part, extent in zip(place, shape, strict=True):
        if part == ZERO and extent == ONE:
            continue
        atom = part.atom
        if atom is None or atom[0] != "index" or extents[atom[1]] != extent:
            return False
        chosen.append(atom[1])
    return len(set(chosen)) == len(chosen)


def _pull_back_scan(
    b: ProgramBuilder,
    scan: Scan,
    results: range,
    new: Mapping[int, int],
    bars: Sequence[int | None],
    active: set[int],
    parts: Contributions,
) -> None:
    """The adjoint scan runs backwards over the carries alone; what the captured arrays get is gathered outside it.

    With ``t = length - 1 - s``:   A[0] = Cbar[length],   A[s + 1] = body_vjp(C[t], A[s]) + Cbar[t]
    """
    body, length = scan.body, scan.length
    carried = [k for k in range(len(results)) if results[k] in active]
    trajectories = [new[number] for number in results]
    captured = [new[number] for number in scan.captured]
    carry_count = len(results)
    totals: list[int] = []
    for k in carried:
        bar = bars[k]
        totals.append(fill(b, 0.0, b.arrays[trajectories[k]].shape) if bar is None else bar)

    # The step of the adjoint scan: its carries are the cotangents of the carries, everything else is captured.
    outer = [*trajectories, *captured, *totals]
    shapes = [b.arrays[number] for number in outer]
    parameters = [Parameter(f"carry{j}", body.parameters[k].shape) for j, k in enumerate(carried)]
    parameters += [Parameter(f"captured{j}", array.shape, array.dtype) for j, array in enumerate(shapes)]
    inner = ProgramBuilder(parameters, b.names() | {scan.step})
    step = symbol(scan.step)
    time = length - ONE - step
    at_time: dict[int, int] = {}
    offset = len(carried)
    for k in range(carry_count):
        at_time[k] = _slice(inner, offset + k, time)
    for m in range(len(captured)):
        at_time[carry_count + m] = offset + carry_count + m
    backwards = substitute_dim(body, scan.step, time)
    where = copy_definitions(inner, backwards, at_time)
    seeds = _seeds(inner, body, {k: j for j, k in enumerate(carried)})
    backward = adjoints(inner, backwards, where, seeds, carried)
    following = []
    for j, k in enumerate(carried):
        direct = _slice(inner, offset + carry_count + len(captured) + j, time)
        following.append(add_arrays(inner, [backward[k], direct]) if k in backward else direct)
    initial = tuple(_slice(b, total, length) for total in totals)
    adjoint_scan = Scan(scan.step, length, initial, tuple(outer), inner.finish(following))
    A = b.define(adjoint_scan)
    for j, k in enumerate(carried):
        if scan.initial[k] in active:
            parts.setdefault(scan.initial[k], []).append(_slice(b, A[j], length))

    # The captured arrays' adjoints, for all steps at once: the body's own reverse sweep, lifted out of the loop.
    wanted = [carry_count + m for m, number in enumerate(scan.captured) if number in active]
    if not wanted:
        return
    cotangents = [Parameter(f"cotangent{j}", body.parameters[k].shape) for j, k in enumerate(carried)]
    lifted = ProgramBuilder((*body.parameters, *cotangents), b.names() | {scan.step})
    where = copy_definitions(lifted, body, {k: k for k in range(len(body.parameters))})
    seeds = _seeds(lifted, body, {k: len(body.parameters) + j for j, k in enumerate(carried)})
    found = _contributions(lifted, body, where, seeds, wanted)
    arriving = [_reverse_time(b, number, length) for number in A]
    sources = {k: (trajectories[k], True) for k in range(carry_count)}
    sources |= {carry_count + m: (number, False) for m, number in enumerate(captured)}
    sources |= {len(body.parameters) + j: (number, True) for j, number in enumerate(arriving)}
    whole = [part for number in wanted for part in found.get(number, ()) if isinstance(part, int)]
    lift_definitions(b, lifted.finish(whole), scan.step, length, sources)
    for number in wanted:
        for part in found.get(number, ()):
            parts.setdefault(scan.captured[number - carry_count], []).append(
                _sum_steps(b, *sources[part])
                if isinstance(part, int)
                else _lift_contribution(b, part, scan.step, length, sources)
            )


def _seeds(b: ProgramBuilder, body: Program, cotangent_of: Mapping[int, int]) -> dict[int, int]:
    """Cotangents of a body's outputs by array; an array that is two carries at once gets both."""
    found: dict[int, int] = {}
    for k, cotangent in cotangent_of.items():
        output = body.outputs[k]
        found[output] = add_arrays(b, [found[output], cotangent]) if output in found else cotangent
    return found


def _lift_contribution(
    b: ProgramBuilder, part: Contribution, step: str, length: Size, sources: dict[int, tuple[int, bool]]
) -> Contribution:
    places = [place for place, _ in part.stores]
    body, values, lifted = lift_stores(b, part.body.equations, [v for _, v in part.stores], places, step, sources)
    return Contribution((length, *part.extents), body, tuple(zip(lifted, values, strict=True)))


def _slice(b: ProgramBuilder, array: int, place: Size) -> int:
    """``array[place, ...]``."""
    shape = b.arrays[array].shape[1:]
    body = b.body()
    return b.comprehend(body, b.access(body, array, place, *identity_indices(len(shape))), shape)


def _reverse_time(b: ProgramBuilder, array: int, length: Size) -> int:
    """``array[length - 1 - t, ...]`` for ``t`` below `length`: the cotangent that arrives at step ``t``."""
    shape = (length, *b.arrays[array].shape[1:])
    body = b.body()
    rest = identity_indices(len(shape))[1:]
    return b.comprehend(body, b.access(body, array, length - ONE - index(0), *rest), shape)


def _sum_steps(b: ProgramBuilder, array: int, stepped: bool) -> int:
    if not stepped:
        return array
    length, *shape = b.arrays[array].shape
    body = b.body()
    value = b.access(body, array, index(len(shape)), *identity_indices(len(shape)))
    return b.comprehend(body, value, shape, (length,), "sum")
