"""Take the body of a scan out of its loop: every array it defines, for all steps at once.

    with scan[t:T](h_t=h0) as h:                    # u lives one step at a time …
        u[j:d] = h_t[j] * x[t, j]

    u[t:T, j:d] = h[t, j] * x[t, j]                 # … and here for all of them, outside

What a step computes beside the carries is computed outside the scan, where it can be vectorised; so the gradient of a
recurrent weight is one contraction over time.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradc.errors import UnsupportedError
from gradc.ir.definitions import Accumulation, Comprehension
from gradc.ir.equations import BodyBuilder, Equation
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index

Sources = dict[int, tuple[int, bool]]  # an array of the body to one outside, and whether that has a leading step axis


def lift_body(
    builder: ProgramBuilder, body: Program, step: str, length: Size, sources: Sequence[tuple[int, bool]]
) -> list[int]:
    """Define the body's outputs for all steps and give their numbers; each has a leading axis of extent `length`.

    Parameters
    ----------
    sources
        For each parameter of the body, the array outside, and whether step ``t`` reads its ``[t, ...]``.
    """
    where: Sources = dict(enumerate(sources))
    lift_definitions(builder, body, step, length, where)
    lifted = []
    for output in body.outputs:
        number, stepped = where[output]
        shape = builder.arrays[number].shape[1 if stepped else 0 :]
        if not stepped or builder.arrays[number].shape[0] != length:  # the same at every step, or one step longer
            equations = builder.body()
            place = [index(k + 1) for k in range(len(shape))]
            value = builder.access(equations, number, *((index(0), *place) if stepped else place))
            number = builder.comprehend(equations, value, (length, *shape))
        lifted.append(number)
    return lifted


def lift_definitions(builder: ProgramBuilder, body: Program, step: str, length: Size, where: Sources) -> None:
    """Define all of the body's arrays for all steps; `where` knows the parameters and gains the rest."""
    for definition, first in zip(body.definitions, body.first_results(), strict=True):
        if isinstance(definition, Comprehension):
            equations, (root,) = lift_equations(
                builder, definition.body, [len(definition.body) - 1], step, where, range(1, 99)
            )
            free = (length, *definition.extents[: definition.rank])
            reduced = definition.extents[definition.rank :]
            number = builder.comprehend(equations, root, free, reduced, definition.reduction, body.hint(first))
        elif isinstance(definition, Accumulation):
            pieces = []
            for piece in definition.pieces:
                roots, parts = [s.value for s in piece.stores], [s.subscripts for s in piece.stores]
                equations, values, places = lift_stores(builder, piece.body, roots, parts, step, where)
                stores = [((index(0), *place), value) for place, value in zip(places, values, strict=True)]
                pieces.append(((length, *piece.extents), equations, stores))
            number = builder.accumulate((length, *definition.shape), pieces)
        else:
            raise UnsupportedError(
                f"a {type(definition).__name__.lower()} inside the body of a scan cannot be differentiated or stacked "
                "yet; move it out of the scan, or unroll the scan with a Python loop"
            )
        where[first] = (number, True)


def lift_equations(
    builder: ProgramBuilder,
    equations: Sequence[Equation],
    roots: Sequence[int],
    step: str,
    where: Sources,
    indices: Sequence[int],
) -> tuple[BodyBuilder, list[int]]:
    """Copy a body with loop index k as ``indices[k]``, the step as index 0, and stepped arrays read at it."""
    copy = builder.body()

    def read(array: int, subscripts: tuple[Size, ...], kind: str) -> int:
        number, stepped = where[array]
        return copy.access(number, (index(0), *subscripts) if stepped else subscripts, kind)

    values = copy.insert(
        equations,
        roots,
        replace_index=lambda k: index(indices[k]),
        replace_access=read,
        replace_dim=lambda name: index(0) if name == step else None,
    )
    return copy, values


def lift_stores(
    builder: ProgramBuilder,
    equations: Sequence[Equation],
    roots: Sequence[int],
    places: Sequence[Sequence[Size]],
    step: str,
    where: Sources,
) -> tuple[BodyBuilder, list[int], list[tuple[Size, ...]]]:
    """As `lift_equations`, with the subscripts of stores beside their values."""
    inner = [atom[1] for place in places for part in place for atom in part.atoms() if atom[0] == "ref"]
    copy, values = lift_equations(builder, equations, [*roots, *inner], step, where, range(1, 99))
    new = dict(zip(inner, values[len(roots) :], strict=True))

    def rewrite(atom: tuple[object, ...]) -> Size | None:
        if atom[0] == "index":
            return index(int(str(atom[1])) + 1)
        if atom[0] == "ref":
            return copy.as_size(new[int(str(atom[1]))])
        return index(0) if atom[0] == "dim" and atom[1] == step else None

    return copy, values[: len(roots)], [tuple(part.substitute(rewrite) for part in place) for place in places]
