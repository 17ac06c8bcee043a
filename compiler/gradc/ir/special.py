"""The special functions in NumPy, for the interpreter: one callable for each file of ``templates/special/``.

>>> functions["expit"](np.array([0.0]))
array([0.5])
>>> functions["lgamma"](np.array([5.0])).round(12)
array([3.17805383])

scipy.special answers where it is installed. Without it the elementary ones are written out in NumPy, those of the
standard library's ``math`` are applied one number at a time, and the rest say what to install.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gradc.errors import UnsupportedError

Array: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[..., Array]


def _expit(x: Any) -> Array:
    x = np.asarray(x)
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x < 0, e, 1) / (1 + e))


def _logit(p: Any) -> Array:
    p = np.asarray(p)
    near = (p > 0.3) & (p < 0.65)
    return np.asarray(np.where(near, np.log1p(2 * (p - 0.5) / (1 - p)), np.log(p / (1 - p))))


def _softplus(x: Any) -> Array:
    return np.asarray(np.logaddexp(0, x))


def _log_expit(x: Any) -> Array:
    return np.asarray(-np.logaddexp(0, np.negative(x)))


def _xlogy(x: Any, y: Any) -> Array:
    zero = np.equal(x, 0) & ~np.isnan(y)
    return np.asarray(np.where(zero, 0, x * np.log(np.where(zero, 1, y))))


def _xlog1py(x: Any, y: Any) -> Array:
    zero = np.equal(x, 0) & ~np.isnan(y)
    return np.asarray(np.where(zero, 0, x * np.log1p(np.where(zero, 0, y))))


def _entr(x: Any) -> Array:
    return np.asarray(np.where(np.less(x, 0), -np.inf, -_xlogy(x, x)))


def _rel_entr(x: Any, y: Any) -> Array:
    x, y = np.broadcast_arrays(x, y)
    inside = (x > 0) & (y > 0)
    value = x * np.log(np.where(inside, x, 1) / np.where(inside, y, 1))
    outside = np.where((x == 0) & (y >= 0), 0, np.where(np.isnan(x) | np.isnan(y), np.nan, np.inf))
    return np.asarray(np.where(inside, value, outside))


def _kl_div(x: Any, y: Any) -> Array:
    return np.asarray(_rel_entr(x, y) - x + y)


def _itakura_saito(x: Any, y: Any) -> Array:
    d, ratio = (x - y) / y, x / y
    near = np.abs(d) < 0.3
    small = np.where(near, d, 0)
    series = sum((-small) ** k / k for k in range(40, 1, -1))
    far = np.where(np.isinf(ratio), ratio, ratio - np.log(ratio) - 1)
    return np.asarray(np.where(near, series, far))


def _sech_square(x: Any) -> Array:
    e = np.exp(-2 * np.abs(x))
    return np.asarray(4 * e / (1 + e) ** 2)


def _weighted(x: Any, y: Any) -> Array:
    zero = np.equal(x, 0) & ~np.isnan(y)
    return np.asarray(np.where(zero, 0, x * np.where(zero, 0, y)))


def _log_ratio(x: Any, y: Any) -> Array:
    over = np.abs(x) >= np.abs(y)
    top, bottom = np.where(over, x, y), np.where(over, y, x)
    quotient = (top - bottom) / bottom
    far = np.isinf(quotient) & np.equal(
        np.sign(top), np.sign(bottom)
    )  # of two numbers of one sign, whose logarithms are finite
    apart = np.log(np.abs(np.where(far, top, 1))) - np.log(np.abs(np.where(far, bottom, 1)))
    return np.asarray(np.where(over, 1, -1) * np.where(far, apart, np.log1p(quotient)))


def _log1mexp(x: Any) -> Array:
    return np.asarray(np.where(np.greater(x, -math.log(2)), np.log(-np.expm1(x)), np.log1p(-np.exp(x))))


def _log_expm1(x: Any) -> Array:
    return np.asarray(np.where(np.less(x, 1), np.log(np.expm1(x)), x + np.log1p(-np.exp(np.negative(x)))))


def _log_cosh(x: Any) -> Array:
    size = np.abs(x)
    far = size + (np.log1p(np.exp(-2 * size)) - math.log(2))
    return np.asarray(np.where(size < 1, np.log1p(2 * np.sinh(np.minimum(size, 1) / 2) ** 2), far))


def _log1p_square(x: Any) -> Array:
    size = np.abs(x)
    return np.asarray(np.where(size < 1e9, np.log1p(np.square(x)), 2 * np.log(size)))


def _powm1(x: Any, y: Any) -> Array:
    power = y * np.log(x)
    near = np.abs(power) < 0.5
    return np.asarray(np.where(near, np.expm1(np.where(near, power, 0)), np.power(x, y) - 1))


def _boxcox(x: Any, y: Any) -> Array:
    return np.asarray(np.where(np.equal(y, 0), np.log(x), _powm1(np.add(x, 0.0), y) / np.where(np.equal(y, 0), 1, y)))


def _exp_moment_at(order: float, t: float) -> float:
    """``integral of s**order * exp(t*s) over [0, 1]``; see templates/special/exp_moment.c."""
    if t == -math.inf or math.isnan(t):
        return 0.0 if t < 0 else t
    if abs(t) > 2 * order + 4:
        top = math.exp(t) if t < 709 else math.inf
        value = math.expm1(t) / t if t < 709 else math.inf
        for k in range(1, int(order) + 1):
            value = (top - k * value) / t if top < math.inf else math.inf
        return value
    term = total = 1.0 / (order + 1)
    k = 0
    while abs(term) > 1e-18 * abs(total):
        k += 1
        # Kummer's transformation makes all terms positive where t < 0.
        term *= -t / (order + 1 + k) if t < 0 else t * (order + k) / (k * (order + 1 + k))
        total += term
    return total * math.exp(t) if t < 0 else total


_exp_moment = np.vectorize(_exp_moment_at, otypes=[np.float64])


def _shifted_difference(name: str, x: Any, y: Any) -> Array:
    """f(x + y) - f(x) for f the log-gamma function or its derivative, both moved up until Stirling's series holds."""
    x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    low, step = np.where(y < 0, x + y, x), np.abs(y)
    outside = low <= 0  # where the difference is taken as written
    written = np.zeros(low.shape)
    if np.any(outside):
        plain = functions["lgamma" if name == "gammaln" else name]
        written[outside] = plain((x + y)[outside]) - plain(x[outside])
    low = np.where(outside, 1, low)
    moved = np.zeros(low.shape)
    for _ in range(12):
        short = low < 12
        at = np.where(short, low, 1)
        if name == "gammaln":
            moved -= np.where(short, np.log1p(step / at), 0)
        else:
            moved += np.where(short, step / (at * (at + step)), 0)
        low = np.where(short, low + 1, low)
    high, ratio = low + step, np.log1p(step / low)
    if name == "gammaln":
        tail = _polynomial_in_inverse(high, _STIRLING) - _polynomial_in_inverse(low, _STIRLING)
        value = step * np.log(high) + ((low - 0.5) * ratio - step) + tail
    else:
        tail = _digamma_tail(high) - _digamma_tail(low)
        value = ratio + step / (2 * low * high) + tail
    return np.asarray(np.where(outside, written, np.where(y < 0, -1, 1) * (value + moved)))


