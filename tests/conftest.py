"""What all tests share: a cache of their own, so that none reads or fills the user's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache_directory(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    """One directory for the whole run, which parallel workers share."""
    base = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADC_CACHE_DIR", str((base if worker_id == "master" else base.parent) / "gradc-cache"))
        yield
