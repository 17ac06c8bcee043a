"""Handles on a program's arrays, and elementwise operations with NumPy's broadcasting.

>>> from gradc.ir.definitions import Parameter
>>> from gradc.ir.program import ProgramBuilder
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

_KINDS = {"f": REAL, "i": INTEGER, "u": INTEGER, "b": BOOLEAN}
LARGEST_CONSTANT = 100_000  # elements of an array that a program may hold as constants
_LARGEST_POWER = 8  # of a whole number that is a product
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


def kind_of_dtype(dtype: Any) -> str:
    """The kind that stands for a NumPy dtype."""
    kind = _KINDS.get(np.dtype(dtype).kind)
    if kind is None:
        raise UnsupportedError(f"an array of dtype {np.dtype(dtype)}: reals, integers and booleans are known")
    return kind


def kind_of(operand: Any) -> str:
    """The kind of an operand, as NumPy would see it."""
    operand = plain(operand)
    if isinstance(operand, ArrayValue):
        return operand.kind
    return INTEGER if isinstance(operand, Size) else kind_of_dtype(np.asarray(operand).dtype)


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
        return _BOOLEAN[op](body, *equations)
    if op == "where":
        return _choose(body, *equations)
    if op in _BITWISE and REAL in kinds:
        raise UnsupportedError(
            f"`{_BITWISE[op]}` of real numbers: NumPy has it for integers and conditions only. An argument of integers "
            "is declared with its dtype, as in k[n]:int64; conditions are joined with np.logical_and and its like"
        )
    if REAL in kinds or op not in _INTEGER or (INTEGER not in kinds and op not in _BITWISE and op not in _QUOTIENTS):
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


def _divisor(function: Callable[[Size, Size], Size]) -> Callable[..., int]:
    """A quotient or a remainder in whole numbers, which NumPy makes 0 where the divisor is 0."""

    def make(body: BodyBuilder, left: int, right: int) -> int:
        divisor = body.as_size(right)
        if not divisor.mentions("ref") and divisor != ZERO:
            return body.integer(function(body.as_size(left), divisor))
        zero = body.apply("eq", right, body.integer(0))
        safe = body.as_size(body.apply("where_integer", zero, body.integer(1), right))
        quotient = body.integer(function(body.as_size(left), safe))
        return body.apply("where_integer", zero, body.integer(0), quotient)

    return make


def _bit_or(body: BodyBuilder, left: int, right: int) -> int:
    """``a | b`` is ``a + b - (a & b)``: the bits that both have are counted twice in the sum."""
    both = body.as_size(body.apply("bit_and", left, right))
    return body.integer(body.as_size(left) + body.as_size(right) - both)


def _bit_xor(body: BodyBuilder, left: int, right: int) -> int:
    """``a ^ b`` is ``a + b - 2 * (a & b)``."""
    both = body.as_size(body.apply("bit_and", left, right))
    return body.integer(body.as_size(left) + body.as_size(right) - 2 * both)


def _sign(body: BodyBuilder, number: int) -> int:
    zero = body.integer(0)
    below = body.apply("where_integer", body.apply("lt", number, zero), body.integer(-1), zero)
    return body.apply("where_integer", body.apply("lt", zero, number), body.integer(1), below)


def _power(body: BodyBuilder, base: int, exponent: int) -> int:
    """A whole power: a product of a few factors, or else the power of reals, which is exact up to 2**53."""
    count = body.as_size(exponent).constant
    if count is not None and count < 0:
        raise UnsupportedError("an integer to a negative power, which NumPy refuses too: write 1.0 / k, or k**-1.0")
    if count is None or count > _LARGEST_POWER:
        return body.apply("pow", base, exponent)
    result, factor = ONE, body.as_size(base)
    for _ in range(count):
        result = result * factor
    return body.integer(result)


def _refused(message: str) -> Callable[..., int]:
    def make(body: BodyBuilder, *equations: int) -> int:  # noqa: ARG001
        raise UnsupportedError(message)

    return make


def _logic(op: str) -> Callable[..., int]:
    return lambda body, *equations: body.apply(op, *equations)


def _itself(body: BodyBuilder, number: int) -> int:  # noqa: ARG001
    return number


# NumPy adds masks with `or` and multiplies them with `and`; it has no differences of them.
_BOOLEAN: dict[str, Callable[..., int]] = {
    **dict.fromkeys(("add", "maximum", "fmax", "bit_or"), _logic("or")),
    **dict.fromkeys(("mul", "minimum", "fmin", "bit_and"), _logic("and")),
    "bit_xor": _logic("ne"),
    "bit_not": _logic("not"),
    "abs": _itself,
    "sub": _refused("a difference of conditions, which NumPy refuses too: a ^ b is where they differ"),
    "neg": _refused("`-` of conditions, which NumPy refuses too: ~a is where they do not hold"),
    "sign": _refused("the sign of conditions, which NumPy refuses too: use np.where(a, 1, 0)"),
}
_BITWISE = {"bit_and": "&", "bit_or": "|", "bit_xor": "^", "bit_not": "~", "shift_left": "<<", "shift_right": ">>"}
_QUOTIENTS = ("floor_divide", "mod")
_INTEGER: dict[str, Callable[..., int]] = {
    "add": _polynomial(lambda a, b: a + b),
    "sub": _polynomial(lambda a, b: a - b),
    "mul": _polynomial(lambda a, b: a * b),
    "neg": _polynomial(lambda a: -a),
    "floor_divide": _divisor(lambda a, b: a // b),
    "mod": _divisor(lambda a, b: a % b),
    "pow": _power,
    "abs": _magnitude,
    "sign": _sign,
    **dict.fromkeys(("maximum", "fmax"), _extreme(smaller_first=False)),
    **dict.fromkeys(("minimum", "fmin"), _extreme(smaller_first=True)),
    **dict.fromkeys(("floor", "ceil", "rint", "trunc"), _itself),
    "bit_and": lambda body, left, right: body.apply("bit_and", left, right),
    "bit_or": _bit_or,
    "bit_xor": _bit_xor,
    "bit_not": _polynomial(lambda a: -a - 1),
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
    """``x ** y``: whole where `x` is and `y` is a small whole number, else real."""
    return apply("pow", x, y)


def floor_divide(x: Operand, y: Operand) -> ArrayValue:
    """``x // y``: in integers where both are, else NumPy's."""
    return apply("floor_divide", x, y)


