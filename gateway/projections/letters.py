"""Letters: events that cannot be applied yet, or at all, and when they are tried again. Pure.

`early`:    its predecessor is missing; applied as soon as that one is.
`retrying`: its handler failed; tried again by itself, each time after twice as long.
`dead`:     failed as often as the policy says; tried again when somebody asks for it.
`waiting`:  behind one of the last two, about the same aggregate.
`skipped`:  passed over by somebody; a record, which holds no data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from gateway.errors import BraidError, origin
from gateway.events import Aggregate, Event
from gateway.projections.policy import Policy
from gateway.projections.transaction import Row

EARLY, RETRYING, DEAD, WAITING, SKIPPED = "early", "retrying", "dead", "waiting", "skipped"
RETRY, SKIP = "retry", "skip"

STATE_TYPE = ""
"""Type of a letter that is no event, but the state of an aggregate in a snapshot."""

Jitter = Callable[[], float]
"""Gives what a wait is multiplied by: about 1."""

_JSON_PATH = re.compile(r" - at `(\$[^`]*)`$")

_event = msgspec.json.Decoder(Event)
_aggregate = msgspec.json.Decoder(Aggregate)


def letter_of(stream: str, told: Event | Aggregate, state: str, now: float) -> dict[str, Any]:
    """A row of bookkeeping.letters."""
    is_event = isinstance(told, Event)
    return {
        "stream": stream,
        "subject": told.subject,
        "version": told.aggregateversion,
        "type": told.type if is_event else STATE_TYPE,
        "position": told.position if is_event else 0,
        "state": state,
        "attempts": 0,
        "error": "",
        "parked_at": now,
        "retry_at": None,
        "mark": "",
        "reason": "",
        "event": msgspec.json.encode(told).decode(errors="replace"),
    }


def content(letter: Row) -> Event | Aggregate:
    """What was set aside. Raises msgspec.DecodeError when even its envelope cannot be read again."""
    return (_aggregate if letter["type"] == STATE_TYPE else _event).decode(letter["event"])


def failed(letter: Row, error: str, now: float, policy: Policy, jitter: Jitter) -> dict[str, Any]:
    """The letter after one more attempt in vain."""
    attempts = letter["attempts"] + 1
    is_dead = attempts >= policy.attempts
    retry_at = None if is_dead else now + policy.backoff_s * 2 ** (attempts - 1) * jitter()
    state = DEAD if is_dead else RETRYING
    return {**letter, "attempts": attempts, "error": error, "state": state, "retry_at": retry_at, "mark": ""}


def skipped(letter: Row) -> dict[str, Any]:
    """The record of a letter that was passed over."""
    return {**letter, "state": SKIPPED, "mark": "", "retry_at": None, "event": ""}


def describe(error: Exception) -> str:
    """What was raised, and where; never its text, which may hold what the event holds."""
    if isinstance(error, msgspec.ValidationError):
        path = _JSON_PATH.search(str(error))
        return f"data does not fit its type at {path[1] if path else '$'}"
    if isinstance(error, msgspec.DecodeError):
        return "data is not JSON"
    if isinstance(error, BraidError):
        return error.message
    return f"{type(error).__name__} at {origin(error)}"
