"""Home: the port. What is drawn, and how services run, does not depend on where their data lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class HomeError(Exception):
    """The home cannot be used; the message says why and what to do."""


class Filling(Protocol):
    """Seven databases being made. Unless it is completed, everything is as it was before."""

    def create(self, service: str, tables: str) -> None:
        """Make the service's database. tables: as its store declares them."""
        ...

    def insert(self, service: str, table: str, rows: Sequence[Row]) -> None:
        """Rows in the order of the table's columns."""
        ...

    def finish(self, service: str, indexes: str) -> None:
        """After the rows: in one sort each."""
        ...

    def complete(self, manifest: bytes) -> None:
        """Put everything in its place. manifest: what it is, in JSON."""
        ...


class Home(Protocol):
    """Everything here raises HomeError when the home cannot be used. str() names it, without any password."""

    def database(self, service: str) -> str:
        """What the service is given as --db."""
        ...

    def environment(self, service: str) -> Mapping[str, str]:
        """What the service needs in its environment. Only while the home is held."""
        ...

    def hold(self, *, exclusive: bool) -> AbstractContextManager[None]:
        """For the block: shared for serving, exclusive for filling. Raises Locked at once rather than wait."""
        ...

    def read_manifest(self) -> bytes | None:
        """What was completed here. None: nothing, or something is missing."""
        ...

    def fill(self) -> AbstractContextManager[Filling]:
        """Make everything anew, in the block. To be held exclusively."""
        ...
