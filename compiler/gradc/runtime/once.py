"""An attribute that is computed when it is first asked for.

    class Entry:
        @once
        def steps(self): ...

`functools.cached_property` of Python 3.10 and 3.11 holds a lock meanwhile, one for all instances. A child forked in
that moment would wait for it for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

_Value = TypeVar("_Value")


class once(Generic[_Value]):  # noqa: N801 - it is used as a decorator
    """Computes an attribute, and keeps it in the instance. Of threads that do so together, the first decides."""

    def __init__(self, function: Callable[[Any], _Value]) -> None:
        self.function, self.__doc__ = function, function.__doc__
        self.name = function.__name__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> once[_Value]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> _Value: ...

    def __get__(self, instance: object | None, owner: type) -> once[_Value] | _Value:
        if instance is None:
            return self
        value: _Value = vars(instance).setdefault(self.name, self.function(instance))
        return value
