"""Write the tables of the documents again, from the tables in the code: ``python docs/tables.py``.

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
from pathlib import Path

from gradc.calculus.primitives import PRIMITIVES
from gradc.calculus.reductions import REDUCTIONS

PAGES = (Path(__file__).resolve().parent / "conventions.md",)
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


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


TABLES = {"edges": edges, "primitives": primitives, "reductions": reductions}


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
