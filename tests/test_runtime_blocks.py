"""Bound derivatives: results refilled in place by a kernel, and fresh ones; what is seen of bound arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize

import gradc
from gradc.runtime import blocks

CHAIN = "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"
LOGISTIC = ("mean(softplus(-y * (X @ w))) + lam/2 * sum(w**2)", "w[d], X[n,d], y[n], lam")
FACTORS = (
    "sum((sum(U[u] * V[v], axis=1) - y)**2) / 2 + 3 * sum(U**2)",
    "U[m,k], V[p,k], u[n]:int64, v[n]:int64, y[n]",
)


def logistic(rng: Any) -> dict[str, Any]:
    return {"w": rng.normal(size=4), "X": rng.normal(size=(30, 4)), "y": np.sign(rng.normal(size=30)), "lam": 0.3}


def factors(rng: Any) -> dict[str, Any]:
    u, v = np.array([0, 1, 2, 0, 1, -1]), np.array([0, 0, 1, 1, 2, 3])
    return {"U": rng.normal(size=(3, 2)), "V": rng.normal(size=(4, 2)), "u": u, "v": v, "y": rng.normal(size=6)}


def arrays(result: Any) -> list[Any]:
    """Every array and number of a result, sparse ones as dense."""
    if isinstance(result, tuple):
        return [array for part in result for array in arrays(part)]
    return [result.toarray() if hasattr(result, "toarray") else np.array(result)]


def assert_same(found: Any, expected: Any) -> None:
    for one, other in zip(arrays(found), arrays(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def matrices(result: Any) -> list[Any]:
    if isinstance(result, tuple):
        return [matrix for part in result for matrix in matrices(part)]
    return [result] if hasattr(result, "toarray") or np.ndim(result) > 1 else []


CASES: dict[str, tuple[Any, ...]] = {
    "dense": (*LOGISTIC, "w", logistic),
    "dense, a tuple of one": (*LOGISTIC, ("w",), logistic),
    "diagonal": ("sum(log(cosh(x - y)))", "x[n], y[n]", "x", lambda r: {"x": r.normal(size=9), "y": r.normal(size=9)}),
    "chain": (CHAIN, "x[n]", "x", lambda r: {"x": r.normal(size=9)}),
    "blocks": (*FACTORS, ("U", "V"), factors),
    "a block of zeros": (
        "sum(a * x) + sum(exp(z))", "x[n], z[m], a[n]", ("x", "z"),
        lambda r: {"x": r.normal(size=3), "z": r.normal(size=2), "a": r.normal(size=3)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("backend", ["c", "interpret"])
@pytest.mark.parametrize("what", ["hessian", "value_grad_hessian"])
@pytest.mark.parametrize("case", CASES)
def test_a_bound_hessian_is_refilled_in_place(case: str, what: str, backend: str) -> None:
    source, signature, wrt, draw = CASES[case]
    kernel = gradc.compile(source, signature, wrt=wrt, backend=backend, name="bound")
    given = draw(np.random.default_rng(1))
    names = kernel.wrt
    fixed = {name: value for name, value in given.items() if name not in names}
    expected = getattr(kernel, what)(**given)
    held = getattr(kernel, what)(**{name: value + (name in names) for name, value in given.items()})
    before = matrices(held)
    refill = kernel.bind(what, out=held, **fixed)
    found = refill(*(given[name] for name in names))
    assert_same(found, expected)
    assert_same(held[-1] if what == "value_grad_hessian" else held, expected[-1] if what != "hessian" else expected)
    assert all(one is other for one, other in zip(matrices(found), before, strict=True))
    # With nothing left to give, and as fresh results that no later call changes.
    assert_same(kernel.bind(what, out=held, **given)(), expected)
    fresh = kernel.bind(what, **fixed)
    first = fresh(**{name: given[name] for name in names})
    fresh(*(2 * given[name] for name in names))
    assert_same(first, expected)


@pytest.mark.parametrize("what", ["jacobian", "jacobian_reverse", "gauss_newton"])
@pytest.mark.parametrize("source", ["x[1:] - y * x[:-1]**2", "tanh(sum(x) * y)", "exp(x[1:] * y)"])
def test_bound_jacobians(what: str, source: str) -> None:
    kernel = gradc.compile(source, "x[n], y[n-1]", wrt="x", name="residuals")
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=7), rng.normal(size=6)
    mode = {"mode": "reverse"} if what.endswith("reverse") else {}
    call = kernel.gauss_newton if what == "gauss_newton" else kernel.jacobian
    held = call(2 * x, y, **mode)
    assert_same(kernel.bind(what, y=y, out=held)(x), call(x, y, **mode))
    assert_same(held, call(x, y, **mode))
    assert_same(kernel.bind(what, y=y)(x), held)


def test_bound_products_and_diagonals() -> None:
    kernel = gradc.compile(*FACTORS, wrt=("U", "V"), name="factors")
    given = factors(np.random.default_rng(3))
    args, vectors = tuple(given.values()), (given["U"] + 1, given["V"] - 1)
    fixed = {name: given[name] for name in "uvy"}
    assert_same(kernel.bind("hvp", **fixed)(args[0], args[1], *vectors), kernel.hvp(args, vectors))
    assert_same(kernel.bind("hessian_diagonal", **fixed)(*args[:2]), kernel.hessian_diagonal(*args))
    out = (np.zeros((3, 2)), np.zeros((4, 2)))
    assert kernel.bind("hessian_diagonal", out=out, **fixed)(*args[:2])[1] is out[1]
    assert_same(out, kernel.hessian_diagonal(*args))


def test_a_refill_looks_at_no_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once bound, the kernel alone is called: neither patterns nor matrices are made."""
    x = np.random.default_rng(4).normal(size=9)
    for source in (CHAIN, "sum(exp(x) * sum(x))", "sum(exp(x))"):
        kernel = gradc.compile(source, "x[n]", name="looks")
        held, expected = kernel.hessian(x), arrays(kernel.hessian(2 * x))
        refill = kernel.bind("hessian", out=held)
        with monkeypatch.context() as patch:
            for name in ("find_places", "make_matrix", "refilled", "measure"):
                patch.setattr(blocks, name, None)
            patch.setattr(blocks.BlockCall, "__call__", None)
            assert refill(2 * x) is held
        assert_same(held, expected[0])
    kernel = gradc.compile(*FACTORS, wrt=("U", "V"), name="factors")
    given = factors(np.random.default_rng(4))
    held = kernel.hessian(**given)
    expected = arrays(kernel.hessian(**{**given, "U": 2 * given["U"]}))
    refill = kernel.bind("hessian", out=held, u=given["u"], v=given["v"], y=given["y"])
    for name in ("find_places", "make_matrix", "refilled", "measure", "_turn_blocks"):
        monkeypatch.setattr(blocks, name, None)
    found = refill(2 * given["U"], given["V"])
    for one, other in zip(arrays(found), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_later_written_to_bound_arguments() -> None:
    kernel = gradc.compile("sum(c * x[i] * x[j])", "x[n], c[m], i[m]:int64, j[m]:int64", wrt="x", name="pairs")
    x, c, i, j = np.ones(4), np.ones(3), np.array([0, 1, 0]), np.array([1, 2, 1])
    expected = kernel.hessian(x, c, i, j).toarray()
    fresh = kernel.bind("hessian", c=c, i=i, j=j)
    refill = kernel.bind("hessian", c=c, i=i, j=j, out=kernel.hessian(x, c, i, j))
    j[2] = 3  # not seen, as the pattern is that of before
    np.testing.assert_array_equal(fresh(x).toarray(), expected)
    np.testing.assert_array_equal(refill(x).toarray(), expected)
    c *= 2  # seen
    np.testing.assert_array_equal(fresh(x).toarray(), 2 * expected)
    np.testing.assert_array_equal(refill(x).toarray(), 2 * expected)


def test_index_arrays_may_come_with_the_call() -> None:
    kernel = gradc.compile("sum(x[i] * x[j])", "x[n], i[m]:int64, j[m]:int64", wrt="x", name="pairs")
    x, i, j = np.ones(4), np.array([0, 1]), np.array([1, 2])
    bound = kernel.bind("hessian", i=i)
    assert_same(bound(x, j), kernel.hessian(x, i, j))
    assert_same(bound(x, j + 1), kernel.hessian(x, i, j + 1))
    refill = kernel.bind("hessian", i=i, out=kernel.hessian(x, i, j))
    assert_same(refill(x, j), kernel.hessian(x, i, j))
    with pytest.raises(gradc.ArgumentError, match="pattern"):
        refill(x, np.array([0, 1]))


def test_an_out_of_another_pattern_is_refused() -> None:
    kernel = gradc.compile("sum(x[i] * x[j])", "x[n], i[m]:int64, j[m]:int64", wrt="x", name="pairs")
    x, i = np.ones(4), np.array([0, 1])
    other = kernel.hessian(x, i, np.array([2, 3]))
    with pytest.raises(gradc.ArgumentError, match="pattern"):
        kernel.bind("hessian", i=i, j=np.array([1, 3]), out=other)
    with pytest.raises(gradc.ArgumentTypeError, match="csr_array"):
        kernel.bind("hessian", i=i, j=i, out=np.zeros((4, 4)))
    chain = gradc.compile(CHAIN, "x[n]", name="chain")
    refill = chain.bind("hessian", out=chain.hessian(np.ones(5)))
    with pytest.raises(gradc.ArgumentError):
        refill(np.ones(6))
    with pytest.raises(gradc.ArgumentTypeError, match="nested"):
        gradc.compile(*FACTORS, wrt=("U", "V")).bind("hessian", out=other, **factors(np.random.default_rng(0)))


def test_errors_of_binding() -> None:
    kernel = gradc.compile(*LOGISTIC, wrt="w", name="logistic")
    with pytest.raises(gradc.ArgumentError, match="what is"):
        kernel.bind("hesse")
    with pytest.raises(gradc.ArgumentTypeError, match="'Z'"):
        kernel.bind("hessian", Z=1)
    chain = gradc.compile(CHAIN, "x[n]", name="chain")
    with pytest.raises(gradc.ArgumentTypeError, match="bound already"):
        chain.bind("hessian", x=np.ones(3)).bind(x=np.ones(3))
    with pytest.raises(gradc.ArgumentTypeError, match="missing"):
        chain.bind("hessian")()
    with pytest.raises(gradc.NotDifferentiableError):
        gradc.compile("exp(x)", "x[n]").bind("hessian")


@pytest.mark.parametrize("method", ["trust-exact", "trust-constr", "Newton-CG", "trust-krylov"])
def test_optimisers_take_bound_derivatives(method: str) -> None:
    kernel = gradc.compile(*LOGISTIC, wrt="w", name="logistic")
    given = logistic(np.random.default_rng(5))
    w = given.pop("w")
    products = method in ("Newton-CG", "trust-krylov")
    more = {"hessp": kernel.bind("hvp", **given)} if products else {"hess": kernel.bind("hessian", **given)}
    found = scipy.optimize.minimize(kernel.bind(**given), w, jac=True, method=method, **more)
    assert np.max(np.abs(kernel.grad(found.x, **given))) < 1e-4


def test_a_pattern_that_has_every_element_is_dense() -> None:
    kernel = gradc.compile("sum((x[i] - x[j])**4) + sum(x**2)", "x[n], i[e]:int64, j[e]:int64", name="pairs")
    x = np.arange(4.0)
    i, j = np.triu_indices(4, 1)
    found = kernel.hessian(x, i, j)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, kernel.hessian(x, i, j, dense=True), rtol=1e-14)
    assert kernel.sparsity("hessian", x, i, j) is None
    assert kernel.hessian(x, i[1:], j[1:]).format == "csr"
    assert kernel.hessian(x + 1, i, j, out=found) is found
    np.testing.assert_allclose(found, kernel.hessian(x + 1, i, j, dense=True), rtol=1e-14)
    assert kernel.bind("hessian", i=i, j=j, out=found)(2 * x) is found
    np.testing.assert_allclose(found, kernel.hessian(2 * x, i, j, dense=True), rtol=1e-14)
    objective, hessian = kernel.bind(i=i, j=j), kernel.bind("hessian", i=i, j=j)
    least = scipy.optimize.minimize(objective, x, jac=True, hess=hessian, method="trust-exact")
    assert np.max(np.abs(least.x)) < 1e-3


def test_what_binding_leaves_is_named() -> None:
    kernel = gradc.compile("sum((a - b)**2) * c", "a[n], b[n], c", wrt=("a", "b"), backend="interpret")
    for bound in (kernel.bind(c=1.0), kernel.bind("hessian", c=1.0)):
        with pytest.raises(
            gradc.ArgumentTypeError, match=r"missing 1 .*: 'b'; bind\(\) has left 2 arguments, 'a', 'b'"
        ):
            bound(np.ones(3))
    with pytest.raises(gradc.ArgumentTypeError, match=r"'c'$"):
        kernel(np.ones(3), np.ones(3))


def test_a_bound_derivative_may_be_dense():
    kernel = gradc.compile("sum(exp(x - y))", "x[n], y[n]")
    dense = kernel.bind("hessian", y=np.zeros(3), dense=True)
    out = np.full((3, 3), np.nan)
    assert isinstance(dense(np.zeros(3)), np.ndarray)
    assert kernel.bind("hessian", y=np.zeros(3), dense=True, out=out)(np.log([1.0, 2.0, 3.0])) is out
    np.testing.assert_allclose(out, np.diag([1.0, 2.0, 3.0]), rtol=1e-15)
