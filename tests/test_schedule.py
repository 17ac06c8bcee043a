"""The schedule: what its rewrites keep, what is stored, and products and sums at every remainder."""

import itertools
import re
from functools import cache
from typing import Any

import numpy as np
import pytest

import gradc
from compiled import NARROWER, c_text, compile_programs, function_of, run
from gradc import interface, losses, programs
from gradc.calculus.semantics import SEMANTICS
from gradc.contract.contract import contract
from gradc.contract.quarter import quarter
from gradc.derivatives import derive
from gradc.frontends.formula import parse_program
from gradc.ir.definitions import Accumulation
from gradc.ir.equations import needed_by
from gradc.ir.interpret import interpret
from gradc.ir.size import symbol
from gradc.ir.verify import verify
from gradc.loops.build import build
from gradc.loops.check import check
from gradc.loops.passes import apart
from gradc.loops.program import Namer
from gradc.passes.lower import lower
from gradc.passes.stencil import gather_shifts
from gradc.schedule import fission, tiling
from gradc.schedule.columns import copy_columns
from gradc.schedule.nests import plan_program
from gradc.schedule.order import vectorises
from gradc.schedule.pairs import compute_pairs_again
from gradc.schedule.plan import TILE, WHOLE, Nest, OuterProduct, Product, QuarterProduct, Transposition, VectorProduct
from gradc.schedule.products import separate_factors
from gradc.schedule.share import share
from gradc.schedule.tiles import permute

PASSES = {
    "compute_pairs_again": compute_pairs_again,
    "separate_factors": separate_factors,
    "share": lambda program: share(program, ())[0],
    "copy_columns": lambda program: copy_columns(program, ())[0],
}


@cache
def gradients():
    """The lowered gradients of the catalogue."""
    return {
        name: (loss, lower(gradc.compile(loss.function, loss.signature, wrt=loss.wrt).gradient))
        for name, loss in losses.CATALOGUE.items()
    }


def plan_of(text):
    return plan_program(lower(parse_program(text)))


def stages(plan):
    return [stage for step in plan.steps if isinstance(step, Nest) for stage in step.stages]


@pytest.mark.parametrize("name", PASSES)
def test_a_rewrite_keeps_the_values_of_the_catalogue(name):
    changed = 0
    for loss, program in gradients().values():
        rewritten = PASSES[name](program)
        changed += rewritten != program
        verify(rewritten)
        example = list(loss.example(np.random.default_rng(1)).values())
        before, after = (interpret(p, example, SEMANTICS, "float64", {}) for p in (program, rewritten))
        for one, other in zip(before, after, strict=True):
            scale = np.max(np.abs(one), initial=1e-300)
            np.testing.assert_allclose(other, one, rtol=1e-11, atol=1e-12 * scale, err_msg=loss.name)
    assert changed > 3  # it had something to do


def test_pairs_are_chosen_again_and_not_stored():
    plan = plan_of(
        "def program(y: real[n], z: real[n]):\n"
        "    t[i:n, j:n] = where(y[i] <= y[j], z[j], -inf)\n"
        "    m[i:n] = max[j:n](t[i, j])\n"
        "    s = sum[i:n, j:n](exp(t[i, j] - m[i]))\n"
        "    return s\n"
    )
    assert len(plan.program.definitions) == 2
    assert [len(array.shape) for array in plan.program.arrays()] == [1, 1, 1, 0]


def test_terms_of_a_maximum_that_are_rounded_are_stored_once():
    plan = plan_of(
        "def program(y: real[n], z: real[n]):\n"
        "    t[i:n, j:n] = y[i] * z[j] + z[i]\n"
        "    m[i:n] = max[j:n](t[i, j])\n"
        "    s = sum[i:n, j:n](where(t[i, j] == m[i], 1, 0))\n"
        "    return s\n"
    )
    assert tuple(len(array.shape) for array in plan.program.arrays()[2:3]) == (2,)


SOFTMAX = (
    "def program(W: real[d, k], X: real[n, d]):\n"
    "    Z[i:n, j:k] = sum[l:d](X[i, l] * W[l, j])\n"
    "    m[i:n] = max[j:k](Z[i, j])\n"
    "    s[i:n] = sum[j:k](exp(Z[i, j] - m[i]))\n"
    "    value = sum[i:n](log(s[i]) + m[i])\n"
    "    R[i:n, j:k] = exp(Z[i, j] - m[i]) / s[i]\n"
    "    G[l:d, j:k] = sum[i:n](X[i, l] * R[i, j])\n"
    "    return value, G\n"
)


def test_a_classifier_is_one_nest_whose_buffers_lie_along_the_samples():
    plan = plan_of(SOFTMAX)
    (nest,) = [step for step in plan.steps if isinstance(step, Nest) and step.extent is not None]
    calls = [stage.call for stage in nest.stages if stage.call is not None]
    assert [type(call) for call in calls] == [Product, Product]
    tiles = [number for number, storage in plan.storage.items() if storage == TILE]
    narrow = [number for number in tiles if len(plan.program.arrays()[number].shape) == 2]
    assert set(narrow) == plan.lanes
    exps = [e for stage in nest.stages for e in stage.body if e.op == "exp"]
    assert len(exps) == 1  # computed once, for the sum and for the gradient


def test_the_loop_that_is_summed_up_does_not_hinder_sharing():
    plan = plan_of(
        "def program(Z: real[n, k]):\n"
        "    s[i:n] = sum[j:k](exp(Z[i, j]))\n"
        "    t[j:k] = sum[i:n](exp(Z[i, j]) / s[i])\n"
        "    return t\n"
    )
    assert len([e for stage in stages(plan) for e in stage.body if e.op == "exp"]) == 1


def test_a_number_is_there_before_the_nests_that_it_does_not_read():
    """So the sum over i joins the nest of t, in place of waiting for a number that waits for that nest."""
    plan = plan_of(
        "def program(x: real[n], X: real[n, d]):\n"
        "    a = sum[i:n](x[i])\n"
        "    t[i:n] = sum[j:d](X[i, j]) / a\n"
        "    v = log(sum[i:n](t[i]))\n"
        "    c = 1 / a\n"
        "    s[j:d] = sum[i:n](c * t[i] * X[i, j])\n"
        "    return v, s\n"
    )
    assert len([step for step in plan.steps if isinstance(step, Nest) and step.extent is not None]) == 2


def test_what_is_dear_keeps_out_of_loops_that_add_where_an_index_says():
    plan = plan_of(
        "def program(x: real[n], z: real[m], y: int64[n]):\n"
        "    t[i:n] = exp(x[i] - z[y[i]])\n"
        "    s = sum[i:n](log(t[i]))\n"
        "    g[:m] = 0\n"
        "    g += each[i:n](at[y[i]](exp(x[i]) * t[i]))\n"
        "    return s, g\n"
    )
    scattering = [stage for stage in stages(plan) if any(action.kind == "add" for action in stage.actions)]
    assert len(scattering) == 1
    assert not any(e.op in ("exp", "log") for e in scattering[0].body)


def test_what_would_be_stored_whole_is_not_shared():
    plan = plan_of(
        "def program(X: real[n, d]):\n"
        "    a = sum[i:n, j:d](exp(X[i, j]))\n"
        "    b = sum[i:n, j:d](a * exp(X[i, j]))\n"
        "    return b\n"
    )
    assert WHOLE not in plan.storage.values()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_product_is_copied_the_way_it_lies(dtype):
    """A tile that lies along the stream is flipped only into what has the stream for its first axis."""
    program = parse_program(
        "def program(keep: bool[2*k, 2*k], u: real[k, k]):\n"
        "    m = max[j:k, i:k](u[j, i])\n"
        "    s[i:2*k, j:2*k] = m + m * where(~keep[i, j], 1, 0)\n"
        "    v[i:2*k, j:2*k] = sum[l:2*k](s[j, l] * s[l, i] ** 2)\n"
        "    c[i:2*k, j:2*k] = v[i, j]\n    return c\n"
    )
    kernel = compile_programs({"f": program}, dtype)["f"]
    for k in (1, 2, 3, 20):
        rng = np.random.default_rng(k)
        keep, u = rng.random((2 * k, 2 * k)) < 0.5, rng.uniform(0.1, 1, (k, k)).astype(dtype)
        s = np.max(u) * (1 + ~keep)
        np.testing.assert_allclose(kernel(keep, u)[0], (s @ s**2).T, rtol=1e3 * np.finfo(dtype).eps, err_msg=f"{k}")


