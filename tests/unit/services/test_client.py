"""The service client over real sockets: what it sends, what it gives back, and what it makes of every kind of fault."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
import respx

from gateway.services.body import BodyTooLarge
from gateway.services.client import MAX_RESPONSE_BYTES, ServiceClient, SourceProblem, SourceRefused
from gateway.services.errors import (
    DeadlineExceeded,
    MalformedSourceResponse,
    SourceError,
    SourceHttpError,
    SourceResponseTooLarge,
    SourceTimeout,
    SourceUnreachable,
)
from gateway.services.policy.options import PolicyOptions
from gateway.services.policy.policy import ServicePolicy
from gateway.services.transport import AiohttpTransport, HttpxTransport
from tests.unit.services.conftest import MakeContext
from tests.unit.services.raw_server import Exchange, RawServer, Script, http, raw_server

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def client_of(
    script: Script, timeout_s: float = 1.5, max_response_bytes: int = MAX_RESPONSE_BYTES
) -> AsyncGenerator[tuple[ServiceClient, RawServer]]:
    async with raw_server(script) as server:
        policy, limit = policy_of(timeout_s), max_response_bytes
        client = ServiceClient("stock", server.url, AiohttpTransport(), policy=policy, max_response_bytes=limit)
        try:
            yield client, server
        finally:
            await client.close()


def policy_of(timeout_s: float) -> ServicePolicy:
    return ServicePolicy("stock", PolicyOptions(timeout_s=timeout_s))


def answer(*pieces: bytes | float) -> Script:
    """Sends byte pieces and sleeps number pieces (seconds), for every request alike."""

    async def script(exchange: Exchange) -> None:
        for piece in pieces:
            await (exchange.send(piece) if isinstance(piece, bytes) else asyncio.sleep(piece))

    return script


class Row(msgspec.Struct):
    id: str
    count: int


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


async def test_connections_are_used_again(make_context: MakeContext) -> None:
    """Ten calls one after the other need one connection."""
    async with client_of(answer(http(b"{}"))) as (client, server):
        for _ in range(10):
            await client.get_json("/x", context=make_context())
    assert (len(server.exchanges), server.connections) == (10, 1)


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


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
DRIP = [piece for _ in range(200) for piece in (b" ", 0.05)]

FAULTS = {
    "silence": (answer(60.0), SourceTimeout),
    "dripped headers": (
        answer(b"HTTP/1.1 200 OK\r\n", *[p for _ in range(200) for p in (b"x: y\r\n", 0.05)]),
        SourceTimeout,
    ),
    "dripped body": (answer(HEAD + b"content-length: 900\r\n\r\n", *DRIP), SourceTimeout),
    "half a body, then silence": (answer(HEAD + b"content-length: 9\r\n\r\n{", 60.0), SourceTimeout),
    "not HTTP": (answer(b"\x00\x01 nonsense\r\n\r\n"), MalformedSourceResponse),
    "not JSON": (answer(http(b"<html>hello</html>", content_type="text/html")), MalformedSourceResponse),
    "nothing": (answer(http(b"")), MalformedSourceResponse),
    "deep JSON": (answer(http(b"[" * 100_000)), MalformedSourceResponse),
    "not UTF-8": (answer(http(b'"\xff\xfe"')), MalformedSourceResponse),
    "wrong type": (answer(http(b'{"id":7,"count":"x"}')), MalformedSourceResponse),
    "unknown encoding": (answer(http(b"{}", "content-encoding: br")), MalformedSourceResponse),
    "broken gzip": (answer(http(b"abc", "content-encoding: gzip")), MalformedSourceResponse),
    "cut gzip": (answer(http(gzip.compress(b"{}" * 99)[:-9], "content-encoding: gzip")), MalformedSourceResponse),
    "huge body": (answer(http(b" " * 200_000)), SourceResponseTooLarge),
    "gzip bomb": (answer(http(gzip.compress(b" " * 50_000_000), "content-encoding: gzip")), SourceResponseTooLarge),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_has_its_error(make_context: MakeContext, fault: str) -> None:
    """Coded, naming the service and never its address, and well before a fault that goes on for 10 s is over."""
    script, expected = FAULTS[fault]
    started = asyncio.get_running_loop().time()
    timeout_s = 0.3 if expected is SourceTimeout else 20
    async with client_of(script, timeout_s=timeout_s, max_response_bytes=150_000) as (client, server):
        with pytest.raises(SourceError) as caught:
            await client.get_json("/x", context=make_context(20), decode_as=Row)
        assert type(caught.value) is expected
        assert "'stock'" in caught.value.message
        assert str(server.port) not in caught.value.message
        assert "127.0.0.1" not in caught.value.message
    assert asyncio.get_running_loop().time() - started < 5


@pytest.mark.parametrize(
    ("body", "says"), [(b"[" * 100_000, "too deeply"), (b'"\xff\xfe"', "not answer with JSON"), (b"", "with JSON")]
)
async def test_what_is_not_json_is_malformed_where_any_would_do(
    make_context: MakeContext, body: bytes, says: str
) -> None:
    """Without a type to decode to."""
    async with client_of(answer(http(body))) as (client, _):
        with pytest.raises(MalformedSourceResponse, match=says):
            await client.get_json("/x", context=make_context())


async def hang_up(exchange: Exchange) -> None:
    exchange.writer.close()


async def half_close(exchange: Exchange) -> None:
    await exchange.send(HEAD + b"content-length: 9\r\n\r\n{")
    exchange.writer.close()


async def reset(exchange: Exchange) -> None:
    exchange.writer.transport.abort()


@pytest.mark.parametrize("script", [hang_up, half_close, reset])
async def test_a_connection_that_breaks_is_unreachable_not_slow(make_context: MakeContext, script: Script) -> None:
    """A broken connection is told from a slow service, whatever the library calls it."""
    async with client_of(script) as (client, _):
        with pytest.raises(SourceUnreachable):
            await client.get_json("/x", context=make_context())


async def test_nobody_there_is_unreachable(make_context: MakeContext) -> None:
    """A refused connection, for instance of a killed service, is known at once."""
    async with raw_server(hang_up) as server:
        pass
    client = ServiceClient("stock", server.url, AiohttpTransport())
    with pytest.raises(SourceUnreachable) as caught:
        await client.get_json("/x", context=make_context())
    assert str(server.port) not in str(caught.value)
    await client.close()


async def test_the_requests_deadline_beats_the_services_timeout(make_context: MakeContext) -> None:
    """With less left of the request than the service may take, the error comes then, and says that it was the
    deadline."""
    started = asyncio.get_running_loop().time()
    async with client_of(answer(60.0), timeout_s=10) as (client, _):
        with pytest.raises(DeadlineExceeded):
            await client.get_json("/x", context=make_context(0.1))
        with pytest.raises(DeadlineExceeded):
            await client.get_json("/x", context=make_context(-1.0))
    assert asyncio.get_running_loop().time() - started < 5


async def test_cancellation_passes_through_and_closes_the_connection(make_context: MakeContext) -> None:
    """A caller that goes away takes its call with it; the connection with the pending answer is not used again."""
    async with client_of(answer(5.0)) as (client, server):
        task = asyncio.create_task(client.get_json("/x", context=make_context()))
        await asyncio.sleep(0.1)
        assert len(server.exchanges) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.02)
        assert server.connections == 1
        with pytest.raises(DeadlineExceeded):
            await client.get_json("/x", context=make_context(0.05))
        assert server.connections == 2


async def test_good_gzip_is_read(make_context: MakeContext) -> None:
    """A service that compresses unasked is understood."""
    async with client_of(answer(http(gzip.compress(b'{"a":1}'), "content-encoding: gzip"))) as (client, _):
        assert await client.get_json("/x", context=make_context()) == {"a": 1}


def surplus(where: str, sent: asyncio.Event) -> Script:
    """Answers each request with its own number and sends one more answer, with a secret, that nobody asked for. Sets
    `sent` when all has been sent."""
    numbers = iter(range(1_000))

    async def script(exchange: Exchange) -> None:
        number = next(numbers)
        mine, extra = http(b'{"n":%d}' % number), http(b'{"secret":%d}' % number)
        if where == "same piece":
            await exchange.send(mine + extra)
        elif where == "with the end of the body":
            await exchange.send(mine[:-4])
            await asyncio.sleep(0.01)
            await exchange.send(mine[-4:] + extra)
        else:
            await exchange.send(mine)
            await asyncio.sleep(0.01)
            await exchange.send(extra)
        sent.set()

    return script


@pytest.mark.parametrize("read", [True, False])
@pytest.mark.parametrize("where", ["same piece", "with the end of the body", "later"])
async def test_an_answer_never_reaches_another_caller(make_context: MakeContext, where: str, read: bool) -> None:
    """A service that sends one answer too many spoils its own connection, not the next caller's answer: whether or not
    the surplus has been read from the socket when the next call starts."""
    sent = asyncio.Event()
    async with client_of(surplus(where, sent), timeout_s=10) as (client, _):
        for number in range(20):
            assert await client.get_json("/x", context=make_context(10)) == {"n": number}
            await sent.wait()
            sent.clear()
            if read:
                await asyncio.sleep(0.005)


async def test_a_connection_that_the_service_closed_is_not_used_again(make_context: MakeContext) -> None:
    """Services close idle connections; the next call, also a POST that must not be sent twice, takes a new one."""
    closed = asyncio.Event()

    async def answer_and_close(exchange: Exchange) -> None:
        await exchange.send(http(b"{}"))
        await asyncio.sleep(0.01)
        exchange.writer.transport.close()
        closed.set()

    async with client_of(answer_and_close) as (client, server):
        for _ in range(5):
            await client.post_json("/x", {}, context=make_context())
            await closed.wait()
            closed.clear()
    assert (len(server.exchanges), server.connections) == (5, 5)


async def test_the_pool_is_bounded(make_context: MakeContext) -> None:
    """Calls beyond the pool wait for a connection."""
    arrived, gate = asyncio.Semaphore(0), asyncio.Event()

    async def wait_at_gate(exchange: Exchange) -> None:
        arrived.release()
        await gate.wait()
        await exchange.send(http(b"{}"))

    async with raw_server(wait_at_gate) as server:
        client = ServiceClient("stock", server.url, AiohttpTransport(connections=2), policy=policy_of(10))
        calls = asyncio.gather(*(client.get_json("/x", context=make_context(10)) for _ in range(6)))
        for _ in range(2):
            await arrived.acquire()
        await asyncio.sleep(0.05)
        assert len(server.exchanges) == 2
        gate.set()
        assert await calls == [{}] * 6
        await client.close()
    assert server.connections == 2


async def test_waiting_for_a_connection_counts_as_time(make_context: MakeContext) -> None:
    """Behind a call that never ends, the next one times out all the same."""
    async with raw_server(answer(60.0)) as server:
        client = ServiceClient("stock", server.url, AiohttpTransport(connections=1), policy=policy_of(0.1))
        calls = (client.get_json("/x", context=make_context()) for _ in range(3))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        await client.close()
    assert [type(outcome) for outcome in outcomes] == [SourceTimeout] * 3


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
