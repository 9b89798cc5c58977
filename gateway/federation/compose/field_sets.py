"""The little selections in @key, @requires and @provides: parsing them and walking them over a subgraph's types."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
    print_ast,
)

from gateway.federation.compose.model import FieldDef, Kind, Subgraph, TypeDef
from gateway.federation.compose.type_text import named

Coordinate = tuple[str, str]
"""(type name, field name)."""


class FieldSetError(Exception):
    """The text is no field set. The argument says why, in a clause that can follow a colon."""


@lru_cache(maxsize=4096)
def parse_field_set(text: str) -> SelectionSetNode:
    """The selection set of `id organization { id }`, with or without outer braces. Raises FieldSetError."""
    body = text.strip()
    if not body.startswith("{"):
        body = "{" + body + "}"
    try:
        definitions = parse(body, no_location=True).definitions
    except GraphQLSyntaxError as error:
        raise FieldSetError(error.message.removeprefix("Syntax Error: ").rstrip(".")) from error
    operation = definitions[0]
    if isinstance(operation, OperationDefinitionNode) and not operation.selection_set.selections:
        raise FieldSetError("it is empty")
    if len(definitions) != 1 or not isinstance(operation, OperationDefinitionNode):
        raise FieldSetError("it must be one selection")
    return operation.selection_set


def canonical_text(text: str) -> str:
    """The field set on one line, without outer braces and commas: equal sets print alike."""
    return compact(parse_field_set(text))


def compact(selection_set: SelectionSetNode) -> str:
    """The selections on one line."""
    return " ".join(_compact_selection(selection) for selection in selection_set.selections)


def _compact_selection(selection: SelectionNode) -> str:
    nested = getattr(selection, "selection_set", None)
    head = _head(selection)
    return f"{head} {{ {compact(nested)} }}" if nested is not None else head


def _head(selection: SelectionNode) -> str:
    """The selection without its own selection set."""
    if isinstance(selection, FieldNode):
        arguments = ", ".join(f"{item.name.value}: {print_ast(item.value)}" for item in selection.arguments or ())
        return selection.name.value + (f"({arguments})" if arguments else "")
    if isinstance(selection, InlineFragmentNode):
        condition = selection.type_condition
        return f"... on {condition.name.value}" if condition else "..."
    return print_ast(selection)


def walk(subgraph: Subgraph, type_name: str, selection_set: SelectionSetNode) -> Iterator[tuple[TypeDef, FieldDef]]:
    """Every field the selection names, with the type it is selected on, depth first. Unknown names are passed over."""
    type_def = subgraph.types.get(type_name)
    if type_def is None:
        return
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode):
            field_def = type_def.fields.get(selection.name.value)
            if field_def is not None:
                yield type_def, field_def
                if selection.selection_set is not None:
                    yield from walk(subgraph, named(field_def.type), selection.selection_set)
        elif isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            yield from walk(subgraph, condition.name.value if condition else type_name, selection.selection_set)


def coordinates(subgraph: Subgraph, type_name: str, text: str | None) -> set[Coordinate]:
    """(type, field) of all that a field set uses; a field of an interface counts for its implementations too.

    Empty for a text that cannot be parsed: validation reports that elsewhere.
    """
    if text is None:
        return set()
    try:
        selection_set = parse_field_set(text)
    except FieldSetError:
        return set()
    found: set[Coordinate] = set()
    for type_def, field_def in walk(subgraph, type_name, selection_set):
        found.add((type_def.name, field_def.name))
        if type_def.kind is Kind.INTERFACE:
            found.update((name, field_def.name) for name in subgraph.possible(type_def.name))
    return found


def own_part(subgraph: Subgraph, type_name: str, text: str) -> str:
    """The field set without the leaves that the subgraph resolves itself: not external, and below nothing external.

    Unknown fields stay, for validation to report. Raises FieldSetError.
    """
    return _compact_filtered(subgraph, type_name, parse_field_set(text))


def _compact_filtered(subgraph: Subgraph, type_name: str, selection_set: SelectionSetNode) -> str:
    parts: list[str] = []
    for selection in selection_set.selections:
        nested = getattr(selection, "selection_set", None)
        target, kept_whole = type_name, isinstance(selection, FragmentSpreadNode)
        if isinstance(selection, FieldNode):
            type_def = subgraph.types.get(type_name)
            field = type_def.fields.get(selection.name.value) if type_def else None
            # On interfaces the mark means nothing in Federation 1, which this is for.
            kept_whole = field is None or (field.external and type_def is not None and type_def.kind is Kind.OBJECT)
            target = named(field.type) if field else type_name
        elif isinstance(selection, InlineFragmentNode) and selection.type_condition is not None:
            target = selection.type_condition.name.value
        if kept_whole:
            parts.append(_compact_selection(selection))
        elif nested is not None and (below := _compact_filtered(subgraph, target, nested)):
            parts.append(f"{_head(selection)} {{ {below} }}")
    return " ".join(parts)


def top_level_fields(text: str) -> list[str]:
    """Names of the outermost fields; none for a text that cannot be parsed."""
    try:
        selections = parse_field_set(text).selections
    except FieldSetError:
        return []
    return [item.name.value for item in selections if isinstance(item, FieldNode)]


def simple_fields(text: str) -> list[str] | None:
    """The field names when the set is flat (`id region`); None when anything is nested or a fragment."""
    selections = parse_field_set(text).selections
    names = [item.name.value for item in selections if isinstance(item, FieldNode) and item.selection_set is None]
    return names if len(names) == len(selections) else None


def field_set_paths(text: str) -> frozenset[str]:
    """The leaves as dotted paths (`maker.id`): equal for sets that differ in order only. Raises FieldSetError."""
    return frozenset(_paths("", parse_field_set(text)))


def _paths(prefix: str, selection_set: SelectionSetNode) -> Iterator[str]:
    for selection in selection_set.selections:
        path = f"{prefix}.{_head(selection)}" if prefix else _head(selection)
        nested = getattr(selection, "selection_set", None)
        if nested is None:
            yield path
        else:
            yield from _paths(path, nested)
