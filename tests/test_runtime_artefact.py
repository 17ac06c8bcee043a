"""Ahead-of-time packages: what is in them, that they need nothing of gradc, and that failures leave nothing behind."""

from __future__ import annotations

import ast
import os
import platform
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from gradc.errors import ArgumentError, CompilerError
from gradc.runtime import artefact
from gradc.runtime.arguments import Entry, Input, Output
from gradc.runtime.artefact import build_artefact, python_files
from gradc.runtime.cache import open_cache
from gradc.runtime.toolchain import find_compiler
from hardship import damages, few_or_many, say

D = ((("d",), 1),)
D_PLUS_1 = ((("d",), 1), ((), 1))

HEADER = """\
#ifndef SQUARES_H
#define SQUARES_H
#include <stddef.h>
#include <stdint.h>
size_t squares_work(int64_t d);
int squares(int64_t d, const double *restrict w, const double *restrict v, double lam,
            double *restrict value, double *restrict grad, void *restrict work);
size_t squares_any_work(int64_t d);
int squares_any(int64_t d, const float *restrict x, const uint8_t *restrict mask,
                uint8_t *restrict any, void *restrict work);
#endif
"""
TEXT = """\
#include "NAME.h"

size_t squares_work(int64_t d) { return (size_t)d * sizeof(double); }
int squares(int64_t d, const double *restrict w, const double *restrict v, double lam,
            double *restrict value, double *restrict grad, void *restrict work)
{
    double *square = work;
    if (lam < 0)
        return 1;
    *value = v[d];
    for (int64_t i = 0; i < d; i++) {
        square[i] = w[i] * w[i];
        *value += lam * square[i];
        grad[i] = 2 * lam * w[i];
    }
    return 0;
}

size_t squares_any_work(int64_t d) { (void)d; return 0; }
int squares_any(int64_t d, const float *restrict x, const uint8_t *restrict mask,
                uint8_t *restrict any, void *restrict work)
{
    (void)work;
    *any = 0;
    for (int64_t i = 0; i < d; i++)
        *any |= mask[i] && x[i] > 0;
    return 0;
}
"""
SQUARES = Entry(
    "value_and_grad",
    "squares",
    ("d",),
    (Input("w", "float64", (D,)), Input("v", "float64", (D_PLUS_1,)), Input("λ", "float64")),
    (Output("value", "float64"), Output("grad", "float64", (D,))),
    {1: ("IndexRangeError", 'a "quoted" \\ message\n')},
    summary='The value """and""" the gradient.',
)
ANY = Entry(
    "positive",
    "squares_any",
    ("d",),
    (Input("x", "float32", (D,)), Input("mask", "bool", (D,))),
    (Output("any", "bool"),),
)


