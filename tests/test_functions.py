"""Every sample function through every front end that can say it, and through every mode, against plain NumPy.

Derivatives are held against Richardson's differences of the NumPy function, second derivatives against differences of
the interpreted gradient, and C against the interpreter in both dtypes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import compiled
from compiled import Kernel, c_text, cast, compile_programs
from functions import BY_NAME, SAMPLES, SIZES, Sample
from gradc import interface, programs
from gradc.calculus.forward import jvp
from gradc.frontends.formula import parse_formula, parse_program
from gradc.frontends.signature import parse_signature
from gradc.frontends.sympy_expressions import convert
from gradc.frontends.tracing import trace
from gradc.ir.program import Program
from gradc.ir.verify import verify
from gradc.passes.specialise import specialise
from gradc.programs import normalise

PARTS = 8  # translation units for each dtype
NAMES = [sample.name for part in range(PARTS) for sample in SAMPLES[part::PARTS]]  # those of a unit together
DTYPES = ("float64", "float32")


@cache
def readings(name: str) -> dict[str, Program]:
    """The program of each front end that can say the function, as it reads it."""
    sample = BY_NAME[name]
    parameters = parse_signature(sample.signature)
    found: dict[str, Program] = {}
    if sample.function is not None:
        found["numpy"] = trace(sample.function, parameters)
    if sample.formula is not None:
        found["formula"] = parse_formula(sample.formula, parameters)
    if sample.index is not None:
        found["index"] = parse_formula(sample.index, parameters)
    if sample.sympy is not None:
        found["sympy"] = convert(sample.sympy(), parameters)
    return {front: verify(program) for front, program in found.items()}


def run(program: Program, arguments: Sequence[Any]) -> tuple[Any, ...]:
    return compiled.run(program, arguments, dims=SIZES)


def fronts(name: str) -> int:
    """How many front ends can say the function."""
    sample = BY_NAME[name]
    return sum(notation is not None for notation in (sample.function, sample.formula, sample.index, sample.sympy))


@cache
def program_of(name: str) -> Program:
    return verify(programs.canonical(next(iter(readings(name).values()))))


@cache
def derived(name: str) -> dict[str, Program]:
    """The programs of every mode, and the gradients' derivatives along a direction."""
    program, wrt = program_of(name), BY_NAME[name].wrt
    found = {mode: programs.derive(program, mode, wrt) for mode in ("value", "vjp", "jvp", "forward", "backward")}
    if not program.arrays()[program.outputs[0]].shape:
        found["value_and_grad"] = programs.derive(program, "value_and_grad", wrt)
    at = interface.positions(program, wrt)
    for number, by in enumerate(wrt):
        joint = found["vjp"]
        gradient = normalise(Program(joint.parameters, joint.definitions, (joint.outputs[1 + number],), joint.hints))
        found[f"twice_{by}"] = normalise(jvp(gradient, at, [f"{other}_dot" for other in wrt]))
    for each in found.values():
        verify(each)
    return found


def programs_of(part: int) -> dict[str, Program]:
    """All modes of a part of the samples."""
    return {
        f"{sample.name}_{mode}": program
        for sample in SAMPLES[part::PARTS]
        for mode, program in derived(sample.name).items()
    }


@cache
def kernels(part: int, dtype: str) -> dict[str, Kernel]:
    """All modes of a part of the samples, from one translation unit."""
    return compile_programs(programs_of(part), dtype)


def kernel(name: str, mode: str, dtype: str) -> Kernel:
    part = next(part for part in range(PARTS) if BY_NAME[name] in SAMPLES[part::PARTS])
    return kernels(part, dtype)[f"{name}_{mode}"]


# --- arguments and differences --------------------------------------------------------------------------------------


