"""Every identity on a grid of signs and magnitudes: never worse than what was written, finite wherever that is.

Each formula is run in the interpreter as written and as the stabilising pass rewrites it, value and gradient, at zeros,
subnormal numbers, the ends of the range, infinities and all between. Where the two differ, mpmath decides.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np
import pytest
from mpmath import mp

from gradc.calculus.semantics import SEMANTICS
from gradc.ir.interpret import interpret
from gradc.ir.program import Program
from gradc.programs import canonical, derive, mapped, read, stable
from gradc.stabilise.table import IDENTITIES
from gradc.tools.measuring import _as_mp, _semantics

# identity: formulas in which it fires
FORMULAS: dict[str, list[str]] = {
    "complement": [
        "exp(x) - 1", "1 + expm1(x)", "1 - sigmoid(x)", "sigmoid(x) - 0.5", "1 - ndtr(x)", "1 - erf(x)",
        "1 - tanh(x)",
        "1 - cos(x)", "1 + cos(x)", "cosh(x) - 1", "1 - tanh(x)**2", "1 - sin(x)**2", "x**y - 1", "y - y*exp(x)",
        "y - y*cos(x)**2", "y - y*tanh(x)**3",
    ],
    "roots": ["sqrt(x + 1) - sqrt(x)", "sqrt(x) - sqrt(y)"],
    "reciprocals": ["1/x - 1/(x + 1)", "1/x - 1/(x - y)"],
    "exponentials": ["exp(x) - exp(-x)", "exp(x) + exp(-x)", "exp(x) - exp(y)"],
    "logarithms": [
        "log(x) - log(y)", "log(x + 1) - log(x)", "log(1 + x) - log(1 - x)", "log(x) - log(1 - x)",
        "log1p(x) - log1p(y)", "log(x + y) - log(x)", "log(x) - log(-x)",
    ],
    "log_gammas": ["gammaln(x + 2.5) - gammaln(x)"],
    "divergence": ["x*log(x/y) - x + y"],
    "log_excess": ["x/y - log(x/y) - 1"],
    "log_softmax": ["x - log(exp(x) + exp(y))", "log(1 + exp(x)) - x"],
    "sigmoids": ["sigmoid(x) - sigmoid(y)"],
    "differences": ["sin(x) - sin(y)", "cos(x) - cos(y)", "arctan(x) - arctan(y)", "arctan(x + 1) - arctan(x)"],
    "quadratic": ["x**2 - 2*x*y + y**2", "x**2 - y**2", "x*x + y*y - x*y", "1 - x**2"],
    "conjugate": ["sqrt(1 + x**2) - 1", "sqrt(x**2 + y**2) - x"],
    "quotient_and_constant": ["1/(1 - x) - 1", "1 - x/sqrt(x*x + y*y)"],
    "rectifiers": ["maximum(x, 0) - maximum(-x, 0)", "maximum(x, y) - minimum(x, y)", "maximum(x, y) + minimum(x, y)"],
    "common_constant": ["0.1*x - 0.1*y", "0.1*x + 0.1*y - 0.1*x*y", "1.7*x*y - 1.7*x"],
    "ratio": [
        "1/(1 + exp(-x))", "exp(x)/(exp(x) + exp(y))", "(exp(x) - exp(y))/(exp(x) + exp(y))",
        "exp(x)/(exp(x) - exp(y))",
        "exp(x)/(exp(x) + exp(y) + 1)", "1/(exp(x*y) - 1)", "exp(x)/(exp(x) - 1)",
        "exp(x)/(exp(x) + 2*exp(y))", "exp(x)/(exp(x) + 2*exp(y) + 3)", "(exp(x) + exp(-x))/(exp(x) - exp(-x))",
        "exp(x)/(2*exp(y) - 2*exp(x))", "(exp(x) - 1)/(exp(x) + 1)"],
    "powers_of_e": ["exp(x)*exp(y)", "exp(x)/exp(y)"],
    "normal_distribution": ["0.5*erfc(-x/sqrt(2))"],
    "directions": ["x/sqrt(x**2 + y**2)", "x/sqrt(1 + x*x)"],
    "shares": ["x/(x + y)", "x/(1 + x)", "x/(1 - x)", "x/(x - y)"],
    "moments": ["expm1(x)/x", "x/expm1(x)", "(x**y - 1)/y"],
    "weights": ["x*log(y)", "x*log(x/y)", "-x*log(x) - (1 - x)*log(1 - x)"],
    "roots_of_factors": ["x*sqrt(x)", "sqrt(x)**3"],
    "scaled_erfc": ["exp(x**2)*erfc(x)"],
    "quotients_of_squares": ["x**2/y**2"],
    "larger_of_opposites": ["maximum(x, -x)"],
    "smaller_of_opposites": ["minimum(x, -x)"],
    "logarithm": [
        "log(1 + exp(x))", "log(exp(x) + exp(y))", "log(exp(x) + exp(y) + 1)", "log(sigmoid(x))", "log(1 - exp(x))",
        "log(cosh(x))", "log(exp(x) - 1)", "log(exp(x) - exp(y))", "log(sigmoid(x) - sigmoid(y))", "log(ndtr(x))",
        "log(exp(x)/(exp(x) + exp(y) + 2))", "log(erfc(x))", "log(2*exp(x) - 2*exp(y))",
        "log(where(x > 0, sigmoid(y), y))", "log(sqrt(sigmoid(x)))", "log(sigmoid(x)**2.5)"],
    "inverse_hyperbolic": ["log(x + sqrt(x**2 + 1))", "log(x + sqrt(x**2 - 1))"],
    "near_one": [
        "log(1 + x)", "log(1 + x**2)", "log(1 - x**2)", "log(1 + (x/y)**2)", "log(1 + x**2/y)",
        "log(1 + x**2*y)", "log(1 + x**4/y)",
    ],
    "of_quotient": ["log(x/y)", "log(x/3)", "log(x**2)", "log(x**y)", "log((x - 1)**y)", "log((1 + x)/(1 - x))"],
    "log1p_of": ["log1p(exp(x))", "log1p(-exp(x))", "log1p(x**2)"],
    "norms": ["sqrt(x**2)", "sqrt(x**2 + y**2)", "sqrt(x**2 + 1e-6)", "sqrt(exp(x))", "sqrt(x**2/y**2)"],
    "of_logarithm": ["exp(log(x))", "exp(-softplus(x))"],
    "small_angle": ["arccos(1 - x)", "arccos(1 - x**2)"],
    "angle": ["arctan(y/x)"],
    "power_of_function": ["exp(x)**y", "exp(x)**3"],
}  # fmt: skip
# What reads definitions, not scalars, is tested by its spellings.
OF_ARRAYS = {"variance", "distances", "hand_shift"}

MAGNITUDES = {
    "float64": [5e-324, 1e-300, 1e-160, 1e-30, 1e-8, 0.3, 1.0, 1.0000001, 2.0, 40.0, 700.0, 750.0, 1e30, 1e160, 1e300],
    "float32": [1e-45, 1e-37, 1e-22, 1e-10, 1e-4, 0.3, 1.0, 1.0001, 2.0, 20.0, 88.0, 100.0, 1e10, 1e20, 1e37],
}
# Whose product of an infinite argument and 0 is NaN, where a power of 1 is 1.
UNBOUNDED = {"power_of_function"}
# The derivative of erfcx, 2 x erfcx(x) - 2 / sqrt(pi), which overflows as it is written.
CANCELS = {("exp(x**2)*erfc(x)", 1)}
JUDGED = 10  # points of an output at which mpmath is asked where both are numbers


class Run(NamedTuple):
    """A formula, as written and as rewritten, and what is asked of it."""

    formula: str
    before: Program
    after: Program
    wrt: tuple[str, ...]
    applied: frozenset[str]


def prepared(formula: str) -> Run:
    wrt = ("x", "y") if re.search(r"\by\b", formula) else ("x",)
    written = canonical(read(formula, ", ".join(wrt)))
    improved = stable(written)
    before = derive(written, "value_and_grad", wrt, stable=False)
    after = derive(improved.program, "value_and_grad", wrt)
    return Run(formula, before, after, wrt, frozenset(identity.name for identity in improved.applied))


def grid(count: int, dtype: str) -> list[Any]:
    """Points of one or two variables; of two, also those that differ by a few units of the last place."""
    sizes = MAGNITUDES[dtype]
    values = np.array([0.0, *sizes, *(-size for size in sizes), math.inf, -math.inf], dtype)
    if count == 1:
        return [values]
    x, y = (part.ravel() for part in np.meshgrid(values, values, indexing="ij"))
    near = values[np.isfinite(values)]
    return [np.concatenate([x, near]), np.concatenate([y, near * (1 + 8 * np.finfo(dtype).eps).astype(dtype)])]


def evaluated(program: Program, wrt: tuple[str, ...], points: list[Any], dtype: str) -> list[Any]:
    results = interpret(mapped(program, wrt), points, SEMANTICS, dtype)
    return [np.broadcast_to(np.asarray(result), points[0].shape) for result in results]


def exact(program: Program, point: list[float]) -> list[Any]:
    extreme = any(value and not 1e-40 < abs(value) < 1e40 for value in point)
    with mp.workdps(1400 if extreme else 150):
        results = interpret(program, _as_mp(program, point), _semantics(), "object")
        return [mp.mpf(np.asarray(result)[()]) for result in results]


@np.errstate(all="ignore")
def faults(run: Run, dtype: str) -> list[str]:
    info = np.finfo(dtype)
    most, least = mp.mpf(float(info.max)), mp.mpf(float(info.tiny))
    points = grid(len(run.wrt), dtype)
    plain = evaluated(run.before, run.wrt, points, dtype)
    ours = evaluated(run.after, run.wrt, points, dtype)
    finite_points = np.isfinite(points[0]) & np.isfinite(points[-1])
    found = []

    def tell(kind: str, output: int, place: int, right: Any) -> None:
        at = ", ".join(repr(float(column[place])) for column in points)
        values = f"written {plain[output][place]!r}, rewritten {ours[output][place]!r}"
        found.append(f"{kind} in output {output} at ({at}): {values}, exact {mp.nstr(right, 10)}")

    for output, (a, b) in enumerate(zip(plain, ours, strict=True)):
        # Where the value is no number, its derivative says nothing.
        counted = finite_points & ~np.isnan(plain[0]) & (plain[0] != -math.inf)
        lost = np.flatnonzero(counted & np.isfinite(a) & ~np.isfinite(b))
        for place in np.flatnonzero(~finite_points & (output == 0) & np.isfinite(a) & ~np.isfinite(b)):
            if not run.applied & UNBOUNDED:
                tell("lost", output, place, mp.nan)
        for place in lost:
            right = exact(run.before, [float(column[place]) for column in points])[output]
            if not mp.isnan(right) and abs(right) <= most:
                tell("lost", output, place, right)
        gap = np.abs(a.astype(float) - b.astype(float)) > 4 * info.eps * np.abs(a.astype(float))
        moderate = [(np.abs(column) < 1e30) & ((np.abs(column) > 1e-30) | (column == 0)) for column in points]
        apart = np.flatnonzero(counted & np.isfinite(a) & np.isfinite(b) & gap & moderate[0] & moderate[-1])
        if (run.formula, output) in CANCELS:
            continue
        for place in apart[:: max(1, len(apart) // JUDGED)]:
            at = [float(column[place]) for column in points]
            right = exact(run.before, at)[output]
            if mp.isnan(right) or not least <= abs(right) <= most:
                continue
            # What an error of the arguments in their last place explains is no loss.
            moved = [
                exact(run.before, [v * (1 + float(info.eps)) if k == j else v for j, v in enumerate(at)])[output]
                for k in range(len(at))
            ]
            explained = sum((abs(other - right) for other in moved if not mp.isnan(other)), mp.mpf(0))
            before, after = abs(mp.mpf(float(a[place])) - right), abs(mp.mpf(float(b[place])) - right)
            if after > 2 * before + 2 * explained + 4 * float(info.eps) * abs(right):
                tell("worse", output, place, right)
    return found


@pytest.mark.parametrize("name", FORMULAS)
def test_never_worse_than_what_was_written(name: str) -> None:
    fired = False
    for formula in FORMULAS[name]:
        run = prepared(formula)
        fired |= name in run.applied
        for dtype in MAGNITUDES:
            found = faults(run, dtype)
            assert not found, f"{formula} in {dtype}, {len(found)}:\n" + "\n".join(found[:8])
    assert fired


def test_every_identity_is_on_the_grid() -> None:
    assert {identity.name for identity in IDENTITIES} == set(FORMULAS) | OF_ARRAYS
