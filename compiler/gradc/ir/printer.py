"""Print a program as index notation, in Python's syntax, which `gradc.frontends.formula.parse_program` reads back.

A value that is used more than once, or that lies deep, is named inside its expression by ``let``:

    s = sum[i:n](let(e := exp(x[i]), log(1 + e) / e))
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gradc.ir.definitions import Accumulation, Call, Comprehension, Definition, Scan, reads
from gradc.ir.equations import Equation, references
from gradc.ir.size import Atom, Size

if TYPE_CHECKING:
    from gradc.ir.program import Program

# Words that a program's text gives a meaning to; no array, dimension or index takes them.
RESERVED = frozenset(
    [
        "def",
        "return",
        "with",
        "as",
        "if",
        "else",
        "for",
        "in",
        "is",
        "not",
        "and",
        "or",
        "lambda",
        "None",
        "True",
        "False",
        "let",
        "each",
        "scan",
        "call",
        "real",
        "inf",
        "nan",
        "pi",
        "e",
        "where",
        "where_integer",
        "bit_and",
        "sum",
        "prod",
        "max",
        "min",
        "logsumexp",
        "norm",
        "program",
    ]
)
_INFIX = {"add": ("+", 10), "sub": ("-", 10), "mul": ("*", 20), "div": ("/", 20)}
_COMPARE = {"lt": "<", "le": "<=", "eq": "==", "ne": "!="}
_LOGIC = {"and": ("&", 7), "or": ("|", 6)}
_UNARY, _POWER, _ATOM = 30, 40, 99
_DEPTH = 24  # how deep an expression may nest before a part of it is named
_LETTERS = "ijklmopqruvabcfgh"


class Names(NamedTuple):
    """The names that a text gives to a program's arrays, and the index letter that each extent prefers."""

    arrays: tuple[str, ...]
    letters: dict[str, str]
    taken: frozenset[str]


def print_program(program: Program, name: str = "program") -> str:
    """The text of a program."""
    names = choose_names(program)
    header = ", ".join(
        f"{parameter.name}: {parameter.dtype}"
        + (f"[{', '.join(map(str, parameter.shape))}]" if parameter.shape else "")
        for parameter in program.parameters
    )
    lines = [f"def {name}({header}):"]
    lines += ["    " + line for line in _definition_lines(program, names)]
    lines.append("    return " + ", ".join(names.arrays[number] for number in program.outputs))
    return "\n".join(lines) + "\n"


def choose_names(program: Program, outer: frozenset[str] = frozenset()) -> Names:
    """A name for every array: the parameter's, what the user called it, the output's, or ``t0``, ``t1``, …"""
    symbols = {
        atom[1] for array in program.arrays() for extent in array.shape for atom in extent.atoms() if atom[0] == "dim"
    }
    for definition in program.definitions:
        if isinstance(definition, Scan):
            symbols.add(definition.step)
    taken = set(RESERVED) | symbols | outer | {parameter.name for parameter in program.parameters}
    chosen = [parameter.name for parameter in program.parameters]
    outputs = dict(zip(program.outputs, program.output_names, strict=False))
    count = 0
    for number in range(len(chosen), len(program.arrays())):
        wanted = program.hint(number) or outputs.get(number)
        if wanted is None:
            while f"t{count}" in taken:
                count += 1
            wanted = f"t{count}"
        unique, suffix = wanted, 2
        while unique in taken:
            unique, suffix = f"{wanted}_{suffix}", suffix + 1
        taken.add(unique)
        chosen.append(unique)
    letters: dict[str, str] = {}
    free = [letter for letter in _LETTERS if letter not in taken]
    for array in sorted(program.arrays(), key=lambda array: -len(array.shape)):
        for extent in array.shape:
            text = str(extent)
            if extent.constant is None and text not in letters and len(letters) < len(free) - 6:
                letters[text] = free[len(letters)]
    return Names(tuple(chosen), letters, frozenset(taken))


