"""The streams on which the conformance suite is run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.events import EventSource, FeedClient, FeedSource, MemoryLog, MemorySource
from mock_services.estate import Estate
from mock_services.estate.remote import ask
from mock_services.generator import Sizes, generate
from tests.shop_services.postgresql import execute


class MemoryRig:
    """The log is the broker and the service in one."""

    subjects: Sequence[str] = ("a", "b", "c")

    def __init__(self, _directory: Path) -> None:
        self._log = MemoryLog()

    async def open(self) -> None:
        """It is there."""

    def source(self) -> EventSource:
        return MemorySource("memory", self._log)

    async def tell(self, subject: str) -> None:
        self._log.append("thing.changed.v1", subject, b'{"id":"%b"}' % subject.encode())

    async def poison(self, subject: str) -> None:
        self._log.append("thing.changed.v1", subject, b"[1, 2]")

    async def prune(self, through: int) -> None:
        self._log.prune(through)

    async def rewrite(self) -> None:
        self._log.rewrite()

    async def stop(self) -> None:
        self._log.is_down = True

    async def start(self) -> None:
        self._log.is_down = False

    async def close(self) -> None:
        """Nothing is left."""


class FeedRig:
    """The customers service as a process of its own; each event is a customer renamed."""

    subjects: Sequence[str] = ("c-000001", "c-000002", "c-000003")

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names = 0
        self._sources: list[FeedSource] = []
        self._make()
        self._estate = Estate(directory, services=["customers"])
        self._estate.start()
        self._url = self._estate.url("customers")

    async def open(self) -> None:
        """It runs."""

    def source(self) -> EventSource:
        self._sources.append(FeedSource(FeedClient("customers", self._url, timeout_s=5)))
        return self._sources[-1]

    async def tell(self, subject: str) -> None:
        self._names += 1
        await self._ask(f"/customers/{subject}/rename", {"name": f"Name {self._names}"})

    async def poison(self, subject: str) -> None:
        await self.tell(subject)
        last = "(SELECT max(position) FROM outbox)"
        execute(self._estate.home, "customers", f"UPDATE outbox SET payload = '[1, 2]' WHERE position = {last}")

    async def prune(self, through: int) -> None:
        await self._ask("/_feed/prune", {"through": through})

    async def rewrite(self) -> None:
        port = int(self._url.rpartition(":")[2])
        await asyncio.to_thread(self._estate.stop)
        self._make()
        self._estate = Estate(self._directory, services=["customers"], ports={"customers": port})
        await asyncio.to_thread(self._estate.start)

    async def stop(self) -> None:
        assert self._estate.is_alive("customers")
        await asyncio.to_thread(self._estate.kill, "customers")
        assert not self._estate.is_alive("customers")

    async def start(self) -> None:
        await asyncio.to_thread(self._estate.restart, "customers")

    async def close(self) -> None:
        for source in self._sources:
            await source.close()
        await asyncio.to_thread(self._estate.stop)

    def _make(self) -> None:
        generate(self._directory, 1, Sizes(customers=3, products=1, orders=1), force=True)

    async def _ask(self, path: str, body: Any) -> None:
        await asyncio.to_thread(ask, self._url, "POST", path, body)
