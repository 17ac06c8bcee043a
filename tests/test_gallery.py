"""The gallery is what the compiler writes now, and is C that strict compilers, linkers and C++ take."""

import shutil
import subprocess

import pytest

from gradc.losses import CATALOGUE
from gradc.tools import gallery

STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror")
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
    files = {path.name for path in gallery.DIRECTORY.iterdir()}
    assert files == {"README.md"} | {f"{name}.{end}" for name in CATALOGUE for end in "ch"}


@needs_c
@pytest.mark.parametrize("compiler", C_COMPILERS)
@pytest.mark.parametrize("group", dict.fromkeys(record.group for record in CATALOGUE.values()))
def test_strict_compilers_take_every_file(compiler, group, tmp_path):
    sources = [gallery.DIRECTORY / f"{name}.c" for name, record in CATALOGUE.items() if record.group == group]
    for source in sources:
        run(compiler, *STRICT, "-O1", "-c", str(source), "-o", str(tmp_path / f"{source.stem}.o"))
        run(compiler, *STRICT, "-fopenmp-simd", "-DGRADC_OPENMP_SIMD", "-fsyntax-only", str(source))


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
