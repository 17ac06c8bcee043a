"""Readings of a scalar expression that do not depend on how it was spelled: as a sum, a product, a polynomial, or a
sum of exponentials.

    y - (x - 3) / 2        terms     {y: 1, x: -1/2}, 3/2
    -x / (2 * y**2)        factors   -1/2, {x: 1, y: -2}
    x*x - 2*x*y + y**2     monomials {(x, x): 1, (x, y): -2, (y, y): 1}
    2*exp(x - y) + 3       exponentials {x - y: 2, 0: 3}

Constants are read as the decimals they show, and calculated with exactly. A view goes through an array that is defined
elementwise to what defines it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from gradc.ir.definitions import Comprehension, Definition, result_count
from gradc.ir.equations import REAL, BodyBuilder, Equation
from gradc.ir.program import ProgramBuilder
from gradc.ir.size import Size
from gradc.passes.simplify import simplified

_MANY = 24  # terms beyond which an expression is not read
_DEEP = 40  # equations in an elementwise definition that is read through

Monomials: TypeAlias = dict[tuple[int, ...], Fraction]


class Linear(NamedTuple):
    """``constant + sum of coefficient * node``; no coefficient is 0."""

    terms: dict[int, Fraction]
    constant: Fraction

    def plus(self, other: Linear, scale: Fraction = Fraction(1)) -> Linear:
        """``self + scale * other``."""
        found = dict(self.terms)
        for node, coefficient in other.terms.items():
            found[node] = found.get(node, Fraction(0)) + scale * coefficient
        return Linear({n: c for n, c in found.items() if c}, self.constant + scale * other.constant)

    def scaled(self, scale: Fraction) -> Linear:
        """``scale * self``."""
        return Linear({n: c * scale for n, c in self.terms.items()} if scale else {}, self.constant * scale)

    @property
    def key(self) -> tuple[tuple[tuple[int, Fraction], ...], Fraction]:
        """What two readings of one expression have in common."""
        return tuple(sorted(self.terms.items())), self.constant


class Factors(NamedTuple):
    """``coefficient * product of node**exponent``."""

    coefficient: Fraction
    powers: dict[int, int]


class Exponential(NamedTuple):
    """``coefficient * exp(exponent)``."""

    coefficient: Fraction
    exponent: Linear

    def times(self, other: Exponential) -> Exponential:
        """The product of two."""
        return Exponential(self.coefficient * other.coefficient, self.exponent.plus(other.exponent))


class Scalars:
    """Reads the equations of a body, and builds new ones."""

    def __init__(self, b: ProgramBuilder, body: BodyBuilder, definition_of: Mapping[int, Definition]) -> None:
        self.b, self.body = b, body
        self.definition_of = definition_of
        self.again = False  # whether the program is a derivative
        self.extents: tuple[Size, ...] = ()  # of the loops that the body is in
        self.means: dict[int, list[Exponential]] = {}  # what a rule has built, as a sum of exponentials
        self.written: dict[int, int] = {}  # what a sum or product that was rewritten was
        self.shares: dict[int, tuple[Linear, list[Exponential]]] = {}  # softmax of several: its exponent, the others
        self.rewritten: Callable[[int], int] = lambda number: number  # applies the rules to what a rule has built
        self.root = -1  # the sum or product that rules are tried on
        self.fits: dict[int, int] = {}  # a choice between a polynomial and a formula: the formula
        self._resolved: dict[int, int] = {}

    # --- equations ----------------------------------------------------------------------------------------------------

    def at(self, number: int) -> Equation:
        """The equation of a number."""
        return self.body.equations[number]

    def op(self, number: int) -> str:
        """Its operation."""
        return self.body.equations[number].op

    def operand(self, number: int, place: int = 0) -> int:
        """One of its operands."""
        return self.body.equations[number].operands[place]

    def value(self, number: int) -> Fraction | None:
        """The value of a finite real constant, as the decimal that it shows."""
        equation = self.body.equations[number]
        if equation.op != "constant" or isinstance(equation.data, bool) or not math.isfinite(equation.data):
            return None
        return Fraction(repr(equation.data))

    def defined(self, number: int) -> Comprehension | None:
        """The comprehension that an access reads."""
        equation = self.body.equations[number]
        if equation.op != "access":
            return None
        found = self.definition_of.get(equation.data[0]) or self._added(equation.data[0])
        return found if isinstance(found, Comprehension) else None

    def _added(self, array: int) -> Definition | None:
        """A definition that a rule has added for the body at hand."""
        first = len(self.b.arrays)
        for definition in reversed(self.b.definitions):
            first -= result_count(definition)
            if first <= array:
                return definition if array >= len(self.b.parameters) else None
        return None

    def through(self, number: int) -> int:
        """What defines the element that an access reads, where that is elementwise and short; else the access."""
        if number in self._resolved:
            return self._resolved[number]
        definition = self.defined(number)
        result = number
        if (
            definition is not None
            and definition.reduction is None
            and len(definition.body) <= _DEEP
            and definition.body[-1].kind == REAL
        ):
            subscripts: Sequence[Size] = self.at(number).data[1]
            if not any(part.mentions("ref") for part in subscripts):
                root = len(definition.body) - 1
                (result,) = self.body.insert(definition.body, [root], replace_index=subscripts.__getitem__)
        self._resolved[number] = result
        return result

    # --- building -----------------------------------------------------------------------------------------------------

    def make(self, op: str, *operands: int) -> int:
        """An operation, simplified."""
        found = simplified(self.body, op, operands)
        return self.body.apply(op, *operands) if found is None else found

    def number(self, value: Fraction | float) -> int:
        """A constant."""
        return self.body.constant(float(value))

    def scale(self, coefficient: Fraction | float, node: int) -> int:
        """``coefficient * node``."""
        if coefficient == 1:
            return node
        if coefficient == -1:
            return self.make("neg", node)
        if isinstance(coefficient, Fraction) and abs(coefficient.numerator) == 1 and _is_exact(coefficient):
            quotient = self.make("div", node, self.number(coefficient.denominator))
            return quotient if coefficient > 0 else self.make("neg", quotient)
        return self.make("mul", self.number(coefficient), node)

    def add(self, parts: Sequence[tuple[Fraction | float, int]], constant: Fraction | float = 0) -> int:
        """``constant + sum of coefficient * node``, positive ones first."""
        ordered = [p for p in parts if p[0] > 0] + [p for p in parts if p[0] < 0]
        result: int | None = self.number(constant) if constant > 0 and ordered and ordered[0][0] < 0 else None
        used = result is not None
        for coefficient, node in ordered:
            if result is None:
                result = self.scale(coefficient, node)
            elif coefficient > 0:
                result = self.make("add", result, self.scale(coefficient, node))
            else:
                result = self.make("sub", result, self.scale(-coefficient, node))
        if result is None:
            return self.number(constant)
        if constant and not used:
            if constant > 0:
                return self.make("add", result, self.number(constant))
            return self.make("sub", result, self.number(-constant))
        return result

    def linear(self, form: Linear) -> int:
        """The expression of a linear form."""
        return self.add([(c, n) for n, c in form.terms.items()], form.constant)

    def product(self, coefficient: Fraction | float, powers: Mapping[int, int]) -> int:
        """``coefficient * product of node**exponent``."""
        tops = [self._power(node, e) for node, e in powers.items() if e > 0]
        bottoms = [self._power(node, -e) for node, e in powers.items() if e < 0]
        top = tops[0] if tops else None
        for other in tops[1:]:
            top = self.make("mul", top, other)  # type: ignore[arg-type]
        if top is None:
            top = self.number(coefficient)
        elif coefficient != 1:
            top = self.scale(coefficient, top)
        if not bottoms:
            return top
        bottom = bottoms[0]
        for other in bottoms[1:]:
            bottom = self.make("mul", bottom, other)
        return self.make("div", top, bottom)

    def product_of_scaled(self, step: Fraction, powers: Mapping[int, int]) -> int:
        """``(step * node**exponent) * …``: the step meets the first factor, before anything that may overflow."""
        first = next((node for node, e in powers.items() if e > 0), None)
        if first is None or step == 1:
            return self.product(step, powers)
        scaled = self.scale(step, self._power(first, powers[first]))
        return self.product(1, {scaled: 1, **{node: e for node, e in powers.items() if node != first}})

    def _power(self, node: int, exponent: int) -> int:
        return node if exponent == 1 else self.make("pow", node, self.number(exponent))

    # --- reading ------------------------------------------------------------------------------------------------------

    def terms(self, number: int) -> Linear:
        """An expression as a linear form in what is neither a sum nor a multiple."""
        found: dict[int, Fraction] = {}
        constant = Fraction(0)
        pending = [(number, Fraction(1))]
        steps = 0
        while pending:
            node, scale = pending.pop()
            equation = self.body.equations[node]
            steps += 1
            if steps > 4 * _MANY:
                return Linear({number: Fraction(1)}, Fraction(0))
            if equation.op in ("add", "sub"):
                left, right = equation.operands
                pending += [(right, scale if equation.op == "add" else -scale), (left, scale)]
                continue
            if equation.op == "neg":
                pending.append((equation.operands[0], -scale))
                continue
            value = self.value(node)
            if value is not None:
                constant += scale * value
                continue
            if equation.op in ("mul", "div"):
                left, right = equation.operands
                other = self.value(right)
                if other is not None and (equation.op == "mul" or other):
                    pending.append((left, scale * other if equation.op == "mul" else scale / other))
                    continue
                other = self.value(left) if equation.op == "mul" else None
                if other is not None:
                    pending.append((right, scale * other))
                    continue
            found[node] = found.get(node, Fraction(0)) + scale
        return Linear({n: c for n, c in found.items() if c}, constant)

    def factors(self, number: int) -> Factors:
        """An expression as a product of whole powers."""
        powers: dict[int, int] = {}
        coefficient = Fraction(1)
        pending = [(number, 1)]
        steps = 0
        while pending:
            node, exponent = pending.pop()
            equation = self.body.equations[node]
            steps += 1
            if steps > 4 * _MANY:
                return Factors(Fraction(1), {number: 1})
            value = self.value(node)
            if value == 0:  # no coefficient: to divide by it is no identity, and 0 * inf is NaN
                if node in powers:  # nor is 0 / 0 a 1
                    return Factors(Fraction(1), {number: 1})
                powers[node] = exponent
            elif value is not None and abs(exponent) < 9:
                coefficient *= value**exponent
            elif equation.op == "mul":
                pending += [(operand, exponent) for operand in reversed(equation.operands)]
            elif equation.op == "div":
                pending += [(equation.operands[1], -exponent), (equation.operands[0], exponent)]
            elif equation.op == "neg":
                coefficient *= -1 if exponent % 2 else 1
                pending.append((equation.operands[0], exponent))
            elif (
                equation.op == "pow"
                and (power := self.value(equation.operands[1])) is not None
                and (power.denominator == 1 and 0 < abs(power) < 9)
            ):
                pending.append((equation.operands[0], exponent * int(power)))
            else:
                powers[node] = powers.get(node, 0) + exponent
        return Factors(coefficient, {n: e for n, e in powers.items() if e})

    def monomials(self, number: int, degree: int = 2) -> Monomials | None:
        """An expression as a polynomial; the constant 1 is the empty monomial. None above `degree`."""
        return self._monomials(number, degree, 12)

    def _monomials(self, number: int, degree: int, depth: int) -> Monomials | None:
        equation = self.body.equations[number]
        value = self.value(number)
        if value is not None:
            return {(): value} if value else {}
        if depth and equation.op in ("add", "sub"):
            left = self._monomials(equation.operands[0], degree, depth - 1)
            right = self._monomials(equation.operands[1], degree, depth - 1)
            return None if left is None or right is None else _sum(left, right, 1 if equation.op == "add" else -1)
        if depth and equation.op == "stands_for":
            return self._monomials(equation.operands[1], degree, depth - 1)
        if depth and equation.op == "neg":
            inner = self._monomials(equation.operands[0], degree, depth - 1)
            return None if inner is None else _sum({}, inner, -1)
        if depth and equation.op == "mul":
            left = self._monomials(equation.operands[0], degree, depth - 1)
            right = self._monomials(equation.operands[1], degree, depth - 1)
            return None if left is None or right is None else _times(left, right, degree)
        if depth and equation.op == "div":
            below = self.value(equation.operands[1])
            if below:
                top = self._monomials(equation.operands[0], degree, depth - 1)
                return None if top is None else {m: c / below for m, c in top.items()}
        if depth and equation.op == "pow" and self.value(equation.operands[1]) == 2:
            base = self._monomials(equation.operands[0], degree, depth - 1)
            return None if base is None else _times(base, base, degree)
        return {(number,): Fraction(1)}

    def polynomial(self, monomials: Monomials) -> int:
        """The expression of a polynomial."""
        parts, constant = [], Fraction(0)
        for monomial, coefficient in monomials.items():
            if not monomial:
                constant = coefficient
                continue
            powers: dict[int, int] = {}
            for node in monomial:
                powers[node] = powers.get(node, 0) + 1
            parts.append((coefficient, self.product(1, powers)))
        return self.add(parts, constant)

    def exponentials(self, number: int, depth: int = 8) -> list[Exponential] | None:
        """An expression as a sum of exponentials; None where it holds none."""
        found = self._exponentials(number, depth)
        if found is None or not any(e.exponent.terms for e in found):
            return None
        return found

    def _exponentials(self, number: int, depth: int) -> list[Exponential] | None:
        value = self.value(number)
        if value is not None:
            return [Exponential(value, Linear({}, Fraction(0)))] if value else []
        if not depth:
            return None
        if number in self.means:
            return self.means[number]
        node = self.through(number)
        equation = self.body.equations[node]
        op = equation.op
        if op in ("exp", "expm1", "sinh", "cosh"):
            form = self.terms(equation.operands[0])
            one = Linear({}, Fraction(0))
            if op in ("exp", "expm1"):
                plain = [Exponential(Fraction(1), form)]
                return plain if op == "exp" else [*plain, Exponential(Fraction(-1), one)]
            half = Fraction(1, 2)
            other = -half if op == "sinh" else half
            return [Exponential(half, form), Exponential(other, form.scaled(Fraction(-1)))]
        if op in ("add", "sub", "mul"):
            left = self._exponentials(equation.operands[0], depth - 1)
            right = self._exponentials(equation.operands[1], depth - 1) if left is not None else None
            if left is None or right is None:
                return None
            if op == "mul":
                return _gather(
                    [
                        Exponential(p.coefficient * q.coefficient, p.exponent.plus(q.exponent))
                        for p in left
                        for q in right
                    ]
                )
            sign = 1 if op == "add" else -1
            return _gather([*left, *(e._replace(coefficient=sign * e.coefficient) for e in right)])
        if op == "neg":
            inner = self._exponentials(equation.operands[0], depth - 1)
            return None if inner is None else [e._replace(coefficient=-e.coefficient) for e in inner]
        if op == "div":
            below = self._exponentials(equation.operands[1], depth - 1)
            if below is None or len(below) != 1:
                return None
            top = self._exponentials(equation.operands[0], depth - 1)
            (under,) = below
            return top and [
                Exponential(e.coefficient / under.coefficient, e.exponent.plus(under.exponent, Fraction(-1)))
                for e in top
            ]
        if op == "pow" and (power := self.value(equation.operands[1])) is not None:
            base = self._exponentials(equation.operands[0], depth - 1)
            if base is not None and len(base) == 1 and base[0].coefficient == 1:
                return [Exponential(Fraction(1), base[0].exponent.scaled(power))]
            if base is not None and power == 2 and len(base) <= 3:
                return _gather(
                    [
                        Exponential(p.coefficient * q.coefficient, p.exponent.plus(q.exponent))
                        for p in base
                        for q in base
                    ]
                )
        return None


def _is_exact(coefficient: Fraction) -> bool:
    """Whether a fraction 1/n is exact as a division alone."""
    below = coefficient.denominator
    return below < 2**20 and below & (below - 1) != 0


def _gather(parts: Sequence[Exponential]) -> list[Exponential] | None:
    """The parts with those of one exponent added up."""
    found: dict[object, Exponential] = {}
    for part in parts:
        known = found.get(part.exponent.key)
        coefficient = part.coefficient + (known.coefficient if known else 0)
        found[part.exponent.key] = Exponential(coefficient, part.exponent)
    kept = [part for part in found.values() if part.coefficient]
    return kept if len(kept) <= 6 else None


def _sum(left: Monomials, right: Monomials, sign: int) -> Monomials | None:
    found = dict(left)
    for monomial, coefficient in right.items():
        found[monomial] = found.get(monomial, Fraction(0)) + sign * coefficient
    return {m: c for m, c in found.items() if c} if len(found) <= 2 * _MANY else None


def _times(left: Monomials, right: Monomials, degree: int) -> Monomials | None:
    found: Monomials = {}
    for p, c in left.items():
        for q, d in right.items():
            monomial = tuple(sorted(p + q))
            if len(monomial) > degree:
                return None
            found[monomial] = found.get(monomial, Fraction(0)) + c * d
    return {m: c for m, c in found.items() if c} if len(found) <= 2 * _MANY else None
