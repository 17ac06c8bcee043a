"""Compute once what several definitions of a tile need, where it is dear.

    s[i:n] = sum[k:c](exp(z[i, k] - m[i]))                 e[i:n, k:c] = exp(z[i, k] - m[i])
    p[i:n, k:c] = r[i] * exp(z[i, k] - m[i])      ->      s[i:n] = sum[k:c](e[i, k])
                                                           p[i:n, k:c] = r[i] * e[i, k]

    g[y[i]] += r[i] * exp(z[i])                   ->      v[i:n] = r[i] * exp(z[i])
                                                           g[y[i]] += v[i]

The second is for loops that no vector unit can run, since they add where an index array says: what is dear leaves them.
Both pay in a tile's buffers alone: what would be stored whole is refused, and computed again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from gradc.ir.definitions import Accumulation, Comprehension, Piece, bodies_of
from gradc.ir.equations import REAL, BodyBuilder, Equation, index_dependencies, needed_by
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, index
from gradc.passes.rebuild import rebuild
from gradc.schedule.costs import is_dear

Key: TypeAlias = tuple[tuple[Equation, ...], tuple[Size, ...]]  # an expression, and its loops' extents


def share(program: Program, refused: Collection[Key]) -> tuple[Program, dict[int, Key], Mapping[int, int]]:
    """The program with definitions of what is shared, what each of those is, and what arrays' numbers have become."""
    counts: dict[Key, int] = {}
    for definition in program.definitions:
        for key in {k: None for extents, body, _ in bodies_of(definition) for k in _keys(extents, body).values()}:
            counts[key] = counts.get(key, 0) + 1
    wanted = {key for key, count in counts.items() if count > 1}
    for definition in program.definitions:
        if isinstance(definition, Accumulation):
            wanted.update(key for piece in definition.pieces for key in _scattered(piece).values())
    wanted.difference_update(refused)
    added: dict[int, Key] = {}
    renamed: Mapping[int, int] = {k: k for k in range(len(program.arrays()))}
    if not wanted:
        return program, added, renamed

    def transfer(
        b: ProgramBuilder,
        new: Mapping[int, int],
        body: BodyBuilder,
        extents: tuple[Size, ...],
        equations: Sequence[Equation],
        roots: Sequence[int],
    ) -> list[int]:
        nonlocal renamed
        renamed = new
        known: dict[int, int] = {}
        depends = index_dependencies(equations)
        values = {number: _key(extents, equations, number, depends[number]) for number in roots if depends[number]}
        for number, key in {**_keys(extents, equations), **values}.items():
            if key in wanted:
                array = _define(b, new, key)
                added[array] = key
                known[number] = b.access(body, array, *map(index, _axes(equations, number, depends[number])))
        return body.insert(
            equations,
            roots,
            replace_access=lambda array, place, kind: body.access(new[array], place, kind),
            known=known,
        )

    return rebuild(program, transfer, scans=False), added, renamed


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
    """The dear equations of a body over two loops or more, and what each is as an expression of its own."""
    if len(extents) < 2 or not any(map(is_dear, body)):
        return {}
    depends = index_dependencies(body)
    found: dict[int, Key] = {}
    widest = 0  # of what was read so far
    for number, equation in enumerate(body):
        loops = len(depends[number])
        if equation.op == "access":
            widest = max(widest, loops)
        elif is_dear(equation) and equation.kind == REAL and 2 <= loops == widest:  # others are of pairs, not stored
            found[number] = _key(extents, body, number, depends[number])
    return found


def _scattered(piece: Piece) -> dict[int, Key]:
    """The values that a piece adds where an index array says, and that are dear."""
    depends = index_dependencies(piece.body)
    found: dict[int, Key] = {}
    for store in piece.stores:
        needed = [piece.body[number] for number in needed_by(piece.body, [store.value])]
        if (
            any(part.mentions("ref") for part in store.subscripts)
            and any(map(is_dear, needed))
            and depends[store.value]
        ):
            found[store.value] = _key(piece.extents, piece.body, store.value, depends[store.value])
    return found


def _key(extents: Sequence[Size], body: Sequence[Equation], number: int, loops: Collection[int]) -> Key:
    """An expression with the loops that it names numbered in order, and their extents."""
    axes = _axes(body, number, loops)
    place = {k: index(position) for position, k in enumerate(axes)}
    builder = BodyBuilder()
    (root,) = builder.insert(body, [number], replace_index=place.__getitem__)
    return builder.extract([root])[0], tuple(extents[k] for k in axes)


def _axes(body: Sequence[Equation], number: int, loops: Collection[int]) -> list[int]:
    """The loops that an expression names as the arrays that it reads have them, whichever of them is summed up."""
    found: dict[int, None] = {}
    for k in needed_by(body, [number]):
        if body[k].op == "access":
            found.update((atom[1], None) for part in body[k].data[1] for atom in part.atoms() if atom[0] == "index")
    found.update(dict.fromkeys(sorted(loops)))
    return [k for k in found if k in loops]
