"""Timeline: a table whose rows are read newest first, whole, filtered, or as the newest few of each of many owners.

Keyset pagination on (time, id): with an index on (filter, time, id) a page costs its own length, wherever it lies.
The newest few of many owners are one statement in which each owner costs one descent into the index; a window function
over all rows of all owners would read whole histories to show five orders each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mock_services.kit.connection import Connection, Row

Filters = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Names in the schema, never from a request. columns: what rows consist of. time: the column that orders them."""

    table: str
    time: str
    columns: str

    def page(self, db: Connection, rows: int, cursor: tuple[str, str] | None, filters: Filters) -> list[Row]:
        """Up to `rows` rows after the cursor's (time, id). filters: value by column, None for any."""
        conditions, values = _conditions(filters)
        if cursor is not None:
            conditions.append(f"({self.time}, id) < (:cursor_time, :cursor_id)")
            values |= {"cursor_time": cursor[0], "cursor_id": cursor[1]}
        return db.all(
            f"SELECT {self.columns} FROM {self.table} {_where(conditions)} ORDER BY {self._newest_first} LIMIT :rows",
            values | {"rows": rows},
        )

    def newest_of_each(self, db: Connection, owner: str, owners: list[str], rows: int, filters: Filters) -> list[Row]:
        """Up to `rows` rows of each owner, in the order of owners. owner: the column that names it."""
        conditions, values = _conditions(filters)
        where = " AND ".join([f"{owner} = owners.value", *conditions])
        statement = db.first_of_each(self.columns, self.table, where, self._newest_first)
        return db.all(statement, values | {"owners": owners, "rows": rows})

    def totals_of_each(self, db: Connection, owner: str, owners: list[str], filters: Filters) -> dict[str, int]:
        """How many rows each owner has; owners without rows are absent."""
        conditions, values = _conditions(filters)
        conditions.append(f"{owner} IN listed(:owners)")
        return dict(
            db.all(
                f"SELECT {owner}, count(*) FROM {self.table} {_where(conditions)} GROUP BY {owner}",
                values | {"owners": owners},
            )
        )

    def total(self, db: Connection, filters: Filters) -> int:
        """How many rows there are; reads an index as long as that."""
        conditions, values = _conditions(filters)
        ((total,),) = db.all(f"SELECT count(*) FROM {self.table} {_where(conditions)}", values)
        return total

    @property
    def _newest_first(self) -> str:
        return f"{self.time} DESC, id DESC"


def _conditions(filters: Filters) -> tuple[list[str], dict[str, Any]]:
    values = {column: value for column, value in filters.items() if value is not None}
    return [f"{column} = :{column}" for column in values], dict(values)


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""
