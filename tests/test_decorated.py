"""The decorator: nothing is compiled before it is used, and what it gives is a kernel in every respect."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest

import gradc
from gradc.artefacts import write_artefact
from gradc.making import retyped
from gradc.sampling import draw_sizes, samples

TRACED = []


@gradc.kernel("x[n], y[n]", wrt=("x", "y"))
def distance(x, y):
    """The squared distance."""
    TRACED.append(1)
    return np.sum((x - y) ** 2)


def test_it_is_traced_once_and_late(monkeypatch):
    monkeypatch.setattr("gradc.making.fingerprint", lambda source: None)  # else the cache may know it
    TRACED.clear()
    fresh = gradc.kernel("x[n], y[n]", check=False)(distance.function)
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


def line(w, c):
    return np.sum(c) * w**2 / 2 + np.sum(c) * w


ASKED = {
    "wrt": ("c", "w"),
    "name": "other",
    "dtype": "float32",
    "backend": "interpret",
    "threads": 3,
    "stabilise": False,
    "precise": True,
    "reduce": "compensated",
    "check": False,
}
MADE = {  # each way of making one kernel of another, and what it changes
    "again": (lambda k, **asked: gradc.compile(line, "w, c[n]", **asked), {}),
    "decorated": (lambda k, **asked: gradc.kernel("w, c[n]", **asked)(line), {}),
    "pickled": (lambda k, **asked: pickle.loads(pickle.dumps(k)), {}),
    "specialised": (lambda k, **asked: k.specialize(n=4), {"name": "{}_n4"}),
    "specialised twice": (lambda k, **asked: k.specialize(n=4) and k.specialize(n=4), {"name": "{}_n4"}),
    "retyped": (lambda k, **asked: retyped(k, "float32"), {"dtype": "float32"}),
}


@pytest.mark.parametrize(
    "asked", [{}, *({key: value} for key, value in ASKED.items()), ASKED], ids=lambda a: ",".join(a)
)
def test_every_option_arrives(asked):
    k = gradc.compile(line, "w, c[n]", **asked)
    given = {"wrt": "w", "name": "line", "dtype": "float64", "backend": "auto", "threads": None} | asked
    assert k.options[2:] == (
        isinstance(given["wrt"], str),
        *(given[key] for key in ("dtype", "backend", "threads")),
        *(asked.get("stabilise", True), asked.get("precise", False), asked.get("reduce", "plain")),
        asked.get("check", True),
    )
    assert k.options[:2] == (given["name"], tuple(given["wrt"]))
    for way, (make, changes) in MADE.items():
        made = make(k, **asked)
        wanted = {key: text.format(getattr(k, key)) for key, text in changes.items()}
        assert made.options == k.options._replace(**wanted), way
        for name in ("wrt", "name", "dtype", "backend", "stabilised", "precise", "reduce"):
            assert getattr(made, name) == getattr(made.options, name), way
        assert (made.written == made.program) == (k.written == k.program), way


def test_options_reach_the_second_derivatives():
    c, tiny = np.array([1e16, 1.0, -1e16, 0.0]), np.array([1e-30, 0.0, 0.0, 0.0])
    for backend in ("c", "interpret"):
        k = gradc.compile(line, "w, c[n]", reduce="compensated", backend=backend)
        for made in (k, k.specialize(n=4), pickle.loads(pickle.dumps(k))):
            assert (made.hessian(1.0, c), made.hvp((1.0, c), 1.0), made.hessian_diagonal(1.0, c)) == (1.0, 1.0, 1.0)
            assert made.value_grad_hessian(1.0, c)[2] == made.bind("hessian", c=c)(1.0) == 1.0
            assert made.grad(1.0, c) == 2.0
            assert made.map(np.ones(2), c).tolist() == [1.5, 1.5]
        both = gradc.compile(line, "w, c[n]", wrt=("w", "c"), reduce="compensated", backend=backend)
        assert both.jacobian(1.0, c)[0] == 2.0
        assert both.hessian(1.0, tiny)[0][0] == 1e-30
    for mode in ("value", "vjp", "hessian", "hvp", "hessian_diagonal", "value_grad_hessian", "gauss_newton"):
        k = gradc.compile("sum(exp(c)) * exp(w)", "w, c[n]", precise=True)
        assert "gradc_exp" not in "".join(k.unit(mode).function.lines), mode


def test_options_reach_what_is_shipped(tmp_path):
    k = gradc.compile(line, "w, c[n]", name="shipped_line", reduce="compensated")
    write_artefact(k, tmp_path, ("hessian", "value_grad_hessian"))
    call = "import numpy as np, shipped_line as s; c = np.array([1e16, 1.0, -1e16, 0.0]);"
    call += "print(s.hessian(1.0, c), s.value_grad_hessian(1.0, c)[2], s.value(1.0, c))"
    found = subprocess.run([sys.executable, "-c", call], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["1.0", "1.0", "1.5"]


def test_its_names_are_completed_before_it_is_traced():
    fresh = gradc.kernel("x[n], y[n]", check=False)(distance.function)
    TRACED.clear()
    names = dir(fresh)
    assert {"value_and_grad", "hessian", "bind", "kernel", "function"} <= set(names)
    assert not TRACED
    assert "kernel" not in vars(fresh)
    fresh([1.0], [3.0])
    assert "arguments" in dir(fresh)
    for name in dir(distance):
        getattr(distance, name)
    assert list(inspect.signature(fresh).parameters) == ["x", "y"]


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


def test_a_decorator_without_a_signature_says_so():
    with pytest.raises(gradc.SignatureError, match=r'@gradc.kernel\("x\[n\], c"\)'):

        @gradc.kernel
        def bare(x):
            return np.sum(x)


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
    sizes = draw_sizes(kernel.program)
    assert len(set(sizes.values())) == len(sizes)
    for sample in samples(kernel.program, kernel.dtype):
        kernel(*sample.arguments)
        for name, value in zip(kernel.arguments, sample.arguments, strict=True):
            if np.asarray(value).dtype.kind == "i":
                assert value.min() >= 0
                assert value.max() < (sizes[bounds[name]] if name in bounds else 2)


def test_sizes_fit_the_extents():
    sizes = draw_sizes(gradc.compile("sum(x) + sum(y) + sum(z)", "x[n], y[n-4], z[m-n]").program)
    assert sizes["n"] >= 4
    assert sizes["m"] >= sizes["n"]
