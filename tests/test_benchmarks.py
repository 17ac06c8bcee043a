"""The benchmarks' runner works: the smallest size, NumPy alone, one round."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "run.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


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
