"""Reading `@link`: which specifications a subgraph uses, and under which names.

Left out: what the specifications mean. Source: Apollo's core schemas specification (link v1.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    ConstDirectiveNode,
    ConstValueNode,
    DocumentNode,
    ListValueNode,
    ObjectValueNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
)

from gateway.federation.compose.model import Place
from gateway.federation.compose.positions import place_of

SPECS = "https://specs.apollo.dev/"
FEDERATION = SPECS + "federation"
LINK = SPECS + "link"
_URL = re.compile(
    r"^(?P<identity>[a-z][a-z0-9+.-]*://.*/(?P<name>[A-Za-z][A-Za-z0-9_-]*))/v(?P<major>\d+)\.(?P<minor>\d+)/?$"
)


@dataclass(frozen=True, slots=True)
class Link:
    """One `@link` application.

    identity:  the URL without its version; version is (major, minor).
    namespace: prefix of everything that is not imported: `as`, or the last part of the identity.
    imports:   canonical to local name; directives with their `@`.
    """

    url: str
    identity: str
    version: tuple[int, int]
    namespace: str
    imports: Mapping[str, str]
    place: Place

    @property
    def spec_name(self) -> str:
        return self.identity.rsplit("/", 1)[-1]

    def directive(self, canonical: str) -> str:
        """The local name (without `@`) of a directive of this specification."""
        imported = self.imports.get("@" + canonical)
        if imported is not None:
            return imported[1:]
        return self.namespace if canonical == self.spec_name else f"{self.namespace}__{canonical}"

    def type(self, canonical: str) -> str:
        """The local name of a type of this specification."""
        return self.imports.get(canonical, f"{self.namespace}__{canonical}")


class LinkError(Exception):
    """A `@link` that cannot be read: (code, message, place)."""

    def __init__(self, code: str, message: str, place: Place) -> None:
        super().__init__(message)
        self.code, self.message, self.place = code, message, place


def schema_directives(document: DocumentNode) -> Iterator[ConstDirectiveNode]:
    """Directives on `schema` and on every `extend schema`."""
    for node in document.definitions:
        if isinstance(node, (SchemaDefinitionNode, SchemaExtensionNode)):
            yield from node.directives or ()


def read_links(document: DocumentNode) -> tuple[str, list[Link], list[LinkError]]:
    """The local name of the link directive itself, all links, and what could not be read."""
    name = _link_directive_name(document)
    links: list[Link] = []
    errors: list[LinkError] = []
    for node in schema_directives(document):
        if node.name.value == name:
            try:
                link = _read_link(node)
            except LinkError as error:
                errors.append(error)
            else:
                if link is not None:
                    links.append(link)
    errors.extend(_duplicates(links))
    return name, links, errors


def _link_directive_name(document: DocumentNode) -> str:
    """`link`, unless the link specification is itself linked under another name."""
    for node in schema_directives(document):
        values = _arguments(node)
        url = values.get("url")
        if isinstance(url, StringValueNode) and url.value.startswith(LINK + "/"):
            try:
                link = _read_link(node)
            except LinkError:
                continue
            if link is not None and node.name.value == link.directive("link"):
                return node.name.value
    return "link"


def _read_link(node: ConstDirectiveNode) -> Link | None:
    """The link, or None for one without a version: a name for people, with nothing in it for composition."""
    values, place = _arguments(node), place_of(node)
    url = values.get("url")
    if not isinstance(url, StringValueNode):
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE", "@link needs `url`, a string. Write the specification's URL.", place
        )
    match = _URL.match(url.value)
    if match is None:
        if re.match(r"^[a-z][a-z0-9+.-]*://\S+$", url.value):
            return None
        raise LinkError(
            "INVALID_LINK_IDENTIFIER", f'"{url.value}" is not a specification URL. Write https://HOST/NAME/vX.Y.', place
        )
    alias = values.get("as")
    namespace = alias.value if isinstance(alias, StringValueNode) else match["name"]
    version = (int(match["major"]), int(match["minor"]))
    imports = dict(_imports(values.get("import"), place))
    confused = _confused(imports, namespace)
    if confused is not None:
        message = (
            f'"{confused}" cannot be imported under this name: "{namespace}__" begins names of what is not imported.'
            ' Rename it: {name: "...", as: "..."}.'
        )
        raise LinkError("INVALID_LINK_DIRECTIVE_USAGE", message, place)
    return Link(url.value, match["identity"], version, namespace, imports, place)


def _imports(value: ConstValueNode | None, place: Place) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if not isinstance(value, ListValueNode):
        raise LinkError("INVALID_LINK_DIRECTIVE_USAGE", '`import` must be a list. Write import: ["@key"].', place)
    for element in value.values:
        if isinstance(element, StringValueNode):
            yield element.value, element.value
        elif isinstance(element, ObjectValueNode):
            yield _renamed(element, place)
        else:
            raise LinkError(
                "INVALID_LINK_DIRECTIVE_USAGE", '`import` holds names or {name:, as:} objects. Write "@key".', place
            )


def _confused(imports: Mapping[str, str], namespace: str) -> str | None:
    """An import under a name that already means something else of the specification: `@ns__x` is its `@x`."""
    for name, local in imports.items():
        plain = local.removeprefix("@")
        if plain.startswith(f"{namespace}__") and plain.removeprefix(f"{namespace}__") != name.removeprefix("@"):
            return local
    return None


def _renamed(element: ObjectValueNode, place: Place) -> tuple[str, str]:
    parts = {part.name.value: part.value.value for part in element.fields if isinstance(part.value, StringValueNode)}
    name = parts.get("name")
    unknown = {part.name.value for part in element.fields} - {"name", "as"}
    if name is None or unknown:
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE",
            'An import object has `name` and `as`. Write {name: "@key", as: "@k"}.',
            place,
        )
    local = parts.get("as", name)
    if name.startswith("@") != local.startswith("@"):
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE",
            f'"{name}" cannot be imported as "{local}": either both or none begin with "@".',
            place,
        )
    return name, local


def _duplicates(links: Sequence[Link]) -> Iterator[LinkError]:
    seen: dict[str, Link] = {}
    for link in links:
        if link.identity in seen:
            yield LinkError(
                "INVALID_LINK_DIRECTIVE_USAGE", f"{link.identity} is linked twice. Keep one @link for it.", link.place
            )
        seen[link.identity] = link
    yield from _import_clashes(links)


def _import_clashes(links: Sequence[Link]) -> Iterator[LinkError]:
    """Two links that bring in the same name."""
    owners: dict[str, Link] = {}
    for link in links:
        for local in link.imports.values():
            owner = owners.setdefault(local, link)
            if owner.identity != link.identity:
                message = (
                    f'"{local}" is imported from {owner.identity} and from {link.identity}. Rename one: {{name:, as:}}.'
                )
                yield LinkError("INVALID_LINK_DIRECTIVE_USAGE", message, link.place)


def _arguments(node: ConstDirectiveNode) -> dict[str, ConstValueNode]:
    return {argument.name.value: argument.value for argument in node.arguments or ()}
