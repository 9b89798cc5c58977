"""DirectoryHome: seven SQLite files in a directory.

They are made in a directory beside their place and moved when they are complete; the manifest, written last, says what
they hold. Whoever serves them holds a lock, so that nobody exchanges files under a running service.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mock_services.homes.home import HomeError, Row
from mock_services.kit.locks import lock
from mock_services.kit.ports import PORTS
from mock_services.kit.sqlite import create_sqlite, finish_sqlite

MANIFEST = "manifest.json"
_PARTIAL = ".partial"
_JOURNALS = ("-wal", "-shm")


class DirectoryHome:
    """The directory is made when it is filled."""

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory).resolve()

    def __str__(self) -> str:
        return str(self.directory)

    def database(self, service: str) -> str:
        return str(self.directory / f"{service}.db")

    def environment(self, service: str) -> Mapping[str, str]:
        return {}

    @contextmanager
    def hold(self, *, exclusive: bool) -> Generator[None, None, None]:
        if exclusive:
            self.directory.mkdir(parents=True, exist_ok=True)
        elif not self.directory.is_dir():
            raise HomeError(f"there is no directory {self.directory}; python -m mock_services.generate makes it")
        with lock(self.directory, exclusive=exclusive):
            yield

    def read_manifest(self) -> bytes | None:
        if not all(Path(self.database(service)).is_file() for service in PORTS):
            return None
        try:
            return (self.directory / MANIFEST).read_bytes()
        except OSError:
            return None

    @contextmanager
    def fill(self) -> Generator[_Files, None, None]:
        partial = self.directory / _PARTIAL
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            yield _Files(partial, self.directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


class _Files:
    """Files in `partial`, on their way to `directory`."""

    def __init__(self, partial: Path, directory: Path) -> None:
        self._partial = partial
        self._directory = directory
        self._databases: dict[str, sqlite3.Connection] = {}

    def create(self, service: str, tables: str) -> None:
        self._databases[service] = create_sqlite(self._partial / f"{service}.db", service, tables)

    def insert(self, service: str, table: str, rows: Sequence[Row]) -> None:
        if rows:
            statement = f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})"
            self._databases[service].executemany(statement, rows)

    def finish(self, service: str, indexes: str) -> None:
        finish_sqlite(self._databases[service], indexes)

    def complete(self, manifest: bytes) -> None:
        """The manifest that is there goes first and the new one comes last: in between there is no complete shop.

        The journals of the files that were there must go too: SQLite would play them into the new files.
        """
        (self._directory / MANIFEST).unlink(missing_ok=True)
        for service in self._databases:
            for suffix in _JOURNALS:
                (self._directory / f"{service}.db{suffix}").unlink(missing_ok=True)
            (self._partial / f"{service}.db").replace(self._directory / f"{service}.db")
        (self._partial / MANIFEST).write_bytes(manifest + b"\n")
        (self._partial / MANIFEST).replace(self._directory / MANIFEST)
