"""Read the text of formulas and programs into a flat table of nodes, without recursion and without running anything.

>>> syntax = read("z[i:n] = 2 * X[i, 0]")
>>> statement = syntax.statements[0]
>>> syntax.describe(statement.targets[0]), syntax.describe(statement.value)
('z[i:n]', '2 * X[i, 0]')

The language is the part of Python's expressions that mathematics needs. Python's own parser is not used, because it
refuses what is deep (a sum of 5,000 terms) with errors that depend on its version; this one keeps its own stack.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from keyword import kwlist
from typing import NamedTuple, NoReturn

from gradc.errors import FormulaError

# What a text may hold. Nothing here is nested in calls of its own, so how deep it goes is bounded by the words alone.
MAX_LENGTH = 10_000_000  # characters
MAX_WORDS = 1_000_000  # names, numbers, signs and brackets


class Token(NamedTuple):
    """A word of the text: its kind (``name``, ``number``, ``op``), its characters and where they begin."""

    kind: str
    text: str
    start: int


class Node(NamedTuple):
    """A node of the syntax: its kind, a value by kind, the numbers of its children, and where it is written.

    ==========  ==================================  =========================================================
    kind        value                               children
    ==========  ==================================  =========================================================
    number      an int or a float
    name        the name
    constant    None, True, False or Ellipsis
    unary       ``-``, ``+``, ``~`` or ``not``      the operand
    binary      the sign                            left, right
    compare     the signs                           the operands, one more than the signs
    choice                                          condition, value if true, value if false
    call        a keyword or None for each          what is called, then the arguments
    subscript                                       what is subscripted, then the subscripts
    slice       which of the three parts are there  those parts
    attribute   the name                            the object
    tuple                                           the items
    list                                            the items
    walrus      the name                            the value
    ==========  ==================================  =========================================================
    """

    kind: str
    value: object
    children: list[int]
    start: int


class Statement(NamedTuple):
    """A logical line: ``assign`` (with targets), ``add`` (``+=``), ``value``, ``return``, ``def`` or ``with``."""

    kind: str
    indent: int
    start: int
    targets: tuple[int, ...] = ()
    value: int = -1
    header: tuple[Token, ...] = ()


class Syntax(NamedTuple):
    """A text that has been read."""

    text: str
    nodes: list[Node]
    statements: list[Statement]

    def fail(self, message: str, start: int) -> NoReturn:
        """Raise a `FormulaError` that points at a place."""
        fail(message, self.text, start)

    def describe(self, number: int, limit: int = 40) -> str:
        """About how a node is written, for messages."""
        return _describe(self.nodes, number, limit)


_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\f]+|\\\r?\n|\#[^\n]*)
  | (?P<newline>\r?\n|;)
  | (?P<number>(?:\d[\d_]*\.?(?:\d[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<op>\*\*=|//=|\*\*|//|:=|\+=|-=|\*=|/=|%=|@=|&=|\|=|\^=|->|==|!=|<=|>=|<<|>>|\.\.\.|[-+*/%@&|^~<>()\[\]{},:.=])
    """,
    re.VERBOSE,
)
_CLOSING = {")": "(", "]": "["}
_WORDS = frozenset({"and", "or", "not", "if", "else", "None", "True", "False"})
_REFUSED = {
    "lambda": "lambda is not part of a formula",
    "for": "comprehensions and loops are not part of a formula; write sum[i:n](...) for a sum over an index",
    "in": "`in` is not part of a formula",
    "is": "`is` is not part of a formula; compare with ==",
    "import": "import is not part of a formula",
    "def": "def is not part of a formula",
    "with": "`with` is not part of a formula",
}
# How tightly an operator binds, as in Python.
_WALRUS, _CHOICE, _OR, _AND, _NOT, _COMPARE, _UNARY, _POWER = 1, 2, 3, 4, 5, 6, 30, 40
_BINARY = {
    "or": _OR, "and": _AND, "|": 7, "&": 9,
    "+": 10, "-": 10, "*": 20, "/": 20, "//": 20, "%": 20, "@": 20, "**": _POWER,
}  # fmt: skip
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


def fail(message: str, text: str, start: int) -> NoReturn:
    """Raise a `FormulaError` that points at the character `start` of `text`."""
    start = min(start, len(text))
    before = text[:start]
    # As str.splitlines counts, which is how the message finds the line.
    lines = (before + "|").splitlines()
    raise FormulaError(message, text, len(lines), len(lines[-1]))


