"""Requirements with fragments on interfaces inside each other; interfaces over seven subgraphs."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

PANTRY = Scenario(
    name="pantry",
    subgraphs={
        "shelves": FEDERATION_2
        + """
        type Query { shelves: [Shelf!]! }
        type Shelf @key(fields: "id") { id: ID! content: Content side: [Content!]! }
        interface Content { weight: Int }
        interface Sealed implements Content { weight: Int seal: Seal }
        type Tin implements Content & Sealed { weight: Int seal: Seal metal: String }
        type Jar implements Content & Sealed { weight: Int seal: Seal glass: Glass }
        type Loose implements Content { weight: Int moist: Boolean }
        type Sample implements Content & Sealed @inaccessible { weight: Int seal: Seal number: Int }
        interface Seal { year: Int }
        type Wax implements Seal { year: Int colour: String }
        type Lid implements Seal { year: Int torque: Int }
        type Glass { tint: String }
        """,
        "checks": FEDERATION_2
        + '''
        type Query { worst: Shelf }
        type Shelf @key(fields: "id") {
          id: ID!
          content: Content @external
          side: [Content!]! @external
          verdict: String @requires(fields: "content { ... on Sealed { seal { year } ... on Tin { metal } } }")
          deep: String @requires(
            fields: """
            content {
              weight
              ... on Sealed {
                ... on Jar { glass { tint } seal { ... on Wax { colour } } }
                seal { ... on Lid { torque } }
              }
              ... on Loose { moist }
            }
            """
          )
          hidden: String @requires(fields: "content { ... on Sample { number } }")
          row: String @requires(fields: "side { weight ... on Sealed { seal { year ... on Wax { colour } } } }")
        }
        interface Content { weight: Int }
        interface Sealed implements Content { weight: Int seal: Seal }
        type Tin implements Content & Sealed { weight: Int @external seal: Seal @external metal: String @external }
        type Jar implements Content & Sealed { weight: Int @external seal: Seal @external glass: Glass @external }
        type Loose implements Content { weight: Int @external moist: Boolean @external }
        type Sample implements Content & Sealed @inaccessible {
          weight: Int @external seal: Seal @external number: Int @external
        }
        interface Seal { year: Int }
        type Wax implements Seal { year: Int @external colour: String @external }
        type Lid implements Seal { year: Int @external torque: Int @external }
        type Glass { tint: String @external }
        ''',
    },
    api="""
    type Query { shelves: [Shelf!]! worst: Shelf }
    type Shelf {
      id: ID! content: Content side: [Content!]! verdict: String deep: String hidden: String row: String
    }
    interface Content { weight: Int }
    interface Sealed implements Content { weight: Int seal: Seal }
    type Tin implements Content & Sealed { weight: Int seal: Seal metal: String }
    type Jar implements Content & Sealed { weight: Int seal: Seal glass: Glass }
    type Loose implements Content { weight: Int moist: Boolean }
    interface Seal { year: Int }
    type Wax implements Seal { year: Int colour: String }
    type Lid implements Seal { year: Int torque: Int }
    type Glass { tint: String }
    """,
    world=World(
        {
            "Shelf": {
                "s1": {
                    "content": {"__typename": "Tin", "seal": {"__typename": "Lid"}},
                    "side": [{"__typename": "Jar", "seal": {"__typename": "Wax"}, "glass": None}],
                },
                "s2": {
                    "content": {"__typename": "Jar", "seal": {"__typename": "Wax"}, "glass": {}},
                    "side": [{"__typename": "Loose"}, {"__typename": "Tin", "seal": None}],
                },
                "s3": {"content": {"__typename": "Loose"}, "side": []},
                "s4": {"content": None, "side": []},
            },
        },
        query={"shelves": ["s1", "s2", "s3", "s4"], "worst": "s2"},
        subtypes={"Content": ["Tin", "Jar", "Loose", "Sample"], "Sealed": ["Tin", "Jar", "Sample"]},
    ),
)

THERE = ["1 shelves", "2 checks at shelves after shelves"]
BACK = ["1 checks", "2 shelves at worst after checks", "3 checks at worst after shelves"]

PANTRY_CASES = [
    Case(name="a fragment on an interface with one on a type inside", query="{ shelves { verdict } }", plan=THERE),
    Case(name="fragments over fragments at two depths", query="{ shelves { deep } }", plan=THERE),
    Case(name="a type that only the requirement may name", query="{ shelves { hidden } }", plan=THERE),
    Case(name="in a list", query="{ shelves { row } }", plan=THERE),
    Case(name="all of them share a representation", query="{ shelves { row deep hidden verdict id } }", plan=THERE),
    Case(
        name="beside the client's own fragments under other names",
        query="""
        {
          shelves {
            deep
            content {
              __typename
              w: weight
              ... on Sealed { s: seal { y: year ... on Lid { t: torque } } }
              ... on Jar { seal: glass { tint } }
              ... on Loose { glass: moist }
            }
          }
        }
        """,
        plan=THERE,
    ),
    Case(name="from the requiring subgraph", query="{ worst { verdict deep } }", plan=BACK),
    Case(name="a list from the requiring subgraph", query="{ worst { row side { __typename weight } } }", plan=BACK),
]


@pytest.mark.parametrize("case", PANTRY_CASES, ids=str)
async def test_fragments_inside_fragments_of_a_requirement(case: Case) -> None:
    """What applies to an object's type is sent; what does not is left out; the type is always told."""
    await check(PANTRY, case)


