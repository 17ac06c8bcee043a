"""One page of sample functions, each in every notation that can say it; `test_functions` runs them through every mode.

A sample's arguments are drawn from its signature: normal deviates of the sizes below, unless `draw` says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import scipy.special
import sympy as sp

import gradc
from gradc.frontends.signature import parse_signature

SIZES = {"n": 7, "d": 3, "k": 4, "m": 5, "b": 2, "h": 3, "t": 6}

Draw = Callable[[np.random.Generator, tuple[int, ...]], Any]


class Sample(NamedTuple):
    """A function in up to four notations, and how to call it.

    Parameters
    ----------
    function
        Plain NumPy code.
    formula, index
        A formula in NumPy style, and one in index notation.
    sympy
        Makes the SymPy expression.
    kinked
        Whether the sample's arguments lie where the function has a kink, so that differences say nothing.
    """

    name: str
    signature: str
    wrt: tuple[str, ...]
    function: Callable[..., Any] | None = None
    formula: str | None = None
    index: str | None = None
    sympy: Callable[[], Any] | None = None
    draw: Mapping[str, Draw] = {}
    kinked: bool = False

    def arguments(self, seed: int = 0) -> list[Any]:
        """Sample arguments in the signature's order."""
        rng = np.random.default_rng(seed)
        dims = {("dim", name): number for name, number in SIZES.items()}
        found: list[Any] = []
        for parameter in parse_signature(self.signature):
            shape = tuple(extent.evaluate(dims) for extent in parameter.shape)
            draw = self.draw.get(parameter.name, _small_integers if "int" in parameter.dtype else _normal)
            value = np.asarray(draw(rng, shape), dtype=parameter.dtype if parameter.dtype != "real" else float)
            found.append(value if shape else value.item())
        return found


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.normal(size=shape)


def _small_integers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(0, 3, size=shape)


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.4, 2.5, size=shape)


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return np.where(rng.normal(size=shape) > 0, 1.0, -1.0)


