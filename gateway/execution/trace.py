"""Trace: what answering one request cost, step by step, for the client that asked for it.

A request asks by `extensions: {"braid": {"trace": true}}` and gets `extensions.trace`. A request that does not ask has
no Trace: the executor then takes one branch per fetch and nothing is measured. Counts, times, names of services and the
plan are told; variable values, addresses and headers never are.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from gateway.errors import BraidError
from gateway.execution.failure import DOWNSTREAM_SERVICE_ERROR
from gateway.execution.joint import Outcome
from gateway.execution.targets import JsonObject
from gateway.planning.plan import FetchStep, Plan
from gateway.planning.printing import plan_as_json
from gateway.services.call import Call, call_log
from gateway.services.errors import SourceError
from gateway.subgraphs.subgraph import SubgraphResponse

ANSWERED = "OK"
SKIPPED = "SKIPPED"
"""Nothing to fetch: no object lies at the step's path, or none that can be presented."""
CANCELLED = "CANCELLED"


def asks_for_trace(extensions: Mapping[str, Any]) -> bool:
    """Whether a request's extensions ask for a trace."""
    wishes = extensions.get("braid")
    return isinstance(wishes, dict) and cast("JsonObject", wishes).get("trace") is True


@dataclass(slots=True)
class StepTrace:
    """One fetch. Times are `time.perf_counter()` seconds.

    targets:  the objects at the step's path, which the executor may find later; empty at the root.
    entities: number of representations sent.
    outcome:  ANSWERED, CANCELLED, or the code of the first error.
    calls:    made for this step. Of a call that serves several steps, the one that asked first has it.
    """

    started_s: float
    targets: Sequence[JsonObject]
    entities: int
    ended_s: float | None = None
    errors: int = 0
    outcome: str = CANCELLED
    calls: list[Call] = field(default_factory=list[Call])


@dataclass(slots=True)
class Trace:
    """Filled while a request is answered; its times count from when it was made."""

    started_s: float = field(default_factory=time.perf_counter)
    planned_s: float = 0.0
    steps: dict[int, StepTrace] = field(default_factory=dict[int, StepTrace])

    def end_planning(self) -> None:
        """Parsing, validation and planning are over."""
        self.planned_s = time.perf_counter()

    async def fetch(
        self, asked: Sequence[tuple[FetchStep, Sequence[JsonObject], int]], fetching: Awaitable[Sequence[Outcome]]
    ) -> Sequence[Outcome]:
        """A fetch for these steps, measured. It raises what that raises. To be run in a task of its own.

        asked: for each step its targets, and the number of representations sent.
        """
        started = time.perf_counter()
        noted = [StepTrace(started, targets, entities) for _, targets, entities in asked]
        self.steps.update((step.id, note) for (step, _, _), note in zip(asked, noted, strict=True))
        call_log.set(noted[0].calls)
        outcomes: Sequence[Outcome] = ()
        try:
            outcomes = await fetching
            return outcomes
        except Exception as error:
            outcomes = [error] * len(noted)
            raise
        finally:
            ended = time.perf_counter()
            for note in noted:
                note.ended_s = ended
            for note, outcome in zip(noted, outcomes, strict=False):
                note.errors, note.outcome = _told(outcome)

    def fail(self, step: FetchStep, code: str) -> None:
        """The executor has no use for what came, or nothing came in time."""
        noted = self.steps.get(step.id)
        if noted is None:
            now = time.perf_counter()
            noted = self.steps[step.id] = StepTrace(now, (), 0, now)
        noted.errors, noted.outcome = max(noted.errors, 1), code

    def report(self, plan: Plan, *, cached: bool) -> JsonObject:
        """What the client gets; the request ends now. cached: the plan was made for an earlier request."""
        return {
            "totalMs": self._ms(time.perf_counter()),
            "planMs": self._ms(self.planned_s),
            "cached": cached,
            "plan": plan_as_json(plan),
            "steps": [self._step(step) for step in plan.steps],
        }

    def _step(self, step: FetchStep) -> JsonObject:
        """parts: told only when some were sent in the step's place."""
        told = self._noted(step.id)
        parts = [self._noted(part.id) for part in step.parts if part.id in self.steps]
        return {**told, "parts": parts} if parts else told

    def _noted(self, number: int) -> JsonObject:
        noted = self.steps.get(number)
        if noted is None:
            return {"id": number, "outcome": SKIPPED, "errors": 0, "entities": 0, "targets": 0, "calls": []}
        return {
            "id": number,
            **self._span(noted.started_s, noted.ended_s),
            "outcome": noted.outcome,
            "errors": noted.errors,
            "entities": noted.entities,
            "targets": len(noted.targets),
            "calls": [{"service": call.service, **self._span(call.started_s, call.ended_s)} for call in noted.calls],
        }

    def _span(self, started_s: float, ended_s: float | None) -> JsonObject:
        end = time.perf_counter() if ended_s is None else ended_s
        return {"startMs": self._ms(started_s), "durationMs": round((end - started_s) * 1000, 3)}

    def _ms(self, moment_s: float) -> float:
        return round((moment_s - self.started_s) * 1000, 3)


def _told(outcome: Outcome) -> tuple[int, str]:
    """How many errors, and what became of it."""
    if isinstance(outcome, SubgraphResponse):
        return len(outcome.errors), _first_code(outcome)
    return 1, outcome.code if isinstance(outcome, SourceError) else BraidError.code


def _first_code(response: SubgraphResponse) -> str:
    if not response.errors:
        return ANSWERED
    extensions = response.errors[0].get("extensions")
    code = cast("JsonObject", extensions).get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else DOWNSTREAM_SERVICE_ERROR
