"""Run tests on a spoiled package, which lies beside the real one, in a process forked with the libraries loaded.

    with Bench(jobs=2) as bench:
        for trial, verdict in bench.results([Trial("name", {"calculus/chain.py": text}, tests)]):
            verdict.killed, verdict.by           # True, "tests/test_passes.py::test_dead"

A package is a tree of links to the files of the real one, but for the spoiled file; it stands first on the paths of the
process and of those that it starts. gradc keys its caches by the package's files and by the C, so no spoiled kernel is
found by anyone else. A test that takes many times as long as it should is stopped, and counts as failed.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mutating.coverage_map import PACKAGE, ROOT, Timed

_FIRST = 4.0  # seconds of tests that are collected and run before the others are
_MEMORY = 8 << 30


class Trial(NamedTuple):
    """Files in the place of the package's own, and the tests to run on them, in order, until one fails."""

    name: str
    files: Mapping[str, str]
    tests: tuple[Timed, ...]


class Verdict(NamedTuple):
    """Whether a test failed, which one and how, and how long it took."""

    killed: bool
    by: str
    seconds: float


class _Running(NamedTuple):
    trial: Trial
    slot: int
    began: float
    limit: float


class Bench:
    """Runs trials, some at a time."""

    def __init__(self, jobs: int = 1) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="gradc-mutants-"))
        self._free = [*range(jobs)]
        for slot in self._free:
            _link(PACKAGE, self._package(slot))
            _link(ROOT / "templates", self._package(slot) / "templates")
        self._waiting: deque[Trial] = deque()
        self._running: dict[int, _Running] = {}
        _load_libraries()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *error: object) -> None:
        for pid in list(self._running):
            _end(pid)
            os.waitpid(pid, 0)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def put(self, trial: Trial) -> None:
        """Let a trial run before all that wait."""
        self._waiting.append(trial)

    def results(self, trials: Iterable[Trial]) -> Iterator[tuple[Trial, Verdict]]:
        """The trials as they end, and those that are put meanwhile; each is asked for when there is room for it."""
        coming = iter(trials)
        while True:
            while self._free:
                trial = self._waiting.popleft() if self._waiting else next(coming, None)
                if trial is None:
                    break
                self._start(trial, self._free.pop())
            if not self._running:
                return
            yield from self._ended()
            time.sleep(0.02)

    def _package(self, slot: int) -> Path:
        return self._scratch / str(slot) / "gradc"

    def _start(self, trial: Trial, slot: int) -> None:
        package = self._package(slot)
        for name, text in trial.files.items():
            (package / name).unlink()
            (package / name).write_text(text, encoding="utf-8")
        planned = sum(test.seconds for test in trial.tests)
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            try:
                _run(trial, package.parent, cpu=int(120 + 10 * planned))
            except BaseException:
                (package.parent / "fault").write_text(traceback.format_exc(), encoding="utf-8")
            finally:
                os._exit(70)
        self._running[pid] = _Running(trial, slot, time.monotonic(), 600 + 20 * planned)

    def _ended(self) -> Iterator[tuple[Trial, Verdict]]:
        for pid, running in list(self._running.items()):
            late = time.monotonic() - running.began > running.limit
            if late:
                _end(pid)
            found, status = os.waitpid(pid, 0 if late else os.WNOHANG)
            if not found:
                continue
            _end(pid)  # what it started
            del self._running[pid]
            package = self._package(running.slot)
            verdict = _verdict(package.parent, status, late, time.monotonic() - running.began)
            for name in running.trial.files:
                (package / name).unlink()
                (package / name).symlink_to(_original(name))
            self._free.append(running.slot)
            yield running.trial, verdict


def _original(name: str) -> Path:
    return ROOT / name if name.startswith("templates/") else PACKAGE / name


