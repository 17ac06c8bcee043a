"""Gather what is added at shifted places: the adjoint of a shifted read is a shifted read.

    g[:n] = 0
    g += each[i:n - 1](at[i + 1](a[i]), at[i](-a[i]))

    ->  g[i:n] = where(1 <= i, a[i - 1], 0) + where(i < n - 1, -a[i], 0)

Loops that add to neighbours run one element after the other, and store what a later one adds to. A comprehension is
computed a vector at a time, goes into the definition that reads it, and starts from no zeros. Its choices differ from
one element to the next only at the ends, which the schedule gives loops of their own.

What is dear in the terms is an array of its own, so that the shifts of one term share it. What it is an element of,
and sums over the places of the terms, go over all of the array, so that one pass makes them all.

    s = sum[i:n - 1](sqrt(x[i + 1] - x[i]))    ->    s = sum[i:n](where(i < n - 1, sqrt(x[i + 1] - x[i]), 0))

It comes after differentiation: adjoints of accumulations are plain reads, and the pattern of a Hessian shows in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from gradc.ir.definitions import (
    Accumulation,
    Comprehension,
    Definition,
    Piece,
    Scan,
    Store,
    bodies_of,
    reads,
    remap,
    remap_body,
    result_count,
)
from gradc.ir.equations import REAL, BodyBuilder, Equation, references
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index
from gradc.passes.inline import is_dear, merge

_FURTHEST = 8  # how far from its index a place may be, and by how much an array may be longer than a loop
_MOST = 8  # stores that are gathered: each is a term of every element
_LIGHT = 16  # operations that computing a term for several shifts may take more than storing it

Shift: TypeAlias = tuple[int, ...]
Frame: TypeAlias = tuple[tuple[Size, ...], tuple[Size, ...]]  # the extents of a loop, and the shape it adds to


def gather_shifts(program: Program) -> Program:
    """The program with comprehensions in the place of accumulations along shifted indices; also in scans' bodies."""
    gathered = {
        first: definition
        for definition, first in zip(program.definitions, program.first_results(), strict=True)
        if isinstance(definition, Accumulation) and _is_stencil(definition)
    }
    if not gathered and not any(isinstance(definition, Scan) for definition in program.definitions):
        return program
    shifts = _shifts(gathered.values())
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    merged: list[int] = []
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        if first in gathered:
            rebuilt: Definition = _gathered(b, gathered[first], new, shifts)
        else:
            rebuilt = _widened(b, remap(definition, new), shifts)
            if isinstance(rebuilt, Scan):
                rebuilt = rebuilt._replace(body=gather_shifts(rebuilt.body))
        for offset, number in enumerate(b.define(rebuilt, *hints)):
            new[first + offset] = number
        if first in gathered:
            merged.append(new[first])
    done = b.finish([new[number] for number in program.outputs], program.output_names)
    return merge(done, [array for array in merged if _merges(done, array)])


def _is_stencil(definition: Accumulation) -> bool:
    """Whether all is added at fixed distances from the loops' indices, to an array that is hardly longer than they.

    What is added at one distance alone needs no gathering: its loop is as good as a comprehension's.
    """
    stores = [(piece, store) for piece in definition.pieces for store in piece.stores]
    if len(stores) > _MOST or all(extent.constant is not None for extent in definition.shape):
        return False
    shifts = {_shift(piece, store, definition.shape) for piece, store in stores}
    by_index = any(e.op == "access" and _has_refs(e.data[1]) for piece in definition.pieces for e in piece.body)
    return len(shifts) > 1 and None not in shifts and not by_index


def _has_refs(parts: Sequence[Size]) -> bool:
    return any(part.mentions("ref") for part in parts)


def _shift(piece: Piece, store: Store, shape: Sequence[Size]) -> Shift | None:
    """How far from each index a store is, where it has each in the place of its axis; else None."""
    if len(piece.extents) != len(shape):
        return None
    found = []
    for k, (part, extent, most) in enumerate(zip(store.subscripts, piece.extents, shape, strict=True)):
        shift, longer = (part - index(k)).constant, (most - extent).constant
        if shift is None or longer is None or not 0 <= longer <= _FURTHEST or abs(shift) > _FURTHEST:
            return None
        found.append(shift)
    return tuple(found)


def _shifts(definitions: Iterable[Accumulation]) -> dict[Frame, set[Shift]]:
    """For loops over the same extents that add to arrays of one shape, all of their shifts."""
    found: dict[Frame, set[Shift]] = {}
    for definition in definitions:
        for piece in definition.pieces:
            for store in piece.stores:
                shift = _shift(piece, store, definition.shape)
                if shift is not None:
                    found.setdefault((piece.extents, definition.shape), set()).add(shift)
    return found


def _base(shifts: set[Shift]) -> Shift:
    """The least shift along each axis: from it, what others read lies behind them."""
    return tuple(map(min, zip(*shifts, strict=True)))


