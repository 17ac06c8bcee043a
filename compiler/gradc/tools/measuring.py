"""Measure a kernel's accuracy: its value and gradient against mpmath's, and the operation that loses the digits.

The exact answer is the loss as it was written, differentiated and run by the interpreter on mpmath's numbers, with
digits raised until two evaluations agree. Errors are in units in the last place (ulps) of the exact result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradc import programs
from gradc.calculus.semantics import SEMANTICS
from gradc.errors import ArgumentError, ArgumentTypeError
from gradc.ir.definitions import Comprehension
from gradc.ir.equations import REAL, BodyBuilder, references
from gradc.ir.interpret import Semantics, evaluate_body, evaluate_definition, interpret
from gradc.ir.program import Program

if TYPE_CHECKING:
    from gradc.compiled import Kernel

_DIGITS = (50, 120, 400)  # tried one after the other
_FEW = 4.0  # ulps that rounding alone explains


class Measured(NamedTuple):
    """The errors of one result.

    Parameters
    ----------
    name
        The value, or ``grad_`` and an argument.
    median, worst
        Of the errors in ulps, over all points and elements; infinite where a result is not finite and the exact one is.
    point
        The arguments at the worst.
    loses
        The operation at which the digits are lost there, as index notation; empty where nothing is.
    """

    name: str
    median: float
    worst: float
    point: dict[str, Any]
    loses: str


class AccuracyReport(NamedTuple):
    """What was measured; prints as a table.

    Parameters
    ----------
    rows
        One for each result.
    helps
        The identities that stabilising would apply, where it was turned off.
    """

    kernel: str
    rows: tuple[Measured, ...]
    helps: tuple[str, ...]

    @property
    def worst(self) -> float:
        """The largest error in ulps."""
        return max(row.worst for row in self.rows)

    def __str__(self) -> str:
        lines = [f"{self.kernel}: errors in units in the last place, against mpmath", ""]
        lines.append(f"{'result':16} {'median':>10} {'worst':>10}   at")
        for row in self.rows:
            place = ", ".join(f"{name}={np.array2string(np.asarray(v), threshold=4)}" for name, v in row.point.items())
            lines.append(f"{row.name:16} {row.median:10.3g} {row.worst:10.3g}   {place}")
            if row.loses:
                lines.append(f"{'':16} digits are lost in  {row.loses}")
        if self.helps:
            lines += ["", "stabilise=True would apply", *(f"    {identity}" for identity in self.helps)]
        return "\n".join(lines)


def measure(
    k: Kernel, ranges: Mapping[str, Any], *, sizes: Mapping[str, int] | None = None, samples: int = 200, seed: int = 0
) -> AccuracyReport:
    """Measure a kernel over ranges of its arguments; see `gradc.accuracy`."""
    points = _points(k, ranges, dict(sizes or {}), samples, seed)
    mode = "value_and_grad" if k._is_scalar else "value"
    exact_program = programs.derive(k.written, mode, k.wrt, stable=False)
    compiled = programs.derive(k.program, mode, k.wrt, stable=k.stabilised)
    call: Callable[..., Any] = k.value_and_grad if k._is_scalar else k
    names = compiled.output_names
    errors: list[list[float]] = [[] for _ in names]
    worst: list[tuple[float, int]] = [(-1.0, 0)] * len(names)
    for number, point in enumerate(points):
        exact = _exact(exact_program, point)
        found = _flat(call(*point)) if k._is_scalar else [call(*point)]
        for position, (actual, wanted) in enumerate(zip(found, exact, strict=True)):
            sizes_of = _ulps(np.asarray(actual), wanted, k.dtype)
            errors[position] += sizes_of
            here = max(sizes_of, default=0.0)
            if here > worst[position][0]:
                worst[position] = here, number
    rows = []
    for position, name in enumerate(names):
        size, number = worst[position]
        known = sorted(errors[position])
        loses = _loses(compiled, position, points[number], k.dtype) if size > _FEW else ""
        at = dict(zip(k.arguments, points[number], strict=True))
        rows.append(Measured(name, known[len(known) // 2] if known else math.nan, max(size, 0.0), at, loses))
    helps: tuple[str, ...] = ()
    if not k.stabilised:
        helps = tuple(identity.identity for identity in programs.stable(k.written).applied)
    return AccuracyReport(k.name, tuple(rows), helps)


# --- points -----------------------------------------------------------------------------------------------------------


def _points(
    k: Kernel, ranges: Mapping[str, Any], sizes: dict[str, int], samples: int, seed: int
) -> list[tuple[Any, ...]]:
    if not isinstance(ranges, Mapping):
        raise ArgumentTypeError("ranges is a dict from arguments to (low, high) or (low, high, 'log')")
    unknown = [name for name in ranges if name not in k.arguments]
    if unknown:
        raise ArgumentError(f"ranges names {unknown[0]!r}, which is no argument; they are {', '.join(k.arguments)}")
    rng = np.random.default_rng(seed)
    dims = {("dim", name): size for name, size in sizes.items()}
    for name in k.program.symbols():
        dims.setdefault(("dim", name), 3)
    spaces = []
    for parameter in k.program.parameters:
        if parameter.name not in ranges:
            raise ArgumentError(f"ranges lacks {parameter.name}")
        spaces.append(_range(parameter.name, ranges[parameter.name]))
    points = []
    for _ in range(samples):
        point: list[Any] = []
        for parameter, (low, high, log) in zip(k.program.parameters, spaces, strict=True):
            shape = tuple(extent.evaluate(dims) for extent in parameter.shape)
            if parameter.dtype != "real":
                point.append(rng.integers(int(low), int(high), shape, endpoint=True).astype(parameter.dtype))
                continue
            values = np.exp(rng.uniform(np.log(low), np.log(high), shape)) if log else rng.uniform(low, high, shape)
            array = np.asarray(values).astype(k.dtype)
            point.append(array if shape else array[()])
        points.append(tuple(point))
    return points


def _range(name: str, given: Any) -> tuple[float, float, bool]:
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise ArgumentTypeError(f"the range of {name} is (low, high) or (low, high, 'log'), not {given!r}")
    low, high = float(given[0]), float(given[1])
    log = len(given) == 3
    if log and (given[2] != "log" or low <= 0):
        raise ArgumentError(f"the range of {name} is (low, high) or (low, high, 'log') with low > 0, not {given!r}")
    if not low <= high:
        raise ArgumentError(f"the range of {name} runs from {low} to {high}")
    return low, high, log


# --- the exact answer -------------------------------------------------------------------------------------------------


def _exact(program: Program, point: Sequence[Any]) -> list[Any]:
    """The outputs as arrays of mpmath's numbers; None for an element that does not settle."""
    from mpmath import mp

    before: list[Any] | None = None
    for digits in _DIGITS:
        with mp.workdps(digits):
            found = [np.asarray(value) for value in interpret(program, _as_mp(program, point), _semantics(), "object")]
            if before is not None:
                close = [_agree(p, q) for p, q in zip(before, found, strict=True)]
                if all(close):
                    return found
        before = found
    assert before is not None
    return before