_WORDS = {"sum": "total", "max": "most", "min": "least", "prod": "product", None: "term"}


def named(program: Program) -> Program:
    """The program with a name for each of its definitions, which all that derives from it then has too."""
    return replace(program, hints=choose_names(program).arrays[len(program.parameters) :])


def name_after_readers(program: Program) -> Program:
    """The program with a name for each definition: one without is called after the first that reads it.

    g[j:d] = t0[j] + lam * w[j]   ->   t0 is g_total where it is a sum, and g_term where it is none
    """
    first, count = program.first_results(), len(program.parameters)
    names = [program.hint(count + k) for k in range(len(program.arrays()) - count)]
    for number, name in zip(program.outputs, program.output_names, strict=False):
        if number >= count and names[number - count] is None:
            names[number - count] = name
    given = [name is not None for name in names]
    # From the last to the first, so that a reader has its name before what it reads.
    for definition, start in zip(reversed(program.definitions), reversed(first), strict=True):
        reader = names[start - count]
        if reader is None:
            continue
        for number in reads(definition):
            if number >= count and not given[number - count]:
                made = program.definitions[bisect_right(first, number) - 1]
                word = f"_{_word(made)}"
                names[number - count] = reader.removesuffix("_term").removesuffix(word) + word
    return replace(program, hints=tuple(names))


def _word(definition: Definition) -> str:
    """What a definition gives to the one that reads it."""
    if isinstance(definition, Comprehension):
        return _WORDS.get(definition.reduction, str(definition.reduction))
    return definition.routine if isinstance(definition, Call) else "total"


def index_names(extents: Sequence[Size], names: Names) -> tuple[str, ...]:
    """A letter for each index of a definition: the one its extent prefers, or the next that is free."""
    used: set[str] = set()
    reserved = {names.letters.get(str(extent)) for extent in extents}
    result: list[str] = []
    for extent in extents:
        letter = names.letters.get(str(extent))
        if letter is None or letter in used:
            spare = [c for c in _LETTERS if c not in used and c not in reserved and c not in names.taken]
            count = len(result)
            while f"i{count}" in names.taken or f"i{count}" in used:
                count += 1
            letter = spare[0] if spare else f"i{count}"
        used.add(letter)
        result.append(letter)
    return tuple(result)


def print_body(equations: Sequence[Equation], root: int, arrays: Sequence[str], indices: Sequence[str]) -> str:
    """The text of one root of a body."""
    return _Body(equations, [root], arrays, indices).text(root)


def definition_lines(program: Program, names: Names, position: int) -> list[str]:
    """The text of one definition."""
    return list(_lines(program.definitions[position], program.first_results()[position], names))


def _definition_lines(program: Program, names: Names) -> Iterator[str]:
    for definition, first in zip(program.definitions, program.first_results(), strict=True):
        yield from _lines(definition, first, names)


