"""The stabilising pass: identities fire on every spelling, not where their condition fails, and never do harm."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp

import gradc
from gradc.calculus.semantics import SEMANTICS
from gradc.ir.definitions import Parameter
from gradc.ir.interpret import interpret
from gradc.ir.program import ProgramBuilder
from gradc.passes.compensate import CORRECTED, compensate
from gradc.passes.lower import lower
from gradc.programs import canonical, derive, read, stable
from gradc.stabilise.differences import COMPLEMENTS, SQUARES
from gradc.stabilise.fit import _coefficients, _order
from gradc.stabilise.rewrite import stabilise
from gradc.stabilise.table import IDENTITIES
from gradc.stabilise.views import Scalars
from gradc.tools.measuring import _exact, _ulps
from numerics import Case, compile_cases

VECTORS = "v[n], w[n], x, y, z, X[n,d], Y[n,d]"


def stabilised(formula: str, signature: str = VECTORS) -> str:
    """The stabilised program's text, its lines joined."""
    program, _ = stable(canonical(read(formula, signature)))
    return "; ".join(line.strip() for line in str(program).split("\n")[1:-1]).replace("x_out", "value")


# --- tables ---


COMPLETED = [(f"{k} + {name}(u)", text) for name, entries in COMPLEMENTS.items() for k, text in entries]


@pytest.mark.parametrize(("sum_", "text"), COMPLETED + [(f"{name}(u)**2 - 1", text) for name, text in SQUARES.items()])
def test_tables_of_complements_hold(sum_: str, text: str) -> None:
    u = np.linspace(-2.0, 2.0, 9)
    written = str(sum_).replace("-1/2", "-0.5")
    program = read(f"({written}) - ({text})", "u[k], h[k], d[k], n[k]")
    (found,) = interpret(program, [u, u / 2, 2 * u, -u], SEMANTICS, "float64")
    np.testing.assert_allclose(found, 0.0, atol=1e-14)


# --- spellings --------------------------------------------------------------------------------------------------------

# One function to a line, and how it may be written; the first is what all become.
SPELLINGS: dict[str, list[str]] = {
    "sigmoid(x)": [
        "1/(1 + exp(-x))", "exp(x)/(1 + exp(x))", "exp(x)/(exp(x) + 1)", "1 - 1/(1 + exp(x))", "(1 + exp(-x))**(-1)",
        "1 - exp(-x)/(1 + exp(-x))", "0.5*(1 + tanh(x/2))", "0.5 + 0.5*tanh(x*0.5)", "exp(-log(1 + exp(-x)))",
        "2/(2 + 2*exp(-x))", "where(x >= 0, 1/(1 + exp(-x)), exp(x)/(1 + exp(x)))", "exp(log_sigmoid(x))",
    ],
    "softplus(x)": [
        "log(1 + exp(x))", "log(exp(x) + 1)", "log1p(exp(x))", "log(exp(0*1) + exp(x))", "-log(1/(1 + exp(x)))",
        "-log(1 - 1/(1 + exp(-x)))",
    ],
    "log_sigmoid(x)": ["log(1/(1 + exp(-x)))", "log(exp(x)/(1 + exp(x)))", "log(1 - 1/(1 + exp(x)))"],
    "tanh(x)": [
        "(exp(x) - exp(-x))/(exp(x) + exp(-x))", "(exp(2*x) - 1)/(exp(2*x) + 1)", "(1 - exp(-2*x))/(1 + exp(-2*x))",
        "2/(1 + exp(-2*x)) - 1", "1 - 2/(exp(2*x) + 1)", "2*sigmoid(2*x) - 1", "sinh(x)/cosh(x)",
    ],
    "logaddexp(x, y)": ["log(exp(x) + exp(y))", "log(exp(y) + exp(x))"],
    "log1mexp(x)": ["log(1 - exp(x))", "log(-expm1(x))", "log1p(-exp(x))", "log(-(exp(x) - 1))"],
    "log_cosh(x)": ["log(cosh(x))", "log((exp(x) + exp(-x))/2)", "log(0.5*exp(-x) + 0.5*exp(x))"],
    "expm1(x)": ["exp(x) - 1", "-1 + exp(x)", "-(1 - exp(x))"],
    "log1p(x)": ["log(1 + x)", "log(x + 1)", "-log(1/(1 + x))"],
    "hypot(x, y)": ["sqrt(x**2 + y**2)", "sqrt(x*x + y*y)", "(x*x + y**2)**0.5", "sqrt(abs(x)**2 + y*y)"],
    "abs(x)": ["sqrt(x*x)", "(x**2)**0.5", "maximum(x, 0) + maximum(-x, 0)", "maximum(x, -x) + 0"],
    "x": ["log(exp(x))", "maximum(x, 0) - maximum(-x, 0)", "maximum(x, 0) + minimum(x, 0)", "-log(exp(-x))"],
    "ndtr(x)": ["0.5*(1 + erf(x/sqrt(2)))", "0.5*erfc(-x/sqrt(2))", "1 - 0.5*erfc(x/sqrt(2))",
        "(1 + erf(x*sqrt(0.5)))/2"],
    "log_ndtr(x)": ["log(0.5*(1 + erf(x/sqrt(2))))", "log(ndtr(x))"],
    "arcsinh(x)": ["log(x + sqrt(x*x + 1))", "log(sqrt(1 + x**2) + x)"],
    "arctanh(x)": ["0.5*log((1 + x)/(1 - x))", "(log(1 + x) - log(1 - x))/2", "0.5*(log1p(x) - log1p(-x))"],
    "direction(x, 1)": ["x/sqrt(1 + x*x)", "x/sqrt(x**2 + 1)", "x*(1 + x*x)**(-0.5)"],
    "boxcox(x, y)": ["(x**y - 1)/y", "expm1(y*log(x))/y", "(exp(y*log(x)) - 1)/y"],
    "x ** y": ["1 + (x**y - 1)"],
}  # fmt: skip
# Spellings that are not one function yet.
UNREAD = {
    "x*(1 + x*x)**(-0.5)",
    "(exp(y*log(x)) - 1)/y",
    "maximum(x, -x) + 0",
    "1 + (x**y - 1)",
    "1 - exp(-x)/(1 + exp(-x))",
}
PAIRS = [(name, text) for name, texts in SPELLINGS.items() for text in texts if text not in UNREAD]


