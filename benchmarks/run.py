"""Time gradc beside any installed peers on any problems, interleaved in one process.

    python benchmarks/run.py                                               # the named problems, every installed peer
    python benchmarks/run.py --problems catalogue --peers jax --sizes middle
    python benchmarks/run.py --problems 'logistic*' ridge --peers numpy jax --dtypes float64 float32 --rounds 30

Prints, for each problem, gradc's time and each peer's time as a multiple of gradc's: the median over the rounds of the
ratio within a round, and in brackets the ratio of the fastest rounds. More than 1 means that gradc is faster.
"""

from __future__ import annotations

import argparse
import math
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import machine
import sheet
from timing import geometric_mean, measure, summary

TOLERANCE = {"float64": 1e-8, "float32": 2e-3}


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
            text = re.sub(r" \([^)]*[/\\][^)]*\)", "", (str(error).strip().splitlines() or [""])[0])  # without paths
            remarks[name] = f"failed: {type(error).__name__}: {text}"
            if name == "gradc":
                raise
            continue
        expected = found if expected is None else expected
        apart = difference(found, expected)
        if not apart <= TOLERANCE[problem.dtype]:
            remarks[name] = f"disagrees with gradc by {apart:.1e}, so it was not timed"
            continue
        calls[name] = call
    rows = summary(measure(calls, rounds, seconds), base="gradc")
    return {
        "problem": problem.name,
        "scale": problem.scale,
        "dtype": problem.dtype,
        "peers": rows,
        "remarks": remarks,
    }


def line(row: dict[str, Any], names: Sequence[str]) -> str:
    cells = []
    for name in names:
        mine = row["peers"].get(name)
        missing = "error" if row["remarks"].get(name, "").startswith(("failed", "disagrees")) else "–"
        cells.append(f"{mine['median_ratio']:.2f} ({mine['min_ratio']:.2f})" if mine else missing)
    micro = row["peers"]["gradc"]["median_seconds"] * 1e6
    start = f"{row['problem']:<24}{row['scale']:<8}{row['dtype']:<9}{micro:>11.2f}"
    return start + "".join(f"{cell:>17}" for cell in cells)


def means(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    """The geometric mean of each peer's ratios, and how many are below 1."""
    cells, counts = [], []
    for name in names:
        ratios = [row["peers"][name]["median_ratio"] for row in rows if name in row["peers"]]
        cells.append(f"{geometric_mean(ratios):.2f}" if ratios else "–")
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
    titles = [title(row, " ") for row in rows]
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


def slower(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    """For each peer the problems in which it is faster than gradc, the worst first."""
    lines = []
    for name in names:
        if name == "gradc-bound":
            continue
        found = [(row["peers"][name]["median_ratio"], row) for row in rows if name in row["peers"]]
        behind = sorted(((ratio, row) for ratio, row in found if ratio < 1), key=lambda pair: pair[0])
        texts = [f"{title(row, ' ')} {ratio:.2f}" for ratio, row in behind]
        if texts:
            lines.append(f"slower than {name}: {', '.join(texts)}")
    return lines


def title(row: dict[str, Any], between: str) -> str:
    """Which problem, at which size, in which dtype."""
    return between.join(str(row[key]) for key in ("problem", "scale", "dtype"))


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = sheet.parser(__doc__)
    parser.add_argument("--problems", nargs="+", default=["named"], metavar="NAME", help="names, patterns, groups")
    parser.add_argument("--peers", nargs="*", metavar="PEER", help="by default every one that is installed")
    parser.add_argument("--sizes", nargs="+", default=["middle"], choices=("small", "middle", "large"))
    parser.add_argument("--dtypes", nargs="+", default=["float64"], choices=("float64", "float32"))
    parser.add_argument("--png", type=Path, metavar="FILE", help="draw the ratios (needs matplotlib)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    options = arguments(given)
    machine.pin(options.threads)
    from peers import chosen
    from problems import choose

    peers = chosen(options.peers, options.threads)
    wanted = [name for name in peers if name != "gradc"]
    versions = {name: peer.version for name, peer in peers.items() if name != "gradc-bound"}
    page = sheet.Sheet(options, versions)
    page.say(f"\n{'problem':<24}{'size':<8}{'dtype':<9}{'gradc, µs':>11}" + "".join(f"{name:>17}" for name in wanted))
    for dtype in options.dtypes:
        for problem in choose(options.problems, options.sizes, dtype):
            row = compare(problem, peers, options.rounds, options.seconds)
            page.rows.append(row)
            page.say(line(row, wanted))
            page.save()  # what was measured stays when a run is stopped
    for text in (*means(page.rows, wanted), *slower(page.rows, wanted)):
        page.say(text)
    for row in page.rows:
        for name, remark in row["remarks"].items():
            if remark.startswith(("failed", "disagrees")):
                page.say(f"{name} on {title(row, ' ')} {remark}")
    page.save()
    if options.png:
        draw(page.rows, wanted, options.png)


if __name__ == "__main__":
    main()
