"""From the type that a resolver decodes an answer to, to what a contract demands of that answer. Pure.

A Pact body is an example and rules by JSONPath. The example is made up, the same every time, so that no data of the
service gets into the files; the rules come from the type:

* a member without a default must be there, with its type; one with a default only if it was there when recorded;
* a list must not be empty if it was not when recorded, else nothing would hold its elements' members;
* a mapping's key must be there if it was asked for, as the owners of lists are; all values must have the value's type;
* a value that may be null may be null, if it is a scalar. Pact cannot say that of objects and lists: one that was there
  when recorded must be there, of another one nothing is demanded.

What msgspec decodes in ways that JSON types do not show (a union of objects, a custom type) must be there, no more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_origin

from msgspec import inspect

Rule = dict[str, Any]

# Anchored: the rule is a search. In Pact's dialect (Oniguruma, Ruby's syntax) ^ and $ would be ends of lines.
_DATE, _TIME = r"\d{4}-\d{2}-\d{2}", r"\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})?"
_ANYTHING: Rule = {"match": "regex", "regex": r"[\s\S]*"}
_NULL: Rule = {"match": "null"}
_SAME_TYPE: Rule = {"match": "type"}
_CONSTRAINTS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")


def _text(pattern: str) -> Rule:
    return {"match": "regex", "regex": rf"\A{pattern}\z"}


# Not Pact's rule `boolean`: that takes the string "true" for one.
_SCALARS: Mapping[type, tuple[Any, Rule]] = {
    inspect.BoolType: (True, _SAME_TYPE),
    inspect.IntType: (1, {"match": "integer"}),
    inspect.FloatType: (1.5, {"match": "number"}),
    inspect.StrType: ("text", _SAME_TYPE),
    inspect.BytesType: ("dGV4dA==", _SAME_TYPE),
    inspect.DateTimeType: ("2026-01-02T03:04:05Z", _text(f"{_DATE}[Tt ]{_TIME}")),
    inspect.DateType: ("2026-01-02", _text(_DATE)),
    inspect.TimeType: ("03:04:05", _text(_TIME)),
    inspect.UUIDType: ("00000000-0000-4000-8000-000000000000", _text("[0-9a-fA-F-]{32,36}")),
}
_LISTS = (inspect.ListType, inspect.SetType, inspect.FrozenSetType, inspect.VarTupleType)
_OBJECTS = (inspect.StructType, inspect.DataclassType, inspect.TypedDictType)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a contract says of a body.

    example: satisfies the rules.
    rules:   Pact matching rules by JSONPath.
    decodes: the example can be decoded. Not so when it has null for something of which nothing is demanded.
    untested: JSONPaths whose members nothing holds, because the recorded answer had none of them.
    """

    example: Any
    rules: dict[str, Rule]
    untested: tuple[str, ...] = ()
    decodes: bool = True


def shape_of(answer_type: Any, answer: Any, asked: Collection[str] = ()) -> Shape:
    """The shape of answers that decode to `answer_type`.

    answer: one such answer, as JSON. asked: keys of mappings that the request named.
    """
    writer = _Writer(frozenset(asked))
    example = writer.write("$", inspect.type_info(answer_type), [answer])
    return Shape(example, writer.rules, tuple(writer.untested), writer.decodes)


