"""Recognise matrix products, which a call of a register-blocked routine computes in place of three loops.

    z[i:n] = sum[k:d](X[i, k] * w[k])                rows i, depth k, along the rows
    g[k:d] = sum[i:n](X[i, k] * r[i])                rows k, depth i, across them
    H[i:n, j:h] = sum[k:d](X[i, k] * W[k, j])        rows i, columns j, depth k
    S[j:d, k:d] = sum[i:n](X[i, j] * (X[i, k] * s[i]))   with weights along the depth
    T[i:n, j*d + k] = P[i, j] * X[i, k]              outer products of rows
    S[j:k, m:k, i:d, a:d] = sum[l:n](X[l, i] * (X[l, a] * (P[l, j] * P[l, m])))   a quarter of it
    G[k:d, j:h] = sum[i:n](X[i, k] * R[i, j])        rows k, columns j, depth i: added to, tile by tile

Any strides will do, so that no operand needs to be transposed. What other indices there are become loops around the
call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import permutations

from gradc.contract.quarter import read_quarter
from gradc.ir.definitions import Array, Call, Comprehension, Definition, Scan, bodies_of
from gradc.ir.equations import BodyBuilder, Equation, index_dependencies, needed_by, references
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index
from gradc.passes.rebuild import redefine
from gradc.schedule.plan import OuterProduct, Product, QuarterProduct, Stage, VectorProduct

_SMALLEST = 4  # a constant extent below this is not worth a call


def separate_factors(program: Program) -> Program:
    """Give the factors of a product definitions of their own, where they are more than elements of arrays.

    Beside the two matrices that may be a vector of weights, along the index that is summed.

    G[k:d, j:h] = sum[i:n](X[i, k] * (s[i] * (P[i, j] - Y[i, j])))      ->      R[i:n, j:h] = s[i] * (P[i, j] - Y[i, j])
                                                                               G[k:d, j:h] = sum[i:n](X[i, k] * R[i, j])
    """

    def separate(b: ProgramBuilder, definition: Definition) -> Definition:
        if isinstance(definition, Comprehension) and definition.reduction == "sum":
            return _separated(b, definition)
        return definition

    return redefine(program, separate)


def _separated(b: ProgramBuilder, definition: Comprehension) -> Comprehension:
    body = definition.body

    def is_element(side: list[int]) -> bool:
        return len(side) == 1 and body[side[0]].op == "access"

    if body[-1].op != "mul" or len(definition.extents) < 2 or is_quarter(definition.extents, body, len(body) - 1):
        return definition
    depends = index_dependencies(body)
    factors: list[int] = []
    pending = [len(body) - 1]
    while pending:
        number = pending.pop()
        if body[number].op == "mul":
            pending += reversed(body[number].operands)
        else:
            factors.append(number)
    plain = [f for f in factors if body[f].op == "access" and len(depends[f]) > 1]
    if not plain or _is_weighted(body, factors, depends):
        return definition
    lead = depends[max(plain, key=lambda f: (len(depends[f]), -f))]
    rest = [f for f in factors if not depends[f] <= lead]
    others = frozenset().union(*(depends[f] for f in rest))
    if not rest:  # a matrix and a vector: what does not name all of the matrix's axes
        rest = [f for f in factors if depends[f] < lead]
        others = frozenset().union(*(depends[f] for f in rest))
    else:
        rest += [f for f in factors if depends[f] <= lead and depends[f] <= others]
    matrix = [f for f in factors if f not in rest]
    reduced = set(range(definition.rank, len(definition.extents)))
    weights = [f for f in rest if len(depends[f]) == 1 and depends[f] <= reduced and depends[f] < others]
    rest = [f for f in rest if f not in weights]
    whole = len(definition.extents)
    if not rest or not matrix or len(lead) == whole > 2 or len(others) == whole or not (lead & others & reduced):
        return definition
    result = b.body()
    if weights and not (is_element(matrix) and is_element(rest) and len({depends[f] for f in weights}) == 1):
        rest, weights = rest + weights, []
    sides = [
        _side(b, result, definition, side, _order(body, side, axes, reduced))
        for side, axes in ((matrix, lead), (rest, others), (weights, depends[weights[0]] if weights else ()))
        if side
    ]
    value = result.apply("mul", sides[0], result.apply("mul", *sides[1:]) if weights else sides[1])
    return definition._replace(body=result.extract([value])[0])


def _order(body: Sequence[Equation], side: Sequence[int], axes: Collection[int], reduced: Collection[int]) -> list[int]:
    """The axes of a factor's array: those of an array that it is computed from, or else what is summed over first."""
    for number in needed_by(body, side):
        if body[number].op == "access":
            named = [part.atom[1] for part in body[number].data[1] if part.atom is not None and part.atom[0] == "index"]
            if len(named) > 1 and set(named) == set(axes) and len(named) == len(body[number].data[1]):
                return named
    return sorted(axes, key=lambda k: (k not in reduced, k))


