"""What is not let in is refused at once, and what asks for health always is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from gateway.admission.admission import Admission
from gateway.admission.clients import ClientSettings
from gateway.admission.limit import LimitSettings
from gateway.admission.rates import ClassLimits, RateSettings
from gateway.operation.request import GraphQLRequest
from gateway.response.response import GraphQLResponse
from gateway.server.app import create_server
from tests.unit.server.small_engine import SmallEngine
from tests.unit.server.sockets import PATIENCE_S, RawClient, connected, head, post, served

pytestmark = pytest.mark.anyio

HELLO = {"query": "{ hello }"}
WAIT = {"query": "{ wait }"}


@pytest.fixture
def admission() -> Admission:
    return Admission(LimitSettings(ceiling=1, floor=1))


@pytest.fixture
async def url(engine: SmallEngine, admission: Admission) -> AsyncIterator[str]:
    async with served(create_server(engine, admission=admission)) as url:
        yield url


@pytest.fixture
async def waiting(url: str, engine: SmallEngine) -> AsyncIterator[RawClient]:
    """A client whose operation takes the only place."""
    async with connected(url) as raw:
        await raw.send(post(WAIT))
        async with asyncio.timeout(PATIENCE_S):
            await engine.waiting.wait()
        yield raw


async def test_what_is_too_much_is_refused_with_a_code_and_a_time(
    url: str, waiting: RawClient, engine: SmallEngine
) -> None:
    """The connection stays: a new one for each refusal would cost more than the refusal."""
    async with connected(url) as raw:
        for request in (post(HELLO), head("GET", "/graphql?query={hello}"), post({"query": 1})):
            await raw.send(request)
            answer = await raw.answer()
            assert (answer.status, answer.code(), answer.headers["retry-after"]) == (503, "GATEWAY_OVERLOADED", "1")
            assert "connection" not in answer.headers
    assert len(engine.seen) == 1


@pytest.mark.parametrize("path", ["/health", "/ready", "/explorer/settings.json"])
async def test_health_is_never_refused(url: str, waiting: RawClient, path: str) -> None:
    async with connected(url) as raw:
        await raw.send(head("GET", path))
        assert (await raw.answer()).status == 200


async def test_place_is_free_again_however_an_operation_ends(
    url: str, admission: Admission, waiting: RawClient, engine: SmallEngine
) -> None:
    """With an answer, with a refusal of its document, with a fault of ours, or with a client that goes away."""
    engine.release.set()
    assert (await waiting.answer()).status == 200
    async with connected(url) as raw:
        for query in ("{ hello }", "{ nonsense", "{ boom }"):
            await raw.send(post({"query": query}))
            assert (await raw.answer()).status in (200, 500)
        await raw.send(post({"no": "query"}))
        assert (await raw.answer()).status == 400
    engine.release.clear()
    engine.waiting.clear()
    async with connected(url) as raw:
        await raw.send(post(WAIT))
        async with asyncio.timeout(PATIENCE_S):
            await engine.waiting.wait()
    async with asyncio.timeout(PATIENCE_S):
        await engine.cancelled.wait()
    await asyncio.sleep(0)
    assert admission.limit.in_flight == 0


async def test_refusals_and_the_limit_are_told(url: str, admission: Admission, waiting: RawClient) -> None:
    async with connected(url) as raw:
        await raw.send(post(HELLO))
        await raw.answer()
    told = {(s.name, *s.labels.values()): s.value for family in admission.collect() for s in family.samples}
    assert told["braid_admission_refused_total", "GATEWAY_OVERLOADED"] == 1
    assert (told["braid_admission_limit",], told["braid_admission_in_flight",]) == (1, 1)


async def test_client_with_too_many_requests_is_refused_and_others_are_not(engine: SmallEngine) -> None:
    """Here the API key tells them apart; the connection stays open."""
    rates = RateSettings(ClientSettings("x-api-key", unlisted=True), classes={"default": ClassLimits("2/minute")})
    async with served(create_server(engine, admission=Admission(rates=rates))) as url, connected(url) as raw:
        for key, status in (("ann", 200), ("ann", 200), ("ann", 429), ("bob", 200)):
            await raw.send(post(HELLO, x_api_key=key))
            answer = await raw.answer()
            assert answer.status == status
            assert "connection" not in answer.headers
            if status == 429:
                assert answer.code() == "RATE_LIMITED"
                assert (answer.headers["ratelimit-limit"], int(answer.headers["retry-after"]) > 0) == ("2", True)
        await raw.send(head("GET", "/health", x_api_key="ann"))
        assert (await raw.answer()).status == 200
    assert len(engine.seen) == 3


async def test_operation_that_costs_more_than_is_left_is_refused() -> None:
    """The engine knows the cost; the server knows whose budget it is."""

    class Costly(SmallEngine):
        async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
            assert request.spend is not None
            await request.spend(60)
            return await super().run(request, headers, request_id)

    admission = Admission(rates=RateSettings(classes={"default": ClassLimits(cost="100/minute")}))
    async with served(create_server(Costly(), admission=admission)) as url, connected(url) as raw:
        await raw.send(post(HELLO))
        assert (await raw.answer()).status == 200
        await raw.send(post(HELLO))
        answer = await raw.answer()
        assert (answer.status, answer.code()) == (429, "COST_BUDGET_SPENT")
    assert admission.limit.in_flight == 0
