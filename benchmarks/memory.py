"""Memory against the number of samples: gradc's workspace, and how far a process's peak rises above its data.

    python benchmarks/memory.py
    python benchmarks/memory.py --problems two_layer logistic --peers jax torch --samples 10000 100000 1000000

Each number comes from a process of its own, which imports the peer and draws the data, notes its resident size, then
makes the first call and reads its peak. So a peak holds what the peer needs to compile, which does not depend on n, and
what one call takes. Linux only: other systems do not let a process reset its peak.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import machine
import sheet

STATUS = Path("/proc/self/status")
FORGET_PEAK = Path("/proc/self/clear_refs")


def kilobytes(name: str) -> int:
    """VmRSS or VmHWM of this process."""
    for line in STATUS.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise SystemExit(f"{STATUS} does not tell {name}")


def child(peer: str, name: str, n: int, dtype: str, threads: int) -> dict[str, int]:
    """What one peer takes, in this process."""
    from peers import PEERS, kernel
    from problems import catalogued

    problem = catalogued(name, name, "fixed", dtype, {"n": n})
    call = PEERS[peer](threads).prepare(problem)
    FORGET_PEAK.write_text("5", encoding="utf-8")
    before = kilobytes("VmRSS")
    call()
    found = {"data": sum(getattr(v, "nbytes", 0) for v in problem.arguments.values())}
    found["peak"] = (kilobytes("VmHWM") - before) * 1024
    if peer == "gradc":
        found["workspace"] = kernel(problem).workspace_bytes(**problem.sizes)
    return found


def main(given: Sequence[str] | None = None) -> None:
    parser = sheet.parser(__doc__)
    parser.add_argument("--problems", nargs="+", default=["logistic", "two_layer", "softmax_cross_entropy"])
    parser.add_argument("--peers", nargs="*", default=["jax", "torch"], metavar="PEER")
    parser.add_argument("--samples", nargs="+", type=int, default=[10_000, 100_000, 1_000_000], metavar="N")
    parser.add_argument("--dtypes", nargs="+", default=["float64"], choices=("float64", "float32"))
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args(given)
    machine.pin(options.threads)
    if options.child:
        peer, name, n, dtype = options.child
        print(json.dumps(child(peer, name, int(n), dtype, options.threads)))
        return
    from peers import chosen

    peers = list(chosen(options.peers, options.threads))
    page = sheet.Sheet(options)
    columns = "".join(f"{name + ' peak':>14}" for name in peers)
    page.say(f"\n{'megabytes':<24}{'dtype':<9}{'n':>10}{'data':>10}{'workspace':>11}{columns}")
    for dtype in options.dtypes:
        for name in options.problems:
            for n in options.samples:
                row: dict[str, Any] = {"problem": name, "dtype": dtype, "n": n, "peak": {}}
                for peer in peers:
                    words = ["--child", peer, name, str(n), dtype, "--threads", str(options.threads)]
                    done = subprocess.run(
                        [sys.executable, __file__, *words], capture_output=True, text=True, check=True
                    )
                    found = json.loads(done.stdout.splitlines()[-1])
                    row["peak"][peer] = found.pop("peak")
                    row |= found
                page.rows.append(row)
                numbers = "".join(f"{row['peak'][peer] / 1e6:>14.1f}" for peer in peers)
                start = f"{name:<24}{dtype:<9}{n:>10}{row['data'] / 1e6:>10.1f}{row['workspace'] / 1e6:>11.3f}"
                page.say(f"{start}{numbers}")
    page.save()


if __name__ == "__main__":
    main()
