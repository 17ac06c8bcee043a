"""Compute the polynomial tables of ``templates/special/*.c`` with mpmath, and write them into those files.

    python benchmarks/fit_special.py                  # every table
    python benchmarks/fit_special.py digamma lgamma   # those of some files
    python benchmarks/fit_special.py --check          # write nothing; fail if a file holds other numbers

A table is the Chebyshev interpolant (50 digits, near-minimax) of a function on an interval, turned into powers of
``x - centre`` and rounded to double. The number of terms is the least whose relative error is below `TARGET`, a
sixteenth of an ulp or better, so that what remains is the rounding of the evaluation. `TABLES` says what is fitted
where; a file of C holds each table as ``static const double NAME[] = {...};``, whose braces this script fills.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mpmath import chebyfit, exp, mp, mpf, sqrt

mp.dps = 50
TARGET = mpf(2) ** -58
SPECIAL = Path(__file__).resolve().parent.parent / "templates" / "special"

Function = Callable[[mpf], mpf]


class Table(NamedTuple):
    """A polynomial in ``x - centre`` for `function` on ``[low, high]``."""

    function: Function
    low: float
    high: float
    centre: float


@cache
def digamma_root() -> mpf:
    """Return the positive zero of digamma, 1.46163…"""
    return mp.findroot(mp.digamma, mpf("1.4616321449683623"))


def lgamma_ratio(x: mpf) -> mpf:
    """lgamma(x) / ((x - 1)(x - 2)): smooth and positive, the zeros divided out."""
    x += mpf(10) ** -22  # 0/0 at the zeros themselves
    return mp.loggamma(x) / ((x - 1) * (x - 2))


def stirling(z: mpf) -> mpf:
    """x (lgamma(x) - (x - 1/2) log(x) + x - log(2 pi) / 2), of z = 1/x**2."""
    if z < mpf(10) ** -8:
        return mpf(1) / 12 - z / 360 + z**2 / 1260 - z**3 / 1680 + z**4 / 1188
    x = 1 / sqrt(z)
    return x * (mp.loggamma(x) - (x - mpf(1) / 2) * mp.log(x) + x - mp.log(2 * mp.pi) / 2)


def digamma_ratio(x: mpf) -> mpf:
    """digamma(x) / (x - root)."""
    return mp.digamma(x) / (x - digamma_root())


def digamma_tail(z: mpf) -> mpf:
    """(log(x) - 1/(2x) - digamma(x)) x**2, of z = 1/x**2."""
    if z < mpf(10) ** -8:
        return mpf(1) / 12 - z / 120 + z**2 / 252 - z**3 / 240
    x = 1 / sqrt(z)
    return (mp.log(x) - 1 / (2 * x) - mp.digamma(x)) / z


def trigamma(x: mpf) -> mpf:
    """psi'(x)."""
    return mp.polygamma(1, x)


def trigamma_tail(z: mpf) -> mpf:
    """(psi'(x) - 1/x - 1/(2 x**2)) x**3, of z = 1/x**2."""
    if z < mpf(10) ** -8:
        return mpf(1) / 6 - z / 30 + z**2 / 42 - z**3 / 30
    x = 1 / sqrt(z)
    return (trigamma(x) - 1 / x - z / 2) * x / z


def erfcx(x: mpf) -> mpf:
    """exp(x**2) erfc(x)."""
    return exp(x * x) * mp.erfc(x)


def erfcx_tail(z: mpf) -> mpf:
    """X erfcx(x), of z = 1/x**2."""
    if z < mpf(10) ** -8:
        return (1 - z / 2 + 3 * z**2 / 4 - 15 * z**3 / 8) / sqrt(mp.pi)
    x = 1 / sqrt(z)
    return x * erfcx(x)


def mills(x: mpf) -> mpf:
    """Mills' ratio of the normal distribution over sqrt(2 pi)."""
    return erfcx(x / sqrt(mpf(2))) / 2


def mills_tail(z: mpf) -> mpf:
    """X mills(x), of z = 1/x**2."""
    return erfcx_tail(2 * z) / sqrt(mpf(2))


def bessel_power(order: int) -> Function:
    """I0 = 1 + t P(t), I1 = x (1/2 + t P(t)), of t = (x/2)**2."""

    def power(t: mpf) -> mpf:
        if t < mpf(10) ** -8:
            return 1 + t / 4 + t**2 / 36 + t**3 / 576 if order == 0 else mpf(1) / 4 + t / 24 + t**2 / 288 + t**3 / 5760
        x = 2 * sqrt(t)
        return (mp.besseli(0, x) - 1) / t if order == 0 else (mp.besseli(1, x) / x - mpf(1) / 2) / t

    return power


def bessel_scaled(order: int) -> Function:
    """sqrt(x) exp(-x) I(x)."""
    return lambda x: sqrt(x) * exp(-x) * mp.besseli(order, x)


