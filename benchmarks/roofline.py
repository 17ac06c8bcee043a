"""How close to the machine: bytes a second against a loop that only reads, FLOP a second against the BLAS.

    python benchmarks/roofline.py                       # one thread, float64
    python benchmarks/roofline.py --threads 2 --dtypes float64 float32

Memory-bound: logistic and ridge on data many times larger than the last-level cache. What counts is X and y, read once,
over the seconds of `value_and_grad`; beside them `read_all` of `by_hand.c`, which sums an array of the same size and
does nothing else. Bound by arithmetic: two layers with 256 hidden units. What counts is 2 for each multiplication of
the five matrix products that value and gradient need, without tanh and softmax; beside them NumPy's product of two
square matrices. Last, one matrix product beside NumPy's on the same matrices, at sizes from a tile's upwards. All run
in one process, in turn, and the fastest round counts.
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


def crossover(options: Any, dtype: str) -> list[dict[str, Any]]:
    """FLOP a second of one matrix product, and its share of what the BLAS reaches on matrices of the same shape.

    The first shapes are those of a tile of 128 rows; where the share is more than 1, no call of the BLAS would pay.
    """
    import numpy as np

    import gradc

    rows = []
    random = np.random.default_rng(0)
    kernel = gradc.compile("A @ B", "A[m,k], B[k,n]", dtype=dtype, threads=options.threads)
    for m, k, n in ((128, 50, 64), (128, 256, 256), (10_000, 50, 64), (10_000, 256, 256), (options.square,) * 3):
        a, b = (random.standard_normal(shape).astype(dtype) for shape in ((m, k), (k, n)))
        mine, theirs = np.empty((m, n), dtype), np.empty((m, n), dtype)
        own = kernel.bind(A=a, B=b, out=mine)
        calls = {"gradc": own, "blas": lambda a=a, b=b, out=theirs: np.matmul(a, b, out=out)}
        times = summary(measure(calls, options.rounds, options.seconds), base="gradc")
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-3 * k)
        seconds = times["gradc"]["min_seconds"]
        rows.append(
            {
                "what": "A @ B, beside NumPy's",
                "sizes": f"{m} × {k} × {n}",
                "dtype": dtype,
                "seconds": seconds,
                "rate": 2 * m * k * n / seconds / 1e9,
                "unit": "GFLOP/s",
                "share": times["blas"]["min_seconds"] / seconds,
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
        for part in (streams, products, crossover):
            for row in part(options, dtype):
                page.rows.append(row)
                rate = f"{row['rate']:.1f} {row['unit']}"
                start = f"{row['what']:<32}{row['sizes']:<24}{row['dtype']:<9}{row['seconds'] * 1e3:>10.2f}"
                page.say(f"{start}{rate:>16}{row['share']:>8.0%}")
    page.save()


if __name__ == "__main__":
    main()
