"""Introspection shows the API schema and nothing of the machinery, alone and mixed with data."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query, lexicographic_sort_schema, print_schema

from tests.federation.test_inaccessible import CLINIC
from tests.federation.test_language import ZOO
from tests.support.checks import check, hand_written_schema
from tests.support.gateway import Gateway
from tests.support.scenario import Case, Scenario

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("scenario", [ZOO, CLINIC], ids=lambda s: s.name)
async def test_introspection_shows_the_api_schema(scenario: Scenario) -> None:
    """The standard query yields the hand-written schema; no subgraph is asked."""
    answer = await Gateway(scenario).ask(get_introspection_query())
    shown = print_schema(lexicographic_sort_schema(build_client_schema(answer.data)))
    assert shown == hand_written_schema(scenario)
    assert not answer.errors
    assert answer.requests == {}


@pytest.mark.parametrize("word", ["join__", "_Entity", "_Any", "_Service", "link__", "STAFF", "file"])
async def test_introspection_hides_the_machinery(word: str) -> None:
    """Neither federation's own types nor hidden elements show."""
    answer = await Gateway(CLINIC).ask(get_introspection_query())
    assert word not in str(answer.data)


CASES = [
    Case(
        name="types mixed with data",
        query="""
        query($t: String = "Fish") {
          __schema { queryType { name } }
          staff { name }
          fish: __type(name: $t) { kind name interfaces { name } }
          __typename
        }
        """,
        plan=["1 staff"],
    ),
    Case(
        name="introspection alone costs no request",
        query='{ __type(name: "Kind") { enumValues { name } } none: __type(name: "Nothing") { name } }',
        plan=[],
        requests={},
    ),
    Case(
        name="a condition on introspection",
        query="query($s: Boolean!) { __schema @include(if: $s) { queryType { name } } matrix }",
        variables={"s": False},
        plan=["1 animals"],
    ),
    Case(
        name="introspection in a fragment between fields",
        query='{ matrix ...Meta staff { id } } fragment Meta on Query { m: __type(name: "Query") { name } }',
        plan=["1 animals", "1 staff"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_introspection_mixed_with_data(case: Case) -> None:
    """Meta fields stand in the answer where the client put them."""
    await check(ZOO, case)


def test_the_word_list_is_about_something() -> None:
    """The hidden names really exist in the subgraphs."""
    text: Any = str(CLINIC.subgraphs)
    assert all(word in text for word in ("STAFF", "file"))
