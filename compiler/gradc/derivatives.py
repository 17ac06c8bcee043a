"""Second derivatives and Jacobians of a program: their programs, how they are stored, and how they are handed back.

    derived = derive("hessian", program, ("w",))
    derived.program         # (parameters..., places...) -> what is stored of each block
    derived.places          # the program of the places of what is sparse; None where all is dense

Each mode is a program like those of value and gradient, and is compiled, cached and called like them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gradc import interface, programs
from gradc.calculus.forward import push_forward
from gradc.calculus.jacobian import Jacobian, Term, assemble, diagonal, merge_terms, products, seed_terms, transposed
from gradc.calculus.reverse import vjp
from gradc.calculus.sparsity import (
    DENSE,
    ROWS,
    SLOTS,
    ZERO,
    Layout,
    choose_layout,
    define_places,
    define_values,
    restrict_term,
    slot_parameters,
)
from gradc.calculus.structure import fill, identity_indices
from gradc.ir.definitions import Parameter, remap_body
from gradc.ir.printer import named
from gradc.ir.program import Program, ProgramBuilder, copy_definitions, fresh
from gradc.ir.size import ONE, Size
from gradc.passes.dead import drop_dead
from gradc.runtime.blocks import Block as StoredBlock
from gradc.runtime.blocks import Form, Part


class Block(NamedTuple):
    """A block of a derivative: which rows and columns, its layout, and the output that holds its values."""

    row: int
    column: int
    layout: Layout
    output: int | None
    slots: tuple[str, ...] = ()
    places: tuple[tuple[int, ...], ...] = ()  # for each term, the outputs of the program of places


class Derived(NamedTuple):
    """The program of a mode, its blocks, how many outputs come before them, and the program of their places."""

    program: Program
    blocks: tuple[Block, ...]
    places: Program | None
    before: int = 0


# --- the programs ---------------------------------------------------------------------------------------------------


def derive(mode: str, program: Program, wrt: Sequence[str], *, dense: bool = False, stable: bool = True) -> Derived:
    """The program of one mode; `program` is canonical. With `stable`, derivatives are put in stable forms."""
    derived = _derive(mode, named(program), wrt, dense)
    return derived._replace(program=programs.settled(derived.program, stable=stable))


def _derive(mode: str, program: Program, wrt: Sequence[str], dense: bool) -> Derived:
    at = interface.positions(program, wrt)
    if mode == "hvp":
        return Derived(_hessian_product(program, at, wrt), (), None)
    if mode == "jacobian":
        jacobian = _push(program, at)
        return _stored(
            jacobian, program, wrt, _Parts([(-1, q, jacobian.of(program.outputs[0], q)) for q in _range(at)]), dense
        )
    if mode == "jacobian_reverse":
        return _reverse_jacobian(program, at, wrt, dense)
    if mode == "gauss_newton":
        return _gauss_newton(program, at, wrt, dense)
    gradient = programs.normalise(vjp(program, at))
    jacobian = _push(gradient, at)
    if mode == "hessian_diagonal":
        b = jacobian.b
        outputs = [diagonal(b, jacobian.of(gradient.outputs[1 + p], p), jacobian.shapes[p]) for p in _range(at)]
        labels = [f"diagonal_{name}" for name in wrt]
        return Derived(programs.normalise(b.finish(outputs, labels)), (), None)
    if mode not in ("hessian", "value_grad_hessian"):
        raise KeyError(f"no second derivative is called {mode!r}")
    blocks = [(p, q, jacobian.of(gradient.outputs[1 + p], q)) for p in _range(at) for q in _range(at) if p <= q]
    before: list[int] = []
    names: list[str] = []
    if mode == "value_grad_hessian":
        before = [jacobian.new[number] for number in gradient.outputs]
        names = list(gradient.output_names)
    return _stored(jacobian, gradient, wrt, _Parts(blocks, before, names), dense)


class _Pushed(NamedTuple):
    b: ProgramBuilder
    new: Mapping[int, int]
    found: Jacobian
    shapes: Mapping[int, tuple[Size, ...]]

    def of(self, number: int, wrt: int) -> list[Term]:
        return [term for term in self.found.terms(number) if term.wrt == wrt]


class _Parts(NamedTuple):
    blocks: list[tuple[int, int, list[Term]]]
    before: Sequence[int] = ()
    names: Sequence[str] = ()
    after: Sequence[tuple[int, str]] = ()
    prefix: str = "hess"


def _range(at: Sequence[int]) -> range:
    return range(len(at))


def _push(program: Program, at: Sequence[int]) -> _Pushed:
    b = ProgramBuilder(program.parameters)
    new = copy_definitions(b, program, {k: k for k in range(len(program.parameters))})
    shapes = {q: program.parameters[k].shape for q, k in enumerate(at)}
    terms = {k: seed_terms(b, k, q) for q, k in enumerate(at)}
    return _Pushed(b, new, Jacobian(b, program, new, terms, shapes), shapes)


def _hessian_product(program: Program, at: Sequence[int], wrt: Sequence[str]) -> Program:
    """Forward mode over the gradient: ``(parameters..., vectors...) -> products``."""
    gradient = programs.normalise(vjp(program, at))
    taken = program.names()
    extra = [
        Parameter(fresh(f"{name}_dot", taken), program.parameters[k].shape) for k, name in zip(at, wrt, strict=True)
    ]
    b = ProgramBuilder((*program.parameters, *extra))
    new = copy_definitions(b, gradient, {k: k for k in range(len(program.parameters))})
    dots = {k: len(program.parameters) + j for j, k in enumerate(at)}
    push_forward(b, gradient, new, dots)
    outputs = [
        dots[number] if number in dots else fill(b, 0.0, program.parameters[k].shape)
        for number, k in zip(gradient.outputs[1:], at, strict=True)
    ]
    return programs.normalise(b.finish(outputs, [f"product_{name}" for name in wrt]))


def _reverse_jacobian(program: Program, at: Sequence[int], wrt: Sequence[str], dense: bool) -> Derived:
    """The gradient is linear in the cotangent; its derivative by that is the Jacobian's transpose."""
    taken = program.names()
    joint = programs.normalise(vjp(program, at, cotangent=fresh("cotangent", taken)))
    count = len(program.parameters)
    jacobian = _push(joint, [count])
    blocks = [(-1, q, [transposed(term, q) for term in jacobian.of(joint.outputs[1 + q], 0)]) for q in _range(at)]
    shapes = {q: program.parameters[k].shape for q, k in enumerate(at)}
    return _stored(jacobian._replace(shapes=shapes), program, wrt, _Parts(blocks), dense, dropped=True)


