"""The body that the client gets."""

from __future__ import annotations

import json

import pytest

from gateway.response.response import GraphQLResponse


@pytest.mark.parametrize(
    ("response", "body"),
    [
        (GraphQLResponse({"a": 1}), '{"data":{"a":1}}'),
        (GraphQLResponse({}), '{"data":{}}'),
        (GraphQLResponse(None), '{"data":null}'),
        (GraphQLResponse(None, [{"message": "no"}]), '{"errors":[{"message":"no"}],"data":null}'),
        (GraphQLResponse({"a": 1}, [{"message": "no"}]), '{"errors":[{"message":"no"}],"data":{"a":1}}'),
        (GraphQLResponse({"a": 1}, [], {"x": 2}), '{"data":{"a":1},"extensions":{"x":2}}'),
        (GraphQLResponse(None, [{"message": "no"}], executed=False), '{"errors":[{"message":"no"}]}'),
        (GraphQLResponse({"a": 'é\u2028"'}), '{"data":{"a":"é\u2028\\""}}'),
    ],
)
def test_errors_come_first_and_nothing_empty_is_sent(response: GraphQLResponse, body: str):
    """`data` is left out only when nothing was executed."""
    assert response.encode().decode() == body


def test_the_order_of_the_data_is_kept():
    assert list(json.loads(GraphQLResponse({"b": 1, "a": {"d": 1, "c": 2}}).encode())["data"]) == ["b", "a"]
