"""Operation: one validated operation of a client's document, ready to be planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from graphql import FragmentDefinitionNode, OperationDefinitionNode

from gateway.federation.selection import InternalKeys

OperationKind = Literal["query", "mutation", "subscription"]


@dataclass(frozen=True, eq=False)
class Operation:
    """What a client asks, before its variables are known.

    text:        the document as sent; with `name` it is the operation's identity.
    root_type:   name of the root type in the supergraph.
    condition_variables: variables that @skip or @include use, sorted. Their values are part of a plan's identity.
    keys:        the internal keys given to fields with arguments; shared by all plans of this operation.
    """

    text: str
    name: str | None
    kind: OperationKind
    root_type: str
    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    condition_variables: tuple[str, ...]
    keys: InternalKeys

    @cached_property
    def variable_definitions(self) -> Mapping[str, str]:
        """Variable name -> its definition as GraphQL text, with type and default, as subgraph operations repeat it."""
        from graphql import print_ast

        definitions = self.definition.variable_definitions or ()
        return {
            node.variable.name.value: f"${node.variable.name.value}: {print_ast(node.type)}"
            + (f" = {print_ast(node.default_value)}" if node.default_value is not None else "")
            for node in definitions
        }
