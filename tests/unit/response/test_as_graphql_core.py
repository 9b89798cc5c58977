"""Shaping compared with graphql-core, which executes the same query over the same data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    execute_sync,
    parse,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.federation.supergraph import Supergraph
from tests.unit.response.shaping import shaped
from tests.unit.supergraphs import load

OBJECTS = ("A", "B", "C")
NAMED = (*OBJECTS, "Face", "Either", "Int", "Color")
FIELDS = ("f0", "f1", "f2")
EXAMPLES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def graph_of(types: tuple[tuple[str, ...], ...]) -> Supergraph:
    """types: of the fields f0, f1, f2 of A, of B, C and their interface, and of D.

    The query has those of A, nullable, so that a null somewhere does not make everything null.
    """
    fields = [" ".join(f"{name}: {type_}" for name, type_ in zip(FIELDS, own, strict=True)) for own in types]
    a, b, d = fields
    query = " ".join(f"{name}: {type_.removesuffix('!')}" for name, type_ in zip(FIELDS, types[0], strict=True))
    return load(
        f"""
        type Query @join__type(graph: A) {{ {query} }}
        type A @join__type(graph: A) {{ {a} }}
        type B implements Face @join__implements(graph: A, interface: "Face") @join__type(graph: A) {{ {b} }}
        type C implements Face @join__implements(graph: A, interface: "Face") @join__type(graph: A) {{ {b} own: Int! }}
        type D @join__type(graph: A) {{ {d} }}
        interface Face @join__type(graph: A) {{ {b} }}
        union Either @join__type(graph: A)
          @join__unionMember(graph: A, member: "A") @join__unionMember(graph: A, member: "D") = A | D
        enum Color @join__type(graph: A) {{ RED BLUE }}
        """
    )


def wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    maybe_required = st.tuples(inner, st.sampled_from(["", "!"])).map("".join)
    listed = maybe_required.map(lambda item: f"[{item}]")
    return st.one_of(maybe_required, st.tuples(listed, st.sampled_from(["", "!"])).map("".join))


GRAPHS = st.tuples(*[st.tuples(*[wrapped(st.sampled_from(NAMED))] * 3)] * 3).map(graph_of)


@dataclass
class Drawing:
    """Draws a query and data for it, both no deeper than a few objects."""

    draw: st.DrawFn
    schema: GraphQLSchema
    aliases: int = 0

    def selections(self, type_: Any, depth: int, *, aliased: bool = False) -> str:
        """aliased: every field has a name of its own, so that fields of different members cannot clash."""
        parts = ["__typename"] if self.draw(st.booleans()) else []
        if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
            members = [member for member in self.schema.get_possible_types(type_) if self.draw(st.booleans())]
            parts += [
                f"... on {member.name} {{ {self.selections(member, depth, aliased=True)} }}" for member in members
            ]
        if not isinstance(type_, GraphQLUnionType):
            parts += [self.field(type_, name, depth, aliased) for name in FIELDS if self.draw(st.integers(0, 3))]
        return " ".join(part for part in parts if part) or "__typename"

    def field(self, type_: Any, name: str, depth: int, aliased: bool) -> str:
        inner = _unwrapped(type_.fields[name].type)
        below = ""
        if isinstance(inner, GraphQLObjectType | GraphQLUnionType | GraphQLInterfaceType):
            if depth == 0:
                return ""
            below = f" {{ {self.selections(inner, depth - 1, aliased=aliased)} }}"
        if not aliased and self.draw(st.booleans()):
            return name + below
        self.aliases += 1
        return f"x{self.aliases}: {name}{below}"

    def value(self, type_: Any, depth: int) -> Any:
        """A value of this type in which anything may be null, whatever the type says."""
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if not self.draw(st.integers(0, 4)):
            return None
        if isinstance(type_, GraphQLList):
            return [self.value(type_.of_type, depth) for _ in range(self.draw(st.integers(0, 3)))]
        if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
            type_ = self.draw(st.sampled_from(self.schema.get_possible_types(type_)))
        if not isinstance(type_, GraphQLObjectType):
            return "RED" if type_.name == "Color" else self.draw(st.integers(0, 3))
        return self.object(type_, depth - 1)

    def object(self, type_: GraphQLObjectType, depth: int) -> dict[str, Any]:
        """Deeper than the query goes, nothing is there."""
        fields = {name: self.value(field.type, depth) for name, field in type_.fields.items()} if depth >= 0 else {}
        return {"__typename": type_.name, **fields}


def _unwrapped(type_: Any) -> Any:
    while isinstance(type_, GraphQLList | GraphQLNonNull):
        type_ = type_.of_type
    return type_


@st.composite
def cases(draw: st.DrawFn) -> tuple[Supergraph, str, dict[str, Any]]:
    supergraph = draw(GRAPHS)
    schema = supergraph.api_schema
    drawing = Drawing(draw, schema)
    query = schema.query_type
    assert query is not None
    return supergraph, f"{{ {drawing.selections(query, 2)} }}", drawing.object(query, 3)


@EXAMPLES
@given(cases())
def test_the_same_data_and_an_error_at_the_same_places(case: tuple[Supergraph, str, dict[str, Any]]):
    supergraph, text, data = case
    expected = execute_sync(
        supergraph.api_schema, parse(text), data, type_resolver=lambda value, *_: value["__typename"]
    )
    response = shaped(text, data, supergraph)
    assert response.data == expected.data
    assert {tuple(error["path"]) for error in response.errors} == {
        tuple(error.path or ()) for error in expected.errors or ()
    }
    assert response.extensions == {}
