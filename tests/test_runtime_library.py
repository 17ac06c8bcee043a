"""C text to calls: through the extension, through cffi alone, from threads, and with compilers that fail."""

from __future__ import annotations

import contextlib
import gc
import inspect
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import gradc
from gradc.errors import (
    ArgumentError,
    ArgumentTypeError,
    CompilerError,
    CompilerNotFoundError,
    GradcError,
    IndexRangeError,
)
from gradc.runtime import processes, toolchain
from gradc.runtime.arguments import Entry, Input, Output
from gradc.runtime.cache import open_cache
from gradc.runtime.calls import Call
from gradc.runtime.library import load
from gradc.runtime.toolchain import find_compiler

N = ((("n",), 1),)
D = ((("d",), 1),)
HALF_N = (((("//", N, (((), 2),)),), 1),)

TEXT = """\
#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* value = sum_i (X w)_i^2 + lam, grad = 2 X^T X w; the scratch holds X w */
size_t ridge_work(int64_t n, int64_t d) { (void)d; return (size_t)n * sizeof(double); }
int ridge(int64_t n, int64_t d, const double *restrict w, const double *restrict X, double lam,
          double *restrict value, double *restrict grad, void *restrict work)
{
    double *z = work;
    if (lam < 0)
        return lam < -1 ? 77 : 1;
    *value = lam;
    for (int64_t j = 0; j < d; j++)
        grad[j] = 0;
    for (int64_t i = 0; i < n; i++) {
        z[i] = 0;
        for (int64_t j = 0; j < d; j++)
            z[i] += X[i * d + j] * w[j];
        *value += z[i] * z[i];
        for (int64_t j = 0; j < d; j++)
            grad[j] += 2 * z[i] * X[i * d + j];
    }
    return 0;
}

size_t kinds_work(int64_t n) { (void)n; return 0; }
int kinds(int64_t n, const float *restrict x, float a, int64_t k, int32_t m, const uint8_t *restrict mask,
          float *restrict total, int64_t *restrict count, uint8_t *restrict any, int32_t *restrict marks,
          void *restrict work)
{
    (void)work;
    *total = 0; *count = k; *any = 0;
    for (int64_t i = 0; i < n; i++) {
        *total += a * x[i];
        marks[i] = mask[i] ? m : 0;
        *count += mask[i];
        *any |= mask[i];
    }
    return 0;
}

size_t halve_work(int64_t n) { (void)n; return 0; }
int halve(int64_t n, const double *restrict x, double *restrict y, void *restrict work)
{
    (void)work;
    for (int64_t i = 0; i < n / 2; i++)
        y[i] = x[2 * i];
    return 0;
}

size_t nothing_work(void) { return 0; }
int nothing(double a, double *restrict y, void *restrict work) { (void)work; *y = exp(a); return 0; }
"""
RIDGE = Entry(
    "ridge",
    "ridge",
    ("n", "d"),
    (Input("w", "float64", (D,)), Input("X", "float64", (N, D)), Input("lam", "float64")),
    (Output("value", "float64"), Output("grad", "float64", (D,))),
    {1: ("IndexRangeError", "lam is negative")},
)
NESTED = Entry("nested", "ridge", RIDGE.dims, RIDGE.inputs, RIDGE.outputs, RIDGE.statuses, returns=(0, (1,)))
SWAPPED = Entry("swapped", "ridge", RIDGE.dims, RIDGE.inputs, RIDGE.outputs, RIDGE.statuses, returns=(1, 0))
KIND = Entry(
    "kinds",
    "kinds",
    ("n",),
    (
        Input("x", "float32", (N,)),
        Input("a", "float32"),
        Input("k", "int64"),
        Input("m", "int32"),
        Input("mask", "bool", (N,)),
    ),
    (Output("total", "float32"), Output("count", "int64"), Output("any", "bool"), Output("marks", "int32", (N,))),
)
HALVE = Entry("halve", "halve", ("n",), (Input("x", "float64", (N,)),), (Output("y", "float64", (HALF_N,)),))
NOTHING = Entry("nothing", "nothing", (), (Input("a", "float64"),), (Output("y", "float64"),))
ENTRIES = (RIDGE, NESTED, SWAPPED, KIND, HALVE, NOTHING)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One cache for the file's tests, and not the user's."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _environment(monkeypatch, place):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(place))
    for name in ("GRADC_CC", "GRADC_CFLAGS", "GRADC_CC_TIMEOUT", "CC"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["fast", "plain"])
