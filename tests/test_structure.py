"""What is scheduled is made of what it was made of: a way that is only quicker is lost unnoticed where nobody looks."""

from __future__ import annotations

import pytest

import structure


@pytest.mark.parametrize("name", structure.sources())
def test_programs_are_made_of_what_they_were(name: str) -> None:
    """Where a change is meant, `python tests/structure.py` writes the lines again: read what has changed."""
    found = structure.lines(name)
    before = structure.read()
    assert found == {key: before[key] for key in found}


def test_nothing_else_is_written_there() -> None:
    assert {key.rsplit(", ", 1)[0] for key in structure.read()} == set(structure.sources())
