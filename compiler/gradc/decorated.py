"""A decorated loss: a kernel that is traced and compiled when it is first used."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from gradc.errors import SignatureError
from gradc.runtime.forks import unforked
from gradc.runtime.once import once

if TYPE_CHECKING:
    from gradc.compiled import Kernel


class Deferred:
    """Stands for a kernel until one of its attributes is asked for; `function` is what was decorated."""

    def __init__(self, function: Callable[..., Any], signature: str, options: dict[str, Any]) -> None:
        self.function, self._signature, self._options = function, signature, options
        update_wrapper(self, function)

    @once
    def kernel(self) -> Kernel:
        """The kernel itself."""
        return self._make()

    def _make(self) -> Kernel:
        with unforked:
            from gradc.making import make_kernel

            return make_kernel(self.function, self._signature, **self._options)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The value."""
        return self.kernel(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("function", "_signature", "_options"):
            raise AttributeError(name)
        if name == "kernel":
            # Python asks here because making it raised an AttributeError, and would show this one: raise that again.
            return self._make()
        return getattr(self.kernel, name)

    def __dir__(self) -> list[str]:
        # Who completes a name asks here: what a kernel has is known from its class, before anything is traced.
        from gradc.compiled import Kernel

        made = self.__dict__.get("kernel", Kernel)
        return sorted({*super().__dir__(), *(name for name in dir(made) if not name.startswith("_"))})

    def __repr__(self) -> str:
        return repr(self.kernel)

    def __reduce__(self) -> tuple[Any, ...]:
        # A decorated function is found by its name, as functions are.
        return _find, (self.function.__module__, self.function.__qualname__)


def defer(signature: Any, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """What `gradc.kernel` does; `options` are those of `gradc.compile`."""
    if not isinstance(signature, str):
        name = getattr(signature, "__name__", "f")
        raise SignatureError(
            f'@gradc.kernel needs the signature of {name}, as in @gradc.kernel("x[n], c"): the arguments in order, '
            "with their dimensions in brackets"
        )

    def decorate(function: Callable[..., Any]) -> Any:
        return Deferred(function, signature, options)

    return decorate


def _find(module: str, name: str) -> Any:
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found
