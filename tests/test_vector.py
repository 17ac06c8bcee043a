"""The functions of ``templates/vector``: within 4 ulp of mpmath, right at the edges, vectorised by gcc and clang."""

from __future__ import annotations

import math
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cffi
import numpy as np
import pytest
from mpmath import mp, mpf

import gradc
from gradc.calculus.primitives import PRIMITIVES

DIRECTORY = Path(__file__).resolve().parent.parent / "templates" / "vector"
FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O3", "-fPIC", "-fopenmp-simd", "-fno-math-errno")
SIMD = (*FLAGS, "-fno-trapping-math", "-ffp-contract=fast")
ENTRIES = {entry.vector: entry for entry in PRIMITIVES.values() if entry.vector is not None}
ULPS = 4.0


class Ranges(NamedTuple):
    """The truth, and where it is sampled: uniformly between two numbers, and by magnitude over all of the type."""

    truth: Callable[..., mpf]
    uniform: tuple[tuple[float, float], ...]
    magnitudes: tuple[float, ...] = ()  # the signs
    second: tuple[tuple[float, float], ...] = ()  # of a second operand, or as great as the first one
    conditioned: bool = False  # whether what half an ulp in each argument makes is allowed as well


TABLE = {
    "exp": Ranges(mp.exp, ((-745, 709.7), (-104, 88.7), (-1, 1)), (1, -1)),
    "expm1": Ranges(mp.expm1, ((-40, 709.7), (-20, 88.7), (-1, 1), (0.3, 0.4)), (1, -1)),
    "log": Ranges(mp.log, ((0.5, 2), (0.99, 1.01)), (1,)),
    "log1p": Ranges(mp.log1p, ((-1, 1), (0.3, 0.5), (-1e-3, 0)), (1,)),
    "log1p_unit": Ranges(mp.log1p, ((0, 1),)),
    "tanh": Ranges(mp.tanh, ((-3, 3), (-20, 20)), (1, -1)),
    "sech_square": Ranges(lambda x: mp.sech(x) ** 2, ((-3, 3), (-44, 44))),
    "exp2": Ranges(lambda x: mpf(2) ** x, ((-1074, 1023.9), (-149, 127.9), (-1, 1)), (1, -1)),
    "log2": Ranges(lambda x: mp.log(x, 2), ((0.5, 2), (0.99, 1.01)), (1,)),
    "log10": Ranges(mp.log10, ((0.5, 2), (0.99, 1.01)), (1,)),
    "sinh": Ranges(mp.sinh, ((-710.4, 710.4), (-89, 89), (-1, 1)), (1, -1)),
    "cosh": Ranges(mp.cosh, ((-710.4, 710.4), (-89, 89), (-1, 1)), (1, -1)),
    "asinh": Ranges(mp.asinh, ((-2, 2), (-100, 100)), (1, -1)),
    "acosh": Ranges(lambda x: mp.acosh(x) if x >= 1 else mp.nan, ((1, 2), (1, 100)), (1,)),
    "atanh": Ranges(mp.atanh, ((-1, 1), (-0.5, 0.5))),
    "atan": Ranges(mp.atan, ((-3, 3), (-100, 100)), (1, -1)),
    "asin": Ranges(mp.asin, ((-1, 1), (-0.5, 0.5))),
    "acos": Ranges(mp.acos, ((-1, 1), (-0.5, 0.5), (0.99, 1))),
    "cbrt": Ranges(lambda x: mp.sign(x) * abs(x) ** (mpf(1) / 3), ((-8, 8),), (1, -1)),
    "erf": Ranges(mp.erf, ((-1.1, 1.1), (-6, 6)), (1, -1)),
    "erfc": Ranges(lambda x: mp.erfc(x) if x < 40 else mpf(0), ((-1, 1), (1, 3), (-6, 26.5)), (1, -1)),
    "scaled_erfc": Ranges(lambda x: mp.exp(x * x) * mp.erfc(x), ((-26, 0), (-1, 1), (-1.1, 1.1), (1, 30), (1, 1e4))),
    "normal": Ranges(mp.ncdf, ((-37.5, 9), (-12, 9), (-2, 2))),
    "log_normal": Ranges(lambda x: mp.log1p(-mp.ncdf(-x)) if x > 0 else mp.log(mp.ncdf(x)), ((-40, 9), (-2, 2))),
    "pow": Ranges(mp.power, ((0, 3), (0.9, 1.1)), (1,), ((-3, 3), (-300, 300))),
    "hypot": Ranges(mp.hypot, ((-9, 9),), (1, -1), ((-9, 9), (-1e-3, 1e-3))),
    "kl_divergence": Ranges(
        lambda x, y: x * mp.log(x / y) - x + y if x and y else y or mp.inf,
        ((0.1, 9), (1, 2), (0.9, 1.1)),
        second=((0.1, 9), (1, 2), (0.99, 1.01)),
    ),
    "itakura": Ranges(
        lambda x, y: x / y - mp.log(x / y) - 1, ((0.1, 9), (1, 2), (0.9, 1.1)), second=((0.1, 9), (1, 2), (0.99, 1.01))
    ),
    "sin": Ranges(mp.sin, ((-7, 7), (-1e6, 1e6)), (1, -1)),
    "cos": Ranges(mp.cos, ((-7, 7), (-1e6, 1e6)), (1, -1)),
    "tan": Ranges(mp.tan, ((-7, 7), (-1e6, 1e6)), (1, -1)),
    "psi": Ranges(mp.digamma, ((0, 1), (1, 9), (1.46, 1.4633), (8, 1e3)), (1,)),
    "psi_difference": Ranges(
        lambda x, y: mp.digamma(x + y) - mp.digamma(x), ((0, 1), (0, 12), (1, 1e6)), second=((0, 20), (0, 1e-6))
    ),
    "gamma_ratio": Ranges(
        lambda x, y: mp.loggamma(x + y) - mp.loggamma(x),
        ((0, 1), (0, 12), (1, 1e6)),
        second=((0, 20), (0, 1e-6)),
        conditioned=True,
    ),
    "atan2": Ranges(mp.atan2, ((-9, 9), (-1, 1)), (1, -1), ((-9, 9), (-1, 1))),
}


