"""Derivatives in blocks, dense or sparse: the pattern is found once, and a kernel writes the values.

    hessian = BlockCall(call, places, blocks, form)     # call(arguments..., slots...) -> what is stored of each block
    H = hessian(x)                                      # a matrix of its own
    refill = hessian.bind(out=H, y=y)                   # a function of x that writes the values of H, and returns it

This module is copied into ahead-of-time artefacts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from gradc.errors import ArgumentError, ArgumentTypeError
from gradc.runtime.arguments import (
    Entry,
    Input,
    Output,
    Polynomial,
    convert_all,
    convert_bound,
    describe,
    evaluate,
    gather,
    is_number,
    measure,
    symbols,
    unify,
)
from gradc.runtime.calls import Call
from gradc.runtime.sparse import Places, find_places, is_full, make_diagonals, make_matrix, refilled

DENSE, DIAGONAL, ROWS, BANDS, SLOTS, ZERO = "dense", "diagonal", "rows", "bands", "slots", "zero"


class Block(NamedTuple):
    """A block of a derivative as plain data.

    Parameters
    ----------
    kind
        How it is stored; `gradc.calculus.sparsity` says what the words mean.
    rows, columns
        The axes that make up its rows and its columns.
    lead
        How many of them say which small block.
    output
        The kernel's output that holds its values; None where there are none.
    places
        For each term, the results of the kernel of places that say where it lies.
    offsets
        Of the diagonals that are stored, where it is some of them.
    """

    kind: str
    rows: tuple[Polynomial, ...]
    columns: tuple[Polynomial, ...]
    lead: tuple[int, int] = (0, 0)
    output: int | None = None
    places: tuple[tuple[int, ...], ...] = ()
    offsets: tuple[int, ...] = ()


class Part(NamedTuple):
    """A place in a result that a block takes, transposed where `turned`."""

    block: int
    turned: bool = False


Form: TypeAlias = "int | Part | tuple[Form, ...]"
"""How results are handed back: the number of an output, a block, or a tuple of such."""


class _State(NamedTuple):
    """What is known for arguments of the same shapes and the same index arrays."""

    shapes: tuple[Any, ...]
    indices: tuple[Any, ...]
    places: Mapping[int, Places]
    slots: tuple[Any, ...]  # what the kernel takes behind its arguments
    blanks: dict[int, Any]  # for each sparse block a matrix of its pattern, kept to itself
    lengths: Mapping[int, tuple[int, ...]]  # of each block's values
    extents: Mapping[int, tuple[int, int]]  # rows and columns of what is stored by diagonals
    full: Mapping[int, tuple[int, ...]]  # of each block that turns out to have every element, its shape as an array
    quick: tuple[tuple[int, tuple[int, ...]], ...] = ()  # where arrays of real numbers come, and their shapes


class BlockCall:
    """A compiled derivative as a Python function, with its blocks put together; otherwise as `Call`.

    Parameters
    ----------
    call
        The kernel, whose arguments are followed by the slots of what is sparse.
    places
        The kernel of the same arguments that gives the subscripts of what is sparse; None where all is known without.
    blocks
        The blocks, in the order of their slots.
    form
        How results are handed back.
    fixed
        Values of arguments that are bound; index arrays among them are copies.
    out
        A result that is written again.
    """

    def __init__(
        self,
        call: Call,
        places: Call | None,
        blocks: Sequence[Block],
        form: Form,
        fixed: Mapping[str, Any] | None = None,
        out: Any = None,
    ) -> None:
        self.call, self.find, self.blocks, self.form = call, places, tuple(blocks), form
        self.fixed, self.out = dict(fixed or {}), out
        self.entry = _of_arguments(call.entry, arguments_of(call.entry, self.blocks))
        inputs = self.entry.inputs
        self.names = tuple(value.name for value in inputs if value.name not in self.fixed)
        self._order: list[Any] = [self.fixed.get(value.name) for value in inputs]
        self._free = [k for k, value in enumerate(inputs) if value.name not in self.fixed]
        self._sparse = any(block.kind != DENSE for block in self.blocks)
        real = [value.dtype.startswith("float") for value in inputs]
        self._sized = [k for k in self._free if inputs[k].shape and real[k]]
        self._indices = [k for k in self._free if not real[k]]
        self._state: _State | None = None
        plain = call.bind(**self.fixed) if self.fixed else call
        # What needs no hand of Python's: a dense result that is no table.
        single = nesting_of(form, self.blocks)
        self.direct: Call | None = None if self._sparse or single is None else plain.returning(single)
        self._plain = plain
        self.__name__ = self.__qualname__ = call.entry.name

    def __repr__(self) -> str:
        return f"<kernel {self.entry.name}({', '.join(self.names)})>"

    def __call__(self, /, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """The results; written into `out`, a result of an earlier call, where it is given."""
        out = self.out if out is None else out
        if self.direct is not None:
            return self.direct(*args, out=None if out is None else self._targets(out, None), **kwargs)
        if kwargs or len(args) != len(self._free):
            args = tuple(gather(self.entry.name, self.names, args, kwargs, bool(self.fixed)))
        state = self._found(args) if self._sparse else None
        if state is None:
            values = self._plain(*args) if out is None else self._plain(*args, out=self._targets(out, None))
        elif out is None:
            values = self._plain(*args, *state.slots)
        else:
            values = self._plain(*args, *state.slots, out=self._targets(out, state))
        outputs = values if len(self.call.entry.outputs) > 1 else (values,)
        if out is not None:
            for mirror in self._mirrors(out):
                mirror()
        return self._handed(self.form, outputs, state, out)

    def bind(self, /, *, out: Any = None, **fixed: Any) -> Any:
        """A function of the other arguments.

        With `out`, a result of an earlier call, it writes that and returns it; where the arguments that are fixed and
        the shape of `out` say what the pattern is, nothing else happens in a call. Without, each result is a fresh one.
        An array of numbers that needs no conversion is not copied: what is later written to it is seen. The arguments
        that the pattern comes from, all that are not real, are copied where a result is sparse: what is later written
        to them is not seen.
        """
        for name in fixed:
            if name in self.fixed:
                raise ArgumentTypeError(f"{self.entry.name}(): argument {name!r} is bound already")
            if name not in self.names:
                hint = f"; its arguments are {', '.join(self.names)}" if self.names else ""
                raise ArgumentTypeError(f"{self.entry.name}() got an unexpected keyword argument {name!r}{hint}")
        held = convert_bound(self.entry, self.fixed, fixed)
        for value in self.entry.inputs:
            is_pattern = self._sparse and bool(value.shape) and not value.dtype.startswith("float")
            if value.name in fixed and is_pattern:
                held[value.name] = held[value.name].copy()
        out = self.out if out is None else out
        bound = BlockCall(self.call, self.find, self.blocks, self.form, held, out)
        return bound if out is None else bound._refilling()

    def workspace_bytes(self, /, **dims: int) -> int:
        """The bytes of scratch that a call takes, for given sizes of all dimensions."""
        return self.call.workspace_bytes(**dims)

    def patterns(self, args: Sequence[Any]) -> list[Any]:
        """The pattern of each block as a matrix of truths; None where it is dense."""
        state = self._found(tuple(args))
        found: list[Any] = []
        for k, block in enumerate(self.blocks):
            if block.kind == DENSE or k in state.full:
                found.append(None)
            elif block.kind in (DIAGONAL, BANDS):
                blank = self._blank(k, state)
                found.append(refilled(blank, np.ones(state.lengths[k], bool)).tocsr())
            else:
                found.append(make_matrix(state.places[k], np.ones(state.lengths[k], bool)).tocsr())
        return found

    # --- inside -----------------------------------------------------------------------------------------------------

    def _found(self, args: tuple[Any, ...]) -> _State:
        """The pattern, found anew where shapes or index arrays have changed."""
        known = self._state
        if known is not None and not self._indices and len(args) == len(self._free):
            for position, shape in known.quick:
                came = args[position]
                if type(came) is not np.ndarray or came.shape != shape:
                    break
            else:
                return known
        by_number = self._order.copy()
        if len(args) != len(self._free):
            gather(self.entry.name, self.names, args, {}, bool(self.fixed))
        for k, came in zip(self._free, args, strict=True):
            by_number[k] = came
        shapes = tuple([a.shape if type(a := by_number[k]) is np.ndarray else np.shape(a) for k in self._sized])
        indices = [by_number[k] for k in self._indices]
        if known is not None and known.shapes == shapes:
            for came, held in zip(indices, known.indices, strict=True):
                if not np.array_equal(came, held):
                    break
            else:
                return known
        values, sizes = convert_all(self.entry, by_number)
        # Copies: what the caller writes to an index array later must be seen as a change.
        state = self._made(values, sizes, shapes, tuple(np.array(values[k]) for k in self._indices))
        quick = zip([self._free.index(k) for k in self._sized], shapes, strict=True)
        self._state = state = state._replace(quick=tuple(quick))
        return state

    def _made(self, values: Sequence[Any], sizes: Mapping[str, int], shapes: Any, indices: Any) -> _State:
        subscripts: Any = ()
        if self.find is not None:
            subscripts = self.find(*values)
            subscripts = subscripts if isinstance(subscripts, tuple) else (subscripts,)
        places: dict[int, Places] = {}
        lengths: dict[int, tuple[int, ...]] = {}
        extents: dict[int, tuple[int, int]] = {}
        full: dict[int, tuple[int, ...]] = {}
        slots: list[Any] = []
        for k, block in enumerate(self.blocks):
            rows, columns = _lengths(block.rows, sizes), _lengths(block.columns, sizes)
            lead = (len(rows), len(columns)) if block.kind == ZERO else block.lead
            inner = columns[lead[1] :]
            lengths[k] = (*rows, *(inner if block.kind == ROWS else columns if block.kind == DENSE else ()))
            if block.kind == BANDS:
                lengths[k] = (len(block.offsets), *columns)
            if block.kind in (DENSE, DIAGONAL, BANDS):
                extents[k] = (prod(rows), prod(columns))
                continue
            terms = [[subscripts[number] for number in one] for one in block.places]
            places[k] = find_places(rows, columns, lead, terms, one_a_row=block.kind == ROWS)
            if is_full(places[k]):
                full[k] = (*rows, *columns)
            if block.kind in (SLOTS, ZERO):
                lengths[k] = (len(places[k].columns), *rows[lead[0] :], *inner)
            if block.kind == SLOTS:
                slots += [places[k].columns.astype(np.int64), *places[k].slots]
        return _State(shapes, indices, places, tuple(slots), {}, lengths, extents, full)

    def _blank(self, k: int, state: _State) -> Any:
        """A matrix of a block's pattern, made once; what is given out is made of it."""
        blank = state.blanks.get(k)
        if blank is None:
            block = self.blocks[k]
            output = self.call.entry.outputs[block.output or 0]
            values = np.zeros(state.lengths[k], output.dtype)
            if block.kind in (DIAGONAL, BANDS):
                blank = make_diagonals(values, block.offsets or (0,), state.extents[k])
            elif k in state.full:
                blank = values.reshape(state.full[k])
            else:
                blank = make_matrix(state.places[k], values)
            state.blanks[k] = blank
        return blank

    def _handed(self, form: Form, outputs: Sequence[Any], state: _State | None, out: Any) -> Any:
        if isinstance(form, int):
            return outputs[form]
        if not isinstance(form, Part):
            given = [None] * len(form) if out is None else out
            parts = [self._handed(part, outputs, state, one) for part, one in zip(form, given, strict=True)]
            return tuple(parts)
        if out is not None and not is_number(out):
            return out
        block = self.blocks[form.block]
        values = None if block.output is None else outputs[block.output]
        if state is not None and block.kind != DENSE:
            blank = state.blanks.get(form.block)
            blank = self._blank(form.block, state) if blank is None else blank
            values = refilled(blank, np.zeros(0, blank.dtype) if values is None else values)
        return _turned(values, len(block.rows)) if form.turned else values

    def _targets(self, out: Any, state: _State | None) -> Any:
        """Where the kernel writes: arrays, or the values of matrices that an earlier call has given."""
        targets: list[Any] = [None] * len(self.call.entry.outputs)
        pairs = [(self.form, out)] if isinstance(self.form, (int, Part)) else _pairs(self.form, out, self.entry.name)
        for part, given in pairs:
            if given is None:
                continue
            if isinstance(part, int):
                targets[part] = given if self.call.entry.outputs[part].shape else None
                continue
            block = self.blocks[part.block]
            if part.turned or block.output is None:
                continue
            if block.kind == DENSE:
                targets[block.output] = given
                continue
            assert state is not None
            blank = self._blank(part.block, state)
            if type(given) is not type(blank):
                raise ArgumentTypeError(
                    f"{self.entry.name}(): out for a sparse derivative is a result of an earlier call, a "
                    f"{type(blank).__name__}, not {describe(given)}"
                )
            data, held = (x if isinstance(x, np.ndarray) else x.data for x in (given, blank))
            shape = state.lengths[part.block]
            if data.shape != held.shape or given.shape != blank.shape:
                raise ArgumentError(
                    f"{self.entry.name}(): out holds a matrix of another pattern; ask for a fresh one with out=None"
                )
            targets[block.output] = data if data.shape == shape else data.reshape(shape)
        return targets[0] if len(targets) == 1 else tuple(targets)

    def _refilling(self) -> Any:
        """The same with its `out` as a call of the kernel alone, where the pattern can be known beforehand."""
        if self.direct is not None:
            return self.direct.bind(out=self._targets(self.out, None))
        state = None
        if self._sparse:
            state = self._beforehand()
            if state is None:
                return self
            for part, given in _pairs(self.form, self.out, self.entry.name):
                if isinstance(part, int) or part.turned or given is None:
                    continue
                if self.blocks[part.block].kind != DENSE:
                    self._check_pattern(part, given, state)
        if any(given is None for part, given in _pairs(self.form, self.out, self.entry.name) if isinstance(part, Part)):
            return self
        targets = self._targets(self.out, state)
        slots = self.call.entry.inputs[len(self.entry.inputs) :]
        names = [value.name for value in slots]
        held = dict(zip(names, () if state is None else state.slots, strict=True))
        kernel = self._plain.bind(out=targets, **held).returning(_given(self.form, self.out, self.blocks))
        mirrors = self._mirrors(self.out)
        if not mirrors:
            return kernel

        def refill(*args: Any, **kwargs: Any) -> Any:
            result = kernel(*args, **kwargs)
            for mirror in mirrors:
                mirror()
            return result

        return refill

    def _mirrors(self, out: Any) -> list[Callable[[], None]]:
        """What writes the transposes of blocks in `out` that are no views of the blocks themselves."""
        if isinstance(self.form, (int, Part)):
            return []
        pairs = [(part, given) for part, given in _pairs(self.form, out, self.entry.name) if isinstance(part, Part)]
        straight = {part.block: given for part, given in pairs if not part.turned}
        found: list[Callable[[], None]] = []
        for part, given in pairs:
            source = straight[part.block]
            if not part.turned or given is None or source is None or self.blocks[part.block].output is None:
                continue
            if is_number(source):
                continue
            target = _turned(source, len(self.blocks[part.block].rows))
            here, there = (x if isinstance(x, np.ndarray) else x.data for x in (target, given))
            if type(given) is not type(target) or given.shape != target.shape or here.shape != there.shape:
                raise ArgumentTypeError(f"{self.entry.name}(): out for a transpose is that of an earlier call")
            if np.may_share_memory(here, there):
                continue
            if getattr(given, "format", "") == "bsr":
                order = np.argsort(source.indices, kind="stable")
                found.append(partial(_turn_blocks, source.data, order, there))
            else:
                found.append(partial(np.copyto, there, here))
        return found

    def _beforehand(self) -> _State | None:
        """The pattern, where the arguments that are bound and the shapes of `out` say it."""
        if self._indices:
            return None
        inputs = [value for k, value in enumerate(self.entry.inputs) if k not in self._free]
        values = [came for k, came in enumerate(self._order) if k not in self._free]
        for part, given in _pairs(self.form, self.out, self.entry.name):
            for extent, length in self._extents(part, given):
                inputs.append(self.entry.inputs[0]._replace(name="out", shape=(extent,)))
                values.append(np.broadcast_to(np.zeros(()), (length,)))
        steps = unify(enumerate(inputs))
        sizes = measure(self.entry._replace(inputs=tuple(inputs)), values, steps)
        if not all(dim in sizes for dim in self.entry.dims):
            return None
        whole = self._order.copy()
        for k in self._free:
            value = self.entry.inputs[k]
            whole[k] = np.zeros(_lengths(value.shape, sizes), value.dtype) if value.shape else 0.0
        measure(self.entry, whole)
        return self._made(whole, sizes, (), ())

    def _extents(self, part: int | Part, given: Any) -> list[tuple[Polynomial, int]]:
        """Extents that a part of `out` says the length of."""
        shape = getattr(given, "shape", ())
        if isinstance(part, int):
            extents = self.call.entry.outputs[part].shape
            return list(zip(extents, shape, strict=True)) if len(extents) == len(shape) else []
        block = self.blocks[part.block]
        rows, columns = (block.columns, block.rows) if part.turned else (block.rows, block.columns)
        if block.kind == DENSE:
            return list(zip((*rows, *columns), shape, strict=True)) if len(shape) == len(rows) + len(columns) else []
        if part.turned or len(shape) != 2:
            return []
        small = getattr(given, "blocksize", (1, 1))
        found: list[tuple[Polynomial, int]] = []
        for extents, length, size, lead in zip((rows, columns), shape, small, block.lead, strict=True):
            lead = lead if block.kind in (ROWS, SLOTS) else len(extents)
            groups = ((extents[:lead], length // max(size, 1)), (extents[lead:], size))
            found += [(group[0], count) for group, count in groups if len(group) == 1]
        return found

    def _check_pattern(self, part: Part, given: Any, state: _State) -> None:
        """Raise unless a matrix has the very pattern that its values will be written for."""
        self._targets(self.out, state)
        blank = self._blank(part.block, state)
        for name in ("indices", "indptr", "offsets"):
            if hasattr(blank, name) and not np.array_equal(getattr(blank, name), getattr(given, name)):
                raise ArgumentError(
                    f"{self.entry.name}(): out holds a matrix of another pattern; ask for a fresh one with out=None"
                )


def _turn_blocks(values: Any, order: Any, out: Any) -> None:
    """The blocks of a matrix as those of its transpose, where `order` puts them by their columns."""
    np.copyto(out.transpose(0, 2, 1), values[order])


def arguments_of(entry: Entry, blocks: Sequence[Block]) -> tuple[Input, ...]:
    """A kernel's arguments without the slots behind them."""
    slots = sum(1 + len(block.places) for block in blocks if block.kind == SLOTS)
    return entry.inputs[: len(entry.inputs) - slots]


def _of_arguments(entry: Entry, inputs: tuple[Input, ...]) -> Entry:
    """The record of the arguments alone, to convert and to measure them by."""
    dims = {step.solve for step in unify(enumerate(inputs))}
    return Entry(
        entry.name,
        entry.symbol,
        tuple(dim for dim in entry.dims if dim in dims),
        inputs,
        (Output("value", "float64"),),
        constraints=tuple(c for c in entry.constraints if dims.issuperset(symbols(c[0]))),
    )


def _lengths(shape: Sequence[Polynomial], sizes: Mapping[str, int]) -> list[int]:
    return [evaluate(extent, sizes) for extent in shape]


def render_form(form: Form) -> str:
    """A form as Python writes it, with `_Part` for the parts."""
    if isinstance(form, int):
        return str(form)
    if isinstance(form, Part):
        return f"_Part({form.block}, {form.turned})"
    return f"({', '.join(map(render_form, form))}{',' if len(form) == 1 else ''})"


def nesting_of(form: Form, blocks: Sequence[Block]) -> Any:
    """The form as a nesting of the kernel's outputs; None where a block is handed back transposed."""
    if isinstance(form, int):
        return form
    if isinstance(form, Part):
        return None if form.turned else blocks[form.block].output
    parts = [nesting_of(part, blocks) for part in form]
    return None if None in parts else tuple(parts)


def _given(form: Form, out: Any, blocks: Sequence[Block]) -> Any:
    """What a call hands back that writes to `out`: the numbers of fresh outputs, and the objects themselves."""
    if isinstance(form, int):
        return form
    if isinstance(form, Part):
        return blocks[form.block].output if is_number(out) else out
    return tuple(_given(part, one, blocks) for part, one in zip(form, out, strict=True))


def _pairs(form: Form, out: Any, called: str) -> Iterator[tuple[int | Part, Any]]:
    """Each part of a form with what `out` has there."""
    if isinstance(form, (int, Part)):
        yield form, out
        return
    if not isinstance(out, (tuple, list)) or len(out) != len(form):
        raise ArgumentTypeError(
            f"{called}(): out is nested as the result is, with {len(form)} parts where this has {describe(out)}"
        )
    for part, one in zip(form, out, strict=True):
        yield from _pairs(part, one, called)


def handed(form: Form, found: Sequence[Any]) -> Any:
    """What was found of each block, in the form in which blocks are handed back."""
    if isinstance(form, Part):
        return found[form.block].T if form.turned and hasattr(found[form.block], "T") else found[form.block]
    assert isinstance(form, tuple)
    return tuple(handed(part, found) for part in form)


def _turned(value: Any, rank: int) -> Any:
    if not isinstance(value, np.ndarray):
        return value.T if hasattr(value, "T") else value
    axes = range(value.ndim)
    return value.transpose(*axes[rank:], *axes[:rank])
