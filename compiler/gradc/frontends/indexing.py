"""``x[key]`` as NumPy reads it: integers, slices, ``None``, ``...`` and integer arrays, in one definition.

x[1:, ::2]          T[i, j] = x[i + 1, 2 * j]
x[rows, :, k]       T[i, j] = x[rows[i], j, k]          negative rows count from the end
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gradc.errors import ShapeError, UnsupportedError
from gradc.frontends.shaping import axis_of, expand_dims, ravel, squeeze
from gradc.frontends.values import (
    LARGEST_TABLE,
    ArrayValue,
    Operand,
    broadcast_shapes,
    builder_of,
    combine,
    comprehend,
    converted,
    fill,
    lift,
    plain,
    read,
    scalar,
    shape_of,
    spread,
    table,
    where,
)
from gradc.ir.equations import BOOLEAN, INTEGER, BodyBuilder
from gradc.ir.printer import describe_shape
from gradc.ir.size import ONE, ZERO, Size, index, size

_MASK = "a boolean mask as an index gives an array whose length is not known: use np.where(mask, x, 0.0)"


class _Range(NamedTuple):
    """What a slice selects: ``start + step * k`` for k below `length`."""

    start: Size
    step: int
    length: Size


def getitem(x: Operand, key: Any) -> ArrayValue:
    """``x[key]``.

    Parameters
    ----------
    key
        Whole numbers, sizes, slices of these, ``None``, ``...``, integer arrays, or a tuple of them.
    """
    # A size is a tuple too.
    entries = list(key) if isinstance(key, tuple) and not isinstance(key, Size) else [key]
    x = lift(builder_of([x, *entries]), x)
    entries = _expand([_entry(x, entry) for entry in entries], x)
    arrays = [entry for entry in entries if _is_array(entry)]
    # Beside an index array with axes, NumPy takes single integers for index arrays without any.
    fancy = any(shape_of(entry) for entry in arrays)
    together = broadcast_shapes(*map(shape_of, arrays)) if fancy else ()
    first = _first_place(entries) if fancy else None

    body = x.builder.body()
    free: list[Size] = []
    subscripts: list[Size | int] = []
    base: int | None = None
    axis = 0
    if first == 0 and fancy:
        base = 0
        free += together
    for place, entry in enumerate(entries):
        if fancy and first == place and base is None:
            base = len(free)
            free += together
        if entry is None:
            free.append(ONE)
            continue
        if isinstance(entry, slice):
            selected = _slice(entry, x.shape[axis])
            # A slice of length 1 still has its axis, read at the start.
            subscripts.append(selected.start + selected.step * index(len(free)))
            free.append(selected.length)
        else:
            subscripts.append(0)
        axis += 1
    axis = 0
    for entry in entries:
        if entry is None:
            continue
        if not isinstance(entry, slice):
            subscripts[axis] = _subscript(body, entry, x.shape[axis], axis, len(together), base or 0)
        axis += 1
    places = [part if isinstance(part, Size) else size(part) for part in subscripts]
    if places == [index(k) for k in range(x.rank)] and tuple(free) == x.shape:
        return x
    return comprehend(x.builder, body, read(body, x, places), free)


def is_basic(key: Any) -> bool:
    """Whether a key is made of whole numbers, slices, ``None`` and ``...`` alone, so that NumPy gives a view."""
    entries = key if isinstance(key, tuple) and not isinstance(key, Size) else (key,)
    return all(
        entry is None
        or entry is Ellipsis
        or isinstance(entry, (slice, Size))
        or (isinstance(entry, (int, np.integer)) and not isinstance(entry, bool))
        for entry in entries
    )


def setitem(x: Operand, key: Any, item: Operand) -> ArrayValue:
    """What `x` is after ``x[key] = item``: another array, which holds the item at the key.

    x[1:n] = v                   T[i] = where(1 <= i & i < n, v[i - 1], x[i])
    x[mask] = 0                  T[i] = where(mask[i], 0, x[i])

    Parameters
    ----------
    key
        As for `getitem`; or conditions over the first axes, where the item has no axes of its own; or a few whole
        numbers in a list.
    """
    x = lift(builder_of([x, item]), x)
    item = converted(item, x.kind)
    if is_basic(key):
        return _set_range(x, key, item)
    mask = plain(key) if not isinstance(key, tuple) else None
    if isinstance(mask, ArrayValue) and mask.kind == BOOLEAN:
        return _set_where(x, mask, item)
    if isinstance(mask, np.ndarray) and mask.dtype.kind == "b":
        return _set_where(x, lift(x.builder, mask), item)
    if isinstance(mask, np.ndarray) and mask.dtype.kind in "iu" and mask.ndim == 1 and mask.size <= LARGEST_TABLE:
        item = lift(x.builder, item)
        whole = fill(x.builder, (size(mask.size), *x.shape[1:]), item)
        for place, number in enumerate(mask):
            x = _set_range(x, int(number), getitem(whole, place))
        return x
    raise UnsupportedError(
        "an assignment at index arrays: known are whole numbers, slices, a mask, and a few whole numbers in a list. "
        "Choose with np.where, or gather with x[index] on the right side"
    )


def _set_where(x: ArrayValue, mask: ArrayValue, item: Operand) -> ArrayValue:
    mask = lift(x.builder, mask)
    if mask.shape != x.shape[: mask.rank]:
        raise ShapeError(f"a mask of shape {describe_shape(mask.shape)} for an array of {describe_shape(x.shape)}")
    if len(shape_of(item)) > x.rank - mask.rank:
        raise UnsupportedError(
            "an assignment of several numbers where a mask holds, which are as many as it is true: "
            "write x = np.where(mask, values, x), with a value for each element"
        )
    wide = expand_dims(mask, tuple(range(mask.rank, x.rank))) if x.rank > mask.rank else mask
    found = where(wide, item, x)
    return fill(x.builder, x.shape, found)


def _set_range(x: ArrayValue, key: Any, item: Operand) -> ArrayValue:
    given = list(key) if isinstance(key, tuple) and not isinstance(key, Size) else [key]
    entries = [entry for entry in _expand([_entry(x, entry) for entry in given], x) if entry is not None]
    body = x.builder.body()
    free: list[Size] = []
    places: list[Size] = []
    conditions: list[int] = []
    for axis, entry in enumerate(entries):
        here, extent = index(axis), x.shape[axis]
        if not isinstance(entry, slice):
            place = _subscript(body, entry, extent, axis, 0, 0)
            conditions.append(body.apply("eq", body.integer(here), body.integer(place)))
            continue
        start, step, length = _slice(entry, extent)
        free.append(length)
        if (start, step, length) == (ZERO, 1, extent):
            places.append(here)
            continue
        steps = here - start if step > 0 else start - here
        place = steps // abs(step)
        conditions.append(body.apply("le", body.integer(0), body.integer(steps)))
        conditions.append(body.apply("lt", body.integer(place), body.integer(length)))
        if abs(step) != 1:
            conditions.append(body.apply("eq", body.integer(steps % abs(step)), body.integer(0)))
        places.append(place)
    wide = [ONE if entry is None else None for entry in _expand([_entry(x, entry) for entry in given], x)]
    shape = tuple(free)
    if isinstance(item, (ArrayValue, np.ndarray)):
        value = lift(x.builder, item)
        if any(wide) or value.rank > len(shape):
            # Axes of length 1 that `None` or the item itself has more than the array.
            extra = [a for a, extent in enumerate(value.shape) if extent == ONE]
            value = squeeze(value, tuple(extra[: max(value.rank - len(shape), 0)]))
        if broadcast_shapes(shape, value.shape) != shape:
            raise ShapeError(f"shape {describe_shape(value.shape)} does not broadcast to {describe_shape(shape)}")
        first = len(shape) - value.rank
        element = read(body, value, [ZERO if e == ONE else places[first + a] for a, e in enumerate(value.shape)])
    else:
        element = scalar(body, item)
    element = body.coerce(element, x.kind)
    if conditions:
        within = conditions[0]
        for condition in conditions[1:]:
            within = body.apply("and", within, condition)
        element = combine(body, "where", within, element, read(body, x, [index(a) for a in range(x.rank)]))
    return comprehend(x.builder, body, element, x.shape)


def take(x: Operand, indices: Any, axis: int | None = None) -> ArrayValue:
    """The elements at `indices` along an axis."""
    x = lift(builder_of([x, indices]), x)
    if axis is None:
        x, axis = ravel(x), 0
    return getitem(x, (slice(None),) * axis_of(axis, x.rank) + (indices,))


def take_along_axis(x: Operand, indices: Any, axis: int | None = -1) -> ArrayValue:
    """``T[i, j] = x[i, indices[i, j]]``: one choice of places for each line along an axis."""
    x = lift(builder_of([x, indices]), x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis_of(axis, x.rank)
    indices = _entry(x, indices)
    given = shape_of(indices)
    if not _is_array(indices) or len(given) != x.rank:
        raise ShapeError(
            f"take_along_axis of shape {describe_shape(x.shape)} with indices of shape {describe_shape(given)}: "
            "both need equally many axes"
        )
    others = [tuple(extent for a, extent in enumerate(s) if a != axis) for s in (x.shape, given)]
    common = list(broadcast_shapes(*others))
    common.insert(axis, given[axis])
    body = x.builder.body()
    place = _subscript(body, indices, x.shape[axis], axis, x.rank, 0)
    places = list(spread(x.shape, x.rank))
    places[axis] = place
    return comprehend(x.builder, body, read(body, x, places), common)


def _entry(x: ArrayValue, entry: Any) -> Any:
    """One entry of a key in a plain form, or an error that says what it cannot be."""
    if entry is None or entry is Ellipsis or isinstance(entry, Size):
        return entry
    if isinstance(entry, slice):
        start, stop, step = (_whole(part, "a slice") for part in (entry.start, entry.stop, entry.step))
        return slice(start, stop, step)
    if isinstance(entry, str):
        raise UnsupportedError(
            f"an array indexed by {entry!r}: an argument is one array or number, so what is kept in a dict is passed "
            'as arguments of their own, as in "w[d], b"'
        )
    if isinstance(entry, (bool, np.bool_)):
        raise UnsupportedError(_MASK)
    if isinstance(entry, (list, tuple)):
        entry = np.asarray(entry) if len(entry) else np.zeros(0, dtype=np.int64)
    entry = plain(entry)
    if isinstance(entry, ArrayValue):
        entry = lift(x.builder, entry)
        if entry.kind == BOOLEAN:
            raise UnsupportedError(_MASK)
        if entry.kind != INTEGER:
            raise UnsupportedError('a real array as an index: declare it with an integer dtype, as in "idx[n]:int64"')
        return entry
    if isinstance(entry, np.ndarray):
        if entry.dtype.kind == "b":
            raise UnsupportedError(_MASK)
        if entry.dtype.kind not in "iu":
            raise UnsupportedError(f"an index array of dtype {entry.dtype}: integers are needed")
        return entry
    return _whole(entry, "an index")


def _whole(value: Any, what: str) -> Size | None:
    if value is None or isinstance(value, Size):
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return size(int(value))
    if isinstance(value, ArrayValue):
        raise UnsupportedError(f"{what} with a traced bound: its length must be known from the shapes")
    raise UnsupportedError(f"{what} with {value!r}: an integer is needed")


def _is_array(entry: Any) -> bool:
    return isinstance(entry, (ArrayValue, np.ndarray))


def _expand(entries: list[Any], x: ArrayValue) -> list[Any]:
    """The key with ``...`` written out, and an entry for each axis."""
    count = sum(1 for entry in entries if entry is not None and entry is not Ellipsis)
    if count > x.rank:
        raise ShapeError(f"{count} indices for an array of shape {describe_shape(x.shape)}")
    dots = [place for place, entry in enumerate(entries) if entry is Ellipsis]
    if len(dots) > 1:
        raise ShapeError("an index with more than one '...'")
    place = dots[0] if dots else len(entries)
    return entries[:place] + [slice(None)] * (x.rank - count) + entries[place + 1 :]


def _first_place(entries: Sequence[Any]) -> int:
    """Where the axes of the index arrays go: at the first of them if they stand side by side, else in front."""
    places = [k for k, entry in enumerate(entries) if entry is not None and not isinstance(entry, slice)]
    return places[0] if places[-1] - places[0] + 1 == len(places) else 0


def _slice(entry: slice, extent: Size) -> _Range:
    given = 1 if entry.step is None else entry.step.constant
    if given is None or given == 0:
        raise UnsupportedError(f"a slice with step {entry.step}: a whole number other than 0 is needed")
    step = int(given)
    bounds = [None if part is None else part.constant for part in (entry.start, entry.stop)]
    known = all(
        part is None or value is not None for part, value in zip((entry.start, entry.stop), bounds, strict=True)
    )
    if extent.constant is not None and known:
        start, stop, _ = slice(bounds[0], bounds[1], step).indices(extent.constant)
        return _Range(size(start), step, size(len(range(start, stop, step))))
    default = (ZERO, extent) if step > 0 else (extent - 1, size(-1))
    first, last = (
        missing if part is None else extent + part if value is not None and value < 0 else part
        for part, value, missing in zip((entry.start, entry.stop), bounds, default, strict=True)
    )
    span = last - first if step > 0 else first - last
    length = (span + (abs(step) - 1)) // abs(step)
    if length.constant is not None and length.constant < 0:
        length = ZERO
    return _Range(first, step, length)


def _subscript(
    body: BodyBuilder, entry: Size | ArrayValue | npt.NDArray[Any], extent: Size, axis: int, rank: int, base: int
) -> Size:
    """The subscript that an integer or an index array stands for, its axes at indices ``base …``."""
    if isinstance(entry, Size):
        number = entry.constant
        if number is not None and extent.constant is not None and not -extent.constant <= number < extent.constant:
            raise ShapeError(f"index {number} is out of range for axis {axis} of length {extent}")
        return extent + entry if number is not None and number < 0 else entry
    if isinstance(entry, np.ndarray):
        if entry.size == 0:
            return ZERO
        most = int(max(entry.max(), -1 - int(entry.min())))
        if extent.constant is not None and most >= extent.constant:
            raise ShapeError(f"an index array holds {most}, out of range for axis {axis} of length {extent}")
        return table(body, entry, spread(shape_of(entry), rank, base), extent)
    value = read(body, entry, spread(entry.shape, rank, base))
    below = body.apply("lt", value, body.integer(0))
    wrapped = body.integer(body.as_size(value) + extent)
    return body.as_size(body.apply("where_integer", below, wrapped, value))
