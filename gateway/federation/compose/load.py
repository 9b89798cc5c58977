"""From one subgraph's SDL to its model, Federation 1 and 2 alike: the first phase of composition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    ConstDirectiveNode,
    ConstValueNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    EnumValueDefinitionNode,
    EnumValueNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ListValueNode,
    NamedTypeNode,
    Node,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    print_ast,
)

from gateway.federation.compose.compose_directives import read_composed
from gateway.federation.compose.document import (
    declarations,
    graphql_problems,
    own_document,
    parse_sdl,
    root_problems,
)
from gateway.federation.compose.federation_definitions import FEDERATION_1
from gateway.federation.compose.links import read_links, schema_directives
from gateway.federation.compose.model import (
    Applied,
    ArgumentDef,
    Composed,
    DirectiveDef,
    EnumValue,
    FieldDef,
    FieldSet,
    Key,
    Kind,
    Override,
    Place,
    Subgraph,
    TypeDef,
)
from gateway.federation.compose.positions import place_of
from gateway.federation.compose.report import Report
from gateway.federation.compose.unsupported import check_features
from gateway.federation.compose.validate_vocabulary import vocabulary_problems
from gateway.federation.compose.vocabulary import LOOKUP, Vocabulary, read_vocabulary
from gateway.federation.errors import Problem, SchemaError

TypeNode = TypeDefinitionNode | TypeExtensionNode

BUILT_IN = frozenset({"deprecated", "specifiedBy", "oneOf"})
CARRIED = BUILT_IN | {"tag", "inaccessible", "authenticated", "requiresScopes", "policy", "cost", "listSize"}
"""Directives that keep a meaning in the supergraph."""

_KINDS: dict[type[Node], Kind] = {
    ObjectTypeDefinitionNode: Kind.OBJECT,
    ObjectTypeExtensionNode: Kind.OBJECT,
    InterfaceTypeDefinitionNode: Kind.INTERFACE,
    InterfaceTypeExtensionNode: Kind.INTERFACE,
    UnionTypeDefinitionNode: Kind.UNION,
    UnionTypeExtensionNode: Kind.UNION,
    EnumTypeDefinitionNode: Kind.ENUM,
    EnumTypeExtensionNode: Kind.ENUM,
    InputObjectTypeDefinitionNode: Kind.INPUT,
    InputObjectTypeExtensionNode: Kind.INPUT,
    ScalarTypeDefinitionNode: Kind.SCALAR,
    ScalarTypeExtensionNode: Kind.SCALAR,
}


def load_subgraph(name: str, sdl: str, url: str, federation: int | None, report: Report) -> Subgraph:
    """Read one subgraph. Hints go to the report. Raises SchemaError with all problems of its SDL."""
    own = Report()
    parsed = parse_sdl(name, sdl)
    if isinstance(parsed, Problem):
        raise SchemaError([parsed])
    vocabulary = read_vocabulary(name, parsed, federation, own)
    own.stop_if_any()
    own.problems.extend(root_problems(name, parsed))
    own.problems.extend(vocabulary_problems(name, parsed, vocabulary))
    own.stop_if_any()
    composed = read_composed(name, parsed, vocabulary.canonical, read_links(parsed)[1], own)
    document = own_document(parsed, vocabulary)
    own.problems.extend(graphql_problems(name, document, vocabulary))
    check_features(name, document, vocabulary, own)
    own.stop_if_any()
    report.hints.extend(own.hints)
    reader = _Reader(vocabulary.canonical, vocabulary.federation == FEDERATION_1, _repeatable(parsed, composed))
    return reader.subgraph(name, url, vocabulary, document, composed)


def _repeatable(document: DocumentNode, composed: Mapping[str, Composed]) -> dict[str, bool]:
    """Whether each composed directive may stand on one element several times."""
    return {
        node.name.value: node.repeatable
        for node in document.definitions
        if isinstance(node, DirectiveDefinitionNode) and node.name.value in composed
    }


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns AST nodes into the model, for one subgraph's directive names."""

    canonical: Mapping[str, str]
    lenient: bool
    """Federation 1: a field set may be written without quotes or as a list, and @external on a type means nothing."""
    composed: Mapping[str, bool]
    """Composed directives, and whether each is repeatable."""

    def subgraph(
        self, name: str, url: str, vocabulary: Vocabulary, document: DocumentNode, composed: Mapping[str, Composed]
    ) -> Subgraph:
        types = {type_name: self.type_def(nodes) for type_name, nodes in declarations(document).items()}
        directives = {
            node.name.value: self.directive_def(node)
            for node in document.definitions
            if isinstance(node, DirectiveDefinitionNode) and node.name.value != LOOKUP
        }
        applied = tuple(found for found in self._applied(schema_directives(document)) if found.composed)
        return Subgraph(name, url, vocabulary.federation, types, directives, composed, applied)

    def type_def(self, nodes: Sequence[TypeNode]) -> TypeDef:
        """One type of all its nodes."""
        head = next((node for node in nodes if isinstance(node, TypeDefinitionNode)), nodes[0])
        directives = [directive for node in nodes for directive in node.directives or ()]
        extends = self._has(directives, "extends")
        return TypeDef(
            name=head.name.value,
            kind=_KINDS[type(head)],
            description=_description(head),
            place=place_of(head),
            extension=isinstance(head, TypeExtensionNode),
            extends=extends,
            keys=tuple(key for node in nodes for key in self._keys(node, extends)),
            interface_object=self._has(directives, "interfaceObject"),
            applied=self._applied(directives),
            interfaces=_named_types(nodes, "interfaces"),
            fields={field.name: field for node in nodes for field in self._fields(node)},
            members=_named_types(nodes, "types"),
            values={value.name: value for node in nodes for value in self._values(node)},
            contexts={_string(found, "name") or "": place_of(found) for found in self._all(directives, "context")},
        )

    def _values(self, node: TypeNode) -> list[EnumValue]:
        return [
            EnumValue(item.name.value, _description(item), self._applied(item.directives or ()), place_of(item))
            for item in _children(node, "values")
            if isinstance(item, EnumValueDefinitionNode)
        ]

    def _keys(self, node: TypeNode, extends: bool) -> list[Key]:
        extension = extends or isinstance(node, TypeExtensionNode)
        return [
            Key(self._field_set(directive), _value(directive, "resolvable") != "false", extension)
            for directive in self._all(node.directives or (), "key")
        ]

    def _fields(self, node: TypeNode) -> list[FieldDef]:
        """A declaration's fields. @external and @shareable on it count for its own fields, not other declarations'."""
        external = self._has(node.directives or (), "external") and not self.lenient
        shareable = self._has(node.directives or (), "shareable")
        fields: list[FieldDef] = []
        for item in _children(node, "fields"):
            if isinstance(item, FieldDefinitionNode):
                fields.append(self._output_field(item, external, shareable))
            elif isinstance(item, InputValueDefinitionNode):
                fields.append(self._input_field(item))
        return fields

    def _output_field(self, node: FieldDefinitionNode, external: bool, shareable: bool) -> FieldDef:
        directives = node.directives or ()
        lookup = [directive for directive in directives if directive.name.value == LOOKUP]
        return FieldDef(
            name=node.name.value,
            type=print_ast(node.type),
            description=_description(node),
            place=place_of(node),
            arguments={item.name.value: self._argument(item) for item in node.arguments or ()},
            applied=self._applied(directives),
            external=external or self._has(directives, "external"),
            shareable=shareable or self._has(directives, "shareable"),
            requires=self._first_field_set(directives, "requires"),
            provides=self._first_field_set(directives, "provides"),
            override=self._override(directives),
            lookup=place_of(lookup[0]) if lookup else None,
        )

    def _input_field(self, node: InputValueDefinitionNode) -> FieldDef:
        return FieldDef(
            name=node.name.value,
            type=print_ast(node.type),
            description=_description(node),
            place=place_of(node),
            default=print_ast(node.default_value) if node.default_value else None,
            applied=self._applied(node.directives or ()),
        )

    def _argument(self, node: InputValueDefinitionNode) -> ArgumentDef:
        return ArgumentDef(
            name=node.name.value,
            type=print_ast(node.type),
            default=print_ast(node.default_value) if node.default_value else None,
            description=_description(node),
            applied=self._applied(node.directives or ()),
            place=place_of(node),
            from_context=next(
                (_string(found, "field") or "" for found in self._all(node.directives or (), "fromContext")), None
            ),
        )

    def directive_def(self, node: DirectiveDefinitionNode) -> DirectiveDef:
        return DirectiveDef(
            name=node.name.value,
            description=_description(node),
            arguments={item.name.value: self._argument(item) for item in node.arguments or ()},
            locations=tuple(location.value for location in node.locations),
            repeatable=node.repeatable,
            place=place_of(node),
        )

    def _override(self, directives: Iterable[ConstDirectiveNode]) -> Override | None:
        for directive in self._all(directives, "override"):
            return Override(_string(directive, "from") or "", _string(directive, "label"), place_of(directive))
        return None

    def _first_field_set(self, directives: Iterable[ConstDirectiveNode], name: str) -> FieldSet | None:
        for directive in self._all(directives, name):
            return self._field_set(directive)
        return None

    def _field_set(self, directive: ConstDirectiveNode) -> FieldSet:
        value = _argument_value(directive, "fields")
        if isinstance(value, StringValueNode):
            return FieldSet(value.value, place_of(directive))
        text = _loose_text(value) if self.lenient else None
        return FieldSet(text, place_of(directive))

    def _applied(self, directives: Iterable[ConstDirectiveNode]) -> tuple[Applied, ...]:
        found: list[Applied] = []
        for directive in directives:
            local = directive.name.value
            name = local if local in BUILT_IN or local in self.composed else self.canonical.get(local)
            if name is not None and (name in CARRIED or name in self.composed):
                arguments = tuple((item.name.value, print_ast(item.value)) for item in directive.arguments or ())
                is_composed, is_repeatable = name in self.composed, self.composed.get(name, False)
                found.append(Applied(name, arguments, place_of(directive), is_composed, is_repeatable))
        return tuple(found)

    def _all(self, directives: Iterable[ConstDirectiveNode], name: str) -> list[ConstDirectiveNode]:
        return [directive for directive in directives if self.canonical.get(directive.name.value) == name]

    def _has(self, directives: Iterable[ConstDirectiveNode], name: str) -> bool:
        return bool(self._all(directives, name))


