"""Every invariant of a loop program, checked.

Each access is inside of its buffer for all sizes, each variable is defined once and before its use, nothing is stored
to what is only read, and no two iterations of a vector or parallel loop are in each other's way.

    check(program)          # nothing, or a VerifyError that lists the faults
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gradc.errors import VerifyError
from gradc.ir.equations import INTEGER, REAL
from gradc.ir.size import ONE, ZERO, Atom, Size, product
from gradc.loops.bounds import Bounds, Facts
from gradc.loops.program import (
    BYTES,
    COUNT,
    FLAG,
    INPUT,
    PARALLEL,
    READ,
    SERIAL,
    VECTOR,
    Add,
    Address,
    Alias,
    Apply,
    Array,
    Assign,
    Buffer,
    Call,
    Carve,
    Comment,
    Flag,
    For,
    If,
    Invoke,
    Item,
    Let,
    Load,
    Local,
    LoopProgram,
    Name,
    Null,
    Outside,
    Pause,
    Place,
    Return,
    Rounded,
    Scope,
    Share,
    Start,
    Statement,
    Team,
    Test,
    Value,
    Variable,
    View,
    Whole,
    call,
)
from gradc.loops.queries import in_size, parts_of, used_in, values_of, walk
from gradc.schedule.tiling import PARTS


def faults(program: LoopProgram, natural: Iterable[Size] = ()) -> list[str]:
    """What is wrong with a program, if anything; `natural` are sizes that the caller's check makes not negative."""
    return _Checker(program, natural).faults


def check(program: LoopProgram, natural: Iterable[Size] = ()) -> None:
    """Raise `VerifyError` for a program that has faults."""
    found = faults(program, natural)
    if found:
        raise VerifyError(f"the loops of {program.name}:\n" + "\n".join(found))


class _Guard(NamedTuple):
    """An index from data that was found inside of an axis before anything is computed, for all of some loops."""

    place: Size
    extent: Size
    ranges: Mapping[Name, tuple[Size, Size]]


class _Around(NamedTuple):
    """What is known and defined at a place."""

    facts: Facts
    kinds: Mapping[Name, str]  # of the variables
    buffers: frozenset[Name]
    values: Mapping[Name, Value]  # of variables that do not change
    loops: Mapping[Name, tuple[Size, Size]]


