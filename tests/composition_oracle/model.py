"""A supergraph as a table: schema coordinate -> what is said of it. Equal tables mean the same to a gateway.

How it is written plays no part: the order of anything, defaults that are written out, white space in field sets, and
`@join__field` where a field is simply everywhere its type is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    TypeDefinitionNode,
    Visitor,
    lexicographic_sort_schema,
    parse,
    print_ast,
    print_schema,
    value_from_ast_untyped,
    visit,
)
from graphql.language import ast

from gateway.federation.api_schema import build_api_schema
from gateway.federation.compose.field_sets import field_set_paths
from gateway.federation.links import read_links

Table = dict[str, Any]
_DEFAULTS = {"resolvable": True, "isInterfaceObject": False, "external": False, "usedOverridden": False}
_ALTERNATIVES = ("scopes", "policies")
_COST = ("cost", "listSize")
_MACHINERY = ("link__", "join__Field", "join__Directive", "join__Context")


def table(sdl: str) -> Table:
    """Everything that a supergraph's SDL says."""
    document = parse(sdl, no_location=True)
    links, _ = read_links(document)
    found: Table = {"API": print_schema(lexicographic_sort_schema(build_api_schema(document, links)))}
    if "cost" in links:
        document = visit(document, _Renaming({links["cost"].directive(name): name for name in _COST}))
    for node in document.definitions:
        if isinstance(node, TypeDefinitionNode) and not node.name.value.startswith(_MACHINERY):
            found.update(_type(node))
        elif isinstance(node, ast.DirectiveDefinitionNode):
            found.update(_directive_definition(node))
        elif isinstance(node, ast.SchemaDefinitionNode):
            found["schema"] = sorted(_applied(node))
    return found


class _Renaming(Visitor):
    """Directives under the names that their specification gives them."""

    def __init__(self, names: dict[str, str]) -> None:
        super().__init__()
        self._names = names

    def _enter(self, node: Any, *_: Any) -> Any:
        name = self._names.get(node.name.value)
        return replace(node, name=ast.NameNode(value=name)) if name not in (None, node.name.value) else None

    enter_directive = _enter
    enter_directive_definition = _enter


def _directive_definition(node: ast.DirectiveDefinitionNode) -> Iterator[tuple[str, Any]]:
    name = node.name.value
    if not name.startswith(("join__", "link", "core")):
        places = sorted(place.value for place in node.locations)
        arguments = sorted(print_ast(argument) for argument in node.arguments or ())
        yield f"@{name}", (arguments, places, node.repeatable)


def _type(node: Any) -> Iterator[tuple[str, Any]]:
    name = node.name.value
    if name.startswith("join__") and name != "join__Graph":
        return
    yield name, (node.kind, sorted(_applied(node)), _text(node.description))
    graphs = {_arguments(d)["graph"] for d in node.directives or () if d.name.value == "join__type"}
    for member in (*(getattr(node, "fields", None) or ()), *(getattr(node, "values", None) or ())):
        coordinate = f"{name}.{member.name.value}"
        said = _field(member, graphs) if hasattr(member, "type") else sorted(_applied(member))
        yield coordinate, (said, _text(member.description))
        for argument in getattr(member, "arguments", None) or ():
            yield (
                f"{coordinate}({argument.name.value}:)",
                (
                    print_ast(argument.type),
                    _default(argument),
                    sorted(_applied(argument)),
                    _text(argument.description),
                ),
            )


def _field(node: Any, graphs: set[str]) -> tuple[Any, ...]:
    declared = print_ast(node.type)
    joins = [_arguments(d) for d in node.directives or () if d.name.value == "join__field"]
    joins = joins or [{"graph": graph} for graph in graphs]
    told = sorted(_told({"type": declared, **join}) for join in joins)
    others = sorted(text for text in _applied(node) if not text.startswith("@join__field"))
    return declared, _default(node), told, others


def _default(node: Any) -> str | None:
    value = getattr(node, "default_value", None)
    return print_ast(value) if value is not None else None


def _text(description: Any) -> str | None:
    return description.value.strip() if description is not None else None


def _applied(node: Any) -> Iterator[str]:
    for directive in node.directives or ():
        name = directive.name.value
        arguments = _arguments(directive)
        if name == "link":
            if any(spec in arguments["url"] for spec in ("/join/", "/link/")):
                continue
            if "specs.apollo.dev" in arguments["url"]:
                arguments.pop("import", None)
        yield f"@{name}{_told(arguments)}"


def _told(arguments: dict[str, Any]) -> str:
    """Arguments in one form."""
    kept: dict[str, Any] = {}
    for name, value in arguments.items():
        if name == "extension" or (name in _DEFAULTS and value == _DEFAULTS[name]) or value is None:
            continue
        if name in ("key", "requires", "provides"):
            value = sorted(field_set_paths(value)) if "(" not in value else re.sub(r"[\s,]+", " ", value).strip()
        if name in _ALTERNATIVES:
            value = sorted(sorted(group) for group in value)
        kept[name] = value
    return str(sorted(kept.items(), key=lambda item: item[0]))


def _arguments(directive: ast.DirectiveNode) -> dict[str, Any]:
    return {a.name.value: value_from_ast_untyped(a.value) for a in directive.arguments or ()}
