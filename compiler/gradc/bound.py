"""Calls of a kernel with some arguments fixed, and calls that are first compared with the function they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gradc.errors import ArgumentTypeError
from gradc.modes import VALUE
from gradc.runtime.once import once

if TYPE_CHECKING:
    from gradc.compiled import Kernel


class Watched:
    """A call of a kernel that was not compared with its function yet: the next one does that.

    Parameters
    ----------
    kernel
        The kernel, which forgets what it was made from once they agree.
    call
        The call itself.
    fixed
        The arguments that are bound in it.
    """

    def __init__(self, kernel: Kernel, call: Any, fixed: Mapping[str, Any] | None = None) -> None:
        self.kernel, self.call, self.fixed = kernel, call, dict(fixed or {})

    def __call__(self, /, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """Compare, and call."""
        kernel = self.kernel
        if kernel._origin is not None:
            free = iter(args)
            named = {**self.fixed, **kwargs}
            values = [named[name] if name in named else next(free, None) for name in kernel.arguments]
            if not any(value is None for value in values):  # else the call says what is missing
                kernel._compare(values)
        return self.call(*args, out=out, **kwargs) if out is not None else self.call(*args, **kwargs)

    def bind(self, /, *, out: Any = None, **fixed: Any) -> Watched:
        """Fix some arguments."""
        return Watched(self.kernel, self.call.bind(out=out, **fixed), {**self.fixed, **fixed})

    def __getattr__(self, name: str) -> Any:
        return getattr(self.call, name)


class Bound:
    """A kernel with some arguments fixed: a function of the others that gives value and gradient."""

    def __init__(self, kernel: Kernel, fixed: Mapping[str, Any], out: Any = None) -> None:
        unknown = [name for name in fixed if name not in kernel.arguments]
        if unknown:
            raise ArgumentTypeError(
                f"{kernel.name}.bind() got {unknown[0]!r}, which is no argument; they are {', '.join(kernel.arguments)}"
            )
        self.kernel, self._fixed = kernel, dict(fixed)
        self.arguments = tuple(name for name in kernel.arguments if name not in fixed)
        self._pair: Callable[..., Any] = kernel._mode(kernel._usual).bind(out=out, **fixed)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Value and gradient of the remaining arguments; the value alone where it is an array."""
        pair = self._pair
        if isinstance(pair, Watched):
            result = pair(*args, **kwargs)
            self._pair = pair.call
            return result
        return pair(*args, **kwargs)

    @once
    def value(self) -> Any:
        """The value alone, as a function of the remaining arguments."""
        return self.kernel._mode(VALUE).bind(**self._fixed)

    def grad(self, /, *args: Any, **kwargs: Any) -> Any:
        """The gradient alone."""
        self.kernel._need_scalar("grad")
        return self._pair(*args, **kwargs)[1]

    def __repr__(self) -> str:
        return f"<{self.kernel.name} bound to {', '.join(self._fixed)}, a function of {', '.join(self.arguments)}>"
