"""Derivatives along every direction at once, in closed form: forward mode seeded with Kronecker deltas.

    z[i:n] = sum[j:d](X[i, j] * w[j])       with  dw[j] / dw[k] = delta[j, k]   gives   dz[i] / dw[k] = X[i, k]

A delta is never built. The derivative of an array is a sum of *terms*, each a loop nest that puts values at a place in
the array and a direction in the parameter:

    each[i:n, k:d](at[i; k](X[i, k]))                  dense: the direction is a loop of its own
    each[i:n](at[i; i](exp(x[i])))                     a diagonal: the delta is in the subscripts
    each[p:m, b:3](at[p; idx[p], b](e[p, b]))          a gather: one block in every row

So ``sum[j](delta[j, k] * e[j]) = e[k]`` holds by how terms compose, and a delta that survives is seen in a term's
subscripts: it is sparsity. The idea is that of Laue, Mitterreiter and Giesen, *Computing Higher Order Derivatives of
Matrix and Tensor Expressions* (NeurIPS 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from gradc.calculus.chain import active_equations, scale, sweep
from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.routines import ROUTINES, Adjoint
from gradc.calculus.structure import Weights, definition_results, fill, identity_indices
from gradc.ir.definitions import Accumulation, Comprehension, Definition, Parameter, Scan, remap_body, result_count
from gradc.ir.equations import BodyBuilder, Equation, index_dependencies
from gradc.ir.program import Program, ProgramBuilder, copy_definitions
from gradc.ir.ranges import stays_inside
from gradc.ir.size import ONE, Atom, Size, index, size, symbol

NARROW = 16  # an axis of a constant length up to this is taken whole where many terms each fill a part of it
_MOST_TERMS = 12  # an array whose derivative has more terms than this gets one dense term for them


class Term(NamedTuple):
    """``each[extents](at[place; direction](value))``: one part of the derivative of an array by parameter `wrt`."""

    wrt: int
    extents: tuple[Size, ...]
    body: BodyBuilder
    value: int
    place: tuple[Size, ...]
    direction: tuple[Size, ...]


class Jacobian:
    """The derivatives of a program's arrays as terms, found definition by definition.

    Parameters
    ----------
    b
        Where what the terms' values need is defined.
    new
        Where the arrays of `program` are in `b`.
    terms
        The parameters' own derivatives by their numbers in `program`.
    shapes
        The shape of the directions of each `wrt`.
    """

    def __init__(
        self,
        b: ProgramBuilder,
        program: Program,
        new: Mapping[int, int],
        terms: Mapping[int, list[Term]],
        shapes: Mapping[int, tuple[Size, ...]],
    ) -> None:
        self.b, self.program, self.new, self.shapes = b, program, new, shapes
        self._terms: dict[int, list[Term]] = dict(terms)
        self._settled: dict[int, list[Term]] = {}
        self._seen = 0
        self._finite: list[bool] = [True] * len(b.parameters)
        for definition, first in zip(program.definitions, program.first_results(), strict=True):
            results = definition_results(definition, first)
            for number, found in zip(results, self._push(definition, results), strict=True):
                if found:
                    self._terms[number] = found

    def terms(self, number: int) -> list[Term]:
        """The terms of an array, at any places."""
        return self._terms.get(number, [])

    def rows(self, number: int) -> list[Term]:
        """The terms of an array with its own indices first, and directions that differ along each loop beyond them."""
        if number not in self._settled:
            shape = self.b.arrays[self.new[number]].shape
            found = merge_terms(self.b, [self._by_row(term, shape) for term in self.terms(number)])
            if len(found) > 2:
                found = self._widened(found, shape)
            if len(found) > _MOST_TERMS:
                wanted = sorted({term.wrt for term in found})
                found = [self._dense_term(wrt, shape, self.dense(number, wrt)) for wrt in wanted]
            self._settled[number] = found
        return self._settled[number]

    def dense(self, number: int, wrt: int) -> int | None:
        """The derivative by one parameter as one array, of the array's axes and then the parameter's."""
        found = [term for term in self.terms(number) if term.wrt == wrt]
        if not found:
            return None
        return assemble(self.b, found, self.b.arrays[self.new[number]].shape, self.shapes[wrt])

    # --- one definition -----------------------------------------------------------------------------------------------

    def _push(self, definition: Definition, results: range) -> Sequence[list[Term]]:
        if isinstance(definition, Comprehension):
            return [self._push_comprehension(definition, results[0])]
        if isinstance(definition, Accumulation):
            found = []
            for piece in definition.pieces:
                for store in piece.stores:
                    found += self._push_body(
                        piece.extents, piece.body, store.value, lambda body, _: body.constant(1.0), store.subscripts
                    )
            return [merge_terms(self.b, found)]
        if isinstance(definition, Scan):
            return self._push_scan(definition, results)
        return self._push_call(definition.routine, definition.arguments, results)

    def _push_comprehension(self, definition: Comprehension, result: int) -> list[Term]:
        b, stored = self.b, self.new[result]
        root = len(definition.body) - 1
        weights = None
        if definition.reduction not in (None, "sum"):
            if not any(e.op == "access" and e.data[0] in self._terms for e in definition.body):
                return []
            moved = Comprehension(*definition[:3], remap_body(definition.body, self.new))
            weights = Weights(b, moved, stored)

        def seed(body: BodyBuilder, number: int) -> int:
            return body.constant(1.0) if weights is None else weights.weight(body, number)

        free = identity_indices(definition.rank)
        reuse = stored if definition.reduction is None and _is_dear(definition.body[root].op) else None
        return merge_terms(b, self._push_body(definition.extents, definition.body, root, seed, free, reuse))

    def _push_body(
        self,
        extents: tuple[Size, ...],
        equations: Sequence[Equation],
        root: int,
        seed: Callable[[BodyBuilder, int], int],
        place: tuple[Size, ...],
        stored: int | None = None,
    ) -> list[Term]:
        """The terms of one root of a body: for each access, its coefficient times the terms of what it reads."""
        b, body = self.b, self.b.body()
        moved = remap_body(equations, self.new)
        flags = active_equations(equations, self._terms.__contains__)
        if not flags[root]:
            return []
        position = body.insert(moved, range(len(moved)))
        result = None if stored is None else b.access(body, stored, *place)
        bars = {root: seed(body, position[root])}
        found = []
        for number, bar in sorted(sweep(body, equations, position, bars, flags, result).items()):
            factor = self._coefficient(body, bar, extents)
            array, _ = equations[number].data
            subscripts = body.equations[position[number]].data[1]
            where = _moved_place(body, place, position)
            everywhere = identity_indices(len(extents))
            whole = extents == b.arrays[self.new[array]].shape
            if whole and place == subscripts == everywhere and not index_dependencies(body.equations)[factor]:
                for term in self.terms(array):  # the same places, times one factor
                    inner = b.body()
                    value, at, direction = transfer(inner, term, index)
                    (multiple,) = inner.insert(body.equations, [factor])
                    found.append(Term(term.wrt, term.extents, inner, scale(inner, value, multiple), at, direction))
                continue
            for term in self.rows(array):
                offset, rank = len(extents), len(subscripts)
                value, _, direction = transfer(
                    body,
                    term,
                    lambda k, s=subscripts, r=rank, o=offset: s[k] if k < r else index(o + k - r),  # type: ignore[misc]
                )
                multiple = factor
                if body.equations[factor].op == "where" and self._is_finite(body, value):
                    multiple = self._as_array(body, factor, extents)  # what a choice discards is no infinity
                product = scale(body, value, multiple)
                found.append(Term(term.wrt, (*extents, *term.extents[rank:]), body, product, where, direction))
        return found

    def _coefficient(self, body: BodyBuilder, number: int, extents: tuple[Size, ...], chosen: bool = False) -> int:
        """A coefficient as an array of its own over the indices that it names, unless it is trivial.

        So what is dear in it is computed once, and not for every direction.
        """
        equation = body.equations[number]
        if equation.op in ("constant", "access"):
            return number
        if equation.op == "neg":
            return body.apply("neg", self._coefficient(body, equation.operands[0], extents, chosen))
        if equation.op == "where":
            condition, *branches = equation.operands
            parts = [self._coefficient(body, branch, extents, True) for branch in branches]
            return body.apply("where", condition, *parts)
        found, _ = body.extract([number])
        if chosen and not _reads_inside(found, extents, self.b):
            return number  # a read that only this branch may make stays in it
        return self._as_array(body, number, extents)

    def _as_array(self, body: BodyBuilder, number: int, extents: tuple[Size, ...]) -> int:
        """An element of an array of its own, over the indices that the equation names; its sign stays outside."""
        equation = body.equations[number]
        if equation.op == "where":
            condition, *branches = equation.operands
            positive = [_without_sign(body, branch) for branch in branches]
            if None not in positive:
                bare = body.apply("where", condition, *(branch for branch in positive if branch is not None))
                return body.apply("neg", self._as_array(body, bare, extents))
        found, (root,) = body.extract([number])
        depends = sorted(index_dependencies(found)[root])
        inner = self.b.body()
        level = {k: index(position) for position, k in enumerate(depends)}
        (value,) = inner.insert(found, [root], replace_index=level.__getitem__)
        array = self.b.comprehend(inner, value, [extents[k] for k in depends])
        return self.b.access(body, array, *(index(k) for k in depends))

    def _is_finite(self, body: BodyBuilder, number: int) -> bool:
        """Whether a value is made of data by sums, products and bounded functions alone: finite where the loss is."""
        for definition in self.b.definitions[self._seen :]:
            flag = False
            if isinstance(definition, Comprehension) and definition.reduction in (None, "sum"):
                flag = _finite_equations(definition.body, self._finite)[-1]
            self._finite += [flag] * result_count(definition)
            self._seen += 1
        equations, (root,) = body.extract([number])
        return _finite_equations(equations, self._finite)[root]

    # --- terms in the form that readers take --------------------------------------------------------------------------

    def _by_row(self, term: Term, shape: tuple[Size, ...]) -> Term:
        rank = len(shape)
        identity = term.place == identity_indices(rank) and term.extents[:rank] == shape
        if identity and _directions_differ(term, rank):
            return term
        # Loops whose place in the array determines them become the array's own indices; a direction that is then known
        # stays symbolic, and any other runs over its whole axis.
        known: dict[int, Size] = {}
        for axis, part in enumerate(term.place):
            solved = _solve_index(part, index(axis))
            if solved is not None and not any(solved[0] in _indices(p) for p in term.place[:axis]):
                known[solved[0]] = solved[1]
        body = self.b.body()
        extras: list[Size] = []
        stores: list[Size] = []
        direction: list[Size] = []
        for axis, part in enumerate(term.direction):
            if not loops_of(term, part):
                direction.append(_copied(body, term, part, index))
            elif part in term.place:
                direction.append(index(term.place.index(part)))
            elif loops_of(term, part) <= known.keys() and (
                not part.mentions("ref") or _are_rows(term, part, known, shape)
            ):
                direction.append(_copied(body, term, part, known.__getitem__))
            else:
                extent = self.shapes[term.wrt][axis]
                direction.append(index(rank + len(extras)))
                extras.append(extent)
                stores.append(part)
        array = self.b.accumulate(
            (*shape, *extras), [(term.extents, term.body, [((*term.place, *stores), term.value)])]
        )
        value = self.b.access(body, array, *identity_indices(rank + len(extras)))
        return Term(term.wrt, (*shape, *extras), body, value, identity_indices(rank), tuple(direction))

    def _widened(self, terms: Sequence[Term], shape: tuple[Size, ...]) -> list[Term]:
        """Terms that differ only in where they are along narrow axes, as one term over the whole of those.

        So the derivative by ``cams[idx[p]]``, whose eleven numbers are each used in a way of their own, is one block.
        """
        b, rank, shared = self.b, len(shape), self.b.body()
        groups: dict[tuple[object, ...], list[tuple[Term, int]]] = {}
        for term in terms:
            narrow = [axis for axis, extent in enumerate(self.shapes[term.wrt]) if _is_narrow(extent)]
            wide: dict[int, None] = {}
            for axis, part in enumerate(term.direction):
                if axis not in narrow:
                    wide.update((k, None) for k in sorted(loops_of(term, part)) if k >= rank)
            order = [*range(rank), *wide, *(k for k in range(rank, len(term.extents)) if k not in wide)]
            level = {k: index(position) for position, k in enumerate(order)}
            value, place, direction = transfer(shared, term, level.__getitem__)
            extents = tuple(term.extents[k] for k in order)
            moved = Term(term.wrt, extents, shared, value, place, direction)
            kept = tuple(None if axis in narrow else part for axis, part in enumerate(direction))
            groups.setdefault((term.wrt, extents[: rank + len(wide)], kept), []).append((moved, rank + len(wide)))
        found: list[Term] = []
        for group in groups.values():
            first, count = group[0]
            narrow = [axis for axis, extent in enumerate(self.shapes[first.wrt]) if _is_narrow(extent)]
            if len(group) == 1:
                found.append(first)
                continue
            full = (*first.extents[:count], *(self.shapes[first.wrt][axis] for axis in narrow))
            pieces = [
                (term.extents, shared, [((*identity_indices(count), *(term.direction[k] for k in narrow)), term.value)])
                for term, _ in group
            ]
            body = b.body()
            value = b.access(body, b.accumulate(full, pieces), *identity_indices(len(full)))
            direction = tuple(
                index(count + narrow.index(axis)) if axis in narrow else _copied(body, first, part, index)
                for axis, part in enumerate(first.direction)
            )
            found.append(Term(first.wrt, full, body, value, identity_indices(rank), direction))
        return found

    def _dense_term(self, wrt: int, shape: tuple[Size, ...], array: int | None) -> Term:
        assert array is not None
        body, rank = self.b.body(), len(shape)
        extents = (*shape, *self.shapes[wrt])
        everywhere = identity_indices(len(extents))
        return Term(wrt, extents, body, self.b.access(body, array, *everywhere), everywhere[:rank], everywhere[rank:])

    # --- scans and calls: dense directions as trailing axes ---------------------------------------------------------

    def _push_scan(self, scan: Scan, results: range) -> Sequence[list[Term]]:
        found: list[list[Term]] = [[] for _ in results]
        reads = (*scan.initial, *scan.captured)
        for wrt in sorted({term.wrt for number in reads for term in self.terms(number)}):
            arrays = self._push_scan_along(scan, results, wrt)
            for k, array in enumerate(arrays):
                shape = self.b.arrays[self.new[results[k]]].shape
                found[k].append(self._dense_term(wrt, shape, array))
        return found

    def _push_scan_along(self, scan: Scan, results: range, wrt: int) -> tuple[int, ...]:
        b, count, along = self.b, len(scan.initial), self.shapes[wrt]
        trajectories = [self.new[number] for number in results]
        captured = [self.new[number] for number in scan.captured]
        moving = {m: self.dense(number, wrt) for m, number in enumerate(scan.captured)}
        moving = {m: number for m, number in moving.items() if number is not None}
        outer = [*trajectories, *captured, *(number for number in moving.values() if number is not None)]
        parameters = [Parameter(f"carry{k}", (*scan.body.parameters[k].shape, *along)) for k in range(count)]
        parameters += [Parameter(f"captured{j}", b.arrays[n].shape, b.arrays[n].dtype) for j, n in enumerate(outer)]
        inner = ProgramBuilder(parameters, b.names() | {scan.step})
        at_step: dict[int, int] = {}
        for k in range(count):
            shape = scan.body.parameters[k].shape
            body = inner.body()
            value = inner.access(body, count + k, symbol(scan.step), *identity_indices(len(shape)))
            at_step[k] = inner.comprehend(body, value, shape)
        for m in range(len(captured)):
            at_step[count + m] = 2 * count + m
        where = {k: k for k in range(count)}
        where |= {count + m: 2 * count + len(captured) + j for j, m in enumerate(moving)}
        terms: dict[int, list[Term]] = {}
        for k, parameter in where.items():
            body = inner.body()
            shape = scan.body.parameters[k].shape
            everywhere = identity_indices(len(shape) + len(along))
            value = inner.access(body, parameter, *everywhere)
            rank = len(shape)
            terms[k] = [Term(wrt, (*shape, *along), body, value, everywhere[:rank], everywhere[rank:])]
        copied = copy_definitions(inner, scan.body, at_step)
        pushed = Jacobian(inner, scan.body, copied, terms, {wrt: along})
        following = []
        for k, output in enumerate(scan.body.outputs):
            array = where[output] if output in where else pushed.dense(output, wrt)
            following.append(fill(inner, 0.0, parameters[k].shape) if array is None else array)
        initial = []
        for k, number in enumerate(scan.initial):
            start = self.dense(number, wrt)
            initial.append(fill(b, 0.0, parameters[k].shape) if start is None else start)
        return b.define(Scan(scan.step, scan.length, tuple(initial), tuple(outer), inner.finish(following)))

    def _push_call(self, routine: str, arguments: Sequence[int], results: range) -> Sequence[list[Term]]:
        found: list[list[Term]] = [[] for _ in results]
        closed = ROUTINES[routine].closed
        if closed is not None:
            return self._push_closed(closed, arguments, results)
        for wrt in sorted({term.wrt for number in arguments for term in self.terms(number)}):
            given = [self.dense(number, wrt) for number in arguments]
            made = ROUTINES[routine].tangent(
                self.b, [self.new[n] for n in arguments], [self.new[n] for n in results], given
            )
            for k, array in enumerate(made):
                if array is not None:
                    shape = self.b.arrays[self.new[results[k]]].shape
                    found[k].append(self._dense_term(wrt, shape, array))
        return found

    def _push_closed(self, closed: Adjoint, arguments: Sequence[int], results: range) -> Sequence[list[Term]]:
        """The terms of a routine's tangents, by those of the program that computes tangents from tangents."""
        moving = [number for number in arguments if self.terms(number)]
        if not moving:
            return [[] for _ in results]
        given = [*arguments, *results, *moving]
        arrays = [self.new[number] for number in given]
        inner = ProgramBuilder([Parameter(f"a{k}", self.b.arrays[array].shape) for k, array in enumerate(arrays)])
        fixed = len(arguments) + len(results)
        dots = {number: fixed + k for k, number in enumerate(moving)}
        numbers = range(fixed)
        made = closed(inner, numbers[: len(arguments)], numbers[len(arguments) :], [dots.get(k) for k in arguments])
        program = inner.finish([array for array in made if array is not None])
        new = copy_definitions(self.b, program, dict(enumerate(arrays)))
        terms = {dots[number]: self.terms(number) for number in moving}
        pushed = Jacobian(self.b, program, new, terms, self.shapes)
        return [[] if array is None else pushed.terms(array) for array in made]


