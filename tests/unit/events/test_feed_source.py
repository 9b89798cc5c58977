"""A feed that does not answer, or answers anything but what follows: the reader is told which, and keeps its place."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from gateway.events import EventsError, EventsMalformed, EventsUnavailable, FeedClient, FeedSource, Position
from tests.unit.services.raw_server import Exchange, http, raw_server

pytestmark = pytest.mark.anyio

HERE = Position("f", 4)


def an_event(position: int, **changed: Any) -> dict[str, Any]:
    """None in `changed`: without that attribute."""
    event = {
        "specversion": "1.0",
        "id": f"e{position}",
        "source": "/orders",
        "type": "order.placed.v1",
        "subject": "o-1",
        "time": "2026-11-02T10:00:00.042Z",
        "datacontenttype": "application/json",
        "data": {"id": "o-1"},
        "position": position,
        "aggregateversion": position,
    } | changed
    return {name: value for name, value in event.items() if value is not None}


def a_page(*events: Any, **changed: Any) -> bytes:
    return http(json.dumps({"feed": "f", "head": 6, "events": list(events)} | changed).encode())


async def read(answer: bytes, *, timeout_s: float = 5.0, limit: int = 2) -> Any:
    """Behind position 4. Nothing more is sent after the answer, and the connection stays open."""

    async def script(exchange: Exchange) -> None:
        assert exchange.target == "/events?after=4&limit=2&wait=0.000"
        if answer:
            await exchange.send(answer)

    async with raw_server(script) as server:
        source = FeedSource(FeedClient("orders", server.url, timeout_s=timeout_s))
        try:
            return await source.read(HERE, limit=limit, wait_s=0)
        finally:
            await source.close()


async def test_a_right_answer_is_taken() -> None:
    """Attributes that are not known are let be."""
    batch = await read(a_page(an_event(5, comment="new"), an_event(6, correlationid="r-1")))
    assert [event.position for event in batch.events] == [5, 6]
    assert (batch.position, batch.head, batch.events[1].correlationid) == (Position("f", 6), 6, "r-1")


GARBAGE = {
    "no JSON": http(b"<html>"),
    "not UTF-8": http(b'{"feed": "\xff"}'),
    "something else": http(b'["feed"]'),
    "nothing": http(b""),
    "nested without end": http(b'{"feed": "f", "head": 6, "events": ' + b"[" * 100_000),
    "without a feed": a_page(an_event(5), feed=""),
    "a head that is none": a_page(an_event(5), head="6"),
    "a negative head": a_page(head=-1),
    "an event without an id": a_page(an_event(5, id=None)),
    "an event without data": a_page(an_event(5, data=None)),
    "an event without a subject": a_page(an_event(5, subject=None)),
    "another specification": a_page(an_event(5, specversion="0.3")),
    "a time without an offset": a_page(an_event(5, time="2026-11-02T10:00:00")),
    "a position as text": a_page(an_event(5) | {"position": "5"}),
    "an event that was read already": a_page(an_event(4), an_event(5)),
    "a gap": a_page(an_event(5), an_event(7), head=9),
    "a gap before the first": a_page(an_event(6)),
    "another order": a_page(an_event(6), an_event(5)),
    "an event twice": a_page(an_event(5), an_event(5)),
    "more than was asked for": a_page(an_event(5), an_event(6), an_event(7), head=7),
    "an event behind the head": a_page(an_event(5), head=4),
    "no event though there are some": a_page(),
    "an unknown encoding": http(b"x", "content-encoding: br"),
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_is_not_taken_for_events(answer: bytes) -> None:
    with pytest.raises(EventsMalformed) as raised:
        await read(answer)
    assert (raised.value.code, raised.value.source) == ("EVENTS_MALFORMED", "orders")
    assert "127.0.0.1" not in raised.value.message


UNAVAILABLE = {
    "an error": http(b"no", status="503 Service Unavailable"),
    "a refusal of another kind": http(b"{}", status="410 Gone"),
    "a conflict of another kind": http(b'{"code":"BUSY"}', status="409 Conflict"),
    "a redirect": http(b"", "location: http://elsewhere/", status="302 Found"),
    "half an answer": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
    "no answer": b"",
    "no HTTP": b"220 mail.example.com ESMTP\r\n",
}


@pytest.mark.parametrize("answer", UNAVAILABLE.values(), ids=UNAVAILABLE.keys())
async def test_a_feed_that_fails_may_be_asked_again(answer: bytes) -> None:
    with pytest.raises(EventsUnavailable) as raised:
        await read(answer, timeout_s=0.5)
    assert (raised.value.code, raised.value.source) == ("EVENTS_UNAVAILABLE", "orders")
    assert "127.0.0.1" not in raised.value.message


async def test_a_service_that_is_not_there_may_be_asked_again() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        source = FeedSource(FeedClient("orders", f"http://127.0.0.1:{nobody.getsockname()[1]}"))
        with pytest.raises(EventsUnavailable):
            await source.read(HERE, limit=2, wait_s=0)
        await source.close()
        await source.close()


async def test_every_failure_is_of_one_family() -> None:
    for answer in (GARBAGE["a gap"], UNAVAILABLE["an error"]):
        with pytest.raises(EventsError):
            await read(answer)
