"""Second derivatives of the catalogue: against differences of gradients, against one another, in C and interpreted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import gradc
from compiled import cast, compile_programs, run
from gradc import interface, losses, programs
from gradc.calculus.primitives import PRIMITIVES
from gradc.derivatives import derive
from gradc.ir.definitions import Call
from gradc.ir.program import Program
from gradc.ir.size import symbol
from gradc.ir.verify import verify
from gradc.losses import CATALOGUE
from gradc.modes import SECOND

# Kinked losses have a second derivative almost everywhere; these have it nowhere that differences could tell.
COMPILED = ("logistic", "poisson", "gaussian", "softmax_cross_entropy", "matrix_factorization", "multivariate_normal")


class Case:
    """A loss of the catalogue at sample arguments, a direction, and differences of its gradient along it."""

    def __init__(self, name: str, dtype: str = "float64") -> None:
        loss = CATALOGUE[name]
        self.wrt = (loss.wrt,) if isinstance(loss.wrt, str) else loss.wrt
        self.program = programs.canonical(programs.read(loss.function, loss.signature))
        example = loss.example(np.random.default_rng(3))
        self.arguments = [example[parameter.name] for parameter in self.program.parameters]
        self.at = interface.positions(self.program, self.wrt)
        rng = np.random.default_rng(4)
        self.direction = [np.asarray(rng.normal(size=np.shape(self.arguments[k]))) for k in self.at]
        self.dtype = dtype

    def differences(self) -> list[Any]:
        gradient = programs.derive(self.program, "value_and_grad", self.wrt)
        step = 1e-5

        def at(sign: float) -> tuple[Any, ...]:
            moved = list(self.arguments)
            for k, direction in zip(self.at, self.direction, strict=True):
                moved[k] = moved[k] + sign * step * direction
            return run(gradient, moved)[1:]

        return [(a - b) / (2 * step) for a, b in zip(at(1), at(-1), strict=True)]

    def full(self, blocks: tuple[Any, ...]) -> np.ndarray[Any, Any]:
        """The whole Hessian from its blocks on and above the diagonal."""
        sizes = [np.size(self.arguments[k]) for k in self.at]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        whole = np.zeros((starts[-1], starts[-1]))
        found = iter(blocks)
        for p in range(len(sizes)):
            for q in range(p, len(sizes)):
                block = np.reshape(next(found), (sizes[p], sizes[q]))
                whole[starts[p] : starts[p + 1], starts[q] : starts[q + 1]] = block
                whole[starts[q] : starts[q + 1], starts[p] : starts[p + 1]] = block.T
        return whole


def flat(parts: Any) -> np.ndarray[Any, Any]:
    return np.concatenate([np.ravel(part) for part in parts])


def assert_close(found: Any, expected: Any, tolerance: float) -> None:
    scale = max(1e-3, float(np.max(np.abs(expected), initial=0)))
    assert np.max(np.abs(found - expected), initial=0) <= tolerance * scale


def checked(program: Program) -> Program:
    verify(program)
    return program


@pytest.mark.parametrize("name", CATALOGUE)
def test_hessian_of_the_catalogue(name: str) -> None:
    case = Case(name)
    hessian = checked(derive("hessian", case.program, case.wrt, dense=True).program)
    whole = case.full(run(hessian, case.arguments))
    assert_close(whole @ flat(case.direction), flat(case.differences()), 3e-6)
    assert_close(whole, whole.T, 1e-12)
    product = checked(derive("hvp", case.program, case.wrt).program)
    assert_close(flat(run(product, [*case.arguments, *case.direction])), whole @ flat(case.direction), 1e-10)
    diagonal = checked(derive("hessian_diagonal", case.program, case.wrt).program)
    assert_close(flat(run(diagonal, case.arguments)), np.diag(whole), 1e-10)


ROUTINES = {
    "inverse": (lambda A, B: np.sum(np.tanh(np.linalg.inv(A) @ B)), "A"),
    "solution": (lambda A, B: np.sum(np.tanh(np.linalg.solve(A, B))), ("A", "B")),
    "vector": (lambda A, b: b @ np.linalg.solve(A, b), ("A", "b")),
    "determinant": (lambda A, B: np.linalg.det(A) * B[0, 0] + np.linalg.slogdet(A)[1] ** 2, ("A", "B")),
}


@pytest.mark.parametrize("name", ROUTINES)
def test_deltas_go_through_routines_as_products(name: str) -> None:
    """No direction is a column of a system of equations, and the derivative is right."""
    function, wrt = ROUTINES[name]
    kernel = gradc.compile(function, "A[d,d], b[d]" if name == "vector" else "A[d,d], B[d,n]", wrt=wrt)
    program = checked(derive("hessian", kernel.program, list(wrt), dense=True).program)
    matrices = {array.shape for array in kernel.program.arrays()} | {(symbol("d"), symbol("d"))}
    for definition in program.definitions:
        if isinstance(definition, Call):
            assert {program.arrays()[number].shape for number in definition.arguments} <= matrices
    rng = np.random.default_rng(2)
    joint = programs.derive(kernel.program, "value_and_grad", list(wrt))
    A = rng.normal(size=(3, 3)) + 3 * np.eye(3)
    point, step = [A, rng.normal(size=3 if name == "vector" else (3, 4))], 1e-5
    directions = [rng.normal(size=part.shape) for part in point[: len(wrt)]]

    def gradient(sign: float) -> Any:
        moved = [part + sign * step * way for part, way in zip(point, directions, strict=False)]
        return flat(run(joint, [*moved, *point[len(moved) :]])[1:])

    blocks = iter(run(program, point))
    sizes = [part.size for part in directions]
    parts = {
        (p, q): np.reshape(next(blocks), (sizes[p], sizes[q])) for p in range(len(wrt)) for q in range(p, len(wrt))
    }
    whole = np.block([[parts[p, q] if p <= q else parts[q, p].T for q in range(len(wrt))] for p in range(len(wrt))])
    assert_close(whole @ flat(directions), (gradient(1) - gradient(-1)) / (2 * step), 1e-6)


def test_both_modes_take_the_symmetric_part_for_cholesky() -> None:
    """A direction need not be symmetric: the tangent along it and the adjoint give one number."""
    rng = np.random.default_rng(6)
    A = 4 * np.eye(3) + rng.normal(size=(3, 3))
    # NumPy reads the lower triangle alone, so on a matrix that is not symmetric the first call says that they differ.
    with pytest.raises(gradc.TraceMismatchError):
        gradc.compile(lambda A: np.sum(np.sin(np.linalg.cholesky(A))), "A[n,n]", backend="interpret")(A)
    kernel = gradc.compile(lambda A: np.sum(np.sin(np.linalg.cholesky(A))), "A[n,n]", backend="interpret", check=False)
    direction = rng.normal(size=(3, 3))
    along = kernel.jvp((A,), direction)[1]
    assert along == pytest.approx(np.sum(kernel.grad(A) * direction), rel=1e-12)
    assert along == pytest.approx((kernel(A + 1e-6 * direction) - kernel(A - 1e-6 * direction)) / 2e-6, rel=1e-7)


def test_two_carries_that_are_one_array_are_stored_apart() -> None:
    """In C each carry has a place of its own, to which what comes next is written."""

    def loss(x: Any, h: Any) -> Any:
        def step(carry: Any, t: Any) -> Any:
            first, second = carry
            both = np.sin(first * t) + second
            return (both, both), first

        (first, second), _ = gradc.scan(step, (h, 2 * h), x)
        return np.sum(first * second + 3 * second)

    x, h = np.array([0.3, -0.7, 1.1]), np.array([0.1, 0.2])
    compiled, kernel = (gradc.compile(loss, "x[n], h[m]", wrt=("x", "h"), backend=b) for b in ("c", "interpret"))
    assert compiled(x, h) == pytest.approx(kernel(x, h), rel=1e-14)
    for found, expected in zip(compiled.grad(x, h), kernel.grad(x, h), strict=True):
        assert_close(found, expected, 1e-13)


def test_an_array_that_is_two_carries_of_a_scan() -> None:
    """It gets the cotangents of both."""

    def loss(x: Any) -> Any:
        def step(carry: Any, t: Any) -> Any:
            first, second = carry
            both = np.sin(first * t) + second
            return (both, both), first

        (first, second), _ = gradc.scan(step, (x[0], x[1]), x)
        return first * second + 3 * second

    kernel = gradc.compile(loss, "x[n]", backend="interpret")
    x = np.array([0.3, -0.7, 1.1])
    expected = [(kernel(x + 1e-6 * e) - kernel(x - 1e-6 * e)) / 2e-6 for e in np.eye(3)]
    assert_close(kernel.grad(x), np.array(expected), 1e-7)
    assert_close([kernel.jvp((x,), e)[1] for e in np.eye(3)], np.array(expected), 1e-7)


def test_the_gradient_of_a_determinant_is_that_of_a_singular_matrix_too() -> None:
    """It is the matrix of cofactors, which no inverse is needed for."""
    program = programs.canonical(programs.read(lambda A: np.linalg.det(A), "A[n,n]"))
    joint = programs.derive(program, "value_and_grad", ["A"])
    kernels = {dtype: compile_programs({"joint": joint}, dtype)["joint"] for dtype in ("float64", "float32")}
    rng = np.random.default_rng(5)
    for n in range(7):
        for rank in range(n + 1):
            A = np.round(3 * rng.normal(size=(n, rank))) @ np.round(2 * rng.normal(size=(rank, n)))
            minors = [np.linalg.det(np.delete(np.delete(A, i, 0), j, 1)) for i in range(n) for j in range(n)]
            signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
            expected = signs * np.reshape(minors, (n, n))
            scale = max(1.0, float(np.linalg.norm(A)) ** max(0, n - 1))
            assert np.max(np.abs(run(joint, [A])[1] - expected), initial=0) < 1e-13 * scale
            for dtype, kernel in kernels.items():
                found = kernel(*cast([A], dtype))[1]
                assert np.max(np.abs(found - expected), initial=0) < 20 * np.finfo(dtype).eps * scale
    zero = compile_programs({"joint": joint}, "float64")["joint"](np.diag([1.0, 0.0, 2.0, 0.0]))
    np.testing.assert_array_equal(zero[1], 0.0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_compiled_second_derivatives(dtype: str) -> None:
    cases = {name: Case(name) for name in COMPILED}
    programs = {
        f"{name}_{mode}": derive(mode, case.program, case.wrt, dense=True).program
        for name, case in cases.items()
        for mode in (mode.name for mode in SECOND.values() if not mode.of_arrays)
    }
    kernels = compile_programs(programs, dtype)
    for key, program in programs.items():
        case = cases[next(name for name in COMPILED if key.startswith(name))]
        arguments = [*case.arguments, *case.direction] if key.endswith("_hvp") else case.arguments
        for found, expected in zip(kernels[key](*cast(arguments, dtype)), run(program, arguments), strict=True):
            assert_close(found, expected, 1e-9 if dtype == "float64" else 3e-3)


def test_a_mode_without_a_program_is_an_error_and_no_other_mode() -> None:
    program = Case(COMPILED[0]).program
    for make in (lambda: derive("laplacian", program, ()), lambda: programs.derive(program, "laplacian", ())):
        with pytest.raises(KeyError, match="laplacian"):
            make()


# Second derivatives by a part of a concatenation put at places that another part has: those give nothing.
JOINED = {
    "two": lambda x, y, b: np.sum(np.concatenate([x, y])[b] ** 3),
    "twice": lambda x, y, b: np.sum(np.concatenate([x, x])[b] ** 3 * y[0]),
    "around": lambda x, y, b: np.sum(np.concatenate([y, x, y])[b] ** 3),
    "scaled": lambda x, y, b: np.sum(np.exp(np.concatenate([x[1:], y * x[0], x])[b])),
    "padded": lambda x, y, b: np.sum(np.pad(x, 2)[b] ** 3 * np.roll(x, 1)[b] * y[0]),
    "cut": lambda x, y, b: np.sum(np.concatenate([y, x[:-1]]) * np.concatenate([x[:-1], y]) ** 2),
    "table": lambda x, y, b: np.sum(np.concatenate([np.outer(x, x), np.outer(y, x)])[b] ** 2),
}


def test_second_derivatives_through_a_gather_from_a_concatenation() -> None:
    """What C writes is what the interpreter has, and that is what differences of gradients say."""
    made, expected = {}, {}
    rng = np.random.default_rng(0)
    arguments = [rng.normal(size=5), rng.normal(size=3), np.array([0, 4, 2, -1, 4, -3])]
    for name, function in JOINED.items():
        program = gradc.compile(function, "x[n], y[m], b[p]:int64", wrt=("x", "y")).program
        for k, argument in enumerate(("x", "y")):
            dense = derive("hessian", program, [argument], dense=True).program
            (whole,) = run(dense, arguments)
            gradient, step, columns = programs.derive(program, "value_and_grad", [argument]), 1e-6, []
            for e in np.eye(len(arguments[k])):
                near = [
                    run(gradient, [a + sign * step * e if j == k else a for j, a in enumerate(arguments)])[1]
                    for sign in (1, -1)
                ]
                columns.append((near[0] - near[1]) / (2 * step))
            assert_close(whole, np.stack(columns, axis=1), 1e-7)
            made[f"{name}_{argument}"], expected[f"{name}_{argument}"] = dense, whole
            diagonal = derive("hessian_diagonal", program, [argument]).program
            made[f"{name}_{argument}_diagonal"] = diagonal
            expected[f"{name}_{argument}_diagonal"] = np.diag(whole)
    kernels = compile_programs(made, "float64")
    for key, whole in expected.items():
        assert_close(kernels[key](*arguments)[0], whole, 1e-12)


def recurrence(a: Any, b: Any) -> Any:
    steps = np.concatenate([b, b, a])

    def step(c: Any, x: Any) -> Any:
        c = np.tanh(c + b[0] * x)
        return c, c

    last, states = gradc.scan(step, 0.0, steps)
    return np.mean(states) + last**2


def test_derivatives_of_a_scan_over_a_concatenation() -> None:
    """The cotangent of its Jacobian in reverse mode is read by nothing, and the diagonal reads nothing that is not."""
    kernel = gradc.compile(recurrence, "a[n], b[m]", wrt=("a", "b"), backend="interpret")
    rng = np.random.default_rng(0)
    arguments = [rng.normal(size=5), rng.normal(size=7)]
    for mode in ("forward", "reverse"):
        for found, expected in zip(kernel.jacobian(*arguments, mode=mode), kernel.grad(*arguments), strict=True):
            assert_close(found, expected, 1e-12)
    table = kernel.hessian(*arguments, dense=True)
    for k, found in enumerate(kernel.hessian_diagonal(*arguments)):
        assert_close(found, np.diag(table[k][k]), 1e-12)
        step, rows = 1e-6, []
        for e in np.eye(len(arguments[k])):
            near = [
                kernel.grad(*(a + sign * step * e if j == k else a for j, a in enumerate(arguments)))[k]
                for sign in (1, -1)
            ]
            rows.append((near[0] - near[1]) / (2 * step))
        assert_close(table[k][k], np.stack(rows), 1e-7)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: np.sum(np.concatenate([x, x]) ** 2), [4, 4, 4, 4]),
        (lambda x: np.sum(np.concatenate([x[1:], x]) ** 2), [2, 4, 4, 4]),
        (lambda x: np.sum(np.stack([x, x[::-1]]) ** 2), [4, 4, 4, 4]),
    ],
)
def test_a_sparse_hessian_through_a_concatenation(function: Any, expected: list[float]) -> None:
    found = gradc.compile(function, "x[d]").hessian(np.ones(4))
    np.testing.assert_array_equal(found.toarray(), np.diag(expected))


@pytest.mark.parametrize(
    "name", ["logistic", "poisson", "two_layer", "bradley_terry", "multivariate_normal", "autoregressive"]
)
def test_third_derivative(name: str) -> None:
    case = Case(name)
    first = (case.wrt[0],)
    hessian = derive("hessian", case.program, first, dense=True).program
    third = checked(derive("jacobian", hessian, first, dense=True).program)
    (found,) = run(third, case.arguments)
    k, direction, step = case.at[0], case.direction[0], 1e-5

    def at(sign: float) -> Any:
        moved = list(case.arguments)
        moved[k] = moved[k] + sign * step * direction
        return run(hessian, moved)[0]

    expected = (at(1) - at(-1)) / (2 * step)
    assert_close(np.tensordot(found, direction, np.ndim(direction)), expected, 3e-6)


def test_third_derivative_of_a_kernel() -> None:
    kernel = gradc.compile("sum(exp(X @ w))", "w[d], X[n,d]", wrt="w", name="total")
    cubic = gradc.compile(kernel.closed_form("hessian"), wrt="w", name="cubic")
    rng = np.random.default_rng(0)
    w, X = rng.normal(size=3), rng.normal(size=(5, 3))
    assert_close(cubic.jacobian(w, X), np.einsum("i,ij,ik,il->jkl", np.exp(X @ w), X, X, X), 1e-12)


@pytest.mark.parametrize("name", ["exp", "tanh", "log", "sin", "sqrt", "softplus", "erf"])
def test_a_separable_loss_has_a_diagonal(name: str) -> None:
    kernel = gradc.compile(f"sum({name}(x))", "x[n]", name="separable", backend="interpret")
    assert kernel.sparsity("hessian") == "diagonal"
    low, high = PRIMITIVES[name].domain[0]
    x = np.linspace(max(low, -2) + 0.1, min(high, 3) - 0.1, 6)
    hessian = kernel.hessian(x)
    assert type(hessian).__name__ == "dia_array"
    step = 1e-6
    assert_close(hessian.diagonal(), (kernel.grad(x + step) - kernel.grad(x - step)) / (2 * step), 1e-6)
    assert_close(kernel.hessian(x, dense=True), hessian.toarray(), 1e-14)


def test_value_gradient_and_hessian_together() -> None:
    loss = losses.CATALOGUE["logistic"]
    kernel = gradc.compile(loss.function, loss.signature, wrt="w")
    arguments = loss.example(np.random.default_rng(0))
    value, gradient, hessian = kernel.value_grad_hessian(**arguments)
    assert value == pytest.approx(kernel(**arguments))
    assert_close(gradient, kernel.grad(**arguments), 1e-12)
    assert_close(hessian, kernel.hessian(**arguments), 1e-12)
    out = np.empty_like(hessian)
    assert kernel.hessian(*arguments.values(), out=out) is out
    assert_close(out, hessian, 1e-12)


def test_logistic_regression_in_closed_form() -> None:
    kernel = gradc.compile("mean(softplus(-y * (X @ w))) + lam/2 * sum(w**2)", "w[d], X[n,d], y[n], lam", wrt="w")
    text = str(kernel.closed_form("hessian"))
    assert "sum[i:n](" in text
    assert "where(" in text
    assert "[i:n, j:d, k:d]" not in text
    assert "[n, d, d]" not in text
    rng = np.random.default_rng(1)
    w, X, y = rng.normal(size=3), rng.normal(size=(9, 3)), np.sign(rng.normal(size=9))
    p = 1 / (1 + np.exp(-(X @ w)))
    assert_close(kernel.hessian(w, X, y, 0.1), X.T @ np.diag(p * (1 - p)) @ X / 9 + 0.1 * np.eye(3), 1e-12)


def test_the_diagonal_needs_no_matrix() -> None:
    kernel = gradc.compile("mean(softplus(-y * (X @ w)))", "w[d], X[n,d], y[n]", wrt="w")
    assert "[j:d, " not in str(kernel.closed_form("hessian_diagonal"))


def test_errors_name_the_argument() -> None:
    kernel = gradc.compile("x**2", "x[n]", backend="interpret")
    with pytest.raises(gradc.NotDifferentiableError, match="hessian"):
        kernel.hessian(np.ones(2))
    scalar = gradc.compile("sum(x**2)", "x[n]", backend="interpret")
    with pytest.raises(gradc.ArgumentTypeError, match="1 vectors"):
        scalar.hvp((np.ones(2),), (np.ones(2), np.ones(2)))
    with pytest.raises(gradc.ArgumentError, match="mode"):
        kernel.jacobian(np.ones(2), mode="sideways")
    with pytest.raises(gradc.ArgumentError, match="what"):
        kernel.sparsity("gradient")
    with pytest.raises(gradc.ArgumentError, match="what"):
        kernel.closed_form("third")
    with pytest.raises(gradc.ArgumentTypeError, match="out"):
        scalar.hessian(np.ones(2), out=np.ones((2, 2)))


def test_far_curvature_is_not_magnified_by_the_rounding_of_its_argument():
    """``sigmoid(z) * sigmoid(-z)`` is about ``exp(-abs(z))``, where what ``z = x * y`` is rounded by counts z times."""
    kernel = gradc.compile("sum(softplus(x * y))", "x[n], y[n]", wrt="x")
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-30, 30, 400), rng.uniform(5, 20, 400)
    with mp.workdps(40):
        decays = [mp.exp(-abs(mpf(a) * mpf(b))) for a, b in zip(x, y, strict=True)]
        truth = np.array([float(mpf(b) ** 2 * decay / (1 + decay) ** 2) for b, decay in zip(y, decays, strict=True)])
    found = kernel.hessian(x, y).diagonal()
    assert np.max(np.abs(found / truth - 1)) <= 8 * np.finfo(float).eps
