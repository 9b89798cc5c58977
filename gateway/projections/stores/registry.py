"""The registry: which generations there are, in one small table that every process reads. In any SQL database.

Functions take a connection within a transaction, and its callers see that writing ones exclude each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from gateway.projections.store import Generation, State, StoreError

tables = MetaData()

_generations = Table(
    "generations",
    tables,
    Column("projection", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("promoted_at", Text),
)

_numbers = Table(
    "numbers",
    tables,
    Column("projection", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)
"""The last number given, so that none is given twice: who still reads a dropped generation must not meet another."""


def listed(connection: Connection, projection: str | None = None) -> Sequence[Generation]:
    """Oldest first."""
    statement = select(_generations).order_by(_generations.c.projection, _generations.c.number)
    if projection is not None:
        statement = statement.where(_generations.c.projection == projection)
    return [_generation(row) for row in connection.execute(statement)]


def next_number(connection: Connection, projection: str) -> int:
    """One that was never given before."""
    last = connection.scalar(select(_numbers.c.last).where(_numbers.c.projection == projection))
    if last is None:
        connection.execute(insert(_numbers).values(projection=projection, last=1))
        return 1
    connection.execute(update(_numbers).where(_numbers.c.projection == projection).values(last=last + 1))
    return last + 1


def add(connection: Connection, generation: Generation) -> None:
    connection.execute(
        insert(_generations).values(
            projection=generation.projection,
            number=generation.number,
            version=generation.version,
            state=generation.state.value,
            made_at=generation.made_at.isoformat(),
        )
    )


def mark_ready(connection: Connection, generation: Generation) -> Generation:
    """Raises StoreError when it is gone. One that is built already stays what it is."""
    current = _current(connection, generation)
    return _set(connection, current, State.READY) if current.state is State.BUILDING else current


def promote(connection: Connection, generation: Generation) -> Generation:
    """Raises StoreError when it is gone, or not built."""
    current = _current(connection, generation)
    if current.state is State.BUILDING:
        raise StoreError(f"{told(current)} is still being built: it cannot be promoted")
    if current.state is State.LIVE:
        return current
    for other in listed(connection, current.projection):
        if other.state is State.LIVE:
            _set(connection, other, State.KEPT)
    return _set(connection, replace(current, promoted_at=datetime.now(UTC)), State.LIVE)


def remove(connection: Connection, generation: Generation) -> None:
    """Raises StoreError for the live one; one that is gone is fine."""
    found = _find(connection, generation)
    if found and found.state is State.LIVE:
        raise StoreError(f"{told(found)} is live: promote another before dropping it")
    connection.execute(delete(_generations).where(*_is(generation)))


def serving(generations: Sequence[Generation], version: int) -> Generation | None:
    """Which of a projection's generations answers for code of this version: the live one, or the newest that can."""
    fitting = [each for each in generations if each.version == version and each.state is not State.BUILDING]
    live = [each for each in fitting if each.state is State.LIVE]
    return (live or fitting or [None])[-1]


def told(generation: Generation) -> str:
    """For messages."""
    return f"generation {generation.number} of projection '{generation.projection}'"


def _current(connection: Connection, generation: Generation) -> Generation:
    found = _find(connection, generation)
    if found is None:
        raise StoreError(f"{told(generation)} is no longer there")
    return found


def _find(connection: Connection, generation: Generation) -> Generation | None:
    row = connection.execute(select(_generations).where(*_is(generation))).first()
    return None if row is None else _generation(row)


def _set(connection: Connection, generation: Generation, state: State) -> Generation:
    changed = replace(generation, state=state)
    promoted_at = changed.promoted_at.isoformat() if changed.promoted_at else None
    connection.execute(update(_generations).where(*_is(generation)).values(state=state.value, promoted_at=promoted_at))
    return changed


def _is(generation: Generation) -> tuple[ColumnElement[bool], ...]:
    return (
        _generations.c.projection == generation.projection,
        _generations.c.number == generation.number,
    )


def _generation(row: Row[str, int, int, str, str, str | None]) -> Generation:
    projection, number, version, state, made_at, promoted_at = row
    promoted = datetime.fromisoformat(promoted_at) if promoted_at else None
    return Generation(projection, number, version, State(state), datetime.fromisoformat(made_at), promoted)
