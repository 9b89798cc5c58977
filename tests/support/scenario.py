"""What a test of the federation consists of: a Scenario (subgraphs, API, data) and Cases (question, plan, answer)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.support.fakes import FakeSubgraph, Faults
from tests.support.monolith import Monolith
from tests.support.subgraph_sdl import SubgraphModel, read_subgraph
from tests.support.world import Requirement, World

FEDERATION_2 = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: [
  "@key" "@external" "@requires" "@provides" "@shareable" "@override" "@inaccessible"
  "@interfaceObject" "@extends" "@tag"
])
"""


MONOLITH: Any = object()


@dataclass(frozen=True, eq=False)
class Scenario:
    """Subgraphs over one world.

    subgraphs: name -> SDL, in the order in which they are configured.
    api:       SDL of what clients see, written by hand; the monolith executes it and composition must yield it.
    supergraph: composed elsewhere, for graphs that composition would rightly refuse; None: composed from the subgraphs.
    """

    name: str
    subgraphs: Mapping[str, str]
    api: str
    world: World
    supergraph: str | None = None

    @cached_property
    def models(self) -> dict[str, SubgraphModel]:
        """Each subgraph's SDL, read independently of the gateway."""
        return {name: read_subgraph(sdl) for name, sdl in self.subgraphs.items()}

    @cached_property
    def monolith(self) -> Monolith:
        """The oracle for this scenario."""
        return Monolith(self.api)

    def start(self) -> World:
        """The world before anything happened in it."""
        world = self.world.fresh()
        world.requirements = self._requirements
        return world

    @cached_property
    def _requirements(self) -> dict[tuple[str, str], Requirement]:
        return {
            (concrete, name): Requirement(model.schema, typename, facts.requires)
            for model in self.models.values()
            for typename, type_facts in model.types.items()
            for name, facts in type_facts.fields.items()
            if facts.requires
            for concrete in (typename, *self.world.subtypes.get(typename, []))
        }

    def fakes(self, world: World, labels: Collection[str] = ()) -> dict[str, FakeSubgraph]:
        """New fakes over this world. labels: the override labels that are on."""
        return {
            name: FakeSubgraph(name, model, world, overridden=self._overridden(name, labels))
            for name, model in self.models.items()
        }

    def _overridden(self, name: str, labels: Collection[str]) -> frozenset[tuple[str, str]]:
        """What this subgraph has no longer, or not yet: as long as a label is off, the old owner has the field."""
        return frozenset(
            (typename, field_name)
            for owner, model in self.models.items()
            for typename, facts in model.types.items()
            for field_name, directives in facts.fields.items()
            if directives.overrides in self.models
            and name == (directives.overrides if directives.label in (None, *labels) else owner)
        )


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question to a scenario, with its expected plan and answer.

    plan:     lines as plan_shape (gateway.py) gives them; None when the plan is not the point.
    data:     the expected answer, written by hand; MONOLITH: whatever the monolith answers.
    errors:   expected (code, path) pairs, in any order; code None accepts any.
    labels:   the override labels that are on.
    faults:   how subgraphs misbehave during the run.
    requests: expected number of requests per subgraph; those not named get none. None: as many as the plan has steps.
    then:     looks at the fakes after the run, for what no table can say.
    """

    name: str
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    operation: str | None = None
    plan: Sequence[str] | None = None
    data: Any = MONOLITH
    errors: Sequence[tuple[str | None, Sequence[str | int] | None]] = ()
    labels: Collection[str] = ()
    faults: Mapping[str, Faults] = field(default_factory=dict[str, Faults])
    requests: Mapping[str, int] | None = None
    then: Callable[[Mapping[str, FakeSubgraph]], None] | None = None

    def __str__(self) -> str:
        return self.name.replace(" ", "-")
