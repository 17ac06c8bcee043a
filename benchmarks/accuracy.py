"""Measure every primitive and every partial derivative of the table against mpmath, and write ``docs/accuracy.md``.

    python benchmarks/accuracy.py                     # all, with 200 points each; writes the page
    python benchmarks/accuracy.py exp tanh --points 1000   # some, printed only

Each primitive is compiled as a user's kernel is, over arrays, in both dtypes, once with gradc's own functions and once
with ``precise=True``; a derivative is what `vjp` gives, after all rewriting. Points are drawn from the domain that the
table names: half of them uniformly, half by magnitude where an end of the domain is 0. Errors are in units of the last
place of the right result, which mpmath gives to 40 digits for the very numbers that the kernel is given.
"""

from __future__ import annotations

import argparse
import math
import random
from pathlib import Path

import numpy as np
from mpmath import mp, mpf

import gradc
from gradc.calculus.multiprecision import functions
from gradc.calculus.primitives import OPERANDS, PRIMITIVES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
WHOLE = {"polygamma": (1.0, 2.0, 3.0)}  # a first operand that is a whole number
# Not functions of reals whose derivatives are their own: what rounding took, and marks that passes put on values.
UNMEASURED = ("product_error", "sum_error", "held", "stands_for")
BEGIN, END = "<!-- begin: benchmarks/accuracy.py -->", "<!-- end -->"
DTYPES = {"float64": np.float64, "float32": np.float32}


def points(name, dtype, count):
    """Arrays of operands."""
    rng, entry = random.Random(name), PRIMITIVES[name]
    columns = []
    for low, high in entry.domain:
        if name in WHOLE and not columns:
            columns.append([rng.choice(WHOLE[name]) for _ in range(count)])
            continue
        column = [rng.uniform(low, high) for _ in range(count)]
        if low < 0 < high:  # every other one close to 0
            column[::2] = [rng.choice((low, high)) * 10 ** rng.uniform(-6, 0) for _ in column[::2]]
        columns.append(column)
    return [np.array(column, dtype) for column in columns]


def ulps(got, exact, dtype):
    """The error in units of the last place of the right result."""
    rounded = dtype(float(exact))
    if not np.isfinite(got):
        return 0.0 if got == rounded else math.inf
    return float(abs(mpf(float(got)) - exact) / mpf(float(np.spacing(abs(rounded)))))


def truths(name, rows):
    """The value and the partial derivatives at each point."""
    function, entry = functions()[name], PRIMITIVES[name]
    found = [[function(*row) for row in rows]]
    for k in range(entry.arity):
        if entry.partials[k] == "0" or (name in WHOLE and k == 0):
            found.append(None)
            continue
        orders = tuple(int(m == k) for m in range(entry.arity))
        if name in WHOLE:
            found.append([mp.polygamma(int(row[0]) + 1, row[1]) for row in rows])
        else:
            found.append(
                [mp.diff(function, row if len(row) > 1 else row[0], orders if len(row) > 1 else 1) for row in rows]
            )
    return found


def measure(name, dtype, count, precise=(False, True)):
    """The worst error of value and partials in ulps, with gradc's functions and with libm's."""
    entry, real = PRIMITIVES[name], DTYPES[dtype]
    operands = OPERANDS[: entry.arity]
    arrays = points(name, real, count)
    with mp.workdps(40):
        exact = truths(name, [[mpf(float(x)) for x in row] for row in zip(*arrays, strict=True)])
        rows = []
        for libm in precise:
            kernel = gradc.compile(
                f"{name}({', '.join(operands)})",
                ", ".join(f"{x}[n]" for x in operands),
                wrt=operands,
                dtype=dtype,
                precise=libm,
                name=f"{name}_accuracy",
            )
            value, gradients = kernel.vjp(tuple(arrays), np.ones(count, real))
            results = [value, *gradients]
            rows.append(
                [
                    None if e is None else max(ulps(g, x, real) for g, x in zip(got, e, strict=True))
                    for got, e in zip(results, exact, strict=True)
                ]
            )
    return rows


def spell(pair):
    """One cell: gradc's own, and libm's where it differs."""
    own, libm = pair
    if own is None:
        return ""
    first, second = (f"{x:.1f}" if x < 1e4 else f"{x:.0e}" for x in (own, libm))
    return first if first == second else f"{first} ({second})"


def main():
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--points", type=int, default=200)
    options = parser.parse_args()
    lines = [
        "| primitive | domain | float64 | ∂x | ∂y | float32 | ∂x | ∂y |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    print("\n".join(lines))
    for name in options.names or [name for name in PRIMITIVES if name not in UNMEASURED]:
        cells = []
        for dtype in DTYPES:
            own, libm = measure(name, dtype, options.points)
            found = [spell(pair) for pair in zip(own, libm, strict=True)]
            cells += [*found, *[""] * (3 - len(found))]
        domain = " × ".join(f"[{low:g}, {high:g}]" for low, high in PRIMITIVES[name].domain)
        lines.append(f"| `{name}` | {domain} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    if not options.names:
        head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        tail = rest.partition(END)[2]
        PAGE.write_text(head + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + END + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
