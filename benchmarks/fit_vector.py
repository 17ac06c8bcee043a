"""Compute the polynomials of ``templates/vector/*.c`` with mpmath, and write them into those files.

    python benchmarks/fit_vector.py              # every polynomial
    python benchmarks/fit_vector.py exp log1pf   # those of some files
    python benchmarks/fit_vector.py --check      # write nothing; fail if a file holds other numbers

In the C a comment ``/* fit: NAME of VARIABLE */`` stands before a statement ``… = EXPRESSION;``, and this script writes
the expression; below ``/* coefficients: NAME */`` it names them c0, c1 and so on. They are those of the minimax
polynomial that `FITS` describes, by Remez' exchange with 40 digits, rounded to the type of the file. E. Ya. Remez, Sur
le calcul effectif des polynômes d'approximation de Tchebichef, C. R. Acad. Sci. 199 (1934).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from mpmath import matrix, mp, mpf

mp.dps = 40
VECTOR = Path(__file__).resolve().parent.parent / "templates" / "vector"
COEFFICIENTS = re.compile(r"(/\* coefficients: (\w+) \*/\n *)const double [^;]*;")
WIDTH = 118  # the longest line
FIT = re.compile(r"(/\* fit: (\w+) of (\w+) \*/\n *[^;=]*= )([^;]*);")

Function = Callable[[mpf], mpf]


class Fit(NamedTuple):
    """A polynomial of some terms for `function` on ``[low, high]``, its error weighed by `weight`."""

    function: Function
    weight: Function
    low: mpf
    high: mpf
    terms: int
    fixed: tuple[float, ...] = ()  # the first coefficients, where they are known to be these


def exp_tail(r: mpf) -> mpf:
    """(exp(r) - 1 - r) / r**2."""
    return mp.hyp1f1(1, 3, r) / 2


def atanh_tail(z: mpf) -> mpf:
    """(2 atanh(s) / s - 2) / z, of z = s**2."""
    s = mp.sqrt(z)
    return sum(2 * z**k / (2 * k + 3) for k in range(30)) if z < 1e-3 else (2 * mp.atanh(s) / s - 2) / z


def power_tail(z: mpf) -> mpf:
    """(3 atanh(s) / s - 3 - z) / z**2, of z = s**2."""
    return (mpf(3) / 2 * atanh_tail(z) - 1) / z if z > 1e-3 else sum(3 * z**k / (2 * k + 5) for k in range(30))


def exp2_ratio(r: mpf) -> mpf:
    """(2**r - 1) / r."""
    return mp.expm1(r * mp.log(2)) / r if r else mp.log(2)


def atan_tail(z: mpf) -> mpf:
    """(atan(w) / w - 1) / z, of z = w**2."""
    w = mp.sqrt(z)
    return sum((-1) ** (k + 1) * z**k / (2 * k + 3) for k in range(30)) if z < 1e-3 else (mp.atan(w) / w - 1) / z


def asin_tail(z: mpf) -> mpf:
    """(asin(s) / s - 1) / z, of z = s**2."""
    s = mp.sqrt(z)
    return asin_series(z) if z < 1e-3 else (mp.asin(s) / s - 1) / z


def asin_series(z: mpf) -> mpf:
    """The same by its series."""
    return sum(mp.binomial(2 * k, k) / mpf(4) ** k / (2 * k + 1) * z ** (k - 1) for k in range(1, 16))


def erf_tail(z: mpf) -> mpf:
    """Erf(x) / x - 1, of z = x**2."""
    x = mp.sqrt(z)
    return mp.erf(x) / x - 1 if z else 2 / mp.sqrt(mp.pi) - 1


def erfcx_scaled(u: mpf) -> mpf:
    """(1 + 2 x) exp(x**2) erfc(x), of u = (x - 4)/(x + 4)."""
    if u > 1 - mpf(10) ** -6:
        return 2 / mp.sqrt(mp.pi) * (1 + (1 - u) / 16)  # 1/(2 x), x = 8/(1 - u)
    x = 4 * (1 + u) / (1 - u)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def sin_tail(z: mpf) -> mpf:
    """(sin(r) / r - 1) / z, of z = r**2."""
    return sum((-1) ** (k + 1) * z**k / mp.factorial(2 * k + 3) for k in range(16))


def cos_tail(z: mpf) -> mpf:
    """(cos(r) - 1 + z / 2) / z**2, of z = r**2."""
    return sum((-1) ** k * z**k / mp.factorial(2 * k + 4) for k in range(16))


ZERO = mp.findroot(mp.digamma, 1.46163)
SQRT_EIGHT = mp.sqrt(8)


def psi_ratio(u: mpf) -> mpf:
    """Y psi(y) / (y - y0), of u = (y - sqrt(8))/(y + sqrt(8)), with psi(y0) = 0."""
    y = SQRT_EIGHT * (1 + u) / (1 - u)
    h = y - ZERO
    return y * (mp.digamma(y) / h if abs(h) > 1e-12 else mp.polygamma(1, ZERO) + h / 2 * mp.polygamma(2, ZERO))


def psi_tail(z: mpf) -> mpf:
    """(log(x) - 1/(2 x) - psi(x)) x**2, of z = 1/x**2."""
    x = 1 / mp.sqrt(z) if z > 1e-6 else mp.inf
    series = mpf(1) / 12 - z / 120 + z**2 / 252 - z**3 / 240
    return (mp.log(x) - 1 / (2 * x) - mp.digamma(x)) * x * x if z > 1e-6 else series


def stirling(z: mpf) -> mpf:
    """What Stirling's formula for log(gamma(x)) lacks, times x, of z = 1/x**2."""
    x = 1 / mp.sqrt(z) if z > 1e-6 else mp.inf
    series = mpf(1) / 12 - z / 360 + z**2 / 1260 - z**3 / 1680
    formula = (x - mpf(1) / 2) * mp.log(x) - x + mp.log(2 * mp.pi) / 2
    return x * (mp.loggamma(x) - formula) if z > 1e-6 else series


