"""A field that is a union in one subgraph and an object, or a smaller union, in another; and who can be reached."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

GARAGE = Scenario(
    name="garage",
    subgraphs={
        "stock": FEDERATION_2
        + """
        type Query { loose: Part @shareable bay: Bay loan: Part }
        union Part = Engine | Wheel
        type Bay @key(fields: "id") { id: ID! part: Part @shareable parts: [Part!]! @shareable rack: Rack @shareable }
        type Rack @shareable { top: Part }
        type Engine @key(fields: "id") { id: ID! power: Int @shareable }
        type Wheel @key(fields: "id") { id: ID! size: Int }
        """,
        "repair": FEDERATION_2
        + """
        type Query { loose: Engine @shareable }
        type Bay @key(fields: "id") {
          id: ID! part: Engine @shareable parts: [Engine!]! @shareable rack: Rack @shareable cost: Int
        }
        type Rack @shareable { top: Engine }
        type Engine { power: Int @shareable torque: Int maker: Maker }
        type Maker { name: String }
        """,
    },
    api="""
    type Query { loose: Part bay: Bay loan: Part }
    union Part = Engine | Wheel
    type Bay { id: ID! part: Part parts: [Part!]! rack: Rack cost: Int }
    type Rack { top: Part }
    type Engine { id: ID! power: Int torque: Int maker: Maker }
    type Wheel { id: ID! size: Int }
    type Maker { name: String }
    """,
    world=World(
        {
            "Bay": {"b1": {"part": "Engine:e1", "parts": ["Engine:e2", "Engine:e1"], "rack": {"top": "Engine:e2"}}},
            "Engine": {"e1": {"power": 90, "maker": {"name": "Otto"}}, "e2": {"maker": None}},
            "Wheel": {"w1": {"size": 17}},
        },
        query={"loose": "Engine:e1", "bay": "b1", "loan": "Wheel:w1"},
        subtypes={"Part": ["Engine", "Wheel"]},
    ),
)

GARAGE_CASES = [
    Case(
        name="the object is the only member that can occur",
        query="{ loose { __typename ... on Engine { power } ... on Wheel { size } } }",
        data={"loose": {"__typename": "Engine", "power": 90}},
    ),
    Case(
        name="a field that only the subgraph with the object has",
        query="{ loose { ... on Engine { torque maker { name } } ... on Wheel { id } } }",
        plan=["1 repair"],
    ),
    Case(
        name="from both at once",
        query="{ loose { ... on Engine { id torque } } }",
        plan=["1 repair", "1 stock"],
    ),
    Case(
        name="below an entity",
        query="{ bay { part { ... on Engine { power } ... on Wheel { size } } parts { ... on Engine { power } } } }",
        plan=["1 stock"],
    ),
    Case(
        name="below an entity with the other subgraph's fields",
        query="{ bay { cost part { ... on Engine { id torque } } parts { ... on Engine { id maker { name } } } } }",
        plan=["1 stock", "2 repair at bay after stock"],
    ),
    Case(
        name="nested in an object without a key",
        query="{ bay { rack { top { __typename ... on Engine { id torque } ... on Wheel { size } } } } }",
        plan=["1 stock", "2 repair at bay after stock"],
    ),
    Case(
        name="nothing possible is left of the object",
        query="{ bay { parts { ... on Wheel { size } } part { ... on Wheel { id } } } }",
        data={"bay": {"parts": [{}, {}], "part": {}}},
        plan=["1 stock"],
    ),
    Case(
        name="a field of one subgraph alone has all of its members",
        query="{ loan { __typename ... on Wheel { size } ... on Engine { power } } }",
        plan=["1 stock"],
    ),
]


@pytest.mark.parametrize("case", GARAGE_CASES, ids=str)
async def test_an_object_here_is_a_union_there(case: Case) -> None:
    """Only what both promise can occur; each is asked in its own type's words."""
    await check(GARAGE, case)


ATTIC = Scenario(
    name="attic",
    subgraphs={
        "attic": FEDERATION_2
        + """
        type Query { box: Box boxes: [Box!]! }
        type Box @shareable { thing: Thing }
        union Thing = Lamp | Rug | Chest
        type Lamp @shareable { watts: Int }
        type Rug @shareable { width: Int }
        type Chest { lock: String }
        """,
        "cellar": FEDERATION_2
        + """
        type Query { shelf: Shelf }
        type Shelf { box: Box }
        type Box @shareable { thing: Thing }
        union Thing = Lamp | Rug
        type Lamp @shareable { watts: Int }
        type Rug @shareable { width: Int }
        """,
    },
    api="""
    type Query { box: Box boxes: [Box!]! shelf: Shelf }
    type Shelf { box: Box }
    type Box { thing: Thing }
    union Thing = Lamp | Rug | Chest
    type Lamp { watts: Int }
    type Rug { width: Int }
    type Chest { lock: String }
    """,
    world=World(
        query={
            "box": {"thing": {"__typename": "Chest", "lock": "iron"}},
            "boxes": [
                {"thing": {"__typename": "Lamp", "watts": 40}},
                {"thing": {"__typename": "Chest", "lock": "brass"}},
                {"thing": {"__typename": "Rug", "width": 2}},
            ],
            "shelf": {"box": {"thing": {"__typename": "Lamp", "watts": 60}}},
        },
    ),
)

