"""What a kernel takes and returns, as plain data, and the checking of arrays against it.

    n = ((("n",), 1),)
    entry = Entry("total", "total", ("n",), (Input("x", "float64", (n,)),), (Output("value", "float64"),))
    values, sizes = convert_all(entry, [[1, 2, 3]])     # a float64 array, {"n": 3}

A dimension is a polynomial in the kernel's dimension symbols, written as data: ``n + 1`` is ``((("n",), 1), ((), 1))``.
This module needs NumPy alone, and is copied into ahead-of-time artefacts together with `calls` and the errors.
"""

from __future__ import annotations

import keyword
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from gradc.errors import (
    ArgumentError,
    ArgumentTypeError,
    SignatureError,
)
from gradc.runtime.once import once

Atom: TypeAlias = "str | tuple[str, Polynomial, Polynomial]"
"""A symbol, or ``("//", p, q)`` or ``("%", p, q)``."""

Polynomial: TypeAlias = tuple[tuple[tuple[Atom, ...], int], ...]
"""Terms, each a product of atoms and its coefficient. The empty product is 1, the empty sum 0."""

Nesting: TypeAlias = "int | tuple[Nesting, ...]"
"""How results are handed back: the number of an output, or a tuple of such."""

_MOST_PARAMETERS = 127
C_TYPES = {
    "float64": "double",
    "float32": "float",
    "int64": "int64_t",
    "int32": "int32_t",
    "int16": "int16_t",
    "int8": "int8_t",
    "uint64": "uint64_t",
    "uint32": "uint32_t",
    "uint16": "uint16_t",
    "uint8": "uint8_t",
    "bool": "uint8_t",
}
"""The dtypes that cross into C, and their C names."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)


def check_identifier(name: str) -> str:
    """Return `name` if C can have a function of that name, else raise `ArgumentError`."""
    if not isinstance(name, str) or not _IDENTIFIER.match(name):
        raise ArgumentError(f"{name!r} is not a C identifier")
    return name


# Plain tuples: `dataclasses` would take longer to import and to run than a kernel takes to be found in the cache.


class Value(NamedTuple):
    """A number where `shape` is empty, else an array."""

    name: str
    dtype: str
    shape: tuple[Polynomial, ...] = ()


class Input(Value):
    """An argument. A number goes to C by value."""


class Output(Value):
    """A result. A number comes back as Python's."""


class Step(NamedTuple):
    """One axis of one input: it defines the dimension `solve`, or is checked where that is None.

    The extent is ``scale * solve + rest``, both in dimensions that earlier steps define. `bare` is the extent where
    that is one symbol.
    """

    argument: int
    axis: int
    extent: Polynomial
    bare: str | None
    solve: str | None
    scale: Polynomial = ()
    rest: Polynomial = ()


