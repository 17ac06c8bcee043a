"""The peers: each gives a function without arguments that computes a problem's value and gradients.

    call = PEERS["jax"]().prepare(problem)
    value, gradients = results(call())

A peer's data are where it wants them before the clock starts (on its device, in its layout, converted), and its results
stay what it returns: no conversion is timed. A peer that cannot express a problem raises `NotOffered` with the reason.

Tracing peers (JAX, PyTorch, PyTensor, CasADi, autograd) run the very NumPy function that gradc compiles, with their own
module in the place of `np`. NumPy, Numba and C have code written by hand, for the problems where that is reasonable.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import itertools
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, ClassVar, Literal
from unittest import mock

import native
import numpy as np
from problems import Problem

Call = Callable[[], Any]


class NotOffered(Exception):  # noqa: N818  (not an error: the table shows a dash)
    """The peer does not express this problem."""


class Peer:
    """What all adapters share."""

    name: ClassVar[str]
    module: ClassVar[str]
    """What must be importable."""

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    @property
    def version(self) -> str:
        """The version that is measured."""
        return str(importlib.import_module(self.module).__version__)

    def prepare(self, problem: Problem) -> Call:
        """Compile, and place the data."""
        raise NotImplementedError


def results(returned: Any) -> list[np.ndarray]:
    """What a call returned, flat: the value, then a gradient for each name in `wrt`."""
    if isinstance(returned, (tuple, list)):
        return [array for item in returned for array in results(item)]
    return [np.asarray(returned.detach() if hasattr(returned, "detach") else returned)]


class Namespace:
    """A module with some names replaced."""

    def __init__(self, module: Any, **replaced: Any) -> None:
        self.__dict__.update(replaced)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def translated(function: Callable[..., Any], numpy: Any, special: Any) -> Callable[..., Any]:
    """The same function, with `numpy` for `np` and `special` for `scipy.special`, all the way down."""

    def find(name: str, *rest: Any, **named: Any) -> Any:
        return special if name == "scipy.special" else builtins.__import__(name, *rest, **named)

    old = function.__globals__
    new = {**old, "np": numpy, "__builtins__": {**vars(builtins), "__import__": find}}
    for name, value in old.items():
        if isinstance(value, FunctionType) and value.__globals__ is old:
            new[name] = FunctionType(value.__code__, new, name, value.__defaults__, value.__closure__)
    return FunctionType(function.__code__, new, function.__name__, function.__defaults__, function.__closure__)


# ------------------------------------------------------------------------------------------------------------- gradc


def kernel(problem: Problem) -> Any:
    """The problem's loss, compiled once for a dtype whatever the sizes."""
    wrt = problem.wrt[0] if problem.single else problem.wrt
    return _compiled(problem.function, problem.signature, wrt, problem.dtype)


@functools.cache
def _compiled(function: Any, signature: str, wrt: Any, dtype: str) -> Any:
    import gradc

    return gradc.compile(function, signature, wrt=wrt, dtype=dtype)


class Gradc(Peer):
    """A checked call with fresh results."""

    name, module = "gradc", "gradc"

    def prepare(self, problem: Problem) -> Call:
        compiled = kernel(problem)
        arguments = tuple(problem.arguments.values())
        if problem.pointwise:
            ones = np.ones_like(arguments[0])
            return lambda: compiled.vjp(arguments, ones)
        pair = compiled.value_and_grad
        return lambda: pair(*arguments)


class GradcBound(Peer):
    """All arguments bound, results written where the caller says."""

    name, module = "gradc-bound", "gradc"

    def prepare(self, problem: Problem) -> Call:
        if problem.pointwise:
            raise NotOffered("bind gives value_and_grad, which is for scalar losses")
        compiled = kernel(problem)
        _, gradients = compiled.value_and_grad(*problem.arguments.values())
        arrays = [g if isinstance(g, np.ndarray) else None for g in ([gradients] if problem.single else gradients)]
        bound: Call = compiled.bind(out=(None, *arrays), **problem.arguments)
        return bound


# ------------------------------------------------------------------------------------------------- by hand, in NumPy


