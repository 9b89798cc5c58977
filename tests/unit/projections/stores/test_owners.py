"""One process at a time writes a generation, and who thinks it still does, though another has taken over, cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.projections.store import Fenced, Generation, Owned, Store, Writer
from tests.unit.projections.stores.shop import LEASE_S, Place, order, orders, served, shop

ROOT = Path(__file__).parents[4]


@pytest.fixture
def generation(home: Place, store: Store) -> Generation:
    return home.live(store, order(1, "FIRST"))


def put(writer: Writer, status: str) -> None:
    with writer.transaction() as tx:
        tx.put(orders, order(1, status))


def claim_when_free(home: Place, store: Store, generation: Generation, within_s: float) -> tuple[Writer, float]:
    """Also gives how long it took, in seconds."""
    begun = time.monotonic()
    while True:
        try:
            return home.write(store, generation, "next"), time.monotonic() - begun
        except Owned:
            assert time.monotonic() - begun < within_s, "it was never free"
            time.sleep(0.02)


class Process:
    """One who owns the generation, in a process of its own."""

    def __init__(self, home: Place, generation: Generation, lease_s: float = LEASE_S) -> None:
        module = "tests.unit.projections.stores.owner"
        arguments = [str(home.where), home.prefix, str(lease_s), str(generation.number)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

        assert self.hear() == "ready"

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, line: str) -> str:
        self.say(line)
        return self.hear()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)
        if number == signal.SIGSTOP:
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)  # it has stopped, and was not only asked to


@contextmanager
def running(home: Place, generation: Generation, lease_s: float = LEASE_S) -> Iterator[Process]:
    owner = Process(home, generation, lease_s)
    try:
        yield owner
    finally:
        owner.process.kill()
        owner.process.communicate()


def test_there_is_one_owner(home: Place, store: Store, generation: Generation) -> None:
    """In this process, and from any other."""
    first = home.write(store, generation)
    with pytest.raises(Owned):
        home.write(store, generation)
    with pytest.raises(Owned):
        home.write(home.open(), generation)
    with running(home, generation) as other:
        first.renew()
        assert other.ask("claim") == "PROJECTION_OWNED"
        first.close()
        first.close()
        assert other.ask("claim") == "done"
        with pytest.raises(Owned):
            home.write(store, generation)


def test_each_owner_has_a_larger_epoch(home: Place, store: Store, generation: Generation) -> None:
    epochs: list[int] = []
    for _ in range(3):
        writer = home.write(store, generation)
        epochs.append(writer.epoch)
        writer.close()
    assert epochs == sorted(set(epochs))


def test_generations_have_owners_of_their_own(home: Place, store: Store, generation: Generation) -> None:
    """A build goes on beside the one that serves."""
    home.write(store, generation)
    put(home.write(store, store.create(shop())), "OTHER")
    assert served(store) == {"o-1": "FIRST"}


def test_an_owner_stays_one_by_what_it_does(home: Place, store: Store, generation: Generation) -> None:
    """By its transactions, or by saying so: far beyond one lease."""
    writer = home.write(store, generation)
    for step in range(8):
        time.sleep(LEASE_S / 4)
        with pytest.raises(Owned):
            home.write(home.opened[0], generation)
        if step % 2:
            writer.renew()
        else:
            put(writer, f"STEP {step}")
    assert served(store) == {"o-1": "STEP 6"}


def test_who_has_slept_too_long_is_fenced(home: Place, store: Store, generation: Generation) -> None:
    """Whatever it tries. What it had not committed is not there, and the new owner is not disturbed."""
    zombie = home.write(store, generation)
    put(zombie, "BEFORE")
    time.sleep(LEASE_S * 1.2)
    owner = home.write(home.open(), generation)
    put(owner, "AFTER")
    with pytest.raises(Fenced):
        put(zombie, "LOST")
    with pytest.raises(Fenced):
        zombie.renew()
    with pytest.raises(Fenced):
        zombie.finish_build()
    zombie.close()
    with pytest.raises(Owned):
        home.write(store, generation)
    assert served(store) == {"o-1": "AFTER"}
    put(owner, "STILL")
    assert served(store) == {"o-1": "STILL"}


def test_who_was_not_replaced_goes_on_after_its_lease(home: Place, store: Store, generation: Generation) -> None:
    """A long pause alone costs nothing."""
    writer = home.write(store, generation)
    time.sleep(LEASE_S * 1.2)
    put(writer, "LATE")
    with pytest.raises(Owned):
        home.write(store, generation)
    assert served(store) == {"o-1": "LATE"}


@pytest.mark.parametrize("within_a_transaction", [False, True])
def test_a_killed_owner_is_replaced(
    home: Place, store: Store, generation: Generation, within_a_transaction: bool
) -> None:
    """At once beside a SQLite store, however long its lease; within the lease in PostgreSQL."""
    lease_s = 60.0 if home.dialect == "sqlite" else LEASE_S
    with running(home, generation, lease_s) as first:
        assert first.ask("claim") == "done"
        assert first.ask("write STORED") == "done"
        if within_a_transaction:
            assert first.ask("begin LOST") == "done"
        with pytest.raises(Owned):
            home.write(store, generation)
        first.signal(signal.SIGKILL)
        assert first.process.wait(10) == -signal.SIGKILL
        owner, took_s = claim_when_free(home, store, generation, LEASE_S + 5)
    assert took_s < (1.0 if home.dialect == "sqlite" else LEASE_S + 2)
    assert served(store) == {"o-1": "STORED"}
    put(owner, "NEXT")
    assert served(store) == {"o-1": "NEXT"}


def test_a_sleeping_owner_is_replaced_and_fenced(home: Place, store: Store, generation: Generation) -> None:
    with running(home, generation) as zombie:
        assert zombie.ask("claim") == "done"
        assert zombie.ask("write STORED") == "done"
        zombie.signal(signal.SIGSTOP)
        owner, took_s = claim_when_free(home, store, generation, LEASE_S + 5)
        assert took_s > LEASE_S / 3
        put(owner, "NEXT")
        zombie.signal(signal.SIGCONT)
        assert zombie.ask("write LOST") == "PROJECTION_FENCED"
        assert zombie.ask("renew") == "PROJECTION_FENCED"
        assert served(store) == {"o-1": "NEXT"}
        put(owner, "STILL")


def test_an_owner_asleep_within_a_transaction_commits_nothing_of_it_once_replaced(
    home: Place, store: Store, generation: Generation
) -> None:
    """PostgreSQL ends its transaction for it. SQLite cannot: the file stays locked until the sleeper moves or dies."""
    with running(home, generation) as zombie:
        assert zombie.ask("claim") == "done"
        assert zombie.ask("begin ASLEEP") == "done"
        zombie.signal(signal.SIGSTOP)
        if home.dialect == "sqlite":
            with pytest.raises(Owned):
                home.write(store, generation)
            zombie.signal(signal.SIGCONT)
            assert zombie.ask("commit") == "done"
            assert served(store) == {"o-1": "ASLEEP"}
            return
        owner, _ = claim_when_free(home, store, generation, LEASE_S * 3 + 5)
        put(owner, "NEXT")
        zombie.signal(signal.SIGCONT)
        assert zombie.ask("commit") == "PROJECTION_STORE"
        assert zombie.ask("write LOST") == "PROJECTION_FENCED"
        assert served(store) == {"o-1": "NEXT"}


def test_a_build_that_is_killed_goes_on_where_it_was(home: Place, store: Store) -> None:
    """Whatever was committed is there, also when the killed one had begun to finish it."""
    building = store.create(shop())
    with running(home, building) as first:
        assert first.ask("claim") == "done"
        assert first.ask("write BUILT") == "done"
        assert first.ask("begin LOST") == "done"
        first.signal(signal.SIGKILL)
        first.process.wait(10)
    owner, _ = claim_when_free(home, store, building, LEASE_S + 5)
    with owner.transaction() as tx:
        assert (tx.get(orders, "o-1") or {})["status"] == "BUILT"
    owner.finish_build()
    owner.finish_build()
    put(owner, "DONE")
    store.promote(store.mark_ready(building))
    assert served(store) == {"o-1": "DONE"}
