"""What is asked of each gateway under test: a query and its variables."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """title: for the table. query: GraphQL text. variables: JSON."""

    title: str
    query: str
    variables: dict[str, object] = field(default_factory=dict[str, object])


DASHBOARD = Question(
    "customer dashboard",
    """
    query Dashboard($id: ID!) {
      customer(id: $id) {
        name email tier
        recentOrders(first: 5) { id placedAt status total }
        openTickets { id subject priority }
        billing { totalPaid outstanding lastPaymentAt }
      }
    }
    """,
    {"id": "c-000046"},
)

ORDERS = Question(
    "200 orders with customers",
    "query Orders { orders(first: 200) { id placedAt status total customer { name country } } }",
)