class _Checker:
    """One pass over a program; the only state is what was found, and what is written."""

    def __init__(self, program: LoopProgram, natural: Iterable[Size]) -> None:
        self.program, self.faults = program, list[str]()
        self.noted: dict[Name, list[_Guard]] = {}  # by the variable that says whether an index was outside
        self.guards: list[_Guard] = []  # those whose variable was asked
        self.written: set[Name] = {buffer.name for buffer in program.inputs}
        self.owners: dict[Name, Name] = {}  # for a view the buffer that it is a part of
        self.cuts = {cut.name: cut for cut in program.cuts}
        buffers = [*program.inputs, *program.outputs, *(scratch.buffer for scratch in program.scratch)]
        extents = [extent for buffer in buffers for extent in buffer.extents]
        facts = Facts().knowing([*natural, *dict.fromkeys(extents)])
        for extent in dict.fromkeys(extents):
            self._divided(extent, _Around(facts, {}, frozenset(), {}, {}))
        names = [buffer.name for buffer in buffers]
        if len(set(names)) != len(names):
            self._fault("two buffers have one name")
        around = _Around(facts, {}, frozenset(names), {}, {})
        self._body(program.body, around)
        for output in program.outputs:
            if output.name not in self.written:
                self._fault(f"{output.name} is never written")

    def _fault(self, message: str) -> None:
        if message not in self.faults:
            self.faults.append(message)

    # --- statements

    def _body(self, body: Sequence[Statement], around: _Around) -> None:
        for statement in body:
            around = self._statement(statement, around)

    def _statement(self, statement: Statement, around: _Around) -> _Around:
        """Check a statement; gives what is known behind it."""
        self._names(statement, around)
        for value in values_of(statement):
            self._value(value, around)
        match statement:
            case Let(name, kind, given):
                self._new(name, around)
                self._kind(kind, given, around, f"{name}")
                facts = around.facts
                if isinstance(given, Whole):
                    facts = facts.equal(name, given.value)
                elif isinstance(given, Apply) and given.op == "where_integer":
                    ways = [part.value for part in given.operands[1:] if isinstance(part, Whole)]
                    facts = facts.equal(name, call("either", *ways)) if len(ways) == 2 else facts
                return around._replace(
                    facts=facts, kinds={**around.kinds, name: kind}, values={**around.values, name: given}
                )
            case Variable(name, kind, start):
                self._new(name, around)
                if start is not None:
                    self._kind(kind, start, around, f"{name}")
                return around._replace(kinds={**around.kinds, name: kind})
            case Assign(target, sign, value):
                self._store(target, sign, around)
                kind = around.kinds.get(target, REAL) if isinstance(target, Name) else _kind_of(target.buffer)
                self._kind(kind, value, around, f"{target if isinstance(target, Name) else target.buffer.name}")
            case Add(total, low, _):
                self._store(total, "+=", around)
                self._store(low, "+=", around)
            case Rounded(total, _):
                self._store(total, "+=", around)
            case For():
                self._for(statement, around)
            case If():
                self._if(statement, around)
            case Scope(body):
                self._body(body, around)
            case Call():
                self._call(statement, around)
            case Alias(buffer, of, first):
                self._new(buffer.name, around)
                if not around.facts.is_inside(first, of.extents[0]):
                    self._fault(f"{buffer.name} is no row of {of.name}")
                if buffer.extents != of.extents[1:]:
                    self._fault(f"{buffer.name} has another shape than a row of {of.name}")
                if buffer.role != READ and of.role in (INPUT, READ):
                    self._fault(f"{buffer.name} could be written, and {of.name} not")
                self.owners[buffer.name] = of.name
                if buffer.role == READ:
                    self.written.add(buffer.name)
                return around._replace(buffers=around.buffers | {buffer.name})
            case Array(buffer):
                self._new(buffer.name, around)
                return around._replace(buffers=around.buffers | {buffer.name})
            case Share(name, _):
                self._new(name, around)
                return around._replace(kinds={**around.kinds, name: COUNT})
            case Carve():
                return self._carve(statement, around)
            case View(buffer, block, _, which, before):
                self._new(buffer.name, around)
                scratch = next((s for s in self.program.scratch if s.buffer == block), None)
                if scratch is None or before != scratch.views[: len(before)]:
                    self._fault(f"{buffer.name} is no view of {block.name}")
                elif len(before) >= len(scratch.views) or scratch.views[len(before)].extents != buffer.extents:
                    self._fault(f"{buffer.name} has another shape than what it is a view of")
                elif not around.facts.is_inside(which, scratch.times):
                    self._fault(f"{block.name} has no share {which}")
                self.written.add(buffer.name)
                return around._replace(buffers=around.buffers | {buffer.name})
            case Invoke(function, items):
                self._cut(function, items, (), around)
            case Team(function, parts, own, items):
                self._cut(function, (*own, *items), own, around, parts)
            case Flag(name, work):
                self._new(name, around)
                self._divided(work, around)
                return around._replace(kinds={**around.kinds, name: FLAG})
            case Pause(flag):
                if around.kinds.get(flag, FLAG) != FLAG:
                    self._fault(f"{flag} is no flag")
            case Comment() | Return():
                pass
        return around

    def _names(self, statement: Statement, around: _Around) -> None:
        for used in used_in(statement):
            if isinstance(used, str):
                if used not in self.program.dims:
                    self._fault(f"the dimension {used} is not there")
            elif isinstance(used, Buffer):
                if used.name not in around.buffers:
                    self._fault(f"the buffer {used.name} is not there")
            elif used not in around.kinds and not (isinstance(statement, For) and used == statement.name):
                self._fault(f"{used} is used before it is defined")

    def _new(self, name: Name, around: _Around) -> None:
        if name in around.kinds or name in around.buffers:
            self._fault(f"{name} is defined twice")

    def _for(self, loop: For, around: _Around) -> None:
        self._new(loop.name, around)
        for limit in (loop.first, loop.last, loop.step):
            self._divided(limit, around)
        step = loop.step.constant
        if step is not None and step <= 0:
            self._fault(f"the loop over {loop.name} has a step of {step}")
        if not around.facts.is_natural(loop.first):
            self._fault(f"the loop over {loop.name} begins at {loop.first}, which may be negative")
        facts = self._inside_loop(loop, around)
        if step is not None and step > 1:
            # The last iteration begins a step before the end, where the step divides the length.
            whole = loop.last.terms and all(c % step == 0 for _, c in (loop.last - loop.first).terms)
            if whole:
                bounds = Bounds((loop.first,), (loop.last - step,))
                facts = Facts({**facts.bounds, loop.name.number: bounds}, facts.natural)
        kinds = {**around.kinds, loop.name: INTEGER}
        if loop.thread is not None:
            kinds[loop.thread] = INTEGER
            facts = Facts({**facts.bounds, loop.thread.number: facts.bounds[loop.name.number]}, facts.natural)
        inner = around._replace(facts=facts, kinds=kinds, loops={**around.loops, loop.name: (loop.first, loop.last)})
        if loop.mode != SERIAL:
            self._independent(loop.body, loop.name, loop.mode, loop.reductions, facts)
        self._note_guards(loop.body, inner)
        self._body(loop.body, inner)

    def _inside_loop(self, loop: For, around: _Around) -> Facts:
        """What is known in the body of a loop, whose first and last iteration may be those of a middle."""
        facts = around.facts.within(loop.name, loop.first, loop.last)
        first, known = self._choice(loop.first, loop.last, around)
        lower, upper = [loop.first], [loop.last - 1]
        if first[:2] == ("call", "within") and around.facts.is_natural(first[4] - loop.last):
            # The range is empty where the beginning is set to its end; else it is not before either.
            lower += first[2:4]
        last = self._defined(loop.last, around)
        if last[:2] == ("call", "within") and last[3] == loop.first:
            upper += [last[2] - 1, last[4] - 1]
        # Where an iteration runs, what the end of the loop is not more than is not 0.
        longer = {"cut": last[2:3], "min": last[2:]}.get(str(last[1]), ()) if last[:1] == ("call",) else ()
        bounds = {**facts.bounds, loop.name.number: Bounds(tuple(lower), tuple(upper))}
        for left, right in known:  # what is not so: left < right
            atom = left.atom
            if atom is not None and atom[0] == "name" and atom[1] in bounds:
                old = bounds[atom[1]]
                bounds[atom[1]] = Bounds((*old.lower, right), old.upper)
            atom = right.atom
            if atom is not None and atom[0] == "name" and atom[1] in bounds:
                old = bounds[atom[1]]
                bounds[atom[1]] = Bounds(old.lower, (*old.upper, left - 1))
        known_sizes = [*(left - right for left, right in known), *(end - 1 for end in longer)]
        return Facts(bounds, (*facts.natural, *known_sizes))

    def _defined(self, value: Size, around: _Around) -> Atom:
        """What a size that is one variable is defined as, where that is one atom."""
        atom = value.atom
        if atom is not None and atom[0] == "name":
            defined = around.values.get(Name(atom[1], atom[2]))
            if isinstance(defined, Whole) and defined.value.atom is not None:
                return defined.value.atom
        return atom or ()

    def _choice(self, first: Size, last: Size, around: _Around) -> tuple[Atom, list[tuple[Size, Size]]]:
        """Where a loop begins that is empty under a condition, and what is natural where it is not: pairs of sizes."""
        atom = first.atom
        value = around.values.get(Name(atom[1], atom[2])) if atom is not None and atom[0] == "name" else None
        if not isinstance(value, Apply) or value.op != "where_integer":
            return self._defined(first, around), []
        condition, empty, begin = value.operands
        if not isinstance(empty, Whole) or not isinstance(begin, Whole):
            return (), []
        if not around.facts.is_natural(empty.value - last):
            return (), []
        known = []
        for part in parts_of(condition):
            if isinstance(part, Apply) and part.op in ("lt", "le"):
                left, right = part.operands
                if isinstance(left, Whole) and isinstance(right, Whole):
                    known.append((left.value, right.value + (1 if part.op == "le" else 0)))
        # Not (left < right) is right <= left, and not (left <= right) is right + 1 <= left.
        return begin.value.atom or (), known

    def _if(self, statement: If, around: _Around) -> None:
        known = []
        for test in statement.tests:
            if test.sign == ">=":
                known.append(test.left - test.right)
            elif test.sign == "<":
                known.append(test.right - test.left - 1)
        self._body(statement.body, around._replace(facts=around.facts.knowing(known)))
        self._body(statement.other, around)
        self._leave_if_outside(statement, around)

    def _leave_if_outside(self, statement: If, around: _Around) -> None:
        """Behind a test that ends the function where an index lies outside, it lies inside."""
        if len(statement.tests) != 1 or not statement.body or not isinstance(statement.body[-1], Return):
            return
        (test,) = statement.tests
        atom = test.left.atom
        if test.sign == "!=" and test.right == ZERO and atom is not None and atom[0] == "name":
            self.guards += self.noted.get(Name(atom[1], atom[2]), [])
        elif test.sign == ">=":  # with the test for what is negative before it
            self.guards.append(_Guard(_expanded(test.left, around), test.right, {}))

    def _carve(self, carve: Carve, around: _Around) -> _Around:
        scratch = next((s for s in self.program.scratch if s.buffer == carve.block), None)
        if scratch is None or [v.extents for v in scratch.views] != [v.extents for v in carve.views]:
            self._fault(f"what is carved from {carve.block.name} is not what it has room for")
        elif not around.facts.is_inside(carve.which, scratch.times):
            self._fault(f"{carve.block.name} has no share {carve.which}")
        self._new(carve.own, around)
        for view, other in zip(carve.views, carve.instead, strict=True):
            self._new(view.name, around)
            if other is not None and (other.extents != view.extents or other.type != view.type):
                self._fault(f"{view.name} has another shape than {other.name}")
            if other is not None:
                self.owners[view.name] = other.name
        return around._replace(buffers=around.buffers | {view.name for view in carve.views})

    def _cut(
        self, name: str, items: Sequence[Item], own: Sequence[Name], around: _Around, parts: Name | None = None
    ) -> None:
        """The body of a function that was cut off, as if it stood where it is called."""
        cut = self.cuts.get(name)
        if cut is None or tuple(items) != cut.items:
            self._fault(f"{name} is not called with what it takes")
            return
        for item, kind in zip(cut.items, cut.kinds, strict=True):
            if isinstance(item, Name) and item not in own and around.kinds.get(item) != kind:
                self._fault(f"{name} takes {item} as {kind}, and it is {around.kinds.get(item)}")
        facts, kinds = around.facts, dict(around.kinds)
        for number in own:
            assert parts is not None
            facts = facts.within(number, ZERO, parts.size)
            kinds[number] = INTEGER
        names = {item for item in items if isinstance(item, Name)}
        buffers = frozenset(item.name for item in items if isinstance(item, Buffer))
        inner = _Around(
            facts,
            {item: kind for item, kind in kinds.items() if item in names or item in own},
            buffers,
            around.values,
            around.loops,
        )
        if parts is not None:
            self._independent(cut.body, own[0], PARALLEL, (), around.facts)
        self._body(cut.body, inner)

    # --- stores and loads

    def _store(self, target: Name | Place, sign: str, around: _Around) -> None:
        if isinstance(target, Name):
            if target in around.values or target in around.loops:
                self._fault(f"{target} is assigned to, and does not change")
            return
        buffer = target.buffer
        if buffer.role in (INPUT, READ):
            self._fault(f"{buffer.name} is stored to, and is only to be read")
        if sign != "=":
            self._read(buffer)
        self._write(buffer)
        self._inside(buffer, target.place, target.flat, around)

    def _write(self, buffer: Buffer) -> None:
        name: Name | None = buffer.name
        while name is not None and name not in self.written:
            self.written.add(name)
            name = self.owners.get(name)

    def _read(self, buffer: Buffer) -> None:
        if buffer.name not in self.written and self.owners.get(buffer.name) not in self.written:
            self._fault(f"{buffer.name} is read before anything is written to it")

    def _value(self, value: Value, around: _Around) -> None:
        for part in parts_of(value):
            if isinstance(part, Load):
                self._read(part.buffer)
                known = around._replace(facts=around.facts.knowing(guard - 1 for guard in part.guards))
                self._inside(part.buffer, part.place, part.flat, known)
            elif isinstance(part, Whole):
                self._divided(part.value, around)

    def _divided(self, value: Size, around: _Around) -> None:
        for atom in value.atoms():
            if atom[0] in ("//", "%") and not around.facts.is_positive(atom[2]):
                self._fault(f"{value} is divided by {atom[2]}, which may be 0")

    def _inside(self, buffer: Buffer, place: Sequence[Size], flat: bool, around: _Around) -> None:
        extents = (product(buffer.extents),) if flat else buffer.extents
        if len(place) != len(extents):
            self._fault(f"{buffer.name} has {len(extents)} axes, and is read at {len(place)} indices")
            return
        for part, extent in zip(place, extents, strict=True):
            self._divided(part, around)
            if not around.facts.is_inside(part, extent) and not self._is_guarded(part, extent, around):
                self._fault(f"{buffer.name}: {part} may lie outside of an axis of length {extent}")

    # --- indices from data

    def _note_guards(self, body: Sequence[Statement], around: _Around) -> None:
        for statement in body:
            if isinstance(statement, Let):
                around = around._replace(values={**around.values, statement.name: statement.value})
            elif isinstance(statement, Assign) and isinstance(statement.value, Outside):
                outside = statement.value
                assert isinstance(statement.target, Name)
                guard = _Guard(_expanded(outside.place, around), outside.extent, dict(around.loops))
                self.noted.setdefault(statement.target, []).append(guard)

    def _is_guarded(self, place: Size, extent: Size, around: _Around) -> bool:
        """Whether an index was compared with its axis in the beginning, wherever it is read from now."""
        expanded = _expanded(place, around)
        natural = around.facts.is_natural
        for guard in self.guards:
            found: dict[Name, Size] = {}
            if guard.extent == extent and _matches(guard.place, expanded, guard.ranges, found):
                ranges = [(found[name], low, high) for name, (low, high) in guard.ranges.items() if name in found]
                if all(natural(at - low) and natural(high - 1 - at) for at, low, high in ranges):
                    return True
        return False

    # --- loops whose iterations may run at once

    def _independent(
        self,
        body: Sequence[Statement],
        name: Name,
        mode: str,
        reductions: Sequence[tuple[str, tuple[Name, ...]]],
        facts: Facts,
    ) -> None:
        """No two iterations change one variable or element, but for what the loop says that it combines."""
        combined = {variable: sign for sign, variables in reductions for variable in variables}
        own = set[Name]()
        stores: dict[Name, list[tuple[Size, ...]]] = {}
        loads: dict[Name, list[tuple[Size, ...]]] = {}
        inner: set[Name] = set()
        views: set[Name] = set()
        for statement in self._all(body):
            if isinstance(statement, (Let, Variable)):
                own.add(statement.name)
            elif isinstance(statement, For):
                inner.add(statement.name)
            elif isinstance(statement, Carve):
                views.update(view.name for view in statement.views)
            target = getattr(statement, "target", getattr(statement, "total", None))
            if isinstance(target, Name) and target not in own:
                sign = {"+=": "+", "*=": "*", "|=": "|"}.get(getattr(statement, "sign", ""))
                if target not in combined or combined[target] != sign:
                    self._fault(f"the iterations over {name} all change {target}")
            elif isinstance(target, Place):
                stores.setdefault(target.buffer.name, []).append(target.place)
            for value in values_of(statement):
                for part in parts_of(value):
                    if isinstance(part, Load):
                        loads.setdefault(part.buffer.name, []).append(part.place)
        if mode == PARALLEL:
            for buffer, places in stores.items():
                if buffer not in views and any(not _names_one(place, {name, *inner}) for place in places):
                    self._fault(f"the parts of {name} may store to one element of {buffer}")
            return
        for buffer, places in stores.items():
            for place in places:
                if not any(_moves(part, name, facts) and not _names_one([part], inner) for part in place):
                    self._fault(f"iterations over {name} may store to one element of {buffer}")
                others = [other for other in (*places, *loads.get(buffer, ())) if other != place]
                if any(not _differ(place, other, name) for other in others):
                    self._fault(f"iterations over {name} may meet in {buffer}")

    def _all(self, body: Sequence[Statement]) -> Iterable[Statement]:
        for statement in walk(body):
            yield statement
            if isinstance(statement, (Invoke, Team)) and statement.function in self.cuts:
                yield from self._all(self.cuts[statement.function].body)

    # --- calls

    def _call(self, call: Call, around: _Around) -> None:
        shapes = _REGIONS.get(call.routine)
        if shapes is None:
            self._whole(call)
            return
        target = call.arguments[_WRITTEN[call.routine]]
        if _WRITTEN[call.routine] not in shapes and isinstance(target, Start):
            self._write(target.buffer)
        for position, steps in shapes.items():
            start = call.arguments[position]
            if isinstance(start, Null):
                continue
            assert isinstance(start, Start)
            written = position == _WRITTEN[call.routine]
            if written and start.buffer.role in (INPUT, READ):
                self._fault(f"{call.routine} writes to {start.buffer.name}, which is only to be read")
            if written:
                carried = _CARRIED.get(call.routine)
                if carried is None or call.arguments[carried] != ZERO:
                    self._read(start.buffer) if call.routine not in ("transpose", "outer") else None
                self._write(start.buffer)
            else:
                self._read(start.buffer)
            flat, last = ZERO, ZERO
            for part, extent in zip(start.place, start.buffer.extents, strict=True):
                flat = flat * extent + part
            counts = []
            for factors, stride in steps:
                several = [_argument(call, factor) for factor in factors]
                counts += several
                last = last + (product(tuple(several)) - 1) * _argument(call, stride)
            # A routine with a count of 0 reads nothing.
            facts = around.facts.knowing(count - 1 for count in counts)
            if not facts.is_natural(flat) or not facts.is_natural(product(start.buffer.extents) - 1 - flat - last):
                self._fault(f"{call.routine} may leave {start.buffer.name}")
            for count in counts:
                if not around.facts.is_natural(count):
                    self._fault(f"{call.routine} is called for {count}, which may be negative")

    def _whole(self, call: Call) -> None:
        """A routine of linear algebra, which takes whole arrays, and at the end scratch."""
        starts = [a for a in call.arguments if isinstance(a, (Start, Address))]
        results = 2 if call.routine == "slogdet" else 1
        for argument in starts:
            if isinstance(argument, Address):
                continue
            buffer = argument.buffer
            if any(part != ZERO for part in argument.place):
                self._fault(f"{call.routine} takes {buffer.name} from its beginning")
            written = argument in starts[-2 - results :]
            if written and buffer.role in (INPUT, READ):
                self._fault(f"{call.routine} writes to {buffer.name}, which is only to be read")
            self._write(buffer) if written else self._read(buffer)
        order = starts[0]
        assert isinstance(order, Start)
        factors, pivots = starts[-2:]
        assert isinstance(factors, Start)
        assert isinstance(pivots, Start)
        n = order.buffer.extents[0]
        if factors.buffer.extents != (n, n) or pivots.buffer.extents != (n,) or pivots.buffer.type != "int64":
            self._fault(f"{call.routine} has not the scratch that it needs")

    # --- types

    def _kind(self, kind: str, value: Value, around: _Around, where: str) -> None:
        found = _kind_of_value(value, around)
        if found is not None and kind != found and not (kind == INTEGER and isinstance(value, Outside)):
            self._fault(f"{where} is {kind}, and its value {found}")


