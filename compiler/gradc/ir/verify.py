"""Check every invariant of a program, and report all that is broken at once.

Tests run it after every pass. What it finds is a fault of gradc, never of a user's input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradc.errors import VerifyError
from gradc.ir.definitions import (
    KIND_OF_DTYPE,
    Accumulation,
    Array,
    Call,
    Comprehension,
    Definition,
    Scan,
    results_of,
    sizes_of,
)
from gradc.ir.equations import BOOLEAN, INTEGER, REAL, Equation, operation, references
from gradc.ir.program import Program
from gradc.ir.size import Size

REDUCTIONS = ("sum", "prod", "max", "min", "logsumexp", "norm")


def verify(program: Program, dims: frozenset[str] = frozenset()) -> Program:
    """Give the program back, or raise `VerifyError` with every fault.

    Parameters
    ----------
    dims
        Symbols that are bound outside, such as those of the program that holds a scan's body.
    """
    faults = list(_faults(program, dims | set(program.symbols())))
    if faults:
        raise VerifyError("a program breaks the IR's invariants:\n  " + "\n  ".join(faults))
    return program


def _faults(program: Program, dims: frozenset[str]) -> Iterator[str]:
    for parameter in program.parameters:
        if parameter.dtype not in KIND_OF_DTYPE:
            yield f"parameter {parameter.name} has the unknown dtype {parameter.dtype}"
    if len({parameter.name for parameter in program.parameters}) != len(program.parameters):
        yield "two parameters share a name"
    arrays = [Array(parameter.shape, parameter.dtype) for parameter in program.parameters]
    for position, definition in enumerate(program.definitions):
        for fault in _definition_faults(definition, arrays, dims):
            yield f"definition {position}: {fault}"
        if isinstance(definition, Scan) and not all(0 <= number < len(arrays) for number in definition.initial):
            return  # nothing is known of what comes behind
        arrays += results_of(definition, arrays)
    for output in program.outputs:
        if not 0 <= output < len(arrays):
            yield f"output {output} is not defined"


def _definition_faults(definition: Definition, arrays: Sequence[Array], dims: frozenset[str]) -> Iterator[str]:
    for value in sizes_of(definition):
        for atom in value.atoms():
            if atom[0] in ("index", "ref"):
                yield f"extent {value} depends on a loop index or an equation"
            if atom[0] == "dim" and atom[1] not in dims:
                yield f"extent {value} names the unbound dimension {atom[1]}"
    if isinstance(definition, Comprehension):
        if (definition.reduction is None) != (len(definition.extents) == definition.rank):
            yield "a reduction without reduced indices, or reduced indices without a reduction"
        if definition.reduction is not None:
            if definition.reduction not in REDUCTIONS:
                yield f"unknown reduction {definition.reduction}"
            if definition.body[-1].kind != REAL:
                yield "a reduction of something not real"
        yield from _body_faults(definition.body, len(definition.extents), arrays, dims)
    elif isinstance(definition, Accumulation):
        for piece in definition.pieces:
            yield from _body_faults(piece.body, len(piece.extents), arrays, dims)
            for store in piece.stores:
                if len(store.subscripts) != len(definition.shape):
                    yield "a store whose subscripts do not fit the shape"
                if piece.body[store.value].kind != REAL:
                    yield "a store of something not real"
    elif isinstance(definition, Scan):
        body = definition.body
        if definition.step in dims:
            yield f"the step {definition.step} of a scan is a dimension too, or the step of a scan around it"
        carries = len(definition.initial)
        given = [arrays[number] for number in (*definition.initial, *definition.captured) if number < len(arrays)]
        if len(given) != len(body.parameters):
            yield "a scan that names arrays not yet defined, or captures other than its body takes"
        elif any(have.shape != want.shape for have, want in zip(given, body.parameters, strict=True)):
            yield "a scan whose arrays do not fit its body's parameters"
        if len(body.outputs) != carries:
            yield "a scan whose body gives back another number of carries"
        for output, parameter in zip(body.outputs, body.parameters, strict=False):
            if body.arrays()[output].shape != parameter.shape:
                yield f"a carry of shape {parameter.shape} becomes one of {body.arrays()[output].shape}"
        yield from _faults(body, dims | {definition.step})
    elif isinstance(definition, Call):
        yield from (f"array {n} is used before it is defined" for n in definition.arguments if n >= len(arrays))


def _body_faults(body: Sequence[Equation], rank: int, arrays: Sequence[Array], dims: frozenset[str]) -> Iterator[str]:
    if not body:
        yield "an empty body"
    for number, equation in enumerate(body):
        where = f"equation {number} ({equation.op})"
        if any(not 0 <= below < number for below in references(equation)):
            yield f"{where} names an equation that does not come before it"
            continue
        sizes: tuple[Size, ...] = ()
        if equation.op == "constant":
            if equation.kind != (BOOLEAN if isinstance(equation.data, bool) else REAL):
                yield f"{where} has the wrong kind"
        elif equation.op == "integer":
            sizes = (equation.data,)
        elif equation.op == "access":
            array, sizes = equation.data
            if not 0 <= array < len(arrays):
                yield f"{where} reads array {array} before it is defined"
            elif len(sizes) != len(arrays[array].shape):
                yield f"{where} reads array {array} with {len(sizes)} subscripts for {len(arrays[array].shape)} axes"
            elif equation.kind != arrays[array].kind:
                yield f"{where} reads a {arrays[array].kind} array as {equation.kind}"
        else:
            signature = operation(equation.op, len(equation.operands))
            if len(signature.operands) != len(equation.operands):
                yield f"{where} has {len(equation.operands)} operands"
                continue
            kinds = [body[below].kind for below in equation.operands]
            for have, want in zip(kinds, signature.operands, strict=True):
                if want not in (have, "same") or (want == "same" and len(set(kinds)) > 1):
                    yield f"{where} takes a {have} operand where a {want} one belongs"
            if equation.kind != signature.result:
                yield f"{where} is said to be {equation.kind}"
        for value in sizes:
            for atom in value.atoms():
                if atom[0] == "index" and not 0 <= atom[1] < rank:
                    yield f"{where} uses the unbound index {atom[1]}"
                if atom[0] == "dim" and atom[1] not in dims:
                    yield f"{where} uses the unbound dimension {atom[1]}"
                if atom[0] == "ref" and body[atom[1]].kind != INTEGER:
                    yield f"{where} uses a subscript that is not an integer"
