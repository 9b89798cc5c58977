"""A small engine for the server's tests: graphql-core over a schema of a few fields."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute,
    get_operation_ast,
    parse,
    validate,
)

from gateway.operation.errors import (
    BAD_USER_INPUT,
    GRAPHQL_PARSE_FAILED,
    GRAPHQL_VALIDATION_FAILED,
    MUTATION_NOT_ALLOWED,
    OPERATION_RESOLUTION_FAILURE,
    RequestError,
)
from gateway.operation.request import GraphQLRequest
from gateway.response.response import GraphQLResponse
from gateway.server.engine import Check, Readiness

SDL = '''
"""What can be asked."""
type Query {
  """A greeting."""
  hello(name: String = "world"): String!
  products(first: Int = 2): [Product!]!
  "Fails, with a message nobody may see."
  boom: String
  "Waits until it is cancelled or released."
  wait: String
  pause(seconds: Float!): String
}

"Something for sale."
type Product { id: ID! name: String! price: Float size: Size }

enum Size { SMALL LARGE }

type Mutation { touch: Int! }
'''

PRODUCTS = [
    {"id": "1", "name": "Lamp", "price": 12.5, "size": "SMALL"},
    {"id": "2", "name": "Sofa — “Größe L”", "price": 480.0, "size": "LARGE"},
    {"id": "3", "name": "Rug", "price": 60.0, "size": "LARGE"},
]


class SecretBug(Exception):
    """An unexpected failure; its text must never leave the process."""


class SmallEngine:
    """Satisfies gateway.server.engine.Engine.

    seen:      (request, headers, request id) of every run.
    waiting:   set when an operation has come to `wait`; `release` lets it go on; `cancelled` is set when it never did.
    """

    def __init__(self) -> None:
        self.schema: GraphQLSchema = build_schema(SDL)
        self.seen: list[tuple[GraphQLRequest, Mapping[str, str], str]] = []
        self.waiting = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.touched = 0
        self.readiness = Readiness(ok=True, checks=(Check("small", ok=True),))

    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
        self.seen.append((request, headers, request_id))
        document, operation = self._prepare(request)
        if request.queries_only and operation.operation is not OperationType.QUERY:
            raise RequestError.single(MUTATION_NOT_ALLOWED, "Send mutations by POST.")
        if "boom" in request.document:
            raise SecretBug("hunter2")
        result = execute(
            self.schema,
            document,
            root_value=self._roots(),
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
        )
        if not hasattr(result, "errors"):
            result = await result
        if result.data is None and result.errors:
            raise RequestError([_error(BAD_USER_INPUT, error) for error in result.errors])
        errors = [error.formatted for error in result.errors or ()]
        return GraphQLResponse(result.data, errors, {"echo": dict(request.extensions)} if request.extensions else {})

    async def ready(self) -> Readiness:
        return self.readiness

    def _prepare(self, request: GraphQLRequest) -> tuple[Any, OperationDefinitionNode]:
        try:
            document = parse(request.document)
        except GraphQLError as error:
            raise RequestError([_error(GRAPHQL_PARSE_FAILED, error)]) from error
        if errors := validate(self.schema, document):
            raise RequestError([_error(GRAPHQL_VALIDATION_FAILED, error) for error in errors])
        operation = get_operation_ast(document, request.operation_name)
        if operation is None:
            raise RequestError.single(OPERATION_RESOLUTION_FAILURE, "There is no such operation.")
        return document, operation

    def _roots(self) -> dict[str, Any]:
        async def wait(_info: Any) -> str:
            self.waiting.set()
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
            return "released"

        def touch(_info: Any) -> int:
            self.touched += 1
            return self.touched

        async def pause(_info: Any, seconds: float) -> str:
            await asyncio.sleep(seconds)
            return "over"

        return {
            "pause": pause,
            "hello": lambda _info, name: f"Hello, {name}!",
            "products": lambda _info, first: PRODUCTS[:first],
            "wait": wait,
            "touch": touch,
        }


def _error(code: str, error: GraphQLError) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": code}}
