"""Cross-site request forgery: a page of another site makes its visitor's browser send a request, cookies and all.

Browsers ask first (a CORS preflight) before any request but a "simple" one. A POST of `application/json` is never
simple, and other bodies are refused with 415. A GET is, so it has to be looked at: browsers say in Fetch Metadata
headers, or at least in Origin, where a request comes from. Programs that are no browsers send neither, and nobody can
make them send what they did not mean.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway.server.errors import HttpError

# Sent by the gateway's own pages, and when somebody typed or opened the URL.
_OWN = ("same-origin", "none")


def refuse_cross_site_get(headers: Mapping[str, str], allowed_origins: Collection[str]) -> None:
    """Raise HttpError 403 for a GET that a page of another origin has caused, unless CORS allows that origin.

    headers: the request's, names in lower case. allowed_origins: as in `server.cors_origins`.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site in _OWN or (site is None and origin is None) or "*" in allowed_origins or origin in allowed_origins:
        return
    if site is None and origin is not None and origin.partition("://")[2] == headers.get("host"):
        return
    raise HttpError(403, "Another site's page may not query this graph by GET; see the setting server.cors_origins.")
