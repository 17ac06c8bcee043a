"""Make a draft that fails smaller, for as long as it fails in the same way.

>>> from gradc.tools.operations import random_draft
>>> small = shrink(random_draft(3), lambda draft: bool(draft.statements))
>>> len(small.statements)
1
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from time import monotonic

from gradc.tools.drafts import Argument, Draft, Statement, of_numbers, renamed

_NAME = re.compile(r"[^\W\d]\w*")
_PLAIN = ("n", "d", "k", "m", "p", "q")


def shrink(draft: Draft, fails: Callable[[Draft], bool], seconds: float = 60.0) -> Draft:
    """The smallest draft that is found within the time, for which `fails` still holds."""
    until = monotonic() + seconds
    draft = _pruned(draft) if fails(_pruned(draft)) else draft
    changed = True
    while changed and monotonic() < until:
        changed = False
        for smaller in candidates(draft):
            if monotonic() > until:
                break
            if fails(smaller):
                draft, changed = smaller, True
                break
    return draft


def candidates(draft: Draft) -> Iterator[Draft]:
    """Drafts that are a step smaller or plainer, the boldest first."""
    count = len(draft.statements)
    for end in range(1, count):
        yield _pruned(draft._replace(statements=draft.statements[:end]))
    for at in range(count - 1, -1, -1):
        for other in _substitutes(draft, at):
            yield _pruned(_without(draft, at, other))
    for at, statement in enumerate(draft.statements):
        for k, operand in enumerate(statement.operands):
            for other in (*_substitutes(draft, at, operand), "1.0", "0.5"):
                if other != operand and f"{{{k}}}" in statement.template and _is_plainer(other, operand, draft):
                    operands = (*statement.operands[:k], other, *statement.operands[k + 1 :])
                    yield _pruned(_with(draft, at, statement._replace(operands=operands)))
    for name, number in draft.dims:
        for smaller in dict.fromkeys((0, 1, 2, 3, number // 2, number - 1)):
            if 0 <= smaller < number:
                yield draft._replace(dims=tuple((n, smaller if n == name else size) for n, size in draft.dims))
    for name, number in draft.dims:
        yield _fixed(draft, name, number)
    for k, argument in enumerate(draft.arguments):
        if argument.draw not in ("normal", "index", "mask"):
            plain = "normal" if argument.kind == "real" else "index"
            arguments = (*draft.arguments[:k], argument._replace(draw=plain), *draft.arguments[k + 1 :])
            yield draft._replace(arguments=arguments)
    yield from _renamings(draft)


def _is_plainer(other: str, operand: str, draft: Draft) -> bool:
    """So that replacing comes to an end: arguments before statements, statements before later ones, then constants."""
    order = [argument.name for argument in draft.arguments] + [statement.target for statement in draft.statements]

    def rank(name: str) -> int:
        return order.index(name) if name in order else {"1.0": -2, "0.5": -1}.get(name, len(order))

    return rank(other) < rank(operand)


def _substitutes(draft: Draft, at: int, name: str | None = None) -> list[str]:
    """Earlier values of the same shape and kind as a statement's target, or as a value that it reads."""
    known: dict[str, tuple[object, str]] = {a.name: (a.shape, a.kind) for a in draft.arguments}
    known |= {s.target: (s.shape, s.kind) for s in draft.statements[:at]}
    statement = draft.statements[at]
    wanted = (statement.shape, statement.kind) if name is None else known.get(name)
    return [other for other, found in known.items() if found == wanted and other != name]


def _without(draft: Draft, at: int, other: str) -> Draft:
    """The draft without a statement, whose readers read another value."""
    target = draft.statements[at].target
    kept = []
    for statement in (*draft.statements[:at], *draft.statements[at + 1 :]):
        operands = tuple(other if operand == target else operand for operand in statement.operands)
        kept.append(statement._replace(operands=operands))
    if at == len(draft.statements) - 1 and not (kept and kept[-1].target == other):
        return draft
    return draft._replace(statements=tuple(kept))


def _with(draft: Draft, at: int, statement: Statement) -> Draft:
    return draft._replace(statements=(*draft.statements[:at], statement, *draft.statements[at + 1 :]))


def _pruned(draft: Draft) -> Draft:
    """The draft without statements and arguments that nothing reads; dimensions that go become numbers."""
    needed: set[str] = set()
    kept: list[Statement] = []
    for number, statement in enumerate(reversed(draft.statements)):
        if number == 0 or statement.target in needed:
            kept.append(statement)
            used = [operand for k, operand in enumerate(statement.operands) if f"{{{k}}}" in statement.template]
            needed.update(name for operand in used for name in _NAME.findall(operand))
    arguments = tuple(a for a in draft.arguments if a.name in needed)
    reals = [a for a in arguments if a.dtype == "real"]
    if not reals:
        arguments += tuple(a for a in draft.arguments if a.dtype == "real")[:1]
    named = {str(atom[1]) for a in arguments for extent in a.shape for atom in extent.atoms() if atom[0] == "dim"}
    dims = tuple((name, number) for name, number in draft.dims if name in named)
    # Every dimension must be seen alone, or gradc cannot tell it: another argument may have told it before.
    return draft._replace(dims=dims, arguments=arguments, statements=tuple(reversed(kept)))


def _fixed(draft: Draft, name: str, number: int) -> Draft:
    """The draft with a number in the place of a dimension."""
    numbers = {name: number}
    arguments = tuple(a._replace(shape=tuple(of_numbers(s, numbers) for s in a.shape)) for a in draft.arguments)
    statements = tuple(s._replace(shape=tuple(of_numbers(e, numbers) for e in s.shape)) for s in draft.statements)
    dims = tuple((n, size) for n, size in draft.dims if n != name)
    return draft._replace(dims=dims, arguments=arguments, statements=statements)


def _renamings(draft: Draft) -> Iterator[Draft]:
    """Plain names: the function's, then one dimension or argument at a time."""
    taken = {a.name for a in draft.arguments} | {n for n, _ in draft.dims} | {s.target for s in draft.statements}
    if draft.name != "loss" and "loss" not in taken:
        yield draft._replace(name="loss")
    for name, _ in draft.dims:
        plain = next((letter for letter in _PLAIN if letter not in taken), None)
        if name not in _PLAIN and plain is not None:
            new = {name: plain}
            arguments = tuple(a._replace(shape=tuple(renamed(s, new) for s in a.shape)) for a in draft.arguments)
            statements = tuple(s._replace(shape=tuple(renamed(e, new) for e in s.shape)) for s in draft.statements)
            dims = tuple((new.get(n, n), size) for n, size in draft.dims)
            yield draft._replace(dims=dims, arguments=arguments, statements=statements)
    for k, argument in enumerate(draft.arguments):
        plain = next((letter for letter in ("x", "y", "z", "w", "u", "v") if letter not in taken), None)
        if argument.name not in ("x", "y", "z", "w", "u", "v") and plain is not None:
            yield _argument_renamed(draft, k, argument, plain)


def _argument_renamed(draft: Draft, k: int, argument: Argument, plain: str) -> Draft:
    arguments = (*draft.arguments[:k], argument._replace(name=plain), *draft.arguments[k + 1 :])
    statements = tuple(
        s._replace(operands=tuple(plain if operand == argument.name else operand for operand in s.operands))
        for s in draft.statements
    )
    return draft._replace(arguments=arguments, statements=statements)
