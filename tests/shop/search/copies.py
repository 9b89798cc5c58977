"""Copy: the shop's projection in a store of its own, told of states and events without a projector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import msgspec
from sqlalchemy import select

from gateway.projections.projection import Change, Handling
from gateway.projections.search import matches
from gateway.projections.store import Reading, Store
from resolvers.projections.orders import projection
from resolvers.projections.orders.tables import tables
from tests.shop_services.feeds import Event, events_after, snapshot

T = TypeVar("T")
Data = Mapping[str, Any]
NOW = datetime(2026, 10, 1, tzinfo=UTC)


class Copy:
    """One generation, promoted by `finish`. What it is told is applied together, before it is read."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.generation = store.create(projection)
        self._writer = store.writer(self.generation, projection, "test")
        self._told: list[tuple[Handling, Change[Any]]] = []

    def __enter__(self) -> Copy:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def commit(self) -> None:
        with self._writer.transaction() as tx:
            for handling, change in self._told:
                handling.handler(change, tx)
        self._told.clear()

    def finish(self) -> Copy:
        """Let it be read."""
        self.commit()
        self._writer.finish_build()
        self.store.promote(self.store.mark_ready(self.generation))
        return self

    def state(self, stream: str, subject: str, data: Data, version: int = 1) -> None:
        self._tell(projection.state_of(stream), stream, None, subject, version, data)

    def event(self, stream: str, type: str, subject: str, data: Data, version: int = 1) -> None:
        self._tell(projection.event(stream, type), stream, type, subject, version, data)

    def gone(self, stream: str, subject: str) -> None:
        self._tell(projection.end_of(stream), stream, None, subject, 1, {})

    def events(self, events: list[Event], stream: str) -> None:
        """As a service's feed has them."""
        for event in events:
            self.event(stream, event["type"], event["subject"], event["data"], event["aggregateversion"])

    def fill(self, services: Mapping[str, httpx.Client]) -> Copy:
        """With everything that the services have."""
        for stream in projection.streams:
            for subject, item in snapshot(services[stream])[1].items():
                self.state(stream, subject, item["data"], item["aggregateversion"])
        return self

    def follow(self, services: Mapping[str, httpx.Client], after: Mapping[str, int]) -> None:
        """Apply what the services have told behind these positions, stream by stream."""
        for stream in projection.streams:
            self.events(events_after(services[stream], after[stream]), stream)

    def read(self, look: Callable[[Reading], T]) -> T:
        """`look` at what is committed."""
        self.commit()
        return self.store.read(projection, look)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in every table, sorted; sums that are zero are as if they were not there."""

        def look(reading: Reading) -> dict[str, list[tuple[Any, ...]]]:
            found = {name: reading.rows(select(table)) for name, table in tables.tables.items()}
            return {name: [tuple(row.values()) for row in rows if not _is_nothing(row)] for name, rows in found.items()}

        return {name: sorted(rows, key=repr) for name, rows in self.read(look).items()}

    def finds(self, search: str, word: str) -> int:
        """How many entries of a table for full text have this word."""
        table = next(each for each in projection.search if each.name == search)
        return len(self.read(lambda reading: reading.rows(matches(table, word, reading.dialect, prefix=False))))

    def _tell(
        self, handling: Handling | None, stream: str, type: str | None, subject: str, version: int, data: Data
    ) -> None:
        if handling is not None:
            decoded = msgspec.convert(data, handling.data) if handling.data is not None else None
            self._told.append((handling, Change(stream, type, subject, version, NOW, decoded)))


def _is_nothing(row: Mapping[str, Any]) -> bool:
    """Whether a sum has come back to nothing."""
    amounts = [value for name, value in row.items() if type(value) is int and name not in ("number", "categories")]
    return bool(amounts) and not any(amounts) and "placed_at" not in row
