"""data + failures -> answer: order, aliases, null propagation, withheld values, errors."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from gateway.response.shape_response import MAX_ERRORS, NULL_FOR_NON_NULL, shape_response
from tests.unit.response.shaping import errors, failure, shape_of, shaped
from tests.unit.supergraphs import INACCESSIBLE, load

GRAPH = load(
    """
    type Query @join__type(graph: A) {
      n: Int nn: Int! list: [Int] strict: [Int!] stricter: [Int!]! matrix: [[Int!]!] color: Color colors: [Color!]
      item: Item must: Item! items: [Item] all: [Item!]! node: Node nodes: [Node!] any: Any json: Json
      price(c: String): Int wrap: Wrap
    }
    type Wrap @join__type(graph: A) { wrap: Wrap must: Wrap! n: Int nn: Int! items: [Item!] }
    interface Node @join__type(graph: A) { id: ID part: Item }
    type Item implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A)
      { id: ID part: Item need: Int! color: Color! node: Node price(c: String): Int secret: Int @inaccessible }
    type Other implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A)
      { id: ID part: Item other: Int! }
    type Hidden implements Node @inaccessible @join__implements(graph: A, interface: "Node") @join__type(graph: A)
      { id: ID part: Item }
    union Any @join__type(graph: A) @join__unionMember(graph: A, member: "Item")
      @join__unionMember(graph: A, member: "Hidden") = Item | Hidden
    enum Color @join__type(graph: A) { RED BLUE INFRARED @inaccessible }
    scalar Json @join__type(graph: A)
    """,
    links=INACCESSIBLE,
)


def data_of(text: str, data: dict[str, Any]) -> Any:
    return shaped(text, data, GRAPH).data


# -- what is answered --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("{ n list }", {"list": [1], "n": 2}, {"n": 2, "list": [1]}),
        ("{ x: n y: n }", {"n": 2}, {"x": 2, "y": 2}),
        ("{ n }", {"n": 2, "nn": 3, "internal": 4}, {"n": 2}),
        ('{ price(c: "a") p: price(c: "b") q: price(c: "a") }', {"price__1": 1, "price__2": 2},
         {"price": 1, "p": 2, "q": 1}),
        ("{ item { id } }", {"item": {"id": "1", "need": 2, "secret": 3, "__typename": "Item"}}, {"item": {"id": "1"}}),
        ("{ item { part { id } id } }", {"item": {"id": "1", "part": {"id": "2"}}},
         {"item": {"part": {"id": "2"}, "id": "1"}}),
        ("{ items { id } }", {"items": [{"id": "1"}, None, {"id": "2"}]}, {"items": [{"id": "1"}, None, {"id": "2"}]}),
        ("{ items { id } }", {"items": []}, {"items": []}),
        ("{ matrix }", {"matrix": [[1, 2], []]}, {"matrix": [[1, 2], []]}),
        ("{ item { id @skip(if: true) } }", {"item": {"id": "1", "secret": 2}}, {"item": {}}),
        ("{ item { id @skip(if: true) } }", {"item": None}, {"item": None}),
        # What was not fetched is null.
        ("{ n item { id } list }", {}, {"n": None, "item": None, "list": None}),
        ("{ item { id part { id } } }", {"item": {}}, {"item": {"id": None, "part": None}}),
        # Falsy values are values.
        ("{ n list json }", {"n": 0, "list": [0], "json": ""}, {"n": 0, "list": [0], "json": ""}),
        # Scalars are passed on as they are: their subgraph has coerced them.
        ("{ json }", {"json": {"a": [1, {"b": None}]}}, {"json": {"a": [1, {"b": None}]}}),
        ("{ color colors }", {"color": "RED", "colors": ["RED", "BLUE"]}, {"color": "RED", "colors": ["RED", "BLUE"]}),
    ],
)  # fmt: skip
def test_the_answer_has_the_clients_fields_in_the_clients_order(text: str, data: dict[str, Any], expected: Any):
    response = shaped(text, data, GRAPH)
    assert response.data == expected
    assert list(response.data or ()) == list(expected)
    assert (response.errors, response.extensions) == ([], {})


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("{ __typename t: __typename }", {}, {"__typename": "Query", "t": "Query"}),
        ("{ item { __typename id } }", {"item": {"id": "1"}}, {"item": {"__typename": "Item", "id": "1"}}),
        # An object type is known; what the data says of it plays no part.
        ("{ item { __typename } }", {"item": {"__typename": "Wrong"}}, {"item": {"__typename": "Item"}}),
        ("{ node { t: __typename id } }", {"node": {"__typename": "Other", "id": "1"}},
         {"node": {"t": "Other", "id": "1"}}),
    ],
)  # fmt: skip
def test_type_names_are_answered_by_the_gateway(text: str, data: dict[str, Any], expected: Any):
    assert data_of(text, data) == expected


def test_objects_of_an_abstract_type_have_the_fields_of_their_own():
    text = "{ nodes { id ... on Item { need } ... on Other { other } } }"
    data = {"nodes": [{"__typename": "Item", "id": "1", "need": 1}, {"__typename": "Other", "id": "2", "other": 2}]}
    assert data_of(text, data) == {"nodes": [{"id": "1", "need": 1}, {"id": "2", "other": 2}]}


def test_objects_whose_type_nobody_knows_have_the_interfaces_fields():
    response = shaped("{ node { id ... on Item { need } } }", {"node": {"id": "1"}}, GRAPH)
    assert response.data == {"node": {"id": "1"}}
    assert response.errors == []


def test_introspection_is_taken_from_what_was_introspected():
    response = shaped(
        '{ n __schema { description } x: __type(name: "Item") { name } }', {"n": 1}, GRAPH,
        introspected={"__schema": {"description": "d"}, "x": {"name": "Item"}},
    )  # fmt: skip
    assert response.data == {"n": 1, "__schema": {"description": "d"}, "x": {"name": "Item"}}


def test_the_data_is_not_changed():
    data = {"nodes": [{"__typename": "Item", "id": "1", "need": None}, {"__typename": "Hidden"}], "color": "INFRARED"}
    before = deepcopy(data)
    shaped("{ x: nodes { id ... on Item { need } } color }", data, GRAPH)
    assert data == before


def test_a_shape_can_be_used_again():
    shape = shape_of("{ nodes { id } }", GRAPH)
    for name in ("Item", "Hidden", "Other", "Item"):
        response = shape_response(shape, {"nodes": [{"__typename": name, "id": "1"}]}, ())
        assert response.data == {"nodes": None if name == "Hidden" else [{"id": "1"}]}


# -- nulls where none may be -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data", "expected", "at"),
    [
        ("{ nn }", {"nn": None}, None, "nn"),
        ("{ n nn }", {"n": 1}, None, "nn"),
        ("{ strict n }", {"strict": [1, None], "n": 1}, {"strict": None, "n": 1}, "strict.1"),
        ("{ stricter n }", {"stricter": [None], "n": 1}, None, "stricter.0"),
        ("{ stricter }", {}, None, "stricter"),
        ("{ list }", {"list": [1, None]}, {"list": [1, None]}, None),
        ("{ matrix }", {"matrix": [[1], [None]]}, {"matrix": None}, "matrix.1.0"),
        ("{ matrix }", {"matrix": [[1], None]}, {"matrix": None}, "matrix.1"),
        ("{ item { id need } n }", {"item": {"id": "1"}, "n": 1}, {"item": None, "n": 1}, "item.need"),
        ("{ items { need } }", {"items": [{"need": 1}, {}]}, {"items": [{"need": 1}, None]}, "items.1.need"),
        ("{ all { need } n }", {"all": [{"need": 1}, {}], "n": 1}, None, "all.1.need"),
        ("{ must { need } }", {"must": {}}, None, "must.need"),
        ("{ wrap { must { must { nn } } n } }", {"wrap": {"must": {"must": {}}, "n": 1}}, {"wrap": None},
         "wrap.must.must.nn"),
        ("{ wrap { wrap { must { nn } } n } }", {"wrap": {"wrap": {"must": {}}, "n": 1}},
         {"wrap": {"wrap": None, "n": 1}}, "wrap.wrap.must.nn"),
        ("{ x: item { y: need } }", {"item": {}}, {"x": None}, "x.y"),
        ("{ node { ... on Other { other } } }", {"node": {"__typename": "Other"}}, {"node": None}, "node.other"),
    ],
)  # fmt: skip
def test_a_null_goes_up_to_the_first_place_that_may_be_null(text: str, data: dict[str, Any], expected: Any, at: Any):
    response = shaped(text, data, GRAPH)
    assert response.data == expected
    assert errors(response) == ([(at, NULL_FOR_NON_NULL)] if at else [])


def test_each_null_of_its_own_is_an_error_of_its_own():
    response = shaped("{ items { need } item { need } }", {"items": [{}, {"need": 1}, {}], "item": {}}, GRAPH)
    assert response.data == {"items": [None, {"need": 1}, None], "item": None}
    assert [path for path, _ in errors(response)] == ["items.0.need", "items.2.need", "item.need"]


# -- what is withheld --------------------------------------------------------------------------------------------------


def notes(response: Any) -> list[str]:
    return [".".join(map(str, note["path"])) for note in response.extensions.get("valueCompletion", ())]


@pytest.mark.parametrize(
    ("text", "data", "expected", "at"),
    [
        ("{ color }", {"color": "INFRARED"}, {"color": None}, "color"),
        ("{ color }", {"color": "GREEN"}, {"color": None}, "color"),
        ("{ color }", {"color": 5}, {"color": None}, "color"),
        ("{ color }", {"color": ["RED"]}, {"color": None}, "color"),
        ("{ color }", {"color": {"RED": 1}}, {"color": None}, "color"),
        ("{ any { ... on Item { id } } }", {"any": {"__typename": "Hidden", "id": "1"}}, {"any": None}, "any"),
        ("{ node { id } }", {"node": {"__typename": "Hidden", "id": "1"}}, {"node": None}, "node"),
        ("{ node { id } }", {"node": {"__typename": "Wrap"}}, {"node": None}, "node"),
        ("{ node { id __typename } }", {"node": {"id": "1"}}, {"node": None}, "node"),
        ("{ any { ... on Item { id } } }", {"any": {"id": "1"}}, {"any": None}, "any"),
        ("{ item { id } }", {"item": 5}, {"item": None}, "item"),
        ("{ item { id } }", {"item": [{"id": "1"}]}, {"item": None}, "item"),
        ("{ node { id } }", {"node": "text"}, {"node": None}, "node"),
        ("{ items { id } }", {"items": {"id": "1"}}, {"items": None}, "items"),
        ("{ items { id } }", {"items": ["text", {"id": "1"}]}, {"items": [None, {"id": "1"}]}, "items.0"),
        ("{ list }", {"list": 5}, {"list": None}, "list"),
        ("{ node { id __typename } }", {"node": {"id": "1", "__typename": ["Item"]}}, {"node": None}, "node"),
        ("{ node { id __typename } }", {"node": {"id": "1", "__typename": 5}}, {"node": None}, "node"),
    ],
)
def test_what_clients_may_not_see_or_was_not_promised_is_null_and_noted(text, data, expected, at):
    """Without naming what is hidden, and not as an error: a client cannot do anything about it."""
    response = shaped(text, data, GRAPH)
    assert response.data == expected
    assert response.errors == []
    assert notes(response) == [at]
    told = str(response.extensions)
    assert not any(hidden in told for hidden in ("INFRARED", "Hidden", "GREEN"))


def test_a_withheld_value_that_may_not_be_null_is_a_null_like_any_other():
    response = shaped("{ colors item { color } }", {"colors": ["RED", "INFRARED"], "item": {"color": "GREEN"}}, GRAPH)
    assert response.data == {"colors": None, "item": None}
    assert notes(response) == ["colors.1", "item.color"]
    assert [path for path, _ in errors(response)] == ["colors.1", "item.color"]


# -- failures ----------------------------------------------------------------------------------------------------------


def test_an_error_says_what_where_and_by_whom():
    failed = failure(["item", "id"], service="shop", code="SUBREQUEST_TIMEOUT", message="slow")
    response = shaped("{ item { id } }", {"item": {}}, GRAPH, failed)
    assert list(response.errors) == [
        {
            "message": "slow",
            "path": ["item", "id"],
            "extensions": {"code": "SUBREQUEST_TIMEOUT", "service": "shop"},
        }
    ]


@pytest.mark.parametrize(
    ("text", "data", "path", "expected"),
    [
        ("{ n }", {}, ["n"], "n"),
        ("{ x: n }", {}, ["n"], "x"),
        ("{ y: n x: n }", {}, ["n"], "y"),
        ('{ price(c: "a") p: price(c: "b") }', {}, ["price__2"], "p"),
        ("{ x: items { y: part { z: id } } }", {"items": [{}, {"part": {}}]}, ["items", 1, "part", "id"], "x.1.y.z"),
        # Of several aliases the one that selected all of the path.
        ("{ x: item { need } y: item { part { id } } }", {"item": {"need": 1, "part": {}}},
         ["item", "part", "id"], "y.part.id"),
        ("{ x: item { part { need } } y: item { z: part { id } } }", {"item": {}}, ["item", "part", "id"], "y.z.id"),
        ("{ matrix }", {"matrix": [[1]]}, ["matrix", 0, 0], "matrix.0.0"),
        ("{ x: node { ... on Item { y: id } ... on Other { z: id } } }", {"node": {"__typename": "Other"}},
         ["node", "id"], "x.z"),
        ("{ x: node { ... on Item { y: id } ... on Other { z: id } } }", {"node": {"__typename": "Item"}},
         ["node", "id"], "x.y"),
        # The object is not there; its type decides nothing.
        ("{ x: item { y: part { z: id } } }", {"item": None}, ["item", "part", "id"], "x.y.z"),
        ("{ x: items { y: id } }", {"items": None}, ["items", 3, "id"], "x.3.y"),
    ],
)  # fmt: skip
def test_paths_are_in_the_clients_words(text: str, data: dict[str, Any], path: list, expected: str):
    response = shaped(text, data, GRAPH, failure(path))
    assert errors(response) == [(expected, "FAILED")]


@pytest.mark.parametrize("warm", [False, True])
def test_a_path_below_a_missing_abstract_object_is_the_same_every_time(warm: bool):
    """Whatever objects an earlier request has seen at this place."""
    shape = shape_of("{ x: node { ... on Item { y: part { id } } ... on Other { z: other } } }", GRAPH)
    if warm:
        shape_response(shape, {"node": {"__typename": "Other", "other": 1}}, ())
        shape_response(shape, {"node": {"__typename": "Item", "part": None}}, ())
    response = shape_response(shape, {"node": None}, [failure(["node", "part"])])
    assert errors(response) == [("x.y", "FAILED")]


@pytest.mark.parametrize(
    ("text", "data", "paths", "expected"),
    [
        # Nothing visible was lost: told at the nearest object.
        ("{ item { id } }", {"item": {"id": "1"}}, [["item", "secret"]], ["item"]),
        ("{ x: items { id } }", {"items": [{}, {}]}, [["items", 1, "secret"]], ["x.1"]),
        ("{ n }", {}, [["secret"]], [""]),
        ("{ n }", {}, [[]], [""]),
        # Something visible was: the hidden field is not told.
        ("{ item { id } }", {"item": {}}, [["item", "secret"], ["item", "id"]], ["item.id"]),
        ("{ item { id } }", {"item": {}}, [["item", "id"], ["item", "secret"]], ["item.id"]),
        ("{ items { id } }", {"items": [{}, {}]}, [["items", 0, "secret"], ["items", 1, "secret"]], ["items.0"]),
        # The same twice is told once.
        ("{ n }", {}, [["n"], ["n"]], ["n"]),
    ],
)
def test_a_failure_is_told_where_the_client_misses_something(text: str, data: dict, paths: list, expected: list):
    response = shaped(text, data, GRAPH, failure(*paths))
    assert [path for path, _ in errors(response)] == expected


def test_an_error_without_a_place_has_no_path():
    (error,) = shaped("{ n }", {"n": 1}, GRAPH, failure([])).errors
    assert "path" not in error


def test_different_causes_at_one_place_are_all_told():
    response = shaped("{ n }", {}, GRAPH, failure(["n"]), failure(["n"], code="OTHER"), failure(["n"], message="else"))
    assert [(error["message"], error["extensions"]["code"]) for error in response.errors] == [
        ("no", "FAILED"), ("no", "OTHER"), ("else", "FAILED")
    ]  # fmt: skip


def test_equal_errors_of_different_fetches_are_told_once_per_place():
    response = shaped("{ n item { id } }", {}, GRAPH, failure(["n"]), failure(["n"], ["item"]))
    assert errors(response) == [("n", "FAILED"), ("item", "FAILED")]


# -- nulls that are explained ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data", "path", "expected"),
    [
        pytest.param("{ nn }", {}, ["nn"], ["nn FAILED"], id="at the same place"),
        pytest.param("{ item { need } }", {"item": {}}, ["item", "need"], ["item.need FAILED"], id="inside"),
        pytest.param("{ must { id } }", {}, ["must", "id"], ["must.id FAILED"], id="below"),
        pytest.param("{ item { need } }", {"item": {}}, ["item"], ["item FAILED"], id="above"),
        pytest.param("{ item { need } }", {"item": {}}, [], [" FAILED"], id="for the whole answer"),
        pytest.param(
            "{ item { need } n }", {"item": {}}, ["n"], ["n FAILED", "item.need NULL_FOR_NON_NULL"], id="beside"
        ),
        pytest.param(
            "{ items { need } }", {"items": [{}, {}]}, ["items", 1, "need"],
            ["items.1.need FAILED", "items.0.need NULL_FOR_NON_NULL"], id="in another item",
        ),
    ],
)  # fmt: skip
def test_a_null_that_a_failure_explains_is_no_error_of_its_own(text: str, data: dict, path: list, expected: list):
    response = shaped(text, data, GRAPH, failure(path))
    assert [" ".join(pair) for pair in errors(response)] == expected


def test_a_field_error_of_a_subgraph_with_the_same_code_is_an_error():
    """Its code is the subgraph's own affair."""
    response = shaped("{ nn }", {}, GRAPH, failure(["nn"], code=NULL_FOR_NON_NULL), failure(["nn"]))
    assert len(response.errors) == 2


