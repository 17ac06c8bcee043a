"""Rewrite what takes less together than each by itself.

    T[i:n] = sigmoid(z[i]) * sigmoid(-z[i])      ->      T[i:n] = exp(-abs(z[i])) / (1 + exp(-abs(z[i])))**2

It comes late, so that differentiation and what is printed have the functions by their names, and before the pass that
corrects exponentials.
"""

from __future__ import annotations

from gradc.ir.program import Program
from gradc.passes.rebuild import rebuild_bodies
from gradc.passes.rules import Rule, RuleTable

RULES = (
    Rule(
        "sigmoid(x) * sigmoid(-x)",
        "exp(-abs(x)) / (1 + exp(-abs(x)))**2",
        "one division in the place of two; nothing overflows, since the exponential is 1 at most",
    ),
)

_TABLE = RuleTable(RULES)


def together(program: Program) -> Program:
    """The program with the table's rules applied."""
    return rebuild_bodies(program, _TABLE.rewrite)
