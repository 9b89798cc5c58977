"""What a subgraph may say beyond plain GraphQL: federation version, directive names, and their definitions as SDL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import DocumentNode

from gateway.federation.compose import federation_definitions as definitions
from gateway.federation.compose.federation_definitions import FEDERATION_1, LATEST_MINOR, DirectiveSpec
from gateway.federation.compose.links import FEDERATION, LINK, SPECS, Link, read_links
from gateway.federation.compose.model import NOWHERE, Place
from gateway.federation.compose.positions import problem
from gateway.federation.errors import Problem

MACHINERY_TYPES = frozenset({"_Any", "_Entity", "_Service", "_FieldSet"})
MACHINERY_FIELDS = frozenset({"_entities", "_service"})
LOOKUP = "lookup"
_OWN_SPECS = {
    "tag": ("tag",),
    "inaccessible": ("inaccessible",),
    "authenticated": ("authenticated",),
    "requiresScopes": ("requiresScopes",),
    "policy": ("policy",),
    "cost": ("cost", "listSize"),
}
"""Specifications that can also be linked on their own, and their directives."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How one subgraph names what composition knows.

    federation: (major, minor).
    canonical: local directive name to canonical name, for every directive composition knows.
    types: local names of types that belong to the federation, not to the subgraph.
    sdl: definitions of all of these, to validate the subgraph with.
    specs: canonical name of each known directive to its specification.
    links: the subgraph's links.
    """

    federation: tuple[int, int]
    canonical: Mapping[str, str]
    types: frozenset[str]
    sdl: str
    specs: Mapping[str, DirectiveSpec]
    links: tuple[Link, ...]


def read_vocabulary(
    subgraph: str, document: DocumentNode, forced: int | None
) -> tuple[Vocabulary, list[Problem], list[Problem]]:
    """The vocabulary of one subgraph, problems, hints.

    forced: 2 makes the subgraph Federation 2 even without a link to the federation specification.
    """
    link_name, links, link_errors = read_links(document)
    problems = [problem(subgraph, error.place, error.code, error.message) for error in link_errors]
    hints: list[Problem] = []
    federation_link = next((link for link in links if link.identity == FEDERATION), None)
    if federation_link is None and forced == 2:
        federation_link = _everything_imported()
    federation = FEDERATION_1
    if federation_link is not None:
        federation = _checked_version(subgraph, federation_link, problems, hints)
        problems.extend(_unknown_imports(subgraph, federation_link, federation))
    specs = definitions.available(federation)
    canonical = {_local(federation_link, name): name for name in specs}
    for link in links:
        if link.identity.startswith(SPECS) and link.spec_name in _OWN_SPECS:
            known = {spec.name: spec for spec in definitions.FEDERATION_2}
            for name in _OWN_SPECS[link.spec_name]:
                canonical[link.directive(name)] = name
                specs[name] = known[name]
    types = _types(federation_link, federation, links)
    sdl = definitions.definitions_sdl({local: specs[name] for local, name in canonical.items()}, types)
    sdl += _link_sdl(link_name, links)
    canonical[link_name] = "link"
    local_types = frozenset(types.values()) | {"link__Purpose", "link__Import"} | MACHINERY_TYPES
    return Vocabulary(federation, canonical, local_types, sdl, specs, tuple(links)), problems, hints


def _everything_imported() -> Link:
    names = {f"@{spec.name}": f"@{spec.name}" for spec in definitions.FEDERATION_2}
    return Link(f"{FEDERATION}/v2.{LATEST_MINOR}", FEDERATION, (2, LATEST_MINOR), "federation", names, NOWHERE)


def _local(federation_link: Link | None, canonical: str) -> str:
    return canonical if federation_link is None else federation_link.directive(canonical)


def _checked_version(subgraph: str, link: Link, problems: list[Problem], hints: list[Problem]) -> tuple[int, int]:
    """The version to treat the subgraph as. A newer 2.x is read as the newest known one, with a hint."""
    major, minor = link.version
    if major != 2:
        message = (
            f"Federation v{major}.{minor} is not known. Link https://specs.apollo.dev/federation/v2.{LATEST_MINOR}."
        )
        problems.append(problem(subgraph, link.place, "UNKNOWN_FEDERATION_LINK_VERSION", message))
        return (2, LATEST_MINOR)
    if minor > LATEST_MINOR:
        message = f"Federation v2.{minor} is newer than v2.{LATEST_MINOR}, the newest known, and is read as that."
        hints.append(problem(subgraph, link.place, "NEWER_FEDERATION_VERSION", message))
    return (2, min(minor, LATEST_MINOR))


def _unknown_imports(subgraph: str, link: Link, federation: tuple[int, int]) -> Iterator[Problem]:
    known = {f"@{name}" for name in definitions.available(federation)} | definitions.available_scalars(federation)
    for name in link.imports:
        if name not in known and name != "@link":
            if "@" + name in known:
                advice = f'Directives are imported with their "@": write "@{name}".'
            else:
                advice = (
                    f"Federation v{federation[0]}.{federation[1]} does not define it: link a newer version, or drop it."
                )
            message = f'Cannot import "{name}" from the federation specification. {advice}'
            yield problem(subgraph, link.place, "INVALID_LINK_DIRECTIVE_USAGE", message)


def _types(federation_link: Link | None, federation: tuple[int, int], links: list[Link]) -> dict[str, str]:
    """Canonical to local name of each scalar that directive definitions mention."""
    if federation_link is None:
        types = {"FieldSet": "_FieldSet"}
    else:
        types = {name: federation_link.type(name) for name in sorted(definitions.available_scalars(federation))}
    for link in links:
        if link.identity == SPECS + "requiresScopes":
            types.setdefault("Scope", link.type("Scope"))
        if link.identity == SPECS + "policy":
            types.setdefault("Policy", link.type("Policy"))
    return types


def _link_sdl(link_name: str, links: list[Link]) -> str:
    own = next((link for link in links if link.identity == LINK), None)
    purpose = own.type("Purpose") if own else "link__Purpose"
    imported = own.type("Import") if own else "link__Import"
    signature = definitions.LINK_SIGNATURE.format(Purpose=purpose, Import=imported)
    return f"\nenum {purpose} {{ SECURITY EXECUTION }}\nscalar {imported}\ndirective @{link_name} {signature}"


def place_of_link(vocabulary: Vocabulary, identity: str) -> Place:
    """Where a specification is linked."""
    return next((link.place for link in vocabulary.links if link.identity == identity), NOWHERE)
