"""Reviews by row."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import msgspec
from starlette.responses import Response

from mock_services.kit.clock import now
from mock_services.kit.commands import POSITION, Command, carry_out
from mock_services.kit.connection import Connection
from mock_services.kit.outbox import record
from mock_services.kit.timeline import Timeline
from mock_services.reviews.events import ADDED
from mock_services.reviews.model import Ratings, ReviewRow

TABLES = """
CREATE TABLE reviews (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, product_id TEXT NOT NULL, author_id TEXT NOT NULL,
    rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5), title TEXT NOT NULL, body TEXT NOT NULL,
    created_at TEXT NOT NULL
);
"""
INDEXES = """
CREATE INDEX reviews_by_time ON reviews (created_at, id);
CREATE INDEX reviews_by_product ON reviews (product_id, created_at, id, rating);
CREATE INDEX reviews_by_author ON reviews (author_id, created_at, id);
"""

_COLUMNS = "id, product_id, author_id, rating, title, body, created_at"
_TIMELINE = Timeline("reviews", "created_at", _COLUMNS)


def find_reviews(db: Connection, ids: list[str]) -> dict[str, ReviewRow]:
    """By id; those that do not exist are absent."""
    rows = db.all(f"SELECT {_COLUMNS} FROM reviews WHERE id IN listed(:ids)", {"ids": ids})
    return {row[0]: ReviewRow(*row) for row in rows}


def latest_reviews(db: Connection, first: int) -> list[ReviewRow]:
    """The newest of all."""
    return [ReviewRow(*row) for row in _TIMELINE.page(db, first, None, {})]


def reviews_of_each(db: Connection, owner: str, owners: list[str], first: int) -> dict[str, list[ReviewRow]]:
    """The newest of each owner. owner: `product_id` or `author_id`. Owners without reviews have an empty list."""
    found: dict[str, list[ReviewRow]] = {each: [] for each in owners}
    for row in _TIMELINE.newest_of_each(db, owner, owners, first, {}):
        review = ReviewRow(*row)
        found[getattr(review, owner)].append(review)
    return found


def ratings_of_each(db: Connection, product_ids: list[str]) -> dict[str, Ratings]:
    """By product; products without reviews are absent."""
    rows = db.all(
        "SELECT product_id, avg(rating), count(*) FROM reviews"
        " WHERE product_id IN listed(:product_ids) GROUP BY product_id",
        {"product_ids": product_ids},
    )
    return {product_id: Ratings(round(average, 2), count) for product_id, average, count in rows}


def add_review(db: Connection, command: Command, review: dict[str, Any]) -> tuple[ReviewRow, str]:
    """The review, added now or before under this command's key, and the feed's position then.

    review: all but id and created_at, by column. Raises Problem when the key was used for another command.
    """

    def add() -> tuple[Response, str]:
        ((number,),) = db.all("SELECT coalesce(max(number), 0) + 1 FROM reviews")
        row = ReviewRow(id=f"r-{number:06d}", created_at=now(), **review)
        db.insert("reviews", [(number, *astuple(row))])
        record(db, ADDED, row.id, row)
        return Response(msgspec.json.encode(row)), row.id

    answer = carry_out(db, command, add)
    return msgspec.json.decode(answer.body, type=ReviewRow), answer.headers[POSITION]
