"""The identities of the stabilising pass: what each rewrites, why, and when it holds.

A rule reads one kind of expression, in a view that does not depend on its spelling (`gradc.passes.views`), and gives what
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
from gradc.ir.equations import REAL, BodyBuilder
from gradc.ir.program import Comprehension
from gradc.ir.size import Size, index
from gradc.passes.views import Exponential, Factors, Linear, Monomials, Scalars

ONE, HALF = Fraction(1), Fraction(1, 2)
NOTHING = Linear({}, Fraction(0))
_ROOT_HALF = math.sqrt(0.5)
_MOST_PARTS = 100  # of nested sums that are looked through


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


IDENTITIES: list[Identity] = []


FIT = Identity(
    "fit",
    (),
    "f(x) = (x - c)**m p(x) near c = 0 or 1, with p the polynomial that interpolates f(x) / (x - c)**m",
    "the formula cancels, or is 0/0, and has no stable spelling in named functions",
    "where f depends on x alone and f(x) / (x - c)**m is smooth",
    True,
    lambda: None,
)


def rule(*on: str, identity: str, reason: str, holds: str = "everywhere", again: bool = False) -> Callable[[Any], Any]:
    """Put a function into the table."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        IDENTITIES.append(Identity(function.__name__, on, identity, reason, holds, again, function))
        return function

    return enter


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


def _shared(a: Linear, b: Linear) -> int:
    """How many terms two forms have in common."""
    return sum(b.terms.get(node) == c for node, c in a.terms.items())


# --- sums: functions near a constant --------------------------------------------------------------------------------

# f: [(k, what  k + f(u)  is)]
COMPLEMENTS: dict[str, tuple[tuple[Fraction, str], ...]] = {
    "exp": ((-ONE, "expm1(u)"),),
    "expm1": ((ONE, "exp(u)"),),
    "sigmoid": ((-ONE, "-sigmoid(n)"), (-HALF, "0.5 * tanh(h)")),
    "ndtr": ((-ONE, "-ndtr(n)"),),
    "erf": ((-ONE, "-erfc(u)"), (ONE, "erfc(n)")),
    "erfc": ((-ONE, "-erf(u)"),),
    "tanh": ((-ONE, "-2 * sigmoid(-d)"), (ONE, "2 * sigmoid(d)")),
    "cos": ((-ONE, "-2 * sin(h)**2"), (ONE, "2 * cos(h)**2")),
    "cosh": ((-ONE, "2 * sinh(h)**2"),),
}
SQUARES: dict[str, str] = {"tanh": "-sech_square(u)", "cos": "-sin(u)**2", "sin": "-cos(u)**2"}


def _multiples(s: Scalars, u: int) -> dict[str, int]:
    """An argument, its half, its double and its negative."""
    own = s.terms(u)
    scales = {"h": HALF, "d": Fraction(2), "n": -ONE}
    if len(own.terms) + bool(own.constant) != 1:  # a sum stays one, with its rounding
        return {"u": u, **{name: s.scale(scale, u) for name, scale in scales.items()}}
    return {"u": u, **{name: s.linear(own.scaled(scale)) for name, scale in scales.items()}}


def _is_nan(s: Scalars, node: int) -> bool:
    equation = s.at(node)
    return equation.op == "constant" and equation.data != equation.data


def _near_constant(s: Scalars, node: int, ratio: Fraction) -> int | None:
    """``ratio + node``, where the two cancel."""
    equation = s.at(node)
    for k, text in COMPLEMENTS.get(equation.op, ()):
        if ratio == k:
            return formula(s, text, **_multiples(s, equation.operands[0]))
    if equation.op == "where" and _is_nan(s, equation.operands[2]):
        chosen = _near_constant(s, equation.operands[1], ratio)
        return None if chosen is None else s.body.apply("where", equation.operands[0], chosen, equation.operands[2])
    if equation.op != "pow" or ratio != -1:
        return None
    base, exponent = equation.operands
    power = s.value(exponent)
    if power == 2 and s.op(base) in SQUARES:
        return formula(s, SQUARES[s.op(base)], **_multiples(s, s.operand(base)))
    if power == 2:
        return None
    inner = s.terms(base)
    if inner.constant == 1 and inner.terms:
        rest = s.linear(Linear(inner.terms, Fraction(0)))
        return formula(s, "expm1(y * log1p(x))", x=rest, y=exponent)
    return None if power is not None and power.denominator == 1 else formula(s, "powm1(x, y)", x=base, y=exponent)


@rule(
    "sum",
    identity="exp(u) - 1 = expm1(u), 1 - sigmoid(u) = sigmoid(-u), 1 + tanh(u) = 2 sigmoid(2u), 1 - cos(u) = 2 sin(u/2)**2, 1 - erf(u) = erfc(u), x**y - 1 = powm1(x, y), …",
    reason="the sum cancels where the function is near the constant",
    again=True,
)  # fmt: skip
def complement(s: Scalars, form: Linear) -> Linear | None:
    if not form.constant:
        return _common_factor(s, form)
    for node, c in form.terms.items():
        found = _near_constant(s, node, form.constant / c)
        if found is not None:
            return Linear(without(form, node).terms, Fraction(0)).plus(s.terms(found), c)
    return _common_factor(s, form)


def _common_factor(s: Scalars, form: Linear) -> Linear | None:
    """``a - a*f(u)``, by the same identities."""
    if len(form.terms) < 2:
        return None
    for node, c in form.terms.items():
        if s.op(node) not in ("mul", "div"):
            continue
        factors = s.factors(node)
        for f, e in factors.powers.items():
            if e != 1 or s.op(f) not in COMPLEMENTS:
                continue
            rest = {n: p for n, p in factors.powers.items() if n != f}
            for other, d in form.terms.items():
                if other == node or not rest:
                    continue
                found = s.factors(other)
                if found.powers != rest:
                    continue
                ratio = d * found.coefficient / (c * factors.coefficient)
                near = _near_constant(s, f, ratio)
                if near is not None:
                    product = s.make("mul", s.product(c * factors.coefficient, rest), near)
                    return without(form, node, other).plus(s.terms(product))
    return None


# --- sums: two values of one function -------------------------------------------------------------------------------


@rule(
    "sum",
    identity="sqrt(a) - sqrt(b) = (a - b) / (sqrt(a) + sqrt(b))",
    reason="the difference cancels where a is near b",
    holds="a, b >= 0, where the roots are real",
)
def roots(s: Scalars, form: Linear) -> Linear | None:
    for p, q in pairs(form, lambda n: s.op(n) == "sqrt"):
        a, b = s.operand(p), s.operand(q)
        difference = s.terms(a).plus(s.terms(b), -ONE)
        both = s.make("add", p, q)
        value = s.make("div", s.linear(difference), both)
        if difference.terms:  # both roots may be 0 then
            value = formula(s, "where(t == 0, p - q, v)", t=both, p=p, q=q, v=value)
        return with_term(without(form, p, q), form.terms[p], value)
    return None


@rule(
    "sum",
    identity="1/a - 1/b = (b - a) / (a b)",
    reason="the difference cancels where a is near b",
    holds="where b - a is known as an expression of its own, and |b - a| < |b| / 2 or b - a is a number",
    again=True,
)
def reciprocals(s: Scalars, form: Linear) -> Linear | None:
    def below(node: int) -> int | None:
        factors = s.factors(node)
        if factors.coefficient == 1 and list(factors.powers.values()) == [-1]:
            return next(iter(factors.powers))
        return None

    for p, q in pairs(form, lambda n: s.op(n) == "div" and below(n) is not None):
        a, b = below(p), below(q)
        assert a is not None
        assert b is not None
        difference = s.terms(b).plus(s.terms(a), -ONE)
        if s.op(a) == s.op(b) == "sqrt":
            found = roots(s, difference)
            difference = difference if found is None else found
        elif not _shared(s.terms(a), s.terms(b)):
            left, right = s.monomials(b), s.monomials(a)
            if left is None or right is None:
                continue
            rest = {m: left.get(m, Fraction(0)) - right.get(m, Fraction(0)) for m in {**left, **right}}
            rest = {m: c for m, c in rest.items() if c}
            if len(rest) >= len(left) + len(right) - 1 or not rest:
                continue
            difference = s.terms(s.polynomial(rest))
        value = s.make("div", s.make("div", s.linear(difference), a), b)
        if difference.terms:
            text = "where(abs(d) < 0.5 * abs(b), v, p - q)"
            value = formula(s, text, d=s.linear(difference), b=b, v=value, p=p, q=q)
        return with_term(without(form, p, q), form.terms[p], value)
    return None


@rule(
    "sum",
    identity="exp(u) - exp(-u) = 2 sinh(u), exp(u) + exp(-u) = 2 cosh(u), exp(u) - exp(v) = exp(v) expm1(u - v)",
    reason="the difference cancels where u is near v",
    holds="|u - v| < 1 for exp(u) - exp(v), and where exp(v) is finite; elsewhere the difference is taken as written",
)
def exponentials(s: Scalars, form: Linear) -> Linear | None:
    nodes = [n for n in form.terms if s.op(n) == "exp"]
    for k, p in enumerate(nodes):
        for q in nodes[k + 1 :]:
            c, d = form.terms[p], form.terms[q]
            if abs(c) != abs(d):
                continue
            u, v = s.operand(p), s.operand(q)
            if s.terms(u).key == s.terms(v).scaled(-ONE).key:
                if s.op(u) == "neg":
                    u, v, c, d = v, u, d, c
                return with_term(without(form, p, q), 2 * c, s.make("cosh" if c == d else "sinh", u))
            if c != d:
                text = "where((abs(u - v) < 1) & (exp(v) < inf), exp(v) * expm1(u - v), exp(u) - exp(v))"
                value = formula(s, text, u=u, v=v)
                meaning = [Exponential(ONE, s.terms(u)), Exponential(-ONE, s.terms(v))]
                s.means[value] = meaning
                return with_term(without(form, p, q), c, value)
    return None


