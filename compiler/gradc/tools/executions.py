"""Every way to run a program, and whether they agree; what does not is a `Fault`.

    examined = examine(draft, function)       # NumPy, the trace, every pass, every mode, on the interpreter
    for fault in run_compiled(examined.jobs): # the same programs in C
        ...

A program that gradc refuses by name is no fault; one that ends in any other error is.
"""

from __future__ import annotations

import itertools
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradc import derivatives, interface, pipeline, programs
from gradc.calculus.semantics import SEMANTICS
from gradc.emit.source import render_source
from gradc.errors import CompilerError, GradcError, IndexRangeError, SingularMatrixError
from gradc.frontends.formula import parse_program
from gradc.interface import needs
from gradc.ir.definitions import KIND_OF_DTYPE
from gradc.ir.interpret import interpret
from gradc.ir.program import Program
from gradc.ir.verify import verify
from gradc.loops.build import build
from gradc.loops.check import faults
from gradc.loops.program import Namer
from gradc.loops.run import run as run_loops
from gradc.passes.axes import merge_axes
from gradc.runtime.arguments import Entry, evaluate
from gradc.runtime.library import load
from gradc.runtime.threads import Threads
from gradc.runtime.toolchain import Compiler
from gradc.schedule.nests import plan_program
from gradc.schedule.tiling import ROWS
from gradc.tools.drafts import Draft, arguments_of
from gradc.tools.noise import Bounded, Values, bounds_of, overflows, wrong
from gradc.units import VERSION, Unit, emit

SIZES = Mapping[str, int]
_ran = itertools.count()  # programs that were run and compared
HESSIAN_ELEMENTS = 60  # of all arguments, for second derivatives to be tried
LOOPED_ELEMENTS = 200  # of each argument, for loops to be run an element at a time


class Fault(Exception):  # noqa: N818 - a fault of gradc, found
    """Two executions disagree, or one ended in an error that is not gradc's.

    Parameters
    ----------
    stage
        Where: what the shrinker keeps while it makes the program smaller.
    what
        What was seen.
    """

    def __init__(self, stage: str, what: str) -> None:
        self.stage, self.what = stage, what
        super().__init__(f"{stage}: {what}")


class Job(NamedTuple):
    """A program to run in C: a mode of a draft, its arguments and sizes, and a name that is C's."""

    mode: str
    program: Program
    arguments: tuple[Any, ...]
    sizes: SIZES
    origin: int = 0


class Examined(NamedTuple):
    """What came of a draft: the reason where gradc refused it, the programs to run in C, and how many were run."""

    refused: str | None
    jobs: tuple[Job, ...]
    programs: int = 0


def examine(draft: Draft, function: Callable[..., Any], *, thorough: bool = True) -> Examined:
    """Run a function in every way that needs no compiler.

    Parameters
    ----------
    thorough
        Whether each pass is run on its own, and second derivatives are tried.

    Raises
    ------
    Fault
        At the first disagreement.
    """
    sizes = dict(draft.dims)
    arguments = arguments_of(draft)
    with _guarded("trace"):
        try:
            program = programs.read(function, draft.signature)
        except GradcError as error:
            return Examined(f"{type(error).__name__}: {str(error).splitlines()[0]}", ())
        verify(program)
    if not _allowed(program, sizes):
        return Examined("sizes", ())
    expected = _numpy(function, arguments)
    with _guarded("interpreter"):
        try:
            bounded = bounds_of(program, arguments, "float64", sizes)
        except (IndexRangeError, SingularMatrixError, np.linalg.LinAlgError) as error:
            if isinstance(expected, Exception):
                return Examined(f"{type(error).__name__} at the call", ())
            raise Fault("numpy", f"NumPy gives {_shown(expected)}, the interpreter {error!r}") from None
    if isinstance(expected, Exception):
        if any(np.size(value) == 0 for value in arguments):
            return Examined("NumPy refuses what is empty", ())
        raise Fault("numpy", f"NumPy raises {expected!r}, the interpreter gives {_shown(bounded[0].value)}")
    _compare("numpy", bounded[0], expected, only_finite=False)
    return examine_program(program, arguments, sizes, bounded, thorough=thorough)


def examine_program(
    program: Program,
    arguments: Sequence[Any],
    sizes: SIZES,
    bounded: Sequence[Bounded] | None = None,
    *,
    thorough: bool = True,
) -> Examined:
    """Run a program, as a front end gives it, in every way that needs no compiler."""
    before = next(_ran)
    examined = _examined(program, arguments, sizes, bounded, thorough=thorough)
    return examined._replace(programs=next(_ran) - before)


