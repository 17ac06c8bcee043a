"""Check a kernel's gradient three ways, by random projections.

reverse   g . v      the gradient times a random direction
forward   jvp(v)     forward mode along that direction
central   (f(x + h v) - f(x - h v)) / 2h, extrapolated to h = 0 (Ridders' method, Press et al., *Numerical Recipes*
          3rd ed., section 5.7), with the error it estimates of itself
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from gradc.compiled import Kernel


class Projection(NamedTuple):
    """One argument's directional derivative, three ways, and the error of the difference."""

    argument: str
    reverse: float
    forward: float
    central: float
    error: float

    def agrees(self, precision: float) -> bool:
        """Whether the three agree as well as the arithmetic allows."""
        scale = max(abs(self.reverse), abs(self.forward), abs(self.central))
        exact = abs(self.reverse - self.forward) <= 1e5 * precision * scale + np.finfo(np.float64).tiny
        return bool(exact and abs(self.reverse - self.central) <= 10 * self.error + 1e3 * precision * scale)


class GradientReport(NamedTuple):
    """What a check found; prints as a table."""

    kernel: str
    rows: tuple[Projection, ...]
    precision: float

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return all(row.agrees(self.precision) for row in self.rows)

    def __str__(self) -> str:
        lines = [f"{self.kernel}: the derivative along a random direction of each argument", ""]
        lines.append(f"{'argument':12} {'reverse':>24} {'forward':>24} {'differences':>24} {'± its error':>12}")
        for row in self.rows:
            verdict = "" if row.agrees(self.precision) else "   <- disagrees"
            numbers = " ".join(f"{value:24.16g}" for value in (row.reverse, row.forward, row.central))
            lines.append(f"{row.argument:12} {numbers} {row.error:12.1e}{verdict}")
        return "\n".join([*lines, "", "the three agree" if self.ok else "THE GRADIENT IS WRONG, or not smooth here"])


def check(k: Kernel, *args: Any, seed: int = 0) -> GradientReport:
    """Compare reverse mode, forward mode and differences; see `gradc.check_grad`."""
    rng = np.random.default_rng(seed)
    precision = float(np.finfo(k.dtype).eps)
    values = [np.asarray(a, k.dtype) if k.arguments[n] in k.wrt else a for n, a in enumerate(args)]
    if k._made_of is not None:
        k._made_of.compare(values, k.dtype, np.inf)
    value = k(*values)
    cotangent: Any = 1.0 if np.ndim(value) == 0 else rng.standard_normal(np.shape(value)).astype(k.dtype)
    _, gradients = k.vjp(tuple(values), cotangent)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    rows = []
    for name, gradient in zip(k.wrt, gradients, strict=True):
        position = k.arguments.index(name)
        direction = np.asarray(rng.standard_normal(np.shape(values[position])), k.dtype)
        tangents = tuple(direction if n == name else np.zeros_like(values[k.arguments.index(n)]) for n in k.wrt)
        _, tangent = k.jvp(tuple(values), tangents)

        def along(h: float, position: int = position, direction: Any = direction) -> float:
            moved = list(values)
            moved[position] = (values[position] + np.asarray(h * direction, k.dtype)).astype(k.dtype)
            return float(np.sum(np.asarray(cotangent, np.float64) * np.asarray(k(*moved), np.float64)))

        size = float(np.max(np.abs(values[position]), initial=0.0))
        central, error = _ridders(along, (precision ** (1 / 4)) * max(size, 1.0), precision)
        reverse = float(np.sum(np.asarray(gradient, np.float64) * direction))
        forward = float(np.sum(np.asarray(cotangent, np.float64) * np.asarray(tangent, np.float64)))
        rows.append(Projection(name, reverse, forward, central, error))
    return GradientReport(k.name, tuple(rows), precision)


def _ridders(f: Any, h: float, precision: float) -> tuple[float, float]:
    shrink, best, error = 1.6, np.nan, np.inf
    table: list[list[float]] = []
    for k in range(8):
        row = [(f(h) - f(-h)) / (2 * h)]
        noise = precision * (abs(f(h)) + abs(f(-h))) / h
        factor = shrink**2
        for previous in table[-1] if table else []:
            row.append((row[-1] * factor - previous) / (factor - 1))
            factor *= shrink**2
        for j in range(1, len(row)):
            spread = max(abs(row[j] - row[j - 1]), abs(row[j] - table[-1][j - 1])) + noise
            if spread < error:
                best, error = row[j], spread
        if k and abs(row[-1] - table[-1][-1]) > 2 * error and len(table) > 3:
            break
        table.append(row)
        h /= shrink
    return best, error
