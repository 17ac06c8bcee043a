"""Long straight-line functions are cut into pieces, which compute the same bits."""

from __future__ import annotations

import re
import subprocess

import numpy as np
import pytest

import gradc
from gradc.ir.size import ONE, ZERO, symbol
from gradc.loops.passes import cut as pieces
from gradc.loops.passes.apart import apart
from gradc.loops.program import (
    INPUT,
    OUTPUT,
    Add,
    Apply,
    Assign,
    Buffer,
    Constant,
    For,
    Invoke,
    Let,
    Load,
    Local,
    LoopProgram,
    Namer,
    Place,
    Variable,
)
from gradc.runtime.cache import open_cache
from gradc.runtime.toolchain import find_compiler
from gradc.units import render


def chain(x, y, v):
    a, b = x, y
    for k in range(60):
        a, b = np.sin(a * b) + 0.5 * (k % 7) + v[k % 3], np.where(a > b, b - 0.25 * a, b * 0.5)
    return a + b


SIGNATURE = "x, y, v[3]"
ARGUMENTS = 0.3, 0.7, np.array([0.1, -0.2, 0.4])


def c_of(mode, dtype="float64"):
    k = gradc.compile(chain, SIGNATURE, wrt=("x", "v"), dtype=dtype)
    unit = k.unit(mode)
    return render([unit], unit.program, "chain", dtype).c


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mode", ["value", "value_and_grad", "forward", "backward"])
def test_pieces_compile_without_a_warning(monkeypatch, tmp_path, mode, dtype):
    monkeypatch.setattr(pieces, "LONGEST", 20)
    monkeypatch.setattr(pieces, "SIZE", 15)
    text = c_of(mode, dtype)
    assert len(re.findall(r"^static GRADC_APART void chain_\w+_part\d+\(", text, re.MULTILINE)) > 3
    (tmp_path / "k.c").write_text(text)
    strict = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1", "-c", "k.c"]
    subprocess.run([*find_compiler(open_cache()).command, *strict], cwd=tmp_path, check=True)


def test_pieces_compute_the_same(monkeypatch):
    k = gradc.compile(chain, SIGNATURE, wrt=("x", "v"))
    value, (by_x, by_v) = k.value_and_grad(*ARGUMENTS)
    monkeypatch.setattr(pieces, "LONGEST", 20)
    monkeypatch.setattr(pieces, "SIZE", 15)
    monkeypatch.setattr("gradc.making.fingerprint", lambda source: None)
    cut = gradc.compile(chain, SIGNATURE, wrt=("x", "v"), name="cut")
    assert "cut_value_and_grad_part0(" in cut.c_source
    again, (cut_x, cut_v) = cut.value_and_grad(*ARGUMENTS)
    np.testing.assert_allclose([again, cut_x, *cut_v], [value, by_x, *by_v], rtol=1e-13)
    assert cut.workspace_bytes() > 0


def test_short_functions_stay_whole():
    assert "GRADC_APART" not in c_of("value")


def test_longer_functions_are_cut():
    def long(x, y):
        a, b = x, y
        for k in range(600):
            a, b = a * b + 0.5 * (k % 7), b - 0.25 * a
        return a + b

    k = gradc.compile(long, "x, y", wrt=("x", "y"))
    text = k.c_source
    assert "GRADC_APART" in text
    bodies = re.split(r"^}$", text, flags=re.MULTILINE)
    assert max(body.count("const double") for body in bodies) < pieces.LONGEST


@pytest.mark.parametrize("change", ["=", "+=", "*=", "add"])
def test_a_loop_that_changes_what_is_around_it_stays(change):
    """Only its own function sees what it assigns: an index out of range would be found, and not be told."""
    new, n = Namer().new, symbol("n")
    x, y = Buffer(new("x"), "real", (n,), INPUT), Buffer(new("y"), "real", (n,), OUTPUT)
    i, total, low = new("i"), new("s"), new("low")
    values = [Let(new("v"), "real", Apply("mul", (Load(x, (i.size,)), Load(x, (i.size,))))) for _ in range(40)]
    filler = [Assign(Place(y, (ZERO,)), "=", Constant(0.0))] * pieces.LONGEST
    last = values[0].name
    changes = Add(total, low, last) if change == "add" else Assign(total, change, Local(last))
    for action, count in (changes, 0), (Assign(Place(y, (i.size,)), "=", Local(last)), 1):
        loop = For(i, ZERO, n, (*values, action), step=ONE)
        around = [Variable(name, "real", Constant(0.0)) for name in (total, low)]
        program = apart(LoopProgram("f", ("n",), (x,), (y,), (), (*around, loop, *filler)))
        assert len(program.cuts) == count
        assert isinstance(program.body[2], Invoke) == (count == 1)
