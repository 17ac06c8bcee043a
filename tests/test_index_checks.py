"""An index out of range is an error before anything is read or written, wherever the index stands."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import gradc
from gradc.errors import ArgumentError
from gradc.ir.ranges import bounds_of, stays_inside, stays_natural
from gradc.ir.size import index, size, symbol


def gathered(w: Any, idx: Any) -> Any:
    return np.sum(w[idx] ** 2)


def scanned(w: Any, idx: Any) -> Any:
    carry, _ = gradc.scan(lambda c, t: (c + w[t], c), np.zeros_like(w[0]), idx)
    return carry**2


def shifted(w: Any, idx: Any) -> Any:
    return np.sum(w[idx + 1] * w[idx - 1])


def test_what_is_proved_of_a_subscript_holds_for_all_sizes() -> None:
    """A subscript that needs no check is in its axis wherever the loops are, and no value is beyond its bounds."""
    i, k, n, m = index(0), index(1), symbol("n"), symbol("m")
    plain = [i, i + k, n - 1 - i, 2 * i, m * i + k, i % 3, m - 1 - k + n]
    parts = [size(2), *plain, i + 1, i - 1, i - k, k - n, -i, i // 2, (i + k) // 2, (2 * i + k) // 2]
    extents, axes = (n, m), [n, m, n + m, n + 1, 2 * n, n * m, m * n + m, size(3), n - m, n + m - 1]
    for part, axis in itertools.product(parts, axes):
        inside, natural = stays_inside(part, axis, extents), stays_natural(part, extents)
        bounds = bounds_of(part, extents)
        for rows, columns in itertools.product(range(4), repeat=2):
            sizes = {("dim", "n"): rows, ("dim", "m"): columns}
            for a, b in itertools.product(range(rows), range(columns)):
                value = part.evaluate({**sizes, ("index", 0): a, ("index", 1): b})
                assert not inside or 0 <= value < axis.evaluate(sizes), (part, axis, sizes)
                assert not natural or value >= 0, (part, sizes)
                assert bounds is None or bounds[0].evaluate(sizes) <= value <= bounds[1].evaluate(sizes), (part, sizes)
    assert all(any(stays_inside(part, axis, extents) for axis in axes) for part in plain)


@pytest.mark.parametrize("function", [gathered, scanned, shifted])
def test_index_out_of_range(function: Any) -> None:
    k = gradc.compile(function, "w[n], idx[T]:int64", wrt="w")
    w, good = np.array([1.0, 2.0, 4.0]), np.array([0, 1, -1, 0])
    assert k(w, good) == pytest.approx(function(w, good))
    out = np.full(3, 7.0)
    for bad in ([0, 5], [-6, 0], [np.iinfo(np.int64).max // 2], [np.iinfo(np.int64).min // 2]):
        for call in (k, k.grad, k.forward, lambda *a, k=k: k.vjp(a, 1.0)):
            with pytest.raises(gradc.IndexRangeError, match="idx holds an index out of range"):
                call(w, np.array(bad))
        with pytest.raises(IndexError):
            k.value_and_grad(w, np.array(bad), out=(None, out))
    np.testing.assert_array_equal(out, 7.0)


@pytest.mark.parametrize("backend", ["c", "interpret"])
def test_a_derivative_checks_what_the_loss_reads(backend: str) -> None:
    """The second derivative of ``w[idx]**2`` reads nothing at the index, and yet has no place for one out of range."""
    k = gradc.compile("sum(w[idx]**2 * v)", "w[n], v[T], idx[T]:int64", wrt="w", backend=backend)
    arguments = np.ones(3), np.ones(2), np.array([0, 3])
    residuals = k.forward(np.ones(3), np.ones(2), np.array([0, 2]))[1]
    for call in (k.hessian, k.hessian_diagonal, lambda *a: k.hessian(*a, dense=True)):
        with pytest.raises(gradc.IndexRangeError):
            call(*arguments)
    with pytest.raises(gradc.IndexRangeError):
        k.backward(residuals._replace(arguments=arguments))


def test_axis_too_short_for_a_constant_index() -> None:
    k = gradc.compile("x[3] + sum(x[:5])", "x[n]", name="prefix")
    assert k(np.ones(5)) == 6
    with pytest.raises(gradc.ArgumentError, match="n >= 5"):
        k(np.ones(4))


def test_read_that_a_choice_discards_may_lie_outside() -> None:
    k = gradc.compile("sum[i:n](where(i > 0, x[i-1] * x[i], 0))", "x[n]", name="lag")
    np.testing.assert_array_equal(k.grad(np.array([1.0, 2.0, 3.0])), [2.0, 4.0, 2.0])
    assert k(np.ones(0)) == 0


@pytest.mark.parametrize("backend", ["c", "interpret"])
@pytest.mark.parametrize("index", ["1 % (n//2)", "i % (n//2)", "i // (n//2)", "(n + 1) % (n//2)"])
def test_an_index_that_is_divided_by_nothing_is_refused(index: str, backend: str) -> None:
    k = gradc.compile(f"sum[i:n](x[{index}])", "x[n]", backend=backend)
    assert k(np.ones(2)) == 2.0
    assert k(np.ones(0)) == 0.0  # nothing is divided
    with pytest.raises(ArgumentError, match=r"must have n//2 >= 1 \(an index is divided by n//2\), got n = 1"):
        k(np.ones(1))


@pytest.mark.parametrize("backend", ["c", "interpret"])
def test_a_length_that_is_divided_by_nothing_is_refused(backend: str) -> None:
    k = gradc.compile("sum[i:m//n](0.5) + sum(x) + sum(y)", "x[m], y[n]", backend=backend)
    assert k(np.ones(3), np.ones(1)) == 5.5
    with pytest.raises(ArgumentError, match=r"must have n >= 1 \(a length is m//n\), got n = 0"):
        k(np.ones(3), np.ones(0))


@pytest.mark.parametrize("backend", ["c", "interpret"])
def test_what_divides_outside_of_a_loop_that_does_not_run_is_harmless(backend: str) -> None:
    """An index of an outer loop is computed there, also where the inner loop, which makes its divisor 1, is empty."""
    formula, signature = "sum[i:n, j:d](x[i % d] * y[j] * z[(i + 1) // d])", "x[n], y[d], z[2*n]"
    k = gradc.compile(formula, signature, backend=backend)
    assert k(np.ones(3), np.ones(0), np.ones(6)) == 0.0
    assert k(np.ones(3), np.ones(1), np.ones(6)) == 3.0
    formula, signature = "sum[i:n, j:d](y[i % d] * y[j] * z[(i + 1) // d])", "y[d], z[2*n], x[n]"
    k = gradc.compile(formula, signature, backend=backend)
    assert k(np.ones(0), np.ones(6), np.ones(3)) == 0.0  # nothing is read of y, which has nothing
    assert k(np.ones(1), np.ones(6), np.ones(3)) == 3.0


@pytest.mark.parametrize("backend", ["c", "interpret"])
def test_what_an_index_is_divided_by_is_read(backend: str) -> None:
    k = gradc.compile("sum[i:n](x[5 % idx[i]])", "x[n], idx[n]:int64", backend=backend)
    assert k(np.arange(3.0), np.array([0, 3, 4])) == 3.0  # by 0 it is 0, as in NumPy


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 2), (0, 0)])
def test_reshaping_what_is_empty_divides_by_nothing(shape: tuple[int, int]) -> None:
    k = gradc.compile(lambda X: np.sum(X.reshape(-1) ** 2) + np.sum(X.T.ravel()[::1]), "X[n,d]")
    np.testing.assert_array_equal(k.grad(np.ones(shape)), np.full(shape, 3.0))


JOINED = {
    "joined": lambda p, q, y: _read(np.concatenate((p, q, p[::-1])), p, y),
    "rolled": lambda p, q, y: _read(np.roll(p, 2), q, y),
    "stacked": lambda p, q, y: _read(np.stack((p, q + 1, 2 * p))[q % 3], p, y),
    "twice": lambda p, q, y: _read(np.append(np.concatenate((p, q)), p)[np.concatenate((q, p)) % (3 * p.size)], q, y),
}


def _read(places: Any, at: Any, y: Any) -> Any:
    return np.sum(y[places % 7] * 1.0) + np.sum(places[at % places.shape[0]] * 1.0)


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("backend", ["c", "interpret"])
@pytest.mark.parametrize("name", JOINED)
def test_what_a_choice_discards_of_joined_indices_may_lie_outside(name: str, backend: str, n: int) -> None:
    rng = np.random.default_rng(n)
    p, q, y = rng.integers(0, 9, n), rng.integers(0, 9, n), np.arange(7.0)
    k = gradc.compile(JOINED[name], "p[m]:int64, q[m]:int64, y[n]", wrt="y", backend=backend)
    assert k(p, q, y) == JOINED[name](p, q, y)


@pytest.mark.parametrize("backend", ["c", "interpret"])
def test_an_index_outside_of_joined_indices_is_an_error(backend: str) -> None:
    k = gradc.compile(
        lambda p, q, y: np.sum(np.concatenate((p, p))[q] * y[0]),
        "p[m]:int64, q[k]:int64, y[n]",
        wrt="y",
        backend=backend,
    )
    assert k(np.array([1, 2]), np.array([3, -1, 0]), np.ones(1)) == 5.0
    for bad in (4, -5):
        with pytest.raises(IndexError, match="out of range"):
            k(np.array([1, 2]), np.array([0, bad]), np.ones(1))


@pytest.mark.parametrize("backend", ["c", "interpret"])
def test_each_of_many_index_arrays_has_an_error_of_its_own(backend: str) -> None:
    count = 110  # more than any status that is not an error
    names = [f"i{k}" for k in range(count)]
    text, signature = (
        " + ".join(f"x[{name}[0]]" for name in names),
        ", ".join(f"{name}[m{name}]:int64" for name in names),
    )
    k = gradc.compile(text, f"x[n], {signature}", wrt="x", backend=backend)
    right = [np.array([0]) for _ in names]
    for bad in range(count):
        with pytest.raises(IndexError, match="out of range"):
            k(np.ones(3), *right[:bad], np.array([9]), *right[bad + 1 :])
    assert k(np.ones(3), *right) == count
