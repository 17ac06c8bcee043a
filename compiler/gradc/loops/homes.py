"""Where the arrays of a program live while its loops are built: in a buffer, or a number in a variable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from gradc.calculus.reductions import REDUCTIONS
from gradc.ir.definitions import Array
from gradc.ir.divisors import is_positive
from gradc.ir.equations import BOOLEAN, INTEGER, REAL
from gradc.ir.printer import Names
from gradc.ir.ranges import NONE as FROM_ZERO
from gradc.ir.ranges import stays_natural
from gradc.ir.size import ONE, ZERO, Atom, Size, product, size
from gradc.loops.program import (
    SCRATCH,
    VIEW,
    Buffer,
    Constant,
    Load,
    Local,
    Name,
    Namer,
    Place,
    Scratch,
    Start,
    Status,
    Value,
    call,
)
from gradc.schedule.plan import SCALAR, TILE, WHOLE, Nest, Plan
from gradc.schedule.tiles import most_rows
from gradc.schedule.tiling import is_parallel

Home: TypeAlias = Buffer | Name
Target: TypeAlias = Name | Place
Limits: TypeAlias = tuple[Size, Size]
Clauses: TypeAlias = tuple[tuple[str, tuple[Name, ...]], ...]  # signs, and the variables that a loop combines by them


class State:
    """What one function has named, reserved and found while it is built: all that changes."""

    def __init__(self, plan: Plan, tile: int, namer: Namer) -> None:
        self.tile, self.namer = tile, namer
        self.scratch: list[Scratch] = []
        self.statuses: list[Status] = []
        self.steps: dict[str, Size] = {}  # the step of each scan around, by the symbol that the program has for it
        self.inside: frozenset[int] = frozenset()  # accumulations all of whose places from data are checked
        self.outermost = plan  # that of the function itself, not of a scan

    def status(self, kind: str, message: str) -> int:
        """A status code for a failure; the same failure has the same code."""
        for known in self.statuses:
            if known.message == message:
                return known.code
        self.statuses.append(Status(len(self.statuses) + 1, kind, message))
        return len(self.statuses)

    def reserve(self, hint: str, type_: str, extents: tuple[Size, ...]) -> Buffer:
        """A new buffer of scratch."""
        buffer = Buffer(self.namer.new(hint), type_, extents, SCRATCH)
        self.scratch.append(Scratch(buffer, ONE))
        return buffer

    def lowered(self, value: Size, extents: Sequence[Size] | None = None, first: Mapping[int, int] = FROM_ZERO) -> Size:
        """A length, or an index within loops, with the steps of scans.

        What may be negative, or divided by 0 where an inner loop does not run, is divided by functions.
        """
        around = extents or ()

        def divides(atom: Atom) -> bool:
            # Lengths are whole by the kernel's constraints.
            return extents is None or is_positive(atom[2], loops_around(atom[1:], extents))

        def replace(atom: Atom) -> Size | None:
            if atom[0] == "dim":
                return self.steps.get(atom[1])
            if atom[0] in ("//", "%") and not (stays_natural(atom[1], around, first) and divides(atom)):
                top, bottom = (part.substitute(replace) for part in atom[1:])
                return call("quotient" if atom[0] == "//" else "remainder", top, bottom)
            return None

        return value.substitute(replace)


def loops_around(parts: Iterable[Size], extents: Sequence[Size]) -> list[Size]:
    """How long the loops are that an index is in for sure, wherever it is computed: those whose indices it has."""
    return [extents[atom[1]] for part in parts for atom in part.atoms() if atom[0] == "index"]


class Homes:
    """The arrays of one program (the function's, or a scan's body) and where each lives."""

    def __init__(self, state: State, plan: Plan, arrays: Sequence[Array], letters: Names) -> None:
        self.state, self.plan, self.arrays, self.letters = state, plan, arrays, letters
        self.home: dict[int, Home] = {}
        self.tile_begin = ZERO
        self.strip_begin = ZERO
        self.results = plan.program.first_results()
        self.strip_of: dict[Size, Size] = {}  # how wide strips of a length are, where that has a name
        self.low_of: dict[int, Name] = {}  # what a sum over tiles has lost to rounding so far
        nests = [step for step in plan.steps if isinstance(step, Nest)]
        self.rows_of = {  # of a buffer: those of its nest's tiles
            action.array: most_rows(nest, plan, arrays, state.tile)
            for nest in nests
            for stage in nest.stages
            for action in stage.actions
        }

    def buffer(self, number: int) -> Buffer:
        """The buffer of an array that has one."""
        home = self.home[number]
        assert isinstance(home, Buffer)
        return home

    def place(self, number: int, subscripts: Sequence[Size]) -> tuple[Size, ...]:
        """Where in its buffer an element of an array is."""
        places = self.layout(number, subscripts)
        if self.plan.storage.get(number) == TILE:
            begin = [ZERO] * len(places)
            begin[self.plan.stream_axes[number]] = self.tile_begin - self.plan.halo.get(number, 0)
            if number in self.plan.strip_axes:
                begin[self.plan.strip_axes[number]] = self.strip_begin
            places = [place - first for place, first in zip(places, self.layout(number, begin), strict=True)]
        return tuple(places)

    def target(self, number: int, subscripts: Sequence[Size]) -> Target:
        """Where an element of an array is stored; the subscripts are lowered."""
        home = self.home[number]
        return home if isinstance(home, Name) else Place(home, self.place(number, subscripts))

    def read(self, number: int, subscripts: Sequence[Size], kind: str = REAL, guards: tuple[Size, ...] = ()) -> Value:
        """An element of an array; the subscripts are lowered."""
        home = self.home[number]
        return (
            Local(home) if isinstance(home, Name) else Load(home, self.place(number, subscripts), kind, False, guards)
        )

    def layout(self, number: int, parts: Sequence[Size]) -> list[Size]:
        """The parts of a subscript, or of a shape, in the order in which the axes are stored."""
        parts = list(parts)
        if number in self.plan.lanes:
            parts.append(parts.pop(self.plan.stream_axes[number]))
        return parts

    def stride(self, number: int, axis: int) -> Size:
        """How far apart neighbours along an axis are."""
        stored = self.layout(number, self._stored_shape(number))
        order = self.layout(number, list(map(size, range(len(stored)))))
        position = order.index(size(axis))
        return product(tuple(stored[position + 1 :]))

    def house_arrays(self) -> None:
        """Give every array that the plan makes a home."""
        state = self.state
        parallel = [step for step in self.plan.steps if isinstance(step, Nest) and self.is_parallel(step)]
        private = {a.array for nest in parallel for stage in nest.stages for a in stage.actions}
        for number in range(len(self.plan.program.parameters), len(self.arrays)):
            if number not in self.plan.storage or number in self.home or number in self.plan.shared:
                continue
            hint = self.letters.arrays[number] if number < len(self.letters.arrays) else "kept"
            storage = self.plan.storage[number]
            if storage == SCALAR:
                self.home[number] = state.namer.new(hint)
            elif storage == WHOLE or number not in private:
                self.home[number] = state.reserve(hint, self._type(number), self.stored(number))
            else:
                self.home[number] = Buffer(state.namer.new(hint), self._type(number), self.stored(number), VIEW)
        self.house_shared()

    def house_shared(self) -> None:
        """An array in another's buffer lives there."""
        self.home.update((number, self.home[owner]) for number, owner in self.plan.shared.items())

    def _type(self, number: int) -> str:
        return {INTEGER: "int64", BOOLEAN: "int"}.get(self.arrays[number].kind, "real")

    def _stored_shape(self, number: int) -> tuple[Size, ...]:
        """The shape of what is stored of an array: all of it, or a tile."""
        shape = [self.state.lowered(extent) for extent in self.arrays[number].shape]
        if self.plan.storage.get(number) == TILE:
            shape[self.plan.stream_axes[number]] = size(self.rows_of[number] + self.plan.halo.get(number, 0))
            if number in self.plan.strip_axes:
                axis = self.plan.strip_axes[number]
                shape[axis] = self.strip_of.get(shape[axis]) or call("width", shape[axis])
        return tuple(shape)

    def stored(self, number: int) -> tuple[Size, ...]:
        """The extents of an array's buffer."""
        return tuple(self.layout(number, self._stored_shape(number)))

    def is_parallel(self, nest: Nest) -> bool:
        """Whether a nest's rows go to several threads; those inside of a scan's steps do not."""
        return self.plan is self.state.outermost and is_parallel(nest, self.plan)


def identity(kind: str) -> Constant:
    """What an accumulation of a kind begins with."""
    value = {"add": 0.0, "max": float("-inf"), "min": float("inf")}.get(kind)
    return Constant(REDUCTIONS[kind].identity or 0.0 if value is None else value)


def hint_of(home: Home) -> str:
    """What a home would like to be called."""
    return home.hint if isinstance(home, Name) else home.name.hint


def all_of(buffer: Buffer) -> Start:
    """A buffer from its beginning."""
    return Start(buffer, (ZERO,) * len(buffer.extents))


def sign_of(kind: str) -> str:
    """How an assignment combines what a reduction of a kind does."""
    return {"sum": "+=", "add": "+=", "prod": "*="}.get(kind, kind)