def _under_log(s: Scalars, node: int) -> tuple[Linear, int] | None:
    """What a logarithm is of, as a form and as an equation."""
    equation = s.at(node)
    if equation.op == "log":
        return s.terms(equation.operands[0]), equation.operands[0]
    if equation.op == "log1p":
        form = s.terms(equation.operands[0]).plus(Linear({}, ONE))
        return form, s.linear(form)
    return None


def _log_quotient(s: Scalars, top: tuple[Linear, int], bottom: tuple[Linear, int]) -> int:
    """``log(top / bottom)``."""
    (p, a), (q, b) = top, bottom
    difference, total = p.plus(q, -ONE), p.plus(q)
    if not total.terms and total.constant == 1 and len(p.terms) == 1:
        return s.make("logit", a) if not p.constant else s.make("neg", s.make("logit", b))
    if not total.terms and total.constant > 0 and not difference.constant:
        return s.make("mul", s.number(2), s.make("arctanh", s.linear(difference.scaled(1 / total.constant))))
    if len(difference.terms) < len(p.terms) + len(q.terms) and (p.terms and q.terms):
        d = s.linear(difference)
        return formula(s, "where(abs(d / b) < 0.5, log1p(d / b), log_ratio(a, b))", d=d, a=a, b=b)
    return s.make("log_ratio", a, b)


def _log_difference(s: Scalars, p: int, q: int) -> int:
    """``log(a) - log(b)`` of two logarithms, each of which may be one of 1 + x."""
    top, bottom = _under_log(s, p), _under_log(s, q)
    assert top is not None
    assert bottom is not None
    if s.op(p) == s.op(q) == "log1p":  # 1 + x has lost digits of x
        d = s.linear(top[0].plus(bottom[0], -ONE))
        value = _log_quotient(s, top, bottom)
        if s.op(value) in ("log_ratio", "where"):
            text = "where(abs(d) < 0.5 * b, log1p(d / b), p - q)"
            return formula(s, text, d=d, b=bottom[1], p=p, q=q)
        return value
    value = _log_quotient(s, top, bottom)
    if s.op(value) in ("log_ratio", "where"):
        value = formula(s, "where(b < 0, nan, v)", b=bottom[1], v=value)
    return value


@rule(
    "sum",
    identity="log(a) - log(b) = log1p((a - b) / b) = 2 arctanh((a - b) / (a + b))",
    reason="the difference cancels where a is near b",
    holds="a, b > 0, where the logarithms are real",
)
def logarithms(s: Scalars, form: Linear) -> Linear | None:
    for p, q in pairs(form, lambda n: s.op(n) in ("log", "log1p")):
        return with_term(without(form, p, q), form.terms[p], _log_difference(s, p, q))

    def weighted_log(node: int) -> bool:
        return s.op(node) == "weighted" and s.op(s.operand(node, 1)) in ("log", "log1p")

    for p, q in pairs(form, weighted_log):
        if s.operand(p) != s.operand(q):
            continue
        value = _log_difference(s, s.operand(p, 1), s.operand(q, 1))
        return with_term(without(form, p, q), form.terms[p], s.make("weighted", s.operand(p), value))
    return None


@rule(
    "sum",
    identity="gammaln(x + d) - gammaln(x) = gammaln_difference(x, d)",
    reason="both grow like x log(x), and their difference like d log(x)",
    holds="x, x + d > 0; otherwise the difference is taken as written",
)
def log_gammas(s: Scalars, form: Linear) -> Linear | None:
    best: tuple[int, int, int, Linear] | None = None
    for p, q in pairs(form, lambda n: s.op(n) == "gammaln"):
        a, b = s.terms(s.operand(p)), s.terms(s.operand(q))
        difference = a.plus(b, -ONE)
        saved = _shared(a, b)
        if saved and (best is None or saved > best[0]):
            best = saved, p, q, difference
    if best is None:
        return None
    _, p, q, difference = best
    value = s.make("gammaln_difference", s.operand(q), s.linear(difference))
    return with_term(without(form, p, q), form.terms[p], value)


@rule(
    "sum",
    identity="x log(x/y) = kl_div(x, y) + x - y",
    reason="terms of the size of x leave one of the size of (x - y)**2 / x, where the differences add up to nothing",
    holds="x >= 0, y > 0; elsewhere the term is taken as written",
)
def divergence(s: Scalars, form: Linear) -> Linear | None:
    rest, parts = form, []
    for node, c in form.terms.items():
        if s.op(node) != "weighted" or s.op(s.operand(node, 1)) != "log_ratio":
            continue
        x, ratio = s.at(node).operands
        top, y = s.at(ratio).operands
        if x == top:
            rest = without(rest, node).plus(s.terms(x), c).plus(s.terms(y), -c)
            parts.append((c, node, x, y))
    # The differences must take away what was there, or one another.
    left = len(rest.terms) + bool(rest.constant)
    goes = left <= len(form.terms) + bool(form.constant) - 2 * len(parts)
    if not parts or not (goes or (len(parts) > 1 and left <= len(form.terms) - len(parts))):
        return None
    for c, node, x, y in parts:
        text = "where((x >= 0) & (y > 0), kl_div(x, y), w - x + y)"
        rest = with_term(rest, c, formula(s, text, x=x, y=y, w=node))
    return rest


@rule(
    "sum",
    identity="x/y - log(x/y) - 1 = itakura_saito(x, y) = kl_div(y, x) / y",
    reason="three terms of the size of 1 leave one of the size of (x/y - 1)**2",
    holds="x/y > 0, where the logarithm is real",
)
def log_excess(s: Scalars, form: Linear) -> Linear | None:
    for node, c in form.terms.items():
        if s.op(node) != "log_ratio":
            continue
        for other, d in form.terms.items():
            if d != -c or form.constant != c or s.op(other) != "div":
                continue
            x, y = s.at(node).operands
            sign = -c if s.at(other).operands == (x, y) else None
            if sign is None:
                continue
            value = s.make("itakura_saito", x, y)
            return Linear(without(form, node, other).terms, Fraction(0)).plus(Linear({value: sign}, Fraction(0)))
    return None


@rule(
    "sum",
    identity="x - log(exp(x) + exp(y)) = log_sigmoid(x - y), softplus(x) - x = softplus(-x)",
    reason="the difference cancels where x is the larger",
)
def log_softmax(s: Scalars, form: Linear) -> Linear | None:
    for node, c in form.terms.items():
        op = s.op(node)
        if op in ("softplus", "log_sigmoid"):  # softplus(u) - u = softplus(-u)
            u = s.terms(s.operand(node))
            rest = without(form, node).plus(u, c)
            if len(rest.terms) + bool(rest.constant) < len(form.terms) - 1 + bool(form.constant):
                return with_term(rest, c, s.make(op, s.linear(u.scaled(-ONE))))
        if op != "logaddexp":
            continue
        for place in (0, 1):
            x, y = s.terms(s.operand(node, place)), s.terms(s.operand(node, 1 - place))
            rest = without(form, node).plus(x, c)
            if len(rest.terms) + bool(rest.constant) < len(form.terms) - 1 + bool(form.constant):
                return with_term(rest, -c, s.make("log_sigmoid", s.linear(x.plus(y, -ONE))))
    return None


@rule(
    "sum",
    identity="sigmoid(u) - sigmoid(v) = sigmoid(u) sigmoid(-v) (1 - exp(v - u))",
    reason="the difference cancels where u is near v, and where both are large",
    holds="where u - v is a number; elsewhere the difference is taken as written",
)
def sigmoids(s: Scalars, form: Linear) -> Linear | None:
    for p, q in pairs(form, lambda n: s.op(n) == "sigmoid"):
        left = "where(u >= v, -(sigmoid(u) * sigmoid(-v) * expm1(v - u)), sigmoid(v) * sigmoid(-u) * expm1(u - v))"
        text = f"where(u - v == u - v, {left}, sigmoid(u) - sigmoid(v))"
        value = formula(s, text, u=s.operand(p), v=s.operand(q))
        return with_term(without(form, p, q), form.terms[p], value)
    return None


_DIFFERENCES = {
    "sin": "where((abs(d) < 0.5) & (abs(u + v) < 8), 2 * cos(0.5 * (u + v)) * sin(0.5 * d), sin(u) - sin(v))",
    "cos": "where((abs(d) < 0.5) & (abs(u + v) < 8), -2 * sin(0.5 * (u + v)) * sin(0.5 * d), cos(u) - cos(v))",
    "arctan": "where((u * v > -0.5) & (u * v < inf), arctan(d / (1 + u * v)), arctan(u) - arctan(v))",
    "digamma": "digamma_difference(v, d)",
}


