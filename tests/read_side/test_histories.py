"""Feeds that are not as they were: two versions of an event, a history that was cut off or undone, garbage."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from gateway.projections.store import StoreError
from tests.chaos.ledger import shop_log
from tests.read_side import two_versions
from tests.read_side.conftest import Start
from tests.read_side.side import PATIENCE_S, ReadSide
from tests.read_side.told_feed import ToldFeed
from tests.shop.waiting import wait_until

LEDGER = {shop_log.NAME: shop_log.__name__}


def rename(side: ReadSide, name: str, customer: str = "c-000001") -> None:
    url = f"{side.urls['customers']}/customers/{customer}/rename"
    httpx.post(url, json={"name": name}, trust_env=False).raise_for_status()


def stream_of(side: ReadSide, name: str) -> dict[str, Any]:
    """As `braid projections status` tells of the newest generation."""
    # Its exit code says whether all is well; here often nothing is.
    told = side.told("projections", "status", status=None)
    (stream,) = [each for each in told["projections"][0]["generations"][-1]["streams"] if each["stream"] == name]
    return stream


def wait_for_state(side: ReadSide, stream: str, state: str) -> dict[str, Any]:
    wait_until(lambda: stream_of(side, stream)["state"] == state, PATIENCE_S)
    return stream_of(side, stream)


def test_two_versions_of_an_event_in_one_stream(start: Start) -> None:
    """The old one is brought to the new one's shape. One that nobody knows is a dead letter, and only its key waits."""
    with ToldFeed() as feed:
        feed.tell("customer.renamed.v1", "c-1", {"name": "Ida Lund"})
        feed.tell("customer.renamed.v2", "c-2", {"first": "Noor", "last": "Haddad"})
        feed.tell("customer.renamed.v2", "c-1", {"first": "Ida", "last": "Berg"})
        feed.tell("customer.renamed.v1", "c-1", {"name": "Ida Lund Berg"})
        feed.tell("customer.renamed.v9", "c-2", {"all": ["Noor"]})
        feed.tell("customer.renamed.v2", "c-2", {"first": "Noor", "last": "Weber"})
        feed.tell("customer.moved.v1", "c-3", {})
        feed.tell("customer.renamed.v1", "c-3", {"name": "Jonas Weber"})
        side = start(streams={"customers": feed.url}, names=two_versions.__name__)
        expected = {"c-1": ("Ida", "Lund Berg", 3), "c-2": ("Noor", "Haddad", 1), "c-3": ("Jonas", "Weber", 1)}
        wait_until(lambda: names_in(side) == expected, PATIENCE_S)
        wait_until(lambda: "dead" in side.braid("dead-letters", "list"), PATIENCE_S)
        dead, waiting = side.told("dead-letters", "list", "--every")
        assert (dead["type"], dead["subject"], dead["state"]) == ("customer.renamed.v9", "c-2", "dead")
        assert (waiting["subject"], waiting["version"], waiting["state"]) == ("c-2", 3, "waiting")


def names_in(side: ReadSide) -> dict[str, tuple[str, str, int]]:
    statement = select(two_versions.names)
    try:
        rows = side.store.read(two_versions.projection, lambda reading: reading.rows(statement))
    except StoreError:
        return {}
    return {row["id"]: (row["first"], row["last"], row["changes"]) for row in rows}


def cut_off(side: ReadSide, saved: Path) -> None:
    """The service forgets events that the projection has not read."""
    rename(side, "Noor")
    rename(side, "Jonas")
    httpx.post(f"{side.urls['customers']}/_feed/prune", json={"through": 3}, trust_env=False).raise_for_status()


def undo(side: ReadSide, saved: Path) -> None:
    """The service gets back an older state of its database; the projection has read what is not in it."""
    side.estate.kill("customers")
    database = Path(side.estate.home.database("customers"))
    for beside in ("-wal", "-shm"):
        Path(f"{database}{beside}").unlink(missing_ok=True)
    shutil.copy(saved, database)
    side.estate.restart("customers")


@pytest.mark.parametrize(("happens", "state"), [(cut_off, "pruned"), (undo, "rewritten")])
def test_a_history_that_cannot_be_read_on_is_said_so_and_built_anew(
    start: Start, tmp_path: Path, happens: Callable[[ReadSide, Path], None], state: str
) -> None:
    """What was built is still there, and red, until a build takes its place; the other stream goes on."""
    side = start("customers", "orders", **LEDGER)
    saved = save(side, tmp_path)
    rename(side, "Ida")
    side.wait_for_name("c-000001", "Ida")
    side.kill_projector()
    happens(side, saved)
    side.start_projector()
    stream = wait_for_state(side, "customers", state)
    assert "braid projections build ledger" in stream["message"]
    assert side.held().customers["c-000001"] == "Ida"
    check_that_orders_go_on(side)
    side.told("projections", "status", status=1)
    side.braid("projections", "build", shop_log.NAME, "--promote")
    name = httpx.get(f"{side.urls['customers']}/customers/c-000001", trust_env=False).json()["name"]
    side.wait_for_name("c-000001", name)
    rename(side, "Marta")
    side.wait_for_name("c-000001", "Marta")
    assert all(not stream["differing"] for stream in side.told("projections", "verify", shop_log.NAME)[0]["streams"])


def save(side: ReadSide, tmp_path: Path) -> Path:
    """A copy of the customers' database as it is now."""
    with (
        closing(sqlite3.connect(side.estate.home.database("customers"))) as database,
        closing(sqlite3.connect(tmp_path / "saved.db")) as copy,
    ):
        database.backup(copy)
    return tmp_path / "saved.db"


def check_that_orders_go_on(side: ReadSide) -> None:
    order = {"customer_id": "c-000001", "items": [{"product_id": "p-00001", "quantity": 1}]}
    id = httpx.post(f"{side.urls['orders']}/orders", json=order, trust_env=False).json()["id"]
    wait_until(lambda: id in side.held().orders, PATIENCE_S)


@pytest.mark.parametrize("fault", ["garbage", "html", "null", "deep_json"])
def test_a_feed_that_answers_garbage_is_read_again_until_it_is_right(start: Start, fault: str) -> None:
    """It is said, nothing is lost or made up meanwhile, and the other stream goes on."""
    side = start("customers", "orders", **LEDGER)
    rename(side, "Ida")
    side.wait_for_name("c-000001", "Ida")
    side.estate.chaos("customers", fault=fault, route="GET /events")
    rename(side, "Noor")  # whoever waited before may get a right answer once more
    stream = wait_for_state(side, "customers", "malformed")
    assert "customers" in stream["message"]
    rename(side, "Jonas")
    rename(side, "Lucie", "c-000002")
    struck = side.estate.strikes("customers")[fault]
    check_that_orders_go_on(side)
    wait_until(lambda: side.estate.strikes("customers")[fault] > struck, PATIENCE_S)
    assert side.held().customers["c-000001"] in ("Ida", "Noor")
    assert side.held().customers["c-000002"] != "Lucie"
    side.estate.clear_chaos()
    side.wait_for_name("c-000001", "Jonas")
    side.wait_for_name("c-000002", "Lucie")
    wait_for_state(side, "customers", "following")
    versions = [version for version, _ in side.held().applied["customers", "c-000001"]]
    assert versions == sorted(set(versions))
    assert not side.held().letters
