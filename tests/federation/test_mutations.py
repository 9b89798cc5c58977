"""Mutations run one after the other, each exactly once, and what they return is not fetched again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.checks import check
from tests.support.fakes import FakeSubgraph, Faults
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import Record, World

pytestmark = pytest.mark.anyio


def _deposit(world: World, arguments: Mapping[str, Any]) -> Record:
    account = world.get("Account:a1")
    account.fields["balance"] += arguments["amount"]
    return account


def _close(world: World, arguments: Mapping[str, Any]) -> Record:
    """From now on the bank no longer finds the account by its key."""
    world.unknown["bank"] = {"Account:a1"}
    return world.get("Account:a1")


def _note(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    notes = world.get("Account:a1").fields["notes"]
    world.get("Account:a1").fields["notes"] = [*notes, arguments["text"]]
    return {"text": arguments["text"], "number": len(notes) + 1}


def _touch(world: World, arguments: Mapping[str, Any]) -> int:
    account = world.get("Account:a1")
    account.fields["touched"] = account.fields["touched"] + 1
    return account.fields["touched"]


BANK = Scenario(
    name="bank",
    subgraphs={
        "bank": FEDERATION_2
        + """
        type Query { account: Account }
        type Mutation {
          deposit(amount: Int!): Account
          close: Account
          touch: Int @shareable
          begin: Session
        }
        type Account @key(fields: "id") { id: ID! balance: Int! }
        type Session { token: String query: Query }
        """,
        "audit": FEDERATION_2
        + """
        type Query { touched: Int }
        type Mutation { note(text: String!): Note touch: Int @shareable mustNote: Int! }
        type Note { text: String number: Int }
        type Account @key(fields: "id") {
          id: ID!
          balance: Int! @external
          alert: String @requires(fields: "balance")
          notes: [String!]
        }
        """,
    },
    api="""
    type Query { account: Account touched: Int }
    type Mutation {
      deposit(amount: Int!): Account
      close: Account
      touch: Int
      begin: Session
      note(text: String!): Note
      mustNote: Int!
    }
    type Account { id: ID! balance: Int! alert: String notes: [String!] }
    type Session { token: String query: Query }
    type Note { text: String number: Int }
    """,
    world=World(
        {"Account": {"a1": {"balance": 100, "notes": [], "touched": 0}}},
        query={"account": "a1", "touched": lambda world, arguments: world.get("Account:a1").fields["touched"]},
        mutation={
            "deposit": _deposit,
            "close": _close,
            "note": _note,
            "touch": _touch,
            "begin": lambda world, arguments: {"query": world.roots["query"]},
        },
    ),
)


def _never_reentered(fakes: Mapping[str, FakeSubgraph]) -> None:
    assert not any(request.representations for request in fakes["bank"].requests)


CASES = [
    Case(
        name="alternating subgraphs take turns",
        query="""
        mutation {
          a: deposit(amount: 1) { balance }
          b: note(text: "one") { number }
          c: deposit(amount: 2) { balance }
          d: note(text: "two") { number text }
        }
        """,
        plan=["1 bank", "2 audit after bank", "3 bank after audit", "4 audit after bank"],
        requests={"bank": 2, "audit": 2},
    ),
    Case(
        name="the next mutation waits for every step of the one before",
        query="""
        mutation {
          first: deposit(amount: 1) { balance alert notes }
          then: note(text: "seen") { number }
          last: deposit(amount: 1) { alert notes }
        }
        """,
        plan=[
            "1 bank",
            "2 audit at deposit after bank",
            "3 audit after audit",
            "4 bank after audit",
            "5 audit at deposit after bank",
        ],
    ),
    Case(
        name="the same mutation under two aliases runs twice",
        query="mutation { a: deposit(amount: 5) { balance } b: deposit(amount: 5) { balance } }",
        data={"a": {"balance": 105}, "b": {"balance": 110}},
    ),
    Case(
        name="the same mutation twice under one key runs once",
        query="mutation { deposit(amount: 5) { balance } deposit(amount: 5) { id } }",
        data={"deposit": {"balance": 105, "id": "a1"}},
        plan=["1 bank"],
    ),
    Case(
        name="a requirement comes from what the mutation returned",
        query="mutation { close { id alert } }",
        plan=["1 bank", "2 audit at close after bank"],
        requests={"bank": 1, "audit": 1},
        then=_never_reentered,
    ),
    Case(
        name="a shareable mutation runs once",
        query="mutation { touch }",
        data={"touch": 1},
    ),
    Case(
        name="a shareable mutation between others runs once per alias",
        query='mutation { a: touch note(text: "x") { number } b: touch }',
        data={"a": 1, "note": {"number": 1}, "b": 2},
    ),
    Case(
        name="a failed mutation does not stop the next",
        query='mutation { a: deposit(amount: 1) { alert } note(text: "x") { number } }',
        faults={"bank": Faults(field_errors={"Mutation.deposit": "no money"}, error_code="REFUSED")},
        data={"a": None, "note": {"number": 1}},
        errors=[("REFUSED", ["a"])],
    ),
    Case(
        name="typename of the root is answered without a request",
        query="mutation { __typename deposit(amount: 1) { __typename balance } }",
        plan=["1 bank"],
    ),
    Case(
        name="a condition that is false runs nothing",
        query="mutation($go: Boolean!) { deposit(amount: 1) @include(if: $go) { balance } touch @skip(if: $go) }",
        variables={"go": False},
    ),
    Case(
        name="the query root below a mutation is read after it",
        query="mutation { deposit(amount: 1) { balance } begin { token query { account { balance } touched } } }",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_mutations_in_series(case: Case) -> None:
    """Order and number of executions are those of the client's document."""
    answer = await check(BANK, case)
    world = BANK.start()
    BANK.monolith.answer(case.query, case.variables, world)
    done = [(field, arguments) for _, field, arguments in answer.world.journal]
    assert done == [(field, arguments) for _, field, arguments in world.journal]
