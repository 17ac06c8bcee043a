"""Losses that people use, each a plain NumPy function and a record that says how to compile it.

    from gradc import losses

    losses.logistic(w, X, y, 0.1)                       # NumPy arrays in, a number out: nothing is compiled
    record = losses.CATALOGUE["logistic"]               # signature "w[d], X[n,d], y[n], lam", wrt "w"
    kernel = gradc.compile(record.function, record.signature, wrt=record.wrt)
    kernel.value_and_grad(**record.example(np.random.default_rng(0)))

All are stable as written: an exponential never overflows where the loss itself is finite. A linear model's predictions
are ``X @ w``; an intercept is a column of ones in `X`. Arrays are floats of the kernel's dtype unless the signature
says otherwise, and labels or row numbers are int64. Arguments that are a scale, a rate or a variance come as their
logarithm when they are fitted, so that every real number is allowed.

`scipy` is needed only by the few losses that hold a special function, and is imported when one of them is called.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np

Array: TypeAlias = Any  # an ndarray, a float, or a value that gradc traces in their place
Draw: TypeAlias = "float | Callable[[np.random.Generator, tuple[int, ...], Mapping[str, int]], Any]"
F = TypeVar("F", bound=Callable[..., Any])

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
LOG_2 = math.log(2)

# What a dimension's letter stands for, and its (small, middle, large) sizes. The small ones all differ, so that a
# transposed axis shows itself.
SCALES = ("small", "middle", "large")
SIZES = {
    "n": (11, 1_000, 100_000),  # samples, a row each
    "d": (3, 20, 50),           # features
    "k": (4, 10, 20),           # classes, components, factors
    "h": (5, 32, 128),          # hidden units
    "m": (6, 100, 10_000),      # rows of a first table
    "p": (8, 100, 10_000),      # rows of a second table
    "q": (2, 5, 10),            # negative samples of each sample
    "t": (9, 1_000, 100_000),   # points in time
}  # fmt: skip


# ---------------------------------------------------------------------------------------------------- the catalogue


class Argument(NamedTuple):
    """One argument of a signature: ``idx[n]:int64`` is ``Argument("idx", ("n",), "int64")``."""

    name: str
    dims: tuple[str, ...]
    dtype: str | None


@dataclass(frozen=True)
class Loss:
    """A loss of the catalogue: its function, and what gradc needs to compile and try it."""

    name: str
    function: Callable[..., Any]
    signature: str
    wrt: str | tuple[str, ...]
    group: str
    formula: str | None
    """The same loss as a NumPy-style formula, where it fits on a line."""
    sizes: Mapping[str, Mapping[str, int]] = field(repr=False, compare=False)
    """A size for each dimension at each scale: ``sizes["small"]["n"]``."""
    draws: Mapping[str, Draw] = field(repr=False, compare=False)
    """How `example` draws an argument, where a normal deviate would not do."""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """The signature, read."""
        return _read(self.signature)

    def example(
        self, rng: np.random.Generator, scale: str = "small", *, dtype: str = "float64", **sizes: int
    ) -> dict[str, Any]:
        """Draw valid arguments, in the signature's order.

        Parameters
        ----------
        rng
            Where the numbers come from.
        scale
            ``"small"``, ``"middle"`` or ``"large"``.
        dtype
            The floats' type. Scalars are Python floats always, and integer arrays keep their type.
        **sizes
            Dimensions that shall not be the scale's own, as in ``n=20``.

        Returns
        -------
        dict
            A value for each argument: ``record.function(**record.example(rng))``.
        """
        dims = {**self.sizes[scale], **sizes}
        unknown = sorted(dims.keys() - self.sizes[scale].keys())
        if unknown:
            known = ", ".join(self.sizes[scale])
            raise ValueError(f"{self.name} has no dimension {', '.join(unknown)}; its dimensions are {known}")
        fitted = (self.wrt,) if isinstance(self.wrt, str) else self.wrt
        values: dict[str, Any] = {}
        for name, symbols, kind in self.arguments:
            shape = tuple(int(symbol) if symbol.isdigit() else dims[symbol] for symbol in symbols)
            draw = self.draws.get(name, _small if name in fitted else _normal)
            value = draw(rng, shape, dims) if callable(draw) else draw
            values[name] = np.asarray(value, dtype=kind or dtype) if shape else float(value)
        return values


_records: dict[str, Loss] = {}

CATALOGUE: Mapping[str, Loss] = MappingProxyType(_records)
"""Every loss of this module by name, in the order of the module."""


def catalogued(
    signature: str,
    *,
    wrt: str | tuple[str, ...],
    group: str,
    formula: str | None = None,
    sizes: Mapping[str, tuple[int, int, int]] = MappingProxyType({}),
    **draws: Draw,
) -> Callable[[F], F]:
    """Enter the function below into the catalogue and leave it as it is.

    `sizes` overrides `SIZES`, and `draws` says how to draw the arguments that are not normal deviates.
    """
    symbols = dict.fromkeys(dim for argument in _read(signature) for dim in argument.dims if not dim.isdigit())
    table = {symbol: sizes.get(symbol, SIZES[symbol]) for symbol in symbols}
    scales = {
        scale: MappingProxyType({symbol: row[position] for symbol, row in table.items()})
        for position, scale in enumerate(SCALES)
    }

    def enter(function: F) -> F:
        name = function.__name__
        _records[name] = Loss(
            name, function, signature, wrt, group, formula, MappingProxyType(scales), MappingProxyType(draws)
        )
        return function

    return enter


def _read(signature: str) -> tuple[Argument, ...]:
    found = re.finditer(r"(\w+)(?:\[([^]]*)\])?(?::(\w+))?\s*(?:,|$)", signature)
    return tuple(
        Argument(name, tuple(dim.strip() for dim in dims.split(",")) if dims else (), dtype)
        for name, dims, dtype in (match.groups() for match in found)
    )


# How example arguments are drawn: each takes the generator, the argument's shape, and the size of every dimension.

Shape: TypeAlias = tuple[int, ...]
Sizes: TypeAlias = Mapping[str, int]


def _normal(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    return rng.standard_normal(shape)


def _small(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    return 0.3 * rng.standard_normal(shape)


def _positive(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    return 0.1 + rng.gamma(2.0, 0.5, shape)


def _counts(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    return rng.poisson(1.5, shape)


def _signs(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    return rng.choice([-1.0, 1.0], shape)


def _bits(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    return rng.integers(0, 2, shape)


def _events(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    seen = rng.random(shape) < 0.7
    seen[0] = True  # a partial likelihood of no events has no meaning
    return seen


def _grades(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    grades = rng.integers(0, 5, shape)
    grades[0] = 5  # at least one pair that differs
    return grades


def _tied_times(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    return np.ceil(rng.exponential(5.0, shape))


def _ends_of_ties(rng: np.random.Generator, shape: Shape, sizes: Sizes) -> Array:
    falling = np.sort(-_tied_times(rng, shape, sizes))
    return np.searchsorted(falling, falling, side="right") - 1


def _places(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    return rng.permutation(shape[0])


def _one_hot(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    return np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]


def _affinities(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    lower = np.tril(rng.random(shape), -1)
    return (lower + lower.T) / (2 * lower.sum())


def _covariance(rng: np.random.Generator, shape: Shape, _: Sizes) -> Array:
    root = rng.standard_normal(shape)
    return root @ root.T / shape[0] + np.eye(shape[0])


def _rows_of(dim: str, more: int = 0) -> Callable[[np.random.Generator, Shape, Sizes], Array]:
    return lambda rng, shape, sizes: rng.integers(0, sizes[dim] + more, shape)


# ----------------------------------------------------------------------------------------- pieces that losses share


def _logsumexp(A: Array) -> Array:
    """``log(sum(exp(A)))`` over the last axis: the greatest term is factored out, so no exponential overflows."""
    top = np.max(A, axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(A - top), axis=-1)) + top[..., 0]


def _log_softmax(A: Array) -> Array:
    """``log(softmax(A))`` over the last axis."""
    return A - _logsumexp(A)[..., None]


def _softplus(a: Array) -> Array:
    """``log(1 + exp(a))``."""
    return np.logaddexp(0.0, a)


# ------------------------------------------------------------------------------------------------------- regression


@catalogued("w[d], X[n,d], y[n]", wrt="w", group="regression", formula="0.5 * mean((X @ w - y)**2)")
def squared_error(w: Array, X: Array, y: Array) -> Array:
    """Least squares, half the mean squared error: ``mean((X @ w - y)**2) / 2``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).

    References
    ----------
    Hastie, Tibshirani, Friedman, *The Elements of Statistical Learning*, 2nd ed., 2009, section 3.2.

    Examples
    --------
    >>> float(squared_error(np.array([1.0, 2.0]), np.eye(2), np.array([0.0, 4.0])))
    1.25
    """
    r = X @ w - y
    return 0.5 * np.mean(r**2)


@catalogued(
    "w[d], X[n,d], y[n], lam", wrt="w", group="regression", lam=0.1,
    formula="0.5 * mean((X @ w - y)**2) + 0.5 * lam * sum(w**2)",
)  # fmt: skip
def ridge(w: Array, X: Array, y: Array, lam: Array) -> Array:
    """Least squares with a quadratic penalty: ``mean((X @ w - y)**2) / 2 + lam / 2 * sum(w**2)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).
    lam
        Weight of the penalty, at least 0.

    References
    ----------
    Hoerl, Kennard, "Ridge regression: biased estimation for nonorthogonal problems", Technometrics 12 (1970).

    Examples
    --------
    >>> float(ridge(np.array([1.0, 2.0]), np.eye(2), np.array([0.0, 4.0]), 0.5))
    2.5
    """
    r = X @ w - y
    return 0.5 * np.mean(r**2) + 0.5 * lam * np.sum(w**2)


@catalogued(
    "w[d], X[n,d], y[n], lam", wrt="w", group="regression", lam=0.1,
    formula="0.5 * mean((X @ w - y)**2) + lam * sum(abs(w))",
)  # fmt: skip
def lasso(w: Array, X: Array, y: Array, lam: Array) -> Array:
    """Least squares with an absolute penalty: ``mean((X @ w - y)**2) / 2 + lam * sum(|w|)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).
    lam
        Weight of the penalty, at least 0.

    References
    ----------
    Tibshirani, "Regression shrinkage and selection via the lasso", J. R. Statist. Soc. B 58 (1996).

    Examples
    --------
    >>> float(lasso(np.array([1.0, -2.0]), np.eye(2), np.array([0.0, -4.0]), 0.5))
    2.75
    """
    r = X @ w - y
    return 0.5 * np.mean(r**2) + lam * np.sum(np.abs(w))


@catalogued(
    "w[d], X[n,d], y[n], lam, ratio", wrt="w", group="regression", lam=0.1, ratio=0.4,
    formula="0.5 * mean((X @ w - y)**2) + lam * (ratio * sum(abs(w)) + 0.5 * (1 - ratio) * sum(w**2))",
)  # fmt: skip
def elastic_net(w: Array, X: Array, y: Array, lam: Array, ratio: Array) -> Array:
    """Least squares with both penalties: ``... + lam * (ratio * sum(|w|) + (1 - ratio) / 2 * sum(w**2))``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).
    lam, ratio
        Weight of the penalty, at least 0, and the absolute part's share of it, in [0, 1].

    References
    ----------
    Zou, Hastie, "Regularization and variable selection via the elastic net", J. R. Statist. Soc. B 67 (2005); scaled
    as in Friedman, Hastie, Tibshirani, J. Statist. Software 33 (2010).

    Examples
    --------
    >>> float(elastic_net(np.array([1.0, -2.0]), np.eye(2), np.array([0.0, -4.0]), 0.5, 0.5))
    2.625
    """
    r = X @ w - y
    return 0.5 * np.mean(r**2) + lam * (ratio * np.sum(np.abs(w)) + 0.5 * (1 - ratio) * np.sum(w**2))


@catalogued("w[d], X[n,d], y[n]", wrt="w", group="regression", formula="mean(abs(X @ w - y))")
def absolute_error(w: Array, X: Array, y: Array) -> Array:
    """Least absolute deviations: ``mean(|X @ w - y|)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).

    References
    ----------
    Bloomfield, Steiger, *Least Absolute Deviations*, 1983.

    Examples
    --------
    >>> float(absolute_error(np.array([1.0, 2.0]), np.eye(2), np.array([0.0, 4.0])))
    1.5
    """
    return np.mean(np.abs(X @ w - y))


@catalogued("w[d], X[n,d], y[n], delta", wrt="w", group="regression", delta=0.8)
def huber(w: Array, X: Array, y: Array, delta: Array) -> Array:
    """Huber's loss, quadratic near zero and linear beyond `delta`.

    The mean of ``r**2 / 2`` where ``|r| <= delta`` and of ``delta * (|r| - delta / 2)`` elsewhere, ``r = X @ w - y``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).
    delta
        Where the quadratic part ends, above 0.

    References
    ----------
    Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35 (1964).

    Examples
    --------
    >>> float(huber(np.array([1.0, 2.0]), np.eye(2), np.array([0.5, 5.0]), 1.0))
    1.3125
    """
    a = np.abs(X @ w - y)
    c = np.minimum(a, delta)
    return np.mean(c * (a - 0.5 * c))


@catalogued("w[d], X[n,d], y[n], delta", wrt="w", group="regression", delta=0.8)
def pseudo_huber(w: Array, X: Array, y: Array, delta: Array) -> Array:
    """A smooth Huber loss: ``mean(delta**2 * (sqrt(1 + (r / delta)**2) - 1))``, ``r = X @ w - y``.

    Written as ``r**2 / (1 + sqrt(1 + (r / delta)**2))``, which neither cancels at small `r` nor overflows at large.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).
    delta
        Where it turns from quadratic to linear, above 0.

    References
    ----------
    Charbonnier, Blanc-Féraud, Aubert, Barlaud, "Deterministic edge-preserving regularization in computed imaging",
    IEEE Trans. Image Process. 6 (1997).

    Examples
    --------
    >>> round(float(pseudo_huber(np.array([1.0, 2.0]), np.eye(2), np.array([0.25, 2.0]), 1.0)), 6)
    0.125
    """
    r = X @ w - y
    return np.mean(r * (r / (1 + np.hypot(1.0, r / delta))))


@catalogued(
    "w[d], X[n,d], y[n]", wrt="w", group="regression",
    formula="mean(logaddexp(X @ w - y, -(X @ w - y))) - log(2)",
)  # fmt: skip
def log_cosh(w: Array, X: Array, y: Array) -> Array:
    """The logarithm of the hyperbolic cosine: ``mean(log(cosh(X @ w - y)))``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).

    References
    ----------
    Green, "Bayesian reconstructions from emission tomography data using a modified EM algorithm", IEEE Trans. Med.
    Imaging 9 (1990).

    Examples
    --------
    >>> round(float(log_cosh(np.array([1.0, 2.0]), np.eye(2), np.array([0.0, 2.0]))), 6)
    0.21689
    """
    r = X @ w - y
    return np.mean(np.logaddexp(r, -r)) - LOG_2


@catalogued("w[d], X[n,d], y[n], c", wrt="w", group="regression", c=2.0)
def tukey_biweight(w: Array, X: Array, y: Array, c: Array) -> Array:
    """Tukey's biweight, which stops growing at `c`: ``c**2 / 6 * mean(1 - (1 - min((r / c)**2, 1))**3)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).
    c
        The residual from which on an outlier no longer counts, above 0; 4.685 standard deviations is customary.

    References
    ----------
    Beaton, Tukey, "The fitting of power series, meaning polynomials, illustrated on band-spectroscopic data",
    Technometrics 16 (1974).

    Examples
    --------
    >>> round(float(tukey_biweight(np.array([1.0, 2.0]), np.eye(2), np.array([0.0, 9.0]), 2.0)), 6)
    0.526042
    """
    u = np.minimum(np.abs(X @ w - y) / c, 1.0)
    return c**2 / 6 * np.mean(1 - (1 - u**2) ** 3)


@catalogued(
    "w[d], X[n,d], y[n], tau", wrt="w", group="regression", tau=0.3,
    formula="mean(maximum(tau * (y - X @ w), (tau - 1) * (y - X @ w)))",
)  # fmt: skip
def pinball(w: Array, X: Array, y: Array, tau: Array) -> Array:
    """Quantile regression: ``mean(max(tau * r, (tau - 1) * r))``, ``r = y - X @ w``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).
    tau
        The quantile, in (0, 1).

    References
    ----------
    Koenker, Bassett, "Regression quantiles", Econometrica 46 (1978).

    Examples
    --------
    >>> float(pinball(np.array([1.0, 2.0]), np.eye(2), np.array([0.0, 4.0]), 0.75))
    0.875
    """
    r = y - X @ w
    return np.mean(np.maximum(tau * r, (tau - 1) * r))


@catalogued(
    "w[d], X[n,d], y[n], tau", wrt="w", group="regression", tau=0.3,
    formula="mean(where(y - X @ w > 0, tau, 1 - tau) * (y - X @ w)**2)",
)  # fmt: skip
def expectile(w: Array, X: Array, y: Array, tau: Array) -> Array:
    """Asymmetric least squares: the mean of ``tau * r**2`` where ``r = y - X @ w > 0``, else of ``(1 - tau) * r**2``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).
    tau
        The expectile, in (0, 1).

    References
    ----------
    Newey, Powell, "Asymmetric least squares estimation and testing", Econometrica 55 (1987).

    Examples
    --------
    >>> float(expectile(np.array([1.0, 2.0]), np.eye(2), np.array([0.0, 4.0]), 0.75))
    1.625
    """
    r = y - X @ w
    return np.mean(np.where(r > 0, tau, 1 - tau) * r**2)


@catalogued(
    "w[d], X[n,d], y[n], eps, lam", wrt="w", group="regression", eps=0.2, lam=0.1,
    formula="mean(maximum(abs(X @ w - y) - eps, 0)) + 0.5 * lam * sum(w**2)",
)  # fmt: skip
def epsilon_insensitive(w: Array, X: Array, y: Array, eps: Array, lam: Array) -> Array:
    """Linear support vector regression: ``mean(max(|X @ w - y| - eps, 0)) + lam / 2 * sum(w**2)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,).
    eps, lam
        Half the width of the tube that costs nothing, and weight of the penalty, both at least 0.

    References
    ----------
    Drucker, Burges, Kaufman, Smola, Vapnik, "Support vector regression machines", NIPS 1996.

    Examples
    --------
    >>> float(epsilon_insensitive(np.array([1.0, 2.0]), np.eye(2), np.array([0.0, 4.0]), 0.5, 0.5))
    2.25
    """
    return np.mean(np.maximum(np.abs(X @ w - y) - eps, 0)) + 0.5 * lam * np.sum(w**2)


@catalogued(
    "w[d], X[n,d], y[n]", wrt="w", group="regression", y=_counts,
    formula="mean(exp(X @ w) - y * (X @ w))",
)  # fmt: skip
def poisson(w: Array, X: Array, y: Array) -> Array:
    """Poisson regression, log link: ``mean(exp(z) - y * z)``, ``z = X @ w``, the constant ``log(y!)`` left out.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and counts (n,), floats at least 0.

    References
    ----------
    McCullagh, Nelder, *Generalized Linear Models*, 2nd ed., 1989, chapter 6.

    Examples
    --------
    >>> round(float(poisson(np.array([0.0, 1.0]), np.eye(2), np.array([2.0, 3.0]))), 6)
    0.359141
    """
    z = X @ w
    return np.mean(np.exp(z) - y * z)


@catalogued("w[d], v[d], X[n,d], y[n]", wrt=("w", "v"), group="regression", y=_counts)
def zero_inflated_poisson(w: Array, v: Array, X: Array, y: Array) -> Array:
    """Counts with surplus zeros: zero with probability ``sigmoid(X @ v)``, else Poisson with mean ``exp(X @ w)``.

    The mean negative log-likelihood, the constant ``log(y!)`` left out.

    Parameters
    ----------
    w, v
        Weights (d,) of the Poisson mean's logarithm and of the surplus zeros' logit.
    X, y
        Samples (n, d) and counts (n,), floats at least 0.

    References
    ----------
    Lambert, "Zero-inflated Poisson regression, with an application to defects in manufacturing", Technometrics 34
    (1992).

    Examples
    --------
    >>> w, v = np.array([0.0, 1.0]), np.array([0.5, -1.0])
    >>> round(float(zero_inflated_poisson(w, v, np.eye(2), np.array([0.0, 3.0]))), 6)
    0.152104
    """
    z, g = X @ w, X @ v
    mu = np.exp(z)
    return np.mean(_softplus(g) + np.where(y > 0, mu - y * z, -np.logaddexp(g, -mu)))


@catalogued(
    "w[d], X[n,d], y[n]", wrt="w", group="regression", y=_positive,
    formula="mean(X @ w + y * exp(-(X @ w)))",
)  # fmt: skip
def gamma(w: Array, X: Array, y: Array) -> Array:
    """Gamma regression, log link: ``mean(z + y * exp(-z))``, ``z = X @ w``, for a known shape parameter.

    It is the negative log-likelihood over the shape parameter, without terms that hold no weight.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,) above 0.

    References
    ----------
    McCullagh, Nelder, *Generalized Linear Models*, 2nd ed., 1989, chapter 8.

    Examples
    --------
    >>> round(float(gamma(np.array([0.0, 1.0]), np.eye(2), np.array([2.0, 3.0]))), 6)
    2.051819
    """
    z = X @ w
    return np.mean(z + y * np.exp(-z))


@catalogued("w[d], X[n,d], y[n], power", wrt="w", group="regression", y=_counts, power=1.5)
def tweedie(w: Array, X: Array, y: Array, power: Array) -> Array:
    """Mean Tweedie deviance, log link, for a power in (1, 2): many zeros, else positive and continuous.

    ``2 * mean(y**(2-p) / ((1-p) * (2-p)) - y * mu**(1-p) / (1-p) + mu**(2-p) / (2-p))``, ``mu = exp(X @ w)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,), at least 0.
    power
        The variance is proportional to this power of the mean; strictly between 1 and 2.

    References
    ----------
    Jørgensen, *The Theory of Dispersion Models*, 1997, chapter 4.

    Examples
    --------
    >>> round(float(tweedie(np.array([0.0, 1.0]), np.eye(2), np.array([2.0, 0.0]), 1.5)), 6)
    3.640588
    """
    z = X @ w
    a, b = 1 - power, 2 - power
    return 2 * np.mean(y**b / (a * b) - y * np.exp(a * z) / a + np.exp(b * z) / b)


@catalogued("w[d], log_alpha, X[n,d], y[n]", wrt=("w", "log_alpha"), group="regression", y=_counts)
def negative_binomial(w: Array, log_alpha: Array, X: Array, y: Array) -> Array:
    """Overdispersed counts: mean ``mu = exp(X @ w)``, variance ``mu + alpha * mu**2``. Needs scipy.

    The mean negative log-likelihood. With ``r = 1 / alpha`` and ``s = X @ w + log(alpha)`` the logarithms of
    ``r / (r + mu)`` and ``mu / (r + mu)`` are ``-softplus(s)`` and ``-softplus(-s)``.

    Parameters
    ----------
    w, log_alpha
        Weights (d,) and the dispersion's logarithm.
    X, y
        Samples (n, d) and counts (n,), floats at least 0.

    References
    ----------
    Hilbe, *Negative Binomial Regression*, 2nd ed., 2011, chapter 8 (NB2).

    Examples
    --------
    >>> round(float(negative_binomial(np.array([0.0, 1.0]), 0.0, np.eye(2), np.array([2.0, 3.0]))), 6)
    2.166244
    """
    from scipy.special import gammaln

    r = np.exp(-log_alpha)
    s = X @ w + log_alpha
    return np.mean(gammaln(r) + gammaln(y + 1) - gammaln(y + r) + r * _softplus(s) + y * _softplus(-s))


@catalogued("w[d], log_sigma, X[n,d], y[n], nu", wrt=("w", "log_sigma"), group="regression", nu=4.0)
def student_t(w: Array, log_sigma: Array, X: Array, y: Array, nu: Array) -> Array:
    """Robust regression with Student's t: the mean negative log-density of the residuals. Needs scipy.

    ``log(B) + log(sigma) + (nu + 1) / 2 * mean(log1p(u**2 / nu))``, ``u = (y - X @ w) / sigma``,
    ``B = sqrt(nu * pi) * Γ(nu / 2) / Γ((nu + 1) / 2)``.

    Parameters
    ----------
    w, log_sigma
        Weights (d,) and the scale's logarithm.
    X, y
        Samples (n, d) and targets (n,).
    nu
        Degrees of freedom, above 0.

    References
    ----------
    Lange, Little, Taylor, "Robust statistical modeling using the t distribution", J. Am. Statist. Assoc. 84 (1989).

    Examples
    --------
    >>> round(float(student_t(np.array([1.0, 2.0]), 0.0, np.eye(2), np.array([0.0, 4.0]), 1.0)), 6)
    2.296022
    """
    from scipy.special import gammaln

    u = (y - X @ w) * np.exp(-log_sigma)
    log_b = 0.5 * np.log(np.pi * nu) + gammaln(0.5 * nu) - gammaln(0.5 * (nu + 1))
    return log_b + log_sigma + 0.5 * (nu + 1) * np.mean(np.log1p(u**2 / nu))


@catalogued("w[d], v[d], X[n,d], y[n]", wrt=("w", "v"), group="regression")
def gaussian(w: Array, v: Array, X: Array, y: Array) -> Array:
    """Heteroscedastic Gaussian: mean ``X @ w`` and standard deviation ``exp(X @ v)`` are both fitted.

    The mean negative log-density, ``mean(log(2 * pi) / 2 + s + ((y - X @ w) * exp(-s))**2 / 2)``, ``s = X @ v``.

    Parameters
    ----------
    w, v
        Weights (d,) of the mean and of the standard deviation's logarithm.
    X, y
        Samples (n, d) and targets (n,).

    References
    ----------
    Nix, Weigend, "Estimating the mean and variance of the target probability distribution", ICNN 1994.

    Examples
    --------
    >>> round(float(gaussian(np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.eye(2), np.array([0.0, 4.0]))), 6)
    1.804274
    """
    s = X @ v
    u = (y - X @ w) * np.exp(-s)
    return HALF_LOG_2PI + np.mean(s + 0.5 * u**2)


# --------------------------------------------------------------------------------------------------- classification


@catalogued(
    "w[d], X[n,d], y[n], lam", wrt="w", group="classification", y=_signs, lam=0.1,
    formula="mean(logaddexp(0, -y * (X @ w))) + 0.5 * lam * sum(w**2)",
)  # fmt: skip
def logistic(w: Array, X: Array, y: Array, lam: Array) -> Array:
    """Logistic regression: ``mean(log(1 + exp(-y * (X @ w)))) + lam / 2 * sum(w**2)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and labels (n,), each -1 or 1.
    lam
        Weight of the penalty, at least 0.

    References
    ----------
    Hastie, Tibshirani, Friedman, *The Elements of Statistical Learning*, 2nd ed., 2009, sections 4.4 and 10.6.

    Examples
    --------
    >>> round(float(logistic(np.array([1.0, 2.0]), np.eye(2), np.array([1.0, -1.0]), 0.1)), 6)
    1.470095
    """
    return np.mean(np.logaddexp(0, -y * (X @ w))) + 0.5 * lam * np.sum(w**2)


@catalogued(
    "w[d], X[n,d], y[n]", wrt="w", group="classification", y=_bits,
    formula="mean(logaddexp(0, X @ w) - y * (X @ w))",
)  # fmt: skip
def binary_cross_entropy(w: Array, X: Array, y: Array) -> Array:
    """Cross-entropy of Bernoulli targets, from logits: ``mean(log(1 + exp(z)) - y * z)``, ``z = X @ w``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and targets (n,), floats in [0, 1].

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3.2.

    Examples
    --------
    >>> round(float(binary_cross_entropy(np.array([1.0, 2.0]), np.eye(2), np.array([1.0, 0.0]))), 6)
    1.220095
    """
    z = X @ w
    return np.mean(np.logaddexp(0, z) - y * z)


@catalogued("w[d], X[n,d], y[n], alpha, gamma", wrt="w", group="classification", y=_bits, alpha=0.25, gamma=2.0)
def focal(w: Array, X: Array, y: Array, alpha: Array, gamma: Array) -> Array:
    """Cross-entropy that fades for samples already right: ``mean(-a * (1 - p)**gamma * log(p))``.

    `p` is the probability that the model gives to the true class, and `a` is `alpha` for class 1, ``1 - alpha`` for
    class 0. With the margin ``s = (2 * y - 1) * (X @ w)``: ``log(p) = -softplus(-s)``, ``log(1 - p) = -softplus(s)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and labels (n,), floats 0 or 1.
    alpha, gamma
        Weight of class 1, in [0, 1], and the fading's power, at least 0.

    References
    ----------
    Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017.

    Examples
    --------
    >>> round(float(focal(np.array([1.0, 2.0]), np.eye(2), np.array([1.0, 0.0]), 0.25, 2.0)), 6)
    0.621612
    """
    s = (2 * y - 1) * (X @ w)
    a = alpha * y + (1 - alpha) * (1 - y)
    return np.mean(a * np.exp(-gamma * _softplus(s)) * _softplus(-s))


@catalogued("w[d], X[n,d], y[n]", wrt="w", group="classification", y=_signs)
def probit(w: Array, X: Array, y: Array) -> Array:
    """Probit regression: ``-mean(log(Φ(y * (X @ w))))``, `Φ` the normal distribution function. Needs scipy.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and labels (n,), each -1 or 1.

    References
    ----------
    Bliss, "The method of probits", Science 79 (1934); McCullagh, Nelder, *Generalized Linear Models*, section 4.3.

    Examples
    --------
    >>> round(float(probit(np.array([1.0, 2.0]), np.eye(2), np.array([1.0, -1.0]))), 6)
    1.977969
    """
    from scipy.special import log_ndtr

    return -np.mean(log_ndtr(y * (X @ w)))


@catalogued(
    "w[d], X[n,d], y[n], lam", wrt="w", group="classification", y=_signs, lam=0.1,
    formula="mean(maximum(1 - y * (X @ w), 0)) + 0.5 * lam * sum(w**2)",
)  # fmt: skip
def hinge(w: Array, X: Array, y: Array, lam: Array) -> Array:
    """Linear support vector machine: ``mean(max(1 - y * (X @ w), 0)) + lam / 2 * sum(w**2)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and labels (n,), each -1 or 1.
    lam
        Weight of the penalty, at least 0.

    References
    ----------
    Cortes, Vapnik, "Support-vector networks", Machine Learning 20 (1995).

    Examples
    --------
    >>> float(hinge(np.array([0.5, 2.0]), np.eye(2), np.array([1.0, -1.0]), 0.0))
    1.75
    """
    return np.mean(np.maximum(1 - y * (X @ w), 0)) + 0.5 * lam * np.sum(w**2)


@catalogued(
    "w[d], X[n,d], y[n], lam", wrt="w", group="classification", y=_signs, lam=0.1,
    formula="mean(maximum(1 - y * (X @ w), 0)**2) + 0.5 * lam * sum(w**2)",
)  # fmt: skip
def squared_hinge(w: Array, X: Array, y: Array, lam: Array) -> Array:
    """Support vector machine with a smooth loss: ``mean(max(1 - y * (X @ w), 0)**2) + lam / 2 * sum(w**2)``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and labels (n,), each -1 or 1.
    lam
        Weight of the penalty, at least 0.

    References
    ----------
    Chang, Hsieh, Lin, "Coordinate descent method for large-scale L2-loss linear support vector machines", J. Machine
    Learning Research 9 (2008).

    Examples
    --------
    >>> float(squared_hinge(np.array([0.5, 2.0]), np.eye(2), np.array([1.0, -1.0]), 0.0))
    4.625
    """
    return np.mean(np.maximum(1 - y * (X @ w), 0) ** 2) + 0.5 * lam * np.sum(w**2)


@catalogued(
    "w[d], X[n,d], y[n]", wrt="w", group="classification", y=_signs, formula="mean(exp(-y * (X @ w)))"
)  # fmt: skip
def exponential(w: Array, X: Array, y: Array) -> Array:
    """AdaBoost's loss: ``mean(exp(-y * (X @ w)))``.

    Parameters
    ----------
    w, X, y
        Weights (d,), samples (n, d) and labels (n,), each -1 or 1.

    References
    ----------
    Friedman, Hastie, Tibshirani, "Additive logistic regression: a statistical view of boosting", Ann. Statist. 28
    (2000).

    Examples
    --------
    >>> round(float(exponential(np.array([0.5, 2.0]), np.eye(2), np.array([1.0, -1.0]))), 6)
    3.997793
    """
    return np.mean(np.exp(-y * (X @ w)))


@catalogued("W[d,k], b[k], X[n,d], y[n]:int64", wrt=("W", "b"), group="classification", y=_rows_of("k"))
def softmax_cross_entropy(W: Array, b: Array, X: Array, y: Array) -> Array:
    """Multinomial logistic regression: ``mean(logsumexp(Z[i]) - Z[i, y[i]])``, ``Z = X @ W + b``.

    Parameters
    ----------
    W, b
        Weights (d, k) and intercepts (k,).
    X, y
        Samples (n, d) and classes (n,), int64 in 0 .. k - 1.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3.4.

    Examples
    --------
    >>> W = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
    >>> round(float(softmax_cross_entropy(W, np.zeros(3), np.eye(2), np.array([0, 2]))), 6)
    1.323575
    """
    Z = X @ W + b
    return np.mean(_logsumexp(Z) - np.take_along_axis(Z, y[:, None], axis=1)[:, 0])


@catalogued("W[d,k], b[k], X[n,d], Y[n,k]", wrt=("W", "b"), group="classification", Y=_one_hot)
def one_hot_cross_entropy(W: Array, b: Array, X: Array, Y: Array) -> Array:
    """Multinomial logistic regression on distributions: ``-mean(sum(Y * log_softmax(X @ W + b), axis=1))``.

    Parameters
    ----------
    W, b
        Weights (d, k) and intercepts (k,).
    X, Y
        Samples (n, d) and targets (n, k), each row a distribution, often a single 1.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3.4.

    Examples
    --------
    >>> W = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
    >>> round(float(one_hot_cross_entropy(W, np.zeros(3), np.eye(2), np.eye(3)[[0, 2]])), 6)
    1.323575
    """
    return -np.mean(np.sum(Y * _log_softmax(X @ W + b), axis=1))


@catalogued("W[d,k], X[n,d], y[n]:int64, eps", wrt="W", group="classification", y=_rows_of("k"), eps=0.1)
def label_smoothing(W: Array, X: Array, y: Array, eps: Array) -> Array:
    """Cross-entropy against softened labels, ``1 - eps`` on the class and `eps` spread evenly over all.

    ``mean(logsumexp(Z[i]) - (1 - eps) * Z[i, y[i]] - eps * mean(Z[i]))``, ``Z = X @ W``.

    Parameters
    ----------
    W, X, y
        Weights (d, k), samples (n, d) and classes (n,), int64 in 0 .. k - 1.
    eps
        What the true class gives away, in [0, 1].

    References
    ----------
    Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, "Rethinking the Inception architecture for computer vision", CVPR 2016.

    Examples
    --------
    >>> W = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
    >>> round(float(label_smoothing(W, np.eye(2), np.array([0, 2]), 0.1)), 6)
    1.340242
    """
    L = _log_softmax(X @ W)
    true = np.take_along_axis(L, y[:, None], axis=1)[:, 0]
    return -np.mean((1 - eps) * true + eps * np.mean(L, axis=1))


@catalogued("W[d,k], X[n,d], Y[n,k], lam", wrt="W", group="classification", Y=_one_hot, lam=0.1)
def multiclass_hinge(W: Array, X: Array, Y: Array, lam: Array) -> Array:
    """Crammer and Singer's support vector machine.

    ``mean(max(Z + 1 - Y, axis=1) - sum(Y * Z, axis=1)) + lam / 2 * sum(W**2)``, ``Z = X @ W``: every wrong class has
    to stay a margin of 1 behind.

    Parameters
    ----------
    W, X, Y
        Weights (d, k), samples (n, d) and one-hot labels (n, k).
    lam
        Weight of the penalty, at least 0.

    References
    ----------
    Crammer, Singer, "On the algorithmic implementation of multiclass kernel-based vector machines", J. Machine
    Learning Research 2 (2001).

    Examples
    --------
    >>> W = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
    >>> float(multiclass_hinge(W, np.eye(2), np.eye(3)[[0, 2]], 0.0))
    1.5
    """
    Z = X @ W
    return np.mean(np.max(Z + 1 - Y, axis=1) - np.sum(Y * Z, axis=1)) + 0.5 * lam * np.sum(W**2)


@catalogued(
    "W1[d,h], b1[h], W2[h,k], b2[k], X[n,d], y[n]:int64",
    wrt=("W1", "b1", "W2", "b2"), group="classification", y=_rows_of("k"), sizes={"n": (11, 500, 20_000)},
)  # fmt: skip
def two_layer(W1: Array, b1: Array, W2: Array, b2: Array, X: Array, y: Array) -> Array:
    """A network of one hidden layer with cross-entropy: logits ``tanh(X @ W1 + b1) @ W2 + b2``.

    Parameters
    ----------
    W1, b1, W2, b2
        Weights and intercepts of the hidden layer, (d, h) and (h,), and of the output, (h, k) and (k,).
    X, y
        Samples (n, d) and classes (n,), int64 in 0 .. k - 1.

    References
    ----------
    Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", Nature 323 (1986).

    Examples
    --------
    >>> W1, W2 = np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
    >>> round(float(two_layer(W1, np.zeros(2), W2, np.zeros(3), np.eye(2), np.array([0, 2]))), 6)
    1.473583
    """
    Z = np.tanh(X @ W1 + b1) @ W2 + b2
    return np.mean(_logsumexp(Z) - np.take_along_axis(Z, y[:, None], axis=1)[:, 0])


@catalogued("b, w[d], V[d,k], X[n,d], y[n]", wrt=("b", "w", "V"), group="classification", y=_signs)
def factorization_machine(b: Array, w: Array, V: Array, X: Array, y: Array) -> Array:
    """Logistic loss on all pairs of features, their weights of rank k: ``z = b + X @ w + Σ_{a<c} V[a]·V[c] x_a x_c``.

    The sum over pairs is ``(sum((X @ V)**2, axis=1) - sum(X**2 @ V**2, axis=1)) / 2``.

    Parameters
    ----------
    b, w, V
        Intercept, weights (d,) and factors (d, k).
    X, y
        Samples (n, d) and labels (n,), each -1 or 1.

    References
    ----------
    Rendle, "Factorization machines", ICDM 2010.

    Examples
    --------
    >>> w, V, X = np.array([1.0, 2.0]), np.array([[1.0], [0.5]]), np.array([[1.0, 1.0], [0.0, 1.0]])
    >>> round(float(factorization_machine(0.0, w, V, X, np.array([1.0, -1.0]))), 6)
    1.078339
    """
    z = b + X @ w + 0.5 * np.sum((X @ V) ** 2 - X**2 @ V**2, axis=1)
    return np.mean(_softplus(-y * z))


@catalogued("w[d], c[k], X[n,d], y[n]:int64", wrt=("w", "c"), group="classification", y=_rows_of("k", 1))
def ordinal_logistic(w: Array, c: Array, X: Array, y: Array) -> Array:
    """Proportional odds for ordered classes: ``P(y <= j) = sigmoid(theta[j] - X @ w)``.

    The thresholds are ``theta = cumsum([c[0], exp(c[1]), exp(c[2]), ...])``, so they rise for every `c`. With
    ``z = X @ w``, a class between the thresholds `lo` and `hi` has
    ``-log(P) = softplus(z - hi) + softplus(lo - z) - log(1 - exp(lo - hi))``.

    Parameters
    ----------
    w, c
        Weights (d,), and first threshold with the logarithms of the gaps to the next ones (k,).
    X, y
        Samples (n, d) and classes (n,), int64 in 0 .. k: there is one class more than thresholds.

    References
    ----------
    McCullagh, "Regression models for ordinal data", J. R. Statist. Soc. B 42 (1980).

    Examples
    --------
    >>> w, c = np.array([1.0, 2.0]), np.array([-1.0, 0.5])
    >>> round(float(ordinal_logistic(w, c, np.eye(2), np.array([0, 1]))), 6)
    1.985299
    """
    theta = np.cumsum(np.concatenate([c[:1], np.exp(c[1:])]))
    ends = np.concatenate([np.full(1, -np.inf), theta, np.full(1, np.inf)])
    z = X @ w
    lo, hi = ends[y], ends[y + 1]
    return np.mean(_softplus(z - hi) + _softplus(lo - z) - np.log(-np.expm1(lo - hi)))


@catalogued("Z[n,k], Y[n,k], eps", wrt="Z", group="classification", Y=_bits, eps=1.0)
def soft_dice(Z: Array, Y: Array, eps: Array) -> Array:
    """Overlap of predicted and true masks: ``1 - mean((2 * sum(P * Y) + eps) / (sum(P) + sum(Y) + eps))``.

    ``P = sigmoid(Z)``; the sums go over the k pixels of each of the n images.

    Parameters
    ----------
    Z, Y
        Logits (n, k) and masks (n, k), floats 0 or 1.
    eps
        Keeps empty masks from dividing by zero, above 0.

    References
    ----------
    Milletari, Navab, Ahmadi, "V-Net: fully convolutional neural networks for volumetric medical image segmentation",
    3DV 2016.

    Examples
    --------
    >>> round(float(soft_dice(np.array([[2.0, -1.0, 0.0]]), np.array([[1.0, 0.0, 1.0]]), 1.0)), 6)
    0.19101
    """
    P = np.exp(-_softplus(-Z))
    overlap = 2 * np.sum(P * Y, axis=1) + eps
    return 1 - np.mean(overlap / (np.sum(P, axis=1) + np.sum(Y, axis=1) + eps))


# ---------------------------------------------------------------------------------------------------------- ranking


@catalogued("w[d], X[n,d], grade[n]", wrt="w", group="ranking", grade=_grades, sizes={"n": (11, 100, 2_000)})
def ranknet(w: Array, X: Array, grade: Array) -> Array:
    """Pairwise logistic ranking: the mean of ``log(1 + exp(s[j] - s[i]))`` over pairs with ``grade[i] > grade[j]``.

    Parameters
    ----------
    w, X
        Weights (d,) and items (n, d) of one list, scored by ``s = X @ w``.
    grade
        Relevance (n,), not the same for all items.

    References
    ----------
    Burges et al., "Learning to rank using gradient descent", ICML 2005.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> round(float(ranknet(np.array([1.0, 2.0]), X, np.array([2.0, 0.0, 1.0]))), 6)
    1.25115
    """
    s = X @ w
    above = grade[:, None] > grade[None, :]
    return np.sum(np.where(above, _softplus(s[None, :] - s[:, None]), 0.0)) / np.sum(np.where(above, 1.0, 0.0))


@catalogued(
    "U[m,k], V[p,k], user[n]:int64, liked[n]:int64, other[n]:int64, lam",
    wrt=("U", "V"), group="ranking", user=_rows_of("m"), liked=_rows_of("p"), other=_rows_of("p"), lam=0.01,
)  # fmt: skip
def bpr(U: Array, V: Array, user: Array, liked: Array, other: Array, lam: Array) -> Array:
    """Bayesian personalised ranking: a user's liked item should score above another one.

    ``mean(log(1 + exp(-U[user]·(V[liked] - V[other])))) + lam / 2 * (sum(U**2) + sum(V**2))``.

    Parameters
    ----------
    U, V
        Factors of users (m, k) and of items (p, k).
    user, liked, other
        Triples, three int64 arrays (n,) of row numbers.
    lam
        Weight of the penalty, at least 0.

    References
    ----------
    Rendle, Freudenthaler, Gantner, Schmidt-Thieme, "BPR: Bayesian personalized ranking from implicit feedback",
    UAI 2009.

    Examples
    --------
    >>> U, V = np.array([[1.0, 0.5]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> round(float(bpr(U, V, np.array([0]), np.array([0]), np.array([1]), 0.0)), 6)
    0.474077
    """
    margin = np.sum(U[user] * (V[liked] - V[other]), axis=1)
    return np.mean(_softplus(-margin)) + 0.5 * lam * (np.sum(U**2) + np.sum(V**2))


@catalogued("w[d], X[n,k,d], grade[n,k]", wrt="w", group="ranking", sizes={"n": (7, 100, 5_000)})
def listnet(w: Array, X: Array, grade: Array) -> Array:
    """ListNet's top-one loss: ``-mean(sum(softmax(grade) * log_softmax(X @ w), axis=1))``.

    Parameters
    ----------
    w, X
        Weights (d,) and n lists of k items (n, k, d).
    grade
        Relevance (n, k).

    References
    ----------
    Cao, Qin, Liu, Tsai, Li, "Learning to rank: from pairwise approach to listwise approach", ICML 2007.

    Examples
    --------
    >>> round(float(listnet(np.array([1.0, 2.0]), np.eye(2)[None], np.array([[1.0, 0.0]]))), 6)
    1.04432
    """
    return -np.mean(np.sum(np.exp(_log_softmax(grade)) * _log_softmax(X @ w), axis=1))


@catalogued("w[d], X[n,d], place[n]", wrt="w", group="ranking", place=_places, sizes={"n": (11, 100, 2_000)})
def plackett_luce(w: Array, X: Array, place: Array) -> Array:
    """Likelihood of a whole ranking (ListMLE): each item wins among those not placed before it.

    ``mean(log(sum(exp(s[j]) for j with place[j] >= place[i])) - s[i])``, ``s = X @ w``.

    Parameters
    ----------
    w, X
        Weights (d,) and items (n, d).
    place
        Places (n,), the best item's the smallest, no two alike.

    References
    ----------
    Plackett, "The analysis of permutations", Applied Statistics 24 (1975); Xia, Liu, Wang, Zhang, Li, "Listwise
    approach to learning to rank", ICML 2008.

    Examples
    --------
    >>> round(float(plackett_luce(np.array([1.0, 2.0]), np.eye(2), np.array([1.0, 0.0]))), 6)
    0.156631
    """
    s = X @ w
    left = place[None, :] >= place[:, None]
    return np.mean(_logsumexp(np.where(left, s[None, :], -np.inf)) - s)


@catalogued(
    "s[m], winner[n]:int64, loser[n]:int64", wrt="s", group="ranking", winner=_rows_of("m"), loser=_rows_of("m"),
    formula="mean(logaddexp(0, s[loser] - s[winner]))",
)  # fmt: skip
def bradley_terry(s: Array, winner: Array, loser: Array) -> Array:
    """Strengths from paired comparisons: ``mean(log(1 + exp(s[loser] - s[winner])))``.

    Parameters
    ----------
    s
        Strengths (m,), on a logarithmic scale.
    winner, loser
        Outcomes, two int64 arrays (n,) of row numbers.

    References
    ----------
    Bradley, Terry, "Rank analysis of incomplete block designs", Biometrika 39 (1952).

    Examples
    --------
    >>> round(float(bradley_terry(np.array([1.0, 0.0, -1.0]), np.array([0, 1]), np.array([1, 2]))), 6)
    0.313262
    """
    return np.mean(np.logaddexp(0, s[loser] - s[winner]))


# --------------------------------------------------------------------------------------------------------- survival


@catalogued(
    "w[d], X[n,d], time[n], event[n]", wrt="w", group="survival", time=_tied_times, event=_events,
    sizes={"n": (11, 100, 2_000)},
)  # fmt: skip
def cox(w: Array, X: Array, time: Array, event: Array) -> Array:
    """Cox's proportional hazards: the negative partial log-likelihood for each event, ties as Breslow has them.

    ``sum(event[i] * (logsumexp(z[j] for j with time[j] >= time[i]) - z[i])) / sum(event)``, ``z = X @ w``. Takes rows
    in any order, and memory of n × n; see `cox_sorted` for long tables.

    Parameters
    ----------
    w, X
        Weights (d,) and samples (n, d).
    time, event
        Time (n,) at which each was last seen, and 1 for an event, 0 for censoring (n,). Not all 0.

    References
    ----------
    Cox, "Regression models and life-tables", J. R. Statist. Soc. B 34 (1972); Breslow's discussion of it.

    Examples
    --------
    >>> time, event = np.array([3.0, 1.0]), np.array([1.0, 1.0])
    >>> round(float(cox(np.array([1.0, 2.0]), np.eye(2), time, event)), 6)
    0.156631
    """
    z = X @ w
    at_risk = time[None, :] >= time[:, None]
    return np.sum(event * (_logsumexp(np.where(at_risk, z[None, :], -np.inf)) - z)) / np.sum(event)


@catalogued(
    "w[d], X[n,d], event[n], last[n]:int64", wrt="w", group="survival", event=_events, last=_ends_of_ties
)  # fmt: skip
def cox_sorted(w: Array, X: Array, event: Array, last: Array) -> Array:
    """As `cox`, in linear time, of rows sorted from the latest time to the earliest.

    The sum over those still at risk is a running sum: ``log(cumsum(exp(z - max(z)))[last]) + max(z)``. It is accurate
    while the predictions span less than 700.

    Parameters
    ----------
    w, X
        Weights (d,) and samples (n, d), the latest first.
    event
        1 for an event, 0 for censoring (n,). Not all 0.
    last
        Number of the last row with the same time as each row's own, int64 (n,): ``arange(n)`` without ties, and
        ``np.searchsorted(-time, -time, side="right") - 1`` in general.

    References
    ----------
    Simon, Friedman, Hastie, Tibshirani, "Regularization paths for Cox's proportional hazards model via coordinate
    descent", J. Statist. Software 39 (2011).

    Examples
    --------
    >>> round(float(cox_sorted(np.array([1.0, 2.0]), np.eye(2), np.array([1.0, 1.0]), np.array([0, 1]))), 6)
    0.156631
    """
    z = X @ w
    top = np.max(z)
    risk = np.log(np.cumsum(np.exp(z - top))[last]) + top
    return np.sum(event * (risk - z)) / np.sum(event)


@catalogued(
    "w[d], X[n,d], time[n], event[n]", wrt="w", group="survival", time=_positive, event=_events,
    formula="mean(event * (X @ w) + time * exp(-(X @ w)))",
)  # fmt: skip
def exponential_survival(w: Array, X: Array, time: Array, event: Array) -> Array:
    """Exponential lifetimes of mean ``exp(X @ w)``, censored on the right: ``mean(event * z + time * exp(-z))``.

    Parameters
    ----------
    w, X
        Weights (d,) and samples (n, d).
    time, event
        Time (n,) at which each was last seen, above 0, and 1 for an event, 0 for censoring (n,).

    References
    ----------
    Kalbfleisch, Prentice, *The Statistical Analysis of Failure Time Data*, 2nd ed., 2002, chapter 3.

    Examples
    --------
    >>> time, event = np.array([3.0, 1.0]), np.array([1.0, 0.0])
    >>> round(float(exponential_survival(np.array([1.0, 0.0]), np.eye(2), time, event)), 6)
    1.551819
    """
    z = X @ w
    return np.mean(event * z + time * np.exp(-z))


@catalogued(
    "w[d], log_sigma, X[n,d], time[n], event[n]", wrt=("w", "log_sigma"), group="survival",
    time=_positive, event=_events,
)  # fmt: skip
def weibull_survival(w: Array, log_sigma: Array, X: Array, time: Array, event: Array) -> Array:
    """Weibull lifetimes of scale ``exp(X @ w)`` and shape ``1 / sigma``, censored on the right.

    ``mean(exp(u) - event * (u - log(sigma) - log(time)))``, ``u = (log(time) - X @ w) / sigma``.

    Parameters
    ----------
    w, log_sigma
        Weights (d,) and logarithm of the accelerated failure time model's scale.
    X, time, event
        Samples (n, d), time (n,) at which each was last seen, above 0, and 1 for an event, 0 for censoring (n,).

    References
    ----------
    Kalbfleisch, Prentice, *The Statistical Analysis of Failure Time Data*, 2nd ed., 2002, chapter 3.

    Examples
    --------
    >>> time, event = np.array([3.0, 1.0]), np.array([1.0, 0.0])
    >>> round(float(weibull_survival(np.array([1.0, 0.0]), -0.5, np.eye(2), time, event)), 6)
    1.306288
    """
    log_time = np.log(time)
    u = (log_time - X @ w) * np.exp(-log_sigma)
    return np.mean(np.exp(u) - event * (u - log_sigma - log_time))


@catalogued(
    "w[d], log_sigma, X[n,d], time[n], event[n]", wrt=("w", "log_sigma"), group="survival",
    time=_positive, event=_events,
)  # fmt: skip
def log_logistic_survival(w: Array, log_sigma: Array, X: Array, time: Array, event: Array) -> Array:
    """Log-logistic lifetimes of median ``exp(X @ w)`` and shape ``1 / sigma``, censored on the right.

    ``mean(softplus(u) + event * (softplus(-u) + log(sigma) + log(time)))``, ``u = (log(time) - X @ w) / sigma``.

    Parameters
    ----------
    w, log_sigma
        Weights (d,) and logarithm of the accelerated failure time model's scale.
    X, time, event
        Samples (n, d), time (n,) at which each was last seen, above 0, and 1 for an event, 0 for censoring (n,).

    References
    ----------
    Bennett, "Log-logistic regression models for survival data", Applied Statistics 32 (1983).

    Examples
    --------
    >>> time, event = np.array([3.0, 1.0]), np.array([1.0, 0.0])
    >>> round(float(log_logistic_survival(np.array([1.0, 0.0]), -0.5, np.eye(2), time, event)), 6)
    1.342327
    """
    log_time = np.log(time)
    u = (log_time - X @ w) * np.exp(-log_sigma)
    return np.mean(_softplus(u) + event * (_softplus(-u) + log_sigma + log_time))


@catalogued(
    "w[d], log_sigma, X[n,d], time[n], event[n]", wrt=("w", "log_sigma"), group="survival",
    time=_positive, event=_events,
)  # fmt: skip
def log_normal_survival(w: Array, log_sigma: Array, X: Array, time: Array, event: Array) -> Array:
    """Log-normal lifetimes of median ``exp(X @ w)``, censored on the right (the Tobit model of the logarithm).

    The mean of ``u**2 / 2 + log(sigma * time) + log(2 * pi) / 2`` where there is an event and of ``-log(Φ(-u))`` where
    there is none, ``u = (log(time) - X @ w) / sigma``. Needs scipy.

    Parameters
    ----------
    w, log_sigma
        Weights (d,) and logarithm of the accelerated failure time model's scale.
    X, time, event
        Samples (n, d), time (n,) at which each was last seen, above 0, and 1 for an event, 0 for censoring (n,).

    References
    ----------
    Tobin, "Estimation of relationships for limited dependent variables", Econometrica 26 (1958).

    Examples
    --------
    >>> time, event = np.array([3.0, 1.0]), np.array([1.0, 0.0])
    >>> round(float(log_normal_survival(np.array([1.0, 0.0]), -0.5, np.eye(2), time, event)), 6)
    1.111957
    """
    from scipy.special import log_ndtr

    log_time = np.log(time)
    u = (log_time - X @ w) * np.exp(-log_sigma)
    return np.mean(np.where(event > 0, 0.5 * u**2 + log_sigma + log_time + HALF_LOG_2PI, -log_ndtr(-u)))


# ---------------------------------------------------------------------------------------------------------- density


@catalogued(
    "a[k], mu[k,d], log_sigma[k,d], X[n,d]", wrt=("a", "mu", "log_sigma"), group="density", mu=_normal,
    sizes={"n": (11, 1_000, 20_000)},
)  # fmt: skip
def gaussian_mixture(a: Array, mu: Array, log_sigma: Array, X: Array) -> Array:
    """Mixture of Gaussians with diagonal covariances: the mean negative log-density.

    ``-mean(logsumexp(log_softmax(a)[c] + sum(log(normal(X[i]; mu[c], sigma[c])))))``, over the components c.

    Parameters
    ----------
    a, mu, log_sigma
        The components' logits (k,), means (k, d) and logarithms of standard deviations (k, d).
    X
        Samples (n, d).

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning*, 2006, section 9.2.

    Examples
    --------
    >>> mu, X = np.array([[0.0], [2.0]]), np.array([[0.0], [1.0]])
    >>> round(float(gaussian_mixture(np.zeros(2), mu, np.zeros((2, 1)), X)), 6)
    1.452048
    """
    u = (X[:, None, :] - mu) * np.exp(-log_sigma)
    log_density = -np.sum(0.5 * u**2 + log_sigma + HALF_LOG_2PI, axis=2)
    return -np.mean(_logsumexp(_log_softmax(a) + log_density))


@catalogued(
    "mu[d], S[d,d], X[n,d]", wrt=("mu", "S"), group="density", S=_covariance, sizes={"n": (11, 1_000, 20_000)}
)  # fmt: skip
def multivariate_normal(mu: Array, S: Array, X: Array) -> Array:
    """Gaussian with a full covariance: the mean negative log-density.

    ``(d * log(2 * pi) + log(det(S)) + mean((X[i] - mu) @ inv(S) @ (X[i] - mu))) / 2``.

    Parameters
    ----------
    mu, S
        Mean (d,) and covariance (d, d), symmetric and positive definite.
    X
        Samples (n, d).

    References
    ----------
    Mardia, Kent, Bibby, *Multivariate Analysis*, 1979, section 4.1.

    Examples
    --------
    >>> round(float(multivariate_normal(np.zeros(2), np.diag([1.0, 4.0]), np.eye(2))), 6)
    2.843524
    """
    R = X - mu
    _, log_det = np.linalg.slogdet(S)
    distance = np.sum(R.T * np.linalg.solve(S, R.T), axis=0)
    return X.shape[1] * HALF_LOG_2PI + 0.5 * (log_det + np.mean(distance))


@catalogued(
    "log_amplitude, log_length, log_noise, X[n,d], y[n]", wrt=("log_amplitude", "log_length", "log_noise"),
    group="density", sizes={"n": (7, 50, 300), "d": (3, 3, 3)},
)  # fmt: skip
def gaussian_process(log_amplitude: Array, log_length: Array, log_noise: Array, X: Array, y: Array) -> Array:
    """Marginal likelihood of a Gaussian process with a squared exponential kernel, negated.

    ``(y @ inv(K) @ y + log(det(K)) + n * log(2 * pi)) / 2``, ``K = amplitude**2 * exp(-|x - x'|**2 / (2 * length**2)) +
    noise**2 * I``.

    Parameters
    ----------
    log_amplitude, log_length, log_noise
        The kernel's parameters, as logarithms.
    X, y
        Samples (n, d) and targets (n,).

    References
    ----------
    Rasmussen, Williams, *Gaussian Processes for Machine Learning*, 2006, equations 2.30 and 2.31.

    Examples
    --------
    >>> round(float(gaussian_process(0.0, 0.0, 0.0, np.array([[0.0], [1.0]]), np.array([1.0, -1.0]))), 6)
    3.200419
    """
    gap = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=2)
    noise = np.diag(np.exp(2 * log_noise) * np.ones_like(y))
    K = np.exp(2 * log_amplitude - 0.5 * gap * np.exp(-2 * log_length)) + noise
    _, log_det = np.linalg.slogdet(K)
    return 0.5 * (y @ np.linalg.solve(K, y) + log_det) + y.shape[0] * HALF_LOG_2PI


@catalogued("mu, log_kappa, x[n]", wrt=("mu", "log_kappa"), group="density")
def von_mises(mu: Array, log_kappa: Array, x: Array) -> Array:
    """Angles around a mean direction: ``log(2 * pi * I0(kappa)) - kappa * mean(cos(x - mu))``. Needs scipy.

    `I0` is the modified Bessel function; its scaled form ``exp(-kappa) * I0(kappa)`` does not overflow.

    Parameters
    ----------
    mu, log_kappa
        Mean direction, and the concentration's logarithm.
    x
        Angles (n,), in radians.

    References
    ----------
    Mardia, Jupp, *Directional Statistics*, 2000, section 3.5.4.

    Examples
    --------
    >>> round(float(von_mises(0.0, 0.0, np.array([0.0, 1.0]))), 6)
    1.30364
    """
    from scipy.special import i0e

    kappa = np.exp(log_kappa)
    return 2 * HALF_LOG_2PI + np.log(i0e(kappa)) + kappa * np.mean(1 - np.cos(x - mu))


# -------------------------------------------------------------------------------------------------- metric learning


@catalogued("A[n,k], B[n,k], same[n], margin", wrt=("A", "B"), group="metric learning", same=_bits, margin=1.5)
def contrastive(A: Array, B: Array, same: Array, margin: Array) -> Array:
    """Draws pairs of one class together and pushes others a margin apart.

    ``mean(same * D**2 + (1 - same) * max(margin - D, 0)**2) / 2``, ``D[i] = sqrt(|A[i] - B[i]|**2 + 1e-12)``, whose
    constant keeps the derivative finite where two points meet.

    Parameters
    ----------
    A, B
        The pairs' embeddings, both (n, k).
    same, margin
        1 for a pair of one class and 0 for others (n,), and the margin, above 0.

    References
    ----------
    Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant mapping", CVPR 2006.

    Examples
    --------
    >>> A, B = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[3.0, 4.0], [1.0, 0.5]])
    >>> round(float(contrastive(A, B, np.array([1.0, 0.0]), 1.0)), 6)
    6.3125
    """
    D2 = np.sum((A - B) ** 2, axis=1) + 1e-12
    return 0.5 * np.mean(same * D2 + (1 - same) * np.maximum(margin - np.sqrt(D2), 0) ** 2)


@catalogued(
    "E[m,k], anchor[n]:int64, positive[n]:int64, negative[n]:int64, margin", wrt="E", group="metric learning",
    anchor=_rows_of("m"), positive=_rows_of("m"), negative=_rows_of("m"), margin=1.0, E=_normal,
)  # fmt: skip
def triplet(E: Array, anchor: Array, positive: Array, negative: Array, margin: Array) -> Array:
    """An anchor should lie nearer to its positive than to its negative, by a margin of squared distance.

    ``mean(max(|E[anchor] - E[positive]|**2 - |E[anchor] - E[negative]|**2 + margin, 0))``.

    Parameters
    ----------
    E
        Embeddings (m, k).
    anchor, positive, negative
        Triples, three int64 arrays (n,) of row numbers.
    margin
        At least 0.

    References
    ----------
    Schroff, Kalenichenko, Philbin, "FaceNet: a unified embedding for face recognition and clustering", CVPR 2015.

    Examples
    --------
    >>> E = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.5]])
    >>> float(triplet(E, np.array([0]), np.array([1]), np.array([2]), 0.25))
    1.0
    """
    near = np.sum((E[anchor] - E[positive]) ** 2, axis=1)
    far = np.sum((E[anchor] - E[negative]) ** 2, axis=1)
    return np.mean(np.maximum(near - far + margin, 0))


@catalogued(
    "A[n,k], B[n,k], tau", wrt=("A", "B"), group="metric learning", tau=0.5, A=_normal, B=_normal,
    sizes={"n": (11, 100, 1_000), "k": (4, 16, 64)},
)  # fmt: skip
def info_nce(A: Array, B: Array, tau: Array) -> Array:
    """Contrastive learning with the other samples of the batch as negatives.

    ``mean(logsumexp(S[i]) - S[i, i])``, ``S[i, j] = cos(A[i], B[j]) / tau``.

    Parameters
    ----------
    A, B
        Embeddings of two views, both (n, k), no row of zeros.
    tau
        Temperature, above 0.

    References
    ----------
    van den Oord, Li, Vinyals, "Representation learning with contrastive predictive coding", 2018; Chen, Kornblith,
    Norouzi, Hinton, "A simple framework for contrastive learning of visual representations", ICML 2020.

    Examples
    --------
    >>> round(float(info_nce(np.eye(2), np.array([[2.0, 0.0], [1.0, 1.0]]), 0.5)), 6)
    0.330085
    """
    A = A / np.sqrt(np.sum(A**2, axis=1, keepdims=True))
    B = B / np.sqrt(np.sum(B**2, axis=1, keepdims=True))
    S = A @ B.T / tau
    return np.mean(_logsumexp(S) - np.diagonal(S))


@catalogued(
    "U[m,k], V[p,k], row[n]:int64, column[n]:int64, y[n], lam", wrt=("U", "V"), group="metric learning",
    row=_rows_of("m"), column=_rows_of("p"), lam=0.01,
    formula="0.5 * mean((sum(U[row] * V[column], axis=1) - y)**2) + 0.5 * lam * (sum(U**2) + sum(V**2))",
)  # fmt: skip
def matrix_factorization(U: Array, V: Array, row: Array, column: Array, y: Array, lam: Array) -> Array:
    """Completes a matrix from some of its entries: ``mean((U[row]·V[column] - y)**2) / 2`` and a quadratic penalty.

    Parameters
    ----------
    U, V
        Factors of rows (m, k) and of columns (p, k).
    row, column, y
        Where the known entries are, two int64 arrays (n,), and the entries (n,).
    lam
        Weight of ``(sum(U**2) + sum(V**2)) / 2``, at least 0.

    References
    ----------
    Koren, Bell, Volinsky, "Matrix factorization techniques for recommender systems", Computer 42 (2009).

    Examples
    --------
    >>> U, V = np.array([[1.0, 0.5]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> float(matrix_factorization(U, V, np.array([0, 0]), np.array([0, 1]), np.array([2.0, 0.0]), 0.0))
    0.3125
    """
    r = np.sum(U[row] * V[column], axis=1) - y
    return 0.5 * np.mean(r**2) + 0.5 * lam * (np.sum(U**2) + np.sum(V**2))


@catalogued(
    "U[m,k], V[m,k], b[m], c[m], row[n]:int64, column[n]:int64, count[n], top", wrt=("U", "V", "b", "c"),
    group="metric learning", row=_rows_of("m"), column=_rows_of("m"), count=_positive, top=1.5,
)  # fmt: skip
def glove(
    U: Array, V: Array, b: Array, c: Array, row: Array, column: Array, count: Array, top: Array
) -> Array:  # fmt: skip
    """Word vectors from counts of joint occurrence.

    ``mean(min(count / top, 1)**0.75 * (U[row]·V[column] + b[row] + c[column] - log(count))**2)``.

    Parameters
    ----------
    U, V, b, c
        Vectors of words and of contexts, both (m, k), and their biases, both (m,).
    row, column, count
        Pairs of words, two int64 arrays (n,), and how often each occurs (n,), above 0.
    top
        The count from which on pairs weigh alike, above 0; 100 is customary.

    References
    ----------
    Pennington, Socher, Manning, "GloVe: global vectors for word representation", EMNLP 2014.

    Examples
    --------
    >>> U, V, b = np.array([[1.0, 0.5]]), np.array([[1.0, 0.0]]), np.zeros(1)
    >>> round(float(glove(U, V, b, b, np.array([0]), np.array([0]), np.array([16.0]), 100.0)), 6)
    0.794888
    """
    r = np.sum(U[row] * V[column], axis=1) + b[row] + c[column] - np.log(count)
    return np.mean(np.minimum(count / top, 1.0) ** 0.75 * r**2)


@catalogued(
    "U[m,k], V[m,k], word[n]:int64, context[n]:int64, noise[n,q]:int64", wrt=("U", "V"), group="metric learning",
    word=_rows_of("m"), context=_rows_of("m"), noise=_rows_of("m"), sizes={"n": (11, 500, 10_000)},
)  # fmt: skip
def skip_gram(U: Array, V: Array, word: Array, context: Array, noise: Array) -> Array:
    """Word vectors by negative sampling (word2vec): true contexts against words drawn at random.

    ``mean(softplus(-U[word]·V[context]) + sum(softplus(U[word]·V[noise[:, a]]) for a in range(q)))``.

    Parameters
    ----------
    U, V
        Vectors of words and of contexts, both (m, k).
    word, context, noise
        Row numbers, int64: pairs seen, both (n,), and q words of noise for each (n, q).

    References
    ----------
    Mikolov, Sutskever, Chen, Corrado, Dean, "Distributed representations of words and phrases and their
    compositionality", NIPS 2013.

    Examples
    --------
    >>> U, V = np.array([[1.0, 0.5]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> round(float(skip_gram(U, np.eye(2), np.array([0]), np.array([0]), np.array([[1, 1, 0]]))), 6)
    3.574677
    """
    u = U[word]
    seen = np.sum(u * V[context], axis=1)
    drawn = np.sum(u[:, None, :] * V[noise], axis=2)
    return np.mean(_softplus(-seen) + np.sum(_softplus(drawn), axis=1))


@catalogued(
    "Y[n,2], P[n,n]", wrt="Y", group="metric learning", Y=_normal, P=_affinities, sizes={"n": (7, 100, 2_000)}
)  # fmt: skip
def t_sne(Y: Array, P: Array) -> Array:
    """Embedding of neighbours: ``sum(P * log(P / Q))``, ``Q[i, j] ∝ 1 / (1 + |Y[i] - Y[j]|**2)`` off the diagonal.

    Parameters
    ----------
    Y, P
        Points of the plane (n, 2), and affinities (n, n): symmetric, of sum 1, zeros on the diagonal.

    References
    ----------
    van der Maaten, Hinton, "Visualizing data using t-SNE", J. Machine Learning Research 9 (2008).

    Examples
    --------
    >>> Y, P = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]]), (1 - np.eye(3)) / 6
    >>> round(float(t_sne(Y, P)), 6)
    0.123068
    """
    D2 = np.sum((Y[:, None, :] - Y[None, :, :]) ** 2, axis=2)
    log_z = np.log(2 * np.sum(np.tril(1 / (1 + D2), -1)))
    return np.sum(P * (np.log(np.where(P > 0, P, 1.0)) + np.log1p(D2) + log_z))


# ------------------------------------------------------------------------------------------------------ divergences


@catalogued("A[n,k], B[n,k]", wrt=("A", "B"), group="divergences")
def kl_divergence(A: Array, B: Array) -> Array:
    """Kullback-Leibler divergence of distributions given by logits: ``mean(sum(P * log(P / Q), axis=1))``.

    ``P = softmax(A)`` and ``Q = softmax(B)``; nothing is divided, so no probability that rounds to 0 does harm.

    Parameters
    ----------
    A, B
        Logits, both (n, k), a distribution a row.

    References
    ----------
    Kullback, Leibler, "On information and sufficiency", Ann. Math. Statist. 22 (1951).

    Examples
    --------
    >>> round(float(kl_divergence(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]]))), 6)
    0.462117
    """
    a, b = _log_softmax(A), _log_softmax(B)
    return np.mean(np.sum(np.exp(a) * (a - b), axis=1))


@catalogued(
    "A[n,k], B[n,k], y[n]:int64, tau, mix", wrt="A", group="divergences", y=_rows_of("k"), tau=2.0, mix=0.7
)  # fmt: skip
def distillation(A: Array, B: Array, y: Array, tau: Array, mix: Array) -> Array:
    """A student learns from a teacher's softened outputs and from the labels.

    ``mix * tau**2 * KL(softmax(B / tau), softmax(A / tau)) + (1 - mix) * cross_entropy(A, y)``, means over the rows.

    Parameters
    ----------
    A, B, y
        Logits of student and teacher, both (n, k), and classes (n,), int64 in 0 .. k - 1.
    tau, mix
        Temperature, above 0, and the teacher's share, in [0, 1].

    References
    ----------
    Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network", 2015.

    Examples
    --------
    >>> A, B = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    >>> round(float(distillation(A, B, np.array([0]), 2.0, 0.5)), 6)
    0.90155
    """
    hard = -np.take_along_axis(_log_softmax(A), y[:, None], axis=1)
    return mix * tau**2 * kl_divergence(B / tau, A / tau) + (1 - mix) * np.mean(hard)


@catalogued("A[n,k], B[n,k]", wrt=("A", "B"), group="divergences")
def jensen_shannon(A: Array, B: Array) -> Array:
    """Jensen-Shannon divergence of distributions given by logits: ``(KL(P, M) + KL(Q, M)) / 2``, ``M = (P + Q) / 2``.

    ``P = softmax(A)`` and ``Q = softmax(B)``; the mean over the rows, at most ``log(2)``.

    Parameters
    ----------
    A, B
        Logits, both (n, k), a distribution a row.

    References
    ----------
    Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. Inform. Theory 37 (1991).

    Examples
    --------
    >>> round(float(jensen_shannon(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]]))), 6)
    0.110944
    """
    a, b = _log_softmax(A), _log_softmax(B)
    m = np.logaddexp(a, b) - LOG_2
    return 0.5 * np.mean(np.sum(np.exp(a) * (a - m) + np.exp(b) * (b - m), axis=1))


@catalogued(
    "mu[n,k], log_var[n,k]", wrt=("mu", "log_var"), group="divergences",
    formula="0.5 * mean(sum(mu**2 + exp(log_var) - 1 - log_var, axis=1))",
)  # fmt: skip
def gaussian_kl(mu: Array, log_var: Array) -> Array:
    """A variational autoencoder's penalty, ``KL(normal(mu, var), normal(0, 1))``.

    ``mean(sum(mu**2 + exp(log_var) - 1 - log_var, axis=1)) / 2``.

    Parameters
    ----------
    mu, log_var
        Means and logarithms of variances, both (n, k).

    References
    ----------
    Kingma, Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B.

    Examples
    --------
    >>> round(float(gaussian_kl(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]]))), 6)
    0.859141
    """
    return 0.5 * np.mean(np.sum(mu**2 + np.exp(log_var) - 1 - log_var, axis=1))


@catalogued(
    "W[n,k], H[k,d], V[n,d]", wrt=("W", "H"), group="divergences", W=_positive, H=_positive, V=_counts,
    sizes={"n": (11, 200, 5_000), "d": (3, 50, 500)},
)  # fmt: skip
def generalized_kl(W: Array, H: Array, V: Array) -> Array:
    """Nonnegative factorisation of counts: ``sum(V * log(V / M) - V + M)``, ``M = W @ H``; half the Poisson deviance.

    Parameters
    ----------
    W, H
        Factors (n, k) and (k, d), above 0.
    V
        The matrix (n, d), at least 0; its zeros count as ``0 * log(0) = 0``.

    References
    ----------
    Lee, Seung, "Algorithms for non-negative matrix factorization", NIPS 2000.

    Examples
    --------
    >>> round(float(generalized_kl(np.array([[1.0], [2.0]]), np.array([[1.0, 2.0]]), np.eye(2))), 6)
    5.613706
    """
    M = W @ H
    return np.sum(V * (np.log(np.where(V > 0, V, 1.0)) - np.log(M)) - V + M)


@catalogued(
    "W[n,k], H[k,d], V[n,d]", wrt=("W", "H"), group="divergences", W=_positive, H=_positive, V=_positive,
    sizes={"n": (11, 200, 5_000), "d": (3, 50, 500)}, formula="sum(V / (W @ H) - log(V / (W @ H)) - 1)",
)  # fmt: skip
def itakura_saito(W: Array, H: Array, V: Array) -> Array:
    """Nonnegative factorisation of power spectra: ``sum(V / M - log(V / M) - 1)``, ``M = W @ H``.

    Parameters
    ----------
    W, H
        Factors (n, k) and (k, d), above 0.
    V
        The matrix (n, d), above 0.

    References
    ----------
    Févotte, Bertin, Durrieu, "Nonnegative matrix factorization with the Itakura-Saito divergence", Neural Computation
    21 (2009).

    Examples
    --------
    >>> round(float(itakura_saito(np.array([[1.0], [2.0]]), np.array([[1.0, 2.0]]), np.ones((2, 2)))), 6)
    1.022589
    """
    R = V / (W @ H)
    return np.sum(R - np.log(R) - 1)


# ------------------------------------------------------------------------------------------------------ time series


@catalogued("c, phi[2], log_sigma, y[t]", wrt=("c", "phi", "log_sigma"), group="time series")
def autoregressive(c: Array, phi: Array, log_sigma: Array, y: Array) -> Array:
    """Autoregression of second order: ``y[t] = c + phi[0] * y[t-1] + phi[1] * y[t-2]`` and Gaussian noise.

    The mean negative log-density, given the first two values.

    Parameters
    ----------
    c, phi, log_sigma
        Intercept, coefficients (2,), and logarithm of the noise's standard deviation.
    y
        The series (t,), of at least 3 values.

    References
    ----------
    Hamilton, *Time Series Analysis*, 1994, section 5.3.

    Examples
    --------
    >>> y = np.array([1.0, 0.5, 2.0, 1.0])
    >>> round(float(autoregressive(0.1, np.array([0.5, -0.25]), 0.0, y)), 6)
    1.821595
    """
    u = (y[2:] - c - phi[0] * y[1:-1] - phi[1] * y[:-2]) * np.exp(-log_sigma)
    return HALF_LOG_2PI + log_sigma + 0.5 * np.mean(u**2)


@catalogued("log_base, log_reply, y[t]", wrt=("log_base", "log_reply"), group="time series")
def arch(log_base: Array, log_reply: Array, y: Array) -> Array:
    """Volatility that answers to the last shock: ``y[t]`` has variance ``base + reply * y[t-1]**2``.

    The mean negative log-density, given the first value.

    Parameters
    ----------
    log_base, log_reply
        The variance's two coefficients, as logarithms.
    y
        The series (t,), of at least 2 values.

    References
    ----------
    Engle, "Autoregressive conditional heteroscedasticity with estimates of the variance of United Kingdom inflation",
    Econometrica 50 (1982).

    Examples
    --------
    >>> round(float(arch(0.0, -1.0, np.array([1.0, 0.5, 2.0, 1.0]))), 6)
    1.845031
    """
    var = np.exp(log_base) + np.exp(log_reply) * y[:-1] ** 2
    return HALF_LOG_2PI + 0.5 * np.mean(np.log(var) + y[1:] ** 2 / var)


@catalogued("x[t], y[t], lam, eps", wrt="x", group="time series", lam=0.5, eps=0.01)
def total_variation(x: Array, y: Array, lam: Array, eps: Array) -> Array:
    """Removes noise and keeps the jumps: ``sum((x - y)**2) / 2 + lam * sum(sqrt(diff(x)**2 + eps**2))``.

    Parameters
    ----------
    x, y
        The clean and the noisy signal, both (t,).
    lam, eps
        Weight of the variation, at least 0, and the width over which its kink is rounded, above 0.

    References
    ----------
    Rudin, Osher, Fatemi, "Nonlinear total variation based noise removal algorithms", Physica D 60 (1992).

    Examples
    --------
    >>> float(total_variation(np.array([0.0, 3.0, 3.0]), np.array([1.0, 3.0, 2.0]), 0.5, 4.0))
    5.5
    """
    return 0.5 * np.sum((x - y) ** 2) + lam * np.sum(np.hypot(np.diff(x), eps))
