"""Files of projections that are not what they should be are told of, and never taken for empty ones."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.projections.store import NotBuilt, Reading, Store, StoreError
from tests.unit.projections.stores.shop import Place, order, orders, place, served, shop


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Place]:
    with place("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def folder(home: Place) -> Path:
    """With a live generation of 2,000 orders, and nothing that has it open."""
    store = home.open()
    home.live(store, *(order(number) for number in range(2000)))
    store.close()
    return Path(home.where)


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garble(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def overwrite_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:-4096] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)


def replace_by_another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE orders (id TEXT PRIMARY KEY)")
        database.commit()


def remove(path: Path) -> None:
    path.unlink()


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARMS = [truncate, empty, garble, overwrite_the_middle, replace_by_another_database, remove, replace_by_a_folder]


@pytest.mark.parametrize("harm", HARMS)
def test_a_generation_that_is_not_one_is_told_of(home: Place, folder: Path, harm: Callable[[Path], None]) -> None:
    """To who reads it, to who would write it; others are as they were, and it can be replaced and dropped."""
    harm(folder / "orders-1.db")
    store = home.open()
    (broken,) = store.generations()
    for use in (
        lambda: served(store),
        lambda: home.write(store, broken).transaction().__enter__().rows(orders.select()),
        lambda: store.edit(shop(), broken, lambda tx: tx.rows(orders.select())),
    ):
        with pytest.raises(StoreError) as told:
            use()
        assert str(folder) not in told.value.message
        assert "orders" in told.value.message
    home.live(store, order(1, "REBUILT"))
    assert served(store) == {"o-1": "REBUILT"}


@pytest.mark.parametrize("harm", [empty, garble, replace_by_another_database, replace_by_a_folder])
def test_a_registry_that_is_not_one_is_told_of(home: Place, folder: Path, harm: Callable[[Path], None]) -> None:
    """It is never begun anew beside generations, whose numbers would be given again."""
    harm(folder / "registry.db")
    store = home.open()
    for use in (store.generations, lambda: served(store), lambda: store.create(shop())):
        with pytest.raises(StoreError, match="registry"):
            use()


def test_a_folder_that_cannot_be_made_is_told_of(home: Place) -> None:
    Path(home.where).write_text("a file")
    with pytest.raises(StoreError):
        home.open().generations()


def test_a_registry_is_made_once(home: Place) -> None:
    """However many begin at the same moment."""
    wrong: list[BaseException] = []
    barrier = threading.Barrier(8)

    def begin(store: Store) -> None:
        try:
            barrier.wait()
            store.create(shop())
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=begin, args=(home.open(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [each.number for each in home.open().generations()] == list(range(1, 9))


def test_a_folder_that_was_emptied_is_begun_anew(home: Place, folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(NotBuilt):
        served(home.open())


def test_nothing_is_left_of_what_was_dropped(home: Place, folder: Path) -> None:
    store = home.open()
    (first,) = store.generations()
    home.write(store, first)
    home.live(store, order(1))
    store.drop(first)
    assert not list(folder.glob("orders-1.*"))


def test_a_steady_reader_does_not_make_the_log_grow(home: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads that overlap all the time: there is never a moment without one."""
    bound = 4 << 20
    monkeypatch.setattr("gateway.projections.stores.sqlite_link._LARGE_LOG", bound)
    monkeypatch.setattr("gateway.projections.stores.sqlite_link._LOG_REST_S", 0.05)
    store = home.open()
    (generation,) = store.generations()
    writer = home.write(store, generation)
    done = threading.Event()
    largest = 0

    def read() -> None:
        while not done.is_set():
            store.read(shop(), look)

    def look(reading: Reading) -> None:
        reading.get(select(orders))
        time.sleep(0.05)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for step in range(40):
            with writer.transaction() as tx:
                for number in range(1000):
                    tx.put(orders, order(number, f"STEP {step}", total=step, details="x" * 500))
            largest = max(largest, (folder / "orders-1.db-wal").stat().st_size)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert largest < 2.5 * bound
    assert served(store)["o-1"] == "STEP 39"


def test_a_long_reader_does_not_hold_up_the_writer(home: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large the log has become: now and then, not with every batch, is its end waited for."""
    monkeypatch.setattr("gateway.projections.stores.sqlite_link._LARGE_LOG", 1)
    store = home.open()
    (generation,) = store.generations()
    writer = home.write(store, generation)

    def look(reading: Reading) -> tuple[float, int]:
        before = len(reading.rows(select(orders)))
        begun = time.monotonic()
        for number in range(100):
            with writer.transaction() as tx:
                tx.put(orders, order(5000 + number))
        took_s = time.monotonic() - begun
        assert len(reading.rows(select(orders))) == before
        return took_s, before

    took_s, _ = store.read(shop(), look)
    assert took_s < 100 * 0.1 / 2
    assert len(served(store)) == 2100


def test_readers_of_what_others_dropped_are_closed(home: Place, folder: Path) -> None:
    """So that the space of its file is free."""
    reader, other = home.open(), home.open()
    assert len(served(reader)) == 2000
    (first,) = other.generations()
    home.live(other, order(1))
    other.drop(first)
    assert len(served(reader)) == 1
    descriptors = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert not [path for path in descriptors if path.name.startswith("orders-1.db") and folder in path.parents]
