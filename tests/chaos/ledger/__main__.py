"""`make ledger`: 200 random schedules of faults; after each, nothing is lost, applied twice or out of order.

Exit status 1 when something is. The seed of each stage is printed: `--seed` with it plays the same faults again, as far
as processes allow.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.ledger.schedule import Played, play
from tests.chaos.ledger.servers import Missing, program
from tests.chaos.ledger.stage import IMPORTED, Form, Stage, staged
from tests.support.nursery import Nursery
from tests.support.verdicts import Verdicts

FORMS = (Form.FEED, Form.FEED, Form.NATS, Form.NATS, Form.FEED)
"""Of the stages, over and over; every second one is unruly, so that each form is so as often as not."""

ENOUGH = 100
"""Schedules after which each of these must have happened."""
KINDS = {
    "broker killed",
    "builder killed, another built on",
    "database killed",
    "event told again",
    "event told late",
    "event told swapped",
    "projector killed",
    "projector paused, another took over",
    "relay killed",
    "service killed",
    "service paused",
}


class Broken(Exception):
    """A schedule has findings."""


@dataclass(slots=True)
class Performance:
    """Some stages at once, each with its schedules one after the other; then everything is made anew.

    faults: how often each was.
    """

    schedules: int
    on_one_stage: int
    seed: int
    forms: Sequence[Form]
    faults: Counter[str] = field(default_factory=Counter[str])
    is_broken: bool = False
    _done: int = 0

    async def run(self, nursery: Nursery, at_once: int) -> None:
        """Raises Broken, in a group, at the first schedule with findings."""
        stages = iter(range(-(-self.schedules // self.on_one_stage)))

        async def work() -> None:
            for number in stages:
                await self._perform(number, nursery)

        async with asyncio.TaskGroup() as workers:
            for _ in range(at_once):
                workers.create_task(work())

    async def _perform(self, number: int, nursery: Nursery) -> None:
        form, is_unruly, seed = self.forms[number % len(self.forms)], number % 2 == 1, self.seed + number
        name = f"{form.value}{', unruly' if is_unruly else ''}, seed {seed}"
        async with staged(form, nursery, random.Random(seed), unruly=is_unruly) as stage:
            for _ in range(min(self.on_one_stage, self.schedules - number * self.on_one_stage)):
                played = await _play(stage)
                self._done += 1
                self.faults.update(each.kind for each in played.struck)
                tell(f"{self._done} ({name})", played)
                if played.findings:
                    raise Broken(stage.logs())
            for feed in stage.unruly.values():
                self.faults.update({f"event told {how}": count for how, count in feed.faults.items()})


async def _play(stage: Stage) -> Played:
    try:
        return await play(stage)
    except BaseException:
        print(stage.logs())
        raise


def tell(name: str, played: Played) -> None:
    """One line, and one for each finding."""
    kinds = ", ".join(each.kind for each in played.struck)
    verdicts = Verdicts()
    verdicts.tell(name, f"{played.commands} commands, {played.seconds:.1f} s, {kinds}", good=not played.findings)
    for finding in played.findings[:50]:
        verdicts.note(finding)


def _possible(forms: Sequence[Form]) -> Sequence[Form]:
    """Those for which everything is installed; in CI it must be, and who asks for one form has no other."""
    try:
        for name in ("nats-server", "postgres", "initdb"):
            program(name)
    except Missing as missing:
        left = [form for form in forms if form is not Form.NATS]
        if os.environ.get("CI") or not left:
            raise
        print(f"== without PostgreSQL and NATS: {missing}", flush=True)
        return left
    return forms


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.ledger", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="of the first stage; the next ones have the next")
    parser.add_argument("--form", choices=[form.value for form in Form], help="only this one")
    parser.add_argument(
        "--on-one-stage", type=int, default=10, help="so many before all is made anew (default: %(default)s)"
    )
    parser.add_argument("--at-once", type=int, default=2, help="stages at once (default: %(default)s)")
    options = parser.parse_args()
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    forms = _possible((Form(options.form),) if options.form else FORMS)
    print(f"== {options.schedules} schedules, --seed {seed}", flush=True)
    performance, started = Performance(options.schedules, options.on_one_stage, seed, forms), time.monotonic()
    try:
        with Nursery(IMPORTED) as nursery:
            asyncio.run(performance.run(nursery, options.at_once))
    except* Broken as broken:
        print(*broken.exceptions, sep="\n")
        performance.is_broken = True
    if performance.is_broken:
        return 1
    seconds = time.monotonic() - started
    print(f"== {options.schedules} schedules in {seconds:.0f} s: nothing lost, applied twice or out of order")
    for kind, count in sorted(performance.faults.items()):
        print(f"       {count} x {kind}")
    absent = KINDS - performance.faults.keys() if options.schedules >= ENOUGH and not options.form else set[str]()
    for kind in sorted(absent):
        print(f"BROKEN this never happened: {kind}")
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
