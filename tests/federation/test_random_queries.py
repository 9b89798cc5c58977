"""Random queries over every scenario: the federated answer is the monolith's, and every invariant holds.

The seeds are fixed, so a failure comes again; `QUERIES` may be raised for a longer search.
"""

from __future__ import annotations

import pytest

from tests.federation.scenarios import SCENARIOS
from tests.support.checks import ask
from tests.support.queries import RandomQueries

pytestmark = pytest.mark.anyio

QUERIES = 6

# Their answers differ from one schema's by design: hidden or unknown values, entities that one subgraph does not know,
# members that not all subgraphs know, fields that cannot be reached.
DIFFERENT_BY_DESIGN = {
    "clinic",
    "wardrobe",
    "records",
    "prizes",
    "gates",
    "ledger",
    "copies",
    "garage",
    "ferry",
    "attic",
}


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - DIFFERENT_BY_DESIGN))
async def test_random_queries_are_answered_as_by_one_schema(name: str) -> None:
    """Whatever is asked, how the graph is split does not show."""
    scenario = SCENARIOS[name]
    labels = [record.label for rows in scenario.world.tables.values() for record in rows.values()]
    queries = RandomQueries(scenario.monolith.schema, name, [*labels, "x"])
    for _ in range(QUERIES):
        query = queries.next()
        try:
            await ask(scenario, query)
        except Exception as problem:
            raise AssertionError(query) from problem
