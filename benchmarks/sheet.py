"""What every benchmark prints: lines on the screen as they come, and the same lines and numbers in files when asked.

parser = sheet.parser(__doc__)              # --threads, --rounds, --seconds, --text, --json
page = sheet.Sheet(parser.parse_args(), versions)
page.say("…"); page.rows.append({...}); page.save()
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import machine


def parser(description: str | None, *, rounds: int = 15, seconds: float = 0.01) -> argparse.ArgumentParser:
    """The options that all share."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--rounds", type=int, default=rounds)
    made.add_argument("--seconds", type=float, default=seconds, help="how long one call is repeated in one round")
    made.add_argument("--text", type=Path, metavar="FILE", help="write the table here too")
    made.add_argument("--json", type=Path, metavar="FILE", help="write all numbers")
    return made


class Sheet:
    """The lines of one run, and its numbers as rows.

    Parameters
    ----------
    options
        What `parser` read.
    versions
        Name and version of each peer that takes part.
    """

    def __init__(self, options: argparse.Namespace, versions: Mapping[str, str] | None = None) -> None:
        self.options = options
        self.header = machine.header(options.threads, versions or {})
        self.lines: list[str] = []
        self.rows: list[dict[str, Any]] = []
        for line in self.header:
            self.say(line)

    def say(self, line: str = "") -> None:
        """Print a line, and keep it."""
        self.lines.append(line)
        print(line, flush=True)

    def save(self) -> None:
        """Write the files that were asked for."""
        if self.options.text:
            self.options.text.write_text("\n".join(self.lines) + "\n", encoding="utf-8")
        if self.options.json:
            numbers = {"header": self.header, "threads": self.options.threads, "rows": self.rows}
            self.options.json.write_text(json.dumps(numbers, indent=1, ensure_ascii=False), encoding="utf-8")
