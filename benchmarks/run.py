"""Time gradc beside any installed peers on any problems, interleaved in one process.

    python benchmarks/run.py                                               # the named problems, every installed peer
    python benchmarks/run.py --problems catalogue --peers jax --sizes middle
    python benchmarks/run.py --problems 'logistic*' ridge --peers numpy jax --dtypes float64 float32 --rounds 30

Prints, for each problem, gradc's time and each peer's time as a multiple of gradc's: the median over the rounds of the
ratio within a round, and in brackets the ratio of the fastest rounds. More than 1 means that gradc is faster.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import statistics
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "GRADC_NUM_THREADS",
)
TOLERANCE = {"float64": 1e-8, "float32": 2e-3}


def pin(threads: int) -> None:
    """Give the process `threads` processors and every library as many threads; before NumPy is imported."""
    for name in POOLS:
        os.environ[name] = str(threads)
    if threads == 1:
        flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
    if hasattr(os, "sched_setaffinity"):
        mine = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, mine[-threads:])


def measure(calls: dict[str, Any], rounds: int, seconds: float) -> dict[str, list[float]]:
    """Seconds a call, round by round; each round runs every peer, in an order of its own."""
    numbers = {}
    for name, call in calls.items():
        call()
        start = time.perf_counter()
        call()
        numbers[name] = max(1, min(100_000, int(seconds / max(time.perf_counter() - start, 1e-7))))
    order, shuffle = list(calls), random.Random(0).shuffle
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        shuffle(order)
        for name in order:
            call, number = calls[name], numbers[name]
            call()  # what another peer evicted from the caches comes back
            start = time.perf_counter()
            for _ in range(number):
                call()
            times[name].append((time.perf_counter() - start) / number)
    return times


def difference(found: Sequence[Any], expected: Sequence[Any]) -> float:
    """The greatest difference of two lists of arrays, each relative to the largest element of its array."""
    import numpy as np

    if len(found) != len(expected):
        return math.inf
    worst = 0.0
    for a, b in zip(found, expected, strict=True):
        if a.size != b.size:
            return math.inf
        scale = max(float(np.max(np.abs(b), initial=0)), 1e-3)
        gap = float(np.max(np.abs(a.reshape(b.shape).astype(float) - b), initial=0))
        worst = max(worst, gap / scale if math.isfinite(gap) else math.inf)
    return worst


def compare(problem: Any, peers: dict[str, Any], rounds: int, seconds: float) -> dict[str, Any]:
    """One row: gradc's time and the peers' ratios."""
    from peers import NotOffered, results

    calls: dict[str, Any] = {}
    remarks: dict[str, str] = {}
    expected: Any = None
    for name, peer in peers.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                call = peer.prepare(problem)
                found = results(call())
        except NotOffered as reason:
            remarks[name] = str(reason)
            continue
        except Exception as error:  # a peer may fail in its own way, and the others are timed all the same
            remarks[name] = f"failed: {type(error).__name__}: {str(error).strip().splitlines()[:1]}"
            if name == "gradc":
                raise
            continue
        expected = found if expected is None else expected
        apart = difference(found, expected)
        if not apart <= TOLERANCE[problem.dtype]:
            remarks[name] = f"disagrees with gradc by {apart:.1e}, so it was not timed"
            continue
        calls[name] = call
    times = measure(calls, rounds, seconds)
    base = times["gradc"]
    rows = {
        name: {
            "median_seconds": statistics.median(mine),
            "min_seconds": min(mine),
            "median_ratio": statistics.median(a / b for a, b in zip(mine, base, strict=True)),
            "min_ratio": min(mine) / min(base),
        }
        for name, mine in times.items()
    }
    return {
        "problem": problem.name,
        "scale": problem.scale,
        "dtype": problem.dtype,
        "peers": rows,
        "remarks": remarks,
    }


def header(peers: dict[str, Any], threads: int) -> list[str]:
    """Where and with what this was measured."""
    from gradc.runtime.cache import open_cache
    from gradc.runtime.toolchain import find_compiler

    compiler = find_compiler(open_cache())
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    versions = ", ".join(f"{name} {peer.version}" for name, peer in peers.items() if name != "gradc-bound")
    return [
        f"machine   {_processor()}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}{load}",
        f"compiler  {compiler.version.splitlines()[0]}: {' '.join((*compiler.flags, *compiler.native))}",
        f"versions  Python {platform.python_version()}, {versions}",
        f"threads   {threads}",
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def line(row: dict[str, Any], names: Sequence[str]) -> str:
    cells = []
    for name in names:
        mine = row["peers"].get(name)
        missing = "error" if row["remarks"].get(name, "").startswith(("failed", "disagrees")) else "–"
        cells.append(f"{mine['median_ratio']:.2f} ({mine['min_ratio']:.2f})" if mine else missing)
    micro = row["peers"]["gradc"]["median_seconds"] * 1e6
    title = f"{row['problem']:<24}{row['scale']:<8}{row['dtype']:<9}{micro:>11.2f}"
    return title + "".join(f"{cell:>17}" for cell in cells)


def means(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    """The geometric mean of each peer's ratios, and how many are below 1."""
    cells, counts = [], []
    for name in names:
        ratios = [row["peers"][name]["median_ratio"] for row in rows if name in row["peers"]]
        cells.append(f"{math.exp(statistics.fmean(map(math.log, ratios))):.2f}" if ratios else "–")
        counts.append(f"{sum(ratio < 1 for ratio in ratios)} of {len(ratios)}")
    return [
        f"{'geometric mean':<52}" + "".join(f"{cell:>17}" for cell in cells),
        f"{'gradc slower in':<52}" + "".join(f"{count:>17}" for count in counts),
    ]