def _numpy_logistic(w: Any, X: Any, y: Any, lam: float) -> Any:
    m = -y * (X @ w)
    e = np.exp(-np.abs(m))
    value = np.mean(np.maximum(m, 0) + np.log1p(e)) + 0.5 * lam * (w @ w)
    r = -y * np.where(m > 0, 1, e) / (1 + e)
    return value, r @ X / len(y) + lam * w


def _numpy_ridge(w: Any, X: Any, y: Any, lam: float) -> Any:
    r = X @ w - y
    return 0.5 * (r @ r) / len(y) + 0.5 * lam * (w @ w), r @ X / len(y) + lam * w


def _numpy_squared_error(w: Any, X: Any, y: Any) -> Any:
    r = X @ w - y
    return 0.5 * (r @ r) / len(y), r @ X / len(y)


def _numpy_poisson(w: Any, X: Any, y: Any) -> Any:
    z = X @ w
    mu = np.exp(z)
    return np.mean(mu - y * z), (mu - y) @ X / len(y)


def _numpy_hinge(w: Any, X: Any, y: Any, lam: float) -> Any:
    m = 1 - y * (X @ w)
    return np.mean(np.maximum(m, 0)) + 0.5 * lam * (w @ w), np.where(m > 0, -y, 0) @ X / len(y) + lam * w


def _numpy_cross_entropy(Z: Any, y: Any) -> Any:
    Z = Z - Z.max(axis=1, keepdims=True)
    rows = np.arange(len(y))
    true = Z[rows, y]
    P = np.exp(Z)
    s = P.sum(axis=1, keepdims=True)
    value = np.mean(np.log(s[:, 0]) - true)
    P /= s
    P[rows, y] -= 1
    P /= len(y)
    return value, P


def _numpy_softmax(W: Any, b: Any, X: Any, y: Any) -> Any:
    value, P = _numpy_cross_entropy(X @ W + b, y)
    return value, X.T @ P, P.sum(axis=0)


def _numpy_two_layer(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any) -> Any:
    T = np.tanh(X @ W1 + b1)
    value, P = _numpy_cross_entropy(T @ W2 + b2, y)
    R = P @ W2.T * (1 - T * T)
    return value, X.T @ R, R.sum(axis=0), T.T @ P, P.sum(axis=0)


def _numpy_rosenbrock(x: Any) -> Any:
    a, b = x
    s = b - a * a
    return (1 - a) ** 2 + 100 * s * s, np.array([-2 * (1 - a) - 400 * a * s, 200 * s])


def _numpy_exp_sin_log(a: Any, b: Any, c: Any) -> Any:
    e, bc = np.exp(-a * a), b * c
    es, ec = e * np.sin(bc), e * np.cos(bc)
    p, q = 1 + b * b, 1 + c * c
    log, root = np.log(p), 1 / np.sqrt(q)
    return es + log * root, -2 * a * es, c * ec + 2 * b / p * root, b * ec - c * log * root / q


NUMPY: dict[str, Callable[..., Any]] = {
    "logistic": _numpy_logistic,
    "ridge": _numpy_ridge,
    "squared_error": _numpy_squared_error,
    "poisson": _numpy_poisson,
    "hinge": _numpy_hinge,
    "softmax_cross_entropy": _numpy_softmax,
    "two_layer": _numpy_two_layer,
    "rosenbrock": _numpy_rosenbrock,
    "exp_sin_log": _numpy_exp_sin_log,
}


class NumPy(Peer):
    """Value and gradient as a careful person writes them, sharing what can be shared."""

    name, module = "numpy", "numpy"

    def prepare(self, problem: Problem) -> Call:
        if problem.loss not in NUMPY:
            raise NotOffered("no gradient was written by hand")
        return functools.partial(NUMPY[problem.loss], *problem.arguments.values())


# --------------------------------------------------------------------------------------------------------------- JAX


