"""Time Hessians beside JAX, PyTorch and CasADi, and beside gradc's own gradients.

    python benchmarks/second_order.py                          # every problem and size, every installed peer
    python benchmarks/second_order.py --problems logistic softmax --sizes small --peers jax
    python benchmarks/second_order.py --problems catalogue --sizes middle         # every loss of the catalogue, and JAX

JAX runs `jit` of `hessian`, of `jacfwd` of `jacfwd` and of `jacrev` of `jacrev`, PyTorch `torch.func.hessian` and
`jacrev` of `jacrev`; of the ways that a peer's documentation has, its fastest counts. CasADi has sparse Hessians with
generated C, compiled with gradc's flags. Every result is compared with gradc's before it is timed. CasADi writes into
buffers that are bound beforehand, and so does gradc, by `k.bind("hessian", out=H, ...)`; the column "checked" is its
ordinary call `k.hessian(*arguments)`, which checks the arguments and makes a fresh result. A row gives each peer's time
as a multiple of gradc's, the median over the rounds, and gradc's Hessian, product and diagonal as multiples of its
gradient, all bound. JAX alone is given the losses of the catalogue, whose NumPy it runs, up to LARGEST parameters, and
the first of its ways alone, since the others take up to hundreds of gigabytes.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import machine
import sheet
import timing

PEERS = ("jax", "torch", "casadi")
SIZES = ("small", "middle", "large")
TOLERANCE = 1e-8
LARGEST = 4_000  # parameters of a dense Hessian: 128 MB
PATIENCE = 0.3  # seconds: what takes longer, hundreds of times gradc's own time, is timed once


class Problem(NamedTuple):
    """A loss for all: gradc's source and the same mathematics in the vocabulary of JAX and PyTorch, and of CasADi.

    For a loss of the catalogue the source is a function of NumPy arrays, and stands alone.
    """

    name: str
    size: str
    source: Any
    signature: str
    wrt: tuple[str, ...]
    arguments: Mapping[str, Any]
    function: Callable[..., Any] | None = None
    casadi: Callable[[Any, Mapping[str, Any]], tuple[Any, list[Any], list[Any]]] | None = None

    def sizes(self) -> list[int]:
        """How many numbers each parameter has."""
        return [int(self.arguments[name].size) for name in self.wrt]

    def peers(self, chosen: Sequence[str]) -> list[str]:
        """Those of the peers that can take part."""
        if sum(self.sizes()) > LARGEST:
            return []
        return [name for name in chosen if name == "jax" or self.function is not None]


def problems(size: str) -> list[Problem]:
    """The problems, with their arguments."""
    import numpy as np

    rng = np.random.default_rng(20)
    normal = rng.standard_normal

    def linear(n: int, d: int) -> dict[str, Any]:
        return {"w": 0.1 * normal(d), "X": normal((n, d)), "y": np.sign(normal(n))}

    def casadi_linear(each: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
        def build(ca: Any, given: Mapping[str, Any]) -> tuple[Any, list[Any], list[Any]]:
            n, d = given["X"].shape
            w, X, y = ca.MX.sym("w", d), ca.MX.sym("X", d, n), ca.MX.sym("y", n)
            return ca.sum1(each(ca, ca.mtimes(X.T, w), y)) / n, [w], [X, y]

        return build

    def casadi_elementwise(each: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
        def build(ca: Any, given: Mapping[str, Any]) -> tuple[Any, list[Any], list[Any]]:
            n = given["x"].size
            x, y = ca.MX.sym("x", n), ca.MX.sym("y", n)
            return ca.sum1(each(ca, x, y)), [x], [y]

        return build

    def casadi_softmax(ca: Any, given: Mapping[str, Any]) -> tuple[Any, list[Any], list[Any]]:
        (n, d), k = given["X"].shape, given["Y"].shape[1]
        W, X, Y = ca.MX.sym("W", k * d), ca.MX.sym("X", d, n), ca.MX.sym("Y", k, n)
        Z = ca.mtimes(ca.reshape(W, k, d), X)
        return ca.sum2(ca.log(ca.sum1(ca.exp(Z))) - ca.sum1(Y * Z)) / n, [W], [X, Y]

    def casadi_network(ca: Any, given: Mapping[str, Any]) -> tuple[Any, list[Any], list[Any]]:
        (n, d), h = given["X"].shape, given["b"].size
        both, X, y = ca.MX.sym("both", h * (d + 2)), ca.MX.sym("X", d, n), ca.MX.sym("y", n)
        W, b, v = ca.reshape(both[: h * d], h, d), both[h * d : h * (d + 1)], both[h * (d + 1) :]
        hidden = ca.tanh(ca.mtimes(W, X) + ca.repmat(b, 1, n))
        return ca.sum2((ca.mtimes(v.T, hidden) - y.T) ** 2) / n, [both], [X, y]

    def casadi_chain(ca: Any, given: Mapping[str, Any]) -> tuple[Any, list[Any], list[Any]]:
        x = ca.MX.sym("x", given["x"].size)
        return ca.sum1(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2), [x], []

    def casadi_factors(ca: Any, given: Mapping[str, Any]) -> tuple[Any, list[Any], list[Any]]:
        (m, k), p, n = given["U"].shape, given["V"].shape[0], given["y"].size
        both, y = ca.MX.sym("both", k * (m + p)), ca.MX.sym("y", n)
        U, V = ca.reshape(both[: k * m], k, m), ca.reshape(both[k * m :], k, p)
        errors = ca.sum1(U[:, given["u"].tolist()] * V[:, given["v"].tolist()]).T - y
        return ca.sum1(errors**2) / 2, [both], [y]

    at = SIZES.index(size)
    n, d = ((200, 5), (2_000, 20), (20_000, 40))[at]
    regression = linear(n, d)
    counts = rng.poisson(1.5, n).astype(float)
    n, d, k = ((200, 5, 3), (2_000, 20, 5), (5_000, 30, 8))[at]
    classes = {"W": 0.1 * normal((d, k)), "X": normal((n, d)), "Y": np.eye(k)[rng.integers(0, k, n)]}
    m, p, k, n = ((20, 15, 2, 100), (60, 50, 4, 1_000), (200, 150, 8, 4_000))[at]
    factors = {
        "U": normal((m, k)), "V": normal((p, k)),
        "u": rng.integers(0, m, n), "v": rng.integers(0, p, n), "y": normal(n),
    }  # fmt: skip
    n, d, h = ((100, 4, 4), (1_000, 10, 8), (4_000, 16, 12))[at]
    layers = {"W": 0.3 * normal((d, h)), "b": normal(h), "v": normal(h), "X": normal((n, d)), "y": normal(n)}
    n = (100, 1_000, 4_000)[at]
    pointwise = {"x": normal(n), "y": normal(n)}
    return [
        Problem(
            "logistic", size, "mean(softplus(-y * (X @ w)))", "w[d], X[n,d], y[n]", ("w",), regression,
            lambda m, w, X, y: m.mean(m.softplus(-y * (X @ w))),
            casadi_linear(lambda ca, z, y: ca.log1p(ca.exp(-y * z))),
        ),
        Problem(
            "poisson", size, "mean(exp(X @ w) - y * (X @ w))", "w[d], X[n,d], y[n]", ("w",),
            {**regression, "y": counts},
            lambda m, w, X, y: m.mean(m.exp(X @ w) - y * (X @ w)),
            casadi_linear(lambda ca, z, y: ca.exp(z) - y * z),
        ),
        Problem(
            "softmax", size, "mean(logsumexp(X @ W, axis=1) - sum(Y * (X @ W), axis=1))", "W[d,k], X[n,d], Y[n,k]",
            ("W",), classes,
            lambda m, W, X, Y: m.mean(m.logsumexp(X @ W) - m.total(Y * (X @ W))),
            casadi_softmax,
        ),
        Problem(
            "factorisation", size, "sum((sum(U[u] * V[v], axis=1) - y)**2) / 2",
            "U[m,k], V[p,k], u[n]:int64, v[n]:int64, y[n]", ("U", "V"), factors,
            lambda m, U, V, u, v, y: m.sum((m.total(U[u] * V[v]) - y) ** 2) / 2,
            casadi_factors,
        ),
        Problem(
            "network", size, "mean((tanh(X @ W + b) @ v - y)**2)", "W[d,h], b[h], v[h], X[n,d], y[n]", ("W", "b", "v"),
            layers,
            lambda m, W, b, v, X, y: m.mean((m.tanh(X @ W + b) @ v - y) ** 2),
            casadi_network,
        ),
        Problem(
            "separable", size, "sum(log(cosh(x - y)))", "x[n], y[n]", ("x",), pointwise,
            lambda m, x, y: m.sum(m.log(m.cosh(x - y))),
            casadi_elementwise(lambda ca, x, y: ca.log(ca.cosh(x - y))),
        ),
        Problem(
            "separable softplus", size, "sum(softplus(x * y))", "x[n], y[n]", ("x",), pointwise,
            lambda m, x, y: m.sum(m.softplus(x * y)),
            casadi_elementwise(lambda ca, x, y: ca.log1p(ca.exp(x * y))),
        ),
        Problem(
            "chain", size, "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)", "x[n]", ("x",), {"x": pointwise["x"]},
            lambda m, x: m.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
            casadi_chain,
        ),
    ]  # fmt: skip


def catalogued(size: str) -> list[Problem]:
    """The losses of the catalogue."""
    import numpy as np

    from gradc.losses import CATALOGUE

    found = []
    for name, loss in CATALOGUE.items():
        given = loss.example(np.random.default_rng(20), size, dtype="float64")
        wrt = (loss.wrt,) if isinstance(loss.wrt, str) else tuple(loss.wrt)
        arguments = {key: np.asarray(value) for key, value in given.items()}
        found.append(Problem(name, size, loss.function, loss.signature, wrt, arguments))
    return found


# --- the calls of each system -----------------------------------------------------------------------------------------

Calls = dict[str, Callable[[], Any]]


def gradc_calls(problem: Problem, threads: int) -> Calls:
    """Hessian, gradient, product and diagonal."""
    import numpy as np

    import gradc

    wrt: Any = problem.wrt if len(problem.wrt) > 1 else problem.wrt[0]
    kernel = gradc.compile(problem.source, problem.signature, wrt=wrt, name="problem", threads=threads)
    given, arguments = dict(problem.arguments), tuple(problem.arguments.values())
    vectors = {f"{name}_dot": np.ones_like(given[name]) for name in problem.wrt}

    def bound(what: str, out: Any, **more: Any) -> Callable[[], Any]:
        call: Callable[[], Any] = kernel.bind(what, out=out, **given, **more)
        return call

    def places(result: Any) -> Any:
        """Where a result like this one can be written; a number has no place."""
        if isinstance(result, tuple):
            return tuple(map(places, result))
        return np.asarray(result) if isinstance(result, float) else result

    return {
        "hessian": bound("hessian", places(kernel.hessian(**given))),
        "checked": lambda: kernel.hessian(*arguments),
        "gradient": kernel.bind(out=(None, places(kernel.grad(**given))), **given),
        "product": bound("hvp", None, **vectors),
        "diagonal": bound("hessian_diagonal", None),
    }


def jax_calls(problem: Problem, _threads: int) -> Calls:
    """`jit` of the ways that JAX's documentation has."""
    import types

    import jax
    import jax.numpy as jnp
    import jax.scipy.special
    from peers import translated

    jax.config.update("jax_enable_x64", True)
    m = types.SimpleNamespace(
        mean=jnp.mean, sum=jnp.sum, exp=jnp.exp, log=jnp.log, cosh=jnp.cosh, tanh=jnp.tanh,
        softplus=jax.nn.softplus, logsumexp=lambda Z: jax.nn.logsumexp(Z, axis=1), total=lambda Z: jnp.sum(Z, axis=1),
    )  # fmt: skip
    names = list(problem.arguments)
    at = tuple(names.index(name) for name in problem.wrt)
    given = [jnp.asarray(value) for value in problem.arguments.values()]

    def loss(*args: Any) -> Any:
        if problem.function is None:
            return translated(problem.source, jnp, jax.scipy.special)(*args)
        return problem.function(m, *args)

    def timed(function: Any) -> Callable[[], Any]:
        compiled = jax.jit(function)
        return lambda: jax.block_until_ready(compiled(*given))

    def product(*args: Any) -> Any:
        def gradient(*moving: Any) -> Any:
            full = list(args)
            for k, value in zip(at, moving, strict=True):
                full[k] = value
            return jax.grad(loss, at)(*full)

        points = tuple(args[k] for k in at)
        return jax.jvp(gradient, points, tuple(jnp.ones_like(p) for p in points))[1]

    calls = {
        "hessian": timed(jax.hessian(loss, at)),
        "gradient": timed(jax.value_and_grad(loss, at)),
        "product": timed(product),
    }
    if problem.function is not None:
        calls["hessian, jacfwd of jacfwd"] = timed(jax.jacfwd(jax.jacfwd(loss, at), at))
        calls["hessian, jacrev of jacrev"] = timed(jax.jacrev(jax.jacrev(loss, at), at))
    return calls


