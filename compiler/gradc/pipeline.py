"""The table of contents: what happens to a loss, in order.

    source ──read──> Program ──normalise──> Program ──derive──> Program ──lower──> Program ──plan──> Plan
    ──build──> LoopProgram ──print──> C

Every stage up to the plan takes a program and gives a program. Set ``GRADC_DEBUG=1`` to have each printed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradc.calculus.forward import jvp
from gradc.calculus.reverse import vjp
from gradc.calculus.semantics import SEMANTICS
from gradc.emit.names import c_identifier
from gradc.emit.printer import Function, print_function
from gradc.emit.source import Source, render_source
from gradc.errors import NotDifferentiableError, SignatureError, UnsupportedError
from gradc.ir.divisors import divisors
from gradc.ir.equations import references
from gradc.ir.interpret import interpret
from gradc.ir.program import KIND_OF_DTYPE, Comprehension, Parameter, Program, bodies_of, fresh, sizes_of
from gradc.ir.ranges import bounds_of, stays_inside
from gradc.ir.size import ONE, Size
from gradc.loops.build import build
from gradc.loops.check import check
from gradc.loops.indices import check_indices, index_uses
from gradc.loops.order import finish
from gradc.loops.program import Namer
from gradc.loops.text import show
from gradc.passes import normalise as passes
from gradc.passes.axes import merge_axes
from gradc.passes.batch import batch
from gradc.passes.compensate import compensate
from gradc.passes.contract import contract
from gradc.passes.factor_out import factor_out
from gradc.passes.lower import lower
from gradc.passes.partition import partition
from gradc.passes.quarter import quarter
from gradc.passes.specialise import specialise
from gradc.passes.split import split_products
from gradc.passes.stabilise import Rewriting, stabilise
from gradc.passes.stencil import gather_shifts
from gradc.passes.sums import compensate_sums as compensate_sums
from gradc.passes.together import together
from gradc.runtime.arguments import Entry, Input, Output, Polynomial, by_record
from gradc.schedule.nests import plan_program
from gradc.schedule.tiling import ROWS

VERSION = "0.1.0"

ERRORS = {"index": "IndexRangeError", "singular": "SingularMatrixError"}


class Unit(NamedTuple):
    """One entry point: its program, what C it becomes, and how Python calls that."""

    mode: str
    program: Program
    function: Function
    entry: Entry
    source: Program | None = None  # the program whose index arrays are checked


# --- 1. read: any front end to a program ----------------------------------------------------------------------------


def read(source: Any, signature: str | None) -> Program:
    """The program that a source means, as its front end builds it."""
    if isinstance(source, Program):
        _check_names(source.parameters)
        return source
    from gradc.frontends.signature import parse_signature

    if signature is None:
        raise SignatureError('a signature is needed, such as "w[d], X[n,d], y[n], lam"')
    parameters = parse_signature(signature)
    _check_names(parameters)
    if isinstance(source, str):
        from gradc.frontends.formula import parse_formula

        return parse_formula(source, parameters)
    if _is_sympy(source):
        from gradc.frontends.sympy_expressions import convert

        return convert(source, parameters)
    if callable(source):
        from gradc.frontends.tracing import trace

        return trace(source, parameters)
    raise UnsupportedError(
        f"gradc compiles a function, a formula, a SymPy expression or a Program, not {type(source).__name__}"
    )


def _check_names(parameters: Sequence[Parameter]) -> None:
    if any(parameter.name == "out" for parameter in parameters):
        raise SignatureError("no argument can be called 'out', which is where a kernel's caller says where results go")


def _is_sympy(source: Any) -> bool:
    items = source if isinstance(source, (list, tuple)) else [source]
    return any(type(item).__module__.split(".")[0] == "sympy" for item in items)


# --- 2. derive: the programs of each mode, all in the canonical form ------------------------------------------------


def canonical(program: Program) -> Program:
    """The canonical form of what was read, with its output named."""
    program = normalise(program, may_be_empty=True)
    taken = program.names()
    name = program.output_names[0] if program.output_names else "value"
    while name in taken:
        name += "_out"
    return Program(program.parameters, program.definitions, program.outputs, program.hints, (name,))


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


def stable(program: Program) -> Rewriting:
    """A canonical program in stable forms, canonical again, and the identities that were applied."""
    found = stabilise(program)
    if not found.applied:
        return Rewriting(program, ())
    _debug("stabilise", found.program)
    return Rewriting(canonical(found.program), found.applied)


def derive(program: Program, mode: str, wrt: Sequence[str], *, stable: bool = True) -> Program:
    """The program of one mode; `program` is canonical. With `stable`, derivatives are put in stable forms."""
    derived = _derive(program, mode, wrt)
    return derived if mode == "value" else settled(derived, stable=stable)


def settled(derivative: Program, *, stable: bool = True) -> Program:
    """A canonical derivative with common factors outside of sums and, if `stable`, stable forms; canonical again."""
    factored = factor_out(derivative)
    derivative = derivative if factored is derivative else normalise(factored)
    if not stable:
        return derivative
    found = stabilise(derivative, again=True)
    return normalise(found.program) if found.applied else derivative


def _derive(program: Program, mode: str, wrt: Sequence[str]) -> Program:
    at = positions(program, wrt)
    taken = program.names()
    if mode == "value":
        return program
    if mode == "value_and_grad":
        return normalise(vjp(program, at))
    if mode == "jvp":
        return normalise(jvp(program, at, [fresh(f"{name}_dot", taken) for name in wrt]))
    joint = normalise(vjp(program, at, cotangent=fresh("cotangent", taken)))
    if mode == "vjp":
        return joint
    halves = partition(joint)
    return halves.forward if mode == "forward" else halves.backward


def specialised(program: Program, sizes: Mapping[str, int]) -> Program:
    """The canonical program with numbers in the place of dimensions."""
    return canonical(specialise(program, sizes))


def mapped(program: Program, names: Sequence[str]) -> Program:
    """The program of a mode for many points; the arguments of these names have a row for each."""
    arguments = [parameter.name for parameter in program.parameters]
    points = fresh("points", program.names())
    return normalise(batch(program, [arguments.index(name) for name in names], points))


# --- 3. emit: lower, plan, write ------------------------------------------------------------------------------------


def lower_whole(program: Program, dtype: str) -> Program:
    """A derivative as it is planned: products found, what C cannot spell rewritten, axes run together."""
    contracted = contract(quarter(split_products(gather_shifts(program))))
    return merge_axes(lower(compensate(together(contracted), dtype), dtype))


def emit(
    program: Program,
    mode: str,
    name: str,
    dtype: str,
    *,
    precise: bool = False,
    whole: bool = False,
    source: Program | None = None,
) -> Unit:
    """One entry point.

    Parameters
    ----------
    whole
        Whether its results are whole numbers.
    source
        The program that this one derives from, with the same arguments first: an index that is out of range for it is
        an error, also where a derivative does not read what it reads.
    """
    _debug(f"{name}_{mode}", program)
    lowered = lower_whole(program, dtype)
    _debug(f"{name}_{mode}, lowered", lowered)
    symbol = f"{c_identifier(name)}_{mode}"
    real = {"float64": "double", "float32": "float"}[dtype]
    below = lower(source, dtype) if source is not None and any(index_uses(source)) else None
    dims = program.symbols()
    namer = Namer()
    loops = build(plan_program(lowered), symbol, ROWS, namer, "int64" if whole else "real", below, dims)
    finished = finish(loops, namer, precise)
    if os.environ.get("GRADC_DEBUG"):
        print(f"# {name}_{mode}, loops\n{show(loops)}", file=sys.stderr)
        for stage in (loops, finished):
            check(stage, needs(lowered))
    record = by_record(len(dims) + len(program.parameters) + len(program.outputs))
    function = print_function(finished, real, precise, record)
    entry = _entry(program, function, mode, name, dtype)
    if whole:
        entry = entry._replace(outputs=tuple(output._replace(dtype="int64") for output in entry.outputs))
    return Unit(mode, program, function, entry, source)


def render(units: Sequence[Unit], program: Program, name: str, dtype: str, *, include: bool = False) -> Source:
    """The C file and the header of some entry points; with `include` the C takes its prototypes from the header."""
    real = {"float64": "double", "float32": "float"}[dtype]
    functions = [unit.function for unit in units]
    return render_source(c_identifier(name), functions, real, str(program), VERSION, include=include)


def shipped_entry(unit: Unit) -> Entry:
    """The record of an entry point in a module that is named after the kernel."""
    return unit.entry._replace(name=unit.mode)


def evaluator(
    program: Program, dtype: str, source: Program | None = None
) -> Callable[[dict[str, Any], dict[str, int]], Sequence[Any]]:
    """The interpreter's answer in place of C's; an index must be in range for `source` too, as `emit` has it."""

    def evaluate(named: dict[str, Any], sizes: dict[str, int]) -> Sequence[Any]:
        arguments = [np.asarray(named[p.name]) for p in program.parameters]
        if source is not None:
            check_indices(source, arguments, sizes)
        return interpret(program, arguments, SEMANTICS, dtype, sizes)

    return evaluate


def places_entry(program: Program, name: str, dtype: str) -> Entry:
    """The record of a program of places, which gives whole numbers."""
    arrays = program.arrays()
    outputs = tuple(
        Output(label, "int64", tuple(polynomial(extent) for extent in arrays[number].shape))
        for label, number in zip(program.output_names, program.outputs, strict=True)
    )
    return Entry(name, c_identifier(name), program.symbols(), _inputs(program, dtype), outputs)


def plain_entry(program: Program, name: str, dtype: str) -> Entry:
    """The record of a program as it was read, with all the checks of a kernel's arguments."""
    arrays = program.arrays()
    shape = tuple(polynomial(extent) for extent in arrays[program.outputs[0]].shape)
    outputs = (Output(fresh("value", program.names()), dtype, shape),)
    return Entry(
        name, c_identifier(name), program.symbols(), _inputs(program, dtype), outputs, constraints=constraints(program)
    )


