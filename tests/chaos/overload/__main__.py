"""Measure and print; exit code 1 when the promise is not kept."""

from __future__ import annotations

import argparse
import sys

import uvloop

from tests.chaos.overload.estate import Gateway, gateway, pin_load
from tests.chaos.overload.load import Load, Outcome, percentile
from tests.support.verdicts import Verdicts

DEADLINE_S = 2.0
REFUSAL_S = 0.05
LEAST_GOODPUT = 0.9
CLIENTS = 100


def row(name: str, offered: float, outcome: Outcome, capacity: float, busy: float) -> str:
    refused = f"{1000 * percentile(outcome.refused, 0.5):.0f} / {1000 * percentile(outcome.refused, 0.99):.0f}"
    accepted = f"{1000 * percentile(outcome.accepted, 0.5):.0f} / {1000 * percentile(outcome.accepted, 0.99):.0f}"
    return (
        f"{name:<22}{offered:>9.0f}{outcome.goodput:>10.0f}{100 * outcome.goodput / capacity:>8.0f} %{accepted:>14}"
        f"{len(outcome.refused):>9}{refused:>12}{len(outcome.odd):>5}{100 * busy:>7.0f} %"
        f"{1000 * busy / max(outcome.goodput, 1e-9):>11.2f}"
    )


HEAD = (
    f"{'load':<22}{'offered/s':>9}{'good/s':>10}{'of cap.':>10}{'p50/p99 ms':>14}"
    f"{'refused':>9}{'p50/p99 ms':>12}{'odd':>5}{'CPU':>9}{'ms/answer':>11}"
)


class Run:
    """One gateway under one load after another."""

    def __init__(self) -> None:
        self.capacity = 1.0
        self.verdicts = Verdicts()

    async def measure_capacity(self, served: Gateway, seconds: float) -> None:
        await self.warm_up(served)
        busy = self._gateway.cpu_s()
        outcome = await self._load.closed(CLIENTS, seconds)
        self.capacity = outcome.goodput
        self._print(f"capacity ({CLIENTS} clients)", 0, outcome, busy)
        self._load.close()

    async def warm_up(self, served: Gateway) -> None:
        self._gateway, self._load = served, Load(served.port)
        await self._load.closed(8, 1.0)

    async def overload(self, times: float, seconds: float) -> None:
        busy = self._gateway.cpu_s()
        offered = times * self.capacity
        outcome = await self._load.opened(offered, seconds)
        self._print(f"{times:g} x for {seconds:g} s", offered, outcome, busy)
        goodput, hasty = outcome.goodput / self.capacity, len(outcome.refused) - outcome.retry_after
        accepted_s, refused_s = percentile(outcome.accepted, 0.99), percentile(outcome.refused, 0.99)
        tell = self.verdicts.tell
        tell("goodput, of capacity", f"{100 * goodput:.0f} %", good=goodput >= LEAST_GOODPUT)
        tell("p99 of what is accepted", f"{1000 * accepted_s:.0f} ms", good=accepted_s < DEADLINE_S)
        tell("p99 of refusals", f"{1000 * refused_s:.0f} ms", good=refused_s < REFUSAL_S)
        tell("refusals without Retry-After", hasty, good=hasty == 0)
        tell("odd answers", outcome.odd[:3] or "none", good=not outcome.odd)

    async def light(self, share: float, runs: int, seconds: float) -> None:
        for number in range(1, runs + 1):
            busy = self._gateway.cpu_s()
            outcome = await self._load.opened(share * self.capacity, seconds)
            self._print(f"{100 * share:.0f} %, run {number}", share * self.capacity, outcome, busy)
            worse = len(outcome.refused) + len(outcome.odd)
            self.verdicts.tell("refused or odd at light load", worse, good=worse == 0)
        self._load.close()

    def _print(self, name: str, offered: float, outcome: Outcome, cpu_before_s: float) -> None:
        busy = (self._gateway.cpu_s() - cpu_before_s) / outcome.seconds
        print(row(name, offered, outcome, self.capacity, busy), flush=True)


async def main(options: argparse.Namespace) -> int:
    pin_load()
    print(f"Services answer after {1000 * options.delay:g} ms.\n{HEAD}")
    run = Run()
    # Clients that ask again at once would be refused most of the time; what it can do is measured without refusals.
    with gateway(options.delay, OVERLOAD__ADAPTIVE="false") as served:
        await run.measure_capacity(served, 6.0)
    with gateway(options.delay) as served:
        await run.warm_up(served)
        await run.overload(2.0, options.seconds)
        await run.light(0.8, options.runs, 5.0)
    return run.verdicts.exit_status


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.overload", description=__doc__)
    parser.add_argument("--delay", type=float, default=0.04, help="seconds that services take (0.04)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of overload (30)")
    parser.add_argument("--runs", type=int, default=10, help="at 80 %% load (10)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(uvloop.run(main(parse())))
