"""@authenticated, @requiresScopes and @policy: who is not allowed to see something gets null for it, and the rest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.authorization.authorizer import Authorizer
from gateway.authorization.policies import Policies
from gateway.federation.access import AUTHENTICATED, Access
from gateway.operation.errors import RequestError
from tests.federation.restricted import Claims, RestrictedGateway, assert_as_expected, denied_paths, expected
from tests.federation.test_interface_objects import STORE
from tests.support.scenario import Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

AUTH = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key" "@external" "@requires" "@shareable" "@interfaceObject" "@authenticated" "@requiresScopes" "@policy"
])
"""

ARCHIVE = Scenario(
    name="archive",
    subgraphs={
        "papers": AUTH
        + """
        type Query { papers: [Paper!]! mixed: [Thing] item: Item wanted: [Item!] open: Int! me: Reader @authenticated }
        type Mutation { shred(id: ID!): Paper @requiresScopes(scopes: [["shred"]]) keep: Paper }
        type Paper implements Item @key(fields: "id") {
          id: ID! title: String!
          body: String @requiresScopes(scopes: [["read"], ["admin", "audit"]])
          grade: Grade weight: Int @policy(policies: [["weigher"]])
        }
        type Film implements Item @key(fields: "id") @authenticated { id: ID! title: String! }
        type Reader @key(fields: "id") { id: ID! name: String! @policy(policies: [["kin"], ["boss", "day"]]) }
        enum Grade @requiresScopes(scopes: [["grades"]]) { GOOD BAD }
        interface Item { id: ID! title: String! }
        union Thing = Paper | Film | Reader
        """,
        "loans": AUTH
        + """
        type Paper @key(fields: "id") {
          id: ID! weight: Int @external
          fee: Int @requires(fields: "weight") @policy(policies: [["weigher"]])
          loans: [Loan!]!
        }
        type Loan { id: ID! reader: Reader! @authenticated days: Int! @requiresScopes(scopes: [["days"]]) }
        type Reader @key(fields: "id", resolvable: false) { id: ID! }
        """,
    },
    api="""
    type Query { papers: [Paper!]! mixed: [Thing] item: Item wanted: [Item!] open: Int! me: Reader }
    type Mutation { shred(id: ID!): Paper keep: Paper }
    type Paper implements Item {
      id: ID! title: String! body: String grade: Grade weight: Int fee: Int loans: [Loan!]!
    }
    type Film implements Item { id: ID! title: String! }
    type Reader { id: ID! name: String! }
    type Loan { id: ID! reader: Reader! days: Int! }
    enum Grade { GOOD BAD }
    interface Item { id: ID! title: String! }
    union Thing = Paper | Film | Reader
    """,
    world=World(
        {
            "Paper": {
                "p1": {"grade": "GOOD", "loans": [{"id": "l1", "reader": "r1"}, {"id": "l2", "reader": "r2"}]},
                "p2": {"grade": "BAD", "loans": []},
            },
            "Film": {"f1": {}},
            "Reader": {"r1": {}, "r2": {}},
        },
        query={
            "papers": ["p1", "p2"],
            "mixed": ["Paper:p1", "Film:f1", "Reader:r1"],
            "item": "Film:f1",
            "wanted": ["Paper:p2", "Film:f1"],
            "open": 7,
            "me": "r1",
        },
        mutation={"shred": "p1", "keep": "p2"},
        computed={"Paper.fee": lambda given, arguments: 1000 + given["weight"]},
        subtypes={"Item": ["Paper", "Film"]},
    ),
)

ANYBODY: Claims = {"sub": "anybody"}


def scoped(*scopes: str) -> Claims:
    return {"sub": "somebody", "scope": " ".join(scopes)}


@pytest.mark.parametrize("claims", [None, ANYBODY, scoped("read"), scoped("admin"), scoped("admin", "audit", "grades")])
@pytest.mark.parametrize(
    "query",
    [
        "{ open papers { id title body } me { id } }",
        "{ papers { title grade g: grade } }",
        "{ papers { id loans { id reader { id } } } }",
        "{ papers { id loans { id days } } }",
        "{ papers { fee weight } }",
        "{ mixed { __typename ... on Paper { id } ... on Film { id } } }",
        "{ mixed { __typename } }",
        "{ item { id title } }",
        "{ item { __typename } }",
        "{ wanted { id } }",
        "{ me { name } open }",
        "{ ...A } fragment A on Query { wanted { ...B ... on Film { x: title } } } fragment B on Item { title }",
        "query ($yes: Boolean = true, $no: Boolean = false)"
        " { papers { body @include(if: $no) title @skip(if: $no) b: body @include(if: $yes) } }",
    ],
)
async def test_what_is_denied_is_null_and_nothing_else_is(query: str, claims: Claims | None):
    gateway = RestrictedGateway(ARCHIVE)
    answer = await gateway.ask(query, claims)
    assert_as_expected(answer, expected(ARCHIVE, query, gateway.access, claims))


