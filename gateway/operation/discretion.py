"""Messages to clients without the values that they sent: a password in a variable stays where it was sent from.

Messages end up on screens, in bug reports and in the logs of whoever calls. They name the place and what is expected
there; names and numbers of a document, which is a program's text, are quoted, its strings are not.
"""

from __future__ import annotations

import re

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, StringValueNode, Visitor, print_ast, visit

_VARIABLE = re.compile(r"Variable '\$(?P<name>\w+)' has invalid value(?: at (?P<place>\S+))?: ")


def variable_message(error: GraphQLError, definition: OperationDefinitionNode) -> str:
    """What is wrong with a variable's value: graphql-core's words up to the value itself."""
    found = _VARIABLE.match(error.message)
    if found is None:  # It is missing, or there are too many errors: no value is told.
        return error.message
    types = {node.variable.name.value: print_ast(node.type) for node in definition.variable_definitions or ()}
    place = f" at '{found['place'].lstrip('.')}'" if found["place"] else ""
    return f"Variable '${found['name']}' has an invalid value{place}; its type is '{types[found['name']]}'."


def strings_in(document: DocumentNode) -> list[str]:
    """Every string of a document in the spellings in which messages quote it, longest first."""
    found: set[str] = set()

    class Finder(Visitor):
        def enter_string_value(self, node: StringValueNode, *_: object) -> None:
            found.update((print_ast(node), repr(node.value)))

    visit(document, Finder())
    return sorted(found, key=len, reverse=True)


def without_strings(message: str, strings: list[str]) -> str:
    """The message with each of these strings left out. strings: of `strings_in`."""
    for text in strings:
        message = message.replace(text, "a string")
    return message
