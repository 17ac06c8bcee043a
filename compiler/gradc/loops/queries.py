"""What a loop program's statements read, write and name: questions to the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradc.calculus.primitives import PRIMITIVES
from gradc.ir.equations import INTEGER
from gradc.ir.size import Size
from gradc.loops.program import (
    COUNT,
    FLAG,
    Add,
    Address,
    Alias,
    Apply,
    Array,
    Assign,
    Buffer,
    Call,
    Carve,
    Constant,
    Flag,
    For,
    If,
    Invoke,
    Item,
    Let,
    Load,
    Local,
    Name,
    Outside,
    Pause,
    Place,
    Rounded,
    Share,
    Start,
    Statement,
    Team,
    Value,
    Variable,
    View,
    Whole,
    within,
)

# Operations that C writes between their operands, each of which it names once.
INFIX = frozenset({"add", "sub", "mul", "div", "neg", "lt", "le", "eq", "ne", "and", "or", "not"})


def needs_names(op: str) -> bool:
    """Whether the C of an operation names its operands more than once, so that they must be variables."""
    entry = PRIMITIVES.get(op)
    return entry is not None and entry.c is not None and "{" in entry.c and op not in INFIX


_NAME = 2  # characters of an array's or a variable's name


def length(value: Value) -> int:
    """About how many characters an expression takes in C where arrays have short names: none depends on its name."""
    if isinstance(value, Constant):
        return len(repr(value.value))
    if isinstance(value, Local):
        return _NAME
    if isinstance(value, Whole):
        return _length_of(value.value)
    if isinstance(value, Load):
        inside = sum(_length_of(place) + 1 for place in value.place)
        strides = 0 if value.flat else sum(_length_of(extent) + 3 for extent in value.buffer.extents[1:])
        guards = sum(_length_of(guard) + 8 for guard in value.guards)
        return _NAME + 1 + inside + strides + guards
    if isinstance(value, Outside):
        return 2 * _length_of(value.place) + _length_of(value.extent) + 16
    inside = sum(map(length, value.operands))
    if value.op in INFIX:
        return inside + 3 * (len(value.operands) - 1)
    if value.op in ("where", "where_integer"):
        return inside + 6
    return inside + len(value.op) + 8


def _length_of(value: Size) -> int:
    terms = [sum(len(str(atom[-1] if atom[0] == "name" else atom[1])) + 1 for atom in m) for m, _ in value.terms]
    return sum(terms) + 2 * max(len(terms) - 1, 0) + (not terms)


def holds_dear(value: Value) -> bool:
    """Whether an expression has an operation in it that takes many times an addition."""
    if not isinstance(value, Apply):
        return False
    entry = PRIMITIVES.get(value.op)
    return (entry is not None and entry.dear) or any(map(holds_dear, value.operands))


def values_of(statement: Statement) -> tuple[Value, ...]:
    """The expressions of a statement itself."""
    if isinstance(statement, (Let, Assign)):
        return (statement.value,)
    if isinstance(statement, Variable):
        return () if statement.value is None else (statement.value,)
    return ()


def walk(statements: Iterable[Statement]) -> Iterator[Statement]:
    """All statements, those inside of others too, in order."""
    pending = [iter(statements)]
    while pending:
        statement = next(pending[-1], None)
        if statement is None:
            pending.pop()
            continue
        yield statement
        inner = within(statement)
        if inner:
            pending.append(iter(inner))


def parts_of(value: Value) -> Iterator[Value]:
    """An expression and all that is inside of it, the outermost first."""
    pending = [value]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, Apply):
            pending += reversed(part.operands)


def used_in(statement: Statement) -> Iterator[Name | Buffer | str]:
    """What a statement itself names, in the order in which C would: variables, buffers, and dimensions."""
    if isinstance(statement, For):
        for limit in (statement.first, statement.last, statement.step):
            yield from in_size(limit)
        for _, names in statement.reductions:
            yield from names
    elif isinstance(statement, If):
        for test in statement.tests:
            yield from (*in_size(test.left), *in_size(test.right))
        if statement.zero is not None:
            yield statement.zero
    elif isinstance(statement, Assign):
        yield from _in_target(statement.target)
    elif isinstance(statement, (Add, Rounded)):
        yield from _in_target(statement.total)
        yield statement.low
        if isinstance(statement, Add):
            yield statement.term
    elif isinstance(statement, Call):
        for argument in statement.arguments:
            if isinstance(argument, Start):
                yield argument.buffer
                for index in argument.place:
                    yield from in_size(index)
                for extent in argument.buffer.extents[1:]:
                    yield from in_size(extent)
            elif isinstance(argument, Address):
                yield argument.name
            elif isinstance(argument, Size):
                yield from in_size(argument)
        if statement.flag is not None:
            yield statement.flag
    elif isinstance(statement, Alias):
        yield statement.of
        yield from in_size(statement.first)
        for extent in statement.of.extents[1:]:
            yield from in_size(extent)
    elif isinstance(statement, Carve):
        yield statement.block
        yield from in_size(statement.which)
        yield statement.each
        for view, other in zip(statement.views, statement.instead, strict=True):
            if other is not None:
                yield other
            for extent in view.extents:
                yield from in_size(extent)
    elif isinstance(statement, View):
        yield statement.block
        yield from in_size(statement.which)
        yield statement.each
        for view in statement.before:
            for extent in view.extents:
                yield from in_size(extent)
    elif isinstance(statement, Share):
        for view in statement.views:
            for extent in view.extents:
                yield from in_size(extent)
    elif isinstance(statement, Flag):
        yield from in_size(statement.work)
    elif isinstance(statement, Pause):
        yield statement.flag
    elif isinstance(statement, (Invoke, Team)):
        if isinstance(statement, Team):
            yield statement.parts
        yield from statement.arguments
    for value in values_of(statement):
        for part in parts_of(value):
            if isinstance(part, Local):
                yield part.name
            elif isinstance(part, Whole):
                yield from in_size(part.value)
            elif isinstance(part, Load):
                for guard in part.guards:
                    yield from in_size(guard)
                yield part.buffer
                yield from _in_place(part.buffer, part.place, part.flat)
            elif isinstance(part, Outside):
                yield from (*in_size(part.place), *in_size(part.extent))


def in_size(value: Size) -> Iterator[Name | str]:
    """The variables and dimensions that an index names."""
    for atom in value.atoms():
        if atom[0] == "name":
            yield Name(atom[1], atom[2])
        elif atom[0] == "dim":
            yield str(atom[1])


def _in_target(target: Name | Place) -> Iterator[Name | Buffer | str]:
    if isinstance(target, Name):
        yield target
    else:
        yield target.buffer
        yield from _in_place(target.buffer, target.place, target.flat)


def _in_place(buffer: Buffer, place: tuple[Size, ...], flat: bool) -> Iterator[Name | str]:
    for part in place:
        yield from in_size(part)
    if not flat:
        for extent in buffer.extents[1:]:
            yield from in_size(extent)


def defined_in(statement: Statement) -> Iterator[Name]:
    """The names that a statement itself defines, for those behind it; and a loop's for those inside."""
    if isinstance(statement, (Let, Variable, For, Share, Flag)):
        yield statement.name
    elif isinstance(statement, (Alias, Array, View)):
        yield statement.buffer.name
    elif isinstance(statement, Carve):
        yield statement.own
        yield from (view.name for view in statement.views)


