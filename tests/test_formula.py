"""Formulas and the text of programs: meaning against NumPy, round trips, refusals with a caret, and hostile texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradc.calculus.semantics import SEMANTICS
from gradc.errors import FormulaError, GradcError
from gradc.frontends.formula import parse_formula, parse_program
from gradc.frontends.signature import parse_signature
from gradc.ir.interpret import interpret
from gradc.ir.verify import verify
from gradc.tools.programs import random_program

SIGNATURE = parse_signature("w[d], X[n,d], y[n], lam, idx[n]:int64, A[d,d]")
RNG = np.random.default_rng(0)
w, X, y, lam = RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=5), 0.3
idx, A = np.array([0, 1, 4, 2, 3]), np.eye(3) * 2 + RNG.normal(size=(3, 3)) / 9
VALUES = [w, X, y, lam, idx, A]


def run(text):
    program = verify(parse_formula(text, SIGNATURE))
    assert parse_program(str(program)) == program
    return interpret(program, VALUES, SEMANTICS)[0]


def softplus(x):
    return np.logaddexp(0, x)


FORMULAS = [
    ("mean(log(1 + exp(-y * (X @ w)))) + lam/2 * sum(w**2)", np.mean(softplus(-y * (X @ w))) + lam / 2 * np.sum(w**2)),
    ("sum[i:n](softplus(-y[i] * sum[j:d](X[i,j] * w[j]))) / n", np.mean(softplus(-y * (X @ w)))),
    ("z[i:n] = sum[j:d](X[i,j]*w[j])\nmean[i:n](log(1 + exp(-y[i]*z[i])))", np.mean(softplus(-y * (X @ w)))),
    ("x = X @ w; r = y - x; sum(r**2)", np.sum((y - X @ w) ** 2)),
    ("r = y - X @ w\nreturn r", y - X @ w),
    ("sum[i:n](where(i < 2, X[idx[i], 0], y[n-1-i]))", X[0, 0] + X[1, 0] + y[2] + y[1] + y[0]),
    ("np.linalg.norm(X.T @ y)**2", np.sum((X.T @ y) ** 2)),
    ("max[i:n](y[i]) - min[i:n](y[i]) + logsumexp[i:n, j:d](X[i,j])", np.ptp(y) + np.log(np.exp(X).sum())),
    ("1/2*lam + -lam**2 + 2**-1 + 7//2 + 7 % 4", 0.15 - 0.09 + 0.5 + 3 + 3),
    ("sum[i:n]((X @ w)[i] * i)", np.sum(X @ w * np.arange(5))),
    ("X.sum(axis=0)[1] + y[-1] + y[::2].sum()", X[:, 1].sum() + y[-1] + y[::2].sum()),
    ("sum[i:n](1 if 0 < y[i] <= 1 else 0)", np.sum((y > 0) & (y <= 1))),
    ("let(a := lam + 1, a*a) + (lam if lam > 0 and not lam > 1 else 7)", 1.69 + 0.3),
    ("log(lam, 2) + log(8, 2) + ln(lam) + pi + e", np.log2(0.3) + 3 + np.log(0.3) + np.pi + np.e),
    ("z[i:n, k:2] = y[i]*k\nz", y[:, None] * [0, 1]),
    ("sum[i:n](y[-1] * delta[i, 0]) + prod[i:d](w[i])", y[-1] + np.prod(w)),
    ("X.shape[0] * lam + max(lam*2, 1, n) + min(lam, 2)", 1.5 + 5 + 0.3),
    ("solve(A, w) + np.linalg.inv(A) @ w", 2 * np.linalg.solve(A, w)),
    ("sum[i:n](abs(i-2) * y[max(i-1,0)])", np.sum(np.abs(np.arange(5) - 2) * y[[0, 0, 1, 2, 3]])),
    ("sum[i:n](y[i//2] * y[i % n])", np.sum(y[np.arange(5) // 2] * y)),
    ("y[idx] + y[None, :][0]", y[idx] + y),
    ("sum[i:n](clip(y[i], -1, 1) + relu(y[i]))", np.sum(np.clip(y, -1, 1) + np.maximum(y, 0))),
    ("sum[i:n](silu(y[i]))", np.sum(y / (1 + np.exp(-y)))),
    ("special.expit(lam) + scipy.special.erf(lam)", 1 / (1 + np.exp(-0.3)) + 0.3286267594591274),
    ("a = lam\na = a * 2\na", 0.6),
    ("mean[i:n, j:d](X[i,j])", np.mean(X)),
    ("# a comment\n(lam +\n  1)", 1.3),
    ("sum[i:n-1](y[i+1] - y[i])", y[-1] - y[0]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FORMULAS, ids=[text for text, _ in FORMULAS])
def test_meaning(text, expected):
    np.testing.assert_allclose(run(text), expected, rtol=1e-12)


def test_named_lines_name_what_they_define():
    program = parse_formula("z[i:n] = 2*y[i]\ntotal = sum[i:n](z[i])", SIGNATURE)
    assert "z[i:n] = " in str(program)
    assert "return total" in str(program)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_a_program_is_read_back_equal(seed):
    program = random_program(seed)
    assert parse_program(str(program)) == program


REFUSED = [
    ("x ^ 2", 3, "write **"),
    ("sum(w", 4, "never closed"),
    ("lam +", 6, "missing at the end"),
    ("lam lam", 5, "an operator was expected"),
    ("lan * 2", 1, "did you mean lam?"),
    ("sofplus(lam)", 1, "did you mean softplus?"),
    ("exp(lam, 2)", 1, ""),
    ("sum[i:n](exp(y[i], 2))", 10, "exp takes 1 argument, not 2"),
    ("X @ y", 3, "(n, d) and (n,)"),
    ("X + y", 3, "(n, d) and (n,)"),
    ("y[i]", 3, "an index is bound by"),
    ("sum[i:n](sum[i:n](y[i]))", 14, "bound twice"),
    ("sum[n:n](1)", 5, "a dimension"),
    ("sum[y:n](1)", 5, "an array"),
    ("sum[i](y[i])", 5, "needs its extent"),
    ("sum[i:n](sum[j:i](y[j]))", 16, "largest extent"),
    ("sum[i:n](X[i])", 10, "but 1 subscripts"),
    ("sum[i:n](y)", 10, "such as y[i]"),
    ("sum[i:n](w[i])", 12, "reaches n - 1, but axis 0 has d elements"),
    ("sum[i:n](y[i+1])", 13, "reaches n, but axis 0 has n elements"),
    ("sum[i:n](y[lam])", 12, "a subscript is an integer"),
    ("lam(2)", 1, "is not a function"),
    ("2(lam)", 1, "is not a function"),
    ("exp", 1, "is a function; call it"),
    ("'text'", 1, "a string"),
    ("lambda x: x", 1, "lambda"),
    ("[x for x in y]", 4, "comprehensions"),
    ("lam.__class__", 5, "not part of a formula"),
    ("(a := 3)", 4, "was not expected"),
    ("sum(y, axis=7)", 1, ""),
    ("y.tofile()", 3, "not part of a formula"),
    ("np.sort(y)", 4, "not supported"),
    ("max(y, 0)", 1, "two things"),
    ("a = 1\n", None, None),
    ("lam\nlam", 1, "no name"),
    ("n = 3\nn", 1, "is a dimension"),
    ("import os", 1, "import"),
    ("9**9**9**9", 5, "math range error"),
    ("1/0", 2, "division by zero"),
    ("", 1, "empty"),
    ("\n  lam $ 2", 7, "'$'"),
]


@pytest.mark.parametrize(("text", "column", "words"), REFUSED, ids=[repr(row[0]) for row in REFUSED])
def test_refusals_point_at_the_place(text, column, words):
    if words is None:
        assert parse_formula(text, SIGNATURE)
        return
    with pytest.raises(FormulaError) as caught:
        parse_formula(text, SIGNATURE)
    assert words in str(caught.value)
    assert caught.value.column is not None
    if words:
        assert caught.value.column == column


HOSTILE = [
    "__import__('os').system('true')", "().__class__.__bases__[0]", "eval(lam)", "exec(lam)", "open(lam)",
    "lam.__init__",
    "w.__array_interface__", "np.load(lam)", "np.__dict__", "getattr(lam, w)", "f'{lam}'", "b''", "lam; import os",
    "lam\x00",
    "lam\u202e", "lam /* */", "lam */ system(0) /*", 'lam"; #include', "x" * 10_000, "print(lam)", "globals()",
    "np.os",
    "np.linalg.__loader__", "w.dtype", "w.base", "lam if lam else __builtins__", "...", "None", "y[...,...,...]",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_refused(text):
    with pytest.raises(GradcError):
        parse_formula(text, SIGNATURE)


DEEP = {
    "sum": "lam" + "+lam" * 100_000,
    "product": "lam" + "*lam" * 100_000,
    "powers": "lam" + "**lam" * 100_000,
    "signs": "-" * 100_000 + "lam",
    "brackets": "(" * 100_000 + "lam" + ")" * 100_000,
    "calls": "sin(" * 100_000 + "lam" + ")" * 100_000,
    "choices": "lam if lam>0 else " * 30_000 + "1",
    "terms": "sum[i:n](" + "y[i]*2+" * 30_000 + "0)",
    "lists": "[" * 10_000 + "lam" + "]" * 10_000,
    "subscripts": "y" + "[0]" * 10_000,
    "reductions": "".join(f"sum[a{k}:n](" for k in range(1000)) + "lam" + ")" * 1000,
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_and_wide_texts_compile_or_are_refused(name):
    try:
        program = parse_formula(DEEP[name], SIGNATURE)
    except FormulaError:
        return
    assert parse_program(str(program)) == program


PROGRAMS = [
    ("", 1, "begins with"),
    ("def program(x: real):\n    return z", None, "the name of an array"),
    ("def program(x: real):\n    y = x", None, "`return` is missing"),
    ("def program(x: reel):\n    return x", None, "unknown dtype"),
    ("def program(x: real, x: real):\n    return x", None, "two parameters"),
    ("def program(x: real):\n    x = 1.0\n    return x", None, "defined twice"),
    ("def program(x: real):\n    y = call.dett(x)\n    return y", None, "did you mean det?"),
    ("def program(x: real):\n    y = f(x)\n    return y", None, "unknown function f"),
    ("def program(x: real):\n    y = x\n        return y", None, "indentation"),
    ("def program(x: real[n]):\n    T[:n] = 0\n    T += 3\n    return T", None, "each"),
]


@pytest.mark.parametrize(("text", "column", "words"), PROGRAMS)
def test_broken_programs_are_refused(text, column, words):
    with pytest.raises(FormulaError, match=words):
        parse_program(text)
