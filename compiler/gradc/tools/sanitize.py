r"""Run generated C under a sanitizer: a driver in C around it, with the arguments and the answers in its text.

    for job, fault in run_sanitized(jobs, "float64", "address", directory): ...

The driver is a program of its own, so the sanitizer sees every allocation: each array is allocated exactly as long as
it is. Results are compared with the interpreter's by Python, which reads them from the driver's output.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gradc.errors import GradcError, IndexRangeError, SingularMatrixError
from gradc.runtime.arguments import C_TYPES, evaluate
from gradc.tools.executions import Fault, Job, text_of, typed, unit_of
from gradc.tools.noise import bounds_of, wrong
from gradc.units import Unit

FLAGS = {
    "address": ("-fsanitize=address",),
    "undefined": ("-fsanitize=undefined", "-fno-sanitize-recover=undefined"),
    "thread": ("-fsanitize=thread",),
}
_SECONDS = 300.0


# Parts of a loop go to threads of their own, so that the sanitizer sees whatever two of them touch.
_TEAM = """\
#include <pthread.h>
typedef void rows_function(const void *context, int64_t part, int64_t thread);
static struct { int64_t next, parts; rows_function *rows; const void *context; } shared;
static void *take(void *thread)
{
    for (int64_t part; (part = __atomic_fetch_add(&shared.next, 1, __ATOMIC_RELAXED)) < shared.parts;) {
        shared.rows(shared.context, part, *(const int64_t *)thread);
    }
    return NULL;
}
void driver_team(int64_t parts, rows_function *rows, const void *context)
{
    pthread_t threads[4];
    int64_t numbers[4];
    const int64_t count = parts < 4 ? parts : 4;
    shared.next = 0;
    shared.parts = parts;
    shared.rows = rows;
    shared.context = context;
    for (int64_t k = 0; k < count; ++k) {
        numbers[k] = k;
        pthread_create(&threads[k], NULL, take, &numbers[k]);
    }
    for (int64_t k = 0; k < count; ++k) {
        pthread_join(threads[k], NULL);
    }
}
"""


def run_sanitized(
    jobs: Sequence[Job], dtype: str, sanitizer: str, directory: Path
) -> Iterator[tuple[Job, Fault | None]]:
    """Compile a driver around the jobs, run each, and say what the sanitizer or the comparison found."""
    units: dict[int, Unit] = {}
    for number, job in enumerate(jobs):
        try:
            units[number] = unit_of(job, number, dtype)
        except (Fault, GradcError):  # noqa: PERF203 - each is tried
            continue  # found, or refused, without a sanitizer
    made = list(units.items())
    given = {number: typed(jobs[number], dtype) for number in units}
    text = driver_text(made, [jobs[number] for number, _ in made], given, dtype, apart=sanitizer == "thread")
    program = build(text, sanitizer, directory)
    for place, (number, _) in enumerate(made):
        job = jobs[number]
        data = directory / "arguments.bin"
        data.write_bytes(b"".join(np.asarray(value).tobytes() for value in given[number]))
        run = subprocess.run(  # noqa: S603
            [str(program), str(place), str(data)],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1", "TSAN_OPTIONS": "halt_on_error=1"},
        )
        yield job, _judged(job, given[number], run, dtype, sanitizer)


def _judged(
    job: Job, given: Sequence[Any], run: subprocess.CompletedProcess[bytes], dtype: str, sanitizer: str
) -> Fault | None:
    stage = f"{job.mode} {dtype}, {sanitizer} sanitizer"
    if run.returncode not in (0, 3):
        return Fault(stage, run.stderr.decode(errors="replace")[:2500])
    try:
        bounded = bounds_of(job.program, given, dtype, job.sizes)
    except (IndexRangeError, SingularMatrixError, np.linalg.LinAlgError) as error:
        return None if run.returncode == 3 else Fault(stage, f"no error where the interpreter raises {error!r}")
    if run.returncode == 3:
        return None if dtype == "float32" else Fault(stage, "an error status where the interpreter gives a result")
    found = np.frombuffer(run.stdout, dtype)
    for bound in bounded:
        size = bound.value.size
        if np.any(wrong(bound, found[:size].reshape(bound.value.shape), only_finite=True)):
            return Fault(stage, f"{found[:size]} in place of {bound.value}")
        found = found[size:]
    return None


def build(text: str, sanitizer: str, directory: Path) -> Path:
    """The driver, compiled."""
    from gradc.runtime.cache import open_cache
    from gradc.runtime.toolchain import find_compiler

    compiler = find_compiler(open_cache())
    (directory / "driver.c").write_text(text, encoding="utf-8")
    flags = [flag for flag in (*compiler.flags, *compiler.native) if flag not in ("-O3", "-O2", "-fPIC", "-std=c99")]
    words = [*compiler.command, "-O0", "-g", *flags, *FLAGS[sanitizer], "driver.c", "-o", "driver", "-lm", "-lpthread"]
    done = subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise Fault(f"{sanitizer} sanitizer, the driver compiles", done.stderr[:3000])
    return directory / "driver"


def driver_text(
    units: Sequence[tuple[int, Unit]],
    jobs: Sequence[Job],
    given: dict[int, list[Any]],
    dtype: str,
    *,
    apart: bool,
) -> str:
    """The C of all units and a main() that runs the one of a number on arguments from a file."""
    kernels = text_of([unit for _, unit in units], dtype)
    if apart:
        # Also what is little work is shared, or no random program would be.
        kernels = "#define GRADC_TEAM driver_team\n" + kernels.replace("16.0 * (double)sums : 1e5", "1.0 : 1.0")
    lines = [kernels, "#include <stdio.h>", "#include <stdlib.h>", _TEAM if apart else ""]
    cases = []
    for place, ((number, unit), job) in enumerate(zip(units, jobs, strict=True)):
        lines += [f"static int run{place}(FILE *file)", "{", *_body(unit, job, given[number], dtype), "}", ""]
        cases.append(f"    case {place}: return run{place}(file);")
    lines += [
        "int main(int count, char **words)",
        "{",
        '    FILE *file = count > 2 ? fopen(words[2], "rb") : NULL;',
        "    if (!file) return 2;",
        "    switch (atoi(words[1])) {",
        *cases,
        "    }",
        "    return 2;",
        "}",
        "",
    ]
    return "\n".join(lines)


def _body(unit: Unit, job: Job, given: Sequence[Any], dtype: str) -> list[str]:
    entry = unit.entry
    real = C_TYPES[dtype]
    lines, names = [], []
    sizes = dict(job.sizes)
    dims = [str(sizes[dim]) for dim in entry.dims]
    for k, (value, came) in enumerate(zip(entry.inputs, given, strict=True)):
        kind = C_TYPES[value.dtype]
        if value.shape:
            count = int(np.size(came))
            lines.append(f"    {kind} *in{k} = malloc({count} * sizeof({kind}));")
            lines.append(f"    if (fread(in{k}, sizeof({kind}), {count}, file) != {count}) return 2;")
        else:
            lines.append(f"    {kind} in{k};")
            lines.append(f"    if (fread(&in{k}, sizeof({kind}), 1, file) != 1) return 2;")
        names.append(f"in{k}")
    counts = []
    for k, output in enumerate(entry.outputs):
        count = int(np.prod([evaluate(extent, sizes) for extent in output.shape], dtype=int))
        counts.append(count)
        lines.append(f"    {real} *out{k} = malloc({count} * sizeof({real}));")
        names.append(f"out{k}")
    lines.append(f"    const size_t bytes = {entry.symbol}_work({', '.join(dims)});")
    lines.append("    void *work = bytes ? aligned_alloc(64, (bytes + 63) / 64 * 64) : NULL;")
    lines.append(f"    const int status = {entry.symbol}({', '.join([*dims, *names, 'work'])});")
    lines.append("    if (status == 0) {")
    lines += [f"        fwrite(out{k}, sizeof({real}), {count}, stdout);" for k, count in enumerate(counts)]
    lines.append("    }")
    lines += [f"    free(in{k});" for k, value in enumerate(entry.inputs) if value.shape]
    lines += [f"    free(out{k});" for k in range(len(counts))]
    return [*lines, "    free(work);", "    fclose(file);", "    return status ? 3 : 0;"]
