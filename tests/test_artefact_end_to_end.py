"""What ``gradc build`` writes: imported without gradc it gives the same numbers; C and C++ programs take it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradc
from gradc import losses

LOSSES = """\
import numpy as np
import scipy.special
import gradc

@gradc.kernel("w[d], X[n,d], y[n], lam", wrt=("w", "lam"))
def logistic(w, X, y, lam):
    return np.mean(np.log(1 + np.exp(-y * (X @ w)))) + lam / 2 * np.dot(w, w)

@gradc.kernel("E[v,d], idx[n]:int64")
def gather(E, idx):
    return np.sum(np.tanh(E[idx]) ** 2)

@gradc.kernel("x[n]")
def products(x):
    return np.sum(np.cumprod(x) * scipy.special.ndtr(x))

@gradc.kernel("A[m,m], b[m]", wrt=("A", "b"))
def quadratic(A, b):
    return b @ np.linalg.solve(A, b)

@gradc.kernel("w[d], X[n,d]", dtype="float32")
def predictions(w, X):
    return np.tanh(X @ w)

@gradc.kernel("register[n], auto", wrt=("register", "auto"))
def double(register, auto):
    return np.sum(np.sin(register) * np.cos(register)) * auto
"""
NAMES = ("logistic", "gather", "products", "quadratic", "predictions", "double")


def arguments() -> dict[str, tuple[Any, ...]]:
    rng = np.random.default_rng(0)
    w, X = rng.standard_normal(5), rng.standard_normal((300, 5))
    return {
        "logistic": (w, X, np.sign(rng.standard_normal(300)), 0.25),
        "gather": (rng.standard_normal((7, 3)), rng.integers(0, 7, 20)),
        "products": (rng.standard_normal(9),),
        "quadratic": (rng.standard_normal((4, 4)) + 5 * np.eye(4), rng.standard_normal(4)),
        "predictions": (w.astype(np.float32), X.astype(np.float32)),
        "double": (rng.standard_normal(11), 2.5),
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A directory with everything of `LOSSES`, built by the command."""
    place = tmp_path_factory.mktemp("end_to_end")
    (place / "losses_of_a_user.py").write_text(LOSSES)
    words = [sys.executable, "-m", "gradc.cli", "build", "losses_of_a_user.py", "-o", "made"]
    subprocess.run(words, cwd=place, check=True, capture_output=True, text=True)
    return place / "made"


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    """A directory with NumPy and cffi, and nothing else of what is installed here."""
    place = tmp_path_factory.mktemp("bare")
    import _cffi_backend
    import cffi

    packages = [Path(np.__file__).parent, Path(cffi.__file__).parent, Path(_cffi_backend.__file__)]
    packages += [libraries for libraries in [Path(np.__file__).parent.parent / "numpy.libs"] if libraries.is_dir()]
    for package in packages:
        (place / package.name).symlink_to(package)
    return place


