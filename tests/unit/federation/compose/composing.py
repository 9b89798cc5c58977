"""What the tests of composition know of its API, and how they look at a supergraph."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import DirectiveNode, Node, TypeDefinitionNode, parse, print_ast

from gateway.federation import compose as composer
from gateway.federation.compose import Composition, SubgraphSchema
from gateway.federation.errors import Problem, SchemaError
from tests.unit.federation.compose.recorded import record

DIRECTIVES = [
    *("key", "requires", "provides", "external", "shareable", "extends", "override", "tag", "inaccessible"),
    *("interfaceObject", "composeDirective", "authenticated", "requiresScopes", "policy", "cost", "listSize"),
    *("context", "fromContext"),
]
IMPORTS = ", ".join(f'"@{name}"' for name in DIRECTIVES)
FEDERATION_2 = f'extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: [{IMPORTS}])\n'


def compose(subgraphs: Sequence[SubgraphSchema]) -> Composition:
    """Compose, and note what was composed."""
    record(subgraphs)
    return composer.compose(subgraphs)


def fed2(sdl: str) -> str:
    """The SDL as Federation 2, everything imported; the link takes line 1, so the SDL begins on line 2."""
    return FEDERATION_2 + sdl


def composition(**sdls: str) -> Composition:
    """Compose Federation 2 subgraphs, given by name without their link."""
    return compose([SubgraphSchema(name, fed2(sdl)) for name, sdl in sdls.items()])


def composition_1(**sdls: str) -> Composition:
    """Compose subgraphs as they stand: Federation 1 unless they link something."""
    return compose([SubgraphSchema(name, sdl) for name, sdl in sdls.items()])


def problems(subgraphs: list[SubgraphSchema]) -> list[Problem]:
    """What composition refuses; empty when it composes."""
    try:
        compose(subgraphs)
    except SchemaError as error:
        return list(error.problems)
    return []


def codes(**sdls: str) -> list[str]:
    """The codes of what is wrong with Federation 2 subgraphs, sorted."""
    return sorted(problem.code for problem in problems([SubgraphSchema(name, fed2(sdl)) for name, sdl in sdls.items()]))


def codes_1(**sdls: str) -> list[str]:
    """The same for subgraphs as they stand."""
    return sorted(problem.code for problem in problems([SubgraphSchema(name, sdl) for name, sdl in sdls.items()]))


def hints(**sdls: str) -> list[str]:
    """The codes of the hints of Federation 2 subgraphs that compose, sorted."""
    return sorted(hint.code for hint in composition(**sdls).hints)


def type_node(supergraph_sdl: str, name: str) -> TypeDefinitionNode:
    """One type of a supergraph."""
    for node in parse(supergraph_sdl).definitions:
        if isinstance(node, TypeDefinitionNode) and node.name.value == name:
            return node
    raise KeyError(name)


def annotations(supergraph_sdl: str) -> dict[str, list[str]]:
    """Every directive of the supergraph, by element, sorted: `Film.title`, `Film.weight(unit:)`, `Film`.

    Definitions of join and link themselves are left out. The text of an element is `key: type @directives`.
    """
    found: dict[str, list[str]] = {}
    for node in parse(supergraph_sdl).definitions:
        if isinstance(node, TypeDefinitionNode) and not node.name.value.startswith(("join__", "link__")):
            name = node.name.value
            found[name] = _directives(node)
            for child in (*(getattr(node, "fields", None) or ()), *(getattr(node, "values", None) or ())):
                found[f"{name}.{child.name.value}"] = _directives(child)
                for argument in getattr(child, "arguments", None) or ():
                    found[f"{name}.{child.name.value}({argument.name.value}:)"] = _directives(argument)
    return found


def _directives(node: Node) -> list[str]:
    directives: tuple[DirectiveNode, ...] = getattr(node, "directives", None) or ()
    return sorted(print_ast(directive) for directive in directives)


def lines(supergraph_sdl: str, name: str) -> list[str]:
    """A type of the supergraph as text, line by line, without indentation."""
    return [line.strip() for line in print_ast(type_node(supergraph_sdl, name)).splitlines()]
