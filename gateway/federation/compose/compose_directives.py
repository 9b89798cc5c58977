"""@composeDirective: directives of the subgraphs' own specifications that go into the supergraph.

A subgraph names such a directive on its schema. The supergraph then has its definition, a link to its specification,
and what the naming subgraphs apply. All of them must mean the same directive: one specification, one major version, one
name. Of several minor versions the highest is written. Source: the published documentation of Apollo Federation 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import DirectiveDefinitionNode, DocumentNode, StringValueNode

from gateway.federation.compose.links import Link, schema_directives
from gateway.federation.compose.merged import MergedArgument, MergedDirective
from gateway.federation.compose.model import Composed, DirectiveDef, Place, Subgraph
from gateway.federation.compose.positions import place_of
from gateway.federation.compose.report import Report, listing

_ALWAYS_COMPOSED = frozenset(
    {"tag", "inaccessible", "authenticated", "requiresScopes", "policy", "context", "fromContext"}
)
_SUPERGRAPH_SPECS = frozenset({"join", "link", "core"})
_CODE = "DIRECTIVE_COMPOSITION_ERROR"


def read_composed(
    subgraph: str, document: DocumentNode, canonical: Mapping[str, str], links: Sequence[Link], report: Report
) -> dict[str, Composed]:
    """The directives that the subgraph names, by local name. What cannot be composed is reported.

    canonical: the names of federation's own directives here: local to canonical.
    """
    defined = {node.name.value for node in document.definitions if isinstance(node, DirectiveDefinitionNode)}
    found: dict[str, Composed] = {}
    for node in schema_directives(document):
        if canonical.get(node.name.value) != "composeDirective":
            continue
        place = place_of(node)
        value = next((item.value for item in node.arguments or () if item.name.value == "name"), None)
        text = value.value if isinstance(value, StringValueNode) else ""
        composed = None
        if not text.startswith("@"):
            message = '@composeDirective needs the name of a directive with its "@". Write name: "@NAME".'
            report.error(_CODE, message, subgraph, place)
        elif canonical.get(text[1:]) in _ALWAYS_COMPOSED:
            message = f"{text} is composed anyway: its @composeDirective can be removed."
            report.hint("DIRECTIVE_COMPOSITION_INFO", message, subgraph, place)
        else:
            composed = _composed(subgraph, text[1:], canonical, links, place, report)
        if composed is not None:
            if composed.name in defined:
                found[composed.name] = composed
            else:
                message = f"{text} is composed, but not defined in this subgraph. Define it."
                report.error(_CODE, message, subgraph, place)
    return found


def _composed(
    subgraph: str, name: str, canonical: Mapping[str, str], links: Sequence[Link], place: Place, report: Report
) -> Composed | None:
    """The directive of this local name, unless it is federation's own or of no linked specification."""
    if name in canonical:
        message = f"@{name} is a directive of federation, which is not composed. Remove the @composeDirective."
        report.error(_CODE, message, subgraph, place)
        return None
    for link in links:
        original = _canonical_name(link, name)
        if original is not None and link.spec_name in _SUPERGRAPH_SPECS:
            message = f'"{link.spec_name}" is the name of a specification that every supergraph links. Rename yours.'
            report.error(_CODE, message, subgraph, place)
            return None
        if original is not None:
            return Composed(name, original, link.identity, link.version, link.url, place)
    message = (
        f"@{name} belongs to no specification that this subgraph links, so it cannot be composed."
        f' Add @link(url: "https://HOST/NAME/v1.0", import: ["@{name}"]).'
    )
    report.error(_CODE, message, subgraph, place)
    return None


def _canonical_name(link: Link, name: str) -> str | None:
    """What the specification calls the directive of this local name; None when it is not the specification's."""
    for original, local in link.imports.items():
        if local == f"@{name}":
            return original[1:]
    if name == link.namespace:
        return link.spec_name
    return name.removeprefix(f"{link.namespace}__") if name.startswith(f"{link.namespace}__") else None


