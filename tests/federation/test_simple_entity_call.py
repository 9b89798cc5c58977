"""A field of an entity lives in another subgraph: one jump by its key."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

MUSEUM = Scenario(
    name="museum",
    subgraphs={
        "collection": FEDERATION_2
        + """
        type Query { works: [Work!]! work(id: ID!): Work newest: Work! }
        type Work @key(fields: "id") { id: ID! title: String! artist: Artist copies: [Work!] }
        type Artist @key(fields: "id") { id: ID! }
        """,
        "people": FEDERATION_2
        + """
        type Query { artist(id: ID!): Artist }
        type Artist @key(fields: "id") { id: ID! name: String! born: Int }
        """,
    },
    api="""
    type Query { works: [Work!]! work(id: ID!): Work newest: Work! artist(id: ID!): Artist }
    type Work { id: ID! title: String! artist: Artist copies: [Work!] }
    type Artist { id: ID! name: String! born: Int }
    """,
    world=World(
        {
            "Work": {
                "w1": {"title": "Blue Door", "artist": "a1", "copies": ["w2", "w3"]},
                "w2": {"artist": "a2", "copies": []},
                "w3": {"artist": None, "copies": None},
            },
            "Artist": {"a1": {"name": "Ilse Brandt", "born": 1871}, "a2": {"born": None}},
        },
        query={"works": ["w1", "w2", "w3"], "work": find("Work"), "newest": "w2", "artist": find("Artist")},
    ),
)

CASES = [
    Case(name="everything in one subgraph is one fetch", query="{ works { id title } }", plan=["1 collection"]),
    Case(
        name="a key alone needs no jump",
        query="{ newest { artist { id } } }",
        plan=["1 collection"],
    ),
    Case(
        name="a foreign field costs one jump",
        query="{ newest { title artist { name } } }",
        plan=["1 collection", "2 people at newest/artist after collection"],
        requests={"collection": 1, "people": 1},
        data={"newest": {"title": "Work:w2.title", "artist": {"name": "Artist:a2.name"}}},
    ),
    Case(
        name="a list costs one jump as well and nulls in it are skipped",
        query="{ works { title artist { born id name } } }",
        plan=["1 collection", "2 people at works/artist after collection"],
        requests={"collection": 1, "people": 1},
    ),
    Case(
        name="no object means no request",
        query='{ work(id: "w3") { artist { name } } }',
        plan=["1 collection", "2 people at work/artist after collection"],
        requests={"collection": 1},
    ),
    Case(
        name="a missing root object means no request",
        query='{ work(id: "w9") { artist { name } } }',
        requests={"collection": 1},
        data={"work": None},
    ),
    Case(
        name="an entity that starts in its owner stays there",
        query='{ artist(id: "a1") { id name born } }',
        plan=["1 people"],
    ),
    Case(
        name="two root fields of two subgraphs start together",
        query='{ newest { title } artist(id: "a1") { name } }',
        plan=["1 collection", "1 people"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_one_jump_by_key(case: Case) -> None:
    """The other subgraph is asked for what only it has, once."""
    await check(MUSEUM, case)
