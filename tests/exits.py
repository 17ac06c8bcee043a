"""How processes end, and what forked children do, after and during parallel kernels and compilations.

    python tests/exits.py 200       # each way 200 times; says how many went wrong, with the first one's words

The suite does each way a few times. What is tried here depends on timing: a fault shows in one run of some.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LIMIT = 120  # seconds after which a process hangs
_KERNEL = """\
import atexit, os, sys, threading, time, warnings
import numpy as np, gradc
warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads, which are what is tried
k = gradc.compile("mean(log(1 + exp(-y * (X @ w))))", "w[d], X[n,d], y[n]", wrt="w", threads=2)
X = np.random.default_rng(0).normal(size=(100_000, 5))
y = np.sign(X[:, 0])
call = lambda: k.value_and_grad(np.zeros(5), X, y)
expected = call()[1].tobytes()
"""
_CHILDREN = """\
def children(count, pause, work):
    found = []
    for number in range(count):
        time.sleep(pause)
        child = os.fork()
        if not child:
            import faulthandler
            faulthandler.dump_traceback_later(60, exit=True)
            work(number)
            os._exit(0)
        found.append(child)
    assert not any([os.waitpid(child, 0)[1] for child in found])
"""
_BOTH = _KERNEL + _CHILDREN
_COMPILING = f"""\
import os, sys, threading, time, warnings
import gradc
warnings.simplefilter("ignore", DeprecationWarning)
{_CHILDREN}
def compiling(name):
    f = gradc.compile(f"mean(log(1 + exp(-y * (X @ w)))) + {{os.getpid()}}.{{name}} * sum(w**2)", "w[d], X[n,d], y[n]")
    return f.c_source
threading.Thread(target=lambda: [compiling(k) for k in range(20)], daemon=True).start()
"""
WAYS = {
    "at once": _KERNEL,
    "without the kernel": f"{_KERNEL}del k, call",
    "with a bound kernel": f"{_KERNEL}b = k.bind(X=X, y=y); b(np.ones(5))",
    "a finaliser calls": f"{_KERNEL}class D:\n    def __del__(self): self.call()\nd = D(); d.call = call",
    "an exit handler calls": f"{_KERNEL}atexit.register(call)",
    "a thread is in a call": f"{_KERNEL}threading.Thread(target=call, daemon=True).start()",
    "a thread calls for ever": f"{_KERNEL}threading.Thread(target=lambda: [call() for _ in iter(int, 1)], daemon=True)"
    ".start(); time.sleep(0.01)",
    "children call": f"{_BOTH}children(3, 0, lambda _: call()[1].tobytes() == expected or os._exit(1))",
    "children of a thread that calls": f"{_BOTH}threading.Thread(target=lambda: [call() for _ in iter(int, 1)], "
    "daemon=True).start()\nchildren(5, 0.003, lambda _: call()[1].tobytes() == expected or os._exit(1))",
    "children end as processes do": f"{_BOTH}children(3, 0, lambda _: call() and sys.exit(0))".replace(
        "            work(number)\n            os._exit(0)", "            work(number)"
    ),
    "a thread compiles": f"{_COMPILING}time.sleep(0.2)",
    "an exit handler compiles": f"{_COMPILING}import atexit; atexit.register(compiling, 50)",
    "children of a thread that compiles": f"{_COMPILING}children(6, 0.05, compiling)",
}
if not hasattr(os, "fork"):
    WAYS = {name: text for name, text in WAYS.items() if "children" not in name}


def shipped(directory: Path) -> dict[str, str]:
    """The ways of a package that `gradc build` wrote, which stands in `directory` as `parting`."""
    import gradc
    from gradc.artefacts import write_artefact

    loss, signature = "mean(log(1 + exp(-y * (X @ w))))", "w[d], X[n,d], y[n]"
    write_artefact(gradc.compile(loss, signature, wrt="w", name="parting"), directory)
    own = _KERNEL.split("k = gradc")[0].replace(
        ", gradc", f"; sys.path.insert(0, {str(directory)!r}); import parting as k"
    )
    rest = _KERNEL[_KERNEL.index("X = np") :]
    names = [name for name in WAYS if "bound" not in name and "compiles" not in name]
    return {f"a package, {name}": WAYS[name].replace(_KERNEL, own + rest) for name in names}


def run(text: str) -> str:
    """Run a program; gives what went wrong, or an empty text."""
    environment = {"GRADC_NUM_THREADS": "2", **os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, env=environment, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it hung for {LIMIT} s"
    return f"status {done.returncode}: {done.stderr[-2000:]}" if done.returncode or done.stderr else ""


def repeat(text: str, count: int, together: int = 2) -> list[str]:
    """Run a program several times, some at once; gives what went wrong."""
    with ThreadPoolExecutor(together) as pool:
        return [wrong for wrong in pool.map(run, [text] * count) if wrong]


def main() -> int:
    """Every way, as often as the command line says."""
    count, bad = int(sys.argv[1]) if len(sys.argv) > 1 else 200, 0
    with tempfile.TemporaryDirectory() as name:
        for way, text in {**WAYS, **shipped(Path(name))}.items():
            wrong = repeat(text, count)
            bad += len(wrong)
            print(f"{len(wrong):>5} of {count}  {way}", *wrong[:1], flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
