"""Without a C compiler that works the interpreter answers, with one warning; ``backend="c"`` makes that an error."""

from __future__ import annotations

import errno
import math
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import gradc
from gradc.runtime.cache import Cache, open_cache
from gradc.runtime.toolchain import find_compiler

SCRIPT = """
import warnings
import numpy as np
import gradc

with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    for formula in ("sum(x**2)", "sum(exp(x))", "x[0] * x[1]"):
        k = gradc.compile(formula, "x[n]")
        value, gradient = k.value_and_grad(np.array([0.5, 2.0]))
        print(value, gradient.tolist(), k(np.array([0.5, 2.0])) == value)
print(len(seen), "gradc[zig]" in str(seen[0].message))
try:
    gradc.compile("sum(x**2)", "x[n]", backend="c")(np.ones(2))
except gradc.CompilerNotFoundError as error:
    print("refused")
print(gradc.compile("sum(x**2)", "x[n]", backend="interpret")(np.ones(2)))
"""


def test_the_interpreter_answers(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path), "GRADC_CACHE_DIR": str(tmp_path / "cache")}
    # ziglang, where it is installed, is a compiler too: it is hidden.
    hide = "import sys; sys.modules['ziglang'] = None\n"
    run = subprocess.run(
        [sys.executable, "-c", hide + SCRIPT], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert run.stdout.splitlines() == [
        "4.25 [1.0, 4.0] True",
        f"{math.exp(0.5) + math.exp(2.0)} [1.6487212707001282, 7.38905609893065] True",
        "1.0 [2.0, 0.5] True",
        "1 True",
        "refused",
        "2.0",
    ]


# What a compiler may do when it is asked for a kernel, having worked until then.
FAILURES = {
    "missing": 'rm -f "$0"; exit 127',
    "failing": "echo no >&2; exit 1",
    "crashing": "kill -SEGV $$",
    "printing rubbish": "head -c 100000 /dev/urandom; exit 1",
    "giving nothing": "exit 0",
    "giving rubbish": "head -c 5000 /dev/urandom > kernel.so",
    "giving half": 'cc "$@"; head -c 3000 kernel.so > x; mv x kernel.so',
    "hanging": "sleep 600 & wait",
    "leaving a grandchild": "sleep 600 & exit 1",
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("at_once", [True, False])
def test_compilers_that_fail(tmp_path, monkeypatch, failure, at_once):
    monkeypatch.setattr("gradc.entry_points._warned", set())
    cc = tmp_path / "cc"
    which = "*" if at_once else "*kernel.c*"
    cc.write_text(f'#!/bin/sh\ncase "$*" in {which}) {FAILURES[failure]};; *) exec cc "$@";; esac\n')
    cc.chmod(0o755)
    monkeypatch.setenv("GRADC_CC", str(cc))
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    if not at_once:
        find_compiler(open_cache())
    monkeypatch.setenv("GRADC_CC_TIMEOUT", "1" if "hanging" in failure else "60")
    answer_and_refuse(failure)


def answer_and_refuse(failure):
    x = np.array([1.0, 2.0])
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert gradc.compile("sum(x**2)", "x[n]")(x) == 5.0
        if failure not in ("hanging", "missing"):
            assert gradc.compile("sum(x**3)", "x[n]")(x) == 9.0
    assert len(seen) == 1
    assert "interpreted with NumPy" in str(seen[0].message)
    with pytest.raises(gradc.CompilerError):
        gradc.compile("sum(x**2)", "x[n]", backend="c")(x)


@pytest.mark.parametrize("step", ["aside", "publish", "_write"])
def test_a_disk_that_is_full(tmp_path, monkeypatch, step):
    monkeypatch.setattr("gradc.entry_points._warned", set())
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    find_compiler(open_cache())

    def full(*rest):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Cache, step, full)
    answer_and_refuse("full")
    with pytest.raises(gradc.CompilerError, match=r"cannot be kept in .*No space left"):
        gradc.compile("sum(x**2)", "x[n]", backend="c")(np.ones(2))


def test_a_compiler_whose_arithmetic_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr("gradc.entry_points._warned", set())
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GRADC_CFLAGS", "-ffast-math")
    answer_and_refuse("fast")
