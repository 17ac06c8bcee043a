"""The identities of the stabilising pass: what each rewrites, why, and when it holds.

A rule reads one kind of expression, in a view that does not depend on its spelling (`gradc.stabilise.views`), and gives what
it becomes, or None. Rules on sums take and give a linear form, rules on products take and give factors, and rules on a
function take its operands and give an equation. In what they build, only named primitives with stable partials stand, so
that differentiation keeps what was won.

Sources: N. J. Higham, *Accuracy and Stability of Numerical Algorithms* (2nd ed., 2002), chapters 1, 2 and 27; M. Mächler,
*Accurately computing log(1 - exp(-|a|))* (2012); J. Blue, *A portable Fortran program to find the Euclidean norm of a
vector* (1978); W. Kahan, *Branch cuts for complex elementary functions* (1987).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from gradc.calculus.scalar import apply_formula
from gradc.ir.definitions import Comprehension
from gradc.stabilise.views import Linear, Scalars

ONE, HALF = Fraction(1), Fraction(1, 2)
NOTHING = Linear({}, Fraction(0))


class Identity(NamedTuple):
    """One rule.

    Parameters
    ----------
    name
        What its function is called.
    on
        The kinds of expression it reads: "sum", "product", or functions' names.
    identity
        The equation, as text.
    reason
        What goes wrong without it.
    holds
        Where it holds.
    again
        Whether it is applied after differentiation as well as before.
    apply
        The function.
    """

    name: str
    on: tuple[str, ...]
    identity: str
    reason: str
    holds: str
    again: bool
    apply: Callable[..., Any]


FIT = Identity(
    "fit",
    (),
    "f(x) = (x - c)**m p(x) near c = 0 or 1, with p the polynomial that interpolates f(x) / (x - c)**m",
    "the formula cancels, or is 0/0, and has no stable spelling in named functions",
    "where f depends on x alone and f(x) / (x - c)**m is smooth",
    True,
    lambda: None,
)


def entering(rules: list[Identity]) -> Callable[..., Callable[[Any], Any]]:
    """A decorator that puts functions into a table."""

    def rule(
        *on: str, identity: str, reason: str, holds: str = "everywhere", again: bool = False
    ) -> Callable[[Any], Any]:
        def enter(function: Callable[..., Any]) -> Callable[..., Any]:
            rules.append(Identity(function.__name__, on, identity, reason, holds, again, function))
            return function

        return enter

    return rule


def formula(s: Scalars, text: str, **operands: int) -> int:
    """A formula's equations."""
    return apply_formula(text, s.body, operands, s.make)


def without(form: Linear, *nodes: int) -> Linear:
    """The form without some of its terms."""
    return Linear({n: c for n, c in form.terms.items() if n not in nodes}, form.constant)


def with_term(form: Linear, coefficient: Fraction, node: int) -> Linear:
    """The form and one term more."""
    return form.plus(Linear({node: coefficient}, Fraction(0)))


def pairs(form: Linear, test: Callable[[int], bool]) -> list[tuple[int, int]]:
    """Pairs of terms that pass the test and whose coefficients are opposite; the first is the positive one."""
    nodes = [n for n in form.terms if test(n)]
    return [(p, q) for p in nodes for q in nodes if form.terms[p] > 0 and form.terms[p] == -form.terms[q]]


def shared(a: Linear, b: Linear) -> int:
    """How many terms two forms have in common."""
    return sum(b.terms.get(node) == c for node, c in a.terms.items())


def square_root(value: Fraction) -> Fraction | None:
    """The root of a square of rationals."""
    if value < 0:
        return None
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    root = Fraction(top, bottom)
    return root if root * root == value else None


def sum_definition(s: Scalars, node: int) -> Comprehension | None:
    found = s.defined(node)
    return found if found is not None and found.reduction == "sum" else None
