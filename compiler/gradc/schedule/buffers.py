"""Let arrays of a tile take the buffers of others that are needed no more.

    z[i:n, j:k] = sum[l:d](X[i, l] * W[l, j])           in a buffer of its own
    m[i:n] = max[j:k](z[i, j])
    e[i:n, j:k] = exp(z[i, j] - m[i])                   in z's: each element is read once more, and replaced
    s[i:n] = sum[j:k](e[i, j])
    p[i:n, j:k] = e[i, j] / s[i]                        and again

A softmax and its gradient then need one buffer in the place of three, which stays in a cache that is nearer.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from gradc.calculus.primitives import PRIMITIVES
from gradc.ir.definitions import Array
from gradc.ir.size import Size
from gradc.schedule.plan import TILE, Nest, Stage


class _Use(NamedTuple):
    """What a stage does with an array: where it reads elements, and where and how it writes them."""

    reads: set[tuple[Size, ...]]
    writes: set[tuple[str, tuple[Size, ...]]]


class _Life(NamedTuple):
    """The stages in which an array is first and last used, and the same with runs of strips as one."""

    first: int
    last: int
    begin: int
    end: int


def share_buffers(
    nest: Nest,
    storage: Mapping[int, str],
    stream_axes: Mapping[int, int],
    strip_axes: Mapping[int, int],
    lanes: frozenset[int],
    arrays: Sequence[Array],
    halo: Mapping[int, int],
) -> dict[int, int]:
    """For arrays in tiles' buffers that take the place of another, that other one."""
    uses = [_uses(stage, storage) for stage in nest.stages]
    lives = _lives(nest, uses, strip_axes)
    added = {a.array for stage in nest.stages for a in stage.actions if a.kind == "add"}
    found: dict[int, int] = {}
    occupants: dict[Hashable, list[list[int]]] = {}  # for each form of buffer, the arrays that take each in turn
    for array in sorted(lives.keys() - added, key=lambda array: (lives[array], array)):
        axes = [
            ("rows", halo.get(array, 0)) if axis == stream_axes[array] else (axis == strip_axes.get(array), extent)
            for axis, extent in enumerate(arrays[array].shape)
        ]
        if array in lanes:
            axes.append(axes.pop(stream_axes[array]))
        buffers = occupants.setdefault((arrays[array].kind, *axes), [])
        for buffer in buffers:
            if lives[buffer[-1]].end < lives[array].begin or _replaces(nest, uses, lives, buffer[-1], array):
                found[array] = buffer[0]
                buffer.append(array)
                break
        else:
            buffers.append([array])
    return found


def _uses(stage: Stage, storage: Mapping[int, str]) -> dict[int, _Use]:
    found: dict[int, _Use] = {}
    for e in stage.body:
        if e.op == "access" and storage.get(e.data[0]) == TILE:
            found.setdefault(e.data[0], _Use(set(), set())).reads.add(e.data[1])
    for action in stage.actions:
        if storage.get(action.array) == TILE:
            found.setdefault(action.array, _Use(set(), set())).writes.add((action.kind, action.subscripts))
    return found


def _lives(nest: Nest, uses: Sequence[Mapping[int, _Use]], strip_axes: Mapping[int, int]) -> dict[int, _Life]:
    begins, ends = list(range(len(uses))), list(range(len(uses)))
    for strips in nest.strips:
        for position in range(strips.first, strips.end):
            begins[position], ends[position] = strips.first, strips.end - 1
    found: dict[int, _Life] = {}
    for position, used in enumerate(uses):
        begin, end = begins[position], ends[position]
        for array in used:
            whole = (position, position) if array in strip_axes else (begin, end)
            first = found.get(array, _Life(position, position, *whole))
            found[array] = first._replace(last=position, end=whole[1])
    return found


def _replaces(nest: Nest, uses: Sequence[Mapping[int, _Use]], lives: Mapping[int, _Life], old: int, new: int) -> bool:
    """Whether the stage that stores an array is the last to read another, each element where it stores one."""
    position = lives[new].first
    if lives[old].last != position:
        return False
    for strips in nest.strips:  # other stages of a run would find in the next strip what this one has stored there
        if strips.first <= position < strips.end:
            others = [k for k in range(strips.first, strips.end) if k != position]
            if any(old in uses[k] for k in others):
                return False
    read, stored = uses[position][old], uses[position][new]
    places = {subscripts for _, subscripts in stored.writes}
    loops = {part.atom for place in places for part in place if part.atom is not None and part.atom[0] == "index"}
    return len(loops) == len(nest.stages[position].extents) and (
        {kind for kind, _ in stored.writes} == {"store"}
        and not read.writes
        and read.reads == places
        and nest.stages[position].call is None
        and not _looks_ahead(nest.stages[position])
    )


def _looks_ahead(stage: Stage) -> bool:
    """Whether a stage holds functions whose loops read all arguments before they store a result."""
    return any(e.op in PRIMITIVES and PRIMITIVES[e.op].reach is not None for e in stage.body)
