"""The command line: build, show, check, doctor and cache.

    gradc build losses.py -o kernels

Everything heavier than click is imported by the command that needs it, so that ``gradc --help`` answers at once.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from gradc.errors import CompilerError, GradcError
from gradc.modes import SHIPPED

if TYPE_CHECKING:
    from rich.console import Console

    from gradc.compiled import Kernel

DTYPES = click.Choice(["float64", "float32"])
DERIVATIVES = tuple(label for label, mode in SHIPPED.items() if not mode.dense)
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
EXIT_CODES = """\
\b
Exit codes:
  0  all is well
  1  a loss does not compile, or a gradient is wrong
  2  the command line is wrong, or FILE cannot be imported or holds no kernels
"""


class Unusable(click.ClickException):
    """What was asked for cannot be begun."""

    exit_code = 2


class Found(NamedTuple):
    """A kernel of a file: the name it has there, and the object, not yet compiled."""

    variable: str
    value: Any


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES + "\nSet GRADC_DEBUG=1 to see every stage of a compilation, and tracebacks.",
)
@click.version_option(package_name="gradc", prog_name="gradc")
def main() -> None:
    """Compile losses to small C kernels with gradients.

    \b
    Examples:
      gradc build losses.py -o kernels        # NAME.c, NAME.h and an importable module for each loss
      gradc show "sum((X @ w - y)**2)" --signature "w[d], X[n,d], y[n]"
      gradc check losses.py
      gradc doctor
    """


@main.command(epilog=EXIT_CODES)
@click.argument("file", type=FILE)
@click.option(
    "-o",
    "--output",
    "directory",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to put what is built; made if it is not there.",
)
@click.option("--dtype", type=DTYPES, help="Build in this precision, whatever the decorators say.")
@click.option(
    "--with",
    "derivatives",
    metavar="NAMES",
    callback=lambda _context, _option, text: _derivatives(text),
    help=f"Ship these too, with commas: {', '.join(DERIVATIVES)}; with _dense behind it, whole arrays also of what is "
    "sparse.",
)
def build(file: Path, directory: Path, dtype: str | None, derivatives: tuple[str, ...]) -> None:
    """Compile every decorated loss of FILE ahead of time.

    For each it writes NAME.c and NAME.h, for C and C++, and the package NAME, which needs cffi and NumPy alone to run
    (sparse derivatives need SciPy). What --with names is left out of losses that have no such derivative: an array has
    no Hessian.

    \b
    Example:
      gradc build losses.py -o kernels --with hessian,hvp
      PYTHONPATH=kernels python -c "import logistic; print(logistic.value_and_grad, logistic.hessian)"
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = _console(stderr=False)
    kernels = _load(file, console)
    built: dict[str, str] = {}
    failures = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("building", total=len(kernels))
        for found in kernels:
            progress.update(task, description=f"building {found.variable}")
            try:
                line = _build_one(found, directory, dtype, built, file, derivatives)
            except _Failure as failure:
                failures += 1
                console.print(f"[red]failed[/] {found.variable}: ", end="")
                console.print(str(failure), markup=False, highlight=False)
            else:
                console.print(line)
            progress.advance(task)
    if failures:
        console.print(f"{failures} of {len(kernels)} {_plural('loss', len(kernels))} failed", style="red")
        raise SystemExit(1)
    console.print(f"built {len(built)} {_plural('loss', len(built))} in {directory}/", highlight=False)


def _derivatives(text: str | None) -> tuple[str, ...]:
    """The names that --with has, each once."""
    names = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    for name in names:
        if name not in SHIPPED:
            raise click.BadParameter(f"{name!r} is none of {', '.join(DERIVATIVES)}")
    return names


def _build_one(
    found: Found, directory: Path, dtype: str | None, built: dict[str, str], file: Path, derivatives: tuple[str, ...]
) -> str:
    from time import perf_counter

    from rich.markup import escape

    from gradc.artefacts import write_artefact
    from gradc.emit.names import c_identifier
    from gradc.making import retyped

    begin = perf_counter()
    with _explaining(file):
        kernel = _kernel(found)
        if dtype is not None:
            kernel = retyped(kernel, dtype)
        name = c_identifier(kernel.name)
        if name in built:
            raise GradcError(f"{built[name]} is called {name!r} too, and would be overwritten: give one a name=...")
        kept = tuple(name for name in derivatives if kernel.has(SHIPPED[name].name))
        paths = write_artefact(kernel, directory, kept)
    built[name] = found.variable
    names = ", ".join(path.name + ("/" if path.is_dir() else "") for path in paths)
    call = escape(f"{kernel.name}({kernel.signature})")
    lacking = ", ".join(name for name in derivatives if name not in kept)
    left_out = f", without {lacking}: it gives an array" if lacking else ""
    return f"[green]built[/] {call}: {names}{left_out} [dim]({perf_counter() - begin:.1f} s)[/]"


