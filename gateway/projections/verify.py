"""Verify: whether a generation holds what the services have, by checksums; and repair where it does not.

Both sides move. A checksum is of one moment, and what changed since then differs without being wrong. So differences
are only suspects at first: each is asked for at the service again, and compared once the generation has everything up
to that answer. Then the version must be the same, or have changed again since; one that stays what it is, and is
another one than the service's, is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from gateway.events.state import MAX_SUBJECTS, bucket_of
from gateway.projections.compared import Copy
from gateway.projections.owning import owning
from gateway.projections.policy import Policy
from gateway.projections.projection import Projection
from gateway.projections.store import Generation, Owned, Store
from gateway.projections.streams import ServiceState, Streams

_ROUNDS = 3
_FEW = 8
"""Buckets that are looked into without comparing checksums once more."""


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


async def verified(
    store: Store,
    projection: Projection,
    streams: Streams,
    generation: Generation,
    *,
    repair: bool,
    holder: str,
    policy: Policy | None = None,
) -> Verification:
    """When nobody owns the generation, it is ours meanwhile. Raises EventsError, StoreError, OperationRefused."""
    async with AsyncExitStack() as stack:
        try:
            owned = await stack.enter_async_context(owning(store, projection, generation, holder, policy or Policy()))
        except Owned:
            owned = None
        copy = Copy(store, projection, streams, generation, owned)
        results = [await _verify(copy, streams, stream, repair=repair) for stream in projection.streams]
    return Verification(generation, results)


async def _verify(copy: Copy, streams: Streams, stream: str, *, repair: bool) -> StreamVerification:
    state = streams.state(stream)
    try:
        checked, suspects = await _suspects(copy, stream, state)
        differing = sorted(await _confirmed(copy, stream, state, suspects))
        repaired = 0
        if repair and differing:
            await copy.repair(stream, differing, state)
            repaired = len(differing) - len(await _confirmed(copy, stream, state, differing))
        return StreamVerification(stream, checked, differing, len(suspects) - len(differing), repaired)
    finally:
        await state.close()


async def _suspects(copy: Copy, stream: str, state: ServiceState) -> tuple[int, set[str]]:
    """How many aggregates were compared, and those whose versions differed at some moment.

    What changes meanwhile makes buckets differ, a few of a thousand each time, and other ones each time; what is wrong
    makes the same ones differ.
    """
    digest = await state.digest()
    await copy.reach(stream, digest.position.number)
    mine = await copy.versions(stream)
    buckets = set(await copy.differing(digest, mine))
    for _ in range(_ROUNDS - 1):
        if len(buckets) <= _FEW:
            break
        digest = await state.digest()
        await copy.reach(stream, digest.position.number)
        mine = await copy.versions(stream)
        buckets &= set(await copy.differing(digest, mine))
    ours: dict[int, dict[str, int]] = {bucket: {} for bucket in buckets}
    for subject, version in mine.items() if buckets else ():
        bucket = bucket_of(subject, digest.buckets)
        if bucket in ours:
            ours[bucket][subject] = version
    suspects: set[str] = set()
    for bucket, held in ours.items():
        _, theirs = await state.bucket(bucket)
        suspects.update(subject for subject in held.keys() | theirs.keys() if held.get(subject) != theirs.get(subject))
    return len(mine), suspects


async def _confirmed(copy: Copy, stream: str, state: ServiceState, suspects: Collection[str]) -> set[str]:
    """Those that are wrong, whatever has changed meanwhile."""
    wrong: set[str] = set()
    unsure = set(suspects)
    before: dict[str, tuple[int | None, int | None]] = {}
    for _ in range(_ROUNDS):
        theirs, position = await _ask(state, sorted(unsure))
        await copy.reach(stream, position)
        ours = await copy.versions(stream, unsure)
        now = {subject: (ours.get(subject), theirs.get(subject)) for subject in unsure}
        for subject, (mine, told) in now.items():
            # Of what is gone nobody can tell a projection that does not say what to do then.
            if mine == told or (told is None and copy.projection.end_of(stream) is None):
                unsure.remove(subject)
            elif (told is not None and (mine or 0) < told) or before.get(subject) == (mine, told):
                unsure.remove(subject)
                wrong.add(subject)
        if not unsure:
            break
        before = now
    return wrong


async def _ask(state: ServiceState, subjects: Sequence[str]) -> tuple[Mapping[str, int], int]:
    """Versions at the service, and its position when it told the last of them."""
    versions: dict[str, int] = {}
    position = 0
    for first in range(0, len(subjects), MAX_SUBJECTS):
        page = await state.states(subjects[first : first + MAX_SUBJECTS])
        versions.update((item.subject, item.aggregateversion) for item in page.items)
        position = page.position.number
    return versions, position