def _examined(
    program: Program,
    arguments: Sequence[Any],
    sizes: SIZES,
    bounded: Sequence[Bounded] | None,
    *,
    thorough: bool,
) -> Examined:
    reals = tuple(p.name for p in program.parameters if p.dtype == "real")
    if bounded is None:
        bounded = bounds_of(program, arguments, "float64", sizes)
    with _guarded("canonical"):
        try:
            canonical = _followed("canonical", program, arguments, sizes, bounded) if thorough else program
            canonical = programs.canonical(canonical)
            _agreed("canonical", canonical, arguments, sizes, bounded)
            if str(parse_program(str(canonical))) != str(canonical):
                raise Fault("print", f"does not parse back to itself:\n{canonical}")
            stable = programs.stable(canonical).program
        except GradcError as error:
            return Examined(f"{type(error).__name__}: {str(error).splitlines()[0]}", ())
        if stable is not canonical:
            verify(stable)
            try:
                _agreed("stabilised", stable, arguments, sizes, bounds_of(canonical, arguments, "float64", sizes))
            except Fault:
                if not overflows(canonical, arguments, "float64", sizes):
                    raise
    jobs = [Job("value", stable, tuple(arguments), sizes)]
    if not reals or not _allowed(canonical, sizes):
        return Examined(None, tuple(jobs) if _allowed(canonical, sizes) else ())
    if thorough:
        lowered_agree("value", stable, arguments, sizes)
    rng = np.random.default_rng(len(str(canonical)))
    with _guarded("derivative"):
        try:
            jobs += _first_order(canonical, stable, reals, arguments, sizes, rng, thorough=thorough)
            small = sum(np.size(a) for a in arguments) <= HESSIAN_ELEMENTS
            if thorough and small and not program.arrays()[program.outputs[0]].shape:
                jobs += _second_order(stable, reals, arguments, sizes, rng)
        except GradcError as error:
            return Examined(f"{type(error).__name__}: {str(error).splitlines()[0]}", tuple(jobs))
    jobs = [job for job in jobs if _allowed(job.program, sizes)]
    if thorough:
        for job in jobs:
            loops_agree(job)
    return Examined(None, tuple(jobs))


# ------------------------------------------------------------------------------------------------------ the interpreter


class _guarded:  # noqa: N801 - reads as a statement
    """Turn an error that is not gradc's into a fault of a stage."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        from gradc.errors import VerifyError

        if error is None or isinstance(error, (Fault, KeyboardInterrupt)):
            return
        if isinstance(error, GradcError) and not isinstance(error, VerifyError):
            return
        # The user's file has another name each time, so its last line is no part of the stage.
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "gradc_drafts" not in f.filename]
        place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
        stage = f"{self.stage} ends in {type(error).__name__} at {place}"
        raise Fault(stage, "".join(traceback.format_exception(error))[-1500:]) from error


def _allowed(program: Program, sizes: SIZES) -> bool:
    """Whether the sizes are such as a kernel of the program accepts."""
    try:
        return all(evaluate(extent, sizes) >= 0 for extent, _ in interface.constraints(program))
    except (GradcError, ZeroDivisionError):
        return False


def _numpy(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """What the user's function gives on NumPy, or what it raises."""
    copies = [np.array(v, "float64" if v.dtype.kind == "f" else v.dtype)[() if v.ndim == 0 else ...] for v in arguments]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.asarray(function(*copies)).astype("float64")
        except Exception as error:
            return error


def _shown(value: Any) -> str:
    return np.array2string(np.asarray(value), threshold=6, precision=17).replace("\n", "")


def _compare(stage: str, bounded: Bounded, other: Any, *, only_finite: bool = True) -> None:
    mask = wrong(bounded, other, only_finite=only_finite)
    if not np.any(mask):
        return
    found = np.asarray(other)
    if found.shape != bounded.value.shape:
        raise Fault(stage, f"shape {found.shape} in place of {bounded.value.shape}")
    at = tuple(int(k) for k in np.argwhere(mask)[0]) if mask.ndim else ()
    have, want = found[at], bounded.value[at]
    raise Fault(
        stage, f"{int(np.sum(mask))} of {mask.size} wrong; at {at}: {have!r}, not {want!r} ± {bounded.slack[at]:.3g}"
    )


