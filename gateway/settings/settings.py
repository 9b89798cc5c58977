"""The whole configuration, and what must hold across its sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from gateway.settings.authorization import AuthorizationSection
from gateway.settings.contract import ContractSection
from gateway.settings.cost import CostSection
from gateway.settings.execution import CacheSection, ExecutionSection, LimitsSection
from gateway.settings.file import KeyPath, dotted, variable_form
from gateway.settings.overload import OverloadSection
from gateway.settings.overrides import OverridesSection
from gateway.settings.projections import ProjectionsSection
from gateway.settings.rates import RateLimitsSection
from gateway.settings.reload import ReloadSection
from gateway.settings.server import ServerSection
from gateway.settings.service import RetryBudgetSection, ServiceSection, fill_in
from gateway.settings.subgraph import SubgraphSection
from gateway.settings.telemetry import TelemetrySection
from gateway.settings.values import Seconds, Section, SubgraphName


class DemoSection(Section):
    """What `braid demo` starts before the gateway."""

    services: Annotated[str, Field(min_length=1)]
    """Command that starts the services, keeps running, and prints one line of JSON once all of them answer. It is
    split as a shell would, but run without one; `python` means the gateway's own interpreter."""
    activity: Annotated[float, Field(ge=0, le=100)] = 1.0
    """Changes a second that the services are to make by themselves, so that there is something to see: it stands in the
    command where that says `{activity}`. 0 for none."""
    start_timeout_s: Seconds = 180.0
    """Seconds until that line must have come; a first start may have data to generate."""


class Settings(Section):
    """The whole configuration."""

    server: ServerSection = ServerSection()
    execution: ExecutionSection = ExecutionSection()
    limits: LimitsSection = LimitsSection()
    cost: CostSection = CostSection()
    cache: CacheSection = CacheSection()
    contract: ContractSection = ContractSection()
    overrides: OverridesSection = OverridesSection()
    authorization: AuthorizationSection | None = None
    overload: OverloadSection = OverloadSection()
    rate_limits: RateLimitsSection = RateLimitsSection()
    reload: ReloadSection = ReloadSection()
    telemetry: TelemetrySection = TelemetrySection()
    transport: Literal["direct", "aiohttp", "httpx"] = "direct"
    """What carries calls to services: `direct` is connections of our own to GraphQL subgraphs, and aiohttp to REST
    services; `aiohttp`, that for both, at more CPU for a call to a subgraph; `httpx` costs several times that, and is
    for proxies and authentication plug-ins that need it."""
    supergraph: Path | None = None
    """File with a composed supergraph, to serve instead of composing one. `subgraphs` may then override URLs."""
    retry_budget: RetryBudgetSection = RetryBudgetSection()
    service_defaults: ServiceSection = ServiceSection()
    """How services are called whose own block does not say otherwise, setting by setting."""
    subgraphs: dict[SubgraphName, SubgraphSection] = Field(default={})
    """The subgraphs by name."""
    projections: ProjectionsSection = ProjectionsSection()
    python_path: Path = Path()
    """Folder from which the modules named by `schema` and `projections.modules` are imported."""
    demo: DemoSection | None = None

    @model_validator(mode="after")
    def _check_sources(self) -> Settings:
        blocks = {name: block.model_dump(by_alias=True, exclude_none=True) for name, block in self.subgraphs.items()}
        for path, message in missing_sources(self.supergraph, blocks):
            raise ValueError(f"{dotted(path)}: {message}" if path else message)
        return self

    def subgraph(self, name: str) -> SubgraphSection:
        """The subgraph's section, over `service_defaults`; these alone when the configuration does not mention it.

        Over a supergraph file, environment variables may set what no section spells, so PRODUCT_REVIEWS finds
        `product-reviews`.
        """
        found = self.subgraphs.get(name)
        if found is None:
            form = variable_form(name)
            blocks = (block for key, block in self.subgraphs.items() if variable_form(key) == form)
            found = next(blocks, SubgraphSection())
        return fill_in(found, self.service_defaults)

    def in_force(self) -> Settings:
        """The same, with `service_defaults` written out in every subgraph."""
        return self.model_copy(update={"subgraphs": {name: self.subgraph(name) for name in self.subgraphs}})


def missing_sources(supergraph: object, subgraphs: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """What keeps a graph from being composed. A supergraph file brings its own URLs."""
    if supergraph is not None:
        return
    if not subgraphs:
        yield (), "there is nothing to serve: list the 'subgraphs', or name a 'supergraph' file"
    for name, block in subgraphs.items():
        if isinstance(block, dict) and not {"url", "schema"} & block.keys():
            yield ("subgraphs", name), "needs 'url' (a GraphQL service), or 'schema' and the 'url' of its service"
