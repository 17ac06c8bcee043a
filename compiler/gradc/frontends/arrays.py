"""The names that NumPy code and formulas share, each with the function that builds its definitions.

>>> from gradc.ir.definitions import Parameter
>>> from gradc.ir.program import ProgramBuilder
>>> from gradc.ir.size import symbol
>>> builder = ProgramBuilder([Parameter("X", (symbol("n"), symbol("d"))), Parameter("w", (symbol("d"),))])
>>> X, w = value_of(builder, 0), value_of(builder, 1)
>>> loss = FUNCTIONS["mean"](FUNCTIONS["softplus"](FUNCTIONS["matmul"](X, w)))
>>> print(builder.finish([loss.number]))
def program(X: real[n, d], w: real[d]):
    t0[i:n] = sum[j:d](X[i, j] * w[j])
    t1[i:n] = softplus(t0[i])
    t2 = sum[i:n](t1[i])
    t3 = t2 / n
    return t3
<BLANKLINE>

The operators and what else both front ends use by hand is here too, from the rooms where it is made: `values`
(elementwise), `shaping`, `indexing`, `reductions`, `contractions`, `linear_algebra` and `scans`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from gradc.calculus.primitives import PRIMITIVES, spellings
from gradc.errors import NotDifferentiableError, UnsupportedError
from gradc.frontends import contractions, indexing, linear_algebra, reductions, scans, shaping, values
from gradc.frontends.composites import ALIASES, COMPOSITES, expand
from gradc.frontends.contractions import einsum, matmul
from gradc.frontends.indexing import getitem
from gradc.frontends.values import (
    ArrayValue,
    Operand,
    add,
    apply,
    as_kind,
    as_real,
    broadcast_shapes,
    builder_of,
    comprehend,
    divide,
    elementwise,
    equal,
    fill,
    floor_divide,
    greater,
    greater_equal,
    less,
    less_equal,
    lift,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    multiply,
    negative,
    not_equal,
    plain,
    power,
    read,
    remainder,
    subtract,
    value_of,
    where,
)

Function = Callable[..., Any]


def _elementwise(op: str) -> Function:
    """A primitive as a function of as many operands as it has."""
    if PRIMITIVES[op].arity == 1:

        def unary(x: Operand, /) -> ArrayValue:
            return apply(op, x)

        made: Function = unary
    else:

        def binary(x: Operand, y: Operand, /) -> ArrayValue:
            return apply(op, x, y)

        made = binary
    made.__name__ = made.__qualname__ = op
    made.__doc__ = f"`{op}`, elementwise: see the table of primitives."
    return made


def _composite(name: str) -> Function:
    """A composite as a function of its operands, the last of which may have defaults."""
    composite = COMPOSITES[ALIASES.get(name, name)]
    defaults = dict(zip(reversed(composite.operands), reversed(composite.defaults), strict=False))
    kind = Parameter.POSITIONAL_OR_KEYWORD
    signature = Signature([Parameter(o, kind, default=defaults.get(o, Parameter.empty)) for o in composite.operands])

    def made(*args: Any, **kwargs: Any) -> ArrayValue:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return elementwise(lambda body, *numbers: expand(name, body, numbers), *bound.args)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"``{composite.formula}``, elementwise."
    made.__signature__ = signature  # type: ignore[attr-defined]
    return made


# ------------------------------------------------------------------------------------- functions made of primitives


def log(x: Operand, base: float | ArrayValue | None = None) -> ArrayValue:
    """The natural logarithm, or that to a base: ``log(x) / log(base)``."""
    logarithm = apply("log", x)
    if base is None:
        return logarithm
    base = plain(base)
    return apply("div", logarithm, math.log(base) if isinstance(base, (int, float)) else apply("log", base))


def round_half_even(x: Operand, decimals: int = 0) -> ArrayValue:
    """The nearest whole number, or decimal fraction, halves going to the even one."""
    if decimals == 0:
        return apply("rint", x)
    if decimals < 0:
        return multiply(apply("rint", divide(x, 10.0**-decimals)), 10.0**-decimals)
    return divide(apply("rint", multiply(x, 10.0**decimals)), 10.0**decimals)


def nan_to_num(x: Operand, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> ArrayValue:
    """Another number in the place of NaN, and of the infinities."""
    highest, lowest = np.finfo(np.float64).max, np.finfo(np.float64).min
    filled = where(not_equal(x, x), nan, x)
    filled = where(equal(filled, math.inf), float(highest if posinf is None else posinf), filled)
    return where(equal(filled, -math.inf), float(lowest if neginf is None else neginf), filled)


# ----------------------------------------------------------------------------------------------------------- the table

FUNCTIONS: dict[str, Function] = {
    **{name: _elementwise(op) for name, op in spellings("formula").items()},
    **{name: _composite(name) for name in (*COMPOSITES, *ALIASES)},
    # elementwise
    "log": log,
    "positive": shaping.as_array,
    "divide": divide,
    "true_divide": divide,
    "floor_divide": floor_divide,
    "mod": remainder,
    "remainder": remainder,
    "round": round_half_even,
    "around": round_half_even,
    "fix": _elementwise("trunc"),
    "nan_to_num": nan_to_num,
    # comparison and choice
    "less": less,
    "less_equal": less_equal,
    "greater": greater,
    "greater_equal": greater_equal,
    "equal": equal,
    "not_equal": not_equal,
    "logical_and": logical_and,
    "logical_or": logical_or,
    "logical_not": logical_not,
    "logical_xor": logical_xor,
    "bitwise_and": values.bitwise_and,
    "bitwise_or": values.bitwise_or,
    "bitwise_xor": values.bitwise_xor,
    "invert": values.invert,
    "bitwise_not": values.invert,
    "left_shift": values.left_shift,
    "right_shift": values.right_shift,
    "bitwise_left_shift": values.left_shift,
    "bitwise_right_shift": values.right_shift,
    "where": where,
    "select": shaping.select,
    "clip": values.clip,
    # reductions
    "sum": reductions.total,
    "mean": reductions.mean,
    "prod": reductions.prod,
    "max": reductions.amax,
    "amax": reductions.amax,
    "min": reductions.amin,
    "amin": reductions.amin,
    "var": reductions.var,
    "std": reductions.std,
    "average": reductions.average,
    "ptp": reductions.ptp,
    "all": reductions.every,
    "any": reductions.some,
    "count_nonzero": reductions.count_nonzero,
    "nansum": reductions.nansum,
    "nanmean": reductions.nanmean,
    "nanmax": reductions.nanmax,
    "nanmin": reductions.nanmin,
    "logsumexp": reductions.logsumexp,
    "softmax": reductions.softmax,
    "log_softmax": reductions.log_softmax,
    "norm": reductions.norm,
    "trace": reductions.trace,
    # running
    "cumsum": scans.cumsum,
    "cumprod": scans.cumprod,
    # contractions
    "matmul": matmul,
    "dot": contractions.dot,
    "inner": contractions.inner,
    "vdot": contractions.vdot,
    "outer": contractions.outer,
    "tensordot": contractions.tensordot,
    "einsum": einsum,
    "kron": contractions.kron,
    "cross": contractions.cross,
    # linear algebra
    "linalg.solve": linear_algebra.solve,
    "linalg.cholesky": linear_algebra.cholesky,
    "linalg.slogdet": linear_algebra.slogdet,
    "linalg.inv": linear_algebra.inv,
    "linalg.det": linear_algebra.det,
    "linalg.norm": reductions.norm,
    "linalg.vector_norm": reductions.norm,
    "linalg.trace": reductions.trace,
    "linalg.matrix_power": linear_algebra.matrix_power,
    "linalg.multi_dot": linear_algebra.multi_dot,
    "linalg.matmul": matmul,
    "linalg.outer": contractions.outer,
    "linalg.tensordot": contractions.tensordot,
    "linalg.cross": contractions.cross,
    "linalg.diagonal": shaping.diagonal,
    "linalg.matrix_transpose": shaping.matrix_transpose,
    # shape
    "reshape": shaping.reshape,
    "ravel": shaping.ravel,
    "transpose": shaping.transpose,
    "permute_dims": shaping.transpose,
    "matrix_transpose": shaping.matrix_transpose,
    "swapaxes": shaping.swapaxes,
    "moveaxis": shaping.moveaxis,
    "expand_dims": shaping.expand_dims,
    "squeeze": shaping.squeeze,
    "broadcast_to": shaping.broadcast_to,
    "broadcast_arrays": shaping.broadcast_arrays,
    "atleast_1d": shaping.atleast_1d,
    "atleast_2d": shaping.atleast_2d,
    "flip": shaping.flip,
    "fliplr": shaping.fliplr,
    "flipud": shaping.flipud,
    "roll": shaping.roll,
    "tile": shaping.tile,
    "repeat": shaping.repeat,
    "concatenate": shaping.concatenate,
    "concat": shaping.concatenate,
    "stack": shaping.stack,
    "hstack": shaping.hstack,
    "vstack": shaping.vstack,
    "column_stack": shaping.column_stack,
    "block": shaping.block,
    "append": shaping.append,
    "split": shaping.split,
    "diff": shaping.diff,
    "pad": shaping.pad,
    "diagonal": shaping.diagonal,
    "diag": shaping.diag,
    "diagflat": shaping.diagflat,
    "tril": shaping.tril,
    "triu": shaping.triu,
    "zeros_like": shaping.zeros_like,
    "empty_like": shaping.zeros_like,
    "ones_like": shaping.ones_like,
    "full_like": shaping.full_like,
    # choice by place
    "take": indexing.take,
    "take_along_axis": indexing.take_along_axis,
}

# What makes an array out of nothing takes the builder first.
CREATORS: dict[str, Function] = {
    "zeros": shaping.zeros,
    "empty": shaping.zeros,
    "ones": shaping.ones,
    "full": shaping.full,
    "eye": shaping.eye,
    "identity": shaping.eye,
    "tri": shaping.tri,
    "arange": shaping.arange,
    "linspace": shaping.linspace,
}

# What `reduce` and `accumulate` of a binary operation are.
UFUNC_REDUCE = {"add": "sum", "mul": "prod", "maximum": "max", "minimum": "min", "logaddexp": "logsumexp"}

# What is known and refused: why, and what to write instead.
REFUSED: Mapping[str, tuple[type[Exception], str]] = {
    "argmax": (NotDifferentiableError, "an argmax has no derivative: use softmax, or compute it outside and pass it"),
    "argmin": (NotDifferentiableError, "an argmin has no derivative: compute it outside and pass it as an index array"),
    "argsort": (
        NotDifferentiableError,
        "an argsort has no derivative: compute it outside and pass it as an index array",
    ),
    "nonzero": (NotDifferentiableError, "the result's length is not known: use np.where(mask, x, 0.0)"),
    "sort": (UnsupportedError, "pass order = np.argsort(x) as an integer argument, and write x[order]"),
    "median": (UnsupportedError, "pass order = np.argsort(x) as an integer argument, and index x[order]"),
    "percentile": (UnsupportedError, "pass order = np.argsort(x) as an integer argument, and index x[order]"),
    "quantile": (UnsupportedError, "pass order = np.argsort(x) as an integer argument, and index x[order]"),
    "partition": (UnsupportedError, "pass order = np.argpartition(x) as an integer argument, and index x[order]"),
    "unique": (UnsupportedError, "the result's length is not known: compute it outside"),
    "searchsorted": (NotDifferentiableError, "compute it outside and pass the indices as an integer argument"),
    "convolve": (UnsupportedError, "write it with slices or einsum"),
    "interp": (UnsupportedError, "find the indices outside, and interpolate with x[indices]"),
    "linalg.eigh": (UnsupportedError, "linalg.slogdet, cholesky, solve, inv and det are known"),
    "linalg.eig": (UnsupportedError, "linalg.slogdet, cholesky, solve, inv and det are known"),
    "linalg.svd": (UnsupportedError, "linalg.slogdet, cholesky, solve, inv and det are known"),
    "linalg.qr": (UnsupportedError, "linalg.cholesky(X.T @ X) gives R up to signs"),
    "linalg.pinv": (UnsupportedError, "use linalg.solve(X.T @ X, X.T)"),
    "linalg.lstsq": (UnsupportedError, "use linalg.solve(X.T @ X, X.T @ y)"),
    "linalg.eigvalsh": (UnsupportedError, "linalg.slogdet, cholesky, solve, inv and det are known"),
    "linalg.matrix_rank": (NotDifferentiableError, "a rank has no derivative"),
    "put": (UnsupportedError, "write x[k] = value for each place, or np.where"),
    "place": (UnsupportedError, "write x = np.where(mask, values, x), with a value for each element"),
    "putmask": (UnsupportedError, "write x = np.where(mask, values, x), with a value for each element"),
    "put_along_axis": (UnsupportedError, "use np.where"),
    "fill_diagonal": (UnsupportedError, "write x = np.where(np.eye(n) == 1, value, x)"),
    "resize": (UnsupportedError, "use np.concatenate, or np.tile"),
    "meshgrid": (UnsupportedError, "broadcast with x[:, None] and y[None, :]"),
    "piecewise": (UnsupportedError, "use np.where or np.select"),
    "trapezoid": (UnsupportedError, "write np.sum(np.diff(x) * (y[1:] + y[:-1])) / 2"),
    "modf": (UnsupportedError, "use x - np.trunc(x) and np.trunc(x)"),
    "frexp": (UnsupportedError, "use np.log2 and np.floor"),
    "nextafter": (NotDifferentiableError, "it has no derivative"),
    "sqrtm": (UnsupportedError, "linalg.cholesky is known"),
}

__all__ = [
    "CREATORS",
    "FUNCTIONS",
    "REFUSED",
    "UFUNC_REDUCE",
    "ArrayValue",
    "Operand",
    "add",
    "apply",
    "as_kind",
    "as_real",
    "broadcast_shapes",
    "builder_of",
    "comprehend",
    "divide",
    "einsum",
    "elementwise",
    "equal",
    "fill",
    "floor_divide",
    "getitem",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "lift",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "matmul",
    "multiply",
    "negative",
    "not_equal",
    "plain",
    "power",
    "read",
    "remainder",
    "subtract",
    "value_of",
    "where",
]
