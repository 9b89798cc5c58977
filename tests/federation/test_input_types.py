"""Input objects and enums that subgraphs declare differently: clients may send only what all of them know."""

from __future__ import annotations

import pytest

from gateway.operation.errors import RequestError
from tests.support.checks import check
from tests.support.gateway import Gateway
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

WARDROBE = Scenario(
    name="wardrobe",
    subgraphs={
        "shirts": FEDERATION_2
        + """
        type Query { shirts(where: Filter, size: Size): [Shirt!]! }
        input Filter { colour: String! minimum: Int onlyShirts: Boolean }
        enum Size { SMALL LARGE HUGE }
        type Shirt @key(fields: "id") { id: ID! fit: Fit state: State was: [State!] tag: Tag! }
        type Tag { state: State! text: String }
        enum Fit { SLIM LOOSE }
        enum State { NEW WORN LOST @inaccessible }
        """,
        "shoes": FEDERATION_2
        + """
        type Query { shoes(where: Filter = {colour: "red"}, size: Size!): [Shoe!]! states(state: State): [State] }
        input Filter { colour: String! minimum: Int heels: Boolean }
        enum Size { SMALL LARGE }
        type Shoe { fit: Fit }
        enum Fit { LOOSE WIDE }
        enum State { NEW WORN LOST }
        type Shirt @key(fields: "id") { id: ID! matching: [Shoe] @shareable }
        """,
    },
    api="""
    type Query {
      shirts(where: Filter, size: Size): [Shirt!]!
      shoes(where: Filter = {colour: "red"}, size: Size!): [Shoe!]!
      states(state: State): [State]
    }
    input Filter { colour: String! minimum: Int }
    enum Size { SMALL LARGE }
    type Shirt { id: ID! fit: Fit state: State was: [State!] tag: Tag! matching: [Shoe] }
    type Tag { state: State! text: String }
    enum Fit { LOOSE SLIM WIDE }
    enum State { NEW WORN }
    type Shoe { fit: Fit }
    """,
    world=World(
        {
            "Shirt": {
                "s1": {
                    "fit": "SLIM",
                    "state": "NEW",
                    "was": ["NEW"],
                    "tag": {"state": "NEW"},
                    "matching": [{"fit": "WIDE"}, None],
                },
                "s2": {
                    "fit": "LOOSE",
                    "state": "LOST",
                    "was": ["NEW", "LOST"],
                    "tag": {"state": "LOST"},
                    "matching": None,
                },
            }
        },
        query={
            "shirts": lambda world, arguments: ["s1", "s2"][: (arguments.get("where") or {}).get("minimum", 2)],
            "shoes": [{"fit": "LOOSE"}, {"fit": None}],
            "states": ["NEW", "LOST", "WORN"],
        },
    ),
)

CASES = [
    Case(
        name="common input fields pass",
        query="query($f: Filter) { shirts(where: $f) { id } }",
        variables={"f": {"colour": "blue", "minimum": 1}},
        plan=["1 shirts"],
    ),
    Case(
        name="a literal input object passes with variables inside",
        query='query($m: Int) { shirts(where: {colour: "blue", minimum: $m}, size: SMALL) { id } }',
        variables={"m": 1},
        plan=["1 shirts"],
    ),
    Case(
        name="one variable serves two subgraphs",
        query="""
        query($f: Filter, $s: Size = LARGE) {
          shirts(where: $f, size: $s) { id }
          shoes(where: $f, size: $s) { fit }
        }
        """,
        variables={"f": {"colour": "blue"}},
        plan=["1 shirts", "1 shoes"],
    ),
    Case(
        name="an output enum has the values of all subgraphs",
        query="{ shirts { fit matching { fit } } }",
        plan=["1 shirts", "2 shoes at shirts after shirts"],
    ),
    Case(
        name="an enum value that is hidden is null, also in a list",
        query="{ shirts { state } states }",
        data={"shirts": [{"state": "NEW"}, {"state": None}], "states": ["NEW", None, "WORN"]},
    ),
    Case(
        name="a hidden value where null may not be costs the list around it",
        query="{ shirts { was } }",
        data={"shirts": [{"was": ["NEW"]}, {"was": None}]},
        errors=[("NULL_FOR_NON_NULL", ["shirts", 1, "was", 1])],
    ),
    Case(
        name="or every object up to one that may be null",
        query="{ shirts { id tag { text state } } }",
        data=None,
        errors=[("NULL_FOR_NON_NULL", ["shirts", 1, "tag", "state"])],
    ),
    Case(
        name="a value that one subgraph does not know comes from the other",
        query="{ shoes(size: SMALL) { fit } shirts { id matching { fit } } }",
        plan=["1 shirts", "1 shoes", "2 shoes at shirts after shirts"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_input_types_and_enums(case: Case) -> None:
    """What all subgraphs know reaches them unchanged."""
    await check(WARDROBE, case)


REFUSED = [
    ('{ shirts(where: {colour: "red", onlyShirts: true}) { id } }', {}),
    ("query($f: Filter) { shirts(where: $f) { id } }", {"f": {"colour": "red", "heels": True}}),
    ("query($f: Filter) { shirts(where: $f) { id } }", {"f": {"minimum": 1}}),
    ("{ shirts(size: HUGE) { id } }", {}),
    ("query($s: Size) { shirts(size: $s) { id } }", {"s": "HUGE"}),
    ("query($s: Size!) { shoes(size: $s) { fit } }", {}),
    ("query($s: Size!) { shoes(size: $s) { fit } }", {"s": None}),
    ("{ states(state: LOST) }", {}),
    ("query($s: State) { states(state: $s) }", {"s": "LOST"}),
]


@pytest.mark.parametrize(("query", "variables"), REFUSED)
async def test_values_that_not_all_subgraphs_know_are_refused(query: str, variables: dict[str, object]) -> None:
    """A request error names the fault; no subgraph is asked."""
    gateway = Gateway(WARDROBE)
    with pytest.raises(RequestError) as refused:
        await gateway.ask(query, variables)
    assert all(error["extensions"]["code"] for error in refused.value.errors)