def library(request):
    return load(TEXT, ENTRIES, fast=request.param == "fast")


def expected(w, X, lam):
    w, X = np.asarray(w, float), np.asarray(X, float)
    return lam + ((X @ w) ** 2).sum(), 2 * X.T @ (X @ w)


W, X = np.array([1.0, -2.0]), np.arange(6.0).reshape(3, 2)


def agree(got, w=W, x=X, lam=0.5):
    value, grad = expected(w, x, lam)
    assert type(got[0]) is float
    assert got[0] == pytest.approx(value)
    np.testing.assert_allclose(got[1], grad)


def test_the_extension_is_in_use():
    assert type(load(TEXT, ENTRIES).function("ridge")) is not Call
    assert type(load(TEXT, ENTRIES).function("halve")) is Call  # a quotient is beyond it
    assert type(load(TEXT, ENTRIES, fast=False).function("ridge")) is Call


def test_calls(library):
    ridge = library.function(RIDGE)
    agree(ridge(W, X, 0.5))
    agree(ridge(W, X, lam=0.5))
    agree(ridge(lam=0.5, X=X, w=W))
    agree(ridge(np.float32(W), X.astype(int).tolist(), np.float64(0.5)))
    agree(ridge(W, np.asfortranarray(X), 0.5))
    agree(ridge(W, np.repeat(X, 2, 0)[::2], 0.5))
    agree(ridge(W, X, 1), lam=1)
    assert isinstance(ridge, Call)
    assert repr(ridge) == "<kernel ridge(w, X, lam, *, out=None)>"
    assert str(inspect.signature(ridge)) == "(w, X, lam, *, out=None)"


def test_fresh_results_are_fresh(library):
    ridge = library.function("ridge")
    first, second = ridge(W, X, 0.5)[1], ridge(W, X, 0.5)[1]
    assert not np.shares_memory(first, second)
    assert first.flags.owndata


def test_nesting(library):
    value, (grad,) = library.function("nested")(W, X, 0.5)
    agree((value, grad))
    grad, value = library.function("swapped")(W, X, 0.5)
    agree((value, grad))
    out = np.empty(2)
    assert library.function("nested")(W, X, 0.5, out=(None, (out,)))[1][0] is out
    assert library.function("swapped")(W, X, 0.5, out=(out, None))[0] is out


def test_all_kinds_of_numbers(library):
    kinds = library.function("kinds")
    mask = np.array([True, False, True])
    total, count, some, marks = kinds(np.ones(3, np.float32), 0.5, 10, -3, mask)
    assert (total, count, some) == (1.5, 12, True)
    assert (type(total), type(count), type(some)) == (float, int, bool)
    assert marks.dtype == np.int32
    assert marks.tolist() == [-3, 0, -3]
    with pytest.raises(ArgumentTypeError, match=r"'x'.*astype\(np.float32\)"):
        kinds(np.ones(3), 0.5, 10, -3, mask)
    for bad in (1e300, "x", None):
        with pytest.raises(ArgumentError, match="'a'"):
            kinds(np.ones(3, np.float32), bad, 10, -3, mask)
    for bad in (2**31, 1.0):
        with pytest.raises(ArgumentError, match="'m'"):
            kinds(np.ones(3, np.float32), 0.5, 10, bad, mask)
    with pytest.raises(ArgumentError, match="'k'"):
        kinds(np.ones(3, np.float32), 0.5, 2**63, 0, mask)


