"""The conformance suite's stream in Kafka: a mock broker, and what the relay writes into it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gateway.events import EventSource, KafkaBroker, MemoryLog
from gateway.events.kafka.outlet import KafkaOutlet
from gateway.events.kafka.source import KafkaSource
from gateway.events.outlet import Parcel, Stamp
from tests.unit.events.kafka_mock import KafkaMock


class Doorway:
    """An address that stays the same, before a broker whose own does not. Only the first question is asked here."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(OSError, asyncio.CancelledError):
            host, port = self.target.split(":")
            onward_reader, onward = await asyncio.open_connection(host, int(port))
            with suppress(OSError):
                await asyncio.gather(_pump(reader, onward), _pump(onward_reader, writer))
            onward.close()
        writer.close()
        self._tasks.discard(task)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


class KafkaRig:
    """A memory log stands for the service; what is told there is put into Kafka at once."""

    subjects: Sequence[str] = ("a", "b", "c")

    def __init__(self, _directory: Path) -> None:
        self.mock = KafkaMock()
        self._log = MemoryLog()
        self._sources: list[KafkaSource] = []
        self._doorway = Doorway(self.mock.bootstrap)

    async def open(self) -> None:
        self.broker = KafkaBroker(await self._doorway.open())
        await self._make()

    def source(self) -> EventSource:
        self._sources.append(KafkaSource("things", self.broker, 0))
        return self._sources[-1]

    async def tell(self, subject: str) -> None:
        await self._put(subject, b'{"id":"%b"}' % subject.encode())

    async def poison(self, subject: str) -> None:
        await self._put(subject, b"[1, 2]")

    async def prune(self, through: int) -> None:
        raise NotImplementedError

    async def rewrite(self) -> None:
        await self._outlet.close()
        await asyncio.to_thread(self.mock.close)
        self.mock = KafkaMock()
        self._doorway.target = self.mock.bootstrap
        self._log.rewrite()
        await self._make()

    async def stop(self) -> None:
        self.mock.stop()

    async def start(self) -> None:
        self.mock.start()
        await self._outlet.open()

    async def close(self) -> None:
        for source in self._sources:
            await source.close()
        await self._outlet.close()
        await self._doorway.close()
        await asyncio.to_thread(self.mock.close)

    async def _make(self) -> None:
        self.mock.make_topic(self.broker.topic("things"), 1)
        self._outlet = KafkaOutlet("things", self.broker)
        await self._outlet.open()

    async def _put(self, subject: str, data: bytes) -> None:
        event = self._log.append("thing.changed.v1", subject, data)
        stamp = Stamp("test", self._log.history, event.position, event.position - 1)
        await self._outlet.publish([Parcel(0, event, stamp)])
