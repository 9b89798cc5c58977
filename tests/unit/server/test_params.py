"""Bytes to GraphQLRequest, and every way to get it wrong."""

import json
from urllib.parse import quote

import pytest

from gateway.operation.request import GraphQLRequest
from gateway.server.errors import HttpError
from gateway.server.params import MAX_JSON_DEPTH, MAX_URL_PARAMETERS, parse_body, parse_query_string


def test_body_becomes_request() -> None:
    body = {"query": "query A { a }", "operationName": "A", "variables": {"x": [1, None]}, "extensions": {"y": {}}}
    assert parse_body(json.dumps(body).encode()) == GraphQLRequest("query A { a }", "A", {"x": [1, None]}, {"y": {}})


@pytest.mark.parametrize("nothing", ['{"query":"{a}"}', '{"query":"{a}","variables":null,"operationName":null}'])
def test_null_and_absent_parameters_are_the_same(nothing: str) -> None:
    assert parse_body(nothing.encode()) == GraphQLRequest("{a}")


def test_unknown_parameters_are_ignored() -> None:
    """The specification keeps them for later use."""
    assert parse_body(b'{"query":"{a}","id":"1"}') == GraphQLRequest("{a}")


@pytest.mark.parametrize(
    "body",
    [
        rb'{"query":"{ a(text: \"\u00e9\") }", "variables": {"price": 1.0e2, "big": 123456789012345678901234567890}}',
        '{"query":"{ a(text: \\"é\\/\\") }", "variables": {"x": {"x": {"x": 1}}, "y": [{"a": 1}, {"a": 1}]}}'.encode(),
    ],
)
def test_other_writings_of_json_are_not_taken_for_repeated_names(body: bytes) -> None:
    """The cheap check for repeated names only suspects; the exact one must acquit."""
    assert parse_body(body).variables == json.loads(body)["variables"]


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "body is empty"),
        (b"null", "must be a JSON object, not null"),
        (b'"text"', "must be a JSON object, not a string"),
        (b"17", "must be a JSON object, not a number"),
        (b"1.5", "must be a JSON object, not a number"),
        (b"true", "must be a JSON object, not a boolean"),
        (b'[{"query":"{a}"}]', "not a list. Send operations one by one"),
        (b"{", "not valid JSON"),
        (b'{"query":"{a}"} x', "not valid JSON"),
        (b'{"query":"{a}","variables":{"a":NaN}}', "not valid JSON"),
        (b'{"query":"{a}","variables":{"a":1e999}}', "not valid JSON"),
        (b'{"query":"{a}","variables":{"a":' + b"9" * 5000 + b"}}", "not valid JSON"),
        (b'{"query":"\\ud800"}', "not valid JSON"),
        (b'\xff\xfe{"query":"{a}"}', "not valid JSON"),
        (b'{"query":"\xff"}', "not UTF-8"),
        ('{"query":"{a}"}'.encode("utf-16"), "not valid JSON"),
        (deep(100_000).encode(), "nested too deeply"),
        (b"[" * 100_000, "nested too deeply"),
        (b"{}", "`query` is missing"),
        (b'{"query":null}', "`query` is missing"),
        (b'{"query":{"a":1}}', "`query` must be a string, not an object"),
        (b'{"query":["a"]}', "`query` must be a string, not a list"),
        (b'{"query":0}', "`query` must be a string, not a number"),
        (b'{"query":false}', "`query` must be a string, not a boolean"),
        (b'{"query":"{a}","operationName":1}', "`operationName` must be a string or null, not a number"),
        (b'{"query":"{a}","variables":"{}"}', "`variables` must be a JSON object or null, not a string"),
        (b'{"query":"{a}","variables":[]}', "`variables` must be a JSON object or null, not a list"),
        (b'{"query":"{a}","extensions":false}', "`extensions` must be a JSON object or null, not a boolean"),
        (f'{{"query":"{{a}}","variables":{deep(MAX_JSON_DEPTH + 1)}}}'.encode(), "nested more than 100 levels"),
        (b'{"query":"{a}","query":"{b}"}', "name `query` more than once"),
        (b'{"query":"{a}","qu\\u0065ry":"{b}"}', "name `query` more than once"),
        (b'{"query":"{a}","variables":{"x":{"id":1,"id":2}}}', "name `id` more than once"),
        (b'{"query":"{a}","variables":{"x":1e2,"x":1}}', "name `x` more than once"),
    ],
)
def test_bad_body_is_refused_with_its_reason(body: bytes, complaint: str) -> None:
    with pytest.raises(HttpError) as caught:
        parse_body(body)
    assert complaint in caught.value.message
    assert (caught.value.status, caught.value.code) == (400, "BAD_REQUEST")


def test_depth_up_to_the_limit_is_taken() -> None:
    assert parse_body(f'{{"query":"{{a}}","variables":{deep(MAX_JSON_DEPTH)}}}'.encode()).variables


def test_url_becomes_request_that_may_only_read() -> None:
    variables = quote(json.dumps({"x": "é"}))
    url = f"query={quote('query A { a }')}&operationName=A&variables={variables}&extensions=%7B%7D&z=1"
    assert parse_query_string(url.encode()) == GraphQLRequest("query A { a }", "A", {"x": "é"}, {}, queries_only=True)


def test_empty_url_parameters_are_absent() -> None:
    """A form sends every field, also those left empty."""
    assert parse_query_string(b"query={a}&operationName=&variables=&extensions=").variables == {}


@pytest.mark.parametrize(
    ("query_string", "complaint"),
    [
        ("", "`query` is missing"),
        ("query=", "`query` is missing"),
        ("query={a}&query={b}", "parameter `query` more than once"),
        ("query={a}&variables={", "`variables` is not valid JSON"),
        ("query={a}&variables=[]", "`variables` must be a JSON object or null, not a list"),
        ("query={a}&variables=%22x%22", "`variables` must be a JSON object or null, not a string"),
        ('query={a}&variables={"a":1,"a":2}', "name `a` more than once"),
        ("query={a}&extensions=1", "`extensions` must be a JSON object or null, not a number"),
        ("query=%ff", "not percent-encoded UTF-8"),
        ("query=é", "not percent-encoded UTF-8"),
        ("query={a}" + "&a=1" * MAX_URL_PARAMETERS, "more than 50 parameters"),
        ("query={a}&variables=" + "[" * 5000, "nested too deeply"),
    ],
)
def test_bad_url_is_refused_with_its_reason(query_string: str, complaint: str) -> None:
    with pytest.raises(HttpError) as caught:
        parse_query_string(query_string.encode())
    assert complaint in caught.value.message
    assert (caught.value.status, caught.value.code) == (400, "BAD_REQUEST")
