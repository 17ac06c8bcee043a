"""A loss without a signature: a family of kernels, one for each structure, rank and dtype of its arguments.

    loss = gradc.compile(lambda w, X, y: np.mean((X @ w - y) ** 2))
    loss.value_and_grad(w, X, y)        # finds the signature "w[n], X[m,n], y[m]", and compiles
    loss.value_and_grad(w2, X2, y2)     # of other sizes: the same kernel

Arguments may be structures of arrays: each leaf is an argument of the kernel, and gradients come back in the structure.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import re
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from keyword import iskeyword
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradc.errors import (
    ArgumentError,
    ArgumentTypeError,
    GradcError,
    NotDifferentiableError,
    SignatureError,
    UnsupportedError,
    shortened,
)
from gradc.frontends.structures import MisfitError, Structure
from gradc.modes import VALUE, VALUE_AND_GRAD, Mode
from gradc.runtime.arguments import describe
from gradc.runtime.forks import unforked

if TYPE_CHECKING:
    from gradc.compiled import Kernel
    from gradc.flat import Unflatten
    from gradc.frontends.captured import Captured
    from gradc.frontends.lengths import Lengths
    from gradc.ir.program import Program

_dtype = attrgetter("dtype")
_NOTHING: Mapping[str, Any] = {}
# What goes to a kernel as it is, beside arrays; a number of Python has no width of its own.
_NUMBERS = {float: "float64", int: "int64", bool: "bool"}
_DTYPES = ("float64", "float32", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool")


class Leaf(NamedTuple):
    """What a kernel was made for, of one leaf: its type, and its dtype and rank where it is an array."""

    kind: type
    dtype: Any
    rank: int


class Arguments:
    """How the leaves lie in the arguments of a call.

    Parameters
    ----------
    names
        What the arguments by position are called.
    args, kwargs
        A call.
    """

    def __init__(self, names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self.positions = [Structure(value, name) for name, value in zip(names, args, strict=True)]
        self.named = {name: Structure(kwargs[name], name) for name in sorted(kwargs)}
        parts = dict(zip(names, self.positions, strict=True)) | self.named
        self.paths = tuple(path for part in parts.values() for path in part.paths)
        self.first = [leaf for part in parts.values() for leaf in part.first]
        self.key = (tuple(part.key for part in self.positions), tuple((k, part.key) for k, part in self.named.items()))
        self.spans: dict[str, tuple[int, int, Structure]] = {}  # where each argument's leaves are
        start = 0
        for name, part in parts.items():
            self.spans[name] = start, start + part.count, part
            start += part.count

    def named_leaves(self, kwargs: Mapping[str, Any]) -> list[Any]:
        """The leaves of the arguments by name, or a `MisfitError`."""
        if kwargs.keys() != self.named.keys():
            raise MisfitError
        return [leaf for name, part in self.named.items() for leaf in part.leaves(kwargs[name])]

    def arrange(self, leaves: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments by position and by name that hold these leaves."""
        rest = iter(leaves)
        args = [part._build(rest) for part in self.positions]
        return args, {name: part._build(rest) for name, part in self.named.items()}


