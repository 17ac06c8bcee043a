"""The dimensions of arguments whose signature is being found: which of them a program makes equal.

>>> n, m = symbol("x.shape[0]"), symbol("y.shape[0]")
>>> lengths = Lengths({"x.shape[0]": 5, "y.shape[0]": 4})
>>> lengths.settle(ShapeError("x[1:] + y", wants=[(n - 1, m)]))
>>> str(lengths.resolve_size(n))
'y.shape[0] + 1'
>>> lengths.explain({"x.shape[0]": 5, "y.shape[0]": 9})
'x[1:] + y; here x.shape[0] - 1 is 4, and y.shape[0] is 9'

Every axis starts as a symbol of its own. An operation that wants two sizes to be equal raises a `ShapeError` that says
so; while `LENGTHS` holds an instance, the two become one and the operation is tried again. The lengths at the first
call decide: what differs there is an error, unless one of the two is 1 and the operation broadcasts. Then it is 1.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import NamedTuple

from gradc.errors import ShapeError
from gradc.frontends.user_code import place_in_code
from gradc.ir.size import ONE, ZERO, Atom, Size, size, symbol

# What is being found, while a function without a signature is traced.
LENGTHS: ContextVar[Lengths | None] = ContextVar("gradc_lengths", default=None)

_MOST_REMAINDERS = 8  # symbols that become multiples for one equation
_LONGEST = 64  # an axis whose elements a program may go through one by one
_LETTERS = "nmkdpqrsuvabcefghijlotwxyz"


_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NOT = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class Wish(NamedTuple):
    """How two sizes compare in a program, and what in it depends on that."""

    left: Size
    sign: str
    right: Size
    text: str
    place: str


class Lengths:
    """The symbols of all axes, with their lengths at the first call, and what is known of them so far.

    Parameters
    ----------
    lengths
        The symbols, in the order of the signature.
    """

    def __init__(self, lengths: Mapping[str, int]) -> None:
        self.lengths = dict(lengths)
        self.wishes: list[Wish] = []
        self._found: dict[str, Size] = {}
        self._quotients: dict[str, tuple[Size, Size]] = {}
        self.stage = 0  # how often something was found

    # --- what is known ------------------------------------------------------------------------------------------------

    def resolve(self, shape: tuple[Size, ...]) -> tuple[Size, ...]:
        """A shape by the symbols that are left."""
        return tuple([part.substitute(self._value) for part in shape]) if self._found else shape

    def resolve_size(self, extent: Size) -> Size:
        """A size by the symbols that are left."""
        return extent.substitute(self._value) if self._found else extent

    def length(self, extent: Size) -> int:
        """What a size was at the first call."""
        return _evaluate(extent, self.lengths)

    def sizes(self, taken: Sequence[str]) -> dict[str, Size]:
        """For each symbol its size in the signature found, whose dimensions have short names that are not taken."""
        used: dict[Atom, Size] = {}
        spare = [letter for letter in (*_LETTERS, *(f"n{k}" for k in range(len(self.lengths)))) if letter not in taken]

        def short(atom: Atom) -> Size | None:
            if atom[0] != "dim":
                return None
            if atom not in used:
                used[atom] = symbol(spare[len(used)])
            return used[atom]

        return {name: self.resolve_size(symbol(name)).substitute(short) for name in self.lengths}

    def _value(self, atom: Atom) -> Size | None:
        return self._found.get(atom[1]) if atom[0] == "dim" else None

    # --- what a program asks ------------------------------------------------------------------------------------------

    def settle(self, error: ShapeError, place: str = "") -> None:
        """Make equal what an operation wants to be equal, or raise its error with the lengths and the user's line."""
        solved = False
        pairs = [(left, right) for left, right in error.wants if left != right]
        for left, right in pairs:
            left, right = self.resolve_size(left), self.resolve_size(right)
            before, after = self.length(left), self.length(right)
            if before != after and error.stretches and 1 in (before, after):
                left, right = (left if before == 1 else right), ONE
                before = after
            if left == right:
                continue
            if before != after or not self._make_equal(left, right, str(error), place):
                raise self._failed(error, (left, right), place)
            solved = True
        if error.divides is not None and not solved:
            top, bottom = map(self.resolve_size, error.divides)
            solved = self._divide(top, bottom, str(error), place)
        if not solved:
            raise self._failed(error, error.divides or (), place)

    def decide(self, left: Size, right: Size) -> bool:
        """Whether two sizes are equal, where a program asks: at the first call, and by that at every call."""
        left, right = self.resolve_size(left), self.resolve_size(right)
        difference = (left - right).constant
        if difference is not None:
            return difference == 0
        place = place_in_code()
        equal = self.length(left) == self.length(right)
        if not equal:
            self.wishes.append(Wish(left, "!=", right, f"the function asks whether {left} is {right}", place))
        elif not self._equate(left, right, f"the function asks whether {left} is {right}", place):
            raise ShapeError(
                f"the function asks whether {left} is {right}, which no signature can say: write the signature down"
                f"{place}"
            )
        return equal

    def order(self, left: Size, sign: str, right: Size) -> bool:
        """How two sizes compare, where a program asks: at the first call, and by that at every call."""
        left, right = self.resolve_size(left), self.resolve_size(right)
        holds = _HOLDS[sign](self.length(left), self.length(right))
        text = f"the function asks whether {left} {sign} {right}"
        if (left - right).constant is None:
            self.wishes.append(Wish(left, sign if holds else _NOT[sign], right, text, place_in_code()))
        return holds

    def number(self, extent: Size, what: str) -> int | None:
        """The length of an axis that a program needs as a number, which it is from then on; None for a long one."""
        extent = self.resolve_size(extent)
        length = self.length(extent)
        if extent.constant is not None:
            return length
        text = f"{what} needs {extent} as a number"
        return length if length <= _LONGEST and self._equate(extent, size(length), text, place_in_code()) else None

    def _make_equal(self, left: Size, right: Size, text: str, place: str) -> bool:
        """Make two sizes equal, if need be by what remains of symbols that they divide: n//2 is (n + 1)//2 for 2*k."""
        for _ in range(_MOST_REMAINDERS):
            left, right = self.resolve_size(left), self.resolve_size(right)
            if left == right or self._equate(left, right, text, place):
                return True
            cut = next((a for a in (left - right).atoms() if a[0] in ("//", "%") and a[2].constant), None)
            name = next((a[1] for a in cut[1].atoms() if a[0] == "dim"), None) if cut is not None else None
            if cut is None or name is None:
                return False
            rest = self.length(symbol(name)) % cut[2].constant
            if not self._divide(symbol(name) - rest, cut[2], text, place):
                return False
        return False

    def _divide(self, top: Size, bottom: Size, text: str, place: str) -> bool:
        """Make a size divisible by another: it becomes a multiple of a new symbol."""
        length, divisor = self.length(top), self.length(bottom)
        if not divisor or length % divisor:
            return False
        name = f"({top})//({bottom})"
        self.lengths[name] = length // divisor
        if self._equate(top, symbol(name) * bottom, text, place):
            self._quotients[name] = top, bottom
            return True
        del self.lengths[name]
        return False

    def _equate(self, left: Size, right: Size, text: str, place: str) -> bool:
        solution = self._solve(left - right)
        if solution is None:
            return False
        name, value = solution

        def insert(atom: Atom) -> Size | None:
            return value if atom == ("dim", name) else None

        self._found = {old: known.substitute(insert) for old, known in self._found.items()}
        self._found[name] = value
        self.stage += 1
        self.wishes.append(Wish(left, "==", right, text, place))
        return True

    def _solve(self, difference: Size) -> tuple[str, Size] | None:
        """A symbol, and what it is where the difference is 0."""
        shared = set.intersection(*(set(monomial) for monomial, _ in difference.terms))
        for atom in shared:  # n*d - d is 0 where n is 1
            if atom[0] != "dim" or not self.lengths[atom[1]]:
                return None
            terms = [(tuple(_without(monomial, atom)), factor) for monomial, factor in difference.terms]
            difference = sum((Size((term,)) for term in terms), ZERO)
        found: list[tuple[bool, int, str, Size]] = []
        order = list(self.lengths)
        for monomial, factor in difference.terms:
            rest = difference - Size(((monomial, factor),))
            if len(monomial) != 1 or monomial[0][0] != "dim" or monomial[0] in rest.atoms():
                continue
            if rest.constant is not None and rest.constant % factor == 0:
                value = size(-rest.constant // factor)
            elif abs(factor) == 1:
                value = rest * -factor
            else:
                continue
            negative = any(coefficient < 0 for _, coefficient in value.terms)
            found.append((negative, -order.index(monomial[0][1]), monomial[0][1], value))
        if not found:
            return None
        _, _, name, value = min(found, key=lambda candidate: candidate[:2])
        return name, value

    def _failed(self, error: ShapeError, sizes: Sequence[Size], place: str) -> ShapeError:
        here = _here(sizes, self.lengths)
        fits = len({self.length(part) for part in sizes}) == 1
        more = (
            "; they fit here, and no signature can say so for other sizes" if fits else f"; here {here}" if here else ""
        )
        return ShapeError(f"{error}{more}{place}")

    @property
    def is_open(self) -> bool:
        """Whether the program asked what a signature does not say: then each call's lengths must be looked at."""
        return any(wish.sign != "==" for wish in self.wishes)

    # --- later calls --------------------------------------------------------------------------------------------------

    def explain(self, lengths: Mapping[str, int]) -> str:
        """What in the program the lengths of another call do not fit, and how; an empty text where all fits."""
        known = dict(lengths)
        for wish in self.wishes:
            for name, (top, bottom) in self._quotients.items():
                if name not in known and _evaluate(bottom, known):
                    known[name] = _evaluate(top, known) // _evaluate(bottom, known)
            try:
                left, right = _evaluate(wish.left, known), _evaluate(wish.right, known)
            except KeyError:
                continue
            if not _HOLDS[wish.sign](left, right):
                return f"{wish.text}; here {_here((wish.left, wish.right), known)}{wish.place}"
        return ""


def are_equal(left: Size, right: Size) -> bool:
    """Whether two sizes are equal; while a signature is being found, its first call decides."""
    if left == right:
        return True
    known = LENGTHS.get()
    return known is not None and known.decide(left, right)


def _evaluate(extent: Size, lengths: Mapping[str, int]) -> int:
    return extent.evaluate({("dim", name): length for name, length in lengths.items()})


def _here(sizes: Sequence[Size], lengths: Mapping[str, int]) -> str:
    return ", and ".join(f"{part} is {_evaluate(part, lengths)}" for part in sizes if part.constant is None)


def _without(monomial: tuple[Atom, ...], atom: Atom) -> list[Atom]:
    left = list(monomial)
    left.remove(atom)
    return left
