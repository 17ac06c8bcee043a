"""Second derivatives and Jacobians of a program: their programs, how they are stored, and the calls of a kernel.

    derived = derive("hessian", program, ("w",))
    derived.program         # (parameters..., places...) -> what is stored of each block
    derived.places          # the program of the places of what is sparse; None where all is dense

Each mode is a program like those of value and gradient, and is compiled, cached and called like them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradc import pipeline
from gradc.calculus.forward import push_forward
from gradc.calculus.jacobian import Jacobian, Term, assemble, diagonal, merge_terms, products, seed_terms, transposed
from gradc.calculus.reverse import vjp
from gradc.calculus.sparsity import (
    DENSE,
    DIAGONAL,
    ROWS,
    SLOTS,
    ZERO,
    Layout,
    choose_layout,
    define_places,
    define_values,
    slot_parameters,
)
from gradc.calculus.structure import fill, identity_indices
from gradc.errors import ArgumentError, ArgumentTypeError
from gradc.ir.program import Parameter, Program, ProgramBuilder, copy_definitions, remap_body
from gradc.ir.size import Size, symbol
from gradc.passes.dead import drop_dead

if TYPE_CHECKING:
    from gradc.runtime.arguments import Entry
    from gradc.runtime.sparse import Places

MODES = ("hessian", "value_grad_hessian", "hvp", "hessian_diagonal", "jacobian", "jacobian_reverse", "gauss_newton")


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
    derived = _derive(mode, program, wrt, dense)
    return derived._replace(program=pipeline.settled(derived.program, stable=stable))


def _derive(mode: str, program: Program, wrt: Sequence[str], dense: bool) -> Derived:
    at = pipeline.positions(program, wrt)
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
    gradient = pipeline.normalise(vjp(program, at))
    jacobian = _push(gradient, at)
    if mode == "hessian_diagonal":
        b = jacobian.b
        outputs = [diagonal(b, jacobian.of(gradient.outputs[1 + p], p), jacobian.shapes[p]) for p in _range(at)]
        labels = [f"diagonal_{name}" for name in wrt]
        return Derived(pipeline.normalise(b.finish(outputs, labels)), (), None)
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
    gradient = pipeline.normalise(vjp(program, at))
    taken = {parameter.name for parameter in program.parameters}
    extra = [
        Parameter(pipeline.fresh(f"{name}_dot", taken), program.parameters[k].shape)
        for k, name in zip(at, wrt, strict=True)
    ]
    b = ProgramBuilder((*program.parameters, *extra))
    new = copy_definitions(b, gradient, {k: k for k in range(len(program.parameters))})
    dots = {k: len(program.parameters) + j for j, k in enumerate(at)}
    push_forward(b, gradient, new, dots)
    outputs = [
        dots[number] if number in dots else fill(b, 0.0, program.parameters[k].shape)
        for number, k in zip(gradient.outputs[1:], at, strict=True)
    ]
    return pipeline.normalise(b.finish(outputs, [f"product_{name}" for name in wrt]))


def _reverse_jacobian(program: Program, at: Sequence[int], wrt: Sequence[str], dense: bool) -> Derived:
    """The gradient is linear in the cotangent; its derivative by that is the Jacobian's transpose."""
    taken = {parameter.name for parameter in program.parameters}
    joint = pipeline.normalise(vjp(program, at, cotangent=pipeline.fresh("cotangent", taken)))
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
    for row, column, terms in parts.blocks:
        merged = merge_terms(b, terms)
        rows = output_shape if row < 0 else pushed.shapes[row]
        columns = pushed.shapes[column]
        layout = Layout(DENSE, rows, columns) if dense else choose_layout(merged, rows, columns)
        label = wrt[column] if row < 0 else f"{wrt[row]}_{wrt[column]}"
        parameters = slot_parameters(layout, merged, label)
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
        blocks_dim = symbol(f"blocks_{label}") if parameters else symbol("none")
        outputs.append(define_values(wide, layout, terms, slots, blocks_dim))
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
    final = pipeline.normalise(without_parameters(wide.finish(outputs, names), gone))
    index_program = None
    if integer_outputs:
        labels = [f"place{k}" for k in range(len(integer_outputs))]
        index_program = pipeline.normalise(without_parameters(wide.finish(integer_outputs, labels), gone_for_places))
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