class Jax(Peer):
    """``jit(value_and_grad)``, arrays on the device; the call waits for the results."""

    name, module = "jax", "jax"

    def prepare(self, problem: Problem) -> Call:
        import jax
        import jax.numpy as jnp
        import jax.scipy.special

        jax.config.update("jax_enable_x64", True)
        function = translated(problem.function, jnp, jax.scipy.special)
        at = problem.positions[0] if problem.single else problem.positions
        derive = jax.value_and_grad(function, argnums=at)
        run = jax.jit(jax.vmap(derive) if problem.pointwise else derive)
        arguments = [jnp.asarray(v) if isinstance(v, np.ndarray) else v for v in problem.arguments.values()]
        return lambda: jax.block_until_ready(run(*arguments))


# ----------------------------------------------------------------------------------------------------------- PyTorch


def _torch_modules(dtype: str) -> tuple[Any, Any]:
    import torch

    real = getattr(torch, dtype)

    def t(x: Any) -> Any:
        return x if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=real)

    def lifted(name: str) -> Any:
        function = getattr(torch, name)
        return lambda *args: function(*map(t, args))

    def over(function: Any) -> Any:
        def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
            return function(x) if axis is None else function(x, dim=axis, keepdim=keepdims)

        return reduce

    names = "exp expm1 log log1p sqrt tanh cos sin abs logaddexp maximum minimum hypot where diag diagonal diff tril"
    numpy = Namespace(
        torch,
        **{name: lifted(name) for name in names.split() if name not in ("diff", "tril", "where")},
        where=lambda c, a, b: torch.where(c, t(a), t(b)),
        sum=over(torch.sum),
        mean=over(torch.mean),
        max=over(torch.amax),
        diff=torch.diff,
        tril=torch.tril,
        cumsum=lambda x: torch.cumsum(x, 0),
        concatenate=torch.cat,
        full=lambda n, value: torch.full((n,), value, dtype=real),
        take_along_axis=lambda x, at, axis: torch.take_along_dim(x, at, dim=axis),
    )
    special = Namespace(torch.special, gammaln=lifted("lgamma"))
    return numpy, special


class Torch(Peer):
    """Eager, with `torch.autograd.grad`."""

    name, module = "torch", "torch"

    def function(self, problem: Problem) -> Callable[..., Any]:
        return translated(problem.function, *_torch_modules(problem.dtype))

    def prepare(self, problem: Problem) -> Call:
        import torch

        torch.set_num_threads(self.threads)
        function = self.function(problem)
        arguments: list[Any] = []
        for name, value in problem.arguments.items():
            array = isinstance(value, np.ndarray) or name in problem.wrt
            kind = None if isinstance(value, np.ndarray) else getattr(torch, problem.dtype)
            arguments.append(torch.tensor(value, dtype=kind, requires_grad=name in problem.wrt) if array else value)
        fitted = [arguments[at] for at in problem.positions]
        ones = torch.ones_like(fitted[0]) if problem.pointwise else None

        def run() -> Any:
            value = function(*arguments)
            return value, torch.autograd.grad(value, fitted, ones)

        return run


class TorchCompile(Torch):
    """The loss through `torch.compile`, which also compiles its gradient."""

    name = "torch.compile"

    def function(self, problem: Problem) -> Callable[..., Any]:
        import torch

        return torch.compile(super().function(problem))

    def prepare(self, problem: Problem) -> Call:
        call = super().prepare(problem)
        special = ModuleType("scipy.special")
        special.__dict__.update(vars(_torch_modules(problem.dtype)[1]))
        special.__getattr__ = special._module.__getattribute__  # type: ignore[method-assign]
        # It follows imports itself, and not through the function's own builtins.
        with mock.patch.dict(sys.modules, {"scipy.special": special}):
            call()
        return call


# ---------------------------------------------------------------------------------------------------------- PyTensor


