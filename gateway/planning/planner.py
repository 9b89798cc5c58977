"""Operation x Supergraph -> Plan: solve, write steps, merge them, print their requests. Pure; the result is cached.

What is chosen (a Solution: which source gives which field) is kept apart from how it is written (steps and documents),
so that a choice can be explained, and that merging steps never changes what was chosen. A query's root is one position,
held by nobody. A mutation's fields are each solved alone, since each runs in one subgraph, after the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import count

from gateway.federation.selection import Field, Selections
from gateway.federation.supergraph import Supergraph
from gateway.operation.operation import Operation
from gateway.operation.specialise import collect, specialise
from gateway.planning.contexts import bind_contexts
from gateway.planning.diagnosis import unanswerable_fields
from gateway.planning.document import write_document
from gateway.planning.draft import StepDraft
from gateway.planning.echo import echo_keys
from gateway.planning.emit import Emitter
from gateway.planning.passes import direct, in_order, merge_steps, share_requests
from gateway.planning.plan import FetchStep, Plan, PlanningError
from gateway.planning.representation import build_contexts, build_representation
from gateway.planning.solution import ObjectPlan, Source
from gateway.planning.solver import CHOICES, Solver


def plan_operation(
    operation: Operation,
    conditions: dict[str, bool],
    supergraph: Supergraph,
    *,
    lookups: bool = True,
    echo: Collection[str] = (),
    joins: Collection[str] = (),
    permitted: Selections | None = None,
    choices: int = CHOICES,
) -> Plan:
    """The plan for an operation under these values of its condition variables.

    lookups: whether a root field's arguments may serve as the key of what it returns (`@lookup`).
    echo:    subgraphs whose entities must tell their keys (see gateway.planning.echo).
    joins:   subgraphs that take several entity fetches in one request (see gateway.planning.passes.requests).
    permitted: the operation's selections as far as the client may see what they select; None for all of them.
    choices: how many are tried before the plan is taken that was found till then.

    Raises PlanningError when no set of subgraphs can answer.
    """
    solution = solve_operation(operation, conditions, supergraph, lookups=lookups, permitted=permitted, choices=choices)
    return write_plan(solution, operation, supergraph, echo, joins)


@dataclass(frozen=True, slots=True)
class Solution:
    """What was chosen, before it is written as steps.

    roots: plans of the root, each with the subgraph that runs it: for a query one plan, without a subgraph; for a
           mutation one for each of its fields.
    """

    solver: Solver
    roots: Sequence[tuple[ObjectPlan, str | None]]


def solve_operation(
    operation: Operation,
    conditions: dict[str, bool],
    supergraph: Supergraph,
    *,
    lookups: bool = True,
    permitted: Selections | None = None,
    choices: int = CHOICES,
) -> Solution:
    """Which source gives which field. Arguments and errors as in `plan_operation`."""
    selected = specialise(operation, conditions) if permitted is None else permitted
    selections = bind_contexts(selected, operation.root_type, supergraph, operation.variable_definitions)
    solver = Solver(supergraph, lookups=lookups, choices=choices)
    if operation.kind != "mutation":
        return Solution(solver, [(_solve_query(selections, solver, operation), None)])
    fields = collect(selections, operation.root_type, supergraph)
    commands = [field for field in fields if not field.name.startswith("__")]
    return Solution(solver, [_solve_mutation(field, solver, operation, supergraph) for field in commands])


def write_plan(
    solution: Solution,
    operation: Operation,
    supergraph: Supergraph,
    echo: Collection[str] = (),
    joins: Collection[str] = (),
) -> Plan:
    """The steps of a solution. echo, joins: as in `plan_operation`."""
    emitter = Emitter(supergraph)
    for plan, graph in solution.roots:
        if graph is None:
            emitter.query(plan)
        else:
            emitter.mutation(plan, graph)
    merge_steps(emitter.steps, supergraph)
    echo_keys(emitter.steps, echo, supergraph)
    ordered = in_order(emitter.steps)
    steps = _Finishing(ordered, operation, supergraph).steps()
    return Plan(operation.root_type, steps, share_requests(ordered, joins), solution.solver.is_cut_short)


def _solve_query(selections: Selections, solver: Solver, operation: Operation) -> ObjectPlan:
    def solve(wanted: Selections) -> ObjectPlan | None:
        return solver.solve(operation.root_type, wanted, ())

    plan = solve(selections)
    if plan is None:
        raise _unsatisfiable(selections, lambda alone: solve(alone) is not None)
    return plan


def _solve_mutation(
    field: Field, solver: Solver, operation: Operation, supergraph: Supergraph
) -> tuple[ObjectPlan, str]:
    """A mutation runs in exactly one subgraph, even when several could: the one with the best plan for the rest."""

    def solve(wanted: Selections) -> list[tuple[tuple[int, int, int], str, ObjectPlan]]:
        graphs = supergraph.types[operation.root_type].fields[field.name].sources
        held = {graph: (Source(graph, operation.root_type),) for graph in graphs}
        plans = {graph: solver.solve(operation.root_type, wanted, source) for graph, source in held.items()}
        return [(plan.cost, graph, plan) for graph, plan in plans.items() if plan is not None]

    found = solve((field,))
    if not found:
        raise _unsatisfiable((field,), lambda alone: bool(solve(alone)))
    _, graph, plan = min(found, key=lambda candidate: candidate[:2])
    return plan, graph


def _unsatisfiable(selections: Selections, is_answerable: Callable[[Selections], bool]) -> PlanningError:
    names = unanswerable_fields(selections, is_answerable)
    if not names:
        return PlanningError("No combination of subgraphs can answer all that is selected, though each field alone.")
    quoted = ", ".join(f"'{name}'" for name in names)
    return PlanningError(
        f"No combination of subgraphs can answer {quoted}: the subgraphs that have it cannot be entered from where the"
        " object is found. Leave it out, or give its type a key there."
    )


class _Finishing:
    """Drafts -> steps. Parts of steps get the numbers behind those of the steps."""

    def __init__(self, ordered: Sequence[tuple[StepDraft, int]], operation: Operation, supergraph: Supergraph) -> None:
        self._levels = dict(ordered)
        self._ids = {step: number for number, step in enumerate(self._levels)}
        self._parts = count(len(self._ids))
        self._operation = operation
        self._supergraph = supergraph

    def steps(self) -> tuple[FetchStep, ...]:
        return tuple(self._step(draft, self._ids[draft]) for draft in self._levels)

    def _step(self, draft: StepDraft, number: int) -> FetchStep:
        supergraph = self._supergraph
        written = write_document(draft, self._operation.variable_definitions, supergraph)
        representations = {
            name: build_representation(name, entry, draft.graph, supergraph) for name, entry in draft.entries.items()
        }
        return FetchStep(
            id=number,
            graph=draft.graph,
            kind=draft.kind,
            path=draft.path,
            dependencies=self._numbers(draft.needs),
            merge_after=self._numbers(draft.merge_after),
            document=written.document,
            variables=written.variables,
            representations=representations,
            fields=_filled(draft, supergraph),
            rename=written.rename,
            level=1 + max((self._levels[need] for need in draft.needs), default=0),
            representations_as=written.representations_as,
            text=written.text,
            echoed=draft.echoed,
            contexts=build_contexts(draft.contexts, supergraph) if draft.contexts is not None else None,
            parts=tuple(self._step(part, next(self._parts)) for part in draft.parts),
        )

    def _numbers(self, awaited: set[StepDraft]) -> tuple[int, ...]:
        return tuple(sorted(self._ids[step] for step in direct(awaited)))


def _filled(draft: StepDraft, supergraph: Supergraph) -> dict[str, tuple[str, ...]]:
    """Runtime type -> the internal keys that a step fills on its objects."""
    if draft.kind != "entities":
        kind = "query" if draft.path else draft.kind
        return {supergraph.roots[kind]: tuple(draft.selection.fields)}
    filled: dict[str, tuple[str, ...]] = {}
    for type_name, entry in draft.entries.items():
        selected = [below for types, below in draft.selection.by_type.items() if entry.as_type in types]
        echoed = draft.echoed.get(entry.as_type, {})
        filled[type_name] = tuple(key for below in selected for key in below.fields if key not in echoed)
    return filled
