"""Sparse derivatives: patterns from index maps, values refilled in place, and what optimisers do with them."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import scipy.sparse

import gradc
from compiled import cast
from gradc.losses import CATALOGUE

WRT = ("cams", "points", "w")
SIGNATURE = "cams[c,11], points[m,3], w[p], observed[p,2], camera[p]:int64, point[p]:int64"


def rotated(r: Any, x: Any) -> Any:
    """Rodrigues' rotation, as in the bundle adjustment of Agarwal et al. (2010)."""
    angle = np.sqrt(np.sum(r**2, axis=1))[:, None]
    axis = r / angle
    cross = np.stack(
        [
            axis[:, 1] * x[:, 2] - axis[:, 2] * x[:, 1],
            axis[:, 2] * x[:, 0] - axis[:, 0] * x[:, 2],
            axis[:, 0] * x[:, 1] - axis[:, 1] * x[:, 0],
        ],
        axis=1,
    )
    along = np.sum(axis * x, axis=1)[:, None]
    return np.cos(angle) * x + np.sin(angle) * cross + axis * along * (1 - np.cos(angle))


def reprojection(cams: Any, points: Any, w: Any, observed: Any, camera: Any, point: Any) -> Any:
    """Weighted errors of projection: rotation, centre, focal length, principal point, two radial distortions."""
    C, x = cams[camera], points[point]
    y = rotated(C[:, 0:3], x - C[:, 3:6])
    u = y[:, 0:2] / y[:, 2:3]
    square = np.sum(u**2, axis=1)[:, None]
    radial = 1 + C[:, 9:10] * square + C[:, 10:11] * square**2
    return w[:, None] * (C[:, 6:7] * u * radial + C[:, 7:9] - observed)


def bundle(seed: int = 0, cameras: int = 3, points: int = 5, count: int = 13) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    cams = rng.normal(size=(cameras, 11)) * 0.1
    cams[:, 6] = 1
    return {
        "cams": cams,
        "points": rng.normal(size=(points, 3)) + np.array([0, 0, 5]),
        "w": rng.uniform(0.5, 1.5, size=count),
        "observed": rng.normal(size=(count, 2)),
        "camera": rng.integers(0, cameras, count),
        "point": rng.integers(0, points, count),
    }


def differences(f: Any, x: Any, step: float = 1e-6) -> Any:
    """The derivative of f at x, raveled on both sides."""
    columns = []
    for place in np.ndindex(*x.shape):
        e = np.zeros(x.shape)
        e[place] = step
        columns.append(np.ravel((f(x + e) - f(x - e)) / (2 * step)))
    return np.stack(columns, axis=1)


def dense(block: Any, rows: int) -> Any:
    return np.reshape(block, (rows, -1)) if isinstance(block, np.ndarray) else block.toarray()


@pytest.fixture(scope="module")
def adjustment() -> Any:
    return gradc.compile(reprojection, SIGNATURE, wrt=WRT, name="adjustment")


def test_bundle_adjustment_gives_block_rows(adjustment: Any) -> None:
    arguments = bundle()
    assert adjustment.sparsity("jacobian") == ("rows", "rows", "rows")
    blocks = adjustment.jacobian(**arguments)
    for name, block, width in zip(WRT, blocks, (11, 3, 1), strict=True):
        assert block.format == "bsr"
        assert block.blocksize == (2, width)
        assert block.data.shape[0] == len(arguments["w"])  # one block for each observation, and no colouring
        expected = differences(lambda z, name=name: adjustment(**{**arguments, name: z}), arguments[name])
        assert np.max(np.abs(block.toarray() - expected)) < 1e-7 * max(1, np.max(np.abs(expected)))
    for one, other in zip(blocks, adjustment.jacobian(**arguments, mode="reverse"), strict=True):
        assert np.max(np.abs((one - other).toarray())) < 1e-12
    for one, other in zip(blocks, adjustment.jacobian(**arguments, dense=True), strict=True):
        assert np.max(np.abs(one.toarray() - other.reshape(one.shape))) < 1e-12


