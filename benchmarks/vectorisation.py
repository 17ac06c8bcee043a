"""Which inner loops of the catalogue's kernels fell back to scalar code, by the compiler's own report and its assembly.

    python benchmarks/vectorisation.py                      # every loss, float64
    python benchmarks/vectorisation.py logistic huber --dtype float32 --verbose

For each loss: calls of libm one number at a time beside those of the vector library, and the loops that gradc asks to
have vectorised (`GRADC_SIMD`) and that the compiler did not. Needs gcc, whose report it reads.
"""

import argparse
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import gradc
from gradc import pipeline
from gradc.losses import CATALOGUE
from gradc.runtime.cache import open_cache
from gradc.runtime.toolchain import find_compiler

MODES = ("value", "value_and_grad")
# Calls that are no arithmetic on elements.
NO_VECTOR = frozenset({"memset", "memcpy", "memmove"})
CALL = re.compile(r"\b(?:call|jmp)\s+\*?([A-Za-z_][A-Za-z_0-9]*)")
VECTORISED = re.compile(r"kernel\.c:(\d+):\d+: optimized: .*loop vectorized")


def examine(name, dtype, compiler):
    """Scalar and vector calls in the assembly, and the lines of the loops that stayed scalar."""
    record = CATALOGUE[name]
    kernel = gradc.compile(record.function, record.signature, wrt=record.wrt, dtype=dtype)
    source = pipeline.render([kernel.unit(mode) for mode in MODES], kernel.program, name, dtype).c
    with tempfile.TemporaryDirectory(prefix="gradc-vectorisation-") as folder:
        (Path(folder) / "kernel.c").write_text(source)
        flags = [flag for flag in compiler.kernel_flags if flag not in ("-shared", *compiler.link)]
        words = [*compiler.command, *flags, "-fopt-info-vec-optimized", "-S", "kernel.c", "-o", "kernel.s"]
        report = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stderr
        assembly = (Path(folder) / "kernel.s").read_text()
    calls = Counter(CALL.findall(assembly.replace("@PLT", "")))
    vector = Counter({c: k for c, k in calls.items() if c.startswith("_ZGV")})
    own = ("_ZGV", "gradc_", name)
    scalar = Counter({c: k for c, k in calls.items() if not c.startswith(own) and c not in NO_VECTOR})
    done = {int(line) for line in VECTORISED.findall(report)}
    lines = source.splitlines()
    wanted = [k + 2 for k, line in enumerate(lines) if line.strip().startswith("GRADC_SIMD(")]
    missed = [(line, lines[line - 1].strip()) for line in wanted if not done & {line - 1, line, line + 1}]
    return scalar, vector, missed, len(wanted)


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
        scalar, vector, missed, count = examine(name, options.dtype, compiler)
        total, missing, fallen = total + count, missing + len(missed), fallen + bool(missed)
        calls = ", ".join(f"{call} × {k}" for call, k in sorted(scalar.items()))
        print(f"{name:28} {count:5} {len(missed):6} {sum(vector.values()):12}  {calls}", flush=True)
        if options.verbose:
            for line, text in missed:
                print(f"    line {line}: {text}")
    print(f"\n{missing} of {total} loops were not vectorised, in {fallen} losses.")
    print("Scalar calls beside vector ones are mostly the last few elements of a loop.")


if __name__ == "__main__":
    main()
