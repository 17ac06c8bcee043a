"""How a nest is run: tile by tile or not, of how many rows, on several threads, and which sums go on through it."""

from __future__ import annotations

from collections.abc import Sequence

from gradc.ir.definitions import Array
from gradc.ir.size import ONE, ZERO, Size, product, size
from gradc.schedule.costs import cost, is_dear
from gradc.schedule.plan import SCALAR, TILE, Action, Nest, Plan, Product, QuarterProduct, Stage
from gradc.schedule.tiles import most_rows

ROWS = 128  # of a tile: its buffers stay in the first-level cache
PARTS = 16  # the most parts that the rows of a parallel nest go in


def has_buffers(nest: Nest, plan: Plan) -> bool:
    """Whether what a nest makes goes through tiles' buffers, or from stage to stage."""
    return len(nest.stages) > 1 or any(plan.storage.get(a.array) == TILE for s in nest.stages for a in s.actions)


def is_tiled(nest: Nest, plan: Plan, arrays: Sequence[Array]) -> bool:
    """Whether a nest goes tile by tile: for its buffers, or for a sum whose error is not to grow with the rows."""
    if nest.extent is None:
        return False
    return has_buffers(nest, plan) or (nest.extent.constant is None and bool(long_sums(nest, arrays)))


def is_parallel(nest: Nest, plan: Plan) -> bool:
    """Whether a nest's rows may go to several threads, each with sums of its own, and there is work enough."""
    if nest.extent is None or nest.extent.constant is not None:
        return False
    actions = [action for stage in nest.stages for action in stage.actions]
    scattered = any(action.kind == "add" and plan.storage.get(action.array) != TILE for action in actions)
    heavy = has_buffers(nest, plan) or any(is_dear(e) for stage in nest.stages for e in stage.body)
    return heavy and not scattered


def long_sums(nest: Nest, arrays: Sequence[Array]) -> list[int]:
    """The numbers that a nest sums up from its first row to its last, which are compensated."""
    found = {
        action.array: None
        for stage in nest.stages
        for action in stage.actions
        if action.kind == "sum" and stage.stream in action.reduced and not arrays[action.array].shape
    }
    return list(found)


def carried(nest: Nest) -> list[int]:
    """What a nest sums into from its first row to its last."""
    found = {
        action.array: None
        for stage in nest.stages
        for action in stage.actions
        if action.kind not in ("store", "add") and stage.stream in action.reduced
    }
    return list(found)


def kind_of(array: int, nest: Nest) -> str:
    """How a nest combines what it makes of an array."""
    return next(action.kind for stage in nest.stages for action in stage.actions if action.array == array)


def cost_of_row(nest: Nest) -> Size:
    """What one row costs, in multiplications, as a size."""
    total = ZERO
    for stage in nest.stages:
        others = product(tuple(extent for k, extent in enumerate(stage.extents) if k != stage.stream))
        # Of a quarter of the elements, one is a multiplication, and what is around them takes as long.
        total = total + others * (ONE if isinstance(stage.call, QuarterProduct) else size(cost(stage.body)))
    return total


def elements_of_row(nest: Nest, plan: Plan, arrays: Sequence[Array], tile: int) -> Size | None:
    """How many elements of a row a nest reads from memory, where a tile is cut to them; None where tiles are full."""
    if any(isinstance(stage.call, Product | QuarterProduct) for stage in nest.stages):
        return None  # the more rows, the less often a panel is copied
    if most_rows(nest, plan, arrays, tile) < tile:
        return None
    wide: dict[int, Size] = {}
    for stage in nest.stages:
        for equation in stage.body:
            if equation.op == "access" and plan.storage.get(equation.data[0]) not in (TILE, SCALAR):
                number, place = equation.data
                if len(place) > 1 and place[0].atom == ("index", stage.stream):
                    wide[number] = product(arrays[number].shape[1:])
    return sum(wide.values(), ZERO) if wide else None


def is_carried(stage: Stage, action: Action, tiled: bool) -> bool:
    """Whether a sum goes on through all of the nest, so that it is set to its identity before."""
    if action.kind in ("store", "add"):
        return action.kind == "add"
    return (stage.stream if tiled else 0) in action.reduced


def goes_on(stage: Stage, action: Action, tiled: bool) -> bool:
    """Whether a sum goes on through all of the nest, or through all strips of a tile."""
    return is_carried(stage, action, tiled) or (stage.across is not None and stage.across in action.reduced)
