"""Asking one service's control routes. Blocking: for tests and scripts, which look on from outside."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 10.0


class ControlError(Exception):
    """A service refused, or did not answer."""


def ask(url: str, method: str, path: str, body: Any = None, timeout_s: float = TIMEOUT_S) -> Any:
    """The JSON that it answers, None for no content. Raises ControlError."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout_s)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ControlError(f"{method} {url}{path}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= response.status < 300:
        raise ControlError(f"{method} {url}{path}: {response.status} {content.decode(errors='replace')}")
    return json.loads(content) if content else None
