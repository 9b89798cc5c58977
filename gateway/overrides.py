"""Progressive overrides: which labels of `@override(label:)` are on for one request.

`percent(x)` is on for x of a hundred requests. One draw decides all of them, so what gets `percent(5)` gets
`percent(10)` too, and an operation with several has one plan more than it has shares, not their power set. The draw is
random, or made from what the operator says sticks: then whoever sends the same gets the same owner again, on every
replica and after every restart. Labels with names are decided by the operator's own code, once a request. Where it
fails or takes too long they are off: the old owner still has the field.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

import structlog

from gateway.errors import origin
from gateway.federation.labels import percent_of

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.overrides")


@dataclass(frozen=True, slots=True)
class LabelQuestion:
    """What the operator's code is asked.

    labels:    the labels with names that the operation's plan depends on.
    operation: its name, as the client says.
    headers:   all of the client's, names in lower case.
    """

    labels: frozenset[str]
    operation: str | None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Decide = Callable[[LabelQuestion], Awaitable[Collection[str]]]
"""Gives those of the labels that are on."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """How labels are decided.

    decide:           of labels with names; None leaves them off.
    timeout_s:        how long it may take.
    sticky_header:    a header whose value gets the same draw each time.
    sticky_operation: the operation's name has a part in what sticks.
    """

    decide: Decide | None = None
    timeout_s: float = 0.1
    sticky_header: str | None = None
    sticky_operation: bool = False

    async def active(
        self, labels: frozenset[str], operation: str | None, headers: Mapping[str, str], request_id: str
    ) -> frozenset[str]:
        """Those of the labels that are on for this request. Never raises for the fault of the operator's code."""
        shares = {label: percent for label in labels if (percent := percent_of(label)) is not None}
        draw = self._draw(operation, headers) if shares else 0.0
        active = {label for label, percent in shares.items() if draw < percent}
        named = labels - shares.keys()
        if named and self.decide is not None:
            active |= await self._ask(self.decide, LabelQuestion(named, operation, headers), request_id)
        return frozenset(active)

    def _draw(self, operation: str | None, headers: Mapping[str, str]) -> float:
        """From 0 to, but not including, 100."""
        who = headers.get(self.sticky_header) if self.sticky_header is not None else ""
        if who is None or not (who or self.sticky_operation):
            return random.random() * 100
        what = operation or "" if self.sticky_operation else ""
        digest = hashlib.blake2b(f"{what}\0{who}".encode(), digest_size=6).digest()
        return int.from_bytes(digest) / 2**48 * 100

    async def _ask(self, decide: Decide, question: LabelQuestion, request_id: str) -> frozenset[str]:
        try:
            async with asyncio.timeout(self.timeout_s):
                given = await decide(question)
            if isinstance(given, str):
                raise TypeError("a name where a collection of names is wanted")
            return question.labels.intersection(given)
        except Exception as error:
            _log.error(
                "override labels are off",
                labels=sorted(question.labels),
                error=type(error).__name__,
                origin=origin(error),
                request_id=request_id,
            )
            return frozenset()
