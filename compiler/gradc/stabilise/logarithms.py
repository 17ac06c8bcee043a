"""Logarithms of sums, of products and of functions.

    log(1 + exp(x)) -> softplus(x)              log(sum[j:n](exp(z[j]))) -> logsumexp[j:n](z[j])

`RULES` has the rules in the order in which they are tried.
"""

from __future__ import annotations

import math
from fractions import Fraction

from gradc.ir.equations import BodyBuilder
from gradc.stabilise.differences import log_quotient
from gradc.stabilise.identity import NOTHING, ONE, Identity, entering, formula, without
from gradc.stabilise.powers import as_hypot
from gradc.stabilise.views import Exponential, Linear, Scalars

RULES: list[Identity] = []
rule = entering(RULES)

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
            operands = s.at(as_hypot(s, node)).operands
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
    return log_quotient(s, (s.terms(top), top), (s.terms(bottom), bottom))


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
