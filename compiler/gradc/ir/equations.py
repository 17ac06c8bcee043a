"""Scalar bodies: equations in order, each naming earlier ones by index, interned by the builder as they are made.

>>> from gradc.ir.size import index
>>> body = BodyBuilder()
>>> x = body.access(0, (index(0),), "real")
>>> one = body.constant(1.0)
>>> e = body.apply("exp", x)
>>> body.apply("add", e, one) == body.apply("add", one, e)      # equal expressions are one equation
True
>>> [equation.op for equation in body.equations]
['access', 'constant', 'exp', 'add']
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

from gradc.errors import VerifyError
from gradc.ir.size import Atom, Size, ref, size

REAL, INTEGER, BOOLEAN = "real", "integer", "boolean"


class Equation(NamedTuple):
    """One scalar operation.

    ==========  =========================================  =========================================
    op          operands                                   data
    ==========  =========================================  =========================================
    constant                                               a float, or a bool
    integer                                                a `Size` over dimensions, indices, refs
    access                                                 ``(array, subscripts)``: an id, Sizes
    primitive   earlier equations, by number
    ==========  =========================================  =========================================
    """

    op: str
    kind: str
    operands: tuple[int, ...] = ()
    data: Any = None


class Operation(NamedTuple):
    """What the IR needs to know of a scalar operation; the calculus table says the rest."""

    operands: tuple[str, ...]  # the kind each operand is coerced to; "same" means the common kind of all
    result: str
    commutative: bool = False


# The operations that the IR itself speaks of. The table of primitives adds functions of one kind: reals in, real out.
STRUCTURAL: dict[str, Operation] = {
    "add": Operation((REAL, REAL), REAL, commutative=True),
    "mul": Operation((REAL, REAL), REAL, commutative=True),
    "lt": Operation(("same", "same"), BOOLEAN),
    "le": Operation(("same", "same"), BOOLEAN),
    "eq": Operation(("same", "same"), BOOLEAN, commutative=True),
    "ne": Operation(("same", "same"), BOOLEAN, commutative=True),
    "and": Operation((BOOLEAN, BOOLEAN), BOOLEAN, commutative=True),
    "or": Operation((BOOLEAN, BOOLEAN), BOOLEAN, commutative=True),
    "not": Operation((BOOLEAN,), BOOLEAN),
    "where": Operation((BOOLEAN, REAL, REAL), REAL),
    "where_integer": Operation((BOOLEAN, INTEGER, INTEGER), INTEGER),
    "bit_and": Operation((INTEGER, INTEGER), INTEGER, commutative=True),
    "real": Operation((INTEGER,), REAL),
    "maximum": Operation((REAL, REAL), REAL, commutative=True),
    "minimum": Operation((REAL, REAL), REAL, commutative=True),
    "hypot": Operation((REAL, REAL), REAL, commutative=True),
    "logaddexp": Operation((REAL, REAL), REAL, commutative=True),
}


@cache
def operation(op: str, arity: int) -> Operation:
    """The kinds of an operation's operands and result."""
    return STRUCTURAL.get(op) or Operation((REAL,) * arity, REAL)


def references(equation: Equation) -> tuple[int, ...]:
    """The earlier equations that an equation reads, those inside subscripts included."""
    if equation.op == "access":
        sizes: Iterable[Size] = equation.data[1]
    elif equation.op == "integer":
        sizes = (equation.data,)
    else:
        return equation.operands
    if not sizes:
        return ()
    return tuple(atom[1] for value in sizes for atom in value.atoms() if atom[0] == "ref")


def index_dependencies(equations: Sequence[Equation]) -> list[frozenset[int]]:
    """For each equation, the loop indices that its value depends on."""
    found: list[frozenset[int]] = []
    none: frozenset[int] = frozenset()
    for equation in equations:
        own = none
        if equation.op in ("access", "integer"):
            sizes = equation.data[1] if equation.op == "access" else (equation.data,)
            own = frozenset(atom[1] for value in sizes for atom in value.atoms() if atom[0] == "index")
        parts = {found[number] for number in references(equation)}
        found.append(own.union(*parts) if parts else own)
    return found


Rank: TypeAlias = tuple[int, int, int, bytes]  # where an operand stands among others; the last is its digest


