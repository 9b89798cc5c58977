"""Federation features that are read but not composed: refused where their absence would change answers, else hinted."""

from __future__ import annotations

from graphql import DirectiveNode, DocumentNode, Visitor, visit

from gateway.federation.compose.positions import place_of
from gateway.federation.compose.report import Report
from gateway.federation.compose.vocabulary import Vocabulary

REFUSED = frozenset({"context", "fromContext"})
LEFT_OUT = frozenset({"composeDirective"})


def check_features(subgraph: str, document: DocumentNode, vocabulary: Vocabulary, report: Report) -> None:
    """Report every application of such a directive."""
    visit(document, _Finder(subgraph, vocabulary, report))


class _Finder(Visitor):
    def __init__(self, subgraph: str, vocabulary: Vocabulary, report: Report) -> None:
        super().__init__()
        self._subgraph, self._vocabulary, self._report = subgraph, vocabulary, report

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        name = self._vocabulary.canonical.get(node.name.value)
        if name in REFUSED:
            message = f"@{name} is not supported: the gateway could not give the argument its value. Remove it."
            self._report.error("UNSUPPORTED_LINKED_FEATURE", message, self._subgraph, place_of(node))
        elif name in LEFT_OUT:
            message = f"@{name} is not supported: the directive it names is left out of the supergraph."
            self._report.hint("UNSUPPORTED_LINKED_FEATURE", message, self._subgraph, place_of(node))
