"""Interface objects beside types that have the same field themselves; two of them over the same types; nested ones."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

LEAGUE = Scenario(
    name="league",
    subgraphs={
        "members": FEDERATION_2
        + """
        type Query { members: [Member!]! coach: Coach people: [Person!]! }
        interface Member @key(fields: "id") { id: ID! name: String }
        interface Person { name: String }
        type Coach implements Member & Person @key(fields: "id") {
          id: ID! name: String active: Boolean! @shareable licence: String
        }
        type Player implements Member & Person @key(fields: "id") {
          id: ID! name: String active: Boolean! @shareable shirt: Int
        }
        """,
        "fees": FEDERATION_2
        + """
        type Query { debtors: [Member!]! debtor(id: ID!): Member }
        type Member @key(fields: "id") @interfaceObject {
          id: ID! active: Boolean! @shareable owes: Int sponsor: Member bills: [[Bill]]
        }
        type Bill { sum: Int for: Member! }
        """,
        "medals": FEDERATION_2
        + """
        type Query { winner: Member }
        type Member @key(fields: "id") @interfaceObject { id: ID! medals: [String!]! rival: Member }
        """,
    },
    api="""
    type Query {
      members: [Member!]! coach: Coach people: [Person!]! debtors: [Member!]! debtor(id: ID!): Member winner: Member
    }
    interface Member {
      id: ID! name: String active: Boolean! owes: Int sponsor: Member bills: [[Bill]] medals: [String!]! rival: Member
    }
    interface Person { name: String }
    type Coach implements Member & Person {
      id: ID! name: String active: Boolean! licence: String
      owes: Int sponsor: Member bills: [[Bill]] medals: [String!]! rival: Member
    }
    type Player implements Member & Person {
      id: ID! name: String active: Boolean! shirt: Int
      owes: Int sponsor: Member bills: [[Bill]] medals: [String!]! rival: Member
    }
    type Bill { sum: Int for: Member! }
    """,
    world=World(
        {
            "Coach": {
                "c1": {"active": True, "sponsor": None, "rival": "Player:p1", "bills": []},
            },
            "Player": {
                "p1": {
                    "shirt": 7,
                    "active": False,
                    "sponsor": "Coach:c1",
                    "rival": None,
                    "bills": [[{"sum": 5, "for": "Coach:c1"}, None], None],
                },
                "p2": {"active": True, "sponsor": "Player:p1", "rival": "Coach:c1", "bills": None},
            },
        },
        query={
            "members": ["Coach:c1", "Player:p1", "Player:p2"],
            "people": ["Player:p2"],
            "coach": "c1",
            "debtors": ["Player:p1", "Coach:c1"],
            "debtor": find("Member"),
            "winner": "Player:p2",
        },
        subtypes={"Member": ["Coach", "Player"], "Person": ["Coach", "Player"]},
    ),
)

NOT_ASKED = {"fees": Faults(field_errors={"Coach.active": "asked", "Player.active": "asked"})}

LEAGUE_CASES = [
    Case(
        name="a concrete type's own field is read where the object is",
        query="{ members { ... on Coach { active } ... on Player { active } } coach { active } }",
        plan=["1 members"],
        faults=NOT_ASKED,
    ),
    Case(
        name="also when it is selected through the interface",
        query="{ members { active owes } }",
        plan=["1 members", "2 fees at members after members"],
        faults=NOT_ASKED,
    ),
    Case(
        name="the interface object's field on opaque objects",
        query="{ debtors { active } }",
        plan=["1 fees"],
        faults={"members": Faults(field_errors={"Coach.active": "asked", "Player.active": "asked"})},
    ),
    Case(
        name="a concrete type's own field on opaque objects comes with the type",
        query="{ debtors { ... on Player { active } } }",
        plan=["1 fees", "2 members at debtors after fees"],
        faults=NOT_ASKED,
    ),
    Case(
        name="nothing but the type of opaque objects",
        query="{ debtors { __typename } winner { __typename } }",
        plan=["1 fees", "1 medals", "2 members at debtors after fees", "2 members at winner after medals"],
    ),
    Case(
        name="the type of opaque objects under aliases and twice",
        query="{ debtors { a: __typename __typename b: __typename ... on Member { c: __typename } } }",
        plan=["1 fees", "2 members at debtors after fees"],
        data={"debtors": [dict.fromkeys(("a", "__typename", "b", "c"), name) for name in ("Player", "Coach")]},
    ),
    Case(
        name="the type inside fragments on opaque objects",
        query="""
        {
          debtors {
            ... on Coach { kind: __typename }
            ... on Player { __typename number: shirt }
            ... on Person { t: __typename }
          }
        }
        """,
        plan=["1 fees", "2 members at debtors after fees"],
        data={
            "debtors": [
                {"__typename": "Player", "number": 7, "t": "Player"},
                {"kind": "Coach", "t": "Coach"},
            ]
        },
    ),
    Case(
        name="the type on concrete objects is known",
        query="{ members { __typename owes } people { __typename ... on Member { medals } } }",
        plan=["1 members", "2 fees at members after members", "2 medals at people after members"],
    ),
    Case(
        name="one interface object's field from another one's object",
        query="{ winner { medals owes } debtors { owes medals } }",
        plan=["1 fees", "1 medals", "2 fees at winner after medals", "2 medals at debtors after fees"],
    ),
    Case(
        name="opaque objects below opaque objects",
        query="{ debtors { sponsor { owes sponsor { id medals } } } }",
    ),
    Case(
        name="their types at every depth",
        query="{ debtors { __typename sponsor { __typename rival { __typename name sponsor { name } } } } }",
    ),
    Case(
        name="in lists of lists and below value objects",
        query="{ debtors { bills { sum for { name medals ... on Coach { licence } } } } }",
    ),
    Case(
        name="a fragment on another interface",
        query="{ debtors { ... on Person { name } owes } }",
        plan=["1 fees", "2 members at debtors after fees"],
    ),
    Case(
        name="a fragment on one type leaves the others' objects as they are",
        query="{ debtors { ... on Coach { licence medals } } }",
    ),
    Case(
        name="an object that is not there",
        query='{ debtor(id: "nobody") { __typename owes name ... on Player { shirt } } }',
        data={"debtor": None},
        requests={"fees": 1},
    ),
    Case(
        name="what is asked by type and through the interface is asked once",
        query="{ debtors { owes ... on Player { o: owes shirt } ... on Coach { owes } } }",
        plan=["1 fees", "2 members at debtors after fees"],
    ),
]


@pytest.mark.parametrize("case", LEAGUE_CASES, ids=str)
async def test_interface_objects_beside_the_types_own_fields(case: Case) -> None:
    """A type's own field is taken before the interface object's; the real type is fetched only where it shows."""
    await check(LEAGUE, case)