def _kind_of(buffer: Buffer) -> str:
    if buffer.type in ("real", "float64", "float32"):
        return REAL
    return "boolean" if buffer.type in ("int", "bool") else INTEGER


def _kind_of_value(value: Value, around: _Around) -> str | None:
    if isinstance(value, Load):
        return value.kind
    if isinstance(value, Whole):
        return INTEGER
    if isinstance(value, Local):
        return around.kinds.get(value.name)
    if isinstance(value, Apply):
        if value.op in ("lt", "le", "eq", "ne", "and", "or", "not"):
            return "boolean"
        return INTEGER if value.op in ("where_integer", "bit_and") else REAL
    if isinstance(value, Outside):
        return "boolean"
    return "boolean" if isinstance(value.value, bool) else REAL


def _expanded(place: Size, around: _Around) -> Size:
    """An index as what it is computed from: loops, and data that is read at such indices."""

    def of_size(value: Size) -> Size:
        return value.substitute(replace)

    def replace(atom: Atom) -> Size | None:
        if atom[0] != "name":
            return None
        value = around.values.get(Name(atom[1], atom[2]))
        if isinstance(value, Whole):
            return of_size(value.value)
        return None if value is None else Size((((("data", of_value(value)),), 1),))

    def of_value(value: Value) -> Any:
        if isinstance(value, Load):
            return ("load", value.buffer.name.number, *map(of_size, value.place))
        if isinstance(value, Whole):
            return of_size(value.value)
        if isinstance(value, Local):
            inner = around.values.get(value.name)
            return of_size(value.name.size) if inner is None else of_value(inner)
        if isinstance(value, Apply):
            return (value.op, *map(of_value, value.operands))
        return value

    return of_size(place)