def _lines(definition: Definition, first: int, names: Names) -> Iterator[str]:
    target = names.arrays[first]
    if isinstance(definition, Comprehension):
        indices = index_names(definition.extents, names)
        bound = [f"{letter}:{extent}" for letter, extent in zip(indices, definition.extents, strict=True)]
        free, reduced = bound[: definition.rank], bound[definition.rank :]
        root = len(definition.body) - 1
        text = _Body(definition.body, [root], names.arrays, indices, taken=names.taken).text(root)
        if definition.reduction is None and definition.body[-1].op == "constant" and text.lstrip("-").isdigit():
            text += ".0"  # an array of reals, where 0 would be one of integers
        if definition.reduction is not None:
            text = f"{definition.reduction}[{', '.join(reduced)}]({text})"
        yield f"{target}[{', '.join(free)}] = {text}" if free else f"{target} = {text}"
    elif isinstance(definition, Accumulation):
        yield f"{target}[{', '.join(f':{extent}' for extent in definition.shape) or '()'}] = 0"
        for piece in definition.pieces:
            indices = index_names(piece.extents, names)
            bound = [f"{letter}:{extent}" for letter, extent in zip(indices, piece.extents, strict=True)]
            roots = [store.value for store in piece.stores]
            printer = _Body(piece.body, roots, names.arrays, indices, [s.subscripts for s in piece.stores], names.taken)
            places = [", ".join(map(printer.size, store.subscripts)) or "()" for store in piece.stores]
            stores = ", ".join(
                f"at[{place}]({printer.inner(store.value)})" for place, store in zip(places, piece.stores, strict=True)
            )
            yield f"{target} += each[{', '.join(bound) or '()'}]({printer.let(stores)})"
    elif isinstance(definition, Scan):
        results = names.arrays[first : first + len(definition.initial)]
        carries: list[str] = []
        for result in results:
            carry = f"{result}_{definition.step}"
            while carry in names.taken or carry in carries:
                carry += "_"
            carries.append(carry)
        inner = carries + [names.arrays[number] for number in definition.captured]
        body = definition.body
        starts = ", ".join(
            [names.arrays[number] for number in definition.captured]
            + [f"{carry}={names.arrays[number]}" for carry, number in zip(carries, definition.initial, strict=True)]
        )
        together = results[0] if len(results) == 1 else f"({', '.join(results)})"
        yield f"with scan[{definition.step}:{definition.length}]({starts}) as {together}:"
        parameters = tuple(p._replace(name=name) for p, name in zip(body.parameters, inner, strict=True))
        output_names = tuple(f"{result}_next" for result in results)
        renamed = replace(body, parameters=parameters, output_names=output_names)
        within = choose_names(renamed, names.taken | {definition.step})
        for line in _definition_lines(renamed, within):
            yield "    " + line
        yield "    return " + ", ".join(within.arrays[number] for number in body.outputs)
    elif isinstance(definition, Call):
        count = len(definition.shapes)
        targets = ", ".join(names.arrays[first : first + count])
        arguments = ", ".join(names.arrays[number] for number in definition.arguments)
        yield f"{targets} = call.{definition.routine}({arguments})"


