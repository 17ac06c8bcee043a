"""Sums that are polynomials: squares that show, conjugates, and constants that cancel.

    x*x - 2*x*y + y*y -> (x - y)**2

`RULES` has the rules in the order in which they are tried.
"""

from __future__ import annotations

from fractions import Fraction

from gradc.stabilise.identity import ONE, Identity, entering, formula, square_root, with_term, without
from gradc.stabilise.powers import as_hypot
from gradc.stabilise.views import Linear, Monomials, Scalars

RULES: list[Identity] = []
rule = entering(RULES)

# --- sums: polynomials ----------------------------------------------------------------------------------------------


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
        root = square_root(b * b - 4 * a * c)
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
        node = as_hypot(s, written)
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
    identity="c a + c b = c / s (s a + s b) where s is the power of two below c, or 1",
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
            if factors.coefficient == factors.coefficient.numerator or _below(factors.coefficient) == abs(
                factors.coefficient
            ):
                return None  # such products are exact as they stand
            parts.append((sign * factors.coefficient, node))
        if len(parts) + len(pending) > 8:
            return None
    if len({abs(c) for c, _ in parts}) != 1 or len(parts) < 2:
        return None
    first = parts[0][0]
    step = min(_below(first), ONE)  # the terms are made smaller by as much, exactly, so that no sum of them overflows
    total: int | None = None
    for c, node in parts:
        term = s.product_of_scaled(step, s.factors(node).powers)
        total = term if total is None else s.make("add" if c == first else "sub", total, term)
    assert total is not None
    return Linear({s.make("mul", s.number(first / step), total): ONE}, Fraction(0))


def _below(c: Fraction) -> Fraction:
    """The largest power of two that is at most ``|c|``."""
    power = Fraction(2) ** (abs(c.numerator).bit_length() - c.denominator.bit_length())
    return power if power <= abs(c) else power / 2
