"""Sums whose terms are themselves sums over an index: variances, distances, and the shift of a softmax by hand.

    mean(x**2) - mean(x)**2 -> mean((x - mean(x))**2)

`RULES` has the rules in the order in which they are tried.
"""

from __future__ import annotations

from gradc.ir.definitions import Comprehension
from gradc.ir.equations import REAL
from gradc.ir.size import Size, index
from gradc.stabilise.identity import ONE, Identity, entering, sum_definition, with_term, without
from gradc.stabilise.polynomials import quadratic_form
from gradc.stabilise.views import Factors, Linear, Scalars

RULES: list[Identity] = []
rule = entering(RULES)

_MOST_PARTS = 100  # of nested sums that are looked through


# --- sums through reductions ----------------------------------------------------------------------------------------


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
        of_squares = sum_definition(s, squares)
        if of_squares is None or first.powers[squares] != 1:
            continue
        for plain in second.powers:
            of_plain = sum_definition(s, plain)
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
    nodes = [n for n in form.terms if sum_definition(s, n) is not None]
    if len(nodes) < 2 or all(form.terms[n] > 0 for n in nodes):
        return None
    first = sum_definition(s, nodes[0])
    assert first is not None
    reduced = first.extents[first.rank :]
    here = len(s.extents)
    body = s.b.body()
    inner = Scalars(s.b, body, s.definition_of)
    parts = []
    for node in nodes:
        definition = sum_definition(s, node)
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
