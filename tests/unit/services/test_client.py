"""The service client over real sockets: what it sends, and what it gives back."""

from __future__ import annotations

import gzip

import httpx
import pytest
import respx

from gateway.services.body import BodyTooLarge
from gateway.services.client import ServiceClient, SourceProblem, SourceRefused
from gateway.services.errors import SourceHttpError, SourceTimeout, SourceUnreachable
from gateway.services.transport import AiohttpTransport, HttpxTransport
from tests.unit.services.calling import Row, answer, client_of
from tests.unit.services.conftest import MakeContext
from tests.unit.services.raw_server import http, raw_server

pytestmark = pytest.mark.anyio


async def test_json_comes_back_decoded_strictly(make_context: MakeContext) -> None:
    """`decode_as` gives typed rows; without it plain JSON values."""
    async with client_of(answer(http(b'{"id":"a","count":3,"more":1}'))) as (client, _):
        context = make_context()
        assert await client.get_json("/x", context=context) == {"id": "a", "count": 3, "more": 1}
        assert await client.get_json("/x", context=context, decode_as=Row) == Row("a", 3)


async def test_parameters_arrive_as_given(make_context: MakeContext) -> None:
    """Separators, reserved characters and letters survive; None is left out; the base path is kept."""
    async with raw_server(answer(http(b"{}"))) as server:
        client = ServiceClient("stock", server.url + "/v2/", AiohttpTransport())
        params = {"ids": "a,b", "q": "1+1 & 2=ü%2C#?", "flag": True, "none": None}
        await client.get_json("/x", context=make_context(), params=params)
        await client.close()
    path, query = server.exchanges[0].target.split("?", 1)
    assert path == "/v2/x"
    assert dict(httpx.QueryParams(query)) == {"ids": "a,b", "q": "1+1 & 2=ü%2C#?", "flag": "true"}


async def test_request_id_traceparent_and_allowed_headers_are_sent_on(make_context: MakeContext) -> None:
    """What the context carries goes to the service; a forwarded header cannot replace ours."""
    context = make_context(traceparent="00-aa-bb-01", headers={"authorization": "Bearer t", "x-request-id": "forged"})
    async with client_of(answer(http(b"{}"))) as (client, server):
        await client.get_json("/x", context=context)
    sent = server.exchanges[0].headers
    assert sent["x-request-id"] == "req-1"
    assert sent["traceparent"] == "00-aa-bb-01"
    assert sent["authorization"] == "bearer t"


async def test_cookies_are_neither_kept_nor_sent(make_context: MakeContext) -> None:
    """What a service wants one caller to remember never reaches the next caller's request. Name, not IP address:
    aiohttp's own jar would ignore the latter anyway."""
    async with raw_server(answer(http(b"{}", "set-cookie: who=alice; path=/"))) as server:
        client = ServiceClient("stock", f"http://localhost:{server.port}", AiohttpTransport())
        for _ in range(2):
            await client.get_json("/x", context=make_context())
        await client.close()
    assert [exchange.headers.get("cookie") for exchange in server.exchanges] == [None, None]


async def test_redirects_are_an_http_error(make_context: MakeContext) -> None:
    """A service cannot send the gateway somewhere else."""
    async with client_of(answer(http(b"", "location: /elsewhere", status="302 Found"))) as (client, server):
        with pytest.raises(SourceHttpError) as caught:
            await client.get_json("/x", context=make_context())
    assert caught.value.status == 302
    assert [exchange.target for exchange in server.exchanges] == ["/x"]


async def test_proxies_of_the_environment_are_ignored(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`HTTP_PROXY` does not lead service calls away."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with client_of(answer(http(b"{}"))) as (client, _):
        assert await client.get_json("/x", context=make_context()) == {}


async def test_another_host_cannot_be_named_in_a_path(make_context: MakeContext) -> None:
    """A path is a path: an absolute URL is refused, and two slashes do not start a host."""
    async with client_of(answer(http(b"{}"))) as (client, server):
        with pytest.raises(ValueError, match="another host"):
            await client.get_json("http://example.com/x", context=make_context())
        await client.get_json("//example.com/x", context=make_context())
    assert len(server.exchanges) == 1


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "500 Oops", "503 Unavailable"])
async def test_a_status_outside_2xx_is_told_apart_by_its_number(make_context: MakeContext, status: str) -> None:
    """Callers can tell a 404 from a 500."""
    async with client_of(answer(http(b"<h1>no</h1>", status=status))) as (client, _):
        with pytest.raises(SourceHttpError) as caught:
            await client.get_json("/x", context=make_context())
    assert caught.value.status == int(status[:3])
    assert caught.value.code == "SUBREQUEST_HTTP_ERROR"


