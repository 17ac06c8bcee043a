"""Every function that NumPy code may use, as C: its value and its gradients, against the interpreter and differences.

All cases of `test_arrays` are compiled in a few translation units, so that the compiler starts a few times only.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import gradc
from gradc import programs
from gradc.calculus.semantics import SEMANTICS
from gradc.frontends.tracing import trace
from gradc.ir.interpret import interpret
from gradc.ir.program import Program
from gradc.ir.verify import verify
from gradc.passes.lower import lower
from gradc.runtime.library import load
from gradc.units import emit, render
from test_arrays import ALL, SIZES, _positional, draw, parameters

GROUPS = 6


def program_of(case: tuple[Any, ...]) -> Program:
    _, function, signature, *_ = case
    return programs.canonical(trace(_positional(function), parameters(signature)))


def arguments_of(case: tuple[Any, ...]) -> list[Any]:
    _, _, signature, *domain = case
    values = draw(parameters(signature))
    return [domain[0](v) if domain and np.asarray(v).dtype.kind == "f" else v for v in values]


def reals(program: Program) -> list[str]:
    return [parameter.name for parameter in program.parameters if parameter.dtype == "real"]


@cache
def library(group: int) -> dict[str, Any]:
    """The cases of a group, value and vjp, in one translation unit."""
    units, found = [], {}
    for number, case in enumerate(ALL):
        if number % GROUPS != group:
            continue
        program = program_of(case)
        modes = ["value", "vjp"] if reals(program) else ["value"]
        for mode in modes:
            derived = verify(programs.derive(program, mode, reals(program)))
            verify(lower(derived))
            unit = emit(derived, mode, f"case{number}", "float64")
            units.append(unit)
            found[case[0], mode] = (derived, unit.entry.name)
    source = render(units, units[0].program, "cases", "float64")
    kernels = load(source.c, [unit.entry for unit in units])
    return {key: (derived, kernels.function(name)) for key, (derived, name) in found.items()}


@pytest.mark.parametrize("number", range(len(ALL)), ids=lambda number: ALL[number][0])
def test_c_agrees_with_the_interpreter_and_gradients_with_differences(number: int) -> None:
    case = ALL[number]
    kernels = library(number % GROUPS)
    arguments = arguments_of(case)
    program, value = kernels[case[0], "value"]
    (expected,) = interpret(program, arguments, SEMANTICS, dims=SIZES)
    np.testing.assert_allclose(value(*arguments), expected, rtol=1e-12, atol=1e-12)
    if (case[0], "vjp") not in kernels:
        return
    derived, vjp = kernels[case[0], "vjp"]
    rng = np.random.default_rng(number)
    cotangent = rng.normal(size=np.shape(expected))
    given = [*arguments, cotangent if cotangent.ndim else float(cotangent)]
    results = vjp(*given)
    for found, oracle in zip(results, interpret(derived, given, SEMANTICS, dims=SIZES), strict=True):
        np.testing.assert_allclose(found, oracle, rtol=1e-11, atol=1e-12)
    names = [parameter.name for parameter in program.parameters]
    for name, gradient in zip(reals(program), results[1:], strict=True):
        position = names.index(name)
        direction = rng.normal(size=np.shape(arguments[position]))
        steps = []
        for h in (1e-4, 5e-5):
            ends = []
            for sign in (1, -1):
                moved = list(arguments)
                moved[position] = np.asarray(arguments[position], float) + sign * h * direction
                moved_value = interpret(program, moved, SEMANTICS, dims=SIZES)[0]
                ends.append(np.sum((cotangent * moved_value)[np.isfinite(expected)]))
            steps.append((ends[0] - ends[1]) / (2 * h))
        difference = (4 * steps[1] - steps[0]) / 3  # Richardson: the error of order h² cancels
        np.testing.assert_allclose(np.sum(gradient * direction), difference, rtol=2e-6, atol=2e-6)


def test_cases_have_distinct_names() -> None:
    assert len({case[0] for case in ALL}) == len(ALL)


def test_margins_wider_than_the_axis() -> None:
    modes = ("edge", "reflect", "symmetric", "wrap")

    def padded(x: Any) -> Any:
        return np.concatenate([np.pad(x, (5, 7), mode=mode) for mode in modes])

    k = gradc.compile(padded, "x[n]", backend="c")
    for n in (1, 2, 3, 20):
        x = np.arange(1.0, n + 1)
        np.testing.assert_array_equal(k(x), padded(x))
        cotangent = np.arange(4.0 * (n + 12))
        assert gradc.check_grad(gradc.compile(lambda x: padded(x) @ padded(x), f"x[{n}]", backend="interpret"), x).ok
        np.testing.assert_allclose(k.vjp((x,), cotangent)[1] @ x, padded(x) @ cotangent)
    for backend in ("c", "interpret"):
        with pytest.raises(gradc.IndexRangeError):
            gradc.compile(lambda x: np.pad(x, 1, mode="edge"), "x[n]", backend=backend)(np.zeros(0))
    with pytest.raises(gradc.ShapeError, match="empty"):
        gradc.compile(lambda x: np.pad(x, 1, mode="wrap"), "x[0]")