def _matches(one: Any, other: Any, loops: Mapping[Name, Any], found: dict[Name, Size]) -> bool:
    """Whether an index is another one with other indices in the place of its loops; `found` says which."""
    if isinstance(one, Size) and isinstance(other, Size):
        name, more = _moved(one)
        if name is not None and name in loops:
            return found.setdefault(name, other - more) == other - more
        if len(one.terms) != len(other.terms):
            return False
        pairs = zip(one.terms, other.terms, strict=True)
        return all(a[1] == b[1] and _matches(a[0], b[0], loops, found) for a, b in pairs)
    if isinstance(one, tuple) and isinstance(other, tuple) and type(one) is type(other):
        if one[:1] == other[:1] == ("name",) and Name(*one[1:]) in loops:
            value = Name(*other[1:]).size
            return found.setdefault(Name(*one[1:]), value) == value
        return len(one) == len(other) and all(_matches(a, b, loops, found) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def _moved(value: Size) -> tuple[Name | None, Size]:
    """A variable and a number, where a size is their sum."""
    atoms = [monomial[0] for monomial, c in value.terms if c == 1 and len(monomial) == 1]
    atom = atoms[0] if len(atoms) == 1 else None
    if atom is None or atom[0] != "name":
        return None, value
    name = Name(atom[1], atom[2])
    return (name, value - name.size) if (value - name.size).constant is not None else (None, value)


def _moves(part: Size, name: Name, facts: Facts) -> bool:
    """Whether an index is another one in each iteration: linear in the variable, with a factor that is not 0."""
    atom = ("name", name.number, name.hint)
    factors = [m for m, _ in part.terms if atom in m]
    inside = [a for a in part.atoms() if a == atom]
    if len(factors) != 1 or len(inside) != 1:
        return False
    others = tuple(a for a in factors[0] if a != atom)
    return len(others) == len(factors[0]) - 1 and facts.is_natural(Size(((others, 1),)) - 1)


def _names_one(place: Sequence[Size], names: set[Name]) -> bool:
    return any(isinstance(item, Name) and item in names for part in place for item in in_size(part))


def _differ(one: Sequence[Size], other: Sequence[Size], name: Name) -> bool:
    """Whether two places are never one in different iterations: an axis without the loop tells them apart."""
    if len(one) != len(other):
        return False
    atom = ("name", name.number, name.hint)
    for a, b in zip(one, other, strict=True):
        difference = (a - b).constant
        if difference and atom not in a.atoms():
            return True
    return False


def _argument(call: Call, which: int | None) -> Size:
    if which is None:
        return ONE
    found = call.arguments[which]
    assert isinstance(found, Size)
    return found


# For each routine, by the position of an array among its arguments: along what it is touched, each by how many and how
# far apart, as positions of arguments; how many are a product, and None is 1.
_REGIONS: dict[str, dict[int, tuple[tuple[tuple[int, ...], int | None], ...]]] = {
    "product": {
        3: (((0,), 4), ((2,), 5)),
        6: (((2,), 7), ((1,), 8)),
        9: (((2,), 10),),
        11: (((0,), 12), ((1,), 13)),
    },
    "dots": {2: (((0,), 3), ((1,), None)), 4: (((1,), None),), 5: (((0,), 6),)},
    "combine": {2: (((0,), 3), ((1,), None)), 4: (((0,), 5),), 6: (((1,), None),)},
    "transpose": {2: (((0,), 3), ((1,), None)), 4: (((1,), 5), ((0,), None))},
    "outer": {3: (((0,), 4), ((1,), 5)), 6: (((0,), 7), ((2,), None)), 8: (((0, 1, 2), None),)},
    "quarter": {
        3: (((2,), 4), ((1,), 5)),
        6: (((2,), 7), ((0,), 8)),
        9: (((2,), 10),),
        11: (((2,), 12), ((0,), 13)),
        14: (((0, 0, 1, 1), None),),
    },
}
_WRITTEN = {"product": 11, "dots": 5, "combine": 6, "transpose": 4, "outer": 8, "quarter": 14}
_CARRIED = {"product": 14, "dots": 7, "quarter": 15}

__all__ = ["BYTES", "PARTS", "VECTOR", "Test", "check", "faults"]
