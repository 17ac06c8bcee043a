"""The C compiler: which one, which flags it accepts, and whether its arithmetic is that of C.

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

from gradc.errors import CompilerError, CompilerNotFoundError
from gradc.runtime import texts
from gradc.runtime.cache import Cache, brief_directory, read, sha256
from gradc.runtime.objects import open_object
from gradc.runtime.processes import MOST_SHOWN, TooLongError, deadline, run

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

_PROBE = """\
int gradc_probe(int x);
int gradc_probe(int x) { return x; }
"""

_SOUND = "computes what C says"

# What compilers and their wrappers hear beside their command line.
_HEARD = (
    "CCC_OVERRIDE_OPTIONS",
    "COMPILER_PATH",
    "CPATH",
    "C_INCLUDE_PATH",
    "GCC_EXEC_PREFIX",
    "LIBRARY_PATH",
    "MACOSX_DEPLOYMENT_TARGET",
    "NIX_CFLAGS_COMPILE",
    "NIX_LDFLAGS",
    "SDKROOT",
)


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
    """

    command: tuple[str, ...]
    version: str
    flags: tuple[str, ...]
    native: tuple[str, ...] = ()
    link: tuple[str, ...] = ()

    def identity(self, flags: Sequence[str]) -> tuple[str, ...]:
        """Return all that an object depends on which this compiler makes with these flags."""
        return (*flags, *self.command, self.version, *surroundings((*self.command[1:], *flags)))

    @property
    def kernel_flags(self) -> tuple[str, ...]:
        """Every flag of a shared kernel for this machine, but for the libraries."""
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
                f"the C compiler {shlex.join(self.command)} succeeded but wrote no {target}\n"
                f"{said[:MOST_SHOWN]}".rstrip()
            )


def extra_flags() -> tuple[str, ...]:
    """Return the flags in `GRADC_CFLAGS`."""
    return _words("GRADC_CFLAGS", os.environ.get("GRADC_CFLAGS", ""), CompilerError)


def surroundings(words: Sequence[str]) -> tuple[str, ...]:
    """Return what the meaning of a command line depends on beside its words: the files that it names, and variables."""
    found = [f"{name}={os.environ[name]}" for name in _HEARD if name in os.environ]
    for word in words:
        # A file stands alone, or behind an equals sign (-specs=FILE).
        name = word.partition("=")[2] if word.startswith("-") else word
        if name and os.path.isfile(name):
            with contextlib.suppress(OSError):
                found.append(f"{name} {sha256(read(os.path.realpath(name))).hexdigest()}")
    return tuple(found)


def candidates() -> Iterator[tuple[str, ...]]:
    """Yield the commands that may start a C compiler, the preferred one first."""
    chosen = os.environ.get("GRADC_CC", "").strip()
    if chosen:
        words = _words("GRADC_CC", chosen, CompilerNotFoundError)
        path = _which(words[0])
        if path is None:
            raise CompilerNotFoundError(f"GRADC_CC names {words[0]!r}, which is no program that can be run")
        yield (os.path.abspath(path), *words[1:])
        return
    usual = os.environ.get("CC", "").strip()
    for words in (*([_words("CC", usual, CompilerNotFoundError)] if usual else []), ("cc",), ("gcc",), ("clang",)):
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


def _words(variable: str, text: str, kind: type[CompilerError]) -> tuple[str, ...]:
    """Split a variable into words, with the words of a file in the place of ``@file``, as compilers read them."""
    words: list[str] = []
    files = 0
    try:
        ahead = shlex.split(text)[::-1]
        while ahead:
            word = ahead.pop()
            if not word.startswith("@"):
                words.append(word)
                continue
            files += 1
            if files > 100:
                raise kind(f"{variable} names {word}, which names itself again")
            ahead += shlex.split(read(os.path.realpath(word[1:])).decode())[::-1]
    except OSError as error:
        raise kind(f"{variable} names a file of flags that cannot be read: {error}") from None
    except ValueError as error:
        raise kind(f"{variable} cannot be split into words: {error}") from None
    return tuple(words)


# The commands that took too long in this process, and what was said of them: nobody waits for them twice.
_hung: dict[tuple[str, str | None], str] = {}


def find_compiler(cache: Cache) -> Compiler:
    """Return the first compiler that works, probed once and then remembered in `cache`.

    Raises
    ------
    CompilerError
        Where its arithmetic is not that of C. `CompilerNotFoundError` where there is none that works.
    """
    until = deadline()
    complaint = ""
    for command in candidates():
        note = f"compiler-{_fingerprint(command)}"
        try:
            found = _probed(command, note, cache, until)
        except CompilerError as error:
            # The time is one for all candidates.
            if os.environ.get("GRADC_CC", "").strip() or isinstance(error, TooLongError):
                raise
            complaint += f"\n{shlex.join(command)}: {error}"
            continue
        _judge(found, note, cache, until)
        return found
    if complaint:
        raise CompilerNotFoundError(f"no C compiler works{complaint}")
    raise CompilerNotFoundError(
        "no C compiler was found: install gcc or clang, or `pip install gradc[zig]`, or name one in GRADC_CC"
    )


def _probed(command: tuple[str, ...], note: str, cache: Cache, until: float) -> Compiler:
    known = _restore(cache.recall(note), command)
    if known is not None:
        return known
    with cache.alone(note):
        known = _restore(cache.recall(note), command)
        if known is not None:
            return known
        given_up = (note, os.environ.get("GRADC_CC_TIMEOUT"))
        if given_up in _hung:
            raise TooLongError(_hung[given_up])
        try:
            found = probe(command, until)
        except TooLongError as error:
            _hung[given_up] = str(error)
            raise
        fields = ("version", "flags", "native", "link")
        cache.remember(note, {name: getattr(found, name) for name in fields})
        return found


