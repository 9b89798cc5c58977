"""What the services themselves count, against what the clients asked: how many calls were more than one for each."""

from __future__ import annotations

import re
from collections import Counter

from mock_services.estate import Estate
from tests.shop.gateway_process import GatewayProcess

LOG_LENGTH = 500
"""Calls that a service remembers."""


def calls_by_request(estate: Estate, service: str) -> Counter[str]:
    """How many calls the service had of each request of a client, since its counters were reset."""
    assert estate.call_counts(service)["total"] <= LOG_LENGTH, "the service has forgotten some of its calls"
    return Counter(call["request_id"] for call in estate.call_log(service))


def extra_calls(calls: Counter[str]) -> int:
    """Of a query that needs one call to the service, those that were made beyond it."""
    return calls.total() - len(calls)


def openings(gateway: GatewayProcess, service: str) -> int:
    """How often the gateway's breaker of the service has opened, as /metrics tells it."""
    metrics = gateway.get("/metrics").text
    found = re.search(rf'^braid_breaker_openings_total{{[^}}]*"{service}"[^}}]*}} ([0-9.]+)$', metrics, re.MULTILINE)
    assert found, metrics
    return int(float(found[1]))