def _is_weighted(body: Sequence[Equation], factors: Sequence[int], depends: Sequence[frozenset[int]]) -> bool:
    """Whether the factors are two elements of one matrix, and weights for each of several such products."""
    if len(factors) != 3 or any(body[f].op != "access" or len(depends[f]) != 2 for f in factors):
        return False
    arrays, axes = {body[f].data[0] for f in factors}, {depends[f] for f in factors}
    return len(arrays) == 2 and len(axes) == 3 and len(frozenset.intersection(*axes)) == 1


def is_quarter(extents: Sequence[Size], body: Sequence[Equation], root: int) -> bool:
    """Whether a sum over the last of its indices is one of which `find_quarter` makes a call."""
    return len(extents) == 5 and read_quarter(body, root, range(4), 4) is not None


def _side(
    b: ProgramBuilder, result: BodyBuilder, definition: Comprehension, side: list[int], axes: Iterable[int]
) -> int:
    """One factor in the body of the product: an element of an array, which is defined where it is not there yet."""
    if len(side) == 1 and definition.body[side[0]].op == "access":
        return result.insert(definition.body, side)[0]
    inner, axes = b.body(), list(axes)
    place = {k: index(position) for position, k in enumerate(axes)}
    numbers = inner.insert(definition.body, side, replace_index=place.__getitem__)
    value = numbers[0]
    for number in numbers[1:]:
        value = inner.apply("mul", value, number)
    array = b.comprehend(inner, value, [definition.extents[k] for k in axes])
    return b.access(result, array, *map(index, axes))


def find_product(
    stage: Stage,
    arrays: Sequence[Array],
    fast_axis: Callable[[int], int],
    triangles: frozenset[tuple[int, int]] = frozenset(),
) -> Product | VectorProduct | None:
    """The product that a stage is, if it is one; `fast_axis` tells which axis of an array is contiguous.

    Of an array and an axis in `triangles` only elements are read whose index there is not less than the next one.
    """
    if len(stage.actions) != 1 or len(stage.extents) < 2:
        return None
    (action,) = stage.actions
    root = stage.body[action.value]
    if action.kind != "sum" or root.op != "mul" or not action.reduced:
        return None
    # Of two reduced loops one may be the tile's, around the call; the sum is then added to.
    if len(action.reduced) > 2 or (len(action.reduced) == 2 and stage.stream not in action.reduced):
        return None
    found: list[tuple[int, Product | VectorProduct]] = []
    for numbers, weights in _factors(stage.body, action.value, action.reduced):
        found += _products(stage, arrays, fast_axis, triangles, numbers, weights)
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _products(
    stage: Stage,
    arrays: Sequence[Array],
    fast_axis: Callable[[int], int],
    triangles: frozenset[tuple[int, int]],
    numbers: Sequence[int],
    weights: int | None,
) -> list[tuple[int, Product | VectorProduct]]:
    """What calls of two factors there may be, each with a score; which operand is copied, the call itself decides."""
    (action,) = stage.actions
    operands = [stage.body[number] for number in (*numbers, *(() if weights is None else (weights,)))]
    if any(e.op != "access" or arrays[e.data[0]].dtype != "real" for e in operands):
        return []
    loops = [_loops(stage.body[number].data[1]) for number in numbers]
    result = _loops(action.subscripts)
    if None in (*loops, result) or numbers[0] == numbers[1]:
        return []
    weighed = {} if weights is None else _loops(stage.body[weights].data[1])
    found: list[tuple[int, Product | VectorProduct]] = []
    for (first, left), (second, right) in permutations(zip(numbers, loops, strict=True)):
        assert left is not None
        assert right is not None
        assert result is not None
        rows = [k for k in left if k in result and k not in right]
        columns = [k for k in right if k in result and k not in left]
        depths = [k for k in sorted(action.reduced) if k in left and k in right]
        if not columns and len(right) == 1 and weights is None:
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
                    if weights is not None and (
                        weighed is None or depth not in weighed or {row, column} & weighed.keys()
                    ):
                        continue
                    below = (action.array, len(action.subscripts) - 2) in triangles
                    if below and action.subscripts[-2:] != (index(row), index(column)):
                        continue
                    below = below and stage.stream not in (row, column)  # a tile's rows begin anywhere
                    # A tile's rows are the deepest loop there is: of two depths it is the one to take.
                    score = (depth == stage.stream) + 2 * below
                    found.append((score, Product(row, column, depth, first, second, below, weights)))
    return found


