"""One C function from one plan: its prototype, its scratch, and its statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from gradc.calculus.reductions import REDUCTIONS
from gradc.calculus.routines import ROUTINES
from gradc.emit.expressions import Text, c_type, needs_names, spell, spell_bound, spell_constant, spell_size
from gradc.emit.loops import loops_apart
from gradc.emit.names import NameTable
from gradc.emit.parallel import outline
from gradc.emit.pieces import Piece, cut, names_in
from gradc.emit.reach import look_ahead
from gradc.emit.statements import Block, Comment, Line, Statement
from gradc.ir.equations import INTEGER, BodyBuilder, Equation, index_dependencies, needed_by, references
from gradc.ir.printer import Names, choose_names, definition_lines, index_names
from gradc.ir.program import Accumulation, Array, Comprehension, Program, fresh, reads
from gradc.ir.ranges import stays_inside, stays_natural
from gradc.ir.size import ONE, ZERO, Atom, Size, index, printed, product, size
from gradc.loops.indices import IndexUse, index_uses, store_uses
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

C_TYPES = {"bool": "uint8_t"} | {f"{u}int{b}": f"{u}int{b}_t" for u in ("", "u") for b in (8, 16, 32, 64)}
_WIDEST = 8  # bytes of the widest number
_PARTS = 16  # the most parts that rows go in: GRADC_PARTS
_LONGEST = 88  # an expression longer than this is given a name
_Read: TypeAlias = tuple[int, tuple[Size, ...]]  # an array, and the subscripts that it is read at
_PLAIN = frozenset({"constant", "integer"})


class Status(NamedTuple):
    """What a status code means: a kind of error and its message."""

    code: int
    kind: str
    message: str


class Function(NamedTuple):
    """What the template prints of a function, and what the file must hold for it."""

    name: str
    dims: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]  # declaration, name
    outputs: tuple[tuple[str, str], ...]
    work: str  # the expression of the bytes of scratch
    most: str  # a bound on them in floating point, which cannot wrap; empty where they are a number
    lines: tuple[str, ...]
    statuses: tuple[Status, ...]
    specials: tuple[str, ...]
    vectors: tuple[str, ...]
    routines: tuple[str, ...]
    helpers: tuple[str, ...]
    ops: tuple[str, ...]
    parallel: bool = False  # whether it holds parallel loops
    pieces: tuple[Piece, ...] = ()  # functions that it calls: the rows of parallel loops, and what was cut


class _Buffer(NamedTuple):
    name: str
    elements: Size
    type: str
    most: Size  # a bound on its bytes
    bytes: str = ""  # where it is not that of the elements


class _Checked(NamedTuple):
    """What one check looks at: a subscript, the root of equations over some loops, and the axis that it must fit."""

    ranges: tuple[Size, ...]
    equations: tuple[Equation, ...]
    root: int
    extent: Size


class FunctionWriter:
    """Writes the statements of one function; the only state is what it has named and what it has used."""

    def __init__(
        self,
        plan: Plan,
        name: str,
        real: str,
        tile: int,
        precise: bool = False,
        result: str | None = None,
        source: Program | None = None,
        dims: Sequence[str] | None = None,  # in the order in which they are passed; by default the program's own
    ) -> None:
        self.plan, self.name, self.real, self.tile, self.precise = plan, name, real, tile, precise
        self.source = source  # the program that this one derives from, whose index arrays are checked too
        self.inside: frozenset[int] = frozenset()  # accumulations all of whose places from data are checked
        self.result = real if result is None else result  # the type of what is returned
        program = plan.program
        self.table = NameTable([name], apart=f"{name}_")
        self.dims = {dim: self.table.choose(dim) for dim in (program.symbols() if dims is None else dims)}
        names = choose_names(program)
        self.parameters = [self.table.choose(parameter.name) for parameter in program.parameters]
        wanted = [*program.output_names, *(f"value{k}" for k in range(len(program.output_names), len(program.outputs)))]
        self.outputs = [self.table.choose(output) for output in wanted]
        self.letters = names
        self.at = self.table.choose("at")  # the index of a loop over a whole array
        self.buffers: list[_Buffer] = []
        self.statuses: list[Status] = []
        self.specials: set[str] = set()
        self.vectors: set[str] = set()
        self.routines: set[str] = set()
        self.helpers: set[str] = set()
        self.ops: set[str] = set()
        self.parallel = False
        self.scope: _Scope | None = None  # of the function's own program

    def write(self) -> Function:
        """The whole function."""
        plan, program = self.plan, self.plan.program
        arrays = plan.arrays()
        scope = self.scope = _Scope(self, plan, arrays, self.letters)
        scope.name_of.update(enumerate(self.parameters))
        copies: list[tuple[str, int]] = []
        scalars: list[tuple[str, int]] = []
        last = _last_words(program)
        for output, number in zip(self.outputs, program.outputs, strict=True):
            if number < len(program.parameters) or (number in scope.name_of and arrays[number].shape):
                copies.append((output, number))
            elif not arrays[number].shape and number not in scope.name_of and number in last:
                scope.name_of[number] = f"*{output}"
            elif not arrays[number].shape:
                scalars.append((output, number))
            else:
                scope.name_of[number] = output
        statements = self._checks()
        statements += scope.write_steps()
        for output, number in copies:
            statements.append(scope.copy_out(output, number))
        statements += [Line(f"*{output} = {scope.name_of[number]};") for output, number in scalars]
        real = self.real
        inputs = []
        for parameter, name in zip(program.parameters, self.parameters, strict=True):
            kind = real if parameter.dtype == "real" else _ctype_of(parameter.dtype)
            inputs.append((f"const {kind} *restrict {name}" if parameter.shape else f"{kind} {name}", name))
        outputs = [(f"{self.result} *restrict {name}", name) for name in self.outputs]
        around = [(name, text) for text, name in (*inputs, *outputs)]
        around += [(name, f"int64_t {name}") for name in self.dims.values()]
        around += [(buffer.name, f"{buffer.type} *restrict {buffer.name}") for buffer in self.buffers]
        if not self.precise:
            statements, used_vectors, used_helpers = look_ahead(statements, real, self.table.choose)
            self.vectors |= used_vectors
            self.helpers |= used_helpers
        statements, shared = outline(statements, around, self.name)
        statements, pieces = cut(statements, around, self.name, self._reserve)
        statements, loops = loops_apart(statements, dict(around), self.name)
        used = frozenset(names_in(statements))
        head: list[Statement] = []
        head += [Line(f"(void){name};") for name in (*self.dims.values(), *self.parameters) if name not in used]
        if self.buffers:
            head.append(Line("unsigned char *scratch = work;"))
            for k, buffer in enumerate(self.buffers):
                head.append(Line(f"{buffer.type} *const {buffer.name} = (void *)scratch;"))
                if k + 1 < len(self.buffers):
                    head.append(Line(f"scratch += {self._bytes(buffer)};"))
            self.helpers.add("bytes")
        else:
            head.append(Line("(void)work;"))
        statements = [*head, *statements, Line("return 0;")]
        from gradc.emit.statements import render_lines

        most = sum((buffer.most for buffer in self.buffers), ZERO)
        return Function(
            self.name,
            tuple(self.dims.values()),
            tuple(inputs),
            tuple(outputs),
            " + ".join(self._bytes(buffer) for buffer in self.buffers) or "0",
            "" if most.constant is not None else spell_bound(most, self.dim_atom).at(6),
            tuple(render_lines(statements, 1)),
            tuple(self.statuses),
            tuple(sorted(self.specials)),
            tuple(sorted(self.vectors)),
            tuple(sorted(self.routines)),
            tuple(sorted(self.helpers)),
            tuple(sorted(self.ops)),
            self.parallel,
            (*shared, *pieces, *loops),
        )

    def _reserve(self, wanted: str, count: int, kind: str) -> str:
        """A new buffer, for what passes from piece to piece."""
        name = self.table.choose(wanted)
        self.buffer(name, size(count), kind)
        return name

    def status(self, kind: str, message: str) -> int:
        """A status code for a failure; the same failure has the same code."""
        for known in self.statuses:
            if known.message == message:
                return known.code
        self.statuses.append(Status(len(self.statuses) + 1, kind, message))
        return len(self.statuses)

    def buffer(self, name: str, count: Size, kind: str, most: Size | None = None) -> None:
        """Reserve scratch; `most` is a bound on the count where that is not of dimensions alone."""
        self.buffers.append(_Buffer(name, count, kind, (most or count).bound() * _WIDEST))

    def dim_atom(self, atom: Atom) -> str:
        """The C name of a dimension, or of a scan's step inside of the scan."""
        return self.dims[atom[1]]

    def size_text(self, value: Size) -> Text:
        """A size of dimensions alone."""
        return spell_size(value, self.dim_atom)

    def _bytes(self, buffer: _Buffer) -> str:
        return buffer.bytes or f"gradc_bytes({self.size_text(buffer.elements).text}, sizeof({buffer.type}))"

    def _checks(self) -> list[Statement]:
        """Loops over the index arrays, so that an index out of range is found before anything is computed.

        What is read must be there, here and in the program that this one derives from. What is added outside of an
        array gives nothing: the derivative by a part of a concatenation meets the places of all of it.
        """
        program = self.plan.program
        found: dict[_Checked, Statement] = {}
        for use in (*index_uses(program), *(() if self.source is None else index_uses(self.source))):
            checked = self._checked(use)
            if checked not in found:
                found[checked] = self._check(use, checked)
        known = {k: k for k in range(len(program.parameters))}
        self.inside = frozenset(
            first
            for definition, first in zip(program.definitions, program.first_results(), strict=True)
            if isinstance(definition, Accumulation)
            and all(use is not None and self._checked(use) in found for use in store_uses(definition, known))
        )
        return list(found.values())

    def _checked(self, use: IndexUse) -> _Checked:
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
        scope.name_of = {k: scope.parameter_name(k) for k in range(len(program.parameters))}
        writer = _StageWriter(scope, stage, None, [whole])
        place = writer.names_first(whole)
        low, high = f"{place} < 0", f"{place} >= {self.size_text(extent).at(6)}"
        leave: list[Statement] = [Line(f"return {code};")]
        statements: list[Statement]
        if ranges:  # without a way out of the loop, which would keep it from being vectorised
            outside = self.table.choose("outside")
            within = writer.wrap([Line(f"{outside} |= ({low}) | ({high});")], f"GRADC_SIMD(reduction(|:{outside}))")
            statements = [Line(f"int64_t {outside} = 0;"), *within, Block(f"if ({outside})", leave)]
            self.table.taken.discard(outside)
        else:
            statements = writer.wrap([Block(f"if ({low} || {high})", leave)], "")
        self.table.taken.difference_update(writer.local)
        return Block("", statements)


