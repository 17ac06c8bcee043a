"""Every error a user can meet.

All derive from `GradcError`, and from the built-in exception that a caller would expect to catch, so that
``except ValueError`` around a call with a wrong shape keeps working.
"""

from __future__ import annotations

import os
from types import TracebackType

_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep


class GradcError(Exception):
    """The base of every error that gradc raises on purpose."""


class FormulaError(GradcError, ValueError):
    """A formula, or the text of a program, that cannot be read.

    Parameters
    ----------
    message
        What is wrong, and what to write instead.
    text
        The whole text that was being read.
    line, column
        Where, both counted from 1. With them the message shows the line and a caret.
    """

    def __init__(self, message: str, text: str = "", line: int | None = None, column: int | None = None) -> None:
        self.message, self.text, self.line, self.column = message, text, line, column
        super().__init__(message, text, line, column)

    def __str__(self) -> str:
        lines = self.text.splitlines()
        if self.line is None or not 1 <= self.line <= len(lines):
            return self.message
        source, column = lines[self.line - 1], max(self.column or 1, 1)
        start = max(0, column - 60)
        shown = source[start : start + 100]
        return f"line {self.line}, column {column}: {self.message}\n    {shown}\n    {' ' * (column - 1 - start)}^"


class SignatureError(GradcError, ValueError):
    """A signature such as ``"w[d], X[n,d]"`` that cannot be read, or does not fit its function."""


class ShapeError(GradcError, ValueError):
    """Shapes that do not fit one another, with both shown."""


class TraceError(GradcError, TypeError):
    """NumPy code that asks for what a traced value does not have, such as a concrete truth value."""


class TraceMismatchError(GradcError, RuntimeError):
    """A trace that is another function than the NumPy code that it was made of: both results, and where they part."""


class UnsupportedError(GradcError, NotImplementedError):
    """Something that gradc does not know, by name, with the alternative where there is one."""


class NotDifferentiableError(GradcError, TypeError):
    """A derivative with respect to something that has none."""


class ArgumentError(GradcError, ValueError):
    """An argument of a kernel's call that does not fit: which one, what came and what was expected."""


class ArgumentTypeError(ArgumentError, TypeError):
    """As `ArgumentError`, where the type rather than the value is at fault."""


class IndexRangeError(GradcError, IndexError):
    """An index array that holds an index out of range."""


class SingularMatrixError(GradcError, ArithmeticError):
    """A matrix that cannot be factorised: singular, or not positive definite."""


class CompilerError(GradcError, RuntimeError):
    """The C compiler failed, crashed or hung: its message, and the path of the C."""


class CompilerNotFoundError(CompilerError):
    """No C compiler was found."""


class LoadError(GradcError, ImportError):
    """What cannot be loaded here: a built package that was damaged or made for another machine; a sub-interpreter."""


class VerifyError(GradcError, AssertionError):
    """A program that breaks an invariant of the IR: a fault of gradc, never of its user."""


def shortened(error: GradcError) -> GradcError:
    """The error with a traceback that leaves out gradc's own lines and NumPy's, but for ``GRADC_DEBUG``.

    The user's line is then the last one before the message.
    """
    if os.environ.get("GRADC_DEBUG"):
        return error
    kept: list[TracebackType] = []
    step = error.__traceback__
    while step is not None:
        path = step.tb_frame.f_code.co_filename
        if not path.startswith((_OWN, "<")) and f"{os.sep}numpy{os.sep}" not in path:
            kept.append(step)
        step = step.tb_next
    short: TracebackType | None = None
    for step in reversed(kept):
        short = TracebackType(short, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return error.with_traceback(short)