@rule(
    "sum",
    identity="sin(u) - sin(v) = 2 cos((u + v)/2) sin((u - v)/2), arctan(u) - arctan(v) = arctan((u - v)/(1 + u v)), digamma(x + d) - digamma(x) = digamma_difference(x, d)",
    reason="the difference cancels where u is near v",
    holds="u near v; elsewhere the difference is taken as written",
    again=True,
)
def differences(s: Scalars, form: Linear) -> Linear | None:
    for p, q in pairs(form, lambda n: s.op(n) in _DIFFERENCES):
        op, u, v = s.op(p), s.operand(p), s.operand(q)
        if op != s.op(q):
            continue
        a, b = s.terms(u), s.terms(v)
        difference = a.plus(b, -ONE)
        if op == "digamma" and not _shared(a, b):
            continue
        value = formula(s, _DIFFERENCES[op], u=u, v=v, d=s.linear(difference))
        plain = s.make("sub", p, q)
        value = value if op == "digamma" else s.make("stands_for", value, plain)
        return with_term(without(form, p, q), form.terms[p], value)
    return None


# --- sums: polynomials ----------------------------------------------------------------------------------------------


def _square_root(value: Fraction) -> Fraction | None:
    """The root of a square of rationals."""
    if value < 0:
        return None
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    root = Fraction(top, bottom)
    return root if root * root == value else None


def _atoms(monomials: Monomials) -> list[int | None]:
    """What the polynomial is quadratic in: nodes, and None for the constant 1."""
    found: dict[int | None, None] = {}
    for monomial in monomials:
        for node in monomial:
            found[node] = None
        if len(monomial) < 2:
            found[None] = None
    return list(found)


def _as_linear(coefficients: dict[int | None, Fraction]) -> Linear:
    return Linear({n: c for n, c in coefficients.items() if n is not None and c}, coefficients.get(None, Fraction(0)))


def quadratic_form(s: Scalars, monomials: Monomials) -> int | None:
    """A quadratic form as a product of two lines, or as squares and squared differences that do not cancel."""
    if max(map(len, monomials), default=0) != 2 or all(c > 0 for c in monomials.values()):
        return None
    atoms = _atoms(monomials)
    if not 2 <= len(atoms) <= 6:
        return None

    def coefficient(p: int | None, q: int | None) -> Fraction:
        return monomials.get(tuple(sorted(n for n in (p, q) if n is not None)), Fraction(0))

    if len(atoms) == 2:
        x, y = atoms
        a, b, c = coefficient(x, x), coefficient(x, y), coefficient(y, y)
        root = _square_root(b * b - 4 * a * c)
        if root is not None:
            if not a:
                x, y, a, c = y, x, c, a
            if not a:
                return None
            # a x**2 + b x y + c y**2 = a (x + (b + root) / 2a y) (x + (b - root) / 2a y)
            left, right = (_as_linear({x: ONE, y: (b + sign * root) / (2 * a)}) for sign in (1, -1))
            if left.key == right.key:
                return s.scale(a, s.make("pow", s.linear(left), s.number(2)))
            if a < 0:  # (1 - x)(1 + x) for 1 - x**2
                right, a = right.scaled(-ONE), -a
            return s.scale(a, s.make("mul", s.linear(left), s.linear(right)))
    crosses = [(p, q, coefficient(p, q)) for k, p in enumerate(atoms) for q in atoms[k + 1 :] if coefficient(p, q)]
    rows = {p: coefficient(p, p) + sum((b for u, v, b in crosses if p in (u, v)), Fraction(0)) / 2 for p in atoms}
    for sign in (1, -1):
        if crosses and all(sign * b < 0 for *_, b in crosses) and all(sign * r >= 0 for r in rows.values()):
            break
    else:
        return None
    parts = [(-b / 2, s.make("pow", s.linear(_as_linear({p: ONE, q: -ONE})), s.number(2))) for p, q, b in crosses]
    parts += [(r, s.make("pow", p, s.number(2))) for p, r in rows.items() if r and p is not None]
    constant = rows.get(None, Fraction(0))
    weight = parts[0][0]
    return s.scale(weight, s.add([(c / weight, node) for c, node in parts], constant / weight))


@rule(
    "sum",
    identity="x**2 - 2xy + y**2 = (x - y)**2, x**2 - y**2 = (x - y)(x + y), E[x**2] - E[x]**2 = sum of squared differences / n**2",
    reason="squares cancel, and with them twice the digits of their difference",
)  # fmt: skip
def quadratic(s: Scalars, form: Linear) -> Linear | None:
    if not any(s.op(n) in ("pow", "mul") for n in form.terms) or len(form.terms) > 12:
        return None
    monomials = s.monomials(s.linear(form))
    if monomials is None:
        return None
    found = quadratic_form(s, monomials)
    if found is None:
        return None
    if len(s.factors(found).powers) == 2:  # whose derivative is a sum that cancels where that of the squares does not
        found = s.make("stands_for", found, s.linear(form))
    return Linear({found: ONE}, Fraction(0))


@rule(
    "sum",
    identity="sqrt(q) - p = (q - p**2) / (sqrt(q) + p)",
    reason="the difference cancels where q is near p**2",
    holds="p > sqrt(q) / 2 and q is finite; elsewhere the difference is taken as written",
)
def conjugate(s: Scalars, form: Linear) -> Linear | None:
    for written, c in form.terms.items():
        node = _as_hypot(s, written)
        equation = s.at(node)
        if equation.op == "sqrt":
            square = s.monomials(equation.operands[0])
        elif equation.op == "hypot":
            square = s.monomials(formula(s, "x**2 + y**2", x=equation.operands[0], y=equation.operands[1]))
        else:
            continue
        rest = without(form, written).scaled(-1 / c)
        if square is None or (not rest.terms and rest.constant <= 0):
            continue
        p = s.linear(rest)
        other = s.monomials(s.make("mul", p, p))
        if not other:
            continue
        left = {m: square.get(m, Fraction(0)) - other.get(m, Fraction(0)) for m in {**square, **other}}
        left = {m: v for m, v in left.items() if v}
        if len(left) >= len(square) or any(m not in square for m in other):
            continue
        both = s.make("add", node, p)
        if len(left) == 1 and len(next(iter(left))) == 2:  # a b / (…), in an order that does not overflow
            ((a, b), k) = next(iter(left.items()))
            value = s.scale(k, s.make("mul", a, s.make("div", b, both)))
        else:
            factored = quadratic_form(s, left) if left else None
            value = s.make("div", s.polynomial(left) if factored is None else factored, both)
        if rest.terms:
            value = formula(s, "where((p > 0.5 * r) & (r**2 < inf), v, r - p)", p=p, v=value, r=node)
        else:  # whose derivative is that of the root
            value = s.make("stands_for", value, s.add([(ONE, node)], -rest.constant))
        return Linear({value: c}, Fraction(0))
    return None


@rule(
    "sum",
    identity="a/b - 1 = (a - b) / b",
    reason="the difference cancels where a is near b",
    holds="where a - b is known as an expression of its own, and b is finite",
)
def quotient_and_constant(s: Scalars, form: Linear) -> Linear | None:
    if not form.constant:
        return None
    for node, c in form.terms.items():
        if s.op(node) == "direction":
            x, y = s.at(node).operands
            top, below = s.terms(x), s.make("hypot", x, y)
        elif s.op(node) == "div" and list(s.factors(node).powers.values()).count(-1) == 1:
            factors = s.factors(node)
            below = next(n for n, e in factors.powers.items() if e == -1)
            above = {n: e for n, e in factors.powers.items() if n != below}
            top = s.terms(s.product(factors.coefficient, above))
        else:
            continue
        bottom = s.terms(below)
        difference = top.scaled(c).plus(bottom, form.constant)
        left = len(difference.terms) + bool(difference.constant)
        both = len(top.terms) + bool(top.constant) + len(bottom.terms) + bool(bottom.constant)
        if left > both - 2 or not bottom.terms:
            found = conjugate(s, difference)
            if found is None:
                continue
            difference = found
        plain = s.add([(c, node)], form.constant)
        quotient = s.make("div", s.linear(difference), below)
        value = formula(s, "stands_for(where(abs(b) < inf, v, w), w)", b=below, v=quotient, w=plain)
        return Linear(without(form, node).terms, Fraction(0)).plus(Linear({value: ONE}, Fraction(0)))
    return None


@rule(
    "sum",
    identity="maximum(x, 0) - maximum(-x, 0) = x, maximum(x, 0) + maximum(-x, 0) = |x|, maximum(x, y) - minimum(x, y) = |x - y|",
    reason="the shares of the two ties need not add up to the derivative of the whole",
)  # fmt: skip
def rectifiers(s: Scalars, form: Linear) -> Linear | None:
    nodes = [n for n in form.terms if s.op(n) in ("maximum", "minimum")]
    for k, p in enumerate(nodes):
        for q in nodes[k + 1 :]:
            c, d = form.terms[p], form.terms[q]
            if abs(c) != abs(d):
                continue
            left = [s.terms(n) for n in s.at(p).operands]
            right = [s.terms(n) for n in s.at(q).operands]
            sign = ONE if s.op(p) != s.op(q) else -ONE  # maximum(-x, -y) = -minimum(x, y)
            if s.op(p) == s.op(q) == "minimum" or s.op(p) == "minimum":
                p, q, c, d, left, right = q, p, d, c, right, left
            if {f.key for f in left} != {f.scaled(sign).key for f in right} or s.op(p) != "maximum":
                continue
            d *= sign  # now maximum(a, b) * c + minimum(a, b) * d
            a, b = left
            rest = without(form, p, q)
            if c == d:
                return rest.plus(a, c).plus(b, c)
            return with_term(rest, c, s.make("abs", s.linear(a.plus(b, -ONE))))
    return None