def seed_terms(b: ProgramBuilder, parameter: int, wrt: int) -> list[Term]:
    """A parameter's derivative by itself: the identity."""
    shape = b.parameters[parameter].shape
    body = b.body()
    everywhere = identity_indices(len(shape))
    return [Term(wrt, shape, body, body.constant(1.0), everywhere, everywhere)]


def transfer(
    body: BodyBuilder, term: Term, indices: Callable[[int], Size]
) -> tuple[int, tuple[Size, ...], tuple[Size, ...]]:
    """Copy a term's value, place and direction into another body, with loop index k as ``indices(k)``."""
    parts = (*term.place, *term.direction)
    refs = [atom[1] for part in parts for atom in part.atoms() if atom[0] == "ref"]
    numbers = body.insert(term.body.equations, [term.value, *refs], replace_index=indices)
    new = dict(zip(refs, numbers[1:], strict=True))

    def rewrite(atom: Atom) -> Size | None:
        if atom[0] == "index":
            return indices(atom[1])
        return body.as_size(new[atom[1]]) if atom[0] == "ref" else None

    moved = tuple(part.substitute(rewrite) for part in parts)
    return numbers[0], moved[: len(term.place)], moved[len(term.place) :]


def merge_terms(b: ProgramBuilder, terms: Iterable[Term]) -> list[Term]:
    """Sum out the loops that neither place nor direction names, and add up the terms of one place and direction."""
    shared = b.body()
    sums: dict[tuple[int, tuple[Size, ...], tuple[Size, ...], tuple[Size, ...]], list[int]] = {}
    for term in terms:
        parts = (*term.place, *term.direction)
        order: dict[int, None] = {}
        for part in parts:
            order.update(dict.fromkeys(sorted(loops_of(term, part))))
        kept = list(order)
        dropped = [k for k in range(len(term.extents)) if k not in order]
        level = {k: index(position) for position, k in enumerate([*kept, *dropped])}
        extents = tuple(term.extents[k] for k in kept)
        if dropped or term.body.equations[term.value].op not in ("constant", "access"):
            body = b.body()
            (value,) = body.insert(term.body.equations, [term.value], replace_index=level.__getitem__)
            array = b.comprehend(body, value, extents, [term.extents[k] for k in dropped], "sum" if dropped else None)
            inner = b.body()
            refs = [atom[1] for part in parts for atom in part.atoms() if atom[0] == "ref"]
            numbers = inner.insert(term.body.equations, refs, replace_index=level.__getitem__)
            new = dict(zip(refs, numbers, strict=True))

            def rewrite(atom: Atom, inner: BodyBuilder = inner, new: dict[int, int] = new) -> Size | None:
                if atom[0] == "index":
                    return level[atom[1]]  # noqa: B023 - used before the loop goes on
                return inner.as_size(new[atom[1]]) if atom[0] == "ref" else None

            moved = tuple(part.substitute(rewrite) for part in parts)
            rank = len(term.place)
            simple = Term(
                term.wrt,
                extents,
                inner,
                b.access(inner, array, *identity_indices(len(kept))),
                moved[:rank],
                moved[rank:],
            )
            number, place, direction = transfer(shared, simple, index)
        else:
            number, place, direction = transfer(shared, term, level.__getitem__)
        sums.setdefault((term.wrt, extents, place, direction), []).append(number)
    found = []
    for (wrt, extents, place, direction), numbers in sums.items():
        total = numbers[0]
        for number in numbers[1:]:
            total = shared.apply("add", total, number)
        found.append(Term(wrt, extents, shared, total, place, direction))
    return found