def test_gauss_newton_is_the_product_of_the_jacobians(adjustment: Any) -> None:
    arguments = bundle()
    J = np.hstack([block.toarray() for block in adjustment.jacobian(**arguments)])
    r = adjustment(**arguments).ravel()
    JtJ, Jtr = adjustment.gauss_newton(**arguments)
    assert JtJ[0][0].format == "bsr"
    assert JtJ[0][0].blocksize == (11, 11)
    assert JtJ[1][1].format == "bsr"
    assert JtJ[1][1].blocksize == (3, 3)
    rows = [np.hstack([dense(block, row[0].shape[0]) for block in row]) for row in JtJ]
    assert np.max(np.abs(np.vstack(rows) - J.T @ J)) < 1e-11
    assert np.max(np.abs(np.concatenate([np.ravel(part) for part in Jtr]) - J.T @ r)) < 1e-11


def test_gauss_newton_never_stores_the_jacobian() -> None:
    kernel = gradc.compile("tanh(X @ w) - y", "w[d], X[n,d], y[n]", wrt="w", name="fit")
    rng = np.random.default_rng(0)
    w, X, y = rng.normal(size=4), rng.normal(size=(30, 4)), rng.normal(size=30)
    JtJ, Jtr = kernel.gauss_newton(w, X, y)
    J = kernel.jacobian(w, X, y)
    assert np.allclose(JtJ, J.T @ J, atol=1e-12)
    assert np.allclose(Jtr, J.T @ kernel(w, X, y), atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_matrix_factorization_has_blocks_where_there_are_ratings(dtype: str) -> None:
    loss = CATALOGUE["matrix_factorization"]
    kernel = gradc.compile(loss.function, loss.signature, wrt=loss.wrt, dtype=dtype)
    example = loss.example(np.random.default_rng(0))
    arguments = dict(zip(example, cast(list(example.values()), dtype), strict=True))
    blocks = kernel.hessian(**arguments)
    exact = gradc.compile(loss.function, loss.signature, wrt=loss.wrt, backend="interpret")
    for p, row in enumerate(loss.wrt):
        for q, column in enumerate(loss.wrt):
            expected = differences(
                lambda z, p=p, column=column: exact.grad(**{**example, column: z})[p], example[column]
            )
            found = blocks[p][q]
            assert found.dtype == dtype
            assert np.max(np.abs(found.toarray() - expected)) < (1e-7 if dtype == "float64" else 1e-4), (row, column)
    pairs = len(set(zip(example["row"], example["column"], strict=True)))
    k = example["U"].shape[1]
    assert blocks[0][1].nnz == pairs * k * k
    pattern = kernel.sparsity("hessian", **arguments)
    assert (pattern[0][1] != blocks[0][1].astype(bool)).nnz == 0 or pattern[0][1].nnz == blocks[0][1].nnz


def test_a_chain_is_tridiagonal_and_refilled_in_place() -> None:
    kernel = gradc.compile("sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)", "x[n]", name="rosenbrock")
    x = np.random.default_rng(0).normal(size=9)
    hessian = kernel.hessian(x)
    assert hessian.format == "dia"
    assert hessian.offsets.tolist() == [1, 0, -1]
    assert hessian.nnz == 3 * 9 - 2
    assert np.max(np.abs(hessian.toarray() - differences(kernel.grad, x))) < 1e-5
    held = hessian.data
    assert kernel.hessian(2 * x, out=hessian) is hessian
    assert hessian.data is held
    assert np.max(np.abs(hessian.toarray() - scipy.optimize.rosen_hess(2 * x))) < 1e-9
    assert kernel.hessian(np.ones(4)).shape == (4, 4)  # another size, another pattern
    assert kernel.sparsity("hessian", x).nnz == 25
    with pytest.raises(gradc.ArgumentError, match="pattern"):
        kernel.hessian(np.ones(4), out=hessian)


def test_numbers_in_an_earlier_result_are_no_places() -> None:
    kernel = gradc.compile("a**3 * b**2 + sum((x - a)**4)", "x[n], a, b", wrt=("x", "a", "b"))
    point = np.array([1.0, -2.0])
    first = kernel.hessian(point, 2.0, 3.0)
    assert isinstance(first[1][1], float)
    bound = kernel.bind("hessian", out=first)
    for found in (bound(-point, 1.0, 0.5), kernel.hessian(-point, 1.0, 0.5, out=first)):
        expected = kernel.hessian(-point, 1.0, 0.5)
        for row, wanted in zip(found, expected, strict=True):
            for one, other in zip(row, wanted, strict=True):
                assert np.array_equal(*(x.toarray() if scipy.sparse.issparse(x) else x for x in (one, other)))
        assert found[0][0] is first[0][0]
    one = gradc.compile("a**3", "a")
    assert one.bind("hessian", out=one.hessian(1.0))(2.0) == 12
    assert one.hessian(2.0, out=1.0) == 12
    gradients = kernel.grad(point, 2.0, 3.0)
    value, again = kernel.bind(out=(None, gradients))(point, 2.0, 3.0)
    assert value == kernel(point, 2.0, 3.0)
    assert again[0] is gradients[0]
    assert again[1:] == gradients[1:]


def test_numbers_are_written_into_arrays_without_axes() -> None:
    kernel = gradc.compile("sum((x - c)**2)", "x[n], c", wrt=("x", "c"))
    value, slope, by_c = np.empty(()), np.empty(3), np.empty(())
    bound = kernel.bind(out=(value, (slope, by_c)))
    assert bound(np.ones(3), 3.0)[0] is value
    assert (float(value), float(by_c)) == (12.0, 12.0)
    with pytest.raises(gradc.ArgumentError, match="shares memory"):
        kernel.bind(out=(value, (slope, slope[:1].reshape(()))))(np.ones(3), 3.0)
    with pytest.raises(gradc.ArgumentTypeError, match=r"np.empty\(\(3,\), np.float64\)"):
        kernel.bind(out=(value, (1.0, by_c)))(np.ones(3), 3.0)


@pytest.mark.parametrize("source", ["sum(exp(X @ w)) + sum(c**4) * w[0]", "sum(exp(X @ w)) + sum(c[k]**4) * w[0]"])
def test_dense_and_sparse_blocks_are_refilled_together(source: str) -> None:
    kernel = gradc.compile(source, "w[d], c[m], X[n,d], k[p]:int64", wrt=("w", "c"))
    rng = np.random.default_rng(0)
    given = {"c": rng.normal(size=4), "X": rng.normal(size=(6, 3)), "k": np.array([0, 3, 3])}
    first = kernel.hessian(w=np.zeros(3), **given)
    assert isinstance(first[0][0], np.ndarray)
    assert scipy.sparse.issparse(first[1][1])
    bound = kernel.bind("hessian", out=first, **given)
    w = rng.normal(size=3)
    for row, expected in zip(bound(w), kernel.hessian(w=w, **given), strict=True):
        for found, block in zip(row, expected, strict=True):
            assert np.array_equal(*(x.toarray() if scipy.sparse.issparse(x) else x for x in (found, block)))
    assert bound(w)[0][0] is first[0][0]


@pytest.mark.parametrize(
    ("source", "offsets"),
    [
        ("x[2:] - 2*x[1:-1] + x[:-2]", [2, 1, 0]),
        ("y[1:] * x[:-1]**2 + exp(x[1:])", [1, 0]),
        ("cumsum(ones(3))[0] * x[4:] + x[:-4] + x[3:-1]", [4, 3, 0]),
    ],
)
def test_shifts_give_diagonals(source: str, offsets: list[int]) -> None:
    kernel = gradc.compile(source, "x[n], y[n]", wrt="x", name="shifts")
    rng = np.random.default_rng(0)
    for n in (5, 9, 300):  # more than a tile
        x, y = rng.normal(size=n), rng.normal(size=n)
        jacobian = kernel.jacobian(x, y)
        assert jacobian.format == "dia"
        assert jacobian.offsets.tolist() == offsets
        np.testing.assert_allclose(jacobian.toarray(), kernel.jacobian(x, y, dense=True), rtol=1e-13)
        # What lies outside of the matrix is never written to.
        assert not np.any(jacobian.data[np.array(offsets) > 0, 0])
        normal, _ = kernel.gauss_newton(x, y)
        assert normal.format == "dia"
        np.testing.assert_allclose(normal.toarray(), jacobian.toarray().T @ jacobian.toarray(), rtol=1e-11, atol=1e-12)


def test_the_layout_is_known_without_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = gradc.compile("sum(x[i] * x[j])", "x[n], i[m]:int64, j[m]:int64", wrt="x", name="uncompiled")
    monkeypatch.setattr("gradc.compiled.build", None)
    assert kernel.sparsity("hessian") == "slots"


def test_a_newton_step_by_bands() -> None:
    kernel = gradc.compile("sum((x[1:] - x[:-1])**2) + sum(exp(x))", "x[n]", name="smooth")
    x = np.linspace(-1, 1, 50)
    hessian = kernel.hessian(x)
    step = scipy.linalg.solve_banded((1, 1), hessian.data, kernel.grad(x))
    np.testing.assert_allclose(hessian @ step, kernel.grad(x), atol=1e-12)


def test_the_pattern_follows_the_index_arrays() -> None:
    kernel = gradc.compile("sum(x[i] * x[j])", "x[n], i[m]:int64, j[m]:int64", wrt="x", name="pairs")
    x, i, j = np.ones(4), np.array([0, 1, 0]), np.array([1, 2, 1])
    first = kernel.hessian(x, i, j).toarray()
    assert first[0, 1] == first[1, 0] == 2
    assert first[1, 2] == 1
    j[2] = 3  # in place
    second = kernel.hessian(x, i, j).toarray()
    assert second[0, 1] == 1
    assert second[0, 3] == second[3, 0] == 1
    with pytest.raises(gradc.IndexRangeError):
        kernel.hessian(x, i, np.array([0, 0, 4]))


def test_a_linear_loss_has_an_empty_hessian_block() -> None:
    kernel = gradc.compile("sum(a * x) + sum(exp(z))", "x[n], z[m], a[n]", wrt=("x", "z"), name="half")
    blocks = kernel.hessian(np.ones(3), np.zeros(2), np.ones(3))
    assert blocks[0][0].shape == (3, 3)
    assert blocks[0][0].nnz == 0
    assert blocks[0][0].format == "csr"
    assert blocks[0][1].shape == (3, 2)
    assert np.allclose(blocks[1][1].toarray(), np.eye(2))


def test_without_scipy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = gradc.compile("sum(exp(x))", "x[n]", name="diagonal")
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"gradc\[sparse\]"):
        kernel.hessian(np.zeros(3))
    assert np.allclose(kernel.hessian(np.zeros(3), dense=True), np.eye(3))