LN2_HALF = mp.log(2) / 2 * mpf("1.0001")
SQRT_HALF = mp.sqrt(mpf(1) / 2)
LOG_Z = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.0001")


def _exp(terms: int) -> Fit:
    return Fit(exp_tail, lambda r: abs(r) + mpf(10) ** -3, -LN2_HALF, LN2_HALF, terms)


def _near_one(terms: int) -> Fit:
    """The tail of the logarithm of a ratio between 0.38 and 2.62."""
    return Fit(atanh_tail, lambda z: mp.sqrt(z) + mpf(10) ** -3, mpf(0), mpf(1) / 5, terms)


def _log(terms: int, high: mpf = LOG_Z) -> Fit:
    return Fit(atanh_tail, lambda z: z + mpf(10) ** -6, mpf(0), high, terms)


QUARTER = (mp.pi / 4) ** 2 * mpf("1.001")
ONE_EIGHTH = (mp.sqrt(2) - 1) ** 2 * mpf("1.0001")  # tan(pi/8)**2


def _of(function: Function, low: float, high: float | mpf, terms: int) -> Fit:
    return Fit(function, lambda x: abs(x) + mpf(10) ** -4, mpf(low), mpf(high), terms)


def _flat(function: Function, low: float, high: float, terms: int) -> Fit:
    return Fit(function, lambda x: 1 / function(x), mpf(low), mpf(high), terms)


FAR = (mpf(7) / 10 - 4) / (mpf(7) / 10 + 4), mpf(1)
FITS: dict[str, Fit] = {
    "exp2": _of(exp2_ratio, -0.5, 0.5, 11),
    "exp2f": _of(exp2_ratio, -0.5, 0.5, 6),
    "atan": _of(atan_tail, 0, ONE_EIGHTH, 11),
    "atanf": _of(atan_tail, 0, ONE_EIGHTH, 4),
    "asin": _of(asin_tail, 0, 0.25, 13),
    "asinf": _of(asin_tail, 0, 0.25, 5),
    "kl_divergence": _near_one(13),
    "itakura": _near_one(13),
    "itakuraf": _near_one(6),
    "pow": Fit(power_tail, lambda _: mpf(1), mpf(0), LOG_Z, 9),
    "cbrt": _flat(lambda r: r ** (-mpf(1) / 3), 0.88, 1.14, 6),
    "cbrtf": _flat(lambda r: r ** (-mpf(1) / 3), 0.88, 1.14, 4),
    "erf": Fit(erf_tail, lambda _: mpf(1), mpf(0), mpf(1), 13),
    "erff": Fit(erf_tail, lambda _: mpf(1), mpf(0), mpf(1), 7),
    "erfcx": _flat(erfcx_scaled, FAR[0], FAR[1], 23),
    "erfcxf": _flat(erfcx_scaled, FAR[0], FAR[1], 11),
    "sin": Fit(sin_tail, lambda z: z + mpf(10) ** -4, mpf(0), QUARTER, 6),
    "sinf": Fit(sin_tail, lambda z: z + mpf(10) ** -4, mpf(0), QUARTER, 3),
    "cos": Fit(cos_tail, lambda z: z * z + mpf(10) ** -4, mpf(0), QUARTER, 6),
    "cosf": Fit(cos_tail, lambda z: z * z + mpf(10) ** -4, mpf(0), QUARTER, 3),
    "psi": _flat(psi_ratio, -0.4777, 0.4777, 26),
    "psi_tail": Fit(psi_tail, lambda _: mpf(1), mpf(0), mpf(1) / 64, 6),
    "stirling": Fit(stirling, lambda _: mpf(1), mpf(0), mpf(1) / 64, 6),
    "exp": _exp(10),
    "expf": _exp(5),
    "atanh": _log(7),
    "atanhf": _log(3),
    "atanh_unit": _log(10, mpf(1) / 9),
    "atanh_unitf": _log(5, mpf(1) / 9),
}


