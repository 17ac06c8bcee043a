"""Formulas of one or two scalars, as text: the language in which the table of primitives states partial derivatives.

>>> from gradc.ir.equations import BodyBuilder
>>> body = BodyBuilder()
>>> out = body.access(0, (), "real")
>>> apply_formula("1 - out**2", body, {"out": out})
3
>>> [equation.op for equation in body.equations]
['access', 'constant', 'constant', 'pow', 'sub']

The text comes from gradc's own tables, and is parsed by `ast`; nothing is evaluated.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from functools import cache

from gradc.ir.equations import BodyBuilder

_BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.BitAnd: "and",
    ast.BitOr: "or",
}
_COMPARE = {ast.Lt: "lt", ast.LtE: "le", ast.Eq: "eq", ast.NotEq: "ne"}
_CONSTANTS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}

Apply = Callable[..., int]


@cache
def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def apply_formula(text: str, body: BodyBuilder, operands: Mapping[str, int], apply: Apply | None = None) -> int:
    """Build a formula's equations and give the number of its value.

    Parameters
    ----------
    text
        Such as ``"-y / (x**2 + y**2)"``: operands by name, numbers, ``pi``, operators, comparisons (``>`` as ``<`` the
        other way round) and the primitives' names.
    apply
        What makes an equation; `BodyBuilder.apply` unless told.
    """
    make = apply or body.apply

    def build(node: ast.expr) -> int:
        if isinstance(node, ast.Constant):
            return body.constant(node.value if isinstance(node.value, bool) else float(node.value))  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            return operands[node.id] if node.id in operands else body.constant(_CONSTANTS[node.id])
        if isinstance(node, ast.BinOp):
            left, right = build(node.left), build(node.right)
            return make(_BINARY[type(node.op)], left, right)
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.operand, ast.Constant):
                return body.constant(-float(node.operand.value))  # type: ignore[arg-type]
            return make("not" if isinstance(node.op, ast.Invert) else "neg", build(node.operand))
        if isinstance(node, ast.Compare):
            left, right = build(node.left), build(node.comparators[0])
            if isinstance(node.ops[0], (ast.Gt, ast.GtE)):
                return make("lt" if isinstance(node.ops[0], ast.Gt) else "le", right, left)
            return make(_COMPARE[type(node.ops[0])], left, right)
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        numbers = [build(argument) for argument in node.args]
        return make(node.func.id, *numbers)

    return build(_parse(text))
