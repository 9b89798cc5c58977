"""What one subgraph's SDL says about itself: an executable schema, and who may be asked for what.

Written from the federation specifications and independent of the gateway's composer, which it helps to judge. It reads
the federation directives under their own names or with the `federation__` prefix; renamed imports are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    ListValueNode,
    SelectionSetNode,
    StringValueNode,
    build_ast_schema,
    get_named_type,
    parse,
)
from graphql.language import ast

_DEFINITION_OF = {
    ast.ObjectTypeExtensionNode: ast.ObjectTypeDefinitionNode,
    ast.InterfaceTypeExtensionNode: ast.InterfaceTypeDefinitionNode,
    ast.UnionTypeExtensionNode: ast.UnionTypeDefinitionNode,
    ast.EnumTypeExtensionNode: ast.EnumTypeDefinitionNode,
    ast.InputObjectTypeExtensionNode: ast.InputObjectTypeDefinitionNode,
    ast.ScalarTypeExtensionNode: ast.ScalarTypeDefinitionNode,
}
_INPUTS = (ast.InputObjectTypeDefinitionNode, ast.InputObjectTypeExtensionNode)
_MEMBERS = ("directives", "interfaces", "fields", "types", "values")
_OWN_NAMES = {"_Any", "_Entity", "_Service"}


@dataclass(frozen=True, slots=True)
class Key:
    """One @key of a type. of_extension: it stands on `extend type` or on a type marked @extends."""

    fields: SelectionSetNode
    text: str
    resolvable: bool
    of_extension: bool


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """The federation directives on one field, with field sets parsed."""

    external: bool = False
    requires: SelectionSetNode | None = None
    provides: SelectionSetNode | None = None
    overrides: str | None = None
    label: str | None = None


@dataclass(slots=True)
class TypeFacts:
    """The federation directives on one object or interface type."""

    keys: list[Key] = field(default_factory=list[Key])
    interface_object: bool = False
    fields: dict[str, FieldFacts] = field(default_factory=dict[str, FieldFacts])


@dataclass(slots=True)
class SubgraphModel:
    """One subgraph: its schema with `_entities` and `_service`, its facts, the external key fields it serves."""

    schema: GraphQLSchema
    types: dict[str, TypeFacts]
    served: set[tuple[str, str]]


def read_subgraph(sdl: str) -> SubgraphModel:
    """Read one subgraph's SDL, Federation 1 or 2."""
    document = parse(sdl, no_location=True)
    definitions = _merge_extensions(document)
    types: dict[str, TypeFacts] = {}
    for node in document.definitions:
        if hasattr(node, "fields") and not isinstance(node, _INPUTS):
            _read_type(node, types.setdefault(node.name.value, TypeFacts()))
    schema = _executable(definitions, types)
    return SubgraphModel(schema, types, _served_keys(schema, types))


def _directives(node: ast.Node, name: str) -> list[DirectiveNode]:
    return [d for d in getattr(node, "directives", None) or () if d.name.value.removeprefix("federation__") == name]


def _argument(directive: DirectiveNode, name: str) -> ast.ValueNode | None:
    return next((a.value for a in directive.arguments or () if a.name.value == name), None)


def _text(directive: DirectiveNode, name: str) -> str | None:
    value = _argument(directive, name)
    if isinstance(value, ListValueNode):
        return " ".join(v.value for v in value.values if isinstance(v, StringValueNode))
    return value.value if isinstance(value, StringValueNode) else None


def field_set(text: str) -> SelectionSetNode:
    """The selection that a field set such as "id owner { id }" stands for."""
    return parse("{" + text + "}", no_location=True).definitions[0].selection_set


