"""Run axes together that lie beside one another in memory and are used alike, so that many loops are one.

    def program(x: real[a, b, c], w: real[c]):           def program(x: real[a*b, c], w: real[c]):
        value = sum[i:a, j:b, k:c](x[i, j, k] * w[k])  ->    value = sum[i:a*b, j:c](x[i, j] * w[j])

Arrays are dense, so one axis of as many elements is the same memory, for arguments and results too. Two axes stay apart
where anything, in any definition, names one without the other behind it. A program with few loops is left as it is:
its axes tell the schedule along what to stream. For C compilers each loop around a loop costs a part more memory, until
they have none left.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradc.errors import UnsupportedError
from gradc.ir.definitions import Comprehension, Definition, Parameter, Scan, bodies_of, reads, result_count
from gradc.ir.equations import Equation
from gradc.ir.program import Program
from gradc.ir.size import Size, index, product

_FEW = 8  # loops in one another that are left as they are
_MOST = 32  # loops in one another that a C compiler takes without gigabytes of memory

_Seam = tuple[str, int, int]  # between an axis and the next: ("array", array, axis) or ("loop", definition, loop)


def merge_axes(program: Program) -> Program:
    """The program with axes run together, where it has many loops in one another.

    Raises
    ------
    UnsupportedError
        Where too many loops are left.
    """
    if _deepest(program) > _FEW:
        program = _merged(program, _closed_seams(program))
    if (deepest := _deepest(program)) > _MOST:
        raise UnsupportedError(
            f"{deepest} loops in one another, over axes that are not used alike; a C compiler takes {_MOST}: "
            'reshape arrays to fewer axes, or use backend="interpret"'
        )
    return program


def _deepest(program: Program) -> int:
    """The most loops in one another; a scan's own are those of its body, whose axes stay as they are."""
    found, pending = 0, [program]
    while pending:
        for definition in pending.pop().definitions:
            if isinstance(definition, Scan):
                pending.append(definition.body)
            found = max([found, *(len(extents) for extents, _, _ in bodies_of(definition))])
    return found


def _closed_seams(program: Program) -> set[_Seam]:
    """The seams that nothing needs: those of which each use has the next axis right behind."""
    arrays = program.arrays()
    beside: dict[_Seam, list[_Seam]] = {}
    needed: list[_Seam] = []

    def join(one: _Seam, other: _Seam) -> None:
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)

    def keep(array: int) -> None:
        needed.extend(("array", array, axis) for axis in range(len(arrays[array].shape) - 1))

    for number, (definition, first) in enumerate(zip(program.definitions, program.first_results(), strict=True)):
        if not isinstance(definition, Comprehension):
            for array in (*reads(definition), *range(first, first + result_count(definition))):
                keep(array)
            continue
        rank, extents = definition.rank, definition.extents
        for axis in range(rank - 1):
            join(("loop", number, axis), ("array", first, axis))
        if 0 < rank < len(extents):
            needed.append(("loop", number, rank - 1))
        for equation in definition.body:
            if equation.op == "integer":
                needed += _around(number, _named(equation.data))
            elif equation.op == "access":
                array, subscripts = equation.data
                shape = arrays[array].shape
                for axis, part in enumerate(subscripts):
                    k = _loop(part)
                    if k is None:
                        needed += _around(number, _named(part))
                        needed += [("array", array, axis - 1), ("array", array, axis)]
                        continue
                    # The seams of a loop are those of the axis, if the loop next to it is at the axis next to it.
                    for left, at in ((k - 1, axis - 1), (k, axis)):
                        join(("loop", number, left), ("array", array, at))
                        pair = subscripts[at : at + 2] if at >= 0 else ()
                        if pair != (index(left), index(left + 1)) or extents[left : left + 2] != shape[at : at + 2]:
                            needed.append(("loop", number, left))
    while needed:
        seam = needed.pop()
        needed += beside.pop(seam, [])
    return set(beside)


def _around(definition: int, loops: Sequence[int]) -> list[_Seam]:
    return [("loop", definition, k - before) for k in loops for before in (0, 1)]


def _named(*parts: Size) -> list[int]:
    return [atom[1] for part in parts for atom in part.atoms() if atom[0] == "index"]


def _loop(part: Size) -> int | None:
    atom = part.atom
    return atom[1] if atom is not None and atom[0] == "index" else None


def _merged(program: Program, closed: set[_Seam]) -> Program:
    def groups(kind: str, number: int, count: int) -> list[list[int]]:
        found: list[list[int]] = []
        for k in range(count):
            if found and (kind, number, k - 1) in closed:
                found[-1].append(k)
            else:
                found.append([k])
        return found

    def together(sizes: Sequence[Size], runs: Sequence[Sequence[int]]) -> tuple[Size, ...]:
        return tuple(product(tuple(sizes[k] for k in run)) for run in runs)

    def changed(number: int, definition: Definition) -> Definition:
        if not isinstance(definition, Comprehension):
            return definition
        runs = groups("loop", number, len(definition.extents))
        new = {k: index(place) for place, run in enumerate(runs) for k in run}

        def moved(part: Size) -> Size:
            return part.substitute(lambda atom: new[atom[1]] if atom[0] == "index" else None)

        def rewritten(equation: Equation) -> Equation:
            if equation.op == "access":
                array, parts = equation.data
                firsts = [run[0] for run in groups("array", array, len(parts))]
                return equation._replace(data=(array, tuple(moved(parts[axis]) for axis in firsts)))
            return equation._replace(data=moved(equation.data)) if equation.op == "integer" else equation

        rank = sum(run[0] < definition.rank for run in runs)
        body = tuple(map(rewritten, definition.body))
        return Comprehension(together(definition.extents, runs), rank, definition.reduction, body)

    parameters = tuple(
        Parameter(p.name, together(p.shape, groups("array", k, len(p.shape))), p.dtype)
        for k, p in enumerate(program.parameters)
    )
    definitions = tuple(changed(number, definition) for number, definition in enumerate(program.definitions))
    return Program(parameters, definitions, program.outputs, program.hints, program.output_names)