def test_keywords_in_any_order(library):
    ridge = library.function("ridge")
    w, X = np.ones(2), np.arange(6.0).reshape(3, 2)
    value, grad = ridge(w, X, 0.5)
    out = np.empty(2)
    for answer in (
        ridge(w=w, X=X, lam=0.5),
        ridge(lam=0.5, X=X, w=w),
        ridge(w, lam=0.5, X=X),
        ridge(w, X, lam=0.5, out=None),
        ridge(lam=0.5, out=(None, out), w=w, X=X),
        ridge.bind(X=X)(lam=0.5, w=w),
        ridge(
            **{"".join(("l", "am")): 0.5, "".join(("", "X")): X, "w": w}
        ),  # names that are equal, not the same object
    ):
        assert answer[0] == value
        np.testing.assert_array_equal(answer[1], grad)
    assert answer[1] is not out
    for args, kwargs in (((w, X), {"w": w}), ((w,), {"X": X}), ((w, X, 0.5), {"lam": 0.5}), ((w, X), {"lan": 0.5})):
        with pytest.raises(ArgumentTypeError):
            ridge(*args, **kwargs)


def test_sizes_of_zero(library):
    agree(library.function("ridge")(np.ones(2), np.ones((0, 2)), 0.5), np.ones(2), np.ones((0, 2)))
    value, grad = library.function("ridge")(np.ones(0), np.ones((3, 0)), 0.5)
    assert value == 0.5
    assert grad.shape == (0,)
    assert library.function("halve")([1.0]).shape == (0,)


def test_quotients_in_shapes(library):
    assert library.function("halve")(np.arange(5.0)).tolist() == [0.0, 2.0]


def test_a_kernel_without_dimensions(library):
    assert library.function("nothing")(0) == 1.0
    assert library.function("nothing")(np.inf) == np.inf
    out = np.empty(())
    assert library.function("nothing")(0, out=out) == 1.0


def test_out(library):
    ridge = library.function("ridge")
    out = np.empty(2)
    for places in (out, (None, out), [None, out]):
        out[:] = np.nan
        value, grad = ridge(W, X, 0.5, out=places)
        assert grad is out
        agree((value, grad))
    box = np.empty(())
    value, _ = ridge(W, X, 0.5, out=(box, out))
    assert value is box
    agree((float(box), out))
    agree(ridge(W, X, 0.5, out=None))
    agree(ridge(W, X, 0.5, out=(None, None)))


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "kind", "said"),
    [
        (lambda: np.empty(3), ArgumentError, r"out for 'grad': expected .* \(d,\), got .*\(3,\); here \(2,\)"),
        (lambda: np.empty((2, 1)), ArgumentError, "out for 'grad'"),
        (lambda: np.empty(2, np.float32), ArgumentTypeError, "float32"),
        (lambda: np.empty(2, ">f8"), ArgumentTypeError, "byte order"),
        (lambda: [0.0, 0.0], ArgumentTypeError, "got the float"),
        (lambda: read_only(np.empty(2)), ArgumentError, "read-only"),
        (lambda: np.empty(4)[::2], ArgumentError, "not C-contiguous"),
        (lambda: np.empty(17, np.uint8)[1:].view(float), ArgumentError, "not aligned"),
        (lambda: W, ArgumentError, "shares memory with argument 'w'"),
        (lambda: X[0], ArgumentError, "shares memory with argument 'X'"),
        (lambda: (None, None, None), ArgumentTypeError, "2 places"),
        (lambda: (np.empty(1), None), ArgumentError, "out for 'value'"),
        (lambda: (lambda a: (a[:1].reshape(()), a))(np.empty(2)), ArgumentError, "shares memory with out for 'value'"),
    ],
)  # fmt: skip
def test_out_that_does_not_fit(library, out, kind, said):
    before = W.copy(), X.copy()
    with pytest.raises(kind, match=said):
        library.function("ridge")(W, X, 0.5, out=out())
    assert np.array_equal(W, before[0])
    assert np.array_equal(X, before[1])


