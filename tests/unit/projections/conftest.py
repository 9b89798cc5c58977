from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.projections.store import Store
from gateway.projections.stores import open_store
from tests.unit.projections.shelf import Shelf
from tests.unit.projections.town import Town


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path / "store")
    yield made
    made.close()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def town() -> Town:
    return Town()