class _Entry(NamedTuple):
    name: str
    symbol: str
    dims: tuple[str, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    statuses: Mapping[int, tuple[str, str]] = MappingProxyType({})
    constraints: tuple[tuple[Polynomial, str], ...] = ()
    returns: Nesting | None = None
    summary: str = ""
    parallel: bool = False
    stops: bool = False


class Entry(_Entry):
    """One C function, and how Python calls it.

    Parameters
    ----------
    name
        What Python calls it.
    symbol
        What C calls it: ``int symbol(dims..., inputs..., outputs..., void *work)``, beside
        ``size_t symbol_work(dims...)``, the bytes of scratch. Where they are many (`by_record`), dimensions, inputs
        and outputs are the members of a ``struct symbol_arguments``, and both functions take its address instead.
    dims
        The dimensions' symbols, each an ``int64_t``.
    inputs, outputs
        In the order of the C signature.
    statuses
        For each positive status code the name of the error's class and its message.
    constraints
        Polynomials that must not be negative, each with the text that says so.
    returns
        How the results are nested, as numbers of outputs: ``(0, (1, 2))``. By default a flat tuple, or the
        only output itself.
    summary
        One sentence for the docstring.
    parallel
        Whether the C has parallel loops, whose parts the team of threads shares.
    stops
        Whether the C looks at a flag, and may end with the status `STOPPED`.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Entry:
        """Check the record as it is made."""
        self = super().__new__(cls, *args, **kwargs)
        self._check()
        return self

    def _check(self) -> None:
        # Only the symbol reaches C from here; the other names are Python's, and may be `double` or `λ`.
        check_identifier(self.symbol)
        for names in ((self.name,), self.dims, [v.name for v in self.inputs], [v.name for v in self.outputs]):
            for name in names:
                if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
                    raise ArgumentError(f"{name!r} is not a name in Python")
            if len(set(names)) != len(names):
                raise ArgumentError(f"{self.name}: two of {', '.join(names)} have one name")
        for value in self.values:
            if value.dtype not in C_TYPES:
                raise ArgumentError(
                    f"{self.name}: {value.name} has the dtype {value.dtype!r}, not one of {', '.join(C_TYPES)}"
                )
        if any(v.name == "out" for v in self.inputs):
            raise ArgumentError(f"{self.name}: no argument can be called 'out', the name of the results' places")
        if not self.outputs:
            raise ArgumentError(f"{self.name} has no output")
        known = {step.solve for step in self.steps}
        wanted = [dim for v in self.values for extent in v.shape for dim in symbols(extent)]
        wanted += [dim for extent, _ in self.constraints for dim in symbols(extent)]
        for dim in (*self.dims, *wanted):
            if dim not in known:
                raise SignatureError(
                    f"{self.name}: no argument's shape says what the dimension {dim} is; give an argument an axis of "
                    f"length {dim}"
                )

    @property
    def by_record(self) -> bool:
        """Whether the C takes its arguments in a struct, `by_record` of their number."""
        return by_record(len(self.dims) + len(self.inputs) + len(self.outputs))

    @property
    def values(self) -> tuple[Value, ...]:
        """Inputs and outputs in the order of the C signature."""
        return (*self.inputs, *self.outputs)

    @once
    def steps(self) -> tuple[Step, ...]:
        """Every axis of every input, in the order in which the dimensions can be found."""
        return unify(enumerate(self.inputs))

    @once
    def plan(self) -> tuple[tuple[Output, Any, tuple[str, ...] | None], ...]:
        """Each output, its dtype, and its shape where that is bare symbols."""
        plans = []
        for value in self.outputs:
            dims = [_bare(extent) for extent in value.shape]
            plain = None if None in dims else tuple(dim for dim in dims if dim is not None)
            plans.append((value, np.dtype(value.dtype), plain))
        return tuple(plans)

    @once
    def nesting(self) -> Nesting:
        """`returns`, or its default."""
        if self.returns is not None:
            return self.returns
        return 0 if len(self.outputs) == 1 else tuple(range(len(self.outputs)))


def symbols(extent: Polynomial) -> tuple[str, ...]:
    """Return the dimensions in an extent, each once, in order."""
    found: dict[str, None] = {}
    for product, _ in extent:
        for atom in product:
            names = (atom,) if isinstance(atom, str) else (*symbols(atom[1]), *symbols(atom[2]))
            found.update(dict.fromkeys(names))
    return tuple(found)


def evaluate(extent: Polynomial, sizes: Mapping[str, int]) -> int:
    """Return the value of an extent for given dimensions."""
    total = 0
    for product, coefficient in extent:
        term = coefficient
        for atom in product:
            if isinstance(atom, str):
                term *= sizes[atom]
                continue
            sign, above, below = atom
            divisor = evaluate(below, sizes)
            if divisor == 0:
                raise ArgumentError(f"{render(extent)} divides by {render(below)}, which is 0")
            quotient, remainder = divmod(evaluate(above, sizes), divisor)
            term *= quotient if sign == "//" else remainder
        total += term
    return total


def render(extent: Polynomial) -> str:
    """Return an extent as a reader writes it: ``2*n + 1``.

    >>> render(((("n",), 2), ((), -1)))
    '2*n - 1'
    """
    text = ""
    for product, coefficient in extent:
        factors = [a if isinstance(a, str) else f"({render(a[1])}) {a[0]} ({render(a[2])})" for a in product]
        if len(factors) + (abs(coefficient) != 1) > 1:
            factors = [f if _IDENTIFIER.match(f) else f"({f})" for f in factors]
        if abs(coefficient) != 1 or not factors:
            factors.insert(0, str(abs(coefficient)))
        sign = "-" if coefficient < 0 else "+"
        text += f" {sign} " if text else sign.strip("+")
        text += "*".join(factors)
    return text or "0"


def render_shape(shape: Sequence[Polynomial]) -> str:
    """Return a shape as Python writes it: ``(n, 2*d)``, ``(n,)``."""
    return f"({', '.join(map(render, shape))}{',' if len(shape) == 1 else ''})"


def split(extent: Polynomial, dim: str) -> tuple[Polynomial, Polynomial] | None:
    """Return `scale` and `rest` where the extent is ``scale * dim + rest``, or None where it is not linear in `dim`."""
    scale: list[tuple[tuple[Atom, ...], int]] = []
    rest: list[tuple[tuple[Atom, ...], int]] = []
    for product, coefficient in extent:
        others = tuple(atom for atom in product if atom != dim)
        if any(dim in symbols((((atom,), 1),)) for atom in others) or len(product) - len(others) > 1:
            return None
        (rest if len(others) == len(product) else scale).append((others, coefficient))
    return tuple(scale), tuple(rest)


def _bare(extent: Polynomial) -> str | None:
    """Return the symbol that an extent is, if it is one."""
    if len(extent) == 1 and extent[0][1] == 1 and len(extent[0][0]) == 1 and isinstance(atom := extent[0][0][0], str):
        return atom
    return None


def unify(inputs: Iterable[tuple[int, Input]]) -> tuple[Step, ...]:
    """Put the axes of `inputs` in an order in which each defines one dimension or is checked against earlier ones.

    Bare symbols go first, so that ``z[n+1], x[n]`` takes ``n`` from `x`; then what is linear in one unknown. What is
    left cannot be solved and is left out.
    """
    axes = [(number, axis, extent) for number, value in inputs for axis, extent in enumerate(value.shape)]
    known: set[str] = set()
    steps: list[Step] = []
    for number, axis, extent in axes:
        dim = _bare(extent)
        if dim is not None:
            solve = None if dim in known else dim
            known.add(dim)
            steps.append(Step(number, axis, extent, dim, solve, (((), 1),), ()))
    waiting = [axis for axis in axes if _bare(axis[2]) is None]
    progress = True
    while waiting and progress:
        progress, left = False, []
        for number, axis, extent in waiting:
            unknown = [dim for dim in symbols(extent) if dim not in known]
            parts = split(extent, unknown[0]) if len(unknown) == 1 else None
            if not unknown:
                steps.append(Step(number, axis, extent, None, None))
            elif parts is not None:
                known.add(unknown[0])
                steps.append(Step(number, axis, extent, None, unknown[0], *parts))
            else:
                left.append((number, axis, extent))
                continue
            progress = True
        waiting = left
    return tuple(steps)


def describe(value: object) -> str:
    """Return a few words for what came as an argument."""
    if isinstance(value, np.ndarray):
        kind = "masked array" if isinstance(value, np.ma.MaskedArray) else "array"
        order = "" if value.dtype.isnative else " (of the other byte order)"
        return f"{_article(value.dtype.name)} {kind}{order} of shape {value.shape}"
    if isinstance(value, (bool, int, float, complex, np.generic)):
        return f"the {type(value).__name__} {str(value)[:40]}"
    return _article(type(value).__name__)


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' and not noun.startswith('uint') else 'a'} {noun}"


def expectation(value: Value) -> str:
    """Return a few words for what is expected."""
    if not value.shape:
        return f"a number ({value.dtype})"
    return f"{_article(value.dtype)} array of shape {render_shape(value.shape)}"


def misfit(entry: Entry, value: Value, came: Any, advice: str = "", *, kind: type[ArgumentError]) -> ArgumentError:
    """Return the error that says what came for `value`, and what was expected."""
    role = "argument" if isinstance(value, Input) else "out for"
    # Of what is accepted the shape alone can be wrong: its dtype is as good as converted.
    is_accepted = isinstance(came, Accepted)
    got = f"{_article(value.dtype)} array of shape {came.shape}" if is_accepted else describe(came)
    words = f"{entry.name}(): {role} {value.name!r}: expected {expectation(value)}, got {got}"
    return kind(words + (f"; {advice}" if advice else ""))


class Accepted(NamedTuple):
    """An argument whose dtype and rank fit, before it is copied: its shape can be looked at first."""

    array: np.ndarray[Any, Any]
    came: Any
    weak: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's."""
        return tuple(self.array.shape)


def accept(entry: Entry, value: Input, came: Any) -> Accepted:
    """Return an argument that `fit` can convert, or raise the error that says why it cannot.

    Numbers, lists and narrower dtypes are cast where NumPy calls it safe; Python's own numbers, in lists too, take
    the argument's dtype as they do in NumPy's arithmetic.
    """
    dtype = np.dtype(value.dtype)
    # Python's numbers have no width of their own; everything else brings a dtype that must fit.
    weak = isinstance(came, (bool, int, float, complex, list, tuple))
    if isinstance(came, np.ma.MaskedArray):
        raise misfit(entry, value, came, "fill the masked entries first, with .filled()", kind=ArgumentTypeError)
    try:
        array = np.asarray(came)
    except Exception as error:  # whatever the object's own __array__ raises: torch's tensors a RuntimeError
        raise misfit(entry, value, came, f"NumPy makes no array of it: {error}", kind=ArgumentTypeError) from None
    shown = array if isinstance(came, (list, tuple)) or array.ndim else came
    if not array.dtype.isnative:
        advice = f"convert it with {value.name}.astype({value.name}.dtype.newbyteorder('='))"
        raise misfit(entry, value, shown, advice, kind=ArgumentTypeError)
    if weak:
        order = "biuf"
        fits = (array.size == 0 and array.dtype.kind == "f") or array.dtype.kind in order[: order.index(dtype.kind) + 1]
    else:
        fits = np.can_cast(array.dtype, dtype, "safe")
    if not fits:
        advice = ""
        if array.dtype.kind in "biuf" and not weak:
            advice = f"pass {value.name}.astype(np.{dtype.name}{'_' if dtype.name == 'bool' else ''}) if that is meant"
        elif array.dtype.kind == "c":
            advice = "complex numbers are not supported"
        raise misfit(entry, value, shown, advice, kind=ArgumentTypeError)
    if array.ndim != len(value.shape):
        raise misfit(entry, value, shown, kind=ArgumentError)
    return Accepted(array, shown, weak)


def fit(entry: Entry, value: Input, accepted: Accepted) -> Any:
    """Return what goes to C for an accepted argument: a number, or a native, aligned, C-contiguous array.

    What is strided, unaligned or of another dtype is copied.
    """
    array, shown, weak = accepted
    dtype = np.dtype(value.dtype)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            fitted: np.ndarray[Any, Any] = np.require(array, dtype, ["C", "A", "E"])
    except (MemoryError, ValueError):
        advice = f"it must be copied to be dense {dtype.name}, and there is no memory for that"
        raise misfit(entry, value, shown, advice, kind=ArgumentError) from None
    if weak and not _kept(array, fitted):
        raise misfit(entry, value, shown, f"it is out of the range of {dtype.name}", kind=ArgumentError)
    return fitted if value.shape else fitted.item()


def _kept(before: np.ndarray[Any, Any], after: np.ndarray[Any, Any]) -> bool:
    if after.dtype.kind == "f":
        return bool(np.array_equal(np.isinf(before), np.isinf(after)))
    return before.size == 0 or bool(np.array_equal(before, after))


def gather(
    called: str, names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any], bound: bool = False
) -> list[Any]:
    """Return the arguments called `names` of the function `called` in order, as Python would find them.

    With `bound`, they are what others that were bound have left.
    """
    if len(args) > len(names):
        noun = "argument" if len(names) == 1 else "arguments"
        verb = "was" if len(args) == 1 else "were"
        raise ArgumentTypeError(f"{called}() takes {len(names)} positional {noun} but {len(args)} {verb} given")
    found = dict(zip(names, args, strict=False))
    for name, came in kwargs.items():
        if name not in names:
            hint = f"; its arguments are {', '.join(names)}" if names else ""
            raise ArgumentTypeError(f"{called}() got an unexpected keyword argument {name!r}{hint}")
        if name in found:
            raise ArgumentTypeError(f"{called}() got multiple values for argument {name!r}")
        found[name] = came
    missing = [name for name in names if name not in found]
    if missing:
        noun = "argument" if len(missing) == 1 else "arguments"
        listed = ", ".join(map(repr, missing))
        left = ""
        if bound and len(names) > 1:
            left = (
                f"; bind() has left {len(names)} arguments, {', '.join(map(repr, names))}: give each call all of them, "
                "or bind all but one for a caller that gives one array, as optimisers do"
            )
        raise ArgumentTypeError(f"{called}() missing {len(missing)} required {noun}: {listed}{left}")
    return [found[name] for name in names]