def _gauss_newton(program: Program, at: Sequence[int], wrt: Sequence[str], dense: bool) -> Derived:
    """``JᵀJ`` and ``Jᵀr``, from the terms of J, row by row."""
    pushed = _push(program, at)
    b, output = pushed.b, program.outputs[0]
    rank = len(program.arrays()[output].shape)
    rows = pushed.found.rows(output)
    by_wrt = [[term for term in rows if term.wrt == q] for q in _range(at)]
    blocks = [(p, q, products(b, by_wrt[p], by_wrt[q], rank)) for p in _range(at) for q in _range(at) if p <= q]
    residual = _column_of(b, pushed.new[output], rank)
    after = [
        (assemble(b, products(b, by_wrt[p], [residual], rank), pushed.shapes[p], ()), f"jtr_{wrt[p]}")
        for p in _range(at)
    ]
    return _stored(pushed, program, wrt, _Parts(blocks, after=after, prefix="jtj"), dense)


def _column_of(b: ProgramBuilder, array: int, rank: int) -> Term:
    """An array as a term without a direction: a column."""
    body = b.body()
    everywhere = identity_indices(rank)
    return Term(0, b.arrays[array].shape, body, b.access(body, array, *everywhere), everywhere, ())


def _stored(
    pushed: _Pushed, program: Program, wrt: Sequence[str], parts: _Parts, dense: bool, dropped: bool = False
) -> Derived:
    """Choose each block's layout, and define what is stored of it."""
    b = pushed.b
    output_shape = program.arrays()[program.outputs[0]].shape
    prepared = []
    extra: list[Parameter] = []
    taken = {*program.names(), *(parameter.name for parameter in b.parameters)}
    pending = list(parts.blocks)
    while pending:
        row, column, terms = pending.pop(0)
        rows = output_shape if row < 0 else pushed.shapes[row]
        columns = pushed.shapes[column]
        merged = merge_terms(b, [restrict_term(b, term, rows, columns) for term in terms])
        layout = Layout(DENSE, rows, columns) if dense else choose_layout(merged, rows, columns)
        if 0 <= row < column and layout.kind == SLOTS and layout.lead != (len(rows), len(columns)):
            # Of small blocks no transpose is a view, so the kernel writes it too.
            pending.insert(0, (column, row, [transposed(term, row) for term in merged]))
        label = wrt[column] if row < 0 else f"{wrt[row]}_{wrt[column]}"
        parameters = slot_parameters(layout, merged, label, taken)
        taken.update(name for parameter in parameters for name in (parameter.name, *map(str, parameter.shape)))
        prepared.append((row, column, merged, layout, label, parameters))
        extra += parameters
    if not parts.before and not parts.after and all(layout.kind == ZERO for *_, layout, _, _ in prepared):
        prepared = [(r, c, m, layout._replace(kind=DENSE), s, p) for r, c, m, layout, s, p in prepared]
    # The places come as parameters behind the others, so everything is defined anew over them.
    kept = len(b.parameters) - int(dropped)
    blocks: list[Block] = []
    names = list(parts.names)
    integer_outputs: list[int] = []
    prefix = "jac" if parts.blocks and parts.blocks[0][0] < 0 else parts.prefix
    position = kept
    wide = ProgramBuilder((*b.parameters, *extra))  # `b` with the places, so that terms may read them
    new = copy_definitions(wide, b.finish(()), {k: k for k in range(len(b.parameters))})
    outputs = [new[number] for number in parts.before]
    for row, column, merged, layout, label, parameters in prepared:
        first = len(b.parameters) + (position - kept)
        position += len(parameters)
        if layout.kind == ZERO:
            blocks.append(Block(row, column, layout, None))
            continue
        terms = [_over(wide, term, new) for term in merged]
        slots = list(range(first + 1, first + len(parameters)))
        outputs.append(define_values(wide, layout, terms, slots, parameters[0].shape[0] if parameters else ONE))
        names.append(f"{prefix}_{label}" if row < 0 or len(wrt) > 1 else f"{prefix}_{wrt[row]}")
        places: list[tuple[int, ...]] = []
        if layout.kind in (ROWS, SLOTS):
            numbers = define_places(wide, layout, terms)
            each = sum(layout.lead)
            for _ in layout.terms:
                here, numbers = numbers[:each], numbers[each:]
                places.append(tuple(range(len(integer_outputs), len(integer_outputs) + each)))
                integer_outputs += here
        blocks.append(Block(row, column, layout, len(outputs) - 1, tuple(p.name for p in parameters), tuple(places)))
    for number, name in parts.after:
        outputs.append(new[number])
        names.append(name)
    gone = [kept] if dropped else []
    gone_for_places = [*gone, *range(len(b.parameters), len(wide.parameters))]
    final = programs.normalise(without_parameters(wide.finish(outputs, names), gone))
    index_program = None
    if integer_outputs:
        labels = [f"place{k}" for k in range(len(integer_outputs))]
        index_program = programs.normalise(without_parameters(wide.finish(integer_outputs, labels), gone_for_places))
    return Derived(final, tuple(blocks), index_program, len(parts.before))


