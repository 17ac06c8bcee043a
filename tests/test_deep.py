"""Deep and wide input: compiled in time and memory linear in its length, or refused by name; never a RecursionError."""

from __future__ import annotations

import dataclasses
import importlib
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import gradc
from gradc import programs
from gradc.artefacts import write_artefact
from gradc.calculus import chain
from gradc.calculus.reverse import vjp
from gradc.frontends.formula import parse_formula
from gradc.frontends.signature import parse_signature
from gradc.frontends.tracing import trace
from gradc.ir.definitions import bodies_of
from gradc.ir.program import Program
from gradc.ir.verify import verify
from gradc.units import emit, evaluator

SIGNATURE = "x[n], a"
PARAMETERS = parse_signature(SIGNATURE)
DEEP, LONG, SHORT = 100_000, 2_000, 500
VALUES = np.array([0.3, -0.4]), 0.25


def chain_formula(count: int) -> str:
    return "z = x\n" + "z = z * a + x\n" * count + "sum(z)"


def nested_formula(count: int) -> str:
    return "sum(" + "sin(" * count + "x" + ")" * count + ")"


def wide_formula(count: int) -> str:
    return "sum(" + " + ".join(f"x * {k}" for k in range(count)) + ")"


def traced_chain(count: int) -> Callable[..., Any]:
    def function(x: Any, a: Any) -> Any:
        z = x
        for _ in range(count):
            z = z * a + x
        return np.sum(z)

    return function


def traced_sum(count: int) -> Callable[..., Any]:
    def function(x: Any, a: Any) -> Any:
        total = 0.0
        for k in range(count):
            total = total + x * k
        return np.sum(total)

    return function


def chained_value(count: int) -> float:
    z = VALUES[0]
    for _ in range(count):
        z = z * VALUES[1] + VALUES[0]
    return float(np.sum(z))


def summed_value(count: int) -> float:
    return float(np.sum(VALUES[0])) * count * (count - 1) / 2


def read(source: Any) -> Program:
    return parse_formula(source, PARAMETERS) if isinstance(source, str) else trace(source, PARAMETERS)


SOURCES = {
    "a chain of lines": (chain_formula, chained_value),
    "a nest of calls": (nested_formula, None),
    "a sum of terms": (wide_formula, summed_value),
    "a traced chain": (traced_chain, chained_value),
    "a traced sum": (traced_sum, summed_value),
}


@pytest.mark.parametrize("what", SOURCES)
def test_long_input_is_differentiated_and_written(what: str) -> None:
    make, value = SOURCES[what]
    program = programs.canonical(read(make(LONG)))
    verify(program)
    joint = verify(programs.derive(program, "value_and_grad", ["x"]))
    unit = emit(joint, "value_and_grad", "deep", "float64")
    assert len(unit.function.lines) > 10
    assert str(joint)
    found = evaluator(joint, "float64")({"x": VALUES[0], "a": VALUES[1]}, {"n": 2})
    assert all(np.isfinite(result).all() for result in found)
    if value is not None:
        np.testing.assert_allclose(found[0], value(LONG), rtol=1e-9)


def compile_to_c(make: Callable[[int], Any], count: int) -> None:
    program = programs.canonical(read(make(count)))
    emit(programs.derive(program, "value_and_grad", ["x"]), "value_and_grad", "deep", "float64")


def seconds(make: Callable[[int], Any], count: int) -> float:
    begin = time.process_time()
    compile_to_c(make, count)
    return time.process_time() - begin


def peak(make: Callable[[int], Any], count: int) -> int:
    """Bytes of Python objects at the most."""
    tracemalloc.start()
    try:
        compile_to_c(make, count)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("what", SOURCES)
def test_time_and_memory_grow_in_proportion(what: str) -> None:
    make, _ = SOURCES[what]
    seconds(make, 20)
    assert seconds(make, 1_600) < 8 * seconds(make, 200) * 2.5 + 0.2  # a quadratic step would make it 64 times
    assert peak(make, 1_280) < 8 * peak(make, 160) * 1.6  # both with loops that are split


@pytest.mark.parametrize("what", SOURCES)
def test_long_input_runs_in_c(what: str) -> None:
    make, value = SOURCES[what]
    k = gradc.compile(make(SHORT), SIGNATURE, wrt="x", backend="c")
    found, gradient = k.value_and_grad(*VALUES)
    if value is not None:
        np.testing.assert_allclose(found, value(SHORT), rtol=1e-9)
    expected = evaluator(k.gradient, "float64")({"x": VALUES[0], "a": VALUES[1]}, {"n": 2})
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-9, atol=1e-12)


