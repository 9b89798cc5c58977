"""The writer of a generation, on any database, and how it stays the only one.

A row in the generation itself says whose it is: a number that grows with each owner (the epoch), and until when. Every
transaction reads that row first and holds it to the end, so who was an owner once, and slept, can commit nothing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy import Boolean, Column, ColumnElement, Float, Integer, MetaData, Table, Text, literal_column, update

from gateway.errors import BraidError
from gateway.projections.projection import Projection
from gateway.projections.search import SearchTable
from gateway.projections.store import Fenced, Generation, Owned, StoreError, WritingTransaction
from gateway.projections.stores.faults import Locked, translated
from gateway.projections.stores.grammar import Grammar
from gateway.projections.stores.registry import told
from gateway.projections.stores.tableunit import Channel, Mirror
from gateway.projections.stores.unit import Layouts, UnitOfWork

tables = MetaData()

owner = Table(
    "braid_owner",
    tables,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until_s", Float, nullable=False),
    Column("is_built", Boolean, nullable=False),
    Column("shape", Text, nullable=False),
    Column("edits", Integer, nullable=False),
)
"""One row. shape: of the projection's tables when the generation was made. edits: how often others have written."""


class Link(Protocol):
    """The way to a generation's tables, for writing. It may break; opening it again makes a new one."""

    @property
    def grammar(self) -> Grammar: ...

    @property
    def layouts(self) -> Layouts: ...

    def open(self) -> Channel:
        """The channel; the same one while it is well."""
        ...

    def is_gone(self, epoch: int) -> bool:
        """Whether that owner is known to have ended, though its lease has not."""
        ...

    def claim(self, epoch: int) -> None:
        """Called within the transaction that makes one the owner. Raises Owned."""
        ...

    def mirror(self, search: SearchTable) -> Mirror | None: ...

    def built(self, is_built: bool) -> None:
        """Whether it is still being built decides how safely its writes are stored."""
        ...

    def committed(self) -> None:
        """Called behind each commit."""
        ...

    def finish(self, projection: Projection) -> Callable[[], None]:
        """Make indexes and full text, within a transaction; gives what is to be done behind its commit."""
        ...

    def drop(self) -> None:
        """The channel is not to be used any more."""
        ...

    def close(self) -> None: ...


class GenerationWriter:
    """The port's Writer."""

    def __init__(self, generation: Generation, projection: Projection, holder: str, link: Link, lease_s: float) -> None:
        self.generation = generation
        self.epoch = 0
        self._projection = projection
        self._holder = holder
        self._link = link
        self._lease_s = lease_s
        self._is_built = False
        self._renewed_at = 0.0
        self._is_closed = False
        self._edits = 0
        self._unit: UnitOfWork | None = None
        self._what = f"the store of projection '{generation.projection}'"

    def claim(self) -> None:
        """Become the owner. Raises Owned, StoreError."""
        try:
            self._claim()
        except Locked as error:
            raise Owned(f"{told(self.generation)} is being written by another process") from error

    def _claim(self) -> None:
        grammar = self._link.grammar
        with self._own(grammar.unwaited) as (channel, epoch, is_held):
            if is_held and not self._link.is_gone(epoch):
                raise Owned(f"{told(self.generation)} is written by another process")
            self._link.claim(epoch + 1)
            renewed_at = time.monotonic()
            now: ColumnElement[float] = literal_column(grammar.now)
            claimed = {"epoch": epoch + 1, "holder": self._holder, "until_s": now + self._lease_s}
            channel.core.execute(update(owner).values(claimed))
        self.epoch = epoch + 1
        self._renewed_at = renewed_at
        self._link.built(self._is_built)

    @contextmanager
    def transaction(self) -> Generator[WritingTransaction]:
        with self._own(self._link.grammar.held) as (channel, epoch, _):
            self._check(epoch)
            unit = self._unit
            if unit is None or unit.channel is not channel:
                mirror = self._link.mirror if self._is_built else _no_mirror
                unit = UnitOfWork(self._what, channel, self._link.layouts, mirror)
            self._unit = None  # nothing that it knows is true when this is rolled back
            yield unit
            unit.flush()
            if time.monotonic() - self._renewed_at > self._lease_s / 4:
                self._extend(channel)
        unit.settle()
        self._unit = unit
        self._link.committed()

    def renew(self) -> None:
        with self._own(self._link.grammar.held) as (channel, epoch, _):
            self._check(epoch)
            self._extend(channel)

    def finish_build(self) -> None:
        with self._own(self._link.grammar.held) as (channel, epoch, _):
            self._check(epoch)
            afterwards = self._link.finish(self._projection)
            channel.run("UPDATE braid_owner SET is_built = true")
            self._extend(channel)
        self._is_built = True
        self._unit = None
        with translated(self._what):
            afterwards()
        self._link.built(True)

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        # Who cannot say that it has ended is replaced when its lease is over.
        with contextlib.suppress(BraidError), self._own(self._link.grammar.held) as (channel, epoch, _):
            if epoch == self.epoch:
                channel.run("UPDATE braid_owner SET until_s = 0")
        self._link.close()

    def abandon(self) -> None:
        """Close what never became an owner."""
        self._is_closed = True
        self._link.close()

    @contextmanager
    def _own(self, held: str) -> Generator[tuple[Channel, int, bool]]:
        """A transaction that holds the owner's row: with its epoch, and whether that one's lease is not over."""
        grammar = self._link.grammar
        try:
            with translated(self._what):
                channel = self._link.open()
                row = channel.begin(
                    grammar.begin, f"SELECT epoch, until_s > {grammar.now}, is_built, edits FROM braid_owner{held}"
                )
                if row is None:
                    raise StoreError(f"{self._what} is damaged: it does not say whose it is")
                epoch, is_held, is_built, edits = row
                self._is_built = bool(is_built)
                if edits != self._edits:
                    self._edits, self._unit = edits, None
        except BraidError:
            self._link.drop()
            raise
        try:
            with translated(self._what):
                yield channel, epoch, bool(is_held)
                channel.run("COMMIT")
        except StoreError as error:
            if isinstance(error, Fenced | Owned):
                self._roll_back(channel)
            else:
                self._link.drop()
            raise
        except BaseException:
            self._roll_back(channel)
            raise

    def _roll_back(self, channel: Channel) -> None:
        try:
            with translated(self._what):
                channel.run("ROLLBACK")
        except BraidError:
            self._link.drop()

    def _check(self, epoch: int) -> None:
        if epoch != self.epoch:
            raise Fenced(f"{told(self.generation)} was taken over by another process")

    def _extend(self, channel: Channel) -> None:
        renewed_at = time.monotonic()
        channel.run(f"UPDATE braid_owner SET until_s = {self._link.grammar.now} + {self._lease_s}")
        self._renewed_at = renewed_at


@contextmanager
def editing(link: Link, what: str) -> Generator[UnitOfWork]:
    """One transaction of somebody who is not the owner, and does not become it."""
    grammar = link.grammar
    with translated(what):
        channel = link.open()
        row = channel.begin(grammar.begin, f"SELECT is_built FROM braid_owner{grammar.held}")
        unit = UnitOfWork(what, channel, link.layouts, link.mirror if row and row[0] else _no_mirror)
        yield unit
        unit.flush()
        channel.run("UPDATE braid_owner SET edits = edits + 1")
        channel.run("COMMIT")


def _no_mirror(_: SearchTable) -> Mirror | None:
    return None
