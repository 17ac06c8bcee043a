"""gradc: a derivative compiler. A loss as NumPy, SymPy or a formula; its value and gradient as small C kernels.

>>> import gradc, numpy as np
>>> k = gradc.compile("sum((X @ w - y)**2) / 2", "w[d], X[n,d], y[n]")
>>> value, gradient = k.value_and_grad(np.zeros(2), np.eye(2), np.ones(2))
>>> value, gradient
(1.0, array([-1., -1.]))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradc.errors import (
    ArgumentError,
    ArgumentTypeError,
    CompilerError,
    CompilerNotFoundError,
    FormulaError,
    GradcError,
    IndexRangeError,
    LoadError,
    NotDifferentiableError,
    ShapeError,
    SignatureError,
    SingularMatrixError,
    TraceError,
    TraceMismatchError,
    UnsupportedError,
)
from gradc.runtime.forks import unforked
from gradc.runtime.interpreters import refuse_sub_interpreter

if TYPE_CHECKING:
    from gradc import losses
    from gradc.compiled import Kernel
    from gradc.ir.program import Program
    from gradc.tools.checking import GradientReport
    from gradc.tools.measuring import AccuracyReport

refuse_sub_interpreter("gradc")

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "CompilerError",
    "CompilerNotFoundError",
    "FormulaError",
    "GradcError",
    "IndexRangeError",
    "Kernel",
    "LoadError",
    "NotDifferentiableError",
    "Program",
    "ShapeError",
    "SignatureError",
    "SingularMatrixError",
    "TraceError",
    "TraceMismatchError",
    "UnsupportedError",
    "accuracy",
    "check_grad",
    "compile",
    "kernel",
    "losses",
    "scan",
]


def compile(  # noqa: A001 - the name of what it does
    source: Any,
    signature: str | None = None,
    *,
    wrt: str | Sequence[str] | None = None,
    name: str | None = None,
    dtype: Any = "float64",
    backend: str = "auto",
    threads: int | None = None,
    stabilise: bool = True,
    precise: bool = False,
    reduce: str = "plain",
    check: bool = True,
) -> Kernel:
    """Compile a loss to kernels for its value and its derivatives.

    Each kernel is compiled when it is first called, and found in the cache the next time.

    Parameters
    ----------
    source
        A function of NumPy and `scipy.special` code; a formula as text, in NumPy style or in index notation, or
        several lines of them with names; a SymPy expression, matrix or list; or a `Program`.
    signature
        Names and shapes of the arguments: ``"w[d], X[n,d], idx[n]:int64, lam"``. A dimension is a symbol, an integer,
        or an expression of them such as ``n+1``; equal symbols must be equal at the call. A `Program` has its own.
    wrt
        The argument, or the tuple of arguments, that gradients are taken by; the first float one if left out.
    name
        What the C functions are called; the function's own name if left out.
    dtype
        "float64" or "float32".
    backend
        "auto": C, or the interpreter with a warning where there is no C compiler; "c" makes that an error; "interpret"
        asks for it.
    threads
        How many threads a kernel with loops long enough may use; `Kernel.threads` can be set later too. None for what
        ``GRADC_NUM_THREADS`` says, or else the machine. Results do not depend on it.
    stabilise
        Whether formulas that overflow or cancel are put in stable forms, which the kernel's `rewrites` lists; False
        compiles what is written.
    precise
        Call the C library's `exp`, `log` and so on, one number at a time, rather than gradc's own, which are vectorised
        and within 4 ulp; ``docs/accuracy.md`` has the measurements.
    reduce
        "plain", or "compensated": sums over an index in twice the precision, at about three times their cost.
    check
        Whether the first call of a kernel that is made from a Python function also runs that function in NumPy, on the
        same arguments, or on small ones where that would take longer than compiling, and compares.

    Returns
    -------
    Kernel

    Raises
    ------
    FormulaError, SignatureError, ShapeError, TraceError, UnsupportedError, NotDifferentiableError
        For a loss that cannot be read or differentiated.
    TraceMismatchError
        By the first call, where the trace of a function is another function than its NumPy code.

    Examples
    --------
    >>> k = gradc.compile("sum[i:n](softplus(-y[i] * sum[j:d](X[i,j] * w[j]))) / n", "w[d], X[n,d], y[n]")
    >>> k(np.zeros(2), np.ones((3, 2)), np.ones(3))
    0.6931471805599453
    """
    with unforked:
        from gradc.making import make_kernel

        return make_kernel(source, signature, wrt, name, dtype, backend, threads, stabilise, precise, reduce, check)


def kernel(
    signature: str,
    *,
    wrt: str | Sequence[str] | None = None,
    name: str | None = None,
    dtype: Any = "float64",
    backend: str = "auto",
    threads: int | None = None,
    stabilise: bool = True,
    precise: bool = False,
    reduce: str = "plain",
    check: bool = True,
) -> Callable[[Callable[..., Any]], Kernel]:
    """Decorate a function of NumPy code, so that it is compiled when it is first called; see `compile`.

    Examples
    --------
    >>> @gradc.kernel("w[d], X[n,d], y[n]")
    ... def least_squares(w, X, y):
    ...     return np.mean((X @ w - y) ** 2)
    >>> least_squares.grad(np.zeros(1), np.ones((2, 1)), np.ones(2))
    array([-2.])
    """
    with unforked:
        from gradc.decorated import defer

    return defer(
        signature,
        wrt=wrt,
        name=name,
        dtype=dtype,
        backend=backend,
        threads=threads,
        stabilise=stabilise,
        precise=precise,
        reduce=reduce,
        check=check,
    )


def check_grad(k: Kernel, *args: Any, seed: int = 0) -> GradientReport:
    """Check a kernel's gradient: reverse against forward mode, and both against differences: `gradc.tools.checking`."""
    with unforked:
        from gradc.tools.checking import check

    return check(k, *args, seed=seed)


