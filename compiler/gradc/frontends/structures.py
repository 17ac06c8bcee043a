"""Structures of arrays, as users keep their parameters: dicts, lists, tuples, dataclasses, and types of their own.

>>> structure = Structure({"W": 1.0, "layers": [2.0, None]}, "params")
>>> structure.paths
('params["W"]', 'params["layers"][0]')
>>> structure.leaves({"W": 3.0, "layers": [4.0, None]})
[3.0, 4.0]
>>> structure.build([5.0, 6.0])
{'W': 5.0, 'layers': [6.0, None]}

A leaf is whatever is none of these. `None` has no leaves. Keys of a dict are sorted where they can be, as in JAX.
"""

from __future__ import annotations

import copy
import dataclasses
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from operator import itemgetter
from types import MemberDescriptorType
from typing import Any, TypeAlias

from gradc.errors import ArgumentTypeError, UnsupportedError

Flatten = Callable[[Any], "tuple[Sequence[Any], Hashable]"]
Unflatten = Callable[[Any, Sequence[Any]], Any]

_LIBRARIES = frozenset({"numpy", "scipy", "gradc", *sys.stdlib_module_names})

_registered: dict[type, tuple[Flatten, Unflatten]] = {}


class MisfitError(Exception):
    """A tree that has another structure."""


def register(kind: type, flatten: Flatten, unflatten: Unflatten) -> None:
    """Make a class one whose objects are structures; see `gradc.register_pytree_node`."""
    if kind in _registered:
        raise ArgumentTypeError(f"{kind.__name__} is registered already")
    _registered[kind] = flatten, unflatten


class Structure:
    """How leaves lie in a tree.

    Parameters
    ----------
    tree
        One that has the structure.
    path
        What messages call it.
    objects
        Whether objects of a user's classes are looked into as well.
    """

    __slots__ = ("_build", "_read", "count", "first", "is_flat", "key", "paths")

    def __init__(self, tree: Any, path: str = "", objects: bool = False) -> None:
        self.first: list[Any] = []  # the leaves of the tree itself
        paths: list[str] = []
        self.key: Any
        self.key, self._read, self._build = _known(tree, path, self.first, paths, () if objects else None)
        self.paths = tuple(paths)
        self.count = len(paths)
        # A dict of leaves, which is built of any row of them.
        self.is_flat = type(tree) is dict and len(tree) > 1 and self.key[-1] == ("*",) * len(tree)

    @classmethod
    def of_leaf(cls, leaf: Any, path: str) -> Structure:
        """That of a tree which is not looked into."""
        made = cls(0, path)
        made.first = [leaf]
        return made

    def leaves(self, tree: Any) -> list[Any]:
        """The leaves of a tree of this structure, or a `MisfitError`."""
        found: list[Any] = []
        try:
            self._read(tree, found)
        except (KeyError, AttributeError, TypeError):
            raise MisfitError from None
        return found

    def build(self, leaves: Sequence[Any]) -> Any:
        """The tree that has these leaves."""
        return self._build(iter(leaves))


_Read = Callable[[Any, list[Any]], None]
_Build = Callable[[Iterator[Any]], Any]
_Known = tuple[Hashable, _Read, _Build]
# The objects around, by identity, where objects are looked into; else None.
_Around: TypeAlias = "tuple[int, ...] | None"


def _known(tree: Any, path: str, leaves: list[Any], paths: list[str], around: _Around) -> _Known:
    """The key of a tree's structure, what reads the leaves of another, and what builds one."""
    kind = type(tree)
    if tree is None:
        return None, _read_none, _build_none
    if kind in _registered:
        return _of_registered(tree, path, leaves, paths, around)
    if around is not None and isinstance(tree, (dict, list, tuple)):
        if id(tree) in around:
            raise UnsupportedError(f"{path} holds itself, so it is no tree: pass what the loss needs of it")
        around = (*around, id(tree))
    if isinstance(tree, dict):
        return _of_dict(tree, path, leaves, paths, around)
    if isinstance(tree, (tuple, list)):
        return _of_sequence(tree, path, leaves, paths, around)
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return _of_dataclass(tree, path, leaves, paths, around)
    if around is not None and is_object(tree):
        if id(tree) in around:
            raise UnsupportedError(f"{path} holds itself, so it is no tree: pass what the loss needs of it")
        return _of_object(tree, path, leaves, paths, (*around, id(tree)))
    leaves.append(tree)
    paths.append(path)
    return "*", _read_leaf, next


def is_object(value: Any) -> bool:
    """Whether something is an object whose attributes lie open: of a user's class, or a namespace."""
    kind = type(value)
    if isinstance(value, type) or not (type(getattr(value, "__dict__", None)) is dict or _slots(kind)):
        return False
    return kind.__module__.partition(".")[0] not in _LIBRARIES or kind.__name__ in ("SimpleNamespace", "Namespace")


def attributes(value: Any) -> dict[str, Any]:
    """What an object holds, in its dict and in its slots."""
    held = {name: getattr(value, name) for name in _slots(type(value)) if hasattr(value, name)}
    return {**held, **getattr(value, "__dict__", {})}


def _slots(kind: type) -> list[str]:
    """The slots of a class and of those that it is made of."""
    found = [name for base in kind.__mro__ for name, held in vars(base).items() if type(held) is MemberDescriptorType]
    return [name for name in found if not name.startswith("__")]


def _read_leaf(tree: Any, found: list[Any]) -> None:
    found.append(tree)


def _read_none(tree: Any, _: list[Any]) -> None:
    if tree is not None:
        raise MisfitError


def _build_none(_: Iterator[Any]) -> None:
    return None


