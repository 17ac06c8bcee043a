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
from gradc.frontends.shaping import axis_of, ravel
from gradc.frontends.values import (
    ArrayValue,
    Operand,
    broadcast_shapes,
    builder_of,
    comprehend,
    lift,
    plain,
    read,
    shape_of,
    spread,
    table,
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
