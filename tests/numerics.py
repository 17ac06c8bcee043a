"""Score gradc on numerical cases: edge points with the right answer, and formulas with the range they are used on.

    python tests/numerics.py                        # every case, both dtypes
    python tests/numerics.py --only hypot isru --points 1000 --verbose

An edge point is right where value and every gradient agree with the expected ones to 1e-9. A formula is right where at
99.9 % of the points value and gradient are within 8 ulp of mpmath's, and every result is finite where the exact one is.
`data/numerics/README.md` describes the files.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import mpmath
import numpy as np
import scipy.special
from mpmath import mp

from gradc.emit.source import render_source
from gradc.making import make_kernel
from gradc.runtime.library import load
from gradc.units import VERSION

DATA = Path(__file__).parent / "data" / "numerics"
TOLERANCE = 8.0
SHARE = 0.999
NAMES = {"np": np, **{n: getattr(scipy.special, n) for n in ("erf", "erfc", "gammaln", "xlogy", "expit", "digamma")}}


def read_cases(name: str) -> list[dict[str, Any]]:
    """The cases of one file."""
    found: list[dict[str, Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return found


def function_of(expression: str, names: Sequence[str]) -> Callable[..., Any]:
    """The expression as a NumPy function of these names."""
    function: Callable[..., Any] = eval(f"lambda {', '.join(names)}: {expression}", dict(NAMES))
    return function


def formula_of(expression: str) -> str:
    """The expression as gradc's formulas spell it."""
    return expression.replace("np.", "")


# --- compiling many at once -----------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A loss of floats and vectors."""

    expression: str
    shapes: dict[str, tuple[int, ...]]

    @property
    def signature(self) -> str:
        return ", ".join(f"{k}[{','.join(map(str, s))}]" if s else k for k, s in self.shapes.items())


def compile_cases(cases: Sequence[Case], dtype: str, as_formula: bool = False, stabilise: bool = True) -> list[Any]:
    """Functions that give ``value, gradients``, from one translation unit; an exception where one cannot be read."""
    units, places = [], {}
    results: list[Any] = [None] * len(cases)
    for number, case in enumerate(cases):
        try:
            source = formula_of(case.expression) if as_formula else function_of(case.expression, list(case.shapes))
            kernel = make_kernel(
                source, case.signature, tuple(case.shapes), f"case{number}", dtype, "c", stabilise=stabilise
            )
            units.append(kernel.unit("value_and_grad"))
            places[number] = units[-1].entry
        except Exception as error:  # noqa: PERF203 - each case is to be tried
            results[number] = error
    real = {"float64": "double", "float32": "float"}[dtype]
    text = render_source("cases", [unit.function for unit in units], real, "", VERSION).c
    library = load(text, [unit.entry for unit in units])
    for number, entry in places.items():
        results[number] = library.function(entry)
    return results


# --- edge points ------------------------------------------------------------------------------------------------------


def agrees(actual: Any, wanted: Any) -> bool:
    """Whether an answer is what a case expects."""
    if isinstance(wanted, list):
        return len(np.atleast_1d(actual)) == len(wanted) and all(map(agrees, np.atleast_1d(actual), wanted))
    actual = float(actual)
    if isinstance(wanted, dict):
        low, high = wanted["in"]
        return low - 1e-9 <= actual <= high + 1e-9
    if wanted == "undefined":
        return True
    wanted = float(wanted)
    if math.isnan(wanted):
        return math.isnan(actual)
    if math.isinf(wanted) or math.isinf(actual):
        return actual == wanted
    return abs(actual - wanted) <= 1e-9 * abs(wanted) or (wanted == 0 and abs(actual) < 1e-300)


def edge_right(case: dict[str, Any], value: Any, gradients: Sequence[Any]) -> bool:
    """Whether the value and every gradient of an edge case are right."""
    wanted = case["expected_grad"]
    good = agrees(value, case["expected_value"])
    if wanted == "undefined":
        return good
    if case.get("sum1"):
        flat = np.concatenate([np.atleast_1d(g) for g in gradients])
        good = good and abs(float(np.sum(flat)) - 1) < 1e-9
    return good and all(agrees(g, w) for g, w in zip(gradients, wanted, strict=True))


