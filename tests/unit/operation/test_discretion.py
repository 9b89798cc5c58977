"""Messages name the place of a fault and what is expected there, never the value that was sent."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.operation.errors import RequestError
from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline
from tests.unit.execution.sources import context
from tests.unit.supergraphs import load

pytestmark = pytest.mark.anyio

GRAPH = load(
    """
    type Query @join__type(graph: A) { f(x: Int, e: Colour, i: Login, d: Day): Int }
    enum Colour @join__type(graph: A) { RED @join__enumValue(graph: A) }
    input Login @join__type(graph: A) { tries: Int, codes: [Int] }
    scalar Day @join__type(graph: A)
    """,
    join="0.4",
)

SECRET = "hunter2"


async def refusal(document: str, **variables: Any) -> list[str]:
    with pytest.raises(RequestError) as refused:
        await Pipeline(GRAPH, {}).run(GraphQLRequest(document, variables=variables), context())
    return [error["message"] for error in refused.value.errors]


@pytest.mark.parametrize(
    ("declared", "argument", "value", "says"),
    [
        ("Int", "x", SECRET, "Variable '$v' has an invalid value; its type is 'Int'."),
        ("Int!", "x", {"a": SECRET}, "Variable '$v' has an invalid value; its type is 'Int!'."),
        ("Colour", "e", SECRET, "Variable '$v' has an invalid value; its type is 'Colour'."),
        ("Login", "i", {"tries": SECRET}, "Variable '$v' has an invalid value at 'tries'; its type is 'Login'."),
        (
            "Login",
            "i",
            {"codes": [1, SECRET]},
            "Variable '$v' has an invalid value at 'codes[1]'; its type is 'Login'.",
        ),
        ("Login", "i", {SECRET: 1}, "Variable '$v' has an invalid value; its type is 'Login'."),
        ("Login", "i", f": {SECRET}", "Variable '$v' has an invalid value; its type is 'Login'."),
    ],
)
async def test_a_variables_value_is_not_told(declared: str, argument: str, value: Any, says: str):
    document = f"query ($v: {declared}) {{ f({argument}: $v) }}"
    assert await refusal(document, v=value) == [says]


async def test_a_variable_that_is_missing_is_named():
    assert "'$v'" in (await refusal("query ($v: Int!) { f(x: $v) }"))[0]


@pytest.mark.parametrize(
    "document",
    [
        f'{{ f(x: "{SECRET}") }}',
        f'{{ f(e: "{SECRET}") }}',
        f'{{ f(i: {{tries: "{SECRET}"}}) }}',
        f'{{ f(i: {{unknown: "{SECRET}"}}) }}',
        f'{{ f(i: {{tries: """ {SECRET} """}}) }}',
        f'{{ f(x: 1 "{SECRET}") }}',
        f'{{ "{SECRET}" }}',
        f'{{ """{SECRET}""" }}',
        f'"{SECRET}"',
        f'{{ nothing(x: "{SECRET}") }}',
        f'{{ f(nothing: "{SECRET}\\n\\u00e9\'") }}',
    ],
)
async def test_a_documents_strings_are_not_told(document: str):
    """They may be secrets; names and numbers of a document are its program text and are quoted."""
    messages = await refusal(document)
    assert messages
    assert not any(SECRET in message for message in messages)


async def test_names_of_a_document_are_told():
    assert any("'nothing'" in message for message in await refusal("{ nothing }"))
