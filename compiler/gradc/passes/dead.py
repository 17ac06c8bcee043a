"""Drop definitions that no output needs, and put the others in the order in which the outputs need them.

    a[i:n] = exp(x[i])                      s = sum[i:n](x[i])
    s = sum[i:n](x[i])           ->         return s
    return s

The order is that of a depth-first reading from the outputs, so equal programs have equal definitions in equal order.
"""

from __future__ import annotations

from gradc.ir.definitions import Definition, Scan, reads, remap, result_count
from gradc.ir.program import Program, ProgramBuilder, copy_definitions


def _trimmed(definition: Definition) -> Definition:
    """A scan that captures only what its body needs; any other definition as it is."""
    if not isinstance(definition, Scan):
        return definition
    scan = definition._replace(body=drop_dead(definition.body))
    body, carries = scan.body, len(scan.initial)
    read = set(body.outputs).union(*(reads(definition) for definition in body.definitions))
    kept = [k for k in range(len(body.parameters)) if k < carries or k in read]
    if len(kept) == len(body.parameters):
        return scan
    b = ProgramBuilder([body.parameters[k] for k in kept])
    new = copy_definitions(b, body, {k: position for position, k in enumerate(kept)})
    captured = tuple(scan.captured[k - carries] for k in kept[carries:])
    return scan._replace(captured=captured, body=b.finish([new[number] for number in body.outputs]))


def drop_dead(program: Program) -> Program:
    """The program without what nothing reads, in canonical order; also inside the bodies of scans."""
    firsts = program.first_results()
    holder = {
        first + offset: k
        for k, (first, definition) in enumerate(zip(firsts, program.definitions, strict=True))
        for offset in range(result_count(definition))
    }
    trimmed: dict[int, Definition] = {}
    done: dict[int, None] = {}
    stack = [(holder[number], False) for number in reversed(program.outputs) if number in holder]
    while stack:
        k, expanded = stack.pop()
        if k in done:
            continue
        if expanded:
            done[k] = None
            continue
        stack.append((k, True))
        trimmed[k] = definition = _trimmed(program.definitions[k])
        below = [holder[number] for number in reads(definition) if number in holder]
        stack.extend((other, False) for other in reversed(below) if other not in done)
    b = ProgramBuilder(program.parameters)
    new = {k: k for k in range(len(program.parameters))}
    for k in done:
        definition = remap(trimmed[k], new)
        hints = [program.hint(firsts[k] + offset) for offset in range(result_count(definition))]
        for offset, number in enumerate(b.define(definition, *hints)):
            new[firsts[k] + offset] = number
    return b.finish([new[number] for number in program.outputs], program.output_names)
