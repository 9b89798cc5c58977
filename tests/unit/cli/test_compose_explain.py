"""`braid compose --explain`: a field's resolvers and ways as text and JSON; names that there are not."""

from __future__ import annotations

import json

from tests.unit.cli.conftest import Braid


def test_a_field_is_explained(braid: Braid) -> None:
    result = braid("compose", "--explain", "Book.stars")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        "Book.stars: Int\n"
        "\n"
        "resolved by\n"
        "  ratings\n"
        "      entered by `id`\n"
        "\n"
        "selected below\n"
        "  Query.books\n"
        "  Query.best\n"
        "\n"
        "reached from\n"
        "  Query.books: 2 requests in 2 levels, to books and ratings\n"
        "      { books { stars } }\n"
        "  Query.best: 1 request in 1 level, to ratings\n"
        "      { best { stars } }\n"
    )


def test_scripts_get_the_same_as_json(braid: Braid) -> None:
    explained = json.loads(braid("compose", "--explain", "Book.title", "--json").stdout)
    assert explained["coordinate"] == "Book.title"
    assert [(one["graph"], one["resolves"], one["keys"]) for one in explained["resolvers"]] == [("books", True, ["id"])]
    assert [way["root"] for way in explained["ways"]] == ["Query.books", "Query.best"]


def test_an_unknown_name_is_refused_with_a_suggestion(braid: Braid) -> None:
    result = braid("compose", "--explain", "Book.start")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "error: 'Book' has no field 'start'. Did you mean Book.stars?\n"


def test_a_field_is_explained_and_not_written(braid: Braid) -> None:
    result = braid("compose", "--explain", "Book.stars", "--output", "x.graphql")
    assert result.returncode == 2
    assert "either --explain or --output" in result.stderr
