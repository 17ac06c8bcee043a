"""What programs are made of once they are scheduled, a line each, for `test_structure.py` to compare.

    python tests/structure.py               # writes tests/data/structure.txt again, after a change that is meant

A line says how many loops there are, of which mode, tiled, in parts or taken several rows at a time; which routines are
called; what is stored between nests; and how many statements and operations are left.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from functions import SAMPLES
from gradc import derivatives, losses, pipeline, programs
from gradc.ir.program import Program
from gradc.loops.build import build
from gradc.loops.program import Apply, Call, Carve, For, If, Load, LoopProgram, Namer, Team
from gradc.loops.queries import parts_of, values_of, walk
from gradc.schedule.nests import plan_program
from gradc.schedule.tiling import ROWS

DATA = Path(__file__).parent / "data" / "structure.txt"


def describe(program: LoopProgram) -> str:
    """The line of a program."""
    bodies = [program.body, *(cut.body for cut in program.cuts)]
    statements = list(itertools.chain.from_iterable(walk(body) for body in bodies))
    found = [s for s in statements if isinstance(s, For)]
    modes = Counter(loop.mode for loop in found)
    steps = Counter(str(loop.step) for loop in found if loop.step.constant is not None and loop.step.constant > 1)
    calls = Counter(s.routine for s in statements if isinstance(s, Call))
    values = [part for s in statements for value in values_of(s) for part in parts_of(value)]
    counts = {
        **{f"{mode} loops": count for mode, count in sorted(modes.items())},
        **{f"steps of {step}": count for step, count in sorted(steps.items())},
        **dict(sorted(calls.items())),
        "teams": sum(isinstance(s, Team) for s in statements),
        "tests": sum(len(s.tests) for s in statements if isinstance(s, If)),
        "statements": len(statements),
        "loads": sum(isinstance(part, Load) for part in values),
        "operations": sum(isinstance(part, Apply) for part in values),
    }
    stored = [str(shape) for scratch in program.scratch for shape in _shapes(scratch.views or (scratch.buffer,))]
    carved = [str(shape) for s in statements if isinstance(s, Carve) for shape in _shapes(s.views)]
    parts = [f"{count} {what}" for what, count in counts.items() if count]
    return ", ".join(parts) + "; stored: " + (", ".join(sorted(stored + carved)) or "nothing")


def _shapes(buffers: tuple) -> Iterator[str]:
    for buffer in buffers:
        yield f"{buffer.type}[{', '.join(extent.spell(lambda atom: str(atom[-1])) for extent in buffer.extents)}]"


@cache
def sources() -> dict[str, object]:
    """What is described: the samples and the catalogue."""
    return {**{f"sample {s.name}": s for s in SAMPLES}, **losses.CATALOGUE}


def programs_of(name: str) -> Iterator[tuple[str, Program]]:
    """Gradients and second derivatives; the gallery holds the catalogue's gradients."""
    source = sources()[name]
    if isinstance(source, losses.Loss):
        given, signature, wrt = source.function, source.signature, source.wrt
    else:
        given = source.function or source.formula or source.index or source.sympy()
        signature, wrt = source.signature, source.wrt
    program = programs.stable(programs.canonical(programs.read(given, signature))).program
    scalar = not program.arrays()[program.outputs[0]].shape
    first, second = ("value_and_grad", "hessian") if scalar else ("vjp", "jacobian")
    if not isinstance(source, losses.Loss):
        yield first, programs.derive(program, first, wrt)
    yield second, derivatives.derive(second, program, wrt, dense=True, stable=True).program


def lines(name: str) -> dict[str, str]:
    """The lines of a source, by mode."""
    found = {}
    for mode, program in programs_of(name):
        lowered, namer = pipeline.run(pipeline.lowering("float64"), program), Namer()
        loops = pipeline.run(pipeline.finishing(namer, False), build(plan_program(lowered), "f", ROWS, namer))
        found[f"{name}, {mode}"] = describe(loops)
    return found


def read() -> dict[str, str]:
    """What was written last."""
    pairs = (line.split(": ", 1) for line in DATA.read_text(encoding="utf-8").splitlines() if line)
    return dict(pairs)


if __name__ == "__main__":
    text = "".join(f"{key}: {value}\n" for name in sources() for key, value in lines(name).items())
    DATA.write_text(text, encoding="utf-8")
