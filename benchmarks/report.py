"""Measure everything, and write the tables of docs/performance.md and docs/second-order.md again.

    python benchmarks/report.py                        # all of it, on a machine that does nothing else
    python benchmarks/report.py --only roofline memory
    python benchmarks/report.py --quick                # few rounds and few peers, to see that it works
    python benchmarks/report.py --render               # only write the pages from what was measured before

Each part runs in processes of its own, pinned to its threads, and leaves its numbers in `--results`. A table of the
page stands between ``<!-- measured: NAME -->`` and ``<!-- end -->``; what stands outside is written by hand.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from timing import geometric_mean

HERE = Path(__file__).resolve().parent
PAGES = (HERE.parent / "docs" / "performance.md", HERE.parent / "docs" / "second-order.md")
BLOCK = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
DTYPES = ("float64", "float32")
BOTH = ("--dtypes", *DTYPES)
OURS = ("gradc", "gradc-bound")

# part: (script, its words); a run of each for one thread and for two
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "named": ("run.py", ("--problems", "named", *BOTH, "--rounds", "9")),
    "catalogue": ("run.py", ("--problems", "named", "catalogue", "--peers", "jax", *BOTH)),
    "roofline": ("roofline.py", BOTH),
    "calls": ("call_overhead.py", ("--only", "calls")),
    "compile": ("compile_time.py", ()),
    "gradient": ("gradient_ratio.py", BOTH),
    "scaling": ("scaling.py", ()),
    "memory": ("memory.py", ()),
    "stabilise": ("stabilise_cost.py", (*BOTH, "--rounds", "9")),
    "second_order": ("second_order.py", ("--sizes", "small", "middle")),  # the large ones take a peer minutes a call
    "second_order_catalogue": ("second_order.py", ("--problems", "catalogue", "--sizes", "middle", "--peers", "jax")),
    "peers": ("run.py", ("--problems", "catalogue", *BOTH, "--rounds", "7")),
}
TWO_THREADS = ("named", "catalogue", "roofline", "second_order")
QUICK = {
    "roofline.py": ("--caches", "0.1", "--samples", "500", "--square", "200"),
    "memory.py": ("--samples", "1000", "2000", "--peers"),
    "scaling.py": (
        *("--samples", "10", "100", "--features", "2", "5", "--peers"),
        *("--operations", "10", "100", "--chained", "10"),
    ),
    "run.py": ("--peers", "numpy", "--problems", "ridge", "rosenbrock", "--sizes", "small"),
    "gradient_ratio.py": ("--problems", "ridge", "huber", "--sizes", "small"),
    "stabilise_cost.py": ("--problems", "naive"),
    "call_overhead.py": (),
    "compile_time.py": ("--problems", "rosenbrock", "ridge"),
    "second_order.py": ("--problems", "separable", "chain", "--sizes", "small", "--peers"),
}


def runs(parts: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Each part with the numbers of threads that it is measured on."""
    for part in parts:
        for threads in (1, 2) if part in TWO_THREADS else (1,):
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
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        print(f"  {time.perf_counter() - start:.0f} s", flush=True)


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
    """For each peer the geometric mean over the catalogue, where it is faster, and what it did not take part in."""
    rows = results.rows("peers")
    names = [
        name for name in dict.fromkeys(n for row in rows for n in (*row["peers"], *row["remarks"])) if name not in OURS
    ]
    means, absent = [], []
    for name in names:
        cells, missing = [], {}
        for dtype in DTYPES:
            here = [row for row in rows if row["dtype"] == dtype]
            ratios = [row["peers"][name]["median_ratio"] for row in here if name in row["peers"]]
            behind = f"{sum(r < 1 for r in ratios)} of {len(ratios)}"
            cells += [f"{geometric_mean(ratios):.2f}", behind, str(len(here) - len(ratios))] if ratios else ["–"] * 3
            if ratios:
                missing[dtype] = [row["problem"] for row in here if name not in row["peers"]]
        means.append((name, *cells))
        took = {row["problem"] for row in rows if name in row["peers"]}
        for dtype, problems in _apart(missing).items():
            reasons = {row["remarks"][name] for row in rows if name in row["remarks"] and row["problem"] in problems}
            absent.append((name, dtype, _listed(problems, took), "; ".join(sorted(reasons))))
    titles = ("geometric mean", "gradc slower in", "not measured")
    head = ("peer", *(f"{dtype}: {title}" for dtype in DTYPES for title in titles))
    lines = table(head, means)
    if absent:
        lines += ["", *_text_table(("peer", "dtype", "losses that it was not measured on", "why"), absent)]
    return lines