def test_out_that_overlaps_a_copied_view(library):
    block = np.arange(12.0)
    with pytest.raises(ArgumentError, match="shares memory with argument 'X'"):
        library.function("ridge")(W, block.reshape(3, 4)[:, ::2], 0.5, out=block[4:6])


def test_out_next_to_an_input_is_no_overlap(library):
    block = np.zeros(4)
    block[:2] = W
    _, grad = library.function("ridge")(block[:2], X, 0.5, out=block[2:])
    assert np.shares_memory(grad, block)


def test_statuses_become_errors(library):
    with pytest.raises(IndexRangeError, match=r"ridge\(\): lam is negative"):
        library.function("ridge")(W, X, -0.5)
    with pytest.raises(GradcError, match="status 77"):
        library.function("ridge")(W, X, -5.0)
    agree(library.function("ridge")(W, X, 0.5))


def test_misfits(library):
    ridge = library.function("ridge")
    with pytest.raises(ArgumentError, match=r"'X'.*here d = 2 from 'w'|'X'.*d = 2 from 'w'"):
        ridge(W, np.ones((3, 3)), 0.5)
    with pytest.raises(ArgumentTypeError, match="missing 1 required argument: 'lam'"):
        ridge(W, X)
    with pytest.raises(ArgumentTypeError, match="unexpected keyword argument 'l'"):
        ridge(W, X, l=2)


def test_bind(library):
    ridge = library.function("ridge")
    bound = ridge.bind(X=np.asfortranarray(X), lam=0.5)
    agree(bound(W))
    agree(bound(w=W))
    agree(bound.bind(w=W)())
    assert repr(bound) == "<kernel ridge(w, *, out=None)>"
    out = np.empty(2)
    kept = ridge.bind(X=X, lam=0.5, out=out)
    assert kept(W)[1] is out
    other = np.empty(2)
    assert kept(W, out=other)[1] is other
    with pytest.raises(ArgumentError, match="shares memory"):
        kept(out)
    with pytest.raises(ArgumentTypeError, match="unexpected keyword argument 'Y'; its arguments are w, X, lam"):
        ridge.bind(Y=1)
    with pytest.raises(ArgumentTypeError, match="bound already"):
        bound.bind(X=X)
    with pytest.raises(ArgumentTypeError, match="unexpected keyword argument 'X'"):
        bound(W, X=X)
    with pytest.raises(ArgumentError, match=r"'w'|'X'"):
        ridge.bind(X=X, w=np.ones(3))
    with pytest.raises(ArgumentTypeError, match="complex"):
        ridge.bind(X=X * 1j)
    with pytest.raises(ArgumentError, match=r"'w'|'X'"):
        bound(np.ones(3))


def test_bind_shows_later_writes_and_keeps_its_arrays(library):
    x = X.copy()
    bound = library.function("ridge").bind(X=x, lam=0.5)
    x *= 2
    agree(bound(W), x=x)
    bound = library.function("ridge").bind(X=X.copy(), lam=0.5)
    gc.collect()
    agree(bound(W))


def test_calls_outlive_their_library():
    ridge = load(TEXT, ENTRIES).function("ridge")
    gc.collect()
    agree(ridge(W, X, 0.5))


def test_references_do_not_leak():
    ridge = load(TEXT, ENTRIES).function("ridge")
    out = np.empty(2)
    before = [sys.getrefcount(item) for item in (W, X, out)]
    for _ in range(100):
        ridge(W, X, 0.5, out=out)
        ridge(W, X, 0.5)
        for bad in (np.empty(3), W):
            with pytest.raises(ArgumentError):
                ridge(W, X, 0.5, out=bad)
    del bad
    assert [sys.getrefcount(item) for item in (W, X, out)] == before


