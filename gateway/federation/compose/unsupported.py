"""Federation features that are read but not composed: refused where their absence would change answers, else hinted."""

from __future__ import annotations

from graphql import DirectiveNode, DocumentNode, Visitor, visit

from gateway.federation.compose.positions import place_of
from gateway.federation.compose.report import Report
from gateway.federation.compose.vocabulary import Vocabulary

LEFT_OUT = frozenset({"cacheTag"})


def check_features(subgraph: str, document: DocumentNode, vocabulary: Vocabulary, report: Report) -> None:
    """Report every application of such a directive."""
    visit(document, _Finder(subgraph, vocabulary, report))


class _Finder(Visitor):
    def __init__(self, subgraph: str, vocabulary: Vocabulary, report: Report) -> None:
        super().__init__()
        self._subgraph, self._vocabulary, self._report = subgraph, vocabulary, report

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        name = self._vocabulary.canonical.get(node.name.value)
        if name in LEFT_OUT:
            message = f"@{name} is not supported: it is left out of the supergraph, and changes nothing."
            self._report.hint("UNSUPPORTED_LINKED_FEATURE", message, self._subgraph, place_of(node))