@pytest.mark.parametrize(("name", "text"), PAIRS)
def test_every_spelling_becomes_one_function(name: str, text: str) -> None:
    assert stabilised(text) == stabilised(name)


REDUCTIONS = [
    ("log(sum(exp(v)))", "logsumexp[i:n](v[i])"),
    ("max(v) + log(sum(exp(v - max(v))))", "logsumexp[i:n](v[i])"),
    ("log(mean(exp(v)))", "logsumexp[i:n](v[i])"),
    ("sqrt(sum(v**2))", "norm[i:n](v[i])"),
    ("sqrt(sum((v - w)*(v - w)))", "norm[i:n]"),
    ("sum(v**2)**0.5", "norm[i:n](v[i])"),
    ("sqrt(mean((v - mean(v))**2))", "norm[i:n]"),
    ("mean(v**2) - mean(v)**2", "(v[i] - "),
    ("sum(v**2) - sum(v)**2/n", "(v[i] - "),
    ("sum(v**2) - 2*sum(v*w) + sum(w**2)", "sum[i:n]((w[i] - v[i]) ** 2)"),
    ("sum(v*v) + sum(w*w) - 2*sum(w*v)", "sum[i:n]((w[i] - v[i]) ** 2)"),
    ("log(prod(v))", "sum[i:n](log(abs(v[i])))"),
    ("sum(v*log(v/w))", "weighted(v[i]"),
    ("0.1*x + 0.1*y - 0.1*z", "1.6 * (0.0625 * y + 0.0625 * x - 0.0625 * z)"),
    ("sqrt(n*sum(v**2))", "* sqrt(n)"),
    ("sqrt(sum(v**2)/n)", "/ sqrt(n)"),
    ("sum(X**2) - 2*sum(X*Y) + sum(Y**2)", "sum[i:n, j:d]((Y[i, j] - X[i, j]) ** 2)"),
    ("sum(X*X) + sum(Y*Y) - 2*sum(Y*X) + x", "sum[i:n, j:d]((Y[i, j] - X[i, j]) ** 2)"),
]


@pytest.mark.parametrize(("text", "part"), REDUCTIONS)
def test_reductions_are_read_through(text: str, part: str) -> None:
    assert part in stabilised(text)