def assemble(b: ProgramBuilder, terms: Sequence[Term], shape: tuple[Size, ...], along: tuple[Size, ...]) -> int:
    """Define the sum of terms as one dense array: places, then directions; surviving deltas are choices by index."""
    terms = merge_terms(b, terms)
    full = (*shape, *along)
    if not terms:
        return fill(b, 0.0, full)
    plans = [_as_choice(term, full) for term in terms]
    if any(plan is None for plan in plans):
        pieces = [(term.extents, term.body, [((*term.place, *term.direction), term.value)]) for term in terms]
        return b.accumulate(full, pieces)
    body, total = b.body(), None
    for term, plan in sorted(zip(terms, plans, strict=True), key=lambda pair: len(pair[1][1]) if pair[1] else 0):
        assert plan is not None
        level, conditions = plan
        value, place, direction = transfer(body, term, level.__getitem__)
        parts = (*place, *direction)
        for axis in conditions:
            same = body.apply("eq", body.integer(parts[axis]), body.integer(index(axis)))
            value = body.apply("where", same, value, body.constant(0.0))
        total = value if total is None else body.apply("add", total, value)
    assert total is not None
    equation = body.equations[total]
    if equation.op == "access" and equation.data[1] == identity_indices(len(full)):
        array = int(equation.data[0])
        if array >= len(b.parameters) and b.arrays[array].shape == full:
            return array
    return b.comprehend(body, total, full)


