"""The shapes that the reviews service stores and tells of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """In the order of the table's columns. created_at: UTC."""

    id: str
    product_id: str
    author_id: str
    rating: int
    title: str
    body: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Ratings:
    """One product's. average: None when there are none."""

    average: float | None
    count: int
