"""Loop programs: a typed tree of loops over declared buffers, which says all that C says and nothing that only C knows.

    f(n; in x: real[n]; out value: real)
        var total#1: real = 0.0
        for i#2 in 0 .. n  vector(+: total#1)
            total#1 += (x[i#2] * x[i#2])
        value[] = total#1

A name is a number with a hint: two names are one where their numbers are, whatever a user calls anything, and they
become words when C is printed, at no other time. Indices are `Size`s in one normal form over dimensions and names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from gradc.ir.equations import REAL
from gradc.ir.size import Size

SERIAL, VECTOR, PARALLEL = "serial", "vector", "parallel"  # how the iterations of a loop may be run
# Whose a buffer is: the caller's, the workspace's, a part of another one to write or only to read, the function's own.
INPUT, OUTPUT, SCRATCH, VIEW, READ, LOCAL = "input", "output", "scratch", "view", "read", "local"
BYTES = "bytes"  # the type of a block of scratch that views are carved from
COUNT = "count"  # the kind of a number of bytes
FLAG = "flag"  # the kind of an address of a flag
NEAR, REACH = "near", "reach"


class Name(NamedTuple):
    """A variable: what tells it from all others, and what it would like to be called."""

    number: int
    hint: str

    @property
    def size(self) -> Size:
        """The variable's value in an index."""
        return Size((((("name", self.number, self.hint),), 1),))

    def __str__(self) -> str:
        return f"{self.hint}#{self.number}"


class Namer:
    """Makes names, none twice."""

    def __init__(self) -> None:
        self._count = 0

    def new(self, hint: str) -> Name:
        """A name that there was not before."""
        self._count += 1
        return Name(self._count, hint)


def names_of(value: Size) -> Iterator[Name]:
    """The variables in an index, in order."""
    for atom in value.atoms():
        if atom[0] == "name":
            yield Name(atom[1], atom[2])


def call(function: str, *parts: Size) -> Size:
    """What a function of ``templates/helpers`` gives for integers, as an index; `min` is C's conditional."""
    return Size((((("call", function, *parts),), 1),))


class Buffer(NamedTuple):
    """A declared array, dense in the order of its extents.

    Parameters
    ----------
    type
        "real" for the kernel's own dtype, a dtype, or `BYTES`.
    role
        `INPUT`, `OUTPUT`, `SCRATCH`, `VIEW` or `READ` for a part of another buffer, or `LOCAL`. An input without
        extents is a number, an output without extents the place of one.
    """

    name: Name
    type: str
    extents: tuple[Size, ...]
    role: str


# ------------------------------------------------------------------------------------------------------- expressions


class Constant(NamedTuple):
    """A number, or a truth value."""

    value: float | bool


class Whole(NamedTuple):
    """An integer."""

    value: Size


class Local(NamedTuple):
    """The value of a variable that is no index."""

    name: Name


class Load(NamedTuple):
    """An element of a buffer, as a value of a kind; `flat` counts all its elements along one axis.

    `guards` are extents that must be positive for the element to be there; where one is not, the value is 0.
    """

    buffer: Buffer
    place: tuple[Size, ...]
    kind: str = REAL
    flat: bool = False
    guards: tuple[Size, ...] = ()


class Apply(NamedTuple):
    """An operation of the table of primitives, or of the IR itself.

    `form` is `NEAR` for the vector function of an operation that has one up to a bound, and `REACH` for whether the
    operand is beyond it.
    """

    op: str
    operands: tuple[Value, ...]
    form: str = ""


class Outside(NamedTuple):
    """Whether an index lies outside of an axis, without a branch."""

    place: Size
    extent: Size


Value: TypeAlias = "Constant | Whole | Local | Load | Apply | Outside"


class Test(NamedTuple):
    """``left sign right`` of integers, for "<", ">=", ">" and "!="."""

    left: Size
    sign: str
    right: Size


# -------------------------------------------------------------------------------------------------------- statements


class Comment(NamedTuple):
    """What a definition is in index notation."""

    text: str


class Let(NamedTuple):
    """A variable that does not change."""

    name: Name
    kind: str
    value: Value


class Variable(NamedTuple):
    """A variable that changes; without a value it is set by a call."""

    name: Name
    kind: str
    value: Value | None


class Place(NamedTuple):
    """Where a value is stored: an element of a buffer; see `Load`."""

    buffer: Buffer
    place: tuple[Size, ...]
    flat: bool = False


class Assign(NamedTuple):
    """``target = value``, or what is combined with what is there: "+=", "*=", "|=", "max", "min"."""

    target: Name | Place
    sign: str
    value: Value


class For(NamedTuple):
    """``for name in first .. last by step``; a vector loop combines `reductions`, each a sign and variables.

    In a parallel loop `thread` is which of the team runs the iteration: no two run at one time with the same number.
    """

    name: Name
    first: Size
    last: Size
    body: tuple[Statement, ...]
    mode: str = SERIAL
    step: Size = Size((((), 1),))
    reductions: tuple[tuple[str, tuple[Name, ...]], ...] = ()
    thread: Name | None = None


