"""Every function that NumPy code may use, traced and interpreted, against NumPy and SciPy themselves."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

from gradc.calculus.semantics import SEMANTICS
from gradc.frontends.arrays import FUNCTIONS, apply
from gradc.frontends.formula import parse_program
from gradc.frontends.shaping import divide_exactly
from gradc.frontends.tracing import trace
from gradc.frontends.values import value_of
from gradc.ir.definitions import Parameter
from gradc.ir.interpret import interpret
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, size, symbol
from gradc.ir.verify import verify

SIZES = {"n": 6, "d": 4, "k": 3, "m": 5}


def parameters(signature: str, symbolic: bool = True) -> tuple[Parameter, ...]:
    """``"X:n,d idx:n:int64"`` as parameters: of symbolic dimensions, or of the sizes in `SIZES`."""
    found = []
    for part in signature.split():
        name, dims, dtype, *_ = [*part.split(":"), "", "", ""]
        shape = tuple(_extent(dim, symbolic) for dim in dims.split(",") if dim)
        found.append(Parameter(name, shape, dtype or "real"))
    return tuple(found)


def _extent(text: str, symbolic: bool) -> Size:
    if text.isdigit():
        return size(int(text))
    return symbol(text) if symbolic else size(SIZES[text])


def draw(parameters: tuple[Parameter, ...], seed: int = 0) -> list[Any]:
    """Values for parameters: reals around 0, and integers from -3 to 2, which index every axis."""
    rng = np.random.default_rng(seed)
    values: list[Any] = []
    dims = {("dim", name): number for name, number in SIZES.items()}
    for parameter in parameters:
        shape = tuple(extent.evaluate(dims) for extent in parameter.shape)
        values.append(rng.integers(-3, 3, shape) if parameter.dtype == "int64" else rng.normal(size=shape))
    return values


def check(function: Callable[..., Any], signature: str, domain: Callable[[Any], Any] = lambda x: x) -> None:
    """The traced program gives what the function gives, with symbolic and with numeric dimensions."""
    values = [domain(v) if v.dtype.kind == "f" else v for v in map(np.asarray, draw(parameters(signature)))]
    with np.errstate(all="ignore"):
        expected = np.asarray(function(*values), dtype=float)
    for symbolic in (True, False):
        program = trace(_positional(function), parameters(signature, symbolic))
        found = run(program, values)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def run(program: Program, values: list[Any]) -> np.ndarray:
    verify(program)
    return interpret(program, values, SEMANTICS)[0]


def _positional(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: function(*args)


def words(text: str) -> list[str]:
    return text.split()


def positive(x: Any) -> Any:
    return np.abs(x) + 0.1


def unit(x: Any) -> Any:
    return np.tanh(x) * 0.9


UNARY = words(
    "exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh absolute fabs sign floor ceil rint trunc cbrt sinc "
    "square deg2rad rad2deg degrees radians negative positive isnan isinf isfinite i0 fix"
)
BINARY = words(
    "add subtract multiply divide maximum minimum fmax fmin arctan2 hypot logaddexp logaddexp2 heaviside mod fmod "
    "floor_divide less less_equal greater greater_equal equal not_equal logical_and logical_or logical_xor copysign"
)
SPECIAL = words("expit log_expit erf erfc erfcx ndtr log_ndtr i0 i0e i1 i1e exp10 cbrt expm1 round")

ELEMENTWISE: list[tuple[Any, ...]] = [
    *[(name, getattr(np, name), "x:n") for name in UNARY],
    *[(name, getattr(np, name), "x:n", positive) for name in words("log log2 log10 log1p sqrt reciprocal")],
    *[(name, getattr(np, name), "x:n", unit) for name in words("arcsin arccos arctanh")],
    ("arccosh", lambda x: np.arccosh(1 + x), "x:n", positive),
    *[(name, getattr(np, name), "x:n,d y:d") for name in BINARY],
    *[(name, getattr(np, name), "x:n,d y:d", positive) for name in words("power float_power")],
    *[(f"scipy {name}", getattr(scipy.special, name), "x:n") for name in SPECIAL],
    *[
        (f"scipy {name}", getattr(scipy.special, name), "x:n", positive)
        for name in words("gammaln loggamma gamma digamma psi entr log1p")
    ],
    *[
        (f"scipy {name}", getattr(scipy.special, name), "x:n,d y:d", positive)
        for name in words("beta betaln xlogy xlog1py rel_entr kl_div huber pseudo_huber")
    ],
    ("scipy logit", scipy.special.logit, "x:n", lambda x: 1 / (1 + np.exp(-x))),
    ("huber of a number", lambda r: scipy.special.huber(0.7, r), "r:n"),
    ("pseudo_huber of a number", lambda r: scipy.special.pseudo_huber(0.7, r), "r:n"),
    ("polygamma", lambda x: scipy.special.polygamma(1, x), "x:n", positive),
]

OPERATORS: list[tuple[Any, ...]] = [
    ("arithmetic", lambda x, y: (x + 2) * y - 3 / (1 + y**2) + -x, "x:n y:n"),
    ("reflected", lambda x: (2 - x) * 3 + 2.0**x + 1 / (2 + x * x), "x:n"),
    ("broadcasting", lambda x, y, s: x[:, None] * y + s, "x:n y:d s"),
    ("a NumPy array on the left", lambda x: np.array([1.0, 2.0, 3.0]) * x, "x:n,3"),
    ("a NumPy number on the left", lambda x: np.float64(2.5) * x - np.int64(3), "x:n"),
    ("a list", lambda x: x * [1.0, 2.0, 3.0], "x:n,3"),
    ("floor division and remainder", lambda x: x // 0.3 + x % 0.3, "x:n"),
    ("divmod", lambda x: divmod(x, 0.5)[0] + divmod(x, 0.5)[1], "x:n"),
    ("comparison", lambda x, y: (x < y) + 2 * (x >= 0.5) + (y <= x) * 3 + (x > y) + (x == x) + (x != y), "x:n y:n"),
    ("logic", lambda x, y: np.where(~(x > 0) & (y > 0) | (x > 1) ^ (y > 1), x, y), "x:n y:n"),
    ("abs", lambda x: abs(x), "x:n"),
    ("rebinding", lambda x: _rebind(x), "x:n"),
    ("int arrays", lambda i, j: (i + j) * 2 - i // 2 + abs(j), "i:n:int64 j:n:int64"),
    ("int remainder", lambda i: (i + 3) % 2, "i:n:int64"),
    ("int extremes", lambda i, j: np.maximum(i, j) - np.minimum(i, 0), "i:n:int64 j:n:int64"),
    ("int in real", lambda i, x: i / 2 + x * i + np.exp(i), "i:n:int64 x:n"),
    ("masks of labels", lambda y, x: np.where(y == 1, x, -x) + (y == 0) + (y > -1), "y:n:int64 x:n"),
    ("float of a mask", lambda x: (x > 0).astype(float) * x + (x > 0).astype(int), "x:n"),
    ("where of masks", lambda x: np.where(np.where(x > 0, x > 1, x < -1), 1.0, 2.0), "x:n"),
    ("where of ints", lambda i: np.where(i > 0, i, 2), "i:n:int64"),
    ("select", lambda x: np.select([x > 1, x > 0], [x, 2 * x], 7.0), "x:n"),
    ("clip", lambda x: np.clip(x, -0.5, 0.5) + x.clip(0) + np.clip(x, None, 1), "x:n"),
    ("clip by name", lambda x: np.clip(x, a_min=-0.5, a_max=0.5) + x.clip(max=0.2), "x:n"),
    ("nan_to_num", lambda x: np.nan_to_num(np.log(x), nan=1.0), "x:n"),
    ("round to decimals", lambda x: np.round(x, 2) + x.round(1), "x:n"),
    ("masked sum", lambda x, y: np.sum(np.where(x[:, None] > x[None, :], y, 0.0)) / np.sum(x > 0), "x:n y:n"),
    ("a constant alone", lambda x: 3.0, "x:n"),
    ("a constant array", lambda x: np.array([[1.0, 0.0], [2.0, 3.0]]), "x:n"),
    ("a tuple of scalars", lambda x: (x.sum(), x.max()), "x:n"),
    ("dtypes", lambda x: x.astype(np.float64).astype(x.dtype) if x.dtype.kind == "f" else x, "x:2"),
]


def _rebind(x: Any) -> Any:
    y = x
    y = y + 1
    y *= x
    return y


REDUCTIONS: list[tuple[Any, ...]] = [
    *[
        (
            f"{name} {axis} {keep}",
            lambda x, name=name, axis=axis, keep=keep: getattr(np, name)(x, axis=axis, keepdims=keep),
            "x:n,d,k",
        )
        for name in ("sum", "mean", "prod", "max", "min", "var", "std", "ptp")
        for axis, keep in ((None, False), (0, False), (-1, True), ((0, 2), True), ((0, 2), False), ((2, 1), False))
        if not (name == "ptp" and axis == (2, 1))
    ],
    (
        "methods",
        lambda x: x.sum() + x.mean(0).sum() + x.max(axis=1).sum() + x.min() + x.var(ddof=1) + x.std(1).sum(),
        "x:n,d",
    ),
    ("prod method", lambda x: x.prod(axis=1), "x:n,d"),
    ("amax", lambda x: np.amax(x, 0) + np.amin(x, 0), "x:n,d"),
    ("sum of a mask", lambda x: np.sum(x > 0, axis=0), "x:n,d"),
    ("mean of a mask", lambda x: np.mean(x > 0), "x:n,d"),
    ("sum with dtype", lambda x: np.sum(x, dtype=np.float64), "x:n,d"),
    ("average", lambda x: np.average(x, axis=1), "x:n,d"),
    ("weighted average", lambda x, w: np.average(x, axis=0, weights=w), "x:n,d w:n", positive),
    ("weighted average of all", lambda x, w: np.average(x, weights=w), "x:n,d w:n,d", positive),
    ("any and all", lambda x: np.any(x > 1, axis=0) + 2.0 * np.all(x > -1, axis=1)[:, None], "x:n,d"),
    ("count_nonzero", lambda x: np.count_nonzero(x > 0, axis=1), "x:n,d"),
    (
        "nan functions",
        lambda x: np.nansum(np.log(x)) + np.nanmean(np.log(x)) + np.nanmax(np.log(x)) - np.nanmin(np.log(x)),
        "x:n,d",
    ),
    ("logsumexp", lambda x: scipy.special.logsumexp(x, axis=1), "x:n,d"),
    (
        "logsumexp with weights",
        lambda x: scipy.special.logsumexp(x, b=np.array([1.0, 0.0, 2.0]), axis=1, keepdims=True),
        "x:n,3",
    ),
    ("softmax", lambda x: scipy.special.softmax(x, axis=-1), "x:n,d"),
    ("softmax of all", lambda x: scipy.special.softmax(x), "x:n,d"),
    ("log_softmax", lambda x: scipy.special.log_softmax(x, axis=0), "x:n,d"),
    ("add.reduce", lambda x: np.add.reduce(x) + np.multiply.reduce(x, axis=0), "x:n,d"),
    ("maximum.reduce", lambda x: np.maximum.reduce(x, axis=1) + np.minimum.reduce(x, axis=1), "x:n,d"),
    ("logaddexp.reduce", lambda x: np.logaddexp.reduce(x, axis=-1, keepdims=True), "x:n,d"),
    (
        "logical_or.reduce",
        lambda x: np.logical_or.reduce(x > 1, axis=0) + np.logical_and.reduce(x > -1, axis=0),
        "x:n,d",
    ),
    ("norm", lambda x: np.linalg.norm(x), "x:n,d"),
    *[(f"norm {p}", lambda x, p=p: np.linalg.norm(x, p), "x:n") for p in (1, 2, 3, 0, math.inf, -math.inf)],
    *[
        (f"norm {p} of a matrix", lambda x, p=p: np.linalg.norm(x, p), "x:n,d")
        for p in (1, -1, "fro", math.inf, -math.inf)
    ],
    ("norm by rows", lambda x: np.linalg.norm(x, axis=1, keepdims=True), "x:n,d"),
    ("trace", lambda x: np.trace(x) + x.trace(), "x:n,n"),
    ("cumsum", lambda x: np.cumsum(x), "x:n,d"),
    ("cumsum of an axis", lambda x: np.cumsum(x, axis=1) + x.cumsum(axis=0), "x:n,d"),
    ("cumprod", lambda x: np.cumprod(x, axis=0), "x:n,d"),
    ("accumulate", lambda x: np.maximum.accumulate(x, axis=1) + np.minimum.accumulate(x), "x:n,d"),
    ("logaddexp.accumulate", lambda x: np.logaddexp.accumulate(x, axis=1) + np.add.accumulate(x), "x:n,d"),
]

CONTRACTIONS: list[tuple[Any, ...]] = [
    ("matrix vector", lambda X, w: X @ w, "X:n,d w:d"),
    ("vector matrix", lambda w, X: w @ X, "w:n X:n,d"),
    ("matrix matrix", lambda A, B: A @ B, "A:n,d B:d,k"),
    ("vector vector", lambda a, b: a @ b, "a:n b:n"),
    ("stacks", lambda A, B: A @ B, "A:m,n,d B:d,k"),
    ("stacks of both", lambda A, B: A @ B, "A:m,1,n,d B:2,d,k"),
    ("stack and vector", lambda A, b: A @ b, "A:m,n,d b:d"),
    ("a constant matrix", lambda a: np.array([[1.0, 2.0], [3.0, 4.0]]) @ a, "a:2"),
    ("dot", lambda A, B, c: np.dot(A, B) + np.dot(2.0, c), "A:n,d B:d,k c:k"),
    ("dot of stacks", lambda A, B: np.dot(A, B), "A:2,n,d B:3,d,k"),
    ("dot method", lambda a, b: a.dot(b), "a:n b:n"),
    ("inner", lambda A, B: np.inner(A, B), "A:n,d B:k,d"),
    ("outer", lambda a, b: np.outer(a, b), "a:n b:d"),
    ("outer of matrices", lambda a, b: np.outer(a, b), "a:n,k b:d"),
    ("ufunc outer", lambda a, b: np.subtract.outer(a, b), "a:n b:d,k"),
    ("vdot", lambda A, B: np.vdot(A, B), "A:n,d B:n,d"),
    ("tensordot", lambda A, B: np.tensordot(A, B), "A:n,d,k B:d,k,m"),
    ("tensordot 1", lambda A, B: np.tensordot(A, B, 1), "A:n,d B:d,k"),
    ("tensordot of axes", lambda A, B: np.tensordot(A, B, axes=([0, 2], [1, 0])), "A:n,d,k B:k,n"),
    ("tensordot 0", lambda a, b: np.tensordot(a, b, axes=0), "a:n b:d"),
    ("kron", lambda A, B: np.kron(A, B), "A:n,d B:k,2"),
    ("kron of unequal ranks", lambda A, b: np.kron(A, b), "A:n,d b:k"),
    ("cross", lambda a, b: np.cross(a, b), "a:n,3 b:3"),
    ("einsum", lambda A, B: np.einsum("ij,jk->ik", A, B), "A:n,d B:d,k"),
    ("einsum without arrow", lambda A, B: np.einsum("ij,jk", A, B), "A:n,d B:d,k"),
    ("einsum reorders", lambda A: np.einsum("ba", A), "A:n,d"),
    ("einsum diagonal", lambda A: np.einsum("ii->i", A), "A:n,n"),
    ("einsum trace", lambda A: np.einsum("ii", A), "A:n,n"),
    ("einsum of three", lambda x, A, y: np.einsum("i,ij,j->", x, A, y), "x:n A:n,d y:d"),
    ("einsum with dots", lambda A, B: np.einsum("...ij,...j->...i", A, B), "A:m,n,d B:d"),
    ("einsum with dots, implicit", lambda A, B: np.einsum("...ij,jk", A, B), "A:m,n,d B:d,k"),
    ("einsum sums one", lambda A: np.einsum("ij->j", A), "A:n,d"),
    ("einsum optimized", lambda A, B: np.einsum("nd,nd->n", A, B, optimize=True), "A:n,d B:n,d"),
    ("multi_dot", lambda A, B, c: np.linalg.multi_dot([A, B, c]), "A:n,d B:d,k c:k"),
]


def spd(A: Any) -> Any:
    return A @ A.T + 3 * np.diag(np.ones_like(A[0]))


LINEAR_ALGEBRA: list[tuple[Any, ...]] = [
    ("solve", lambda A, b: np.linalg.solve(spd(A), b), "A:n,n b:n"),
    ("solve a matrix", lambda A, B: np.linalg.solve(spd(A), B), "A:n,n B:n,d"),
    ("cholesky", lambda A: np.linalg.cholesky(spd(A)), "A:n,n"),
    ("slogdet", lambda A: np.linalg.slogdet(spd(A))[1], "A:n,n"),
    ("slogdet unpacked", lambda A: _logdet(spd(A)), "A:n,n"),
    ("inv", lambda A: np.linalg.inv(spd(A)), "A:n,n"),
    ("det", lambda A: np.linalg.det(spd(A)), "A:k,k"),
    *[(f"matrix_power {p}", lambda A, p=p: np.linalg.matrix_power(spd(A), p), "A:k,k") for p in (-1, 0, 1, 2, 5)],
]


def _logdet(A: Any) -> Any:
    sign, logarithm = np.linalg.slogdet(A)
    return sign * logarithm


SHAPING: list[tuple[Any, ...]] = [
    ("T", lambda x: x.T, "x:n,d,k"),
    ("transpose", lambda x: np.transpose(x, (1, 0, 2)) + x.transpose(1, 0, 2), "x:n,d,k"),
    ("mT", lambda x: x.mT, "x:n,d,k"),
    ("swapaxes", lambda x: np.swapaxes(x, 0, -1) + x.swapaxes(0, 2), "x:n,d,k"),
    ("moveaxis", lambda x: np.moveaxis(x, 0, -1), "x:n,d,k"),
    ("moveaxis several", lambda x: np.moveaxis(x, [0, 1], [-1, -2]), "x:n,d,k"),
    ("expand_dims", lambda x: np.expand_dims(x, (0, 2)), "x:n,d"),
    ("squeeze", lambda x: np.squeeze(x) + x.squeeze(0)[:, 0], "x:1,n,1"),
    ("broadcast_to", lambda x: np.broadcast_to(x, (5, 3)), "x:3"),
    ("broadcast_to symbols", lambda x, y: np.broadcast_to(x, y.shape), "x:d y:n,d"),
    ("broadcast_arrays", lambda x, y: np.broadcast_arrays(x, y)[0], "x:d y:n,d"),
    ("atleast", lambda x: np.atleast_2d(x) + np.atleast_1d(x), "x:n"),
    ("ravel", lambda x: x.ravel() + x.flatten() + np.ravel(x), "x:n,d,k"),
    ("merge the last axes", lambda x: x.reshape(x.shape[0], -1), "x:n,d,k"),
    ("merge the first axes", lambda x: x.reshape((x.shape[0] * x.shape[1], x.shape[2])), "x:n,d,k"),
    ("split an axis", lambda x: x.ravel().reshape(x.shape), "x:n,d,k"),
    ("split with -1", lambda x: np.reshape(x, (-1, 2)), "x:n,4"),
    ("regroup", lambda x: x.reshape(-1, 3), "x:n,6"),
    ("regroup wholly", lambda x: x.reshape(4, 6), "x:6,4"),
    ("reshape with ones", lambda x: x.reshape(1, x.shape[0], 1, -1), "x:n,d"),
    ("reshape to a scalar", lambda x: x.reshape(()) + x.item(), "x:1,1"),
    ("Fortran order", lambda x: np.reshape(x, -1, order="F"), "x:n,d"),
    ("flip", lambda x: np.flip(x) + np.flip(x, 0) + np.fliplr(x) + np.flipud(x), "x:n,d"),
    ("roll", lambda x: np.roll(x, 2) + np.roll(x, -1, axis=0) + np.roll(x, 13, axis=1), "x:n,d"),
    ("roll several", lambda x: np.roll(x, (1, 2), axis=(0, 1)), "x:n,d"),
    ("tile", lambda x: np.tile(x, 2), "x:n,d"),
    ("tile new axes", lambda x: np.tile(x, (2, 1, 3)), "x:n,d"),
    ("tile ones", lambda x: np.tile(x, (4, 2)), "x:1,d"),
    ("repeat", lambda x: np.repeat(x, 3, axis=1), "x:n,d"),
    ("repeat all", lambda x: x.repeat(2), "x:n,d"),
    ("diag of a vector", lambda x: np.diag(x), "x:n"),
    ("diag above", lambda x: np.diag(x, 2) + np.diag(x, -2), "x:n"),
    ("diag of a matrix", lambda x: np.diag(x), "x:n,n"),
    ("diagflat", lambda x: np.diagflat(x), "x:2,n"),
    ("diagonal", lambda x: np.diagonal(x, 1) + x.diagonal(-1), "x:n,n"),
    ("diagonal of a stack", lambda x: np.diagonal(x, axis1=1, axis2=2), "x:m,n,n"),
    ("diagonal of an oblong", lambda x: np.diagonal(x), "x:3,5"),
    ("tril", lambda x: np.tril(x) + np.tril(x, -1) + np.triu(x, 1), "x:n,d"),
    ("concatenate", lambda x, y: np.concatenate([x, y, x]), "x:n,d y:k,d"),
    ("concatenate columns", lambda x, y: np.concatenate((x, y), axis=1), "x:n,d y:n,k"),
    ("concatenate flat", lambda x, y: np.concatenate((x, y), axis=None), "x:n,d y:n,k"),
    ("concatenate constants", lambda x: np.concatenate([np.full(1, -np.inf), x, [2.0, 3.0]]), "x:n"),
    ("concatenate ints", lambda x, i, j: x[np.concatenate([i, j])], "x:n i:d:int64 j:k:int64"),
    ("stack", lambda x, y: np.stack([x, y]), "x:n,d y:n,d"),
    ("stack last", lambda x, y: np.stack([x, y], axis=-1), "x:n,d y:n,d"),
    ("hstack", lambda x, y: np.hstack([x, y]), "x:n,d y:n,k"),
    ("hstack vectors", lambda x, y: np.hstack([x, y]), "x:n y:k"),
    ("vstack", lambda x, y: np.vstack([x, y]), "x:d y:n,d"),
    ("column_stack", lambda x, y: np.column_stack([x, y]), "x:n y:n,k"),
    ("block", lambda x, y: np.block([[x, y], [y, x]]), "x:n,d y:n,d"),
    ("append", lambda x, y: np.append(x, y), "x:n y:k"),
    ("split", lambda x: np.split(x, 2)[1], "x:4,d"),
    ("split a multiple", lambda x: np.split(x, 3, axis=1)[2], "x:n,6"),
    ("split at", lambda x: np.concatenate(np.split(x, [1, 3])[::-1]), "x:n,d"),
    ("diff", lambda x: np.diff(x), "x:n,d"),
    ("diff twice", lambda x: np.diff(x, n=2, axis=0), "x:n,d"),
    ("pad", lambda x: np.pad(x, 2), "x:n,d"),
    ("pad with a number", lambda x: np.pad(x, ((1, 2), (0, 3)), constant_values=7.0), "x:n,d"),
    *[
        (f"pad {mode} by {width}", lambda x, mode=mode, width=width: np.pad(x, width, mode=mode), "x:n,d")
        for mode in ("edge", "reflect", "symmetric", "wrap")
        for width in ((1, 2), (9, 14))
    ],
    (
        "zeros_like",
        lambda x: np.zeros_like(x) + np.ones_like(x) * 2 + np.full_like(x, 3.5) + np.zeros_like(x, dtype=float),
        "x:n,d",
    ),
    ("copy", lambda x: x.copy() + np.copy(x) + x.conj(), "x:n"),
    ("np.shape", lambda x: x * np.ndim(x) + np.shape(x)[0] + np.size(x) + np.size(x, 1), "x:n,d"),
]

SIZES_AND_MAKERS: list[tuple[Any, ...]] = [
    ("shape in arithmetic", lambda x: x.sum() / x.shape[0] + x.shape[0] * 0.5 + x.size, "x:n,d"),
    (
        "shape in functions",
        lambda x: np.sqrt(x.shape[0]) + np.log(x.size) + x.shape[1] ** 0.5 + 1 / x.shape[0],
        "x:n,d",
    ),
    ("shape minus one", lambda x: x / (x.shape[0] - 1) + x.shape[0] // 2 + x.shape[0] % 4, "x:n"),
    (
        "shape with arrays",
        lambda x: x.shape[0] * x + x / x.shape[0] - x.shape[0] + np.array([1.0, 2.0]) * x.shape[1],
        "x:n,2",
    ),
    (
        "shape in a comparison",
        lambda x, y: x if x.shape == y.shape and x.shape[0] == y.shape[0] else y * 2,
        "x:n,d y:n,d",
    ),
    ("zeros and ones", lambda x: np.zeros(x.shape[0]) + np.ones(x.shape[0]) + np.full(x.shape[0], 2.5), "x:n,d"),
    ("eye", lambda x: x @ x.T + 0.1 * np.eye(x.shape[0]) + np.identity(x.shape[0]), "x:n,d"),
    ("eye above", lambda x: np.eye(x.shape[0], k=1) + np.eye(x.shape[0], x.shape[0], -1), "x:n,d"),
    ("tri", lambda x: np.tri(x.shape[0], x.shape[1]), "x:n,d"),
    ("arange", lambda x: np.arange(x.shape[0]) * x + np.arange(1, x.shape[0] + 1), "x:n"),
    ("arange with step", lambda x: x[np.arange(0, x.shape[0], 2)], "x:n"),
    ("linspace", lambda x: x * np.linspace(0, 1, x.shape[0]) + np.linspace(-1.0, 2.0, x.shape[0]), "x:n"),
    ("linspace to a traced end", lambda x: np.linspace(0, x[0], 5) + np.linspace(x[1], 2, 5, endpoint=False), "x:n"),
    ("pick by rows", lambda Z, y: Z[np.arange(Z.shape[0]), y], "Z:n,k y:n:int64"),
    ("array of traced", lambda x: np.array([x[0], 2.0, x[1] * x[2]]), "x:n"),
    ("array of lists of traced", lambda x: np.array([[x[0], 2.0], [x[1], x[2]]]), "x:n"),
    ("asarray", lambda x: np.asarray(x) + np.asarray(x, dtype=float), "x:n"),
]

INDEXING: list[tuple[Any, ...]] = [
    *[
        (f"x[{text}]", eval(f"lambda x: x[{text}]"), "x:n,d,k")
        for text in (
            "0",
            "-1",
            "1:",
            ":-1",
            "1:-1",
            "::2",
            "1::2",
            "::-1",
            "-2:",
            "-3:-1",
            ":3",
            "2:0:-1",
            "::-2",
            "0, 1",
            "..., 0",
            "0, ..., -1",
            "None",
            ":, None",
            "..., None",
            "1:, :2, ::-1",
            "0, 1, 2",
            ":, -1",
            "..., None, 1",
            "5:2",
            "[0, 2, -1]",
            "[[0, 1], [2, 3]]",
            ":, [0, 1]",
            ":, [0, 1], 0",
            "0, :, [0, 1]",
            "[0, 1], :, [1, 2]",
            "[0, 1], [1, 2]",
            "[0, 1], None, [1, 2]",
            "None, [0, 1], 1",
            "..., [2, 0]",
            "[[0], [1]], [0, 1]",
            "slice(1, None)",
            "np.array([3, 1])",
            "np.arange(3)",
            ":, np.arange(4)[:, None], np.arange(3)",
        )
    ],
    ("rows", lambda x, i: x[i], "x:n,d i:m:int64"),
    ("columns", lambda x, i: x[:, i], "x:n,d i:m:int64"),
    ("a table of rows", lambda x, i: x[i], "x:n,d i:m,k:int64"),
    ("pairs", lambda x, i, j: x[i, j], "x:n,d i:m:int64 j:m:int64"),
    ("a grid", lambda x, i, j: x[i[:, None], j], "x:n,d i:m:int64 j:k:int64"),
    ("apart", lambda x, i, j: x[i, :, j], "x:n,d,k i:m:int64 j:m:int64"),
    ("shifted", lambda x, i: x[i + 3] - x[i], "x:n i:m:int64"),
    ("a traced place", lambda x, i: x[i] + x[:, i].sum() + x[i, -1], "x:n,d i::int64"),
    ("a gather of a gather", lambda x, i, j: x[i[j]], "x:n i:m:int64 j:k:int64"),
    ("mixed with a number", lambda x, i: x[i, 0] + x[0, 1], "x:n,d i:m:int64"),
    ("take", lambda x, i: np.take(x, i, axis=1) + x.take(i, axis=1), "x:n,d i:m:int64"),
    ("take of all", lambda x, i: np.take(x, i), "x:n,d i:m:int64"),
    ("take a list", lambda x: np.take(x, [0, 2], axis=0), "x:n,d"),
    ("take_along_axis", lambda x, i: np.take_along_axis(x, i[:, None], axis=1)[:, 0], "x:n,d i:n:int64"),
    ("take_along_axis wide", lambda x, i: np.take_along_axis(x, i, axis=0), "x:n,d i:m,d:int64"),
    ("a constant index of ints", lambda x: x[np.array([2, 0, 1, 2, 2])], "x:n"),
    ("the last by size", lambda x: x[x.shape[0] - 1] + x[: x.shape[0] - 2].sum(), "x:n"),
    ("unpacked", lambda x: _unpack(x), "x:3,n"),
    ("iterated", lambda x: sum(row**k for k, row in enumerate(x)), "x:4,d"),
    ("len", lambda x: len(x) * x, "x:4"),
]


def _unpack(x: Any) -> Any:
    a, b, c = x
    return a * b - c


ALL = [
    *ELEMENTWISE,
    *OPERATORS,
    *REDUCTIONS,
    *CONTRACTIONS,
    *LINEAR_ALGEBRA,
    *SHAPING,
    *SIZES_AND_MAKERS,
    *INDEXING,
]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case[0])
def test_traced_program_agrees_with_numpy(case: tuple[Any, ...]) -> None:
    check(*case[1:])


FORMULA_ONLY: list[tuple[str, Callable[..., Any], str, Callable[..., Any]]] = [
    ("softplus", lambda f, x: f(x), "x:n", lambda x: np.logaddexp(x, 0)),
    ("sigmoid", lambda f, x: f(x), "x:n", scipy.special.expit),
    ("relu", lambda f, x: f(x), "x:n", lambda x: np.maximum(x, 0)),
    ("gelu", lambda f, x: f(x), "x:n", lambda x: x * scipy.special.ndtr(x)),
    ("silu", lambda f, x: f(x), "x:n", lambda x: x * scipy.special.expit(x)),
    ("elu", lambda f, x: f(x, alpha=2.0), "x:n", lambda x: np.where(x > 0, x, 2 * np.expm1(x))),
    ("leaky_relu", lambda f, x: f(x, 0.1), "x:n", lambda x: np.where(x > 0, x, 0.1 * x)),
    ("log", lambda f, x: f(x * x, 3), "x:n", lambda x: np.log(x * x) / np.log(3)),
    ("norm", lambda f, x: f(x, axis=1), "x:n,d", lambda x: np.linalg.norm(x, axis=1)),
    ("logsumexp", lambda f, x: f(x, axis=0), "x:n,d", lambda x: scipy.special.logsumexp(x, axis=0)),
]


class Arithmetic:
    """Lets a table's lambda multiply handles."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __mul__(self, other: Arithmetic) -> Any:
        return apply("mul", self.value, other.value)