# --- optimisers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["trust-exact", "Newton-CG", "trust-constr"])
def test_minimize_with_second_derivatives(method: str) -> None:
    kernel = gradc.compile("mean(softplus(-y * (X @ w))) + lam/2 * sum(w**2)", "w[d], X[n,d], y[n], lam", wrt="w")
    rng = np.random.default_rng(0)
    X, y, lam = rng.normal(size=(60, 4)), np.sign(rng.normal(size=60)), 0.1
    more: dict[str, Any] = {"hess": lambda w: kernel.hessian(w, X, y, lam)}
    if method == "Newton-CG":
        more = {"hessp": lambda w, v: kernel.hvp((w, X, y, lam), v)}
    found = scipy.optimize.minimize(kernel.bind(X=X, y=y, lam=lam), np.zeros(4), jac=True, method=method, **more)
    assert np.max(np.abs(kernel.grad(found.x, X, y, lam))) < 1e-4


def test_trust_constr_takes_a_sparse_hessian() -> None:
    kernel = gradc.compile("sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)", "x[n]", name="rosenbrock")
    found = scipy.optimize.minimize(
        kernel, np.zeros(6), jac=kernel.grad, hess=kernel.hessian, method="trust-constr", options={"maxiter": 300}
    )
    assert np.allclose(found.x, 1, atol=1e-4)


