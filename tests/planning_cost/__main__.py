"""What planning costs: `make planning`. Prints figures, and fails only for what no machine excuses.

Times are of this process's CPU, so that others on the machine do not show in them; but for the waiting of a request
beside a flood of new operations, which is what a client sees.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.federation.compose import compose
from gateway.federation.read_supergraph import load_supergraph
from gateway.federation.supergraph import Supergraph
from gateway.operation.limits import Limits
from gateway.operation.prepare import prepare_operation
from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline
from gateway.planning.plan import Plan, PlanningError
from gateway.planning.planner import plan_operation
from gateway.services.request import RequestContext
from tests.federation.cases import CASES
from tests.federation.scenarios import SCENARIOS
from tests.support.gateway import supergraph_of
from tests.support.large_graph import large_graph, large_operation
from tests.support.verdicts import Verdicts

_FLOOD_GRAPH = "museum"
_PROBE_S = 0.005


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.planning_cost", description=__doc__)
    parser.add_argument("--flood", type=int, default=10_000, help="distinct operations of the flood (10000)")
    parser.add_argument("--subgraphs", type=int, default=100, help="of the large graph (100)")
    parser.add_argument("--entities", type=int, default=1_000, help="entity types of the large graph (1000)")
    arguments = parser.parse_args()
    verdicts = Verdicts()
    measure_scenarios(verdicts)
    measure_large_graph(verdicts, arguments.subgraphs, arguments.entities)
    asyncio.run(measure_flood(verdicts, arguments.flood))
    return verdicts.exit_status


def measure_scenarios(verdicts: Verdicts) -> None:
    """Every operation of the scenarios, planned for the first time."""
    times = sorted(_scenario_times_ms())
    p95 = _share(times, 0.95)
    verdicts.note(f"{len(times)} operations of {len(CASES)} scenarios: median {_share(times, 0.5):.2f} ms of CPU")
    verdicts.tell("p95 of a cold plan, bound 10 ms", f"{p95:.2f} ms", good=p95 < 10)


def _scenario_times_ms() -> Iterator[float]:
    for name, cases in CASES.items():
        supergraph = supergraph_of(SCENARIOS[name])
        for case in cases:
            operation = prepare_operation(case.query, case.operation, supergraph, Limits())
            conditions = dict.fromkeys(operation.condition_variables, True)
            started = time.process_time()
            try:
                plan_operation(operation, conditions, supergraph)
            except PlanningError:
                continue
            yield (time.process_time() - started) * 1000


def measure_large_graph(verdicts: Verdicts, subgraphs: int, entities: int) -> None:
    """One operation of about as many fetches as there are entity types."""
    supergraph = load_supergraph(compose(large_graph(subgraphs, entities)).supergraph_sdl)
    text = large_operation(entities, subgraphs=subgraphs, entities=entities)
    plan, seconds = _planned(text, supergraph)
    what = f"{len(plan.steps)} fetches on {plan.depth} levels in {len(plan.requests)} requests"
    verdicts.note(f"{subgraphs} subgraphs, {entities} entity types: {what}")
    verdicts.tell("its plan, bound 1 s", f"{seconds:.2f} s of CPU", good=seconds < 1 and not plan.is_cut_short)


def _planned(text: str, supergraph: Supergraph) -> tuple[Plan, float]:
    operation = prepare_operation(text, None, supergraph, Limits(root_fields=1000))
    joins = {graph.name for graph in supergraph.graphs.values()}
    started = time.process_time()
    plan = plan_operation(operation, {}, supergraph, joins=joins)
    return plan, time.process_time() - started


async def measure_flood(verdicts: Verdicts, operations: int) -> None:
    """A client sends nothing but new operations, while another asks the same thing again and again."""
    scenario = SCENARIOS[_FLOOD_GRAPH]
    fakes = scenario.fakes(scenario.start())
    pipeline = Pipeline(supergraph_of(scenario), fakes)
    query = CASES[_FLOOD_GRAPH][0].query
    await _ask(pipeline, query)
    calm = sorted([await _ask(pipeline, query) for _ in range(200)])
    before_mb = most_mb = _resident_mb()
    flood = asyncio.create_task(_flood(pipeline, query, operations))
    waited: list[float] = []
    while not flood.done():
        waited.append(await _ask(pipeline, query))
        for fake in fakes.values():
            fake.requests.clear()
        most_mb = max(most_mb, _resident_mb())
        await asyncio.sleep(_PROBE_S)
    await flood
    grown_mb = max(most_mb, _resident_mb()) - before_mb
    verdicts.note(
        f"p99 of the other client: {_share(calm, 0.99):.1f} ms alone, {_share(sorted(waited), 0.99):.1f} ms beside it"
    )
    verdicts.tell(f"growth by {operations} operations, bound 100 MB", f"{grown_mb:.0f} MB", good=grown_mb < 100)


async def _flood(pipeline: Pipeline, query: str, operations: int) -> None:
    for number in range(operations):
        await _ask(pipeline, query.replace("{", f"query Q{number} {{", 1))


async def _ask(pipeline: Pipeline, query: str) -> float:
    """Milliseconds until the answer."""
    started = time.perf_counter()
    context = RequestContext("cost", asyncio.get_running_loop().time() + 60)
    response = await pipeline.run(GraphQLRequest(query, None, {}), context)
    assert response.data is not None, response.errors
    return (time.perf_counter() - started) * 1000


def _share(times: Sequence[float], share: float) -> float:
    return times[min(int(len(times) * share), len(times) - 1)]


def _resident_mb() -> float:
    """Memory that the process has now; where the system does not tell it so, the most it ever had."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1_000_000


if __name__ == "__main__":
    sys.exit(main())
