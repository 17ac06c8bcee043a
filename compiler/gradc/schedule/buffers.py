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
from gradc.ir.program import Array
from gradc.schedule.plan import TILE, Nest, Stage


class _Life(NamedTuple):
    """The stages from which and to which an array is needed; those of a run of strips all at once."""

    first: int
    last: int


def share_buffers(
    nest: Nest,
    storage: Mapping[int, str],
    stream_axes: Mapping[int, int],
    strip_axes: Mapping[int, int],
    lanes: frozenset[int],
    arrays: Sequence[Array],
) -> dict[int, int]:
    """For arrays in tiles' buffers that take the place of another, that other one."""
    found: dict[int, int] = {}
    occupants: dict[Hashable, list[list[int]]] = {}  # for each form of buffer, the arrays that take each in turn
    made = dict.fromkeys(a.array for stage in nest.stages for a in stage.actions if storage.get(a.array) == TILE)
    lives = {array: _life(nest, array, array in strip_axes) for array in made}
    added = {a.array for stage in nest.stages for a in stage.actions if a.kind == "add"}
    for array in sorted(made.keys() - added, key=lambda array: (lives[array], array)):
        axes = [
            "rows" if axis == stream_axes[array] else (axis == strip_axes.get(array), extent)
            for axis, extent in enumerate(arrays[array].shape)
        ]
        if array in lanes:
            axes.append(axes.pop(stream_axes[array]))
        buffers = occupants.setdefault((arrays[array].kind, *axes), [])
        for buffer in buffers:
            last = buffer[-1]
            if lives[last].last < lives[array].first or _replaces(nest, last, array):
                found[array] = buffer[0]
                buffer.append(array)
                break
        else:
            buffers.append([array])
    return found


def _life(nest: Nest, array: int, of_strip: bool) -> _Life:
    places = [k for k, stage in enumerate(nest.stages) if array in stage.touched()]
    first, last = places[0], places[-1]
    for strips in () if of_strip else nest.strips:
        if strips.first <= first < strips.end:
            first = strips.first
        if strips.first <= last < strips.end:
            last = strips.end - 1
    return _Life(first, last)


def _replaces(nest: Nest, old: int, new: int) -> bool:
    """Whether the stage that stores an array is the last to read another, each element where it stores one."""
    position = next(k for k, stage in enumerate(nest.stages) if any(a.array == new for a in stage.actions))
    stage = nest.stages[position]
    later = nest.stages[position + 1 :]
    together = [nest.stages[s.first : s.end] for s in nest.strips if s.first <= position < s.end]
    if any(old in other.touched() for other in (*later, *(s for run in together for s in run if s is not stage))):
        return False
    stores = [action for action in stage.actions if action.array == new]
    return (
        all(action.kind == "store" for action in stores)
        and not any(action.array == old for action in stage.actions)
        and stage.call is None
        and all(e.data[1] == stores[0].subscripts for e in stage.body if e.op == "access" and e.data[0] == old)
        and not _looks_ahead(stage)
    )


def _looks_ahead(stage: Stage) -> bool:
    """Whether a stage holds functions whose loops read all arguments before they store a result."""
    return any(e.op in PRIMITIVES and PRIMITIVES[e.op].reach is not None for e in stage.body)
