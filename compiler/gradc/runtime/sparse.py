"""Sparse results: a pattern that is found once from the index arrays, and values that a kernel writes.

    places = find_places((4, 3), (5, 2), (1, 1), [([0, 1, 2, 3], [4, 0, 4, 1])])
    matrix = make_matrix(places, values)        # a scipy.sparse.bsr_array of 3 × 2 blocks

SciPy is needed here alone, and imported when the first sparse result is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from gradc.errors import IndexRangeError

Values = Any  # arrays of NumPy and matrices of scipy.sparse


class Places(NamedTuple):
    """Where the small blocks of a matrix are.

    Parameters
    ----------
    shape
        Of the matrix.
    block
        Rows and columns of a small block.
    pointers, columns
        As `scipy.sparse` has them: block row i has the blocks ``pointers[i]`` to ``pointers[i + 1]``.
    slots
        For each term, which block each of its loops adds to; -1 where that lies outside.
    """

    shape: tuple[int, int]
    block: tuple[int, int]
    pointers: Values
    columns: Values
    slots: tuple[Values, ...]


def find_places(
    rows: Sequence[int],
    columns: Sequence[int],
    lead: tuple[int, int],
    terms: Sequence[Sequence[Values]],
    *,
    one_a_row: bool = False,
) -> Places:
    """Find the pattern of a matrix.

    Parameters
    ----------
    rows, columns
        The lengths of the axes that make up the matrix's rows and columns.
    lead
        How many of them say which small block.
    terms
        For each term, its leading subscripts: those of the rows, then those of the columns.
    one_a_row
        Whether the only term has one block in each row, in order.

    Raises
    ------
    IndexRangeError
        Where one block a row has a column outside the matrix.
    """
    block = (prod(rows[lead[0] :]), prod(columns[lead[1] :]))
    counts = (prod(rows[: lead[0]]), prod(columns[: lead[1]]))
    limits = (*rows[: lead[0]], *columns[: lead[1]])
    found: list[tuple[Values, Values, Values]] = []
    for subscripts in terms:
        shape = np.shape(subscripts[0]) if subscripts else ()
        inside = np.ones(shape, bool)
        ravelled = [np.zeros(shape, np.int64), np.zeros(shape, np.int64)]
        for axis, (part, limit) in enumerate(zip(subscripts, limits, strict=True)):
            side = int(axis >= lead[0])
            inside &= (part >= 0) & (part < limit)
            ravelled[side] = ravelled[side] * limit + part
        found.append((ravelled[0], ravelled[1], inside))
    shape2 = (counts[0] * block[0], counts[1] * block[1])
    narrow = np.int32 if max(*shape2, sum(f[0].size for f in found)) < 2**31 else np.int64
    if one_a_row:
        ((_, column, inside),) = found
        if not inside.all():
            raise IndexRangeError("an index array holds an index out of range, so a derivative has no place")
        pointers = np.arange(counts[0] + 1, dtype=narrow)
        return Places(shape2, block, pointers, column.ravel().astype(narrow), ())
    keys = [np.where(inside, row * counts[1] + column, -1).ravel() for row, column, inside in found]
    unique, inverse = np.unique(np.concatenate(keys) if keys else np.zeros(0, np.int64), return_inverse=True)
    outside = int(unique.size > 0 and unique[0] < 0)
    unique, inverse = unique[outside:], inverse.ravel() - outside
    pointers = np.searchsorted(unique, np.arange(counts[0] + 1, dtype=np.int64) * counts[1]).astype(narrow)
    slots, start = [], 0
    for row, _, _ in found:
        slots.append(inverse[start : start + row.size].reshape(row.shape).astype(np.int64))
        start += row.size
    indices = (unique % max(counts[1], 1)).astype(narrow)
    return Places(shape2, block, pointers, indices, tuple(slots))


def make_matrix(places: Places, values: Values) -> Values:
    """The `csr_array`, or the `bsr_array` where blocks are larger than 1 × 1, that holds `values` (no copy)."""
    sparse = import_sparse()
    data = np.asarray(values).reshape(len(places.columns), *places.block)
    if places.block == (1, 1):
        return sparse.csr_array((data.reshape(-1), places.columns, places.pointers), shape=places.shape, copy=False)
    return sparse.bsr_array((data, places.columns, places.pointers), shape=places.shape, copy=False)


def is_full(places: Places) -> bool:
    """Whether every element is there, each a small block of its own: such a matrix is no sparse one."""
    return places.block == (1, 1) and 0 < places.shape[0] * places.shape[1] == len(places.columns)


def make_diagonals(values: Values, offsets: Sequence[int], shape: tuple[int, int]) -> Values:
    """The `dia_array` with these values on some diagonals, each where its column is (no copy)."""
    flat = np.asarray(values).reshape(len(offsets), shape[1])
    return import_sparse().dia_array((flat, np.array(offsets, np.int32)), shape=shape, copy=False)


def refilled(matrix: Values, values: Values) -> Values:
    """A matrix of the same pattern with other values, in a fraction of the time of making one from its parts.

    The pattern is copied: what its owner does with it, such as ``eliminate_zeros()``, changes no other result.
    """
    if isinstance(matrix, np.ndarray):
        return values.reshape(matrix.shape)
    # As `copy.copy` makes it, without its detour over pickling.
    made = object.__new__(type(matrix))
    held = made.__dict__
    held.update(matrix.__dict__)
    held["data"] = values.reshape(matrix.data.shape)
    for part in ("indices", "indptr", "offsets"):
        if part in held:
            held[part] = held[part].copy()
    return made


def import_sparse() -> Any:
    """`scipy.sparse`, or an error that says what to do without it."""
    try:
        import scipy.sparse
    except ImportError:
        raise ImportError(
            "this derivative is sparse, and sparse results need SciPy: install it (pip install scipy, which is "
            "gradc[sparse]), or ask for a dense one (dense=True; of what is built ahead of time, its _dense)"
        ) from None
    return scipy.sparse
