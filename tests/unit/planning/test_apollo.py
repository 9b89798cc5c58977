"""Plans in the shape that Apollo's tools read: every step once, each behind all that it awaits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.planning.apollo import plan_as_query_plan
from gateway.planning.explain import explain_plan
from tests.plans.pairs import PAIRS, Pair
from tests.support.gateway import supergraph_of
from tests.unit.supergraphs import films, load, operation, plan


def shaped(text: str, types: str | None = None) -> dict[str, Any]:
    """The query plan of a query over the films, or over other types."""
    supergraph = films() if types is None else load(types)
    return plan_as_query_plan(plan(text, supergraph), supergraph)


def fetches(node: dict[str, Any], wave: int = 0) -> Iterator[tuple[int, list[str], dict[str, Any]]]:
    """Each fetch below a node: (its place in the sequence, its path, the fetch)."""
    if node["kind"] == "Sequence":
        for number, below in enumerate(node["nodes"]):
            assert below["kind"] != "Sequence"
            yield from fetches(below, number)
    elif node["kind"] == "Parallel":
        assert len(node["nodes"]) > 1
        for below in node["nodes"]:
            assert below["kind"] in ("Fetch", "Flatten")
            yield from fetches(below, wave)
    elif node["kind"] == "Flatten":
        yield wave, node["path"], node["node"]
    else:
        yield wave, [], node


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_every_step_is_one_fetch_behind_all_that_it_awaits(pair: Pair) -> None:
    supergraph = supergraph_of(pair.scenario)
    prepared = operation(pair.query.read_text(), supergraph)
    made = explain_plan(prepared, dict.fromkeys(prepared.condition_variables, True), supergraph, lookups=False).plan
    shape = plan_as_query_plan(made, supergraph)
    assert shape["kind"] == "QueryPlan"
    if not made.steps:
        assert "node" not in shape
        return
    found = list(fetches(shape["node"]))
    assert sorted((fetch["serviceName"], fetch["operation"]) for _, _, fetch in found) == sorted(
        (step.graph, step.document) for step in made.steps
    )
    waves = {(fetch["serviceName"], fetch["operation"], tuple(path)): wave for wave, path, fetch in found}
    assert len(waves) == len(made.steps)
    assert max(waves.values()) + 1 == made.depth
    for _, path, fetch in found:
        assert ("requires" in fetch) == ("_entities" in fetch["operation"])
        assert bool(path) or "requires" not in fetch
        assert all(f"${name}" in fetch["operation"] for name in fetch["variableUsages"])


def test_one_fetch_stands_alone() -> None:
    assert shaped("query Q($id: ID!) { film(id: $id) { title } }") == {
        "kind": "QueryPlan",
        "node": {
            "kind": "Fetch",
            "serviceName": "catalog",
            "variableUsages": ["id"],
            "operation": "query ($id: ID!) { film__1: film(id: $id) { title } }",
            "operationKind": "query",
        },
    }


def test_nothing_to_fetch_is_a_plan_without_a_node() -> None:
    assert shaped("{ __typename }") == {"kind": "QueryPlan"}


def test_lists_types_and_renamed_representations_are_told() -> None:
    """A requirement with arguments lies under its internal key; an object is presented under its interface's name."""
    shape = shaped('{ search(text: "x") { stars ... on Film { shipping } } }')
    first, together = shape["node"]["nodes"]
    ratings, stock = together["nodes"]
    assert (first["serviceName"], ratings["node"]["serviceName"], stock["node"]["serviceName"]) == (
        "catalog",
        "ratings",
        "stock",
    )
    assert ratings["path"] == ["search__1", "@|[Album,Film]"]
    assert ratings["node"]["inputRewrites"] == [
        {"kind": "ValueSetter", "path": ["... on Album", "__typename"], "setValueTo": "Item"},
        {"kind": "ValueSetter", "path": ["... on Film", "__typename"], "setValueTo": "Item"},
    ]
    assert stock["path"] == ["search__1", "@|[Film]"]
    (presented,) = stock["node"]["requires"]
    assert presented == {
        "kind": "InlineFragment",
        "typeCondition": "Film",
        "selections": [
            {"kind": "Field", "name": "__typename"},
            {"kind": "Field", "name": "id"},
            {"kind": "Field", "name": "weight", "alias": "weight__1"},
        ],
    }


NESTED = """
type Query @join__type(graph: A) @join__type(graph: B) { grid: [[Cell!]!] @join__field(graph: A) }
type Cell @join__type(graph: A, key: "place { x }") @join__type(graph: B, key: "place { x }") {
  place: Place
  colour: String @join__field(graph: B)
}
type Place @join__type(graph: A) @join__type(graph: B) { x: Int }
"""


def test_lists_of_lists_and_nested_keys_keep_their_form() -> None:
    (_, path, fetch) = list(fetches(shaped("{ grid { colour } }", NESTED)["node"]))[1]
    assert path == ["grid", "@", "@"]
    assert fetch["requires"][0]["selections"][1:] == [
        {"kind": "Field", "name": "place", "selections": [{"kind": "Field", "name": "x"}]}
    ]


def test_aliases_on_the_wire_are_told_to_be_undone() -> None:
    (pair,) = (pair for pair in PAIRS if str(pair) == "shelter/aliases_on_the_wire")
    supergraph = supergraph_of(pair.scenario)
    shape = plan_as_query_plan(plan(pair.query.read_text(), supergraph), supergraph)
    renamed = [rewrite for _, _, fetch in fetches(shape["node"]) for rewrite in fetch.get("outputRewrites", ())]
    assert renamed
    assert all("__as" in rewrite["path"][-1] and "__as" not in rewrite["renameKeyTo"] for rewrite in renamed)
