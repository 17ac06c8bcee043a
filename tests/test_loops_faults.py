"""What the check and the runner of loop programs refuse, fault by fault, beside programs that they take."""

from __future__ import annotations

import ctypes
import itertools
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradc.calculus.semantics import SEMANTICS
from gradc.errors import VerifyError
from gradc.ir.size import ONE, ZERO, Size, size, symbol
from gradc.loops import program as loops
from gradc.loops.check import faults
from gradc.loops.passes import apart
from gradc.loops.program import (
    BYTES,
    COUNT,
    INPUT,
    LOCAL,
    OUTPUT,
    PARALLEL,
    READ,
    SCRATCH,
    VECTOR,
    VIEW,
    Add,
    Alias,
    Apply,
    Array,
    Assign,
    Buffer,
    Call,
    Carve,
    Comment,
    Constant,
    Cut,
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
    Place,
    Return,
    Rounded,
    Scope,
    Scratch,
    Share,
    Start,
    Statement,
    Team,
    Variable,
    View,
    Whole,
)
from gradc.loops.run import ROUTINES, _Runner, run
from gradc.runtime.cache import open_cache
from gradc.runtime.toolchain import find_compiler
from gradc.schedule.tiling import PARTS, ROWS

TEMPLATES = Path(__file__).parent.parent / "templates"

n, m = symbol("n"), symbol("m")
HINTS = ["x", "A", "y", "s", "i", "j", "k", "p", "q", "t", "u", "v", "w", "b", "c", "each", "own"]
NAMES = {hint: Name(number, hint) for number, hint in enumerate(HINTS)}
x = Buffer(NAMES["x"], "real", (n,), INPUT)
TWICE = x._replace(extents=(2 * n,))
A = Buffer(NAMES["A"], "real", (m, n), INPUT)
y = Buffer(NAMES["y"], "real", (n,), OUTPUT)
s = Buffer(NAMES["s"], "real", (), OUTPUT)
t = Buffer(NAMES["t"], "real", (n,), SCRATCH)
c = Buffer(NAMES["c"], "int64", (n,), INPUT)
i, j, k, p, q, u, v, w = (NAMES[hint] for hint in "ijkpquvw")
ZEROS = Constant(0.0)
SET = Assign(Place(s, ()), "=", ZEROS)


def program(*body: Statement, **more: Any) -> LoopProgram:
    """A function of x and A that gives s, and what else is said."""
    return LoopProgram(**{
        "name": "f",
        "dims": ("n", "m"),
        "inputs": (x, A),
        "outputs": (s,),
        "scratch": (),
        "body": (*body, Return(0)),
        **more,
    })  # fmt: skip


def fill(buffer: Buffer, extent: Size = n, name: Name = i, **more: Any) -> For:
    """A loop that sets all elements of an array to 0."""
    return For(name, ZERO, extent, (Assign(Place(buffer, (name.size,)), "=", ZEROS),), **more)


def load(buffer: Buffer, *place: Size) -> Load:
    return Load(buffer, place)


def real(name: Name, value: Any) -> Let:
    return Let(name, "real", value)


BLOCK = Buffer(NAMES["b"], BYTES, (), SCRATCH)
PART = Buffer(NAMES["v"], "real", (n,), VIEW)
SEEN = Buffer(NAMES["w"], "real", (n,), READ)
SHARED = {"scratch": (Scratch(BLOCK, size(2), (PART,)),)}
EACH = Share(NAMES["each"], (PART,))
CARVE = Carve(BLOCK, NAMES["each"], NAMES["own"], ZERO, (PART,), (None,))
ROW = Buffer(NAMES["w"], "real", (n,), READ)
PIECE = Cut("g", (x, s, u), ("", "", "real"), (Assign(Place(s, ()), "=", Local(u)),))
PARTS_OF = Cut("g", (p, y), ("integer", ""), (Assign(Place(y, (p.size,)), "=", ZEROS),))
COUNTED = Let(q, "integer", Whole(n))
TEAM = Team("g", q, (p,), (y,))

