"""Programs: array definitions in index notation, over symbolic dimensions.

    def program(w: real[d], X: real[n, d], y: real[n], lam: real):
        z[i:n] = sum[j:d](X[i, j] * w[j])
        s = sum[i:n](softplus(-y[i] * z[i]))
        q = sum[j:d](w[j] ** 2)
        loss = s / n + lam / 2 * q
        return loss

Arrays are numbered: first the parameters, then the results of the definitions in order. A definition names only
arrays with smaller numbers. Names of what a definition makes are chosen when a program is printed; what the user called
it is kept as a hint, which takes no part in equality.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

from gradc.ir.definitions import (
    Array,
    Call,
    Comprehension,
    Definition,
    Parameter,
    Scan,
    bodies_of,
    make_accumulation,
    reads,
    remap,
    result_count,
    results_of,
    sizes_of,
)
from gradc.ir.equations import BodyBuilder, digests_of
from gradc.ir.printer import print_program
from gradc.ir.size import Size


@dataclass(frozen=True)
class Program:
    """Parameters, definitions in order, and the numbers of the arrays that are its outputs."""

    parameters: tuple[Parameter, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[int, ...]
    hints: tuple[str | None, ...] = field(default=(), compare=False)  # a name for each result of the definitions
    output_names: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return print_program(self)

    def arrays(self) -> tuple[Array, ...]:
        """Shape and dtype of every array, by number."""
        return self._arrays

    def first_results(self) -> tuple[int, ...]:
        """The number of each definition's first result."""
        return self._first_results

    # Once for each program: passes ask for them at each definition, and a program does not change.

    @cached_property
    def _arrays(self) -> tuple[Array, ...]:
        found = [Array(parameter.shape, parameter.dtype) for parameter in self.parameters]
        for definition in self.definitions:
            found += results_of(definition, found)
        return tuple(found)

    @cached_property
    def _first_results(self) -> tuple[int, ...]:
        number, found = len(self.parameters), []
        for definition in self.definitions:
            found.append(number)
            number += result_count(definition)
        return tuple(found)

    def symbols(self) -> tuple[str, ...]:
        """The dimensions' symbols, in the order in which the parameters' shapes name them, the widest shape first."""
        found: dict[str, None] = {}
        for parameter in sorted(self.parameters, key=lambda parameter: -len(parameter.shape)):
            for extent in parameter.shape:
                found.update((atom[1], None) for atom in extent.atoms() if atom[0] == "dim")
        return tuple(found)

    def names(self) -> frozenset[str]:
        """The names that are taken: those of arguments and of dimensions."""
        return frozenset([*(parameter.name for parameter in self.parameters), *self.symbols()])

    def hint(self, number: int) -> str | None:
        """What the user called the array, if anything."""
        if number < len(self.parameters):
            return self.parameters[number].name
        position = number - len(self.parameters)
        return self.hints[position] if position < len(self.hints) else None


def fresh(name: str, taken: Container[str]) -> str:
    """The name, with as many underscores behind it as it needs to be new."""
    while name in taken:
        name += "_"
    return name


