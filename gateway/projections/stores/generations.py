"""GenerationStore: the port's Store, on any database: a registry of generations, and a place for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Select

from gateway.projections.projection import Projection
from gateway.projections.store import Generation, NotBuilt, Reading, State, StoreError, Writer
from gateway.projections.stores import registry
from gateway.projections.stores.faults import translated
from gateway.projections.stores.registry import told
from gateway.projections.stores.unit import UnitOfWork, rows_of
from gateway.projections.transaction import Row, Transaction

T = TypeVar("T")

_LOOKS = 3
"""How often to look for the serving generation, when the one that was found is dropped at the same moment."""


class Gone(StoreError):
    """The generation is not there, or is no longer."""


class Places(Protocol):
    """Where registry and generations are kept. Safe in many threads."""

    dialect: str

    def registry(self) -> AbstractContextManager[Connection]:
        """A transaction on the registry that excludes all others of its kind, in all processes."""
        ...

    def listed(self, projection: str | None) -> Sequence[Generation]:
        """What the registry has now."""
        ...

    def make(self, registry: Connection, generation: Generation, projection: Projection) -> None:
        """A place with empty tables. It may be there half, from somebody who was killed."""
        ...

    def remove(self, generation: Generation) -> None:
        """The registry has forgotten it. Who reads it may go on to the end."""
        ...

    def looking(self, generation: Generation, projection: Projection) -> AbstractContextManager[Connection]:
        """A transaction that reads. Raises Gone, StoreError; in the block, what the driver raises."""
        ...

    def writer(self, generation: Generation, projection: Projection, holder: str) -> Writer:
        """Raises Owned, Gone, StoreError."""
        ...

    def edit(self, generation: Generation, projection: Projection) -> AbstractContextManager[UnitOfWork]:
        """One transaction on a generation that others own. Raises Gone, StoreError."""
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Reading:
    generation: Generation
    dialect: str
    _connection: Connection

    def rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
        return rows_of(self._connection, statement)

    def get(self, statement: Select[*tuple[Any, ...]]) -> Row | None:
        found = self._connection.execute(statement).mappings().first()
        return None if found is None else {str(name): value for name, value in found.items()}


class GenerationStore:
    """The port's Store. Nothing is opened before it is needed."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def generations(self, projection: str | None = None) -> Sequence[Generation]:
        return self._places.listed(projection)

    def create(self, projection: Projection) -> Generation:
        with self._places.registry() as connection:
            number = registry.next_number(connection, projection.name)
            made_at = datetime.now(UTC)
            generation = Generation(projection.name, number, projection.version, State.BUILDING, made_at)
            self._places.make(connection, generation, projection)
            registry.add(connection, generation)
        return generation

    def mark_ready(self, generation: Generation) -> Generation:
        with self._places.registry() as connection:
            return registry.mark_ready(connection, generation)

    def promote(self, generation: Generation) -> Generation:
        with self._places.registry() as connection:
            return registry.promote(connection, generation)

    def drop(self, generation: Generation) -> None:
        with self._places.registry() as connection:
            registry.remove(connection, generation)
        self._places.remove(generation)

    def writer(self, generation: Generation, projection: Projection, holder: str) -> Writer:
        return self._places.writer(generation, projection, holder)

    def edit(self, projection: Projection, generation: Generation, change: Callable[[Transaction], T]) -> T:
        with self._places.edit(generation, projection) as unit:
            return change(unit)

    def read(self, projection: Projection, look: Callable[[Reading], T], generation: Generation | None = None) -> T:
        if generation is not None:
            return self._look(projection, look, generation)
        for _ in range(_LOOKS - 1):
            try:
                return self._look(projection, look, self._serving(projection))
            except Gone:
                continue
        return self._look(projection, look, self._serving(projection))

    def close(self) -> None:
        self._places.close()

    def _serving(self, projection: Projection) -> Generation:
        listed = self._places.listed(projection.name)
        found = registry.serving(listed, projection.version)
        if found is None:
            raise NotBuilt(projection.name)
        return found

    def _look(self, projection: Projection, look: Callable[[Reading], T], generation: Generation) -> T:
        with (
            translated(f"the store of {told(generation)}"),
            self._places.looking(generation, projection) as connection,
        ):
            return look(_Reading(generation, self._places.dialect, connection))
