"""The canonical form of a program: what equal functions have in common, whatever front end they came through."""

from __future__ import annotations

from gradc.ir.program import Program
from gradc.passes.dead import drop_dead
from gradc.passes.hoist import hoist_factors
from gradc.passes.inline import inline
from gradc.passes.simplify import simplify


def normalise(program: Program) -> Program:
    """Run the passes that give the canonical form, each once, in the order that lets it see what the last one made."""
    program = inline(drop_dead(program))  # merge what the front end made one definition an operation
    program = simplify(program)  # identities show once the expressions are whole
    program = hoist_factors(program)  # after the signs and ones are gone
    program = inline(drop_dead(program))  # what was hoisted may merge into its reader
    return drop_dead(simplify(program))
