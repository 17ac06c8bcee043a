"""Measure everything, and write the tables of docs/performance.md again.

    python benchmarks/report.py                        # all of it: an hour or two on a machine that does nothing else
    python benchmarks/report.py --only roofline memory
    python benchmarks/report.py --quick                # few rounds and few peers, to see that it works
    python benchmarks/report.py --render               # only write the page from what was measured before

Each part runs in processes of its own, pinned to its threads, and leaves its numbers in `--results`. A table of the
page stands between ``<!-- measured: NAME -->`` and ``<!-- end -->``; what stands outside is written by hand.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from timing import geometric_mean

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
BLOCK = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
DTYPES = ("float64", "float32")
BOTH = ("--dtypes", *DTYPES)
SIZES = ("--sizes", "small", "middle", "large")
QUICK_TO_COMPILE = ("jax", "torch", "pytensor", "numpy", "numba", "casadi", "C", "autograd")
SLOW_TO_COMPILE = "torch.compile"  # a C++ compiler run for each loss and size

# part: (script, its words); a run of each for one thread and for two
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "catalogue": ("run.py", ("--problems", "named", "catalogue", "--peers", "jax", *BOTH)),
    "named": ("run.py", ("--problems", "named", *BOTH)),
    "peers": ("run.py", ("--problems", "catalogue", *BOTH, *SIZES, "--peers", *QUICK_TO_COMPILE, "--rounds", "5")),
    "compiled": ("run.py", ("--problems", "catalogue", *BOTH, "--peers", SLOW_TO_COMPILE, "--rounds", "5")),
    "roofline": ("roofline.py", BOTH),
    "gradient": ("gradient_ratio.py", BOTH),
    "scaling": ("scaling.py", ()),
    "memory": ("memory.py", ()),
    "stabilise": ("stabilise_cost.py", BOTH),
}
ONE_THREAD = ("peers", "compiled", "gradient", "scaling", "memory", "stabilise")
QUICK = {
    "roofline.py": ("--caches", "0.1", "--samples", "500", "--square", "200"),
    "memory.py": ("--samples", "1000", "2000", "--peers"),
    "scaling.py": ("--samples", "10", "100", "--features", "2", "5", "--operations", "10", "--peers"),
    "run.py": ("--peers", "numpy", "--problems", "ridge", "rosenbrock", "--sizes", "small"),
    "gradient_ratio.py": ("--problems", "ridge", "huber", "--sizes", "small"),
    "stabilise_cost.py": ("--problems", "naive"),
}


def runs(parts: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Each part with the numbers of threads that it is measured on."""
    for part in parts:
        for threads in (1,) if part in ONE_THREAD else (1, 2):
            yield part, threads


def measure_all(parts: Sequence[str], results: Path, quick: bool) -> None:
    """Run the scripts."""
    results.mkdir(parents=True, exist_ok=True)
    for part, threads in runs(parts):
        script, words = PARTS[part]
        base = results / f"{part}-{threads}"
        command = [sys.executable, str(HERE / script), *words, "--threads", str(threads)]
        command += ["--text", f"{base}.txt", "--json", f"{base}.json"]
        if script == "run.py":
            command += ["--png", f"{base}.png"]
        if quick:
            command += ["--rounds", "1", "--seconds", "0", *QUICK[script]]
        print(
            "$", " ".join(Path(word).name if word == str(HERE / script) else word for word in command[1:]), flush=True
        )
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


# -------------------------------------------------------------------------------------------------------- the tables


class Results:
    """What was measured, read when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, part: str, threads: int = 1) -> Any:
        """The numbers of one part; a FileNotFoundError where it was not measured."""
        return json.loads((self.folder / f"{part}-{threads}.json").read_text(encoding="utf-8"))

    def rows(self, *parts: str) -> list[dict[str, Any]]:
        """The rows of those of the parts that were measured, each with its threads; an error where none was."""
        found: list[dict[str, Any]] = []
        for part, threads in runs(parts):
            with suppress(FileNotFoundError):
                found += [{**row, "threads": threads} for row in self(part, threads)["rows"]]
        if not found:
            raise FileNotFoundError(f"none of {', '.join(parts)} was measured")
        return found


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """In Markdown, the first column to the left and the others to the right."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(row)} |" for row in (head, marks, *rows)]


def where(results: Results) -> list[str]:
    """The machine and the versions."""
    header = dict(line.split(None, 1) for line in results("named")["header"])
    header.pop("threads")
    return table(("", ""), [(key, f"`{text}`") for key, text in header.items()])


