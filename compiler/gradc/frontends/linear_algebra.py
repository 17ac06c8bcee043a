"""Dense linear algebra: calls of named routines, each with a rule of its own.

solve(A, b)                T = call.solve(A, b)          b a matrix; a vector gets an axis and loses it again
slogdet(A)                 sign, logdet = call.slogdet(A)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradc.errors import ShapeError, UnsupportedError
from gradc.frontends.contractions import matmul
from gradc.frontends.shaping import as_array, expand_dims, eye, squeeze
from gradc.frontends.values import ArrayValue, Operand, Shape, as_real, builder_of, lift, value_of
from gradc.ir.definitions import Call
from gradc.ir.printer import describe_shape


def _call(routine: str, arguments: Sequence[ArrayValue], *shapes: Shape) -> list[ArrayValue]:
    builder = arguments[0].builder
    numbers = tuple(as_real(argument).number for argument in arguments)
    return [value_of(builder, number) for number in builder.define(Call(routine, numbers, shapes))]


def _square(x: ArrayValue, what: str) -> ArrayValue:
    if x.rank > 2:
        raise UnsupportedError(
            f"{what} of a stack of matrices, shape {describe_shape(x.shape)}: call it matrix by matrix"
        )
    if x.rank != 2 or x.shape[0] != x.shape[1]:
        raise ShapeError(f"{what} takes a square matrix, not shape {describe_shape(x.shape)}")
    return x


def solve(a: Operand, b: Operand) -> ArrayValue:
    """The solution of ``a @ x = b``, for a vector or the columns of a matrix."""
    builder = builder_of([a, b])
    matrix, right = _square(lift(builder, a), "linalg.solve"), lift(builder, b)
    if right.rank not in (1, 2):
        raise UnsupportedError(f"linalg.solve with a right side of shape {describe_shape(right.shape)}")
    if right.shape[0] != matrix.shape[0]:
        shapes = f"{describe_shape(matrix.shape)} and {describe_shape(right.shape)}"
        raise ShapeError(f"linalg.solve of shapes {shapes}: {matrix.shape[0]} against {right.shape[0]}")
    columns = right if right.rank == 2 else expand_dims(right, 1)
    (solution,) = _call("solve", [matrix, columns], columns.shape)
    return solution if right.rank == 2 else squeeze(solution, 1)


def cholesky(a: Operand) -> ArrayValue:
    """The lower triangular L with ``L @ L.T = a``."""
    matrix = _square(as_array(a), "linalg.cholesky")
    return _call("cholesky", [matrix], matrix.shape)[0]


class SignedLogarithm(NamedTuple):
    """What `slogdet` gives, by NumPy's names."""

    sign: ArrayValue
    logabsdet: ArrayValue


def slogdet(a: Operand) -> SignedLogarithm:
    """The sign of the determinant, and the logarithm of its magnitude."""
    matrix = _square(as_array(a), "linalg.slogdet")
    sign, logarithm = _call("slogdet", [matrix], (), ())
    return SignedLogarithm(sign, logarithm)


def inv(a: Operand) -> ArrayValue:
    """The inverse."""
    matrix = _square(as_array(a), "linalg.inv")
    return _call("inv", [matrix], matrix.shape)[0]


def det(a: Operand) -> ArrayValue:
    """The determinant."""
    matrix = _square(as_array(a), "linalg.det")
    return _call("det", [matrix], ())[0]


def matrix_power(a: Operand, n: int) -> ArrayValue:
    """The matrix multiplied with itself; its inverse for negative `n`."""
    matrix = _square(as_array(a), "linalg.matrix_power")
    if isinstance(n, bool) or not isinstance(n, int):
        raise UnsupportedError(f"linalg.matrix_power with {n!r}: a whole number is needed")
    if n == 0:
        return eye(matrix.builder, matrix.shape[0])
    if n < 0:
        matrix, n = inv(matrix), -n
    # Powers of two by squaring, and the product of those that n is made of.
    powers = [matrix]
    while 2 ** len(powers) <= n:
        powers.append(matmul(powers[-1], powers[-1]))
    return multi_dot([power for k, power in enumerate(powers) if n >> k & 1])


def multi_dot(arrays: Sequence[Operand]) -> ArrayValue:
    """The product of several matrices, from left to right."""
    builder = builder_of(arrays)
    result = lift(builder, arrays[0])
    for array in arrays[1:]:
        result = matmul(result, array)
    return result
