"""From definitions to loops: what the emitter prints, as data.

    Plan
      Nest  over tiles of an extent, or of nothing       one pass over the stream axis
        Stage  loops, outermost first                    one small loop nest, written to be vectorised
          Action                                         what each iteration does with a value
        Strips                                           stages that a second loop is cut into strips for
      Loop  over the steps of a scan, holding a Plan
      Routine                                            a call on whole arrays

This room is the seam: `plan_program` is all that the emitter knows of scheduling.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from gradc.contract.quarter import Quarter
from gradc.ir.definitions import Array, Call, Scan
from gradc.ir.equations import Equation
from gradc.ir.program import Program
from gradc.ir.size import Size

SCALAR, TILE, WHOLE = "scalar", "tile", "whole"  # where an array lives: a C variable, a buffer for a tile, or all of it


Place: TypeAlias = tuple[Size, ...]


class Action(NamedTuple):
    """What one iteration does: ``kind`` is "store", "add", or a reduction's name.

    `subscripts` say where in `array`, in the stage's loop indices; `reduced` are the loops that a reduction runs over.
    """

    kind: str
    array: int
    subscripts: tuple[Size, ...]
    value: int
    reduced: frozenset[int] = frozenset()


class Product(NamedTuple):
    """``C[row, column] = sum[depth](A[row, depth] * B[depth, column])``: three loops of a stage that one call replaces.

    `row`, `column` and `depth` are loops, `left` and `right` the equations that read A and B, and `weights` the one
    that reads a vector along the depth, which multiplies B. The call's vectors run along the column. With `below`,
    only elements whose row is not less than their column are asked for.
    """

    row: int
    column: int
    depth: int
    left: int
    right: int
    below: bool
    weights: int | None


class VectorProduct(NamedTuple):
    """``z[row] = sum[depth](A[row, depth] * x[depth])``: two loops of a stage that one call replaces.

    `left` and `right` are the equations that read A and x. `along` tells whether A's rows, or else its columns, are
    contiguous.
    """

    row: int
    depth: int
    left: int
    right: int
    along: bool


class QuarterProduct(NamedTuple):
    """``S[j, m, i, a] = sum[depth](X[l, i] * X[l, a] * (P[l, j] * P[l, m] * s[l] + where(j == m, D[l, j], 0)))``.

    `place` are the loops j, m, i and a: one call replaces all five. Only ``m <= j`` and ``a <= i`` is asked for.
    """

    place: tuple[int, int, int, int]
    depth: int
    factors: Quarter


class OuterProduct(NamedTuple):
    """``T[row, outer * length + inner] = P[row, outer] * X[row, inner]``: three loops that one call replaces.

    `row`, `outer` and `inner` are loops, the last of that length; `left` and `right` the equations that read P and X.
    """

    row: int
    outer: int
    inner: int
    left: int
    right: int


class Transposition(NamedTuple):
    """``T[column, row] = S[row, column]``, as they are stored; `source` is the equation that reads S."""

    row: int
    column: int
    source: int


StageCall: TypeAlias = Product | VectorProduct | QuarterProduct | OuterProduct | Transposition


class Ends(NamedTuple):
    """How many iterations at the two ends of each loop have conditions that differ from those in the middle.

    `middle` are the values of the stage's actions where all loops are in their middle, as equations of its body.
    """

    first: tuple[int, ...]
    last: tuple[int, ...]
    middle: tuple[int, ...]


class Stage(NamedTuple):
    """A loop nest: index k of its body is loop k, counted from the outermost."""

    extents: tuple[Size, ...]
    body: tuple[Equation, ...]
    actions: tuple[Action, ...]
    definitions: tuple[int, ...]  # whose index notation the comment shows
    stream: int = 0  # the loop that runs along the stream, in a nest that has one
    across: int | None = None  # the loop that is cut into strips, in a stage that goes strip by strip
    unroll: int = 1  # how many iterations of the loop outside the innermost are taken at a time
    call: StageCall | None = None
    ends: Ends | None = None  # where the ends of loops are apart from their middle

    def touched(self) -> set[int]:
        """The arrays that a stage reads or writes."""
        return {e.data[0] for e in self.body if e.op == "access"} | {action.array for action in self.actions}


class Strips(NamedTuple):
    """Stages of a nest, from `first` to before `end`, that go strip by strip of another loop, of length `extent`."""

    first: int
    end: int
    extent: Size


class Nest(NamedTuple):
    """Stages that share their outermost loop, which is cut into tiles; `extent` is None for straight-line code."""

    extent: Size | None
    stages: tuple[Stage, ...]
    strips: tuple[Strips, ...] = ()


class Loop(NamedTuple):
    """A scan: its results, the definition, and the plan of its body."""

    scan: Scan
    results: tuple[int, ...]
    plan: Plan
    definition: int


class Routine(NamedTuple):
    """A call, and its results."""

    call: Call
    results: tuple[int, ...]
    definition: int


Step: TypeAlias = Nest | Loop | Routine


class Plan(NamedTuple):
    """Steps in order, and where every array that they make lives."""

    program: Program
    steps: tuple[Step, ...]
    storage: dict[int, str]
    stream_axes: dict[int, int]  # for an array in a tile's buffer, its axis along the stream
    strip_axes: dict[int, int]  # for an array of which a tile's buffer has one strip, its axis across the stream
    shared: dict[int, int]  # for an array in a tile's buffer, the one whose buffer it takes once that is needed no more
    lanes: frozenset[int]  # the arrays in tiles' buffers whose axis along the stream is stored last, to be contiguous
    reset: dict[int, int]  # for an accumulated array, the step before which it is set to its identity
    gaps: dict[int, tuple[Place, ...]]  # for one that is assigned to, the places that alone are set to zero
    halo: dict[int, int]  # for an array in a tile's buffer, the rows before the tile that others read of it
    kept: tuple[Array, ...] = ()  # arrays numbered after the program's, by which loops that were split pass values on

    @classmethod
    def without_steps(cls, program: Program) -> Plan:
        """A plan that only knows the program's arrays."""
        return cls(program, (), {}, {}, {}, {}, frozenset(), {}, {}, {})

    def arrays(self) -> list[Array]:
        """All arrays by number."""
        return [*self.program.arrays(), *self.kept]
