"""The places of the compiler that can be spoiled, and how: each change is one operator, sign, index, condition, …

    for place in find_places("calculus/chain.py", text):
        print(place)                    # calculus/chain.py | sweep | condition 1 | if known → if not known
        spoil(text, place)              # the module's text with that change alone

Left out is what is not behaviour, by rule:

- docstrings, annotations, imports, decorators, type aliases, `if TYPE_CHECKING`;
- what is told to people: `raise` statements, `assert` statements (they tell the type checker what an invariant
  grants), `__repr__`, and keywords whose values are prose (`PROSE`);
- choices of speed alone: limits (a module's name in capitals for a literal number) and where exactly a comparison with
  one turns, tables of costs (`COSTS`), and the functions that say whether something is expensive (`PRICES`).
"""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import NamedTuple

ROOMS = ("ir", "calculus", "passes", "stabilise", "contract", "schedule", "loops", "emit")

PROSE = frozenset(["identity", "reason", "holds", "edge", "latex", "hint", "dear", "domain"])
PROSE |= {"numpy", "scipy", "sympy", "formula"}  # names that users write
COSTS = frozenset(["schedule/costs.py"])
PRICES = re.compile(r"_?(is_dear|is_cheap|cost|costs|price|worth)\w*|_cost_of_row")
CAPITALS = re.compile(r"_?[A-Z][A-Z0-9_]*")

# Calls whose arguments in another order mean nothing or the same.
UNORDERED = frozenset(["isinstance", "issubclass", "getattr", "hasattr", "setattr", "cast", "max", "min", "fma", "gcd"])

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_COMPARED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_TURNING = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
# Operations of the IR that are written as texts, and functions of Python.
_NAMES = {
    "add": "sub", "sub": "add", "mul": "div", "div": "mul", "lt": "le", "le": "lt", "gt": "ge", "ge": "gt", "eq": "ne",
    "ne": "eq", "and": "or", "or": "and", "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum",
    "sum": "max", "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "exp": "expm1", "expm1": "exp",
    "log": "log1p", "log1p": "log", "floor": "ceil", "ceil": "floor", "any": "all", "all": "any", "first": "last",
}  # fmt: skip
# What C's operators in the texts that are printed become.
_TOKENS = {
    " + ": " - ", " - ": " + ", " * ": " / ", " / ": " * ", " < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ",
    " == ": " != ", " != ": " == ", " && ": " || ", " || ": " && ", "++": "--", " += ": " = ", "= 0;": "= 1;",
}  # fmt: skip
_TOKEN = re.compile("|".join(re.escape(token) for token in sorted(_TOKENS, key=len, reverse=True)))


class Place(NamedTuple):
    """One change at one place.

    Parameters
    ----------
    module, scope
        The file below the package, and the function or class in it.
    kind
        The kind of the change.
    before, after
        The smallest piece of code that shows it.
    turn
        The number of this change among equal ones in its scope.
    node, variant
        Which node of the tree, in the order of `ast.walk`, and which of its changes.
    line, statement
        Where it stands, and where the statement that it is in begins.
    """

    module: str
    scope: str
    kind: str
    before: str
    after: str
    turn: int
    node: int
    variant: int
    line: int
    statement: int

    @property
    def key(self) -> str:
        """What tells the place from all others, whatever stands around it in the file."""
        number = f" {self.turn + 1}" if self.turn else ""
        return f"{self.module} | {self.scope} | {self.kind}{number} | {self.before} → {self.after}"

    def rank(self, seed: int) -> str:
        """A number drawn by a seed, which other places have no part in."""
        return sha256(f"{seed}:{self.key}".encode()).hexdigest()


Change = tuple[str, ast.AST, Callable[[ast.AST], "ast.AST | None"]]  # kind, what is shown, what it becomes


def find_places(module: str, text: str) -> list[Place]:
    """All changes of a module, in the order of its text."""
    if module in COSTS:
        return []
    tree = ast.parse(text)
    numbers = {id(node): k for k, node in enumerate(ast.walk(tree))}
    found: list[Place] = []
    met: Counter[tuple[str, str, str, str]] = Counter()
    for node, scope, parents in _visited(tree):
        for variant, (kind, before, after) in enumerate(_texts(node, parents)):
            key = (scope, kind, before, after)
            around = [n for n in (node, *reversed(parents)) if hasattr(n, "lineno")]
            inner = max((k for k, n in enumerate(around) if isinstance(n, ast.JoinedStr)), default=0)
            statement = next((n.lineno for n in around if isinstance(n, ast.stmt)), 1)
            line = around[inner].lineno if around else 1
            found.append(
                Place(module, scope, kind, before, after, met[key], numbers[id(node)], variant, line, statement)
            )
            met[key] += 1
    return found


