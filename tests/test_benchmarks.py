"""The benchmarks work: each script at its smallest size, one round, without the peers that are slow to import."""

from __future__ import annotations

import importlib
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

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
