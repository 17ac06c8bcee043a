"""What every primitive computes to any number of digits, with mpmath: what accuracy is measured against.

The table of primitives says it, entry by entry, as a function of mpmath and the operands. What is here binds these to
`Reals`, so that mpmath is imported only where somebody asks.

>>> import mpmath
>>> with mpmath.workdps(30):
...     print(functions()["log1mexp"](mpmath.mpf(-1)))
-0.458675145387081891021643645067
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from gradc.calculus.primitives import PRIMITIVES


class Reals:
    """mpmath's functions, as functions of reals: NaN where the result is complex, infinite at a logarithm's pole.

    What is not here is mpmath's own, by the same name.

    >>> from gradc.calculus.multiprecision import Reals
    >>> reals = Reals()
    >>> reals.log(reals.mpf(0)), reals.asin(reals.mpf(2)), reals.erf(reals.mpf(0))
    (mpf('-inf'), mpf('nan'), mpf('0.0'))
    """

    def __init__(self) -> None:
        from mpmath import mp

        self._mp = mp
        self.asin = self._inside(mp.asin, -1, 1)
        self.acos = self._inside(mp.acos, -1, 1)
        self.acosh = self._inside(mp.acosh, 1, mp.inf)
        self.atanh = self._inside(mp.atanh, -1, 1)
        self.sqrt = self._inside(mp.sqrt, 0, mp.inf)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mp, name)

    def _inside(self, function: Callable[..., Any], low: Any, high: Any) -> Callable[[Any], Any]:
        return lambda x: function(x) if low <= x <= high else self.nan

    def sign(self, x: Any) -> Any:
        """-1, 0 or 1; mpmath's is not NaN at NaN."""
        return x if self.isnan(x) else self._mp.sign(x)

    def quotient(self, x: Any, y: Any) -> Any:
        """``x / y``, which mpmath refuses where y is 0."""
        if y == 0:
            return self.nan if x == 0 or self.isnan(x) else self.inf * self.sign(x)
        return x / y

    def power(self, x: Any, y: Any) -> Any:
        """``x**y``; NaN for a negative x with a fractional y."""
        if y == 0:
            return self.mpf(1)
        if x == 0:
            return self.inf if y < 0 else self.mpf(0)
        return x**y if x > 0 or y == self.floor(y) else self.nan

    def log(self, x: Any) -> Any:
        """The natural logarithm."""
        return -self.inf if x == 0 else self._mp.log(x) if x > 0 else self.nan

    def log1p(self, x: Any) -> Any:
        """``log(1 + x)``, with all digits for a small x."""
        return self.log(1 + x) if abs(x) > 0.5 else self._mp.log1p(x)

    def weighted(self, x: Any, y: Any) -> Any:
        """``x * y``; 0 where x is 0, although y be infinite."""
        return self.mpf(0) if x == 0 and not self.isnan(y) else x * y

    def relative_entropy(self, x: Any, y: Any) -> Any:
        """``x * log(x / y)``; 0 where x is 0, and infinite outside of the domain."""
        if self.isnan(x) or self.isnan(y):
            return self.nan
        return x * self.log(x / y) if x > 0 and y > 0 else self.mpf(0) if x == 0 and y >= 0 else self.inf


@cache
def functions() -> dict[str, Callable[..., Any]]:
    """One function of mpmath's numbers for each primitive."""
    reals = Reals()
    return {
        name: partial(entry.truth, reals) if entry.truth is not None else getattr(reals, name)
        for name, entry in PRIMITIVES.items()
    }
