"""The passes on loop programs, in order, and why."""

from __future__ import annotations

from gradc.loops.passes.apart import apart
from gradc.loops.passes.cut import cut
from gradc.loops.passes.look_ahead import look_ahead
from gradc.loops.passes.outline import outline
from gradc.loops.program import LoopProgram, Namer


def finish(program: LoopProgram, namer: Namer, precise: bool = False) -> LoopProgram:
    """The program as it is printed; `precise` has no functions of loops that hold up to a bound."""
    if not precise:
        program = look_ahead(program, namer)  # first, since it looks at whole loops
    program = outline(program)  # before what is long is cut, since each thread's rows are a function anyway
    program = cut(program, namer)
    return apart(program)
