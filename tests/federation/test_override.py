"""@override: the old owner is never asked again; a requirement follows the field to its new owner."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

PRESS = Scenario(
    name="press",
    subgraphs={
        "press": FEDERATION_2
        + """
        type Query { articles: [Article!]! }
        type Article @key(fields: "id") { id: ID! headline: String! words: Int pages: Int @shareable }
        """,
        "archive": FEDERATION_2
        + """
        type Query { oldest: Article }
        type Article @key(fields: "id") {
          id: ID!
          headline: String! @override(from: "press")
          shelf: String @override(from: "nobody")
          pages: Int @shareable @override(from: "nobody")
        }
        """,
    },
    api="""
    type Query { articles: [Article!]! oldest: Article }
    type Article { id: ID! headline: String! words: Int shelf: String pages: Int }
    """,
    world=World({"Article": {"a1": {}, "a2": {}}}, query={"articles": ["a1", "a2"], "oldest": "a2"}),
)

PRESS_CASES = [
    Case(
        name="the new owner is asked although the old one had the object",
        query="{ articles { id headline } }",
        plan=["1 press", "2 archive at articles after press"],
    ),
    Case(name="the new owner answers its own objects", query="{ oldest { headline } }", plan=["1 archive"]),
    Case(
        name="what was not taken over stays where it is",
        query="{ oldest { headline words } }",
        plan=["1 archive", "2 press at oldest after archive"],
    ),
    Case(
        name="taking over from a subgraph that does not exist changes nothing",
        query="{ articles { shelf } }",
        plan=["1 press", "2 archive at articles after press"],
    ),
    Case(
        name="nor does it take the field away from others that share it",
        query="{ articles { pages } oldest { pages } }",
        plan=["1 archive", "1 press"],
    ),
]


@pytest.mark.parametrize("case", PRESS_CASES, ids=str)
async def test_overridden_fields(case: Case) -> None:
    """An overridden field comes from its new owner from every starting point."""
    await check(PRESS, case)


PARCELS = Scenario(
    name="parcels",
    subgraphs={
        "intake": FEDERATION_2
        + """
        type Query { incoming: [Parcel!]! }
        type Parcel @key(fields: "id") { id: ID! weight: Int! }
        """,
        "scales": FEDERATION_2
        + """
        type Query { weighed: Parcel }
        type Parcel @key(fields: "id") { id: ID! weight: Int! @override(from: "intake") }
        """,
        "postage": FEDERATION_2
        + """
        type Query { stamped: Parcel }
        type Parcel @key(fields: "id") { id: ID! weight: Int! @external stamps: Int! @requires(fields: "weight") }
        """,
    },
    api="""
    type Query { incoming: [Parcel!]! weighed: Parcel stamped: Parcel }
    type Parcel { id: ID! weight: Int! stamps: Int! }
    """,
    world=World({"Parcel": {"p1": {}, "p2": {}}}, query={"incoming": ["p1", "p2"], "weighed": "p1", "stamped": "p2"}),
)

PARCELS_CASES = [
    Case(
        name="from the old owner the requirement takes a way round",
        query="{ incoming { stamps } }",
        plan=["1 intake", "2 scales at incoming after intake", "3 postage at incoming after scales"],
    ),
    Case(
        name="from the new owner it is there",
        query="{ weighed { stamps } }",
        plan=["1 scales", "2 postage at weighed after scales"],
    ),
    Case(
        name="from the requiring subgraph the object comes back to it",
        query="{ stamped { id stamps } }",
        plan=["1 postage", "2 scales at stamped after postage", "3 postage at stamped after scales"],
    ),
    Case(
        name="the client may ask for the requirement as well",
        query="{ stamped { weight stamps } incoming { weight } }",
        plan=[
            "1 postage",
            "1 intake",
            "2 scales at stamped after postage",
            "2 scales at incoming after intake",
            "3 postage at stamped after scales",
        ],
    ),
]


@pytest.mark.parametrize("case", PARCELS_CASES, ids=str)
async def test_requirements_on_overridden_fields(case: Case) -> None:
    """A requirement is read from whoever owns the field now."""
    await check(PARCELS, case)
