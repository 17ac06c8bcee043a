"""Random programs of every kind of definition, for properties that all programs have."""

from __future__ import annotations

import math
import random

from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.routines import call
from gradc.ir.equations import BOOLEAN, INTEGER, REAL
from gradc.ir.program import Comprehension, Parameter, Program, ProgramBuilder, Scan
from gradc.ir.size import index, size, symbol

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
CONST = [0.0, -0.0, 1.0, 2.0, -1.0, -2.5, 0.1, 3.0, math.inf, -math.inf, math.nan, 1e22, 1e-9, 1e15, -7.0]
EXT = [n, d, n + 1, n - 1, size(3), n // 2, n * d, 2 * (n // 2), size(1)]


def random_size(r, builder, body, extents, depth=0):
    c = r.randrange(9 if depth < 2 else 4)
    if c == 0:
        return size(r.randrange(-2, 4))
    if c == 1:
        return r.choice([n, d])
    if c in (2, 3) and extents:
        return index(r.randrange(len(extents)))
    if c in (2, 3):
        return size(1)
    a = random_size(r, builder, body, extents, depth + 1)
    b = random_size(r, builder, body, extents, depth + 1)
    if a.mentions("ref") and b.mentions("ref"):
        b = size(2)  # the order of two data indices in one subscript follows their numbers, not what they are
    if c == 4:
        return a + b
    if c == 5:
        return a - b
    if c == 6:
        return a * b
    if c == 7:
        return a // r.choice([2, 3, n, d + 1]) if r.random() < 0.5 else a % r.choice([2, n, d + 1])
    integers = [k for k, a_ in enumerate(builder.arrays) if a_.kind == INTEGER and len(a_.shape) == 1]
    return body.as_size(body.access(r.choice(integers), (a,), INTEGER))


def random_body(r, builder, extents, count):
    body = builder.body()
    pools = {
        REAL: [body.constant(r.choice(CONST))],
        INTEGER: [body.integer(r.randrange(3))],
        BOOLEAN: [body.constant(True)],
    }
    for _ in range(count):
        c = r.randrange(10)
        if c == 0:
            new = body.constant(r.choice(CONST))
        elif c == 1:
            new = body.integer(random_size(r, builder, body, extents))
        elif c in (2, 3, 4):
            array = r.randrange(len(builder.arrays))
            a = builder.arrays[array]
            new = builder.access(body, array, *(random_size(r, builder, body, extents) for _ in a.shape))
        elif c == 5:
            kind = r.choice([REAL, INTEGER, BOOLEAN])
            op = r.choice(["lt", "le", "eq", "ne"])
            a, b = r.choice(pools[kind]), r.choice(pools[r.choice([kind, REAL])])
            new = body.apply(op, a, b)
        elif c == 6:
            op = r.choice(["and", "or", "not"])
            new = body.apply(op, *(r.choice(pools[BOOLEAN]) for _ in range(1 if op == "not" else 2)))
        elif c == 7:
            op = r.choice(["where", "where_integer"])
            kind = REAL if op == "where" else INTEGER
            new = body.apply(op, r.choice(pools[BOOLEAN]), r.choice(pools[kind]), r.choice(pools[kind]))
        else:
            op = r.choice(["add", "sub", "mul", "div", "neg", "pow"] * 10 + list(PRIMITIVES))
            new = body.apply(
                op, *(r.choice(pools[r.choice([REAL, REAL, INTEGER])]) for _ in range(PRIMITIVES[op].arity))
            )
        pools[body.kind(new)].append(new)
    return body, pools


def random_program(seed, size_=12, parameters=PARAMETERS, depth=0) -> Program:
    r = random.Random(seed)
    builder = ProgramBuilder(parameters)
    for _ in range(r.randrange(1, 6)):
        kind = r.randrange(8)
        extents = [r.choice(EXT) for _ in range(r.randrange(4))]
        if kind < 5:
            rank = r.randrange(len(extents) + 1)
            body, pools = random_body(r, builder, extents, r.randrange(1, size_))
            k = r.choice([REAL, REAL, REAL, INTEGER, BOOLEAN]) if rank == len(extents) else REAL
            red = r.choice(["sum", "prod", "max", "min", "logsumexp"])
            builder.comprehend(
                body,
                r.choice(pools[k][-3:]),
                extents[:rank],
                extents[rank:],
                red,
                hint=r.choice([None, None, "z", "lambda", "n", "t0", "s1", "loss", "i"]),
            )
        elif kind == 5:
            pieces = []
            shape = [r.choice(EXT) for _ in range(r.randrange(3))]
            for _ in range(r.randrange(3)):
                ex = [r.choice(EXT) for _ in range(r.randrange(3))]
                body, pools = random_body(r, builder, ex, size_)
                pieces.append(
                    (
                        ex,
                        body,
                        [
                            (tuple(random_size(r, builder, body, ex) for _ in shape), r.choice(pools[REAL][-3:]))
                            for _ in range(r.randrange(1, 3))
                        ],
                    )
                )
            builder.accumulate(shape, pieces)
        elif kind == 6:
            squares = [
                k
                for k, a in enumerate(builder.arrays)
                if len(a.shape) == 2 and a.shape[0] == a.shape[1] and a.kind == REAL
            ]
            m = r.choice(squares)
            name = r.choice(["inv", "det", "slogdet", "cholesky", "solve"])
            call(builder, name, *([m, m] if name == "solve" else [m]))
        elif depth < 2:
            reals = [k for k, a in enumerate(builder.arrays) if a.kind == REAL]
            initial = tuple(r.choice(reals) for _ in range(r.randrange(1, 3)))
            captured = tuple(r.sample(range(len(builder.arrays)), r.randrange(4)))
            integer = [k for k, a in enumerate(builder.arrays) if a.kind == INTEGER and len(a.shape) == 1]
            captured = tuple(dict.fromkeys([*captured, integer[0]]))
            ps = [Parameter(f"c{k}", builder.arrays[a].shape) for k, a in enumerate(initial)] + [
                Parameter(f"q{k}", *builder.arrays[a]) for k, a in enumerate(captured)
            ]
            inner = ProgramBuilder(ps)
            outs = []
            for k, p in enumerate(ps[: len(initial)]):
                body, pools = random_body(r, inner, p.shape, 6)
                if r.random() < 0.8:
                    outs.append(inner.comprehend(body, r.choice(pools[REAL][-3:]), p.shape))
                else:
                    outs.append(k)
            builder.define(
                Scan(
                    f"t{depth}" if r.random() < 0.5 else f"step{depth}",
                    r.choice([n, d, size(4)]),
                    initial,
                    captured,
                    inner.finish(outs),
                )
            )
    if builder.definitions and isinstance(builder.definitions[-1], Comprehension) and r.random() < 0.2:
        builder.define_apart(builder.definitions[-1])
    outputs = [r.randrange(len(builder.arrays)) for _ in range(r.randrange(1, 3))]
    return builder.finish(outputs, ["out"] if r.random() < 0.5 else [])