def check_size(number: object, called: str, dim: str) -> int:
    """Return the size of a dimension, or raise an error that names it."""
    try:
        size = operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        raise ArgumentTypeError(f"{called}: the dimension {dim} is a whole number, not {describe(number)}") from None
    if isinstance(number, bool) or not 0 <= size < 1 << 62:
        raise ArgumentError(f"{called}: the dimension {dim} is a number from 0 on, not {number!r}")
    return size


def check_counts(entry: Entry, sizes: Mapping[str, int]) -> None:
    """Raise `ArgumentError` where an argument or a result has more bytes than 64 bits count."""
    for value in entry.values:
        count = np.dtype(value.dtype).itemsize
        for extent in value.shape:
            count *= evaluate(extent, sizes)
        if count >= 1 << 63:
            at = ", ".join(f"{dim} = {size}" for dim, size in sizes.items())
            raise ArgumentError(
                f"{entry.name}(): {value.name!r} of shape {render_shape(value.shape)} has more bytes than memory can "
                f"have at {at}"
            )


def measure(entry: Entry, values: Sequence[Any], steps: Sequence[Step] | None = None) -> dict[str, int]:
    """Return every dimension, from the shapes of converted arguments, or raise `ArgumentError` where they disagree."""
    sizes: dict[str, int] = {}
    for number, axis, extent, bare, solve, scale, rest in entry.steps if steps is None else steps:
        actual = values[number].shape[axis]
        if solve is None:
            if (sizes[bare] if bare is not None else evaluate(extent, sizes)) != actual:
                raise _mismatch(entry, values, number, sizes)
        elif bare is not None:
            sizes[solve] = actual
        else:
            factor = evaluate(scale, sizes)
            size, left = divmod(actual - evaluate(rest, sizes), factor) if factor else (0, 1)
            if left or size < 0:
                value = entry.inputs[number]
                advice = f"no {solve} makes {render(extent)} equal to {actual}"
                raise misfit(entry, value, values[number], advice, kind=ArgumentError)
            sizes[solve] = size
    if steps is None:
        for extent, text in entry.constraints:
            if evaluate(extent, sizes) < 0:
                bound = ", ".join(f"{dim} = {sizes[dim]}" for dim in symbols(extent))
                raise ArgumentError(f"{entry.name}(): the arguments' shapes must have {text}, got {bound}")
    return sizes


