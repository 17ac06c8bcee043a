"""What a kernel costs before its first result: importing gradc, deriving, compiling, and finding it in the cache.

    python benchmarks/compile_time.py [--problems NAME ...] [--rounds 5]

Each problem's `value_and_grad` is taken from source to first result with an empty cache (cold), then in a new process
that finds it in the cache (warm), with and without the import of the modules that this takes. Beside them stands what
the C compiler alone needs for the same C at the same flags. Roads are timed in turn within each round; what is printed
is the median.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

DEFAULT = ("rosenbrock", "exp_sin_log", "logistic", "ridge", "two_layer", "gaussian_mixture", "jensen_shannon")


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def child(code: str, *words: str) -> list[float]:
    """The numbers that a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


IMPORTS = """
import sys, time
start = time.perf_counter()
for name in sys.argv[1:]:
    __import__(name)
print(time.perf_counter() - start)
"""

# The first argument is this directory, the second a problem.
WARM = """
import sys, time
sys.path.insert(0, sys.argv[1])
from problems import choose
import gradc
problem = choose([sys.argv[2]], ["small"], "float64")[0]
wrt = problem.wrt[0] if problem.single else problem.wrt
arguments = tuple(problem.arguments.values())
begin = time.perf_counter()
import gradc.compiled, gradc.runtime.library, gradc.runtime.recall
start = time.perf_counter()
kernel = gradc.compile(problem.function, problem.signature, wrt=wrt)
if problem.pointwise:
    kernel.vjp(arguments, arguments[0])
else:
    kernel.value_and_grad(*arguments)
end = time.perf_counter()
print(end - start, end - begin)
"""


def imports(rounds: int) -> None:
    roads = {"import numpy": ("numpy",), "import numpy, gradc": ("numpy", "gradc")}
    found: dict[str, list[float]] = {title: [] for title in roads}
    for _ in range(max(rounds, 5)):
        for title, names in roads.items():
            found[title] += child(IMPORTS, *names)
    print(f"\n{'importing':<28}{'ms':>10}{'best':>10}")
    for title, times in found.items():
        print(f"{title:<28}{statistics.median(times) * 1e3:>10.1f}{min(times) * 1e3:>10.1f}")


def kernels(names: Sequence[str], rounds: int) -> None:
    from problems import choose

    import gradc
    from gradc import pipeline
    from gradc.runtime.cache import open_cache
    from gradc.runtime.toolchain import find_compiler

    titles = ("read", "derive+emit", "cold", "cc alone", "cold-cc", "warm", "with imports", "C lines")
    print(f"\n{'milliseconds':<20}" + "".join(f"{title:>13}" for title in titles))
    for problem in choose(names, ["small"], "float64"):
        wrt: Any = problem.wrt[0] if problem.single else problem.wrt
        arguments = tuple(problem.arguments.values())
        mode = "vjp" if problem.pointwise else "value_and_grad"
        found: dict[str, list[float]] = {title: [] for title in titles}
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as name:
                os.environ["GRADC_CACHE_DIR"] = name
                # What is built once for a user, not for each kernel, is built before the clock starts.
                gradc.compile("x", "x")(1.0)
                read, kernel = timed(lambda p=problem, w=wrt: gradc.compile(p.function, p.signature, wrt=w))
                if problem.pointwise:
                    run, _ = timed(lambda k=kernel, a=arguments: k.vjp(a, a[0]))
                else:
                    run, _ = timed(lambda k=kernel, a=arguments: k.value_and_grad(*a))
                derive, unit = timed(lambda k=kernel, m=mode: k.unit(m))
                text = pipeline.render([unit], unit.program, kernel.name, kernel.dtype).c
                compiler = find_compiler(open_cache())
                directory = Path(name)
                (directory / "alone.c").write_text(text, encoding="utf-8")
                alone, _ = timed(lambda d=directory, c=compiler: c.build(d, ["alone.c"], "alone.so", c.kernel_flags))
                child(WARM, str(Path(__file__).parent), problem.name)  # writes what Python itself caches
                warm, imported = child(WARM, str(Path(__file__).parent), problem.name)
            numbers = (read, derive, read + run, alone, read + run - alone, warm, imported)
            for title, number in zip(titles, numbers, strict=False):
                found[title].append(number * 1e3)
            found["C lines"].append(text.count("\n"))
        print(f"{problem.name:<20}" + "".join(f"{statistics.median(found[title]):>13.1f}" for title in titles))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", default=list(DEFAULT), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    imports(options.rounds)
    kernels(options.problems, options.rounds)


if __name__ == "__main__":
    main()
