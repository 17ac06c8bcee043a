"""Loop programs: what is built is checked, and means what the program means; faults that are planted are found."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
import scipy.special

import gradc
from functions import SAMPLES, SIZES
from gradc import derivatives, interface, pipeline, programs
from gradc.calculus.semantics import SEMANTICS
from gradc.frontends.formula import parse_program
from gradc.ir.interpret import interpret
from gradc.ir.program import Program
from gradc.ir.size import size
from gradc.loops.bounds import Facts
from gradc.loops.build import build
from gradc.loops.check import check, faults
from gradc.loops.program import LoopProgram, Namer
from gradc.loops.run import run
from gradc.loops.text import show
from gradc.losses import CATALOGUE
from gradc.schedule.nests import plan_program
from gradc.schedule.tiling import ROWS
from gradc.tools.programs import sound_program
from planted import plant

EMIT = Path(gradc.__file__).parent / "emit"


def loops_of(program, source=None):
    """The loops of a derivative as they are built and as they are printed, and what is natural in them."""
    lowered, namer = pipeline.run(pipeline.lowering("float64"), program), Namer()
    built = build(plan_program(lowered), "f", ROWS, namer, source=source)
    return built, pipeline.run(pipeline.finishing(namer, False), built), interface.needs(lowered)


def programs_of(sample):
    """The value, the gradient, the tangent and the second derivative of a sample."""
    source = sample.function or sample.formula or sample.index or sample.sympy()
    program = programs.stable(programs.canonical(programs.read(source, sample.signature))).program
    scalar = not program.arrays()[program.outputs[0]].shape
    for mode in ("value", "value_and_grad" if scalar else "vjp", "jvp"):
        yield mode, programs.derive(program, mode, sample.wrt)
    second = "hessian" if scalar else "jacobian"
    yield second, derivatives.derive(second, program, sample.wrt, dense=True, stable=True).program


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_loops_of_samples_hold_for_all_sizes(sample):
    for _, program in programs_of(sample):
        built, finished, natural = loops_of(program)
        check(built, natural)
        check(finished, natural)


@pytest.mark.parametrize("name", CATALOGUE)
def test_loops_of_the_catalogue_hold_for_all_sizes(name):
    loss = CATALOGUE[name]
    k = gradc.compile(loss.function, loss.signature, wrt=loss.wrt)
    for unit in k.units():
        built, finished, natural = loops_of(unit.program)
        check(built, natural)
        check(finished, natural)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_loops_mean_what_the_program_means(sample):
    arguments = sample.arguments()
    for mode, program in programs_of(sample):
        if mode in ("jvp", "hessian", "jacobian"):
            continue
        dims = {name: SIZES.get(name, 3) for name in program.symbols()}
        for parameter, argument in zip(program.parameters, arguments, strict=False):
            shape = zip(parameter.shape, np.shape(argument), strict=True)
            dims |= {extent.atom[1]: length for extent, length in shape if extent.atom and extent.atom[0] == "dim"}
        given = list(arguments)
        for parameter in program.parameters[len(given) :]:  # the cotangent
            shape = [
                extent.evaluate({("dim", name): size for name, size in dims.items()}) for extent in parameter.shape
            ]
            given.append(np.random.default_rng(1).normal(size=shape))
        expected = interpret(program, given, SEMANTICS, "float64", dims)
        for loops in loops_of(program)[:2]:
            status, found = run(loops, dims, given, SEMANTICS, "float64")
            assert status == 0
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


SIZED = {
    "softmax": "def program(X: real[n, d], w: real[d, k]):\n"
    "    z[i:n, j:k] = sum[l:d](X[i, l] * w[l, j])\n"
    "    m[i:n] = max[j:k](z[i, j])\n"
    "    s[i:n] = sum[j:k](exp(z[i, j] - m[i]))\n"
    "    loss = sum[i:n](log(s[i]) + m[i])\n"
    "    return loss\n",
    "differences": "def program(x: real[n]):\n"
    "    g[i:n] = where(0 < i, x[i] - x[i - 1], 0)\n"
    "    s = sum[i:n](g[i] ** 2)\n"
    "    return s\n",
    "pairs": "def program(X: real[n, d], w: real[d, k]):\n"
    "    t[i:n, j:n] = sum[l:d]((X[i, l] - X[j, l]) ** 2)\n    s = sum[i:n, j:n](exp(-t[i, j]))\n    return s\n",
}


@pytest.mark.parametrize("n", [0, 1, 2, 3, 127, 128, 129, 257])
@pytest.mark.parametrize("name", SIZED)
def test_loops_run_at_every_size(name, n):
    if n > 3 and name == "pairs":
        n = n // 32 + 1
    program = parse_program(SIZED[name])
    sizes = {"n": n, "d": 2, "k": 3}
    rng = np.random.default_rng(0)
    given = [rng.normal(size=[sizes[str(extent)] for extent in p.shape]) for p in program.parameters]
    expected = interpret(program, given, SEMANTICS, "float64", sizes)
    for loops in loops_of(program)[:2]:
        dims = {name: sizes[name] for name in loops.dims}
        status, found = run(loops, dims, given, SEMANTICS, "float64")
        assert status == 0
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-9, atol=1e-12)


def test_loops_of_random_programs_hold_for_all_sizes():
    for seed in range(150):
        program = programs.canonical(sound_program(seed))
        built, finished, natural = loops_of(program)
        check(built, natural)
        check(finished, natural)


DIVIDED = {
    "in tiles of a part": (lambda x: np.mean(np.tanh(x.reshape(-1))), "x[d,d]"),
    "four at a time": (
        lambda a, b: np.einsum("i,j->i", np.flip(scipy.special.log_softmax(a)), np.kron(b, a)),
        "a[k], b[n]",
    ),
    "in steps of a scan": (lambda x: np.sum(np.var(np.cumsum(np.tanh(np.kron(x, x))))), "x[n]"),
    "moved by four": (lambda w: np.sum(np.sum(np.outer(np.tanh(w), np.pad(w, 1, mode="edge")), axis=1)), "w[n]"),
    "of nothing": (lambda x, y: np.kron(x, y), "x[0], y[n]"),
    "at the edges": (lambda x: np.pad(x, 1, mode="edge"), "x[n,1]"),
    "by a factor of a sum": (lambda x: x.reshape(-1), "x[k + 1,2*n]"),
    "with a square of a quotient": (
        "def program(e: real[n], w: real[n//2, n//2]):\n"
        "    with scan[t:n](e, s_t=w) as s:\n"
        "        s_next[i:n//2, j:n//2] = e[t] * s_t[i, j]\n"
        "        return s_next\n"
        "    return s\n",
        None,
    ),
    "by a factor of several that are there": (
        "def program(w: real[d], c: real[n], g: real[d]):\n"
        "    t[:d] = 0\n"
        "    t += each[l:n - 1, i:n//2, j:n//2](at[((-2) % d)](c[l] * w[((-2) % d)]))\n"
        "    return t\n",
        None,
    ),
    "of a remainder": (lambda x: np.kron(1.0, np.repeat(x, 2, axis=0)), "x[n]"),
    "of a quotient": (lambda x: np.repeat(x, 3), "x[m,m]"),
    "by a factor of a length in fours": (
        "def program(w: real[d], idx: int64[n]):\n"
        "    t[l:n//2] = sum[i:d*n](tanh(w[(idx[(i % n)] % d)]))\n"
        "    return t\n",
        None,
    ),
    "by what is there where something is summed": (
        "def program(X: real[n, d], idx: int64[n], c: real[2*(n//2)], g: real[n, d]):\n"
        "    t[:n, :d] = 0\n"
        "    t += each[l:2*(n//2), i:n//2](at[((l//n) % n), ((l*idx[(d % n)]) % d)](c[l]))\n"
        "    return t\n",
        None,
    ),
}


@pytest.mark.parametrize("name", DIVIDED)
def test_quotients_of_an_index_are_proved_to_be_inside(name):
    source, signature = DIVIDED[name]
    program = parse_program(source) if isinstance(source, str) else programs.read(source, signature)
    built, finished, natural = loops_of(programs.canonical(program))
    check(built, natural)
    check(finished, natural)


def test_a_quotient_by_what_does_not_divide_its_bound_is_not_below_it():
    i = Namer().new("i")
    facts = Facts().within(i, size(0), size(7))
    assert facts.is_natural(size(3) - i.size // 2)
    assert not facts.is_natural(size(2) - i.size // 2)  # 6 // 2 is 3


def test_products_of_a_strided_vector_are_proved_to_be_inside():
    def loss(x):
        v = x[::-2][1:-1]
        return np.linalg.det(np.tanh(np.outer(v, v)) / v.shape[0] + 2 * np.eye(v.shape[0]))

    written = programs.stable(programs.canonical(programs.read(loss, "x[n]"))).program
    built, finished, natural = loops_of(derivatives.derive("hessian", written, ("x",), dense=True).program)
    check(built, natural)
    check(finished, natural)


def test_planted_faults_are_found():
    """An index that is off by one, a lost reset, iterations that meet: 95 of 100 at places drawn by a fixed seed."""
    programs: list[tuple[LoopProgram, object]] = []
    for sample in SAMPLES:
        for mode, program in programs_of(sample):
            if mode in ("value_and_grad", "vjp"):
                built, _, natural = loops_of(program)
                programs.append((built, natural))
    rng = random.Random(0)
    found, missed = 0, []
    while found + len(missed) < 100:
        program, natural = rng.choice(programs)
        planted = plant(program, rng)
        if planted is None:
            continue
        if faults(planted.program, natural):
            found += 1
        else:
            missed.append(planted.what)
    assert found >= 95, "\n".join(missed)


def test_a_loop_program_prints_as_text():
    built, _, _ = loops_of(parse_program("def program(x: real[n]):\n    s = sum[i:n](x[i] ** 2)\n    return s\n"))
    text = re.sub(r"#\d+", "", show(built))
    assert text == (
        "f(n; x: real[n]) -> (s: real)\n"
        "    var s: real = 0.0\n"
        "    var s_low: real = 0.0\n"
        "    for tile_begin in 0 .. n by 128\n"
        "        let tile_end = min(tile_begin + 128, n)\n"
        "        # s = sum[i:n](x[i] * x[i])\n"
        "        var s_sum: real = 0.0\n"
        "        for i in tile_begin .. tile_end  vector(+: s_sum)\n"
        "            let x_i = x[i]\n"
        "            s_sum += (x_i * x_i)\n"
        "        s, s_low += s_sum\n"
        "    s += s_low\n"
        "    s[] = s\n"
        "    return 0\n"
    )


def test_what_arrays_are_called_changes_nothing():
    """Cox's loss as it is, and with a long name for each of its arguments."""
    loss = CATALOGUE["cox"]
    program = programs.derive(programs.canonical(programs.read(loss.function, loss.signature)), "value_and_grad", "w")
    long = tuple(p._replace(name=f"{p.name}_of_all_the_patients_in_the_study") for p in program.parameters)
    called = Program(long, program.definitions, program.outputs, program.hints, program.output_names)
    short, other = (show(loops_of(each)[1]) for each in (program, called))
    assert other.replace("_of_all_the_patients_in_the_study", "") == short


def test_a_choice_within_a_choice_has_a_name():
    program = parse_program(
        "def program(x: real[n], y: real[n]):\n"
        "    s = sum[i:n](where(x[i] < 0, where(y[i] < 0, x[i] * y[i], 0), y[i]))\n"
        "    return s\n"
    )
    text = show(loops_of(program)[1])
    assert re.search(r"let v#\d+ = where\(\(y_i#\d+ < 0", text), text


def test_the_debug_switch_shows_and_checks_loops(monkeypatch, capsys):
    monkeypatch.setenv("GRADC_DEBUG", "1")
    k = gradc.compile("sum(x**2)", "x[n]")
    k.unit("value")
    assert "# loss_value, loops\nf" not in (said := capsys.readouterr().err)
    assert "vector(+: " in said


def test_no_c_is_read_again():
    """Text is made once: no file that prints reads it by patterns, and sizes hold no text."""
    for path in EMIT.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name != "names.py":  # which compares names with those of macros
            assert "import re\n" not in text, path.name
        assert '"@' not in text, path.name
    assert "printed" not in (EMIT.parent / "ir" / "size.py").read_text(encoding="utf-8")