class If(NamedTuple):
    """What is done where all tests hold, and what otherwise.

    `when` is a macro of the C, and `zero` a variable that must be 0, which must hold besides.
    """

    tests: tuple[Test, ...]
    body: tuple[Statement, ...]
    other: tuple[Statement, ...] = ()
    when: str = ""
    zero: Name | None = None


class Scope(NamedTuple):
    """Statements with variables of their own."""

    body: tuple[Statement, ...]


class Return(NamedTuple):
    """The end of the function, with a status."""

    status: int


class Flag(NamedTuple):
    """A flag of the caller's, asked for where the function has more to do than `work` numbers of a loop are worth."""

    name: Name
    work: Size


class Pause(NamedTuple):
    """The end of the function where a flag is set; what calls a function that was cut off looks at it again."""

    flag: Name


class Start(NamedTuple):
    """The address of an element, from which a routine goes on: along `axes`, each a stride and how many."""

    buffer: Buffer
    place: tuple[Size, ...]


class Address(NamedTuple):
    """The address of a variable, for a routine to set."""

    name: Name


class Null(NamedTuple):
    """No array."""


class Add(NamedTuple):
    """A term added to a sum in two parts: the sum, and what it has lost to rounding."""

    total: Name | Place
    low: Name
    term: Name


class Rounded(NamedTuple):
    """The sum of both parts."""

    total: Name | Place
    low: Name


Argument: TypeAlias = "Size | Start | Address | Null"


class Call(NamedTuple):
    """A routine of ``templates/routines``; where it fails the function ends with `failure`.

    One of linear algebra takes `whole` arrays, and may take so long that it looks at a flag of the caller's itself.
    """

    routine: str
    arguments: tuple[Argument, ...]
    failure: int = 0
    whole: bool = False
    flag: Name | None = None


class Alias(NamedTuple):
    """A buffer that is part of another, from a place on."""

    buffer: Buffer
    of: Buffer
    first: Size  # in rows of the leading axis


class Array(NamedTuple):
    """A local array."""

    buffer: Buffer


class Carve(NamedTuple):
    """Views of the share that number `which` has of a block of scratch, one behind the other.

    In the share of number 0 a view is the buffer of `instead` that belongs to it, where there is one.
    """

    block: Buffer
    each: Name
    own: Name
    which: Size
    views: tuple[Buffer, ...]
    instead: tuple[Buffer | None, ...]


class View(NamedTuple):
    """One view of a share, behind those of `before`, to be read."""

    buffer: Buffer
    block: Buffer
    each: Name
    which: Size
    before: tuple[Buffer, ...]


class Share(NamedTuple):
    """How many bytes a share of a block has: those of its views."""

    name: Name
    views: tuple[Buffer, ...]


class Invoke(NamedTuple):
    """A call of a function that was cut off; it takes what its statements read, by the same names."""

    function: str
    arguments: tuple[Item, ...]


class Team(NamedTuple):
    """A parallel loop as a call of a function for each part: of the caller's team, or of one thread."""

    function: str
    parts: Name
    own: tuple[Name, ...]  # the part, and the thread where the function asks for it
    arguments: tuple[Item, ...]


Item: TypeAlias = Name | Buffer | str  # what a function takes: a variable, a buffer or a dimension
Statement: TypeAlias = (
    "Comment | Let | Variable | Assign | For | If | Scope | Return | Add | Rounded | Call | Alias | Array | Carve | "
    "View | Share | Invoke | Team | Flag | Pause"
)


class Scratch(NamedTuple):
    """A buffer of the caller's workspace; or a block of which each of so many parts has a share for some views."""

    buffer: Buffer
    times: Size
    views: tuple[Buffer, ...] = ()


class Status(NamedTuple):
    """What a status code means: a kind of error and its message."""

    code: int
    kind: str
    message: str


class Cut(NamedTuple):
    """A function of its own that was cut off: what it takes, the kinds of its variables, and its statements."""

    name: str
    items: tuple[Item, ...]
    kinds: tuple[str, ...]  # for a variable its kind, for anything else nothing
    body: tuple[Statement, ...]


class LoopProgram(NamedTuple):
    """A function: what it takes, its scratch, its statements, and the functions that were cut off."""

    name: str
    dims: tuple[str, ...]
    inputs: tuple[Buffer, ...]
    outputs: tuple[Buffer, ...]
    scratch: tuple[Scratch, ...]
    body: tuple[Statement, ...]
    statuses: tuple[Status, ...] = ()
    cuts: tuple[Cut, ...] = ()
    work: Size = Size(())  # about how many times its innermost loops run


def within(statement: Statement) -> Sequence[Statement]:
    """The statements inside of one."""
    if isinstance(statement, (For, Scope)):
        return statement.body
    if isinstance(statement, If):
        return (*statement.body, *statement.other)
    return ()
