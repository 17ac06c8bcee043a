"""What a loss reads from outside: arrays are read again at each call, and another constant is another kernel."""

from __future__ import annotations

import array
import collections
import functools
import types

import numpy as np
import pytest

import gradc
from gradc.errors import ArgumentError, NotDifferentiableError, UnsupportedError

SHARED = np.array([1.0, 2.0])
FACTOR = 2.0
DATA = {"x": np.ones(2), "weights": [np.array([1.0, 3.0])], "power": 2}


def reads_globals(w):
    return FACTOR * np.sum(SHARED * w)


def reads_a_dict(w):
    return np.sum(DATA["weights"][0] * (DATA["x"] - w) ** DATA["power"])


def through_a_helper(w):
    return reads_globals(w) ** 2


class Model:
    def __init__(self, X, y, lam):
        self.X, self.y, self.lam = X, y, lam

    def loss(self, w):
        return np.sum((self.X @ w - self.y) ** 2) + self.lam * np.sum(w**2)


def test_an_array_of_a_closure_is_read_at_each_call():
    X = np.eye(2)

    def loss(w):
        return np.sum((X @ w) ** 2)

    k = gradc.compile(loss)
    w = np.array([1.0, 2.0])
    assert k(w) == 5.0
    X[0, 0] = 3.0
    assert k(w) == 13.0
    X = np.ones((4, 2))
    assert k(w) == 36.0 == loss(w)
    assert len(k.kernels) == 1
    assert k.signature == "w[n], X[m,n]"
    assert k.grad(w).tolist() == [24.0, 24.0]
    X = np.ones((4, 3))
    with pytest.raises(ArgumentError, match=r"X.shape\[1\] is 3, and w.shape\[0\] is 2"):
        k(w)


def test_globals_and_those_of_helpers(monkeypatch):
    k, helped = gradc.compile(reads_globals), gradc.compile(through_a_helper)
    w = np.array([1.0, 1.0])
    assert (k(w), helped(w)) == (6.0, 36.0)
    monkeypatch.setitem(globals(), "SHARED", np.array([1.0, 3.0]))
    assert (k(w), helped(w)) == (8.0, 64.0)
    assert len(k.kernels) == len(helped.kernels) == 1
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert (k(w), helped(w)) == (12.0, 144.0)
    assert len(k.kernels) == len(helped.kernels) == 2
    monkeypatch.setitem(globals(), "reads_globals", lambda w: np.sum(w))
    assert helped(w) == 4.0


def test_arrays_in_a_dict(monkeypatch):
    k = gradc.compile(reads_a_dict)
    w = np.zeros(2)
    assert k(w) == 4.0
    monkeypatch.setitem(DATA, "x", np.array([2.0, 1.0]))
    assert k(w) == 7.0
    assert len(k.kernels) == 1
    monkeypatch.setitem(DATA, "power", 3)
    assert k(w) == 11.0
    assert len(k.kernels) == 2


def test_two_names_of_one_array_are_two():
    a = b = np.ones(2)

    def loss(w):
        return np.sum(a * w) + 10 * np.sum(b * w)

    k = gradc.compile(loss)
    assert k(np.ones(2)) == 22.0
    b = np.zeros(2)
    assert k(np.ones(2)) == 2.0


def test_an_argument_and_a_variable_of_one_name():
    x = np.array([5.0, 5.0])

    def outer(w):
        return np.sum(x * w)

    def loss(x):
        return outer(x) + np.sum(x)

    assert gradc.grad(loss)(np.ones(2)).tolist() == [6.0, 6.0]


def test_methods():
    model = Model(np.eye(2), np.ones(2), 0.5)
    k = gradc.compile(model.loss)
    w = np.array([1.0, 3.0])
    assert k(w) == model.loss(w)
    model.y = np.zeros(2)
    assert k(w) == model.loss(w) == 15.0
    assert len(k.kernels) == 1
    assert k.signature == "w[n], self_X[m,n], self_y[m]"
    model.lam = 1.0
    assert k(w) == model.loss(w) == 20.0
    assert len(k.kernels) == 2
    with pytest.raises(ArgumentError, match=r"self.X.shape\[1\] is 2, and w.shape\[0\] is 3"):
        k(np.ones(3))


class Holder:
    def __init__(self, **parts):
        self.__dict__.update(parts)


class Settings:
    power = 2
    scale = np.array([1.0, 2.0])


def test_objects_are_looked_into():
    inner = Holder(W=np.array([1.0, 2.0]), rate=2.0)
    model = Holder(layers=[{"part": inner}], names={"a", "b"})

    def loss(w):
        part = model.layers[0]["part"]
        return part.rate * np.sum(part.W * w) + len(model.names)

    k = gradc.compile(loss)
    w = np.ones(2)
    assert k(w) == 8.0
    inner.W = np.array([2.0, 2.0])
    assert k(w) == 10.0
    assert k.signature == "w[n], model_layers_0_part_W[n]"
    assert len(k.kernels) == 1
    inner.rate = 3.0
    assert k(w) == 14.0
    model.names.add("c")
    assert k(w) == 15.0
    assert len(k.kernels) == 3
    model.itself = model
    with pytest.raises(UnsupportedError, match=r"model\.itself holds itself"):
        k(w)


