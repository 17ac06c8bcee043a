"""Handles on a program's arrays, and elementwise operations with NumPy's broadcasting.

>>> from gradc.ir.program import Parameter, ProgramBuilder
>>> from gradc.ir.size import symbol
>>> n, d = symbol("n"), symbol("d")
>>> builder = ProgramBuilder([Parameter("X", (n, d)), Parameter("b", (d,))])
>>> total = apply("exp", apply("add", value_of(builder, 0), value_of(builder, 1)))
>>> print(builder.finish([total.number]))
def program(X: real[n, d], b: real[d]):
    t0[i:n, j:d] = X[i, j] + b[j]
    t1[i:n, j:d] = exp(t0[i, j])
    return t1
<BLANKLINE>

Each function makes one definition or a few; none fuses, since a later pass inlines what is a mere view or used once.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gradc.errors import ShapeError, TraceError, UnsupportedError
from gradc.ir.equations import BOOLEAN, INTEGER, REAL, BodyBuilder
from gradc.ir.printer import describe_shape
from gradc.ir.program import ProgramBuilder
from gradc.ir.size import ONE, ZERO, Size, index, size

Shape: TypeAlias = tuple[Size, ...]

LARGEST_CONSTANT = 100_000  # elements of an array that a program may hold as constants
LARGEST_TABLE = 64  # elements of an integer array that is spelled as a chain of choices


@dataclass(frozen=True, eq=False)
class ArrayValue:
    """An array of the program that `builder` is making: its number, shape and kind. It never changes."""

    builder: ProgramBuilder
    number: int
    shape: Shape
    kind: str

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)


# What an elementwise operation takes. A list or a tuple of numbers is read as NumPy reads it.
Operand: TypeAlias = "ArrayValue | Size | float | npt.NDArray[Any] | np.generic | Sequence[Any]"


# ---------------------------------------------------------------------------------------------- handles and constants


def value_of(builder: ProgramBuilder, number: int) -> ArrayValue:
    """The handle on an array of a builder."""
    array = builder.arrays[number]
    return ArrayValue(builder, number, array.shape, array.kind)


def builder_of(operands: Iterable[Any]) -> ProgramBuilder:
    """The builder to which a result of these operands belongs: the innermost, where they come from several."""
    found: ProgramBuilder | None = None
    for operand in operands:
        if isinstance(operand, ArrayValue) and (found is None or _depth(operand.builder) > _depth(found)):
            found = operand.builder
    if found is None:
        raise UnsupportedError("an operation on constants alone: compute it with NumPy, or lift an operand first")
    return found


def lift(builder: ProgramBuilder, operand: Operand) -> ArrayValue:
    """An operand as an array of `builder`: a number, a size, a NumPy array, or an array of an enclosing program."""
    operand = plain(operand)
    if isinstance(operand, ArrayValue):
        return operand if operand.builder is builder else _capture(builder, operand)
    if isinstance(operand, np.ndarray):
        return _constant_array(builder, operand)
    body = builder.body()
    return comprehend(builder, body, scalar(body, operand), ())


def plain(operand: Any) -> Any:
    """An operand with lists made arrays, and NumPy's numbers and arrays without axes made Python's."""
    if isinstance(operand, (ArrayValue, Size, bool, int, float)):
        return operand
    if isinstance(operand, (list, tuple)):
        operand = np.asarray(operand)
    if isinstance(operand, (np.ndarray, np.generic)):
        if operand.dtype.kind not in "fiub":
            raise UnsupportedError(f"a constant of dtype {operand.dtype}: reals, integers and booleans are known")
        return operand.item() if operand.ndim == 0 else np.asarray(operand)
    if isinstance(operand, numbers.Real):
        return float(operand)
    raise UnsupportedError(f"an operand of type {type(operand).__name__}")


def comprehend(
    builder: ProgramBuilder,
    body: BodyBuilder,
    result: int,
    free: Sequence[Size],
    reduced: Sequence[Size] = (),
    reduction: str | None = None,
) -> ArrayValue:
    """Define ``T[free] = reduction[reduced](result)`` and give its handle."""
    return value_of(builder, builder.comprehend(body, result, free, reduced, reduction))


def read(body: BodyBuilder, value: ArrayValue, subscripts: Sequence[Size]) -> int:
    """An element of an array, as an equation of `body`."""
    return value.builder.access(body, value.number, *subscripts)


def scalar(body: BodyBuilder, operand: Any) -> int:
    """A number or a size, as an equation of `body`."""
    if isinstance(operand, Size):
        return body.integer(operand)
    if isinstance(operand, int) and not isinstance(operand, bool):
        # Whole numbers stay whole beside integer arrays, and become reals beside reals.
        return body.integer(operand) if abs(operand) < 2**63 else body.constant(float(operand))
    return body.constant(operand)


def shape_of(operand: Any) -> Shape:
    """The shape of an operand."""
    if isinstance(operand, ArrayValue):
        return operand.shape
    return tuple(map(size, operand.shape)) if isinstance(operand, np.ndarray) else ()


def fill(builder: ProgramBuilder, shape: Sequence[Size], operand: Operand) -> ArrayValue:
    """An array of this shape that holds one number everywhere, or an operand broadcast to it."""
    operand = plain(operand)
    if isinstance(operand, (ArrayValue, np.ndarray)):
        value = lift(builder, operand)
        broadcast_shapes(tuple(shape), value.shape, target=tuple(shape))
        body = builder.body()
        return comprehend(builder, body, read(body, value, spread(value.shape, len(shape))), shape)
    body = builder.body()
    return comprehend(builder, body, scalar(body, operand), shape)


# -------------------------------------------------------------------------------------------------------- broadcasting


def broadcast_shapes(*shapes: Shape, target: Shape | None = None) -> Shape:
    """The shape to which these broadcast: an axis stretches only where its extent is literally 1."""
    result: list[Size] = []
    for axis in range(1, max(map(len, shapes), default=0) + 1):
        extents = [shape[-axis] for shape in shapes if axis <= len(shape)]
        wide = [extent for extent in extents if extent != ONE] or [ONE]
        if any(extent != wide[0] for extent in wide):
            raise ShapeError("shapes that do not broadcast: " + " and ".join(map(describe_shape, shapes)))
        result.append(wide[0])
    found = tuple(reversed(result))
    if target is not None and found != target:
        raise ShapeError(f"shape {describe_shape(shapes[-1])} does not broadcast to {describe_shape(target)}")
    return found


def spread(shape: Shape, rank: int, first: int = 0) -> tuple[Size, ...]:
    """The subscripts with which an array of this shape is read inside indices ``first … first + rank - 1``."""
    offset = first + rank - len(shape)
    return tuple(ZERO if extent == ONE else index(offset + axis) for axis, extent in enumerate(shape))


def elementwise(make: Callable[..., int], *operands: Operand) -> ArrayValue:
    """Define ``T[i, …] = make(body, a[i, …], b[i, …], …)`` over the shape to which the operands broadcast."""
    builder = builder_of(operands)
    ready = [plain(operand) for operand in operands]
    ready = [lift(builder, o) if isinstance(o, (ArrayValue, np.ndarray)) else o for o in ready]
    shape = broadcast_shapes(*map(shape_of, ready))
    body = builder.body()
    equations = [
        read(body, operand, spread(operand.shape, len(shape)))
        if isinstance(operand, ArrayValue)
        else scalar(body, operand)
        for operand in ready
    ]
    return comprehend(builder, body, make(body, *equations), shape)


def apply(op: str, *operands: Operand) -> ArrayValue:
    """A primitive or structural operation, elementwise: ``apply("lt", a, b)``."""
    return elementwise(lambda body, *equations: combine(body, op, *equations), *operands)


# ------------------------------------------------------------------------------------------- operations and the kinds


def combine(body: BodyBuilder, op: str, *equations: int) -> int:
    """An operation on equations, in integers where NumPy would stay in integers, so that indices can be computed."""
    kinds = {body.kind(number) for number in equations}
    if kinds == {BOOLEAN} and op in _BOOLEAN:
        return body.apply(_BOOLEAN[op], *equations)
    if op == "where":
        return _choose(body, *equations)
    if INTEGER not in kinds or REAL in kinds or op not in _INTEGER:
        return body.apply(op, *equations)
    return _INTEGER[op](body, *(body.coerce(number, INTEGER) for number in equations))


def _choose(body: BodyBuilder, condition: int, left: int, right: int) -> int:
    condition = body.coerce(condition, BOOLEAN)
    kinds = {body.kind(left), body.kind(right)}
    if kinds == {BOOLEAN}:
        chosen = body.apply("and", condition, left)
        return body.apply("or", chosen, body.apply("and", body.apply("not", condition), right))
    return body.apply("where" if REAL in kinds else "where_integer", condition, left, right)


def _polynomial(function: Callable[..., Size]) -> Callable[..., int]:
    return lambda body, *equations: body.integer(function(*map(body.as_size, equations)))


def _extreme(smaller_first: bool) -> Callable[..., int]:
    def make(body: BodyBuilder, left: int, right: int) -> int:
        below = body.apply("lt", left, right)
        return body.apply("where_integer", below, *((left, right) if smaller_first else (right, left)))

    return make


def _magnitude(body: BodyBuilder, number: int) -> int:
    negative = body.apply("lt", number, body.integer(0))
    return body.apply("where_integer", negative, body.integer(-body.as_size(number)), number)


# NumPy adds masks with `or` and multiplies them with `and`.
_BOOLEAN = {"add": "or", "mul": "and", "maximum": "or", "minimum": "and"}
_INTEGER: dict[str, Callable[..., int]] = {
    "add": _polynomial(lambda a, b: a + b),
    "sub": _polynomial(lambda a, b: a - b),
    "mul": _polynomial(lambda a, b: a * b),
    "neg": _polynomial(lambda a: -a),
    "floor_divide": _polynomial(lambda a, b: a // b),
    "mod": _polynomial(lambda a, b: a % b),
    "abs": _magnitude,
    "maximum": _extreme(smaller_first=False),
    "minimum": _extreme(smaller_first=True),
    "floor": lambda body, number: number,  # noqa: ARG005
    "ceil": lambda body, number: number,  # noqa: ARG005
    "rint": lambda body, number: number,  # noqa: ARG005
    "trunc": lambda body, number: number,  # noqa: ARG005
}


def negative(x: Operand) -> ArrayValue:
    """``-x``."""
    return apply("neg", x)


def add(x: Operand, y: Operand) -> ArrayValue:
    """``x + y``."""
    return apply("add", x, y)


def subtract(x: Operand, y: Operand) -> ArrayValue:
    """``x - y``."""
    return apply("sub", x, y)


def multiply(x: Operand, y: Operand) -> ArrayValue:
    """``x * y``."""
    return apply("mul", x, y)


def divide(x: Operand, y: Operand) -> ArrayValue:
    """``x / y``, real whatever the operands are."""
    return apply("div", x, y)


def power(x: Operand, y: Operand) -> ArrayValue:
    """``x ** y``, real whatever the operands are."""
    return apply("pow", x, y)


def floor_divide(x: Operand, y: Operand) -> ArrayValue:
    """``x // y``: in integers where both are, else the floor of the quotient."""

    def make(body: BodyBuilder, left: int, right: int) -> int:
        if REAL in (body.kind(left), body.kind(right)):
            return body.apply("floor", body.apply("div", left, right))
        return combine(body, "floor_divide", left, right)

    return elementwise(make, x, y)


