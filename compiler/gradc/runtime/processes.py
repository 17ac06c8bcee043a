"""Running a compiler so that it ends: at its limit of time or memory, and never later than its caller.

    said = run(["cc", "--version"])

`GRADC_CC_TIMEOUT` is the number of seconds that a compiler may take (300), `GRADC_CC_MEMORY` the GiB of data that each
of its processes may hold (8); ``inf`` is no limit.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gradc.errors import CompilerError, CompilerNotFoundError

if TYPE_CHECKING:
    import subprocess

__all__ = ["MOST_SHOWN", "TooLongError", "deadline", "private", "run"]

# The shell leads a process group of its own, and everything that the compiler starts belongs to it. Code between fork
# and exec is not safe in a process with threads, so the shell does what would stand there:
#   ulimit    bounds the memory of the compiler and its children.
#   read      ends when gradc is no more, however it ended: gradc alone holds the other end of standard input. Then the
#             whole group is killed. A signal at the parent's death would reach gcc, but not the cc1 that gcc started.
#   wait      lets the shell reap what it started, so that no zombie is left to a container's first process.
# Standard error is the shell's alone: it closes when the shell ends, whoever still holds standard output.
_SHELL = "/bin/sh"
_SUPERVISOR = """\
[ "$1" = unlimited ] || ulimit -d "$1"
shift
exec 3<&0
"$@" 2>&1 </dev/null 3<&- &
compiler=$!
{ read -r line; kill -KILL 0; } <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&- </dev/null
wait "$compiler"
status=$?
kill -KILL "$watch"
wait "$watch"
exit "$status"
"""

_MOST_SAID = 1 << 16  # bytes that are kept of what a compiler prints
MOST_SHOWN = 8000  # characters of it in an error

# Descriptors whose meaning is that this process lives. A forked child closes its copies.
_private: set[int] = set()


class TooLongError(CompilerError):
    """A command that did not finish in time."""


def run(
    words: Sequence[str],
    directory: Path | None = None,
    until: float | None = None,
    *,
    bounded: bool = True,
    called: str = "the C compiler",
) -> str:
    """Run a command to its end and return what it printed.

    Parameters
    ----------
    words
        The command. No shell reads them.
    directory
        Where it runs.
    until
        When it is killed, as `deadline` gives it; by default `GRADC_CC_TIMEOUT` from now.
    bounded
        Whether its memory is limited.
    called
        What an error calls it.

    Raises
    ------
    CompilerError
        If it fails or crashes. `TooLongError` if it does not finish, `CompilerNotFoundError` if it cannot be started.
    """
    import subprocess

    until = deadline() if until is None else until
    memory = _memory_limit() if bounded else "unlimited"
    shown = shlex.join(words)
    watched, lifeline = os.pipe()
    with private(lifeline):
        try:
            process = subprocess.Popen(
                [_SHELL, "-c", _SUPERVISOR, "gradc", memory, *words],
                cwd=directory,
                stdin=watched,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "LC_ALL": "C"},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise CompilerNotFoundError(f"{called} {words[0]!r} cannot be started: {error}") from None
        finally:
            os.close(watched)
        said = _attend(process, until)
    if said is None:
        limit = os.environ.get("GRADC_CC_TIMEOUT", "300")
        raise TooLongError(f"{called} did not finish in {limit} s (GRADC_CC_TIMEOUT)\n{shown}")
    text = _readable(said)
    if process.returncode:
        kind, how = _failure(process.returncode)
        raise kind(f"{called} {how}\n{shown}\n{text[:MOST_SHOWN]}".rstrip())
    return text


def _readable(said: bytes) -> str:
    """Return what was printed as a text that a terminal shows and does not obey."""
    text = said.decode(errors="replace").strip()
    return "".join([c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text])


def deadline() -> float:
    """Return when a compiler that starts now must have finished."""
    return time.monotonic() + _positive("GRADC_CC_TIMEOUT", "300", "seconds")


@contextlib.contextmanager
def private(handle: int) -> Iterator[int]:
    """Keep a descriptor from the children that this process forks, and close it at the end."""
    _private.add(handle)
    try:
        yield handle
    finally:
        _private.discard(handle)
        os.close(handle)


def _attend(process: subprocess.Popen[bytes], until: float) -> bytes | None:
    """Return what a process printed, or None if it took too long. Its group is gone afterwards, whatever happens."""
    import selectors
    import signal

    assert process.stdout is not None
    assert process.stderr is not None
    said = bytearray()
    finished = False
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            selector.register(process.stderr, selectors.EVENT_READ)
            while not finished and (left := until - time.monotonic()) > 0:
                for key, _ in selector.select(min(left, 3600)):
                    chunk = os.read(key.fd, _MOST_SAID)
                    if key.fileobj is process.stderr:
                        finished = not chunk
                    elif chunk:
                        said += chunk[: _MOST_SAID - len(said)]
                    else:
                        selector.unregister(key.fileobj)
    finally:
        # The leader is not reaped yet, so its number is not another group's.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
        if finished:
            os.set_blocking(process.stdout.fileno(), False)
            with contextlib.suppress(BlockingIOError):
                said += os.read(process.stdout.fileno(), _MOST_SAID)
        process.stdout.close()
    return bytes(said) if finished else None


def _failure(status: int) -> tuple[type[CompilerError], str]:
    """Say how a command ended, as a shell's status has it."""
    import signal

    if status in (126, 127):
        return CompilerNotFoundError, "cannot be started"
    # A shell adds 128 to the signal that ended its child.
    number = -status if status < 0 else status - 128
    if number in {one.value for one in signal.Signals}:
        return CompilerError, f"was killed by {signal.Signals(number).name}"
    return CompilerError, f"failed with status {status}"


def _memory_limit() -> str:
    """Return the KiB that each process of a compiler may hold, as `ulimit` takes them."""
    limit = _positive("GRADC_CC_MEMORY", "8", "GiB")
    return "unlimited" if limit >= 1 << 32 else str(max(1, int(limit * (1 << 20))))


def _positive(variable: str, default: str, unit: str) -> float:
    text = os.environ.get(variable, default)
    try:
        limit = float(text)
    except ValueError:
        limit = 0.0
    if not limit > 0:
        raise CompilerError(f"{variable} is {text!r}, not a positive number of {unit}")
    return limit


def _forked() -> None:
    for handle in _private:
        with contextlib.suppress(OSError):
            os.close(handle)
    _private.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
