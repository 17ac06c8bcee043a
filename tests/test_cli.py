"""The command line: what it prints and writes, how it ends, and that a user's mistake is never a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from gradc.cli import main

LOSSES = '''\
"""Two losses."""
import numpy as np
import gradc
from neighbour import SCALE

@gradc.kernel("w[d], X[n,d], y[n]", wrt="w")
def squares(w, X, y):
    return SCALE * np.mean((X @ w - y) ** 2)

robust = gradc.compile("sum(log(1 + (x - y)**2))", "x[n], y[n]", wrt=("x", "y"), name="robust")
alias = robust
not_a_kernel = 3
'''


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "neighbour.py").write_text("SCALE = 0.5\n")
    path = tmp_path / "two_losses.py"
    path.write_text(LOSSES)
    return path


@pytest.fixture(autouse=True)
def clean_imports(monkeypatch):
    """A command imports the user's file and its neighbours; nothing of it stays."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name == "neighbour" or name.startswith("_gradc_file_"):
            del sys.modules[name]


def run(*words: str, status: int = 0, **options) -> Result:
    result = CliRunner().invoke(main, [*map(str, words)], **options)
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result


def without_times(text: str) -> str:
    return re.sub(r"\(\d+\.\d s\)", "(… s)", text)


# --- build ------------------------------------------------------------------------------------------------------------


def test_build_writes_every_kernel(file, tmp_path):
    result = run("build", file, "-o", "made")
    assert without_times(result.output).splitlines() == [
        "built squares(w[d], X[n,d], y[n]): squares.c, squares.h, squares/ (… s)",
        "built robust(x[n], y[n]): robust.c, robust.h, robust/ (… s)",
        "built 2 losses in made/",
    ]
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == [
        "robust", "robust.c", "robust.h", "squares", "squares.c", "squares.h",
    ]  # fmt: skip
    assert '#include "squares.h"' in (tmp_path / "made" / "squares.c").read_text()


def test_build_in_another_precision(file, tmp_path):
    run("build", file, "-o", "made", "--dtype", "float32")
    header = (tmp_path / "made" / "squares.h").read_text()
    assert "const float *" in header
    assert "double" not in header


def test_build_is_the_same_text_each_time(file, tmp_path):
    for place, seed in (("first", "1"), ("second", "2")):
        words = [sys.executable, "-m", "gradc.cli", "build", str(file), "-o", place]
        subprocess.run(words, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
    for name in ("squares.c", "squares.h", "robust.c", "squares/__init__.py"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_build_goes_on_after_a_loss_that_fails(file, tmp_path):
    file.write_text(
        LOSSES
        + '\n@gradc.kernel("x[n]")\ndef branches(x):\n    if x[0] > 0:\n        return x[0]\n    return -x[0]\n'
        + '\n@gradc.kernel("x[n]")\ndef broken(x):\n    return np.sum(x).nothing\n'
        + '\n@gradc.kernel("x[n]", name="squares")\ndef again(x):\n    return np.sum(x)\n'
        + '\n@gradc.kernel("x[n]", name="logging")\ndef taken(x):\n    return np.sum(x)\n'
    )
    output = run("build", file, "-o", "made", status=1).output
    assert "built squares(" in output
    assert "built robust(" in output
    assert re.search(r"failed branches: a truth value .*\n +.*two_losses\.py:16\n +if x\[0\] > 0:", output), output
    assert re.search(r"failed broken: .*two_losses\.py:22: ", output), output
    assert "failed again: squares is called 'squares' too, and would be overwritten: give one a name=..." in output
    assert "failed taken: 'logging' cannot be the name of a package" in output
    assert "4 of 6 losses failed" in output
    assert (tmp_path / "made" / "squares").is_dir()


def test_build_says_what_it_leaves_out(file, tmp_path):
    (tmp_path / "other.py").write_text(
        "from two_losses import squares\nfrom gradc import compile\nk = compile('x', 'x')"
    )
    output = run("build", "other.py", "-o", "made").output
    assert "left out: squares, which comes from two_losses" in output
    assert "built 1 loss in made/" in output


def test_a_compiler_that_fails(file, tmp_path, monkeypatch):
    (tmp_path / "cc").write_text(
        '#!/bin/sh\ncase "$*" in *squares*|*robust*) echo no room >&2; exit 1;; esac\nexec cc "$@"\n'
    )
    (tmp_path / "cc").chmod(0o755)
    monkeypatch.setenv("GRADC_CC", str(tmp_path / "cc"))
    output = run("build", file, "-o", "made", status=1).output
    assert "no room" in output
    assert "the C is kept in made/squares.failed.c" in output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:\n", "wrong.py:1: "),
        ("import gradc\n\nx = 1 / 0\n", "wrong.py:3: ZeroDivisionError: division by zero"),
        ("import no_such_module_at_all\n", "wrong.py:1: ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("raise SystemExit(0)\n", "wrong.py:1: SystemExit: 0"),
        ("x = 1\n", "wrong.py holds no kernels: decorate its losses with @gradc.kernel(...)"),
        ("import gradc\nk = gradc.compile('sum(', 'x[n]')\n", "wrong.py:2: line 1, column 4:"),
        ("import gradc\nk = gradc.compile('sum(x)', 'x[n')\n", "wrong.py:2: line 1, column "),
        ("\0", "wrong.py"),
    ],
)
@pytest.mark.parametrize("command", ["build", "check"])
def test_a_file_that_cannot_be_used(tmp_path, monkeypatch, command, text, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.py").write_text(text)
    options = ["-o", "made"] if command == "build" else []
    result = run(command, "wrong.py", *options, status=2)
    assert said in result.output
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["build", "missing.py", "-o", "made"],
        ["build", "two_losses.py"],
        ["build", ".", "-o", "made"],
        ["build", "two_losses.py", "-o", "made", "--dtype", "int8"],
        ["check"],
        ["nonsense"],
        ["show", "x"],
    ],
)
def test_a_command_line_that_is_wrong(file, words):
    assert "Usage:" in run(*words, status=2).output


