"""Whether a trace means what its function means: both are run on the same numbers, and compared.

>>> import numpy as np
>>> from gradc.calculus.semantics import SEMANTICS
>>> from gradc.frontends.tracing import trace
>>> from gradc.ir.definitions import Parameter
>>> from gradc.ir.size import symbol
>>> def loss(x):
...     return np.sum(x**2)
>>> program = trace(loss, (Parameter("x", (symbol("n"),)),))
>>> [float(value) for value in compare(loss, program, [np.ones(3)], {}, SEMANTICS)]
[3.0]

Tracing runs a function once, on stand-ins for its arguments. Whatever Python decides meanwhile without asking the
stand-ins (a random number, the type of an argument, a write through an alias that was not noticed) is frozen into the
trace. Such a trace is another function, and nothing that compares derivatives with each other can tell.
"""

from __future__ import annotations

import inspect
import linecache
import os
import sys
import sysconfig
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gradc.errors import TraceMismatchError
from gradc.frontends import tracing
from gradc.frontends.traced import Tracer
from gradc.ir.definitions import result_count
from gradc.ir.interpret import Semantics, interpret
from gradc.ir.printer import choose_names, definition_lines
from gradc.ir.program import Program

Values = npt.NDArray[Any]

CLOSE = 1e-9  # how far rounding may take the two apart, relative to the largest number of the result
_DRAWS = 3  # how often the arguments are moved by a rounding error, to see how much of the result that moves
_MOST_STEPS = 20_000  # lines that are followed when the place is looked for
_MOST_ELEMENTS = 100_000  # of a variable that is kept for it
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_STANDARD = sysconfig.get_path("stdlib")


def compare(
    function: Callable[..., Any],
    program: Program,
    arguments: Sequence[Any],
    dims: Mapping[str, int],
    semantics: Semantics,
) -> tuple[Values, ...]:
    """Run a function and its trace on the same arguments in float64, and give the trace's results.

    Parameters
    ----------
    function
        What was traced. It is called on copies of the arguments.
    program
        The trace as `gradc.frontends.tracing.trace` gave it, before any pass.
    arguments
        One for each parameter, of its shape.
    dims
        The sizes of the dimensions that no argument's shape tells.
    semantics
        What the operations compute.

    Raises
    ------
    TraceMismatchError
        Where they differ by more than rounding explains. It shows both results, and the first line of the user's code
        after which a variable differs, or at which the two runs went different ways.
    """
    given = [_number(p.dtype, value) for p, value in zip(program.parameters, arguments, strict=True)]
    ours = interpret(program, given, semantics, "float64", dims)
    theirs = _evaluate(function, given)
    if not _agree(function, given, theirs, ours[0]):
        raise _mismatch(function, program, given, dims, semantics, theirs, ours[0])
    return ours


def _agree(function: Callable[..., Any], arguments: Sequence[Any], theirs: Values | _Raised, ours: Values) -> bool:
    if isinstance(theirs, _Raised) or theirs.shape != ours.shape:
        return False
    return _close(theirs, ours, _slack(function, arguments, theirs, ours))


class _Raised(NamedTuple):
    """What the function raised in the place of a result."""

    error: Exception


def _number(dtype: str, value: Any) -> Any:
    array = np.array(value, dtype="float64" if dtype in ("real", "float32") else dtype)
    return array if array.ndim else array[()]