def _agree(p: Any, q: Any) -> bool:
    from mpmath import mp

    return all(
        x == y or (mp.isnan(x) and mp.isnan(y)) or (x != 0 and abs(x - y) <= abs(y) * mp.mpf(10) ** -25)
        for x, y in zip(p.flat, q.flat, strict=True)
    )


def _as_mp(program: Program, point: Sequence[Any]) -> list[Any]:
    from mpmath import mp

    exact = np.frompyfunc(lambda x: mp.mpf(float(x)), 1, 1)
    return [
        exact(np.asarray(value)) if parameter.dtype == "real" else value
        for parameter, value in zip(program.parameters, point, strict=True)
    ]


def _semantics() -> Semantics:
    """What the interpreter needs to run a program on mpmath's numbers."""
    from mpmath import mp

    from gradc.calculus.multiprecision import functions
    from gradc.calculus.primitives import PRIMITIVES

    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        def compute(*arguments: Any) -> Any:
            try:
                return function(*(a if isinstance(a, mp.mpf) else mp.mpf(float(a)) for a in arguments))
            except (ValueError, ZeroDivisionError, OverflowError, TypeError):
                return mp.nan

        return compute

    operations = dict(SEMANTICS.operations)
    for name, function in functions().items():
        operations[name] = np.frompyfunc(guarded(function), PRIMITIVES[name].arity, 1)

    def logsumexp(terms: Any, axes: tuple[int, ...]) -> Any:
        exp, log = operations["exp"], operations["log"]
        return log(np.sum(exp(terms), axis=axes))

    def norm(terms: Any, axes: tuple[int, ...]) -> Any:
        return operations["sqrt"](np.sum(terms * terms, axis=axes))

    reductions = {**SEMANTICS.reductions, "logsumexp": logsumexp, "norm": norm}
    return Semantics(operations, reductions, SEMANTICS.routines)