def _agreed(
    stage: str, program: Program, arguments: Sequence[Any], sizes: SIZES, bounded: Sequence[Bounded]
) -> tuple[Values, ...]:
    """Check a program's results against others, which it must give wherever those are finite."""
    next(_ran)
    try:
        results = interpret(program, arguments, SEMANTICS, "float64", sizes)
    except (IndexRangeError, SingularMatrixError, np.linalg.LinAlgError) as error:
        raise Fault(stage, f"raises {error!r}") from None
    for before, after in zip(bounded, results, strict=True):
        _compare(stage, before, after)
    return results


def _followed(
    stage: str, program: Program, arguments: Sequence[Any], sizes: SIZES, bounded: Sequence[Bounded]
) -> Program:
    """Run the passes of the canonical form one by one, each checked."""

    def watch(name: str, made: Program) -> None:
        verify(made)
        _agreed(f"{stage}, {name}", made, arguments, sizes, bounded)

    pipeline.run(pipeline.LOSS, program, watch)
    return program


def lowered_agree(mode: str, program: Program, arguments: Sequence[Any], sizes: SIZES) -> None:
    """Run the passes before C one by one, each checked."""
    with _guarded(f"{mode}, lowering"):
        bounded = bounds_of(program, arguments, "float64", sizes)
        for stage in pipeline.lowering("float64"):
            if stage.run is merge_axes:
                return  # it gives other parameters, where it finds anything
            program = stage.run(program)
            verify(program)
            if not _allowed(program, sizes):
                return  # the interpreter has no maximum of nothing, which C has
            _agreed(f"{mode}, {stage.name}", program, arguments, sizes, bounded)


def loops_agree(job: Job) -> None:
    """Check the loops of a program for all sizes, and run them where the arguments are small."""
    mode, program, arguments, sizes, _ = job
    with _guarded(f"{mode}, loops"):
        lowered, namer = pipeline.run(pipeline.lowering("float64"), program), Namer()
        natural = needs(lowered)
        built = build(plan_program(lowered), "f", ROWS, namer)
        finished = pipeline.run(pipeline.finishing(namer, False), built)
        small = all(np.size(argument) <= LOOPED_ELEMENTS for argument in arguments)
        bounded = bounds_of(program, arguments, "float64", sizes) if small else []
        for title, loops in (("as built", built), ("as printed", finished)):
            for fault in faults(loops, natural):
                raise Fault(f"{mode}, loops {title}", fault)
            if not small:
                continue
            next(_ran)
            status, results = run_loops(loops, {dim: sizes[dim] for dim in loops.dims}, arguments, SEMANTICS, "float64")
            if status != 0:
                raise Fault(f"{mode}, loops {title}", f"end with status {status}")
            for before, after in zip(bounded, results, strict=True):
                _compare(f"{mode}, loops {title}", before, after)


# --------------------------------------------------------------------------------------------------------- derivatives


