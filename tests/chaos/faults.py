"""The faults of the matrix, and what each may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

LATE = frozenset({"DEADLINE_EXCEEDED"})
BROKEN_OFF = frozenset({"SUBREQUEST_CONNECTION_ERROR"})
STATUS = frozenset({"SUBREQUEST_HTTP_ERROR"})
MALFORMED = frozenset({"SUBREQUEST_MALFORMED_RESPONSE"})
TOO_LARGE = frozenset({"SUBREQUEST_RESPONSE_TOO_LARGE"})
NONE: frozenset[str] = frozenset()

Costs = Literal["all", "some", "perhaps", "nothing"]

GIVEN_TWICE: Mapping[str, Costs] = {"orders": "nothing", "support": "nothing"}
"""Their batches are objects of lists: one that is given twice under one name is given once."""
BY_POSITION: Mapping[str, Costs] = {"reviews": "some"}
"""In `_entities` the place says which is which; the gateway asks for the key, too, and sees that it is another's."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the matrix.

    name:     as reliability tables have it.
    of:       who makes it: the service itself (POST /_chaos) or the proxy before it.
    settings: for whoever makes it.
    costs:    all: every place of the victim in every answer; some: places of it; nothing: none.
              perhaps: some in some answers, none in others.
    codes:    the errors at these places have one of them.
    unlike:   what it costs at services where it costs something else.
    """

    name: str
    of: Literal["service", "proxy"]
    settings: Mapping[str, Any]
    costs: Costs = "all"
    codes: frozenset[str] = NONE
    unlike: Mapping[str, Costs] = field(default_factory=dict[str, "Costs"])

    def costs_at(self, service: str) -> Costs:
        return self.unlike.get(service, self.costs)

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
    # What comes when the next request is under way is read as its answer; HTTP/1.1 has nothing to tell by. Keys have.
    Fault("late response", "proxy", {"fault": "late_response", "pause_ms": 5}, costs="perhaps", codes=MALFORMED),
    Fault("missing item", "service", {"fault": "missing_item"}, costs="some", codes=MALFORMED),
    Fault(
        "reordered items",
        "service",
        {"fault": "reordered_items"},
        costs="nothing",
        codes=MALFORMED,
        unlike=BY_POSITION,
    ),
    Fault(
        "duplicated item",
        "service",
        {"fault": "duplicated_item"},
        costs="some",
        codes=MALFORMED,
        unlike=GIVEN_TWICE,
    ),
)
