"""What is worth waking somebody for: projections' status, judged by an operator's limits. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.projections.limits import Limits
from gateway.projections.status import GenerationStatus, ProjectionStatus, StreamState

STOPPED = frozenset((StreamState.REWRITTEN, StreamState.PRUNED, StreamState.STOPPED))
"""Of streams that no longer move by themselves."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one projection. text: what is wrong; else what serves."""

    projection: str
    ok: bool
    text: str


def judge(status: ProjectionStatus, limits: Limits, now: datetime) -> Verdict:
    """Judges the generation that serves. now: with its time zone."""
    serving = serving_generation(status)
    if serving is None:
        return Verdict(status.name, False, _why_nothing_serves(status))
    faults = list(_faults(serving, limits, now))
    if faults:
        return Verdict(status.name, False, "; ".join(faults))
    return Verdict(status.name, True, f"generation {serving.generation.number} serves")


def serving_generation(status: ProjectionStatus) -> GenerationStatus | None:
    """The one that answers queries of this code."""
    return next((one for one in status.generations if one.generation.number == status.serving), None)


def lag_s(generation: GenerationStatus) -> float | None:
    """How old its tables may be: the most of its streams. None when one was never caught up."""
    lags = [stream.lag_s for stream in generation.streams]
    known = [lag for lag in lags if lag is not None]
    return max(known, default=0.0) if len(known) == len(lags) else None


def _why_nothing_serves(status: ProjectionStatus) -> str:
    states = {one.generation.state.value for one in status.generations if one.generation.version == status.version}
    if "building" in states:
        return "it is being built"
    return "it has not been built"


def _faults(serving: GenerationStatus, limits: Limits, now: datetime) -> Iterator[str]:
    stopped = [stream for stream in serving.streams if stream.state in STOPPED]
    if limits.stopped is not None and len(stopped) > limits.stopped:
        yield from (f"stream '{stream.stream}' has stopped: {stream.state.value}" for stream in stopped)
    heard = [stream.read_at for stream in serving.streams if stream.read_at is not None]
    behind_s = lag_s(serving)
    if heard and now - max(heard) > timedelta(seconds=limits.silent_s):
        yield "nobody follows its events: no worker runs, or none of its services answers"
    elif limits.lag_s is not None and behind_s is None:
        yield "it has not caught up yet"
    elif limits.lag_s is not None and behind_s is not None and behind_s > limits.lag_s:
        yield f"it is {behind_s:.0f} s behind"
    dead = serving.letters.dead
    if limits.dead_letters is not None and dead > limits.dead_letters:
        yield f"{dead} dead letter{'' if dead == 1 else 's'}"
