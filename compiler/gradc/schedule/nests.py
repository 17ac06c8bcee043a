"""Fuse definitions that share an outermost axis into nests, so that data stream through the caches once.

A definition joins the first nest that holds, or follows, all that it reads, and that streams over an extent which one
of its own indices has; what it reads of the same nest must be read at the very place of the stream. Anything else
starts a nest of its own. Within a nest, a definition with the loops of an earlier stage joins that stage, where the two
share their subexpressions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from gradc.ir.definitions import Accumulation, Array, Call, Comprehension, Definition, Scan, result_count
from gradc.ir.equations import REAL, BodyBuilder, Equation, needed_by
from gradc.ir.program import Program
from gradc.ir.size import ONE, ZERO, Atom, Size, index
from gradc.schedule.assign import assign_rows
from gradc.schedule.buffers import share_buffers
from gradc.schedule.columns import Copy, copy_columns
from gradc.schedule.costs import is_dear
from gradc.schedule.ends import find_ends
from gradc.schedule.fission import split_stage
from gradc.schedule.order import choose_unroll, may_meet, order_loops
from gradc.schedule.pairs import compute_pairs_again
from gradc.schedule.plan import SCALAR, TILE, WHOLE, Action, Loop, Nest, Place, Plan, Routine, Stage, Step
from gradc.schedule.products import find_outer, find_product, find_quarter, is_quarter, read_triangles, separate_factors
from gradc.schedule.share import Key, share
from gradc.schedule.strips import cut_strips
from gradc.schedule.tiles import choose_lanes, find_transposition, is_copy, turn

_BEHIND = 8  # rows before a tile that are computed again for it
_MANY = 500  # steps from which on a nest goes to the end, for planning takes time in proportion to their number


class _Item(NamedTuple):
    """One loop nest of a definition, in its own indices."""

    definition: int
    extents: tuple[Size, ...]
    body: tuple[Equation, ...]
    stores: tuple[tuple[tuple[Size, ...], int], ...]  # subscripts, value
    kind: str
    reduced: frozenset[int]
    array: int
    whole: bool = True  # whether this loop nest alone makes the array


class _OpenNest:
    """A nest while definitions join it."""

    def __init__(self, extent: Size | None) -> None:
        self.extent = extent
        self.open: list[_OpenStage] = []
        self.stages: list[Stage] = []  # once all definitions have joined
        self.streamed: dict[int, int] = {}  # arrays made here along the stream, and their axis
        self.made: dict[int, int] = {}  # arrays made here, and the stage
        self.halo: dict[int, int] = {}  # arrays made here that are read behind the stream's place, and how far


class _OpenStage:
    """A stage while items join it: what there is to ask of it takes the same time however many have."""

    def __init__(self, extents: tuple[Size, ...], parameters: int) -> None:
        self.extents = extents
        self.body = BodyBuilder(lambda array: (b"p" if array < parameters else b"d") + array.to_bytes(4, "big"))
        self.actions: list[Action] = []
        self.definitions: list[int] = []
        self.is_alone = False
        self.is_dear = False
        self.scatters = False
        self.reduced: set[frozenset[int]] = set()  # of its reductions, the loops each runs over
        self.places: dict[int, list[tuple[Size, ...]]] = {}  # where it stores or adds, by array
        self.stored: dict[int, Action] = {}  # the last store of each array
        self._seen = 0  # equations that have been looked at for what is dear

    def add(self, actions: Sequence[Action], definition: int, arrays: Sequence[Array]) -> None:
        """Take what an item does with values that are in the body."""
        self.actions += actions
        self.definitions.append(definition)
        for action in actions:
            self.places.setdefault(action.array, []).append(action.subscripts)
            self.scatters |= action.kind == "add" and any(p.mentions("ref") for p in action.subscripts)
            if action.kind == "store":
                self.stored[action.array] = action
            if action.reduced:
                self.reduced.add(action.reduced)
        self.is_dear |= any(map(is_dear, self.body.equations[self._seen :]))
        self._seen = len(self.body.equations)
        self.is_alone = len(self.actions) == 1 and is_alone(self.closed(), arrays)

    def closed(self) -> Stage:
        """The stage."""
        return Stage(self.extents, tuple(self.body.equations), tuple(self.actions), tuple(self.definitions))


def plan_program(program: Program) -> Plan:
    """The plan of a lowered program."""
    program = separate_factors(compute_pairs_again(program))
    no_values: set[Key] = set()
    no_copies: set[Copy] = set()
    no_halos: set[Definition] = set()
    while True:  # each round refuses one value or copy at least
        copied, copies = copy_columns(program, no_copies)
        shared, values, new = share(copied, no_values)
        plan = _plan(shared, no_halos)
        halos_in_vain = {_definition_of(shared, array) for array in plan.halo if not _is_apart(plan, array)}
        values_stored = {key for array, key in values.items() if plan.storage.get(array) == WHOLE}
        copies_in_vain = {key for array, key in copies.items() if new[array] not in plan.lanes}
        if not values_stored and not copies_in_vain and not halos_in_vain:
            return plan
        no_halos |= halos_in_vain
        no_values |= values_stored
        no_copies |= copies_in_vain


def _definition_of(program: Program, array: int) -> Definition:
    return program.definitions[program.first_results().index(array)]


def _is_apart(plan: Plan, array: int) -> bool:
    """Whether an array that others read behind the stream's place is in a tile's buffer, and made of nothing there."""
    if plan.storage.get(array) != TILE or array in plan.strip_axes or array in plan.lanes:
        return False
    for step in plan.steps:
        if not isinstance(step, Nest):
            continue
        made = {action.array for stage in step.stages for action in stage.actions}
        for stage in step.stages:
            for action in stage.actions:
                if action.array == array:
                    needed = (stage.body[number] for number in needed_by(stage.body, [action.value]))
                    plain = stage.call is None and stage.unroll == 1 and action.kind == "store"
                    return plain and not any(e.op == "access" and e.data[0] in made for e in needed)
    return False


def _plan(program: Program, no_halos: Collection[Definition] = ()) -> Plan:
    # What depends on the arguments alone is computed first, so that no nest waits for it.
    steps: list[_OpenNest | Loop | Routine] = [_OpenNest(None)]
    made_at: dict[int, int] = {}  # the step that completes an array
    reset: dict[int, int] = {}
    arrays = list(program.arrays())
    count = len(arrays)
    given = {extent for number in program.outputs for extent in arrays[number].shape}
    pairs = zip(program.definitions, program.first_results(), strict=True)
    apart = {first for definition, first in pairs if _has_halo(definition) and definition not in no_halos}
    for number, (definition, first) in enumerate(zip(program.definitions, program.first_results(), strict=True)):
        results = tuple(range(first, first + result_count(definition)))
        if isinstance(definition, Scan):
            steps.append(Loop(definition, results, plan_program(definition.body), number))
            made_at.update((result, len(steps) - 1) for result in results)
        elif isinstance(definition, Call):
            steps.append(Routine(definition, results, number))
            made_at.update((result, len(steps) - 1) for result in results)
        else:
            for item in _items(number, definition, first):
                place = _place(program, steps, item, made_at, reset, given, apart)
                made_at[first] = max(made_at.get(first, 0), place)
                if item.kind != "store":
                    reset[first] = min(reset.get(first, place), place)
            if isinstance(definition, Accumulation) and not definition.pieces:
                steps.append(_OpenNest(None))
                made_at[first] = reset[first] = len(steps) - 1
    for step in steps:
        if isinstance(step, _OpenNest):
            step.stages = [stage.closed() for stage in step.open]
    _delay(program, steps, made_at, reset)
    _drop_unread_stores(steps, kept := _kept_arrays(program, steps, made_at))
    for step in steps:
        if isinstance(step, _OpenNest) and step.extent is not None:
            _split_long(step, arrays)
    storage: dict[int, str] = {}
    stream_axes: dict[int, int] = {}
    for step in steps:
        if not isinstance(step, _OpenNest):
            for result in step.results:
                storage[result] = WHOLE if isinstance(step, Loop) or arrays[result].shape else SCALAR
            continue
        for array in step.made:
            if not arrays[array].shape:
                storage[array] = SCALAR
            elif array in step.streamed and array not in kept and step.extent is not None:
                storage[array] = TILE
                stream_axes[array] = step.streamed[array]
            else:
                storage[array] = WHOLE
    for array in reset:
        storage.setdefault(array, WHOLE if arrays[array].shape else SCALAR)
    tiled = [step.stages for step in steps if isinstance(step, _OpenNest) and step.extent is not None]
    triangles = read_triangles(program)
    products = {
        id(stage)
        for stages in tiled
        for stage in stages
        if find_product(stage, arrays, lambda _: -1) or find_quarter(stage, arrays, triangles)
    }
    lanes = choose_lanes([[s for s in stages if id(s) not in products] for stages in tiled], stream_axes, arrays)
    closed: list[Step] = []
    strip_axes: dict[int, int] = {}
    in_place: dict[int, int] = {}
    halo: dict[int, int] = {}
    for step in steps:
        if isinstance(step, _OpenNest):
            nest = _closed(step, stream_axes, lanes, arrays, triangles)
            nest, cut = cut_strips(nest, storage, stream_axes, arrays)
            closed.append(nest)
            strip_axes |= cut
            halo |= {array: rows for array, rows in step.halo.items() if array in step.made}
            in_place |= share_buffers(nest, storage, stream_axes, strip_axes, lanes, arrays, halo)
        else:
            closed.append(step)
    done, gaps = _assigned(program, closed, storage)
    return Plan(
        program, done, storage, stream_axes, strip_axes, in_place, lanes, reset, gaps, halo, tuple(arrays[count:])
    )


def _assigned(
    program: Program, steps: Sequence[Step], storage: Mapping[int, str]
) -> tuple[tuple[Step, ...], dict[int, tuple[Place, ...]]]:
    """The steps with accumulations that need not begin with zeros, and where those that do not still have some."""
    found = list(steps)
    gaps: dict[int, tuple[Place, ...]] = {}
    for definition, array in zip(program.definitions, program.first_results(), strict=True):
        if isinstance(definition, Accumulation) and definition.pieces and storage.get(array) == WHOLE:
            for k, step in enumerate(found):
                assigned = assign_rows(step, array, definition) if isinstance(step, Nest) else None
                if assigned is not None:
                    found[k], gaps[array] = assigned
    return tuple(found), gaps


def _closed(
    step: _OpenNest,
    stream_axes: dict[int, int],
    lanes: frozenset[int],
    arrays: Sequence[Array],
    triangles: frozenset[tuple[int, int]],
) -> Nest:
    """The nest with its products recognised and its loops in their final order."""

    def fast_axis(array: int) -> int:
        return stream_axes[array] if array in lanes else -1

    stages = []
    for stage in step.stages:
        call = (
            find_product(stage, arrays, fast_axis, triangles)
            or find_quarter(stage, arrays, triangles)
            or find_transposition(stage, lanes)
            or (find_outer(stage, lanes) if step.extent is not None else None)
        )
        if call is not None:
            stages.append(stage._replace(call=call))
            continue
        turned = stage if step.extent is None else turn(stage, stream_axes, lanes, arrays)
        stages.append(find_ends(turned._replace(unroll=choose_unroll(turned))))
    return Nest(step.extent, tuple(stages))


def _delay(
    program: Program, steps: list[_OpenNest | Loop | Routine], made_at: dict[int, int], reset: dict[int, int]
) -> None:
    """Move the stages of a nest into the next that reads what they make, where that reads it along the same stream.

    A nest takes its place when its first definition comes, and what reads that may have to wait for others.
    """
    readers: dict[int, set[int]] = {}
    for k, step in enumerate(steps):
        for array in _arrays_read(step):
            readers.setdefault(array, set()).add(k)
    for k in reversed(range(len(steps))):
        nest = steps[k]
        if not isinstance(nest, _OpenNest) or nest.extent is None or nest.made.keys() - nest.streamed.keys():
            continue
        if not nest.made.keys().isdisjoint(program.outputs):
            continue
        later = set[int]().union(*(readers.get(array, ()) for array in nest.made)) - {k}
        target = next(iter(later)) if len(later) == 1 else k
        reader = steps[target] if target != k else None
        if isinstance(reader, _OpenNest) and reader.extent == nest.extent and _reads_along(reader, nest.streamed):
            reader.halo |= nest.halo
            shift = len(nest.stages)
            reader.stages[:0] = nest.stages
            reader.made = nest.made | {array: stage + shift for array, stage in reader.made.items()}
            reader.streamed |= nest.streamed
            for places in (made_at, reset):
                places.update((array, target) for array, place in places.items() if place == k)
            for array in _arrays_read(nest):
                readers[array] = readers[array] - {k} | {target}
            steps[k] = _OpenNest(None)


def _reads_along(nest: _OpenNest, streamed: Mapping[int, int]) -> bool:
    """Whether a nest reads these arrays at its own place along the stream alone."""
    return all(
        e.data[1][streamed[e.data[0]]] == index(stage.stream)
        for stage in nest.stages
        for e in stage.body
        if e.op == "access" and e.data[0] in streamed
    )


def _arrays_read(step: _OpenNest | Loop | Routine) -> set[int]:
    if isinstance(step, Loop):
        return {*step.scan.initial, *step.scan.captured}
    if isinstance(step, Routine):
        return set(step.call.arguments)
    return {e.data[0] for stage in step.stages for e in stage.body if e.op == "access"}


def _kept_arrays(program: Program, steps: Sequence[_OpenNest | Loop | Routine], made_at: dict[int, int]) -> set[int]:
    """The arrays that must be there whole: outputs, and what another step than their own reads."""
    kept = set(program.outputs)
    for k, step in enumerate(steps):
        others = isinstance(step, Loop | Routine)
        kept.update(array for array in _arrays_read(step) if others or made_at.get(array, k) != k)
    return kept


def _drop_unread_stores(steps: Sequence[_OpenNest | Loop | Routine], kept: set[int]) -> None:
    """A value that only the iteration that makes it uses needs no array."""
    for step in steps:
        if isinstance(step, _OpenNest):
            read = kept | _arrays_read(step)
            for k, stage in enumerate(step.stages):
                actions = tuple(a for a in stage.actions if a.kind != "store" or a.array in read)
                step.stages[k] = stage._replace(actions=actions)
            for array in [array for array in step.made if array not in read]:
                if not any(a.array == array for stage in step.stages for a in stage.actions):
                    del step.made[array]


def _split_long(nest: _OpenNest, arrays: list[Array]) -> None:
    """Split what is long of a nest, adding arrays by which values pass from piece to piece."""

    def new_array(array: Array) -> int:
        arrays.append(array)
        nest.made[len(arrays) - 1] = nest.streamed[len(arrays) - 1] = 0
        return len(arrays) - 1

    nest.stages = [piece for stage in nest.stages for piece in split_stage(stage, new_array)]


def _items(number: int, definition: Comprehension | Accumulation, array: int) -> list[_Item]:
    if isinstance(definition, Accumulation):
        return [
            _Item(
                number,
                piece.extents,
                piece.body,
                tuple((s.subscripts, s.value) for s in piece.stores),
                "add",
                frozenset(),
                array,
                len(definition.pieces) == 1,
            )
            for piece in definition.pieces
        ]
    rank, count = definition.rank, len(definition.extents)
    place = tuple(index(k) for k in range(rank))
    extents, body = definition.extents, definition.body
    if definition.reduction is None:
        extents, body, place = _apart(extents, body, place)
        count = rank = len(extents)
    kind = definition.reduction or "store"
    stores = ((place, len(body) - 1),)
    return [_Item(number, extents, body, stores, kind, frozenset(range(rank, count)), array)]


def _apart(
    extents: tuple[Size, ...], body: tuple[Equation, ...], place: tuple[Size, ...]
) -> tuple[tuple[Size, ...], tuple[Equation, ...], tuple[Size, ...]]:
    """Loops over several axes that are run together, as loops over each: a division costs more than what it leads to.

    T[l:n, q:d*k] = X[l, q // k] * P[l, q % k]      ->      T[l, k*i + j] = X[l, i] * P[l, j]  for i:d, j:k
    """
    k = 1
    while k < len(extents):
        found = _divisor(extents[k], body, k)
        if found is None:
            k += 1
            continue
        inner, outer = found
        replace = partial(_parted, k, inner)
        body = tuple(_with_sizes(equation, replace) for equation in body)
        place = tuple(part.substitute(replace) for part in place)
        extents = (*extents[:k], outer, inner, *extents[k + 1 :])
    return extents, body, place


def _divisor(extent: Size, body: Sequence[Equation], k: int) -> tuple[Size, Size] | None:
    """The length of the innermost axis that index k is taken apart into, and how many of them there are."""
    for equation in body:
        parts = equation.data[1] if equation.op == "access" else (equation.data,) if equation.op == "integer" else ()
        for atom in (atom for part in parts for atom in part.atoms()):
            if atom[0] == "%" and atom[1] == index(k):
                outer = extent // atom[2]
                if outer * atom[2] == extent:
                    return atom[2], outer
    return None


def _parted(k: int, inner: Size, atom: Atom) -> Size | None:
    """An atom with index k as ``inner * index(k) + index(k + 1)``, and the later indices behind them."""
    if atom[0] == "index":
        number = int(atom[1])
        return index(k) * inner + index(k + 1) if number == k else index(number + 1) if number > k else None
    if atom[0] in ("//", "%") and atom[1] == index(k):
        if atom[2] == inner:
            return index(k) if atom[0] == "//" else index(k + 1)
        times: Size = atom[2] // inner
        if atom[0] == "//" and times * inner == atom[2]:
            return index(k) // times
    return None


def _with_sizes(equation: Equation, replace: Callable[[Atom], Size | None]) -> Equation:
    if equation.op == "access":
        array, subscripts = equation.data
        return equation._replace(data=(array, tuple(part.substitute(replace) for part in subscripts)))
    return equation._replace(data=equation.data.substitute(replace)) if equation.op == "integer" else equation


def _place(
    program: Program,
    steps: list[_OpenNest | Loop | Routine],
    item: _Item,
    made_at: dict[int, int],
    reset: dict[int, int],
    given: Collection[Size],
    apart: Collection[int],
) -> int:
    """Put an item into the first nest that can take it, or into a new one; gives the nest's position."""
    needs = {e.data[0] for e in item.body if e.op == "access" and e.data[0] in made_at}
    earliest = max((made_at[array] for array in needs), default=0)
    preferred = _preferred_stream(item, given)
    for position in range(earliest, len(steps)):
        nest = steps[position]
        if not item.extents and position > earliest + 1 and len(steps) < _MANY:
            break  # what reads a number need not wait for the nests before the next numbers
        if not isinstance(nest, _OpenNest):
            continue
        reads_nest = any(array in nest.made for array in needs)
        for stream in _streams(item, nest):
            # Along another axis it joins only where it would otherwise wait for the whole nest, if that has its length,
            # or where the nest would have to store all pairs for it.
            same = preferred is None or item.extents[preferred] == nest.extent
            other = reads_nest and (same or (stream in item.reduced and _reads_pairs(item, nest, program)))
            if (stream == preferred or other) and _fits(item, nest, stream, apart):
                _join(program, nest, item, stream)
                return position
    nest = _OpenNest(None if preferred is None else item.extents[preferred])
    # What is small goes as early as it can, so that what reads it need not wait behind the nests that are there.
    small = nest.extent is None or nest.extent.constant is not None or nest.extent in given
    position = earliest + 1 if small and len(steps) < _MANY else len(steps)
    steps.insert(position, nest)
    for places in (made_at, reset):
        places.update((array, place + 1) for array, place in places.items() if place >= position)
    _join(program, nest, item, preferred)
    return position


def _reads_pairs(item: _Item, nest: _OpenNest, program: Program) -> bool:
    """Whether an item reads an array of pairs that the nest makes: one with two axes that no argument has together."""
    arrays = program.arrays()
    given = [set(parameter.shape) for parameter in program.parameters]
    read = {e.data[0] for e in item.body if e.op == "access"} & nest.streamed.keys()
    axes = [{extent for extent in arrays[array].shape if extent.constant is None} for array in read]
    return any(len(long) > 1 and not any(long <= shape for shape in given) for long in axes)


def _streams(item: _Item, nest: _OpenNest) -> list[int | None]:
    if nest.extent is None:
        return [None] if not item.extents else []
    return [k for k, extent in enumerate(item.extents) if extent == nest.extent]


def _fits(item: _Item, nest: _OpenNest, stream: int | None, apart: Collection[int]) -> bool:
    """Whether what an item reads of a nest is there: at the stream's place, or a few rows behind it."""
    behind: dict[int, int] = {}
    for equation in item.body:
        if equation.op != "access" or equation.data[0] not in nest.made:
            continue
        array, subscripts = equation.data
        if stream is None:
            continue
        if array not in nest.streamed:
            return False
        distance = (index(stream) - subscripts[nest.streamed[array]]).constant
        if distance is None or (distance and (array not in apart or not 0 < distance <= _BEHIND)):
            return False
        if distance:
            behind[array] = max(distance, behind.get(array, 0))
    for array, distance in behind.items():
        nest.halo[array] = max(distance, nest.halo.get(array, 0))
    return True


def _has_halo(definition: Definition) -> bool:
    """Whether rows of what a definition makes may be computed again for the tile behind."""
    return isinstance(definition, Comprehension) and definition.reduction is None and definition.rank > 0


def _preferred_stream(item: _Item, given: Collection[Size]) -> int | None:
    """The index over what is summed up in the end, such as samples: no result has an axis of that length.

    Of several it is the one along the first axis of the largest array read, whose rows then pass once, in order; of a
    quarter of a sum it is the sum's.
    """
    if not item.extents:
        return None
    if item.reduced == {4} and is_quarter(item.extents, item.body, item.stores[0][1]):
        return 4
    best: tuple[bool, int, int] | None = None
    for equation in item.body:
        if equation.op == "access" and equation.data[1]:
            atom = equation.data[1][0].atom
            if atom is not None and atom[0] == "index" and item.extents[atom[1]].constant is None:
                candidate = (item.extents[atom[1]] not in given, len(equation.data[1]), -atom[1])
                best = candidate if best is None else max(best, candidate)
    return 0 if best is None else -best[2]


def _join(program: Program, nest: _OpenNest, item: _Item, stream: int | None) -> None:
    """Add an item to a nest: to the stage that has its loops, or as a stage of its own."""
    arrays = program.arrays()
    order = order_loops(item.extents, item.body, item.stores, item.reduced, stream, arrays)
    order = tuple(k for k in order if item.extents[k] != ONE or k == stream)
    level = dict.fromkeys(range(len(item.extents)), ZERO) | {k: index(position) for position, k in enumerate(order)}
    extents = tuple(item.extents[k] for k in order)

    def renamed(place: Sequence[Size]) -> tuple[Size, ...]:
        return tuple(p.substitute(lambda a: level[a[1]] if a[0] == "index" else None) for p in place)

    reduced = frozenset(position for position, k in enumerate(order) if k in item.reduced)
    earliest = max((nest.made[e.data[0]] for e in item.body if e.op == "access" and e.data[0] in nest.made), default=0)
    action = Action(item.kind, item.array, item.stores[0][0], item.stores[0][1], item.reduced)
    alone = len(item.stores) == 1 and is_alone(Stage(item.extents, item.body, (action,), ()), arrays)
    target = next(
        (
            k
            for k in range(earliest, len(nest.open))
            if nest.open[k].extents == extents
            and not (nest.open[k].is_alone or alone)
            and not _spoils(nest.open[k], item)
            and _pointwise(item, nest.open[k], level)
            and _same_suffix(nest.open[k], reduced)
            and not _collides(item, nest.open[k], renamed)
        ),
        None,
    )
    if target is None:
        nest.open.append(_OpenStage(extents, len(program.parameters)))
        target = len(nest.open) - 1
    stage = nest.open[target]
    body = stage.body

    def read(array: int, subscripts: tuple[Size, ...], kind: str) -> int:
        # What this very iteration has just stored is still at hand.
        return stage.stored[array].value if array in stage.stored else body.access(array, subscripts, kind)

    inner = [a[1] for place, _ in item.stores for part in place for a in part.atoms() if a[0] == "ref"]
    roots = [value for _, value in item.stores]
    new = body.insert(item.body, [*roots, *inner], replace_index=level.__getitem__, replace_access=read)
    refs = dict(zip(inner, new[len(roots) :], strict=True))

    def place(parts: Sequence[Size]) -> tuple[Size, ...]:
        return tuple(
            p.substitute(lambda a: body.as_size(refs[a[1]]) if a[0] == "ref" else None) for p in renamed(parts)
        )

    actions = []
    for (parts, _), value in zip(item.stores, new, strict=False):
        value = value if body.kind(value) == REAL or item.kind == "store" else body.coerce(value, REAL)
        actions.append(Action(item.kind, item.array, place(parts), value, reduced))
    stage.add(actions, item.definition, arrays)
    nest.made[item.array] = max(target, nest.made.get(item.array, 0))
    if stream is None or (item.kind == "add" and not item.whole):
        return
    for axis, extent in enumerate(arrays[item.array].shape):
        if extent == nest.extent and all(place[axis] == index(stream) for place, _ in item.stores):
            nest.streamed[item.array] = axis


def is_alone(stage: Stage, arrays: Sequence[Array]) -> bool:
    """Whether a stage becomes a call, which no other definition can share loops with."""
    if len(stage.actions) != 1:
        return False
    return is_copy(stage) or bool(find_product(stage, arrays, lambda _: -1) or find_outer(stage))


def _spoils(stage: _OpenStage, item: _Item) -> bool:
    """Whether one adds where an index array says, and so keeps what is dear in the other from being vectorised."""
    adds = item.kind == "add" and any(p.mentions("ref") for place, _ in item.stores for p in place)
    return (adds and stage.is_dear) or (stage.scatters and any(map(is_dear, item.body)))


def _collides(item: _Item, stage: _OpenStage, renamed: Callable[[Sequence[Size]], tuple[Size, ...]]) -> bool:
    """Whether an iteration of the stage adds to what another of the item adds to, so that no vector could do both.

    ``a[i] += e; a[i + 1] += f`` is two loops, each over contiguous elements.
    """
    if item.kind != "add":
        return False
    own = [renamed(place) for place, _ in item.stores]
    return any(mine != other and may_meet(mine, other) for mine in own for other in stage.places.get(item.array, ()))


def _same_suffix(stage: _OpenStage, reduced: frozenset[int]) -> bool:
    """Whether a reduction has its loops innermost, or none of them, as the stage's other actions have."""
    return not reduced or stage.reduced <= {reduced}


def _pointwise(item: _Item, stage: _OpenStage, level: dict[int, Size]) -> bool:
    """Whether all that an item reads of a stage, it reads where that same iteration has stored it."""
    for equation in item.body:
        if equation.op == "access" and equation.data[0] in stage.places:
            array, subscripts = equation.data
            renamed = tuple(p.substitute(lambda a: level[a[1]] if a[0] == "index" else None) for p in subscripts)
            if array not in stage.stored or stage.stored[array].subscripts != renamed:
                return False
    return True
