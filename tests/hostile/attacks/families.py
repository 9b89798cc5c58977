"""Attacks that grow, from `size` to eight times that: a doubling may cost at most two and a half times as much."""

# ruff: noqa: E501 - one case, one line: what is sent can be compared with what it tries
from __future__ import annotations

from tests.hostile.attacks.attack import Family
from tests.hostile.attacks.documents import aliases, laughs, nest
from tests.hostile.attacks.values import ORDER, PLACE, items

FAMILIES: tuple[Family, ...] = (
    Family("aliases", 5_000, lambda n: {"query": aliases(n)}),
    Family("aliases that fit", 2, lambda n: {"query": aliases(n, "orders(first: 1) { id }")}),
    Family("fields", 200, lambda n: {"query": "{ orders(first: 1) { " + "id " * n + "} }"}),
    Family("overlapping objects", 50, lambda n: {"query": "{ orders(first: 1) { " + "customer { id } " * n + "} }"}),
    Family("conflicting fields", 50,
           lambda n: {"query": "{ orders { " + "".join(f"x: {('id', 'status')[i % 2]} " for i in range(n)) + "} }"}),
    Family("fragments", 20,
           lambda n: {"query": "{ orders { " + "".join(f"...f{i} " for i in range(n)) + "} } "
                      + "".join(f"fragment f{i} on Order {{ customer {{ id }} }} " for i in range(n))}),
    Family("laughs", 20, lambda n: {"query": laughs(n, "...f%d ...f%d")}),
    Family("circle", 25,
           lambda n: {"query": "{ orders { ...f0 } } "
                      + " ".join(f"fragment f{i} on Order {{ ...f{(i + 1) % n} }}" for i in range(n))}),
    Family("directives", 200, lambda n: {"query": "{ __typename " + "@a " * n + "}"}),
    Family("misspellings", 200, lambda n: {"query": "{ " + " ".join(f"order{i}s" for i in range(n)) + " }"}),
    Family("variables", 60,
           lambda n: {"query": "query (" + " ".join(f"$v{i}: Int" for i in range(n)) + ") { __typename }"}),
    Family("depth", 1_000, lambda n: {"query": nest("{a", n)}),
    Family("lists in a literal", 1_000, lambda n: {"query": "{ order(id: " + nest("[", n, "]") + ") { id } }"}),
    Family("comments", 10_000, lambda n: {"query": "# x\n" * n + "{ __typename }"}),
    Family("string", 10_000, lambda n: {"query": '{ order(id: "' + "x" * n + '") { id } }'}),
    Family("block string", 3_000, lambda n: {"query": '{ order(id: """' + "\n  x" * n + '""") { id } }'}),
    Family("digits", 10_000, lambda n: {"query": "{ orders(first: " + "9" * n + ") { id } }"}),
    Family("wrong items", 2_000, lambda n: {"query": PLACE, "variables": items(n, 1)}),
    Family("right items", 800, lambda n: {"query": PLACE, "variables": items(n, {"productId": "p", "quantity": 1})}),
    Family("values", 10_000, lambda n: {"query": PLACE, "variables": items(n, 1)}),
    Family("unknown variables", 5_000,
           lambda n: {"query": ORDER, "variables": {"id": "x", **{f"v{i}": i for i in range(n)}}}),
    Family("introspection", 2, lambda n: {"query": aliases(n, "__schema { types { name fields { name } } }")}),
    Family("rows", 25, lambda n: {"query": "query ($n: Int!) { orders(first: $n) { id customer { id } } }", "variables": {"n": n}}),
)  # fmt: skip
"""Where 8 x size fits the limits it is the work that grows; where not, refusing must not grow faster."""
