"""Several entity fetches in one document, each under an alias:

query ($r0: [_Any!]!, $r1: [_Any!]!) {
  _0: _entities(representations: $r0) { ... on User { name } }
  _1: _entities(representations: $r1) { ... on Product { price } }
}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.planning.plan import EntitiesText

_DOCUMENTS = 4096


@dataclass(frozen=True, slots=True)
class JoinedDocument:
    """names: of the variables that take each part's representations."""

    text: str
    names: Sequence[str]


@lru_cache(_DOCUMENTS)
def join_documents(texts: tuple[EntitiesText, ...]) -> JoinedDocument:
    """One document for all of them, in this order; the same object for the same texts."""
    definitions = dict.fromkeys(definition for text in texts for definition in text.definitions)
    prefix = "r"
    while any(definition.startswith(f"${prefix}") for definition in definitions):
        prefix += "_"
    names = [f"{prefix}{number}" for number in range(len(texts))]
    declared = ", ".join([*(f"${name}: [_Any!]!" for name in names), *definitions])
    fields = " ".join(
        f"_{number}: _entities(representations: ${name}) {text.selection}"
        for number, (name, text) in enumerate(zip(names, texts, strict=True))
    )
    return JoinedDocument(f"query ({declared}) {{ {fields} }}", names)
