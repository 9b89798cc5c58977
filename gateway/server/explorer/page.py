"""The explorer: which page a browser gets at the GraphQL path, and the files that page loads.

`built/` holds GraphiQL when it was built (`python -m gateway.server.explorer.build`); else the plain page of
`fallback/` is served. Both are static files with relative links into `explorer/` beside the GraphQL path, load nothing
from elsewhere, and get what is particular to this gateway from `explorer/settings.json`.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.server.settings import ServerSettings

BUILT = Path(__file__).parent / "built"
FALLBACK = Path(__file__).parent / "fallback"

# Inline styles only, for Monaco and React set them; no inline script, no foreign host, no framing by other pages.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_PAGE_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)


@dataclass(frozen=True, slots=True)
class ExplorerPage:
    """The page, and the folder of what it loads."""

    html: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    folder: Path


def load_page() -> ExplorerPage:
    """GraphiQL when it was built, else the plain page."""
    folder = BUILT if (BUILT / "index.html").is_file() else FALLBACK
    return ExplorerPage((folder / "index.html").read_bytes(), _PAGE_HEADERS, folder)


def explorer_routes(settings: ServerSettings, page: ExplorerPage) -> list[BaseRoute]:
    """The page's files and settings, and the way to it from `/`."""
    prefix = posixpath.join(posixpath.dirname(settings.path), "explorer")
    page_settings = msgspec.json.encode({"examples": settings.examples, "trace": settings.explain})

    async def serve_settings(_request: Request) -> Response:
        return Response(page_settings, media_type="application/json", headers={"cache-control": "no-cache"})

    async def go_to_page(_request: Request) -> Response:
        return RedirectResponse(settings.path.lstrip("/"))

    return [
        Route("/", go_to_page),
        Route(f"{prefix}/settings.json", serve_settings),
        Mount(prefix, _PageFiles(directory=page.folder)),
    ]


class _PageFiles(StaticFiles):
    """Static files; those whose names carry a hash of their content never need to be asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        hashed = path.startswith("assets/")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        response.headers["x-content-type-options"] = "nosniff"
        for name, value in _PAGE_HEADERS:
            response.headers[name.decode()] = value.decode()
        return response
