"""What a running gateway has counted of its calls to services, read from its /metrics."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.settings import Settings

METRICS_PATH = "/metrics"
_TIMEOUT_S = 2.0
_MAX_BYTES = 10_000_000
_OK = "OK"
# A histogram by service and outcome; its sum is in seconds.
_SAMPLE = re.compile(r"^braid_service_call_duration_seconds_(count|sum)\{([^}]*)\} (\S+)", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


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


def gateway_url(settings: Settings) -> str:
    """Where the configured gateway is reached from this machine, without a path."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.server.host, settings.server.host)
    return f"http://[{host}]:{settings.server.port}" if ":" in host else f"http://{host}:{settings.server.port}"


async def read_traffic(gateway: str) -> Mapping[str, Traffic] | None:
    """Traffic by service since the gateway at this URL was started; None when there is none, or it does not tell."""
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
    return parse_traffic(answer.body.decode("utf-8", "replace")) if answer.status == 200 else None


def parse_traffic(text: str) -> dict[str, Traffic]:
    """From the Prometheus text format."""
    found: dict[str, Traffic] = {}
    for kind, labels, value in _SAMPLE.findall(text):
        values = dict(_LABEL.findall(labels))
        name, before = values.get("service", ""), found.get(values.get("service", ""), Traffic())
        if kind == "sum":
            found[name] = Traffic(before.calls, before.errors, before.seconds + float(value))
        else:
            count = int(float(value))
            failed = 0 if values.get("outcome") == _OK else count
            found[name] = Traffic(before.calls + count, before.errors + failed, before.seconds)
    return found
