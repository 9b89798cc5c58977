"""@lookup: a root field whose arguments are the key of what it returns lets other subgraphs start beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from gateway.services.errors import SourceTimeout
from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.gateway import Gateway, plan_shape
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

CLUB = Scenario(
    name="club",
    subgraphs={
        "members": FEDERATION_2
        + """
        type Query {
          member(id: ID!): Member @lookup
          memberByCard(series: Int!, number: Int!): Member @lookup
          plainMember(id: ID!): Member
          captain: Member
        }
        type Member @key(fields: "id") @key(fields: "series number") {
          id: ID! series: Int! number: Int! name: String mentor: Member
        }
        """,
        "fees": FEDERATION_2
        + """
        type Member @key(fields: "id") { id: ID! owed: Int paid(year: Int): [Int!] plan: Plan }
        type Plan @key(fields: "code") { code: ID! }
        """,
        "plans": FEDERATION_2 + """type Plan @key(fields: "code") { code: ID! label: String }""",
        "matches": FEDERATION_2
        + """
        type Member @key(fields: "series number") {
          series: Int!
          number: Int!
          name: String @external
          wins: Int
          badge: String @requires(fields: "name")
        }
        """,
    },
    api="""
    type Query {
      member(id: ID!): Member
      memberByCard(series: Int!, number: Int!): Member
      plainMember(id: ID!): Member
      captain: Member
    }
    type Member {
      id: ID! series: Int! number: Int! name: String mentor: Member
      owed: Int paid(year: Int): [Int!] plan: Plan wins: Int badge: String
    }
    type Plan { code: ID! label: String }
    """,
    world=World(
        {
            "Member": {
                "m1": {"series": 4, "number": 17, "mentor": "m2", "plan": "gold"},
                "m2": {"series": 4, "number": 18, "mentor": None, "plan": None},
                "gone": {"series": 4, "number": 19, "mentor": None, "plan": "gold"},
            },
            "Plan": {"gold": {"code": "gold"}},
        },
        query={
            "member": lambda world, a: None if a["id"] == "gone" else find("Member")(world, a),
            "memberByCard": find("Member", series="series", number="number"),
            "plainMember": find("Member"),
            "captain": "m2",
        },
    ),
)

PAGE = "query($id: ID!) { member(id: $id) { name owed paid(year: 2020) } }"
ROUND_TWO = ["1 members", "2 fees at member after members"]

CASES = [
    Case(
        name="a step that needs only the key starts beside the root",
        query=PAGE,
        variables={"id": "m1"},
        plan=["1 members", "1 fees at member early"],
    ),
    Case(
        name="a literal is a key as well",
        query='{ member(id: "m2") { name owed } }',
        plan=["1 members", "1 fees at member early"],
    ),
    Case(
        name="a default is a key as well",
        query='query($id: ID! = "m2") { member(id: $id) { name owed } }',
        plan=["1 members", "1 fees at member early"],
    ),
    Case(
        name="under an alias and twice",
        query='{ a: member(id: "m1") { name owed } b: member(id: "m2") { name owed } }',
        plan=["1 members", "1 fees at member early", "1 fees at member early"],
    ),
    Case(
        name="what lies behind the early step starts one round earlier",
        query='{ member(id: "m1") { name plan { label } } }',
        plan=["1 members", "1 fees at member early", "2 plans at member/plan after fees"],
    ),
    Case(
        name="a composite key",
        query="{ memberByCard(series: 4, number: 17) { name wins } }",
        plan=["1 members", "1 matches at memberByCard early"],
    ),
    Case(
        name="a key that the arguments do not give waits",
        query='{ member(id: "m1") { wins } }',
        plan=["1 members", "2 matches at member after members"],
    ),
    Case(
        name="a requirement waits although the key is known",
        query="{ memberByCard(series: 4, number: 17) { badge } }",
        plan=["1 members", "2 matches at memberByCard after members"],
    ),
    Case(
        name="a field that is not a lookup waits",
        query='{ plainMember(id: "m1") { owed } captain { owed } }',
        plan=[
            "1 members",
            "2 fees at captain after members",
            "2 fees at plainMember after members",
        ],
    ),
    Case(
        name="objects below are found first",
        query='{ member(id: "m1") { mentor { owed } owed } }',
        plan=["1 members", "1 fees at member early", "2 fees at member/mentor after members"],
    ),
    Case(
        name="where there is no object early results are dropped",
        query=PAGE,
        variables={"id": "gone"},
        requests={"members": 1, "fees": 1},
        data={"member": None},
    ),
    Case(
        name="and so are early errors",
        query=PAGE,
        variables={"id": "gone"},
        faults={"fees": Faults(field_errors={"Member.owed": "broken"})},
        data={"member": None},
    ),
    Case(
        name="even when the early source failed as a whole",
        query=PAGE,
        variables={"id": "gone"},
        faults={"fees": Faults(raises=SourceTimeout("fees", "fees did not answer in time."))},
        data={"member": None},
    ),
    Case(
        name="an early error of an object that exists is reported",
        query="query($id: ID!) { who: member(id: $id) { name debt: owed } }",
        variables={"id": "m1"},
        faults={"fees": Faults(field_errors={"Member.owed": "broken"}, error_code="BROKEN")},
        data={"who": {"name": "Member:m1.name", "debt": None}},
        errors=[("BROKEN", ["who", "debt"])],
    ),
    Case(
        name="what only the early source knows does not make an object",
        query='{ member(id: "nobody") { name owed } }',
        data={"member": None},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_lookups(case: Case) -> None:
    """One round where plain federation takes two; the same answer."""
    await check(CLUB, case)


@pytest.mark.parametrize("case", [case for case in CASES if not case.faults], ids=str)
async def test_lookups_can_be_switched_off(case: Case) -> None:
    """Without lookups nothing starts early, and the answer is the same."""
    off = Gateway(CLUB, lookups=False)
    assert not [line for line in plan_shape(off.plan(case.query, case.variables)) if "early" in line]
    with_lookups = await Gateway(CLUB).ask(case.query, case.variables)
    without = await off.ask(case.query, case.variables)
    assert (without.data, list(without.errors)) == (with_lookups.data, list(with_lookups.errors))


def test_without_lookups_the_page_takes_two_rounds() -> None:
    """The switch is what makes the difference."""
    assert plan_shape(Gateway(CLUB, lookups=False).plan(PAGE, {"id": "m1"})) == ROUND_TWO


async def test_a_page_costs_its_slowest_call() -> None:
    """Root and early steps overlap in time."""
    delays = {"members": Faults(delay_s=0.1), "fees": Faults(delay_s=0.12)}
    started = asyncio.get_running_loop().time()
    answer = await Gateway(CLUB, faults=delays).ask(PAGE, {"id": "m1"})
    assert answer.data["member"]["owed"] is not None
    assert asyncio.get_running_loop().time() - started < 0.19


@pytest.mark.parametrize("slow", ["members", "fees"])
async def test_whoever_answers_last_the_answer_is_the_same(slow: str) -> None:
    """An early result that arrives first waits for its object."""
    delays: Mapping[str, Faults] = {slow: Faults(delay_s=0.02)}
    answer = await Gateway(CLUB, faults=delays).ask(PAGE, {"id": "m1"})
    assert answer.data == (await Gateway(CLUB).ask(PAGE, {"id": "m1"})).data
    gone = await Gateway(CLUB, faults=delays).ask(PAGE, {"id": "gone"})
    assert (gone.data, list(gone.errors)) == ({"member": None}, [])
