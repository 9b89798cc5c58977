"""What a subgraph may say beyond plain GraphQL: federation version, directive names, and their definitions as SDL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import DocumentNode

from gateway.federation.compose import federation_definitions as definitions
from gateway.federation.compose.federation_definitions import FEDERATION_1, LATEST_MINOR, DirectiveSpec
from gateway.federation.compose.links import FEDERATION, LINK, SPECS, Link, read_links
from gateway.federation.compose.model import NOWHERE
from gateway.federation.compose.report import Report

MACHINERY_TYPES = frozenset({"_Any", "_Entity", "_Service", "_FieldSet"})
MACHINERY_FIELDS = frozenset({"_entities", "_service"})
LOOKUP = "lookup"
_IMPLIED = (
    *("key", "requires", "provides", "external", "shareable", "extends", "override"),
    *("tag", "inaccessible", "interfaceObject"),
)
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
    scalars: local names of the scalars that its specifications define.
    types: local names of all types that belong to its specifications, not to the subgraph.
    sdl: definitions of all of these, to validate the subgraph with.
    """

    federation: tuple[int, int]
    canonical: Mapping[str, str]
    scalars: frozenset[str]
    types: frozenset[str]
    sdl: str


def read_vocabulary(subgraph: str, document: DocumentNode, forced: int | None, report: Report) -> Vocabulary:
    """The vocabulary of one subgraph. Links that cannot be read or followed are reported.

    forced: 2 makes the subgraph Federation 2 even without a link to the federation specification.
    """
    link_name, links, link_errors = read_links(document)
    for error in link_errors:
        report.error(error.code, error.message, subgraph, error.place)
    federation_link = next((link for link in links if link.identity == FEDERATION), None)
    if federation_link is None and forced == 2:
        federation_link = _implied_link()
    federation = FEDERATION_1
    if federation_link is not None:
        federation = _checked_version(subgraph, federation_link, report)
        _check_imports(subgraph, federation_link, federation, report)
    specs = _local_directives(federation_link, federation, links)
    scalars = _scalars(federation_link, federation, links)
    link_types, link_sdl = _link_definitions(link_name, links)
    return Vocabulary(
        federation=federation,
        canonical={**{local: spec.name for local, spec in specs.items()}, link_name: "link"},
        scalars=frozenset(scalars.values()),
        types=frozenset({*scalars.values(), *link_types}) | MACHINERY_TYPES,
        sdl=f"{definitions.definitions_sdl(specs, scalars)}\n{link_sdl}",
    )


def _implied_link() -> Link:
    """What a subgraph without any link says when it is Federation 2 all the same.

    Only the names that its code generator may have used; others are left free for the subgraph's own directives.
    """
    names = {f"@{name}": f"@{name}" for name in _IMPLIED}
    return Link(f"{FEDERATION}/v2.{LATEST_MINOR}", FEDERATION, (2, LATEST_MINOR), "federation", names, NOWHERE)


def _local_directives(
    federation_link: Link | None, federation: tuple[int, int], links: list[Link]
) -> dict[str, DirectiveSpec]:
    """Every directive that composition knows, by the subgraph's name for it."""
    available = definitions.available(federation)
    local = {
        name if federation_link is None else federation_link.directive(name): spec for name, spec in available.items()
    }
    latest = definitions.available((2, LATEST_MINOR))
    for link in links:
        if link.identity.startswith(SPECS):
            for name in _OWN_SPECS.get(link.spec_name, ()):
                local[link.directive(name)] = latest[name]
    return local


def _checked_version(subgraph: str, link: Link, report: Report) -> tuple[int, int]:
    """The version to treat the subgraph as: the newest known one when its own is not known, which is reported."""
    major, minor = link.version
    if major != 2 or minor > LATEST_MINOR:
        message = (
            f"Federation v{major}.{minor} is not known; v2.{LATEST_MINOR} is the newest that is."
            f" Link {FEDERATION}/v2.{LATEST_MINOR}."
        )
        report.error("UNKNOWN_FEDERATION_LINK_VERSION", message, subgraph, link.place)
        return (2, LATEST_MINOR)
    return (2, minor)


def _check_imports(subgraph: str, link: Link, federation: tuple[int, int], report: Report) -> None:
    """Report imports that this version of the federation specification does not define."""
    known = {f"@{name}" for name in definitions.available(federation)} | definitions.available_scalars(federation)
    for name in sorted(link.imports.keys() - known - {"@link"}):
        if "@" + name in known:
            advice = f'Directives are imported with their "@": write "@{name}".'
        else:
            advice = f"Federation v2.{federation[1]} does not define it: link a newer version, or drop it."
        message = f'Cannot import "{name}" from the federation specification. {advice}'
        report.error("INVALID_LINK_DIRECTIVE_USAGE", message, subgraph, link.place)


def _scalars(federation_link: Link | None, federation: tuple[int, int], links: list[Link]) -> dict[str, str]:
    """Canonical to local name of each scalar that directive definitions mention."""
    if federation_link is None:
        scalars = {"FieldSet": "_FieldSet"}
    else:
        scalars = {name: federation_link.type(name) for name in sorted(definitions.available_scalars(federation))}
    for link in links:
        for spec, scalar in (("requiresScopes", "Scope"), ("policy", "Policy")):
            if link.identity == SPECS + spec:
                scalars.setdefault(scalar, link.type(scalar))
    return scalars


def _link_definitions(link_name: str, links: list[Link]) -> tuple[set[str], str]:
    """The link specification's own types, by local name, and its definitions."""
    own = next((link for link in links if link.identity == LINK), None)
    purpose = own.type("Purpose") if own else "link__Purpose"
    imported = own.type("Import") if own else "link__Import"
    signature = definitions.LINK_SIGNATURE.format(Purpose=purpose, Import=imported)
    sdl = f"enum {purpose} {{ SECURITY EXECUTION }}\nscalar {imported}\ndirective @{link_name} {signature}"
    return {purpose, imported}, sdl
