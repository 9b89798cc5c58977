"""Poisoned fake subgraphs: in-process sources that answer correctly only to whoever asks correctly.

A fake is made from one subgraph's own SDL. Its values come from a World. What a real subgraph would answer wrongly or
could not answer is poison here: it raises or gives a value that no scenario expects, and is noted in `violations`,
which must be empty after every run (checks.py). A fake also records every request it gets, and misbehaves on demand.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    SelectionSetNode,
    execute_sync,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from gateway.services.request import RequestContext
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.support.documents import CheckedDocument, check_document
from tests.support.representations import find_entity
from tests.support.requirements import Incomplete, fields_for, from_representation, from_world, unknown_fields, value_of
from tests.support.subgraph_sdl import FieldFacts, SubgraphModel
from tests.support.world import Record, World

POISON: dict[str, Any] = {"Int": -666, "Float": -666.5, "Boolean": True}
POISON_TEXT = "POISON: this field is external here"


class Poisoned(Exception):
    """The gateway asked for something that this subgraph must not be asked."""


@dataclass(eq=False, slots=True)
class Seen:
    """An object as one fake sees it. views: what @provides made readable here; representation: how it came in."""

    record: Record
    typename: str
    views: tuple[SelectionSetNode, ...] = ()
    representation: dict[str, Any] | None = None


@dataclass(slots=True)
class Recorded:
    """One request that a fake got. Times are event-loop seconds; finished_s is None while it is unanswered."""

    document: str
    variables: dict[str, Any]
    sent: Any
    started_s: float
    finished_s: float | None = None
    checked: CheckedDocument | None = None

    @property
    def representations(self) -> list[dict[str, Any]]:
        """All representations in it, in order; empty for a root request."""
        lists = [v for v in self.variables.values() if isinstance(v, list)]
        return [r for v in lists for r in v if isinstance(r, dict) and "__typename" in r]

    @property
    def size(self) -> int:
        """Characters of document and variables as they would go over the wire."""
        return len(self.document) + len(json.dumps(self.variables))


@dataclass(slots=True)
class Faults:
    """How a fake misbehaves. Everything is off by default.

    delay_s:      seconds before it answers.
    hang:         never answers (until cancelled).
    raises:       what it raises instead of answering: a SourceError, or anything for a fault of ours.
    spoil:        given the data it would answer, returns what it answers instead: garbage.
    errors:       the errors it answers instead of its own.
    field_errors: {"Film.title": "message"} or {"Film:f1.title": "message"}: resolvers that fail.
    error_code:   extensions.code of these field errors; None leaves the extensions out.
    null_entities: {"Film:f1"}: entities it answers null for, as if they were gone.
    entities_only: the faults above hit entity requests only.
    """

    delay_s: float = 0.0
    hang: bool = False
    raises: Exception | None = None
    spoil: Callable[[Any], Any] | None = None
    errors: list[Any] | None = None
    field_errors: dict[str, str] = field(default_factory=dict[str, str])
    error_code: str | None = None
    null_entities: set[str] = field(default_factory=set[str])
    entities_only: bool = False


class FakeSubgraph:
    """A Subgraph (gateway.subgraphs.subgraph) over a World.

    overridden: (type, field) pairs that another subgraph took over from this one.
    pauses:     called per request; how often the fake gives way to the event loop before it answers (to shuffle the
                order in which answers arrive).
    """

    def __init__(
        self, name: str, model: SubgraphModel, world: World, *, overridden: frozenset[tuple[str, str]] = frozenset()
    ) -> None:
        self._name = name
        self.model = model
        self.schema = model.schema
        self.world = world
        self.overridden = overridden
        self.faults = Faults()
        self.pauses: Callable[[], int] = lambda: 0
        self.requests: list[Recorded] = []
        self.violations: list[str] = []
        self.closed = False

    @property
    def name(self) -> str:
        return self._name

    def reset(self, world: World, faults: Faults, pauses: Callable[[], int]) -> None:
        """Forget what happened; go on with this world and these faults."""
        self.world, self.faults, self.pauses = world, faults, pauses
        self.requests, self.violations = [], []

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        """Answer, record, misbehave."""
        loop = asyncio.get_running_loop()
        recorded = Recorded(request.document, deepcopy(dict(request.variables)), request.variables, loop.time())
        self.requests.append(recorded)
        for _ in range(self.pauses()):
            await asyncio.sleep(0)
        faulty = bool(recorded.representations) or not self.faults.entities_only
        if faulty:
            await self._misbehave()
        result = self._execute(recorded, batching=context.batching)
        data = json.loads(json.dumps(result.data))
        errors = json.loads(json.dumps([error.formatted for error in result.errors or ()]))
        if faulty and self.faults.spoil:
            data = self.faults.spoil(data)
        if faulty and self.faults.errors is not None:
            errors = deepcopy(self.faults.errors)
        recorded.finished_s = loop.time()
        return SubgraphResponse(data, errors)

    async def close(self) -> None:
        self.closed = True

    def changed_requests(self) -> list[str]:
        """Requests whose variables the gateway changed after sending them; a source may still be reading them."""
        return [r.document for r in self.requests if dict(r.sent) != r.variables]

    async def _misbehave(self) -> None:
        if self.faults.delay_s:
            await asyncio.sleep(self.faults.delay_s)
        if self.faults.hang:
            await asyncio.Event().wait()
        if self.faults.raises:
            raise self.faults.raises

    def _violation(self, message: str) -> Poisoned:
        self.violations.append(f"{self.name}: {message}")
        return Poisoned(message)

    def _execute(self, recorded: Recorded, *, batching: bool) -> ExecutionResult:
        recorded.checked = checked = check_document(self.model, recorded.document)
        for message in checked.errors:
            self._violation(f"request is not valid here: {message}\n{recorded.document}")
        if checked.errors or checked.document is None:
            return ExecutionResult(None, [GraphQLError(message) for message in checked.errors])
        sent = [json.dumps(r, sort_keys=True) for r in recorded.representations]
        if batching and len(set(sent)) < len(sent) and not checked.aliased_entities:
            self._violation(f"the same representation was sent twice: {sent}")
        result = execute_sync(
            self.schema,
            checked.document,
            variable_values=recorded.variables,
            field_resolver=self._resolve,
            type_resolver=lambda seen, info, abstract: seen.typename,
        )
        for error in result.errors or ():
            if error.path is None:
                self._violation(f"request could not be executed: {error.message}\n{recorded.document}")
        return result

    def _resolve(self, source: Seen | None, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        if source is None:
            if info.field_name == "_entities":
                return self._entities(arguments["representations"])
            if info.field_name == "_service":
                return {"sdl": ""}
            root = "mutation" if info.parent_type is self.schema.mutation_type else "query"
            source = Seen(self.world.roots[root], info.parent_type.name)
            if root == "mutation":
                self.world.journal.append((self.name, info.field_name, arguments))
        if isinstance(source, dict):
            return source[info.field_name]
        self._fail_on_demand(source, info.field_name)
        value = self._value(source, info, arguments)
        facts = self._facts(info.parent_type.name, info.field_name)
        views = self._views_below(source, info.field_name, facts)
        return value if is_leaf_type(get_named_type(info.return_type)) else self._see(value, info.return_type, views)

    def _fail_on_demand(self, source: Seen, field_name: str) -> None:
        for coordinate in (f"{source.record.typename}.{field_name}", f"{source.record}.{field_name}"):
            if coordinate in self.faults.field_errors:
                code = self.faults.error_code
                extensions = {"code": code} if code else None
                raise GraphQLError(self.faults.field_errors[coordinate], extensions=extensions)

    def _value(self, source: Seen, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:
        typename, name = info.parent_type.name, info.field_name
        facts = self._facts(typename, name)
        if (typename, name) in self.overridden:
            raise self._violation(f"{typename}.{name} belongs to another subgraph now")
        if facts.requires is not None:
            given = self._given(source, typename, name, facts.requires)
            return self.world.compute(source.record, name, arguments, given, info.return_type)
        if facts.external and (typename, name) not in self.model.served and not self._provided(source, name):
            self._violation(f"{typename}.{name} is external here")
            return self._poison(info)
        return value_of(self.world, source.record, name, arguments, info.return_type)

    def _given(self, source: Seen, typename: str, name: str, requires: SelectionSetNode) -> Any:
        if source.representation is None:
            if all(self._provided(source, node.name.value) for node in fields_for(requires, typename, self.schema)):
                return from_world(self.world, source.record, requires, typename, self.schema)
            raise self._violation(f"{typename}.{name} needs a representation and was reached without one")
        try:
            return from_representation(source.representation, requires, typename, self.schema)
        except Incomplete as problem:
            raise self._violation(f"{typename}.{name} lacks its requirement: {problem}") from problem

    def _poison(self, info: GraphQLResolveInfo) -> Any:
        declared = info.return_type.of_type if is_non_null_type(info.return_type) else info.return_type
        if is_list_type(declared) or not is_leaf_type(declared):
            raise Poisoned(f"{info.parent_type.name}.{info.field_name} is external here")
        return POISON.get(declared.name, POISON_TEXT)

    def _facts(self, typename: str, field_name: str) -> FieldFacts:
        facts = self.model.types.get(typename)
        return (facts.fields.get(field_name) if facts else None) or FieldFacts()

    def _provided(self, source: Seen, name: str) -> bool:
        return any(n.name.value == name for v in source.views for n in fields_for(v, source.typename, self.schema))

    def _views_below(self, source: Seen, name: str, facts: FieldFacts) -> tuple[SelectionSetNode, ...]:
        nodes = [n for v in source.views for n in fields_for(v, source.typename, self.schema) if n.name.value == name]
        below = [n.selection_set for n in nodes if n.selection_set]
        return (*below, facts.provides) if facts.provides else tuple(below)

    def _see(self, value: Any, declared: Any, views: tuple[SelectionSetNode, ...]) -> Any:
        if isinstance(value, list):
            return [self._see(item, declared, views) for item in value]
        return None if value is None else Seen(value, self._typename(value, get_named_type(declared)), views)

    def _typename(self, record: Record, declared: Any) -> str:
        """The name under which this subgraph knows the object: its own, or that of an interface object."""
        if not is_abstract_type(declared):
            return str(declared.name)
        if record.typename in self.schema.type_map:
            return record.typename
        above = [name for name, below in self.world.subtypes.items() if record.typename in below]
        opaque = [n for n in above if n in self.model.types and self.model.types[n].interface_object]
        return opaque[0] if opaque else record.typename

    def _entities(self, representations: list[dict[str, Any]]) -> list[Any]:
        if not representations:
            raise self._violation("a request without representations")
        found: list[Any] = []
        for representation in representations:
            try:
                found.append(self._entity(representation))
            except Incomplete as problem:
                found.append(self._violation(f"{problem} in {representation}"))
        return found

    def _entity(self, representation: dict[str, Any]) -> Seen | None:
        typename = str(representation.get("__typename"))
        if typename not in self.schema.type_map:
            raise Incomplete(f"type {typename} is not known here")
        strange = unknown_fields(representation, typename, self.schema)
        if strange:
            raise Incomplete(f"unknown fields {strange}")
        record = find_entity(representation, self.model, self.world)
        gone = self.world.unknown.get(self.name, set()) | self.faults.null_entities
        if record is None or str(record) in gone:
            return None
        named = self.schema.type_map[typename]
        return Seen(record, self._typename(record, named), representation=representation)
