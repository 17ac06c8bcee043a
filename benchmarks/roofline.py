"""How close to the machine: bytes a second against a loop that only reads, FLOP a second against the BLAS.

    python benchmarks/roofline.py                       # one thread, float64
    python benchmarks/roofline.py --threads 2 --dtypes float64 float32

Memory-bound: logistic and ridge on data many times larger than the last-level cache. What counts is X and y, read once,
over the seconds of `value_and_grad`; beside them `read_all` of `by_hand.c`, which sums an array of the same size and
does nothing else. Bound by arithmetic: two layers with 256 hidden units. What counts is 2 for each multiplication of
the five matrix products that value and gradient need, without tanh and softmax; beside them NumPy's product of two
square matrices. All run in one process, in turn, and the fastest round counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import machine
import sheet
from timing import measure, summary

WIDTH = 50


def streams(options: Any, dtype: str) -> list[dict[str, Any]]:
    """Bytes a second of the losses, and of the loop that only reads."""
    import native
    import numpy as np
    from peers import PEERS
    from problems import catalogued

    size = np.dtype(dtype).itemsize
    n = int(options.caches * machine.last_level_cache()) // (size * WIDTH)
    problems = [catalogued(name, name, "fixed", dtype, {"n": n, "d": WIDTH}) for name in ("logistic", "ridge")]
    library = native.by_hand(dtype)
    calls = {}
    for problem in problems:
        calls[problem.name] = PEERS["gradc"](options.threads).prepare(problem)
        calls[f"{problem.name} in C by hand"] = PEERS["C"](options.threads).prepare(problem)
    data = problems[0].arguments["X"]
    at, count = library.at(data), data.size
    calls["only reading"] = lambda: library.lib.read_all(count, at)
    times = summary(measure(calls, options.rounds, options.seconds), base="only reading")
    moved = dict.fromkeys(calls, size * n * (WIDTH + 1)) | {"only reading": size * count}
    best = moved["only reading"] / times["only reading"]["min_seconds"]
    return [
        {
            "what": name,
            "sizes": f"{n} × {WIDTH}",
            "dtype": dtype,
            "seconds": mine["min_seconds"],
            "rate": moved[name] / mine["min_seconds"] / 1e9,
            "unit": "GB/s",
            "share": moved[name] / mine["min_seconds"] / best,
        }
        for name, mine in times.items()
    ]


def products(options: Any, dtype: str) -> list[dict[str, Any]]:
    """FLOP a second of the network, and of the BLAS."""
    import numpy as np
    from peers import PEERS
    from problems import catalogued

    rows = []
    square = np.random.default_rng(0).standard_normal((options.square, options.square)).astype(dtype)
    out = np.empty_like(square)
    for n, d, h, k in ((options.samples, WIDTH, 256, 10), (options.samples, 256, 256, 10)):
        problem = catalogued("two_layer", "two_layer", "fixed", dtype, {"n": n, "d": d, "h": h, "k": k})
        calls = {name: PEERS[name](options.threads).prepare(problem) for name in ("gradc", "C")}
        calls["blas"] = lambda: np.matmul(square, square, out=out)
        times = summary(measure(calls, options.rounds, options.seconds), base="blas")
        # X W1, T W2, P W2ᵀ, Tᵀ P, Xᵀ R; the gradient by X is not asked for.
        work = 2 * n * (2 * d * h + 3 * h * k)
        done = {"gradc": work, "C": work, "blas": 2 * options.square**3}
        titles = {"gradc": "two_layer", "C": "two_layer in C by hand", "blas": "square matrix product, NumPy"}
        best = done["blas"] / times["blas"]["min_seconds"]
        for name, mine in times.items():
            rate = done[name] / mine["min_seconds"]
            rows.append(
                {
                    "what": titles[name],
                    "sizes": f"{options.square}³" if name == "blas" else f"{n} × {d} → {h} → {k}",
                    "dtype": dtype,
                    "seconds": mine["min_seconds"],
                    "rate": rate / 1e9,
                    "unit": "GFLOP/s",
                    "share": rate / best,
                }
            )
    return rows


def main(given: Sequence[str] | None = None) -> None:
    parser = sheet.parser(__doc__, rounds=9, seconds=0)
    parser.add_argument("--dtypes", nargs="+", default=["float64"], choices=("float64", "float32"))
    parser.add_argument("--caches", type=float, default=10, help="the data, as a multiple of the last-level cache")
    parser.add_argument("--samples", type=int, default=10_000, help="rows of the network's input")
    parser.add_argument("--square", type=int, default=1_000, help="rows of the square matrices")
    options = parser.parse_args(given)
    machine.pin(options.threads)
    page = sheet.Sheet(options)
    page.say(f"\n{'what':<32}{'sizes':<24}{'dtype':<9}{'best, ms':>10}{'rate':>16}{'share':>8}")
    for dtype in options.dtypes:
        for part in (streams, products):
            for row in part(options, dtype):
                page.rows.append(row)
                rate = f"{row['rate']:.1f} {row['unit']}"
                start = f"{row['what']:<32}{row['sizes']:<24}{row['dtype']:<9}{row['seconds'] * 1e3:>10.2f}"
                page.say(f"{start}{rate:>16}{row['share']:>8.0%}")
    page.save()


if __name__ == "__main__":
    main()