@pytest.mark.parametrize("case", FORMULA_ONLY, ids=lambda case: case[0])
def test_formula_names_work_on_handles(case: tuple[str, Callable[..., Any], str, Callable[..., Any]]) -> None:
    name, call, signature, reference = case
    builder = ProgramBuilder(parameters(signature))
    handle: Any = value_of(builder, 0)
    result = call(FUNCTIONS[name], Arithmetic(handle) if name == "log" else handle)
    (value,) = draw(builder.parameters)
    np.testing.assert_allclose(run(builder.finish([result.number]), [value]), reference(value), rtol=1e-12)


def test_sizes_divide_as_polynomials() -> None:
    n, d = symbol("n"), symbol("d")
    assert divide_exactly(n * d * 6, d * 2) == n * 3
    assert divide_exactly((n + 1) * (d - 2), n + 1) == d - 2
    assert divide_exactly(n * d, n + 1) is None
    assert divide_exactly(n * 3, size(2)) is None


def test_constants_are_held_as_they_are() -> None:
    sparse = np.array([[0.0, 0.0, 1.5], [np.inf, 0.0, -2.0]])
    mask = np.array([[True, False], [True, True]])
    steps = np.array([[0, 3], [2, 5], [4, 7]])
    check(lambda x: x.sum() + np.maximum(sparse * np.ones_like(x), -1), "x:2,3")
    check(lambda x: np.where(mask, x, -x), "x:2,2")
    check(lambda x: x[steps] + np.array([[7, 1]]), "x:8")
    check(lambda x: x + np.zeros((2, 0)), "x:2,1")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.roll(x, 1),
        lambda x: np.roll(x, 1, axis=0),
        lambda x: np.tile(x, 2),
        lambda x: np.repeat(x, 2, axis=1),
        lambda x: np.sum(np.roll(x, 2, axis=1), axis=0),
    ],
)
def test_an_empty_axis_is_read_nowhere(function: Callable[..., Any]) -> None:
    """Also where subscripts are taken modulo its length."""
    program = trace(_positional(function), parameters("x:n,d"))
    for shape in ((0, 3), (3, 0), (0, 0)):
        x = np.ones(shape)
        np.testing.assert_array_equal(run(program, [x]), function(x))


def test_pieces_may_add_to_a_number() -> None:
    program = parse_program(
        "def program(x: real[n]):\n    v[()] = 0\n    v += each[i:n](at[()](x[i]))\n"
        "    v += each[()](at[()](2 * x[1]))\n    return v\n"
    )
    assert run(program, [np.arange(1.0, 4.0)]) == 10


def test_a_long_chain_is_traced_in_a_loop() -> None:
    def chain(x: Any) -> Any:
        for k in range(5_000):
            x = np.sin(x) + k
        return x

    program = trace(chain, parameters("x:n"))
    assert len(program.definitions) == 10_000