@rule(
    "sum",
    identity="c a + c b = c (a + b)",
    reason="the products are rounded before their sum cancels",
    again=True,
)
def common_constant(s: Scalars, _: Linear) -> Linear | None:
    """Reads the sum as it stands, since a form has lost the differences that its terms are."""
    parts: list[tuple[Fraction, int]] = []
    pending = [(s.root, ONE)]
    while pending:
        node, sign = pending.pop()
        op = s.op(node)
        if op in ("add", "sub"):
            left, right = s.at(node).operands
            pending += [(right, sign if op == "add" else -sign), (left, sign)]
        elif op == "neg":
            pending.append((s.operand(node), -sign))
        else:
            factors = s.factors(node)
            if factors.coefficient == factors.coefficient.numerator or abs(factors.coefficient) == HALF:
                return None
            parts.append((sign * factors.coefficient, node))
        if len(parts) + len(pending) > 8:
            return None
    if len({abs(c) for c, _ in parts}) != 1 or len(parts) < 2:
        return None
    total: int | None = None
    for c, node in parts:
        factors = s.factors(node)
        term = s.product(1, factors.powers)
        if total is None:
            total, first = term, c
        else:
            total = s.make("add" if c == first else "sub", total, term)
    assert total is not None
    return Linear({s.make("mul", s.number(first), total): ONE}, Fraction(0))


# --- sums through reductions ----------------------------------------------------------------------------------------


def _sum_definition(s: Scalars, node: int) -> Comprehension | None:
    found = s.defined(node)
    return found if found is not None and found.reduction == "sum" else None


def _count(definition: Comprehension) -> Size:
    total = definition.extents[definition.rank]
    for extent in definition.extents[definition.rank + 1 :]:
        total = total * extent
    return total


@rule(
    "sum",
    identity="sum(x**2)/n - (sum(x)/n)**2 = sum((x - sum(x)/n)**2)/n",
    reason="the difference of the two passes' results has none of the digits that they share",
)
def variance(s: Scalars, form: Linear) -> Linear | None:
    nodes = list(form.terms)
    for p in nodes:
        first = s.factors(p)
        for q in nodes:
            second = s.factors(q)
            if p == q or form.terms[p] * form.terms[q] * first.coefficient * second.coefficient >= 0:
                continue
            found = _two_pass(s, form, first, second, p, q)
            if found is not None:
                return found
    return None


def _two_pass(s: Scalars, form: Linear, first: Factors, second: Factors, p: int, q: int) -> Linear | None:
    for squares in first.powers:
        of_squares = _sum_definition(s, squares)
        if of_squares is None or first.powers[squares] != 1:
            continue
        for plain in second.powers:
            of_plain = _sum_definition(s, plain)
            if of_plain is None or second.powers[plain] != 2 or of_plain.extents != of_squares.extents:
                continue
            if s.at(squares).data[1] != s.at(plain).data[1]:
                continue
            inner = s.b.body()
            (root,) = inner.insert(of_plain.body, [len(of_plain.body) - 1])
            (square,) = inner.insert(of_squares.body, [len(of_squares.body) - 1])
            if inner.apply("pow", root, inner.constant(2.0)) != square:
                continue
            count = _count(of_plain)
            n = s.body.coerce(s.body.integer(count), REAL)
            rest = dict(second.powers)
            del rest[plain]
            kept = dict(first.powers)
            del kept[squares]
            ratio = second.coefficient * form.terms[q] / (first.coefficient * form.terms[p])
            if count.constant is None:
                rest[n] = rest.get(n, 0) + 1
                same = {k: v for k, v in rest.items() if v} == kept and ratio == -1
            else:
                same = rest == kept and ratio * count.constant == -1
            if not same:
                continue
            rank = of_plain.rank
            body = s.b.body()
            (value,) = body.insert(of_plain.body, [len(of_plain.body) - 1])
            total = s.b.access(body, s.at(plain).data[0], *(index(k) for k in range(rank)))
            mean = body.apply("div", total, body.coerce(body.integer(count), REAL))
            term = body.apply("pow", body.apply("sub", value, mean), body.constant(2.0))
            number = s.b.comprehend(body, term, of_plain.extents[:rank], of_plain.extents[rank:], "sum")
            spread = s.b.access(s.body, number, *s.at(squares).data[1])
            factors = {**kept, spread: 1}
            return with_term(without(form, p, q), form.terms[p] * first.coefficient, s.product(1, factors))
    return None


@rule(
    "sum",
    identity="sum(x**2) - 2 sum(x y) + sum(y**2) = sum((x - y)**2)",
    reason="the squares cancel, and the result may even be negative",
)
def distances(s: Scalars, form: Linear) -> Linear | None:
    """Needs `s.extents`, the extents of the loops that the body is in."""
    nodes = [n for n in form.terms if _sum_definition(s, n) is not None]
    if len(nodes) < 2 or all(form.terms[n] > 0 for n in nodes):
        return None
    first = _sum_definition(s, nodes[0])
    assert first is not None
    reduced = first.extents[first.rank :]
    here = len(s.extents)
    body = s.b.body()
    inner = Scalars(s.b, body, s.definition_of)
    parts = []
    for node in nodes:
        definition = _sum_definition(s, node)
        assert definition is not None
        subscripts = s.at(node).data[1]
        if definition.extents[definition.rank :] != reduced or any(part.mentions("ref") for part in subscripts):
            return None
        rank = definition.rank

        def place(k: int, rank: int = rank, subscripts: tuple[Size, ...] = subscripts) -> Size:
            return subscripts[k] if k < rank else index(here + k - rank)

        (root,) = body.insert(definition.body, [len(definition.body) - 1], replace_index=place)
        parts.append((form.terms[node], root))
    monomials = inner.monomials(inner.add(parts))
    found = None if monomials is None else quadratic_form(inner, monomials)
    if found is None:
        return None
    used = sorted({a[1] for n in nodes for part in s.at(n).data[1] for a in part.atoms() if a[0] == "index"})
    places = {k: index(position) for position, k in enumerate(used)}
    places |= {here + k: index(len(used) + k) for k in range(len(reduced))}
    moved = s.b.body()
    (root,) = moved.insert(body.equations, [found], replace_index=places.__getitem__)
    number = s.b.comprehend(moved, root, [s.extents[k] for k in used], reduced, "sum")
    return with_term(without(form, *nodes), ONE, s.b.access(s.body, number, *(index(k) for k in used)))


@rule(
    "shift",
    identity="m + (logsumexp(z) - m) = logsumexp(z)",
    reason="a shift by the maximum written by hand has a derivative of its own, which cancels, and is NaN where all is -inf",
    holds="m = max(z), over the same terms",
)
def hand_shift(s: Scalars, number: int, form: Linear) -> Linear | None:
    """The form of a sum, if a maximum has dropped out of it beside a logsumexp of the same terms."""
    leaves = dict.fromkeys(form.terms)
    for node, c in form.terms.items():
        inner = s.through(node)  # m + l, where l = logsumexp(z) - m is a definition of its own
        if inner != node and s.op(inner) in ("add", "sub", "neg"):
            form = without(form, node).plus(s.terms(inner), c)
            leaves.update(dict.fromkeys(s.terms(inner).terms))
    totals = [d for n in form.terms if (d := s.defined(n)) is not None and d.reduction == "logsumexp"]
    if not totals:
        return None
    pending = [number]
    seen = {number}
    while pending and len(seen) < _MOST_PARTS:
        node = pending.pop()
        if s.op(node) in ("add", "sub", "neg"):
            pending += [n for n in s.at(node).operands if n not in seen]
            seen.update(s.at(node).operands)
        else:
            leaves[node] = None
    dropped = [d for n in leaves if n not in form.terms and (d := s.defined(n)) is not None and d.reduction == "max"]
    return form if any(m._replace(reduction="logsumexp") in totals for m in dropped) else None


# --- products -------------------------------------------------------------------------------------------------------


@rule(
    "product",
    identity="1/(1 + exp(-u)) = exp(u)/(1 + exp(u)) = sigmoid(u), (exp(u) - exp(v))/(exp(u) + exp(v)) = tanh((u - v)/2), exp(u)/(exp(u) - exp(v)) = -1/expm1(v - u)",
    reason="exponentials overflow, and inf/inf is NaN",
    again=True,
)  # fmt: skip
def ratio(s: Scalars, factors: Factors) -> Factors | None:
    exponent = NOTHING  # of all plain exponentials
    plain: list[int] = []
    for node, e in factors.powers.items():
        if s.op(s.through(node)) == "exp":
            exponent = exponent.plus(s.terms(s.operand(s.through(node))), Fraction(e))
            plain.append(node)
    for node, e in factors.powers.items():
        if e >= 0 or node in plain:
            continue
        found = s.exponentials(node)
        if found is None or len(found) < 2:
            known = _normaliser(s, node)
            if known is not None and plain and e == -1:
                return _normalised(s, factors, plain, exponent, node, known)
            continue
        for other, up in factors.powers.items():
            if up == 1 and other not in plain and len(found) == 2:
                above = s.exponentials(other)
                if above is not None and len(above) == 2:
                    result = _hyperbolic(s, factors, above, found, other, node)
                    if result is not None:
                        return result
        result = _logistic(s, factors, plain, exponent, found, node)
        if result is not None:
            return result
    return None


def _replaced(factors: Factors, gone: dict[int, int], coefficient: Fraction, new: dict[int, int]) -> Factors:
    powers = dict(factors.powers)
    for node, e in gone.items():
        powers[node] -= e
    for node, e in new.items():
        powers[node] = powers.get(node, 0) + e
    return Factors(factors.coefficient * coefficient, {n: e for n, e in powers.items() if e})


