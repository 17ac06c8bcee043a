"""Products and quotients: of exponentials, of numbers beside their norm, and powers that overflow on the way.

    exp(x) / (1 + exp(x)) -> sigmoid(x)

`RULES` has the rules in the order in which they are tried.
"""

from __future__ import annotations

import math
from fractions import Fraction

from gradc.stabilise.differences import is_nan
from gradc.stabilise.identity import HALF, NOTHING, ONE, Identity, entering, formula, without
from gradc.stabilise.logarithms import log_of_reduction
from gradc.stabilise.powers import as_hypot
from gradc.stabilise.views import Exponential, Factors, Linear, Scalars

RULES: list[Identity] = []
rule = entering(RULES)

_ROOT_HALF = math.sqrt(0.5)


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
        operands = s.at(as_hypot(s, node)).operands
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
        if op == "where" and e == 1 and is_nan(s, s.operand(node, 2)):  # NaN outside a domain
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