class PyTensor(Peer):
    """A compiled function of value and gradients, its inputs trusted."""

    name, module = "pytensor", "pytensor"

    def prepare(self, problem: Problem) -> Call:
        import pytensor
        import pytensor.tensor as pt

        def log_ndtr(x: Any) -> Any:
            t = x / math.sqrt(2)
            return pt.switch(x < -1, pt.log(pt.erfcx(-t) / 2) - t * t, pt.log1p(-pt.erfc(t) / 2))

        pytensor.config.floatX = problem.dtype
        numpy = Namespace(pt, hypot=lambda a, b: pt.sqrt(a**2 + b**2), inf=np.inf, pi=np.pi)
        special = SimpleNamespace(gammaln=pt.gammaln, i0e=lambda x: pt.ive(0.0, x), log_ndtr=log_ndtr)
        function = translated(problem.function, numpy, special)
        data = [np.asarray(v, None if isinstance(v, np.ndarray) else problem.dtype) for v in problem.arguments.values()]
        variables = [pt.tensor(n, dtype=v.dtype, shape=v.shape) for n, v in zip(problem.arguments, data, strict=True)]
        value = function(*variables)
        scalar = pt.sum(value) if problem.pointwise else value
        gradients = pytensor.grad(scalar, [variables[at] for at in problem.positions])
        run = pytensor.function(variables, [value, *gradients], trust_input=True, on_unused_input="ignore")
        return lambda: run(*data)


# ---------------------------------------------------------------------------------------------------------- autograd


class Autograd(Peer):
    """The tape of HIPS autograd."""

    name, module = "autograd", "autograd"

    @property
    def version(self) -> str:
        from importlib.metadata import version

        return version("autograd")

    def prepare(self, problem: Problem) -> Call:
        import autograd
        import autograd.numpy as anp
        import autograd.scipy.special

        function = translated(problem.function, anp, autograd.scipy.special)
        arguments = list(problem.arguments.values())
        if problem.pointwise:
            total = autograd.elementwise_grad(function, problem.positions)
            return lambda: (function(*arguments), total(*arguments))
        if problem.single:
            derived = autograd.value_and_grad(function, problem.positions[0])
            return lambda: derived(*arguments)

        def packed(fitted: tuple[Any, ...]) -> Any:
            whole = list(arguments)
            for at, value in zip(problem.positions, fitted, strict=True):
                whole[at] = value
            return function(*whole)

        fitted = tuple(arguments[at] for at in problem.positions)
        derived = autograd.value_and_grad(packed)
        return lambda: derived(fitted)


# ----------------------------------------------------------------------------------------------- by hand, with Numba


class Numba(Peer):
    """Loops written by hand, each row read once, with fastmath; `prange` over as many ranges of rows as threads."""

    name, module = "numba", "numba"

    def prepare(self, problem: Problem) -> Call:
        import numba
        from numba_loops import loops

        numba.set_num_threads(self.threads)
        functions = loops(self.threads > 1)
        if problem.loss not in functions:
            raise NotOffered("no loop was written by hand")
        real = getattr(np, problem.dtype)
        given = (v if isinstance(v, np.ndarray) else real(v) for v in problem.arguments.values())
        return functools.partial(functions[problem.loss], self.threads, *given)


# --------------------------------------------------------------------------------------- CasADi, with code generation


