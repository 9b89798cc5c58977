"""A database that goes away is told of while it is away, and used again when it is back, by whoever used it before."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gateway.projections.store import Fenced, Owned, State, StoreError, Writer
from gateway.projections.stores import open_store
from tests.chaos.ledger.servers import Missing, PostgresServer
from tests.unit.projections.stores.shop import Place, order, orders, served, shop

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    # Not in pytest's folder, which the database's own user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="braid-postgres-"))
    try:
        made = PostgresServer(folder)
    except Missing as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    try:
        with made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(server: PostgresServer, request: pytest.FixtureRequest) -> Iterator[Place]:
    made = Place(server.url, "postgresql", f"t{abs(hash(request.node.name)) % 10**8}")
    yield made
    made.close()


def put(writer: Writer, status: str) -> None:
    with writer.transaction() as tx:
        tx.put(orders, order(1, status))


def kill(server: PostgresServer) -> None:
    server.kill()
    assert not server.is_alive()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url, connect_timeout=2)


def test_a_database_comes_back(home: Place, server: PostgresServer) -> None:
    """The first read and the first write after it work, with nothing made anew by those who call."""
    store = home.open()
    generation = home.live(store, order(1, "BEFORE"))
    writer = home.write(store, generation)
    assert served(store) == {"o-1": "BEFORE"}
    for _ in range(2):
        kill(server)
        for use in (
            lambda: served(store),
            lambda: served(store, generation=generation),
            lambda: put(writer, "AWAY"),
            writer.renew,
            store.generations,
            lambda: store.create(shop()),
            lambda: store.edit(shop(), generation, lambda tx: tx.delete(orders, "o-1")),
        ):
            with pytest.raises(StoreError) as told:
                use()
            assert str(server.port) not in told.value.message
            assert not isinstance(told.value, Fenced | Owned)
        server.start()
        assert served(store) == {"o-1": "BEFORE"}
    put(writer, "AFTER")
    assert served(store, generation=generation) == {"o-1": "AFTER"}
    assert [each.state for each in store.generations()] == [State.LIVE]


def test_a_restart_between_two_reads_is_not_noticed(home: Place, server: PostgresServer) -> None:
    """Connections that lay in a pool are dead, all of them, and no reader has to know."""
    store = home.open()
    home.live(store, order(1))

    def read_in_threads() -> list[BaseException]:
        wrong: list[BaseException] = []
        together = threading.Barrier(6)

        def read() -> None:
            together.wait()
            try:
                served(store)
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=read) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return wrong

    assert read_in_threads() == []
    kill(server)
    server.start()
    assert read_in_threads() == []


def test_a_transaction_that_loses_its_database_is_lost_whole(home: Place, server: PostgresServer) -> None:
    store = home.open()
    generation = home.live(store, order(1, "BEFORE"))
    writer = home.write(store, generation)

    def lose() -> None:
        with writer.transaction() as tx:
            tx.put(orders, order(1, "LOST"))
            tx.get(orders, "o-2")
            kill(server)
            tx.put(orders, order(2, "LOST"))

    with pytest.raises(StoreError):
        lose()
    server.start()
    assert served(store) == {"o-1": "BEFORE"}
    put(writer, "AFTER")
    assert served(store) == {"o-1": "AFTER"}


def test_connections_that_are_ended_one_by_one_are_replaced(home: Place, server: PostgresServer) -> None:
    """As by an administrator, or by a failover that closes them."""
    store = home.open()
    generation = home.live(store, order(1))
    writer = home.write(store, generation)
    put(writer, "FIRST")
    served(store)
    with psycopg.connect(server.url, autocommit=True) as admin:
        ended = admin.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    assert ended is not None
    assert ended[0] >= 2
    assert served(store) == {"o-1": "FIRST"}
    with pytest.raises(StoreError):
        put(writer, "FAILS")
    put(writer, "SECOND")
    assert served(store) == {"o-1": "SECOND"}


def test_a_database_that_was_never_there_is_told_of() -> None:
    store = open_store("postgresql://somebody:hunter2@127.0.0.1:1/nowhere")
    begun = time.monotonic()
    with pytest.raises(StoreError) as told:
        store.generations()
    assert "hunter2" not in told.value.message
    assert "127.0.0.1" not in told.value.message
    assert time.monotonic() - begun < 10
    store.close()


def test_an_address_that_is_none_is_told_of() -> None:
    with pytest.raises(StoreError) as told:
        open_store("postgresql://somebody:hunter2@[broken:/x")
    assert "hunter2" not in told.value.message


def test_who_may_not_enter_is_told_so(server: PostgresServer) -> None:
    store = open_store(server.url.replace("postgres@", "nobody@"))
    with pytest.raises(StoreError):
        store.generations()
    store.close()