# --- where the conditions fail ----------------------------------------------------------------------------------------

UNTOUCHED = [
    "log(2 + x)", "log(x + y)", "exp(x) - 2", "1/(1 + x**2)", "sqrt(x + y)", "sqrt(x**2 + y)", "exp(x)*y", "x*y - z",
    "log(x)", "x**2 + y**2", "1 + cos(x)*y", "exp(x) + exp(y)", "sin(x) + cos(x)", "sqrt(x)*sqrt(y)", "1 + exp(x)",
    "sum(v)/n", "x*log(2)", "exp(x)/(2 + y)", "sqrt(sum(v))", "log(sum(v))", "mean(v**2) - mean(w)**2", "abs(x - y)",
]  # fmt: skip


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_stable_or_unknown_is_left_alone(text: str) -> None:
    program = canonical(read(text, VECTORS))
    assert stabilise(program).applied == ()


# What comes out, as it is printed.
WHOLE = {
    "y*(1 + tanh(x/2))*0.5": "y * sigmoid(x)",
    "x*(1 - cos(y))/2": "x * sin(0.5 * y) ** 2",
    "(1 + tanh(x/2))*(1 - tanh(y/2))*0.25": "sigmoid(x) * sigmoid(-y)",
    "-x/y": "-(x / y)",
    "x/(-y)": "-(x / y)",
    "-(x/y)*z": "-(z * (x / y))",
}


@pytest.mark.parametrize("text", WHOLE)
def test_numbers_and_signs_meet(text: str) -> None:
    assert stabilised(text) == f"value = {WHOLE[text]}; return value"


def test_shares_of_three_are_taken_from_the_largest() -> None:
    k = gradc.compile("log(exp(x)/(exp(x) + exp(y) + exp(z)))", "x, y, z", backend="interpret")
    for point in itertools.permutations((0.0, 1000.0, -1000.0)):
        assert k(*point) == point[0] - 1000.0


def test_distances_along_several_axes() -> None:
    def far(X: Any, Y: Any) -> Any:
        squares = np.sum(X**2, axis=(1, 2))[:, None] + np.sum(Y**2, axis=(1, 2))[None, :]
        return squares - 2 * np.einsum("ide,jde->ij", X, Y)

    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(3, 2, 4)), rng.normal(size=(5, 2, 4))
    k = gradc.compile(far, "X[n,d,e], Y[m,d,e]", backend="interpret")
    assert "(X[i, j, k] - Y[l, j, k]) ** 2" in str(k.program)
    np.testing.assert_allclose(k(X, Y), np.sum((X[:, None] - Y[None]) ** 2, axis=(2, 3)), rtol=1e-13)


# A rule that would leave more terms than there were is not tried.
KEPT = [("x*log(x/y) + z", "kl_div"), ("x*log(x/y) - x + z", "kl_div"), ("log(x) - log(-x) + y", "arctanh")]


@pytest.mark.parametrize(("text", "part"), KEPT)
def test_what_would_have_more_terms_is_left_alone(text: str, part: str) -> None:
    assert part not in stabilised(text)


ZEROS = [
    "0*(x + (x - 1))/(x/2 + sin(x))", "0*(x + (x - x**2))/(x/2 + sin(x))", "0*(x + x**2)/(x + sin(x))",
    "0*(x**3 + (x**3 - x))/(x**3/2 + sin(x**3))", "0*log(x)*x/(1 + x) + x - x",
]  # fmt: skip


@pytest.mark.parametrize("text", ZEROS)
def test_a_factor_of_zero_is_no_coefficient(text: str) -> None:
    value, gradient = gradc.compile(f"cos({text})", "x", backend="interpret").value_and_grad(1.3)
    assert (value, gradient) == (1.0, 0.0)
    outside = gradc.compile("0*x/(0*(x + 1)) + exp(x) - 1", "x", backend="interpret")
    assert math.isnan(outside(2.0))


def test_every_identity_is_listed_with_a_reason() -> None:
    assert len({identity.name for identity in IDENTITIES}) == len(IDENTITIES)
    for identity in IDENTITIES:
        assert identity.on
        assert identity.identity
        assert identity.reason
        assert identity.holds


# --- no worse than what was written -----------------------------------------------------------------------------------

