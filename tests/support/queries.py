"""Random operations on a schema: fields, arguments, aliases, fragments on members and on unrelated interfaces."""

from __future__ import annotations

import random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    parse,
)

from gateway.operation.overlaps import find_conflicts

MAX_ALIASES = 25
MAX_PARTS = 60


class RandomQueries:
    """A stream of valid queries.

    seed:  what the stream depends on, or the source of all its choices.
    texts: values to draw arguments of type ID and String from; some should name objects.
    widest: how many fields and fragments one selection set has at most.
    shallowest: how deep the least deep queries go.
    """

    def __init__(
        self, schema: GraphQLSchema, seed: object, texts: list[str], *, widest: int = 4, shallowest: int = 2
    ) -> None:
        self._schema = schema
        self._random = seed if isinstance(seed, random.Random) else random.Random(str(seed))
        self._texts = texts
        self._widest = widest
        self._shallowest = shallowest
        self._composites = [t for n, t in schema.type_map.items() if is_composite_type(t) and not n.startswith("__")]
        self._aliases = self._parts = 0
        self._variables: set[str] = set()

    def next(self, kind: str = "query", *, drafts: int = 1) -> str:
        """The next valid operation: the longest of so many drafts.

        Conditions use the variables $yes and $no, which are declared with defaults.
        """
        while True:
            for text in sorted((self._draft(kind) for _ in range(drafts)), key=len, reverse=True):
                # All else is valid as it is made; aliases are drawn without looking. The gateway's own rule judges
                # them: graphql-core's misses clashes between selections that read alike.
                operation: Any = parse(text).definitions[0]
                if not find_conflicts(operation, {}, self._schema):
                    return text

    def _draft(self, kind: str) -> str:
        self._aliases = self._parts = 0
        self._variables = set()
        root = self._schema.mutation_type if kind == "mutation" else self._schema.query_type
        body = self._selection(root, self._random.randint(self._shallowest, 5))
        declared = [f"${name}: Boolean = {value}" for name, value in (("yes", "true"), ("no", "false"))]
        used = [text for text in declared if text[1 : text.index(":")] in self._variables]
        return f"{kind}{'(' + ', '.join(used) + ')' if used else ''} {body}"

    def _selection(self, parent: Any, depth: float) -> str:
        parts = [self._part(parent, depth) for _ in range(self._random.randint(1, self._widest))]
        found = [part for part in parts if part]
        return "{ " + " ".join(found or ["__typename"]) + " }"

    def _part(self, parent: Any, depth: float) -> str:
        roll = self._random.random()
        self._parts += 1
        has_fields = hasattr(parent, "fields")
        if roll < 0.06 or depth <= 0.5 or self._parts > MAX_PARTS:
            return self._alias() + "__typename" + self._condition()
        if roll < 0.25 or not has_fields:
            return self._fragment(parent, depth - 0.5)
        name, field = self._random.choice(list(parent.fields.items()))
        return self._field(name, field, depth)

    def _field(self, name: str, field: GraphQLField, depth: float) -> str:
        named = get_named_type(field.type)
        if depth <= 1 and not is_leaf_type(named):
            return ""
        text = self._alias() + name + self._arguments(field.args) + self._condition()
        return text if is_leaf_type(named) else f"{text} {self._selection(named, depth - 1)}"

    def _fragment(self, parent: Any, depth: float) -> str:
        fitting = [t for t in self._composites if self._overlap(parent, t)]
        target = self._random.choice(fitting)
        condition = "" if target is parent and self._random.random() < 0.5 else f" on {target.name}"
        return f"...{condition}{self._condition()} {self._selection(target, depth)}"

    def _overlap(self, one: Any, other: Any) -> bool:
        return bool(self._possible(one) & self._possible(other))

    def _possible(self, named: Any) -> set[str]:
        if is_abstract_type(named):
            return {t.name for t in self._schema.get_possible_types(named)}
        return {named.name}

    def _alias(self) -> str:
        if self._aliases >= MAX_ALIASES or self._random.random() > 0.2:
            return ""
        self._aliases += 1
        return f"{self._random.choice('abcdefgh')}{self._aliases % 3}: "

    def _condition(self) -> str:
        if self._random.random() > 0.1:
            return ""
        variable = self._random.choice(["yes", "no"])
        self._variables.add(variable)
        return f" @{self._random.choice(['skip', 'include'])}(if: ${variable})"

    def _arguments(self, arguments: dict[str, GraphQLArgument]) -> str:
        given = [
            f"{name}: {self._value(argument.type)}"
            for name, argument in arguments.items()
            if is_non_null_type(argument.type) or self._random.random() < 0.5
        ]
        return f"({', '.join(given)})" if given else ""

    def _value(self, declared: Any) -> str:
        if is_non_null_type(declared):
            return self._value(declared.of_type)
        if is_list_type(declared):
            return "[" + ", ".join(self._value(declared.of_type) for _ in range(self._random.randint(0, 2))) + "]"
        return self._scalar(declared)

    def _scalar(self, named: GraphQLNamedType) -> str:
        if isinstance(named, GraphQLEnumType):
            return self._random.choice(list(named.values))
        if isinstance(named, GraphQLInputObjectType):
            given = {n: f for n, f in named.fields.items() if is_non_null_type(f.type) or self._random.random() < 0.3}
            return "{" + ", ".join(f"{n}: {self._value(f.type)}" for n, f in given.items()) + "}"
        match named.name:
            case "Int" | "Float":
                return str(self._random.randint(0, 20))
            case "Boolean":
                return self._random.choice(["true", "false"])
            case _:
                return f'"{self._random.choice(self._texts)}"'
