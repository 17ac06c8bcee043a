"""What a traced function may not depend on: chance, clocks, and variables outside that it writes.

It is run once, so what it draws, reads from a clock or counts would stand still in the kernel without a word.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

CHANCE = (
    "random numbers are drawn while the function is traced, which is once, so the kernel would have the same at each "
    "call: pass them as an argument, or draw them from np.random.default_rng(seed) inside the function"
)
_SEEDED = {
    "numpy.random": ("default_rng", "RandomState", "SeedSequence", "MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"),
    "random": ("Random",),
}
_CLOCKS = ("time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time")
_ALWAYS = {
    "time": _CLOCKS,
    "random": ("SystemRandom",),
    "os": ("urandom",),
    "uuid": ("uuid1", "uuid4"),
    "secrets": ("choice", "randbelow", "randbits", "token_bytes", "token_hex"),
}

Refuse = Callable[[str], NoReturn]


def stand_ins(refuse: Refuse) -> dict[str, dict[str, Callable[..., Any]]]:
    """For each module, what to call instead of what differs from one call to the next."""
    found: dict[str, dict[str, Callable[..., Any]]] = {}
    for module, names in _SEEDED.items():
        found[module] = {name: _seeded(module, name, refuse) for name in names}
    for module, names in _ALWAYS.items():
        found.setdefault(module, {}).update({name: _refusing(module, name, refuse) for name in names})
    return found


def _seeded(module: str, name: str, refuse: Refuse) -> Callable[..., Any]:
    def make(seed: Any = None, *args: Any, **kwargs: Any) -> Any:
        from importlib import import_module

        if seed is None and not any(value is not None for value in kwargs.values()):
            refuse(f"{module}.{name} without a seed: {CHANCE}")
        original = getattr(import_module(module), name)
        return original(*(() if seed is None else (seed,)), *args, **kwargs)

    return make


def _refusing(module: str, name: str, refuse: Refuse) -> Callable[..., Any]:
    def call(*_: Any, **__: Any) -> NoReturn:
        refuse(
            f"{module}.{name} while the function is traced, which is once, so the kernel would have the same value at "
            "each call: pass it as an argument"
        )

    return call


def shared_states() -> list[str]:
    """The states of the generators that NumPy and Python have for all."""
    return [str(np.random.get_state()), str(random.getstate())]


def was_drawn_from(shared: list[str], generators: Mapping[int, tuple[Any, str]]) -> bool:
    """Whether random numbers were drawn since these states were noted."""
    return shared_states() != shared or any(_state(item) != before for item, before in generators.values())


def is_generator(item: Any) -> bool:
    """Whether something is a generator of random numbers."""
    return isinstance(item, (np.random.Generator, np.random.RandomState, random.Random))


def noted(item: Any) -> tuple[Any, str]:
    """A generator with its state."""
    return item, _state(item)


def _state(item: Any) -> str:
    if isinstance(item, random.Random):
        return str(item.getstate())
    return str(item.bit_generator.state if isinstance(item, np.random.Generator) else item.get_state())
