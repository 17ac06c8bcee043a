"""The table of primitives: one entry for each scalar function, and everything that gradc knows of it.

    tanh: out = tanh(x),  ∂out/∂x = 1 - out**2

Both modes of differentiation, all orders, the C, the interpreter, the front ends' names and the tests derive from an
entry. To add a primitive, add one here; nothing else changes.

The edge conventions are collected on one page in ``docs/conventions.md``. Sources of the partial derivatives: Abramowitz
and Stegun, *Handbook of Mathematical Functions* (1964), chapters 4, 6, 7 and 9; NIST DLMF, the same chapters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradc.ir import special

Interval = tuple[float, float]


class Primitive(NamedTuple):
    """One scalar function of reals.

    Parameters
    ----------
    name
        What the IR, formulas and printed programs call it.
    partials
        A formula for each operand (`x`, `y`, in order), which may use the result as ``out``; ``"0"`` where it is
        constant between jumps.
    c
        How C spells it: the name of a libm function (the ``f`` of float32 is added), or a frame over ``{0}`` and
        ``{1}`` and the ``{f}`` of float32, or None where `expansion` or `special` says it.
    vector
        The function of ``templates/vector`` that takes the place of libm's: inlined, so that loops are vectorised.
    reach
        The function of ``templates/vector`` that is 1 where `vector` does not hold, if there is such a place: a loop
        looks first, and there calls libm's function or the one of ``templates/special``.
    expansion
        The same function as a formula of simpler primitives, applied before C is printed; ``huge`` is the power of two
        by which the dtype's large numbers are scaled.
    special
        The function of ``templates/special`` that computes it.
    reference
        What the interpreter computes.
    domain
        An interval for each operand, from which tests sample: where the function and its partials are finite.
    numpy, scipy, sympy
        Names in `numpy`, `scipy.special` and `sympy` that mean this function.
    latex
        A frame over ``{0}`` and ``{1}``.
    edge
        The convention where the derivative is a matter of choice, in a sentence.
    dear
        Whether computing it costs many times what storing and loading a value does.
    bounded
        Whether it is finite wherever its operand is, however large.
    """

    name: str
    partials: tuple[str, ...]
    reference: Callable[..., Any]
    domain: tuple[Interval, ...]
    c: str | None = None
    vector: str | None = None
    reach: str | None = None
    expansion: str | None = None
    special: str | None = None
    numpy: tuple[str, ...] = ()
    scipy: tuple[str, ...] = ()
    sympy: tuple[str, ...] = ()
    formula: tuple[str, ...] = ()
    latex: str = ""
    edge: str = ""
    dear: bool = True
    bounded: bool = False

    @property
    def arity(self) -> int:
        """The number of operands."""
        return len(self.partials)


OPERANDS = ("x", "y")  # how partials and expansions name the operands

# NumPy's quotient and remainder: C's remainder is exact, and one step off where its sign is not the divisor's.
_TURNED = "(fmod(x, y) != 0) & ((fmod(x, y) < 0) != (y < 0))"
_QUOTIENT = f"((x - fmod(x, y)) / y - where({_TURNED}, 1, 0))"


def _np(name: str) -> Callable[..., Any]:
    return getattr(np, name)  # type: ignore[no-any-return]


def _sp(name: str) -> Callable[..., Any]:
    return special.functions[name]


# A quotient overflows where its logarithm is moderate: the smaller number is lifted by powers of two until it does not.
_LARGER, _SMALLER = "where(abs(x) >= abs(y), x, y)", "where(abs(x) >= abs(y), y, x)"
_LIFTED = f"where(abs({_LARGER}) > abs({_SMALLER} * huge), {_SMALLER} * huge, {_SMALLER})"
_LIFTED_TWICE = f"where(abs({_LARGER}) > abs({_LIFTED} * huge), {_LIFTED} * huge, {_LIFTED})"


# The derivatives of the angle of (y, x), as quotients that neither overflow nor are inf / inf.
_TURN = (
    "where(abs(y) == inf, 0, y / hypot(x, y) / hypot(x, y))",
    "where(abs(x) == inf, 0, -x / hypot(x, y) / hypot(x, y))",
)


def _round_half_even(x: Any) -> Any:
    return np.rint(x)


_TABLE: tuple[Primitive, ...] = (
    # --- arithmetic -----------------------------------------------------------------------------------------------
    Primitive(
        "add", ("1", "1"), np.add, ((-9, 9), (-9, 9)), c="{0} + {1}", numpy=("add",), latex="{0} + {1}", dear=False
    ),
    Primitive(
        "sub",
        ("1", "-1"),
        np.subtract,
        ((-9, 9), (-9, 9)),
        c="{0} - {1}",
        numpy=("subtract",),
        latex="{0} - {1}",
        dear=False,
    ),
    Primitive(
        "mul",
        ("y", "x"),
        np.multiply,
        ((-9, 9), (-9, 9)),
        c="{0} * {1}",
        numpy=("multiply",),
        latex="{0} {1}",
        dear=False,
    ),
    Primitive(
        "div",
        ("1 / y", "-out / y"),
        np.divide,
        ((-9, 9), (0.1, 9)),
        c="{0} / {1}",
        numpy=("divide", "true_divide"),
        latex=r"\frac{{{0}}}{{{1}}}",
        dear=False,
    ),
    Primitive("neg", ("-1",), np.negative, ((-9, 9),), c="-{0}", numpy=("negative",), latex="-{0}", dear=False),
    Primitive(
        "pow",
        ("where(y == 0, 0, y * x**(y - 1))", "where((x == 0) & (y >= 0), 0, out * log(x))"),
        np.power,
        ((0.05, 5), (-3, 3)),
        c="pow",
        vector="pow",
        numpy=("power", "float_power", "pow"),
        sympy=("Pow",),
        latex="{0}^{{{1}}}",
        edge="x**0 is 1 with derivative 0 everywhere; at x = 0 the derivative in x is the limit of y*x**(y - 1), and the one in y is 0 for y >= 0; a negative x with a fractional y is NaN",
    ),
    Primitive(
        "floor_divide",
        ("0", "0"),
        np.floor_divide,
        ((-9, 9), (0.5, 3)),
        expansion=f"where(y == 0, x / y, where({_QUOTIENT} - floor({_QUOTIENT}) > 0.5, 1, 0) + floor({_QUOTIENT}))",
        numpy=("floor_divide",),
        latex=r"\left\lfloor \frac{{{0}}}{{{1}}} \right\rfloor",
        edge="NumPy's, which is exact where the rounded quotient is not: 1 // 0.1 is 9; derivative 0, at the jumps too",
    ),
    Primitive(
        "fmod",
        ("1", "-rint((x - out) / y)"),
        np.fmod,
        ((-9, 9), (0.5, 3)),
        c="fmod",
        numpy=("fmod",),
        latex=r"{0} \bmod {1}",
        edge="the sign of the first operand; the derivative between jumps",
    ),
    Primitive(
        "mod",
        ("1", "-floor_divide(x, y)"),
        np.mod,
        ((-9, 9), (0.5, 3)),
        expansion=f"fmod(x, y) + where({_TURNED}, y, 0)",
        numpy=("mod", "remainder"),
        sympy=("Mod",),
        latex=r"{0} \bmod {1}",
        edge="Python's sign convention; the derivative between jumps",
    ),
    # --- choice and rounding --------------------------------------------------------------------------------------
    Primitive(
        "abs",
        ("sign(x)",),
        np.abs,
        ((-9, 9),),
        c="fabs",
        numpy=("absolute", "abs", "fabs"),
        sympy=("Abs",),
        latex=r"\left|{0}\right|",
        edge="0 at 0, the middle of the subgradients [-1, 1]",
        dear=False,
    ),
    Primitive(
        "sign",
        ("0",),
        np.sign,
        ((-9, 9),),
        c="({0} > 0 || {0} < 0) ? copysign{f}(1, {0}) : {0} + 0",
        numpy=("sign",),
        sympy=("sign",),
        latex=r"\operatorname{{sign}} {0}",
        edge="0 at 0; derivative 0",
        dear=False,
        bounded=True,
    ),
    Primitive(
        "floor",
        ("0",),
        np.floor,
        ((-9, 9),),
        c="floor",
        numpy=("floor",),
        sympy=("floor",),
        latex=r"\lfloor {0} \rfloor",
        edge="derivative 0, at the jumps too",
        dear=False,
    ),
    Primitive(
        "ceil",
        ("0",),
        np.ceil,
        ((-9, 9),),
        c="ceil",
        numpy=("ceil",),
        sympy=("ceiling",),
        latex=r"\lceil {0} \rceil",
        edge="derivative 0, at the jumps too",
        dear=False,
    ),
    Primitive(
        "trunc",
        ("0",),
        np.trunc,
        ((-9, 9),),
        c="trunc",
        numpy=("trunc", "fix"),
        latex=r"\operatorname{{trunc}} {0}",
        edge="derivative 0, at the jumps too",
        dear=False,
    ),
    Primitive(
        "rint",
        ("0",),
        _round_half_even,
        ((-9, 9),),
        c="rint",
        numpy=("rint", "round", "around"),
        formula=("round",),
        latex=r"\operatorname{{round}} {0}",
        edge="halves go to the even neighbour; derivative 0",
        dear=False,
    ),
    Primitive(
        "maximum",
        ("where(x > y, 1, where(x == y, 0.5, 0))", "where(y > x, 1, where(x == y, 0.5, 0))"),
        np.maximum,
        ((-9, 9), (-9, 9)),
        c="({0} > {1} || {0} != {0}) ? {0} : {1}",
        numpy=("maximum",),
        latex=r"\max({0}, {1})",
        edge="each operand gets half at a tie; NaN in gives NaN out",
        dear=False,
    ),
    Primitive(
        "minimum",
        ("where(x < y, 1, where(x == y, 0.5, 0))", "where(y < x, 1, where(x == y, 0.5, 0))"),
        np.minimum,
        ((-9, 9), (-9, 9)),
        c="({0} < {1} || {0} != {0}) ? {0} : {1}",
        numpy=("minimum",),
        latex=r"\min({0}, {1})",
        edge="each operand gets half at a tie; NaN in gives NaN out",
        dear=False,
    ),
    Primitive(
        "fmax",
        ("where((x > y) | (y != y), 1, where(x == y, 0.5, 0))", "where((y > x) | (x != x), 1, where(x == y, 0.5, 0))"),
        np.fmax,
        ((-9, 9), (-9, 9)),
        c="({0} > {1} || {1} != {1}) ? {0} : {1}",
        numpy=("fmax",),
        latex=r"\max({0}, {1})",
        edge="each operand gets half at a tie; a NaN is passed over",
        dear=False,
    ),
    Primitive(
        "fmin",
        ("where((x < y) | (y != y), 1, where(x == y, 0.5, 0))", "where((y < x) | (x != x), 1, where(x == y, 0.5, 0))"),
        np.fmin,
        ((-9, 9), (-9, 9)),
        c="({0} < {1} || {1} != {1}) ? {0} : {1}",
        numpy=("fmin",),
        latex=r"\min({0}, {1})",
        edge="each operand gets half at a tie; a NaN is passed over",
        dear=False,
    ),
    Primitive(
        "heaviside",
        ("0", "where(x == 0, 1, 0)"),
        np.heaviside,
        ((-9, 9), (0, 1)),
        expansion="where(x != x, x, where(x == 0, y, where(x > 0, 1, 0)))",
        numpy=("heaviside",),
        sympy=("Heaviside",),
        latex=r"H({0})",
        edge="the second operand at 0; derivative 0",
        dear=False,
    ),
    # --- exponentials and logarithms ------------------------------------------------------------------------------
    Primitive(
        "exp", ("out",), np.exp, ((-9, 9),), c="exp", vector="exp", numpy=("exp",), sympy=("exp",), latex="e^{{{0}}}"
    ),
    Primitive(
        "exp2",
        ("0.6931471805599453 * out",),
        np.exp2,
        ((-9, 9),),
        c="exp2",
        vector="exp2",
        numpy=("exp2",),
        latex="2^{{{0}}}",
    ),
    Primitive(
        "expm1", ("exp(x)",), np.expm1, ((-5, 5),), c="expm1", vector="expm1", numpy=("expm1",), latex="e^{{{0}}} - 1"
    ),
    Primitive(
        "log",
        ("1 / x",),
        np.log,
        ((0.05, 20),),
        c="log",
        vector="log",
        numpy=("log",),
        sympy=("log",),
        formula=("ln",),
        latex=r"\log {0}",
    ),
    Primitive(
        "log2",
        ("1.4426950408889634 / x",),
        np.log2,
        ((0.05, 20),),
        c="log2",
        vector="log2",
        numpy=("log2",),
        latex=r"\log_2 {0}",
    ),
    Primitive(
        "log10",
        ("0.4342944819032518 / x",),
        np.log10,
        ((0.05, 20),),
        c="log10",
        vector="log10",
        numpy=("log10",),
        latex=r"\log_{{10}} {0}",
    ),
    Primitive(
        "log1p",
        ("1 / (1 + x)",),
        np.log1p,
        ((-0.9, 20),),
        c="log1p",
        vector="log1p",
        numpy=("log1p",),
        latex=r"\log(1 + {0})",
    ),
    Primitive(
        "log1p_unit",
        ("1 / (1 + x)",),
        np.log1p,
        ((0.0, 1.0),),
        c="log1p",
        vector="log1p_unit",
        formula=("log1p_unit",),  # log1p of what is known to lie in [0, 1]
        latex=r"\log(1 + {0})",
    ),
    Primitive(
        "logaddexp",
        ("where(x == -inf, 0, sigmoid(x - y))", "where(y == -inf, 0, sigmoid(y - x))"),
        np.logaddexp,
        ((-9, 9), (-9, 9)),
        expansion="where(x == y, x + 0.6931471805599453, maximum(x, y) + log1p_unit(exp(-abs(x - y))))",
        numpy=("logaddexp",),
        latex=r"\log(e^{{{0}}} + e^{{{1}}})",
        edge="an operand of -inf has derivative 0; two of them give -inf",
    ),
    Primitive(
        "logaddexp2",
        ("exp2(x - out)", "exp2(y - out)"),
        np.logaddexp2,
        ((-9, 9), (-9, 9)),
        expansion="where(x == y, x + 1, maximum(x, y) + 1.4426950408889634 * log1p_unit(exp2(-abs(x - y))))",
        numpy=("logaddexp2",),
        latex=r"\log_2(2^{{{0}}} + 2^{{{1}}})",
    ),
    Primitive(
        "sqrt",
        ("0.5 / out",),
        np.sqrt,
        ((0.05, 20),),
        c="sqrt",
        numpy=("sqrt",),
        sympy=("sqrt",),
        latex=r"\sqrt{{{0}}}",
        edge="inf at 0, the one-sided limit",
        dear=False,
    ),
    Primitive(
        "cbrt",
        ("1 / (3 * out**2)",),
        np.cbrt,
        ((0.05, 20),),
        c="cbrt",
        vector="cbrt",
        numpy=("cbrt",),
        sympy=("cbrt",),
        latex=r"\sqrt[3]{{{0}}}",
        edge="inf at 0, where the tangent is vertical",
    ),
    Primitive(
        "hypot",
        ("where(out == 0, 0, direction(x, y))", "where(out == 0, 0, direction(y, x))"),
        np.hypot,
        ((-9, 9), (0.1, 9)),
        c="hypot",
        vector="hypot",
        numpy=("hypot",),
        latex=r"\sqrt{{{0}^2 + {1}^2}}",
        edge="0 at the origin, a subgradient",
    ),
    Primitive(
        "smooth_abs",
        ("smooth_sign(x, y)", "0.5 / out"),
        lambda x, y: np.sqrt(x * x + y),
        ((-9, 9), (0.1, 9)),
        expansion="sqrt(x**2 + y)",
        formula=("smooth_abs",),
        latex=r"\sqrt{{{0}^2 + {1}}}",
        dear=False,
    ),
    Primitive(
        "smooth_sign",
        (
            "y / smooth_abs(x, y) / smooth_abs(x, y) / smooth_abs(x, y)",
            "-0.5 * out / smooth_abs(x, y) / smooth_abs(x, y)",
        ),
        lambda x, y: x / np.sqrt(x * x + y),
        ((-9, 9), (0.1, 9)),
        expansion="x / sqrt(x**2 + y)",
        formula=("smooth_sign",),
        latex=r"\frac{{{0}}}{{\sqrt{{{0}^2 + {1}}}}}",
    ),
    # --- trigonometric --------------------------------------------------------------------------------------------
    Primitive(
        "sin",
        ("cos(x)",),
        np.sin,
        ((-9, 9),),
        c="sin",
        vector="sin",
        reach="far_sine",
        numpy=("sin",),
        sympy=("sin",),
        latex=r"\sin {0}",
        bounded=True,
    ),
    Primitive(
        "cos",
        ("-sin(x)",),
        np.cos,
        ((-9, 9),),
        c="cos",
        vector="cos",
        reach="far_sine",
        numpy=("cos",),
        sympy=("cos",),
        latex=r"\cos {0}",
        bounded=True,
    ),
    Primitive(
        "tan",
        ("1 + out**2",),
        np.tan,
        ((-1.4, 1.4),),
        c="tan",
        vector="tan",
        reach="far_sine",
        numpy=("tan",),
        sympy=("tan",),
        latex=r"\tan {0}",
    ),
    Primitive(
        "sec",
        ("out * tan(x)",),
        lambda x: 1 / np.cos(x),
        ((-1.4, 1.4),),
        expansion="1 / cos(x)",
        sympy=("sec",),
        latex=r"\sec {0}",
    ),
    Primitive(
        "csc",
        ("-out * cot(x)",),
        lambda x: 1 / np.sin(x),
        ((0.2, 2.9),),
        expansion="1 / sin(x)",
        sympy=("csc",),
        latex=r"\csc {0}",
    ),
    Primitive(
        "cot",
        ("-(1 + out**2)",),
        lambda x: 1 / np.tan(x),
        ((0.2, 2.9),),
        expansion="1 / tan(x)",
        sympy=("cot",),
        latex=r"\cot {0}",
    ),
    Primitive(
        "arcsin",
        ("1 / sqrt((1 - x) * (1 + x))",),
        np.arcsin,
        ((-0.95, 0.95),),
        c="asin",
        vector="asin",
        numpy=("arcsin", "asin"),
        sympy=("asin",),
        latex=r"\arcsin {0}",
        edge="inf at -1 and 1",
    ),
    Primitive(
        "arccos",
        ("-1 / sqrt((1 - x) * (1 + x))",),
        np.arccos,
        ((-0.95, 0.95),),
        c="acos",
        vector="acos",
        numpy=("arccos", "acos"),
        sympy=("acos",),
        latex=r"\arccos {0}",
        edge="-inf at -1 and 1",
    ),
    Primitive(
        "arctan",
        ("1 / (1 + x**2)",),
        np.arctan,
        ((-9, 9),),
        c="atan",
        vector="atan",
        numpy=("arctan", "atan"),
        sympy=("atan",),
        latex=r"\arctan {0}",
        bounded=True,
    ),
    Primitive(
        "arcsec",
        ("1 / (abs(x) * sqrt((x - 1) * (x + 1)))",),
        lambda x: np.arccos(1 / x),
        ((1.1, 9),),
        expansion="arccos(1 / x)",
        sympy=("asec",),
        formula=("asec",),
        latex=r"\operatorname{{arcsec}} {0}",
    ),
    Primitive(
        "arccsc",
        ("-1 / (abs(x) * sqrt((x - 1) * (x + 1)))",),
        lambda x: np.arcsin(1 / x),
        ((1.1, 9),),
        expansion="arcsin(1 / x)",
        sympy=("acsc",),
        formula=("acsc",),
        latex=r"\operatorname{{arccsc}} {0}",
    ),
    Primitive(
        "arccot",
        ("-1 / (1 + x**2)",),
        lambda x: np.arctan(1 / x),
        ((0.1, 9),),
        expansion="arctan(1 / x)",
        sympy=("acot",),
        formula=("acot",),
        latex=r"\operatorname{{arccot}} {0}",
        edge="odd, with a jump at 0",
    ),
    Primitive(
        "arctan2",
        _TURN,
        np.arctan2,
        ((0.1, 9), (-9, 9)),
        c="atan2",
        vector="atan2",
        numpy=("arctan2", "atan2"),
        sympy=("atan2",),
        latex=r"\operatorname{{atan2}}({0}, {1})",
        edge="NaN at the origin, where there is no direction",
    ),
    Primitive(
        "arctan_ratio",
        _TURN,
        lambda x, y: np.arctan(x / y),
        ((-9, 9), (0.1, 9)),
        expansion="arctan(x / y)",
        formula=("arctan_ratio",),
        latex=r"\arctan \frac{{{0}}}{{{1}}}",
        edge="at y = 0, where the value jumps, the derivative of either side",
    ),
    Primitive(
        "sinc",
        ("where(x == 0, 0, (cos(pi * x) - sinc(x)) / x)",),
        np.sinc,
        ((0.1, 5),),
        expansion="where(x == 0, 1, sin(pi * x) / (pi * x))",
        numpy=("sinc",),
        latex=r"\operatorname{{sinc}} {0}",
        edge="1 at 0, with derivative 0",
    ),
    # --- hyperbolic -----------------------------------------------------------------------------------------------
    Primitive(
        "sinh",
        ("cosh(x)",),
        np.sinh,
        ((-5, 5),),
        c="sinh",
        vector="sinh",
        numpy=("sinh",),
        sympy=("sinh",),
        latex=r"\sinh {0}",
    ),
    Primitive(
        "cosh",
        ("sinh(x)",),
        np.cosh,
        ((-5, 5),),
        c="cosh",
        vector="cosh",
        numpy=("cosh",),
        sympy=("cosh",),
        latex=r"\cosh {0}",
    ),
    Primitive(
        "tanh",
        ("sech_square(x)",),
        np.tanh,
        ((-4, 4),),
        c="tanh",
        vector="tanh",
        numpy=("tanh",),
        sympy=("tanh",),
        latex=r"\tanh {0}",
        bounded=True,
    ),
    Primitive(
        "sech",
        ("-out * tanh(x)",),
        lambda x: 1 / np.cosh(x),
        ((-5, 5),),
        expansion="2 * exp(-abs(x)) / (1 + exp(-abs(x)) ** 2)",
        sympy=("sech",),
        latex=r"\operatorname{{sech}} {0}",
    ),
    Primitive(
        "sech_square",
        ("-2 * out * tanh(x)",),
        _sp("sech_square"),
        ((-5, 5),),
        special="sech_square",
        vector="sech_square",
        formula=("sech_square",),
        latex=r"\operatorname{{sech}}^2 {0}",
        bounded=True,
    ),
    Primitive(
        "csch",
        ("-out * coth(x)",),
        lambda x: 1 / np.sinh(x),
        ((0.2, 5),),
        expansion="1 / sinh(x)",
        sympy=("csch",),
        latex=r"\operatorname{{csch}} {0}",
    ),
    Primitive(
        "coth",
        ("-csch(x)**2",),
        lambda x: 1 / np.tanh(x),
        ((0.2, 5),),
        expansion="1 / tanh(x)",
        sympy=("coth",),
        latex=r"\coth {0}",
    ),
    Primitive(
        "arcsinh",
        ("1 / hypot(1, x)",),
        np.arcsinh,
        ((-9, 9),),
        c="asinh",
        vector="asinh",
        numpy=("arcsinh", "asinh"),
        sympy=("asinh",),
        latex=r"\operatorname{{arsinh}} {0}",
    ),
    Primitive(
        "arccosh",
        ("1 / (sqrt(x - 1) * sqrt(x + 1))",),
        np.arccosh,
        ((1.1, 9),),
        c="acosh",
        vector="acosh",
        numpy=("arccosh", "acosh"),
        sympy=("acosh",),
        latex=r"\operatorname{{arcosh}} {0}",
        edge="inf at 1",
    ),
    Primitive(
        "arctanh",
        ("1 / ((1 - x) * (1 + x))",),
        np.arctanh,
        ((-0.95, 0.95),),
        c="atanh",
        vector="atanh",
        numpy=("arctanh", "atanh"),
        sympy=("atanh",),
        latex=r"\operatorname{{artanh}} {0}",
        edge="inf at -1 and 1",
    ),
    Primitive(
        "arcsech",
        ("-1 / (x * sqrt((1 - x) * (1 + x)))",),
        lambda x: np.arccosh(1 / x),
        ((0.1, 0.9),),
        expansion="arccosh(1 / x)",
        sympy=("asech",),
        formula=("asech",),
        latex=r"\operatorname{{arsech}} {0}",
    ),
    Primitive(
        "arccsch",
        ("-1 / (abs(x) * hypot(1, x))",),
        lambda x: np.arcsinh(1 / x),
        ((0.1, 9),),
        expansion="arcsinh(1 / x)",
        sympy=("acsch",),
        formula=("acsch",),
        latex=r"\operatorname{{arcsch}} {0}",
    ),
    Primitive(
        "arccoth",
        ("1 / ((1 - x) * (1 + x))",),
        lambda x: np.arctanh(1 / x),
        ((1.1, 9),),
        expansion="arctanh(1 / x)",
        sympy=("acoth",),
        formula=("acoth",),
        latex=r"\operatorname{{arcoth}} {0}",
    ),
    # --- sigmoids -------------------------------------------------------------------------------------------------
    Primitive(
        "sigmoid",
        ("out * sigmoid(-x)",),
        _sp("expit"),
        ((-9, 9),),
        expansion="where(x >= 0, 1, exp(-abs(x))) / (1 + exp(-abs(x)))",
        scipy=("expit",),
        formula=("expit",),
        latex=r"\sigma({0})",
        bounded=True,
    ),
    Primitive(
        "logit",
        ("1 / (x * (1 - x))",),
        _sp("logit"),
        ((0.05, 0.95),),
        special="logit",
        scipy=("logit",),
        latex=r"\operatorname{{logit}} {0}",
        edge="-inf at 0 and inf at 1, with derivative inf",
    ),
    Primitive(
        "log_sigmoid",
        ("sigmoid(-x)",),
        _sp("log_expit"),
        ((-9, 9),),
        expansion="minimum(x, 0) - log1p_unit(exp(-abs(x)))",
        scipy=("log_expit",),
        formula=("log_expit",),
        latex=r"\log \sigma({0})",
    ),
    Primitive(
        "softplus",
        ("sigmoid(x)",),
        lambda x: np.logaddexp(x, np.zeros_like(x)),
        ((-9, 9),),
        expansion="maximum(x, 0) + log1p_unit(exp(-abs(x)))",
        formula=("softplus",),
        latex=r"\log(1 + e^{{{0}}})",
    ),
    # --- error function and the normal distribution -----------------------------------------------------------------
    Primitive(
        "erf",
        ("1.1283791670955126 * exp(-x**2)",),
        _sp("erf"),
        ((-3, 3),),
        c="erf",
        vector="erf",
        scipy=("erf",),
        sympy=("erf",),
        latex=r"\operatorname{{erf}} {0}",
        bounded=True,
    ),
    Primitive(
        "erfc",
        ("-1.1283791670955126 * exp(-x**2)",),
        _sp("erfc"),
        ((-3, 3),),
        c="erfc",
        vector="erfc",
        scipy=("erfc",),
        sympy=("erfc",),
        latex=r"\operatorname{{erfc}} {0}",
    ),
    Primitive(
        "erfcx",
        ("2 * x * out - 1.1283791670955126",),
        _sp("erfcx"),
        ((-2, 5),),
        special="erfcx",
        vector="scaled_erfc",
        scipy=("erfcx",),
        latex=r"\operatorname{{erfcx}} {0}",
    ),
    Primitive(
        "ndtr",
        ("0.3989422804014327 * exp(-0.5 * x**2)",),
        _sp("ndtr"),
        ((-5, 5),),
        special="ndtr",
        vector="normal",
        scipy=("ndtr",),
        latex=r"\Phi({0})",
    ),
    Primitive(
        "log_ndtr",
        (
            "where(x < 0, 0.7978845608028654 / erfcx(-0.7071067811865476 * x), 0.3989422804014327 * exp(-0.5 * x**2) / ndtr(x))",
        ),
        _sp("log_ndtr"),
        ((-9, 5),),
        special="log_ndtr",
        vector="log_normal",
        scipy=("log_ndtr",),
        latex=r"\log \Phi({0})",
    ),
    # --- gamma ------------------------------------------------------------------------------------------------------
    Primitive(
        "gamma",
        ("out * digamma(x)",),
        _sp("gamma"),
        ((0.2, 9),),
        special="gamma",
        scipy=("gamma",),
        sympy=("gamma",),
        latex=r"\Gamma({0})",
        edge="NaN at the negative integers",
    ),
    Primitive(
        "gammaln",
        ("digamma(x)",),
        _sp("lgamma"),
        ((0.2, 9),),
        special="lgamma",
        scipy=("gammaln", "loggamma"),
        sympy=("loggamma",),
        latex=r"\log |\Gamma({0})|",
        edge="inf at the poles",
    ),
    Primitive(
        "digamma",
        ("polygamma(1, x)",),
        _sp("digamma"),
        ((0.2, 9),),
        special="digamma",
        vector="psi",
        scipy=("digamma", "psi"),
        sympy=("digamma",),
        latex=r"\psi({0})",
        edge="NaN at the negative integers",
    ),
    Primitive(
        "polygamma",
        ("0", "polygamma(x + 1, y)"),
        _sp("polygamma"),
        ((1, 1), (0.3, 9)),
        special="polygamma",
        scipy=("polygamma",),
        sympy=("polygamma",),
        latex=r"\psi^{{({0})}}({1})",
        edge="the order is a whole number, and has no derivative",
    ),
    Primitive(
        "beta",
        ("out * (digamma(x) - digamma(x + y))", "out * (digamma(y) - digamma(x + y))"),
        _sp("beta"),
        ((0.3, 5), (0.3, 5)),
        special="beta",
        scipy=("beta",),
        sympy=("beta",),
        latex=r"B({0}, {1})",
    ),
    Primitive(
        "betaln",
        ("digamma(x) - digamma(x + y)", "digamma(y) - digamma(x + y)"),
        _sp("betaln"),
        ((0.3, 5), (0.3, 5)),
        special="betaln",
        scipy=("betaln",),
        latex=r"\log B({0}, {1})",
    ),
    # --- entropies --------------------------------------------------------------------------------------------------
    Primitive(
        "xlogy",
        ("log(y)", "where(x == 0, 0, x / y)"),
        _sp("xlogy"),
        ((0.1, 5), (0.1, 5)),
        expansion="where(x == 0, where(y == y, 0, y), x * log(y))",
        scipy=("xlogy",),
        latex=r"{0} \log {1}",
        edge="0 where x is 0, with derivative 0 in y",
    ),
    Primitive(
        "xlog1py",
        ("log1p(y)", "where(x == 0, 0, x / (1 + y))"),
        _sp("xlog1py"),
        ((0.1, 5), (-0.9, 5)),
        expansion="where(x == 0, where(y == y, 0, y), x * log1p(y))",
        scipy=("xlog1py",),
        latex=r"{0} \log(1 + {1})",
        edge="0 where x is 0, with derivative 0 in y",
    ),
    Primitive(
        "entr",
        ("-log(x) - 1",),
        _sp("entr"),
        ((0.1, 5),),
        expansion="where(x < 0, -inf, -xlogy(x, x))",
        scipy=("entr",),
        latex=r"-{0} \log {0}",
        edge="0 at 0, with derivative inf",
    ),
    Primitive(
        "rel_entr",
        ("log_ratio(x, y) + 1", "-x / y"),
        _sp("rel_entr"),
        ((0.1, 5), (0.1, 5)),
        expansion="where((x == 0) & (y >= 0), 0, where((x <= 0) | (y <= 0), inf + 0 * (x + y), x * log(x / y)))",
        scipy=("rel_entr",),
        latex=r"{0} \log \frac{{{0}}}{{{1}}}",
        edge="0 at x = 0; inf outside the domain",
    ),
    Primitive(
        "kl_div",
        ("log_ratio(x, y)", "(y - x) / y"),
        _sp("kl_div"),
        ((0.1, 5), (0.1, 5)),
        special="kl_div",
        vector="kl_divergence",
        scipy=("kl_div",),
        latex=r"{0} \log \frac{{{0}}}{{{1}}} - {0} + {1}",
        edge="y at x = 0; inf outside the domain",
    ),
    # --- Bessel -----------------------------------------------------------------------------------------------------
    Primitive("i0", ("i1(x)",), _sp("i0"), ((-5, 5),), special="i0", numpy=("i0",), scipy=("i0",), latex="I_0({0})"),
    Primitive(
        "i0e",
        ("i1e(x) - sign(x) * out",),
        _sp("i0e"),
        ((0.1, 9),),
        special="i0e",
        scipy=("i0e",),
        latex="e^{{-|{0}|}} I_0({0})",
    ),
    Primitive(
        "i1",
        ("where(x == 0, 0.5, i0(x) - out / x)",),
        _sp("i1"),
        ((0.1, 5),),
        special="i1",
        scipy=("i1",),
        latex="I_1({0})",
    ),
    Primitive(
        "i1e",
        ("where(x == 0, 0.5, i0e(x) - out * (sign(x) + 1 / x))",),
        _sp("i1e"),
        ((0.1, 9),),
        special="i1e",
        scipy=("i1e",),
        latex="e^{{-|{0}|}} I_1({0})",
    ),
    # --- named for their accuracy: what the stabilising pass puts in place of longer formulas -----------------------
    Primitive(
        "weighted",
        ("y", "where(x == 0, 0, x)"),
        _sp("weighted"),
        ((0.1, 5), (-5, 5)),
        expansion="where(x == 0, where(y == y, 0, y), x * y)",
        formula=("weighted",),
        latex="{0} {1}",
        edge="0 where the weight x is 0, with derivative 0 in y, although y be infinite",
        dear=False,
    ),
    Primitive(
        "held",
        ("0",),
        np.positive,
        ((-9, 9),),
        expansion="x",
        formula=("held",),
        latex=r"\operatorname{{held}}({0})",
        edge="the value of x as a constant: derivative 0",
        dear=False,
    ),
    Primitive(
        "stands_for",
        ("0", "1"),
        lambda x, y: np.positive(x),  # noqa: ARG005 - the same function
        ((-9, 9), (-9, 9)),
        expansion="x",
        formula=("stands_for",),
        latex="{0}",
        edge="x is the same function as y, better computed: the value of x with the derivative of y",
        dear=False,
    ),
    Primitive(
        "share",
        ("where(abs(y) == inf, 0, y / (x + y) / (x + y))", "-out / (x + y)"),
        lambda x, y: np.where(y / x > 0, 1 / (1 + y / x), x / (x + y)),
        ((0.1, 5), (0.1, 5)),
        # x + y overflows for numbers of one sign alone, and 1 + y/x cancels for those of two
        expansion="where(y / x > 0, 1, x) / where(y / x > 0, 1 + y / x, x + y)",
        formula=("share",),
        latex=r"\frac{{{0}}}{{{0} + {1}}}",
        dear=False,
    ),
    Primitive(
        "itakura_saito",
        ("(x - y) / x / y", "(y - x) / y / y"),
        _sp("itakura_saito"),
        ((0.1, 5), (0.1, 5)),
        special="itakura_saito",
        vector="itakura",
        formula=("itakura_saito",),
        latex=r"\frac{{{0}}}{{{1}}} - \log \frac{{{0}}}{{{1}}} - 1",
    ),
    Primitive(
        "log_ratio",
        ("1 / x", "-1 / y"),
        _sp("log_ratio"),
        ((0.1, 5), (0.1, 5)),
        expansion=f"where(abs(x) >= abs(y), 1, -1) * (log1p(({_LARGER} - {_LIFTED_TWICE}) / {_LIFTED_TWICE}) + where({_LIFTED} == {_SMALLER}, 0, log(huge)) + where({_LIFTED_TWICE} == {_LIFTED}, 0, log(huge)))",
        formula=("log_ratio",),
        latex=r"\log \frac{{{0}}}{{{1}}}",
    ),
    Primitive(
        "log1mexp",
        ("-1 / expm1(-x)",),
        _sp("log1mexp"),
        ((-9, -0.05),),
        expansion="where(x > -0.6931471805599453, log(-expm1(x)), log1p(-exp(x)))",
        formula=("log1mexp",),
        latex=r"\log(1 - e^{{{0}}})",
        edge="-inf at 0; NaN above",
    ),
    Primitive(
        "log_expm1",
        ("-1 / expm1(-x)",),
        _sp("log_expm1"),
        ((0.05, 9),),
        expansion="where(x < 1, log(expm1(x)), x + log1p(-exp(-x)))",
        formula=("log_expm1",),
        latex=r"\log(e^{{{0}}} - 1)",
        edge="-inf at 0; NaN below",
    ),
    Primitive(
        "log_cosh",
        ("tanh(x)",),
        _sp("log_cosh"),
        ((-5, 5),),
        expansion="where(abs(x) < 1, log1p(2 * sinh(0.5 * x)**2), abs(x) + (log1p(exp(-2 * abs(x))) - 0.6931471805599453))",
        formula=("log_cosh",),
        latex=r"\log \cosh {0}",
    ),
    Primitive(
        "log1p_square",
        ("2 * where(abs(x) < 1, x, 1 / x) / (1 + where(abs(x) < 1, x, 1 / x)**2)",),
        _sp("log1p_square"),
        ((0.1, 9),),
        expansion="where(abs(x) < 1e9, 1, 2) * log1p(where(abs(x) < 1e9, x**2, abs(x) - 1))",
        formula=("log1p_square",),
        latex=r"\log(1 + {0}^2)",
    ),
    Primitive(
        "direction",
        ("(y / hypot(x, y))**2 / hypot(x, y)", "-out * (y / hypot(x, y)) / hypot(x, y)"),
        lambda x, y: x / np.hypot(x, y),
        ((-9, 9), (0.1, 9)),
        expansion="x / hypot(x, y)",
        formula=("direction",),
        latex=r"\frac{{{0}}}{{\sqrt{{{0}^2 + {1}^2}}}}",
    ),
    Primitive(
        "powm1",
        ("where(y == 0, 0, y * x**(y - 1))", "where((x == 0) & (y >= 0), 0, x**y * log(x))"),
        _sp("powm1"),
        ((0.05, 5), (-3, 3)),
        special="powm1",
        formula=("powm1",),
        latex="{0}^{{{1}}} - 1",
        edge="as `pow`",
    ),
    Primitive(
        "exp_moment",
        ("0", "exp_moment(x + 1, y)"),
        _sp("exp_moment"),
        ((1, 1), (-5, 5)),
        special="exp_moment",
        formula=("exp_moment",),
        latex=r"\int_0^1 s^{{{0}}} e^{{{1} s}} \, ds",
        edge="the order is a whole number, and has no derivative",
    ),
    Primitive(
        "boxcox",
        ("x**(y - 1)", "where((x == 0) & (y > 0), 1 / y**2, log(x)**2 * exp_moment(1, y * log(x)))"),
        _sp("boxcox"),
        ((0.2, 5), (-3, 3)),
        special="boxcox",
        scipy=("boxcox",),
        latex=r"\frac{{{0}^{{{1}}} - 1}}{{{1}}}",
        edge="log(x) at y = 0",
    ),
    Primitive(
        "gammaln_difference",
        ("digamma_difference(x, y)", "digamma(x + y)"),
        _sp("gammaln_difference"),
        ((0.3, 9), (0.1, 5)),
        special="gammaln_difference",
        vector="gamma_ratio",
        reach="far_gamma",
        formula=("gammaln_difference",),
        latex=r"\log \frac{{\Gamma({0} + {1})}}{{\Gamma({0})}}",
    ),
    Primitive(
        "digamma_difference",
        ("polygamma(1, x + y) - polygamma(1, x)", "polygamma(1, x + y)"),
        _sp("digamma_difference"),
        ((0.3, 9), (0.1, 5)),
        special="digamma_difference",
        vector="psi_difference",
        reach="far_gamma",
        formula=("digamma_difference",),
        latex=r"\psi({0} + {1}) - \psi({0})",
    ),
    Primitive(
        "sum_error",
        ("0", "0"),
        _sp("sum_error"),
        ((-1, 1), (-1, 1)),
        expansion="(x - ((x + y) - ((x + y) - x))) + (y - ((x + y) - x))",
        formula=("sum_error",),
        latex=r"({0} + {1}) - \operatorname{{fl}}({0} + {1})",
        edge="what rounding takes from a sum: 0 as a function of reals, with derivative 0",
        dear=False,
    ),
    Primitive(
        "product_error",
        ("0", "0"),
        _sp("product_error"),
        ((-1, 1), (-1, 1)),
        c="fma{f}({0}, {1}, -({0} * {1}))",
        formula=("product_error",),
        latex=r"{0} {1} - \operatorname{{fl}}({0} {1})",
        edge="what rounding takes from a product: 0 as a function of reals, with derivative 0",
        dear=False,
    ),
)

PRIMITIVES: dict[str, Primitive] = {entry.name: entry for entry in _TABLE}


def spellings(library: str) -> dict[str, str]:
    """From a library's names (``"numpy"``, ``"scipy"``, ``"sympy"`` or ``"formula"``) to the primitives'.

    A formula knows the NumPy and SciPy names and the primitives' own as well.
    """
    libraries = ("numpy", "scipy", "sympy", "formula") if library == "formula" else (library,)
    found = {name: name for name in PRIMITIVES} if library == "formula" else {}
    for which in libraries:
        for entry in _TABLE:
            found.update((name, entry.name) for name in getattr(entry, which) if which == library or name not in found)
    return found