def test_least_squares_takes_a_sparse_jacobian(adjustment: Any) -> None:
    arguments = bundle(seed=2, cameras=2, points=6, count=12)
    points = arguments["points"]

    def at(x: Any) -> dict[str, Any]:
        return {**arguments, "points": x.reshape(points.shape)}

    found = scipy.optimize.least_squares(
        lambda x: adjustment(**at(x)).ravel(),
        points.ravel(),
        jac=lambda x: scipy.sparse.csr_matrix(adjustment.jacobian(**at(x))[1]),
        method="trf",
        tr_solver="lsmr",
    )
    start = np.sum(adjustment(**arguments) ** 2) / 2
    assert found.cost < start
    assert found.optimality < 1e-3


def test_what_is_done_to_a_result_changes_no_other() -> None:
    kernel = gradc.compile("sum((x[i] - x[i - 1])**2) + sum(x**4)", "x[n], i[m]:int64", wrt="x")
    x, i = np.linspace(0.0, 1.0, 6), np.arange(1, 6)
    first, diagonal = kernel.hessian(x, i), gradc.compile("sum(x**4)", "x[n]", wrt="x")
    wanted = first.toarray()
    first.data[:] = 0
    first.eliminate_zeros()
    np.testing.assert_array_equal(kernel.hessian(x, i).toarray(), wanted)
    second = diagonal.hessian(x)
    second.data[:] = 7
    second.offsets[:] = 1
    np.testing.assert_array_equal(diagonal.hessian(x).toarray(), np.diag(12 * x**2))
    np.testing.assert_array_equal(diagonal.hessian(x[:3]).toarray(), np.diag(12 * x[:3] ** 2))


