"""Kernels built ahead of time: C, a header, and an importable package that needs cffi and NumPy alone.

    build_artefact("logistic", c_text, header_text, entries, Path("kernels"))

writes

    kernels/logistic.c, kernels/logistic.h      for C and C++
    kernels/logistic/__init__.py, .pyi          ``import logistic; logistic.value_and_grad(w, X, y, lam)``
    kernels/logistic/_module.py                 the records of the kernels
    kernels/logistic/_kernels.abi3.so           the same C as a cffi extension module
    kernels/logistic/_arguments.py, …           the checks of arguments, as gradc itself makes them, and where
                                                derivatives have blocks what puts them together

``__init__.py`` holds the hash of every other file, and looks at them before anything is loaded.

Everything is made aside, imported once to see that it works, and then moved; a failure leaves what was there.
"""

from __future__ import annotations

import keyword
import os
import platform
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any, NamedTuple

import cffi
from cffi.recompiler import make_c_source

from gradc import errors
from gradc.errors import ArgumentError, CompilerError
from gradc.runtime import arguments, blocks, calls, interpreters, once, sparse, texts, threads
from gradc.runtime.arguments import Entry, Nesting, Value, c_types, check_identifier, parameters_of, words_of
from gradc.runtime.blocks import Block, Form, arguments_of, render_form
from gradc.runtime.cache import brief_directory, open_cache, sha256
from gradc.runtime.calls import record_layout
from gradc.runtime.native import FLAGS as TEAM_FLAGS
from gradc.runtime.processes import run
from gradc.runtime.toolchain import Compiler, extra_flags, find_compiler

# What gcc and clang define for an instruction set, and what they call it when asked at run time.
_FEATURES = (
    ("__SSE4_2__", "sse4.2"),
    ("__POPCNT__", "popcnt"),
    ("__AVX__", "avx"),
    ("__AVX2__", "avx2"),
    ("__FMA__", "fma"),
    ("__BMI__", "bmi"),
    ("__BMI2__", "bmi2"),
    ("__AVX512F__", "avx512f"),
    ("__AVX512CD__", "avx512cd"),
    ("__AVX512DQ__", "avx512dq"),
    ("__AVX512VL__", "avx512vl"),
    ("__AVX512BW__", "avx512bw"),
    ("__AVX512IFMA__", "avx512ifma"),
    ("__AVX512VBMI__", "avx512vbmi"),
    ("__AVX512VBMI2__", "avx512vbmi2"),
    ("__AVX512VNNI__", "avx512vnni"),
    ("__AVX512BITALG__", "avx512bitalg"),
    ("__AVX512VPOPCNTDQ__", "avx512vpopcntdq"),
    ("__AVX512BF16__", "avx512bf16"),
    ("__AVX512FP16__) && !defined(__clang__", "avx512fp16"),  # clang has no name for it
    ("__GFNI__", "gfni"),
    ("__VPCLMULQDQ__", "vpclmulqdq"),
)
_FEATURES_FILE = "features.h"
_SUPPORTED = "gradc_supported"

# What a package or its user imports, beside the standard library, and the headers that its C includes.
_IMPORTED = frozenset({"numpy", "scipy", "cffi", "pycparser", "gradc"})
_INCLUDED = frozenset({"math", "omp", "stddef", "stdint", "Python"})
_LIMIT = "gradc_threads"
_LIMIT_PROTOTYPE = f"int {_LIMIT}(int count);"

# Where gradc's own modules import one another, and what stands there in an artefact.
_VENDORED = (
    (errors, "_errors.py"),
    (interpreters, "_interpreters.py"),
    (once, "_once.py"),
    (arguments, "_arguments.py"),
    (calls, "_calls.py"),
)
_VENDORED_FOR_THREADS = ((threads, "_threads.py"),)
_VENDORED_FOR_BLOCKS = ((sparse, "_sparse.py"), (blocks, "_blocks.py"))
_IMPORTS = (
    ("from gradc.errors import", "from ._errors import"),
    ("from gradc import errors\n", "from . import _errors as errors\n"),
    ("from gradc.runtime.arguments import", "from ._arguments import"),
    ("from gradc.runtime.once import", "from ._once import"),
    ("from gradc.runtime.calls import", "from ._calls import"),
    ("from gradc.runtime.sparse import", "from ._sparse import"),
)