def _apart(missing: dict[str, list[str]]) -> dict[str, list[str]]:
    """Lists by dtype, those that are equal under one heading, and without empty ones."""
    if len(missing) == 2 and len({tuple(problems) for problems in missing.values()}) == 1:
        missing = {"both": next(iter(missing.values()))}
    return {dtype: problems for dtype, problems in missing.items() if problems}


def _listed(problems: Sequence[str], took: set[str]) -> str:
    """Names, or where these are the shorter list, the names of all others."""
    if len(problems) > len(took):
        return f"{len(problems)}: all but {', '.join(f'`{name}`' for name in sorted(took))}"
    return f"{len(problems)}: {', '.join(f'`{name}`' for name in problems)}"


def _text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """In Markdown, every column to the left."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def slower(results: Results) -> list[str]:
    """Problems that a peer wins, except C by hand."""
    worst: dict[str, dict[str, float]] = {}
    for row in results.rows("named", "peers", "catalogue"):
        for name, mine in row["peers"].items():
            if mine["median_ratio"] < 1 and name not in (*OURS, "C"):
                title = " ".join((f"`{row['problem']}`", row["dtype"], f"×{row['threads']}"))
                worst.setdefault(name, {})[title] = mine["median_ratio"]
    rows = []
    for name, found in worst.items():
        ordered = sorted(found.items(), key=lambda item: item[1])
        rows.append((name, str(len(found)), ", ".join(f"{title} {ratio:.2f}" for title, ratio in ordered)))
    return _text_table(("peer", "times", "gradc is slower on: dtype, ×threads, peer's time over gradc's"), rows)


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
    others = [name for name in next(r["peers"] for r in found if "peers" in r) if name != "gradc"]
    rows = []
    for r in found:
        if r["axis"] in ("n", "d"):
            ratios = (f"{r['peers'][name]['median_ratio']:.2f}" for name in others)
            rows.append((f"`{r['problem']}`", str(r["n"]), str(r["d"]), micro(r), f"{r['ns']:.3f}", *ratios))
    lines = table(("loss", "n", "d", "gradc, µs", "ns a number of X", *others), rows)
    sizes = [
        (
            *(str(r["operations"]), r["shape"], f"{r['read_seconds']:.2f}", f"{r['first_seconds']:.2f}"),
            f"{r['first_seconds'] / r['operations'] * 1e3:.2f}",
            *(f"{r['memory'] / 1e6:.0f}", f"{r['compiler_memory'] / 1e6:.0f}", micro(r), f"{r['ns']:.2f}"),
        )
        for r in found
        if r["axis"] == "operations" and "patience" not in r
    ]
    sizes += [
        (str(r["operations"]), r["shape"], "", f"not within {r['patience']}", *[""] * 5)
        for r in found
        if "patience" in r
    ]
    head = ("operations", "over", "read, s", "first result, s", "ms an operation", "gradc's memory, MB")
    return [*lines, "", *table((*head, "the compiler's, MB", "call, µs", "ns an operation and point"), sizes)]


def calls(results: Results) -> list[str]:
    """Every road from Python into C, and its time over that of cffi by hand."""
    lines: list[str] = []
    measured = results("calls")["rows"]
    for part in dict.fromkeys(row["part"] for row in measured):
        rows = [
            (row["what"], f"{row['seconds'] * 1e6:.3f}", f"{row['ratio']:.2f}")
            for row in measured
            if row["part"] == part
        ]
        lines += ["", *table((part, "µs", "ratio"), rows)] if lines else table((part, "µs", "ratio"), rows)
    return lines


def compilation(results: Results) -> list[str]:
    """Importing, and compiling cold and warm: the median over the losses, and the most."""
    measured = results("compile")["rows"]
    rows = [(row["what"], f"{row['seconds'] * 1e3:.1f}", "") for row in measured if "what" in row]
    losses = [row for row in measured if "problem" in row]
    for title, key in COMPILING.items():
        worst = sorted(losses, key=lambda row, key=key: -row[key])[:4]
        texts = ", ".join(f"`{row['problem']}` {row[key] * 1e3:.1f}" for row in worst)
        rows.append((title, f"{statistics.median(row[key] for row in losses) * 1e3:.1f}", texts))
    return _text_table(("milliseconds", f"median of {len(losses)}", "the most"), rows)


COMPILING = {
    "cold: from source to first result": "cold",
    "of which reading": "read",
    "of which deriving and printing C": "derive",
    "the C compiler alone, on the same C": "compiler",
    "cold over the compiler": "over",
    "warm: a new process finds it": "warm",
    "warm, with the modules that this imports": "imported",
}


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


def second_order(results: Results) -> list[str]:
    """Hessians at three sizes: gradc's own time, and every peer's as a multiple of it."""
    lines: list[str] = []
    for threads in (1, 2):
        with suppress(FileNotFoundError):
            found = results("second_order", threads)["rows"]
            lines += [*([""] if lines else []), *_hessians(found, threads)]
    if not lines:
        raise FileNotFoundError("second_order was not measured")
    return lines


def _hessians(found: Sequence[dict[str, Any]], threads: int) -> list[str]:
    peers = list(dict.fromkeys(name for row in found for name in row["ratios"]))
    title = f"{threads} thread{'s' * (threads > 1)}"
    head = (title, "size", "bound, µs", "checked, µs", "gradients", "product", "diagonal", *peers)
    rows = []
    for row in found:
        own = row["own"]
        costs = [f"{own[name]:.1f}" for name in ("hessian", "product", "diagonal")]
        ratios = [f"{row['ratios'][name]:.1f}" if name in row["ratios"] else "–" for name in peers]
        checked = f"{row['seconds'] * own['checked'] * 1e6:.1f}"
        rows.append((row["problem"], row["size"], micro(row), checked, *costs, *ratios))
    for size in (*dict.fromkeys(row["size"] for row in found), "all"):
        chosen = [row for row in found if row["ratios"] and size in (row["size"], "all")]
        best = [min(row["ratios"].values()) for row in chosen]
        each = [[row["ratios"][name] for row in chosen if name in row["ratios"]] for name in peers]
        means = [f"**{geometric_mean(ratios):.1f}**" if ratios else "–" for ratios in each]
        below = (
            f"best peer **{geometric_mean(best):.1f}**, below 1 in {sum(ratio < 1 for ratio in best)} of {len(best)}"
        )
        rows.append((f"**geometric mean**: {below}", size, "", "", "", "", "", *means))
    return table(head, rows)


# --------------------------------------------------------------------------------------------------------- the targets

Target = tuple[str, str, Callable[[Results], str]]


def _ratios(results: Results, names: Callable[[str], bool], *parts: str) -> list[tuple[dict[str, Any], str, float]]:
    """Rows, peers and ratios of what was measured."""
    rows = results.rows(*parts)
    return [(r, n, p["median_ratio"]) for r in rows for n, p in r["peers"].items() if n not in OURS and names(n)]


def _against_jax(results: Results) -> str:
    found = _ratios(results, lambda name: name == "jax", "catalogue")
    texts = []
    for dtype, threads in sorted({(row["dtype"], row["threads"]) for row, _, _ in found}, reverse=True):
        here = [ratio for row, _, ratio in found if (row["dtype"], row["threads"]) == (dtype, threads)]
        behind = sum(ratio < 1 for ratio in here)
        texts.append(f"{dtype} ×{threads}: {geometric_mean(here):.2f}, slower in {behind} of {len(here)}")
    return "; ".join(texts)


def _against_others(results: Results) -> str:
    found = _ratios(results, lambda name: name not in ("jax", "C"), "named", "peers")
    texts = []
    for name in dict.fromkeys(name for _, name, _ in found):
        here = [ratio for _, other, ratio in found if other == name]
        texts.append(f"{name} {sum(ratio < 1 for ratio in here)} of {len(here)}")
    return "slower than " + ", ".join(texts)


def _share(*names: str) -> Callable[[Results], str]:
    def read(results: Results) -> str:
        texts = []
        for threads in (1, 2):
            for row in results("roofline", threads)["rows"]:
                if row["what"] in names:
                    shape = f" {row['sizes']}" if row["what"] == "two_layer" else ""
                    texts.append(f"{row['what']}{shape} {row['dtype']} ×{threads} {row['share']:.0%}")
        return ", ".join(texts)

    return read


def _workspace(results: Results) -> str:
    grown = []
    rows = results("memory")["rows"]
    for name in dict.fromkeys(row["problem"] for row in rows):
        sizes = {row["workspace"] for row in rows if row["problem"] == name}
        grown.append(f"{name} {'the same for all n' if len(sizes) == 1 else 'grows'}, {max(sizes) / 1e3:.0f} kB")
    return "; ".join(grown)


def _road(name: str) -> Callable[[Results], str]:
    return lambda results: f"{next(r for r in reversed(results('calls')['rows']) if r['what'] == name)['ratio']:.2f}"


def _losses_within(key: str, limit: float) -> Callable[[Results], str]:
    def read(results: Results) -> str:
        times = [row[key] for row in results("compile")["rows"] if "problem" in row]
        within = f"{sum(time <= limit for time in times)} of {len(times)} losses"
        return f"{within}; median {statistics.median(times) * 1e3:.1f} ms, at most {max(times) * 1e3:.1f} ms"

    return read


def _import(results: Results) -> str:
    times = {row["what"]: row["seconds"] for row in results("compile")["rows"] if "what" in row}
    return f"{(times['import numpy, gradc'] - times['import numpy']) * 1e3:.1f} ms"


def _gradient(results: Results) -> str:
    rows = results("gradient")["rows"]
    return ", ".join(f"{d} {geometric_mean(r['ratio'] for r in rows if r['dtype'] == d):.2f}" for d in DTYPES)


def _growth(results: Results) -> str:
    chosen = [row for row in results("scaling")["rows"] if row.get("shape") == "two numbers"]
    rows = [row for row in chosen if "patience" not in row][-2:]
    times = " → ".join(f"{row['first_seconds'] / row['operations'] * 1e3:.2f}" for row in rows)
    own, compiler = (" → ".join(f"{row[key] / 1e6:.0f}" for row in rows) for key in ("memory", "compiler_memory"))
    sizes = " → ".join(str(row["operations"]) for row in rows)
    late = "".join(f"; {r['operations']} not within {r['patience']} s" for r in chosen if "patience" in r)
    return f"{sizes} operations: {times} ms an operation; gradc {own} MB, the compiler {compiler} MB{late}"


BYTES, PRODUCTS = ("logistic", "ridge"), ("two_layer",)
TARGETS: tuple[Target, ...] = (
    ("JAX's jit: geometric mean of 2.2 at least, aim 3; no problem slower", "catalogue", _against_jax),
    ("every other peer: no problem slower, but those listed below", "named peers", _against_others),
    ("memory-bound: 70 % of the rate of a loop that only reads", "roofline", _share(*BYTES)),
    ("bound by products, 256 hidden units: 60 % of NumPy's matrix product", "roofline", _share(*PRODUCTS)),
    ("workspace does not grow with n", "memory", _workspace),
    ("checked call with fresh results: 1.5 of cffi by hand", "calls", _road("gradc, checked, fresh result")),
    ("bound call with `out=`: 1.5 of a pre-bound cffi call", "calls", _road("pre-bound: gradc bind(w=, out=)")),
    ("cold compilation: 100 ms over the C compiler's own", "compile", _losses_within("over", 0.1)),
    ("in the cache, new process: 5 ms", "compile", _losses_within("warm", 0.005)),
    ("`import gradc`: 40 ms over `import numpy`", "compile", _import),
    ("gradient with value over value: 2.5 in geometric mean", "gradient", _gradient),
    ("time and memory of compiling grow linearly to 100,000 operations", "scaling", _growth),
)


def targets(results: Results) -> list[str]:
    """Each target, what was reached, and which part of the report measures it."""
    rows = []
    for title, parts, read in TARGETS:
        try:
            reached = read(results) or "–"
        except FileNotFoundError:
            reached = "–"
        rows.append((title, reached, f"`--only {parts}`"))
    if all(reached == "–" for _, reached, _ in rows):
        raise FileNotFoundError("nothing was measured")
    return _text_table(("target", "reached", "`python benchmarks/report.py`"), rows)


TABLES: dict[str, Callable[[Results], list[str]]] = {
    "where": where,
    "targets": targets,
    "catalogue": catalogue,
    "named": named,
    "peers": peers,
    "slower": slower,
    "roofline": roofline,
    "gradient": gradient,
    "scaling": scaling,
    "memory": memory,
    "calls": calls,
    "compile": compilation,
    "stabilise": stabilise,
    "second_order": second_order,
    "second_order_catalogue": lambda results: _hessians(results("second_order_catalogue")["rows"], 1),
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
    parser.add_argument("--quick", action="store_true", help="one round of small problems; leaves the pages alone")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="FOLDER")
    parser.add_argument("--page", type=Path, action="append", metavar="FILE", help="by default both")
    options = parser.parse_args(given)
    if not options.render:
        measure_all(options.only, options.results, options.quick)
    if options.quick and not options.page:
        return
    for page in options.page or PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(filled(text, Results(options.results)), encoding="utf-8")


if __name__ == "__main__":
    main()
