"""How time grows: with the number of samples, with the number of features, and with the size of an expression.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --axes n d --problems logistic two_layer --peers jax

The first two give nanoseconds for each number of X, so a flat column is time in proportion. The third compiles a sum
over 1000 points of an expression of so many operations, and gives how long it took until the first result, the lines of
C of all entry points, and nanoseconds for each operation and point of value and gradient.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import machine
import sheet
from timing import measure, summary, timed

POINTS = 1_000


def expression(operations: int) -> Callable[[Any], Any]:
    """A sum over an array of so many products, sums and sines, each of which needs the one before it."""
    import numpy as np

    def loss(x: Any) -> Any:
        a = x
        for step in range(max(operations // 8, 1)):
            a = np.sin(a * x + 0.5) + (a - x * 0.25) * (0.1 + step / operations)
        return np.sum(a)

    loss.__name__ = f"chain_{operations}"
    return loss


def along(axis: str, page: sheet.Sheet, options: Any) -> None:
    """Rows for one dimension of linear models and networks."""
    from peers import chosen
    from problems import catalogued

    peers = chosen(options.peers, options.threads)
    ratios = "".join(f"{name:>10}" for name in peers if name != "gradc")
    page.say(f"\n{'along ' + axis:<24}{'n':>9}{'d':>7}{'gradc, µs':>13}{'ns a number':>13}{ratios}")
    for name in options.problems:
        for size in options.samples if axis == "n" else options.features:
            sizes = {"n": size, "d": 50} if axis == "n" else {"n": max(1, options.budget // size), "d": size}
            problem = catalogued(name, name, "fixed", options.dtype, sizes)
            calls = {peer: adapter.prepare(problem) for peer, adapter in peers.items()}
            found = summary(measure(calls, options.rounds, options.seconds), base="gradc")
            seconds = found["gradc"]["min_seconds"]
            each = seconds / (sizes["n"] * sizes["d"]) * 1e9
            page.rows.append({"axis": axis, "problem": name, **sizes, "seconds": seconds, "ns": each, "peers": found})
            more = "".join(f"{found[peer]['median_ratio']:>10.2f}" for peer in peers if peer != "gradc")
            page.say(f"{name:<24}{sizes['n']:>9}{sizes['d']:>7}{seconds * 1e6:>13.2f}{each:>13.3f}{more}")


def expressions(page: sheet.Sheet, options: Any) -> None:
    """Rows for one expression of growing size."""
    import numpy as np

    import gradc

    x = np.random.default_rng(0).uniform(-0.5, 0.5, POINTS).astype(options.dtype)
    page.say(f"\n{'operations':<24}{'lines of C':>12}{'first result, s':>18}{'call, µs':>12}{'ns an operation':>18}")
    for size in options.operations:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["GRADC_CACHE_DIR"] = folder
            gradc.compile("x", "x")(1.0)  # what is built once for a user, not for each kernel
            kernel = gradc.compile(expression(size), "x[n]", dtype=options.dtype)
            first = timed(lambda k=kernel: k.value_and_grad(x))
            lines = kernel.c_source.count("\n")
            call = {"gradc": lambda k=kernel: k.value_and_grad(x)}
            seconds = summary(measure(call, options.rounds, options.seconds), base="gradc")["gradc"]["min_seconds"]
        each = seconds / (size * POINTS) * 1e9
        row = {"axis": "operations", "operations": size, "lines": lines, "first_seconds": first, "seconds": seconds}
        page.rows.append({**row, "ns": each})
        page.say(f"{size:<24}{lines:>12}{first:>18.3f}{seconds * 1e6:>12.2f}{each:>18.3f}")


def main(given: Sequence[str] | None = None) -> None:
    parser = sheet.parser(__doc__, rounds=7)
    parser.add_argument("--axes", nargs="+", default=["n", "d", "operations"], choices=("n", "d", "operations"))
    parser.add_argument("--problems", nargs="+", default=["logistic", "two_layer"], metavar="LOSS")
    parser.add_argument("--peers", nargs="*", default=["jax"], metavar="PEER", help="for the first two axes")
    parser.add_argument("--samples", nargs="+", type=int, default=[10**k for k in range(1, 7)], metavar="N")
    parser.add_argument("--features", nargs="+", type=int, default=[2, 5, 10, 20, 50, 100, 200, 500, 1000], metavar="D")
    parser.add_argument("--budget", type=int, default=200_000, help="numbers of X along d: n is this over d")
    parser.add_argument("--operations", nargs="+", type=int, default=[10, 100, 1_000, 3_000], metavar="COUNT")
    parser.add_argument("--dtype", default="float64", choices=("float64", "float32"))
    options = parser.parse_args(given)
    machine.pin(options.threads)
    page = sheet.Sheet(options)
    for axis in options.axes:
        if axis == "operations":
            expressions(page, options)
        else:
            along(axis, page, options)
    page.save()


if __name__ == "__main__":
    main()
