"""What stands for arrays, numbers and dimensions while a function is traced, and notes what is done with it.

>>> from gradc.frontends.arrays import value_of
>>> from gradc.ir.definitions import Parameter
>>> from gradc.ir.program import ProgramBuilder
>>> from gradc.ir.size import symbol
>>> x = traced(value_of(ProgramBuilder([Parameter("x", (symbol("n"),))]), 0))
>>> x.shape, (x[1:] * 2.0).shape
((n,), (n - 1,))

NumPy's functions reach it through NumPy's two protocols, `__array_ufunc__` and `__array_function__`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import cache, lru_cache
from types import CodeType, FrameType
from typing import Any, ClassVar, NoReturn, cast

import numpy as np

from gradc.calculus.primitives import spellings
from gradc.errors import GradcError, ShapeError, TraceError, UnsupportedError
from gradc.frontends import arrays, asking, reductions, scans, shaping
from gradc.frontends.arrays import CREATORS, FUNCTIONS, REFUSED, UFUNC_REDUCE, ArrayValue
from gradc.frontends.indexing import getitem, is_basic, setitem
from gradc.frontends.user_code import OWN, library_call, place_in_code, refuse
from gradc.frontends.values import as_kind, kind_of_dtype, lift
from gradc.ir.equations import BOOLEAN, INTEGER, REAL
from gradc.ir.printer import describe_shape
from gradc.ir.program import ProgramBuilder
from gradc.ir.size import Size, size

_DTYPES = {REAL: np.dtype(np.float64), INTEGER: np.dtype(np.int64), BOOLEAN: np.dtype(np.bool_)}
# The program that is being built, which a scan needs where nothing that it is given is traced.
CURRENT: ContextVar[ProgramBuilder | None] = ContextVar("gradc_current", default=None)
# The code of the function being traced, whose variables name the arrays.
CODE: ContextVar[CodeType | None] = ContextVar("gradc_code", default=None)


class Makers:
    """What np.zeros and its like give while a function is traced: NumPy's arrays, or traced ones."""

    def __init__(self, traced: bool) -> None:
        self.traced = traced
        self.called = False  # whether an array of NumPy was made


MAKERS: ContextVar[Makers | None] = ContextVar("gradc_makers", default=None)


def _name_operands(operands: Sequence[Any]) -> None:
    """Name arrays after the traced function's variables that hold them."""
    code = CODE.get()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(OWN):
        frame = frame.f_back
    if frame is None or frame.f_code is not code:
        return
    held = frame.f_locals.items()
    for operand in operands:
        if isinstance(operand, Tracer):
            name = next((name for name, value in held if value is operand), None)
            if name is not None:
                operand.value.builder.name(operand.value.number, name)


def unwrap(item: Any) -> Any:
    """Traced values inside tuples, lists and slices as handles, and symbolic sizes as sizes."""
    if isinstance(item, Tracer):
        return item.value
    if isinstance(item, SymbolicSize):
        return item.extent
    if isinstance(item, tuple):
        return tuple(map(unwrap, item))
    if isinstance(item, list):
        return [unwrap(part) for part in item]
    if isinstance(item, slice):
        return slice(unwrap(item.start), unwrap(item.stop), unwrap(item.step))
    return item


def wrap(item: Any) -> Any:
    """Handles inside tuples and lists as traced values; the other way than `unwrap`."""
    if isinstance(item, ArrayValue):
        return traced(item)
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        return type(item)(*map(wrap, item))
    if isinstance(item, (tuple, list)):
        return type(item)(map(wrap, item))
    return item


def traced(value: ArrayValue, ordered: bool = True) -> Tracer:
    """What stands for an array of a program, or for a number."""
    return TracedArray(value, ordered) if value.rank else Tracer(value)


def holds_traced(item: Any) -> bool:
    """Whether a traced value or a symbolic size is in an argument, however deep in tuples and lists."""
    pending = [item]
    while pending:
        part = pending.pop()
        if isinstance(part, (Tracer, SymbolicSize)):
            return True
        if isinstance(part, (tuple, list)):
            pending += part
        elif isinstance(part, dict):
            pending += part.values()
    return False


def builder_among(item: Any) -> ProgramBuilder:
    """The builder of the first traced value in an argument."""
    pending = [item]
    while pending:
        part = pending.pop(0)
        if isinstance(part, Tracer):
            return part.value.builder
        if isinstance(part, SymbolicSize):
            return part.builder
        if isinstance(part, (tuple, list)):
            pending += part
        elif isinstance(part, dict):
            pending += part.values()
    raise TraceError("no traced value among the arguments")


