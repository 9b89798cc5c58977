"""What a request is given: by the operator, for all operations or one, and less when its client asks for less."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.app import build_app
from gateway.settings import Settings
from tests.unit.execution import budget_schema

pytestmark = pytest.mark.anyio

SETTINGS = Settings.model_validate(
    {
        "execution": {"deadline_s": 2.0, "operations": {"Report": {"deadline_s": 20.0}, "Quick": {"deadline_s": 0.5}}},
        "subgraphs": {"budget": {"schema": budget_schema.__name__}},
        "server": {"cors_origins": ["https://shop.example"]},
    }
)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Of a whole gateway over the one subgraph, without a socket."""
    app = build_app(SETTINGS)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("query", "header", "allowed_ms"),
    [
        ("{ allowedMs }", None, 2000),
        ("query Any { allowedMs }", None, 2000),
        ("query Report { allowedMs }", None, 20_000),
        ("query Quick { allowedMs }", None, 500),
        ("query report { allowedMs }", None, 2000),
        ("{ allowedMs }", "300", 300),
        ("{ allowedMs }", "2001", 2000),
        ("{ allowedMs }", "999999999", 2000),
        ("query Report { allowedMs }", "300", 300),
        ("query Report { allowedMs }", "5000", 5000),
        ("query Report { allowedMs }", "30000", 20_000),
        ("query Quick { allowedMs }", "300", 300),
        ("query Quick { allowedMs }", "1900", 500),
    ],
)
async def test_the_operator_sets_the_limit_and_the_client_may_ask_for_less(
    client: httpx.AsyncClient, query: str, header: str | None, allowed_ms: int
) -> None:
    """An operation's own figure stands in place of the general one, whichever is larger."""
    headers = {} if header is None else {"Braid-Timeout-Ms": header}
    answer = await client.post("/graphql", json={"query": query}, headers=headers)
    assert answer.json() == {"data": {"allowedMs": allowed_ms}}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize(
    "value", ["", "0", "-5", "+5", "1.5", "1e3", "0300", "300ms", "soon", "300, 300", "9" * 10, "\u0663\u0660\u0660"]
)
async def test_a_malformed_timeout_is_refused_before_anything_runs(
    client: httpx.AsyncClient, value: str, accept: str
) -> None:
    """With what would be right. It is not read as "no limit", which would be the opposite of what was meant."""
    budget_schema.asked.clear()
    headers = [(b"accept", accept.encode()), (b"braid-timeout-ms", value.encode())]
    answer = await client.post("/graphql", json={"query": "{ allowedMs }"}, headers=headers)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert "Braid-Timeout-Ms must be a whole number of milliseconds" in error["message"]
    assert budget_schema.asked == []


async def test_pages_of_allowed_origins_may_send_it(client: httpx.AsyncClient) -> None:
    """A browser asks beforehand."""
    answer = await client.options(
        "/graphql",
        headers={
            "origin": "https://shop.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type, braid-timeout-ms",
        },
    )
    assert answer.status_code == 200
    assert "braid-timeout-ms" in answer.headers["access-control-allow-headers"].lower()
