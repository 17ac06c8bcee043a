"""The benchmarks work: each script at its smallest size, one round, without the peers that are slow to import."""

from __future__ import annotations

import importlib
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gradc
from gradc.calculus.primitives import PRIMITIVES
from gradc.runtime.cache import open_cache
from gradc.runtime.toolchain import find_compiler

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def run(*words: str, script: str = "run.py") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / script), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture
def module(monkeypatch):
    """A function that imports one of the benchmarks' own modules."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_the_runner_measures_and_writes_its_tables(tmp_path):
    table, numbers = tmp_path / "table.txt", tmp_path / "numbers.json"
    words = ["--problems", "ridge", "rosenbrock", "--peers", "numpy", "gradc-bound", "--sizes", "small"]
    done = run(*words, "--rounds", "1", "--seconds", "0", "--text", str(table), "--json", str(numbers))
    assert done.returncode == 0, done.stderr
    assert table.read_text(encoding="utf-8") == done.stdout
    assert "geometric mean" in done.stdout
    rows = json.loads(numbers.read_text(encoding="utf-8"))["rows"]
    assert {row["problem"] for row in rows} == {"ridge", "rosenbrock"}
    for row in rows:
        assert set(row["peers"]) == {"gradc", "numpy", "gradc-bound"}
        assert row["peers"]["gradc"]["median_ratio"] == 1
        assert not row["remarks"]


def test_a_mistake_on_the_command_line_names_what_there_is():
    unknown = run("--problems", "ridgee", "--peers", "numpy")
    assert unknown.returncode == 1
    assert "no problem is called 'ridgee'" in unknown.stderr
    assert "squared_error" in unknown.stderr
    stranger = run("--peers", "matlab")
    assert stranger.returncode == 1
    assert "matlab is unknown" in stranger.stderr


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_c_by_hand_agrees_with_gradc(tmp_path, dtype):
    numbers = tmp_path / "numbers.json"
    problems = ["logistic", "ridge", "two_layer", "rosenbrock", "exp_sin_log"]
    words = ["--problems", *problems, "--peers", "C", "--sizes", "small", "middle", "--dtypes", dtype]
    done = run(*words, "--rounds", "1", "--seconds", "0", "--json", str(numbers))
    assert done.returncode == 0, done.stderr
    rows = json.loads(numbers.read_text(encoding="utf-8"))["rows"]
    assert len(rows) == 8
    for row in rows:
        assert set(row["peers"]) == {"gradc", "C"}, row["remarks"]


@pytest.mark.parametrize("peer", ["casadi", "numba"])
def test_what_is_written_for_a_peer_agrees_with_gradc(tmp_path, module, monkeypatch, peer):
    pytest.importorskip(peer)
    if peer == "numba":
        problems = [*module("numba_loops").LINEAR, "two_layer"]
        monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # the loops as Python, which needs no compiling
    else:
        problems = ["elastic_net", "softmax_cross_entropy", "cox", "info_nce", "gaussian_kl"]
    numbers = tmp_path / "numbers.json"
    words = ["--problems", *problems, "--peers", peer, "--sizes", "small", "--rounds", "1", "--seconds", "0"]
    done = run(*words, "--json", str(numbers))
    assert done.returncode == 0, done.stderr
    rows = json.loads(numbers.read_text(encoding="utf-8"))["rows"]
    assert len(rows) == len(problems)
    for row in rows:
        assert set(row["peers"]) == {"gradc", peer}, row["remarks"]


def test_a_peer_that_cannot_express_a_loss_says_why(tmp_path):
    pytest.importorskip("casadi")
    numbers = tmp_path / "numbers.json"
    words = ["--problems", "glove", "probit", "triplet", "t_sne", "--peers", "casadi", "--sizes", "small"]
    done = run(*words, "--rounds", "1", "--seconds", "0", "--json", str(numbers))
    assert done.returncode == 0, done.stderr
    remarks = [row["remarks"]["casadi"] for row in json.loads(numbers.read_text(encoding="utf-8"))["rows"]]
    assert remarks == [
        "CasADi has no gather by numbers that are known only when it runs",
        "CasADi has nothing in the place of scipy.special.log_ndtr",
        "CasADi has no gather by numbers that are known only when it runs",
        "CasADi has no arrays of three dimensions",
    ]


def test_a_result_that_differs_is_seen(module):
    difference = module("run").difference
    right = [np.array(2.0), np.array([3.0, 4.0])]
    assert difference(right, right) == 0
    assert difference([np.array(2.0), np.array([3.0, 4.4])], right) == pytest.approx(0.1)
    assert difference([np.array(2.0), np.array([3.0, math.nan])], right) == math.inf
    assert difference([np.array(2.0)], right) == math.inf
    assert difference([np.array(2.0), np.array([3.0, 4.0, 5.0])], right) == math.inf


def test_ratios_are_of_one_round(module):
    timing = module("timing")
    times = {"gradc": [1.0, 2.0, 4.0], "other": [3.0, 2.0, 8.0]}
    other = timing.summary(times, base="gradc")["other"]
    assert other == {"median_seconds": 3.0, "min_seconds": 2.0, "median_ratio": 2.0, "min_ratio": 2.0}
    assert timing.geometric_mean([2.0, 8.0]) == pytest.approx(4)
    assert math.isnan(timing.geometric_mean([]))
    counts = {"a": 0, "b": 0}

    def count(name):
        counts[name] += 1

    found = timing.measure({name: lambda name=name: count(name) for name in counts}, rounds=3, seconds=0)
    assert {name: len(rounds) for name, rounds in found.items()} == {"a": 3, "b": 3}
    assert counts == {"a": 8, "b": 8}  # two to learn the time, then one and one that is timed in each round


def test_losses_that_a_peer_wins_are_listed(module):
    runner = module("run")

    def row(name, ratio):
        peers = {"gradc": {"median_ratio": 1.0}, "jax": {"median_ratio": ratio}}
        return {"problem": name, "scale": "middle", "dtype": "float64", "peers": peers}

    rows = [row("ridge", 2.0), row("cox", 0.9), row("huber", 0.5)]
    assert runner.slower(rows, ["jax"]) == ["slower than jax: huber middle float64 0.50, cox middle float64 0.90"]
    assert "0.97" in runner.means(rows, ["jax"])[0]
    assert "2 of 3" in runner.means(rows, ["jax"])[1]


SMALL = {
    "roofline.py": ("--caches", "0.01", "--samples", "100", "--square", "50"),
    "memory.py": ("--samples", "100", "--problems", "logistic", "--peers"),
    "scaling.py": (
        *("--samples", "10", "--features", "3", "--problems", "logistic", "--peers"),
        *("--operations", "10", "100", "--chained", "10"),
    ),
    "call_overhead.py": ("--only", "calls"),
    "compile_time.py": ("--problems", "rosenbrock"),
    "gradient_ratio.py": ("--problems", "ridge", "huber", "--sizes", "small"),
    "threads.py": ("--problems", "ridge", "--sizes", "small", "--most", "inf"),
    "stabilise_cost.py": ("--problems", "naive", "squared_error", "--sizes", "small", "--samples", "10"),
}


@pytest.mark.parametrize("script", SMALL)
def test_each_script_measures(tmp_path, script):
    if script == "memory.py" and not Path("/proc/self/clear_refs").exists():
        pytest.skip("a process cannot reset its peak here")
    text, numbers = tmp_path / "table.txt", tmp_path / "numbers.json"
    words = (*SMALL[script], "--rounds", "1", "--seconds", "0", "--text", str(text), "--json", str(numbers))
    done = run(*words, script=script)
    assert done.returncode == 0, done.stderr
    assert text.read_text(encoding="utf-8") == done.stdout
    rows = json.loads(numbers.read_text(encoding="utf-8"))["rows"]
    assert rows
    for row in rows:
        for name in ("seconds", "ratio", "rate", "share", "workspace", "first_seconds", "cold", "warm"):
            assert row.get(name, 1) > 0, row
    if script == "stabilise_cost.py":
        assert {row["problem"] for row in rows} >= {"log1p_exp", "exp_minus_one"}
        assert "the C is the same in 1;" in done.stdout  # squared_error holds nothing to stabilise


def test_the_report_fills_its_page(tmp_path, module):
    report = module("report")

    def row(problem, dtype, ratio):
        peers = {"gradc": {"median_ratio": 1.0, "median_seconds": 2e-6}, "jax": {"median_ratio": ratio}}
        return {"problem": problem, "scale": "middle", "dtype": dtype, "peers": peers}

    for threads in (1, 2):
        rows = [row("ridge", dtype, 4.0 / threads) for dtype in report.DTYPES]
        rows += [row("cox", dtype, 0.5 / threads) for dtype in report.DTYPES]
        (tmp_path / f"catalogue-{threads}.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
    text = "a\n<!-- measured: catalogue -->\nold\n<!-- end -->\nb\n<!-- measured: memory -->\nkept\n<!-- end -->\n"
    page = report.filled(text, report.Results(tmp_path))
    assert page.startswith("a\n<!-- measured: catalogue -->\n")
    assert page.endswith("<!-- end -->\nb\n<!-- measured: memory -->\nkept\n<!-- end -->\n")
    assert "old" not in page
    lines = page.splitlines()
    assert lines.index("| `cox` | 2.0 | 0.50 | 0.25 | 0.50 | 0.25 |") < lines.index(
        "| `ridge` | 2.0 | 4.00 | 2.00 | 4.00 | 2.00 |"
    )
    assert "| **geometric mean** |  | **1.41** | **0.71** | **1.41** | **0.71** |" in lines
    assert "| gradc slower in |  | 1 of 2 | 1 of 2 | 1 of 2 | 1 of 2 |" in lines
    assert report.filled(page, report.Results(tmp_path)) == page


def test_the_report_counts_and_names_what_a_peer_was_not_measured_on(tmp_path, module):
    report = module("report")

    def row(problem, dtype):
        peers = {"gradc": {"median_ratio": 1.0}, "numba": {"median_ratio": 2.0}, "gradc-bound": {"median_ratio": 0.5}}
        remarks = {}
        if dtype == "float64":
            peers["casadi"] = {"median_ratio": 0.5 if problem == "cox" else 8.0}
        else:
            remarks["casadi"] = "float64 only"
        if problem == "cox":
            del peers["numba"]
            remarks["numba"] = "no loop was written by hand"
        return {"problem": problem, "scale": "middle", "dtype": dtype, "peers": peers, "remarks": remarks}

    rows = [row(problem, dtype) for dtype in report.DTYPES for problem in ("ridge", "huber", "cox")]
    (tmp_path / "peers-1.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
    results = report.Results(tmp_path)
    lines = report.peers(results)
    assert "| numba | 2.00 | 0 of 2 | 1 | 2.00 | 0 of 2 | 1 |" in lines
    assert "| casadi | 3.17 | 1 of 3 | 0 | – | – | – |" in lines
    assert "| numba | both | 1: `cox` | no loop was written by hand |" in lines
    assert not any("gradc-bound" in line for line in lines)
    assert report.slower(results)[-1] == "| casadi | 1 | `cox` float64 ×1 0.50 |"
    reached = {line.split(" | ")[0]: line.split(" | ")[1] for line in report.targets(results)}
    assert reached["| every other peer: no problem slower, but those listed below"] == (
        "slower than numba 0 of 4, casadi 1 of 3"
    )
    assert reached["| workspace does not grow with n"] == "–"


def test_every_part_has_a_script_and_every_table_a_part(module):
    report = module("report")
    for part, (script, _) in report.PARTS.items():
        assert (BENCHMARKS / script).exists(), part
        assert script in report.QUICK
    found = [name for page in report.PAGES for _, name, _ in report.BLOCK.findall(page.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(report.TABLES)


def test_the_table_of_hessians(tmp_path, module):
    report = module("report")
    own = {"checked": 2.0, "hessian": 0.5, "product": 1.25, "diagonal": 0.75}
    rows = [
        {"problem": "chain", "size": "small", "seconds": 1e-6, "own": own, "ratios": {"jax": 8.0, "casadi": 2.0}},
        {"problem": "chain", "size": "large", "seconds": 4e-6, "own": own, "ratios": {"jax": 0.5}},
    ]
    (tmp_path / "second_order-1.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
    page = report.filled("<!-- measured: second_order -->\n<!-- end -->\n", report.Results(tmp_path))
    assert "| chain | small | 1.0 | 2.0 | 0.5 | 1.2 | 0.8 | 8.0 | 2.0 |" in page
    assert "| chain | large | 4.0 | 8.0 | 0.5 | 1.2 | 0.8 | 0.5 | – |" in page
    total = "| **geometric mean**: best peer **1.0**, below 1 in 1 of 2 | all |  |  |  |  |  | **2.0** | **2.0** |"
    assert total in page


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not pin processes")
def test_the_processes_are_pinned_and_the_blas_is_left_alone():
    code = (
        "import os, machine; machine.pin(1); "
        "print(len(os.sched_getaffinity(0)), os.environ['GRADC_NUM_THREADS'], 'OPENBLAS_CORETYPE' in os.environ)"
    )
    words = {"OPENBLAS_CORETYPE": "Nehalem", "PYTHONPATH": str(BENCHMARKS)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **words}
    )
    assert done.stdout.split() == ["1", "1", "False"]


# Results that cancel inside the domain, where an ulp of an argument or of an intermediate result takes digits.
CANCELLING = {"sinc": 200, "rel_entr": 200, "betaln": 100, "log_expm1": 30, "gammaln_difference": 100, "exp_moment": 8}
CANCELLING |= {"logaddexp": 8, "logaddexp2": 8, "mod": 100}


@pytest.mark.parametrize("name", sorted(PRIMITIVES.keys() - {"product_error", "sum_error", "held", "stands_for"}))
def test_every_primitive_is_within_four_ulp(name, module):
    assert name not in module("accuracy").UNMEASURED
    (errors,) = module("accuracy").measure(name, "float64", 12, precise=(False,))
    assert errors[0] <= CANCELLING.get(name, 4.2)


def test_the_polynomials_of_the_vector_functions_are_those_of_the_fit():
    done = run("--check", script="fit_vector.py")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_scalar_calls_in_vector_loops_are_found(name, module, monkeypatch):
    if shutil.which(name) is None:
        pytest.skip(f"no {name}")
    monkeypatch.setenv("GRADC_CC", name)
    examine, compiler = module("vectorisation").examine, find_compiler(open_cache())
    scalar, *_ = examine(gradc.compile("sum(gammaln(x*y))", "x[n], y[n]", name="scalar"), compiler)
    assert "gradc_lgamma" in scalar
    later = lambda x, y: np.max(np.where(y[:, None] <= y, x[:, None], -np.inf), axis=0).sum()  # noqa: E731
    for loss in ("sum(log(x) + sin(y) + gammaln_difference(x, y))", "sum(log(x)*sin(y))", "sum(xlogy(x, y))", later):
        scalar, _, missed, count = examine(gradc.compile(loss, "x[n], y[n]", name="vectors"), compiler)
        assert not scalar
        assert not missed
        assert count