def nearest(name: str, known: Sequence[str]) -> str:
    """`` (did you mean …?)`` where a known name is near, otherwise nothing.

    >>> nearest("sofplus", ["softplus", "exp"])
    '; did you mean softplus?'
    """
    close = get_close_matches(name[:50], known, 1, 0.6)
    return f"; did you mean {close[0]}?" if close else ""


def read(text: str) -> Syntax:
    """Read a text of one or several lines.

    Raises
    ------
    FormulaError
        With line, column and a caret.
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a text, not {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        fail(f"a formula of {len(text)} characters; the most is {MAX_LENGTH}", text, MAX_LENGTH)
    _count_words(text)
    nodes: list[Node] = []
    statements = [_statement(line, indent, text, nodes) for indent, line in _lines(text)]
    return Syntax(text, nodes, statements)


def _count_words(text: str) -> None:
    """Refuse what is too long at once: each word takes some hundred times as long to compile as to count."""
    if len(text) <= MAX_WORDS:
        return
    beyond = next(islice(re.finditer(r"\w+|[^\w\s]", text), MAX_WORDS, None), None)
    if beyond is not None:
        fail(
            f"a formula of more than {MAX_WORDS} words and signs; write operations on arrays in its place",
            text,
            beyond.start(),
        )


def tokenise(text: str) -> list[Token]:
    """All tokens of a text, its lines joined."""
    return [token for _, line in _lines(text) for token in line]


def read_expression(tokens: Sequence[Token], text: str, nodes: list[Node]) -> int:
    """Read the tokens of one expression into `nodes`, and give the number of its node."""
    return _Reader(tokens, text, nodes).expression()


def split_commas(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    """The runs of tokens between the commas that are inside no bracket."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if token.text == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    return [tuple(part) for part in parts]


def _lines(text: str) -> Iterator[tuple[int, list[Token]]]:
    """The logical lines: their indentation and their tokens."""
    line: list[Token] = []
    brackets: list[Token] = []
    position, line_start = 0, 0
    indent = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            _refuse_character(text, position)
        kind, word = str(match.lastgroup), match.group()
        if kind == "newline":
            if not brackets:
                if line:
                    yield indent, line
                    line = []
            elif word == ";":
                fail("`;` inside brackets", text, position)
            if word != ";":
                line_start = match.end()
        elif kind != "space":
            if not line:
                before = text[line_start:position]
                # After a `;` the line keeps the indentation of the one before it.
                indent = len(before) if not before.strip() else indent
            token = Token(kind, word, position)
            if kind == "name" and text[match.end() : match.end() + 1] in ("'", '"'):
                fail("a string is not part of a formula", text, position)
            if word in ("(", "["):
                brackets.append(token)
            elif word in (")", "]"):
                if not brackets or brackets[-1].text != _CLOSING[word]:
                    fail(f"`{word}` closes nothing", text, position)
                brackets.pop()
            elif kind == "number" and text[match.end() : match.end() + 1].isalpha():
                fail(f"a name or an operator was expected after the number {word}", text, match.end())
            line.append(token)
        position = match.end()
    if brackets:
        fail(f"`{brackets[-1].text}` is never closed", text, brackets[-1].start)
    if line:
        yield indent, line


def _refuse_character(text: str, position: int) -> NoReturn:
    character = text[position]
    if character in "'\"":
        fail("a string is not part of a formula", text, position)
    if character == "\\":
        fail("a backslash continues a line only at its end", text, position)
    fail(f"the character {character!r} is not part of a formula", text, position)