def bessel_tail(order: int) -> Function:
    """sqrt(x) exp(-x) I(x), of z = 1/x."""

    def tail(z: mpf) -> mpf:
        if z < mpf(10) ** -4:
            term = total = mpf(1)
            for k in range(1, 12):
                term *= -(4 * order**2 - (2 * k - 1) ** 2) * z / (8 * k)
                total += term
            return total / sqrt(2 * mp.pi)
        return bessel_scaled(order)(1 / z)

    return tail


def divergence(d: mpf) -> mpf:
    """((1 + d) log(1 + d) - d) / d**2."""
    if abs(d) < mpf(10) ** -12:
        return mpf(1) / 2 - d / 6 + d**2 / 12 - d**3 / 20
    return ((1 + d) * mp.log1p(d) - d) / d**2


def pieces(name: str, function: Function, edges: tuple[float, ...]) -> dict[str, Table]:
    """Tables ``name_0``, ``name_1``, … of one function, each about the middle of its interval."""
    pairs = list(pairwise(edges))
    return {f"{name}_{i}": Table(function, low, high, (low + high) / 2) for i, (low, high) in enumerate(pairs)}


TABLES: dict[str, dict[str, Table]] = {
    "stirling": {"gradc_stirling_tail": Table(stirling, 0, 1 / 64, 0)},
    "lgamma": pieces("gradc_lgamma", lgamma_ratio, (0.5, 1, 2, 4, 8)),
    "gamma": pieces("gradc_gamma", mp.gamma, (0.5, 1, 2, 3)),
    "digamma": {
        "gradc_digamma_0": Table(digamma_ratio, 1, 2, 1.5),
        **{f"gradc_digamma_{i}": Table(mp.digamma, 2**i, 2 ** (i + 1), 1.5 * 2**i) for i in (1, 2)},
        "gradc_digamma_tail": Table(digamma_tail, 0, 1 / 64, 0),
    },
    "trigamma": {
        **pieces("gradc_trigamma", trigamma, (1, 2, 4, 8)),
        "gradc_trigamma_tail": Table(trigamma_tail, 0, 1 / 64, 0),
    },
    "erfcx": {
        **pieces("gradc_erfcx", erfcx, (-1, -0.25, 0.25, 1, 2, 4, 8)),
        "gradc_erfcx_tail": Table(erfcx_tail, 0, 1 / 64, 0),
    },
    "mills": {
        **pieces("gradc_mills", mills, (0.5, 1.5, 3, 5, 9)),
        "gradc_mills_tail": Table(mills_tail, 0, 1 / 81, 0),
    },
    "i0e": {
        "gradc_i0_power": Table(bessel_power(0), 0, 16, 0),
        **pieces("gradc_i0e", bessel_scaled(0), (8, 16, 32)),
        "gradc_i0e_tail": Table(bessel_tail(0), 0, 1 / 32, 0),
    },
    "i1e": {
        "gradc_i1_power": Table(bessel_power(1), 0, 16, 0),
        **pieces("gradc_i1e", bessel_scaled(1), (8, 16, 32)),
        "gradc_i1e_tail": Table(bessel_tail(1), 0, 1 / 32, 0),
    },
    "kl_div": pieces("gradc_kl_div", divergence, (-0.5, 0, 1, 3)),
}


def coefficients(table: Table) -> list[float]:
    """Return the shortest polynomial within `TARGET`, lowest power first."""
    low, high = mpf(table.low), mpf(table.high)
    scale = min(abs(table.function(low + (high - low) * i / 16)) for i in range(17))
    shifted = (low - table.centre, high - table.centre)
    for terms in range(4, 40):
        poly, error = chebyfit(lambda t: table.function(table.centre + t), shifted, terms, error=True)
        if error < TARGET * scale:
            return [float(c) for c in reversed(poly)]
    raise ArithmeticError(f"no polynomial of 40 terms on [{table.low}, {table.high}]")


def fill(text: str, name: str, values: list[float]) -> str:
    """Replace the braces of the table `name` in a file of C."""
    rows = [", ".join(f"{value!r}" for value in values[i : i + 4]) for i in range(0, len(values), 4)]
    body = "{\n" + "".join(f"        {row},\n" for row in rows) + "    }"
    filled, count = re.subn(rf"(static const double {name}\[\] = )\{{[^}}]*\}}", lambda m: m[1] + body, text)
    if count != 1:
        raise ValueError(f"{count} tables named {name}")
    return filled


def main(arguments: list[str]) -> int:
    """Fill the tables of the named files, or of all."""
    check, names = "--check" in arguments, [a for a in arguments if a != "--check"] or list(TABLES)
    stale = []
    for name in names:
        path = SPECIAL / f"{name}.c"
        old = new = path.read_text(encoding="utf-8")
        for label, table in TABLES[name].items():
            values = coefficients(table)
            new = fill(new, label, values)
            print(f"{path.name:12} {label:22} {len(values):3} terms", flush=True)
        if new != old and check:
            stale.append(path.name)
        elif new != old:
            path.write_text(new, encoding="utf-8")
    if stale:
        print("other numbers in", ", ".join(stale), "- run: python benchmarks/fit_special.py")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
