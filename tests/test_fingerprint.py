"""What tells one source from another, and kernels that a new process finds without reading their source."""

from __future__ import annotations

import functools
import json
import math
import os
import pathlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import scipy.special

import gradc
from gradc import making
from gradc.runtime import cache as caches
from gradc.runtime.fingerprint import fingerprint, of_package
from gradc.runtime.texts import home

SCALE = 2.0


def make(text, **names):
    space = {"np": np, "scipy": scipy, "math": math, "functools": functools, "gradc": gradc, **names}
    exec(textwrap.dedent(text), space)
    return space["f"]


SOURCE = "def f(x):\n    return np.sum(x * {}) + {}"


def of(text, **names):
    return fingerprint(make(text, **names))


def helper(body):
    return make(f"def f(x):\n    return {body}")


BASE = "def f(x):\n    return np.sum(g(x) * a) + 1.0"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"text": SOURCE.format(2.0, 1)}, {"text": SOURCE.format(3.0, 1)}),
        ({"text": SOURCE.format(2.0, 1)}, {"text": SOURCE.format(2.0, 1.0)}),
        ({"text": SOURCE.format(0.0, 1)}, {"text": SOURCE.format(-0.0, 1)}),
        ({"text": "def f(x, a=1.0): return x * a"}, {"text": "def f(x, a=2.0): return x * a"}),
        ({"text": "def f(x, *, a=1.0): return x * a"}, {"text": "def f(x, *, a=2.0): return x * a"}),
        ({"text": "def f(x): return np.exp(x)"}, {"text": "def f(x): return np.sin(x)"}),
        ({"text": "def f(x):\n    y = x\n    return y"}, {"text": "def f(x):\n    z = x\n    return z"}),
        ({"text": BASE, "g": helper("x"), "a": 1.0}, {"text": BASE, "g": helper("x"), "a": 2.0}),
        ({"text": BASE, "g": helper("x"), "a": 1.0}, {"text": BASE, "g": helper("x + 1"), "a": 1.0}),
        ({"text": BASE, "g": np.exp, "a": 1.0}, {"text": BASE, "g": np.sin, "a": 1.0}),
        ({"text": BASE, "g": np.exp, "a": np.ones(3)}, {"text": BASE, "g": np.exp, "a": np.zeros(3)}),
        ({"text": BASE, "g": np.exp, "a": np.ones(2)}, {"text": BASE, "g": np.exp, "a": np.ones(2, np.float32)}),
        ({"text": BASE, "g": np.exp, "a": np.float64(1)}, {"text": BASE, "g": np.exp, "a": np.float32(1)}),
        (
            {"text": BASE, "g": functools.partial(np.power, 2), "a": 1},
            {"text": BASE, "g": functools.partial(np.power, 3), "a": 1},
        ),
        (
            {"text": "def f(x):\n    return (lambda y: y * 2)(x)"},
            {"text": "def f(x):\n    return (lambda y: y * 3)(x)"},
        ),
    ],
)
def test_what_differs_is_told_apart(one, other):
    assert of(**one) == of(**one) is not None
    assert of(**other) is not None
    assert of(**one) != of(**other)


def test_closures_are_followed():
    def outer(a, inner):
        def f(x):
            return inner(x) * a

        return f

    assert fingerprint(outer(1, np.exp)) == fingerprint(outer(1, np.exp))
    texts = [fingerprint(outer(a, g)) for a in (1, 2) for g in (np.exp, np.sin, lambda x: x, lambda x: -x)]
    assert all(texts)
    assert len({json.dumps(text) for text in texts}) == len(texts)


def test_recursion_ends():
    f = make("def f(x, n=3):\n    return x if n == 0 else f(x * x, n - 1)")
    assert fingerprint(f) is not None


class Config:
    alpha = 2.0


@pytest.mark.parametrize(
    "text",
    [
        "def f(x): return x * a.alpha",
        "def f(x): return x * np.random.rand()",
        "def f(x): return x * rand()",
        "def f(x): return x * np.load('a.npy')",
        "def f(x): return x * getattr(a, 'alpha')",
        "def f(x): return x * eval('2')",
        "def f(x): return x * len(open('a').read())",
        "def f(x):\n    import time\n    return x * time.time()",
        "def f(x):\n    import os.path as p\n    return x * len(p.sep)",
        "def f(x):\n    global a\n    a = 3\n    return x * a",
        "def f(x): return module.g(x)",
        "def f(x): return x * clock()",
        "def f(x): return g(x)",
        "def f(x): return sum(x * k for k in chosen)",
    ],
)
def test_what_cannot_be_seen_through_is_traced_every_time(text):
    import time

    module = type(sys)("module")
    module.g = lambda x: x
    cached = functools.lru_cache(lambda x: x)
    names = {"a": Config(), "module": module, "rand": np.random.rand, "clock": time.time, "g": cached, "chosen": {1, 2}}
    assert of(text, **names) is None


def test_a_function_put_into_numpy_is_the_users(monkeypatch):
    text = "def f(x): return np.softplus(x)"
    monkeypatch.setattr(np, "softplus", lambda x: x, raising=False)
    assert of(text) is None