async def test_an_error_says_where_and_no_more_than_whether_to_sign_in():
    answer = await RestrictedGateway(ARCHIVE).ask("{ me { id } papers { body } }")
    assert answer.data == {"me": None, "papers": [{"body": None}, {"body": None}]}
    code = {"code": "UNAUTHORIZED_FIELD_OR_TYPE"}
    assert answer.errors == [
        {"message": "Sign in to see this.", "path": ["me"], "extensions": code},
        {"message": "Not authorized to see this.", "path": ["papers", 0, "body"], "extensions": code},
        {"message": "Not authorized to see this.", "path": ["papers", 1, "body"], "extensions": code},
    ]
    assert "read" not in json.dumps(answer.errors)


async def test_nothing_is_fetched_for_what_is_denied():
    answer = await RestrictedGateway(ARCHIVE).ask("{ papers { fee } me { id } open }")
    assert answer.requests == {"papers": 1}
    (request,) = answer.fakes["papers"].requests
    assert request.document == "{ papers { __typename } open }"


async def test_what_the_gateway_needs_itself_is_fetched_and_not_shown():
    """`fee` is for weighers, and so is the weight that it is made of; the weight is not asked for by the client."""
    gateway = RestrictedGateway(ARCHIVE, authorizer=weighing())
    answer = await gateway.ask("{ papers { fee } }")
    assert answer.errors == []
    assert "weight" in answer.fakes["papers"].requests[0].document
    assert all(list(paper) == ["fee"] and paper["fee"] for paper in answer.data["papers"])


def weighing() -> Authorizer:
    return Authorizer(policies=Policies(lambda asked, claims, headers: {"weigher"}))


async def test_a_mutation_that_is_denied_is_not_run():
    gateway = RestrictedGateway(ARCHIVE)
    answer = await gateway.ask('mutation { shred(id: "p1") { id } keep { id } }')
    assert answer.data == {"shred": None, "keep": {"id": "p2"}}
    assert denied_paths(answer) == [("shred",)]
    assert [entry[1] for entry in answer.world.journal] == ["keep"]


async def test_nothing_is_run_of_a_mutation_that_is_denied_as_a_whole():
    answer = await RestrictedGateway(ARCHIVE).ask('mutation { shred(id: "p1") { id } }')
    assert answer.data == {"shred": None}
    assert answer.requests == {}
    assert answer.world.journal == []


async def test_what_exists_is_not_told_by_its_type():
    """A hidden object is null, whether its fields are asked for or `__typename` alone; the client learns one place."""
    answer = await RestrictedGateway(ARCHIVE).ask("{ mixed { __typename } item { __typename } }")
    assert answer.data == {"mixed": [{"__typename": "Paper"}, None, {"__typename": "Reader"}], "item": None}
    assert "Film" not in json.dumps([answer.data, answer.errors, answer.extensions])


@pytest.mark.parametrize(
    "query",
    [
        "{ best { ... on Film { title } } }",
        "{ best { ... on Album { tracks } } }",
        "{ best { id stars } }",
        '{ rated(id: "f1") { stars } }',
    ],
)
@pytest.mark.parametrize("hidden", ["Film", "Album"])
async def test_objects_of_an_interface_object_are_judged_by_their_own_type(query: str, hidden: str):
    """`ratings` does not know what its items are, so it has to be found out elsewhere, whatever is asked of them."""
    access = Access({hidden: frozenset({AUTHENTICATED})})
    gateway = RestrictedGateway(STORE, access)
    for claims in (None, ANYBODY):
        assert_as_expected(await gateway.ask(query, claims), expected(STORE, query, access, claims))


async def test_introspection_is_the_same_for_all():
    query = '{ __schema { types { name fields { name } } } __type(name: "Film") { name } }'
    gateway = RestrictedGateway(ARCHIVE)
    nobody, somebody = await gateway.ask(query), await gateway.ask(query, ANYBODY)
    assert nobody.data == somebody.data
    assert nobody.errors == []
    assert nobody.data["__type"] == {"name": "Film"}


# -- policies ----------------------------------------------------------------------------------------------------------


async def test_policies_are_asked_for_once_all_together_with_what_the_request_brings():
    asked: list[tuple[frozenset[str], Claims | None, Mapping[str, str]]] = []

    async def decide(policies: frozenset[str], claims: Claims | None, headers: Mapping[str, str]) -> list[str]:
        asked.append((policies, claims, headers))
        return ["kin", "weigher", "never asked for"]

    gateway = RestrictedGateway(ARCHIVE, authorizer=Authorizer(policies=Policies(decide)))
    answer = await gateway.ask("{ me { name } papers { weight fee } }", ANYBODY, headers={"x-kin": "yes"})
    assert answer.errors == []
    assert asked == [(frozenset({"kin", "boss", "day", "weigher"}), ANYBODY, {"x-kin": "yes"})]


