"""Interfaces and unions whose types have their fields in different subgraphs."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

MEDIA = Scenario(
    name="media",
    subgraphs={
        "index": FEDERATION_2
        + """
        type Query { all: [Medium!]! medium(id: ID!): Medium hits: [Hit!]! }
        interface Medium { id: ID! }
        union Hit = Film | Song | Page
        type Film implements Medium @key(fields: "id") { id: ID! }
        type Song implements Medium @key(fields: "id") { id: ID! }
        type Page { address: String! hidden: Int @inaccessible }
        """,
        "films": FEDERATION_2
        + """
        type Film implements Playable @key(fields: "id") { id: ID! title: String minutes: Int! sequel: Film }
        interface Playable { minutes: Int! }
        """,
        "songs": FEDERATION_2
        + """
        type Song implements Playable @key(fields: "id") {
          id: ID! title(short: Boolean): String minutes: Int! by: Singer
        }
        interface Playable { minutes: Int! }
        type Singer @key(fields: "id") { id: ID! }
        """,
        "people": FEDERATION_2
        + """
        type Query { names: [Named!]! }
        interface Named { name: String }
        type Singer implements Named @key(fields: "id") { id: ID! name: String }
        type Actor implements Named { name: String! role: String }
        """,
        "scores": FEDERATION_2
        + """
        interface Scored { score: Int }
        type Film implements Scored @key(fields: "id") { id: ID! score: Int }
        type Song implements Scored @key(fields: "id") { id: ID! score: Int }
        """,
    },
    api="""
    type Query { all: [Medium!]! medium(id: ID!): Medium hits: [Hit!]! names: [Named!]! }
    interface Medium { id: ID! }
    interface Playable { minutes: Int! }
    interface Named { name: String }
    interface Scored { score: Int }
    union Hit = Film | Song | Page
    type Film implements Medium & Playable & Scored { id: ID! title: String minutes: Int! sequel: Film score: Int }
    type Song implements Medium & Playable & Scored {
      id: ID! title(short: Boolean): String minutes: Int! by: Singer score: Int
    }
    type Page { address: String! }
    type Singer implements Named { id: ID! name: String }
    type Actor implements Named { name: String! role: String }
    """,
    world=World(
        {
            "Film": {"f1": {"sequel": "f2"}, "f2": {"sequel": None}},
            "Song": {"s1": {"by": "v1"}, "s2": {"by": None}},
            "Singer": {"v1": {"name": "Nina"}},
        },
        query={
            "all": ["Film:f1", "Song:s1", "Film:f2", "Song:s2"],
            "medium": find("Medium"),
            "hits": ["Song:s1", {"__typename": "Page", "address": "/a"}, "Film:f1"],
            "names": ["Singer:v1", {"__typename": "Actor", "name": "Max", "role": "Hat"}],
        },
        subtypes={
            "Medium": ["Film", "Song"],
            "Playable": ["Film", "Song"],
            "Scored": ["Film", "Song"],
            "Named": ["Singer", "Actor"],
        },
    ),
)

CASES = [
    Case(
        name="fields per type in two subgraphs",
        query="{ all { id ... on Film { title } ... on Song { title } } }",
        plan=["1 index", "2 films at all after index", "2 songs at all after index"],
    ),
    Case(
        name="one subgraph for both types is asked once",
        query="{ all { ... on Film { score } ... on Song { score } } }",
        plan=["1 index", "2 scores at all after index"],
        requests={"index": 1, "scores": 1},
    ),
    Case(
        name="a fragment on an interface that the index does not know",
        query="{ all { id ... on Playable { minutes } ... on Scored { score } } }",
        plan=["1 index", "2 films at all after index", "2 songs at all after index", "2 scores at all after index"],
    ),
    Case(
        name="an absent type asks nobody",
        query='{ medium(id: "s1") { ... on Film { title } ... on Song { title by { name } } } }',
        requests={"index": 1, "songs": 1, "people": 1},
    ),
    Case(
        name="a union with jumps in its members",
        query="""
        {
          hits {
            __typename
            ... on Page { address }
            ... on Film { title sequel { title score } }
            ... on Playable { minutes }
          }
        }
        """,
    ),
    Case(
        name="the same field with other arguments per member",
        query="{ all { ... on Film { name: title } ... on Song { name: title(short: true) t: title } } }",
    ),
    Case(
        name="a condition on a type fragment",
        query="query($f: Boolean!) { all { id ... on Film @include(if: $f) { title } ... on Song { minutes } } }",
        variables={"f": False},
        plan=["1 index", "2 songs at all after index"],
    ),
    Case(
        name="one field with different nullability in two types",
        query="{ names { __typename ... on Singer { one: name } ... on Actor { two: name role } } }",
    ),
    Case(
        name="nothing but a fragment on another interface",
        query="{ hits { ... on Scored { score } } all { ... on Scored { ... on Playable { minutes } } } }",
    ),
    Case(
        name="members with nothing selected are empty objects",
        query="{ hits { ... on Film { title } } }",
        plan=["1 index", "2 films at hits after index"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_abstract_types(case: Case) -> None:
    """Each runtime type is completed where its fields are."""
    await check(MEDIA, case)


NODES = Scenario(
    name="nodes",
    subgraphs={
        "stubs": FEDERATION_2
        + """
        type Query { node(id: ID!): Node nodes: [Node!]! }
        interface Node { id: ID! }
        type Chat implements Node @key(fields: "id") { id: ID! }
        type User implements Node @key(fields: "id") { id: ID! }
        """,
        "chats": FEDERATION_2
        + """
        interface Node { id: ID! }
        type Chat implements Node @key(fields: "id") { id: ID! topic: String by: User }
        type User implements Node @key(fields: "id") { id: ID! nick: String }
        """,
    },
    api="""
    type Query { node(id: ID!): Node nodes: [Node!]! }
    interface Node { id: ID! }
    type Chat implements Node { id: ID! topic: String by: User }
    type User implements Node { id: ID! nick: String }
    """,
    world=World(
        {"Chat": {"c1": {"by": "u1"}}, "User": {"u1": {}, "u2": {}}},
        query={"node": find("Node"), "nodes": ["User:u1", "Chat:c1", "User:u2"]},
        subtypes={"Node": ["Chat", "User"]},
    ),
)

NODES_CASES = [
    Case(name="the stub is enough", query="{ nodes { id __typename } }", plan=["1 stubs"]),
    Case(
        name="members of an interface are completed in one request",
        query="{ nodes { ... on Chat { topic } ... on User { nick } } }",
        plan=["1 stubs", "2 chats at nodes after stubs"],
        requests={"stubs": 1, "chats": 1},
    ),
    Case(
        name="a single node",
        query='{ node(id: "c1") { id ... on Chat { topic by { nick } } } }',
        plan=["1 stubs", "2 chats at node after stubs"],
    ),
]


@pytest.mark.parametrize("case", NODES_CASES, ids=str)
async def test_nodes(case: Case) -> None:
    """An interface root field whose members have their fields in another subgraph than the stubs."""
    await check(NODES, case)


RADIO = Scenario(
    name="radio",
    subgraphs={
        "schedule": FEDERATION_2
        + """
        type Query { items: [Item!]! }
        interface Item { id: ID! title: String }
        type Show implements Item @key(fields: "id") { id: ID! title: String host: String }
        type Advert implements Item @key(fields: "id") { id: ID! title: String }
        """,
        "archive": FEDERATION_2
        + """
        type Query { old: [Item!]! }
        interface Item { id: ID! title: String }
        type Show implements Item @key(fields: "id") { id: ID! title: String @override(from: "schedule") }
        """,
    },
    api="""
    type Query { items: [Item!]! old: [Item!]! }
    interface Item { id: ID! title: String }
    type Show implements Item { id: ID! title: String host: String }
    type Advert implements Item { id: ID! title: String }
    """,
    world=World(
        {"Show": {"s1": {}, "s2": {}}, "Advert": {"a1": {}}},
        query={"items": ["Show:s1", "Advert:a1", "Show:s2"], "old": ["Show:s2"]},
        subtypes={"Item": ["Show", "Advert"]},
    ),
)

RADIO_CASES = [
    Case(
        name="an overridden field selected through the interface comes from its new owner",
        query="{ items { id title } }",
        plan=["1 schedule", "2 archive at items after schedule"],
    ),
    Case(name="from the new owner at once", query="{ old { id title } }", plan=["1 archive"]),
    Case(
        name="a type that the subgraph does not know cannot occur",
        query="{ old { ... on Advert { title } ... on Show { id } } }",
        plan=["1 archive"],
    ),
    Case(name="nothing selected is an empty object", query="{ old { ... on Advert { title } } }", data={"old": [{}]}),
]


@pytest.mark.parametrize("case", RADIO_CASES, ids=str)
async def test_override_below_an_interface(case: Case) -> None:
    """The interface's field is read per type, each from its owner."""
    await check(RADIO, case)
