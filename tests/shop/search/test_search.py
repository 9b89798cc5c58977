"""What is searched for is what a brute-force join over the services' own APIs finds, for many filters and sorts."""

from __future__ import annotations

from random import Random

import pytest

from resolvers.catalog import Category
from resolvers.orders import OrderStatus
from resolvers.projections.orders import finding, texts
from resolvers.projections.orders.counting import MOST
from resolvers.projections.orders.filters import Key, OrderFilter, Range
from resolvers.projections.orders.pages import complete
from resolvers.projections.orders.search import OrderQuestion, look_for_orders
from tests.shop.search.copies import Copy
from tests.shop.search.joined import JoinedShop

COLUMNS = ("placed_at", "total", "status", "country", "category")
COUNTRIES = ("DE", "FR", "IT", "ES", "PT", "GR", "XX")
WORDS = ("anna", "mül", "lamp", "the", "harbour", "Ca", "Émilie", "nothing")


def some(random: Random, choices: tuple[str, ...]) -> tuple[str, ...] | None:
    """None, or up to four of them; now and then none."""
    return None if random.random() < 0.6 else tuple(random.sample(choices, random.randrange(0, 5)))


def between(random: Random, values: list[int]) -> Range:
    """No range, one that begins or ends at one of the values, or lies between two."""
    low, high = sorted(random.choices(values, k=2))
    return random.choice([*[Range()] * 5, Range(low), Range(None, high), Range(low, high)])


def question_of(seed: int, joined: JoinedShop) -> OrderQuestion:
    random = Random(seed)
    filter = OrderFilter(
        some(random, COUNTRIES),
        some(random, tuple(status.value for status in OrderStatus)),
        some(random, tuple(category.value for category in Category)),
        between(random, [order["total"] for order in joined.orders]),
        between(random, [order["placed_at"] for order in joined.orders]),
        random.choice(
            [None, None, None, " ".join(random.sample(WORDS, random.choice((1, 1, 2)))) + random.choice(("", " "))]
        ),
    )
    sort = [Key(column, random.random() < 0.5) for column in random.sample(COLUMNS, random.randrange(0, 4))]
    return OrderQuestion(filter, sort, first=random.choice((1, 3, 20, 200)), with_count=True, with_facets=True)


@pytest.fixture(params=["few are fetched", "indexes are followed"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is few decides how orders are found; in a small shop everything is, unless nothing is."""
    few = 0 if request.param == "indexes are followed" else 100
    monkeypatch.setattr(finding, "FEW", few)
    monkeypatch.setattr(texts, "FEW", few)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("seed", range(80))
def test_all_pages_together_are_what_a_join_finds(seed: int, shop_copy: Copy, joined: JoinedShop) -> None:
    """Each order once, in the order asked for, on pages that are full but for the last; with counts of all."""
    question = question_of(seed, joined)
    expected = joined.sorted(question.filter, complete(question.sort))
    found: list[str] = []
    after, pages = None, 0
    while pages == 0 or (after is not None and pages < 12):
        asked = OrderQuestion(question.filter, question.sort, question.first, after, (), pages == 0, pages == 0)
        answer = shop_copy.read(lambda reading, asked=asked: look_for_orders(reading, asked))
        if pages == 0:
            facets, count = answer.facets, answer.count
        found += [row["id"] for row in answer.page.rows]
        after, pages = answer.page.end_cursor, pages + 1
        assert after is None or len(answer.page.rows) == question.first
    assert found == [order["id"] for order in expected[: len(found)]]
    assert (after is None) == (len(found) == len(expected))
    assert facets is not None
    assert (count, facets.total, facets.is_exact) == (len(expected), len(expected), True)
    assert dict(facets.statuses) == joined.counts(question.filter, "status")
    assert dict(facets.countries) == joined.counts(question.filter, "country")
    assert dict(facets.categories) == joined.category_counts(question.filter)


def test_the_questions_are_worth_asking(joined: JoinedShop) -> None:
    """Many of them find something, some find much, each kind of filter is there."""
    questions = [question_of(seed, joined) for seed in range(80)]
    sizes = [len(joined.found(question.filter)) for question in questions]
    assert sum(size > 0 for size in sizes) > 25
    assert max(sizes) > 300
    texts = [question.filter.text for question, size in zip(questions, sizes, strict=True) if size]
    assert sum(text is not None for text in texts) > 5
    assert {key.column for question in questions for key in question.sort} == set(COLUMNS)


def test_rows_say_what_the_services_say(shop_copy: Copy, joined: JoinedShop) -> None:
    answer = shop_copy.read(lambda reading: look_for_orders(reading, OrderQuestion(OrderFilter(), first=200)))
    newest = joined.sorted(OrderFilter(), complete(()))[:200]
    for row, order in zip(answer.page.rows, newest, strict=True):
        names = ("id", "customer_id", "country", "name", "status", "category", "placed_at", "total")
        assert {name: row[name] for name in names} == {name: order[name] for name in names}


def test_rows_can_be_arranged_within_their_page(shop_copy: Copy, joined: JoinedShop) -> None:
    """The fifty newest, by total descending: other than the fifty largest, and than the fifty newest as they come."""
    question = OrderQuestion(OrderFilter(statuses=("shipped",)), first=50, arrange=(Key("total", descending=True),))
    rows = shop_copy.read(lambda reading: look_for_orders(reading, question)).page.rows
    newest = joined.sorted(question.filter, complete(()))[:50]
    assert [row["id"] for row in rows] == [row["id"] for row in sorted(newest, key=lambda row: -row["total"])]
    assert [row["id"] for row in rows] != [row["id"] for row in newest]


def test_counts_end_where_they_would_cost_too_much(
    shop_copy: Copy, joined: JoinedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of orders that must be counted one by one; where sums tell, there is no end."""
    monkeypatch.setattr("resolvers.projections.orders.counting.MOST", 100)
    counted = OrderQuestion(OrderFilter(total=Range(0)), with_count=True, with_facets=True)
    answer = shop_copy.read(lambda reading: look_for_orders(reading, counted))
    assert answer.facets is not None
    assert (answer.count, answer.facets.is_exact) == (100, False)
    assert sum(count for _, count in answer.facets.statuses) == 100
    summed = OrderQuestion(OrderFilter(), with_count=True)
    assert shop_copy.read(lambda reading: look_for_orders(reading, summed)).count == len(joined.orders) > 100
    assert MOST == 10_000
