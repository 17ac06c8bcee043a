"""Assign where a row is written first, in place of adding to zeros; only what no loop writes first is set to zero.

    T[:1, :n] = 0                                   T[0, 0] = 0
    T += each[i:n - 1](at[0, i + 1](a[i]))    ->    T[0, i + 1] = a[i]     for i:n - 1
    T += each[i:n - 1](at[0, i](b[i]))              T[0, i] += b[i]        for i:n - 1

So are the bands of a Hessian written. Loops go along a row, one element after the other; the first may assign if none
of the others is ahead of it, for then they add to what it has written, in the same tile or in one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gradc.ir.definitions import Accumulation
from gradc.ir.size import index, product, size
from gradc.schedule.plan import Nest, Place

_MOST = 32  # elements that are set to zero one by one


class _Write(NamedTuple):
    """An action, by the numbers of its stage and within that, which writes ``T[row, i + offset]``."""

    stage: int
    action: int
    row: Place
    offset: int


def assign_rows(nest: Nest, array: int, definition: Accumulation) -> tuple[Nest, tuple[Place, ...]] | None:
    """The nest with the first write of each row of an array as an assignment, and the places to set to zero before.

    None where this nest alone does not write all rows of it so.
    """
    if nest.extent is None or any(e.op == "access" and e.data[0] == array for s in nest.stages for e in s.body):
        return None
    writes = list(_writes(nest, array))
    count = product(definition.shape[:-1]).constant
    ends = (definition.shape[-1] - nest.extent).constant
    firsts: dict[Place, _Write] = {}
    for write in writes:
        if write is None or ends is None or not 0 <= write.offset <= ends:
            return None
        if write.offset > firsts.setdefault(write.row, write).offset:
            return None
    if len(writes) != sum(len(piece.stores) for piece in definition.pieces) or len(firsts) != count:
        return None
    stages = list(nest.stages)
    gaps: list[Place] = []
    for row, write in firsts.items():
        actions = list(stages[write.stage].actions)
        actions[write.action] = actions[write.action]._replace(kind="store")
        stages[write.stage] = stages[write.stage]._replace(actions=tuple(actions))
        before, behind = range(write.offset), range(write.offset, ends or 0)
        gaps += [(*row, place) for place in (*map(size, before), *(nest.extent + size(k) for k in behind))]
    return (nest._replace(stages=tuple(stages)), tuple(gaps)) if len(gaps) <= _MOST else None


def _writes(nest: Nest, array: int) -> Iterator[_Write | None]:
    """What a nest writes of an array, in order; None where that is not along a row."""
    for s, stage in enumerate(nest.stages):
        for a, action in enumerate(stage.actions):
            if action.array == array:
                *row, place = action.subscripts
                offset = (place - index(0)).constant
                plain = len(stage.extents) == 1 and action.kind == "add" and offset is not None
                known = plain and all(part.constant is not None for part in row)
                yield _Write(s, a, tuple(row), offset or 0) if known else None
