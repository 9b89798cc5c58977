"""The reviews service as a subgraph: its SDL, its entities, and what it does with bad representations."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from graphql import NonNullTypeNode, ObjectTypeDefinitionNode, parse

from mock_services.estate import Estate
from tests.shop_services.feeds import Ask, events_after, head
from tests.shop_services.postgresql import execute

ENTITIES = """
query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Review { id rating title body createdAt author { id } product { id } }
    ... on Product { id reviewCount averageRating reviews(first: 2) { id } }
    ... on Customer { id }
  }
}
"""


def run(ask: Ask, query: str, **variables: Any) -> Any:
    response = ask["reviews"].post("/graphql", json={"query": query, "variables": variables})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    return response.json()


def data(ask: Ask, query: str, **variables: Any) -> Any:
    answer = run(ask, query, **variables)
    assert "errors" not in answer, answer
    return answer["data"]


@pytest.fixture
def rows(pristine: Path) -> list[dict[str, Any]]:
    """The generated reviews, newest first."""
    with closing(sqlite3.connect(pristine / "reviews.db")) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM reviews ORDER BY created_at DESC, id DESC")]


def test_the_sdl_says_that_it_is_a_federation_2_subgraph(ask: Ask) -> None:
    sdl = data(ask, "{ _service { sdl } }")["_service"]["sdl"]
    assert '@link(url: "https://specs.apollo.dev/federation/v2.' in sdl
    for entity in ("Review", "Product", "Customer"):
        assert f'type {entity} @key(fields: "id")' in sdl


def test_only_keys_are_promised(ask: Ask) -> None:
    """Every other field may be null: a service that is down must not take its neighbours' objects with it."""
    document = parse(data(ask, "{ _service { sdl } }")["_service"]["sdl"])
    types = {node.name.value: node for node in document.definitions if isinstance(node, ObjectTypeDefinitionNode)}
    promised = {
        f"{name}.{field.name.value}"
        for name in ("Query", "Mutation", "Review", "Product", "Customer")
        for field in types[name].fields
        if isinstance(field.type, NonNullTypeNode) and not field.name.value.startswith("_")
    }
    assert promised == {"Review.id", "Product.id", "Customer.id"}


def test_reviews_come_newest_first_with_all_they_have(ask: Ask, rows: list[dict[str, Any]]) -> None:
    query = "{ latestReviews(first: 3) { id rating title body createdAt author { id } product { id } } }"
    newest = [review for review in data(ask, query)["latestReviews"] if review["createdAt"] < "2026-10-01"]
    expected = [
        {
            "id": row["id"],
            "rating": row["rating"],
            "title": row["title"],
            "body": row["body"],
            "createdAt": row["created_at"].replace("Z", "+00:00"),
            "author": {"id": row["author_id"]},
            "product": {"id": row["product_id"]},
        }
        for row in rows[: len(newest)]
    ]
    assert newest == expected


def test_a_review_is_found_by_its_id_or_null(ask: Ask, rows: list[dict[str, Any]]) -> None:
    query = "query ($id: ID!) { review(id: $id) { id product { id averageRating } } }"
    found = data(ask, query, id=rows[0]["id"])["review"]
    assert (found["id"], found["product"]["id"]) == (rows[0]["id"], rows[0]["product_id"])
    assert data(ask, query, id="nobody") == {"review": None}


def test_a_products_reviews_are_summed_up(ask: Ask, rows: list[dict[str, Any]]) -> None:
    """Count and average over all, `reviews` the newest."""
    product = rows[5]["product_id"]
    mine = [row for row in rows if row["product_id"] == product]
    (entity,) = data(ask, ENTITIES, representations=[{"__typename": "Product", "id": product}])["_entities"]
    assert entity["reviewCount"] == len(mine)
    assert entity["averageRating"] == round(sum(row["rating"] for row in mine) / len(mine), 2)
    assert [review["id"] for review in entity["reviews"]] == [row["id"] for row in mine[:2]]