class Shipped(NamedTuple):
    """A derivative in blocks: the names of its kernel and of that of its places, its blocks, and their form."""

    name: str
    places: str | None
    blocks: tuple[Block, ...]
    form: Form


def build_artefact(
    name: str,
    c_text: str,
    header_text: str,
    entries: Iterable[Entry],
    directory: Path,
    *,
    derivatives: Sequence[Shipped] = (),
    compiler: Compiler | None = None,
    native: bool = True,
) -> tuple[Path, ...]:
    """Write an importable package with its C, and return the paths of what was written.

    Parameters
    ----------
    name
        The package's name, and that of the C files.
    c_text, header_text
        The kernels; ``#include "NAME.h"`` must declare them.
    entries
        Their records.
    directory
        Where to put them. Several artefacts can share it.
    derivatives
        Those of the kernels whose results are put together of blocks, which sparse ones need SciPy for.
    compiler
        By default the machine's.
    native
        Whether to use every instruction of this machine's processor. The package then says so at import on one that
        lacks them.

    Raises
    ------
    CompilerError
        With the compiler's message and the path of the C, or where the package cannot be written.
    """
    check_name(name)
    entries = tuple(entries)
    for entry in entries:
        if entry.name.startswith("_"):
            raise ArgumentError(f"{entry.name!r} cannot be a public name of a package: choose another with name=...")
    compiler = find_compiler(open_cache()) if compiler is None else compiler
    try:
        directory.mkdir(parents=True, exist_ok=True)
        # Aside, but on the same file system, so that the last step is a rename.
        with brief_directory(".gradc-", directory) as aside:
            return _build(name, c_text, header_text, entries, derivatives, aside, compiler, native)
    except OSError as error:
        raise CompilerError(f"the package {name[:60]} cannot be written to {directory}: {error.strerror}") from None


def _build(
    name: str,
    c_text: str,
    header_text: str,
    entries: Sequence[Entry],
    derivatives: Sequence[Shipped],
    aside: Path,
    compiler: Compiler,
    native: bool,
) -> tuple[Path, ...]:
    directory = aside.parent
    (aside / f"{name}.c").write_text(c_text, encoding="utf-8")
    (aside / f"{name}.h").write_text(header_text, encoding="utf-8")
    package = aside / name
    package.mkdir()
    for file, text in python_files(name, entries, derivatives).items():
        (package / file).write_text(text, encoding="utf-8")
    try:
        _compile(name, entries, aside, compiler, native)
        (package / "__init__.py").write_text(_loader(name, entries, derivatives, package), encoding="utf-8")
    except CompilerError as error:
        kept = directory / f"{name}.failed.c"
        os.replace(aside / f"{name}.c", kept)
        raise type(error)(f"{error}\nthe C is kept in {kept}") from None
    # What does not import here must not replace what is there.
    try:
        words = [sys.executable, "-B", "-c", f"import {name}"]
        run(words, aside, bounded=False, called="Python")
    except CompilerError as error:
        raise CompilerError(f"the package {name} was built but cannot be imported: {error}") from None
    return _publish(name, aside, directory)


def check_name(name: str) -> str:
    """Return `name` if it can be the name of a package and of C files, else raise `ArgumentError`."""
    check_identifier(name)
    if keyword.iskeyword(name) or name.startswith("_"):
        raise ArgumentError(f"{name!r} cannot be the name of a package: choose another with name=...")
    if name in sys.stdlib_module_names or name in _IMPORTED:
        raise ArgumentError(
            f"{name!r} cannot be the name of a package: an import of the module {name} would find it; "
            "choose another with name=..."
        )
    if name in _INCLUDED:
        raise ArgumentError(
            f"{name!r} cannot be the name of a package: its header would be found in the place of <{name}.h>; choose "
            "another with name=..."
        )
    return name


