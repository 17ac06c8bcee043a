"""Ctrl-C ends a kernel that runs for long, and nothing else of the program is touched."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import gradc
from gradc.artefacts import write_artefact

LIMIT = 60  # seconds: each kernel below would run for many minutes
HEAD = """
import os, signal, sys, threading, time
import numpy as np
import gradc

signal.signal(signal.SIGINT, signal.default_int_handler)  # which is not there below a shell's background jobs


def pairs(x):
    return np.sum(np.exp(-(x[:, None] - x) ** 2))


def steps(x):
    carry, _ = gradc.scan(lambda c, t: (np.tanh(np.exp(np.sin(c * 0.9 + t))), None), x[0], x)
    return carry


def determinant(A):
    return np.linalg.slogdet(A)[1]


def powers(X):
    carry, _ = gradc.scan(lambda c, t: (np.tanh(c @ X), None), X, X[0])
    return np.sum(carry)


LARGE = {
    "pairs": lambda: np.zeros(3_000_000),
    "determinant": lambda: np.eye(2_500),
    "powers": lambda: np.eye(300),
}
SMALL = {"pairs": np.zeros(3), "determinant": np.eye(3), "powers": np.eye(3)}
SIGNATURES = {"pairs": "x[n]", "steps": "x[n]", "determinant": "A[n,n]", "powers": "X[n,n]"}


def kernel(name, **options):
    return gradc.compile(globals()[name], SIGNATURES[name], check=False, **options)


def interrupt(seconds, times=1):
    def send():
        for _ in range(times):
            time.sleep(seconds)
            os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=send, daemon=True).start()
"""


def run(body: str, *words: str, cwd: Path | None = None) -> str:
    text = HEAD + textwrap.dedent(body)
    done = subprocess.run(
        [sys.executable, "-c", text, *words], capture_output=True, text=True, timeout=LIMIT, check=False, cwd=cwd
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("fast", ["fast", "plain"])
@pytest.mark.parametrize("mode", ["value", "value_and_grad"])
@pytest.mark.parametrize("name", ["pairs", "determinant", "powers"])
def test_a_kernel_ends(name: str, mode: str, fast: str) -> None:
    text = run(
        """
        name, mode, fast = sys.argv[1:]
        if fast == "plain":
            from gradc.runtime import library
            library.load_accelerator = lambda cache, compiler: None
        k = kernel(name)
        call = k if mode == "value" else getattr(k, mode)
        before, x = call(SMALL[name]), LARGE[name]()
        interrupt(0.3)
        try:
            call(x)
        except KeyboardInterrupt:
            print("interrupted")
        assert str(call(SMALL[name])) == str(before)
        """,
        name,
        mode,
        fast,
    )
    assert text == "interrupted\n"


def test_a_scan_of_numbers_ends() -> None:
    text = run(
        """
        k = kernel("steps")
        k(np.zeros(3))
        interrupt(0.3)
        try:
            k(np.zeros(200_000_000))
        except KeyboardInterrupt:
            print("interrupted")
        """
    )
    assert text == "interrupted\n"


def test_a_handler_that_raises_nothing_leaves_the_result_as_it_is() -> None:
    text = run(
        """
        seen = []
        signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
        k, x = kernel("pairs"), np.linspace(0, 1, 20_000)
        expected = k.value_and_grad(x)
        interrupt(0.1, times=5)
        until = time.monotonic() + 20
        while len(seen) < 5 and time.monotonic() < until:
            value, gradient = k.value_and_grad(x)
            assert value == expected[0] and np.array_equal(gradient, expected[1])
        print(len(seen))
        """
    )
    assert text == "5\n"


def test_signals_that_nobody_handles_do_what_they_did() -> None:
    text = run(
        """
        k, x = kernel("pairs"), np.linspace(0, 1, 20_000)
        expected = k(x)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        interrupt(0.05, times=3)
        assert all(k(x) == expected for _ in range(4))
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if os.fork() == 0:
            k(x)
            os.kill(os.getpid(), signal.SIGINT)
            os._exit(3)
        print(os.WTERMSIG(os.wait()[1]))
        """
    )
    assert text == "2\n"


def test_kernels_of_other_threads_and_the_handler_are_left_alone() -> None:
    text = run(
        """
        k, x = kernel("pairs", threads=1), np.linspace(0, 1, 30_000)
        expected, found = k(x), []
        other = threading.Thread(target=lambda: found.append(k(x)))
        other.start()
        interrupt(0.1)
        try:
            k(LARGE["pairs"]())
        except KeyboardInterrupt:
            print("interrupted")
        other.join()
        assert found == [expected]
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            print("by Python")
        """
    )
    assert text == "interrupted\nby Python\n"


def test_a_child_is_interrupted_too() -> None:
    text = run(
        """
        k = kernel("pairs")
        k(SMALL["pairs"])
        child = os.fork()
        if child == 0:
            signal.alarm(50)  # no child outlives a test that fails
            interrupt(0.3)
            try:
                k(LARGE["pairs"]())
            except KeyboardInterrupt:
                os._exit(7)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    )
    assert text == "7\n"


