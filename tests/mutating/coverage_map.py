"""Which tests run which part of the compiler: recorded once for each test file, asked for each place that is spoiled.

    record("test_passes.py")                    # runs the file, with a mark in each block of the compiler's code
    cover = Cover.load()
    cover.tests("calculus/chain.py", 40)        # the tests that run the line, the quickest first

A block is what runs from one branch to the next: the start of a function or an arm, or what follows a statement that
has arms. A mark is one store into an array of bytes, so recording costs little more than the tests do (a trace function
costs several times as much, and `sys.monitoring` needs Python 3.12). A test file runs in a process of its own, so that
what another file left in caches hides nothing. The blocks are kept with the module's text: where a module has changed
since, its lines are found again by their text.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "compiler" / "gradc"
MAPS = ROOT / ".cache" / "mutants"

# Test files that look at other things than the rooms that are spoiled: loading, caching, calling, the command line,
# the benchmarks, the imports. They start many processes.
ELSEWHERE = ("test_runtime_", "test_benchmarks", "test_cli", "test_decorated", "test_fingerprint", "test_imports")
ELSEWHERE += ("test_no_compiler", "test_mutants")
_HITS = "_mutating_hits"


class Timed(NamedTuple):
    """A test that passes, and the seconds that it takes."""

    name: str
    seconds: float

    @property
    def function(self) -> str:
        """The test without its parameters."""
        return self.name.split("[")[0]


def test_files() -> list[str]:
    """The test files that are recorded."""
    return [path.name for path in sorted((ROOT / "tests").glob("test_*.py")) if not path.name.startswith(ELSEWHERE)]


def missing() -> list[str]:
    """The test files that are not recorded yet."""
    return [name for name in test_files() if not (MAPS / f"{name}.json").exists()]


def record(name: str) -> None:
    """Run a test file in a process of its own, and keep what its tests ran."""
    MAPS.mkdir(parents=True, exist_ok=True)
    code = f"from mutating.coverage_map import record_here; record_here({name!r})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def record_here(name: str) -> None:
    """Run a test file in this process, which has not imported gradc."""
    import pytest

    marks = _Marks()
    sys.meta_path.insert(0, marks)
    plugin = _Recorder(marks)
    pytest.main([f"tests/{name}", "-p", "no:cacheprovider"], plugins=[plugin])
    modules = {module: {"text": text, "blocks": blocks} for module, text, blocks, _ in marks.modules}
    kept = {"tests": [(test, seconds, ran) for test, (seconds, ran) in plugin.passed.items()], "modules": modules}
    target = MAPS / f"{name}.json"
    target.with_suffix(".new").write_text(json.dumps(kept, separators=(",", ":")), encoding="utf-8")
    target.with_suffix(".new").replace(target)


class _Marks(importlib.abc.MetaPathFinder):
    """Finds the package's modules, and loads them with marks in their blocks."""

    def __init__(self) -> None:
        self.modules: list[tuple[str, str, list[tuple[int, int]], bytearray]] = []

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        if fullname.split(".")[0] != "gradc" or fullname.startswith("gradc.templates"):
            return None
        place = PACKAGE.joinpath(*fullname.split(".")[1:])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if not file.exists():
            return None
        below = [str(place)] if place.is_dir() else None
        loader = _Loader(fullname, str(file), self)
        return importlib.util.spec_from_file_location(fullname, file, loader=loader, submodule_search_locations=below)


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, marks: _Marks) -> None:
        super().__init__(name, path)
        self.marks = marks

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._tree(), self.path, "exec", dont_inherit=True)

    def exec_module(self, module: Any) -> None:
        tree = self._tree()
        blocks = mark_blocks(tree)
        hits = bytearray(len(blocks))
        text = Path(self.path).read_text(encoding="utf-8")
        self.marks.modules.append((Path(self.path).relative_to(PACKAGE).as_posix(), text, blocks, hits))
        setattr(module, _HITS, hits)
        exec(compile(tree, self.path, "exec", dont_inherit=True), module.__dict__)

    def _tree(self) -> ast.Module:
        return ast.parse(Path(self.path).read_text(encoding="utf-8"))


def mark_blocks(tree: ast.Module) -> list[tuple[int, int]]:
    """Put a mark at the start of each block within functions; gives the blocks' first and last lines."""
    blocks: list[tuple[int, int]] = []
    bodies = [
        getattr(node, field)
        for node in ast.walk(tree)
        if not isinstance(node, (ast.Module, ast.ClassDef))
        for field in ("body", "orelse", "finalbody")
        if isinstance(getattr(node, field, None), list) and getattr(node, field)
    ]
    inside = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)}
    for body in bodies:
        if id(body[0]) not in inside:
            continue
        marked: list[ast.stmt] = []
        start = True
        for k, statement in enumerate(body):
            if start and not _is_prose(statement):
                last = next((s.lineno for s in body[k:] if _has_arms(s)), body[-1].end_lineno)
                marked.append(_mark(len(blocks), statement))
                blocks.append((statement.lineno, last))
            start = _has_arms(statement) or (start and _is_prose(statement))
            marked.append(statement)
        body[:] = marked
    return blocks


