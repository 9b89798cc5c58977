"""Directives that are carried into the supergraph: what remains when several subgraphs apply them to one element.

Each has its own strategy: a union, the largest value, or for access rules the conjunction, since every subgraph's rule
must hold for data that may come from any of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graphql import ListValueNode, StringValueNode, ValueNode, parse_value

from gateway.federation.access import all_of
from gateway.federation.compose.model import Applied
from gateway.federation.compose.sources import most_common

ACCESS_RULES = frozenset({"authenticated", "requiresScopes", "policy"})
_ALTERNATIVES = {"requiresScopes": "scopes", "policy": "policies"}
PRINT_ORDER = (
    *("specifiedBy", "oneOf", "deprecated", "tag", "inaccessible"),
    *("authenticated", "requiresScopes", "policy", "cost", "listSize"),
)


def merge_applied(applications: Iterable[Sequence[Applied]]) -> tuple[str, ...]:
    """One element's directives, from each subgraph's applications, as GraphQL text."""
    found = [applied for group in applications for applied in group]
    merged: list[str] = []
    for name in PRINT_ORDER:
        same = [applied for applied in found if applied.name == name and not applied.composed]
        if same:
            merged.extend(_merge(name, same))
    return (*merged, *_composed([applied for applied in found if applied.composed]))


def merge_access_rules(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The first group's directives, as GraphQL text, with the access rules of all groups in place of its own."""
    groups = list(groups)
    found = [text for group in groups for text in group if _name_in(text) in ACCESS_RULES]
    if len(set(found)) == len([text for text in groups[0] if _name_in(text) in ACCESS_RULES]):
        return tuple(groups[0])
    merged = {name: [text for text in found if _name_in(text) == name] for name in PRINT_ORDER}
    kept = {name: [text for text in groups[0] if _name_in(text) == name] for name in PRINT_ORDER}
    composed = [text for text in groups[0] if _name_in(text) not in PRINT_ORDER]
    ordered: list[str] = []
    for name in PRINT_ORDER:
        ordered += _merge_texts(name, merged[name]) if merged[name] else kept[name]
    return (*ordered, *composed)


def _merge_texts(name: str, texts: Sequence[str]) -> list[str]:
    different = list(dict.fromkeys(texts))
    if len(different) == 1:
        return different
    argument = _ALTERNATIVES[name]
    values = [text.removeprefix(f"@{name}({argument}: ").removesuffix(")") for text in different]
    return [f"@{name}({argument}: {_conjunction([_alternatives(value) for value in values])})"]


def _name_in(text: str) -> str:
    return text[1:].split("(", 1)[0]


def _composed(found: Sequence[Applied]) -> Iterator[str]:
    """Directives of the subgraphs' own: all different applications of a repeatable one, the most common of another."""
    for name in dict.fromkeys(applied.name for applied in found):
        same = [applied for applied in found if applied.name == name]
        texts = [str(applied) for applied in same]
        yield from dict.fromkeys(texts) if any(applied.repeatable for applied in same) else [most_common(texts)]


def _merge(name: str, found: Sequence[Applied]) -> list[str]:
    if name == "tag":
        return sorted({str(applied) for applied in found})
    if len({str(applied) for applied in found}) == 1:
        return [str(found[0])]
    values = [dict(applied.arguments) for applied in found]
    if name in _ALTERNATIVES:
        argument = _ALTERNATIVES[name]
        return [f"@{name}({argument}: {_conjunction([_alternatives(value[argument]) for value in values])})"]
    if name == "cost":
        return [f"@cost(weight: {max(int(value['weight']) for value in values)})"]
    if name == "listSize":
        return [f"@listSize({', '.join(_list_size(values))})"]
    # deprecated and specifiedBy cannot be combined.
    return [most_common([str(applied) for applied in found])]


def _alternatives(text: str) -> list[frozenset[str]]:
    """`[["a", "b"], ["c"]]` as sets: any of them is enough, all members of one are needed."""
    return [frozenset(_strings(group)) for group in _items(parse_value(text, no_location=True))]


def _items(value: ValueNode) -> Sequence[ValueNode]:
    return value.values if isinstance(value, ListValueNode) else (value,)


def _strings(value: ValueNode) -> list[str]:
    return [item.value for item in _items(value) if isinstance(item, StringValueNode)]


def _conjunction(rules: Sequence[Sequence[frozenset[str]]]) -> str:
    """All rules at once, again as alternatives; those that ask for more than another one are left out."""
    groups = sorted(sorted(group) for group in all_of(frozenset(rule) for rule in rules))
    return "[" + ", ".join(_list_text(group) for group in groups) + "]"


def _list_text(items: Iterable[str]) -> str:
    return "[" + ", ".join(json.dumps(item, ensure_ascii=False) for item in items) + "]"


def _list_size(values: Sequence[Mapping[str, str]]) -> list[str]:
    """The largest size, all arguments and fields that any subgraph names, one slicing argument only if all ask so."""
    parts: list[str] = []
    sizes = [int(value["assumedSize"]) for value in values if value.get("assumedSize", "null") != "null"]
    if sizes:
        parts.append(f"assumedSize: {max(sizes)}")
    for name in ("slicingArguments", "sizedFields"):
        texts = [value[name] for value in values if value.get(name, "null") != "null"]
        names = dict.fromkeys(item for text in texts for item in _strings(parse_value(text, no_location=True)))
        if names:
            parts.append(f"{name}: {_list_text(names)}")
    if any(value.get("requireOneSlicingArgument") == "false" for value in values):
        parts.append("requireOneSlicingArgument: false")
    return parts
