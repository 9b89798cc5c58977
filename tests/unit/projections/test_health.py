"""What is worth waking somebody for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.projections.health import judge, lag_s
from gateway.projections.limits import Limits
from gateway.projections.status import (
    GenerationStatus,
    LetterCounts,
    ProjectionStatus,
    StreamState,
    StreamStatus,
)
from gateway.projections.store import Generation, State

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STREAM = StreamStatus("orders", StreamState.FOLLOWING, "", 7, 0, 0.0, NOW)


def status(*streams: StreamStatus, letters: LetterCounts | None = None, state: State = State.LIVE) -> ProjectionStatus:
    generation = Generation("orders", 1, 1, state, NOW)
    one = GenerationStatus(generation, streams or (STREAM,), letters or LetterCounts(), ())
    return ProjectionStatus("orders", 1, None if state is State.BUILDING else 1, (one,))


def stream(**changes: object) -> ProjectionStatus:
    return status(STREAM, replace(STREAM, **changes))  # type: ignore[arg-type]


CASES = [
    (status(), Limits(), True, "generation 1 serves"),
    (replace(status(), serving=None, generations=()), Limits(), False, "it has not been built"),
    (status(state=State.BUILDING), Limits(), False, "it is being built"),
    (stream(lag_s=30.0), Limits(), True, "generation 1 serves"),
    (stream(lag_s=31.0), Limits(), False, "it is 31 s behind"),
    (stream(lag_s=31.0), Limits(lag_s=None), True, "generation 1 serves"),
    (stream(lag_s=None), Limits(), False, "it has not caught up yet"),
    (stream(state=StreamState.PRUNED), Limits(), False, "stream 'orders' has stopped: pruned"),
    (stream(state=StreamState.PRUNED), Limits(stopped=1), True, "generation 1 serves"),
    (stream(state=StreamState.UNAVAILABLE), Limits(), True, "generation 1 serves"),
    (status(letters=LetterCounts(dead=1)), Limits(), False, "1 dead letter"),
    (status(letters=LetterCounts(dead=2, early=9)), Limits(dead_letters=1), False, "2 dead letters"),
    (status(letters=LetterCounts(dead=2)), Limits(dead_letters=None), True, "generation 1 serves"),
    (status(letters=LetterCounts(early=5, waiting=3, retrying=1)), Limits(), True, "generation 1 serves"),
    (status(replace(STREAM, read_at=NOW - timedelta(seconds=29))), Limits(), True, "generation 1 serves"),
    (
        status(replace(STREAM, read_at=NOW - timedelta(seconds=31))),
        Limits(),
        False,
        "nobody follows its events: no worker runs, or none of its services answers",
    ),
]


@pytest.mark.parametrize(("of", "limits", "ok", "text"), CASES)
def test_a_projection_is_judged_by_the_generation_that_serves(
    of: ProjectionStatus, limits: Limits, ok: bool, text: str
) -> None:
    verdict = judge(of, limits, NOW)
    assert (verdict.projection, verdict.ok, verdict.text) == ("orders", ok, text)


def test_everything_that_is_wrong_is_told() -> None:
    bad = replace(STREAM, state=StreamState.REWRITTEN, lag_s=99.0)
    verdict = judge(status(bad, letters=LetterCounts(dead=3)), Limits(), NOW)
    assert verdict.text == "stream 'orders' has stopped: rewritten; it is 99 s behind; 3 dead letters"


def test_the_age_of_tables_is_that_of_the_oldest_stream() -> None:
    ages = [(0.0, 2.0, 2.0), (0.0, None, None)]
    for first, second, age in ages:
        streams = (replace(STREAM, lag_s=first), replace(STREAM, lag_s=second))
        assert lag_s(status(*streams).generations[0]) == age
