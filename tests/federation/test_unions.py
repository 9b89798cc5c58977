"""Unions and interfaces whose members differ from subgraph to subgraph: what cannot occur is not asked for."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

PRIZES = Scenario(
    name="prizes",
    subgraphs={
        "fair": FEDERATION_2
        + """
        type Query { prize: Prize @shareable stall: Stall stand: Prize }
        union Prize = Book | Toy
        type Stall @key(fields: "id") { id: ID! main: Prize @shareable box: Box @shareable }
        type Box @shareable { inside: Prize }
        type Book @key(fields: "id") { id: ID! title: String @shareable }
        type Toy @key(fields: "id") { id: ID! age: Int }
        """,
        "raffle": FEDERATION_2
        + """
        type Query { prize: Prize @shareable }
        union Prize = Book | Cake
        type Stall @key(fields: "id") { id: ID! main: Prize @shareable box: Box @shareable }
        type Box @shareable { inside: Prize }
        type Book @key(fields: "id") { id: ID! pages: Int title: String @shareable }
        type Cake @key(fields: "id") { id: ID! slices: Int }
        """,
        "labels": FEDERATION_2
        + """
        interface Labelled { label: String }
        type Toy implements Labelled @key(fields: "id") { id: ID! label: String }
        type Book @key(fields: "id") { id: ID! label: String }
        """,
    },
    api="""
    type Query { prize: Prize stall: Stall stand: Prize }
    union Prize = Book | Cake | Toy
    interface Labelled { label: String }
    type Stall { id: ID! main: Prize box: Box }
    type Box { inside: Prize }
    type Book { id: ID! title: String pages: Int label: String }
    type Toy implements Labelled { id: ID! age: Int label: String }
    type Cake { id: ID! slices: Int }
    """,
    world=World(
        {
            "Book": {"b1": {}, "b2": {}},
            "Toy": {"t1": {}},
            "Cake": {"c1": {}},
            "Stall": {"s1": {"main": "Book:b1", "box": {"inside": "Book:b2"}}},
        },
        query={"prize": "Book:b1", "stall": "s1", "stand": "Toy:t1"},
        subtypes={"Prize": ["Book", "Toy", "Cake"], "Labelled": ["Toy"]},
    ),
)

PRIZES_CASES = [
    Case(name="the common member", query="{ prize { __typename ... on Book { title } } }"),
    Case(
        name="impossible members are dropped",
        query="{ prize { ... on Book { title } ... on Toy { age } ... on Cake { slices } } }",
    ),
    Case(
        name="nothing possible is left: an empty object",
        query="{ prize { ... on Toy { age } } }",
        data={"prize": {}},
    ),
    Case(name="a common member with fields of both", query="{ prize { ... on Book { title pages label } } }"),
    Case(
        name="nested below an entity",
        query="""
        { stall { main { ... on Book { pages } ... on Cake { slices } } box { inside { ... on Book { id } } } } }
        """,
    ),
    Case(
        name="one subgraph alone decides for its own field",
        query="{ stand { __typename ... on Toy { age } ... on Book { title } ... on Cake { slices } } }",
        plan=["1 fair"],
    ),
    Case(
        name="an interface that only another subgraph knows",
        query="{ stand { ... on Labelled { label } } stall { main { ... on Labelled { label } } } }",
    ),
]


@pytest.mark.parametrize("case", PRIZES_CASES, ids=str)
async def test_unions_with_different_members(case: Case) -> None:
    """A shared field holds only what all its subgraphs know; fragments on other types select nothing."""
    await check(PRIZES, case)


GATES = Scenario(
    name="gates",
    subgraphs={
        "north": FEDERATION_2
        + """
        type Query { entrance: Gate @shareable northOnly: Gate strange: Gate }
        type Gate @key(fields: "id") { id: ID! guard: Guard @shareable }
        union Guard = Dog | Human | Robot
        type Dog @shareable { name: String }
        type Human @shareable { name: String rank: Int! }
        type Robot @shareable { serial: String }
        """,
        "south": FEDERATION_2
        + """
        type Query { entrance: Gate @shareable }
        type Gate @key(fields: "id") { id: ID! guard: Guard @shareable width: Int }
        union Guard = Dog | Human
        type Dog @shareable { name: String }
        type Human @shareable { name: String rank: Int! }
        """,
    },
    api="""
    type Query { entrance: Gate northOnly: Gate strange: Gate }
    type Gate { id: ID! guard: Guard width: Int }
    union Guard = Dog | Human | Robot
    type Dog { name: String }
    type Human { name: String rank: Int! }
    type Robot { serial: String }
    """,
    world=World(
        {
            "Gate": {
                "g1": {"guard": {"__typename": "Human", "name": "Ada", "rank": 3}},
                "g2": {"guard": {"__typename": "Dog", "name": "Rex"}},
                "g3": {"guard": {"__typename": "Robot"}},
            }
        },
        query={"entrance": "g1", "northOnly": "g2", "strange": "g3"},
    ),
)

GATES_CASES = [
    Case(name="common members", query="{ entrance { guard { ... on Human { name rank } ... on Dog { name } } } }"),
    Case(
        name="a member that not all know, beside others",
        query="{ entrance { width guard { __typename ... on Robot { serial } ... on Dog { name } } } }",
    ),
    Case(
        name="a subgraph that breaks the promise gets no field of such a member",
        query="{ strange { guard { __typename ... on Robot { serial } ... on Dog { name } } } }",
        data={"strange": {"guard": {"__typename": "Robot", "serial": None}}},
    ),
    Case(
        name="the same through one subgraph only",
        query="{ northOnly { guard { ... on Robot { serial } ... on Dog { name } ... on Human { name } } } }",
    ),
]


@pytest.mark.parametrize("case", GATES_CASES, ids=str)
async def test_partial_unions(case: Case) -> None:
    """Whoever is asked, the members that all know are answered."""
    await check(GATES, case)


NESTS = Scenario(
    name="nests",
    subgraphs={
        "trees": FEDERATION_2
        + """
        type Query { holders: [Holder!]! }
        interface Holder { id: ID! inner: Holder leaf: Leaf }
        type Box implements Holder @key(fields: "id") { id: ID! inner: Box leaf: Leaf @provides(fields: "colour") }
        type Bag implements Holder @key(fields: "id") { id: ID! inner: Holder leaf: Leaf }
        type Leaf @key(fields: "id") { id: ID! colour: String @external }
        """,
        "leaves": FEDERATION_2
        + """
        type Leaf @key(fields: "id") { id: ID! colour: String @shareable veins: Int }
        type Box @key(fields: "id") { id: ID! weight: Int! }
        type Bag @key(fields: "id") { id: ID! weight: Int }
        """,
    },
    api="""
    type Query { holders: [Holder!]! }
    interface Holder { id: ID! inner: Holder leaf: Leaf }
    type Box implements Holder { id: ID! inner: Box leaf: Leaf weight: Int! }
    type Bag implements Holder { id: ID! inner: Holder leaf: Leaf weight: Int }
    type Leaf { id: ID! colour: String veins: Int }
    """,
    world=World(
        {
            "Box": {"x1": {"inner": "x2", "leaf": "l1"}, "x2": {"inner": None, "leaf": "l2"}},
            "Bag": {"y1": {"inner": "Box:x1", "leaf": "l2"}, "y2": {"inner": "Bag:y1", "leaf": None}},
            "Leaf": {"l1": {}, "l2": {}},
        },
        query={"holders": ["Box:x1", "Bag:y2", "Bag:y1"]},
        subtypes={"Holder": ["Box", "Bag"]},
    ),
)

NESTS_CASES = [
    Case(
        name="narrower in the implementation",
        query="{ holders { id inner { id inner { id __typename } } } }",
        plan=["1 trees"],
    ),
    Case(
        name="provided on one type and fetched on the other",
        query="{ holders { leaf { colour } inner { leaf { colour } } } }",
    ),
    Case(
        name="the same field with different nullability, at several depths",
        query="""
        {
          holders {
            ... on Box { w: weight inner { weight } }
            ... on Bag { v: weight i: inner { ... on Box { weight } } }
          }
        }
        """,
    ),
    Case(
        name="deep recursion",
        query="{ holders { inner { inner { inner { leaf { veins colour } } leaf { id } } ... on Box { weight } } } }",
    ),
]


@pytest.mark.parametrize("case", NESTS_CASES, ids=str)
async def test_interfaces_that_return_themselves(case: Case) -> None:
    """Recursion through an interface, with narrower types and provided fields in the implementations."""
    await check(NESTS, case)


SHELTER = Scenario(
    name="shelter",
    subgraphs={
        "pets": FEDERATION_2
        + """
        type Query { pets: [Pet!]! star: Pet }
        interface Pet { tag: String owner: Owner }
        type Cat implements Pet @key(fields: "id") { id: ID! tag: String owner: Owner lives: Int kittens: [Kitten!] }
        type Dog implements Pet @key(fields: "id") { id: ID! tag: String! owner: Owner! lives: String }
        type Kitten { mark: Int }
        type Owner { name: String }
        """,
        "chips": FEDERATION_2
        + """
        type Cat @key(fields: "id") { id: ID! chip: Chip }
        type Dog @key(fields: "id") { id: ID! chip: Chip! }
        type Chip { code: String! maker: Maker }
        type Maker { name: String }
        """,
    },
    api="""
    type Query { pets: [Pet!]! star: Pet }
    interface Pet { tag: String owner: Owner }
    type Cat implements Pet { id: ID! tag: String owner: Owner lives: Int kittens: [Kitten!] chip: Chip }
    type Dog implements Pet { id: ID! tag: String! owner: Owner! lives: String chip: Chip! }
    type Kitten { mark: Int }
    type Owner { name: String }
    type Chip { code: String! maker: Maker }
    type Maker { name: String }
    """,
    world=World(
        {
            "Cat": {
                "c1": {"owner": None, "kittens": [{"mark": 1}], "chip": {"maker": {}}},
                "c2": {"owner": {"name": "Jo"}, "kittens": [], "chip": None},
            },
            "Dog": {"d1": {"owner": {"name": "Al"}, "chip": {"maker": None}}},
        },
        query={"pets": ["Cat:c1", "Dog:d1", "Cat:c2"], "star": "Dog:d1"},
        subtypes={"Pet": ["Cat", "Dog"]},
    ),
)

SHELTER_CASES = [
    Case(
        name="leaves that differ in nullability",
        query="{ pets { ... on Cat { a: tag } ... on Dog { b: tag } } }",
        plan=["1 pets"],
    ),
    Case(
        name="leaves that differ in type",
        query="{ pets { ... on Cat { many: lives } ... on Dog { one: lives } } }",
        plan=["1 pets"],
    ),
    Case(
        name="objects that differ in nullability",
        query="{ pets { ... on Cat { o: owner { name } } ... on Dog { p: owner { name } } } }",
        plan=["1 pets"],
    ),
    Case(
        name="through the interface",
        query="{ pets { tag owner { name } ... on Dog { same: tag } } star { tag } }",
        plan=["1 pets"],
    ),
    Case(
        name="across a jump and below",
        query="""
        {
          pets {
            ... on Cat { x: chip { code maker { name } } }
            ... on Dog { y: chip { code m: maker { name } } }
          }
        }
        """,
        plan=["1 pets", "2 chips at pets after pets"],
    ),
]


@pytest.mark.parametrize("case", SHELTER_CASES, ids=str)
async def test_same_name_different_type(case: Case) -> None:
    """On the wire the fields have different names, in the answer they have the client's."""
    await check(SHELTER, case)
