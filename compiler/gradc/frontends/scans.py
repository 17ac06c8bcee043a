"""Running sums, products and extremes, and `scan`: one carried array through many steps.

cumsum(x)       with scan[t:n](c = 0) as C:  return c + x[t];    T[i] = C[i + 1]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from gradc.calculus.lifting import lift_body
from gradc.errors import ShapeError, UnsupportedError
from gradc.frontends.shaping import as_array, axis_of, ravel, view
from gradc.frontends.values import ArrayValue, Operand, as_real, builder_of, fill, lift, value_of
from gradc.ir.definitions import Comprehension, Parameter, Scan
from gradc.ir.printer import describe_shape
from gradc.ir.program import ProgramBuilder
from gradc.ir.size import Size, index, symbol

# What accumulates: the operation, and the number that it starts from.
_ACCUMULATIONS = {
    "add": 0.0,
    "mul": 1.0,
    "maximum": -math.inf,
    "minimum": math.inf,
    "logaddexp": -math.inf,
}


def accumulate(op: str, x: Operand, axis: int = 0) -> ArrayValue:
    """Each element combined with all before it along an axis."""
    if op not in _ACCUMULATIONS:
        raise UnsupportedError(f"{op}.accumulate: known are {', '.join(_ACCUMULATIONS)}, and gradc.scan")
    x = as_real(as_array(x))
    axis = axis_of(axis, x.rank)
    rest = (*x.shape[:axis], *x.shape[axis + 1 :])
    step = x.builder.step_name()
    inner = ProgramBuilder([Parameter("carry", rest), Parameter("x", x.shape)])
    body = inner.body()
    places = [index(k) for k in range(len(rest))]
    here = [*places[:axis], symbol(step), *places[axis:]]
    combined = body.apply(op, inner.access(body, 0, *places), inner.access(body, 1, *here))
    program = inner.finish([inner.comprehend(body, combined, rest)])
    start = fill(x.builder, rest, _ACCUMULATIONS[op])
    (history,) = x.builder.define(Scan(step, x.shape[axis], (start.number,), (x.number,), program))
    # The history's own axis is in front; that of x is at `axis`.
    others = [index(k) for k in range(x.rank) if k != axis]
    return view(value_of(x.builder, history), x.shape, [index(axis) + 1, *others])


def cumsum(x: Operand, axis: int | None = None) -> ArrayValue:
    """Running sums along an axis, or over all elements."""
    return accumulate("add", *_line(x, axis))


def cumprod(x: Operand, axis: int | None = None) -> ArrayValue:
    """Running products along an axis, or over all elements."""
    return accumulate("mul", *_line(x, axis))


def _line(x: Operand, axis: int | None) -> tuple[ArrayValue, int]:
    x = as_array(x)
    return (ravel(x), 0) if axis is None else (x, axis)


class BodyProgramBuilder(ProgramBuilder):
    """Builds the body of a scan, and takes the arrays of the program around it as parameters when they are used.

    Parameters
    ----------
    outer
        The builder of the program that will hold the scan.
    captured
        The arrays of `outer` that are parameters after the carries. Those that turn up beyond them are noted in
        `missing`, and stood in for, so that a second run can name them all.
    """

    def __init__(
        self, outer: ProgramBuilder, step: str, carries: Sequence[Parameter], captured: Sequence[ArrayValue]
    ) -> None:
        given = [Parameter(f"captured{k}", a.shape, outer.arrays[a.number].dtype) for k, a in enumerate(captured)]
        super().__init__([*carries, *given], outer.names() | {step})
        self.outer, self.step = outer, step
        self.depth: int = getattr(outer, "depth", 0) + 1
        self.missing: list[ArrayValue] = []
        self._positions = {a.number: len(carries) + k for k, a in enumerate(captured)}

    def capture(self, value: ArrayValue) -> ArrayValue:
        """An array of an enclosing program as an array of this one."""
        value = lift(self.outer, value)
        if value.number not in self._positions:
            self._positions[value.number] = self._stand_in(value)
            self.missing.append(value)
        return value_of(self, self._positions[value.number])

    def _stand_in(self, value: ArrayValue) -> int:
        body = self.body()
        distinct = body.integer(symbol(f"captured {value.number}"))
        return self.comprehend(body, body.coerce(distinct, value.kind), value.shape)


def scan_arrays(
    step_function: Callable[[list[ArrayValue], list[ArrayValue]], tuple[Sequence[Operand], Sequence[Operand]]],
    initial: Sequence[ArrayValue],
    sequences: Sequence[ArrayValue],
    length: Size,
) -> tuple[list[ArrayValue], list[ArrayValue]]:
    """Carry arrays through `length` steps.

    Parameters
    ----------
    step_function
        Takes the carries and the step's slice of each sequence, and gives the next carries and what to stack. It is
        run again once it is known which arrays from outside it uses.

    Returns
    -------
    tuple
        The last carries, and the stacked results with the step as their first axis.
    """
    outer = builder_of([*initial, *sequences])
    start = [as_real(lift(outer, value)) for value in initial]
    given = [lift(outer, value) for value in sequences]
    step = outer.step_name()

    def run(
        captured: Sequence[ArrayValue], more: Sequence[ArrayValue]
    ) -> tuple[BodyProgramBuilder, list[ArrayValue], list[ArrayValue]]:
        carries = [Parameter(f"carry{k}", value.shape) for k, value in enumerate([*start, *more])]
        inner = BodyProgramBuilder(outer, step, carries, captured)
        slices = []
        for value in given:
            whole = inner.capture(value)
            slices.append(view(whole, whole.shape[1:], [symbol(step), *map(index, range(whole.rank - 1))]))
        after, stacked = step_function([value_of(inner, k) for k in range(len(start))], slices)
        return inner, [as_real(lift(inner, v)) for v in after], [as_real(lift(inner, v)) for v in stacked]

    captured = run([], [])[0].missing
    inner, after, stacked = run(captured, [])
    _check_carries(start, after)
    carried = len(start)
    if any(not isinstance(definition, Comprehension) for definition in inner.definitions):
        # What only a loop can compute is stacked by carrying it: a carry's history is there anyway.
        zeros = [fill(outer, value.shape, 0.0) for value in stacked]
        inner, after, stacked = run(captured, zeros)
        start, after = [*start, *zeros], [*after, *stacked]

    program = inner.finish([value.number for value in after])
    kept = tuple(value.number for value in captured)
    numbers = outer.define(Scan(step, length, tuple(value.number for value in start), kept, program))
    histories = [value_of(outer, number) for number in numbers]
    last = [view(h, h.shape[1:], [length, *map(index, range(h.rank - 1))]) for h in histories[:carried]]

    found: dict[int, ArrayValue] = {}
    for value in stacked:
        # Before a step or after it, a carry is there already.
        later = value.number in program.outputs
        if later or value.number < len(start):
            history = histories[program.outputs.index(value.number) if later else value.number]
            places = [index(0) + int(later), *(index(k + 1) for k in range(value.rank))]
            found[value.number] = view(history, (length, *value.shape), places)
    rest = [value.number for value in stacked if value.number not in found]
    if rest:
        # What is stacked does not feed the carries, so it is computed for all steps at once from their history.
        sources = [(number, True) for number in numbers] + [(number, False) for number in kept]
        lifted = lift_body(outer, inner.finish(rest), step, length, sources)
        found.update((number, value_of(outer, new)) for number, new in zip(rest, lifted, strict=True))
    return last, [found[value.number] for value in stacked]


def _check_carries(start: Sequence[ArrayValue], after: Sequence[ArrayValue]) -> None:
    if len(after) != len(start):
        raise ShapeError(f"a scan's body gives back {len(after)} carries of {len(start)}")
    for k, (before, now) in enumerate(zip(start, after, strict=True)):
        if before.shape != now.shape:
            shapes = f"{describe_shape(before.shape)} becomes one of {describe_shape(now.shape)}"
            raise ShapeError(f"a scan's carry {k} of shape {shapes}: both must be the same")
