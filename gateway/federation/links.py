"""Which specifications a supergraph file uses, and under which names (`@link` on its schema definition)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from graphql import DirectiveNode, DocumentNode, SchemaDefinitionNode, SchemaExtensionNode, value_from_ast_untyped

from gateway.federation.errors import Problem

JOIN_VERSIONS = ("0.2", "0.3", "0.4", "0.5")
# Specifications whose meaning the gateway honours, or that mean nothing to it at run time.
ACCESS_SPECS = frozenset({"authenticated", "requiresScopes", "policy"})
SUPPORTED = frozenset({"link", "join", "inaccessible", "tag", "cost", "context"}) | ACCESS_SPECS
_ACCESS_IDENTITY, _ACCESS_VERSION = "https://specs.apollo.dev", "0.1"
_URL = re.compile(r"^(?P<identity>.*)/(?P<name>[A-Za-z_][A-Za-z0-9_]*)/v(?P<version>\d+\.\d+)$")


@dataclass(frozen=True, slots=True)
class Link:
    """One `@link`. imports: the specification's element name -> its name in this file, both with their "@"."""

    name: str
    version: str
    namespace: str
    purpose: str | None
    imports: dict[str, str]

    def directive(self, element: str) -> str:
        """Name, without "@", under which the specification's directive `element` is used in this file."""
        imported = self.imports.get(f"@{element}")
        if imported is not None:
            return imported.removeprefix("@")
        return self.namespace if element == self.name else f"{self.namespace}__{element}"


def read_links(document: DocumentNode) -> tuple[dict[str, Link], list[Problem]]:
    """The links by specification name, and what forbids using the file."""
    links: dict[str, Link] = {}
    problems: list[Problem] = []
    for directive in _schema_directives(document):
        arguments = {node.name.value: value_from_ast_untyped(node.value) for node in directive.arguments or ()}
        if directive.name.value == "core":
            problems.append(
                Problem(
                    "UNSUPPORTED_SUPERGRAPH",
                    "this supergraph was composed by Federation 1 (join v0.1); recompose it with Federation 2",
                )
            )
            break
        if directive.name.value != "link" and "url" not in arguments:
            continue
        match = _URL.match(str(arguments.get("url", "")))
        if match is None:
            problems.extend(_refusals(_link(str(arguments.get("url", "")), "", arguments), is_known=False))
            continue
        link = _link(match["name"], match["version"], arguments)
        is_foreign = link.name in ACCESS_SPECS and not _is_known_access(match["identity"], link)
        links[f"{match['identity']}/{link.name}" if is_foreign else link.name] = link
        problems.extend(_refusals(link, is_known=link.name in SUPPORTED and not is_foreign))
    if "join" not in links and not problems:
        problems.append(
            Problem(
                "UNSUPPORTED_SUPERGRAPH",
                "this is not a supergraph: its schema definition links no join specification"
                ' (@link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION))',
            )
        )
    return links, problems


def _schema_directives(document: DocumentNode) -> Iterable[DirectiveNode]:
    for definition in document.definitions:
        if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode):
            yield from definition.directives or ()


def _link(name: str, version: str, arguments: dict[str, object]) -> Link:
    imports: dict[str, str] = {}
    raw = arguments.get("import")
    for item in cast("list[object]", raw) if isinstance(raw, list) else []:
        if isinstance(item, str):
            imports[item] = item
        elif isinstance(item, dict):
            renamed = cast("dict[str, object]", item)
            imports[str(renamed["name"])] = str(renamed.get("as", renamed["name"]))
    namespace = str(arguments.get("as") or name)
    purpose = arguments.get("for")
    return Link(name, version, namespace, str(purpose) if purpose else None, imports)


def _is_known_access(identity: str, link: Link) -> bool:
    """Whether this is the rule that the gateway knows, not another one of the same name."""
    return identity == _ACCESS_IDENTITY and link.version == _ACCESS_VERSION


def _refusals(link: Link, *, is_known: bool) -> Iterable[Problem]:
    if link.name == "join" and link.version not in JOIN_VERSIONS:
        yield Problem(
            "UNSUPPORTED_SUPERGRAPH",
            f"join v{link.version} is not supported; recompose with a composer that writes one of "
            + ", ".join(f"v{version}" for version in JOIN_VERSIONS),
        )
    elif link.purpose is not None and not is_known:
        version = f" v{link.version}" if link.version else ""
        yield Problem(
            "UNSUPPORTED_LINKED_FEATURE",
            f"the supergraph needs '{link.name}'{version} for {link.purpose.lower()}; this gateway does not"
            " implement it, and serving the graph without would ignore that rule",
        )
