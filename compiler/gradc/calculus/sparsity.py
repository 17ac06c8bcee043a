"""What is stored of a derivative: all of it, its diagonal, or blocks at places that index arrays and shapes determine.

    each[i:n](at[i; i](e[i]))                          diagonal   values[i:n]
    each[p:m, b:3](at[p; idx[p], b](e[p, b]))          rows       values[p:m, b:3], one block in each row of blocks
    each[i:n-1](at[i; i+1](e[i]))                      bands      values[band, i+1], a diagonal a row, at its columns
    each[p:m](at[u[p]; v[p]](e[p]))                    slots      values[slots[p]] += e[p], places found once

Values are definitions of a program like any other. The places are a program too, of integers, which is run once for
the index arrays at hand.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from gradc.calculus.jacobian import NARROW, Term, assemble, loops_of, transfer
from gradc.calculus.structure import fill, identity_indices
from gradc.ir.definitions import Parameter
from gradc.ir.program import ProgramBuilder, fresh
from gradc.ir.size import Size, index, size, symbol

DENSE, DIAGONAL, ROWS, BANDS, SLOTS, ZERO = "dense", "diagonal", "rows", "bands", "slots", "zero"
_MOST_BANDS = 16
_SMALL = 4096  # a block of constant shape with at most so many elements is dense


class Layout(NamedTuple):
    """How a block of a derivative is stored.

    Parameters
    ----------
    kind
        `DENSE`, `DIAGONAL`, `ROWS`, `BANDS`, `SLOTS` or `ZERO`.
    rows, columns
        The axes that make up the block's rows and columns.
    lead
        How many of the rows' and the columns' axes say which small block; the others run within it.
    terms
        For `ROWS` and `SLOTS`, the loops over the small blocks of each term.
    offsets
        For `BANDS`, how far above the main diagonal each stored diagonal is, the highest first.
    """

    kind: str
    rows: tuple[Size, ...]
    columns: tuple[Size, ...]
    lead: tuple[int, int] = (0, 0)
    terms: tuple[tuple[int, ...], ...] = ()
    offsets: tuple[int, ...] = ()


def choose_layout(terms: Sequence[Term], rows: tuple[Size, ...], columns: tuple[Size, ...]) -> Layout:
    """The layout of a block from its merged terms."""
    full = (*rows, *columns)
    if all(extent.constant is not None for extent in full):
        count = 1
        for extent in full:
            count *= extent.constant or 0
        if count <= _SMALL:
            return Layout(DENSE, rows, columns)
    if not rows or not columns:
        return Layout(DENSE, rows, columns)
    if not terms:
        return Layout(ZERO, rows, columns)
    if any(len(_whole_axes(term, full)) == len(full) for term in terms):
        return Layout(DENSE, rows, columns)
    identity = identity_indices(len(rows))
    if rows == columns and all(t.extents == rows and t.place == t.direction == identity for t in terms):
        return Layout(DIAGONAL, rows, columns)
    leads = [_lead(term, rows, columns) for term in terms]
    lead = (min(lead[0] for lead in leads), min(lead[1] for lead in leads))
    loops = tuple(_block_loops(term, lead) for term in terms)
    first = (terms[0].place[: lead[0]], terms[0].direction[: lead[1]], loops[0])
    together = all(
        (term.place[: lead[0]], term.direction[: lead[1]], mine) == first
        for term, mine in zip(terms, loops, strict=True)
    )
    one_a_row = together and all(_is_one_a_row(t, rows, columns, lead, loops[0]) for t in terms)
    if one_a_row:
        return Layout(ROWS, rows, columns, lead, loops[:1])
    offsets = [_offset(term, rows, columns) for term in terms]
    bands = sorted({offset for offset in offsets if offset is not None}, reverse=True)
    if None not in offsets and len(bands) <= _MOST_BANDS:
        return Layout(BANDS, rows, columns, offsets=tuple(bands))
    return Layout(SLOTS, rows, columns, lead, loops)


def _offset(term: Term, rows: Sequence[Size], columns: Sequence[Size]) -> int | None:
    """How far above the main diagonal a term lies as a whole, inside the matrix; None where that is not so."""
    if len(rows) != 1 or len(columns) != 1:
        return None
    (place,), (direction,) = term.place, term.direction
    for part, extent in ((place, rows[0]), (direction, columns[0])):
        loops = [k for k in range(len(term.extents)) if (part - index(k)).constant is not None]
        first = (part - index(loops[0])).constant if loops else None
        room = (extent - term.extents[loops[0]] - size(first)).constant if first is not None else None
        if first is None or first < 0 or room is None or room < 0:
            return None
    return (direction - place).constant


def restrict_term(b: ProgramBuilder, term: Term, rows: Sequence[Size], columns: Sequence[Size]) -> Term:
    """The term without the iterations that lie outside the matrix by a number, and so give nothing.

    ``each[i:n](at[i; i](e))`` in a matrix of n - 2 rows is ``each[i:n-2](at[i; i](e))``.
    """
    extents = list(term.extents)
    first = [0] * len(extents)
    for part, extent in zip((*term.place, *term.direction), (*rows, *columns), strict=True):
        for k in range(len(extents)):
            shift = (part - index(k)).constant
            if shift is None:
                continue
            start = max(first[k], -shift)
            room = (extent - shift - first[k] - extents[k]).constant
            stop = min(0, room if room is not None else 0)
            extents[k], first[k] = extents[k] + stop - (start - first[k]), start
    if tuple(extents) == term.extents:
        return term
    body = b.body()
    value, place, direction = transfer(body, term, lambda k: index(k) + first[k])
    return Term(term.wrt, tuple(extents), body, value, place, direction)


def slot_parameters(layout: Layout, terms: Sequence[Term], label: str, taken: Collection[str]) -> list[Parameter]:
    """The parameters by which a kernel is told the places: the columns of the small blocks, then each term's slots.

    Their names, and that of the dimension that counts the small blocks, are none of `taken`.
    """
    if layout.kind != SLOTS:
        return []
    count = symbol(fresh(f"blocks_{label}", taken))
    found = [Parameter(fresh(f"columns_{label}", taken), (count,), "int64")]
    for k, (term, loops) in enumerate(zip(terms, layout.terms, strict=True)):
        found.append(Parameter(fresh(f"slots{k}_{label}", taken), tuple(term.extents[loop] for loop in loops), "int64"))
    return found


def define_values(b: ProgramBuilder, layout: Layout, terms: Sequence[Term], slots: Sequence[int], blocks: Size) -> int:
    """Define what is stored of the sum of terms.

    Parameters
    ----------
    slots
        For `SLOTS`, the number of each term's array of slots.
    blocks
        For `SLOTS`, the dimension that counts the small blocks.
    """
    if layout.kind == DENSE:
        return assemble(b, terms, layout.rows, layout.columns)
    if layout.kind == DIAGONAL:
        return assemble(b, [term._replace(direction=()) for term in terms], layout.rows, ())
    if layout.kind == BANDS:
        stored = []
        for term in terms:
            band = layout.offsets.index(_offset(term, layout.rows, layout.columns) or 0)
            stored.append((term.extents, term.body, [((size(band), *term.direction), term.value)]))
        return b.accumulate((size(len(layout.offsets)), *layout.columns), stored)
    inner = (*layout.rows[layout.lead[0] :], *layout.columns[layout.lead[1] :])
    if layout.kind == ROWS:
        inside = [term.direction[layout.lead[1] :] for term in terms]
        moved = [t._replace(place=(*t.place, *place), direction=()) for t, place in zip(terms, inside, strict=True)]
        return assemble(b, moved, (*layout.rows, *layout.columns[layout.lead[1] :]), ())
    pieces = []
    for term, loops, array in zip(terms, layout.terms, slots, strict=True):
        body = b.body()
        value, place, direction = transfer(body, term, index)
        slot = body.as_size(b.access(body, array, *(index(k) for k in loops)))
        subscripts = (slot, *place[layout.lead[0] :], *direction[layout.lead[1] :])
        pieces.append((term.extents, body, [(subscripts, value)]))
    return b.accumulate((blocks, *inner), pieces) if pieces else fill(b, 0.0, (blocks, *inner))


def define_places(b: ProgramBuilder, layout: Layout, terms: Sequence[Term]) -> list[int]:
    """Define the places of the small blocks: for each term its row's leading subscripts, then its column's."""
    found = []
    for term, loops in zip(terms, layout.terms, strict=False):
        level = {k: index(position) for position, k in enumerate(loops)}
        extents = [term.extents[k] for k in loops]
        parts = (*term.place[: layout.lead[0]], *term.direction[: layout.lead[1]])
        for part in parts:
            body = b.body()
            moved = term._replace(place=(part,), direction=(), value=_any_of(term))
            _, (place,), _ = transfer(body, moved, lambda k, known=level: known.get(k, index(0)))  # type: ignore[misc]
            found.append(b.comprehend(body, body.integer(place), extents))
    return found


def _any_of(term: Term) -> int:
    """An equation that can be copied with any indices: the body's first has no operands."""
    return next(k for k, equation in enumerate(term.body.equations) if not equation.operands)


