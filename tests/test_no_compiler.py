"""Without a C compiler the interpreter answers, with one warning; ``backend="c"`` makes that an error."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

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
