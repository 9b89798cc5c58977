"""`cost`: how much work one operation may ask for."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.operation.cost import CostRules
from gateway.operation.cost_limit import CostLimit
from gateway.settings.values import Count, Section, split_list

_LIMIT = CostLimit()

ArgumentName = Annotated[str, Field(pattern=r"^[_A-Za-z][_0-9A-Za-z]*$")]


class CostSection(Section):
    """What an operation may cost, estimated before anything is fetched: an object costs 1, or what `@cost` says, times
    the sizes of the lists around it, which `@listSize` and the values of paging arguments tell."""

    max: Count = _LIMIT.most
    """The most that an operation may cost; what costs more gets OPERATION_TOO_EXPENSIVE."""
    enforce: bool = _LIMIT.enforced
    """Refuse what costs more. Off, costs are only measured: to find a `max` that fits."""
    list_size: Count = _LIMIT.rules.list_size
    """Length of a list of which the schema says nothing."""
    paging_arguments: Annotated[tuple[ArgumentName, ...], BeforeValidator(split_list)] = _LIMIT.rules.paging
    """Arguments whose value is the length of the list, for fields without `@listSize`."""

    def to_limit(self) -> CostLimit:
        """The same as the value that the pipeline takes."""
        return CostLimit(self.max, self.enforce, CostRules(self.list_size, self.paging_arguments))