def torch_calls(problem: Problem, threads: int) -> Calls:
    """`torch.func`, eager, as its documentation has it."""
    import types

    import torch

    torch.set_num_threads(threads)
    m = types.SimpleNamespace(
        mean=torch.mean, sum=torch.sum, exp=torch.exp, log=torch.log, cosh=torch.cosh, tanh=torch.tanh,
        softplus=torch.nn.functional.softplus, logsumexp=lambda Z: torch.logsumexp(Z, 1),
        total=lambda Z: torch.sum(Z, 1),
    )  # fmt: skip
    names = list(problem.arguments)
    at = tuple(names.index(name) for name in problem.wrt)
    given = [torch.as_tensor(value) for value in problem.arguments.values()]

    def loss(*args: Any) -> Any:
        assert problem.function is not None
        return problem.function(m, *args)

    return {
        "hessian": lambda: torch.func.hessian(loss, at)(*given),
        "hessian, jacrev of jacrev": lambda: torch.func.jacrev(torch.func.jacrev(loss, at), at)(*given),
        "gradient": lambda: torch.func.grad_and_value(loss, at)(*given),
    }


def casadi_calls(problem: Problem, _threads: int) -> Calls:
    """The sparse Hessian of CasADi, as generated C."""
    import casadi as ca
    import numpy as np
    from peers import CasADi

    assert problem.casadi is not None
    value, wrt, rest = problem.casadi(ca, problem.arguments)
    hessian, _ = ca.hessian(value, wrt[0])
    function = ca.Function("hessian", [*wrt, *rest], [hessian])
    given = problem.arguments
    # All parameters are one variable, and arrays of indices part of the expression.
    moving = np.concatenate([np.ravel(given[name]) for name in problem.wrt])
    fixed = [value for name, value in given.items() if name not in problem.wrt and value.dtype.kind == "f"]
    arguments = [moving, *fixed]
    call = CasADi(1)._bound(ca, function, arguments)
    pattern = hessian.sparsity()
    rows, columns = np.array(pattern.row()), np.array(pattern.get_col())

    def dense() -> Any:
        whole = np.zeros(pattern.shape)
        whole[rows, columns] = call()[0][: rows.size]
        return whole

    return {"hessian": call, "check": dense}


