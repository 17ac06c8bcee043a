"""What a function reads from outside: arrays become arguments, which are read again at each call; the rest is constant.

scale, shift = np.ones(2), 3.0
Captured(lambda x: np.sum(scale * x) + shift).leaves()      # [array([1., 1.])]

Read are the variables of the functions around, the globals that a function and those it calls name, the arguments of a
`functools.partial`, and a method's object; in dicts, lists, tuples and the attributes of objects, however deep. What is
looked up in a user's module or class, and what methods read from outside, is constant, arrays too: another one is
another kernel. What cannot be looked into, and may hold other numbers tomorrow, such as a deque, is refused.
"""

from __future__ import annotations

import dis
import sys
from array import array
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from gradc.errors import ArgumentTypeError, UnsupportedError
from gradc.frontends.structures import MisfitError, Structure, attributes, is_object
from gradc.frontends.substituting import is_users, names_in

_KNOWN = frozenset({"gradc", "jax", "autograd", "numpy", "scipy", *sys.stdlib_module_names})
_CONSTANTS = (bool, int, float, complex, str, bytes, np.generic)


_HIDING = (deque, array, bytearray, memoryview, Iterator)


class _Slot(NamedTuple):
    """One variable outside: where the copy of the function finds it, how it is read, and what was found."""

    key: tuple[Any, ...]
    read: Callable[[], Any]
    structure: Structure
    arrays: tuple[int, ...]  # which leaves are arguments
    constants: tuple[tuple[int, Any], ...]


class Captured:
    """The variables outside of a function.

    Parameters
    ----------
    function
        A function, method or partial.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.slots: list[_Slot] = []
        self.paths: list[str] = []
        for key, path, read in _variables(function):
            try:
                value = read()
            except (ValueError, KeyError, NameError):  # a variable not yet assigned
                continue
            structure = _structure(value, path)
            fixed = key[0] == "looked up"
            arrays = () if fixed else tuple(k for k, leaf in enumerate(structure.first) if _is_array(leaf))
            _refuse_hidden(structure, arrays)
            kept = [(k, leaf) for k, leaf in enumerate(structure.first) if k not in arrays]
            self.slots.append(_Slot(key, read, structure, arrays, tuple((k, _kept(leaf)) for k, leaf in kept)))
            self.paths += [structure.paths[k] for k in arrays]
        self.key = tuple((slot.key, slot.structure.key) for slot in self.slots)

    def leaves(self) -> list[Any]:
        """The arrays as they are now, or a `MisfitError` where a constant is another, or a structure."""
        found: list[Any] = []
        for slot in self.slots:
            leaves = slot.structure.leaves(slot.read())
            for k, constant in slot.constants:
                if (leaves[k] is not constant or type(constant) is np.ndarray) and not _is_same(leaves[k], constant):
                    raise MisfitError
            for k in slot.arrays:
                if not _is_array(leaves[k]):
                    raise MisfitError
                found.append(leaves[k])
        return found

    def given(self, leaves: Sequence[Any]) -> dict[Hashable, Any]:
        """What the copy of the function finds where the variables are, with these leaves for arrays."""
        rest = iter(leaves)
        found: dict[Hashable, Any] = {}
        for slot in self.slots:
            if not slot.arrays:
                continue
            every = dict(slot.constants) | {k: next(rest) for k in slot.arrays}
            found[slot.key] = slot.structure.build([every[k] for k in range(slot.structure.count)])
        return found


_Variable = tuple[tuple[Any, ...], str, Callable[[], Any]]


def _variables(function: Any) -> Iterator[_Variable]:
    """Each variable outside: its key, name, and how it is read."""
    pending: list[tuple[Any, bool]] = [(function, False)]
    met: set[tuple[int, bool]] = set()
    told: set[tuple[Any, ...]] = set()
    classes: dict[type, None] = {}
    names: set[str] = set()
    while pending:
        item, fixed = pending.pop()
        if (id(item), fixed) in met:
            continue
        met.add((id(item), fixed))
        found: list[_Variable] = []
        if isinstance(item, partial):
            pending.append((item.func, fixed))
            found.append((("partial", id(item)), "partial", partial(_held, item)))
        elif isinstance(item, MethodType):
            pending.append((item.__func__, fixed))
            found.append((("self", id(item.__self__)), "self", partial(getattr, item, "__self__")))
        elif isinstance(item, FunctionType) and is_users(item):
            names |= names_in(item.__code__)
            for name, cell in zip(item.__code__.co_freevars, item.__closure__ or (), strict=True):
                found.append((("cell", id(cell)), name, partial(_content, cell)))
            for name in _globals_of(item.__code__):
                if name in item.__globals__:
                    seen = partial(item.__globals__.__getitem__, name)
                    found.append((("global", id(item.__globals__), name), name, seen))
        elif is_object(item) and item is function:  # an object that is called: nothing in it is put in other places
            fixed = True
            found.append((("self", id(item)), "self", partial(_same, item)))
        for key, name, read in found:
            key = ("looked up", *key) if fixed else key
            if key in told:
                continue
            told.add(key)
            try:
                value = read()
            except ValueError:
                continue
            if isinstance(value, (FunctionType, MethodType, partial)):
                pending.append((value, fixed))
            classes.update(dict.fromkeys(_classes_in(value)))
            if isinstance(value, (ModuleType, type)):
                yield from _looked_up(value, name, names)
            else:
                yield key, name, read
        if not pending:  # what methods read is no copy's to see: it is constant, and compared
            pending = [(method, True) for method in _methods(classes, names) if (id(method), True) not in met]


def _classes_in(value: Any) -> Iterator[type]:
    """The user's classes that a value is, and that objects within it are of."""
    pending, met = [value], set()
    while pending:
        item = pending.pop()
        if id(item) in met:
            continue
        met.add(id(item))
        if isinstance(item, type):
            yield item
        elif isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, (list, tuple)):
            pending += item
        elif is_object(item):
            yield type(item)
            pending += attributes(item).values()


