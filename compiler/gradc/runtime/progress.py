"""Say on a terminal what is being done, where it takes long.

with shown_when_long("compiling logistic_hessian"):
    …
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 3.0  # that pass in silence


@contextmanager
def shown_when_long(text: str) -> Iterator[None]:
    """What is being done and how long it has taken, on the terminal that is the standard error, and gone when done."""
    stream = sys.stderr
    if stream is None or not stream.isatty():
        yield
        return
    done = threading.Event()

    def show() -> None:
        if done.wait(SECONDS):
            return
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = SpinnerColumn(), TextColumn("gradc: {task.description}"), TimeElapsedColumn()
        with Progress(*columns, console=Console(file=stream, force_terminal=True), transient=True) as progress:
            progress.add_task(escape(text), total=None)
            done.wait()

    watcher = threading.Thread(target=show, name="gradc progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
