"""A fork waits until no other thread compiles.

    with unforked:
        from gradc import pipeline
        ...

A forked child has the thread that forked alone, and every lock as it was. A module that another thread was importing
stays half imported there, and whoever asks for it waits for ever; templates and kernels have locks as well. So whatever
may import a module for the first time, or hold a lock for longer than a moment, does so in this context. Forks of other
threads wait for its end, and threads that come to it while a fork waits let the fork go first.
"""

from __future__ import annotations

import os
import threading
from contextlib import ContextDecorator


class _Own(threading.local):
    depth = 0  # how many contexts of this thread contain one another


class _State:
    """What all threads share: how many of them are inside, and how many forks wait or are under way."""

    def __init__(self, inside: int) -> None:
        self.changed = threading.Condition()
        self.inside, self.forks = inside, 0


_own = _Own()
_state = _State(0)


class Unforked(ContextDecorator):
    """A context, and a decorator, during which other threads do not fork."""

    def __enter__(self) -> None:
        if not _own.depth:
            with _state.changed:
                _state.changed.wait_for(lambda: not _state.forks)
                _state.inside += 1
        _own.depth += 1

    def __exit__(self, *exception: object) -> None:
        _own.depth -= 1
        if not _own.depth:
            with _state.changed:
                _state.inside -= 1
                _state.changed.notify_all()


unforked = Unforked()


def _before() -> None:
    with _state.changed:
        _state.forks += 1
        # Others may wait for what a thread holds that forks while it compiles, so it waits for nobody.
        if not _own.depth:
            _state.changed.wait_for(lambda: not _state.inside)


def _in_parent() -> None:
    with _state.changed:
        _state.forks -= 1
        _state.changed.notify_all()


def _in_child() -> None:
    global _state
    _state = _State(1 if _own.depth else 0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