def python_files(name: str, entries: Sequence[Entry], derivatives: Sequence[Shipped] = ()) -> dict[str, str]:
    """Return the Python files of the package by name, but for the one that looks through all others."""
    kernels = _records(entries, derivatives)
    records = [record for record in kernels if record["public"]]
    parallel = any(entry.parallel for entry in entries)
    # What a derivative calls stands before it.
    kernels.sort(key=lambda record: bool(record["public"]))
    files = {
        "_module.py": texts.fill(
            "module.py.j2",
            name=name,
            kernels=kernels,
            entries=records,
            derivatives=derivatives,
            supported=_SUPPORTED,
            limit=_LIMIT if parallel else "",
        ),
        "__init__.pyi": texts.fill("stub.pyi.j2", name=name, entries=records),
        "py.typed": "",
    }
    more = (*(_VENDORED_FOR_THREADS if parallel else ()), *(_VENDORED_FOR_BLOCKS if derivatives else ()))
    for module, file in (*_VENDORED, *more):
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        for ours, theirs in _IMPORTS:
            text = text.replace(ours, theirs)
        files[file] = text
    return files


def _loader(name: str, entries: Sequence[Entry], derivatives: Sequence[Shipped], package: Path) -> str:
    """Return the `__init__.py` of a package that is complete but for it: its last line is the hash of all others."""
    kernels = _records(entries, derivatives)
    text = texts.fill(
        "loader.py.j2",
        name=name,
        entries=[record for record in kernels if record["public"]],
        derivatives=derivatives,
        files=[(path.name, sha256(path.read_bytes()).hexdigest()) for path in sorted(package.iterdir())],
        machine=repr(f"{sys.platform} {platform.machine()}, {sys.maxsize.bit_length() + 1} bits"),
    )
    return f"{text}# {sha256(text.encode()).hexdigest()}\n"


def _records(entries: Sequence[Entry], derivatives: Sequence[Shipped]) -> list[dict[str, Any]]:
    shipped = {derivative.name: derivative for derivative in derivatives}
    within = {derivative.places for derivative in derivatives}
    return [_record(entry, shipped.get(entry.name), entry.name in within) for entry in entries]


def _record(entry: Entry, shipped: Shipped | None = None, within: bool = False) -> dict[str, Any]:
    given = entry.inputs if shipped is None else arguments_of(entry, shipped.blocks)
    parameters = [(value.name, "ArrayLike" if value.shape else "float") for value in given]
    return {
        "name": entry.name,
        "public": not within,
        "self": _self_beside([value.name for value in given]),
        "target": f"_{entry.name}" if within or shipped is not None else entry.name,
        "places": None if shipped is None or shipped.places is None else f"_{shipped.places}",
        "blocks": None if shipped is None else [repr(block) for block in shipped.blocks],
        "form": None if shipped is None else render_form(shipped.form),
        "symbol": entry.symbol,
        "parallel": entry.parallel,
        "signature": f"{entry.name}({', '.join(value.name for value in given)})",
        "dims": repr(entry.dims),
        "inputs": [repr(value) for value in entry.inputs],
        "outputs": [repr(value) for value in entry.outputs],
        "statuses": repr(dict(entry.statuses)),
        "constraints": repr(entry.constraints),
        "returns": repr(entry.returns),
        "summary": repr(entry.summary),
        "parameters": [f"{name}: {kind}" for name, kind in parameters],
        "options": [f"{name}: {kind} = ..." for name, kind in parameters],
        "result": "Any" if shipped is not None else _annotation(entry.nesting, entry.outputs),
    }


def _self_beside(names: Sequence[str]) -> str:
    """What a method calls the object that it is of, beside arguments of these names."""
    own = "self"
    while own in names:
        own += "_"
    return own


def _annotation(nesting: Nesting, outputs: Sequence[Value]) -> str:
    if not isinstance(nesting, int):
        return f"tuple[{', '.join(_annotation(item, outputs) for item in nesting)}]"
    value = outputs[nesting]
    if value.shape:
        return f"NDArray[np.{value.dtype}{'_' if value.dtype == 'bool' else ''}]"
    return "bool" if value.dtype == "bool" else "float" if value.dtype.startswith("float") else "int"


