"""Compare this gradc with an older one, side by side: what became slower, at run time and in the compiler.

    python benchmarks/compare.py 8a121e2^                              # all parts, against that commit
    python benchmarks/compare.py main --only catalogue --threads 2
    python benchmarks/compare.py main --only second_order compile --problems 'logistic*' 'softmax*'

The commit is checked out into a folder of its own. Each side runs in a process with a cache of its own, and both time
each problem in turn, many rounds. A number is the old time over the new: 1.1 is a tenth faster than before, 0.9 slower.
The parts: `catalogue` and `named` time value and gradient, `second_order` the Hessian of its problems, `compile` what
Python takes to make the C of a kernel, without the C compiler.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import machine
import sheet
import timing

PARTS = ("catalogue", "named", "second_order", "compile")
HERE = Path(__file__).resolve().parent.parent


class Work(NamedTuple):
    """What is timed: a part, a problem of it, its size and its precision."""

    part: str
    name: str
    size: str
    dtype: str


# ------------------------------------------------------------------------------------------------------------ one side


def serve(root: Path, threads: int) -> None:
    """Answer lines on standard input: what there is, and how long a call takes."""
    sys.path.insert(0, str(root / "benchmarks"))
    machine.pin(threads)
    made: dict[Work, Callable[[], Any]] = {}
    for line in sys.stdin:
        what, *rest = json.loads(line)
        if what == "list":
            answer: Any = [list(work) for work in works(*rest)]
        else:
            work = Work(*rest[0])
            if work not in made:
                made.clear()
                made[work] = call_of(work, threads)
                made[work]()
            answer = best(made[work], rest[1])
        print(json.dumps(answer), flush=True)


def works(part: str, patterns: Sequence[str], sizes: Sequence[str], dtype: str) -> list[Work]:
    """The problems of a part that this side knows."""
    from fnmatch import fnmatchcase

    from problems import choose

    def wanted(name: str) -> bool:
        return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)

    if part == "second_order":
        second_order = importlib.import_module("second_order")
        return [
            Work(part, p.name, size, "float64") for size in sizes for p in second_order.problems(size) if wanted(p.name)
        ]
    found = choose(["named" if part == "named" else "catalogue"], sizes if part != "compile" else ["small"], dtype)
    return [Work(part, p.name, p.scale, p.dtype) for p in found if wanted(p.name)]


def call_of(work: Work, threads: int) -> Callable[[], Any]:
    """What is timed of a problem."""
    import gradc

    if work.part == "second_order":
        problems = importlib.import_module("second_order").problems(work.size)
        problem = next(p for p in problems if p.name == work.name)
        kernel = gradc.compile(problem.source, problem.signature, wrt=problem.wrt, threads=threads)
        return kernel.bind("hessian", out=kernel.hessian(**problem.arguments), **problem.arguments)
    from problems import catalogued, choose

    if work.size == "fixed":
        (given,) = choose([work.name], [], work.dtype)
    else:
        given = catalogued(work.name, work.name, work.size, work.dtype)
    wrt = given.wrt[0] if given.single else given.wrt
    if work.part == "compile":
        names = (f"loss_{k}" for k in range(1 << 30))  # no name is compiled twice, so nothing comes out of a cache
        return lambda: gradc.compile(given.function, given.signature, wrt=wrt, name=next(names)).c_source
    kernel = gradc.compile(given.function, given.signature, wrt=wrt, dtype=work.dtype, threads=threads)
    if given.pointwise:
        arguments = tuple(given.arguments.values())
        return lambda: kernel.vjp(arguments, arguments[0])
    return kernel.bind("value_and_grad", **given.arguments)


def best(call: Callable[[], Any], seconds: float) -> float:
    """The least time of a call, over some repetitions that take about as long as is told."""
    least, until = float("inf"), time.perf_counter() + seconds
    number = 1
    while True:
        start = time.perf_counter()
        for _ in range(number):
            call()
        now = time.perf_counter()
        least = min(least, (now - start) / number)
        if now >= until:
            return least
        number = max(1, min(1000, int(0.1 * seconds / max(least, 1e-7))))


# ---------------------------------------------------------------------------------------------------------- both sides


class Side:
    """A process that times one gradc."""

    def __init__(self, root: Path, cache: Path, threads: int) -> None:
        variables = {**os.environ, "PYTHONPATH": str(root / "compiler"), "GRADC_CACHE_DIR": str(cache)}
        command = [sys.executable, str(Path(__file__).resolve()), "--serve", str(root), str(threads)]
        self.process = subprocess.Popen(
            command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *words: Any) -> Any:
        """The answer to a line."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(words), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("one of the sides ended")
        return json.loads(line)


def compared(sides: Sequence[Side], work: Work, rounds: int, seconds: float) -> tuple[float, float, float]:
    """The least time of either side, in seconds, and the median over rounds of the old over the new."""
    times: list[list[float]] = [[], []]
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which].append(sides[which].ask("time", work, seconds))
    old, new = times
    return min(old), min(new), statistics.median(a / b for a, b in zip(old, new, strict=True))


def main(given: Sequence[str] | None = None) -> None:
    parser = sheet.parser(__doc__, rounds=7, seconds=0.05)
    parser.add_argument("revision", help="the commit to compare with")
    parser.add_argument("--only", nargs="*", default=list(PARTS), choices=PARTS)
    parser.add_argument("--problems", nargs="*", default=[], metavar="PATTERN")
    parser.add_argument("--sizes", nargs="*", default=["middle"], choices=("small", "middle", "large"))
    parser.add_argument("--dtype", default="float64", choices=("float64", "float32"))
    options = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as folder:
        old = Path(folder) / "old"
        archive = subprocess.run(
            ["git", "-C", HERE, "archive", options.revision], check=True, capture_output=True
        ).stdout
        old.mkdir()
        subprocess.run(["tar", "-x", "-C", old], input=archive, check=True)
        (old / "compiler" / "gradc" / "templates").symlink_to(old / "templates")  # not those of what is installed
        sides = [Side(root, Path(folder) / name, options.threads) for root, name in ((old, "a"), (HERE, "b"))]
        page = sheet.Sheet(options, {"old": options.revision})
        for part in options.only:
            _part(page, sides, part, options)
        page.save()
        for side in sides:
            side.process.kill()
            side.process.wait()


def _part(page: sheet.Sheet, sides: Sequence[Side], part: str, options: Any) -> None:
    asked = ("list", part, options.problems, options.sizes, options.dtype)
    known, own = ([tuple(work) for work in side.ask(*asked)] for side in sides)
    page.say(f"\n{part:26}{'old':>12}{'new':>12}{'old/new':>9}")
    ratios = []
    for work in own:
        if work not in known:
            continue
        before, after, ratio = compared(sides, Work(*work), options.rounds, options.seconds)
        # The machine is shared: of the median over the rounds and the least of all, the better one is the code's.
        ratios.append(max(ratio, before / after))
        page.say(f"  {work[1]:24}{before * 1e6:10.1f}µs{after * 1e6:10.1f}µs{ratios[-1]:9.2f}")
        page.rows.append({"part": part, "problem": work[1], "old": before, "new": after, "ratio": ratios[-1]})
    if ratios:
        page.say(f"  geometric mean {timing.geometric_mean(ratios):.3f}, least {min(ratios):.2f}, of {len(ratios)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(sys.argv[1:])
