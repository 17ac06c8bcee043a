"""Plain NumPy code to a program: the function is run once on stand-ins for its arguments, which note what it does.

>>> import numpy as np
>>> from gradc.ir.definitions import Parameter
>>> from gradc.ir.size import symbol
>>> def ridge(w, X, y):
...     r = X @ w - y
...     return np.mean(r**2) + 0.1 * np.dot(w, w)
>>> n, d = symbol("n"), symbol("d")
>>> print(trace(ridge, (Parameter("w", (d,)), Parameter("X", (n, d)), Parameter("y", (n,)))))
def program(w: real[d], X: real[n, d], y: real[n]):
    t0[i:n] = sum[j:d](X[i, j] * w[j])
    r[i:n] = t0[i] - y[i]
    t1[i:n] = r[i] ** 2
    t2 = sum[i:n](t1[i])
    t3 = t2 / n
    t4 = sum[j:d](w[j] * w[j])
    t5 = 0.1 * t4
    t6 = t3 + t5
    return t6
<BLANKLINE>

Loops and conditions over concrete values are run as they stand. A condition on a traced value has no answer yet, and is
an error that shows the line.
"""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any, TypeVar, cast

import numpy as np

from gradc.errors import GradcError, ShapeError, SignatureError, TraceError, UnsupportedError
from gradc.frontends import arrays, scans, shaping
from gradc.frontends.arrays import ArrayValue
from gradc.frontends.makers import stand_ins
from gradc.frontends.outside import CHANCE, is_generator, noted, shared_states, was_drawn_from
from gradc.frontends.substituting import Substitution
from gradc.frontends.traced import (
    CODE,
    CURRENT,
    MAKERS,
    NARROW,
    Makers,
    SymbolicSize,
    Tracer,
    traced,
    unwrap,
    whole_size,
    wrap,
)
from gradc.frontends.user_code import is_inside, place_in_code, place_of
from gradc.frontends.values import as_real, lift
from gradc.ir.definitions import Parameter
from gradc.ir.printer import describe_shape
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size

T = TypeVar("T")


def trace(function: Callable[..., Any], parameters: Sequence[Parameter]) -> Program:
    """Run a function of NumPy code on traced arguments, and give what it computes as a program.

    Parameters
    ----------
    function
        Takes the parameters in order, and returns an array, a number, or a tuple of equally shaped ones.
    parameters
        Names as the function has them, with shapes and dtypes.
    """
    _check_names(function, parameters)
    makers = Makers(traced=False)
    try:
        return _attempt(function, parameters, makers)
    except GradcError:
        # What is written into an array of np.zeros may be traced, which a NumPy array cannot hold.
        if not makers.called:
            raise
        with suppress(GradcError):
            return _attempt(function, parameters, Makers(traced=True))
        raise


def _attempt(function: Callable[..., Any], parameters: Sequence[Parameter], makers: Makers) -> Program:
    builder = ProgramBuilder(parameters)
    arguments = [traced(arrays.value_of(builder, number)) for number in range(len(builder.parameters))]
    for argument, parameter in zip(arguments, builder.parameters, strict=True):
        argument.narrow = np.dtype(parameter.dtype) if parameter.dtype in NARROW else None
    code = getattr(inspect.unwrap(function), "__code__", None)
    substitution = Substitution(stand_ins(), is_generator, noted)
    with _set(CURRENT, builder), _set(CODE, code), _set(MAKERS, makers):
        try:
            shared = shared_states()
            called = _by_name(substitution.replace(function), parameters)
            result, variables = _run_watched(called, arguments, code)
        except Exception as error:
            explained = _explained(error)
            if explained is None:
                raise
            raise explained from None
        changed = substitution.changed_outside()
        if changed:
            raise UnsupportedError(
                f"the function assigns {', '.join(changed)}, which stands outside of it; a kernel changes nothing "
                f"outside: return it, or compute it before{_start(code)}"
            )
        if was_drawn_from(shared, substitution.noted):
            raise TraceError(CHANCE + _start(code))
    name = _returned_name(code)
    if isinstance(result, Tracer) and name is not None:
        builder.name(result.value.number, name)
    for name, value in variables.items():
        if isinstance(value, Tracer) and value.value.builder is builder:
            builder.name(value.value.number, name)
    return builder.finish([_result(builder, result, function).number])


def _start(code: CodeType | None) -> str:
    """Where a function begins, as the end of a message."""
    return "" if code is None else f"\n  {code.co_filename}:{code.co_firstlineno}"