def check_composed(subgraphs: Sequence[Subgraph], report: Report) -> None:
    """Report directives that the subgraphs do not mean alike."""
    by_name: dict[str, Composed] = {}
    by_origin: dict[tuple[str, str], Composed] = {}
    by_specification: dict[str, Composed] = {}
    for subgraph in subgraphs:
        for composed in subgraph.composed.values():
            first = by_name.setdefault(composed.name, composed)
            namesake = by_origin.setdefault((composed.identity, composed.original), composed)
            sibling = by_specification.setdefault(composed.identity, composed)
            if first.identity != composed.identity:
                message = (
                    f"@{composed.name} is of {composed.identity} here, and of {first.identity} in another subgraph"
                    ' that composes it. Import one of them under another name: {name: "@NAME", as: "@OTHER"}.'
                )
            elif namesake.name != composed.name:
                message = (
                    f"@{composed.original} of {composed.identity} is called @{composed.name} here, and"
                    f" @{namesake.name} in another subgraph that composes it. Import it under one name everywhere."
                )
            elif sibling.version[0] != composed.version[0]:
                message = (
                    f"{composed.identity} is linked as v{_text(composed)} here, and as v{_text(sibling)} in another"
                    " subgraph that composes its directives. Link one major version everywhere."
                )
            else:
                continue
            report.error(_CODE, message, subgraph.name, composed.place)


def _text(composed: Composed) -> str:
    return f"{composed.version[0]}.{composed.version[1]}"


def composed_definitions(subgraphs: Sequence[Subgraph]) -> tuple[MergedDirective, ...]:
    """The definitions that the supergraph has, sorted by name: of each directive the newest."""
    newest = _newest(subgraphs)
    return tuple(_definition(subgraph.directives[name]) for name, (subgraph, _) in sorted(newest.items()))


def composed_links(subgraphs: Sequence[Subgraph]) -> tuple[str, ...]:
    """The `@link` of each specification, with the directives that are composed."""
    urls: dict[str, Composed] = {}
    imports: dict[str, list[str]] = {}
    for name, (_, composed) in sorted(_newest(subgraphs).items()):
        known = urls.setdefault(composed.identity, composed)
        if composed.version > known.version:
            urls[composed.identity] = composed
        plain, renamed = f'"@{name}"', f'{{name: "@{composed.original}", as: "@{name}"}}'
        imports.setdefault(composed.identity, []).append(plain if composed.original == name else renamed)
    return tuple(
        f'@link(url: "{urls[identity].url}", import: [{", ".join(names)}])' for identity, names in imports.items()
    )


def composed_names(subgraphs: Sequence[Subgraph]) -> frozenset[str]:
    """Names of all directives that any subgraph composes."""
    return frozenset(name for subgraph in subgraphs for name in subgraph.composed)


def schema_applications(subgraphs: Sequence[Subgraph]) -> Iterator[str]:
    """What is applied to `schema` itself, each once."""
    yield from dict.fromkeys(str(applied) for subgraph in subgraphs for applied in subgraph.applied)


def _newest(subgraphs: Sequence[Subgraph]) -> dict[str, tuple[Subgraph, Composed]]:
    """By directive: the subgraph that links its highest version, the first of several."""
    found: dict[str, tuple[Subgraph, Composed]] = {}
    for subgraph in subgraphs:
        for name, composed in subgraph.composed.items():
            if name not in found or composed.version > found[name][1].version:
                found[name] = (subgraph, composed)
    return found


def _definition(directive: DirectiveDef) -> MergedDirective:
    arguments = {
        argument.name: MergedArgument(argument.name, argument.type, argument.default, argument.description)
        for argument in directive.arguments.values()
    }
    return MergedDirective(
        directive.name, directive.description, arguments, directive.locations, directive.repeatable, composed=True
    )


def hint_other_versions(subgraphs: Sequence[Subgraph], report: Report) -> None:
    """Say which subgraphs apply a composed directive without composing it: what they apply is left out."""
    names = composed_names(subgraphs)
    for subgraph in subgraphs:
        for name in sorted(names & subgraph.directives.keys() - subgraph.composed.keys()):
            composing = listing(other.name for other in subgraphs if name in other.composed)
            message = (
                f"@{name} is composed by {composing} and defined here, where no @composeDirective names it:"
                " what this subgraph applies is left out."
            )
            report.hint("DIRECTIVE_COMPOSITION_INFO", message, subgraph.name, subgraph.directives[name].place)