def spoil(text: str, place: Place) -> str:
    """The module's text with one change: the smallest expression or statement that can be replaced is written anew."""
    tree = ast.parse(text)
    parents: dict[int, ast.AST] = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    node = list(ast.walk(tree))[place.node]
    above = [node]
    while id(above[-1]) in parents:
        above.append(parents[id(above[-1])])
    changes = list(_changes(node, above[:0:-1]))
    _, _, change = changes[place.variant]
    # Within formatted strings no position is known before Python 3.12, and `lineno` says nothing of an operator.
    inner = max((k for k, n in enumerate(above) if isinstance(n, ast.JoinedStr)), default=0)
    whole = next(n for k, n in enumerate(above) if k >= inner and _is_whole(n, above[k + 1]))
    segment = (whole.lineno, whole.col_offset, whole.end_lineno, whole.end_col_offset)
    tested = node.test if isinstance(node, (ast.If, ast.While)) else whole
    condition = (tested.lineno, tested.col_offset, tested.end_lineno, tested.end_col_offset)
    new = change(node)
    if new is None:
        new = ast.Pass()
    if isinstance(node, (ast.If, ast.While)) and new is node:
        whole, segment = node.test, condition  # the head alone: what is below stays as it is written
    elif node is whole:
        whole = new  # type: ignore[assignment]
    elif new is not node:
        _replace(parents[id(node)], node, new)
    written = ast.unparse(ast.fix_missing_locations(whole))
    indented = written.replace("\n", "\n" + " " * whole.col_offset)
    written = f"({written})" if isinstance(whole, ast.expr) else indented
    lines = text.encode().splitlines(keepends=True)
    first, column, last, end = segment
    assert last is not None
    ahead, behind = lines[first - 1][:column], lines[last - 1][end:]
    spoiled = b"".join([*lines[: first - 1], ahead, written.encode(), behind, *lines[last:]]).decode()
    compile(spoiled, place.module, "exec")
    return spoiled


def _is_whole(node: ast.AST, parent: ast.AST) -> bool:
    """Whether a node can stand in parentheses, or is a statement."""
    in_index = isinstance(node, ast.Tuple) and isinstance(parent, ast.Subscript)
    return isinstance(node, ast.stmt) or (
        isinstance(node, ast.expr) and not isinstance(node, (ast.Slice, ast.Starred)) and not in_index
    )


def _replace(parent: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for name, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, name, new)
        elif isinstance(value, list):
            setattr(parent, name, [new if item is old else item for item in value])


def _visited(tree: ast.Module) -> Iterator[tuple[ast.AST, str, list[ast.AST]]]:
    """The nodes that may be spoiled, with the scope that they are in and what is around them."""
    pending: list[tuple[ast.AST, str, list[ast.AST]]] = [(tree, "", [])]
    while pending:
        node, scope, parents = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if PRICES.fullmatch(node.name) or node.name == "__repr__":
                continue
            scope = f"{scope}.{node.name}".lstrip(".")
        yield node, scope, parents
        below = [(child, scope, [*parents, node]) for child in _children(node, parents)]
        pending += reversed(below)


def _children(node: ast.AST, parents: list[ast.AST]) -> Iterator[ast.AST]:
    if isinstance(node, (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom)):
        return
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.keyword) and node.arg in PROSE:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    top = len(parents) == 0 or all(isinstance(parent, (ast.Module, ast.If)) for parent in parents)
    if top and isinstance(node, (ast.Assign, ast.AnnAssign)) and (_is_limit(node) or _is_alias(node)):
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(node, ast.Call):
            continue
        for k, item in enumerate(value if isinstance(value, list) else [value]):
            if name == "args" and isinstance(node, ast.Call) and ast.unparse(node.func) == "Primitive" and k in (0, 3):
                continue
            if isinstance(item, ast.AST):
                yield item


