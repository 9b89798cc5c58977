"""A plan as text."""

from __future__ import annotations

import pytest

from gateway.planning.printing import print_path
from tests.unit.planning.drafts import path
from tests.unit.supergraphs import films, load, plan_text

PRINTED = """\
level 1  #0 catalog  query
    {
      film__1: film(id: 1) {
        title
        id
        weight__1: weight(unit: KG)
        director {
          id
        }
      }
    }

level 2  #1 stock  Film(id weight__1) at film__1  after #0
    query ($representations: [_Any!]!) {
      _entities(representations: $representations) {
        ... on Film {
          shipping
        }
      }
    }

level 2  #2 people  Person(id) at film__1/director  after #0
    query ($representations: [_Any!]!) {
      _entities(representations: $representations) {
        ... on Person {
          born
        }
      }
    }
"""


def test_every_step_is_a_block_with_its_request():
    assert plan_text("{ film(id: 1) { title shipping director { born } } }", films()) == PRINTED


@pytest.mark.parametrize("text", ["search", "search|Album,Film", "search|Album,Film/director", "a/b|X/c"])
def test_a_path_shows_the_types_that_matter(text: str):
    assert print_path(path(text)) == text


def test_a_plan_without_steps_says_so():
    assert plan_text("{ __typename }", films()) == "no fetches\n"


def test_an_entry_under_another_name_says_so():
    printed = plan_text("{ film(id: 1) { stars } }", films())
    assert "level 2  #1 ratings  Film as Item(id) at film__1  after #0" in printed


def test_an_early_step_says_after_what_it_is_merged():
    graph = load(
        """
        type Query @join__type(graph: A) {
          p(id: ID!): P @join__field(graph: A) @join__directive(graphs: [A], name: "lookup")
        }
        type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
          id: ID! b: Int @join__field(graph: B)
        }
        """,
        join="0.4",
    )
    printed = plan_text("{ p(id: 1) { b } }", graph)
    assert "level 1  #1 b  P(id from arguments) at p__1  merged after #0" in printed


def test_nested_parts_of_a_representation_are_shown():
    graph = load(
        """
        type Query @join__type(graph: A) { p: P }
        type P @join__type(graph: A) @join__type(graph: B, key: "owner { id } media { id ... on Film { len } }") {
          owner: Owner! media: Media b: Int @join__field(graph: B)
        }
        type Owner @join__type(graph: A) @join__type(graph: B) { id: ID! }
        interface Media @join__type(graph: A) @join__type(graph: B) { id: ID! }
        type Film implements Media @join__implements(graph: A, interface: "Media") @join__type(graph: A)
          @join__implements(graph: B, interface: "Media") @join__type(graph: B) { id: ID! len: Int }
        type Book implements Media @join__implements(graph: A, interface: "Media") @join__type(graph: A)
          @join__implements(graph: B, interface: "Media") @join__type(graph: B) { id: ID! }
        """
    )
    assert "P(owner { id } media { id | id len }) at p" in plan_text("{ p { b } }", graph)