HAVEN = Scenario(
    name="haven",
    subgraphs={
        "berths": FEDERATION_2
        + """
        type Query { vessels: [Vessel!]! vessel(id: ID!): Vessel calls: [Call!]! }
        interface Vessel { id: ID! name(upper: Boolean = false): String draft: Int secret: Int @inaccessible }
        union Call = Tug | Ferry | Storm
        type Tug implements Vessel @key(fields: "id") {
          id: ID! name(upper: Boolean = false): String draft: Int secret: Int @inaccessible
        }
        type Ferry implements Vessel @key(fields: "id") {
          id: ID! name(upper: Boolean = false): String draft: Int! secret: Int @inaccessible
        }
        type Yacht implements Vessel @key(fields: "id") {
          id: ID! name(upper: Boolean = false): String draft: Int secret: Int @inaccessible
        }
        type Storm @shareable { force: Int! }
        """,
        "engines": FEDERATION_2
        + """
        interface Driven { power(unit: String = "kW"): Int }
        type Tug implements Driven @key(fields: "id") { id: ID! power(unit: String = "kW"): Int }
        type Ferry implements Driven @key(fields: "id") { id: ID! power(unit: String = "kW"): Int fuel: String }
        """,
        "sails": FEDERATION_2
        + """
        type Yacht @key(fields: "id") { id: ID! sails: [Sail!] fuel: Int }
        type Sail { area: Float }
        """,
        "crews": FEDERATION_2
        + """
        interface Crewed { crew: [Sailor!] }
        type Tug implements Crewed @key(fields: "id") { id: ID! crew: [Sailor!] }
        type Ferry implements Crewed @key(fields: "id") { id: ID! crew: [Sailor!] }
        type Yacht implements Crewed @key(fields: "id") { id: ID! crew: [Sailor!] }
        interface Sailor { rank: String ship: Crewed }
        type Captain implements Sailor @key(fields: "id") { id: ID! rank: String ship: Crewed }
        type Mate implements Sailor { rank: String ship: Crewed }
        """,
        "people": FEDERATION_2
        + """
        type Captain @key(fields: "id") { id: ID! name: String born: Int }
        """,
        "insurance": FEDERATION_2
        + """
        interface Insured { premium: Int }
        type Ferry implements Insured @key(fields: "id") {
          id: ID! secret: Int @external premium: Int @requires(fields: "secret")
        }
        type Captain implements Insured @key(fields: "id") { id: ID! premium: Int }
        """,
        "weather": FEDERATION_2
        + """
        type Query { storms: [Storm!]! @shareable }
        type Storm @shareable { force: Int! }
        """,
    },
    api="""
    type Query { vessels: [Vessel!]! vessel(id: ID!): Vessel calls: [Call!]! storms: [Storm!]! }
    interface Vessel { id: ID! name(upper: Boolean = false): String draft: Int }
    interface Driven { power(unit: String = "kW"): Int }
    interface Crewed { crew: [Sailor!] }
    interface Insured { premium: Int }
    interface Sailor { rank: String ship: Crewed }
    union Call = Tug | Ferry | Storm
    type Tug implements Vessel & Driven & Crewed {
      id: ID! name(upper: Boolean = false): String draft: Int power(unit: String = "kW"): Int crew: [Sailor!]
    }
    type Ferry implements Vessel & Driven & Crewed & Insured {
      id: ID! name(upper: Boolean = false): String draft: Int! power(unit: String = "kW"): Int fuel: String
      crew: [Sailor!] premium: Int
    }
    type Yacht implements Vessel & Crewed {
      id: ID! name(upper: Boolean = false): String draft: Int sails: [Sail!] fuel: Int crew: [Sailor!]
    }
    type Storm { force: Int! }
    type Sail { area: Float }
    type Captain implements Sailor & Insured { id: ID! rank: String ship: Crewed name: String born: Int premium: Int }
    type Mate implements Sailor { rank: String ship: Crewed }
    """,
    world=World(
        {
            "Tug": {"t1": {"crew": ["Captain:c1", {"__typename": "Mate", "ship": "Tug:t1"}]}},
            "Ferry": {"f1": {"crew": ["Captain:c2"]}, "f2": {"crew": None}},
            "Yacht": {"y1": {"crew": [], "sails": [{"area": 12.5}]}},
            "Captain": {"c1": {"ship": "Tug:t1"}, "c2": {"ship": "Ferry:f1"}},
        },
        query={
            "vessels": ["Tug:t1", "Ferry:f1", "Yacht:y1", "Ferry:f2"],
            "vessel": find("Vessel"),
            "calls": ["Ferry:f2", {"__typename": "Storm", "force": 9}, "Tug:t1"],
            "storms": [{"force": 9}, {"force": 3}],
        },
        subtypes={
            "Vessel": ["Tug", "Ferry", "Yacht"],
            "Driven": ["Tug", "Ferry"],
            "Crewed": ["Tug", "Ferry", "Yacht"],
            "Insured": ["Ferry", "Captain"],
            "Sailor": ["Captain", "Mate"],
        },
    ),
)

