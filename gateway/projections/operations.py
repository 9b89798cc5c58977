"""What operators do with generations. The command line calls these, and says what they gave.

Plain functions block; those that ask services are coroutines. What is done with letters is in `parked.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.events import EventsPruned, EventsRewritten
from gateway.projections.build import Build, Progress
from gateway.projections.chosen import OperationRefused, chosen, numbered
from gateway.projections.owning import owning
from gateway.projections.parked import Letter, described, letters, retry, skip
from gateway.projections.policy import Policy
from gateway.projections.projection import Projection
from gateway.projections.status import StreamState, generation_status
from gateway.projections.store import Generation, State, Store
from gateway.projections.streams import Streams
from gateway.projections.verify import StreamVerification, Verification, verified

__all__ = [
    "Letter",
    "OperationRefused",
    "Plan",
    "Progress",
    "StreamVerification",
    "Verification",
    "build",
    "described",
    "drop",
    "letters",
    "plan",
    "promote",
    "retry",
    "rollback",
    "skip",
    "verify",
]

STALE_S = 60.0
"""A generation that is further behind is not let serve."""

_STOPPED = frozenset((StreamState.REWRITTEN, StreamState.PRUNED, StreamState.STOPPED))
_ANOTHER_HISTORY = (EventsRewritten, EventsPruned)


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


async def plan(store: Store, projection: Projection, streams: Streams) -> Plan:
    """Asks each service how much there is. Changes nothing. Raises EventsError, StoreError."""
    generations = await asyncio.to_thread(store.generations, projection.name)
    aggregates: dict[str, int] = {}
    for stream in projection.streams:
        state = streams.state(stream)
        try:
            aggregates[stream] = (await state.digest()).rows
        finally:
            await state.close()
    live = next((each for each in generations if each.state is State.LIVE), None)
    return Plan(projection.name, projection.version, _unfinished(generations, projection), live, aggregates)


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

    is_fresh: drop an unfinished one instead. on_progress: called after each page, with all streams begun.
    Raises EventsError, StoreError, Owned when another process builds it, TooManyLetters.
    """
    policy = policy or Policy()
    generation = await asyncio.to_thread(_to_build, store, projection)
    try:
        return await _build(store, projection, streams, generation, holder, policy, on_progress, is_fresh)
    except _ANOTHER_HISTORY:
        # What was read belongs to a history that is no more. Once more, from the beginning.
        await asyncio.to_thread(store.drop, generation)
    generation = await asyncio.to_thread(_to_build, store, projection)
    return await _build(store, projection, streams, generation, holder, policy, on_progress, False)


async def verify(
    store: Store,
    projection: Projection,
    streams: Streams,
    *,
    number: int | None = None,
    repair: bool = False,
    holder: str = "verify",
    policy: Policy | None = None,
) -> Verification:
    """Compare with what the services say they have. number: of the generation; the one that serves unless given.

    repair: fetch what differs and apply it; by the worker that owns the generation, when one does.
    Raises EventsError, StoreError, OperationRefused.
    """
    generation = await asyncio.to_thread(chosen, store, projection, number)
    return await verified(store, projection, streams, generation, repair=repair, holder=holder, policy=policy)


def promote(store: Store, projection: Projection, *, number: int | None = None, force: bool = False) -> Generation:
    """Let a READY generation serve: the newest of the code's version unless a number is given.

    Refused when it has stopped, is far behind or has dead letters, unless forced.
    """
    return _serve(store, projection, State.READY, number, force=force)


def rollback(store: Store, projection: Projection, *, number: int | None = None, force: bool = False) -> Generation:
    """Let a KEPT generation serve again: the newest unless a number is given. Refused as `promote` is."""
    return _serve(store, projection, State.KEPT, number, force=force)


def drop(store: Store, projection: Projection, number: int) -> Generation:
    """Forget a generation that is not live. Raises OperationRefused, StoreError."""
    generation = numbered(store, projection, number)
    if generation.state is State.LIVE:
        raise OperationRefused(f"generation {number} of '{projection.name}' serves; promote another one first")
    store.drop(generation)
    return generation


async def _build(
    store: Store,
    projection: Projection,
    streams: Streams,
    generation: Generation,
    holder: str,
    policy: Policy,
    on_progress: Progress | None,
    is_fresh: bool,
) -> Generation:
    async with owning(store, projection, generation, holder, policy) as (projector, thread):
        # Another process may have ended it just before it became ours.
        now = await asyncio.to_thread(numbered, store, projection, generation.number)
        if now.state is not State.BUILDING:
            return now
        if not is_fresh:
            await Build(projector, thread, streams, on_progress).run()
            return await thread.do(store.mark_ready, generation)
    await asyncio.to_thread(store.drop, generation)
    generation = await asyncio.to_thread(_to_build, store, projection)
    return await _build(store, projection, streams, generation, holder, policy, on_progress, False)


def _to_build(store: Store, projection: Projection) -> Generation:
    """The unfinished generation of this version, or a new one. Of two made at once, the older is taken by both."""
    found = _unfinished(store.generations(projection.name), projection)
    if found is not None:
        return found
    made = store.create(projection)
    first = _unfinished(store.generations(projection.name), projection)
    if first is None or first.number == made.number:
        return made
    store.drop(made)
    return first


def _unfinished(generations: Sequence[Generation], projection: Projection) -> Generation | None:
    fitting = [each for each in generations if (each.state, each.version) == (State.BUILDING, projection.version)]
    return min(fitting, key=lambda each: each.number, default=None)


def _serve(store: Store, projection: Projection, state: State, number: int | None, *, force: bool) -> Generation:
    if number is None:
        ours = [each for each in store.generations(projection.name) if each.version == projection.version]
        found = max((each for each in ours if each.state is state), key=lambda each: each.number, default=None)
        if found is None:
            message = f"'{projection.name}' has no {state.value} generation of version {projection.version}"
            raise OperationRefused(f"{message}; `braid projections status` shows what there is")
    else:
        found = numbered(store, projection, number)
        if found.state is not state:
            raise OperationRefused(f"generation {number} of '{projection.name}' is {found.state.value}")
    if not force:
        _check(store, projection, found)
    return store.promote(found)


def _check(store: Store, projection: Projection, generation: Generation) -> None:
    """Raises OperationRefused when queries should not be answered from this generation."""
    what = f"generation {generation.number} of '{projection.name}'"
    if generation.version != projection.version:
        raise OperationRefused(f"{what} is of version {generation.version} of its code, and nobody can tell how it is")
    status = generation_status(store, projection, generation)
    problems = [f"{each.stream} is {each.state.value}" for each in status.streams if each.state in _STOPPED]
    problems += [
        f"{each.stream} was last up to date {'never' if each.lag_s is None else f'{each.lag_s:.0f} s ago'}"
        for each in status.streams
        if each.lag_s is None or each.lag_s > STALE_S
    ]
    problems += [f"{status.letters.dead} dead letters"] if status.letters.dead else []
    if problems:
        raise OperationRefused(f"{what} is not fit to serve: {', '.join(problems)}")