def _loose_text(value: ConstValueNode | None) -> str | None:
    if isinstance(value, EnumValueNode):
        return value.value
    if isinstance(value, ListValueNode):
        parts = [part.value for part in value.values if isinstance(part, (StringValueNode, EnumValueNode))]
        return " ".join(parts) if len(parts) == len(value.values) else None
    return None


def _named_types(nodes: Sequence[TypeNode], attribute: str) -> dict[str, Place]:
    """Interfaces or members, of a definition and its extensions."""
    items = [item for node in nodes for item in _children(node, attribute)]
    return {item.name.value: place_of(item) for item in items if isinstance(item, NamedTypeNode)}


def _children(node: Node, attribute: str) -> Iterable[Node]:
    return getattr(node, attribute, None) or ()


def _argument_value(directive: ConstDirectiveNode, name: str) -> ConstValueNode | None:
    return next((item.value for item in directive.arguments or () if item.name.value == name), None)


def _value(directive: ConstDirectiveNode, name: str) -> str | None:
    value = _argument_value(directive, name)
    return None if value is None else print_ast(value)


def _string(directive: ConstDirectiveNode, name: str) -> str | None:
    value = _argument_value(directive, name)
    return value.value if isinstance(value, StringValueNode) else None


def _description(node: Node) -> str | None:
    description = getattr(node, "description", None)
    return description.value if isinstance(description, StringValueNode) else None
