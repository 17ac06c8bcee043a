"""Threads of parallel kernels: how many, who says so, and what a fork and Python's own threads do to them."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import exits
import gradc
from gradc.errors import ArgumentError, ArgumentTypeError
from gradc.runtime import forks, library, native
from gradc.runtime import threads as rooms
from gradc.runtime.arguments import Entry, Input, Output
from gradc.runtime.artefact import build_artefact
from gradc.runtime.cache import Cache, open_cache
from gradc.runtime.forks import unforked
from gradc.runtime.library import load
from gradc.runtime.threads import Threads, default_count
from gradc.runtime.toolchain import find_compiler

N = ((("n",), 1),)
TEXT = """\
#define _POSIX_C_SOURCE 200809L
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(GRADC_TEAM)
void GRADC_TEAM(int64_t parts, void (*rows)(const void *, int64_t, int64_t), const void *context);
#else
static void one(int64_t parts, void (*rows)(const void *, int64_t, int64_t), const void *context)
{
    for (int64_t part = 0; part < parts; part++) rows(context, part, 0);
}
#define GRADC_TEAM one
#endif

/* used = threads that took parts, most = the last one's number and 1, y = 2 x through a piece of scratch for each.
   A thread waits in its first part until `wanted` of them are there; -50 lets the first wait for another, which then
   takes 50 milliseconds. */
enum { PARTS = 64 };
struct spread { int64_t n; const double *x; double *y, *scratch; int64_t wanted, *seen, *used; };
static int64_t milliseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
static void spread_rows(const void *context, int64_t part, int64_t thread)
{
    const struct spread *const given = context;
    double *const mine = given->scratch + 8 * thread;
    if (!__atomic_exchange_n(&given->seen[thread], 1, __ATOMIC_SEQ_CST)) {
        __atomic_add_fetch(given->used, 1, __ATOMIC_SEQ_CST);
        const int64_t wanted = given->wanted < 0 ? 2 : given->wanted, begin = milliseconds();
        while (__atomic_load_n(given->used, __ATOMIC_SEQ_CST) < wanted && milliseconds() - begin < 200) {}
        while (thread != 0 && milliseconds() - begin < -given->wanted) {}
    }
    for (int64_t i = given->n * part / PARTS; i < given->n * (part + 1) / PARTS; i++) {
        *mine = given->x[i];
        given->y[i] = 2 * *mine;
    }
}
size_t spread_work(int64_t n) { (void)n; return PARTS * 64; }
int spread(int64_t n, int64_t wanted, const double *restrict x, int64_t *restrict used, int64_t *restrict most,
           double *restrict y, void *restrict work)
{
    int64_t seen[PARTS] = {0};
    *used = *most = 0;
    const struct spread given = {n, x, y, work, wanted, seen, used};
    GRADC_TEAM(PARTS, spread_rows, &given);
    for (int64_t thread = 0; thread < PARTS; thread++)
        if (seen[thread]) *most = thread + 1;
    return 0;
}
"""
HEADER = """\
#include <stddef.h>
#include <stdint.h>
size_t spread_work(int64_t n);
int spread(int64_t n, int64_t wanted, const double *restrict x, int64_t *restrict used, int64_t *restrict most,
           double *restrict y, void *restrict work);
