"""Products summed over shared indices: `matmul`, `dot`, `einsum` and their kin are one comprehension each.

X @ w                          T[i]    = sum[j:d](X[i, j] * w[j])
einsum("ij,ij->i", A, B)       T[i]    = sum[j:d](A[i, j] * B[i, j])
kron(A, B)                     T[i, j] = A[i // p, j // q] * B[i % p, j % q]
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import reduce as fold
from typing import TypeAlias

from gradc.errors import ShapeError, UnsupportedError
from gradc.frontends.shaping import axes_of, expand_dims, ravel
from gradc.frontends.values import (
    ArrayValue,
    Operand,
    apply,
    broadcast_shapes,
    builder_of,
    combine,
    comprehend,
    lift,
    read,
)
from gradc.ir.equations import BOOLEAN, REAL
from gradc.ir.printer import describe_shape
from gradc.ir.size import ONE, ZERO, Size, index, size

Label: TypeAlias = Hashable


def contract(operands: Sequence[ArrayValue], labels: Sequence[Sequence[Label]], result: Sequence[Label]) -> ArrayValue:
    """The products of the operands' elements, summed over every label that `result` does not name.

    Parameters
    ----------
    labels
        A label for each axis of each operand; axes with one label share an index, and an extent of 1 stretches.
    """
    extents: dict[Label, Size] = {}
    for operand, names in zip(operands, labels, strict=True):
        for extent, name in zip(operand.shape, names, strict=True):
            known = extents.get(name, ONE)
            if ONE not in (known, extent) and known != extent:
                shapes = " and ".join(describe_shape(value.shape) for value in operands)
                raise ShapeError(f"shapes that do not fit: {shapes}: {known} against {extent}")
            extents[name] = extent if known == ONE else known
    reduced = [name for name in extents if name not in result]
    number = {name: position for position, name in enumerate([*result, *reduced])}
    builder = operands[0].builder
    body = builder.body()
    factors = [
        read(
            body,
            operand,
            [ZERO if e == ONE else index(number[name]) for e, name in zip(operand.shape, names, strict=True)],
        )
        for operand, names in zip(operands, labels, strict=True)
    ]
    value = fold(lambda left, right: combine(body, "mul", left, right), factors)
    free = [extents[name] for name in result]
    if not reduced:
        return comprehend(builder, body, value, free)
    conditions = body.kind(value) == BOOLEAN
    total = comprehend(builder, body, body.coerce(value, REAL), free, [extents[name] for name in reduced], "sum")
    # Sums of products of conditions are conditions again: whether both hold anywhere.
    return apply("ne", total, 0.0) if conditions else total


def _lift_all(*operands: Operand) -> list[ArrayValue]:
    builder = builder_of(operands)
    return [lift(builder, operand) for operand in operands]


def _must_fit(a: ArrayValue, b: ArrayValue, left: Size, right: Size, what: str) -> None:
    if left != right:
        shapes = f"{describe_shape(a.shape)} and {describe_shape(b.shape)}"
        raise ShapeError(f"{what} of shapes {shapes}: {left} against {right}")


def matmul(x: Operand, y: Operand) -> ArrayValue:
    """``x @ y``, over stacks of matrices as NumPy has it."""
    a, b = _lift_all(x, y)
    if not a.rank or not b.rank:
        raise ShapeError("matmul of a scalar: use * instead")
    rows = ["row"] if a.rank > 1 else []
    columns = ["column"] if b.rank > 1 else []
    _must_fit(a, b, a.shape[-1], b.shape[-2 if columns else 0], "matmul")
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    names: list[Label] = list(range(len(batch)))
    left = [*names[len(names) - max(a.rank - 2, 0) :], *rows, "inner"]
    right = [*names[len(names) - max(b.rank - 2, 0) :], "inner", *columns]
    return contract([a, b], [left, right], [*names, *rows, *columns])


def dot(x: Operand, y: Operand) -> ArrayValue:
    """The last axis of `x` against the last but one of `y`, as `numpy.dot`."""
    a, b = _lift_all(x, y)
    if not a.rank or not b.rank:
        return apply("mul", a, b)
    shared = b.rank - 2 if b.rank > 1 else 0
    _must_fit(a, b, a.shape[-1], b.shape[shared], "dot")
    return _pairwise(a, b, [a.rank - 1], [shared])


def inner(x: Operand, y: Operand) -> ArrayValue:
    """The last axes of both against one another."""
    a, b = _lift_all(x, y)
    if not a.rank or not b.rank:
        return apply("mul", a, b)
    _must_fit(a, b, a.shape[-1], b.shape[-1], "inner")
    return _pairwise(a, b, [a.rank - 1], [b.rank - 1])


def vdot(x: Operand, y: Operand) -> ArrayValue:
    """The sum of the products of all elements."""
    a, b = _lift_all(x, y)
    if a.shape != b.shape:
        a, b = ravel(a), ravel(b)
        _must_fit(a, b, a.shape[0], b.shape[0], "vdot")
    return _pairwise(a, b, list(range(a.rank)), list(range(a.rank)))


def outer(x: Operand, y: Operand) -> ArrayValue:
    """``T[i, j] = x[i] * y[j]`` over all elements."""
    a, b = (ravel(value) for value in _lift_all(x, y))
    return contract([a, b], ["i", "j"], ["i", "j"])


def tensordot(x: Operand, y: Operand, axes: int | Sequence[int | Sequence[int]] = 2) -> ArrayValue:
    """Some axes of `x` against some of `y`."""
    a, b = _lift_all(x, y)
    if isinstance(axes, int):
        left, right = list(range(a.rank - axes, a.rank)), list(range(axes))
    else:
        left, right = list(axes_of(axes[0], a.rank)), list(axes_of(axes[1], b.rank))
    if len(left) != len(right):
        raise ShapeError(f"tensordot pairs {len(left)} axes with {len(right)}")
    for p, q in zip(left, right, strict=True):
        _must_fit(a, b, a.shape[p], b.shape[q], "tensordot")
    return _pairwise(a, b, left, right)


def _pairwise(a: ArrayValue, b: ArrayValue, left: Sequence[int], right: Sequence[int]) -> ArrayValue:
    first: list[Label] = [("a", axis) for axis in range(a.rank)]
    second: list[Label] = [("b", axis) for axis in range(b.rank)]
    for p, q in zip(left, right, strict=True):
        second[q] = first[p]
    shared = {first[p] for p in left}
    return contract([a, b], [first, second], [name for name in (*first, *second) if name not in shared])


def kron(x: Operand, y: Operand) -> ArrayValue:
    """The Kronecker product: each element of `x` times all of `y`."""
    a, b = _lift_all(x, y)
    rank = max(a.rank, b.rank)
    a, b = (expand_dims(v, list(range(rank - v.rank))) if v.rank < rank else v for v in (a, b))
    body = a.builder.body()
    left = read(body, a, [index(k) // b.shape[k] for k in range(rank)])
    right = read(body, b, [index(k) % b.shape[k] for k in range(rank)])
    shape = [p * q for p, q in zip(a.shape, b.shape, strict=True)]
    return comprehend(a.builder, body, combine(body, "mul", left, right), shape)


def cross(x: Operand, y: Operand) -> ArrayValue:
    """The cross product of vectors of three, along the last axis."""
    a, b = _lift_all(x, y)
    for value in (a, b):
        if not value.rank or value.shape[-1] != size(3):
            raise UnsupportedError(f"cross of shape {describe_shape(value.shape)}: the last axis must be of length 3")
    batch = broadcast_shapes(a.shape[:-1], b.shape[:-1])
    rank = len(batch)
    body = a.builder.body()

    def component(value: ArrayValue, step: int) -> int:
        places = [ZERO if e == ONE else index(rank - value.rank + 1 + k) for k, e in enumerate(value.shape[:-1])]
        return read(body, value, [*places, (index(rank) + step) % 3])

    forward = body.apply("mul", component(a, 1), component(b, 2))
    backward = body.apply("mul", component(a, 2), component(b, 1))
    return comprehend(a.builder, body, body.apply("sub", forward, backward), (*batch, size(3)))


def einsum(subscripts: str, *operands: Operand) -> ArrayValue:
    """Einstein's summation in NumPy's notation: ``einsum("nd,d->n", X, w)``, with ``...`` and diagonals."""
    if not isinstance(subscripts, str):
        raise UnsupportedError("einsum with lists of axes: write the subscripts as text")
    values = _lift_all(*operands)
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(values):
        raise ShapeError(f"einsum {subscripts!r} names {len(terms)} operands, and {len(values)} are given")
    widest = 0
    for term, value in zip(terms, values, strict=True):
        letters = len(term.replace("...", ""))
        if letters > value.rank or ("..." not in term and letters != value.rank):
            raise ShapeError(f"einsum term {term!r} for an operand of shape {describe_shape(value.shape)}")
        if "..." in term:
            widest = max(widest, value.rank - letters)
    labels = [_labels(term, widest, value.rank) for term, value in zip(terms, values, strict=True)]
    if arrow:
        result = _labels(right, widest, len(right.replace("...", "")) + widest)
    else:
        named = [name for names in labels for name in names if isinstance(name, str)]
        once = sorted(name for name in set(named) if named.count(name) == 1)
        result = [*range(widest), *once]
    known = {name for names in labels for name in names}
    for name in result:
        if name not in known and not isinstance(name, int):
            raise ShapeError(f"einsum {subscripts!r}: the result names {name!r}, which no operand has")
    if len(set(result)) != len(result):
        raise ShapeError(f"einsum {subscripts!r}: the result names an index twice")
    return contract(values, labels, result)


def _labels(term: str, widest: int, rank: int) -> list[Label]:
    """The term's letters, with the axes of ``...`` labelled by number from the right."""
    before, dots, after = term.partition("...")
    if not all(letter.isalpha() for letter in before + after):
        raise ShapeError(f"einsum term {term!r}: letters, '...', ',' and '->' are known")
    count = rank - len(before) - len(after) if dots else 0
    return [*before, *range(widest - count, widest), *after]
