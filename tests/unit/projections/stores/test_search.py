"""Texts are found by their words, in every store alike, whatever a user types."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.projections.search import matches, words
from gateway.projections.store import Reading, Store, Writer
from tests.unit.projections.stores.shop import Place, order, orders, search, shop

TEXTS: Mapping[int, Mapping[str, str]] = {
    1: {"customer": "Zoë Ångström", "products": "Blue lamp, Café-table"},
    2: {"customer": "Ola Nordmann", "products": "blue-green LAMPSHADE 2000"},
    3: {"customer": "O'Brien & Sons", "products": "Straße map; 東京 guide"},
    4: {"customer": "Erased", "products": ""},
}

FOUND = {
    "lamp": [1, 2],
    "lamp ": [1],
    "LAMP blue": [1],
    "blue lamps": [2],
    "zoe": [1],
    "ZOË ang": [1],
    "angstrom cafe": [1],
    "nordmann ola": [2],
    "o'brien": [3],
    "brien sons": [3],
    "strasse": [3],
    "straße": [3],
    "東": [],
    "東京": [3],
    "2000": [2],
    "green-20": [2],
    "green-2": [],
    "lamp OR ola": [],
    "b": [],
    "customer:zoe": [],
    "": [],
    "  ": [],
    "'\"*()&|!:^-+{}[]\\;": [],
    "lamp'); DROP TABLE orders;--": [],
    "lamp* & blue": [1],
    "\x00lamp\x00 blu": [1],
}


@pytest.fixture(params=["while building", "once built"])
def writer(request: pytest.FixtureRequest, home: Place, store: Store) -> Writer:
    """Of a live generation with these texts, stored before or after its build was finished."""
    made = home.write(store, store.create(shop()))
    if request.param == "once built":
        made.finish_build()
    with made.transaction() as tx:
        for number, texts in TEXTS.items():
            tx.index(search, number, texts)
            tx.put(orders, order(number, total=number))
    if request.param == "while building":
        made.finish_build()
    store.promote(store.mark_ready(made.generation))
    return made


def find(store: Store, text: str, *, prefix: bool = True) -> list[int]:
    def look(reading: Reading) -> list[int]:
        return sorted(row["id"] for row in reading.rows(matches(search, text, reading.dialect, prefix=prefix)))

    return store.read(shop(), look)


def test_all_words_must_be_there_and_the_last_may_go_on(store: Store, writer: Writer) -> None:
    assert {text: find(store, text) for text in FOUND} == FOUND
    assert find(store, "lamp", prefix=False) == [1]


def test_texts_are_replaced_and_removed(store: Store, writer: Writer) -> None:
    """Also several times in one transaction, and with a part undone."""
    with writer.transaction() as tx:
        tx.index(search, 1, {"customer": "Ann", "products": "chair"})
        tx.index(search, 1, {"customer": "Ann", "products": "stool"})
        tx.unindex(search, 2)
        tx.unindex(search, 99)
        tx.index(search, 5, {"customer": "Ann", "products": "gone"})
        tx.unindex(search, 5)
    assert [find(store, text) for text in ("lamp", "ann", "stool", "chair", "gone")] == [[], [1], [1], [], []]
    with writer.transaction() as tx:
        with suppress(LookupError), tx.savepoint():
            tx.unindex(search, 1)
            tx.index(search, 3, TEXTS[4])
            raise LookupError
        tx.index(search, 2, TEXTS[2])
        tx.index(search, 3, TEXTS[3])
    assert [find(store, text) for text in ("ann", "lamp", "brien")] == [[1], [2], [3]]


def test_the_newest_come_first_among_other_conditions(store: Store, writer: Writer) -> None:
    def look(reading: Reading) -> tuple[list[int], list[int], list[int]]:
        found = matches(search, "blue", reading.dialect).subquery()
        joined = select(orders.c.number).join(found, found.c.id == orders.c.number)
        newest = joined.order_by(found.c.id.desc()).limit(1)
        dear = joined.where(orders.c.total < 2)
        inside = select(orders.c.number).where(orders.c.number.in_(matches(search, "blue", reading.dialect)))
        first, second, third = ([row["number"] for row in reading.rows(each)] for each in (newest, dear, inside))
        return first, second, sorted(third)

    assert store.read(shop(), look) == ([2], [1], [1, 2])


def test_searching_sees_what_was_just_stored(home: Place, writer: Writer) -> None:
    with writer.transaction() as tx:
        tx.index(search, 9, {"customer": "Just", "products": "now"})
        assert [row["id"] for row in tx.rows(matches(search, "just now", home.dialect))] == [9]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=30))
def test_any_text_can_be_stored_and_found_by_itself(home: Place, text: str) -> None:
    """Whatever it holds. What has no word in it is not found, and neither is it an error."""
    if not home.opened:
        made = home.live(home.open())
        home.write(home.opened[0], made)
    store, writer = home.opened[0], home.writers[-1]
    with writer.transaction() as tx:
        tx.index(search, 1, {"customer": text, "products": "and more"})
    assert find(store, text) == ([1] if words(text) else [])


def test_words() -> None:
    assert words("Zoë's Café-Bar") == ("zoe", "s", "cafe", "bar")
    assert words("snake_case ÆØÅ İstanbul ﬁne") == ("snake", "case", "æøa", "istanbul", "fine")
    assert words("a" * 100) == ("a" * 60,)
    assert words(" \t!?") == ()