def _statement(line: list[Token], indent: int, text: str, nodes: list[Node]) -> Statement:
    first = line[0]
    start = first.start
    if first.text in ("def", "with"):
        if line[-1].text != ":":
            fail(f"a line that begins with `{first.text}` ends with `:`", text, line[-1].start)
        return Statement(first.text, indent, start, header=tuple(line[1:-1]))
    if first.text == "return":
        if len(line) == 1:
            return Statement("return", indent, start)
        parts = split_commas(line[1:])
        return Statement("return", indent, start, tuple(read_expression(part, text, nodes) for part in parts))
    depth = 0
    at = -1
    for number, token in enumerate(line):
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if depth or token.kind != "op" or not token.text.endswith("=") or token.text in ("==", "!=", "<=", ">=", ":="):
            continue
        if at >= 0:
            fail("one assignment on a line", text, token.start)
        if token.text not in ("=", "+="):
            fail(f"`{token.text}` is not part of a formula", text, token.start)
        at = number
    if at < 0:
        return Statement("value", indent, start, value=read_expression(line, text, nodes))
    if at == 0:
        fail("a name was expected before `=`", text, start)
    if at + 1 == len(line):
        fail("a value was expected after `=`", text, line[at].start + len(line[at].text))
    targets = tuple(read_expression(part, text, nodes) for part in split_commas(line[:at]))
    value = read_expression(line[at + 1 :], text, nodes)
    return Statement("add" if line[at].text == "+=" else "assign", indent, start, targets, value)


class _Pending(NamedTuple):
    """An operator, or an open bracket, that waits for what follows it."""

    kind: str
    level: int
    value: object
    start: int
    items: list[int]
    keys: list[str | None]