LEAVES = st.sampled_from(["x", "y", "1", "2", "0.5"])


def _join(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    unary = st.builds("{}({})".format, st.sampled_from(["exp", "log", "sqrt", "tanh", "cos", "-", "abs", "sin"]), parts)
    binary = st.builds("({} {} {})".format, parts, st.sampled_from(["+", "-", "*", "/"]), parts)
    power = st.builds("({})**{}".format, parts, st.sampled_from(["2", "3", "0.5"]))
    return st.one_of(unary, binary, binary, power)


EXPRESSIONS = st.recursive(LEAVES, _join, max_leaves=7)
NUMBERS = st.floats(-30, 30).filter(lambda value: value == 0 or abs(value) > 1e-6)


def _errors(formula: str, point: tuple[float, float]) -> tuple[list[float], list[float], list[float]] | None:
    """The errors in ulps of value and gradients, plain and stabilised, and what each result's conditioning explains."""
    plain = canonical(read(formula, "x, y"))
    improved, _ = stable(plain)
    exact_program = derive(plain, "value_and_grad", ("x", "y"), stable=False)
    exact = _exact(exact_program, point)
    if any(not math.isfinite(float(value[()])) for value in exact):
        return None
    before = interpret(exact_program, point, SEMANTICS)
    after = interpret(derive(improved, "value_and_grad", ("x", "y")), point, SEMANTICS)
    moved = [
        _exact(exact_program, tuple(c * (1 + 2.0**-50 * s) for c, s in zip(point, d, strict=True)))
        for d in ((1, 0), (0, 1))
    ]

    def errors(values: Any) -> list[float]:
        return [max(_ulps(np.asarray(v), w, "float64"), default=0.0) for v, w in zip(values, exact, strict=True)]

    explained = [
        sum(max(_ulps(np.float64(float(other[k][()])), exact[k], "float64"), default=0.0) / 4 for other in moved)
        for k in range(3)
    ]
    return errors(before), errors(after), explained


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, NUMBERS, NUMBERS)
def test_stabilising_makes_nothing_worse(formula: str, x: float, y: float) -> None:
    try:
        found = _errors(formula, (x, y))
    except (gradc.GradcError, OverflowError):
        assume(False)
    assume(found is not None)
    assert found is not None
    for before, after, explained in zip(*found, strict=True):
        assert after <= max(before, explained) + 4 + 0.5 * explained, (before, after, explained)


# --- ten losses, naive and stable -------------------------------------------------------------------------------------

LOSSES = [
    ("mean(log(1 + exp(-v*w)))", "mean(softplus(-v*w))"),
    ("-mean(v*log(1/(1 + exp(-w))) + (1 - v)*log(1 - 1/(1 + exp(-w))))", "mean(softplus(w) - v*w)"),
    ("log(sum(exp(v))) - v[0]", "logsumexp(v) - v[0]"),
    ("sqrt(sum(v**2))", "norm(v)"),
    ("mean(log((exp(v) + exp(-v))/2))", "mean(abs(v) + log1p(exp(-2*abs(v))) - log(2))"),
    ("mean(log(1 + v**2))", "mean(where(abs(v) > 1e8, 2*log(abs(v) + 1e-300), log1p(minimum(abs(v), 1e8)**2)))"),
    ("-log(exp(v[0])/sum(exp(v)))", "logsumexp(v) - v[0]"),
    ("sum((1/(1 + exp(-v)))*w)", "sum(expit(v)*w)"),
    ("-mean(log(0.5*(1 + erf(v*w/sqrt(2)))))", "-mean(log_ndtr(v*w))"),
    ("mean(sqrt(1 + v*v) - 1)", "mean(v*(v/(hypot(1, v) + 1)))"),
]


@pytest.mark.parametrize(("naive", "spelled"), LOSSES)
@pytest.mark.parametrize("size", [1e-8, 1.0, 40.0, 1000.0])
def test_naive_losses_are_as_good_as_stable_ones(naive: str, spelled: str, size: float) -> None:
    rng = np.random.default_rng(int(size) + 3)
    v, w = size * rng.standard_normal(7), np.sign(rng.standard_normal(7))
    if "v*log" in naive:
        v, w = (w > 0).astype(float), v
    results = []
    for text, flag in ((naive, True), (spelled, False)):
        k = gradc.compile(text, "v[n], w[n]", wrt=("v", "w"), stabilise=flag, backend="interpret")
        value, gradients = k.value_and_grad(v, w)
        results.append([np.asarray(value), *gradients])
    for ours, theirs in zip(*results, strict=True):
        assert np.isfinite(ours).all()
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12 * max(1.0, float(np.abs(theirs).max())))