class Member:
    """One kernel of a family, and what it was made for.

    Parameters
    ----------
    family
        What it belongs to.
    arguments, kinds
        The structure of the arguments, and what each leaf is.
    """

    def __init__(
        self, family: Family, arguments: Arguments, captured: Captured, first: list[Any], kinds: Sequence[Leaf]
    ) -> None:
        self.family, self.arguments, self.kinds, self.captured = family, arguments, tuple(kinds), captured
        self.chosen = family._chosen(arguments, kinds)
        # None for a leaf, which need not be read.
        self._readers = [None if part.key == "*" else part._read for part in arguments.positions]
        self._reads_more = bool(arguments.named or captured.slots)
        self._types = [kind.kind for kind in self.kinds]
        self._arrays = [k for k, kind in enumerate(self.kinds) if kind.dtype is not None]
        self._all_arrays = len(self._arrays) == len(self._types)
        self._dtypes = [self.kinds[k].dtype for k in self._arrays]
        self.calls: dict[str, Any] = {}
        self.paths = [*arguments.paths]
        for path in captured.paths:
            self.paths.append(path if path not in self.paths else f"{path} (outside)")
        self._names = _identifiers(self.paths)
        self.axes: list[list[str]] = []  # what the axes of each leaf are called
        self.kernel, self.lengths = self._make(first)
        # What the program asked of the sizes and got no for; the next call must get the same answers.
        self.is_free = not self.lengths.is_open
        spans = [arguments.spans[name] for name in self.chosen]
        self.plain = family._single and spans[0][2].key == "*"
        self._parts = [structure for *_, structure in spans]
        self.nested: Callable[[Any], Any] = self._packing()

    def _make(self, first: list[Any]) -> tuple[Kernel, Lengths]:
        from gradc import interface
        from gradc.frontends.arranged import Arranged
        from gradc.frontends.tracing import Example, find
        from gradc.making import make_kernel

        family, arguments, asked = self.family, self.arguments, dict(self.family._options)
        shapes = [np.shape(leaf) for leaf in first]
        dtypes = [_dtype_of(kind) for kind in self.kinds]
        real = asked.pop("dtype") or _common(self.kinds)
        asked["dtype"] = real
        examples = [
            Example(name, path, shape, "real" if _is_real(kind, dtype, real) else dtype)
            for name, path, shape, kind, dtype in zip(self._names, self.paths, shapes, self.kinds, dtypes, strict=True)
        ]
        self.axes = [example.symbols() for example in examples]
        known = not (_classes(arguments.key) or _classes(self.captured.key))
        identity = repr((arguments.key, self.kinds, dict(arguments.spans).keys())) if known else None
        source = Arranged(family.function, arguments.arrange, self.captured, len(arguments.paths), identity)
        read, lengths = find(source, examples)
        signature = interface.signature_text(read.parameters)
        numbers = [k for name in self.chosen for k in range(*arguments.spans[name][:2])]
        for k in numbers:
            if not dtypes[k].startswith("float"):
                raise NotDifferentiableError(
                    f"{arguments.paths[k]} holds {dtypes[k]}, and a derivative by it does not exist: pass a float, or "
                    "leave it out of what is differentiated by"
                )
        names = [self._names[k] for k in numbers]
        single = family._single and arguments.spans[self.chosen[0]][2].key == "*"
        asked["wrt"] = names[0] if single else tuple(names)
        return make_kernel(source, signature, read=read, **asked), lengths

    def takes(self, args: Sequence[Any], kwargs: Mapping[str, Any] = _NOTHING) -> list[Any] | None:
        """The leaves of a call, where it is one of this kernel's but perhaps for ranks, which the kernel checks."""
        readers = self._readers
        if len(args) != len(readers):
            return None
        leaves: list[Any] = []
        try:
            for read, value in zip(readers, args):  # noqa: B905 - the lengths are equal
                if read is None:
                    leaves.append(value)
                else:
                    read(value, leaves)
            if self._reads_more:
                leaves += self.arguments.named_leaves(kwargs)
                leaves += self.captured.leaves()
            elif kwargs:
                return None
        except (MisfitError, KeyError, AttributeError, TypeError):
            return None
        if list(map(type, leaves)) != self._types:
            return None
        arrays = leaves if self._all_arrays else [leaves[k] for k in self._arrays]
        return leaves if list(map(_dtype, arrays)) == self._dtypes else None

    def ranks(self, leaves: Sequence[Any]) -> bool:
        """Whether leaves that it takes have the ranks that it was made for."""
        return all(np.ndim(leaf) == kind.rank for leaf, kind in zip(leaves, self.kinds, strict=True))

    def call(self, mode: Mode) -> Any:
        """The kernel's own call of a mode, of all leaves; looked up once it needs no comparing any more."""
        if not mode.of_arrays:
            self.kernel._need_scalar(mode.name)
        found = self.kernel._mode(mode)
        if self.kernel._origin is None:
            self.calls[mode.name] = found
        return found

    def fit(self, leaves: Sequence[Any]) -> None:
        """Raise what in the program the sizes of these leaves do not fit, if anything."""
        lengths = {
            name: length
            for names, leaf in zip(self.axes, leaves, strict=True)
            for name, length in zip(names, np.shape(leaf), strict=True)
        }
        why = self.lengths.explain(lengths)
        if why:
            raise ArgumentError(f"{self.kernel.name}(): {why}")

    def explained(self, error: GradcError, leaves: Sequence[Any]) -> GradcError:
        """An error of the kernel, by the names that the user knows."""
        if isinstance(error, ArgumentError):
            try:
                self.fit(leaves)
            except ArgumentError as better:
                return better
        text = str(error)
        for name, path in zip(self._names, self.paths, strict=True):
            if name != path:
                text = text.replace(f"'{name}'", f"'{path}'")
        return type(error)(text) if text != str(error) else error

    def _packing(self) -> Callable[[Any], Any]:
        """What puts a gradient, or what else there is one of for each leaf, into the structure of the arguments."""
        if self.plain:
            return lambda flat: flat
        builders = [part._build for part in self._parts]
        if self.family._single:
            return builders[0] if self._parts[0].is_flat else lambda flat: builders[0](iter(flat))

        def pack(flat: Any) -> Any:
            rest = iter(flat)
            return tuple([build(rest) for build in builders])

        return pack

    def flat(self, tree: Any, what: str) -> Any:
        """The leaves of a vector or tangent, which has the structure of what is differentiated by."""
        if self.plain:
            return tree
        trees = (tree,) if self.family._single else tree
        try:
            if not isinstance(trees, (tuple, list)) or len(trees) != len(self._parts):
                raise MisfitError
            return tuple(leaf for part, one in zip(self._parts, trees, strict=True) for leaf in part.leaves(one))
        except MisfitError:
            names = ", ".join(self.chosen)
            raise ArgumentTypeError(f"{self.kernel.name}.{what}: the structure is not that of {names}") from None