def _is_limit(node: ast.Assign | ast.AnnAssign) -> bool:
    return isinstance(node.value, ast.Constant) and isinstance(node.value.value, (int, float))


def _is_alias(node: ast.Assign | ast.AnnAssign) -> bool:
    text = ast.unparse(node.value) if node.value else ""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    name = targets[0].id if isinstance(targets[0], ast.Name) else ""
    return name[:1].isupper() and not CAPITALS.fullmatch(name) and bool(text)


def _texts(node: ast.AST, parents: list[ast.AST]) -> Iterator[tuple[str, str, str]]:
    """Kind, before and after of each change of a node."""
    for kind, shown, change in _changes(node, parents):
        before = _short(shown)
        twin = _head(shown)
        same = (
            twin
            if shown is node
            else next(t for n, t in zip(ast.walk(shown), ast.walk(twin), strict=True) if n is node)
        )
        new = change(same)
        after = "nothing" if new is None else _short(new if shown is node else twin)
        if before != after:
            yield kind, before, after


def _head(node: ast.AST) -> ast.AST:
    """A copy of a node; of a statement with a body, of its head."""
    if isinstance(node, (ast.If, ast.While)):
        return type(node)(copy.deepcopy(node.test), [ast.Pass()], [])
    return copy.deepcopy(node)


def _short(node: ast.AST) -> str:
    """A piece of code in a line; of what has a body, its head."""
    text = ast.unparse(_head(node) if isinstance(node, (ast.If, ast.While)) else node)
    return text.splitlines()[0] if isinstance(node, ast.stmt) else " ".join(text.split())


def _set(name: str, value: object) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        setattr(node, name, value)
        return node

    return change


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))


def _is_threshold(node: ast.AST) -> bool:
    named = isinstance(node, ast.Name) and CAPITALS.fullmatch(node.id) is not None
    return named and ast.unparse(node) not in ("ONE", "ZERO", "HALF")


def _changes(node: ast.AST, parents: list[ast.AST]) -> Iterator[Change]:
    """What may be done to a node."""
    parent = parents[-1] if parents else None
    in_index = any(isinstance(above, ast.Subscript) for above in parents[-3:])
    if isinstance(node, ast.BinOp) and type(node.op) in _SWAPPED and not (_is_text(node.left) or _is_text(node.right)):
        if not any(isinstance(side, (ast.List, ast.Tuple)) for side in (node.left, node.right)):
            yield "operator", node, _set("op", _SWAPPED[type(node.op)]())
    elif isinstance(node, ast.Compare):
        for k, (op, side) in enumerate(zip(node.ops, node.comparators, strict=True)):
            sides = (side, node.left if k == 0 else node.comparators[k - 1])
            if isinstance(op, _TURNING) and any(_is_threshold(part) for part in sides):
                continue
            ops = [*node.ops[:k], _COMPARED[type(op)](), *node.ops[k + 1 :]]
            yield "comparison", node, _set("ops", ops)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "condition", node, _set("op", other)
        for k in range(len(node.values)):
            yield "condition", node, lambda n, k=k: _without(n, k)
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        if not isinstance(node.test, ast.Compare) or len(node.test.ops) > 1:
            yield "condition", node, lambda n: _set("test", _negated(n.test))(n)
    elif isinstance(node, ast.comprehension) and node.ifs:
        for k in range(len(node.ifs)):
            yield "condition", parent or node, lambda n, k=k: _set("ifs", [c for j, c in enumerate(n.ifs) if j != k])(n)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "condition", node, lambda n: n.operand
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "index" if in_index else "sign", node, lambda n: n.operand
    elif isinstance(node, ast.Slice):
        yield from _slices(node)
    elif isinstance(node, ast.Constant):
        yield from _constants(node, parents, in_index)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, (ast.Expr, ast.AugAssign)) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Subscript, ast.Attribute))
    ):
        if not (isinstance(node, ast.Expr) and isinstance(node.value, (ast.Constant, ast.Yield, ast.YieldFrom))):
            yield "statement", node, lambda n: None
    elif isinstance(node, (ast.Continue, ast.Break)) or (
        isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and isinstance(parent, ast.If)
    ):
        yield "statement", node, lambda n: None


def _without(node: ast.AST, number: int) -> ast.AST:
    assert isinstance(node, ast.BoolOp)
    rest = [value for k, value in enumerate(node.values) if k != number]
    return _set("values", rest)(node) if len(rest) > 1 else rest[0]