@main.command(epilog=EXIT_CODES)
@click.argument("formula")
@click.option("-s", "--signature", required=True, help='Arguments and their shapes: "w[d], X[n,d], y[n], lam".')
@click.option("-w", "--wrt", help="The arguments to differentiate by, with commas; by default the first real one.")
@click.option("--dtype", type=DTYPES, default="float64", show_default=True, help="The kernel's precision.")
@click.option("--name", help="What the C functions are called.")
@click.option("--ir", is_flag=True, help="Print the loss in index notation.")
@click.option("--gradient", is_flag=True, help="Print value and gradient in index notation.")
@click.option("--c", "c", is_flag=True, help="Print the C.")
def show(
    formula: str,
    signature: str,
    wrt: str | None,
    dtype: str,
    name: str | None,
    ir: bool,
    gradient: bool,
    c: bool,
) -> None:
    """Print what FORMULA compiles to: index notation, its gradient's, and C.

    Without --ir, --gradient or --c it prints all three. FORMULA is in NumPy style or in index notation, and may have
    several lines; "-" reads it from standard input. Nothing is compiled, so no C compiler is needed.

    \b
    Examples:
      gradc show "mean(log(1 + exp(-y * (X @ w))))" -s "w[d], X[n,d], y[n]"
      gradc show "sum[i:n](softplus(-y[i] * sum[j:d](X[i,j] * w[j])))" -s "w[d], X[n,d], y[n]" --gradient
      gradc show "exp(-a**2) * sin(b * c)" -s "a, b, c" --wrt a,b,c --c > kernel.c
    """
    import gradc

    text = sys.stdin.read() if formula == "-" else formula
    names = [part.strip() for part in wrt.split(",") if part.strip()] if wrt is not None else None
    with _explaining(None, exits=True):
        chosen: Any = names[0] if names and len(names) == 1 else names
        kernel = gradc.compile(text, signature, wrt=chosen, dtype=dtype, name=name)
        parts: list[tuple[str, str, Callable[[], str]]] = [
            ("ir", "python", lambda: f"# {kernel.name}\n{kernel.program}"),
            ("gradient", "python", lambda: f"# {kernel.name}, its value and gradient\n{kernel.gradient}"),
            ("c", "c", lambda: kernel.c_source),
        ]
        wanted = {"ir": ir, "gradient": gradient, "c": c}
        shown = [
            (language, part().rstrip()) for key, language, part in parts if wanted[key] or not any(wanted.values())
        ]
    if not sys.stdout.isatty():
        click.echo("\n\n".join(text for _, text in shown))
        return
    from rich.syntax import Syntax

    for number, (language, part) in enumerate(shown):
        if number:
            click.echo()
        _console(stderr=False).print(Syntax(part, language, theme="ansi_dark", background_color="default"))


@main.command(epilog=EXIT_CODES)
@click.argument("file", type=FILE)
@click.option("--dtype", type=DTYPES, help="Check in this precision, whatever the decorators say.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random arguments.")
@click.option("-v", "--verbose", is_flag=True, help="Print the three numbers of each argument, also where they agree.")
def check(file: Path, dtype: str | None, seed: int, verbose: bool) -> None:
    """Compile every decorated loss of FILE and check its gradient.

    Reverse mode, forward mode and differences must agree along random directions. Arguments are drawn at random: small
    dimensions that all differ, integers within the axes that they index, and reals from the first of several
    distributions for which the loss is finite.

    \b
    Example:
      gradc check losses.py --dtype float32
    """
    from rich.markup import escape

    from gradc.making import retyped

    console = _console(stderr=False)
    failures = 0
    kernels = _load(file, _console())
    for found in kernels:
        try:
            with _explaining(file):
                kernel = _kernel(found)
                if dtype is not None:
                    kernel = retyped(kernel, dtype)
                report, drawn = _check_one(kernel, seed)
        except _Failure as failure:
            failures += 1
            console.print(f"[red]failed[/] {found.variable}: ", end="")
            console.print(str(failure), markup=False, highlight=False)
            continue
        call = escape(f"{kernel.name}({kernel.signature})")
        console.print(f"{'[green]agrees[/]' if report.ok else '[red]WRONG[/] '} {call} [dim]{escape(drawn)}[/]")
        if verbose or not report.ok:
            console.print(f"{report}\n", markup=False, highlight=False, soft_wrap=True)
        failures += not report.ok
    if failures:
        console.print(f"{failures} of {len(kernels)} {_plural('loss', len(kernels))} failed", style="red")
        raise SystemExit(1)
    console.print(f"{len(kernels)} {_plural('gradient', len(kernels))} checked, in three ways that agree")