class Family:
    """A loss without a signature; made by `gradc.compile` and `gradc.kernel`. Its first call finds the signature.

    It has the methods of a `Kernel`. The kernels are made one by one, for each structure, rank and dtype of arguments.

    Parameters
    ----------
    function
        The loss.
    wrt
        Names or numbers of arguments, or a tuple of them; None for the first that has a float in it.
    options
        Those of `gradc.compile`.
    """

    def __init__(self, function: Callable[..., Any], wrt: Any, options: Mapping[str, Any]) -> None:
        if not callable(function):
            raise SignatureError('a signature is needed, such as "w[d], X[n,d], y[n], lam"')
        self.function, self._options = function, dict(options)
        self._wrt = tuple(wrt) if isinstance(wrt, (tuple, list)) else (wrt,)
        self._single = not isinstance(wrt, (tuple, list))
        self._members: dict[Any, Member] = {}
        self._last: Member | None = None
        self._unflatten: Unflatten | None = None  # of the last vector
        self._lock = threading.RLock()
        update_wrapper(self, function)
        self._signature = inspect.signature(function)
        # Arrays are arguments also where they are defaults.
        self._defaults = [
            p.name for p in self._signature.parameters.values() if isinstance(p.default, (np.ndarray, dict, list))
        ]
        kinds = inspect.Parameter
        self._positional = [
            p.name
            for p in self._signature.parameters.values()
            if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
        ]

    # --- calls ------------------------------------------------------------------------------------------------------

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The value: a float, or an array where the loss is one."""
        member = self._last
        # The kernel of the last call, if it takes this one, where ranks may still differ.
        leaves = None if kwargs or member is None or not member.is_free else member.takes(args)
        if member is None or leaves is None:
            member, leaves = self._found(args, kwargs)
        try:
            return (member.calls.get("value") or member.call(VALUE))(*leaves)
        except GradcError as error:
            if member.ranks(leaves):
                raise member.explained(error, leaves) from None
        self._last = None
        return self(*args, **kwargs)

    def value_and_grad(self, /, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """The value and the gradient, in one pass over the data.

        Returns
        -------
        value : float
        gradient
            In the structure of the argument that it is taken by; a tuple where `wrt` is one.
        """
        member = self._last
        # The kernel of the last call, if it takes this one, where ranks may still differ.
        leaves = None if kwargs or member is None or not member.is_free else member.takes(args)
        if member is None or leaves is None:
            member, leaves = self._found(args, kwargs)
        try:
            value, gradient = (member.calls.get("value_and_grad") or member.call(VALUE_AND_GRAD))(*leaves)
        except GradcError as error:
            if member.ranks(leaves):
                raise member.explained(error, leaves) from None
        else:
            return value, gradient if member.plain else member.nested(gradient)
        self._last = None
        return self.value_and_grad(*args, **kwargs)

    def grad(self, /, *args: Any, **kwargs: Any) -> Any:
        """The gradient alone; see `value_and_grad`."""
        return self.value_and_grad(*args, **kwargs)[1]

    def hessian(self, /, *args: Any, dense: bool = True, **kwargs: Any) -> Any:
        """The second derivative: a block for each pair of leaves, in the structure twice over, as in JAX.

        Parameters
        ----------
        dense
            Whether blocks that are structurally sparse come as arrays all the same.
        """
        member, leaves = self._found(args, kwargs)
        rows = self._run(member, leaves, lambda: member.kernel.hessian(*leaves, dense=dense))
        return rows if member.plain else member.nested([member.nested(row) for row in rows])

    def jacobian(self, /, *args: Any, dense: bool = True, **kwargs: Any) -> Any:
        """The derivative of an array-valued function, a block for each leaf; `dense` as for `hessian`."""
        member, leaves = self._found(args, kwargs)
        return member.nested(self._run(member, leaves, lambda: member.kernel.jacobian(*leaves, dense=dense)))

    def hvp(self, args: Sequence[Any], v: Any, /, **kwargs: Any) -> Any:
        """The product of the Hessian with a vector, both in the structure of what is differentiated by.

        Parameters
        ----------
        args, **kwargs
            All arguments.
        v
            The vector.
        """
        member, leaves = self._found(tuple(args), kwargs)
        vector = member.flat(v, "hvp()")
        return member.nested(self._run(member, leaves, lambda: member.kernel.hvp(leaves, vector)))

    def vjp(self, args: Sequence[Any], cotangent: Any, /, **kwargs: Any) -> tuple[Any, Any]:
        """The value, and the product of the cotangent, which has its shape, with the Jacobian."""
        member, leaves = self._found(tuple(args), kwargs)
        value, gradients = self._run(member, leaves, lambda: member.kernel.vjp(leaves, cotangent))
        return value, member.nested(gradients)

    def jvp(self, args: Sequence[Any], tangents: Any, /, **kwargs: Any) -> tuple[Any, Any]:
        """The value, and the product of the Jacobian with tangents in the structure of what is differentiated by."""
        member, leaves = self._found(tuple(args), kwargs)
        given = member.flat(tangents, "jvp()")
        value, tangent = self._run(member, leaves, lambda: member.kernel.jvp(leaves, given))
        return value, tangent

    # --- vectors ------------------------------------------------------------------------------------------------------

    def flatten(self, params: Any) -> tuple[Any, Unflatten]:
        """The parameters that the loss is differentiated by as one vector, and what makes them of a vector.

        Parameters
        ----------
        params
            The argument; a tuple of them where `wrt` is one. All its leaves are floats.

        Returns
        -------
        vector : numpy.ndarray
            The leaves one after the other, in C order; keys of dicts are sorted.
        unflatten
            Gives the structure that a vector of this length holds.

        Raises
        ------
        NotDifferentiableError
            For a leaf that holds no floats.

        Examples
        --------
        >>> import gradc
        >>> k = gradc.compile(lambda p, x: np.sum(p["w"] * x) + p["b"])
        >>> vector, unflatten = k.flatten({"w": np.ones(2), "b": 3.0})
        >>> vector, unflatten(vector)["b"]
        (array([3., 1., 1.]), 3.0)
        """
        from gradc.flat import flatten

        vector, self._unflatten = flatten(params, self._parameter_names()[0] if self._single else "the parameters")
        return vector, self._unflatten

    def bind(self, what: str = "", /, *, flat: Any = False, **fixed: Any) -> Any:
        """Fix some arguments; gives a function of the others, for optimisers.

        Parameters
        ----------
        what
            A method of this loss, "value_and_grad" if left out.
        flat
            True for a function of one vector, whose structure is that of the last `flatten`; or what `flatten` gave to
            make structures of vectors. It gives value and gradient as ``scipy.optimize.minimize(…, jac=True)`` takes
            them, and has `value`, `grad`, `hessian` (one matrix), `hvp` and `jacobian`.
        **fixed
            The arguments that are fixed, by name. Arrays are not copied.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            For arguments that the loss does not have, or a vector of another length.

        Examples
        --------
        >>> import gradc
        >>> k = gradc.compile(lambda p, x, y: np.sum((p["w"] * x + p["b"] - y) ** 2))
        >>> start, unflatten = k.flatten({"w": 0.0, "b": 0.0})
        >>> objective = k.bind(flat=True, x=np.array([1.0, 2.0]), y=np.array([3.0, 5.0]))
        >>> objective(start)
        (34.0, array([-16., -26.]))
        >>> objective.hessian(start)
        array([[ 4.,  6.],
               [ 6., 10.]])
        """
        names = list(self._signature.parameters)
        unknown = [name for name in fixed if name not in names]
        if unknown:
            raise ArgumentTypeError(f"{self._name}.bind() got {unknown[0]!r}; the arguments are {', '.join(names)}")
        if flat is False:
            return functools.partial(getattr(self, what or "value_and_grad"), **fixed)
        from gradc.flat import FlatLoss, Unflatten

        unflatten = self._unflatten if flat is True else flat
        if not isinstance(unflatten, Unflatten):
            raise ArgumentError(f"{self._name}.bind(flat=True): call {self._name}.flatten(parameters) first")
        free = self._parameter_names(fixed)
        marks = {name: object() for name in free}
        order = {name: (fixed | marks)[name] for name in names if name in fixed or name in marks}
        bound = inspect.BoundArguments(self._signature, OrderedDict(order))
        places = [next((k for k, a in enumerate(bound.args) if a is mark), -1) for mark in marks.values()]
        if min(places) < 0:
            raise ArgumentError(
                f"{self._name}.bind(flat=True): the parameters {', '.join(free)} come by position, so fix what "
                "stands before them"
            )
        made = FlatLoss(self, unflatten, bound.args, bound.kwargs, places, self._single)
        return getattr(made, what) if what and what != "value_and_grad" else made

    def _parameter_names(self, fixed: Mapping[str, Any] | None = None) -> list[str]:
        """The arguments that are differentiated by, as far as no call is needed to know."""
        if self._wrt == (None,):
            free = [name for name in self._positional if name not in (fixed or {})]
            if not free:
                raise ArgumentError(f"{self._name}: all arguments are fixed")
            return free[:1]
        return [self._positional[one] if isinstance(one, int) else one for one in self._wrt]

    # --- the kernels --------------------------------------------------------------------------------------------------

    def lowered(self, /, *args: Any, **kwargs: Any) -> tuple[Kernel, tuple[Any, ...]]:
        """The kernel for these arguments, and what it takes in their place: their leaves, and the arrays outside."""
        member, leaves = self._found(args, kwargs)
        return member.kernel, tuple(leaves)

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels made so far."""
        return tuple(member.kernel for member in self._members.values())

    @property
    def kernel(self) -> Kernel:
        """The kernel that was called last."""
        if self._last is None:
            raise SignatureError(f"{self._name} has no signature yet: its first call finds one")
        return self._last.kernel

    @property
    def signature(self) -> str:
        """The signature that was found for the last call, as `gradc.compile` takes it."""
        return self.kernel.signature

    @property
    def gradient(self) -> Program:
        """The program of value and gradient of the kernel that was called last."""
        return self.kernel.gradient

    @property
    def _name(self) -> str:
        return str(self._options.get("name") or getattr(self.function, "__name__", "loss"))

    def __repr__(self) -> str:
        found = "; ".join(kernel.signature for kernel in self.kernels)
        return f"<gradc loss {self._name}, {f'called with {found}' if found else 'not called yet'}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # A decorated function is found by its name, as functions are.
        return _find, (self.function.__module__, self.function.__qualname__, self._wrt, self._single, self._options)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _run(self, member: Member, leaves: Sequence[Any], call: Callable[[], Any]) -> Any:
        try:
            return call()
        except GradcError as error:
            raise member.explained(error, leaves) from None

    def _found(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Member, list[Any]]:
        """The kernel of a call, and its leaves."""
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentTypeError(f"{self._name}(): {error}") from None
        for name in self._defaults:
            if name not in bound.arguments:
                bound.arguments[name] = self._signature.parameters[name].default
        for member in self._members.values():
            leaves = member.takes(bound.args, bound.kwargs)
            if leaves is not None and member.ranks(leaves):
                break
        else:
            member, leaves = self._searched(bound)
        self._last = member
        if not member.is_free:
            member.fit(leaves)
        return member, leaves

    def _searched(self, bound: inspect.BoundArguments) -> tuple[Member, list[Any]]:
        """A new kernel, and its leaves."""
        names = self._positional[: len(bound.args)]
        rest = next((p.name for p in self._signature.parameters.values() if p.kind is p.VAR_POSITIONAL), "args")
        names = [*names, *(f"{rest}[{k}]" for k in range(len(bound.args) - len(names)))]
        arguments = Arguments(names, bound.args, bound.kwargs)
        kinds = [_kind_of(leaf, path, self._name) for leaf, path in zip(arguments.first, arguments.paths, strict=True)]
        with unforked:
            from gradc.frontends.captured import Captured

            captured = Captured(self.function)
        outside = captured.leaves()
        kinds += [_kind_of(leaf, path, self._name) for leaf, path in zip(outside, captured.paths, strict=True)]
        first = [*arguments.first, *outside]
        key = arguments.key, tuple(kinds), captured.key, _constants(captured)
        with unforked, self._lock:
            member = self._members.get(key)
            if member is None:
                try:
                    member = Member(self, arguments, captured, first, kinds)
                except GradcError as error:
                    raise shortened(error)  # noqa: B904 - the same error, with the user's lines
                self._members[key] = member
                if os.environ.get("GRADC_DEBUG"):
                    which = "another kernel" if len(self._members) > 1 else "a kernel"
                    print(f"# {self._name}: {which}, {member.kernel.signature}", file=sys.stderr)
        return member, first

    def _chosen(self, arguments: Arguments, kinds: Sequence[Leaf]) -> list[str]:
        """The names of the arguments that are differentiated by."""
        names = list(arguments.spans)
        if self._wrt == (None,):
            real = (n for n, (a, b, _) in arguments.spans.items() if any(map(_is_float, kinds[a:b])))
            found = next(real, None)
            if found is None:
                raise NotDifferentiableError(
                    f"no argument of {self._name} is a float: there is nothing to differentiate by"
                )
            return [found]
        chosen: list[str] = []
        for one in self._wrt:
            count = len(arguments.positions)
            if isinstance(one, str):
                if one not in names:
                    raise ArgumentError(
                        f"{self._name} is to be differentiated by {one!r}, which the call does not have"
                    )
                chosen.append(one)
            elif isinstance(one, (int, np.integer)) and not isinstance(one, bool) and -count <= one < count:
                chosen.append(names[: len(arguments.positions)][one])
            else:
                raise ArgumentError(f"{self._name} is differentiated by argument {one!r}, and the call has {count}")
        if not chosen or len(set(chosen)) != len(chosen):
            raise ArgumentError(f"{self._name} is differentiated by {chosen}: name each argument once")
        return chosen


