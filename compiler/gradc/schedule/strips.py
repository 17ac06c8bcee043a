"""Cut a second loop of a nest into strips, so that what passes between its stages has a strip of columns, not all.

for a tile of rows i:                                   for a tile of rows i:
    M[i, l] = sum[j](W[i, j] * H[j, l])   all l             for a strip of columns l:
    R[i, l] = 1 - V[i, l] / M[i, l]       all l    ->           M[i, l] = …
    G[i, j] = sum[l](R[i, l] * H[j, l])                         R[i, l] = …
                                                                G[i, j] += sum[l](R[i, l] * H[j, l])

Stages that follow each other and have a loop of one length go strip by strip, as long as none needs all columns of what
another makes. Of what only they read, one strip is stored. What is needed again after a sum over the columns, such as
the exponentials of a softmax after their sum, is kept whole, a row for each of the tile's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from gradc.ir.definitions import Array
from gradc.ir.size import Size, index
from gradc.schedule.plan import TILE, Nest, OuterProduct, Product, QuarterProduct, Stage, Strips, Transposition


class _Run(NamedTuple):
    """Stages that may go strip by strip: where they are, and the loop that is cut in each."""

    first: int
    loops: list[int]


def cut_strips(
    nest: Nest, storage: Mapping[int, str], stream_axes: Mapping[int, int], arrays: Sequence[Array]
) -> tuple[Nest, dict[int, int]]:
    """The nest with its strips, and for each array of which a strip is stored the axis that is cut."""
    axes: dict[int, int] = {}
    extents = _wide_extents(nest, storage, stream_axes, arrays)
    for extent in extents:
        nest = nest._replace(stages=_gathered(nest.stages, extent))

    def local(nest: Nest, run: _Run) -> dict[int, int]:
        """The arrays of which a run needs one strip, and the axis that is cut."""
        stages = nest.stages[run.first : run.first + len(run.loops)]
        return {
            array: axis
            for stage, loop in zip(stages, run.loops, strict=True)
            for array, axis in _made_along(stage, loop).items()
            if storage.get(array) == TILE and axis != stream_axes[array] and _is_local(nest, array, stages)
        }

    # A stage goes by strips of one loop alone: of the one with which most arrays are strips.
    for extent in sorted(extents, key=lambda extent: -sum(len(local(nest, run)) for run in _runs(nest, extent))):
        for run in _runs(nest, extent):
            cut = local(nest, run)
            if cut:
                nest = _with_strips(nest, run, cut.keys(), extent)
                axes |= cut
    return nest._replace(strips=tuple(sorted(nest.strips, key=lambda strips: strips.first))), axes


def _with_strips(nest: Nest, run: _Run, local: Collection[int], extent: Size) -> Nest:
    """The nest with strips from the first to the last stage of a run that touches these arrays."""
    touching = [k for k, _ in enumerate(run.loops) if not nest.stages[run.first + k].touched().isdisjoint(local)]
    stages = list(nest.stages)
    for k in range(touching[0], touching[-1] + 1):
        stages[run.first + k] = stages[run.first + k]._replace(across=run.loops[k])
    strips = Strips(run.first + touching[0], run.first + touching[-1] + 1, extent)
    return nest._replace(stages=tuple(stages), strips=(*nest.strips, strips))


def _wide_extents(
    nest: Nest, storage: Mapping[int, str], stream_axes: Mapping[int, int], arrays: Sequence[Array]
) -> list[Size]:
    """The lengths, known when running alone, that tiles' buffers have across the stream."""
    made = dict.fromkeys(a.array for stage in nest.stages for a in stage.actions if storage.get(a.array) == TILE)
    return list(
        dict.fromkeys(
            extent
            for array in made
            for axis, extent in enumerate(arrays[array].shape)
            if axis != stream_axes[array] and extent.constant is None
        )
    )


def _gathered(stages: Sequence[Stage], extent: Size) -> tuple[Stage, ...]:
    """The stages, those with a loop of that length behind the last such where they need nothing that is between."""
    found: list[Stage] = []
    for stage in stages:
        place = len(found)
        if _loop_of(stage, extent) is not None:
            while place and _loop_of(found[place - 1], extent) is None and _are_independent(found[place - 1], stage):
                place -= 1
            if not place or _loop_of(found[place - 1], extent) is None:
                place = len(found)
        found.insert(place, stage)
    return tuple(found)


def _are_independent(one: Stage, other: Stage) -> bool:
    made = [{action.array for action in stage.actions} for stage in (one, other)]
    return made[0].isdisjoint(other.touched()) and made[1].isdisjoint(one.touched())


def _runs(nest: Nest, extent: Size) -> list[_Run]:
    """The longest runs of stages with a loop of that length, none of which needs all that another makes."""
    runs: list[_Run] = []
    open_run = False
    for position, stage in enumerate(nest.stages):
        loop = _loop_of(stage, extent)
        if loop is None:
            open_run = False
            continue
        if open_run and _follows(stage, loop, nest.stages[runs[-1].first : position], runs[-1].loops):
            runs[-1].loops.append(loop)
        else:
            runs.append(_Run(position, [loop]))
        open_run = True
    return runs


def _loop_of(stage: Stage, extent: Size) -> int | None:
    """The one loop of that length beside the stream's, if strips of it can be done one by one."""
    loops = [k for k, other in enumerate(stage.extents) if other == extent and k != stage.stream]
    whole = isinstance(stage.call, OuterProduct | QuarterProduct | Transposition) or (
        isinstance(stage.call, Product) and stage.call.below
    )
    return loops[0] if len(loops) == 1 and stage.across is None and not whole else None


def _follows(stage: Stage, loop: int, before: Sequence[Stage], loops: Sequence[int]) -> bool:
    """Whether a strip of a stage needs no more of the stages before than the same strip."""
    along: dict[int, int] = {}
    made: set[int] = set()
    for other, across in zip(before, loops, strict=True):
        along |= _made_along(other, across)
        made |= {action.array for action in other.actions}
    if not made.isdisjoint(action.array for action in stage.actions):
        return False
    return all(
        e.data[0] in along and e.data[1][along[e.data[0]]] == index(loop)
        for e in stage.body
        if e.op == "access" and e.data[0] in made
    )


def _made_along(stage: Stage, loop: int) -> dict[int, int]:
    """The arrays that a stage makes a strip at a time, and their axis along the loop."""
    found: dict[int, int] = {}
    for action in stage.actions:
        axes = [axis for axis, part in enumerate(action.subscripts) if part == index(loop)]
        if action.kind != "add" and len(axes) == 1:
            found[action.array] = axes[0]
    return found


def _is_local(nest: Nest, array: int, stages: Sequence[Stage]) -> bool:
    """Whether these stages alone touch an array."""
    return sum(array in s.touched() for s in nest.stages) == sum(array in s.touched() for s in stages)
