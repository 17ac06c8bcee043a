"""C that was written by hand (`by_hand.c`), or that a peer generated, compiled as hard as the compiler can.

    library = native.by_hand("float64")
    library.lib.ridge(n, d, library.at(w), ...)

`-ffast-math` is given to the compiler and not to the linker: linked in, it would change the arithmetic of every peer.
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import cffi
import numpy as np

FLAGS = ("-O3", "-march=native", "-ffast-math", "-fopenmp", "-fPIC")
# gcc would join sin and cos of one argument in a cexpi, which has no vector form.
APART = tuple(f"-fno-builtin-{name}" for name in ("sin", "cos", "sinf", "cosf"))
SOURCE = Path(__file__).parent / "by_hand.c"
LABELS = "const long long *y"
PROTOTYPES = f"""
void logistic(int n, int d, const REAL *w, const REAL *X, const REAL *y, REAL lam, REAL *value, REAL *g);
void ridge(int n, int d, const REAL *w, const REAL *X, const REAL *y, REAL lam, REAL *value, REAL *g);
void rosenbrock(const REAL *x, REAL *value, REAL *g);
void exp_sin_log(int n, const REAL *a, const REAL *b, const REAL *c, REAL *f, REAL *fa, REAL *fb, REAL *fc);
void two_layer(int n, int d, int h, int k, const REAL *W1, const REAL *b1, const REAL *W2, const REAL *b2,
               const REAL *X, {LABELS}, REAL *value, REAL *g1, REAL *gb1, REAL *g2, REAL *gb2);
REAL read_all(long long n, const REAL *x);
"""


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gradc-bench-")


def compiled(source: Path, *defines: str) -> Path:
    """A shared object of one C file."""
    stem = "-".join((source.stem, *(word.strip("-").replace("=", "-") for word in defines)))
    made, library = (Path(_folder().name) / f"{stem}{suffix}" for suffix in (".o", ".so"))
    for words in (
        ["cc", *FLAGS, *APART, *defines, "-c", str(source), "-o", str(made)],
        ["cc", "-shared", "-fopenmp", str(made), "-o", str(library), "-lm"],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return library


class Native(NamedTuple):
    """The functions of `by_hand.c` for one type."""

    lib: Any
    ffi: Any
    kind: str

    def at(self, array: np.ndarray) -> Any:
        """A pointer to an array's first element; the array must outlive it."""
        kind = "long long *" if array.dtype.kind == "i" else f"{self.kind} *"
        return self.ffi.cast(kind, array.__array_interface__["data"][0])


@functools.cache
def by_hand(dtype: str) -> Native:
    """`by_hand.c`, compiled for "float64" or "float32"."""
    kind = {"float64": "double", "float32": "float"}[dtype]
    ffi = cffi.FFI()
    ffi.cdef(PROTOTYPES.replace("REAL", kind))
    return Native(ffi.dlopen(str(compiled(SOURCE, f"-DREAL={kind}"))), ffi, kind)
