"""From a plan to a loop program: each stage is loops around its equations, each equation at the outermost loop that has
all that it needs.

    Stage  i:n, j:d    s[i] sum= X[i, j] * w[j]      ->      for i#1 in 0 .. n
                                                                 var s_sum#3: real = 0.0
                                                                 for j#2 in 0 .. d  vector(+: s_sum#3)
                                                                     s_sum#3 += (X[i#1, j#2] * w[j#2])
                                                                 s[i#1] = s_sum#3

What is tiled, kept and shared is the plan's to say; what a loop is called in C is the printer's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from gradc.calculus.reductions import REDUCTIONS
from gradc.calculus.routines import ROUTINES
from gradc.ir.equations import BOOLEAN, INTEGER, REAL, BodyBuilder, Equation, index_dependencies, needed_by, references
from gradc.ir.printer import Names, choose_names, definition_lines, index_names
from gradc.ir.program import Accumulation, Comprehension, Program, reads
from gradc.ir.program import Array as ProgramArray
from gradc.ir.ranges import NONE as FROM_ZERO
from gradc.ir.ranges import stays_inside, stays_natural
from gradc.ir.size import ONE, ZERO, Atom, Size, index, product, size
from gradc.loops.indices import IndexUse, index_uses, store_uses
from gradc.loops.program import (
    BYTES,
    INPUT,
    LOCAL,
    OUTPUT,
    PARALLEL,
    READ,
    SCRATCH,
    SERIAL,
    VECTOR,
    VIEW,
    Add,
    Address,
    Alias,
    Apply,
    Argument,
    Array,
    Assign,
    Buffer,
    Call,
    Carve,
    Comment,
    Constant,
    For,
    If,
    Let,
    Load,
    Local,
    LoopProgram,
    Name,
    Namer,
    Null,
    Outside,
    Place,
    Return,
    Rounded,
    Scope,
    Scratch,
    Share,
    Start,
    Statement,
    Status,
    Test,
    Value,
    Variable,
    View,
    Whole,
    call,
)
from gradc.loops.queries import names_in, needs_names, weight
from gradc.schedule.costs import cost, is_dear
from gradc.schedule.order import vectorises
from gradc.schedule.plan import (
    SCALAR,
    TILE,
    WHOLE,
    Action,
    Ends,
    Loop,
    Nest,
    OuterProduct,
    Plan,
    Product,
    QuarterProduct,
    Routine,
    Stage,
    StageCall,
    Strips,
    Transposition,
)
from gradc.schedule.tiles import most_rows

PARTS = 16  # the most parts that a parallel loop has
_HEAVIEST = 14  # an expression of more operations and operands than this is given a name
_PLAIN = frozenset({"constant", "integer"})
_Read: TypeAlias = tuple[int, tuple[Size, ...]]  # an array, and the subscripts that it is read at
_Home: TypeAlias = Buffer | Name  # where an array lives: in a buffer, or a number in a variable
_Target: TypeAlias = Name | Place
_Limits: TypeAlias = tuple[Size, Size]
_Clauses: TypeAlias = tuple[tuple[str, tuple[Name, ...]], ...]  # signs, and the variables that a loop combines by them


def build(
    plan: Plan,
    name: str,
    tile: int,
    namer: Namer,
    result: str = "real",
    source: Program | None = None,
    dims: Sequence[str] | None = None,
) -> LoopProgram:
    """The loop program of a plan.

    Parameters
    ----------
    tile
        How many rows a tile has at most.
    namer
        Makes names.
    result
        The type of the outputs.
    source
        The program that this one derives from, whose index arrays are checked too.
    dims
        The dimensions in the order in which they are passed; by default the program's own.
    """
    return _Builder(plan, name, tile, namer, result, source, dims).build()


class _Builder:
    """Builds one function; the only state is what it has named, reserved and found."""

    def __init__(
        self,
        plan: Plan,
        name: str,
        tile: int,
        namer: Namer,
        result: str,
        source: Program | None,
        dims: Sequence[str] | None,
    ) -> None:
        self.plan, self.name, self.tile, self.namer, self.source = plan, name, tile, namer, source
        self.dims = tuple(plan.program.symbols() if dims is None else dims)
        self.inside: frozenset[int] = frozenset()  # accumulations all of whose places from data are checked
        self.scratch: list[Scratch] = []
        self.statuses: list[Status] = []
        self.steps: dict[str, Size] = {}  # the step of each scan around, by the symbol that the program has for it
        program = plan.program
        self.inputs = tuple(
            Buffer(self.namer.new(p.name), p.dtype, tuple(map(self.lowered, p.shape)), INPUT)
            for p in program.parameters
        )
        wanted = [*program.output_names, *(f"value{k}" for k in range(len(program.output_names), len(program.outputs)))]
        arrays = plan.arrays()
        self.outputs = tuple(
            Buffer(self.namer.new(hint), result, tuple(map(self.lowered, arrays[number].shape)), OUTPUT)
            for hint, number in zip(wanted, program.outputs, strict=True)
        )
        self.letters = choose_names(program)
        self.scope: _Scope | None = None  # of the function's own program

    def build(self) -> LoopProgram:
        plan, program = self.plan, self.plan.program
        arrays = plan.arrays()
        scope = self.scope = _Scope(self, plan, arrays, self.letters)
        scope.home.update(enumerate(self.inputs))
        copies: list[tuple[Buffer, int]] = []
        scalars: list[tuple[Buffer, int]] = []
        last = _last_words(program)
        for output, number in zip(self.outputs, program.outputs, strict=True):
            if number < len(program.parameters) or (number in scope.home and arrays[number].shape):
                copies.append((output, number))
            elif not arrays[number].shape and number not in scope.home and number in last:
                scope.home[number] = output
            elif not arrays[number].shape:
                scalars.append((output, number))
            else:
                scope.home[number] = output
        statements = [*self._checks(), *scope.steps()]
        statements += [scope.copy_out(output, number) for output, number in copies]
        statements += [Assign(Place(output, ()), "=", scope.read(number, ())) for output, number in scalars]
        return LoopProgram(
            self.name,
            self.dims,
            self.inputs,
            self.outputs,
            tuple(self.scratch),
            (*statements, Return(0)),
            tuple(self.statuses),
        )

    def status(self, kind: str, message: str) -> int:
        """A status code for a failure; the same failure has the same code."""
        for known in self.statuses:
            if known.message == message:
                return known.code
        self.statuses.append(Status(len(self.statuses) + 1, kind, message))
        return len(self.statuses)

    def reserve(self, hint: str, type_: str, extents: tuple[Size, ...]) -> Buffer:
        """A new buffer of scratch."""
        buffer = Buffer(self.namer.new(hint), type_, extents, SCRATCH)
        self.scratch.append(Scratch(buffer, ONE))
        return buffer

    def lowered(self, value: Size, extents: Sequence[Size] = (), first: Mapping[int, int] = FROM_ZERO) -> Size:
        """A size with the steps of scans; what may be negative is divided by functions that floor."""

        def replace(atom: Atom) -> Size | None:
            if atom[0] == "dim":
                return self.steps.get(atom[1])
            if atom[0] in ("//", "%") and not stays_natural(atom[1], extents, first):
                top, bottom = (part.substitute(replace) for part in atom[1:])
                return call("quotient" if atom[0] == "//" else "remainder", top, bottom)
            return None

        return value.substitute(replace)

    def _checks(self) -> list[Statement]:
        """Loops over the index arrays, so that an index out of range is found before anything is computed.

        What is read must be there, here and in the program that this one derives from. What is added outside of an
        array gives nothing: the derivative by a part of a concatenation meets the places of all of it.
        """
        program = self.plan.program
        found: dict[_Checked, Statement] = {}
        for use in (*index_uses(program), *(() if self.source is None else index_uses(self.source))):
            checked = _checked(use)
            if checked not in found:
                found[checked] = self._check(use, checked)
        known = {k: k for k in range(len(program.parameters))}
        self.inside = frozenset(
            first
            for definition, first in zip(program.definitions, program.first_results(), strict=True)
            if isinstance(definition, Accumulation)
            and all(use is not None and _checked(use) in found for use in store_uses(definition, known))
        )
        return list(found.values())

    def _check(self, use: IndexUse, checked: _Checked) -> Statement:
        program, letters = self.plan.program, self.letters
        arrays = program.arrays()
        ranges, equations, whole, extent = checked
        roots = [atom[1] for atom in use.part.atoms() if atom[0] == "ref"]
        read = [use.body[n].data[0] for n in needed_by(use.body, roots) if use.body[n].op == "access"]
        name = next((letters.arrays[number] for number in read if arrays[number].kind == INTEGER), "")
        code = self.status("index", f"{name} holds an index out of range for an axis of length {extent}")
        stage = Stage(ranges, equations, (), ())
        scope = _Scope(self, Plan.without_steps(program), arrays, letters)
        scope.home = dict(enumerate(self.inputs))
        writer = _StageBuilder(scope, stage, None, [whole])
        place, axis = writer.index_of(whole), self.lowered(extent)
        leave = (Return(code),)
        if ranges:  # without a way out of the loop, which would keep it from being vectorised
            outside = self.namer.new("outside")
            note = Assign(outside, "|=", Outside(place, axis))
            statements: list[Statement] = [
                Variable(outside, INTEGER, Whole(ZERO)),
                *writer.wrap([note], VECTOR, (("|", (outside,)),)),
                If((Test(outside.size, "!=", ZERO),), leave),
            ]
        else:
            low, high = Test(place, "<", ZERO), Test(place, ">=", axis)
            statements = writer.wrap([If((low,), leave), If((high,), leave)])
        return Scope(tuple(statements))


class _Checked(NamedTuple):
    """What one check looks at: a subscript, the root of equations over some loops, and the axis that it must fit."""

    ranges: tuple[Size, ...]
    equations: tuple[Equation, ...]
    root: int
    extent: Size


def _checked(use: IndexUse) -> _Checked:
    """The subscript over the loops that it depends on, in one form: equal where the same check is meant."""
    part, extent, extents, body, steps = use
    roots = [atom[1] for atom in part.atoms() if atom[0] == "ref"]
    depends: set[int] = {a[1] for a in part.atoms() if a[0] == "index"}
    for number in roots:
        depends |= index_dependencies(body[: number + 1])[number]
    loops = sorted(depends)
    builder = BodyBuilder()
    level = {k: index(position) for position, k in enumerate(loops)}
    stepped = {name: index(len(loops) + k) for k, (name, _) in enumerate(steps)}
    values = builder.insert(
        body,
        roots,
        replace_index=lambda k: level.get(k, index(0)),
        replace_dim=lambda name: stepped.get(name),
    )
    refs = dict(zip(roots, values, strict=True))

    def rewrite(atom: Atom) -> Size | None:
        if atom[0] == "ref":
            return builder.as_size(refs[atom[1]])
        if atom[0] == "index":
            return level[atom[1]]
        return stepped.get(atom[1]) if atom[0] == "dim" else None

    whole = builder.integer(part.substitute(rewrite))
    ranges = [*(extents[k] for k in loops), *(length for _, length in steps)]
    equations, (whole,) = builder.extract([whole])
    return _Checked(tuple(ranges), equations, whole, extent)


class _Rows(NamedTuple):
    """A parallel loop while it is built: what is before, in and after it."""

    before: list[Statement]
    inner: list[Statement]
    late: list[Statement]
    part: Name
    thread: Name


class _Scope:
    """The arrays of one program (the function's, or a scan's body) and where each lives."""

    def __init__(self, builder: _Builder, plan: Plan, arrays: Sequence[ProgramArray], letters: Names) -> None:
        self.builder, self.plan, self.arrays, self.letters = builder, plan, arrays, letters
        self.home: dict[int, _Home] = {}
        self.tile_begin = ZERO
        self.strip_begin = ZERO
        self.limits: dict[str, _Limits] = {}  # of the tile and of the strip that loops are in
        self.results = plan.program.first_results()
        self.strip_of: dict[Size, Size] = {}  # how wide strips of a length are, where that has a name
        self.low_of: dict[int, Name] = {}  # what a sum over tiles has lost to rounding so far
        nests = [step for step in plan.steps if isinstance(step, Nest)]
        self.rows_of = {  # of a buffer: those of its nest's tiles
            action.array: self._most_rows(nest) for nest in nests for stage in nest.stages for action in stage.actions
        }

    def steps(self) -> list[Statement]:
        """All steps of the plan, in order."""
        statements: list[Statement] = []
        self._house_arrays()
        for position, step in enumerate(self.plan.steps):
            if isinstance(step, Nest):
                statements += self._gaps(position)
                if self._is_parallel(step):
                    statements += self._parallel(position, step)
                else:
                    statements += [*self._resets(position, step), *self._nest(step)]
                    statements += [s for number in list(self.low_of) for s in self._close_low(number)]
            elif isinstance(step, Loop):
                statements += self._scan(step)
            else:
                statements += self._routine(step)
        return statements

    # --- where arrays live

    def buffer(self, number: int) -> Buffer:
        """The buffer of an array that has one."""
        home = self.home[number]
        assert isinstance(home, Buffer)
        return home

    def place(self, number: int, subscripts: Sequence[Size]) -> tuple[Size, ...]:
        """Where in its buffer an element of an array is."""
        places = self.layout(number, subscripts)
        if self.plan.storage.get(number) == TILE:
            begin = [ZERO] * len(places)
            begin[self.plan.stream_axes[number]] = self.tile_begin - self.plan.halo.get(number, 0)
            if number in self.plan.strip_axes:
                begin[self.plan.strip_axes[number]] = self.strip_begin
            places = [place - first for place, first in zip(places, self.layout(number, begin), strict=True)]
        return tuple(places)

    def target(self, number: int, subscripts: Sequence[Size]) -> _Target:
        """Where an element of an array is stored; the subscripts are lowered."""
        home = self.home[number]
        return home if isinstance(home, Name) else Place(home, self.place(number, subscripts))

    def read(self, number: int, subscripts: Sequence[Size], kind: str = REAL, guards: tuple[Size, ...] = ()) -> Value:
        """An element of an array; the subscripts are lowered."""
        home = self.home[number]
        return (
            Local(home) if isinstance(home, Name) else Load(home, self.place(number, subscripts), kind, False, guards)
        )

    def layout(self, number: int, parts: Sequence[Size]) -> list[Size]:
        """The parts of a subscript, or of a shape, in the order in which the axes are stored."""
        parts = list(parts)
        if number in self.plan.lanes:
            parts.append(parts.pop(self.plan.stream_axes[number]))
        return parts

    def stride(self, number: int, axis: int) -> Size:
        """How far apart neighbours along an axis are."""
        stored = self.layout(number, self._stored_shape(number))
        order = self.layout(number, list(map(size, range(len(stored)))))
        position = order.index(size(axis))
        return product(tuple(stored[position + 1 :]))

    def copy_out(self, output: Buffer, number: int) -> Statement:
        """An output that is a parameter, or is there already under another name."""
        if not self.arrays[number].shape:
            return Assign(Place(output, ()), "=", self.read(number, ()))
        return self._over_all(output, lambda at: ("=", Load(self.buffer(number), (at,), REAL, flat=True)))

    def _over_all(self, buffer: Buffer, each: Callable[[Size], tuple[str, Value]], mode: str = SERIAL) -> For:
        """A loop over all elements of a buffer, as one axis."""
        at = self.builder.namer.new("at")
        sign, value = each(at.size)
        body = Assign(Place(buffer, (at.size,), flat=True), sign, value)
        return For(at, ZERO, product(buffer.extents), (body,), mode)

    def _house_arrays(self) -> None:
        builder = self.builder
        parallel = [step for step in self.plan.steps if isinstance(step, Nest) and self._is_parallel(step)]
        private = {a.array for nest in parallel for stage in nest.stages for a in stage.actions}
        for number in range(len(self.plan.program.parameters), len(self.arrays)):
            if number not in self.plan.storage or number in self.home or number in self.plan.shared:
                continue
            hint = self.letters.arrays[number] if number < len(self.letters.arrays) else "kept"
            storage = self.plan.storage[number]
            if storage == SCALAR:
                self.home[number] = builder.namer.new(hint)
            elif storage == WHOLE or number not in private:
                self.home[number] = builder.reserve(hint, self._type(number), self._stored(number))
            else:
                self.home[number] = Buffer(builder.namer.new(hint), self._type(number), self._stored(number), VIEW)
        self._house_shared()

    def _house_shared(self) -> None:
        """An array in another's buffer lives there."""
        self.home.update((number, self.home[owner]) for number, owner in self.plan.shared.items())

    def _type(self, number: int) -> str:
        return {INTEGER: "int64", BOOLEAN: "int"}.get(self.arrays[number].kind, "real")

    def _stored_shape(self, number: int) -> tuple[Size, ...]:
        """The shape of what is stored of an array: all of it, or a tile."""
        shape = [self.builder.lowered(extent) for extent in self.arrays[number].shape]
        if self.plan.storage.get(number) == TILE:
            shape[self.plan.stream_axes[number]] = size(self.rows_of[number] + self.plan.halo.get(number, 0))
            if number in self.plan.strip_axes:
                axis = self.plan.strip_axes[number]
                shape[axis] = self.strip_of.get(shape[axis]) or call("width", shape[axis])
        return tuple(shape)

    def _stored(self, number: int) -> tuple[Size, ...]:
        return tuple(self.layout(number, self._stored_shape(number)))

    # --- what is set before

    def _gaps(self, position: int) -> list[Statement]:
        """Zeros where nothing is assigned to."""
        lowered = self.builder.lowered
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
            elif not made or any(_is_carried(stage, action, self._is_tiled(nest)) for stage, action in made):
                statements.append(self._clear(home, kind))
        return statements

    def _clear(self, buffer: Buffer, kind: str) -> Statement:
        """A loop that sets a buffer to the identity of what is accumulated in it."""
        if not buffer.extents:
            return Assign(Place(buffer, ()), "=", identity(kind))
        return self._over_all(buffer, lambda _: ("=", identity(kind)))

    # --- parallel loops

    def _is_parallel(self, nest: Nest) -> bool:
        """Whether a nest's rows may go to several threads, each with sums of its own, and there is work enough."""
        if nest.extent is None or nest.extent.constant is not None or self.builder.scope is not self:
            return False
        scattered = any(
            a.kind == "add" and self.plan.storage.get(a.array) != TILE for stage in nest.stages for a in stage.actions
        )
        heavy = self._has_buffers(nest) or any(is_dear(e) for stage in nest.stages for e in stage.body)
        return heavy and not scattered

    def _parallel(self, position: int, nest: Nest) -> list[Statement]:
        """The rows in parts, whose number depends on the sizes alone; their sums are added in order."""
        assert nest.extent is not None
        new, lowered = self.builder.namer.new, self.builder.lowered
        extent = lowered(nest.extent)
        carried = [number for number in self._carried(position) if self.arrays[number].shape]
        scalars = [number for number in self._carried(position) if not self.arrays[number].shape]
        stored = dict.fromkeys(a.array for stage in nest.stages for a in stage.actions)
        buffers = [n for n in stored if self.plan.storage.get(n) == TILE and n not in self.plan.shared]
        least = sum((product(self.buffer(number).extents) for number in carried), ZERO)
        count = call("parts", extent, lowered(_cost_of_row(nest)), least)
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
        owned = {number: self._view(number, "part") for number in carried}
        tiles = {number: self._view(number, "") for number in buffers}
        whole = [self.buffer(number) for number in carried]
        share = self._carve(rows, "part", part.size, list(owned.values()), whole, count)
        self._carve(rows, "tile", thread.size, list(tiles.values()), [None] * len(buffers), count)
        self.home |= {**owned, **tiles}
        self._house_shared()
        sums = {number: self._part_number(rows, number, nest, parts, outer[number]) for number in scalars}
        for k, number in enumerate(carried):
            kind = self._kind_carried(number, nest)
            rows.inner.append(self._clear(owned[number], kind))
            assert share is not None
            more = Buffer(new(f"{whole[k].name.hint}_more"), "real", whole[k].extents, READ)
            another = new("part")
            view = View(more, share[0], share[1], another.size, tuple(list(owned.values())[:k]))
            at = new("at")
            here = Place(whole[k], (at.size,), flat=True)
            combine = Assign(here, _sign(kind), Load(more, (at.size,), REAL, flat=True))
            add = For(at, ZERO, product(whole[k].extents), (combine,), VECTOR)
            rows.late.append(For(another, ONE, parts.size, (view, add)))
        rows.inner.extend(self._nest(nest, (first.size, last.size)))
        for number in scalars:
            rows.inner.extend(self._close_low(number))
            rows.inner.append(Assign(Place(sums[number], (part.size,)), "=", self.read(number, ())))
        self.home = outer
        self._house_shared()
        loop = For(part, ZERO, parts.size, tuple(rows.inner), PARALLEL, thread=thread)
        return [*rows.before, loop, *rows.late]

    def _view(self, number: int, suffix: str) -> Buffer:
        own = self.buffer(number)
        hint = f"{own.name.hint}_{suffix}" if suffix else own.name.hint
        return Buffer(self.builder.namer.new(hint), own.type, own.extents, VIEW)

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
        new = self.builder.namer.new
        block = Buffer(new(f"{title}_scratch"), BYTES, (), SCRATCH)
        self.builder.scratch.append(Scratch(block, count, tuple(views)))
        each = new(f"{title}_bytes")
        rows.before.append(Share(each, tuple(views)))
        rows.inner.append(Carve(block, each, new(f"{title}_own"), which, tuple(views), tuple(instead)))
        return block, each

    def _part_number(self, rows: _Rows, number: int, nest: Nest, parts: Name, home: _Home) -> Buffer:
        """A number that each part sums up, in a variable; gives the array of them all."""
        new, kind = self.builder.namer.new, self._kind_carried(number, nest)
        hint = home.hint if isinstance(home, Name) else home.name.hint
        sums = Buffer(new(f"{hint}_parts"), "real", (size(PARTS),), LOCAL)
        own = new(f"{hint}_part")
        self.home[number] = own
        rows.before.append(Array(sums))
        rows.inner.append(Variable(own, REAL, identity(kind)))
        rows.inner.extend(self._open_low(number, nest))
        part = new("part")
        target: _Target = home if isinstance(home, Name) else Place(home, ())
        if isinstance(home, Name):
            rows.late.append(Variable(home, REAL, identity(kind)))
        else:
            rows.late.append(Assign(target, "=", identity(kind)))
        combine = Assign(target, _sign(kind), Load(sums, (part.size,)))
        rows.late.append(For(part, ZERO, parts.size, (combine,)))
        return sums

    def _open_low(self, number: int, nest: Nest) -> list[Statement]:
        """What a long sum loses to rounding is kept, and added at the end."""
        if not self._is_tiled(nest) or number not in self._long_sums(nest):
            return []
        home = self.home[number]
        low = self.low_of[number] = self.builder.namer.new(f"{_hint(home)}_low")
        return [Variable(low, REAL, identity("sum"))]

    def _close_low(self, number: int) -> list[Statement]:
        low = self.low_of.pop(number, None)
        return [] if low is None else [Rounded(self.target(number, ()), low)]

    def _carried(self, position: int) -> list[int]:
        """What a step sums into from its first row to its last."""
        step = self.plan.steps[position]
        assert isinstance(step, Nest)
        found = {
            action.array: None
            for stage in step.stages
            for action in stage.actions
            if action.kind not in ("store", "add") and stage.stream in action.reduced
        }
        return list(found)

    def _kind_carried(self, number: int, nest: Nest) -> str:
        return next(a.kind for stage in nest.stages for a in stage.actions if a.array == number)

    def _has_buffers(self, nest: Nest) -> bool:
        return len(nest.stages) > 1 or any(
            self.plan.storage.get(a.array) == TILE for stage in nest.stages for a in stage.actions
        )

    def _is_tiled(self, nest: Nest) -> bool:
        """Whether a nest goes tile by tile: for its buffers, or for a sum whose error is not to grow with the rows."""
        if nest.extent is None:
            return False
        return self._has_buffers(nest) or (nest.extent.constant is None and bool(self._long_sums(nest)))

    def _long_sums(self, nest: Nest) -> list[int]:
        """The numbers that a nest sums up from its first row to its last."""
        found = {
            action.array: None
            for stage in nest.stages
            for action in stage.actions
            if action.kind == "sum" and stage.stream in action.reduced and not self.arrays[action.array].shape
        }
        return list(found)

    # --- nests

    def _nest(self, nest: Nest, part: _Limits | None = None) -> list[Statement]:
        if not self._is_tiled(nest):
            return [s for stage in nest.stages for s in self._stage(stage, part)]
        assert nest.extent is not None
        new, lowered = self.builder.namer.new, self.builder.lowered
        extent, tile = lowered(nest.extent), self._most_rows(nest)
        first, last = part or (ZERO, extent)
        outer = self.tile_begin
        begin, end = new("tile_begin"), new("tile_end")
        rows, step = self._rows_of_tile(nest), size(tile)
        statements: list[Statement] = []
        if rows is not None:
            name = new("tile_rows")
            statements.append(Let(name, INTEGER, Whole(rows)))
            step = name.size
        around = dict(self.home)
        for wide in dict.fromkeys(lowered(strips.extent) for strips in nest.strips):
            width = new("strip")
            statements.append(Let(width, INTEGER, Whole(call("width", wide))))
            self.strip_of[wide] = width.size
        for number in self.plan.strip_axes.keys() & self.home.keys():
            self.home[number] = self.buffer(number)._replace(extents=self._stored(number))
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

    def _strips(self, nest: Nest, strips: Strips, tile: _Limits) -> list[Statement]:
        """Stages that go strip by strip; what they sum over all strips is set to its identity before."""
        new = self.builder.namer.new
        stages = nest.stages[strips.first : strips.end]
        extent = self.builder.lowered(strips.extent)
        width = self.strip_of[extent]
        begin, end = new("strip_begin"), new("strip_end")
        self.strip_begin = begin.size
        before: list[Statement] = []
        inner: list[Statement] = [Let(end, INTEGER, Whole(call("min", begin.size + width, extent)))]
        for stage in stages:
            inner += self._stage(stage, tile, (begin.size, end.size), before)
        self.strip_begin = ZERO
        return [*before, For(begin, ZERO, extent, tuple(inner), SERIAL, width)]

    def _most_rows(self, nest: Nest) -> int:
        return most_rows(nest, self.plan, self.arrays, self.builder.tile)

    def _rows_of_tile(self, nest: Nest) -> Size | None:
        """How many rows a tile has where it is cut to what the nest reads of each from memory; else tiles are full."""
        if any(isinstance(stage.call, Product | QuarterProduct) for stage in nest.stages):
            return None  # the more rows, the less often a panel is copied
        if self._most_rows(nest) < self.builder.tile:
            return None
        wide: dict[int, Size] = {}
        for stage in nest.stages:
            for equation in stage.body:
                if equation.op == "access" and self.plan.storage.get(equation.data[0]) not in (TILE, SCALAR):
                    number, place = equation.data
                    if len(place) > 1 and place[0].atom == ("index", stage.stream):
                        wide[number] = product(tuple(map(self.builder.lowered, self.arrays[number].shape[1:])))
        return call("rows", sum(wide.values(), ZERO)) if wide else None

    def _stage(
        self,
        stage: Stage,
        tile: _Limits | None,
        strip: _Limits | None = None,
        before: list[Statement] | None = None,
    ) -> list[Statement]:
        """A stage; what has to be set before its strips goes to `before`."""
        if not stage.actions:
            return []
        comments = [self._comment(number) for number in dict.fromkeys(stage.definitions)]
        comments += self._halo(stage)
        writer = _StageBuilder(self, stage, tile, [], strip)
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
        begin = self.builder.namer.new("halo_begin")
        first = Let(begin, INTEGER, Whole(call("max", self.tile_begin - rows, ZERO)))
        return [Scope((first, *_StageBuilder(self, part, (begin.size, self.tile_begin), []).build()))]

    def _comment(self, definition: int) -> Statement:
        text = " ".join(line.strip() for line in definition_lines(self.plan.program, self.letters, definition))
        owner = self.plan.shared.get(self.results[definition])
        return Comment(text if owner is None else f"{text}, in the place of {_hint(self.home[owner])}")

    # --- scans and routines

    def _scan(self, step: Loop) -> list[Statement]:
        scan, builder = step.scan, self.builder
        program, new = step.plan.program, builder.namer.new
        time = new(scan.step)
        around = dict(builder.steps)
        builder.steps[scan.step] = time.size
        inner = _Scope(builder, step.plan, step.plan.arrays(), choose_names(program))
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
        builder.steps = around
        loop = For(time, ZERO, builder.lowered(scan.length), (*(s for _, s in heads), *body))
        return [self._comment(step.definition), *statements, loop]

    def _routine(self, step: Routine) -> list[Statement]:
        routine, builder = step.call, self.builder
        entry = ROUTINES[routine.routine]
        sizes = [builder.lowered(extent) for extent in self.arrays[routine.arguments[-1]].shape]
        order = builder.lowered(self.arrays[routine.arguments[0]].shape[0])
        factors = builder.reserve("factors", "real", (order, order))
        pivots = builder.reserve("pivots", "int64", (order,))
        statements: list[Statement] = [self._comment(step.definition)]
        targets: list[Argument] = []
        for result in step.results:
            home = self.home[result]
            if isinstance(home, Name):
                statements.append(Variable(home, REAL, None))
                targets.append(Address(home))
            else:
                targets.append(_all_of(home))
        given = [_all_of(self.buffer(number)) for number in routine.arguments]
        arguments = (*sizes, *given, *targets, _all_of(factors), _all_of(pivots))
        code = builder.status("singular", f"{routine.routine}: {entry.failure}") if entry.failure else 0
        return [*statements, Call(routine.routine, arguments, code)]