CHAINS: dict[str, Callable[[int], str]] = {
    "quotients": lambda count: "x" + "/x" * count,
    "powers": lambda count: "x" + "**x" * count,
    "powers of powers": lambda count: "(" * count + "x" + ")**x" * count,
    "choices": lambda count: "z = x\n" + "z = where(z > 0, sin(z), 0)\n" * count + "z",
    "choices the other way": lambda count: "z = x\n" + "z = where(z < 0, 0, sin(z) * x)\n" * count + "z",
    "shared choices": lambda count: "z = x\n" + "z = where(x > 0, z, -z)\n" * count + "z * x",
    "rectifiers": lambda count: "z = x\n" + "z = maximum(0, 1.5 * sin(z))\n" * count + "z",
}


@pytest.mark.parametrize("what", CHAINS)
def test_derivatives_of_chains_grow_in_proportion(what: str) -> None:
    def equations(count: int) -> int:
        program = programs.canonical(parse_formula(CHAINS[what](count), parse_signature("x")))
        return sum(len(body) for d in vjp(program, [0]).definitions for _, body, _ in bodies_of(d))

    assert equations(128) < 2.5 * equations(64) < 80 * 64


@pytest.mark.parametrize("what", CHAINS)
def test_choices_in_one_another_mean_the_same_however_many(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = programs.canonical(parse_formula(CHAINS[what](24), parse_signature("x")))
    first = vjp(program, [0])
    second = vjp(programs.canonical(dataclasses.replace(first, outputs=first.outputs[1:])), [0])
    monkeypatch.setattr(chain, "_GUARDS", 10_000)
    plain = vjp(program, [0])
    for value in (-0.7, 0.0, 0.4, 1.3):
        given = {"x": value}, dict[str, int]()
        found, expected = (evaluator(p, "float64")(*given)[1] for p in (first, plain))
        np.testing.assert_array_equal(found, expected)
        if what != "powers of powers" and value > 0:  # which overflows
            bent = evaluator(second, "float64")(*given)[1]
            step = 1e-6
            above, below = (evaluator(first, "float64")({"x": value + s}, {})[1] for s in (step, -step))
            np.testing.assert_allclose(bent, (above - below) / (2 * step), rtol=1e-4, atol=1e-4)


def test_a_thousand_arguments_run_in_c() -> None:
    names = [f"a{number}" for number in range(1_100)]
    k = gradc.compile(" + ".join(f"{name}**2" for name in names), ", ".join(names), wrt="a7", backend="c")
    values = np.linspace(0.0, 1.0, len(names))
    np.testing.assert_allclose(k(*values), np.sum(values**2))
    arrays = ", ".join(f"a{number}[n]" for number in range(300))
    k = gradc.compile(" + ".join(f"sum(a{number})" for number in range(300)), arrays, backend="c")
    np.testing.assert_allclose(k(*(np.full(3, float(number)) for number in range(300))), 3 * sum(range(300)))


def many_arguments() -> tuple[str, str, Callable[[int, str], list[Any]]]:
    """A loss of 130 arguments of every kind, its signature, and arguments for a number of rows and a dtype."""
    count = 60
    signature = [*(f"x{k}[n]" for k in range(count)), *(f"a{k}" for k in range(count))]
    signature += ["b:bool", "k:int32", "q:uint8", "X[n,d]", "w[d]", "arguments[n]"]
    terms = [f"sum(a{k}*sin(x{k}) + x{(k + 1) % count}**2)" for k in range(count)]
    terms += ["where(b, 1.5, 2.5)*k*q", "sum(log(1 + exp(X @ w * arguments)))"]

    def arguments(rows: int, dtype: str) -> list[Any]:
        r = np.random.default_rng(0)
        vectors = [r.normal(size=rows).astype(dtype) for _ in range(count)]
        numbers = [float(value) for value in r.normal(size=count)]
        matrix, w, more = (r.normal(size=shape).astype(dtype) for shape in ((rows, 7), 7, rows))
        return [*vectors, *numbers, True, np.int32(-3), np.uint8(200), matrix, w, more]

    return " + ".join(terms), ", ".join(signature), arguments


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_many_arguments_of_every_kind_come_to_c_in_a_struct(
    dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formula, signature, arguments = many_arguments()
    wrt = ("w", "a3", "x5", "arguments", "X")
    k, plain = (
        gradc.compile(formula, signature, wrt=wrt, dtype=dtype, backend=backend, name=f"many_{dtype}")
        for backend in ("c", "interpret")
    )
    assert f"struct many_{dtype}_value_arguments {{" in k.header
    # The second number of rows goes in parts that threads share.
    for rows in (3, 50_000):
        value, gradients = k.value_and_grad(*arguments(rows, dtype))
        wanted, wanted_gradients = plain.value_and_grad(*arguments(rows, dtype))
        tolerance = 1e-12 if dtype == "float64" else 1e-5
        np.testing.assert_allclose(value, wanted, rtol=tolerance)
        for found, right in zip(gradients, wanted_gradients, strict=True):
            np.testing.assert_allclose(found, right, rtol=tolerance, atol=tolerance * float(np.max(np.abs(right))))
    # Without gradc, cffi is handed the struct as Python packs it; its size is that of the C, or this does not compile.
    write_artefact(k, tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    shipped = importlib.import_module(f"many_{dtype}")
    given = arguments(3, dtype)
    np.testing.assert_array_equal(shipped.value(*given), k(*given))
    for found, right in zip(shipped.value_and_grad(*given)[1], k.grad(*given), strict=True):
        np.testing.assert_array_equal(found, right)
    given[60] = 1e300 if dtype == "float64" else np.float32(3e38)
    np.testing.assert_array_equal(shipped.value(*given), k(*given))


def quadratics() -> dict[str, tuple[Callable[[int], Any], Callable[[int], str]]]:
    """Sources of a length, and their signatures, of which one stage or another has had a pair for every two parts."""

    def normalised(count: int) -> Callable[[Any], Any]:
        def function(x: Any) -> Any:
            for _ in range(count):
                x = np.tanh(x - np.mean(x))
            return np.sum(x)

        return function

    return {
        "arguments": (
            lambda count: "+".join(f"sin(a{k})" for k in range(count)),
            lambda count: ",".join(f"a{k}" for k in range(count)),
        ),
        "arrays": (
            lambda count: "+".join(f"sum(sin(a{k}))" for k in range(count)),
            lambda count: ",".join(f"a{k}[n]" for k in range(count)),
        ),
        "normalisations": (normalised, lambda _: "x[n]"),
        "sums that share": (lambda count: "z = x\n" + "z = sin(z) + z\n" * count + "z", lambda _: "x"),
    }


@pytest.mark.parametrize("what", quadratics())
def test_calls_made_while_compiling_grow_in_proportion(what: str) -> None:
    source, signature = quadratics()[what]

    def calls(count: int) -> int:
        counted = 0

        def count_call(*_: Any) -> None:
            nonlocal counted
            counted += 1

        parameters = parse_signature(signature(count))
        text = source(count)
        program = parse_formula(text, parameters) if isinstance(text, str) else trace(text, parameters)
        before = sys.getprofile()
        sys.setprofile(count_call)
        try:
            stable = programs.stable(programs.canonical(program)).program
            joint = programs.derive(stable, "value_and_grad", [p.name for p in parameters])
            emit(joint, "value_and_grad", "f", "float64")
        finally:
            sys.setprofile(before)
        return counted

    calls(10)
    few, more, most = (calls(count) for count in (25, 50, 100))
    assert most - more < 3.2 * (more - few)  # 2 where each part costs the same, 4 where each pair does


@pytest.mark.parametrize("text", ["x" + "**x" * 700_000, "x\n+" * 300_000 + "x" * 9_999_999, "z = x\n" * 400_000 + "z"])
def test_what_is_above_the_budget_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(gradc.FormulaError, match=r"(?s)^line \d+, column \d+: a formula of .*\n +\^$") as found:
        gradc.compile(text, "x")
    assert len(str(found.value)) < 400


def test_deep_parentheses_and_signs() -> None:
    for text in ("(" * DEEP + "a" + ")" * DEEP, "-" * DEEP + "a", "a" + " ** 1" * DEEP, "[" * DEEP):
        try:
            program = programs.canonical(parse_formula(text, PARAMETERS))
        except gradc.GradcError:
            continue
        verify(program)


def test_a_deep_sympy_expression() -> None:
    a = sympy.Symbol("a")
    terms = sympy.Add(*(k * a**k for k in range(1, 1_000)), evaluate=False)
    k = gradc.compile(terms, "a", backend="interpret")
    np.testing.assert_allclose(k(0.5), sum(k * 0.5**k for k in range(1, 1_000)))


def test_the_limit_of_recursion_is_left_alone() -> None:
    before = sys.getrecursionlimit()
    read(nested_formula(5_000))
    assert sys.getrecursionlimit() == before
