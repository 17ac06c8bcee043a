"""Split a loop with thousands of operations into several, between which a tile's buffers carry what is needed.

for p:                                          for p in a tile:
    v0 = sin(x[p]); …; v499 = v498 * v3             v0 = sin(x[p]); …; kept0[p] = v3; kept1[p] = v499
    v500 = v499 + v3; …                     ->  for p in a tile:
    y[p] = v9999                                    v500 = kept1[p] + kept0[p]; …

Compilers' time grows faster than a loop's body does. What is no operation on numbers, and what no row of the tile
changes, is had again where it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradc.ir.definitions import Array
from gradc.ir.equations import REAL, Equation, index_dependencies, needed_by, references
from gradc.ir.size import Size, index, ref
from gradc.schedule.plan import Action, Stage

_LONGEST = 160  # equations that stay together
_SIZE = 64  # equations of a piece


def split_stage(stage: Stage, new_array: Callable[[Array], int]) -> list[Stage]:
    """The stages that a long one becomes; `new_array` gives the number of an array in tiles' buffers.

    Where there are loops inside of the stream's, what they do not change would be computed again in each of them.
    """
    if len(stage.body) <= _LONGEST or len(stage.extents) != 1:
        return [stage]
    return _Split(stage, new_array).stages()


class _Split:
    """A stage while it is split."""

    def __init__(self, stage: Stage, new_array: Callable[[Array], int]) -> None:
        self.stage, self.new_array = stage, new_array
        self.depends = index_dependencies(stage.body)
        needed = needed_by(stage.body, [root for action in stage.actions for root in _roots(action)])
        carried = [number for number in needed if self._is_carried(number)]
        self.piece_of = {number: position // _SIZE for position, number in enumerate(carried)}
        self.homes: dict[int, Action] = {}  # for a value that a later piece reads, its store

    def stages(self) -> list[Stage]:
        """The pieces, in order."""
        count = max(self.piece_of.values(), default=0) + 1
        actions: list[list[Action]] = [[] for _ in range(count)]
        for action in self.stage.actions:
            actions[max((self._earliest(root) for root in _roots(action)), default=0)].append(action)
        pieces = [_Piece(self, k) for k in range(count)]
        for k in reversed(range(count)):  # what later pieces read is known before an earlier one is finished
            for action in actions[k]:
                for root in _roots(action):
                    pieces[k].need(root)
            for number in [n for n in self.homes if self.piece_of[n] == k]:
                pieces[k].need(number)
                actions[k].append(self.homes[number])
        return [
            self.stage._replace(
                body=tuple(piece.equations),
                actions=tuple(piece.moved(action) for action in actions[k]),
                definitions=self.stage.definitions if k == 0 else (),
            )
            for k, piece in enumerate(pieces)
            if actions[k]
        ]

    def home(self, number: int) -> Action:
        """Where the value of an equation is kept for later pieces."""
        if number not in self.homes:
            array = self.new_array(Array(self.stage.extents, "real"))
            self.homes[number] = Action("store", array, (index(0),), number)
        return self.homes[number]

    def _is_carried(self, number: int) -> bool:
        equation = self.stage.body[number]
        return equation.kind == REAL and bool(equation.operands) and bool(self.depends[number])

    def _earliest(self, number: int) -> int:
        """The first piece in which an equation can be had."""
        below = needed_by(self.stage.body, [number]) if number not in self.piece_of else [number]
        return max((self.piece_of.get(n, 0) for n in below), default=0)


class _Piece:
    """The equations of one piece."""

    def __init__(self, split: _Split, position: int) -> None:
        self.split, self.position = split, position
        self.equations: list[Equation] = []
        self.number_of: dict[int, int] = {}

    def need(self, root: int) -> None:
        """Have an equation here: its own, one that is read again, or what an earlier piece has kept."""
        body, pending = self.split.stage.body, [root]
        while pending:
            number = pending[-1]
            if number in self.number_of:
                pending.pop()
                continue
            if self.split.piece_of.get(number, self.position) < self.position:
                store = self.split.home(number)
                self._add(number, Equation("access", REAL, (), (store.array, store.subscripts)))
                continue
            missing = [below for below in references(body[number]) if below not in self.number_of]
            if missing:
                pending += reversed(missing)
            else:
                self._add(number, self._copied(body[number]))

    def moved(self, action: Action) -> Action:
        """An action of the whole stage, in this piece's numbers."""
        return action._replace(
            value=self.number_of[action.value], subscripts=tuple(map(self._renumbered, action.subscripts))
        )

    def _add(self, number: int, equation: Equation) -> None:
        self.number_of[number] = len(self.equations)
        self.equations.append(equation)

    def _copied(self, equation: Equation) -> Equation:
        if equation.op == "access":
            array, subscripts = equation.data
            return equation._replace(data=(array, tuple(map(self._renumbered, subscripts))))
        if equation.op == "integer":
            return equation._replace(data=self._renumbered(equation.data))
        return equation._replace(operands=tuple(self.number_of[operand] for operand in equation.operands))

    def _renumbered(self, part: Size) -> Size:
        return part.substitute(lambda atom: ref(self.number_of[atom[1]]) if atom[0] == "ref" else None)


def _roots(action: Action) -> Sequence[int]:
    return [action.value, *(a[1] for part in action.subscripts for a in part.atoms() if a[0] == "ref")]
