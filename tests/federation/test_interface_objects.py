"""@interfaceObject: a subgraph adds fields to every implementation of an interface without knowing one of them."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

STORE = Scenario(
    name="store",
    subgraphs={
        "catalog": FEDERATION_2
        + """
        type Query { search(text: String): [Item!]! film: Film }
        interface Item @key(fields: "id") { id: ID! title: String! }
        type Film implements Item @key(fields: "id") { id: ID! title: String! minutes: Int weight: Int }
        type Album implements Item @key(fields: "id") { id: ID! title: String! tracks: Int }
        """,
        "ratings": FEDERATION_2
        + """
        type Query { best: [Item!]! rated(id: ID!): Item }
        type Item @key(fields: "id") @interfaceObject { id: ID! stars: Float reviews: [Review!] }
        type Review { text: String about: Item }
        """,
        "stock": FEDERATION_2
        + """
        type Item @key(fields: "id") @interfaceObject {
          id: ID!
          title: String! @external
          left: Int
          label: String @requires(fields: "title")
        }
        """,
        "cinemas": FEDERATION_2 + """type Film @key(fields: "id") { id: ID! screens: Int }""",
    },
    api="""
    type Query { search(text: String): [Item!]! film: Film best: [Item!]! rated(id: ID!): Item }
    interface Item { id: ID! title: String! stars: Float reviews: [Review!] left: Int label: String }
    type Film implements Item {
      id: ID! title: String! minutes: Int weight: Int
      stars: Float reviews: [Review!] left: Int label: String screens: Int
    }
    type Album implements Item {
      id: ID! title: String! tracks: Int stars: Float reviews: [Review!] left: Int label: String
    }
    type Review { text: String about: Item }
    """,
    world=World(
        {
            "Film": {"f1": {"reviews": [{"about": "Album:a1"}]}, "f2": {"reviews": []}},
            "Album": {"a1": {"reviews": [{"about": "Film:f1"}, {"about": None}]}},
        },
        query={
            "search": ["Film:f1", "Album:a1"],
            "film": "f2",
            "best": ["Album:a1", "Film:f1"],
            "rated": find("Item"),
        },
        subtypes={"Item": ["Film", "Album"]},
    ),
)

CASES = [
    Case(
        name="concrete objects get the interface object's fields",
        query="{ search { title stars } }",
        plan=["1 catalog", "2 ratings at search after catalog"],
    ),
    Case(
        name="of one type only",
        query="{ search { ... on Film { stars left } title } }",
        plan=["1 catalog", "2 ratings at search after catalog", "2 stock at search after catalog"],
    ),
    Case(name="opaque objects answer their own fields", query="{ best { id stars } }", plan=["1 ratings"]),
    Case(
        name="opaque objects get fields of the interface elsewhere",
        query="{ best { stars left } }",
        plan=["1 ratings", "2 stock at best after ratings"],
    ),
    Case(
        name="the real interface completes opaque objects",
        query="{ best { title stars } }",
        plan=["1 ratings", "2 catalog at best after ratings"],
    ),
    Case(
        name="typename of opaque objects is the real one",
        query="{ best { __typename stars } }",
        plan=["1 ratings", "2 catalog at best after ratings"],
    ),
    Case(
        name="a fragment on opaque objects needs the real type",
        query="{ best { id ... on Film { minutes } ... on Album { tracks stars } } }",
    ),
    Case(
        name="a fragment that only renames needs it too",
        query="{ best { id ... on Film { mark: stars } } }",
    ),
    Case(
        name="what one type requires is not asked of another that shares the name",
        query="{ best { __typename left ... on Album { label } } }",
        plan=[
            "1 ratings",
            "2 catalog at best after ratings",
            "3 stock at best after catalog",
            "3 stock at best after catalog",
        ],
    ),
    Case(
        name="opaque then concrete then a subgraph that extends the concrete type",
        query="{ best { stars ... on Film { screens } } }",
        plan=["1 ratings", "2 catalog at best after ratings", "3 cinemas at best after catalog"],
    ),
    Case(
        name="a requirement inside an interface object from concrete objects",
        query="{ search { label } film { label minutes } }",
    ),
    Case(
        name="a requirement inside an interface object from opaque objects",
        query="{ best { label left } }",
    ),
    Case(
        name="opaque below concrete below opaque",
        query="{ search { reviews { text about { stars ... on Album { tracks } reviews { about { title } } } } } }",
    ),
    Case(
        name="a single opaque object that does not exist",
        query='{ rated(id: "nothing") { stars title } }',
        plan=["1 ratings", "2 catalog at rated after ratings"],
        requests={"ratings": 1},
    ),
    Case(
        name="typename everywhere",
        query="""
        { __typename best { __typename kind: __typename ... on Film { __typename } } search { __typename stars } }
        """,
    ),
    Case(
        name="what a condition leaves of opaque objects needs no type",
        query="query ($no: Boolean = false) { best { stars @include(if: $no) } }",
        plan=["1 ratings"],
    ),
    Case(
        name="a fragment that a condition empties needs no type",
        query="query ($no: Boolean = false) { best { ... on Film { __typename @include(if: $no) } } }",
        plan=["1 ratings"],
    ),
    Case(name="a fragment on the interface itself", query="{ best { ... on Item { stars } id } }", plan=["1 ratings"]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_interface_objects(case: Case) -> None:
    """Fields of interface objects on concrete and on opaque objects; the real type where it shows."""
    await check(STORE, case)


AWARDS = Scenario(
    name="awards",
    subgraphs={
        "awards": FEDERATION_2
        + """
        type Query { winner: Item @shareable }
        type Item @key(fields: "id") @interfaceObject { id: ID! prize: String }
        """,
        "catalog": FEDERATION_2
        + """
        type Query { winner: Item @shareable }
        interface Item @key(fields: "id") { id: ID! }
        type Film implements Item @key(fields: "id") { id: ID! }
        type Album implements Item @key(fields: "id") { id: ID! }
        """,
    },
    api="""
    type Query { winner: Item }
    interface Item { id: ID! prize: String }
    type Film implements Item { id: ID! prize: String }
    type Album implements Item { id: ID! prize: String }
    """,
    world=World({"Film": {"f1": {}}, "Album": {}}, query={"winner": "Film:f1"}, subtypes={"Item": ["Film", "Album"]}),
)

SHARED = [
    Case(name="the type alone", query="{ winner { __typename } }", plan=["1 catalog"]),
    Case(name="the prize alone", query="{ winner { prize } }", plan=["1 awards"]),
    Case(name="both", query="{ winner { __typename prize } }", plan=["1 awards", "1 catalog"]),
    Case(
        name="by type", query="{ winner { ... on Film { prize } ... on Album { id } } }", plan=["1 awards", "1 catalog"]
    ),
]


@pytest.mark.parametrize("case", SHARED, ids=str)
async def test_a_shared_field_is_asked_where_the_type_is_known(case: Case) -> None:
    """One of the subgraphs that share it knows no types: alone it is asked only when the type does not matter."""
    await check(AWARDS, case)