async def test_good_gzip_is_read(make_context: MakeContext) -> None:
    """A service that compresses unasked is understood."""
    async with client_of(answer(http(gzip.compress(b'{"a":1}'), "content-encoding: gzip"))) as (client, _):
        assert await client.get_json("/x", context=make_context()) == {"a": 1}


async def test_a_refused_command_carries_the_services_own_words(make_context: MakeContext) -> None:
    """A 4xx with a problem document is an answer to whoever gave the command; reads and other bodies are not."""
    problem = http(
        b'{"status":409,"code":"ORDER_NOT_CANCELLABLE","detail":"It has been shipped."}',
        status="409 Conflict",
        content_type="application/problem+json",
    )
    async with client_of(answer(problem)) as (client, server):
        with pytest.raises(SourceRefused) as refused:
            await client.post_json("/orders/o-1/cancel", {"why": "late"}, context=make_context())
        with pytest.raises(SourceProblem) as failed:
            await client.get_json("/orders", context=make_context())
    assert (refused.value.code, refused.value.message) == ("ORDER_NOT_CANCELLABLE", "It has been shipped.")
    assert (failed.value.code, failed.value.problem) == ("SUBREQUEST_HTTP_ERROR", "ORDER_NOT_CANCELLABLE")
    assert "shipped" not in failed.value.message
    assert server.exchanges[0].body == b'{"why":"late"}'


async def test_a_command_goes_out_under_its_key(make_context: MakeContext) -> None:
    """Without one there is no such header."""
    async with client_of(answer(http(b"{}"))) as (client, server):
        await client.post_json("/orders", {"n": 1}, context=make_context(), key="k-1")
        await client.post_json("/orders", None, context=make_context(), key="k-2")
        await client.post_json("/orders", {"n": 1}, context=make_context())
    assert [exchange.headers.get("idempotency-key") for exchange in server.exchanges] == ["k-1", "k-2", None]
    assert [exchange.body for exchange in server.exchanges] == [b'{"n":1}', b"", b'{"n":1}']


@pytest.mark.parametrize(
    "response",
    [
        http(b"no", status="409 Conflict", content_type="application/problem+json"),
        http(b'{"code":"X","detail":"secret"}', status="409 Conflict"),
        http(b'{"code":"X","detail":"secret"}', status="500 Oops", content_type="application/problem+json"),
    ],
)
async def test_other_failures_of_a_command_are_http_errors(make_context: MakeContext, response: bytes) -> None:
    """Only a 4xx that is a problem document speaks to the client."""
    async with client_of(answer(response)) as (client, _):
        with pytest.raises(SourceHttpError) as caught:
            await client.post_json("/x", None, context=make_context())
    assert type(caught.value) is SourceHttpError
    assert "secret" not in caught.value.message


async def test_respx_works_over_the_default_transport(make_context: MakeContext) -> None:
    """Users test their resolvers with respx without telling the gateway."""
    client = ServiceClient("stock", "http://stock.test", AiohttpTransport())
    with respx.mock(using="httpx") as router:
        route = router.get("http://stock.test/x", params={"ids": "a"}).respond(json={"a": 1})
        assert await client.get_json("/x", context=make_context(), params={"ids": "a"}) == {"a": 1}
        router.get("http://stock.test/down").mock(side_effect=httpx.ConnectError("http://stock.test refused"))
        with pytest.raises(SourceUnreachable):
            await client.get_json("/down", context=make_context())
        router.get("http://stock.test/slow").mock(side_effect=httpx.ReadTimeout("http://stock.test slow"))
        with pytest.raises(SourceTimeout):
            await client.get_json("/slow", context=make_context())
    assert route.calls.last.request.headers["x-request-id"] == "req-1"
    await client.close()


async def test_any_httpx_transport_can_be_plugged_in(make_context: MakeContext) -> None:
    """httpx.MockTransport without any patching, through both views."""
    transport = HttpxTransport(httpx.MockTransport(lambda request: httpx.Response(200, json={"at": request.url.path})))
    client = ServiceClient("stock", "http://stock.test", transport)
    assert await client.get_json("/x", context=make_context()) == {"at": "/x"}
    sent = await transport.send("POST", "http://stock.test/y", {}, b"{}", 100)
    assert (sent.status, sent.body) == (200, b'{"at":"/y"}')
    with pytest.raises(BodyTooLarge):
        await transport.send("POST", "http://stock.test/y", {}, b"{}", 10)
    await client.close()
