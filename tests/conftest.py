"""What all tests share: programs that are verified, and a cache of compiled kernels that outlives the run."""

from __future__ import annotations

import os
from pathlib import Path

# Every stage of the compiler is verified, here and in the processes that tests start.
os.environ.setdefault("GRADC_VERIFY", "1")
# Before anything is compiled, and for the processes that tests start. Tests of the cache itself use their own.
os.environ.setdefault("GRADC_CACHE_DIR", str(Path(__file__).resolve().parent.parent / ".cache" / "kernels"))