def _evaluate(function: Callable[..., Any], arguments: Sequence[Any]) -> Values | _Raised:
    """What the function gives for copies of the arguments."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = function(*_copies(arguments))
            if isinstance(result, (tuple, list)):
                result = np.stack([np.asarray(part) for part in result])
            found = np.asarray(result)
            if found.dtype.kind not in "fiub":
                raise TypeError(f"the result is of dtype {found.dtype}")
            return found.astype("float64")
    except Exception as error:
        return _Raised(error)


def _copies(arguments: Sequence[Any]) -> list[Any]:
    return [value.copy() if isinstance(value, np.ndarray) else value for value in arguments]


def _close(left: Values, right: Values, slack: Values | float) -> bool:
    """Whether two results agree but for rounding, of which `slack` says how much there may be."""
    with np.errstate(all="ignore"):
        same = (left == right) | (np.isnan(left) & np.isnan(right))
        return bool(np.all(same | (np.abs(left - right) <= slack)))


def _slack(function: Callable[..., Any], arguments: Sequence[Any], theirs: Values, ours: Values) -> Values | float:
    """How far rounding may take the results apart: a little of the largest number, or what moved arguments show."""
    size = np.abs(theirs)[np.isfinite(theirs)]
    plain = CLOSE * float(np.max(size, initial=0.0))
    if _close(theirs, ours, plain):
        return plain
    if not _same(theirs, _evaluate(function, arguments)):
        return plain  # it gives other results each time: nothing that is measured on it means anything
    rng = np.random.default_rng(0)
    spread = np.zeros(np.shape(theirs))
    for _ in range(_DRAWS):
        moved = _evaluate(function, [_moved(value, rng) for value in arguments])
        if isinstance(moved, _Raised) or moved.shape != theirs.shape:
            continue
        with np.errstate(all="ignore"):
            # A result that rounding alone makes infinite or not says nothing there.
            alike = np.isfinite(moved) == np.isfinite(theirs)
            difference = np.where(alike, np.abs(moved - theirs), np.inf)
        spread = np.fmax(spread, np.nan_to_num(difference, nan=0.0, posinf=np.inf))
    return plain + 1e3 * spread


def _moved(value: Any, rng: np.random.Generator) -> Any:
    """An argument with each of its numbers moved by about a rounding error."""
    if np.asarray(value).dtype.kind != "f":
        return value
    return value * (1 + np.finfo(np.float64).eps * rng.uniform(-4, 4, np.shape(value)))


def _same(left: Values, right: Values | _Raised) -> bool:
    return not isinstance(right, _Raised) and np.array_equal(left, right, equal_nan=True)


# ------------------------------------------------------------------------------------------------------ where they part


class _Step(NamedTuple):
    """One line about to be run: where, and the variables before it (numbers of arrays, or the arrays themselves)."""

    path: str
    line: int
    held: dict[str, Any]


class _Place(NamedTuple):
    """Where two runs part: the line, and what differs after it."""

    path: str
    line: int
    what: str


def _mismatch(
    function: Callable[..., Any],
    program: Program,
    arguments: Sequence[Any],
    dims: Mapping[str, int],
    semantics: Semantics,
    theirs: Values | _Raised,
    ours: Values,
) -> TraceMismatchError:
    name = getattr(function, "__name__", "the function")
    if isinstance(theirs, _Raised):
        said = f"{type(theirs.error).__name__}: {theirs.error}".splitlines()[0]
        found = f"on these arguments {name} raises {said}, and its trace gives {_shown(ours)}"
    else:
        found = f"on these arguments {name} gives {_shown(theirs)}, and its trace {_shown(ours)}"
        if not _same(theirs, _evaluate(function, arguments)):
            found += (
                f"\n{name} gives another result each time it is called. What changes from call to call, such as random "
                "numbers, must come in as an argument"
            )
    place = _parting(function, program, arguments, dims, semantics)
    if place is not None:
        source = linecache.getline(place.path, place.line).strip()
        found += f"\n  {place.path}:{place.line}\n    {source}\n{place.what}"
    error = TraceMismatchError(
        f"the trace of {name} is another function than its NumPy code: {found}\n"
        "If the difference is meant, check=False compiles the trace as it is"
    )
    error.__cause__ = theirs.error if isinstance(theirs, _Raised) else None
    return error


def _shown(value: Values) -> str:
    if value.ndim == 0:
        return repr(float(value))
    text = np.array2string(value, threshold=8, edgeitems=3, precision=6).replace("\n", "")
    return f"{text} of shape {value.shape}"


def _parting(
    function: Callable[..., Any],
    program: Program,
    arguments: Sequence[Any],
    dims: Mapping[str, int],
    semantics: Semantics,
) -> _Place | None:
    """The first line after which the two runs differ, by their lines and by their variables."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or sys.gettrace() is not None:
        return None  # a debugger or a coverage tool has the hook that this needs
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = _follow(code, lambda: function(*_copies(arguments)), _array_held)
        traced = _follow(code, lambda: tracing.trace(function, program.parameters), _traced_held)
    every = program_of_all(program)
    values = interpret(every, arguments, semantics, "float64", dims)
    for position, (left, right) in enumerate(zip(plain, traced, strict=False)):
        before = plain[max(position - 1, 0)]
        if (left.path, left.line) != (right.path, right.line):
            ways = f"NumPy goes on at line {left.line}, and the trace at line {right.line}"
            return _Place(before.path, before.line, f"  after which {ways}")
        for name, traced_value in right.held.items():
            theirs = left.held.get(name)
            known = isinstance(traced_value, np.ndarray)
            if theirs is None or (not known and traced_value >= len(values)):
                continue
            ours = traced_value if known else np.asarray(values[traced_value], "float64")
            if theirs.shape != ours.shape or not _close(theirs, ours, _tolerance(theirs)):
                lines = ", and nothing traced" if known else _definition(program, traced_value)
                differs = f"  after which {name} is {_shown(theirs)}, and in the trace {_shown(ours)}{lines}"
                return _Place(before.path, before.line, differs)
    last = traced[-1] if traced else None
    return _Place(last.path, last.line, "  is the last line of both") if last is not None else None