_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_DIGAMMA = (-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760, -1 / 12)


def _polynomial_in_inverse(x: Array, coefficients: tuple[float, ...]) -> Array:
    """``(c0 + c1/x**2 + …) / x``."""
    inverse = 1 / (x * x)
    value = np.zeros_like(x)
    for coefficient in reversed(coefficients):
        value = value * inverse + coefficient
    return value / x


def _digamma_tail(x: Array) -> Array:
    return _polynomial_in_inverse(x, _DIGAMMA) / x


def _gammaln_difference(x: Any, y: Any) -> Array:
    return _shifted_difference("gammaln", x, y)


def _digamma_difference(x: Any, y: Any) -> Array:
    return _shifted_difference("digamma", x, y)


def _sum_error(x: Any, y: Any) -> Array:
    total = np.add(x, y)
    part = total - x
    return np.asarray((x - (total - part)) + (y - part))


def _product_error(x: Any, y: Any) -> Array:
    # T. J. Dekker's product, by halves of 26 bits; of 12 for float32.
    split = np.asarray(x).dtype.type(4097 if np.asarray(x).dtype == np.float32 else 134217729)

    def halves(value: Any) -> tuple[Any, Any]:
        large = split * value
        high = large - (large - value)
        return high, value - high

    (a, b), (c, d) = halves(x), halves(y)
    return np.asarray(b * d - (((np.multiply(x, y) - a * c) - b * c) - a * d))