def test_a_narrow_matrix_is_copied_by_a_transposition():
    plan = plan_of(
        "def program(Z: real[n, k]):\n"
        "    s[i:n] = sum[j:k](exp(Z[i, j]))\n"
        "    P[i:n, j:k] = exp(Z[i, j]) / s[i]\n"
        "    return P\n"
    )
    assert [type(stage.call) for stage in stages(plan) if stage.call] == [Transposition, Transposition]


def test_compound_factors_and_vectors_are_products():
    plan = plan_of(
        "def program(w: real[d], X: real[n, d], y: real[n]):\n"
        "    z[i:n] = sum[j:d](X[i, j] * w[j])\n"
        "    g[j:d] = sum[i:n](X[i, j] * (z[i] - y[i]) * exp(y[i]))\n"
        "    return g\n"
    )
    calls = [stage.call for stage in stages(plan) if stage.call]
    assert [type(call) for call in calls] == [VectorProduct, VectorProduct]
    assert [call.along for call in calls] == [True, False]


def test_a_constant_does_not_hide_that_a_product_is_symmetric():
    """The weights of a softmax, of which one group of factors has the 1/n of a mean."""
    text = (
        "def program(X: real[n, d], Z: real[n, k]):\n"
        "    t0 = 1 / n\n"
        "    s[l:n] = logsumexp[j:k](Z[l, j])\n"
        "    P[l:n, j:k] = where(-inf == Z[l, j], 0, t0 * exp(Z[l, j] - s[l]))\n"
        "    E[l:n, j:k] = exp(Z[l, j] - s[l])\n"
        "    H[i:d, j:k, m:d, o:k] = sum[l:n](X[l, m] * (X[l, i] * P[l, j]) * where(-inf == Z[l, o], 0, E[l, o]))\n"
        "    return H, P\n"
    )
    program = parse_program(text)
    contracted = contract(program)
    products = [s.call for s in stages(plan_program(lower(contracted))) if isinstance(s.call, Product)]
    assert [call.below for call in products] == [True]
    rng = np.random.default_rng(0)
    X, Z = rng.standard_normal((9, 3)), rng.standard_normal((9, 4))
    Z[2, 1] = -np.inf
    for found, expected in zip(run(contracted, (X, Z)), run(program, (X, Z)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_what_differs_by_more_than_a_constant_is_not_symmetric():
    """An infinite factor in a choice, or another for each sample, stays where it is."""
    for factor in ("u[l]", "a"):
        contracted = contract(
            parse_program(
                "def program(X: real[n, d], Z: real[n, k], u: real[n], a: real):\n"
                f"    P[l:n, j:k] = where(0 < Z[l, j], 0, {factor} * exp(Z[l, j]))\n"
                "    H[i:d, j:k, m:d, o:k] = "
                "sum[l:n](X[l, m] * (X[l, i] * P[l, j]) * where(0 < Z[l, o], 0, exp(Z[l, o])))\n"
                "    return H\n"
            )
        )
        assert not any(s.call.below for s in stages(plan_program(lower(contracted))) if isinstance(s.call, Product))


def test_a_sum_of_weighted_squares_is_a_product():
    """As the diagonal of such a product is: the matrix of squares times the weights."""
    plan = plan_of(
        "def program(X: real[n, d], w: real[n, k]):\n"
        "    D[i:d, j:k] = sum[l:n](X[l, i] * (X[l, i] * w[l, j]))\n"
        "    return D\n"
    )
    assert [type(stage.call) for stage in stages(plan) if stage.call] == [Product]


def test_the_hessian_of_a_linear_model_is_a_weighted_product_of_the_data_themselves():
    kernel = gradc.compile("mean(exp(X @ w))", "w[d], X[n,d]", wrt="w")
    plan = plan_program(lower(derive("hessian", kernel.program, ["w"]).program))
    calls = [stage.call for stage in stages(plan) if stage.call is not None]
    assert [type(call) for call in calls] == [VectorProduct, Product]
    assert calls[-1].weights is not None


def test_a_product_for_each_of_several_weights_is_half_of_one():
    program = parse_program(
        "def program(X: real[n, d], w: real[n, k]):\n"
        "    H[i:d, j:k, m:d] = sum[l:n](X[l, i] * (X[l, m] * exp(w[l, j])))\n"
        "    return H\n"
    )
    contracted = contract(program)
    plan = plan_program(lower(contracted))
    (product,) = (s.call for s in stages(plan) if isinstance(s.call, Product))
    assert product.below
    assert product.weights is not None
    rng = np.random.default_rng(0)
    arguments = rng.standard_normal((150, 9)), rng.standard_normal((150, 3))
    (expected,) = run(program, arguments)
    (found,) = compile_programs({"weighted": program}, "float64")["weighted"](*arguments)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


SUMS = {
    "a_weight_squared": (
        "X: real[n, d], w: real[n, d]; H[i:d, j:d, m:d] = sum[l:n](X[l, i] * X[l, m] * (w[l, j] * w[l, j]))"
    ),
    "one_squared": (
        "X: real[n, d], w: real[n, d]; "
        "H[i:d, j:d, m:d] = sum[l:n](w[l, i] * exp(X[l, j]) * (exp(X[l, m]) * exp(X[l, m])))"
    ),
    "a_constant_of_less": (
        "X: real[n, d], w: real[n, d]; t0 = 1 / (n - 1); P[l:n, j:d] = where(0 < w[l, j], 0, t0 * exp(w[l, j])); "
        "H[i:d, j:d, m:d, o:d] = sum[l:n](X[l, m] * (X[l, i] * P[l, j]) * where(0 < w[l, o], 0, exp(w[l, o])))"
    ),
    "a_mean": (
        "X: real[n, d], w: real[n, d]; t0 = 1 / n; P[l:n, j:d] = where(0 < w[l, j], 0, t0 * exp(w[l, j])); "
        "H[i:d, j:d, m:d, o:d] = sum[l:n](X[l, m] * (X[l, i] * P[l, j]) * where(0 < w[l, o], 0, exp(w[l, o])))"
    ),
    "a_triangle_in_tiles": (
        "X: real[n, d], w: real[n, d]; T[i:n, j:n] = sum[l:d](exp(X[i, l]) * w[j, l]); "
        "v[i:n] = sum[j:n](where(j <= i, T[i, j], T[j, i])); H[k:d] = sum[i:n](X[i, k] * v[i])"
    ),
    "a_triangle_that_a_routine_reads": (
        "X: real[n, d], w: real[n, d]; S[i:d, j:d] = sum[l:n](X[l, i] * w[l, j]); "
        "T[i:d, j:d] = where(j <= i, S[i, j], S[j, i]); H = call.inv(S); u[j:d] = sum[i:d](T[i, j])"
    ),
}


@pytest.mark.parametrize("name", SUMS)
def test_products_are_what_their_sums_are(name):
    """At sizes where there is nothing, less than a vector, more than a tile."""
    signature, *lines = SUMS[name].split("; ")
    outputs = "H, u" if "u[j:d]" in SUMS[name] else "H"
    text = "\n    ".join([f"def program({signature}):", *lines, f"return {outputs}\n"])
    program = parse_program(text)
    kernel = compile_programs({name: program}, "float64")[name]
    rng = np.random.default_rng(0)
    for n, d in ((0, 3), (1, 3), (5, 1), (7, 4), (30, 14), (300, 5)):
        if n < d and "call.inv" in text:
            continue
        X, w = rng.standard_normal((n, d)), rng.standard_normal((n, d))
        with np.errstate(all="ignore"):
            expected = run(program, (X, w))
        for got, wanted in zip(kernel(X, w), expected, strict=True):
            finite = wanted[np.isfinite(wanted)]
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9 * np.abs(finite).max(initial=1))


def test_tiles_keep_their_lanes_where_others_are_stored_by_rows():
    plan = plan_of(
        "def program(X: real[n, d], W: real[d, k]):\n"
        "    Z[i:n, j:k] = sum[l:d](X[i, l] * W[l, j])\n"
        "    E[i:n, j:k] = exp(Z[i, j])\n"
        "    T[i:n, q:d*k] = E[i, q//d] * X[i, q % d]\n"
        "    S[q:d*k, r:d*k] = sum[i:n](T[i, q] * T[i, r])\n"
        "    return S\n"
    )
    names = dict(zip(range(len(plan.program.arrays())), plan.program.arrays(), strict=True))
    assert {len(names[k].shape) for k in plan.lanes} == {2}
    assert [type(stage.call) for stage in stages(plan) if stage.call] == [Product, OuterProduct, Product]


FORMS = {
    "nn": ("A: real[m, k], B: real[k, n]", "sum[l:k](A[i, l] * B[l, j])", lambda A, B: A @ B),
    "tn": ("A: real[k, m], B: real[k, n]", "sum[l:k](A[l, i] * B[l, j])", lambda A, B: A.T @ B),
    "nt": ("A: real[m, k], B: real[n, k]", "sum[l:k](A[i, l] * B[j, l])", lambda A, B: A @ B.T),
    "tt": ("A: real[k, m], B: real[n, k]", "sum[l:k](A[l, i] * B[j, l])", lambda A, B: A.T @ B.T),
}
VECTORS = {
    "along": ("A: real[m, k], b: real[k]", "sum[l:k](A[i, l] * b[l])", lambda A, b: A @ b),
    "across": ("A: real[k, m], b: real[k]", "sum[l:k](A[l, i] * b[l])", lambda A, b: A.T @ b),
}
SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 33, 47, 49, 63, 65, 127, 128, 129, 130, 257, 300]


