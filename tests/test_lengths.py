"""Finding a signature: which axes a program makes equal, and what it says of those that do not fit."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import gradc
from functions import SAMPLES
from gradc.calculus.semantics import SEMANTICS
from gradc.errors import ShapeError, TraceError
from gradc.frontends.lengths import LENGTHS, Lengths
from gradc.frontends.signature import parse_signature
from gradc.frontends.tracing import Example, find, trace
from gradc.interface import plain_entry, signature_text
from gradc.ir.interpret import interpret
from gradc.ir.size import symbol
from gradc.ir.verify import verify
from gradc.programs import canonical
from gradc.runtime.arguments import convert_all


def examples_of(function, *shapes):
    names = list(inspect.signature(function).parameters)
    return [Example(name, name, shape, "real") for name, shape in zip(names, shapes, strict=True)]


def found(function, *shapes):
    program, _ = find(function, examples_of(function, *shapes))
    return signature_text(verify(program).parameters)


def scanned(a, x):
    last, _ = gradc.scan(lambda carry, row: (np.tanh(carry @ a) + row, None), np.zeros_like(x[0]), x)
    return np.sum(last)


def checked(X, y):
    if X.shape[0] != y.shape[0]:
        raise ValueError("not one sample for each target")
    return np.sum(X) + np.sum(y)


def in_a_set(X, y):
    assert len({X.shape[0], y.shape[0]}) == 1
    return np.sum(X) * np.sum(y)


def pair(x):
    a, b = x
    return a * b


def written(x, y):
    z = np.zeros_like(x)
    z += y
    z[1:] = y[:-1]
    return np.sum(z**2)


@pytest.mark.parametrize(
    ("function", "shapes", "signature"),
    [
        (lambda w, X, y: np.mean((X @ w - y) ** 2), [(3,), (5, 3), (5,)], "w[n], X[m,n], y[m]"),
        (lambda w, X, y: np.mean((X @ w - y) ** 2), [(1,), (1, 1), (1,)], "w[n], X[m,n], y[m]"),
        (lambda x, y: np.sum(x + y), [(3,), (3,)], "x[n], y[n]"),
        (lambda x, y: np.sum(x + y), [(3,), (1,)], "x[n], y[1]"),
        (lambda x, y: np.sum(x + y), [(1,), (1,)], "x[n], y[n]"),
        (lambda x, y: np.sum(x + y), [(3, 1), (1, 4)], "x[n,1], y[1,m]"),
        (lambda x, y: np.sum(x) * np.sum(y), [(3,), (3,)], "x[n], y[m]"),
        (lambda x, y, z: np.sum(x * y + z), [(3,), (1,), (3,)], "x[n], y[1], z[n]"),
        (lambda x, z: np.sum(x * (z[1:] - z[:-1])), [(3,), (4,)], "x[n], z[n + 1]"),
        (lambda z, x: np.sum(x * (z[1:] - z[:-1])), [(4,), (3,)], "z[n + 1], x[n]"),
        (lambda x: np.sum(x.reshape(-1, 2) ** 2), [(6,)], "x[2*n]"),
        (lambda x: np.sum(np.split(x, 3)[1]), [(6,)], "x[3*n]"),
        (lambda x: np.sum(x[::2] * x[1::2]), [(6,)], "x[2*n]"),
        (lambda x, y: np.sum(x[::2] * y[1::2]), [(5,), (7,)], "x[2*(n//2) - 1], y[n]"),
        (lambda t, X: np.sum(X @ t[:12].reshape(3, 4) + t[12:]), [(16,), (5, 3)], "t[16], X[n,3]"),
        (lambda X, w: np.sum(X.ravel() * w), [(2, 3), (6,)], "X[n,m], w[m*n]"),
        (lambda x: np.sum(x.squeeze()), [(3, 1)], "x[n,1]"),
        (lambda x: np.sum(np.squeeze(x, 0)), [(1, 3)], "x[1,n]"),
        (lambda A, b: b @ np.linalg.solve(A, b), [(3, 3), (3,)], "A[n,n], b[n]"),
        (lambda A: np.sum(np.diagonal(A)), [(3, 3)], "A[n,n]"),
        (lambda x, y: np.sum(np.concatenate([x, y]) ** 2), [(2, 3), (4, 3)], "x[n,m], y[k,m]"),
        (lambda x, y: np.sum(np.stack([x, y])), [(3,), (3,)], "x[n], y[n]"),
        (lambda A, B: np.einsum("ij,kj->", A, B), [(2, 3), (4, 3)], "A[n,m], B[k,m]"),
        (lambda x: np.sum(x * np.ones(3)), [(3,)], "x[3]"),
        (lambda x: x.mean() + sum(k * x[k] for k in range(x.shape[0])), [(3,)], "x[3]"),
        (pair, [(2,)], "x[2]"),
        (written, [(4,), (4,)], "x[n], y[n]"),
        (checked, [(4, 2), (4,)], "X[n,m], y[n]"),
        (in_a_set, [(4, 2), (4,)], "X[n,m], y[n]"),
        (scanned, [(2, 2), (5, 2)], "a[n,n], x[m,n]"),
        (lambda x, y: (np.sum(x), x @ y), [(3,), (3,)], "x[n], y[n]"),
        (lambda n, x: n * np.sum(x), [(), (3,)], "n, x[m]"),
    ],
)
def test_what_is_found(function, shapes, signature):
    assert found(function, *shapes) == signature


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.function is not None], ids=lambda s: s.name)
def test_what_is_found_means_what_its_text_means(sample):
    arguments = sample.arguments()
    parameters = parse_signature(sample.signature)
    examples = [Example(p.name, p.name, np.shape(a), p.dtype) for p, a in zip(parameters, arguments, strict=True)]
    program, lengths = find(sample.function, examples)
    verify(program)
    again = trace(sample.function, parse_signature(signature_text(program.parameters)))
    assert canonical(program) == canonical(again)
    sizes = convert_all(plain_entry(program, "loss", "float64"), arguments)[1]
    values = [interpret(each, arguments, SEMANTICS, "float64", sizes)[0] for each in (program, again)]
    np.testing.assert_allclose(*values, rtol=1e-12)
    here = {name: size for e in examples for name, size in zip(e.symbols(), e.shape, strict=True)}
    assert lengths.explain(here) == ""


@pytest.mark.parametrize(
    ("function", "shapes", "said"),
    [
        (
            lambda w, X: np.sum(X @ w),
            [(4,), (5, 3)],
            r"matmul .*; here X.shape\[1\] is 3, and w.shape\[0\] is 4\n",
        ),
        (
            lambda x, y: np.sum(x + y),
            [(3,), (2,)],
            r"do not broadcast.*x.shape\[0\] is 3, and y.shape\[0\] is 2",
        ),
        (lambda x: np.sum(x.reshape(-1, 2)), [(5,)], r"does not divide; here x.shape\[0\] is 5"),
        (lambda x: np.sum(x.squeeze(0)), [(5,)], r"cannot be squeezed; here x.shape\[0\] is 5"),
        (lambda A: np.linalg.det(A), [(2, 3)], r"a square matrix.*; here A.shape\[0\] is 2, and A.shape\[1\] is 3"),
        (lambda x: np.sum(x[::2] * x[1::2]), [(5,)], r"do not broadcast: .*; here \(x.shape\[0\] \+ 1\)//2 is 3, and"),
        (
            lambda x, A: np.sum(x * A.ravel()[:9].reshape(A.shape)),
            [(9,), (3, 3)],
            "they fit here, and no signature can",
        ),
    ],
)
def test_what_does_not_fit_at_the_first_call(function, shapes, said):
    with pytest.raises(ShapeError, match=said):
        found(function, *shapes)


def test_a_long_axis_is_no_number():
    with pytest.raises(TraceError, match="is not a number while tracing"):
        found(lambda x: sum(part**2 for part in x), (1000,))


def test_only_what_was_asked_is_compared_at_later_calls():
    _, lengths = find(checked, examples_of(checked, (4, 2), (4,)))
    assert lengths.explain({"X.shape[0]": 9, "X.shape[1]": 5, "y.shape[0]": 9}) == ""
    assert "the function asks whether X.shape[0] is y.shape[0]; here" in lengths.explain(
        {"X.shape[0]": 9, "X.shape[1]": 5, "y.shape[0]": 8}
    )

    def wide(X):
        return np.sum(X) if X.shape[0] == X.shape[1] else np.prod(X)

    _, lengths = find(wide, examples_of(wide, (4, 2)))
    assert lengths.explain({"X.shape[0]": 9, "X.shape[1]": 5}) == ""
    assert "asks whether X.shape[0] is X.shape[1]" in lengths.explain({"X.shape[0]": 3, "X.shape[1]": 3})


def test_an_order_that_was_asked_for_must_stay():
    def loss(x, y):
        return np.sum(x) / len(x) if len(x) > 3 and x.shape[0] <= len(y) else np.sum(x)

    program, lengths = find(loss, examples_of(loss, (5,), (6,)))
    assert signature_text(program.parameters) == "x[n], y[m]"
    assert lengths.explain({"x.shape[0]": 4, "y.shape[0]": 4}) == ""
    said = lengths.explain({"x.shape[0]": 3, "y.shape[0]": 4})
    assert said.startswith("the function asks whether x.shape[0] > 3; here x.shape[0] is 3")
    assert "<= y.shape[0]" in lengths.explain({"x.shape[0]": 9, "y.shape[0]": 4})


def test_nothing_is_being_found_afterwards():
    with pytest.raises(ShapeError):
        found(lambda x, y: np.sum(x + y), (3,), (2,))
    assert LENGTHS.get() is None


def test_common_factors_are_left_out():
    n, d = symbol("n"), symbol("d")
    lengths = Lengths({"n": 1, "d": 4})
    lengths.settle(ShapeError("", wants=[(n * d, d)]))
    assert lengths.resolve((n, d)) == (symbol("x") * 0 + 1, d)
    empty = Lengths({"n": 5, "d": 0})
    with pytest.raises(ShapeError):  # of nothing, it says nothing of n
        empty.settle(ShapeError("", wants=[(n * d, d)]))