def _hyperbolic(
    s: Scalars, factors: Factors, above: list[Exponential], below: list[Exponential], top: int, bottom: int
) -> Factors | None:
    """A difference of two exponentials over their sum."""
    p, q = above
    u, v = below
    if p.coefficient == q.coefficient and u.coefficient == -v.coefficient:  # its inverse
        inverse = _hyperbolic(s, factors, below, above, bottom, top)
        if inverse is None:
            return None
        (value,) = [n for n in inverse.powers if n not in factors.powers]
        scale = inverse.coefficient / factors.coefficient
        return _replaced(factors, {top: 1, bottom: -1}, 1 / scale, {value: -1})
    if p.coefficient != -q.coefficient or u.coefficient != v.coefficient:
        return None
    if p.coefficient < 0:
        p, q = q, p
    difference = p.exponent.plus(q.exponent, -ONE)
    if {p.exponent.key, q.exponent.key} != {u.exponent.key, v.exponent.key}:
        return None
    value = s.make("tanh", s.linear(difference.scaled(HALF)))
    return _replaced(factors, {top: 1, bottom: -1}, p.coefficient / u.coefficient, {value: 1})


def _logistic(
    s: Scalars, factors: Factors, plain: list[int], exponent: Linear, below: list[Exponential], node: int
) -> Factors | None:
    """An exponential over a sum of exponentials that holds it."""
    gone = {n: factors.powers[n] for n in plain} | {node: -1}
    for k, term in enumerate(below):
        if term.exponent.key != exponent.key:
            continue
        others = [e for j, e in enumerate(below) if j != k]
        if all(e.coefficient / term.coefficient > 0 for e in others):
            scaled = [Exponential(e.coefficient / term.coefficient, e.exponent) for e in others]
            if len(scaled) == 1:
                argument = exponent.plus(scaled[0].exponent, -ONE)
                if scaled[0].coefficient != 1:
                    argument = argument.plus(Linear({}, Fraction(repr(math.log(scaled[0].coefficient)))), -ONE)
                value = s.make("sigmoid", s.linear(argument))
            elif s.again:  # the derivative of one that has its shift
                return None
            else:
                value = _softmax(s, exponent, scaled)
                s.shares[value] = exponent, scaled
            return _replaced(factors, gone, 1 / term.coefficient, {value: 1})
        if len(others) == 1 and others[0].coefficient == -term.coefficient and (plain or s.op(node) != "expm1"):
            value = s.make("expm1", s.linear(others[0].exponent.plus(exponent, -ONE)))
            return _replaced(factors, gone, -1 / term.coefficient, {value: -1})
    return None


def _softmax(s: Scalars, exponent: Linear, others: list[Exponential]) -> int:
    """``exp(u) / (exp(u) + sum of c exp(v))``, shifted by the largest exponent."""
    nodes = [s.linear(e.exponent) for e in others]
    u = s.linear(exponent)
    largest = u
    for node in nodes:
        largest = s.make("maximum", largest, node)
    shift = formula(s, "where(abs(m) == inf, 0, m)", m=s.make("held", largest))
    total: int | None = None
    for part, node in zip(others, nodes, strict=True):
        term = s.scale(part.coefficient, s.make("exp", s.make("sub", node, shift)))
        total = term if total is None else s.make("add", total, term)
    assert total is not None
    return s.make("share", s.make("exp", s.make("sub", u, shift)), total)


def _log_softmax(s: Scalars, exponent: Linear, others: list[Exponential]) -> int:
    """``log(exp(u) / (exp(u) + sum of c exp(v)))``: by the others' shares where u is the largest, else by its distance."""
    u = s.linear(exponent)
    nodes = [s.linear(e.exponent) for e in others]
    most = nodes[0]
    for node in nodes[1:]:
        most = s.make("maximum", most, node)
    shift = s.make("held", s.make("maximum", u, most))

    def total(base: int, start: int) -> int:
        result = start
        for part, node in zip(others, nodes, strict=True):
            term = s.scale(part.coefficient, s.make("exp", s.make("sub", node, base)))
            result = s.make("add", result, term)
        return result

    first = s.make("neg", s.make("log1p", total(u, s.number(0))))
    step = s.make("sub", u, shift)
    second = s.make("sub", step, s.make("log", total(shift, s.make("exp", step))))
    return s.body.apply("where", s.body.apply("le", most, u), first, second)


def _normaliser(s: Scalars, node: int) -> tuple[Fraction, int] | None:
    """``(c, L)`` where a node is ``c * exp(L)``, a sum over exponentials as a reduction."""
    found = log_of_reduction(s, node)
    return None if found is None else (ONE, found)


def _normalised(
    s: Scalars, factors: Factors, plain: list[int], exponent: Linear, node: int, known: tuple[Fraction, int]
) -> Factors:
    """An element of softmax."""
    coefficient, log = known
    value = s.make("exp", s.linear(exponent.plus(s.terms(log), -ONE)))
    gone = {n: factors.powers[n] for n in plain} | {node: -1}
    return _replaced(factors, gone, 1 / coefficient, {value: 1})


@rule(
    "product",
    identity="exp(u) exp(v) = exp(u + v), exp(u) / exp(v) = exp(u - v)",
    reason="each may overflow or vanish where the product does not",
    again=True,
)
def powers_of_e(s: Scalars, factors: Factors) -> Factors | None:
    nodes = [n for n in factors.powers if s.op(s.through(n)) == "exp"]
    if len(nodes) < 2:
        return None
    exponent = NOTHING
    for node in nodes:
        exponent = exponent.plus(s.terms(s.operand(s.through(node))), Fraction(factors.powers[node]))
    if s.again and not any(s.op(n) == "exp" for n in exponent.terms):
        return None  # they are at hand, and vanish together
    return _replaced(factors, {n: factors.powers[n] for n in nodes}, ONE, {s.make("exp", s.linear(exponent)): 1})


@rule(
    "product",
    identity="erfc(-x / sqrt(2)) / 2 = ndtr(x)",
    reason="the logarithm and the derivative of the normal distribution function are known by name",
    holds="up to the rounding of sqrt(2)",
)
def normal_distribution(s: Scalars, factors: Factors) -> Factors | None:
    for node, e in factors.powers.items():
        if e != 1 or s.op(node) != "erfc":
            continue
        inner = s.factors(s.operand(node))
        if abs(abs(float(inner.coefficient)) - _ROOT_HALF) > 4e-16:
            continue
        argument = s.product(-1 if inner.coefficient > 0 else 1, inner.powers)
        return _replaced(factors, {node: 1}, Fraction(2), {s.make("ndtr", argument): 1})
    return None


@rule(
    "product",
    identity="x / sqrt(x**2 + y**2) = direction(x, y)",
    reason="its derivative y**2 / hypot(x, y)**3 cancels where it is taken from the quotient",
)
def directions(s: Scalars, factors: Factors) -> Factors | None:
    for node, e in factors.powers.items():
        if e >= 0 or s.op(node) not in ("hypot", "smooth_abs"):
            continue
        operands = s.at(_as_hypot(s, node)).operands
        for operand in operands:
            other = next((o for o in operands if o != operand), operand)
            if factors.powers.get(operand, 0) > 0:
                return _replaced(factors, {node: -1, operand: 1}, ONE, {s.make("direction", operand, other): 1})
            if s.value(operand) is None and s.op(operand) in ("mul", "div"):
                inner = s.factors(operand)  # (x / c) / hypot(1, x / c)
                if all(factors.powers.get(n, 0) >= p > 0 for n, p in inner.powers.items() if p > 0) and all(
                    p > 0 for p in inner.powers.values()
                ):
                    gone = {node: -1, **inner.powers}
                    return _replaced(factors, gone, 1 / inner.coefficient, {s.make("direction", operand, other): 1})
    return None


@rule(
    "product",
    identity="x / (x + y) = share(x, y)",
    reason="its derivative y / (x + y)**2 cancels where it is taken from the quotient",
)
def shares(s: Scalars, factors: Factors) -> Factors | None:
    for node, e in factors.powers.items():
        if e != -1 or s.op(node) not in ("add", "sub"):
            continue
        form = s.terms(node)
        if len(form.terms) + bool(form.constant) < 2:
            continue
        for term, c in form.terms.items():
            inner = s.factors(term)
            held = all(p > 0 and factors.powers.get(n, 0) == p for n, p in inner.powers.items())
            if abs(c) == 1 and inner.coefficient == 1 and held:
                # x / (y - x) = -share(-x, y): the sum keeps its sign where it is 0
                signed = term if c > 0 else s.make("neg", term)
                gone = {node: -1, **inner.powers}
                return _replaced(factors, gone, c, {s.make("share", signed, s.linear(without(form, term))): 1})
    return None


