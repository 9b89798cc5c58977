"""Who resolves a field, under which conditions, and from where it is reached."""

from __future__ import annotations

import pytest

from gateway.federation.supergraph import Supergraph
from gateway.planning.explain_field import (
    MOST_WAYS,
    FieldExplanation,
    Resolver,
    UnknownCoordinate,
    Way,
    explain_field,
)
from gateway.planning.explain_printing import print_summary
from tests.federation.scenarios import SCENARIOS
from tests.support.gateway import supergraph_of
from tests.support.scenario import Scenario
from tests.unit.supergraphs import films, load, plan


def resolver(coordinate: str, graph: str, supergraph: Supergraph | None = None) -> Resolver:
    """What is told of a subgraph that declares a field of the films, or of another graph."""
    (found,) = (one for one in explain_field(coordinate, supergraph or films()).resolvers if one.graph == graph)
    return found


def test_conditions_are_told_with_what_they_name() -> None:
    """A requirement, an interface object, what provides an external field."""
    assert resolver("Film.shipping", "stock").conditions == (
        "computes it from `weight(unit: KG)`, fetched before and sent along",
    )
    assert resolver("Film.stars", "ratings").conditions == (
        "through the interface object Item: objects are entered as Item",
    )
    provided = resolver("Person.name", "catalog")
    assert not provided.resolves
    assert provided.conditions == ("external: readable below Film.director only, which provides it",)
    unprovided = resolver("Film.weight", "stock")
    assert unprovided.conditions == ("external: named for a key or a requirement, not readable there",)


def test_keys_are_told_apart_by_whether_they_open() -> None:
    supergraph = load("""
    type Query @join__type(graph: A) @join__type(graph: B) { one: Item @join__field(graph: A) }
    type Item @join__type(graph: A, key: "id", resolvable: false) @join__type(graph: B, key: "id")
              @join__type(graph: B, key: "code", resolvable: false) {
      id: ID! code: ID @join__field(graph: B) name: String! @join__field(graph: A, type: "String!")
    }
    """)
    inside = resolver("Item.name", "a", supergraph)
    assert (inside.keys, inside.stubs) == ((), ("id",))
    assert inside.conditions == ("cannot be entered: only for objects that it found itself",)
    entered = resolver("Item.code", "b", supergraph)
    assert (entered.keys, entered.stubs, entered.conditions) == (("id",), ("code",), ())


def test_overrides_are_told_with_their_label() -> None:
    supergraph = load(
        """
        type Query @join__type(graph: A) @join__type(graph: B) { one: Item @join__field(graph: A) }
        type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
          id: ID!
          old: Int @join__field(graph: B, override: "a")
          tracks: Int @join__field(graph: A, overrideLabel: "half")
                      @join__field(graph: B, override: "a", overrideLabel: "half")
        }
        """,
        join="0.4",
    )
    assert resolver("Item.old", "b", supergraph).conditions == ('took it over from "a"',)
    assert resolver("Item.tracks", "a", supergraph).conditions == ('gives it away as far as the label "half" is on',)
    assert resolver("Item.tracks", "b", supergraph).conditions == (
        'takes it over from "a" as far as the label "half" is on',
    )


def test_ways_are_the_shortest_operations_with_what_they_cost() -> None:
    """Each root field once; arguments that are needed become variables; a fragment where the type is narrower."""
    assert explain_field("Person.born", films()).ways == (
        Way("Query.person", "query ($id: ID!) { person(id: $id) { born } }", 2, "1 request in 1 level, to people", ""),
        Way(
            "Query.search",
            "query ($text: String!) { search(text: $text) { ... on Film { director { born } } } }",
            3,
            "2 requests in 2 levels, to catalog and people",
            "",
        ),
        Way(
            "Query.film",
            "query ($id: ID!) { film(id: $id) { director { born } } }",
            3,
            "2 requests in 2 levels, to catalog and people",
            "",
        ),
    )


