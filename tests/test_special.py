"""The C of ``templates/special/``: built together without a warning, and held against mpmath and scipy.

``python tests/test_special.py 4000`` measures every function at 4000 points a range, and prints the table of
``docs/special-functions.md``.
"""

from __future__ import annotations

import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cffi
import mpmath
import numpy as np
import pytest
import scipy.special
from mpmath import mp, mpf

from gradc.ir import special

DIRECTORY = Path(__file__).resolve().parent.parent / "templates" / "special"
FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O2")
PROTOTYPE = re.compile(r"^static double (gradc_\w+)\(([^)]*)\)$", re.MULTILINE)


def source_of(*names: str) -> str:
    """Return the files of `names` after all that they need, each once."""
    seen: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in seen:
            return
        text = (DIRECTORY / f"{name}.c").read_text(encoding="utf-8")
        first = text.partition("\n")[0]
        needs = re.fullmatch(r"/\* needs: ([\w, ]+) \*/", first)
        for other in needs[1].split(", ") if needs else ():
            visit(other)
        seen[name] = text

    for name in names:
        visit(name)
    return "#include <math.h>\n" + "".join(seen.values())


NAMES = sorted(path.stem for path in DIRECTORY.glob("*.c"))
PUBLIC = [name for name in NAMES if name in special.functions]


