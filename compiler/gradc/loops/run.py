"""Run a loop program on NumPy arrays, an element at a time, with every access checked: the oracle of schedules.

    run(program, {"n": 3}, [x], SEMANTICS, "float64")

Scratch begins as NaN, so that what is read before it is written shows. The parts of a parallel loop run from the last
to the first, each as a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradc.errors import VerifyError
from gradc.ir.interpret import Semantics
from gradc.ir.size import Size
from gradc.loops.program import (
    BYTES,
    INPUT,
    PARALLEL,
    REACH,
    READ,
    Add,
    Address,
    Alias,
    Array,
    Assign,
    Buffer,
    Call,
    Carve,
    Comment,
    Constant,
    Flag,
    For,
    If,
    Invoke,
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
)
from gradc.schedule.tiling import PARTS, ROWS

Values = npt.NDArray[Any]

_ORDER: dict[str, Callable[[int, int], bool]] = {
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "!=": lambda a, b: a != b,
}


def run(
    program: LoopProgram, dims: Mapping[str, int], inputs: Sequence[Any], semantics: Semantics, dtype: str
) -> tuple[int, list[Values]]:
    """The status of a function, and its outputs.

    Parameters
    ----------
    dims
        The sizes of its dimensions.
    inputs
        Its arrays and numbers, in order.

    Raises
    ------
    VerifyError
        For an access outside of a buffer, a store to an input, or a variable that is not there.
    """
    return _Runner(program, dims, semantics, dtype).run(inputs)


class _ReturnedError(Exception):
    """The end of the function."""

    def __init__(self, status: int) -> None:
        self.status = status


class _Runner:
    """The state of a run: variables, and the elements of each buffer along one axis."""

    def __init__(self, program: LoopProgram, dims: Mapping[str, int], semantics: Semantics, dtype: str) -> None:
        self.program, self.semantics, self.dtype = program, semantics, np.dtype(dtype)
        self.dims = {("dim", name): value for name, value in dims.items()}
        self.values: dict[int, Any] = {}  # of variables, by number
        self.cells: dict[int, Values] = {}  # of buffers
        self.shares: dict[tuple[int, int], list[Values]] = {}  # for a block and a number the views of its share
        self.cuts = {cut.name: cut for cut in program.cuts}

    def run(self, inputs: Sequence[Any]) -> tuple[int, list[Values]]:
        for buffer, value in zip(self.program.inputs, inputs, strict=True):
            cells = np.array(value, self._type(buffer)).reshape(-1)
            self._require(cells.size == self.count(buffer), f"{buffer.name} has another size than it says")
            self.cells[buffer.name.number] = cells
        for buffer in self.program.outputs:
            self.cells[buffer.name.number] = self._fresh(buffer)
        for scratch in self.program.scratch:
            if scratch.buffer.type != BYTES:
                self.cells[scratch.buffer.name.number] = self._fresh(scratch.buffer)
        status = 0
        try:
            with np.errstate(all="ignore"):
                self.execute(self.program.body)
        except _ReturnedError as returned:
            status = returned.status
        shapes = [tuple(self.size(extent) for extent in buffer.extents) for buffer in self.program.outputs]
        found = [self.cells[buffer.name.number] for buffer in self.program.outputs]
        return status, [cells.reshape(shape) for cells, shape in zip(found, shapes, strict=True)]

    # --- memory

    def _type(self, buffer: Buffer) -> Any:
        return {"real": self.dtype, "int": np.dtype("int32")}.get(buffer.type) or np.dtype(buffer.type)

    def _fresh(self, buffer: Buffer) -> Values:
        dtype = self._type(buffer)
        fill: Any = np.nan if dtype.kind == "f" else np.iinfo(dtype).min if dtype.kind in "iu" else False
        return np.full(self.count(buffer), fill, dtype)

    def count(self, buffer: Buffer) -> int:
        """How many elements a buffer has."""
        total = 1
        for extent in buffer.extents:
            length = self.size(extent)
            self._require(length >= 0, f"{buffer.name} has an axis of length {length}")
            total *= length
        return total

    def _place(self, buffer: Buffer, place: Sequence[Size], flat: bool) -> int:
        """Where along one axis an element is."""
        at = 0
        extents = [self.count(buffer)] if flat else [self.size(extent) for extent in buffer.extents]
        self._require(len(place) == len(extents), f"{buffer.name} has {len(extents)} axes, not {len(place)}")
        for part, extent in zip(place, extents, strict=True):
            number = self.size(part)
            self._require(0 <= number < extent, f"{buffer.name}: index {number} on an axis of length {extent}")
            at = at * extent + number
        return at

    def _require(self, holds: bool, message: str) -> None:
        if not holds:
            raise VerifyError(f"{self.program.name}: {message}")

    # --- expressions

    def size(self, value: Size) -> int:
        """The value of an index."""
        total = 0
        for monomial, coefficient in value.terms:
            product = coefficient
            for atom in monomial:
                product *= self._atom(atom)
            total += product
        return total

    def _atom(self, atom: tuple[Any, ...]) -> int:
        if atom[0] == "dim":
            return self.dims[atom]
        if atom[0] == "name":
            self._require(atom[1] in self.values, f"{atom[2]}#{atom[1]} is not there")
            return int(self.values[atom[1]])
        if atom[0] in ("//", "%"):
            top, bottom = self.size(atom[1]), self.size(atom[2])
            self._require(top >= 0 and bottom > 0, f"{top} {atom[0]} {bottom} is not what it is in C")
            return top // bottom if atom[0] == "//" else top % bottom
        parts = [self.size(part) for part in atom[2:]]
        return int(_rows(parts[0] * self.dtype.itemsize) if atom[1] == "rows" else FUNCTIONS[atom[1]](*parts))

    def value(self, value: Value) -> Any:
        """The value of an expression."""
        if isinstance(value, Constant):
            return value.value if isinstance(value.value, bool) else self.dtype.type(value.value)
        if isinstance(value, Whole):
            return self.size(value.value)
        if isinstance(value, Local):
            self._require(value.name.number in self.values, f"{value.name} is not there")
            return self.values[value.name.number]
        if isinstance(value, Load):
            return self._load(value)
        if isinstance(value, Outside):
            return not 0 <= self.size(value.place) < self.size(value.extent)
        if value.op == "where" or value.op == "where_integer":
            return self.value(value.operands[1 if self.value(value.operands[0]) else 2])
        if value.op == "and":
            return bool(self.value(value.operands[0])) and bool(self.value(value.operands[1]))
        if value.op == "or":
            return bool(self.value(value.operands[0])) or bool(self.value(value.operands[1]))
        operands = [self.value(operand) for operand in value.operands]
        if value.form == REACH:
            return self.dtype.type(abs(operands[0]) > 1e6 or not np.isfinite(operands[0]))
        if value.op == "real":
            return self.dtype.type(operands[0])
        return self.semantics.operations[value.op](*operands)

    def _load(self, load: Load) -> Any:
        if any(self.size(guard) <= 0 for guard in load.guards):
            return self.dtype.type(0)
        found = self.cells[load.buffer.name.number][self._place(load.buffer, load.place, load.flat)]
        return found.astype(self.dtype) if load.kind == "real" else found

    # --- statements

    def execute(self, body: Sequence[Statement]) -> None:
        """Run statements in order."""
        for statement in body:
            self._run(statement)

    def _run(self, statement: Statement) -> None:
        match statement:
            case Comment() | Flag() | Pause():
                pass
            case Let(name, kind, value) | Variable(name, kind, value):
                if value is not None:
                    self.values[name.number] = self._of_kind(kind, self.value(value))
            case Assign(target, sign, value):
                self._assign(target, sign, self.value(value))
            case For():
                self._for(statement)
            case If(tests, inner, other, _, zero):
                holds = all(self._test(test) for test in tests) and (zero is None or self.values[zero.number] == 0)
                self.execute(inner if holds else other)
            case Scope(inner):
                self.execute(inner)
            case Return(status):
                raise _ReturnedError(status)
            case Add(total, low, term):
                before, more = self._current(total), self.values[term.number]
                after = before + more
                lost = (before - after) + more if abs(before) >= abs(more) else (more - after) + before
                self.values[low.number] = self.values[low.number] + lost
                self._assign(total, "=", after)
            case Rounded(total, low):
                found, lost = self._current(total), self.values[low.number]
                self._assign(total, "=", found + lost if np.isfinite(lost) else found)
            case Call():
                self._call(statement)
            case Alias(buffer, of, first):
                rows = self.count(of) // max(self.size(of.extents[0]), 1)
                begin = self.size(first) * rows
                self._require(begin >= 0 and begin + rows <= self.count(of), f"{buffer.name} is no part of {of.name}")
                self.cells[buffer.name.number] = self.cells[of.name.number][begin : begin + rows]
            case Array(buffer):
                self.cells[buffer.name.number] = self._fresh(buffer)
            case Share():
                pass
            case Carve(block, _, _, which, views, instead):
                number = self.size(which)
                share = self.shares.setdefault((block.name.number, number), [self._fresh(view) for view in views])
                for view, cells, whole in zip(views, share, instead, strict=True):
                    own = whole is not None and number == 0
                    self.cells[view.name.number] = self.cells[whole.name.number] if whole and own else cells
            case View(buffer, block, _, which, before):
                share = self.shares[block.name.number, self.size(which)]
                self.cells[buffer.name.number] = share[len(before)]
            case Invoke(function, _):
                self.execute(self.cuts[function].body)
            case Team(function, parts, own, _):
                for part in reversed(range(int(self.values[parts.number]))):
                    self.values.update((name.number, part) for name in own)
                    self.execute(self.cuts[function].body)

    def _of_kind(self, kind: str, value: Any) -> Any:
        return {"real": self.dtype.type, "integer": int, "boolean": bool}.get(kind, int)(value)

    def _test(self, test: Test) -> bool:
        return _ORDER[test.sign](self.size(test.left), self.size(test.right))

    def _for(self, loop: For) -> None:
        first, last, step = map(self.size, (loop.first, loop.last, loop.step))
        self._require(step > 0 or first >= last, f"the loop over {loop.name} never ends")
        numbers = range(first, last, max(step, 1))
        for number in reversed(numbers) if loop.mode == PARALLEL else numbers:
            self.values[loop.name.number] = number
            if loop.thread is not None:
                self.values[loop.thread.number] = number
            self.execute(loop.body)

    def _current(self, target: Name | Place) -> Any:
        if isinstance(target, Name):
            self._require(target.number in self.values, f"{target} is not there")
            return self.values[target.number]
        return self.cells[target.buffer.name.number][self._place(*target)]

    def _assign(self, target: Name | Place, sign: str, value: Any) -> None:
        if sign != "=":
            value = _COMBINE[sign](self._current(target), value)
        if isinstance(target, Name):
            self.values[target.number] = value
            return
        self._require(target.buffer.role not in (INPUT, READ), f"{target.buffer.name} is only to be read")
        self.cells[target.buffer.name.number][self._place(*target)] = value

    # --- routines

    def _call(self, call: Call) -> None:
        if call.routine not in ROUTINES:
            self._whole(call)
            return
        arguments: list[Any] = []
        for argument in call.arguments:
            if isinstance(argument, Start):
                arguments.append(_Memory(self, argument))
            elif isinstance(argument, Size):
                arguments.append(self.size(argument))
            else:
                arguments.append(None)
        ROUTINES[call.routine](*arguments)

    def _whole(self, call: Call) -> None:
        """A routine of linear algebra, on whole arrays."""
        given = [argument for argument in call.arguments if isinstance(argument, (Start, Address, Null))][:-2]
        count = len(given) - (2 if call.routine == "slogdet" else 1)
        arrays = []
        for argument in given[:count]:
            assert isinstance(argument, Start)
            shape = tuple(self.size(extent) for extent in argument.buffer.extents)
            arrays.append(self.cells[argument.buffer.name.number].reshape(shape).copy())
        results = self.semantics.routines[call.routine](*arrays)
        for argument, result in zip(given[count:], results if isinstance(results, tuple) else (results,), strict=True):
            if isinstance(argument, Address):
                self.values[argument.name.number] = self.dtype.type(result)
            else:
                assert isinstance(argument, Start)
                self._require(argument.buffer.role not in (INPUT, READ), f"{argument.buffer.name} is only to be read")
                self.cells[argument.buffer.name.number][:] = np.asarray(result, self.dtype).reshape(-1)


class _Memory:
    """The elements of a buffer from a place on, as a routine in C has them."""

    def __init__(self, runner: _Runner, start: Start) -> None:
        self.runner, self.buffer = runner, start.buffer
        at = 0
        for part, extent in zip(start.place, start.buffer.extents, strict=True):
            at = at * runner.size(extent) + runner.size(part)
        self.first = at
        self.cells = runner.cells[start.buffer.name.number]

    def __call__(self, *steps: tuple[int, int]) -> tuple[Values, ...]:
        """The places along some axes, each with how many and how far apart."""
        places = np.full((1,) * len(steps), self.first)
        for axis, (count, stride) in enumerate(steps):
            shape = [1] * len(steps)
            shape[axis] = max(count, 0)
            places = places + (np.arange(max(count, 0)) * stride).reshape(shape)
        inside = (places >= 0) & (places < self.cells.size)
        self.runner._require(bool(np.all(inside)), f"a routine leaves {self.buffer.name}")
        return (places,)

    def read(self, *steps: tuple[int, int]) -> Values:
        (places,) = self(*steps)
        return np.asarray(self.cells[places])

    def write(self, value: Any, add: Any, *steps: tuple[int, int]) -> None:
        (places,) = self(*steps)
        self.runner._require(self.buffer.role not in (INPUT, READ), f"{self.buffer.name} is only to be read")
        self.runner._require(len(np.unique(places)) == places.size, f"a routine writes {self.buffer.name} twice")
        self.cells[places] = value + (self.cells[places] if add else 0)


def _product(
    rows: int, columns: int, depth: int,
    a: _Memory, a_row: int, a_depth: int, b: _Memory, b_depth: int, b_column: int,
    w: _Memory | None, w_step: int, c: _Memory, c_row: int, c_column: int, add: int, below: int,
) -> None:  # fmt: skip
    A, B = a.read((rows, a_row), (depth, a_depth)), b.read((depth, b_depth), (columns, b_column))
    if w is not None:
        B = B * w.read((depth, w_step))[:, None]
    result = A @ B
    if below:  # what is above the diagonal may be anything: it is not asked for
        old = c.read((rows, c_row), (columns, c_column)) * (1 if add else np.nan)
        result = np.where(np.tri(rows, columns, dtype=bool), result, np.nan * old)
    c.write(result, add, (rows, c_row), (columns, c_column))


def _dots(rows: int, depth: int, a: _Memory, a_row: int, x: _Memory, z: _Memory, z_row: int, add: int) -> None:
    z.write(a.read((rows, a_row), (depth, 1)) @ x.read((depth, 1)), add, (rows, z_row))


def _combine(rows: int, columns: int, a: _Memory, a_row: int, x: _Memory, x_step: int, z: _Memory) -> None:
    z.write(x.read((rows, x_step)) @ a.read((rows, a_row), (columns, 1)), 1, (columns, 1))


def _transpose(rows: int, columns: int, s: _Memory, s_row: int, t: _Memory, t_row: int) -> None:
    t.write(s.read((rows, s_row), (columns, 1)).T, 0, (columns, t_row), (rows, 1))


def _outer(
    rows: int, count: int, wide: int, p: _Memory, p_row: int, p_step: int, x: _Memory, x_row: int, t: _Memory
) -> None:
    result = p.read((rows, p_row), (count, p_step))[:, :, None] * x.read((rows, x_row), (wide, 1))[:, None, :]
    t.write(result, 0, (rows, count * wide), (count, wide), (wide, 1))


def _quarter(
    classes: int, columns: int, depth: int, x: _Memory, x_row: int, x_step: int, p: _Memory, p_row: int, p_step: int,
    s: _Memory | None, s_row: int, d: _Memory | None, d_row: int, d_step: int, c: _Memory, add: int,
) -> None:  # fmt: skip
    X, P = x.read((depth, x_row), (columns, x_step)), p.read((depth, p_row), (classes, p_step))
    weights = np.ones(depth, X.dtype) if s is None else s.read((depth, s_row))
    pairs = np.einsum("lj,lm,l->ljm", P, P, weights)
    if d is not None:
        pairs[:, range(classes), range(classes)] += d.read((depth, d_row), (classes, d_step))
    result = np.einsum("li,la,ljm->jmia", X, X, pairs)
    asked = np.tri(classes, dtype=bool)[:, :, None, None] & np.tri(columns, dtype=bool)
    steps = ((classes, classes * columns**2), (classes, columns**2), (columns, columns), (columns, 1))
    c.write(np.where(asked, result, np.nan), add, *steps)


ROUTINES: dict[str, Callable[..., None]] = {
    "product": _product,
    "dots": _dots,
    "combine": _combine,
    "transpose": _transpose,
    "outer": _outer,
    "quarter": _quarter,
}

_COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "+=": lambda a, b: a + b,
    "*=": lambda a, b: a * b,
    "|=": lambda a, b: int(a) | int(b),
    "max": lambda a, b: a if a >= b or a != a else b,
    "min": lambda a, b: a if a <= b or a != a else b,
}


def _rows(size: int) -> int:
    return ROWS if size < 192 else ROWS // 2 if size < 384 else ROWS // 4 if size < 768 else ROWS // 8


def _width(columns: int) -> int:
    share = columns // ((columns + 255) // 256 + (columns <= 0))
    return columns if columns <= 256 else (share + 48) // 48 * 48


def _parts(rows: int, cost: int, sums: int) -> int:
    least = max(16.0 * sums, 1e5)
    parts = min(rows * float(cost) / least, rows / ROWS)
    return 1 if parts < 2 else min(int(parts), PARTS)


# What the functions of ``templates/helpers`` give, and C's conditionals.
FUNCTIONS: dict[str, Callable[..., int]] = {
    "min": min,
    "max": max,
    "clamp": lambda place, extent: min(max(place, 0), extent - 1),
    "within": lambda place, begin, end: begin if place < begin else min(place, end),
    "quotient": lambda a, b: a // b,
    "remainder": lambda a, b: a % b,
    "width": _width,
    "parts": _parts,
    "cut": lambda rows, parts, part: rows if part == parts else rows // ROWS * part // parts * ROWS,
}