class BodyBuilder:
    """The one mutable thing: makes equations, folds what is constant, and interns.

    Parameters
    ----------
    digest_of
        Gives a digest for an array, so that the canonical order of commuting operands does not depend on how arrays
        are numbered. Two operands of `add`, `mul` and the like are kept in that order, which is exact in floating
        point (IEEE 754 addition and multiplication commute) and makes equal programs equal objects.
    """

    def __init__(self, digest_of: Callable[[int], bytes] | None = None) -> None:
        self.equations: list[Equation] = []
        self._numbers: dict[Any, int] = {}
        self._order: list[Rank] = []
        self._digest_of = digest_of or (lambda array: array.to_bytes(4, "big"))

    def kind(self, number: int) -> str:
        """The kind of an equation's value."""
        return self.equations[number].kind

    def constant(self, value: float | bool) -> int:
        """A real or boolean constant."""
        if isinstance(value, bool):
            return self._intern(Equation("constant", BOOLEAN, (), value), ("constant", value, "boolean"))
        value = float(value)
        if math.isnan(value):
            value = math.nan  # the one object, since equality of tuples is by identity first
        return self._intern(Equation("constant", REAL, (), value), ("constant", repr(value)))

    def integer(self, value: Size | int) -> int:
        """An integer expression of dimensions and indices, as a scalar."""
        value = size(value)
        atom = value.atom
        if atom is not None and atom[0] == "ref":
            return int(atom[1])
        equation = Equation("integer", INTEGER, (), value)
        return self._intern(equation, equation)

    def access(self, array: int, subscripts: tuple[Size, ...], kind: str) -> int:
        """An element of an array."""
        equation = Equation("access", kind, (), (array, subscripts))
        return self._intern(equation, equation)

    def apply(self, op: str, *operands: int) -> int:
        """An operation on earlier equations, with operands coerced to its kinds."""
        signature = operation(op, len(operands))
        wanted = list(signature.operands)
        if "same" in wanted:
            kinds = {self.kind(number) for number in operands}
            wanted = [kinds.pop() if len(kinds) == 1 else REAL] * len(operands)
        numbers = [self.coerce(number, kind) for number, kind in zip(operands, wanted, strict=True)]
        simpler = self._fold(op, numbers)
        if simpler is not None:
            return simpler
        if signature.commutative:
            numbers.sort(key=self._order.__getitem__)
        equation = Equation(op, signature.result, tuple(numbers))
        return self._intern(equation, equation)

    def coerce(self, number: int, kind: str) -> int:
        """The same value as another kind, where there is a conversion without loss."""
        have = self.kind(number)
        if have == kind:
            return number
        if have == BOOLEAN:
            if kind == REAL:
                return self.apply("where", number, self.constant(1.0), self.constant(0.0))
            return self.apply("where_integer", number, self.integer(1), self.integer(0))
        if have == INTEGER and kind == REAL:
            value = self.equations[number].data
            if self.equations[number].op == "integer" and value.constant is not None:
                return self.constant(float(value.constant))
            equation = Equation("real", REAL, (number,))
            return self._intern(equation, equation)
        if kind == BOOLEAN:
            zero = self.constant(0.0) if have == REAL else self.integer(0)
            return self.apply("ne", number, zero)
        raise VerifyError(f"a {have} value where a {kind} one is needed: {self.equations[number]}")

    def as_size(self, number: int) -> Size:
        """An integer equation as a size, for use in a subscript."""
        equation = self.equations[number]
        if equation.op == "integer":
            return equation.data  # type: ignore[no-any-return]
        if equation.op == "constant" and equation.kind == REAL and float(equation.data).is_integer():
            return size(int(equation.data))
        return ref(self.coerce(number, INTEGER))

    def insert(
        self,
        equations: Sequence[Equation],
        roots: Sequence[int],
        replace_index: Callable[[int], Size] | None = None,
        replace_access: Callable[[int, tuple[Size, ...], str], int] | None = None,
        replace_dim: Callable[[str], Size | None] | None = None,
        replace_operation: Callable[[str, tuple[int, ...]], int | None] | None = None,
        known: Mapping[int, int] | None = None,
    ) -> list[int]:
        """Copy the part of another body that `roots` need, rewriting indices, accesses, dimensions and operations.

        Gives the numbers of the roots in this body. Works from the equations' order: nothing recurses. Equations in
        `known` are not copied: it says what stands for them in this body.
        """
        needed = needed_by(equations, roots)
        new: dict[int, int] = {}

        def replace_atom(atom: Atom) -> Size | None:
            if atom[0] == "index" and replace_index is not None:
                return replace_index(atom[1])
            if atom[0] == "ref":
                return self.as_size(new[atom[1]])
            if atom[0] == "dim" and replace_dim is not None:
                return replace_dim(atom[1])
            return None

        for number in needed:
            equation = equations[number]
            if known is not None and number in known:
                new[number] = known[number]
            elif equation.op == "constant":
                new[number] = self.constant(equation.data)
            elif equation.op == "integer":
                new[number] = self.integer(equation.data.substitute(replace_atom))
            elif equation.op == "access":
                array, subscripts = equation.data
                subscripts = tuple(subscript.substitute(replace_atom) for subscript in subscripts)
                if replace_access is not None:
                    new[number] = replace_access(array, subscripts, equation.kind)
                else:
                    new[number] = self.access(array, subscripts, equation.kind)
            else:
                operands = tuple(new[operand] for operand in equation.operands)
                replaced = replace_operation(equation.op, operands) if replace_operation is not None else None
                new[number] = self.apply(equation.op, *operands) if replaced is None else replaced
        return [new[root] for root in roots]

    def extract(self, roots: Sequence[int]) -> tuple[tuple[Equation, ...], tuple[int, ...]]:
        """The equations that `roots` need, in the order a depth-first reading from the roots meets their operands.

        That order depends on the expressions alone, not on how they were built, so equal expressions give equal bodies.
        """
        number_of: dict[int, int] = {}
        result: list[Equation] = []

        def renumber(atom: Atom) -> Size | None:
            return ref(number_of[atom[1]]) if atom[0] == "ref" else None

        for number in _postorder(self.equations, roots):
            equation = self.equations[number]
            if equation.op == "access":
                array, subscripts = equation.data
                equation = equation._replace(data=(array, tuple(part.substitute(renumber) for part in subscripts)))
            elif equation.op == "integer":
                equation = equation._replace(data=equation.data.substitute(renumber))
            elif equation.operands:
                operands = tuple([number_of[operand] for operand in equation.operands])
                equation = Equation(equation.op, equation.kind, operands, equation.data)
            number_of[number] = len(result)
            result.append(equation)
        return tuple(result), tuple(number_of[root] for root in roots)

    def digest(self, number: int) -> bytes:
        """A digest of an equation's expression."""
        return self._order[number][3]

    def _intern(self, equation: Equation, key: Any) -> int:
        known = self._numbers.get(key)
        if known is not None:
            return known
        number = len(self.equations)
        self.equations.append(equation)
        self._numbers[key] = number
        self._order.append(self._rank(equation))
        return number

    def _rank(self, equation: Equation) -> Rank:
        return _rank(equation, self._order, self._digest_of)

    def _fold(self, op: str, numbers: list[int]) -> int | None:
        """What an operation is without being computed; only what holds exactly in floating point."""
        values: list[Any] = [self.equations[n].data if self.equations[n].op == "constant" else None for n in numbers]
        known = all(value is not None for value in values)
        if op in ("add", "mul") and known:
            folded = values[0] + values[1] if op == "add" else values[0] * values[1]
            return self.constant(float(folded))
        if op == "mul":
            for value, other in ((values[0], numbers[1]), (values[1], numbers[0])):
                if value == 1.0:
                    return other
        if op == "add":  # x + 0 = x but for x = -0, whose sign a sum does not carry on
            for value, other in ((values[0], numbers[1]), (values[1], numbers[0])):
                if value == 0.0:
                    return other
        if op in ("where", "where_integer"):
            if values[0] is not None:
                return numbers[1] if values[0] else numbers[2]
            if numbers[1] == numbers[2]:
                return numbers[1]
        if op == "not":
            if known:
                return self.constant(not values[0])
            inner = self.equations[numbers[0]]
            if inner.op == "not":
                return inner.operands[0]
        if op in ("and", "or"):
            for value, other in ((values[0], numbers[1]), (values[1], numbers[0])):
                if value is not None:
                    return other if value is (op == "and") else self.constant(op == "or")
            if numbers[0] == numbers[1]:
                return numbers[0]
        if op in ("lt", "le", "eq", "ne"):
            return self._fold_comparison(op, numbers, values if known else None)
        return None

    def _fold_comparison(self, op: str, numbers: list[int], values: list[Any] | None) -> int | None:
        if values is None:
            both = [self.equations[number] for number in numbers]
            if not all(equation.op == "integer" for equation in both):
                return None
            difference = both[0].data - both[1].data
            if difference.constant is None:
                return self._fold_signs(op, difference)
            values = [difference.constant, 0]
        left, right = values
        return self.constant(
            bool({"lt": left < right, "le": left <= right, "eq": left == right, "ne": left != right}[op])
        )

    def _fold_signs(self, op: str, difference: Size) -> int | None:
        """What follows for ``difference < 0`` and its like from indices and dimensions not being negative."""
        above, below = _is_nonnegative(difference - 1), _is_nonnegative(-difference - 1)
        if op in ("eq", "ne"):
            return self.constant(op == "ne") if above or below else None
        if above or (op == "lt" and _is_nonnegative(difference)):
            return self.constant(False)
        if below or (op == "le" and _is_nonnegative(-difference)):
            return self.constant(True)
        return None