def products(b: ProgramBuilder, left: Iterable[Term], right: Sequence[Term], rank: int) -> list[Term]:
    """The terms of ``transpose(left) @ right``, for rows of one array: place is left's direction."""
    found = []
    for one in left:
        for other in right:
            body = b.body()
            offset = len(one.extents)
            first, _, place = transfer(body, one, index)
            second, _, direction = transfer(
                body,
                other,
                lambda k, o=offset: index(k) if k < rank else index(o + k - rank),  # type: ignore[misc]
            )
            extents = (*one.extents, *other.extents[rank:])
            found.append(Term(other.wrt, extents, body, scale(body, first, second), place, direction))
    return found


def transposed(term: Term, wrt: int) -> Term:
    """The term with place and direction exchanged."""
    return term._replace(wrt=wrt, place=term.direction, direction=term.place)


def diagonal(b: ProgramBuilder, terms: Iterable[Term], shape: tuple[Size, ...]) -> int:
    """Define the elements of square terms whose place is their direction, as one array."""
    found = []
    for term in terms:
        level: dict[int, Size] = {k: index(k) for k in range(len(term.extents))}
        pending: list[int] = []
        for axis, (place, direction) in enumerate(zip(term.place, term.direction, strict=True)):
            if place == direction:
                continue
            for mine, other in ((direction, place), (place, direction)):
                atom = mine.atom
                if atom is not None and atom[0] == "index" and term.extents[atom[1]] == shape[axis]:
                    k = atom[1]
                    if level[k] == index(k) and k not in loops_of(term, other):
                        level[k] = other
                        break
            else:
                pending.append(axis)
        if any(part.mentions("ref") for part in level.values()) or not _is_flat(level):
            level, pending = {k: index(k) for k in range(len(term.extents))}, list(range(len(shape)))
        body = b.body()
        value, places, directions = transfer(body, term, level.__getitem__)
        for k, part in level.items():
            if part != index(k) and not stays_inside(part, term.extents[k], term.extents):
                # The loop that it stands for has no such iteration, and what the value would read is not there.
                here, end = body.integer(part), body.integer(term.extents[k])
                inside = body.apply("and", body.apply("le", body.integer(size(0)), here), body.apply("lt", here, end))
                value = body.apply("where", inside, value, body.constant(0.0))
        for axis in pending:
            same = body.apply("eq", body.integer(places[axis]), body.integer(directions[axis]))
            value = body.apply("where", same, value, body.constant(0.0))
        removed = {k for k, part in level.items() if part != index(k)}
        extents = tuple(extent for extent in term.extents)
        found.append((Term(0, extents, body, value, places, ()), removed))
    return assemble(b, [_without_loops(b, term, removed) for term, removed in found], shape, ())