def _ulps(actual: Any, wanted: Any, dtype: str) -> list[float]:
    """The errors of the elements; those whose exact value is not finite or is subnormal are left out."""
    from mpmath import mp

    info = np.finfo(dtype)
    errors = []
    for got, right in zip(np.atleast_1d(actual).flat, np.atleast_1d(wanted).flat, strict=True):
        right = mp.mpf(int(right) if isinstance(right, (int, np.integer)) else right)
        if mp.isnan(right) or not float(info.tiny) <= abs(right) <= float(info.max):
            continue
        if not math.isfinite(got):
            errors.append(math.inf)
            continue
        place = int(mp.floor(mp.log(abs(right), 2))) - info.nmant
        errors.append(float(abs(mp.mpf(float(got)) - right) / mp.ldexp(1, place)))
    return errors


def _flat(results: Any) -> list[Any]:
    value, gradients = results
    return [value, *(gradients if isinstance(gradients, tuple) else (gradients,))]


# --- where the digits go ----------------------------------------------------------------------------------------------


def _loses(program: Program, position: int, point: Sequence[Any], dtype: str) -> str:
    """The operation whose result is wrong by most where its operands were right, on the way to an output."""
    from mpmath import mp

    wanted = _ancestors(program, program.outputs[position])
    with mp.workdps(_DIGITS[-1]):
        semantics = _semantics()
        floats: list[Any] = [np.asarray(v, dtype) if p.dtype == "real" else v for p, v in _paired(program, point)]
        exacts: list[Any] = [np.asarray(v) for v in _as_mp(program, point)]
        dims: dict[Any, int] = {}
        for parameter, value in _paired(program, point):
            for extent, actual in zip(parameter.shape, np.shape(value), strict=True):
                if extent.atom is not None and extent.atom[0] == "dim":
                    dims.setdefault(extent.atom, actual)
        best, text = 0.0, ""
        with np.errstate(all="ignore"):
            for number, definition in enumerate(program.definitions):
                first = program.first_results()[number]
                if isinstance(definition, Comprehension) and first in wanted:
                    extents = tuple(extent.evaluate(dims) for extent in definition.extents)
                    rounded, _ = evaluate_body(definition.body, extents, floats, dims, SEMANTICS, dtype)
                    right, _ = evaluate_body(definition.body, extents, exacts, dims, semantics, "object")
                    errors = [_error(p, q, dtype) for p, q in zip(rounded, right, strict=True)]
                    for place, equation in enumerate(definition.body):
                        if equation.kind != REAL or not equation.operands:
                            continue
                        own = errors[place]
                        before = max((errors[o] for o in references(equation)), default=0.0)
                        if own / max(before, 1.0) > best:
                            best, text = own / max(before, 1.0), _spelled(program, number, place)
                floats += evaluate_definition(definition, floats, dims, SEMANTICS, dtype)
                exacts += evaluate_definition(definition, exacts, dims, semantics, "object")
    return text if best > _FEW else ""


def _paired(program: Program, point: Sequence[Any]) -> list[tuple[Any, Any]]:
    return list(zip(program.parameters, point, strict=True))


def _error(rounded: Any, right: Any, dtype: str) -> float:
    if np.asarray(rounded).dtype.kind != "f":
        return 0.0
    rounded, right = np.broadcast_arrays(np.asarray(rounded), np.asarray(right))
    return max(_ulps(rounded, right, dtype), default=0.0)


def _ancestors(program: Program, output: int) -> set[int]:
    from gradc.ir.definitions import reads

    firsts = program.first_results()
    wanted = {output}
    for definition, first in zip(reversed(program.definitions), reversed(firsts), strict=True):
        if first in wanted:
            wanted.update(reads(definition))
    return wanted


def _spelled(program: Program, number: int, place: int) -> str:
    """An equation of a definition as index notation."""
    definition = program.definitions[number]
    assert isinstance(definition, Comprehension)
    body = BodyBuilder()
    (root,) = body.insert(definition.body, [place])
    rank = len(definition.extents)
    shown = Comprehension(definition.extents, rank, None, body.extract([root])[0])
    count = program.first_results()[number]
    partial = Program(program.parameters, (*program.definitions[:number], shown), (count,), program.hints)
    line = str(partial).strip().split("\n")[-2].strip()
    return line.split(" = ", 1)[1] if " = " in line else line