def catalogue(results: Results) -> list[str]:
    """JAX against gradc: every loss, two dtypes, one and two threads; the worst first."""
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    for row in results.rows("catalogue"):
        if "jax" in row["peers"]:
            found[row["problem"], row["dtype"], row["threads"]] = row["peers"]
    measured = sorted({threads for _, _, threads in found})
    columns = [(dtype, threads) for dtype in DTYPES for threads in measured]

    def ratio(name: str, column: tuple[str, int]) -> float:
        peers = found.get((name, *column))
        return peers["jax"]["median_ratio"] if peers else float("nan")

    names = sorted({name for name, _, _ in found}, key=lambda name: min(ratio(name, column) for column in columns))
    head = ("loss", "gradc, µs", *(f"{dtype}, {threads} thread{'s' * (threads > 1)}" for dtype, threads in columns))
    rows = []
    for name in names:
        own = found[name, "float64", 1]["gradc"]["median_seconds"] * 1e6
        rows.append((f"`{name}`", f"{own:.1f}", *(f"{ratio(name, column):.2f}" for column in columns)))
    every = [[ratio(name, column) for name in names] for column in columns]
    rows.append(("**geometric mean**", "", *(f"**{geometric_mean(ratios):.2f}**" for ratios in every)))
    rows.append(("gradc slower in", "", *(f"{sum(r < 1 for r in ratios)} of {len(ratios)}" for ratios in every)))
    return table(head, rows)


def named(results: Results) -> list[str]:
    """The named problems, every peer."""
    lines: list[str] = []
    measured = results.rows("named")
    for threads in sorted({row["threads"] for row in measured}):
        rows = [row for row in measured if row["threads"] == threads]
        names = list(dict.fromkeys(name for row in rows for name in row["peers"] if name != "gradc"))
        cells = []
        for row in rows:
            own = row["peers"]["gradc"]["median_seconds"] * 1e6
            ratios = [f"{row['peers'][n]['median_ratio']:.2f}" if n in row["peers"] else "–" for n in names]
            cells.append((f"`{row['problem']}` {row['dtype']}", f"{own:.1f}", *ratios))
        head = (f"{threads} thread{'s' * (threads > 1)}", "gradc, µs", *names)
        lines += ["", *table(head, cells)] if lines else table(head, cells)
    return lines


def peers(results: Results) -> list[str]:
    """For each peer the geometric mean over the catalogue, and where it is faster."""
    rows = results.rows("peers", "compiled")
    names = list(dict.fromkeys(name for row in rows for name in row["peers"] if name != "gradc"))
    scales = list(dict.fromkeys(row["scale"] for row in rows))
    lines = []
    for name in names:
        cells = []
        for dtype in DTYPES:
            for scale in scales:
                chosen = [r for r in rows if r["dtype"] == dtype and r["scale"] == scale and name in r["peers"]]
                ratios = [row["peers"][name]["median_ratio"] for row in chosen]
                mean = f"{geometric_mean(ratios):.1f} ({sum(r < 1 for r in ratios)} of {len(ratios)})"
                cells.append(mean if ratios else "–")
        lines.append((name, *cells))
    return table(("peer", *(f"{dtype}, {scale}" for dtype in DTYPES for scale in scales)), lines)


def slower(results: Results) -> list[str]:
    """Problems that a peer wins, except C by hand."""
    worst: dict[str, dict[str, float]] = {}
    for row in results.rows("named", "peers", "compiled", "catalogue"):
        for name, mine in row["peers"].items():
            if mine["median_ratio"] < 1 and name not in ("gradc", "gradc-bound", "C"):
                title = " ".join((f"`{row['problem']}`", row["scale"], row["dtype"], f"×{row['threads']}"))
                worst.setdefault(name, {})[title] = mine["median_ratio"]
    rows = []
    for name, found in worst.items():
        ordered = sorted(found.items(), key=lambda item: item[1])
        rows.append((name, ", ".join(f"{title} {ratio:.2f}" for title, ratio in ordered)))
    head = ["| peer | where gradc is slower: size, dtype, ×threads, peer's time over gradc's |", "| --- | --- |"]
    return [*head, *(f"| {name} | {text} |" for name, text in rows)]


