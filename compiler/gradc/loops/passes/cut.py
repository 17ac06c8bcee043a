"""Cut long straight-line code into functions of bounded size, since compilers' time grows faster than a function does.

let v0 = (x[] * y[])                        f_part0(x, y, kept)
let v1 = (v0 + x[])                         …
…                              ->
value[] = (v0 + v9000)                      def f_part0(x, y, kept)
let v0 = (x[] * y[])
kept[0] = v0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradc.ir.equations import BOOLEAN, INTEGER
from gradc.ir.size import ONE, size
from gradc.loops.program import (
    SCRATCH,
    Assign,
    Buffer,
    Comment,
    Cut,
    Invoke,
    Item,
    Let,
    Load,
    Local,
    LoopProgram,
    Name,
    Namer,
    Place,
    Scratch,
    Statement,
)
from gradc.loops.queries import kinds_of, names_in, used_in

LONGEST = 1000  # statements that stay together
SIZE = 250  # statements of a piece: compilers are quickest from a hundred to some hundreds


def cut(program: LoopProgram, namer: Namer) -> LoopProgram:
    """The program with calls in the place of long runs, and the pieces that are called."""
    body, position = program.body, 0
    result: list[Statement] = []
    cuts: list[Cut] = []
    scratch: list[Scratch] = []
    while position < len(body):
        end = position
        while end < len(body) and isinstance(body[end], (Comment, Let, Assign)):
            end += 1
        run = body[position:end]
        if len(run) > LONGEST:
            pieces = _Run(run, body[end:], program.name, len(cuts), namer, kinds_of(body[:position]))
            result += pieces.statements()
            cuts += pieces.cuts
            scratch += [Scratch(home, ONE) for home in pieces.homes.values()]
        else:
            end = max(end, position + 1)
            result += body[position:end]
        position = end
    return program._replace(body=tuple(result), cuts=(*program.cuts, *cuts), scratch=(*program.scratch, *scratch))


class _Run:
    """A long run of straight-line code, and the pieces that it becomes."""

    def __init__(
        self,
        run: Sequence[Statement],
        rest: Sequence[Statement],
        name: str,
        first: int,
        namer: Namer,
        kinds: Mapping[Name, str],
    ) -> None:
        self.name, self.first, self.kinds = name, first, kinds
        self.chunks = [run[k : k + SIZE] for k in range(0, len(run), SIZE)]
        self.made = {s.name: (k, s.kind) for k, chunk in enumerate(self.chunks) for s in chunk if isinstance(s, Let)}
        self.read: list[dict[Item, None]] = [
            dict.fromkeys(item for statement in chunk for item in used_in(statement)) for chunk in self.chunks
        ]
        self.after = names_in(rest)
        later = {
            item
            for k, items in enumerate(self.read)
            for item in items
            if isinstance(item, Name) and item in self.made and self.made[item][0] < k
        }
        self.crossing = [name for name in self.made if name in later or name in self.after]
        self.homes: dict[str, Buffer] = {}
        self.places: dict[Name, Place] = {}
        for kind in dict.fromkeys(self.made[name][1] for name in self.crossing):
            here = [name for name in self.crossing if self.made[name][1] == kind]
            type_ = {INTEGER: "int64", BOOLEAN: "int"}.get(kind, "real")
            home = self.homes[kind] = Buffer(namer.new("kept"), type_, (size(len(here)),), SCRATCH)
            self.places |= {name: Place(home, (size(k),)) for k, name in enumerate(here)}
        self.cuts: list[Cut] = []

    def statements(self) -> list[Statement]:
        """The calls of the pieces, and what the rest of the function reads of them."""
        calls: list[Statement] = []
        for k, chunk in enumerate(self.chunks):
            taken = [i for i in self.read[k] if isinstance(i, Name) and i in self.made and self.made[i][0] < k]
            given = [name for name in self.crossing if self.made[name][0] == k]
            body = [*(self._load(name) for name in taken), *chunk]
            body += [Assign(self.places[name], "=", Local(name)) for name in given]
            homes = dict.fromkeys(self.places[name].buffer for name in (*taken, *given))
            outside: list[Item] = [item for item in self.read[k] if item not in self.made]
            items: tuple[Item, ...] = (*outside, *homes)
            kinds = tuple(self.kinds[item] if isinstance(item, Name) else "" for item in items)
            name = f"{self.name}_part{self.first + k}"
            self.cuts.append(Cut(name, items, kinds, tuple(body)))
            calls.append(Invoke(name, items))
        return [*calls, *(self._load(name) for name in self.crossing if name in self.after)]

    def _load(self, name: Name) -> Let:
        place = self.places[name]
        return Let(name, self.made[name][1], Load(place.buffer, place.place, self.made[name][1]))
