"""Put stable forms in the place of formulas that overflow, cancel or meet 0 * inf.

    t[i:n] = log(1 + exp(-(y[i] * z[i])))          ->          t[i:n] = softplus(-(y[i] * z[i]))

    s = sum[k:c](exp(z[k]))                        ->          s = logsumexp[k:c](z[k])
    p[k:c] = exp(z[k]) / s                                     p[k:c] = exp(z[k] - s)

The identities are in `gradc.stabilise`, by the kind of expression that they read. Each operation is tried once,
its operands first; a sum or a product only where it is not part of a larger one. It is applied before differentiation,
so that what is recognised has a stable derivative of its own, and the rules marked `again` once more after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gradc.ir.definitions import Accumulation, Comprehension, Definition, Scan, make_accumulation, result_count
from gradc.ir.equations import REAL, BodyBuilder, Equation, needed_by, references
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size
from gradc.passes.rebuild import redefine
from gradc.stabilise.fit import fitted
from gradc.stabilise.identity import FIT, Identity
from gradc.stabilise.table import IDENTITIES
from gradc.stabilise.views import Factors, Linear, Scalars

_FAMILY = {"add": "sum", "sub": "sum", "mul": "product", "div": "product"}
_FITTED = frozenset({"add", "sub", "mul", "div", "log"})  # where digits are lost, or 0/0 arises
_REPEATS = 6  # rules on one sum or product: each makes it shorter


class Rewriting(NamedTuple):
    """The program, and the identities that were applied, in order, each once."""

    program: Program
    applied: tuple[Identity, ...]


def stabilise(program: Program, *, again: bool = False) -> Rewriting:
    """The program in stable forms.

    Parameters
    ----------
    again
        Whether the program is a derivative, to which only the rules marked so apply.
    """
    run = _Run(again)
    return Rewriting(run.program(program), tuple(run.applied))


def stabilise_derivative(program: Program) -> Program:
    """The program with the rules applied that are for derivatives; the program itself where none applies."""
    found = stabilise(program, again=True)
    return found.program if found.applied else program


class _Run:
    def __init__(self, again: bool) -> None:
        self.again = again
        self.applied: dict[Identity, None] = {}
        self.rules: dict[str, list[Identity]] = {}
        for identity in IDENTITIES:
            if identity.again or not again:
                for kind in identity.on:
                    self.rules.setdefault(kind, []).append(identity)

    def program(self, program: Program) -> Program:
        definition_of: dict[int, Definition] = {}
        seen = 0

        def change(b: ProgramBuilder, definition: Definition) -> Definition:
            nonlocal seen
            for defined in b.definitions[seen:]:  # those that rules have added, too
                for _ in range(result_count(defined)):
                    definition_of[len(program.parameters) + len(definition_of)] = defined
            seen = len(b.definitions)
            return self._definition(b, definition, definition_of)

        return redefine(program, change)

    def _definition(self, b: ProgramBuilder, definition: Definition, known: dict[int, Definition]) -> Definition:
        if isinstance(definition, Comprehension):
            body, (root,) = self._body(b, definition.extents, definition.body, [len(definition.body) - 1], known)
            return definition._replace(body=body.extract([root])[0])
        if isinstance(definition, Accumulation):
            pieces = []
            for extents, equations, stores in definition.pieces:
                inner = [a[1] for s in stores for part in s.subscripts for a in part.atoms() if a[0] == "ref"]
                roots = [store.value for store in stores]
                body, numbers = self._body(b, extents, equations, [*roots, *inner], known)
                refs = dict(zip(inner, numbers[len(roots) :], strict=True))

                def place(part: Size, body: BodyBuilder = body, refs: dict[int, int] = refs) -> Size:
                    return part.substitute(lambda atom: body.as_size(refs[atom[1]]) if atom[0] == "ref" else None)

                placed = [tuple(place(part) for part in store.subscripts) for store in stores]
                pieces.append((extents, body, list(zip(placed, numbers[: len(roots)], strict=True))))
            return make_accumulation(definition.shape, pieces)
        if isinstance(definition, Scan):
            return definition._replace(body=self.program(definition.body))
        return definition

    def _body(
        self,
        b: ProgramBuilder,
        extents: tuple[Size, ...],
        equations: Sequence[Equation],
        roots: Sequence[int],
        known: dict[int, Definition],
    ) -> tuple[BodyBuilder, list[int]]:
        body = b.body()
        s = Scalars(b, body, known)
        s.extents, s.again = extents, self.again
        s.rewritten = lambda number: self._rewritten(s, number)
        needed = needed_by(equations, roots)
        parts = _parts(equations, needed, roots)
        new: dict[int, int] = {}

        def replace(atom: Any) -> Size | None:
            return body.as_size(new[atom[1]]) if atom[0] == "ref" else None

        for number in needed:
            equation = equations[number]
            op = equation.op
            if op == "constant":
                new[number] = body.constant(equation.data)
            elif op == "integer":
                new[number] = body.integer(equation.data.substitute(replace))
            elif op == "access":
                array, subscripts = equation.data
                new[number] = body.access(array, tuple(p.substitute(replace) for p in subscripts), equation.kind)
            else:
                made = body.apply(op, *(new[operand] for operand in equation.operands))
                new[number] = made if number in parts or equation.kind != REAL else self._rewritten(s, made)
        return body, [new[root] for root in roots]

    def _rewritten(self, s: Scalars, number: int) -> int:
        found = self._by_rules(s, number)
        if s.op(found) in _FITTED:
            fit = fitted(s, found)
            if fit is not None:
                self.applied[FIT] = None
                return fit
        return found

    def _by_rules(self, s: Scalars, number: int) -> int:
        equation = s.at(number)
        family = _FAMILY.get(equation.op)
        if family == "sum":
            return self._sum(s, number)
        if family == "product":
            return self._product(s, number)
        for identity in self.rules.get(equation.op, ()):
            found = identity.apply(s, *equation.operands)
            if found is not None:
                self.applied[identity] = None
                return int(found)
        return number

    def _sum(self, s: Scalars, number: int) -> int:
        form: Linear = s.terms(number)
        s.root = number
        changed = False
        for identity in self.rules.get("shift", ()):
            found = identity.apply(s, number, form)
            if found is not None:
                self.applied[identity] = None
                form, changed = found, True
        if len(form.terms) + bool(form.constant) < 2:
            return s.linear(form) if changed else number
        for _ in range(_REPEATS):
            for identity in self.rules.get("sum", ()):
                found = identity.apply(s, form)
                if found is not None:
                    self.applied[identity] = None
                    form, changed = found, True
                    break
            else:
                break
        if not changed:
            return number
        made = s.linear(form)
        s.written.setdefault(made, number)
        return made

    def _product(self, s: Scalars, number: int) -> int:
        factors: Factors = s.factors(number)
        s.root = number
        changed = False
        for _ in range(_REPEATS):
            for identity in self.rules.get("product", ()):
                found = identity.apply(s, factors)
                if found is not None:
                    self.applied[identity] = None
                    factors, changed = found, True
                    break
            else:
                break
        if not changed and factors.coefficient in (1, -1) and _constants(s, number) > 1:
            changed = True  # constants that what was rewritten below has brought, such as 2 * 0.5
        return s.product(factors.coefficient, factors.powers) if changed else number


def _constants(s: Scalars, number: int) -> int:
    """How many constant factors a product of a few has, leaving out signs."""
    count, pending, steps = 0, [number], 0
    while pending and steps < 32:
        node = pending.pop()
        steps += 1
        if s.op(node) in ("mul", "div", "neg"):
            pending += s.at(node).operands
        elif s.value(node) is not None:
            count += 1
    return count


def _parts(equations: Sequence[Equation], needed: Sequence[int], roots: Sequence[int]) -> set[int]:
    """The sums and products that are only part of a larger sum or product."""
    users: dict[int, set[str]] = {}
    for number in reversed(needed):
        equation = equations[number]
        if equation.op == "neg":  # passes on who uses it
            kinds = users.get(number, set()) or {"root"}
        else:
            kinds = {_FAMILY.get(equation.op, equation.op)}
        for below in references(equation):
            users.setdefault(below, set()).update(kinds)
    outer = set(roots)
    return {
        number
        for number in needed
        if number not in outer and users.get(number) == {_FAMILY.get(equations[number].op, "")}
    }
