"""What can be asked for of `gradc.compile`, in one record."""

from __future__ import annotations

from typing import NamedTuple

BACKENDS = ("auto", "c", "interpret")
REDUCE = ("plain", "compensated")


class Options(NamedTuple):
    """All that can be asked for beside the loss; made once, and copied with `_replace`.

    Parameters
    ----------
    name
        What the C functions are called.
    wrt
        The arguments that gradients are taken by.
    single
        Whether `wrt` was one name, so that a gradient is one array and not a tuple.
    dtype
        "float64" or "float32".
    backend
        "auto", "c" or "interpret".
    threads
        How many threads a parallel kernel may use; None for what `GRADC_NUM_THREADS` or the machine says.
    stabilised
        Whether derivatives are put in stable forms as well.
    precise
        Whether libm's functions are called, one number at a time.
    reduce
        "plain", or "compensated" for sums in twice the precision.
    check
        Whether the first call compares the trace of a Python function with the function.
    """

    name: str
    wrt: tuple[str, ...]
    single: bool
    dtype: str
    backend: str
    threads: int | None
    stabilised: bool
    precise: bool
    reduce: str
    check: bool