def _check_one(kernel: Kernel, seed: int) -> tuple[Any, str]:
    import numpy as np

    import gradc
    from gradc.errors import IndexRangeError, SingularMatrixError
    from gradc.sampling import draw_sizes, samples

    sizes = ", ".join(f"{name}={value}" for name, value in draw_sizes(kernel.program).items())
    reason = "it is not finite"
    for recipe, arguments in samples(kernel.program, kernel.dtype, seed):
        try:
            with np.errstate(all="ignore"):
                value = kernel(*arguments)
                cotangent = np.ones_like(value, kernel.dtype) if np.ndim(value) else 1.0
                _, gradients = kernel.vjp(arguments, cotangent)
        except (SingularMatrixError, IndexRangeError) as error:
            reason = str(error)
            continue
        parts = gradients if isinstance(gradients, tuple) else (gradients,)
        if not all(np.all(np.isfinite(part)) for part in (value, *parts)):
            continue
        report = gradc.check_grad(kernel, *arguments, seed=seed)
        return report, f"at {sizes}{', ' if sizes else ''}reals {recipe}"
    raise GradcError(f"no random arguments were found at which it can be checked: {reason}")


@main.command(epilog=EXIT_CODES.replace("a loss does not compile, or a gradient is wrong", "something does not work"))
def doctor() -> None:
    """Tell what gradc works with: compiler, flags, cache, versions, processor; and try them.

    \b
    Example:
      GRADC_CC=clang gradc doctor
    """
    import platform

    from gradc.runtime.cache import open_cache

    def row(key: str, text: str) -> None:
        click.echo(f"{click.style(f'{key:16}', bold=True)} {text}")

    versions = [f"{name} {_version(name)}" for name in ("gradc", "numpy", "cffi", "sympy", "jinja2")]
    row("versions", ", ".join(versions))
    row("Python", f"{platform.python_version()} ({platform.python_implementation()}), {sys.executable}")
    cache = open_cache()
    count, size = _cache_size(cache.root)
    row("cache", f"{cache.root}: {count} {_plural('kernel', count)}, {size / 1e6:.1f} MB")
    for variable in ("GRADC_CACHE_DIR", "GRADC_CC", "GRADC_CFLAGS", "GRADC_CC_TIMEOUT", "GRADC_CC_MEMORY", "CC"):
        if variable in os.environ:
            row(variable, os.environ[variable])
    row("processor", f"{platform.machine()}, {os.cpu_count()} cores; {_features()}")
    try:
        _try_out(row)
    except CompilerError as error:
        row("does not work", str(error))
        raise SystemExit(1) from None


def _try_out(row: Any) -> None:
    """Compile a kernel and say how that went."""
    import shlex
    from time import perf_counter

    import numpy as np

    import gradc
    from gradc.runtime.accelerator import load_accelerator
    from gradc.runtime.cache import open_cache
    from gradc.runtime.library import load
    from gradc.runtime.native import load_team
    from gradc.runtime.threads import default_count, usable_processors
    from gradc.runtime.toolchain import find_compiler
    from gradc.units import render

    cache = open_cache()
    compiler = find_compiler(cache)
    row("compiler", f"{shlex.join(compiler.command)}: {compiler.version.splitlines()[0]}")
    row("flags", shlex.join(compiler.kernel_flags))
    row("fast calls", "yes" if load_accelerator(cache, compiler) is not None else "no: calls go through cffi alone")
    row("team", "yes" if load_team(cache, compiler) is not None else "no: kernels run on one thread")
    origin = f"GRADC_NUM_THREADS, else OMP_NUM_THREADS, else {usable_processors()} processors"
    row("threads", f"{default_count()} ({origin})")
    kernel = gradc.compile("sum(exp(x))", "x[n]", name="doctor", backend="c")
    unit = kernel.unit("value_and_grad")
    begin = perf_counter()
    library = load(render([unit], unit.program, kernel.name, kernel.dtype).c, [unit.entry])
    value, gradient = library.function(unit.entry)(np.zeros(3))
    took = perf_counter() - begin
    if value != 3.0 or gradient.tolist() != [1.0, 1.0, 1.0]:
        raise CompilerError(f"a kernel was compiled, and computes {value} in place of 3.0")
    # glibc's vector functions are named after the vector ABI: _ZGV and the instruction set's letter.
    vector = b"_ZGV" in library.path.read_bytes()
    row("libmvec", "used: exp and others run a vector at a time" if vector else "not used: exp runs a number at a time")
    row("a kernel", f"compiled or found, loaded and called in {took * 1e3:.0f} ms")