class _Reader:
    """Operator-precedence parsing with stacks of its own: an operand stack, and a stack of what waits."""

    def __init__(self, tokens: Sequence[Token], text: str, nodes: list[Node]) -> None:
        self.tokens, self.text, self.nodes = tokens, text, nodes
        self.operands: list[int] = []
        self.pending: list[_Pending] = []
        self.closed: set[int] = set()  # comparisons in parentheses, which do not chain

    def expression(self) -> int:
        if not self.tokens:
            fail("an expression was expected", self.text, len(self.text))
        operand_next = True
        for token in self.tokens:
            operand_next = self._operand(token) if operand_next else self._operator(token)
        end = self.tokens[-1].start + len(self.tokens[-1].text)
        if operand_next:
            self._fail("something is missing at the end", end)
        self._reduce(0)
        if self.pending:
            waiting = self.pending[-1]
            if waiting.kind == "if":
                self._fail("an `if` without its `else`; write where(condition, a, b) or a if condition else b", end)
            self._fail(f"`{waiting.value}` is never closed", waiting.start)
        return self.operands[0]

    def _fail(self, message: str, start: int) -> NoReturn:
        fail(message, self.text, start)

    def _node(self, kind: str, value: object, children: list[int], start: int) -> int:
        self.nodes.append(Node(kind, value, children, start))
        return len(self.nodes) - 1

    def _push(self, kind: str, level: int, value: object, start: int) -> None:
        self.pending.append(_Pending(kind, level, value, start, [], []))

    def _operand(self, token: Token) -> bool:
        """Take a token where a value may begin; tell whether a value is still to come."""
        word, start = token.text, token.start
        if self.pending and self.pending[-1].kind == "attribute":
            if token.kind != "name":
                self._fail("a name was expected after the dot", start)
            (owner,) = self.pending.pop().items
            self.operands.append(self._node("attribute", word, [owner], start))
            return False
        if token.kind == "number":
            self.operands.append(self._node("number", self._number(token), [], start))
            return False
        if token.kind == "name":
            if word in ("None", "True", "False"):
                value = {"None": None, "True": True, "False": False}[word]
                self.operands.append(self._node("constant", value, [], start))
                return False
            if word == "not":
                if self.pending and self.pending[-1].kind in _OPERATORS and self.pending[-1].level > _NOT:
                    self._fail("`not` needs parentheses here", start)
                self._push("unary", _NOT, "not", start)
                return True
            if word in kwlist:
                self._fail(_REFUSED.get(word, f"`{word}` was not expected here"), start)
            self.operands.append(self._node("name", word, [], start))
            return False
        if word in ("-", "+", "~"):
            self._push("unary", _UNARY, word, start)
            return True
        if word == "...":
            self.operands.append(self._node("constant", ..., [], start))
            return False
        if word in ("(", "["):
            self._push("group" if word == "(" else "list", 0, word, start)
            return True
        if word in (")", "]"):
            return self._close_empty(token)
        if word == ":" and self.pending and self.pending[-1].kind in ("subscript", "slice"):
            return self._colon(token, None)
        if word == "," and self.pending and self.pending[-1].kind == "slice":
            self._end_slice(None)
            return True
        if word in ("*", "**"):
            self._fail("unpacking with * or ** is not part of a formula", start)
        if word == "{":
            self._fail("braces are not part of a formula", start)
        return self._fail(f"a value was expected, not `{word}`", start)

    def _number(self, token: Token) -> int | float:
        word = token.text
        if not re.fullmatch(r"(\d+(_\d+)*)?(\.(\d+(_\d+)*)?)?([eE][+-]?\d+(_\d+)*)?", word):
            self._fail(f"{word} is not a number", token.start)
        if word.replace("_", "").isdigit():
            # Beyond 18 digits it might not fit 64 bits, and is read as a real number.
            whole = int(word) if len(word) <= 18 else float(word)
            if whole == math.inf:
                self._fail(f"a number of {len(word)} digits", token.start)
            return whole
        return float(word)

    def _operator(self, token: Token) -> bool:
        """Take a token where a value has just ended; tell whether another value is to come."""
        word, start = token.text, token.start
        if word in _COMPARISONS:
            self._reduce(_COMPARE)
            self._push("compare", _COMPARE, word, start)
            return True
        if word in _BINARY:
            # ** groups to the right: what waits at its own level keeps waiting.
            self._reduce(_BINARY[word] + (word == "**"))
            self._push("binary", _BINARY[word], word, start)
            return True
        if word == "if":
            self._reduce(_CHOICE + 1)
            self._push("if", 0, "if", start)
            return True
        if word == "else":
            self._reduce(_CHOICE)
            if not self.pending or self.pending[-1].kind != "if":
                self._fail("`else` without `if`", start)
            self.pending[-1] = self.pending[-1]._replace(kind="choice", level=_CHOICE)
            return True
        if word == "(":
            self._push("call", 0, "(", start)
            self.pending[-1].items.append(self.operands.pop())
            return True
        if word == "[":
            self._push("subscript", 0, "[", start)
            self.pending[-1].items.append(self.operands.pop())
            return True
        if word == ".":
            self._push("attribute", 0, ".", start)
            self.pending[-1].items.append(self.operands.pop())
            return True
        if word in (")", "]"):
            self._close(token)
            return False
        if word == ",":
            self._reduce(0)
            self._comma(token)
            return True
        if word == ":":
            self._reduce(0)
            if self.pending and self.pending[-1].kind in ("subscript", "slice"):
                return self._colon(token, self.operands.pop())
            self._fail("`:` was not expected here; a slice or a binder such as i:n stands in square brackets", start)
        if word in ("=", ":="):
            return self._bind(token)
        if word == "^":
            self._fail("`^` is not a power here; write ** (a ** b)", start)
        if word in ("<<", ">>"):
            self._fail(f"`{word}` is not part of a formula", start)
        if word in _REFUSED:
            self._fail(_REFUSED[word], start)
        return self._fail(f"an operator was expected before `{word}`", start)

    def _reduce(self, level: int) -> None:
        """Give their operands to the waiting operators that bind at least as tightly as `level`."""
        while self.pending and self.pending[-1].kind in _OPERATORS and self.pending[-1].level >= level:
            kind, _, value, start, _, _ = self.pending.pop()
            right = self.operands.pop()
            if kind in ("unary", "walrus"):
                self.operands.append(self._node(kind, value, [right], start))
                continue
            left = self.operands.pop()
            if kind == "choice":
                chosen = self.operands.pop()
                self.operands.append(self._node(kind, None, [left, chosen, right], start))
                continue
            before = self.nodes[left]
            if kind == "compare" and before.kind == "compare" and left not in self.closed:
                before.children.append(right)
                before.value.append(value)  # type: ignore[attr-defined]
                self.operands.append(left)
                continue
            self.operands.append(self._node(kind, [value] if kind == "compare" else value, [left, right], start))

    def _bind(self, token: Token) -> bool:
        """``name=`` of a keyword argument, or ``name :=``."""
        top = self.nodes[self.operands[-1]]
        inside = bool(self.pending) and self.pending[-1].kind == "call"
        if not inside or top.kind != "name":
            self._fail(f"`{token.text}` was not expected here; `==` compares", token.start)
        self.operands.pop()
        if token.text == "=":
            self._push("keyword", 0, top.value, top.start)
        else:
            self._push("walrus", _WALRUS, top.value, top.start)
        return True

    def _take_item(self, start: int) -> None:
        """End an item of the innermost bracket."""
        if self.pending and self.pending[-1].kind == "slice":
            self._end_slice(self.operands.pop())
        key: str | None = None
        if self.pending and self.pending[-1].kind == "keyword":
            key = str(self.pending.pop().value)
        if not self.pending:
            self._fail("a comma outside brackets; a formula has one value", start)
        frame = self.pending[-1]
        if frame.kind not in _BRACKETS:
            self._fail("an `if` without its `else`; write where(condition, a, b) or a if condition else b", frame.start)
        if key is None and any(frame.keys):
            self._fail("a positional argument after one with a name", start)
        if key is not None and key in frame.keys:
            self._fail(f"the argument {key} is given twice", start)
        frame.items.append(self.operands.pop())
        frame.keys.append(key)

    def _comma(self, token: Token) -> None:
        self._take_item(token.start)

    def _colon(self, token: Token, part: int | None) -> bool:
        if self.pending[-1].kind == "subscript":
            self._push("slice", 0, ":", token.start)
        if len(self.pending[-1].items) == 2:
            self._fail("a slice has at most three parts", token.start)
        self.pending[-1].items.append(-1 if part is None else part)
        return True

    def _end_slice(self, part: int | None) -> None:
        _, _, _, start, items, _ = self.pending.pop()
        parts = [*items, -1 if part is None else part]
        present = tuple(number >= 0 for number in parts)
        self.operands.append(self._node("slice", present, [number for number in parts if number >= 0], start))
        if part is None:
            frame = self.pending[-1]
            frame.items.append(self.operands.pop())
            frame.keys.append(None)

    def _close_empty(self, token: Token) -> bool:
        """A closing bracket where a value might begin: after its opening, a comma or a colon."""
        if self.pending and self.pending[-1].kind == "slice":
            self._end_slice(None)
        elif not self.pending or self.pending[-1].kind not in _BRACKETS:
            self._fail(f"a value was expected before `{token.text}`", token.start)
        frame = self.pending[-1]
        if frame.kind == "subscript" and len(frame.items) == 1:
            self._fail("an index was expected in the brackets", token.start)
        self._finish(self.pending.pop())
        return False

    def _close(self, token: Token) -> None:
        self._reduce(0)
        top = self.pending[-1] if self.pending else None
        if top is not None and top.kind == "group" and not top.items:
            self.pending.pop()
            self.closed.add(self.operands[-1])
            return
        self._take_item(token.start)
        self._finish(self.pending.pop())

    def _finish(self, frame: _Pending) -> None:
        kind = "tuple" if frame.kind == "group" else frame.kind
        start = self.nodes[frame.items[0]].start if kind in ("call", "subscript") else frame.start
        value = tuple(frame.keys) if kind == "call" else None
        self.operands.append(self._node(kind, value, frame.items, start))


