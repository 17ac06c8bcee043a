"""Views and rearrangements: transposing, reshaping, joining and repeating are ways of indexing.

transpose(X)               T[j, i]    = X[i, j]
reshape(X, (n * d,))       T[i]       = X[i // d, i % d]
flip(x)                    T[i]       = x[n - i - 1]
concatenate([x, y])        T[i]      += x[i];  T[i + n] += y[i]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias, cast

import numpy as np

from gradc.errors import ShapeError, UnsupportedError
from gradc.frontends.values import (
    ArrayValue,
    Operand,
    Shape,
    apply,
    broadcast_shapes,
    builder_of,
    combine,
    comprehend,
    converted,
    fill,
    kind_of,
    kind_of_dtype,
    lift,
    plain,
    read,
    scalar,
    shape_of,
    value_of,
    where,
)
from gradc.ir.equations import BOOLEAN, REAL, BodyBuilder
from gradc.ir.printer import describe_shape
from gradc.ir.program import ProgramBuilder
from gradc.ir.size import ONE, ZERO, Size, SizeLike, index, product, size

Axes: TypeAlias = "int | Sequence[int] | None"
Extents: TypeAlias = "SizeLike | Sequence[SizeLike]"


def as_array(x: Operand) -> ArrayValue:
    """The operand as an array of its builder."""
    return lift(builder_of([x]), x)


def view(x: ArrayValue, shape: Sequence[Size], subscripts: Sequence[Size]) -> ArrayValue:
    """``T[i, …] = x[subscripts]``."""
    body = x.builder.body()
    return comprehend(x.builder, body, read(body, x, subscripts), shape)


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from 0, given one that may count from the end."""
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise ShapeError(f"an axis is an integer, not {axis!r}")
    if not -rank <= axis < rank:
        raise ShapeError(f"axis {axis} is out of range for an array of {rank} axes")
    return int(axis) % rank


def axes_of(axes: Axes, rank: int) -> tuple[int, ...]:
    """Distinct axes counted from 0, where None means all."""
    if axes is None:
        return tuple(range(rank))
    found = tuple(axis_of(axis, rank) for axis in (axes if isinstance(axes, (tuple, list)) else (cast("int", axes),)))
    if len(set(found)) != len(found):
        raise ShapeError(f"axes {axes} name one axis twice")
    return found


def extents_of(shape: Extents) -> Shape:
    """A shape given as one extent or as several."""
    if isinstance(shape, Size):
        return (shape,)
    if isinstance(shape, (int, np.integer)):
        return (size(int(shape)),)
    return tuple(part if isinstance(part, Size) else size(int(part)) for part in shape)


# ------------------------------------------------------------------------------------------------------ order of axes


def transpose(x: Operand, axes: Sequence[int] | None = None) -> ArrayValue:
    """The axes in another order; reversed unless told."""
    x = as_array(x)
    order = tuple(reversed(range(x.rank))) if axes is None else axes_of(axes, x.rank)
    if len(order) != x.rank:
        raise ShapeError(f"axes {axes} for an array of shape {describe_shape(x.shape)}")
    if order == tuple(range(x.rank)):
        return x
    subscripts = [index(order.index(axis)) for axis in range(x.rank)]
    return view(x, [x.shape[axis] for axis in order], subscripts)


def matrix_transpose(x: Operand) -> ArrayValue:
    """The last two axes exchanged."""
    return swapaxes(x, -1, -2)


def swapaxes(x: Operand, axis1: int, axis2: int) -> ArrayValue:
    """Two axes exchanged."""
    x = as_array(x)
    order = list(range(x.rank))
    first, second = axis_of(axis1, x.rank), axis_of(axis2, x.rank)
    order[first], order[second] = second, first
    return transpose(x, order)


