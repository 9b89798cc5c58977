"""The measurement itself, in small: its promises hold by far."""

from __future__ import annotations

import asyncio

import pytest

from tests.planning_cost.__main__ import measure_flood, measure_large_graph
from tests.support.verdicts import Verdicts


def test_a_graph_of_a_hundred_types_is_planned_within_its_bound(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = Verdicts()
    measure_large_graph(verdicts, 10, 100)
    assert verdicts.broken == 0
    assert "96 fetches on 4 levels in 32 requests" in capsys.readouterr().out


def test_a_flood_of_operations_does_not_fill_the_memory(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = Verdicts()
    asyncio.run(measure_flood(verdicts, 200))
    assert verdicts.broken == 0
    assert "growth by 200 operations" in capsys.readouterr().out
