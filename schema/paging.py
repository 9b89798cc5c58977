"""What all lists of the graph share: how much may be asked for at once, and connections for reading on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Generic, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema_directives import ListSize
from strawberry.types.nodes import FragmentSpread, InlineFragment, Selection

from gateway.services.rest import BAD_USER_INPUT
from gateway.subgraphs import Info

MOST = 200
"""Rows that the services give at once."""

NodeT = TypeVar("NodeT")

First = Annotated[int, strawberry.argument(description=f"How many at most: 1 to {MOST}.")]
After = Annotated[
    str | None, strawberry.argument(description="Continue behind this `endCursor` of a page with the same filters.")
]


by_first = ListSize(assumed_size=None, slicing_arguments=["first"], sized_fields=None)
"""Says to the gateway that a list is as long as its `first`: what an operation costs is known before it runs."""
nodes_by_first = ListSize(assumed_size=None, slicing_arguments=["first"], sized_fields=["nodes"])
"""The same of a connection's `nodes`."""


@strawberry.federation.type(shareable=True, description="Where a page of a list ends.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more behind this page.")
    end_cursor: str | None = strawberry.field(description="Give this as `after` to read on; null on the last page.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[NodeT]):
    nodes: list[NodeT] = strawberry.field(description="What is on this page.")
    page_info: PageInfo = strawberry.field(description="Where this page ends.")


def page_info(next_cursor: str | None) -> PageInfo:
    return PageInfo(has_next_page=next_cursor is not None, end_cursor=next_cursor)


def checked(first: int) -> int:
    """`first`, if a service would take it. Raises a GraphQLError for the client."""
    if 1 <= first <= MOST:
        return first
    raise GraphQLError(f"`first` must be from 1 to {MOST}.", extensions={"code": BAD_USER_INPUT})


def asks_for(info: Info, name: str) -> bool:
    """Whether the field being resolved selects the field of this name: for what costs extra only when asked for."""
    return any(_selects(field.selections, name) for field in info.selected_fields)


def _selects(selections: Iterable[Selection], name: str) -> bool:
    return any(
        _selects(selection.selections, name)
        if isinstance(selection, FragmentSpread | InlineFragment)
        else selection.name == name
        for selection in selections
    )
