"""A shop of 2,000 orders, its services as processes, and copies of it that no projector keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from gateway.projections.stores import open_store
from mock_services.estate import Estate
from mock_services.generator import Sizes
from tests.shop.search.copies import Copy
from tests.shop.search.joined import JoinedShop
from tests.shop_services.conftest import ask as services
from tests.shop_services.conftest import clients, estate, running_estate

__all__ = ["clients", "estate", "running_estate", "services"]

MakeCopy = Callable[[], Copy]


@pytest.fixture(scope="session")
def sizes() -> Sizes:
    return Sizes(customers=200, products=100, orders=2000)


@pytest.fixture(scope="session")
def backend() -> str:
    return "sqlite"


@pytest.fixture
def make_copy(tmp_path: Path) -> Iterator[MakeCopy]:
    """Makes a copy with nothing in it yet, in a store of its own."""
    with ExitStack() as stack:
        made: list[Copy] = []

        def make() -> Copy:
            store = open_store(tmp_path / f"copy-{len(made)}")
            stack.callback(store.close)
            made.append(stack.enter_context(Copy(store)))
            return made[-1]

        yield make


@pytest.fixture
def copy(make_copy: MakeCopy) -> Copy:
    """An empty one that can be read."""
    return make_copy().finish()


@dataclass(frozen=True)
class StoredCopy:
    """folder: of its store."""

    copy: Copy
    folder: Path


@pytest.fixture(scope="session")
def stored_copy(running_estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredCopy]:
    """Of the whole shop, as it was generated; tests may only read it."""
    folder = tmp_path_factory.mktemp("projections")
    store = open_store(folder)
    with ExitStack() as stack:
        stack.callback(store.close)
        urls = running_estate.urls()
        services = {name: stack.enter_context(httpx.Client(base_url=url)) for name, url in urls.items()}
        yield StoredCopy(stack.enter_context(Copy(store)).fill(services).finish(), folder)


@pytest.fixture(scope="session")
def shop_copy(stored_copy: StoredCopy) -> Copy:
    return stored_copy.copy


@pytest.fixture(scope="session")
def joined(running_estate: Estate, shop_copy: Copy) -> JoinedShop:
    """The same shop, joined by brute force over the services' APIs, when the copy was made."""
    return JoinedShop.of(running_estate.urls())