def _lgamma(x: float) -> float:
    if x == -math.inf:
        return x  # as scipy.special.gammaln has it
    try:
        return math.lgamma(x)
    except ValueError:  # a pole
        return math.inf
    except OverflowError:
        return math.inf


def _gamma(x: float) -> float:
    try:
        return math.gamma(x)
    except ValueError:  # a pole
        return math.copysign(math.inf, x) if x == 0 else math.nan
    except OverflowError:
        return math.inf


def _each(function: Callable[[float], float]) -> Function:
    vectorized: Function = np.vectorize(function, otypes=[np.float64])
    return vectorized


def _trigamma(x: Any) -> Array:
    return functions["polygamma"](1, x)


# scipy.special has no function of this name; NumPy alone suffices.
_NUMPY: dict[str, Function] = {
    "softplus": _softplus,
    "logaddexp": np.logaddexp,
    "logaddexp2": np.logaddexp2,
    "trigamma": _trigamma,
    "itakura_saito": _itakura_saito,
    "sech_square": _sech_square,
    "weighted": _weighted,
    "log_ratio": _log_ratio,
    "log1mexp": _log1mexp,
    "log_expm1": _log_expm1,
    "log_cosh": _log_cosh,
    "log1p_square": _log1p_square,
    "powm1": _powm1,
    "boxcox": _boxcox,
    "exp_moment": _exp_moment,
    "gammaln_difference": _gammaln_difference,
    "digamma_difference": _digamma_difference,
    "sum_error": _sum_error,
    "product_error": _product_error,
}

# What stands in for scipy.special where it is not installed.
_FALLBACKS: dict[str, Function] = {
    "erf": _each(math.erf),
    "erfc": _each(math.erfc),
    "lgamma": _each(_lgamma),
    "gamma": _each(_gamma),
    "expit": _expit,
    "logit": _logit,
    "log_expit": _log_expit,
    "xlogy": _xlogy,
    "xlog1py": _xlog1py,
    "entr": _entr,
    "rel_entr": _rel_entr,
    "kl_div": _kl_div,
}

# name here: name in scipy.special
_SCIPY: dict[str, str] = {
    "erf": "erf",
    "erfc": "erfc",
    "erfcx": "erfcx",
    "ndtr": "ndtr",
    "log_ndtr": "log_ndtr",
    "lgamma": "gammaln",
    "gamma": "gamma",
    "digamma": "digamma",
    "polygamma": "polygamma",
    "beta": "beta",
    "betaln": "betaln",
    "i0": "i0",
    "i0e": "i0e",
    "i1": "i1",
    "i1e": "i1e",
    "expit": "expit",
    "logit": "logit",
    "log_expit": "log_expit",
    "xlogy": "xlogy",
    "xlog1py": "xlog1py",
    "entr": "entr",
    "rel_entr": "rel_entr",
    "kl_div": "kl_div",
}


def _from_scipy(name: str, scipy_name: str) -> Function:
    def evaluate(*arguments: Any) -> Array:
        try:
            module = importlib.import_module("scipy.special")
        except ImportError:
            fallback = _FALLBACKS.get(name)
            if fallback is None:
                raise UnsupportedError(
                    f"interpreting {name} needs scipy.special: install scipy, or compile with a C compiler"
                ) from None
            return fallback(*arguments)
        return np.asarray(getattr(module, scipy_name)(*arguments))

    evaluate.__name__ = evaluate.__qualname__ = name
    return evaluate


functions: dict[str, Function] = {**{name: _from_scipy(name, theirs) for name, theirs in _SCIPY.items()}, **_NUMPY}
"""One implementation for each special function, under the name of its file of C."""