def test_scipy_minimises_a_bound_kernel(library):
    optimize = pytest.importorskip("scipy.optimize")
    found = optimize.minimize(library.function("ridge").bind(X=X, lam=0.0), np.ones(2), jac=True)
    assert found.success
    np.testing.assert_allclose(found.x, 0, atol=1e-5)


def test_threads_have_scratch_of_their_own(library):
    rng = np.random.default_rng(0)
    ridge = library.function("ridge")
    cases = [(rng.normal(size=d), rng.normal(size=(n, d))) for n, d in ((4000, 3), (50, 20), (3000, 7), (1, 1))]
    wrong = []

    def work(w, x):
        value, grad = expected(w, x, 0.5)
        for _ in range(40):
            got = ridge(w, x, 0.5)
            if not (np.isclose(got[0], value) and np.allclose(got[1], grad)):
                wrong.append(w.size)

    threads = [threading.Thread(target=work, args=case) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_gil_is_released(library):
    ridge = library.function("ridge")
    w, x = np.ones(1000), np.ones((20_000, 1000))
    ticks = []
    done = threading.Event()

    def count():
        while not done.wait(0.0005):
            ticks.append(time.perf_counter())

    thread = threading.Thread(target=count)
    thread.start()
    start = time.perf_counter()
    ridge(w, x, 0.5)
    stop = time.perf_counter()
    done.set()
    thread.join()
    assert sum(start + 0.001 < tick < stop - 0.001 for tick in ticks) >= 1


def test_loops_over_libm_vectorise():
    compiler = find_compiler(open_cache())
    if "clang" in compiler.version or "-march=native" not in compiler.native:
        pytest.skip("this is about gcc and libmvec")
    text = """\
#include <stdint.h>
#include <stddef.h>
#pragma omp declare simd notinbranch
double exp(double);
#include <math.h>
size_t f_work(int64_t n) { (void)n; return 0; }
int f(int64_t n, const double *restrict x, double *restrict y, void *restrict work)
{ (void)work; for (int64_t i = 0; i < n; i++) y[i] = exp(x[i]); return 0; }
"""
    library = load(text, [Entry("f", "f", ("n",), (Input("x", "float64", (N,)),), (Output("y", "float64", (N,)),))])
    x = np.linspace(-3, 3, 37)
    np.testing.assert_allclose(library.function("f")(x), np.exp(x), rtol=1e-14)
    if b"GLIBC" in library.path.read_bytes():
        assert b"_ZGV" in library.path.read_bytes()


def test_a_kernel_named_like_a_function_of_libc():
    text = """\
#include <stddef.h>
#include <stdint.h>
size_t getpid_work(void);
int getpid(double x, double *restrict y, void *restrict work);
size_t getpid_work(void) { return 0; }
int getpid(double x, double *restrict y, void *restrict work) { (void)work; *y = 2 * x; return 0; }
"""
    record = Entry("getpid", "getpid", (), (Input("x", "float64"),), (Output("y", "float64"),))
    for fast in (True, False):
        assert load(text, [record], fast=fast).function("getpid")(21) == 42.0


def test_names_on_disk_may_hold_anything(tmp_path, monkeypatch):
    odd = tmp_path / "a b; touch $(x) 'q' \"r\" -o é\n"
    monkeypatch.setenv("GRADC_CACHE_DIR", str(odd))
    monkeypatch.chdir(tmp_path)
    agree(load(TEXT, ENTRIES, fast=False).function("ridge")(W, X, 0.5))
    assert sorted(os.listdir(tmp_path)) == [odd.name]


def test_without_python_headers(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path))
    monkeypatch.delitem(sys.modules, "gradc_accelerator", raising=False)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: "/nowhere")
    for _ in range(2):  # the failure is remembered
        ridge = load(TEXT, ENTRIES).function("ridge")
        assert type(ridge) is Call
        agree(ridge(W, X, 0.5))
    assert list(Path(open_cache().root).glob("accelerator-*.json"))