def accuracy(
    k: Kernel,
    ranges: Mapping[str, Any],
    *,
    sizes: Mapping[str, int] | None = None,
    samples: int = 200,
    seed: int = 0,
) -> AccuracyReport:
    """Measure a kernel against mpmath: errors in ulps of value and gradient, and where the digits are lost.

    Parameters
    ----------
    k
        A kernel.
    ranges
        For each argument ``(low, high)``, or ``(low, high, "log")`` for points spread by their logarithms.
    sizes
        Dimensions by name; 3 if left out.
    samples
        How many points, chosen at random.

    Returns
    -------
    AccuracyReport
        `rows` with median and worst error of each result, the worst point and the operation that loses the digits
        there; `helps` with the identities that ``stabilise=True`` would apply. It prints as a table.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For ranges that do not fit the arguments.

    Examples
    --------
    >>> k = gradc.compile("log(1 + exp(x))", "x", stabilise=False)
    >>> report = gradc.accuracy(k, {"x": (-40, 0)}, samples=20)
    >>> report.worst > 1e6, report.rows[0].loses
    (True, 'log(1 + exp(x))')
    >>> gradc.accuracy(gradc.compile("log(1 + exp(x))", "x"), {"x": (-40, 0)}, samples=20).worst < 4
    True
    """
    with unforked:
        from gradc.tools.measuring import measure

    return measure(k, ranges, sizes=sizes, samples=samples, seed=seed)


def scan(body: Callable[[Any, Any], tuple[Any, Any]], init: Any, xs: Any = None, length: int | None = None) -> Any:
    """Carry a state through the leading axis of `xs`: ``carry, y = body(carry, x)``, as `jax.lax.scan` has it.

    Works on NumPy arrays, where it is a loop, and inside a function that gradc compiles, where it is a loop in C.
    """
    with unforked:
        from gradc.frontends.tracing import scan as run

    return run(body, init, xs, length)


def __getattr__(name: str) -> Any:
    """Import what is not needed at once when it is first asked for."""
    import importlib

    homes = {"losses": "gradc.losses", "Kernel": "gradc.compiled", "Program": "gradc.ir.program"}
    if name in homes:
        with unforked:
            module = importlib.import_module(homes[name])
        return module if name == "losses" else getattr(module, name)
    raise AttributeError(f"module 'gradc' has no attribute {name!r}")
