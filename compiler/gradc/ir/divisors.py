r"""What the sizes and indices of a program are divided by that may be 0: Python raises an error there, and C crashes.

>>> from gradc.frontends.formula import parse_program
>>> program = parse_program("def program(x: real[n]):\\n    value = sum[i:n](x[i % (n//2)])\\n    return value\\n")
>>> [(str(divisor), str(times)) for divisor, times, _ in divisors(program)]
[('n//2', 'n')]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradc.errors import UnsupportedError
from gradc.ir.definitions import Accumulation, Definition, Scan, bodies_of, sizes_of
from gradc.ir.program import Program
from gradc.ir.ranges import bounds_of, stays_natural
from gradc.ir.size import ONE, ZERO, Atom, Size, product


def divisors(program: Program) -> Iterator[tuple[Size, Size, str]]:
    """Each divisor that must be at least 1, how many times something is divided by it, and where that is."""
    lengths = [extent for parameter in program.parameters for extent in parameter.shape]
    lengths += [extent for definition in program.definitions for extent in sizes_of(definition)]
    for value in lengths:
        yield from ((divisor, ONE, f"a length is {value}") for divisor in divisors_of(value, ()))
    for definition in program.definitions:
        for extents, values in _indices_of(definition):
            for value in values:
                for divisor in divisors_of(value, extents):
                    yield divisor, product(extents), f"an index is divided by {divisor}"
        if isinstance(definition, Scan):
            for divisor, times, text in divisors(definition.body):
                for step in (ZERO, definition.length - ONE):
                    within, count = (_at_step(value, definition.step, step) for value in (divisor, times))
                    yield within, count * definition.length, text


def is_positive(divisor: Size, extents: Sequence[Size]) -> bool:
    """Whether ``1 <= divisor`` follows inside of these loops, none of which is empty then."""
    if stays_natural(divisor - ONE, extents):
        return True
    return any(extent % divisor == ZERO for extent in (*extents, product(tuple(extents))) if extent.constant is None)


def divisors_of(value: Size, extents: Sequence[Size]) -> Iterator[Size]:
    """Divisors in a size or an index, the innermost first.

    What is read from data is left to the quotient itself, which is 0 then, as NumPy has it.
    """
    for atom in reversed(value.atoms()):
        if atom[0] in ("//", "%") and not atom[2].mentions("ref") and not is_positive(atom[2], extents):
            bounds = bounds_of(atom[2], extents) if atom[2].mentions("index") else (atom[2], atom[2])
            if bounds is None:
                raise UnsupportedError(f"an index is divided by {atom[2]}, which may be 0")
            yield bounds[0]


def _indices_of(definition: Definition) -> Iterator[tuple[tuple[Size, ...], list[Size]]]:
    """The loops of each scalar body, and what is computed in them: subscripts, and indices as numbers."""
    for extents, body, _ in bodies_of(definition):
        found = [value for equation in body if equation.op == "access" for value in equation.data[1]]
        yield extents, [*found, *(equation.data for equation in body if equation.op == "integer")]
    if isinstance(definition, Accumulation):
        for piece in definition.pieces:
            yield piece.extents, [subscript for store in piece.stores for subscript in store.subscripts]


def _at_step(value: Size, step: str, number: Size) -> Size:
    def replace(atom: Atom) -> Size | None:
        return number if atom == ("dim", step) else None

    return value.substitute(replace)
