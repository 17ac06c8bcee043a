"""The programs of a loss: as it was read, in canonical and stable form, and of each mode of first order.

    program = stable(canonical(read("sum(log(1 + exp(x)))", "x[n]"))).program
    derive(program, "value_and_grad", ["x"])        # (parameters...) -> value, gradients...

`gradc.derivatives` has second derivatives and Jacobians.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradc.calculus.forward import jvp
from gradc.calculus.reverse import vjp
from gradc.frontends.read import read as read
from gradc.interface import positions
from gradc.ir.printer import name_after_readers, named
from gradc.ir.program import Program, fresh
from gradc.passes.batch import batch
from gradc.passes.partition import partition
from gradc.passes.specialise import specialise
from gradc.pipeline import CANONICAL, COMPENSATED, DERIVATIVE, LOSS, STABLE, run, watcher
from gradc.stabilise.rewrite import Rewriting, stabilise


def normalise(program: Program) -> Program:
    """The canonical form of a derivative."""
    made: Program = run(CANONICAL, program)
    return made


def canonical(program: Program) -> Program:
    """The canonical form of what was read, with its output named."""
    program = run(LOSS, program)
    taken = program.names()
    name = program.output_names[0] if program.output_names else "value"
    while name in taken:
        name += "_out"
    return Program(program.parameters, program.definitions, program.outputs, program.hints, (name,))


def stable(program: Program) -> Rewriting:
    """A canonical program in stable forms, canonical again, and the identities that were applied."""
    found = stabilise(program)
    if not found.applied:
        return Rewriting(program, ())
    watcher()("stabilise", found.program)
    return Rewriting(canonical(found.program), found.applied)


def derive(program: Program, mode: str, wrt: Sequence[str], *, stable: bool = True) -> Program:
    """The program of a mode of first order; `program` is canonical. With `stable`, derivatives are in stable forms."""
    program = named(program)
    at, taken = positions(program, wrt), program.names()
    if mode == "value":
        return program
    if mode == "value_and_grad":
        return settled(normalise(vjp(program, at)), stable=stable)
    if mode == "jvp":
        dots = [fresh(f"{name}_dot", taken) for name in wrt]
        return settled(normalise(jvp(program, at, dots)), stable=stable)
    if mode not in ("vjp", "forward", "backward"):
        raise KeyError(f"no mode of first order is called {mode!r}")
    joint = normalise(vjp(program, at, cotangent=fresh("cotangent", taken)))
    if mode == "vjp":
        return settled(joint, stable=stable)
    halves = partition(name_after_readers(joint))
    return settled(halves.forward if mode == "forward" else halves.backward, stable=stable)


def settled(derivative: Program, *, stable: bool = True) -> Program:
    """A canonical derivative with common factors outside of sums and, if `stable`, stable forms; canonical again."""
    return name_after_readers(run(DERIVATIVE + STABLE if stable else DERIVATIVE, derivative))


def specialised(program: Program, sizes: Mapping[str, int]) -> Program:
    """The canonical program with numbers in the place of dimensions."""
    return canonical(specialise(program, sizes))


def compensated(program: Program) -> Program:
    """The program with sums in twice the precision."""
    made: Program = run(COMPENSATED, program)
    return made


def mapped(program: Program, names: Sequence[str]) -> Program:
    """The program of a mode for many points; the arguments of these names have a row for each."""
    arguments = [parameter.name for parameter in program.parameters]
    return normalise(batch(program, [arguments.index(name) for name in names], fresh("points", program.names())))