def build(directory: Path, compiler: str, *flags: str) -> Callable[..., np.ndarray]:
    """Compile all files in one unit with a loop around each function; return ``evaluate(name, *arrays)``."""
    text, cdef, arity = source_of(*NAMES), "", {}
    for name in PUBLIC:
        count = next(m[2].count("double") for m in PROTOTYPE.finditer(text) if m[1] == f"gradc_{name}")
        arguments = "".join(f"const double *x{i}, " for i in range(count))
        prototype = f"void batch_{name}(long n, {arguments}double *out)"
        call = ", ".join(f"x{i}[k]" for i in range(count))
        text += f"\n{prototype};\n{prototype}\n{{\n    long k;\n    for (k = 0; k < n; k++)\n"
        text += f"        out[k] = gradc_{name}({call});\n}}\n"
        cdef, arity[name] = f"{cdef}{prototype};\n", count
    (directory / "special.c").write_text(text, encoding="utf-8")
    command = [compiler, *FLAGS, *flags, "-fPIC", "-shared", "-o", "special.so", "special.c", "-lm"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ffi = cffi.FFI()
    ffi.cdef(cdef)
    library = ffi.dlopen(str(directory / "special.so"))

    def evaluate(name: str, *arrays: Any) -> np.ndarray:
        inputs = [np.ascontiguousarray(a, dtype=np.float64) for a in np.broadcast_arrays(*arrays)]
        out = np.empty(inputs[0].shape)
        assert len(inputs) == arity[name]
        pointers = [ffi.cast("double *", a.ctypes.data) for a in (*inputs, out)]
        getattr(library, f"batch_{name}")(out.size, *pointers)
        return out

    return evaluate


@pytest.fixture(scope="module")
def evaluate(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., np.ndarray]:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    return build(tmp_path_factory.mktemp("special"), compiler)


# ---- What is measured: a function, its ranges, the truth, and the ulps it may be off.


class Range(NamedTuple):
    """Points from `low` to `high`: evenly spaced, or in ratio (``"log"``)."""

    low: float
    high: float
    kind: str = "linear"

    def points(self, count: int, rng: random.Random) -> Iterator[float]:
        if self.kind == "linear":
            yield from (rng.uniform(self.low, self.high) for _ in range(count))
            return
        sign = math.copysign(1.0, self.low)
        a, b = math.log(abs(self.low)), math.log(abs(self.high))
        for _ in range(count):
            yield sign * math.exp(rng.uniform(min(a, b), max(a, b)))


class Case(NamedTuple):
    """One row of the table: `conditioned` counts in the error that half an ulp in each argument would make."""

    name: str
    truth: Callable[..., mpf]
    ranges: tuple[tuple[Range, ...], ...]
    ulps: float
    conditioned: bool = False
    orders: tuple[int, ...] = ()


def one(*ranges: Range) -> tuple[tuple[Range, ...], ...]:
    return tuple((r,) for r in ranges)


def log_gamma_abs(x: mpf) -> mpf:
    return mp.re(mp.loggamma(x)) if x > 0 else mp.log(abs(mp.gamma(x)))


def normal(x: mpf) -> mpf:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def log_normal(x: mpf) -> mpf:
    return mp.log1p(-normal(-x)) if x > 0 else mp.log(normal(x))


def erfcx(x: mpf) -> mpf:
    return mp.exp(x * x) * mp.erfc(x)


def polygamma(n: mpf, x: mpf) -> mpf:
    return mp.polygamma(int(n), x)


def log_beta(a: mpf, b: mpf) -> mpf:
    with mp.workdps(60):
        return log_gamma_abs(a) + log_gamma_abs(b) - log_gamma_abs(a + b)


def beta(a: mpf, b: mpf) -> mpf:
    with mp.workdps(60):
        return mp.exp(log_beta(a, b)) if min(a, b) > 0 else mp.gamma(a) * mp.gamma(b) / mp.gamma(a + b)


def bessel(order: int, scaled: bool) -> Callable[[mpf], mpf]:
    def value(x: mpf) -> mpf:
        return mp.besseli(order, x) * (mp.exp(-abs(x)) if scaled else 1)

    return value


def divergence(x: mpf, y: mpf) -> mpf:
    with mp.workdps(60):
        return x * mp.log(x / y) - x + y


def excess(x, y):
    return x / y - mp.log(x / y) - 1


R = Range
SMALL, WIDE = R(1e-300, 1e-3, "log"), R(1e-3, 1e3, "log")
NEAR = R(0.25, 4, "log")
CASES = (
    Case("lgamma", log_gamma_abs, one(SMALL, R(1e-3, 9), R(0.9, 1.1), R(1.9, 2.1), R(8, 1e300, "log")), 4),
    Case("lgamma", log_gamma_abs, one(R(-0.5, -1e-300, "log"), R(-30, 0), R(-3, -2), R(-160, -30)), 16, True),
    Case("gamma", mp.gamma, one(SMALL, R(1e-3, 9), R(8, 171.6)), 4),
    Case("gamma", mp.gamma, one(R(-0.5, -1e-300, "log"), R(-10, 0), R(-184, -10)), 4, True),
    Case("digamma", mp.digamma, one(SMALL, R(1e-3, 9), R(1.46, 1.4633), R(8, 1e300, "log")), 4),
    Case("digamma", mp.digamma, one(R(-0.5, -1e-300, "log"), R(-10, 0), R(-1e6, -10)), 4, True),
    Case("trigamma", lambda x: mp.polygamma(1, x), one(R(1e-150, 1e-3, "log"), R(1e-3, 9), R(8, 1e300, "log")), 4),
    Case("trigamma", lambda x: mp.polygamma(1, x), one(R(-0.5, -1e-150, "log"), R(-30, 0)), 4, True),
    Case("polygamma", polygamma, one(R(1e-3, 1e3, "log"), R(0.1, 30)), 5, orders=(2, 3, 4, 5)),
    Case("polygamma", polygamma, one(R(1e-1, 300, "log")), 5, orders=(10, 20, 50)),
    Case("polygamma", polygamma, one(R(-10, 0)), 5, True, orders=(2, 3, 4, 7)),
    Case("erfcx", erfcx, one(R(-26, 0), R(-1, -1e-18, "log"), R(1e-18, 1, "log"), R(0, 10), R(8, 100, "log")), 4),
    Case("ndtr", normal, one(R(-37.5, 0), R(-2, 9), R(-1, -1e-18, "log")), 4),
    Case("log_ndtr", log_normal, one(R(-40, 0), R(-2, 2), R(0, 37), R(-100, -10, "log")), 4),
    Case("i0", bessel(0, False), one(R(1e-10, 1, "log"), R(0, 40), R(-712, 712)), 4),
    Case("i0e", bessel(0, True), one(R(1e-10, 1, "log"), R(0, 40), R(-1e5, -8, "log")), 4),
    Case("i1", bessel(1, False), one(R(1e-300, 1, "log"), R(0, 40), R(-712, 712)), 4),
    Case("i1e", bessel(1, True), one(R(1e-300, 1, "log"), R(0, 40), R(-1e5, -8, "log")), 4),
    Case("beta", beta, ((R(1e-3, 8, "log"),) * 2, (R(1e-3, 8, "log"), R(8, 1e6, "log")), (R(8, 500),) * 2), 6),
    Case("beta", beta, ((R(-8, 0), R(0, 20)),), 6, True),
    Case("betaln", log_beta, ((R(1e-300, 8, "log"),) * 2, (R(0.01, 8, "log"),) * 2), 4, True),
    Case("betaln", log_beta, ((R(1e-20, 8, "log"), R(8, 1e15, "log")), (R(8, 1e15, "log"),) * 2), 4, True),
    Case("expit", lambda x: 1 / (1 + mp.exp(-x)), one(R(-40, 40), R(-700, 0)), 4),
    Case("logit", lambda p: mp.log(p / (1 - p)), one(R(0, 1), R(0.45, 0.55), SMALL), 4),
    Case("softplus", lambda x: mp.log1p(mp.exp(x)), one(R(-40, 40), R(-700, 700)), 4),
    Case("log_expit", lambda x: -mp.log1p(mp.exp(-x)), one(R(-40, 40), R(-700, 700)), 4),
    Case("logaddexp", lambda x, y: mp.log(mp.exp(x) + mp.exp(y)), ((R(-20, 20),) * 2, (R(0, 1),) * 2), 4, True),
    Case("logaddexp2", lambda x, y: mp.log(2**x + 2**y, 2), ((R(-20, 20),) * 2, (R(0, 1),) * 2), 4, True),
    Case("xlogy", lambda x, y: x * mp.log(y), ((WIDE, WIDE), (WIDE, R(0.9, 1.1))), 4),
    Case("xlog1py", lambda x, y: x * mp.log1p(y), ((WIDE, WIDE), (WIDE, R(-0.1, 0.1))), 4),
    Case("entr", lambda x: -x * mp.log(x), one(SMALL, WIDE, R(0.9, 1.1)), 4),
    Case("sech_square", lambda x: mp.sech(x) ** 2, one(R(-354, 354), R(-3, 3), WIDE), 4),
    Case("rel_entr", lambda x, y: x * mp.log(x / y), ((WIDE, WIDE), (NEAR, NEAR)), 4),
    Case("kl_div", divergence, ((WIDE, WIDE), (NEAR, NEAR), (R(0.99, 1.01),) * 2), 5),
    Case("itakura_saito", excess, ((WIDE, WIDE), (NEAR, NEAR), (R(0.99, 1.01),) * 2), 6),
    Case("powm1", lambda x, y: x**y - 1, ((R(0, 20), R(-8, 8)), (R(0.9, 1.1), R(-1e-3, 1e-3))), 4, True),
    Case("boxcox", lambda x, y: (x**y - 1) / y, ((R(0, 20), R(-8, 8)), (R(0.9, 1.1), R(-1e-3, 1e-3))), 4, True),
    Case(
        "exp_moment",
        lambda n, t: mp.quad(lambda s: s**n * mp.exp(t * s), [0, 0.5, 1]),
        one(R(-20, 20), R(-2, 2)),
        6,
        True,
        range(4),
    ),
    Case(
        "gammaln_difference",
        lambda x, y: mp.loggamma(x + y) - mp.loggamma(x),
        ((R(0.1, 50), R(0, 20)), (R(1, 1e6, "log"), R(0, 2))),
        60,
        True,
    ),
    Case(
        "digamma_difference",
        lambda x, y: mp.digamma(x + y) - mp.digamma(x),
        ((R(0.1, 50), R(0, 20)), (R(1, 1e6, "log"), R(0, 2))),
        6,
        True,
    ),
)


def arity(name: str) -> int:
    return next(len(case.ranges[0]) + bool(case.orders) for case in CASES if case.name == name)


def inputs_of(case: Case, count: int) -> list[tuple[float, ...]]:
    rng = random.Random(f"{case.name} {case.conditioned}")
    rows = []
    for ranges in case.ranges:
        rows += list(zip(*(r.points(count, rng) for r in ranges), strict=True))
    return [(rng.choice(case.orders), *row) for row in rows] if case.orders else rows


def error_in_ulps(case: Case, row: tuple[float, ...], got: float) -> float:
    arguments = [mpf(x) for x in row]
    exact = case.truth(*arguments)
    if abs(exact) > sys.float_info.max:
        return 0.0 if math.isinf(got) and (got > 0) == (exact > 0) else math.inf
    if math.isinf(got) or math.isnan(got):
        return math.inf
    unit = mpf(math.ulp(float(exact)))
    if case.conditioned:
        h, first = mpf(2) ** -40, bool(case.orders)
        for i in range(int(first), len(arguments)):
            moved = [*arguments[:i], arguments[i] * (1 + h), *arguments[i + 1 :]]
            unit += abs(case.truth(*moved) - exact) / h * mpf(2) ** -53
    return float(abs(mpf(got) - exact) / unit)


def worst(case: Case, evaluate: Callable[..., np.ndarray], count: int) -> tuple[float, tuple[float, ...]]:
    rows = inputs_of(case, count)
    got = evaluate(case.name, *map(np.array, zip(*rows, strict=True)))
    with mp.workdps(34):
        return max((error_in_ulps(case, row, float(g)), row) for row, g in zip(rows, got, strict=True))


# ---- The tests.


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_every_file_compiles_alone_without_a_warning(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    for name in PUBLIC:
        count = next(m[2].count("double") for m in PROTOTYPE.finditer(source_of(name)) if m[1] == f"gradc_{name}")
        formal, actual = ", ".join(f"double x{i}" for i in range(count)), ", ".join(f"x{i}" for i in range(count))
        caller = f"double call_{name}({formal});\ndouble call_{name}({formal}) {{ return gradc_{name}({actual}); }}\n"
        (tmp_path / f"{name}.c").write_text(source_of(name) + caller, encoding="utf-8")
    command = [compiler, *FLAGS[:-1], "-O0", "-c", *(f"{name}.c" for name in PUBLIC)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if shutil.which("nm"):
        symbols = subprocess.run(
            ["nm", *(f"{name}.o" for name in PUBLIC)], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout
        assert not re.search(r" [BbDdCG] |signgam", symbols)
        assert not re.search(r" U (lgamma|tgamma)", symbols)


def test_every_public_file_is_measured() -> None:
    assert {case.name for case in CASES} == set(PUBLIC)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.name}{'-conditioned' if c.conditioned else ''}")
def test_accuracy(case: Case, evaluate: Callable[..., np.ndarray]) -> None:
    error, row = worst(case, evaluate, 40)
    assert error <= case.ulps, f"{case.name}{row} is {error:.1f} ulp off"


def test_accuracy_survives_contraction(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    flags = ("-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math")
    contracted = build(tmp_path, "gcc", *flags)
    for case in CASES:
        error, row = worst(case, contracted, 12)
        assert error <= case.ulps, f"{case.name}{row} is {error:.1f} ulp off"


EDGES = (0.0, -0.0, 1.0, 2.0, 0.5, -1.0, -2.0, math.inf, -math.inf, math.nan, 1e308, -1e17, 5e-324, 1e-300, -1e-300)
SCIPY = {"lgamma": "gammaln"}
# Where scipy overflows, and these do not.
UNLIKE_SCIPY = {("lgamma", 5e-324), ("i0", math.inf), ("i0", -math.inf), ("i1", math.inf), ("i1", -math.inf)}
UNLIKE_SCIPY |= {("powm1", -math.inf), ("boxcox", -math.inf)}  # where NumPy's power differs from C's


# What these are by definition; scipy's differ from it for negative zeros and infinities.
POWERS = {
    "powm1": lambda x, y: np.power(x, y) - 1,
    "boxcox": lambda x, y: np.log(x) if y == 0 else (np.power(x + 0.0, y) - 1) / y,
}


@pytest.mark.parametrize("name", [n for n in PUBLIC if hasattr(scipy.special, SCIPY.get(n, n))])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_edges_are_those_of_scipy(name: str, evaluate: Callable[..., np.ndarray]) -> None:
    function = POWERS.get(name) or getattr(scipy.special, SCIPY.get(name, name))
    rows: list[tuple[float, ...]] = [(x,) for x in EDGES]
    if name == "polygamma":
        rows = [(n, x) for n in (0, 1, 2, 3) for x in EDGES]
    elif name in ("beta", "betaln"):
        values = (0.5, 1.0, 3.0, 20.0, 1e10, 1e-300, math.inf, math.nan)
        rows = [(a, b) for a in values for b in values]
        rows += [(a, b) for a in (-3.0, -2.0, 0.0) for b in (1.0, 2.0, 3.0, 4.0, 1.5, math.inf)]
    elif arity(name) == 2:
        rows = [(x, y) for x in EDGES[:10] for y in EDGES[:10]]
    got = evaluate(name, *map(np.array, zip(*rows, strict=True)))
    expected = [float(function(*row)) for row in rows]
    for row, mine, theirs in zip(rows, got, expected, strict=True):
        if (name, row[0]) not in UNLIKE_SCIPY:
            assert mine == pytest.approx(theirs, rel=1e-12, abs=1e-320, nan_ok=True), row


def test_limits_of_the_bessel_functions(evaluate: Callable[..., np.ndarray]) -> None:
    assert evaluate("i0", [math.inf, -math.inf]).tolist() == [math.inf, math.inf]
    assert evaluate("i1", [math.inf, -math.inf]).tolist() == [math.inf, -math.inf]


def test_interpreter_has_the_same_functions(evaluate: Callable[..., np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    for name in PUBLIC:
        x, y = rng.uniform(0.05, 0.95, 50), rng.uniform(0.05, 0.95, 50)
        arguments = (np.full(50, 3.0), y) if name == "polygamma" else (x, y)[: arity(name)]
        theirs = special.functions[name](*arguments)
        np.testing.assert_allclose(theirs, evaluate(name, *arguments), rtol=1e-12, atol=1e-15)


def test_functions_without_scipy_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    assert special.functions["lgamma"](np.array([5.0])) == pytest.approx(math.log(24.0))
    assert special.functions["expit"](np.array([0.0])) == pytest.approx(0.5)
    with pytest.raises(special.UnsupportedError, match="scipy"):
        special.functions["digamma"](np.array([1.0]))


def main(count: int) -> None:
    """Print the measured table."""
    with tempfile.TemporaryDirectory() as directory:
        function = build(Path(directory), shutil.which("gcc") or "cc")
        for case in CASES:
            error, row = worst(case, function, count)
            kind = "ulp, conditioned" if case.conditioned else "ulp"
            print(f"| {case.name} | {error:.2f} {kind} | at {', '.join(f'{x:.17g}' for x in row)} |", flush=True)


if __name__ == "__main__":
    mpmath.mp.dps = 34
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