# --- the calls ------------------------------------------------------------------------------------------------------


class DerivativeCall:
    """A compiled derivative: finds the places of what is sparse, calls the kernel, and puts the results together.

    Parameters
    ----------
    derived
        The mode's program, blocks and places.
    call
        The kernel: ``(arguments..., places...) -> outputs``.
    entry
        The record of the arguments alone.
    """

    def __init__(self, derived: Derived, call: Callable[..., Any], entry: Entry) -> None:
        self.derived, self.call, self.entry = derived, call, entry
        self._sparse = any(block.layout.kind not in (DENSE, DIAGONAL) for block in derived.blocks)
        self._evaluate = None if derived.places is None else pipeline.evaluator(derived.places, "float64")
        self._known: tuple[tuple[Any, ...], dict[int, Places]] | None = None
        self._blanks: dict[int, tuple[int, Places | None, Any]] = {}  # of each block, a matrix of the pattern at hand

    def __call__(self, args: tuple[Any, ...], out: Sequence[Any] | None = None) -> tuple[list[Any], list[Any]]:
        """The outputs that are no blocks, and the blocks, each a matrix or an array."""
        derived = self.derived
        places = self.places(args)
        extra: list[Any] = []
        for k, block in enumerate(derived.blocks):
            if block.slots:
                extra += [places[k].columns.astype(np.int64), *places[k].slots]
        if out is None:
            flat = self.call(*args, *extra)
        else:
            flat = self.call(*args, *extra, out=self._targets(args, out, places))
        outputs = list(flat) if len(derived.program.outputs) > 1 else [flat]
        blocks: list[Any] = []
        for k, block in enumerate(derived.blocks):
            given = None if out is None else out[k]
            values = None if block.output is None else outputs[block.output]
            blocks.append(self._finished(k, values, places.get(k)) if given is None else given)
        held = {block.output for block in derived.blocks}
        return [value for number, value in enumerate(outputs) if number not in held], blocks

    def places(self, args: tuple[Any, ...]) -> dict[int, Places]:
        """The pattern of each block that is not dense, found anew where shapes or index arrays have changed."""
        if not self._sparse:
            return {}
        reals = [value.dtype.startswith("float") for value in self.entry.inputs]
        key = tuple(np.shape(arg) if real else np.asarray(arg) for arg, real in zip(args, reals, strict=False))
        known = self._known
        if known is not None and all(np.array_equal(a, b) for a, b in zip(known[0], key, strict=True)):
            return known[1]
        from gradc.runtime.sparse import find_places

        values, sizes = self._measured(args)
        subscripts: Sequence[Any] = ()
        if self._evaluate is not None:
            named = {value.name: came for value, came in zip(self.entry.inputs, values, strict=True)}
            subscripts = self._evaluate(named, sizes)
        found: dict[int, Places] = {}
        for k, block in enumerate(self.derived.blocks):
            layout = block.layout
            if layout.kind in (DENSE, DIAGONAL):
                continue
            terms = [[subscripts[number] for number in one] for one in block.places]
            rows, columns = _lengths(layout.rows, sizes), _lengths(layout.columns, sizes)
            found[k] = find_places(rows, columns, layout.lead, terms, one_a_row=layout.kind == ROWS)
        # A copy: what the caller writes to an index array later must be seen as a change.
        self._known = (tuple(np.array(part) for part in key), found)
        return found

    def patterns(self, args: tuple[Any, ...]) -> list[Any]:
        """The pattern of each block as a matrix of truths; None where it is dense."""
        from gradc.runtime.sparse import make_diagonal, make_matrix

        places = self.places(args)
        found: list[Any] = []
        for k, block in enumerate(self.derived.blocks):
            if block.layout.kind == DENSE:
                found.append(None)
            elif block.layout.kind == DIAGONAL:
                _, sizes = self._measured(args)
                found.append(make_diagonal(np.ones(_lengths(block.layout.rows, sizes), bool)).tocsr())
            else:
                size = len(places[k].columns) * places[k].block[0] * places[k].block[1]
                found.append(make_matrix(places[k], np.ones(size, bool)).tocsr())
        return found

    def _measured(self, args: tuple[Any, ...]) -> tuple[list[Any], dict[str, int]]:
        from gradc.runtime.arguments import convert, gather, measure

        names = [value.name for value in self.entry.inputs]
        ordered = gather(self.entry.name, names, args, {})
        values = [convert(self.entry, value, came) for value, came in zip(self.entry.inputs, ordered, strict=True)]
        return values, measure(self.entry, values)

    def _targets(self, args: tuple[Any, ...], out: Sequence[Any], places: Mapping[int, Places]) -> Any:
        """Where the kernel writes: arrays, or the values of matrices that an earlier call has given."""
        targets: list[Any] = [None] * len(self.derived.program.outputs)
        for k, (block, given) in enumerate(zip(self.derived.blocks, out, strict=True)):
            if given is None or block.output is None:
                continue
            layout = block.layout
            if layout.kind == DENSE:
                targets[block.output] = given
                continue
            if not hasattr(given, "data") or isinstance(given, np.ndarray):
                raise ArgumentTypeError(
                    f"out for a sparse derivative is a matrix of an earlier call, not {type(given)}"
                )
            _, sizes = self._measured(args)
            shape = [*_lengths(layout.rows, sizes), *_lengths(layout.columns[layout.lead[1] :], sizes)]
            if layout.kind == DIAGONAL:
                shape = _lengths(layout.rows, sizes)
            if layout.kind == SLOTS:
                shape = [len(places[k].columns)]
                shape += _lengths((*layout.rows[layout.lead[0] :], *layout.columns[layout.lead[1] :]), sizes)
            if given.data.size != np.prod(shape, dtype=int):
                raise ArgumentError("out holds a matrix of another pattern; ask for a fresh one with out=None")
            targets[block.output] = given.data.reshape(shape)
        return targets[0] if len(targets) == 1 else tuple(targets)

    def _finished(self, k: int, values: Any, places: Places | None) -> Any:
        block = self.derived.blocks[k]
        if block.layout.kind == DENSE:
            return values
        from gradc.runtime.sparse import make_diagonal, make_matrix, refilled

        if values is None:
            values = np.zeros(0, self.call.entry.outputs[0].dtype)  # type: ignore[attr-defined]
        key = np.size(values) if places is None else id(places)
        known = self._blanks.get(k)
        if known is None or known[0] != key:
            # Kept to itself, with the places that it is of: what is given out may be changed by its owner.
            blank = make_diagonal(values) if places is None else make_matrix(places, values)
            known = self._blanks[k] = (key, places, blank)
        return refilled(known[2], values)


def _lengths(shape: Sequence[Size], sizes: Mapping[str, int]) -> list[int]:
    known = {("dim", name): value for name, value in sizes.items()}
    return [extent.evaluate(known) for extent in shape]


def square(blocks: Sequence[Block], found: Sequence[Any], count: int) -> tuple[tuple[Any, ...], ...]:
    """Blocks on and above the diagonal as rows of blocks; what lies below is their transposes."""
    table: list[list[Any]] = [[None] * count for _ in range(count)]
    for block, value in zip(blocks, found, strict=True):
        table[block.row][block.column] = value
        if block.row != block.column:
            table[block.column][block.row] = _transposed(value, len(block.layout.rows))
    return tuple(tuple(row) for row in table)


def _transposed(value: Any, rank: int) -> Any:
    if not isinstance(value, np.ndarray):
        return value.T if hasattr(value, "T") else value
    axes = range(value.ndim)
    return value.transpose(*axes[rank:], *axes[:rank])
