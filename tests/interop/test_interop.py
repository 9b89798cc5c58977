"""One graph over Strawberry, Ariadne, Apollo Server and graphql-yoga: who wrote which part of it does not show.

What is expected stands in `servers/`, where the data is. Calls are counted where they arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import pytest

from tests.interop.conftest import Servers, needs, post
from tests.interop.festival import APOLLO, ARIADNE, NAMES, STRAWBERRY, YOGA
from tests.shop.gateway_process import GatewayProcess


def calls(servers: Servers) -> dict[str, int]:
    """Requests since the servers forgot, by server; those that had none are left out."""
    return {name: len(server.asked()) for name, server in servers.items() if server.asked()}


def keys(servers: Servers, name: str) -> list[list[str]]:
    """The ids of the entities that each request of one server asked for, root requests left out."""
    asked = [[r["id"] for r in request.representations] for request in servers[name].asked()]
    return [ids for ids in asked if ids]


def at(data: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        data = data[part]
    return data


@needs(ARIADNE)
def test_two_servers_in_python(gateway: GatewayProcess, servers: Servers) -> None:
    """A key jump, and a requirement of Ariadne's that Strawberry knows."""
    data = gateway.ask("{ acts { name changeover stage { name capacity } } }").whole()
    assert data["acts"] == [
        {"name": "Lanterns", "changeover": 12, "stage": {"name": "Barn", "capacity": 300}},
        {"name": "Quartz", "changeover": 10, "stage": {"name": "Meadow", "capacity": 2000}},
        {"name": "Drum Bus", "changeover": 21, "stage": {"name": "Meadow", "capacity": 2000}},
        {"name": "Mossfield", "changeover": None, "stage": None},
    ]
    assert calls(servers) == {STRAWBERRY: 1, ARIADNE: 1}


@needs(ARIADNE)
def test_members_of_a_union_are_completed_elsewhere(gateway: GatewayProcess) -> None:
    """Some members are entities, some are not."""
    data = gateway.ask("{ programme { __typename ... on Pause { minutes } ... on Act { name } } }").whole()
    assert data["programme"] == [
        {"__typename": "Act", "name": "Quartz"},
        {"__typename": "Pause", "minutes": 15},
        {"__typename": "Act", "name": "Lanterns"},
    ]


@needs(ARIADNE, YOGA)
def test_requirements_chain_over_three_servers(gateway: GatewayProcess, servers: Servers) -> None:
    """yoga's `verdict` requires Ariadne's `changeover`, which requires Strawberry's `minutes` and `members`."""
    data = gateway.ask("{ acts { verdict } }").whole()
    assert [act["verdict"] for act in data["acts"]] == ["again", "again", "too slow", None]
    assert calls(servers) == {STRAWBERRY: 1, ARIADNE: 1, YOGA: 1}
    (sent,) = servers[YOGA].asked()
    given = {act["id"]: act.get("changeover") for act in sent.representations}
    assert given.items() >= {"a1": 12, "a2": 10, "a3": 21}.items()


@needs(ARIADNE, APOLLO, YOGA)
def test_all_four_answer_one_question(gateway: GatewayProcess, servers: Servers) -> None:
    """Keys, requirements, a type that two share, lists in lists, an entity that one has never heard of."""
    data = gateway.ask(
        """
        query ($holder: String!) {
          tickets(holder: $holder) {
            price { amount currency }
            who: act { name fee { currency amount } reviews { stars act { name } } }
            stage { name capacity seatsLeft }
            review { text }
          }
        }
        """,
        holder="Ada",
    ).whole()
    reviews = [{"stars": stars, "act": {"name": "Lanterns"}} for stars in (5, 4)]
    assert data["tickets"] == [
        {
            "price": {"amount": 25, "currency": "EUR"},
            "who": {"name": "Lanterns", "fee": {"currency": "EUR", "amount": 900}, "reviews": reviews},
            "stage": {"name": "Barn", "capacity": 300, "seatsLeft": 299},
            "review": {"text": "warm"},
        },
        {
            "price": {"amount": 25, "currency": "EUR"},
            "who": {"name": "Mossfield", "fee": {"currency": "EUR", "amount": 400}, "reviews": []},
            "stage": None,
            "review": None,
        },
    ]
    assert {request.method for server in servers.values() for request in server.asked()} == {"POST"}


