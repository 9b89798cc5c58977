"""The conformance suite's stream in NATS: a server of its own, and what the relay writes into it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from gateway.events import EventSource, MemoryLog, NatsBroker
from gateway.events.nats.connection import NatsConnection
from gateway.events.nats.outlet import NatsOutlet
from gateway.events.nats.source import NatsSource
from gateway.events.outlet import Parcel, Stamp
from tests.unit.events.nats_server import NatsServer


class NatsRig:
    """A memory log stands for the service; what is told there is put into JetStream at once."""

    subjects: Sequence[str] = ("a", "b", "c")

    def __init__(self, directory: Path) -> None:
        self.server = NatsServer(directory)
        self.server.start()
        self.broker = NatsBroker(self.server.url)
        self.connection = NatsConnection(self.server.url)
        self._outlet = NatsOutlet("things", self.connection, self.broker, "test")
        self._log = MemoryLog()
        self._connections: list[NatsConnection] = []
        self._sources: list[NatsSource] = []

    async def open(self) -> None:
        """The stream is there, and empty."""
        await self._outlet.open()

    def source(self) -> EventSource:
        self._connections.append(NatsConnection(self.server.url))
        self._sources.append(NatsSource("things", self._connections[-1], self.broker.stream("things", 0)))
        return self._sources[-1]

    async def tell(self, subject: str) -> None:
        await self._put(subject, b'{"id":"%b"}' % subject.encode())

    async def poison(self, subject: str) -> None:
        await self._put(subject, b"[1, 2]")

    async def prune(self, through: int) -> None:
        jetstream = (await self.connection.link()).jetstream
        await jetstream.purge_stream(self.broker.stream("things", 0), seq=through + 1)

    async def rewrite(self) -> None:
        jetstream = (await self.connection.link()).jetstream
        await jetstream.delete_stream(self.broker.stream("things", 0))
        self._log.rewrite()
        await self._outlet.open()

    async def stop(self) -> None:
        await asyncio.to_thread(self.server.kill)
        assert not self.server.is_alive

    async def start(self) -> None:
        await asyncio.to_thread(self.server.start)
        await self._outlet.open()

    async def close(self) -> None:
        for source in self._sources:
            await source.close()
        for connection in [*self._connections, self.connection]:
            await connection.close()
        self.server.close()

    async def _put(self, subject: str, data: bytes) -> None:
        event = self._log.append("thing.changed.v1", subject, data)
        stamp = Stamp("test", self._log.history, event.position, event.position - 1)
        await self._outlet.publish([Parcel(0, event, stamp)])
