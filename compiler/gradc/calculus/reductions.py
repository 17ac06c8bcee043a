"""The table of reductions: identity, combine step, and derivative of each.

    T[i] = reduction[k](e[i, k])        ∂T[i]/∂e[i, k] = weight(e[i, k], T[i], …)

The weight of a term is a formula over the term ``e``, the result ``out``, and what `helpers` define beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Reduction(NamedTuple):
    """One reduction.

    Parameters
    ----------
    identity
        What an empty reduction gives; None where there is none, and an empty one is an error.
    combine
        A formula over the running result ``x`` and the next term ``y``.
    weight
        The derivative of the result by a term: a formula over ``e``, ``out`` and ``count`` (how many terms equal the
        result); None for a product, whose weight is the product of the terms before and after.
    reference
        What the interpreter computes, over a tuple of axes.
    """

    name: str
    identity: float | None
    combine: str
    weight: str | None
    reference: Callable[[Any, tuple[int, ...]], Any]
    edge: str = ""


def _logsumexp(terms: Any, axes: tuple[int, ...]) -> Any:
    largest = np.max(terms, axis=axes, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(largest), largest, 0)
    return np.log(np.sum(np.exp(terms - shift), axis=axes)) + np.squeeze(shift, axis=axes)


def _norm(terms: Any, axes: tuple[int, ...]) -> Any:
    largest = np.max(np.abs(terms), axis=axes, keepdims=True, initial=0)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1)
    return np.sqrt(np.sum(np.square(terms / scale), axis=axes)) * np.squeeze(scale, axis=axes)


_TABLE = (
    Reduction("sum", 0.0, "x + y", "1", lambda e, axes: np.sum(e, axis=axes)),
    Reduction("prod", 1.0, "x * y", None, lambda e, axes: np.prod(e, axis=axes)),
    Reduction(
        "max", None, "maximum(x, y)", "where(e == out, 1 / count, 0)", lambda e, axes: np.max(e, axis=axes),
        edge="terms that tie share the derivative equally",
    ),
    Reduction(
        "min", None, "minimum(x, y)", "where(e == out, 1 / count, 0)", lambda e, axes: np.min(e, axis=axes),
        edge="terms that tie share the derivative equally",
    ),
    Reduction(
        "logsumexp", float("-inf"), "logaddexp(x, y)", "where(e == -inf, 0, exp(e - out))", _logsumexp,
        edge="a term of -inf has weight 0, also where all are",
    ),
    Reduction(
        "norm", 0.0, "hypot(x, y)", "where(out == 0, 0, e / out)", _norm,
        edge="all weights are 0 where all terms are, which is a subgradient",
    ),
)  # fmt: skip

REDUCTIONS: dict[str, Reduction] = {entry.name: entry for entry in _TABLE}