@needs(ARIADNE, APOLLO, YOGA)
def test_entities_are_asked_for_in_batches(gateway: GatewayProcess, servers: Servers) -> None:
    """One call for all of them, each named once, however many they are. Calls that come together share one."""
    gateway.ask("{ tickets { act { name stage { capacity seatsLeft } } review { text } } acts { rating } }")
    assert keys(servers, STRAWBERRY) == [["a1", "a2", "a4"]]
    assert [sorted(ids) for ids in keys(servers, ARIADNE)] == [["a1", "a2", "a4"]]
    assert keys(servers, APOLLO) == [["s1", "s2"]]
    calls_of_yoga = keys(servers, YOGA)
    assert len(calls_of_yoga) <= 2
    assert sorted(chain.from_iterable(calls_of_yoga)) == ["a1", "a2", "a3", "a4", "t1", "t2", "t3"]


@needs(ARIADNE, YOGA)
def test_a_mutation_is_done_once_and_completed_elsewhere(gateway: GatewayProcess, servers: Servers) -> None:
    """In order, and what it returns is completed by the others."""
    data = gateway.ask(
        """mutation { low: review(act: "a4", stars: 1) { stars act { name } }
                      high: review(act: "a4", stars: 3) { stars act { name rating } } }"""
    ).whole()
    assert data == {
        "low": {"stars": 1, "act": {"name": "Mossfield"}},
        "high": {"stars": 3, "act": {"name": "Mossfield", "rating": 2.0}},
    }
    written = [request for request in servers[YOGA].asked() if request.document.startswith("mutation")]
    assert sum(request.document.count("review(") for request in written) == 2


@needs(APOLLO)
def test_a_mutation_of_apollo_server(gateway: GatewayProcess, servers: Servers) -> None:
    data = gateway.ask('mutation { buyTicket(act: "a3", holder: "Cid") { holder act { name } } }').whole()
    assert data["buyTicket"] == {"holder": "Cid", "act": {"name": "Drum Bus"}}
    assert calls(servers) == {APOLLO: 1, STRAWBERRY: 1}


FAILING = [
    pytest.param(STRAWBERRY, "{ acts { name agent } }", ["acts", 2, "agent"], id=STRAWBERRY),
    pytest.param(ARIADNE, "{ stages { name weather } }", ["stages", 1, "weather"], id=ARIADNE, marks=needs(ARIADNE)),
    pytest.param(APOLLO, "{ tickets { holder seat } }", ["tickets", 2, "seat"], id=APOLLO, marks=needs(APOLLO)),
    pytest.param(YOGA, "{ acts { name rating } }", ["acts", 2, "rating"], id=YOGA, marks=needs(YOGA)),
]


@pytest.mark.parametrize(("name", "query", "path"), FAILING)
def test_an_error_in_one_costs_its_field_only(
    gateway: GatewayProcess, name: str, query: str, path: list[str | int]
) -> None:
    """Whatever form it comes in: with a stack trace, with an exception, masked. What it says stays inside."""
    answer = gateway.ask(query)
    (error,) = answer.errors
    assert error["path"] == path
    assert error["message"] == f"Service '{name}' reported an error."
    assert error["extensions"]["service"] == name
    assert at(answer.data, path) is None
    others = [value for row in answer.data[path[0]] for key, value in row.items() if key != path[-1]]
    assert None not in others
    for secret in ("hunter2", "stacktrace", "Traceback", "node_modules", ".py"):
        assert secret not in answer.text


@needs(YOGA)
def test_an_error_for_clients_is_known_by_its_code_whatever_the_status(
    gateway: GatewayProcess, servers: Servers
) -> None:
    """yoga answers a refused mutation with 422 and a whole GraphQL answer: its error, not a failure of transport."""
    refused = 'mutation { review(act: "a1", stars: 6) { stars } }'
    assert post(servers[YOGA].url, json={"query": refused}).status_code == 422
    answer = gateway.ask(refused)
    assert answer.data == {"review": None}
    (error,) = answer.errors
    assert (error["message"], error["path"]) == ("five at most", ["review"])
    assert error["extensions"]["code"] == "TOO_MANY_STARS"


@needs(ARIADNE, APOLLO, YOGA)
def test_many_clients_at_once_get_the_same(gateway: GatewayProcess) -> None:
    """Connections are kept and shared, and no client gets another's answer."""

    def ask(ticket: int) -> Any:
        return gateway.ask("query ($id: ID!) { ticket(id: $id) { id act { name verdict } } }", id=f"t{ticket}").whole()

    wanted = {1: ("Lanterns", "again"), 2: ("Quartz", "again"), 3: ("Mossfield", None)}
    tickets = [*wanted] * 12
    with ThreadPoolExecutor(8) as clients:
        for ticket, data in zip(tickets, clients.map(ask, tickets), strict=True):
            name, verdict = wanted[ticket]
            assert data["ticket"] == {"id": f"t{ticket}", "act": {"name": name, "verdict": verdict}}


@needs(*NAMES)
def test_the_machine_runs_all_four() -> None:
    """Skipped with its reason when it does not: then the tests above say less."""