def _without_loops(b: ProgramBuilder, term: Term, removed: set[int]) -> Term:
    """The term without loops that nothing names any more."""
    kept = [k for k in range(len(term.extents)) if k not in removed]
    level = {k: index(position) for position, k in enumerate(kept)}
    body = b.body()
    value, place, direction = transfer(body, term, level.__getitem__)
    return Term(term.wrt, tuple(term.extents[k] for k in kept), body, value, place, direction)


def _is_flat(level: Mapping[int, Size]) -> bool:
    """Whether no index is replaced by one that is itself replaced."""
    replaced = {k for k, part in level.items() if part != index(k)}
    return not any(replaced & _indices(part) for k, part in level.items() if k in replaced)


def _as_choice(term: Term, shape: tuple[Size, ...]) -> tuple[dict[int, Size], list[int]] | None:
    """Which axis each loop runs along, and the axes that are compared; None where that does not say everything."""
    level: dict[int, Size] = {}
    conditions = []
    for axis, part in enumerate((*term.place, *term.direction)):
        atom = part.atom
        if atom is not None and atom[0] == "index" and atom[1] not in level and term.extents[atom[1]] == shape[axis]:
            level[atom[1]] = index(axis)
        elif part.mentions("ref") or (part.constant is not None and shape[axis] != ONE):
            return None  # stores at these places do less work than comparisons
        else:
            conditions.append(axis)
    return (level, conditions) if len(level) == len(term.extents) else None


