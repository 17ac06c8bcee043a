"""The gallery is what the compiler writes now, and is C that strict compilers, linkers and C++ take."""

import re
import shutil
import subprocess

import numpy as np
import pytest

import gradc
from gradc.losses import CATALOGUE
from gradc.tools import gallery

STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror")
CONVERSIONS = ("-Wconversion", "-Wsign-conversion", "-Wdouble-promotion")
# C99 and nothing besides: what gcc and clang have more is not to be used, as it is not by a compiler without it.
PLAIN = {
    "gcc": {"GRADC_CC": "gcc", "GRADC_CFLAGS": "-std=c99 -pedantic-errors -DGRADC_PLAIN"},
    "clang": {"GRADC_CC": "clang", "GRADC_CFLAGS": "-std=c99 -pedantic-errors -DGRADC_PLAIN"},
    "tcc": {"GRADC_CC": "tcc"},
}
WIDEST = 118
C_COMPILERS = [name for name in ("gcc", "clang", "musl-gcc") if shutil.which(name)]
needs_c = pytest.mark.skipif(not C_COMPILERS, reason="no gcc and no clang")
# Sections of an object file whose symbols are variables: initialised, zeroed, common, small.
VARIABLES = frozenset("BbCcDdGgSs")


def compare(name, text):
    path = gallery.DIRECTORY / name
    found = path.read_text(encoding="utf-8") if path.is_file() else None
    if found != text:
        state = "is not there" if found is None else "is not what the compiler writes"
        pytest.fail(f"generated/{name} {state}; if the change is meant, run: {gallery.COMMAND}", pytrace=False)


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", CATALOGUE)
def test_files_of_a_loss_are_current(name):
    for file, text in gallery.write_loss(CATALOGUE[name]).items():
        compare(file, text)


def test_index_is_current():
    compare("README.md", gallery.write_index())


def test_gallery_holds_the_catalogue_and_nothing_else():
    files = {path.relative_to(gallery.DIRECTORY).as_posix() for path in gallery.DIRECTORY.rglob("*") if path.is_file()}
    assert files == {name for name, _ in gallery.write_gallery()}
    assert {"README.md"} | {f"{name}.{end}" for name in CATALOGUE for end in "ch"} <= files


def test_a_file_holds_its_loss_alone():
    text = (gallery.DIRECTORY / "softmax_cross_entropy.c").read_text(encoding="utf-8")
    assert '#include "support/routines/product.h"' in text
    assert "gradc_product(int64_t" not in text


@needs_c
@pytest.mark.parametrize("compiler", C_COMPILERS)
@pytest.mark.parametrize("group", dict.fromkeys(record.group for record in CATALOGUE.values()))
def test_strict_compilers_take_every_file(compiler, group, tmp_path):
    sources = [gallery.DIRECTORY / f"{name}.c" for name, record in CATALOGUE.items() if record.group == group]
    for source in sources:
        run(compiler, *STRICT, "-O1", "-c", str(source), "-o", str(tmp_path / f"{source.stem}.o"))
        run(compiler, *STRICT, "-fopenmp-simd", "-DGRADC_OPENMP_SIMD", "-fsyntax-only", str(source))


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_conversion_is_left_to_the_compiler(compiler, dtype, tmp_path):
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    for name, record in CATALOGUE.items():
        for file, text in gallery.write_loss(record, dtype).items():
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(text, encoding="utf-8")
        run(compiler, *STRICT, *CONVERSIONS, "-fsyntax-only", str(tmp_path / f"{name}.c"))


@pytest.mark.parametrize("compiler", PLAIN)
@pytest.mark.parametrize("name", ["logistic", "two_layer", "gaussian_process", "skip_gram", "negative_binomial"])
def test_plain_c99_gives_the_same_numbers(compiler, name, monkeypatch):
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    record = CATALOGUE[name]
    arguments = list(record.example(np.random.default_rng(3)).values())
    expected = gradc.compile(record.function, record.signature, wrt=record.wrt).value_and_grad(*arguments)
    for key, value in PLAIN[compiler].items():
        monkeypatch.setenv(key, value)
    plain = gradc.compile(record.function, record.signature, wrt=record.wrt, backend="c")
    for found, right in zip(flat(plain.value_and_grad(*arguments)), flat(expected), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-10, atol=1e-13)


def flat(value):
    return [part for item in value for part in flat(item)] if isinstance(value, tuple) else [value]


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_number_names_one_array_of_the_loss(name):
    """What the loss has no name for is t0, t1, …, in all functions; what derives from it is called after it."""
    head, text = (gallery.DIRECTORY / f"{name}.c").read_text(encoding="utf-8").split(" * Written by", 1)
    found = set(re.findall(r"/\* (t\d+)(?:\[.*?\])? = ", text))
    assert found <= set(re.findall(r"\b(t\d+)\b", head))


def test_no_line_is_long():
    templates = gallery.DIRECTORY.parent / "templates"
    files = [path for path in (*gallery.DIRECTORY.rglob("*.[ch]"), *templates.rglob("*.*")) if path.suffix != ".pyc"]
    assert len(files) > 100
    lines = [(path, line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert not [f"{path.name}: {line}" for path, line in lines if len(line) > WIDEST]


@needs_c
@pytest.mark.skipif(shutil.which("nm") is None, reason="no nm")
def test_no_file_has_a_variable_of_its_own(tmp_path):
    for name in CATALOGUE:
        run(C_COMPILERS[0], "-std=c99", "-O0", "-c", str(gallery.DIRECTORY / f"{name}.c"), "-o", str(tmp_path / name))
        symbols = [line.split() for line in run("nm", str(tmp_path / name)).splitlines()]
        assert not [words[-1] for words in symbols if words[-2] in VARIABLES], name


@pytest.mark.parametrize("compiler", [name for name in ("g++", "clang++") if shutil.which(name)])
def test_headers_can_be_included_together_from_cxx(compiler, tmp_path):
    includes = "".join(f'#include "{name}.h"\n' for name in CATALOGUE)
    calls = "".join(f"    (void)&{name}_value_and_grad;\n" for name in CATALOGUE)
    (tmp_path / "all.cpp").write_text(f"{includes}int main()\n{{\n{calls}    return 0;\n}}\n")
    flags = ("-std=c++11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only")
    run(compiler, *flags, f"-I{gallery.DIRECTORY}", str(tmp_path / "all.cpp"))
