"""The keys that tokens are checked with: a secret of ours, or an issuer's key set (JWKS, RFC 7517), which rotates.

A key set is read when the first token comes, again every while beside the requests, and at once when a token names a
key that is not in it: the issuer may have changed keys a moment ago. Since anybody can name keys that do not exist,
such reading is limited: one at a time, and none within some seconds of the last. Keys stay in use while their source is
out of reach, but not for ever, for the issuer may have withdrawn one meanwhile.

A key is only ever used with an algorithm that it is made for. A public key never serves as a secret, which is how a
token signed with HS256 and the public key's text would pass: key sets give no symmetric keys, and a configuration has
either secrets or key sets. Where a token says that its key could be found (`jku`, `x5u`, `jwk`) is not looked at.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import aiohttp
import jwt
import structlog

from gateway.authorization.errors import KeysUnavailable
from gateway.errors import origin

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.authorization")

_MOST_BYTES = 262_144
_MOST_KEYS = 200
_MOST_TRIED = 8
_LEAST_RSA_BITS = 2048
_CURVES = {
    "ES256": {"P-256"},
    "ES384": {"P-384"},
    "ES512": {"P-521"},
    "EdDSA": {"Ed25519", "Ed448"},
}

Read = Callable[[], Awaitable[bytes]]
"""Gets the text of a key set. Raises whatever goes wrong."""


class Keys(Protocol):
    """Where keys come from."""

    async def find(self, kid: str | None, algorithm: str) -> Sequence[Any]:
        """Keys that may have signed a token with this header, as PyJWT takes them; none is an answer, too.

        Raises KeysUnavailable when that cannot be said.
        """
        ...

    async def close(self) -> None: ...


class SecretKeys:
    """One secret that issuer and gateway share. At least as long as the hash of the algorithm."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    async def find(self, kid: str | None, algorithm: str) -> Sequence[Any]:
        return (self._secret,) if algorithm.startswith("HS") else ()

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class KeySetOptions:
    """timeout_s: for one reading. refresh_s: between readings. retry_s: the least time from one reading to the next.

    stale_s: for how long keys are used that could not be read again.
    """

    timeout_s: float = 2.0
    refresh_s: float = 300.0
    retry_s: float = 10.0
    stale_s: float = 86_400.0


class KeySet:
    """A key set that is read from elsewhere. clock: seconds; for tests."""

    def __init__(
        self, read: Read, options: KeySetOptions | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._options = options or KeySetOptions()
        self._clock = clock
        self._keys: Sequence[Mapping[str, Any]] = ()
        self._made: dict[tuple[int, str], Any] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._reading: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> Sequence[Any]:
        """See Keys.find."""
        now = self._clock()
        if self._read_at is None or now - self._read_at > self._options.stale_s:
            await self._read_again()
            if self._read_at is None or self._clock() - self._read_at > self._options.stale_s:
                raise KeysUnavailable
        elif now - self._read_at > self._options.refresh_s:
            self._begin_reading()
        found = self._matching(kid, algorithm)
        if not found and kid is not None:
            await self._read_again()
            found = self._matching(kid, algorithm)
        return found

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})

    async def _read_again(self) -> None:
        """Wait for a reading, unless one has just been made."""
        reading = self._begin_reading()
        if reading is not None:
            # One reading for all who wait: whoever goes away takes nothing from the others.
            await asyncio.wait({reading})

    def _begin_reading(self) -> asyncio.Task[None] | None:
        if self._reading is not None and not self._reading.done():
            return self._reading
        now = self._clock()
        if self._tried_at is not None and now - self._tried_at < self._options.retry_s:
            return None
        self._tried_at = now
        self._reading = asyncio.get_running_loop().create_task(self._refresh())
        return self._reading

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(self._options.timeout_s):
                keys = parse_key_set(await self._read())
        except Exception as error:  # an address that does not answer, or anything but a key set behind it
            _log.warning("key set not read", error=type(error).__name__, origin=origin(error))
            return
        self._keys, self._made, self._read_at = keys, {}, self._clock()

    def _matching(self, kid: str | None, algorithm: str) -> Sequence[Any]:
        fitting = [
            index
            for index, key in enumerate(self._keys)
            if _fits(key, algorithm) and (kid is None or key.get("kid") == kid)
        ]
        made = (self._make(index, algorithm) for index in fitting[:_MOST_TRIED])
        return [key for key in made if key is not None]

    def _make(self, index: int, algorithm: str) -> Any:
        """The key as PyJWT takes it; None when it is damaged or too weak."""
        if (index, algorithm) not in self._made:
            self._made[index, algorithm] = _make_key(self._keys[index], algorithm)
        return self._made[index, algorithm]


def parse_key_set(text: bytes) -> Sequence[Mapping[str, Any]]:
    """The keys in a key set. Raises ValueError when it is none."""
    if len(text) > _MOST_BYTES:
        raise ValueError("the key set is too large")
    data: Any = json.loads(text)
    keys = cast("dict[str, Any]", data).get("keys") if isinstance(data, dict) else None
    if not isinstance(keys, list):
        raise ValueError("not a key set")
    return [cast("dict[str, Any]", key) for key in cast("list[Any]", keys)[:_MOST_KEYS] if isinstance(key, dict)]


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    """Whether the key is made for checking signatures of this algorithm."""
    if key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        return False
    operations = key.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return False
    if algorithm in _CURVES:
        wanted = "OKP" if algorithm == "EdDSA" else "EC"
        return key.get("kty") == wanted and key.get("crv") in _CURVES[algorithm]
    return algorithm.startswith(("RS", "PS")) and key.get("kty") == "RSA"


def _make_key(key: Mapping[str, Any], algorithm: str) -> Any:
    public = {name: value for name, value in key.items() if name not in ("d", "p", "q", "dp", "dq", "qi", "oth")}
    try:
        made = jwt.PyJWK(public, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        _log.warning("a key of the key set cannot be used", algorithm=algorithm)
        return None
    if made.key_type == "RSA" and made.key.key_size < _LEAST_RSA_BITS:
        _log.warning("a key of the key set is too short", algorithm=algorithm, bits=made.key.key_size)
        return None
    return made


def read_file(path: Path) -> Read:
    """Reads a key set from a file."""

    async def read() -> bytes:
        return await asyncio.to_thread(path.read_bytes)

    return read


def read_url(url: str) -> Read:
    """Reads a key set over HTTP, from just this address: a redirection is not followed."""

    async def read() -> bytes:
        async with (
            aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(url, allow_redirects=False, headers={"accept": "application/json"}) as response,
        ):
            if response.status != 200:
                raise ValueError("the answer is not 200")
            body = bytearray()
            async for chunk in response.content.iter_chunked(65_536):
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise ValueError("the answer is too large")
            return bytes(body)

    return read