def test_expressions_of_sympy():
    sympy = pytest.importorskip("sympy")
    x, y = sympy.symbols("x y")
    positive = sympy.Symbol("x", positive=True)
    given = (sympy.exp(x), sympy.exp(y), sympy.exp(positive), [sympy.exp(x)], sympy.Float(1) * x)
    texts = [fingerprint(expression) for expression in given]
    assert all(texts)
    assert len({json.dumps(text) for text in texts}) == len(texts)

    class exp(sympy.Function):  # noqa: N801
        """The user's own, whose derivative may change."""

    assert fingerprint(exp(x)) is None
    assert fingerprint(sympy.Function("g")(x)) is None


# --- and the kernels ------------------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("GRADC_DEBUG", raising=False)
    return tmp_path


def loss(w, X):
    z = X @ w
    return SCALE * np.mean(z**2)


SIGNATURE = "w[d], X[n,d]"
W, X = np.arange(3.0), np.arange(12.0).reshape(4, 3)


def is_recalled(k):
    return "program" not in vars(k)


def test_the_second_time_nothing_is_traced(place):
    first = gradc.compile(loss, SIGNATURE)
    assert not is_recalled(first)
    expected = first.value_and_grad(W, X)
    k = gradc.compile(loss, SIGNATURE)
    assert is_recalled(k)
    value, gradient = k.value_and_grad(W, X)
    assert is_recalled(k)
    assert value == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])
    assert repr(k) == repr(first)
    assert k.program == first.program
    assert (k.program.hints, k.program.output_names) == (first.program.hints, first.program.output_names)
    assert (k.c_source, k.header) == (first.c_source, first.header)
    assert k(W, X) == first(W, X)  # a mode that was not there
    with pytest.raises(gradc.ArgumentError, match="argument 'X'"):
        k.value_and_grad(W, X[:, :2])


def test_a_changed_global_is_seen(place, monkeypatch):
    assert gradc.compile(loss, SIGNATURE)(W, X) == 2 * np.mean((X @ W) ** 2)
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    assert gradc.compile(loss, SIGNATURE)(W, X) == 3 * np.mean((X @ W) ** 2)


def test_options_are_part_of_it(place):
    gradc.compile(loss, SIGNATURE)(W, X)
    for options in ({"wrt": "X"}, {"wrt": ("w",)}, {"name": "other"}, {"dtype": "float32"}):
        assert not is_recalled(gradc.compile(loss, SIGNATURE, **options))
    assert not is_recalled(gradc.compile(loss, "w[3], X[n,3]"))
    assert is_recalled(gradc.compile(loss, SIGNATURE, threads=1))


def test_another_gradc_is_another_source(place, monkeypatch):
    gradc.compile(loss, SIGNATURE)(W, X)
    monkeypatch.setattr(making, "of_package", lambda: "another")
    assert not is_recalled(gradc.compile(loss, SIGNATURE))


def test_every_file_of_gradc_tells_one_gradc_from_another():
    package = pathlib.Path(gradc.__file__).parent
    told = {line.rsplit(":", 2)[0] for line in of_package().split("\n")}
    assert {str(path) for path in package.rglob("*.py")} <= told
    assert {path.name for path in home().rglob("*.j2")} <= {pathlib.Path(path).name for path in told}


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_record_is_not_believed(place, damage):
    gradc.compile(loss, SIGNATURE)(W, X)
    for path in [*place.rglob("source-*.json"), *place.rglob("kernel-*.json")]:
        content = path.read_bytes()
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"cut": content[:-9], "flip": flipped, "empty": b""}[damage])
    k = gradc.compile(loss, SIGNATURE)
    assert not is_recalled(k)
    assert k(W, X) == 2 * np.mean((X @ W) ** 2)


def test_an_object_that_is_gone_is_made_again(place):
    gradc.compile(loss, SIGNATURE)(W, X)
    for path in place.rglob("*.so"):
        path.unlink()
    k = gradc.compile(loss, SIGNATURE)
    assert is_recalled(k)
    assert k(W, X) == 2 * np.mean((X @ W) ** 2)


def test_records_survive_the_way_through_plain_data():
    from gradc.runtime.recall import from_plain, to_plain

    k = gradc.compile("sum(X[idx] @ w)", "w[d], X[n,d], idx[m]:int64", wrt=("w", "X"))
    for mode in ("value_and_grad", "forward", "backward"):
        entry = k.unit(mode).entry
        again = from_plain(json.loads(json.dumps(to_plain(entry))))
        assert again == entry
        assert repr(again) == repr(entry)


def test_a_new_process_needs_neither_sympy_nor_jinja(place):
    program = """
    import sys, gradc, numpy as np
    k = gradc.compile("sum((X @ w)**2)", "w[d], X[n,d]")
    print(k.value_and_grad(np.ones(2), np.ones((3, 2)))[0])
    print(sorted({"jinja2", "sympy", "gradc.pipeline", "gradc.ir.program", "subprocess"} & set(sys.modules)))
    """
    words = [sys.executable, "-c", textwrap.dedent(program)]
    environment = {**os.environ, "PYTHONHASHSEED": "random"}
    first, second = (
        subprocess.run(words, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()
        for _ in range(2)
    )
    assert first[0] == second[0] == "12.0"
    assert second[1] == "[]"


def test_the_hash_is_sha256():
    import hashlib

    assert caches.sha256(b"gradc").hexdigest() == hashlib.sha256(b"gradc").hexdigest()
