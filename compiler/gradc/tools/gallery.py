"""The gallery: the C of every loss of the catalogue, checked in, so that a change to the compiler shows what it does.

``python -m gradc.tools.gallery`` writes generated/NAME.c and generated/NAME.h of each loss, the helpers that they share
in generated/support/, and generated/README.md again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from inspect import getdoc
from pathlib import Path

from gradc.losses import CATALOGUE, Loss
from gradc.making import make_kernel
from gradc.units import render

DIRECTORY = Path(__file__).resolve().parents[3] / "generated"
SUPPORT = "support"  # the folder of the helpers
COMMAND = "python -m gradc.tools.gallery"

_INTRODUCTION = f"""\
# The gallery

The C that gradc writes for every loss of its catalogue, `gradc.losses`, in float64: the value, the forward and the
backward half, and value and gradient in one pass. A file's header tells how to call it. What the files share, such as
products of matrices and functions of loops, stands in [support/](support); `gradc build` writes one file that stands
alone.

Written by `{COMMAND}` (or `make refresh`); the tests compare it byte for byte with what the compiler
writes now.
"""


def write_loss(record: Loss, dtype: str = "float64") -> dict[str, str]:
    """The C file and the header of a loss, and the headers of helpers that it includes, by path."""
    kernel = make_kernel(record.function, record.signature, record.wrt, record.name, dtype, "c")
    source = render(kernel.units(), kernel.program, kernel.name, kernel.dtype, include=True, support=SUPPORT)
    return {f"{record.name}.c": source.c, f"{record.name}.h": source.header, **source.support}


def write_index() -> str:
    """The text of ``README.md``: a table for each group of losses."""
    groups: dict[str, list[Loss]] = {}
    for record in CATALOGUE.values():
        groups.setdefault(record.group, []).append(record)
    lines = [_INTRODUCTION]
    for group, records in groups.items():
        lines += [f"## {group.capitalize()}\n", "| loss | what it is | signature |", "| --- | --- | --- |"]
        for record in records:
            what = (getdoc(record.function) or "").split("\n\n")[0].replace("\n", " ").replace("|", r"\|")
            lines.append(f"| [{record.name}]({record.name}.c) | {what} | `{record.signature}` |")
        lines.append("")
    return "\n".join(lines)


def write_gallery() -> Iterator[tuple[str, str]]:
    """The name and the text of every file of the gallery."""
    files = {"README.md": write_index()}
    for record in CATALOGUE.values():
        files |= write_loss(record)
    yield from files.items()


def main() -> None:
    """Write the gallery, and remove from it what is no longer in the catalogue."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write the C of every loss of the catalogue.")
    parser.add_argument("directory", nargs="?", type=Path, default=DIRECTORY, help="default: generated/")
    directory: Path = parser.parse_args().directory
    written: set[str] = set()
    for name, text in write_gallery():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
        written.add(name)
    for path in sorted(directory.rglob("*.[ch]")):
        if path.relative_to(directory).as_posix() not in written:
            path.unlink()
            print(f"removed {path}")


if __name__ == "__main__":
    main()