# Compilers that do not work


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_c_that_does_not_compile_is_kept():
    with pytest.raises(CompilerError, match="the C is kept in") as caught:
        load("int broken(", [NOTHING])
    kept = Path(str(caught.value).rpartition("kept in ")[2])
    assert kept.read_text().startswith("int broken(")
    assert "kernel.c:" in str(caught.value)


def test_a_compiler_that_hangs(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    fake = script(
        tmp_path / "cc", 'case "$*" in *--version*) echo fake 1;; *kernel.c*) sleep 60;; *) exec cc "$@";; esac'
    )
    monkeypatch.setenv("GRADC_CC", fake)
    find_compiler(open_cache())
    monkeypatch.setenv("GRADC_CC_TIMEOUT", "0.3")
    start = time.monotonic()
    with pytest.raises(CompilerError, match=r"did not finish in 0.3 s(?s:.*)the C is kept in"):
        load(TEXT, ENTRIES)
    assert time.monotonic() - start < 10


def test_a_compiler_that_hangs_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GRADC_CC", script(tmp_path / "cc", "sleep 60"))
    monkeypatch.setenv("GRADC_CC_TIMEOUT", "0.3")
    with pytest.raises(CompilerError, match="did not finish"):
        load(TEXT, ENTRIES)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo boom >&2; exit 3", r"failed with status 3(?s:.*)boom"),
        ("kill -SEGV $$", "SIGSEGV"),
        ("exit 0", r"wrote no kernel.so"),
        ('printf "\\377\\376" >&2; exit 1', "failed with status 1"),
    ],
)
def test_a_compiler_that_fails(tmp_path, monkeypatch, body, said):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    fake = script(
        tmp_path / "cc", f'case "$*" in *--version*) echo fake 1;; *kernel.c*) {body};; *) exec cc "$@";; esac'
    )
    monkeypatch.setenv("GRADC_CC", fake)
    with pytest.raises(CompilerError, match=said) as caught:
        load(TEXT, ENTRIES)
    assert not isinstance(caught.value, CompilerNotFoundError)
    assert "the C is kept in" in str(caught.value)


