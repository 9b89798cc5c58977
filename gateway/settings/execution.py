"""`execution`, `limits` and `cache`: what one operation may cost, and what is kept of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.operation.limits import Limits
from gateway.settings.values import Count, Seconds, Section

_LIMITS = Limits()


OperationName = Annotated[str, Field(pattern=r"^[_A-Za-z][_0-9A-Za-z]*$")]


class OperationSection(Section):
    """What holds for the operations of one name. A client chooses the name: it gives time, and must give no rights."""

    deadline_s: Seconds
    """Seconds for a whole request of this name, in place of `execution.deadline_s`: more or less."""


class ExecutionSection(Section):
    """How an operation is run."""

    deadline_s: Seconds = 2.0
    """Seconds for a whole request. What has not arrived by then is null, with an error. A client may ask for less by
    the header `Braid-Timeout-Ms`, never for more."""
    operations: dict[OperationName, OperationSection] = Field(default={})
    """Operations by name that get another deadline."""
    step_share_s: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Seconds of a request that a call leaves to each step of the plan that waits for it, one behind the other; all of
    them together are left a tenth of the time at most. A call that nothing waits for leaves nothing."""
    batching: bool = True
    """Fetch entities in batches. Off, every entity costs a call of its own: for comparison only."""
    join_window_s: Annotated[float, Field(ge=0, le=0.1)] = 0.05
    """Seconds that an entity fetch waits at most for those that share its request by the plan and whose data is on its
    way; 0 to start at once. See `subgraphs.NAME.join_fetches`."""
    lookups: bool = True
    """Start entity fetches beside a root field whose arguments are the key (`@lookup`), not after it."""
    share_queries: bool = False
    """Execute identical queries of clients with the same forwarded headers once when they are under way at the same
    time. What they are answered may have been read shortly before they asked."""


class LimitsSection(Section):
    """The largest operation that is answered; larger ones get OPERATION_TOO_LARGE. Counts are per operation."""

    characters: Count = _LIMITS.characters
    """Characters of the whole document; longer values belong into variables."""
    tokens: Count = _LIMITS.tokens
    """Lexical tokens of the whole document."""
    depth: Count = _LIMITS.depth
    """Fields on the longest path from the root."""
    introspection_depth: Count = _LIMITS.introspection_depth
    """The same below `__schema` and `__type`; GraphiQL asks for 15."""
    nesting: Count = _LIMITS.nesting
    """Fields, inline fragments and fragment spreads on the longest path."""
    root_fields: Count = _LIMITS.root_fields
    """Root fields, fragments expanded."""
    selections: Count = _LIMITS.selections
    """Fields, inline fragments and fragment spreads, fragments expanded."""
    aliases: Annotated[int, Field(ge=0)] = _LIMITS.aliases
    """Aliased fields, fragments expanded."""
    directives: Annotated[int, Field(ge=0)] = _LIMITS.directives
    """Directives, fragments expanded."""
    values: Count = _LIMITS.values
    """Values in the variables, lists and objects with all that is in them."""
    fetches: Count = _LIMITS.fetches
    """Fetches from subgraphs that the operation's plan consists of."""
    planning_choices: Count = _LIMITS.planning_choices
    """Choices that are tried for the plan. An operation that would take more is answered by a plan that may not be the
    cheapest."""

    def to_limits(self) -> Limits:
        """The same as the value that the operation stage takes."""
        return self.to_options(Limits)


class CacheSection(Section):
    """How many results of the pure stages are kept; the least recently used goes first."""

    megabytes: Count = 32
    """Memory, by estimate, that the operations may take, and the plans again."""
    operations: Count = 1000
    """Parsed and validated documents, by text and operation name."""
    plans: Count = 1000
    """Plans, by operation, the values of the variables in @skip and @include, and the override labels that are on."""
