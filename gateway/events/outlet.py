"""Outlet: the port. A broker's side of one service's events, as the relay writes it, and what it writes with each.

Everything that a relay has to remember stands in the broker, in the headers of the events themselves: so a relay that
was killed, or another one, goes on exactly where the last one ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from gateway.errors import BraidError
from gateway.events.brokers import partition_of
from gateway.events.event import Event
from gateway.events.source import START, Position

_RELAY, _FEED, _POSITION, _SETTLED = "Braid-Relay", "Braid-Feed", "Braid-Position", "Braid-Settled"


class RelayStopped(BraidError):
    """Relaying a service's events cannot go on before somebody has looked; the message says why, without an address."""

    code = "RELAY_STOPPED"


class RelayFenced(RelayStopped):
    """Another relay writes the same service's events."""

    code = "RELAY_FENCED"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What stands in the broker beside an event.

    relay:    who wrote it: differs between any two runs.
    feed:     the service's feed, and `position` the event's place in it.
    settled:  up to this position of the feed everything was in the broker, in every partition, when it was written.
    """

    relay: str
    feed: str
    position: int
    settled: int

    def headers(self) -> dict[str, str]:
        return {
            _RELAY: self.relay,
            _FEED: self.feed,
            _POSITION: str(self.position),
            _SETTLED: str(self.settled),
        }


def read_stamp(headers: Mapping[str, str]) -> Stamp | None:
    """None when no relay has written these."""
    position, settled = headers.get(_POSITION, ""), headers.get(_SETTLED, "")
    feed = headers.get(_FEED)
    if not feed or not position.isdecimal() or not settled.isdecimal():
        return None
    return Stamp(headers.get(_RELAY, ""), feed, int(position), int(settled))


def is_mark(headers: Mapping[str, str], body: bytes | None) -> bool:
    """Whether there is no event in what a broker gave."""
    return not body and read_stamp(headers) is not None


@dataclass(frozen=True, slots=True)
class Parcel:
    """An event on its way to a partition; without one, a mark.

    Marks are no events, and readers pass over them. They keep a partition from becoming empty where the broker forgets
    what is old: a relay would not know any more what was in it.
    """

    partition: int
    event: Event | None
    stamp: Stamp

    def body(self) -> bytes:
        """CloudEvents' structured form; nothing for a mark."""
        return b"" if self.event is None else msgspec.json.encode(self.event)


Tails = Sequence[Stamp | None]
"""The last event's stamp of each partition; None where there is none."""


class Outlet(Protocol):
    """Writes one service's events. name: the service's."""

    name: str
    partitions: int

    async def open(self) -> Tails:
        """Make what is missing, become the one who writes, and tell where the last one ended.

        To be called again after EventsUnavailable. Raises that, RelayStopped, RelayFenced.
        """
        ...

    async def publish(self, parcels: Sequence[Parcel]) -> None:
        """Returns when all are stored, in this order. Raises EventsUnavailable, RelayFenced, RelayStopped."""
        ...

    async def close(self) -> None:
        """Give back connections; calling it again does nothing."""
        ...


def resume(name: str, tails: Tails) -> Position:
    """Behind which position of the feed to go on. Raises RelayStopped.

    Everything up to there is in the broker. Of what comes behind, a partition may have some already: events are sent
    to all partitions at once, and a relay may be killed when only some have arrived.
    """
    stamps = [tail for tail in tails if tail is not None]
    if not stamps:
        return START
    if len({stamp.feed for stamp in stamps}) > 1:
        raise RelayStopped(f"The broker has events of '{name}' from two histories of its feed: delete them there.")
    return Position(stamps[0].feed, max(stamp.settled for stamp in stamps))


def to_send(events: Sequence[Event], tails: Tails, relay: str, behind: Position, feed: str) -> list[Parcel]:
    """Those of the events that their partition does not have. behind: where they were read, of this feed."""
    parcels: list[Parcel] = []
    for event in events:
        partition = partition_of(event.subject, len(tails))
        tail = tails[partition]
        if tail is None or event.position > tail.position:
            parcels.append(Parcel(partition, event, Stamp(relay, feed, event.position, behind.number)))
    return parcels


def to_mark(tails: Tails, relay: str, settled: Position) -> list[Parcel]:
    """A mark for each partition. settled: up to there all is in the broker."""
    number = settled.number
    return [
        Parcel(partition, None, Stamp(relay, settled.history, max(number, tail.position if tail else 0), number))
        for partition, tail in enumerate(tails)
    ]