def _ctype_of(dtype: str) -> str:
    return {"float64": "double", "float32": "float"}.get(dtype) or C_TYPES[dtype]


class _Rows(NamedTuple):
    """A parallel loop while it is written: what is before, in and after it, and the names that are its own."""

    before: list[Statement]
    inner: list[Statement]
    late: list[Statement]
    local: list[str]


class _Scope:
    """The arrays of one program (the function's, or a scan's body) and the C text of an element of each."""

    def __init__(self, writer: FunctionWriter, plan: Plan, arrays: Sequence[Array], letters: Names) -> None:
        self.writer, self.plan, self.arrays, self.letters = writer, plan, arrays, letters
        self.name_of: dict[int, str] = {}
        self.tile_begin = ""
        self.results = plan.program.first_results()
        self.strip_of: dict[Size, str] = {}  # how wide strips of a length are, where that has a name
        self.low_of: dict[int, str] = {}  # what a sum over tiles has lost to rounding so far
        nests = [step for step in plan.steps if isinstance(step, Nest)]
        self.rows_of = {  # of a buffer: those of its nest's tiles
            action.array: self._most_rows(nest) for nest in nests for stage in nest.stages for action in stage.actions
        }

    def parameter_name(self, number: int) -> str:
        """The C name of a parameter of the function's own program."""
        return self.name_of.get(number) or self.writer.parameters[number]

    def write_steps(self) -> list[Statement]:
        """All steps of the plan, in order."""
        statements: list[Statement] = []
        self._name_arrays()
        for position, step in enumerate(self.plan.steps):
            if isinstance(step, Nest):
                statements += self._gaps(position)
                if self._is_parallel(step):
                    statements += self._write_parallel(position, step)
                else:
                    statements += [*self._resets(position, step), *self._write_nest(step)]
                    statements += [s for number in list(self.low_of) for s in self._close_low(number)]
            elif isinstance(step, Loop):
                statements += self._write_loop(step)
            else:
                statements += self._write_routine(step)
        return statements

    def element(self, number: int, subscripts: Sequence[Size], spelled: Callable[[Size], Text]) -> str:
        """The C of ``array[subscripts]``."""
        name = self.name_of[number]
        if not self.arrays[number].shape:
            return name
        places = self.layout(number, subscripts)
        if self.plan.storage.get(number) == TILE:
            begin = [ZERO] * len(places)
            begin[self.plan.stream_axes[number]] = printed(self.tile_begin) - self.plan.halo.get(number, 0)
            if number in self.plan.strip_axes:
                begin[self.plan.strip_axes[number]] = printed("strip_begin")
            places = [place - first for place, first in zip(places, self.layout(number, begin), strict=True)]
        return f"{name}[{_spell_place(places, self.layout(number, self._stored_shape(number)), spelled).text}]"

    def layout(self, number: int, parts: Sequence[Size]) -> list[Size]:
        """The parts of a subscript, or of a shape, in the order in which the axes are stored."""
        parts = list(parts)
        if number in self.plan.lanes:
            parts.append(parts.pop(self.plan.stream_axes[number]))
        return parts

    def strides(self, number: int) -> list[Size]:
        """How far apart neighbours along each axis are."""
        stored = self.layout(number, self._stored_shape(number))
        steps = self.layout(number, list(map(size, range(len(stored)))))
        found: list[Size] = [ONE] * len(stored)
        for position, axis in enumerate(steps):
            assert axis.constant is not None
            found[axis.constant] = product(tuple(stored[position + 1 :]))
        return found

    def copy_out(self, output: str, number: int) -> Statement:
        """An output that is a parameter, or is there already under another name."""
        shape = self.arrays[number].shape
        if not shape:
            return Line(f"*{output} = {self.name_of[number]};")
        count, at = self.writer.size_text(product(shape)).at(6), self.writer.at
        return Block(
            f"for (int64_t {at} = 0; {at} < {count}; ++{at})", [Line(f"{output}[{at}] = {self.name_of[number]}[{at}];")]
        )

    def _name_arrays(self) -> None:
        parallel = [step for step in self.plan.steps if isinstance(step, Nest) and self._is_parallel(step)]
        private = {a.array for nest in parallel for stage in nest.stages for a in stage.actions}
        for number in range(len(self.plan.program.parameters), len(self.arrays)):
            if number not in self.plan.storage or number in self.name_of:
                continue
            if number in self.plan.shared:
                continue
            named = number < len(self.letters.arrays)
            name = self.writer.table.choose(self.letters.arrays[number] if named else "kept")
            self.name_of[number] = name
            storage = self.plan.storage[number]
            if storage == WHOLE or (storage == TILE and number not in private):
                kind = c_type(self.arrays[number].kind, self.writer.real)
                self.writer.buffer(name, product(self._stored_shape(number)), kind, self._most_stored(number))
        self._name_shared()

    def _name_shared(self) -> None:
        """An array in another's buffer has its name."""
        self.name_of.update((number, self.name_of[owner]) for number, owner in self.plan.shared.items())

    def _gaps(self, position: int) -> list[Statement]:
        """Zeros where nothing is assigned to."""
        return [
            Line(f"{self.element(number, place, self.writer.size_text)} = 0.0;")
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
            shape = self.arrays[number].shape
            identity = self._identity(kind)
            if not shape:
                statements.append(Line(f"{self.writer.real} {self.name_of[number]} = {identity};"))
                statements += self._open_low(number, nest)
            elif not made or any(_is_carried(stage, action, self._is_tiled(nest)) for stage, action in made):
                statements.append(self._clear(number, shape, kind))
        return statements

    def _clear(self, number: int, shape: tuple[Size, ...], kind: str) -> Statement:
        """A loop that sets an array, or its tile, to the identity of what is accumulated in it."""
        count, at = self.writer.size_text(product(shape)).at(6), self.writer.at
        line = Line(f"{self.name_of[number]}[{at}] = {self._identity(kind)};")
        return Block(f"for (int64_t {at} = 0; {at} < {count}; ++{at})", [line])

    def _stored_shape(self, number: int) -> tuple[Size, ...]:
        """The shape of what is stored of an array: all of it, or a tile."""
        shape = list(self.arrays[number].shape)
        if self.plan.storage.get(number) == TILE:
            shape[self.plan.stream_axes[number]] = size(self.rows_of[number] + self.plan.halo.get(number, 0))
            if number in self.plan.strip_axes:
                axis = self.plan.strip_axes[number]
                shape[axis] = printed(self.strip_of.get(shape[axis]) or self._strip_text(shape[axis]))
        return tuple(shape)

    def _most_stored(self, number: int) -> Size:
        """A bound on the number of elements of what is stored of an array: strips are not wider than their axis."""
        shape = list(self._stored_shape(number))
        if self.plan.storage.get(number) == TILE and number in self.plan.strip_axes:
            axis = self.plan.strip_axes[number]
            shape[axis] = self.arrays[number].shape[axis]
        return product(tuple(shape))

    def _strip_text(self, extent: Size) -> str:
        self.writer.helpers.add("width")
        return f"gradc_width({self.writer.size_text(extent).text})"

    def _identity(self, kind: str) -> str:
        value = {"add": 0.0, "max": float("-inf"), "min": float("inf")}.get(kind)
        if value is None:
            value = REDUCTIONS[kind].identity or 0.0
        return spell_constant(value, self.writer.real).text

    def _is_parallel(self, nest: Nest) -> bool:
        """Whether a nest's rows may go to several threads, each with sums of its own, and there is work enough."""
        if nest.extent is None or nest.extent.constant is not None or self.writer.scope is not self:
            return False
        scattered = any(
            a.kind == "add" and self.plan.storage.get(a.array) != TILE for stage in nest.stages for a in stage.actions
        )
        heavy = self._has_buffers(nest) or any(is_dear(e) for stage in nest.stages for e in stage.body)
        return heavy and not scattered

    def _write_parallel(self, position: int, nest: Nest) -> list[Statement]:
        """The rows in parts, whose number depends on the sizes alone; their sums are added in order."""
        assert nest.extent is not None
        writer = self.writer
        writer.parallel = True
        writer.helpers.add("parts")
        extent = writer.size_text(nest.extent)
        carried = [number for number in self._carried(position) if self.arrays[number].shape]
        scalars = [number for number in self._carried(position) if not self.arrays[number].shape]
        stored = dict.fromkeys(a.array for stage in nest.stages for a in stage.actions)
        buffers = [n for n in stored if self.plan.storage.get(n) == TILE and n not in self.plan.shared]
        least = sum((product(self.arrays[number].shape) for number in carried), ZERO)
        parts = writer.table.choose("parts")
        count = (
            f"gradc_parts({extent.text}, {writer.size_text(_cost_of_row(nest)).text}, {writer.size_text(least).text})"
        )
        names = {number: self.name_of[number] for number in (*carried, *scalars)}
        rows = _Rows(
            [Line(f"const int64_t {parts} = {count};")],
            [
                Line(f"const int64_t part_begin = gradc_cut({extent.text}, {parts}, part);"),
                Line(f"const int64_t part_end = gradc_cut({extent.text}, {parts}, part + 1);"),
            ],
            [],
            [],
        )
        # A part has sums of its own; tiles' buffers are the thread's, and so are in its cache from part to part.
        place = self._carve(rows, "part", "part", carried, count)
        self._carve(rows, "tile", "thread", buffers, count)
        sums = {number: self._part_number(rows, number, nest, parts) for number in scalars}
        for number in carried:
            self._part_array(rows, number, names[number], nest, parts, place)
            place += f" + {self._bytes_of(number)}"
        rows.inner.extend(self._write_nest(nest, ("part_begin", "part_end")))
        for number in scalars:
            rows.inner.extend(self._close_low(number))
            rows.inner.append(Line(f"{sums[number]}[part] = {self.name_of[number]};"))
        self.name_of.update(names)
        writer.table.taken.difference_update(rows.local)
        loop = Block(f"for (int64_t part = 0; part < {parts}; ++part)", rows.inner, f"GRADC_PARALLEL({parts})")
        return [*rows.before, loop, *rows.late]

    def _carve(self, rows: _Rows, title: str, which: str, numbers: Sequence[int], count: str) -> str:
        """Give a part, or a thread, its share of a block of scratch for some arrays; gives where a part's begins.

        What is summed up over all rows is, for the first part, where it belongs already.
        """
        if not numbers:
            return ""
        writer, own = self.writer, f"{title}_own"
        block, each = (writer.table.choose(f"{title}_{what}") for what in ("scratch", "bytes"))
        total = " + ".join(map(self._bytes_of, numbers))
        rows.before.append(Line(f"const size_t {each} = {total};"))
        most = sum((self._most_stored(number).bound() for number in numbers), ZERO) * (_WIDEST * _PARTS)
        writer.buffers.append(_Buffer(block, ONE, "unsigned char", most, f"(size_t){count} * ({total})"))
        rows.inner.append(Line(f"unsigned char *{own} = {block} + {which} * {each};"))
        for k, number in enumerate(numbers):
            here, start = self.name_of[number], f"(void *){own}"
            if which == "part":
                start = f"part == 0 ? {here} : {start}"
                here = self._part_name(rows, number)
            rows.inner.append(Line(f"{c_type(self.arrays[number].kind, writer.real)} *const {here} = {start};"))
            if k + 1 < len(numbers):
                rows.inner.append(Line(f"{own} += {self._bytes_of(number)};"))
        return f"{block} + part * {each}"

    def _part_name(self, rows: _Rows, number: int) -> str:
        """A part's own name of what it sums up."""
        here = self.name_of[number] = self._local(rows, f"{self.name_of[number].removeprefix('*')}_part")
        return here

    def _local(self, rows: _Rows, wanted: str) -> str:
        """A name that ends with the parallel loop and what adds its sums up."""
        name = self.writer.table.choose(wanted)
        rows.local.append(name)
        return name

    def _part_number(self, rows: _Rows, number: int, nest: Nest, parts: str) -> str:
        """A number that each part sums up, in a variable; gives the array of them all."""
        real, name, kind = self.writer.real, self.name_of[number], self._kind_carried(number, nest)
        sums = self.writer.table.choose(f"{name.removeprefix('*')}_parts")
        here = self._part_name(rows, number)
        rows.before.append(Line(f"{real} {sums}[GRADC_PARTS];"))
        rows.inner.append(Line(f"{real} {here} = {self._identity(kind)};"))
        rows.inner.extend(self._open_low(number, nest))
        combine = Line(_combine(kind, name, Text(f"{sums}[part]")))
        rows.late.append(Line(f"{real} {name} = {self._identity(kind)};"))
        rows.late.append(Block(f"for (int64_t part = 0; part < {parts}; ++part)", [combine]))
        return sums

    def _part_array(self, rows: _Rows, number: int, name: str, nest: Nest, parts: str, place: str) -> None:
        """An array that each part sums up, in its share of the scratch."""
        shape, kind = self.arrays[number].shape, self._kind_carried(number, nest)
        rows.inner.append(self._clear(number, shape, kind))
        total, at, more = self.writer.size_text(product(shape)).at(6), self.writer.at, self._local(rows, f"{name}_more")
        combine = Line(_combine(kind, f"{name}[{at}]", Text(f"{more}[{at}]")))
        each: list[Statement] = [
            Line(f"const {self.writer.real} *const {more} = (void *)({place});"),
            Block(f"for (int64_t {at} = 0; {at} < {total}; ++{at})", [combine], "GRADC_SIMD()"),
        ]
        rows.late.append(Block(f"for (int64_t part = 1; part < {parts}; ++part)", each))

    def _open_low(self, number: int, nest: Nest) -> list[Statement]:
        """What a long sum loses to rounding is kept, and added at the end."""
        if not self._is_tiled(nest) or number not in self._long_sums(nest):
            return []
        self.writer.routines.add("compensated")
        low = self.low_of[number] = self.writer.table.choose(f"{self.name_of[number].removeprefix('*')}_low")
        return [Line(f"{self.writer.real} {low} = {self._identity('sum')};")]

    def _close_low(self, number: int) -> list[Statement]:
        low = self.low_of.pop(number, None)
        if low is None:
            return []
        suffix = "" if self.writer.real == "double" else "_f"
        return [Line(f"{self.name_of[number]} = gradc_rounded{suffix}({self.name_of[number]}, {low});")]

    def _bytes_of(self, number: int) -> str:
        """The bytes of what is stored of an array."""
        count = self.writer.size_text(product(self._stored_shape(number))).text
        return f"gradc_bytes({count}, sizeof({self.writer.real}))"

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

    def _write_nest(self, nest: Nest, part: tuple[str, str] | None = None) -> list[Statement]:
        if not self._is_tiled(nest):
            return [s for stage in nest.stages for s in self._write_stage(stage, part)]
        assert nest.extent is not None
        extent, tile = self.writer.size_text(nest.extent), self._most_rows(nest)
        first, last = part or ("0", extent.at(6))
        outer, self.tile_begin = self.tile_begin, "tile_begin"
        rows, step = self._rows_of_tile(nest), str(tile)
        statements: list[Statement] = []
        if rows is not None:
            step = "tile_rows"
            self.writer.helpers.add("rows")
            statements.append(Line(f"const int64_t tile_rows = gradc_rows({rows});"))
        for wide in dict.fromkeys(strips.extent for strips in nest.strips):
            width, text = self.writer.table.choose("strip"), self._strip_text(wide)
            statements.append(Line(f"const int64_t {width} = {text};"))
            self.strip_of[wide] = width
        inner: list[Statement] = [
            Line(f"const int64_t tile_end = tile_begin + {step} < {last} ? tile_begin + {step} : {last};")
        ]
        added = dict.fromkeys(a.array for stage in nest.stages for a in stage.actions if a.kind == "add")
        in_tile = [number for number in added if self.plan.storage.get(number) == TILE]
        inner += [self._clear(number, self._stored_shape(number), "add") for number in in_tile]
        strips = {strips.first: strips for strips in nest.strips}
        position = 0
        while position < len(nest.stages):
            if position in strips:
                inner += self._write_strips(nest, strips[position])
                position = strips[position].end
            else:
                inner += self._write_stage(nest.stages[position], ("tile_begin", "tile_end"))
                position += 1
        self.writer.table.taken.difference_update(self.strip_of.values())
        self.strip_of.clear()
        self.tile_begin = outer
        head = f"for (int64_t tile_begin = {first}; tile_begin < {last}; tile_begin += {step})"
        statements.append(Block(head, inner))
        return statements if len(statements) == 1 or part is not None else [Block("", statements)]

    def _write_strips(self, nest: Nest, strips: Strips) -> list[Statement]:
        """Stages that go strip by strip; what they sum over all strips is set to its identity before."""
        stages = nest.stages[strips.first : strips.end]
        extent, width = self.writer.size_text(strips.extent).at(6), self.strip_of[strips.extent]
        before: list[Statement] = []
        last = f"strip_begin + {width} < {extent} ? strip_begin + {width} : {extent}"
        inner: list[Statement] = [Line(f"const int64_t strip_end = {last};")]
        for stage in stages:
            inner += self._write_stage(stage, ("tile_begin", "tile_end"), before)
        head = f"for (int64_t strip_begin = 0; strip_begin < {extent}; strip_begin += {width})"
        return [*before, Block(head, inner)]

    def _most_rows(self, nest: Nest) -> int:
        return most_rows(nest, self.plan, self.arrays, self.writer.tile)

    def _rows_of_tile(self, nest: Nest) -> str | None:
        """The bytes of a row of what the nest reads from memory, where a tile is cut to them; else tiles are full."""
        if any(isinstance(stage.call, Product | QuarterProduct) for stage in nest.stages):
            return None  # the more rows, the less often a panel is copied
        if self._most_rows(nest) < self.writer.tile:
            return None
        wide: dict[int, Size] = {}
        for stage in nest.stages:
            for equation in stage.body:
                if equation.op == "access" and self.plan.storage.get(equation.data[0]) not in (TILE, SCALAR):
                    number, place = equation.data
                    if len(place) > 1 and place[0].atom == ("index", stage.stream):
                        wide[number] = product(self.arrays[number].shape[1:])
        total = sum(wide.values(), ZERO)
        return f"{self.writer.size_text(total).at(7)} * sizeof({self.writer.real})" if wide else None

    def _write_stage(
        self, stage: Stage, tile: tuple[str, str] | None, before: list[Statement] | None = None
    ) -> list[Statement]:
        """A stage; what has to be set before its strips goes to `before`."""
        if not stage.actions:
            return []
        comments = [self._comment(number) for number in dict.fromkeys(stage.definitions)]
        comments += self._write_halo(stage)
        writer = _StageWriter(self, stage, tile, [])
        if before is not None:
            before += writer.resets()
        statements = writer.write()
        self.writer.table.taken.difference_update(writer.local)
        return [*comments, *statements]

    def _write_halo(self, stage: Stage) -> list[Statement]:
        """The rows before a tile that what comes later reads: they are computed again, so that parts need no others."""
        kept = [k for k, action in enumerate(stage.actions) if action.array in self.plan.halo]
        if not kept:
            return []
        rows = max(self.plan.halo[stage.actions[k].array] for k in kept)
        ends = stage.ends
        if ends is not None:
            ends = ends._replace(middle=tuple(ends.middle[k] for k in kept))
        part = stage._replace(actions=tuple(stage.actions[k] for k in kept), ends=ends)
        first = f"tile_begin < {rows} ? 0 : tile_begin - {rows}"
        writer = _StageWriter(self, part, ("halo_begin", "tile_begin"), [])
        statements = [Line(f"const int64_t halo_begin = {first};"), *writer.write()]
        self.writer.table.taken.difference_update(writer.local)
        return [Block("", statements)]

    def _comment(self, definition: int) -> Statement:
        text = " ".join(line.strip() for line in definition_lines(self.plan.program, self.letters, definition))
        owner = self.plan.shared.get(self.results[definition])
        return Comment(text if owner is None else f"{text}, in the place of {self.name_of[owner]}")

    def _write_loop(self, step: Loop) -> list[Statement]:
        scan, writer = step.scan, self.writer
        program = step.plan.program
        letters = choose_names(program, frozenset(writer.table.taken))
        time = writer.table.choose(scan.step)
        around = dict(writer.dims)
        writer.dims[scan.step] = time
        inner = _Scope(writer, step.plan, step.plan.arrays(), letters)
        body: list[Statement] = []
        statements: list[Statement] = []
        real = writer.real
        late: list[Statement] = []
        for k, result in enumerate(step.results):
            shape = program.parameters[k].shape
            name, start = self.name_of[result], self.name_of[scan.initial[k]]
            now, after = writer.table.choose(f"{name}_now"), writer.table.choose(f"{name}_next")
            if shape:
                count = writer.size_text(product(shape))
                at = writer.at
                copy = Line(f"{name}[{at}] = {start}[{at}];")
                statements.append(Block(f"for (int64_t {at} = 0; {at} < {count.at(6)}; ++{at})", [copy]))
                body.append(Line(f"const {real} *const {now} = {name} + {time} * {count.at(8)};"))
                body.append(Line(f"{real} *const {after} = {name} + ({time} + 1) * {count.at(8)};"))
                inner.name_of[program.outputs[k]] = after
            else:
                statements.append(Line(f"{name}[0] = {start};"))
                body.append(Line(f"const {real} {now} = {name}[{time}];"))
                late.append(Line(f"{name}[{time} + 1] = @{program.outputs[k]};"))
            inner.name_of[k] = now
        for m, number in enumerate(scan.captured):
            inner.name_of[len(step.results) + m] = self.name_of[number]
        body += inner.write_steps()
        for line in late:
            assert isinstance(line, Line)
            head, output = line.text[:-1].split("@")
            body.append(Line(f"{head}{inner.name_of[int(output)]};"))
        body = [
            s for s in body if not (isinstance(s, Line) and s.text.startswith("const ") and _declares_unused(s, body))
        ]
        length = writer.size_text(scan.length).at(6)
        comment = self._comment(step.definition)
        writer.dims = around
        return [comment, *statements, Block(f"for (int64_t {time} = 0; {time} < {length}; ++{time})", body)]

    def _write_routine(self, step: Routine) -> list[Statement]:
        call, writer = step.call, self.writer
        entry = ROUTINES[call.routine]
        writer.routines.add(call.routine)
        sizes = [writer.size_text(extent).text for extent in self.arrays[call.arguments[-1]].shape]
        order = self.arrays[call.arguments[0]].shape[0]
        scratch = writer.table.choose("factors")
        writer.buffer(scratch, order * order, writer.real)
        pivots = writer.table.choose("pivots")
        writer.buffer(pivots, order, "int64_t")
        statements: list[Statement] = [self._comment(step.definition)]
        targets = []
        for result in step.results:
            name = self.name_of[result]
            if self.arrays[result].shape:
                targets.append(name)
            else:
                statements.append(Line(f"{writer.real} {name};"))
                targets.append(f"&{name}")
        arguments = ", ".join([*sizes, *(self.name_of[n] for n in call.arguments), *targets, scratch, pivots])
        suffix = "" if writer.real == "double" else "_f"
        function = f"gradc_{call.routine}{suffix}({arguments})"
        if not entry.failure:
            return [*statements, Line(f"{function};")]
        code = writer.status("singular", f"{call.routine}: {entry.failure}")
        return [*statements, Block(f"if ({function} != 0)", [Line(f"return {code};")])]


def _last_words(program: Program) -> frozenset[int]:
    """The numbers that one expression gives and nothing reads, which are written where the caller wants them."""
    read = {number for definition in program.definitions for number in reads(definition)}
    firsts = zip(program.definitions, program.first_results(), strict=True)
    return frozenset(first for d, first in firsts if isinstance(d, Comprehension) and d.reduction is None) - read


def _spell_place(places: Sequence[Size], shape: Sequence[Size], size: Callable[[Size], Text]) -> Text:
    """The place of an element in an array that is dense in C order: ``(i*d + j)*k + l``."""
    flat: Text | None = None
    for place, extent in zip(places, shape, strict=True):
        if flat is not None and extent != ONE:
            flat = Text(f"{flat.at(7)}*{size(extent).at(8)}", 7)
        if place != ZERO:
            more = size(place)
            joined = f" - {more.text[1:]}" if more.text.startswith("-") else f" + {more.text}"
            flat = more if flat is None else Text(flat.text + joined, 6)
    return flat or Text("0")


def _declares_unused(line: Line, body: list[Statement]) -> bool:
    name = line.text.split(" = ")[0].split()[-1].lstrip("*")
    return name not in names_in([s for s in body if s is not line])


def _cost_of_row(nest: Nest) -> Size:
    """What one row costs, in multiplications, as a size."""
    total = ZERO
    for stage in nest.stages:
        others = product(tuple(extent for k, extent in enumerate(stage.extents) if k != stage.stream))
        # Of a quarter of the elements, one is a multiplication, and what is around them takes as long.
        total = total + others * (ONE if isinstance(stage.call, QuarterProduct) else size(cost(stage.body)))
    return total


def _loops_of(call: StageCall) -> tuple[int, ...]:
    """The loops that a call replaces."""
    if isinstance(call, QuarterProduct):
        return *call.place, call.depth
    return call[:3] if isinstance(call, Product | OuterProduct) else call[:2]


def _is_carried(stage: Stage, action: Action, tiled: bool) -> bool:
    """Whether a sum goes on through all of the nest, so that it is set to its identity before."""
    if action.kind in ("store", "add"):
        return action.kind == "add"
    return (stage.stream if tiled else 0) in action.reduced


def _goes_on(stage: Stage, action: Action, tiled: bool) -> bool:
    """Whether a sum goes on through all of the nest, or through all strips of a tile."""
    return _is_carried(stage, action, tiled) or (stage.across is not None and stage.across in action.reduced)


class _StageWriter:
    """One loop nest: each equation at the outermost loop that has all it needs."""

    def __init__(
        self,
        scope: _Scope,
        stage: Stage,
        tile: tuple[str, str] | None,
        extra: Sequence[int],
        ahead: tuple[_StageWriter, int] | None = None,
        middle: _StageWriter | None = None,
    ) -> None:
        # `ahead` makes a copy of another writer's innermost two loops, some iterations of the outer one further on.
        # `middle` has the innermost loop's middle: this one then writes the ends, and what they need outside of it.
        ends, stage = stage.ends, stage._replace(ends=None)
        self.scope, self.tile, self.writer = scope, tile, scope.writer
        self.ahead, self.middle, self.whole = ahead, middle, stage
        self.extents, self.first, self.ends = stage.extents, dict[int, int](), ends
        if ends is not None:
            stage = stage._replace(actions=_with_values(stage.actions, ends.middle))
            self.extents = tuple(extent - cut for extent, cut in zip(stage.extents, ends.last, strict=True))
            self.first = dict(enumerate(ends.first))
        self.stage = stage
        self.body = stage.body
        letters = index_names(stage.extents, scope.letters)
        self.letters = [self._letter(letter) for letter in letters]
        if ahead is not None:
            self.letters[-2] = f"({self.letters[-2]} + {ahead[1]})"
        roots = [action.value for action in stage.actions] + list(extra)
        for action in stage.actions:
            roots += [a[1] for part in action.subscripts for a in part.atoms() if a[0] == "ref"]
        self.needed = needed_by(self.body, roots)
        self.depends = index_dependencies(self.body)
        self.level = [max(found) + 1 if found else 0 for found in self.depends]
        self.counted = 0  # the least number of a variable that may be free
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
        self.local: list[str] = [] if ahead is None else ahead[0].local  # names that end with the loops
        for number in extra:
            equation = self.body[number]
            inside = equation.data.atoms() if equation.op == "integer" else ()
            self.named.update([number, *(atom[1] for atom in inside if atom[0] == "ref")])
        self.texts: dict[int, Text] = {}
        self.inner: set[str] = set()  # names inside the innermost loop
        self.at: list[list[Statement]] = [[] for _ in range(count + 1)]  # statements inside loop k - 1, before loop k
        self.after: list[list[Statement]] = [[] for _ in range(count + 1)]
        self._spell_all()

    def _letter(self, letter: str) -> str:
        return fresh(letter, self.writer.table.taken)

    def names_first(self, number: int) -> str:
        """The text of an equation."""
        return self.texts[number].at(6)

    def write(self) -> list[Statement]:
        """The loops, with the actions in them."""
        if self.stage.call is not None:
            return self._write_call(self.stage.call)
        if self.stage.unroll > 1:
            return self._write_unrolled(self.stage.unroll)
        inner: list[Statement] = []
        accumulators: list[str | None] = []
        reductions: dict[str, list[str]] = {}
        vector = bool(self.stage.extents)
        for action in self.stage.actions:
            statement, accumulator = self._act(action)
            inner.append(statement)
            accumulators.append(accumulator)
            if accumulator is not None and action.kind in ("sum", "prod"):
                reductions.setdefault("+" if action.kind == "sum" else "*", []).append(accumulator)
            vector = vector and vectorises(self.stage, action)
        clauses = " ".join(f"reduction({sign}:{', '.join(names)})" for sign, names in reductions.items())
        pragma = f"GRADC_SIMD({clauses})" if vector else ""
        if self.ends is not None:
            return self._write_ends(self.ends, inner, pragma, accumulators)
        return self.wrap(inner, pragma)

    def _write_ends(
        self, ends: Ends, inner: list[Statement], pragma: str, accumulators: Sequence[str | None]
    ) -> list[Statement]:
        """The loops, the innermost of them as its first end, its middle and its other end."""
        taken, count = self.writer.table.taken, len(self.stage.extents)
        taken -= self.inner
        other = _StageWriter(self.scope, self.whole, self.tile, [], middle=self)
        taken |= self.inner
        self.local += other.local
        self.at[:count] = [mine + more for mine, more in zip(self.at[:count], other.at[:count], strict=True)]
        around = [*other.at[count]]
        for action, accumulator in zip(other.stage.actions, accumulators, strict=True):
            around.append(other._act_again(action, accumulator))
        letter, (begin, end) = self.letters[-1], (limit.at(6) for limit in self._limits(count - 1))
        first, last = begin, end
        border = self._border(ends)
        bounds: list[Statement] = []
        if ends.first[-1] or border:
            first = self._bound(bounds, f"{letter}_first", str(ends.first[-1]), begin, end, border)
        if ends.last[-1]:
            place = self.writer.size_text(self.stage.extents[-1] - ends.last[-1]).text
            last = self._bound(bounds, f"{letter}_last", place, first, end)

        def loop(begin: str, end: str, inner: list[Statement], pragma: str = "") -> Statement:
            return Block(f"for (int64_t {letter} = {begin}; {letter} < {end}; ++{letter})", inner, pragma)

        statements = [*self.at[count - 1], *bounds]
        if first != begin:
            statements.append(loop(begin, first, around, pragma if border else ""))
        statements.append(loop(first, last, [*self.at[count], *inner], pragma))
        if last != end:
            statements.append(loop(last, end, around))
        statements = self._around([*statements, *self.after[count - 1]], count - 1)
        return [Block("", statements)] if count == 1 else statements

    def _border(self, ends: Ends) -> str:
        """What tells that a loop outside the innermost is at one of its ends."""
        tests = []
        for k, letter in enumerate(self.letters[:-1]):
            if ends.first[k]:
                tests.append(f"{letter} < {ends.first[k]}")
            if ends.last[k]:
                tests.append(f"{letter} >= {self.writer.size_text(self.stage.extents[k] - ends.last[k]).at(6)}")
        return " || ".join(tests)

    def _bound(self, bounds: list[Statement], wanted: str, place: str, begin: str, end: str, border: str = "") -> str:
        """A name for where a part of the innermost loop ends."""
        name = self.writer.table.choose(wanted)
        self.local.append(name)
        text = begin
        if place != begin:
            text = f"gradc_within({place}, {begin}, {end})"
            self.writer.helpers.add("within")
        bounds.append(Line(f"const int64_t {name} = {f'{border} ? {end} : {text}' if border else text};"))
        return name

    def _act_again(self, action: Action, accumulator: str | None) -> Statement:
        """An action in another part of the innermost loop, on the accumulator that it has there."""
        if action.kind in ("store", "add"):
            return self._act(action)[0]
        element = accumulator or self.scope.element(action.array, action.subscripts, self._size)
        return Line(_combine(action.kind, element, self.texts[action.value]))

    def _write_unrolled(self, times: int) -> list[Statement]:
        """Sums whose last reduced loop is outside a free one: several of its rows are added at a time.

        Each load and store of the sum then serves several products.
        """
        count = len(self.stage.extents)
        if count - 1 in self.stage.actions[0].reduced:
            return self._write_jammed(times)
        single = [self._act(action)[0] for action in self.stage.actions]
        rows = [self, *(_StageWriter(self.scope, self.stage, self.tile, [], (self, k)) for k in range(1, times))]
        together: list[Statement] = [statement for row in rows for statement in row.at[count]]
        for action in self.stage.actions:
            element = self.scope.element(action.array, action.subscripts, self._size)
            terms = [row.texts[action.value] for row in rows]
            together.append(Line(f"{element} += {' + '.join(term.at(7) for term in terms)};"))
        head = self._head(count - 1)
        several, alone = self._split_head(count - 2, times)
        heads = [statement for row in rows for statement in row.at[count - 1]]
        statements: list[Statement] = [
            Block(several, [*heads, Block(head, together, "GRADC_SIMD()")]),
            Block(alone, [*self.at[count - 1], Block(head, [*self.at[count], *single], "GRADC_SIMD()")]),
        ]
        statements = [*self.at[count - 2], *statements, *self.after[count - 2]]
        return self._around(statements, count - 2)

    def _write_jammed(self, times: int) -> list[Statement]:
        """Sums along the innermost loop, of several iterations of the loop outside it at once."""
        count = len(self.stage.extents)
        rows = [self, *(_StageWriter(self.scope, self.stage, self.tile, [], (self, k)) for k in range(1, times))]
        acts = [[row._act(action) for action in self.stage.actions] for row in rows]

        def loop(rows: Sequence[_StageWriter], acts: Sequence[Sequence[tuple[Statement, str | None]]]) -> Statement:
            names = ", ".join(name for row in acts for _, name in row if name)
            inner = [s for row in rows for s in row.at[count]] + [s for row in acts for s, _ in row]
            return Block(self._head(count - 1), inner, f"GRADC_SIMD(reduction(+:{names}))")

        several, alone = self._split_head(count - 2, times)
        statements: list[Statement] = [
            Block(
                several,
                [
                    *(s for row in rows for s in row.at[count - 1]),
                    loop(rows, acts),
                    *(s for row in rows for s in row.after[count - 1]),
                ],
            ),
            Block(alone, [*self.at[count - 1], loop([self], acts[:1]), *self.after[count - 1]]),
        ]
        statements = [*self.at[count - 2], *statements, *self.after[count - 2]]
        return self._around(statements, count - 2)

    def _write_call(self, call: StageCall) -> list[Statement]:
        """A call of a routine, in the loops that are left."""
        (action,), stage = self.stage.actions, self.stage
        taken = _loops_of(call)
        loops = [k for k in range(len(stage.extents)) if k not in taken]
        carried = _goes_on(stage, action, self.tile is not None) or any(k in action.reduced for k in loops)

        def start(read: _Read) -> str:
            array, place = read
            starts = {k: self._limits(k)[0].text for k in taken}
            first = {k: ZERO if text == "0" else printed(text) for k, text in starts.items()}
            begin = [p.substitute(lambda a: first.get(a[1]) if a[0] == "index" else None) for p in place]
            element = self.scope.element(array, begin, self._size)
            return element.removesuffix("[0]") if element.endswith("[0]") else f"&{element}"

        def step(read: _Read, k: int) -> str:
            array, place = read
            axis = next(axis for axis, part in enumerate(place) if part.atom == ("index", k))
            return self._size(self.scope.strides(array)[axis]).text

        def count(k: int) -> str:
            begin, end = self._limits(k)
            return end.text if begin.text == "0" else f"{end.at(6)} - {begin.at(7)}"

        c = (action.array, action.subscripts)
        statements: list[Statement] = []
        if isinstance(call, Transposition):
            routine, a = "transpose", stage.body[call.source].data
            arguments = [*(count(k) for k in taken), start(a), step(a, call.row), start(c), step(c, call.column)]
            self.writer.routines.add(routine)
            suffix = "" if self.writer.real == "double" else "_f"
            return [Line(f"gradc_{routine}{suffix}({', '.join(arguments)});")]
        factors = call.factors[:2] if isinstance(call, QuarterProduct) else (call.left, call.right)
        a, b = (stage.body[number].data for number in factors)
        if isinstance(call, QuarterProduct):
            depth, classes, rows = call.depth, *call.place[1:3]

            def matrix(number: int | None, k: int) -> tuple[str, ...]:
                read = None if number is None else stage.body[number].data
                return (start(read), step(read, depth), step(read, k)) if read else ("NULL", "0", "0")

            found, routine = call.factors, "quarter"
            arguments = [
                *(count(k) for k in (classes, rows, depth)),
                *(*matrix(found.left, rows), *matrix(found.second, classes)),
                *(*matrix(found.weights, depth)[:2], *matrix(found.diagonal, call.place[0])),
                *(start(c), str(int(carried))),
            ]
        elif isinstance(call, Product):
            weights = None if call.weights is None else stage.body[call.weights].data
            routine = "product"
            arguments = [
                *(count(k) for k in taken),
                *(start(a), step(a, call.row), step(a, call.depth)),
                *(start(b), step(b, call.depth), step(b, call.column)),
                *((start(weights), step(weights, call.depth)) if weights else ("NULL", "0")),
                *(start(c), step(c, call.row), step(c, call.column), str(int(carried)), str(int(call.below))),
            ]
        elif isinstance(call, OuterProduct):
            routine = "outer"
            arguments = [*(count(k) for k in taken), start(a), step(a, call.row), step(a, call.outer)]
            arguments += [start(b), step(b, call.row), start(c)]
        elif call.along:
            routine = "dots"
            arguments = [*(count(k) for k in taken), start(a), step(a, call.row), start(b)]
            arguments += [start(c), step(c, call.row), str(int(carried))]
        else:
            routine = "combine"
            arguments = [count(call.depth), count(call.row), start(a), step(a, call.depth), start(b)]
            arguments += [step(b, call.depth), start(c)]
            if not carried:
                clear = self.scope.element(*c, self._size)
                statements.append(Block(self._head(call.row), [Line(f"{clear} = 0.0;")]))
        self.writer.routines.add(routine)
        suffix = "" if self.writer.real == "double" else "_f"
        statements.append(Line(f"gradc_{routine}{suffix}({', '.join(arguments)});"))
        for k in reversed(loops):
            statements = [Block(self._head(k), statements)]
        return statements

    def _limits(self, k: int) -> tuple[Text, Text]:
        """Where loop k begins and ends."""
        if self.tile is not None and k == self.stage.stream:
            return Text(self.tile[0]), Text(self.tile[1])
        if k == self.stage.across:
            return Text("strip_begin"), Text("strip_end")
        return Text("0"), self.writer.size_text(self.stage.extents[k])

    def _split_head(self, k: int, times: int) -> tuple[str, str]:
        """Loop k over as many iterations as `times` divides, that many at once; and over those that are left."""
        letter, (first, last) = self.letters[k], self._limits(k)
        whole = f"{last.at(7)} / {times} * {times}"
        return (
            f"for (int64_t {letter} = {first.at(6)}; {letter} < {whole}; {letter} += {times})",
            f"for (int64_t {letter} = {whole}; {letter} < {last.at(6)}; ++{letter})",
        )

    def _head(self, k: int) -> str:
        letter, (first, last) = self.letters[k], self._limits(k)
        return f"for (int64_t {letter} = {first.at(6)}; {letter} < {last.at(6)}; ++{letter})"

    def _around(self, statements: list[Statement], inside: int, pragma: str = "") -> list[Statement]:
        """Statements inside the loops below `inside`, the innermost under the pragma."""
        for k in range(inside - 1, -1, -1):
            statements = [*self.at[k], Block(self._head(k), statements, pragma), *self.after[k]]
            pragma = ""
        return statements

    def wrap(self, inner: list[Statement], pragma: str) -> list[Statement]:
        """The loops around given statements."""
        count = len(self.stage.extents)
        return self._around([*self.at[count], *inner], count, pragma)

    def _act(self, action: Action) -> tuple[Statement, str | None]:
        value = self.texts[action.value]
        count = len(self.stage.extents)
        element = self.scope.element(action.array, action.subscripts, self._size)
        scalar = not self.scope.arrays[action.array].shape
        if action.kind == "store":
            if scalar and not element.startswith("*"):
                kind = c_type(self.body[action.value].kind, self.writer.real)
                return Line(f"const {kind} {element} = {value.text};"), None
            return Line(f"{element} = {value.text};"), None
        if action.kind == "add":
            line = Line(f"{element} += {value.text};")
            outside = self._outside(action)
            return (Block(f"if ({' && '.join(outside)})", [line]) if outside else line), None
        suffix = count
        while suffix and suffix - 1 in action.reduced:
            suffix -= 1
        outermost = min(action.reduced)
        whole = outermost == suffix  # every reduced loop is inside every free one
        carried = _goes_on(self.stage, action, self.tile is not None)
        if outermost < suffix and not carried:
            self._reset_inside(action, outermost, element)
        if suffix == count:
            return Line(_combine(action.kind, element, value)), None
        if scalar and self.tile is None:
            return Line(_combine(action.kind, element, value)), element
        accumulator = self.writer.table.choose(
            f"{self.scope.name_of[action.array]}_sum"
            if action.kind in ("sum",)
            else f"{self.scope.name_of[action.array]}_{action.kind}"
        )
        if suffix > 0:
            self.local.append(accumulator)
        identity = self.scope._identity(action.kind)
        self.at[suffix].append(Line(f"{self.writer.real} {accumulator} = {identity};"))
        if whole and not carried:
            self.after[suffix].append(Line(f"{element} = {accumulator};"))
        elif action.array in self.scope.low_of:
            end = "" if self.writer.real == "double" else "_f"
            low = self.scope.low_of[action.array]
            self.after[suffix].append(Line(f"gradc_add{end}(&{element}, &{low}, {accumulator});"))
        else:
            self.after[suffix].append(Line(_combine(action.kind, element, Text(accumulator))))
        return Line(_combine(action.kind, accumulator, value)), accumulator

    def _outside(self, action: Action) -> list[str]:
        """What to test before a store that may fall outside its array, where it does nothing."""
        tests = []
        checked = self.scope is self.writer.scope and action.array in self.writer.inside
        for part, extent in zip(action.subscripts, self.scope.arrays[action.array].shape, strict=True):
            if not (checked and part.mentions("ref")) and not stays_inside(part, extent, self.extents, self.first):
                place = self._size(part).at(6)
                tests += [f"{place} >= 0", f"{place} < {self.writer.size_text(extent).at(6)}"]
        return tests

    def resets(self) -> list[Statement]:
        """What sets a tile's elements that are summed over all strips to their identity."""
        return [
            self._reset_below(action, -1, self.scope.element(action.array, action.subscripts, self._size))
            for action in self.stage.actions
            if self.stage.across in action.reduced and not _is_carried(self.stage, action, True)
        ]

    def _reset_inside(self, action: Action, outermost: int, element: str) -> None:
        self.at[outermost].append(self._reset_below(action, outermost, element))

    def _reset_below(self, action: Action, outermost: int, element: str) -> Statement:
        statement: Statement = Line(f"{element} = {self.scope._identity(action.kind)};")
        for k in range(len(self.stage.extents) - 1, outermost, -1):
            if k not in action.reduced:
                statement = Block(self._head(k), [statement])
        return statement

    def _spell_all(self) -> None:
        middle = self.extents, self.first
        for number in self.needed:
            equation = self.body[number]
            # What is outside of the innermost loop is there for its ends too.
            inside = self.level[number] == len(self.stage.extents)
            self.extents, self.first = middle if inside else (self.stage.extents, {})
            if self.ahead is not None and len(self.stage.extents) - 2 not in self.depends[number]:
                self.texts[number] = self.ahead[0].texts[number]  # the same for all the rows
                continue
            if self.middle is not None and number in self.middle.texts and self.level[number] < len(self.stage.extents):
                self.texts[number] = self.middle.texts[number]
                continue
            if not self.writer.precise:
                self.writer.ops.add(equation.op)
            text = self._access(equation) if equation.op == "access" else self._operation(equation)
            name = self.uses.get(number, 0) > 1 or number in self.named or len(text.text) > _LONGEST
            plain = equation.op in _PLAIN or (equation.op == "access" and not equation.data[1])
            if name and not plain:
                variable = self._variable(number)
                kind = c_type(equation.kind, self.writer.real)
                self.at[self.level[number]].append(Line(f"const {kind} {variable} = {text.text};"))
                text = Text(variable)
            self.texts[number] = text
        self.extents, self.first = middle

    def _variable(self, number: int) -> str:
        """A name for the value of an equation: ``X_ij`` for what is read, else ``v0``, ``v1``, …"""
        equation, table = self.body[number], self.writer.table
        outside = self.level[number] < len(self.stage.extents)
        hidden = self.middle.inner - table.taken if self.middle is not None and outside else set[str]()
        table.taken |= hidden
        if equation.op == "access":
            atoms = [part.atom for part in equation.data[1]]
            letters = [self.letters[atom[1]] if atom is not None and atom[0] == "index" else "" for atom in atoms]
            array = self.scope.name_of[equation.data[0]]
            wanted = f"{array}_{''.join(c for c in ''.join(letters) if c.isalnum()) or 'here'}"
        else:
            while f"v{self.counted}" in table.taken:
                self.counted += 1
            wanted = f"v{self.counted}"
        name = table.choose(wanted)
        table.taken -= hidden
        if not outside:
            self.inner.add(name)
        if self.level[number] > 0:
            self.local.append(name)
        return name

    def _operation(self, equation: Equation) -> Text:
        from gradc.calculus.primitives import PRIMITIVES

        entry = PRIMITIVES.get(equation.op)
        if entry is not None and entry.vector is not None and entry.reach is None and not self.writer.precise:
            self.writer.vectors.add(entry.vector)
        elif entry is not None and entry.special is not None:
            self.writer.specials.add(entry.special)
        if equation.op in ("maximum", "minimum") and self.body[equation.operands[0]].op == "constant":
            equation = equation._replace(operands=equation.operands[::-1])  # x against 0 reads better than 0 against x
        return spell(equation, self.texts.__getitem__, self._size, self.writer.real, self.writer.precise)

    def _access(self, equation: Equation) -> Text:
        number, subscripts = equation.data
        shape = self.scope.arrays[number].shape
        places, guards = [], []
        for part, extent in zip(subscripts, shape, strict=True):
            if part.mentions("ref") or stays_inside(part, extent, self.extents, self.first):
                places.append(part)
                continue
            # Only a value that a choice discards is read elsewhere: it is read at the nearest element instead.
            self.writer.helpers.add("clamp")
            clamped = f"gradc_clamp({self._size(part).text}, {self.writer.size_text(extent).text})"
            places.append(printed(clamped))
            if extent.constant is None and extent not in self.stage.extents:
                guards.append(f"{self.writer.size_text(extent).at(6)} > 0")
        text = self.scope.element(number, places, self._size)
        dtype = self.scope.arrays[number].dtype
        if equation.kind == INTEGER and dtype != "int64":
            text = f"(int64_t){text}"
        if dtype in ("float64", "float32") and _ctype_of(dtype) != self.writer.real:
            text = f"({self.writer.real}){text}"
        if guards:
            return Text(f"({' && '.join(guards)}) ? {text} : 0", 1)
        return Text(text, 8 if text.startswith("(") else 99)

    def _size(self, value: Size) -> Text:
        def is_natural(part: Size) -> bool:
            known = stays_natural(part, self.extents, self.first)
            if not known:
                self.writer.helpers.update(("quotient", "remainder"))
            return known

        return spell_size(value, self._atom, is_natural)

    def _atom(self, atom: Atom) -> str:
        if atom[0] == "index":
            return self.letters[atom[1]]
        if atom[0] == "ref":
            return self.texts[atom[1]].at(8)
        return self.writer.dim_atom(atom)


def _with_values(actions: Sequence[Action], values: Sequence[int]) -> tuple[Action, ...]:
    return tuple(action._replace(value=value) for action, value in zip(actions, values, strict=True))


def _combine(kind: str, target: str, value: Text) -> str:
    if kind == "sum":
        return f"{target} += {value.text};"
    if kind == "prod":
        return f"{target} *= {value.at(8)};"
    # It is the target that is asked for NaN: where the value is a choice, gcc would make a branch of the question.
    sign = ">=" if kind == "max" else "<="
    return f"{target} = ({target} {sign} {value.text} || {target} != {target}) ? {target} : {value.text};"


__all__ = ["ONE", "Function", "FunctionWriter", "Status"]
