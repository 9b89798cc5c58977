"""What a running gateway tells of its calls to services, read from its /metrics."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.samples import Sample

    from gateway.settings import Settings

METRICS_PATH = "/metrics"
_TIMEOUT_S = 2.0
_MAX_BYTES = 10_000_000
_OK = "OK"
_CALLS = "braid_service_call_duration_seconds"
_BREAKERS = ("closed", "half open", "open")
"""By the gauge's value."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Calls to one service. errors: those of them without a usable answer. seconds: what all of them took together."""

    calls: int = 0
    errors: int = 0
    seconds: float = 0.0

    @property
    def mean_s(self) -> float | None:
        return self.seconds / self.calls if self.calls else None

    def since(self, earlier: Traffic) -> Traffic:
        """What came after an earlier look; all of it when the gateway was started anew in between."""
        if self.calls < earlier.calls:
            return self
        return Traffic(self.calls - earlier.calls, self.errors - earlier.errors, self.seconds - earlier.seconds)


@dataclass(slots=True)
class PolicyState:
    """How one service's policy stands now, and what it has done since the gateway's start.

    breaker:   "closed", "half open" or "open". openings: how often it has opened.
    in_flight: calls under way. waiting: calls that wait for one of these to end.
    refused:   calls that were not made, by code.
    budgets:   extra calls that could be made now, by kind: "retry" and, where it is on, "hedge".
    """

    breaker: str = _BREAKERS[0]
    openings: int = 0
    in_flight: int = 0
    waiting: int = 0
    retries: int = 0
    hedges: int = 0
    refused: dict[str, int] = field(default_factory=dict[str, int])
    budgets: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(slots=True)
class GraphState:
    """The graph that serves. loaded: Unix time. swaps: changes taken over. refused: the last change stands refused."""

    loaded: float = 0.0
    swaps: int = 0
    refused: bool = False


@dataclass(slots=True)
class Told:
    """All of it, by service. retry_budget: retries that the whole gateway could make now. graph: that which serves."""

    traffic: dict[str, Traffic] = field(default_factory=dict[str, Traffic])
    policies: dict[str, PolicyState] = field(default_factory=dict[str, PolicyState])
    retry_budget: float | None = None
    graph: GraphState = field(default_factory=GraphState)


def gateway_url(settings: Settings) -> str:
    """Where the configured gateway is reached from this machine, without a path."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.server.host, settings.server.host)
    return f"http://[{host}]:{settings.server.port}" if ":" in host else f"http://{host}:{settings.server.port}"


async def ask_gateway(gateway: str) -> Told | None:
    """What the gateway at this URL tells; None when there is none, or it does not tell."""
    from gateway.services.call import source_call
    from gateway.services.errors import SourceError
    from gateway.services.request import RequestContext
    from gateway.services.transport import AiohttpTransport

    context = RequestContext("services", asyncio.get_running_loop().time() + 2 * _TIMEOUT_S)
    transport = AiohttpTransport(1)
    try:
        async with source_call("gateway", _TIMEOUT_S, context):
            answer = await transport.send("GET", gateway.rstrip("/") + METRICS_PATH, {}, None, _MAX_BYTES)
    except SourceError:
        return None
    finally:
        await transport.close()
    return parse_metrics(answer.body.decode("utf-8", "replace")) if answer.status == 200 else None


def parse_metrics(text: str) -> Told:
    """From the Prometheus text format. What is of no service, or of no interest here, is left out."""
    from prometheus_client.parser import text_string_to_metric_families

    told = Told()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            service = sample.labels.get("service")
            if sample.name == "braid_retry_budget":
                told.retry_budget = sample.value
            elif sample.name == "braid_graph_loaded_timestamp_seconds":
                told.graph.loaded = sample.value
            elif sample.name == "braid_reload_refused":
                told.graph.refused = bool(sample.value)
            elif sample.name == "braid_reloads_total" and sample.labels.get("outcome") == "swapped":
                told.graph.swaps = int(sample.value)
            elif service is not None and sample.name.startswith(_CALLS):
                told.traffic[service] = _add_calls(told.traffic.get(service, Traffic()), sample)
            elif service is not None:
                _add_policy(told.policies, service, sample)
    return told


def _add_calls(traffic: Traffic, sample: Sample) -> Traffic:
    """With one sample of the histogram by service and outcome; its sum is in seconds."""
    if sample.name == f"{_CALLS}_sum":
        return Traffic(traffic.calls, traffic.errors, traffic.seconds + sample.value)
    if sample.name != f"{_CALLS}_count":
        return traffic
    failed = 0 if sample.labels.get("outcome") == _OK else int(sample.value)
    return Traffic(traffic.calls + int(sample.value), traffic.errors + failed, traffic.seconds)


_COUNTS = {
    "braid_breaker_openings_total": "openings",
    "braid_service_calls_in_flight": "in_flight",
    "braid_service_calls_waiting": "waiting",
    "braid_service_retries_total": "retries",
    "braid_service_hedges_total": "hedges",
}
"""Attributes of a PolicyState by the sample that is added to them."""


def _add_policy(policies: dict[str, PolicyState], service: str, sample: Sample) -> None:
    """Note one sample; `policies` is changed."""
    name, value, labels = sample.name, sample.value, sample.labels
    if name == "braid_breaker_state":
        policies.setdefault(service, PolicyState()).breaker = _BREAKERS[int(value)]
    elif name in _COUNTS:
        state = policies.setdefault(service, PolicyState())
        setattr(state, _COUNTS[name], getattr(state, _COUNTS[name]) + int(value))
    elif name == "braid_service_calls_refused_total":
        policies.setdefault(service, PolicyState()).refused[labels["code"]] = int(value)
    elif name == "braid_service_budget":
        policies.setdefault(service, PolicyState()).budgets[labels["kind"]] = value
