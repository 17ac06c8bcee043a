"""Sums, means, extremes and what is made of them, over any axes.

sum(X, axis=1)             T[i]  = sum[j:d](X[i, j])
mean(x)                    t     = sum[i:n](x[i]);  T = t / n
softmax(x)                 t     = logsumexp[i:n](x[i]);  T[i] = exp(x[i] - t)
"""

from __future__ import annotations

import math

from gradc.errors import ShapeError, UnsupportedError
from gradc.frontends.shaping import Axes, as_array, axes_of, axis_of, diagonal, expand_dims
from gradc.frontends.values import (
    ArrayValue,
    Operand,
    apply,
    as_real,
    builder_of,
    comprehend,
    lift,
    power,
    read,
    where,
)
from gradc.ir.equations import BOOLEAN, INTEGER, REAL
from gradc.ir.printer import describe_shape
from gradc.ir.size import ONE, Size, index, product


def reduce(reduction: str, x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """``T[i, …] = reduction[j, …](x[i, …, j, …])``, with whole numbers and truth values taken as reals."""
    x = as_array(x)
    gone = axes_of(axis, x.rank)
    if not gone:
        return as_real(x)
    if reduction == "prod" and len(gone) > 1:
        # One axis at a time, whose derivative stays one of prefixes and suffixes.
        for place in sorted(gone, reverse=True):
            x = reduce("prod", x, place)
        return expand_dims(x, gone) if keepdims else x
    kept = [a for a in range(x.rank) if a not in gone]
    free = [ONE if a in gone else x.shape[a] for a in (range(x.rank) if keepdims else kept)]
    places: list[Size] = [index(a if keepdims else kept.index(a)) if a in kept else index(0) for a in range(x.rank)]
    for k, a in enumerate(sorted(gone)):
        places[a] = index(len(free) + k)
    body = x.builder.body()
    element = body.coerce(read(body, x, places), REAL)
    found = comprehend(x.builder, body, element, free, [x.shape[a] for a in sorted(gone)], reduction)
    # The extremes of conditions are conditions; their sums and products are numbers.
    return apply("ne", found, 0.0) if x.kind == BOOLEAN and reduction in ("max", "min") else found


def total(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The sum; of a mask, how often it is true."""
    return reduce("sum", x, axis, keepdims)


def prod(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The product."""
    return reduce("prod", x, axis, keepdims)


def amax(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The greatest element."""
    return reduce("max", x, axis, keepdims)


def amin(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The least element."""
    return reduce("min", x, axis, keepdims)


def mean(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The sum over the number of elements."""
    x = as_array(x)
    return _over(total(x, axis, keepdims), count(x, axis))


def count(x: ArrayValue, axis: Axes = None) -> Size:
    """How many elements each result of a reduction is made of."""
    return product(tuple(x.shape[a] for a in axes_of(axis, x.rank)))


def _over(x: ArrayValue, number: Size) -> ArrayValue:
    return x if number == ONE else apply("div", x, number)


def var(x: Operand, axis: Axes = None, keepdims: bool = False, ddof: int = 0) -> ArrayValue:
    """The mean of the squared distance to the mean; with `ddof` less in the divisor."""
    x = as_array(x)
    if not isinstance(ddof, int):
        raise UnsupportedError(f"var with ddof={ddof!r}: a whole number is needed")
    distance = apply("sub", x, mean(x, axis, keepdims=True))
    return _over(total(power(distance, 2.0), axis, keepdims), count(x, axis) - ddof)


def std(x: Operand, axis: Axes = None, keepdims: bool = False, ddof: int = 0) -> ArrayValue:
    """The square root of the variance."""
    return apply("sqrt", var(x, axis, keepdims, ddof))


def average(x: Operand, axis: Axes = None, weights: Operand | None = None, keepdims: bool = False) -> ArrayValue:
    """The mean, or ``sum(x * weights) / sum(weights)``."""
    if weights is None:
        return mean(x, axis, keepdims)
    builder = builder_of([x, weights])
    x, weights = lift(builder, x), lift(builder, weights)
    if weights.shape != x.shape:
        if weights.rank != 1 or not isinstance(axis, int):
            raise ShapeError(
                f"weights of shape {describe_shape(weights.shape)} for an average of shape {describe_shape(x.shape)}"
            )
        place = axis_of(axis, x.rank)
        weights = expand_dims(weights, [a for a in range(x.rank) if a != place]) if x.rank > 1 else weights
    return apply("div", total(apply("mul", x, weights), axis, keepdims), total(weights, axis, keepdims))


def ptp(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The greatest less the least element."""
    return apply("sub", amax(x, axis, keepdims), amin(x, axis, keepdims))


def every(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """Whether all elements are true."""
    return reduce("min", _truth(x), axis, keepdims)


def some(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """Whether any element is true."""
    return reduce("max", _truth(x), axis, keepdims)


def count_nonzero(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """How many elements are not 0."""
    return total(_truth(x), axis, keepdims)


def _truth(x: Operand) -> ArrayValue:
    x = as_array(x)
    return x if x.kind == BOOLEAN else apply("ne", x, 0 if x.kind == INTEGER else 0.0)


def nansum(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The sum of the elements that are numbers."""
    return total(where(apply("ne", x, x), 0.0, x), axis, keepdims)


def nanmean(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The mean of the elements that are numbers."""
    present = total(where(apply("ne", x, x), 0.0, 1.0), axis, keepdims)
    return apply("div", nansum(x, axis, keepdims), present)


def nanmax(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The greatest of the elements that are numbers."""
    return amax(where(apply("ne", x, x), -math.inf, x), axis, keepdims)


def nanmin(x: Operand, axis: Axes = None, keepdims: bool = False) -> ArrayValue:
    """The least of the elements that are numbers."""
    return amin(where(apply("ne", x, x), math.inf, x), axis, keepdims)


def logsumexp(x: Operand, axis: Axes = None, b: Operand | None = None, keepdims: bool = False) -> ArrayValue:
    """``log(sum(b * exp(x)))``, which does not overflow; the weights `b`, if any, are not negative."""
    if b is not None:
        weights = lift(builder_of([x, b]), b)
        x = where(apply("eq", weights, 0.0), -math.inf, apply("add", x, apply("log", weights)))
    return reduce("logsumexp", x, axis, keepdims)


def softmax(x: Operand, axis: Axes = None) -> ArrayValue:
    """``exp(x - logsumexp(x))``: positive numbers that add up to 1 along the axes."""
    return apply("exp", log_softmax(x, axis))


def log_softmax(x: Operand, axis: Axes = None) -> ArrayValue:
    """``x - logsumexp(x)``."""
    x = as_array(x)
    return apply("sub", x, logsumexp(x, axis, keepdims=True))


def size_of(x: ArrayValue, axis: int | None = None) -> Size:
    """The number of elements, or the length of an axis."""
    return product(x.shape) if axis is None else x.shape[axis_of(axis, x.rank)]


def norm(
    x: Operand,
    ord: float | str | None = None,  # noqa: A002
    axis: Axes = None,
    keepdims: bool = False,
) -> ArrayValue:
    """A vector's p-norm, or a matrix's Frobenius, 1 or infinity norm, as `numpy.linalg.norm`."""
    x = as_array(x)
    axes = axes_of(axis, x.rank)
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        return apply("sqrt", total(power(x, 2.0), axes, keepdims))
    magnitude = apply("abs", x)
    if len(axes) == 1:
        if ord in (math.inf, -math.inf):
            return reduce("max" if ord == math.inf else "min", magnitude, axes, keepdims)
        if ord == 1:
            return total(magnitude, axes, keepdims)
        if ord == 0:
            return count_nonzero(x, axes, keepdims)
        if isinstance(ord, (int, float)):
            return power(total(power(magnitude, float(ord)), axes, keepdims), 1 / ord)
    elif len(axes) == 2 and ord in (1, -1, math.inf, -math.inf):
        inner = axes[0] if ord in (1, -1) else axes[1]
        sums = total(magnitude, inner, keepdims=True)
        return reduce("max" if ord in (1, math.inf) else "min", sums, axes, keepdims)
    raise UnsupportedError(
        f"norm with ord={ord!r} over {len(axes)} axes: known are 'fro', 1, -1, inf, -inf and p of vectors"
    )


def trace(x: Operand, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ArrayValue:
    """The sum of a diagonal."""
    return total(diagonal(x, offset, axis1, axis2), -1)
