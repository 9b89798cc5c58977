"""Reading JSON bodies: bounded, typed, refused with the place that is wrong."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.requests import Request

from mock_services.kit.problems import Fault, Problem

T = TypeVar("T")

MAX_BODY_BYTES = 65_536


async def read_body(request: Request, kind: type[T], max_bytes: int = MAX_BODY_BYTES) -> T:
    """The body as a `kind`. Raises Problem: 415 not JSON by its type, 413 too large, 400 not JSON, 422 not a `kind`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise Problem(413, "BODY_TOO_LARGE", f"the body must be at most {max_bytes} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at ")
        fault = Fault("body", message, path.strip("`") or "$")
        raise Problem(422, "INVALID_BODY", f"{fault.name}: {message}", [fault]) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "MALFORMED_JSON", f"the body is not JSON: {error}") from error