def _link(source: Path, target: Path) -> None:
    """A tree of links; the compiled modules are copied, since Python would write beside them."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.name == "__pycache__":
            shutil.copytree(entry, target / entry.name)
        elif entry.is_dir():
            _link(entry, target / entry.name)
        else:
            (target / entry.name).symlink_to(entry)


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _load_libraries() -> None:
    """Import what takes long to import, and nothing that imports gradc."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # threads do not outlive a fork
    import cffi  # noqa: F401
    import hypothesis.strategies  # noqa: F401
    import jinja2  # noqa: F401
    import mpmath  # noqa: F401
    import numpy.testing  # noqa: F401
    import pycparser.c_parser  # noqa: F401
    import pytest  # noqa: F401
    import scipy.linalg
    import scipy.optimize
    import scipy.sparse
    import scipy.special  # noqa: F401
    import sympy  # noqa: F401

    assert "gradc" not in sys.modules


def _run(trial: Trial, above: Path, cpu: int) -> None:
    """In the forked process: run the tests, write what came of them, and end."""
    os.setsid()
    out = os.open(above / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    (above / "verdict").unlink(missing_ok=True)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.dont_write_bytecode = True
    own = os.pathsep.join([str(above), str(ROOT / "tests")])
    os.environ.update(PYTHONPATH=own, PYTHONDONTWRITEBYTECODE="1")
    sys.path.insert(0, str(above))
    os.chdir(ROOT)
    import hypothesis
    import pytest

    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutants")
    for part in _parts(trial.tests):
        watch = _Watch(part, above / "running")
        options = ["-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--basetemp", str(above / "tmp"), "--tb=line"]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is there already
        files = list(dict.fromkeys(test.name.split("::")[0] for test in part))
        status = pytest.main([*files, *options], [watch])
        assert status != pytest.ExitCode.USAGE_ERROR, files
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            by = watch.failed or f"loading {files[0]}"
            (above / "verdict").write_text(json.dumps([True, by]), encoding="utf-8")
            os._exit(0)
    (above / "verdict").write_text(json.dumps([False, f"{len(trial.tests)} tests"]), encoding="utf-8")
    os._exit(0)


def _parts(tests: Sequence[Timed]) -> Iterator[Sequence[Timed]]:
    """A few quick tests, and then the rest."""
    spent, cut = 0.0, 0
    while cut < min(len(tests), 30) and (spent < _FIRST or not cut):
        spent += tests[cut].seconds
        cut += 1
    yield tests[:cut]
    if tests[cut:]:
        yield tests[cut:]


class _SlowError(Exception):
    """A test takes many times as long as it should."""


class _Watch:
    """Chooses and orders the tests, stops one that takes too long, and remembers which failed."""

    def __init__(self, tests: Sequence[Timed], running: Path) -> None:
        self.seconds = {test.name: test.seconds for test in tests}
        self.ranks = {test.name: k for k, test in enumerate(tests)}
        self.running, self.failed = running, ""
        signal.signal(signal.SIGVTALRM, self._stop)

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        del config
        # A test that is named by what is spoiled has another name now.
        lost = self.ranks.keys() - {item.nodeid for item in items}
        renamed = {name.split("[")[0]: self.ranks[name] for name in lost}
        chosen = [item for item in items if item.nodeid in self.ranks]
        chosen += [i for i in items if i.nodeid not in self.ranks and i.nodeid.split("[")[0] in renamed]
        items[:] = sorted(chosen, key=lambda i: self.ranks.get(i.nodeid, renamed.get(i.nodeid.split("[")[0], 0)))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running.write_text(nodeid, encoding="utf-8")
        signal.setitimer(signal.ITIMER_VIRTUAL, 20 + 20 * self.seconds.get(nodeid, 0.0))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def _stop(self, number: int, frame: Any) -> None:
        raise _SlowError


def _verdict(above: Path, status: int, late: bool, seconds: float) -> Verdict:
    """What a process wrote, or how it ended if it wrote nothing."""
    written = above / "verdict"
    if os.waitstatus_to_exitcode(status) == 0 and written.exists():
        killed, by = json.loads(written.read_text(encoding="utf-8"))
        return Verdict(killed, by, round(seconds, 1))
    if (fault := above / "fault").exists():
        raise RuntimeError(f"a trial could not be run: {fault.read_text(encoding='utf-8')}")
    running = above / "running"
    test = running.read_text(encoding="utf-8") if running.exists() else "the start"
    how = "hung" if late else f"ended with {os.waitstatus_to_exitcode(status)}"
    return Verdict(True, f"{how} in {test}", round(seconds, 1))
