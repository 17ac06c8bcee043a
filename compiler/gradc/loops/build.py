"""From a plan to a loop program: what the function takes and gives, the checks of its indices, and its steps.

What is tiled, kept and shared is the plan's to say; what a loop is called in C is the printer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradc.ir.definitions import Accumulation, Comprehension, reads
from gradc.ir.equations import INTEGER, BodyBuilder, Equation, index_dependencies, needed_by
from gradc.ir.printer import choose_names, name_after_readers
from gradc.ir.program import Program
from gradc.ir.size import ZERO, Atom, Size, index
from gradc.loops.homes import Homes, State
from gradc.loops.indices import IndexUse, index_uses, store_uses
from gradc.loops.nests import Nests
from gradc.loops.program import (
    INPUT,
    OUTPUT,
    VECTOR,
    Assign,
    Buffer,
    If,
    LoopProgram,
    Namer,
    Outside,
    Return,
    Scope,
    Statement,
    Test,
    Variable,
    Whole,
)
from gradc.loops.stages import StageBuilder
from gradc.schedule.costs import work
from gradc.schedule.plan import Plan, Stage


def build(
    plan: Plan,
    name: str,
    tile: int,
    namer: Namer,
    result: str = "real",
    source: Program | None = None,
    dims: Sequence[str] | None = None,
) -> LoopProgram:
    """The loop program of a plan.

    Parameters
    ----------
    tile
        How many rows a tile has at most.
    namer
        Makes names.
    result
        The type of the outputs.
    source
        The program that this one derives from, whose index arrays are checked too.
    dims
        The dimensions in the order in which they are passed; by default the program's own.
    """
    program, arrays, state = plan.program, plan.arrays(), State(plan, tile, namer)
    inputs = tuple(
        Buffer(namer.new(p.name), p.dtype, tuple(map(state.lowered, p.shape)), INPUT) for p in program.parameters
    )
    wanted = [*program.output_names, *(f"value{k}" for k in range(len(program.output_names), len(program.outputs)))]
    outputs = tuple(
        Buffer(namer.new(hint), result, tuple(map(state.lowered, arrays[number].shape)), OUTPUT)
        for hint, number in zip(wanted, program.outputs, strict=True)
    )
    nests = Nests(state, plan, arrays, choose_names(name_after_readers(program)))
    nests.home.update(enumerate(inputs))
    copies: list[tuple[Buffer, int]] = []
    last = _last_words(program)
    for output, number in zip(outputs, program.outputs, strict=True):
        there = number in nests.home
        if (arrays[number].shape and not there) or (not there and number in last):
            nests.home[number] = output
        else:
            copies.append((output, number))
    statements = [*_checks(nests, inputs, source), *nests.steps()]
    statements += [nests.copy_out(output, number) for output, number in copies]
    return LoopProgram(
        name,
        tuple(program.symbols() if dims is None else dims),
        inputs,
        outputs,
        tuple(state.scratch),
        (*statements, Return(0)),
        tuple(state.statuses),
        work=work(program),
    )


def _checks(nests: Nests, inputs: Sequence[Buffer], source: Program | None) -> list[Statement]:
    """Loops over the index arrays, so that an index out of range is found before anything is computed.

    What is read must be there, here and in the program that this one derives from. What is added outside of an array
    gives nothing: the derivative by a part of a concatenation meets the places of all of it.
    """
    program = nests.plan.program
    found: dict[_Checked, Statement] = {}
    for use in (*index_uses(program), *(() if source is None else index_uses(source))):
        checked = _checked(use)
        if checked not in found:
            found[checked] = _check(nests, inputs, use, checked)
    known = {k: k for k in range(len(program.parameters))}
    nests.state.inside = frozenset(
        first
        for definition, first in zip(program.definitions, program.first_results(), strict=True)
        if isinstance(definition, Accumulation)
        and all(use is not None and _checked(use) in found for use in store_uses(definition, known))
    )
    return list(found.values())


def _check(nests: Nests, inputs: Sequence[Buffer], use: IndexUse, checked: _Checked) -> Statement:
    program, letters, state = nests.plan.program, nests.letters, nests.state
    arrays = program.arrays()
    ranges, equations, whole, extent = checked
    roots = [atom[1] for atom in use.part.atoms() if atom[0] == "ref"]
    read = [use.body[n].data[0] for n in needed_by(use.body, roots) if use.body[n].op == "access"]
    name = next((letters.arrays[number] for number in read if arrays[number].kind == INTEGER), "")
    code = state.status("index", f"{name} holds an index out of range for an axis of length {extent}")
    homes = Homes(state, Plan.without_steps(program), arrays, letters)
    homes.home.update(enumerate(inputs))
    stage = StageBuilder(homes, Stage(ranges, equations, (), ()), None, [whole])
    place, axis = stage.index_of(whole), state.lowered(extent)
    leave = (Return(code),)
    if not ranges:
        low, high = Test(place, "<", ZERO), Test(place, ">=", axis)
        return Scope(tuple(stage.wrap([If((low,), leave), If((high,), leave)])))
    # Without a way out of the loop, which would keep it from being vectorised.
    outside = state.namer.new("outside")
    note = Assign(outside, "|=", Outside(place, axis))
    return Scope(
        (
            Variable(outside, INTEGER, Whole(ZERO)),
            *stage.wrap([note], VECTOR, (("|", (outside,)),)),
            If((Test(outside.size, "!=", ZERO),), leave),
        )
    )


class _Checked(NamedTuple):
    """What one check looks at: a subscript, the root of equations over some loops, and the axis that it must fit."""

    ranges: tuple[Size, ...]
    equations: tuple[Equation, ...]
    root: int
    extent: Size


def _checked(use: IndexUse) -> _Checked:
    """The subscript over the loops that it depends on, in one form: equal where the same check is meant."""
    part, extent, extents, body, steps = use
    roots = [atom[1] for atom in part.atoms() if atom[0] == "ref"]
    depends: set[int] = {a[1] for a in part.atoms() if a[0] == "index"}
    for number in roots:
        depends |= index_dependencies(body[: number + 1])[number]
    loops = sorted(depends)
    builder = BodyBuilder()
    level = {k: index(position) for position, k in enumerate(loops)}
    stepped = {name: index(len(loops) + k) for k, (name, _) in enumerate(steps)}
    values = builder.insert(
        body,
        roots,
        replace_index=lambda k: level.get(k, index(0)),
        replace_dim=lambda name: stepped.get(name),
    )
    refs = dict(zip(roots, values, strict=True))

    def rewrite(atom: Atom) -> Size | None:
        if atom[0] == "ref":
            return builder.as_size(refs[atom[1]])
        if atom[0] == "index":
            return level[atom[1]]
        return stepped.get(atom[1]) if atom[0] == "dim" else None

    whole = builder.integer(part.substitute(rewrite))
    ranges = [*(extents[k] for k in loops), *(length for _, length in steps)]
    equations, (whole,) = builder.extract([whole])
    return _Checked(tuple(ranges), equations, whole, extent)


def _last_words(program: Program) -> frozenset[int]:
    """The numbers that one expression gives and nothing reads, which are written where the caller wants them."""
    read = {number for definition in program.definitions for number in reads(definition)}
    firsts = zip(program.definitions, program.first_results(), strict=True)
    return frozenset(first for d, first in firsts if isinstance(d, Comprehension) and d.reduction is None) - read
