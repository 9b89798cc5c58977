"""Step drafts written by hand, in a few words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from gateway.federation.selection import Field, InternalKeys, Selections, parse_field_set
from gateway.planning.draft import EntryDraft, SelectionDraft, StepDraft, Types
from gateway.planning.plan import Path, PathElement

KEYS = InternalKeys(set())


@cache
def selections(text: str) -> Selections:
    """The same text is the same selections, as with keys and requirements that come from one supergraph."""
    return parse_field_set(text, KEYS) if text else ()


def path(text: str) -> Path:
    """`search|Film,Album/director`, as plans are printed."""
    elements: list[PathElement] = []
    for part in text.split("/") if text else []:
        key, bar, types = part.partition("|")
        elements.append(PathElement(key, frozenset(types.split(",")) if bar else None))
    return tuple(elements)


def select(text: str, into: SelectionDraft | None = None) -> SelectionDraft:
    """A selection draft of plain fields, and of fragments as selections by type; `__typename` sets the flag."""
    return _fill(into or SelectionDraft(), selections(text))


def _fill(draft: SelectionDraft, wanted: Selections) -> SelectionDraft:
    for node in wanted:
        if not isinstance(node, Field):
            _fill(draft.on(types(node.type_condition)), node.selections)
        elif node.name == "__typename":
            draft.typename = True
        else:
            drafted = draft.add(node)
            if drafted.below is not None:
                _fill(drafted.below, node.selections)
    return draft


def types(names: str) -> Types:
    """`Film_or_Album` names two types: a fragment's condition can only be one name."""
    return frozenset(names.split("_or_"))


def entry(as_type: str, key: str = "id", requires: str = "") -> EntryDraft:
    return EntryDraft(as_type, (selections(key),), (selections(requires),) if requires else ())


def root(graph: str, text: str = "x", kind: str = "query") -> StepDraft:
    return StepDraft(graph, kind, (), set(), selection=select(text))  # type: ignore[arg-type]


def jump(
    graph: str,
    at: str,
    needs: Iterable[StepDraft],
    text: str = "",
    *,
    merge_after: Iterable[StepDraft] = (),
    **entries: EntryDraft,
) -> StepDraft:
    """An entity step; entries by runtime type, an object of type P by its id when none is given."""
    presented = entries or {"P": entry("P")}
    selection = SelectionDraft()
    if text:
        select(text, selection.on(frozenset(each.as_type for each in presented.values())))
    return StepDraft(graph, "entities", path(at), set(needs), set(merge_after), selection, dict(presented))
