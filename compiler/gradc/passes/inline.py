"""Merge definitions that only rename, reindex or compute elementwise into the ones that read them.

    a[i:n] = -y[i] * z[i]
    s = sum[i:n](softplus(a[i]))          ->          s = sum[i:n](softplus(-y[i] * z[i]))

A view (no arithmetic) goes into all its readers. Other elementwise definitions go into the one definition that reads
them, at the one place that it reads them at. What is dear to compute stays where merging would compute it more often.
The terms of a `max` or `min` are never merged in, since its derivative compares them with the stored result.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import NamedTuple

from gradc.calculus.primitives import PRIMITIVES
from gradc.ir.definitions import (
    Call,
    Comprehension,
    Definition,
    Scan,
    bodies_of,
    make_accumulation,
    reads,
    result_count,
)
from gradc.ir.equations import REAL, BodyBuilder, Equation, references
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Atom, Size

_EXACT = frozenset(
    {"constant", "integer", "access", "real", "where_integer", "bit_and", "lt", "le", "eq", "ne", "and", "or", "not"}
)


class _Use(NamedTuple):
    root: int  # the definition into whose loops the value is read
    place: tuple[Size, ...]  # at these subscripts, in the root's own indices
    key: int  # which of the root's bodies


def inline(program: Program) -> Program:
    """The program with views and single-use elementwise definitions merged into their readers."""
    firsts = program.first_results()
    position = {first: k for k, first in enumerate(firsts)}
    return _merged(program, firsts, position, _choose_kept(program, firsts, position))


def merge(program: Program, arrays: Collection[int]) -> Program:
    """The program with these arrays, elementwise definitions that are no outputs, merged into all their readers."""
    firsts = program.first_results()
    position = {first: k for k, first in enumerate(firsts)}
    return _merged(program, firsts, position, {k for k, first in enumerate(firsts) if first not in arrays})


def _merged(program: Program, firsts: Sequence[int], position: dict[int, int], kept: set[int]) -> Program:
    b = ProgramBuilder(program.parameters)
    new: dict[int, int] = {k: k for k in range(len(program.parameters))}
    for k, definition in enumerate(program.definitions):
        if k not in kept:
            continue
        hints = [program.hint(firsts[k] + j) for j in range(result_count(definition))]
        for offset, number in enumerate(b.define(_expand(b, program, definition, position, kept, new), *hints)):
            new[firsts[k] + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)


def _choose_kept(program: Program, firsts: Sequence[int], position: dict[int, int]) -> set[int]:
    """The definitions that stay, by position."""
    uses: dict[int, dict[_Use, None]] = {}
    whole: set[int] = set(program.outputs)  # arrays that something needs as arrays
    kept: set[int] = set()
    for k in range(len(program.definitions) - 1, -1, -1):
        definition, first = program.definitions[k], firsts[k]
        found = uses.pop(first, {})
        if not _is_elementwise(definition) or first in whole or not _may_merge(program, definition, found):
            if isinstance(definition, (Scan, Call)):
                whole.update(reads(definition))
                kept.add(k)
            elif found or first in whole:
                kept.add(k)
                for key, (_, body, _) in enumerate(bodies_of(definition)):
                    _collect(body, k, key, None, position, uses)
            continue
        assert isinstance(definition, Comprehension)
        for use in found:
            _collect(definition.body, use.root, use.key, use.place, position, uses)
    return kept


def _collect(
    body: Sequence[Equation],
    root: int,
    key: int,
    place: tuple[Size, ...] | None,
    position: dict[int, int],
    uses: dict[int, dict[_Use, None]],
) -> None:
    """Note which arrays a body reads, and where, seen from the loops of `root`."""

    def rewrite(atom: Atom) -> Size | None:
        return place[atom[1]] if atom[0] == "index" and place is not None else None

    for equation in body:
        if equation.op == "access" and equation.data[0] in position:
            subscripts = tuple(part.substitute(rewrite) for part in equation.data[1])
            uses.setdefault(equation.data[0], {})[_Use(root, subscripts, key)] = None


def _is_elementwise(definition: Definition) -> bool:
    return isinstance(definition, Comprehension) and definition.reduction is None


def _may_merge(program: Program, definition: Definition, found: dict[_Use, None]) -> bool:
    assert isinstance(definition, Comprehension)
    body = definition.body
    if all(equation.op in _EXACT for equation in body) or body[-1].kind != REAL:
        return True  # a view, a mask or an index: nothing to compute twice
    if len(found) != 1:
        return False
    (use,) = found
    reader = program.definitions[use.root]
    if isinstance(reader, Comprehension) and reader.reduction in ("max", "min"):
        return False
    named = {atom[1] for part in use.place for atom in part.atoms() if atom[0] == "index"}
    if any(part.mentions("ref") for part in use.place):
        return False
    extents = bodies_of(reader)[use.key][0]
    more_often = any(k not in named and extent.constant != 1 for k, extent in enumerate(extents))
    return not (more_often and any(is_dear(equation) for equation in body))


def is_dear(equation: Equation) -> bool:
    """Whether an operation takes many times an addition."""
    return equation.op in PRIMITIVES and (PRIMITIVES[equation.op].dear or equation.op in ("div", "sqrt"))


def _expand(
    b: ProgramBuilder,
    program: Program,
    definition: Definition,
    position: dict[int, int],
    kept: set[int],
    new: dict[int, int],
) -> Definition:
    if isinstance(definition, Scan):
        return definition._replace(
            initial=tuple(new[number] for number in definition.initial),
            captured=tuple(new[number] for number in definition.captured),
            body=inline(definition.body),
        )
    if isinstance(definition, Call):
        return definition._replace(arguments=tuple(new[number] for number in definition.arguments))
    if isinstance(definition, Comprehension):
        body = b.body()
        (root,) = _insert(body, program, definition.body, [len(definition.body) - 1], position, kept, new)
        return definition._replace(body=body.extract([root])[0])
    pieces = []
    for piece in definition.pieces:
        body = b.body()
        inner = [a[1] for s in piece.stores for part in s.subscripts for a in part.atoms() if a[0] == "ref"]
        roots = [store.value for store in piece.stores]
        numbers = _insert(body, program, piece.body, [*roots, *inner], position, kept, new)
        refs = dict(zip(inner, numbers[len(roots) :], strict=True))

        def place(part: Size, refs: dict[int, int] = refs, body: BodyBuilder = body) -> Size:
            return part.substitute(lambda atom: body.as_size(refs[atom[1]]) if atom[0] == "ref" else None)

        stores = [
            (tuple(place(part) for part in store.subscripts), value)
            for store, value in zip(piece.stores, numbers, strict=False)
        ]
        pieces.append((piece.extents, body, stores))
    return make_accumulation(definition.shape, pieces)


def _insert(
    body: BodyBuilder,
    program: Program,
    equations: Sequence[Equation],
    roots: Sequence[int],
    position: dict[int, int],
    kept: set[int],
    new: dict[int, int],
) -> list[int]:
    """Copy equations into `body`, and in place of each access to a merged array the equations that define it.

    Works with a stack of its own: a chain of merged definitions may be a hundred thousand deep.
    """
    known: dict[tuple[int, tuple[Size, ...]], int] = {}
    pending: list[tuple[int, tuple[Size, ...]] | None] = [None]

    def copy(
        source: Sequence[Equation], wanted: Sequence[int], place: tuple[Size, ...] | None
    ) -> tuple[list[int], list[tuple[int, tuple[Size, ...]]]]:
        missing: list[tuple[int, tuple[Size, ...]]] = []

        def read(array: int, subscripts: tuple[Size, ...], kind: str) -> int:
            if array not in position or position[array] in kept:
                return body.access(new[array], subscripts, kind)
            target = (array, subscripts)
            if target in known:
                return known[target]
            missing.append(target)
            return (
                body.constant(0.0) if kind == REAL else body.integer(0) if kind == "integer" else body.constant(False)
            )

        replace = None if place is None else place.__getitem__
        return body.insert(source, wanted, replace_index=replace, replace_access=read), missing

    result: list[int] = []
    while pending:
        task = pending[-1]
        if task is not None and task in known:
            pending.pop()
            continue
        if task is None:
            numbers, missing = copy(equations, roots, None)
        else:
            definition = program.definitions[position[task[0]]]
            assert isinstance(definition, Comprehension)
            source = definition.body
            if any(part.mentions("ref") for part in task[1]):
                source = _guarded(source)
            numbers, missing = copy(source, [len(source) - 1], task[1])
        if missing:
            pending += missing
            continue
        pending.pop()
        if task is None:
            result = numbers
        else:
            known[task] = numbers[0]
    return result


def _guarded(body: tuple[Equation, ...]) -> tuple[Equation, ...]:
    """The body with subscripts of 0 wherever a choice discards what is read: ``p[i - m]`` of ``where(i < m, …)``.

    Indices of loops may lie outside there, and are moved inside; an index that comes from data would be an error.
    """
    used: dict[int, tuple[tuple[int, bool], ...]] = {len(body) - 1: ()}  # by what choices
    for number in range(len(body) - 1, -1, -1):
        if number not in used:
            continue
        equation, around = body[number], used[number]
        ways = [around] * len(references(equation))
        if equation.op in ("where", "where_integer"):
            ways = [around, (*around, (equation.operands[0], True)), (*around, (equation.operands[0], False))]
        for operand, way in zip(references(equation), ways, strict=True):
            before = used.get(operand, way)
            used[operand] = tuple(itertools.takewhile(before.__contains__, way))
    b = BodyBuilder()
    new: dict[int, int] = {}
    for number, equation in enumerate(body):
        tests = [(new[test], holds) for test, holds in used.get(number, ()) if test in new]

        def place(part: Size, tests: Sequence[tuple[int, bool]] = tests) -> Size:
            part = part.substitute(lambda atom: b.as_size(new[atom[1]]) if atom[0] == "ref" else None)
            if not part.mentions("index"):
                return part
            chosen, nothing = b.integer(part), b.integer(0)
            for test, holds in tests:
                chosen = b.apply("where_integer", test, *((chosen, nothing) if holds else (nothing, chosen)))
            return b.as_size(chosen)

        if equation.op == "access":
            new[number] = b.access(equation.data[0], tuple(map(place, equation.data[1])), equation.kind)
        else:
            (new[number],) = b.insert(body, [number], known=new)
    return b.extract([new[len(body) - 1]])[0]
