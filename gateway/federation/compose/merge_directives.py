"""Directives that are carried into the supergraph: which applications remain when several subgraphs have some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.federation.compose.model import Applied
from gateway.federation.compose.sources import most_common

PRINT_ORDER = ("specifiedBy", "deprecated", "tag", "inaccessible")


def merge_applied(applications: Iterable[Sequence[Applied]]) -> tuple[str, ...]:
    """One element's directives, from each subgraph's, as text.

    tag: the union. inaccessible: when anywhere. deprecated and specifiedBy cannot be repeated: the most frequent one.
    """
    found = [applied for group in applications for applied in group]
    merged: list[str] = []
    for name in PRINT_ORDER:
        texts = [str(applied) for applied in found if applied.name == name]
        if not texts:
            continue
        if name == "tag":
            merged.extend(sorted(set(texts)))
        else:
            merged.append(most_common(texts))
    return tuple(merged)