def draw(rows: Sequence[dict[str, Any]], names: Sequence[str], path: Path) -> None:
    """Ratios as points, a line a problem."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.24 * len(rows)), layout="constrained")
    titles = [" ".join((row["problem"], row["scale"], row["dtype"])) for row in rows]
    for name in names:
        points = [(row["peers"][name]["median_ratio"], at) for at, row in enumerate(rows) if name in row["peers"]]
        if points:
            axes.scatter(*zip(*points, strict=True), label=name, s=24)
    axes.axvline(1, color="black", linewidth=1)
    axes.set(xscale="log", xlabel="time as a multiple of gradc's (right of the line: gradc is faster)")
    axes.set_yticks(range(len(rows)), titles, fontsize=8)
    axes.invert_yaxis()
    axes.grid(axis="x", which="both", alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=130)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", default=["named"], metavar="NAME", help="names, patterns, groups")
    parser.add_argument("--peers", nargs="*", metavar="PEER", help="by default every one that is installed")
    parser.add_argument("--sizes", nargs="+", default=["middle"], choices=("small", "middle", "large"))
    parser.add_argument("--dtypes", nargs="+", default=["float64"], choices=("float64", "float32"))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.01, help="how long one peer runs in one round")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--text", type=Path, metavar="FILE", help="write the table here too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers")
    parser.add_argument("--png", type=Path, metavar="FILE", help="draw the ratios (needs matplotlib)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    options = arguments(given)
    pin(options.threads)
    from peers import PEERS, installed
    from problems import choose

    known = installed()
    wanted = [name for name in known if name != "gradc"] if options.peers is None else options.peers
    for name in wanted:
        if name not in known:
            state = "not installed" if name in PEERS else f"unknown; the peers are {', '.join(PEERS)}"
            raise SystemExit(f"{name} is {state}")
    peers = {name: PEERS[name](options.threads) for name in ("gradc", *wanted)}
    lines: list[str] = []

    def say(text: str) -> None:
        lines.append(text)
        print(text, flush=True)

    for text in header(peers, options.threads):
        say(text)
    say(f"\n{'problem':<24}{'size':<8}{'dtype':<9}{'gradc, µs':>11}" + "".join(f"{name:>17}" for name in wanted))
    rows = []
    for dtype in options.dtypes:
        for problem in choose(options.problems, options.sizes, dtype):
            row = compare(problem, peers, options.rounds, options.seconds)
            rows.append(row)
            say(line(row, wanted))
    for text in means(rows, wanted):
        say(text)
    remarks = [(row["problem"], name, remark) for row in rows for name, remark in row["remarks"].items()]
    for problem, name, remark in remarks:
        if remark.startswith(("failed", "disagrees")):
            say(f"{name} on {problem} {remark}")
    if options.text:
        options.text.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if options.json:
        numbers = {"header": header(peers, options.threads), "threads": options.threads, "rows": rows}
        options.json.write_text(json.dumps(numbers, indent=1, ensure_ascii=False), encoding="utf-8")
    if options.png:
        draw(rows, wanted, options.png)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
