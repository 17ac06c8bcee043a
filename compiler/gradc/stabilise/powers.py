"""Roots, powers and exponentials, and angles at the ends of their domain.

    sqrt(x**2 + y**2) -> hypot(x, y)

`RULES` has the rules in the order in which they are tried.
"""

from __future__ import annotations

import math
from fractions import Fraction

from gradc.stabilise.identity import ONE, Identity, entering, formula, square_root, sum_definition
from gradc.stabilise.views import Linear, Scalars

RULES: list[Identity] = []
rule = entering(RULES)

# --- roots and powers -----------------------------------------------------------------------------------------------


def _root_of_square(s: Scalars, node: int, coefficient: Fraction) -> int | None:
    """The root of ``coefficient * node`` where that is a square."""
    factors = s.factors(node)
    scale = factors.coefficient * coefficient
    if scale <= 0 or not factors.powers or any(e % 2 or e < 0 for e in factors.powers.values()):
        return None
    root = square_root(scale)
    return s.product(math.sqrt(scale) if root is None else root, {n: e // 2 for n, e in factors.powers.items()})


_LEAST_SOFTENING = Fraction(1, 10**37)  # a normal number in both dtypes, beside which a square that vanishes is nothing


def as_hypot(s: Scalars, node: int) -> int:
    """``sqrt(x**2 + c)`` as ``hypot(x, sqrt(c))``, for identities that hold where the square overflows."""
    if s.op(node) != "smooth_abs":
        return node
    x, softening = s.at(node).operands
    value = s.value(softening)
    assert value is not None
    root = square_root(value)
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
        exact = square_root(form.constant)
        result = s.number(math.sqrt(form.constant) if exact is None else exact)
    for root in roots_of:
        assert root is not None
        result = root if result is None else s.make("hypot", result, root)
    return result


def _norm_of_reduction(s: Scalars, x: int) -> int | None:
    factors = s.factors(x)
    sums = [n for n, e in factors.powers.items() if e == 1 and sum_definition(s, n) is not None]
    rest = {n: e for n, e in factors.powers.items() if n not in sums}
    if len(sums) != 1 or factors.coefficient <= 0 or any(s.op(n) != "real" for n in rest):
        return None
    (node,) = sums
    definition = sum_definition(s, node)
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
    definition = sum_definition(s, x)
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
