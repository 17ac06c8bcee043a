"""What follows for an index from the loops around it: whether it is never negative, proved over the normal form.

>>> from gradc.ir.size import symbol
>>> from gradc.loops.program import Namer
>>> i, n = Namer().new("i"), symbol("n")
>>> facts = Facts().within(i, size(0), n)
>>> facts.is_natural(n - 1 - i.size), facts.is_natural(n - 2 - i.size)
(True, False)

Dimensions are at least 0. A variable is replaced by a bound of it, the last defined first, until only dimensions are
left; what cannot be shown that way does not follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gradc.ir.size import ONE, ZERO, Atom, Monomial, Size, size
from gradc.loops.program import Name
from gradc.schedule.tiling import PARTS, ROWS

_DEEPEST = 40  # replacements in one proof


class Bounds(NamedTuple):
    """What a variable is not less than, and not more than; each of several holds."""

    lower: tuple[Size, ...]
    upper: tuple[Size, ...]


class Facts:
    """What is known at a place of a program.

    Parameters
    ----------
    bounds
        Of variables, by number.
    natural
        Sizes that are not negative.
    """

    def __init__(self, bounds: Mapping[int, Bounds] | None = None, natural: Iterable[Size] = ()) -> None:
        self.bounds: Mapping[int, Bounds] = bounds or {}
        self.natural = tuple(dict.fromkeys(natural))
        # Those of dimensions alone follow from dimensions being natural, or are terms to compare with.
        self._plain = [fact for fact in self.natural if _last_atom(fact) is None and _is_informative(fact)]
        self._named = [fact for fact in self.natural if _last_atom(fact) is not None]
        self._known: dict[Size, bool] = {}
        self._positive: dict[Size, bool] = {}
        self._nowhere = any(fact.constant is not None and fact.constant < 0 for fact in self.natural)

    def within(self, name: Name, first: Size, last: Size) -> Facts:
        """Inside of a loop from `first` to before `last`."""
        bounds = {**self.bounds, name.number: Bounds((first,), (last - 1,))}
        return Facts(bounds, (*self.natural, last - first - 1))

    def equal(self, name: Name, value: Size) -> Facts:
        """Behind a definition."""
        return Facts({**self.bounds, name.number: Bounds((value,), (value,))}, self.natural)

    def knowing(self, sizes: Iterable[Size]) -> Facts:
        """Where some sizes are not negative."""
        return Facts(self.bounds, (*self.natural, *sizes))

    def is_natural(self, value: Size) -> bool:
        """Whether a size is never negative; where nothing is ever computed, none is."""
        if self._nowhere:
            return True
        if value not in self._known:
            self._known[value] = False  # while it is asked for, so that no proof leans on itself
            self._known[value] = self._proves(value, _DEEPEST)
        return self._known[value]

    def is_inside(self, place: Size, extent: Size) -> bool:
        """Whether an index is always within an axis."""
        return self.is_natural(place) and self.is_natural(extent - 1 - place)

    def is_positive(self, value: Size) -> bool:
        """Whether a size is always at least 1.

        That may be known as ``times * (value - 1)`` not being negative, where `times` iterations are not none.
        """
        if value.constant is not None or self.is_natural(value - 1):
            return value.constant is None or value.constant > 0
        if value not in self._positive:
            self._positive[value] = False  # as above
            self._positive[value] = self._is_above_nothing(value)
        return self._positive[value]

    def _is_above_nothing(self, value: Size) -> bool:
        parts = [Size((term,)) for term in value.terms]
        if len(parts) > 1 and all(map(self.is_natural, parts)) and any(map(self.is_positive, parts)):
            return True
        shared = [atom for atom in dict.fromkeys(value.terms[0][0]) if all(atom in m for m, _ in value.terms)]
        if len(parts) > 1 and shared:  # n*d - n is n times d - 1
            factor = Size((((shared[0],), 1),))
            return self.is_positive(factor) and self.is_positive(value // factor)
        monomial, coefficient = value.terms[0]
        if len(parts) == 1 and len(monomial) > 1 and coefficient > 0:
            factors = [Size((((atom,), 1),)) for atom in dict.fromkeys(monomial)]
            if all(map(self.is_positive, factors)):
                return True
        for fact in self.natural:
            if any(above % value == ZERO and self.is_natural(value) for above in self._at_least_one(fact + 1)):
                return True  # a factor of what is at least 1
            times = _exact_quotient(fact, value - 1)
            if times is not None and (self.is_natural(times - 1) or self.is_positive(times)):
                return True
            if fact.mentions("//") and self.is_natural(value - 1 - fact):
                return True  # no less than what is rounded down to a multiple, and that is not 0
        return False

    def _at_least_one(self, above: Size) -> Iterator[Size]:
        """What is at least 1 where `above` is: itself, without what it is less than, and what it is a quotient of."""
        yield above
        less = [(monomial, c) for monomial, c in above.terms if c < 0 and self.is_natural(Size(((monomial, 1),)))]
        if less:
            above = above - Size(tuple(less))
            yield above
        if len(above.terms) == 1:
            for atom in above.terms[0][0]:
                if atom[0] == "//" and self.is_natural(Size((((atom,), 1),))) and self.is_positive(atom[2]):
                    yield atom[1]

    def _proves(self, value: Size, depth: int) -> bool:
        if depth < 0:
            return False
        atom = _last_atom(value)
        if atom is not None and any(_is_at_least(value, fact) for fact in self._named):
            return True
        if atom is None:
            return self._follows(value, 4)
        if all(c >= 0 and all(part[0] in ("dim", "//", "%") for part in monomial) for monomial, c in value.terms):
            return True
        factor, rest = _split(value, atom)
        if factor is None:
            return False
        if self._proves(factor, depth - 10):
            groups = self._least(atom, factor)
        elif self._proves(-factor, depth - 10):
            groups = self._least_of_negative(atom, factor)
        else:
            return False
        return any(all(self._proves(term + rest, depth - 1) for term in group) for group in groups)

    def _least(self, atom: Atom, factor: Size) -> tuple[tuple[Size, ...], ...]:
        """What ``factor * atom`` is not less than, the factor being natural.

        In groups: it is not less than the least of a group, whichever group that is.
        """
        if atom[0] == "name":
            lower = self.bounds[atom[1]].lower if atom[1] in self.bounds else ()
            return tuple((factor * bound,) for bound in lower)
        if atom[0] == "//":
            found = [(ZERO,)]
            share = _shared(factor, atom[2])
            if share is not None:
                found.append((share * (atom[1] - atom[2] + 1),))
            splits = [_split(fact, atom) for fact in self._named if atom in fact.atoms()]
            return (*found, *((factor * -rest,) for one, rest in splits if one == ONE))
        if atom[0] == "%":
            return ((ZERO,),)
        parts = atom[2:]
        known: dict[str, tuple[tuple[Size, ...], ...]] = {
            "min": (parts,),
            "either": (parts,),
            "max": tuple((part,) for part in parts),
            "within": (parts[1:2],),  # which is not more than its end
            "clamp": ((ZERO,), (parts[0], parts[-1] - 1)),
            "rows": ((size(ROWS // 8),),),
            "parts": ((ONE,),),
        }
        groups = known.get(atom[1], ((ZERO,),))
        return tuple(tuple(factor * part for part in group) for group in groups)

    def _least_of_negative(self, atom: Atom, factor: Size) -> tuple[tuple[Size, ...], ...]:
        """As `_least`, of a factor that is not positive."""
        if atom[0] == "name":
            upper = self.bounds[atom[1]].upper if atom[1] in self.bounds else ()
            return tuple((factor * bound,) for bound in upper)
        if atom[0] == "//":
            share = _shared(factor, atom[2])
            if share is not None:
                return ((share * atom[1],),)
            return tuple((factor * bound,) for bound in self._uppers(atom))
        if atom[0] == "%":
            return ((factor * (atom[2] - 1),),) if self.is_positive(atom[2]) else ()
        parts = atom[2:]
        if atom[1] in ("clamp", "remainder") and not self.is_positive(parts[-1]):
            return ()  # of nothing, there is no last
        known: dict[str, tuple[tuple[Size, ...], ...]] = {
            "min": tuple((part,) for part in parts),
            "either": (parts,),
            "max": (parts,),
            "within": (parts[-1:],),
            "clamp": ((parts[-1] - 1,), (parts[0], ZERO)),
            "cut": (parts[:1],),
            "rows": ((size(ROWS),),),
            "parts": ((size(PARTS),),),
            "remainder": ((parts[-1] - 1,),),
        }
        return tuple(tuple(factor * part for part in group) for group in known.get(atom[1], ()))

    def _most(self, value: Size) -> tuple[Size, ...]:
        """What a size is not more than, where every variable in it makes it larger; each of several holds."""
        found = [value]
        for _ in range(12):
            for position, part in enumerate(found):
                atom = _last_atom(part)
                if atom is None:
                    continue
                factor, rest = _split(part, atom)
                if factor is None:
                    return ()
                uppers = [factor * bound for bound in self._uppers(atom)]
                if atom[0] == "//" and (share := _shared(factor, atom[2])) is not None:
                    uppers = [share * atom[1]]
                if not uppers:
                    continue
                if not self._proves(factor, 5):
                    return ()
                found[position : position + 1] = [bound + rest for bound in uppers]
                break
        return tuple(found)

    def _uppers(self, atom: Atom) -> tuple[Size, ...]:
        if atom[0] == "name" and atom[1] in self.bounds:
            return self.bounds[atom[1]].upper
        if atom[0] == "//":
            # What is at most q d - 1 has a quotient by d of at most q - 1.
            above = [bound + 1 for bound in self._most(atom[1])]
            above += [bound - min(_constant(bound), 0) for bound in above]  # which is no less, and may be divided
            most = [bound // atom[2] for bound in above]
            exact = [bound - 1 for bound, whole in zip(most, above, strict=True) if bound * atom[2] == whole]
            return (*exact, *(bound // atom[2] for bound in self._most(atom[1])))
        if atom[0] == "%":
            return (atom[2] - 1,) if self.is_positive(atom[2]) else ()
        return {"min": atom[2:], "cut": atom[2:3]}.get(str(atom[1]), ()) if atom[0] == "call" else ()

    def _follows(self, value: Size, depth: int) -> bool:
        """Whether a size of dimensions alone is not negative: its terms are not, or are more than what is known."""
        if all(coefficient >= 0 for _, coefficient in value.terms):
            return True
        if depth == 0:
            return False
        for fact in self._plain:
            for leading, amount in fact.terms:
                for monomial, coefficient in value.terms:
                    factor = _quotient(monomial, leading)
                    if 0 < amount <= coefficient and factor is not None:
                        more = Size(((factor, coefficient // amount),))
                        if self._follows(value - more * fact, depth - 1):
                            return True
        return False


def _constant(value: Size) -> int:
    """The number in a sum."""
    return sum(coefficient for monomial, coefficient in value.terms if not monomial)


def _is_informative(fact: Size) -> bool:
    return any(coefficient < 0 for _, coefficient in fact.terms)


def _is_at_least(value: Size, fact: Size) -> bool:
    constant = (value - fact).constant
    return constant is not None and constant >= 0


def _rank(atom: Atom) -> tuple[int, int]:
    """How late an atom is defined: behind the names in it, and then behind the quotients and calls in it."""
    if atom[0] == "name":
        return atom[1], 0
    parts = atom[1:] if atom[0] in ("//", "%") else atom[2:] if atom[0] == "call" else ()
    inner = [_rank(a) for part in parts for monomial, _ in part.terms for a in monomial]
    return max((name for name, _ in inner), default=0), 1 + max((depth for _, depth in inner), default=0)


def _last_atom(value: Size) -> Atom | None:
    """The atom that is no dimension, and is defined last."""
    found = {atom for monomial, _ in value.terms for atom in monomial if atom[0] != "dim"}
    return max(found, key=lambda atom: (_rank(atom), str(atom)), default=None)


def _split(value: Size, atom: Atom) -> tuple[Size | None, Size]:
    """A size as ``factor * atom + rest``; no factor where the atom is there more than once in a term."""
    factor, rest = ZERO, ZERO
    for monomial, coefficient in value.terms:
        count = monomial.count(atom)
        if count > 1:
            return None, rest
        term = Size(((tuple(a for a in monomial if a != atom), coefficient),))
        factor, rest = (factor + term, rest) if count else (factor, rest + term)
    return factor, rest


def _shared(factor: Size, divisor: Size) -> Size | None:
    """``factor / divisor`` where the divisor is a number that divides it."""
    number = divisor.constant
    if not number or any(coefficient % number for _, coefficient in factor.terms):
        return None
    return Size(tuple((monomial, coefficient // number) for monomial, coefficient in factor.terms))


def _exact_quotient(value: Size, divisor: Size) -> Size | None:
    """What a polynomial is times another, where it is that."""
    leading, amount = max(divisor.terms, key=lambda term: len(term[0]))
    result = ZERO
    for _ in range(8):
        if not value.terms:
            return result
        monomial, coefficient = max(value.terms, key=lambda term: len(term[0]))
        rest = _quotient(monomial, leading)
        if rest is None or coefficient % amount:
            return None
        part = Size(((rest, coefficient // amount),))
        result, value = result + part, value - part * divisor
    return None


def _quotient(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    left = list(monomial)
    for atom in divisor:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)
