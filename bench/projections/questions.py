"""What is asked of the projection of orders: the README's question, and others that are easy or hard to answer."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.queries import Question

COUNTRIES = ("NO", "DE", "FR", "IT", "ES", "NL", "PL", "AT")
CATEGORIES = ("BOOKS", "ELECTRONICS", "HOME", "GARDEN", "TOYS", "SPORTS", "CLOTHING", "TOOLS")
NAMES = ("Anna", "Giulia Rossi", "Lars", "Håkon Berg", "Camille Martin", "linen", "smart cam", "socks")


@dataclass(frozen=True, slots=True)
class Kind:
    """Questions that differ in their variables only. variants: these, asked in turn. calls: to services, of one."""

    title: str
    query: str
    variants: Sequence[Mapping[str, Any]]
    calls: int = 0


DEMO_QUERY = """
query Demo($country: String!, $category: ProductCategory!) {
  searchOrders(
    filter: {country: [$country], category: [$category], status: [SHIPPED], total: {gt: "100"}}
    first: 50
    arrange: [{by: TOTAL, direction: DESC}]
  ) {
    nodes { id total customerName items { quantity product { stock { available } } } }
  }
}
"""


def _search(arguments: str, variables: str = "", more: str = "") -> str:
    nodes = "nodes { id placedAt total status customerName customerCountry categories items { quantity unitPrice } }"
    return f"query Search{variables} {{ searchOrders({arguments}) {{ {nodes} pageInfo {{ endCursor }} {more} }} }}"


_COUNTRIES = [{"country": country} for country in COUNTRIES]
_BOTH = [{"country": country, "category": category} for country in COUNTRIES for category in CATEGORIES[:3]]
_NAMES = [{"text": name} for name in NAMES]

NAMES_OF = Question(
    "the 50 newest of a country",
    '{ searchOrders(filter: {country: ["NO"]}, first: 50) { nodes { id total customerName items { quantity } } } }',
)

KINDS = (
    Kind(
        "the README's: 50 newest shipped over 100, of a country, with a category, with live stock", DEMO_QUERY, _BOTH, 1
    ),
    Kind("50 newest", _search("first: 50"), [{}]),
    Kind("50 largest", _search("first: 50, sort: [{by: TOTAL, direction: DESC}]"), [{}]),
    Kind(
        "50 of a country by total, with a category, in any status",
        _search(
            "filter: {country: [$country], category: [$category]}, first: 50, sort: [{by: TOTAL}]",
            "($country: String!, $category: ProductCategory!)",
        ),
        _BOTH,
    ),
    Kind(
        "50 returned ones of one week by total",
        _search(
            'filter: {status: [RETURNED], placedAt: {gte: "2026-03-02T00:00:00Z", lt: "2026-03-09T00:00:00Z"}}, '
            "first: 50, sort: [{by: TOTAL, direction: DESC}]"
        ),
        [{}],
    ),
    Kind(
        "50 of a narrow range of totals by time, oldest first",
        _search('filter: {total: {gte: "3000", lt: "3010"}}, first: 50, sort: [{by: PLACED_AT}]'),
        [{}],
    ),
    Kind(
        "50 by country, category, status",
        _search("first: 50, sort: [{by: COUNTRY}, {by: CATEGORY}, {by: STATUS}]"),
        [{}],
    ),
    Kind("50 newest with a text", _search("text: $text, first: 50", "($text: String!)"), _NAMES),
    Kind(
        "50 largest with a text, of a country",
        _search(
            'text: $text, filter: {country: ["FR"]}, first: 50, sort: [{by: TOTAL, direction: DESC}]',
            "($text: String!)",
        ),
        _NAMES,
    ),
    Kind(
        "50 newest of a country, with count and facets",
        _search(
            "filter: {country: [$country]}, first: 50",
            "($country: String!)",
            "totalCount facets { statuses { count } countries { count } categories { category count } }",
        ),
        _COUNTRIES,
    ),
    Kind(
        "count and facets of what has to be counted: totals over 1,000",
        _search(
            'filter: {total: {gt: "1000"}}, first: 1',
            more="totalCount facets { isExact categories { category count } }",
        ),
        [{}],
    ),
    Kind("revenue by month", "{ revenueReport(by: [MONTH]) { rows { month revenue orders } } }", [{}]),
    Kind(
        "revenue by country, category and month",
        "{ revenueReport(by: [COUNTRY, CATEGORY, MONTH]) { rows { country category month revenue pieces } } }",
        [{}],
    ),
    Kind(
        "a customer's summary",
        "query Summary($id: ID!) { customerSummary(id: $id) { lifetimeValue orders { total } lastOrderAt } }",
        [{"id": f"c-{number:06d}"} for number in range(100, 900, 100)],
    ),
)


def ask(url: str, question: Question) -> Any:
    """The data of an answer without errors."""
    body = json.dumps({"query": question.query, "variables": question.variables}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    if answer.get("errors"):
        raise SystemExit(f"{question.title}: {answer['errors'][:2]}")
    return answer["data"]


def names_in(data: Any) -> Sequence[str]:
    """The customers' names in an answer to NAMES_OF."""
    return [node["customerName"] for node in data["searchOrders"]["nodes"]]


def customers_in(url: str) -> Sequence[str]:
    """Ids of the customers in the answer to NAMES_OF."""
    query = NAMES_OF.query.replace("customerName", "customer { id }")
    found = ask(url, Question(NAMES_OF.title, query))
    return sorted({node["customer"]["id"] for node in found["searchOrders"]["nodes"]})
