"""What takes long is told on a terminal, and nowhere else."""

from __future__ import annotations

import io
import sys
import time
from contextlib import nullcontext

import numpy as np

import gradc
from gradc.runtime import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def put_terminal(monkeypatch) -> Terminal:
    """A terminal as the standard error; not by a fixture, after which pytest puts its own there again."""
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")  # a dumb one shows nothing that moves
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def wait_for(text: str, stream: io.StringIO) -> None:
    end = time.monotonic() + 30
    while text not in stream.getvalue():
        assert time.monotonic() < end, repr(stream.getvalue())
        time.sleep(0.01)


def test_what_takes_long_is_shown(monkeypatch):
    terminal = put_terminal(monkeypatch)
    monkeypatch.setattr(progress, "SECONDS", 0)
    with progress.shown_when_long("turning [a] stone"):
        wait_for("gradc: turning [a] stone", terminal)


def test_what_is_quick_is_not_shown(monkeypatch):
    terminal = put_terminal(monkeypatch)
    with progress.shown_when_long("blinking"):
        pass
    assert terminal.getvalue() == ""


def test_no_terminal_no_word(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", 0)
    monkeypatch.setattr(sys, "stderr", file := io.StringIO())
    with progress.shown_when_long("turning a stone"):
        time.sleep(0.05)
    assert file.getvalue() == ""


def test_reading_and_compiling_are_told(monkeypatch, tmp_path):
    told = []
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(progress, "shown_when_long", lambda text: nullcontext(told.append(text)))
    kernel = gradc.compile("sum(x**2) + 17.25", "x[n]", name="told", backend="c")
    assert told == ["reading told"]
    kernel(np.ones(2))
    assert told[1:] == ["compiling told_value"]
