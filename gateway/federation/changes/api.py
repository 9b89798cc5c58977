"""Changes of the API schema: graphql-core finds them; here each gets its coordinate, its advice, and whom it touches.

graphql-core tells a change as a kind and a sentence. The coordinate is read out of the sentence, whose form is the same
for all changes of one kind; the tests hold that for every kind. Changed descriptions are no changes.
"""

from __future__ import annotations

import re

from graphql import GraphQLSchema
from graphql.utilities import BreakingChange, DangerousChange, find_schema_changes

from gateway.federation.changes.change import Change, ChangeLevel

_IGNORED = "DESCRIPTION_CHANGED"

_FIELD = re.compile(r"@?\w+\.\w+(?:\(\w+:\))?|@\w+(?:\(\w+:\))?")
_PAIRS = (
    re.compile(r"(?P<part>\w+) was (?:removed from|added to) union type (?P<whole>\w+)\."),
    re.compile(r"(?P<part>\w+) no longer implements interface (?P<whole>\w+)\."),
    re.compile(r"(?P<whole>\w+) added to interfaces implemented by (?P<part>\w+)\."),
)
_TYPE = re.compile(r"(?:Standard scalar )?(?P<name>\w+) (?:was|changed)\b")

_ADVICE = {
    "FIELD_REMOVED": "Mark it @deprecated first, and remove it when no operation uses it.",
    "FIELD_CHANGED_KIND": "Add a field of the new type beside it, and deprecate this one.",
    "TYPE_REMOVED": "Deprecate the fields that return it first.",
    "TYPE_CHANGED_KIND": "Give what is new a name of its own.",
    "TYPE_REMOVED_FROM_UNION": "Keep it until no operation has a fragment on it.",
    "VALUE_REMOVED_FROM_ENUM": "Deprecate the value first, and go on accepting it.",
    "REQUIRED_INPUT_FIELD_ADDED": "Make it nullable, or give it a default.",
    "REQUIRED_ARG_ADDED": "Make it nullable, or give it a default.",
    "ARG_REMOVED": "Go on accepting it, deprecated, until no operation sends it.",
    "ARG_CHANGED_KIND": "Add an argument of the new type beside it.",
    "IMPLEMENTED_INTERFACE_REMOVED": "Keep the interface until no operation selects the type through it.",
    "VALUE_ADDED_TO_ENUM": "Make sure that clients expect values that they do not know.",
    "TYPE_ADDED_TO_UNION": "Make sure that clients expect types that they do not know.",
    "IMPLEMENTED_INTERFACE_ADDED": "Make sure that clients expect types that they do not know.",
    "ARG_DEFAULT_VALUE_CHANGE": "Clients that leave the argument out now mean something else; tell them.",
    "INPUT_FIELD_DEFAULT_VALUE_CHANGE": "Clients that leave the field out now mean something else; tell them.",
}


def api_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[Change]:
    """What clients can notice, in graphql-core's order."""
    found: list[Change] = []
    for each in find_schema_changes(old, new):
        code = each.type.name
        if code != _IGNORED:
            level: ChangeLevel = (
                "breaking"
                if isinstance(each, BreakingChange)
                else "dangerous"
                if isinstance(each, DangerousChange)
                else "safe"
            )
            coordinate, touches = _place(code, each.description)
            advice = _ADVICE.get(code, "") if level != "safe" else ""
            found.append(Change(level, code, coordinate, each.description, advice, touches))
    return found


def _place(code: str, description: str) -> tuple[str, tuple[frozenset[str], ...]]:
    """The coordinate that a sentence is about, and the uses that such a change touches."""
    for pattern in _PAIRS:
        if pair := pattern.match(description):
            # Who selects only the whole meets one type less or more; a fragment on the part is what breaks.
            adds = code in ("TYPE_ADDED_TO_UNION", "IMPLEMENTED_INTERFACE_ADDED")
            used = {pair["whole"]} if adds else {pair["whole"], pair["part"]}
            coordinate = pair["part"] if code.startswith("IMPLEMENTED") else pair["whole"]
            return coordinate, (frozenset(used),)
    if (field := _FIELD.search(description)) is not None:
        coordinate = field[0]
        if code == "REQUIRED_ARG_ADDED":
            return coordinate, (frozenset({coordinate.partition("(")[0]}),)
        if code in ("REQUIRED_INPUT_FIELD_ADDED", "VALUE_ADDED_TO_ENUM", "OPTIONAL_INPUT_FIELD_ADDED"):
            return coordinate, (frozenset({coordinate.partition(".")[0]}),)
        if code.endswith("_DEFAULT_VALUE_CHANGE"):
            return coordinate, (frozenset({re.split(r"[(.]", coordinate)[0]}),) if "(" not in coordinate else (
                frozenset({coordinate.partition("(")[0]}),
            )
        return coordinate, (frozenset({coordinate}),)
    named = _TYPE.match(description)
    name = named["name"] if named is not None else ""
    return name, (frozenset({name}),)
