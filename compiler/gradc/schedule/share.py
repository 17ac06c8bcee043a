"""Compute once what several definitions of a tile need, where it is dear.

    s[i:n] = sum[k:c](exp(z[i, k] - m[i]))                 e[i:n, k:c] = exp(z[i, k] - m[i])
    p[i:n, k:c] = r[i] * exp(z[i, k] - m[i])      ->      s[i:n] = sum[k:c](e[i, k])
                                                           p[i:n, k:c] = r[i] * e[i, k]

It pays in a tile's buffers alone: what would be stored whole is refused, and computed again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from gradc.ir.equations import REAL, BodyBuilder, Equation, index_dependencies
from gradc.ir.program import Comprehension, Program, ProgramBuilder, bodies_of
from gradc.ir.size import Size, index
from gradc.passes.rebuild import rebuild
from gradc.schedule.costs import is_dear

Key: TypeAlias = tuple[tuple[Equation, ...], tuple[Size, ...]]  # an expression, and its loops' extents


def share(program: Program, refused: Collection[Key]) -> tuple[Program, dict[int, Key]]:
    """The program with definitions of what is shared, and what each of those is."""
    counts: dict[Key, int] = {}
    for definition in program.definitions:
        for key in {k: None for extents, body, _ in bodies_of(definition) for k in _keys(extents, body).values()}:
            counts[key] = counts.get(key, 0) + 1
    wanted = {key for key, count in counts.items() if count > 1 and key not in refused}
    added: dict[int, Key] = {}

    def transfer(
        b: ProgramBuilder,
        new: Mapping[int, int],
        body: BodyBuilder,
        extents: tuple[Size, ...],
        equations: Sequence[Equation],
        roots: Sequence[int],
    ) -> list[int]:
        known: dict[int, int] = {}
        depends = index_dependencies(equations)
        for number, key in _keys(extents, equations).items():
            if key in wanted:
                array = _define(b, new, key)
                added[array] = key
                known[number] = b.access(body, array, *(index(k) for k in sorted(depends[number])))
        return body.insert(
            equations,
            roots,
            replace_access=lambda array, place, kind: body.access(new[array], place, kind),
            known=known,
        )

    return (rebuild(program, transfer, scans=False), added) if wanted else (program, added)


def _define(b: ProgramBuilder, new: Mapping[int, int], key: Key) -> int:
    equations, extents = key
    body = b.body()
    (root,) = body.insert(
        equations,
        [len(equations) - 1],
        replace_access=lambda array, place, kind: body.access(new[array], place, kind),
    )
    return b.define(Comprehension(extents, len(extents), None, body.extract([root])[0]))[0]


def _keys(extents: Sequence[Size], body: Sequence[Equation]) -> dict[int, Key]:
    """The dear equations of a body, each as an expression with the loops that it names numbered in order."""
    dear = [number for number, equation in enumerate(body) if is_dear(equation) and equation.kind == REAL]
    if not dear:
        return {}
    depends = index_dependencies(body)
    found: dict[int, Key] = {}
    for number in dear:
        axes = sorted(depends[number])
        widest = max((len(depends[k]) for k, e in enumerate(body[:number]) if e.op == "access"), default=0)
        if len(axes) < 2 or widest < len(axes):
            continue  # of pairs, which are not stored
        place = {k: index(position) for position, k in enumerate(axes)}
        builder = BodyBuilder()
        (root,) = builder.insert(body, [number], replace_index=place.__getitem__)
        found[number] = builder.extract([root])[0], tuple(extents[k] for k in axes)
    return found
