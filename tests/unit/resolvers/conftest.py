from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
import respx

from gateway.services.client import ServiceClient
from gateway.services.transport import AiohttpTransport
from gateway.subgraphs import LocalSubgraph
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.services.conftest import make_context

__all__ = ["make_context"]

SERVICES = ("catalog", "customers", "inventory", "orders", "payments", "support")

Ask = Callable[..., Awaitable[SubgraphResponse]]


@pytest.fixture
def services() -> Any:
    """The shop's services, mocked at the client: a respx router whose routes tests declare."""
    with respx.mock(using="httpx", assert_all_called=False) as router:
        yield router


@pytest.fixture
async def ask(make_context: Any, services: respx.MockRouter) -> AsyncGenerator[Ask]:
    """`await ask("orders", document, **variables)`: one fetch from the shop's subgraph of this name."""
    clients = {name: ServiceClient(name, f"http://{name}.test", AiohttpTransport()) for name in SERVICES}

    async def ask(name: str, document: str, **variables: Any) -> SubgraphResponse:
        subgraph = LocalSubgraph(name, importlib.import_module(f"schema.{name}").schema)
        return await subgraph.fetch(SubgraphRequest(document, variables), make_context(services=clients))

    yield ask
    for client in clients.values():
        await client.close()