def _of_dict(tree: dict[Any, Any], path: str, leaves: list[Any], paths: list[str], around: _Around) -> _Known:
    kind, count = type(tree), len(tree)
    keys = _sorted(tree)
    parts = [
        _known(tree[key], f'{path}["{key}"]' if isinstance(key, str) else f"{path}[{key!r}]", leaves, paths, around)
        for key in keys
    ]
    flat = count > 1 and all(read is _read_leaf for _, read, _ in parts)
    get = itemgetter(*keys) if flat else None
    readers = [(key, read) for key, (_, read, _) in zip(keys, parts, strict=True)]
    builders = [build for *_, build in parts]

    def read(other: Any, found: list[Any]) -> None:
        if type(other) is not kind or len(other) != count:
            raise MisfitError
        if get is not None:
            found += get(other)
            return
        for key, inner in readers:
            inner(other[key], found)

    def build(rest: Iterator[Any]) -> Any:
        made = {key: inner(rest) for key, inner in zip(keys, builders)}  # noqa: B905 - they are as many
        return made if kind is dict else _like(tree, made)

    if flat and kind is dict:
        return ("dict", kind, tuple(keys), ("*",) * count), read, lambda rest: dict(zip(keys, rest))  # noqa: B905
    return ("dict", kind, tuple(keys), tuple(key for key, _, _ in parts)), read, build


def _sorted(tree: dict[Any, Any]) -> list[Any]:
    """The keys in an order that does not depend on how the dict was made."""
    try:
        return sorted(tree)
    except TypeError:  # keys of several types
        return sorted(tree, key=lambda key: (type(key).__name__, repr(key)))


def _like(first: Any, made: dict[Any, Any]) -> Any:
    """A dict of a subclass, such as an `OrderedDict` or a `defaultdict`."""
    other = first.copy()
    other.clear()
    other.update(made)
    return other


def _of_sequence(tree: Any, path: str, leaves: list[Any], paths: list[str], around: _Around) -> _Known:
    kind, count = type(tree), len(tree)
    names = getattr(kind, "_fields", None)
    if names is None and kind not in (tuple, list):
        raise ArgumentTypeError(
            f"{path} is of the type {kind.__name__}, whose structure is not known: register it with "
            "gradc.register_pytree_node"
        )
    spelled = [f"{path}[{k}]" if names is None else f"{path}.{names[k]}" for k in range(count)]
    parts = [_known(part, where, leaves, paths, around) for part, where in zip(tree, spelled, strict=True)]
    readers = [read for _, read, _ in parts]
    builders = [build for *_, build in parts]
    flat = all(read is _read_leaf for read in readers)

    def read(other: Any, found: list[Any]) -> None:
        if type(other) is not kind or len(other) != count:
            raise MisfitError
        if flat:
            found += other
            return
        for inner, part in zip(readers, other):  # noqa: B905 - the lengths are equal
            inner(part, found)

    def build(rest: Iterator[Any]) -> Any:
        made = [inner(rest) for inner in builders]
        return made if kind is list else tuple(made) if names is None else kind(*made)

    return ("sequence", kind, count, tuple(key for key, _, _ in parts)), read, build


def _of_dataclass(tree: Any, path: str, leaves: list[Any], paths: list[str], around: _Around) -> _Known:
    kind = type(tree)
    names = [field.name for field in dataclasses.fields(tree)]
    parts = [_known(getattr(tree, name), f"{path}.{name}", leaves, paths, around) for name in names]

    def read(other: Any, found: list[Any]) -> None:
        if type(other) is not kind:
            raise MisfitError
        for name, (_, inner, _) in zip(names, parts, strict=True):
            inner(getattr(other, name), found)

    def build(rest: Iterator[Any]) -> Any:
        made = object.__new__(kind)  # as `dataclasses.replace` would, but for what __post_init__ checks
        for name, (*_, inner) in zip(names, parts, strict=True):
            object.__setattr__(made, name, inner(rest))
        return made

    return ("dataclass", kind, tuple(key for key, _, _ in parts)), read, build


def _of_object(tree: Any, path: str, leaves: list[Any], paths: list[str], around: _Around) -> _Known:
    own = attributes(tree)
    kind, names, open_ = type(tree), sorted(own), getattr(tree, "__dict__", {})
    parts = [_known(own[name], f"{path}.{name}", leaves, paths, around) for name in names]

    def read(other: Any, found: list[Any]) -> None:
        held = attributes(other)
        if type(other) is not kind or len(held) != len(names):
            raise MisfitError
        for name, (_, inner, _) in zip(names, parts, strict=True):
            inner(held[name], found)

    def build(rest: Iterator[Any]) -> Any:
        made = copy.copy(tree)
        for name, (*_, inner) in zip(names, parts, strict=True):
            value = inner(rest)
            if name in open_:
                made.__dict__[name] = value
            else:
                object.__setattr__(made, name, value)
        return made

    return ("object", kind, tuple(names), tuple(key for key, _, _ in parts)), read, build


def _of_registered(tree: Any, path: str, leaves: list[Any], paths: list[str], around: _Around) -> _Known:
    kind = type(tree)
    flatten, unflatten = _registered[kind]
    children, auxiliary = flatten(tree)
    parts = [_known(part, f"{path}.{k}", leaves, paths, around) for k, part in enumerate(children)]

    def read(other: Any, found: list[Any]) -> None:
        if type(other) is not kind:
            raise MisfitError
        inside, beside = flatten(other)
        if beside != auxiliary or len(inside) != len(parts):
            raise MisfitError
        for part, (_, inner, _) in zip(inside, parts, strict=True):
            inner(part, found)

    def build(rest: Iterator[Any]) -> Any:
        return unflatten(auxiliary, tuple([inner(rest) for *_, inner in parts]))

    return ("registered", kind, auxiliary, tuple(key for key, _, _ in parts)), read, build
