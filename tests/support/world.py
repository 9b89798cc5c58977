"""The data of a scenario: what every object and field is worth, whoever is asked.

A World is a table of records plus the values of root fields. Values are a pure function of (type, label, field,
arguments); what a table leaves out is derived from exactly these four, so that two different fields never agree by
accident. Fake subgraphs (fakes.py) and the monolith (monolith.py) read the same world. It knows no gateway.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

FieldValue = Callable[["World", dict[str, Any]], Any]
Computation = Callable[[dict[str, Any], dict[str, Any]], Any]


class ScenarioError(Exception):
    """The scenario itself is at fault: it names an object that is not there, or leaves out what cannot be derived."""


@dataclass(eq=False, slots=True)
class Record:
    """One object. `fields` holds the values the scenario gives; the label names it among those of its type."""

    typename: str
    label: str
    fields: dict[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        return f"{self.typename}:{self.label}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a field with @requires needs: a field set on `typename`, with the types of the subgraph that states it."""

    schema: GraphQLSchema
    typename: str
    fields: SelectionSetNode


class World:
    """Records by type and label, root fields, and how fields with @requires are computed.

    tables:   {"Film": {"f1": {"title": "Alien", "director": "Person:p1", "size": {"width": 3}}}}. Where a field's type
              is composite, a string names a record ("Person:p1", or "p1" when the type is concrete) and a dict is a
              value object ("__typename" in it when the type is abstract). A callable (world, arguments) gives either.
    query, mutation: values of root fields, in the same form.
    computed: {"Film.shipping": lambda given, arguments: ...}; `given` holds the required fields.
    unknown:  {"stock": ["Film:f2"]}: entities that a subgraph does not know: its `_entities` answers null for them.
    requirements: (type, field) -> what the field is computed from; filled in by the scenario, from its subgraphs.
    subtypes: {"Item": ["Film", "Album"]}: who implements what; needed to find an object by an interface's key.
    """

    def __init__(
        self,
        tables: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        mutation: Mapping[str, Any] | None = None,
        computed: Mapping[str, Computation] | None = None,
        unknown: Mapping[str, list[str]] | None = None,
        subtypes: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.tables = {
            name: {k: Record(name, k, dict(v)) for k, v in rows.items()} for name, rows in (tables or {}).items()
        }
        self.roots = {
            "query": Record("Query", "", dict(query or {})),
            "mutation": Record("Mutation", "", dict(mutation or {})),
        }
        self.computed = dict(computed or {})
        self.unknown = {name: set(records) for name, records in (unknown or {}).items()}
        self.subtypes = {name: list(types) for name, types in (subtypes or {}).items()}
        self.requirements: dict[tuple[str, str], Requirement] = {}
        self.journal: list[tuple[str, str, dict[str, Any]]] = []

    def fresh(self) -> World:
        """The same world before anything happened in it: mutations of one run do not reach the next."""
        copy = World(computed=self.computed, unknown=deepcopy(self.unknown), subtypes=self.subtypes)
        copy.requirements = self.requirements
        copy.tables = {
            name: {label: Record(name, label, dict(record.fields)) for label, record in rows.items()}
            for name, rows in self.tables.items()
        }
        copy.roots = {name: Record(root.typename, "", dict(root.fields)) for name, root in self.roots.items()}
        return copy

    def get(self, name: str) -> Record:
        """The record "Film:f1"."""
        typename, _, label = name.partition(":")
        try:
            return self.tables[typename][label]
        except KeyError:
            raise ScenarioError(f"there is no {name}") from None

    def candidates(self, typename: str) -> list[Record]:
        """Every record of this type, or of the types below it."""
        return [
            record for name in self.subtypes.get(typename, [typename]) for record in self.tables.get(name, {}).values()
        ]

    def read(self, record: Record, field_name: str, arguments: dict[str, Any], declared: GraphQLOutputType) -> Any:
        """What the field is worth: JSON for leaf types, Record, None or lists of these for composite ones."""
        if field_name not in record.fields:
            return self._derived(record, field_name, arguments, declared)
        value = record.fields[field_name]
        if callable(value):
            value = value(self, arguments)
        if is_leaf_type(get_named_type(declared)):
            return deepcopy(value)
        return self._object(value, declared, f"{record.label}/{field_name}")

    def compute(self, record: Record, field_name: str, arguments: dict[str, Any], given: Any, declared: Any) -> Any:
        """The value of a field with @requires. Unless the scenario says how, every bit of `given` shows in it."""
        owners = [record.typename, *(name for name, below in self.subtypes.items() if record.typename in below)]
        for owner in owners:
            if f"{owner}.{field_name}" in self.computed:
                value = self.computed[f"{owner}.{field_name}"](given, arguments)
                is_leaf = is_leaf_type(get_named_type(declared))
                return value if is_leaf else self._object(value, declared, f"{record.label}/{field_name}")
        text = f"{record}.{field_name}{_arguments(arguments)} from {json.dumps(given, sort_keys=True)}"
        return _derive(text, declared, record, field_name)

    def _derived(self, record: Record, field_name: str, arguments: dict[str, Any], declared: GraphQLOutputType) -> Any:
        if field_name == "id":
            return record.label
        return _derive(f"{record}.{field_name}{_arguments(arguments)}", declared, record, field_name)

    def _object(self, value: Any, declared: GraphQLOutputType, label: str) -> Any:
        if is_non_null_type(declared):
            declared = declared.of_type
        if value is None or isinstance(value, Record):
            return value
        if is_list_type(declared):
            return [self._object(item, declared.of_type, f"{label}/{i}") for i, item in enumerate(value)]
        typename = get_named_type(declared).name
        if isinstance(value, str):
            return self.get(value if ":" in value else f"{typename}:{value}")
        fields = dict(value)
        return Record(fields.pop("__typename", typename), label, fields)


def find(typename: str, **by: str) -> FieldValue:
    """A root field's value: the record that arguments name; find("Film", upc="code"): the one whose upc is $code."""
    names = by or {"id": "id"}

    def value(world: World, arguments: dict[str, Any]) -> Record | None:
        for record in world.candidates(typename):
            if all(record.fields.get(f, record.label) == arguments[a] for f, a in names.items()):
                return record
        return None

    return value


def _arguments(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True) if arguments else ""


def _derive(text: str, declared: GraphQLOutputType, record: Record, field_name: str) -> Any:
    if isinstance(declared, GraphQLNonNull):
        return _derive(text, declared.of_type, record, field_name)
    if not is_leaf_type(get_named_type(declared)) or is_enum_type(get_named_type(declared)):
        raise ScenarioError(f"the scenario gives no value for {record}.{field_name}")
    if isinstance(declared, GraphQLList):
        return [_derive(f"{text}[{i}]", declared.of_type, record, field_name) for i in range(2)]
    return _scalar(text, declared)


def _scalar(text: str, declared: GraphQLLeafType | Any) -> Any:
    number = zlib.crc32(text.encode())
    match declared.name:
        case "Int":
            return 100 + number % 900
        case "Float":
            return (number % 9000) / 8
        case "Boolean":
            return bool(number & 1)
        case _:
            return text
