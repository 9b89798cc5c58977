"""Example queries, read from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.server.examples import ExamplesError, load_examples
from gateway.server.settings import ExampleQuery


def write(folder: Path, **files: str) -> Path:
    """Files by name; the last underscore of a name is its dot."""
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return folder


def test_examples_come_by_file_name(tmp_path: Path):
    write(tmp_path, b_graphql="{ b }", a_graphql="{ a }", c_txt="{ c }")
    assert [example.query for example in load_examples(tmp_path)] == ["{ a }", "{ b }"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# All orders\n{ orders }", "All orders"),
        ("#All orders  \n{ orders }", "All orders"),
        ("\n\n  # All orders\n{ orders }", "All orders"),
        ("# First\n# Second\n{ orders }", "First"),
        ("{ orders } # not this", "some orders"),
        ("query X { orders }", "some orders"),
    ],
)
def test_the_first_comment_line_is_the_title_or_else_the_files_name(tmp_path: Path, text: str, title: str):
    (tmp_path / "some-orders.graphql").write_text(text)
    (example,) = load_examples(tmp_path)
    assert (example.title, example.query) == (title, text)


def test_variables_stand_beside_the_query(tmp_path: Path):
    write(tmp_path, a_graphql="# A\n{ a }", a_json='{"id": 1, "deep": {"x": [null]}}', b_graphql="# B\n{ b }")
    assert load_examples(tmp_path) == (
        ExampleQuery("A", "# A\n{ a }", {"id": 1, "deep": {"x": [None]}}),
        ExampleQuery("B", "# B\n{ b }", {}),
    )


def test_an_empty_folder_has_no_examples(tmp_path: Path):
    assert load_examples(tmp_path) == ()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ExamplesError, match="nowhere") as failed:
        load_examples(tmp_path / "nowhere")
    assert failed.value.code == "INVALID_EXAMPLES"


def test_a_file_is_no_folder(tmp_path: Path):
    with pytest.raises(ExamplesError):
        load_examples(write(tmp_path, a_graphql="{ a }") / "a.graphql")


@pytest.mark.parametrize(
    ("text", "says"), [("{", "are not JSON"), ("[1]", "must be a JSON object"), ("null", "must be a JSON object")]
)
def test_variables_that_are_no_object_are_refused_with_their_file(tmp_path: Path, text: str, says: str):
    write(tmp_path, a_graphql="{ a }", a_json=text)
    with pytest.raises(ExamplesError, match=says) as failed:
        load_examples(tmp_path)
    assert "a.json" in failed.value.message


def test_a_file_that_is_no_text_is_refused_with_its_name(tmp_path: Path):
    (tmp_path / "a.graphql").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ExamplesError, match=r"a\.graphql"):
        load_examples(tmp_path)


def test_non_ascii_text_is_kept(tmp_path: Path):
    write(tmp_path, a_graphql="# Größe\n{ a }")
    assert load_examples(tmp_path)[0].title == "Größe"
