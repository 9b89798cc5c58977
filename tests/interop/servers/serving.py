"""What the two servers in Python have in common: a port of their own, and a note of every request.

The servers in Node do the same in `serving.mjs`. A note is one line of JSON, `{"method", "document", "variables"}`, and
is in the file before the request is answered, so whoever has an answer can read it there.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Coroutine, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Coroutine[None, None, Message]]
Send = Callable[[Message], Coroutine[None, None, None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Coroutine[None, None, None]]


def serve(app: App) -> None:
    """Serve on a free port until killed. The file for notes is the process's first argument."""
    notes = Path(sys.argv[1])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        config = uvicorn.Config(_noting(app, notes), log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


def _noting(app: App, notes: Path) -> App:
    async def noting(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if body:
            _note(notes, scope["method"], body)
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Message:
            return next(given, None) or await receive()

        await app(scope, again, send)

    return noting


def _note(notes: Path, method: str, body: bytes) -> None:
    asked = json.loads(body)
    note: dict[str, Any] = {"method": method, "document": asked["query"], "variables": asked.get("variables") or {}}
    with notes.open("a", encoding="utf-8") as file:
        file.write(json.dumps(note) + "\n")