def test_namespaces_are_objects():
    options = types.SimpleNamespace(rate=2.0, x=np.ones(2))
    k = gradc.compile(lambda w: options.rate * np.sum(options.x * w))
    assert k(np.ones(2)) == 4.0
    options.rate, options.x = 3.0, np.ones(2) * 2
    assert k(np.ones(2)) == 12.0


def test_what_is_looked_up_in_a_class(monkeypatch):
    def loss(w):
        return np.sum(Settings.scale * w**Settings.power)

    k = gradc.compile(loss)
    w = np.array([1.0, 3.0])
    assert k(w) == 19.0
    monkeypatch.setattr(Settings, "power", 3)
    assert k(w) == 55.0
    Settings.scale[0] = 2.0
    assert k(w) == 56.0
    assert len(k.kernels) == 3


def test_partials():
    def loss(w, X, y, *, power, lam=0.0):
        return np.sum(np.abs(X @ w - y) ** power) + lam * np.sum(w**2)

    X, y, w = np.eye(2), np.ones(2), np.array([1.0, 3.0])
    k = gradc.compile(functools.partial(loss, X=X, y=y, power=2))
    assert k(w) == 4.0
    assert k(w, lam=1.0) == 14.0
    X[1, 1] = 2.0
    assert k(w) == 25.0
    np.testing.assert_allclose(k.grad(w), [0.0, 20.0])
    first = gradc.compile(functools.partial(lambda a, b: np.sum(a * b), np.array([1.0, 2.0])))
    assert first.grad(np.ones(2)).tolist() == [1.0, 2.0]


def test_the_first_call_compares_with_what_is_outside():
    large = np.linspace(0, 1, 200_000)

    def loss(w):
        return np.sum(large * w)

    k = gradc.compile(loss)
    assert np.isclose(k(np.ones(200_000)), np.sum(large))
    assert k.kernel._origin is None


def test_only_arguments_are_differentiated_by():
    flags = np.array([True, False])
    with pytest.raises(NotDifferentiableError):
        gradc.compile(lambda k: np.sum(np.where(flags, SHARED, 0.0)) * k)(2)


class Slotted:
    __slots__ = ("scale", "weights")

    def __init__(self):
        self.scale, self.weights = 2.0, np.ones(2)


class Farther(Slotted):
    def __init__(self):
        super().__init__()
        self.shift = 3.0


def test_slots_are_read_again():
    near, far = Slotted(), Farther()

    def loss(x):
        return np.sum(near.scale * x * near.weights) + far.scale * far.shift

    k, x = gradc.compile(loss), np.ones(2)
    assert k(x) == 10.0
    for change in (
        "near.scale = 5.0",
        "near.weights = np.array([1.0, 2.0])",
        "near.weights[0] = 9.0",
        "far.shift = 1.0",
    ):
        exec(change, {"near": near, "far": far, "np": np})
        assert k(x) == loss(x), change


TIMES, WEIGHTS = 2.0, np.ones(2)


class Methods:
    def method(self, x):
        return np.sum(x * TIMES * WEIGHTS)

    @staticmethod
    def static(x):
        return np.sum(x * TIMES)

    @property
    def factor(self):
        return TIMES

    def __call__(self, x):
        return self.method(x) + TIMES

    def __mul__(self, x):
        return TIMES * np.sum(x)


OBJECT = Methods()


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: OBJECT.method(x),
        lambda x: Methods.static(x),
        lambda x: np.sum(x) * OBJECT.factor,
        lambda x: OBJECT(x),
        lambda x: OBJECT * x,
        lambda x: [OBJECT][0].method(x),
        OBJECT.method,
        OBJECT,
    ],
)
def test_what_methods_read_is_seen(loss, monkeypatch):
    k, x = gradc.compile(loss), np.array([1.0, 2.0])
    assert k(x) == loss(x)
    monkeypatch.setitem(globals(), "TIMES", 5.0)
    assert k(x) == loss(x)
    monkeypatch.setitem(globals(), "WEIGHTS", np.array([1.0, 3.0]))
    assert k(x) == loss(x)
    WEIGHTS[0] = 7.0
    assert k(x) == loss(x)


@pytest.mark.parametrize("hidden", [collections.deque([1.0]), array.array("d", [1.0]), iter([1.0])])
def test_what_hides_its_numbers_is_refused(hidden):
    with pytest.raises(UnsupportedError, match=r"the loss reads hidden, a .*, whose numbers may change unseen"):
        gradc.compile(lambda x: np.sum(x) * (hidden[0] if hasattr(hidden, "append") else next(hidden)))(np.ones(2))
