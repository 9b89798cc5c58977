"""Limits that hold before anything is counted: characters, tokens, values of variables, depth of the text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.operation.errors import RequestError
from gateway.operation.limits import Limits, check_values, parse_within


def test_a_document_of_too_many_characters_is_refused_unread() -> None:
    """A string of a megabyte is one token; reading it costs 0.2 s."""
    limits = replace(Limits(), characters=10)
    assert parse_within("{ a(b:12)}", limits).definitions
    with pytest.raises(RequestError) as refused:
        parse_within("not GraphQL", limits)
    extensions = {"code": "OPERATION_TOO_LARGE", "limit": "characters", "measured": 11, "allowed": 10}
    assert refused.value.errors == [
        {"message": "The document has 11 characters; at most 10 are allowed.", "extensions": extensions}
    ]


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({}, 0),
        ({"a": 1, "b": "x" * 100_000}, 2),
        ({"a": [1, 2, 3]}, 4),
        ({"a": {"b": [{"c": None}, {}]}}, 5),
        ({"a": [[]] * 500}, 501),
    ],
)
def test_variables_of_too_many_values_are_refused(variables: dict[str, Any], count: int) -> None:
    """Each value, however deep, is time that coercion takes; how long a text is does not matter."""
    check_values(variables, replace(Limits(), values=count))
    if count:
        with pytest.raises(RequestError) as refused:
            check_values(variables, replace(Limits(), values=count - 1))
        assert refused.value.errors[0]["extensions"] == {
            "code": "OPERATION_TOO_LARGE",
            "limit": "values",
            "measured": count,
            "allowed": count - 1,
        }


def test_no_message_is_longer_than_what_a_reader_can_use() -> None:
    """Messages quote names that a client chose, which may be a megabyte."""
    refused = RequestError.single("BAD_USER_INPUT", "The name '" + "x" * 900_000 + "' is not known.")
    assert refused.message == refused.errors[0]["message"]
    assert len(refused.message) < 520
    assert refused.message.startswith("The name 'xx")
    assert refused.message.endswith("xx' is not known.")


def test_a_document_of_too_many_tokens_is_refused_while_parsing() -> None:
    """Nothing behind the limit is read."""
    limits = replace(Limits(), tokens=5)
    assert parse_within("{a b c}", limits).definitions
    with pytest.raises(RequestError) as caught:
        parse_within("{a b c d} ) not even GraphQL", limits)
    assert caught.value.code == "OPERATION_TOO_LARGE"
    assert caught.value.errors[0]["message"] == "Document contains more than 5 tokens."
    assert caught.value.errors[0]["locations"] == [{"line": 1, "column": 9}]


def test_comments_are_bounded_as_well() -> None:
    with pytest.raises(RequestError) as caught:
        parse_within("#\n" * 2001 + "{a}", Limits())
    assert caught.value.code == "OPERATION_TOO_LARGE"


def test_a_syntax_error_is_not_called_too_large() -> None:
    with pytest.raises(RequestError) as caught:
        parse_within("{a", Limits())
    assert caught.value.code == "GRAPHQL_PARSE_FAILED"
    assert caught.value.errors[0]["locations"] == [{"line": 1, "column": 3}]


@pytest.mark.parametrize(
    "text",
    [
        "{a" * 660 + "}" * 660,
        "{" + "...{" * 490 + "a" + "}" * 491,
        "{a(x:" + "[" * 990 + "]" * 990 + ")}",
        "{a(x:" + "{x:" * 490 + "1" + "}" * 490 + ")}",
        "query($x:" + "[" * 990 + "Int" + "]" * 990 + "){a}",
    ],
    ids=["fields", "inline fragments", "list values", "object values", "list types"],
)
def test_a_document_as_deep_as_the_token_limit_permits_is_refused_not_crashed(text: str) -> None:
    """Some 2,000 tokens can nest far deeper than Python's stack; that is the client's error, not ours."""
    with pytest.raises(RequestError) as caught:
        parse_within(text, Limits())
    assert caught.value.code == "OPERATION_TOO_LARGE"
    assert "nested too deeply" in caught.value.message
