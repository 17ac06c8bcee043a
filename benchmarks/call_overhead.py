"""What a call from Python costs, and what building and loading a kernel costs, by every road that leads to C.

    python benchmarks/call_overhead.py
    python benchmarks/call_overhead.py --only calls --rounds 30

All roads are timed in turn within each round, in one process. Times are medians over the rounds; ratios are medians of
the rounds' ratios, against what one writes by hand with cffi: `from_buffer`, `np.empty` and an API-mode call.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from timeit import Timer

import cffi
import machine
import numpy as np
import sheet

from gradc.runtime.arguments import Entry, Input, Output
from gradc.runtime.artefact import build_artefact
from gradc.runtime.cache import open_cache
from gradc.runtime.library import load
from gradc.runtime.toolchain import Compiler, find_compiler

HEADER = """\
#include <stddef.h>
#include <stdint.h>
size_t tiny_work(int64_t d);
int tiny(int64_t d, const double *restrict w, double *restrict grad, void *restrict work);
"""
BODY = """
size_t tiny_work(int64_t d) { (void)d; return 0; }
int tiny(int64_t d, const double *restrict w, double *restrict grad, void *restrict work)
{
    (void)work;
    for (int64_t i = 0; i < d; i++)
        grad[i] = 2 * w[i];
    return 0;
}
"""
LOOPS = """\
#include <math.h>
#include <stddef.h>
#include <stdint.h>
size_t dot_work(int64_t n) { (void)n; return 0; }
int dot(int64_t n, const double *restrict a, const double *restrict b, double *restrict out, void *restrict work)
{
    (void)work;
    double s[32] = {0};
    for (int64_t i = 0; i + 32 <= n; i += 32)
        for (int k = 0; k < 32; k++)
            s[k] += a[i + k] * b[i + k];
    *out = 0;
    for (int k = 0; k < 32; k++)
        *out += s[k];
    return 0;
}
size_t poly_work(int64_t n) { (void)n; return 0; }
int poly(int64_t n, const double *restrict a, const double *restrict b, double *restrict out, void *restrict work)
{
    (void)work;
    for (int64_t i = 0; i < n; i++) {
        double x = a[i], y = b[i];
        out[i] = ((((x * y + 0.3) * x + y) * x - 0.7) * x + y * y) * x + ((y * x + 0.1) * y - x) * y;
    }
    return 0;
}
"""
# The roads whose ratios docs/performance.md sets targets for.
BY_HAND = "plain cffi by hand: from_buffer, np.empty, API call"
CHECKED = "gradc, checked, fresh result"
PRE_BOUND = "pre-bound: cffi API call"
BOUND = "pre-bound: gradc bind(w=, out=)"
D = ((("d",), 1),)
N = ((("n",), 1),)
TINY = Entry("tiny", "tiny", ("d",), (Input("w", "float64", (D,)),), (Output("grad", "float64", (D,)),))
PAIR = (Input("a", "float64", (N,)), Input("b", "float64", (N,)))
DOT = Entry("dot", "dot", ("n",), PAIR, (Output("out", "float64"),))
POLY = Entry("poly", "poly", ("n",), PAIR, (Output("out", "float64", (N,)),))


def interleaved(roads: dict[str, Callable[[], object]], rounds: int, number: int) -> dict[str, list[float]]:
    """Return the seconds a call of each road, round by round."""
    timers = {name: Timer(road) for name, road in roads.items()}
    empty = Timer(lambda: None)
    found: dict[str, list[float]] = {name: [] for name in roads}
    for _ in range(rounds):
        frame = min(empty.repeat(3, number)) / number  # what the lambda around each road costs
        for name, timer in timers.items():
            found[name].append(max(timer.timeit(number) / number - frame, 1e-12))
    return found


def report(page: sheet.Sheet, part: str, found: dict[str, list[float]], base: str, unit: str) -> None:
    """Lines and rows for what was timed together; `unit` is "µs" or "ms"."""
    page.say(f"\n{part:<62}{unit:>9}{'ratio':>8}")
    for name, times in found.items():
        seconds = statistics.median(times)
        ratio = statistics.median(a / b for a, b in zip(times, found[base], strict=True))
        page.rows.append({"part": part, "what": name, "seconds": seconds, "ratio": ratio})
        page.say(f"{name:<62}{seconds * {'µs': 1e6, 'ms': 1e3}[unit]:>9.3f}{ratio:>8.2f}")


def calls(page: sheet.Sheet, rounds: int, directory: Path) -> None:
    build_artefact("tiny", '#include "tiny.h"\n' + BODY, HEADER, [TINY], directory)
    sys.path.insert(0, str(directory))
    artefact = importlib.import_module("tiny")
    api = importlib.import_module("tiny._kernels")
    library = load(HEADER + BODY, [TINY])
    fast, plain = library.function("tiny"), load(HEADER + BODY, [TINY], fast=False).function("tiny")

    ffi = cffi.FFI()
    ffi.cdef("int tiny(int64_t, const double *, double *, void *);")
    abi = ffi.dlopen(str(library.path))
    foreign = ctypes.CDLL(str(library.path)).tiny
    foreign.argtypes = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]

    w, out = np.ones(2), np.empty(2)
    doubles = api.ffi.typeof("double[]")
    from_buffer, null = api.ffi.from_buffer, api.ffi.NULL
    w_api, out_api = from_buffer(doubles, w), from_buffer(doubles, out)
    w_abi, out_abi = ffi.from_buffer("double[]", w), ffi.from_buffer("double[]", out)
    w_raw, out_raw = w.ctypes.data, out.ctypes.data
    tiny_api, tiny_abi = api.lib.tiny, abi.tiny
    bound = fast.bind(w=w, out=out)
    bound_out = fast.bind(out=out)

    def by_hand() -> np.ndarray:
        grad = np.empty(2)
        tiny_api(2, from_buffer(doubles, w), from_buffer(doubles, grad), null)
        return grad

    roads = {
        BY_HAND: by_hand,
        CHECKED: lambda: fast(w),
        "gradc, checked, out=": lambda: fast(w, out=out),
        "gradc, without the extension (cffi ABI), fresh result": lambda: plain(w),
        "gradc artefact (cffi API), fresh result": lambda: artefact.tiny(w),
        PRE_BOUND: lambda: tiny_api(2, w_api, out_api, null),
        "pre-bound: cffi ABI call": lambda: tiny_abi(2, w_abi, out_abi, ffi.NULL),
        "pre-bound: ctypes call": lambda: foreign(2, w_raw, out_raw, None),
        BOUND: bound,
        "pre-bound: gradc bind(out=), checking w": lambda: bound_out(w),
        "from_buffer of one array": lambda: from_buffer(doubles, w),
        "ndarray.ctypes.data": lambda: w.ctypes.data,
        "np.empty": lambda: np.empty(2),
    }
    found = interleaved(roads, rounds, 20_000)
    report(page, "a call with an array of 2 numbers in and one out", found, BY_HAND, "µs")
    chosen = {name: found[name] for name in (PRE_BOUND, BOUND)}
    report(page, "the same with pointers that were made beforehand", chosen, PRE_BOUND, "µs")


def builds(page: sheet.Sheet, rounds: int, directory: Path) -> None:
    cache = open_cache()
    compiler = find_compiler(cache)
    (directory / "kernel.c").write_text(HEADER + BODY)
    serial = iter(range(10**9))

    def cdef() -> None:
        ffi = cffi.FFI()
        ffi.cdef("int tiny(int64_t, const double *, double *, void *);")

    roads = {
        "gcc on the C alone": lambda: compiler.build(directory, ["kernel.c"], "kernel.so", compiler.kernel_flags),
        "gradc load, cold": lambda: load(f"{HEADER}{BODY}/* {time.time_ns()} {next(serial)} */\n", [TINY]),
        "gradc load, in the cache": lambda: load(HEADER + BODY, [TINY]),
        "cffi API module (what an artefact is), with its test import": lambda: build_artefact(
            "other", '#include "other.h"\n' + BODY, HEADER, [TINY], directory
        ),
        "one cdef (pycparser), which load does without": cdef,
    }
    found = interleaved(roads, max(3, rounds // 3), 1)
    report(page, "building and loading one kernel", found, next(iter(roads)), "ms")


def flags(page: sheet.Sheet, rounds: int, _: Path) -> None:
    cache = open_cache()
    found = find_compiler(cache)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 4096))

    def variant(drop: tuple[str, ...] = (), add: tuple[str, ...] = ()) -> Compiler:
        kept = tuple(flag for flag in found.flags if flag not in drop)
        return Compiler(found.command, found.version, (*kept, *add), found.native, found.link)

    variants = {
        "as gradc compiles": found,
        "-ffp-contract=off": variant(("-ffp-contract=fast",), ("-ffp-contract=off",)),
        "-mprefer-vector-width=256": variant((), ("-mprefer-vector-width=256",)),
        "-mprefer-vector-width=512": variant((), ("-mprefer-vector-width=512",)),
        "without -march=native": Compiler(found.command, found.version, found.flags, (), found.link),
    }
    for name in ("dot", "poly"):
        roads = {}
        for title, compiler in variants.items():
            function = load(LOOPS, [DOT, POLY], compiler=compiler).function(name)
            roads[title] = function.bind(a=a, b=b) if name == "dot" else function.bind(a=a, b=b, out=np.empty(4096))
        report(page, f"{name} of 4096 numbers", interleaved(roads, rounds, 2000), "as gradc compiles", "µs")


PARTS = {"calls": calls, "builds": builds, "flags": flags}


def main(given: Sequence[str] | None = None) -> None:
    parser = sheet.parser(__doc__)
    parser.add_argument("--only", nargs="+", default=list(PARTS), choices=list(PARTS), metavar="PART")
    options = parser.parse_args(given)
    machine.pin(options.threads)
    with tempfile.TemporaryDirectory() as name:
        os.environ["GRADC_CACHE_DIR"] = str(Path(name) / "cache")
        page = sheet.Sheet(options, {"cffi": cffi.__version__})
        for part in options.only:
            PARTS[part](page, options.rounds, Path(name))
    page.save()


if __name__ == "__main__":
    main()