def _methods(classes: Iterable[type], names: set[str]) -> Iterator[FunctionType]:
    """The functions of classes that code may call: by their names, or as operators."""
    for kind in classes:
        for base in kind.__mro__:
            if base.__module__.partition(".")[0] in _KNOWN:
                continue
            for name, member in vars(base).items():
                if name not in names and not (name.startswith("__") and name.endswith("__")):
                    continue
                parts = (member.fget,) if isinstance(member, property) else (getattr(member, "__func__", member),)
                yield from (part for part in parts if isinstance(part, FunctionType))


def _looked_up(holder: Any, name: str, names: set[str]) -> Iterator[_Variable]:
    """What code may look up in a user's module or class: constants, arrays too."""
    home = holder.__name__ if isinstance(holder, ModuleType) else holder.__module__
    if home.partition(".")[0] in _KNOWN:
        return
    for attribute in sorted(names):
        if attribute in vars(holder) and not callable(vars(holder)[attribute]):
            yield ("looked up", id(holder), attribute), f"{name}.{attribute}", partial(getattr, holder, attribute)


@lru_cache(maxsize=256)
def _globals_of(code: CodeType) -> tuple[str, ...]:
    """The globals that a function and those inside it read."""
    found: set[str] = set()
    pending = [code]
    while pending:
        part = pending.pop()
        found.update(step.argval for step in dis.get_instructions(part) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
        pending += [constant for constant in part.co_consts if isinstance(constant, CodeType)]
    return tuple(sorted(found))


def _held(item: partial[Any]) -> Any:
    return item.args, item.keywords


def _same(item: Any) -> Any:
    return item


def _content(cell: CellType) -> Any:
    return cell.cell_contents


def _structure(value: Any, path: str) -> Structure:
    try:
        return Structure(value, path, objects=True)
    except ArgumentTypeError:  # of a class that is not known: a constant, by its identity
        return Structure.of_leaf(value, path)


def _refuse_hidden(structure: Structure, arrays: Sequence[int]) -> None:
    for k, leaf in enumerate(structure.first):
        if k not in arrays and isinstance(leaf, _HIDING):
            raise UnsupportedError(
                f"the loss reads {structure.paths[k]}, a {type(leaf).__name__}, whose numbers may change unseen; "
                "make it an array or an argument"
            )


def _is_array(leaf: Any) -> bool:
    return type(leaf) is np.ndarray and leaf.dtype.kind in "fiub"


def _kept(constant: Any) -> Any:
    """What is remembered of a constant, which may be written to."""
    if type(constant) is np.ndarray:
        return constant.copy()
    return frozenset(constant) if type(constant) is set else constant


def _is_same(now: Any, before: Any) -> bool:
    """Whether a constant is the same number, text, or whatever else can be compared safely."""
    if type(now) is np.ndarray and type(before) is np.ndarray:
        return now.dtype == before.dtype and np.array_equal(now, before, equal_nan=now.dtype.kind == "f")
    if type(now) is set:
        return type(before) is frozenset and now == before
    return type(now) is type(before) and isinstance(now, _CONSTANTS) and bool(now == before)
