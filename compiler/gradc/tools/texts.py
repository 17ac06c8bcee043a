"""Texts and SymPy trees, right, spoiled, deep and long: each ends in a result or in one of gradc's errors, soon.

>>> try_text(5) is None
True
"""

from __future__ import annotations

import random
import traceback
import warnings
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from gradc import programs
from gradc.errors import GradcError, VerifyError
from gradc.frontends.formula import parse_formula, parse_program
from gradc.frontends.signature import parse_signature
from gradc.ir.verify import verify
from gradc.tools.programs import random_program

SECONDS = 20.0  # of the processor, for one text
_SIGNATURE = "x[n], X[n,d], w[d], lam, idx[n]:int64, mask[n]:bool, A[3,3], z[n+1], q[2*d]"
_FORMULAS = (
    "sum((X @ w - x)**2) / n + lam * sum(w**2)",
    "mean(log(1 + exp(-x * (X @ w))))",
    "sum[i:n](softplus(-x[i] * sum[j:d](X[i, j] * w[j]))) / n",
    "logsumexp(X, axis=1)",
    "where(mask, x, 0.5).sum()",
    "np.einsum('ij,j->i', X, w)",
    "X[idx].sum(axis=0) @ w",
    "r = X @ w - x\nsum(r**2) / 2",
    "max[i:n](abs(x[i])) - min[i:n](z[i + 1])",
    "linalg.det(A) + linalg.solve(A, A)[0, 0]",
    "sum(x[1:] * x[:-1])",
    "concatenate([x, z])[::2].sum()",
    "sum[i:n, j:d](X[i, j] * q[2*j + 1] * x[n - 1 - i])",
    "prod(1 + lam * x) ** 0.5",
    "huber(lam, x).sum() if n > 0 else 0",
    "sum(-x if lam else x)",
    "let(a := x * 2, sum(a * a))",
    "cumsum(x)[-1] * tanh(lam) // 2 % 3",
)
_SIGNATURES = (
    _SIGNATURE,
    "w[d], X[n,d], y[n], lam",
    "x[n], z[n+1]:float32, m[2*k-1, k//2]",
    "a[3], b[n,n,n], c:bool",
    "p[(n+1)*d], s[n], t[d]",
)
_PIECES = (
    *"()[]{}:,;.=+-*/%@<>!&|^~\"'\\#$?_\n\t \0",
    *("**", "//", "==", ":=", "->", "lambda", "def", "import", "None", "True", "inf", "nan", "1e400", "0x1F", "1_000"),
    *("9" * 30, "0.1e-400", "1j", "x", "X", "w", "n", "d", "sum", "[i:n]", "[::-1]", "__import__", "eval", "é", "λ"),
    *("axis=0", "axis=9", "keepdims=True", "np.", "(" * 50, ")" * 50, "-" * 60, "٣", "\u202e", "'''", "%s", "{}"),
)


class Found(NamedTuple):
    """What a text showed: the stage, and the text with what came of it."""

    stage: str
    what: str


def try_text(number: int) -> Found | None:
    """One text of a kind that goes by the number."""
    r = random.Random(number)  # noqa: S311 - it is to be repeatable
    kind = ("formula", "signature", "program", "sympy", "deep")[number % 5]
    begin = process_time()
    text: Any = ""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if kind == "formula":
                text = spoiled(r, r.choice(_FORMULAS))
                _compiled(parse_formula(text, parse_signature(_SIGNATURE)))
            elif kind == "signature":
                text = spoiled(r, r.choice(_SIGNATURES))
                parse_signature(text)
            elif kind == "program":
                text = spoiled(r, str(random_program(number)))
                verify(parse_program(text))
            elif kind == "sympy":
                text = random_tree(r)
                _compiled(programs.read(text, "a, b, c, x[n]"))
            else:
                text = deep(r)
                parse_formula(text, parse_signature(_SIGNATURE))
    except VerifyError as error:
        if kind != "program":  # a program's text may mean what no front end makes
            return _found(kind, text, error)
    except GradcError:
        pass
    except Exception as error:
        return _found(kind, text, error)
    took = process_time() - begin
    if took > SECONDS:
        return Found(f"{kind} takes long", f"{took:.1f} seconds for {_shown(text)}")
    return None


def _compiled(program: Any) -> None:
    verify(program)
    reals = [p.name for p in program.parameters if p.dtype == "real"]
    canonical = programs.stable(programs.canonical(program)).program
    verify(canonical)
    if reals:
        verify(programs.derive(canonical, "vjp", reals[:2]))


