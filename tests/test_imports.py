"""Imports run one way, and ``import gradc`` is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gradc

ROOT = Path(gradc.__file__).parent

# What each room may import besides itself and `errors`. A module beside the rooms is a room of its own.
PIPELINE = {"ir", "calculus", "frontends", "passes", "stabilise", "contract", "schedule", "loops", "emit", "runtime"}
PROGRAMS = {*PIPELINE, "interface", "pipeline"}
KERNEL = {*PROGRAMS, "programs", "units", "modes", "derivatives"}
MAY = {
    "errors": set(),
    "ir": set(),
    "runtime": set(),
    "calculus": {"ir"},
    "frontends": {"ir", "calculus"},
    "passes": {"ir", "calculus"},
    "stabilise": {"ir", "calculus", "passes"},
    "contract": {"ir", "calculus", "passes"},
    "schedule": {"ir", "calculus", "passes", "contract"},
    "loops": {"ir", "calculus", "schedule"},
    "emit": {"ir", "calculus", "schedule", "loops"},
    "losses": set(),
    "modes": set(),
    "options": set(),
    "interface": {"ir", "runtime", "emit"},
    "pipeline": {*PIPELINE, "interface"},
    "programs": {*PROGRAMS},
    "units": {*PROGRAMS},
    "derivatives": {*PROGRAMS, "programs"},
    "sampling": {"ir", "runtime", "interface"},
    "origin": {*PROGRAMS, "sampling"},
    "bound": {"modes", "runtime"},
    "entry_points": {*KERNEL, "bound"},
    "compiled": {*KERNEL, "bound", "entry_points", "options", "origin"},
    "making": {*KERNEL, "compiled", "options", "origin"},
    "artefacts": {*KERNEL, "compiled"},
    "decorated": {"compiled", "making", "runtime"},
    "tools": {*KERNEL, "compiled", "losses", "making", "sampling"},
}  # fmt: skip
# The front door, and the rooms that stand in front of it, see everything.
OUTSIDE = {"__init__", "cli"}


def room_of(parts: tuple[str, ...]) -> str:
    """The room of a dotted name below `gradc`: its first part, or the front door."""
    return parts[0] if parts and ((ROOT / parts[0]).is_dir() or (ROOT / f"{parts[0]}.py").is_file()) else "__init__"


def imports(path: Path) -> list[tuple[int, tuple[str, ...]]]:
    """Every import of gradc's own modules in a file: line, and parts of the dotted name below `gradc`."""
    package = ("gradc", *path.relative_to(ROOT).parent.parts)
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, tuple(alias.name.split("."))) for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            found += [(node.lineno, (*base, alias.name)) for alias in node.names]
    return [(line, parts[1:]) for line, parts in found if parts[0] == "gradc"]


def faults(path: Path) -> list[str]:
    room = room_of(tuple(path.relative_to(ROOT).with_suffix("").parts))
    if room in OUTSIDE:
        return []
    found = []
    for line, parts in imports(path):
        other = room_of(parts)
        if other not in (room, "errors") and other not in MAY[room]:
            found.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {other} ({'.'.join(parts)})")
    return found


FILES = sorted(ROOT.rglob("*.py"))


def type_checking_only(path: Path) -> set[int]:
    """The lines of imports that only a type checker sees."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            lines |= {inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.ImportFrom | ast.Import)}
    return lines


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_no_import_runs_uphill(path):
    hidden = type_checking_only(path)
    assert not [fault for fault in faults(path) if int(fault.split(":")[1]) not in hidden]


def test_every_room_has_a_place():
    rooms = {path.stem for path in ROOT.glob("*.py")} | {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms <= set(MAY) | OUTSIDE, "say in MAY what a new room may import"


@pytest.mark.parametrize(
    "text",
    [
        "from gradc.programs import read",
        "import gradc.frontends.formula",
        "from .. import pipeline",
        "from ..emit.source import Source",
        "def late():\n    from gradc import compiled",
        "import gradc",
    ],
)
def test_an_import_that_runs_uphill_is_found(monkeypatch, tmp_path, text):
    room = tmp_path / "gradc" / "ir"
    room.mkdir(parents=True)
    for name in ("pipeline", "compiled", "errors"):
        (tmp_path / "gradc" / f"{name}.py").touch()
    for name in ("frontends", "emit"):
        (tmp_path / "gradc" / name).mkdir()
    monkeypatch.setitem(globals(), "ROOT", tmp_path / "gradc")
    (room / "wrong.py").write_text(text)
    assert len(faults(room / "wrong.py")) == 1
    (room / "right.py").write_text(
        "from .size import Size\nfrom gradc.ir import size\nfrom gradc.errors import GradcError"
    )
    assert not faults(room / "right.py")


def modules_after(program: str) -> set[str]:
    program += "\nimport sys; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_gradc_is_light():
    heavy = {"sympy", "jinja2", "scipy", "click", "rich", "cffi", "_cffi_backend", "numpy", "setuptools"}
    assert not heavy & modules_after("import gradc")


def test_a_formula_needs_no_sympy_and_no_scipy():
    program = "import gradc, numpy as np\ngradc.compile('sum(exp(x))', 'x[n]').value_and_grad(np.zeros(2))"
    assert not {"sympy", "scipy", "click", "rich"} & modules_after(program)