# --- never worse at the ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", ["p:int64", "p"])
def test_the_logarithm_of_a_power_of_a_negative_number(exponent: str) -> None:
    k = gradc.compile("log((x - 1)**p)", f"x, {exponent}", wrt="x", backend="interpret")
    value, gradient = k.value_and_grad(-2.0, 2)
    assert (value, gradient) == (pytest.approx(2 * math.log(3)), pytest.approx(-2 / 3))
    assert math.isnan(k(-2.0, 3))
    assert k(1e200, 3) == pytest.approx(600 * math.log(10))  # where the power overflows
    assert k(1.0, 0) == 0.0  # 0**0 is 1


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_logarithms_of_numbers_whose_quotient_overflows(dtype: str) -> None:
    info = np.finfo(dtype)
    one = np.ones((), dtype)
    sizes = [info.smallest_subnormal, info.tiny, np.sqrt(info.tiny), one, 2 * one, np.sqrt(info.max), info.max]
    texts = ["log(x) - log(y)", "log(x/y)", "x*log(y) - x*log(2 + y)", "log(x + 1) - log(x)"]
    cases = [Case(text, {"x": (), "y": ()}) for text in texts]
    calls = compile_cases(cases, dtype, as_formula=True)
    for x, y in itertools.product(sizes, repeat=2):
        with mp.workdps(700):
            p, q = mp.mpf(float(x)), mp.mpf(float(y))
            exact = [mp.log(p / q), mp.log(p / q), p * mp.log(q / (2 + q)), mp.log((p + 1) / p)]
        for text, call, right in zip(texts, calls, map(float, exact), strict=True):
            if abs(right) < float(info.max):
                where = f"{text} at {x}, {y}"
                np.testing.assert_allclose(call(x, y)[0], right, rtol=4 * info.eps, atol=info.tiny, err_msg=where)


def test_a_root_that_a_constant_keeps_from_zero_is_no_hypot() -> None:
    for text in ("sqrt(x**2 + 1e-6)", "sqrt(1 + x*x)", "(1e-6 + x**2 + y**2)**0.5", "1/sqrt(2 + 4*x**2)"):
        program = derive(stable(canonical(read(text, "x, y"))).program, "value_and_grad", ("x", "y"))
        assert "hypot" not in str(program)
    # Below the least normal number of either dtype, a square that vanishes would be missed.
    assert "hypot(1e-20, x)" in stabilised("sqrt(x**2 + 1e-40)")
    k = gradc.compile("sqrt(x**2 + 1e-6)", "x", backend="interpret")
    np.testing.assert_allclose(k.value_and_grad(1e-170), (1e-3, 1e-167), rtol=1e-15)
    np.testing.assert_allclose(k.value_and_grad(-3.0), (3.0, -1.0), rtol=1e-6)
    np.testing.assert_allclose(k.hessian(1e5), 1e-21, rtol=1e-14)  # 1/r - x**2/r**3 cancels
    # What holds beyond the square's range still does.
    for text, value, gradient in (("sqrt(1 + x*x) - 1", 1e200, 1.0), ("x/sqrt(1 + x*x)", 1.0, 0.0)):
        np.testing.assert_allclose(
            gradc.compile(text, "x", backend="interpret").value_and_grad(1e200), (value, gradient), rtol=1e-15
        )


def test_the_gradient_of_an_angle_where_the_quotient_is_infinite() -> None:
    for text in ("arctan(y/x)", "arctan2(y, x)"):
        k = gradc.compile(text, "x, y", wrt=("x", "y"), backend="interpret")
        for point, slopes in {
            (0.0, 2.0): (-0.5, 0.0), (3.0, 0.0): (0.0, 1 / 3), (math.inf, 2.0): (0.0, 0.0), (2.0, math.inf): (0.0, 0.0),
            (1e200, 1e200): (-5e-201, 5e-201), (0.0, 1e-200): (-1e200, 0.0), (3.0, 4.0): (-4 / 25, 3 / 25),
        }.items():  # fmt: skip
            np.testing.assert_allclose(k.grad(*point), slopes, rtol=1e-14, err_msg=f"{text} at {point}")
    assert gradc.compile("arctan(y/x)", "x, y", backend="interpret")(-1.0, 1.0) == -math.pi / 4
    half = gradc.compile("arctan(1/x)", "x", backend="interpret")
    np.testing.assert_allclose(half.value_and_grad(0.0), (math.pi / 2, -1.0))


