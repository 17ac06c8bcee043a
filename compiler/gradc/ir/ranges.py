"""Whether a subscript is within its axis for every value of the loop indices: what needs no check at run time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradc.ir.size import ONE, ZERO, Size, size

NONE: Mapping[int, int] = {}  # loops that begin elsewhere than at 0


def stays_inside(part: Size, extent: Size, extents: Sequence[Size], first: Mapping[int, int] = NONE) -> bool:
    """Whether ``0 <= part < extent`` follows from ``first[k] <= index(k) < extents[k]`` and dimensions of 0 or more."""
    bounds = bounds_of(part, extents, first)
    return bounds is not None and _is_nonnegative(bounds[0]) and _is_nonnegative(extent - ONE - bounds[1])


def stays_natural(part: Size, extents: Sequence[Size], first: Mapping[int, int] = NONE) -> bool:
    """Whether ``0 <= part`` follows."""
    bounds = bounds_of(part, extents, first)
    return bounds is not None and _is_nonnegative(bounds[0])


def _is_nonnegative(value: Size) -> bool:
    return all(
        coefficient >= 0 and all(atom[0] in ("dim", "%") for atom in monomial) for monomial, coefficient in value.terms
    )


def bounds_of(part: Size, extents: Sequence[Size], first: Mapping[int, int] = NONE) -> tuple[Size, Size] | None:
    """The least and the greatest value, as sizes of dimensions; None where that is not known."""
    low = high = ZERO
    for monomial, coefficient in part.terms:
        least, most = ONE, ONE
        for atom in monomial:
            if atom[0] == "dim":
                a, b = (Size((((atom,), 1),)),) * 2
            elif atom[0] == "index":
                a, b = size(first.get(atom[1], 0)), extents[atom[1]] - ONE
            elif atom[0] == "%" and not atom[2].mentions("index") and not atom[2].mentions("ref"):
                a, b = ZERO, atom[2] - ONE
            elif atom[0] == "//" and not atom[2].mentions("index") and not atom[2].mentions("ref"):
                inner = bounds_of(atom[1], extents, first)
                if inner is None or not _is_nonnegative(inner[0]):
                    return None
                a, b = ZERO, (inner[1] + ONE) // atom[2] - ONE
                if b.mentions("//"):
                    return None
            else:
                return None
            least, most = least * a, most * b
        if coefficient < 0:
            least, most = most, least
        low, high = low + least * size(coefficient), high + most * size(coefficient)
    return low, high
