"""docs/resilience.md tells every knob that keeps the gateway up: its true default, unit, reason, and metric."""

from __future__ import annotations

import re

import pytest

from tests.unit.test_docs import DOCS, rows, settings_by_path

PAGE = (DOCS / "resilience.md").read_text(encoding="utf-8")

SECTIONS = ("execution.", "limits.", "cost.", "overload.", "rate_limit", "retry_budget.", "service_defaults.", "cache.")
"""Every setting under these is a knob of this page; of `subgraphs.NAME`, what `service_defaults` does not have."""

ELSEWHERE = {
    "execution.batching": "for comparison only",
    "execution.lookups": "for comparison only",
    "subgraphs.NAME.url": "says where a service is",
    "subgraphs.NAME.schema": "says what a service is",
}
"""Settings under these sections that keep nothing up."""

ALSO = (
    *(
        "server.max_body_bytes",
        "server.cors_origins",
        "server.forward_headers",
        "server.introspection",
        "server.explain",
    ),
    *("server.access_log", "telemetry.metrics"),
)
"""Knobs of this page from sections that are about more than it."""


def knobs() -> dict[str, list[str]]:
    """Each knob's row by its full path. Services' knobs are written as in a section of `subgraphs`."""
    return {name.strip("`"): rest for name, *rest in rows(PAGE, columns=5)}


def settings_of_the_page() -> dict[str, object]:
    found = settings_by_path()
    services = {path.removeprefix("service_defaults.") for path in found if path.startswith("service_defaults.")}
    under = {
        path for path in found if path.startswith(SECTIONS) or path.removeprefix("subgraphs.NAME.") not in services
    }
    wanted = {path for path in under if path.startswith((*SECTIONS, "subgraphs."))} - set(ELSEWHERE) | set(ALSO)
    return {path: found[path] for path in wanted}


def as_told(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple | list):
        return f"[{', '.join(str(item) for item in default)}]"
    if default in (None, "required"):
        return "none"
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_every_knob_is_told_with_its_default() -> None:
    """The page's tables and the settings hold the same knobs, and no others; headers of clients are named as such."""
    told = {name: row[0].strip("`") for name, row in knobs().items() if "the client's header" not in name}
    assert told == {path: as_told(default) for path, default in settings_of_the_page().items()}


def test_every_knob_has_a_unit_a_reason_and_a_metric() -> None:
    for name, (_, unit, reason, metric) in knobs().items():
        assert unit, name
        assert len(reason.split()) >= 4, name
        # What no metric can show says why.
        assert re.search(r"`(braid|process)_\w+|the access log|^none: \w+", metric), name


def test_every_metric_of_the_page_is_there() -> None:
    documented = set(re.findall(r"`(braid_\w+)`", (DOCS / "telemetry.md").read_text(encoding="utf-8")))
    told = {re.sub(r"_total$", "", name) for name in re.findall(r"\b(braid_\w+)", PAGE)}
    assert told <= {re.sub(r"_total$", "", name) for name in documented}


def test_every_code_of_the_page_has_its_cause_and_its_cure() -> None:
    listed = (DOCS / "errors.md").read_text(encoding="utf-8")
    told = {code for code in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE) if f"`{code}`" not in listed}
    assert told == set()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`make ([a-z-]+)", PAGE))))
def test_every_target_of_the_page_is_there(name: str) -> None:
    makefile = (DOCS.parent / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{name}:", makefile, re.MULTILINE)
