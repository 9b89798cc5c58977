"""@provides at depth, through lists, interfaces and unions: the provided path is used, and only there."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

ATLAS = Scenario(
    name="atlas",
    subgraphs={
        "routes": FEDERATION_2
        + """
        type Query {
          tour: Tour @provides(fields: "stops { title views { caption spot { title } } }")
          plainTour: Tour
        }
        type Tour @key(fields: "id") { id: ID! stops: [Stop!] @external }
        type Stop @key(fields: "id") { id: ID! title: String @external views: [View!] @external }
        type View @key(fields: "id") { id: ID! caption: String @external spot: Stop @external }
        """,
        "places": FEDERATION_2
        + """
        type Tour @key(fields: "id") { id: ID! stops: [Stop!] @shareable length: Int }
        type Stop @key(fields: "id") { id: ID! title: String @shareable views: [View!] @shareable height: Int }
        type View @key(fields: "id") { id: ID! caption: String @shareable spot: Stop @shareable stars: Int }
        """,
    },
    api="""
    type Query { tour: Tour plainTour: Tour }
    type Tour { id: ID! stops: [Stop!] length: Int }
    type Stop { id: ID! title: String views: [View!] height: Int }
    type View { id: ID! caption: String spot: Stop stars: Int }
    """,
    world=World(
        {
            "Tour": {"t1": {"stops": ["s1", "s2"]}},
            "Stop": {"s1": {"views": ["v1", "v2"]}, "s2": {"views": []}},
            "View": {"v1": {"spot": "s1"}, "v2": {"spot": "s2"}},
        },
        query={"tour": "t1", "plainTour": "t1"},
    ),
)

ATLAS_CASES = [
    Case(
        name="all of it is provided",
        query="{ tour { stops { id title views { id caption spot { title } } } } }",
        plan=["1 routes"],
    ),
    Case(
        name="one field more is fetched at its depth",
        query="{ tour { stops { title views { caption stars } } } }",
        plan=["1 routes", "2 places at tour/stops/views after routes"],
    ),
    Case(
        name="one field deeper than provided",
        query="{ tour { stops { views { spot { title views { caption } } } } } }",
        plan=["1 routes", "2 places at tour/stops/views/spot after routes"],
    ),
    Case(
        name="on the other path everything is fetched",
        query="{ plainTour { stops { title views { caption } } } }",
        plan=["1 routes", "2 places at plainTour after routes"],
    ),
]


@pytest.mark.parametrize("case", ATLAS_CASES, ids=str)
async def test_nested_provides(case: Case) -> None:
    """At each depth the provided fields are free."""
    await check(ATLAS, case)


GALLERY = Scenario(
    name="gallery",
    subgraphs={
        "walls": FEDERATION_2
        + """
        type Query {
          best: Piece @shareable @provides(fields: "maker { name } ... on Print { title } ... on Bust { title }")
          hung: [Piece!]! @provides(fields: "... on Print { title }")
          plain: Piece
          corner: Thing @provides(fields: "... on Print { title }")
        }
        union Thing = Print | Bust
        interface Piece { id: ID! title: String maker: Maker }
        type Print implements Piece @key(fields: "id") { id: ID! title: String @external maker: Maker @external }
        type Bust implements Piece @key(fields: "id") { id: ID! title: String @external maker: Maker @external }
        type Maker @key(fields: "id") { id: ID! name: String @external }
        """,
        "works": FEDERATION_2
        + """
        interface Piece { id: ID! title: String maker: Maker }
        type Print implements Piece @key(fields: "id") {
          id: ID! title: String @shareable maker: Maker @shareable edition: Int
        }
        type Bust implements Piece @key(fields: "id") { id: ID! title: String @shareable maker: Maker @shareable }
        type Maker @key(fields: "id") { id: ID! name: String @shareable }
        """,
        "stubs": FEDERATION_2
        + """
        type Query { best: Piece @shareable }
        interface Piece { id: ID! }
        type Print implements Piece @key(fields: "id") { id: ID! paper: String }
        type Bust implements Piece @key(fields: "id") { id: ID! stone: String }
        """,
    },
    api="""
    type Query { best: Piece hung: [Piece!]! plain: Piece corner: Thing }
    union Thing = Print | Bust
    interface Piece { id: ID! title: String maker: Maker }
    type Print implements Piece { id: ID! title: String maker: Maker edition: Int paper: String }
    type Bust implements Piece { id: ID! title: String maker: Maker stone: String }
    type Maker { id: ID! name: String }
    """,
    world=World(
        {"Print": {"p1": {"maker": "m1"}}, "Bust": {"b1": {"maker": "m1"}}, "Maker": {"m1": {}}},
        query={"best": "Bust:b1", "hung": ["Print:p1", "Bust:b1"], "plain": "Print:p1", "corner": "Print:p1"},
        subtypes={"Piece": ["Print", "Bust"]},
    ),
)

GALLERY_CASES = [
    Case(
        name="the root that provides is chosen",
        query="{ best { title maker { name } } }",
        plan=["1 walls"],
    ),
    Case(
        name="a missing field comes from elsewhere",
        query="{ best { title ... on Bust { stone } } }",
    ),
    Case(
        name="provided for one type only",
        query="{ hung { id ... on Print { title } } }",
        plan=["1 walls"],
    ),
    Case(
        name="fetched for the other",
        query="{ hung { id title } }",
        plan=["1 walls", "2 works at hung after walls"],
    ),
    Case(
        name="without provides it is fetched",
        query="{ plain { title } }",
        plan=["1 walls", "2 works at plain after walls"],
    ),
    Case(
        name="inside one union member",
        query="{ corner { ... on Print { title } ... on Bust { id } } }",
        plan=["1 walls"],
    ),
    Case(
        name="in the other union member",
        query="{ corner { ... on Print { title edition } ... on Bust { title } } }",
    ),
]


@pytest.mark.parametrize("case", GALLERY_CASES, ids=str)
async def test_provides_on_abstract_types(case: Case) -> None:
    """Provided per runtime type: free where provided, fetched where not."""
    await check(GALLERY, case)
