"""Loops written by hand for Numba: rows of X, each read once, with fastmath.

    functions = loops(parallel=False)
    value, gradient = functions["ridge"](parts, w, X, y, lam)

All linear models share one loop, around the loss of one sample and its derivative. For threads, `parts` ranges of rows
have sums of their own.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

inner = numba.njit(fastmath=True, error_model="numpy")


# The loss of one sample and its derivative by the prediction, from the prediction z, the target y and two parameters.


def squared(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    r = z - y
    return 0.5 * r * r, r


def absolute_error(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    r = z - y
    return abs(r), np.sign(r)


def huber(z: Any, y: Any, delta: Any, _q: Any) -> Any:
    r = z - y
    c = min(max(r, -delta), delta)
    return c * (r - 0.5 * c), c


def pseudo_huber(z: Any, y: Any, delta: Any, _q: Any) -> Any:
    r = z - y
    u = r / delta
    s = math.sqrt(1 + u * u)
    return r * r / (1 + s), r / s


def log_cosh(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    a = abs(z - y)
    e = math.exp(-2 * a)
    return a + math.log1p(e) - math.log(2.0), math.copysign((1 - e) / (1 + e), z - y)


def tukey_biweight(z: Any, y: Any, c: Any, _q: Any) -> Any:
    r = z - y
    u = r / c
    t = max(1 - u * u, 0.0)
    return c * c / 6 * (1 - t * t * t), r * t * t


def pinball(z: Any, y: Any, tau: Any, _q: Any) -> Any:
    slope = tau if y > z else tau - 1
    return slope * (y - z), -slope


def expectile(z: Any, y: Any, tau: Any, _q: Any) -> Any:
    r = y - z
    weight = tau if r > 0 else 1 - tau
    return weight * r * r, -2 * weight * r


def epsilon_insensitive(z: Any, y: Any, eps: Any, _lam: Any) -> Any:
    r = z - y
    over = abs(r) - eps
    return max(over, 0.0), np.sign(r) if over > 0 else 0.0


def poisson(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    mu = math.exp(z)
    return mu - y * z, mu - y


def gamma(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    t = y * math.exp(-z)
    return z + t, 1 - t


def tweedie(z: Any, y: Any, power: Any, _q: Any) -> Any:
    a, b = 1 - power, 2 - power
    ea, eb = math.exp(a * z), math.exp(b * z)
    return 2 * (y**b / (a * b) - y * ea / a + eb / b), 2 * (eb - y * ea)


def logistic(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    m = -y * z
    e = math.exp(-abs(m))
    return max(m, 0.0) + math.log1p(e), -y * (1.0 if m > 0 else e) / (1.0 + e)


def binary_cross_entropy(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    e = math.exp(-abs(z))
    return max(z, 0.0) + math.log1p(e) - y * z, (1.0 if z > 0 else e) / (1.0 + e) - y


def focal(z: Any, y: Any, alpha: Any, gamma: Any) -> Any:
    sign = 2 * y - 1
    s = sign * z
    e = math.exp(-abs(s))
    log1p = math.log1p(e)
    wrong, right = max(s, 0.0) + log1p, max(-s, 0.0) + log1p  # minus the logarithms of 1 - p and p
    p = (1.0 if s > 0 else e) / (1.0 + e)
    weight = (alpha * y + (1 - alpha) * (1 - y)) * math.exp(-gamma * wrong)
    return weight * right, -sign * weight * (gamma * p * right + 1 - p)


def probit(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    m = y * z
    # Far to the left the distribution function is 0, and a continued fraction gives its logarithm.
    if m > -10:
        f = 0.5 * math.erfc(-m * math.sqrt(0.5))
        return -math.log(f), -y * math.exp(-0.5 * m * m) / (math.sqrt(2 * math.pi) * f)
    t = -m
    hazard = t + 1 / (t + 2 / (t + 3 / (t + 4 / (t + 5 / (t + 6 / t)))))
    return 0.5 * m * m + 0.5 * math.log(2 * math.pi) + math.log(hazard), -y * hazard


def hinge(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    m = 1 - y * z
    return max(m, 0.0), -y if m > 0 else 0 * y


def squared_hinge(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    m = max(1 - y * z, 0.0)
    return m * m, -2 * y * m


def exponential(z: Any, y: Any, _p: Any, _q: Any) -> Any:
    e = math.exp(-y * z)
    return e, -y * e


# What the parameters make of a quadratic and an absolute penalty on the weights.


def unpenalised(p: Any, _q: Any) -> Any:
    return 0.0 * p, 0.0 * p


def quadratic(lam: Any, _q: Any) -> Any:
    return lam, 0.0 * lam


def quadratic_second(_p: Any, lam: Any) -> Any:
    return lam, 0.0 * lam


def absolute(lam: Any, _q: Any) -> Any:
    return 0.0 * lam, lam


def mixed(lam: Any, ratio: Any) -> Any:
    return lam * (1 - ratio), lam * ratio


LINEAR: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "squared_error": (squared, unpenalised),
    "ridge": (squared, quadratic),
    "lasso": (squared, absolute),
    "elastic_net": (squared, mixed),
    "absolute_error": (absolute_error, unpenalised),
    "huber": (huber, unpenalised),
    "pseudo_huber": (pseudo_huber, unpenalised),
    "log_cosh": (log_cosh, unpenalised),
    "tukey_biweight": (tukey_biweight, unpenalised),
    "pinball": (pinball, unpenalised),
    "expectile": (expectile, unpenalised),
    "epsilon_insensitive": (epsilon_insensitive, quadratic_second),
    "poisson": (poisson, unpenalised),
    "gamma": (gamma, unpenalised),
    "tweedie": (tweedie, unpenalised),
    "logistic": (logistic, quadratic),
    "binary_cross_entropy": (binary_cross_entropy, unpenalised),
    "focal": (focal, unpenalised),
    "probit": (probit, unpenalised),
    "hinge": (hinge, quadratic),
    "squared_hinge": (squared_hinge, quadratic),
    "exponential": (exponential, unpenalised),
}


@functools.cache
def loops(parallel: bool) -> dict[str, Callable[..., Any]]:
    """A function for each loss that there is a loop for; compiled when it is called."""
    jit = numba.njit(fastmath=True, error_model="numpy", parallel=parallel)

    def linear(each: Callable[..., Any], penalty: Callable[..., Any]) -> Callable[..., Any]:
        each, penalty = inner(each), inner(penalty)

        @inner
        def rows(begin: int, end: int, w: Any, X: Any, y: Any, p: Any, q: Any, gradient: Any) -> Any:
            total = 0.0
            for i in range(begin, end):
                z = w[0] * 0
                for j in range(w.size):
                    z += X[i, j] * w[j]
                value, slope = each(z, y[i], p, q)
                total += value
                for j in range(w.size):
                    gradient[j] += X[i, j] * slope
            return total

        @jit
        def loss(parts: int, w: Any, X: Any, y: Any, p: Any = 0.0, q: Any = 0.0) -> Any:
            n = len(y)
            gradients = np.zeros((parts, w.size), w.dtype)
            totals = np.zeros(parts)
            for part in numba.prange(parts):
                totals[part] = rows(part * n // parts, (part + 1) * n // parts, w, X, y, p, q, gradients[part])
            squares, moduli = penalty(p, q)
            gradient = gradients.sum(axis=0) / n + squares * w + moduli * np.sign(w)
            value = totals.sum() / n + 0.5 * squares * (w * w).sum() + moduli * np.abs(w).sum()
            return value, gradient.astype(w.dtype)

        return loss

    @inner
    def two_layer_rows(
        begin: int, end: int, W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any, g1: Any, gb1: Any, g2: Any, gb2: Any
    ) -> Any:
        (d, h), k, n = W1.shape, b2.size, len(y)
        t, r, z = np.empty_like(b1), np.empty_like(b1), np.empty_like(b2)
        total = 0.0
        for m in range(begin, end):
            t[:] = b1
            for i in range(d):
                for j in range(h):
                    t[j] += X[m, i] * W1[i, j]
            z[:] = b2
            for j in range(h):
                t[j] = math.tanh(t[j])
                for c in range(k):
                    z[c] += t[j] * W2[j, c]
            most = z[0]
            for c in range(k):
                most = max(most, z[c])
            true, s = z[y[m]] - most, z[0] * 0
            for c in range(k):
                z[c] = math.exp(z[c] - most)
                s += z[c]
            total += math.log(s) - true
            for c in range(k):
                z[c] /= s * n
            z[y[m]] -= 1.0 / n
            for c in range(k):
                gb2[c] += z[c]
            for j in range(h):
                a = z[0] * 0
                for c in range(k):
                    a += z[c] * W2[j, c]
                    g2[j, c] += t[j] * z[c]
                r[j] = a * (1 - t[j] * t[j])
                gb1[j] += r[j]
            for i in range(d):
                for j in range(h):
                    g1[i, j] += X[m, i] * r[j]
        return total / n

    @jit
    def two_layer(parts: int, W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any) -> Any:
        (d, h), k, n = W1.shape, b2.size, len(y)
        g1, gb1 = np.zeros((parts, d, h), W1.dtype), np.zeros((parts, h), W1.dtype)
        g2, gb2 = np.zeros((parts, h, k), W1.dtype), np.zeros((parts, k), W1.dtype)
        totals = np.zeros(parts)
        for p in numba.prange(parts):
            begin, end = p * n // parts, (p + 1) * n // parts
            totals[p] = two_layer_rows(begin, end, W1, b1, W2, b2, X, y, g1[p], gb1[p], g2[p], gb2[p])
        return totals.sum(), g1.sum(axis=0), gb1.sum(axis=0), g2.sum(axis=0), gb2.sum(axis=0)

    @inner
    def rosenbrock(_: int, x: Any) -> Any:
        a, b = x[0], x[1]
        s = b - a * a
        gradient = np.empty_like(x)
        gradient[0] = -2 * (1 - a) - 400 * a * s
        gradient[1] = 200 * s
        return (1 - a) ** 2 + 100 * s * s, gradient

    @jit
    def exp_sin_log(_: int, a: Any, b: Any, c: Any) -> Any:
        f, fa, fb, fc = np.empty_like(a), np.empty_like(a), np.empty_like(a), np.empty_like(a)
        for i in numba.prange(a.size):
            e, p, q = math.exp(-a[i] * a[i]), 1 + b[i] * b[i], 1 + c[i] * c[i]
            es, ec = e * math.sin(b[i] * c[i]), e * math.cos(b[i] * c[i])
            log, root = math.log(p), 1 / math.sqrt(q)
            f[i] = es + log * root
            fa[i] = -2 * a[i] * es
            fb[i] = c[i] * ec + 2 * b[i] / p * root
            fc[i] = b[i] * ec - c[i] * log * root / q
        return f, fa, fb, fc

    return {
        **{name: linear(*parts) for name, parts in LINEAR.items()},
        "two_layer": two_layer,
        "rosenbrock": rosenbrock,
        "exp_sin_log": exp_sin_log,
    }
