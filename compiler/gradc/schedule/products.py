"""Recognise matrix products, which a call of a register-blocked routine computes in place of three loops.

    z[i:n] = sum[k:d](X[i, k] * w[k])                rows i, depth k, along the rows
    g[k:d] = sum[i:n](X[i, k] * r[i])                rows k, depth i, across them
    H[i:n, j:h] = sum[k:d](X[i, k] * W[k, j])        rows i, columns j, depth k
    G[k:d, j:h] = sum[i:n](X[i, k] * R[i, j])        rows k, columns j, depth i: added to, tile by tile

Any strides will do, so that no operand needs to be transposed. What other indices there are become loops around the
call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

from gradc.ir.program import Array
from gradc.ir.size import Size
from gradc.schedule.plan import Product, Stage, VectorProduct

_SMALLEST = 4  # a constant extent below this is not worth a call


def find_product(
    stage: Stage, arrays: Sequence[Array], fast_axis: Callable[[int], int]
) -> Product | VectorProduct | None:
    """The product that a stage is, if it is one; `fast_axis` tells which axis of an array is contiguous."""
    if len(stage.actions) != 1 or len(stage.extents) < 2:
        return None
    (action,) = stage.actions
    root = stage.body[action.value]
    if action.kind != "sum" or root.op != "mul" or not action.reduced:
        return None
    # Of two reduced loops one may be the tile's, around the call; the sum is then added to.
    if len(action.reduced) > 2 or (len(action.reduced) == 2 and stage.stream not in action.reduced):
        return None
    operands = [stage.body[number] for number in root.operands]
    if any(e.op != "access" or arrays[e.data[0]].dtype != "real" for e in operands):
        return None
    loops = [_loops(e.data[1]) for e in operands]
    result = _loops(action.subscripts)
    if None in (*loops, result) or root.operands[0] == root.operands[1]:
        return None
    found: list[tuple[int, Product | VectorProduct]] = []
    for (first, left), (second, right) in permutations(zip(root.operands, loops, strict=True)):
        assert left is not None
        assert right is not None
        assert result is not None
        rows = [k for k in left if k in result and k not in right]
        columns = [k for k in right if k in result and k not in left]
        depths = [k for k in sorted(action.reduced) if k in left and k in right]
        if not columns and len(right) == 1:
            source, vector = (stage.body[number].data for number in (first, second))
            for row in rows:
                for depth in depths:
                    if _is_short(stage, (row, depth)):
                        continue
                    if _is_fast(source[1], fast_axis(source[0]), depth) and _is_fast(vector[1], -1, depth):
                        found.append((0, VectorProduct(row, depth, first, second, True)))
                    elif _is_fast(source[1], fast_axis(source[0]), row) and _is_fast(action.subscripts, -1, row):
                        found.append((0, VectorProduct(row, depth, first, second, False)))
        for row in rows:
            for column in columns:
                for depth in depths:
                    if _is_short(stage, (row, column, depth)):
                        continue
                    source = stage.body[second].data
                    smooth = 2 * _is_fast(source[1], fast_axis(source[0]), column)
                    smooth += _is_fast(action.subscripts, fast_axis(action.array), column)
                    # A tile's rows are the deepest loop there is: of two depths it is the one to take.
                    smooth += 4 * (depth == stage.stream)
                    found.append((smooth, Product(row, column, depth, first, second)))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _is_short(stage: Stage, loops: Sequence[int]) -> bool:
    extents = [stage.extents[k].constant for k in loops]
    return any(extent is not None and extent < _SMALLEST for extent in extents)


def _is_fast(place: Sequence[Size], axis: int, loop: int) -> bool:
    return place[axis].atom == ("index", loop)


def _loops(place: Sequence[Size]) -> dict[int, None] | None:
    """The loops that a place names, each once and by itself; None where it is anything else."""
    found: dict[int, None] = {}
    for part in place:
        atom = part.atom
        if atom is None and part.constant is not None:
            continue
        if atom is None or atom[0] not in ("index", "dim") or (atom[0] == "index" and atom[1] in found):
            return None
        if atom[0] == "index":
            found[atom[1]] = None
    return found
