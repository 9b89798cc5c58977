"""Graphs with holes, as other composers let them through: what can be reached is answered, the rest is one error."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.gateway import Gateway
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

JOIN = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
{ query: Query }
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(
  graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true,
  isInterfaceObject: Boolean! = false
) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(
  graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean,
  override: String, usedOverridden: Boolean
) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
"""

LEDGER = Scenario(
    name="ledger",
    subgraphs={
        "entries": FEDERATION_2
        + """
        type Query { entry: Entry audit: Audit }
        type Entry @key(fields: "id", resolvable: false) @interfaceObject { id: ID! note: String }
        type Audit @interfaceObject @key(fields: "id", resolvable: false) { id: ID! done: Boolean }
        """,
        "kinds": FEDERATION_2
        + """
        type Query { bill: Bill }
        interface Entry @key(fields: "id", resolvable: false) { id: ID! amount: Int }
        type Bill implements Entry @key(fields: "id", resolvable: false) { id: ID! amount: Int }
        type Coin implements Entry @key(fields: "id", resolvable: false) { id: ID! amount: Int }
        interface Audit @key(fields: "id", resolvable: false) { id: ID! }
        """,
    },
    supergraph=JOIN
    + """
    enum join__Graph { ENTRIES @join__graph(name: "entries", url: "") KINDS @join__graph(name: "kinds", url: "") }
    type Query @join__type(graph: ENTRIES) @join__type(graph: KINDS) {
      entry: Entry @join__field(graph: ENTRIES)
      audit: Audit @join__field(graph: ENTRIES)
      bill: Bill @join__field(graph: KINDS)
    }
    interface Entry
      @join__type(graph: ENTRIES, key: "id", resolvable: false, isInterfaceObject: true)
      @join__type(graph: KINDS, key: "id", resolvable: false)
    {
      id: ID!
      note: String @join__field(graph: ENTRIES)
      amount: Int @join__field(graph: KINDS)
    }
    type Bill implements Entry
      @join__implements(graph: KINDS, interface: "Entry")
      @join__type(graph: KINDS, key: "id", resolvable: false)
    {
      id: ID!
      amount: Int
      note: String @join__field
    }
    type Coin implements Entry
      @join__implements(graph: KINDS, interface: "Entry")
      @join__type(graph: KINDS, key: "id", resolvable: false)
    {
      id: ID!
      amount: Int
      note: String @join__field
    }
    interface Audit
      @join__type(graph: ENTRIES, key: "id", resolvable: false, isInterfaceObject: true)
      @join__type(graph: KINDS, key: "id", resolvable: false)
    {
      id: ID!
      done: Boolean @join__field(graph: ENTRIES)
    }
    """,
    api="""
    type Query { entry: Entry audit: Audit bill: Bill }
    interface Entry { id: ID! note: String amount: Int }
    type Bill implements Entry { id: ID! amount: Int note: String }
    type Coin implements Entry { id: ID! amount: Int note: String }
    interface Audit { id: ID! done: Boolean }
    """,
    world=World(
        {"Bill": {"b1": {}}},
        query={"entry": "Bill:b1", "bill": "b1", "audit": {"__typename": "Audit", "id": "x", "done": True}},
        subtypes={"Entry": ["Bill", "Coin"]},
    ),
)