class _Writer:
    """Collects rules while it walks a type, beside all recorded values at the same place."""

    def __init__(self, asked: frozenset[str]) -> None:
        self.asked = asked
        self.rules: dict[str, Rule] = {}
        self.untested: list[str] = []
        self.decodes = True

    def write(self, path: str, kind: inspect.Type, seen: Sequence[Any]) -> Any:
        """Add the rules for a value of this type; its example. seen: recorded values at this path."""
        inner, nullable = _without_null(kind)
        if isinstance(inner, (*_LISTS, inspect.DictType, *_OBJECTS)) and not _array_like(inner):
            if nullable and (not seen or None in seen):
                self.untested.append(path)
                return self._anything(path)
            return self._container(path, inner, seen)
        found = _scalar(inner, seen)
        if found is None:
            self.decodes = self.decodes and isinstance(inner, inspect.AnyType)
            return self._anything(path)
        example, rules = found
        self._add(path, [*rules, _NULL] if nullable else rules)
        return example

    def _container(self, path: str, kind: inspect.Type, seen: Sequence[Any]) -> Any:
        if isinstance(kind, inspect.DictType):
            return self._mapping(path, kind, seen)
        if isinstance(kind, _OBJECTS):
            return self._object(path, kind.fields, seen)
        items = [item for value in seen for item in value]
        self._add(path, [{"match": "type", "min": int(bool(seen) and all(seen))}])
        if not items:
            self.untested.append(path)
            return []
        items_of = cast("inspect.ListType", kind)
        return [self.write(f"{path}[*]", items_of.item_type, items)] * (items_of.min_length or 1)

    def _object(self, path: str, fields: Iterable[inspect.Field], seen: Sequence[Any]) -> dict[str, Any]:
        example: dict[str, Any] = {}
        for field in fields:
            name = field.encode_name
            values = [value[name] for value in seen if name in value]
            if field.required or (seen and len(values) == len(seen)):
                example[name] = self.write(_member(path, name), field.type, values)
        return example

    def _mapping(self, path: str, kind: inspect.DictType, seen: Sequence[Any]) -> dict[str, Any]:
        keys = sorted({key for value in seen for key in value} & self.asked)
        if keys:
            values = {key: [value[key] for value in seen if key in value] for key in keys}
            return {key: self.write(_member(path, key), kind.value_type, values[key]) for key in keys}
        values = [each for value in seen for each in value.values()]
        if isinstance(kind.value_type, inspect.AnyType) or not values:
            self._add(path, [_SAME_TYPE])
            return {}
        self._add(path, [{"match": "values"}])
        return {"key": self.write(f"{path}.*", kind.value_type, values)}

    def _anything(self, path: str) -> None:
        # The example must be null: within another one Pact would demand what that has, whatever the rule says.
        self._add(path, [_ANYTHING])

    def _add(self, path: str, rules: list[Rule]) -> None:
        self.rules[path] = {"combine": "OR" if len(rules) > 1 else "AND", "matchers": rules}


def _without_null(kind: inspect.Type) -> tuple[inspect.Type, bool]:
    """The type without null, and whether null was in it. Metadata is taken off."""
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if not isinstance(kind, inspect.UnionType):
        return kind, False
    rest = tuple(each for each in kind.types if not isinstance(each, inspect.NoneType))
    inner = rest[0] if len(rest) == 1 else inspect.UnionType(rest)
    return inner, len(rest) < len(kind.types)


def _scalar(kind: inspect.Type, seen: Sequence[Any]) -> tuple[Any, list[Rule]] | None:
    """An example and its alternative rules; None when the type is not one of scalars."""
    if isinstance(kind, inspect.UnionType):
        found = [_scalar(each, seen) for each in kind.types]
        known = [each for each in found if each is not None]
        # "The same type" is the example's, so of alternatives only one may say that.
        vague = sum(_SAME_TYPE in rules for _, rules in known)
        if len(known) < len(found) or vague > 1:
            return None
        known.sort(key=lambda each: _SAME_TYPE not in each[1])
        return known[0][0], [rule for _, rules in known for rule in rules]
    if isinstance(kind, inspect.NoneType):
        return None, [_NULL]
    if isinstance(kind, inspect.EnumType | inspect.LiteralType):
        return _choice(kind)
    if isinstance(kind, inspect.DecimalType):
        return "1.50", [_SAME_TYPE, {"match": "number"}]
    if type(kind) not in _SCALARS:
        return None
    example, rule = _SCALARS[type(kind)]
    recorded = [value for value in seen if type(value) is type(example)]
    if recorded and any(getattr(kind, name, None) is not None for name in _CONSTRAINTS):
        example = recorded[0]  # What was made up may not satisfy the constraint.
    return example, [rule]


def _choice(kind: inspect.EnumType | inspect.LiteralType) -> tuple[Any, list[Rule]]:
    values: list[Any] = [each.value for each in kind.cls] if isinstance(kind, inspect.EnumType) else list(kind.values)
    texts = [value for value in values if isinstance(value, str)]
    rules: list[Rule] = [{"match": "integer"}] if len(texts) < len(values) else []
    if texts:
        rules.insert(0, _text(f"({'|'.join(map(re.escape, texts))})"))
    return values[0], rules


def _array_like(kind: inspect.Type) -> bool:
    if not isinstance(kind, inspect.StructType):
        return False
    struct: Any = get_origin(kind.cls) or kind.cls  # Of a generic Struct, `cls` is the alias.
    return bool(struct.__struct_config__.array_like)


def _member(path: str, name: str) -> str:
    if re.fullmatch(r"[A-Za-z_]\w*", name):
        return f"{path}.{name}"
    return f"{path}['{name}']"
