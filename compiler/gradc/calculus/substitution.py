"""Replace a dimension's symbol through a whole program, as when a scan's body is run backwards in time."""

from __future__ import annotations

from collections.abc import Sequence

from gradc.ir.definitions import Accumulation, Comprehension, Definition, Piece, Scan, Store
from gradc.ir.equations import Equation
from gradc.ir.program import Program
from gradc.ir.size import Atom, Size


def substitute_dim(program: Program, name: str, value: Size) -> Program:
    """The program in which dimension `name` is `value`; its parameters keep their shapes."""

    def new(size: Size) -> Size:
        def replace(atom: Atom) -> Size | None:
            return value if atom == ("dim", name) else None

        return size.substitute(replace)

    def body(equations: Sequence[Equation]) -> tuple[Equation, ...]:
        return tuple(
            e._replace(data=(e.data[0], tuple(new(part) for part in e.data[1])))
            if e.op == "access"
            else e._replace(data=new(e.data))
            if e.op == "integer"
            else e
            for e in equations
        )

    def definition(d: Definition) -> Definition:
        if isinstance(d, Comprehension):
            return Comprehension(tuple(new(extent) for extent in d.extents), d.rank, d.reduction, body(d.body))
        if isinstance(d, Accumulation):
            pieces = tuple(
                Piece(
                    tuple(new(extent) for extent in piece.extents),
                    body(piece.body),
                    tuple(Store(tuple(new(part) for part in s.subscripts), s.value) for s in piece.stores),
                )
                for piece in d.pieces
            )
            return Accumulation(tuple(new(extent) for extent in d.shape), pieces)
        if isinstance(d, Scan):
            return d._replace(length=new(d.length), body=substitute_dim(d.body, name, value))
        return d._replace(shapes=tuple(tuple(new(extent) for extent in shape) for shape in d.shapes))

    return Program(
        program.parameters,
        tuple(definition(d) for d in program.definitions),
        program.outputs,
        program.hints,
        program.output_names,
    )
