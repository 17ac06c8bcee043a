"""Copy the small operand of a product where its layout would keep the inner loop from running along memory.

    H[i:n, j:h] = sum[k:c](Z[i, k] * W[j, k])     ->     W_t[k:c, j:h] = W[j, k]
                                                         H[i:n, j:h] = sum[k:c](Z[i, k] * W_t[k, j])

The copy is made once, and read in every iteration of the index that the operand does not have.
"""

from __future__ import annotations

from gradc.ir.equations import Equation
from gradc.ir.program import Comprehension, Program, ProgramBuilder, remap, result_count
from gradc.ir.size import Size, index


def lay_out(program: Program) -> Program:
    """The program with transposed copies of operands that are read across their rows."""
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    changed = False
    for definition in program.definitions:  # copies of parameters come first, so that no nest waits for one
        if isinstance(definition, Comprehension):
            for array, order in _copies(definition):
                if array < len(program.parameters):
                    _transposed(b, array, order, None)
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        moved = remap(definition, new)
        if isinstance(moved, Comprehension):
            laid = _with_copies(b, moved, program.hint(first))
            changed = changed or laid is not moved
            moved = laid
        hints = [program.hint(first + j) for j in range(result_count(definition))]
        for offset, number in enumerate(b.define(moved, *hints)):
            new[first + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names) if changed else program


def _with_copies(b: ProgramBuilder, definition: Comprehension, hint: str | None) -> Comprehension:
    copies = dict(_copies(definition))
    if not copies:
        return definition
    last = definition.rank - 1
    body = list(definition.body)
    for number, equation in enumerate(body):
        if _is_crossed(equation, last, definition.rank):
            array, subscripts = equation.data
            copy = _transposed(b, array, copies[array], f"{hint}_operand" if hint else None)
            place = tuple(subscripts[axis] for axis in copies[array])
            body[number] = equation._replace(data=(copy, place))
    return definition._replace(body=tuple(body))


def _copies(definition: Comprehension) -> list[tuple[int, list[int]]]:
    """The arrays to copy, and the order of their axes in the copy."""
    rank = definition.rank
    if definition.reduction != "sum" or rank < 2 or definition.body[-1].op != "mul":
        return []
    last = rank - 1
    crossed = [e for e in definition.body if _is_crossed(e, last, rank)]
    if any(e.op == "access" and e not in crossed and _names(e, last) for e in definition.body):
        return []  # something else runs along the last axis already
    found: list[tuple[int, list[int]]] = []
    for equation in crossed:
        array, subscripts = equation.data
        order = [axis for axis, part in enumerate(subscripts) if part.atom != ("index", last)]
        order.append(next(axis for axis, part in enumerate(subscripts) if part.atom == ("index", last)))
        if any(array == other for other, _ in found):
            return []
        found.append((array, order))
    return found


def _names(equation: Equation, number: int) -> bool:
    return any(("index", number) in part.atoms() for part in equation.data[1])


def _is_crossed(equation: Equation, last: int, rank: int) -> bool:
    """Whether an access runs across rows along the result's last axis, and lacks another of the result's axes."""
    if equation.op != "access" or equation.kind != "real" or len(equation.data[1]) < 2:
        return False
    atoms = [part.atom for part in equation.data[1]]
    if any(atom is None or atom[0] != "index" for atom in atoms) or len(set(atoms)) != len(atoms):
        return False
    named = {atom[1] for atom in atoms if atom is not None}
    outer = set(range(rank)) - named
    return last in named and atoms[-1] != ("index", last) and bool(outer)


def _transposed(b: ProgramBuilder, array: int, order: list[int], hint: str | None) -> int:
    """A copy with its axes in another order."""
    shape = b.arrays[array].shape
    place: list[Size] = [index(0)] * len(order)
    for position, axis in enumerate(order):
        place[axis] = index(position)
    body = b.body()
    name = f"{b.parameters[array].name}_transposed" if array < len(b.parameters) else hint
    return b.comprehend(body, b.access(body, array, *place), [shape[axis] for axis in order], hint=name)