class Case:
    """A sample with its arguments, a direction for what it is differentiated by, and a cotangent."""

    def __init__(self, name: str) -> None:
        self.sample: Sample = BY_NAME[name]
        self.program = program_of(name)
        self.arguments = self.sample.arguments()
        self.at = interface.positions(self.program, self.sample.wrt)
        rng = np.random.default_rng(5)
        self.direction = [np.asarray(rng.normal(size=np.shape(self.arguments[k]))) for k in self.at]
        shape = np.shape(self.value(self.arguments))
        self.cotangent = np.asarray(rng.normal(size=shape))

    def value(self, arguments: Sequence[Any]) -> Any:
        """The plain function's answer, or the interpreter's where there is no plain function."""
        if self.sample.function is not None:
            with np.errstate(all="ignore"):
                return np.asarray(self.sample.function(*arguments))
        return run(self.program, arguments)[0]

    def moved(self, step: float) -> list[Any]:
        """The arguments, a step along the direction."""
        found = list(self.arguments)
        for k, direction in zip(self.at, self.direction, strict=True):
            found[k] = found[k] + step * direction
        return found

    def inputs(self, mode: str) -> list[Any]:
        """What the program of a mode takes."""
        if mode == "vjp":
            return [*self.arguments, self.cotangent]
        if mode == "jvp":
            return [*self.arguments, *self.direction]
        if mode == "backward":
            kept = run(derived(self.sample.name)["forward"], self.arguments)[1:]
            return [*self.arguments, *kept, self.cotangent]
        if mode.startswith("twice"):
            return [*self.arguments, self.cotangent, *self.direction]
        return list(self.arguments)


def richardson(function: Callable[[float], Any], step: float = 0.01) -> np.ndarray:
    """The derivative at 0 by central differences, extrapolated three times."""
    rows = [
        (np.asarray(function(h), float) - np.asarray(function(-h), float)) / (2 * h)
        for h in (step / 2**k for k in range(4))
    ]
    for order in range(1, 4):
        rows = [(4**order * fine - coarse) / (4**order - 1) for coarse, fine in pairwise(rows)]
    return rows[0]


def assert_close(found: Any, expected: Any, tolerance: float, what: str = "") -> None:
    expected = np.asarray(expected, float)
    scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale, err_msg=what)


# --- front ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_front_ends_agree(name: str) -> None:
    forms = {front: programs.canonical(program) for front, program in readings(name).items()}
    (first, expected), *others = forms.items()
    for front, program in others:
        assert program == expected, f"{first}:\n{expected}\n{front}:\n{program}"


# Those whose notations name intermediate results, which the C then does too.
NAMED = {
    name
    for name, sample in BY_NAME.items()
    if any(re.search(r"(^|\n)\w+(\[[^=]*\])? = ", text or "") for text in (sample.formula, sample.index))
    or getattr(sample.function, "__name__", "<lambda>") != "<lambda>"
}


@pytest.mark.parametrize("name", [name for name in NAMES if fronts(name) > 1])
def test_front_ends_give_the_same_c(name: str) -> None:
    texts = {}
    for front, program in readings(name).items():
        program = programs.canonical(program)
        if name in NAMED:
            program = Program(program.parameters, program.definitions, program.outputs, (), ("value",))
        modes = {mode: programs.derive(program, mode, BY_NAME[name].wrt) for mode in ("value", "vjp")}
        texts[front] = c_text(modes, "float64")[0]
    (first, expected), *others = texts.items()
    for front, text in others:
        differing = [pair for pair in zip(expected.splitlines(), text.splitlines(), strict=False) if pair[0] != pair[1]]
        assert text == expected, f"{first} against {front}: {differing[:3]}"


@pytest.mark.parametrize("name", NAMES)
def test_text_reads_back(name: str) -> None:
    for program in (*readings(name).values(), *derived(name).values()):
        assert parse_program(str(program)) == program


