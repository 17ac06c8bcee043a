"""What a kernel costs before its first result: importing gradc, deriving, compiling, and finding it in the cache.

    python benchmarks/compile_time.py                                  # Rosenbrock's function and the whole catalogue
    python benchmarks/compile_time.py --problems logistic two_layer --rounds 5

Each problem's `value_and_grad` is taken from source to first result where the cache holds no kernel of it (cold), then
in a new process that finds it in the cache (warm), with and without the import of the modules that this takes. Beside
them stands what the C compiler alone needs for the same C at the same flags. Roads are timed in turn within each round;
what is given is the median, and of what cold compiling takes over the compiler the difference of the minima.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import machine
import sheet


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
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


def imports(page: sheet.Sheet, rounds: int) -> None:
    """Rows for `import numpy` alone and with gradc, in new processes and in turn."""
    roads = {"import numpy": ("numpy",), "import numpy, gradc": ("numpy", "gradc")}
    found: dict[str, list[float]] = {title: [] for title in roads}
    for _ in range(max(3 * rounds, 5)):
        for title, names in roads.items():
            found[title] += child(IMPORTS, *names)
    page.say(f"\n{'importing':<28}{'ms':>10}{'best':>10}")
    for title, times in found.items():
        page.rows.append({"what": title, "seconds": statistics.median(times), "min_seconds": min(times)})
        page.say(f"{title:<28}{statistics.median(times) * 1e3:>10.1f}{min(times) * 1e3:>10.1f}")


def kernels(page: sheet.Sheet, names: Sequence[str], rounds: int, prepared: Path) -> None:
    """A row for each problem; `prepared` is a cache that holds what is built once for a user, not for each kernel."""
    import numpy as np
    from problems import choose

    import gradc
    from gradc.runtime.cache import open_cache
    from gradc.runtime.toolchain import find_compiler
    from gradc.units import render

    def first(x: Any) -> Any:
        return np.sum(x)

    gradc.compile(first, "x[n]")(np.ones(2))  # the modules that this takes are imported
    titles = ("read", "derive", "cold", "compiler", "over", "warm", "imported")
    page.say(f"\n{'milliseconds':<24}" + "".join(f"{title:>11}" for title in titles) + f"{'C lines':>11}")
    for problem in choose(names, ["small"], "float64"):
        wrt: Any = problem.wrt[0] if problem.single else problem.wrt
        arguments = tuple(problem.arguments.values())
        mode = "vjp" if problem.pointwise else "value_and_grad"
        found: dict[str, list[float]] = {title: [] for title in titles}
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as name:
                shutil.copytree(prepared, name, dirs_exist_ok=True)
                os.environ["GRADC_CACHE_DIR"] = name
                read, kernel = timed(lambda p=problem, w=wrt: gradc.compile(p.function, p.signature, wrt=w))
                if problem.pointwise:
                    run, _ = timed(lambda k=kernel, a=arguments: k.vjp(a, a[0]))
                else:
                    run, _ = timed(lambda k=kernel, a=arguments: k.value_and_grad(*a))
                derive, unit = timed(lambda k=kernel, m=mode: k.unit(m))
                text = render([unit], unit.program, kernel.name, kernel.dtype).c
                compiler = find_compiler(open_cache())
                directory = Path(name)
                (directory / "alone.c").write_text(text, encoding="utf-8")
                flags = compiler.kernel_flags
                alone, _ = timed(lambda d=directory, c=compiler, f=flags: c.build(d, ["alone.c"], "alone.so", f))
                warm, imported = child(WARM, str(Path(__file__).parent), problem.name)
            numbers = (read, derive, read + run, alone, read + run - alone, warm, imported)
            for title, number in zip(titles, numbers, strict=True):
                found[title].append(number)
        row = {title: statistics.median(times) for title, times in found.items()}
        row["over"] = min(found["cold"]) - min(found["compiler"])  # a burst of noise is as long as what is looked for
        page.rows.append({"problem": problem.name, "lines": text.count("\n"), **row})
        page.say(
            f"{problem.name:<24}" + "".join(f"{row[t] * 1e3:>11.1f}" for t in titles) + f"{text.count(chr(10)):>11}"
        )
        page.save()


def main(given: Sequence[str] | None = None) -> None:
    parser = sheet.parser(__doc__, rounds=3)
    parser.add_argument("--problems", nargs="+", default=["rosenbrock", "catalogue"], metavar="NAME")
    options = parser.parse_args(given)
    machine.pin(options.threads)
    page = sheet.Sheet(options)
    imports(page, options.rounds)
    with tempfile.TemporaryDirectory() as name:
        os.environ["GRADC_CACHE_DIR"] = name
        child("import gradc; gradc.compile('x', 'x')(1.0)")
        kernels(page, options.problems, options.rounds, Path(name))
    page.save()


if __name__ == "__main__":
    main()
