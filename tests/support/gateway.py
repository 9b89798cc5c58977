"""The one place in the tests that knows the gateway's API."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import GraphQLSchema

from gateway.execution.joint import JoinOptions
from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.read_supergraph import load_supergraph
from gateway.federation.supergraph import Supergraph
from gateway.operation.request import GraphQLRequest
from gateway.operation.variables import coerce_variables
from gateway.overrides import LabelQuestion, Overrides
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.planning.plan import FetchStep, Plan
from gateway.planning.printing import print_plan
from gateway.services.request import RequestContext
from tests.support.fakes import FakeSubgraph, Faults
from tests.support.scenario import Scenario
from tests.support.world import World

DEADLINE_S = 5.0


@dataclass(slots=True)
class Answer:
    """One answered request, and what the run left behind."""

    data: Any
    errors: Sequence[Mapping[str, Any]]
    extensions: Mapping[str, Any]
    fakes: Mapping[str, FakeSubgraph]
    world: World

    @property
    def requests(self) -> dict[str, int]:
        """Number of requests per subgraph that was asked at all."""
        return {name: len(fake.requests) for name, fake in self.fakes.items() if fake.requests}


@lru_cache(256)
def supergraph_of(scenario: Scenario, *, backwards: bool = False) -> Supergraph:
    """The scenario's subgraphs composed and loaded. backwards: configured in the opposite order."""
    if scenario.supergraph is not None:
        return load_supergraph(scenario.supergraph)
    schemas = [SubgraphSchema(name, sdl) for name, sdl in scenario.subgraphs.items()]
    return load_supergraph(compose(schemas[::-1] if backwards else schemas).supergraph_sdl)


def api_schema_of(scenario: Scenario) -> GraphQLSchema:
    """The schema that the gateway shows to clients."""
    return supergraph_of(scenario, backwards=False).api_schema


class Gateway:
    """A gateway over a scenario's fakes. Its caches last as long as it does; the world is new for every request.

    pauses: how often each subgraph gives way to the event loop before it answers.
    joining: fetches from one subgraph share a request where they can, and wait for each other a little.
    labels: the override labels that are on.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        lookups: bool = True,
        backwards: bool = False,
        faults: Mapping[str, Faults] | None = None,
        pauses: Callable[[], int] = lambda: 0,
        verify_keys: Collection[str] = (),
        joining: bool = False,
        labels: Collection[str] = (),
    ) -> None:
        self.scenario = scenario
        self._faults = faults or {}
        self._pauses = pauses
        self._labels = frozenset(labels)
        self._fakes = scenario.fakes(scenario.start(), labels)
        self._supergraph = supergraph_of(scenario, backwards=backwards)
        join = JoinOptions(frozenset(scenario.subgraphs), 0.001) if joining else JoinOptions()
        overrides = Overrides(self._decide, timeout_s=DEADLINE_S)
        options = PipelineOptions(lookups=lookups, verify_keys=frozenset(verify_keys), join=join, overrides=overrides)
        self._pipeline = Pipeline(self._supergraph, self._fakes, options)

    async def _decide(self, question: LabelQuestion) -> frozenset[str]:
        return self._labels

    def plan(self, query: str, variables: Mapping[str, Any] | None = None, operation: str | None = None) -> Plan:
        """The plan for this operation with these variables."""
        prepared = self._pipeline.prepare(query, operation)
        values = coerce_variables(prepared, variables or {}, self._supergraph.api_schema)
        return self._pipeline.plan(prepared, values, self._labels)

    async def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        operation: str | None = None,
        *,
        deadline_s: float = DEADLINE_S,
        batching: bool = True,
    ) -> Answer:
        """Send one request. The world and the fakes' notes start afresh. Raises RequestError."""
        world = self.scenario.start()
        for name, fake in self._fakes.items():
            fake.reset(world, self._faults.get(name) or Faults(), self._pauses)
        context = RequestContext("test", asyncio.get_running_loop().time() + deadline_s, batching=batching)
        request = GraphQLRequest(query, operation, dict(variables or {}))
        response = await self._pipeline.run(request, context)
        return Answer(response.data, response.errors, response.extensions, self._fakes, world)


