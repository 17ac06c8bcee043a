"""A kernel made from a Python function is compared with that function before it is trusted."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import numpy as np
import pytest

import gradc
from functions import SAMPLES
from gradc import programs
from gradc.calculus.semantics import SEMANTICS
from gradc.errors import TraceMismatchError
from gradc.frontends import traced, tracing
from gradc.frontends.comparison import compare
from gradc.losses import CATALOGUE
from gradc.origin import Origin
from gradc.sampling import samples

OUTSIDE = SimpleNamespace(factor=1.0)


def scaled(x):
    return np.sum(x) * OUTSIDE.factor


@pytest.fixture
def stale():
    """A kernel whose function has become another one since it was traced."""
    OUTSIDE.factor = 1.0
    k = gradc.compile(scaled, "x[n]")
    OUTSIDE.factor = 3.0
    yield k
    OUTSIDE.factor = 1.0


X = np.arange(1.0, 4.0)
FIRST_CALLS = {
    "value": lambda k: k(X),
    "by name": lambda k: k(x=X),
    "value_and_grad": lambda k: k.value_and_grad(X),
    "forward": lambda k: k.forward(X),
    "vjp": lambda k: k.vjp((X,), 1.0),
    "jvp": lambda k: k.jvp((X,), X),
    "hvp": lambda k: k.hvp((X,), X),
    "hessian": lambda k: k.hessian(X),
    "bound": lambda k: k.bind()(X),
    "bound argument": lambda k: k.bind(x=X)(),
    "bound hessian": lambda k: k.bind("hessian")(X),
    "map": lambda k: k.map(np.stack([X, X])),
    "specialised": lambda k: k.specialize(n=3)(X),
    "check_grad": lambda k: gradc.check_grad(k, X),
}


@pytest.mark.parametrize("call", FIRST_CALLS.values(), ids=FIRST_CALLS)
def test_the_first_call_of_any_kind_compares(stale, call):
    with pytest.raises(gradc.TraceMismatchError, match=r"scaled gives 18\.0, and its trace 6\.0"):
        call(stale)


@pytest.mark.parametrize("call", FIRST_CALLS.values(), ids=FIRST_CALLS)
def test_a_kernel_that_was_compared_is_called_directly(call):
    k = gradc.compile(scaled, "x[n]", backend="interpret")
    call(k)
    assert k._made_of.compared


def test_once_is_enough():
    seen = []

    def loss(x):
        seen.append(x)
        return np.sum(x**2)

    k = gradc.compile(loss, "x[n]", backend="interpret")
    bound = k.bind()
    for _ in range(3):
        assert k(X) == 14.0
        assert bound(X)[0] == 14.0
    assert len(seen) == 2  # once to trace it, once to compare


def test_it_can_be_left_out(stale):
    OUTSIDE.factor = 1.0
    k = gradc.compile(scaled, "x[n]", check=False)
    OUTSIDE.factor = 3.0
    assert k(X) == 6.0
    with pytest.raises(gradc.TraceMismatchError):
        gradc.check_grad(k, X)  # which always compares


def test_nothing_is_built_that_disagrees(stale, tmp_path):
    from gradc.artefacts import write_artefact

    with pytest.raises(gradc.TraceMismatchError):
        write_artefact(stale, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_pickled_kernel_knows_no_function(stale):
    assert pickle.loads(pickle.dumps(stale))(X) == 6.0


def test_another_process_does_not_compare_again(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path))

    def loss(x):
        return np.sum(np.exp(x))

    k = gradc.compile(loss, "x[n]", backend="c")
    k(X)
    again = gradc.compile(loss, "x[n]", backend="c")
    assert again._origin is None
    assert again._made_of.compared


FACTORS = [1.0]  # of a kind that the cache's keys hold


def weighted(x):
    return np.sum(x) * FACTORS[0]


@pytest.mark.parametrize("check", [True, False])
def test_a_kernel_out_of_the_cache_is_compared_as_it_was_traced(check, monkeypatch, tmp_path):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(f"{__name__}.FACTORS", [1.0])
    for _ in range(2):  # of the second, the cache knows all but whether it was compared
        FACTORS[0] = 1.0
        k = gradc.compile(weighted, "x[n]", check=check)
        FACTORS[0] = 3.0
        with pytest.raises(TraceMismatchError):
            gradc.check_grad(k, X)
        if check:
            with pytest.raises(TraceMismatchError):
                k(X)
        else:
            assert k(X) == 6.0


def test_large_arguments_are_compared_by_small_ones():
    shapes = []

    def loss(x):
        shapes.append(x.shape)
        return np.sum(np.exp(-((x[:, None] - x) ** 2)))

    k = gradc.compile(loss, "x[n]", backend="interpret")
    k._origin.compare([np.zeros(10**6)], "float64", 0.0)
    assert shapes[0] != (10**6,)
    assert max(int(np.prod(shape)) for shape in shapes[1:]) < 100


# --- what tracing may get wrong: each of these is right today, and is spoiled to see that it would be caught ---------


def low_bits(x, k):
    low = k & 1
    return np.sum(x * low)


def through_a_view(x):
    z = x * 1.0
    v = z[1:]
    v *= 2
    return np.sum(z)


def by_type(x):
    if type(x) is np.ndarray:  # noqa: SIM108 - two lines, so that the ways part at one
        power = 3
    else:
        power = 2
    return np.sum(x**power)


def by_chance(x):
    noise = np.random.default_rng().normal()
    return np.sum(x * noise)


def without(*modules):
    kept = {name: functions for name, functions in tracing.stand_ins().items() if name not in modules}
    return lambda: kept


SPOILED = {
    "bits": (
        lambda patch: patch.setattr(tracing.Tracer, "__and__", traced._method("logical_and")),
        (low_bits, "x[n], k[n]:int64", (X, np.array([2, 3, 4]))),
        ("low = k & 1", "low is"),
    ),
    "writes": (
        lambda patch: patch.setattr(tracing.Tracer, "store", lambda self, new, **_: None),
        (through_a_view, "x[n]", (X,)),
        ("v *= 2", "in the trace"),
    ),
    "types": (
        lambda patch: patch.setattr(tracing, "stand_ins", without("builtins")),
        (by_type, "x[n]", (X,)),
        ("if type(x) is np.ndarray:", "NumPy goes on at line"),
    ),
    "chance": (
        lambda patch: patch.setattr(tracing, "stand_ins", without("numpy.random")),
        (by_chance, "x[n]", (X,)),
        ("noise = np.random.default_rng().normal()", "another result each time"),
    ),
}


@pytest.mark.parametrize(("spoil", "program", "said"), SPOILED.values(), ids=SPOILED)
def test_tracing_that_is_spoiled_is_caught(monkeypatch, spoil, program, said):
    spoil(monkeypatch)
    function, signature, arguments = program
    k = gradc.compile(function, signature, backend="interpret")
    with pytest.raises(gradc.TraceMismatchError) as caught:
        k(*arguments)
    for text in said:
        assert text in str(caught.value)


def test_the_line_of_a_function_that_raises():
    OUTSIDE.factor = 2

    def picky(x):
        total = np.sum(x)
        if OUTSIDE.factor == 5:
            raise ValueError("not five")
        return total

    k = gradc.compile(picky, "x[n]", backend="interpret")
    OUTSIDE.factor = 5
    with pytest.raises(gradc.TraceMismatchError, match="picky raises ValueError: not five") as caught:
        k(X)
    OUTSIDE.factor = 1.0
    assert isinstance(caught.value.__cause__, ValueError)


# --- what is no fault ---------------------------------------------------------------------------------------------


def test_rounding_is_no_difference():
    def cancels(x):
        return np.sum((x + 1e15) - 1e15) + (x @ x - np.sum(x**2)) * 1e6

    k = gradc.compile(cancels, "x[n]", backend="interpret")
    k(np.linspace(0.1, 1.7, 1000))
    assert k._made_of.compared


def test_a_step_at_the_edge_is_no_difference():
    def steps(x):
        return np.sum(np.floor(np.sum(x) * 10))

    k = gradc.compile(steps, "x[n]", backend="interpret")
    k(np.full(30, 0.1))
    assert k._made_of.compared


def test_overflow_in_numpy_is_compared_with_the_trace_as_it_is():
    def naive(x):
        return np.sum(np.log(1 + np.exp(x)))

    k = gradc.compile(naive, "x[n]", backend="interpret")
    assert k(np.array([800.0])) == 800.0  # NumPy's is infinite, and so is the trace's


def test_wrong_arguments_are_the_kernels_to_refuse():
    k = gradc.compile(scaled, "x[n]", backend="interpret")
    with pytest.raises(gradc.ArgumentError, match=r"scaled\(\): argument 'x'"):
        k(np.ones((2, 2)))
    assert k._origin is not None


def test_samples_mean_their_functions():
    traced = [sample for sample in SAMPLES if sample.function is not None]
    assert len(traced) > 40
    for sample in traced:
        k = gradc.compile(sample.function, sample.signature, wrt=sample.wrt, backend="interpret")
        k._origin.compare(sample.arguments(), "float64", np.inf)
        assert k._made_of.compared, sample.name


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue_means_its_functions(name):
    loss = CATALOGUE[name]
    program = programs.read(loss.function, loss.signature)
    for sample in samples(program, "float64"):
        if Origin(loss.function, lambda: program)._attempt(sample.arguments, "float64", drawn=True):
            return
    pytest.fail("no arguments were found at which it can be compared")


def test_compare_gives_what_the_trace_gives():
    program = programs.read(scaled, "x[n]")
    (value,) = compare(scaled, program, [X], {}, SEMANTICS)
    assert value == 6.0