# --- show -------------------------------------------------------------------------------------------------------------


def test_show_prints_all_three():
    output = run("show", "exp(-a**2) * sin(b * c)", "--signature", "a, b, c", "--wrt", "a, b,c").output
    ir, gradient, c = output.split("\n\n", 2)
    assert ir.startswith("# loss\ndef program(a: real, b: real, c: real):")
    assert "grad_b = c * (cos(b * c)" in gradient
    assert "int loss_value_and_grad(" in c


@pytest.mark.parametrize(
    ("option", "present", "absent"),
    [("--ir", "return value", "grad_x"), ("--gradient", "grad_x", "#include"), ("--c", "int loss_value(", "# loss")],
)
def test_show_prints_what_is_asked(option, present, absent):
    output = run("show", "sum(x**2)", "-s", "x[n]", option).output
    assert present in output
    assert absent not in output


def test_show_reads_standard_input_and_options():
    text = "z = X @ w\nsum(z**2)"
    output = run("show", "-", "-s", "w[d], X[n,d]", "--dtype", "float32", "--name", "mine", "--c", input=text).output
    assert "int mine_value_and_grad(" in output
    assert "const float *" in output
    assert "double *" not in output


def test_show_of_an_array(tmp_path):
    assert "grad_w" in run("show", "X @ w", "-s", "w[d], X[n,d]", "--gradient").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sum(", "-s", "x[n]"], "Error: line 1, column 4: `(` is never closed\n    sum(\n       ^"),
        (["sum(z)", "-s", "x[n]"], "line 1, column 5"),
        (["sum(x)", "-s", "x[n"], "line 1, column"),
        (["sum(x)", "-s", "x[n]", "--wrt", "z"], "wrt names 'z', which is no argument; the arguments are x"),
        (["sum(x)", "-s", "x[n]", "--name", "a b"], "name must be an identifier and no keyword of Python, not 'a b'"),
        (["x", "-s", "x[n]:int64"], "nothing to differentiate by"),
    ],
)
def test_show_of_what_is_wrong(words, said):
    assert said in run("show", *words, status=1).output


# --- check ------------------------------------------------------------------------------------------------------------


def test_check_passes(file):
    output = run("check", file).output
    assert "agrees squares(w[d], X[n,d], y[n]) at n=3, d=4, reals normal" in output
    assert "2 gradients checked, in three ways that agree" in output
    assert "differences" not in output
    assert "differences" in run("check", file, "--verbose", "--dtype", "float32").output


