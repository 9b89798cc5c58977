"""Types as GraphQL text (`[Item!]!`): taking them apart and comparing them across subgraphs."""

from __future__ import annotations

from collections.abc import Callable

IsSubtype = Callable[[str, str], bool]
"""(sub, super): whether the first named type may stand where the second is expected."""


def named(type_text: str) -> str:
    """The named type inside all lists and non-nulls."""
    return type_text.strip("[]!")


def is_subtype(sub: str, super_: str, is_named_subtype: IsSubtype) -> bool:
    """Whether a value of `sub` is always a value of `super_`: equal, or stricter in nullability or named type."""
    if super_.endswith("!"):
        return sub.endswith("!") and is_subtype(sub[:-1], super_[:-1], is_named_subtype)
    if sub.endswith("!"):
        return is_subtype(sub[:-1], super_, is_named_subtype)
    if super_.startswith("[") or sub.startswith("["):
        both_lists = super_.startswith("[") and sub.startswith("[")
        return both_lists and is_subtype(sub[1:-1], super_[1:-1], is_named_subtype)
    return sub == super_ or is_named_subtype(sub, super_)
