"""Which lanes of two vectors a shuffle takes, so that neighbours meet: as text for templates.

    lanes 4, step 1:    a0 b0 a2 b2    and    a1 b1 a3 b3
    lanes 4, step 2:    a0 a1 b0 b1    and    a2 a3 b2 b3

A square of numbers is transposed by all steps of it, and the sums of several vectors' lanes are added up by them. b's
lanes are numbered behind a's, as the compilers' shuffles have them.
"""

from __future__ import annotations

from typing import NamedTuple


class Shuffle(NamedTuple):
    """A step, and its two selections: of each pair of groups of `step` lanes the first one, and the second.

    `pairs` is how many pairs of vectors are left to add up, where so many lanes of each have been.
    """

    step: int
    pairs: int
    first: str
    second: str


class Width(NamedTuple):
    """A width of vectors: the preprocessor's words that ask for it, and the shuffles of its lanes."""

    condition: str
    shuffles: tuple[Shuffle, ...]


def widths(size: int) -> tuple[Width, ...]:
    """What there is for numbers of `size` bytes, in vectors of 64, 32 and 16 bytes."""
    conditions = {64: "#if GRADC_BYTES == 64", 32: "#elif GRADC_BYTES == 32", 16: "#else"}
    return tuple(Width(text, tuple(_shuffles(number // size))) for number, text in conditions.items())


def _shuffles(lanes: int) -> list[Shuffle]:
    found, step = [], 1
    while step < lanes:
        first = [lane if lane % (2 * step) < step else lanes + lane - step for lane in range(lanes)]
        found.append(Shuffle(step, lanes // (2 * step), _text(first), _text([lane + step for lane in first])))
        step *= 2
    return found


def _text(lanes: list[int]) -> str:
    return ", ".join(map(str, lanes))