SYSTEMS = {"gradc": gradc_calls, "jax": jax_calls, "torch": torch_calls, "casadi": casadi_calls}


# --- comparing --------------------------------------------------------------------------------------------------------


def whole(hessian: Any, sizes: Sequence[int]) -> Any:
    """A Hessian of any system as one matrix."""
    import numpy as np

    def matrix(block: Any, rows: int, columns: int) -> Any:
        block = block.toarray() if hasattr(block, "toarray") else np.asarray(block)
        return block.reshape(rows, columns)

    if hasattr(hessian, "shape"):
        return matrix(hessian, sum(sizes), sum(sizes))
    return np.block([[matrix(b, sizes[p], sizes[q]) for q, b in enumerate(row)] for p, row in enumerate(hessian)])


def compare(problem: Problem, peers: Sequence[str], options: Any) -> tuple[dict[str, list[float]], dict[str, str]]:
    """The times of all calls that agree, and remarks on those that do not take part."""
    import numpy as np

    sizes = problem.sizes()
    own = gradc_calls(problem, options.threads)
    peers = problem.peers(peers)
    expected = whole(own["hessian"](), sizes) if peers else None
    calls = {f"gradc {what}": call for what, call in own.items()}
    remarks: dict[str, str] = {}
    for peer in peers:
        try:
            found = SYSTEMS[peer](problem, options.threads)
        except Exception as error:  # a peer may fail in its own way, and the others are timed all the same
            remarks[peer] = f"failed: {type(error).__name__}: {str(error).splitlines()[:1]}"
            continue
        check = found.pop("check", None)
        for what, call in found.items():
            if what.startswith("hessian"):
                try:
                    value = whole((check or call)(), sizes)
                except Exception as error:
                    remarks[f"{peer} {what}"] = f"failed: {type(error).__name__}: {str(error).splitlines()[:1]}"
                    continue
                apart = float(np.max(np.abs(value - expected)) / (np.max(np.abs(expected)) or 1.0))
                if not apart <= TOLERANCE:
                    remarks[f"{peer} {what}"] = f"disagrees by {apart:.1e}, so it was not timed"
                    continue
            calls[f"{peer} {what}"] = call
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return timing.measure(calls, options.rounds, options.seconds, PATIENCE), remarks


