"""Spell a loop program as C: names become words here, and nowhere else; nothing is decided.

for i#1 in 0 .. n  vector(+: total#2)            GRADC_SIMD(reduction(+:total))
total#2 += (x[i#1] * x[i#1])         ->      for (int64_t i = 0; i < n; ++i) {
total += x[i] * x[i];
}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from gradc.calculus.primitives import PRIMITIVES
from gradc.emit.expressions import Text, c_type, spell_bound, spell_constant, spell_operation
from gradc.emit.names import NameTable
from gradc.emit.statements import Block, Line, Statement, render_lines
from gradc.emit.statements import Comment as CommentLine
from gradc.ir.equations import INTEGER
from gradc.ir.size import ONE, ZERO, Atom, Size, product
from gradc.loops import program as loops
from gradc.loops.program import (
    BYTES,
    COUNT,
    FLAG,
    INPUT,
    NEAR,
    REACH,
    READ,
    VECTOR,
    Buffer,
    Cut,
    Item,
    LoopProgram,
    Name,
    Place,
    Status,
    Value,
)
from gradc.loops.queries import used_in, walk
from gradc.schedule.tiling import PARTS

C_TYPES = {"bool": "uint8_t"} | {f"{u}int{b}": f"{u}int{b}_t" for u in ("", "u") for b in (8, 16, 32, 64)}
_WIDEST = 8  # bytes of the widest number


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
    spare: tuple[str, ...] = ()  # dimensions that the bytes of scratch do not depend on
    record: str = ""  # what the parameter is called by which all arguments come, where they come in a struct


class Piece(NamedTuple):
    """A function of its own: its name, its parameters and its lines."""

    name: str
    parameters: tuple[str, ...]
    lines: tuple[str, ...]
    head: tuple[str, ...] = ()  # what stands before it


class Used:
    """What the C of a function needs around it."""

    def __init__(self) -> None:
        self.specials: set[str] = set()
        self.vectors: set[str] = set()
        self.routines: set[str] = set()
        self.helpers: set[str] = set()
        self.ops: set[str] = set()
        self.parallel = False


def print_function(program: LoopProgram, real: str, precise: bool = False, record: bool = False) -> Function:
    """The C of a loop program, for numbers of the type `real`; `precise` asks for libm's functions.

    With `record` all arguments come in a struct, by which many of them are read as quickly as a few, and compiled.
    """
    used = Used()
    pieces = tuple(_Printer(program, real, precise, used, record).cut(cut) for cut in program.cuts)
    return _Printer(program, real, precise, used, record).function(pieces)


class _Printer:
    """Prints one function of C; the only state is what it has named and what it has used."""

    def __init__(self, program: LoopProgram, real: str, precise: bool, used: Used, record: bool) -> None:
        self.program, self.real, self.precise, self.used = program, real, precise, used
        self.suffix = "" if real == "double" else "_f"
        self.table = NameTable([program.name], apart=f"{program.name}_")
        self.dims: dict[str, str] = {}
        self.words: dict[int, str] = {}
        self.counted = 0
        self.flag: Name | None = None
        self.gives_status = True  # and not nothing, as a function that was cut off
        self.record = self.table.choose("arguments") if record else ""
        self.inputs: list[tuple[str, str]] = []
        self.outputs: list[tuple[str, str]] = []
        if record:
            self._arguments()

    # --- names

    def name(self, name: Name) -> str:
        """The word for a variable or a buffer that is defined."""
        return self.words[name.number]

    def define(self, name: Name) -> str:
        """A word for what is defined here, free in all that is around."""
        if name.hint == "v":
            while f"v{self.counted}" in self.table.taken:
                self.counted += 1
            word = self.table.choose(f"v{self.counted}")
        else:
            word = self.table.choose(name.hint)
        self.words[name.number] = word
        return word

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Words that are defined within are free again behind it."""
        taken, counted = set(self.table.taken), self.counted
        yield
        self.table.taken, self.counted = taken, counted

    # --- functions

    def function(self, pieces: tuple[Piece, ...]) -> Function:
        """The whole function."""
        program = self.program
        if not self.record:
            self._arguments()
        for scratch in program.scratch:
            self.define(scratch.buffer.name)
        head = [Line(f"(void){word};") for word in self._unused()]
        sizes = [self._bytes_of(scratch) for scratch in program.scratch]
        if program.scratch:
            head.append(Line("unsigned char *scratch = work;"))
            for k, (scratch, bytes_) in enumerate(zip(program.scratch, sizes, strict=True)):
                word = self.name(scratch.buffer.name)
                head.append(Line(f"{self.type_of(scratch.buffer)} *const {word} = (void *)scratch;"))
                if k + 1 < len(sizes):
                    head.append(Line(f"scratch += {bytes_};"))
        else:
            head.append(Line("(void)work;"))
        statements = [*head, *self.statements(program.body)]
        used = self.used
        return Function(
            program.name,
            tuple(word.removeprefix(self._within) for word in self.dims.values()),
            tuple(self.inputs),
            tuple(self.outputs),
            " + ".join(sizes) or "0",
            self._most(),
            tuple(render_lines(statements, 1)),
            program.statuses,
            tuple(sorted(used.specials)),
            tuple(sorted(used.vectors)),
            tuple(sorted(used.routines)),
            tuple(sorted(used.helpers)),
            tuple(sorted(used.ops)),
            used.parallel,
            pieces,
            self._spare(program.dims, program.scratch),
            self.record,
        )

    @property
    def _within(self) -> str:
        """What stands before an argument: nothing, or where the struct is that it comes in."""
        return f"{self.record}->" if self.record else ""

    def _arguments(self) -> None:
        """Name the dimensions, inputs and outputs."""
        program, within = self.program, self._within
        self.dims = {dim: within + self.table.choose(dim) for dim in program.dims}
        for buffers, declared in ((program.inputs, self.inputs), (program.outputs, self.outputs)):
            for buffer in buffers:
                self.define(buffer.name)
                declared.append((self.declaration(buffer), self.name(buffer.name)))
                self.words[buffer.name.number] = within + self.name(buffer.name)

    def _spare(self, dims: Iterable[str], scratch: Sequence[loops.Scratch]) -> tuple[str, ...]:
        """What the function that gives the bytes of scratch does not read of its parameters."""
        spare = tuple(self.dims[dim] for dim in dims if not _depends(scratch, dim))
        if not self.record:
            return spare
        return (self.record,) if len(spare) == len(self.dims) else ()

    def _unused(self) -> list[str]:
        program = self.program
        if self.record:
            return []
        named = {used for statement in walk(program.body) for used in used_in(statement)}
        inside = program.scratch[:-1]  # of the last, no bytes are added to where scratch begins
        words = [word for dim, word in self.dims.items() if dim not in named and not _depends(inside, dim)]
        inputs = {used.name for used in named if isinstance(used, Buffer)}
        return words + [self.name(buffer.name) for buffer in program.inputs if buffer.name not in inputs]

    def cut(self, cut: Cut) -> Piece:
        """A function that was cut off; the rows of a parallel loop take what they need in a struct."""
        self.gives_status = False
        team = next((s for s in self.program.body if isinstance(s, loops.Team) and s.function == cut.name), None)
        if team is not None:
            return self._rows(cut, len(team.own))
        parameters = tuple("".join(parameter) for parameter in self._parameters(cut.items, cut.kinds))
        return Piece(cut.name, parameters, tuple(render_lines(self.statements(cut.body), 1)))

    def _rows(self, cut: Cut, own: int) -> Piece:
        """What a team calls for each part."""
        context, given = self.table.choose("context"), self.table.choose("given")
        numbers = [self.define(item) for item in cut.items[:own] if isinstance(item, Name)]
        head: list[Statement] = []
        if own == 1:
            numbers.append(self.table.choose("thread"))
            head.append(Line(f"(void){numbers[-1]};"))
        fields = self._parameters(cut.items[own:], cut.kinds[own:])
        head.append(Line(f"const struct {cut.name} *const {given} = {context};"))
        for type_, word in fields:
            constant = f"{type_}const " if "*" in type_ else f"const {type_}"
            head.append(Line(f"{constant}{word} = {given}->{word};"))
        members = [f"    {type_.replace('restrict ', '')}{word};" for type_, word in fields]
        record = [f"struct {cut.name} {{", *members, "};", ""]
        lines = render_lines([*head, *self.statements(cut.body)], 1)
        parameters = (f"const void *{context}", *(f"int64_t {word}" for word in numbers))
        return Piece(cut.name, parameters, tuple(lines), tuple(record))

    def _parameters(self, items: Sequence[Item], kinds: Sequence[str]) -> list[tuple[str, str]]:
        """What a function that was cut off takes, each defined: type and word, which stand side by side in C."""
        found = []
        for item, kind in zip(items, kinds, strict=True):
            if self._recorded(item):
                continue
            if isinstance(item, str):
                self.dims[item] = self.table.choose(item)
                found.append(("int64_t ", self.dims[item]))
            elif isinstance(item, Name):
                type_ = self.kind(kind)
                found.append((type_ if type_.endswith("*") else f"{type_} ", self.define(item)))
            else:
                self.define(item.name)
                found.append((self.declared_type(item), self.name(item.name)))
        if any(map(self._recorded, items)):
            found.append((record_type(self.program.name), self.record))
        return found

    # --- types

    def kind(self, kind: str) -> str:
        """The C type of a variable."""
        known = {COUNT: "size_t", FLAG: "const volatile int *"}
        return known.get(kind) or c_type(kind, self.real)

    def type_of(self, buffer: Buffer) -> str:
        """The C type of a buffer's elements."""
        known = {"real": self.real, "float64": "double", "float32": "float", "int": "int", BYTES: "unsigned char"}
        return known.get(buffer.type) or C_TYPES[buffer.type]

    def declaration(self, buffer: Buffer) -> str:
        """A buffer as a parameter."""
        return self.declared_type(buffer) + self.name(buffer.name)

    def declared_type(self, buffer: Buffer) -> str:
        """What stands before the name of a buffer that is a parameter."""
        type_ = self.type_of(buffer)
        if buffer.role == INPUT and not buffer.extents:
            return f"{type_} "
        constant = "const " if buffer.role in (INPUT, READ) else ""
        return f"{constant}{type_} *restrict "

    def _recorded(self, item: Item) -> bool:
        """Whether an item comes in the struct of all arguments."""
        return bool(self.record) and (
            isinstance(item, str) or item in self.program.inputs or item in self.program.outputs
        )

    def _words(self, items: Sequence[Item]) -> list[str]:
        """What a function that was cut off is given for its items."""
        words = [self._item(item) for item in items if not self._recorded(item)]
        return [*words, self.record] if any(map(self._recorded, items)) else words

    def _item(self, item: Item) -> str:
        return self.dims[item] if isinstance(item, str) else self.name(item.name if isinstance(item, Buffer) else item)

    # --- integers

    def size(self, value: Size) -> Text:
        """An index, or a count."""
        if value.atom is not None:
            return self._atom(value.atom)
        if value.constant is not None:
            return Text(str(value.constant), 99 if value.constant >= 0 else 8)
        text = ""
        for monomial, coefficient in sorted(value.terms, key=lambda term: term[1] < 0):
            factors = [self._atom(atom).at(8) for atom in monomial]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            joined = "*".join(factors)
            sign = "-" if coefficient < 0 else ""
            text = f"{sign}{joined}" if not text else f"{text} {sign or '+'} {joined}"
        single = len(value.terms) == 1 and value.terms[0][1] > 0
        return Text(text, 7 if single else 6)

    def _atom(self, atom: Atom) -> Text:
        if atom[0] == "dim":
            return Text(self.dims[atom[1]])
        if atom[0] == "name":
            return Text(self.words[atom[1]])
        if atom[0] in ("//", "%"):
            top, bottom = self.size(atom[1]), self.size(atom[2])
            return Text(f"({top.at(7)} {atom[0][0]} {bottom.at(8)})")
        function, parts = atom[1], [self.size(part) for part in atom[2:]]
        if function in ("min", "max"):
            one, other = (part.at(6) for part in parts)
            return Text(f"{one} {'<' if function == 'min' else '>'} {other} ? {one} : {other}", 1)
        self.used.helpers.add("parts" if function == "cut" else str(function))
        if function == "rows":
            return Text(f"gradc_rows({parts[0].text}, sizeof({self.real}))")
        return Text(f"gradc_{function}({', '.join(part.text for part in parts)})")

    def _flat(self, places: Sequence[Size], extents: Sequence[Size]) -> Text:
        """The place of an element in an array that is dense in C order: ``(i*d + j)*k + l``."""
        flat: Text | None = None
        for place, extent in zip(places, extents, strict=True):
            if flat is not None and extent != ONE:
                flat = Text(f"{flat.at(7)}*{self.size(extent).at(8)}", 7)
            if place != ZERO:
                more = self.size(place)
                more = more if more.level >= 6 else Text(more.at(6))
                joined = f" - {more.text[1:]}" if more.text.startswith("-") else f" + {more.text}"
                flat = more if flat is None else Text(flat.text + joined, 6)
        return flat or Text("0")

    def element(self, buffer: Buffer, place: Sequence[Size], flat: bool) -> str:
        """The C of an element."""
        word = self.name(buffer.name)
        if not buffer.extents and not place:
            return word if buffer.role == INPUT else f"*{word}"
        extents = [product(buffer.extents)] if flat else buffer.extents
        return f"{word}[{self._flat(place, extents).text}]"

    def _bytes(self, buffer: Buffer) -> str:
        self.used.helpers.add("bytes")
        return f"gradc_bytes({self.size(product(buffer.extents)).text}, sizeof({self.type_of(buffer)}))"

    def _most(self) -> str:
        """A bound on the bytes of all scratch."""
        total = ZERO
        for scratch in self.program.scratch:
            for buffer in scratch.views or (scratch.buffer,):
                # Strips are not wider than their axis.
                extents = (e.substitute(lambda a: a[2] if a[:2] == ("call", "width") else None) for e in buffer.extents)
                total = total + product(tuple(extents)).bound() * (_WIDEST * (PARTS if scratch.views else 1))
        return "" if total.constant is not None else spell_bound(total, lambda atom: self.dims[atom[1]]).at(6)

    def _bytes_of(self, scratch: loops.Scratch) -> str:
        if not scratch.views:
            return self._bytes(scratch.buffer)
        one = " + ".join(map(self._bytes, scratch.views))
        return f"(size_t){self.size(scratch.times).at(8)} * {one if len(scratch.views) == 1 else f'({one})'}"

    # --- expressions

    def value(self, value: Value) -> Text:
        """An expression."""
        if isinstance(value, loops.Constant):
            return spell_constant(value.value, self.real)
        if isinstance(value, loops.Whole):
            return self.size(value.value)
        if isinstance(value, loops.Local):
            return Text(self.name(value.name))
        if isinstance(value, loops.Load):
            return self._load(value)
        if isinstance(value, loops.Outside):
            place, extent = self.size(value.place).at(6), self.size(value.extent).at(6)
            return Text(f"({place} < 0) | ({place} >= {extent})", 1)
        return self._apply(value)

    def _load(self, value: loops.Load) -> Text:
        text = self.element(value.buffer, value.place, value.flat)
        dtype = value.buffer.type
        if value.kind == INTEGER and dtype != "int64":
            text = f"(int64_t){text}"
        if dtype in ("float64", "float32") and self.type_of(value.buffer) != self.real:
            text = f"({self.real}){text}"
        if value.guards:
            tests = " && ".join(f"{self.size(guard).at(6)} > 0" for guard in value.guards)
            return Text(f"({tests}) ? {text} : 0", 1)
        return Text(text, 8 if text.startswith(("(", "*")) else 99)

    def _apply(self, value: loops.Apply) -> Text:
        operands = [self.value(operand) for operand in value.operands]
        entry = PRIMITIVES.get(value.op)
        end = "" if self.real == "double" else "f"
        if not self.precise:
            self.used.ops.add(value.op)
        if value.form in (NEAR, REACH):
            assert entry is not None
            function = entry.vector if value.form == NEAR else entry.reach
            assert function is not None
            self.used.vectors.add(function)
            return Text(f"gradc_{function}{end}({', '.join(operand.at(1) for operand in operands)})")
        if entry is not None and entry.vector is not None and entry.reach is None and not self.precise:
            self.used.vectors.add(entry.vector)
        elif entry is not None and entry.special is not None:
            self.used.specials.add(entry.special)
        return spell_operation(value.op, operands, self.real, self.precise)

    # --- statements

    def statements(self, body: Iterable[loops.Statement]) -> list[Statement]:
        """Statements in a scope that is open."""
        return [line for statement in body for line in self.statement(statement)]

    def inside(self, body: Iterable[loops.Statement]) -> list[Statement]:
        """Statements in a scope of their own."""
        with self.scope():
            return self.statements(body)

    def statement(self, statement: loops.Statement) -> list[Statement]:
        """The lines of one statement."""
        match statement:
            case loops.Comment(text):
                return [CommentLine(text)]
            case loops.Let(name, kind, value):
                text = self.value(value).text
                return [Line(f"const {self.kind(kind)} {self.define(name)} = {text};")]
            case loops.Variable(name, kind, start):
                text = "" if start is None else f" = {self.value(start).text}"
                return [Line(f"{self.kind(kind)} {self.define(name)}{text};")]
            case loops.Assign(target, sign, value):
                return [Line(self._assign(self._target(target), sign, self.value(value)))]
            case loops.For():
                return [self._for(statement)]
            case loops.If():
                return self._if(statement)
            case loops.Scope(body):
                return [Block("", self.inside(body))]
            case loops.Return(status):
                return [self._leave(str(status))]
            case loops.Flag(flag, work):
                self.used.helpers.add("stop")
                self.flag = flag
                bound = spell_bound(work, lambda atom: self.dims[atom[1]]).text
                return [Line(f"{self.kind(FLAG)}const {self.define(flag)} = gradc_flag({bound});")]
            case loops.Pause(flag):
                leave = self._leave("GRADC_STOPPED") if self.gives_status else Line("return;")
                return [Block(f"if (gradc_stopped({self.name(flag)}))", [leave])]
            case loops.Add(total, low, term):
                self.used.routines.add("compensated")
                parts = f"&{self._target(total)}, &{self.name(low)}, {self.name(term)}".replace("&*", "")
                return [Line(f"gradc_add{self.suffix}({parts});")]
            case loops.Rounded(total, low):
                word = self._target(total)
                return [Line(f"{word} = gradc_rounded{self.suffix}({word}, {self.name(low)});")]
            case loops.Call():
                return self._call(statement)
            case loops.Alias(buffer, of, first):
                return [self._alias(buffer, of, first)]
            case loops.Array(buffer):
                return [Line(f"{self.type_of(buffer)} {self.define(buffer.name)}[GRADC_PARTS];")]
            case loops.Share(name, views):
                text = " + ".join(map(self._bytes, views))
                return [Line(f"const size_t {self.define(name)} = {text};")]
            case loops.Carve():
                return self._carve(statement)
            case loops.View(buffer, block, each, which, before):
                place = f"{self.name(block.name)} + (size_t){self.size(which).at(8)} * {self.name(each)}"
                place += "".join(f" + {self._bytes(other)}" for other in before)
                type_ = self.type_of(buffer)
                return [Line(f"const {type_} *const {self.define(buffer.name)} = (void *)({place});")]
            case loops.Invoke(function, items):
                return [Line(f"{function}({', '.join(self._words(items))});")]
            case loops.Team():
                return self._team(statement)
        raise AssertionError(f"no C for {statement}")

    def _target(self, target: Name | Place) -> str:
        return self.name(target) if isinstance(target, Name) else self.element(*target)

    def _assign(self, target: str, sign: str, value: Text) -> str:
        if sign == "*=":
            return f"{target} *= {value.at(8)};"
        if sign not in ("max", "min"):
            return f"{target} {sign} {value.text};"
        # It is the target that is asked for NaN: where the value is a choice, gcc would make a branch of the question.
        order = ">=" if sign == "max" else "<="
        return f"{target} = ({target} {order} {value.text} || {target} != {target}) ? {target} : {value.text};"

    def _for(self, loop: loops.For) -> Statement:
        first, last = self.size(loop.first).at(6), self.size(loop.last).at(6)
        step = self.size(loop.step)
        pragma = ""
        if loop.mode == VECTOR:
            clauses = [f"reduction({sign}:{', '.join(map(self.name, names))})" for sign, names in loop.reductions]
            pragma = f"GRADC_SIMD({' '.join(clauses)})"
        with self.scope():
            word = self.define(loop.name)
            more = f"++{word}" if loop.step == ONE else f"{word} += {step.text}"
            return Block(f"for (int64_t {word} = {first}; {word} < {last}; {more})", self.statements(loop.body), pragma)

    def _if(self, statement: loops.If) -> list[Statement]:
        tests = [f"{self.size(t.left).at(6)} {t.sign} {self.size(t.right).at(6)}" for t in statement.tests]
        if statement.when:
            self.used.helpers.add("near")
        if statement.zero is not None:
            tests.append(f"{self.name(statement.zero)} == {spell_constant(0.0, self.real).text}")
        tests = [*([statement.when] if statement.when else []), *tests]
        found: list[Statement] = [Block(f"if ({' && '.join(tests)})", self.inside(statement.body))]
        if statement.other:
            found.append(Block("else", self.inside(statement.other)))
        return found

    def _call(self, call: loops.Call) -> list[Statement]:
        self.used.routines.add(call.routine)
        arguments = []
        for argument in call.arguments:
            match argument:
                case loops.Null():
                    arguments.append("NULL")
                case loops.Address(name):
                    arguments.append(f"&{self.name(name)}")
                case loops.Start(buffer, place):
                    element = self.element(buffer, place, False)
                    at = element.removesuffix("[0]") if element.endswith("[0]") else f"&{element}"
                    arguments.append(at.removeprefix("&*"))
                case _:
                    arguments.append(self.size(argument).text)
        if call.whole:
            arguments.append("NULL" if call.flag is None else self.name(call.flag))
        function = f"gradc_{call.routine}{self.suffix}({', '.join(arguments)})"
        if not call.failure:
            return [Line(f"{function};")]
        failure = str(call.failure)
        if call.flag is not None:
            failure = f"gradc_stopped({self.name(call.flag)}) ? GRADC_STOPPED : {failure}"
        return [Block(f"if ({function} != 0)", [self._leave(failure)])]

    def _leave(self, status: str) -> Line:
        """The end of the function, which gives its caller's flag back."""
        return Line(
            f"return {status};" if self.flag is None else f"return gradc_ended({self.name(self.flag)}, {status});"
        )

    def _alias(self, buffer: Buffer, of: Buffer, first: Size) -> Statement:
        count = self.size(product(of.extents[1:])).at(8)
        place = f"{self.name(of.name)} + {self.size(first).at(7)} * {count}"
        constant = "const " if buffer.role == READ else ""
        return Line(f"{constant}{self.type_of(buffer)} *const {self.define(buffer.name)} = {place};")

    def _carve(self, carve: loops.Carve) -> list[Statement]:
        block, each, which = self.name(carve.block.name), self.name(carve.each), self.size(carve.which).at(8)
        own = self.define(carve.own)
        found: list[Statement] = [Line(f"unsigned char *{own} = {block} + (size_t){which} * {each};")]
        for k, (view, other) in enumerate(zip(carve.views, carve.instead, strict=True)):
            start = f"(void *){own}"
            if other is not None:
                start = f"{which} == 0 ? {self.name(other.name)} : {start}"
            found.append(Line(f"{self.type_of(view)} *const {self.define(view.name)} = {start};"))
            if k + 1 < len(carve.views):
                found.append(Line(f"{own} += {self._bytes(view)};"))
        return found

    def _team(self, team: loops.Team) -> list[Statement]:
        self.used.parallel = True
        self.used.helpers.add("parts")
        parts = self.name(team.parts)
        words = self._words(team.arguments)
        with self.scope():
            given = self.table.choose("given")
        lines: list[Statement] = [
            Line(f"const struct {team.function} {given} = {{{', '.join(words)}}};"),
            Block(f"if ({parts} > 1)", [Line(f"gradc_run({parts}, {team.function}, &{given});")]),
            Block("else", [Line(f"{team.function}(&{given}, 0, 0);")]),
        ]
        return [Block("", lines)]


def record_parameter(function: str, word: str) -> str:
    """The parameter of a function by which all its arguments come."""
    return record_type(function) + word


def record_type(function: str) -> str:
    """What stands before the name of that parameter."""
    return f"const struct {function}_arguments *restrict "


def _depends(scratch: Sequence[loops.Scratch], dim: str) -> bool:
    """Whether the bytes of some scratch depend on a dimension."""
    sizes = [s.times for s in scratch] + [e for s in scratch for b in (s.buffer, *s.views) for e in b.extents]
    return any(atom == ("dim", dim) for value in sizes for atom in value.atoms())