def test_arguments_of_one_name_get_variables_of_their_own() -> None:
    supergraph = load("""
    type Query @join__type(graph: A) { box(id: ID!): Box }
    type Box @join__type(graph: A) { size(id: Int!, unit: String): Int }
    """)
    (way,) = explain_field("Box.size", supergraph).ways
    assert way.operation == "query ($id: ID!, $id2: Int!) { box(id: $id) { size(id: $id2) } }"


def test_a_field_of_the_root_and_a_field_with_fields_are_selected_as_such() -> None:
    (way,) = explain_field("Query.film", films()).ways
    assert way.operation == "query ($id: ID!) { film(id: $id) { __typename } }"


def test_what_cannot_be_reached_is_told_with_the_reason() -> None:
    """A supergraph that was never checked can hold such fields."""
    supergraph = load("""
    type Query @join__type(graph: A) @join__type(graph: B) { one: Item @join__field(graph: A) }
    type Item @join__type(graph: A) @join__type(graph: B) {
      name: String @join__field(graph: A) size: Int @join__field(graph: B)
    }
    """)
    (way,) = explain_field("Item.size", supergraph).ways
    assert way.cost == ""
    assert way.refusal.startswith("No combination of subgraphs can answer 'one.size'")


def test_a_hidden_field_has_resolvers_and_no_ways() -> None:
    explained = explain_field("Film.secret", films())
    assert not explained.visible
    assert [one.graph for one in explained.resolvers] == ["catalog"]
    assert (explained.parents, explained.ways) == ((), ())


def test_a_field_of_an_interface_names_what_stands_for_it() -> None:
    assert explain_field("Item.title", films()).implementations == ("Album.title", "Film.title")


def test_many_ways_are_counted() -> None:
    roots = " ".join(f"r{n}: Item" for n in range(MOST_WAYS + 5))
    supergraph = load(
        f"type Query @join__type(graph: A) {{ {roots} }} type Item @join__type(graph: A) {{ name: String }}"
    )
    explained = explain_field("Item.name", supergraph)
    assert (len(explained.ways), explained.further) == (MOST_WAYS, 5)


@pytest.mark.parametrize(
    ("coordinate", "said"),
    [
        ("Film.titel", "'Film' has no field 'titel'. Did you mean Film.title?"),
        ("Flim.title", "There is no type 'Flim'. Did you mean Film?"),
        ("film.title", "There is no type 'film'. Did you mean Film?"),
        ("Film.born", "'Film' has no field 'born'. There is Person.born."),
        ("Film.zzz", "'Film' has no field 'zzz'."),
        ("Person", "Say which field: 'Person' has born, id, name."),
        ("Unit.KG", "'Unit' is no object type or interface: no subgraph resolves parts of it."),
        ("", "There is no type ''."),
    ],
)
def test_unknown_names_get_suggestions(coordinate: str, said: str) -> None:
    with pytest.raises(UnknownCoordinate) as refused:
        explain_field(coordinate, films())
    assert refused.value.message == said


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)
def test_every_field_of_every_graph_is_explained_and_its_ways_are_answered(scenario: Scenario) -> None:
    """Who can be asked is told for each; each operation is valid, selects the field, and costs what is said."""
    supergraph = supergraph_of(scenario)
    for name, definition in supergraph.types.items():
        for field in definition.fields if definition.kind.is_composite else ():
            explained = explain_field(f"{name}.{field}", supergraph)
            assert explained.resolvers
            check(explained, supergraph)


def check(explained: FieldExplanation, supergraph: Supergraph) -> None:
    assert len({way.root for way in explained.ways}) == len(explained.ways)
    assert [way.length for way in explained.ways] == sorted(way.length for way in explained.ways)
    for way in explained.ways:
        assert explained.coordinate.partition(".")[2] in way.operation
        if not way.refusal:
            assert print_summary(plan(way.operation, supergraph)) == way.cost