def _directions_differ(term: Term, rank: int) -> bool:
    """Whether every loop beyond the array's own moves the direction, each in an axis of its own."""
    return all(
        any(_lone(part, rank) == index(k) and _extras(part, rank) == {k} for part in term.direction)
        for k in range(rank, len(term.extents))
    )


def _is_narrow(extent: Size) -> bool:
    return extent.constant is not None and extent.constant <= NARROW


def _lone(part: Size, rank: int) -> Size | None:
    """The one loop beyond `rank` that a direction is linear in, with a step of 1."""
    if part.mentions("ref"):
        return None
    found = [(monomial, c) for monomial, c in part.terms if any(a[0] != "dim" for a in monomial)]
    lone = [m for m, c in found if len(m) == 1 and m[0][0] == "index" and m[0][1] >= rank and abs(c) == 1]
    return index(lone[0][0][1]) if len(lone) == 1 else None


def _extras(part: Size, rank: int) -> set[int]:
    return {k for k in _indices(part) if k >= rank}


def _solve_index(part: Size, value: Size) -> tuple[int, Size] | None:
    """The index that ``part == value`` determines, and what it is: ``k + 1`` at ``t`` gives ``k = t - 1``."""
    found = [
        (monomial[0][1], coefficient)
        for monomial, coefficient in part.terms
        if len(monomial) == 1 and monomial[0][0] == "index"
    ]
    if len(found) != 1 or abs(found[0][1]) != 1 or part.mentions("ref") or len(_indices(part)) != 1:
        return None
    k, sign = found[0]
    rest = part - (index(k) if sign == 1 else -index(k))
    return k, (value - rest if sign == 1 else rest - value)