def kinds_of(statements: Iterable[Statement]) -> dict[Name, str]:
    """The kind of each variable that statements define."""
    found: dict[Name, str] = {}
    for statement in walk(statements):
        if isinstance(statement, (Let, Variable)):
            found[statement.name] = statement.kind
        elif isinstance(statement, Share):
            found[statement.name] = COUNT
        elif isinstance(statement, Flag):
            found[statement.name] = FLAG
        elif isinstance(statement, For):
            found[statement.name] = INTEGER
            if statement.thread is not None:
                found[statement.thread] = INTEGER
    return found


def items_of(statements: Sequence[Statement]) -> list[Item]:
    """What statements take from around them, in order of first use."""
    own = {name for statement in walk(statements) for name in defined_in(statement)}
    found: dict[Item, None] = {}
    for statement in walk(statements):
        for used in used_in(statement):
            name = used.name if isinstance(used, Buffer) else used
            if name not in own:
                found[used] = None
    return list(found)


def changed_in(statements: Iterable[Statement]) -> set[Name]:
    """The variables that statements assign to, and whose address they give away."""
    found: set[Name] = set()
    for statement in walk(statements):
        if isinstance(statement, (Add, Rounded)):
            found.add(statement.low)
        if isinstance(statement, (Add, Rounded, Assign)):
            target = statement.target if isinstance(statement, Assign) else statement.total
            if isinstance(target, Name):
                found.add(target)
        if isinstance(statement, Call):
            found.update(a.name for a in statement.arguments if isinstance(a, Address))
    return found


def names_in(statements: Iterable[Statement]) -> dict[Name, None]:
    """All variables and buffers that statements name, in order."""
    found: dict[Name, None] = {}
    for statement in walk(statements):
        for used in used_in(statement):
            if not isinstance(used, str):
                found[used.name if isinstance(used, Buffer) else used] = None
    return found
