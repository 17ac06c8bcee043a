"""Names and strings that try to reach C, a shell or `eval`: they work as names, or are refused by name."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradc
from compiled import compile_programs
from gradc import pipeline
from gradc.frontends.formula import parse_formula
from gradc.frontends.signature import parse_signature

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
    program = pipeline.canonical(parse_formula(formula, parse_signature(signature)))
    return {mode: pipeline.derive(program, mode, names[:2]) for mode in ("value", "value_and_grad", "vjp", "jvp")}


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


def test_identifiers_in_c_are_plain() -> None:
    for names in NAMES:
        for mode, program in programs_of(names).items():
            unit = pipeline.emit(program, mode, names[0], "float64")
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
