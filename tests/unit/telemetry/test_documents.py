"""The dashboards and docs/telemetry.md speak of the metrics that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.admission.admission import Admission
from gateway.telemetry.following import collect_following
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.reloads import Reloads
from tests.unit.telemetry.following import running_worker
from tests.unit.telemetry.world import running, status_500

REPOSITORY = Path(__file__).parents[3]
DOCUMENT = (REPOSITORY / "docs/telemetry.md").read_text(encoding="utf-8")


def dashboard(name: str) -> dict[str, Any]:
    return json.loads((REPOSITORY / "deploy/grafana" / name).read_text(encoding="utf-8"))


def check_queries(board: dict[str, Any], samples: Sequence[str], *, at_least: int) -> None:
    """Every name in a query is a sample's; every label in braces or after `by` is one of its labels."""
    names = {re.split(r"[{ ]", sample)[0] for sample in samples}
    labels = {label for sample in samples for label in re.findall(r'(\w+)="', sample)}
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(queries) > at_least
    for query in queries:
        asked = set(re.findall(r"\b(?:braid|process)_\w+", query))
        assert asked, query
        assert asked <= names, query
        grouped = re.findall(r"by \(([^)]*)\)", query)
        used = {label.strip() for group in grouped for label in group.split(",")}
        used |= set(re.findall(r'(\w+)!?=~?"', query))
        assert used <= labels | {"instance"}, query
    for variable in board["templating"]["list"][1:]:
        metric, label = re.findall(r"\w+", variable["definition"].removeprefix("label_values"))
        assert metric in names
        assert label in labels | {"instance"}


@pytest.mark.anyio
async def test_the_dashboard_asks_for_samples_and_labels_that_a_gateway_has(modules: Path):
    async with running(modules) as world:
        await world.ask()
        world.things = status_500
        await world.ask()
        samples = list(await world.metrics())
    check_queries(dashboard("braid.json"), samples, at_least=15)


@pytest.mark.anyio
async def test_the_dashboard_of_projections_asks_for_what_a_worker_tells():
    async with running_worker() as worker:
        samples = list(await worker.metrics())
    check_queries(dashboard("projections.json"), samples, at_least=12)


@pytest.mark.parametrize("name", ["braid.json", "projections.json"])
def test_panels_do_not_overlap(name: str):
    places = [panel["gridPos"] for panel in dashboard(name)["panels"]]
    cells = [(x, p["y"]) for p in places for x in range(p["x"], p["x"] + p["w"])]
    assert len(cells) == len(set(cells))
    assert all(0 <= x < 24 for x, _ in cells)


def test_every_metric_is_documented_and_no_other():
    documented = set(re.findall(r"^\| `(braid_\w+)`", DOCUMENT, re.MULTILINE))
    told = (*Metrics().collect(), *Admission().collect(), *Reloads().collect(), *collect_following({}))
    families = {family.name + ("_total" if family.type == "counter" else "") for family in told}
    assert documented == families