def _whole_axes(term: Term, full: Sequence[Size]) -> dict[int, int]:
    """The axes that a loop of its own runs all along, and the loop."""
    parts = (*term.place, *term.direction)
    uses: dict[int, int] = {}
    for part in parts:
        for k in loops_of(term, part):
            uses[k] = uses.get(k, 0) + 1
    found = {}
    for axis, part in enumerate(parts):
        atom = part.atom
        if atom is not None and atom[0] == "index" and term.extents[atom[1]] == full[axis] and uses[atom[1]] == 1:
            found[axis] = atom[1]
    return found


def _lead(term: Term, rows: Sequence[Size], columns: Sequence[Size]) -> tuple[int, int]:
    full = (*rows, *columns)
    inner = set(_whole_axes(term, full))
    for axis, part in enumerate((*term.place, *term.direction)):
        extent = full[axis].constant
        if part.constant is not None and extent is not None and extent <= NARROW:
            inner.add(axis)  # one of a few columns, as `stack` makes them: its block has the others too

    def count(first: int, length: int) -> int:
        while length and first + length - 1 in inner:
            length -= 1
        return length

    return count(0, len(rows)), count(len(rows), len(columns))


def _block_loops(term: Term, lead: tuple[int, int]) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for part in (*term.place[: lead[0]], *term.direction[: lead[1]]):
        found.update(dict.fromkeys(sorted(loops_of(term, part))))
    return tuple(found)


def _is_one_a_row(
    term: Term, rows: Sequence[Size], columns: Sequence[Size], lead: tuple[int, int], loops: Sequence[int]
) -> bool:
    """Whether each row of blocks has just one, whose column is never outside."""
    if term.place[: lead[0]] != tuple(index(k) for k in loops):
        return False
    if any(term.extents[k] != rows[axis] for axis, k in enumerate(loops)):
        return False
    for part, extent in zip(term.direction[: lead[1]], columns, strict=False):
        atom = part.atom
        if atom is None or (atom[0] == "index" and term.extents[atom[1]] != extent):
            return False
    return True
