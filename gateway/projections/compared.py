"""Copy: a generation that is compared with its services, whoever writes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select

from gateway.events import Digest
from gateway.events.state import MAX_SUBJECTS
from gateway.projections import bookkeeping
from gateway.projections.book import applied_through
from gateway.projections.bookkeeping import Life
from gateway.projections.build import Build
from gateway.projections.chosen import OperationRefused
from gateway.projections.projection import Projection
from gateway.projections.projector import Projector
from gateway.projections.store import Generation, Store
from gateway.projections.streams import ServiceState, Streams
from gateway.projections.thread import OwnThread
from gateway.projections.transaction import Row, Transaction

PATIENCE_S = 30.0
"""For so long, the worker that owns a generation is waited for."""

_LOOK_S = 0.05


class Copy:
    """owned: the generation's projector and its thread; None when somebody else writes it, who is asked to then."""

    def __init__(
        self,
        store: Store,
        projection: Projection,
        streams: Streams,
        generation: Generation,
        owned: tuple[Projector, OwnThread] | None,
    ) -> None:
        self.projection = projection
        self._store = store
        self._streams = streams
        self._generation = generation
        self._owned = owned

    async def reach(self, stream: str, position: int) -> None:
        """Until everything up to this position of the service is applied. Raises OperationRefused."""
        if self._owned is not None:
            await Build(*self._owned, self._streams).catch_up()
        await self._wait(lambda: self._applied(stream) >= position, f"'{stream}' does not come to position {position}")

    async def versions(self, stream: str, subjects: Collection[str] | None = None) -> Mapping[str, int]:
        """Of these aggregates, or of all that exist."""
        return await asyncio.to_thread(self._versions, stream, subjects)

    async def differing(self, digest: Digest, versions: Mapping[str, int]) -> Sequence[int]:
        """Buckets. A million versions take seconds."""
        return await asyncio.to_thread(digest.differing, versions)

    async def repair(self, stream: str, subjects: Sequence[str], state: ServiceState) -> None:
        """Apply what the service has of these. Raises OperationRefused when that is not done in time."""
        for first in range(0, len(subjects), MAX_SUBJECTS):
            chunk = subjects[first : first + MAX_SUBJECTS]
            if self._owned is not None:
                projector, thread = self._owned
                await thread.do(projector.repair, stream, chunk, await state.states(chunk))
            else:
                await asyncio.to_thread(self._store.edit, self.projection, self._generation, _wishes(stream, chunk))
        if self._owned is None:
            await self._wait(lambda: not self._rows(select(bookkeeping.repairs).limit(1)), "repairs are not made")

    def _versions(self, stream: str, subjects: Collection[str] | None) -> dict[str, int]:
        table = bookkeeping.versions
        statement = select(table).where(table.c.stream == stream, table.c.life == Life.EXISTS)
        if subjects is None:
            return {row["subject"]: row["version"] for row in self._rows(statement)}
        wanted = list(subjects)
        found: dict[str, int] = {}
        for first in range(0, len(wanted), MAX_SUBJECTS):
            rows = self._rows(statement.where(table.c.subject.in_(wanted[first : first + MAX_SUBJECTS])))
            found.update((row["subject"], row["version"]) for row in rows)
        return found

    def _applied(self, stream: str) -> int:
        return applied_through(self._rows(select(bookkeeping.checkpoints)), stream)

    def _rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
        return self._store.read(self.projection, lambda reading: reading.rows(statement), self._generation)

    async def _wait(self, is_done: Callable[[], bool], otherwise: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if await asyncio.to_thread(is_done):
                return
            await asyncio.sleep(_LOOK_S)
        message = f"generation {self._generation.number} of '{self.projection.name}' is not kept up to date"
        raise OperationRefused(f"{message}: {otherwise}; `braid projections status` shows why")


def _wishes(stream: str, subjects: Sequence[str]) -> Callable[[Transaction], None]:
    def leave(tx: Transaction) -> None:
        for subject in subjects:
            tx.put(bookkeeping.repairs, {"stream": stream, "subject": subject})

    return leave
