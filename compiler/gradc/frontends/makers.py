"""What a traced function calls in the place of what reaches no protocol: makers of arrays, SciPy, and Python's own.

    np.zeros(x.shape)           # has no traced argument that NumPy would ask
    scipy.special.logsumexp(x)  # is no universal function

`stand_ins` has them by the module that they stand in.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from gradc.errors import UnsupportedError
from gradc.frontends import asking
from gradc.frontends.arrays import CREATORS, FUNCTIONS
from gradc.frontends.outside import stand_ins as stand_ins_for_chance
from gradc.frontends.traced import (
    CURRENT,
    MAKERS,
    SymbolicSize,
    TracedArray,
    Tracer,
    as_traced,
    builder_among,
    create,
    holds_traced,
    run_traced,
    traced,
)
from gradc.frontends.user_code import place_in_code, refuse
from gradc.frontends.values import kind_of_dtype, lift


def _maker(name: str) -> Callable[..., Any]:
    theirs = getattr(np, name)

    def make(*args: Any, **kwargs: Any) -> Any:
        if holds_traced((args, kwargs)):
            return create(builder_among((args, kwargs)), name, args, kwargs)
        makers, builder = MAKERS.get(), CURRENT.get()
        if makers is not None and builder is not None and name not in ("arange", "linspace"):
            if makers.traced:
                return create(builder, name, args, kwargs)
            makers.called = True
        return theirs(*args, **kwargs)

    return make


def _maker_like(name: str) -> Callable[..., Any]:
    theirs = getattr(np, name)

    def make(prototype: Any, *args: Any, **kwargs: Any) -> Any:
        makers, builder = MAKERS.get(), CURRENT.get()
        if not holds_traced((prototype, args, kwargs)) and makers is not None and builder is not None:
            if makers.traced:
                prototype = traced(lift(builder, prototype))
            makers.called = True
        return theirs(prototype, *args, **kwargs)

    return make


def _iterable(item: Any) -> bool:
    return bool(item.ndim) if isinstance(item, Tracer) else np.iterable(item)


def _classes_of(item: Any) -> tuple[type, ...] | None:
    """The classes that a traced value may have at a call; None for what is not traced."""
    if type(item) is TracedArray:
        return (np.ndarray,)
    if type(item) is Tracer:
        return asking.CLASSES[item.value.kind]
    return (int,) if type(item) is SymbolicSize else None


def _joiner(name: str) -> Callable[..., Any]:
    theirs = getattr(np, name)

    def join(item: Any, *args: Any, **kwargs: Any) -> Any:
        """Nested lists of traced scalars and arrays as one array."""
        if not holds_traced(item):
            return theirs(item, *args, **kwargs)
        dtype = kwargs.get("dtype", args[0] if args else None)
        if isinstance(item, (list, tuple)):
            parts = [as_traced(join(part), item) if holds_traced(part) else part for part in item]
            item = np.stack([as_traced(part, parts) for part in parts])
        found = as_traced(item, item)
        if dtype is not None and kind_of_dtype(dtype) != found.value.kind:
            return found.astype(dtype)
        # np.array copies; np.asarray gives the array itself.
        return traced(found.value) if name == "array" or not found.ordered else found

    return join


def _special(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if not holds_traced((args, kwargs)):
            import scipy.special

            return getattr(scipy.special, name)(*args, **kwargs)
        if kwargs.pop("return_sign", False):
            raise UnsupportedError(f"scipy.special.{name} with return_sign=True{place_in_code()}")
        return run_traced(function, *args, **kwargs)

    return call


@lru_cache(maxsize=1)
def stand_ins() -> dict[str, dict[str, Any]]:
    """For each module, the functions that traced values cannot reach through a protocol, and what to call instead."""
    makers = {name: _maker(name) for name in CREATORS}
    joiners = {name: _joiner(name) for name in ("array", "asarray", "asanyarray", "ascontiguousarray")}
    special = ("logsumexp", "softmax", "log_softmax", "polygamma")
    alike = {name: _maker_like(name) for name in ("zeros_like", "ones_like", "empty_like", "full_like")}
    return {
        **stand_ins_for_chance(refuse),
        "builtins": asking.stand_ins(_classes_of, refuse),
        "numpy": {**makers, **alike, **joiners, "iterable": _iterable},
        "scipy.special": {name: _special(name, FUNCTIONS[name]) for name in special},
    }
