"""Random queries of random requesters under random rules, over every scenario.

Whoever asks, and whatever the rules are: the answer is the unrestricted one with null wherever something is denied.
"""

from __future__ import annotations

import random

import pytest

from tests.federation.restricted import (
    RestrictedGateway,
    assert_as_expected,
    expected,
    random_access,
    random_claims,
)
from tests.federation.scenarios import SCENARIOS
from tests.federation.test_random_queries import DIFFERENT_BY_DESIGN
from tests.support.queries import RandomQueries

pytestmark = pytest.mark.anyio

GRAPHS = 3
QUERIES = 4


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - DIFFERENT_BY_DESIGN))
async def test_what_is_denied_is_null_and_everything_else_as_ever(name: str) -> None:
    """The oracle knows neither the gateway's rules nor its plans: see restricted.py."""
    scenario = SCENARIOS[name]
    schema = scenario.monolith.schema
    labels = [record.label for rows in scenario.world.tables.values() for record in rows.values()]
    choices = random.Random(f"denied {name}")
    queries = RandomQueries(schema, choices, [*labels, "x"])
    for _ in range(GRAPHS):
        access = random_access(schema, choices, choices.choice((0.1, 0.3)))
        gateway = RestrictedGateway(scenario, access)
        for _ in range(QUERIES):
            query, claims = queries.next(), random_claims(choices)
            try:
                answer = await gateway.ask(query, claims)
                assert_as_expected(answer, expected(scenario, query, access, claims))
            except Exception as problem:
                raise AssertionError(f"{query}\n{access}\n{claims}") from problem