def sources(name: str, seen: list[str]) -> str:
    """A file after what it needs."""
    if name in seen:
        return ""
    seen.append(name)
    text = ((DIRECTORY.parent if "/" in name else DIRECTORY) / f"{name}.c").read_text(encoding="utf-8")
    needs = re.match(r"/\* needs: ([\w/, ]+) \*/\n", text)
    return "".join(sources(other, seen) for other in (needs[1].split(", ") if needs else ())) + text


def unit(real: str) -> str:
    """All functions of a type, with a loop around each."""
    suffix, seen = "" if real == "double" else "f", []
    text = "#include <stdint.h>\n#include <math.h>\n" + "".join(sources(name + suffix, seen) for name in ENTRIES)
    for name, entry in ENTRIES.items():
        formal = ", ".join(f"const {real} *restrict x{k}" for k in range(entry.arity))
        call = ", ".join(f"x{k}[i]" for k in range(entry.arity))
        head = f"void loop_{name}(long n, {formal}, {real} *restrict out)"
        text += f"{head};\n{head}\n{{\n#pragma omp simd\n    for (long i = 0; i < n; ++i)\n"
        text += f"        out[i] = gradc_{name}{suffix}({call});\n}}\n"
    return text


def build(directory: Path, compiler: str, real: str, *flags: str) -> Callable[..., np.ndarray]:
    (directory / "vector.c").write_text(unit(real), encoding="utf-8")
    command = [compiler, *SIMD, *flags, "-shared", "-o", "vector.so", "vector.c", "-lm"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ffi, dtype = cffi.FFI(), np.float64 if real == "double" else np.float32
    for name, entry in ENTRIES.items():
        ffi.cdef(f"void loop_{name}(long n, {f'const {real} *, ' * entry.arity}{real} *out);")
    library = ffi.dlopen(str(directory / "vector.so"))

    def evaluate(name: str, *arrays: Any) -> np.ndarray:
        inputs = [np.ascontiguousarray(a, dtype) for a in arrays]
        out = np.empty(inputs[0].shape, dtype)
        pointers = [ffi.cast(f"{real} *", a.ctypes.data) for a in (*inputs, out)]
        getattr(library, f"loop_{name}")(out.size, *pointers)
        return out

    return evaluate


COMPILERS = [c for c in ("gcc", "clang") if shutil.which(c)]
pytestmark = pytest.mark.skipif(not COMPILERS, reason="no gcc and no clang")


@pytest.fixture(scope="module", params=[(c, r) for c in COMPILERS for r in ("double", "float")], ids="-".join)
def built(request, tmp_path_factory):
    compiler, real = request.param
    return real, [
        build(tmp_path_factory.mktemp("vector"), compiler, real, *flags) for flags in ((), ("-march=native",))
    ]


def sample(ranges: Ranges, real: str, count: int) -> list[np.ndarray]:
    rng, single = random.Random(0), real == "float"
    found = [rng.uniform(*interval) for interval in ranges.uniform for _ in range(count)]
    low, high = (-45, 38.5) if single else (-323, 308.2)
    found += [sign * 10 ** rng.uniform(low, high) for sign in ranges.magnitudes for _ in range(count)]
    dtype = np.float32 if single else np.float64
    first = np.array(found, dtype)
    if not ranges.second:
        return [first]
    others = [[rng.uniform(*interval) for _ in found] for interval in ranges.second]
    others.append([x * 10 ** rng.uniform(-2, 0) for x in found])
    return [np.tile(first, len(others)), np.array(others, dtype).ravel()]


def ulps(got: Any, exact: mpf, dtype: type) -> float:
    """The error in units of the last place of the right result."""
    with np.errstate(over="ignore"):
        rounded = dtype(float(exact))
    if mp.isnan(exact) or not np.isfinite(rounded):
        same = np.isnan(got) if np.isnan(rounded) else got == rounded
        return 0.0 if same else math.inf
    if not np.isfinite(got):
        return math.inf
    return float(abs(mpf(float(got)) - exact) / mpf(float(np.spacing(abs(rounded)))))


def allowed(truth: Callable[..., mpf], row: tuple[Any, ...], exact: mpf, dtype: type) -> float:
    """An ulp of the result and what half an ulp in each argument makes of it, in ulps of the result."""
    point, h = [mpf(float(x)) for x in row], mpf(2) ** -50
    moved = [truth(*point[:k], x * (1 + h), *point[k + 1 :]) - exact for k, x in enumerate(point)]
    half = mpf(float(np.finfo(dtype).eps)) / 2
    return float(1 + sum(map(abs, moved)) / h * half / mpf(float(np.spacing(abs(dtype(float(exact)))))))


def multiples(dtype: type) -> np.ndarray:
    """The numbers of a type that are next to multiples of pi/2, and next to those."""
    k = np.unique(np.concatenate([np.arange(1, 60), np.linspace(60, 636_000, 200).astype(int)]))
    with mp.workdps(40):
        near = np.array([float(mp.pi / 2 * int(n)) for n in k]).astype(dtype)
    inf = dtype(math.inf)
    return np.concatenate([near, np.nextafter(near, inf), np.nextafter(near, -inf), -near])


@pytest.mark.parametrize("name", ENTRIES)
def test_within_four_ulp(name, built):
    real, functions = built
    dtype = np.float64 if real == "double" else np.float32
    points = sample(TABLE[name], real, 60)
    if ENTRIES[name].reach == "far_sine":
        points = [np.concatenate([points[0][np.abs(points[0]) <= 1e6], multiples(dtype)])]
    with mp.workdps(40):
        exact = [TABLE[name].truth(*(mpf(float(x)) for x in row)) for row in zip(*points, strict=True)]
        units = [1.0] * len(exact)
        if TABLE[name].conditioned:
            units = [
                allowed(TABLE[name].truth, row, e, dtype)
                for row, e in zip(zip(*points, strict=True), exact, strict=True)
            ]
        for function in functions:
            errors = [ulps(got, e, dtype) for got, e in zip(function(name, *points), exact, strict=True)]
            errors = [error / unit for error, unit in zip(errors, units, strict=True)]
            worst = int(np.argmax(errors))
            assert errors[worst] <= (6.0 if TABLE[name].conditioned else ULPS), (
                f"{name}{[x[worst] for x in points]} is {errors[worst]:.1f} ulp off"
            )


EDGES = [0.0, -0.0, 1.0, -1.0, 2.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e-310, 1e-45, -1e-45, 1e-20, 88.8]
EDGES += [
    3.0,
    -3.0,
    2.5,
    0.5,
    -0.5,
    -103.9,
    -104.1,
    709.7,
    710.0,
    -745.1,
    -746.0,
    1e38,
    -1e38,
    1e308,
    -1e308,
    1.7976931348623157e308,
    1e-8,
    20.1,
]


# Of one interval only; SciPy's overflows; with what it is by definition elsewhere, which NumPy's reference computes.
UNLIKE_NUMPY = ("log1p_unit", "scaled_erfc", "kl_divergence", "itakura", "gamma_ratio", "psi_difference")


def test_edges_of_gamma_differences(built):
    real, functions = built
    dtype = np.float64 if real == "double" else np.float32
    large, eps = dtype(np.finfo(dtype).max / 2), np.finfo(dtype).eps
    x = np.array([1e-30, 0.25, 1, 2, 2, 1, 7.999, 8, 9, 1e15, 1, math.nan, 1], dtype)
    y = np.array([1, 0, 1, -1, -0.5, 1e-20, 0.001, -0.25, 1e-3, 1, large, 1, math.nan], dtype)
    rows = [(mpf(float(a)), mpf(float(b))) for a, b in zip(x, y, strict=True)]
    with mp.workdps(60):
        for name in ("gamma_ratio", "psi_difference"):
            exact = np.array([float(TABLE[name].truth(a, b)) if a == a and b == b else math.nan for a, b in rows])
            with np.errstate(over="ignore"):
                exact = exact.astype(dtype)
            for function in functions:
                got = function(name, x, y)
                same = (got == exact) | (np.isnan(got) & np.isnan(exact))
                with np.errstate(invalid="ignore"):
                    wrong = ~same & ~(np.abs(got - exact) <= 4 * eps * (np.abs(exact) + np.abs(y)))
                assert not wrong.any(), [x[wrong], y[wrong], got[wrong], exact[wrong]]


def test_edges_of_divergences(built):
    real, functions = built
    inf, nan = math.inf, math.nan
    tiny, huge = (1e-320, 1e308) if real == "double" else (1e-44, 1e38)
    x = [0.0, 0.0, 0.0, 1.0, 1.0, -1.0, nan, 1.0, inf, 2.0, tiny, 2.0]
    y = [1.0, 0.0, inf, 0.0, -1.0, 1.0, 1.0, nan, 1.0, inf, 2.0, 2.0]
    wanted = [1.0, 0.0, inf, inf, inf, inf, nan, nan, inf, inf, 2.0, 0.0]
    ratios = np.array([1.0, -2.0, 0.0, 1.0, nan, huge, 3.0]), np.array([-1.0, -2.0, 1.0, 0.0, 1.0, tiny, 3.0])
    for function in functions:
        np.testing.assert_array_equal(function("kl_divergence", np.array(x), np.array(y)), wanted)
        got = function("itakura", *ratios)
        np.testing.assert_array_equal(got, [nan, 0.0, inf, inf, nan, inf, 0.0])


@pytest.mark.parametrize("name", [name for name in ENTRIES if name not in UNLIKE_NUMPY])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_edges_are_those_of_numpy(name, built):
    real, functions = built
    dtype = np.float64 if real == "double" else np.float32
    points = np.array(EDGES).astype(dtype)
    if ENTRIES[name].reach == "far_sine":
        points = points[~(np.abs(points) > 1e6) | np.isinf(points)]
    rows = [points] if ENTRIES[name].arity == 1 else [a.ravel() for a in np.meshgrid(points, points)]
    expected, info = ENTRIES[name].reference(*rows), np.finfo(dtype)
    rtol = 1e-13 if name in ("erfc", "normal", "log_normal", "psi") else 4 * info.eps  # SciPy is 40 ulp off
    for function in functions:
        got = function(name, *rows)
        np.testing.assert_allclose(got, expected, rtol=max(rtol, 4 * info.eps), atol=4 * info.smallest_subnormal)
        zero = expected == 0
        np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(expected[zero]))


