"""The faults of the matrix, and what each may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

LATE = frozenset({"DEADLINE_EXCEEDED"})
BROKEN_OFF = frozenset({"SUBREQUEST_CONNECTION_ERROR"})
STATUS = frozenset({"SUBREQUEST_HTTP_ERROR"})
MALFORMED = frozenset({"SUBREQUEST_MALFORMED_RESPONSE"})
TOO_LARGE = frozenset({"SUBREQUEST_RESPONSE_TOO_LARGE"})
NONE: frozenset[str] = frozenset()

Costs = Literal["all", "some", "nothing"]

ASKED_FOR_LISTS = frozenset({"orders", "support"})
"""Their batches are objects: a list that is given twice under one name is one list."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the matrix.

    name:     as reliability tables have it.
    of:       who makes it: the service itself (POST /_chaos) or the proxy before it.
    settings: for whoever makes it.
    costs:    all: every place of the victim in every answer; some: places of it; nothing: none.
    codes:    the errors at these places have one of them.
    harmless: services at which it costs nothing, whatever `costs` says.
    """

    name: str
    of: Literal["service", "proxy"]
    settings: Mapping[str, Any]
    costs: Costs = "all"
    codes: frozenset[str] = NONE
    harmless: frozenset[str] = frozenset()

    def costs_at(self, service: str) -> Costs:
        return "nothing" if service in self.harmless else self.costs

    @property
    def kind(self) -> str:
        """Under which its strikes are counted."""
        return self.settings["fault"]


def _http(name: str, codes: frozenset[str], fault: str, **settings: Any) -> Fault:
    return Fault(name, "service", {"fault": fault, **settings}, codes=codes)


def _tcp(name: str, codes: frozenset[str], fault: str, **settings: Any) -> Fault:
    return Fault(name, "proxy", {"fault": fault, **settings}, codes=codes)


FAULTS: tuple[Fault, ...] = (
    _http("slow", LATE, "slow", pause_ms=5000),
    _http("drip", LATE, "drip", pause_ms=100),
    _tcp("dripped headers", LATE, "drip", pause_ms=100),
    _tcp("reset", BROKEN_OFF, "reset"),
    _tcp("half-close", BROKEN_OFF, "half_close"),
    _http("500", STATUS, "error"),
    _http("HTML", MALFORMED, "html"),
    _http("garbage", MALFORMED, "garbage"),
    _tcp("non-HTTP", MALFORMED, "not_http"),
    _http("300 MB", TOO_LARGE, "huge", size_bytes=300_000_000),
    _http("gzip bomb", TOO_LARGE, "gzip_bomb", size_bytes=300_000_000),
    _http("redirect", STATUS, "redirect"),
    _http("deep JSON", MALFORMED, "deep_json"),
    _http("null", MALFORMED, "null"),
    Fault("extra response", "proxy", {"fault": "extra_response"}, costs="nothing"),
    Fault("missing item", "service", {"fault": "missing_item"}, costs="some", codes=MALFORMED),
    Fault("reordered items", "service", {"fault": "reordered_items"}, costs="nothing"),
    Fault(
        "duplicated item",
        "service",
        {"fault": "duplicated_item"},
        costs="some",
        codes=MALFORMED,
        harmless=ASKED_FOR_LISTS,
    ),
)