@pytest.mark.parametrize(
    ("holding", "allowed"), [([], False), (["boss"], False), (["day"], False), (["boss", "day"], True), (["kin"], True)]
)
async def test_one_set_of_policies_must_hold_whole(holding: list[str], allowed: bool):
    authorizer = Authorizer(policies=Policies(lambda asked, claims, headers: holding))
    answer = await RestrictedGateway(ARCHIVE, authorizer=authorizer).ask("{ me { name } }", ANYBODY)
    assert (answer.data["me"] is not None) is allowed


async def test_no_policy_is_asked_about_that_the_operation_cannot_meet():
    def decide(*question: Any) -> list[str]:
        raise AssertionError(question)

    gateway = RestrictedGateway(ARCHIVE, authorizer=Authorizer(policies=Policies(decide)))
    assert (await gateway.ask("{ open papers { id } }")).errors == []


# -- refusing, observing -----------------------------------------------------------------------------------------------


async def test_an_operation_can_be_refused_as_a_whole():
    gateway = RestrictedGateway(ARCHIVE, mode="reject")
    with pytest.raises(RequestError) as refused:
        await gateway.ask("{ open papers { body x: title } me { id } }")
    assert [(error["path"], error["extensions"]["code"]) for error in refused.value.errors] == [
        (["papers", "body"], "UNAUTHORIZED_FIELD_OR_TYPE"),
        (["me"], "UNAUTHORIZED_FIELD_OR_TYPE"),
    ]
    assert all(not fake.requests for fake in gateway.fakes.values())
    assert (await gateway.ask("{ open }")).data == {"open": 7}


async def test_an_operation_is_refused_for_what_it_might_meet():
    """Whether there is a film among them is known too late."""
    gateway = RestrictedGateway(ARCHIVE, mode="reject")
    with pytest.raises(RequestError) as refused:
        await gateway.ask("{ mixed { __typename } }")
    assert [error["path"] for error in refused.value.errors] == [["mixed"]]


async def test_rules_can_be_watched_before_they_are_in_force():
    gateway = RestrictedGateway(ARCHIVE, mode="observe")
    answer = await gateway.ask("{ me { id name } mixed { __typename } papers { body } }")
    assert answer.errors == []
    assert answer.data["me"]["id"] == "r1"
    assert answer.data["mixed"][1] == {"__typename": "Film"}
    assert gateway.pipeline.telemetry.metrics.restricted.series == {("observed",): 1}


async def test_what_is_denied_is_counted():
    gateway = RestrictedGateway(ARCHIVE)
    await gateway.ask("{ papers { body } }")
    await gateway.ask("{ papers { body } }")
    await gateway.ask("{ papers { body } }", scoped("read"))
    assert gateway.pipeline.telemetry.metrics.restricted.series == {("filtered",): 2}


async def test_without_anybody_to_decide_nothing_with_a_rule_is_shown():
    """A pipeline that was put together without an authorizer denies."""
    gateway = RestrictedGateway(ARCHIVE)
    options = gateway.pipeline.options
    object.__setattr__(options, "authorizer", None)
    answer = await gateway.ask("{ open me { id } }", ANYBODY)
    assert answer.data == {"open": 7, "me": None}


# -- plans and identities ----------------------------------------------------------------------------------------------


async def test_requesters_who_lack_the_same_share_a_plan_and_others_do_not():
    gateway = RestrictedGateway(ARCHIVE)
    gateway.pipeline.show()
    plans = gateway.pipeline.telemetry.metrics.caches["plans"]
    query = "{ papers { body title } }"
    for claims in (None, ANYBODY, scoped("other"), {"sub": "else", "exp": 1}):
        await gateway.ask(query, claims)
    assert len(plans) == 1
    await gateway.ask(query, scoped("read"))
    await gateway.ask(query, scoped("admin", "audit", "x"))
    assert len(plans) == 2


async def test_forty_identities_at_once_never_get_each_others_answers():
    """Identical queries under way are executed once, but never for two who see different things."""
    gateway = RestrictedGateway(ARCHIVE, sharing=True)
    query = "{ open me { id } papers { id body grade loans { days } } wanted { id } }"
    identities: list[Claims | None] = [
        {"sub": f"s{n}", "scope": " ".join(s for i, s in enumerate(("read", "grades", "days")) if n >> i & 1)}
        for n in range(39)
    ]
    identities.append(None)
    await gateway.ask("{ open }")
    answers = await asyncio.gather(*(gateway.ask_on(query, claims) for claims in identities * 2))
    for claims, answer in zip(identities * 2, answers, strict=True):
        assert_as_expected(answer, expected(ARCHIVE, query, gateway.access, claims))


async def test_two_identities_that_see_the_same_do_not_share_a_flight():
    """A resolver in this process may look at the claims, so answers may differ however equal the rules' outcome is."""
    gateway = RestrictedGateway(ARCHIVE, sharing=True)
    await gateway.ask("{ open }")
    await asyncio.gather(*(gateway.ask_on("{ open }", {"sub": name}) for name in ("a", "b", "a")))
    assert len(gateway.fakes["papers"].requests) == 1 + 2
