"""Damage: one small change to one subgraph of a graph that composes, drawn from a seed.

Some changes leave a graph that composes all the same; then both composers must make the same of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from graphql import REMOVE, DocumentNode, Node, Visitor, parse, parse_type, parse_value, print_ast, visit
from graphql.language import ast

Sdls = Mapping[str, str]
_FIELDED = (
    ast.ObjectTypeDefinitionNode,
    ast.ObjectTypeExtensionNode,
    ast.InterfaceTypeDefinitionNode,
    ast.InterfaceTypeExtensionNode,
)
_TYPES = (ast.TypeDefinitionNode, ast.TypeExtensionNode)
_FIELD_MARKS = ("@shareable", "@external", "@inaccessible", '@tag(name: "t")', "@deprecated")
_TYPE_MARKS = ("@shareable", "@inaccessible", "@external", '@tag(name: "t")', "@interfaceObject")
_SCALARS = ("Int", "String", "ID", "Float")


def damaged(sdls: Sdls, seed: str) -> dict[str, str]:
    """The same subgraphs, one or two of them changed. The seed decides all."""
    rng = Random(seed)
    documents = {name: parse(sdl, no_location=True) for name, sdl in sdls.items()}
    changed = dict(sdls)
    for _ in range(rng.choice((1, 1, 2))):
        for _attempt in range(20):
            name = rng.choice(sorted(documents))
            made = rng.choice(DAMAGES)(documents[name], documents, name, rng)
            if made is not None and made.definitions:
                documents[name] = made
                changed[name] = print_ast(made)
                break
    return changed


def _nodes(document: DocumentNode, *kinds: type[Node]) -> list[Any]:
    """Nodes of these kinds, those of `schema` left out."""
    found: list[Any] = []

    class Finder(Visitor):
        def enter(self, node: Node, *_: object) -> None:
            if isinstance(node, kinds):
                found.append(node)

    for definition in document.definitions:
        if isinstance(definition, _TYPES):
            visit(definition, Finder())
    return found


def _put(document: DocumentNode, old: Node, new: Node | None) -> DocumentNode:
    """The document with one node replaced, or removed."""

    class Replacer(Visitor):
        def enter(self, node: Node, *_: object) -> Any:
            return (REMOVE if new is None else new) if node is old else None

    return visit(document, Replacer())


def _pick(rng: Random, nodes: list[Any]) -> Any:
    return rng.choice(nodes) if nodes else None


def _fields(document: DocumentNode) -> list[Any]:
    return _nodes(document, ast.FieldDefinitionNode)


def _directive(text: str) -> ast.ConstDirectiveNode:
    (definition,) = parse(f"scalar S {text}", no_location=True).definitions
    assert isinstance(definition, ast.ScalarTypeDefinitionNode)
    assert definition.directives
    return definition.directives[0]


def _marked(node: Any, text: str) -> Any:
    return _copy(node, directives=(*(node.directives or ()), _directive(text)))


def _copy(node: Any, **changes: Any) -> Any:
    return replace(node, **changes)


def _names(type_node: Any) -> Iterator[str]:
    for field in type_node.fields or ():
        yield field.name.value


def drop_directive(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _nodes(document, ast.DirectiveNode, ast.ConstDirectiveNode))
    return node and _put(document, node, None)


def mark_field(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _fields(document))
    return node and _put(document, node, _marked(node, rng.choice(_FIELD_MARKS)))


def mark_type(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, [n for n in document.definitions if isinstance(n, _TYPES)])
    return node and _put(document, node, _marked(node, rng.choice(_TYPE_MARKS)))


def override_field(document: DocumentNode, documents: Any, name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _fields(document))
    other = rng.choice([*sorted(documents), "nobody"])
    label = rng.choice(("", "", ', label: "percent(5)"'))
    return node and _put(document, node, _marked(node, f'@override(from: "{other}"{label})'))


def require_or_provide(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    type_node = _pick(rng, [n for n in document.definitions if isinstance(n, _FIELDED) and n.fields])
    if type_node is None:
        return None
    node = rng.choice(type_node.fields)
    fields = rng.choice(list(_names(type_node)))
    return _put(document, node, _marked(node, f'@{rng.choice(("requires", "provides"))}(fields: "{fields}")'))


def key_type(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, [n for n in document.definitions if isinstance(n, _FIELDED) and n.fields])
    if node is None:
        return None
    fields = rng.choice([*_names(node), "nothing", "id { x }"])
    resolvable = rng.choice(("", "", ", resolvable: false"))
    return _put(document, node, _marked(node, f'@key(fields: "{fields}"{resolvable})'))


def unkey_type(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    keys = [d for d in _nodes(document, ast.DirectiveNode, ast.ConstDirectiveNode) if d.name.value == "key"]
    node = _pick(rng, keys)
    if node is None:
        return None
    if rng.random() < 0.5:
        return _put(document, node, None)
    return _put(document, node, _directive(print_ast(node)[:-1] + ", resolvable: false)"))


def drop_field(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _fields(document))
    return node and _put(document, node, None)


def rename_field(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _fields(document))
    return node and _put(document, node, _copy(node, name=ast.NameNode(value="renamed")))


def change_nullability(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _nodes(document, ast.FieldDefinitionNode, ast.InputValueDefinitionNode))
    if node is None:
        return None
    text = print_ast(node.type)
    return _put(document, node.type, parse_type(text[:-1] if text.endswith("!") else f"{text}!", no_location=True))


def change_type(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _nodes(document, ast.FieldDefinitionNode, ast.InputValueDefinitionNode))
    if node is None:
        return None
    own = [n.name.value for n in document.definitions if isinstance(n, _TYPES)]
    text = rng.choice([*own, *_SCALARS])
    return _put(document, node.type, parse_type(rng.choice((text, f"[{text}]")), no_location=True))


def add_argument(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _fields(document))
    if node is None:
        return None
    argument = ast.InputValueDefinitionNode(
        name=ast.NameNode(value="added"),
        type=parse_type(rng.choice(("Int", "Int!")), no_location=True),
        default_value=rng.choice((None, parse_value("1", no_location=True))),
        directives=(),
    )
    return _put(document, node, _copy(node, arguments=(*(node.arguments or ()), argument)))


def drop_input(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _nodes(document, ast.InputValueDefinitionNode))
    return node and _put(document, node, None)


def change_default(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    found = _nodes(document, ast.InputValueDefinitionNode)
    node = _pick(rng, [n for n in found if print_ast(n.type).strip("!") in _SCALARS])
    if node is None:
        return None
    text = '"other"' if print_ast(node.type).strip("!") in ("String", "ID") else "99"
    return _put(document, node, _copy(node, default_value=parse_value(text, no_location=True)))


def drop_or_add_value(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    enum = _pick(rng, _nodes(document, ast.EnumTypeDefinitionNode))
    if enum is None:
        return None
    if rng.random() < 0.5:
        added = ast.EnumValueDefinitionNode(name=ast.NameNode(value="ADDED"), directives=())
        return _put(document, enum, _copy(enum, values=(*(enum.values or ()), added)))
    return _put(document, rng.choice(enum.values), None)


def drop_member(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    """A member of a union, or an interface of an object."""
    node = _pick(rng, [n for n in _nodes(document, ast.UnionTypeDefinitionNode, *_FIELDED)
                       if getattr(n, "types", None) or getattr(n, "interfaces", None)])  # fmt: skip
    if node is None:
        return None
    attribute = "types" if getattr(node, "types", None) else "interfaces"
    members = list(getattr(node, attribute))
    members.pop(rng.randrange(len(members)))
    return _put(document, node, _copy(node, **{attribute: tuple(members)}))


def drop_type(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, [n for n in document.definitions if isinstance(n, _TYPES)])
    return node and _put(document, node, None)


def borrow_field(document: DocumentNode, documents: Any, name: str, rng: Random) -> DocumentNode | None:
    """A field of the same type in another subgraph, as it stands there."""
    own = {n.name.value: n for n in document.definitions if isinstance(n, _FIELDED)}
    pairs: list[tuple[Any, Any]] = []
    for other, theirs in documents.items():
        for node in theirs.definitions if other != name else ():
            mine = own.get(node.name.value) if isinstance(node, _FIELDED) else None
            if mine is not None:
                pairs.extend((mine, f) for f in node.fields or () if f.name.value not in set(_names(mine)))
    if not pairs:
        return None
    mine, borrowed = rng.choice(pairs)
    return _put(document, mine, _copy(mine, fields=(*(mine.fields or ()), borrowed)))


def change_kind(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _nodes(document, ast.ObjectTypeDefinitionNode))
    if node is None or node.name.value in ("Query", "Mutation"):
        return None
    made = ast.InterfaceTypeDefinitionNode(
        name=node.name, interfaces=node.interfaces, directives=node.directives, fields=node.fields
    )
    return _put(document, node, made)


def extend_type(document: DocumentNode, _all: Any, _name: str, rng: Random) -> DocumentNode | None:
    node = _pick(rng, _nodes(document, ast.ObjectTypeDefinitionNode))
    if node is None:
        return None
    made: Any = ast.ObjectTypeExtensionNode(
        name=node.name, interfaces=node.interfaces, directives=node.directives, fields=node.fields
    )
    return _put(document, node, made)


Damage = Callable[[DocumentNode, Mapping[str, DocumentNode], str, Random], DocumentNode | None]
DAMAGES: tuple[Damage, ...] = (
    *(drop_directive, mark_field, mark_type, override_field, require_or_provide, key_type, unkey_type, drop_field),
    *(rename_field, change_nullability, change_type, add_argument, drop_input, change_default, drop_or_add_value),
    *(drop_member, drop_type, borrow_field, change_kind, extend_type),
)