def find_quarter(stage: Stage, arrays: Sequence[Array], triangles: frozenset[tuple[int, int]]) -> QuarterProduct | None:
    """The product of pairs with pairs that a stage is, if it is one."""
    if len(stage.actions) != 1 or len(stage.extents) != 5:
        return None
    (action,) = stage.actions
    place = tuple(_loops(action.subscripts) or ())
    if action.kind != "sum" or action.reduced != {stage.stream} or len(place) != 4:
        return None
    if not {(action.array, 0), (action.array, 2)} <= triangles:
        return None
    found = read_quarter(stage.body, action.value, place, stage.stream)
    reads = [stage.body[number].data for number in found or () if number is not None]
    if found is None or any(arrays[array].dtype != "real" or _loops(part) is None for array, part in reads):
        return None
    j, m, i, a = place
    return QuarterProduct((j, m, i, a), stage.stream, found)


def find_outer(stage: Stage, lanes: frozenset[int] = frozenset()) -> OuterProduct | None:
    """The products of two rows' elements that a stage stores, if it does; arrays in `lanes` have their rows last."""
    if len(stage.actions) != 1 or len(stage.extents) != 3 or stage.stream != 0:
        return None
    (action,) = stage.actions
    root = stage.body[action.value]
    operands = [stage.body[k] for k in root.operands]
    if action.kind != "store" or root.op != "mul" or any(e.op != "access" or e.kind != "real" for e in operands):
        return None
    for left, right in permutations(root.operands):
        first, (array, second) = stage.body[left].data[1], stage.body[right].data
        for outer, inner in ((1, 2), (2, 1)):
            run = (index(0), index(outer) * stage.extents[inner] + index(inner))
            straight = first == (index(0), index(outer)) and second == (index(0), index(inner))
            if straight and action.subscripts == run and not lanes & {array, action.array}:
                return OuterProduct(0, outer, inner, left, right)
    return None


def read_triangles(program: Program) -> frozenset[tuple[int, int]]:
    """Arrays, and axes of theirs, of which only elements are read whose index there is not less than the next one.

    So they are in ``where(r <= q, S[q, r], S[r, q])``, and beneath it in another choice by other indices.
    """
    reads: Counter[int] = Counter()
    below: Counter[tuple[int, int]] = Counter()
    whole = set(program.outputs)
    for definition in program.definitions:
        for _, body, roots in bodies_of(definition):
            reads.update(equation.data[0] for equation in body if equation.op == "access")
            for number, known in _known_orders(body, roots).items():
                array, place = body[number].data
                below.update((array, k) for k in range(len(place) - 1) if (place[k + 1], place[k]) in known)
        if isinstance(definition, Call):
            whole.update(definition.arguments)
        if isinstance(definition, Scan):
            whole.update((*definition.initial, *definition.captured))
    return frozenset(key for key, count in below.items() if count == reads[key[0]] and key[0] not in whole)


def _known_orders(body: Sequence[Equation], roots: Sequence[int]) -> dict[int, frozenset[tuple[Size, Size]]]:
    """For each access in choices alone, the pairs of which the first is known to be at most the second."""
    uses = Counter((*roots, *(number for equation in body for number in references(equation))))
    known: dict[int, frozenset[tuple[Size, Size]]] = {}
    for number in range(len(body) - 1, -1, -1):
        equation, inherited = body[number], known.get(number, frozenset())
        if equation.op != "where" or body[equation.operands[0]].op != "le":
            continue
        less, more = (body[k] for k in body[equation.operands[0]].operands)
        if less.op != "integer" or more.op != "integer":
            continue
        for branch, order in zip(equation.operands[1:], ((less, more), (more, less)), strict=True):
            if uses[branch] == 1:
                known[branch] = inherited | {(order[0].data, order[1].data)}
    return {number: orders for number, orders in known.items() if body[number].op == "access"}


def _factors(body: Sequence[Equation], value: int, reduced: frozenset[int]) -> list[tuple[list[int], int | None]]:
    """Ways to read a product as two matrices and weights, or none: ``A * B`` or ``A * (B * s)``."""
    first, second = body[value].operands
    found: list[tuple[list[int], int | None]] = []
    for one, other in ((first, second), (second, first)):
        if body[other].op == "mul":
            for matrix, vector in permutations(body[other].operands):
                loops = _loops(body[vector].data[1]) if body[vector].op == "access" else None
                if loops and len(loops.keys() & reduced) == 1:
                    found.append(([one, matrix], vector))
    return found or [([first, second], None)]


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