def _gathered(
    b: ProgramBuilder, definition: Accumulation, new: Mapping[int, int], shifts: Mapping[Frame, set[Shift]]
) -> Comprehension:
    body, shape = b.body(), definition.shape
    total: int | None = None
    for piece in definition.pieces:
        equations, frame = remap_body(piece.body, new), (piece.extents, shape)
        stored = _stored(b, piece._replace(body=equations), frame, shifts[frame])
        for store in piece.stores:
            shift = _shift(piece, store, shape)
            assert shift is not None
            value = _term(body, equations, store.value, shift, stored, _base(shifts[frame]))
            term = body.apply("where", _guard(body, frame, shift), value, body.constant(0.0))
            total = term if total is None else body.apply("add", total, term)
    assert total is not None
    return Comprehension(shape, len(shape), None, body.extract([total])[0])


def _term(
    body: BodyBuilder, equations: Sequence[Equation], root: int, shift: Shift, stored: Mapping[int, int], base: Shift
) -> int:
    """The term that a loop adds this far from its index, seen from the place that it adds to."""
    here = [index(k) - c for k, c in enumerate(shift)]
    known = {
        number: body.access(array, tuple(place + c for place, c in zip(here, base, strict=True)), REAL)
        for number, array in stored.items()
    }
    return body.insert(equations, [root], replace_index=here.__getitem__, known=known)[0]


def _guard(body: BodyBuilder, frame: Frame, shift: Shift) -> int:
    """Whether the loop has an index that is this far from an element's."""
    guard = body.constant(True)
    for k, (extent, most, c) in enumerate(zip(*frame, shift, strict=True)):
        if c > 0:
            guard = body.apply("and", guard, body.apply("le", body.integer(c), body.integer(index(k))))
        if (most - extent).constant != c:
            guard = body.apply("and", guard, body.apply("lt", body.integer(index(k)), body.integer(extent + c)))
    return guard


def _stored(b: ProgramBuilder, piece: Piece, frame: Frame, shifts: set[Shift]) -> dict[int, int]:
    """Arrays of what is dear in a loop's terms, by equation, where several shifts need it."""
    if len(shifts) == 1:
        return {}
    users: list[set[Shift | None]] = [set() for _ in piece.body]  # the shifts whose terms hold each equation
    for store in piece.stores:
        users[store.value].add(_shift(piece, store, frame[1]))
    weights, wanted = _weights(piece.body), list[int]()
    for number in range(len(piece.body) - 1, -1, -1):
        dear = _is_dear(piece.body, number) or (len(users[number]) - 1) * weights[number] > _LIGHT
        if users[number] and dear:
            wanted.append(number)
            continue
        for operand in references(piece.body[number]):
            users[operand] |= users[number]
    found: dict[int, int] = {}
    for number in wanted:
        body = b.body()
        value = _over_all(body, piece.body, number, frame, _base(shifts))
        found[number] = b.comprehend(body, value, frame[1])
    return found


def _weights(equations: Sequence[Equation]) -> list[int]:
    """How many operations and reads each equation takes, what is dear being read; counted no further than matters."""
    found: list[int] = []
    for number, equation in enumerate(equations):
        own = int(bool(equation.operands) or equation.op == "access")
        below = 0 if _is_dear(equations, number) else sum(found[operand] for operand in references(equation))
        found.append(min(own + below, _LIGHT + 1))
    return found


def _is_dear(equations: Sequence[Equation], number: int) -> bool:
    equation = equations[number]
    if equation.op == "pow":  # a few products
        exponent = equations[equation.operands[1]]
        if exponent.op == "constant" and exponent.data in (2.0, 3.0, 4.0):
            return False
    return is_dear(equation)


def _over_all(body: BodyBuilder, equations: Sequence[Equation], root: int, frame: Frame, base: Shift) -> int:
    """What a loop computes, for each element of the array that it adds to; 0 where the loop does not come."""
    value = _term(body, equations, root, base, {}, base)
    return body.apply("where", _guard(body, frame, base), value, body.constant(0.0))


def _widened(b: ProgramBuilder, definition: Definition, shifts: Mapping[Frame, set[Shift]]) -> Definition:
    """A sum over the places of terms, as one over all of the array that they are added to."""
    if not isinstance(definition, Comprehension) or definition.reduction != "sum" or definition.rank:
        return definition
    if any(e.op == "access" and _has_refs(e.data[1]) for e in definition.body):
        return definition
    for frame, found in shifts.items():
        if frame[0] == definition.extents:
            body = b.body()
            value = _over_all(body, definition.body, len(definition.body) - 1, frame, _base(found))
            return Comprehension(frame[1], 0, "sum", body.extract([value])[0])
    return definition


def _merges(program: Program, array: int) -> bool:
    """Whether one elementwise definition alone reads an array, at one place beside its own indices."""
    readers = [definition for definition in program.definitions if array in reads(definition)]
    if array in program.outputs or len(readers) != 1:
        return False
    (reader,) = readers
    if not isinstance(reader, Comprehension) or reader.reduction is not None:
        return False
    places = {e.data[1] for _, body, _ in bodies_of(reader) for e in body if e.op == "access" and e.data[0] == array}
    return len(places) == 1 and all(
        len(place) == reader.rank and all((part - index(k)).constant is not None for k, part in enumerate(place))
        for place in places
    )