def _explained(error: Exception) -> GradcError | None:
    """What an error of Python or NumPy means that arose on traced values; None where the function raised it itself."""
    if isinstance(error, GradcError):
        return None
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, GradcError):
            if "setting an array element" in str(error):
                return TraceError(_STORED + place_of(error))
            return inner
        inner = inner.__cause__ or inner.__context__
    if not isinstance(error, (TypeError, ValueError, IndexError, KeyError)) or _raised_by_user(error):
        return None
    return TraceError(f"{type(error).__name__} while the function is traced: {error}{place_of(error)}")


_STORED = (
    "a NumPy array cannot hold traced values: start from one that is made in the function, such as np.zeros_like(x) or "
    "np.zeros(3), or join the parts with np.stack"
)


def _raised_by_user(error: Exception) -> bool:
    """Whether a `raise` of the user's own code is where an error comes from."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or is_inside(last.tb_frame.f_code.co_filename):
        return False
    return dis.opname[last.tb_frame.f_code.co_code[last.tb_lasti]] == "RAISE_VARARGS"


def _by_name(function: Callable[..., Any], parameters: Sequence[Parameter]) -> Callable[..., Any]:
    """The function with its keyword-only arguments given by position, after the others."""
    own = _signature_of(function)
    only = {p.name for p in own if p.kind == p.KEYWORD_ONLY}
    names = [parameter.name for parameter in parameters]
    if not only.intersection(names) or any(p.kind == p.VAR_POSITIONAL for p in own):
        return function

    def call(*args: Any) -> Any:
        named = {name: value for name, value in zip(names, args, strict=True) if name in only}
        return function(*args[: len(args) - len(named)], **named)

    return call


def _signature_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _run_watched(
    function: Callable[..., Any], arguments: Sequence[Any], code: CodeType | None
) -> tuple[Any, dict[str, Any]]:
    """What a function returns, and its variables at that moment: what the user calls things."""
    variables: dict[str, Any] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is code:
            variables.clear()
            variables.update(frame.f_locals)

    if sys.getprofile() is not None:  # someone measures this process: its variables stay without names
        return function(*arguments), variables
    sys.setprofile(note)
    try:
        return function(*arguments), variables
    finally:
        sys.setprofile(None)


def _check_names(function: Callable[..., Any], parameters: Sequence[Parameter]) -> None:
    own = _signature_of(function)
    if not own:
        return
    takes_any = any(p.kind == p.VAR_POSITIONAL for p in own)
    positional = [p.name for p in own if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    only = [p.name for p in own if p.kind == p.KEYWORD_ONLY]
    needed = [p.name for p in own if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    given = [parameter.name for parameter in parameters]
    called = getattr(function, "__name__", "the function")
    takes = f"the signature names ({', '.join(given)}), and {called} takes ({', '.join(p.name for p in own)})"
    missing = [name for name in needed if name not in given]
    if missing and set(given) <= {*positional, *only} and not takes_any:
        raise SignatureError(f"{takes}: {', '.join(missing)} has no default, so the signature must name it too")
    first = [name for name in given if name not in only]
    last = [name for name in only if name in given]
    fits = given == [*first, *last] and first[: len(positional)] == positional[: len(first)]
    if not fits or missing or (len(first) > len(positional) and not takes_any):
        raise SignatureError(f"{takes}: both must be the same, in the same order")


def _result(builder: ProgramBuilder, result: Any, function: Callable[..., Any]) -> ArrayValue:
    name = getattr(function, "__name__", "the function")
    value = unwrap(result)
    if isinstance(value, (tuple, list)):
        parts = [lift(builder, part) for part in value]
        if not parts or any(part.shape != parts[0].shape for part in parts):
            shapes = " and ".join(describe_shape(part.shape) for part in parts)
            raise UnsupportedError(
                f"{name} returns several arrays, of shapes {shapes}: return one, such as np.concatenate of their ravels"
            )
        value = shaping.stack(parts)
    if value is None:
        raise TraceError(f"{name} returns None: it must return an array or a number")
    if isinstance(value, dict):
        raise UnsupportedError(f"{name} returns a dict: return one array or number")
    return as_real(lift(builder, value))


@contextmanager
def _set(variable: ContextVar[T], value: T) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def _returned_name(code: CodeType | None) -> str | None:
    """The variable that a function returns, where it is always the same one."""
    if code is None:
        return None
    steps = list(dis.get_instructions(code))
    found = {
        before.argval if before.opname.startswith("LOAD_FAST") else None
        for before, step in pairwise(steps)
        if step.opname == "RETURN_VALUE"
    }
    name = found.pop() if len(found) == 1 else None
    return name if isinstance(name, str) else None


def scan(
    body: Callable[[Any, Any], tuple[Any, Any]], init: Any, xs: Any = None, length: int | SymbolicSize | None = None
) -> tuple[Any, Any]:
    """A loop that carries arrays from step to step, as `jax.lax.scan`: it is compiled as a loop, whatever its length.

    Parameters
    ----------
    body
        Takes the carry and the step's slice of `xs`, and gives the next carry and what to stack.
    init
        The first carry: an array, or a tuple of arrays.
    xs
        An array, or a tuple of them, whose leading axis is stepped through; or None.
    length
        The number of steps, where `xs` does not tell.

    Returns
    -------
    tuple
        The last carry, and the second results of the body stacked along a new leading axis.

    Examples
    --------
    >>> import numpy as np
    >>> last, before = scan(lambda carry, x: (0.5 * carry + x, carry), 0.0, np.array([1.0, 2.0, 3.0]))
    >>> float(last), before
    (4.25, array([0. , 1. , 2.5]))
    """
    sequences, _ = _flatten(xs)
    lengths = [part.shape[0] if np.ndim(part) else None for part in sequences] + (
        [length] if length is not None else []
    )
    if not lengths or any(other != lengths[0] for other in lengths) or lengths[0] is None:
        found = ", ".join(map(str, lengths)) or "none"
        raise ShapeError(f"a scan needs one length, from xs or from length=; it has {found}{place_in_code()}")
    outer = CURRENT.get()
    if outer is None:
        return _loop(body, init, xs, int(lengths[0]))
    return _traced_scan(outer, body, init, xs, cast("Size", whole_size(lengths[0])))


def _loop(body: Callable[[Any, Any], tuple[Any, Any]], init: Any, xs: Any, length: int) -> tuple[Any, Any]:
    sequences, pack = _flatten(xs)
    carry, rows = init, []
    unpack: Callable[[list[Any]], Any] = _flatten(None)[1]
    if not length:  # what a step would stack says what nothing is stacked of
        with np.errstate(all="ignore"):
            _, y = body(init, pack([np.zeros_like(part, shape=part.shape[1:])[()] for part in sequences]))
        row, unpack = _flatten(y)
        return init, unpack([np.zeros((0, *np.shape(part)), np.result_type(part)) for part in row])
    for step in range(length):
        carry, y = body(carry, pack([part[step] for part in sequences]))
        row, unpack = _flatten(y)
        rows.append(row)
    return carry, unpack([np.stack(column) for column in zip(*rows, strict=True)])


def _traced_scan(
    outer: ProgramBuilder, body: Callable[[Any, Any], tuple[Any, Any]], init: Any, xs: Any, length: Size
) -> tuple[Any, Any]:
    carries, pack_carry = _flatten(init)
    sequences, pack_slices = _flatten(xs)
    if not carries:
        raise UnsupportedError(f"a scan that carries nothing: write it with array operations{place_in_code()}")
    packed: list[Callable[[list[Any]], Any]] = []

    def step(before: list[ArrayValue], slices: list[ArrayValue]) -> tuple[list[Any], list[Any]]:
        with _set(CURRENT, before[0].builder):
            result = body(pack_carry(wrap(before)), pack_slices(wrap(slices)))
        if not isinstance(result, tuple) or len(result) != 2:
            raise TraceError(f"a scan's body returns (carry, y), not {result!r}{place_in_code()}")
        after, _ = _flatten(result[0])
        stacked, pack = _flatten(result[1])
        packed.append(pack)
        return [unwrap(part) for part in after], [unwrap(part) for part in stacked]

    start = [lift(outer, unwrap(part)) for part in carries]
    last, stacked = scans.scan_arrays(step, start, [lift(outer, unwrap(part)) for part in sequences], length)
    return pack_carry(wrap(last)), packed[-1](wrap(stacked))


def _flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The arrays in nested tuples, in order, and what puts others in their places."""
    if tree is None:
        return [], lambda _: None
    if not isinstance(tree, (tuple, list)):
        return [tree], lambda leaves: leaves[0]
    parts = [_flatten(part) for part in tree]

    def pack(leaves: list[Any]) -> Any:
        rest = iter(leaves)
        return tuple(put([next(rest) for _ in found]) for found, put in parts)

    return [leaf for found, _ in parts for leaf in found], pack