def _first_order(
    canonical: Program,
    stable: Program,
    reals: tuple[str, ...],
    arguments: Sequence[Any],
    sizes: SIZES,
    rng: np.random.Generator,
    *,
    thorough: bool,
) -> list[Job]:
    """Forward and reverse mode against each other and against differences, stable forms against plain ones."""
    names = [p.name for p in canonical.parameters]
    directions = [np.asarray(rng.normal(size=np.shape(arguments[names.index(name)]))) for name in reals]
    (value,) = interpret(canonical, arguments, SEMANTICS, "float64", sizes)
    cotangent = np.asarray(rng.normal(size=np.shape(value)))
    jvp = programs.derive(canonical, "jvp", reals, stable=False)
    vjp = programs.derive(canonical, "vjp", reals, stable=False)
    forward_arguments, reverse_arguments = [*arguments, *directions], [*arguments, cotangent]
    for program in (jvp, vjp):
        verify(program)
        if not _allowed(program, sizes):
            return []
    _, tangent = bounds_of(jvp, forward_arguments, "float64", sizes)
    _, *gradients = bounds_of(vjp, reverse_arguments, "float64", sizes)
    forward, forward_slack, known = _product([cotangent], [tangent])
    reverse, reverse_slack, also = _product(directions, gradients)
    known = known and also
    if known and abs(forward - reverse) > forward_slack + reverse_slack:
        raise Fault("forward against reverse", f"{forward!r} and {reverse!r} ± {forward_slack + reverse_slack:.3g}")
    if known:
        found = _against_differences(canonical, reals, arguments, sizes, directions, cotangent, forward, forward_slack)
        if found is not None and not _right_nearby(canonical, jvp, reals, arguments, sizes, directions, cotangent, rng):
            raise Fault("differences", found)
    jobs = [Job("vjp", programs.derive(stable, "vjp", reals), tuple(reverse_arguments), sizes)]
    _agreed("vjp, stabilised", jobs[0].program, reverse_arguments, sizes, _trusting(vjp, jobs[0]))
    if not thorough:
        return jobs
    jobs.append(Job("jvp", programs.derive(stable, "jvp", reals), tuple(forward_arguments), sizes))
    _agreed("jvp, stabilised", jobs[1].program, forward_arguments, sizes, _trusting(jvp, jobs[1]))
    for job in jobs:
        verify(job.program)
    if not np.shape(value):
        joint = programs.derive(stable, "value_and_grad", reals)
        ones = [*arguments, np.asarray(1.0)]
        bounded = bounds_of(jobs[0].program, ones, "float64", sizes)
        _agreed("value_and_grad against vjp", verify(joint), arguments, sizes, bounded)
        jobs.append(Job("value_and_grad", joint, tuple(arguments), sizes))
    jobs += _halves(stable, reals, arguments, sizes, cotangent, jobs[0])
    lowered_agree("vjp", jobs[0].program, reverse_arguments, sizes)
    return jobs


def _trusting(plain: Program, job: Job) -> list[Bounded]:
    """The bounds of the plain derivative; those of the stable one where they are wider."""
    first = bounds_of(plain, job.arguments, "float64", job.sizes)
    second = bounds_of(job.program, job.arguments, "float64", job.sizes)
    return [
        a._replace(slack=np.maximum(a.slack, b.slack), unknown=a.unknown | (b.unknown & np.isfinite(b.value)))
        for a, b in zip(first, second, strict=True)
    ]


def _halves(
    stable: Program,
    reals: tuple[str, ...],
    arguments: Sequence[Any],
    sizes: SIZES,
    cotangent: Values,
    joint: Job,
) -> list[Job]:
    """Forward and backward, which together are the vjp."""
    forward = Job("forward", programs.derive(stable, "forward", reals), tuple(arguments), sizes)
    backward = programs.derive(stable, "backward", reals)
    if not (_allowed(forward.program, sizes) and _allowed(backward, sizes)):
        return []
    value, *stored = interpret(forward.program, arguments, SEMANTICS, "float64", sizes)
    bounded = bounds_of(joint.program, joint.arguments, "float64", sizes)
    _compare("forward against vjp", bounded[0], value)
    taken = {parameter.name: v for parameter, v in zip(joint.program.parameters, joint.arguments, strict=True)}
    fresh = [p.name for p in backward.parameters if p.name not in {q.name for q in stable.parameters}]
    taken |= dict(zip(fresh, [*stored, cotangent], strict=True))
    given = [taken[p.name] for p in backward.parameters]
    _agreed("forward and backward against vjp", verify(backward), given, sizes, bounded[1:])
    return [forward, Job("backward", backward, tuple(given), sizes)]


def _product(left: Sequence[Values], right: Sequence[Bounded]) -> tuple[float, float, bool]:
    """A sum of products, what rounding may make of it, and whether it is known."""
    total = slack = 0.0
    for one, other in zip(left, right, strict=True):
        if np.any(other.unknown) or not np.all(np.isfinite(other.value)):
            return 0.0, 0.0, False
        total += float(np.sum(one * other.value))
        slack += float(np.sum(np.abs(one) * (other.slack + 1e-13 * np.abs(other.value))))
    return total, slack, bool(np.isfinite(total) and np.isfinite(slack))