def build(directory, name="squares", **options):
    return build_artefact(name, TEXT.replace("NAME", name), HEADER, [SQUARES, ANY], directory, **options)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """One directory with two packages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADC_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        made = tmp_path_factory.mktemp("built")
        build(made)
        build(made, "others", native=False)
    return made


def run(directory: Path, program: str) -> str:
    """Run a program where gradc, SymPy and Jinja2 cannot be imported."""
    guard = """\
        import sys
        class Refuse:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in ("gradc", "sympy", "jinja2", "platformdirs", "setuptools", "click"):
                    raise ImportError(f"{name} is not here")
        sys.meta_path.insert(0, Refuse())
        """
    environment = {**os.environ, "PYTHONPATH": str(directory), "PYTHONWARNINGS": "error"}
    words = [sys.executable, "-c", textwrap.dedent(guard) + textwrap.dedent(program)]
    done = subprocess.run(words, cwd="/", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_written(directory):
    assert sorted(path.name for path in directory.iterdir()) == [
        "others", "others.c", "others.h", "squares", "squares.c", "squares.h",
    ]  # fmt: skip
    names = sorted(path.name for path in (directory / "squares").iterdir() if path.name != "__pycache__")
    assert names[:2] == ["__init__.py", "__init__.pyi"]
    assert [name for name in names if name.endswith(".so")]
    assert (directory / "squares.h").read_text() == HEADER


def test_it_works_without_gradc(directory):
    said = run(
        directory,
        """
        import numpy as np, squares, others
        for package in (squares, others):
            value, grad = package.value_and_grad([1, 2], [0, 0, 5], λ=3)
            assert value == 20.0 and type(value) is float, value
            assert grad.tolist() == [6.0, 12.0]
            out = np.empty(2)
            bound = package.value_and_grad.bind(v=np.zeros(3), λ=1)
            assert bound(np.ones(2), out=out)[1] is out and out.tolist() == [2.0, 2.0]
            assert package.positive([1, -1], [False, True]) is False
            assert package.positive(np.ones(2, np.float32), np.array([False, True])) is True
            assert package.__all__ == ["value_and_grad", "positive"]
        for args in (([1], [1, 2, 3], 1), ([1], [1, 2], -1), ([1j], [1, 2], 1), ([1],)):
            try:
                squares.value_and_grad(*args)
            except Exception as error:
                print(type(error).__mro__[0].__name__, error)
        print(squares.value_and_grad, squares.value_and_grad.__doc__)
        print(sorted({name.partition(".")[0] for name in sys.modules} & {"gradc", "sympy", "jinja2", "pycparser"}))
        """,
    )
    assert said.splitlines() == [
        "ArgumentError value_and_grad(): argument 'v': expected a float64 array of shape (d + 1,), "
        "got a float64 array of shape (3,); here d = 1 from 'w' of shape (1,)",
        'IndexRangeError value_and_grad(): a "quoted" \\ message',
        "",
        "ArgumentTypeError value_and_grad(): argument 'w': expected a float64 array of shape (d,), "
        "got a complex128 array of shape (1,); complex numbers are not supported",
        "ArgumentTypeError value_and_grad() missing 2 required arguments: 'v', 'λ'",
        '<kernel value_and_grad(w, v, λ, *, out=None)> The value """and""" the gradient.',
        "[]",
    ]


def test_the_sources_in_it_stand_alone():
    for name, text in python_files("squares", [SQUARES]).items():
        assert "import gradc" not in text, name
        assert "from gradc" not in text, name


def test_the_text_does_not_depend_on_hashing(tmp_path):
    assert python_files("squares", [SQUARES, ANY]) == python_files("squares", [SQUARES, ANY])


def test_the_stub_is_valid(directory):
    mypy = pytest.importorskip("mypy.api")
    program = directory / "use_of_squares.py"
    program.write_text(
        "import squares\nvalue, grad = squares.value_and_grad([1.0], [1.0, 2.0], 3)\n"
        "reveal_type(value)\nreveal_type(grad)\n"
    )
    try:
        words = ["--strict", "--no-incremental", "--follow-imports=silent", str(program)]
        said, _, status = mypy.run(words)
    finally:
        program.unlink()
    assert status == 0, said
    assert '"float"' in said.replace("builtins.", "")
    assert "ndarray" in said


def test_building_again_replaces(directory):
    before = sorted(directory.rglob("*.py"))
    build(directory)
    assert [path for path in sorted(directory.rglob("*.py")) if "__pycache__" not in path.parts] == before
    assert not list(directory.glob(".gradc-*"))


def test_a_failure_leaves_what_was_there(directory):
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    with pytest.raises(CompilerError, match="the C is kept in") as caught:
        build_artefact("squares", "int broken(", HEADER, [SQUARES], directory)
    kept = Path(str(caught.value).rpartition("kept in ")[2])
    assert kept.read_text() == "int broken("
    kept.unlink()
    assert {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()} == before


def test_a_package_that_does_not_import_is_not_published(tmp_path):
    header = HEADER.replace("#endif", "double missing(double);\n#endif")
    text = TEXT.replace("NAME", "squares").replace("v[d];", "missing(v[d]);")
    with pytest.raises(CompilerError, match=r"cannot be imported|failed"):
        build_artefact("squares", text, header, [SQUARES, ANY], tmp_path)
    assert not (tmp_path / "squares").exists()


@pytest.mark.parametrize("name", ["gradc", "scipy", "cffi", "math", "omp", "stdint", "Python"])
def test_no_package_stands_in_the_place_of_a_module_or_a_header(tmp_path, name):
    with pytest.raises(ArgumentError, match=r"in the place of|would find it"):
        build_artefact(name, TEXT, HEADER, [SQUARES], tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_the_stub_has_an_argument_called_self():
    entry = SQUARES._replace(inputs=tuple(value._replace(name="self") for value in SQUARES.inputs[:1]))
    stub = python_files("squares", [entry])["__init__.pyi"]
    ast.parse(stub)
    assert "self_,\n        self: " in stub


def test_a_record_that_disagrees_with_the_c_is_refused(tmp_path):
    wrong = Entry("positive", "squares_any", ("d",), (ANY.inputs[1], ANY.inputs[0]), ANY.outputs)
    with pytest.raises(CompilerError, match="squares_any"):
        build_artefact("squares", TEXT.replace("NAME", "squares"), HEADER, [wrong], tmp_path)


@pytest.mark.parametrize("name", ["", "a b", "../up", "a/b", "class", "os", "numpy", "_x", "x;y", "λ", "-o", "a\n"])
def test_names_that_are_no_packages(tmp_path, name):
    with pytest.raises(ValueError, match=r"name of a package|C identifier"):
        build_artefact(name, TEXT, HEADER, [SQUARES], tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_the_c_is_usable_from_c(directory, tmp_path):
    program = tmp_path / "main.c"
    program.write_text(
        '#include "others.h"\n#include <stdio.h>\n'
        "int main(void) { double w[] = {1, 2}, v[] = {0, 0, 5}, value, g[2], s[2];\n"
        'int status = squares(2, w, v, 3, &value, g, s); printf("%d %g", status, value); return 0; }\n'
    )
    target = tmp_path / "main"
    subprocess.run(["cc", "-std=c99", f"-I{directory}", program, directory / "others.c", "-o", target], check=True)
    assert subprocess.run([target], capture_output=True, text=True, check=True).stdout == "0 20"


def test_results_are_those_of_the_kernel_in_this_process(directory, monkeypatch, tmp_path):
    from gradc.runtime.library import load

    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path))
    text = TEXT.replace('#include "NAME.h"', HEADER)
    value, grad = load(text, [SQUARES, ANY], fast=False).function("value_and_grad")(np.ones(3) / 3, np.ones(4), 0.1)
    said = run(
        directory,
        "import numpy as np, squares\nprint(squares.value_and_grad(np.ones(3) / 3, np.ones(4), 0.1)[0].hex())",
    )
    assert said.strip() == value.hex()
    assert grad.shape == (3,)


def test_a_package_that_cannot_be_written_is_a_typed_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CompilerError, match=r"cannot be written to .*(Not a directory|File exists)"):
        build(tmp_path / "file")
    with pytest.raises(CompilerError, match=r"cannot be written to .*File name too long"):
        build(tmp_path / "long", "squares" * 100)
    resource = pytest.importorskip("resource")
    find_compiler(open_cache())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in (0, 1000, 5000, 15_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            with pytest.raises(CompilerError):
                build(tmp_path / "full")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert not [path for path in (tmp_path / "full").iterdir() if not path.name.endswith(".failed.c")]


def files_of(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_two_builds_are_equal_to_the_byte(directory, tmp_path, monkeypatch):
    """Wherever they are built, from whichever directory, with whichever cache and order of hashes."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_runtime_artefact import *\n"
        "build(Path(sys.argv[2])); build(Path(sys.argv[2]), 'others', native=False)"
    )
    for number in range(2):
        place = tmp_path / f"a longer name {number}" / ("x" * 50 * number)
        place.mkdir(parents=True)
        environment = {
            **os.environ,
            "PYTHONHASHSEED": str(number + 1),
            "GRADC_CACHE_DIR": str(tmp_path / f"cache{number}"),
            "TMPDIR": str(place),
            "TZ": ("Asia/Tokyo", "America/Lima")[number],
        }
        words = [sys.executable, "-c", program, str(Path(__file__).parent), str(place / "built")]
        subprocess.run(words, cwd=place, env=environment, check=True, capture_output=True)
        assert files_of(place / "built") == files_of(directory)