@rule(
    "product",
    identity="(x**y - 1)/y = boxcox(x, y), expm1(t)/t = exp_moment(0, t), t/expm1(t) = 1/exp_moment(0, t)",
    reason="0/0 at 0, and a derivative that cancels near it",
)
def moments(s: Scalars, factors: Factors) -> Factors | None:
    for node, e in factors.powers.items():
        op = s.op(node)
        if op == "where" and e == 1 and _is_nan(s, s.operand(node, 2)):  # NaN outside a domain
            inner = moments(s, Factors(ONE, {**factors.powers, s.operand(node, 1): 1, node: 0}))
            if inner is None or len(inner.powers) != 1 or inner.coefficient != 1:
                continue
            (value,) = inner.powers
            guarded = s.body.apply("where", s.operand(node), value, s.operand(node, 2))
            return Factors(factors.coefficient, {guarded: 1})
        if op == "powm1" and e == 1 and factors.powers.get(s.operand(node, 1)) == -1:
            x, y = s.at(node).operands
            return _replaced(factors, {node: 1, y: -1}, ONE, {s.make("boxcox", x, y): 1})
        if op != "expm1" or abs(e) != 1:
            continue
        argument = s.operand(node)
        inner = s.factors(argument)
        if s.op(argument) == "weighted":
            inner = Factors(ONE, dict.fromkeys(s.at(argument).operands, 1))
        for below in inner.powers:
            if inner.powers[below] != 1 or factors.powers.get(below, 0) != -e:
                continue
            rest = {n: p for n, p in inner.powers.items() if n != below}
            gone = {node: e, below: -e}
            if e == 1 and len(rest) == 1 and inner.coefficient == 1:
                (log,) = rest
                if s.op(log) == "log" and rest[log] == 1:
                    value = s.make("boxcox", s.operand(log), below)
                    return _replaced(factors, gone, ONE, {value: 1})
            outer = inner.coefficient if e == 1 else 1 / inner.coefficient
            powers = {n: p * e for n, p in rest.items()}
            if e == 1:
                value = formula(s, "exp_moment(0, t)", t=argument)
            else:  # t/expm1(t) = exp(-t) (-t)/expm1(-t) does not overflow
                near = "where(t < -40, t / expm1(t), 1 / exp_moment(0, t))"  # the square of a small moment vanishes
                text = f"where(t > 0, exp(-t) / exp_moment(0, -t), {near})"
                value = formula(s, text, t=argument)
            return _replaced(factors, gone, outer, {**powers, value: 1})
    return None


_INFINITE_LOGS = frozenset({"log", "log1p", "log2", "log10", "log_ratio", "log1mexp", "log_expm1"})


@rule(
    "product",
    identity="x log(y) = 0 where x = 0",
    reason="0 log(0) is 0 in every entropy and likelihood, and 0 * -inf is NaN",
    holds="everywhere but where x = 0 and the logarithm is infinite, where it is the limit",
    again=True,
)
def weights(s: Scalars, factors: Factors) -> Factors | None:
    logs = [n for n, e in factors.powers.items() if e == 1 and s.op(n) in _INFINITE_LOGS]
    zeros = {n: e for n, e in factors.powers.items() if e > 0 and s.value(n) == 0}
    if logs and zeros:
        value = s.make("weighted", s.number(0), logs[0])
        return _replaced(factors, {**zeros, logs[0]: 1}, ONE, {value: 1})
    if len(logs) != 1:
        return None
    (log,) = logs
    top = {n: e for n, e in factors.powers.items() if e > 0 and n != log}
    if any(s.op(n) == "weighted" for n in top) or all(s.op(n) in ("exp", "real", "sqrt", "sigmoid") for n in top):
        return None
    gone = {**top, log: 1}
    return _replaced(factors, gone, ONE, {s.make("weighted", s.product(1, top), log): 1})


@rule(
    "product",
    identity="x sqrt(x) = x**1.5, sqrt(x)**3 = x**1.5",
    reason="the derivative of the root is infinite at 0, where its product with x is not",
)
def roots_of_factors(s: Scalars, factors: Factors) -> Factors | None:
    for node, e in factors.powers.items():
        if s.op(node) != "sqrt" or e < 1:
            continue
        x = s.operand(node)
        more = max(factors.powers.get(x, 0), 0)
        if e == 1 and not more:
            continue
        value = s.make("pow", x, s.number(more + Fraction(e, 2)))
        return _replaced(factors, {node: e, **({x: more} if more else {})}, ONE, {value: 1})
    return None


@rule(
    "product",
    identity="exp(x**2) erfc(x) = erfcx(x)",
    reason="the exponential overflows where the other vanishes",
)
def scaled_erfc(s: Scalars, factors: Factors) -> Factors | None:
    for node, e in factors.powers.items():
        if s.op(node) != "erfc" or e != 1:
            continue
        u = s.operand(node)
        for other, f in factors.powers.items():
            if s.op(other) == "exp" and f == 1 and s.operand(other) == s.make("pow", u, s.number(2)):
                return _replaced(factors, {node: 1, other: 1}, ONE, {s.make("erfcx", u): 1})
    return None


@rule(
    "product",
    identity="a**2 / b**2 = (a / b)**2",
    reason="squares overflow and vanish where their quotient does not",
)
def quotients_of_squares(s: Scalars, factors: Factors) -> Factors | None:
    for top, e in factors.powers.items():
        for bottom, f in factors.powers.items():
            if e >= 2 and f == -e:
                return _replaced(factors, {top: e, bottom: f}, ONE, {s.make("div", top, bottom): e})
    return None


def _opposite(s: Scalars, x: int, y: int) -> int | None:
    """``|x|`` where ``y = -x``."""
    form = s.terms(x)
    if not form.terms or form.key != s.terms(y).scaled(-ONE).key:
        return None
    return s.make("abs", y if s.op(x) == "neg" else x)


@rule(
    "maximum",
    identity="maximum(x, -x) = |x|",
    reason="an even function, whose derivative is known by name",
)
def larger_of_opposites(s: Scalars, x: int, y: int) -> int | None:
    return _opposite(s, x, y)


@rule(
    "minimum",
    identity="minimum(x, -x) = -|x|",
    reason="an even function, whose derivative is known by name",
)
def smaller_of_opposites(s: Scalars, x: int, y: int) -> int | None:
    found = _opposite(s, x, y)
    return None if found is None else s.make("neg", found)


# --- logarithms -----------------------------------------------------------------------------------------------------


def log_of_sum(s: Scalars, parts: list[Exponential]) -> int:
    """``log(sum of c exp(u))`` for positive coefficients."""
    exponents = [
        part.exponent
        if part.coefficient == 1
        else part.exponent.plus(Linear({}, Fraction(repr(math.log(part.coefficient)))))
        for part in parts
    ]
    if len(exponents) == 1:
        return s.linear(exponents[0])
    if len(exponents) == 2:
        u, v = exponents
        if not u.terms and not v.terms:
            return s.number(math.log(math.exp(u.constant) + math.exp(v.constant)))
        if not v.terms:
            u, v = v, u
        if not u.terms:  # log(c + exp(v)) = log(c) + softplus(v - log(c))
            inner = s.make("softplus", s.linear(v.plus(u, -ONE)))
            return s.add([(ONE, inner)], u.constant)
        if u.key == v.scaled(-ONE).key:
            return formula(s, "log_cosh(u) + 0.6931471805599453", u=s.linear(u if v.terms else v))
        return s.make("logaddexp", s.linear(u), s.linear(v))
    nodes = [s.linear(e) for e in exponents]
    largest = nodes[0]
    for node in nodes[1:]:
        largest = s.make("maximum", largest, node)
    shift = formula(s, "where(abs(m) == inf, 0, m)", m=s.make("held", largest))
    # The largest term is 1, and taken out as such: expm1 of 0, whose derivative is that of the exponential.
    total: int | None = None
    free = s.body.constant(True)
    for node in nodes:
        is_first = s.body.apply("and", free, s.body.apply("eq", node, largest))
        free = s.body.apply("and", free, s.body.apply("not", is_first))
        step = s.make("sub", node, shift)
        term = s.body.apply("where", is_first, s.make("expm1", step), s.make("exp", step))
        total = term if total is None else s.make("add", total, term)
    assert total is not None
    return s.make("add", shift, s.make("log1p", total))


def log_of_reduction(s: Scalars, node: int) -> int | None:
    """``log(sum[k](exp(u)))`` through the definition that an access reads."""
    definition = s.defined(node)
    if definition is None or definition.reduction not in ("sum", "prod"):
        return None
    body = s.b.body()
    (root,) = body.insert(definition.body, [len(definition.body) - 1])
    inner = Scalars(s.b, body, s.definition_of)
    log = log_of(inner, root)
    rank, extents = definition.rank, definition.extents
    free, reduced = extents[:rank], extents[rank:]
    if definition.reduction == "prod":
        if log is not None:
            number = s.b.comprehend(body, log, free, reduced, "sum")
            return s.b.access(s.body, number, *s.at(node).data[1])
        size = s.b.comprehend(body, inner.make("log", inner.make("abs", root)), free, reduced, "sum")
        odd = s.b.body()
        (term,) = odd.insert(definition.body, [len(definition.body) - 1])
        sign = s.b.comprehend(odd, odd.apply("sign", term), free, reduced, "prod")
        subscripts = s.at(node).data[1]
        names = {"a": s.b.access(s.body, size, *subscripts), "g": s.b.access(s.body, sign, *subscripts)}
        return formula(s, "where(g < 0, nan, a)", **names)
    if log is None:
        return None
    # What does not vary along the reduction leaves it: log(sum(exp(z - m))) = log(sum(exp(z))) - m.
    depends = _depends(body)
    form = inner.terms(log)
    inside = {n: c for n, c in form.terms.items() if any(k >= rank for k in depends[n])}
    outside = Linear({n: c for n, c in form.terms.items() if n not in inside}, form.constant)
    if not inside:
        return None
    number = s.b.comprehend(body, inner.linear(Linear(inside, Fraction(0))), free, reduced, "logsumexp")
    subscripts = s.at(node).data[1]
    total = s.b.access(s.body, number, *subscripts)
    if not outside.terms and not outside.constant:
        return total
    (moved,) = s.body.insert(body.equations, [inner.linear(outside)], replace_index=subscripts.__getitem__)
    return s.make("add", total, moved)


