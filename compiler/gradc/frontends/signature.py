"""Read signatures: names, dimensions and dtypes of a kernel's arguments.

>>> for parameter in parse_signature("X[n,d], idx[n+1]:int64, lam"):
...     print(parameter.name, describe_shape(parameter.shape), parameter.dtype)
X (n, d) real
idx (n + 1,) int64
lam () real
"""

from __future__ import annotations

from collections.abc import Sequence
from keyword import iskeyword

import numpy as np

from gradc.errors import FormulaError, SignatureError
from gradc.frontends.notation import Node, Syntax, Token, nearest, read_expression, split_commas, tokenise
from gradc.ir.definitions import KIND_OF_DTYPE, Parameter
from gradc.ir.printer import describe_shape
from gradc.ir.size import Size, size, symbol

DTYPES = tuple(dtype for dtype in KIND_OF_DTYPE if dtype != "real")
# A program's text gives these a meaning that no other spelling has.
_TAKEN = frozenset({"inf", "nan"})
_LARGEST = 2**62  # sizes are int64 in C
_TERMS = 4096  # a product of sums is multiplied out, which grows exponentially

_MOST_AXES = 64 if int(np.__version__.split(".")[0]) >= 2 else 32  # which NumPy knows, and has no name for


def parse_signature(text: str) -> tuple[Parameter, ...]:
    """Read a signature.

    Parameters
    ----------
    text
        Such as ``"w[d], X[n,d], lam, idx[n]:int64"``. A dimension is a symbol, an integer, or an expression of them
        with ``+ - * //``; a dtype is one of `DTYPES`, and the kernel's own where there is none.

    Raises
    ------
    SignatureError
        With a caret where the fault is.
    """
    try:
        return _parse(text)
    except FormulaError as error:
        raise SignatureError(str(error)) from None


def parse_size(nodes: Sequence[Node], first: int, root: int, syntax: Syntax) -> Size:
    """The size that the nodes from `first` to `root` state: symbols and integers with ``+ - * // %``."""
    values: dict[int, Size] = {}
    for number in range(first, root + 1):
        node = nodes[number]
        operands = [values[child] for child in node.children if child in values]
        if node.kind == "name":
            values[number] = symbol(_identifier(str(node.value), node.start, syntax))
        elif node.kind == "number" and isinstance(node.value, int):
            values[number] = size(node.value)
        elif node.kind == "unary" and node.value in ("-", "+"):
            values[number] = -operands[0] if node.value == "-" else operands[0]
        elif node.kind == "binary" and node.value in ("+", "-", "*", "//", "%"):
            values[number] = combine(str(node.value), operands[0], operands[1], node.start, syntax)
        else:
            syntax.fail("a dimension is a symbol, an integer, or an expression of them with + - * //", node.start)
    return values[root]


def combine(sign: str, left: Size, right: Size, start: int, syntax: Syntax) -> Size:
    """Calculate with two sizes, refusing what would overflow or explode."""
    if sign == "+":
        result = left + right
    elif sign == "-":
        result = left - right
    elif sign == "*":
        if len(left.terms) * len(right.terms) > _TERMS:
            syntax.fail("a product of sums with too many terms", start)
        result = left * right
    else:
        if right.constant == 0:
            syntax.fail("division by zero", start)
        result = left // right if sign == "//" else left % right
    if any(abs(coefficient) > _LARGEST for _, coefficient in result.terms):
        syntax.fail("an integer beyond 64 bits", start)
    if any(len(monomial) > 64 for monomial, _ in result.terms):
        syntax.fail("a product of more than 64 symbols", start)
    return result


def check_name(name: str, what: str, start: int, syntax: Syntax) -> str:
    """Give the name back where it can name an argument or a dimension."""
    if not name.isidentifier() or iskeyword(name):
        syntax.fail(f"{what} is named by an identifier that is not a Python keyword; {name!r} is not one", start)
    if name in _TAKEN:
        syntax.fail(f"{name} is a constant; give the {what.split()[-1]} another name", start)
    return name


def _identifier(name: str, start: int, syntax: Syntax) -> str:
    return check_name(name, "a dimension", start, syntax)


def _parse(text: str) -> tuple[Parameter, ...]:
    if not isinstance(text, str):
        raise SignatureError(f"a signature is a text such as 'w[d], X[n,d], lam', not {type(text).__name__}")
    syntax = Syntax(text, [], [])
    tokens = tokenise(text)
    if not tokens:
        return ()
    parts = split_commas(tokens)
    if len(parts) > 1 and not parts[-1]:
        parts.pop()  # a comma at the end
    parameters: list[Parameter] = []
    where: dict[str, int] = {}
    dims: dict[str, int] = {}
    for part in parts:
        if not part:
            syntax.fail("an argument's name was expected before the comma", tokens[0].start)
        parameter = _parameter(part, syntax)
        if parameter.name in where:
            syntax.fail(f"two arguments are called {parameter.name}", part[0].start)
        where[parameter.name] = part[0].start
        for extent in parameter.shape:
            for atom in extent.atoms():
                if atom[0] == "dim":
                    dims.setdefault(atom[1], part[0].start)
        parameters.append(parameter)
    for name, start in where.items():
        if name in dims:
            syntax.fail(f"{name} is both an argument and a dimension", start)
    return tuple(parameters)


def _parameter(tokens: Sequence[Token], syntax: Syntax) -> Parameter:
    name, *rest = tokens
    if name.kind not in ("name", "number"):
        syntax.fail(f"an argument's name was expected, not `{name.text}`", name.start)
    check_name(name.text, "an argument", name.start, syntax)
    shape: tuple[Size, ...] = ()
    if rest and rest[0].text == "[":
        depth = 0
        for closing, token in enumerate(rest):  # noqa: B007
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if not depth:
                break
        shape = parse_shape(rest[1:closing], rest[0].start, syntax)
        if len(shape) > _MOST_AXES:
            syntax.fail(f"{name.text} has {len(shape)} axes; NumPy's arrays have {_MOST_AXES} at most", rest[0].start)
        rest = rest[closing + 1 :]
    dtype = "real"
    if rest and rest[0].text == ":":
        if len(rest) < 2:
            syntax.fail(f"a dtype was expected after `:`; one of {', '.join(DTYPES)}", rest[0].start + 1)
        dtype, rest = rest[1].text, [*rest[2:]]
        if dtype not in DTYPES:
            syntax.fail(
                f"unknown dtype {dtype}{nearest(dtype, DTYPES) or '; one of ' + ', '.join(DTYPES)}", tokens[-1].start
            )
    if rest:
        syntax.fail(
            f"a comma was expected before `{rest[0].text}`; an argument is such as X[n,d]:float32", rest[0].start
        )
    return Parameter(name.text, shape, dtype)


def parse_shape(tokens: Sequence[Token], start: int, syntax: Syntax) -> tuple[Size, ...]:
    """The dimensions between the square brackets that open at `start`."""
    shape = []
    for part in split_commas(tokens):
        if not part:
            syntax.fail("a dimension was expected in the brackets; a scalar has none", start)
        first = len(syntax.nodes)
        root = read_expression(part, syntax.text, syntax.nodes)
        extent = parse_size(syntax.nodes, first, root, syntax)
        if extent.constant is not None and extent.constant < 0:
            syntax.fail(f"a dimension of {extent.constant}", part[0].start)
        shape.append(extent)
    return tuple(shape)


__all__ = ["DTYPES", "check_name", "combine", "describe_shape", "parse_shape", "parse_signature", "parse_size"]