def _classes(key: Any) -> bool:
    """Whether classes of a user's are in the key of a structure, whose methods a program may depend on."""
    if isinstance(key, tuple):
        return any(map(_classes, key))
    return isinstance(key, type) and key not in (dict, list, tuple)


def _constants(captured: Captured) -> tuple[Any, ...]:
    """The constants that a function reads from outside, as a key: numbers and texts by value, the rest by identity."""
    found: list[tuple[Any, Any]] = []
    for slot in captured.slots:
        for _, constant in slot.constants:
            if isinstance(constant, np.ndarray):
                found.append((constant.dtype.str, constant.tobytes()))
                continue
            plain = isinstance(constant, (bool, int, float, complex, str, bytes, np.generic, frozenset))
            found.append((type(constant), repr(constant) if plain else id(constant)))
    return tuple(found)


def _kind_of(leaf: Any, path: str, name: str) -> Leaf:
    """What a kernel for this leaf is made for."""
    kind = type(leaf)
    if kind in _NUMBERS:
        return Leaf(kind, None, 0)
    if kind is np.ndarray or issubclass(kind, (np.generic, np.memmap)):
        if leaf.dtype.name in _DTYPES and leaf.dtype.isnative:
            return Leaf(kind, leaf.dtype, leaf.ndim)
        raise ArgumentTypeError(f"{name}(): {path} is {describe(leaf)}; known are {', '.join(_DTYPES)}")
    if kind.__module__.startswith("gradc.frontends"):
        raise UnsupportedError(
            f"{name} is called with {path} while another function is traced: a kernel inside of a loss is not known "
            "yet; call the function that it was made of"
        )
    raise ArgumentTypeError(
        f"{name}(): {path} is {describe(leaf)}, and neither an array nor a number: fix what a loss does not compute "
        "with by a function around it"
    )


