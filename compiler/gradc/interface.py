"""What a program needs of its arguments, as a user writes it and as the runtime checks it.

signature_text(program.parameters)      # "w[d], X[n,d]"
constraints(program)                    # extents that must not be negative, with the reasons
entry(program, "logistic", ...)         # the record by which Python calls the C of the program
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gradc.emit.names import c_identifier
from gradc.errors import NotDifferentiableError, SignatureError
from gradc.ir.definitions import KIND_OF_DTYPE, Comprehension, Parameter, bodies_of, sizes_of
from gradc.ir.divisors import divisors
from gradc.ir.equations import references
from gradc.ir.program import Program, fresh
from gradc.ir.ranges import bounds_of, stays_inside
from gradc.ir.size import ONE, Size
from gradc.runtime.arguments import Entry, Input, Output, Polynomial


def signature_text(parameters: Sequence[Parameter]) -> str:
    """The signature as a user writes it."""
    parts = []
    for parameter in parameters:
        shape = f"[{','.join(map(str, parameter.shape))}]" if parameter.shape else ""
        dtype = "" if parameter.dtype == "real" else f":{parameter.dtype}"
        parts.append(f"{parameter.name}{shape}{dtype}")
    return ", ".join(parts)


def positions(program: Program, wrt: Sequence[str]) -> list[int]:
    """The numbers of the parameters to differentiate by."""
    names = [parameter.name for parameter in program.parameters]
    for name in wrt:
        if name not in names:
            raise SignatureError(f"wrt names {name!r}, which is no argument; the arguments are {', '.join(names)}")
        parameter = program.parameters[names.index(name)]
        if KIND_OF_DTYPE[parameter.dtype] != "real":
            raise NotDifferentiableError(
                f"{name} holds {parameter.dtype}, and a derivative by it does not exist; leave it out of wrt"
            )
    if len(set(wrt)) != len(wrt):
        raise SignatureError(f"wrt names an argument twice: {', '.join(wrt)}")
    return [names.index(name) for name in wrt]


# --- what must hold of the sizes ------------------------------------------------------------------------------------


def constraints(program: Program) -> tuple[tuple[Polynomial, str], ...]:
    """What must not be negative for the program to have a meaning, as the runtime's plain data, with the reasons."""
    return tuple((polynomial(value), text) for value, text in needs(program).items())


def needs(program: Program) -> dict[Size, str]:
    """What must not be negative, with the reasons.

    Divisors less one, where something is divided; extents; for a maximum its terms less one; the room for reads.
    """
    found: dict[Size, str] = {}

    def need(value: Size, reason: str) -> None:
        if any(coefficient < 0 for _, coefficient in value.terms) and not value.mentions("index"):
            least = min(sum(c for monomial, c in value.terms if not monomial), 0)
            found.setdefault(value, f"{value - least} >= {-least} ({reason})")

    for divisor, times, text in divisors(program):
        found.setdefault((divisor - ONE) * times, f"{divisor} >= 1 ({text})")
    for parameter in program.parameters:
        for extent in parameter.shape:
            need(extent, f"{parameter.name} has an axis of length {extent}")
    for definition in program.definitions:
        for extent in sizes_of(definition):
            need(extent, f"a part has length {extent}")
        if isinstance(definition, Comprehension) and definition.reduction in ("max", "min"):
            for extent in definition.extents[definition.rank :]:
                need(extent - ONE, f"a {definition.reduction} needs at least one term")
    for value, text in reach(program):
        need(value, text)
    known = set(program.symbols())
    return {
        value: text
        for value, text in found.items()
        if all(atom[0] != "dim" or atom[1] in known for atom in value.atoms())
    }


def reach(program: Program) -> Iterator[tuple[Size, str]]:
    """Room that reads need, as sizes that must not be negative: ``x[3]`` needs an axis of at least 4.

    A read that only a choice uses may lie outside, since the choice discards it.
    """
    arrays = program.arrays()
    for definition in program.definitions:
        for extents, body, roots in bodies_of(definition):
            plain = set(roots)
            for number in range(len(body) - 1, -1, -1):
                equation = body[number]
                if number in plain:
                    plain.update(
                        equation.operands[:1] if equation.op in ("where", "where_integer") else references(equation)
                    )
                if equation.op != "access" or number not in plain:
                    continue
                array, subscripts = equation.data
                for part, extent in zip(subscripts, arrays[array].shape, strict=True):
                    bounds = None if part.mentions("ref") else bounds_of(part, extents)
                    if bounds is not None and not stays_inside(part, extent, extents):
                        text = f"an index runs to {bounds[1]} on an axis of length {extent}"
                        yield bounds[0], text
                        yield extent - ONE - bounds[1], text


def polynomial(value: Size) -> Polynomial:
    """A size as the runtime's plain data."""
    return tuple(
        (tuple(a[1] if a[0] == "dim" else (a[0], polynomial(a[1]), polynomial(a[2])) for a in monomial), coefficient)
        for monomial, coefficient in value.terms
    )


# --- records of entry points ----------------------------------------------------------------------------------------


def entry(
    program: Program,
    called: str,
    symbol: str,
    dtype: str,
    result: str | None = None,
    statuses: Mapping[int, tuple[str, str]] | None = None,
    *,
    checked: bool = True,
) -> Entry:
    """The record of a program.

    Parameters
    ----------
    called, symbol
        Its names in messages and in C.
    dtype, result
        The dtypes of its real arguments and of its outputs, the same if left out.
    statuses
        The errors that its C may return.
    checked
        Whether sizes are checked that must not be negative.
    """
    arrays = program.arrays()
    names: list[str] = []
    for wanted in program.output_names:
        names.append(fresh(wanted, {*names, "out"}))
    outputs = tuple(
        Output(name, result or dtype, tuple(map(polynomial, arrays[number].shape)))
        for name, number in zip(names, program.outputs, strict=True)
    )
    inputs = tuple(
        Input(p.name, dtype if p.dtype == "real" else p.dtype, tuple(map(polynomial, p.shape)))
        for p in program.parameters
    )
    needed = constraints(program) if checked else ()
    return Entry(called, symbol, program.symbols(), inputs, outputs, dict(statuses or {}), needed)


def places_entry(program: Program, name: str, dtype: str) -> Entry:
    """The record of a program of places, which gives whole numbers."""
    return entry(program, name, c_identifier(name), dtype, "int64", checked=False)


def plain_entry(program: Program, name: str, dtype: str) -> Entry:
    """The record of a program as it was read, with all the checks of a kernel's arguments."""
    named = replace(program, outputs=program.outputs[:1], output_names=(fresh("value", program.names()),))
    return entry(named, name, c_identifier(name), dtype)