def remainder(x: Operand, y: Operand) -> ArrayValue:
    """``x % y``, with the sign of `y`."""
    return apply("mod", x, y)


def fmod(x: Operand, y: Operand) -> ArrayValue:
    """``x - trunc(x / y) * y``, with the sign of `x`."""
    return subtract(x, multiply(apply("trunc", divide(x, y)), y))


def less(x: Operand, y: Operand) -> ArrayValue:
    """``x < y``."""
    return apply("lt", x, y)


def less_equal(x: Operand, y: Operand) -> ArrayValue:
    """``x <= y``."""
    return apply("le", x, y)


def greater(x: Operand, y: Operand) -> ArrayValue:
    """``x > y``, which is ``y < x``."""
    return apply("lt", y, x)


def greater_equal(x: Operand, y: Operand) -> ArrayValue:
    """``x >= y``, which is ``y <= x``."""
    return apply("le", y, x)


def equal(x: Operand, y: Operand) -> ArrayValue:
    """``x == y``."""
    return apply("eq", x, y)


def not_equal(x: Operand, y: Operand) -> ArrayValue:
    """``x != y``."""
    return apply("ne", x, y)


def logical_and(x: Operand, y: Operand) -> ArrayValue:
    """Whether both are true."""
    return apply("and", x, y)


