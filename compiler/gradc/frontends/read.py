"""Read a loss: whichever front end knows what was given makes a program of it.

>>> print(read("sum(x**2)", "x[n]"))
def program(x: real[n]):
    value = sum[i:n](x[i] ** 2)
    return value
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradc.errors import SignatureError, UnsupportedError
from gradc.ir.definitions import Parameter
from gradc.ir.program import Program


def read(source: Any, signature: str | None) -> Program:
    """The program that a source means, as its front end builds it."""
    if isinstance(source, Program):
        _check_names(source.parameters)
        return source
    from gradc.frontends.signature import parse_signature

    if signature is None:
        raise SignatureError('a signature is needed, such as "w[d], X[n,d], y[n], lam"')
    parameters = parse_signature(signature)
    _check_names(parameters)
    if isinstance(source, str):
        from gradc.frontends.formula import parse_formula

        return parse_formula(source, parameters)
    if _is_sympy(source):
        from gradc.frontends.sympy_expressions import convert

        return convert(source, parameters)
    if callable(source):
        from gradc.frontends.tracing import trace

        return trace(source, parameters)
    raise UnsupportedError(
        f"gradc compiles a function, a formula, a SymPy expression or a Program, not {type(source).__name__}"
    )


def _check_names(parameters: Sequence[Parameter]) -> None:
    if any(parameter.name == "out" for parameter in parameters):
        raise SignatureError("no argument can be called 'out', which is where a kernel's caller says where results go")


def _is_sympy(source: Any) -> bool:
    items = source if isinstance(source, (list, tuple)) else [source]
    # An undefined function's own class stands in no module.
    kinds = [kind for item in items for kind in type(item).__mro__]
    return any(str(kind.__module__).partition(".")[0] == "sympy" for kind in kinds)
