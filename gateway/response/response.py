"""GraphQLResponse: the answer, before the server chooses status and media type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class GraphQLResponse:
    """What the client gets.

    data:       the shaped answer: the client's aliases, in the client's order; None when a null reached the root.
    errors:     GraphQL error objects as JSON; empty when everything arrived.
    extensions: left out of the body when empty.
    executed:   False for a request error: then the body has no `data` key at all.
    """

    data: Mapping[str, Any] | None = None
    errors: Sequence[Mapping[str, Any]] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])
    executed: bool = True
    # Not in `replace`d copies, whose body is another one.
    _body: bytes | None = field(default=None, init=False, repr=False, compare=False)

    def encode(self) -> bytes:
        """The response body as UTF-8 JSON, made once: one answer may go to several clients.

        Errors come first, as the specification advises.
        """
        if self._body is None:
            object.__setattr__(self, "_body", self._encode())
        return cast("bytes", self._body)

    def _encode(self) -> bytes:
        body: dict[str, Any] = {}
        if self.errors:
            body["errors"] = self.errors
        if self.executed:
            body["data"] = self.data
        if self.extensions:
            body["extensions"] = self.extensions
        return _encode(body)
