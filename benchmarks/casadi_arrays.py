"""NumPy's vocabulary over CasADi's matrix expressions, so that it runs the very function that gradc compiles.

    x = Array(casadi.MX.sym("x", 5), (5,))
    value = translated(loss, numpy_module(), special_module())(x)       # an Array; value.mx is the expression

CasADi has matrices and no broadcasting: a vector of n is a column, and a smaller operand is repeated to the shape of
the greater by a product with ones. It has no gather, so `take_along_axis` picks by comparing. What it cannot express
raises `NotImplementedError`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import casadi as ca
import numpy as np

Shape = tuple[int, ...]
THREE = "CasADi has no arrays of three dimensions"


class Array:
    """An expression with the shape that NumPy would give it: (), (n,), a column of CasADi's, or (n, k)."""

    __array_ufunc__ = None  # NumPy leaves its scalars' operators to the ones below

    def __init__(self, mx: Any, shape: Shape) -> None:
        if len(shape) > 2:
            raise NotImplementedError(THREE)
        self.mx, self.shape = mx, shape

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: int(np.prod(self.shape)))

    @property
    def T(self) -> Array:  # noqa: N802  (NumPy's name)
        return self if self.ndim < 2 else Array(self.mx.T, self.shape[::-1])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Array:
        keys = key if isinstance(key, tuple) else (key,)
        if any(isinstance(k, (Array, np.ndarray)) for k in keys):
            raise NotImplementedError("CasADi has no gather by numbers that are known only when it runs")
        if keys == (Ellipsis, None) or (self.ndim == 1 and keys == (slice(None), None)):
            return Array(self.mx, (*self.shape, 1))
        if self.ndim == 1 and keys == (None, slice(None)):
            return Array(self.mx.T, (1, *self.shape))
        keys = (slice(None),) * (self.ndim - 1) + keys[1:] if keys[0] is Ellipsis else keys
        if any(isinstance(k, slice) and (k.step or 1) < 0 for k in keys):
            raise NotImplementedError("CasADi does not take a slice backwards")
        if None in keys or Ellipsis in keys:
            raise NotImplementedError(THREE)
        keys += (slice(None),) * (self.ndim - len(keys))
        shape = tuple(len(range(*k.indices(n))) for k, n in zip(keys, self.shape, strict=True) if isinstance(k, slice))
        found = self.mx[keys[0]] if self.ndim == 1 else self.mx[keys[0], keys[1]]
        return Array(found.T if self.ndim == 2 and not isinstance(keys[0], slice) and shape else found, shape)

    def __matmul__(self, other: Array) -> Array:
        left = self.mx.T if self.ndim == 1 else self.mx
        found = ca.mtimes(left, other.mx)
        shape = (*self.shape[:-1], *(other.shape[1:] if other.ndim == 2 else ()))
        return Array(found.T if self.ndim == 1 and other.ndim == 2 else found, shape)

    def __neg__(self) -> Array:
        return Array(-self.mx, self.shape)


def _operator(name: str) -> Callable[[Array, Any], Array]:
    return lambda self, other: _joined(lambda a, b: getattr(a, name)(b), self, other)


for _name in (
    "add",
    "radd",
    "sub",
    "rsub",
    "mul",
    "rmul",
    "truediv",
    "rtruediv",
    "pow",
    "rpow",
    "lt",
    "le",
    "gt",
    "ge",
):
    setattr(Array, f"__{_name}__", _operator(f"__{_name}__"))
setattr(Array, "__eq__", _operator("__eq__"))  # noqa: B010  (a type checker would have it return a bool)


def _array(x: Any) -> Array:
    if isinstance(x, Array):
        return x
    values = np.asarray(x, float)
    return Array(ca.MX(ca.DM(values)), values.shape)


