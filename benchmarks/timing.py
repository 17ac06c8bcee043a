"""How anything here is timed: calls interleaved in one process, ratios within a round, medians and minima.

    times = measure({"gradc": f, "jax": g}, rounds=15, seconds=0.01)
    summary(times, base="gradc")["jax"]["median_ratio"]      # g's time as a multiple of f's

A disturbance meets all calls of a round alike, so the ratio within a round hardly feels it, and the median over rounds
less. The ratio of the fastest rounds is given beside it: where the two differ much, the machine was busy.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Calls = Mapping[str, Callable[[], Any]]


def measure(calls: Calls, rounds: int, seconds: float, patience: float = math.inf) -> dict[str, list[float]]:
    """Seconds a call, round by round; each round runs every call for about `seconds`, in an order of its own.

    A call that takes more than `patience` seconds is timed once, and that stands for every round.
    """
    numbers = {}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for name, call in calls.items():
        call()
        taken = timed(call)
        if taken > patience:
            times[name] = [taken] * rounds
        else:
            numbers[name] = max(1, min(100_000, int(seconds / max(taken, 1e-7))))
    order, shuffle = list(numbers), random.Random(0).shuffle
    for _ in range(rounds):
        shuffle(order)
        for name in order:
            call, number = calls[name], numbers[name]
            call()  # what another call evicted from the caches comes back
            start = time.perf_counter()
            for _ in range(number):
                call()
            times[name].append((time.perf_counter() - start) / number)
    return times


def timed(call: Callable[[], Any]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def summary(times: Mapping[str, Sequence[float]], base: str) -> dict[str, dict[str, float]]:
    """For each name its median and least time, and both as a multiple of the base's."""
    least = min(times[base])
    return {
        name: {
            "median_seconds": statistics.median(mine),
            "min_seconds": min(mine),
            "median_ratio": statistics.median(a / b for a, b in zip(mine, times[base], strict=True)),
            "min_ratio": min(mine) / least,
        }
        for name, mine in times.items()
    }


def geometric_mean(numbers: Iterable[float]) -> float:
    """NaN for none."""
    logs = [math.log(number) for number in numbers]
    return math.exp(statistics.fmean(logs)) if logs else math.nan
