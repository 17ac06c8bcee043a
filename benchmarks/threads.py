"""What the default threads cost beside one thread, for every loss of the catalogue and some scans, idle and busy.

    python benchmarks/threads.py
    python benchmarks/threads.py --problems regression cox --sizes small --states idle

Calls on one thread and on as many as the machine has alternate, and each is timed alone. More than one may be quicker;
at the median it must never take more than 1.3 times as long, also while other processes keep every processor busy. The
exit status says whether that holds. Where other work comes and goes, the noise says what a ratio is worth.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import sheet
from timing import geometric_mean

STATES = ("idle", "busy")


def scans() -> dict[str, tuple[Callable[..., Any], str, tuple[str, ...], tuple[Any, ...]]]:
    """Sample scans by name: a function, its signature, what to differentiate by, and arguments."""
    import numpy as np

    import gradc

    def network(W, U, b, v, X, y):
        def step(h, x):
            h = np.tanh(W @ h + U @ x + b)
            return h, h

        _, states = gradc.scan(step, np.zeros(8), X)
        return np.mean((states @ v - y) ** 2)

    def smoothing(a, c, x):
        def step(s, z):
            s = a * s + (1 - a) * z
            return s, s

        _, levels = gradc.scan(step, 0.0, x)
        return np.sum((levels - c * x) ** 2)

    def orbit(q, p, dt):
        def step(state, _):
            q, p = state
            p = p - dt * q / (1 + q**2)
            return (q + dt * p, p), q

        _, path = gradc.scan(step, (q, p), None, length=2000)
        return np.sum(path**2)

    draw = np.random.default_rng(0).normal
    weights = (draw(size=(8, 8)) * 0.3, draw(size=(8, 16)) * 0.3, draw(size=8), draw(size=8))
    data = (draw(size=(1000, 16)), draw(size=1000))
    return {
        "recurrent_network": (
            network,
            "W[8,8], U[8,d], b[8], v[8], X[T,d], y[T]",
            ("W", "U", "b", "v"),
            weights + data,
        ),
        "smoothing": (smoothing, "a, c, x[n]", ("a", "c"), (0.7, 1.1, draw(size=5000))),
        "orbit": (orbit, "q, p, dt", ("q", "p"), (1.0, 0.5, 0.01)),
    }


def _spin(stop: Any) -> None:
    while not stop.is_set():
        sum(range(10_000))


@contextmanager
def state(name: str, processors: int) -> Iterator[None]:
    """Nothing else, or one process for each processor that never rests."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    others = [context.Process(target=_spin, args=(stop,)) for _ in range(processors if name == "busy" else 0)]
    for other in others:
        other.start()
    try:
        yield
    finally:
        stop.set()
        for other in others:
            other.join()


def compare(kernel: Any, arguments: tuple[Any, ...], several: int, seconds: float) -> list[list[float]]:
    """The times of calls on one thread, on one again, and on several, in turn.

    Which goes first changes from round to round: the scheduler takes a busy processor away at the end of a slice, which
    would fall into the same call again and again.
    """
    times: list[list[float]] = [[], [], []]
    turns = list(zip((1, 1, several), times, strict=True))
    for count, _ in turns:
        kernel.threads = count
        kernel.value_and_grad(*arguments)
    end = perf_counter() + seconds
    while len(times[0]) < 5 or perf_counter() < end:
        turns = [*turns[1:], turns[0]]
        for count, found in turns:
            kernel.threads = count
            begin = perf_counter()
            kernel.value_and_grad(*arguments)
            found.append(perf_counter() - begin)
    return times


def late(times: list[float]) -> float:
    """The 95th percentile."""
    return sorted(times)[len(times) * 19 // 20]


def main(given: Sequence[str] | None = None) -> int:
    parser = sheet.parser(__doc__, seconds=0.2)
    parser.add_argument("--problems", nargs="+", default=["catalogue"], metavar="NAME", help="names, patterns, groups")
    parser.add_argument(
        "--sizes", nargs="+", default=["small", "middle", "large"], choices=("small", "middle", "large")
    )
    parser.add_argument("--states", nargs="+", default=list(STATES), choices=STATES)
    parser.add_argument("--most", type=float, default=1.3, help="the ratio from which on the exit status is 1")
    options = parser.parse_args(given)
    from peers import kernel
    from problems import choose

    import gradc
    from gradc.runtime.threads import usable_processors

    processors = usable_processors()
    several = options.threads if options.threads > 1 else processors
    cases = [
        (problem.name, problem.scale, kernel(problem), tuple(problem.arguments.values()))
        for problem in choose(options.problems, options.sizes, "float64")
        if not problem.pointwise
    ]
    for name, (function, signature, wrt, arguments) in scans().items():
        cases.append((name, "scan", gradc.compile(function, signature, wrt=wrt, name=name), arguments))
    page = sheet.Sheet(options)
    page.say(f"\n{several} threads beside one; noise is one thread beside itself, 95 % the ratio of those percentiles")
    head = f"{'problem':<24}{'size':<8}{'state':<8}{'one, µs':>12}{'default, µs':>13}{'ratio':>8}"
    page.say(f"{head}{'noise':>8}{'95 %':>8}")
    for name in options.states:
        with state(name, processors):
            for title, scale, compiled, arguments in cases:
                one, again, more = compare(compiled, arguments, several, options.seconds)
                alone, shared = statistics.median(one + again), statistics.median(more)
                row = {"problem": title, "scale": scale, "state": name, "seconds": alone, "ratio": shared / alone}
                row["noise"] = statistics.median(again) / statistics.median(one)
                row["tail_ratio"] = late(more) / late(one + again)
                page.rows.append(row)
                page.say(
                    f"{title:<24}{scale:<8}{name:<8}{alone * 1e6:>12.1f}{shared * 1e6:>13.1f}{row['ratio']:>8.2f}"
                    f"{row['noise']:>8.2f}{row['tail_ratio']:>8.2f}"
                )
    ratios = [row["ratio"] for row in page.rows]
    above = sum(ratio > options.most for ratio in ratios)
    found = f"geometric mean {geometric_mean(ratios):.2f} over {len(ratios)}, worst {max(ratios):.2f}"
    page.say(f"{found}; above {options.most}: {above}")
    page.save()
    return int(above > 0)


if __name__ == "__main__":
    sys.exit(main())