def _judge(compiler: Compiler, known: str, cache: Cache, until: float) -> None:
    """Raise `CompilerError` where the flags in `GRADC_CFLAGS` change the arithmetic; tried once, then remembered."""
    extra = extra_flags()
    if not extra:
        return
    words = [word for word in (*compiler.flags, *compiler.native, *compiler.link, *extra) if word != "-shared"]
    parts = [known, *words, *surroundings(extra)]
    note = f"arithmetic-{sha256(repr(parts).encode()).hexdigest()[:32]}"
    if cache.recall(note) == _SOUND:
        return
    with cache.alone(note):
        if cache.recall(note) != _SOUND:
            with _directory() as directory:
                _try_arithmetic(compiler, directory, words, until, extra)
            cache.remember(note, _SOUND)


def probe(command: tuple[str, ...], until: float | None = None) -> Compiler:
    """Ask a compiler for its version, and try its arithmetic and the flags."""
    version = run([*command, "--version"], None, until)
    family = _ZIG + _CLANG if "ziglang" in command else _CLANG if "clang" in version.lower() else _GCC
    plain = Compiler(command, version, ())
    with _directory() as directory:

        def accepts(flags: Sequence[str]) -> bool:
            try:
                _try_arithmetic(plain, directory, [*flags, "-Werror"], until)
            except _ArithmeticError:
                raise
            except CompilerError:
                return False
            return True

        wanted = (*_COMMON, *family)
        found = Compiler(command, version, wanted, _NATIVE, _LINK)
        if not accepts([*wanted, *_NATIVE, *_LINK]):
            # With no flag at all it must do, or it is no compiler; this raises what it says.
            _try_arithmetic(plain, directory, [], until)
            flags: list[str] = []
            for flag in wanted:
                if accepts([*flags, flag]):
                    flags.append(flag)
            native = _NATIVE if accepts([*flags, *_NATIVE]) else ()
            link = _LINK if accepts([*flags, *_LINK]) else ()
            found = Compiler(command, version, tuple(flags), native, link)
        # That the arithmetic is sane is known by now: loading an object of a compiler with -ffast-math would have
        # changed that of this process.
        words = (*found.flags, *found.native, *found.link)
        (directory / "probe.c").write_text(_PROBE, encoding="utf-8")
        plain.build(directory, ["probe.c"], "probe.so", [*words, "-fPIC", "-shared"], until=until)
        open_object(directory / "probe.so", "gradc_probe")
        return found


class _ArithmeticError(CompilerError):
    """A compiler that computes something else than C says."""


def _try_arithmetic(
    compiler: Compiler, directory: Path, flags: Sequence[str], until: float | None, named: Sequence[str] = ()
) -> None:
    """Raise `CompilerError` where a program that is built with these flags does not run, or computes wrong numbers."""
    (directory / "arithmetic.c").write_text(_trial()[0], encoding="utf-8")
    target = directory / "arithmetic"
    target.unlink(missing_ok=True)
    compiler.build(directory, ["arithmetic.c"], target.name, flags, until=until)
    wrong = run([str(target)], None, until, called="a program that the C compiler built")
    if wrong:
        raise _ArithmeticError(
            f"{shlex.join((*compiler.command, *named))} does not compute what C says, which would make kernels wrong "
            f"({wrong[:200]}); leave -ffast-math, its parts and the like out of the compiler's command and GRADC_CFLAGS"
        )


@contextlib.contextmanager
def _directory() -> Iterator[Path]:
    """Give a directory for a probe."""
    import tempfile

    try:
        with brief_directory("gradc-probe-", Path(tempfile.gettempdir())) as directory:
            yield directory
    except OSError as error:
        raise CompilerError(f"the C compiler cannot be tried out: {error}") from None


def _fingerprint(command: tuple[str, ...]) -> str:
    """Return a hash that changes when the compiler is replaced, without running it."""
    program = os.path.realpath(command[0])
    parts = [repr(command), program, processor(), *surroundings(command[1:])]
    with contextlib.suppress(OSError):
        status = os.stat(program)
        parts += [str(status.st_size), str(status.st_mtime_ns), str(status.st_ino)]
    if "ziglang" in command:
        found = importlib.util.find_spec("ziglang")
        parts.append(str(found.origin if found else ""))
    flags = (*_COMMON, *_GCC, *_CLANG, *_ZIG, *_NATIVE, *_LINK)
    about = "\0".join([*parts, _trial()[1], *flags]).encode("utf-8", "surrogateescape")  # as names of files may be
    return str(sha256(about).hexdigest())[:32]


@remember
def _trial() -> tuple[str, str]:
    """Return the program that tries arithmetic, and its hash."""
    text = texts.read("arithmetic.c")
    return text, sha256(text.encode()).hexdigest()


def _restore(note: object, command: tuple[str, ...]) -> Compiler | None:
    """Return the compiler that a note describes, or None if the note is missing or damaged."""
    if not isinstance(note, dict) or not isinstance(note.get("version"), str):
        return None
    allowed = {"flags": {*_COMMON, *_GCC, *_CLANG, *_ZIG}, "native": {*_NATIVE}, "link": {*_LINK}}
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
