"""`make ledger`: 200 random schedules of faults; after each, nothing is lost, applied twice or out of order.

Exit status 1 when something is. The seed of each stage is printed: `--seed` with it plays the same faults again, as far
as processes allow.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.chaos.ledger.schedule import Played, play
from tests.chaos.ledger.stage import IMPORTED, Form, Stage, staged
from tests.support.nursery import Nursery
from tests.support.verdicts import Verdicts

ON_ONE_STAGE = 10
"""Schedules, one after the other; then everything is made anew."""
SHARE_OF_NATS = 4
"""Every so many stages is one of PostgreSQL and NATS."""


class Broken(Exception):
    """A schedule has findings."""


async def perform(schedules: int, seed: int, forms: Sequence[Form]) -> Counter[str]:
    """How often each fault was. Raises Broken at the first schedule with findings."""
    faults: Counter[str] = Counter()
    done = 0
    with Nursery(IMPORTED) as nursery:
        for number in range(-(-schedules // ON_ONE_STAGE)):
            form, unruly = forms[number % len(forms)], number % 2 == 1
            draws = random.Random(seed + number)
            print(f"== {form.value}{', unruly' if unruly else ''}, --seed {seed + number}", flush=True)
            async with staged(form, nursery, draws, unruly=unruly) as stage:
                for _ in range(min(ON_ONE_STAGE, schedules - done)):
                    done += 1
                    played = await _play(stage)
                    faults.update(each.kind for each in played.struck)
                    tell(done, played)
                    if played.findings:
                        raise Broken(stage.logs())
                for feed in stage.unruly.values():
                    faults.update({f"events told {how}": count for how, count in feed.faults.items()})
    return faults


async def _play(stage: Stage) -> Played:
    try:
        return await play(stage)
    except BaseException:
        print(stage.logs())
        raise


def tell(number: int, played: Played) -> None:
    """One line, and one for each finding."""
    kinds = ", ".join(each.kind for each in played.struck)
    verdicts = Verdicts()
    verdicts.tell(number, f"{played.commands} commands, {played.seconds:.1f} s, {kinds}", good=not played.findings)
    for finding in played.findings[:50]:
        verdicts.note(finding)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.ledger", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="of the first stage; the next ones have the next")
    parser.add_argument("--form", choices=[form.value for form in Form], help="only this one")
    options = parser.parse_args()
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    forms = [Form(options.form)] if options.form else [*[Form.FEED] * (SHARE_OF_NATS - 1), Form.NATS]
    started = time.monotonic()
    try:
        faults = asyncio.run(perform(options.schedules, seed, forms))
    except Broken as broken:
        print(broken)
        return 1
    seconds = time.monotonic() - started
    print(f"== {options.schedules} schedules in {seconds:.0f} s: nothing lost, applied twice or out of order")
    for kind, count in sorted(faults.items()):
        print(f"       {count} x {kind}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
