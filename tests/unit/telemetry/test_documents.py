"""The dashboard and docs/telemetry.md speak of the metrics that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway.admission.admission import Admission
from gateway.telemetry.following import collect_following
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.reloads import Reloads
from tests.unit.telemetry.world import running, status_500

REPOSITORY = Path(__file__).parents[3]
DASHBOARD = json.loads((REPOSITORY / "deploy/grafana/braid.json").read_text(encoding="utf-8"))
DOCUMENT = (REPOSITORY / "docs/telemetry.md").read_text(encoding="utf-8")
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


@pytest.mark.anyio
async def test_the_dashboard_asks_for_samples_and_labels_that_a_gateway_has(modules: Path):
    """Every name in a query is a sample's; every label in braces or after `by` is one of its labels."""
    async with running(modules) as world:
        await world.ask()
        world.things = status_500
        await world.ask()
        samples = list(await world.metrics())
    names = {re.split(r"[{ ]", sample)[0] for sample in samples}
    labels = {label for sample in samples for label in re.findall(r'(\w+)="', sample)}
    assert len(QUERIES) > 15
    for query in QUERIES:
        asked = set(re.findall(r"\b(?:braid|process)_\w+", query))
        assert asked, query
        assert asked <= names, query
        grouped = re.findall(r"by \(([^)]*)\)", query)
        used = {label.strip() for group in grouped for label in group.split(",")} | set(re.findall(r'(\w+)!?="', query))
        assert used <= labels | {"instance"}, query


def test_panels_do_not_overlap():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(x, p["y"]) for p in places for x in range(p["x"], p["x"] + p["w"])]
    assert len(cells) == len(set(cells))
    assert all(0 <= x < 24 for x, _ in cells)


def test_every_metric_is_documented_and_no_other():
    documented = set(re.findall(r"^\| `(braid_\w+)`", DOCUMENT, re.MULTILINE))
    told = (*Metrics().collect(), *Admission().collect(), *Reloads().collect(), *collect_following({}))
    families = {family.name + ("_total" if family.type == "counter" else "") for family in told}
    assert documented == families
