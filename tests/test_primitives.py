"""The table of primitives, entry by entry: a rule is tested by being in it.

Partials are held against mpmath's derivatives, forward against reverse mode, derivatives to third order against mpmath,
and C against the interpreter in both dtypes.
"""

from __future__ import annotations

import itertools
import operator
import zlib
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mp

import gradc
from compiled import Kernel, compile_programs, run
from gradc.calculus.forward import jvp
from gradc.calculus.multiprecision import functions
from gradc.calculus.primitives import OPERANDS, PRIMITIVES, Primitive
from gradc.calculus.reverse import vjp
from gradc.calculus.scalar import apply_formula
from gradc.calculus.semantics import SEMANTICS
from gradc.frontends.formula import parse_program
from gradc.ir.definitions import Parameter
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import index, symbol
from gradc.ir.verify import verify
from gradc.programs import normalise

NAMES = sorted(PRIMITIVES)
POINTS = 23  # not a multiple of a vector's length, so that loops have a rest
nan, inf = float("nan"), float("inf")


def words(text: str) -> list[str]:
    return text.split()


# Primitives that are not smooth, or not defined, somewhere: their entries say what holds there.
HAS_EDGE = words(
    "pow mod abs sign floor ceil trunc rint maximum minimum fmax fmin heaviside sqrt cbrt hypot arcsin arccos arccot "
    "arctan2 sinc arccosh arctanh logit gamma gammaln digamma polygamma xlogy xlog1py entr rel_entr kl_div "
    "weighted held stands_for log1mexp log_expm1 powm1 exp_moment boxcox sum_error product_error"
)
WHOLE_ORDER = {"polygamma", "exp_moment"}  # the first operand is a whole number, by which there is no derivative


def reference(name: str, orders: tuple[int, ...], points: tuple[Any, ...]) -> np.ndarray:
    """mpmath's mixed derivative of these orders, point by point."""
    if name in ("held", "stands_for"):  # a value, and the derivative of something else
        return np.full(len(points[0]), float(orders == (0, 1))) if any(orders) else points[0]
    truth = functions()[name]
    with mp.workdps(40):
        values = []
        for point in zip(*points, strict=True):
            exact = tuple(mp.mpf(float(value)) for value in point)
            if not any(orders):
                value = truth(*exact)
            elif name in WHOLE_ORDER:
                assert orders[0] == 0
                value = mp.diff(lambda x, exact=exact: truth(exact[0], x), exact[1], orders[1])
            elif len(exact) == 1:
                value = mp.diff(truth, exact[0], orders[0])
            else:
                value = mp.diff(truth, exact, orders)
            values.append(float(mpmath.re(value)))
    return np.array(values)


def sample(entry: Primitive, count: int = POINTS, dtype: str = "float64") -> tuple[np.ndarray, ...]:
    """Random points of the entry's domain."""
    rng = np.random.default_rng(zlib.crc32(entry.name.encode()))
    return tuple(rng.uniform(*bounds, size=count).astype(dtype) for bounds in entry.domain)


def elementwise(entry: Primitive, formula: str | None = None) -> Program:
    """``value[i] = f(x[i], y[i])``, or a formula of the operands and of ``out``, which is ``f(x[i], y[i])``."""
    n = symbol("n")
    b = ProgramBuilder([Parameter(operand, (n,)) for operand in OPERANDS[: entry.arity]])
    body = b.body()
    operands = [b.access(body, k, index(0)) for k in range(entry.arity)]
    value = body.apply(entry.name, *operands)
    if formula is not None:
        value = apply_formula(formula, body, {**dict(zip(OPERANDS, operands, strict=False)), "out": value})
    return b.finish([b.comprehend(body, value, (n,))], ["value"])


def derivative(program: Program, operand: int) -> Program:
    """The program of the derivative by an operand; elementwise, so the cotangent 1 gives it point by point."""
    joint = verify(normalise(vjp(program, [operand])))
    return normalise(Program(joint.parameters, joint.definitions, joint.outputs[1:], (), ("value",)))


# --- the checks -----------------------------------------------------------------------------------------------------