def test_entities_keep_the_order_and_length_of_the_representations(ask: Ask, rows: list[dict[str, Any]]) -> None:
    """Types mixed, duplicates kept, null where there is no such review; any id is a product."""
    known = rows[0]["id"]
    representations = [
        {"__typename": "Review", "id": "nobody"},
        {"__typename": "Product", "id": "p-unknown"},
        {"__typename": "Review", "id": known},
        {"__typename": "Customer", "id": "c-000001"},
        {"__typename": "Review", "id": known},
    ]
    entities = data(ask, ENTITIES, representations=representations)["_entities"]
    assert [entity and (entity["__typename"], entity["id"]) for entity in entities] == [
        None,
        ("Product", "p-unknown"),
        ("Review", known),
        ("Customer", "c-000001"),
        ("Review", known),
    ]
    assert entities[1] == {
        "__typename": "Product",
        "id": "p-unknown",
        "reviewCount": 0,
        "averageRating": None,
        "reviews": [],
    }


BAD_REPRESENTATIONS: list[Any] = [
    {"__typename": "Order", "id": "o-1"},
    {"id": "r-000001"},
    {"__typename": "Review"},
    {"__typename": "Review", "id": None},
    {"__typename": "Review", "id": True},
    {"__typename": "Product", "id": ["p-00001"]},
    {"__typename": ["Review"], "id": "r-000001"},
    "Review:r-000001",
    17,
]


@pytest.mark.parametrize("bad", BAD_REPRESENTATIONS, ids=str)
def test_a_bad_representation_costs_itself_only(ask: Ask, rows: list[dict[str, Any]], bad: Any) -> None:
    """Null and an error at its place; its neighbours are answered."""
    good = {"__typename": "Review", "id": rows[0]["id"]}
    answer = run(ask, ENTITIES, representations=[good, bad, good])
    first, middle, last = answer["data"]["_entities"]
    assert (first["id"], middle, last["id"]) == (good["id"], None, good["id"])
    (error,) = answer["errors"]
    assert error["path"] == ["_entities", 1]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_representation_may_hold_more_than_its_key(ask: Ask, rows: list[dict[str, Any]]) -> None:
    """And ids are taken as GraphQL takes them, so whole numbers too."""
    more = {"__typename": "Review", "id": rows[0]["id"], "rating": 99, "info": "x", "someThing": {"a": 1}}
    number = {"__typename": "Product", "id": 12}
    first, second = data(ask, ENTITIES, representations=[more, number])["_entities"]
    assert (first["id"], first["rating"]) == (rows[0]["id"], rows[0]["rating"])
    assert second["id"] == "12"


def test_many_entities_are_answered_in_one_request(ask: Ask, rows: list[dict[str, Any]]) -> None:
    representations = [{"__typename": "Review", "id": row["id"]} for row in rows[:500]]
    entities = data(ask, ENTITIES, representations=representations)["_entities"]
    assert [entity["id"] for entity in entities] == [row["id"] for row in rows[:500]]


def test_an_added_review_is_the_newest_of_its_product(estate: Estate, ask: Ask) -> None:
    mutation = "mutation ($r: AddReviewInput!) { addReview(input: $r) { id rating body product { reviewCount } } }"
    counted = {"__typename": "Product", "id": "p-00007"}
    before = data(ask, ENTITIES, representations=[counted])["_entities"][0]["reviewCount"]
    review = {"productId": "p-00007", "authorId": "c-000001", "rating": 4, "title": "Good"}
    added = data(ask, mutation, r=review)["addReview"]
    assert added == {"id": added["id"], "rating": 4, "body": "", "product": {"reviewCount": before + 1}}
    (product,) = data(ask, ENTITIES, representations=[counted])["_entities"]
    assert product["reviews"][0]["id"] == added["id"]
    assert estate.calls("reviews") == {"POST /graphql": 3}


ADD = """mutation ($r: AddReviewInput!, $key: String) {
  addReview(input: $r, idempotencyKey: $key) { id title createdAt author { id } }
}"""
REVIEW = {"productId": "p-00009", "authorId": "c-000002", "rating": 5, "title": "Once"}


