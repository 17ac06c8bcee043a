"""Every pass keeps the IR's invariants and the program's meaning, on the sample functions and on random programs."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradc
from compiled import run
from functions import BY_NAME, SAMPLES, SIZES
from gradc import programs
from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.reverse import vjp
from gradc.calculus.scalar import apply_formula
from gradc.contract.contract import contract
from gradc.contract.split import split_products
from gradc.frontends.formula import parse_formula, parse_program
from gradc.frontends.signature import parse_signature
from gradc.ir.definitions import Comprehension, Parameter, bodies_of
from gradc.ir.equations import BodyBuilder, index_dependencies
from gradc.ir.printer import name_after_readers
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import index, symbol
from gradc.ir.verify import verify
from gradc.passes import axes, together
from gradc.passes.axes import merge_axes
from gradc.passes.dead import drop_dead
from gradc.passes.factor_out import factor_out
from gradc.passes.lower import lower
from gradc.passes.partition import partition
from gradc.passes.rules import Rule
from gradc.passes.simplify import RULES, simplified
from gradc.passes.stencil import gather_shifts
from gradc.passes.unit import drop_unit_indices
from gradc.pipeline import CANONICAL, DERIVATIVE, lowering
from gradc.pipeline import run as run_stages
from gradc.programs import normalise
from test_functions import assert_close, readings

NAMES = list(BY_NAME)
n = symbol("n")


def joint_of(name: str) -> Program:
    return programs.derive(programs.canonical(next(iter(readings(name).values()))), "vjp", BY_NAME[name].wrt)


def arguments_of(name: str, joint: Program) -> list[Any]:
    arguments = BY_NAME[name].arguments()
    shape = tuple(extent.evaluate({("dim", k): v for k, v in SIZES.items()}) for extent in joint.parameters[-1].shape)
    return [*arguments, np.random.default_rng(3).normal(size=shape)]


def check_passes(program: Program, arguments: list[Any], tolerance: float = 1e-10) -> Program:
    """Run the passes one after the other, each verified and interpreted; gives the canonical program."""
    expected = run(program, arguments, dims=SIZES)

    def watch(name: str, after: Program) -> None:
        verify(after)
        assert after.parameters == program.parameters
        for found, value in zip(run(after, arguments, dims=SIZES), expected, strict=True):
            assert_close(found, value, tolerance, name)

    canonical = run_stages(CANONICAL, program, watch)
    run_stages((*DERIVATIVE, *lowering("float64")), canonical, watch)
    return canonical


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_sums_over_nothing_are_zero_whatever_divides_their_terms() -> None:
    def of_means(W):
        return np.sum(np.mean(W**2, axis=1))

    def over_size(W):
        return np.sum(W / (W.shape[0] * W.shape[1])) + np.sum(np.sum(W, axis=0) / W.shape[1])

    for function in (of_means, over_size):
        for backend in ("interpret", "c"):
            k = gradc.compile(function, "W[n,m]", backend=backend)
            for shape in ((0, 0), (0, 3), (3, 0), (2, 3)):
                W = np.ones(shape)
                with np.errstate(all="ignore"):
                    np.testing.assert_array_equal(k(W), function(W))
        square = gradc.compile(function, "W[n,n]", backend="interpret")
        assert square(np.ones((0, 0))) == 0.0
        assert gradc.check_grad(square, np.eye(3)).ok


def check_settled(program: Program) -> None:
    """A second round may take a factor out of a sum that the first one merged into it; a third finds nothing."""
    twice = normalise(normalise(program))
    assert normalise(twice) == twice


@pytest.mark.parametrize("name", NAMES)
def test_passes_on_samples(name: str) -> None:
    for program in readings(name).values():
        canonical = check_passes(program, BY_NAME[name].arguments())
        assert normalise(canonical) == canonical


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sum(x * (np.arange(x.shape[0]) >= np.arange(x.shape[0])).astype(int) * 2.5),
        lambda x: np.greater(np.arange(x.shape[0])[None], np.arange(x.shape[0])).astype(int),
        lambda x: np.max(x * (3 + (x.shape[0] == x.shape[0] + 1))),
    ],
)
def test_whole_numbers_that_are_known_are_numbers(function: Callable[..., Any]) -> None:
    """What the passes make prints as what it parses to."""
    program = programs.canonical(programs.read(function, "x[n]"))
    assert "real(" not in str(program)
    assert parse_program(str(program)) == program


def test_what_a_scan_captures_and_does_not_read_is_dead() -> None:
    text = """def program(x: real[n], y: real[n]):
    a[i:n] = exp(y[i])
    t0 = 0.0
    with scan[t:n](x, a, s_t=t0) as s:
        unread = a[t] ** 2
        u = s_t + x[t]
        return u
    return s