def run_traced(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function on handles with traced arguments; an error says on which line of the user's code it arose."""
    _name_operands(args)
    ordered = all(arg.ordered for arg in args if isinstance(arg, Tracer))
    try:
        found = wrap(function(*map(unwrap, args), **{name: unwrap(value) for name, value in kwargs.items()}))
        if isinstance(found, Tracer) and not ordered:
            found.ordered = found.ndim < 2
        if any(isinstance(arg, Tracer) and arg.narrow is not None for arg in args):
            _keep_narrow(function, found, args)
        return found
    except GradcError as error:
        place = place_in_code()
        if place in str(error) or not place:
            raise
        raise type(error)(f"{error}{place}") from None


# Integers that wrap around where sums of them may well end; int32 is taken for an index, and has 64 bits here.
NARROW = ("int8", "int16", "uint8", "uint16", "uint32", "uint64")
_MOVES = frozenset({getitem, setitem, shaping.full_like})  # what takes the dtype of its first operand


def _keep_narrow(function: Callable[..., Any], found: Any, args: Sequence[Any]) -> None:
    """Give results of narrow integers the dtype that NumPy gives them, and let them wrap around as it does."""
    if function in _UNWRAPPED:
        raise UnsupportedError(
            "products of integers of 8 or 16 bits, or without a sign, which NumPy lets wrap around: "
            "convert them first, with x.astype(np.int64)"
        )
    operands = args[:1] if function in _MOVES else args
    dtypes: list[np.dtype[Any]] = []
    for operand in operands:
        if isinstance(operand, Tracer):
            dtypes.append(operand.narrow or _DTYPES[operand.value.kind])
        elif isinstance(operand, (np.ndarray, np.generic, float)):
            dtypes.append(np.asarray(operand).dtype)
    dtype = np.result_type(*dtypes)
    for result in found if isinstance(found, (tuple, list)) else [found]:
        if not isinstance(result, Tracer) or dtype.name not in NARROW:
            continue
        if function in _WRAPPING:
            bits = 8 * dtype.itemsize
            if bits == 64 or result.value.kind == REAL:
                raise UnsupportedError(
                    f"arithmetic of {dtype.name}, which wraps around in NumPy: declare the argument as int64"
                )
            low = 2 ** (bits - 1) if dtype.kind == "i" else 0
            shifted = arrays.remainder(arrays.add(result.value, low), 2**bits)
            result._value = arrays.subtract(shifted, low) if low else shifted
        if result.value.kind == INTEGER:
            result.narrow = dtype


_WRAPPING = frozenset(
    FUNCTIONS[name]
    for name in (
        *("add", "subtract", "multiply", "negative", "power", "abs", "square", "floor_divide", "invert", "left_shift"),
        *("bitwise_and", "bitwise_or", "bitwise_xor", "diff", "kron"),
    )
)
_UNWRAPPED = frozenset(
    FUNCTIONS[name] for name in ("matmul", "dot", "inner", "vdot", "outer", "tensordot", "einsum", "linalg.multi_dot")
)


def _run_scalars(function: Callable[..., Any], *args: Any) -> Any:
    """As `run_traced`, where a symbolic size may be the only operand that says to which program the result belongs."""
    if not any(isinstance(arg, Tracer) for arg in args):
        first = next(k for k, arg in enumerate(args) if isinstance(arg, SymbolicSize))
        scalar = traced(lift(args[first].builder, args[first].extent))
        args = (*args[:first], scalar, *args[first + 1 :])
    return run_traced(function, *args)


# -------------------------------------------------------------------------------------------------- symbolic dimensions


class SymbolicSize:
    """A dimension that is known by name only, as ``X.shape[0]`` gives it: `int` in arithmetic, not in value."""

    __slots__ = ("builder", "extent")
    __array_priority__: ClassVar[float] = 900.0

    def __init__(self, builder: ProgramBuilder, extent: Size) -> None:
        self.builder, self.extent = builder, extent

    def __repr__(self) -> str:
        return str(self.extent)

    def __hash__(self) -> int:
        return hash(self.extent)

    def __eq__(self, other: object) -> bool:
        return self.extent == (other.extent if isinstance(other, SymbolicSize) else other) or (
            isinstance(other, (int, np.integer)) and self.extent == size(int(other))
        )

    def _order(self, other: Any, sign: str, holds: Callable[[int], bool]) -> Any:
        whole = whole_size(other)
        if whole is None:
            return NotImplemented
        difference = (self.extent - whole).constant
        if difference is None:
            refuse(f"{self} {sign} {other} depends on sizes that are not known while tracing: use np.where")
        return holds(difference)

    def __lt__(self, other: Any) -> Any:
        return self._order(other, "<", lambda difference: difference < 0)

    def __le__(self, other: Any) -> Any:
        return self._order(other, "<=", lambda difference: difference <= 0)

    def __gt__(self, other: Any) -> Any:
        return self._order(other, ">", lambda difference: difference > 0)

    def __ge__(self, other: Any) -> Any:
        return self._order(other, ">=", lambda difference: difference >= 0)

    def _arithmetic(self, name: str, other: Any, swapped: bool) -> Any:
        whole = whole_size(other)
        if whole is None:
            if not isinstance(other, (float, np.floating, np.bool_)):
                return NotImplemented
            operands = (other, self) if swapped else (self, other)
            return _run_scalars(FUNCTIONS[_ARITHMETIC[name][1]], *operands)
        left, right = (whole, self.extent) if swapped else (self.extent, whole)
        return _dimension(self.builder, _ARITHMETIC[name][0](left, right))

    def __add__(self, other: Any) -> Any:
        return self._arithmetic("+", other, swapped=False)

    def __radd__(self, other: Any) -> Any:
        return self._arithmetic("+", other, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._arithmetic("-", other, swapped=False)

    def __rsub__(self, other: Any) -> Any:
        return self._arithmetic("-", other, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._arithmetic("*", other, swapped=False)

    def __rmul__(self, other: Any) -> Any:
        return self._arithmetic("*", other, swapped=True)

    def __floordiv__(self, other: Any) -> Any:
        return self._arithmetic("//", other, swapped=False)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._arithmetic("//", other, swapped=True)

    def __mod__(self, other: Any) -> Any:
        return self._arithmetic("%", other, swapped=False)

    def __rmod__(self, other: Any) -> Any:
        return self._arithmetic("%", other, swapped=True)

    def __neg__(self) -> Any:
        return _dimension(self.builder, -self.extent)

    def __pos__(self) -> SymbolicSize:
        return self

    def __truediv__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, Tracer) else _run_scalars(arrays.divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _run_scalars(arrays.divide, other, self)

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, int) and 0 <= other <= 8:
            result = size(1)
            for _ in range(other):
                result = result * self.extent
            return _dimension(self.builder, result)
        return NotImplemented if isinstance(other, Tracer) else _run_scalars(arrays.power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _run_scalars(arrays.power, other, self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return _call_function(function, args, kwargs)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        self._no_number("an array")

    def __index__(self) -> NoReturn:
        self._no_number("an index, a range or a shape")

    def __int__(self) -> NoReturn:
        self._no_number("an int")

    def __float__(self) -> NoReturn:
        self._no_number("a float")

    def __bool__(self) -> NoReturn:
        self._no_number("a truth value")

    def _no_number(self, what: str) -> NoReturn:
        refuse(
            f"the dimension {self} is not a number while tracing, and {what} is needed here: use array operations "
            "(np.zeros_like(x), np.diag(np.ones_like(x)), x.sum(axis=0)) or gradc.scan in the place of a loop, or make "
            "the dimension a number in the signature"
        )


_ARITHMETIC: dict[str, tuple[Callable[[Size, Size], Size], str]] = {
    "+": (lambda left, right: left + right, "add"),
    "-": (lambda left, right: left - right, "subtract"),
    "*": (lambda left, right: left * right, "multiply"),
    "//": (lambda left, right: left // right, "floor_divide"),
    "%": (lambda left, right: left % right, "remainder"),
}


def whole_size(value: Any) -> Size | None:
    """A symbolic size or an integer as a size; None for what is neither."""
    if isinstance(value, SymbolicSize):
        return value.extent
    return size(int(value)) if isinstance(value, (int, np.integer)) and not isinstance(value, bool) else None


def _dimension(builder: ProgramBuilder, extent: Size) -> Any:
    """An extent as user code sees it: an `int` where it is one."""
    return SymbolicSize(builder, extent) if extent.constant is None else extent.constant


# ------------------------------------------------------------------------------------------------------ traced arrays


def _method(name: str, swapped: bool = False) -> Callable[..., Any]:
    """An operator of traced arrays: a function of the table, by name."""
    function = FUNCTIONS[name]

    def operator(self: Tracer, *others: Any) -> Any:
        return run_traced(function, *(reversed((self, *others)) if swapped else (self, *others)))

    return operator


def _numpy_method(name: str) -> Callable[..., Any]:
    """A method that takes what the NumPy function of its name takes."""
    function = getattr(np, name)

    def method(self: Tracer, *args: Any, **kwargs: Any) -> Any:
        return _call_function(function, (self, *args), kwargs)

    method.__name__, method.__doc__ = name, f"As `numpy.{name}`."
    return method


_Read = Callable[[ArrayValue], ArrayValue]
_Write = Callable[[ArrayValue, ArrayValue], ArrayValue]
_RANKS = {BOOLEAN: 0, INTEGER: 1, REAL: 2}
_UNKNOWN_VIEW = (
    "an array that NumPy may have copied or may have not, by how it lies in memory, and that was written to since: "
    "reshape and ravel of a transposed or sliced array are such. Copy it first, with x.copy()"
)
_READ_ONLY = "NumPy's view is read-only here: write to a copy of it, x.copy()"


class Tracer:
    """What stands for an array while a function is traced: it behaves as an `ndarray`, and notes what is done to it."""

    __slots__ = ("_parent", "_read", "_root", "_seen", "_taken", "_value", "_write", "narrow", "ordered")
    __array_priority__: ClassVar[float] = 1000.0

    def __init__(self, value: ArrayValue, ordered: bool = True) -> None:
        self._value, self.ordered = value, ordered
        self.narrow: np.dtype[Any] | None = None  # the dtype of integers that wrap around before 64 bits are full
        self._parent: Tracer | None = None
        self._root, self._seen = self, 0
        self._taken: Any = None
        self._read: Callable[[ArrayValue], ArrayValue] | None = None
        self._write: Callable[[ArrayValue, ArrayValue], ArrayValue] | None = None

    @property
    def value(self) -> ArrayValue:
        """The array as it is now: a view is read again where what it views was written since."""
        if self._seen == self._root._seen:
            return self._value
        stale: list[Tracer] = []
        known = self
        while known._seen != self._root._seen and known._parent is not None:
            stale.append(known)
            known = known._parent
        for view in reversed(stale):
            if view._read is None:
                refuse(_UNKNOWN_VIEW)
            view._value, view._seen = view._read(known._value), self._root._seen
            known = view
        return self._value

    def viewed_by(self, view: Tracer, read: _Read | None, write: _Write | None, taken: Any = None) -> Tracer:
        """Make another traced array a view of this one."""
        view._parent, view._root, view._seen = self, self._root, self._root._seen
        view._read, view._write, view._taken, view.narrow = read, write, taken, self.narrow
        return view

    def store(self, new: Tracer, *, cast: bool = False) -> None:
        """Write the elements of another traced array, as an operator such as `+=` does; all views of them see it."""
        value = new.value
        if value.shape != self.value.shape:
            shapes = f"{describe_shape(value.shape)} into one of shape {describe_shape(self.value.shape)}"
            raise ShapeError(f"an array of shape {shapes}, in place{place_in_code()}")
        if value.builder is not self._root._value.builder:
            refuse("the body of a scan writes into an array from outside: carry it, or collect what is written")
        if _RANKS[value.kind] > _RANKS[self.value.kind] and not cast:
            raise UnsupportedError(
                f"{value.kind} numbers written into an array of {self.value.kind} ones, which NumPy refuses too: "
                f"write x = x + y, which makes a new array{place_in_code()}"
            )
        value = as_kind(value, self.value.kind)
        written = value
        view = self
        while view._parent is not None:
            if view._write is None:
                refuse(_UNKNOWN_VIEW if view._read is None else _READ_ONLY)
            value = view._write(view._parent.value, value)
            view = view._parent
        self._root._value = value
        self._root._seen += 1
        self._value, self._seen = written, self._root._seen

    def __repr__(self) -> str:
        return f"<traced {self.value.kind} array of shape {describe_shape(self.value.shape)}>"

    def __copy__(self) -> Tracer:
        return traced(self.value)

    def __deepcopy__(self, _: Any) -> Tracer:
        return traced(self.value)

    # --- what NumPy calls

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return _call_function(function, args, kwargs)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        refuse(
            f"{library_call()}a traced array has no elements yet, and a NumPy array is needed here. "
            "Lists of traced values are joined "
            "by np.stack; scipy.special.logsumexp(x) is np.logaddexp.reduce(x); random numbers and what else is "
            "computed outside come in as arguments"
        )

    # --- attributes

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance` asks, in code that no stand-in reaches."""
        return np.ndarray if self.ndim else asking.CLASSES[self.value.kind][0]

    @property
    def shape(self) -> tuple[Any, ...]:
        """The extents: `int` where they are known, else symbolic."""
        return tuple(_dimension(self.value.builder, extent) for extent in self.value.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._value.rank

    @property
    def size(self) -> Any:
        """The number of elements."""
        return _dimension(self.value.builder, reductions.size_of(self.value))

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 for reals, whatever the kernel's own dtype."""
        return self.narrow or _DTYPES[self.value.kind]

    @property
    def T(self) -> Tracer:  # noqa: N802
        """The axes reversed."""
        return _view("transpose", self)

    @property
    def mT(self) -> Tracer:  # noqa: N802
        """The last two axes exchanged."""
        return _view("matrix_transpose", self)

    @property
    def real(self) -> Tracer:
        """The array itself."""
        return self

    @property
    def flat(self) -> Tracer:
        """All elements along one axis."""
        return _view("ravel", self)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a traced array has no attribute {name!r}")
        raise _unknown(name, f"ndarray.{name}")

    # --- operators

    __add__, __radd__ = _method("add"), _method("add", swapped=True)
    __sub__, __rsub__ = _method("subtract"), _method("subtract", swapped=True)
    __mul__, __rmul__ = _method("multiply"), _method("multiply", swapped=True)
    __truediv__, __rtruediv__ = _method("divide"), _method("divide", swapped=True)
    __floordiv__, __rfloordiv__ = _method("floor_divide"), _method("floor_divide", swapped=True)
    __mod__, __rmod__ = _method("remainder"), _method("remainder", swapped=True)
    __pow__, __rpow__ = _method("power"), _method("power", swapped=True)
    __matmul__, __rmatmul__ = _method("matmul"), _method("matmul", swapped=True)
    __and__, __rand__ = _method("bitwise_and"), _method("bitwise_and", swapped=True)
    __or__, __ror__ = _method("bitwise_or"), _method("bitwise_or", swapped=True)
    __xor__, __rxor__ = _method("bitwise_xor"), _method("bitwise_xor", swapped=True)
    __lshift__, __rlshift__ = _method("left_shift"), _method("left_shift", swapped=True)
    __rshift__, __rrshift__ = _method("right_shift"), _method("right_shift", swapped=True)
    __lt__, __le__ = _method("less"), _method("less_equal")
    __gt__, __ge__ = _method("greater"), _method("greater_equal")
    __eq__, __ne__ = _method("equal"), _method("not_equal")
    __neg__, __pos__, __abs__ = _method("negative"), _method("positive"), _method("abs")
    __invert__ = _method("invert")
    __floor__, __ceil__, __trunc__ = _method("floor"), _method("ceil"), _method("trunc")

    def __round__(self, digits: int = 0) -> Any:
        return run_traced(FUNCTIONS["round"], self, digits)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __getitem__(self, key: Any) -> Any:
        found = run_traced(arrays.getitem, self, key)
        plain_key = unwrap(key)
        if not found.ndim or not is_basic(plain_key):
            return found
        found.ordered = self.ordered and _is_run(plain_key)
        return self.viewed_by(
            found,
            lambda value: arrays.getitem(value, plain_key),
            lambda value, new: setitem(value, plain_key, new),
            key,
        )

    # --- what a traced value cannot do

    def __bool__(self) -> NoReturn:
        refuse(
            "a truth value is needed, and a traced array has none until the kernel runs: np.where(condition, a, b) "
            "is a choice, np.logical_and(a, b) or a & b is `and`"
        )

    def __float__(self) -> NoReturn:
        refuse(
            "a traced array has no value as a float yet: leave float() out, and use np.exp(x) rather than math.exp(x)"
        )

    def __int__(self) -> NoReturn:
        refuse("a traced array has no value as an int yet: use np.floor(x), or pass an integer argument")

    def __complex__(self) -> NoReturn:
        refuse("a traced array has no value as a complex number: only reals are known")

    def __index__(self) -> NoReturn:
        refuse("a traced array has no value as an index yet: index a traced array with it, or use np.take_along_axis")

    def item(self, *places: Any) -> Any:
        """One element, which stays traced."""
        if places:
            return self[places]
        if self.value.shape and any(extent.constant != 1 for extent in self.value.shape):
            refuse(f"item() of an array of shape {describe_shape(self.value.shape)}: index the element instead")
        return self.reshape(())

    def tolist(self) -> NoReturn:
        """Refused: there are no elements yet."""
        refuse("a traced array has no elements to list yet: use array operations")

    # --- methods

    sum, mean, prod, max, min = (_numpy_method(name) for name in ("sum", "mean", "prod", "max", "min"))
    var, std, ptp, all, any = (_numpy_method(name) for name in ("var", "std", "ptp", "all", "any"))
    cumsum, cumprod, clip, round = (_numpy_method(name) for name in ("cumsum", "cumprod", "clip", "round"))
    dot, trace, diagonal, take = (_numpy_method(name) for name in ("dot", "trace", "diagonal", "take"))
    ravel, squeeze, swapaxes, repeat = (_numpy_method(name) for name in ("ravel", "squeeze", "swapaxes", "repeat"))
    flatten = _method("ravel")
    copy, conj, conjugate = _method("positive"), _method("positive"), _method("positive")

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """The elements in the same order under another shape."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return _view("reshape", self, tuple(wanted), order)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order; reversed unless told."""
        order = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))) else axes
        return _view("transpose", self, tuple(order) if order else None)

    def astype(self, dtype: Any, **_: Any) -> Any:
        """The same numbers as another kind; a float of any size is the kernel's own."""
        found: Tracer = run_traced(lambda x: as_kind(x, kind_of_dtype(dtype)), self)
        wanted = np.dtype(dtype)
        if wanted.name in NARROW and wanted != self.narrow:
            raise UnsupportedError(
                f"integers cut to {wanted.name}: np.remainder(x, 2**bits) says how they wrap{place_in_code()}"
            )
        found.narrow = wanted if wanted.name in NARROW else None
        return found


def _in_place(name: str) -> Callable[..., Any]:
    """An operator such as `+=`, which writes into the array that is there."""
    function = FUNCTIONS[name]

    def operator(self: TracedArray, other: Any) -> TracedArray:
        self.store(run_traced(function, self, other))
        return self

    return operator


class TracedArray(Tracer):
    """A traced value with axes: it has a length and elements, and can be written to; numbers cannot."""

    __slots__ = ()

    def __len__(self) -> int:
        extent = self.value.shape[0].constant
        if extent is None:
            refuse(
                f"the length {self.value.shape[0]} is not a number while tracing: use x.shape[0] for len(x), and array "
                "operations or gradc.scan for a loop over the elements"
            )
        return extent

    def __iter__(self) -> Iterator[Any]:
        for k in range(len(self)):
            yield self[k]

    def __contains__(self, item: Any) -> NoReturn:
        refuse("a traced array cannot be searched: use np.any(x == item)")

    def __setitem__(self, key: Any, item: Any) -> None:
        # x[key] += y has written into the view x[key], which Python then assigns to its place.
        if isinstance(item, Tracer) and item._parent is self and (item._taken is key or _is_slice(item._taken, key)):
            return
        self.store(run_traced(setitem, self, key, item), cast=True)

    def __delitem__(self, key: Any) -> NoReturn:
        refuse("elements of an array cannot be deleted: slice what is to remain")

    def fill(self, number: Any) -> None:
        """One number everywhere."""
        self[...] = number

    __iadd__, __isub__, __imul__ = _in_place("add"), _in_place("subtract"), _in_place("multiply")
    __itruediv__, __ifloordiv__, __imod__ = _in_place("divide"), _in_place("floor_divide"), _in_place("remainder")
    __ipow__, __imatmul__ = _in_place("power"), _in_place("matmul")
    __iand__, __ior__, __ixor__ = _in_place("bitwise_and"), _in_place("bitwise_or"), _in_place("bitwise_xor")
    __ilshift__, __irshift__ = _in_place("left_shift"), _in_place("right_shift")


def _is_slice(taken: Any, key: Any) -> bool:
    return isinstance(taken, slice) and isinstance(key, slice) and bool(taken == key)


def _is_run(key: Any) -> bool:
    """Whether what a key takes of an array in C order lies in one run: numbers, then at most one slice of step 1."""
    entries = list(key) if isinstance(key, tuple) and not isinstance(key, Size) else [key]
    while entries and isinstance(entries[0], (int, np.integer, Size)):
        entries.pop(0)
    if entries and isinstance(entries[0], slice) and entries[0].step in (None, 1):
        entries.pop(0)
    return all(entry in (Ellipsis, slice(None)) for entry in entries)


# --------------------------------------------------------------------------------------------------------------- views


def _regrouped(value: ArrayValue, new: ArrayValue, *_: Any, **__: Any) -> ArrayValue:
    return shaping.reshape(new, value.shape)


def _transposed_back(value: ArrayValue, new: ArrayValue, axes: Sequence[int] | None = None) -> ArrayValue:
    if axes is None:
        return shaping.transpose(new)
    order = shaping.axes_of(axes, value.rank)
    return shaping.transpose(new, [order.index(axis) for axis in range(value.rank)])


def _again(name: str) -> Callable[..., ArrayValue]:
    function = FUNCTIONS[name]
    return lambda _, new, *args, **kwargs: cast("ArrayValue", function(new, *args, **kwargs))


# The functions that give views, and how what is written into the view stands in the array behind it; None where NumPy
# lets nobody write.
_VIEWS: dict[str, Callable[..., ArrayValue] | None] = {
    **dict.fromkeys(("reshape", "ravel", "squeeze", "expand_dims", "atleast_1d", "atleast_2d"), _regrouped),
    **dict.fromkeys(("transpose", "permute_dims"), _transposed_back),
    **{name: _again(name) for name in ("matrix_transpose", "swapaxes", "flip", "fliplr", "flipud")},
    "linalg.matrix_transpose": _again("matrix_transpose"),
    "moveaxis": lambda _, new, source, destination: shaping.moveaxis(new, destination, source),
    "diagonal": None,
    "linalg.diagonal": None,
    "broadcast_to": None,
}
_REGROUPING = ("reshape", "ravel")  # which copy where the elements do not lie in order
_REORDERING = ("transpose", "permute_dims", "matrix_transpose", "swapaxes", "flip", "fliplr", "flipud", "moveaxis")


def _view(name: str, x: Tracer, *args: Any, **kwargs: Any) -> Tracer:
    """A function of `_VIEWS` on a traced array."""
    found: Tracer = run_traced(FUNCTIONS[name], x, *args, **kwargs)
    if not found.ndim:
        return found
    plain_args, plain_kwargs = unwrap(args), {key: unwrap(value) for key, value in kwargs.items()}
    back = _VIEWS[name]
    found.ordered = x.ordered and (name not in _REORDERING or x.ndim < 2) and back is not None
    if name in _REGROUPING and (not x.ordered or "F" in (*plain_args, *plain_kwargs.values())):
        found.ordered = True
        return x.viewed_by(found, None, None)

    def read(value: ArrayValue) -> ArrayValue:
        return cast("ArrayValue", FUNCTIONS[name](value, *plain_args, **plain_kwargs))

    def write(value: ArrayValue, new: ArrayValue) -> ArrayValue:
        assert back is not None
        return back(value, new, *plain_args, **plain_kwargs)

    return x.viewed_by(found, read, None if back is None else write)


def _split(x: Tracer, indices_or_sections: Any, axis: int = 0) -> list[Tracer]:
    parts = cast("list[Tracer]", run_traced(shaping.split, x, indices_or_sections, axis))
    cuts = unwrap(indices_or_sections)

    def reader(k: int) -> _Read:
        return lambda value: shaping.split(value, cuts, axis)[k]

    def writer(k: int) -> _Write:
        def write(value: ArrayValue, new: ArrayValue) -> ArrayValue:
            pieces = shaping.split(value, cuts, axis)
            return shaping.concatenate([*pieces[:k], new, *pieces[k + 1 :]], axis)

        return write

    for k, part in enumerate(parts):
        part.ordered = False
        x.viewed_by(part, reader(k), writer(k))
    return parts


# ---------------------------------------------------------------------------------------------------- NumPy's protocols


def _unknown(key: str, shown: str) -> GradcError:
    """The error for a function that gradc does not have."""
    if key in REFUSED:
        kind, advice = REFUSED[key]
        return cast("GradcError", kind(f"{shown} is not supported: {advice}{place_in_code()}"))
    return UnsupportedError(f"{shown} is not supported{place_in_code()}")


def _call_function(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A NumPy function on traced arguments."""
    module = (getattr(function, "__module__", None) or "numpy").removeprefix("numpy").lstrip(".")
    name = function.__name__
    key = f"{module}.{name}" if module else name
    if key in _DIRECT:
        return _DIRECT[key](*args, **kwargs)
    if key not in FUNCTIONS:
        raise _unknown(key, f"np.{key}")
    target = kwargs.pop("out", None)
    if key in _JOINING and args and isinstance(args[0], Tracer):
        args = (_rows(args[0], f"np.{key}"), *args[1:])
    args, kwargs = _adapt(function, FUNCTIONS[key], f"np.{key}", args, kwargs)
    if key in _VIEWS and isinstance(args[0], Tracer):
        return _view(key, *args, **kwargs)
    found = run_traced(FUNCTIONS[key], *args, **kwargs)
    return found if target is None else _stored(target, found, f"np.{key}")


# The functions that take several arrays, or one whose rows they are.
_JOINING = frozenset({"concatenate", "concat", "stack", "hstack", "vstack", "column_stack", "linalg.multi_dot"})


def _rows(x: Tracer, shown: str) -> list[Any]:
    if not x.ndim or x.value.shape[0].constant is None:
        raise UnsupportedError(
            f"{shown} of one array of shape {describe_shape(x.value.shape)}, whose rows it joins: "
            f"give it a list of arrays, or use np.reshape and np.transpose{place_in_code()}"
        )
    return list(cast("TracedArray", x))


def _stored(target: Any, found: Any, shown: str) -> Any:
    """What ``out=`` gives: the array itself, written."""
    if not isinstance(target, TracedArray):
        refuse(
            f"{shown} with out=, or an operator such as += on a NumPy array: write x = x + y, which makes a new array"
        )
    target.store(found)
    return target


def _call_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A universal function of NumPy or SciPy on traced arguments."""
    ours = id(ufunc) in _numpy_ufuncs()
    shown = ("np." if ours else "scipy.special.") + ufunc.__name__
    target = kwargs.pop("out", None)
    if target is not None:
        if len(target) != 1:
            raise UnsupportedError(f"{shown} with several arrays in out={place_in_code()}")
        return _stored(target[0], _call_ufunc(ufunc, method, inputs, kwargs), shown)
    if kwargs.pop("where", True) is not True:
        raise UnsupportedError(f"{shown} with where=: use np.where(condition, {shown}(x), x){place_in_code()}")
    dtype = kwargs.pop("dtype", None)
    for ignored in ("casting", "order", "subok"):
        kwargs.pop(ignored, None)
    if dtype is not None and (kind := kind_of_dtype(dtype)) != BOOLEAN:
        # Of masks, whose sums are no truth values then; the rest is computed as the kernel computes it.
        masks = [isinstance(x, Tracer) and x.value.kind == BOOLEAN for x in inputs]
        inputs = tuple(x.astype(_DTYPES[kind]) if mask else x for x, mask in zip(inputs, masks, strict=True))
    if ufunc.__name__ == "divmod" and method == "__call__":
        return _run_scalars(arrays.floor_divide, *inputs), _run_scalars(arrays.remainder, *inputs)
    function = FUNCTIONS.get(ufunc.__name__ if ours else _scipy_names().get(ufunc.__name__, ""))
    if function is None:
        raise _unknown(ufunc.__name__, shown)
    if method == "__call__":
        if kwargs:
            raise UnsupportedError(f"{shown} with {', '.join(kwargs)}={place_in_code()}")
        return _run_scalars(function, *inputs)
    if method == "outer":
        left, right = (as_traced(part, inputs) for part in inputs)
        return run_traced(function, left[(..., *[None] * right.ndim)], right)
    op = spellings("numpy").get(ufunc.__name__, "")
    axis, keepdims = kwargs.pop("axis", 0), kwargs.pop("keepdims", False)
    if kwargs.get("initial") in (None, np._NoValue):
        kwargs.pop("initial", None)
    if kwargs:
        raise UnsupportedError(f"{shown}.{method} with {', '.join(kwargs)}={place_in_code()}")
    if method == "reduce" and ufunc.__name__ in ("logical_and", "logical_or"):
        return run_traced(FUNCTIONS["all" if ufunc.__name__ == "logical_and" else "any"], inputs[0], axis, keepdims)
    if method == "reduce" and op in UFUNC_REDUCE:
        return run_traced(reductions.reduce, UFUNC_REDUCE[op], inputs[0], axis, keepdims)
    if method == "accumulate":
        return run_traced(scans.accumulate, op or ufunc.__name__, inputs[0], axis)
    raise UnsupportedError(f"{shown}.{method} is not supported{place_in_code()}")


def as_traced(item: Any, beside: Any) -> Tracer:
    """A value as a traced one of the program that a value beside it belongs to."""
    return item if isinstance(item, Tracer) else traced(lift(builder_among(beside), unwrap(item)))


@lru_cache(maxsize=1)
def _numpy_ufuncs() -> frozenset[int]:
    return frozenset(id(value) for value in vars(np).values() if isinstance(value, np.ufunc))


@lru_cache(maxsize=1)
def _scipy_names() -> dict[str, str]:
    """From the names of SciPy's universal functions to those of the table; a few mean the same as NumPy's."""
    same = ("cbrt", "exp2", "exp10", "expm1", "log1p", "round", "huber", "pseudo_huber")
    return {**spellings("scipy"), **{name: name for name in same}}


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _adapt(
    theirs: Callable[..., Any], ours: Callable[..., Any], shown: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments as NumPy's function takes them, as ours takes them.

    What ours requires comes first in both. The rest goes by name; what ours does not have may only be what changes
    nothing, such as a default or a dtype of floats.
    """
    signature, own = _signature(theirs), _signature(ours)
    if signature is None or own is None or any(p.kind == p.VAR_POSITIONAL for p in signature.parameters.values()):
        extra = {name: value for name, value in kwargs.items() if not _is_idle(name, value, inspect.Parameter.empty)}
        return args, _known(extra, own, shown)
    bound = signature.bind(*args, **kwargs).arguments
    bound.update(bound.pop("kwargs", {}))
    names = list(signature.parameters)
    required = [p.name for p in own.parameters.values() if p.default is p.empty]
    first = tuple(bound.pop(name) for name in names[: len(required)] if name in bound)
    extra = {
        _RENAMED.get(name, name): value
        for name, value in bound.items()
        if (name == "dtype" and name in own.parameters)
        or name not in signature.parameters
        or not _is_idle(name, value, signature.parameters[name].default)
    }
    if "dtype" in extra and "dtype" not in own.parameters and not _holds_reals(args):
        del extra["dtype"]  # whole numbers and truth values stay what they are
    return first, _known(extra, own, shown)


# What NumPy calls otherwise than the table does.
_RENAMED = {
    "a_min": "lower",
    "a_max": "upper",
    "min": "lower",
    "max": "upper",
    "M": "columns",
    "condlist": "conditions",
}


def _is_idle(name: str, value: Any, default: Any) -> bool:
    if value is default or value is np._NoValue:
        return True
    if value is None:
        return name != "axis"
    if name == "dtype":
        return bool(np.dtype(value).kind == "f")
    if name in ("optimize", "casting", "subok", "copy", "device"):
        return True
    return not holds_traced(value) and not isinstance(value, np.ndarray) and bool(value == default)


def _holds_reals(item: Any) -> bool:
    """Whether a traced array of reals is in an argument."""
    pending = [item]
    while pending:
        part = pending.pop()
        if isinstance(part, Tracer) and part.value.kind == REAL:
            return True
        if isinstance(part, (tuple, list)):
            pending += part
    return False


def _known(extra: dict[str, Any], own: inspect.Signature | None, shown: str) -> dict[str, Any]:
    for name in extra:
        if own is not None and name not in own.parameters:
            raise UnsupportedError(f"{shown} with {name}= is not supported{place_in_code()}")
    return extra


def _array_equal(left: Any, right: Any) -> Any:
    return run_traced(lambda a, b: reductions.every(arrays.equal(a, b)), left, right)


def _copy_to(target: Any, source: Any, casting: str, where: Any) -> None:
    if not isinstance(target, TracedArray):
        refuse("np.copyto of traced numbers into a NumPy array: use np.where, or start from np.zeros_like(x)")
    chosen = source if where is True else np.where(where, source, target)
    whole: Any = np.broadcast_to(cast("Any", as_traced(chosen, target)), target.shape)
    target.store(whole, cast=casting == "unsafe")


def _linspace(*args: Any, **kwargs: Any) -> Any:
    return create(builder_among((args, kwargs)), "linspace", args, kwargs)


# What asks for the traced value itself, or is put together from others here.
_DIRECT: dict[str, Callable[..., Any]] = {
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "size": lambda x, axis=None: x.size if axis is None else x.shape[axis],
    "copy": lambda x, **_: traced(x.value),
    "copyto": lambda dst, src, casting="same_kind", where=True: _copy_to(dst, src, casting, where),
    "real": lambda x: x,
    "iscomplexobj": lambda x: False,  # noqa: ARG005
    "isrealobj": lambda x: True,  # noqa: ARG005
    "array_equal": _array_equal,
    "split": _split,
    "linspace": _linspace,
    "result_type": lambda *parts: np.result_type(*(p.dtype if isinstance(p, Tracer) else p for p in parts)),
}


def create(builder: ProgramBuilder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An array made out of nothing, of a length that is symbolic or with elements that will be."""
    place = {"zeros": 1, "ones": 1, "empty": 1, "full": 2}.get(name, len(args))
    dtype = kwargs.pop("dtype", args[place] if len(args) > place else None)
    args = args[:place]
    kwargs = {key: value for key, value in kwargs.items() if key not in ("like", "order", "device")}
    if name == "full":
        kwargs["dtype"] = dtype

    def make(*parts: Any, **named: Any) -> ArrayValue:
        value = cast("ArrayValue", CREATORS[name](builder, *parts, **named))
        return (
            value
            if dtype is None or value.kind == kind_of_dtype(dtype)
            else _as_dtype(name, value, kind_of_dtype(dtype))
        )

    names = {"M": "columns", "N": "rows"}
    try:
        return run_traced(make, *args, **{names.get(key, key): value for key, value in kwargs.items()})
    except TypeError as error:
        raise UnsupportedError(f"np.{name} with these arguments: {error}{place_in_code()}") from None


def _as_dtype(name: str, value: ArrayValue, kind: str) -> ArrayValue:
    if value.kind == REAL and kind == INTEGER and name != "linspace":
        # Zeros, ones and the identity are whole, though they are made as reals.
        return arrays.where(arrays.not_equal(value, 0.0), 1, 0)
    return as_kind(value, kind)
