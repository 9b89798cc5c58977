"""Why a plan is as it is: for every field of every step, how it is had there, and what the other subgraphs that have it
would have cost or lacked.

Problem: a plan shows what was chosen. Whoever wonders why an object is not read elsewhere needs what was not chosen.
Naive:   let the solver note every option that it looks at. It looks at thousands, and planning would pay for it.
Idea:    the solver remembers, for each position that it solved, what held the object. That and the model are all that a
         choice depends on, so options are asked for again, position by position, once somebody wants to know.
Invariant: nothing is decided here. What is told of a cost is the solver's own plan with that one choice changed, as it
         was before steps were merged.

Fields that serve a key or a requirement are told for what they serve, not against what else could have served it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gateway.federation.selection import Field, print_selections
from gateway.federation.supergraph import Supergraph
from gateway.operation.operation import Operation
from gateway.operation.specialise import collect
from gateway.planning.plan import FetchStep, Plan
from gateway.planning.planner import Solution, solve_operation, write_plan
from gateway.planning.reach import Held
from gateway.planning.reasons import fields_sources, why_not_had
from gateway.planning.solution import (
    ARGUMENTS,
    AbstractPlan,
    Item,
    Jump,
    ObjectPlan,
    Source,
    item_depth,
    item_fetches,
    shallowest,
)
from gateway.planning.solver import CHOICES

_WORD = re.compile(r"\w+")

Keys = tuple[str, ...]
"""A path as internal keys."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another subgraph that has the field. possible: it could have given it. told: what that costs, or why not."""

    graph: str
    possible: bool
    told: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step fetches one field.

    coordinate:   `Film.title`; the type is the object's own, whatever the subgraph knows it as.
    path:         where the object lies, as internal keys.
    how:          how its subgraph comes to be asked; "" for what only serves others.
    serves:       keys and requirements that need the field; () when only the client asked for it.
    alternatives: the other subgraphs that have it, by name.
    """

    coordinate: str
    path: Keys
    how: str
    serves: tuple[str, ...]
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class ExplainedPlan:
    """reasons: by the step's id, in the order of its fields. supergraph: what the plan was made for."""

    plan: Plan
    reasons: Mapping[int, tuple[Reason, ...]]
    supergraph: Supergraph


def explain_plan(
    operation: Operation,
    conditions: dict[str, bool],
    supergraph: Supergraph,
    *,
    lookups: bool = True,
    echo: Collection[str] = (),
    joins: Collection[str] = (),
    choices: int = CHOICES,
) -> ExplainedPlan:
    """The plan that `plan_operation` makes of the same arguments, with the reasons for it. Raises PlanningError."""
    solution = solve_operation(operation, conditions, supergraph, lookups=lookups, choices=choices)
    plan = write_plan(solution, operation, supergraph, echo, joins)
    return ExplainedPlan(plan, _Walk(solution, plan, supergraph).reasons(), supergraph)


@dataclass(slots=True)
class _Note:
    """A reason in the making."""

    how: str = ""
    serves: dict[str, None] = field(default_factory=dict[str, None])
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class _At:
    """Where objects lie, and which steps hold them for each subgraph that does.

    Several: one path of keys can lead to objects of several types, and to a step for each of them.
    """

    type: str
    path: Keys
    holding: Mapping[str, tuple[int, ...]]