def score_edges(cases: Sequence[dict[str, Any]], as_formula: bool = False, stabilise: bool = True) -> list[Any]:
    """For each case whether it is right, and what came out."""
    made = [Case(c["expr"], {k: np.shape(v) for k, v in c["point"].items()}) for c in cases]
    results: list[Any] = []
    for case, call in zip(cases, compile_cases(made, "float64", as_formula, stabilise), strict=True):
        if isinstance(call, Exception):
            results.append((False, repr(call), None))
            continue
        point = [np.array(v, float) if isinstance(v, list) else float(v) for v in case["point"].values()]
        value, gradients = call(*point)
        results.append((edge_right(case, value, gradients), value, gradients))
    return results


# --- accuracy -----------------------------------------------------------------------------------------------------


def sample(case: dict[str, Any], dtype: str, count: int) -> list[dict[str, float]]:
    """Points of a case's ranges, as numbers of the dtype."""
    rng = np.random.default_rng(zlib.crc32(case["name"].encode()))
    key = {"float64": "f64", "float32": "f32"}[dtype]
    columns: dict[str, Any] = {}
    for name, spec in case["vars"].items():
        low, high = spec[key]
        if spec["k"] == "lin":
            values = rng.uniform(low, high, count)
        elif spec["k"] == "offs":
            values = columns[spec["of"]] + rng.uniform(low, high, count)
        else:
            values = np.exp(rng.uniform(np.log(low), np.log(high), count))
            sign = rng.choice([-1.0, 1.0], count)
            if spec["k"] == "near":
                values = columns[spec["of"]] * (1 + sign * values)
            elif spec.get("signed"):
                values = sign * values
        columns[name] = values.astype(dtype).astype(np.float64)
    return [{name: float(column[k]) for name, column in columns.items()} for k in range(count)]


def exact(case: dict[str, Any], points: Sequence[dict[str, float]]) -> list[list[Any]]:
    """Value and gradients at each point, to about 30 digits, as mpf; None where mpmath does not settle."""
    import sympy

    names = list(case["vars"])
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    text = re.sub(r"np\.", "", case["expr"])
    text = re.sub(r"(?<![\w.])(\d+\.?\d*)(?![\w.])", lambda m: f"Rational('{m[1]}')", text)
    namespace: dict[str, Any] = {
        **symbols, "sqrt": sympy.sqrt, "exp": sympy.exp, "log": sympy.log, "pi": sympy.pi, "erf": sympy.erf,
        "erfc": sympy.erfc, "gammaln": sympy.loggamma, "abs": sympy.Abs, "Rational": _rational,
        "arctan": sympy.atan, "where": lambda c, a, b: sympy.Piecewise((a, c), (b, True)),
        "sinc": lambda x: sympy.sin(sympy.pi * x) / (sympy.pi * x),
        "log1p": lambda x: sympy.log(1 + x), "expm1": lambda x: sympy.exp(x) - 1,
        "arcsinh": sympy.asinh, "arctanh": sympy.atanh, "arccosh": sympy.acosh, "maximum": sympy.Max,
        **{n: getattr(sympy, n) for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    }  # fmt: skip
    value = eval(text, namespace)
    parts = [value, *(sympy.diff(value, symbols[name]) for name in names)]
    compiled = [sympy.lambdify([symbols[n] for n in names], part, modules="mpmath") for part in parts]
    return [[_settled(f, [p[n] for n in names]) for f in compiled] for p in points]


def _rational(text: str) -> Any:
    import sympy

    return sympy.Rational(float(text)) if text == "0.044715" else sympy.Rational(text)


def _settled(function: Callable[..., Any], arguments: Sequence[float]) -> Any:
    size = max((abs(math.log10(abs(a))) for a in arguments if a), default=0)
    digits = int(60 + 3 * size + max((abs(a) for a in arguments if abs(a) < 1000), default=0))
    previous = None
    for _ in range(8):
        with mp.workdps(digits):
            try:
                found = function(*map(mp.mpf, arguments))
            except (ZeroDivisionError, ValueError, OverflowError):
                found = None
            if previous and found and abs(found - previous) <= abs(found) * mp.mpf(10) ** -30:
                return mp.mpf(found)
            previous = found
        digits = int(digits * 1.4) + 30
    return previous if previous == 0 else None


def references(case: dict[str, Any], dtype: str, count: int, cache: Path | None) -> tuple[list[dict[str, float]], Any]:
    """Points and the exact answers there, kept in `cache`."""
    points = sample(case, dtype, count)
    if cache is None:
        return points, exact(case, points)
    key = sha256(json.dumps([case["expr"], case["vars"], case["name"], dtype, count]).encode()).hexdigest()[:20]
    path = cache / f"{key}.pickle"
    if path.exists():
        return points, pickle.loads(path.read_bytes())
    found = exact(case, points)
    cache.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(found))
    return points, found


