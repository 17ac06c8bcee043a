"""From a plan's steps to statements: nests tile by tile and part by part, scans, and calls of routines.

nest over n:                        for tile_begin#1 in 0 .. n by 128
z[i] = …               ->           let tile_end#2 = min(tile_begin#1 + 128, n)
s sum= z[i]                         for i#3 in tile_begin#1 .. tile_end#2  vector
z[i#3 - tile_begin#1] = …
…
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gradc.calculus.routines import ROUTINES
from gradc.ir.equations import INTEGER, REAL
from gradc.ir.printer import choose_names, definition_lines
from gradc.ir.program import Program
from gradc.ir.size import ONE, ZERO, Size, product, size
from gradc.loops.homes import Home, Homes, Limits, Target, all_of, hint_of, identity, sign_of
from gradc.loops.program import (
    BYTES,
    LOCAL,
    PARALLEL,
    READ,
    SCRATCH,
    SERIAL,
    VECTOR,
    VIEW,
    Address,
    Alias,
    Argument,
    Array,
    Assign,
    Buffer,
    Call,
    Carve,
    Comment,
    Constant,
    For,
    Let,
    Load,
    Name,
    Place,
    Rounded,
    Scope,
    Scratch,
    Share,
    Statement,
    Value,
    Variable,
    View,
    Whole,
    call,
)
from gradc.loops.queries import names_in
from gradc.loops.stages import StageBuilder
from gradc.schedule.plan import TILE, Loop, Nest, Routine, Stage, Strips
from gradc.schedule.tiles import most_rows
from gradc.schedule.tiling import (
    PARTS,
    carried,
    cost_of_row,
    elements_of_row,
    is_carried,
    is_tiled,
    kind_of,
    long_sums,
)


class _Rows(NamedTuple):
    """A parallel loop while it is built: what is before, in and after it."""

    before: list[Statement]
    inner: list[Statement]
    late: list[Statement]
    part: Name
    thread: Name


class Nests(Homes):
    """The steps of a plan: nests, scans, and calls of routines."""

    def steps(self) -> list[Statement]:
        """All steps of the plan, in order."""
        statements: list[Statement] = []
        self.house_arrays()
        for position, step in enumerate(self.plan.steps):
            if isinstance(step, Nest):
                statements += self._gaps(position)
                if self.is_parallel(step):
                    statements += self._parallel(step)
                else:
                    statements += [*self._resets(position, step), *self._nest(step)]
                    statements += [s for number in list(self.low_of) for s in self._close_low(number)]
            elif isinstance(step, Loop):
                statements += self._scan(step)
            else:
                statements += self._routine(step)
        return statements

    def copy_out(self, output: Buffer, number: int) -> Statement:
        """An output that is a parameter, or is there already under another name."""
        if not self.arrays[number].shape:
            return Assign(Place(output, ()), "=", self.read(number, ()))
        return self._over_all(output, lambda at: ("=", Load(self.buffer(number), (at,), REAL, flat=True)))

    def _over_all(self, buffer: Buffer, each: Callable[[Size], tuple[str, Value]], mode: str = SERIAL) -> For:
        """A loop over all elements of a buffer, as one axis."""
        at = self.state.namer.new("at")
        sign, value = each(at.size)
        body = Assign(Place(buffer, (at.size,), flat=True), sign, value)
        return For(at, ZERO, product(buffer.extents), (body,), mode)

    # --- what is set before

    def _gaps(self, position: int) -> list[Statement]:
        """Zeros where nothing is assigned to."""
        lowered = self.state.lowered
        return [
            Assign(self.target(number, tuple(map(lowered, place))), "=", Constant(0.0))
            for number, places in self.plan.gaps.items()
            if self.plan.reset[number] == position
            for place in places
        ]

    def _resets(self, position: int, nest: Nest) -> list[Statement]:
        statements: list[Statement] = []
        for number, step in self.plan.reset.items():
            if step != position or self.plan.storage.get(number) == TILE or number in self.plan.gaps:
                continue
            made = [(stage, a) for stage in nest.stages for a in stage.actions if a.array == number]
            kind = made[0][1].kind if made else "add"
            home = self.home[number]
            if isinstance(home, Name):
                statements.append(Variable(home, REAL, identity(kind)))
                statements += self._open_low(number, nest)
            elif not made or any(
                is_carried(stage, action, is_tiled(nest, self.plan, self.arrays)) for stage, action in made
            ):
                statements.append(self._clear(home, kind))
        return statements

    def _clear(self, buffer: Buffer, kind: str) -> Statement:
        """A loop that sets a buffer to the identity of what is accumulated in it."""
        if not buffer.extents:
            return Assign(Place(buffer, ()), "=", identity(kind))
        return self._over_all(buffer, lambda _: ("=", identity(kind)))

    # --- parallel loops

    def _parallel(self, nest: Nest) -> list[Statement]:
        """The rows in parts, whose number depends on the sizes alone; their sums are added in order."""
        assert nest.extent is not None
        new, lowered = self.state.namer.new, self.state.lowered
        extent = lowered(nest.extent)
        sums_of = carried(nest)
        arrays = [number for number in sums_of if self.arrays[number].shape]
        scalars = [number for number in sums_of if not self.arrays[number].shape]
        stored = dict.fromkeys(a.array for stage in nest.stages for a in stage.actions)
        buffers = [n for n in stored if self.plan.storage.get(n) == TILE and n not in self.plan.shared]
        least = sum((product(self.buffer(number).extents) for number in arrays), ZERO)
        count = call("parts", extent, lowered(cost_of_row(nest)), least)
        parts, part, thread = new("parts"), new("part"), new("thread")
        first, last = new("part_begin"), new("part_end")
        rows = _Rows(
            [Let(parts, INTEGER, Whole(count))],
            [
                Let(first, INTEGER, Whole(call("cut", extent, parts.size, part.size))),
                Let(last, INTEGER, Whole(call("cut", extent, parts.size, part.size + 1))),
            ],
            [],
            part,
            thread,
        )
        outer = dict(self.home)
        # A part has sums of its own; tiles' buffers are the thread's, and so are in its cache from part to part.
        owned = {number: self._view(number, "part") for number in arrays}
        tiles = {number: self._view(number, "") for number in buffers}
        whole = [self.buffer(number) for number in arrays]
        share = self._carve(rows, "part", part.size, list(owned.values()), whole, count)
        self._carve(rows, "tile", thread.size, list(tiles.values()), [None] * len(buffers), count)
        self.home |= {**owned, **tiles}
        self.house_shared()
        sums = {number: self._part_number(rows, number, nest, parts, outer[number]) for number in scalars}
        for k, number in enumerate(arrays):
            kind = kind_of(number, nest)
            rows.inner.append(self._clear(owned[number], kind))
            assert share is not None
            more = Buffer(new(f"{whole[k].name.hint}_more"), "real", whole[k].extents, READ)
            another = new("part")
            view = View(more, share[0], share[1], another.size, tuple(list(owned.values())[:k]))
            at = new("at")
            here = Place(whole[k], (at.size,), flat=True)
            combine = Assign(here, sign_of(kind), Load(more, (at.size,), REAL, flat=True))
            add = For(at, ZERO, product(whole[k].extents), (combine,), VECTOR)
            rows.late.append(For(another, ONE, parts.size, (view, add)))
        rows.inner.extend(self._nest(nest, (first.size, last.size)))
        for number in scalars:
            rows.inner.extend(self._close_low(number))
            rows.inner.append(Assign(Place(sums[number], (part.size,)), "=", self.read(number, ())))
        self.home = outer
        self.house_shared()
        loop = For(part, ZERO, parts.size, tuple(rows.inner), PARALLEL, thread=thread)
        return [*rows.before, loop, *rows.late]

    def _view(self, number: int, suffix: str) -> Buffer:
        own = self.buffer(number)
        hint = f"{own.name.hint}_{suffix}" if suffix else own.name.hint
        return Buffer(self.state.namer.new(hint), own.type, own.extents, VIEW)

    def _carve(
        self,
        rows: _Rows,
        title: str,
        which: Size,
        views: list[Buffer],
        instead: Sequence[Buffer | None],
        count: Size,
    ) -> tuple[Buffer, Name] | None:
        """Give a part, or a thread, its share of a block of scratch; gives the block and the bytes of a share.

        What is summed up over all rows is, for the first part, where it belongs already.
        """
        if not views:
            return None
        new = self.state.namer.new
        block = Buffer(new(f"{title}_scratch"), BYTES, (), SCRATCH)
        self.state.scratch.append(Scratch(block, count, tuple(views)))
        each = new(f"{title}_bytes")
        rows.before.append(Share(each, tuple(views)))
        rows.inner.append(Carve(block, each, new(f"{title}_own"), which, tuple(views), tuple(instead)))
        return block, each

    def _part_number(self, rows: _Rows, number: int, nest: Nest, parts: Name, home: Home) -> Buffer:
        """A number that each part sums up, in a variable; gives the array of them all."""
        new, kind = self.state.namer.new, kind_of(number, nest)
        hint = home.hint if isinstance(home, Name) else home.name.hint
        sums = Buffer(new(f"{hint}_parts"), "real", (size(PARTS),), LOCAL)
        own = new(f"{hint}_part")
        self.home[number] = own
        rows.before.append(Array(sums))
        rows.inner.append(Variable(own, REAL, identity(kind)))
        rows.inner.extend(self._open_low(number, nest))
        part = new("part")
        target: Target = home if isinstance(home, Name) else Place(home, ())
        if isinstance(home, Name):
            rows.late.append(Variable(home, REAL, identity(kind)))
        else:
            rows.late.append(Assign(target, "=", identity(kind)))
        combine = Assign(target, sign_of(kind), Load(sums, (part.size,)))
        rows.late.append(For(part, ZERO, parts.size, (combine,)))
        return sums

    def _open_low(self, number: int, nest: Nest) -> list[Statement]:
        """What a long sum loses to rounding is kept, and added at the end."""
        if not is_tiled(nest, self.plan, self.arrays) or number not in long_sums(nest, self.arrays):
            return []
        home = self.home[number]
        low = self.low_of[number] = self.state.namer.new(f"{hint_of(home)}_low")
        return [Variable(low, REAL, identity("sum"))]

    def _close_low(self, number: int) -> list[Statement]:
        low = self.low_of.pop(number, None)
        return [] if low is None else [Rounded(self.target(number, ()), low)]

    # --- nests

    def _nest(self, nest: Nest, part: Limits | None = None) -> list[Statement]:
        if not is_tiled(nest, self.plan, self.arrays):
            return [s for stage in nest.stages for s in self._stage(stage, part)]
        assert nest.extent is not None
        new, lowered = self.state.namer.new, self.state.lowered
        extent, tile = lowered(nest.extent), most_rows(nest, self.plan, self.arrays, self.state.tile)
        first, last = part or (ZERO, extent)
        outer = self.tile_begin
        begin, end = new("tile_begin"), new("tile_end")
        read, step = elements_of_row(nest, self.plan, self.arrays, self.state.tile), size(tile)
        statements: list[Statement] = []
        if read is not None:
            name = new("tile_rows")
            statements.append(Let(name, INTEGER, Whole(call("rows", lowered(read)))))
            step = name.size
        around = dict(self.home)
        for wide in dict.fromkeys(lowered(strips.extent) for strips in nest.strips):
            width = new("strip")
            statements.append(Let(width, INTEGER, Whole(call("width", wide))))
            self.strip_of[wide] = width.size
        for number in self.plan.strip_axes.keys() & self.home.keys():
            self.home[number] = self.buffer(number)._replace(extents=self.stored(number))
        self.tile_begin = begin.size
        limits = (begin.size, end.size)
        inner: list[Statement] = [Let(end, INTEGER, Whole(call("min", begin.size + step, last)))]
        added = dict.fromkeys(a.array for stage in nest.stages for a in stage.actions if a.kind == "add")
        inner += [self._clear(self.buffer(n), "add") for n in added if self.plan.storage.get(n) == TILE]
        strips = {strips.first: strips for strips in nest.strips}
        position = 0
        while position < len(nest.stages):
            if position in strips:
                inner += self._strips(nest, strips[position], limits)
                position = strips[position].end
            else:
                inner += self._stage(nest.stages[position], limits)
                position += 1
        self.strip_of.clear()
        self.home = around
        self.tile_begin = outer
        statements.append(For(begin, first, last, tuple(inner), SERIAL, step))
        return statements if len(statements) == 1 or part is not None else [Scope(tuple(statements))]

    def _strips(self, nest: Nest, strips: Strips, tile: Limits) -> list[Statement]:
        """Stages that go strip by strip; what they sum over all strips is set to its identity before."""
        new = self.state.namer.new
        stages = nest.stages[strips.first : strips.end]
        extent = self.state.lowered(strips.extent)
        width = self.strip_of[extent]
        begin, end = new("strip_begin"), new("strip_end")
        self.strip_begin = begin.size
        before: list[Statement] = []
        inner: list[Statement] = [Let(end, INTEGER, Whole(call("min", begin.size + width, extent)))]
        for stage in stages:
            inner += self._stage(stage, tile, (begin.size, end.size), before)
        self.strip_begin = ZERO
        return [*before, For(begin, ZERO, extent, tuple(inner), SERIAL, width)]

    def _stage(
        self,
        stage: Stage,
        tile: Limits | None,
        strip: Limits | None = None,
        before: list[Statement] | None = None,
    ) -> list[Statement]:
        """A stage; what has to be set before its strips goes to `before`."""
        if not stage.actions:
            return []
        comments = [self._comment(number) for number in dict.fromkeys(stage.definitions)]
        comments += self._halo(stage)
        writer = StageBuilder(self, stage, tile, [], strip)
        if before is not None:
            before += writer.resets()
        return [*comments, *writer.build()]

    def _halo(self, stage: Stage) -> list[Statement]:
        """The rows before a tile that what comes later reads: they are computed again, so that parts need no others."""
        kept = [k for k, action in enumerate(stage.actions) if action.array in self.plan.halo]
        if not kept:
            return []
        rows = max(self.plan.halo[stage.actions[k].array] for k in kept)
        ends = stage.ends
        if ends is not None:
            ends = ends._replace(middle=tuple(ends.middle[k] for k in kept))
        part = stage._replace(actions=tuple(stage.actions[k] for k in kept), ends=ends)
        begin = self.state.namer.new("halo_begin")
        first = Let(begin, INTEGER, Whole(call("max", self.tile_begin - rows, ZERO)))
        return [Scope((first, *StageBuilder(self, part, (begin.size, self.tile_begin), []).build()))]

    def _comment(self, definition: int) -> Statement:
        text = " ".join(line.strip() for line in definition_lines(self.plan.program, self.letters, definition))
        owner = self.plan.shared.get(self.results[definition])
        return Comment(text if owner is None else f"{text}, in the place of {hint_of(self.home[owner])}")

    # --- scans and routines

    def _scan(self, step: Loop) -> list[Statement]:
        scan, state = step.scan, self.state
        program, new = step.plan.program, state.namer.new
        time = new(scan.step)
        around = dict(state.steps)
        state.steps[scan.step] = time.size
        nexts = tuple(f"{self.buffer(result).name.hint}_next" for result in step.results)
        names = Program(program.parameters, program.definitions, program.outputs, program.hints, nexts)
        inner = Nests(state, step.plan, step.plan.arrays(), choose_names(names, self.letters.taken))
        heads: list[tuple[Name, Statement]] = []
        statements: list[Statement] = []
        late: list[tuple[Buffer, int]] = []
        for k, result in enumerate(step.results):
            history, start = self.buffer(result), self.home[scan.initial[k]]
            hint = history.name.hint
            if program.parameters[k].shape:
                assert isinstance(start, Buffer)
                begin = Buffer(history.name, history.type, history.extents[1:], VIEW)
                at = new("at")
                copied = Assign(Place(history, (at.size,), flat=True), "=", Load(start, (at.size,), REAL, flat=True))
                statements.append(For(at, ZERO, product(begin.extents), (copied,)))
                now = Buffer(new(f"{hint}_now"), history.type, history.extents[1:], READ)
                after = Buffer(new(f"{hint}_next"), history.type, history.extents[1:], VIEW)
                heads.append((now.name, Alias(now, history, time.size)))
                heads.append((after.name, Alias(after, history, time.size + 1)))
                inner.home[program.outputs[k]] = after
                inner.home[k] = now
            else:
                statements.append(Assign(Place(history, (ZERO,)), "=", self.read(scan.initial[k], ())))
                value = new(f"{hint}_now")
                heads.append((value, Let(value, REAL, Load(history, (time.size,)))))
                late.append((history, program.outputs[k]))
                inner.home[k] = value
        for m, number in enumerate(scan.captured):
            inner.home[len(step.results) + m] = self.home[number]
        body = inner.steps()
        body += [Assign(Place(history, (time.size + 1,)), "=", inner.read(number, ())) for history, number in late]
        used = names_in(body)
        heads = [(name, s) for name, s in heads if name in used or (isinstance(s, Alias) and s.buffer.role != READ)]
        state.steps = around
        loop = For(time, ZERO, state.lowered(scan.length), (*(s for _, s in heads), *body))
        return [self._comment(step.definition), *statements, loop]

    def _routine(self, step: Routine) -> list[Statement]:
        routine, state = step.call, self.state
        entry = ROUTINES[routine.routine]
        sizes = [state.lowered(extent) for extent in self.arrays[routine.arguments[-1]].shape]
        order = state.lowered(self.arrays[routine.arguments[0]].shape[0])
        factors = state.reserve("factors", "real", (order, order))
        pivots = state.reserve("pivots", "int64", (order,))
        statements: list[Statement] = [self._comment(step.definition)]
        targets: list[Argument] = []
        for result in step.results:
            home = self.home[result]
            if isinstance(home, Name):
                statements.append(Variable(home, REAL, None))
                targets.append(Address(home))
            else:
                targets.append(all_of(home))
        given = [all_of(self.buffer(number)) for number in routine.arguments]
        arguments = (*sizes, *given, *targets, all_of(factors), all_of(pivots))
        code = state.status("singular", f"{routine.routine}: {entry.failure}") if entry.failure else 0
        return [*statements, Call(routine.routine, arguments, code, whole=True)]
