"""Records, dimensions and the checking of arrays, without any C."""

from __future__ import annotations

import numpy as np
import pytest

import gradc
from gradc.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from gradc.runtime.arguments import Entry, Input, Output, evaluate, measure, render, render_shape, split
from gradc.runtime.calls import interpreted

N = ((("n",), 1),)
D = ((("d",), 1),)
ONE = (((), 1),)
N_PLUS_1 = ((("n",), 1), ((), 1))
TWICE_N = ((("n",), 2),)
N_TIMES_D = ((("n", "d"), 1),)


def entry(*inputs: Input, dims: tuple[str, ...] = ("n", "d"), **options: object) -> Entry:
    options.setdefault("outputs", (Output("value", "float64"),))
    return Entry("f", "f", dims, inputs, **options)


def sizes_of(*shapes: tuple, came: tuple, dims: tuple[str, ...] = ("n", "d")) -> dict[str, int]:
    record = entry(*(Input(f"a{k}", "float64", shape) for k, shape in enumerate(shapes)), dims=dims)
    return measure(record, [np.empty(shape) for shape in came])


def echo(record: Entry):
    """A call that returns what its first argument became."""
    seen = []

    def evaluate(named, sizes):
        seen.append(named)
        return (0.0,) * len(record.outputs)

    call = interpreted(record, evaluate)

    def run(*args, **kwargs):
        call(*args, **kwargs)
        return next(iter(seen.pop().values()))

    return run


def test_no_array_is_copied_before_its_shape_fits():
    """The view is of one number, and would fill 800 TB: what is copied first raises a MemoryError, or takes hours."""
    view = np.lib.stride_tricks.as_strided(np.zeros(1), (10**7, 10**7), (0, 0))
    one = np.ones(3)
    for backend in ("c", "interpret"):
        k = gradc.compile("sum((X @ w - y)**2)", "w[d], X[n,d], y[n]", backend=backend)
        sparse = gradc.compile("sum(w**3) + sum(X @ w)", "w[d], X[n,d]", backend=backend)
        calls = (
            lambda k=k: k.value_and_grad(one, view, one),
            lambda k=k: k.bind(X=view, y=one),
            lambda k=k: k.hessian(one, view, one),
            lambda sparse=sparse: sparse.hessian(one, view),
            lambda sparse=sparse: sparse.bind("hessian", X=view)(one),
        )
        for call in calls[:-1]:
            with pytest.raises(ArgumentError, match=r"argument '[Xy]': expected .*\(10000000, 10000000\)|'y'.*here n"):
                call()
        with pytest.raises(ArgumentError, match=r"no memory for that|expected"):
            calls[-1]()
        with pytest.raises(ArgumentError, match="no memory for that"):
            sparse(np.lib.stride_tricks.as_strided(one, (10**7,), (0,)), view)


def test_extents_evaluate_and_print():
    quotient = (((("//", N_PLUS_1, (((), 2),)),), 3),)
    remainder = (((("%", N, (((), 4),)), "d"), -1), ((), 7))
    assert evaluate(quotient, {"n": 6}) == 9
    assert evaluate(remainder, {"n": 6, "d": 2}) == 3
    assert render(quotient) == "3*((n + 1) // (2))"
    assert [render(e) for e in (N, TWICE_N, N_PLUS_1, N_TIMES_D, (), ((("n",), -1), ((), -2)))] == [
        "n", "2*n", "n + 1", "n*d", "0", "-n - 2",
    ]  # fmt: skip
    assert render_shape((N,)) == "(n,)"
    assert render_shape((N, D)) == "(n, d)"
    with pytest.raises(ArgumentError, match="divides by d, which is 0"):
        evaluate(((((("//", N, D)),), 1),), {"n": 1, "d": 0})


def test_extents_split_where_they_are_linear():
    assert split(((("n", "d"), 2), (("d",), 1)), "n") == (((("d",), 2),), ((("d",), 1),))
    assert split(((("n", "n"), 1),), "n") is None
    assert split((((("//", N, (((), 2),)),), 1),), "n") is None


