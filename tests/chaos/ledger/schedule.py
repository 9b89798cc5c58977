"""One schedule: commands, and faults amid them; then quiet, and the ledger."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.projections.store import StoreError
from tests.chaos.ledger.faults import STRIKES, Strike, Struck
from tests.chaos.ledger.held import Held, held_by
from tests.chaos.ledger.ledger import findings
from tests.chaos.ledger.stage import SERVICES, STREAMS, Stage
from tests.chaos.ledger.truth import Truth, truth_of

MOST_FAULTS = 3
QUIET_WITHIN_S = 60.0
SOME = 20
"""Commands of a last portion, behind the last fault."""


@dataclass(frozen=True, slots=True)
class Played:
    """struck: what happened. findings: what is wrong at last. commands: sent, all of them acknowledged."""

    struck: Sequence[Struck]
    findings: Sequence[str]
    commands: int
    seconds: float


async def play(stage: Stage, strikes: Sequence[Strike] | None = None) -> Played:
    """Send some hundred commands, strike amid them, and compare when all is quiet.

    strikes: instead of drawn ones. Raises AssertionError for a fault that did not happen as it should.
    """
    started, before = time.monotonic(), len(stage.load.acknowledged)
    drawn = [_next(stage) for _ in range(stage.draws.randint(1, MOST_FAULTS))]
    began = await asyncio.to_thread(_head, stage)
    struck: list[Struck] = []
    for strike in drawn if strikes is None else strikes:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stage.load.run(commands=stage.draws.randint(40, 120)))
            await asyncio.sleep(stage.draws.uniform(0, 0.2))
            struck.append(await strike(stage, began))
    await stage.load.run(commands=SOME)
    truth, held = await _quiet(stage)
    wrong = findings(truth, held, stage.load.acknowledged)
    for each in struck:
        if each.at is not None and not began < each.at < truth[each.stream].head:
            wrong.append(f"fault: {each.kind} at {each.at}, not between {began} and {truth[each.stream].head}")
    for child in (*stage.projectors, stage.relay):
        if child is not None and not child.is_alive():
            wrong.append(f"ended: {child.log.stem} with {child.status()}")
    return Played(struck, wrong, len(stage.load.acknowledged) - before, time.monotonic() - started)


def _next(stage: Stage) -> Strike:
    """Each kind comes once before one comes again."""
    if not stage.to_come:
        stage.to_come = list(STRIKES[stage.form])
        stage.draws.shuffle(stage.to_come)
    return stage.to_come.pop()


async def _quiet(stage: Stage) -> tuple[Mapping[str, Truth], Held]:
    """When everything that was told is applied, or it is no use to wait any longer."""
    truth = await asyncio.to_thread(truth_of, stage.estate.urls(), SERVICES)
    expected = {name: {id: each.version for id, each in truth[name].aggregates.items()} for name in STREAMS}
    deadline = time.monotonic() + QUIET_WITHIN_S
    while True:
        await asyncio.sleep(0.03)
        is_told = all(feed.has_told(truth[name].head) for name, feed in stage.unruly.items())
        try:
            held = await asyncio.to_thread(held_by, stage.store)
        except StoreError:
            held = Held()
        if (is_told and held.versions == expected and not held.letters) or time.monotonic() > deadline:
            return truth, held


def _head(stage: Stage) -> int:
    return truth_of(stage.estate.urls(), ["orders"])["orders"].head