class ProgramBuilder:
    """Collects definitions and interns them: equal definitions are one array."""

    def __init__(self, parameters: Sequence[Parameter], outside: Iterable[str] = ()) -> None:
        self.parameters = tuple(parameters)
        self.outside = frozenset(outside)  # names that are taken around the program: it is the body of a scan
        self.arrays = [Array(parameter.shape, parameter.dtype) for parameter in parameters]
        self.definitions: list[Definition] = []
        self._hints: list[str | None] = []
        self._digests = [b"p" + position.to_bytes(4, "big") for position in range(len(self.arrays))]
        self._known: dict[Definition, int] = {}

    def names(self) -> frozenset[str]:
        """The names that are taken: arguments, dimensions, and those of what is around."""
        extents = {extent for array in self.arrays for extent in array.shape}
        dims = (atom[1] for extent in extents for atom in extent.atoms() if atom[0] == "dim")
        return self.outside.union((parameter.name for parameter in self.parameters), dims)

    def step_name(self) -> str:
        """A name for a scan's step that no dimension, no argument and no scan around it has."""
        taken, count, name = self.names(), 0, "t"
        while name in taken:
            count += 1
            name = f"t{count}"
        return name

    def body(self) -> BodyBuilder:
        """A builder of scalar equations over this program's arrays."""
        return BodyBuilder(self._digests.__getitem__)

    def access(self, body: BodyBuilder, array: int, *subscripts: Size) -> int:
        """An element of one of the program's arrays, as an equation of `body`."""
        return body.access(array, tuple(subscripts), self.arrays[array].kind)

    def comprehend(
        self,
        body: BodyBuilder,
        result: int,
        free: Sequence[Size],
        reduced: Sequence[Size] = (),
        reduction: str | None = None,
        hint: str | None = None,
    ) -> int:
        """Define ``T[free] = reduction[reduced](result)`` and give its number."""
        equations, _ = body.extract([result])
        extents = (*free, *reduced)
        return self.define(Comprehension(extents, len(free), reduction if reduced else None, equations), hint)[0]

    def accumulate(
        self,
        shape: Sequence[Size],
        pieces: Sequence[tuple[Sequence[Size], BodyBuilder, Sequence[tuple[Sequence[Size], int]]]],
        hint: str | None = None,
    ) -> int:
        """Define an array of zeros to which each piece ``(extents, body, [(subscripts, value), …])`` adds."""
        return self.define(make_accumulation(shape, pieces), hint)[0]

    def define(self, definition: Definition, *hints: str | None) -> tuple[int, ...]:
        """Add a definition, or find the equal one that is there, and give the numbers of its results."""
        definition = _without_names(definition)
        first = self._known.get(definition)
        count = result_count(definition)
        if first is None:
            first = len(self.arrays)
            self._known[definition] = first
            self.definitions.append(definition)
            self.arrays += results_of(definition, self.arrays)
            digest = self._digest(definition)
            self._digests += [b"d" + blake2b(digest + bytes([k]), digest_size=7).digest() for k in range(count)]
            self._hints += [None] * count
        for offset, hint in enumerate(hints):
            position = first + offset - len(self.parameters)
            if hint is not None and self._hints[position] is None:
                self._hints[position] = hint
        return tuple(range(first, first + count))

    def name(self, array: int, hint: str | None) -> None:
        """Remember what the user calls an array, unless it has a name."""
        position = array - len(self.parameters)
        if position >= 0 and self._hints[position] is None:
            self._hints[position] = hint

    def define_apart(self, definition: Definition) -> int:
        """Add a definition even where an equal one is there: a second array of the same values."""
        self._known.pop(_without_names(definition), None)
        return self.define(definition)[0]

    def finish(self, outputs: Sequence[int], output_names: Sequence[str] = ()) -> Program:
        """The program whose outputs are these arrays."""
        return Program(
            self.parameters, tuple(self.definitions), tuple(outputs), tuple(self._hints), tuple(output_names)
        )

    def _digest(self, definition: Definition) -> bytes:
        reading = blake2b(digest_size=8)
        reading.update(type(definition).__name__.encode())
        for value in sizes_of(definition):
            reading.update(str(value).encode() + b";")
        if isinstance(definition, Comprehension):
            reading.update(f"{definition.rank}{definition.reduction}".encode())
        for _, equations, roots in bodies_of(definition):
            for digest in digests_of(equations, roots, self._digests.__getitem__):
                reading.update(digest)
        if isinstance(definition, (Scan, Call)):
            for number in reads(definition):
                reading.update(self._digests[number])
            reading.update(str(definition.body if isinstance(definition, Scan) else definition.routine).encode())
        return reading.digest()


def _without_names(definition: Definition) -> Definition:
    """A scan with its body's parameters called by their roles, so that equal scans are equal however they were made."""
    if not isinstance(definition, Scan):
        return definition
    count = len(definition.initial)
    parameters = tuple(
        parameter._replace(name=f"carry{k}" if k < count else f"captured{k - count}")
        for k, parameter in enumerate(definition.body.parameters)
    )
    return definition._replace(body=Program(parameters, definition.body.definitions, definition.body.outputs))


def copy_definitions(builder: ProgramBuilder, program: Program, new: dict[int, int]) -> dict[int, int]:
    """Define all of a program's arrays in another builder; `new` says where its parameters are, and gains the rest."""
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + k) for k in range(result_count(definition))]
        for offset, number in enumerate(builder.define(remap(definition, new), *hints)):
            new[first + offset] = number
    return new
