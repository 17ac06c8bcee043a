"""What the documents say: their Python examples run, their tables are those of the code, their links lead somewhere."""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_examples_run(page, tmp_path, monkeypatch):
    """The blocks of a page are one session: a block with prompts is compared, one without is run."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"__name__": "__main__"}
    text = page.read_text(encoding="utf-8")
    for block in FENCE.finditer(text):
        line = text[: block.start(1)].count("\n")
        if not block[1].lstrip().startswith(">>>"):
            exec(compile("\n" * line + block[1], str(page), "exec"), space)
            continue
        test = doctest.DocTestParser().get_doctest(block[1], space, page.name, str(page), line)
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
        said: list[str] = []
        result = doctest.DocTestRunner(optionflags=flags).run(test, out=said.append, clear_globs=False)
        space.update(test.globs)
        assert not result.failed, "".join(said)


def test_the_readme_and_every_guide_have_examples():
    for page in PAGES:
        if page.name in ("README.md", "numpy.md", "formulas.md", "sympy.md", "conventions.md", "kernels.md"):
            assert FENCE.search(page.read_text(encoding="utf-8")), page


def test_tables_are_those_of_the_code():
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "tables.py")
    assert spec
    assert spec.loader
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    for page in tables.PAGES:
        text = page.read_text(encoding="utf-8")
        assert "| --- |" in text
        assert tables.filled(text) == text, "run `python docs/tables.py`, or `make refresh`"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_every_page_is_in_the_index():
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "index.md" or f"({page.name})" in text, page