def _negated(test: ast.expr) -> ast.expr:
    return (
        test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else ast.UnaryOp(ast.Not(), test)
    )


def _slices(node: ast.Slice) -> Iterator[Change]:
    one = ast.Constant(1)
    if node.lower is not None and not isinstance(node.lower, (ast.Constant, ast.UnaryOp)):
        yield "index", node, lambda n: _set("lower", ast.BinOp(n.lower, ast.Add(), one))(n)
    if node.upper is not None and not isinstance(node.upper, (ast.Constant, ast.UnaryOp)):
        yield "index", node, lambda n: _set("upper", ast.BinOp(n.upper, ast.Sub(), one))(n)


def _constants(node: ast.Constant, parents: list[ast.AST], in_index: bool) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", node, _set("value", not value)
    elif isinstance(value, int):
        yield "index" if in_index else "constant", node, _set("value", value + 1)
    elif isinstance(value, float) and value == value:
        yield "constant", node, _set("value", value * 2 if value else 1.0)
    elif isinstance(value, str):
        if value in _NAMES and not isinstance(parents[-1], (ast.Subscript, ast.FormattedValue)):
            yield "name", node, _set("value", _NAMES[value])
        elif _is_shown(value, parents):
            return
        elif not isinstance(parents[-1], ast.JoinedStr) and (tree := _formula(value)) is not None:
            for place in _inner(tree):
                yield "formula", node, lambda n, place=place: _set("value", _spoiled_formula(n.value, *place))(n)
        else:
            for match in _TOKEN.finditer(value):
                new = value[: match.start()] + _TOKENS[match[0]] + value[match.end() :]
                yield "printed", node, _set("value", new)


def _is_shown(value: str, parents: list[ast.AST]) -> bool:
    """Whether a text is a comment of the C, a pragma or a message, rather than code."""
    return value.lstrip().startswith(("/*", "*", "//", "#")) or any(
        isinstance(above, ast.Call) and ast.unparse(above.func) in ("Comment", "join", "error")
        for above in parents[-2:]
    )


def _formula(text: str) -> ast.expr | None:
    """A formula in a text: an operation, a call or a comparison; None for what is a word, or no expression."""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    if isinstance(tree, (ast.BinOp, ast.UnaryOp, ast.Call, ast.Compare)):
        return tree
    return tree if isinstance(tree, ast.Constant) and text.isdigit() else None


def _inner(tree: ast.expr) -> Iterator[tuple[int, int]]:
    for number, node in enumerate(ast.walk(tree)):
        if isinstance(node, (ast.BinOp, ast.Compare, ast.UnaryOp, ast.Constant, ast.Call)):
            for variant, _ in enumerate(_changes(node, [tree])):
                yield number, variant


def _spoiled_formula(text: str, number: int, variant: int) -> str:
    tree = ast.parse(text, mode="eval")
    node = list(ast.walk(tree.body))[number]
    _, _, change = list(_changes(node, [tree.body]))[variant]
    new = change(node)
    if new is None:
        return text
    if new is not node:
        for above in ast.walk(tree):
            _replace(above, node, new)
    return ast.unparse(tree)


def _calls(node: ast.Call) -> Iterator[Change]:
    name = ast.unparse(node.func).rsplit(".", 1)[-1]
    if name == "range" and node.args:
        k = 0 if len(node.args) == 1 else 1
        stop = lambda n: ast.BinOp(n.args[k], ast.Sub(), ast.Constant(1))  # noqa: E731
        yield "off by one", node, lambda n: _set("args", [stop(n) if j == k else a for j, a in enumerate(n.args)])(n)
    if name == "reversed" and len(node.args) == 1:
        yield "condition", node, lambda n: n.args[0]
    if name in _NAMES and isinstance(node.func, ast.Name) and name != "sum":
        yield "name", node, _set("func", ast.Name(_NAMES[name], ast.Load()))
    if name in UNORDERED or len(node.args) < 2 or any(isinstance(a, ast.Starred) for a in node.args[:2]):
        return
    if type(node.args[0]) is type(node.args[1]) or not any(_is_text(a) for a in node.args[:2]):
        yield "arguments", node, lambda n: _set("args", [n.args[1], n.args[0], *n.args[2:]])(n)