def _against_differences(
    program: Program,
    reals: tuple[str, ...],
    arguments: Sequence[Any],
    sizes: SIZES,
    directions: Sequence[Values],
    cotangent: Values,
    derivative: float,
    slack: float,
) -> str | None:
    """How a directional derivative parts from differences, where they say something: the function is smooth there."""
    names = [p.name for p in program.parameters]

    def along(step: float) -> float:
        moved = list(arguments)
        for name, direction in zip(reals, directions, strict=True):
            at = names.index(name)
            moved[at] = np.asarray(arguments[at]) + step * direction
        return float(np.sum(cotangent * interpret(program, moved, SEMANTICS, "float64", sizes)[0]))

    (bounded,) = bounds_of(program, arguments, "float64", sizes)
    if np.any(bounded.unknown) or not np.all(np.isfinite(bounded.value)):
        return None
    noise = float(np.sum(np.abs(cotangent) * bounded.slack))
    estimates, gaps = [], []
    here = along(0.0)
    steps = _steps(here, derivative)
    for step in steps:
        above, below = along(step), along(-step)
        if not np.isfinite(above + below):
            return None
        left, right = (here - below) / step, (above - here) / step
        if abs(left - right) > 0.02 * (abs(left) + abs(right)) + 4 * noise / step:
            return None  # a kink, or too curved
        estimates.append((above - below) / (2 * step))
        gaps.append(abs(left - right))
    if gaps[2] > gaps[0] / 2 and gaps[2] > 4 * noise / steps[2]:
        return None  # a small kink: of what is curved, the gap between both sides shrinks with the step
    error = abs(estimates[0] - estimates[1]) + abs(estimates[1] - estimates[2]) + noise / steps[-1]
    size = float(sum(np.sum(np.abs(d)) for d in directions))
    if abs(estimates[2] - derivative) > 20 * error + slack + 1e-5 * abs(derivative) + 1e-9 * size:
        return f"{derivative!r} in place of {estimates[2]!r} ± {error:.3g}"
    return None


def _right_nearby(
    program: Program,
    jvp: Program,
    reals: tuple[str, ...],
    arguments: Sequence[Any],
    sizes: SIZES,
    directions: Sequence[Values],
    cotangent: Values,
    rng: np.random.Generator,
) -> bool:
    """Whether derivative and differences agree beside the point: a wrong rule is wrong there too, a kink is not there.

    (``copysign(x, x)`` is x, but for the rules it is ``|x|`` times a sign, whose derivative at 0 is 0 by convention.)
    """
    moved = list(arguments)
    names = [p.name for p in program.parameters]
    for name in reals:
        there = np.asarray(arguments[names.index(name)])
        moved[names.index(name)] = there + 1e-3 * (1 + np.abs(there)) * rng.uniform(0.5, 1, size=there.shape)
    _, tangent = bounds_of(jvp, [*moved, *directions], "float64", sizes)
    derivative, slack, known = _product([cotangent], [tangent])
    return known and not _against_differences(program, reals, moved, sizes, directions, cotangent, derivative, slack)


def _steps(value: float, derivative: float) -> tuple[float, ...]:
    """Steps for differences, over which a function of this value and derivative changes little: no wave is skipped."""
    longest = min(1e-4, 0.01 * (1 + abs(value)) / max(abs(derivative), 1e-300))
    return longest, longest / 2, longest / 4


def _second_order(
    stable: Program, reals: tuple[str, ...], arguments: Sequence[Any], sizes: SIZES, rng: np.random.Generator
) -> list[Job]:
    """Hessian, its product and its diagonal against each other, and the product against the gradient's tangent."""
    names = [p.name for p in stable.parameters]
    vectors = [np.asarray(rng.normal(size=np.shape(arguments[names.index(name)]))) for name in reals]
    hessian = derivatives.derive("hessian", stable, reals, dense=True)
    product = derivatives.derive("hvp", stable, reals).program
    diagonal = derivatives.derive("hessian_diagonal", stable, reals).program
    for program in (hessian.program, product, diagonal):
        verify(program)
        if not _allowed(program, sizes):
            return []
    blocks = bounds_of(hessian.program, arguments, "float64", sizes)
    diagonals = bounds_of(diagonal, arguments, "float64", sizes)
    products = bounds_of(product, [*arguments, *vectors], "float64", sizes)
    shapes = [np.shape(vector) for vector in vectors]
    sums: list[Values] = [np.zeros(shape) for shape in shapes]
    slack: list[Values] = [np.zeros(shape) for shape in shapes]
    for block in hessian.blocks:
        if block.output is None:
            continue
        bounded = blocks[block.output]
        if np.any(bounded.unknown) or not np.all(np.isfinite(bounded.value)):
            return _jobs_of_second_order(hessian.program, product, diagonal, arguments, vectors, sizes)
        matrix = bounded.value.reshape(int(np.prod(shapes[block.row])), int(np.prod(shapes[block.column])))
        loose = bounded.slack.reshape(matrix.shape)
        pairs = [(block.row, block.column, matrix, loose)]
        if block.row != block.column:
            pairs.append((block.column, block.row, matrix.T, loose.T))
        for row, column, part, margin in pairs:
            sums[row] = sums[row] + (part @ vectors[column].ravel()).reshape(shapes[row])
            slack[row] = slack[row] + (margin @ np.abs(vectors[column]).ravel()).reshape(shapes[row])
        if block.row == block.column:
            own = diagonals[block.row]
            size = np.abs(np.diagonal(loose)).reshape(shapes[block.row])
            _compare(
                "diagonal against Hessian",
                own._replace(slack=own.slack + size),
                np.diagonal(matrix).reshape(shapes[block.row]),
            )
    for bounded, total, margin in zip(products, sums, slack, strict=True):
        _compare("hvp against Hessian", bounded._replace(slack=bounded.slack + margin), total)
    _hvp_against_differences(stable, reals, arguments, sizes, vectors, products)
    return _jobs_of_second_order(hessian.program, product, diagonal, arguments, vectors, sizes)