# Imports the package once for each damage, in a child that has NumPy already, and says how each child ended.
IMPORTER = """
import faulthandler, os, pathlib, sys
import cffi, numpy as np, _cffi_backend, hashlib, platform
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
package = pathlib.Path(sys.argv[1], "squares")
for line in sys.stdin:
    name, spoiled = line.split()
    target = package / name
    before = target.read_bytes()
    target.unlink()
    target.write_bytes(bytes.fromhex(spoiled[1:]))
    child = os.fork()
    if not child:
        try:
            import squares
            value, grad = squares.value_and_grad(np.array([1.0, 2.0]), np.array([0.0, 0.0, 5.0]), 3.0)
            end = 0 if value == 20.0 and grad.tolist() == [6.0, 12.0] else 1
        except BaseException as error:
            names = [kind.__name__ for kind in type(error).__mro__]
            typed = {"LoadError", "GradcError", "ImportError"} <= set(names) and "damaged" in str(error)
            end = 2 if typed else 3
            if end == 3 and name != "__init__.py":
                print(name, names, error, file=sys.stderr)
        os._exit(end)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    target.unlink()
    target.write_bytes(before)
"""


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each import is a fork")
def test_a_damaged_package_is_a_typed_error(directory, tmp_path):
    """Each file flipped, cut, zeroed, prolonged, or another's: never loaded, never a signal.

    Of `__init__.py`, which Python reads before anything can look at it, a damage may also be an error of Python's.
    """
    (tmp_path / "squares").mkdir()
    for path in (directory / "squares").iterdir():
        if path.is_file():
            (tmp_path / "squares" / path.name).write_bytes(path.read_bytes())
    files = sorted((tmp_path / "squares").iterdir())
    assert len(files) >= 9
    tried = list(damages(files, few_or_many(200, 2000)))
    done = subprocess.run(
        [sys.executable, "-c", IMPORTER, str(tmp_path)],
        input="".join(f"{damage.path.name} x{damage.content.hex()}\n" for damage in tried),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    ends = [int(word) for word in done.stdout.split()]
    assert len(ends) == len(tried)
    harmless = 0
    for damage, end in zip(tried, ends, strict=True):
        own = damage.path.name == "__init__.py"
        harmless += own and end != 2
        assert end == 2 or (own and end == 3), (damage.path.name, damage.kind, end)
    say(
        f"{len(tried)} damages to a package: {len(tried) - harmless} LoadErrors, {harmless} errors of Python, 0 signals"
    )


def test_a_package_that_lacks_files_is_a_typed_error(directory, tmp_path):
    for missing in ("_kernels.abi3.so", "_module.py", "_arguments.py", "_interpreters.py"):
        package = tmp_path / missing / "squares"
        package.mkdir(parents=True)
        for path in (directory / "squares").iterdir():
            if path.is_file() and path.name != missing:
                (package / path.name).write_bytes(path.read_bytes())
        run(
            package.parent,
            """
            try:
                import squares
            except ImportError as error:
                names = [kind.__name__ for kind in type(error).__mro__]
                assert "GradcError" in names and "squares cannot be loaded here" in str(error), error
            else:
                raise SystemExit("it was loaded")
            """,
        )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("import platform; platform.machine = lambda: 'sparc64'", "built for .*, and this is .*sparc64"),
        ("sys.platform = 'haiku'", "built for .*, and this is haiku"),
        ("sys.version_info = (3, 9)", "needs Python 3.10"),
        ("sys.modules['_cffi_backend'] = None", "cannot be loaded here: .*_cffi_backend"),
        ("sys.modules['squares._kernels'] = None", "cannot be loaded here: .*_kernels"),
    ],
)
def test_a_package_for_another_machine_is_a_typed_error(directory, spoil, said):
    answer = run(
        directory,
        f"""
        import re
        import numpy
        {spoil}
        try:
            import squares
        except ImportError as error:
            assert "GradcError" in [kind.__name__ for kind in type(error).__mro__]
            print(str(error).replace(chr(10), " "))
        """,
    )
    assert re.search(said, answer), answer


def lacking() -> str:
    """The name of instructions that no processor has with all the others."""
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return next((name for name in ("xop", "fma4", "avx512bf16", "avx512f") if f" {name} " not in flags), "")


def test_a_package_for_another_processor_is_a_typed_error(tmp_path, monkeypatch):
    """What asks for the instructions has none of them itself, or it would end the process before it can say so."""
    if platform.machine() not in ("x86_64", "AMD64") or not lacking():
        pytest.skip("other processors are not asked")
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    asked = []
    build_one = artefact.Compiler.build
    monkeypatch.setattr(
        artefact.Compiler, "build", lambda self, *rest, **more: (asked.append(rest), build_one(self, *rest, **more))
    )
    with monkeypatch.context() as patch:
        patch.setattr(artefact, "_FEATURES", (*artefact._FEATURES, ("__x86_64__", lacking())))
        with pytest.raises(CompilerError, match=r"LoadError: squares was compiled for a processor"):
            build(tmp_path / "foreign")
    (binding,) = [flags for _, sources, _, flags in asked if "binding.c" in sources]
    assert not [flag for flag in binding if flag.startswith("-march")]
    assert any("-march=native" in flags for _, sources, _, flags in asked if "squares.c" in sources)
