"""One loss at many points, and losses of a size that is known: `map`, `specialize`, `workspace_bytes`."""

from __future__ import annotations

import importlib
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

import gradc
from gradc import programs
from gradc.artefacts import write_artefact
from gradc.calculus.semantics import SEMANTICS
from gradc.errors import ArgumentError, ArgumentTypeError, UnsupportedError
from gradc.ir.interpret import interpret
from gradc.ir.verify import verify
from gradc.modes import VALUE_AND_GRAD
from gradc.passes.batch import batch
from gradc.passes.specialise import specialise
from gradc.runtime.cache import open_cache
from gradc.runtime.toolchain import find_compiler
from gradc.units import render

RNG = np.random.default_rng(5)

# Sources, signatures, and which arguments have a row for each point.
MAPPED = [
    ("(a - x)**2 + 100*(y - x**2)**2", "x, y, a", "xy"),
    ("(a - x)**2 + 100*(y - x**2)**2", "x, y, a", "xya"),
    ("(1 - x[0])**2 + 100*(x[1] - x[0]**2)**2", "x[2]", "x"),
    ("sum(exp(-x * y)) + log(1 + y**2)", "x[3], y", "x"),
    ("sum(exp(-x * y)) + log(1 + y**2)", "x[3], y", "y"),
    ("sum((X @ w - y)**2) / 2", "w[d], X[n,d], y[n]", "w"),
    ("sum((X @ w - y)**2) / 2", "w[d], X[n,d], y[n]", "Xy"),
    ("sum(w[idx]**2)", "w[d], idx[m]:int64", "w"),
    ("sum(w[idx]**2)", "w[d], idx[m]:int64", ["idx"]),
    ("max(x * y) + y", "x[n], y", "xy"),
    ("where(x > y, x**2, y)", "x, y", "x"),
]
SIZES = {"n": 4, "d": 3, "m": 5}
POINTS = 7


def draw(k, mapped):
    arguments = {}
    for parameter in k.program.parameters:
        shape = tuple(extent.evaluate({("dim", d): s for d, s in SIZES.items()}) for extent in parameter.shape)
        if parameter.name in mapped:
            shape = (POINTS, *shape)
        if parameter.dtype == "int64":
            arguments[parameter.name] = RNG.integers(0, SIZES["d"], shape)
        else:
            arguments[parameter.name] = RNG.uniform(0.5, 1.5, shape) if shape else float(RNG.uniform(0.5, 1.5))
    return arguments


@pytest.mark.parametrize("backend", ["c", "interpret"])
@pytest.mark.parametrize(("source", "signature", "mapped"), MAPPED)
def test_a_map_is_a_loop_over_the_points(source, signature, mapped, backend):
    wrt = tuple(gradc.compile(source, signature).arguments[: 1 + ("y" in mapped and len(mapped) > 1)])
    k = gradc.compile(source, signature, wrt=wrt, backend=backend)
    arguments = draw(k, mapped)
    values, gradients = k.map_value_and_grad(**arguments)
    np.testing.assert_allclose(k.map(**arguments), values, rtol=1e-14)
    assert values.shape == (POINTS,)
    for p in range(POINTS):
        here = {name: (a[p] if name in mapped else a) for name, a in arguments.items()}
        value, expected = k.value_and_grad(**here)
        np.testing.assert_allclose(values[p], value, rtol=1e-13)
        for gradient, one in zip(gradients, expected, strict=True):
            np.testing.assert_allclose(gradient[p], one, rtol=1e-13, atol=1e-15)


def test_a_gradient_that_is_the_same_for_all_points() -> None:
    """Each point gets it, though nothing in it depends on the point."""
    kernel = gradc.compile("sum(3 * x) + a", "x[n], a", wrt=("x", "a"), backend="interpret")
    values, (by_x, by_a) = kernel.map_value_and_grad(x=np.ones((4, 2)), a=np.arange(4.0))
    np.testing.assert_array_equal(values, 6 + np.arange(4.0))
    np.testing.assert_array_equal(by_x, np.full((4, 2), 3.0))
    np.testing.assert_array_equal(by_a, np.ones(4))


def test_an_array_loss_maps_too():
    k = gradc.compile("exp(x) * y", "x[n], y")
    x = RNG.normal(size=(POINTS, 3))
    np.testing.assert_allclose(k.map(x, 2.0), np.exp(x) * 2.0, rtol=1e-14)
    with pytest.raises(gradc.NotDifferentiableError, match="map_value_and_grad"):
        k.map_value_and_grad(x, 2.0)


def test_places_and_no_points():
    k = gradc.compile("x**2", "x")
    x = np.arange(5.0)
    out = (np.empty(5), np.empty(5))
    values, gradient = k.map_value_and_grad(x, out=out)
    assert values is out[0]
    assert gradient is out[1]
    np.testing.assert_array_equal(gradient, 2 * x)
    assert k.map(np.empty(0)).shape == (0,)


def test_what_cannot_be_mapped():
    k = gradc.compile("x * y", "x, y")
    with pytest.raises(ArgumentError, match="no argument has one more axis"):
        k.map(1.0, 2.0)
    with pytest.raises(ArgumentError, match="points"):
        k.map(np.ones(3), np.ones(4))
    with pytest.raises(ArgumentTypeError, match="missing"):
        k.map(np.ones(3))
    with pytest.raises(ArgumentError, match="'y'"):
        k.map(np.ones(3), np.ones((3, 3)))
    with pytest.raises(UnsupportedError, match="a scan"):
        gradc.compile("sum(cumsum(x))", "x[n]").map(np.ones((2, 3)))


