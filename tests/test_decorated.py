"""The decorator: nothing is compiled before it is used, and what it gives is a kernel in every respect."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import gradc
from gradc.sampling import draw_sizes, samples

TRACED = []


@gradc.kernel("x[n], y[n]", wrt=("x", "y"))
def distance(x, y):
    """The squared distance."""
    TRACED.append(1)
    return np.sum((x - y) ** 2)


def test_it_is_traced_once_and_late(monkeypatch):
    monkeypatch.setattr("gradc.compiled.fingerprint", lambda source: None)  # else the cache may know it
    TRACED.clear()
    fresh = gradc.kernel("x[n], y[n]")(distance.function)
    assert not TRACED
    assert fresh([1.0], [3.0]) == 4.0
    assert fresh.grad([1.0], [3.0]).tolist() == [-4.0]
    assert len(TRACED) == 1


def test_it_is_a_kernel():
    value, (grad_x, grad_y) = distance.value_and_grad([1.0], [3.0])
    assert (value, grad_x.tolist(), grad_y.tolist()) == (4.0, [-4.0], [4.0])
    assert repr(distance) == "<gradc kernel distance(x[n], y[n]), wrt (x, y), float64>"
    assert distance.__doc__ == "The squared distance."
    assert distance.function(np.ones(2), np.zeros(2)) == 2.0
    assert gradc.check_grad(distance, np.ones(2), np.zeros(2)).ok


def test_it_pickles_by_name():
    assert pickle.loads(pickle.dumps(distance)) is distance


def test_the_decorator_outlives_a_compilation():
    # A submodule of the same name would take its place as soon as it is imported.
    gradc.compile("sum(x)", "x[n]")([1.0])
    assert callable(gradc.kernel)
    for name in gradc.__all__:
        assert type(getattr(gradc, name)).__name__ != "module" or name == "losses"


def test_an_attribute_error_of_the_loss_is_shown():
    @gradc.kernel("x[n]")
    def wrong(x):
        return np.sum(x).nothing

    with pytest.raises(AttributeError, match="nothing"):
        wrong([1.0])


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = distance.no_such_thing


@pytest.mark.parametrize(
    ("formula", "signature", "bounds"),
    [
        ("sum[i:n](E[idx[i], 0])", "E[v,d], idx[n]:int64", {"idx": "v"}),
        ("sum[i:n](A[r[i], c[i]])", "A[a,b], r[n]:int32, c[n]:int64", {"r": "a", "c": "b"}),
        ("sum(x) + sum[i:n](k[i] * 1.0)", "x[n], k[n]:int64", {}),
    ],
)
def test_integers_are_drawn_in_the_range_that_they_index(formula, signature, bounds):
    kernel = gradc.compile(formula, signature)
    sizes = draw_sizes(kernel)
    assert len(set(sizes.values())) == len(sizes)
    for sample in samples(kernel):
        kernel(*sample.arguments)
        for name, value in zip(kernel.arguments, sample.arguments, strict=True):
            if np.asarray(value).dtype.kind == "i":
                assert value.min() >= 0
                assert value.max() < (sizes[bounds[name]] if name in bounds else 2)


def test_sizes_fit_the_extents():
    sizes = draw_sizes(gradc.compile("sum(x) + sum(y) + sum(z)", "x[n], y[n-4], z[m-n]"))
    assert sizes["n"] >= 4
    assert sizes["m"] >= sizes["n"]
