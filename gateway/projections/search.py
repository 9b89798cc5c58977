"""SearchTable: a projection's table for full text, declared; each store has its own way of keeping it.

What is a word is decided here, by `words`, for what is stored and for what is looked for alike. So a search finds the
same in every store, and nothing that a user types means anything to a store's own query language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, cast, column, false, literal_column, select, table
from sqlalchemy.types import UserDefinedType

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 60
"""Letters of a word that count. PostgreSQL refuses words above 2 kB, and nobody types them."""
_SHORTEST_PREFIX = 2
"""Letters. One alone is the beginning of most texts, and as many would have to be merged."""


@dataclass(frozen=True, slots=True)
class SearchTable:
    """Texts by number: `id` is a whole number, and larger ones are newer, which lets the newest matches be found first.

    columns: names of its texts; a search goes through all of them.
    """

    name: str
    columns: Sequence[str]


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """The words of a text, without case and accents: `Zoë's Café-Bar` gives `zoe s cafe bar`."""
    folded = text.casefold()
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded)
        folded = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
    return tuple(word[:_LONGEST] for word in _WORD.findall(folded))


class _Query(UserDefinedType[str]):
    """PostgreSQL's own type for what to look for."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "tsquery"


def matches(search: SearchTable, text: str, dialect: str, *, prefix: bool = True) -> Select[int]:
    """Select `id` of everything that holds all words of `text`, in no order; of nothing when there are no words in it.

    dialect: `Reading.dialect`. prefix: the last word may go on, as while somebody types, unless a space ends it.

    To have the newest first, join it and sort by its id: both stores can then stop early.

        found = matches(orders_search, "nordic lamp", reading.dialect).subquery()
        select(orders).join(found, found.c.id == orders.c.number).order_by(found.c.id.desc()).limit(50)

    As a condition among others: `orders.c.number.in_(matches(...))`.
    """
    wanted = words(text)
    if not wanted:
        return select(literal_column("0", BigInteger).label("id")).where(false())
    goes_on = prefix and not text[-1].isspace() and len(wanted[-1]) >= _SHORTEST_PREFIX
    if dialect == "sqlite":
        query = " ".join(f'"{word}"' for word in wanted) + (" *" if goes_on else "")
        number = column("rowid", BigInteger)
        stored = table(search.name, number)
        return select(number.label("id")).select_from(stored).where(literal_column(search.name).op("MATCH")(query))
    query = " & ".join(f"'{word}'" for word in wanted) + (":*" if goes_on else "")
    number = column("id", BigInteger)
    stored = table(search.name, number, column("words"))
    return select(number).select_from(stored).where(stored.c.words.op("@@")(cast(query, _Query)))
