"""What is wrong with a GraphQL text that cannot be parsed, without the strings in it: they may be anybody's secrets."""

from __future__ import annotations

import re

from graphql import GraphQLError

_STRING = re.compile(r"\b(String|BlockString) '.*'", re.DOTALL)


def syntax_message(error: GraphQLError) -> str:
    """graphql-core's words, but for the string token that it quotes."""
    return _STRING.sub(r"\1", error.message)
