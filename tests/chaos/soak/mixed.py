"""Mixed requests: what clients send to a gateway, good and bad, with what each must be answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mock_services.estate import Estate
from tests.chaos.asking import Asker, Timed, ask_many, leave_early
from tests.chaos.deadlines import HURRIED, VICTIM
from tests.shop.queries import DASHBOARD

LEAVES_AFTER_S = 0.03

CALM = """query Calm($id: ID!) { customer(id: $id) {
  name email recentOrders(first: 5) { id placedAt status total } billing { totalPaid outstanding } } }"""
LIST = "{ orders(first: 20) { total customer { name } items { quantity product { name } } } }"
REVIEWS = "{ latestReviews(first: 5) { rating author { name } product { name } } }"
STOCK = "query ($id: ID!) { product(id: $id) { name stock { available } } }"
REFUSED = 'mutation { cancelOrder(id: "o-9999999") { id } }'
DONE = "mutation ($input: AddReviewInput!) { addReview(input: $input) { rating author { name } } }"
NEW_REVIEW = {"productId": "p-00042", "authorId": "c-000107", "rating": 4, "title": "Good value"}
JSON = {"content-type": "application/json"}

# (body, headers, status): what is no GraphQL request.
BAD_BODIES: list[tuple[bytes, Mapping[str, str], int]] = [
    (b"", JSON, 400),
    (b"[]", JSON, 400),
    (b'{"query": 1}', JSON, 400),
    (b'{"query": "{ __typename }"', JSON, 400),
    (b"\xff\xfe", JSON, 400),
    (b"query=%7B__typename%7D", {"content-type": "application/x-www-form-urlencoded"}, 415),
    (b'{"query": "{ __typename }"}', JSON | {"braid-timeout-ms": "soon"}, 400),
    (b'{"query": "{ __typename }"}', JSON | {"accept": "text/csv"}, 406),
    (b'{"query": "' + b"x" * 1_010_000 + b'"}', JSON, 413),
]


def disturb(estate: Estate) -> None:
    """One service hangs, another fails every other time."""
    estate.chaos(VICTIM, hang=True)
    estate.chaos("inventory", error_rate=0.5)


@dataclass(slots=True)
class Mixed:
    """Sends a mix of twenty requests over and over; the n-th request is the same in every run.

    outcomes: how often each kind was asked.
    """

    asker: Asker
    outcomes: Counter[str] = field(default_factory=Counter[str])
    _sent: int = 0

    async def run(self, count: int, at_once: int) -> None:
        """Send so many. Raises AssertionError for an answer that is not as it must be."""
        first = self._sent
        self._sent += count
        await ask_many(count, at_once, lambda number: self._send(first + number))

    async def _send(self, number: int) -> None:
        kind = _KINDS[number % len(_KINDS)]
        await kind(self, number // len(_KINDS))
        self.outcomes[kind.__name__.strip("_")] += 1

    async def _dashboard(self, number: int) -> None:
        customer = await self._whole(CALM, {"id": _customer(number)})
        assert customer["customer"]["email"]

    async def _orders(self, number: int) -> None:
        assert len((await self._whole(LIST))["orders"]) == 20

    async def _reviews(self, number: int) -> None:
        assert len((await self._whole(REVIEWS))["latestReviews"]) == 5

    async def _schema(self, number: int) -> None:
        await self._whole("{ __schema { types { name } } }")

    async def _document_never_seen_before(self, number: int) -> None:
        await self._whole(f"query ($id: ID!) {{ a{number}: customer(id: $id) {{ name }} }}", {"id": _customer(number)})

    async def _half_of_the_stock_failing(self, number: int) -> None:
        answer = await self.asker.ask(STOCK, {"id": f"p-{number % 200 + 1:05}"})
        assert (answer.status, bool(answer.body["data"]["product"]["name"])) == (200, True), answer.body
        assert _codes(answer) <= {"SUBREQUEST_HTTP_ERROR"}

    async def _hanging(self, number: int) -> None:
        answer = await self.asker.ask(DASHBOARD, {"id": _customer(number)}, HURRIED)
        assert (answer.status, _codes(answer)) == (200, {"DEADLINE_EXCEEDED"}), answer.body

    async def _leaving(self, number: int) -> None:
        body = msgspec.json.encode({"query": DASHBOARD, "variables": {"id": _customer(number)}})
        await leave_early(self.asker.url, body, LEAVES_AFTER_S)

    async def _command(self, number: int) -> None:
        assert (await self._whole(DONE, {"input": NEW_REVIEW}))["addReview"]["rating"] == 4

    async def _refused_command(self, number: int) -> None:
        answer = await self.asker.ask(REFUSED)
        assert (answer.status, _codes(answer)) == (200, {"NOT_FOUND"}), answer.body

    async def _nobody(self, number: int) -> None:
        assert await self._whole(CALM, {"id": "c-999999"}) == {"customer": None}

    async def _invalid(self, number: int) -> None:
        answer = await self.asker.ask(f"{{ nobody{number} {{ knows }} }}")
        assert (answer.status, _codes(answer)) == (200, {"GRAPHQL_VALIDATION_FAILED"}), answer.body

    async def _unreadable(self, number: int) -> None:
        answer = await self.asker.ask(f"{{ orders(first: {number}")
        assert (answer.status, _codes(answer)) == (200, {"GRAPHQL_PARSE_FAILED"}), answer.body

    async def _bad_body(self, number: int) -> None:
        body, headers, status = BAD_BODIES[number % len(BAD_BODIES)]
        answer = await self.asker.post(body, headers)
        assert answer.status == status, (body[:80], answer.status)

    async def _whole(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.asker.ask(query, variables)
        assert (answer.status, answer.body.get("errors")) == (200, None), answer.body
        return answer.body["data"]


def _customer(number: int) -> str:
    return f"c-{number % 300 + 1:06}"


def _codes(answer: Timed) -> set[str]:
    return {error["extensions"]["code"] for error in answer.body.get("errors", ())}


_KINDS: list[Callable[[Mixed, int], Awaitable[None]]] = [
    *[Mixed._dashboard] * 5,
    *[Mixed._orders] * 2,
    Mixed._reviews,
    Mixed._hanging,
    Mixed._leaving,
    Mixed._half_of_the_stock_failing,
    Mixed._document_never_seen_before,
    Mixed._command,
    Mixed._refused_command,
    Mixed._nobody,
    Mixed._invalid,
    Mixed._unreadable,
    Mixed._bad_body,
    Mixed._bad_body,
    Mixed._schema,
]
