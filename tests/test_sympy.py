"""SymPy expressions: every class against SymPy's own numbers, and refusals by name."""

import numpy as np
import pytest
import sympy as sp

from gradc.calculus.semantics import SEMANTICS
from gradc.errors import FormulaError, ShapeError, UnsupportedError
from gradc.frontends.formula import parse_formula, parse_program
from gradc.frontends.signature import parse_signature
from gradc.frontends.sympy_expressions import convert
from gradc.ir.interpret import interpret
from gradc.ir.verify import verify

a, b, c, lam = sp.symbols("a b c lam")
n, d, i, j = sp.symbols("n d i j", integer=True)
X, w, y = sp.IndexedBase("X"), sp.IndexedBase("w"), sp.IndexedBase("y")
A, B = sp.MatrixSymbol("A", 3, 3), sp.MatrixSymbol("B", 3, 2)
SIGNATURE = parse_signature("a, b, c, lam, w[d], X[n,d], y[n], A[3,3], B[3,2]")
VALUES = {
    "a": 0.7, "b": 1.3, "c": -0.4, "lam": 0.3, "w": np.array([0.1, -0.2, 0.3]), "X": np.arange(15.0).reshape(5, 3) / 7,
    "y": np.array([1.0, -1, 1, 1, -1]), "A": np.diag([2.0, 3, 4]) + 0.1, "B": np.arange(6.0).reshape(3, 2),
}  # fmt: skip
NUMBERS = {a: 0.7, b: 1.3, c: -0.4, lam: 0.3}


def run(expression):
    program = verify(convert(expression, SIGNATURE))
    assert parse_program(str(program)) == program
    return interpret(program, list(VALUES.values()), SEMANTICS)[0]


SCALARS = [
    sp.exp(-(a**2)) * sp.sin(b * c), a / b - c / 2, -a * b * c, 1 - a, a - b - c, lam / 2 * a * a, a**b, 2 * (a + b),
    a**-2 * b ** sp.Rational(-1, 2), sp.Rational(2, 3) * a * b, sp.sqrt(a) + sp.cbrt(b), sp.log(a) / sp.log(2),
    (a + b) / (c * b), sp.Piecewise((a, a > b), (b, b > 1), (c, True)), sp.Max(a, b, c) + sp.Min(a, b),
    sp.Abs(c) + sp.sign(c) + sp.Heaviside(c), sp.Mod(a, b) + sp.floor(b) + sp.ceiling(a), sp.pi + sp.E * a,
    sp.sec(a) + sp.csc(a) + sp.cot(a) + sp.asec(2 * b) + sp.atan2(a, b), sp.tanh(a) + sp.asinh(b) + sp.acoth(a + 2),
    sp.gamma(a) + sp.loggamma(b) + sp.digamma(a) + sp.polygamma(2, a) + sp.polygamma(1, b), sp.beta(a, b),
    sp.besseli(0, a) + sp.besseli(1, b) + sp.erf(a) + sp.erfc(b), sp.Float(2.5) * a, sp.EulerGamma * a,
    sp.Piecewise((a, sp.And(a > 0, b > 0)), (b, True)), sp.Piecewise((1, sp.Or(a > 1, sp.Ne(b, 0))), (0, True)),
    sp.sinh(a) + sp.cosh(b) + sp.asin(a) + sp.acos(a) + sp.atan(b) + sp.acot(b) + sp.acsc(2 * b) + sp.atanh(a),
    sp.log(1 + sp.exp(-a * b)), sp.Integer(3), sp.Rational(1, 3), a * 10**30,
]  # fmt: skip


@pytest.mark.parametrize("expression", SCALARS, ids=str)
def test_scalars_agree_with_sympy(expression):
    np.testing.assert_allclose(run(expression), float(sp.N(expression.subs(NUMBERS))), rtol=1e-12)


