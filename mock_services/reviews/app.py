"""The reviews service: its GraphQL endpoint over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.execution import PreExecutionError

from mock_services.kit.bodies import read_body
from mock_services.kit.commands import POSITION, origin_of
from mock_services.kit.database import Database
from mock_services.kit.events import Stream
from mock_services.kit.feed import feed_operations
from mock_services.kit.openapi import openapi_document
from mock_services.kit.service import Service
from mock_services.reviews import store
from mock_services.reviews.context import Context
from mock_services.reviews.events import EVENTS
from mock_services.reviews.graph import bad_input
from mock_services.reviews.subgraph import SUBGRAPH, is_unexpected

# A gateway sends representations by the hundred.
MAX_BODY_BYTES = 4_000_000
GRAPHQL_RESPONSE = "application/graphql-response+json"


class GraphQLBody(msgspec.Struct, frozen=True):
    """One operation, as GraphQL over HTTP has it."""

    query: Annotated[str, msgspec.Meta(min_length=1)]
    variables: dict[str, Any] | None = None
    operationName: str | None = None


def graphql_routes(database: Database) -> list[Route]:
    """POST /graphql."""

    async def graphql(request: Request) -> Response:
        body = await read_body(request, GraphQLBody, MAX_BODY_BYTES)
        context = Context(database, origin_of(request))
        answer = await _execute(body, context)
        response = _response(answer, GRAPHQL_RESPONSE in request.headers.get("accept", ""))
        if context.position is not None:
            response.headers[POSITION] = context.position
        return response

    return [Route("/graphql", graphql, methods=["POST"])]


async def _execute(body: GraphQLBody, context: Context) -> dict[str, Any]:
    """The answer's members. No `data`: the document was refused before anything ran."""
    try:
        result = await SUBGRAPH.execute(
            body.query,
            variable_values=body.variables,
            operation_name=body.operationName,
            context_value=context,
        )
    except CannotGetOperationTypeError:
        return {"errors": [bad_input("the document has no such operation").formatted]}
    answer: dict[str, Any] = {}
    if result.errors:
        answer["errors"] = [_format(error) for error in result.errors]
    if not isinstance(result, PreExecutionError):
        answer["data"] = result.data
    return answer


def _response(answer: dict[str, Any], modern: bool) -> Response:
    """modern: the client takes GraphQL's own media type, under which a refused document is a 400."""
    status = 400 if modern and "data" not in answer else 200
    return Response(msgspec.json.encode(answer), status, media_type=GRAPHQL_RESPONSE if modern else "application/json")


def _format(error: GraphQLError) -> Any:
    if not is_unexpected(error):
        return error.formatted
    masked = {"message": "the reviews service failed; its log says why", "path": error.path}
    return masked | {"extensions": {"code": "INTERNAL_SERVER_ERROR"}}


_GRAPHQL = {
    "post": {
        "operationId": "post_graphql",
        "summary": "Run one GraphQL operation: see `{_service{sdl}}`.",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["query"],
                        "properties": {
                            "query": {"type": "string", "minLength": 1},
                            "variables": {"type": ["object", "null"]},
                            "operationName": {"type": ["string", "null"]},
                        },
                    }
                }
            },
        },
        "responses": {
            "200": {"description": "`data`, `errors` or both."},
            "400": {"description": "Not JSON; or, in GraphQL's own media type, a document that was refused."},
            "413": {"description": "The body is too large."},
            "415": {"description": "The body is of another type."},
            "422": {"description": "The body is not a GraphQL request."},
            "default": {"description": "The service failed, or chaos was asked for."},
        },
    }
}

STREAM = Stream(
    service="reviews",
    folder=Path(__file__).parent,
    table="reviews",
    key="id",
    find=store.find_reviews,
    events=EVENTS,
)
_DOCUMENT = openapi_document("Reviews", feed_operations(STREAM))
_DOCUMENT["paths"]["/graphql"] = _GRAPHQL

SERVICE = Service(
    name="reviews",
    summary="Reviews of products by customers: a GraphQL service, an Apollo Federation 2 subgraph.",
    routes=graphql_routes,
    stream=STREAM,
    document=_DOCUMENT,
)
