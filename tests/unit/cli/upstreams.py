"""Little HTTP services that behave as told: what `braid check` and `braid services` ask."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SDL = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n'
REVIEWS = SDL + 'type Query { reviews: [Review] }\ntype Review @key(fields: "id") { id: ID! text: String }'


@contextmanager
def serve(*, status: int = 200, body: str = "{}", delay_s: float = 0.0, sdl: str = "") -> Iterator[str]:
    """A service that answers everything with this; its URL. With `sdl` it is a GraphQL subgraph, asked by POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay_s)
            self._answer(body)

        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["content-length"])))["query"]
            data = {"_service": {"sdl": sdl}} if "_service" in query else {"__typename": "Query"}
            self._answer(json.dumps({"data": data}) if sdl else body)

        def _answer(self, text: str) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            with suppress(BrokenPipeError):  # whoever asked has waited long enough
                self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def nobody() -> str:
    """The URL of a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
