"""One cell of the matrix: a fault at a service while the clients ask, what came of it, and what must have."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psutil

from mock_services.estate import Estate
from mock_services.faults import Proxies
from tests.chaos.clients import Report
from tests.chaos.crowd import Crowd
from tests.chaos.dashboard import Judgement, Place, judge, places_of
from tests.chaos.faults import Fault
from tests.shop.discretion import indiscretions

DEADLINE_S = 0.5
SLACK_S = 0.05
"""By how much an answer may be later than the deadline, at p99."""
GROWTH_MB = 20.0
RECOVERY_S = 5.0

LOAD_S = 0.8
PERIOD_S = 0.4
SAMPLE_S = 0.01
LAGGING_S = 0.01
"""A client process that was itself late by this much has measured itself. Such a cell is measured again."""
TRIES = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs. expected: each client's undisturbed data, in the order of the clients."""

    estate: Estate
    proxies: Proxies
    gateway: psutil.Process
    crowd: Crowd
    expected: Sequence[Any]

    def strikes(self, fault: Fault, service: str) -> int:
        counted = self.estate.strikes(service) if fault.of == "service" else self.proxies.strikes(service)
        return counted.get(fault.kind, 0)

    @contextmanager
    def disturbed(self, fault: Fault, service: str) -> Iterator[None]:
        if fault.of == "service":
            self.estate.chaos(service, **fault.settings)
        else:
            self.proxies.set(service, **fault.settings)
        try:
            yield
        finally:
            self.estate.clear_chaos()
            self.proxies.clear(service)

    def all_is_well(self) -> bool:
        """Whether each client gets its undisturbed answer, all of them asking at once."""
        return all(
            asked.status == 200 and msgspec.json.decode(asked.body) == {"data": self.expected[asked.client]}
            for asked in self.crowd.ask_once()
        )


@dataclass(slots=True)
class Cell:
    """What was seen. struck: requests that the fault struck. recovered_s: until all was well; None: was not in time."""

    fault: Fault
    service: str
    report: Report
    struck: int
    growth_mb: float
    recovered_s: float | None
    measured: int = 1
    judgements: list[Judgement] = field(default_factory=list[Judgement])
    faults_found: list[str] = field(default_factory=list[str])

    @property
    def p99_s(self) -> float:
        times = sorted(asked.seconds for asked in self.report.answers)
        return times[math.ceil(0.99 * len(times)) - 1]

    @property
    def was_late(self) -> bool:
        return self.p99_s > DEADLINE_S + SLACK_S

    @property
    def codes(self) -> Counter[str]:
        return sum((judgement.codes for judgement in self.judgements), Counter[str]())


def play(stage: Stage, fault: Fault, service: str) -> Cell:
    """Disturb, ask, clear, and wait until all is well. Again when the clients' own process was too late to tell."""
    for measured in range(1, TRIES + 1):
        cell = _play_once(stage, fault, service)
        cell.measured = measured
        if not (cell.was_late and cell.report.lag_s > LAGGING_S):
            break
    for asked in cell.report.answers:
        answer = msgspec.json.decode(asked.body) if asked.status == 200 else {}
        cell.judgements.append(judge(stage.expected[asked.client], answer, service))
    return cell


def _play_once(stage: Stage, fault: Fault, service: str) -> Cell:
    before = stage.strikes(fault, service)
    with stage.disturbed(fault, service), _watched(stage.gateway) as growth:
        report = stage.crowd.ask_for(LOAD_S, PERIOD_S)
        struck = stage.strikes(fault, service) - before
    return Cell(fault, service, report, struck, growth[0] / 1e6, _recover(stage))


def _recover(stage: Stage) -> float | None:
    began = time.monotonic()
    while time.monotonic() < began + RECOVERY_S:
        if stage.all_is_well():
            return time.monotonic() - began
    return None


@contextmanager
def _watched(process: psutil.Process) -> Iterator[list[int]]:
    """By how many bytes the process's resident memory grew at most within the block, in a list of one."""
    before = process.memory_info().rss
    growth = [0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_S):
            growth[0] = max(growth[0], process.memory_info().rss - before)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield growth
    finally:
        over.set()
        watching.join()


def check(stage: Stage, cell: Cell) -> list[str]:
    """Everything that is not as promised, in words; nothing when all is."""
    found = [*_check_process(cell), *_check_answers(cell), *_check_costs(stage, cell)]
    cell.faults_found = found
    return found


def _check_process(cell: Cell) -> Iterator[str]:
    if not cell.struck:
        yield "the fault did not happen"
    if cell.was_late:
        starved = f"; the clients' process was itself late by {1000 * cell.report.lag_s:.0f} ms"
        yield f"p99 is {1000 * cell.p99_s:.0f} ms" + (starved if cell.report.lag_s > LAGGING_S else "")
    if cell.growth_mb > GROWTH_MB:
        yield f"the gateway grew by {cell.growth_mb:.1f} MB"
    if cell.recovered_s is None:
        yield f"not all was well {RECOVERY_S:g} s after the fault"


def _check_answers(cell: Cell) -> Iterator[str]:
    for asked, judgement in zip(cell.report.answers, cell.judgements, strict=True):
        if asked.status != 200:
            yield f"client {asked.client} got {asked.status}: {asked.body[:100]}"
        if judgement.crossed:
            yield f"client {asked.client} got what is not its own: {judgement.crossed}"
        if judgement.missing:
            yield f"client {asked.client} misses healthy {judgement.missing}"
        if judgement.blamed:
            yield f"client {asked.client} has wrong errors: {judgement.blamed}"
        if told := indiscretions(asked.body):
            yield f"client {asked.client} is told {told}"


def _check_costs(stage: Stage, cell: Cell) -> Iterator[str]:
    lost: list[set[Place]] = [judgement.lost for judgement in cell.judgements]
    costs = cell.fault.costs_at(cell.service)
    if costs == "all":
        for asked, places in zip(cell.report.answers, lost, strict=True):
            if places != places_of(cell.service, stage.expected[asked.client]):
                yield f"client {asked.client} lost {sorted(places, key=str)}"
    elif costs == "some" and not any(lost):
        yield "nothing was lost"
    elif costs == "nothing" and any(lost):
        yield f"something was lost in {sum(map(bool, lost))} of {len(lost)} answers"
    if surplus := cell.codes.keys() - cell.fault.codes:
        yield f"codes {sorted(surplus)}"