def check_partial(entry: Primitive, position: int) -> None:
    """One partial of an entry against mpmath."""
    points = sample(entry, 9)
    (found,) = run(elementwise(entry, entry.partials[position]), points)
    if entry.name in WHOLE_ORDER and position == 0:
        assert entry.partials[position] == "0"
        assert not found.any()
        return
    orders = tuple(int(k == position) for k in range(entry.arity))
    np.testing.assert_allclose(found, reference(entry.name, orders, points), rtol=1e-11, atol=1e-13)


PARTIALS = [(name, position) for name in NAMES for position in range(PRIMITIVES[name].arity)]


@pytest.mark.parametrize(("name", "position"), PARTIALS)
def test_partials_against_mpmath(name: str, position: int) -> None:
    check_partial(PRIMITIVES[name], position)


@pytest.mark.parametrize("frame", ["({}) * 1.0001 + 1e-9", "-({}) - 1e-9", "({}) + 0.001 * x"])
@pytest.mark.parametrize(("name", "position"), PARTIALS)
def test_a_spoiled_partial_is_found(name: str, position: int, frame: str) -> None:
    partials = list(PRIMITIVES[name].partials)
    partials[position] = frame.format(partials[position])
    with pytest.raises(AssertionError):
        check_partial(PRIMITIVES[name]._replace(partials=tuple(partials)), position)


@pytest.mark.parametrize("name", ["tanh", "div", "gammaln"])
def test_a_spoiled_table_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = PRIMITIVES[name]
    spoiled = (*entry.partials[:-1], f"1.5 * ({entry.partials[-1]})")
    monkeypatch.setitem(PRIMITIVES, name, entry._replace(partials=spoiled))
    with pytest.raises(AssertionError):
        test_partials_against_mpmath(name, entry.arity - 1)
    with pytest.raises(AssertionError):
        test_derivatives_to_third_order(name)


@pytest.mark.parametrize("name", NAMES)
def test_values_against_mpmath(name: str) -> None:
    entry = PRIMITIVES[name]
    points = sample(entry)
    (found,) = run(elementwise(entry), points)
    zeros = (0,) * entry.arity
    np.testing.assert_allclose(found, reference(name, zeros, points), rtol=2e-13, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_forward_against_reverse(name: str) -> None:
    entry = PRIMITIVES[name]
    points = sample(entry)
    rng = np.random.default_rng(1)
    program = elementwise(entry)
    wrt = list(range(entry.arity))
    cotangent, *tangents = rng.normal(size=(1 + entry.arity, POINTS))
    ahead = normalise(jvp(program, wrt, [f"dot{k}" for k in wrt]))
    back = normalise(vjp(program, wrt, cotangent="cotangent"))
    value, tangent = run(verify(ahead), [*points, *tangents])
    same, *gradients = run(verify(back), [*points, cotangent])
    np.testing.assert_array_equal(value, same)
    total = sum(np.asarray(gradient) * dot for gradient, dot in zip(gradients, tangents, strict=True))
    np.testing.assert_allclose(tangent * cotangent, total, rtol=1e-12, atol=1e-13)


def orders_of(entry: Primitive) -> list[tuple[int, ...]]:
    """The operands by which to differentiate one after the other, to third order."""
    last = entry.arity - 1
    if entry.arity == 1:
        return [(0, 0), (0, 0, 0)]
    if entry.name in WHOLE_ORDER:
        return [(1, 1), (1, 1, 1)]
    return [(0, 0), (0, last), (last, 0), (last, last), (0, 0, last), (last, last, last)]


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_to_third_order(name: str) -> None:
    entry = PRIMITIVES[name]
    points = sample(entry, 5)
    for by in orders_of(entry):
        program = elementwise(entry)
        for operand in by:
            program = derivative(program, operand)
        (found,) = run(verify(program), points)
        orders = tuple(by.count(k) for k in range(entry.arity))
        expected = reference(name, orders, points)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11, err_msg=f"{name} by {by}")


# --- C against the interpreter --------------------------------------------------------------------------------------

PARTS = 4  # translation units


