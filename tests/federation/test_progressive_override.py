"""@override(label:): while a label is off the old owner has the field, when it is on the new one, and nobody else."""

from __future__ import annotations

import pytest

from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.read_supergraph import load_supergraph
from gateway.planning.satisfiability import unsatisfiable_fields
from gateway.services.errors import SourceUnreachable
from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

# A harbour's registry gives fields away to a newer subgraph, and the tolls are computed from one that is on its way.
QUAYS = Scenario(
    name="quays",
    subgraphs={
        "registry": FEDERATION_2
        + """
        type Query { ships: [Ship!]! flagship: Ship buoys: [Buoy!]! }
        type Ship @key(fields: "imo") { imo: ID! name: String! length: Int! flag: Flag! }
        type Flag { code: String! }
        type Buoy @key(fields: "id") @key(fields: "callSign") { id: ID! callSign: ID! }
        """,
        "survey": FEDERATION_2
        + """
        type Query { surveyed: [Ship!]! }
        type Ship @key(fields: "imo") {
          imo: ID!
          length: Int! @override(from: "registry", label: "survey.length")
          name: String! @override(from: "registry", label: "survey.name")
          draught: Int!
        }
        """,
        "tolls": FEDERATION_2
        + """
        type Ship @key(fields: "imo") {
          imo: ID!
          length: Int! @external
          toll: Int! @requires(fields: "length")
          signal: String!
        }
        """,
        "radio": FEDERATION_2
        + """
        type Buoy @key(fields: "id") {
          id: ID!
          callSign: ID! @override(from: "registry", label: "radio")
          channel: Int!
        }
        """,
        "lights": FEDERATION_2
        + """
        type Buoy @key(fields: "callSign") { callSign: ID! @external lights: Int! }
        """,
    },
    api="""
    type Query { ships: [Ship!]! flagship: Ship buoys: [Buoy!]! surveyed: [Ship!]! }
    type Ship { imo: ID! name: String! length: Int! flag: Flag! draught: Int! toll: Int! signal: String! }
    type Flag { code: String! }
    type Buoy { id: ID! callSign: ID! channel: Int! lights: Int! }
    """,
    world=World(
        {
            "Ship": {
                "s1": {"imo": "9001", "flag": {"code": "NO"}},
                "s2": {"imo": "9002", "flag": {"code": "MT"}},
            },
            "Buoy": {"b1": {"id": "1", "callSign": "AB1"}},
        },
        query={"ships": ["s1", "s2"], "flagship": "s1", "surveyed": ["s2"], "buoys": ["b1"]},
    ),
)

LENGTHS = "{ ships { length } surveyed { length } }"
TOLLS = "{ ships { imo toll } }"
LIGHTS = "{ buoys { lights } }"

CASES = [
    Case(
        name="off the old owner has the field from every starting point",
        query=LENGTHS,
        plan=["1 registry", "1 survey", "2 registry at surveyed after survey"],
    ),
    Case(
        name="on the new owner has it from every starting point",
        query=LENGTHS,
        labels=["survey.length"],
        plan=["1 registry", "1 survey", "2 survey at ships after registry"],
    ),
    Case(
        name="one label says nothing about another",
        query="{ ships { name length } }",
        labels=["survey.name"],
        plan=["1 registry", "2 survey at ships after registry"],
        requests={"registry": 1, "survey": 1},
    ),
    Case(
        name="both labels",
        query="{ surveyed { name length draught } }",
        labels=["survey.length", "survey.name"],
        plan=["1 survey"],
    ),
    Case(
        name="off a requirement is read at the old owner",
        query=TOLLS,
        plan=["1 registry", "2 tolls at ships after registry"],
    ),
    Case(
        name="on a requirement follows the field",
        query=TOLLS,
        labels=["survey.length"],
        plan=["1 registry", "2 survey at ships after registry", "3 tolls at ships after survey"],
    ),
    Case(
        name="off a key is read at its old owner",
        query=LIGHTS,
        plan=["1 registry", "2 lights at buoys after registry"],
    ),
    Case(
        name="on a key is read at its new owner",
        query=LIGHTS,
        labels=["radio"],
        plan=["1 registry", "2 radio at buoys after registry", "3 lights at buoys after radio"],
    ),
    Case(
        name="what no label touches is the same with all of them on",
        query="{ flagship { imo flag { code } signal } }",
        labels=["radio", "survey.length", "survey.name"],
        plan=["1 registry", "2 tolls at flagship after registry"],
    ),
    Case(
        name="on the field lives without its old owner",
        query="{ surveyed { imo length } }",
        labels=["survey.length"],
        faults={"registry": Faults(raises=SourceUnreachable("registry", "It is down."))},
        requests={"survey": 1},
    ),
    Case(
        name="off the field is lost with its old owner",
        query="{ surveyed { imo } flagship { length } }",
        data={"surveyed": [{"imo": "9002"}], "flagship": None},
        faults={"registry": Faults(raises=SourceUnreachable("registry", "It is down."))},
        errors=[(SourceUnreachable.code, ["flagship"])],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_labels_choose_the_owner(case: Case) -> None:
    """Either owner refuses what is not its own just then; the answer is the same."""
    await check(QUAYS, case)


def test_a_label_that_takes_a_key_away_is_refused() -> None:
    """Off, the graph is whole; on, the only way into the new owner leads through the field that it takes over."""
    subgraphs = {
        "registry": 'type Query { ships: [Ship] } type Ship @key(fields: "sign") { sign: ID! }',
        "radio": """
        type Ship @key(fields: "sign") { sign: ID! @override(from: "registry", label: "radio") channel: Int }
        """,
    }
    schemas = [SubgraphSchema(name, FEDERATION_2 + sdl) for name, sdl in subgraphs.items()]
    problems = unsatisfiable_fields(load_supergraph(compose(schemas).supergraph_sdl))
    assert {problem.code for problem in problems} == {"SATISFIABILITY_ERROR"}
    assert [problem.message.split("cannot")[0] for problem in problems] == [
        'With override label "radio" on: "Ship.sign" ',
        'With override label "radio" on: "Ship.channel" ',
    ]


def test_a_label_that_is_off_must_do_too() -> None:
    """On, the new owner has all; off, the old owner cannot be entered."""
    subgraphs = {
        "old": "type Query { old: Ship } type Ship @shareable { name: String }",
        "new": 'type Query { new: Ship } type Ship { name: String @override(from: "old", label: "l") }',
    }
    schemas = [SubgraphSchema(name, FEDERATION_2 + sdl) for name, sdl in subgraphs.items()]
    problems = unsatisfiable_fields(load_supergraph(compose(schemas).supergraph_sdl))
    assert [problem.message.split(":")[0] for problem in problems] == [
        '"Ship.name" cannot be had in `{ new { name } }`',
        'With override label "l" on',
    ]
