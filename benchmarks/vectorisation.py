"""Which inner loops of the catalogue's kernels fell back to scalar code, by the compiler's own report and its assembly.

    python benchmarks/vectorisation.py                      # every loss, float64
    python benchmarks/vectorisation.py logistic huber --dtype float32 --verbose
    GRADC_CC=clang python benchmarks/vectorisation.py

For each loss: the loops that gradc asks to have vectorised (`GRADC_SIMD`) and that the compiler did not, and in those
loops the calls of one number at a time that the assembly has, by the lines that the debugging information gives them. A
call whose vector form stands on the same line is the last few elements of a loop. Loops that the preprocessor leaves
out are not counted. Needs gcc or clang, whose reports it reads.
"""

import argparse
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import gradc
from gradc.losses import CATALOGUE
from gradc.runtime.cache import open_cache
from gradc.runtime.toolchain import find_compiler
from gradc.units import render

MODES = ("value", "value_and_grad")
# Calls that are no arithmetic on elements.
NO_VECTOR = frozenset({"memset", "memcpy", "memmove"})
CALL = re.compile(
    r"^\s+(?:call|jmp)q?\s+\*?([A-Za-z_][A-Za-z_0-9]*)(?:@PLT)?(?: *#.*)?$|^\s+\.loc\s+[01] (\d+) ", re.MULTILINE
)
VECTORISED = re.compile(r"kernel\.c:(\d+):\d+: (?:optimized: .*loop vectorized|remark: vectorized loop)")
REPORT = {
    "gcc": ("-fopt-info-vec-optimized", "-fno-inline-functions-called-once", "-fno-ipa-icf"),
    "clang": ("-Rpass=loop-vectorize",),
}


def catalogued(name, dtype):
    """The kernel of a loss."""
    record = CATALOGUE[name]
    return gradc.compile(record.function, record.signature, wrt=record.wrt, dtype=dtype)


def examine(kernel, compiler):
    """Scalar and vector calls in the assembly, and the lines of the loops that stayed scalar."""
    source = render([kernel.unit(mode) for mode in MODES], kernel.program, kernel.name, kernel.dtype).c
    with tempfile.TemporaryDirectory(prefix="gradc-vectorisation-") as folder:
        (Path(folder) / "kernel.c").write_text(source)
        flags = [flag for flag in compiler.kernel_flags if flag not in ("-shared", *compiler.link)]
        words = [*compiler.command, *flags, "kernel.c"]
        made = [*words, "-g1", *REPORT["clang" if "clang" in compiler.version else "gcc"], "-S", "-o", "kernel.s"]
        report = subprocess.run(made, cwd=folder, capture_output=True, text=True, check=True).stderr
        macros = subprocess.run([*words, "-E", "-dM"], cwd=folder, capture_output=True, text=True, check=True).stdout
        assembly = (Path(folder) / "kernel.s").read_text()
    done = {int(line) for line in VECTORISED.findall(report)}
    lines = source.splitlines()
    loops = [extent(lines, k) for k, line in enumerate(lines, 1) if line.strip().startswith("GRADC_SIMD(")]
    # Sines of gradc's own where the library has no vector form, and the library's for arguments that are out of reach.
    dead = "(GRADC_NEAR" if "#define GRADC_NEAR 0\n" in macros else "else {"
    loops = [(first, last) for first, last in loops if dead not in lines[first - 3]]
    # clang names the line of the pragma; at that line gcc has the loop that adds up the lanes of a sum.
    places = [(first, range(first - ("clang" in compiler.version), last + 1)) for first, last in loops]
    missed = [(first, lines[first - 1].strip()) for first, place in places if done.isdisjoint(place)]
    scalar, vector = calls(assembly, loops)
    return scalar, vector, missed, len(loops)


def extent(lines, pragma):
    """The first and the last line, counted from 1, of the loop under a pragma."""
    indent = len(lines[pragma]) - len(lines[pragma].lstrip())
    last = next(k for k in range(pragma + 1, len(lines)) if lines[k] == " " * indent + "}")
    return pragma + 1, last + 1


def calls(assembly, loops):
    """The calls of one number at a time in the loops, and how many there are of several."""
    found, line = {}, 0
    for name, place in CALL.findall(assembly):
        if place:
            line = int(place)
        elif any(first <= line <= last for first, last in loops):
            found.setdefault(line, Counter())[name] += 1
    scalar, vector = Counter(), 0
    for names in found.values():
        wide = {name.rpartition("_")[2] for name in names if name.startswith("_ZGV")}
        vector += sum(count for name, count in names.items() if name.startswith("_ZGV"))
        for name, count in names.items():
            if not name.startswith("_ZGV") and name not in wide and name not in NO_VECTOR:
                scalar[name] += count
    return scalar, vector


def main():
    """Print a line for each loss, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("losses", nargs="*", help="default: the whole catalogue")
    parser.add_argument("--dtype", default="float64", choices=("float64", "float32"))
    parser.add_argument("--verbose", action="store_true", help="show the loops that were not vectorised")
    options = parser.parse_args()
    compiler = find_compiler(open_cache())
    print(f"{compiler.version.splitlines()[0]}, {options.dtype}")
    print(f"{'loss':28} {'loops':>5} {'missed':>6} {'vector calls':>12}  scalar calls")
    total = missing = fallen = 0
    for name in options.losses or CATALOGUE:
        scalar, vector, missed, count = examine(catalogued(name, options.dtype), compiler)
        total, missing, fallen = total + count, missing + len(missed), fallen + bool(missed)
        named = ", ".join(f"{call} × {k}" for call, k in sorted(scalar.items()))
        print(f"{name:28} {count:5} {len(missed):6} {vector:12}  {named}", flush=True)
        if options.verbose:
            for line, text in missed:
                print(f"    line {line}: {text}")
    print(f"\n{missing} of {total} loops were not vectorised, in {fallen} losses.")


if __name__ == "__main__":
    main()