def ties(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(-1, 2, size=shape).astype(float)


def both_ways(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(-3, 3, size=shape)


def well_conditioned(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.normal(size=shape) / 4 + 2 * np.eye(shape[-1])


# --- SymPy's symbols ------------------------------------------------------------------------------------------------

a, b, c, lam = sp.symbols("a b c lam")
n, d, m, k, i, j, l = sp.symbols("n d m k i j l", integer=True)  # noqa: E741
w, x, y, z, mu, X, Y = (sp.IndexedBase(name) for name in ("w", "x", "y", "z", "mu", "X", "Y"))
A3, b3 = sp.MatrixSymbol("A", 3, 3), sp.MatrixSymbol("b", 3, 1)


def total(expression: Any, *ranges: tuple[Any, Any]) -> Any:
    """The sum over indices that begin at 0."""
    for letter, extent in ranges:
        expression = sp.Sum(expression, (letter, 0, extent - 1))
    return expression


# --- NumPy functions that do not fit a lambda -----------------------------------------------------------------------


def logistic(w: Any, X: Any, y: Any, lam: Any) -> Any:
    return np.mean(np.log(1 + np.exp(-y * (X @ w)))) + lam / 2 * np.sum(w**2)


def cross_entropy(W: Any, X: Any, y: Any) -> Any:
    Z = X @ W
    return np.mean(scipy.special.logsumexp(Z, axis=1) - Z[np.arange(X.shape[0]), y])


def network(W1: Any, b1: Any, W2: Any, X: Any, y: Any) -> Any:
    hidden = np.tanh(X @ W1 + b1)
    return np.mean((hidden @ W2 - y) ** 2)


def attention(Q: Any, K: Any, V: Any) -> Any:
    scores = Q @ K.T / np.sqrt(Q.shape[1])
    return np.sum((scipy.special.softmax(scores, axis=1) @ V) ** 2)


def convolution(x: Any, w: Any) -> Any:
    count = x.shape[0] - 2
    response = sum(w[k] * x[k : k + count] for k in range(3))
    return np.sum(np.tanh(response))


def convolution_2d(image: Any, w: Any) -> Any:
    rows, columns = image.shape[0] - 1, image.shape[1] - 1
    response = sum(w[p, q] * image[p : p + rows, q : q + columns] for p in range(2) for q in range(2))
    return np.sum(response**2)


def recurrent_network(W: Any, U: Any, h0: Any, xs: Any) -> Any:
    def step(h: Any, x: Any) -> tuple[Any, Any]:
        h = np.tanh(W @ h + U @ x)
        return h, h

    last, states = gradc.scan(step, h0, xs)
    return np.sum(states**2) + np.sum(last)


def autoregression(phi: Any, x0: Any, noise: Any) -> Any:
    def step(x: Any, e: Any) -> tuple[Any, Any]:
        x = phi * x + e
        return x, x

    _, path = gradc.scan(step, x0, noise)
    return np.mean(path**2)


def oscillator(q0: Any, p0: Any, stiffness: Any, dt: Any) -> Any:
    def step(state: Any, _: Any) -> tuple[Any, Any]:
        q, p = state
        p = p - dt * stiffness * np.sin(q)
        q = q + dt * p
        return (q, p), q

    (q, p), _ = gradc.scan(step, (q0, p0), None, length=10)
    return q**2 + p**2


def gaussian(mu: Any, L: Any, X: Any) -> Any:
    S = L @ L.T + np.eye(3)
    r = X - mu
    _, logdet = np.linalg.slogdet(S)
    return 0.5 * np.sum(r.T * np.linalg.solve(S, r.T)) + 0.5 * X.shape[0] * logdet


def gaussian_process(a: Any, ell: Any, x: Any, y: Any) -> Any:
    K = np.exp(a) * np.exp(-((x[:, None] - x[None, :]) ** 2) / (2 * ell**2)) + 0.5 * np.eye(5)
    L = np.linalg.cholesky(K)
    return 0.5 * y @ np.linalg.solve(K, y) + np.sum(np.log(np.diag(L)))


def padded(x: Any, y: Any) -> Any:
    longer = np.pad(x, (1, 2), constant_values=0.5)
    return np.sum(longer[:-3] * longer[3:]) + np.sum(np.tile(y, 2) ** 3) + np.sum(np.repeat(y, 3) * 2)


def moments(X: Any) -> Any:
    return np.var(X) + np.sum(np.std(X, axis=0)) + np.linalg.norm(X) + np.sum(np.var(X, axis=1, ddof=1))


def normalised(X: Any, g: Any, s: Any) -> Any:
    centred = X - np.mean(X, axis=1, keepdims=True)
    scale = np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-3)
    return np.sum(np.tanh(centred / scale * g + s))


def unrolled(a: Any, x: Any) -> Any:
    for k in range(1, 4):
        x = x - a * np.sin(k * x) / k
    return np.sum(x**2)


# --- the page -------------------------------------------------------------------------------------------------------

SAMPLES: tuple[Sample, ...] = (
    # scalars
    Sample(
        "gaussian_times_sine", "a, b, c", ("a", "b", "c"),
        lambda a, b, c: np.exp(-(a**2)) * np.sin(b * c),
        "exp(-a**2) * sin(b * c)", "exp(-a**2) * sin(b * c)",
        lambda: sp.exp(-(a**2)) * sp.sin(b * c),
    ),
    Sample(
        "quotient", "a, b, c", ("a", "c"),
        lambda a, b, c: (a + b) / (1 + c**2),
        "(a + b) / (1 + c**2)", "(a + b) / (1 + c**2)",
        lambda: (a + b) / (1 + c**2),
    ),
    Sample(
        "powers", "a, b", ("a", "b"),
        lambda a, b: a**b + 2**a + b**3 + np.sqrt(a) + a**-2,
        "a**b + 2**a + b**3 + sqrt(a) + a**-2", "a**b + 2**a + b**3 + sqrt(a) + a**-2",
        draw={"a": positive, "b": positive},
    ),
    Sample(
        "six_trigonometric", "a", ("a",),
        formula="sin(a) + cos(a) + tan(a) + csc(a) + sec(a) + cot(a)",
        index="sin(a) + cos(a) + tan(a) + csc(a) + sec(a) + cot(a)",
        draw={"a": lambda rng, shape: 0.7},
    ),
    Sample(
        "six_inverse", "a, b", ("a", "b"),
        formula="asin(a) + acos(a**2) + atan(a) + acsc(b) + asec(b) + acot(b)",
        index="asin(a) + acos(a**2) + atan(a) + acsc(b) + asec(b) + acot(b)",
        draw={"a": lambda rng, shape: 0.4, "b": lambda rng, shape: 1.7},
    ),
    Sample(
        "choice", "a, b", ("a", "b"),
        lambda a, b: np.where(a > b, a * b, np.sin(a)),
        "where(a > b, a * b, sin(a))", "where(b < a, a * b, sin(a))",
        lambda: sp.Piecewise((a * b, a > b), (sp.sin(a), True)),
    ),
    Sample(
        "extremes", "a, b", ("a", "b"),
        lambda a, b: np.maximum(a, b) * np.minimum(a, b) + np.abs(a),
        "maximum(a, b) * minimum(a, b) + abs(a)", "maximum(a, b) * minimum(a, b) + abs(a)",
    ),
    # vectors
    Sample(
        "rosenbrock", "x[n]", ("x",),
        lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
        "sum(100 * (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)",
        "sum[i:n-1](100 * (x[i+1] - x[i]**2)**2 + (1 - x[i])**2)",
    ),
    Sample(
        "differences", "x[n]", ("x",),
        lambda x: np.sum(np.diff(x) ** 2),
        "sum(diff(x)**2)", "sum[i:n-1]((x[i+1] - x[i])**2)",
        lambda: total((x[i + 1] - x[i]) ** 2, (i, n - 1)),
    ),
    Sample(
        "polynomial", "x[n], w[4]", ("w", "x"),
        lambda x, w: np.mean(w[0] + w[1] * x + w[2] * x**2 + w[3] * x**3),
        "mean(w[0] + w[1] * x + w[2] * x**2 + w[3] * x**3)",
        "sum[i:n](w[0] + w[1] * x[i] + w[2] * x[i]**2 + w[3] * x[i]**3) / n",
    ),
    Sample(
        "masked_log", "x[n]", ("x",),
        lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)),
        "sum(where(x > 0, log(where(x > 0, x, 1)), 0))",
        "sum[i:n](where(0 < x[i], log(where(0 < x[i], x[i], 1)), 0))",
    ),
    Sample(
        "lazy_root", "x[n], w[n]", ("x", "w"),
        formula="sum(where(x > 0, sqrt(x) * w, x))", index="sum[i:n](where(0 < x[i], sqrt(x[i]) * w[i], x[i]))",
        draw={"x": lambda rng, shape: np.array([0.0, 1.5, -2.0, 0.0, 3.0, -0.5, 0.7])}, kinked=True,
    ),
    Sample(
        "running_sums", "x[n], w[n]", ("x", "w"),
        lambda x, w: np.sum(np.tanh(np.cumsum(x)) * w),
        "sum(tanh(cumsum(x)) * w)",
    ),
    Sample(
        "running_products", "X[n,d]", ("X",),
        lambda X: np.sum(np.cumprod(X, axis=0) ** 2),
        "sum(cumprod(X, axis=0)**2)",
    ),
    Sample(
        "product", "x[n], lam", ("x", "lam"),
        lambda x, lam: np.prod(1 + lam * x),
        "prod(1 + lam * x)", "prod[i:n](1 + lam * x[i])",
        lambda: sp.Product(1 + lam * x[i], (i, 0, n - 1)),
    ),
    Sample(
        "product_of_all", "X[n,d]", ("X",),
        lambda X: np.prod(X),
        "prod(X)", "prod[i:n, j:d](X[i, j])",
        lambda: sp.Product(X[i, j], (j, 0, d - 1), (i, 0, n - 1)),
    ),
    Sample(
        "product_with_zeros", "X[4,3]", ("X",),
        lambda X: np.sum(np.prod(X, axis=0)),
        "sum(prod(X, axis=0))", "sum[j:3](prod[i:4](X[i, j]))",
        draw={"X": lambda rng, shape: np.array([[1.0, 0, 2], [3, 4, 0], [0.5, -1, 0], [2, 2, 2]])},
    ),
    Sample(
        "greatest", "X[n,d], w[n]", ("X", "w"),
        lambda X, w: np.sum(np.max(X, axis=1) * w) + np.min(X),
        "sum(max(X, axis=1) * w) + min(X)", "sum[i:n](max[j:d](X[i, j]) * w[i]) + min[i:n, j:d](X[i, j])",
    ),
    Sample(
        "ties", "X[n,d], w[n]", ("X", "w"),
        lambda X, w: np.sum(np.max(X, axis=1) * w) + np.sum(np.min(X, axis=0) ** 2),
        "sum(max(X, axis=1) * w) + sum(min(X, axis=0)**2)",
        "sum[i:n](max[j:d](X[i, j]) * w[i]) + sum[j:d](min[i:n](X[i, j])**2)",
        draw={"X": ties}, kinked=True,
    ),
    Sample(
        "logsumexp_over_two", "T[n,d,k]", ("T",),
        lambda T: np.sum(scipy.special.logsumexp(T, axis=(0, 2)) ** 2),
        "sum(logsumexp(T, axis=(0, 2))**2)", "sum[j:d](logsumexp[i:n, l:k](T[i, j, l])**2)",
    ),
    Sample(
        "spread", "x[n]", ("x",),
        lambda x: np.ptp(x) + np.sum(np.clip(x, -0.5, 0.5) ** 2),
        "ptp(x) + sum(clip(x, -0.5, 0.5)**2)",
    ),
    Sample("moments", "X[n,d]", ("X",), moments,
        "var(X) + sum(std(X, axis=0)) + norm(X) + sum(var(X, axis=1, ddof=1))"),
    Sample(
        "special", "x[n], a", ("x", "a"),
        lambda x, a: np.sum(
            scipy.special.gammaln(x + a) + scipy.special.erf(x) * scipy.special.i0e(a * x) + scipy.special.xlogy(x, a)
        ),
        "sum(gammaln(x + a) + erf(x) * i0e(a * x) + xlogy(x, a))",
        "sum[i:n](gammaln(x[i] + a) + erf(x[i]) * i0e(a * x[i]) + xlogy(x[i], a))",
        draw={"x": positive, "a": positive},
    ),
    # regression
    Sample(
        "logistic", "w[d], X[n,d], y[n], lam", ("w",), logistic,
        "mean(log(1 + exp(-y * (X @ w)))) + lam/2 * sum(w**2)",
        "sum[i:n](log(1 + exp(-y[i] * sum[j:d](X[i,j] * w[j])))) / n + lam/2 * sum[j:d](w[j]**2)",
        lambda: total(sp.log(1 + sp.exp(-y[i] * total(X[i, j] * w[j], (j, d)))), (i, n)) / n
        + lam / 2 * total(w[j] ** 2, (j, d)),
        draw={"y": signs},
    ),
    Sample(
        "ridge", "w[d], X[n,d], y[n], lam", ("w", "lam"),
        lambda w, X, y, lam: np.sum((X @ w - y) ** 2) / 2 + lam * np.sum(w**2),
        "sum((X @ w - y)**2) / 2 + lam * sum(w**2)",
        "sum[i:n]((sum[j:d](X[i,j] * w[j]) - y[i])**2) / 2 + lam * sum[j:d](w[j]**2)",
        lambda: total((total(X[i, j] * w[j], (j, d)) - y[i]) ** 2, (i, n)) / 2 + lam * total(w[j] ** 2, (j, d)),
    ),
    Sample(
        "softplus_margin", "w[d], X[n,d], y[n]", ("w",),
        formula="mean(softplus(-y * (X @ w)))",
        index="sum[i:n](softplus(-y[i] * sum[j:d](X[i,j] * w[j]))) / n",
        draw={"y": signs},
    ),
    Sample(
        "poisson", "w[d], X[n,d], y[n]", ("w",),
        lambda w, X, y: np.mean(np.exp(X @ w) - y * (X @ w)),
        "mean(exp(X @ w) - y * (X @ w))",
        "z[i:n] = sum[j:d](X[i,j] * w[j])\nsum[i:n](exp(z[i]) - y[i] * z[i]) / n",
        draw={"y": positive},
    ),
    Sample(
        "hinge", "w[d], X[n,d], y[n]", ("w", "X"),
        lambda w, X, y: np.sum(np.maximum(0, 1 - y * (X @ w))),
        "sum(maximum(0, 1 - y * (X @ w)))", "sum[i:n](maximum(0, 1 - y[i] * sum[j:d](X[i,j] * w[j])))",
        draw={"y": signs},
    ),
    Sample("huber", "w[d], X[n,d], y[n]", ("w",),
        lambda w, X, y: np.sum(scipy.special.huber(1.0, X @ w - y)), "sum(huber(1.0, X @ w - y))",
    ),
    Sample(
        "cross_entropy", "W[d,k], X[n,d], y[n]:int64", ("W", "X"), cross_entropy,
        "Z = X @ W\nmean(logsumexp(Z, axis=1) - Z[arange(n), y])",
        "Z[i:n, l:k] = sum[j:d](X[i,j] * W[j,l])\n"
        "sum[i:n](logsumexp[l:k](Z[i,l]) - Z[i, where(y[i] < 0, k + y[i], y[i])]) / n",
        draw={"y": both_ways},
    ),
    Sample(
        "gaussian_density", "mu, s, x[n]", ("mu", "s", "x"),
        lambda mu, s, x: np.sum(0.5 * ((x - mu) / np.exp(s)) ** 2 + s),
        "sum(0.5 * ((x - mu) / exp(s))**2 + s)", "scale = exp(s)\nsum[i:n](0.5 * ((x[i] - mu) / scale)**2 + s)",
    ),
    # networks
    Sample(
        "network", "W1[d,h], b1[h], W2[h], X[n,d], y[n]", ("W1", "b1", "W2"), network,
        "hidden = tanh(X @ W1 + b1)\nmean((hidden @ W2 - y)**2)",
        "hidden[i:n, l:h] = tanh(sum[j:d](X[i,j] * W1[j,l]) + b1[l])\n"
        "sum[i:n]((sum[l:h](hidden[i,l] * W2[l]) - y[i])**2) / n",
    ),
    Sample(
        "attention", "Q[n,d], K[m,d], V[m,k]", ("Q", "K", "V"), attention,
        "sum((softmax(Q @ K.T / sqrt(d), axis=1) @ V)**2)",
    ),
    Sample("convolution", "x[n+2], w[3]", ("x", "w"), convolution),
    Sample("convolution_by_index", "x[n+2], w[3]", ("x", "w"),
        index="sum[i:n](tanh(sum[l:3](w[l] * x[i+l])))",
    ),
    Sample("convolution_2d", "image[n+1,d+1], w[2,2]", ("w", "image"), convolution_2d),
    Sample("normalised_layer", "X[n,d], g[d], s[d]", ("X", "g", "s"), normalised),
    Sample(
        "embedding", "E[m,d], idx[n]:int64, w[d]", ("E", "w"),
        lambda E, idx, w: np.sum(np.tanh(E[idx] @ w)),
        "sum(tanh(E[idx] @ w))",
        draw={"idx": both_ways},
    ),
    Sample("gather_twice", "x[m], p[n]:int32, q[n]:int64", ("x",),
        lambda x, p, q: np.sum(x[p] * x[q] ** 2), "sum(x[p] * x[q]**2)",
        draw={"p": both_ways, "q": both_ways},
    ),
    Sample("along_axis", "X[n,d], idx[n,2]:int64", ("X",),
        lambda X, idx: np.sum(np.exp(np.take_along_axis(X, idx, axis=1)) * np.array([1.0, 2.0])),
    ),
    # recurrences
    Sample("recurrent_network", "W[h,h], U[h,d], h0[h], xs[t,d]", ("W", "U", "h0"), recurrent_network),
    Sample("autoregression", "phi, x0, noise[t]", ("phi", "x0", "noise"), autoregression),
    Sample("oscillator", "q0, p0, stiffness, dt", ("q0", "p0", "stiffness"), oscillator,
        draw={"dt": lambda rng, shape: 0.1},
    ),
    # linear algebra
    Sample(
        "matmul_chain", "A[n,d], B[d,k], C[k,m]", ("A", "B", "C"),
        lambda A, B, C: np.sum((A @ B @ C) ** 2),
        "sum((A @ B @ C)**2)",
        "T[i:n, l:k] = sum[j:d](A[i,j] * B[j,l])\nsum[i:n, p:m](sum[l:k](T[i,l] * C[l,p])**2)",
    ),
    Sample("quadratic", "x[3], A[3,3]", ("x", "A"),
        lambda x, A: x @ A @ x, "x @ A @ x",
    ),
    Sample("solve", "A[3,3], b[3]", ("A", "b"),
        lambda A, b: b @ np.linalg.solve(A, b), "b @ solve(A, b)",
        draw={"A": well_conditioned},
    ),
    Sample("inverse", "A[3,3]", ("A",),
        lambda A: np.sum(np.linalg.inv(A) ** 2), "sum(inv(A)**2)", draw={"A": well_conditioned},
    ),
    Sample("determinants", "A[3,3]", ("A",),
        lambda A: np.linalg.det(A) + np.linalg.slogdet(A)[1], draw={"A": well_conditioned},
    ),
    Sample("determinant", "A[3,3]", ("A",), lambda A: np.linalg.det(A), "det(A)", None, lambda: sp.Determinant(A3),
        draw={"A": well_conditioned},
    ),
    Sample("cholesky", "A[3,3]", ("A",),
        lambda A: np.sum(np.sin(np.linalg.cholesky(A @ A.T + 2))),
        "sum(sin(cholesky(A @ A.T + 2)))",
    ),
    Sample("gaussian", "mu[3], L[3,3], X[n,3]", ("mu", "L"), gaussian),
    Sample("gaussian_process", "a, ell, x[5], y[5]", ("a", "ell", "x"), gaussian_process,
        draw={"ell": positive},
    ),
    Sample("batched", "A[b,n,d], B[b,d,k]", ("A", "B"),
        lambda A, B: np.sum(np.einsum("bij,bjk->bik", A, B) ** 3),
        "sum((A @ B)**3)",
        "sum[o:b, i:n, l:k](sum[j:d](A[o,i,j] * B[o,j,l])**3)",
    ),
    Sample("batched_matmul", "A[b,n,d], B[d,k]", ("A", "B"),
        lambda A, B: np.sum(np.tanh(A @ B)), "sum(tanh(A @ B))"),
    Sample("traces", "A[d,d], B[d,d]", ("A", "B"),
        lambda A, B: np.trace(A @ B) + np.sum(np.diag(A) ** 2) + np.sum(np.tril(B, -1) * np.triu(A)),
        "trace(A @ B) + sum(diag(A)**2) + sum(tril(B, -1) * triu(A))",
    ),
    Sample("kronecker", "A[2,3], B[d,2]", ("A", "B"),
        lambda A, B: np.sum(np.kron(A, B) ** 3), "sum(kron(A, B)**3)",
    ),
    Sample("tensors", "T[n,d,k], M[k,d]", ("T", "M"),
        lambda T, M: np.sum(np.tensordot(T, M, axes=([2, 1], [0, 1])) ** 2),
        "sum(tensordot(T, M, axes=([2, 1], [0, 1]))**2)",
    ),
    # shapes
    Sample(
        "pairwise", "X[n,d], Y[m,d]", ("X", "Y"),
        lambda X, Y: np.sum(np.exp(-np.sum((X[:, None, :] - Y[None, :, :]) ** 2, axis=2))),
        "sum(exp(-sum((X[:, None, :] - Y[None, :, :])**2, axis=2)))",
        "sum[i:n, l:m](exp(-sum[j:d]((X[i,j] - Y[l,j])**2)))",
        lambda: total(sp.exp(-total((X[i, j] - Y[l, j]) ** 2, (j, d))), (l, m), (i, n)),
    ),
    Sample("broadcast", "A[n,1], b[d], c, T[2,n,d]", ("A", "b", "c"),
        lambda A, b, c, T: np.sum((A * b + c) ** 2 * T),
        "sum((A * b + c)**2 * T)", "s[i:n, j:d] = (A[i,0] * b[j] + c)**2\nsum[o:2, i:n, j:d](s[i,j] * T[o,i,j])",
    ),
    Sample("joined", "x[n], y[m], w[n+m]", ("x", "y", "w"),
        lambda x, y, w: np.sum(np.exp(np.concatenate([x, 2 * y])) * w),
        "sum(exp(concatenate([x, 2 * y])) * w)",
    ),
    Sample("stacked", "x[n], y[n]", ("x", "y"),
        lambda x, y: np.sum(np.stack([x, y * x], axis=1) ** 3), "sum(stack([x, y * x], axis=1)**3)",
    ),
    Sample("expressions_as_sizes", "A[2*n,3], z[n+1]", ("A", "z"),
        lambda A, z: np.sum(A[::2] ** 2 * z[1:, None]) + np.sum(A[1::2] * z[:-1, None]),
        "sum(A[::2]**2 * z[1:, None]) + sum(A[1::2] * z[:-1, None])",
        "sum[i:n, j:3](A[2*i,j]**2 * z[i+1]) + sum[i:n, j:3](A[2*i+1,j] * z[i])",
    ),
    Sample("folded", "X[n,2,k]", ("X",),
        lambda X: np.sum(X.reshape(X.shape[0], -1).T @ X.reshape(X.shape[0], -1)),
        "sum(reshape(X, (n, -1)).T @ reshape(X, (n, -1)))",
    ),
    Sample("turned", "x[n], X[n,d]", ("x", "X"),
        lambda x, X: np.sum(np.flip(x) * np.roll(x, 2)) + np.sum(np.swapaxes(X, 0, 1)[::-1] * x),
        "sum(flip(x) * roll(x, 2)) + sum(swapaxes(X, 0, 1)[::-1] * x)",
    ),
    Sample("padded", "x[n], y[d]", ("x", "y"), padded),
    Sample("unrolled", "a, x[n]", ("a", "x"), unrolled),
    # arrays as values
    Sample("prediction", "w[d], X[n,d]", ("w",),
        lambda w, X: np.tanh(X @ w), "tanh(X @ w)", "p[i:n] = tanh(sum[j:d](X[i,j] * w[j]))",
    ),
    Sample("log_softmax", "Z[n,k]", ("Z",),
        lambda Z: scipy.special.log_softmax(Z, axis=1), "log_softmax(Z, axis=1)",
    ),
    Sample("outer_product", "x[n], y[m]", ("x", "y"),
        lambda x, y: np.outer(np.sin(x), y), "outer(sin(x), y)", "s[i:n] = sin(x[i])\np[i:n, j:m] = s[i] * y[j]",
    ),
)  # fmt: skip

BY_NAME = {sample.name: sample for sample in SAMPLES}