def logical_or(x: Operand, y: Operand) -> ArrayValue:
    """Whether one of both is true."""
    return apply("or", x, y)


def logical_not(x: Operand) -> ArrayValue:
    """Whether `x` is false."""
    return apply("not", x)


def logical_xor(x: Operand, y: Operand) -> ArrayValue:
    """Whether just one of both is true."""

    def make(body: BodyBuilder, left: int, right: int) -> int:
        return body.apply("ne", body.coerce(left, BOOLEAN), body.coerce(right, BOOLEAN))

    return elementwise(make, x, y)


def where(condition: Operand, x: Operand, y: Operand) -> ArrayValue:
    """`x` where the condition holds, and `y` elsewhere; lazy, in the value and in the derivative."""
    return apply("where", condition, x, y)


def clip(x: Operand, lower: Operand | None = None, upper: Operand | None = None) -> ArrayValue:
    """``minimum(maximum(x, lower), upper)``."""
    if lower is None and upper is None:
        return lift(builder_of([x]), x)
    if lower is not None:
        x = apply("maximum", x, lower)
    return apply("minimum", x, upper) if upper is not None else x  # type: ignore[return-value]


def as_real(x: ArrayValue) -> ArrayValue:
    """The same numbers as reals: true is 1."""
    return x if x.kind == REAL else elementwise(lambda body, number: body.coerce(number, REAL), x)


