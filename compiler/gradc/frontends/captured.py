"""What a function reads from outside: arrays become arguments, which are read again at each call; the rest is constant.

scale, shift = np.ones(2), 3.0
Captured(lambda x: np.sum(scale * x) + shift).leaves()      # [array([1., 1.])]

Read are the variables of the functions around, the globals that a function and those it calls name, the arguments of a
`functools.partial`, and a method's object; in dicts, lists, tuples and the attributes of objects, however deep. What is
looked up in a user's module or class is constant, arrays too.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache, partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from gradc.errors import ArgumentTypeError
from gradc.frontends.structures import MisfitError, Structure
from gradc.frontends.substituting import is_users, names_in

_KNOWN = frozenset({"gradc", "jax", "autograd", "numpy", "scipy", *sys.stdlib_module_names})
_CONSTANTS = (bool, int, float, complex, str, bytes, np.generic)


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


def _variables(function: Any) -> Iterator[tuple[tuple[Any, ...], str, Callable[[], Any]]]:
    """Each variable outside: its key, name, and how it is read."""
    pending, met, told = [function], set(), set()
    while pending:
        item = pending.pop()
        if id(item) in met:
            continue
        met.add(id(item))
        if isinstance(item, partial):
            pending.append(item.func)
            yield ("partial", id(item)), "partial", partial(_held, item)
        elif isinstance(item, MethodType):
            pending.append(item.__func__)
            yield ("self", id(item.__self__)), "self", partial(getattr, item, "__self__")
        elif isinstance(item, FunctionType) and is_users(item):
            found: list[tuple[tuple[Any, ...], str, Callable[[], Any]]] = []
            for name, cell in zip(item.__code__.co_freevars, item.__closure__ or (), strict=True):
                found.append((("cell", id(cell)), name, partial(_content, cell)))
            for name in _globals_of(item.__code__):
                if name in item.__globals__:
                    seen = partial(item.__globals__.__getitem__, name)
                    found.append((("global", id(item.__globals__), name), name, seen))
            for key, name, read in found:
                if key in told:
                    continue
                told.add(key)
                try:
                    value = read()
                except ValueError:
                    continue
                if isinstance(value, (FunctionType, MethodType, partial)):
                    pending.append(value)
                if isinstance(value, (ModuleType, type)):
                    yield from _looked_up(value, name, item.__code__)
                else:
                    yield key, name, read


def _looked_up(holder: Any, name: str, code: CodeType) -> Iterator[tuple[tuple[Any, ...], str, Callable[[], Any]]]:
    """What code may look up in a user's module or class: constants, arrays too."""
    home = holder.__name__ if isinstance(holder, ModuleType) else holder.__module__
    if home.partition(".")[0] in _KNOWN:
        return
    for attribute in sorted(names_in(code)):
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


def _content(cell: CellType) -> Any:
    return cell.cell_contents


def _structure(value: Any, path: str) -> Structure:
    try:
        return Structure(value, path, objects=True)
    except ArgumentTypeError:  # of a class that is not known: a constant, by its identity
        return Structure.of_leaf(value, path)


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
