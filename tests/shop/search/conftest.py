"""A shop of 2,000 orders, its services as processes, and copies of it that no projector keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
from tests.shop_services.postgresql import BACKENDS
from tests.unit.projections.stores.shop import place

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


@contextmanager
def whole_copy(kind: str, folder: Path, estate: Estate) -> Iterator[Copy]:
    """Of the whole shop, as it is now, in a store of this kind."""
    with ExitStack() as stack:
        where = stack.enter_context(place(kind, folder))
        urls = estate.urls()
        services = {name: stack.enter_context(httpx.Client(base_url=url)) for name, url in urls.items()}
        yield stack.enter_context(Copy(where.open())).fill(services).finish()


@pytest.fixture(scope="session", params=BACKENDS)
def shop_copy(
    running_estate: Estate, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Copy]:
    """On each kind of store; tests may only read it."""
    with whole_copy(request.param, tmp_path_factory.mktemp("copy"), running_estate) as copy:
        yield copy


@pytest.fixture(scope="session")
def stored_copy(running_estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredCopy]:
    """In a folder, for gateways to read."""
    folder = tmp_path_factory.mktemp("copy")
    with whole_copy("sqlite", folder, running_estate) as copy:
        yield StoredCopy(copy, folder / "projections")


@pytest.fixture(scope="session")
def joined(running_estate: Estate) -> JoinedShop:
    """The same shop, joined by brute force over the services' APIs."""
    return JoinedShop.of(running_estate.urls())
