"""What a function reads from outside: arrays become arguments, which are read again at each call; the rest is constant.

scale, shift = np.ones(2), 3.0
Captured(lambda x: np.sum(scale * x) + shift).leaves()      # [array([1., 1.])]

Read are the variables of the functions around, the globals that a function and those it calls name, the arguments of a
`functools.partial`, and the attributes of a method's object; arrays in dicts, lists and tuples there too.
"""

from __future__ import annotations

import copy
import dis
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache, partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from gradc.errors import ArgumentTypeError
from gradc.frontends.structures import MisfitError, Structure
from gradc.frontends.substituting import is_users

_CONSTANTS = (bool, int, float, complex, str, bytes, np.generic)


class _Slot(NamedTuple):
    """One variable outside: where the copy of the function finds it, how it is read, and what was found."""

    key: Hashable
    read: Callable[[], Any]
    structure: Structure
    arrays: tuple[int, ...]  # which leaves are arguments
    constants: tuple[tuple[int, Any], ...]
    owner: Any  # the object whose attributes these are, if any


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
            if isinstance(value, ModuleType):
                continue
            owner = value if _is_object(value) else None
            structure = _structure(value if owner is None else vars(owner), path)
            arrays = tuple(k for k, leaf in enumerate(structure.first) if _is_array(leaf))
            constants = tuple((k, leaf) for k, leaf in enumerate(structure.first) if not _is_array(leaf))
            self.slots.append(_Slot(key, read, structure, arrays, constants, owner))
            spelled = [structure.paths[k] for k in arrays]
            if owner is not None:
                spelled = [p.replace('["', ".", 1).replace('"]', "", 1) for p in spelled]
            self.paths += spelled
        self.key = tuple((slot.key, slot.structure.key) for slot in self.slots)

    def leaves(self) -> list[Any]:
        """The arrays as they are now, or a `MisfitError` where a constant is another, or a structure."""
        found: list[Any] = []
        for slot in self.slots:
            value = slot.read()
            if slot.owner is not None and type(value) is type(slot.owner):
                value = vars(value)
            leaves = slot.structure.leaves(value)
            for k, constant in slot.constants:
                if leaves[k] is not constant and not _is_same(leaves[k], constant):
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
            built = slot.structure.build([every[k] for k in range(slot.structure.count)])
            if slot.owner is not None:
                made = copy.copy(slot.owner)
                made.__dict__.update(built)
                built = made
            found[slot.key] = built
        return found


def _variables(function: Any) -> Iterator[tuple[Hashable, str, Callable[[], Any]]]:
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
            found: list[tuple[Hashable, str, Callable[[], Any]]] = []
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
                yield key, name, read


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
        return Structure(value, path)
    except ArgumentTypeError:  # of a class that is not known: a constant, by its identity
        return Structure.of_leaf(value, path)


def _is_array(leaf: Any) -> bool:
    return type(leaf) is np.ndarray and leaf.dtype.kind in "fiub"


def _is_object(value: Any) -> bool:
    """Whether something is an object of a user's class that holds arrays."""
    own = type(value).__module__.partition(".")[0]
    if own in ("numpy", "scipy", "gradc", "builtins") or isinstance(value, (type, FunctionType)):
        return False
    return not isinstance(value, (dict, list, tuple)) and any(map(_is_array, getattr(value, "__dict__", {}).values()))


def _is_same(now: Any, before: Any) -> bool:
    """Whether a constant is the same number, text, or whatever else can be compared safely."""
    return type(now) is type(before) and isinstance(now, _CONSTANTS) and bool(now == before)