def as_kind(x: ArrayValue, kind: str) -> ArrayValue:
    """The same numbers as another kind, where there is a conversion without loss."""
    if x.kind == kind:
        return x
    if x.kind == REAL and kind == INTEGER:
        raise UnsupportedError("real numbers made integers: pass integers as an argument of an integer dtype")
    return elementwise(lambda body, number: body.coerce(number, kind), x)


# ------------------------------------------------------------------------------------------------------------ internal


def _depth(builder: ProgramBuilder) -> int:
    return int(getattr(builder, "depth", 0))


def _capture(builder: ProgramBuilder, value: ArrayValue) -> ArrayValue:
    capture: Callable[[ArrayValue], ArrayValue] | None = getattr(builder, "capture", None)
    if capture is None:
        raise TraceError("a traced value has left the function or the scan body that made it: return it instead")
    return capture(value)


def _constant_array(builder: ProgramBuilder, array: npt.NDArray[Any]) -> ArrayValue:
    if array.size > LARGEST_CONSTANT:
        raise UnsupportedError(
            f"a constant array of shape {array.shape} holds {array.size} numbers: pass it as an argument instead"
        )
    shape = tuple(map(size, array.shape))
    if array.size == 0 or (array == array.flat[0]).all():
        return fill(builder, shape, array.flat[0] if array.size else 0.0)
    if array.dtype.kind in "iu":
        body = builder.body()
        return comprehend(builder, body, body.integer(table(body, array, spread(shape, array.ndim))), shape)
    if array.dtype.kind == "b":
        return not_equal(_constant_array(builder, array.astype(float)), 0.0)
    body = builder.body()
    stores = [
        (tuple(map(size, place)), body.constant(float(value))) for place, value in np.ndenumerate(array) if value != 0
    ]
    return value_of(builder, builder.accumulate(shape, [((), body, stores)]))


def table(body: BodyBuilder, array: npt.NDArray[Any], subscripts: Sequence[Size], extent: Size | None = None) -> Size:
    """An element of a constant integer array, as a size.

    Parameters
    ----------
    extent
        What a negative element counts from the end of, as an index does.
    """
    affine = _affine(array)
    if affine is not None and (extent is None or array.min() >= 0):
        start, strides = affine
        return sum((stride * part for stride, part in zip(strides, subscripts, strict=True)), size(start))
    if array.size > LARGEST_TABLE:
        raise UnsupportedError(
            f"a constant integer array of shape {array.shape}: pass it as an argument of dtype int64 instead"
        )
    position = ZERO
    for part, count in zip(subscripts, array.shape, strict=True):
        position = position * count + part
    values = [extent + int(v) if extent is not None and v < 0 else size(int(v)) for v in array.ravel()]
    chosen = body.integer(values[-1])
    for place in range(len(values) - 2, -1, -1):
        here = body.apply("eq", body.integer(position), body.integer(place))
        chosen = body.apply("where_integer", here, body.integer(values[place]), chosen)
    return body.as_size(chosen)


def _affine(array: npt.NDArray[Any]) -> tuple[int, list[int]] | None:
    """Start and strides of an array such as `arange`, whose elements are linear in their subscripts."""
    start = int(array.flat[0])
    strides = []
    for axis in range(array.ndim):
        line = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)[:, 0]
        strides.append(int(line[1]) - int(line[0]) if len(line) > 1 else 0)
    expected = start + sum(stride * place for stride, place in zip(strides, np.indices(array.shape), strict=True))
    return (start, strides) if np.array_equal(array, expected) else None