def _depends(body: BodyBuilder) -> list[frozenset[int]]:
    from gradc.ir.equations import index_dependencies

    return index_dependencies(body.equations)


def _log_atom(s: Scalars, node: int, depth: int) -> int | None:
    """``log(node)`` for a node that is positive by its form."""
    node = s.through(node)
    equation = s.at(node)
    op = equation.op
    if op == "exp":
        return equation.operands[0]
    if op in ("sigmoid", "ndtr", "cosh"):
        name = {"sigmoid": "log_sigmoid", "ndtr": "log_ndtr", "cosh": "log_cosh"}[op]
        return s.make(name, equation.operands[0])
    if op == "erfc":
        text = "where(abs(u) < 0.5, log1p(-erf(u)), log_ndtr(-1.4142135623730951 * u) + 0.6931471805599453)"
        return formula(s, text, u=equation.operands[0])
    if op == "expm1":
        return s.make("log_expm1", equation.operands[0])
    if op in ("add", "sub", "where") and (parts := s.exponentials(node)) is not None:
        if all(part.coefficient > 0 for part in parts):
            return log_of_sum(s, parts)
        if len(parts) == 2 and parts[0].coefficient == -parts[1].coefficient:
            p, q = sorted(parts, key=lambda part: -part.coefficient)  # c exp(u) - c exp(v)
            inner = s.make("log1mexp", s.linear(q.exponent.plus(p.exponent, -ONE)))
            constant = Linear({}, Fraction(repr(math.log(p.coefficient))) if p.coefficient != 1 else Fraction(0))
            return s.make("add", s.linear(p.exponent.plus(constant)), inner)
    if op == "where" and depth:
        condition, yes, no = equation.operands
        logs = [_log_branch(s, branch, depth) for branch in (yes, no)]
        if any(gained for _, gained in logs):
            return s.body.apply("where", condition, logs[0][0], logs[1][0])
        return None
    if op == "pow" and depth:
        base = log_of(s, equation.operands[0], depth - 1)
        return None if base is None else s.make("mul", equation.operands[1], base)
    if op == "sqrt" and depth:
        base = log_of(s, equation.operands[0], depth - 1)
        return None if base is None else s.make("mul", s.number(0.5), base)
    if op == "access":
        return log_of_reduction(s, node)
    return None


def _log_branch(s: Scalars, node: int, depth: int) -> tuple[int, bool]:
    found = log_of(s, node, depth - 1)
    return (s.make("log", node), False) if found is None else (found, True)


def log_of(s: Scalars, number: int, depth: int = 4) -> int | None:
    """``log(number)`` where a part of it is positive by its form and has a logarithm of its own."""
    number = s.through(number)
    if number in s.shares:
        return _log_softmax(s, *s.shares[number])
    factors = s.factors(number)
    coefficient = factors.coefficient
    found: dict[int, int] = {}
    if coefficient < 0:
        # -expm1(u) = 1 - exp(u) is the one negative that is positive.
        for node, e in factors.powers.items():
            if s.op(node) == "expm1" and e in (1, -1):
                found[node] = s.make("log1mexp", s.operand(node))
                coefficient = -coefficient
                break
        else:
            return None
    if not coefficient:
        return None
    rest: dict[int, int] = {}
    for node, e in factors.powers.items():
        if node in found:
            continue
        log = _log_atom(s, node, depth)
        if log is None:
            rest[node] = e
        else:
            found[node] = log
    if not found:
        return None
    form = NOTHING
    for node, log in found.items():
        form = form.plus(s.terms(log), Fraction(factors.powers[node]))
    if rest:
        (only, e), *more = rest.items()
        if not more and abs(e) == 1 and coefficient == 1:
            form = form.plus(s.terms(s.rewritten(s.make("log", only))), Fraction(e))
        else:
            form = form.plus(s.terms(s.rewritten(s.make("log", s.product(coefficient, rest)))))
    elif coefficient != 1:
        form = form.plus(Linear({}, Fraction(repr(math.log(coefficient)))))
    return s.linear(form)


@rule(
    "log",
    identity="log(exp(u)) = u, log(1 + exp(u)) = softplus(u), log(sum(exp(u))) = logsumexp(u), log(sigmoid(u)) = log_sigmoid(u), log(1 - exp(u)) = log1mexp(u), log(cosh(u)) = log_cosh(u), log(ndtr(u)) = log_ndtr(u), log(prod(p)) = sum(log(p)), and log(a b) = log(a) + log(b) for these",
    reason="the inner function overflows, vanishes or rounds to 1 where its logarithm is moderate",
)  # fmt: skip
def logarithm(s: Scalars, x: int) -> int | None:
    return log_of(s, x)


@rule(
    "log",
    identity="log(x + sqrt(x**2 + 1)) = arcsinh(x), log(x + sqrt(x**2 - 1)) = arccosh(x)",
    reason="the sum cancels for negative x, and x**2 overflows",
    holds="x >= 1 for arccosh; elsewhere the logarithm is taken as written",
)
def inverse_hyperbolic(s: Scalars, x: int) -> int | None:
    form = s.terms(s.written.get(x, x))
    for node, c in form.terms.items():
        rest = without(form, node)
        if c != 1 or not rest.terms:
            continue
        u = s.linear(rest)
        if s.op(node) in ("hypot", "smooth_abs"):
            operands = s.at(_as_hypot(s, node)).operands
            for a, b in (operands, operands[::-1]):
                size = s.value(b)
                if s.terms(a).key in (rest.key, rest.scaled(-ONE).key) and size:
                    if abs(size) == 1:
                        return s.make("arcsinh", u)
                    text = "arcsinh(u / c) + k"
                    return formula(s, text, u=u, c=s.number(abs(size)), k=s.number(math.log(abs(size))))
        square = s.monomials(s.operand(node)) if s.op(node) == "sqrt" else None
        if s.op(node) == "mul" and all(s.op(n) == "sqrt" for n in s.at(node).operands):
            square = s.monomials(s.make("mul", *(s.operand(n) for n in s.at(node).operands)))
        if square is None:
            continue
        other = s.monomials(s.make("mul", u, u))
        if other is not None and {**other, (): other.get((), Fraction(0)) - 1} == {(): Fraction(0), **square}:
            return formula(s, "where(u >= 1, arccosh(u), log(x))", u=u, x=x)
    return None


