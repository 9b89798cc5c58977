"""All questions to one scenario's graph, and what to tell of them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from gateway.federation.compose import SubgraphSchema, compose
from tests.federation.scenarios import SCENARIOS
from tests.oracle.apollo import Apollo, GaveUp, Refused
from tests.oracle.compare import Both, Compared, NoCase
from tests.oracle.faults import fault_of
from tests.oracle.served_fakes import ServedFakes
from tests.support.queries import RandomQueries
from tests.support.scenario import Scenario

# Its graph has types without members, about which no question can be drawn; composers refuse it, ours too.
NOT_ASKED = {"ledger"}
MUTATIONS = 4
"""Every fourth question is a mutation, where there are any."""


@dataclass(slots=True)
class Outcome:
    """Of one scenario. Sums are over the cases with equal answers; ours comes first in each pair.

    worse: the cases in which our plan makes more fetches or is deeper. faults: by name, how often each was met.
    unanswered: questions that the other gave up; no cases.
    """

    scenario: str
    cases: int = 0
    equal: int = 0
    fetches: tuple[int, int] = (0, 0)
    depth: tuple[int, int] = (0, 0)
    worse: list[Compared] = field(default_factory=list[Compared])
    unexplained: list[Compared] = field(default_factory=list[Compared])
    faults: Counter[str] = field(default_factory=Counter[str])
    unanswered: int = 0

    def count(self, compared: Compared) -> None:
        self.cases += 1
        self.equal += compared.is_equal
        if not compared.is_equal:
            self._explain(compared)
        if compared.costs:
            ours, theirs = compared.costs
            self.fetches = (self.fetches[0] + ours.fetches, self.fetches[1] + theirs.fetches)
            self.depth = (self.depth[0] + ours.depth, self.depth[1] + theirs.depth)
            if ours.fetches > theirs.fetches or ours.depth > theirs.depth:
                self.worse.append(compared)

    def _explain(self, compared: Compared) -> None:
        if fault := fault_of(compared):
            self.faults[fault.name] += 1
        else:
            self.unexplained.append(compared)


def run(name: str, cases: int, seed: int) -> Outcome:
    """Ask one scenario's graph. The same seed asks the same. Raises Refused when the other cannot load the graph."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return asyncio.run(_run(SCENARIOS[name], cases, seed))


async def _run(scenario: Scenario, cases: int, seed: int) -> Outcome:
    outcome = Outcome(scenario.name)
    schema = scenario.monolith.schema
    labels = [record.label for rows in scenario.world.tables.values() for record in rows.values()]
    queries = RandomQueries(schema, f"oracle {seed} {scenario.name}", [*labels, "x"])
    while outcome.cases < cases:
        async with Apollo() as apollo, ServedFakes() as fakes:
            both = Both(apollo, fakes)
            try:
                await both.load(scenario, supergraph_sdl_of(scenario))
                while outcome.cases < cases:
                    is_mutation = schema.mutation_type and outcome.cases % MUTATIONS == 0
                    with suppress(NoCase):
                        outcome.count(await both.ask(queries.next("mutation" if is_mutation else "query"), {}))
            except Refused as problem:
                raise Refused(f"{scenario.name}: {problem}") from problem
            except GaveUp:
                outcome.unanswered += 1
    return outcome


def supergraph_sdl_of(scenario: Scenario) -> str:
    """As our composition makes it, unless the scenario brings one."""
    schemas = [SubgraphSchema(name, sdl) for name, sdl in scenario.subgraphs.items()]
    return scenario.supergraph or compose(schemas).supergraph_sdl
