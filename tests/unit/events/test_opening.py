"""What is configured decides where events come from; a package that is not installed is named."""

from __future__ import annotations

import sys

import pytest

from gateway.events import (
    Broker,
    BrokerMissing,
    FeedSource,
    FeedState,
    KafkaBroker,
    MemoryLog,
    NatsBroker,
    open_events,
)
from gateway.events.brokers import partition_of
from gateway.events.relaying import relay_all
from tests.unit.events.conformance import read_all
from tests.unit.events.log_server import serve_log

pytestmark = pytest.mark.anyio

BROKERS = {"nats": ("nats", NatsBroker("nats://127.0.0.1:1")), "kafka": ("confluent_kafka", KafkaBroker("127.0.0.1:1"))}


async def test_without_a_broker_a_stream_is_the_services_own_feed() -> None:
    log = MemoryLog()
    log.append("thing.changed.v1", "a", b"{}")
    async with serve_log(log) as url:
        events = open_events({"things": url})
        (source,) = events.sources("things")
        assert isinstance(source, FeedSource)
        assert source.name == "things"
        assert len(await read_all(source)) == 1
        await source.close()
        await events.close()


@pytest.mark.parametrize("broker", [None, *(broker for _, broker in BROKERS.values())])
async def test_the_state_is_always_the_services_own(broker: Broker | None) -> None:
    events = open_events({"things": "http://127.0.0.1:1"}, broker)
    state = events.state("things")
    assert isinstance(state, FeedState)
    await state.close()
    await state.close()
    await events.close()


@pytest.mark.parametrize("extra", BROKERS)
async def test_a_package_that_is_not_installed_is_named(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the extra that installs it; by whatever opens the broker."""
    package, broker = BROKERS[extra]
    monkeypatch.setitem(sys.modules, package, None)
    message = rf"pip install 'braid-gateway\[{extra}\]'"
    with pytest.raises(BrokerMissing, match=message):
        open_events({}, broker)
    with pytest.raises(BrokerMissing, match=message):
        await relay_all({"things": "http://127.0.0.1:1"}, broker, lambda _: None)


def test_a_subject_stays_in_its_partition() -> None:
    """In this version and the next: brokers are full of what lies where it was put."""
    assert [partition_of(subject, 8) for subject in ("c-000001", "o-000001", "p-000001", "", "ö")] == [6, 1, 6, 0, 3]
    assert {partition_of(f"o-{number:06}", 8) for number in range(100)} == set(range(8))
