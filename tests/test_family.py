"""Losses without a signature: what is found, when another kernel is made, and derivatives by JAX's names."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import pickle
import subprocess
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradc
from gradc.errors import (
    ArgumentError,
    ArgumentTypeError,
    NotDifferentiableError,
    ShapeError,
    SignatureError,
    UnsupportedError,
)

RNG = np.random.default_rng(3)
X, Y = RNG.standard_normal((5, 3)), RNG.standard_normal(5)
W = RNG.standard_normal(3)
SHARED, ONES = np.ones(2), np.ones(2)


class Subclass(np.ndarray):
    pass


def ridge(w, X, y, lam=0.1):
    return np.mean((X @ w - y) ** 2) + lam * np.sum(w**2)


def gradient_of_ridge(w, X, y, lam=0.1):
    return 2 * X.T @ (X @ w - y) / len(y) + 2 * lam * w


@gradc.kernel
def decorated(w, X, y):
    """A loss."""
    return np.mean((X @ w - y) ** 2)


@gradc.kernel(wrt=("w", "y"), name="other", check=False)
def with_options(w, X, y):
    return np.mean((X @ w - y) ** 2)


class Layer(NamedTuple):
    W: Any
    b: Any


@dataclasses.dataclass(frozen=True)
class Model:
    layers: list[Layer]
    scale: float
    nothing: None = None


class Point:
    def __init__(self, x, y, label):
        self.x, self.y, self.label = x, y, label


gradc.register_pytree_node(Point, lambda p: ((p.x, p.y), p.label), lambda label, parts: Point(*parts, label))


# ----------------------------------------------------------------------------------------------------------- signatures


def test_one_kernel_serves_every_size():
    k = gradc.compile(ridge)
    value, gradient = k.value_and_grad(W, X, Y, 0.1)
    assert np.isclose(value, ridge(W, X, Y))
    np.testing.assert_allclose(gradient, gradient_of_ridge(W, X, Y))
    np.testing.assert_allclose(k.grad(W[:2], X[:4, :2], Y[:4], 0.5), gradient_of_ridge(W[:2], X[:4, :2], Y[:4], 0.5))
    assert len(k.kernels) == 1
    assert k.signature == "w[n], X[m,n], y[m], lam"
    pasted = gradc.compile(ridge, k.signature)
    assert pasted.program == k.kernel.program


def test_a_call_that_does_not_fit_says_where():
    k = gradc.compile(ridge)
    k(W, X, Y, 0.1)
    with pytest.raises(
        ArgumentError, match=r"X.shape\[1\] is 3, and w.shape\[0\] is 4\n.*test_family.py:\d+\n +return np"
    ):
        k(np.zeros(4), X, Y, 0.1)
    with pytest.raises(ArgumentError, match=r"do not broadcast: .*y.shape\[0\] is 2"):
        k.value_and_grad(W, X, Y[:2], 0.1)
    with pytest.raises(ShapeError, match="here") as error:
        gradc.compile(ridge)(np.zeros(4), X, Y, 0.1)
    assert "X @ w" in str(error.value)


def test_what_the_program_asks_of_sizes_must_stay():
    def loss(x):
        return np.sum(x) if x.shape[0] == 1 else np.sum(x**2)

    k = gradc.compile(loss)
    assert k(np.full(2, 3.0)) == 18.0
    with pytest.raises(ArgumentError, match=r"asks whether x.shape\[0\] is 1"):
        k(np.full(1, 3.0))
    assert gradc.compile(loss)(np.full(1, 3.0)) == 3.0


def test_another_rank_or_dtype_is_another_kernel(monkeypatch, capsys):
    k = gradc.compile(lambda x, s: np.sum(x * s))
    monkeypatch.setenv("GRADC_DEBUG", "1")
    assert k(np.ones(2), 3.0) == 6.0
    assert k(np.ones((2, 2)), 3.0) == 12.0
    assert k(np.ones(2), np.ones(2)) == 2.0
    monkeypatch.delenv("GRADC_DEBUG")
    assert k(np.ones(2, np.float32), 3.0) == 6.0
    assert k(np.ones(2), 3) == 6.0
    assert k(np.ones(4), 3.0) == 12.0
    assert [kernel.signature for kernel in k.kernels] == [
        "x[n], s",
        "x[n,m], s",
        "x[n], s[n]",
        "x[n], s",
        "x[n], s:int64",
    ]
    assert [kernel.dtype for kernel in k.kernels] == ["float64", "float64", "float64", "float32", "float64"]
    assert "another kernel, x[n,m], s" in capsys.readouterr().err


def test_integers_and_conditions_are_what_numpy_makes_of_them():
    k = gradc.compile(lambda mask, other, scale: scale * np.sum(mask + other))
    flags = np.array([True, True, False])
    assert k(flags.astype(float), flags.astype(float), 1.0) == 4.0
    assert k(flags, flags, 1.0) == 2.0 == np.sum(flags + flags)
    assert k(flags.astype(int), flags, 1.0) == 4.0


def test_mixed_precision():
    k = gradc.compile(lambda x, y: np.sum(x * y))
    assert k(np.ones(2, np.float32), np.ones(2)) == 2.0
    assert k.signature == "x[n]:float32, y[n]"
    narrow = gradc.compile(lambda x: np.sum(x), dtype="float32")
    assert narrow(1.5) == 1.5
    assert narrow.kernel.dtype == "float32"


def test_the_decorator():
    value, gradient = decorated.value_and_grad(W, X, Y)
    assert np.isclose(value, decorated.function(W, X, Y))
    assert gradient.shape == (3,)
    assert (decorated.__name__, decorated.__doc__) == ("decorated", "A loss.")
    assert "w[n], X[m,n], y[m]" in repr(decorated)
    _, (by_w, by_y) = with_options.value_and_grad(W, X, Y)
    assert (by_w.shape, by_y.shape, with_options.kernel.name) == ((3,), (5,), "other")
    assert pickle.loads(pickle.dumps(decorated)) is decorated


def test_before_the_first_call():
    k = gradc.compile(ridge)
    assert repr(k) == "<gradc loss ridge, not called yet>"
    with pytest.raises(SignatureError, match="its first call finds one"):
        k.signature
    with pytest.raises(SignatureError, match="a signature is needed"):
        gradc.compile("sum(x)")


def test_default_arrays_are_arguments():
    def loss(w, x=ONES, *, y=SHARED):
        return np.sum(w * x * y)

    k = gradc.compile(loss)
    assert k(np.ones(2)) == 2.0
    assert k.signature == "w[n], x[n], y[n]"
    SHARED[:] = 3.0
    assert k(np.ones(2)) == 6.0
    assert k(np.ones(3), np.ones(3), y=np.ones(3)) == 3.0
    assert len(k.kernels) == 1
    SHARED[:] = 1.0


def test_kernels_are_found_again():
    k = gradc.compile(lambda x, y: np.sum(x * y))
    for _ in range(2):
        assert k(np.ones(2), y=1.0) == 2.0
        assert k(x=np.ones((2, 2)), y=1.0) == 4.0
        assert k(np.ones(2), np.ones(2)) == 2.0
    assert len(k.kernels) == 3
    kernel, leaves = k.lowered(np.ones(2), y=2.0)
    assert kernel(*leaves) == 4.0
    assert gradc.check_grad(k, np.ones(3), np.ones(3)).ok


def test_the_command_line_asks_for_a_signature(tmp_path):
    file = tmp_path / "losses.py"
    file.write_text("import gradc\n\n@gradc.kernel\ndef loss(x):\n    return x.sum()\n")
    done = subprocess.run([sys.executable, "-m", "gradc.cli", "check", str(file)], capture_output=True, text=True)
    assert done.returncode != 0
    assert "loss has no signature" in " ".join((done.stdout + done.stderr).split())


def test_arguments_as_python_takes_them():
    def loss(w, *data, lam, power=2):
        return np.sum(np.abs(data[0] @ w - data[1]) ** power) + lam * np.sum(w**2)

    k = gradc.compile(loss)
    expected = loss(W, X, Y, lam=0.5)
    assert np.isclose(k(W, X, Y, lam=0.5), expected)
    assert np.isclose(k(W, X, Y, power=2.0, lam=0.5), expected)
    assert len(k.kernels) == 2
    assert np.isclose(gradc.compile(ridge)(y=Y, X=X, w=W), ridge(W, X, Y))
    for args, kwargs in (((W,), {}), ((W, X, Y), {"lam": 1.0, "other": 2}), ((W, X, Y), {})):
        with pytest.raises((ArgumentTypeError, IndexError)):
            k(*args, **kwargs)


# ----------------------------------------------------------------------------------------------------------- structures


def network(params, x):
    h = x
    for layer in params["layers"]:
        h = np.tanh(h @ layer["W"] + layer["b"])
    return np.mean((h @ params["last"]) ** 2)


def layers(*sizes):
    return {
        "layers": [
            {"W": RNG.standard_normal((a, b)), "b": RNG.standard_normal(b)} for a, b in itertools.pairwise(sizes)
        ],
        "last": RNG.standard_normal(sizes[-1]),
    }


def differences(f, x, h=1e-6):
    flat = np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(x.size).reshape(-1, *x.shape)])
    return flat.reshape(x.shape)


def test_gradients_come_in_the_structure():
    params = layers(3, 4, 2)
    value, gradient = gradc.value_and_grad(network)(params, X)
    assert np.isclose(value, network(params, X))
    assert gradient.keys() == params.keys()

    def moved(b):
        first, second = params["layers"]
        return network({**params, "layers": [{**first, "b": b}, second]}, X)

    np.testing.assert_allclose(
        gradient["layers"][0]["b"], differences(moved, params["layers"][0]["b"]), rtol=1e-5, atol=1e-8
    )


def test_errors_name_the_leaf():
    k = gradc.compile(network)
    k(layers(3, 4, 2), X)
    wrong = layers(3, 4, 2)
    wrong["layers"][0]["W"] = np.ones((2, 4))
    with pytest.raises(ArgumentError, match=r'params\["layers"\]\[0\]\["W"\].shape\[0\] is 2\n.*\n.*h @ layer'):
        k(wrong, X)
    with pytest.raises(ShapeError, match=r'params\["layers"\]\[0\]\["W"\].shape\[0\] is 2\n.*\n.*h @ layer'):
        gradc.compile(network)(wrong, X)
    wrong["layers"][0]["W"] = "text"
    with pytest.raises(ArgumentTypeError, match=r'params\["layers"\]\[0\]\["W"\] is a str'):
        k(wrong, X)
    with pytest.raises(NotDifferentiableError, match=r'params\["n"\] holds int64'):
        gradc.grad(lambda params: params["x"] * params["n"])({"x": 1.0, "n": 2})
    short = gradc.compile(lambda p: p["x"][3])
    with pytest.raises(ArgumentError, match="an index runs to 3"):
        short({"x": np.ones(2)})


def test_all_kinds_of_structures():
    def loss(model, point, extra):
        (layer,) = model.layers
        assert model.nothing is None
        return np.sum(layer.W @ layer.b) * model.scale + point.x * point.y + extra[0] * extra[1]["a"]

    model = Model([Layer(np.ones((2, 2)), np.array([1.0, 2.0]))], 3.0)
    value, (by_model, by_point, by_extra) = gradc.value_and_grad(loss, argnums=(0, 1, 2))(
        model, Point(2.0, 5.0, "here"), (1.0, collections.OrderedDict(a=4.0))
    )
    assert value == 18.0 + 10.0 + 4.0
    assert isinstance(by_model, Model)
    assert by_model.layers[0].b.tolist() == [6.0, 6.0]
    assert by_model.scale == 6.0
    assert (by_point.x, by_point.y, by_point.label) == (5.0, 2.0, "here")
    assert by_extra == (4.0, collections.OrderedDict(a=1.0))
    assert type(by_extra[1]) is collections.OrderedDict


def test_another_structure_is_another_kernel():
    k = gradc.compile(lambda p: sum(np.sum(part) for part in p.values() if part is not None))
    assert k({"a": 1.0, "b": np.ones(2)}) == 3.0
    assert k({"b": np.ones(3), "a": 1.0}) == 4.0
    assert len(k.kernels) == 1
    assert k({"a": 1.0, "c": np.ones(2)}) == 3.0
    assert k.grad({"a": 1.0, "b": None}) == {"a": 1.0, "b": None}
    assert len(k.kernels) == 3


def test_a_class_that_is_not_known():
    class Pair(list):
        pass

    with pytest.raises(ArgumentTypeError, match="register it with"):
        gradc.grad(lambda p: p[0])(Pair([1.0]))
    with pytest.raises(ArgumentTypeError, match="registered already"):
        gradc.register_pytree_node(Point, lambda p: ((), None), lambda a, b: None)


# ---------------------------------------------------------------------------------------------------------- derivatives


def test_value_and_grad_by_other_arguments():
    expected = 2 * (Y - X @ W) / len(Y)
    np.testing.assert_allclose(gradc.grad(ridge, 2)(W, X, Y, 0.1), expected)
    np.testing.assert_allclose(gradc.grad(ridge, argnames="y")(W, X, Y, 0.1), expected)
    np.testing.assert_allclose(gradc.grad(ridge, -1)(W, X, Y, 0.1), np.sum(W**2))
    by_w, by_lam = gradc.grad(ridge, (0, 3))(W, X, Y, 0.1)
    np.testing.assert_allclose(by_w, gradient_of_ridge(W, X, Y))
    assert np.isclose(by_lam, np.sum(W**2))
    for wrong in ({"argnums": 4}, {"argnames": "z"}, {"argnums": ()}, {"argnums": (0, 0)}, {"argnums": 0.5}):
        with pytest.raises(ArgumentError):
            gradc.grad(ridge, **wrong)(W, X, Y, 0.1)


def test_second_derivatives_in_the_structure():
    def loss(p):
        return np.sum(p["a"] ** 2) * p["b"]

    p = {"a": np.array([1.0, 2.0]), "b": 3.0}
    h = gradc.hessian(loss)(p)
    np.testing.assert_allclose(h["a"]["a"], 6 * np.eye(2))
    np.testing.assert_allclose(h["a"]["b"], [2.0, 4.0])
    np.testing.assert_allclose(h["b"]["a"], [2.0, 4.0])
    assert h["b"]["b"] == 0.0
    product = gradc.hvp(loss)(p, {"a": np.array([1.0, 0.0]), "b": 1.0})
    np.testing.assert_allclose(product["a"], [6.0 + 2.0, 4.0])
    assert product["b"] == 2.0
    with pytest.raises(ArgumentTypeError, match=r"hvp\(\): the structure is not that of p"):
        gradc.hvp(loss)(p, {"a": np.ones(2)})
    j = gradc.jacobian(lambda p, x: p["w"] * x + p["c"])({"w": 2.0, "c": np.zeros(2)}, np.array([3.0, 4.0]))
    assert j["w"].tolist() == [3.0, 4.0]
    assert j["c"].tolist() == np.eye(2).tolist()


def test_vjp_and_jvp():
    value, pull = gradc.vjp(lambda p, x: p["w"] * x, {"w": np.array([1.0, 2.0])}, np.array([3.0, 4.0]))
    by_p, by_x = pull(np.array([1.0, 10.0]))
    assert (value.tolist(), by_p["w"].tolist(), by_x.tolist()) == ([3.0, 8.0], [3.0, 40.0], [1.0, 20.0])
    value, tangent = gradc.jvp(ridge, (W, X, Y), (W, np.zeros_like(X), np.zeros_like(Y)))
    assert np.isclose(value, ridge(W, X, Y))
    assert np.isclose(tangent, gradient_of_ridge(W, X, Y) @ W)
    with pytest.raises(ArgumentTypeError):
        gradc.jvp(ridge, W, W)


def test_what_is_not_known_yet_says_so():
    with pytest.raises(UnsupportedError, match="has_aux"):
        gradc.grad(ridge, has_aux=True)
    inner = gradc.grad(lambda x: np.sum(x**2))
    with pytest.raises(UnsupportedError, match="inside of a loss"):
        gradc.grad(lambda x: np.sum(inner(x)))(np.ones(2))
    with pytest.raises(UnsupportedError, match="a derivative of <grad of"):
        gradc.grad(inner)
    with pytest.raises(ArgumentTypeError, match="x is"):
        gradc.grad(lambda x: np.sum(x))(np.ones(2).view(Subclass))
    for wrong in (1.0, "sum(x)", gradc.compile("sum(x)", "x[n]")):
        with pytest.raises(ArgumentTypeError, match="a function of NumPy code is needed"):
            gradc.grad(wrong)


def test_derivatives_of_one_function_share_its_kernels():
    def loss(x):
        return np.sum(x**2)

    assert gradc.grad(loss).family is gradc.hessian(loss).family
    assert gradc.grad(loss).family is not gradc.grad(loss, (0,)).family
    assert gradc.grad(decorated, 1).family.function is decorated.function


def test_nothing_heavy_is_imported():
    program = "import gradc, sys; gradc.grad; print('numpy' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