def moveaxis(x: Operand, source: int | Sequence[int], destination: int | Sequence[int]) -> ArrayValue:
    """Some axes moved, the others kept in their order."""
    x = as_array(x)
    sources, destinations = axes_of(source, x.rank), axes_of(destination, x.rank)
    order = [axis for axis in range(x.rank) if axis not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


def expand_dims(x: Operand, axis: int | Sequence[int]) -> ArrayValue:
    """New axes of length 1."""
    x = as_array(x)
    count = 1 if isinstance(axis, (int, np.integer)) else len(axis)
    new = axes_of(axis, x.rank + count)
    rest = iter(x.shape)
    shape = [ONE if place in new else next(rest) for place in range(x.rank + count)]
    return view(x, shape, [index(place) for place in range(len(shape)) if place not in new])


def squeeze(x: Operand, axis: Axes = None) -> ArrayValue:
    """The axes of length 1 left out: all of them, or those named."""
    x = as_array(x)
    gone = [a for a, extent in enumerate(x.shape) if extent == ONE] if axis is None else axes_of(axis, x.rank)
    for place in gone:
        if x.shape[place] != ONE:
            raise ShapeError(
                f"axis {place} of shape {describe_shape(x.shape)} is not of length 1: it cannot be squeezed"
            )
    if not gone:
        return x
    kept = [place for place in range(x.rank) if place not in gone]
    subscripts = [index(kept.index(place)) if place in kept else ZERO for place in range(x.rank)]
    return view(x, [x.shape[place] for place in kept], subscripts)


def broadcast_to(x: Operand, shape: Extents) -> ArrayValue:
    """The array repeated along new axes and along those of length 1."""
    return fill(builder_of([x]), extents_of(shape), x)


def broadcast_arrays(*arrays: Operand) -> list[ArrayValue]:
    """Each array broadcast to the shape of all."""
    builder = builder_of(arrays)
    ready = [lift(builder, array) for array in arrays]
    shape = broadcast_shapes(*(array.shape for array in ready))
    return [array if array.shape == shape else fill(builder, shape, array) for array in ready]


def atleast_1d(x: Operand) -> ArrayValue:
    """A scalar as an array of one element."""
    x = as_array(x)
    return x if x.rank else expand_dims(x, 0)


def atleast_2d(x: Operand) -> ArrayValue:
    """A scalar or a vector as a matrix of one row."""
    x = as_array(x)
    return x if x.rank > 1 else expand_dims(atleast_1d(x), 0)


# ---------------------------------------------------------------------------------------------------------- reshaping


def reshape(x: Operand, shape: Extents, order: str = "C") -> ArrayValue:
    """The elements in the same order under another shape, in which one extent may be -1.

    Only axes that merge or split are touched: ``(n, d, k)`` to ``(n, d * k)`` reads ``x[i, j // k, j % k]``.
    """
    x = as_array(x)
    if order == "F":
        reverse = tuple(reversed(_resolve(x.shape, extents_of(shape))))
        return transpose(reshape(transpose(x), reverse))
    if order not in ("C", "A", "K"):
        raise UnsupportedError(f"reshape with order={order!r}")
    wanted = _resolve(x.shape, extents_of(shape))
    if wanted == x.shape:
        return x
    groups = _match(x.shape, wanted)
    subscripts: dict[int, Size] = {}
    for old, new in groups:
        flat = ZERO
        for axis in new:
            flat = flat * wanted[axis] + index(axis)
        for axis in reversed(old[1:]):
            subscripts[axis] = flat % x.shape[axis]
            flat = flat // x.shape[axis]
        subscripts[old[0]] = flat
    return view(x, wanted, [subscripts.get(axis, ZERO) for axis in range(x.rank)])


def ravel(x: Operand, order: str = "C") -> ArrayValue:
    """All elements along one axis."""
    return reshape(x, -1, order)


def divide_exactly(top: Size, bottom: Size) -> Size | None:
    """The quotient of two sizes as polynomials, or None where one does not divide the other."""
    quotient = ZERO
    while top.terms:
        if not bottom.terms:
            return None
        # Terms are in graded order, so the first of a product is the product of the firsts.
        (monomial, coefficient), (divisor, factor) = top.terms[0], bottom.terms[0]
        left = list(monomial)
        for atom in divisor:
            if atom not in left:
                return None
            left.remove(atom)
        if coefficient % factor:
            return None
        part = Size(((tuple(left), coefficient // factor),))
        quotient, top = quotient + part, top - part * bottom
    return quotient


def _resolve(old: Shape, new: Shape) -> Shape:
    unknown = [axis for axis, extent in enumerate(new) if extent.constant == -1]
    message = f"an array of shape {describe_shape(old)} cannot be reshaped to {describe_shape(new)}"
    if len(unknown) > 1:
        raise ShapeError(f"{message}: only one extent may be -1")
    if unknown:
        (axis,) = unknown
        missing = divide_exactly(product(old), product(new[:axis] + new[axis + 1 :]))
        if missing is None:
            raise ShapeError(f"{message}: the number of elements does not divide")
        new = (*new[:axis], missing, *new[axis + 1 :])
    if product(old) != product(new):
        raise ShapeError(f"{message}: {product(old)} elements into {product(new)}")
    return new


def _match(old: Shape, new: Shape) -> list[tuple[list[int], list[int]]]:
    """Pair the shortest runs of axes that hold equally many elements, those of length 1 left out."""
    left = [axis for axis, extent in enumerate(old) if extent != ONE]
    right = [axis for axis, extent in enumerate(new) if extent != ONE]
    groups: list[tuple[list[int], list[int]]] = []
    while left:
        lengths = sorted(
            ((a, b) for a in range(1, len(left) + 1) for b in range(1, len(right) + 1)), key=lambda pair: sum(pair)
        )
        for a, b in lengths:
            if product(tuple(old[k] for k in left[:a])) == product(tuple(new[k] for k in right[:b])):
                break
        else:
            # An extent of 0 alone lets equal products hold nothing to pair.
            raise ShapeError(f"an array of shape {describe_shape(old)} cannot be reshaped to {describe_shape(new)}")
        groups.append((left[:a], right[:b]))
        left, right = left[a:], right[b:]
    return groups


# ------------------------------------------------------------------------------------------------------- index maps


def flip(x: Operand, axis: Axes = None) -> ArrayValue:
    """The order of the elements reversed along axes; along all unless told."""
    x = as_array(x)
    turned = axes_of(axis, x.rank)
    places = [x.shape[a] - 1 - index(a) if a in turned else index(a) for a in range(x.rank)]
    return view(x, x.shape, places)


def fliplr(x: Operand) -> ArrayValue:
    """Columns in reverse order."""
    return flip(x, 1)


def flipud(x: Operand) -> ArrayValue:
    """Rows in reverse order."""
    return flip(x, 0)


def roll(x: Operand, shift: SizeLike | Sequence[SizeLike], axis: Axes = None) -> ArrayValue:
    """The elements moved along axes, those that leave at the end coming in at the start."""
    x = as_array(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    axes = axes_of(axis, x.rank)
    shifts = extents_of(shift)
    if len(shifts) == 1:
        shifts *= len(axes)
    if len(shifts) != len(axes):
        raise ShapeError(f"{len(shifts)} shifts for {len(axes)} axes")
    places = [index(a) for a in range(x.rank)]
    for a, by in zip(axes, shifts, strict=True):
        extent = x.shape[a]
        # Kept from 0 up, where C's remainder is Python's.
        back = -by if by.constant is not None and by.constant <= 0 else extent - by % extent
        places[a] = (index(a) + back) % extent
    return view(x, x.shape, places)


def tile(x: Operand, reps: Extents) -> ArrayValue:
    """The whole array repeated along each axis."""
    x = as_array(x)
    counts = extents_of(reps)
    rank = max(x.rank, len(counts))
    counts = (ONE,) * (rank - len(counts)) + counts
    extents = (ONE,) * (rank - x.rank) + x.shape
    shape = [extent * count for extent, count in zip(extents, counts, strict=True)]
    places = [
        index(a) if counts[a] == ONE else ZERO if extents[a] == ONE else index(a) % extents[a]
        for a in range(rank - x.rank, rank)
    ]
    return view(x, shape, places)


def repeat(x: Operand, repeats: SizeLike, axis: int | None = None) -> ArrayValue:
    """Each element repeated, one number of times for all."""
    x = as_array(x)
    if not isinstance(repeats, (int, Size, np.integer)):
        raise UnsupportedError("repeat with a number for each element: gather with an index array instead, x[indices]")
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis_of(axis, x.rank)
    (count,) = extents_of(repeats)
    shape = list(x.shape)
    shape[axis] = shape[axis] * count
    return view(x, shape, [index(a) // count if a == axis else index(a) for a in range(x.rank)])


def diagonal(x: Operand, offset: SizeLike = 0, axis1: int = 0, axis2: int = 1) -> ArrayValue:
    """The diagonal of two axes, as a last axis. With an `offset` the matrix must be square."""
    x = as_array(x)
    rows, columns = axis_of(axis1, x.rank), axis_of(axis2, x.rank)
    kept = [a for a in range(x.rank) if a not in (rows, columns)]
    down, right, length = _diagonal_range(x.shape[rows], x.shape[columns], size(offset))
    along = index(len(kept))
    places = {**{a: index(k) for k, a in enumerate(kept)}, rows: along + down, columns: along + right}
    return view(x, [*(x.shape[a] for a in kept), length], [places[a] for a in range(x.rank)])


def _diagonal_range(rows: Size, columns: Size, offset: Size) -> tuple[Size, Size, Size]:
    down = -offset if offset.constant is not None and offset.constant < 0 else ZERO
    right = ZERO if down.terms else offset
    height, width = rows - down, columns - right
    if height.constant is not None and width.constant is not None:
        return down, right, size(max(min(height.constant, width.constant), 0))
    if rows == columns:
        return down, right, height if down.terms else width
    # How far a diagonal of an oblong runs depends on which side is longer, and a size cannot say that.
    difference = (height - width).constant
    if difference is None:
        raise ShapeError(f"the diagonal of a matrix that is not square: {describe_shape((rows, columns))}")
    return down, right, height if difference < 0 else width


def diag(x: Operand, k: SizeLike = 0) -> ArrayValue:
    """A matrix with the vector `x` on a diagonal, or the diagonal of the matrix `x`."""
    x = as_array(x)
    if x.rank == 2:
        return diagonal(x, k)
    if x.rank != 1:
        raise ShapeError(f"diag takes a vector or a matrix, not shape {describe_shape(x.shape)}")
    offset = size(k)
    down = -offset if offset.constant is not None and offset.constant < 0 else ZERO
    right = ZERO if down.terms else offset
    extent = x.shape[0] + down + right
    body = x.builder.body()
    on = body.apply("eq", body.integer(index(0) + right), body.integer(index(1) + down))
    # Read by the column, as lazily as any branch: off the diagonal nothing is read.
    element = read(body, x, (index(1) - right,)) if not down.terms else read(body, x, (index(1),))
    return comprehend(x.builder, body, body.apply("where", on, element, body.constant(0.0)), (extent, extent))


def diagflat(x: Operand, k: SizeLike = 0) -> ArrayValue:
    """A matrix with all elements of `x` on a diagonal."""
    return diag(ravel(x), k)


def tril(x: Operand, k: SizeLike = 0) -> ArrayValue:
    """The elements on and below a diagonal, zero above it."""
    return _triangle(as_array(x), size(k), lower=True)


def triu(x: Operand, k: SizeLike = 0) -> ArrayValue:
    """The elements on and above a diagonal, zero below it."""
    return _triangle(as_array(x), size(k), lower=False)


def _triangle(x: ArrayValue, offset: Size, lower: bool) -> ArrayValue:
    if x.rank < 2:
        raise ShapeError(f"a triangle of an array of shape {describe_shape(x.shape)}: two axes are needed")
    body = x.builder.body()
    row, column = body.integer(index(x.rank - 2) + offset), body.integer(index(x.rank - 1))
    inside = body.apply("le", *((column, row) if lower else (row, column)))
    element = read(body, x, [index(a) for a in range(x.rank)])
    return comprehend(x.builder, body, combine(body, "where", inside, element, body.integer(0)), x.shape)


# ----------------------------------------------------------------------------------------------- joining and splitting


def concatenate(arrays: Iterable[Operand], axis: int | None = 0) -> ArrayValue:
    """Arrays one after the other along an axis: an accumulation with a piece for each."""
    parts = list(arrays)
    builder = builder_of(parts)
    values = [lift(builder, part) for part in parts]
    if axis is None:
        values, axis = [ravel(value) for value in values], 0
    if any(value.rank == 0 for value in values):
        raise ShapeError("scalars cannot be concatenated: stack them, or give them an axis with x[None]")
    axis = axis_of(axis, values[0].rank)
    first = values[0].shape
    total = ZERO
    starts = []
    for value in values:
        if value.rank != len(first) or any(a != axis and value.shape[a] != first[a] for a in range(len(first))):
            shapes = " and ".join(describe_shape(v.shape) for v in (values[0], value))
            raise ShapeError(f"shapes that do not concatenate along axis {axis}: {shapes}")
        starts.append(total)
        total = total + value.shape[axis]
    if len(values) == 1:
        return values[0]
    shape = (*first[:axis], total, *first[axis + 1 :])
    return _assemble(builder, shape, axis, list(zip(starts, values, strict=True)))


def _assemble(builder: ProgramBuilder, shape: Shape, axis: int, parts: Sequence[tuple[Size, ArrayValue]]) -> ArrayValue:
    if all(value.kind == REAL for _, value in parts) or len({value.kind for _, value in parts}) > 1:
        pieces = []
        for start, value in parts:
            body = builder.body()
            places = [index(a) for a in range(len(shape))]
            element = body.coerce(read(body, value, places), REAL)
            places[axis] = places[axis] + start
            pieces.append((value.shape, body, [(tuple(places), element)]))
        return value_of(builder, builder.accumulate(shape, pieces))
    # Accumulations hold reals only, so whole numbers and truth values are chosen by place.
    body = builder.body()
    chosen = -1
    for start, value in reversed(parts):
        places = [index(a) for a in range(len(shape))]
        places[axis] = places[axis] - start
        element = read(body, value, places)
        if chosen >= 0:
            inside = body.apply("lt", body.integer(index(axis)), body.integer(start + value.shape[axis]))
            element = combine(body, "where", inside, element, chosen)
        chosen = element
    return comprehend(builder, body, chosen, shape)


def stack(arrays: Iterable[Operand], axis: int = 0) -> ArrayValue:
    """Arrays of one shape along a new axis."""
    parts = list(arrays)
    builder = builder_of(parts)
    values = [lift(builder, part) for part in parts]
    for value in values:
        if value.shape != values[0].shape:
            shapes = " and ".join(describe_shape(v.shape) for v in (values[0], value))
            raise ShapeError(f"shapes that do not stack: {shapes}")
    return concatenate([expand_dims(value, axis) for value in values], axis)


def hstack(arrays: Iterable[Operand]) -> ArrayValue:
    """Arrays side by side: along the second axis, or the only one."""
    parts = list(arrays)
    builder = builder_of(parts)
    values = [atleast_1d(lift(builder, part)) for part in parts]
    return concatenate(values, 0 if values[0].rank == 1 else 1)


def vstack(arrays: Iterable[Operand]) -> ArrayValue:
    """Arrays on top of one another, vectors as rows."""
    parts = list(arrays)
    builder = builder_of(parts)
    return concatenate([atleast_2d(lift(builder, part)) for part in parts], 0)


def column_stack(arrays: Iterable[Operand]) -> ArrayValue:
    """Vectors as columns side by side."""
    parts = list(arrays)
    builder = builder_of(parts)
    values = [lift(builder, part) for part in parts]
    return concatenate([expand_dims(atleast_1d(v), 1) if v.rank < 2 else v for v in values], 1)


def block(arrays: Operand | Sequence[Operand]) -> ArrayValue:
    """Nested lists of blocks put together: the innermost along the last axis."""
    builder = builder_of(_leaves(arrays))
    depth, node = 0, arrays
    while isinstance(node, list):
        depth, node = depth + 1, node[0]
    rank = max([depth, *(lift(builder, leaf).rank for leaf in _leaves(arrays))])

    def join(item: Operand | Sequence[Operand], level: int) -> ArrayValue:
        if isinstance(item, list):
            return concatenate([join(inner, level + 1) for inner in item], rank - depth + level)
        value = lift(builder, cast("Operand", item))
        return expand_dims(value, tuple(range(rank - value.rank))) if value.rank < rank else value

    return join(arrays, 0)


def _leaves(item: object) -> list[Operand]:
    if isinstance(item, list):
        return [leaf for inner in item for leaf in _leaves(inner)]
    return [cast("Operand", item)]


def append(x: Operand, values: Operand, axis: int | None = None) -> ArrayValue:
    """`values` after `x`."""
    return concatenate([x, values], axis)


def split(x: Operand, indices_or_sections: Extents, axis: int = 0) -> list[ArrayValue]:
    """Parts along an axis: equally many elements each, or cut at indices."""
    x = as_array(x)
    axis = axis_of(axis, x.rank)
    extent = x.shape[axis]
    if isinstance(indices_or_sections, (int, Size, np.integer)):
        (sections,) = extents_of(indices_or_sections)
        part = divide_exactly(extent, sections)
        if sections.constant is None or part is None:
            raise ShapeError(f"an axis of length {extent} cannot be split in {sections} equal parts")
        cuts = [part * k for k in range(sections.constant + 1)]
    else:
        inner = extents_of(indices_or_sections)
        cuts = [ZERO, *(cut + extent if (cut.constant or 0) < 0 else cut for cut in inner), extent]
    parts = []
    for start, stop in pairwise(cuts):
        shape = (*x.shape[:axis], stop - start, *x.shape[axis + 1 :])
        parts.append(view(x, shape, [index(a) + start if a == axis else index(a) for a in range(x.rank)]))
    return parts


def diff(x: Operand, n: int = 1, axis: int = -1) -> ArrayValue:
    """The differences of neighbours along an axis, `n` times over."""
    x = as_array(x)
    axis = axis_of(axis, x.rank)
    difference = "bit_xor" if x.kind == BOOLEAN else "sub"
    for _ in range(n):
        shape = [extent - 1 if a == axis else extent for a, extent in enumerate(x.shape)]
        body = x.builder.body()
        before = [index(a) for a in range(x.rank)]
        after = [place + 1 if a == axis else place for a, place in enumerate(before)]
        x = comprehend(x.builder, body, combine(body, difference, read(body, x, after), read(body, x, before)), shape)
    return x


PadWidth: TypeAlias = "SizeLike | Sequence[SizeLike] | Sequence[Sequence[SizeLike]]"


def pad(x: Operand, pad_width: PadWidth, mode: str = "constant", constant_values: float = 0.0) -> ArrayValue:
    """The array with a margin: of one number, or of its own elements."""
    x = as_array(x)
    widths = _pad_widths(pad_width, x.rank)
    shape = tuple(extent + low + high for extent, (low, high) in zip(x.shape, widths, strict=True))
    body = x.builder.body()
    if mode == "constant":
        if not isinstance(constant_values, (int, float)):
            raise UnsupportedError("pad with a number for each side: pad one axis at a time")
        if constant_values == 0 and x.kind == REAL:
            places = tuple(index(a) + low for a, (low, _) in enumerate(widths))
            element = read(body, x, [index(a) for a in range(x.rank)])
            return value_of(x.builder, x.builder.accumulate(shape, [(x.shape, body, [(places, element)])]))
        element = read(body, x, [index(a) - low for a, (low, _) in enumerate(widths)])
        for a, (low, _) in reversed(list(enumerate(widths))):
            for edge, above in ((low, True), (low + x.shape[a], False)):
                here, there = body.integer(index(a)), body.integer(edge)
                inside = body.apply("le", there, here) if above else body.apply("lt", here, there)
                element = combine(body, "where", inside, element, scalar(body, constant_values))
        return comprehend(x.builder, body, element, shape)
    if mode not in _MARGINS:
        raise UnsupportedError(f"pad with mode={mode!r}: known are constant, {', '.join(_MARGINS)}")
    for a, (extent, width) in enumerate(zip(x.shape, widths, strict=True)):
        if extent == ZERO and width != (ZERO, ZERO):
            raise ShapeError(f"pad of axis {a}, which is empty, with mode={mode!r}: there is nothing to repeat")
    places = tuple(
        index(a) if low == high == ZERO else _MARGINS[mode](body, index(a) - low, extent)
        for a, (extent, (low, high)) in enumerate(zip(x.shape, widths, strict=True))
    )
    return comprehend(x.builder, body, read(body, x, places), shape)


def _pad_widths(pad_width: PadWidth, rank: int) -> list[tuple[Size, Size]]:
    if isinstance(pad_width, (int, Size, np.integer)):
        width = extents_of(pad_width)[0]
        return [(width, width)] * rank
    given = list(pad_width)
    if all(isinstance(part, (int, Size, np.integer)) for part in given):
        pair = extents_of(cast("Sequence[SizeLike]", given))
        return [(pair[0], pair[-1])] * rank
    pairs = [extents_of(cast("Sequence[SizeLike]", part)) for part in given]
    if len(pairs) not in (1, rank):
        raise ShapeError(f"{len(pairs)} pad widths for {rank} axes")
    return [(pair[0], pair[-1]) for pair in (pairs * rank if len(pairs) == 1 else pairs)]


def _where_size(body: BodyBuilder, left: Size, right: Size, then: Size, other: Size) -> Size:
    """``then if left < right else other``."""
    below = body.apply("lt", body.integer(left), body.integer(right))
    return body.as_size(body.apply("where_integer", below, body.integer(then), body.integer(other)))


def _edge(body: BodyBuilder, place: Size, extent: Size) -> Size:
    return _where_size(body, place, ZERO, ZERO, _where_size(body, place, extent, place, extent - 1))


def _inside_or(body: BodyBuilder, place: Size, extent: Size, other: Size) -> Size:
    return _where_size(body, place, ZERO, other, _where_size(body, place, extent, place, other))


def _at_least_one(body: BodyBuilder, period: Size) -> Size:
    """A period that can be divided by: an axis with one element reflects to itself."""
    return _where_size(body, period, ONE, ONE, period) if period.constant is None else size(max(period.constant, 1))


def _reflect(body: BodyBuilder, place: Size, extent: Size) -> Size:
    turned = place % _at_least_one(body, 2 * extent - 2)
    return _inside_or(body, place, extent, _where_size(body, turned, extent, turned, 2 * extent - 2 - turned))


def _symmetric(body: BodyBuilder, place: Size, extent: Size) -> Size:
    turned = place % _at_least_one(body, 2 * extent)
    return _inside_or(body, place, extent, _where_size(body, turned, extent, turned, 2 * extent - 1 - turned))


def _wrap(body: BodyBuilder, place: Size, extent: Size) -> Size:
    return _inside_or(body, place, extent, place % _at_least_one(body, extent))


# Where a place outside reads, however far outside: the axis repeats, there and back or from its start.
_MARGINS: dict[str, Callable[[BodyBuilder, Size, Size], Size]] = {
    "edge": _edge,
    "reflect": _reflect,
    "symmetric": _symmetric,
    "wrap": _wrap,
}


# ------------------------------------------------------------------------------------------------------------ creation


def zeros(builder: ProgramBuilder, shape: Extents) -> ArrayValue:
    """Zeros."""
    return fill(builder, extents_of(shape), 0.0)


def ones(builder: ProgramBuilder, shape: Extents) -> ArrayValue:
    """Ones."""
    return fill(builder, extents_of(shape), 1.0)


def full(builder: ProgramBuilder, shape: Extents, fill_value: Operand, dtype: Any = None) -> ArrayValue:
    """One number everywhere, or an operand broadcast."""
    kind = kind_of(fill_value) if dtype is None else kind_of_dtype(dtype)
    return fill(builder, extents_of(shape), converted(fill_value, kind))


def eye(builder: ProgramBuilder, rows: SizeLike, columns: SizeLike | None = None, k: SizeLike = 0) -> ArrayValue:
    """Ones on a diagonal."""
    shape = (size(rows), size(rows if columns is None else columns))
    body = builder.body()
    on = body.apply("eq", body.integer(index(0) + size(k)), body.integer(index(1)))
    return comprehend(builder, body, body.coerce(on, REAL), shape)


def tri(builder: ProgramBuilder, rows: SizeLike, columns: SizeLike | None = None, k: SizeLike = 0) -> ArrayValue:
    """Ones on and below a diagonal."""
    shape = (size(rows), size(rows if columns is None else columns))
    body = builder.body()
    under = body.apply("le", body.integer(index(1)), body.integer(index(0) + size(k)))
    return comprehend(builder, body, body.coerce(under, REAL), shape)


def arange(builder: ProgramBuilder, start: SizeLike, stop: SizeLike | None = None, step: SizeLike = 1) -> ArrayValue:
    """Whole numbers from `start` up to `stop`, which is left out."""
    if stop is None:
        start, stop = 0, start
    if not all(isinstance(part, (int, Size, np.integer)) for part in (start, stop, step)):
        raise UnsupportedError("arange of a symbolic length with fractions: use start + step * np.arange(n)")
    first, last, by = size(start), size(stop), size(step)
    if by.constant is None or by.constant == 0:
        raise UnsupportedError(f"arange with step {by}: a whole number other than 0 is needed")
    span = last - first if by.constant > 0 else first - last
    length = (span + (abs(by.constant) - 1)) // abs(by.constant)
    body = builder.body()
    return comprehend(builder, body, body.integer(first + by * index(0)), (length,))


def linspace(
    builder: ProgramBuilder, start: Operand, stop: Operand, num: SizeLike = 50, endpoint: bool = True
) -> ArrayValue:
    """`num` numbers from `start` to `stop`, equally far apart."""
    count = size(num)
    gaps = count - 1 if endpoint else count
    body = builder.body()
    fraction = body.apply("div", body.integer(index(0)), body.integer(gaps if gaps != ZERO else ONE))
    steps = comprehend(builder, body, fraction, (count,))
    first, last = (_as_float(plain(part)) for part in (start, stop))
    distance: Operand
    if isinstance(first, float) and isinstance(last, float):
        distance = last - first
    else:
        distance = apply("sub", lift(builder, last), first)
    scaled = apply("mul", steps, distance)
    return scaled if first == 0.0 else apply("add", first, scaled)


def zeros_like(x: Operand, dtype: Any = None) -> ArrayValue:
    """Zeros of the shape and the kind of `x`."""
    return full_like(x, 0, dtype)


def ones_like(x: Operand, dtype: Any = None) -> ArrayValue:
    """Ones of the shape and the kind of `x`."""
    return full_like(x, 1, dtype)


def full_like(x: Operand, fill_value: Operand, dtype: Any = None) -> ArrayValue:
    """One number, or an operand broadcast, in the shape of `x` and of its kind: 2.7 beside integers is 2."""
    kind = kind_of(x) if dtype is None else kind_of_dtype(dtype)
    return fill(builder_of([x, fill_value]), shape_of(plain(x)), converted(fill_value, kind))


def _as_float(operand: Operand) -> Operand:
    return float(operand) if type(operand) is int else operand


# --------------------------------------------------------------------------------------------------------- selection


def select(conditions: Sequence[Operand], choices: Sequence[Operand], default: Operand = 0.0) -> ArrayValue:
    """The choice whose condition is the first that holds."""
    if len(conditions) != len(choices):
        raise ShapeError(f"{len(conditions)} conditions for {len(choices)} choices")
    chosen: Operand = default
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        chosen = where(condition, choice, chosen)
    return cast("ArrayValue", chosen)