def test_a_symbol_called_points_is_no_trouble():
    k = gradc.compile("sum(x) * p", "x[points], p")
    np.testing.assert_allclose(k.map(np.ones((4, 3)), np.arange(4.0)), 3 * np.arange(4.0))


@pytest.mark.parametrize(("source", "signature", "mapped"), MAPPED)
def test_the_pass_keeps_programs_valid(source, signature, mapped):
    k = gradc.compile(source, signature)
    names = list(k.arguments)
    program = batch(k.gradient, [names.index(name) for name in mapped], "points")
    verify(program)
    verify(programs.normalise(program))
    arguments = list(draw(k, mapped).values())
    before = interpret(program, arguments, SEMANTICS)
    after = interpret(programs.normalise(program), arguments, SEMANTICS)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


def test_points_lie_in_the_lanes_of_vectors(tmp_path):
    compiler = find_compiler(open_cache())
    if "clang" in compiler.version or "-march=native" not in compiler.native:
        pytest.skip("what gcc reports is read")
    k = gradc.compile("(a - x)**2 + 100*(y - x**2)**2", "x, y, a", wrt=("x", "y"), name="rosen")
    unit = k.unit(VALUE_AND_GRAD.at_points("xy"))
    (tmp_path / "k.c").write_text(render([unit], unit.program, "rosen", "float64").c)
    words = [*compiler.command, *compiler.kernel_flags, "-fopt-info-vec-optimized", "k.c", "-o", "k.so", "-lm"]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    assert re.search(r"loop vectorized", said)


# --- sizes that are known -------------------------------------------------------------------------------------------

KNOWN = [
    ("mean(softplus(-y * (X @ w)))", "w[d], X[n,d], y[n]", {"d": 3}),
    ("mean(softplus(-y * (X @ w)))", "w[d], X[n,d], y[n]", {"d": 3, "n": 4}),
    ("sum(w[idx]**2)", "w[d], idx[m]:int64", {"m": 5}),
    ("sum(cumsum(x) * x)", "x[n]", {"n": 4}),
    ("slogdet(A)[1] + sum(A)", "A[d,d]", {"d": 3}),
    ("sum((z[1:] - z[:-1])**2)", "z[n+1]", {"n": 4}),
    ("sum(x) / n", "x[n]", {"n": 4}),
]


@pytest.mark.parametrize(("source", "signature", "sizes"), KNOWN)
def test_a_known_size_changes_no_result(source, signature, sizes):
    k = gradc.compile(source, signature)
    verify(specialise(k.gradient, sizes))
    s = k.specialize(**sizes)
    assert not set(sizes) & set(s.dims)
    arguments = draw(k, ())
    value, gradient = k.value_and_grad(**arguments)
    again, grad = s.value_and_grad(**arguments)
    np.testing.assert_allclose(again, value, rtol=1e-14)
    np.testing.assert_allclose(grad, gradient, rtol=1e-13, atol=1e-15)


def test_other_sizes_are_refused():
    s = gradc.compile("sum((X @ w)**2)", "w[d], X[n,d]", name="squares").specialize(d=3)
    with pytest.raises(ArgumentError, match=r"squares_d3.*expected a float64 array of shape \(3,\), got.*\(4,\)"):
        s(np.ones(4), np.ones((2, 4)))
    assert repr(s) == "<gradc kernel squares_d3(w[3], X[n,3]), wrt w, float64>"
    assert pickle.loads(pickle.dumps(s))(np.ones(3), np.ones((2, 3))) == 18.0


@pytest.mark.parametrize(
    ("sizes", "kind", "said"),
    [
        ({"k": 3}, ArgumentTypeError, "its dimensions are n, d"),
        ({"d": -1}, ArgumentError, "-1"),
        ({"d": 2.0}, ArgumentTypeError, "the float 2.0"),
        ({}, ArgumentTypeError, "needs a size"),
    ],
)
def test_sizes_that_make_no_sense(sizes, kind, said):
    with pytest.raises(kind, match=said):
        gradc.compile("sum((X @ w)**2)", "w[d], X[n,d]").specialize(**sizes)


def test_workspace():
    k = gradc.compile("mean(softplus(-y * (X @ w)))", "w[d], X[n,d], y[n]", name="logistic")
    assert k.workspace_bytes(n=10**7, d=8) == k.workspace_bytes(n=10**6, d=8)
    forward, least = k.workspace_bytes("forward", n=1000, d=8), k.workspace_bytes("value", n=0, d=0)
    assert forward >= 0
    assert k.workspace_bytes("hvp", n=1000, d=8) >= 0
    assert least >= 0
    for dims, said in (({"n": 3}, "needs d"), ({"n": 3, "d": 1, "k": 2}, "got 'k'")):
        with pytest.raises(ArgumentTypeError, match=said):
            k.workspace_bytes(**dims)
    with pytest.raises(ArgumentError, match="the dimension n"):
        k.workspace_bytes(n=-1, d=2)
    with pytest.raises(ArgumentError, match="mode"):
        k.workspace_bytes("curvature", n=1, d=2)


def test_artefacts_have_both(tmp_path, monkeypatch):
    k = gradc.compile("mean(softplus(-y * (X @ w)))", "w[d], X[n,d], y[n]", name="shipped").specialize(d=3)
    write_artefact(k, tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("shipped_d3")
    arguments = np.ones(3), np.ones((4, 3)), np.ones(4)
    assert module.value(*arguments) == k(*arguments)
    assert module.value_and_grad.workspace_bytes(n=10) == k.workspace_bytes(n=10)
    del sys.modules["shipped_d3"]