def _dtype_of(kind: Leaf) -> str:
    return _NUMBERS[kind.kind] if kind.dtype is None else str(kind.dtype.name)


def _is_float(kind: Leaf) -> bool:
    return _dtype_of(kind).startswith("float")


def _common(kinds: Sequence[Leaf]) -> str:
    """float32 where all arrays of floats are: numbers of Python take the dtype of what is beside them."""
    found = {kind.dtype.name for kind in kinds if kind.dtype is not None and kind.dtype.kind == "f"}
    return "float32" if found == {"float32"} else "float64"


def _is_real(kind: Leaf, dtype: str, real: str) -> bool:
    """Whether a leaf is of the kernel's own dtype."""
    return dtype == real or kind.kind is float


def _identifiers(paths: Sequence[str]) -> list[str]:
    """A name in the program for each leaf: ``params_W`` for ``params["W"]``."""
    found: list[str] = []
    for path in paths:
        name = re.sub(r"\W+", "_", path) if path.isidentifier() else re.sub(r"\W+", "_", path).rstrip("_")
        while name in found or name == "out" or not name.isidentifier() or iskeyword(name):
            name += "_"
        found.append(name)
    return found


def _find(module: str, name: str, wrt: tuple[Any, ...], single: bool, options: Mapping[str, Any]) -> Any:
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found if isinstance(found, Family) else Family(found, wrt[0] if single else wrt, options)