def _is_prose(statement: ast.stmt) -> bool:
    """Docstrings, and declarations that must come first."""
    shown = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return shown or isinstance(statement, (ast.Nonlocal, ast.Global))


def _has_arms(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.If, ast.For, ast.While, ast.Try, ast.With))


def _mark(number: int, at: ast.stmt) -> ast.stmt:
    target = ast.Subscript(ast.Name(_HITS, ast.Load()), ast.Constant(number), ast.Store())
    return ast.fix_missing_locations(ast.copy_location(ast.Assign([target], ast.Constant(1)), at))


class _Recorder:
    """Reads the marks behind each test, and keeps the time of those that pass."""

    def __init__(self, marks: _Marks) -> None:
        self.marks, self.began, self.good = marks, 0.0, True
        self.passed: dict[str, tuple[float, dict[str, list[int]]]] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        for *_, hits in self.marks.modules:
            hits[:] = bytes(len(hits))
        self.began, self.good = _spent(), True

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.good = self.good and report.passed

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        if self.good:
            ran = {module: [k for k, hit in enumerate(hits) if hit] for module, *_, hits in self.marks.modules}
            ran = {module: numbers for module, numbers in ran.items() if numbers}
            self.passed[nodeid] = (round(_spent() - self.began, 3), ran)


def _spent() -> float:
    """Seconds of processors, with those of compilers that have ended."""
    return sum(os.times()[:4])


class Cover:
    """The recorded maps."""

    def __init__(self, maps: Iterable[dict[str, Any]], match: str = "") -> None:
        self.all: list[Timed] = []
        self._moved: dict[str, dict[int, int]] = {}
        # By module and text of it: the blocks, and the tests that run each.
        self._blocks: dict[str, list[tuple[str, list[tuple[int, int]], list[list[Timed]]]]] = {}
        for found in maps:
            here = {}
            for module, kept in found["modules"].items():
                entry = (kept["text"], kept["blocks"], [[] for _ in kept["blocks"]])
                here[module] = entry[2]
                self._blocks.setdefault(module, []).append(entry)
            for name, seconds, ran in found["tests"]:
                if not re.search(match, name):
                    continue
                test = Timed(name, seconds)
                self.all.append(test)
                for module, numbers in ran.items():
                    for number in numbers:
                        here[module][number].append(test)

    @classmethod
    def load(cls, match: str = "") -> Cover:
        """What is recorded of the test files that exist, of the tests whose names a pattern is found in."""
        return cls((json.loads(path.read_text(encoding="utf-8")) for path in _recorded()), match)

    def tests(self, module: str, line: int) -> list[Timed]:
        """The tests that run a line's block: the quickest first, and soon one of each function."""
        found: set[Timed] = set()
        for text, blocks, tests in self._blocks.get(module, ()):
            then = self._then(module, text).get(line)
            around = [k for k, (first, last) in enumerate(blocks) if then is not None and first <= then <= last]
            if around:
                found.update(tests[max(around, key=lambda k: (blocks[k][0], -blocks[k][1]))])
        return in_order(found)

    def touching(self, module: str) -> list[Timed]:
        """The tests that run anything of a module."""
        return in_order({test for *_, tests in self._blocks.get(module, ()) for block in tests for test in block})

    def _then(self, module: str, text: str) -> dict[int, int]:
        """The line in a recorded text of each line as it is now."""
        if text not in self._moved:
            before, now = text.splitlines(), (PACKAGE / module).read_text(encoding="utf-8").splitlines()
            pieces = SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks() if before != now else ()
            same = {line: line for line in range(1, len(now) + 1)}
            self._moved[text] = {b + k + 1: a + k + 1 for a, b, size in pieces for k in range(size)} if pieces else same
        return self._moved[text]


def in_order(tests: Iterable[Timed]) -> list[Timed]:
    """By time, but the later the more of a function's tests are there before: each function is asked soon."""
    ranked = sorted(tests, key=lambda test: (test.seconds, test.name))
    before: Counter[str] = Counter()
    cost: dict[Timed, float] = {}
    for test in ranked:
        before[test.function] += 1
        cost[test] = (test.seconds + 0.05) * before[test.function]
    return sorted(ranked, key=cost.__getitem__)


def _recorded() -> Iterator[Path]:
    return (path for path in (MAPS / f"{name}.json" for name in test_files()) if path.exists())
