"""The interpreter, which all else is compared with: types, edges, and how much it stores."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from compiled import run
from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.semantics import SEMANTICS
from gradc.errors import VerifyError
from gradc.frontends.formula import parse_program
from gradc.ir.interpret import evaluate_body
from gradc.ir.program import Parameter, Program, ProgramBuilder, Scan
from gradc.ir.ranges import bounds_of
from gradc.ir.size import index, ref, symbol
from gradc.ir.verify import verify

n, d = symbol("n"), symbol("d")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_constants_have_the_type_of_what_they_are(dtype: str) -> None:
    b = ProgramBuilder((Parameter("x", (n,)),))
    body = b.body()
    x = b.access(body, 0, index(0))
    body.apply("lt", x, body.constant(0.1))
    body.constant(True)
    values, _ = evaluate_body(body.equations, (3,), [np.array([0.0, 0.1, 1.0], dtype)], {}, SEMANTICS, dtype)
    types = [np.asarray(value).dtype for value in values]
    assert types == [{"real": np.dtype(dtype), "boolean": np.dtype(bool)}[e.kind] for e in body.equations]
    assert [e.kind for e in body.equations] == ["real", "real", "boolean", "boolean"]


def test_a_sum_of_products_stores_no_array_of_all_indices() -> None:
    program = parse_program(
        "def program(X: real[n, d], Y: real[d, n]):\n    Z[i:n, j:n] = sum[k:d](X[i, k] * Y[k, j])\n    return Z\n"
    )
    X = np.random.default_rng(0).normal(size=(200, 150))
    tracemalloc.start()
    (Z,) = run(program, [X, X.T])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_allclose(Z, X @ X.T, rtol=1e-12)
    assert most < 8 * Z.nbytes


EDGES: dict[str, tuple[Any, dict[str, float]]] = {
    "nothing": ([], {"sum": 0.0, "prod": 1.0, "logsumexp": -np.inf, "norm": 0.0}),
    "zeros": ([0.0, 0.0], {"sum": 0.0, "prod": 0.0, "max": 0.0, "min": 0.0, "logsumexp": np.log(2), "norm": 0.0}),
    "one": ([-3.0], {"sum": -3.0, "prod": -3.0, "max": -3.0, "min": -3.0, "logsumexp": -3.0, "norm": 3.0}),
    "large": ([3e200, -4e200], {"sum": -1e200, "max": 3e200, "min": -4e200, "logsumexp": 3e200, "norm": 5e200}),
    "small": ([3e-200, 4e-200], {"sum": 7e-200, "max": 4e-200, "min": 3e-200, "norm": 5e-200}),
    "infinite": ([1.0, np.inf], {"sum": np.inf, "max": np.inf, "min": 1.0, "logsumexp": np.inf, "norm": np.inf}),
    "minus infinite": ([-np.inf, -np.inf], {"max": -np.inf, "logsumexp": -np.inf, "norm": np.inf}),
}


@pytest.mark.parametrize("edge", EDGES)
def test_reductions_of_what_is_extreme(edge: str) -> None:
    terms, expected = EDGES[edge]
    with np.errstate(all="ignore"):
        for name, right in expected.items():
            np.testing.assert_allclose(SEMANTICS.reductions[name](np.array(terms), (0,)), right, rtol=1e-14)


def test_what_a_scan_takes_is_there() -> None:
    """A number of no array is a fault, not an error of the check."""
    step = ProgramBuilder((Parameter("c", ()), Parameter("x", ())))
    body = step.body()
    step_body = step.finish([step.comprehend(body, step.access(body, 0), ())])
    for initial, captured in (((0,), (7,)), ((7,), (1,))):
        scan = Scan("t", n, initial, captured, step_body)
        broken = Program((Parameter("a", ()), Parameter("x", ())), (scan,), (2,))
        with pytest.raises(VerifyError):
            verify(broken)


def test_names_of_steps_are_counted() -> None:
    for taken, name in (((), "t"), (("t",), "t1"), (("t", "t1"), "t2"), (("t1",), "t")):
        assert ProgramBuilder(tuple(Parameter(word, ()) for word in taken)).step_name() == name


def test_bounds_of_quotients_are_known_where_those_of_their_tops_are() -> None:
    assert bounds_of(index(0) // 2, (2 * n,)) == (n - n, n - 1)
    for unknown in (ref(0) // 2, (ref(0) + index(0)) // 3, (index(0) - 1) // 2, index(0) // ref(0)):
        assert bounds_of(unknown, (2 * n,)) is None


FAR = (0.0, 1e-300, 0.5, 1.0, 20.0, 709.0, 1e10, 1e160, 1e308)
BOUNDED = {name for name, entry in PRIMITIVES.items() if entry.bounded}


@pytest.mark.parametrize("name", sorted(BOUNDED))
def test_what_is_bounded_is_finite_wherever_its_operand_is(name: str) -> None:
    assert PRIMITIVES[name].arity == 1
    points = np.array([sign * size for size in FAR for sign in (1, -1)])
    with np.errstate(all="ignore"):
        assert np.isfinite(SEMANTICS.operations[name](points)).all()


def test_derivatives_of_what_is_bounded_are_known_to_be_so() -> None:
    """What leaves a choice must be finite there: these are in what the catalogue's gradients hold."""
    assert {"sigmoid", "tanh", "sech_square", "sin", "cos"} <= BOUNDED
