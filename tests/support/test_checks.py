"""The checks can fail: each expectation and each invariant is violated once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema

from tests.federation.test_simple_entity_call import MUSEUM
from tests.support.checks import check
from tests.support.conformance import Conformance
from tests.support.fakes import Faults
from tests.support.scenario import Case

pytestmark = pytest.mark.anyio

RIGHT = Case(
    name="right",
    query="{ newest { artist { id born } } }",
    plan=["1 collection", "2 people at newest/artist after collection"],
    requests={"collection": 1, "people": 1},
    data={"newest": {"artist": {"id": "a2", "born": None}}},
)


def _complain(fakes: Any) -> None:
    raise AssertionError("looked")


WRONG = {
    "plan": replace(RIGHT, plan=["1 collection", "2 people at newest after collection"]),
    "requests": replace(RIGHT, requests={"collection": 1}),
    "data": replace(RIGHT, data={"newest": {"artist": {"id": "a1", "born": None}}}),
    "order of keys": replace(RIGHT, data={"newest": {"artist": {"born": None, "id": "a2"}}}),
    "error that did not come": replace(RIGHT, errors=[(None, ["newest"])]),
    "error that was not expected": replace(RIGHT, faults={"people": Faults(field_errors={"Artist.born": "no"})}),
    "error at another place": replace(
        RIGHT, faults={"people": Faults(field_errors={"Artist.born": "no"})}, errors=[(None, ["newest"])]
    ),
    "fakes": replace(RIGHT, then=_complain),
}


async def test_a_case_that_is_right_passes() -> None:
    """Otherwise the failures below would prove nothing."""
    await check(MUSEUM, RIGHT)


@pytest.mark.parametrize("what", WRONG)
async def test_a_wrong_expectation_fails(what: str) -> None:
    """Everything that a case states is compared."""
    with pytest.raises(AssertionError):
        await check(MUSEUM, WRONG[what])


SCHEMA = build_schema(
    """
    type Query { pet: Pet! pets: [Pet!] mood: Mood }
    interface Pet { name: String! }
    type Cat implements Pet { name: String! lives: Int }
    type Dog implements Pet { name: String! }
    enum Mood { GOOD }
    """
)
QUERY = "query($no: Boolean = false) { pet { name ... on Cat { lives } } mood extra: mood @include(if: $no) }"


def _answer(**changes: Any) -> dict[str, Any]:
    return {"pet": {"name": "Tom", "lives": 9}, "mood": "GOOD", **changes}


def test_an_answer_that_the_schema_allows_conforms() -> None:
    """Of either type, and with nulls where they may be."""
    conformance = Conformance(SCHEMA, QUERY, {})
    assert conformance.problems(_answer()) == []
    assert conformance.problems(_answer(pet={"name": "Rex"}, mood=None)) == []
    assert conformance.problems(None) == []


@pytest.mark.parametrize(
    "answer",
    [
        _answer(pet=None),
        _answer(pet={"name": None, "lives": 9}),
        _answer(pet={"name": "Tom", "lives": "nine"}),
        _answer(pet={"lives": 9, "name": "Tom"}),
        _answer(pet={"name": "Tom", "lives": 9, "secret": 1}),
        _answer(pet=[]),
        _answer(mood="HIDDEN"),
        _answer(extra="GOOD"),
        {"mood": "GOOD", "pet": {"name": "Rex"}},
        {},
    ],
)
def test_an_answer_that_the_schema_forbids_does_not(answer: dict[str, Any]) -> None:
    """Nulls, types, order, hidden values, and keys that were not selected."""
    assert Conformance(SCHEMA, QUERY, {}).problems(answer)