@pytest.mark.parametrize(
    ("shapes", "came", "expected"),
    [
        (((N,), (N, D)), ((3,), (3, 2)), {"n": 3, "d": 2}),
        (((N_PLUS_1,), (N, D)), ((4,), (3, 2)), {"n": 3, "d": 2}),
        (((TWICE_N, D),), ((6, 2),), {"n": 3, "d": 2}),
        (((N_TIMES_D,), (D,)), ((6,), (2,)), {"n": 3, "d": 2}),
        (((N_TIMES_D,), (N_PLUS_1,)), ((6,), (4,)), {"n": 3, "d": 2}),
        (((N, ONE), (D,)), ((0, 1), (0,)), {"n": 0, "d": 0}),
    ],
)
def test_dimensions_are_found(shapes, came, expected):
    assert sizes_of(*shapes, came=came) == expected


@pytest.mark.parametrize(
    ("shapes", "came", "said"),
    [
        (
            ((N,), (N, D)),
            ((3,), (4, 2)),
            r"'a1'.*\(n, d\), got a float64 array of shape \(4, 2\); here n = 3 from 'a0'",
        ),
        (((N, D), (N_PLUS_1,)), ((3, 2), (3,)), r"'a1'.*\(n \+ 1,\)"),
        (((TWICE_N, D),), ((5, 2),), r"no n makes 2\*n equal to 5"),
        (((N_PLUS_1, D),), ((0, 2),), r"no n makes n \+ 1 equal to 0"),
        (((N_TIMES_D,), (D,)), ((6,), (0,)), r"no n makes n\*d equal to 6"),
        (((N, (((), 3),)), (D,)), ((2, 4), (1,)), r"\(n, 3\), got"),
    ],
)
def test_dimensions_that_do_not_fit(shapes, came, said):
    with pytest.raises(ArgumentError, match=said):
        sizes_of(*shapes, came=came)