v = VALUES
INDEXED = [
    (sp.Sum(sp.Sum(X[i, j] * w[j], (j, 0, d - 1)) * y[i], (i, 0, n - 1)) / n, np.mean((v["X"] @ v["w"]) * v["y"])),
    (sp.Sum(X[i, j], (i, 1, n - 1), (j, 0, 1)), v["X"][1:, :2].sum()),
    (sp.Product(w[i], (i, 0, d - 1)), np.prod(v["w"])),
    (sp.Sum(i * a, (i, 0, n - 1)), 7.0),
    (sp.Sum(i**2, (i, 1, 4)), 30.0),
    (sp.Sum(A[i, i], (i, 0, 2)), np.trace(v["A"])),
    (sp.Sum(sp.KroneckerDelta(i, j) * X[i, j], (i, 0, d - 1), (j, 0, d - 1)), np.trace(v["X"])),
    (sp.Trace(A), np.trace(v["A"])),
    (sp.Determinant(A), np.linalg.det(v["A"])),
    (A * B, v["A"] @ v["B"]),
    (A.T + 2 * A, v["A"].T + 2 * v["A"]),
    (A.I * B, np.linalg.solve(v["A"], v["B"])),
    (sp.MatrixSymbol("B", 3, 2).T * A, v["B"].T @ v["A"]),
    (sp.Matrix([[a, b], [c, a * b]]), [[0.7, 1.3], [-0.4, 0.91]]),
    (sp.Matrix([a, b]), [[0.7], [1.3]]),
    ([a, b * a, 3], [0.7, 0.91, 3.0]),
    ((a, n), [0.7, 5.0]),
    (sp.And(a > 0, b > 0), 1.0),
    (sp.ITE(a > b, a < c, b > c), 1.0),
    (lam / 2 * sp.Sum(w[j] ** 2, (j, 0, d - 1)), 0.15 * np.sum(v["w"] ** 2)),
]


@pytest.mark.parametrize(("expression", "expected"), INDEXED, ids=lambda item: str(item)[:40])
def test_arrays_sums_and_matrices(expression, expected):
    np.testing.assert_allclose(run(expression), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("expression", "formula"),
    [
        (-y[i] * lam, "-lam * y[i]"),
        (lam / 2 * a, "a / 2 * lam"),
        (a - b / c, "a - b / c"),
        (sp.exp(-a) / (1 + sp.exp(-a)), "exp(-a) / (1 + exp(-a))"),
        (sp.Rational(2, 3) * a, "2 * a / 3"),
        (1 / sp.sqrt(a), "1 / sqrt(a)"),
    ],
)
def test_the_spelling_a_person_would_choose(expression, formula):
    if expression.has(y):
        expression = sp.Sum(expression, (i, 0, n - 1))
        formula = f"sum[i:n]({formula})"
    assert convert(expression, SIGNATURE) == parse_formula(formula, SIGNATURE)


@pytest.mark.parametrize(
    ("expression", "error", "words"),
    [
        (sp.LambertW(a), UnsupportedError, "LambertW"),
        (sp.Derivative(a**2, a), UnsupportedError, "doit"),
        (sp.I * a, UnsupportedError, "real"),
        (sp.Function("f")(a), UnsupportedError, "function f"),
        (sp.besseli(2, a), UnsupportedError, "order 2"),
        (sp.Symbol("lan"), FormulaError, "did you mean lam"),
        (sp.Symbol("X"), ShapeError, "IndexedBase"),
        (X[i], ShapeError, "used with 1 indices"),
        (sp.Sum(X[i, j], (j, 0, i), (i, 0, d - 1)), UnsupportedError, "Piecewise"),
        (sp.Sum(w[i], (i, 0, sp.Symbol("q"))), FormulaError, "q"),
        (A[0, 0] * sp.Symbol("A"), ShapeError, "shape"),
        (object(), UnsupportedError, "object"),
    ],
)
def test_refusals_say_what(expression, error, words):
    if isinstance(expression, sp.Indexed):
        expression = sp.Sum(expression, (i, 0, n - 1))
    with pytest.raises(error, match=words):
        convert(expression, SIGNATURE)


def test_a_wide_sum():
    wide = sp.Add(*(k * a**k for k in range(1, 300)), evaluate=False)
    assert len(convert(wide, SIGNATURE).definitions) == 1


def test_a_deep_composition():
    deep = a
    for _ in range(400):
        deep = sp.sin(deep, evaluate=False)
    assert np.isfinite(run(deep))