_OPERATORS = frozenset({"unary", "binary", "compare", "choice", "walrus"})
_BRACKETS = frozenset({"group", "list", "call", "subscript"})


def _describe(nodes: Sequence[Node], number: int, limit: int) -> str:
    text = _spell(nodes, number, 6)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _spell(nodes: Sequence[Node], number: int, depth: int) -> str:
    """The text of a node, with what lies deep left out."""
    kind, value, children, _ = nodes[number]
    if depth == 0 or len(children) > 20:
        return "…"
    parts = [_spell(nodes, child, depth - 1) for child in children]
    if kind in ("number", "name"):
        return str(value)
    if kind == "constant":
        return "..." if value is ... else str(value)
    if kind == "unary":
        return f"{value}{' ' if value == 'not' else ''}{parts[0]}"
    if kind == "binary":
        return f"{parts[0]} {value} {parts[1]}"
    if kind == "compare":
        signs = list(value)  # type: ignore[call-overload]
        return parts[0] + "".join(f" {sign} {part}" for sign, part in zip(signs, parts[1:], strict=True))
    if kind == "choice":
        return f"{parts[1]} if {parts[0]} else {parts[2]}"
    if kind == "call":
        return f"{parts[0]}({', '.join(parts[1:])})"
    if kind == "subscript":
        return f"{parts[0]}[{', '.join(parts[1:])}]"
    if kind == "slice":
        present, left = value, iter(parts)
        return ":".join(next(left) if there else "" for there in present)  # type: ignore[attr-defined]
    if kind == "attribute":
        return f"{parts[0]}.{value}"
    if kind == "walrus":
        return f"{value} := {parts[0]}"
    return f"({', '.join(parts)})" if kind == "tuple" else f"[{', '.join(parts)}]"
