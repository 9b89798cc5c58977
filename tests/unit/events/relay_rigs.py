"""The brokers that relays are tried on, each with three partitions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from gateway.events import START, Broker, Event, EventBatch, KafkaBroker, NatsBroker, open_events
from gateway.events.kafka.outlet import KafkaOutlet
from gateway.events.kafka.partition import Partition
from gateway.events.nats.connection import NatsConnection
from gateway.events.nats.outlet import NatsOutlet
from gateway.events.outlet import Outlet
from tests.unit.events.kafka_mock import KafkaMock
from tests.unit.events.nats_server import NatsServer

PARTITIONS = 3
SERVICE = "things"


class RelayRig(Protocol):
    """A broker of the test's own."""

    @property
    def broker(self) -> Broker: ...

    def outlet(self, relay: str) -> Outlet:
        """Closed by who asked."""
        ...

    async def count(self) -> int:
        """How many events are there; with some more for Kafka, whose transactions' ends count too."""
        ...

    async def stop(self) -> None: ...

    async def start(self) -> None: ...

    async def close(self) -> None: ...


class NatsRelayRig:
    """A server that may be killed."""

    def __init__(self, directory: Path) -> None:
        self.server = NatsServer(directory)
        self.server.start()
        self.broker = NatsBroker(self.server.url, partitions=PARTITIONS)
        self.connections: list[NatsConnection] = []

    def outlet(self, relay: str) -> Outlet:
        self.connections.append(NatsConnection(self.server.url))
        return NatsOutlet(SERVICE, self.connections[-1], self.broker, relay)

    async def count(self) -> int:
        if not self.connections:
            await self.outlet("counts").open()
        link = await self.connections[0].link()
        streams = [self.broker.stream(SERVICE, number) for number in range(PARTITIONS)]
        return sum([(await link.stream_info(stream)).state.messages for stream in streams])

    async def stop(self) -> None:
        await asyncio.to_thread(self.server.kill)

    async def start(self) -> None:
        await asyncio.to_thread(self.server.start)

    async def close(self) -> None:
        for connection in self.connections:
            await connection.close()
        self.server.close()


class KafkaRelayRig:
    """The mock broker: it does not fence, and shows what was not committed."""

    def __init__(self, _directory: Path) -> None:
        self.mock = KafkaMock()
        self.broker = KafkaBroker(self.mock.bootstrap, partitions=PARTITIONS)
        self.mock.make_topic(self.broker.topic(SERVICE), PARTITIONS)

    def outlet(self, relay: str) -> Outlet:
        return KafkaOutlet(SERVICE, self.broker)

    async def count(self) -> int:
        return await asyncio.to_thread(self._count)

    async def stop(self) -> None:
        self.mock.stop()

    async def start(self) -> None:
        self.mock.start()

    async def close(self) -> None:
        await asyncio.to_thread(self.mock.close)

    def _count(self) -> int:
        ends: list[int] = []
        for number in range(PARTITIONS):
            partition = Partition(SERVICE, self.broker.bootstrap, self.broker.topic(SERVICE), number)
            ends.append(partition.bounds().end)
            partition.close()
        return sum(ends)


async def arrived(broker: Broker) -> list[list[Event]]:
    """Everything that is in the broker, by partition."""
    events = open_events({}, broker)
    found: list[list[Event]] = []
    for source in events.sources(SERVICE):
        found.append([])
        after = START
        while True:
            batch: EventBatch = await source.read(after, limit=500, wait_s=0)
            after = batch.position
            found[-1] += batch.events
            if not batch.events:
                break
        await source.close()
    await events.close()
    return found


def check_once_in_order(found: Sequence[Sequence[Event]], told: Sequence[Event]) -> None:
    """Every event in one partition, once; each partition in the order of the feed; a subject in one partition only."""
    for partition in found:
        positions = [event.position for event in partition]
        assert positions == sorted(positions)
    assert sorted(event.position for partition in found for event in partition) == [event.position for event in told]
    by_id = {event.id: event for event in told}
    assert all(event == by_id[event.id] for partition in found for event in partition)
    subjects = [{event.subject for event in partition} for partition in found]
    assert sum(map(len, subjects)) == len(set[str]().union(*subjects))