def run_bare(bare: Path, built: Path, program: str) -> str:
    """Run a program that has the standard library, NumPy, cffi and what was built."""
    # -I and -S: no variables, no user's directory, no site-packages, and so no editable gradc.
    head = f"import sys\nsys.path += [{str(bare)!r}, {str(built)!r}]\n"
    words = [sys.executable, "-I", "-S", "-B", "-W", "error", "-c", head + textwrap.dedent(program)]
    environment = {"PATH": "/nowhere", "HOME": "/nowhere"}
    done = subprocess.run(words, cwd="/", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_bare_environment_is_bare(bare, built):
    said = run_bare(
        bare,
        built,
        """
        import importlib.util
        absent = ("gradc", "sympy", "jinja2", "scipy", "click", "platformdirs", "pycparser", "setuptools")
        for name in ("numpy", "cffi", "logistic", *absent):
            print(name, importlib.util.find_spec(name) is not None)
        """,
    )
    there = {line.split()[0] for line in said.splitlines() if line.endswith("True")}
    assert there == {"numpy", "cffi", "logistic"}


def test_the_same_numbers_without_gradc(bare, built, tmp_path):
    values = arguments()
    np.savez(tmp_path / "arguments.npz", **{f"{name}_{k}": a for name in values for k, a in enumerate(values[name])})
    said = run_bare(
        bare,
        built,
        f"""
        import importlib, json
        import numpy as np
        loaded = np.load({str(tmp_path / "arguments.npz")!r})
        def flat(result):
            parts = result if isinstance(result, tuple) else (result,)
            return [x for part in parts for x in (flat(part) if isinstance(part, tuple) else np.ravel(part).tolist())]
        found = {{}}
        for name in {NAMES!r}:
            module = importlib.import_module(name)
            given = []
            while f"{{name}}_{{len(given)}}" in loaded:
                given.append(loaded[f"{{name}}_{{len(given)}}"])
            given = [a if a.shape else a.item() for a in given]
            value = module.value(*given)
            found[name] = {{"value": flat(value)}}
            if "value_and_grad" in module.__all__:
                found[name]["value_and_grad"] = flat(module.value_and_grad(*given))
                cotangent = 1.0
            else:
                cotangent = np.ones_like(value)
                found[name]["vjp"] = flat(module.vjp(*given, cotangent))
            forward = module.forward(*given)
            residuals = forward[1:] if isinstance(forward, tuple) else ()
            found[name]["backward"] = flat(module.backward(*given, *residuals, cotangent))
        print(json.dumps(found))
        assert not {{"gradc", "sympy", "jinja2", "scipy"}} & set(sys.modules)
        """,
    )
    found = json.loads(said)
    for name, kernel in kernels().items():
        given = values[name]
        expected: dict[str, Any] = {"value": kernel(*given)}
        value, residuals = kernel.forward(*given)
        cotangent: Any = 1.0 if np.ndim(value) == 0 else np.ones_like(value)
        expected["backward"] = kernel.backward(residuals, cotangent)
        if np.ndim(value) == 0:
            expected["value_and_grad"] = kernel.value_and_grad(*given)
        else:
            expected["vjp"] = kernel.vjp(given, cotangent)
        assert set(found[name]) == set(expected)
        for mode, result in expected.items():
            # The same C for the same processor, but for what the compiler inlines and then fuses.
            precision = np.finfo(kernel.dtype).eps
            np.testing.assert_allclose(found[name][mode], flat(result), rtol=100 * precision, atol=precision)


def kernels() -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": __name__}
    exec(compile(LOSSES, "losses_of_a_user.py", "exec"), space)
    return {name: space[name] for name in NAMES}


def flat(result: Any) -> list[float]:
    parts = result if isinstance(result, tuple) else (result,)
    return [x for part in parts for x in (flat(part) if isinstance(part, tuple) else np.ravel(part).tolist())]


def test_errors_without_gradc(bare, built):
    said = run_bare(
        bare,
        built,
        """
        import numpy as np, gather, quadratic
        for function, given in (
            (gather.value, (np.ones((7, 3)), np.array([7]))),
            (gather.value, (np.ones((7, 3)), np.array([0.5]))),
            (gather.value_and_grad, (np.ones(7), np.array([1]))),
            (quadratic.value, (np.zeros((2, 2)), np.ones(2))),
        ):
            try:
                function(*given)
            except Exception as error:
                plain = [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"]
                print(type(error).__name__, plain[0], error)
        """,
    )
    lines = said.splitlines()
    assert lines[0].startswith("IndexRangeError IndexError value(): ")
    assert lines[1].startswith("ArgumentTypeError ")
    assert "argument 'idx'" in lines[1]
    assert "argument 'E': expected a float64 array of shape (v, d)" in lines[2]
    assert lines[3].startswith("SingularMatrixError ArithmeticError ")


# --- in C and C++ -----------------------------------------------------------------------------------------------------

MAIN = """\
#include "logistic.h"
#include "double.h"
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    const double w[] = {0.5, -1.0}, X[] = {1, 2, 3, 4, 5, 6}, y[] = {1, -1, 1};
    double value, grad_w[2], grad_lam;
    void *work = malloc(logistic_value_and_grad_work(DIMS) + 1);
    int status = logistic_value_and_grad(DIMS, w, X, y, 0.25, &value, grad_w, &grad_lam, work);
    printf("%d %.17g %.17g %.17g %.17g\\n", status, value, grad_w[0], grad_w[1], grad_lam);
    free(work);
    return status;
}
"""


def dims_of(header: str) -> str:
    """The dimensions in the order in which the header takes them: n = 3, d = 2."""
    names = re.search(r"size_t logistic_value_and_grad_work\(([^)]*)\)", header)
    assert names
    sizes = {"int64_t n": "3", "int64_t d": "2"}
    return ", ".join(sizes[part.strip()] for part in names[1].split(","))


@pytest.mark.parametrize(
    ("compiler", "suffix", "flags"),
    [
        ("gcc", "c", ["-std=c99"]),
        ("clang", "c", ["-std=c99"]),
        ("gcc", "c", ["-std=c99", "-O3", "-fopenmp-simd", "-DGRADC_OPENMP_SIMD"]),
        ("musl-gcc", "c", ["-std=c99", "-O3", "-fopenmp-simd", "-DGRADC_OPENMP_SIMD"]),
        ("g++", "cpp", ["-std=c++11"]),
        ("clang++", "cpp", ["-std=c++17"]),
    ],
)
def test_a_program_links_it(built, tmp_path, compiler, suffix, flags):
    found = shutil.which(compiler)
    if found is None:
        pytest.skip(f"no {compiler}")
    strict = ["-pedantic", "-Wall", "-Wextra", "-Werror"]
    main = tmp_path / f"main.{suffix}"
    main.write_text(MAIN.replace("DIMS", dims_of((built / "logistic.h").read_text())))
    c_compiler, c_flags = (found, flags) if suffix == "c" else ("cc", ["-std=c99"])
    objects = []
    for name in ("logistic", "double"):
        objects.append(tmp_path / f"{name}.o")
        subprocess.run([c_compiler, *c_flags, *strict, "-c", built / f"{name}.c", "-o", objects[-1]], check=True)
    target = tmp_path / "main"
    words = [found, *flags, *strict, f"-I{built}", main, *objects, "-lm", "-o", target]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode and "cannot find -lstdc++" in done.stderr:
        pytest.skip(f"{compiler} has no library of C++")
    assert done.returncode == 0, done.stderr
    said = subprocess.run([target], check=True, capture_output=True, text=True).stdout.split()
    w, X, y = np.array([0.5, -1.0]), np.arange(1.0, 7.0).reshape(3, 2), np.array([1.0, -1.0, 1.0])
    value, (grad_w, grad_lam) = kernels()["logistic"].value_and_grad(w, X, y, 0.25)
    np.testing.assert_allclose([float(x) for x in said], [0, value, *grad_w, grad_lam], rtol=1e-13)


THREADS = """\
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "logistic.h"

enum { CALLS = 12, D = 20 };

int main(void)
{
    int wrong = 0;
    for (int64_t n = 200; n <= 20000; n *= 100) {
        double *X = malloc((size_t)(n * D) * sizeof(double)), *y = malloc((size_t)n * sizeof(double)), w[D];
        double found[CALLS][D + 2];
        for (int64_t i = 0; i < n * D; ++i) {
            X[i] = sin((double)i);
        }
        for (int64_t i = 0; i < n; ++i) {
            y[i] = i % 3 ? 1 : -1;
        }
        for (int64_t j = 0; j < D; ++j) {
            w[j] = cos((double)j);
        }
        for (int nested = 1; nested <= 2; ++nested) { /* threads of the kernels' own within those of this program */
            omp_set_max_active_levels(nested);
            #pragma omp parallel for num_threads(4)
            for (int k = 0; k < CALLS; ++k) {
                void *work = malloc(logistic_value_and_grad_work(DIMS) + 1);
                logistic_value_and_grad(DIMS, w, X, y, 0.25, &found[k][D], found[k], &found[k][D + 1], work);
                free(work);
            }
            for (int k = 1; k < CALLS; ++k) {
                wrong += memcmp(found[k], found[0], sizeof(found[0])) != 0;
            }
        }
        printf("%.17g\\n", found[0][D]);
        free(X);
        free(y);
    }
    return wrong;
}
"""


def test_threads_of_a_program_may_call_it(built, tmp_path):
    """Buffers are of the thread of the kernel's own team, not of the caller's."""
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("no gcc")
    dims = dims_of((built / "logistic.h").read_text()).replace("3", "n").replace("2", "D")
    (tmp_path / "main.c").write_text(THREADS.replace("DIMS", dims))
    flags = ["-std=c99", "-O2", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fopenmp", "-g", "-fsanitize=address"]
    words = [gcc, *flags, f"-I{built}", tmp_path / "main.c", built / "logistic.c", "-lm", "-o", tmp_path / "main"]
    subprocess.run(words, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    n = 200
    X, y = np.sin(np.arange(n * 20.0)).reshape(n, 20), np.where(np.arange(n) % 3, 1.0, -1.0)
    expected = kernels()["logistic"](np.cos(np.arange(20.0)), X, y, 0.25)
    np.testing.assert_allclose(float(done.stdout.split()[0]), expected, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_headers_stand_alone_in_cpp(built, name):
    found = shutil.which("g++") or shutil.which("clang++")
    if found is None:
        pytest.skip("no C++ compiler")
    words = [found, "-x", "c++", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", built / f"{name}.h"]
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    assert done.returncode == 0 or "#pragma once" in done.stderr, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_no_state_in_an_object(built, tmp_path, name):
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("no nm")
    subprocess.run(["cc", "-std=c99", "-O2", "-c", built / f"{name}.c", "-o", tmp_path / "k.o"], check=True)
    symbols = subprocess.run([nm, tmp_path / "k.o"], check=True, capture_output=True, text=True).stdout
    kinds = {line.split()[-2] for line in symbols.splitlines()}
    assert not kinds & set("BbDdGgSsCc"), symbols
    wanted = {"malloc", "calloc", "realloc", "free", "printf", "fopen", "abort", "exit"}
    assert not {line.split()[-1] for line in symbols.splitlines()} & wanted


def test_vector_functions_are_used_where_the_kernel_of_this_process_uses_them(built):
    here = gradc.compile("sum(exp(x))", "x[n]", name="probe")
    from gradc.runtime.library import load
    from gradc.units import render

    unit = here.unit("value_and_grad")
    path = load(render([unit], unit.program, here.name, here.dtype).c, [unit.entry]).path
    ours = b"_ZGV" in path.read_bytes()
    (library,) = (built / "logistic").glob("_kernels*.so")
    assert (b"_ZGV" in library.read_bytes()) == ours


def test_a_loss_of_the_catalogue(tmp_path, monkeypatch):
    from gradc.artefacts import write_artefact

    record = losses.CATALOGUE["huber"]
    kernel = gradc.compile(record.function, record.signature, wrt=record.wrt, name="huber_of_a_test")
    write_artefact(kernel, str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    import huber_of_a_test as module  # type: ignore[import-not-found]

    example = record.example(np.random.default_rng(0))
    assert module.value(**example) == kernel(**example)
    assert os.path.dirname(module.__file__) == str(tmp_path / "huber_of_a_test")