def test_shipped_kernels_end(tmp_path: Path) -> None:
    def pairs(x):
        return np.sum(np.exp(-((x[:, None] - x) ** 2)))

    for name in ("apart", "beside"):
        write_artefact(gradc.compile(pairs, "x[n]", name=name, check=False), tmp_path)
    text = run(
        """
        import apart, beside
        for module in (apart, beside, apart):
            module.value(SMALL["pairs"])
            interrupt(0.3)
            try:
                module.value_and_grad(LARGE["pairs"]())
            except KeyboardInterrupt:
                print("interrupted")
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            print("by Python")
        """,
        cwd=tmp_path,
    )
    assert text == "interrupted\n" * 3 + "by Python\n"


def test_the_c_asks_nobody_where_no_function_is_named(tmp_path: Path) -> None:
    source = gradc.compile("sum[i:n, j:n](exp(-(x[i] - x[j])**2))", "x[n]", name="alone").c_source
    (tmp_path / "alone.c").write_text(source, encoding="utf-8")
    words = ["cc", "-std=c99", "-O1", "-c", "alone.c", "-o", "alone.o"]
    subprocess.run(words, cwd=tmp_path, check=True, timeout=LIMIT)
    symbols = subprocess.run(["nm", "-u", "alone.o"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "stop" not in symbols.lower()
    assert "interrupt" not in symbols.lower()


MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include "alone.h"

static volatile int flag;
static int asked, given;

const volatile int *my_stop(const volatile int *given_back);
const volatile int *my_stop(const volatile int *given_back)
{
    asked += given_back == NULL;
    given += given_back == &flag;
    return &flag;
}

int main(void)
{
    const int64_t n = 20000;
    double value = 0, *const x = calloc((size_t)n, sizeof *x);
    void *const work = malloc(alone_value_work(n) + 64);
    const int before = alone_value(n, x, &value, work);
    flag = 1;
    const int after = alone_value(n, x, &value, work), small = alone_value(3, x, &value, work);
    printf("%d %d %d %d %d\\n", before, after, small, asked, given);
    return 0;
}
"""


def test_a_flag_ends_a_kernel_in_c(tmp_path: Path) -> None:
    k = gradc.compile("sum[i:n, j:n](exp(-(x[i] - x[j])**2))", "x[n]", name="alone")
    files = {"alone.c": k.c_source, "alone.h": k.header, "main.c": MAIN}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    words = ["cc", "-std=c99", "-O2", "-DGRADC_STOP=my_stop", "alone.c", "main.c", "-o", "main", "-lm"]
    subprocess.run(words, cwd=tmp_path, check=True, timeout=LIMIT)
    done = subprocess.run([str(tmp_path / "main")], check=True, capture_output=True, text=True, timeout=LIMIT)
    assert done.stdout == "0 -1 0 2 2\n"  # a short kernel does not ask