def programs_of(entry: Primitive) -> dict[str, Program]:
    """The value, the first derivatives and one second derivative."""
    found = {f"{entry.name}_value": elementwise(entry)}
    for k in range(entry.arity):
        if not (entry.name in WHOLE_ORDER and k == 0):
            found[f"{entry.name}_by_{OPERANDS[k]}"] = derivative(elementwise(entry), k)
    last = entry.arity - 1
    found[f"{entry.name}_twice"] = derivative(derivative(elementwise(entry), last), last)
    return found


@cache
def kernels(part: int, dtype: str) -> dict[str, Kernel]:
    """The kernels of a part of the table."""
    programs: dict[str, Program] = {}
    for name in NAMES[part::PARTS]:
        programs |= programs_of(PRIMITIVES[name])
    return compile_programs(programs, dtype)


C_CASES = [(name, dtype) for dtype in ("float64", "float32") for part in range(PARTS) for name in NAMES[part::PARTS]]


@pytest.mark.parametrize(("name", "dtype"), C_CASES)
def test_c_against_the_interpreter(name: str, dtype: str) -> None:
    entry = PRIMITIVES[name]
    points = sample(entry, dtype=dtype)
    compiled = kernels(NAMES.index(name) % PARTS, dtype)
    for key, program in programs_of(entry).items():
        (found,) = compiled[key](*points)
        (expected,) = run(program, points)  # in float64 at the very same points
        assert found.dtype == dtype
        scale = np.max(np.abs(expected), initial=1)
        tolerance = {"float64": 2e-13, "float32": 3e-5}[dtype]
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale, err_msg=key)


# --- the entries ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_entries_are_complete(name: str) -> None:
    entry = PRIMITIVES[name]
    assert callable(functions()[name])
    assert entry.latex
    entry.latex.format(*OPERANDS[: entry.arity])
    spellings = [entry.c, entry.expansion, entry.special]
    assert sum(spelling is not None for spelling in spellings) == 1
    assert len(entry.domain) == entry.arity
    assert all(low <= high for low, high in entry.domain)
    assert entry.numpy or entry.scipy or entry.sympy or entry.formula
    if name in HAS_EDGE:
        assert entry.edge


@pytest.fixture
def enter(monkeypatch):
    """A function that puts an entry into the table for the time of a test."""

    def put(entry: Primitive) -> None:
        monkeypatch.setitem(PRIMITIVES, entry.name, entry)
        monkeypatch.setitem(SEMANTICS.operations, entry.name, entry.reference)
        functions.cache_clear()

    yield put
    functions.cache_clear()


SOFTSIGN = Primitive(
    "softsign",
    ("1 / (1 + abs(x))**2",),
    lambda x: x / (1 + np.abs(x)),
    ((0.1, 9),),
    truth=lambda mp, x: x / (1 + abs(x)),
    expansion="x / (1 + abs(x))",
    formula=("softsign",),
    latex=r"\frac{{{0}}}{{1 + |{0}|}}",
)


def test_a_new_primitive_is_one_entry(enter):
    enter(SOFTSIGN)
    test_entries_are_complete("softsign")
    test_partials_against_mpmath("softsign", 0)
    test_values_against_mpmath("softsign")
    test_derivatives_to_third_order("softsign")
    enter(SOFTSIGN._replace(truth=lambda mp, x: x / (2 + abs(x))))
    with pytest.raises(AssertionError):
        test_values_against_mpmath("softsign")


def test_an_entry_that_says_no_truth_has_mpmaths_function(enter):
    for name in ("sin", "log", "gamma"):
        assert PRIMITIVES[name].truth is None
        assert functions()[name](mp.mpf(2)) == getattr(mp, name)(2)
    enter(SOFTSIGN._replace(truth=None))
    with pytest.raises(AttributeError, match="softsign"):
        functions()


def test_what_accuracy_measures_against_is_in_the_entry(enter):
    kernel = gradc.compile("sum(tanh(x))", "x[n]")
    assert gradc.accuracy(kernel, {"x": (0.5, 1)}, samples=10).worst < 10
    enter(PRIMITIVES["tanh"]._replace(truth=lambda mp, x: mp.tanh(x) + 1e-9))
    assert gradc.accuracy(kernel, {"x": (0.5, 1)}, samples=10).worst > 1e5