def _found(kind: str, text: Any, error: Exception) -> Found:
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}"
    shown = "".join(traceback.format_exception(error))[-800:]
    return Found(f"{kind} ends in {type(error).__name__} at {place}", f"{_shown(text)}\n{shown}")


def _shown(text: Any) -> str:
    shown = repr(text)
    return shown if len(shown) < 1500 else f"{shown[:700]} ... {shown[-700:]} ({len(shown)} characters)"


def spoiled(r: random.Random, text: str) -> str:
    """A text with some of its characters dropped, doubled, swapped, or with pieces put in; some stay as they are."""
    for _ in range(r.choice((0, 1, 1, 1, 2, 3, 5))):
        at = r.randrange(len(text) + 1)
        end = min(len(text), at + r.choice((1, 1, 2, 5)))
        choice = r.randrange(5)
        if choice == 0:
            text = text[:at] + text[end:]
        elif choice == 1:
            text = text[:at] + r.choice(_PIECES) + text[at:]
        elif choice == 2:
            text = text[:at] + r.choice(_PIECES) + text[end:]
        elif choice == 3:
            text = text[:end] + text[at:]
        else:
            other = r.randrange(len(text) + 1)
            text = text[:at] + text[other : other + 6] + text[at:]
    return text


def deep(r: random.Random) -> str:
    """A formula that is deep or long."""
    count = r.choice((100, 1000, 5000))
    return r.choice(
        (
            "(" * count + "lam" + ")" * count,
            "-" * count + "lam",
            " + ".join(["lam"] * count),
            "sin(" * count + "lam" + ")" * count,
            "lam**" * count + "lam",
            "x[" * count + "0" + "]" * count,
            "\n".join(f"v{k} = lam * {k}" for k in range(count)) + "\nlam",
            "lam if lam > 0 else " * (count // 10) + "0",
            "sum(x) " + "@ X " * (count // 10),
            "(" * count,
            "lam * " * count,
            "[" * count + "lam" + "]" * count,
            "x" * count,
            "1" * count,
            "lam < " * count + "lam",
            "not " * count + "lam",
            " ".join(["lam"] * count),
        )
    )


def random_tree(r: random.Random) -> Any:
    """A SymPy expression, of what gradc knows and what it does not."""
    import sympy as sp

    n, i = sp.symbols("n i", integer=True)
    x = sp.IndexedBase("x")
    pool: list[Any] = [*sp.symbols("a b c"), sp.Integer(2), sp.Rational(1, 3), sp.Float("0.3"), sp.pi, x[0], sp.E]
    unary = (
        *(sp.sin, sp.cos, sp.exp, sp.log, sp.tanh, sp.Abs, sp.sqrt, sp.atan, sp.sign, sp.floor, sp.erf, sp.gamma),
        *(sp.loggamma, sp.sinc, sp.besselj, sp.Heaviside, sp.DiracDelta, sp.zeta, sp.re, sp.conjugate, sp.asin),
        *(sp.cosh, sp.LambertW, sp.ceiling, sp.acosh, sp.factorial, sp.digamma, sp.cot, sp.sec, sp.Si),
    )
    for _ in range(r.randrange(1, 12)):
        a, b = r.choice(pool), r.choice(pool)
        choice = r.randrange(9)
        try:
            if choice < 3:
                function = r.choice(unary)
                made = function(1, a) if function is sp.besselj else function(a)
            elif choice == 3:
                made = a + b
            elif choice == 4:
                made = a * b
            elif choice == 5:
                made = a ** r.choice((2, -1, sp.Rational(1, 2), b))
            elif choice == 6:
                made = sp.Piecewise((a, b > 0), (r.choice(pool), True))
            elif choice == 7:
                made = sp.Sum(a * x[i], (i, 0, n - 1)) if r.random() < 0.7 else sp.Product(x[i], (i, 0, n - 1))
            else:
                made = r.choice((sp.Max, sp.Min, sp.atan2, sp.Mod))(a, b)
        except (TypeError, ValueError, RecursionError, ZeroDivisionError, AttributeError):
            continue  # SymPy's own refusal
        pool.append(made)
    last = pool[-1]
    if r.random() < 0.1:
        return r.choice((sp.Matrix([last, 1]), [last, pool[0]], sp.Eq(last, 1), sp.Integral(last, pool[0]), sp.oo))
    return last
