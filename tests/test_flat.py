"""Parameters as one vector, and what scipy.optimize makes of a loss of it."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import scipy.optimize

import gradc
from gradc.errors import ArgumentError, ArgumentTypeError, NotDifferentiableError

RNG = np.random.default_rng(5)
X = RNG.standard_normal((40, 3))
Y = X @ np.array([[1.0, -1.0], [0.5, 2.0], [0.0, 1.0]]) + np.array([0.3, -0.2])


def loss(params, x, y, lam=0.0):
    r = x @ params["W"] + params["b"] - y
    return np.mean(r**2) + params["s"] ** 2 + lam * np.sum(params["W"] ** 2)


def start():
    return {"W": RNG.standard_normal((3, 2)), "b": np.zeros(2), "s": 1.0}


def bound(**more):
    k = gradc.compile(loss)
    x0, unflatten = k.flatten(start())
    return k.bind(flat=True, x=X, y=Y, **more), x0, unflatten


def test_a_vector_and_back():
    params = start()
    vector, unflatten = gradc.compile(loss).flatten(params)
    assert vector.shape == (9,)
    again = unflatten(vector)
    assert again.keys() == params.keys()
    np.testing.assert_array_equal(again["W"], params["W"])
    assert (again["s"], type(again["s"])) == (1.0, float)
    np.testing.assert_array_equal(unflatten.vector(params), vector)
    with pytest.raises(ArgumentError, match="a vector of 9 numbers"):
        unflatten(np.zeros(8))
    with pytest.raises(ArgumentTypeError, match="another structure"):
        unflatten.vector({"W": params["W"]})
    with pytest.raises(ArgumentError, match=r'params\["b"\] has the shape \(3,\)'):
        unflatten.vector({**params, "b": np.zeros(3)})
    with pytest.raises(NotDifferentiableError, match=r'params\["n"\] holds int64'):
        gradc.compile(loss).flatten({"n": 3})


def test_derivatives_are_those_of_the_structure():
    objective, x0, unflatten = bound(lam=0.1)
    value, gradient = objective(x0)
    assert np.isclose(value, loss(unflatten(x0), X, Y, 0.1))
    assert objective.value(x0) == value
    np.testing.assert_array_equal(objective.grad(x0), gradient)
    error = scipy.optimize.check_grad(objective.value, objective.grad, x0)
    assert error < 1e-5
    h = objective.hessian(x0)
    assert h.shape == (9, 9)
    np.testing.assert_allclose(h, h.T)
    numerical = np.array([(objective.grad(x0 + 1e-6 * e) - objective.grad(x0 - 1e-6 * e)) / 2e-6 for e in np.eye(9)])
    np.testing.assert_allclose(h, numerical, atol=1e-6)
    v = RNG.standard_normal(9)
    np.testing.assert_allclose(objective.hvp(x0, v), h @ v)


FIRST_ORDER = ("CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP", "Newton-CG", "trust-constr")
WITH_HESSIAN = ("Newton-CG", "dogleg", "trust-ncg", "trust-krylov", "trust-exact", "trust-constr")
WITH_PRODUCTS = ("Newton-CG", "trust-ncg", "trust-krylov", "trust-constr")


@pytest.mark.parametrize(
    ("method", "second"),
    [
        *((method, None) for method in FIRST_ORDER),
        *((method, "hess") for method in WITH_HESSIAN),
        *((method, "hessp") for method in WITH_PRODUCTS),
    ],
)
def test_every_method_of_scipy_takes_it(method, second):
    objective, x0, unflatten = bound()
    more = {} if second is None else {second: objective.hessian if second == "hess" else objective.hvp}
    found = scipy.optimize.minimize(objective, x0, jac=True, method=method, **more)
    params = unflatten(found.x)
    np.testing.assert_allclose(params["b"], [0.3, -0.2], atol=1e-3)
    assert abs(params["s"]) < 1e-3


def test_least_squares():
    k = gradc.compile(lambda p, x, y: np.ravel(x @ p["W"] + p["b"] - y))
    x0, unflatten = k.flatten({"W": np.zeros((3, 2)), "b": np.zeros(2)})
    residuals = k.bind(flat=unflatten, x=X, y=Y)
    found = scipy.optimize.least_squares(residuals.value, x0, jac=residuals.jacobian)
    np.testing.assert_allclose(unflatten(found.x)["b"], [0.3, -0.2], atol=1e-8)


def test_several_arguments_and_keywords():
    def several(w, b, x, *, power=2, y):
        return np.sum(np.abs(x @ w + b - y) ** power)

    k = gradc.compile(several, wrt=("w", "b"))
    x0, unflatten = k.flatten((np.zeros(3), 1.0))
    objective = k.bind(flat=True, x=X, y=Y[:, 0])
    value, gradient = objective(x0)
    assert np.isclose(value, np.sum((1.0 - Y[:, 0]) ** 2))
    assert gradient.shape == (4,)
    v = np.arange(4.0)
    np.testing.assert_allclose(objective.hvp(x0, v), objective.hessian(x0) @ v)
    assert unflatten(x0)[1] == 1.0


def test_kernels_with_a_signature_have_it_too():
    k = gradc.compile("sum((X @ w + b - y)**2)", "w[d], b, X[n,d], y[n]", wrt=("w", "b"))
    x0, unflatten = k.flatten((np.zeros(3), 0.0))
    objective = k.bind(flat=unflatten, X=X, y=Y[:, 0])
    found = scipy.optimize.minimize(objective, x0, jac=True, hess=objective.hessian, method="trust-exact")
    np.testing.assert_allclose(unflatten(found.x)[0], [1.0, 0.5, 0.0], atol=1e-6)
    single = gradc.compile("sum((X @ W)**2)", "W[d,k], X[n,d]")
    x0, unflatten = single.flatten(np.ones((3, 2)))
    objective = single.bind(flat=unflatten, X=X)
    assert objective.hessian(x0).shape == (6, 6)
    np.testing.assert_allclose(objective.hessian(x0) @ x0, objective.grad(x0))
    for fixed in ({}, {"X": X, "W": np.ones((3, 2))}, {"X": X, "z": 1.0}):
        with pytest.raises(ArgumentTypeError, match="bind"):
            single.bind(flat=unflatten, **fixed)
    with pytest.raises(ArgumentTypeError, match="flat is what"):
        single.bind(flat=True, X=X)


def test_what_does_not_fit():
    k = gradc.compile(loss)
    with pytest.raises(ArgumentError, match=r"call loss.flatten\(parameters\) first"):
        k.bind(flat=True, x=X, y=Y)
    k.flatten(start())
    with pytest.raises(ArgumentTypeError, match="got 'z'; the arguments are params, x, y, lam"):
        k.bind(flat=True, z=X)
    with pytest.raises(ArgumentError, match="come by position"):
        gradc.compile(loss, wrt="x").bind(flat=k.flatten(start())[1], y=Y)
    objective = k.bind(flat=True, x=X[:, :2], y=Y)
    with pytest.raises(gradc.ShapeError, match=r'params\["W"\].shape\[0\] is 3'):
        objective(np.zeros(9))


def test_bind_without_a_vector():
    k = gradc.compile(loss)
    params = start()
    step = k.bind(x=X, y=Y)
    assert np.isclose(step(params)[0], loss(params, X, Y))
    assert k.bind("grad", x=X, y=Y)(params)["s"] == 2.0
    partial = gradc.compile(functools.partial(loss, x=X, y=Y))
    assert partial.grad(params)["s"] == 2.0