@pytest.mark.skipif(not shutil.which("gcc"), reason="it is gcc's report that is read")
@pytest.mark.parametrize("real", ["double", "float"])
def test_every_loop_is_vectorised(real, tmp_path):
    text = unit(real)
    (tmp_path / "vector.c").write_text(text, encoding="utf-8")
    command = ["gcc", *SIMD, "-fopt-info-vec-optimized", "-c", "vector.c"]
    report = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    done = {int(line) - 1 for line in re.findall(r"vector\.c:(\d+):\d+: optimized: loop vectorized", report)}
    lines = text.split("\n")
    loops = {k for k, line in enumerate(lines, 1) if line.startswith("    for (")}
    assert len(loops) == len(ENTRIES)
    assert not loops - done, [lines[k] for k in sorted(loops - done)]


def test_precise_calls_libm():
    options = {"signature": "x[n]", "name": "both"}
    own, libm = (gradc.compile("sum(log1p(exp(-x)))", **options, precise=precise) for precise in (False, True))
    assert "gradc_exp(" in own.c_source
    assert "gradc_exp(" not in libm.c_source
    assert " exp(" in libm.c_source
    x = np.linspace(-5, 5, 37)
    np.testing.assert_allclose(own(x), libm(x), rtol=1e-15)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_powers_go_through_libmvec_where_it_is(dtype, tmp_path):
    """Also with an exponent that all iterations share, for which gcc has no vector form of the own function."""
    kernel = gradc.compile("sum(y**p + erf(y))", "y[n], p", wrt="y", dtype=dtype)
    (tmp_path / "k.c").write_text(kernel.c_source, encoding="utf-8")
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("no gcc")
    flags = ["-std=c99", "-O3", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd", "-DGRADC_OPENMP_SIMD"]
    subprocess.run([gcc, *flags, "-S", "k.c", "-o", "k.s"], cwd=tmp_path, check=True)
    called = set(re.findall(r"_ZGV\w+?_(\w+)", (tmp_path / "k.s").read_text()))
    macros = subprocess.run(
        [gcc, "-dM", "-E", "-include", "features.h", "-xc", "/dev/null"], capture_output=True, text=True, check=True
    ).stdout
    version = re.search(r"__GLIBC_MINOR__ (\d+)", macros)
    if version is None or int(version[1]) < 35 or "__x86_64__ 1" not in macros:
        pytest.skip("no libmvec with these functions")
    assert {"pow", "erf"} <= {name.removesuffix("f") if name != "erf" else name for name in called}


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sines_of_any_argument_without_libmvec(dtype, compiler, tmp_path):
    """A loop with an argument out of reach takes libm's function, for elements and for sums."""
    kernel = gradc.compile(lambda x, y: np.sin(x * y) * np.cos(x) + np.tan(x), "x[n], y[n]", name="waves", dtype=dtype)
    total = gradc.compile("sum(sin(2*x) + cos(x))", "x[n]", name="total", dtype=dtype)
    real = "double" if dtype == "float64" else "float"
    ffi = cffi.FFI()
    ffi.cdef(f"int waves_value(int64_t n, const {real} *x, const {real} *y, {real} *value, void *work);")
    ffi.cdef(f"int total_value(int64_t n, const {real} *x, {real} *value, void *work);")
    libraries = []
    for k in (kernel, total):
        (tmp_path / "k.c").write_text(k.c_source, encoding="utf-8")
        made = tmp_path / f"{k.name}.so"
        flags = [*(flag for flag in SIMD if flag != "-fopenmp-simd"), "-Wno-unknown-pragmas"]  # and so no libmvec
        subprocess.run([compiler, *flags, "-shared", "k.c", "-o", str(made), "-lm"], cwd=tmp_path, check=True)
        libraries.append(ffi.dlopen(str(made)))
    rng, eps = np.random.default_rng(0), np.finfo(dtype).eps
    for scale in (3.0, 1e5, 1e9, 1e18):
        x, y = rng.uniform(-scale, scale, 333).astype(dtype), rng.uniform(0.5, 1, 333).astype(dtype)
        x[7], out, one = 0.0, np.empty(333, dtype), np.empty(1, dtype)
        with np.errstate(all="raise"):
            expected = np.sin(x * y) * np.cos(x) + np.tan(x)
        at = [ffi.cast(f"{real} *", a.ctypes.data) for a in (x, y, out)]
        assert libraries[0].waves_value(333, *at, ffi.NULL) == 0
        np.testing.assert_allclose(out, expected, rtol=20 * eps, atol=10 * eps)
        assert libraries[1].total_value(333, at[0], ffi.cast(f"{real} *", one.ctypes.data), ffi.NULL) == 0
        expected = np.sum(np.sin(2 * x.astype("f8")) + np.cos(x.astype("f8")))
        np.testing.assert_allclose(one[0], expected, atol=300 * eps)
    x[3] = math.inf
    assert libraries[0].waves_value(333, *at, ffi.NULL) == 0
    assert np.isnan(out[3])
    assert np.isfinite(np.delete(out, 3)).all()


def test_a_loop_with_sines_is_vectorised_without_libmvec(tmp_path):
    text = gradc.compile("sum(sin(x*y) + cos(x))", "x[n], y[n]", wrt="x").c_source
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("no gcc")
    text = text.replace("defined(__GLIBC__)", "0")
    (tmp_path / "k.c").write_text(text, encoding="utf-8")
    flags = [flag for flag in SIMD if flag not in ("-Werror", "-pedantic")]
    command = [gcc, *flags, "-DGRADC_OPENMP_SIMD", "-fno-ipa-icf", "-fopt-info-vec-optimized", "-c", "k.c"]
    report = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    done = {int(line) for line in re.findall(r"k\.c:(\d+):\d+: optimized: loop vectorized", report)}
    lines = text.split("\n")
    loops = [k for k, line in enumerate(lines, 1) if line.strip().startswith("GRADC_SIMD(")]
    ahead = [k for k in loops if "GRADC_NEAR" in lines[k - 2]]
    assert ahead
    assert all(done & {k, k + 1, k + 2} for k in ahead), report


def test_without_libmvec_the_own_functions_are_compiled():
    text = gradc.compile("sum(y**p)", "y[n], p", wrt="y").c_source
    assert re.search(
        r"#if defined\(GRADC_LIBMVEC\)\n#define gradc_pow pow\n#else\n.*GRADC_INLINE double gradc_pow\(",
        text,
        re.DOTALL,
    )
    precise = gradc.compile("sum(y**p)", "y[n], p", wrt="y", precise=True).c_source
    assert "GRADC_LIBMVEC" not in precise
    assert "omp declare simd" not in precise


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gamma_differences_of_any_argument(dtype):
    """A loop with an argument that is not above 0 takes the functions of ``templates/special``."""
    kernel = gradc.compile(
        "sum(gammaln_difference(x, y)) + sum(digamma_difference(x, y))", "x[n], y[n]", name="differences", dtype=dtype
    )
    assert "gradc_far_gamma" in kernel.c_source
    rng, eps = np.random.default_rng(0), np.finfo(dtype).eps
    for low in (0.1, -3.0):
        x, y = rng.uniform(low, 3, 100).astype(dtype), rng.uniform(0, 2, 100).astype(dtype)
        with mp.workdps(30):
            pairs = [(mpf(float(a)), mpf(float(b))) for a, b in zip(x, y, strict=True)]
            terms = [mp.log(abs(mp.gamma(a + b) / mp.gamma(a))) + mp.digamma(a + b) - mp.digamma(a) for a, b in pairs]
            size = float(sum(map(abs, terms)))
        np.testing.assert_allclose(kernel(x, y), float(sum(terms)), atol=50 * eps * size)


def test_helpers_have_names_of_their_own():
    """Any of them may meet in one file; but a function's two forms, of which a kernel has one, share its name."""
    defined = re.compile(
        r"^(?:GRADC_INLINE|GRADC_ONE_COPY|static|__attribute__).*?\b(gradc_\w+)(?:\{\{ suffix \}\})?\("
        r"|^ *# *define (GRADC_\w+)",
        re.MULTILINE,
    )
    owners: dict[str, set[tuple[bool, str]]] = {}
    for path in DIRECTORY.parent.rglob("*"):
        if path.suffix in (".c", ".j2"):
            text = path.read_text(encoding="utf-8")
            for name in map("".join, defined.findall(text)):
                if f"#undef {name}" in text:
                    continue
                function = path.parent.name in ("special", "vector")
                owners.setdefault(name, set()).add((function, path.name.split(".")[0]))
    assert len(owners) > 100
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}
