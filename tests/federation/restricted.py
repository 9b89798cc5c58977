"""Asking a scenario's graph as somebody who may not see all of it, and what must then be answered.

The expected answer is graphql-core's: it executes the operation on the hand-written schema, where a resolver raises for
whatever the rules deny. So nulls, their way up and the errors' paths are of another make than the gateway's.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_object_type,
    parse,
)

from gateway.authorization.authorizer import Authorizer, Mode
from gateway.federation.access import AUTHENTICATED, NO_RULES, Access, Rule, RuleKind, Rules
from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.read_supergraph import load_supergraph
from gateway.operation.limits import Limits
from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.services.request import RequestContext
from tests.support.fakes import Faults
from tests.support.gateway import DEADLINE_S, Answer
from tests.support.requirements import value_of
from tests.support.scenario import Scenario
from tests.support.world import Record

UNAUTHORIZED = "UNAUTHORIZED_FIELD_OR_TYPE"
Claims = Mapping[str, Any]


class RestrictedGateway:
    """A gateway over a scenario's fakes. access: rules in place of those that the subgraphs state."""

    def __init__(
        self,
        scenario: Scenario,
        access: Access | None = None,
        *,
        mode: Mode = "filter",
        authorizer: Authorizer | None = None,
        **options: Any,
    ) -> None:
        schemas = [SubgraphSchema(name, sdl) for name, sdl in scenario.subgraphs.items()]
        supergraph = load_supergraph(scenario.supergraph or compose(schemas).supergraph_sdl)
        if access is not None:
            supergraph.access = access
        self.scenario = scenario
        self.access = supergraph.access
        self.fakes = scenario.fakes(scenario.start())
        chosen = authorizer or Authorizer(mode=mode)
        options.setdefault("limits", Limits(root_fields=1000))
        self.pipeline = Pipeline(supergraph, self.fakes, PipelineOptions(authorizer=chosen, **options))

    async def ask(
        self,
        query: str,
        claims: Claims | None = None,
        variables: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One answer; the fakes must have liked every request."""
        world = self.scenario.start()
        for fake in self.fakes.values():
            fake.reset(world, Faults(), lambda: 0)
        response = await self.ask_on(query, claims, variables, headers)
        for fake in self.fakes.values():
            assert fake.violations == []
        return Answer(response.data, response.errors, response.extensions, self.fakes, world)

    async def ask_on(
        self,
        query: str,
        claims: Claims | None = None,
        variables: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The same without a fresh start, so that several can be under way."""
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        context = RequestContext("test", deadline, claims=claims, client_headers=dict(headers or {}))
        return await self.pipeline.run(GraphQLRequest(query, None, dict(variables or {})), context)


def denied_paths(answer: Any) -> list[tuple[str | int, ...]]:
    """Where the answer says that something may not be seen; every error must say just that."""
    assert [error["extensions"]["code"] for error in answer.errors] == [UNAUTHORIZED] * len(answer.errors), (
        answer.errors
    )
    return sorted((tuple(error.get("path", ())) for error in answer.errors), key=str)


def has_all(rules: Rules, claims: Claims | None) -> bool:
    """Whether somebody with these claims fulfils all rules; no policy holds."""
    granted = set(str((claims or {}).get("scope", "")).split())
    for rule in rules:
        if rule.kind is RuleKind.AUTHENTICATED and claims is None:
            return False
        if rule.kind is RuleKind.POLICIES:
            return False
        if rule.kind is RuleKind.SCOPES and not any(set(group) <= granted for group in rule.alternatives):
            return False
    return True


def expected(
    scenario: Scenario, query: str, access: Access, claims: Claims | None, variables: Mapping[str, Any] | None = None
) -> ExecutionResult:
    """The answer of one schema whose resolvers raise where the rules deny."""
    schema = scenario.monolith.schema
    world = scenario.start()

    def is_hidden(name: str) -> bool:
        return not has_all(access.types.get(name, NO_RULES), claims)

    def resolve(source: Record | None, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        parent, named = info.parent_type.name, get_named_type(info.return_type)
        kinds = schema.get_possible_types(named) if is_abstract_type(named) else [named]
        rules = access.fields.get((parent, info.field_name), NO_RULES)
        if not has_all(rules, claims) or is_hidden(parent) or all(is_hidden(kind.name) for kind in kinds):
            raise GraphQLError("denied")
        return value_of(world, source or world.roots["query"], info.field_name, arguments, info.return_type)

    def type_of(record: Record, info: GraphQLResolveInfo, abstract: Any) -> str:
        if is_hidden(record.typename):
            raise GraphQLError("denied")
        return record.typename

    return execute_sync(
        schema, parse(query), variable_values=dict(variables or {}), field_resolver=resolve, type_resolver=type_of
    )


def assert_as_expected(answer: Any, wanted: ExecutionResult) -> None:
    paths = sorted((tuple(error.path or ()) for error in wanted.errors or ()), key=str)
    assert denied_paths(answer) == paths
    assert json.dumps(answer.data) == json.dumps(wanted.data)


def random_access(schema: GraphQLSchema, choices: random.Random, share: float) -> Access:
    """Rules on a share of all types and fields."""
    types: dict[str, Rules] = {}
    fields: dict[tuple[str, str], Rules] = {}
    for name, kind in schema.type_map.items():
        if name.startswith("__") or not (is_object_type(kind) or is_leaf_type(kind)):
            continue
        if choices.random() < share / 3:
            types[name] = _random_rules(choices)
        for field_name in kind.fields if is_object_type(kind) and is_composite_type(kind) else ():
            if choices.random() < share:
                fields[name, field_name] = _random_rules(choices)
    return Access(types, fields)


SCOPES = ("a", "b", "c", "d")


def _random_rules(choices: random.Random) -> Rules:
    if choices.random() < 0.2:
        return frozenset({AUTHENTICATED})
    groups = [frozenset(choices.sample(SCOPES, choices.randint(1, 2))) for _ in range(choices.randint(1, 2))]
    return frozenset({Rule(RuleKind.SCOPES, frozenset(groups))})


def random_claims(choices: random.Random) -> Claims | None:
    if choices.random() < 0.2:
        return None
    return {"sub": "somebody", "scope": " ".join(some(SCOPES, choices))}


def some(items: Iterable[str], choices: random.Random) -> list[str]:
    return [item for item in items if choices.random() < 0.5]
