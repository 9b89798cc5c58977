"""Commands to the shop's services. Each has an idempotency key: the client's own, or one made for it."""

from __future__ import annotations

import re
import uuid
from typing import Any, TypeVar

from gateway.errors import BraidError
from gateway.services.request import RequestContext
from gateway.services.rest import BAD_USER_INPUT

T = TypeVar("T")

_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


async def give(
    context: RequestContext, service: str, path: str, body: Any, *, key: str | None, decode_as: type[T]
) -> T:
    """Carry out one command. Raises SourceRefused, BraidError for a key in another form than services take."""
    if key is not None and not _KEY.fullmatch(key):
        message = "`idempotencyKey` must be 1 to 128 letters, digits and _ . : - ."
        raise BraidError(message, code=BAD_USER_INPUT)
    client = context.services[service]
    return await client.post_json(path, body, context=context, key=key or uuid.uuid4().hex, decode_as=decode_as)
