"""Threads of parallel kernels: how many, who says so, and what a fork and Python's own threads do to them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import gradc
from gradc.errors import ArgumentError, ArgumentTypeError
from gradc.runtime import threads as rooms
from gradc.runtime.arguments import Entry, Input, Output
from gradc.runtime.artefact import build_artefact
from gradc.runtime.cache import open_cache
from gradc.runtime.library import load
from gradc.runtime.threads import Threads, default_count
from gradc.runtime.toolchain import find_compiler

N = ((("n",), 1),)
TEXT = """\
#include <stddef.h>
#include <stdint.h>
#ifdef _OPENMP
#include <omp.h>
#endif

/* used = threads of the team, most = omp_get_max_threads(), y = 2 x through a piece of scratch for each thread */
#ifdef _OPENMP
#define MOST omp_get_max_threads()
#define TEAM omp_get_num_threads()
#define ME omp_get_thread_num()
#else
#define MOST 1
#define TEAM 1
#define ME 0
#endif
size_t spread_work(int64_t n) { (void)n; return (size_t)MOST * 64; }
int spread(int64_t n, const double *restrict x, int64_t *restrict used, int64_t *restrict most, double *restrict y,
           void *restrict work)
{
    int64_t team = 0;
    *most = MOST;
#ifdef _OPENMP
#pragma omp parallel
#endif
    {
        double *const mine = (double *)((char *)work + 64 * ME);
        if (ME == 0)
            team = TEAM;
#ifdef _OPENMP
#pragma omp for schedule(static)
#endif
        for (int64_t i = 0; i < n; i++) {
            *mine = x[i];
            y[i] = 2 * *mine;
        }
    }
    *used = team;
    return 0;
}
"""
HEADER = """\
#include <stddef.h>
#include <stdint.h>
size_t spread_work(int64_t n);
int spread(int64_t n, const double *restrict x, int64_t *restrict used, int64_t *restrict most, double *restrict y,
           void *restrict work);
"""
SPREAD = Entry(
    "spread",
    "spread",
    ("n",),
    (Input("x", "float64", (N,)),),
    (Output("used", "int64"), Output("most", "int64"), Output("y", "float64", (N,))),
    parallel=True,
)
X = np.arange(1000.0)


@pytest.fixture
def openmp():
    if not find_compiler(open_cache()).openmp:
        pytest.skip("the compiler has no OpenMP")


@pytest.fixture(params=[True, False], ids=["extension", "cffi"])
def fast(request, openmp):
    return request.param


def team(function):
    used, most, y = function(X)
    np.testing.assert_array_equal(y, 2 * X)
    assert used == most
    return used


def test_the_number_is_that_of_the_next_call(fast):
    threads = Threads(3)
    function = load(TEXT, [SPREAD], fast=fast, threads=threads).function("spread")
    bound = function.bind(x=X)
    assert team(function) == 3
    threads.count = 2
    assert team(function) == team(lambda _: bound()) == 2
    threads.count = None
    assert team(function) == default_count()


def test_what_the_calling_thread_had_is_left_as_it_was(fast):
    two = load(TEXT, [SPREAD], fast=fast, threads=Threads(2)).function("spread")
    five = load(TEXT, [SPREAD], fast=fast, threads=Threads(5)).function("spread")
    before = _limit_of(two)
    for _ in range(3):
        assert (team(two), team(five)) == (2, 5)
    assert _limit_of(two) == before


def _limit_of(function):
    limit = getattr(function, "invoke", function).threads
    before = limit(7)
    limit(before)
    return before


def test_python_threads_do_not_disturb_one_another(fast):
    functions = [load(TEXT, [SPREAD], fast=fast, threads=Threads(count)).function("spread") for count in (1, 2, 3, 4)]
    wrong = []

    def work(count, function):
        wrong.extend(count for _ in range(200) if team(function) != count)

    workers = [threading.Thread(target=work, args=(k % 4 + 1, functions[k % 4])) for k in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_runs_one_thread(fast):
    function = load(TEXT, [SPREAD], fast=fast, threads=Threads(2)).function("spread")
    assert team(function) == 2  # the team of threads is made, and the child has none of it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        os._exit(team(function))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1


def test_without_openmp_it_is_built_all_the_same(openmp):
    found = find_compiler(open_cache())
    without = type(found)(found.command, found.version, found.flags, found.native, found.link)
    assert team(load(TEXT, [SPREAD], compiler=without, threads=Threads(4)).function("spread")) == 1


def test_an_artefact_takes_its_number_from_openmp(openmp, tmp_path):
    build_artefact("spreading", '#include "spreading.h"\n' + TEXT, HEADER, [SPREAD], tmp_path)
    code = "import numpy, spreading; print(spreading.spread(numpy.ones(9))[0])"
    for count in ("1", "3"):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": count}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
        assert done.stdout.strip() == count


def test_who_says_how_many(monkeypatch):
    for name in ("GRADC_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert default_count() == rooms.usable_processors()
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert default_count() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert default_count() == rooms.usable_processors()
    monkeypatch.setenv("GRADC_NUM_THREADS", "5")
    assert default_count() == Threads().count == 5
    assert Threads(2).count == 2


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "99999999"])
def test_a_variable_that_makes_no_sense(monkeypatch, text):
    monkeypatch.setenv("GRADC_NUM_THREADS", text)
    with pytest.raises(ArgumentError, match="GRADC_NUM_THREADS"):
        default_count()


@pytest.mark.parametrize(("count", "kind"), [(0, ArgumentError), (True, ArgumentError), ("2", ArgumentTypeError)])
def test_a_number_that_makes_no_sense(count, kind):
    with pytest.raises(kind, match="threads"):
        gradc.compile("x", "x", threads=count)


def test_quotas_of_control_groups(monkeypatch, tmp_path):
    inner = Path("/proc/self/cgroup")
    if not inner.exists():
        pytest.skip("there are no control groups")
    monkeypatch.setattr(rooms, "_GROUPS", tmp_path)
    assert rooms._quota() is None
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert rooms._quota() == (1.5 if "0::" in inner.read_text() else None)
    (tmp_path / "cpu.max").unlink()
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("200000")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert rooms._quota() == 2.0


def test_a_kernel_has_a_number(monkeypatch):
    monkeypatch.setenv("GRADC_NUM_THREADS", "3")
    k = gradc.compile("sum(x)", "x[n]")
    assert k.threads == 3
    k.threads = 1
    assert k.threads == 1
    k.threads = None
    assert k.threads == 3
    assert gradc.compile("sum(x)", "x[n]", threads=2).threads == 2
