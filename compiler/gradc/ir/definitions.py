"""Definitions of arrays in index notation: comprehensions, accumulations, scans and calls.

    z[i:n] = sum[j:d](X[i, j] * w[j])       a comprehension
    g += each[i:n](at[idx[i]](y[i]))        an accumulation

Each names arrays by number, and makes one or more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from gradc.ir.equations import BOOLEAN, INTEGER, REAL, BodyBuilder, Equation
from gradc.ir.size import Size, ref

if TYPE_CHECKING:
    from gradc.ir.program import Program

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


def remap_body(body: Sequence[Equation], new: Mapping[int, int]) -> tuple[Equation, ...]:
    """The same equations over arrays with other numbers."""
    return tuple(e._replace(data=(new[e.data[0]], e.data[1])) if e.op == "access" else e for e in body)