def _fitted(x: Array, shape: Shape) -> Any:
    """The expression, repeated to a shape."""
    if x.shape in (shape, ()):
        return x.mx
    row = x.mx.T if x.ndim == 1 and len(shape) == 2 else x.mx
    down, across = (n // m for n, m in zip(shape, row.shape, strict=True))
    # Not with `repmat`, whose C has a loop for each repetition.
    row = ca.mtimes(ca.DM.ones(down, 1), row) if down > 1 else row
    return ca.mtimes(row, ca.DM.ones(1, across)) if across > 1 else row


def _joined(function: Callable[..., Any], *operands: Any) -> Array:
    arrays = [_array(x) for x in operands]
    shape = np.broadcast_shapes(*(x.shape for x in arrays))
    return Array(function(*(_fitted(x, shape) for x in arrays)), shape)


def _each(function: Callable[..., Any]) -> Callable[..., Array]:
    return lambda *operands: _joined(function, *operands)


def _reduced(whole: Callable[[Any], Any], by_row: Callable[[Any], Any]) -> Callable[..., Array]:
    """A reduction, from one of all elements and one of each row."""

    def reduced(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
        x = _array(x)
        if axis is None or x.ndim == 1:
            return Array(whole(x.mx), (1,) * x.ndim if keepdims else ())
        if axis % 2:
            return Array(by_row(x.mx), (x.shape[0], 1) if keepdims else x.shape[:1])
        found = by_row(x.mx.T)
        return Array(found.T, (1, x.shape[1])) if keepdims else Array(found, x.shape[1:])

    return reduced


def _greatest(x: Any) -> Any:
    """The greatest of each row, halving what is left: C of few statements."""
    while x.columns() > 1:
        half, rest = x.columns() // 2, x.columns() % 2
        halves = ca.fmax(x[:, :half], x[:, half : 2 * half])
        x = ca.horzcat(halves, x[:, -1]) if rest else halves
    return x


def _logaddexp(a: Any, b: Any) -> Any:
    return ca.fmax(a, b) + ca.log1p(ca.exp(-ca.fabs(a - b)))


def _take_along_axis(x: Array, at: Array, axis: int) -> Array:
    if axis % 2 != 1 or at.shape != (x.shape[0], 1):
        raise NotImplementedError("only one element of each row")
    k = x.shape[1]
    chosen = _joined(lambda a, b: a == b, at, np.arange(k))
    return _sum(chosen * x, axis=1, keepdims=True)


def _diagonal(x: Array) -> Array:
    return Array(ca.diag(x.mx), x.shape[:1])


def _diff(x: Array) -> Array:
    return x[1:] - x[:-1]


_sum = _reduced(lambda x: ca.sum1(ca.sum2(x)), ca.sum2)


def _mean(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    x = _array(x)
    return _sum(x, axis, keepdims) / (x.size if axis is None else x.shape[axis])


def numpy_module() -> Any:
    """What stands in the place of `np`."""
    plain = ("exp", "expm1", "log", "log1p", "sqrt", "tanh", "cos", "sin", "hypot")
    return _Missing(
        "np",
        **{name: _each(getattr(ca, name)) for name in plain},
        abs=_each(ca.fabs),
        maximum=_each(ca.fmax),
        minimum=_each(ca.fmin),
        logaddexp=_each(_logaddexp),
        where=_each(lambda c, a, b: ca.if_else(c, a, b)),
        sum=_sum,
        mean=_mean,
        max=_reduced(lambda x: _greatest(ca.vec(x).T), _greatest),
        cumsum=lambda x: Array(ca.cumsum(x.mx), x.shape),
        diag=_diagonal,
        diagonal=_diagonal,
        diff=_diff,
        take_along_axis=_take_along_axis,
        pi=np.pi,
        inf=np.inf,
    )


def special_module() -> Any:
    """What stands in the place of `scipy.special`: CasADi has none of these functions that the catalogue uses."""
    return _Missing("scipy.special")


class _Missing(SimpleNamespace):
    """Names that there are, and a clear word on any other."""

    def __init__(self, title: str, **names: Any) -> None:
        super().__init__(**names)
        self._title = title

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(f"CasADi has nothing in the place of {self._title}.{name}")
