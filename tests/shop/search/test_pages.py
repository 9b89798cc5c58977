"""Pages while others write, and cursors that are none."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from resolvers.projections.orders.cursors import InvalidCursor
from resolvers.projections.orders.filters import Key, OrderFilter
from resolvers.projections.orders.search import OrderQuestion, look_for_orders
from tests.shop.search.copies import Copy

SORTS = {
    "newest": (),
    "smallest": (Key("total"),),
    "by country, then the largest": (Key("country"), Key("total", descending=True)),
    "by category downwards": (Key("category", descending=True),),
}
CATEGORIES = ("books", "home", "toys")
COUNTRIES = ("NO", "SE", "DE")


def order(random: Random, number: int, total: int | None = None) -> dict[str, object]:
    """One of nine customers, one product, in the last hundred days."""
    time = datetime(2026, 9, 1, tzinfo=UTC) - timedelta(days=random.randrange(100))
    item = {"product_id": f"p-{random.randrange(3)}", "quantity": 1, "unit_price_cents": 100}
    return {
        "id": f"o-{number:04d}",
        "customer_id": f"c-{random.randrange(9)}",
        "status": random.choice(("placed", "shipped")),
        "placed_at": time.isoformat().replace("+00:00", "Z"),
        "currency": "EUR",
        "total_cents": random.randrange(1, 50) * 100 if total is None else total,
        "items": [item],
    }


def put(copy: Copy, row: dict[str, object], version: int = 1) -> None:
    copy.state("orders", str(row["id"]), row, version)


@pytest.fixture
def shelf(copy: Copy) -> Copy:
    """300 orders, many of them equal in what they are sorted by."""
    for number in range(9):
        copy.state("customers", f"c-{number}", {"name": f"Customer {number}", "country": COUNTRIES[number % 3]})
    for number, category in enumerate(CATEGORIES):
        copy.state("catalog", f"p-{number}", {"name": f"Thing {number}", "category": category})
    random = Random(1)
    for number in range(300):
        put(copy, order(random, number))
    return copy


@pytest.mark.parametrize("sort", SORTS)
def test_pages_have_no_gap_and_nothing_twice_while_others_write(sort: str, shelf: Copy) -> None:
    """Between two pages others are placed and moved, before and behind the reader: what does not move is read once."""
    random = Random(2)
    untouched = {f"o-{number:04d}" for number in range(0, 300, 2)}
    found: list[str] = []
    after, pages, written = None, 0, 300
    while pages == 0 or after is not None:
        question = OrderQuestion(OrderFilter(), SORTS[sort], first=20, after=after)
        page = shelf.read(lambda reading, question=question: look_for_orders(reading, question)).page
        found += [row["id"] for row in page.rows]
        after, pages = page.end_cursor, pages + 1
        for _ in range(5):
            put(shelf, order(random, written))
            moved = random.randrange(1, 300, 2)
            put(shelf, order(random, moved), pages + 1)
            written += 1
    assert pages > 15
    assert [id for id in found if id in untouched] == list(dict.fromkeys(id for id in found if id in untouched))
    assert untouched <= set(found)


def test_a_page_may_end_where_nothing_is_any_more(shelf: Copy) -> None:
    """The last order of a page, and all others of its country, are gone before the next page is asked for."""
    sort = (Key("country"), Key("total"))
    question = OrderQuestion(OrderFilter(), sort, first=20)
    page = shelf.read(lambda reading: look_for_orders(reading, question)).page
    assert {row["country"] for row in page.rows} == {"DE"}
    for number in (2, 5, 8):
        shelf.gone("customers", f"c-{number}")
    asked = OrderQuestion(OrderFilter(), sort, first=200, after=page.end_cursor)
    rows = shelf.read(lambda reading: look_for_orders(reading, asked)).page.rows
    assert {row["country"] for row in rows} == {"NO", "SE"}


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense!",
        "ø",
        "A" * 2000,
        urlsafe_b64encode(b"[]").decode(),
        urlsafe_b64encode(b'["-placed_at -id", []]').decode(),
        urlsafe_b64encode(b'["-placed_at -id", ["x", "o-1"]]').decode(),
        urlsafe_b64encode(b'["-placed_at -id", [1, 2]]').decode(),
        urlsafe_b64encode(b'["-placed_at -id", [9223372036854775808, "o-1"]]').decode(),
        urlsafe_b64encode(b'["-placed_at -id", [1, "a\\u0000b"]]').decode(),
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str, shelf: Copy) -> None:
    question = OrderQuestion(OrderFilter(), after=cursor)
    with pytest.raises(InvalidCursor, match="endCursor"):
        shelf.read(lambda reading: look_for_orders(reading, question))


def test_a_cursor_belongs_to_its_sort(shelf: Copy) -> None:
    question = OrderQuestion(OrderFilter(), SORTS["smallest"], first=1)
    cursor = shelf.read(lambda reading: look_for_orders(reading, question)).page.end_cursor
    other = OrderQuestion(OrderFilter(), (Key("total", descending=True),), after=cursor)
    with pytest.raises(InvalidCursor, match="another `sort`"):
        shelf.read(lambda reading: look_for_orders(reading, other))
