"""The C compiler: which one, which flags it accepts, and the first that works.

    compiler = find_compiler(cache)
    compiler.build(directory, ["kernel.c"], "kernel.so", compiler.kernel_flags)

`GRADC_CC` names the compiler, else ``CC``, ``cc``, ``gcc``, ``clang`` and at last the `ziglang` package. `GRADC_CFLAGS`
is appended to the flags. `processes.py` runs it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shlex
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from functools import cache as remember
from pathlib import Path
from typing import NamedTuple

import _cffi_backend

from gradc.errors import CompilerError, CompilerNotFoundError
from gradc.runtime.cache import Cache, sha256
from gradc.runtime.processes import TooLongError, deadline, run

# In order; each is kept if the compiler takes it without complaint.
#   -ffp-contract=fast           ISO C mode rounds a*b + c twice; one fused instruction is nearer the truth, and faster.
#                                The price: machines with and without FMA differ in the last bits.
#   -fno-math-errno …            let loops with sqrt and exp vectorise. NaN and infinity stay what they are.
#   -fdisable-tree-sincos        else gcc joins sin(x) and cos(x) in one cexpi call, which it cannot vectorise. With
#                                -fno-builtin-sin instead, it does not vectorise loops that hold a select as well.
#   -fno-semantic-interposition  a kernel called `read` must call itself, not libc's, and may be inlined.
# -ffast-math is not here, and never will be: it breaks NaN and infinity, and changes the whole process's arithmetic.
_COMMON = (
    "-std=c99",
    "-O3",
    "-fPIC",
    "-fopenmp-simd",
    "-DGRADC_OPENMP_SIMD",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-fno-semantic-interposition",
)
_GCC = ("-fdisable-tree-sincos",)
_CLANG = ("-fveclib=libmvec",)
_ZIG = ("-fno-sanitize=undefined",)
_NATIVE = ("-march=native",)
_LINK = ("-Wl,-Bsymbolic",)
_OPENMP = ("-fopenmp",)  # for kernels with parallel loops alone: it brings a library of threads along

_PROBE = """\
#include <math.h>
#include <stdint.h>
int probe(int64_t n, double *restrict x) { for (int64_t i = 0; i < n; i++) x[i] = exp(x[i]); return 0; }
"""

_PARALLEL_PROBE = """\
#include <omp.h>
int probe(int n, double *x) {
#pragma omp parallel for
for (int i = 0; i < n; i++) x[i] = omp_get_max_threads();
return 0; }
"""

_FORBIDDEN = ("-ffast-math", "-Ofast", "-funsafe-math-optimizations")


class Compiler(NamedTuple):
    """A C compiler that was found to work.

    Parameters
    ----------
    command
        The words that start it.
    version
        What it says of itself.
    flags
        The flags for kernels that it accepts.
    native
        The flags that bind a kernel to this machine's processor.
    link
        The flags for linking a kernel.
    openmp
        The flags for a kernel with parallel loops; none where the compiler has no OpenMP.
    """

    command: tuple[str, ...]
    version: str
    flags: tuple[str, ...]
    native: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    openmp: tuple[str, ...] = ()

    def identity(self, flags: Sequence[str]) -> tuple[str, ...]:
        """Return all that an object depends on which this compiler makes with these flags."""
        return (*flags, *self.command, self.version)

    @property
    def kernel_flags(self) -> tuple[str, ...]:
        """Every flag of a shared kernel for this machine, but for the libraries and OpenMP."""
        return (*self.flags, *self.native, "-shared", *self.link, *extra_flags())

    def build(
        self,
        directory: Path,
        sources: Sequence[str],
        target: str,
        flags: Sequence[str],
        libraries: Sequence[str] = ("-lm",),
        until: float | None = None,
    ) -> None:
        """Compile `sources`, file names in `directory`, into `target` there, or raise `CompilerError`.

        Only names travel on the command line, and the caller chooses them.
        """
        words = [*self.command, *flags, *sources, "-o", target, *libraries]
        said = run(words, directory, until)
        if not (directory / target).is_file():
            raise CompilerError(
                f"the C compiler {shlex.join(self.command)} succeeded but wrote no {target}\n{said}".rstrip()
            )


def extra_flags() -> tuple[str, ...]:
    """Return the flags in `GRADC_CFLAGS`."""
    try:
        words = tuple(shlex.split(os.environ.get("GRADC_CFLAGS", "")))
    except ValueError as error:
        raise CompilerError(f"GRADC_CFLAGS cannot be split into words: {error}") from None
    for word in words:
        if word in _FORBIDDEN:
            raise CompilerError(f"GRADC_CFLAGS holds {word}, which breaks NaN and infinity; leave it out")
    return words


def candidates() -> Iterator[tuple[str, ...]]:
    """Yield the commands that may start a C compiler, the preferred one first."""
    chosen = os.environ.get("GRADC_CC", "").strip()
    if chosen:
        words = _words("GRADC_CC", chosen)
        path = _which(words[0])
        if path is None:
            raise CompilerNotFoundError(f"GRADC_CC names {words[0]!r}, which is no program that can be run")
        yield (os.path.abspath(path), *words[1:])
        return
    usual = os.environ.get("CC", "").strip()
    for words in (*([_words("CC", usual)] if usual else []), ("cc",), ("gcc",), ("clang",)):
        path = _which(words[0])
        if path is not None:
            yield (os.path.abspath(path), *words[1:])
    if importlib.util.find_spec("ziglang") is not None:
        yield (sys.executable, "-m", "ziglang", "cc")


def _which(command: str) -> str | None:
    """`shutil.which`, which is slow to import, for systems where a program's name is all of it."""
    if os.name != "posix":
        import shutil

        return shutil.which(command)
    folders = [""] if os.path.dirname(command) else os.environ.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        path = os.path.join(folder, command)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def _words(variable: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise CompilerNotFoundError(f"{variable} cannot be split into words: {error}") from None


# The commands that took too long in this process, and what was said of them: nobody waits for them twice.
_hung: dict[tuple[str, str | None], str] = {}


def find_compiler(cache: Cache) -> Compiler:
    """Return the first compiler that works, probed once and then remembered in `cache`."""
    until = deadline()
    complaint = ""
    for command in candidates():
        note = f"compiler-{_fingerprint(command)}"
        known = _restore(cache.recall(note), command)
        if known is not None:
            return known
        given_up = (note, os.environ.get("GRADC_CC_TIMEOUT"))
        try:
            if given_up in _hung:
                raise TooLongError(_hung[given_up])
            with cache.alone(note):
                found = _restore(cache.recall(note), command) or probe(command, until)
                fields = ("version", "flags", "native", "link", "openmp")
                cache.remember(note, {name: getattr(found, name) for name in fields})
        except CompilerError as error:
            if isinstance(error, TooLongError):
                _hung[given_up] = str(error)
            # The time is one for all candidates.
            if os.environ.get("GRADC_CC", "").strip() or isinstance(error, TooLongError):
                raise
            complaint += f"\n{shlex.join(command)}: {error}"
            continue
        return found
    if complaint:
        raise CompilerNotFoundError(f"no C compiler works{complaint}")
    raise CompilerNotFoundError(
        "no C compiler was found: install gcc or clang, or `pip install gradc[zig]`, or name one in GRADC_CC"
    )


def probe(command: tuple[str, ...], until: float | None = None) -> Compiler:
    """Ask a compiler for its version, and try the flags on it."""
    import itertools
    import tempfile

    version = run([*command, "--version"], None, until)
    family = _ZIG + _CLANG if "ziglang" in command else _CLANG if "clang" in version.lower() else _GCC
    with tempfile.TemporaryDirectory(prefix="gradc-probe-") as name:
        directory = Path(name)
        (directory / "probe.c").write_text(_PROBE)
        (directory / "parallel.c").write_text(_PARALLEL_PROBE)
        plain = Compiler(command, version, ())
        serial = itertools.count()

        def accepts(flags: Sequence[str], source: str = "probe.c") -> bool:
            target = f"probe{next(serial)}.so"
            try:
                plain.build(directory, [source], target, [*flags, "-shared", "-Werror"], until=until)
                # A vector exp that no library has shows only here: the linker lets shared objects lack symbols.
                _cffi_backend.load_library(str(directory / target), _cffi_backend.RTLD_NOW)
            except (CompilerError, OSError):
                return False
            return True

        # With no flag at all it must do, or it is no compiler for shared objects; this raises what it says.
        plain.build(directory, ["probe.c"], "probe.so", ["-shared", "-fPIC"], until=until)
        wanted = (*_COMMON, *family)
        if accepts([*wanted, *_NATIVE, *_LINK]):
            openmp = _OPENMP if accepts([*wanted, *_NATIVE, *_LINK, *_OPENMP], "parallel.c") else ()
            return Compiler(command, version, wanted, _NATIVE, _LINK, openmp)
        flags: list[str] = []
        for flag in wanted:
            if accepts([*flags, flag]):
                flags.append(flag)
        native = _NATIVE if accepts([*flags, *_NATIVE]) else ()
        link = _LINK if accepts([*flags, *_LINK]) else ()
        openmp = _OPENMP if accepts([*flags, *native, *link, *_OPENMP], "parallel.c") else ()
        return Compiler(command, version, tuple(flags), native, link, openmp)


def _fingerprint(command: tuple[str, ...]) -> str:
    """Return a hash that changes when the compiler is replaced, without running it."""
    program = os.path.realpath(command[0])
    parts = [repr(command), program, processor()]
    with contextlib.suppress(OSError):
        status = os.stat(program)
        parts += [str(status.st_size), str(status.st_mtime_ns), str(status.st_ino)]
    if "ziglang" in command:
        found = importlib.util.find_spec("ziglang")
        parts.append(str(found.origin if found else ""))
    flags = (*_COMMON, *_GCC, *_CLANG, *_ZIG, *_NATIVE, *_LINK, *_OPENMP)
    return str(sha256("\0".join([*parts, *flags]).encode()).hexdigest())[:32]


def _restore(note: object, command: tuple[str, ...]) -> Compiler | None:
    """Return the compiler that a note describes, or None if the note is missing or damaged."""
    if not isinstance(note, dict) or not isinstance(note.get("version"), str):
        return None
    allowed = {"flags": {*_COMMON, *_GCC, *_CLANG, *_ZIG}, "native": {*_NATIVE}, "link": {*_LINK}, "openmp": {*_OPENMP}}
    parts = []
    for name, known in allowed.items():
        words = note.get(name)
        if not isinstance(words, list) or not all(isinstance(word, str) and word in known for word in words):
            return None
        parts.append(tuple(words))
    return Compiler(command, note["version"], *parts)


@remember
def processor() -> str:
    """Return what tells this machine's processor from others, as far as compiled code cares."""
    features = ""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
        for line in lines:
            key, _, text = line.partition(":")
            if key.strip() in ("model name", "flags", "Features", "CPU part", "isa"):
                features += f"{key.strip()}: {' '.join(sorted(text.split()))}\n"
            if not line.strip() and features:
                break
    return features or platform.processor()


def machine() -> tuple[str, ...]:
    """Return what else a binary depends on: the system, the pointer's size, the byte order, the C library."""
    return (sysconfig.get_platform(), str(sys.maxsize.bit_length() + 1), sys.byteorder, "-".join(platform.libc_ver()))