@pytest.mark.parametrize("name", ["gammaln", "digamma"])
def test_differences_of_gamma_functions_at_negative_numbers(name: str) -> None:
    special = pytest.importorskip("scipy.special")
    function = getattr(special, name)
    x = np.array([-0.5, 0.5, -2.25, -0.75, 3.5])
    d = np.array([1.0, -1.2, 0.5, 3.5, 1.25])
    k = gradc.compile(f"sum({name}(x + d) - {name}(x))", "x[n], d[n]", backend="interpret")
    np.testing.assert_allclose(k(x, d), np.sum(function(x + d) - function(x)), rtol=1e-13)
    with np.errstate(all="ignore"):
        assert np.isfinite(gradc.compile(k.written, wrt="d", backend="interpret").grad(x, d)).all()


# --- corrections of exponentials --------------------------------------------------------------------------------------

ARGUMENTS = ["x*y", "x/y", "x + y", "-x*y**2", "x*y - 1"]
FORMS = [*(f"{name}({{}})" for name in CORRECTED), "1/(exp({})-1)", "x**3/(exp({})-1)", "1/(1 + exp({}))"]
EXACT = [
    "exp(x - y*z)", "exp(x + y*z)", "exp(y*z - x)", "exp(x*y*z)", "exp(x*y/z)", "exp(x/(y*z))", "exp((x + y)*z)",
    "exp((x - y)/z)", "exp(x/y - y/z)", "exp(-x*y + x*z)", "exp((x*y)**2 - z)", "exp((x - y)**3)", "exp(abs(x*y) - z)",
    "expm1(0.1*x*y)", "exp(x/3)", "exp(pi*x)", "sigmoid(x*y - z)", "softplus(x*y - 0.7*z)", "log_sigmoid(0.3*x + y)",
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_corrections_make_up_for_what_the_arguments_lose(dtype: str) -> None:
    """An exponential is right to two units of its last place, though its argument is far from 0."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(5)
    for text in EXACT:
        program = compensate(canonical(read(text.replace("pi", repr(math.pi)), "x, y, z")), dtype)
        written, names = str(program), [parameter.name for parameter in program.parameters]
        assert "_error" in written or text in ("exp(x/3)", f"exp({math.pi}*x)"), text
        lowered = lower(program)
        for _ in range(40):
            point = dict(zip("xyz", (rng.uniform(1, 4, 3) * rng.choice([-1, 1], 3)).astype(dtype), strict=True))
            (found,) = interpret(lowered, [point[name] for name in names], SEMANTICS, dtype)
            with mp.workdps(60):
                exact = eval(text, {**MP, **{name: mp.mpf(float(value)) for name, value in point.items()}})
                if not 1e-30 < abs(exact) < 1e30:
                    continue
                error = abs(mp.mpf(float(found)) - exact) / abs(exact) / float(info.eps)
            assert error <= 2.5, (text, point, found, exact)


MP = {
    "exp": mp.exp, "expm1": mp.expm1, "pi": mp.pi, "abs": abs, "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)), "log_sigmoid": lambda x: -mp.log1p(mp.exp(-x)),
}  # fmt: skip
EXTREMES = [0.0, 1e-300, 1e-20, 1.0, 2.0, 354.9, 400.0, 709.79, 1e10, 1e160, 1e300, math.inf]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_corrections_hold_at_overflow_and_underflow(dtype: str) -> None:
    cases = [Case(form.format(argument), {"x": (), "y": ()}) for form in FORMS for argument in ARGUMENTS]
    for case, call in zip(cases, compile_cases(cases, dtype, as_formula=True), strict=True):
        k = gradc.compile(case.expression, "x, y", wrt=("x", "y"), dtype=dtype, backend="interpret")
        for a in EXTREMES:
            for b in (2.0, 1e-3, 1e200):
                for point in ((a, b), (-a, b), (b, a)):
                    with np.errstate(all="ignore"):
                        x, y = np.asarray(point, dtype)
                    (value, gradients), (wanted, slopes) = call(x, y), k.value_and_grad(x, y)
                    for found, right in zip((value, *gradients), (wanted, *slopes), strict=True):
                        # The sizes differ by what the argument's rounding explains; whether they are numbers does not.
                        assert np.isfinite(found) == np.isfinite(right), (case.expression, point, found, right)
                        assert np.isnan(found) == np.isnan(right), (case.expression, point, found, right)
                        bound = 1e-3 if dtype == "float32" else 1e-11
                        if np.isfinite(right):
                            np.testing.assert_allclose(
                                found, right, rtol=bound, atol=1e-290 if dtype == "float64" else 1e-30
                            )


# --- the interface ---------------------------------------------------------------------------------------------------


def test_a_kernel_says_what_was_rewritten() -> None:
    k = gradc.compile("log(1 + exp(x))", "x", backend="interpret")
    assert len(k.rewrites) == 1
    assert "softplus" in k.rewrites[0].identity
    plain = gradc.compile("log(1 + exp(x))", "x", backend="interpret", stabilise=False)
    assert plain.rewrites == ()
    assert plain.program == k.written
    assert plain(1000.0) == math.inf
    assert k(1000.0) == 1000.0


def test_accuracy_finds_the_operation() -> None:
    report = gradc.accuracy(gradc.compile("1 - cos(x)", "x", stabilise=False), {"x": (1e-6, 1e-3, "log")}, samples=20)
    assert report.worst > 1e4
    assert report.rows[0].loses == "1 - cos(x)"
    assert any("cos" in text for text in report.helps)
    assert "digits are lost in" in str(report)
    assert gradc.accuracy(gradc.compile("1 - cos(x)", "x"), {"x": (1e-6, 1e-3, "log")}, samples=20).worst < 4


def test_accuracy_of_arrays() -> None:
    k = gradc.compile("log(mean(exp(X @ w)))", "w[d], X[n,d]", dtype="float32")
    report = gradc.accuracy(k, {"w": (-1, 1), "X": (-1, 1)}, sizes={"n": 4, "d": 2}, samples=10)
    assert [row.name for row in report.rows] == ["value", "grad_w"]
    assert report.rows[0].point["X"].shape == (4, 2)
    assert report.worst < 1000


def test_accuracy_names_a_bad_range() -> None:
    k = gradc.compile("x*y", "x, y", backend="interpret")
    with pytest.raises(gradc.ArgumentError, match="lacks y"):
        gradc.accuracy(k, {"x": (0, 1)})
    with pytest.raises(gradc.ArgumentError, match="no argument"):
        gradc.accuracy(k, {"z": (0, 1)})
    with pytest.raises(gradc.ArgumentError, match="low > 0"):
        gradc.accuracy(k, {"x": (0, 1, "log"), "y": (0, 1)})
    with pytest.raises(gradc.ArgumentTypeError, match="range of x"):
        gradc.accuracy(k, {"x": 1, "y": (0, 1)})


def test_compensated_sums() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(3000) * 10.0 ** rng.integers(-8, 12, 3000)
    x = np.concatenate([x, -x[::-1], [math.pi]])
    wanted = math.fsum(x)
    k = gradc.compile("sum(x)", "x[n]", reduce="compensated")
    assert abs(k(x) - wanted) <= 1e-15 * abs(wanted)
    assert abs(gradc.compile("sum(x)", "x[n]")(x) - wanted) > 1e-12
    assert k(np.zeros(0)) == 0
    assert k(np.array([1.0, math.inf])) == math.inf
    assert math.isnan(k(np.array([1.0, math.nan])))
    np.testing.assert_array_equal(k.grad(x), np.ones_like(x))
    with pytest.raises(gradc.ArgumentError, match="reduce is one of"):
        gradc.compile("sum(x)", "x[n]", reduce="kahan")


# --- how deep expressions are read ------------------------------------------------------------------------------------


def scalars() -> tuple[Scalars, int, int]:
    """A body to read, with x and y in it."""
    b = ProgramBuilder((Parameter("x", ()), Parameter("y", ())))
    body = b.body()
    return Scalars(b, body, {}), b.access(body, 0), b.access(body, 1)


# How an expression is one inside another, and what its polynomial in x is then, when both are of x at first.
STEPS: dict[str, Callable[[Scalars, int, int], int]] = {
    "add": lambda s, x, _: s.body.apply("add", x, s.number(3)),
    "sub": lambda s, x, _: s.body.apply("sub", s.number(3), x),
    "sub from": lambda s, x, _: s.body.apply("sub", x, s.number(3)),
    "neg": lambda s, x, _: s.body.apply("neg", x),
    "mul": lambda s, x, _: s.body.apply("mul", s.number(3), x),
    "div": lambda s, x, _: s.body.apply("div", x, s.number(3)),
    "stands_for": lambda s, x, y: s.body.apply("stands_for", y, x),
}


@pytest.mark.parametrize("step", STEPS)
def test_polynomials_are_read_twelve_operations_deep_and_no_deeper(step: str) -> None:
    for depth in (1, 6, 3000):
        s, x, y = scalars()
        node = s.body.apply("pow", s.body.apply("add", x, y), s.number(2))
        for _ in range(depth):
            node = STEPS[step](s, node, y)
        found = s.monomials(node)
        assert found is not None
        squares = sum(tuple(sorted(m)) in ((x, x), (x, y), (y, y)) for m in found)
        assert squares == (3 if depth < 12 else 0)


def test_sums_of_exponentials_are_read_eight_operations_deep_and_no_deeper() -> None:
    for step in ("add", "sub", "neg", "mul", "div", "sub from", "by exp", "over"):
        for depth in (1, 6, 3000):
            s, x, y = scalars()
            node = s.body.apply("exp", x)
            if step != "over":
                node = s.body.apply("add", node, s.number(2))
            for _ in range(depth):
                if step == "over":
                    node = s.body.apply("div", s.number(3), node)
                elif step == "by exp":
                    node = s.body.apply("div", node, s.body.apply("exp", y))
                else:
                    node = STEPS[step](s, node, y)
            found = s.exponentials(node)
            assert (found is not None and 1 <= len(found) <= 2) == (depth < 8), (step, depth)


def test_products_of_many_factors_are_read_whole() -> None:
    """Up to some ninety steps; what is longer is one factor."""
    for count, whole in ((20, True), (40, True), (200, False)):
        s, x, y = scalars()
        node = x
        for _ in range(count):
            node = s.body.apply("mul", node, y)
        assert s.factors(node).powers == ({x: 1, y: count} if whole else {node: 1})


# --- functions without their zeros ------------------------------------------------------------------------------------

REMOVED: dict[str, tuple[Callable[[Any], Any], int, bool]] = {
    "sin(x)": (lambda x: mp.sin(x), 1, True),
    "1 - cos(x)": (lambda x: 1 - mp.cos(x), 2, True),
    "exp(x) - 1": (lambda x: mp.expm1(x), 1, False),
    "x - log(1 + x)": (lambda x: x - mp.log1p(x), 2, False),
    "x - tanh(x)": (lambda x: x - mp.tanh(x), 3, True),
    "exp(x) - 1 - x": (lambda x: mp.expm1(x) - x, 2, False),
    "x - arctan(x)": (lambda x: x - mp.atan(x), 3, True),
}


@pytest.mark.parametrize("name", REMOVED)
def test_polynomials_without_a_zero_are_right_to_the_last_bit(name: str) -> None:
    function, order, even = REMOVED[name]
    with mp.workdps(60):
        assert _order(function) == order
        found = 0
        for radius in (0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5):
            coefficients = _coefficients(function, order, even, radius)
            if coefficients is None:
                continue
            found += 1
            for k in range(1, 40):
                x = mp.mpf(radius) * k / 40 * (-1) ** k
                value = mp.polyval(coefficients[::-1], x * x if even else x)
                assert abs(value * x**order / function(x) - 1) < mp.mpf(2) ** -55, (name, radius, x)
        assert found > 3


def test_what_is_no_number_has_no_zero() -> None:
    with mp.workdps(60):
        for value in (mp.inf, mp.nan, -mp.inf, mp.mpf(0)):
            assert _order(lambda x, value=value: value) is None
        assert _order(lambda x: x + 1) == 0
        assert _order(lambda x: mp.sqrt(abs(x))) is None
