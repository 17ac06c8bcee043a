"""What a call takes beside its arguments and results."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("sizes", "says"),
    [({"n": 3}, "needs d"), ({"n": 3, "d": 2, "k": 1}, "got 'k'"), ({"n": -3, "d": 2}, "dimension n .*-3")],
)
def test_sizes_that_do_not_fit_are_named(sizes, says):
    with pytest.raises(ArgumentError, match=says):
        gradc.compile(*MEAN).workspace_bytes(**sizes)
