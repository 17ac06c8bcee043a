"""Write the tables of the documents again, from the tables in the code: ``python docs/tables.py``.

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
from pathlib import Path

from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.reductions import REDUCTIONS
from gradc.stabilise.table import IDENTITIES

PAGES = tuple(Path(__file__).resolve().parent / name for name in ("conventions.md", "stability.md"))
_BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def edges() -> list[str]:
    """The primitives whose derivative, or value, is somewhere a matter of choice."""
    rows = [f"| `{p.name}` | {_cell(p.edge)} |" for p in PRIMITIVES.values() if p.edge]
    return ["| function | at the edge |", "| --- | --- |", *rows]


def primitives() -> list[str]:
    """Every primitive with its derivative and what it is called elsewhere."""
    rows = ["| function | derivative by `x` and `y`; `out` is the result | NumPy | `scipy.special` | SymPy |"]
    rows.append("| --- | --- | --- | --- | --- |")
    for p in PRIMITIVES.values():
        partials = "<br>".join(f"`{_cell(partial)}`" for partial in p.partials)
        names = (", ".join(f"`{name}`" for name in names) for names in (p.numpy, p.scipy, p.sympy))
        rows.append(f"| `{p.name}` | {partials} | {' | '.join(names)} |")
    return rows


def reductions() -> list[str]:
    """The reductions of index notation."""
    return [", ".join(f"`{name}`" for name in REDUCTIONS)]


def identities() -> list[str]:
    """What the stabilising pass knows, in the order in which it is tried."""
    rows = ["| identity | without it | holds |", "| --- | --- | --- |"]
    for rule in IDENTITIES:
        equations = "<br>".join(f"`{_cell(part.strip())}`" for part in _split(rule.identity))
        rows.append(f"| {equations} | {_cell(rule.reason)} | {_cell(rule.holds)} |")
    return rows


def _split(text: str) -> list[str]:
    """The equations of a list, cut at the commas outside parentheses."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth and "=" in text[start:place]:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


TABLES = {"edges": edges, "primitives": primitives, "reductions": reductions, "identities": identities}


def filled(text: str) -> str:
    """A page with its tables as they are now."""

    def fill(match: re.Match[str]) -> str:
        return match[1] + "\n".join(TABLES[match[2]]()) + "\n" + match[3]

    return _BLOCK.sub(fill, text)


def main() -> None:
    """Write every page."""
    for page in PAGES:
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