def test_a_compiler_that_writes_nonsense(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    fake = script(
        tmp_path / "cc",
        'case "$*" in *--version*) echo fake 1;; *kernel.c*) echo no elf > kernel.so;; *) exec cc "$@";; esac',
    )
    monkeypatch.setenv("GRADC_CC", fake)
    with pytest.raises(CompilerError, match="cannot be loaded"):
        load(TEXT, ENTRIES)


def gone(pid):
    """Whether a process ends within some seconds; one that waits to be reaped has ended."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def written(path):
    """What a script writes into a file, which is there only when all of it is."""
    for _ in range(1000):
        if path.exists() and path.read_text().endswith("\n"):
            return path.read_text().strip()
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
CHILD = "sleep 600 & echo $! > {path}"


@needs_proc
@pytest.mark.parametrize(("then", "fails"), [("exit 0", False), ("exit 1", True), ("wait", True)])
def test_nothing_that_a_compiler_starts_outlives_it(tmp_path, monkeypatch, then, fails):
    monkeypatch.setenv("GRADC_CC_TIMEOUT", "3")
    fake = script(tmp_path / "cc", f"echo said; {CHILD.format(path=tmp_path / 'pid')}; {then}")
    if fails:
        with pytest.raises(CompilerError):
            processes.run([fake])
    else:
        assert processes.run([fake]) == "said"
    assert gone(written(tmp_path / "pid"))


CALLER = """
import os, signal, sys, threading, time
from gradc.runtime.processes import run
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test in a shell's background would ignore it
def work():
    run([sys.argv[1]])
if sys.argv[2] == "thread":
    threading.Thread(target=work, daemon=True).start()
    while not os.path.exists(sys.argv[3]): time.sleep(0.02)
    sys.exit()
if sys.argv[2] == "fork":
    def fork():
        while not os.path.exists(sys.argv[3]): time.sleep(0.02)
        if os.fork() == 0: time.sleep(600)
        open(sys.argv[3] + ".forked", "w").close()
    threading.Thread(target=fork, daemon=True).start()
work()
"""


@needs_proc
@pytest.mark.parametrize("way", ["SIGKILL", "SIGTERM", "SIGINT", "thread", "fork"])
def test_a_compiler_does_not_outlive_its_caller(tmp_path, way):
    pid = tmp_path / "pid"
    fake = script(tmp_path / "cc", f"{CHILD.format(path=pid)}; wait")
    words = [sys.executable, "-c", CALLER, fake, way, str(pid)]
    environment = {**os.environ, "PYTHONPATH": str(Path(gradc.__file__).parents[1])}
    caller = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        number = written(pid)
        if way == "fork":
            while not Path(f"{pid}.forked").exists():
                time.sleep(0.02)
        if way != "thread":
            caller.send_signal(getattr(signal, way, signal.SIGKILL))
        caller.wait(timeout=60)
        assert gone(number)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(caller.pid, signal.SIGKILL)
        caller.wait()


def test_a_compiler_takes_no_more_memory_than_it_may(monkeypatch):
    if sys.platform != "linux":
        pytest.skip("other systems do not count what is mapped")
    words = [sys.executable, "-c", "print(len(bytearray(3 * 10**8)))"]
    assert processes.run(words) == "300000000"
    monkeypatch.setenv("GRADC_CC_MEMORY", "0.1")
    with pytest.raises(CompilerError, match="MemoryError"):
        processes.run(words)
    assert processes.run(words, bounded=False) == "300000000"
    monkeypatch.setenv("GRADC_CC_MEMORY", "inf")
    assert processes.run(words) == "300000000"


def test_what_a_compiler_prints_is_not_all_kept(monkeypatch):
    monkeypatch.setenv("GRADC_CC_TIMEOUT", "60")
    assert len(processes.run([sys.executable, "-c", "print('x' * 10**7)"])) < 10**6
    monkeypatch.setenv("GRADC_CC_TIMEOUT", "0.5")
    with pytest.raises(CompilerError, match="did not finish"):
        processes.run(["/bin/sh", "-c", "while :; do echo rubbish; done"])


def test_candidates_share_one_time(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("cc", "gcc", "clang"):
        script(tmp_path / name, f"echo x >> {tmp_path}/log; exec /bin/sleep 60")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("GRADC_CC_TIMEOUT", "0.5")
    for _ in range(2):  # and nobody waits for them again
        with pytest.raises(CompilerError, match="did not finish"):
            load(TEXT, ENTRIES)
    assert (tmp_path / "log").read_text().split() == ["x"]


def test_no_compiler(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(toolchain.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CompilerNotFoundError, match="install gcc or clang"):
        load(TEXT, ENTRIES)
    monkeypatch.setenv("GRADC_CC", "no-such-compiler")
    with pytest.raises(CompilerNotFoundError, match="no-such-compiler"):
        load(TEXT, ENTRIES)


def test_no_warnings_from_the_c(monkeypatch):
    monkeypatch.setenv("GRADC_CFLAGS", "-pedantic -Wall -Wextra -Werror -Wno-missing-prototypes")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(TEXT, ENTRIES)


def test_a_bound_out_that_is_nested_needs_no_python(monkeypatch):
    kernel = gradc.compile("sum(x**2 * y)", "x[n], y[n]", wrt=("x", "y"), name="nested")
    x, y = np.arange(3.0), np.ones(3)
    out = (None, (np.empty(3), np.empty(3)))
    bound = kernel.bind(out=out)
    monkeypatch.setattr(Call, "__call__", None)
    value, (by_x, by_y) = bound(x, y)
    assert (by_x is out[1][0], by_y is out[1][1], value) == (True, True, 5.0)
    assert by_y.tolist() == [0.0, 1.0, 4.0]
