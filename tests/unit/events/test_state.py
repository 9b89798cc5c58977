"""What a copy begins with, and how it finds out where it is wrong; over the customers service as a process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.events import (
    Aggregate,
    EventsMalformed,
    EventsUnavailable,
    FeedClient,
    FeedSource,
    FeedState,
    Position,
)
from gateway.events.state import bucket_of
from mock_services.estate import Estate
from mock_services.estate.remote import ask
from mock_services.generator import Sizes, generate
from tests.unit.services.raw_server import Exchange, http, raw_server

pytestmark = pytest.mark.anyio

CUSTOMERS = 500


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("shop")
    generate(directory, 1, Sizes(customers=CUSTOMERS, products=1, orders=1))
    with Estate(directory, services=["customers"]) as estate:
        yield estate.url("customers")


@pytest.fixture
async def client(url: str) -> AsyncIterator[FeedClient]:
    client = FeedClient("customers", url)
    yield client
    await client.close()


async def read_snapshot(state: FeedState, limit: int = 100) -> tuple[Position, dict[str, Aggregate]]:
    """The first page's position, and all aggregates."""
    page = await state.snapshot(limit=limit)
    first, items = page.position, {item.subject: item for item in page.items}
    while page.next:
        page = await state.snapshot(page.next, limit=limit)
        items |= {item.subject: item for item in page.items}
    return first, items


def versions_of(items: dict[str, Aggregate]) -> dict[str, int]:
    return {subject: item.aggregateversion for subject, item in items.items()}


def rename(url: str, id: str, name: str) -> None:
    ask(url, "POST", f"/customers/{id}/rename", {"name": name})


async def test_a_snapshot_is_everything(client: FeedClient) -> None:
    state = FeedState(client)
    _, items = await read_snapshot(state)
    assert len(items) >= CUSTOMERS
    assert sorted(items) == list(items)
    assert b'"name":' in bytes(items["c-000001"].data)
    digest = await state.digest()
    assert digest.differing(versions_of(items)) == []


async def test_a_copy_made_while_others_write_is_complete_with_the_events_behind_it(
    client: FeedClient, url: str
) -> None:
    """Whether a change fell on a page that was read already or on one that was not."""
    state = FeedState(client)
    page = await state.snapshot(limit=100)
    position, copy = page.position, versions_of({item.subject: item for item in page.items})
    for number, id in enumerate(["c-000001", "c-000300", "c-000001", "c-000450"]):
        rename(url, id, f"Meanwhile {number}")
    while page.next:
        page = await state.snapshot(page.next, limit=100)
        copy |= versions_of({item.subject: item for item in page.items})
    assert (await state.digest()).differing(copy) == [bucket_of("c-000001", 1024)]
    batch = await FeedSource(client).read(position, limit=100, wait_s=0)
    dropped = 0
    for event in batch.events:
        dropped += event.aggregateversion <= copy[event.subject]
        copy[event.subject] = max(copy[event.subject], event.aggregateversion)
    assert (len(batch.events), dropped) == (4, 2)
    assert (await state.digest()).differing(copy) == []


async def test_a_digest_finds_what_a_copy_has_wrong(client: FeedClient) -> None:
    """One that is missing, one that is too many, one that is old; and their buckets tell which."""
    state = FeedState(client)
    _, items = await read_snapshot(state, limit=1000)
    right = versions_of(items)
    wrong = {subject: version for subject, version in right.items() if subject != "c-000007"}
    wrong |= {"c-nobody": 1, "c-000008": right["c-000008"] + 1}
    differing = (await state.digest()).differing(wrong)
    assert set(differing) == {bucket_of(id, 1024) for id in ("c-000007", "c-nobody", "c-000008")}
    found: dict[str, int] = {}
    for bucket in differing:
        position, versions = await state.bucket(bucket)
        assert position.number >= 0
        found |= versions
    assert found == {id: version for id, version in right.items() if bucket_of(id, 1024) in differing}
    assert "c-nobody" not in found


GARBAGE: dict[str, Any] = {
    "snapshot": b'{"feed": "f", "position": 1, "items": [{"subject": "a", "aggregateversion": 0, "data": 1}],'
    b' "next": null}',
    "digest": b'{"feed": "f", "position": -1, "buckets": 1024, "digests": {}}',
}


@pytest.mark.parametrize("what", GARBAGE)
async def test_garbage_is_not_taken_for_state(what: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.send(http(GARBAGE[what]))

    async with raw_server(script) as server:
        client = FeedClient("customers", server.url)
        with pytest.raises(EventsMalformed):
            await getattr(FeedState(client), what)()
        await client.close()


async def test_a_service_that_fails_may_be_asked_again() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.send(http(b"no", status="500 Oops"))

    async with raw_server(script) as server:
        client = FeedClient("customers", server.url)
        with pytest.raises(EventsUnavailable):
            await FeedState(client).snapshot()
        await client.close()