def test_a_review_sent_again_under_its_key_is_added_once(ask: Ask) -> None:
    """It is answered as before, the feed's position too, and told once; without a key, every one counts."""
    key, before = secrets.token_hex(8), head(ask["reviews"])
    first, again = (
        ask["reviews"].post("/graphql", json={"query": ADD, "variables": {"r": REVIEW, "key": key}}) for _ in range(2)
    )
    assert first.json()["data"]["addReview"]["title"] == "Once"
    assert again.json() == first.json()
    assert again.headers["x-position"] == first.headers["x-position"]
    (told,) = events_after(ask["reviews"], before)
    assert told["subject"] == first.json()["data"]["addReview"]["id"]
    others = {data(ask, ADD, r=REVIEW)["addReview"]["id"] for _ in range(2)}
    assert len(others | {told["subject"]}) == 3


def test_a_key_is_for_one_review(ask: Ask) -> None:
    key = secrets.token_hex(8)
    data(ask, ADD, r=REVIEW, key=key)
    before = head(ask["reviews"])
    answer = run(ask, ADD, r=REVIEW | {"rating": 1}, key=key)
    assert answer["data"] == {"addReview": None}
    assert answer["errors"][0]["extensions"] == {"code": "IDEMPOTENCY_KEY_REUSED"}
    assert head(ask["reviews"]) == before


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 129, "a/b"])
def test_a_reviews_key_in_another_form_is_refused(ask: Ask, key: str) -> None:
    answer = run(ask, ADD, r=REVIEW, key=key)
    assert answer["data"] == {"addReview": None}
    assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ('mutation { addReview(input: {productId: "p", authorId: "c", rating: 6, title: "x"}) { id } }', "1 to 5"),
        ('mutation { addReview(input: {productId: "p", authorId: "c", rating: 5, title: " "}) { id } }', "title"),
        ("{ latestReviews(first: 0) { id } }", "1 to 100"),
        ("{ latestReviews(first: 101) { id } }", "1 to 100"),
    ],
)
def test_input_out_of_bounds_is_the_clients_fault(ask: Ask, query: str, says: str) -> None:
    answer = run(ask, query)
    assert list(answer["data"].values()) == [None]
    assert says in answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_refused_document_has_no_data(ask: Ask) -> None:
    """In GraphQL's own media type it is a 400, in plain JSON a 200."""
    for query in ("{", "{ nothing }", "fragment F on Review { id }", "subscription { x }", " "):
        answer = run(ask, query)
        assert "data" not in answer
        assert answer["errors"][0]["message"]
        modern = ask["reviews"].post(
            "/graphql", json={"query": query}, headers={"Accept": "application/graphql-response+json"}
        )
        assert (modern.status_code, modern.headers["content-type"]) == (400, "application/graphql-response+json")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "MALFORMED_JSON"),
        (b"[]", 422, "INVALID_BODY"),
        (b'{"query": ""}', 422, "INVALID_BODY"),
        (b'{"query": 1}', 422, "INVALID_BODY"),
        (b'{"query": "{ __typename }", "variables": []}', 422, "INVALID_BODY"),
    ],
)
def test_what_is_not_a_graphql_request_is_refused(ask: Ask, body: bytes, status: int, code: str) -> None:
    response = ask["reviews"].post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_an_operation_is_chosen_by_its_name(ask: Ask) -> None:
    body = {"query": "query A { a: __typename } query B { b: __typename }", "operationName": "B"}
    assert ask["reviews"].post("/graphql", json=body).json() == {"data": {"b": "Query"}}
    refused = ask["reviews"].post("/graphql", json=body | {"operationName": "C"}).json()
    assert "no such operation" in refused["errors"][0]["message"]


def test_a_fault_of_the_service_is_masked(estate: Estate, ask: Ask) -> None:
    """What went wrong stays in its log."""
    execute(estate.home, "reviews", "ALTER TABLE reviews RENAME TO secret_place")
    answer = run(ask, "{ latestReviews(first: 1) { id } }")
    execute(estate.home, "reviews", "ALTER TABLE secret_place RENAME TO reviews")
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
    assert "reviews service failed" in error["message"]


def test_chaos_and_control_routes_hold_here_too(estate: Estate, ask: Ask) -> None:
    estate.chaos("reviews", error_rate=1, status=500)
    assert ask["reviews"].post("/graphql", json={"query": "{ __typename }"}).status_code == 500
    assert estate.calls("reviews") == {"POST /graphql": 1}
    assert ask["reviews"].get("/healthz").json() == {"status": "ok", "service": "reviews"}
    estate.clear_chaos()
    assert ask["reviews"].get("/graphql").status_code == 405
