"""Compute again what is cheap and large, where storing it would take more memory than all that it comes from.

    t[i:n, j:n] = where(y[i] <= y[j], z[j], -inf)
    m[i:n] = max[j:n](t[i, j])                            ->      m[i:n] = max[j:n](where(y[i] <= y[j], z[j], -inf))
    s[i:n] = sum[j:n](exp(t[i, j] - m[i]))                        s[i:n] = sum[j:n](exp(where(…) - m[i]))

An array of pairs is never stored whole if its elements can be had from those of its rows and columns. Sums over a few
components (``sum[k:2]``) are written out before, and a row's single entry (``T[i, y[i]] += e``) is a choice.
"""

from __future__ import annotations

from itertools import product as every

from gradc.ir.definitions import Accumulation, Comprehension, Definition, bodies_of, reads, remap, result_count
from gradc.ir.equations import BodyBuilder, index_dependencies
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index, size
from gradc.passes.inline import merge
from gradc.schedule.costs import cost

_FEW = 4  # terms of a sum that is written out
_CHEAP = 16  # what may be computed again: a few arithmetical operations


def compute_pairs_again(program: Program) -> Program:
    """The program without arrays of pairs that are cheap, and with choices for single entries."""
    program = _rewritten(program)
    chosen = _choose(program)
    return merge(program, chosen) if chosen else program


def _rewritten(program: Program) -> Program:
    if not any(_choice(d) or _few(d) for d in program.definitions):
        return program
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        moved = remap(definition, new)
        if first not in program.outputs:
            moved = _choice(moved, b) or moved
        moved = _few(moved, b) or moved
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


def _few(definition: Definition, b: ProgramBuilder | None = None) -> Comprehension | None:
    """A sum over a few components of an array with two axes or more, written out."""
    if not isinstance(definition, Comprehension) or definition.reduction != "sum" or definition.rank < 2:
        return None
    counts = [extent.constant for extent in definition.extents[definition.rank :]]
    terms = 1
    for count in counts:
        terms *= count if count is not None else _FEW + 1
    if not 0 < terms <= _FEW:
        return None
    body = b.body() if b is not None else BodyBuilder()
    total = -1
    for place in every(*(range(count or 0) for count in counts)):
        where = [*map(index, range(definition.rank)), *map(size, place)]
        (term,) = body.insert(definition.body, [len(definition.body) - 1], replace_index=where.__getitem__)
        total = term if total < 0 else body.apply("add", total, term)
    free = definition.extents[: definition.rank]
    return Comprehension(free, definition.rank, None, body.extract([total])[0])


def _choice(definition: Definition, b: ProgramBuilder | None = None) -> Comprehension | None:
    """``T[i, y[i]] += e`` as ``T[i, j] = where(j == y[i], e, 0)``: cheap where all of T is read, as adjoints are."""
    if not isinstance(definition, Accumulation) or len(definition.pieces) != 1 or len(definition.shape) < 2:
        return None
    (piece,) = definition.pieces
    if len(piece.stores) != 1 or cost(piece.body) > _CHEAP:
        return None
    (store,) = piece.stores
    axes: dict[int, int] = {}
    for axis, part in enumerate(store.subscripts):
        atom = part.atom
        if (
            atom is not None
            and atom[0] == "index"
            and atom[1] not in axes
            and (piece.extents[atom[1]] == definition.shape[axis])
        ):
            axes[atom[1]] = axis
    if len(axes) != len(piece.extents) or len(axes) == len(definition.shape):
        return None
    body = b.body() if b is not None else BodyBuilder()
    inner = [a[1] for part in store.subscripts for a in part.atoms() if a[0] == "ref"]
    value, *numbers = body.insert(piece.body, [store.value, *inner], replace_index=lambda k: index(axes[k]))
    refs = dict(zip(inner, numbers, strict=True))
    for axis, part in enumerate(store.subscripts):
        if axis in axes.values():
            continue
        place = part.substitute(
            lambda a: index(axes[a[1]]) if a[0] == "index" else body.as_size(refs[a[1]]) if a[0] == "ref" else None
        )
        here = body.apply("eq", body.integer(index(axis)), body.integer(place))
        value = body.apply("where", here, value, body.constant(0.0))
    return Comprehension(definition.shape, len(definition.shape), None, body.extract([value])[0])


def _choose(program: Program) -> set[int]:
    """The arrays to compute again."""
    firsts = dict(zip(program.first_results(), program.definitions, strict=True))
    whole = set(program.outputs)
    compared: set[int] = set()  # terms of a maximum, which its derivative compares with the result to the bit
    for definition in program.definitions:
        if not bodies_of(definition):
            whole.update(reads(definition))
        if isinstance(definition, Comprehension) and definition.reduction in ("max", "min"):
            compared.update(reads(definition))
    chosen: set[int] = set()
    for first, definition in firsts.items():
        if not isinstance(definition, Comprehension) or definition.reduction is not None or first in whole:
            continue
        if definition.rank < 2 or cost(definition.body) > _CHEAP:
            continue
        exact = all(
            not e.operands or e.op in ("where", "where_integer", "lt", "le", "eq", "ne") for e in definition.body
        )
        if first in compared and not exact:
            continue
        if _is_of_pairs(definition):
            chosen.add(first)
    return chosen


def _is_of_pairs(definition: Comprehension) -> bool:
    """Whether no array that is read has all the axes, those of fixed length aside."""
    long: list[Size] = [extent for extent in definition.extents if extent.constant is None]
    depends = index_dependencies(definition.body)
    widest = max(
        (
            sum(definition.extents[k].constant is None for k in depends[number])
            for number, e in enumerate(definition.body)
            if e.op == "access"
        ),
        default=0,
    )
    return len(long) >= 2 and widest < len(long)