def chosen(names: Sequence[str] | None, sizes: Sequence[str]) -> Iterator[Problem]:
    """The problems of these names; of the catalogue those that are asked for."""
    for size in sizes:
        yield from (problem for problem in problems(size) if not names or problem.name in names)
        more = set(names or ()) - {problem.name for problem in problems(size)}
        if more:
            yield from (p for p in catalogued(size) if p.name in more or "catalogue" in more)


def main(given: Sequence[str] | None = None) -> None:
    """Run and print."""
    parser = sheet.parser(__doc__, rounds=9, seconds=0.02)
    parser.add_argument("--problems", nargs="+")
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=SIZES)
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    options = parser.parse_args(given)
    machine.pin(options.threads)
    peers, versions = [], {}
    for name in options.peers:
        try:
            versions[name] = str(importlib.import_module(name).__version__)
        except ImportError:
            continue
        peers.append(name)
    page = sheet.Sheet(options, versions)
    page.say(f"{'':28}{'hessian':>11}{'checked':>9}{'/gradient':>11}{'hvp':>7}{'diagonal':>10}  × gradc's Hessian")
    best: dict[str, list[float]] = {}
    for problem in chosen(options.problems, options.sizes):
        times, remarks = compare(problem, peers, options)
        base = times["gradc hessian"]

        def ratio(name: str, to: str, times: dict[str, list[float]] = times) -> float:
            return statistics.median(a / b for a, b in zip(times[name], times[to], strict=True))

        found = {}
        for peer in problem.peers(peers):
            ways = [name for name in times if name.startswith(f"{peer} hessian")]
            if ways:
                found[peer] = min(ratio(way, "gradc hessian") for way in ways)
        own = {
            "checked": ratio("gradc checked", "gradc hessian"),
            "hessian": ratio("gradc hessian", "gradc gradient"),
            "product": ratio("gradc product", "gradc gradient"),
            "diagonal": ratio("gradc diagonal", "gradc gradient"),
        }
        words = "".join(f"{peer} {value:8.1f}   " for peer, value in found.items())
        page.say(
            f"{problem.name:20}{problem.size:8}{statistics.median(base) * 1e6:9.1f}µs{own['checked']:9.2f}"
            f"{own['hessian']:11.1f}{own['product']:7.1f}{own['diagonal']:10.1f}  {words}"
        )
        for name, remark in remarks.items():
            page.say(f"    {name}: {remark}")
        if found:
            best.setdefault(problem.size, []).append(min(found.values()))
        row = {"problem": problem.name, "size": problem.size, "seconds": statistics.median(base), "own": own}
        page.rows.append({**row, "times": times, "ratios": found, "remarks": remarks})
    for name, ratios in {**best, "all": [ratio for one in best.values() for ratio in one]}.items():
        if ratios:
            mean, slower = timing.geometric_mean(ratios), sum(ratio < 1 for ratio in ratios)
            page.say(f"best peer, {name:8} geometric mean {mean:5.1f}, least {min(ratios):.1f}, below 1: {slower}")
    page.save()


if __name__ == "__main__":
    main(sys.argv[1:])
