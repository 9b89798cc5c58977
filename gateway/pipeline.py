"""The stages that a request passes through, in order. Read this first.

    text ── prepare ── Operation ── plan ── Plan ── execute ── data + failures ── shape ── response
            pure, cached            pure, cached    all the I/O                   pure

Each stage is a function from values to values and knows nothing of the others. `braid show` prints what each made.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from cachetools import LRUCache

from gateway.authorization.authorizer import Authorizer
from gateway.errors import BraidError
from gateway.execution.execute import execute_plan
from gateway.execution.introspection import introspect
from gateway.execution.joint import JoinOptions
from gateway.execution.split import Reserve
from gateway.execution.trace import Trace, asks_for_trace
from gateway.federation.access import Rules
from gateway.federation.selection import Field
from gateway.federation.supergraph import Supergraph
from gateway.operation.cost import OperationCost, compile_cost
from gateway.operation.cost_limit import CostLimit, check_cost, check_fetches
from gateway.operation.errors import MUTATION_NOT_ALLOWED, RequestError
from gateway.operation.limits import Limits, check_values
from gateway.operation.operation import Operation
from gateway.operation.permitted import Denied, RuleIndex, Sight, permit, unauthorized_errors
from gateway.operation.prepare import prepare_operation
from gateway.operation.request import GraphQLRequest
from gateway.operation.specialise import collect, specialise
from gateway.operation.traits import Traits
from gateway.operation.variables import coerce_variables, condition_values
from gateway.overrides import Overrides
from gateway.planning.labels import touched_labels
from gateway.planning.plan import Plan, PlanningError
from gateway.planning.planner import plan_operation
from gateway.response.response import GraphQLResponse
from gateway.response.shape import ObjectShape, build_shape
from gateway.response.shape_response import shape_response
from gateway.services.request import RequestContext
from gateway.sharing import Answered, Sharing
from gateway.subgraphs.subgraph import Subgraph
from gateway.telemetry.caches import CountedCache
from gateway.telemetry.telemetry import Telemetry, WatchedRequest
from gateway.turns import take_turn

# An operation with more condition variables and override labels than this, together, could fill the plan cache alone:
# its plans are not kept.
_MAX_CACHED_CHOICES = 8
_MOST_LOGGED = 100

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.pipeline")


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """What an operator may choose of the pipeline.

    lookups: root arguments serve as keys (`@lookup`). verify_keys: subgraphs whose entities must tell their keys.
    join: which fetches may share a request.
    explain: clients may ask for a trace of their request.
    sharing: identical queries that are under way at the same time are executed once.
    deadlines_s: by operation name, in place of what the context allows.
    operations, plans: how many are kept, least used out first. cache_bytes: what either may take, by estimate.
    overrides: how the labels of progressive overrides are decided.
    authorizer: who decides which of the graph's access rules a request fulfils; without one, it fulfils none.
    """

    lookups: bool = True
    verify_keys: frozenset[str] = frozenset()
    join: JoinOptions = field(default_factory=JoinOptions)
    introspection: bool = True
    explain: bool = False
    sharing: bool = False
    operations: int = 1000
    plans: int = 1000
    cache_bytes: int = 32_000_000
    deadlines_s: Mapping[str, float] = field(default_factory=dict[str, float])
    limits: Limits = field(default_factory=Limits)
    cost: CostLimit = field(default_factory=CostLimit)
    overrides: Overrides = field(default_factory=Overrides)
    authorizer: Authorizer | None = None


@dataclass(slots=True, eq=False)
class Prepared:
    """All that can be known of an operation before its variables: its plan, its cost and the shape of its answer.

    denied: what of the operation these clients may not see. Left out, unless it is only observed.
    operation_bytes: what the operation itself takes in memory, by estimate.
    made_s: when, as time.perf_counter() has it.
    reserve: what the end of a request's time is kept for; it learns from every answer.
    uses:    how often it was asked for. Together with `reserve` all that ever changes.
    """

    plan: Plan
    shape: ObjectShape
    cost: OperationCost
    introspects: bool
    denied: Sequence[Denied] = ()
    operation_bytes: int = 0
    made_s: float = field(default_factory=time.perf_counter)
    reserve: Reserve = field(default_factory=Reserve)
    uses: int = 0


class Pipeline:
    """One supergraph, ready to answer. Stateless between requests but for its caches."""

    def __init__(
        self,
        supergraph: Supergraph,
        subgraphs: Mapping[str, Subgraph],
        options: PipelineOptions | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        self.supergraph = supergraph
        self.subgraphs = subgraphs
        self.options = options or PipelineOptions()
        self.telemetry = telemetry or Telemetry()
        options = self.options
        self._operations: CountedCache[tuple[str, str | None], Operation] = CountedCache(
            options.operations, options.cache_bytes, _weigh_operation
        )
        self._prepared: CountedCache[tuple[Operation, Traits], Prepared] = CountedCache(
            options.plans, options.cache_bytes, _weigh_prepared
        )
        self._labels: LRUCache[tuple[Operation, tuple[bool, ...]], frozenset[str]] = LRUCache(self.options.plans)
        self._sharing = Sharing() if self.options.sharing else None
        self._rules = RuleIndex(supergraph)

    def show(self) -> None:
        """Let the metrics tell of this pipeline: several may share them, of which one serves."""
        self.telemetry.metrics.sharing = self._sharing
        self.telemetry.metrics.caches = {"operations": self._operations, "plans": self._prepared}

    async def learn_from(self, other: Pipeline, most: int) -> int:
        """Plan what `other` was asked for most often, so that its clients find these plans made; gives their number.

        One costs milliseconds, so running requests get their turn after each. What is no longer valid is left out.
        """
        if self._sharing is not None and other._sharing is not None:
            self._sharing = other._sharing  # a mutation that the other still runs is to be seen by queries here
        hottest = sorted(other._prepared.items(), key=lambda entry: entry[1].uses)[-most:] if most else []
        planned = 0
        for (operation, traits), _ in hottest:
            await asyncio.sleep(0)
            with contextlib.suppress(BraidError):
                known = self.prepare(operation.text, operation.name)
                labels = traits.labels & self._touched(known, traits.conditions)
                access = traits.access and traits.access & self._rules.rules_of(known)
                self._plan_under(known, Traits(traits.conditions, labels, access or None))
                planned += 1
        return planned

    async def run(self, request: GraphQLRequest, context: RequestContext) -> GraphQLResponse:
        """Answer one operation, by the context's deadline, with all that has arrived.

        Raises RequestError when the client's document or variables are at fault.
        """
        seen = self.telemetry.open_request(context)
        try:
            response = await self._answer(request, context, seen)
        except BaseException as error:
            seen.ended_by(error)
            raise
        seen.answered(response)
        return response

    async def _answer(self, request: GraphQLRequest, context: RequestContext, seen: WatchedRequest) -> GraphQLResponse:
        await take_turn()
        trace = Trace() if self.options.explain and asks_for_trace(request.extensions) else None
        operation = self.prepare(request.document, request.operation_name)
        if request.queries_only and operation.kind != "query":
            raise RequestError.single(MUTATION_NOT_ALLOWED, "Only queries are allowed here; send a mutation by POST.")
        check_values(request.variables, self.options.limits)
        variables = coerce_variables(operation, request.variables, self.supergraph.api_schema)
        traits = await self._traits(operation, variables, context)
        try:
            self._refuse_denied(operation, traits, seen)
            prepared = self._prepare_plan(operation, traits)
        except PlanningError as error:
            return GraphQLResponse(None, [{"message": error.message, "extensions": {"code": error.code}}])
        if trace is not None:
            trace.end_planning()
        seen.planned(operation, prepared.plan)
        if prepared.denied:
            seen.restricted("filtered" if self._restricts else "observed")
        cost = self._check_cost(prepared, variables, seen)
        if request.spend is not None:
            await request.spend(cost)
        self._split_time(operation, prepared, context)

        async def execute(context: RequestContext) -> Answered:
            return await self._execute(operation, prepared, variables, context, trace)

        if operation.kind == "query" and self._sharing is not None and trace is None:
            answered = await self._sharing.answer(((self, traits), request), variables, context, execute)
        else:
            try:
                answered = await execute(context)
            finally:
                if operation.kind != "query" and self._sharing is not None:
                    self._sharing.close_to_newcomers()
        seen.fetched(answered.failures)
        if trace is None:
            return answered.response
        report = {"cost": cost, **trace.report(prepared.plan, cached=prepared.made_s < trace.started_s)}
        return replace(answered.response, extensions={**answered.response.extensions, "trace": report})

    async def _execute(
        self,
        operation: Operation,
        prepared: Prepared,
        variables: Mapping[str, Any],
        context: RequestContext,
        trace: Trace | None,
    ) -> Answered:
        schema = self.supergraph.api_schema
        introspected = introspect(operation, variables, schema) if prepared.introspects else None
        fetched = await execute_plan(
            prepared.plan, variables, self.subgraphs, schema, context, trace, self.options.join
        )
        fetched_s = time.perf_counter()
        response = shape_response(prepared.shape, fetched.data, fetched.failures, introspected)
        prepared.reserve.learn(time.perf_counter() - fetched_s)
        return Answered(response, fetched.failures)

    def _split_time(self, operation: Operation, prepared: Prepared, context: RequestContext) -> None:
        """What this operation is given, and what of it is kept for putting its answer together. Changes the context."""
        name = operation.definition.name
        seconds = None if name is None else self.options.deadlines_s.get(name.value)
        if seconds is not None:
            context.allow(seconds)
        context.reserve_s = prepared.reserve.seconds(context.fetching_s())

    def _check_cost(self, prepared: Prepared, variables: Mapping[str, Any], seen: WatchedRequest) -> int:
        """What the operation costs. Raises RequestError when that is too much, and nothing has been fetched yet."""
        check_fetches(len(prepared.plan.steps), self.options.limits.fetches)
        cost = prepared.cost.measure(variables)
        seen.measured(cost)
        check_cost(cost, prepared.cost, variables, self.options.cost)
        return cost

    def prepare(self, document: str, operation_name: str | None = None) -> Operation:
        """The validated operation, from the cache when its text was seen before. Raises RequestError."""
        key = (document, operation_name)
        operation = self._operations.find(key)
        if operation is None:
            operation = prepare_operation(
                document,
                operation_name,
                self.supergraph,
                self.options.limits,
                introspection=self.options.introspection,
            )
            self._operations.keep(key, operation)
        return operation

    def plan(self, operation: Operation, variables: Mapping[str, Any], labels: frozenset[str] = frozenset()) -> Plan:
        """The plan for an operation under these coerced variables and override labels. Raises PlanningError."""
        conditions = _conditions(operation, variables)
        return self._prepare_plan(operation, Traits(conditions, labels & self._touched(operation, conditions))).plan

    async def _traits(self, operation: Operation, variables: Mapping[str, Any], context: RequestContext) -> Traits:
        """What of this request decides the plan."""
        conditions = _conditions(operation, variables)
        labels = self._touched(operation, conditions)
        if labels:
            name = operation.definition.name.value if operation.definition.name is not None else None
            decide = self.options.overrides.active
            labels = await decide(labels, name, context.client_headers, context.request_id)
        return Traits(conditions, labels, await self._unmet(operation, context))

    async def _unmet(self, operation: Operation, context: RequestContext) -> Rules | None:
        """The access rules of what the operation selects that the request does not fulfil; None when there are none."""
        rules = self._rules.rules_of(operation)
        authorizer = self.options.authorizer
        if rules and authorizer is not None:
            rules = await authorizer.unmet(rules, context.claims, context.client_headers)
        return rules or None

    @property
    def _restricts(self) -> bool:
        """Whether clients get less for rules that they do not fulfil."""
        return self.options.authorizer is None or self.options.authorizer.mode != "observe"

    def _refuse_denied(self, operation: Operation, traits: Traits, seen: WatchedRequest) -> None:
        """Raises RequestError when operations are to be refused that ask for more than their client may see."""
        authorizer = self.options.authorizer
        if traits.access is None or authorizer is None or authorizer.mode != "reject":
            return
        conditions = dict(zip(operation.condition_variables, traits.conditions, strict=True))
        sight = Sight(self.supergraph, traits.access)
        _, denied = permit(specialise(operation, conditions), operation.root_type, sight, self.supergraph)
        if denied:
            seen.restricted("refused")
            raise RequestError(unauthorized_errors(denied))

    def _touched(self, operation: Operation, conditions: tuple[bool, ...]) -> frozenset[str]:
        """The override labels on which the operation's plan may depend."""
        if not self.supergraph.labels:
            return frozenset()
        found = self._labels.get((operation, conditions))
        if found is None:
            selections = specialise(operation, dict(zip(operation.condition_variables, conditions, strict=True)))
            found = touched_labels(selections, operation.root_type, self.supergraph)
            self._labels[operation, conditions] = found
        return found

    def _prepare_plan(self, operation: Operation, traits: Traits) -> Prepared:
        prepared = self._plan_under(operation, traits)
        prepared.uses += 1
        return prepared

    def _plan_under(self, operation: Operation, traits: Traits) -> Prepared:
        key = (operation, traits)
        prepared = self._prepared.find(key)
        if prepared is None:
            prepared = self._make_plan(operation, traits)
            if len(traits.conditions) + len(self._touched(operation, traits.conditions)) <= _MAX_CACHED_CHOICES:
                self._prepared.keep(key, prepared)
        return prepared

    def _make_plan(self, operation: Operation, traits: Traits) -> Prepared:
        conditions = dict(zip(operation.condition_variables, traits.conditions, strict=True))
        selections = permitted = specialise(operation, conditions)
        sight, denied = None, ()
        if traits.access is not None:
            sight = Sight(self.supergraph, traits.access)
            permitted, denied = permit(selections, operation.root_type, sight, self.supergraph)
            if not self._restricts:
                _log_denied(operation, denied)
                permitted, sight = selections, None
        plan = plan_operation(
            operation,
            conditions,
            self.supergraph.under(traits.labels),
            lookups=self.options.lookups,
            echo=self.options.verify_keys,
            joins=self.options.join.graphs,
            permitted=permitted,
            choices=self.options.limits.planning_choices,
        )
        if plan.is_cut_short:
            self.telemetry.metrics.plans_cut_short.add(1)
        roots = collect(selections, operation.root_type, self.supergraph)
        shape = build_shape(operation.root_type, selections, self.supergraph, sight)
        cost = compile_cost(operation.kind, permitted, self.supergraph, self.options.cost.rules)
        introspects = any(_is_introspection(root) for root in roots)
        return Prepared(plan, shape, cost, introspects, denied, _weigh_operation(operation))


def _weigh_operation(operation: Operation) -> int:
    """Bytes, by estimate: measured with operations of 13 to 1,000 characters."""
    return 25_000 + 120 * len(operation.text)


def _weigh_prepared(prepared: Prepared) -> int:
    """Bytes, by estimate, with the operation that is its key; measured with plans of 1 to 19 steps."""
    requests = [each for step in prepared.plan.steps for each in (step, *step.parts)]
    return 1_500 + sum(300 + 16 * len(step.document) for step in requests) + prepared.operation_bytes


def _log_denied(operation: Operation, denied: Sequence[Denied]) -> None:
    """Once for each plan: coordinates are the schema's, and the name is one that an operator knows."""
    if denied:
        name = operation.definition.name.value if operation.definition.name is not None else ""
        coordinates = sorted({one.coordinate for one in denied})[:_MOST_LOGGED]
        _log.info("operation would be restricted", operation=name[:_MOST_LOGGED], denied=coordinates)


def _conditions(operation: Operation, variables: Mapping[str, Any]) -> tuple[bool, ...]:
    return tuple(condition_values(operation, variables).values())


def _is_introspection(root: Field) -> bool:
    return root.name in ("__schema", "__type")
