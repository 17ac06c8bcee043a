"""What a call takes beside its arguments and results."""

from __future__ import annotations

import numpy as np
import pytest

import gradc
from gradc.errors import ArgumentError

MEAN = ("mean((X @ w - y)**2)", "w[d], X[n,d], y[n]")


def test_the_workspace_of_a_sum_over_samples_does_not_grow_with_them():
    kernel = gradc.compile(*MEAN)
    some = kernel.workspace_bytes(n=10**6, d=50)
    assert 0 < some < 10**6
    assert kernel.workspace_bytes(n=10**8, d=50) == some
    assert kernel.workspace_bytes(n=10**6, d=5000) > some
    assert kernel.workspace_bytes("value", n=10**6, d=50) < some


def test_the_interpreter_takes_none():
    assert gradc.compile(*MEAN, backend="interpret").workspace_bytes(n=10, d=5) == 0


def test_a_workspace_larger_than_memory_is_an_error_and_no_small_number():
    solve = gradc.compile(lambda A, b: np.sum(np.linalg.solve(A, b)), "A[n,n], b[n]")
    gram = gradc.compile(lambda X: np.sum(np.linalg.inv(X @ X.T + 1.0)), "X[n,d]", backend="c")
    wide = gradc.compile(lambda X, u, v: np.sum(np.exp(X)) * np.sum(u) * np.sum(v), "X[n,d*m], u[d], v[m]")
    for n in (2**20, 2**29):
        assert 8 * n * n < solve.workspace_bytes("value", n=n) < 9 * n * n
    for n in (2**30, 2**31, 2**32, 2**33, 2**61):
        with pytest.raises(ArgumentError, match=r"more (bytes|scratch) than memory can have"):
            solve.workspace_bytes("value", n=n)
        with pytest.raises(ArgumentError, match=rf"n = {n}.* more scratch than memory"):
            gram.workspace_bytes("value", n=n, d=0)
    for sizes in ({"n": 2**40, "d": 2**40, "m": 1}, {"n": 1, "d": 2**61, "m": 2**61}, {"n": 2**60, "d": 2, "m": 1}):
        with pytest.raises(ArgumentError, match="more bytes than memory can have"):
            wide.workspace_bytes(**sizes)
    # Where there is nothing in an array, its other axis has any length: the call says so too.
    for call in (gram, gram.value_and_grad):
        with pytest.raises(ArgumentError, match="more scratch than memory"):
            call(np.empty((2**33, 0)))


def test_a_result_larger_than_memory_is_an_error():
    k = gradc.compile("X @ X.T", "X[n,d]", backend="interpret")
    with pytest.raises(ArgumentError, match=r"'value' of shape .* more bytes than memory"):
        k(np.empty((2**33, 0)))


@pytest.mark.parametrize(
    ("sizes", "says"),
    [({"n": 3}, "needs d"), ({"n": 3, "d": 2, "k": 1}, "got 'k'"), ({"n": -3, "d": 2}, "dimension n .*-3")],
)
def test_sizes_that_do_not_fit_are_named(sizes, says):
    with pytest.raises(ArgumentError, match=says):
        gradc.compile(*MEAN).workspace_bytes(**sizes)
