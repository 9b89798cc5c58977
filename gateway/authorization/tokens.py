"""Checking JSON Web Tokens (RFC 7519) as RFC 8725 advises: what may be used is fixed here, never taken from the token.

The algorithm is one of a list; issuer, audience and expiry must be there and right; a critical extension is refused,
since none is implemented. PyJWT does the cryptography.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from gateway.authorization.errors import ExpiredToken, InvalidToken
from gateway.authorization.keys import Keys

_MOST_CHARACTERS = 16_384
# Signed tokens only: an encrypted one has five parts, an unsigned one lacks the last.
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REQUIRED = ["exp", "iss", "aud"]

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TokenOptions:
    """algorithms: those that are accepted. issuers, audiences: one of each must be in the token.

    leeway_s: how far clocks may differ.
    """

    algorithms: tuple[str, ...]
    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    leeway_s: float = 0.0


class Tokens:
    """Checks tokens."""

    def __init__(self, options: TokenOptions, keys: Keys) -> None:
        self._options = options
        self._keys = keys

    async def check(self, token: str) -> Claims:
        """The token's claims. Raises InvalidToken, ExpiredToken, or KeysUnavailable."""
        algorithm, kid = self._read_header(token)
        for key in await self._keys.find(kid, algorithm):
            claims = self._decode(token, key, algorithm)
            if claims is not None:
                return claims
        raise InvalidToken

    async def close(self) -> None:
        await self._keys.close()

    def _read_header(self, token: str) -> tuple[str, str | None]:
        """Algorithm and key id, of which nothing is believed yet."""
        if len(token) > _MOST_CHARACTERS or not _FORM.fullmatch(token):
            raise InvalidToken
        try:
            header = jwt.get_unverified_header(token)
        except Exception:  # whatever reading text of a stranger's may raise, RecursionError among it
            raise InvalidToken from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._options.algorithms or "crit" in header or "b64" in header:
            raise InvalidToken
        if kid is not None and not isinstance(kid, str):
            raise InvalidToken
        return algorithm, kid

    def _decode(self, token: str, key: Any, algorithm: str) -> Claims | None:
        """The claims; None when another key has signed it."""
        options = self._options
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=list(options.audiences),
                issuer=list(options.issuers),
                leeway=options.leeway_s,
                options={"require": _REQUIRED},
            )
        except jwt.InvalidSignatureError:
            return None
        except jwt.ExpiredSignatureError:
            raise ExpiredToken from None
        except Exception:  # whatever claims may hold that are not what they should be
            raise InvalidToken from None
