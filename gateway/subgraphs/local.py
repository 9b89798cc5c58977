"""LocalSubgraph: a Strawberry federation schema run in this process, and SubgraphSchema, the schema class for it.

    schema = SubgraphSchema(query=Query)                # in schema/orders.py
    subgraph = LocalSubgraph("orders", schema)          # by the composition root

Resolvers find the RequestContext in `info.context`: one per client request, the same in all in-process subgraphs, so
that their loads are gathered across fetches. A SourceError that a resolver lets through becomes an error with its code
and the service's name; other BraidErrors keep message and code; a GraphQLError raised by a resolver is meant for the
client. Whatever else is raised is masked, and logged with the request's id: also what graphql-core says of a value that
does not fit its field's type, for it quotes the value.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import graphql
import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.federation.schema import FederationAny
from strawberry.schema_directive import Location

from gateway.errors import BraidError, origin
from gateway.federation.errors import Problem, SchemaError
from gateway.services.errors import SourceError
from gateway.services.request import RequestContext
from gateway.subgraphs.cancelling import cancel_started
from gateway.subgraphs.executor import FastExecutor, selection_cache
from gateway.subgraphs.references import References
from gateway.subgraphs.sdl import composable_sdl
from gateway.subgraphs.subgraph import JsonObject, SubgraphRequest, SubgraphResponse

if TYPE_CHECKING:
    from strawberry.types import ExecutionContext

_CACHED_DOCUMENTS = 1024
"""Parsed and validated documents kept, over all in-process subgraphs together: Strawberry shares its caches."""


Info = strawberry.Info[RequestContext, None]
"""What resolvers of an in-process subgraph get: `info.context` is the RequestContext."""

_GRAPHQL_CORE = PurePath(graphql.__file__).parent

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.subgraphs.local")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="lookup",
    description="The arguments of this field are a key of the entity that it returns.",
)
class Lookup:
    pass


lookup = Lookup()
"""Marks a root field: `@strawberry.field(directives=[lookup])`."""


class SubgraphSchema(strawberry.federation.Schema):
    """strawberry.federation.Schema for use in a gateway.

    Takes the same arguments. It differs in `_entities` (see gateway.subgraphs.references), in its executor (see
    gateway.subgraphs.executor), in caching parsed and validated documents, and in not writing errors, with their
    secrets, to Strawberry's log.
    """

    def __init__(
        self,
        *args: Any,
        extensions: Iterable[type[SchemaExtension] | Callable[[], SchemaExtension]] = (),
        **options: Any,
    ) -> None:
        caches = (lambda: ParserCache(_CACHED_DOCUMENTS), lambda: ValidationCache(_CACHED_DOCUMENTS))
        options.setdefault("execution_context_class", FastExecutor)
        every = [*caches, *extensions]
        super().__init__(*args, extensions=every, **options)  # pyright: ignore[reportUnknownMemberType] - a generic of theirs
        self.selections = selection_cache()
        self._references = References(self.schema_converter.type_map, self.config)

    def entities_resolver(self, info: strawberry.Info, representations: list[FederationAny]) -> Any:
        """One result per representation, in their order, or an awaitable of that; a bad one is an exception in its
        place."""
        return self._references.resolve(info, representations)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: LocalSubgraph logs what is worth it. Strawberry would log query texts and values."""

    def subgraph_sdl(self) -> str:
        """The schema as input for composition: without the fields and types that only serve federation itself, and
        always marked as Federation 2."""
        return composable_sdl(self.as_str(), ".".join(map(str, self.federation_version)))


class LocalSubgraph:
    """Answers operations by executing them on a SubgraphSchema.

    Raises SchemaError for any other kind of schema: stock Strawberry's `_entities` changes representations, knows only
    GraphQL names, and lets one bad representation fail all.
    """

    def __init__(self, name: str, schema: object) -> None:
        if not isinstance(schema, SubgraphSchema):
            raise SchemaError([Problem("INVALID_LOCAL_SCHEMA", _what_to_do(schema), name)])
        self._name = name
        self._schema = schema

    @property
    def name(self) -> str:
        return self._name

    def subgraph_sdl(self) -> str:
        """See SubgraphSchema.subgraph_sdl."""
        return self._schema.subgraph_sdl()

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        """See Subgraph.fetch. Faults of services are errors at the fields that they concern: nothing is raised."""
        execution = asyncio.create_task(
            self._schema.execute(request.document, variable_values=dict(request.variables), context_value=context)
        )
        try:
            result = await asyncio.shield(execution)
        except asyncio.CancelledError:
            await cancel_started(execution)
            raise
        return SubgraphResponse(result.data, self._errors(result.errors or (), context))

    async def close(self) -> None:
        """Nothing to give back: the clients belong to the composition root."""

    def _errors(self, errors: Sequence[GraphQLError], context: RequestContext) -> list[JsonObject]:
        return [
            {"message": message, **({"path": list(error.path)} if error.path else {}), "extensions": extensions}
            for error in errors
            for message, extensions in [self._told(error, context)]
        ]

    def _told(self, error: GraphQLError, context: RequestContext) -> tuple[str, JsonObject]:
        """What the client may know of an error: message and extensions."""
        cause = _cause(error)
        if isinstance(cause, SourceError):
            return cause.message, {"code": cause.code, "service": cause.service}
        if isinstance(cause, BraidError):
            return cause.message, {"code": cause.code}
        if cause is None:
            if _is_meant_for_clients(error):
                return error.message, dict(error.extensions or {})
            cause = error
        _log.error(
            "resolver failed",
            subgraph=self._name,
            request_id=context.request_id,
            path=error.path,
            error=type(cause).__name__,
            origin=origin(cause),
        )
        return f"Internal error in subgraph '{self._name}'.", {"code": BraidError.code}


def _cause(error: GraphQLError) -> Exception | None:
    """The exception that a resolver raised; None when it was a GraphQLError, or graphql-core's own."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _is_meant_for_clients(error: GraphQLError) -> bool:
    """Whether a resolver has raised it, or our own code, rather than graphql-core or Strawberry."""
    innermost: BaseException = error
    while isinstance(innermost, GraphQLError) and innermost.original_error is not None:
        innermost = innermost.original_error
    frames = traceback.extract_tb(innermost.__traceback__)
    # Without a traceback it was returned instead of raised.
    return not frames or not PurePath(frames[-1].filename).is_relative_to(_GRAPHQL_CORE)


def _what_to_do(schema: object) -> str:
    return (
        f"`schema` is a {type(schema).__module__}.{type(schema).__qualname__}; an in-process subgraph needs a "
        "gateway.subgraphs.SubgraphSchema. It takes the same arguments as strawberry.federation.Schema: import it "
        "and write `schema = SubgraphSchema(query=Query)`."
    )