CONDITIONAL = """
query ($crewed: Boolean = true, $sailing: Boolean!) {
  vessels {
    id
    ... on Crewed @include(if: $crewed) { crew { rank } }
    ... on Yacht @skip(if: $sailing) { sails { area } }
    ... on Driven @include(if: $sailing) { power }
  }
}
"""

HAVEN_CASES = [
    Case(
        name="each type's fields are where they are",
        query="{ vessels { id name ... on Tug { power } ... on Yacht { sails { area } } ... on Ferry { premium } } }",
        plan=[
            "1 berths",
            "2 engines at vessels after berths",
            "2 insurance at vessels after berths",
            "2 sails at vessels after berths",
        ],
    ),
    Case(
        name="fragments on interfaces that the root's subgraph does not know",
        query="{ vessels { ... on Driven { power } ... on Crewed { crew { rank } } ... on Insured { premium } } }",
        plan=[
            "1 berths",
            "2 crews at vessels after berths",
            "2 engines at vessels after berths",
            "2 insurance at vessels after berths",
        ],
    ),
    Case(
        name="a fragment on one interface inside a fragment on another",
        query="{ vessels { ... on Driven { ... on Insured { premium } ... on Crewed { ... on Tug { power } } } } }",
        plan=["1 berths", "2 engines at vessels after berths", "2 insurance at vessels after berths"],
    ),
    Case(
        name="a fragment on a type inside one on an interface that it does not implement",
        query="{ vessels { ... on Driven { ... on Vessel { ... on Ferry { fuel } ... on Yacht { oil: fuel } } } } }",
        plan=["1 berths", "2 engines at vessels after berths"],
    ),
    Case(
        name="one name for different types in two members",
        query="""
        { vessels { ... on Ferry { f: fuel d: draft } ... on Yacht { g: fuel d2: draft } ... on Tug { draft } } }
        """,
    ),
    Case(
        name="the same field with other arguments below each type",
        query="""
        query ($unit: String = "hp") {
          vessels {
            name
            ... on Tug { loud: name(upper: true) power(unit: $unit) }
            ... on Ferry { quiet: name(upper: false) power(unit: "PS") kw: power }
          }
        }
        """,
    ),
    Case(
        name="conditions on fragments with types: crews only",
        query=CONDITIONAL,
        variables={"sailing": False},
        plan=["1 berths", "2 crews at vessels after berths", "2 sails at vessels after berths"],
    ),
    Case(
        name="conditions on fragments with types: engines only",
        query=CONDITIONAL,
        variables={"sailing": True, "crewed": False},
        plan=["1 berths", "2 engines at vessels after berths"],
    ),
    Case(
        name="conditions on fragments with types: nothing",
        query="""
        query ($no: Boolean!) {
          vessels { ... on Tug @include(if: $no) { power } ... on Ferry @skip(if: true) { fuel } }
        }
        """,
        variables={"no": False},
        data={"vessels": [{}, {}, {}, {}]},
        plan=["1 berths"],
    ),
    Case(
        name="interfaces below interfaces through all of them",
        query="""
        {
          vessels {
            ... on Crewed {
              crew {
                __typename
                rank
                ... on Captain { name premium }
                ship { ... on Ferry { premium fuel } ... on Vessel { name } }
              }
            }
          }
        }
        """,
    ),
    Case(
        name="members of a union through interfaces that only some implement",
        query="""
        {
          calls { __typename ... on Vessel { name } ... on Insured { premium } ... on Storm { force } }
          storms { force }
        }
        """,
    ),
    Case(
        name="one object of which only the type's own subgraph is asked",
        query="""
        { vessel(id: "y1") { name ... on Driven { power } ... on Yacht { fuel } ... on Crewed { crew { rank } } } }
        """,
        requests={"berths": 1, "sails": 1, "crews": 1},
    ),
    Case(
        name="a field of the interface that a requirement needs and clients cannot see",
        query="{ calls { ... on Ferry { premium } } }",
        plan=["1 berths", "2 insurance at calls after berths"],
    ),
]


@pytest.mark.parametrize("case", HAVEN_CASES, ids=str)
async def test_interfaces_over_seven_subgraphs(case: Case) -> None:
    """Each object is completed by whoever has its type's fields, and nobody else is asked."""
    await check(HAVEN, case)