COPIES = Scenario(
    name="copies",
    subgraphs={
        "left": FEDERATION_2
        + """
        type Query { node: Node @shareable }
        interface Node { id: ID! }
        type Account implements Node @key(fields: "id") { id: ID! @external name: String }
        type Chat implements Node @key(fields: "id") { id: ID! text: String }
        """,
        "right": FEDERATION_2
        + """
        type Query { node: Node @shareable }
        interface Node { id: ID! }
        type Account implements Node @key(fields: "id") { id: ID! }
        type Chat implements Node @key(fields: "id") { id: ID! @external }
        """,
    },
    supergraph=JOIN
    + """
    enum join__Graph { LEFT @join__graph(name: "left", url: "") RIGHT @join__graph(name: "right", url: "") }
    type Query @join__type(graph: LEFT) @join__type(graph: RIGHT) { node: Node }
    interface Node @join__type(graph: LEFT) @join__type(graph: RIGHT) { id: ID! }
    type Account implements Node
      @join__implements(graph: LEFT, interface: "Node") @join__implements(graph: RIGHT, interface: "Node")
      @join__type(graph: LEFT, key: "id") @join__type(graph: RIGHT, key: "id")
    {
      id: ID! @join__field(graph: LEFT, external: true) @join__field(graph: RIGHT)
      name: String @join__field(graph: LEFT)
    }
    type Chat implements Node
      @join__implements(graph: LEFT, interface: "Node") @join__implements(graph: RIGHT, interface: "Node")
      @join__type(graph: LEFT, key: "id") @join__type(graph: RIGHT, key: "id")
    {
      id: ID! @join__field(graph: LEFT) @join__field(graph: RIGHT, external: true)
      text: String @join__field(graph: LEFT)
    }
    """,
    api="""
    type Query { node: Node }
    interface Node { id: ID! }
    type Account implements Node { id: ID! name: String }
    type Chat implements Node { id: ID! text: String }
    """,
    world=World({"Account": {"a1": {}}, "Chat": {"c1": {}}}, query={"node": "Account:a1"}),
)


ANSWERED = [
    (LEDGER, Case(name="fields of the interface object", query="{ entry { id note } }", plan=["1 entries"])),
    (LEDGER, Case(name="fields of the concrete type", query="{ bill { id amount } }", plan=["1 kinds"])),
    (COPIES, Case(name="concrete fragments", query="{ node { ... on Account { id } ... on Chat { id } } }")),
    (COPIES, Case(name="one concrete fragment", query="{ node { ... on Account { id name } } }")),
    (COPIES, Case(name="the id of the type that is not there", query="{ node { ... on Chat { id text } } }")),
    (COPIES, Case(name="both under aliases", query="{ node { ... on Account { a: id } ... on Chat { c: id } } }")),
    (COPIES, Case(name="the type alone", query="{ node { __typename ... on Chat { text } } }")),
]


@pytest.mark.parametrize(("scenario", "case"), ANSWERED, ids=str)
async def test_what_can_be_reached_is_answered(scenario: Scenario, case: Case) -> None:
    """A hole elsewhere in the graph is no hindrance."""
    await check(scenario, case)


REFUSED = [
    (LEDGER, "{ entry { amount } }"),
    (LEDGER, "{ entry { __typename } }"),
    (LEDGER, "{ entry { ... on Bill { id } } }"),
    (LEDGER, "{ entry { kind: __typename note } }"),
    (LEDGER, "{ entry { note ... on Entry { __typename } } }"),
    (LEDGER, "{ entry { id ... on Coin { __typename } } }"),
    (LEDGER, "{ bill { note } }"),
    (LEDGER, "{ bill { amount ... on Entry { note } } }"),
    (LEDGER, "{ audit { __typename } }"),
    (COPIES, "{ node { id } }"),
    (COPIES, "{ node { __typename id } }"),
    (COPIES, "{ node { ... on Node { id } } }"),
    (COPIES, "{ node { id ... on Account { id } ... on Chat { id } } }"),
]


@pytest.mark.parametrize(("scenario", "query"), REFUSED, ids=str)
async def test_what_cannot_be_reached_is_one_error(scenario: Scenario, query: str) -> None:
    """No plan: data is null, with one error that has a code; nobody is asked."""
    answer = await Gateway(scenario).ask(query)
    assert answer.data is None
    assert [error["extensions"]["code"] for error in answer.errors] == ["UNSATISFIABLE_OPERATION"]
    assert answer.requests == {}


async def test_an_interface_without_implementations_is_read_where_it_is() -> None:
    """An interface object of an interface that nobody implements still has its own fields."""
    answer = await Gateway(LEDGER).ask("{ audit { id done } }")
    assert (answer.data, list(answer.errors)) == ({"audit": {"id": "x", "done": True}}, [])
