"""Costs: what `@cost` and `@listSize` say in a supergraph, by schema coordinate.

Sources: the GraphQL Cost Directives specification (IBM, draft of 2021, sections 7 and 8) for what the directives mean;
`https://specs.apollo.dev/cost/v0.1`, linked by supergraphs, for how they are written: there a weight is an Int.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import (
    DirectiveNode,
    DocumentNode,
    InputValueDefinitionNode,
    TypeDefinitionNode,
    value_from_ast_untyped,
)

from gateway.federation.links import Link


@dataclass(frozen=True, slots=True)
class ListSize:
    """How long the lists of one field are at most: one `@listSize`.

    assumed:  the size when no slicing argument says it; None when that is not known either.
    slicing:  arguments whose values are sizes; `filter.max` is a member of an input object.
    sized:    fields of the returned object whose lists are meant; () means the field's own list.
    one_only: a client must give exactly one of the slicing arguments, or none where one has a default.
    """

    assumed: int | None = None
    slicing: tuple[str, ...] = ()
    sized: tuple[str, ...] = ()
    one_only: bool = False


@dataclass(frozen=True, slots=True)
class Costs:
    """All of a graph.

    weights: by `Type`, `Type.field`, `Type.field(argument:)` or `Input.field`. sizes: by `Type.field`.
    """

    weights: Mapping[str, int] = field(default_factory=dict[str, int])
    sizes: Mapping[str, ListSize] = field(default_factory=dict[str, ListSize])


class _Annotated(Protocol):
    @property
    def directives(self) -> tuple[DirectiveNode, ...] | None: ...


def read_costs(document: DocumentNode, links: Mapping[str, Link]) -> Costs:
    """What the supergraph says of costs; nothing when it does not link the specification."""
    link = links.get("cost")
    if link is None:
        return Costs()
    weights: dict[str, int] = {}
    sizes: dict[str, ListSize] = {}
    for coordinate, node in _elements(document):
        for arguments in _applied(node, link.directive("cost")):
            weights[coordinate] = int(arguments["weight"])
        for arguments in _applied(node, link.directive("listSize")):
            sizes[coordinate] = _list_size(arguments)
    return Costs(weights, sizes)


def _elements(document: DocumentNode) -> Iterator[tuple[str, _Annotated]]:
    """All that may be annotated, with its coordinate."""
    for definition in document.definitions:
        if not isinstance(definition, TypeDefinitionNode):
            continue
        name = definition.name.value
        yield name, definition
        members: Any = getattr(definition, "fields", None) or ()
        for member in members:
            coordinate = f"{name}.{member.name.value}"
            yield coordinate, member
            if isinstance(member, InputValueDefinitionNode):
                continue
            for argument in member.arguments or ():
                yield f"{coordinate}({argument.name.value}:)", argument


def _applied(node: _Annotated, name: str) -> Iterator[dict[str, Any]]:
    for directive in node.directives or ():
        if directive.name.value == name:
            yield {item.name.value: value_from_ast_untyped(item.value) for item in directive.arguments or ()}


def _list_size(arguments: Mapping[str, Any]) -> ListSize:
    """Without slicing arguments there is none to require. Source: the specification, section 8.4."""
    slicing = tuple(arguments.get("slicingArguments") or ())
    return ListSize(
        assumed=arguments.get("assumedSize"),
        slicing=slicing,
        sized=tuple(arguments.get("sizedFields") or ()),
        one_only=bool(slicing) and arguments.get("requireOneSlicingArgument") is not False,
    )