def _read_type(node: ast.ObjectTypeDefinitionNode | ast.InterfaceTypeDefinitionNode, facts: TypeFacts) -> None:
    extension = type(node) in _DEFINITION_OF or bool(_directives(node, "extends"))
    for directive in _directives(node, "key"):
        resolvable = _argument(directive, "resolvable")
        is_resolvable = not (isinstance(resolvable, ast.BooleanValueNode) and resolvable.value is False)
        text = _text(directive, "fields") or ""
        facts.keys.append(Key(field_set(text), text, is_resolvable, extension))
    facts.interface_object = facts.interface_object or bool(_directives(node, "interfaceObject"))
    all_external = bool(_directives(node, "external"))
    for f in node.fields or ():
        sets = {name: _text(d, "fields") for name in ("requires", "provides") for d in _directives(f, name)}
        facts.fields[f.name.value] = FieldFacts(
            external=all_external or bool(_directives(f, "external")),
            requires=field_set(sets["requires"]) if sets.get("requires") else None,
            provides=field_set(sets["provides"]) if sets.get("provides") else None,
            overrides=next((_text(d, "from") for d in _directives(f, "override")), None),
            label=next((_text(d, "label") for d in _directives(f, "override")), None),
        )


def _served_keys(schema: GraphQLSchema, types: dict[str, TypeFacts]) -> set[tuple[str, str]]:
    """Fields named by a key of an extension: the subgraph serves them although they are marked @external."""
    served: set[tuple[str, str]] = set()

    def visit(typename: str, selection: SelectionSetNode) -> None:
        for node in selection.selections:
            if isinstance(node, ast.FieldNode) and node.name.value != "__typename":
                served.add((typename, node.name.value))
                if node.selection_set:
                    visit(_field_type(schema, typename, node.name.value), node.selection_set)

    for typename, facts in types.items():
        for key in facts.keys:
            if key.of_extension:
                visit(typename, key.fields)
    return served


def _field_type(schema: GraphQLSchema, typename: str, field_name: str) -> str:
    return get_named_type(schema.type_map[typename].fields[field_name].type).name


def _merge_extensions(document: DocumentNode) -> list[ast.DefinitionNode]:
    """Every type once, as a definition that holds what its base and its extensions say."""
    types: dict[str, ast.Node] = {}
    others: list[ast.DefinitionNode] = []
    for node in document.definitions:
        if isinstance(node, ast.SchemaDefinitionNode | ast.SchemaExtensionNode):
            if node.operation_types:
                others.append(ast.SchemaDefinitionNode(operation_types=node.operation_types, directives=()))
            continue
        if isinstance(node, ast.DirectiveDefinitionNode):
            others.append(node)
            continue
        name = node.name.value
        if name in _OWN_NAMES:
            continue
        kind = _DEFINITION_OF.get(type(node), type(node))
        parts = {key: getattr(node, key, None) or () for key in _MEMBERS if key in kind.keys}
        if name in types:
            before = types[name]
            parts = {key: (*getattr(before, key), *value) for key, value in parts.items()}
        types[name] = kind(name=ast.NameNode(value=name), **parts)
    return [*others, *types.values()]


_FEDERATION = """
scalar _Any
type _Service {{ sdl: String! }}
{entity}
type {query} {{ _service: _Service! {entities} }}
"""


def _executable(definitions: list[ast.DefinitionNode], types: dict[str, TypeFacts]) -> GraphQLSchema:
    query = "Query"
    for node in definitions:
        if isinstance(node, ast.SchemaDefinitionNode):
            query = next((o.type.name.value for o in node.operation_types if o.operation.value == "query"), "Query")
    interfaces = {n.name.value for n in definitions if isinstance(n, ast.InterfaceTypeDefinitionNode)}
    entities = sorted(name for name, f in types.items() if any(k.resolvable for k in f.keys) and name not in interfaces)
    extra = _FEDERATION.format(
        query=query,
        entity=f"union _Entity = {' | '.join(entities)}" if entities else "",
        entities="_entities(representations: [_Any!]!): [_Entity]!" if entities else "",
    )
    added = parse(extra, no_location=True).definitions
    own_root = added[-1]
    result: list[ast.DefinitionNode] = []
    found = False
    for node in definitions:
        if getattr(getattr(node, "name", None), "value", None) == query:
            found = True
            node = ast.ObjectTypeDefinitionNode(
                name=node.name,
                interfaces=node.interfaces,
                directives=(),
                fields=(*node.fields, *own_root.fields),
            )
        result.append(node)
    result.extend(added[:-1] if found else added)
    return build_ast_schema(DocumentNode(definitions=tuple(result)), assume_valid_sdl=True)