def plan_text(plan: Plan) -> str:
    """The plan as `braid show plan` prints it."""
    return print_plan(plan)


def plan_shape(plan: Plan) -> list[str]:
    """One line per step, sorted: "2 people at films/director after catalog".

    Level, subgraph, path for entity steps, the subgraphs of the steps it waits for, without those that are implied by
    others. A step that starts before its object is found (`@lookup`) says "early".
    """
    return sorted(_line(step, plan) for step in plan.steps)


def _line(step: FetchStep, plan: Plan) -> str:
    line = f"{step.level} {step.graph}"
    if step.path:
        line += " at " + "/".join(re.sub(r"__\d+$", "", element.key) for element in step.path)
    implied = {i for dependency in step.dependencies for i in _ancestors(dependency, plan)}
    before = sorted({plan.steps[i].graph for i in step.dependencies if i not in implied})
    if step.is_early:
        line += " early"
    return f"{line} after {', '.join(before)}" if before else line


def _ancestors(step: int, plan: Plan) -> set[int]:
    """All that is merged before it can begin: an early step that it waits for waits for what finds its object."""
    found: set[int] = set()
    for dependency in (*plan.steps[step].dependencies, *plan.steps[step].merge_after):
        found |= {dependency, *_ancestors(dependency, plan)}
    return found


def plan_problems(plan: Plan) -> list[str]:
    """What is wrong with a plan whatever it is for."""
    found: list[str] = []
    for position, step in enumerate(plan.steps):
        before = [plan.steps[i] for i in step.dependencies]
        if step.id != position or any(other.id >= step.id for other in before):
            found.append(f"step {step.id} at {position} comes before what it depends on: {step.dependencies}")
        if step.level != 1 + max((other.level for other in before), default=0):
            found.append(f"step {step.id} is on level {step.level}, its dependencies on {[o.level for o in before]}")
        if (step.kind == "entities") != bool(step.representations):
            found.append(f"step {step.id} is of kind {step.kind} with representations {dict(step.representations)}")
        if step.kind == "entities" and not (step.dependencies or step.is_early):
            found.append(f"step {step.id} takes its keys from nowhere")
        found += _part_problems(step, plan)
    return found + _request_problems(plan)


def _part_problems(step: FetchStep, plan: Plan) -> list[str]:
    """The parts of a step together fill what it fills, and wait for what it waits for."""
    if not step.parts:
        return []
    found: list[str] = []
    filled = {(name, key) for part in step.parts for name, keys in part.fields.items() for key in keys}
    if filled != {(name, key) for name, keys in step.fields.items() for key in keys}:
        found.append(f"step {step.id} fills {step.fields}, its parts {filled}")
    before = _ancestors(step.id, plan)
    if not all(before.issuperset(part.dependencies) for part in step.parts):
        found.append(f"a part of step {step.id} waits for more than it")
    if {part.id for part in step.parts} & set(range(len(plan.steps))):
        found.append(f"a part of step {step.id} has the id of a step")
    if any(plan.behind[part.id] != plan.behind[step.id] for part in step.parts):
        found.append(f"less is behind a part of step {step.id} than behind it")
    return found


def _request_problems(plan: Plan) -> list[str]:
    """Every step is in one request; steps that share one are of one subgraph and level."""
    found: list[str] = []
    if sorted(number for numbers in plan.requests for number in numbers) != [step.id for step in plan.steps]:
        found.append(f"not every step is in one request: {plan.requests}")
    for numbers in plan.requests:
        if len({(plan.steps[number].graph, plan.steps[number].level) for number in numbers}) > 1:
            found += [f"steps {numbers} cannot share a request"]
    return found