def _is_nonnegative(value: Size) -> bool:
    return all(
        coefficient >= 0 and all(atom[0] in ("dim", "index") for atom in monomial)
        for monomial, coefficient in value.terms
    )


def _rank(equation: Equation, order: Sequence[Rank], digest_of: Callable[[int], bytes]) -> Rank:
    """Where an operand stands among others: constants, then what is small, then by digest."""
    op = equation.op
    if equation.operands:
        weight, content = 1, op.encode()
        for operand in equation.operands:
            below = order[operand]
            content += below[3]
            weight += below[1] if below[0] == 2 else 1
        return (2, min(weight, 10**6), 0, blake2b(content, digest_size=8).digest())
    if op == "constant":
        return (0, 0, 0, blake2b(repr(equation.data).encode(), digest_size=8).digest())

    def name(atom: Atom) -> str:
        if atom[0] == "ref":
            return order[atom[1]][3].hex()
        return f"{atom[0]}:{atom[1]}"

    if op == "access":
        array, subscripts = equation.data
        content = b"access" + digest_of(array)
        for subscript in subscripts:
            content += subscript.spell(name).encode() + b","
        rank = len(subscripts)
        place = -rank if rank else -9  # scalars lead (`lam * q`), then matrices before vectors (`X[i, j] * w[j]`)
        number = array if digest_of(array)[:1] == b"p" else 99999
        return (1, place, number, blake2b(content, digest_size=8).digest())
    content = b"integer" + equation.data.spell(name).encode() if op == "integer" else op.encode()
    return (1 if op == "integer" else 2, -8 if op == "integer" else 1, 0, blake2b(content, digest_size=8).digest())


