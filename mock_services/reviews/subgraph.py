"""The reviews schema as an Apollo Federation 2 subgraph.

Strawberry's own `_entities` fails as a whole for one representation of an unknown type, takes ids as they come and
changes its input; this one judges each representation alone. Errors that are not the client's are logged, not told.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import strawberry
from graphql import GraphQLError
from strawberry import federation
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.federation.schema import FederationAny
from strawberry.types import ExecutionContext

from mock_services.reviews.context import Context
from mock_services.reviews.graph import Customer, Mutation, Product, Query, Review, bad_input, review_of

CACHED_DOCUMENTS = 500

_log = logging.getLogger(__name__)

Entity = Review | Product | Customer


async def _review(context: Context, id: str) -> Review | None:
    return review_of(await context.reviews.load(id))


def _product(_: Context, id: str) -> Product:
    return Product(id=strawberry.ID(id))


def _customer(_: Context, id: str) -> Customer:
    return Customer(id=strawberry.ID(id))


# Every entity has the one key `id`.
_ENTITIES: Mapping[str, Callable[[Context, str], Entity | Awaitable[Entity | None]]] = {
    "Review": _review,
    "Product": _product,
    "Customer": _customer,
}


class ReviewsSubgraph(federation.Schema):
    """Answers `_entities` one by one: the entity, null when there is none, an error when the representation is bad."""

    def entities_resolver(self, info: strawberry.Info, representations: list[FederationAny]) -> list[Any]:
        return [_resolve(info.context, representation) for representation in representations]

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        for error in errors:
            if is_unexpected(error):
                _log.error("at %s", error.path, exc_info=error.original_error)


def is_unexpected(error: GraphQLError) -> bool:
    """Whether it is the service's fault rather than the client's."""
    return error.original_error is not None and not isinstance(error.original_error, GraphQLError)


def _resolve(context: Context, representation: object) -> Entity | Awaitable[Entity | None] | GraphQLError:
    """An error is returned, not raised: so it costs its own item only."""
    if not isinstance(representation, dict):
        return bad_input("a representation must be an object")
    members = cast("dict[str, object]", representation)
    typename, key = members.get("__typename"), members.get("id")
    if not isinstance(typename, str) or typename not in _ENTITIES:
        return bad_input(f"there is no entity type {typename!r} in this subgraph")
    # GraphQL takes whole numbers for ids; True is an int to Python only.
    if isinstance(key, bool) or not isinstance(key, str | int):
        return bad_input(f"the representation of {typename} needs its key, id")
    return _ENTITIES[typename](context, str(key))


SUBGRAPH = ReviewsSubgraph(
    query=Query,
    mutation=Mutation,
    types=[Review, Product, Customer],
    extensions=[lambda: ParserCache(maxsize=CACHED_DOCUMENTS), lambda: ValidationCache(maxsize=CACHED_DOCUMENTS)],
)
