"""The oracle: the same world behind one graphql-core schema, as if there were no federation.

It executes the client's operation on the API schema that the scenario states by hand, so neither the gateway's
composition nor its planning has a part in the expected answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
)

from tests.support.requirements import value_of
from tests.support.world import Record, World


class Monolith:
    """Answers operations from a world by a schema that is written by hand."""

    def __init__(self, api_sdl: str) -> None:
        self.schema: GraphQLSchema = build_schema(api_sdl)

    def answer(
        self,
        query: str,
        variables: Mapping[str, Any] | None,
        world: World,
        operation_name: str | None = None,
    ) -> ExecutionResult:
        """Execute an operation that is known to be valid; errors in it are the scenario's."""

        def resolve(source: Record | None, info: GraphQLResolveInfo, **arguments: Any) -> Any:
            return self._resolve(source, info, arguments, world)

        return execute_sync(
            self.schema,
            parse(query),
            variable_values=dict(variables or {}),
            operation_name=operation_name,
            field_resolver=resolve,
            type_resolver=lambda record, info, abstract: record.typename,
        )

    def _resolve(self, source: Record | None, info: GraphQLResolveInfo, arguments: dict[str, Any], world: World) -> Any:
        if source is None:
            root = "mutation" if info.parent_type is self.schema.mutation_type else "query"
            source = world.roots[root]
            if root == "mutation":
                world.journal.append(("monolith", info.field_name, arguments))
        return value_of(world, source, info.field_name, arguments, info.return_type)
