"""`reload`: how a running gateway takes over what has changed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.settings.values import Seconds, Section


class ReloadSection(Section):
    """A change is composed, checked and planned beside the running graph, and takes its place only if it is right."""

    watch_s: Seconds | None = 1.0
    """Seconds between looks at the configuration and the supergraph file; `null` for never. SIGHUP always looks."""
    subgraphs_s: Seconds | None = None
    """Seconds between questions to the GraphQL services whether their schemas have changed; without it they are asked
    only when something else is reloaded."""
    warm_plans: Annotated[int, Field(ge=0)] = 200
    """Plans, of those used most, that are made for the new graph before it serves."""
