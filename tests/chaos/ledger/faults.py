"""Faults: what happens to processes while commands are sent, each with the proof that it happened.

A process that is killed lived before and is dead after; what it was in the middle of had begun, and was not over: its
position then lies between where the schedule began and where it ended.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.projections.store import State, StoreError
from tests.chaos.ledger import shop_log
from tests.chaos.ledger.held import position_of
from tests.chaos.ledger.servers import Server
from tests.chaos.ledger.stage import LEASE_S, Form, Stage
from tests.shop.waiting import wait_until
from tests.support.nursery import Child

PATIENCE_S = 30.0
TAKEN_OVER_WITHIN_S = 4 * LEASE_S


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that happened. at: position of the stream when it did; None for what has none."""

    kind: str
    stream: str = "orders"
    at: int | None = None


Strike = Callable[[Stage, int], Awaitable[Struck]]
"""Given the position of orders when the schedule began. Leaves everything running, or about to."""


async def kill_orders(stage: Stage, began: int) -> Struck:
    """Amid commands; those that got no answer are sent again to the one that comes after it."""
    at = await _in_midst(stage, _told, began)
    await asyncio.to_thread(_kill_service, stage, "orders")
    return Struck("service killed", at=at)


async def pause_orders(stage: Stage, began: int) -> Struck:
    """For a moment, in which it neither answers nor refuses."""
    at = await _in_midst(stage, _told, began)
    stage.estate.pause("orders")
    await asyncio.sleep(stage.draws.uniform(0.05, 0.4))
    assert _is_stopped(stage.estate.pid("orders"))
    stage.estate.resume("orders")
    return Struck("service paused", at=at)


async def kill_projector(stage: Stage, began: int) -> Struck:
    """Amid events; another one begins a little later."""
    victim = stage.projectors[-1]
    await _in_midst(stage, _applied, began)
    _kill(victim)
    at = _applied(stage)
    stage.projectors.remove(victim)
    await asyncio.sleep(stage.draws.choice((0.0, 0.1, 0.3)))
    stage.start_projector()
    return Struck("projector killed", at=at)


async def pause_projector(stage: Stage, began: int) -> Struck:
    """A second one takes over; the first wakes up and believes that it is still the one who writes."""
    zombie = stage.projectors[-1]
    await _in_midst(stage, _applied, began)
    zombie.signal(signal.SIGSTOP)
    at = _applied(stage)
    stage.start_projector()
    deadline = time.monotonic() + TAKEN_OVER_WITHIN_S
    while _applied(stage) <= at and time.monotonic() < deadline:
        await stage.load.run(100, commands=5)
    taken_over = _applied(stage) > at
    assert _is_stopped(zombie.pid)
    zombie.signal(signal.SIGCONT)
    await asyncio.sleep(stage.draws.choice((0.0, 0.2)))
    assert zombie.is_alive(), zombie.last_words()
    status = zombie.stop()
    assert status == 0, f"ended with {status}: {zombie.last_words()}"
    stage.projectors.remove(zombie)
    return Struck("projector paused, another took over" if taken_over else "projector paused", at=at)


async def kill_builder(stage: Stage, began: int) -> Struck:
    """While it reads what there is. The next one goes on with the build, and lets it serve."""
    at = await _in_midst(stage, _applied, began)
    before = stage.store.generations(shop_log.NAME)[-1].number
    builder = stage.braid("projections", "build", shop_log.NAME)

    def is_begun() -> bool:
        return stage.store.generations(shop_log.NAME)[-1].number > before or not builder.is_alive()

    await asyncio.to_thread(wait_until, is_begun, PATIENCE_S)
    await asyncio.sleep(stage.draws.uniform(0, 0.1))
    was_alive = builder.is_alive()
    status = builder.kill()
    built = stage.store.generations(shop_log.NAME)[-1]
    killed = was_alive and status == -signal.SIGKILL and built.state is State.BUILDING
    assert built.number > before, builder.last_words()
    command = ("build", shop_log.NAME, "--promote") if killed else ("promote", shop_log.NAME)
    await _until_done(stage, *command)
    serving = [each for each in stage.store.generations(shop_log.NAME) if each.state is State.LIVE]
    assert [each.number for each in serving] == [built.number]
    return Struck("builder killed, another built on" if killed else "projection built anew", at=at)


async def kill_relay(stage: Stage, began: int) -> Struck:
    """Between feeds and broker; another one begins a little later."""
    assert stage.relay is not None
    await _in_midst(stage, _applied, began)
    at = _applied(stage)
    _kill(stage.relay)
    await asyncio.sleep(stage.draws.choice((0.0, 0.2)))
    stage.start_relay()
    return Struck("relay killed", at=at)


async def restart_broker(stage: Stage, began: int) -> Struck:
    """Killed, with whatever it had not said to have."""
    assert stage.nats is not None
    return Struck("broker killed", at=await _restart(stage, stage.nats, began))


async def restart_database(stage: Stage, began: int) -> Struck:
    """The projections' one. Killed amid transactions."""
    assert stage.postgres is not None
    return Struck("database killed", at=await _restart(stage, stage.postgres, began))


ON_FEED: tuple[Strike, ...] = (kill_orders, pause_orders, kill_projector, pause_projector, kill_builder)
STRIKES: dict[Form, tuple[Strike, ...]] = {
    Form.FEED: ON_FEED,
    Form.NATS: (*ON_FEED, kill_relay, restart_broker, restart_database),
}


async def _until_done(stage: Stage, *command: str) -> None:
    """As an operator would: who was killed is the owner for a while yet, where nobody can see that it is dead."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        run = stage.braid("projections", *command)
        if await asyncio.to_thread(run.wait, PATIENCE_S) == 0:
            return
        assert time.monotonic() < deadline, run.last_words()
        await asyncio.sleep(0.2)


async def _in_midst(stage: Stage, position: Callable[[Stage], int], began: int) -> int:
    """Wait until there is progress, now and since the schedule began: whoever makes it is at work.

    That something comes behind is the schedule's to see to.
    """
    deadline, before = time.monotonic() + PATIENCE_S, max(began, position(stage))
    while (at := position(stage)) <= before:
        assert time.monotonic() < deadline, f"no progress: still at {at}"
        await stage.load.run(200, commands=2)
    return at


def _told(stage: Stage) -> int:
    """The last position of orders that was acknowledged."""
    return max((each.position for each in stage.load.acknowledged if each.service == "orders"), default=0)


def _applied(stage: Stage) -> int:
    """Up to which position of the service orders events are applied; 0 while nobody can say."""
    try:
        position = position_of(stage.store, "orders")
    except StoreError:
        return 0
    return stage.unruly["orders"].position_at(position) if stage.unruly else position


def _kill(victim: Child) -> None:
    assert victim.is_alive(), victim.last_words()
    assert victim.kill() == -signal.SIGKILL


def _kill_service(stage: Stage, name: str) -> None:
    assert stage.estate.is_alive(name)
    stage.estate.kill(name)
    assert stage.estate.exit_code(name) == -signal.SIGKILL
    stage.estate.restart(name)


async def _restart(stage: Stage, server: Server, began: int) -> int:
    at = await _in_midst(stage, _applied, began)
    assert server.is_alive()
    assert server.kill() == -signal.SIGKILL
    assert not server.answers()
    await asyncio.sleep(stage.draws.choice((0.0, 0.3)))
    await asyncio.to_thread(server.start)
    return at


def _is_stopped(pid: int) -> bool:
    """Whether it stands still, as /proc tells."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"
