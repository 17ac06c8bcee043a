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

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

from gradc.ir.equations import BOOLEAN, INTEGER, REAL, BodyBuilder, Equation, digests_of
from gradc.ir.size import Size, ref

KIND_OF_DTYPE = {
    "real": REAL,
    "float64": REAL,
    "float32": REAL,
    **{f"{sign}int{bits}": INTEGER for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "bool": BOOLEAN,
}
DTYPE_OF_KIND = {REAL: "real", INTEGER: "int64", BOOLEAN: "bool"}


class Parameter(NamedTuple):
    """An input: its name, its shape, and a dtype, where ``"real"`` is the kernel's own float64 or float32."""

    name: str
    shape: tuple[Size, ...]
    dtype: str = "real"


class Array(NamedTuple):
    """What is known of an array: its shape and its dtype."""

    shape: tuple[Size, ...]
    dtype: str

    @property
    def kind(self) -> str:
        """The kind of an element: real, integer or boolean."""
        return KIND_OF_DTYPE[self.dtype]


class Comprehension(NamedTuple):
    """``T[i, j] = reduce[k](body)``: the last equation of the body for each of the free indices.

    The first `rank` of `extents` belong to the free indices, the others to those that `reduction` reduces; `reduction`
    is None where there is none to reduce.
    """

    extents: tuple[Size, ...]
    rank: int
    reduction: str | None
    body: tuple[Equation, ...]


class Store(NamedTuple):
    """Where a piece of an accumulation adds a value: the subscripts, and the equation of the value."""

    subscripts: tuple[Size, ...]
    value: int


class Piece(NamedTuple):
    """A loop nest of an accumulation: its extents, the body its stores share, and the stores."""

    extents: tuple[Size, ...]
    body: tuple[Equation, ...]
    stores: tuple[Store, ...]


class Accumulation(NamedTuple):
    """``T[idx[i], j] += e`` from zeros: the transpose of a gather, and how arrays are put together from parts.

    A store outside the array does nothing: it is the adjoint of a read that a choice has discarded.
    """

    shape: tuple[Size, ...]
    pieces: tuple[Piece, ...]


class Scan(NamedTuple):
    """Carried arrays through `length` steps: result ``C[t]`` is the carry before step ``t``, ``C[length]`` the last.

    The body's parameters are the carries, then the captured arrays, in order; its outputs are the next carries. It may
    use `step`, a dimension's symbol that stands for the number of the step.
    """

    step: str
    length: Size
    initial: tuple[int, ...]
    captured: tuple[int, ...]
    body: Program


class Call(NamedTuple):
    """A named routine on whole arrays, with a rule of its own in the table of routines."""

    routine: str
    arguments: tuple[int, ...]
    shapes: tuple[tuple[Size, ...], ...]


Definition: TypeAlias = Comprehension | Accumulation | Scan | Call


@dataclass(frozen=True)
class Program:
    """Parameters, definitions in order, and the numbers of the arrays that are its outputs."""

    parameters: tuple[Parameter, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[int, ...]
    hints: tuple[str | None, ...] = field(default=(), compare=False)  # a name for each result of the definitions
    output_names: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        from gradc.ir.printer import print_program

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


def result_count(definition: Definition) -> int:
    """How many arrays a definition makes."""
    if isinstance(definition, Scan):
        return len(definition.initial)
    return len(definition.shapes) if isinstance(definition, Call) else 1


def results_of(definition: Definition, arrays: Sequence[Array]) -> list[Array]:
    """The arrays that a definition makes."""
    if isinstance(definition, Comprehension):
        kind = definition.body[-1].kind
        return [Array(definition.extents[: definition.rank], DTYPE_OF_KIND[kind])]
    if isinstance(definition, Accumulation):
        return [Array(definition.shape, "real")]
    if isinstance(definition, Scan):
        return [Array((definition.length + 1, *arrays[number].shape), "real") for number in definition.initial]
    return [Array(shape, "real") for shape in definition.shapes]


def bodies_of(definition: Definition) -> tuple[tuple[tuple[Size, ...], tuple[Equation, ...], tuple[int, ...]], ...]:
    """The scalar bodies of a definition: extents, equations and the numbers of their roots."""
    if isinstance(definition, Comprehension):
        return ((definition.extents, definition.body, (len(definition.body) - 1,)),)
    if isinstance(definition, Accumulation):
        return tuple((piece.extents, piece.body, tuple(s.value for s in piece.stores)) for piece in definition.pieces)
    return ()


def with_equations(definition: Definition, change: Callable[[Equation], Equation]) -> Definition:
    """The definition with each equation of its scalar bodies changed in place."""
    if isinstance(definition, Comprehension):
        return definition._replace(body=tuple(map(change, definition.body)))
    if isinstance(definition, Accumulation):
        return definition._replace(pieces=tuple(p._replace(body=tuple(map(change, p.body))) for p in definition.pieces))
    return definition


def reads(definition: Definition) -> tuple[int, ...]:
    """The arrays that a definition reads, in order of first use."""
    if isinstance(definition, Scan):
        return tuple(dict.fromkeys(definition.initial + definition.captured))
    if isinstance(definition, Call):
        return tuple(dict.fromkeys(definition.arguments))
    return tuple(dict.fromkeys(e.data[0] for _, body, _ in bodies_of(definition) for e in body if e.op == "access"))


def sizes_of(definition: Definition) -> Iterable[Size]:
    """Every extent and shape of a definition."""
    if isinstance(definition, Comprehension):
        yield from definition.extents
    elif isinstance(definition, Accumulation):
        yield from definition.shape
        for piece in definition.pieces:
            yield from piece.extents
    elif isinstance(definition, Scan):
        yield definition.length
    else:
        for shape in definition.shapes:
            yield from shape


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


def make_accumulation(
    shape: Sequence[Size],
    pieces: Sequence[tuple[Sequence[Size], BodyBuilder, Sequence[tuple[Sequence[Size], int]]]],
) -> Accumulation:
    """The definition that `ProgramBuilder.accumulate` adds."""
    return Accumulation(tuple(shape), tuple(_piece(*piece) for piece in pieces))


def _piece(extents: Sequence[Size], body: BodyBuilder, stores: Sequence[tuple[Sequence[Size], int]]) -> Piece:
    # Subscripts may hold refs, so they are extracted as roots of their own beside the values.
    roots: list[int] = []
    for subscripts, value in stores:
        roots.append(value)
        roots += [atom[1] for part in subscripts for atom in part.atoms() if atom[0] == "ref"]
    equations, numbers = body.extract(roots)
    new = dict(zip(roots, numbers, strict=True))

    def renumber(part: Size) -> Size:
        return part.substitute(lambda atom: ref(new[atom[1]]) if atom[0] == "ref" else None)

    return Piece(
        tuple(extents),
        equations,
        tuple(Store(tuple(renumber(part) for part in subscripts), new[value]) for subscripts, value in stores),
    )


def remap(definition: Definition, new: Mapping[int, int]) -> Definition:
    """The same definition over arrays with other numbers."""
    if isinstance(definition, Comprehension):
        return definition._replace(body=remap_body(definition.body, new))
    if isinstance(definition, Accumulation):
        pieces = tuple(piece._replace(body=remap_body(piece.body, new)) for piece in definition.pieces)
        return definition._replace(pieces=pieces)
    if isinstance(definition, Scan):
        return definition._replace(
            initial=tuple(new[number] for number in definition.initial),
            captured=tuple(new[number] for number in definition.captured),
        )
    return definition._replace(arguments=tuple(new[number] for number in definition.arguments))


def copy_definitions(builder: ProgramBuilder, program: Program, new: dict[int, int]) -> dict[int, int]:
    """Define all of a program's arrays in another builder; `new` says where its parameters are, and gains the rest."""
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        hints = [program.hint(first + k) for k in range(result_count(definition))]
        for offset, number in enumerate(builder.define(remap(definition, new), *hints)):
            new[first + offset] = number
    return new


def remap_body(body: Sequence[Equation], new: Mapping[int, int]) -> tuple[Equation, ...]:
    """The same equations over arrays with other numbers."""
    return tuple(e._replace(data=(new[e.data[0]], e.data[1])) if e.op == "access" else e for e in body)
