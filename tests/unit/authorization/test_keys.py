"""Key sets: when they are read, how long they are used, and that strangers cannot make them be read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.authorization.errors import KeysUnavailable
from gateway.authorization.keys import KeySet, KeySetOptions, read_file, read_url
from tests.unit.authorization.issuing import jwk, key_set, rsa_key

pytestmark = pytest.mark.anyio

OPTIONS = KeySetOptions(timeout_s=0.2, refresh_s=100, retry_s=10, stale_s=1000)


class Issuer:
    """A key set that changes, fails or hangs; and a clock."""

    def __init__(self, *kids: str) -> None:
        self.kids = list(kids)
        self.reads = 0
        self.now = 1000.0
        self.hangs = self.fails = False
        self.keys = KeySet(self.read, OPTIONS, lambda: self.now)

    async def read(self) -> bytes:
        self.reads += 1
        await asyncio.sleep(0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise OSError("secret address")
        return key_set(*(jwk(rsa_key(), kid) for kid in self.kids))

    async def has(self, kid: str) -> bool:
        return bool(await self.keys.find(kid, "RS256"))


async def test_keys_are_read_once_by_all_who_come_first():
    issuer = Issuer("a")
    assert all(await asyncio.gather(*(issuer.has("a") for _ in range(20))))
    assert issuer.reads == 1


async def test_a_new_key_is_known_at_once_and_one_reading_is_enough_for_all():
    issuer = Issuer("a")
    await issuer.has("a")
    issuer.kids.append("b")
    issuer.now += 11
    assert all(await asyncio.gather(*(issuer.has("b") for _ in range(20))))
    assert issuer.reads == 2


async def test_unknown_keys_cannot_make_it_read_in_a_loop():
    issuer = Issuer("a")
    for number in range(100):
        assert not await issuer.has(f"made up {number}")
    assert issuer.reads == 1
    issuer.now += 10
    assert not await issuer.has("made up")
    assert issuer.reads == 2


async def test_a_withdrawn_key_is_no_longer_used_after_the_next_reading():
    issuer = Issuer("a", "b")
    await issuer.has("a")
    issuer.kids.remove("a")
    issuer.now += 101
    assert await issuer.has("a"), "read beside the request, not before it"
    await asyncio.sleep(0.01)
    assert not await issuer.has("a")


async def test_keys_stay_in_use_while_their_source_is_away_but_not_for_ever():
    issuer = Issuer("a")
    await issuer.has("a")
    issuer.fails = True
    issuer.now += 999
    assert await issuer.has("a")
    await asyncio.sleep(0.01)
    issuer.now += 11
    with pytest.raises(KeysUnavailable):
        await issuer.has("a")
    issuer.fails = False
    issuer.now += 11
    assert await issuer.has("a")


async def test_who_cannot_have_keys_is_told_so_within_the_timeout_and_others_at_once():
    issuer = Issuer("a")
    issuer.hangs = True
    began = asyncio.get_running_loop().time()
    with pytest.raises(KeysUnavailable):
        await issuer.has("a")
    assert asyncio.get_running_loop().time() - began < 2
    with pytest.raises(KeysUnavailable):
        await issuer.has("a")
    assert issuer.reads == 1
    await issuer.keys.close()


async def test_who_leaves_takes_nothing_from_others_who_wait():
    issuer = Issuer("a")
    leaving, staying = asyncio.ensure_future(issuer.has("a")), asyncio.ensure_future(issuer.has("a"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying


async def test_closing_ends_a_reading():
    issuer = Issuer("a")
    issuer.hangs = True
    waiting = asyncio.ensure_future(issuer.has("a"))
    await asyncio.sleep(0.01)
    await issuer.keys.close()
    with pytest.raises(KeysUnavailable):
        await waiting


async def test_a_file_is_read_again_when_it_has_another_key(tmp_path: Path):
    path = tmp_path / "keys.json"
    path.write_bytes(key_set(jwk(rsa_key(), "a")))
    now = [0.0]
    keys = KeySet(read_file(path), OPTIONS, lambda: now[0])
    assert await keys.find("a", "RS256")
    path.write_bytes(key_set(jwk(rsa_key(), "b")))
    now[0] += 11
    assert await keys.find("b", "RS256")
    assert not await keys.find("a", "RS256")


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"keys": 1}', b"\xff", b"x" * 300_000, b'{"keys": []}' * 2])
async def test_what_is_no_key_set_is_as_good_as_none(text: bytes):
    async def read() -> bytes:
        return text

    with pytest.raises(KeysUnavailable):
        await KeySet(read, OPTIONS).find("a", "RS256")


async def served(answer: web.Response) -> bytes:
    async def handle(request: web.Request) -> web.Response:
        assert "authorization" not in request.headers
        return answer

    app = web.Application()
    app.router.add_get("/keys", handle)
    async with TestServer(app) as server:
        return await read_url(str(server.make_url("/keys")))()


async def test_an_address_is_read():
    assert await served(web.Response(body=b'{"keys": []}')) == b'{"keys": []}'


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=302, headers={"location": "http://127.0.0.1:1/keys"}),
        lambda: web.Response(status=500, body=b'{"keys": []}'),
        lambda: web.Response(body=b" " * 300_000),
    ],
)
async def test_redirections_failures_and_floods_are_not_keys(answer: object):
    assert callable(answer)
    with pytest.raises(ValueError, match="answer"):
        await served(answer())
