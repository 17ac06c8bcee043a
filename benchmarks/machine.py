"""Where a benchmark runs: a pinned process, and a header that names the machine, the compiler and the versions.

    machine.pin(threads=1)             # before NumPy or any peer is imported
    machine.header(1, {"jax": "0.10"}) # the lines above every table

One thread is one processor: the process may run nowhere else, whatever a library decides, and every pool of workers is
told as well. Two threads are two processors.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path

POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "GRADC_NUM_THREADS",
)
BLAS_OVERRIDES = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)  # either may choose kernels that are not this processor's best


def pin(threads: int) -> None:
    """Give the process `threads` processors and every library as many threads; before NumPy is imported."""
    for name in BLAS_OVERRIDES:
        os.environ.pop(name, None)
    for name in POOLS:
        os.environ[name] = str(threads)
    os.environ["OPENBLAS_THREAD_TIMEOUT"] = "4"  # its idle workers would keep a processor busy while others are timed
    if threads == 1:
        flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
    if hasattr(os, "sched_setaffinity"):
        mine = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, mine[-threads:])


def header(threads: int, versions: Mapping[str, str]) -> list[str]:
    """Where and with what this was measured."""
    import numpy as np

    from gradc.runtime.cache import open_cache
    from gradc.runtime.toolchain import find_compiler

    compiler = find_compiler(open_cache())
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    named = ", ".join(f"{name} {version}" for name, version in {"NumPy": np.__version__, **versions}.items())
    return [
        f"machine   {processor()}, {os.cpu_count()} processors, last-level cache {last_level_cache() >> 20} MB, "
        f"{platform.system()} {platform.machine()}{load}",
        f"compiler  {compiler.version.splitlines()[0]}: {' '.join((*compiler.flags, *compiler.native))}",
        f"BLAS      {blas()}",
        f"versions  Python {platform.python_version()}, {named}",
        f"threads   {threads}",
    ]


def processor() -> str:
    """The processor's name, with the widest vectors that it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = found.get("flags", "").split()
    wide = next((flag for flag in ("avx512f", "avx2", "avx", "sse2") if flag in flags), "")
    return " ".join((found.get("model name") or platform.processor() or "unknown processor", wide)).strip()


def last_level_cache(default: int = 32 << 20) -> int:
    """The bytes of the greatest cache, or `default` where the system does not tell."""
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text(encoding="utf-8").strip()
        scale = {"K": 10, "M": 20}.get(text[-1:], 0)
        sizes.append(int(text.rstrip("KM")) << scale)
    return max(sizes, default=default)


def blas() -> str:
    """NumPy's BLAS and the processor whose kernels it runs."""
    try:
        import threadpoolctl
    except ImportError:
        return "unknown kernels (threadpoolctl is not installed)"
    pools = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    named = [f"{pool['internal_api']} {pool['version']}, kernels for {pool.get('architecture', '?')}" for pool in pools]
    return "; ".join(dict.fromkeys(named)) or "none that threadpoolctl knows"
