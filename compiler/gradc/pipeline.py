"""The table of contents: what happens to a loss, in order, and why.

    source ──read──> Program ──CANONICAL──> Program ──stabilise──> Program ──derive──> Program ──DERIVATIVE──> Program
    ──lowering──> Program ──plan_program──> Plan ──build──> LoopProgram ──finishing──> LoopProgram ──print_function──> C

`run` goes through a table of stages. ``GRADC_DEBUG=1`` has it show and verify what each has made, and
``GRADC_VERIFY=1``, which the tests set, verify the programs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from gradc.contract.contract import contract
from gradc.contract.quarter import quarter
from gradc.contract.split import split_products
from gradc.emit.printer import print_function
from gradc.interface import needs
from gradc.ir.program import Program
from gradc.ir.verify import verify
from gradc.loops.build import build
from gradc.loops.check import check
from gradc.loops.passes.apart import apart
from gradc.loops.passes.cut import cut
from gradc.loops.passes.look_ahead import look_ahead
from gradc.loops.passes.outline import outline
from gradc.loops.passes.pause import pause
from gradc.loops.program import LoopProgram, Namer
from gradc.loops.text import show
from gradc.passes.axes import merge_axes
from gradc.passes.compensate import compensate
from gradc.passes.dead import drop_dead
from gradc.passes.factor_out import factor_out
from gradc.passes.hoist import hoist_factors, hoist_from_empty
from gradc.passes.inline import inline
from gradc.passes.lower import lower
from gradc.passes.products import take_products_apart
from gradc.passes.restrict import restrict_to_reads
from gradc.passes.simplify import simplify
from gradc.passes.stencil import gather_shifts
from gradc.passes.sums import compensate_sums
from gradc.passes.together import together
from gradc.passes.unit import drop_unit_indices
from gradc.schedule.nests import plan_program
from gradc.schedule.tiling import ROWS
from gradc.stabilise.rewrite import stabilise_derivative

REALS = {"float64": "double", "float32": "float"}


class Stage(NamedTuple):
    """A stage of a table: what runs, why it stands there, and whether what it changes is put in canonical form."""

    run: Callable[[Any], Any]
    reason: str
    settles: bool = False

    @property
    def name(self) -> str:
        """The name of its function."""
        return str(getattr(self.run, "func", self.run).__name__)


CANONICAL = (  # what equal functions have in common; each runs where it stands, and sees what those before it made
    Stage(drop_dead, "front ends and derivatives define more than is used; the rest need not look at it"),
    Stage(take_products_apart, "front ends and formulas may have several axes in one product"),
    Stage(drop_unit_indices, "so that inlining and the rest see one form of an axis of length 1"),
    Stage(inline, "merge what was one definition an operation"),
    Stage(simplify, "identities show once the expressions are whole"),
    Stage(hoist_factors, "after the signs and ones are gone"),
    Stage(drop_dead, "what was hoisted from may have no reader left"),
    Stage(inline, "what was hoisted may merge into its reader"),
    Stage(restrict_to_reads, "once views are merged, so that reads show their places"),
    Stage(simplify, "what was merged and restricted shows identities again"),
    Stage(drop_dead, "and puts the definitions in canonical order"),
)
# Sums over nothing stay 0 in a loss, where a dimension of 0 divides them. Derivatives are taken of what is so already.
LOSS = tuple(stage._replace(run=hoist_from_empty) if stage.run is hoist_factors else stage for stage in CANONICAL)
DERIVATIVE = (Stage(factor_out, "directions of derivatives go through sums; taken out, they cost less", settles=True),)
STABLE = (Stage(stabilise_derivative, "last, on what is left: few identities are of derivatives", settles=True),)
COMPENSATED = (Stage(compensate_sums, "where it is asked for: sums in twice the precision, for the interpreter too"),)


def lowering(dtype: str) -> tuple[Stage, ...]:
    """From a derivative to what is planned: products found, what C cannot spell rewritten, axes run together."""
    return (
        Stage(gather_shifts, "after differentiation, since adjoints of accumulations are plain reads"),
        Stage(split_products, "each product of a sum alone is what the schedule has a kernel for"),
        Stage(quarter, "before products are run together, which hides that a sum is symmetric in two pairs"),
        Stage(contract, "what is left of sums over several indices becomes a product of two matrices"),
        Stage(together, "late, so that all before has functions by their names"),
        Stage(partial(compensate, dtype=dtype), "before lowering rewrites exponentials; it knows the dtype"),
        Stage(partial(lower, dtype=dtype), "what C does not spell, into what it does"),
        Stage(merge_axes, "once each loop is there that will be"),
    )


def finishing(namer: Namer, precise: bool) -> tuple[Stage, ...]:
    """From loops as they are built to what is printed; `precise` has no functions that hold up to a bound."""
    return (
        *([] if precise else [Stage(partial(look_ahead, namer=namer), "first, since it looks at whole loops")]),
        Stage(partial(pause, namer=namer), "while loops are still inside of each other"),
        Stage(outline, "before what is long is cut, since each thread's rows are a function anyway"),
        Stage(partial(cut, namer=namer), "a C compiler's time grows faster than a function does"),
        Stage(apart, "last: what is still long in a function are its loops"),
    )


def emission(
    symbol: str, dtype: str, dims: Sequence[str], precise: bool, result: str, source: Program | None, record: bool
) -> tuple[Stage, ...]:
    """From a derivative to C; `gradc.units.emit` says what is asked for."""
    namer = Namer()
    loops = partial(build, name=symbol, tile=ROWS, namer=namer, result=result, source=source, dims=dims)
    return (
        *lowering(dtype),
        Stage(plan_program, "what is tiled, kept and shared, once each operation is one of C"),
        Stage(loops, "the plan as it is run"),
        *finishing(namer, precise),
        Stage(partial(print_function, real=REALS[dtype], precise=precise, record=record), "nothing is decided here"),
    )


def run(stages: Sequence[Stage], form: Any, watch: Callable[[str, Any], None] | None = None) -> Any:
    """Go through some stages; `watch` is shown the name of each, and what it has made."""
    watch = watch or watcher()
    for stage in stages:
        made = stage.run(form)
        form = run(CANONICAL, made, watch) if stage.settles and made is not form else made
        watch(stage.name, form)
    return form


def watcher() -> Callable[[str, Any], None]:
    """Shows and verifies what it sees, where the environment asks for it."""
    shown, verified = bool(os.environ.get("GRADC_DEBUG")), bool(os.environ.get("GRADC_VERIFY"))
    natural: list[Any] = []  # what must not be negative for the last program, which its loops rely on

    def watch(title: str, form: Any) -> None:
        if shown and isinstance(form, (Program, LoopProgram)):
            print(f"# {title}\n{form if isinstance(form, Program) else show(form)}", file=sys.stderr)
        if isinstance(form, Program) and (shown or verified):
            natural[:] = needs(verify(form)) if shown else ()
        elif isinstance(form, LoopProgram) and shown:
            check(form, natural)

    return watch
