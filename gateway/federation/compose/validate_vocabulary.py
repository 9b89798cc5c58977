"""What a subgraph says about federation's own names that plain GraphQL validation would let pass.

Definitions of federation's directives and scalars may say less than the real ones, not more.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DirectiveDefinitionNode,
    DocumentNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    print_ast,
)

from gateway.federation.compose.document import declarations
from gateway.federation.compose.federation_definitions import definition_nodes
from gateway.federation.compose.positions import place_of, problem
from gateway.federation.compose.type_text import named
from gateway.federation.compose.vocabulary import Vocabulary
from gateway.federation.errors import Problem

_SCALARS = frozenset({"Int", "Float", "Boolean", "ID"})


def vocabulary_problems(subgraph: str, document: DocumentNode, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Every misuse of the specifications' names."""
    yield from _definition_problems(subgraph, document, vocabulary)
    yield from _type_problems(subgraph, document, vocabulary)
    yield from _repeated_shareable_problems(subgraph, document, vocabulary)


def _definition_problems(subgraph: str, document: DocumentNode, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Each definition of a known directive that contradicts its specification."""
    real = {
        node.name.value: node for node in definition_nodes(vocabulary.sdl) if isinstance(node, DirectiveDefinitionNode)
    }
    for node in document.definitions:
        if isinstance(node, DirectiveDefinitionNode) and node.name.value in real:
            name = node.name.value
            for fault in _faults(node, real[name]):
                message = f"The definition of @{name} {fault} Leave the definition out: it is known."
                yield problem(subgraph, place_of(node), "DIRECTIVE_DEFINITION_INVALID", message)


def _type_problems(subgraph: str, document: DocumentNode, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Types with the name of a federation scalar that are something else."""
    for name, nodes in declarations(document).items():
        if name in vocabulary.scalars and not isinstance(nodes[0], (ScalarTypeDefinitionNode, ScalarTypeExtensionNode)):
            message = f'"{name}" is a scalar of the federation specification. Rename this type.'
            yield problem(subgraph, place_of(nodes[0]), "TYPE_DEFINITION_INVALID", message)


def _repeated_shareable_problems(subgraph: str, document: DocumentNode, vocabulary: Vocabulary) -> Iterator[Problem]:
    """@shareable twice on one declaration; it is repeatable only so that a type and its extension can both have it."""
    for node in document.definitions:
        if isinstance(node, (ObjectTypeDefinitionNode, ObjectTypeExtensionNode)):
            for marked in (node, *(node.fields or ())):
                marks = [d for d in marked.directives or () if vocabulary.canonical.get(d.name.value) == "shareable"]
                if len(marks) > 1:
                    message = f'"{marked.name.value}" is marked @shareable twice. Remove one.'
                    yield problem(subgraph, place_of(marks[1]), "INVALID_SHAREABLE_USAGE", message)


def _faults(own: DirectiveDefinitionNode, real: DirectiveDefinitionNode) -> Iterator[str]:
    """What is wrong, as ends of a sentence."""
    own_arguments = {argument.name.value: print_ast(argument.type) for argument in own.arguments or ()}
    real_arguments = {argument.name.value: print_ast(argument.type) for argument in real.arguments or ()}
    for name, type_text in own_arguments.items():
        if name not in real_arguments:
            yield f'has an argument "{name}" that the specification does not know.'
        elif not _fits(type_text, real_arguments[name]):
            yield f'gives its argument "{name}" the type {type_text}; it is {real_arguments[name]}.'
    for name, type_text in real_arguments.items():
        if type_text.endswith("!") and name not in own_arguments:
            yield f'lacks the argument "{name}".'
    extra = {place.value for place in own.locations} - {place.value for place in real.locations}
    if extra:
        yield f"allows it on {', '.join(sorted(extra))}, where it means nothing."
    if own.repeatable and not real.repeatable:
        yield "makes it repeatable, which it is not."


def _fits(own: str, real: str) -> bool:
    """Equal but for nullability; String, or a scalar of the subgraph's own, does for federation's scalars."""
    own_plain, real_plain = own.replace("!", ""), real.replace("!", "")
    own_named, real_named = named(own_plain), named(real_plain)
    same_lists = own_plain.replace(own_named, "") == real_plain.replace(real_named, "")
    if real_named in _SCALARS or own_named in _SCALARS:
        return same_lists and own_named == real_named
    return same_lists