# --- the interpreter against NumPy and differences ------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_value(name: str) -> None:
    case = Case(name)
    for program in readings(name).values():
        assert_close(run(program, case.arguments)[0], case.value(case.arguments), 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name: str) -> None:
    case = Case(name)
    value, *gradients = run(derived(name)["vjp"], case.inputs("vjp"))
    assert_close(value, case.value(case.arguments), 1e-12)
    slope = sum(np.sum(g * u) for g, u in zip(gradients, case.direction, strict=True))
    _, tangent = run(derived(name)["jvp"], case.inputs("jvp"))
    assert tangent.shape == value.shape
    assert_close(np.sum(tangent * case.cotangent), slope, 1e-10, "forward against reverse")
    if not case.sample.kinked:
        expected = richardson(lambda step: case.value(case.moved(step)))
        assert_close(tangent, expected, 1e-7, "forward mode against differences")
    if "value_and_grad" in derived(name):
        same, *fused = run(derived(name)["value_and_grad"], case.arguments)
        assert_close(same, value, 1e-13)
        for gradient, scaled in zip(fused, gradients, strict=True):
            assert_close(gradient * case.cotangent, scaled, 1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_forward_then_backward(name: str) -> None:
    case = Case(name)
    gradients = run(derived(name)["backward"], case.inputs("backward"))
    for found, expected in zip(gradients, run(derived(name)["vjp"], case.inputs("vjp"))[1:], strict=True):
        assert_close(found, expected, 1e-11)


@pytest.mark.parametrize("name", [name for name in NAMES if not BY_NAME[name].kinked])
def test_twice_differentiated(name: str) -> None:
    case = Case(name)
    joint = derived(name)["vjp"]
    for number, by in enumerate(case.sample.wrt):
        gradient, tangent = run(derived(name)[f"twice_{by}"], case.inputs(f"twice_{by}"))
        expected = richardson(lambda step, k=number: run(joint, [*case.moved(step), case.cotangent])[1 + k])
        assert_close(tangent, expected, 3e-7, f"by {by}")
        assert gradient.shape == np.shape(case.direction[number])


# --- C against the interpreter --------------------------------------------------------------------------------------

TOLERANCE = {"float64": 1e-11, "float32": 2e-3}


@pytest.mark.parametrize(("name", "dtype"), [(name, dtype) for dtype in DTYPES for name in NAMES])
def test_c_against_the_interpreter(name: str, dtype: str) -> None:
    case = Case(name)
    for mode, program in derived(name).items():
        inputs = cast(case.inputs(mode), dtype)
        expected = run(program, inputs)  # in float64, at the very arguments that C gets
        found = kernel(name, mode, dtype)(*inputs)
        for k, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
            assert np.shape(ours) == theirs.shape
            assert_close(ours, theirs, TOLERANCE[dtype], f"output {k} of {mode}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_conversion_is_left_to_the_compiler(part: int, dtype: str, tmp_path: Path) -> None:
    found = [name for name in ("gcc", "clang") if shutil.which(name)]
    if not found:
        pytest.skip("no gcc and no clang")
    text, _ = c_text(programs_of(part), dtype)
    assert max(map(len, text.splitlines())) <= 118
    (tmp_path / "samples.c").write_text(text, encoding="utf-8")
    flags = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wdouble-promotion", "-Werror")
    for compiler in found:
        words = [compiler, *flags, "-fsyntax-only", str(tmp_path / "samples.c")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def has_length(sample: Sample, length: int) -> bool:
    """Whether a sample has arrays that begin with `n`, and draws them for this `n`: some are fixed."""
    pairs = zip(sample.arguments(), parse_signature(sample.signature), strict=True)
    leading = [np.shape(array)[0] for array, p in pairs if p.shape and p.shape[0].atom == ("dim", "n")]
    return bool(leading) and set(leading) == {length}


@pytest.mark.parametrize(("extent", "n"), [("q + 1", 7), ("q - 1", 7), ("2*q", 8)])
def test_a_sum_for_a_dimension(extent: str, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sample whose arrays begin with `n`, which is a sum or a product here: in C, against `n` interpreted."""
    monkeypatch.setenv("GRADC_CFLAGS", "-O0")
    monkeypatch.setitem(SIZES, "n", n)
    (length,) = parse_signature(f"x[{extent}]")[0].shape
    programs = {s.name: derived(s.name)["vjp"] for s in SAMPLES if has_length(s, n)}
    assert len(programs) > 20
    kernels = compile_programs({name: specialise(p, {"n": length}) for name, p in programs.items()}, "float64")
    for name, program in programs.items():
        arguments = Case(name).inputs("vjp")
        for found, right in zip(kernels[name](*arguments), run(program, arguments), strict=True):
            assert_close(found, right, 1e-9, name)


def test_the_page_is_long_enough() -> None:
    assert len(SAMPLES) == len(BY_NAME) >= 45
    assert sum(fronts(name) >= 2 for name in BY_NAME) >= 40
    assert sum(fronts(name) == 4 for name in BY_NAME) >= 8