def _inputs(program: Program, dtype: str) -> tuple[Input, ...]:
    return tuple(
        Input(p.name, dtype if p.dtype == "real" else p.dtype, tuple(polynomial(extent) for extent in p.shape))
        for p in program.parameters
    )


def _entry(program: Program, function: Function, mode: str, name: str, dtype: str) -> Entry:
    inputs = _inputs(program, dtype)
    arrays = program.arrays()
    names: list[str] = []
    for wanted in program.output_names:
        names.append(fresh(wanted, {*names, "out"}))
    outputs = tuple(
        Output(label, dtype, tuple(polynomial(extent) for extent in arrays[number].shape))
        for label, number in zip(names, program.outputs, strict=True)
    )
    statuses = {status.code: (ERRORS[status.kind], status.message) for status in function.statuses}
    called = name if mode == "value" else f"{name}_{mode}"
    return Entry(
        called,
        function.name,
        program.symbols(),
        inputs,
        outputs,
        statuses,
        constraints(program),
        parallel=function.parallel,
    )


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


def signature_text(parameters: Sequence[Parameter]) -> str:
    """The signature as a user writes it."""
    parts = []
    for parameter in parameters:
        shape = f"[{','.join(map(str, parameter.shape))}]" if parameter.shape else ""
        dtype = "" if parameter.dtype == "real" else f":{parameter.dtype}"
        parts.append(f"{parameter.name}{shape}{dtype}")
    return ", ".join(parts)


def normalise(program: Program, may_be_empty: bool = False) -> Program:
    """The canonical form; each pass is shown under ``GRADC_DEBUG``."""
    return passes.normalise(program, _debug if os.environ.get("GRADC_DEBUG") else None, may_be_empty)


def _debug(title: str, program: Program) -> None:
    if os.environ.get("GRADC_DEBUG"):
        print(f"# {title}\n{program}", file=sys.stderr)
