"""What a worker tells over HTTP: metrics, and whether somebody has to be woken."""

from __future__ import annotations

import pytest

from gateway.projections.status import LetterCounts
from tests.unit.telemetry.following import running_worker

pytestmark = pytest.mark.anyio

SERVING = 'generation="4",projection="shop"'
STREAM = f'{SERVING},stream="orders"'


async def test_lag_letters_progress_and_the_window_are_told():
    async with running_worker() as worker:
        samples = await worker.metrics()
    expected = {
        "braid_projection_store_up": 1,
        'braid_projection_serving_generation{projection="shop"}': 4,
        'braid_projection_version{projection="shop"}': 2,
        'braid_projection_generations{projection="shop",state="building"}': 1,
        'braid_projection_generations{projection="shop",state="kept"}': 0,
        f"braid_projection_lag_events{{{STREAM}}}": 3,
        f"braid_projection_lag_seconds{{{STREAM}}}": 0,
        'braid_projection_stream_state{generation="4",projection="shop",state="following",stream="orders"}': 1,
        f'braid_projection_letters{{{SERVING},state="early"}}': 2,
        f'braid_projection_letters{{{SERVING},state="dead"}}': 0,
        f"braid_projection_oldest_letter_seconds{{{SERVING}}}": 7,
        'braid_projection_build_done{generation="5",projection="shop",stream="orders"}': 30,
        'braid_projection_build_total{generation="5",projection="shop",stream="orders"}': 90,
        'braid_projection_build_done{generation="5",projection="shop",stream="customers"}': 7,
        'braid_projection_events_total{generation="4",outcome="applied",projection="shop",stream="orders"}': 3,
        'braid_projection_events_total{generation="4",outcome="duplicate",projection="shop",stream="orders"}': 1,
        f"braid_projection_batches_total{{{STREAM}}}": 2,
        'braid_projection_window_seconds_bucket{generation="4",le="0.0025",projection="shop",stream="orders"}': 0,
        'braid_projection_window_seconds_bucket{generation="4",le="0.005",projection="shop",stream="orders"}': 2,
        'braid_projection_window_seconds_bucket{generation="4",le="+Inf",projection="shop",stream="orders"}': 3,
        f"braid_projection_window_seconds_sum{{{STREAM}}}": 40.008,
    }
    assert {name: samples.get(name) for name in expected} == pytest.approx(expected)
    assert 'braid_projection_lag_seconds{generation="5",projection="shop",stream="orders"}' not in samples
    assert 'braid_projection_build_total{generation="5",projection="shop",stream="customers"}' not in samples


async def test_while_the_store_is_away_old_news_are_not_told():
    """What the worker itself has counted is."""
    async with running_worker() as worker:
        worker.is_away = True
        samples = await worker.metrics()
        answer = await worker.client.get("/ready")
    assert samples["braid_projection_store_up"] == 0
    assert not [name for name in samples if name.startswith(("braid_projection_lag", "braid_projection_letters"))]
    assert [name for name in samples if name.startswith("braid_projection_events_total")]
    assert answer.status_code == 503
    assert answer.json()["checks"] == [{"name": "projections", "ok": False, "detail": "The store is away."}]


@pytest.mark.parametrize(
    ("dead", "lag_s", "status", "detail"),
    [
        (0, 0.0, 200, "generation 4 serves"),
        (1, 0.0, 503, "1 dead letter"),
        (0, 31.0, 503, "it is 31 s behind"),
    ],
)
async def test_readiness_turns_red_at_thresholds(dead: int, lag_s: float, status: int, detail: str):
    async with running_worker() as worker:
        worker.letters, worker.lag_s = LetterCounts(dead=dead), lag_s
        answer = await worker.client.get("/ready")
        assert (await worker.client.get("/health")).status_code == 200
    assert answer.status_code == status
    assert answer.json()["checks"] == [{"name": "projection shop", "ok": status == 200, "detail": detail}]
