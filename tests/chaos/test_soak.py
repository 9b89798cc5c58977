"""What `make soak` concludes from what it has measured. The soak itself runs by itself: it takes minutes."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.chaos.soak.__main__ import MOST_GROWTH_MB, soak
from tests.chaos.soak.plateaus import growth


@pytest.mark.parametrize(
    ("plateaus", "grown"),
    [
        ([60.0] * 21, 0.0),
        ([60.0 + 0.25 * n for n in range(21)], 5.0),
        # Arenas come and go: a third of the plateaus is 8 MB off, and nothing has grown.
        ([68.0 if n % 3 == 0 else 60.0 for n in range(21)], 0.0),
        # What was given back at the end does not hide what was added before.
        ([60.0 + n for n in range(20)] + [60.0], 20.0),
    ],
    ids=["flat", "5 MB evenly", "arenas", "one look too low"],
)
def test_growth_is_what_was_added_evenly(plateaus: list[float], grown: float) -> None:
    assert growth(plateaus) == pytest.approx(grown, abs=0.5)


@pytest.mark.parametrize("seed", range(10))
def test_noise_neither_hides_a_leak_nor_makes_one(seed: int) -> None:
    """2 MB up and down at random: twice the bound is found, and half of it is not."""
    noise = random.Random(seed)
    for added, broken in ((2 * MOST_GROWTH_MB, True), (0.5 * MOST_GROWTH_MB, False)):
        plateaus = [60 + added * n / 20 + noise.uniform(-1, 1) for n in range(21)]
        assert (growth(plateaus) >= MOST_GROWTH_MB) is broken


def test_the_soak_runs_and_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Too few requests to see a slow leak, or to measure times, but every kind of them, and all that is counted."""
    asyncio.run(soak(400))
    told = capsys.readouterr().out
    assert told.count("ok     tasks left: 0") == 2, told
    assert told.count("ok     requests that hung in the service") == 2, told
    assert all(f"ok     {what} left: 0" in told for what in ("sockets", "descriptors")), told
