"""Changes of who resolves what: one graph, changed in one place at a time."""

from __future__ import annotations

import pytest

from gateway.federation.changes import Change, graph_changes
from tests.unit.supergraphs import load

OLD = """
type Query @join__type(graph: A) @join__type(graph: B) @join__type(graph: C) {
  one(id: ID!): Item @join__field(graph: A)
}
type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: B, key: "code")
          @join__type(graph: C, key: "id") {
  id: ID!
  code: ID @join__field(graph: A) @join__field(graph: B)
  name: String @join__field(graph: A) @join__field(graph: B)
  price: Int @join__field(graph: A) @join__field(graph: C, external: true)
  tax: Int @join__field(graph: C, requires: "price")
  maker: Maker @join__field(graph: A, provides: "name")
}
type Maker @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! name: String @join__field(graph: A, external: true) @join__field(graph: B)
}
"""


def changes(before: str, after: str) -> list[Change]:
    """What is told when `before` becomes `after`."""
    assert before in OLD
    return graph_changes(load(OLD, join="0.4"), load(OLD.replace(before, after), join="0.4"))


@pytest.mark.parametrize(
    ("before", "after", "level", "code", "coordinate", "said"),
    [
        (' @join__type(graph: B, key: "code")', "", "dangerous", "KEY_REMOVED", "Item",
         'The key "code" of Item in "b" is gone: it can be entered by "id" only.'),
        ('graph: C, key: "id"', 'graph: C, key: "id", resolvable: false', "dangerous", "KEY_REMOVED", "Item",
         'The key "id" of Item in "c" is there, but not resolvable any more: it can be entered not at all.'),
        ('graph: C, key: "id")', 'graph: C, key: "id") @join__type(graph: C, key: "code")', "safe", "KEY_ADDED", "Item",
         '"c" can be entered for Item by "code".'),
        ("name: String @join__field(graph: A) @join__field(graph: B)", "name: String @join__field(graph: A)",
         "dangerous", "SHARING_LOST", "Item.name",
         'Item.name is not shared any more: only "a" resolves it, no longer "b".'),
        ("price: Int @join__field(graph: A)", "price: Int @join__field(graph: B)",
         "dangerous", "RESOLVER_REMOVED", "Item.price", '"a" no longer resolves Item.price; "b" resolves it.'),
        ("price: Int @join__field(graph: A)", 'price: Int @join__field(graph: B, override: "a")',
         "safe", "RESOLVER_REMOVED", "Item.price", '"a" gave away Item.price; "b" resolves it.'),
        ("price: Int @join__field(graph: A)", "price: Int @join__field(graph: A) @join__field(graph: B)",
         "safe", "RESOLVER_ADDED", "Item.price", '"b" resolves Item.price now.'),
        ('requires: "price"', 'requires: "price name"', "dangerous", "REQUIREMENT_ADDED", "Item.tax",
         'Item.tax in "c" now requires "name".'),
        ('(graph: C, requires: "price")', "(graph: C)", "safe", "REQUIREMENT_REMOVED", "Item.tax",
         'Item.tax in "c" no longer requires "price".'),
        (', provides: "name"', "", "dangerous", "PROVIDES_REMOVED", "Item.maker",
         'Item.maker in "a" no longer provides "name".'),
        ('provides: "name"', 'provides: "name id"', "safe", "PROVIDES_ADDED", "Item.maker",
         'Item.maker in "a" now provides "id".'),
        ("code: ID @join__field(graph: A)", 'code: ID @join__field(graph: A, overrideLabel: "new")',
         "dangerous", "OVERRIDE_LABEL_CHANGED", "Item.code",
         'The override label of Item.code in "a" has changed from none to "new".'),
    ],
)  # fmt: skip
def test_each_change_is_told_with_its_place(
    before: str, after: str, level: str, code: str, coordinate: str, said: str
) -> None:
    (change,) = (one for one in changes(before, after) if one.code == code)
    assert (change.level, change.coordinate, change.message) == (level, coordinate, said)
    assert bool(change.advice) == (level == "dangerous")
    assert change.concerns({"Item.name", "Item.tax", "Item.price", "Item.code", "Item.maker"}) or level == "safe"
    assert not change.concerns({"Query.one"})


def test_the_same_graph_has_no_changes() -> None:
    assert graph_changes(load(OLD), load(OLD)) == []


def test_a_subgraph_that_goes_is_told_once() -> None:
    """Not again for each of its keys; but what it resolved alone or with others is."""
    without = OLD.replace(" @join__type(graph: C)", "").replace('@join__type(graph: C, key: "id")', "")
    without = without.replace("@join__field(graph: C, external: true)", "").replace(
        'tax: Int @join__field(graph: C, requires: "price")', "tax: Int @join__field(graph: B)"
    )
    found = graph_changes(load(OLD), load(without))
    assert [(one.level, one.code, one.coordinate) for one in found] == [
        ("dangerous", "SUBGRAPH_REMOVED", "c"),
        ("dangerous", "RESOLVER_REMOVED", "Item.tax"),
        ("safe", "RESOLVER_ADDED", "Item.tax"),
    ]
    assert [(one.level, one.code) for one in graph_changes(load(without), load(OLD)) if one.coordinate == "c"] == [
        ("safe", "SUBGRAPH_ADDED")
    ]


def test_an_interface_object_that_becomes_an_interface_is_told() -> None:
    types = """
    type Query @join__type(graph: A) @join__type(graph: B) { one: Thing @join__field(graph: B) }
    interface Thing @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) {
      id: ID! stars: Int @join__field(graph: B)
    }
    type Item implements Thing @join__implements(graph: A, interface: "Thing") @join__type(graph: A, key: "id") {
      id: ID! stars: Int @join__field
    }
    """
    found = graph_changes(load(types), load(types.replace(", isInterfaceObject: true", "")))
    assert [(one.level, one.code, one.coordinate) for one in found] == [
        ("dangerous", "INTERFACE_OBJECT_CHANGED", "Thing")
    ]