"""
SPREAD = Entry(
    "spread",
    "spread",
    ("n",),
    (Input("wanted", "int64"), Input("x", "float64", (N,))),
    (Output("used", "int64"), Output("most", "int64"), Output("y", "float64", (N,))),
    parallel=True,
)
X = np.arange(1000.0)


@pytest.fixture(params=[True, False], ids=["extension", "cffi"])
def fast(request):
    return request.param


def team(function, wanted=0):
    """How many threads took part in a call; calls that wait in vain pay back what the team owes."""
    for _ in range(50):
        used, most, y = function(wanted, X)
        np.testing.assert_array_equal(y, 2 * X)
        assert used <= most
        if used >= abs(wanted):
            break
    return most


def test_the_number_is_that_of_the_next_call(fast):
    threads = Threads(3)
    function = load(TEXT, [SPREAD], fast=fast, threads=threads).function("spread")
    bound = function.bind(x=X)
    assert team(function, 3) == 3
    threads.count = 2
    assert team(function, 2) == team(lambda wanted, _: bound(wanted), 2) == 2
    threads.count = 1
    assert team(function) == 1
    threads.count = None
    assert team(function, default_count()) == default_count()


def test_what_the_calling_thread_had_is_left_as_it_was(fast):
    two = load(TEXT, [SPREAD], fast=fast, threads=Threads(2)).function("spread")
    five = load(TEXT, [SPREAD], fast=fast, threads=Threads(5)).function("spread")
    before = _limit_of(two)
    for _ in range(3):
        assert (team(two, 2), team(five, 5)) == (2, 5)
    assert _limit_of(two) == before


def _limit_of(function):
    limit = getattr(function, "invoke", function).threads
    before = limit(7)
    limit(before)
    return before


def test_python_threads_do_not_disturb_one_another(fast):
    """One of them has the team at a time; the others' loops run where they are called."""
    functions = [load(TEXT, [SPREAD], fast=fast, threads=Threads(count)).function("spread") for count in (1, 2, 3, 4)]
    wrong = []

    def work(count, function):
        wrong.extend(count for _ in range(200) if not 1 <= team(function) <= count)

    workers = [threading.Thread(target=work, args=(k % 4 + 1, functions[k % 4])) for k in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_a_team_that_lost_time_rests(fast):
    """A member that loses its processor holds up its caller; loops run alone for ten times as long."""
    function = load(TEXT, [SPREAD], fast=fast, threads=Threads(2)).function("spread")
    assert team(function, 2) == 2
    for _ in range(10):
        if function(-50, X)[1] == 2:
            break
    assert [function(0, X)[1] for _ in range(20)] == [1] * 20
    assert team(function, 2) == 2  # when the debt is paid


def test_results_do_not_depend_on_the_number_of_threads():
    k = gradc.compile("mean(log(1 + exp(-y * (X @ w)))) + sum(w**2)", "w[d], X[n,d], y[n]", wrt="w", name="bits")
    X = np.random.default_rng(0).normal(size=(20_000, 30))
    found = set()
    for k.threads in (1, 2, 3, 7, 16):
        for _ in range(20):
            value, grad = k.value_and_grad(np.full(30, 0.1), X, np.sign(X[:, 0]))
            found.add((value, grad.tobytes()))
    assert len(found) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_makes_threads_of_its_own(fast):
    function = load(TEXT, [SPREAD], fast=fast, threads=Threads(2)).function("spread")
    assert team(function, 2) == 2  # the team of threads is made, and the child has none of it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        os._exit(team(function, 2))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 2


def test_without_a_team_loops_run_where_they_are_called(fast, monkeypatch):
    monkeypatch.setattr(library, "load_team", lambda cache, compiler: None)
    # Another text, since an object that is loaded already keeps its team.
    assert team(load(f"{TEXT}/* alone */", [SPREAD], fast=fast, threads=Threads(4)).function("spread")) == 1


def test_a_team_that_cannot_be_built_is_asked_for_once(monkeypatch, tmp_path):
    monkeypatch.setattr(native, "FLAGS", ("-no-such-flag",))
    cache = Cache(tmp_path)
    compiler = find_compiler(open_cache())
    assert native.load_team(cache, compiler) is None
    (note,) = tmp_path.glob("team-*.json")
    monkeypatch.setattr(type(compiler), "build", None)
    native.load_team.cache_clear()
    assert native.load_team(cache, compiler) is None
    assert "no-such-flag" in note.read_text()


def test_an_artefact_has_threads_of_its_own(tmp_path):
    text = TEXT.replace("#include", '#include "spreading.h"\n#include', 1)
    build_artefact("spreading", text, HEADER, [SPREAD], tmp_path)
    code = "import numpy, spreading, sys; print(spreading.spread(int(sys.argv[1]), numpy.ones(999))[1])"
    for count in ("1", "3"):
        for name in ("GRADC_NUM_THREADS", "OMP_NUM_THREADS"):
            environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
            environment |= {"PYTHONPATH": str(tmp_path), name: count}
            words = [sys.executable, "-c", code, count]
            done = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
            assert done.stdout.strip() == count


@pytest.mark.parametrize("way", exits.WAYS)
def test_the_end_of_a_process(way):
    """Native code stays while threads, finalisers, exit handlers and children may run it; `make soak` tries harder."""
    assert exits.repeat(exits.WAYS[way], 2) == []


def test_the_end_of_a_process_with_a_package(tmp_path):
    ways = exits.shipped(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        assert dict(zip(ways, pool.map(exits.run, ways.values()), strict=True)) == dict.fromkeys(ways, "")


def test_native_code_is_never_unloaded():
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("the system does not say what is loaded")
    path = load(f"{TEXT}/* loaded for good */", [SPREAD], threads=Threads(2)).path
    gc.collect()
    assert str(path) in maps.read_text()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_waits_for_what_other_threads_compile():
    order: list[str] = []
    inside, go = threading.Event(), threading.Event()

    def compiling():
        with unforked, unforked:
            inside.set()
            go.wait(20)
            order.append("compiled")

    def forking():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            with unforked:
                os._exit(0)
        order.append("forked")
        order.append(str(os.waitpid(child, 0)[1]))

    workers = [threading.Thread(target=work) for work in (compiling, forking)]
    workers[0].start()
    inside.wait(20)
    workers[1].start()
    while not forks._state.forks:
        time.sleep(0.001)
    late = threading.Thread(target=unforked(lambda: order.append("late")))  # lets the fork go first
    late.start()
    time.sleep(0.05)
    assert order == []
    go.set()
    for worker in (*workers, late):
        worker.join()
    assert order[0] == "compiled"
    assert sorted(order) == ["0", "compiled", "forked", "late"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_function_that_forks_while_it_is_compiled_waits_for_nobody():
    inside, go = threading.Event(), threading.Event()

    @unforked
    def compiling():
        inside.set()
        go.wait(20)

    other = threading.Thread(target=compiling)
    other.start()
    inside.wait(20)
    with unforked, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if not child:
            with unforked:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    go.set()
    other.join()


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


@pytest.mark.parametrize("content", [b"", b"4:cpu:/a\n1:name=systemd:/\n", b"0::/\xff\xfe\n", b"0::"])
def test_control_groups_of_all_kinds(monkeypatch, tmp_path, content):
    (tmp_path / "own").write_bytes(content)
    monkeypatch.setattr(rooms, "_GROUPS", tmp_path / "groups")
    monkeypatch.setattr(rooms, "_OWN_GROUPS", tmp_path / "own")
    assert rooms._quota() is None


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