def _indices(part: Size) -> set[int]:
    return {atom[1] for atom in part.atoms() if atom[0] == "index"}


def loops_of(term: Term, part: Size) -> set[int]:
    """The loops that a subscript depends on, through arrays of indices too."""
    found = _indices(part)
    refs = [atom[1] for atom in part.atoms() if atom[0] == "ref"]
    if refs:
        below = index_dependencies(term.body.equations[: max(refs) + 1])
        for number in refs:
            found |= below[number]
    return found


def _without_sign(body: BodyBuilder, number: int) -> int | None:
    """What a value is the negative of: zero of itself; None where there is no sign."""
    equation = body.equations[number]
    if equation.op == "neg":
        return equation.operands[0]
    return number if equation.op == "constant" and equation.data == 0.0 else None


def _finite_equations(equations: Sequence[Equation], arrays: Sequence[bool]) -> list[bool]:
    flags: list[bool] = []
    for equation in equations:
        if equation.op == "constant":
            flags.append(isinstance(equation.data, bool) or math.isfinite(equation.data))
        elif equation.op == "access":
            flags.append(arrays[equation.data[0]])
        elif equation.op == "where":
            flags.append(all(flags[k] for k in equation.operands[1:]))
        elif equation.op in ("add", "sub", "mul", "neg"):
            flags.append(all(flags[k] for k in equation.operands))
        else:
            flags.append(equation.op in ("exp", "tanh", "sigmoid"))
    return flags


