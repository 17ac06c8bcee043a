"""How many threads a parallel kernel runs on.

    threads = Threads()          # what the machine, or the environment, says
    threads.count = 2            # seen by the next call of every kernel that shares it

`GRADC_NUM_THREADS` says it for a process; without it `OMP_NUM_THREADS`, which pools of workers set, and without that
the processors that this process may use. Results do not depend on the number.
"""

from __future__ import annotations

import operator
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from gradc.errors import ArgumentError, ArgumentTypeError

MOST = 4096
_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")


class Threads:
    """A number of threads that kernels share and that C reads at each call.

    Parameters
    ----------
    count
        None for what `default_count` gives.
    """

    def __init__(self, count: int | None = None) -> None:
        self.given: int | None = None
        self._cell = np.zeros(1, np.int32)
        self.count = count

    @property
    def count(self) -> int:
        """How many threads the next call may use."""
        return int(self._cell[0])

    @count.setter
    def count(self, count: int | None) -> None:
        self.given = None if count is None else check_count(count, "threads")
        self._cell[0] = default_count() if self.given is None else self.given

    @property
    def address(self) -> int:
        """Where C reads an ``int32_t``."""
        return int(self._cell.__array_interface__["data"][0])


def check_count(count: object, name: str) -> int:
    """Return a number of threads, or raise an error that names what it was given for."""
    try:
        number = operator.index(count)  # type: ignore[arg-type]
    except TypeError:
        raise ArgumentTypeError(f"{name} is a number of threads, not {type(count).__name__}") from None
    if isinstance(count, bool) or not 1 <= number <= MOST:
        raise ArgumentError(f"{name} is a number of threads from 1 to {MOST}, not {count!r}")
    return number


def default_count() -> int:
    """Return the number of threads where nothing else is asked for."""
    for name in ("GRADC_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").strip()
        if not text:
            continue
        # OpenMP's own variable may be a list, a number for each level, and what is wrong with it is not for us to say.
        first = text.split(",")[0].strip() if name.startswith("OMP") else text
        if first.isdecimal() and 1 <= int(first) <= MOST:
            return int(first)
        if name.startswith("GRADC"):
            raise ArgumentError(f"{name} is {text!r}, not a number of threads from 1 to {MOST}")
    return usable_processors()


@cache
def usable_processors() -> int:
    """Return how many processors this process may use: its affinity, and the quota of its control group."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    return max(1, min(count, count if quota is None else int(quota)))


def _quota() -> float | None:
    """The processors' worth of time that Linux's control groups grant, the least of the groups around this process."""
    found: list[float] = []
    with suppress(OSError, ValueError, IndexError):
        lines = os.fsdecode(_OWN_GROUPS.read_bytes()).splitlines()
        inner = next((line for line in lines if line.startswith("0::")), "")
        home = _GROUPS / inner[3:].strip().lstrip("/")
        for group in (home, *home.parents):
            with suppress(OSError, ValueError):
                allowed, period = (group / "cpu.max").read_bytes().split()
                if allowed != b"max":
                    found.append(int(allowed) / int(period))
            if group == _GROUPS:
                break
    with suppress(OSError, ValueError):
        allowed = (_GROUPS / "cpu" / "cpu.cfs_quota_us").read_bytes()
        if int(allowed) > 0:
            found.append(int(allowed) / int((_GROUPS / "cpu" / "cpu.cfs_period_us").read_bytes()))
    return max(1.0, min(found)) if found else None
