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
    from gradc.family import Family as Family
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
    "grad",
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
    dtype: Any = None,
    backend: str = "auto",
    threads: int | None = None,
    stabilise: bool = True,
    precise: bool = False,
    reduce: str = "plain",
    check: bool = True,
) -> Any:
    """Compile a loss to kernels for its value and its derivatives.

    Each kernel is compiled when it is first called, and found in the cache the next time.

    Parameters
    ----------
    source
        A function of NumPy and `scipy.special` code; a formula as text, in NumPy style or in index notation, or
        several lines of them with names; a SymPy expression, matrix or list; or a `Program`.
    signature
        Names and shapes of the arguments: ``"w[d], X[n,d], idx[n]:int64, lam"``. A dimension is a symbol, an integer,
        or an expression of them such as ``n+1``; equal symbols must be equal at the call. A `Program` has its own. A
        function needs none: ranks and dtypes are those of its first call, which finds what dimensions are equal.
    wrt
        The argument, or the tuple of arguments, that gradients are taken by; the first float one if left out.
    name
        What the C functions are called; the function's own name if left out.
    dtype
        "float64" or "float32"; if left out "float64", or without a signature that of the first call's arrays.
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
        Without a signature a `Family`, which makes a kernel for each structure, rank and dtype that it is called with.

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
        from gradc.making import is_traced, make_kernel

        if signature is None and is_traced(source):
            from gradc.family import Family

            options = {"name": name, "dtype": dtype, "backend": backend, "threads": threads, "stabilise": stabilise}
            return Family(source, wrt, options | {"precise": precise, "reduce": reduce, "check": check})
        return make_kernel(source, signature, wrt, name, dtype, backend, threads, stabilise, precise, reduce, check)


def kernel(
    signature: Any = None,
    *,
    wrt: str | Sequence[str] | None = None,
    name: str | None = None,
    dtype: Any = None,
    backend: str = "auto",
    threads: int | None = None,
    stabilise: bool = True,
    precise: bool = False,
    reduce: str = "plain",
    check: bool = True,
) -> Any:
    """Decorate a function of NumPy code, so that it is compiled when it is first called; see `compile`.

    Without a signature the first call finds one: ``@gradc.kernel`` alone, or with options.

    Examples
    --------
    >>> @gradc.kernel("w[d], X[n,d], y[n]")
    ... def least_squares(w, X, y):
    ...     return np.mean((X @ w - y) ** 2)
    >>> least_squares.grad(np.zeros(1), np.ones((2, 1)), np.ones(2))
    array([-2.])
    >>> @gradc.kernel
    ... def ridge(w, X, y):
    ...     return np.mean((X @ w - y) ** 2) + np.sum(w**2)
    >>> ridge.grad(np.zeros(1), np.ones((2, 1)), np.ones(2)), ridge.signature
    (array([-2.]), 'w[n], X[m,n], y[m]')
    """
    with unforked:
        from gradc.decorated import defer

    options = {"wrt": wrt, "name": name, "dtype": dtype, "backend": backend, "threads": threads, "stabilise": stabilise}
    options |= {"precise": precise, "reduce": reduce, "check": check}
    if callable(signature):
        return defer(None, **options)(signature)
    return defer(signature, **options)


def value_and_grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
) -> Callable[..., Any]:
    """A function that gives the value of `f` and its gradient, as `jax.value_and_grad`.

    Parameters
    ----------
    f
        A function of NumPy code that gives a number. Its arguments are arrays, numbers, or structures of them: dicts,
        lists, tuples, named tuples, dataclasses, and what `register_pytree_node` knows.
    argnums, argnames
        The arguments that the gradient is taken by, by position or by name: one, or several.
    has_aux
        Not known yet.

    Returns
    -------
    function
        Of the arguments of `f`. The gradient has the structure of the argument; of several it is a tuple. Its
        `signature` is the one that its last call found.

    Raises
    ------
    ShapeError, TraceError, UnsupportedError, NotDifferentiableError
        By a call, where the function cannot be compiled for its arguments.
    ArgumentError
        By a later call, whose sizes do not fit: it says what in the function wants which size, and where.

    Examples
    --------
    >>> def loss(params, x, y):
    ...     return np.mean((x @ params["w"] + params["b"] - y) ** 2)
    >>> df = gradc.value_and_grad(loss)
    >>> value, gradient = df({"w": np.zeros(2), "b": 0.0}, np.eye(2), np.ones(2))
    >>> value, gradient["w"], gradient["b"]
    (1.0, array([-1., -1.]), -2.0)
    >>> df.signature
    'params_b, params_w[n], x[m,n], y[m]'
    """
    return _derivative(f, "value_and_grad", argnums, argnames, has_aux)


def grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    argnames: str | Sequence[str] | None = None,
    has_aux: bool = False,
) -> Callable[..., Any]:
    """A function that gives the gradient of `f`, as `jax.grad`; see `value_and_grad`.

    Examples
    --------
    >>> gradc.grad(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    return _derivative(f, "grad", argnums, argnames, has_aux)


def hessian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, argnames: str | Sequence[str] | None = None
) -> Callable[..., Any]:
    """A function that gives the Hessian of `f`, as `jax.hessian`: an array for each pair of arrays in the argument.

    It takes ``dense=False`` beside the arguments, for sparse blocks where they are; see `value_and_grad`.

    Examples
    --------
    >>> gradc.hessian(lambda x: np.prod(x))(np.array([2.0, 3.0]))
    array([[0., 1.],
           [1., 0.]])
    """
    return _derivative(f, "hessian", argnums, argnames)


