"""Linear algebra in programs: derivatives of every routine, and derivatives of these, against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from compiled import compile_programs, run
from gradc.calculus.forward import jvp
from gradc.calculus.reverse import vjp
from gradc.calculus.routines import ROUTINES, call
from gradc.ir.program import Parameter, Program, ProgramBuilder
from gradc.ir.size import symbol
from gradc.ir.verify import verify

n, m, k = symbol("n"), symbol("m"), symbol("k")
SOLVES = tuple(name for name, entry in ROUTINES.items() if entry.shapes is ROUTINES["solve"].shapes)
CASES = [(name, ()) for name in ROUTINES if name not in SOLVES]
CASES += [(name, more) for name in SOLVES for more in ((m,), (m, k))]


def program_of(name: str, more: tuple[Any, ...]) -> Program:
    """The program of a call; of the sign and the logarithm of a determinant, the latter."""
    right = (Parameter("B", (n, *more)),) if name in SOLVES else ()
    b = ProgramBuilder((Parameter("A", (n, n)), *right))
    return b.finish([call(b, name, *range(len(b.parameters)))[-1]])


def arguments_of(program: Program, size: int) -> list[Any]:
    """A matrix far from singular, not symmetric, and what else there is."""
    rng = np.random.default_rng(size)
    sizes = {"n": size, "m": 2, "k": 3}
    given = [rng.normal(size=[extent.evaluate({("dim", s): v for s, v in sizes.items()}) for extent in p.shape])
             for p in program.parameters]  # fmt: skip
    given[0] = given[0] @ given[0].T + size * np.eye(size) + 0.1 * rng.normal(size=(size, size))
    return given


def difference(function: Callable[..., Any], given: list[Any], directions: list[Any]) -> Any:
    """The derivative along directions, with an error of order h**4."""
    ends = [function(*(v + h * d for v, d in zip(given, directions, strict=True))) for h in (1e-3, -1e-3, 2e-3, -2e-3)]
    return (8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / 12e-3


def check_derivatives(program: Program, given: list[Any], rng: np.random.Generator) -> Program:
    """Tangents and adjoints agree with differences; gives the program of the adjoints."""
    wrt = list(range(len(program.parameters)))
    directions = [rng.normal(size=np.shape(value)) for value in given]
    (value,) = run(program, given)
    expected = difference(lambda *moved: run(program, moved)[0], given, directions)
    forward = verify(jvp(program, wrt, [f"d{j}" for j in wrt]))
    np.testing.assert_allclose(run(forward, [*given, *directions])[1], expected, rtol=1e-7, atol=1e-8)
    for j in wrt:  # where one argument alone moves
        alone = verify(jvp(program, [j], ["d"]))
        still = [d if i == j else 0.0 * d for i, d in enumerate(directions)]
        expected_alone = difference(lambda *moved: run(program, moved)[0], given, still)
        np.testing.assert_allclose(run(alone, [*given, directions[j]])[1], expected_alone, rtol=1e-7, atol=1e-8)
    cotangent = rng.normal(size=np.shape(value))
    backward = verify(vjp(program, wrt, cotangent=f"w{len(wrt)}"))
    _, *gradients = run(backward, [*given, cotangent])
    found = sum(np.sum(gradient * d) for gradient, d in zip(gradients, directions, strict=True))
    np.testing.assert_allclose(found, np.sum(cotangent * expected), rtol=1e-7, atol=1e-8)
    return backward


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(("name", "more"), CASES, ids=lambda case: case if isinstance(case, str) else f"{len(case)}")
def test_derivatives_of_routines_and_of_their_derivatives(name: str, more: tuple[Any, ...], size: int) -> None:
    program = program_of(name, more)
    given = arguments_of(program, size)
    rng = np.random.default_rng(7)
    backward = check_derivatives(program, given, rng)
    (value,) = run(program, given)
    again = [*given, rng.normal(size=np.shape(value))]
    for gradient in backward.outputs[1:]:
        one = Program(backward.parameters, backward.definitions, (gradient,))
        check_derivatives(one, again, rng)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_c_of_every_routine_is_its_reference(dtype: str) -> None:
    programs = {name: program_of(name, (m,) if name in SOLVES else ()) for name in ROUTINES}
    kernels = compile_programs(programs, dtype)
    tolerance = {"float64": 1e-13, "float32": 1e-5}[dtype]
    for name, program in programs.items():
        for size in (1, 2, 5, 9):
            given = [np.asarray(value, dtype) for value in arguments_of(program, size)]
            (expected,) = run(program, given)
            (found,) = kernels[name](*given)
            scale = np.max(np.abs(expected))
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale, err_msg=name)


def test_a_call_takes_as_many_columns_as_the_other_axes_have() -> None:
    program = program_of("solve", (m, k))
    A, B = arguments_of(program, 3)
    expected = np.linalg.solve(A, B.reshape(3, -1)).reshape(B.shape)
    np.testing.assert_allclose(run(program, [A, B])[0], expected, rtol=1e-13)
    assert program.arrays()[program.outputs[0]].shape == (n, m, k)