def test_what_is_said_to_have_an_edge_is_a_primitive() -> None:
    assert set(HAS_EDGE) <= set(PRIMITIVES)


# --- edges ----------------------------------------------------------------------------------------------------------

# name, operands, value, derivatives; None where the table promises nothing.
EDGES: list[tuple[str, tuple[float, ...], float | None, tuple[float | None, ...]]] = [
    ("abs", (0.0,), 0.0, (0.0,)),
    ("abs", (-0.0,), 0.0, (0.0,)),
    ("sign", (0.0,), 0.0, (0.0,)),
    ("sign", (-2.0,), -1.0, (0.0,)),
    ("floor", (2.0,), 2.0, (0.0,)),
    ("ceil", (2.0,), 2.0, (0.0,)),
    ("trunc", (-2.5,), -2.0, (0.0,)),
    ("rint", (0.5,), 0.0, (0.0,)),
    ("rint", (1.5,), 2.0, (0.0,)),
    ("rint", (-2.5,), -2.0, (0.0,)),
    ("maximum", (1.0, 1.0), 1.0, (0.5, 0.5)),
    ("maximum", (nan, 1.0), nan, (None, None)),
    ("maximum", (1.0, nan), nan, (None, None)),
    ("minimum", (1.0, 1.0), 1.0, (0.5, 0.5)),
    ("minimum", (nan, 1.0), nan, (None, None)),
    ("minimum", (1.0, nan), nan, (None, None)),
    ("maximum", (-inf, inf), inf, (0.0, 1.0)),
    ("fmax", (1.0, 1.0), 1.0, (0.5, 0.5)),
    ("fmax", (nan, 1.0), 1.0, (0.0, 1.0)),
    ("fmax", (1.0, nan), 1.0, (1.0, 0.0)),
    ("fmax", (nan, nan), nan, (None, None)),
    ("fmin", (1.0, 1.0), 1.0, (0.5, 0.5)),
    ("fmin", (nan, 1.0), 1.0, (0.0, 1.0)),
    ("fmin", (1.0, nan), 1.0, (1.0, 0.0)),
    ("heaviside", (0.0, 0.5), 0.5, (0.0, 1.0)),
    ("heaviside", (1.0, 0.5), 1.0, (0.0, 0.0)),
    ("mod", (-1.0, 3.0), 2.0, (1.0, 1.0)),
    ("mod", (1.0, -3.0), -2.0, (1.0, 1.0)),
    ("sqrt", (0.0,), 0.0, (inf,)),
    ("sqrt", (-1.0,), nan, (nan,)),
    ("cbrt", (0.0,), 0.0, (inf,)),
    ("cbrt", (-8.0,), -2.0, (1 / 12,)),
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("pow", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("pow", (0.0, 0.5), 0.0, (inf, 0.0)),
    ("pow", (0.0, -1.0), inf, (-inf, None)),
    ("pow", (-2.0, 3.0), -8.0, (12.0, nan)),
    ("pow", (-2.0, 0.0), 1.0, (0.0, nan)),
    ("pow", (-2.0, 0.5), nan, (nan, nan)),
    ("pow", (nan, 0.0), 1.0, (0.0, nan)),
    ("hypot", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot", (3.0, -4.0), 5.0, (0.6, -0.8)),
    ("hypot", (0.0, 2.0), 2.0, (0.0, 1.0)),
    ("arcsin", (1.0,), np.pi / 2, (inf,)),
    ("arccos", (-1.0,), np.pi, (-inf,)),
    ("arccosh", (1.0,), 0.0, (inf,)),
    ("arctanh", (1.0,), inf, (inf,)),
    ("arctanh", (-1.0,), -inf, (inf,)),
    ("arctan2", (0.0, -1.0), np.pi, (-1.0, 0.0)),
    ("arctan2", (0.0, 0.0), 0.0, (nan, nan)),
    ("sinc", (0.0,), 1.0, (0.0,)),
    ("log", (0.0,), -inf, (inf,)),
    ("log", (-1.0,), nan, (None,)),
    ("log1p", (-1.0,), -inf, (inf,)),
    ("exp", (-inf,), 0.0, (0.0,)),
    ("exp", (inf,), inf, (inf,)),
    ("logaddexp", (-inf, -inf), -inf, (None, None)),
    ("logaddexp", (inf, 1.0), inf, (None, 0.0)),
    ("logaddexp", (800.0, -800.0), 800.0, (1.0, 0.0)),
    ("logaddexp", (1.0, 1.0), 1.0 + np.log(2), (0.5, 0.5)),
    ("logaddexp2", (3.0, 3.0), 4.0, (0.5, 0.5)),
    ("logaddexp2", (2000.0, -2000.0), 2000.0, (1.0, 0.0)),
    ("sigmoid", (800.0,), 1.0, (0.0,)),
    ("sigmoid", (-800.0,), 0.0, (0.0,)),
    ("logit", (0.0,), -inf, (inf,)),
    ("logit", (1.0,), inf, (inf,)),
    ("softplus", (800.0,), 800.0, (1.0,)),
    ("softplus", (-800.0,), 0.0, (0.0,)),
    ("log_sigmoid", (-800.0,), -800.0, (1.0,)),
    ("log_sigmoid", (800.0,), 0.0, (0.0,)),
    ("tanh", (400.0,), 1.0, (0.0,)),
    ("log_ndtr", (-200.0,), -20006.2172808981904, (200.0049997500312442,)),
    ("erfcx", (1e4,), 5.641895807248459e-05, (None,)),
    ("gamma", (-1.0,), nan, (None,)),
    ("gammaln", (0.0,), inf, (None,)),
    ("digamma", (-1.0,), nan, (None,)),
    ("xlogy", (0.0, 0.0), 0.0, (-inf, 0.0)),
    ("xlogy", (0.0, nan), nan, (nan, None)),
    ("xlogy", (0.0, 2.0), 0.0, (np.log(2), 0.0)),
    ("xlog1py", (0.0, -1.0), 0.0, (-inf, 0.0)),
    ("entr", (0.0,), 0.0, (inf,)),
    ("entr", (-1.0,), -inf, (None,)),
    ("rel_entr", (0.0, 1.0), 0.0, (-inf, 0.0)),
    ("rel_entr", (0.0, 0.0), 0.0, (None, None)),
    ("rel_entr", (-1.0, 1.0), inf, (None, None)),
    ("rel_entr", (1.0, nan), nan, (None, None)),
    ("kl_div", (0.0, 2.0), 2.0, (-inf, 1.0)),
    ("kl_div", (-1.0, 1.0), inf, (None, None)),
    ("i0", (0.0,), 1.0, (0.0,)),
    ("i0", (-2.0,), 2.2795853023360673, (-1.5906368546373291,)),
    ("i0e", (0.0,), 1.0, (None,)),
    ("i1", (0.0,), 0.0, (0.5,)),
    ("i1e", (0.0,), 0.0, (0.5,)),
    ("i1e", (-1.0,), -0.2079104153497085, (None,)),
    ("div", (1.0, 0.0), inf, (inf, -inf)),
    ("neg", (0.0,), -0.0, (-1.0,)),
]
EDGE_NAMES = sorted({name for name, *_ in EDGES})


@cache
def edge_kernels(dtype: str) -> dict[str, Kernel]:
    """Value and derivatives of the primitives with an edge, and the values of all."""
    programs = {name: elementwise(PRIMITIVES[name]) for name in NAMES}
    for name in EDGE_NAMES:
        for k in range(PRIMITIVES[name].arity):
            programs[f"{name}_by_{k}"] = derivative(elementwise(PRIMITIVES[name]), k)
    return compile_programs(programs, dtype)


@pytest.mark.parametrize("backend", ["interpreter", "float64", "float32"])
@pytest.mark.parametrize(("name", "operands", "value", "derivatives"), EDGES, ids=lambda item: str(item))
def test_edges(
    name: str, operands: tuple[float, ...], value: float | None, derivatives: tuple[float | None, ...], backend: str
) -> None:
    entry = PRIMITIVES[name]
    # In a row of seven, so that the compiled loop meets the edge in its vector part and in its rest.
    points = [np.full(7, operand, "float32" if backend == "float32" else "float64") for operand in operands]

    def evaluate(key: str, program: Program) -> np.ndarray:
        return np.asarray(
            (run(program, points) if backend == "interpreter" else edge_kernels(backend)[key](*points))[0]
        )

    found = [evaluate(name, elementwise(entry))]
    found += [evaluate(f"{name}_by_{k}", derivative(elementwise(entry), k)) for k in range(entry.arity)]
    for what, expected in zip(found, (value, *derivatives), strict=True):
        if expected is not None:
            tolerance = 1e-6 if backend == "float32" else 1e-12
            np.testing.assert_allclose(what, np.full(7, expected), rtol=tolerance, atol=tolerance / 1000)


PASS_NAN_OVER = {"fmax", "fmin"}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_nan_goes_through(name: str, dtype: str) -> None:
    entry = PRIMITIVES[name]
    for k in range(entry.arity):
        points = list(sample(entry, 9, dtype))
        points[k] = np.full(9, nan, dtype)
        if name == "stands_for" and k == 1:
            continue
        if name == "heaviside" and k == 1:
            points[0][:] = 0
        for found in (run(elementwise(entry), points, dtype)[0], edge_kernels(dtype)[name](*points)[0]):
            assert np.isnan(found).all() == (name not in PASS_NAN_OVER)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_rounding_takes_is_exact(dtype):
    programs = {
        name: parse_program(f"def program(x: real[n], y: real[n]):\n    e[i:n] = {name}(x[i], y[i])\n    return e\n")
        for name in ("sum_error", "product_error")
    }
    kernels = compile_programs(programs, dtype)
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal(200) * 10.0 ** rng.uniform(-3, 3, 200) for _ in range(2))
    x, y = x.astype(dtype), y.astype(dtype)
    for name, apply in (("sum_error", operator.add), ("product_error", operator.mul)):
        (lost,) = kernels[name](x, y)
        for a, b, rounded, e in zip(x, y, apply(x, y), lost, strict=True):
            exact = apply(Fraction(float(a)), Fraction(float(b)))
            assert exact == Fraction(float(rounded)) + Fraction(float(e))


GRID = (-20.0, -3.0, -2.0, -1.5, -1.0, -0.5, -0.1, 0.0, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 20.0)
# One is the other, better computed; and what rounding takes, where nothing is rounded.
COMPLEX = {
    "log1p",
    "log1p_unit",
    "betaln",
    "boxcox",
    "gammaln_difference",
}  # outside of their domains, where nothing is measured
NOT_ALIKE = {"stands_for", "sum_error", "product_error"}


@pytest.mark.parametrize("name", sorted(set(PRIMITIVES) - NOT_ALIKE))
def test_mpmath_says_the_same_inside_and_outside_of_the_domain(name: str) -> None:
    functions.cache_clear()  # so that each of these tests is known to run the table
    entry, compared = PRIMITIVES[name], 0
    for point in itertools.product(GRID if entry.arity == 1 else [x for x in GRID if x], repeat=entry.arity):
        if name in ("exp_moment", "polygamma") and (point[0] < 0 or point[0] % 1):
            continue  # an order
        if name == "polygamma" and point[1] < 0:
            continue  # where terms of both signs cancel
        with np.errstate(all="ignore"):
            found = float(SEMANTICS.operations[name](*map(np.float64, point)))
        try:
            with mp.workdps(30):
                exact = functions()[name](*map(mp.mpf, point))
        except (ArithmeticError, ValueError):  # mpmath refuses poles
            continue
        if name in COMPLEX and isinstance(exact, mpmath.mpc):
            continue
        compared += 1
        if name == "beta" and np.isinf(found):  # the sign of a pole
            continue
        # An argument of sin(pi x) is rounded; and far out ndtr is 1.
        np.testing.assert_allclose(found, float(exact), rtol=1e-11, atol=1e-15, err_msg=f"{name}{point}")
    assert compared > 5