def roofline(results: Results) -> list[str]:
    """Rates against the machine's."""
    rows = []
    for threads in (1, 2):
        for row in results("roofline", threads)["rows"]:
            rate = f"{row['rate']:.1f} {row['unit']}"
            rows.append((row["what"], row["sizes"], row["dtype"], str(threads), rate, f"{row['share']:.0%}"))
    return table(("what", "sizes", "dtype", "threads", "rate", "share"), rows)


def gradient(results: Results) -> list[str]:
    """The geometric mean and the extremes of the gradient's cost."""
    rows = []
    for dtype in DTYPES:
        found = [row for row in results("gradient")["rows"] if row["dtype"] == dtype]
        worst = sorted(found, key=lambda row: -row["ratio"])[:6]
        texts = ", ".join(f"`{row['problem']}` {row['ratio']:.1f}" for row in worst)
        rows.append((dtype, f"{geometric_mean(row['ratio'] for row in found):.2f}", str(len(found)), texts))
    return table(("dtype", "geometric mean", "losses", "the most"), rows)


def micro(row: dict[str, Any]) -> str:
    """A row's seconds in microseconds."""
    return f"{row['seconds'] * 1e6:.1f}"


def scaling(results: Results) -> list[str]:
    """Time along n, d and the expression's size."""
    found = results("scaling")["rows"]
    others = [name for name in found[0]["peers"] if name != "gradc"]
    rows = []
    for r in found:
        if r["axis"] in ("n", "d"):
            ratios = (f"{r['peers'][name]['median_ratio']:.2f}" for name in others)
            rows.append((f"`{r['problem']}`", str(r["n"]), str(r["d"]), micro(r), f"{r['ns']:.3f}", *ratios))
    lines = table(("loss", "n", "d", "gradc, µs", "ns a number of X", *others), rows)
    sizes = [
        (str(r["operations"]), str(r["lines"]), f"{r['first_seconds']:.2f}", micro(r), f"{r['ns']:.2f}")
        for r in found
        if r["axis"] == "operations"
    ]
    head = ("operations", "lines of C", "until the first result, s", "call, µs", "ns an operation")
    return [*lines, "", *table(head, sizes)]


def memory(results: Results) -> list[str]:
    """Workspace and peaks in megabytes."""
    found = results("memory")["rows"]
    names = list(found[0]["peak"])
    rows = []
    for r in found:
        peaks = (f"{r['peak'][name] / 1e6:.1f}" for name in names)
        sizes = (f"{r['data'] / 1e6:.1f}", f"{r['workspace'] / 1e6:.3f}")
        rows.append((f"`{r['problem']}`", str(r["n"]), *sizes, *peaks))
    return table(("loss", "n", "data, MB", "gradc's workspace", *(f"peak of {name}" for name in names)), rows)


def stabilise(results: Results) -> list[str]:
    """What stabilising costs."""
    found = results("stabilise")["rows"]
    rows = [
        (f"`{row['problem']}`", row["dtype"], f"{row['off_seconds'] * 1e6:.1f}", f"{row['ratio']:.2f}") for row in found
    ]
    mean = geometric_mean(row["ratio"] for row in found)
    return table(("loss", "dtype", "off, µs", "on / off"), [*rows, ("**geometric mean**", "", "", f"**{mean:.2f}**")])


TABLES: dict[str, Callable[[Results], list[str]]] = {
    "where": where,
    "catalogue": catalogue,
    "named": named,
    "peers": peers,
    "slower": slower,
    "roofline": roofline,
    "gradient": gradient,
    "scaling": scaling,
    "memory": memory,
    "stabilise": stabilise,
}


def filled(text: str, results: Results) -> str:
    """A page with the tables that were measured; one that was not stays as it is."""

    def fill(match: re.Match[str]) -> str:
        try:
            lines = TABLES[match[2]](results)
        except FileNotFoundError:
            return match[0]
        return match[1] + "\n" + "\n".join(lines) + "\n\n" + match[3]

    return BLOCK.sub(fill, text)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=list(PARTS), choices=list(PARTS), metavar="PART")
    parser.add_argument("--quick", action="store_true", help="one round of small problems; leaves the page alone")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="FOLDER")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE")
    options = parser.parse_args(given)
    if not options.render:
        measure_all(options.only, options.results, options.quick)
    if options.quick and options.page == PAGE:
        return
    text = options.page.read_text(encoding="utf-8")
    options.page.write_text(filled(text, Results(options.results)), encoding="utf-8")


if __name__ == "__main__":
    main()
