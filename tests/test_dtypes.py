"""Every dtype that a signature knows reaches C: as an array, as a number, and as an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradc
from gradc.frontends.signature import DTYPES

WHOLE = [name for name in DTYPES if "int" in name]


@pytest.mark.parametrize("dtype", WHOLE)
def test_whole_numbers(dtype: str) -> None:
    k = gradc.compile(
        "sum[i:n](x[at[i]] * m) + shift", f"x[d], at[n]:{dtype}, m:{dtype}, shift", wrt="x", name=f"f_{dtype}"
    )
    at = np.array([0, 2, 2], dtype=dtype)
    value, gradient = k.value_and_grad([1.0, 2.0, 4.0], at, 3, 0.5)
    assert value == 27.5
    np.testing.assert_array_equal(gradient, [3.0, 0.0, 6.0])


def test_truth_values() -> None:
    k = gradc.compile("sum(where(keep, x**2, 0))", "x[n], keep[n]:bool", wrt="x", name="kept")
    np.testing.assert_array_equal(k.grad([1.0, np.inf, 3.0], [True, False, True]), [2.0, 0.0, 6.0])


# What NumPy makes of integers and conditions, over x of reals, k and m of integers, b and c of conditions.
OF_WHOLE: dict[str, Callable[..., Any]] = {
    "bits": lambda x, k, m, b, c: (k & 1) + (k & m) * 2 + (k | m) * 3 + (k ^ m) * 5 + ~k * 7,
    "bits of numbers": lambda x, k, m, b, c: (6 & k) + (1 | k) + (3 ^ k) + np.bitwise_and(k, 2) + np.invert(m),
    "bits of conditions": lambda x, k, m, b, c: (b & c) * 1 + (b | c) * 2 + (b ^ c) * 4 + ~b * 8,
    "bits of both": lambda x, k, m, b, c: (b & k) + (c ^ 3) + (b | 4),
    "shifts": lambda x, k, m, b, c: (k >> 1) + (k << 2) + np.left_shift(m, 3) + np.right_shift(m, 2),
    "unpacked": lambda x, k, m, b, c: (k[:, None] >> np.arange(6)) & 1,
    "divided": lambda x, k, m, b, c: k // m + 10 * (k % m) + k // k + k // 2 + 100 * (k % 3) + b // c + b % c,
    "powers": lambda x, k, m, b, c: x[(k**2) % 4] + x[np.sign(k) + 1] + k**5,
    "cut to whole": lambda x, k, m, b, c: np.full_like(k, 2.7) + np.full_like(b, 2.7) * x + np.full_like(x, 2) / 4,
    "of a kind": lambda x, k, m, b, c: np.full_like(k, 2.7, dtype=float) + (np.ones_like(x, dtype=int) & k),
    "ones": lambda x, k, m, b, c: (np.ones_like(b) + np.ones_like(b)) * 1 + np.zeros_like(b) + np.ones_like(k) // 2,
    "full": lambda x, k, m, b, c: (np.full(x.shape[0], 7) & k) + np.full(x.shape, 2.7, dtype=int) * x,
    "made whole": lambda x, k, m, b, c: np.zeros(x.shape, int) | k,
    "products of conditions": lambda x, k, m, b, c: np.dot(b, c) + 2 * (b @ b) + 4 * np.inner(c, c) + np.vdot(b, b),
    "pairs of conditions": lambda x, k, m, b, c: np.outer(b, c) + np.outer(b, b) + np.einsum("i,i", b, b) * 2,
    "differences": lambda x, k, m, b, c: np.diff(b) * 1.0 + np.diff(k),
    "extremes": lambda x, k, m, b, c: (np.max(b) + np.max(c)) * 1 + np.minimum(b, c) + np.fmax(b, c) + np.abs(b),
    "counts": lambda x, k, m, b, c: np.sum(b) + np.mean(b) + np.prod(c) + np.cumsum(b) + np.sum(b, dtype=int),
    "sums": lambda x, k, m, b, c: (b + c) * 1 + 2 * np.add(b, c, dtype=int) + (b * c) + True * b,
    "compared": lambda x, k, m, b, c: (k > 0.5) * 1 + (b > 0) * 2 + (b == c) * 4 + (k == 5.0) * 8,
    "rounded": lambda x, k, m, b, c: np.round(k * 7.0, -1) + np.round(x * 2.5) + np.floor(k) + np.trunc(x * 1.7),
    "chosen": lambda x, k, m, b, c: np.where(b, k, m) // 2 + np.clip(k, 0, 3) // 2 + np.select([b, c], [k, m], 0),
    "quotients": lambda x, k, m, b, c: x // 0.1 + x % 0.1 + np.fmod(x, 0.1) + divmod(x, -0.3)[0] + (k / 2) // 0.1,
    "quotients by nothing": lambda x, k, m, b, c: x // 0.0,
}
X, K, M = np.array([1.0, 6.0, 0.3, -1.0]), np.array([5, 2, -3, 4]), np.array([3, 0, 2, -1])
B, C = np.array([True, False, True, False]), np.array([True, True, False, False])
OPERANDS = "x[n], k[n]:int64, m[n]:int64, b[n]:bool, c[n]:bool"


@pytest.mark.parametrize("name", OF_WHOLE)
def test_whole_numbers_and_conditions_are_those_of_numpy(name: str) -> None:
    function = OF_WHOLE[name]
    with np.errstate(all="ignore"):
        expected = np.asarray(function(X, K, M, B, C), dtype=float)
    found = gradc.compile(function, OPERANDS, wrt="x", backend="interpret")(X, K, M, B, C)
    np.testing.assert_array_equal(found, expected)


def test_whole_numbers_and_conditions_in_c() -> None:
    def everything(x, k, m, b, c):
        return np.concatenate([np.ravel(1.0 * function(x, k, m, b, c)) for function in OF_WHOLE.values()])

    with np.errstate(all="ignore"):
        expected = everything(X, K, M, B, C)
    k = gradc.compile(everything, OPERANDS.replace("[n]", "[4]"), wrt="x", name="whole", backend="c")
    np.testing.assert_array_equal(k(X, K, M, B, C), expected)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x, k, m, b, c: b - c, r"a \^ b is where they differ"),
        (lambda x, k, m, b, c: -b, "~a is where"),
        (lambda x, k, m, b, c: np.sign(b), "sign of conditions"),
        (lambda x, k, m, b, c: x & 1, "`&` of real numbers"),
        (lambda x, k, m, b, c: ~x, "`~` of real numbers"),
        (lambda x, k, m, b, c: x << 2, "`<<` of real numbers"),
        (lambda x, k, m, b, c: k >> m, r"x // p"),
        (lambda x, k, m, b, c: k**-1, r"1.0 / k"),
        (lambda x, k, m, b, c: np.sum(x, dtype=int), "np.sum with dtype="),
        (lambda x, k, m, b, c: np.full_like(k, x[0]), "real numbers made integers"),
        (lambda x, k, m, b, c: np.linspace(0, 1, x.shape[0], dtype=int), "real numbers made integers"),
    ],
)
def test_what_whole_numbers_cannot_do_is_refused_by_name(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(gradc.UnsupportedError, match=message):
        gradc.compile(function, OPERANDS, wrt="x")


OF_NARROW: dict[str, Callable[..., Any]] = {
    "sums": lambda u, v: u + v,
    "of numbers": lambda u, v: (u + 100) * 1.0,
    "differences": lambda u, v: u - v,
    "products": lambda u, v: u * v + u,
    "squares": lambda u, v: u**2,
    "signs": lambda u, v: -u,
    "bits": lambda u, v: ~u + (u << 3),
    "parts": lambda u, v: u[1:] + v[:-1],
    "in place": lambda u, v: np.multiply(u, v, out=u * 1),
    "made wide": lambda u, v: u.astype(np.int64) * v,
    "sum of all": lambda u, v: np.sum(u) + np.mean(v),
    "with reals": lambda u, v: u * 1.5 + v,
    "compared": lambda u, v: (u - v > 100) * 1,
}


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32"])
def test_narrow_integers_wrap_around(dtype: str) -> None:
    most = np.iinfo(dtype).max
    u, v = np.array([most, 3, most // 2, 0], dtype=dtype), np.array([2, 7, most, 1], dtype=dtype)
    for function in OF_NARROW.values():
        k = gradc.compile(
            lambda u, v, x, function=function: x * function(u, v),
            f"u[n]:{dtype}, v[n]:{dtype}, x",
            wrt="x",
            backend="interpret",
        )
        np.testing.assert_array_equal(k(u, v, 1.0), 1.0 * function(u, v))


def test_products_of_narrow_integers_are_refused() -> None:
    with pytest.raises(gradc.UnsupportedError, match=r"x\.astype\(np\.int64\)"):
        gradc.compile(lambda u, x: x * (u @ u), "u[n]:uint8, x")
    with pytest.raises(gradc.UnsupportedError, match="declare the argument as int64"):
        gradc.compile(lambda u, x: x * np.sum(u - 1), "u[n]:uint64, x")


def test_bits_in_a_formula() -> None:
    k = gradc.compile("sum[i:n](x[i] * ((k[i] & 6) | ~k[i]))", "x[n], k[n]:int64", backend="interpret")
    assert k(X, K) == np.sum(X * ((K & 6) | ~K))


def test_single_beside_double() -> None:
    k = gradc.compile("sum(x * s)", "x[n], s[n]:float32", wrt="x", name="mixed")
    np.testing.assert_array_equal(k.grad(np.ones(2), np.array([0.5, 2], np.float32)), [0.5, 2.0])


@pytest.mark.parametrize("formula", ["sum(s)", "sum(x * s)", "sum(outer(x, s) @ s)"])
def test_arguments_of_another_precision_are_summed_in_the_kernels(formula: str) -> None:
    rng = np.random.default_rng(0)
    x, s = rng.standard_normal(1000), rng.standard_normal(1000).astype(np.float32)
    found = gradc.compile(formula, "x[n], s[n]:float32", backend="interpret")(x, s)
    wide = s.astype(np.float64)
    expected = {"sum(s)": wide.sum(), "sum(x * s)": x @ wide}.get(formula, x.sum() * (wide @ wide))
    assert abs(found - expected) <= 1e-12 * max(abs(expected), 1)
    single = gradc.compile("s / 3 + sum(s)", "x, s[n]:float64", dtype="float32", backend="interpret")
    assert single(1.0, wide).dtype == np.float32
