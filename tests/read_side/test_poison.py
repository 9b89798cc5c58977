"""An event that its handler cannot take: four attempts, only its aggregate waits; a mended handler makes it good."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.ledger import shop_log
from tests.read_side.conftest import Start
from tests.read_side.fragile import POISON
from tests.read_side.side import PATIENCE_S, ReadSide
from tests.shop.waiting import wait_until

BACKOFF_S = 0.2
TOGETHER_S = 0.05
"""Calls that are closer than this are one attempt: in a batch, and then alone."""


def rename(side: ReadSide, customer: str, name: str) -> None:
    url = f"{side.urls['customers']}/customers/{customer}/rename"
    httpx.post(url, json={"name": name}, trust_env=False).raise_for_status()


def attempts(calls: Path) -> list[float]:
    """When each began."""
    times = [float(line) for line in calls.read_text().split()] if calls.exists() else []
    return times[:1] + [after for before, after in pairwise(times) if after - before > TOGETHER_S]


def letters(side: ReadSide) -> list[dict[str, Any]]:
    return side.told("dead-letters", "list", "--every")


def test_poison_is_tried_four_times_and_good_again_when_mended(start: Start, calls: Path) -> None:
    calls.unlink(missing_ok=True)
    side = start("customers", "orders", ledger="tests.read_side.fragile")
    rename(side, "c-000001", "Ida")
    side.wait_for_name("c-000001", "Ida")
    rename(side, "c-000001", POISON)
    rename(side, "c-000002", "Noor")
    side.wait_for_name("c-000002", "Noor")
    rename(side, "c-000001", "Jonas")
    wait_until(lambda: {state for *_, state in side.held().letters} == {"dead", "waiting"}, PATIENCE_S)
    time.sleep(8 * BACKOFF_S)
    check_attempts(attempts(calls))
    check_set_aside(side)
    rename(side, "c-000003", "Lucie")
    side.wait_for_name("c-000003", "Lucie")
    mend(side)
    check_made_good(side)


def check_attempts(times: list[float]) -> None:
    """Four, each gap twice the one before, give or take a tenth, and a little for looking."""
    gaps = [after - before for before, after in pairwise(times)]
    assert len(gaps) == 3
    for gap, least in zip(gaps, (BACKOFF_S, 2 * BACKOFF_S, 4 * BACKOFF_S), strict=True):
        assert gap >= least * 0.89
    assert gaps[0] < gaps[1] < gaps[2]


def check_set_aside(side: ReadSide) -> None:
    """The poison and what comes behind it of the same customer, and nothing that anybody typed."""
    dead, waiting = letters(side)
    assert (dead["subject"], dead["version"], dead["state"], dead["attempts"]) == ("c-000001", 3, "dead", 4)
    assert (waiting["subject"], waiting["version"], waiting["state"]) == ("c-000001", 4, "waiting")
    assert dead["error"].startswith("ValueError")
    assert "Robert" not in f"{dead}{waiting}{side.said()}"
    assert side.held().customers["c-000001"] == "Ida"
    status = side.told("projections", "status", status=1)
    assert status["projections"][0]["generations"][0]["letters"]["dead"] == 1


def mend(side: ReadSide) -> None:
    """As an operator would: stop, put the mended module in its place, start, retry."""
    assert side.projector is not None
    assert side.projector.stop() == 0
    side.use({shop_log.NAME: shop_log.__name__})
    side.start_projector()
    assert [each["state"] for each in letters(side)] == ["dead", "waiting"]
    side.braid("dead-letters", "retry", shop_log.NAME)


def check_made_good(side: ReadSide) -> None:
    side.wait_for_name("c-000001", "Jonas")
    wait_until(lambda: not side.held().letters, PATIENCE_S)
    assert letters(side) == []
    held = side.held()
    versions = [version for version, _ in held.applied["customers", "c-000001"]]
    assert versions[-2:] == [3, 4]
    assert versions == sorted(set(versions))
    assert (held.customers["c-000002"], held.customers["c-000003"]) == ("Noor", "Lucie")
    side.braid("projections", "status")
    found = side.told("projections", "verify", shop_log.NAME)
    assert [stream["differing"] for stream in found[0]["streams"]] == [[], []]