def _features() -> str:
    from gradc.runtime.toolchain import processor

    told: dict[str, str] = {}
    for line in processor().splitlines():
        key, _, text = line.partition(":")
        told.setdefault(key.strip(), text.strip())
    flags = (told.get("flags") or told.get("Features") or "").split()
    known = [f for f in flags if f.startswith(("sse4", "avx", "fma", "asimd", "sve", "neon")) or f == "f16c"]
    return " ".join(known) or "features unknown"


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


@main.group()
def cache() -> None:
    """Look at the cache of compiled kernels, or empty it."""


@cache.command("path")
def cache_path() -> None:
    """Print where the cache is."""
    from gradc.runtime.cache import open_cache

    click.echo(open_cache().root)


@cache.command("clear")
def cache_clear() -> None:
    """Remove all compiled kernels. Processes that use them are not disturbed."""
    import shutil

    from gradc.runtime.cache import open_cache

    root = open_cache().root
    count, size = _cache_size(root)
    for path in sorted(root.iterdir()):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    click.echo(f"removed {count} {_plural('kernel', count)}, {size / 1e6:.1f} MB, from {root}")


def _cache_size(root: Path) -> tuple[int, int]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return sum(path.suffix == ".so" for path in files), sum(path.stat().st_size for path in files)


# --- kernels of a file ------------------------------------------------------------------------------------------------


def _load(file: Path, console: Console) -> list[Found]:
    """Import a file under a name of its own, and find its kernels in the order in which they are defined."""
    import importlib.machinery
    import importlib.util

    from gradc.compiled import Kernel
    from gradc.decorated import Deferred

    path = file.resolve()
    name = f"_gradc_file_{path.stem}"
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise Unusable(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # As when Python runs a file: its neighbours can be imported.
    sys.path.insert(0, str(path.parent))
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except SyntaxError as error:
        _fail_on_syntax(file, error)
    except BaseException as error:
        if os.environ.get("GRADC_DEBUG"):
            raise
        raise Unusable(f"{file} cannot be imported\n{_place(error, file)}{_described(error)}") from None
    found: dict[int, Found] = {}
    for variable, value in vars(module).items():
        if not isinstance(value, (Deferred, Kernel)) or id(value) in found:
            continue
        home = value.function.__module__ if isinstance(value, Deferred) else name
        if home != name:
            console.print(f"left out: {variable}, which comes from {home}", highlight=False)
            continue
        found[id(value)] = Found(variable, value)
    if not found:
        raise Unusable(
            f"{file} holds no kernels: decorate its losses with @gradc.kernel(...), or assign what gradc.compile gives"
        )
    return list(found.values())


def _kernel(found: Found) -> Kernel:
    from gradc.decorated import Deferred

    kernel: Kernel = found.value.kernel if isinstance(found.value, Deferred) else found.value
    return kernel


# --- errors -----------------------------------------------------------------------------------------------------------


class _Failure(Exception):  # noqa: N818 - says that one loss failed, and why
    """Why one loss could not be worked on."""


@contextmanager
def _explaining(file: Path | None, exits: bool = False) -> Iterator[None]:
    """Turn what went wrong into a line for a person: the place in their file, and the message."""
    try:
        yield
    except Exception as error:
        # What neither gradc raised on purpose nor the user's own code did is a fault of gradc: show all of it.
        if os.environ.get("GRADC_DEBUG") or not (isinstance(error, GradcError) or _frame(error, file)):
            raise
        text = f"{_place(error, file)}{_described(error)}"
        if exits:
            click.echo(f"Error: {text}", err=True)
            raise SystemExit(1) from None
        raise _Failure(text) from error


def _described(error: BaseException) -> str:
    return str(error) if isinstance(error, GradcError) else f"{type(error).__name__}: {error}".removesuffix(": ")


def _frame(error: BaseException, file: Path | None) -> int | None:
    """The line of the user's file that an error came from."""
    if file is None:
        return None
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if _is_same(frame.f_code.co_filename, file)]
    return lines[-1] if lines else None


def _is_same(name: str, file: Path) -> bool:
    return os.path.abspath(name) == str(file.resolve())


def _place(error: BaseException, file: Path | None) -> str:
    line = _frame(error, file)
    # Tracing says itself where it was, below its message.
    return f"{file}:{line}: " if line and file and f"{file.resolve()}:{line}" not in str(error) else ""


def _fail_on_syntax(file: Path, error: SyntaxError) -> NoReturn:
    # It may lie in a module that the file imports.
    where = error.filename if error.filename and not _is_same(error.filename, file) else file
    text = f"{where}:{error.lineno}: {error.msg}"
    if error.text:
        source = error.text.rstrip("\n")
        indent = len(source) - len(source.lstrip())
        caret = max((error.offset or 1) - 1 - indent, 0)
        text += f"\n    {source.lstrip()}\n    {' ' * caret}^"
    raise Unusable(text)


def _console(stderr: bool = True) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, soft_wrap=True)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"


if __name__ == "__main__":
    main()
