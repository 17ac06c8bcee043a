"""What all tests share: a cache of compiled kernels that outlives the run, so that the next one is quick."""

from __future__ import annotations

import os
from pathlib import Path

# Before anything is compiled, and for the processes that tests start. Tests of the cache itself use their own.
os.environ.setdefault("GRADC_CACHE_DIR", str(Path(__file__).resolve().parent.parent / ".cache" / "kernels"))
