"""What tests of hard times share: how often they try, damages to files, and what a process leaves behind.

    for damage in damages(files, few_or_many(48, 1000)): ...

`make soak` sets `GRADC_SOAK`, and tests that are marked so then try the large number of times.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

SOAK = bool(os.environ.get("GRADC_SOAK"))


_Count = TypeVar("_Count")


def few_or_many(few: _Count, many: _Count) -> _Count:
    """How much to try: few times in the suite, many times in `make soak`."""
    return many if SOAK else few


def say(figures: str) -> None:
    """Print the figures of a soak."""
    if SOAK:
        print(f"\n    {figures}", file=sys.stderr, flush=True)


class Damage(NamedTuple):
    """One way of spoiling a file: which, how it is called, and what it then holds."""

    path: Path
    kind: str
    content: bytes


def damages(files: Sequence[Path], count: int, seed: int = 0) -> Iterator[Damage]:
    """Flips, cuts, zeros, tails and swaps: each kind of each file in turn, at drawn places."""
    rng = random.Random(seed)
    contents = {path: path.read_bytes() for path in files}
    number = 0
    while number < count:
        for kind in ("flip", "cut", "zeros", "tail", "swap"):
            for path, content in contents.items():
                spoiled = _spoiled(kind, path, contents, rng)
                if spoiled != content and number < count:
                    number += 1
                    yield Damage(path, kind, spoiled)


def _spoiled(kind: str, path: Path, contents: dict[Path, bytes], rng: random.Random) -> bytes:
    content = bytearray(contents[path])
    at = rng.randrange(len(content)) if content else 0
    if kind == "flip" and content:
        content[at] ^= 1 << rng.randrange(8)
    elif kind == "cut":
        del content[at:]
    elif kind == "zeros":
        content[at : at + 512] = bytes(len(content[at : at + 512]))
    elif kind == "tail":
        content += rng.randbytes(1 + rng.randrange(64))
    elif kind == "swap":
        alike = [other for other in contents if other.suffix == path.suffix and other != path] or list(contents)
        return contents[rng.choice(alike)]
    return bytes(content)


def processes_with(words: str) -> list[int]:
    """The processes whose environment, as they were started, holds some words: all that descend from who had them."""
    return [number for number in map(int, filter(str.isdigit, os.listdir("/proc"))) if _runs_with(number, words)]


def _runs_with(number: int, words: str) -> bool:
    home = Path("/proc", str(number))
    try:
        state = (home / "stat").read_text().rpartition(")")[2].split()[0]
        # What has ended may still be listed.
        return state not in "ZX" and number != os.getpid() and os.fsencode(words) in (home / "environ").read_bytes()
    except OSError:
        return False


def left_behind(words: str, seconds: float = 10.0) -> list[int]:
    """As `processes_with`, once those that are about to end had the time for it."""
    until = time.monotonic() + seconds
    while (found := processes_with(words)) and time.monotonic() < until:
        time.sleep(0.02)
    return found
