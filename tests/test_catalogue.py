"""Every loss of the catalogue, compiled: C against NumPy, against the interpreter, and each mode against the others."""

import numpy as np
import pytest

import gradc
from gradc import programs
from gradc.ir.program import Program
from gradc.losses import CATALOGUE
from gradc.modes import FIRST
from gradc.runtime.library import load
from gradc.units import render

DTYPES = ("float64", "float32")
TOLERANCE = {"float64": 1e-10, "float32": 3e-4}

FORMULAS = [name for name, record in CATALOGUE.items() if record.formula is not None]


def compiled(name, dtype):
    """A kernel of a loss whose every mode is in one shared object, which takes a compiler less time than six."""
    record = CATALOGUE[name]
    kernel = gradc.compile(record.function, record.signature, wrt=record.wrt, dtype=dtype)
    units = [kernel.unit(mode) for mode in FIRST]
    library = load(render(units, kernel.program, name, dtype).c, [unit.entry for unit in units])
    kernel._calls.update({unit.mode: library.function(unit.entry) for unit in units})
    return kernel


def near(got, wanted, dtype, scale=None):
    """Within the dtype's tolerance of the largest number there is."""
    got, wanted = np.asarray(got, np.float64), np.asarray(wanted, np.float64)
    largest = np.max(np.abs(wanted), initial=1e-3 if scale is None else scale)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=TOLERANCE[dtype] * largest)


def listed(gradients):
    return gradients if isinstance(gradients, tuple) else (gradients,)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CATALOGUE)
def test_compiled_loss(name, dtype, monkeypatch):
    if dtype == "float32":
        monkeypatch.setenv("GRADC_CFLAGS", "-O1")  # float64 has the flags of use; these halve the test's time
    record = CATALOGUE[name]
    rng = np.random.default_rng(sum(map(ord, name)))
    arguments = record.example(rng)
    args = tuple(
        np.asarray(value, dtype) if np.asarray(value).dtype.kind == "f" else value for value in arguments.values()
    )
    kernel = compiled(name, dtype)

    value, gradients = kernel.value_and_grad(*args)
    assert kernel(*args) == pytest.approx(value, rel=TOLERANCE[dtype])
    near(value, record.function(*(np.asarray(a, np.float64) if np.ndim(a) == 0 else a for a in args)), dtype)

    oracle = gradc.compile(record.function, record.signature, wrt=record.wrt, backend="interpret")
    double = [np.asarray(a, np.float64) if np.asarray(a).dtype.kind == "f" else a for a in args]
    _, wanted = oracle.value_and_grad(*double)
    shapes = [np.shape(arguments[wrt]) for wrt in kernel.wrt]
    assert [np.shape(g) for g in listed(gradients)] == shapes
    scale = max(np.max(np.abs(g), initial=1e-3) for g in listed(wanted))
    for got, expected in zip(listed(gradients), listed(wanted), strict=True):
        near(got, expected, dtype, scale)

    ahead, residuals = kernel.forward(*args)
    assert ahead == pytest.approx(value, rel=TOLERANCE[dtype])
    for got, expected in zip(listed(kernel.backward(residuals)), listed(gradients), strict=True):
        near(got, expected, dtype, scale)
    for got, expected in zip(listed(kernel.backward(residuals, -2.5)), listed(gradients), strict=True):
        near(got, -2.5 * np.asarray(expected), dtype, scale)

    again, products = kernel.vjp(args, 3.0)
    assert again == pytest.approx(value, rel=TOLERANCE[dtype])
    for got, expected in zip(listed(products), listed(gradients), strict=True):
        near(got, 3.0 * np.asarray(expected), dtype, scale)

    tangents = tuple(np.asarray(rng.standard_normal(shape), dtype) for shape in shapes)
    again, tangent = kernel.jvp(args, tangents)
    assert again == pytest.approx(value, rel=TOLERANCE[dtype])
    terms = [np.asarray(g, np.float64) * t for g, t in zip(listed(gradients), tangents, strict=True)]
    near(tangent, sum(np.sum(term) for term in terms), dtype, sum(np.sum(np.abs(term)) for term in terms))

    if dtype == "float64":
        report = gradc.check_grad(kernel, *args)
        assert report.ok, str(report)


@pytest.mark.parametrize("name", FORMULAS)
def test_formula_of_the_catalogue_is_the_function(name):
    record = CATALOGUE[name]
    read = [programs.canonical(programs.read(source, record.signature)) for source in (record.function, record.formula)]
    assert read[0] == read[1]
    # What a function calls its intermediate results, its C does too; a formula of one line has no names for them.
    nameless = [Program(p.parameters, p.definitions, p.outputs, (), ("value",)) for p in read]
    first, second = (gradc.compile(program, wrt=record.wrt, name=name, signature=None) for program in nameless)
    assert first.c_source == second.c_source
