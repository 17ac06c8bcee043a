"""Symbolic integers: dimensions such as ``n + 1`` and subscripts such as ``i // d``, in one normal form.

>>> n, d = symbol("n"), symbol("d")
>>> (n + 1) * 2 - n == n + 2
True
>>> str((n + 1) * d - 3)
'd*n + d - 3'
>>> str((n * d) // d), str(n // 2)
('n', 'n//2')
>>> (2 * n + 1).evaluate({("dim", "n"): 4})
9

A `Size` is a polynomial with integer coefficients over atoms. Equal polynomials are equal objects, so comparing two
shapes is comparing two tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

# An atom is a tagged tuple, so that atoms of different kinds never compare equal:
#   ("dim", name)                a dimension's symbol, or the step of a scan
#   ("index", number)            a loop index of the definition that holds the Size
#   ("ref", equation)            an integer-valued equation of the body that holds the Size
#   ("//", size, size)           floor division, where it is not exact
#   ("%", size, size)            its remainder
#   ("name", number, hint)       a variable of a loop program
#   ("call", name, size, ...)    what a function of loop programs gives for sizes
Atom: TypeAlias = tuple[Any, ...]
Monomial: TypeAlias = tuple[Atom, ...]


class Size(NamedTuple):
    """A polynomial over atoms: ``terms`` pairs each monomial with its coefficient, in canonical order."""

    terms: tuple[tuple[Monomial, int], ...]

    # Most sizes are one index, one dimension or one number: each operation looks for these first.

    def __add__(self, other: SizeLike) -> Size:  # type: ignore[override]
        if not self.terms:
            return size(other)
        if not size(other).terms:
            return self
        collected = dict(self.terms)
        for monomial, coefficient in size(other).terms:
            collected[monomial] = collected.get(monomial, 0) + coefficient
        return _collect(collected)

    def __radd__(self, other: SizeLike) -> Size:
        return self + other

    def __neg__(self) -> Size:
        return Size(tuple((monomial, -coefficient) for monomial, coefficient in self.terms))

    def __sub__(self, other: SizeLike) -> Size:
        return self + -size(other)

    def __rsub__(self, other: SizeLike) -> Size:
        return size(other) - self

    def __mul__(self, other: SizeLike) -> Size:  # type: ignore[override]
        if self.terms == ONE.terms:
            return size(other)
        if size(other).terms == ONE.terms:
            return self
        collected: dict[Monomial, int] = {}
        for left, p in self.terms:
            for right, q in size(other).terms:
                product = tuple(sorted(left + right, key=_atom_key))
                collected[product] = collected.get(product, 0) + p * q
        return _collect(collected)

    def __rmul__(self, other: SizeLike) -> Size:  # type: ignore[override]
        return self * other

    def __floordiv__(self, other: SizeLike) -> Size:
        return _divide(self, size(other))[0]

    def __mod__(self, other: SizeLike) -> Size:
        return _divide(self, size(other))[1]

    @property
    def constant(self) -> int | None:
        """The value, where no atom is left; otherwise None."""
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    @property
    def atom(self) -> Atom | None:
        """The atom, where the size is just one; otherwise None."""
        if len(self.terms) == 1 and self.terms[0][1] == 1 and len(self.terms[0][0]) == 1:
            return self.terms[0][0][0]
        return None

    def atoms(self) -> tuple[Atom, ...]:
        """All atoms in order of first appearance, those inside quotients and remainders included."""
        if len(self.terms) == 1:
            monomial = self.terms[0][0]
            if not monomial or (len(monomial) == 1 and not _parts(monomial[0])):
                return monomial
        found: dict[Atom, None] = {}
        pending = [self]
        while pending:
            for monomial, _ in pending.pop().terms:
                for atom in monomial:
                    found[atom] = None
                    pending += reversed(_parts(atom))
        return tuple(found)

    def mentions(self, kind: str) -> bool:
        """Whether an atom of this kind occurs anywhere."""
        return any(atom[0] == kind for atom in self.atoms())

    def substitute(self, replace: Callable[[Atom], Size | None]) -> Size:
        """Rewrite each atom for which `replace` gives a size, inside quotients and remainders too."""
        if len(self.terms) == 1:
            monomial, coefficient = self.terms[0]
            if not monomial:
                return self
            if len(monomial) == 1 and coefficient == 1 and not _parts(monomial[0]):
                replaced = replace(monomial[0])
                return self if replaced is None else replaced
        total = ZERO
        for monomial, coefficient in self.terms:
            product = size(coefficient)
            for atom in monomial:
                new = replace(atom)
                if new is None and _parts(atom):
                    parts = [part.substitute(replace) for part in _parts(atom)]
                    if atom[0] == "call":
                        new = _single(("call", atom[1], *parts))
                    else:
                        new = parts[0] // parts[1] if atom[0] == "//" else parts[0] % parts[1]
                product = product * (Size((((atom,), 1),)) if new is None else new)
            total = total + product
        return total

    def bound(self) -> Size:
        """A size that is not below this one where dimensions are not negative: without quotients and what is taken off.

        >>> n = symbol("n")
        >>> str(((n * n - n + 1) // 2).bound())
        'n*n + 1'
        """

        def above(atom: Atom) -> Size | None:
            return atom[1].bound() if atom[0] in ("//", "%") else None

        positive = Size(tuple(term for term in self.terms if term[1] > 0))
        return positive.substitute(above)

    def evaluate(self, values: Mapping[Atom, int]) -> int:
        """The value under given values of the atoms (also of NumPy arrays, elementwise)."""
        total = 0
        for monomial, coefficient in self.terms:
            product = coefficient
            for atom in monomial:
                if atom in values:
                    product = product * values[atom]
                elif atom[0] in ("//", "%") and isinstance(bottom := atom[2].evaluate(values), int) and bottom == 0:
                    product = product * 0  # where no index of the loop around is
                elif atom[0] == "//":
                    product = product * (atom[1].evaluate(values) // atom[2].evaluate(values))
                elif atom[0] == "%":
                    product = product * (atom[1].evaluate(values) % atom[2].evaluate(values))
                else:
                    raise KeyError(atom)
            total = total + product
        return total

    def spell(self, name: Callable[[Atom], str]) -> str:
        """The text of the polynomial, in Python's (and, for positive operands, C's) syntax."""
        if not self.terms:
            return "0"
        if len(self.terms) == 1 and self.terms[0][1] == 1 and len(self.terms[0][0]) == 1:
            atom = self.terms[0][0][0]
            if atom[0] not in ("//", "%"):
                return name(atom)
        text = ""
        # A positive term first: `n - 1`, not `-1 + n`.
        ordered = sorted(self.terms, key=lambda term: term[1] < 0)
        for monomial, coefficient in ordered:
            factors = [_spell_atom(atom, name) for atom in monomial]
            if coefficient != 1 or len(factors) > 1:  # 2*(n//2) is not 2*n//2, nor is -(n//2) -n//2
                factors = [f"({f})" if atom[0] == "//" else f for f, atom in zip(factors, monomial, strict=True)]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            product = "*".join(factors)
            if not text:
                text = product if coefficient > 0 else f"-{product}"
            else:
                text += f" + {product}" if coefficient > 0 else f" - {product}"
        return text

    def __str__(self) -> str:
        return self.spell(lambda atom: str(atom[1]) if atom[0] == "dim" else f"{atom[0]}{atom[1]}")


SizeLike: TypeAlias = Size | int


def size(value: SizeLike) -> Size:
    """A size from a Python integer (or from a size, unchanged)."""
    if isinstance(value, Size):
        return value
    return Size((((), value),)) if value else ZERO


def symbol(name: str) -> Size:
    """The dimension called `name`."""
    return _single(("dim", name))


def index(number: int) -> Size:
    """Loop index `number` of the definition at hand: the free ones first, then the reduced."""
    return _single(("index", number))


def ref(equation: int) -> Size:
    """The value of an integer equation of the body at hand."""
    return _single(("ref", equation))


def product(sizes: tuple[Size, ...]) -> Size:
    """The number of elements of a shape."""
    total = ONE
    for factor in sizes:
        total = total * factor
    return total


@lru_cache(maxsize=4096)
def _single(atom: Atom) -> Size:
    return Size((((atom,), 1),))


def _parts(atom: Atom) -> tuple[Size, ...]:
    """The sizes inside of an atom."""
    if atom[0] in ("//", "%"):
        return atom[1:]
    return atom[2:] if atom[0] == "call" else ()


def _atom_key(atom: Atom) -> tuple[str, str]:
    return (atom[0], f"{atom[1]:09d}" if isinstance(atom[1], int) else str(atom[1:]))


def _monomial_key(term: tuple[Monomial, int]) -> tuple[int, tuple[tuple[str, str], ...]]:
    return (-len(term[0]), tuple(_atom_key(atom) for atom in term[0]))


def _collect(collected: dict[Monomial, int]) -> Size:
    terms = [term for term in collected.items() if term[1]]
    return Size(tuple(sorted(terms, key=_monomial_key) if len(terms) > 1 else terms))


def _spell_atom(atom: Atom, name: Callable[[Atom], str]) -> str:
    if atom[0] not in ("//", "%"):
        return name(atom)
    top, bottom = atom[1].spell(name), atom[2].spell(name)
    top = top if atom[1].atom is not None and atom[1].atom[0] not in ("//", "%") else f"({top})"
    bottom = bottom if atom[2].constant is not None or (atom[2].atom or ("//",))[0] == "dim" else f"({bottom})"
    return f"{top}{atom[0]}{bottom}" if atom[0] == "//" else f"({top} % {bottom})"


def _divide(top: Size, bottom: Size) -> tuple[Size, Size]:
    """Floor quotient and remainder; the part of `top` that `bottom` divides as a monomial leaves the quotient."""
    if bottom == ONE:
        return top, ZERO
    if top.constant is not None and bottom.constant:
        return size(top.constant // bottom.constant), size(top.constant % bottom.constant)
    whole, rest = ZERO, top
    if len(bottom.terms) == 1:
        ((divisor, factor),) = bottom.terms
        for monomial, coefficient in top.terms:
            left = list(monomial)
            for atom in divisor:
                if atom not in left:
                    break
                left.remove(atom)
            else:
                if coefficient % factor == 0:
                    whole = whole + Size(((tuple(left), coefficient // factor),))
                    rest = rest - Size(((monomial, coefficient),))
    elif top == bottom:
        return ONE, ZERO
    if rest.constant is not None and bottom.constant:  # (2*n + 1) // 2 is n + 1 // 2
        return whole + rest.constant // bottom.constant, size(rest.constant % bottom.constant)
    if not rest.terms:
        return whole, ZERO
    return whole + _single(("//", rest, bottom)), _single(("%", rest, bottom))


ZERO = Size(())
ONE = Size((((), 1),))
