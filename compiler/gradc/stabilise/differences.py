"""Sums that cancel where a function is near a constant, or two values of one function near one another.

    exp(x) - 1 -> expm1(x)              sqrt(x) - sqrt(y) -> (x - y) / (sqrt(x) + sqrt(y))

`RULES` has the rules in the order in which they are tried.
"""

from __future__ import annotations

from fractions import Fraction

from gradc.stabilise.identity import HALF, ONE, Identity, entering, formula, pairs, shared, with_term, without
from gradc.stabilise.views import Exponential, Linear, Scalars

RULES: list[Identity] = []
rule = entering(RULES)

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


def is_nan(s: Scalars, node: int) -> bool:
    equation = s.at(node)
    return equation.op == "constant" and equation.data != equation.data


def _near_constant(s: Scalars, node: int, ratio: Fraction) -> int | None:
    """``ratio + node``, where the two cancel."""
    equation = s.at(node)
    for k, text in COMPLEMENTS.get(equation.op, ()):
        if ratio == k:
            return formula(s, text, **_multiples(s, equation.operands[0]))
    if equation.op == "where" and is_nan(s, equation.operands[2]):
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
        elif not shared(s.terms(a), s.terms(b)):
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


def log_quotient(s: Scalars, top: tuple[Linear, int], bottom: tuple[Linear, int]) -> int:
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
        value = log_quotient(s, top, bottom)
        if s.op(value) in ("log_ratio", "where"):
            text = "where(abs(d) < 0.5 * b, log1p(d / b), p - q)"
            return formula(s, text, d=d, b=bottom[1], p=p, q=q)
        return value
    value = log_quotient(s, top, bottom)
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
        saved = shared(a, b)
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
        if op == "digamma" and not shared(a, b):
            continue
        value = formula(s, _DIFFERENCES[op], u=u, v=v, d=s.linear(difference))
        plain = s.make("sub", p, q)
        value = value if op == "digamma" else s.make("stands_for", value, plain)
        return with_term(without(form, p, q), form.terms[p], value)
    return None