# For each fault: statements that have it alone, beside those that have none.
FAULTS: dict[str, tuple[LoopProgram, LoopProgram]] = {
    "two buffers have one name": (program(SET, inputs=(x, x)), program(SET)),
    "s#3 is never written": (program(), program(SET)),
    "the dimension k is not there": (
        program(SET, For(i, ZERO, symbol("k"), ())),
        program(SET, For(i, ZERO, n, ())),
    ),
    "the buffer t#9 is not there": (
        program(SET, fill(t)),
        program(SET, fill(t), scratch=(Scratch(t, ONE),)),
    ),
    "u#10 is used before it is defined": (
        program(Assign(Place(s, ()), "=", Local(u))),
        program(real(u, ZEROS), Assign(Place(s, ()), "=", Local(u))),
    ),
    "u#10 is defined twice": (
        program(SET, real(u, ZEROS), real(u, ZEROS)),
        program(SET, real(u, ZEROS), real(v, ZEROS)),
    ),
    "i#4 is defined twice": (
        program(SET, For(i, ZERO, n, (For(i, ZERO, n, ()),))),
        program(SET, For(i, ZERO, n, (For(j, ZERO, n, ()),))),
    ),
    "the loop over i#4 has a step of 0": (
        program(SET, For(i, ZERO, n, (), step=ZERO)),
        program(SET, For(i, ZERO, n, (), step=ONE)),
    ),
    "the loop over i#4 begins at n - 1, which may be negative": (
        program(SET, For(i, n - 1, n, ())),
        program(SET, For(i, n, n + 1, ())),
    ),
    "x#0: name4 may lie outside of an axis of length n": (
        program(SET, For(i, ZERO, n + 1, (real(u, load(x, i.size)),))),
        program(SET, For(i, ZERO, n, (real(u, load(x, i.size)),))),
    ),
    "x#0: name4 + 1 may lie outside of an axis of length n": (
        program(SET, For(i, ZERO, 2 * n, (real(u, load(x, i.size + 1)),), step=size(2))),
        program(
            SET,
            For(i, ZERO, 2 * n, (real(u, load(TWICE, i.size + 1)),), step=size(2)),
            inputs=(TWICE, A),
        ),
    ),
    "A#1: n - 1 may lie outside of an axis of length m": (
        program(SET, For(i, ZERO, n, (real(u, load(A, n - 1, i.size)),))),
        program(SET, For(i, ZERO, n, (For(j, ZERO, m, (real(u, load(A, m - 1, n - 1)),)),))),
    ),
    "A#1 has 2 axes, and is read at 1 indices": (
        program(SET, For(i, ZERO, n, (real(u, load(A, i.size)),))),
        program(SET, For(i, ZERO, n * m, (real(u, Load(A, (i.size,), flat=True)),))),
    ),
    "x#0 is stored to, and is only to be read": (program(SET, fill(x)), program(SET)),
    "t#9 is read before anything is written to it": (
        program(SET, For(i, ZERO, n, (real(u, load(t, i.size)),)), scratch=(Scratch(t, ONE),)),
        program(SET, fill(t), For(j, ZERO, n, (real(u, load(t, j.size)),)), scratch=(Scratch(t, ONE),)),
    ),
    "s#3 is read before anything is written to it": (
        program(Assign(Place(s, ()), "+=", ZEROS)),
        program(SET, Assign(Place(s, ()), "+=", ZEROS)),
    ),
    "u#10 is assigned to, and does not change": (
        program(SET, real(u, ZEROS), Assign(u, "=", ZEROS)),
        program(SET, Variable(u, "real", ZEROS), Assign(u, "=", ZEROS)),
    ),
    "u#10 is integer, and its value real": (
        program(SET, Let(u, "integer", ZEROS)),
        program(SET, Let(u, "integer", Whole(ZERO))),
    ),
    "u#10 is real, and its value boolean": (
        program(SET, real(u, Outside(ZERO, n))),
        program(SET, Let(u, "integer", Outside(ZERO, n))),
    ),
    "u#10 is real, and its value integer": (
        program(SET, Variable(u, "real", Whole(ZERO))),
        program(SET, Variable(u, "boolean", Apply("lt", (ZEROS, ZEROS)))),
    ),
    "s#3 is real, and its value boolean": (program(Assign(Place(s, ()), "=", Constant(True))), program(SET)),
    "w#12 is no row of A#1": (
        program(SET, For(i, ZERO, m, (Alias(ROW, A, i.size + 1),))),
        program(SET, For(i, ZERO, m, (Alias(ROW, A, i.size),))),
    ),
    "w#12 has another shape than a row of A#1": (
        program(SET, For(i, ZERO, m, (Alias(ROW._replace(extents=(m,)), A, i.size),))),
        program(SET, For(i, ZERO, m, (Alias(ROW, A, i.size),))),
    ),
    "w#12 could be written, and A#1 not": (
        program(SET, For(i, ZERO, m, (Alias(ROW._replace(role=VIEW), A, i.size),))),
        program(SET, For(i, ZERO, m, (Alias(ROW, A, i.size),))),
    ),
    "what is carved from b#13 is not what it has room for": (
        program(SET, EACH, CARVE._replace(views=(), instead=()), **SHARED),
        program(SET, EACH, CARVE, **SHARED),
    ),
    "b#13 has no share 2": (
        program(SET, EACH, CARVE._replace(which=size(2)), **SHARED),
        program(SET, EACH, CARVE._replace(which=size(1)), **SHARED),
    ),
    "v#11 has another shape than x#0": (
        program(SET, EACH, CARVE._replace(instead=(x._replace(extents=(m,)),)), **SHARED),
        program(SET, EACH, CARVE._replace(instead=(x,)), **SHARED),
    ),
    "w#12 is no view of b#13": (
        program(SET, EACH, View(SEEN, BLOCK, NAMES["each"], ZERO, (x,)), **SHARED),
        program(SET, EACH, View(SEEN, BLOCK, NAMES["each"], ZERO, ()), **SHARED),
    ),
    "w#12 has another shape than what it is a view of": (
        program(SET, EACH, View(SEEN, BLOCK, NAMES["each"], ZERO, (PART,)), **SHARED),
        program(SET, EACH, View(SEEN, BLOCK, NAMES["each"], size(1), ()), **SHARED),
    ),
    "b#13 has no share n": (
        program(SET, EACH, View(SEEN, BLOCK, NAMES["each"], n, ()), **SHARED),
        program(SET, EACH, View(SEEN, BLOCK, NAMES["each"], size(1), ()), **SHARED),
    ),
    "g is not called with what it takes": (
        program(real(u, ZEROS), Invoke("g", (x, s)), SET, cuts=(PIECE,)),
        program(real(u, ZEROS), Invoke("g", (x, s, u)), cuts=(PIECE,)),
    ),
    "g takes u#10 as real, and it is integer": (
        program(Let(u, "integer", Whole(ZERO)), Invoke("g", (x, s, u)), cuts=(PIECE._replace(body=(SET,)),)),
        program(real(u, ZEROS), Invoke("g", (x, s, u)), cuts=(PIECE,)),
    ),
    "the iterations over i#4 all change u#10": (
        program(SET, Variable(u, "real", ZEROS), For(i, ZERO, n, (Assign(u, "+=", ZEROS),), VECTOR)),
        program(
            SET,
            Variable(u, "real", ZEROS),
            For(i, ZERO, n, (Assign(u, "+=", ZEROS),), VECTOR, reductions=(("+", (u,)),)),
        ),
    ),
    "iterations over i#4 may store to one element of y#2": (
        program(SET, For(j, ZERO, n, (For(i, ZERO, n, fill(y, name=j).body, VECTOR),)), outputs=(s, y)),
        program(SET, fill(y, mode=VECTOR), outputs=(s, y)),
    ),
    "iterations over i#4 may meet in y#2": (
        program(
            SET,
            fill(y, name=j),
            For(i, ZERO, n - 1, (Assign(Place(y, (i.size,)), "=", load(y, i.size + 1)),), VECTOR),
            outputs=(s, y),
        ),
        program(
            SET,
            fill(y, name=j),
            For(i, ZERO, n, (Assign(Place(y, (i.size,)), "=", load(y, i.size)),), VECTOR),
            outputs=(s, y),
        ),
    ),
    "the parts of p#7 may store to one element of y#2": (
        program(SET, COUNTED, TEAM, outputs=(s, y), cuts=(PARTS_OF._replace(body=(For(i, ZERO, n, (
            If((), (Assign(Place(y, (ZERO,)), "=", ZEROS),)),)),)),)),
        program(SET, COUNTED, TEAM, outputs=(s, y), cuts=(PARTS_OF,)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_finds_each_fault_and_nothing_beside_it(fault: str) -> None:
    wrong, right = FAULTS[fault]
    assert faults(wrong) == [fault]
    assert faults(right) == []


def test_what_a_cut_off_function_takes_is_there_in_it() -> None:
    forgotten = PIECE._replace(items=(x, s), kinds=("", ""))
    found = faults(program(real(u, ZEROS), Invoke("g", (x, s)), cuts=(forgotten,)))
    assert found == ["u#10 is used before it is defined"]


def test_the_parts_of_a_team_may_carve_a_share_each() -> None:
    """A thread is one of the parts; what a part stores to a share of its own meets nobody."""
    body = (EACH, CARVE._replace(which=p.size), fill(PART))
    part = Cut("g", (p, BLOCK, NAMES["each"]), ("integer", "", COUNT), body[1:])
    shared = {"scratch": (Scratch(BLOCK, n, (PART,)),), "cuts": (part,)}
    team = Team("g", q, (p,), part.items[1:])
    assert faults(program(SET, COUNTED, EACH, team, **shared)) == []
    more = {**shared, "scratch": (Scratch(BLOCK, n - 1, (PART,)),)}
    assert faults(program(SET, COUNTED, EACH, team, **more)) == ["b#13 has no share name7"]
    loop = For(i, ZERO, n, (CARVE._replace(which=j.size), fill(PART, name=k)), PARALLEL, thread=j)
    assert faults(program(SET, EACH, loop, **shared)) == []
    assert faults(program(SET, EACH, loop, **more)) == ["b#13 has no share name5"]


def checked(test: loops.Test, fits: Size = n) -> LoopProgram:
    """x[c[i]] for all i, behind a test of all c[i] by a loop."""
    outside = Assign(u, "|=", Outside(Load(c, (i.size,), "integer") and v.size, fits))
    look = For(
        i, ZERO, n, (Let(v, "integer", Load(c, (i.size,), "integer")), outside), VECTOR, reductions=(("|", (u,)),)
    )
    read = For(j, ZERO, n, (Let(w, "integer", Load(c, (j.size,), "integer")), real(k, load(x, w.size))))
    body = (Variable(u, "integer", Whole(ZERO)), look, If((test,), (Return(1),)), SET, read)
    return program(*body, inputs=(x, A, c))


def test_an_index_from_data_is_compared_with_its_axis() -> None:
    assert faults(checked(loops.Test(u.size, "!=", ZERO))) == []
    unguarded = ["x#0: name12 may lie outside of an axis of length n"]
    assert faults(checked(loops.Test(u.size, "!=", ONE))) == unguarded
    assert faults(checked(loops.Test(u.size, "<", ZERO))) == unguarded
    assert faults(checked(loops.Test(u.size, "!=", ZERO), m)) == unguarded


# ----------------------------------------------------------------------------------------------------------- routines

# Arguments of the routines: numbers, and arrays by a letter; the last of these is written to.
CALLS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "product": ("product", (2, 3, 4, "a", 7, 2, "b", 11, 3, "w", 5, "c", 13, 4, 0, 0)),
    "product without weights": ("product", (2, 3, 4, "a", 7, 2, "b", 11, 3, None, 0, "c", 13, 4, 1, 0)),
    "product below the diagonal": ("product", (3, 3, 4, "a", 7, 2, "b", 11, 3, None, 0, "c", 13, 4, 0, 1)),
    "dots": ("dots", (2, 3, "a", 5, "b", "c", 4, 0)),
    "dots that go on": ("dots", (2, 3, "a", 5, "b", "c", 4, 1)),
    "combine": ("combine", (2, 3, "a", 5, "b", 4, "c")),
    "transpose": ("transpose", (2, 3, "a", 5, "c", 4)),
    "outer": ("outer", (2, 3, 4, "a", 7, 2, "b", 5, "c")),
    "quarter": ("quarter", (2, 3, 4, "a", 7, 2, "b", 5, 2, "w", 3, "d", 4, 3, "c", 0)),
    "quarter of ones": ("quarter", (2, 3, 4, "a", 7, 2, "b", 5, 2, None, 0, None, 0, 0, "c", 1)),
}
LETTERS = {"a": 20, "b": 21, "w": 22, "d": 23, "c": 24}


def goes_on(call: str) -> bool:
    """Whether a call adds to what is there."""
    routine, given = CALLS[call]
    return routine == "combine" or bool(given[{"product": 14, "dots": 7, "quarter": 15}.get(routine, 0)] == 1)


class Touched:
    """An array of which only the last place that is touched is kept."""

    last = 0

    def read(self, *steps: tuple[int, int]) -> Any:
        self.last = max(self.last, sum((count - 1) * stride for count, stride in steps))
        return np.ones([count for count, _ in steps])

    def write(self, value: Any, add: Any, *steps: tuple[int, int]) -> None:
        assert np.broadcast_shapes(np.shape(value), [count for count, _ in steps]) == np.shape(value)
        self.read(*steps)


def sizes_of(call: str) -> dict[str, int]:
    """How many elements each array of a call has at least: what the runner's routine touches."""
    routine, given = CALLS[call]
    touched = {a: Touched() for a in given if isinstance(a, str)}
    ROUTINES[routine](*(touched.get(a, a) if isinstance(a, str) else a for a in given))
    return {letter: array.last + 1 for letter, array in touched.items()}


def called(call: str, sizes: dict[str, int], first: int = 0, role: str = INPUT, target: str = OUTPUT) -> LoopProgram:
    """A program of one call, whose arrays have two rows; each begins in the second, `first` elements from its start."""
    routine, given = CALLS[call]
    buffers = {
        a: Buffer(Name(LETTERS[a], a), "real", (size(2), size(sizes[a])), target if a == "c" else role)
        for a in given
        if isinstance(a, str)
    }
    arguments = [
        Start(buffers[a], (ONE, size(first))) if isinstance(a, str) else Null() if a is None else size(a) for a in given
    ]
    roles: dict[str, list[Buffer]] = {INPUT: [], OUTPUT: [], SCRATCH: []}
    for buffer in buffers.values():
        roles[buffer.role].append(buffer)
    zeros = For(i, ZERO, size(2 * sizes["c"]), (Assign(Place(buffers["c"], (i.size,), flat=True), "=", ZEROS),))
    body = (*((zeros,) if goes_on(call) and target != INPUT else ()), Call(routine, tuple(arguments)))
    scratch = tuple(Scratch(buffer, ONE) for buffer in roles[SCRATCH])
    return LoopProgram("f", (), tuple(roles[INPUT]), tuple(roles[OUTPUT]), scratch, body)


@pytest.mark.parametrize("call", CALLS)
def test_the_check_knows_what_routines_touch(call: str) -> None:
    """An array that ends behind the last element that is touched is taken, one that ends before it is not."""
    routine, given = CALLS[call]
    sizes = sizes_of(call)
    assert faults(called(call, sizes)) == []
    rows = {letter: count + 1 for letter, count in sizes.items()}
    assert faults(called(call, rows, 1)) == []
    for letter, count in sizes.items():
        name = f"{letter}#{LETTERS[letter]}"
        assert faults(called(call, {**sizes, letter: count - 1})) == [f"{routine} may leave {name}"]
        assert faults(called(call, {**rows, letter: count}, 1)) == [f"{routine} may leave {name}"]
    before = called(call, {letter: 3 * count + 9 for letter, count in sizes.items()}, -(10**6))
    assert faults(before) == [f"{routine} may leave {a}#{LETTERS[a]}" for a in given if isinstance(a, str)]


@pytest.mark.parametrize("call", CALLS)
def test_the_check_knows_what_routines_read_and_write(call: str) -> None:
    routine, given = CALLS[call]
    sizes = sizes_of(call)
    wrong = faults(called(call, sizes, target=INPUT))
    assert f"{routine} writes to c#24, which is only to be read" in wrong
    unset = [
        f"{a}#{LETTERS[a]} is read before anything is written to it" for a in given if isinstance(a, str) and a != "c"
    ]
    assert faults(called(call, sizes, role=SCRATCH)) == unset
    empty = called(call, sizes)
    empty = empty._replace(body=empty.body[-1:])
    assert faults(empty) == (["c#24 is read before anything is written to it"] if goes_on(call) else [])


@pytest.mark.parametrize("call", CALLS)
def test_the_runner_calls_routines_within_their_arrays(call: str) -> None:
    sizes = sizes_of(call)
    for wrong in (None, *sizes):
        lengths = {letter: count - (letter == wrong) for letter, count in sizes.items()}
        function = called(call, lengths)
        given = [np.ones(2 * lengths[buffer.name.hint]) for buffer in function.inputs]
        if wrong is None:
            assert run(function, {}, given, SEMANTICS, "float64")[0] == 0
        else:
            with pytest.raises(VerifyError, match=f"a routine leaves {wrong}"):
                run(function, {}, given, SEMANTICS, "float64")


@pytest.fixture(scope="module")
def helpers(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The functions that loops call, compiled as they are."""
    folder = tmp_path_factory.mktemp("helpers")
    texts = [(TEMPLATES / "helpers" / f"{name}.c").read_text(encoding="utf-8") for name in HELPERS]
    heads = [f"#define GRADC_TILE {ROWS}", f"#define GRADC_PARTS {PARTS}", "#include <stddef.h>", "#include <stdint.h>"]
    text = re.sub(r"static (inline )?int64_t", "int64_t", "\n".join([*heads, *texts]))
    (folder / "helpers.c").write_text(text, encoding="utf-8")
    command = [*find_compiler(open_cache()).command, "-shared", "-fPIC", "-o", "helpers.so", "helpers.c"]
    subprocess.run(command, cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "helpers.so"))


HELPERS = ("clamp", "within", "quotient", "remainder", "width", "rows", "parts")
SOME = (-7, -1, 0, 1, 2, 3, 5, 64, 127, 128, 129, 255, 256, 257, 300, 511, 513, 1000, 4096, 10**5)


@pytest.mark.parametrize("name", [*HELPERS, "cut"])
def test_the_runner_knows_what_loops_call(helpers: ctypes.CDLL, name: str) -> None:
    """The functions of the runner give what those in C do."""
    function = getattr(helpers, f"gradc_{name}")
    function.restype = ctypes.c_int64
    runner = _Runner(program(), {}, SEMANTICS, "float64")
    size_of_number = (8,) if name == "rows" else ()
    count = {"clamp": 2, "quotient": 2, "remainder": 2, "width": 1, "rows": 1}.get(name, 3)
    positive = [part for part in SOME if part > 0]
    last = {"parts": [1, 10**4, 10**7], "cut": [0, 1, 3, 16]}.get(name, positive)
    middle = {"parts": [1, 10, 10**3, 10**6], "cut": [1, 2, 3, 16]}.get(name, SOME)
    ways = {1: [positive], 2: [SOME, last], 3: [positive if name in ("parts", "cut") else SOME, middle, last]}[count]
    for given in itertools.product(*ways):
        if (name == "within" and given[1] > given[2]) or (name == "cut" and given[2] > given[1]):
            continue
        expected = function(*(ctypes.c_int64(part) for part in (*given, *size_of_number)))
        assert runner.size(loops.call(name, *map(size, given))) == expected, given


@pytest.mark.parametrize("call", ["dots", "transpose", "combine"])
def test_a_routine_that_is_called_for_nothing_touches_nothing(call: str) -> None:
    function = called(call, sizes_of(call))
    last = function.body[-1]
    assert isinstance(last, Call)
    empty = function._replace(body=(*function.body[:-1], last._replace(arguments=(ZERO, ZERO, *last.arguments[2:]))))
    given = [np.ones([extent.evaluate({}) for extent in buffer.extents]) for buffer in function.inputs]
    before = run(function._replace(body=function.body[:-1]), {}, given, SEMANTICS, "float64")[1]
    np.testing.assert_array_equal(run(empty, {}, given, SEMANTICS, "float64")[1], before)


def test_linear_algebra_has_the_scratch_that_it_needs() -> None:
    """Factors of the matrix's shape, and as many whole numbers as it has rows."""
    square, again = (Buffer(Name(40 + k, "M"), "real", (n, n), role) for k, role in enumerate((INPUT, OUTPUT)))
    factors = Buffer(Name(42, "factors"), "real", (n, n), SCRATCH)
    pivots = Buffer(Name(43, "pivots"), "int64", (n,), SCRATCH)

    def inverse(factors: Buffer = factors, pivots: Buffer = pivots) -> list[str]:
        starts = [Start(b, (ZERO,) * len(b.extents)) for b in (square, again, factors, pivots)]
        scratch = (Scratch(factors, ONE), Scratch(pivots, ONE))
        function = LoopProgram("f", ("n",), (square,), (again,), scratch, (Call("inv", (n, *starts)),))
        return faults(function)

    assert inverse() == []
    wrong = ["inv has not the scratch that it needs"]
    assert inverse(factors=factors._replace(extents=(n, n - 1))) == wrong
    assert inverse(pivots=pivots._replace(extents=(n + 1,))) == wrong
    assert inverse(pivots=pivots._replace(type="real")) == wrong


def test_lines_are_counted_without_heads_and_comments() -> None:
    body = (Comment("x"), SET, For(i, ZERO, n, (Comment("y"), SET, real(u, ZEROS))), If((), (SET,), (SET,)))
    assert apart._length(body) == 5


def test_a_routine_is_not_called_for_less_than_nothing() -> None:
    function = called("dots", sizes_of("dots"))
    call = function.body[-1]
    assert isinstance(call, Call)
    fewer = function._replace(body=(call._replace(arguments=(n - 1, *call.arguments[1:])),), dims=("n",))
    assert "dots is called for n - 1, which may be negative" in faults(fewer)


class Elements:
    """An array as routines have it, with a formula for each element."""

    def __init__(self, seed: int) -> None:
        self.cells = np.random.default_rng(seed).normal(size=10**4)

    def places(self, *steps: tuple[int, int]) -> Any:
        places = np.zeros([count for count, _ in steps], int)
        for axis, (_, stride) in enumerate(steps):
            places += np.indices(places.shape)[axis] * stride
        return places

    def read(self, *steps: tuple[int, int]) -> Any:
        return self.cells[self.places(*steps)]

    def write(self, value: Any, add: Any, *steps: tuple[int, int]) -> None:
        places = self.places(*steps)
        self.cells[places] = value + (self.cells[places] if add else 0)


@pytest.mark.parametrize("call", CALLS)
def test_the_runner_computes_what_routines_say(call: str) -> None:
    """Each element as the comment of the routine has it, from loops over numbers."""
    routine, given = CALLS[call]
    arrays = {letter: Elements(number) for letter, number in LETTERS.items()}
    before = arrays["c"].cells.copy()
    ROUTINES[routine](*(arrays[a] if isinstance(a, str) else a for a in given))
    a, b, w, d, after = (arrays[letter].cells for letter in "abwdc")
    expected = before.copy()
    g = given
    add = goes_on(call)

    def put(place: int, value: float) -> None:
        expected[place] = value + (before[place] if add else 0.0)

    if routine == "product":
        below = g[-1] if call.endswith("diagonal") else 0
        for row, column in np.ndindex(g[0], g[1]):
            terms = [
                a[row * g[4] + e * g[5]] * b[e * g[7] + column * g[8]] * (w[e * g[10]] if g[9] else 1.0)
                for e in range(g[2])
            ]
            put(row * g[12] + column * g[13], np.nan if below and column > row else sum(terms))
    elif routine == "dots":
        for row in range(g[0]):
            put(row * g[6], sum(a[row * g[3] + e] * b[e] for e in range(g[1])))
    elif routine == "combine":
        for column in range(g[1]):
            put(column, sum(a[e * g[3] + column] * b[e * g[5]] for e in range(g[0])))
    elif routine == "transpose":
        for row, column in np.ndindex(g[0], g[1]):
            put(column * g[5] + row, a[row * g[3] + column])
    elif routine == "outer":
        for e, q, z in np.ndindex(g[0], g[1], g[2]):
            put((e * g[1] + q) * g[2] + z, a[e * g[4] + q * g[5]] * b[e * g[7] + z])
    else:
        classes, columns, depth = g[:3]
        for number, (one, other, r, z) in enumerate(np.ndindex(classes, classes, columns, columns)):
            total = 0.0
            for e in range(depth):
                pair = b[e * g[7] + one * g[8]] * b[e * g[7] + other * g[8]] * (w[e * g[10]] if g[9] else 1.0)
                pair += d[e * g[12] + one * g[13]] if g[11] and one == other else 0.0
                total += a[e * g[4] + r * g[5]] * a[e * g[4] + z * g[5]] * pair
            put(number, total if other <= one and z <= r else np.nan)
    np.testing.assert_allclose(after, expected, rtol=1e-12)


# ------------------------------------------------------------------------------------------------------------- runner


def ran(*body: Statement, **more: Any) -> Any:
    """What a function of x = [1, 2, 3] and a matrix gives for s."""
    status, found = run(program(*body, **more), {"n": 3, "m": 2}, GIVEN, SEMANTICS, "float64")
    assert status == 0
    return found[0]


GIVEN = (np.array([1.0, 2.0, 3.0]), np.arange(6.0).reshape(2, 3))

REFUSED: dict[str, tuple[Statement, ...]] = {
    "x#0: index 3 on an axis of length 3": (real(u, load(x, n)),),
    "x#0: index -1 on an axis of length 3": (real(u, load(x, size(-1))),),
    "A#1 has 2 axes, not 1": (real(u, load(A, ZERO)),),
    "x#0 is only to be read": (fill(x),),
    "u#10 is not there": (real(v, Local(u)),),
    "v#11 is not there": (Assign(v, "+=", ZEROS),),
    "q#8 is not there": (real(v, load(x, q.size)),),
    "3 // 0 is not what it is in C": (Let(u, "integer", Whole(n // (m - 2))),),
    "3 % 0 is not what it is in C": (Let(u, "integer", Whole(n % (m - 2))),),
    "-1 // 4 is not what it is in C": (Let(u, "integer", Whole((m - n) // (n + 1))),),
    "w#12 is no part of A#1": (Alias(ROW, A, m),),
    "w#12 is no part of A#1 ": (Alias(ROW, A, size(-1)),),
    "y#2 has an axis of length -1": (Array(Buffer(NAMES["y"], "real", (m - n,), LOCAL)),),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_the_runner_refuses_what_c_would_do_wrongly(fault: str) -> None:
    with pytest.raises(VerifyError) as caught:
        ran(SET, *REFUSED[fault])
    assert str(caught.value) == f"f: {fault.strip()}"


def test_the_runner_refuses_arguments_of_another_size() -> None:
    with pytest.raises(VerifyError, match="x#0 has another size than it says"):
        run(program(SET), {"n": 4, "m": 2}, GIVEN, SEMANTICS, "float64")


def test_a_sum_in_two_parts_loses_nothing() -> None:
    """The term that is larger than the sum so far, and the one that is smaller."""
    for terms, total in (((1.0, 1e100, 1.0, -1e100), 2.0), ((1e16, 1.0, -1e16), 1.0), ((1.0, np.inf), np.inf)):
        steps = [step for term in terms for step in (Assign(v, "=", Constant(term)), Add(u, w, v))]
        body = [Variable(name, "real", ZEROS) for name in (u, v, w)]
        assert ran(*body, *steps, Rounded(u, w), Assign(Place(s, ()), "=", Local(u))) == total
        placed = [step._replace(total=Place(s, ())) if isinstance(step, Add) else step for step in steps]
        assert ran(SET, *body, *placed, Rounded(Place(s, ()), w)) == total


def test_shares_of_a_block_are_kept_apart() -> None:
    """The first share may be the buffer that it stands for; each other is there until it is seen."""
    home = Buffer(NAMES["t"], "real", (n,), SCRATCH)
    seen = View(SEEN, BLOCK, NAMES["each"], ONE, ())

    def body(which: int, instead: Buffer | None) -> tuple[Statement, ...]:
        carve = CARVE._replace(which=size(which), instead=(instead,))
        return (Scope((carve, For(i, ZERO, n, (Assign(Place(PART, (i.size,)), "=", Constant(which + 2.0)),)))),)

    more = {"scratch": (*SHARED["scratch"], Scratch(home, ONE))}
    end = Assign(Place(s, ()), "=", Apply("mul", (load(home, ZERO), load(SEEN, ONE))))
    for instead in (home, None):
        function = program(EACH, fill(home), *body(0, instead), *body(1, home), seen, end, **more)
        assert faults(function, [n - 2]) == []
        (found,) = run(function, {"n": 3, "m": 2}, GIVEN, SEMANTICS, "float64")[1]
        assert found == (6.0 if instead else 0.0)