def _compile(name: str, entries: Sequence[Entry], aside: Path, compiler: Compiler, native: bool) -> None:
    # gradc's own way of running a compiler, rather than cffi's: with a time-out, GRADC_CC and no setuptools.
    parallel = any(entry.parallel for entry in entries)
    flags = (*compiler.flags, *(compiler.native if native else ()), *extra_flags())
    natives = []
    if any(entry.stops for entry in entries):
        flags += ("-DGRADC_STOP=gradc_interrupt",)
        natives.append("interrupt")
    if parallel:
        flags += ("-DGRADC_TEAM=gradc_team",)
        natives.append("team")
    for native_part in natives:
        (aside / f"{native_part}.c").write_text(texts.read(f"{native_part}.c"), encoding="utf-8")
        words = [*TEAM_FLAGS, "-fvisibility=hidden", "-c"]
        compiler.build(aside, [f"{native_part}.c"], f"{native_part}.o", words, libraries=())
    objects = ["kernels.o", *(f"{part}.o" for part in natives)]
    compiler.build(aside, [f"{name}.c"], "kernels.o", [*flags, "-c"], libraries=())
    march = [*(compiler.native if native else ()), *(flag for flag in extra_flags() if flag.startswith("-m"))]
    (aside / "features.c").write_text(texts.fill("features.h.j2", features=_FEATURES), encoding="utf-8")
    compiler.build(aside, ["features.c"], _FEATURES_FILE, [*march, "-E", "-P"], libraries=())
    source = texts.fill(
        "supported.c.j2",
        include=f'#include "{name}.h"',
        features=_FEATURES_FILE,
        supported=_SUPPORTED,
        environment=texts.read("environment.c"),
        limit=_LIMIT_PROTOTYPE if parallel else "",
        kernels=[
            {
                "symbol": entry.symbol,
                "parameters": _parameters(entry),
                "arguments": ", ".join(parameters_of(entry)),
                "words": ", ".join(words_of(entry)),
                "record": record_layout(entry).size if entry.by_record else 0,
            }
            for entry in entries
        ],
    )
    binding = cffi.FFI()
    binding.cdef(prototypes(entries))
    make_c_source(binding, f"{name}._kernels", source, str(aside / "binding.c"))
    # The one ABI of all CPython versions, where the interpreter has it.
    suffix = ".abi3.so" if ".abi3.so" in EXTENSION_SUFFIXES else EXTENSION_SUFFIXES[0]
    target = f"{name}/_kernels{suffix}"
    link = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []
    # Without the flags of the processor, but for its ABI: this asks whether it has what the kernels need, first of all.
    include = f"-I{sysconfig.get_path('include')}"
    abi = [flag for flag in march if flag.startswith(("-m32", "-m64", "-mx32", "-mabi", "-mfloat-abi", "-mcmodel"))]
    words = ["-O2", "-fPIC", "-Werror=incompatible-pointer-types", *abi, "-shared", *compiler.link]
    words += [*(TEAM_FLAGS if natives else ()), *link, include]
    compiler.build(aside, ["binding.c", *objects], target, words)


def prototypes(entries: Sequence[Entry]) -> str:
    """Return what cffi reads: each kernel's declaration, from its record."""
    lines = [f"int {_SUPPORTED}(void);"]
    if any(entry.parallel for entry in entries):
        lines.append(_LIMIT_PROTOTYPE)
    for entry in entries:
        kernel, work = c_types(entry)
        lines.append(f"size_t {entry.symbol}_work({', '.join(work) or 'void'});")
        lines.append(f"int {entry.symbol}({', '.join(kernel)});")
    return "\n".join(lines)


def _parameters(entry: Entry) -> str:
    kernel, _ = c_types(entry)
    return ", ".join((f"const struct {entry.symbol}_arguments *", *kernel[1:]) if entry.by_record else kernel)


def _publish(name: str, aside: Path, directory: Path) -> tuple[Path, ...]:
    target = directory / name
    # A directory cannot replace one that is not empty: the old one goes into the temporary directory.
    if target.is_symlink() or target.exists():
        os.rename(target, aside / f"{name}.old")
    try:
        os.rename(aside / name, target)
    except OSError:
        if (aside / f"{name}.old").exists():
            os.rename(aside / f"{name}.old", target)
        raise
    for suffix in (".c", ".h"):
        os.replace(aside / f"{name}{suffix}", directory / f"{name}{suffix}")
    return (directory / f"{name}.c", directory / f"{name}.h", target)
