"""The shop with its default data as seven processes, and gateways over it as processes of their own.

The estate and the services' clients are those of tests/shop_services, over a larger shop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from gateway.projections.stores import open_store
from mock_services.estate import Estate
from mock_services.generator import Sizes
from tests.shop.gateway_process import REPOSITORY, GatewayProcess
from tests.shop.rest_shop import RestShop
from tests.shop.search.copies import Copy
from tests.shop_services.conftest import ask as services
from tests.shop_services.conftest import clients, estate, postgresql, running_estate

__all__ = ["clients", "estate", "postgresql", "running_estate", "services"]


class MakeGateway(Protocol):
    """Makes a gateway process that is not yet started. services: addresses other than the estate's, by name."""

    def __call__(
        self, *, services: Mapping[str, str] | None = None, config: Path = REPOSITORY / "braid.yaml", **settings: str
    ) -> GatewayProcess: ...


@pytest.fixture(scope="session")
def sizes() -> Sizes:
    """2,000 customers, some with hundreds of orders; 1,000 products; 20,000 orders. Half a second to make."""
    return Sizes()


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a module is parametrized by the backend."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def make_gateway(running_estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> MakeGateway:
    """`with make_gateway(BRAID_EXECUTION__BATCHING="false") as gateway:` serves inside the block."""

    def make(
        *, services: Mapping[str, str] | None = None, config: Path = REPOSITORY / "braid.yaml", **settings: str
    ) -> GatewayProcess:
        folder = tmp_path_factory.mktemp("gateway")
        own = {"BRAID_PROJECTIONS__STORE": str(folder / "projections")} | settings
        return GatewayProcess(running_estate.urls() | dict(services or {}), folder / "stderr", own, config)

    return make


@pytest.fixture(scope="session")
def gateway(make_gateway: MakeGateway) -> Iterator[GatewayProcess]:
    """The gateway as configured for the demo."""
    with make_gateway() as serving:
        yield serving


@pytest.fixture(scope="session")
def reading_gateway(
    make_gateway: MakeGateway, running_estate: Estate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """The same with a projection of the shop as it is when this is made; nobody keeps it up to date."""
    folder = tmp_path_factory.mktemp("projections")
    with ExitStack() as stack:
        services = {
            name: stack.enter_context(httpx.Client(base_url=url)) for name, url in running_estate.urls().items()
        }
        with closing(open_store(folder)) as store, Copy(store) as copy:
            copy.fill(services).finish()
        yield stack.enter_context(make_gateway(BRAID_PROJECTIONS__STORE=str(folder)))


@pytest.fixture(scope="session")
def unbatched(make_gateway: MakeGateway) -> Iterator[GatewayProcess]:
    """A call for every entity."""
    with make_gateway(BRAID_EXECUTION__BATCHING="false") as serving:
        yield serving


@pytest.fixture(scope="session")
def without_lookups(make_gateway: MakeGateway) -> Iterator[GatewayProcess]:
    """Entities are fetched after the root field that yields them."""
    with make_gateway(BRAID_EXECUTION__LOOKUPS="false") as serving:
        yield serving


@pytest.fixture
def shop(services: dict[str, httpx.Client]) -> RestShop:
    """The oracle: what the services themselves say."""
    return RestShop(services)


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    """Asks while the test looks on."""
    with ThreadPoolExecutor() as executor:
        yield executor
