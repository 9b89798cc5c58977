"""Every kind of store, for the tests that all of them must pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.projections.store import Store
from tests.shop_services.postgresql import BACKENDS
from tests.unit.projections.stores.shop import Place, place


@pytest.fixture(params=BACKENDS)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with place(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def store(home: Place) -> Store:
    return home.open()
