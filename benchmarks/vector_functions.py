"""Time the functions of ``templates/vector`` against libmvec, and write the table of ``docs/vector-functions.md``.

    python benchmarks/vector_functions.py              # all; writes the page
    python benchmarks/vector_functions.py exp log      # some, printed only

A loop over 10,000 points calls one function, compiled for x86-64 (SSE2), for Haswell (AVX2 with FMA) and for this
machine, by gcc with both and by clang with gradc's own. All run in turn
in one process, and the fastest of the rounds counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cffi
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import test_vector as vector  # noqa: E402 - it builds the loops

PAGE = ROOT / "docs" / "vector-functions.md"
BEGIN, END = "<!-- begin: benchmarks/vector_functions.py -->", "<!-- end -->"
MACHINES = ("x86-64", "haswell", "native")
TYPES = (("", "double"), ("f", "float"))
POINTS, ROUNDS = 10_000, 40
BETWEEN = {"acosh": (1, 9), "asin": (-1, 1), "acos": (-1, 1), "atanh": (-1, 1), "log1p_unit": (0, 1)}
POSITIVE = ("log", "log2", "log10", "log1p", "cbrt", "pow")


def libmvec_loops(real: str) -> str:
    """The same loops, which call libm's functions a vector at a time."""
    suffix = "" if real == "double" else "f"
    text = ""
    for name, entry in vector.ENTRIES.items():
        if entry.c is not None and name != "log1p_unit":
            text += (
                f"#pragma omp declare simd notinbranch\n{real} {entry.c}{suffix}({', '.join([real] * entry.arity)});\n"
            )
    text += "#include <math.h>\n"
    for name, entry in vector.ENTRIES.items():
        if entry.c is None:
            continue
        formal = ", ".join(f"const {real} *restrict x{k}" for k in range(entry.arity))
        call = ", ".join(f"x{k}[i]" for k in range(entry.arity))
        text += f"void loop_{name}(long n, {formal}, {real} *restrict out)\n{{\n#pragma omp simd\n"
        text += f"    for (long i = 0; i < n; ++i)\n        out[i] = {entry.c}{suffix}({call});\n}}\n"
    return text


def main() -> None:
    """Build, run in turn, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    names = options.names or list(vector.ENTRIES)
    cells: dict[tuple[str, str], list[str]] = {}
    for real in ("double", "float"):
        dtype = np.float64 if real == "double" else np.float32
        with tempfile.TemporaryDirectory() as folder:
            loops = {}
            for machine in MACHINES:
                for who, compiler, text in (
                    ("own", "gcc", vector.unit(real)),
                    ("libmvec", "gcc", libmvec_loops(real)),
                    ("clang", "clang", vector.unit(real)),
                ):
                    directory = Path(folder) / f"{who}-{machine}"
                    directory.mkdir()
                    ffi = cffi.FFI()
                    (directory / "loops.c").write_text(text, encoding="utf-8")
                    flags = [flag for flag in vector.SIMD if flag not in ("-Werror", "-pedantic")]
                    words = [compiler, *flags, f"-march={machine}", "-w", "-shared", "loops.c", "-o", "loops.so"]
                    subprocess.run([*words, "-lmvec", "-lm"], cwd=directory, check=True)
                    for name, entry in vector.ENTRIES.items():
                        if who != "libmvec" or entry.c is not None:
                            ffi.cdef(f"void loop_{name}(long n, {f'const {real} *, ' * entry.arity}{real} *out);")
                    loops[who, machine] = (ffi, ffi.dlopen(str(directory / "loops.so")))
            for name in names:
                entry, rng = vector.ENTRIES[name], np.random.default_rng(0)
                low, high = BETWEEN.get(name, (0.01, 10) if name in POSITIVE else (-5, 5))
                arrays = [rng.uniform(low, high, POINTS).astype(dtype) for _ in range(entry.arity)]
                out, best = np.empty(POINTS, dtype), {}
                for _ in range(ROUNDS):
                    for key, (ffi, library) in loops.items():
                        if key[0] == "libmvec" and entry.c is None:
                            continue
                        function = getattr(library, f"loop_{name}")
                        pointers = [ffi.cast(f"{real} *", a.ctypes.data) for a in (*arrays, out)]
                        begin = time.perf_counter()
                        function(POINTS, *pointers)
                        best[key] = min(best.get(key, 1.0), time.perf_counter() - begin)
                row = []
                for machine in MACHINES:
                    times = [best.get((who, machine)) for who in ("own", "libmvec", "clang")]
                    row.append(" · ".join("-" if t is None else f"{t / POINTS * 1e9:.2f}" for t in times))
                cells[name, real] = row
                print(f"| {name}{'' if real == 'double' else 'f'} | {' | '.join(row)} |", flush=True)
    if options.names:
        return
    lines = [f"| function | {' | '.join(MACHINES)} |", "| --- | --- | --- | --- |"]
    for name in names:
        lines += [f"| `{name}{suffix}` | {' | '.join(cells[name, real])} |" for suffix, real in TYPES]
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    table = "\n".join(lines)
    PAGE.write_text(f"{head}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