"""
    assert "y[" not in str(drop_dead(parse_program(text))).partition(":\n")[2]


@pytest.mark.parametrize("name", NAMES)
def test_passes_on_derivatives(name: str) -> None:
    joint = joint_of(name)
    arguments = arguments_of(name, joint)
    check_passes(joint, arguments)
    check_settled(joint)
    halves = partition(joint)
    verify(halves.forward)
    verify(halves.backward)
    value, *kept = run(halves.forward, arguments[:-1], dims=SIZES)
    assert len(kept) == halves.residuals
    gradients = run(halves.backward, [*arguments[:-1], *kept, arguments[-1]], dims=SIZES)
    for found, expected in zip((value, *gradients), run(joint, arguments, dims=SIZES), strict=True):
        assert_close(found, expected, 1e-10)


# --- common factors of a sum ----------------------------------------------------------------------------------------


def test_common_factors_leave_a_sum_through_its_terms_and_choices():
    program = parse_program(
        "def program(X: real[n, d], W: real[h, k], Z: real[n, k], t: real[n, h]):\n"
        "    T[i:n, j:k, l:d, m:h] = W[m, j] * (X[i, l] * tanh(t[i, m]))\n"
        "    u[i:n, l:d, m:h] = sum[j:k](where(-inf == Z[i, j], 0, T[i, j, l, m] * exp(Z[i, j])) - T[i, j, l, m] / 3)\n"
        "    G[l:d, m:h] = sum[i:n](X[i, l] * u[i, l, m])\n"
        "    return G\n"
    )
    factored = normalise(factor_out(normalise(program)))
    shapes = [array.shape for array in factored.arrays()]
    assert (symbol("n"), symbol("d"), symbol("h")) not in shapes
    assert max(map(len, shapes)) == 2
    rng = np.random.default_rng(1)
    arguments = [rng.normal(size=shape) for shape in ((5, 2), (3, 4), (5, 4), (5, 3))]
    arguments[2][2, 1], arguments[2][3] = -np.inf, -np.inf
    for found, expected in zip(run(factored, arguments), run(program, arguments), strict=True):
        assert_close(found, expected, 1e-12)


@pytest.mark.parametrize("factor", ["1 / X[i, l]", "exp(X[i, l])", "log(X[i, l])"])
def test_what_may_be_infinite_stays_in_its_choice(factor: str):
    """At an x of 0, or a large one, the other value of the choice is what counts."""
    program = parse_program(
        "def program(X: real[n, d], Z: real[n, k]):\n"
        f"    u[i:n, l:d] = sum[j:k](where(0 < Z[i, j], 0, {factor} * Z[i, j]))\n"
        "    return u\n"
    )
    assert factor_out(program) is program


def test_what_leaves_a_choice_makes_a_product_with_weights():
    program = parse_program(
        "def program(X: real[n, d], c: real[n], p: real[n]):\n"
        "    H[j:d, k:d] = sum[i:n](X[i, k] * where(0 < c[i], X[i, j] * p[i], where(c[i] < -1, X[i, j], 0)))\n"
        "    return H\n"
    )
    factored = normalise(factor_out(program))
    (total,) = (d for d in factored.definitions if isinstance(d, Comprehension) and d.reduction == "sum")
    depends = index_dependencies(total.body)
    assert all(depends[k] == {2} for k, equation in enumerate(total.body) if equation.op == "where")
    rng = np.random.default_rng(1)
    arguments = [rng.normal(size=shape) for shape in ((9, 3), (9,), (9,))]
    for found, expected in zip(run(factored, arguments), run(program, arguments), strict=True):
        assert_close(found, expected, 1e-12)
    one = parse_program(str(program).replace("X[i, j] * p[i]", "p[i]"))
    assert factor_out(one) is one


def test_no_chain_of_products_is_followed_to_its_end():
    def loss(x, u):
        v, total = x, 0.0
        for _ in range(1200):
            v = v * u
            total = total + np.sum(v * v[::-1])
        return total

    program = gradc.compile(loss, "x[n], u[n]").program
    assert factor_out(program) is program


def test_what_a_sum_does_not_name_is_no_axis_of_it():
    program = parse_program("def program(X: real[n, d]):\n    u[i:n, l:d] = sum[j:d](X[i, j] ** 2)\n    return u\n")
    assert [len(array.shape) for array in factor_out(program).arrays()] == [2, 1, 2]


@pytest.mark.parametrize("name", sorted(name for name, p in PRIMITIVES.items() if p.bounded))
def test_what_leaves_a_choice_is_finite_wherever_it_is_read(name: str):
    points = np.array([-1e307, -1e3, -1.0, 0.0, 1.0, 1e3, 1e307])
    grids = np.meshgrid(*[points] * PRIMITIVES[name].arity)
    with np.errstate(all="ignore"):  # of quotients on the way
        assert np.isfinite(PRIMITIVES[name].reference(*grids)).all()


def test_what_is_added_at_shifted_places_is_read_at_shifted_places():
    program = parse_program(
        """
    def program(x: real[n], y: real[n]):
        s = sum[i:n - 1](sqrt(x[i + 1] * x[i]))
        a[:n] = 0
        a += each[i:n - 1](let(t := 0.5 / sqrt(x[i + 1] * x[i]), at[i + 1](t * x[i]), at[i](t * x[i + 1])))
        g[i:n] = a[i] + y[i]
        return s, g
    """
    )
    gathered = gather_shifts(program)
    assert gathered == parse_program(
        """
    def program(x: real[n], y: real[n]):
        s = sum[i:n](where(i < n - 1, sqrt(x[i + 1] * x[i]), 0))
        t[i:n] = where(i < n - 1, 0.5 / sqrt(x[i + 1] * x[i]), 0)
        g[i:n] = where(1 <= i, t[i - 1] * x[i - 1], 0) + where(i < n - 1, t[i] * x[i + 1], 0) + y[i]
        return s, g
    """
    )
    for n in (1, 2, 3, 9):
        arguments = np.arange(1.0, n + 1), np.ones(n)
        for found, expected in zip(run(gathered, arguments), run(program, arguments), strict=True):
            assert_close(found, expected, 1e-14)


def test_what_is_added_at_one_distance_or_far_away_stays_as_it_is():
    for pieces in (
        "at[i + 1](x[i])",
        "at[i](x[i]), at[n - 1](x[i])",
        "at[idx[i]](x[i]), at[idx[i] + 1](x[i])",
        "at[2 * i](x[i]), at[i](x[i])",
    ):
        text = f"def program(x: real[n], idx: int64[n]):\n a[:2*n] = 0\n a += each[i:n]({pieces})\n return a\n"
        program = parse_program(text)
        assert gather_shifts(program) == program


def test_products_of_matrices_that_are_added_are_sums_of_their_own():
    program = parse_program(
        "def program(W: real[h, k], V: real[h, k], a: real[n, k], b: real[n, k], c: real[n, h]):\n"
        "    T[i:n, j:h] = sum[l:k](W[j, l] * a[i, l] - V[j, l] * tanh(b[i, l]) + a[i, l] * b[i, l] * c[i, j])\n"
        "    s[i:n, j:h] = sum[l:k](a[i, l] * c[i, j] + b[i, l])\n"
        "    return T, s\n"
    )
    split = split_products(program)
    verify(split)
    sums = [d for d in split.definitions if isinstance(d, Comprehension) and d.reduction == "sum"]
    assert [[equation.op for equation in d.body].count("add") for d in sums] == [0, 0, 0, 1]
    assert not any(equation.op == "sub" for d in sums for equation in d.body)
    rng = np.random.default_rng(1)
    arguments = [rng.normal(size=shape) for shape in ((3, 4), (3, 4), (5, 4), (5, 4), (5, 3))]
    for found, expected in zip(run(split, arguments), run(program, arguments), strict=True):
        assert_close(found, expected, 1e-12)


# --- random programs ------------------------------------------------------------------------------------------------

SMOOTH = ["add", "sub", "mul", "neg", "sin", "tanh", "sigmoid", "exp", "maximum", "where", "div", "pow"]


def random_smooth(seed: int) -> Program:
    """A program of elementwise definitions and reductions over two axes, whose values stay moderate."""
    r = random.Random(seed)
    d = symbol("d")
    b = ProgramBuilder((Parameter("x", (n,)), Parameter("w", (d,)), Parameter("X", (n, d)), Parameter("c", ())))
    for _ in range(r.randrange(2, 9)):
        free = r.choice([(n,), (d,), (n, d), ()])
        reduced = r.choice([(), (), *((e,) for e in (n, d) if e not in free)])
        extents = (*free, *reduced)
        body = b.body()
        places = {e: index(k) for k, e in enumerate(extents)}
        readable = [k for k, array in enumerate(b.arrays) if all(e in places for e in array.shape)]
        pool = [body.constant(r.choice([0.5, 1.0, -1.0, 2.0, 0.0]))]
        pool += [b.access(body, k, *(places[e] for e in b.arrays[k].shape)) for k in r.choices(readable, k=3)]
        for _ in range(r.randrange(1, 7)):
            op = r.choice(SMOOTH)
            x, y, z = (r.choice(pool) for _ in range(3))
            if op == "where":
                new = body.apply("where", body.apply("lt", x, y), z, x)
            elif op == "div":
                new = body.apply("div", x, body.apply("add", body.constant(2.0), body.apply("sin", y)))
            elif op == "exp":
                new = body.apply("exp", body.apply("tanh", x))
            elif op == "pow":
                new = body.apply("pow", body.apply("sin", x), body.constant(r.choice([1.0, 2.0, 3.0])))
            else:
                new = body.apply(op, *(x, y)[: PRIMITIVES[op].arity])
            pool.append(new)
        value = body.apply("tanh", pool[-1]) if not reduced else pool[-1]
        b.comprehend(body, value, free, reduced, r.choice(["sum", "sum", "max", "logsumexp"]) if reduced else None)
    shape = b.arrays[-1].shape
    body = b.body()
    value = b.access(body, len(b.arrays) - 1, *(index(k) for k in range(len(shape))))
    last = b.comprehend(body, value, (), shape, "sum")
    return verify(b.finish([last], ["value"]))


@pytest.mark.parametrize("seed", range(60))
def test_passes_on_random_programs(seed: int) -> None:
    program = random_smooth(seed)
    rng = np.random.default_rng(seed)
    arguments = [rng.normal(size=shape) for shape in ((SIZES["n"],), (SIZES["d"],), (SIZES["n"], SIZES["d"]), ())]
    check_passes(program, arguments)
    check_settled(program)
    joint = verify(vjp(program, [0, 1, 2, 3]))
    check_passes(joint, arguments, 1e-8)
    check_settled(joint)
    verify(programs.derive(programs.canonical(program), "jvp", ["x", "X"]))


# --- axes that are run together -----------------------------------------------------------------------------------


def check_merged(program: Program, arguments: list[Any], dims: dict[str, int]) -> Program:
    """The program with its axes run together, which gives the same numbers of the same memory."""
    merged = verify(merge_axes(program))
    sizes = {("dim", name): value for name, value in dims.items()}
    flat = [
        np.reshape(value, [extent.evaluate(sizes) for extent in p.shape])
        for value, p in zip(arguments, merged.parameters, strict=True)
    ]
    for found, expected in zip(run(merged, flat, dims=dims), run(program, arguments, dims=dims), strict=True):
        np.testing.assert_array_equal(np.ravel(found), np.ravel(expected))
    return merged


@pytest.mark.parametrize("name", NAMES)
def test_axes_run_together_are_the_same_memory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(axes, "_FEW", 0)
    joint = joint_of(name)
    check_merged(normalise(joint), arguments_of(name, joint), SIZES)


MANY = "x[a,2,3,b,2,2,2,c,2], w[b,2,2,2,c,2], k[a]:int64"


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("sum(x**2)", 1),
        ("sum(sum(tanh(x * w), axis=(0, 1))**2)", 3),
        ("sum(max(x, axis=8)**2)", 2),
        ("sum(x * swapaxes(x, 4, 6))", 5),
        ("sum(x[k] * w)", 3),
    ],
)
@pytest.mark.parametrize("sizes", [(2, 3, 2), (1, 1, 1), (0, 2, 3), (2, 0, 2)])
def test_many_axes_are_run_together(text: str, most: int, sizes: tuple[int, int, int]) -> None:
    dims = dict(zip("abc", sizes, strict=True))
    program = programs.canonical(parse_formula(text, parse_signature(MANY)))
    joint = programs.derive(program, "value_and_grad", ["x", "w"])
    rng = np.random.default_rng(0)
    arguments: list[Any] = [
        rng.normal(size=[extent.evaluate({("dim", n): v for n, v in dims.items()}) for extent in p.shape])
        for p in program.parameters
    ]
    arguments[2] = np.arange(dims["a"])[::-1].copy()
    merged = check_merged(program, arguments, dims)
    assert max(len(extents) for d in merged.definitions for extents, _, _ in bodies_of(d)) == most
    check_merged(joint, arguments, dims)


def test_forty_axes_are_one_loop() -> None:
    k = gradc.compile("sum(x**2)", f"x[{','.join(f'n{axis}' for axis in range(32))}]", backend="c")
    x = np.arange(24.0).reshape(2, 3, *[1] * 28, 2, 2)
    assert k(x) == np.sum(x**2)
    np.testing.assert_array_equal(k.grad(x), 2 * x)


def test_too_many_loops_and_axes_are_refused_by_name() -> None:
    names = [f"n{axis}" for axis in range(64)]
    apart = f"x[{','.join(names[:20])}], y[{','.join(reversed(names[:20]))}]"
    text = f"sum[{', '.join(f'i{k}:{name}, j{k}:{name}' for k, name in enumerate(names[:20]))}](" + (
        f"x[{', '.join(f'i{k}' for k in range(20))}] * y[{', '.join(f'j{k}' for k in reversed(range(20)))}]"
        f" * ({' + '.join(f'i{k} * j{k}' for k in range(20))}))"
    )
    k = gradc.compile(text, apart, backend="c")
    with pytest.raises(gradc.UnsupportedError, match="40 loops in one another"):
        k(np.zeros([1] * 20), np.zeros([1] * 20))
    with pytest.raises(gradc.SignatureError, match=r"x has 65 axes; NumPy's arrays have"):
        gradc.compile("sum(x)", f"x[{','.join([*names, 'm'])}]")


# --- rules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [*RULES, *together.RULES], ids=lambda rule: rule.pattern)
def test_rules_hold(rule: Rule) -> None:
    rng = np.random.default_rng(0)
    constants = [
        {"c": c, "d": d}
        for c in (2.0, -0.5, 3.0, 0.25)
        for d in (2.0, 0.5, -2.0, 4.0, 3.0)
        if rule.when is None or rule.when({"c": c, "d": d})
    ]
    assert constants
    points = [rng.uniform(0.1, 3, 9) if "sqrt" in rule.pattern or "0.5" in rule.pattern else rng.normal(size=9) * 3] + [
        rng.normal(size=9) * 3 for _ in range(2)
    ]
    for chosen in constants:
        found = []
        for formula in (rule.pattern, rule.replacement):
            b = ProgramBuilder([Parameter(name, (n,)) for name in "xyz"])
            body = b.body()
            operands = {name: b.access(body, k, index(0)) for k, name in enumerate("xyz")}
            operands |= {name: body.constant(value) for name, value in chosen.items()}
            program = b.finish([b.comprehend(body, apply_formula(formula, body, operands), (n,))])
            found.append(run(program, points)[0])
        np.testing.assert_allclose(found[0], found[1], rtol=1e-15 if rule.holds.startswith("exact") else 1e-14)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.pattern)
def test_rules_apply(rule: Rule) -> None:
    """What a rule's pattern is built as is rewritten, by that rule or by an earlier one."""
    body = BodyBuilder()
    operands = {name: body.access(k, (), "real") for k, name in enumerate("xyz")}
    chosen = next(
        {"c": c, "d": d} for c in (2.0, 0.5) for d in (2.0, 0.5) if rule.when is None or rule.when({"c": c, "d": d})
    )
    operands |= {name: body.constant(value) for name, value in chosen.items()}
    rewritten = []

    def apply(op: str, *numbers: int) -> int:
        found = simplified(body, op, numbers)
        rewritten.append(found is not None)
        return body.apply(op, *numbers) if found is None else found

    number = apply_formula(rule.pattern, body, operands, apply)
    plain = BodyBuilder()
    operands = {name: plain.access(k, (), "real") for k, name in enumerate("xyz")}
    operands |= {name: plain.constant(value) for name, value in chosen.items()}
    unchanged = apply_formula(rule.pattern, plain, operands)
    same = body.equations[number].op == plain.equations[unchanged].op
    assert any(rewritten) or same


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("2 * (100 * (2 * x))", "400 * x"),
        ("0.5 * (0.3 * x)", "0.15 * x"),
        ("0.1 * (0.3 * x)", "0.1 * (0.3 * x)"),
        ("3000000 * (5000000 * x)", "3000000 * (5000000 * x)"),
        ("2 * (1e38 * x)", "2 * (1e+38 * x)"),
    ],
)
def test_constants_become_one_where_their_product_is_exact(formula: str, text: str) -> None:
    assert f"value = {text}\n" in str(programs.canonical(parse_formula(formula, parse_signature("x"))))


