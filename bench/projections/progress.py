"""How far projections are, as anybody can read it in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from gateway.projections.bookkeeping import Life, versions
from gateway.projections.projection import Projection
from gateway.projections.status import GenerationStatus, read_status
from gateway.projections.store import State, Store


@dataclass(frozen=True, slots=True)
class Progress:
    """What reads a store's status for some projections."""

    store: Store
    projections: Sequence[Projection]

    def serving(self) -> Mapping[str, GenerationStatus]:
        """The live generation by projection; those that have none are left out."""
        found = {each.name: list(each.generations) for each in read_status(self.store, self.projections)}
        live = {name: [one for one in all if one.generation.state is State.LIVE] for name, all in found.items()}
        return {name: all[-1] for name, all in live.items() if all}

    def is_serving(self) -> bool:
        """All of them have been built and answer."""
        return len(self.serving()) == len(self.projections)

    def applied(self, stream: str) -> int:
        """Up to which of the service's positions all that follow it have applied its events."""
        return min(self._applied(self.serving().values(), stream), default=0)

    def built(self, name: str) -> int:
        """How many aggregates the generation holds that is being built; 0 when none is."""
        (found,) = (each for each in read_status(self.store, self.projections) if each.name == name)
        return sum(stream.done for one in found.generations for stream in one.build)

    def aggregates(self, name: str) -> int:
        """How many the newest generation holds."""
        projection = next(each for each in self.projections if each.name == name)
        newest = self.store.generations(name)[-1]
        count = select(func.count().label("aggregates")).where(versions.c.life == Life.EXISTS)
        (row,) = self.store.read(projection, lambda reading: reading.rows(count), newest)
        return row["aggregates"]

    def lag(self) -> int:
        """Events that are known of and not applied, in all; those of one that has no live generation count one."""
        found = self.serving()
        missing = len(self.projections) - len(found)
        return missing + sum(stream.lag_events for each in found.values() for stream in each.streams)

    def is_followed(self, since: datetime) -> bool:
        """Every stream has been read since then, and nothing was missing."""
        streams = [stream for each in self.serving().values() for stream in each.streams]
        return self.lag() == 0 and all(stream.read_at is not None and stream.read_at > since for stream in streams)

    def parked(self) -> int:
        """Events that were set aside, in all."""
        return sum(each.letters.parked for each in self.serving().values())

    def _applied(self, generations: Iterable[GenerationStatus], stream: str) -> list[int]:
        return [each.applied for one in generations for each in one.streams if each.stream == stream]