class CasADi(Peer):
    """CasADi's generated C, compiled as C by hand is, and called through its buffers, without copies; one thread."""

    name, module = "casadi", "casadi"

    def prepare(self, problem: Problem) -> Call:
        import casadi as ca

        if problem.dtype != "float64":
            raise NotOffered("float64 only")
        if problem.pointwise:
            a, b, c = (ca.SX.sym(letter) for letter in "abc")
            value = ca.exp(-(a**2)) * ca.sin(b * c) + ca.log(1 + b**2) / ca.sqrt(1 + c**2)
            partials = [ca.gradient(value, v) for v in (a, b, c)]
            function = ca.Function("point", [a, b, c], [value, *partials]).map(problem.arguments["a"].size)
            return self._bound(ca, function, list(problem.arguments.values()))
        import casadi_arrays

        values = [np.asarray(value, "float64") for value in problem.arguments.values()]
        if any(value.ndim > 2 for value in values):
            raise NotOffered(casadi_arrays.THREE)
        symbols = [ca.MX.sym(name, *(v.shape or (1,))) for name, v in zip(problem.arguments, values, strict=True)]
        function = translated(problem.function, casadi_arrays.numpy_module(), casadi_arrays.special_module())
        try:
            loss = function(*map(casadi_arrays.Array, symbols, (value.shape for value in values))).mx
        except (NotImplementedError, AttributeError, ImportError) as missing:
            raise NotOffered(str(missing)) from None
        gradients = [ca.gradient(loss, symbols[at]) for at in problem.positions]
        call = self._bound(ca, ca.Function("f", symbols, [loss, *gradients]), values, "F")
        # Matrices lie by columns.
        shapes = [(1,), *(values[at].shape or (1,) for at in problem.positions)]
        views = [array.reshape(shape, order="F") for array, shape in zip(call(), shapes, strict=True)]

        def shaped() -> Any:
            call()
            return views

        return shaped

    def _bound(self, ca: Any, function: Any, values: list[Any], order: Literal["C", "F"] = "C") -> Call:
        with tempfile.TemporaryDirectory() as name:
            # The generator writes into the working directory only, so the text goes by way of a string.
            generator = ca.CodeGenerator("generated.c")
            generator.add(function)
            (Path(name) / "generated.c").write_text(generator.dump())
            made = native.compiled(Path(name) / "generated.c", f"-DSERIAL={next(self._serial)}")
        compiled = ca.external(function.name(), str(made))
        buffer, run = compiled.buffer()
        arguments = [np.asarray(value, "float64").reshape(-1, order=order) for value in values]
        outputs = [np.empty(compiled.numel_out(k)) for k in range(compiled.n_out())]
        for k, array in enumerate(arguments):
            buffer.set_arg(k, memoryview(array))
        for k, array in enumerate(outputs):
            buffer.set_res(k, memoryview(array))

        def call() -> Any:
            run()
            return outputs

        call.keep = (buffer, arguments)  # type: ignore[attr-defined]
        return call

    _serial = itertools.count()


# -------------------------------------------------------------------------------------------------------- C, by hand


class HandwrittenC(Peer):
    """`by_hand.c`, called through cffi with pointers that were made beforehand, results written in place."""

    name, module = "C", "cffi"

    @property
    def version(self) -> str:
        return f"by hand, {' '.join(native.FLAGS)}"

    def prepare(self, problem: Problem) -> Call:
        if problem.loss not in ("logistic", "ridge", "rosenbrock", "exp_sin_log", "two_layer"):
            raise NotOffered("no C was written by hand")
        library = native.by_hand(problem.dtype)
        given = problem.arguments
        sizes = {
            "logistic": lambda: given["X"].shape,
            "ridge": lambda: given["X"].shape,
            "rosenbrock": lambda: (),
            "exp_sin_log": lambda: given["a"].shape,
            "two_layer": lambda: (len(given["y"]), *given["W1"].shape, given["b2"].size),
        }[problem.loss]()
        value = np.empty(given["a"].shape if problem.pointwise else 1, problem.dtype)
        outputs = [value, *(np.empty_like(given[name]) for name in problem.wrt)]
        function = getattr(library.lib, problem.loss)
        values = [library.at(v) if isinstance(v, np.ndarray) else v for v in given.values()]
        words = (*sizes, *values, *map(library.at, outputs))

        def call() -> Any:
            function(*words)
            return outputs

        return call


PEERS: dict[str, type[Peer]] = {
    peer.name: peer
    for peer in (
        Gradc,
        GradcBound,
        HandwrittenC,
        NumPy,
        Jax,
        Torch,
        TorchCompile,
        PyTensor,
        CasADi,
        Numba,
        Autograd,
    )
}


def installed() -> list[str]:
    """The peers that can be imported, gradc first."""
    return [name for name, peer in PEERS.items() if importlib.util.find_spec(peer.module) is not None]


def chosen(names: Sequence[str] | None, threads: int) -> dict[str, Peer]:
    """gradc, and the peers of these names, by default every one that is installed."""
    known = installed()
    wanted = [name for name in known if name != "gradc"] if names is None else names
    for name in wanted:
        if name not in known:
            state = "not installed" if name in PEERS else f"unknown; the peers are {', '.join(PEERS)}"
            raise SystemExit(f"{name} is {state}")
    return {name: PEERS[name](threads) for name in dict.fromkeys(("gradc", *wanted))}