def _tolerance(values: Values) -> float:
    return 1e-6 * float(np.max(np.abs(values)[np.isfinite(values)], initial=0.0))


def program_of_all(program: Program) -> Program:
    """The program with every array for an output."""
    return Program(program.parameters, program.definitions, tuple(range(len(program.arrays()))), program.hints)


def _definition(program: Program, number: int) -> str:
    first = program.first_results()
    for position, definition in enumerate(program.definitions):
        if first[position] <= number < first[position] + result_count(definition):
            lines = definition_lines(program, choose_names(program), position)
            return ":" + "".join(f"\n    {line}" for line in lines)
    return ", which is an argument"


def _follow(code: CodeType, run: Callable[[], Any], held: Callable[[Any], Any]) -> list[_Step]:
    """The lines of the user's code that a run goes through, with the variables that `held` gives something for."""
    steps: list[_Step] = []

    def line(frame: FrameType, event: str, _: object) -> Any:
        if event in ("line", "return") and len(steps) < _MOST_STEPS:
            kept = {name: found for name, value in frame.f_locals.items() if (found := held(value)) is not None}
            steps.append(_Step(frame.f_code.co_filename, frame.f_lineno, kept))
        return line

    def call(frame: FrameType, event: str, _: object) -> Any:
        return line if event == "call" and _is_users(frame, code) else None

    sys.settrace(call)
    try:
        run()
    except Exception:  # noqa: S110 - where it stopped is what is asked for
        pass
    finally:
        sys.settrace(None)
    return steps


def _is_users(frame: FrameType, code: CodeType) -> bool:
    """Whether a frame is of the function, or of a function that its own code called, with no library between."""
    around: FrameType | None = frame
    while around is not None:
        if around.f_code is code:
            return True
        path = around.f_code.co_filename
        if path.startswith(("<frozen", "<__array", _STANDARD, _OWN)) or "site-packages" in path:
            return False
        around = around.f_back
    return False


def _array_held(value: Any) -> Values | None:
    """A variable's value while NumPy runs."""
    if not isinstance(value, (np.ndarray, np.generic, float, int)) or np.size(value) > _MOST_ELEMENTS:
        return None
    array = np.array(value)
    return array.astype("float64") if array.dtype.kind in "fiub" else None


def _traced_held(value: Any) -> Any:
    """A variable while the function is traced: the number of its array in the outermost program, or its value."""
    if not isinstance(value, Tracer):
        return _array_held(value)
    own = value.value
    return own.number if not hasattr(own.builder, "outer") else None