def _over(b: ProgramBuilder, term: Term, new: Mapping[int, int]) -> Term:
    """The term over arrays with other numbers."""
    body = b.body()
    equations = remap_body(term.body.equations, new)
    position = body.insert(equations, range(len(equations)))

    def moved(parts: tuple[Size, ...]) -> tuple[Size, ...]:
        return tuple(
            part.substitute(lambda atom: body.as_size(position[atom[1]]) if atom[0] == "ref" else None)
            for part in parts
        )

    return Term(term.wrt, term.extents, body, position[term.value], moved(term.place), moved(term.direction))


def without_parameters(program: Program, gone: Sequence[int]) -> Program:
    """The program without parameters that nothing it needs reads."""
    if not gone:
        return program
    program = drop_dead(program)
    b = ProgramBuilder([parameter for k, parameter in enumerate(program.parameters) if k not in gone])
    kept = [k for k in range(len(program.parameters)) if k not in gone]
    new = copy_definitions(b, program, {k: position for position, k in enumerate(kept)})
    return b.finish([new[number] for number in program.outputs], program.output_names)


# --- how they are handed back ---------------------------------------------------------------------------------------


def form_of(mode: str, derived: Derived, count: int, single: bool) -> Form:
    """How a mode hands its outputs and blocks back, by `count` arguments, or by a `single` one that is in no tuple.

    Without blocks there is an output for each argument. A table has the blocks on and above the diagonal, and below it
    their transposes where the kernel gives none.
    """
    at = {(block.row, block.column): number for number, block in enumerate(derived.blocks)}
    outputs = range(len(derived.program.outputs))

    def packed(parts: Sequence[Form]) -> Form:
        return parts[0] if single else tuple(parts)

    if not derived.blocks:
        return packed(outputs)
    if mode in ("jacobian", "jacobian_reverse"):
        return packed([Part(at[-1, q]) for q in range(count)])
    rows = [[Part(at[p, q]) if (p, q) in at else Part(at[q, p], True) for q in range(count)] for p in range(count)]
    table = packed([packed(row) for row in rows])
    if mode == "value_grad_hessian":
        return (0, packed(outputs[1 : 1 + count]), table)
    return (table, packed(outputs[-count:])) if mode == "gauss_newton" else table


def stored_blocks(derived: Derived) -> tuple[StoredBlock, ...]:
    """The blocks as the runtime's plain data."""
    return tuple(
        StoredBlock(
            block.layout.kind,
            tuple(map(interface.polynomial, block.layout.rows)),
            tuple(map(interface.polynomial, block.layout.columns)),
            block.layout.lead,
            block.output,
            block.places,
            block.layout.offsets,
        )
        for block in derived.blocks
    )