def test_what_has_no_name_is_called_after_its_reader() -> None:
    program = parse_program(
        "def program(X: real[n, d], w: real[d]):\n"
        "    t0[i:n] = sum[j:d](X[i, j] * w[j])\n"
        "    t1[j:d] = sum[i:n](X[i, j] * t0[i])\n"
        "    t2 = max[j:d](t1[j])\n"
        "    g[j:d] = t1[j] + t2\n"
        "    return g\n"
    )
    unnamed = Program(program.parameters, program.definitions, program.outputs, (), ("g",))
    assert name_after_readers(unnamed).hints == ("g_most_total", "g_most_total", "g_most", "g")


# --- log-sum-exp ----------------------------------------------------------------------------------------------------

ROWS = "Z: real[n, k]):\n    T[i:n] = logsumexp[j:k](Z[i, j])\n"
WEIGHTS = {
    "rows": (ROWS + "    P[i:n, j:k] = exp(Z[i, j] - T[i])\n    return P, T", True),
    "one of a row": (ROWS + "    P[i:n] = exp(Z[i, 2] - T[i])\n    return P, T", True),
    "turned": (ROWS + "    P[j:k, i:n] = 3 * exp(Z[i, j] - T[i])\n    return P, T", True),
    "all": (
        "Z: real[n, k]):\n    T = logsumexp[i:n, j:k](Z[i, j])\n    P[i:n, j:k] = exp(Z[i, j] - T)\n    return P, T",
        True,
    ),
    "computed terms": (
        "Z: real[n, n]):\n    T[i:n] = logsumexp[j:n](where(Z[i, 0] <= Z[j, 0], Z[j, 1] * Z[i, 1], -inf))\n"
        "    P[i:n] = sum[j:n](exp(where(Z[j, 0] <= Z[i, 0], Z[i, 1] * Z[j, 1], -inf) - T[j]))\n    return P, T",
        True,
    ),
    "another row": (ROWS + "    P[i:n - 1, j:k] = exp(Z[i + 1, j] - T[i])\n    return P, T", False),
    "another array": (ROWS + "    P[i:n, j:k] = exp(2 * Z[i, j] - T[i])\n    return P, T", False),
}


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("lowest", [0.0, -np.inf])
def test_weights_of_a_logsumexp(name: str, lowest: float) -> None:
    """They are quotients by its sum, where its own terms are weighed; with minus infinity among these as well."""
    text, found = WEIGHTS[name]
    program = parse_program("def program(" + text)
    lowered = lower(program)
    verify(lowered)
    Z = 900 * np.random.default_rng(2).normal(size=(4, 4))
    Z[1, 3], Z[3, :] = lowest, np.nextafter(lowest, -np.inf)
    assert any(e.op == "div" for d in lowered.definitions for e in d.body) == found
    with np.errstate(invalid="ignore"):  # a row without any weight
        before, after = run(program, [Z]), run(lowered, [Z])
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-300)


