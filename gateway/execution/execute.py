"""Plan x variables -> data and failures: runs the steps, each as soon as what it needs is merged.

One coroutine drives all steps and does all merging, so data needs no locks; a task per fetch does the waiting. When the
time for fetching is over, a little before the deadline, unfinished fetches are cancelled and become failures like any
other: what has arrived is answered.

Longer than other modules, because it is one loop over one state: what waits, runs, has come and has failed is read and
changed at every stage of a step, and no stage has a state of its own that could go with it.
"""

from __future__ import annotations

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, cast

import structlog
from graphql import GraphQLSchema

from gateway.errors import BraidError, origin
from gateway.execution.causes import cause_of, keys_of, malformed, reported, too_late, unrenamed
from gateway.execution.contexts import ContextRequest, group_by_context, request_of_group
from gateway.execution.failure import Cause, Failure
from gateway.execution.joint import JoinOptions, Outcome, Part, fetch_joint
from gateway.execution.merge import find_stranger, merge_entities, merge_object, rename
from gateway.execution.representations import Batch, build_batch, key_from_arguments
from gateway.execution.split import keep_for_steps_s
from gateway.execution.targets import DataPath, JsonObject, find_targets, locate_targets
from gateway.execution.trace import Trace
from gateway.execution.waiting import for_partners_s, for_parts_s
from gateway.planning.plan import EntitiesText, FetchStep, Plan, StepContexts
from gateway.services.errors import SourceError
from gateway.services.loader import close_loaders, forget_loaded
from gateway.services.request import RequestContext, kept_for_steps_s
from gateway.subgraphs.subgraph import Subgraph, SubgraphRequest, SubgraphResponse
from gateway.turns import take_turn

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

# How long in-process subgraphs may take, once the time is over, to put together what they have.
_WINDING_UP_S = 0.01
_ALONE = JoinOptions()


@dataclass(frozen=True, slots=True)
class Fetched:
    """data: by internal keys, holding more than the client asked. failures: what is missing, and why."""

    data: JsonObject
    failures: Sequence[Failure]


async def execute_plan(
    plan: Plan,
    variables: Mapping[str, Any],
    subgraphs: Mapping[str, Subgraph],
    schema: GraphQLSchema,
    context: RequestContext,
    trace: Trace | None = None,
    join: JoinOptions = _ALONE,
) -> Fetched:
    """Run a plan. Never raises for a source's fault; takes no longer than until the context's deadline.

    variables: coerced values. schema: the API schema, for arguments that serve as keys. trace: gets the steps' times.
    join: which steps may share a request.
    """
    execution = _Execution(plan, variables, subgraphs, schema, context, trace, join)
    await execution.run()
    return Fetched(execution.data, execution.failures)


@dataclass(slots=True)
class _Fetch:
    """One step under way. batch: None for steps at the root; for others made when the fetch starts.

    group: for a step that takes values from its objects' ancestors: the request for those with the same `values`.
    """

    step: FetchStep
    batch: Batch | None
    targets: list[JsonObject]
    group: ContextRequest | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def document(self) -> str:
        return self.step.document if self.group is None else self.group.document

    @property
    def text(self) -> EntitiesText | None:
        return self.step.text if self.group is None else self.group.text

    @property
    def entities(self) -> int:
        """How many representations are sent."""
        return 0 if self.batch is None else len(self.batch.slots)


