"""Compile programs for the tests, many in one translation unit, and interpret them.

>>> kernels = compile_programs({"f": program}, "float64")
>>> kernels["f"](np.ones(3))
(array([...]),)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradc.calculus.semantics import SEMANTICS
from gradc.emit.printer import Function, print_function
from gradc.emit.source import render_source
from gradc.ir.interpret import interpret
from gradc.ir.program import Program
from gradc.loops.build import build
from gradc.loops.program import Namer
from gradc.pipeline import finishing
from gradc.pipeline import run as run_stages
from gradc.runtime.library import load
from gradc.schedule.nests import plan_program
from gradc.schedule.tiling import ROWS
from gradc.units import VERSION, Unit, emit

Kernel = Callable[..., tuple[Any, ...]]


def name_outputs(program: Program) -> Program:
    """The program with a name for each output."""
    names = tuple(f"out{k}" for k in range(len(program.outputs)))
    return Program(program.parameters, program.definitions, program.outputs, program.hints, names)


def c_text(programs: Mapping[str, Program], dtype: str, name: str = "tests") -> tuple[str, list[Unit]]:
    """The C of all programs in one file, and their units in order."""
    units = [emit(name_outputs(program), "value", key, dtype) for key, program in programs.items()]
    real = {"float64": "double", "float32": "float"}[dtype]
    return render_source(name, [unit.function for unit in units], real, "", VERSION).c, units


def function_of(program: Program, name: str = "f", real: str = "double") -> Function:
    """What is printed of a lowered program."""
    namer = Namer()
    loops = build(plan_program(program), name, ROWS, namer)
    return print_function(run_stages(finishing(namer, False), loops), real)


NARROWER = {
    "native": "",
    "at most 32 bytes": "#undef __AVX512F__\n",
    "16 bytes": "#undef __AVX512F__\n#undef __AVX__\n",
    "none": "#define GRADC_PLAIN\n",
}


def compile_programs(programs: Mapping[str, Program], dtype: str, vectors: str = "native") -> dict[str, Kernel]:
    """Callables that give the tuple of outputs; all come from one shared object. Its vectors are a key of NARROWER."""
    text, units = c_text(programs, dtype)
    text = NARROWER[vectors] + text
    library = load(text, [unit.entry for unit in units])

    def kernel(unit: Unit) -> Kernel:
        function = library.function(unit.entry)
        if len(unit.program.outputs) > 1:
            return lambda *arguments: tuple(function(*arguments))
        return lambda *arguments: (function(*arguments),)

    return {key: kernel(unit) for key, unit in zip(programs, units, strict=True)}


def run(
    program: Program, arguments: Sequence[Any], dtype: str = "float64", dims: Mapping[str, int] | None = None
) -> tuple[Any, ...]:
    """What the interpreter computes; `dims` has the sizes that no argument's shape is."""
    return interpret(program, arguments, SEMANTICS, dtype, dims)


def cast(arguments: Sequence[Any], dtype: str) -> list[Any]:
    """The arguments with reals in `dtype`, as arrays or Python numbers."""
    found: list[Any] = []
    for argument in arguments:
        value = np.asarray(argument)
        if value.dtype.kind == "f":
            value = value.astype(dtype)
        found.append(value if value.ndim else value.item())
    return found