class _Body:
    """Prints the roots of one body, naming what is shared or deep."""

    def __init__(
        self,
        equations: Sequence[Equation],
        roots: Sequence[int],
        arrays: Sequence[str],
        indices: Sequence[str],
        subscripts: Sequence[Sequence[Size]] = (),
        taken: frozenset[str] | None = None,
    ) -> None:
        self.equations, self.arrays, self.indices = equations, arrays, indices
        outside = frozenset(arrays) | RESERVED if taken is None else taken
        within = set(indices) | _dimensions(equations, subscripts)
        uses = [0] * len(equations)
        for equation in equations:
            for number in references(equation):
                uses[number] += 1
        for root in roots:
            uses[root] += 1
        for part in (part for parts in subscripts for part in parts):
            for atom in part.atoms():
                if atom[0] == "ref":
                    uses[atom[1]] += 1
        self.texts: list[tuple[str, int]] = []
        self.lets: list[str] = []
        depth: list[int] = []
        count = 0
        for number, equation in enumerate(equations):
            text, level = self._spell(equation)
            deep = 1 + max((depth[below] for below in references(equation)), default=0)
            plain = equation.op in ("constant", "integer", "access", "real")
            if (uses[number] > 1 and not plain) or deep > _DEPTH:
                while f"s{count}" in outside or f"s{count}" in within:
                    count += 1
                self.lets.append(f"s{count} := {text}")
                text, level, deep = f"s{count}", _ATOM, 0
                count += 1
            self.texts.append((text, level))
            depth.append(deep)

    def text(self, root: int) -> str:
        return self.let(self.inner(root))

    def let(self, text: str) -> str:
        return f"let({', '.join(self.lets)}, {text})" if self.lets else text

    def inner(self, number: int) -> str:
        return self.texts[number][0]

    def size(self, value: Size) -> str:
        return value.spell(self._atom)

    def _atom(self, atom: Atom) -> str:
        if atom[0] == "index":
            return self.indices[atom[1]]
        return self.texts[atom[1]][0] if atom[0] == "ref" else str(atom[1])

    def _spell(self, equation: Equation) -> tuple[str, int]:
        op, operands = equation.op, equation.operands
        if op == "constant":
            return _spell_constant(equation.data)
        if op == "integer":
            text = self.size(equation.data)
            return text, _ATOM if text.isalnum() else _UNARY if text[1:].isalnum() else 10
        if op == "access":
            array, subscripts = equation.data
            inside = ", ".join(self.size(part) for part in subscripts)
            return (f"{self.arrays[array]}[{inside}]" if subscripts else self.arrays[array]), _ATOM
        if op == "real":
            return f"real({self.inner(operands[0])})", _ATOM
        if op in _INFIX:
            sign, level = _INFIX[op]
            left = self._operand(operands[0], level, op, operands[1])
            if op == "sub" and left.lstrip("-").isdigit() and self.equations[operands[1]].op == "constant":
                left += ".0"  # 1 - 2 is an integer
            right = self._operand(operands[1], level + 1, op, operands[0])
            return f"{left} {sign} {right}", level
        if op in _COMPARE:
            return f"{self._at(operands[0], 9)} {_COMPARE[op]} {self._at(operands[1], 9)}", 5
        if op in _LOGIC:
            sign, level = _LOGIC[op]
            return f"{self._at(operands[0], level)} {sign} {self._at(operands[1], level + 1)}", level
        if op == "neg" and self.equations[operands[0]].op == "constant":
            return f"neg({self.inner(operands[0])})", _ATOM  # -1 is the constant
        if op == "neg":
            return f"-{self._at(operands[0], _UNARY)}", _UNARY
        if op == "not":
            return f"~{self._at(operands[0], _UNARY)}", _UNARY
        if op == "pow":
            return f"{self._at(operands[0], _POWER + 1)} ** {self._at(operands[1], _POWER)}", _POWER
        return f"{op}({', '.join(self._argument(number) for number in operands)})", _ATOM

    def _at(self, number: int, level: int) -> str:
        text, own = self.texts[number]
        return text if own >= level else f"({text})"

    def _operand(self, number: int, level: int, op: str, other: int) -> str:
        # An integer beside a real may stand as it is, since it is read back as a real there.
        if self.equations[number].op == "real":
            sibling = self.equations[other].op
            if op == "div" or sibling not in ("constant", "real"):
                return self._at(self.equations[number].operands[0], level)
        return self._at(number, level)

    def _argument(self, number: int) -> str:
        equation = self.equations[number]
        return self.inner(equation.operands[0] if equation.op == "real" else number)


def _dimensions(equations: Sequence[Equation], subscripts: Sequence[Sequence[Size]]) -> set[str]:
    """The dimensions' symbols that a body names."""
    sizes = [part for parts in subscripts for part in parts]
    for equation in equations:
        if equation.op == "access":
            sizes += equation.data[1]
        elif equation.op == "integer":
            sizes.append(equation.data)
    return {atom[1] for part in sizes for atom in part.atoms() if atom[0] == "dim"}


def _spell_constant(value: float | bool) -> tuple[str, int]:
    if isinstance(value, bool):
        return str(value), _ATOM
    text = repr(value)
    if text.endswith(".0") and abs(value) < 1e15 and text != "-0.0":
        text = text[:-2]
    return text, _UNARY if text.startswith("-") else _ATOM


def describe_shape(shape: Sequence[Size]) -> str:
    """A shape as people write one: ``(n, d + 1)``."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


__all__ = ["RESERVED", "choose_names", "describe_shape", "index_names", "print_body", "print_program"]