def jacobian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, argnames: str | Sequence[str] | None = None
) -> Callable[..., Any]:
    """A function that gives the Jacobian of `f`, of shape ``value.shape + x.shape``, as `autograd.jacobian`.

    It takes ``dense=False`` beside the arguments, for sparse blocks where they are; see `value_and_grad`.

    Examples
    --------
    >>> gradc.jacobian(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0]))
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    return _derivative(f, "jacobian", argnums, argnames)


def hvp(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, argnames: str | Sequence[str] | None = None
) -> Callable[..., Any]:
    """A function of the arguments of `f` and a vector, which gives the product of the Hessian with the vector.

    It is called as autograd's ``hessian_vector_product``; see `value_and_grad`.

    Examples
    --------
    >>> gradc.hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """
    return _derivative(f, "hvp", argnums, argnames)


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of `f`, and a function from a cotangent to its products with the Jacobians, as `jax.vjp`.

    Examples
    --------
    >>> value, pull = gradc.vjp(lambda x, y: x * y, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> value, pull(np.array([1.0, 0.0]))
    (array([3., 8.]), (array([3., 0.]), array([1., 0.])))
    """
    with unforked:
        from gradc import transformations
    return transformations.vjp(f, primals)


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of `f`, and the product of its Jacobian with the tangents, one for each argument, as `jax.jvp`.

    Examples
    --------
    >>> gradc.jvp(lambda x, y: np.sum(x * y), (np.ones(2), np.ones(2)), (np.ones(2), np.zeros(2)))
    (2.0, 2.0)
    """
    with unforked:
        from gradc import transformations
    return transformations.jvp(f, primals, tangents)


def _derivative(f: Any, what: str, argnums: Any, argnames: Any, has_aux: bool = False) -> Callable[..., Any]:
    with unforked:
        from gradc.transformations import derivative
    return derivative(f, what, argnums, argnames, has_aux)


def register_pytree_node(
    nodetype: type, flatten_func: Callable[[Any], Any], unflatten_func: Callable[[Any, Any], Any]
) -> None:
    """Let objects of a class be structures of arrays, as `jax.tree_util.register_pytree_node`.

    Parameters
    ----------
    nodetype
        The class.
    flatten_func
        Gives an object's parts, and what else tells it from others, which can be hashed and compared.
    unflatten_func
        Makes an object of the second and of other parts.

    Raises
    ------
    ArgumentTypeError
        Where the class is registered already.

    Examples
    --------
    >>> class Line:
    ...     def __init__(self, slope, start):
    ...         self.slope, self.start = slope, start
    >>> gradc.register_pytree_node(Line, lambda l: ((l.slope, l.start), None), lambda _, parts: Line(*parts))
    >>> gradc.grad(lambda line, x: np.sum((line.slope * x + line.start) ** 2))(Line(1.0, 0.0), np.ones(2)).slope
    4.0
    """
    with unforked:
        from gradc.frontends.structures import register
    register(nodetype, flatten_func, unflatten_func)


def check_grad(k: Kernel | Family, *args: Any, seed: int = 0) -> GradientReport:
    """Check a kernel's gradient: reverse against forward mode, and both against differences: `gradc.tools.checking`."""
    with unforked:
        from gradc.family import Family
        from gradc.tools.checking import check

        if isinstance(k, Family):
            k, args = k.lowered(*args)
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

    homes = {
        "losses": "gradc.losses",
        "Family": "gradc.family",
        "Kernel": "gradc.compiled",
        "Program": "gradc.ir.program",
    }
    if name in homes:
        with unforked:
            module = importlib.import_module(homes[name])
        return module if name == "losses" else getattr(module, name)
    raise AttributeError(f"module 'gradc' has no attribute {name!r}")
