"""The ledger over real processes: in order at first; then what is planted into the store is found."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from sqlalchemy import delete, update

from gateway.projections import bookkeeping
from gateway.projections.store import State
from gateway.projections.transaction import Transaction
from tests.chaos.ledger import shop_log
from tests.chaos.ledger.faults import Strike, kill_projector
from tests.chaos.ledger.schedule import play
from tests.chaos.ledger.stage import IMPORTED, Form, Stage, staged
from tests.support.nursery import Nursery

pytestmark = pytest.mark.anyio


def add_twice(tx: Transaction) -> None:
    assert tx.run(update(shop_log.sums).values(orders=shop_log.sums.c.orders + 1)) > 0


def lose(tx: Transaction) -> None:
    """Version and event of one order, as if neither had ever come."""
    one = shop_log.applied.c.subject == "o-0000001"
    assert tx.run(delete(shop_log.applied).where(one)) == 1


def apply_again(tx: Transaction) -> None:
    row = {"stream": "orders", "subject": "o-0000002", "place": 2, "version": 1, "type": shop_log.STATE}
    tx.put(shop_log.applied, row)


def forget_the_checkpoint(tx: Transaction) -> None:
    """And the versions that guard against it: every event is applied once more."""
    checkpoints, versions = bookkeeping.checkpoints, bookkeeping.versions
    assert tx.run(update(checkpoints).values(number=0, applied=0)) > 0
    assert tx.run(update(versions).where(versions.c.version > 1).values(version=1)) > 0


def plant(stage: Stage, change: Callable[[Transaction], None]) -> None:
    """Into the generation that serves, past its owner."""
    (live,) = [each for each in stage.store.generations(shop_log.NAME) if each.state is State.LIVE]
    stage.store.edit(shop_log.projection, live, change)


async def test_what_is_planted_is_found() -> None:
    """Also what a projector would leave that keeps its position apart from its rows, and is killed in between."""
    with Nursery(IMPORTED) as nursery:
        async with staged(Form.FEED, nursery, random.Random(3), unruly=False) as stage:
            assert await kinds(stage, kill_projector) == set()
            for change in (add_twice, lose, apply_again):
                plant(stage, change)
            assert await kinds(stage) == {"rows", "lost", "doubled"}
            stage.projectors.pop().kill()
            plant(stage, forget_the_checkpoint)
            stage.start_projector()
            assert "inverted" in await kinds(stage)


async def kinds(stage: Stage, *strikes: Strike) -> set[str]:
    """Of what is found behind some more commands."""
    return {finding.partition(":")[0] for finding in (await play(stage, strikes)).findings}
