"""Attacks by the variables of a query, and by JSON that is none of what was expected."""

from __future__ import annotations

import json
from typing import Any

from tests.hostile.attacks.attack import Attack, body, document

ORDER = "query ($id: ID!) { order(id: $id) { id } }"
PLACE = "mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { id } }"


def deep(levels: int) -> Any:
    """Objects in each other."""
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def items(count: int, item: Any) -> dict[str, Any]:
    """An order's input with so many items."""
    return {"input": {"customerId": "c-1", "items": [item] * count}}


def _raw(text: str) -> bytes:
    """A body whose `variables` are written as no serialiser would."""
    return b'{"query": %s, "variables": {"id": %s}}' % (json.dumps(ORDER).encode(), text.encode())


VALUES: tuple[Attack, ...] = (
    document("deep variables", "99 levels, the most that is read", ORDER, {"id": deep(98)}),
    document("deeper variables", "500 levels", ORDER, {"id": deep(500)}),
    body("deepest variables", "100,000 levels, for a stack", _raw("[" * 100_000 + "]" * 100_000)),
    document("100,000 wrong items", "an error for each", PLACE, items(100_000, 1)),
    document("30,000 empty items", "two errors for each", PLACE, items(30_000, {})),
    document("15,000 right items", "work for each", PLACE, items(15_000, {"productId": "p", "quantity": 1})),
    document("6,000 right items", "the most work that is begun", PLACE, items(6000, {"productId": "p", "quantity": 1})),
    document("19,000 wrong items", "the most errors that are looked for", PLACE, items(19_000, 1)),
    document(
        "items of unknown members", "suggestions for each", PLACE, items(300, {f"quantit{i}": 1 for i in range(100)})
    ),
    document(
        "50,000 unknown variables", "what nobody asked for", ORDER, {"id": "x", **{f"v{i}": i for i in range(50_000)}}
    ),
    document(
        "variables of JavaScript",
        "prototype pollution",
        ORDER,
        {"id": "x", "__proto__": {"admin": True}, "constructor": {"prototype": {"admin": True}}},
    ),
    document("variable of 900 kB", "a copy at every stage, and in the error", ORDER, {"id": ["x" * 900_000]}),
    document("list of 200,000 for an id", "a list where one was asked for", ORDER, {"id": ["x"] * 200_000}),
    document("null for what must not be", "a null inside", ORDER, {"id": None}),
    document("no variables at all", "a required one is missing", ORDER),
    document("object for an id", "an object where a leaf was asked for", ORDER, {"id": {"$ne": None}}),
    document("boolean for an id", "true is 1 in Python", ORDER, {"id": True}),
    document("number for an id", "a number that has no exact float", ORDER, {"id": 2**53 + 1}),
    body("integer of 5,000 digits in JSON", "Python refuses to print it", _raw("9" * 5000)),
    body("integer of 900,000 digits in JSON", "quadratic conversion", _raw("9" * 900_000)),
    body("numbers beyond JSON", "NaN and Infinity", _raw("NaN")),
    body("float beyond all in JSON", "infinity", _raw("1e400")),
    body("minus zero in JSON", "a zero with a sign", _raw("-0.0")),
    body("one name twice", "two readers, two values", b'{"query": "{ __typename }", "query": "mutation { x }"}'),
    body("one name 50,000 times", "a search for each", b'{"query": "{ __typename }"' + b', "a": 1' * 50_000 + b"}"),
    document("variables as text", "of a wrong kind", ORDER, "x"),
    document("variables as a list", "of a wrong kind", ORDER, [1, 2]),
    document("variables as a number", "of a wrong kind", ORDER, 1),
    document("query as a number", "of a wrong kind", 1),
    document("query as an object", "of a wrong kind", {"a": 1}),
    document("query as null", "of a wrong kind", None),
    document("query as a list", "of a wrong kind", ["{ __typename }"]),
    document("operation name of 900 kB", "echoed in the error", "{ __typename }", operationName="x" * 900_000),
    document("operation name as an object", "of a wrong kind", "{ __typename }", operationName={"a": 1}),
    document("deep extensions", "what nobody reads", "{ __typename }", extensions=deep(500)),
    document(
        "extensions of JavaScript",
        "prototype pollution",
        "{ __typename }",
        extensions={"__proto__": {"x": 1}, "braid": {"__proto__": {"trace": True}}},
    ),
    document("extensions of a wrong kind", "a crash where they are read", "{ __typename }", extensions={"braid": [1]}),
    document(
        "persisted query that there is not",
        "a look-up by a hash, without a text",
        None,
        extensions={"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}},
    ),
    document(
        "persisted query with another's hash",
        "a text kept under a false hash",
        "{ __typename }",
        extensions={"persistedQuery": {"version": 1, "sha256Hash": "f" * 64}},
    ),
)