@rule(
    "log",
    identity="log(1 + x) = log1p(x), log(1 + x**2) = log1p_square(x), log(1 - x**2) = log((1 - x)(1 + x))",
    reason="1 + x rounds the digits of a small x away, and x**2 overflows",
)
def near_one(s: Scalars, x: int) -> int | None:
    form = s.terms(x)
    if form.constant != 1 or not form.terms:
        product = s.factors(s.operand(x) if s.op(x) == "stands_for" else x)
        lines = [s.terms(n) for n in product.powers]
        if product.coefficient == 1 and len(lines) == 2 and set(product.powers.values()) == {1}:
            total = lines[0].plus(lines[1])
            if not total.terms and total.constant == 2 and lines[0].constant == 1:
                u = s.linear(Linear(lines[0].terms, Fraction(0)))
                return formula(s, "where(u**2 < 0.5, log1p(-u**2), log(x))", u=u, x=x)
        return None
    rest = Linear(form.terms, Fraction(0))
    if len(rest.terms) == 1:
        ((node, c),) = rest.terms.items()
        factors = s.factors(node)
        scale = factors.coefficient * c
        if scale > 0 and factors.powers and all(e % 2 == 0 for e in factors.powers.values()):
            root = s.product(math.sqrt(scale), {n: e // 2 for n, e in factors.powers.items()})
            return s.make("log1p_square", root)
        odd = [n for n, e in factors.powers.items() if e % 2]
        if scale > 0 and len(odd) == 1 and any(e % 2 == 0 and e > 0 for e in factors.powers.values()):
            (y,) = odd
            e = factors.powers[y]
            if abs(e) == 1:
                halves = {n: p // 2 for n, p in factors.powers.items() if n != y}
                root = s.product(math.sqrt(scale), {**halves, s.make("sqrt", y): e})
                return formula(s, "where(y > 0, log1p_square(r), log1p(v))", y=y, r=root, v=s.linear(rest))
    return s.make("log1p", s.linear(rest))


@rule(
    "log",
    identity="log(x/y) = log_ratio(x, y) = log1p((x - y) / y), log(x**2) = 2 log(|x|), log(x**y) = y log(x)",
    reason="a quotient near 1 is rounded before its logarithm is taken; powers overflow",
    holds="0 < x < inf and |y| < inf for x**y, unless y is known; elsewhere the logarithm is taken as written",
)
def of_quotient(s: Scalars, x: int) -> int | None:
    equation = s.at(x)
    if equation.op == "pow":
        base, exponent = equation.operands
        power = s.value(exponent)
        if power is not None and power.denominator == 1 and power % 2 == 0:
            return s.make("mul", exponent, s.make("log", s.make("abs", base)))
        if power is not None:
            return s.make("mul", exponent, s.make("log", base))
        # A negative x may have a power; 0**0, 1**inf and inf**0 are 1.
        text = "where((x > 0) & (x < inf) & (abs(y) < inf), y * log(x), log(x**y))"
        return formula(s, text, x=base, y=exponent)
    if equation.op != "div":
        return None
    top, bottom = equation.operands
    if s.value(top) == 1:
        return s.make("neg", s.rewritten(s.make("log", bottom)))
    return _log_quotient(s, (s.terms(top), top), (s.terms(bottom), bottom))


@rule(
    "log1p",
    identity="log1p(exp(u)) = softplus(u), log1p(-exp(u)) = log1mexp(u), log1p(x**2) = log1p_square(x)",
    reason="the exponential and the square overflow",
)
def log1p_of(s: Scalars, x: int) -> int | None:
    factors = s.factors(x)
    if s.op(x) == "exp":
        return s.make("softplus", s.operand(x))
    if factors.coefficient == -1 and list(factors.powers.values()) == [1] and s.op(next(iter(factors.powers))) == "exp":
        return s.make("log1mexp", s.operand(next(iter(factors.powers))))
    found = s.exponentials(x)
    if found is not None and all(part.coefficient > 0 for part in found):
        return log_of_sum(s, [Exponential(ONE, NOTHING), *found])
    if s.op(x) == "pow" and s.value(s.operand(x, 1)) == 2:
        return s.make("log1p_square", s.operand(x))
    return None


# --- roots and powers -----------------------------------------------------------------------------------------------


def _root_of_square(s: Scalars, node: int, coefficient: Fraction) -> int | None:
    """The root of ``coefficient * node`` where that is a square."""
    factors = s.factors(node)
    scale = factors.coefficient * coefficient
    if scale <= 0 or not factors.powers or any(e % 2 or e < 0 for e in factors.powers.values()):
        return None
    root = _square_root(scale)
    return s.product(math.sqrt(scale) if root is None else root, {n: e // 2 for n, e in factors.powers.items()})


_LEAST_SOFTENING = Fraction(1, 10**37)  # a normal number in both dtypes, beside which a square that vanishes is nothing


def _as_hypot(s: Scalars, node: int) -> int:
    """``sqrt(x**2 + c)`` as ``hypot(x, sqrt(c))``, for identities that hold where the square overflows."""
    if s.op(node) != "smooth_abs":
        return node
    x, softening = s.at(node).operands
    value = s.value(softening)
    assert value is not None
    root = _square_root(value)
    return s.make("hypot", s.number(math.sqrt(value) if root is None else root), x)


@rule(
    "sqrt",
    identity="sqrt(x**2) = |x|, sqrt(x**2 + y**2) = hypot(x, y), sqrt(x**2 + c) = smooth_abs(x, c), sqrt(sum(v**2)) = norm(v), sqrt(exp(u)) = exp(u/2)",
    reason="squares overflow and vanish, and the derivative of the root is infinite at 0; a positive constant keeps the root from 0, and its derivatives from cancelling under a name of their own",
)  # fmt: skip
def norms(s: Scalars, x: int) -> int | None:
    if s.op(x) == "exp":
        return s.make("exp", s.make("mul", s.number(0.5), s.operand(x)))
    found = _norm_of_reduction(s, x)
    if found is not None:
        return found
    single = _root_of_square(s, x, ONE)
    if single is not None:
        return s.make("abs", single)
    if s.op(x) == "pow" and s.value(s.operand(x, 1)) == 2:
        return s.make("abs", s.operand(x))
    if s.op(x) == "pow" and (power := s.value(s.operand(x, 1))) is not None and power.denominator == 1 and power > 2:
        return s.make("pow", s.operand(x), s.number(power / 2))
    form = s.terms(x)
    if form.constant < 0 or not form.terms or len(form.terms) + bool(form.constant) not in range(2, 7):
        return None
    roots_of = [_root_of_square(s, node, c) for node, c in form.terms.items()]
    if any(root is None for root in roots_of):
        return None
    result: int | None = None
    if form.constant >= _LEAST_SOFTENING:
        if len(roots_of) > 1:
            return None  # as it is written
        (only,) = roots_of
        assert only is not None
        return s.make("smooth_abs", only, s.number(form.constant))
    if form.constant:
        exact = _square_root(form.constant)
        result = s.number(math.sqrt(form.constant) if exact is None else exact)
    for root in roots_of:
        assert root is not None
        result = root if result is None else s.make("hypot", result, root)
    return result


def _norm_of_reduction(s: Scalars, x: int) -> int | None:
    factors = s.factors(x)
    sums = [n for n, e in factors.powers.items() if e == 1 and _sum_definition(s, n) is not None]
    rest = {n: e for n, e in factors.powers.items() if n not in sums}
    if len(sums) != 1 or factors.coefficient <= 0 or any(s.op(n) != "real" for n in rest):
        return None
    (node,) = sums
    definition = _sum_definition(s, node)
    assert definition is not None
    body = s.b.body()
    (root,) = body.insert(definition.body, [len(definition.body) - 1])
    inner = Scalars(s.b, body, s.definition_of)
    term = _root_of_square(inner, root, ONE)
    if term is None:
        return None
    rank = definition.rank
    number = s.b.comprehend(body, term, definition.extents[:rank], definition.extents[rank:], "norm")
    norm = s.b.access(s.body, number, *s.at(node).data[1])
    if not rest and factors.coefficient == 1:
        return norm
    under = s.make("sqrt", s.product(factors.coefficient, rest)) if any(e > 0 for e in rest.values()) else None
    if under is None:
        below = s.product(1 / factors.coefficient, {n: -e for n, e in rest.items()})
        return s.make("div", norm, s.make("sqrt", below))
    return s.make("mul", norm, under)


@rule(
    "exp",
    identity="exp(log(x)) = x, exp(y log(x)) = x**y, exp(log_sigmoid(u)) = sigmoid(u), exp(-softplus(u)) = sigmoid(-u)",
    reason="the derivative multiplies 0 by an infinity where x = 0",
    holds="x >= 0; NaN elsewhere, as the logarithm is",
)
def of_logarithm(s: Scalars, x: int) -> int | None:
    op = s.op(x)
    if op == "access":
        return _product_of_logs(s, x)
    if op == "log":
        return formula(s, "where(x >= 0, x, nan)", x=s.operand(x))
    if op == "log1p":
        return formula(s, "where(x >= -1, 1 + x, nan)", x=s.operand(x))
    if op in ("log_sigmoid", "log_ndtr"):
        return s.make(op[4:], s.operand(x))
    if op == "softplus":
        return formula(s, "1 + exp(u)", u=s.operand(x))
    if op == "neg" and s.op(s.operand(x)) == "softplus":
        return formula(s, "sigmoid(-u)", u=s.operand(s.operand(x)))
    if op == "weighted" and s.op(s.operand(x, 1)) == "log":
        return formula(s, "where(y >= 0, y**w, nan)", y=s.operand(s.operand(x, 1)), w=s.operand(x))
    if op == "mul":
        left, right = s.at(x).operands
        for weight, log in ((left, right), (right, left)):
            if s.op(log) == "log":
                return formula(s, "where(y >= 0, y**w, nan)", y=s.operand(log), w=weight)
    return None


def _product_of_logs(s: Scalars, x: int) -> int | None:
    """``exp(sum(log(v))) = prod(v)``."""
    definition = _sum_definition(s, x)
    if definition is None or definition.body[-1].op != "log":
        return None
    rank, extents = definition.rank, definition.extents
    if len(extents) != rank + 1:
        return None
    body = s.b.body()
    (term,) = body.insert(definition.body, [definition.body[-1].operands[0]])
    product = s.b.comprehend(body, term, extents[:rank], extents[rank:], "prod")
    negative = s.b.body()
    (term,) = negative.insert(definition.body, [definition.body[-1].operands[0]])
    count = formula(Scalars(s.b, negative, s.definition_of), "where(x >= 0, 0, 1)", x=term)
    number = s.b.comprehend(negative, count, extents[:rank], extents[rank:], "sum")
    subscripts = s.at(x).data[1]
    names = {"p": s.b.access(s.body, product, *subscripts), "c": s.b.access(s.body, number, *subscripts)}
    return formula(s, "where(c == 0, p, nan)", **names)


@rule(
    "arccos",
    identity="arccos(1 - x) = 2 arcsin(sqrt(x/2))",
    reason="1 - x rounds the digits of a small x away",
    holds="0 <= x < 1; elsewhere the arc cosine is taken as written",
)
def small_angle(s: Scalars, x: int) -> int | None:
    form = s.terms(s.written.get(x, x))
    if form.constant != 1 or not form.terms:
        return None
    u = s.linear(Linear(form.terms, Fraction(0)).scaled(-ONE))
    root = s.rewritten(s.make("sqrt", s.make("mul", s.number(0.5), u)))
    return formula(s, "where((u >= 0) & (u < 1), 2 * arcsin(r), arccos(x))", u=u, r=root, x=x)


@rule(
    "arctan",
    identity="arctan(y/x) = arctan_ratio(y, x)",
    reason="at x = 0 the derivative of the arc tangent is 0 and that of the quotient infinite, where their product is finite",
)
def angle(s: Scalars, x: int) -> int | None:
    if s.op(x) != "div" or s.value(s.operand(x, 1)) is not None:
        return None
    return s.make("arctan_ratio", s.operand(x), s.operand(x, 1))


@rule(
    "pow",
    identity="exp(u)**y = exp(u y), sqrt(x)**3 = x**1.5",
    reason="the exponential may overflow where its power does not; the derivative of the root is infinite at 0",
)
def power_of_function(s: Scalars, base: int, exponent: int) -> int | None:
    power = s.value(exponent)
    if s.op(base) == "sqrt" and power is not None and power > 2:
        return s.make("pow", s.operand(base), s.number(power / 2))
    if s.op(base) != "exp" or power == 2:
        return None
    return s.make("exp", s.make("mul", s.operand(base), exponent))
