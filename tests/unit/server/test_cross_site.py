"""Cross-site request forgery: what another site's page can make a browser send is not executed."""

from __future__ import annotations

import httpx
import pytest

from gateway.server.app import create_server
from gateway.server.settings import ServerSettings
from tests.unit.server.small_engine import SmallEngine

pytestmark = pytest.mark.anyio

FOREIGN = "https://evil.example"
ALLOWED = "https://shop.example"
PARAMS = {"query": "{ hello }"}


@pytest.fixture
def settings() -> ServerSettings:
    return ServerSettings(cors_origins=(ALLOWED,))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": FOREIGN}, 403),
        ({"sec-fetch-site": "cross-site", "origin": ALLOWED}, 200),
        ({"origin": FOREIGN}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ALLOWED}, 200),
        ({"origin": "http://gateway"}, 200),
    ],
    ids=str,
)
async def test_get_for_another_sites_page_is_not_executed(
    client: httpx.AsyncClient, engine: SmallEngine, headers: dict[str, str], status: int
) -> None:
    """An image or a link of a page elsewhere is a GET that browsers send without asking."""
    answer = await client.get("/graphql", params=PARAMS, headers=headers)
    assert answer.status_code == status
    assert len(engine.seen) == (status == 200)
    if status == 403:
        assert answer.json()["errors"][0]["extensions"]["code"] == "CROSS_SITE_REQUEST"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None]
)
async def test_post_that_needs_no_preflight_is_not_executed(
    client: httpx.AsyncClient, engine: SmallEngine, content_type: str | None
) -> None:
    """The three types that forms can send, and none: a browser sends them to anybody."""
    headers = {"content-type": content_type} if content_type else {}
    answer = await client.post("/graphql", content=b'{"query":"{ hello }"}', headers=headers)
    assert (answer.status_code, engine.seen) == (415, [])


async def test_any_origin_may_get_where_cors_allows_all(engine: SmallEngine) -> None:
    transport = httpx.ASGITransport(create_server(engine, ServerSettings(cors_origins=("*",))))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.get("/graphql", params=PARAMS, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200


@pytest.mark.parametrize(("origin", "allowed"), [(ALLOWED, ALLOWED), (FOREIGN, None)])
async def test_preflight_allows_configured_origins_only(
    client: httpx.AsyncClient, origin: str, allowed: str | None
) -> None:
    headers = {"origin": origin, "access-control-request-method": "POST"}
    answer = await client.options("/graphql", headers=headers)
    assert answer.headers.get("access-control-allow-origin") == allowed