def convert_all(entry: Entry, came: Sequence[Any]) -> tuple[list[Any], dict[str, int]]:
    """Return all arguments converted, and the dimensions; no array is copied before all shapes fit."""
    accepted = [accept(entry, value, one) for value, one in zip(entry.inputs, came, strict=True)]
    sizes = measure(entry, accepted)
    return [fit(entry, value, one) for value, one in zip(entry.inputs, accepted, strict=True)], sizes


def convert_bound(entry: Entry, held: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Return `held` with the arguments in `fixed` converted, if their shapes fit one another and those in `held`."""
    bound = dict(held)
    given = [value for value in entry.inputs if value.name in fixed]
    bound.update((value.name, accept(entry, value, fixed[value.name])) for value in given)
    steps = unify((number, value) for number, value in enumerate(entry.inputs) if value.name in bound)
    measure(entry, [bound.get(value.name) for value in entry.inputs], steps)
    bound.update((value.name, fit(entry, value, bound[value.name])) for value in given)
    return bound


def _mismatch(entry: Entry, values: Sequence[Any], number: int, sizes: Mapping[str, int]) -> ArgumentError:
    value = entry.inputs[number]
    sources = []
    for dim in dict.fromkeys(dim for extent in value.shape for dim in symbols(extent) if dim in sizes):
        source = next(step.argument for step in entry.steps if step.solve == dim)
        where = f" from {entry.inputs[source].name!r} of shape {values[source].shape}" if source != number else ""
        sources.append(f"{dim} = {sizes[dim]}{where}")
    return misfit(entry, value, values[number], f"here {', '.join(sources)}" if sources else "", kind=ArgumentError)


def allocate(entry: Entry, sizes: Mapping[str, int]) -> list[Any]:
    """Return a fresh array for each output, and None for each number."""
    places: list[Any] = []
    for value, dtype, plain in entry.plan:
        if not value.shape:
            places.append(None)
            continue
        shape = [sizes[dim] for dim in plain] if plain else _shape(entry, value, sizes)
        try:
            places.append(np.empty(shape, dtype))
        except ValueError:  # NumPy counts in 64 bits too
            check_counts(entry, sizes)
            raise
    return places


def _shape(entry: Entry, value: Output, sizes: Mapping[str, int]) -> tuple[int, ...]:
    shape = tuple(evaluate(extent, sizes) for extent in value.shape)
    if min(shape) < 0:
        bound = ", ".join(f"{dim} = {size}" for dim, size in sizes.items())
        raise ArgumentError(
            f"{entry.name}(): the result {value.name!r} of shape {render_shape(value.shape)} has no place at {bound}"
        )
    return shape


def place(entry: Entry, out: Any, sizes: Mapping[str, int], inputs: Sequence[Any]) -> list[Any]:
    """Return the places for the outputs: those of `out`, checked, and fresh ones where it has None.

    `out` is an array where the kernel returns only one array, or a tuple in the nesting of the results. A number of an
    earlier result is no place, and a fresh one takes its part.
    """
    given = flatten(entry, out)
    places = []
    for number, (value, came) in enumerate(zip(entry.outputs, given, strict=True)):
        shape = _shape(entry, value, sizes) if value.shape else ()
        if came is None:
            places.append(np.empty(shape, value.dtype) if value.shape else None)
            continue
        if not isinstance(came, np.ndarray) or came.dtype != np.dtype(value.dtype) or not came.dtype.isnative:
            advice = f"pass np.empty({shape}, np.{value.dtype}), or None for a result of its own"
            raise misfit(entry, value, came, advice, kind=ArgumentTypeError)
        if came.shape != shape:
            raise misfit(entry, value, came, f"here {shape}" if value.shape else "", kind=ArgumentError)
        if not came.flags.carray:
            raise misfit(entry, value, came, _fault(came), kind=ArgumentError)
        for other, array in zip(entry.values, (*inputs, *given[:number]), strict=False):
            if isinstance(array, np.ndarray) and _overlap(came, array):
                role = "argument" if isinstance(other, Input) else "out for"
                raise misfit(entry, value, came, f"it shares memory with {role} {other.name!r}", kind=ArgumentError)
        places.append(came)
    return places


def _fault(array: np.ndarray[Any, Any]) -> str:
    if not array.flags.writeable:
        return "it is read-only"
    return "it is not C-contiguous" if not array.flags.c_contiguous else "it is not aligned"


def _overlap(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> bool:
    try:
        return np.shares_memory(first, second, max_work=10_000)  # type: ignore[arg-type]
    except Exception as error:  # NumPy's TooHardError lives in different places in different versions
        if type(error).__name__ != "TooHardError":
            raise
        return True


def flatten(entry: Entry, out: Any) -> list[Any]:
    """Return what `out` has for each output, None for a fresh one."""
    arrays = [number for number, value in enumerate(entry.outputs) if value.shape]
    given: list[Any] = [None] * len(entry.outputs)
    if not isinstance(out, (tuple, list)):
        if len(entry.outputs) > 1 and len(arrays) != 1:
            names = ", ".join(value.name for value in entry.outputs)
            raise ArgumentTypeError(f"{entry.name}(): out must be a tuple of places for {names}, got {describe(out)}")
        given[arrays[0] if arrays else 0] = out if arrays or not is_number(out) else None
        return given
    flat, waiting = [], list(reversed(out))
    while waiting:
        item = waiting.pop()
        if isinstance(item, (tuple, list)):
            waiting.extend(reversed(item))
        else:
            flat.append(item)
    order = numbers(entry.nesting)
    if len(flat) != len(order):
        raise ArgumentTypeError(
            f"{entry.name}(): out must hold {len(order)} places, one for each result, got {len(flat)}"
        )
    for number, item in zip(order, flat, strict=True):
        given[number] = None if is_number(item) and not entry.outputs[number].shape else item
    return given


def is_number(came: object) -> bool:
    """Whether something is one of the numbers that results without axes are given as."""
    return isinstance(came, (bool, int, float, np.generic))


def numbers(nesting: Nesting) -> list[int]:
    """Return the outputs of a nesting in the order in which they are written."""
    if isinstance(nesting, int):
        return [nesting]
    return [number for item in nesting for number in numbers(item)]


def nest(nesting: Any, results: Sequence[Any]) -> Any:
    """Return the results in the nesting in which they are handed back; what is no number in it is itself a result."""
    if type(nesting) is int:
        return results[nesting]
    return tuple([nest(item, results) for item in nesting]) if type(nesting) is tuple else nesting


def by_record(arguments: int) -> bool:
    """Whether that many dimensions, inputs and outputs come to C in a struct.

    A C compiler need not take more than 127 parameters (C99, 5.2.4.1), and gcc's time grows with their square.
    """
    return arguments + 1 > _MOST_PARAMETERS


def words_of(entry: Entry) -> list[str]:
    """Return names for the parameters of the kernel."""
    return [f"a{number}" for number in range(len(c_types(entry)[0]))]


def parameters_of(entry: Entry) -> list[str]:
    """Return the parameters of the kernel, for C."""
    return [f"{kind} {word}" for kind, word in zip(c_types(entry)[0], words_of(entry), strict=True)]


def c_types(entry: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the types of the parameters of the kernel and of its ``_work``, in order, but for ``restrict``.

    For a kernel that takes a struct, its address is a ``void *`` here.
    """
    if entry.by_record:
        return ("const void *", "void *"), ("const void *",)
    dims = ("int64_t",) * len(entry.dims)
    inputs = [f"const {C_TYPES[value.dtype]} *" if value.shape else C_TYPES[value.dtype] for value in entry.inputs]
    outputs = [f"{C_TYPES[value.dtype]} *" for value in entry.outputs]
    return (*dims, *inputs, *outputs, "void *"), dims
