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
