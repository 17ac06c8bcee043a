"""One entry point of a kernel: its program, the C that it becomes, and the record by which Python calls that.

unit = emit(program, "value_and_grad", "logistic", "float64")
unit.function.lines                                 # of C
render([unit], program, "logistic", "float64").c    # the whole file
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradc import pipeline
from gradc.calculus.semantics import SEMANTICS
from gradc.emit.names import c_identifier
from gradc.emit.printer import Function
from gradc.emit.source import Source, render_source
from gradc.interface import entry
from gradc.ir.interpret import interpret
from gradc.ir.printer import named
from gradc.ir.program import Program
from gradc.loops.indices import check_indices, index_uses
from gradc.passes.lower import lower
from gradc.runtime.arguments import Entry, by_record

VERSION = "0.1.0"
ERRORS = {"index": "IndexRangeError", "singular": "SingularMatrixError"}


class Unit(NamedTuple):
    """One entry point: its program, what C it becomes, and how Python calls that."""

    mode: str
    program: Program
    function: Function
    entry: Entry
    source: Program | None = None  # the program whose index arrays are checked


def emit(
    program: Program,
    mode: str,
    name: str,
    dtype: str,
    *,
    precise: bool = False,
    whole: bool = False,
    source: Program | None = None,
) -> Unit:
    """One entry point.

    Parameters
    ----------
    mode
        Its label, behind the kernel's `name`.
    whole
        Whether its results are whole numbers.
    source
        The program that this one derives from, with the same arguments first: an index that is out of range for it is
        an error, also where a derivative does not read what it reads.
    """
    symbol = f"{c_identifier(name)}_{mode}"
    result = "int64" if whole else "real"
    record = by_record(len(program.symbols()) + len(program.parameters) + len(program.outputs))
    below = lower(source, dtype) if source is not None and any(index_uses(source)) else None
    pipeline.watcher()(symbol, program)
    stages = pipeline.emission(symbol, dtype, program.symbols(), precise, result, below, record)
    function = pipeline.run(stages, named(program) if mode == "value" else program)
    statuses = {status.code: (ERRORS[status.kind], status.message) for status in function.statuses}
    called = name if mode == "value" else f"{name}_{mode}"
    made = entry(program, called, symbol, dtype, "int64" if whole else None, statuses)
    made = made._replace(parallel=function.parallel, stops="stop" in function.helpers)
    return Unit(mode, program, function, made, source)


def render(
    units: Sequence[Unit], program: Program, name: str, dtype: str, *, include: bool = False, support: str = ""
) -> Source:
    """The C file and the header of some entry points; `render_source` says what the options are."""
    functions, real = [unit.function for unit in units], pipeline.REALS[dtype]
    return render_source(c_identifier(name), functions, real, str(program), VERSION, include=include, support=support)


def shipped_entry(unit: Unit) -> Entry:
    """The record of an entry point in a module that is named after the kernel."""
    return unit.entry._replace(name=unit.mode)


def evaluator(
    program: Program, dtype: str, source: Program | None = None
) -> Callable[[dict[str, Any], dict[str, int]], Sequence[Any]]:
    """The interpreter's answer in place of C's; an index must be in range for `source` too, as `emit` has it."""

    def evaluate(named: dict[str, Any], sizes: dict[str, int]) -> Sequence[Any]:
        arguments = [np.asarray(named[p.name]) for p in program.parameters]
        if source is not None:
            check_indices(source, arguments, sizes)
        return interpret(program, arguments, SEMANTICS, dtype, sizes)

    return evaluate
