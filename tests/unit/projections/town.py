"""Two services in memory, for the shelf: their data, their events, and what they answer about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gateway.events import (
    Aggregate,
    Digest,
    EventBatch,
    EventsMalformed,
    EventSource,
    EventsUnavailable,
    MemoryLog,
    MemorySource,
    Position,
    SnapshotPage,
)
from gateway.events.state import bucket_of, checksums
from tests.unit.projections.shelf import Thing

_BUCKETS = 16


class Service:
    """Owns a log, and the state that its events made. is_garbled: it answers what nobody can read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_garbled = False
        self.asked: list[str] = []
        self.rewrite()

    @property
    def is_down(self) -> bool:
        return self.log.is_down

    def rewrite(self) -> None:
        """Begin anew, empty."""
        self.log = MemoryLog()
        self.data: dict[str, Any] = {}
        self.versions: dict[str, int] = {}

    def tell(self, type: str, subject: str, told: Any, data: Any) -> None:
        """An event, and the state behind it; None when it is gone."""
        self.versions[subject] = self.log.append(type, subject, msgspec.json.encode(told)).aggregateversion
        if data is None:
            del self.data[subject]
        else:
            self.data[subject] = data

    def existing(self) -> dict[str, int]:
        return {subject: self.versions[subject] for subject in sorted(self.data)}


class Town:
    """The port Streams. What is written while a page is fetched can be said by `between`."""

    partitions = 1

    def __init__(self) -> None:
        self.services = {name: Service(name) for name in ("people", "stock")}
        self.between: list[Any] = []

    def sources(self, stream: str) -> Sequence[EventSource]:
        if self.partitions == 1:
            return [_Source(self.services[stream])]
        return [_Partition(self.services[stream], number, self.partitions) for number in range(self.partitions)]

    def state(self, stream: str) -> _State:
        return _State(self, self.services[stream])

    def make(self, id: str, owner: str = "o1", amount: int = 5) -> None:
        thing = Thing(owner, amount)
        self.services["stock"].tell("thing.made.v2", id, thing, thing)

    def change(self, id: str, status: str) -> None:
        stock = self.services["stock"]
        thing = stock.data[id]
        data = msgspec.structs.replace(thing, status=status, history=f"{thing.history},{status}")
        stock.tell("thing.changed.v1", id, {"status": status}, data)

    def lose(self, id: str) -> None:
        self.services["stock"].tell("thing.lost.v1", id, {}, None)

    def name(self, id: str, name: str) -> None:
        self.services["people"].tell("owner.named.v1", id, {"name": name}, {"name": name})

    def erase(self, id: str) -> None:
        self.services["people"].tell("owner.erased.v1", id, {"id": id}, None)

    def expected(self) -> Mapping[str, list[tuple[Any, ...]]]:
        """The shelf's tables, by brute force."""
        people = self.services["people"].data
        stock = self.services["stock"].data
        totals: dict[str, list[int]] = {}
        for thing in stock.values():
            each = totals.setdefault(thing.owner, [0, 0])
            each[0] += 1
            each[1] += thing.amount
        named = {id: owner["name"] for id, owner in people.items()}
        return {
            "owners": sorted(named.items()),
            "things": sorted(
                (id, each.owner, named.get(each.owner), each.amount, each.status, each.history)
                for id, each in stock.items()
            ),
            "totals": sorted((owner, *each) for owner, each in totals.items()),
        }


class _Source(MemorySource):
    """Also reads a log that took the place of the one it began with."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.name, service.log)
        self._service = service

    async def read(self, after: Position, *, limit: int, wait_s: float) -> EventBatch:
        self._log = self._service.log
        batch = await super().read(after, limit=limit, wait_s=wait_s if not self._service.is_garbled else 0)
        if self._service.is_garbled:
            raise EventsMalformed(self.name, f"The feed of '{self.name}' answered something else.")
        return batch


class _Partition(_Source):
    """Some of a log's events, by subject; at its positions."""

    def __init__(self, service: Service, number: int, of: int) -> None:
        super().__init__(service)
        self.name = f"{service.name}/{number}"
        self._number = number
        self._of = of

    async def read(self, after: Position, *, limit: int, wait_s: float) -> EventBatch:
        batch = await super().read(after, limit=limit, wait_s=wait_s)
        mine = [event for event in batch.events if bucket_of(event.subject, self._of) == self._number]
        return EventBatch(mine, batch.position, batch.head)


class _State:
    def __init__(self, town: Town, service: Service) -> None:
        self.name = service.name
        self._town = town
        self._service = service

    async def snapshot(self, cursor: str | None = None, *, limit: int = 1000) -> SnapshotPage:
        subjects = [subject for subject in self._service.existing() if subject > (cursor or "")]
        page = self._page(subjects[:limit], subjects[limit - 1] if len(subjects) > limit else None)
        if self._town.between:
            self._town.between.pop(0)()
        return page

    async def states(self, subjects: Sequence[str]) -> SnapshotPage:
        return self._page([subject for subject in sorted(subjects) if subject in self._service.data], None)

    async def digest(self) -> Digest:
        self._answer("digest")
        versions = self._service.existing()
        return Digest(self._position(), _BUCKETS, checksums(versions, _BUCKETS), len(versions))

    async def bucket(self, bucket: int) -> tuple[Position, Mapping[str, int]]:
        self._answer("bucket")
        versions = self._service.existing()
        return self._position(), {
            subject: version for subject, version in versions.items() if bucket_of(subject, _BUCKETS) == bucket
        }

    async def close(self) -> None:
        pass

    def _page(self, subjects: Sequence[str], following: str | None) -> SnapshotPage:
        self._answer("page")
        service = self._service
        items = [
            Aggregate(subject, service.versions[subject], msgspec.Raw(msgspec.json.encode(service.data[subject])))
            for subject in subjects
        ]
        return SnapshotPage(items, self._position(), following)

    def _position(self) -> Position:
        return Position(self._service.log.history, self._service.log.head)

    def _answer(self, what: str) -> None:
        self._service.asked.append(what)
        if self._service.is_down:
            raise EventsUnavailable(self.name, f"The feed of '{self.name}' does not answer.")