def identity(kind: str) -> Constant:
    """What an accumulation of a kind begins with."""
    value = {"add": 0.0, "max": float("-inf"), "min": float("inf")}.get(kind)
    return Constant(REDUCTIONS[kind].identity or 0.0 if value is None else value)


def _hint(home: _Home) -> str:
    return home.hint if isinstance(home, Name) else home.name.hint


def _all_of(buffer: Buffer) -> Start:
    return Start(buffer, (ZERO,) * len(buffer.extents))


def _sign(kind: str) -> str:
    return {"sum": "+=", "add": "+=", "prod": "*="}.get(kind, kind)


def _last_words(program: Program) -> frozenset[int]:
    """The numbers that one expression gives and nothing reads, which are written where the caller wants them."""
    read = {number for definition in program.definitions for number in reads(definition)}
    firsts = zip(program.definitions, program.first_results(), strict=True)
    return frozenset(first for d, first in firsts if isinstance(d, Comprehension) and d.reduction is None) - read


def _with_values(actions: Sequence[Action], values: Sequence[int]) -> tuple[Action, ...]:
    return tuple(action._replace(value=value) for action, value in zip(actions, values, strict=True))


def _cost_of_row(nest: Nest) -> Size:
    """What one row costs, in multiplications, as a size."""
    total = ZERO
    for stage in nest.stages:
        others = product(tuple(extent for k, extent in enumerate(stage.extents) if k != stage.stream))
        # Of a quarter of the elements, one is a multiplication, and what is around them takes as long.
        total = total + others * (ONE if isinstance(stage.call, QuarterProduct) else size(cost(stage.body)))
    return total