@pytest.mark.parametrize("vectors", NARROWER)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products_at_every_remainder(dtype, vectors):
    programs = {}
    for name, (signature, body, _) in FORMS.items():
        weighted = body.removesuffix(")").replace("* B", "* (s[l] * B") + "))"
        for key, value in ((name, body), (f"{name}_weighted", weighted)):
            text = f"def program({signature}, s: real[k]):\n    C[i:m, j:n] = {value}\n    return C\n"
            programs[key] = parse_program(text)
    kernels = compile_programs(programs, dtype, vectors)
    rng = np.random.default_rng(0)
    eps = np.finfo(dtype).eps
    for name, kernel in kernels.items():
        weighted, reference = name.endswith("weighted"), FORMS[name[:2]][2]
        for _ in range(100):
            m, n, k = rng.choice(SIZES, 3)
            A = rng.standard_normal((m, k) if name[0] == "n" else (k, m)).astype(dtype)
            B = rng.standard_normal((k, n) if name[1] == "n" else (n, k)).astype(dtype)
            s = rng.standard_normal(k).astype(dtype) if weighted else np.ones(k, dtype)
            (found,) = kernel(A, B, s)
            scaled = A.astype(float) * (s if name[0] == "n" else s[:, None])
            bound = 4 * eps * np.sqrt(k) * reference(np.abs(scaled), np.abs(B)).max()
            assert np.abs(found - reference(scaled, B.astype(float))).max() <= bound, (name, m, n, k)


@pytest.mark.parametrize("vectors", NARROWER)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_outer_products_at_every_remainder(dtype, vectors):
    program = parse_program(
        "def program(P: real[n, k], X: real[n, d]):\n"
        "    T[i:n, q:d*k] = P[i, q//d] * X[i, q % d]\n"
        "    S[q:d*k, r:d*k] = sum[i:n](T[i, q] * T[i, r])\n"
        "    return S\n"
    )
    assert any(isinstance(stage.call, OuterProduct) for stage in stages(plan_program(lower(program))))
    kernel = compile_programs({"outer": program}, dtype, vectors)["outer"]
    rng = np.random.default_rng(0)
    for n, k, d in itertools.product((1, 2, 3, 130), (1, 2, 3, 5), (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 20, 33)):
        P, X = (rng.standard_normal((n, width)).astype(dtype) for width in (k, d))
        (found,) = kernel(P, X)
        T = (P.astype(float)[:, :, None] * X[:, None, :]).reshape(n, -1)
        bound = 8 * np.finfo(dtype).eps * np.sqrt(n) * (np.abs(T).T @ np.abs(T)).max()
        assert np.abs(found - T.T @ T).max() <= bound, (n, k, d)


QUARTERS = {
    "alone": "H[i:d, j:k, a:d, m:k] = sum[l:n](X[l, i] * P[l, j] * (X[l, a] * P[l, m]))",
    "weighted": "H[i:d, j:k, a:d, m:k] = sum[l:n](X[l, i] * P[l, j] * (X[l, a] * P[l, m] * s[l]))",
    "with_a_diagonal": (
        "T[i:d, j:k, a:d, m:k] = sum[l:n](X[l, i] * P[l, j] * (X[l, a] * P[l, m] * s[l])); "
        "U[i:d, j:k, a:d] = sum[l:n](X[l, i] * (X[l, a] * D[l, j])); "
        "H[i:d, j:k, a:d, m:k] = where(j == m, U[i, j, a], 0) - T[i, j, a, m]"
    ),
    "in_tiles": (
        "Y[l:n, i:d] = exp(X[l, i]); Q[l:n, j:k] = exp(P[l, j]); E[l:n, j:k] = exp(D[l, j]); "
        "T[i:d, j:k, a:d, m:k] = sum[l:n](Y[l, i] * Q[l, j] * (Y[l, a] * Q[l, m])); "
        "U[i:d, j:k, a:d] = sum[l:n](Y[l, i] * (Y[l, a] * E[l, j])); "
        "H[i:d, j:k, a:d, m:k] = 3 * T[i, j, a, m] - where(j == m, U[i, j, a], 0)"
    ),
}


def quarters():
    head = "def program(X: real[n, d], P: real[n, k], s: real[n], D: real[n, k]):\n    "
    return {
        name: parse_program(head + "\n    ".join([*text.split("; "), "return H\n"])) for name, text in QUARTERS.items()
    }


@pytest.mark.parametrize("name", QUARTERS)
def test_a_quarter_is_computed_of_what_is_symmetric_in_two_pairs(name):
    quartered = quarter(quarters()[name])
    verify(quartered)
    assert [type(s.call) for s in stages(plan_program(lower(contract(quartered)))) if s.call] == [QuarterProduct]


@pytest.mark.parametrize("vectors", NARROWER)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_quarters_at_every_remainder(dtype, vectors):
    """Many classes, many columns, and so few classes that each pair of them is a product."""
    programs = quarters()
    kernels = compile_programs(programs, dtype, vectors)
    rng = np.random.default_rng(0)
    widths = [
        (1, 1),
        (2, 2),
        (2, 9),
        (3, 1),
        (4, 4),
        (5, 3),
        (7, 8),
        (8, 2),
        (9, 5),
        (10, 8),
        (17, 3),
        (20, 5),
        (33, 2),
    ]
    for n, (d, k) in itertools.product((0, 1, 7, 8, 130), widths):
        X, P, D = (0.5 * rng.standard_normal((n, width)).astype(dtype) for width in (d, k, k))
        s = rng.standard_normal(n).astype(dtype)
        for name, kernel in kernels.items():
            (found,) = kernel(X, P, s, D)
            (exact,) = run(programs[name], (*(v.astype(float) for v in (X, P, s, D)),))
            (most,) = run(programs[name], (*(np.abs(v.astype(float)) for v in (X, P)), -np.abs(s), np.abs(D)))
            bound = 16 * np.finfo(dtype).eps * np.sqrt(n + 1) * np.abs(most).max()
            assert np.abs(found - exact).max() <= bound, (name, n, d, k)


