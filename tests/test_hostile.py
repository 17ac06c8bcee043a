"""Names and strings that try to reach C, a shell or `eval`: they work as names, or are refused by name."""

from __future__ import annotations

import json
import keyword
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradc
from compiled import c_text, compile_programs
from gradc import programs
from gradc.calculus.semantics import SEMANTICS
from gradc.emit.names import c_identifier
from gradc.emit.printer import Function
from gradc.frontends.formula import parse_formula, parse_program
from gradc.frontends.signature import parse_signature
from gradc.frontends.tracing import trace
from gradc.ir.definitions import Scan
from gradc.ir.interpret import interpret
from gradc.ir.size import symbol
from gradc.passes.specialise import specialise
from gradc.units import emit
from hardship import few_or_many, say

# Pairs of arguments' names, and a dimension's.
NAMES = [
    ("double", "int", "restrict"),
    ("exp", "log1p", "sin"),
    ("j0", "y0", "gamma"),
    ("work", "value", "tile_begin"),
    ("v0", "t0", "i"),
    ("n", "d", "j"),
    ("tile_end", "status", "scratch"),
    ("grad_x", "value_", "at"),
    ("size_t", "int64_t", "int32_t"),
    ("NAN", "INFINITY", "NULL"),
    ("main", "errno", "assert_"),
    ("uint8_t", "gradc_bytes", "GRADC_SIMD"),
    ("_Bool", "__asm__", "_x"),
    ("inline", "static", "volatile"),
    ("class_", "template", "namespace"),
    ("λ", "β", "ñ"),
    ("x", "x_", "x__"),
    ("u03bb", "λ", "nλ"),
    ("out0", "cotangent", "tangent"),
    ("restrict_", "restrict", "restrict__"),
    ("a" * 200, "a" * 201, "b" * 200),
    ("linux", "unix", "printf"),
    ("memcpy", "malloc", "abort"),
    ("sum", "max", "where"),
    ("work_", "work", "loss_value_work"),
    ("INT64_MAX", "SIZE_MAX", "M_PI"),
    ("I", "complex", "EOF"),
    ("__LINE__", "__func__", "__FILE__"),
    ("int64", "float64", "real"),
]


def programs_of(names: tuple[str, str, str]) -> dict[str, Any]:
    first, second, dim = names
    signature = f"{first}[{dim}], {second}[{dim}]"
    formula = f"np.sum(np.exp({first} * {second}) * {first}) / {dim}"
    program = programs.canonical(parse_formula(formula, parse_signature(signature)))
    return {mode: programs.derive(program, mode, names[:2]) for mode in ("value", "value_and_grad", "vjp", "jvp")}


