"""Run a function with other functions in the place of some that it names, and change nothing outside.

A few functions of NumPy and SciPy (``np.eye``, ``scipy.special.logsumexp``) ask for numbers before any protocol lets a
traced value speak. The function being traced is copied with globals of its own, in which those names, the modules that
hold them and the user's helper functions stand replaced; what is imported inside the function passes through the same
door.
"""

from __future__ import annotations

import builtins
import dis
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

StandIns = Mapping[str, Mapping[str, Any]]

_KEPT = ("numpy", "scipy", "gradc", "builtins")  # packages whose own functions stay as they are


class _Module:
    """A module with some of its attributes replaced."""

    def __init__(self, module: ModuleType, substitution: Substitution) -> None:
        self._module, self._substitution = module, substitution

    def __getattr__(self, name: str) -> Any:
        own = self._substitution.stand_ins.get(self._module.__name__, {})
        return own[name] if name in own else self._substitution.replace(getattr(self._module, name))


class Substitution:
    """Gives functions with stand-ins for what they name; one for each run.

    What has been replaced already is known by identity, so that shared and recursive functions stay so.

    Parameters
    ----------
    stand_ins
        For each module's name, what to put in the place of which of its functions.
    is_notable, note
        What is to be noted of what the functions name: `noted` holds what `note` gives for it, by identity.
    """

    def __init__(
        self,
        stand_ins: StandIns,
        is_notable: Callable[[Any], bool] = lambda _: False,
        note: Callable[[Any], Any] = lambda item: item,
    ) -> None:
        self.stand_ins = stand_ins
        self.noted: dict[int, Any] = {}
        self._is_notable, self._note = is_notable, note
        self._direct = {
            id(getattr(sys.modules[module], name)): new
            for module, functions in stand_ins.items()
            if module in sys.modules
            for name, new in functions.items()
            if hasattr(sys.modules[module], name)
        }
        self._parents = {".".join(name.split(".")[: k + 1]) for name in stand_ins for k in range(name.count(".") + 1)}
        self._made: dict[int, Any] = {}
        self._globals: dict[int, dict[str, Any]] = {}
        self._held: list[Any] = []  # keeps what is known by identity alive
        self._assigned: list[tuple[str, Callable[[], Any], Any]] = []  # what is outside and assigned: its value before

    def replace(self, item: Any) -> Any:
        """The item itself, or what stands for it."""
        if id(item) in self._direct:
            return self._direct[id(item)]
        if self._is_notable(item):
            self.noted.setdefault(id(item), self._note(item))
        if isinstance(item, ModuleType):
            return _Module(item, self) if item.__name__ in self._parents else item
        if isinstance(item, MethodType):
            for part in getattr(item.__self__, "__dict__", {}).values():
                if self._is_notable(part):
                    self.noted.setdefault(id(part), self._note(part))
            return MethodType(self.replace(item.__func__), item.__self__)
        if not isinstance(item, FunctionType) or (item.__module__ or "").split(".")[0] in _KEPT:
            return item
        if id(item) not in self._made:
            self._held.append(item)
            self._copy(item)
        return self._made[id(item)]

    def _copy(self, function: FunctionType) -> None:
        space = self._space(function)
        cells = tuple(CellType() for _ in function.__closure__ or ())
        copied = FunctionType(function.__code__, space, function.__name__, function.__defaults__, cells)
        copied.__kwdefaults__ = function.__kwdefaults__
        self._made[id(function)] = copied
        assigned = _assigned(function.__code__)
        for name in _names(function.__code__):
            if name in function.__globals__:
                space[name] = self.replace(function.__globals__[name])
                if name in assigned:
                    self._assigned.append((name, partial(space.get, name), space[name]))
        for name, new, old in zip(function.__code__.co_freevars, cells, function.__closure__ or (), strict=True):
            with suppress(ValueError):  # a variable not yet assigned
                new.cell_contents = self.replace(old.cell_contents)
                if name in assigned:
                    self._assigned.append((name, partial(getattr, new, "cell_contents", None), new.cell_contents))

    def changed_outside(self) -> list[str]:
        """The variables outside that the functions have assigned since they were copied."""
        return sorted({name for name, now, before in self._assigned if now() is not before})

    def _space(self, function: FunctionType) -> dict[str, Any]:
        """Globals of its own for the function's module, and an import that replaces too."""
        original = function.__globals__
        if id(original) not in self._globals:
            self._held.append(original)
            self._globals[id(original)] = {**original, "__builtins__": self._builtins()}
        return self._globals[id(original)]

    def _builtins(self) -> dict[str, Any]:
        return {**vars(builtins), **self.stand_ins.get("builtins", {}), "__import__": self._import}

    def _import(self, *args: Any, **kwargs: Any) -> Any:
        module = builtins.__import__(*args, **kwargs)
        return self.replace(module)


def _names(code: CodeType) -> set[str]:
    """The globals that a function and those inside it may name."""
    found: set[str] = set()
    pending = [code]
    while pending:
        part = pending.pop()
        found.update(part.co_names)
        pending += [constant for constant in part.co_consts if isinstance(constant, CodeType)]
    return found


def _assigned(code: CodeType) -> set[str]:
    """The variables outside that a function and those inside it may assign."""
    found: set[str] = set()
    pending = [code]
    while pending:
        part = pending.pop()
        free = part.co_freevars if part is code else code.co_freevars
        for step in dis.get_instructions(part):
            if step.opname == "STORE_GLOBAL" or (step.opname == "STORE_DEREF" and step.argval in free):
                found.add(str(step.argval))
        pending += [constant for constant in part.co_consts if isinstance(constant, CodeType)]
    return found
