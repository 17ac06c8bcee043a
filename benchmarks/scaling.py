"""How time grows: with the number of samples, with the number of features, and with the size of an expression.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --axes n d --problems logistic two_layer --peers jax
    python benchmarks/scaling.py --axes operations --operations 1000 100000

The first two give nanoseconds for each number of X, so a flat column is time in proportion. The third compiles a chain
of so many operations, once as a straight-line function of two numbers, once over an array of 1000 points, each in a
process of its own with an empty cache. It gives how long reading it took, how long all took until the first result, by
how much gradc's memory grew, the most that the C compiler took, and nanoseconds for each operation and point of value
and gradient.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import machine
import sheet
from timing import measure, summary

POINTS = 1_000


def straight_line(operations: int) -> Callable[[Any], Any]:
    """So many products, sums and sines of two numbers, each of which needs the ones before it."""
    import numpy as np

    def loss(x: Any) -> Any:
        a, b = x[0], x[1]
        for step in range(max(operations // 8, 1)):
            a, b = np.sin(a * b + 0.5) + (b - a * 0.25) * (0.1 + step / operations), a
        return a + b

    return loss


def chain(operations: int) -> Callable[[Any], Any]:
    """A sum over an array of so many products, sums and sines, each of which needs the one before it."""
    import numpy as np

    def loss(x: Any) -> Any:
        a = x
        for step in range(max(operations // 8, 1)):
            a = np.sin(a * x + 0.5) + (a - x * 0.25) * (0.1 + step / operations)
        return np.sum(a)

    return loss


SHAPES = {"two numbers": (straight_line, "x[2]", 2), f"{POINTS} points": (chain, "x[n]", POINTS)}


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


def child(shape: str, operations: int, options: Any) -> dict[str, float]:
    """What one expression takes, in this process: seconds, and bytes."""
    import resource

    import numpy as np
    from memory import kilobytes

    import gradc

    write, signature, size = SHAPES[shape]
    x = np.random.default_rng(0).uniform(-0.5, 0.5, size).astype(options.dtype)
    gradc.compile("x", "x")(1.0)  # what is built once for a user, not for each kernel
    before = kilobytes("VmHWM")  # not getrusage's, in which a process starts from its parent's
    start = time.perf_counter()
    kernel = gradc.compile(write(operations), signature, dtype=options.dtype)
    read = time.perf_counter() - start
    kernel.value_and_grad(x)
    first = time.perf_counter() - start
    own = kilobytes("VmHWM") - before
    compiler = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    call = {"gradc": lambda: kernel.value_and_grad(x)}
    seconds = summary(measure(call, options.rounds, options.seconds), base="gradc")["gradc"]["min_seconds"]
    each = seconds / (operations * (size if size == POINTS else 1)) * 1e9
    return {
        "read_seconds": read,
        "first_seconds": first,
        "memory": own * 1024,
        "compiler_memory": compiler * 1024,
        "seconds": seconds,
        "ns": each,
    }


def patiently(command: Sequence[str], cache: str, seconds: float) -> dict[str, float] | None:
    """What a process of its own prints last, or None where it takes longer; its compiler ends with it."""
    environment = {**os.environ, "GRADC_CACHE_DIR": cache}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    try:
        printed, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    found: dict[str, float] = json.loads(printed.splitlines()[-1])
    return found


def expressions(page: sheet.Sheet, options: Any) -> None:
    """Rows for expressions of growing size."""
    titles = ("read, s", "first result, s", "gradc, MB", "compiler, MB", "call, µs", "ns each")
    page.say(f"\n{'operations':<24}{'over':>14}" + "".join(f"{title:>17}" for title in titles))
    for shape in SHAPES:
        for size in options.operations if shape == "two numbers" else options.chained:
            words = ["--child", shape, str(size), "--dtype", options.dtype, "--threads", str(options.threads)]
            words += ["--rounds", str(options.rounds), "--seconds", str(options.seconds)]
            with tempfile.TemporaryDirectory() as folder:
                found = patiently([sys.executable, __file__, *words], folder, options.patience)
            if found is None:
                page.say(f"{size:<24}{shape:>14}{f'not within {options.patience} s':>34}")
                page.rows.append(
                    {"axis": "operations", "shape": shape, "operations": size, "patience": options.patience}
                )
                continue
            page.rows.append({"axis": "operations", "shape": shape, "operations": size, **found})
            numbers = [found["read_seconds"], found["first_seconds"], found["memory"] / 1e6]
            numbers += [found["compiler_memory"] / 1e6, found["seconds"] * 1e6, found["ns"]]
            page.say(f"{size:<24}{shape:>14}" + "".join(f"{number:>17.2f}" for number in numbers))
            page.save()


def main(given: Sequence[str] | None = None) -> None:
    parser = sheet.parser(__doc__, rounds=7)
    parser.add_argument("--axes", nargs="+", default=["n", "d", "operations"], choices=("n", "d", "operations"))
    parser.add_argument("--problems", nargs="+", default=["logistic", "two_layer"], metavar="LOSS")
    parser.add_argument("--peers", nargs="*", default=["jax"], metavar="PEER", help="for the first two axes")
    parser.add_argument("--samples", nargs="+", type=int, default=[10**k for k in range(1, 7)], metavar="N")
    parser.add_argument("--features", nargs="+", type=int, default=[2, 5, 10, 20, 50, 100, 200, 500, 1000], metavar="D")
    parser.add_argument("--budget", type=int, default=200_000, help="numbers of X along d: n is this over d")
    parser.add_argument("--operations", nargs="+", type=int, default=[10**k for k in range(1, 6)], metavar="COUNT")
    parser.add_argument("--chained", nargs="+", type=int, default=[10, 100, 1_000, 10_000], metavar="COUNT")
    parser.add_argument("--patience", type=int, default=600, metavar="SECONDS", help="for compiling one expression")
    parser.add_argument("--dtype", default="float64", choices=("float64", "float32"))
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(given)
    machine.pin(options.threads)
    if options.child:
        print(json.dumps(child(options.child[0], int(options.child[1]), options)))
        return
    page = sheet.Sheet(options)
    for axis in options.axes:
        if axis == "operations":
            expressions(page, options)
        else:
            along(axis, page, options)
    page.save()


if __name__ == "__main__":
    main()