def expected(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    e = np.exp(x * y)
    return np.sum(e * x) / 4, (e + e * x * y) / 4, e * x * x / 4


def test_names_that_clash_with_c_work() -> None:
    programs = {}
    for number, names in enumerate(NAMES):
        for mode, program in programs_of(names).items():
            programs[f"case{number}_{mode}"] = program
    kernels = compile_programs(programs, "float64")  # all in one file
    x, y = np.array([0.1, -0.2, 0.3, 0.5]), np.array([1.0, 2.0, -1.0, 0.5])
    value, by_x, by_y = expected(x, y)
    for number, names in enumerate(NAMES):
        np.testing.assert_allclose(kernels[f"case{number}_value"](x, y)[0], value, err_msg=str(names))
        for found, right in zip(kernels[f"case{number}_value_and_grad"](x, y), (value, by_x, by_y), strict=True):
            np.testing.assert_allclose(found, right, err_msg=str(names))
        _, tangent = kernels[f"case{number}_jvp"](x, y, np.ones(4), np.zeros(4))
        np.testing.assert_allclose(tangent, np.sum(by_x), err_msg=str(names))


def _many_loops(*args: Any) -> Any:
    """Tiles, strips, parts, several rows at a time, a scan, a choice and indices from data: most of what C can hold."""
    X, b, rows = args
    shifted = np.exp(X @ b - np.max(X, axis=1, keepdims=True))
    outer = np.tensordot(np.cos(X), np.exp(X), axes=([0], [0]))
    total = np.sum(shifted) + np.sum(outer) + np.sum(np.cos(np.sum(X, axis=0))) + np.sum(X[rows] ** 3)
    return total + np.sum(np.prod(b, axis=0) ** 2)


def _words_of_c(text: str, function: Function) -> list[str]:
    """What the C of a function says, and what the macros of its file stand for, but for Python's own words."""
    lines = [*function.lines, *(line for piece in function.pieces for line in piece.lines)]
    lines += re.findall(r"#define (.*(?:\\\n.*)*)", text)
    words = re.findall(r"[A-Za-z_]\w*", re.sub(r"/\*.*?\*/", "", "\n".join(lines), flags=re.DOTALL))
    return sorted({word for word in words if not keyword.iskeyword(word)})


def test_no_name_meets_those_of_the_emitted_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each word of a kernel's C as an argument, and as a dimension, of that kernel."""
    monkeypatch.setenv("GRADC_CFLAGS", "-O0")
    names, dims = ["X", "b", "rows"], ["n", "d", "p", "r"]
    parameters = parse_signature("X[n,d], b[d,p], rows[r]:int64")
    plain = programs.derive(programs.canonical(trace(_many_loops, parameters)), "value_and_grad", ("X", "b"))
    text, (unit,) = c_text({"plain": plain}, "float64")
    words = [word for word in _words_of_c(text, unit.function) if word not in ("X", "b", "rows", "n", "d", "p", "r")]
    assert {"tile_begin", "strip_begin", "part", "gradc_run", "plain_value_rows0"} <= set(words)
    steps = {definition.step for definition in plain.definitions if isinstance(definition, Scan)}
    assert steps  # these a dimension meets before there is C: the next test
    words = [word for word in words if word not in steps]
    renamings = {"plain": plain}
    for first in range(0, len(words), len(dims)):
        chosen = dict(zip(dims, words[first : first + len(dims)], strict=False))
        renamed = specialise(plain, {dim: symbol(word) for dim, word in chosen.items()})
        renamings[f"dims{first}"] = renamed
    for first in range(0, len(words), len(names)):
        key = f"arguments{first}"
        chosen = [word.replace("plain_value", f"{key}_value") for word in words[first : first + len(names)]]
        renames = zip(plain.parameters, chosen, strict=False)
        rest = plain.parameters[len(chosen) :]
        renamings[key] = replace(plain, parameters=(*(p._replace(name=word) for p, word in renames), *rest))
    kernels = compile_programs(renamings, "float64")
    rng = np.random.default_rng(0)
    arguments = rng.normal(size=(9, 4)), rng.normal(size=(4, 3)), rng.integers(0, 9, size=5)
    expected = interpret(plain, arguments, SEMANTICS)
    for key, kernel in kernels.items():
        for found, right in zip(kernel(*arguments), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12, err_msg=f"{key}: {renamings[key]}")


@pytest.mark.parametrize("signature", ["X[t,t1]", "X[n,t]", "X[cotangent,points]"])
def test_no_dimension_meets_a_name_of_the_derivatives(signature: str) -> None:
    def loss(X: Any) -> Any:
        return np.sum(np.prod(X, axis=0) ** 2) + np.sum(X[1:] * X[:-1])

    X = np.random.default_rng(0).normal(size=(5, 3))
    plain = gradc.compile(loss, "X[n,m]", backend="interpret")
    for backend in ("interpret", "c"):
        k = gradc.compile(loss, signature, backend=backend)
        np.testing.assert_allclose(k.grad(X), plain.grad(X), rtol=1e-12)
        np.testing.assert_allclose(k.vjp((X,), 2.0)[1], 2 * plain.grad(X), rtol=1e-12)
        np.testing.assert_allclose(k.map(np.stack([X, X])), [plain(X)] * 2, rtol=1e-12)
    k = gradc.compile(loss, signature, backend="interpret")
    np.testing.assert_allclose(k.hessian(X, dense=True), plain.hessian(X, dense=True), rtol=1e-12)


@pytest.mark.parametrize("names", ["x[blocks_x_x]", "x[columns_x_x]", "x[slots0_x_x]", "x[none]", "x[n], blocks_x_x"])
def test_no_name_meets_those_of_sparse_hessians(names: str) -> None:
    x = np.arange(1.0, 9.0)
    expected = np.diag(np.where(np.arange(8) % 2 == 0, 6 * x, 0.0)) + np.eye(8, k=1) + np.eye(8, k=-1)
    k = gradc.compile("sum(x[::2]**3) + sum(x[1:] * x[:-1])", names, backend="interpret")
    arguments = (x, 1.0) if "," in names else (x,)
    np.testing.assert_allclose(k.hessian(*arguments).toarray(), expected)
    np.testing.assert_allclose(k.hessian(*arguments, dense=True), expected)


def test_a_product_in_a_scan_keeps_the_steps_apart() -> None:
    """The step of the product's own scans is not that of the scan around it, also when it is derived twice."""

    def loss(h: Any, x: Any) -> Any:
        def step(carry: Any, row: Any) -> Any:
            return carry * np.tanh(np.prod(carry) + row), None

        return np.sum(gradc.scan(step, h, x)[0])

    h, x, step = np.array([0.7, 1.1, 0.9]), np.array([0.3, -0.4, 0.8, 0.5]), 1e-5
    k = gradc.compile(loss, "h[t1], x[t]", backend="interpret")
    by_hand = [(k.grad(h + step * e, x) - k.grad(h - step * e, x)) / (2 * step) for e in np.eye(3)]
    np.testing.assert_allclose(k.hvp((h, x), np.ones(3)), np.sum(by_hand, axis=0), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(gradc.compile(loss, "h[t1], x[t]", backend="c").grad(h, x), k.grad(h, x))


@pytest.mark.parametrize("name", ["double", "exp", "main", "j0", "work", "value", "size_t", "λ", "_x", "x" * 300])
def test_kernels_may_be_called_anything(name: str) -> None:
    k = gradc.compile("sum(x**2)", "x[n]", name=name, backend="c")
    value, gradient = k.value_and_grad(np.array([1.0, 2.0]))
    assert value == 5.0
    np.testing.assert_array_equal(gradient, [2.0, 4.0])


def test_results_may_be_called_anything() -> None:
    for name in ("double", "work", "x_", "tile_begin", "v0", "exp", "λ", "n_"):
        k = gradc.compile(f"{name}[i:n] = x[i] * 2\nsum[i:n]({name}[i]**2 + {name}[i])", "x[n]", backend="c")
        np.testing.assert_allclose(k.grad(np.array([1.0, 2.0])), [10.0, 18.0])


@pytest.mark.parametrize("name", ["self", "args", "kwargs", "what", "dims", "sizes", "fixed", "cotangent", "method"])
def test_arguments_and_dimensions_may_have_names_of_methods(name: str) -> None:
    one, two = np.ones(3), 2 * np.ones(3)
    k = gradc.compile(f"sum(x**2) * {name}", f"x[n], {name}", wrt="x", backend="interpret")
    given = {"x": one, name: 1.0}
    assert k(**given) == 3.0
    for found in (k.grad(**given), k.value_and_grad(**given)[1], k.bind(**{name: 1.0})(one)[1], k.bind(x=one)(1.0)[1]):
        np.testing.assert_array_equal(found, two)
    for found in (k.hessian(**given, dense=True), k.value_grad_hessian(**given, dense=True)[2]):
        np.testing.assert_array_equal(found, 2 * np.eye(3))
    np.testing.assert_array_equal(k.hessian_diagonal(**given), two)
    np.testing.assert_array_equal(k.bind("hessian", dense=True, **{name: 1.0})(one), 2 * np.eye(3))
    assert k.sparsity("hessian", **given).nnz == 3
    assert k.map(**{**given, "x": np.ones((2, 3))}).tolist() == [3.0, 3.0]
    assert k.backward(k.forward(**given)[1]).tolist() == [2.0, 2.0, 2.0]
    k = gradc.compile("sum(x**2)", f"x[{name}]", backend="c")
    assert k.specialize(**{name: 3})(one) == 3.0
    assert k.workspace_bytes(**{name: 3}) >= 0


@pytest.mark.parametrize("name", ["dense", "mode"])
def test_an_argument_named_as_an_option_is_never_taken_for_it(name: str) -> None:
    k = gradc.compile(f"x**2 * {name}", f"x[n], {name}", wrt="x", backend="interpret")
    one = np.ones(3)
    for came in (1.0, True, one):
        with pytest.raises(gradc.ArgumentError, match=f"{name} is an option of jacobian"):
            k.jacobian(one, **{name: came})
    np.testing.assert_array_equal(k.jacobian(one, 1.0).toarray(), 2 * np.eye(3))
    with pytest.raises(gradc.SignatureError, match="'out'"):
        gradc.compile(parse_program("def program(out: real[n]):\n    s = sum[i:n](out[i])\n    return s\n"))
    k = gradc.compile("sum(x**2) * dense", "x[n], dense", wrt="x", backend="interpret")
    calls = (k.bind, lambda dense: k.hessian(one, dense=dense), lambda dense: k.gauss_newton(one, dense=dense))
    for call in calls:
        with pytest.raises(gradc.ArgumentError, match="dense is an option"):
            call(dense=1.0)


@pytest.mark.parametrize("name", ["True", "None", "lambda", "a-b", "", 3])
def test_no_kernel_is_called_what_is_no_name(name: Any) -> None:
    with pytest.raises(gradc.ArgumentError, match="name must be"):
        gradc.compile("sum(x)", "x[n]", name=name)


ATTACKS = [
    '"; system("touch {path}"); //',
    "*/ int system(const char *); /*",
    "x */ #include </etc/passwd> /*",
    "__import__('os').system('touch {path}')",
    "().__class__.__bases__[0].__subclasses__()",
    "$(touch {path})",
    "`touch {path}`",
    "x; touch {path}",
    "x\x00y",
    "%s%n{{0}}",
    "{{{{ 7*7 }}}}",
    "{{% include '/etc/passwd' %}}",
    "-o{path}",
    "../../{path}",
    "open('{path}', 'w')",
    "eval('1')",
    "exec('import os')",
    "lambda: 0",
    "[k for k in (1,)]",
    "f'{{x}}'",
    "x.__globals__",
    "np.fromfile('{path}')",
    "np.save('{path}', x)",
    "np.core.os.system('true')",
    "??/",
    "x = x if open('{path}', 'w') else x",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_reaches_nothing(attack: str, tmp_path: Path) -> None:
    path = tmp_path / "touched"
    text = attack.format(path=path)
    for source, signature in [(text, "x[n]"), (f"sum(x) + ({text})", "x[n]"), ("sum(x)", f"x[{text}]"), ("1", text)]:
        with pytest.raises(gradc.GradcError):
            gradc.compile(source, signature)
    for options in ({"name": text}, {"wrt": text}, {"dtype": text}, {"backend": text}):
        with pytest.raises(gradc.GradcError):
            gradc.compile("sum(x)", "x[n]", **options)  # type: ignore[arg-type]
    assert not path.exists()
    assert os.listdir(tmp_path) == []


@pytest.mark.soak
def test_no_text_reaches_python_the_system_or_c() -> None:
    """`reading.py`: texts in every place that takes one, under an audit hook."""
    words = [sys.executable, str(Path(__file__).with_name("reading.py")), *few_or_many(("6", "4"), ("1", "1000"))]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found.pop("wrong") == []
    assert found["accepted"] + found["refused"] >= 500
    assert min(found.values()) > 3
    say(f"hostile texts: {found}; nothing was run, imported, opened or started, and nothing reached C")


def test_identifiers_in_c_are_plain() -> None:
    for names in NAMES:
        for mode, program in programs_of(names).items():
            unit = emit(program, mode, names[0], "float64")
            for declaration, name in (*unit.function.inputs, *unit.function.outputs):
                assert re.fullmatch(r"[A-Za-z][A-Za-z_0-9]*", name), declaration
            declared = [name for _, name in (*unit.function.inputs, *unit.function.outputs)] + list(unit.function.dims)
            assert len(set(declared)) == len(declared)


def test_comments_cannot_be_closed() -> None:
    k = gradc.compile("sum(x) * 2", "x[n]")
    body = k.c_source
    assert body.count("/*") == body.count("*/")


def test_comments_and_continued_lines_do_not_reach_c() -> None:
    for text in ("sum(x) # */ #define x y", "sum(\\\nx)", "sum(x)\n#define sum y"):
        assert "#define x" not in gradc.compile(text, "x[n]").c_source
        assert "#define sum" not in gradc.compile(text, "x[n]").c_source


def test_an_argument_and_a_dimension_of_one_name_are_refused() -> None:
    with pytest.raises(gradc.SignatureError, match="n is both"):
        gradc.compile("sum(x)", "x[n], n[3]")


def test_what_begins_with_a_digit_is_an_identifier() -> None:
    for name, word in (("2x", "n2x"), ("2", "n2"), ("x2", "x2"), ("_2", "_2"), ("µ", "u00b5"), ("a.b", "au002eb")):
        assert c_identifier(name) == word
