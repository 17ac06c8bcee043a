"""What every operation, reduction and routine computes in NumPy, gathered from the tables for the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.reductions import REDUCTIONS
from gradc.calculus.routines import ROUTINES
from gradc.ir.interpret import Semantics

_STRUCTURAL: dict[str, Callable[..., Any]] = {
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "where": np.where,
    "where_integer": np.where,
    "bit_and": np.bitwise_and,
}

SEMANTICS = Semantics(
    {**{name: entry.reference for name, entry in PRIMITIVES.items()}, **_STRUCTURAL},
    {name: entry.reference for name, entry in REDUCTIONS.items()},
    {name: entry.reference for name, entry in ROUTINES.items()},
)
