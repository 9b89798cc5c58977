"""Batches answered wrongly: the service's own answer, with an entry missing, out of order, or given twice.

A batch is one of three: `{"items": [...], "missing": [...]}`, `{"lists": {...}}`, and GraphQL's `_entities`, under its
own name or one of the aliases `_0`, `_1`. Pages are no batches: nobody asked for what is on them by key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

T = TypeVar("T")

_ENTITIES = re.compile("_entities|_[0-9]+")

Rewriting = Callable[[Sequence[Any]], Sequence[Any]]

REWRITINGS: Mapping[str, Rewriting] = MappingProxyType(
    {
        "missing_item": lambda entries: entries[1:],
        "reordered_items": lambda entries: entries[::-1],
        "duplicated_item": lambda entries: [*entries[:1], *entries],
    }
)
"""What becomes of a batch's entries, by the fault's name."""


@dataclass(frozen=True, slots=True)
class AppAnswer:
    """What an app answered, kept back. start: the ASGI message with its status and headers."""

    start: Message
    body: bytes

    async def send_with(self, body: bytes, send: Send) -> None:
        """Send it with another body."""
        await self.send_head(len(body), send)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def send_head(self, length: int, send: Send) -> None:
        """Everything but the body, which is to have this length."""
        kept = [(name, value) for name, value in self.start["headers"] if name.lower() != b"content-length"]
        await send(dict(self.start) | {"headers": [*kept, (b"content-length", b"%d" % length)]})


async def collect_answer(app: ASGIApp, scope: Scope, receive: Receive) -> AppAnswer:
    """Have the app answer, to us."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    return AppAnswer(messages[0], b"".join(message.get("body", b"") for message in messages[1:]))


def rewrite_batch(body: bytes, rewriting: Rewriting) -> bytes:
    """The body with the entries of its batch rewritten; as it is when it holds no batch, or nothing changes."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body
    rewritten = _rewrite(answer, rewriting)
    return body if rewritten is None else rewritten


def _rewrite(answer: Any, rewriting: Rewriting) -> bytes | None:
    match answer:
        case {"items": list(items), "missing": list()} if rewriting(items) != items:
            return msgspec.json.encode(answer | {"items": rewriting(items)})
        case {"data": dict(data)} if (rewritten := _rewrite_entities(data, rewriting)) != data:
            return msgspec.json.encode(answer | {"data": rewritten})
        case {"lists": dict(lists)} if rewriting(entries := list(lists.items())) != entries:
            return b'{"lists":%b}' % _object(rewriting(entries))
        case _:
            return None


def _rewrite_entities(data: dict[str, Any], rewriting: Rewriting) -> dict[str, Any]:
    return {
        name: rewriting(entries) if _ENTITIES.fullmatch(name) and isinstance(entries, list) else entries
        for name, entries in data.items()
    }


def _object(members: Sequence[tuple[str, Any]]) -> bytes:
    """A JSON object with these members; the only way to write one of them twice."""
    return b"{%b}" % b",".join(msgspec.json.encode(name) + b":" + msgspec.json.encode(value) for name, value in members)