# --- determinism ----------------------------------------------------------------------------------------------------

SCRIPT = """
import hashlib
from functions import SAMPLES
from gradc import programs
from compiled import c_text
from test_functions import readings
for sample in SAMPLES[::4]:
    program = programs.canonical(next(iter(readings(sample.name).values())))
    joint = programs.derive(program, "vjp", sample.wrt)
    print(sample.name, hashlib.sha256(c_text({"f": joint}, "float64")[0].encode()).hexdigest())
"""


def test_hashing_does_not_reach_the_output() -> None:
    texts = []
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        texts.append(done.stdout)
    assert len(texts[0].splitlines()) == len(SAMPLES[::4])
    assert texts[0] == texts[1] == texts[2]


def test_loops_of_one_iteration_leave_what_is_added_where_an_index_says() -> None:
    program = parse_program(
        "def program(x: real[m], c: int64[m], y: real[n]):\n    g[:n] = 0\n"
        "    g += each[i:m, j:1](at[c[i + j]](x[i] * y[j]))\n    return g\n"
    )
    found = verify(drop_unit_indices(program))
    assert "g += each[i:m](at[c[i]](x[i] * y[0]))" in str(found)
    given = [np.arange(1.0, 5.0), np.array([2, 0, 2, 1]), np.array([3.0, 4.0, 5.0])]
    np.testing.assert_array_equal(run(found, given)[0], run(program, given)[0])


def test_what_is_computed_of_one_index_is_computed_before_indices_run_together() -> None:
    program = parse_program(
        "def program(x: real[n, d], y: real[n, d], w: real[n, c], v: real[n, b], u: real[n, a]):\n"
        "    Z[j:d, k:c, l:b, m:a] = sum[i:n](x[i, j] * exp(y[i, j]) * w[i, k] * v[i, l] * u[i, m])\n    return Z\n"
    )
    found = verify(contract(program))
    (line,) = [line for line in str(found).split("\n") if "exp(" in line]
    assert re.search(r"\[\w:n, \w:d\] = x\[.*\] \* exp\(y", line)
    rng = np.random.default_rng(0)
    given = [rng.normal(size=(4, k)) for k in (2, 2, 3, 5, 2)]
    np.testing.assert_allclose(run(found, given)[0], run(program, given)[0], rtol=1e-12)