ALL = "thing { __typename ... on Chest { lock } ... on Lamp { watts } ... on Rug { width } }"

ATTIC_CASES = [
    Case(name="whoever cannot be reached forbids nothing", query=f"{{ box {{ {ALL} }} }}", plan=["1 attic"]),
    Case(name="nor in a list", query=f"{{ boxes {{ {ALL} }} }}", plan=["1 attic"]),
    Case(name="from the one that knows fewer", query=f"{{ shelf {{ box {{ {ALL} }} }} }}", plan=["1 cellar"]),
    Case(name="both in one operation", query=f"{{ boxes {{ {ALL} }} shelf {{ box {{ {ALL} }} }} }}"),
]


@pytest.mark.parametrize("case", ATTIC_CASES, ids=str)
async def test_members_of_a_subgraph_that_cannot_be_reached(case: Case) -> None:
    """Only subgraphs that could answer at this place narrow what can occur there."""
    await check(ATTIC, case)


FERRY = Scenario(
    name="ferry",
    subgraphs={
        "deck": FEDERATION_2
        + """
        type Query { load: Cargo loads: [Cargo!]! first: Cargo! lost: [Cargo] }
        union Cargo = Car | Crate
        interface Marked { mark: String }
        type Car implements Marked @key(fields: "id") { id: ID! mark: String seats: Int }
        type Crate @key(fields: "id") { id: ID! weight: Int }
        """,
        "customs": FEDERATION_2
        + """
        interface Marked { mark: String }
        interface Taxed { tax: Int }
        type Crate implements Marked & Taxed @key(fields: "id") { id: ID! mark: String tax: Int }
        type Car implements Taxed @key(fields: "id") { id: ID! tax: Int }
        type Horse implements Marked & Taxed @key(fields: "id") { id: ID! mark: String tax: Int }
        """,
    },
    api="""
    type Query { load: Cargo loads: [Cargo!]! first: Cargo! lost: [Cargo] }
    union Cargo = Car | Crate
    interface Marked { mark: String }
    interface Taxed { tax: Int }
    type Car implements Marked & Taxed { id: ID! mark: String seats: Int tax: Int }
    type Crate implements Marked & Taxed { id: ID! weight: Int mark: String tax: Int }
    type Horse implements Marked & Taxed { id: ID! mark: String tax: Int }
    """,
    world=World(
        {"Car": {"k1": {"seats": 4}}, "Crate": {"c1": {"weight": 300}}, "Horse": {"h1": {}}},
        query={
            "load": "Horse:h1",
            "loads": ["Car:k1", "Crate:c1"],
            "first": "Crate:c1",
            "lost": ["Crate:c1", "Horse:h1", None],
        },
        subtypes={"Marked": ["Car", "Crate", "Horse"], "Taxed": ["Car", "Crate", "Horse"]},
    ),
)

FERRY_CASES = [
    Case(
        name="an interface that only one member implements here",
        query="{ loads { __typename ... on Marked { mark } } }",
        plan=["1 deck", "2 customs at loads after deck"],
    ),
    Case(
        name="an interface that only the other subgraph knows",
        query="{ loads { ... on Taxed { tax } ... on Car { seats } } }",
        plan=["1 deck", "2 customs at loads after deck"],
    ),
    Case(
        name="an interface inside another one",
        query="{ first { ... on Marked { ... on Taxed { tax ... on Crate { weight } } } } }",
    ),
    Case(
        name="a fragment on a type that is no member is refused by nobody when an interface leads to it",
        query="{ loads { ... on Marked { ... on Horse { tax } mark } } }",
    ),
    Case(
        name="the error for a type that cannot be is passed on",
        query="{ load { __typename ... on Marked { mark } } loads { ... on Car { seats } } }",
        data={"load": None, "loads": [{"seats": 4}, {}]},
        errors=[("DOWNSTREAM_SERVICE_ERROR", ["load"])],
    ),
    Case(
        name="also of an item in a list",
        query="{ lost { ... on Crate { weight } ... on Marked { mark } } }",
        data={"lost": [{"weight": 300, "mark": "Crate:c1.mark"}, None, None]},
        errors=[("DOWNSTREAM_SERVICE_ERROR", ["lost", 1])],
    ),
]


@pytest.mark.parametrize("case", FERRY_CASES, ids=str)
async def test_interfaces_over_members_of_a_union(case: Case) -> None:
    """Which subgraph knows that a member implements the interface does not matter; what cannot be is an error."""
    await check(FERRY, case)
