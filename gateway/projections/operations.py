"""What operators do with generations and letters. The command line calls these, and says what they gave.

Plain functions block; those that ask services are coroutines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.errors import BraidError
from gateway.projections.policy import Policy
from gateway.projections.projection import Projection
from gateway.projections.status import BuildProgress
from gateway.projections.store import Generation, Store
from gateway.projections.streams import Streams


class OperationRefused(BraidError):
    """It would do harm, or there is nothing to do it with; the message says what to do instead."""

    code = "PROJECTION_REFUSED"


@dataclass(frozen=True, slots=True)
class Plan:
    """What `build` would do. resumes: an unfinished generation to go on with. aggregates: to read, by stream, in order.

    replaces: the live one, which serves until the new one is promoted.
    """

    projection: str
    version: int
    resumes: Generation | None
    replaces: Generation | None
    aggregates: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StreamVerification:
    """checked: aggregates compared. differing: their subjects, sorted. repaired: how many of them are right now.

    ignored: subjects that differed only because they changed meanwhile.
    """

    stream: str
    checked: int
    differing: Sequence[str]
    ignored: int
    repaired: int


@dataclass(frozen=True, slots=True)
class Verification:
    generation: Generation
    streams: Sequence[StreamVerification]

    @property
    def is_right(self) -> bool:
        """Nothing differs, or everything that did is repaired."""
        return all(len(stream.differing) == stream.repaired for stream in self.streams)


@dataclass(frozen=True, slots=True)
class Letter:
    """An event that was set aside. state: `early`, `retrying`, `waiting`, `dead`, `skipped`.

    position:    the service's. attempts: made so far.
    error:       kind and place of what was raised, never its text, which may hold personal data.
    retry_at:    of the next attempt; None when there will be none by itself.
    mark:        what an operator wants that is not done yet: `retry`, `skip` or "".
    reason:      of a skip.
    event:       the whole envelope, as JSON. Empty for a skipped one, and may hold personal data for others.
    """

    generation: int
    stream: str
    subject: str
    version: int
    type: str
    position: int
    state: str
    attempts: int
    error: str
    parked_at: datetime
    retry_at: datetime | None
    mark: str
    reason: str
    event: bytes


Progress = Callable[[Sequence[BuildProgress]], None]


async def plan(store: Store, projection: Projection, streams: Streams) -> Plan:
    """Asks each service how much there is. Changes nothing. Raises EventsError, StoreError."""
    raise NotImplementedError


async def build(
    store: Store,
    projection: Projection,
    streams: Streams,
    *,
    holder: str,
    policy: Policy | None = None,
    is_fresh: bool = False,
    on_progress: Progress | None = None,
) -> Generation:
    """Make a generation, or go on with an unfinished one, until it is READY. Can be killed at any time.

    is_fresh: drop an unfinished one instead. on_progress: called after each page, by stream.
    Raises EventsError, Owned when another process builds it, OperationRefused.
    """
    raise NotImplementedError


async def verify(
    store: Store,
    projection: Projection,
    streams: Streams,
    *,
    number: int | None = None,
    repair: bool = False,
    holder: str = "verify",
) -> Verification:
    """Compare with what the services say they have. number: of the generation; the live one unless given.

    repair: fetch what differs and apply it; by the worker that owns the generation, when one does.
    Raises EventsError, StoreError, OperationRefused.
    """
    raise NotImplementedError


def promote(store: Store, projection: Projection, *, number: int | None = None, force: bool = False) -> Generation:
    """Let a READY generation serve: the newest of the code's version unless a number is given.

    Refused when it has stopped, is far behind or has dead letters, unless forced.
    """
    raise NotImplementedError


def rollback(store: Store, projection: Projection, *, number: int | None = None, force: bool = False) -> Generation:
    """Let a KEPT generation serve again: the newest unless a number is given. Refused as `promote` is."""
    raise NotImplementedError


def drop(store: Store, projection: Projection, number: int) -> Generation:
    """Forget a generation that is not live. Raises OperationRefused, StoreError."""
    raise NotImplementedError


def letters(
    store: Store,
    projection: Projection,
    *,
    number: int | None = None,
    stream: str | None = None,
    subject: str | None = None,
    state: str | None = None,
    limit: int = 1000,
) -> Sequence[Letter]:
    """Of one generation (the one that serves unless a number is given), by stream, subject and version."""
    raise NotImplementedError


def retry(
    store: Store,
    projection: Projection,
    *,
    number: int | None = None,
    stream: str | None = None,
    subject: str | None = None,
) -> int:
    """Have the worker try failed events again, with attempts anew: all, or a stream's, or a subject's.

    number: of the generation, all of the code's version unless given. Gives how many are marked; the worker takes them
    up within a second or two.
    """
    raise NotImplementedError


def skip(
    store: Store,
    projection: Projection,
    *,
    stream: str,
    subject: str,
    reason: str,
    number: int | None = None,
) -> int:
    """Have the worker pass over the failed event of this subject; those that wait behind it are applied then.

    Gives how many are marked, over the generations. reason: kept with the record.
    """
    raise NotImplementedError


def described(letter: Letter) -> dict[str, Any]:
    """As JSON, without the event itself."""
    raise NotImplementedError