class _Walk:
    """Goes through a solution beside the plan that was written of it."""

    def __init__(self, solution: Solution, plan: Plan, supergraph: Supergraph) -> None:
        self._solver = solution.solver
        self._held = solution.solver.positions_of()
        self._roots = [root for root, _ in solution.roots]
        self._plan = plan
        self._supergraph = supergraph
        self._notes: dict[int, dict[tuple[Keys, str], _Note]] = {step.id: {} for step in plan.steps}
        self._seen: set[tuple[object, ...]] = set()
        self._steps: dict[tuple[str, Keys], list[FetchStep]] = {}
        for step in plan.steps:
            self._steps.setdefault((step.graph, tuple(element.key for element in step.path)), []).append(step)
        self._words = {step.id: frozenset(_WORD.findall(step.document)) for step in plan.steps}

    def reasons(self) -> dict[int, tuple[Reason, ...]]:
        for root in self._roots:
            self._object(root, _At(root.type, (), {}))
        for step in self._plan.steps:
            self._echoes(step)
        return {
            step: tuple(
                Reason(coordinate, path, note.how, tuple(note.serves), note.alternatives)
                for (path, coordinate), note in notes.items()
            )
            for step, notes in self._notes.items()
        }

    # -- going through ---------------------------------------------------------------------------------------------

    def _object(self, plan: ObjectPlan, at: _At) -> None:
        seen = (plan, at.path, tuple(sorted(at.holding.items())))
        if seen in self._seen:
            return
        self._seen.add(seen)
        held = self._held.get(plan)
        for item in plan.items:
            alternatives = self._alternatives(plan, item, held) if held is not None else ()
            self._item(item, at, "", alternatives)

    def _item(self, item: Item, at: _At, serves: str, alternatives: tuple[Alternative, ...] = ()) -> None:
        """One field that is read at this position, and everything that it stands on and that lies below it."""
        below: dict[str, tuple[int, ...]] = {}
        for source in item.providers:
            steps = self._steps_of(source, item.field, at)
            if not steps:
                continue
            below[source.graph] = steps
            for step in steps:
                note = self._notes[step].setdefault((at.path, f"{at.type}.{item.field.name}"), _Note())
                if serves:
                    note.serves[serves] = None
                elif not note.how:
                    note.how, note.alternatives = self._how(source, item.field, at.type), alternatives
            if source.jump is not None:
                self._needs(source.jump, item.field, at)
        if item.child is not None:
            self._children(item.child, item.field, at, below, serves)

    def _needs(self, jump: Jump, wanted: Field, at: _At) -> None:
        """What a jump's representations are made of."""
        seen = (jump, at.path, at.type, wanted.name if jump.requires else "")
        if seen in self._seen:
            return
        self._seen.add(seen)
        in_key = {field.key for field in collect(jump.key, at.type, self._supergraph)}
        for item in jump.needs:
            as_key = f"key of {jump.graph}"
            as_requirement = f"required by {jump.graph} for {at.type}.{wanted.name}"
            self._item(item, at, as_key if item.field.key in in_key else as_requirement)

    def _children(
        self, child: AbstractPlan, wanted: Field, at: _At, holding: dict[str, tuple[int, ...]], serves: str
    ) -> None:
        path = (*at.path, wanted.key)
        told = child.narrowing
        if told is not None and told.jump is not None:
            self._needs(told.jump, wanted, _At(told.type, path, holding))
            found = tuple(step.id for step in self._steps.get((told.graph, path), ()) if step.kind == "entities")
            for step in found:
                note = self._notes[step].setdefault((path, f"{told.type}.__typename"), _Note())
                note.how = f"tells what the objects are, which {_names(holding)} knows as {told.type} only"
            if found:
                holding = {**holding, told.graph: found}
        for plan in child.by_type:
            if serves:
                for item in plan.items:
                    self._item(item, _At(plan.type, path, holding), serves)
            else:
                self._object(plan, _At(plan.type, path, holding))

    def _steps_of(self, source: Source, wanted: Field, at: _At) -> tuple[int, ...]:
        """The steps that read a field of the objects here; none for what arguments give."""
        if source.graph == ARGUMENTS:
            return ()
        if source.jump is None and source.graph in at.holding:
            steps = at.holding[source.graph]
        else:
            candidates = self._steps.get((source.graph, at.path), [])
            steps = tuple(step.id for step in candidates if wanted.key in step.fields.get(at.type, ()))
        # Of the steps on one path some may be for other types only.
        return tuple(step for step in steps if wanted.name in self._words[step])

    def _echoes(self, step: FetchStep) -> None:
        path = tuple(element.key for element in step.path)
        for as_type, names in step.echoed.items():
            for name in names.values():
                note = self._notes[step.id].setdefault((path, f"{as_type}.{name}"), _Note())
                note.serves["verified against the key that was asked for"] = None

    # -- telling ---------------------------------------------------------------------------------------------------

    def _how(self, source: Source, wanted: Field, type_name: str) -> str:
        info = self._supergraph.source(source.type, wanted.name, source.graph)
        jump = source.jump
        if jump is None:
            if info is not None and info.external:
                return "provided on the way there"
            return "a mutation's field" if self._supergraph.is_root(type_name) else "already holds the object"
        if self._supergraph.is_root(jump.as_type):
            return "a root field"
        as_type = f" as {jump.as_type}" if jump.as_type != type_name else ""
        entered = f"entered{as_type} by `{print_selections(jump.key)}`"
        return f"{entered}, computes it from `{print_selections(jump.requires)}`" if jump.requires else entered

    def _alternatives(self, plan: ObjectPlan, item: Item, held: Held) -> tuple[Alternative, ...]:
        """The other subgraphs that have a field of this position."""
        chosen = {source.graph for source in item.providers}
        options = self._solver.providers(plan.type, item.field, held)
        found: dict[str, Alternative] = {}
        for source in options:
            if source.graph not in chosen and source.graph not in found:
                found[source.graph] = self._priced(plan, item, source, options)
        graphs = {source.graph for source in held}
        for graph, why in why_not_had(plan.type, item.field.name, graphs, self._supergraph):
            if graph not in chosen and graph not in found:
                found[graph] = Alternative(graph, False, why)
        for graph, _, _ in fields_sources(plan.type, item.field.name, self._supergraph):
            if graph not in chosen and graph not in found:
                found[graph] = Alternative(graph, False, "not among those that can be asked here")
        return tuple(found[graph] for graph in sorted(found))

    def _priced(self, plan: ObjectPlan, item: Item, source: Source, options: list[Source]) -> Alternative:
        """What the position would have cost with this source in place of the chosen."""
        items = self._solver.alternatives(plan.type, item.field, [source], options)
        if not items:
            return Alternative(source.graph, False, "cannot give all that is selected below it")
        other = min(items, key=shallowest)
        rest = tuple(one for one in plan.items if one is not item)
        more = len(item_fetches((*rest, other))) - len(plan.fetches)
        return Alternative(source.graph, True, _cost(more, item_depth(other) - item_depth(item)))


def _cost(more: int, later: int) -> str:
    """Requests and levels that a choice costs more, or less when negative, than the one that was made."""
    parts = [
        *([_counted(abs(more), "request") + (" more" if more > 0 else " fewer")] if more else []),
        *([_counted(abs(later), "level") + (" later" if later > 0 else " earlier")] if later else []),
    ]
    return (" but " if more * later < 0 else " and ").join(parts) or "as cheap"


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _names(graphs: Collection[str]) -> str:
    return " and ".join(sorted(graphs))