def test_check_draws_what_a_loss_needs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "needs.py").write_text(
        "import gradc, numpy as np\n"
        '@gradc.kernel("E[v,d], idx[n]:int64, w[d]")\n'
        "def embedding(E, idx, w):\n    return np.sum(np.tanh(E[idx] @ w))\n"
        '@gradc.kernel("x[n]")\ndef entropy(x):\n    return -np.sum(x * np.log(x))\n'
        '@gradc.kernel("A[n,n], b[n]", wrt=("A", "b"))\n'
        "def gauss(A, b):\n    return b @ np.linalg.solve(A, b) + 2 * np.sum(np.log(np.diag(np.linalg.cholesky(A))))\n"
        '@gradc.kernel("x[n], a[n-2], mask[n]:bool")\n'
        "def sizes(x, a, mask):\n    return np.sum(np.where(mask, x, 0)[2:] * a)\n"
        '@gradc.kernel("w[d], X[n,d]")\ndef array(w, X):\n    return np.sinh(X @ w)\n'
    )
    output = run("check", "needs.py").output
    assert "reals between 0.2 and 0.8" in output
    assert "reals positive definite" in output
    assert "5 gradients checked" in output


def test_check_finds_a_gradient_that_is_wrong(file, monkeypatch):
    from gradc.calculus import primitives

    spoiled = primitives.PRIMITIVES["log1p_square"]._replace(partials=("2.01 * x / (1 + x**2)",))
    monkeypatch.setitem(primitives.PRIMITIVES, "log1p_square", spoiled)
    monkeypatch.setattr("gradc.making.fingerprint", lambda source: None)  # gradc's files are what they were
    forget()
    try:
        output = run("check", file, status=1).output
    finally:
        monkeypatch.undo()
        forget()
    assert "agrees squares" in output
    assert "WRONG  robust" in output
    assert "<- disagrees" in output
    assert "1 of 2 losses failed" in output


def forget() -> None:
    """Partials that were parsed are kept; a spoiled table must not find them, nor leave its own."""
    for module in [m for name, m in sys.modules.items() if name.startswith("gradc.") and m is not None]:
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def test_check_of_what_cannot_be_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nowhere.py").write_text("import gradc\nk = gradc.compile('log(-x**2 - 1)', 'x', name='k')\n")
    output = run("check", "nowhere.py", status=1).output
    assert "failed k: no random arguments were found at which it can be checked: it is not finite" in output


# --- doctor, cache, help ----------------------------------------------------------------------------------------------


def test_doctor(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    output = run("doctor").output
    for key in ("versions", "Python", "cache", "processor", "compiler", "flags", "fast calls", "libmvec", "a kernel"):
        assert re.search(f"^{key} ", output, re.MULTILINE), key
    assert f"numpy {np.__version__}" in output
    assert str(tmp_path / "cache") in output


def test_doctor_without_a_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADC_CC", "no-such-compiler")
    assert "does not work    GRADC_CC names 'no-such-compiler'" in run("doctor", status=1).output


def test_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    run("doctor")
    root = Path(run("cache", "path").output.strip())
    assert root.is_relative_to(tmp_path)
    assert list(root.rglob("*.so"))
    assert re.match(r"removed [1-9]\d* kernels?, ", run("cache", "clear").output)
    assert not list(root.iterdir())


@pytest.mark.parametrize("command", [[], ["build"], ["show"], ["check"], ["doctor"]])
def test_help_has_examples_and_exit_codes(command):
    output = run(*command, "--help").output
    assert re.search(r"Examples?:\n    ", output)
    assert "Exit codes:\n    0  all is well" in output


def test_help_is_quick():
    program = "import sys; sys.argv = ['gradc', '--help']\nfrom gradc.cli import main\ntry: main()\n"
    program += (
        "except SystemExit: print(sorted(set(sys.modules) & {'numpy', 'sympy', 'jinja2', 'rich', 'cffi', 'scipy'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_command_is_installed():
    done = subprocess.run([sys.executable, "-m", "gradc.cli", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("gradc, version ")
