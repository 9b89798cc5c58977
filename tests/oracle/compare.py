"""One question to both gateways, and what came of it.

Both run over the same poisoned fakes, ours in process, the other's behind HTTP. A third answer is the monolith's: one
schema over the same data, which knows no federation. So a difference has an owner: who differs from the monolith.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from gateway.errors import BraidError
from gateway.operation.errors import OPERATION_TOO_LARGE
from gateway.planning.plan import Plan
from tests.oracle.apollo import Answer, Apollo, Cost, Refused
from tests.oracle.served_fakes import ServedFakes
from tests.support.gateway import Gateway, plan_text
from tests.support.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Ours:
    """data: None when the operation was refused; errors: messages."""

    data: Any
    errors: list[str]
    cost: Cost | None
    plan: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One case. truth: the monolith's data. complaints: what the fakes say of the other's requests."""

    scenario: str
    query: str
    variables: Mapping[str, Any]
    ours: Ours
    theirs: Answer
    truth: Any
    complaints: list[str]

    @property
    def is_equal(self) -> bool:
        """Same data, and errors on both sides or on neither."""
        return self.ours.data == self.theirs.data and bool(self.ours.errors) == bool(self.theirs.errors)

    @property
    def costs(self) -> tuple[Cost, Cost] | None:
        """Ours and theirs, where both have a plan and the same answer; what answers something else is no match."""
        if self.is_equal and self.ours.cost and self.theirs.cost:
            return self.ours.cost, self.theirs.cost
        return None

    def difference(self) -> str:
        """Where they differ first, for a person and for the list of faults."""
        found = next(differences(self.ours.data, self.theirs.data), "")
        errors = f"errors: {self.ours.errors[:2]} and {self.theirs.errors[:2]}"
        return f"{found or errors} (the other's errors: {self.theirs.errors[:2]}; complaints: {self.complaints[:2]})"


class NoCase(Exception):
    """The question is over our limits, which the other has not."""


class Both:
    """Our gateway and the other one over one scenario after the other."""

    def __init__(self, apollo: Apollo, fakes: ServedFakes) -> None:
        self._apollo = apollo
        self._fakes = fakes
        self._scenario: Scenario | None = None
        self._ours: Gateway | None = None

    async def load(self, scenario: Scenario, supergraph: str) -> None:
        """Raises Refused when the other gateway cannot load the graph."""
        self._scenario, self._ours = scenario, Gateway(scenario, lookups=False)
        self._fakes.show(scenario)
        await self._apollo.load(supergraph, self._fakes.base)

    async def ask(self, query: str, variables: Mapping[str, Any]) -> Compared:
        """Raises NoCase; GaveUp when the other does not answer."""
        scenario = self._scenario
        assert scenario is not None
        self._fakes.show(scenario)
        try:
            theirs = await self._apollo.ask(query, variables)
        except Refused as problem:
            theirs = Answer(None, [str(problem)], None, "")
        complaints = self._fakes.complaints()
        truth = scenario.monolith.answer(query, variables, scenario.start()).data
        return Compared(
            scenario.name, query, variables, await self._ask_ours(query, variables), theirs, truth, complaints
        )

    async def _ask_ours(self, query: str, variables: Mapping[str, Any]) -> Ours:
        assert self._ours is not None
        try:
            plan = self._ours.plan(query, variables)
            answer = await self._ours.ask(query, variables, deadline_s=60)
        except BraidError as problem:
            if problem.code == OPERATION_TOO_LARGE:
                raise NoCase(problem.message) from problem
            return Ours(None, [problem.message], None, "")
        errors = [str(error["message"]) for error in answer.errors]
        return Ours(answer.data, errors, cost_of_ours(plan), plan_text(plan))


def cost_of_ours(plan: Plan) -> Cost | None:
    """None for a plan without steps, as the other has none then."""
    return Cost(len(plan.steps), max(step.level for step in plan.steps)) if plan.steps else None


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Each place where two values differ: "a/0/b: 1 and null"."""
    one, other = _members(ours), _members(theirs)
    if one and other and type(ours) is type(theirs) and (isinstance(ours, dict) or one.keys() == other.keys()):
        for key in sorted(one.keys() | other.keys(), key=str):
            yield from differences(one.get(key, "nothing"), other.get(key, "nothing"), f"{path}/{key}")
    elif ours != theirs:
        yield f"{path}: {ours!r} and {theirs!r}"


def _members(value: Any) -> dict[Any, Any]:
    """What is in a mapping by name, in a list by index; nothing for all else."""
    if isinstance(value, list):
        return dict(enumerate(cast("list[Any]", value)))
    return cast("dict[Any, Any]", value) if isinstance(value, dict) else {}