def _loops_of(routine: StageCall) -> tuple[int, ...]:
    """The loops that a call replaces."""
    if isinstance(routine, QuarterProduct):
        return *routine.place, routine.depth
    return routine[:3] if isinstance(routine, Product | OuterProduct) else routine[:2]


def _is_carried(stage: Stage, action: Action, tiled: bool) -> bool:
    """Whether a sum goes on through all of the nest, so that it is set to its identity before."""
    if action.kind in ("store", "add"):
        return action.kind == "add"
    return (stage.stream if tiled else 0) in action.reduced


def _goes_on(stage: Stage, action: Action, tiled: bool) -> bool:
    """Whether a sum goes on through all of the nest, or through all strips of a tile."""
    return _is_carried(stage, action, tiled) or (stage.across is not None and stage.across in action.reduced)


class _StageBuilder:
    """One loop nest: each equation at the outermost loop that has all it needs."""

    def __init__(
        self,
        scope: _Scope,
        stage: Stage,
        tile: _Limits | None,
        extra: Sequence[int],
        strip: _Limits | None = None,
        ahead: tuple[_StageBuilder, int] | None = None,
        middle: _StageBuilder | None = None,
    ) -> None:
        # `ahead` makes a copy of another builder's innermost two loops, some iterations of the outer one further on.
        # `middle` has the innermost loop's middle: this one then builds the ends, and what they need outside of it.
        ends, stage = stage.ends, stage._replace(ends=None)
        self.scope, self.tile, self.strip, self.builder = scope, tile, strip, scope.builder
        self.ahead, self.middle, self.whole = ahead, middle, stage
        self.extents, self.first, self.ends = stage.extents, dict[int, int](), ends
        if ends is not None:
            stage = stage._replace(actions=_with_values(stage.actions, ends.middle))
            self.extents = tuple(extent - cut for extent, cut in zip(stage.extents, ends.last, strict=True))
            self.first = dict(enumerate(ends.first))
        self.stage, self.body = stage, stage.body
        new = self.builder.namer.new
        self.loops: list[Name]
        self.indices: list[Size]
        if ahead is not None:
            self.loops, self.indices = ahead[0].loops, list(ahead[0].indices)
            self.indices[-2] = self.indices[-2] + ahead[1]
        elif middle is not None:
            self.loops = [*middle.loops[:-1], new(middle.loops[-1].hint)]
            self.indices = [loop.size for loop in self.loops]
        else:
            self.loops = [new(letter) for letter in index_names(stage.extents, scope.letters)]
            self.indices = [loop.size for loop in self.loops]
        roots = [action.value for action in stage.actions] + list(extra)
        for action in stage.actions:
            roots += [a[1] for part in action.subscripts for a in part.atoms() if a[0] == "ref"]
        self.needed = needed_by(self.body, roots)
        self.depends = index_dependencies(self.body)
        self.level = [max(found) + 1 if found else 0 for found in self.depends]
        self.uses: dict[int, int] = {}
        self.named: set[int] = set()
        for number in self.needed:
            equation = self.body[number]
            for below in references(equation):
                self.uses[below] = self.uses.get(below, 0) + 1
                if self.level[below] < self.level[number] or needs_names(equation.op):
                    self.named.add(below)
        count = len(stage.extents)
        for root in roots:
            self.uses[root] = self.uses.get(root, 0) + 1
            if self.level[root] < count:
                self.named.add(root)
        for action in stage.actions:
            if action.kind in ("max", "min"):
                self.named.add(action.value)
        replaced = {scope.plan.shared.get(action.array, action.array) for action in stage.actions}
        for number in self.needed:  # what is read of a buffer is read before anything is stored in it
            equation = self.body[number]
            if equation.op == "access" and scope.plan.shared.get(equation.data[0], equation.data[0]) in replaced:
                self.named.add(number)
        self.named.update(extra)
        # What an index is computed from has a name in it.
        self.in_indices = {
            atom[1]
            for part in (*self._indices_read(), *(part for action in stage.actions for part in action.subscripts))
            for atom in part.atoms()
            if atom[0] == "ref"
        }
        self.values: dict[int, Value] = {}
        self.at: list[list[Statement]] = [[] for _ in range(count + 1)]  # statements inside loop k - 1, before loop k
        self.after: list[list[Statement]] = [[] for _ in range(count + 1)]
        self._compute_all()

    def _indices_read(self) -> Iterator[Size]:
        for number in self.needed:
            equation = self.body[number]
            if equation.op == "access":
                yield from equation.data[1]
            elif equation.op == "integer":
                yield equation.data

    def index_of(self, number: int) -> Size:
        """The value of an integer equation, in an index."""
        value = self.values[number]
        if isinstance(value, Whole):
            return value.value
        assert isinstance(value, Local)
        return value.name.size

    def build(self) -> list[Statement]:
        """The loops, with the actions in them."""
        if self.stage.call is not None:
            return self._call(self.stage.call)
        if self.stage.unroll > 1:
            return self._unrolled(self.stage.unroll)
        inner: list[Statement] = []
        accumulators: list[Name | None] = []
        reductions: dict[str, list[Name]] = {}
        vector = bool(self.stage.extents)
        for action in self.stage.actions:
            statement, accumulator = self._act(action)
            inner.append(statement)
            accumulators.append(accumulator)
            if accumulator is not None and action.kind in ("sum", "prod"):
                reductions.setdefault("+" if action.kind == "sum" else "*", []).append(accumulator)
            vector = vector and vectorises(self.stage, action)
        clauses = tuple((sign, tuple(names)) for sign, names in reductions.items()) if vector else ()
        mode = VECTOR if vector else SERIAL
        if self.ends is not None:
            return self._with_ends(self.ends, inner, mode, clauses, accumulators)
        return self.wrap(inner, mode, clauses)

    def _with_ends(
        self,
        ends: Ends,
        inner: list[Statement],
        mode: str,
        clauses: _Clauses,
        accumulators: Sequence[Name | None],
    ) -> list[Statement]:
        """The loops, the innermost of them as its first end, its middle and its other end."""
        count = len(self.stage.extents)
        other = _StageBuilder(self.scope, self.whole, self.tile, [], self.strip, middle=self)
        self.at[:count] = [mine + more for mine, more in zip(self.at[:count], other.at[:count], strict=True)]
        around = [*other.at[count]]
        for action, accumulator in zip(other.stage.actions, accumulators, strict=True):
            around.append(other._act_again(action, accumulator))
        begin, end = self._limits(count - 1)
        first, last = begin, end
        border = self._border(ends)
        bounds: list[Statement] = []
        if ends.first[-1] or border is not None:
            first = self._bound(bounds, "first", size(ends.first[-1]), begin, end, border)
        if ends.last[-1]:
            place = self.builder.lowered(self.stage.extents[-1] - ends.last[-1])
            last = self._bound(bounds, "last", place, first, end)
        statements = [*self.at[count - 1], *bounds]
        if first != begin:
            guarded = (mode, ONE, clauses) if border is not None else ()
            statements.append(For(other.loops[-1], begin, first, tuple(around), *guarded))
        statements.append(For(self.loops[-1], first, last, (*self.at[count], *inner), mode, ONE, clauses))
        if last != end:
            statements.append(For(other.loops[-1], last, end, tuple(around)))
        statements = self._around([*statements, *self.after[count - 1]], count - 1)
        return [Scope(tuple(statements))] if count == 1 else statements

    def _border(self, ends: Ends) -> Value | None:
        """What tells that a loop outside the innermost is at one of its ends."""
        tests: list[Value] = []
        for k, place in enumerate(self.indices[:-1]):
            if ends.first[k]:
                tests.append(Apply("lt", (Whole(place), Whole(size(ends.first[k])))))
            if ends.last[k]:
                last = self.builder.lowered(self.stage.extents[k] - ends.last[k])
                tests.append(Apply("le", (Whole(last), Whole(place))))
        found: Value | None = None
        for test in tests:
            found = test if found is None else Apply("or", (found, test))
        return found

    def _bound(
        self,
        bounds: list[Statement],
        which: str,
        place: Size,
        begin: Size,
        end: Size,
        border: Value | None = None,
    ) -> Size:
        """Where a part of the innermost loop ends, by a name."""
        name = self.builder.namer.new(f"{self.loops[-1].hint}_{which}")
        value: Value = Whole(begin if place == begin else call("within", place, begin, end))
        if border is not None:
            value = Apply("where_integer", (border, Whole(end), value))
        bounds.append(Let(name, INTEGER, value))
        return name.size

    def _act_again(self, action: Action, accumulator: Name | None) -> Statement:
        """An action in another part of the innermost loop, on the accumulator that it has there."""
        if action.kind in ("store", "add"):
            return self._act(action)[0]
        return Assign(accumulator or self._target(action), _sign(action.kind), self.values[action.value])

    def _unrolled(self, times: int) -> list[Statement]:
        """Sums whose last reduced loop is outside a free one: several of its rows are added at a time.

        Each load and store of the sum then serves several products.
        """
        count = len(self.stage.extents)
        if count - 1 in self.stage.actions[0].reduced:
            return self._jammed(times)
        single = [self._act(action)[0] for action in self.stage.actions]
        rows = [self, *(self._ahead(k) for k in range(1, times))]
        together: list[Statement] = [statement for row in rows for statement in row.at[count]]
        for action in self.stage.actions:
            total = rows[0].values[action.value]
            for row in rows[1:]:
                total = Apply("add", (total, row.values[action.value]))
            together.append(Assign(self._target(action), "+=", total))
        heads = [statement for row in rows for statement in row.at[count - 1]]
        several = (*heads, self._loop(count - 1, together, VECTOR))
        alone = (*self.at[count - 1], self._loop(count - 1, [*self.at[count], *single], VECTOR))
        return self._split(count - 2, times, several, alone)

    def _jammed(self, times: int) -> list[Statement]:
        """Sums along the innermost loop, of several iterations of the loop outside it at once."""
        count = len(self.stage.extents)
        rows = [self, *(self._ahead(k) for k in range(1, times))]
        acts = [[row._act(action) for action in self.stage.actions] for row in rows]

        def loop(rows: Sequence[_StageBuilder], acts: Sequence[Sequence[tuple[Statement, Name | None]]]) -> Statement:
            names = tuple(name for row in acts for _, name in row if name)
            inner = [s for row in rows for s in row.at[count]] + [s for row in acts for s, _ in row]
            return self._loop(count - 1, inner, VECTOR, (("+", names),))

        several = (
            *(s for row in rows for s in row.at[count - 1]),
            loop(rows, acts),
            *(s for row in rows for s in row.after[count - 1]),
        )
        alone = (*self.at[count - 1], loop([self], acts[:1]), *self.after[count - 1])
        return self._split(count - 2, times, several, alone)

    def _ahead(self, k: int) -> _StageBuilder:
        return _StageBuilder(self.scope, self.stage, self.tile, [], self.strip, (self, k))

    def _split(
        self, k: int, times: int, several: tuple[Statement, ...], alone: tuple[Statement, ...]
    ) -> list[Statement]:
        """Loop k over as many iterations as `times` divides, that many at once; and over those that are left."""
        first, last = self._limits(k)
        whole = first + (last - first) // times * times  # lengths are not negative, so C divides as this means
        loops = [For(self.loops[k], first, whole, several, SERIAL, size(times)), For(self.loops[k], whole, last, alone)]
        return self._around([*self.at[k], *loops, *self.after[k]], k)

    def _call(self, routine: StageCall) -> list[Statement]:
        """A call of a routine, in the loops that are left."""
        (action,), stage = self.stage.actions, self.stage
        taken = _loops_of(routine)
        loops = [k for k in range(len(stage.extents)) if k not in taken]
        carried = _goes_on(stage, action, self.tile is not None) or any(k in action.reduced for k in loops)
        firsts = {k: self._limits(k)[0] for k in taken}

        def start(read: _Read) -> Start:
            array, place = read
            begin = tuple(self._index(p.substitute(lambda a: self._first(a, firsts))) for p in place)
            return Start(self.scope.buffer(array), self.scope.place(array, begin))

        def step(read: _Read, k: int) -> Size:
            array, place = read
            axis = next(axis for axis, part in enumerate(place) if part.atom == ("index", k))
            return self.scope.stride(array, axis)

        def count(k: int) -> Size:
            first, last = self._limits(k)
            return last - first

        c = (action.array, action.subscripts)
        statements: list[Statement] = []
        arguments: list[Argument]
        if isinstance(routine, Transposition):
            a = stage.body[routine.source].data
            arguments = [*map(count, taken), start(a), step(a, routine.row), start(c), step(c, routine.column)]
            return [Call("transpose", tuple(arguments))]
        factors = routine.factors[:2] if isinstance(routine, QuarterProduct) else (routine.left, routine.right)
        a, b = (stage.body[number].data for number in factors)
        if isinstance(routine, QuarterProduct):
            depth, classes, rows = routine.depth, *routine.place[1:3]

            def matrix(number: int | None, k: int) -> tuple[Argument, ...]:
                read = None if number is None else stage.body[number].data
                return (start(read), step(read, depth), step(read, k)) if read else (Null(), ZERO, ZERO)

            found, called = routine.factors, "quarter"
            arguments = [
                *(count(k) for k in (classes, rows, depth)),
                *(*matrix(found.left, rows), *matrix(found.second, classes)),
                *(*matrix(found.weights, depth)[:2], *matrix(found.diagonal, routine.place[0])),
                *(start(c), size(int(carried))),
            ]
        elif isinstance(routine, Product):
            weights = None if routine.weights is None else stage.body[routine.weights].data
            called = "product"
            arguments = [
                *map(count, taken),
                *(start(a), step(a, routine.row), step(a, routine.depth)),
                *(start(b), step(b, routine.depth), step(b, routine.column)),
                *((start(weights), step(weights, routine.depth)) if weights else (Null(), ZERO)),
                *(start(c), step(c, routine.row), step(c, routine.column)),
                *(size(int(carried)), size(int(routine.below))),
            ]
        elif isinstance(routine, OuterProduct):
            called = "outer"
            arguments = [*map(count, taken), start(a), step(a, routine.row), step(a, routine.outer)]
            arguments += [start(b), step(b, routine.row), start(c)]
        elif routine.along:
            called = "dots"
            arguments = [*map(count, taken), start(a), step(a, routine.row), start(b)]
            arguments += [start(c), step(c, routine.row), size(int(carried))]
        else:
            called = "combine"
            arguments = [count(routine.depth), count(routine.row), start(a), step(a, routine.depth), start(b)]
            arguments += [step(b, routine.depth), start(c)]
            if not carried:
                clear = Assign(self._target(action), "=", Constant(0.0))
                statements.append(self._loop(routine.row, [clear]))
        statements.append(Call(called, tuple(arguments)))
        for k in reversed(loops):
            statements = [self._loop(k, statements)]
        return statements

    def _first(self, atom: Atom, firsts: Mapping[int, Size]) -> Size | None:
        return firsts.get(atom[1]) if atom[0] == "index" else None

    def _limits(self, k: int) -> _Limits:
        """Where loop k begins and ends."""
        if self.tile is not None and k == self.stage.stream:
            return self.tile
        if self.strip is not None and k == self.stage.across:
            return self.strip
        return ZERO, self.builder.lowered(self.stage.extents[k])

    def _loop(
        self,
        k: int,
        body: Sequence[Statement],
        mode: str = SERIAL,
        reductions: _Clauses = (),
    ) -> For:
        first, last = self._limits(k)
        return For(self.loops[k], first, last, tuple(body), mode, ONE, reductions)

    def _around(
        self,
        statements: list[Statement],
        inside: int,
        mode: str = SERIAL,
        reductions: _Clauses = (),
    ) -> list[Statement]:
        """Statements inside the loops below `inside`, the innermost of that mode."""
        for k in range(inside - 1, -1, -1):
            statements = [*self.at[k], self._loop(k, statements, mode, reductions), *self.after[k]]
            mode, reductions = SERIAL, ()
        return statements

    def wrap(
        self,
        inner: Sequence[Statement],
        mode: str = SERIAL,
        reductions: _Clauses = (),
    ) -> list[Statement]:
        """The loops around given statements."""
        count = len(self.stage.extents)
        return self._around([*self.at[count], *inner], count, mode, reductions)

    def _target(self, action: Action) -> _Target:
        return self.scope.target(action.array, tuple(map(self._index, action.subscripts)))

    def _act(self, action: Action) -> tuple[Statement, Name | None]:
        value = self.values[action.value]
        count = len(self.stage.extents)
        target = self._target(action)
        if action.kind == "store":
            if isinstance(target, Name):
                return Let(target, self.body[action.value].kind, value), None
            return Assign(target, "=", value), None
        if action.kind == "add":
            store = Assign(target, "+=", value)
            outside = self._outside(action)
            return (If(outside, (store,)) if outside else store), None
        suffix = count
        while suffix and suffix - 1 in action.reduced:
            suffix -= 1
        outermost = min(action.reduced)
        whole = outermost == suffix  # every reduced loop is inside every free one
        carried = _goes_on(self.stage, action, self.tile is not None)
        if outermost < suffix and not carried:
            self.at[outermost].append(self._reset_below(action, outermost))
        sign = _sign(action.kind)
        if suffix == count:
            return Assign(target, sign, value), None
        if isinstance(target, Name) and self.tile is None:
            return Assign(target, sign, value), target
        hint = _hint(self.scope.home[action.array])
        accumulator = self.builder.namer.new(f"{hint}_{'sum' if action.kind == 'sum' else action.kind}")
        self.at[suffix].append(Variable(accumulator, REAL, identity(action.kind)))
        if whole and not carried:
            self.after[suffix].append(Assign(target, "=", Local(accumulator)))
        elif action.array in self.scope.low_of:
            self.after[suffix].append(Add(target, self.scope.low_of[action.array], accumulator))
        else:
            self.after[suffix].append(Assign(target, sign, Local(accumulator)))
        return Assign(accumulator, sign, value), accumulator

    def _outside(self, action: Action) -> tuple[Test, ...]:
        """What to test before a store that may fall outside its array, where it does nothing."""
        tests: list[Test] = []
        checked = self.scope is self.builder.scope and action.array in self.builder.inside
        for part, extent in zip(action.subscripts, self.scope.arrays[action.array].shape, strict=True):
            if not (checked and part.mentions("ref")) and not stays_inside(part, extent, self.extents, self.first):
                place = self._index(part)
                tests += [Test(place, ">=", ZERO), Test(place, "<", self.builder.lowered(extent))]
        return tuple(tests)

    def resets(self) -> list[Statement]:
        """What sets a tile's elements that are summed over all strips to their identity."""
        return [
            self._reset_below(action, -1)
            for action in self.stage.actions
            if self.stage.across in action.reduced and not _is_carried(self.stage, action, True)
        ]

    def _reset_below(self, action: Action, outermost: int) -> Statement:
        statement: Statement = Assign(self._target(action), "=", identity(action.kind))
        for k in range(len(self.stage.extents) - 1, outermost, -1):
            if k not in action.reduced:
                statement = self._loop(k, [statement])
        return statement

    # --- equations

    def _compute_all(self) -> None:
        middle, count = (self.extents, self.first), len(self.stage.extents)
        for number in self.needed:
            equation = self.body[number]
            # What is outside of the innermost loop is there for its ends too.
            self.extents, self.first = middle if self.level[number] == count else (self.stage.extents, {})
            if self.ahead is not None and count - 2 not in self.depends[number]:
                self.values[number] = self.ahead[0].values[number]  # the same for all the rows
                continue
            if self.middle is not None and number in self.middle.values and self.level[number] < count:
                self.values[number] = self.middle.values[number]
                continue
            value = self._access(equation) if equation.op == "access" else self._operation(equation)
            named = self.uses.get(number, 0) > 1 or number in self.named or weight(value) > _HEAVIEST
            plain = equation.op in _PLAIN or (equation.op == "access" and not equation.data[1])
            if (named and not plain) or number in self.in_indices:
                variable = self.builder.namer.new(self._hint(equation))
                self.at[self.level[number]].append(Let(variable, equation.kind, value))
                value = Local(variable)
            self.values[number] = value
        self.extents, self.first = middle

    def _hint(self, equation: Equation) -> str:
        """A name for the value of an equation: ``X_ij`` for what is read, else a numbered one."""
        if equation.op != "access":
            return "v"
        atoms = [part.atom for part in equation.data[1]]
        letters = [self.loops[atom[1]].hint if atom is not None and atom[0] == "index" else "" for atom in atoms]
        return f"{_hint(self.scope.home[equation.data[0]])}_{''.join(letters) or 'here'}"

    def _operation(self, equation: Equation) -> Value:
        if equation.op == "constant":
            return Constant(equation.data)
        if equation.op == "integer":
            return Whole(self._index(equation.data))
        operands = equation.operands
        if equation.op in ("maximum", "minimum") and self.body[operands[0]].op == "constant":
            operands = operands[::-1]  # x against 0 reads better than 0 against x
        return Apply(equation.op, tuple(self.values[number] for number in operands))

    def _access(self, equation: Equation) -> Value:
        number, subscripts = equation.data
        shape = self.scope.arrays[number].shape
        places, guards = [], []
        for part, extent in zip(subscripts, shape, strict=True):
            if part.mentions("ref") or stays_inside(part, extent, self.extents, self.first):
                places.append(self._index(part))
                continue
            # Only a value that a choice discards is read elsewhere: it is read at the nearest element instead.
            axis = self.builder.lowered(extent)
            places.append(call("clamp", self._index(part), axis))
            if extent.constant is None and extent not in self.stage.extents:
                guards.append(axis)
        return self.scope.read(number, places, equation.kind, tuple(guards))

    def _index(self, value: Size) -> Size:
        """A size of the stage's indices as one of variables."""

        def replace(atom: Atom) -> Size | None:
            if atom[0] == "index":
                return self.indices[atom[1]]
            return self.index_of(atom[1]) if atom[0] == "ref" else None

        return self.builder.lowered(value, self.extents, self.first).substitute(replace)