# -- bounds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [MAX_ERRORS, MAX_ERRORS + 1, MAX_ERRORS + 50])
def test_errors_are_listed_up_to_a_bound_and_the_rest_is_counted(count: int):
    data = {"items": [{"id": None} for _ in range(count)]}
    response = shaped("{ items { id } }", data, GRAPH, failure(*(["items", n, "id"] for n in range(count))))
    if count == MAX_ERRORS:
        assert len(response.errors) == count
        return
    assert len(response.errors) == MAX_ERRORS + 1
    assert errors(response)[-1] == ("", "ERRORS_OMITTED")
    assert str(count - MAX_ERRORS) in response.errors[-1]["message"]


def test_of_too_many_errors_each_failure_has_its_share():
    """A service that failed everywhere does not hide another's failure."""
    rows = 5 * MAX_ERRORS
    data = {"items": [{} for _ in range(rows)]}
    failures = [failure(*(["items", n, name] for n in range(rows)), code=name.upper()) for name in ("id", "need")]
    response = shaped("{ items { id need } }", data, GRAPH, *failures)
    told = [error["extensions"]["code"] for error in response.errors]
    assert (told.count("ID"), told.count("NEED"), told[-1]) == (MAX_ERRORS // 2, MAX_ERRORS // 2, "ERRORS_OMITTED")
    assert str(2 * rows - MAX_ERRORS) in response.errors[-1]["message"]


def test_unexplained_nulls_are_bounded_too():
    data = {"items": [{} for _ in range(MAX_ERRORS + 50)]}
    response = shaped("{ items { need } }", data, GRAPH)
    assert len(response.errors) <= MAX_ERRORS + 1
    assert response.data == {"items": [None] * (MAX_ERRORS + 50)}
