"""Signatures: what they say, and what is refused with a caret."""

import pytest

import gradc
from gradc.errors import SignatureError
from gradc.frontends.signature import DTYPES, parse_signature
from gradc.ir.size import size, symbol

n, d = symbol("n"), symbol("d")


def test_names_shapes_and_dtypes():
    parameters = parse_signature("w[d], X[n,d], y[n], lam, idx[n]:int64")
    assert [p.name for p in parameters] == ["w", "X", "y", "lam", "idx"]
    assert [p.shape for p in parameters] == [(d,), (n, d), (n,), (), (n,)]
    assert [p.dtype for p in parameters] == ["real"] * 4 + ["int64"]


def test_expressions_of_dimensions():
    x, z, A, b = parse_signature("x[n], z[n+1], A[2*n,3], b[(n + 1)//2 * d - 1]")
    assert (x.shape, z.shape, A.shape) == ((n,), (n + 1,), (2 * n, size(3)))
    assert b.shape == ((n + 1) // 2 * d - 1,)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype):
    assert parse_signature(f"x[n]:{dtype}")[0].dtype == dtype


def test_what_c_reserves_is_an_ordinary_name():
    assert [p.name for p in parse_signature("double, int[n], exp[n], main")] == ["double", "int", "exp", "main"]


def test_nothing_and_a_last_comma():
    assert parse_signature("") == ()
    assert len(parse_signature("x, y[n],")) == 2


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("w[d], w", 7, "two arguments are called w"),
        ("d[d]", 1, "both an argument and a dimension"),
        ("x[n], n", 7, "both an argument and a dimension"),
        ("lambda", 1, "Python keyword"),
        ("X[n,d", 2, "never closed"),
        ("X[]", 2, "a scalar has none"),
        ("2x", 2, "after the number"),
        ("X[n]:int65", 6, "did you mean int64?"),
        ("X[n]:", 6, "a dtype was expected"),
        ("X[n] y", 6, "a comma was expected"),
        ("x[1.5]", 3, "a dimension is a symbol"),
        ("x[f(n)]", 3, "a dimension is a symbol"),
        ("x[-1]", 3, "a dimension of -1"),
        ("x['a']", 3, "a string"),
        ("inf", 1, "is a constant"),
        ("x[n//0]", 4, "division by zero"),
        ("x[" + "*".join(f"(a{k}+b{k})" for k in range(40)) + "]", None, "too many terms"),
    ],
)
def test_refusals_point_at_the_place(text, column, words):
    with pytest.raises(SignatureError) as caught:
        parse_signature(text)
    assert words in str(caught.value)
    if column is not None:
        assert f"column {column}:" in str(caught.value)
        assert str(caught.value).splitlines()[-1] == " " * (column + 3) + "^"


def test_a_signature_is_a_text():
    with pytest.raises(SignatureError, match="not list"):
        parse_signature(["x"])


@pytest.mark.parametrize(
    ("formula", "text", "dim"), [("sum(x)", "x[m//n], y[n]", "m"), ("sum(X)", "X[n,(d-1)*m]", "d")]
)
def test_dimensions_that_no_shape_tells_are_refused(formula, text, dim):
    with pytest.raises(SignatureError, match=f"no argument's shape says what the dimension {dim} is; give an argument"):
        gradc.compile(formula, text)
