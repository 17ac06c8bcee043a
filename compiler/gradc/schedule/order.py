"""Choose the order of a loop nest: the stream outermost, and innermost the loop that runs along memory."""

from __future__ import annotations

from collections.abc import Sequence

from gradc.ir.definitions import Array
from gradc.ir.equations import Equation
from gradc.ir.size import Size, index
from gradc.schedule.costs import is_dear
from gradc.schedule.plan import Action, Stage

_ROWS = 4  # rows of a product that are added at a time: as many as the registers of every vector unit hold with ease
_LIGHT = 12  # equations in a loop of which several are taken at a time
_VECTOR = 4  # a constant extent below this is not worth a vector loop


def order_loops(
    extents: Sequence[Size],
    body: Sequence[Equation],
    stores: Sequence[tuple[tuple[Size, ...], int]],
    reduced: frozenset[int],
    stream: int | None,
    arrays: Sequence[Array],
) -> tuple[int, ...]:
    """The indices from the outermost loop to the innermost.

    The innermost is the one along which most accesses have stride one or none. Of the others, free ones come first,
    so that a reduction finishes as far inside as it can.
    """
    others = [k for k in range(len(extents)) if k != stream]
    lead = () if stream is None else (stream,)
    if not others:
        return lead
    places = [e.data[1] for e in body if e.op == "access" and len(arrays[e.data[0]].shape) == len(e.data[1])]
    places += [place for place, _ in stores]

    def score(k: int) -> tuple[int, int, int, int]:
        total = 0
        for place in places:
            axes = [axis for axis, part in enumerate(place) if ("index", k) in part.atoms()]
            if not axes:
                total += 1  # the same element every time: it stays in a register
            elif axes == [len(place) - 1] and _steps_by_one(place[-1], k):
                total += 2
            else:
                total -= 4
        constant = extents[k].constant
        small = constant is not None and constant < _VECTOR
        return (-1 if small else 0, total, 0 if k in reduced else 1, k)

    innermost = max(others, key=score)
    rest = [k for k in others if k != innermost]
    rest.sort(key=lambda k: (k in reduced, k))
    return (*lead, *rest, innermost)


def choose_unroll(stage: Stage) -> int:
    """How many iterations of the loop outside the innermost are taken at a time.

    Where products are summed into rows, each load and store of the sum then serves several of them. Where a row is
    summed to a number, several sums go on at once, and what the rows share is loaded once.
    """
    count = len(stage.extents)
    if count < 2 or not stage.actions or any(action.kind != "sum" for action in stage.actions):
        return 1
    into_rows = all(count - 2 in a.reduced and count - 1 not in a.reduced for a in stage.actions)
    of_rows = all(count - 2 not in a.reduced and count - 1 in a.reduced for a in stage.actions)
    extent = stage.extents[count - 2].constant
    if not (into_rows or (of_rows and _is_light(stage))) or (extent is not None and extent < _ROWS):
        return 1
    return _ROWS


def vectorises(stage: Stage, action: Action) -> bool:
    """Whether iterations of a stage's innermost loop do this independently, but for sums and products."""
    last = len(stage.extents) - 1
    if action.kind in ("max", "min") and last in action.reduced:
        return False
    if action.kind != "add":
        return True
    naming = [part for part in action.subscripts if ("index", last) in part.atoms() or part.mentions("ref")]
    if len(naming) != 1 or not _steps_by_one(naming[0], last):
        return False
    # What it adds to, no other of the stage's stores adds to.
    others = {a.subscripts for a in stage.actions if a.array == action.array} - {action.subscripts}
    return not any(may_meet(action.subscripts, other) for other in others)


def may_meet(one: Sequence[Size], other: Sequence[Size]) -> bool:
    """Whether two affine places may be one in different iterations: not where a fixed axis tells them apart."""
    parts = list(zip(one, other, strict=True))
    if any(part.mentions("ref") for pair in parts for part in pair):
        return False
    return not any(a.constant is not None and b.constant is not None and a != b for a, b in parts)


def _is_light(stage: Stage) -> bool:
    """Whether a row's terms are a few operations, so that four rows' fit in the registers."""
    return len(stage.body) * len(stage.actions) <= _LIGHT and not any(is_dear(equation) for equation in stage.body)


def _steps_by_one(part: Size, k: int) -> bool:
    """Whether a subscript is the next one in each iteration of loop k: ``i``, ``i + 1``, ``d*j + i``."""
    return ("index", k) not in (part - index(k)).atoms() and not part.mentions("ref")