def remainder(x: Operand, y: Operand) -> ArrayValue:
    """``x % y``, with the sign of `y`."""
    return apply("mod", x, y)


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


def bitwise_and(x: Operand, y: Operand) -> ArrayValue:
    """``x & y``: the bits that both integers have, or whether both conditions hold."""
    return apply("bit_and", x, y)


def bitwise_or(x: Operand, y: Operand) -> ArrayValue:
    """``x | y``: the bits that one of both integers has, or whether one of both conditions holds."""
    return apply("bit_or", x, y)


def bitwise_xor(x: Operand, y: Operand) -> ArrayValue:
    """``x ^ y``: the bits that just one of both integers has, or whether just one of both conditions holds."""
    return apply("bit_xor", x, y)


def invert(x: Operand) -> ArrayValue:
    """``~x``: all bits of an integer turned, which is ``-x - 1``, or whether a condition fails."""
    return apply("bit_not", x)


def left_shift(x: Operand, y: Operand) -> ArrayValue:
    """``x << y``, which is ``x * 2**y``."""
    return apply("mul", _whole_numbers(x, "<<"), _power_of_two(y, "<<"))


def right_shift(x: Operand, y: Operand) -> ArrayValue:
    """``x >> y``, which is ``x // 2**y``."""
    return apply("floor_divide", _whole_numbers(x, ">>"), _power_of_two(y, ">>"))


def _whole_numbers(x: Operand, sign: str) -> Operand:
    x = plain(x)
    kind = x.kind if isinstance(x, ArrayValue) else INTEGER
    if kind == REAL or isinstance(x, float) or (isinstance(x, np.ndarray) and x.dtype.kind == "f"):
        raise UnsupportedError(f"`{sign}` of real numbers: NumPy has it for integers only")
    return as_kind(x, INTEGER) if isinstance(x, ArrayValue) else x


def _power_of_two(y: Operand, sign: str) -> Operand:
    y = plain(y)
    if isinstance(y, (ArrayValue, Size)):
        raise UnsupportedError(
            f"`{sign}` by an integer that is not known: pass 2**k as an integer argument p, and use x * p or x // p"
        )
    places = np.asarray(y)
    if places.dtype.kind not in "iub" or (places.size and (places.min() < 0 or places.max() > 62)):
        raise UnsupportedError(f"`{sign}` by {y}: whole numbers from 0 to 62 are known")
    powers: Operand = plain(np.left_shift(1, places.astype(np.int64)))
    return powers


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
    """The same numbers as another kind: what is not 0 is true, and reals are not cut to integers."""
    if x.kind == kind:
        return x
    if kind == BOOLEAN:
        return apply("ne", x, 0.0 if x.kind == REAL else 0)
    if x.kind == REAL and kind == INTEGER:
        raise UnsupportedError("real numbers made integers: pass integers as an argument of an integer dtype")
    return elementwise(lambda body, number: body.coerce(number, kind), x)


def converted(operand: Operand, kind: str) -> Operand:
    """An operand as another kind, numbers as NumPy's `astype` has them: 2.7 is 2 as an integer."""
    operand = plain(operand)
    if isinstance(operand, ArrayValue):
        return as_kind(operand, kind)
    if isinstance(operand, Size):
        return operand
    dtype = {REAL: np.float64, INTEGER: np.int64, BOOLEAN: np.bool_}[kind]
    found: Operand = plain(np.asarray(operand).astype(dtype))
    return found


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