@dataclass(slots=True)
class _Execution:
    plan: Plan
    variables: Mapping[str, Any]
    subgraphs: Mapping[str, Subgraph]
    schema: GraphQLSchema
    context: RequestContext
    trace: Trace | None
    join: JoinOptions
    data: JsonObject = field(default_factory=dict[str, Any])
    failures: list[Failure] = field(default_factory=list[Failure])
    merged: set[int] = field(default_factory=set[int])
    waiting: list[FetchStep] = field(default_factory=list[FetchStep])
    ready: list[_Fetch] = field(default_factory=list[_Fetch])
    held_until: dict[str, float] = field(default_factory=dict[str, float])
    split_at: dict[int, float] = field(default_factory=dict[int, float])
    whole_of: dict[int, int] = field(default_factory=dict[int, int])
    unfinished: dict[int, int] = field(default_factory=dict[int, int])
    began: float = 0.0
    arrived: list[tuple[_Fetch, SubgraphResponse | Cause]] = field(
        default_factory=list[tuple[_Fetch, SubgraphResponse | Cause]]
    )
    causes: dict[int, Cause] = field(default_factory=dict[int, Cause])
    running: dict[asyncio.Task[Sequence[Outcome]], Sequence[_Fetch]] = field(
        default_factory=dict[asyncio.Task[Sequence[Outcome]], "Sequence[_Fetch]"]
    )
    places: dict[int, dict[int, list[DataPath]]] = field(default_factory=dict[int, dict[int, list[DataPath]]])
    expired: bool = False

    async def run(self) -> None:
        self.waiting = list(self.plan.steps)
        self.began = asyncio.get_running_loop().time()
        try:
            self._advance()
            while self.running:
                left, held = self.context.fetching_s(), self._held_s()
                done, _ = await asyncio.wait(self.running, timeout=min(left, held), return_when=FIRST_COMPLETED)
                if not done and left <= held:
                    await self._expire()
                self._take(done)
                del done  # what has failed holds what was read of its answer
                await take_turn()
                self._advance()
        finally:
            await self._cancel_running()

    # -- driving ---------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Merge whatever can be merged and start whatever can start, until nothing more can be done at once.

        What can start does so at the end, so that steps to one subgraph are seen together.
        """
        progress = True
        while progress:
            progress = False
            for fetch, outcome in list(self.arrived):
                if self.merged.issuperset(fetch.step.merge_after):
                    self.arrived.remove((fetch, outcome))
                    self._merge(fetch, outcome)
                    self._finish(fetch.step.id)
                    progress = True
            for step in list(self.waiting):
                if self.merged.issuperset(step.dependencies):
                    self.waiting.remove(step)
                    self._make_ready(step)
                    progress = True
                elif step.parts and self._has_waited(step):
                    self._split(step)
                    progress = True
        if self.ready:
            self._start_ready()

    def _make_ready(self, step: FetchStep) -> None:
        """Find out what a step fetches for; nothing, perhaps."""
        if step.parts:
            fetches = self._prepare_parts(step)
            self.unfinished[step.id] = len(fetches)
        elif step.contexts is not None:
            fetches = self._prepare_groups(step, step.contexts)
            self.unfinished[step.id] = len(fetches)
        else:
            fetch = self._prepare(step)
            fetches = [] if fetch is None else [fetch]
        if not fetches:
            self._finish(step.id)
        elif self.expired:
            for fetch in fetches:
                self._give_up(fetch)
        else:
            self.ready += fetches

    def _finish(self, number: int) -> None:
        """Nothing more comes of this step, or part of one: of a step in parts, all of them have to be finished."""
        number = self.whole_of.get(number, number)
        left = self.unfinished.get(number, 1) - 1
        if left > 0:
            self.unfinished[number] = left
        else:
            self.merged.add(number)

    def _has_waited(self, step: FetchStep) -> bool:
        """Whether some of its parts could have been sent for so long that they are, though others could not."""
        if not any(self.merged.issuperset(part.dependencies) for part in step.parts):
            return False
        now = asyncio.get_running_loop().time()
        return now >= self.split_at.setdefault(step.id, now + for_parts_s(self.context.fetching_s()))

    def _split(self, step: FetchStep) -> None:
        """From now on each of its parts is sent when it can be."""
        self.waiting.remove(step)
        self.waiting += step.parts
        del self.split_at[step.id]
        self.unfinished[step.id] = len(step.parts)
        self.whole_of.update((part.id, step.id) for part in step.parts)

    def _start_ready(self) -> None:
        """Begin what can start: in one request what may share one, unless more of it is about to come."""
        ready, self.ready = self.ready, []
        together: dict[str, list[_Fetch]] = {}
        for fetch in ready:
            step = fetch.step
            if step.text is None or step.graph not in self.join.graphs:
                self._start([fetch])
            else:
                together.setdefault(step.graph, []).append(fetch)
        for graph, fetches in together.items():
            if self._may_hold(graph, fetches):
                self.ready += fetches
            else:
                self.held_until.pop(graph, None)
                self._start(fetches)

    def _may_hold(self, graph: str, fetches: Sequence[_Fetch]) -> bool:
        """Whether what is ready for a subgraph waits a moment: when each fetch of it has partners yet to come."""
        if not (self.join.window_s and self.running):
            return False
        coming = {step.id for step in self.waiting}
        if any(coming.isdisjoint(self.plan.partners.get(fetch.step.id, ())) for fetch in fetches):
            return False
        now = asyncio.get_running_loop().time()
        if graph not in self.held_until:
            wait_s = for_partners_s(self.join.window_s, now - self.began, self.context.fetching_s())
            self.held_until[graph] = now + wait_s
        return now < self.held_until[graph]

    def _held_s(self) -> float:
        """Seconds until something waits no longer for others to be sent with."""
        if not (self.ready or self.split_at):
            return inf
        ends = [self.held_until[fetch.step.graph] for fetch in self.ready]
        ends += [self.split_at[step.id] for step in self.waiting if step.id in self.split_at]
        return min(ends, default=inf) - asyncio.get_running_loop().time()

    def _start(self, fetches: Sequence[_Fetch]) -> None:
        """One request for all of them."""
        fetching = self._fetch(fetches)
        if self.trace is not None:
            asked = [(fetch.step, fetch.targets, fetch.entities) for fetch in fetches]
            fetching = self.trace.fetch(asked, fetching)
        self.running[self._launch(fetches, fetching)] = fetches

    async def _fetch(self, fetches: Sequence[_Fetch]) -> Sequence[Outcome]:
        subgraph = self.subgraphs[fetches[0].step.graph]
        requests = [SubgraphRequest(fetch.document, self._variables(fetch), fetch.entities) for fetch in fetches]
        if len(requests) == 1:
            return [await subgraph.fetch(requests[0], self.context)]
        parts = [
            Part(request, text, fetch.step.representations_as)
            for request, fetch in zip(requests, fetches, strict=True)
            if (text := fetch.text) is not None
        ]
        return await fetch_joint(parts, subgraph, self.context)

    def _launch(
        self, fetches: Sequence[_Fetch], fetching: Coroutine[Any, Any, Sequence[Outcome]]
    ) -> asyncio.Task[Sequence[Outcome]]:
        """A task for the fetch, whose calls leave time to the steps behind it. Costs 0.7 us, nothing for the last ones.

        A task takes over the context variables of whoever makes it, when it is made.
        """
        behind = max([self.plan.behind[fetch.step.id] for fetch in fetches])
        if not behind:
            return asyncio.create_task(fetching)
        context = self.context
        before = kept_for_steps_s.set(keep_for_steps_s(behind, context.step_share_s, context.fetching_s()))
        try:
            return asyncio.create_task(fetching)
        finally:
            kept_for_steps_s.reset(before)

    async def _expire(self) -> None:
        """The time for fetching is over: take what is there, give up what is not, and start nothing any more.

        Ending the loads lets in-process subgraphs answer with whatever else they have.
        """
        self.expired = True
        await close_loaders(self.context)
        done, _ = await asyncio.wait(self.running, timeout=_WINDING_UP_S)
        self._take(done)
        late = [fetch for fetches in self.running.values() for fetch in fetches] + self.ready
        self.ready = []
        await self._cancel_running()
        for fetch in late:
            self._give_up(fetch)

    def _give_up(self, fetch: _Fetch) -> None:
        graph = fetch.step.graph
        self.arrived.append((fetch, too_late(graph)))

    def _take(self, done: Iterable[asyncio.Task[Sequence[Outcome]]]) -> None:
        for task in done:
            fetches = self.running.pop(task)
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            outcomes = task.result() if error is None else [error] * len(fetches)
            for fetch, outcome in zip(fetches, outcomes, strict=True):
                self.arrived.append((fetch, self._outcome(fetch, outcome)))

    async def _cancel_running(self) -> None:
        tasks = list(self.running)
        self.running.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)

    def _outcome(self, fetch: _Fetch, error: Outcome) -> SubgraphResponse | Cause:
        if isinstance(error, SubgraphResponse):
            return error
        if isinstance(error, asyncio.CancelledError):
            return Cause(fetch.step.graph, BraidError.code, "The fetch was given up.")
        if isinstance(error, SourceError):
            return cause_of(error)
        # A fault of ours, or of a schema in this process. It costs the fields of this step, not the whole answer.
        _log.error(
            "fetch failed",
            subgraph=fetch.step.graph,
            error=type(error).__name__,
            origin=origin(error),
            request_id=self.context.request_id,
        )
        return Cause(fetch.step.graph, BraidError.code, "An internal error occurred.")

    # -- asking ----------------------------------------------------------------------------------------------------

    def _prepare_groups(self, step: FetchStep, contexts: StepContexts) -> list[_Fetch]:
        """What a step fetches for that takes values from its objects' ancestors: one fetch for each set of values."""
        groups, absent = group_by_context(self.data, step.path, contexts)
        fetches: list[_Fetch] = []
        # What shares a request needs names of its own.
        is_alone = len(groups) == 1 and not any(other.contexts for other in self.plan.steps if other is not step)
        for number, group in enumerate(groups):
            batch = build_batch(step, group.targets, None, unique=self.context.batching)
            absent += batch.absent
            if batch.representations:
                request = request_of_group(step, contexts, "" if is_alone else f"__{step.id}_{number}")
                fetches.append(_Fetch(step, batch, group.targets, request, group.values))
        if absent:
            self._blame(step, absent)
        return fetches

    def _prepare_parts(self, step: FetchStep) -> list[_Fetch]:
        """What a step fetches for that has parts: each object as a whole, or else by the parts that can present it."""
        targets = find_targets(self.data, step.path)
        batch = build_batch(step, targets, None, unique=self.context.batching)
        left = {id(target) for target in batch.left_out}
        if left:
            targets = [target for target in targets if id(target) not in left]
        fetches = [_Fetch(step, batch, targets)] if batch.representations else []
        for part in step.parts if left else ():
            self.whole_of[part.id] = step.id
            fetch = self._prepare(part, left)
            if fetch is not None:
                fetches.append(fetch)
        return fetches

    def _prepare(self, step: FetchStep, among: Collection[int] | None = None) -> _Fetch | None:
        """What a step fetches for; None when that is nothing. among: identities of the objects to look at."""
        if step.is_early:
            given = key_from_arguments(step, self.variables, self.schema)
            batch = build_batch(step, [{}], given, unique=True)
            return _Fetch(step, batch, []) if batch.representations else None
        targets = find_targets(self.data, step.path)
        if among is not None:
            targets = [target for target in targets if id(target) in among]
        if not targets:
            return None
        if step.kind != "entities":
            return _Fetch(step, None, targets)
        given = key_from_arguments(step, self.variables, self.schema)
        batch = build_batch(step, targets, given, unique=self.context.batching)
        if batch.absent:
            self._blame(step, batch.absent)
        return _Fetch(step, batch, targets) if batch.representations else None

    def _variables(self, fetch: _Fetch) -> dict[str, Any]:
        values = {name: self.variables[name] for name in fetch.step.variables if name in self.variables}
        if fetch.batch is not None:
            values[fetch.step.representations_as] = fetch.batch.representations
        if fetch.group is not None:
            values.update({fetch.group.variables[name]: value for name, value in fetch.values.items()})
        return values

    def _blame(self, step: FetchStep, absent: Sequence[JsonObject]) -> None:
        """Objects cannot be asked for because an earlier step failed: then its failure costs this step's fields too."""
        cause = next((self.causes[need] for need in step.dependencies if need in self.causes), None)
        if cause is None and step.contexts is not None:
            # The value may come from a step that another one stands between.
            cause = next((self.causes[need] for need in self._before(step) if need in self.causes), None)
        if cause is not None:
            self._remember(step, cause)
            self._fail(step, cause, absent)

    def _before(self, step: FetchStep) -> list[int]:
        """Every step that must be merged before this one, the latest first."""
        found: set[int] = set()
        waiting = list(step.dependencies)
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting += self.plan.steps[number].dependencies + self.plan.steps[number].merge_after
        return sorted(found, reverse=True)

    def _remember(self, step: FetchStep, cause: Cause) -> None:
        """Why what comes after this step may have nothing to fetch for."""
        self.causes.setdefault(step.id, cause)
        self.causes.setdefault(self.whole_of.get(step.id, step.id), cause)

    # -- merging ---------------------------------------------------------------------------------------------------

    def _merge(self, fetch: _Fetch, outcome: SubgraphResponse | Cause) -> None:
        step = fetch.step
        if step.kind == "mutation":
            forget_loaded(self.context)  # whatever was loaded before it may no longer be so
        if step.is_early and fetch.batch is not None:
            # Only now is it known whether the object is there; if it is not, nobody asked.
            fetch.targets.extend(find_targets(self.data, step.path))
            fetch.batch.slots = [fetch.targets]
            if not fetch.targets:
                return
        cause = self._merge_response(fetch, outcome) if isinstance(outcome, SubgraphResponse) else outcome
        if cause is not None:
            self._remember(step, cause)
            self._fail(step, cause, fetch.targets)
            if self.trace is not None:
                self.trace.fail(step, cause.code)

    def _merge_response(self, fetch: _Fetch, response: SubgraphResponse) -> Cause | None:
        """Take over data and errors. Answers a cause when the response as a whole is of no use."""
        unplaced = [error for error in response.errors if not self._note(fetch, error)]
        data = response.data
        entities = data.get("_entities") if data is not None and fetch.batch is not None else None
        if data is None or (fetch.batch is not None and entities is None):
            if unplaced:
                return reported(fetch.step.graph, unplaced[0])
            return None if response.errors else malformed(fetch.step, "without data and without an error")
        for error in unplaced:
            self.failures.append(Failure(reported(fetch.step.graph, error), [()]))
        if fetch.step.rename is not None:
            rename(entities if fetch.batch is not None else data, fetch.step.rename)
        if fetch.batch is not None:
            return self._merge_entities(fetch.step, fetch.batch, entities)
        if fetch.step.path:
            merge_entities([data], [fetch.targets])
        else:
            merge_object(self.data, data)
        return None

    def _merge_entities(self, step: FetchStep, batch: Batch, entities: Any) -> Cause | None:
        if not isinstance(entities, list):
            return malformed(step, "with something other than a list of entities")
        found = cast("list[Any]", entities)
        if len(found) != len(batch.slots):
            return malformed(step, f"with {len(found)} entities where {len(batch.slots)} were asked")
        if not all(entity is None or isinstance(entity, dict) for entity in found):
            return malformed(step, "with entities that are not objects")
        if step.echoed and find_stranger(found, batch.representations, step.echoed) is not None:
            return malformed(step, "with other entities than it was asked for, or in another order")
        merge_entities(found, batch.slots)
        return None

    # -- failures --------------------------------------------------------------------------------------------------

    def _fail(self, step: FetchStep, cause: Cause, targets: Sequence[JsonObject]) -> None:
        """Every field that the step fills is missing on these objects."""
        places = self._places(step)
        paths = [
            (*place, key) for target in targets for place in places.get(id(target), ()) for key in keys_of(step, target)
        ]
        self.failures.append(Failure(cause, paths))

    def _note(self, fetch: _Fetch, error: JsonObject) -> bool:
        """Keep an error that a subgraph reported, at the objects it is about. False when it says of none."""
        path = error.get("path")
        if not isinstance(path, list) or not path:
            return False
        targets, rest = fetch.targets, cast("list[str | int]", path)
        if fetch.batch is not None:
            slot = rest[1] if len(rest) > 1 else None
            if not isinstance(slot, int) or not 0 <= slot < len(fetch.batch.slots):
                return False
            targets, rest = fetch.batch.slots[slot], rest[2:]
        step, cause = fetch.step, reported(fetch.step.graph, error)
        self._remember(step, cause)
        if not rest:  # about the entity as a whole: it costs every field that was asked of it
            self._fail(step, cause, targets)
            return True
        below = unrenamed(rest, step)
        places = self._places(step)
        paths = [(*place, *below) for target in targets for place in places.get(id(target), ())]
        self.failures.append(Failure(cause, paths))
        return True

    def _places(self, step: FetchStep) -> Mapping[int, Sequence[DataPath]]:
        """Where the step's objects lie, by their identity. Walked once, however many errors there are."""
        found = self.places.get(step.id)
        if found is None:
            found = self.places[step.id] = {}
            for place, target in locate_targets(self.data, step.path):
                found.setdefault(id(target), []).append(place)
        return found
