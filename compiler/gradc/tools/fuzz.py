"""Try gradc on programs, texts and arguments drawn at random: ``python -m gradc.tools.fuzz --seconds 60``.

Whatever disagrees, crashes or runs on is made smaller and printed as a test; the exit code is then 1.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from rich.console import Console

    from gradc.runtime.toolchain import Compiler
    from gradc.tools.drafts import Draft
    from gradc.tools.executions import Fault, Job

KINDS = ("numpy", "ir", "text", "arguments")
SANITIZERS = ("address", "undefined", "thread")
_BATCH = 100  # programs in a translation unit
_PER_STAGE = 3  # findings that are shown of one kind


class Finding(NamedTuple):
    """Something found: the kind of program, where it went wrong, and its test."""

    kind: str
    stage: str
    test: str


class Way(NamedTuple):
    """A way to compile: what it is called, the compiler, and the precision."""

    label: str
    compiler: Compiler
    dtype: str


class Session:
    """What a run has done so far."""

    def __init__(self, console: Console, directory: Path, seconds: float | None, shrinking: float) -> None:
        self.console, self.directory, self.shrinking = console, directory, shrinking
        self.until = None if seconds is None else monotonic() + seconds
        self.ran: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.stages: Counter[str] = Counter()
        self.findings: list[Finding] = []

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.until is not None and monotonic() > self.until

    def report(self, kind: str, stage: str, test: Callable[[], str]) -> None:
        """Note a finding; the first ones of a stage are made smaller and shown."""
        self.stages[stage] += 1
        if self.stages[stage] > _PER_STAGE:
            return
        found = Finding(kind, stage, test())
        self.findings.append(found)
        self.console.print(f"[red]found[/] {kind}: ", end="")
        self.console.print(f"{stage}\n{found.test}\n", markup=False, highlight=False)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--seconds", type=float, help="Stop after so long.")
@click.option("--programs", type=int, default=1000, show_default=True, help="Stop after so many of each kind.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first program; the next has the next.")
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="What to try; all if left out.")
@click.option("--compiled", type=int, default=0, show_default=True, help="How many programs to run as C too.")
@click.option("--sanitize", type=click.Choice(SANITIZERS), help="Run the C under this sanitizer instead.")
@click.option("--thorough", type=int, default=3, show_default=True, help="One in so many goes through every pass.")
@click.option("--largest", type=int, default=512, show_default=True, help="The largest size of a dimension.")
def main(
    seconds: float | None,
    programs: int,
    seed: int,
    kinds: tuple[str, ...],
    compiled: int,
    sanitize: str | None,
    thorough: int,
    largest: int,
) -> None:
    """Try gradc on what is drawn at random, and show what disagrees as small tests.

    \b
    Examples:
      python -m gradc.tools.fuzz --seconds 600
      python -m gradc.tools.fuzz --kind numpy --programs 5000 --compiled 5000
      python -m gradc.tools.fuzz --sanitize address --programs 200
    """
    from rich.console import Console

    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="gradc-fuzz-") as directory:
        session = Session(console, Path(directory), seconds, shrinking=30.0)
        run(session, kinds or KINDS, programs, seed, compiled, sanitize, thorough, largest)
    _summarise(session)
    if session.findings:
        raise SystemExit(1)


def run(
    session: Session,
    kinds: Sequence[str],
    programs: int,
    seed: int = 0,
    compiled: int = 0,
    sanitize: str | None = None,
    thorough: int = 3,
    largest: int = 512,
) -> None:
    """Try what is asked for; `session` has what came of it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = session.console
    with (
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        attempts: dict[Any, Iterator[None]] = {}
        for kind in kinds:
            task = progress.add_task(kind, total=programs)
            if kind in ("numpy", "ir"):
                attempts[task] = _programs(session, kind, programs, seed, compiled, sanitize, thorough, largest)
            else:
                attempts[task] = _inputs(session, kind, programs, seed)
        try:
            while attempts:  # in turn, so that a run of any length has some of each
                for task in list(attempts):
                    if next(attempts[task], attempts) is attempts:
                        del attempts[task]
                    progress.advance(task)
        except KeyboardInterrupt:
            console.print("stopped")


# ------------------------------------------------------------------------------------------------------------ programs


def _programs(
    session: Session,
    kind: str,
    programs: int,
    seed: int,
    compiled: int,
    sanitize: str | None,
    thorough: int,
    largest: int,
) -> Iterator[None]:
    """Random functions or programs, on the interpreter and as C."""
    from gradc.tools.executions import Fault

    attempts: dict[int, Any] = {}
    jobs: list[Job] = []
    ways = _ways() if compiled or sanitize else []
    left = compiled
    batch = 0
    for number in range(seed, seed + programs):
        if session.over:
            break
        attempt = (
            _NumpyAttempt(number, session, largest, long=sanitize == "thread")
            if kind == "numpy"
            else _IrAttempt(number, long=sanitize == "thread")
        )
        try:
            examined = attempt.examine(thorough=number % thorough == 0)
        except Fault as fault:
            session.ran[kind] += 1
            session.report(kind, fault.stage, partial(attempt.shrunk, session, fault, None))
            yield
            continue
        session.ran[kind] += 1
        session.ran["programs on the interpreter"] += examined.programs
        if examined.refused is not None:
            session.refused[examined.refused[:100]] += 1
        if left > 0 or sanitize:
            attempts[number] = attempt
            jobs += [job._replace(origin=number) for job in examined.jobs]
        if len(jobs) >= _BATCH:
            left -= _flush(session, kind, jobs, attempts, ways, batch, sanitize)
            jobs, attempts, batch = [], {}, batch + 1
        yield
    if jobs:
        _flush(session, kind, jobs, attempts, ways, batch, sanitize)


def _flush(
    session: Session,
    kind: str,
    jobs: Sequence[Job],
    attempts: dict[int, Any],
    ways: Sequence[Way],
    batch: int,
    sanitize: str | None,
) -> int:
    """Run a batch as C, and give the number of programs that ran."""
    from gradc.tools.executions import run_compiled

    if sanitize:
        from gradc.tools.sanitize import run_sanitized

        dtype = ("float64", "float32")[batch % 2]
        count = 0
        for job, fault in run_sanitized(jobs, dtype, sanitize, session.directory):
            count += 1
            if fault is not None:
                session.report(kind, fault.stage, partial(attempts[job.origin].told, job, fault))
        session.ran[f"{kind}, C, {sanitize} sanitizer"] += count
        return count
    way = ways[batch % len(ways)]
    count = 0
    for answer in run_compiled(jobs, way.dtype, way.compiler, way.label):
        count += 1
        fault = answer.fault
        if fault is not None:
            attempt = attempts[answer.job.origin]
            session.report(kind, fault.stage, partial(attempt.shrunk, session, fault, way))
    session.ran[f"{kind}, C, {way.label}, {way.dtype}"] += count
    return count


def _ways() -> list[Way]:
    """The compilers that there are: mostly without optimisation, which is quick; each way in its turn."""
    from gradc.errors import CompilerError
    from gradc.runtime.cache import open_cache
    from gradc.runtime.toolchain import find_compiler, probe
    from gradc.tools.executions import at_level

    found = [("cc", find_compiler(open_cache()))]
    with suppress(CompilerError):
        found.append(("clang", probe(("clang",))))
    ways = []
    for level in ("-O0", "-O0", "-O3"):
        for name, compiler in found:
            ways += [Way(f"{name} {level}", at_level(compiler, level), dtype) for dtype in ("float64", "float32")]
    return ways


class _NumpyAttempt:
    """A random NumPy function."""

    def __init__(self, number: int, session: Session, largest: int, *, long: bool) -> None:
        from gradc.tools.drafts import functions_of
        from gradc.tools.operations import lengthened, random_draft

        self.draft = random_draft(number, largest=largest)
        if long:
            self.draft = lengthened(self.draft)
        self.session = session
        (self.function,) = functions_of([self.draft], session.directory)

    def examine(self, *, thorough: bool) -> Any:
        """Run it on the interpreter."""
        from gradc.tools.executions import examine

        return examine(self.draft, self.function, thorough=thorough)

    def shrunk(self, session: Session, fault: Fault, way: Way | None) -> str:
        """The smallest draft that is found with the same fault, as a test."""
        from gradc.tools.drafts import test_of
        from gradc.tools.shrink import shrink

        last = [fault]

        def fails(draft: Draft) -> bool:
            found = _fault_of(draft, session.directory, way)
            if found is None or found.stage != fault.stage:
                return False
            last[0] = found
            return True

        small = shrink(self.draft, fails, session.shrinking)
        return test_of(small, f"{last[0].stage}: {last[0].what[-1500:]}".replace("\n", "\n# "))

    def told(self, job: Job, fault: Fault) -> str:
        """The draft as it is, as a test."""
        from gradc.tools.drafts import test_of

        return test_of(self.draft, f"{job.mode}: {fault.what[-3000:]}".replace("\n", "\n# "))


def _fault_of(draft: Draft, directory: Path, way: Way | None) -> Fault | None:
    """The fault that a draft shows, if any; whatever else goes wrong is none."""
    from gradc.tools.drafts import functions_of
    from gradc.tools.executions import Fault, examine, run_compiled

    try:
        (function,) = functions_of([draft], directory)
        examined = examine(draft, function)
        if way is None:
            return None
        return next((a.fault for a in run_compiled(examined.jobs, way.dtype, way.compiler, way.label) if a.fault), None)
    except Fault as fault:
        return fault
    except Exception:
        return None


class _IrAttempt:
    """A random program of the IR."""

    def __init__(self, number: int, *, long: bool) -> None:
        from gradc.tools.programs import sound_arguments, sound_program

        self.program = sound_program(number)
        self.arguments, self.sizes = sound_arguments(number, long=long)

    def examine(self, *, thorough: bool) -> Any:
        """Run it on the interpreter."""
        from gradc.tools.executions import examine_program

        return examine_program(self.program, self.arguments, self.sizes, thorough=thorough)

    def shrunk(self, _session: Session, fault: Fault, way: Way | None) -> str:
        """The program with as few definitions as still fail."""
        from gradc.passes.dead import drop_dead
        from gradc.tools.executions import Fault, examine_program, run_compiled
        from gradc.tools.programs import shrink_program

        def fails(program: Any) -> bool:
            try:
                examined = examine_program(program, self.arguments, self.sizes)
                if way is None:
                    return False
                answers = run_compiled(examined.jobs, way.dtype, way.compiler, way.label)
                return any(a.fault is not None and a.fault.stage == fault.stage for a in answers)
            except Fault as found:
                return found.stage == fault.stage
            except Exception:
                return False

        small = drop_dead(shrink_program(self.program, fails))
        return f"# {fault.what[-1500:]}\n# sizes {self.sizes}\n{small}".replace("\n  File", "\n#  File")

    def told(self, job: Job, fault: Fault) -> str:
        """The program as it is."""
        return f"# {job.mode}: {fault.what[-3000:]}\n# sizes {self.sizes}\n{job.program}"


# ------------------------------------------------------------------------------------------------- texts and arguments


def _inputs(session: Session, kind: str, programs: int, seed: int) -> Iterator[None]:
    """Texts and SymPy trees, right and wrong; or arrays of every kind as inputs and outputs."""
    from gradc.tools.arguments import try_arguments
    from gradc.tools.texts import try_text

    attempt = try_text if kind == "text" else try_arguments
    for number in range(seed, seed + programs):
        if session.over:
            break
        found = attempt(number)
        session.ran[kind] += 1
        if found is not None:
            session.report(kind, found.stage, partial(str, found.what))
        yield


def _summarise(session: Session) -> None:
    """Print how many programs ran by kind, and what was found."""
    from rich.table import Table

    table = Table("kind", "programs")
    for kind, count in sorted(session.ran.items()):
        table.add_row(kind, f"{count:,}")
    session.console.print(table)
    if os.environ.get("GRADC_DEBUG"):
        for reason, count in session.refused.most_common(40):
            session.console.print(f"{count:6} refused: {reason}", markup=False, highlight=False)
    refused = sum(session.refused.values())
    session.console.print(f"{refused:,} were refused by name", highlight=False)
    for stage, count in session.stages.most_common():
        session.console.print(f"[red]{count:6}[/] ", end="")
        session.console.print(stage, markup=False, highlight=False)
    if not session.findings:
        session.console.print("nothing was found")


if __name__ == "__main__":
    main()
