"""A subgraph whose answers are verified says the key of every entity: a wrong order is an error, never wrong data."""

from __future__ import annotations

from typing import Any

import pytest

from tests.federation.scenarios import SCENARIOS
from tests.federation.test_simple_entity_call import MUSEUM
from tests.support.fakes import Faults
from tests.support.gateway import Gateway
from tests.support.queries import RandomQueries

pytestmark = pytest.mark.anyio

QUERY = "{ works { id artist { name } } }"


def turned(data: Any) -> Any:
    """The entities in reverse."""
    return {"_entities": data["_entities"][::-1]}


def repeated(data: Any) -> Any:
    """The first entity in everybody's place."""
    return {"_entities": [dict(data["_entities"][0]) for _ in data["_entities"]]}


@pytest.mark.parametrize("spoil", [turned, repeated])
async def test_entities_in_the_wrong_place_are_refused(spoil: Any) -> None:
    """Believed, they give artists each other's names; verified, they are an error at each name."""
    faults = {"people": Faults(spoil=spoil, entities_only=True)}
    right = (await Gateway(MUSEUM).ask(QUERY)).data
    believed = await Gateway(MUSEUM, faults=faults).ask(QUERY)
    assert believed.errors == []
    assert believed.data != right, "the fault did not happen"
    verified = await Gateway(MUSEUM, faults=faults, verify_keys=["people"]).ask(QUERY)
    assert [work["artist"] for work in verified.data["works"]] == [None, None, None]
    assert [(error["path"], error["extensions"]["code"]) for error in verified.errors] == [
        (["works", place, "artist", "name"], "SUBREQUEST_MALFORMED_RESPONSE") for place in (0, 1)
    ]


async def test_only_what_is_verified_costs_anything() -> None:
    """The key is asked for under a name of its own, and only of the subgraphs that are to tell it."""
    [*_, plain] = Gateway(MUSEUM).plan(QUERY).steps
    [*_, verified] = Gateway(MUSEUM, verify_keys=["people"]).plan(QUERY).steps
    [*_, others] = Gateway(MUSEUM, verify_keys=["collection"]).plan(QUERY).steps
    assert (plain.echoed, verified.echoed, others.echoed) == ({}, {"Artist": {"key__id": "id"}}, {})
    assert verified.document == plain.document.replace("{ name }", "{ name key__id: id }")
    assert (plain.document, plain.fields) == (others.document, verified.fields)


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - {"ledger"}))  # which has nothing that can be asked
async def test_verified_answers_are_the_same_answers(name: str) -> None:
    """Over every scenario: whatever the keys are, of interfaces, several, nested or given by arguments."""
    scenario = SCENARIOS[name]
    labels = [record.label for rows in scenario.world.tables.values() for record in rows.values()]
    queries = RandomQueries(scenario.monolith.schema, name, [*labels, "x"])
    believing, verifying = Gateway(scenario), Gateway(scenario, verify_keys=[*scenario.subgraphs])
    for query in (queries.next() for _ in range(6)):
        expected, answer = await believing.ask(query), await verifying.ask(query)
        assert (answer.data, list(answer.errors)) == (expected.data, list(expected.errors)), query


async def test_some_scenarios_are_verified_by_several_keys() -> None:
    """So that the test above is about something."""
    echoed = {
        keys
        for scenario in SCENARIOS.values()
        if scenario.name != "ledger"
        for query in [RandomQueries(scenario.monolith.schema, scenario.name, ["x"]).next() for _ in range(6)]
        for step in _steps(scenario, query)
        for names in step.echoed.values()
        if (keys := tuple(sorted(names.values())))
    }
    assert ("id",) in echoed
    assert any(len(keys) > 1 for keys in echoed)


def _steps(scenario: Any, query: str) -> Any:
    try:
        return Gateway(scenario, verify_keys=[*scenario.subgraphs]).plan(query).steps
    except Exception:  # what cannot be answered by design
        return ()
