"""Random programs of the IR, of every kind of definition and every primitive, reduction and routine.

>>> random_program(1) == random_program(1)
True
>>> sound_program(1).parameters == PARAMETERS
True

`random_program` makes whatever can be written down; `sound_program` what can be run: it reads inside its arrays, and
keeps to where functions are defined.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.routines import call
from gradc.ir.definitions import Comprehension, Parameter, Scan
from gradc.ir.equations import BOOLEAN, INTEGER, REAL, BodyBuilder
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import ONE, Size, index, size, symbol

Pools = dict[str, list[int]]

n, d = symbol("n"), symbol("d")
PARAMETERS = (
    Parameter("x", (n,)),
    Parameter("X", (n, d)),
    Parameter("w", (d,)),
    Parameter("lam", ()),
    Parameter("e", ()),
    Parameter("sum", (n + 1,)),
    Parameter("idx", (n,), "int64"),
    Parameter("mask", (n,), "bool"),
    Parameter("A", (size(3), size(3))),
    Parameter("s0", (d, d), "float32"),
)
_CONSTANTS = (0.0, -0.0, 1.0, 2.0, -1.0, -2.5, 0.1, 3.0, math.inf, -math.inf, math.nan, 1e22, 1e-9, 1e15, -7.0)
_SOUND_CONSTANTS = (0.0, 1.0, 2.0, -1.0, -2.5, 0.1, 3.0, 0.5)
_EXTENTS = (n, d, n + 1, n - 1, size(3), n // 2, n * d, 2 * (n // 2), size(1))
_HINTS = (None, None, "z", "lambda", "n", "t0", "s1", "loss", "i")
_REDUCTIONS = ("sum", "prod", "max", "min", "logsumexp")
_DRAWN = [op for op in PRIMITIVES if op != "held"]  # whose derivative is 0 by its meaning, and not by differences
_ARITHMETIC = ("add", "sub", "mul", "div", "neg", "pow")
SIZES = (2, 3, 4, 5, 7, 127, 128, 129, 512)


def random_program(
    seed: int, equations: int = 12, parameters: Sequence[Parameter] = PARAMETERS, *, sound: bool = False
) -> Program:
    """A program of a few definitions whose bodies have up to so many equations; equal seeds give equal programs."""
    return _Maker(random.Random(seed), ProgramBuilder(parameters), sound).program(equations)  # noqa: S311 - repeatable


def sound_program(seed: int, equations: int = 10) -> Program:
    """A program that can be run where the dimensions are 2 or more."""
    return random_program(seed, equations, sound=True)


def sound_arguments(seed: int, *, long: bool = False) -> tuple[list[Any], dict[str, int]]:
    """Arguments for a sound program, and the sizes of its dimensions, one of which may be long, or is."""
    rng = np.random.default_rng(seed)
    rows = 600 if long else int(rng.choice(SIZES)) if rng.random() < 0.2 else int(rng.choice(SIZES[:5]))
    sizes = {"n": rows, "d": int(rng.choice(SIZES[:4]))}
    known = {("dim", name): number for name, number in sizes.items()}
    found: list[Any] = []
    for parameter in PARAMETERS:
        shape = tuple(extent.evaluate(known) for extent in parameter.shape)
        if parameter.dtype == "bool":
            value: Any = rng.random(shape) < 0.5
        elif parameter.dtype == "int64":
            value = rng.integers(-3, 4, shape)
        else:
            value = rng.normal(size=shape).astype("float64" if parameter.dtype == "real" else parameter.dtype)
        found.append(value if shape else float(value))
    return found, sizes


class _Maker:
    """One program being made."""

    def __init__(self, r: random.Random, builder: ProgramBuilder, sound: bool) -> None:
        self.r, self.builder, self.sound = r, builder, sound

    # --- sizes and subscripts

    def size(self, body: BodyBuilder, extents: Sequence[Size], depth: int = 0) -> Size:
        """A size of indices, dimensions, numbers and elements of integer arrays."""
        r = self.r
        choice = r.randrange(9 if depth < 2 else 4)
        if choice == 0:
            return size(r.randrange(-2, 4))
        if choice == 1:
            return r.choice([n, d])
        if choice in (2, 3):
            return index(r.randrange(len(extents))) if extents else ONE
        a, b = self.size(body, extents, depth + 1), self.size(body, extents, depth + 1)
        if a.mentions("ref") and b.mentions("ref"):
            b = size(2)  # the order of two data indices in one subscript follows their numbers, not what they are
        if choice == 4:
            return a + b
        if choice == 5:
            return a - b
        if choice == 6:
            return a * b
        if choice == 7:
            return (
                a // r.choice([size(2), size(3), n, d + 1]) if r.random() < 0.5 else a % r.choice([size(2), n, d + 1])
            )
        integers = [k for k, a_ in enumerate(self.builder.arrays) if a_.kind == INTEGER and len(a_.shape) == 1]
        array = r.choice(integers)
        at = self.inside(a, self.builder.arrays[array].shape[0])
        return body.as_size(body.access(array, (at,), INTEGER))

    def inside(self, value: Size, extent: Size) -> Size:
        """The subscript, or where programs are sound one that lies in the axis."""
        return value % extent if self.sound else value

    def subscript(self, body: BodyBuilder, extents: Sequence[Size], extent: Size) -> Size:
        """A subscript of an axis."""
        fitting = [k for k, own in enumerate(extents) if own == extent]
        if not self.sound or not fitting or self.r.random() < 0.2:
            return self.inside(self.size(body, extents), extent)
        chosen = index(self.r.choice(fitting))
        return extent - 1 - chosen if self.r.random() < 0.1 else chosen

    # --- bodies

    def body(self, extents: Sequence[Size], count: int) -> tuple[BodyBuilder, Pools]:
        """A body of so many equations, and their numbers by kind."""
        r, body = self.r, self.builder.body()
        constants = _SOUND_CONSTANTS if self.sound else _CONSTANTS
        pools: Pools = {
            REAL: [body.constant(r.choice(constants))],
            INTEGER: [body.integer(size(r.randrange(3)))],
            BOOLEAN: [body.constant(True)],
        }
        for _ in range(count):
            choice = r.randrange(10)
            if choice == 0:
                new = body.constant(r.choice(constants))
            elif choice == 1:
                new = body.integer(self.size(body, extents))
            elif choice in (2, 3, 4):
                array = r.randrange(len(self.builder.arrays))
                shape = self.builder.arrays[array].shape
                new = self.builder.access(body, array, *(self.subscript(body, extents, extent) for extent in shape))
            elif choice == 5:
                kind = r.choice([REAL, INTEGER, BOOLEAN])
                op = r.choice(["lt", "le", "eq", "ne"])
                a, b = r.choice(pools[kind]), r.choice(pools[r.choice([kind, REAL])])
                new = body.apply(op, a, b)
            elif choice == 6:
                op = r.choice(["and", "or", "not"])
                new = body.apply(op, *(r.choice(pools[BOOLEAN]) for _ in range(1 if op == "not" else 2)))
            elif choice == 7:
                op = r.choice(["where", "where_integer"])
                kind = REAL if op == "where" else INTEGER
                new = body.apply(op, r.choice(pools[BOOLEAN]), r.choice(pools[kind]), r.choice(pools[kind]))
            else:
                op = r.choice([*_ARITHMETIC * 10, *_DRAWN])
                operands = [r.choice(pools[r.choice([REAL, REAL, INTEGER])]) for _ in range(PRIMITIVES[op].arity)]
                if op == "stands_for":  # both are the same by its meaning
                    operands = operands[:1] * 2
                new = self.apply(body, op, operands)
            pools[body.kind(new)].append(new)
        return body, pools

    def apply(self, body: BodyBuilder, op: str, operands: Sequence[int]) -> int:
        """A primitive, its operands brought to its domain where programs are sound."""
        if not self.sound or op in ("add", "sub", "mul", "neg"):
            return body.apply(op, *operands)
        held = []
        for operand, (low, high) in zip(operands, PRIMITIVES[op].domain, strict=True):
            if low == high:
                held.append(body.constant(float(low)))
                continue
            swing = body.apply("mul", body.constant(0.49 * (high - low)), body.apply("tanh", operand))
            held.append(body.apply("add", body.constant(0.5 * (low + high)), swing))
        return body.apply(op, *held)

    # --- definitions

    def program(self, equations: int) -> Program:
        """A few definitions, and some arrays as outputs."""
        r, builder = self.r, self.builder
        for _ in range(r.randrange(1, 6)):
            kind = r.randrange(8)
            extents = [r.choice(_EXTENTS) for _ in range(r.randrange(4))]
            if kind < 5:
                self.comprehend(extents, equations)
            elif kind == 5:
                self.accumulate(equations)
            elif kind == 6:
                self.routine()
            else:
                self.scan()
        if builder.definitions and isinstance(builder.definitions[-1], Comprehension) and r.random() < 0.2:
            builder.define_apart(builder.definitions[-1])
        if self.sound:  # the front ends give one real output
            reals = [k for k, array in enumerate(builder.arrays) if array.kind == REAL and array.dtype == "real"]
            return builder.finish([reals[-1]], ["value"])
        outputs = [r.randrange(len(builder.arrays)) for _ in range(r.randrange(1, 3))]
        return builder.finish(outputs, ["out"] if r.random() < 0.5 else [])

    def comprehend(self, extents: Sequence[Size], equations: int) -> None:
        """A comprehension, with or without a reduction."""
        r = self.r
        if self.sound and sum(extent in (n, n + 1, n - 1, n * d) for extent in extents) > 1:
            extents = extents[:1]
        rank = r.randrange(len(extents) + 1)
        body, pools = self.body(extents, r.randrange(1, equations))
        kind = r.choice([REAL, REAL, REAL, INTEGER, BOOLEAN]) if rank == len(extents) else REAL
        value = r.choice(pools[kind][-3:])
        reduction = r.choice(_REDUCTIONS)
        if self.sound and reduction == "prod" and rank < len(extents):
            value = body.apply("cos", value)
        self.builder.comprehend(body, value, extents[:rank], extents[rank:], reduction, hint=r.choice(_HINTS))

    def accumulate(self, equations: int) -> None:
        """An accumulation of up to two pieces."""
        r = self.r
        pieces = []
        shape = [r.choice(_EXTENTS) for _ in range(r.randrange(3))]
        for _ in range(r.randrange(3)):
            extents = [r.choice(_EXTENTS) for _ in range(r.randrange(2 if self.sound else 3))]
            body, pools = self.body(extents, equations)
            stores = [
                (tuple(self.subscript(body, extents, extent) for extent in shape), r.choice(pools[REAL][-3:]))
                for _ in range(r.randrange(1, 3))
            ]
            pieces.append((extents, body, stores))
        self.builder.accumulate(shape, pieces)

    def routine(self) -> None:
        """A routine of linear algebra, of a well-conditioned matrix where programs are sound."""
        builder = self.builder
        squares = [
            k
            for k, a in enumerate(builder.arrays)
            if len(a.shape) == 2 and a.shape[0] == a.shape[1] and a.kind == REAL
            and not (self.sound and a.shape[0] not in (d, size(3)))
        ]  # fmt: skip
        matrix = self.r.choice(squares)
        name = self.r.choice(["inv", "det", "slogdet", "cholesky", "solve"])
        if self.sound:
            matrix = self.conditioned(matrix)
        call(builder, name, *([matrix, matrix] if name == "solve" else [matrix]))

    def conditioned(self, matrix: int) -> int:
        """Twice the identity and a smaller matrix."""
        extent = self.builder.arrays[matrix].shape[0]
        body = self.builder.body()
        element = self.builder.access(body, matrix, index(0), index(1))
        small = body.apply("div", body.apply("tanh", element), body.apply("real", body.integer(extent)))
        equal = body.apply("eq", body.integer(index(0)), body.integer(index(1)))
        diagonal = body.apply("where", equal, body.constant(2.0), body.constant(0.0))
        return self.builder.comprehend(body, body.apply("add", small, diagonal), (extent, extent))

    def scan(self) -> None:
        """A scan of one or two carries."""
        r, builder = self.r, self.builder
        reals = [k for k, a in enumerate(builder.arrays) if a.kind == REAL]
        if self.sound:
            reals = [k for k in reals if len(builder.arrays[k].shape) < 2 and builder.arrays[k].dtype == "real"]
        initial = tuple(r.choice(reals) for _ in range(r.randrange(1, 3)))
        captured = tuple(r.sample(range(len(builder.arrays)), r.randrange(4)))
        integer = [k for k, a in enumerate(builder.arrays) if a.kind == INTEGER and len(a.shape) == 1]
        captured = tuple(dict.fromkeys([*captured, integer[0]]))
        parameters = [Parameter(f"c{k}", builder.arrays[a].shape) for k, a in enumerate(initial)] + [
            Parameter(f"q{k}", *builder.arrays[a]) for k, a in enumerate(captured)
        ]
        inner = _Maker(r, ProgramBuilder(parameters), self.sound)
        outputs = []
        for k, parameter in enumerate(parameters[: len(initial)]):
            body, pools = inner.body(parameter.shape, 6)
            if r.random() < 0.8:
                value = r.choice(pools[REAL][-3:])
                value = body.apply("tanh", value) if self.sound else value
                outputs.append(inner.builder.comprehend(body, value, parameter.shape))
            else:
                outputs.append(k)
        step = "t0" if r.random() < 0.5 else "step0"
        length = r.choice([n, d, size(4)])
        builder.define(Scan(step, length, initial, captured, inner.builder.finish(outputs)))


def shrink_program(program: Program, fails: Callable[[Program], bool]) -> Program:
    """A program with an earlier array for its output, or fewer definitions, that still fails."""
    arrays = program.arrays()
    for number, array in enumerate(arrays):
        if number in program.outputs or array.dtype != "real" or number < len(program.parameters):
            continue
        smaller = Program(program.parameters, program.definitions, (number,), program.hints, ("value",))
        if fails(smaller):
            return smaller
    return program
