"""Choose how a tile's buffers lie in memory, and turn loops so that the innermost runs along them.

    Z[i:n, j:k] in a tile of rows i      ->      a buffer [k][rows], and loops  for j: for i

Rows of a tile are many, and classes, factors or hidden units may be few: along the stream every loop is long,
contiguous and without a remainder. A buffer keeps its rows together where a stage reads it beside an array that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradc.ir.definitions import Array
from gradc.ir.equations import BodyBuilder, index_dependencies
from gradc.ir.size import Size, index
from gradc.schedule.plan import TILE, Nest, Plan, Stage, Transposition

_PAIRS = 32  # rows of a tile whose buffers have a column for each sample: these stay in the second-level cache


def choose_lanes(
    nests: Sequence[Sequence[Stage]], stream_axes: Mapping[int, int], arrays: Sequence[Array]
) -> frozenset[int]:
    """The arrays in tiles' buffers whose stream axis is to be stored last."""
    lanes = {number for number in stream_axes if len(arrays[number].shape) > 1}
    changed = True
    while changed:  # each round takes one array out at least
        changed = False
        for stages in nests:
            for stage in stages:
                if is_copy(stage):
                    continue
                touched = {number for number, _ in _places(stage)} & lanes
                if not touched or _runs_along(stage, stream_axes, lanes, arrays):
                    continue
                # Any layout will do for what a stage touches outside its innermost loop alone.
                wrong = touched & _inside(stage)
                lanes -= wrong
                changed = changed or bool(wrong)
    return frozenset(lanes)


def most_rows(nest: Nest, plan: Plan, arrays: Sequence[Array], tile: int) -> int:
    """The most rows of a nest's tiles: fewer where each has a buffer for all the others, as pairs of samples have."""
    if nest.extent is None:
        return tile
    buffers = [a.array for s in nest.stages for a in s.actions if plan.storage.get(a.array) == TILE]
    pairs = any(k not in plan.strip_axes and arrays[k].shape.count(nest.extent) > 1 for k in buffers)
    return min(tile, _PAIRS) if pairs else tile


def turn(stage: Stage, stream_axes: Mapping[int, int], lanes: frozenset[int], arrays: Sequence[Array]) -> Stage:
    """The stage with the stream's loop innermost, if that suits all that it reads and writes."""
    count = len(stage.extents)
    serial = any(action.kind in ("max", "min") and stage.stream in action.reduced for action in stage.actions)
    if count < 2 or serial or not _runs_along(stage, stream_axes, lanes, arrays):
        return stage
    # A loop that is reduced stays inside those that are not, or a reduction would be finished a piece at a time.
    order = [*sorted((k for k in range(count) if k != stage.stream), key=lambda k: (_is_reduced(stage, k), k))]
    return permute(stage, [*order, stage.stream])


def permute(stage: Stage, order: Sequence[int]) -> Stage:
    """The stage with its loops in another order."""
    level = {k: index(position) for position, k in enumerate(order)}
    body = BodyBuilder(lambda array: array.to_bytes(4, "big"))
    inner = [a[1] for action in stage.actions for p in action.subscripts for a in p.atoms() if a[0] == "ref"]
    roots = [action.value for action in stage.actions]
    new = body.insert(stage.body, [*roots, *inner], replace_index=level.__getitem__)
    refs = dict(zip(inner, new[len(roots) :], strict=True))

    def place(part: Size) -> Size:
        return part.substitute(
            lambda a: level[a[1]] if a[0] == "index" else body.as_size(refs[a[1]]) if a[0] == "ref" else None
        )

    where = {k: position for position, k in enumerate(order)}
    actions = tuple(
        action._replace(
            value=value,
            subscripts=tuple(place(part) for part in action.subscripts),
            reduced=frozenset(where[k] for k in action.reduced),
        )
        for action, value in zip(stage.actions, new, strict=False)
    )
    return stage._replace(
        extents=tuple(stage.extents[k] for k in order),
        body=tuple(body.equations),
        actions=actions,
        stream=where[stage.stream],
        across=None if stage.across is None else where[stage.across],
    )


def find_transposition(stage: Stage, lanes: frozenset[int]) -> Transposition | None:
    """The copy between a tile's buffer and an array that lies the other way, if a stage is that."""
    if not is_copy(stage):
        return None
    (action,) = stage.actions
    source, place = stage.body[action.value].data
    if (source in lanes) == (action.array in lanes) or place != action.subscripts:
        return None
    if place[0] != index(stage.stream):
        return None  # where the stream is the last axis, it is contiguous in every array, and both lie the same way
    first, second = (part.atom[1] for part in place if part.atom is not None)
    row, column = (first, second) if action.array in lanes else (second, first)
    return Transposition(row, column, action.value)


def is_copy(stage: Stage) -> bool:
    """Whether a stage only copies a matrix."""
    if len(stage.actions) != 1 or len(stage.extents) != 2:
        return False
    (action,) = stage.actions
    plain = {part.atom for part in action.subscripts} == {("index", 0), ("index", 1)}
    return plain and action.kind == "store" and stage.body[action.value].op == "access"


def _places(stage: Stage) -> list[tuple[int, tuple[Size, ...]]]:
    found = [(e.data[0], e.data[1]) for e in stage.body if e.op == "access"]
    return found + [(action.array, action.subscripts) for action in stage.actions]


def _is_reduced(stage: Stage, loop: int) -> bool:
    return any(loop in action.reduced for action in stage.actions)


def _runs_along(
    stage: Stage, stream_axes: Mapping[int, int], lanes: set[int] | frozenset[int], arrays: Sequence[Array]
) -> bool:
    """Whether consecutive iterations of the stream's loop touch consecutive elements, of everything that it names."""
    if len(stage.extents) == 1:
        return True
    here = index(stage.stream)
    depends = index_dependencies(stage.body)
    for array, place in _places(stage):
        for axis, part in enumerate(place):
            read = any(a[0] == "ref" and stage.stream in depends[a[1]] for a in part.atoms())
            if not read and ("index", stage.stream) not in part.atoms():
                continue
            last = stream_axes[array] if array in lanes else len(arrays[array].shape) - 1
            if axis != last or part != here:
                return False
    return True


def _inside(stage: Stage) -> set[int]:
    """The arrays whose place moves with a stage's innermost loop; all that it touches, if that is the stream's."""
    last = len(stage.extents) - 1
    return {
        array
        for array, place in _places(stage)
        if last == stage.stream or any(("index", last) in part.atoms() for part in place)
    }