def digests_of(equations: Sequence[Equation], roots: Sequence[int], digest_of: Callable[[int], bytes]) -> list[bytes]:
    """The digests that the roots' expressions have in any builder over arrays with these digests."""
    order: list[Rank] = []
    for equation in equations:
        if len(equation.operands) > 1 and operation(equation.op, len(equation.operands)).commutative:
            equation = equation._replace(operands=tuple(sorted(equation.operands, key=order.__getitem__)))
        order.append(_rank(equation, order, digest_of))
    return [order[root][3] for root in roots]


def needed_by(equations: Sequence[Equation], roots: Sequence[int]) -> list[int]:
    """The numbers of the equations that the roots depend on, in order."""
    wanted = set(roots)
    pending = list(wanted)
    while pending:  # not through all that stands before a root: of a long body many roots each need a little
        for below in references(equations[pending.pop()]):
            if below not in wanted:
                wanted.add(below)
                pending.append(below)
    return sorted(wanted)


def _postorder(equations: Sequence[Equation], roots: Sequence[int]) -> list[int]:
    done: dict[int, None] = {}
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        number, expanded = stack.pop()
        if number in done:
            continue
        if expanded:
            done[number] = None
            continue
        stack.append((number, True))
        stack.extend((below, False) for below in reversed(references(equations[number])) if below not in done)
    return list(done)