def test_constraints_are_checked():
    record = entry(
        Input("x", "float64", (N,)), dims=("n",), constraints=((((("n",), 1), ((), -2)), "n >= 2"),)
    )  # fmt: skip
    assert measure(record, [np.ones(2)]) == {"n": 2}
    with pytest.raises(ArgumentError, match="must have n >= 2, got n = 1"):
        measure(record, [np.ones(1)])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: entry(Input("x", "float64", (N,))), "what the dimension d is"),
        (lambda: entry(Input("x", "float64", (N_TIMES_D,))), "what the dimension n is"),
        (lambda: entry(Input("x;system()", "float64"), dims=()), "not a name"),
        (lambda: entry(Input("lambda", "float64"), dims=()), "not a name"),
        (lambda: entry(Input("out", "float64"), dims=()), "'out'"),
        (lambda: entry(Input("x", "float64"), Input("x", "float64"), dims=()), "one name"),
        (lambda: entry(Input("x", "complex128"), dims=()), "complex128"),
        (lambda: entry(dims=(), outputs=()), "no output"),
        (lambda: Entry("f", "f(); int g", (), (), (Output("v", "float64"),)), "C identifier"),
        (lambda: Entry("f", "f\n", (), (), (Output("v", "float64"),)), "C identifier"),
        (lambda: Entry("f", "λ", (), (), (Output("v", "float64"),)), "C identifier"),
        (lambda: Entry("class", "f", (), (), (Output("v", "float64"),)), "not a name"),
    ],
)
def test_records_are_checked(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_names_of_arguments_are_pythons():
    record = entry(Input("double", "float64"), Input("λ", "float64"), dims=())
    assert interpreted(record, lambda named, sizes: (named["double"] + named["λ"],))(1, λ=2) == 3.0


class Raising:
    """An object that makes no array of itself, as torch's tensors that need a gradient."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __array__(self, *_: object, **__: object) -> None:
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("no"), TypeError("no"), KeyError("no"), AttributeError("no")])
@pytest.mark.parametrize("shape", [(), (N,)])
def test_what_makes_no_array_is_refused_by_name(error, shape):
    with pytest.raises(ArgumentTypeError, match=r"'x'.*NumPy makes no array of it: .*no"):
        echo(entry(Input("x", "float64", shape), dims=("n",) if shape else ()))(Raising(error))


VECTOR = entry(Input("x", "float64", (N,)), dims=("n",))
VECTOR32 = entry(Input("x", "float32", (N,)), dims=("n",))
NUMBER = entry(Input("x", "float64"), dims=())
NUMBER32 = entry(Input("x", "float32"), dims=())
INDEX = entry(Input("x", "int64", (N,)), dims=("n",))
INDEX32 = entry(Input("x", "int32", (N,)), dims=("n",))
COUNT = entry(Input("x", "int64"), dims=())
MASK = entry(Input("x", "bool", (N,)), dims=("n",))


@pytest.mark.parametrize(
    ("record", "came", "expected"),
    [
        (VECTOR, [1, 2], [1.0, 2.0]),
        (VECTOR, (True, 2.5), [1.0, 2.5]),
        (VECTOR, [], []),
        (VECTOR, np.array([1, 2], np.int64), [1.0, 2.0]),
        (VECTOR, np.array([1, 2], np.uint8), [1.0, 2.0]),
        (VECTOR, np.array([1, 2], np.float16), [1.0, 2.0]),
        (VECTOR, np.array([1, 2], np.float32), [1.0, 2.0]),
        (VECTOR, np.array([True, False]), [1.0, 0.0]),
        (VECTOR, np.arange(6.0)[::-2], [5.0, 3.0, 1.0]),
        (VECTOR, np.zeros((0,)), []),
        (VECTOR32, [0.5, 1], [0.5, 1.0]),
        (VECTOR32, [np.inf], [np.inf]),
        (NUMBER, 3, 3.0),
        (NUMBER, True, 1.0),
        (NUMBER, np.float32(0.5), 0.5),
        (NUMBER, np.int64(5), 5.0),
        (NUMBER, np.array(2.0), 2.0),
        (NUMBER32, 0.1, float(np.float32(0.1))),
        (NUMBER32, np.float64(0.5), 0.5),
        (INDEX, [1, 2], [1, 2]),
        (INDEX, [], []),
        (INDEX, np.array([1], np.int32), [1]),
        (INDEX32, [1, 2], [1, 2]),
        (COUNT, 4, 4),
        (COUNT, np.int8(4), 4),
        (MASK, [True, False], [True, False]),
    ],
)
def test_what_is_safe_is_cast(record, came, expected):
    value = echo(record)(came)
    if isinstance(value, np.ndarray):
        assert value.dtype == record.inputs[0].dtype
        assert value.flags.c_contiguous
        assert value.flags.aligned
        assert value.tolist() == expected
    else:
        assert value == expected
        assert type(value) in (float, int)


def test_unaligned_arrays_are_copied():
    block = np.zeros(8 * 4 + 1, np.uint8)
    x = block[1:].view(np.float64)
    assert not x.flags.aligned
    assert echo(VECTOR)(x).flags.aligned


def test_fit_arrays_are_not_copied():
    x = np.ones(3)
    assert echo(VECTOR)(x) is x
    x.flags.writeable = False
    assert echo(VECTOR)(x) is x


@pytest.mark.parametrize(
    ("record", "came", "said"),
    [
        (
            VECTOR,
            np.ones(2, complex),
            r"'x': expected a float64 array of shape \(n,\), got a complex128 array of shape",
        ),
        (VECTOR, [1j], "complex"),
        (VECTOR, np.ones(2, ">f8"), "other byte order"),
        (VECTOR, np.ones(2, ">i4"), "other byte order"),
        (VECTOR, np.ones(2, np.longdouble), r"x.astype\(np.float64\)"),
        (VECTOR, np.array(["a"]), "str"),
        (VECTOR, np.array([None]), "object"),
        (VECTOR, ["a"], "str"),
        (VECTOR, "abc", "got a str"),
        (VECTOR, None, "NoneType"),
        (VECTOR, object(), "object"),
        (VECTOR, [[1], [2, 3]], "makes no array"),
        (VECTOR, np.ones((2, 1)), r"shape \(2, 1\)"),
        (VECTOR, 1.0, r"the float 1.0"),
        (VECTOR, np.ma.masked_array([1.0, 2.0], [0, 1]), "masked"),
        (VECTOR, np.array(["2020"], "M8[D]"), "datetime64"),
        (VECTOR32, np.ones(2), r"x.astype\(np.float32\)"),
        (VECTOR32, np.ones(2, np.int64), r"x.astype\(np.float32\)"),
        (VECTOR32, [1e300], "out of the range of float32"),
        (NUMBER, [1.0], "expected a number"),
        (NUMBER, "1", "the str|got a str"),
        (NUMBER, 10**400, "the int 1000"),
        (NUMBER, 1j, "complex"),
        (NUMBER, None, "NoneType"),
        (NUMBER32, 1e300, "out of the range"),
        (INDEX, [1.0], "int64 array"),
        (INDEX, np.ones(2), r"x.astype\(np.int64\)"),
        (INDEX, np.ones(2, np.uint64), r"x.astype\(np.int64\)"),
        (INDEX32, [2**40], "out of the range of int32"),
        (COUNT, 1.5, "the float 1.5"),
        (COUNT, 2**70, "got the int"),
        (MASK, [1, 0], "bool"),
        (MASK, np.ones(2, np.int8), r"x.astype\(np.bool_\)"),
    ],
)
def test_what_is_not_safe_is_refused(record, came, said):
    with pytest.raises(ArgumentError, match=said) as caught:
        echo(record)(came)
    assert "'x'" in str(caught.value)


def test_refusals_have_the_builtin_types_too():
    with pytest.raises(TypeError):
        echo(VECTOR)("abc")
    with pytest.raises(ValueError):  # noqa: PT011
        echo(VECTOR)(np.ones((2, 2)))


TWO = Entry(
    "g",
    "g",
    ("n",),
    (Input("w", "float64", (N,)), Input("lam", "float64")),
    (Output("value", "float64"), Output("grad", "float64", (N,))),
)


def two(named, sizes):
    return named["lam"] * named["w"].sum(), named["w"] * 0 + named["lam"]


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, r"g\(\) missing 2 required arguments: 'w', 'lam'"),
        (([1],), {}, r"g\(\) missing 1 required argument: 'lam'"),
        (([1], 2, 3), {}, r"g\(\) takes 2 positional arguments but 3 were given"),
        (([1],), {"w": [1], "lam": 2}, r"g\(\) got multiple values for argument 'w'"),
        (([1],), {"la": 2}, r"g\(\) got an unexpected keyword argument 'la'; its arguments are w, lam"),
    ],
)
def test_arguments_are_matched_as_python_does(args, kwargs, said):
    with pytest.raises(ArgumentTypeError, match=said):
        interpreted(TWO, two)(*args, **kwargs)


def test_results_are_nested_as_the_record_says():
    for returns, expected in ((None, (6.0, [3.0])), ((1, 0), ([3.0], 6.0)), (((0,), (1,)), ((6.0,), ([3.0],)))):
        record = Entry("g", "g", TWO.dims, TWO.inputs, TWO.outputs, returns=returns)
        got = interpreted(record, two)([2], lam=3)
        assert repr(got).replace("array(", "").replace("])", "]").replace("3.]", "3.0]") == repr(expected)


def test_the_interpreters_errors_pass_through():
    def fails(named, sizes):
        raise IndexRangeError("idx[2] is 9, not in 0..4")

    with pytest.raises(IndexRangeError, match="idx"):
        interpreted(TWO, fails)([1], 2)


def test_the_call_describes_itself():
    import inspect

    call = interpreted(TWO, two)
    assert repr(call) == "<kernel g(w, lam, *, out=None)>"
    assert str(inspect.signature(call.bind(lam=2))) == "(w, *, out=None)"
    assert call.__name__ == "g"
