"""Functions of loops that glibc's libmvec has in much less time: ours are for where there is none."""

from __future__ import annotations

FASTER_IN_LIBMVEC = frozenset({"pow", "erf", "erfc", "log2", "log10", "hypot", "sin", "cos", "tan"})
