"""What every primitive computes to any number of digits, with mpmath: what accuracy is measured against.

>>> import mpmath
>>> with mpmath.workdps(30):
...     print(functions()["log1mexp"](mpmath.mpf(-1)))
-0.458675145387081890216436450167
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def functions() -> dict[str, Callable[..., Any]]:
    """One function of mpmath's numbers for each primitive; also of the comparisons and choices of the IR."""
    from mpmath import mp

    inf, nan = mp.inf, mp.nan

    def sign(x: Any) -> Any:
        return x if mp.isnan(x) else mp.sign(x)

    def extreme(first: bool, skip: bool) -> Callable[[Any, Any], Any]:
        def choose(x: Any, y: Any) -> Any:
            if mp.isnan(x) or mp.isnan(y):
                return (y if mp.isnan(x) else x) if skip else nan
            return max(x, y) if first else min(x, y)

        return choose

    def quotient(x: Any, y: Any) -> Any:
        if y == 0:
            return nan if x == 0 or mp.isnan(x) else inf * sign(x)
        return x / y

    def power(x: Any, y: Any) -> Any:
        if y == 0:
            return mp.mpf(1)
        if x == 0:
            return inf if y < 0 else mp.mpf(0)
        return x**y if x > 0 or y == mp.floor(y) else nan

    def logarithm(x: Any) -> Any:
        return -inf if x == 0 else mp.log(x) if x > 0 else nan

    def root(x: Any) -> Any:
        return mp.sqrt(x) if x >= 0 else nan

    def inside(function: Callable[..., Any], low: Any, high: Any) -> Callable[[Any], Any]:
        return lambda x: function(x) if low <= x <= high else nan

    def normal(x: Any) -> Any:
        return mp.erfc(-x / mp.sqrt(2)) / 2

    def weighted(x: Any, y: Any) -> Any:
        return mp.mpf(0) if x == 0 and not mp.isnan(y) else x * y

    def relative_entropy(x: Any, y: Any) -> Any:
        if mp.isnan(x) or mp.isnan(y):
            return nan
        return x * mp.log(x / y) if x > 0 and y > 0 else mp.mpf(0) if x == 0 and y >= 0 else inf

    def moment(n: Any, t: Any) -> Any:
        return mp.hyp1f1(n + 1, n + 2, t) / (n + 1)

    def scaled(function: Callable[..., Any]) -> Callable[[Any], Any]:
        return lambda x: mp.exp(-abs(x)) * function(x)

    found: dict[str, Callable[..., Any]] = {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": quotient,
        "neg": lambda x: -x,
        "pow": power,
        "floor_divide": lambda x, y: mp.floor(quotient(x, y)),
        "fmod": lambda x, y: x - (mp.floor(x / y) if x * y >= 0 else mp.ceil(x / y)) * y,
        "mod": lambda x, y: x - mp.floor(x / y) * y,
        "abs": abs,
        "sign": sign,
        "floor": mp.floor,
        "ceil": mp.ceil,
        "trunc": lambda x: mp.floor(x) if x >= 0 else mp.ceil(x),
        "rint": mp.nint,
        "maximum": extreme(True, False),
        "minimum": extreme(False, False),
        "fmax": extreme(True, True),
        "fmin": extreme(False, True),
        "heaviside": lambda x, y: x if mp.isnan(x) else y if x == 0 else mp.mpf(int(x > 0)),
        "exp": mp.exp,
        "exp2": lambda x: mp.mpf(2) ** x,
        "expm1": mp.expm1,
        "log": logarithm,
        "log2": lambda x: logarithm(x) / mp.log(2),
        "log10": lambda x: logarithm(x) / mp.log(10),
        "log1p": lambda x: logarithm(1 + x) if abs(x) > 0.5 else mp.log1p(x),
        "log1p_unit": mp.log1p,
        "logaddexp": lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))) if x != y else x + mp.log(2),
        "logaddexp2": lambda x, y: mp.log(mp.mpf(2) ** x + mp.mpf(2) ** y, 2),
        "sqrt": root,
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        "hypot": mp.hypot,
        "smooth_abs": lambda x, y: root(x * x + y),
        "smooth_sign": lambda x, y: quotient(x, root(x * x + y)),
        "sin": mp.sin,
        "cos": mp.cos,
        "tan": mp.tan,
        "sec": mp.sec,
        "csc": mp.csc,
        "cot": mp.cot,
        "arcsin": inside(mp.asin, -1, 1),
        "arccos": inside(mp.acos, -1, 1),
        "arctan": mp.atan,
        "arcsec": lambda x: mp.asec(x) if abs(x) >= 1 else nan,
        "arccsc": lambda x: mp.acsc(x) if abs(x) >= 1 else nan,
        "arccot": lambda x: mp.atan(quotient(mp.mpf(1), x)),
        "arctan2": mp.atan2,
        "arctan_ratio": lambda x, y: mp.atan(quotient(x, y)),
        "sinc": lambda x: mp.sinc(mp.pi * x),
        "sinh": mp.sinh,
        "cosh": mp.cosh,
        "tanh": mp.tanh,
        "sech": mp.sech,
        "sech_square": lambda x: mp.sech(x) ** 2,
        "csch": mp.csch,
        "coth": mp.coth,
        "arcsinh": mp.asinh,
        "arccosh": inside(mp.acosh, 1, inf),
        "arctanh": inside(mp.atanh, -1, 1),
        "arcsech": inside(mp.asech, 0, 1),
        "arccsch": mp.acsch,
        "arccoth": lambda x: mp.acoth(x) if abs(x) >= 1 else nan,
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "logit": lambda x: logarithm(quotient(x, 1 - x)),
        "log_sigmoid": lambda x: -mp.log1p(mp.exp(-x)),
        "softplus": lambda x: mp.log1p(mp.exp(x)),
        "erf": mp.erf,
        "erfc": mp.erfc,
        "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x),
        "ndtr": normal,
        "log_ndtr": lambda x: mp.log(normal(x)),
        "gamma": mp.gamma,
        "gammaln": lambda x: mp.re(mp.loggamma(x)),
        "digamma": mp.digamma,
        "polygamma": lambda n, x: mp.psi(int(n), x),
        "beta": mp.beta,
        "betaln": lambda x, y: mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y),
        "xlogy": lambda x, y: weighted(x, logarithm(y)),
        "xlog1py": lambda x, y: weighted(x, logarithm(1 + y)),
        "entr": lambda x: -inf if x < 0 else -weighted(x, logarithm(x)),
        "rel_entr": relative_entropy,
        "kl_div": lambda x, y: relative_entropy(x, y) - x + y,
        "i0": lambda x: mp.besseli(0, x),
        "i0e": scaled(lambda x: mp.besseli(0, x)),
        "i1": lambda x: mp.besseli(1, x),
        "i1e": scaled(lambda x: mp.besseli(1, x)),
        "weighted": weighted,
        "held": lambda x: x,
        "stands_for": lambda x, y: y,  # noqa: ARG005 - the same function
        "share": lambda x, y: quotient(x, x + y),
        "itakura_saito": lambda x, y: x / y - logarithm(x / y) - 1,
        "log_ratio": lambda x, y: logarithm(quotient(x, y)),
        "log1mexp": lambda x: logarithm(-mp.expm1(x)),
        "log_expm1": lambda x: logarithm(mp.expm1(x)),
        "log_cosh": lambda x: mp.log(mp.cosh(x)),
        "log1p_square": lambda x: mp.log1p(x * x),
        "direction": lambda x, y: quotient(x, mp.hypot(x, y)),
        "powm1": lambda x, y: power(x, y) - 1,
        "exp_moment": moment,
        "boxcox": lambda x, y: logarithm(x) if y == 0 else mp.powm1(x, y) / y,
        "gammaln_difference": lambda x, y: mp.loggamma(x + y) - mp.loggamma(x),
        "digamma_difference": lambda x, y: mp.digamma(x + y) - mp.digamma(x),
        "sum_error": lambda x, y: mp.mpf(0),  # noqa: ARG005 - nothing is rounded
        "product_error": lambda x, y: mp.mpf(0),  # noqa: ARG005
    }
    return found