def error_in_ulps(actual: float, wanted: Any, dtype: str) -> float | None:
    """The error in units of the last place at the exact value; None where it is not judged."""
    if wanted is None or mpmath.isnan(wanted):
        return None
    info = np.finfo(dtype)
    size = abs(wanted)
    if size > mp.mpf(float(info.max)):
        return None
    if size < mp.mpf(float(info.tiny)):
        if wanted == 0:
            return 0.0 if abs(actual) < float(info.tiny) else math.inf
        return None if math.isfinite(actual) else math.inf
    if not math.isfinite(actual):
        return math.inf
    ulp = mp.ldexp(1, int(mp.floor(mp.log(size, 2))) - info.nmant)
    return float(abs(mp.mpf(float(actual)) - wanted) / ulp)


def score_accuracy(
    cases: Sequence[dict[str, Any]], dtype: str, count: int, cache: Path | None = None, stabilise: bool = True
) -> list[Any]:
    """For each case and each output the errors in ulps, one a point (None where it is not judged)."""
    made = [Case(case["expr"], dict.fromkeys(case["vars"], ())) for case in cases]
    found = []
    for case, call in zip(cases, compile_cases(made, dtype, stabilise=stabilise), strict=True):
        if isinstance(call, Exception):
            found.append(call)
            continue
        points, answers = references(case, dtype, count, cache)
        columns: list[list[float | None]] = [[] for _ in range(1 + len(case["vars"]))]
        for point, wanted in zip(points, answers, strict=True):
            value, gradients = call(*point.values())
            for column, actual, right in zip(columns, (value, *gradients), wanted, strict=True):
                column.append(error_in_ulps(float(actual), right, dtype))
        found.append(columns)
    return found


def passes(columns: Any) -> bool:
    """Whether every output is within the tolerance at enough points, and finite wherever it should be."""
    return not isinstance(columns, Exception) and all(_column_passes(column) for column in columns)


def _column_passes(column: Iterable[float | None]) -> bool:
    judged = [error for error in column if error is not None]
    good = sum(error <= TOLERANCE for error in judged)
    return not any(math.isinf(error) for error in judged) and good >= SHARE * len(judged)


def summary(column: Sequence[float | None]) -> str:
    judged = sorted(error for error in column if error is not None)
    if not judged:
        return "not judged"
    share = sum(error <= TOLERANCE for error in judged) / len(judged)
    return f"{share * 100:6.2f}% worst {judged[-1]:.3g} median {judged[len(judged) // 2]:.2g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--edges", nargs="*", default=["edge_cases.json"])
    parser.add_argument("--accuracy", nargs="*", default=["accuracy_cases.json"])
    parser.add_argument("--formula", action="store_true", help="read the edge cases as formulas")
    parser.add_argument("--plain", action="store_true", help="compile as written: stabilise=False")
    parser.add_argument("--cache", type=Path, help="keep the references here")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    edges = [c for name in options.edges for c in read_cases(name) if not options.only or c["id"] in options.only]
    right = 0
    for case, (good, value, gradients) in zip(
        edges, score_edges(edges, options.formula, not options.plain) if edges else [], strict=True
    ):
        right += good
        if not good or options.verbose:
            print(f"{'   ' if good else 'NO '}{case['id']} {case['expr']}  at {case['point']}: {value}, {gradients}")
            print(f"        wanted {case['expected_value']}, {case['expected_grad']}")
    print(f"edge points right: {right} of {len(edges)}")
    cases = [c for n in options.accuracy for c in read_cases(n) if not options.only or c["name"] in options.only]
    for dtype in ("float64", "float32"):
        scored = score_accuracy(cases, dtype, options.points, options.cache, not options.plain) if cases else []
        for case, columns in zip(cases, scored, strict=True):
            good = passes(columns)
            if isinstance(columns, Exception):
                print(f"NO {case['name']} {dtype}: {columns!r}")
            elif not good or options.verbose:
                print(f"{'   ' if good else 'NO '}{case['name']} {dtype}  {case['expr']}")
                for name, column in zip(["value", *case["vars"]], columns, strict=True):
                    print(f"        {name:6} {summary(column)}")
        print(f"{dtype}: {sum(map(passes, scored))} of {len(cases)} formulas right")


if __name__ == "__main__":
    main()
