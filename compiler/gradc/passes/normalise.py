"""The canonical form of a program: what equal functions have in common, whatever front end they came through."""

from __future__ import annotations

from collections.abc import Callable

from gradc.ir.program import Program
from gradc.passes.dead import drop_dead
from gradc.passes.hoist import hoist_factors, hoist_from_empty
from gradc.passes.inline import inline
from gradc.passes.products import take_products_apart
from gradc.passes.restrict import restrict_to_reads
from gradc.passes.simplify import simplify
from gradc.passes.unit import drop_unit_indices

# Each runs once where it stands, and sees what the ones before it made.
PASSES: tuple[Callable[[Program], Program], ...] = (
    drop_dead,  # front ends and derivatives define more than is used; the rest need not look at it
    take_products_apart,  # front ends and formulas may have several axes in one product
    drop_unit_indices,  # so that inlining and the rest see one form of an axis of length 1
    inline,  # merge what was one definition an operation
    simplify,  # identities show once the expressions are whole
    hoist_factors,  # after the signs and ones are gone
    drop_dead,
    inline,  # what was hoisted may merge into its reader
    restrict_to_reads,  # once views are merged, so that reads show their places
    simplify,
    drop_dead,  # and puts the definitions in canonical order
)


def normalise(
    program: Program, watch: Callable[[str, Program], None] | None = None, may_be_empty: bool = False
) -> Program:
    """Run the passes that give the canonical form; `watch` is shown each one's name and result.

    With `may_be_empty`, sums over nothing stay 0 where a dimension of 0 divides them, as a loss has them. Derivatives
    are taken of losses that are in this form already.
    """
    for run in PASSES:
        run = hoist_from_empty if may_be_empty and run is hoist_factors else run
        program = run(program)
        if watch is not None:
            watch(run.__name__, program)
    return program
