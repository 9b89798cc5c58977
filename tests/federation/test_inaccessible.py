"""@inaccessible: hidden from clients, in use inside."""

from __future__ import annotations

import pytest

from gateway.operation.errors import RequestError
from tests.support.checks import check
from tests.support.gateway import Gateway
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

CLINIC = Scenario(
    name="clinic",
    subgraphs={
        "reception": FEDERATION_2
        + """
        type Query {
          patients(ward: Ward, limit: Int = 2 @inaccessible): [Patient!]!
          ward(of: Ward!): String
        }
        type Patient @key(fields: "file") { file: ID! @inaccessible name: String ward: Ward wards: [Ward] }
        enum Ward { NORTH SOUTH STAFF @inaccessible }
        """,
        "records": FEDERATION_2
        + """
        type Patient @key(fields: "file") { file: ID! blood: String note: Note @inaccessible }
        type Note @inaccessible { text: String }
        """,
    },
    api="""
    type Query { patients(ward: Ward): [Patient!]! ward(of: Ward!): String }
    type Patient { name: String ward: Ward wards: [Ward] blood: String }
    enum Ward { NORTH SOUTH }
    """,
    world=World(
        {
            "Patient": {
                "p1": {"file": "f1", "ward": "NORTH", "wards": ["NORTH", "STAFF"]},
                "p2": {"file": "f2", "ward": "STAFF", "wards": []},
                "p3": {"file": "f3", "ward": "SOUTH", "wards": None},
            }
        },
        query={"patients": lambda world, arguments: ["p1", "p2", "p3"][: arguments.get("limit", 2)]},
    ),
)

CASES = [
    Case(
        name="a hidden key field still leads to the other subgraph",
        query="{ patients { name blood } }",
        plan=["1 reception", "2 records at patients after reception"],
    ),
    Case(
        name="a hidden argument keeps its default",
        query="{ patients(ward: NORTH) { name } }",
        data={"patients": [{"name": "Patient:p1.name"}, {"name": "Patient:p2.name"}]},
    ),
    Case(
        name="a hidden enum value is null in the answer",
        query="{ patients { ward wards } }",
        data={"patients": [{"ward": "NORTH", "wards": ["NORTH", None]}, {"ward": None, "wards": []}]},
    ),
    Case(
        name="a visible enum value may be sent",
        query="query($w: Ward!) { ward(of: $w) }",
        variables={"w": "SOUTH"},
        plan=["1 reception"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_hidden_elements(case: Case) -> None:
    """Hidden elements serve planning and never show."""
    await check(CLINIC, case)


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ patients { file } }", {}),
        ("{ patients { note { text } } }", {}),
        ("{ patients(limit: 1) { name } }", {}),
        ("{ ward(of: STAFF) }", {}),
        ("query($w: Ward!) { ward(of: $w) }", {"w": "STAFF"}),
        ('{ __type(name: "Note") { name } patients { file } }', {}),
    ],
)
async def test_hidden_elements_are_refused(query: str, variables: dict[str, str]) -> None:
    """A client that names a hidden element gets a request error that does not give it away; nobody is asked."""
    with pytest.raises(RequestError) as refused:
        await Gateway(CLINIC).ask(query, variables)
    assert refused.value.errors
    assert "inaccessible" not in str(refused.value.errors)
