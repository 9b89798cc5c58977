"""docs/resilience.md tells of every setting that a service's policy has, and of metrics that there are."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.settings import Section, Settings
from gateway.settings.service import ServiceSection
from gateway.telemetry.metrics import Metrics

DOCUMENT = (Path(__file__).parents[4] / "docs/resilience.md").read_text(encoding="utf-8")
SECTION = re.split(r"^## ", DOCUMENT.split("\n## Services\n")[1], flags=re.MULTILINE)[0]
ROWS = [[cell.strip() for cell in row.split("|")] for row in re.findall(r"^\| (`.*) \|$", SECTION, re.MULTILINE)]


def knobs(section: Section, above: str = "") -> dict[str, str]:
    """Every setting below this section with its value, as the tables write them."""
    found: dict[str, str] = {}
    for name, value in section:
        if isinstance(value, Section):
            found |= knobs(value, f"{above}{name}.")
        else:
            found[f"{above}{name}"] = f"{value:g}" if isinstance(value, float) else str(value).lower()
    return found


def test_every_knob_stands_there_with_its_default_and_a_reason() -> None:
    documented = {row[0].strip("`"): f"{float(row[1]):g}" if "." in row[1] else row[1] for row in ROWS}
    budget = knobs(Settings.model_fields["retry_budget"].default, "retry_budget.")
    assert documented == knobs(ServiceSection()) | budget
    assert all(len(row) == 5 and row[3] and row[4] for row in ROWS)


def test_the_metrics_that_are_named_exist() -> None:
    families = {family.name + ("_total" if family.type == "counter" else "") for family in Metrics().collect()}
    named = set(re.findall(r"braid_\w+", SECTION))
    assert len(named) > 8
    assert named <= families