def _are_rows(term: Term, part: Size, known: Mapping[int, Size], shape: tuple[Size, ...]) -> bool:
    """Whether each loop that a subscript depends on is all of an axis of the array, so that it may be read anywhere."""
    return all((atom := known[k].atom) is not None and term.extents[k] == shape[atom[1]] for k in loops_of(term, part))


def _copied(body: BodyBuilder, term: Term, part: Size, indices: Callable[[int], Size]) -> Size:
    """A subscript of a term in another body, with its loops as `indices` says."""
    refs = [atom[1] for atom in part.atoms() if atom[0] == "ref"]
    kept: dict[int, Size] = {}

    def known(k: int) -> Size:
        return kept.setdefault(k, indices(k))

    new = dict(zip(refs, body.insert(term.body.equations, refs, replace_index=known), strict=True))
    return part.substitute(
        lambda atom: known(atom[1]) if atom[0] == "index" else body.as_size(new[atom[1]]) if atom[0] == "ref" else None
    )


def _moved_place(body: BodyBuilder, place: Sequence[Size], position: Sequence[int]) -> tuple[Size, ...]:
    return tuple(
        part.substitute(lambda atom: body.as_size(position[atom[1]]) if atom[0] == "ref" else None) for part in place
    )


def _reads_inside(equations: Sequence[Equation], extents: Sequence[Size], b: ProgramBuilder) -> bool:
    """Whether every access is at plain loop indices, each over the whole of its axis."""
    for equation in equations:
        if equation.op == "access":
            array, subscripts = equation.data
            for part, extent in zip(subscripts, b.arrays[array].shape, strict=True):
                atom = part.atom
                if atom is None or atom[0] != "index" or extents[atom[1]] != extent:
                    return False
    return True


def _is_dear(op: str) -> bool:
    return op in PRIMITIVES and PRIMITIVES[op].dear
