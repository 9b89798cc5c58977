"""Parsing and validating the requests that fakes get, once per text."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, validate
from graphql.language import ast

from tests.support.subgraph_sdl import SubgraphModel


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A request's document and what is wrong with it in this subgraph. depth counts nested selection sets from 1."""

    document: DocumentNode | None
    errors: tuple[str, ...]
    depth: int = 0
    aliased_entities: bool = False
    operation: str = ""


_checked: WeakKeyDictionary[GraphQLSchema, dict[str, CheckedDocument]] = WeakKeyDictionary()


def check_document(model: SubgraphModel, text: str) -> CheckedDocument:
    """Validate a request against the subgraph's own schema. It must hold exactly one operation."""
    known = _checked.setdefault(model.schema, {})
    if text not in known:
        known[text] = _check(model.schema, text)
    return known[text]


def _check(schema: GraphQLSchema, text: str) -> CheckedDocument:
    try:
        document = parse(text)
    except GraphQLError as error:
        return CheckedDocument(None, (error.message,))
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    errors = [error.message for error in validate(schema, document)]
    if len(operations) != 1:
        errors.append(f"{len(operations)} operations in one document")
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, ast.FragmentDefinitionNode)}
    top = [s for s in operations[0].selection_set.selections if isinstance(s, ast.FieldNode)]
    return CheckedDocument(
        document,
        tuple(errors),
        depth=0 if errors else _depth(operations[0].selection_set, fragments),
        aliased_entities=sum(s.name.value == "_entities" for s in top) > 1,
        operation=operations[0].operation.value,
    )


def _depth(selection: ast.SelectionSetNode | None, fragments: dict[str, ast.FragmentDefinitionNode]) -> int:
    if selection is None:
        return 0
    return max(_depth_of(node, fragments) for node in selection.selections)


def _depth_of(node: ast.SelectionNode, fragments: dict[str, ast.FragmentDefinitionNode]) -> int:
    if isinstance(node, ast.FragmentSpreadNode):
        return _depth(fragments[node.name.value].selection_set, fragments)
    if isinstance(node, ast.InlineFragmentNode):
        return _depth(node.selection_set, fragments)
    return 1 + _depth(node.selection_set, fragments)
