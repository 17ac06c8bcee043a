"""An index out of range is an error before anything is read or written, wherever the index stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradc


def gathered(w: Any, idx: Any) -> Any:
    return np.sum(w[idx] ** 2)


def scanned(w: Any, idx: Any) -> Any:
    carry, _ = gradc.scan(lambda c, t: (c + w[t], c), np.zeros_like(w[0]), idx)
    return carry**2


def shifted(w: Any, idx: Any) -> Any:
    return np.sum(w[idx + 1] * w[idx - 1])


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