def test_a_quarter_of_what_is_not_finite():
    """No number of a pair that is not asked for, or not there, gets into one that is; where both sums of a difference
    are infinite, one sum may have a sign."""
    for d, k in ((3, 4), (9, 5), (17, 3)):
        X, P, D = np.ones((9, d)), np.ones((9, k)), np.ones((9, k))
        X[3, d // 2], P[5, 0], D[7, k - 1], P[3, k - 1] = np.inf, np.nan, -np.inf, 0
        programs = quarters()
        for name, kernel in compile_programs(programs, "float64").items():
            with np.errstate(all="ignore"):
                (expected,) = run(programs[name], (X, P, np.ones(9), D))
            (found,) = kernel(X, P, np.ones(9), D)
            clear = ~np.isnan(expected)
            np.testing.assert_allclose(found[clear], expected[clear], rtol=1e-13, err_msg=name)
            assert "diagonal" in name or "tiles" in name or np.array_equal(np.isnan(found), ~clear)


@pytest.mark.parametrize(
    "text",
    [
        "H[i:d, j:d, a:d, m:d] = sum[l:n](X[l, i] * P[l, j] * (X[l, a] * Z[l, m]))",
        "H[i:d, j:d, a:d, m:d] = sum[l:n](X[l, i] * P[l, j] * (Z[l, a] * P[l, m]))",
        "H[i:d, j:d, a:d, m:d] = sum[l:n](X[l, i] * P[l, j] * exp(X[l, a] * P[l, m]))",
    ],
)
def test_what_is_not_symmetric_in_two_pairs_is_left_alone(text):
    program = parse_program(f"def program(X: real[n, d], P: real[n, d], Z: real[n, d]):\n    {text}\n    return H\n")
    assert quarter(program) == program


@pytest.mark.parametrize(
    "reader",
    [
        "T[i, j, a, m] + where(j == m, U[i, j, a], 0); return H, T",  # read twice
        "T[i, j, a, m] + where(i == a, U[i, j, m], 0); return H",  # on the rows' diagonal
        "u * T[i, j, a, m] + where(j == m, U[i, j, a], 0); return H",  # by what may be 0
        "0 * T[i, j, a, m] + where(j == m, U[i, j, a], 0); return H",
        "T[i, j, a, m] + where(j == m, V[i, j, a], 0); return H",  # of other columns
    ],
)
def test_a_diagonal_that_does_not_fit_stays_apart(reader):
    lines = [
        "def program(X: real[n, d], P: real[n, d], D: real[n, d], Z: real[n, d], u: real):",
        "T[i:d, j:d, a:d, m:d] = sum[l:n](X[l, i] * P[l, j] * (X[l, a] * P[l, m]))",
        "U[i:d, j:d, a:d] = sum[l:n](X[l, i] * (X[l, a] * D[l, j]))",
        "V[i:d, j:d, a:d] = sum[l:n](Z[l, i] * (Z[l, a] * D[l, j]))",
        *f"H[i:d, j:d, a:d, m:d] = {reader}\n".split("; "),
    ]
    program = parse_program("\n    ".join(lines))
    quartered = quarter(program)
    verify(quartered)
    assert any(d.rank == 3 and d.reduction == "sum" for d in quartered.definitions)
    arguments = (*(np.random.default_rng(1).standard_normal((6, 4)) for _ in range(4)), np.float64(0.7))
    for found, expected in zip(run(quartered, arguments), run(program, arguments), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("vectors", NARROWER)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products_with_vectors_at_every_remainder(dtype, vectors):
    programs = {
        name: parse_program(f"def program({signature}):\n    c[i:m] = {body}\n    return c\n")
        for name, (signature, body, _) in VECTORS.items()
    }
    kernels = compile_programs(programs, dtype, vectors)
    rng = np.random.default_rng(0)
    for name, (_, _, reference) in VECTORS.items():
        for m in SIZES:
            for k in SIZES:
                A = rng.standard_normal((m, k) if name == "along" else (k, m)).astype(dtype)
                b = rng.standard_normal(k).astype(dtype)
                (found,) = kernels[name](A, b)
                exact = reference(A.astype(float), b.astype(float))
                bound = 4 * np.finfo(dtype).eps * np.sqrt(k) * reference(np.abs(A), np.abs(b)).max()
                assert np.abs(found - exact).max() <= bound, (name, m, k)


def test_infinities_stay_where_they_belong():
    """What overlaps or pads a block must not reach the result: infinity times zero is not a number."""
    kernels = compile_programs(
        {
            name: parse_program(f"def program({signature}):\n    c[i:m] = {body}\n    return c\n")
            for name, (signature, body, _) in VECTORS.items()
        },
        "float64",
    )
    for k in (3, 5, 9, 13, 20, 50):
        A = np.ones((12, k))
        A[3, 2] = A[5, k - 1] = np.inf
        (along,) = kernels["along"](A, np.ones(k))
        np.testing.assert_array_equal(along, A.sum(axis=1))
        (across,) = kernels["across"](A, np.ones(12))
        np.testing.assert_array_equal(across, A.sum(axis=0))


@pytest.mark.parametrize(
    "name", ["logistic", "softmax_cross_entropy", "two_layer", "kl_divergence", "focal", "factorization_machine", "cox"]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_any_number_of_threads_gives_the_same_bits(name, dtype):
    loss = losses.CATALOGUE[name]
    example = loss.example(np.random.default_rng(3), "middle", dtype=dtype, n=5_003)
    results = []
    for threads in (1, 2, 3, 7):
        kernel = gradc.compile(loss.function, loss.signature, wrt=loss.wrt, dtype=dtype, threads=threads)
        value, gradient = kernel.value_and_grad(**example)
        results.append(b"".join([np.float64(value).tobytes(), *(np.asarray(g).tobytes() for g in _tuple(gradient))]))
        again, _ = kernel.value_and_grad(**example)
        assert again == value
    assert len(set(results)) == 1


ROWS = {
    "one_ahead": "T[:n] = 0; T += each[i:n - 1](at[i + 1](x[i])); T += each[i:n - 1](at[i](2 * x[i + 1]))",
    "one_behind": "T[:n] = 0; T += each[i:n - 1](at[i](x[i])); T += each[i:n - 1](at[i + 1](2 * x[i + 1]))",
    "in_the_middle": "T[:n + 3] = 0; T += each[i:n](at[i + 2](x[i])); T += each[i:n](at[i](exp(x[i])))",
    "by_threads": "T[:n] = 0; T += each[i:n - 1](at[i + 1](exp(x[i])))",
    "in_one_loop": "T[:n] = 0; T += each[i:n - 1](at[i + 1](x[i]), at[i](x[i + 1]))",
    "bands": (
        "T[:3, :n] = 0; T += each[i:n - 1](at[1, i + 1](x[i])); T += each[i:n - 1](at[2, i](x[i] * x[i + 1])); "
        "T += each[i:n - 1](at[0, i + 1](x[i + 1])); T += each[i:n - 1](at[1, i](exp(x[i])))"
    ),
    "a_row_of_zeros": "T[:2, :n] = 0; T += each[i:n - 1](at[1, i + 1](x[i]))",
    "of_other_lengths": "T[:n] = 0; T += each[i:n - 1](at[i + 1](x[i])); T += each[i:n](at[i](x[i]))",
    "that_are_read": "T[:n] = 0; T += each[i:n - 1](at[i + 1](x[i])); u[i:n] = T[i] * x[i]",
}
ASSIGNED = {"one_ahead", "by_threads", "in_the_middle", "in_one_loop", "bands", "that_are_read"}


def rows_program(name):
    outputs = "T, u" if "u[" in ROWS[name] else "T"
    lines = ["def program(x: real[n]):", *ROWS[name].split("; "), f"return {outputs}\n"]
    return parse_program("\n    ".join(lines))


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_assigned_where_they_are_written_first(name):
    program = rows_program(name)
    assert bool(plan_program(lower(program)).gaps) == (name in ASSIGNED)
    kernel = compile_programs({"rows": program}, "float64")["rows"]
    for n in (1, 2, 3, 7, 8, 9, 127, 128, 129, 130, 257, 1000):
        x = np.random.default_rng(n).standard_normal(n)
        for found, expected in zip(kernel(x), run(program, (x,)), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-14, err_msg=f"{n}")


def test_any_number_of_threads_gives_the_same_hessian():
    rng = np.random.default_rng(3)
    X, Y, W = rng.standard_normal((2_003, 7)), np.eye(4)[rng.integers(0, 4, 2_003)], 0.1 * rng.standard_normal((7, 4))
    found = set()
    for threads in (1, 2, 3, 7):
        loss = "mean(logsumexp(X @ W, axis=1) - sum(Y * (X @ W), axis=1))"
        kernel = gradc.compile(loss, "W[d,k], X[n,d], Y[n,k]", wrt="W", threads=threads)
        found.add(kernel.hessian(W, X, Y).tobytes())
    assert len(found) == 1


def _tuple(gradient):
    return gradient if isinstance(gradient, tuple) else (gradient,)


# What is summed over samples needs the memory of its tiles and of its gradients, however many samples there are.
GROWS = {
    "cox": "the risk of each time is a sum over all, and the gradient's terms over all again",
    "plackett_luce": "as in cox",
    "cox_sorted": "sums that run along all samples, forwards and back",
    "ranknet": "each score meets all others",
    "info_nce": "each row meets all others",
    "t_sne": "the gradient's two sums are combined at the end",
    "gaussian_process": "a matrix of all pairs is factorised",
    "multivariate_normal": "a linear system is solved for all samples at once",
}


@pytest.mark.parametrize("half", ["program", "gradient"])
def test_workspace_does_not_grow_with_the_samples(half):
    grows = []
    for name, loss in losses.CATALOGUE.items():
        if "n" not in loss.sizes["middle"] or not any("n" in a.dims for a in loss.arguments):
            continue
        program = lower(getattr(gradc.compile(loss.function, loss.signature, wrt=loss.wrt), half))
        function = function_of(program)
        counts = re.findall(r"gradc_bytes\(([^,]*),", function.work)
        if any(re.search(r"\bn\b", count) for count in counts):
            grows.append(name)
    assert sorted(grows) == sorted(GROWS.keys() - ({"t_sne"} if half == "program" else set()))


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("T[l:n, q:d*k] = X[l, q // k] * P[l, q % k]\nreturn T", (5, 3, 4)),
        ("T[l:n, q:d*k*n] = X[l, q // (k*n)] * P[l, (q // n) % k] + X[q % n, 0]\nreturn T", (5, 3, 4)),
        ("T[l:n, q:d*k] = X[l, q // k] * P[l, q % k] + q\nreturn T", (5, 3, 1)),
        ("T[l:n, q:d*k, r:n] = X[r, q // k] * P[l, q % k] + r\nreturn T", (2, 3, 4)),
    ],
)
def test_axes_run_together_are_loops_of_their_own(text, sizes):
    signature = "def program(X: real[n, d], P: real[n, k]):\n    " + text.replace("\n", "\n    ")
    program = lower(parse_program(signature))
    function = function_of(program)
    loops = [line for line in function.lines if not line.lstrip().startswith(("/*", "*"))]
    assert not any(" % " in line or " / " in line for line in loops)
    n, d, k = sizes
    rng = np.random.default_rng(0)
    arguments = [rng.normal(size=(n, d)), rng.normal(size=(n, k))]
    (expected,) = interpret(program, arguments, SEMANTICS, "float64", {})
    found = compile_programs({"f": program}, "float64")["f"](*arguments)
    np.testing.assert_allclose(found[0] if isinstance(found, tuple) else found, expected, rtol=1e-14)


WIDE = {  # by a loss that goes strip by strip: the axis that is cut, and what else to draw
    "softmax_cross_entropy": ("k", {"n": 150}),
    "generalized_kl": ("d", {"n": 150, "k": 7}),
    "two_layer": ("h", {"n": 150}),
    "factorization_machine": ("k", {"n": 150}),
    "info_nce": ("n", {}),
    "t_sne": ("n", {}),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_strips_of_any_width(dtype):
    programs = {name: gradients()[name][1] for name in WIDE}
    functions = compile_programs(programs, dtype)
    for name, (axis, others) in WIDE.items():
        nests = [step for step in plan_program(programs[name]).steps if isinstance(step, Nest)]
        assert any(strips.extent == symbol(axis) for nest in nests for strips in nest.strips)
        for width in (2, 256, 257, 300, 530):
            loss = losses.CATALOGUE[name]
            example = list(loss.example(np.random.default_rng(3), dtype=dtype, **others, **{axis: width}).values())
            expected = interpret(programs[name], example, SEMANTICS, dtype, {})
            for mine, theirs in zip(functions[name](*example), expected, strict=True):
                scale = np.max(np.abs(theirs), initial=1e-300)
                assert np.max(np.abs(mine - theirs), initial=0) <= {"float64": 1e-12, "float32": 2e-4}[dtype] * scale


def test_what_only_a_strip_reads_is_stored_strip_by_strip():
    """What is needed after a sum over the columns is kept whole, and so is what is read elsewhere in its row."""
    plan = plan_of(
        """
        def program(X: real[n, d], B: real[d, m]):
            z[i:n, j:m] = sum[k:d](X[i, k] * B[k, j])
            e[i:n, j:m] = exp(z[i, j])
            s[i:n] = sum[j:m](e[i, j])
            p[i:n, j:m] = e[i, j] / s[i]
            G[k:d, j:m] = sum[i:n](X[i, k] * p[i, j])
            return G
        """
    )
    (nest,) = [step for step in plan.steps if isinstance(step, Nest) and step.strips]
    names = {number: plan.program.hint(number) for number in plan.strip_axes}
    assert set(names.values()) == {"z", "p"}
    assert set(plan.strip_axes.values()) == {1}
    assert [(strips.first, strips.end) for strips in nest.strips] == [(0, 2), (2, 4)]
    turned = plan_of(
        """
        def program(X: real[n, d], B: real[d, m]):
            z[i:n, j:m] = sum[k:d](X[i, k] * B[k, j])
            p[i:n, j:m] = exp(z[i, j]) * z[i, m - 1 - j]
            G[k:d, j:m] = sum[i:n](X[i, k] * p[i, j])
            return G
        """
    )
    assert {turned.program.hint(number) for number in turned.strip_axes} == {"p"}


def test_an_array_takes_the_buffer_of_one_that_is_needed_no_more():
    plan = plan_of(
        """
        def program(X: real[n, d], B: real[d, m]):
            z[i:n, j:m] = sum[k:d](X[i, k] * B[k, j])
            t[i:n] = max[j:m](z[i, j])
            e[i:n, j:m] = exp(z[i, j] - t[i])
            s[i:n] = sum[j:m](e[i, j])
            p[i:n, j:m] = e[i, j] / s[i]
            q[i:n] = sum[j:m](p[i, j] * p[i, j])
            r[i:n, j:m] = p[i, j] - q[i]
            G[k:d, j:m] = sum[i:n](X[i, k] * r[i, j])
            return G
        """
    )
    names = {plan.program.hint(new): plan.program.hint(old) for new, old in plan.shared.items()}
    assert names == {"e": "z", "p": "z", "q": "t"}  # r is of strips


@pytest.mark.parametrize("size", [(3, 2, 5), (200, 3, 300)])
def test_what_is_read_of_a_buffer_is_read_before_it_is_replaced(size):
    """The stage that stores q where z was also sums z up."""
    program = lower(
        parse_program(
            """
            def program(X: real[n, d], B: real[d, m], V: real[n, m]):
                z[i:n, j:m] = sum[k:d](X[i, k] * B[k, j])
                t[i:n] = max[j:m](z[i, j])
                q[i:n, j:m] = exp(V[i, j] - t[i])
                c[i:n] = sum[j:m](z[i, j] - t[i])
                o[i:n, j:m] = q[i, j] * c[i]
                G[k:d, j:m] = sum[i:n](X[i, k] * o[i, j])
                return G
            """
        )
    )
    plan = plan_program(program)
    assert {plan.program.hint(new): plan.program.hint(old) for new, old in plan.shared.items()} == {"q": "z"}
    n, d, m = size
    rng = np.random.default_rng(1)
    arguments = [rng.normal(size=shape) for shape in ((n, d), (d, m), (n, m))]
    (expected,) = interpret(program, arguments, SEMANTICS, "float64", {})
    (found,) = compile_programs({"replaced": program}, "float64")["replaced"](*arguments)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())


def test_what_another_strip_reads_is_not_replaced():
    """Along m the strips of q would overwrite what later strips read of z in another column."""
    plan = plan_of(
        """
        def program(X: real[n, d], B: real[d, m], V: real[n, m]):
            z[i:n, j:m] = sum[k:d](X[i, k] * B[k, j])
            q[i:n, j:m] = z[i, j] * z[i, m - 1 - j]
            c[i:n] = sum[j:m](q[i, j])
            o[i:n, j:m] = q[i, j] * c[i]
            G[k:d, j:m] = sum[i:n](X[i, k] * o[i, j])
            return G
        """
    )
    assert "q" not in {plan.program.hint(new) for new in plan.shared}


def kernel_sum(X, Y, a):
    squares = np.sum(X**2, axis=1)[:, None] + np.sum(Y**2, axis=1)[None, :] - 2 * X @ Y.T
    return np.sum(np.exp(-a * squares))


@pytest.mark.parametrize("signature", ["X[n,5], Y[m,5], a", "X[n,d], Y[m,d], a"])
def test_sums_over_pairs_of_two_sets_store_no_pairs(signature):
    """Both gradients are summed up where the pairs are made, though one of them has the other set's axis."""
    kernel = gradc.compile(kernel_sum, signature, wrt=("X", "Y", "a"))
    program = lower(kernel.gradient)
    plan = plan_program(program)
    pairs = [k for k, array in enumerate(plan.arrays()) if {symbol("n"), symbol("m")} <= set(array.shape)]
    made = [k for k in pairs if k in plan.storage]
    assert len(made) > 1
    assert all(k in plan.strip_axes for k in made)
    # Loops over features run along the rows of the first set, whose columns are copied for that.
    assert any(isinstance(stage.call, Transposition) for stage in stages(plan))
    assert set(made) <= plan.lanes
    function = compile_programs({"pairs": program}, "float64")["pairs"]
    rng = np.random.default_rng(4)
    for n, m in ((1, 2), (130, 300), (3, 520)):
        arguments = [rng.normal(size=(n, 5)), rng.normal(size=(m, 5)), 0.3]
        expected = interpret(program, arguments, SEMANTICS, "float64", {})
        for mine, theirs in zip(function(*arguments), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-12 * np.abs(theirs).max())


def long_loss(x, w, y, k):
    a, b = x[:, 0], x[:, 2]
    for step in range(60):
        a, b = np.where(a < b, a * b, b - a * 0.25) * w[step % 3] + np.sin(a * 0.1 + 0.3), b / (1 + a * a)
    return np.sum(a * y[k]) + np.sum(b)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_long_loops_are_split_and_their_parts_pass_on_what_is_needed(dtype):
    kernel = gradc.compile(long_loss, "x[n,4], w[3], y[m], k[n]:int64", wrt=("x", "w", "y"))
    program = lower(kernel.gradient)
    longest = max(len(stage.body) for stage in stages(plan_program(program)))
    assert sum(len(stage.body) for stage in stages(plan_program(program))) > 6 * longest
    function = compile_programs({"long": program}, dtype)["long"]
    rng = np.random.default_rng(1)
    for n in (0, 1, 127, 300):
        arguments = [rng.normal(size=(n, 4)), rng.normal(size=3), rng.normal(size=5), rng.integers(0, 5, n)]
        arguments[:3] = [a.astype(dtype) for a in arguments[:3]]
        expected = interpret(program, arguments, SEMANTICS, dtype, {})
        for mine, theirs in zip(function(*arguments), expected, strict=True):
            scale = np.max(np.abs(theirs), initial=1e-300)
            assert np.max(np.abs(mine - theirs), initial=0) <= {"float64": 1e-11, "float32": 1e-3}[dtype] * scale


def test_loops_split_anywhere_compute_the_same(monkeypatch):
    """None is where a loop inside of the stream's would repeat, and so replace twice, what it does not change."""
    monkeypatch.setattr(fission, "_LONGEST", 8)
    monkeypatch.setattr(fission, "_SIZE", 4)
    names = ("squared_hinge", "expectile", "listnet", "cox", "student_t", "kl_divergence", "distillation", "arch")
    programs = {name: gradients()[name][1] for name in names}
    assert sum(len(plan_program(program).kept) for program in programs.values()) > 10
    functions = compile_programs(programs, "float64")
    for name, program in programs.items():
        example = list(losses.CATALOGUE[name].example(np.random.default_rng(7)).values())
        expected = interpret(program, example, SEMANTICS, "float64", {})
        for mine, theirs in zip(functions[name](*example), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-12 * np.max(np.abs(theirs), initial=1))


def test_long_functions_call_their_loops(monkeypatch):
    """A loop is a function of its own unless it sums into a variable that is around it, and computes the same bits."""
    names = ("softmax_cross_entropy", "two_layer", "t_sne", "info_nce", "student_t", "listnet")
    programs = {name: gradients()[name][1] for name in names}
    whole = compile_programs(programs, "float64")
    monkeypatch.setattr(apart, "LONGEST", 40)
    monkeypatch.setattr(apart, "_LEAST", 4)
    source = c_text(programs, "float64")[0]
    assert len(set(re.findall(r"\w+_loop\d+(?=\()", source))) > 10
    cut = compile_programs(programs, "float64")
    for name in names:
        example = losses.CATALOGUE[name].example(np.random.default_rng(5)).values()
        for one, other in zip(whole[name](*example), cut[name](*example), strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_split_loops_pass_on_takes_few_buffers():
    """A value that one part makes and the next one reads takes the place of what was read before."""
    plan = plan_program(lower(gradc.compile(long_loss, "x[n,4], w[3], y[m], k[n]:int64", wrt="x").program))
    passed = range(len(plan.program.arrays()), len(plan.arrays()))
    assert len(passed) > 20
    assert sum(number in plan.shared for number in passed) > 0.7 * len(passed)


def test_records_of_a_few_fields_are_copied_to_columns():
    """So that points of a map are the lanes of vectors, for what is read of them and for their gradients."""
    kernel = gradc.compile("(x[0] - x[1])**2 / (1 + x[2]**2) + exp(x[3] * x[0])", "x[4]", wrt="x", name="records")
    program = lower(programs.mapped(kernel.gradient, ["x"]))
    found = [stage.call for stage in stages(plan_program(program)) if isinstance(stage.call, Transposition)]
    assert len(found) == 2
    x = np.random.default_rng(0).normal(size=(300, 4))
    values, gradients = kernel.map_value_and_grad(x)
    for point, value, gradient in zip(x, values, gradients, strict=True):
        np.testing.assert_allclose(value, kernel(point), rtol=1e-14)
        np.testing.assert_allclose(gradient, kernel.grad(point), rtol=1e-14)


def test_workspace_of_strips_does_not_grow_with_the_pairs():
    """Beside sums over rows, which are as large as gradients, tiles need no more for wide rows than for narrow ones."""
    for name, axis, sums in (("generalized_kl", "d", 7), ("t_sne", "n", 2)):
        loss = losses.CATALOGUE[name]
        kernel = gradc.compile(loss.function, loss.signature, wrt=loss.wrt)
        sizes = {"n": 5000, "k": 7, "d": 5000}
        one, two = (
            kernel.workspace_bytes(**{dim: {**sizes, axis: wide}[dim] for dim in kernel.program.symbols()})
            for wide in (5000, 500_000)
        )
        parts = 16
        assert two < one + (parts + 2) * sums * 500_000 * 8


@pytest.mark.parametrize("name", ["info_nce", "t_sne", "cox", "plackett_luce"])
def test_workspace_of_all_pairs_grows_with_the_samples_alone(name):
    loss = losses.CATALOGUE[name]
    kernel = gradc.compile(loss.function, loss.signature, wrt=loss.wrt)
    sizes = dict.fromkeys(kernel.program.symbols(), 16)
    one, two = (kernel.workspace_bytes(**{**sizes, "n": n}) for n in (20_000, 40_000))
    assert two < 2.01 * one
    assert one < 20_000**2 * 8 / 8  # of what all the pairs would take


def test_what_is_added_at_shifted_places_is_added_in_loops_of_its_own():
    """No vector can do ``a[i] += e; a[i + 1] += f``; elements on different rows may share a loop of vectors."""
    text = """
    def program(x: real[n]):
        a[:2, :n] = 0
        a += each[i:n - 1](at[0, i](x[i] * 2))
        a += each[i:n - 1](at[0, i + 1](x[i] * 3))
        a += each[i:n - 1](at[1, i](x[i] * 4))
        return a
    """
    program = lower(parse_program(text))
    found = [sorted(str(action.subscripts) for action in stage.actions) for stage in stages(plan_program(program))]
    assert sorted(map(len, found)) == [1, 2]
    x = np.arange(300.0)
    (expected,) = interpret(program, [x], SEMANTICS, "float64", {})
    (result,) = compile_programs({"shifted": program}, "float64")["shifted"](x)
    np.testing.assert_array_equal(result, expected)
    source = "".join(c_text({"shifted": program}, "float64")[0])
    assert source.count("GRADC_SIMD()\n") == 2


# Losses whose gradients are stencils: name -> signature, formula.
STENCILS = {
    "differences": ("x[n]", "sum(diff(x)**2)"),
    "rosenbrock": ("x[n]", "sum(100 * (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"),
    "curvature": ("x[n]", "sum(exp(-(x[2:] - 2 * x[1:-1] + x[:-2])**2))"),
    "products": ("x[n], y[n]", "sum(x[1:] * y[:-1] / (1 + x[:-1]**2 * y[1:]**2))"),
    "one_row": ("x[n], y[n]", "sum(hypot(x[1:] - x[:-1], 0.001)) + 0.5 * sum((x - y)**2)"),
    "padded": ("x[n]", "sum(exp(pad(x, 1)[2:] - 2 * pad(x, 1)[1:-1] + pad(x, 1)[:-2]))"),
    "anisotropic": (
        "x[m,n], y[m,n]",
        "sum(sqrt((x[1:, :] - x[:-1, :])**2 + 0.01)) + sum(sqrt((x[:, 1:] - x[:, :-1])**2 + 0.01)) + sum((x - y)**2)",
    ),
    "isotropic": (
        "x[m,n]",
        "sum(sqrt((x[1:, :-1] - x[:-1, :-1])**2 + (x[:-1, 1:] - x[:-1, :-1])**2 + 0.01))",
    ),
    "laplacian": (
        "x[m,n]",
        "sum((x[2:, 1:-1] + x[:-2, 1:-1] + x[1:-1, 2:] + x[1:-1, :-2] - 4 * x[1:-1, 1:-1])**2)",
    ),
    "diagonals": ("x[m,n]", "sum(exp(x[1:, 1:] * x[:-1, :-1]) + x[1:, :-1] * x[:-1, 1:])"),
    "columns": ("x[m,n]", "sum(tanh(x[2:, :] - x[:-2, :]))"),
    "in_space": ("x[m,n,2]", "sum((x[1:, 1:, :] - x[:-1, :-1, :])**2)"),
}


@cache
def stencils():
    """The gradients of stencils, as they are derived."""
    return {
        name: gradc.compile(text, signature, wrt="x", name=name, backend="interpret").gradient
        for name, (signature, text) in STENCILS.items()
    }


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_stencils_of_every_size(dtype):
    kernels = compile_programs(stencils(), dtype)
    rng = np.random.default_rng(0)
    tried = 0
    for name, program in stencils().items():
        count = len(program.parameters)
        flat = len(program.parameters[0].shape) == 1
        for n in (1, 2, 3, 4, 5, 8, 127, 128, 129, 130, 257, 1000):
            for m in (None,) if flat else (1, 2, 3, 17, 35):
                trailing = () if len(program.parameters[0].shape) < 3 else (2,)
                shape = (n,) if flat else (m, n, *trailing)
                if min(shape) < 2 and name in ("curvature", "laplacian", "columns"):
                    continue
                arguments = [rng.standard_normal(shape).astype(dtype) for _ in range(count)]
                expected = run(program, arguments, "float64")
                for found, wanted in zip(kernels[name](*arguments), expected, strict=True):
                    tolerance = 1e-12 if dtype == "float64" else 2e-4
                    scale = tolerance * (1 + np.abs(wanted).max())
                    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=scale, err_msg=f"{name} {shape}")
                tried += 1
    assert tried > 300


@pytest.mark.parametrize("name", STENCILS)
def test_gradients_of_stencils_add_nowhere(name):
    """All is stored once, in loops that vectors take, and the middle of these asks no conditions."""
    program = stencils()[name]
    assert any(isinstance(definition, Accumulation) for definition in program.definitions)
    plan = plan_program(lower(gather_shifts(program)))
    assert all(vectorises(stage, action) for stage in stages(plan) for action in stage.actions)
    assert not any(action.kind == "add" for stage in stages(plan) for action in stage.actions)
    with_ends = [stage for stage in stages(plan) if stage.ends is not None]
    assert with_ends
    for stage in with_ends:
        middle = needed_by(stage.body, stage.ends.middle)
        compared = [o for n in middle if stage.body[n].op in ("lt", "le", "eq") for o in stage.body[n].operands]
        assert not any(stage.body[operand].op == "integer" for operand in compared)


def test_what_lies_outside_of_a_stencil_does_not_reach_it():
    """An element at an end has no neighbour there, whatever stands in memory or follows from the nearest element."""
    kernel = compile_programs({"products": stencils()["products"]}, "float64")["products"]
    for n in (1, 2, 3, 130):
        room = np.full((2, n + 40), np.nan)
        room[:, 20:-20] = 1.0
        x, y = (row[20:-20] for row in room)
        value, gradient = kernel(x, y)
        assert np.isfinite([value, *gradient]).all()
    program = parse_program(
        "def program(x: real[n]):\n"
        "    a[:n] = 0\n"
        "    a += each[i:n - 1](at[i](1 / x[i]), at[i + 1](log(x[i])))\n"
        "    return a\n"
    )
    (found,) = compile_programs({"lazy": program}, "float64")["lazy"](np.array([1.0, 2.0, 0.0]))
    np.testing.assert_allclose(found, [1.0, 0.5, np.log(2.0)], atol=1e-15)


def test_any_number_of_threads_gives_the_same_stencil():
    x, y = np.random.default_rng(1).standard_normal((2, 700, 300))
    signature, text = STENCILS["anisotropic"]
    found = {}
    for threads in (1, 2, 3):
        value, gradient = gradc.compile(text, signature, wrt="x", threads=threads).value_and_grad(x, y)
        found[float(value), gradient.tobytes()] = gradient
    (gradient,) = found.values()
    np.testing.assert_allclose(gradient, run(stencils()["anisotropic"], (x, y))[-1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["curvature", "one_row", "anisotropic", "isotropic"])
def test_what_the_shifts_of_a_stencil_share_is_in_a_buffer_of_a_tile(name):
    """Rows behind a tile are computed again for it, and so a part of the rows needs nothing of another part."""
    plan = plan_program(lower(gather_shifts(stencils()[name])))
    assert plan.halo
    assert all(plan.storage[array] == TILE for array in plan.halo)
    assert sum(isinstance(step, Nest) and step.extent is not None for step in plan.steps) == 1


def test_what_another_nest_reads_too_is_stored_whole():
    """Neither what a later loop needs, nor what is made of a tile's own rows, is computed again for the next tile."""
    texts = {
        "read_again": "a[i:n] = exp(x[i]); b[i:n] = where(1 <= i, a[i - 1] * x[i], 0); c[i:n] = a[n - 1 - i] * b[i]",
        "of_a_tile": "s[i:n] = sum[j:3](y[i, j]); a[i:n] = exp(s[i]) / 2; c[i:n] = where(2 <= i, a[i - 2], a[i])",
        "two_deep": "a[i:n] = exp(x[i]); b[i:n] = where(1 <= i, a[i - 1], 0); c[i:n] = where(2 <= i, b[i - 2], x[i])",
        "ahead": "a[i:n] = exp(x[i]); c[i:n] = where(i < n - 1, a[i + 1], 0) * a[i]",
    }
    programs = {}
    for name, text in texts.items():
        lines = "".join(f"    {line}\n" for line in text.split("; "))
        programs[name] = parse_program(f"def program(x: real[n], y: real[n, 3]):\n{lines}    return c\n")
    kernels = compile_programs(programs, "float64")
    for n in (1, 2, 3, 127, 128, 129, 130, 259):
        x, y = np.linspace(-1, 1, n), np.random.default_rng(n).standard_normal((n, 3))
        for name, program in programs.items():
            (expected,) = run(program, (x, y))
            np.testing.assert_allclose(kernels[name](x, y)[0], expected, rtol=1e-13, err_msg=f"{name} {n}")


def test_stores_of_one_loop_that_may_meet_are_not_vectorised():
    program = lower(
        parse_program(
            "def program(x: real[n]):\n"
            "    a[:n] = 0\n"
            "    a += each[i:n - 20](at[i](x[i] * 2), at[i + 20](x[i] * 3))\n"
            "    return a\n"
        )
    )
    source = c_text({"together": program}, "float64")[0]
    assert "GRADC_SIMD()\n" not in source
    x = np.arange(300.0)
    (expected,) = interpret(program, [x], SEMANTICS, "float64", {})
    (result,) = compile_programs({"together": program}, "float64")["together"](x)
    np.testing.assert_array_equal(result, expected)


def test_one_part_never_enters_the_team():
    """Where a loop has one part, its rows are called without a word to threads, and with the same arguments."""
    found = 0
    for _, program in gradients().values():
        lines = re.sub(r",\n +", ", ", "\n".join(function_of(program).lines)).splitlines()  # as before they were cut
        for k, line in enumerate(lines):
            call = re.fullmatch(r" {12}gradc_run\((\w+), (f_rows\d+), &given\);", line)
            assert call or "gradc_run" not in line, line  # in a function's outermost statements, and in no scan's step
            if call:
                found += 1
                parts, rows = call.groups()
                assert re.fullmatch(rf" *const struct {rows} given = \{{.*\}};", lines[k - 2])
                assert re.fullmatch(rf" *if \({parts} > 1\) \{{", lines[k - 1])
                assert re.fullmatch(rf" *{rows}\(&given, 0, 0\);", lines[k + 2])
    assert found > 50


def test_a_jammed_loop_ends_where_its_bound_is_a_sum() -> None:
    """``m - 1 / 4 * 4`` is m: the loop would read what is behind the array."""

    def residuals(y: Any) -> Any:
        def step(c: Any, s: Any) -> Any:
            c = np.tanh(0.5 * c + s)
            return c, c

        return gradc.scan(step, 0.0, y[:-1])[1]

    kernel = gradc.compile(residuals, "y[m]")
    for m in (5, 6, 8):
        y = np.linspace(-1, 1, m)
        r, J = kernel(y), kernel.jacobian(y, dense=True)
        np.testing.assert_allclose(kernel.gauss_newton(y, dense=True)[1], J.T @ r, rtol=1e-12, atol=1e-14)


REDUCED = {
    "rows_but_the_first": "m[j:d] = {}[i:n](where(0 < i, X[i, j] * v[i], w[j]))",
    "columns_but_the_last": "m[i:n] = {}[j:d](where(j < d - 1, X[i, j] * w[j], v[i]))",
    "neighbours": "m[j:d] = {}[i:n](X[i, j] - where(0 < i, X[i - 1, j], w[j]))",
    "rows": "m[j:d] = {}[i:n](X[i, j] * v[i])",
    "columns": "m[i:n] = {}[j:d](X[i, j] * w[j])",
    "both": "m = {}[i:n, j:d](X[i, j] * w[j])",
    "rows_of_three": "m[j:d, k:c] = {}[i:n](X[i, j] * Y[i, k])",
    "middle": "m[i:n, k:c] = {}[j:d](X[i, j] * Z[j, k])",
    "two_of_three": "m[k:c] = {}[i:n, j:d](X[i, j] * Z[j, k])",
    "pairs": "m[j:d] = {}[i:n, k:c](X[i, j] * Y[i, k] + w[j])",
    "of_two": "m[j:d] = {0}[i:n](X[i, j] * v[i])\n"
    "    h[j:d] = sum[i:n](X[i, j] - m[j])\n    g[j:d] = {0}[i:n](X[i, j] - h[j])",
}


def test_every_reduction_over_every_loop() -> None:
    """Along rows, along columns and along both, at sizes where loops take several rows at a time and where not."""
    texts = {}
    for form, name in itertools.product(REDUCED, ("sum", "prod", "max", "min")):
        line = REDUCED[form].format(name)
        result = line.rsplit("\n    ", 1)[-1].split("[")[0].split(" =")[0]
        arguments = "X: real[n, d], Y: real[n, c], Z: real[d, c], v: real[n], w: real[d]"
        texts[f"{name}_of_{form}"] = parse_program(f"def program({arguments}):\n    {line}\n    return {result}\n")
    for program in texts.values():
        namer = Namer()
        lowered = lower(program)
        check(build(plan_program(lowered), "f", tiling.ROWS, namer), interface.needs(lowered))
    kernels = compile_programs(texts, "float64")
    rng = np.random.default_rng(0)
    for n, d, c in ((1, 1, 1), (2, 3, 1), (3, 4, 2), (4, 5, 3), (5, 8, 4), (9, 6, 5), (7, 17, 8), (130, 9, 4)):
        shapes = ((n, d), (n, c), (d, c), (n,), (d,))
        given = [(0.7 + 0.6 * rng.random(shape)) * rng.choice([-1, 1], shape) for shape in shapes]
        for name, program in texts.items():
            (expected,) = run(program, given)
            (found,) = kernels[name](*given)
            scale = np.max(np.abs(expected), initial=1e-30)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * scale, err_msg=f"{name}, {n} {d} {c}")


def test_loops_that_change_places_and_change_back_do_the_same():
    plan = plan_of(
        "def program(X: real[n, d], c: int64[n], z: real[m]):\n    g[:m, :d] = 0\n"
        "    g += each[i:n, j:d](at[c[i], j](X[i, j] * z[c[i]]))\n"
        "    s[j:d] = sum[i:n](X[i, j] * z[c[i]])\n    return g, s\n"
    )
    found = [stage for stage in stages(plan) if len(stage.extents) == 2 and stage.call is None]
    assert any(part.mentions("ref") for stage in found for action in stage.actions for part in action.subscripts)
    for stage in found:
        turned = permute(stage, (1, 0))
        assert turned.extents == stage.extents[::-1]
        assert turned.stream == 1 - stage.stream
        back = permute(turned, (1, 0))
        assert (back.extents, back.stream, back.body) == (stage.extents, stage.stream, stage.body)
        assert [action.subscripts for action in back.actions] == [action.subscripts for action in stage.actions]
        assert [action.reduced for action in back.actions] == [action.reduced for action in stage.actions]