def _sums(x: Any, a: Any, i: Any, j: Any) -> Any:
    return a * x[i] + x[j] ** 2


def _columns(x: Any, a: Any, i: Any, j: Any) -> Any:
    return np.concatenate([x[i][:, None] * a[None, :], (x[j] ** 2)[:, None]], axis=1)


def _rows(x: Any, a: Any, i: Any, j: Any) -> Any:
    return np.concatenate([a[:, None] * x[i][None, :], (x[j] ** 2)[None, :]], axis=0)


def _one(x: Any, a: Any, i: Any, j: Any) -> Any:
    return np.concatenate([a * x[0] + x[i], x[1] * x[j]])


def _pairs(x: Any, a: Any, i: Any, j: Any) -> Any:
    return np.exp(x[i][:, None] * x[j][None, :]) + a[None, :] * x[i][:, None]


@pytest.mark.parametrize("function", [_sums, _columns, _rows, _one, _pairs])
def test_sparse_blocks_are_those_of_the_dense_matrix(function: Any) -> None:
    """Where rows come from several parts, from indices that columns name and from such that they do not."""
    kernel = gradc.compile(function, "x[n], a[m], i[m]:int64, j[m]:int64", wrt="x", name="blocks")
    rng = np.random.default_rng(3)
    x, a = rng.normal(size=6), rng.normal(size=4)
    i, j = rng.integers(0, 6, (2, 4))
    dense = np.asarray(kernel.jacobian(x, a, i, j, dense=True))
    found = kernel.jacobian(x, a, i, j)
    if scipy.sparse.issparse(found):
        found = found.toarray()
    np.testing.assert_allclose(np.reshape(found, dense.shape), dense, rtol=1e-13, atol=1e-14)
    moved = [(function(x + h, a, i, j) - function(x - h, a, i, j)) / 2e-6 for h in 1e-6 * np.eye(6)]
    np.testing.assert_allclose(dense, np.moveaxis(moved, 0, -1), rtol=1e-6, atol=1e-8)
