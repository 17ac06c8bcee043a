"""One loop nest: each equation at the outermost loop that has all it needs, and the actions in the innermost.

s[i:n] = sum[j:d](X[i, j] * w[j])      ->      for i#1 in 0 .. n
var s_sum#3: real = 0.0
for j#2 in 0 .. d  vector(+: s_sum#3)
s_sum#3 += (X[i#1, j#2] * w[j#2])
s[i#1] = s_sum#3
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from gradc.ir.divisors import is_positive
from gradc.ir.equations import INTEGER, REAL, Equation, index_dependencies, needed_by, references
from gradc.ir.printer import index_names
from gradc.ir.ranges import stays_inside
from gradc.ir.size import ONE, ZERO, Atom, Size, size
from gradc.loops.homes import Clauses, Homes, Limits, Target, hint_of, identity, loops_around, sign_of
from gradc.loops.program import (
    SERIAL,
    VECTOR,
    Add,
    Apply,
    Argument,
    Assign,
    Call,
    Constant,
    For,
    If,
    Let,
    Local,
    Name,
    Null,
    Scope,
    Start,
    Statement,
    Test,
    Value,
    Variable,
    Whole,
    call,
)
from gradc.loops.queries import holds_dear, length, needs_names
from gradc.schedule.order import vectorises
from gradc.schedule.plan import (
    Action,
    Ends,
    OuterProduct,
    Product,
    QuarterProduct,
    Stage,
    StageCall,
    Transposition,
)
from gradc.schedule.tiling import goes_on, is_carried

_LONGEST = 88  # an expression of more characters than this is given a name
_PLAIN = frozenset({"constant", "integer"})
_Read: TypeAlias = tuple[int, tuple[Size, ...]]  # an array, and the subscripts that it is read at


class StageBuilder:
    """One loop nest: each equation at the outermost loop that has all it needs."""

    def __init__(
        self,
        homes: Homes,
        stage: Stage,
        tile: Limits | None,
        extra: Sequence[int],
        strip: Limits | None = None,
        ahead: tuple[StageBuilder, int] | None = None,
        middle: StageBuilder | None = None,
    ) -> None:
        # `ahead` makes a copy of another builder's innermost two loops, some iterations of the outer one further on.
        # `middle` has the innermost loop's middle: this one then builds the ends, and what they need outside of it.
        ends, stage = stage.ends, stage._replace(ends=None)
        self.homes, self.tile, self.strip, self.state = homes, tile, strip, homes.state
        self.ahead, self.middle, self.whole = ahead, middle, stage
        self.extents, self.first, self.ends = stage.extents, dict[int, int](), ends
        if ends is not None:
            stage = stage._replace(actions=_with_values(stage.actions, ends.middle))
            self.extents = tuple(extent - cut for extent, cut in zip(stage.extents, ends.last, strict=True))
            self.first = dict(enumerate(ends.first))
        self.stage, self.body = stage, stage.body
        new = self.state.namer.new
        self.loops: list[Name]
        self.indices: list[Size]
        if ahead is not None:
            self.loops, self.indices = ahead[0].loops, list(ahead[0].indices)
            self.indices[-2] = self.indices[-2] + ahead[1]
        elif middle is not None:
            self.loops = [*middle.loops[:-1], new(middle.loops[-1].hint)]
            self.indices = [loop.size for loop in self.loops]
        else:
            self.loops = [new(letter) for letter in index_names(stage.extents, homes.letters)]
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
        replaced = {homes.plan.shared.get(action.array, action.array) for action in stage.actions}
        for number in self.needed:  # what is read of a buffer is read before anything is stored in it
            equation = self.body[number]
            if equation.op == "access" and homes.plan.shared.get(equation.data[0], equation.data[0]) in replaced:
                self.named.add(number)
        self.named.update(extra)
        # What an index is computed from has a name in it.
        self.in_indices = {
            atom[1]
            for part in (*self._indices_read(), *(part for action in stage.actions for part in action.subscripts))
            for atom in part.atoms()
            if atom[0] == "ref"
        }
        # A choice within a choice has one too, in the innermost loop: compilers make branches of the two, and then no
        # vectors.
        choices = [self.body[number] for number in self.needed if self.body[number].op == "where"]
        self.inner_choices = {
            operand
            for choice in choices
            for operand in choice.operands[1:]
            if self.body[operand].op == "where" and self.level[operand] == count
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
        clauses: Clauses,
        accumulators: Sequence[Name | None],
    ) -> list[Statement]:
        """The loops, the innermost of them as its first end, its middle and its other end."""
        count = len(self.stage.extents)
        other = StageBuilder(self.homes, self.whole, self.tile, [], self.strip, middle=self)
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
            place = self.state.lowered(self.stage.extents[-1] - ends.last[-1])
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
                last = self.state.lowered(self.stage.extents[k] - ends.last[k])
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
        name = self.state.namer.new(f"{self.loops[-1].hint}_{which}")
        value: Value = Whole(begin if place == begin else call("within", place, begin, end))
        if border is not None:
            value = Apply("where_integer", (border, Whole(end), value))
        bounds.append(Let(name, INTEGER, value))
        return name.size

    def _act_again(self, action: Action, accumulator: Name | None) -> Statement:
        """An action in another part of the innermost loop, on the accumulator that it has there."""
        if action.kind in ("store", "add"):
            return self._act(action)[0]
        return Assign(accumulator or self._target(action), sign_of(action.kind), self.values[action.value])

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

        def loop(rows: Sequence[StageBuilder], acts: Sequence[Sequence[tuple[Statement, Name | None]]]) -> Statement:
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

    def _ahead(self, k: int) -> StageBuilder:
        return StageBuilder(self.homes, self.stage, self.tile, [], self.strip, (self, k))

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
        carried = goes_on(stage, action, self.tile is not None) or any(k in action.reduced for k in loops)
        firsts = {k: self._limits(k)[0] for k in taken}

        def start(read: _Read) -> Start:
            array, place = read
            begin = tuple(self._index(p.substitute(lambda a: self._first(a, firsts))) for p in place)
            return Start(self.homes.buffer(array), self.homes.place(array, begin))

        def step(read: _Read, k: int) -> Size:
            array, place = read
            axis = next(axis for axis, part in enumerate(place) if part.atom == ("index", k))
            return self.homes.stride(array, axis)

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

    def _limits(self, k: int) -> Limits:
        """Where loop k begins and ends."""
        if self.tile is not None and k == self.stage.stream:
            return self.tile
        if self.strip is not None and k == self.stage.across:
            return self.strip
        return ZERO, self.state.lowered(self.stage.extents[k])

    def _loop(
        self,
        k: int,
        body: Sequence[Statement],
        mode: str = SERIAL,
        reductions: Clauses = (),
    ) -> For:
        first, last = self._limits(k)
        return For(self.loops[k], first, last, tuple(body), mode, ONE, reductions)

    def _around(
        self,
        statements: list[Statement],
        inside: int,
        mode: str = SERIAL,
        reductions: Clauses = (),
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
        reductions: Clauses = (),
    ) -> list[Statement]:
        """The loops around given statements."""
        count = len(self.stage.extents)
        return self._around([*self.at[count], *inner], count, mode, reductions)

    def _target(self, action: Action) -> Target:
        return self.homes.target(action.array, tuple(map(self._index, action.subscripts)))

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
        carried = goes_on(self.stage, action, self.tile is not None)
        if outermost < suffix and not carried:
            self.at[outermost].append(self._reset_below(action, outermost))
        sign = sign_of(action.kind)
        if suffix == count:
            return Assign(target, sign, value), None
        if isinstance(target, Name) and self.tile is None:
            return Assign(target, sign, value), target
        hint = hint_of(self.homes.home[action.array])
        accumulator = self.state.namer.new(f"{hint}_{'sum' if action.kind == 'sum' else action.kind}")
        self.at[suffix].append(Variable(accumulator, REAL, identity(action.kind)))
        if whole and not carried:
            self.after[suffix].append(Assign(target, "=", Local(accumulator)))
        elif action.array in self.homes.low_of:
            self.after[suffix].append(Add(target, self.homes.low_of[action.array], accumulator))
        else:
            self.after[suffix].append(Assign(target, sign, Local(accumulator)))
        return Assign(accumulator, sign, value), accumulator

    def _outside(self, action: Action) -> tuple[Test, ...]:
        """What to test before a store that may fall outside its array, where it does nothing."""
        tests: list[Test] = []
        checked = self.homes.plan is self.state.outermost and action.array in self.state.inside
        for part, extent in zip(action.subscripts, self.homes.arrays[action.array].shape, strict=True):
            if not (checked and part.mentions("ref")) and not stays_inside(part, extent, self.extents, self.first):
                place = self._index(part)
                tests += [Test(place, ">=", ZERO), Test(place, "<", self.state.lowered(extent))]
        return tuple(tests)

    def resets(self) -> list[Statement]:
        """What sets a tile's elements that are summed over all strips to their identity."""
        return [
            self._reset_below(action, -1)
            for action in self.stage.actions
            if self.stage.across in action.reduced and not is_carried(self.stage, action, True)
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
            named = self.uses.get(number, 0) > 1 or number in self.named or length(value) > _LONGEST
            named = named or (number in self.inner_choices and not holds_dear(value))
            plain = equation.op in _PLAIN or (equation.op == "access" and not equation.data[1])
            if (named and not plain) or number in self.in_indices:
                variable = self.state.namer.new(self.hint_of(equation))
                self.at[self.level[number]].append(Let(variable, equation.kind, value))
                value = Local(variable)
            self.values[number] = value
        self.extents, self.first = middle

    def hint_of(self, equation: Equation) -> str:
        """A name for the value of an equation: ``X_ij`` for what is read, else a numbered one."""
        if equation.op != "access":
            return "v"
        atoms = [part.atom for part in equation.data[1]]
        letters = [self.loops[atom[1]].hint if atom is not None and atom[0] == "index" else "" for atom in atoms]
        return f"{hint_of(self.homes.home[equation.data[0]])}_{''.join(letters) or 'here'}"

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
        shape = self.homes.arrays[number].shape
        places, guards = [], []
        for part, extent in zip(subscripts, shape, strict=True):
            around = loops_around([part], self.extents)
            if part.mentions("ref") or stays_inside(part, extent, self.extents, self.first):
                places.append(self._index(part))
                bottoms = [atom[2] for atom in part.atoms() if atom[0] in ("//", "%")]
                guards += [self.state.lowered(bottom) for bottom in bottoms if not is_positive(bottom, around)]
                continue
            # Only a value that a choice discards is read elsewhere: it is read at the nearest element instead.
            axis = self.state.lowered(extent)
            places.append(call("clamp", self._index(part), axis))
            if not is_positive(extent, around):
                guards.append(axis)
        return self.homes.read(number, places, equation.kind, tuple(guards))

    def _index(self, value: Size) -> Size:
        """A size of the stage's indices as one of variables."""

        def replace(atom: Atom) -> Size | None:
            if atom[0] == "index":
                return self.indices[atom[1]]
            return self.index_of(atom[1]) if atom[0] == "ref" else None

        return self.state.lowered(value, self.extents, self.first).substitute(replace)


def _with_values(actions: Sequence[Action], values: Sequence[int]) -> tuple[Action, ...]:
    return tuple(action._replace(value=value) for action, value in zip(actions, values, strict=True))


def _loops_of(routine: StageCall) -> tuple[int, ...]:
    """The loops that a call replaces."""
    if isinstance(routine, QuarterProduct):
        return *routine.place, routine.depth
    return routine[:3] if isinstance(routine, Product | OuterProduct) else routine[:2]
