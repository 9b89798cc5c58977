"""Contracts: a graph for some clients, chosen by the tags on its elements.

What a contract leaves out becomes @inaccessible in the supergraph: clients do not see it, plans may still use it for
keys and requirements. Two lists of tag names say what stays:

- exclude: elements with one of these tags go; on a type, the whole type.
- include: when there are any, only fields with one of these tags stay, or of a type with one. Arguments, input fields,
  enum values, and types without fields need no tag.

Exclusion wins. A type to which nothing leads from the roots goes as well, and so does one that only stands in a union
or behind an interface and keeps no field. Source: what Apollo GraphOS documents of contracts, for the lists.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from gateway.federation.errors import Problem, SchemaError
from gateway.federation.links import Link, read_links

_LINK = 'schema @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY) { query: Query }'
_DEFINITION = """
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM
  | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
"""
_Fielded = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
Member = tuple[str, str]
"""(type, field or value or input field); of an argument: (type, field(argument:))."""


@dataclass(frozen=True, slots=True)
class Contract:
    """Names of tags."""

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)


def apply_contract(sdl: str, contract: Contract) -> str:
    """The supergraph with everything that the contract leaves out marked @inaccessible.

    Raises SchemaError with every problem of what would be left: a field without its type, a type without fields.
    """
    if not contract:
        return sdl
    document = parse(sdl, no_location=True)
    links, problems = read_links(document)
    if problems:
        raise SchemaError(problems)
    view = _View(document, links, contract)
    problems = list(view.problems())
    if problems:
        raise SchemaError(problems)
    return print_ast(view.marked()) + "\n"


class _View:
    """What one contract makes of one supergraph."""

    def __init__(self, document: DocumentNode, links: Mapping[str, Link], contract: Contract) -> None:
        self._document = document
        self._contract = contract
        self._tag = links["tag"].directive("tag") if "tag" in links else ""
        self._is_linked = "inaccessible" in links
        self._mark = links["inaccessible"].directive("inaccessible") if self._is_linked else "inaccessible"
        machinery = ("link__", *(f"{link.namespace}__" for link in links.values()))
        self._types: dict[str, TypeDefinitionNode] = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, TypeDefinitionNode) and not node.name.value.startswith(machinery)
        }
        self._hidden_types = {name for name, node in self._types.items() if self._is_out(node)}
        self._hidden = {member for name, node in self._types.items() for member in self._hidden_members(name, node)}
        self._seen: set[str] = set()
        self._implementations: dict[str, list[str]] = {}
        for name, node in self._types.items():
            if isinstance(node, ObjectTypeDefinitionNode):
                for interface in node.interfaces or ():
                    self._implementations.setdefault(interface.name.value, []).append(name)

    def _is_out(self, node: Any) -> bool:
        return self._has_mark(node) or bool(self._tags(node) & self._contract.exclude)

    def _has_mark(self, node: Any) -> bool:
        return any(directive.name.value == self._mark for directive in node.directives or ())

    def _tags(self, node: Any) -> set[str]:
        return {
            argument.value.value
            for directive in node.directives or ()
            if directive.name.value == self._tag
            for argument in directive.arguments or ()
            if isinstance(argument.value, StringValueNode)
        }

    def _hidden_members(self, name: str, node: TypeDefinitionNode) -> Iterator[Member]:
        if isinstance(node, UnionTypeDefinitionNode):
            return  # Its members are types by themselves.
        own = self._tags(node)
        for member in _members(node):
            is_left_out = (
                isinstance(node, _Fielded)
                and bool(self._contract.include)
                and not (own | self._tags(member)) & self._contract.include
            )
            if is_left_out or self._is_out(member):
                yield name, member.name.value
            for argument in getattr(member, "arguments", None) or ():
                if self._is_out(argument):
                    yield name, f"{member.name.value}({argument.name.value}:)"

    def _visible(self, name: str) -> list[Any]:
        """The members of a type that stay."""
        return [node for node in _members(self._types[name]) if (name, node.name.value) not in self._hidden]

    def _keeps_something(self, name: str) -> bool:
        return name in self._types and name not in self._hidden_types and bool(self._visible(name))

    # -- what is left, and what is wrong with it -----------------------------------------------------------------------

    def problems(self) -> Iterator[Problem]:
        """Everything that keeps what is left from being a schema. Notes the types that can be reached."""
        queue = deque[str]()
        for operation, root in self._roots():
            if self._keeps_something(root):
                queue.append(root)
            elif operation == "query":
                message = f'the contract leaves nothing of "{root}". Tag a root field, or exclude less.'
                yield Problem("NO_QUERIES", message)
        while queue:
            name = queue.popleft()
            if name not in self._seen:
                self._seen.add(name)
                queue.extend(self._beside(name))
                for coordinate, target in self._references(name):
                    fault = self._reference_fault(coordinate, target)
                    if fault is not None:
                        yield fault
                    elif target in self._types:
                        queue.append(target)
                yield from self._required(name)
        yield from self._unimplemented()

    def _roots(self) -> Iterator[tuple[str, str]]:
        for node in self._document.definitions:
            if isinstance(node, SchemaDefinitionNode):
                for operation in node.operation_types:
                    yield operation.operation.value, operation.type.name.value

    def _beside(self, name: str) -> Iterator[str]:
        """Types that come with this one: implementations and members that keep something, its interfaces."""
        node = self._types[name]
        names: Sequence[str] = self._implementations.get(name, ())
        if isinstance(node, UnionTypeDefinitionNode):
            names = [member.name.value for member in node.types or ()]
        elif isinstance(node, ObjectTypeDefinitionNode):
            names = [interface.name.value for interface in node.interfaces or ()]
        yield from (other for other in names if self._keeps_something(other))

    def _references(self, name: str) -> Iterator[tuple[str, str]]:
        """(coordinate, type) of every visible field, argument and input field."""
        for member in self._visible(name):
            if isinstance(self._types[name], EnumTypeDefinitionNode | UnionTypeDefinitionNode):
                continue
            yield f"{name}.{member.name.value}", _named(member.type)
            for argument in getattr(member, "arguments", None) or ():
                if (name, f"{member.name.value}({argument.name.value}:)") not in self._hidden:
                    yield f"{name}.{member.name.value}({argument.name.value}:)", _named(argument.type)

    def _reference_fault(self, coordinate: str, target: str) -> Problem | None:
        node = self._types.get(target)
        if node is None:
            return None
        if target in self._hidden_types:
            message = f'the contract keeps "{coordinate}", but not its type "{target}". Leave out both, or keep both.'
            return Problem("REFERENCED_INACCESSIBLE", message)
        is_empty = bool(_members(node)) and not self._visible(target)
        if isinstance(node, UnionTypeDefinitionNode):
            is_empty = not any(self._keeps_something(member.name.value) for member in node.types or ())
        if not is_empty:
            return None
        message = f'the contract keeps "{coordinate}", but nothing of its type "{target}". Tag some of it, or leave out'
        return Problem("ONLY_INACCESSIBLE_CHILDREN", f'{message} "{coordinate}".')

    def _required(self, name: str) -> Iterator[Problem]:
        """Arguments and input fields that clients must give, and are not to see."""
        node = self._types[name]
        for member in _members(node):
            if isinstance(node, InputObjectTypeDefinitionNode):
                if (name, member.name.value) in self._hidden and _is_required(member):
                    yield _required_problem(f"{name}.{member.name.value}")
            elif (name, member.name.value) not in self._hidden:
                for argument in getattr(member, "arguments", None) or ():
                    inner = f"{member.name.value}({argument.name.value}:)"
                    if (name, inner) in self._hidden and _is_required(argument):
                        yield _required_problem(f"{name}.{inner}")

    def _unimplemented(self) -> Iterator[Problem]:
        """Fields that a visible interface has and a visible type of it has not."""
        for name in sorted(self._seen):
            node = self._types[name]
            for interface in (node.interfaces or ()) if isinstance(node, _Fielded) else ():
                above = interface.name.value
                for member in self._visible(above) if above in self._seen else ():
                    if (name, member.name.value) in self._hidden:
                        message = (
                            f'the contract keeps "{above}.{member.name.value}", but not "{name}.{member.name.value}",'
                            " which implements it. Leave out both, or keep both."
                        )
                        yield Problem("IMPLEMENTED_BY_INACCESSIBLE", message)

    # -- marking -------------------------------------------------------------------------------------------------------

    def marked(self) -> DocumentNode:
        """The document with the marks. Call after `problems`."""
        definitions = [self._with_marks(node) for node in self._document.definitions]
        if not self._is_linked:
            definitions = [_linked(node) for node in definitions]
            definitions.extend(parse(_DEFINITION, no_location=True).definitions)
        return replace(self._document, definitions=tuple(definitions))

    def _with_marks(self, node: Any) -> Any:
        if not isinstance(node, TypeDefinitionNode) or node.name.value not in self._types:
            return node
        name = node.name.value
        if name not in self._seen:
            return self._hide(node)
        attribute = "values" if isinstance(node, EnumTypeDefinitionNode) else "fields"
        if not hasattr(node, attribute):
            return node
        members = tuple(self._member(name, member) for member in _members(node))
        return replace(node, **{attribute: members})

    def _member(self, name: str, member: Any) -> Any:
        if (name, member.name.value) in self._hidden:
            return self._hide(member)
        arguments = tuple(
            self._hide(argument) if (name, f"{member.name.value}({argument.name.value}:)") in self._hidden else argument
            for argument in getattr(member, "arguments", None) or ()
        )
        return replace(member, arguments=arguments) if arguments else member

    def _hide(self, node: Any) -> Any:
        if self._has_mark(node):
            return node
        mark = ConstDirectiveNode(name=NameNode(value=self._mark), arguments=())
        return replace(node, directives=(*(node.directives or ()), mark))


def _members(node: Any) -> Sequence[Any]:
    """Fields, input fields, values; of a union its members; nothing of a scalar."""
    if isinstance(node, UnionTypeDefinitionNode):
        return node.types or ()
    return getattr(node, "fields", None) or getattr(node, "values", None) or ()


def _named(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)
    return node.name.value


def _is_required(node: Any) -> bool:
    return isinstance(node.type, NonNullTypeNode) and node.default_value is None


def _required_problem(coordinate: str) -> Problem:
    message = f'the contract leaves out "{coordinate}", which clients must give. Keep it, or make it optional.'
    return Problem("REQUIRED_INACCESSIBLE", message)


def _linked(node: Any) -> Any:
    """The schema definition with a link to the specification of @inaccessible."""
    if not isinstance(node, SchemaDefinitionNode):
        return node
    (example,) = parse(_LINK, no_location=True).definitions
    assert isinstance(example, SchemaDefinitionNode)
    return replace(node, directives=(*(node.directives or ()), *(example.directives or ())))
