"""`telemetry`: what the operator is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.settings.values import Section, Url


class TelemetrySection(Section):
    """What the operator is told. Values of variables, headers and answers are in none of it."""

    metrics: bool = True
    """Serve `/metrics` for Prometheus, on the same port. It tells names of subgraphs: keep it off the internet."""
    otlp_endpoint: Url | None = None
    """Where traces are sent by OTLP over HTTP, as in `http://collector:4318/v1/traces`; without it there are none.
    Needs the extra `otlp`."""
    sample_ratio: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Share of the requests that are traced, of those that come without a `traceparent`."""
    follow_clients: bool = True
    """A client's `traceparent` decides whether its request is traced. Off, `sample_ratio` does for all."""
    service_name: Annotated[str, Field(min_length=1)] = "braid-gateway"
    """The name under which traces appear."""
