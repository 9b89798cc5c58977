"""ToldFeed: a service that tells what a test says; nothing of it existed before."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


class ToldFeed:
    """A context manager. `tell` may be called at any time."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []
        self._versions: dict[str, int] = {}

    def __enter__(self) -> Self:
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(feed._answer(self.path)).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def tell(self, type: str, subject: str, data: Any) -> None:
        version = self._versions[subject] = self._versions.get(subject, 0) + 1
        position = len(self._events) + 1
        self._events.append(
            {
                "specversion": "1.0",
                "id": f"event-{position}",
                "source": "/customers",
                "type": type,
                "subject": subject,
                "time": "2026-11-02T10:00:00.042Z",
                "data": data,
                "position": position,
                "aggregateversion": version,
            }
        )

    def _answer(self, target: str) -> dict[str, Any]:
        """Nothing is in the snapshot: a copy begins with the first event."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/snapshot":
            return {"feed": "told", "position": 0, "items": [], "next": None}
        if path == "/digest":
            return {"feed": "told", "position": 0, "buckets": 1024, "digests": {}}
        after, limit = int(query["after"][0]), int(query["limit"][0])
        deadline = time.monotonic() + float(query["wait"][0])
        while len(self._events) <= after and time.monotonic() < deadline:
            time.sleep(0.01)
        return {"feed": "told", "head": len(self._events), "events": self._events[after : after + limit]}