def _hvp_against_differences(
    stable: Program,
    reals: tuple[str, ...],
    arguments: Sequence[Any],
    sizes: SIZES,
    vectors: Sequence[Values],
    products: Sequence[Bounded],
) -> None:
    """The Hessian's product along the vectors is the second derivative of the gradient's sum along them."""
    gradient = programs.derive(stable, "value_and_grad", reals)
    total, slack, known = _product(vectors, products)
    if not known:
        return
    names = [p.name for p in gradient.parameters]
    one = Program(
        gradient.parameters, gradient.definitions, gradient.outputs[1:], gradient.hints, gradient.output_names[1:]
    )

    def along(step: float) -> tuple[float, float, bool]:
        moved = list(arguments)
        for name, direction in zip(reals, vectors, strict=True):
            at = names.index(name)
            moved[at] = np.asarray(arguments[at]) + step * direction
        return _product(vectors, bounds_of(one, moved, "float64", sizes))

    here, noise, known = along(0.0)
    estimates = []
    steps = _steps(here, total)
    for step in steps:
        (above, more, one_known), (below, less, other_known) = along(step), along(-step)
        if not (known and one_known and other_known):
            return
        noise = max(noise, more, less)
        left, right = (here - below) / step, (above - here) / step
        if abs(left - right) > 0.02 * (abs(left) + abs(right)) + 4 * noise / step:
            return
        estimates.append((above - below) / (2 * step))
    error = abs(estimates[0] - estimates[1]) + abs(estimates[1] - estimates[2]) + noise / steps[-1]
    if abs(estimates[2] - total) > 20 * error + slack + 1e-5 * abs(total) + 1e-8:
        raise Fault("hvp against differences", f"{total!r} in place of {estimates[2]!r} ± {error:.3g}")


def _jobs_of_second_order(
    hessian: Program,
    product: Program,
    diagonal: Program,
    arguments: Sequence[Any],
    vectors: Sequence[Values],
    sizes: SIZES,
) -> list[Job]:
    return [
        Job("hessian", hessian, tuple(arguments), sizes),
        Job("hvp", product, (*arguments, *vectors), sizes),
        Job("hessian_diagonal", diagonal, tuple(arguments), sizes),
    ]


# ------------------------------------------------------------------------------------------------------------------ C


class Answer(NamedTuple):
    """What a compiled program did: the fault, or None."""

    job: Job
    fault: Fault | None


def unit_of(job: Job, number: int, dtype: str) -> Unit:
    """The C of a job, named by its number."""
    with _guarded(f"{job.mode} {dtype}, emit"):
        return emit(job.program, job.mode, f"f{number}", dtype)


def text_of(units: Sequence[Unit], dtype: str) -> str:
    """One translation unit of all."""
    real = {"float64": "double", "float32": "float"}[dtype]
    return render_source("fuzz", [unit.function for unit in units], real, "", VERSION).c


