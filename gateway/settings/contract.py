"""Which part of the graph clients see."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.federation.contract import Contract
from gateway.settings.values import Section, split_list

_Tags = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(split_list)]


class ContractSection(Section):
    """The graph by tags: elements that are left out work as if they were @inaccessible."""

    include: _Tags = ()
    """Tags of the fields that clients see: on the field, or on its type. None named: all fields."""
    exclude: _Tags = ()
    """Tags of what clients do not see, whatever else is on it."""

    def to_contract(self) -> Contract:
        """The same as the value that composition takes."""
        return Contract(frozenset(self.include), frozenset(self.exclude))
