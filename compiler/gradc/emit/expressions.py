"""Operations, constants and bounds as C expressions, each with how tightly it binds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gradc.calculus.primitives import PRIMITIVES
from gradc.ir.equations import BOOLEAN, INTEGER
from gradc.ir.size import Atom, Size
from gradc.loops.libmvec import FASTER_IN_LIBMVEC

_TERNARY, _OR, _AND, _EQUAL, _COMPARE, _SUM, _PRODUCT, _UNARY, _CALL = 1, 2, 3, 4, 5, 6, 7, 8, 99
_INFIX = {"add": ("+", _SUM), "sub": ("-", _SUM), "mul": ("*", _PRODUCT), "div": ("/", _PRODUCT)}
_BINARY = {
    **_INFIX,
    "lt": ("<", _COMPARE),
    "le": ("<=", _COMPARE),
    "eq": ("==", _EQUAL),
    "ne": ("!=", _EQUAL),
    "and": ("&&", _AND),
    "or": ("||", _OR),
}


class Text(NamedTuple):
    """An expression and how tightly it binds."""

    text: str
    level: int = _CALL

    def at(self, level: int) -> str:
        """The expression where something that binds at `level` is needed."""
        return self.text if self.level >= level else f"({self.text})"


def c_type(kind: str, real: str) -> str:
    """The C type of a scalar of a kind, where reals are `real`."""
    return {INTEGER: "int64_t", BOOLEAN: "int"}.get(kind, real)


def spell_bound(value: Size, name: Callable[[Atom], str]) -> Text:
    """A size that nothing is taken off, in floating point, where it cannot wrap: ``8.0*(double)n + 64.0``."""
    terms = []
    for monomial, coefficient in value.terms:
        terms.append("*".join([f"{coefficient:.1f}", *(f"(double){name(atom)}" for atom in monomial)]))
    return Text(" + ".join(terms) or "0.0", _CALL if not terms else _PRODUCT if len(terms) == 1 else _SUM)


def spell_constant(value: float | bool, real: str) -> Text:
    """A literal that reads back as the same number."""
    if isinstance(value, bool):
        return Text(str(int(value)))
    if math.isnan(value):
        return Text(f"({real})NAN")
    if math.isinf(value):
        text = f"({real})INFINITY"  # C's own is a float
        return Text(f"-{text}", _UNARY) if value < 0 else Text(text)
    text = repr(value)
    if real == "float":
        text = _shortest_float32(value) + "f"
    return Text(text, _UNARY if text.startswith("-") else _CALL)


def _shortest_float32(value: float) -> str:
    import numpy as np

    with np.errstate(over="ignore"):
        text = str(np.float32(value))
    if "inf" in text:
        text = "3.4028235e38" if value > 0 else "-3.4028235e38"
    return text if "." in text or "e" in text else text + ".0"


def spell_operation(op: str, operands: Sequence[Text], real: str, precise: bool = False) -> Text:
    """The C of an operation on operands; `precise` asks for libm's functions."""
    if op == "real":
        return Text(f"({real}){operands[0].at(_UNARY)}", _UNARY)
    if op in _BINARY:
        sign, level = _BINARY[op]
        # Comparisons are put in parentheses inside one another and inside && and ||, as compilers ask for.
        left, right = (level, level + 1) if op in _INFIX else (_SUM, _SUM)
        return Text(f"{operands[0].at(left)} {sign} {operands[1].at(right)}", level)
    if op == "bit_and":  # in parentheses, as compilers ask for beside comparisons and sums
        return Text(f"({operands[0].at(_CALL)} & {operands[1].at(_CALL)})")
    if op == "neg":
        return Text(f"-{operands[0].at(_CALL)}", _UNARY)
    if op == "not":
        return Text(f"!{operands[0].at(_CALL)}", _UNARY)
    if op in ("where", "where_integer"):
        return Text(f"{operands[0].at(_OR + 1)} ? {operands[1].at(_OR)} : {operands[2].at(_OR)}", _TERNARY)
    entry = PRIMITIVES[op]
    arguments = ", ".join(argument.at(_TERNARY) for argument in operands)
    suffix = "" if real == "double" else "f"
    if entry.vector is not None and entry.reach is None and not precise:
        return Text(f"gradc_{entry.vector}{suffix}({arguments})")
    if entry.special is not None:
        if real == "double":
            return Text(f"gradc_{entry.special}({arguments})")
        wider = ", ".join(f"(double){argument.at(_UNARY)}" for argument in operands)
        return Text(f"(float)gradc_{entry.special}({wider})", _UNARY)
    assert entry.c is not None, f"{op} has no spelling in C, and should have been rewritten before"
    if "{" in entry.c:  # a frame names its operands more than once, so each must be a name or a literal
        return Text(entry.c.format(*(argument.at(_CALL) for argument in operands), f=suffix), _TERNARY)
    return Text(f"{entry.c}{suffix}({arguments})")


def vector_functions(ops: Sequence[str], vectors: Sequence[str], real: str) -> tuple[str, ...]:
    """The libm functions that a vector library may have, in order.

    Parameters
    ----------
    ops
        The operations that are spelled as libm's functions where they have no function of loops.
    vectors
        The functions of loops that are used.
    """
    suffix = "" if real == "double" else "f"
    entries = [PRIMITIVES[op] for op in ops if op in PRIMITIVES]
    names = [e.c for e in entries if e.special is None and (e.vector is None or e.reach is not None)]
    names += [name for name in vectors if name in FASTER_IN_LIBMVEC]
    return tuple(sorted({f"{name}{suffix}" for name in names if name is not None and name in _VECTOR}))


def all_vector_functions(real: str) -> tuple[str, ...]:
    """All libm functions that a vector library may have, in order."""
    return tuple(sorted(name if real == "double" else f"{name}f" for name in _VECTOR))


# What glibc's libmvec has for AVX2 and AVX-512 since 2.35; `sqrt`, `fabs` and the roundings are instructions.
_VECTOR = frozenset(
    [
        "exp",
        "log",
        "pow",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "acosh",
        "atanh",
        "exp2",
        "expm1",
        "log10",
        "log1p",
        "log2",
        "cbrt",
        "erf",
        "erfc",
        "hypot",
        "atan2",
    ]
)
