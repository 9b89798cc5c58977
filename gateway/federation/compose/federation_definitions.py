"""What each federation specification version defines, and the definitions as SDL under the names a subgraph gave them.

Source: the published Apollo Federation subgraph specification, versions 1.0 and 2.0 to 2.14.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql import DefinitionNode, parse

LATEST_MINOR = 14
FEDERATION_1 = (1, 0)


@dataclass(frozen=True, slots=True)
class DirectiveSpec:
    """One directive of the federation specification.

    since, until: the minor versions of Federation 2 that have it in this form.
    signature: all that follows the name, with `{FieldSet}` and the like for types whose name the subgraph may change.
    """

    name: str
    since: int
    signature: str
    until: int = LATEST_MINOR


_SHAREABLE_PLACES = "on OBJECT | FIELD_DEFINITION"
_ANYWHERE = (
    "on FIELD_DEFINITION | INTERFACE | OBJECT | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE"
    " | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
_AUTH_PLACES = "on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"

FEDERATION_2 = (
    DirectiveSpec("key", 0, "(fields: {FieldSet}!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE"),
    DirectiveSpec("requires", 0, "(fields: {FieldSet}!) on FIELD_DEFINITION"),
    DirectiveSpec("provides", 0, "(fields: {FieldSet}!) on FIELD_DEFINITION"),
    DirectiveSpec("external", 0, "(reason: String) on OBJECT | FIELD_DEFINITION"),
    DirectiveSpec("shareable", 0, _SHAREABLE_PLACES, until=1),
    DirectiveSpec("shareable", 2, f"repeatable {_SHAREABLE_PLACES}"),
    DirectiveSpec("extends", 0, "on OBJECT | INTERFACE"),
    DirectiveSpec("override", 0, "(from: String!) on FIELD_DEFINITION", until=6),
    DirectiveSpec("override", 7, "(from: String!, label: String) on FIELD_DEFINITION"),
    DirectiveSpec("tag", 0, f"(name: String!) repeatable {_ANYWHERE} | SCHEMA"),
    DirectiveSpec("inaccessible", 0, _ANYWHERE),
    DirectiveSpec("composeDirective", 1, "(name: String) repeatable on SCHEMA"),
    DirectiveSpec("interfaceObject", 3, "on OBJECT"),
    DirectiveSpec("authenticated", 5, _AUTH_PLACES),
    DirectiveSpec("requiresScopes", 5, "(scopes: [[{Scope}!]!]!) " + _AUTH_PLACES),
    DirectiveSpec("policy", 6, "(policies: [[{Policy}!]!]!) " + _AUTH_PLACES),
    DirectiveSpec("context", 8, "(name: String!) repeatable on INTERFACE | OBJECT | UNION"),
    DirectiveSpec("fromContext", 8, "(field: {ContextFieldValue}) on ARGUMENT_DEFINITION"),
    DirectiveSpec(
        "cost",
        9,
        "(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
    ),
    DirectiveSpec(
        "listSize",
        9,
        "(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
        " requireOneSlicingArgument: Boolean = true)"
        " on FIELD_DEFINITION",
    ),
    DirectiveSpec("cacheTag", 12, "(format: String!) repeatable on OBJECT | FIELD_DEFINITION"),
)
SCALARS_2 = {"FieldSet": 0, "Scope": 5, "Policy": 6, "ContextFieldValue": 8}

FEDERATION_1_DIRECTIVES = (
    DirectiveSpec("key", 0, "(fields: {FieldSet}!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE"),
    DirectiveSpec("requires", 0, "(fields: {FieldSet}!) on FIELD_DEFINITION"),
    DirectiveSpec("provides", 0, "(fields: {FieldSet}!) on FIELD_DEFINITION"),
    DirectiveSpec("external", 0, "(reason: String) on OBJECT | FIELD_DEFINITION"),
    DirectiveSpec("extends", 0, "on OBJECT | INTERFACE"),
    DirectiveSpec("tag", 0, f"(name: String!) repeatable {_ANYWHERE}"),
)

LINK_SIGNATURE = "(url: String, as: String, for: {Purpose}, import: [{Import}]) repeatable on SCHEMA"
LOOKUP_SIGNATURE = "on FIELD_DEFINITION"


def available(federation: tuple[int, int]) -> dict[str, DirectiveSpec]:
    """The directives of this federation version, by canonical name."""
    major, minor = federation
    specs = FEDERATION_1_DIRECTIVES if major == 1 else FEDERATION_2
    return {spec.name: spec for spec in specs if major == 1 or spec.since <= minor <= spec.until}


def available_scalars(federation: tuple[int, int]) -> set[str]:
    """The scalars of this federation version, by canonical name."""
    major, minor = federation
    return {"FieldSet"} if major == 1 else {name for name, since in SCALARS_2.items() if since <= minor}


def definitions_sdl(directives: Mapping[str, DirectiveSpec], types: Mapping[str, str]) -> str:
    """SDL for directives (by local name) whose types have the local names in `types` (by canonical name)."""
    scalars = [f"scalar {local}" for local in sorted(set(types.values()))]
    lines = [f"directive @{name} {spec.signature.format_map(types)}" for name, spec in directives.items()]
    return "\n".join(scalars + lines)


@lru_cache(maxsize=64)
def definition_nodes(sdl: str) -> tuple[DefinitionNode, ...]:
    """The nodes of definitions that composition wrote itself, without positions. Parsed once: subgraphs repeat them."""
    return parse(sdl, no_location=True).definitions
