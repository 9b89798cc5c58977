"""Store: the port. Where projections live: a folder of SQLite files, or a PostgreSQL database.

A projection lives in *generations*. Each is built beside the others, in tables of its own (a file in SQLite, a schema
in PostgreSQL), together with the positions up to which it has read; so a generation can be built, killed, dropped,
promoted and rolled back without touching another. One generation is live: it answers queries. Those that are kept go on
reading events too, so that going back to one is going back to something fresh, and what is erased is erased there too.

Everything here blocks, and is called in threads: one thread for each writer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, TypeVar

from sqlalchemy import Select

from gateway.errors import BraidError
from gateway.projections.projection import Projection
from gateway.projections.transaction import Row, Transaction

T = TypeVar("T")


class State(Enum):
    """Of a generation. `kept` ones were live, and can be again; `ready` ones are built and follow the events."""

    BUILDING = "building"
    READY = "ready"
    LIVE = "live"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Generation:
    """number: counts a projection's generations from 1. version: of the projection that it was made by."""

    projection: str
    number: int
    version: int
    state: State
    made_at: datetime
    promoted_at: datetime | None = None


class StoreError(BraidError):
    """The store cannot do it; the message says why, without an address."""

    code = "PROJECTION_STORE"


class NotBuilt(StoreError):
    """There is no generation to read. Reaches clients: it says what the operator has to do."""

    code = "PROJECTION_NOT_BUILT"

    def __init__(self, projection: str) -> None:
        super().__init__(
            f"The projection '{projection}' has not been built. `braid project` builds it by itself, "
            f"`braid projections build {projection}` at once."
        )


class Owned(StoreError):
    """Somebody else writes this generation. It may be asked for again when they have ended."""

    code = "PROJECTION_OWNED"


class Fenced(StoreError):
    """Somebody else has taken this generation over: whatever was not committed is lost, and theirs to do."""

    code = "PROJECTION_FENCED"


class RowRefused(BraidError):
    """The store is well, but will not have this row or statement: a null, a number or a text that it cannot hold."""

    code = "PROJECTION_ROW_REFUSED"


class Writer(Protocol):
    """The only one who writes a generation. Of use in one thread at a time."""

    generation: Generation
    epoch: int
    """Grows with each owner."""

    def transaction(self) -> AbstractContextManager[WritingTransaction]:
        """Committed at the block's end, rolled back when it raises. Raises Fenced when somebody else is the owner."""
        ...

    def renew(self) -> None:
        """Stay the owner for another lease. Raises Fenced."""
        ...

    def finish_build(self) -> None:
        """Make what was left out for speed while building (indexes, full text), and what is stored durable."""
        ...

    def close(self) -> None:
        """Give up ownership; calling it again does nothing."""
        ...


class WritingTransaction(Transaction, Protocol):
    """A transaction whose parts can be undone one by one. The bookkeeping's tables are used through it too."""

    def savepoint(self) -> AbstractContextManager[None]:
        """What the block has done is undone, and nothing else, when it raises."""
        ...


class Reading(Protocol):
    """One look at a generation: everything selected is of the same moment."""

    generation: Generation
    dialect: str
    """`sqlite` or `postgresql`, where a statement must differ."""

    def rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]: ...

    def get(self, statement: Select[*tuple[Any, ...]]) -> Row | None:
        """The first row."""
        ...


class Store(Protocol):
    """Generations of all projections."""

    def generations(self, projection: str | None = None) -> Sequence[Generation]:
        """Of this projection, or of all; oldest first."""
        ...

    def create(self, projection: Projection) -> Generation:
        """A new one, empty, in state BUILDING."""
        ...

    def mark_ready(self, generation: Generation) -> Generation:
        """It is built: from BUILDING to READY."""
        ...

    def promote(self, generation: Generation) -> Generation:
        """It answers queries from now on, and the one that did is kept. At once, for all readers everywhere."""
        ...

    def drop(self, generation: Generation) -> None:
        """Forget it and all it holds. Raises StoreError for the live one."""
        ...

    def writer(self, generation: Generation, projection: Projection, holder: str) -> Writer:
        """Become its owner. holder: who this is, for status. Raises Owned."""
        ...

    def edit(self, projection: Projection, generation: Generation, change: Callable[[Transaction], T]) -> T:
        """One short transaction on a generation that somebody else may own: for marks that its owner looks at."""
        ...

    def read(self, projection: Projection, look: Callable[[Reading], T], generation: Generation | None = None) -> T:
        """Call `look` over a generation in one read-only transaction: this one, or the one that serves.

        That is the live one; when it is of another version than the projection, the newest built one of its version,
        so that old and new code may run side by side. Safe in many threads at once. Raises NotBuilt.
        """
        ...

    def close(self) -> None:
        """Close everything; calling it again does nothing."""
        ...