def run_compiled(jobs: Sequence[Job], dtype: str, compiler: Compiler, label: str) -> Iterator[Answer]:
    """Compile jobs in one translation unit, run each at 1, 2 and 7 threads, and compare with the interpreter."""
    units: dict[int, Unit] = {}
    for number, job in enumerate(jobs):
        try:
            units[number] = unit_of(job, number, dtype)
        except Fault as fault:  # noqa: PERF203 - each is tried
            yield Answer(job, fault)
        except GradcError:
            continue  # refused by name
    threads = Threads(1)
    try:
        made = list(units.values())
        library = load(text_of(made, dtype), [u.entry for u in made], compiler=compiler, threads=threads, fast=False)
    except CompilerError as error:
        if len(jobs) == 1:
            yield Answer(jobs[0], Fault(f"{jobs[0].mode} {dtype}, {label} compiles", str(error)[:3000]))
            return
        middle = len(jobs) // 2
        yield from run_compiled(jobs[:middle], dtype, compiler, label)
        yield from run_compiled(jobs[middle:], dtype, compiler, label)
        return
    for number, unit in units.items():
        try:
            run_one(jobs[number], unit.entry, library.function(unit.entry), dtype, threads, label)
        except Fault as fault:  # noqa: PERF203 - each is tried
            yield Answer(jobs[number], fault)
        else:
            yield Answer(jobs[number], None)


def run_one(job: Job, entry: Entry, call: Any, dtype: str, threads: Threads, label: str) -> None:
    """Call one compiled program, and compare with the interpreter, at other threads and between guard zones."""
    stage = f"{job.mode} {dtype}, {label}"
    given = typed(job, dtype)
    with _guarded(stage):
        try:
            bounded: Any = bounds_of(job.program, given, dtype, job.sizes)
        except (IndexRangeError, SingularMatrixError, np.linalg.LinAlgError) as error:
            bounded = error
        threads.count = 1
        try:
            results = _tuple(call(*given))
        except (IndexRangeError, SingularMatrixError) as error:
            if isinstance(bounded, Exception) or dtype == "float32":
                return
            raise Fault(stage, f"raises {error!r}, the interpreter gives {_shown(bounded[0].value)}") from None
        if isinstance(bounded, Exception):
            raise Fault(stage, f"gives {_shown(results[0])}, the interpreter raises {bounded!r}")
        for before, after in zip(bounded, results, strict=True):
            _compare(stage, before, after)
        if entry.parallel:
            for count in (2, 7):
                threads.count = count
                _same_bits(f"{stage}, {count} threads against 1", results, _tuple(call(*given)))
            threads.count = 1
        _between_guards(stage, call, given, results)


def _tuple(results: Any) -> tuple[Any, ...]:
    return results if isinstance(results, tuple) else (results,)


def _same_bits(stage: str, left: Sequence[Any], right: Sequence[Any]) -> None:
    for one, other in zip(left, right, strict=True):
        if np.asarray(one).tobytes() != np.asarray(other).tobytes():
            raise Fault(stage, f"{_shown(one)} and {_shown(other)}")


def _between_guards(stage: str, call: Any, given: Sequence[Any], results: Sequence[Any]) -> None:
    """Run once more with every array in a larger one, whose rest must stay as it was."""
    zones: list[tuple[Values, Values]] = []

    def inside(value: Any) -> Any:
        array = np.asarray(value)
        if not array.ndim or not array.size:
            return value
        around = np.full(array.size + 64, 1, array.dtype)
        around[32:-32] = array.ravel()
        zones.append((around, around.copy()))
        return around[32:-32].reshape(array.shape)

    arguments = [inside(value) for value in given]
    outs = tuple(inside(np.zeros_like(result)) if np.ndim(result) else None for result in results)
    again = _tuple(call(*arguments, out=outs if len(outs) > 1 else outs[0]))
    _same_bits(f"{stage}, out=", results, again)
    for around, before in zones:
        if around[:32].tobytes() != before[:32].tobytes() or around[-32:].tobytes() != before[-32:].tobytes():
            raise Fault(f"{stage}, guard zones", "something was written beside an array")


def typed(job: Job, dtype: str) -> list[Any]:
    """The arguments of a job in a precision."""
    found: list[Any] = []
    for parameter, value in zip(job.program.parameters, job.arguments, strict=True):
        own = dtype if parameter.dtype == "real" else parameter.dtype
        array = np.ascontiguousarray(np.asarray(value, own))
        found.append(array.reshape(np.shape(value)) if np.ndim(value) else array.reshape(())[()])
        assert KIND_OF_DTYPE[parameter.dtype]
    return found


def at_level(compiler: Compiler, level: str) -> Compiler:
    """The compiler with another level of optimisation."""
    flags = tuple(level if flag in ("-O3", "-O2", "-O1") else flag for flag in compiler.flags)
    return compiler._replace(flags=flags)