@cache
def remez(name: str) -> tuple[tuple[mpf, ...], mpf]:
    """Return the coefficients, lowest power first, and the largest weighted error."""
    fit = FITS[name]
    n, fixed = fit.terms - len(fit.fixed), [mpf(c) for c in fit.fixed]
    middle, half = (fit.low + fit.high) / 2, (fit.high - fit.low) / 2
    grid = [middle - half * mp.cos(mp.pi * k / 400) for k in range(401)]
    shift = len(fixed)
    target = [fit.function(x) - mp.polyval(fixed[::-1], x) if fixed else fit.function(x) for x in grid]
    weight = [fit.weight(x) for x in grid]
    chosen = [round(400 * k / n) for k in range(n + 1)]
    for _ in range(12):
        system, right = matrix(n + 1, n + 1), matrix(n + 1, 1)
        for row, k in enumerate(chosen):
            for column in range(n):
                system[row, column] = grid[k] ** (column + shift)
            system[row, n] = (-1) ** row / weight[k]
            right[row] = target[k]
        solution = mp.lu_solve(system, right)
        poly = [*fixed, *(solution[k] for k in range(n))]
        errors = [(mp.polyval(poly[::-1], x) - fit.function(x)) * w for x, w in zip(grid, weight, strict=True)]
        # The extrema between changes of sign, of which the n + 1 largest that alternate are kept.
        extrema: list[int] = []
        for k, error in enumerate(errors):
            if extrema and (errors[extrema[-1]] > 0) == (error > 0):
                if abs(error) > abs(errors[extrema[-1]]):
                    extrema[-1] = k
            else:
                extrema.append(k)
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        worst = max(map(abs, errors))
        if len(extrema) < n + 1 or extrema == chosen:
            break
        chosen = extrema
    return tuple(poly), worst


def spell(value: mpf, single: bool) -> str:
    """Return a literal of the type."""
    if not single:
        return repr(float(value))
    text = str(np.float32(value))
    return (text if re.search(r"[.e]", text) else f"{text}.0") + "f"


def horner(name: str, variable: str, single: bool, start: str) -> str:
    """Return the polynomial as an expression behind `start`, three coefficients a line."""
    terms = [spell(c, single) for c in remez(name)[0]][::-1]
    indent = " " * (len(start) - len(start.lstrip()) + 4)
    text = terms[0]  # a line holds the opening brackets as well
    full = len(start) + len(terms) + len(", ".join(terms[:3])) + 2 * len(f") * {variable} ") > WIDTH
    for k, term in enumerate(terms[1:], 1):
        sign, size = ("-", term[1:]) if term.startswith("-") else ("+", term)
        line = f"\n{indent}" if k % 3 == 0 or (k == 2 and full) else " "
        text = f"({text}) * {variable}{line}{sign} {size}" if k > 1 else f"{text} * {variable}{line}{sign} {size}"
    return text


def main(arguments: list[str]) -> int:
    """Fill the polynomials of the named files, or of all."""
    check, names = "--check" in arguments, [a for a in arguments if a != "--check"]
    stale = []
    for path in sorted(VECTOR.glob("*.c")):
        if names and path.stem not in names:
            continue
        old = path.read_text(encoding="utf-8")

        def fill(found: re.Match[str]) -> str:
            single = "float " in found[1]
            start = found[1].rpartition("\n")[2]
            print(f"{found[2]:16} error {mp.nstr(mp.log(remez(found[2])[1], 2), 4)} bits", flush=True)
            return f"{found[1]}{horner(found[2], found[3], single, start)};"

        def name(found: re.Match[str]) -> str:
            terms = [f"c{k} = {spell(c, single=False)}" for k, c in enumerate(remez(found[2])[0])]
            lines = [", ".join(terms[k : k + 3]) for k in range(0, len(terms), 3)]
            return f"{found[1]}const double {(',' + chr(10) + ' ' * 17).join(lines)};"

        new = COEFFICIENTS.sub(name, FIT.sub(fill, old))
        if new != old and check:
            stale.append(path.name)
        elif new != old:
            path.write_text(new, encoding="utf-8")
    if stale:
        print("other numbers in", ", ".join(stale), "- run: python benchmarks/fit_vector.py")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
