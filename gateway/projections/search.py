"""SearchTable: a projection's table for full text, declared; each store has its own way of keeping it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SearchTable:
    """Texts by number: `id` is a whole number, and larger ones are newer, which lets the newest matches be found first.

    columns: names of its texts; a search goes through all of them.
    """

    name: str
    columns: Sequence[str]
