"""What is measured: the catalogue's losses at three sizes, and named problems of one size.

    problem = choose(["logistic_20000x40"], ["middle"], "float64")[0]
    problem.function(**problem.arguments)

A problem is a loss and its arguments. Every peer is given the same NumPy code, or writes that mathematics by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from gradc.losses import CATALOGUE, SCALES, Array

SEED = 20
_ARGUMENT = re.compile(r"(\w+)\[([^]]*)\]")


@dataclass(frozen=True)
class Problem:
    """A loss with its arguments, in the signature's order."""

    name: str
    scale: str
    """"small", "middle" or "large", or "fixed" for a problem of one size."""
    dtype: str
    loss: str
    """The loss's name, by which a peer finds what was written for it by hand."""
    function: Callable[..., Any]
    signature: str
    wrt: tuple[str, ...]
    single: bool
    """Whether there is one gradient, and not a tuple of them."""
    arguments: dict[str, Any] = field(repr=False)
    pointwise: bool = False
    """Whether the value is an array, each element a function of the arguments' elements at its place."""

    @property
    def sizes(self) -> dict[str, int]:
        """The length of each dimension that the signature names."""
        found: dict[str, int] = {}
        for name, dims in _ARGUMENT.findall(self.signature):
            found |= zip(dims.replace(" ", "").split(","), self.arguments[name].shape, strict=True)
        return {dim: size for dim, size in found.items() if not dim.isdigit()}

    @property
    def positions(self) -> tuple[int, ...]:
        """Where the arguments to differentiate by stand."""
        names = list(self.arguments)
        return tuple(names.index(name) for name in self.wrt)


def rosenbrock(x: Array) -> Array:
    """Two variables: what is measured is the call."""
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def exp_sin_log(a: Array, b: Array, c: Array) -> Array:
    """A scalar function of three variables, at many points."""
    return np.exp(-(a**2)) * np.sin(b * c) + np.log(1 + b**2) / np.sqrt(1 + c**2)


def rosenbrock_chain(x: Array) -> Array:
    """Rosenbrock's function of many variables: each element meets its neighbour."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def image_variation(x: Array, y: Array) -> Array:
    """The total variation of an image beside its distance from another: neighbours along both axes."""
    across, down = x[:, 1:] - x[:, :-1], x[1:, :] - x[:-1, :]
    rough = np.sum(np.sqrt(across**2 + 1e-6)) + np.sum(np.sqrt(down**2 + 1e-6))
    return 0.5 * np.sum((x - y) ** 2) + 0.1 * rough


# name: (loss, signature, shapes of its arguments, the first of which it is differentiated by)
STENCILS: dict[str, tuple[Callable[..., Any], str, dict[str, tuple[int, ...]]]] = {
    "rosenbrock_200000": (rosenbrock_chain, "x[n]", {"x": (200_000,)}),
    "total_variation_300x400": (image_variation, "x[m,n], y[m,n]", {"x": (300, 400), "y": (300, 400)}),
}

# name: (loss of the catalogue, sizes)
OF_ONE_SIZE = {
    "logistic_2000x50": ("logistic", {"n": 2_000, "d": 50}),
    "logistic_20000x40": ("logistic", {"n": 20_000, "d": 40}),
    "ridge_20000x40": ("ridge", {"n": 20_000, "d": 40}),
    "network_10000x50x64x10": ("two_layer", {"n": 10_000, "d": 50, "h": 64, "k": 10}),
}
NAMED = ("rosenbrock", "exp_sin_log", *OF_ONE_SIZE, *STENCILS)


def choose(patterns: Sequence[str], scales: Sequence[str], dtype: str) -> list[Problem]:
    """The problems that the patterns name.

    Parameters
    ----------
    patterns
        Names with ``*`` and ``?``; ``named`` stands for the problems of one size, ``catalogue`` for all losses of the
        catalogue, and a group's name (``regression``) for its losses.
    scales
        For losses of the catalogue.
    dtype
        "float64" or "float32".
    """
    chosen: dict[str, None] = {}
    for pattern in patterns:
        found = [name for name in NAMED if pattern == "named" or fnmatchcase(name, pattern)]
        found += [n for n, loss in CATALOGUE.items() if pattern in ("catalogue", loss.group) or fnmatchcase(n, pattern)]
        if not found:
            known = ", ".join((*NAMED, *CATALOGUE))
            raise SystemExit(f"no problem is called {pattern!r}; there are named, catalogue, {known}")
        chosen.update(dict.fromkeys(found))
    problems = []
    for name in chosen:
        if name in NAMED:
            problems.append(_named(name, dtype))
        else:
            problems += [catalogued(name, name, scale, dtype) for scale in SCALES if scale in scales]
    return problems


def _named(name: str, dtype: str) -> Problem:
    rng = np.random.default_rng(SEED)
    if name == "rosenbrock":
        x = np.array([-1.2, 1.0], dtype)
        return Problem(name, "fixed", dtype, name, rosenbrock, "x[2]", ("x",), True, {"x": x})
    if name == "exp_sin_log":
        arguments = {letter: rng.standard_normal(100_000).astype(dtype) for letter in "abc"}
        wrt = ("a", "b", "c")
        return Problem(name, "fixed", dtype, name, exp_sin_log, "a[n], b[n], c[n]", wrt, False, arguments, True)
    if name in STENCILS:
        function, signature, shapes = STENCILS[name]
        arguments = {letter: rng.standard_normal(shape).astype(dtype) for letter, shape in shapes.items()}
        return Problem(name, "fixed", dtype, function.__name__, function, signature, ("x",), True, arguments)
    loss, sizes = OF_ONE_SIZE[name]
    return catalogued(name, loss, "fixed", dtype, sizes)


def catalogued(name: str, loss: str, scale: str, dtype: str, sizes: dict[str, int] | None = None) -> Problem:
    record = CATALOGUE[loss]
    single = isinstance(record.wrt, str)
    wrt = (record.wrt,) if isinstance(record.wrt, str) else record.wrt
    drawn = "middle" if scale == "fixed" else scale
    arguments = record.example(np.random.default_rng(SEED), drawn, dtype=dtype, **(sizes or {}))
    return Problem(name, scale, dtype, loss, record.function, record.signature, wrt, single, arguments)
