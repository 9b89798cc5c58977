"""Reads supergraph SDL (join v0.2 to v0.5) into the model. Pure; the only module that knows the annotations' names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    FieldDefinitionNode,
    GraphQLSyntaxError,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    parse,
    parse_type,
    value_from_ast_untyped,
)

from gateway.federation.access import read_access
from gateway.federation.api_schema import build_api_schema
from gateway.federation.costs import read_costs
from gateway.federation.errors import Problem, SchemaError
from gateway.federation.links import Link, read_links
from gateway.federation.selection import InternalKeys, Selections, parse_field_set
from gateway.federation.supergraph import (
    ContextArgument,
    FieldDefinition,
    FieldSource,
    Graph,
    Key,
    Kind,
    Supergraph,
    TypeDefinition,
    TypeSource,
)
from gateway.federation.syntax import syntax_message
from gateway.federation.uncollected import uncollected

_KINDS: dict[type, Kind] = {
    ObjectTypeDefinitionNode: Kind.OBJECT,
    InterfaceTypeDefinitionNode: Kind.INTERFACE,
    UnionTypeDefinitionNode: Kind.UNION,
    EnumTypeDefinitionNode: Kind.ENUM,
    ScalarTypeDefinitionNode: Kind.SCALAR,
    InputObjectTypeDefinitionNode: Kind.INPUT,
}
_ROOT_NAMES = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


@uncollected()
def load_supergraph(sdl: str) -> Supergraph:
    """Build the model from supergraph SDL.

    Raises SchemaError: not GraphQL, not a supergraph, a join version or a required feature that is not supported.
    """
    try:
        document = parse(sdl)
    except GraphQLSyntaxError as error:
        place = error.locations[0] if error.locations else None
        line, column = (place.line, place.column) if place else (0, 0)
        raise SchemaError([Problem("INVALID_GRAPHQL", syntax_message(error), "", line, column)]) from error
    links, problems = read_links(document)
    if problems:
        raise SchemaError(problems)
    try:
        return _Reader(document, links, sdl).read()
    except (KeyError, AttributeError, GraphQLSyntaxError) as error:
        # No composer writes this: an argument is missing or of the wrong kind in a file that somebody edited.
        problem = f"a join directive cannot be read: {error}"
        raise SchemaError([Problem("UNSUPPORTED_SUPERGRAPH", problem)]) from error


def named_type(node: TypeNode) -> str:
    """The name inside all lists and non-nulls."""
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)
    return node.name.value


class _Reader:
    """One reading of one document. Holds what its parts need in common."""

    def __init__(self, document: DocumentNode, links: Mapping[str, Link], sdl: str) -> None:
        self.document = document
        self.links = links
        self.sdl = sdl
        self.join = links["join"]
        self.definitions = [node for node in document.definitions if isinstance(node, TypeDefinitionNode)]
        names = {field.name.value for node in self.definitions for field in getattr(node, "fields", None) or ()}
        self.keys = InternalKeys(names)
        self.graph_ids: dict[str, Graph] = {}

    def read(self) -> Supergraph:
        self.graph_ids = self._read_graphs()
        machinery = ("link__", *(f"{link.namespace}__" for link in self.links.values()))
        types = {
            node.name.value: self._type(node) for node in self.definitions if not node.name.value.startswith(machinery)
        }
        return Supergraph(
            graphs={graph.name: graph for graph in self.graph_ids.values()},
            types=types,
            roots=self._roots(types),
            api_schema=build_api_schema(self.document, self.links),
            requirement_keys=self.keys.given,
            sdl=self.sdl,
            costs=read_costs(self.document, self.links),
            access=read_access(self.document, self.links),
        )

    def _read_graphs(self) -> dict[str, Graph]:
        """The subgraphs by their id in this file."""
        enum_name = f"{self.join.namespace}__Graph"
        graphs: dict[str, Graph] = {}
        for node in self.document.definitions:
            if isinstance(node, EnumTypeDefinitionNode | EnumTypeExtensionNode) and node.name.value == enum_name:
                for value in node.values or ():
                    for arguments in self._applied(value, "graph"):
                        graphs[value.name.value] = Graph(str(arguments["name"]), str(arguments.get("url") or ""))
        if not graphs:
            problem = f"the supergraph lists no subgraph in enum {enum_name}"
            raise SchemaError([Problem("UNSUPPORTED_SUPERGRAPH", problem)])
        return graphs

    def _roots(self, types: Mapping[str, TypeDefinition]) -> dict[str, str]:
        roots = {kind: name for kind, name in _ROOT_NAMES.items() if name in types}
        for node in self.document.definitions:
            if isinstance(node, SchemaDefinitionNode):
                named = {item.operation.value: item.type.name.value for item in node.operation_types}
                roots = named or roots
        return roots

    def _applied(self, node: Any, element: str) -> Iterable[dict[str, Any]]:
        """Arguments of every application of a join directive on a definition."""
        name = self.join.directive(element)
        for directive in node.directives or ():
            if directive.name.value == name:
                yield _arguments(directive)

    def _graph(self, arguments: Mapping[str, Any]) -> str:
        graph = self.graph_ids.get(arguments["graph"])
        if graph is None:
            raise SchemaError(
                [Problem("UNSUPPORTED_SUPERGRAPH", f"unknown subgraph '{arguments['graph']}' in a join directive")]
            )
        return graph.name

    def _type(self, node: TypeDefinitionNode) -> TypeDefinition:
        sources = self._type_sources(node)
        kind = _KINDS[type(node)]
        fields: dict[str, FieldDefinition] = {}
        interfaces: dict[str, frozenset[str]] = {}
        members: dict[str, frozenset[str]] = {}
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            fields = {field.name.value: self._field(field, sources) for field in node.fields or ()}
            interfaces = self._per_graph(node, "implements", "interface")
        elif isinstance(node, UnionTypeDefinitionNode):
            # join v0.2 does not say which subgraph knows which member: then every one knows all.
            everyone = frozenset(member.name.value for member in node.types or ())
            members = self._per_graph(node, "unionMember", "member") or dict.fromkeys(sources, everyone)
        return TypeDefinition(node.name.value, kind, sources, fields, interfaces, members, self._contexts(node))

    def _contexts(self, node: TypeDefinitionNode) -> frozenset[str]:
        link = self.links.get("context")
        directives = node.directives if link is not None else ()
        name = link.directive("context") if link is not None else ""
        return frozenset(str(_arguments(found)["name"]) for found in directives or () if found.name.value == name)

    def _type_sources(self, node: TypeDefinitionNode) -> dict[str, TypeSource]:
        found: dict[str, TypeSource] = {}
        for arguments in self._applied(node, "type"):
            graph = self._graph(arguments)
            before = found.get(graph, TypeSource())
            keys = before.keys
            if "key" in arguments:
                keys += (Key(self._field_set(arguments["key"]), arguments.get("resolvable", True)),)
            opaque = before.is_interface_object or bool(arguments.get("isInterfaceObject"))
            found[graph] = TypeSource(keys, opaque)
        return found

    def _per_graph(self, node: Any, element: str, argument: str) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for arguments in self._applied(node, element):
            found.setdefault(self._graph(arguments), set()).add(arguments[argument])
        return {graph: frozenset(names) for graph, names in found.items()}

    def _field(self, node: FieldDefinitionNode, owners: Mapping[str, TypeSource]) -> FieldDefinition:
        applied = list(self._applied(node, "field"))
        sources: dict[str, FieldSource] = {}
        if not applied:
            # Without any @join__field the field is plain in every subgraph that has the type.
            sources = {graph: FieldSource(node.type, named_type(node.type)) for graph in owners}
        for arguments in applied:
            # One without `graph` says only that the field comes through an interface object of some interface.
            if arguments.get("graph") is not None:
                sources[self._graph(arguments)] = self._field_source(node.type, arguments)
        return FieldDefinition(
            name=node.name.value,
            type=node.type,
            named=named_type(node.type),
            sources=sources,
            arguments={argument.name.value: argument.type for argument in node.arguments or ()},
            lookup_in=self._lookups(node),
        )

    def _field_source(self, declared: TypeNode, arguments: Mapping[str, Any]) -> FieldSource:
        type_node = parse_type(arguments["type"], no_location=True) if arguments.get("type") else declared
        return FieldSource(
            type=type_node,
            named=named_type(type_node),
            external=_is_unreadable(arguments),
            requires=self._field_set(arguments.get("requires")),
            provides=self._field_set(arguments.get("provides")),
            override=arguments.get("override"),
            override_label=arguments.get("overrideLabel"),
            contexts=tuple(self._context_argument(item) for item in arguments.get("contextArguments") or ()),
        )

    def _context_argument(self, arguments: Mapping[str, Any]) -> ContextArgument:
        type_node = parse_type(arguments["type"], no_location=True)
        return ContextArgument(
            arguments["name"], type_node, arguments["context"], self._field_set(arguments["selection"])
        )

    def _lookups(self, node: FieldDefinitionNode) -> frozenset[str]:
        marked = (arguments for arguments in self._applied(node, "directive") if arguments.get("name") == "lookup")
        return frozenset(self.graph_ids[graph].name for arguments in marked for graph in arguments.get("graphs") or ())

    def _field_set(self, text: str | None) -> Selections:
        if text is None:
            return ()
        try:
            return parse_field_set(text, self.keys)
        except (GraphQLSyntaxError, ValueError) as error:
            raise SchemaError(
                [Problem("UNSUPPORTED_SUPERGRAPH", f"the field set '{text}' cannot be read: {error}")]
            ) from error


def _is_unreadable(arguments: Mapping[str, Any]) -> bool:
    """Whether the subgraph declares the field but does not serve it.

    An overridden entry is kept only because a key or requirement still names it. Under a label, the new owner takes
    over and the old one stops when the label is on; labels are off until something switches them on.
    """
    is_labelled = bool(arguments.get("overrideLabel"))
    is_taken_over = arguments.get("usedOverridden") and not is_labelled
    awaits_label = arguments.get("override") and is_labelled
    return bool(arguments.get("external") or is_taken_over or awaits_label)


def _arguments(directive: DirectiveNode) -> dict[str, Any]:
    return {node.name.value: value_from_ast_untyped(node.value) for node in directive.arguments or ()}
