"""Tokens: what is believed, and that nothing else is, whatever a token says about itself."""

from __future__ import annotations

import hashlib
import hmac
import time
import warnings
from collections.abc import Sequence
from typing import Any

import jwt
import pytest

from gateway.authorization.errors import ExpiredToken, InvalidToken
from gateway.authorization.keys import Keys, KeySet, SecretKeys
from gateway.authorization.tokens import TokenOptions, Tokens
from tests.unit.authorization.issuing import (
    AUDIENCE,
    ISSUER,
    SECRET,
    claims,
    ec_key,
    ed_key,
    jwk,
    key_set,
    part,
    public_pem,
    rsa_key,
    token,
)

pytestmark = pytest.mark.anyio


def tokens(keys: Keys | None = None, algorithms: Sequence[str] = ("RS256",), **options: Any) -> Tokens:
    chosen = TokenOptions(tuple(algorithms), (ISSUER, "other issuer"), (AUDIENCE, "other audience"), **options)
    return Tokens(chosen, keys or holding(jwk(rsa_key())))


def holding(*keys: dict[str, Any]) -> KeySet:
    async def read() -> bytes:
        return key_set(*keys)

    return KeySet(read)


async def refused(checked: Tokens, text: str, error: type[Exception] = InvalidToken) -> None:
    with pytest.raises(error) as raised:
        await checked.check(text)
    assert type(raised.value) is error
    assert raised.value.__cause__ is None or raised.value.__suppress_context__


async def test_claims_of_a_token_that_is_right():
    found = await tokens().check(token(scope="a b"))
    assert (found["sub"], found["scope"]) == ("ada", "a b")


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        *((rsa_key(), algorithm) for algorithm in ("RS256", "RS384", "RS512", "PS256", "PS512")),
        (ec_key(), "ES256"),
        (ec_key("P-384"), "ES384"),
        (ed_key(), "EdDSA"),
    ],
)
async def test_every_kind_of_key(key: Any, algorithm: str):
    checked = tokens(holding(jwk(key)), [algorithm])
    assert (await checked.check(token(key, algorithm)))["sub"] == "ada"


async def test_a_shared_secret():
    checked = tokens(SecretKeys(SECRET), ["HS256"])
    assert (await checked.check(token(SECRET, "HS256", kid=None)))["sub"] == "ada"
    await refused(checked, token(b"another secret of 32 bytes......", "HS256"))


async def test_an_expired_token_is_told_from_one_that_never_was_valid():
    await refused(tokens(), token(exp=int(time.time()) - 5), ExpiredToken)
    await refused(tokens(), token(rsa_key("stranger's"), exp=int(time.time()) - 5))


async def test_clocks_may_differ_by_the_leeway():
    late = token(exp=int(time.time()) - 5)
    assert await tokens(leeway_s=10).check(late)
    await refused(tokens(leeway_s=2), late, ExpiredToken)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": None},
        {"iss": "https://issuer.test"},
        {"iss": [ISSUER]},
        {"iss": 7},
        {"aud": None},
        {"aud": "another graph"},
        {"aud": []},
        {"aud": {"graph": True}},
        {"exp": None},
        {"exp": "never"},
        {"exp": {}},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"nbf": int(time.time()) + 600},
        {"nbf": "x"},
        {"iat": int(time.time()) + 600},
    ],
    ids=str,
)
async def test_claims_that_must_be_there_and_right(changed: dict[str, Any]):
    """PyJWT would not write some of these, so they are signed by hand."""
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    signed = f"{part({'alg': 'RS256', 'kid': 'k1'})}.{part(claims(**changed))}"
    await refused(tokens(), f"{signed}.{part(algorithm.sign(signed.encode(), rsa_key()))}")


async def test_one_of_several_issuers_and_audiences_is_enough():
    assert await tokens().check(token(iss="other issuer", aud=["nobody", "other audience"]))


# -- what a token says about itself ------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "HS256", "RS512", ["RS256"], {"a": 1}, 5])
async def test_the_algorithm_is_one_of_ours(algorithm: Any):
    signature = token().rsplit(".", 1)[1]
    await refused(tokens(), f"{part({'alg': algorithm, 'kid': 'k1'})}.{part(claims())}.{signature}")


async def test_a_token_without_a_signature():
    for algorithm in ("none", "RS256"):
        await refused(tokens(), f"{part({'alg': algorithm})}.{part(claims())}.")


@pytest.mark.parametrize("secret", [public_pem(rsa_key()), public_pem(rsa_key()).strip(), b"", b"k1"])
@pytest.mark.parametrize("algorithms", [["RS256"], ["RS256", "HS256"]])
async def test_a_public_key_is_no_secret(secret: bytes, algorithms: list[str]):
    """Signed with HS256 and the public key, which everybody has. Even if both were allowed, it must not pass."""
    signed = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(claims())}"
    forged = f"{signed}.{part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"
    await refused(tokens(algorithms=algorithms), forged)


async def test_a_secret_in_a_key_set_is_not_used():
    symmetric = {"kty": "oct", "k": part(SECRET), "kid": "k1", "alg": "HS256"}
    await refused(tokens(holding(symmetric), ["RS256", "HS256"]), token(SECRET, "HS256"))


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://evil.test/keys"},
        {"x5u": "https://evil.test/chain"},
        {"jwk": jwk(rsa_key("stranger's"))},
        {"x5c": ["MIIB"]},
    ],
    ids=lambda header: next(iter(header)),
)
async def test_a_token_does_not_bring_its_own_key(header: dict[str, Any]):
    await refused(tokens(), token(rsa_key("stranger's"), header=header))
    assert await tokens().check(token(header=header)), "and what it says there does no harm either"


@pytest.mark.parametrize("header", [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False}], ids=str)
async def test_critical_extensions_are_refused(header: dict[str, Any]):
    await refused(tokens(), token(header=header))


@pytest.mark.parametrize("kid", ["../../etc/passwd", "/dev/null", "k1\x00", "' OR 1=1 --", "", "K1", "k1 "])
async def test_a_key_id_is_compared_and_nothing_else(kid: str):
    await refused(tokens(), token(kid=kid))


@pytest.mark.parametrize("kid", [None, 1, ["k1"], {"k": 1}])
async def test_a_key_id_that_is_no_text(kid: Any):
    signed = f"{part({'alg': 'RS256', 'kid': kid})}.{part(claims())}"
    await refused(tokens(), f"{signed}.{part(b'x' * 256)}")


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", "a", "a.b", "a.b.c", "a.b.c.d.e", "a.b.c.d", "é.b.c", "a b.c.d", "\x00.\x00.\x00", "%.%.%"),
        f"{token()}.x",
        f"{token()} ",
        f"{token()}\n",
        token().replace(".", "..", 1),
        f"{part(b'[' * 12000)}.e.s",
        f"{part(b'{}')}.{part(b'{}')}.c",
        f"{part(b'[1]')}.{part(b'{}')}.c",
        f"{part({'alg': 'RS256'})}.{part(b'[' * 9000)}.c",
        "a" * 1_000_000,
    ],
)
async def test_what_is_no_token(text: str):
    await refused(tokens(), text)


async def test_claims_that_are_no_object_are_refused_although_they_are_signed():
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    for payload in (b"[]", b"null", b'"x"', b"{", b"[" * 5000, b"\xff"):
        signed = f"{part({'alg': 'RS256', 'kid': 'k1'})}.{part(payload)}"
        await refused(tokens(), f"{signed}.{part(algorithm.sign(signed.encode(), rsa_key()))}")


async def test_a_changed_claim_or_signature_is_noticed():
    head, _, signature = token().split(".")
    await refused(tokens(), f"{head}.{part(claims(sub='root'))}.{signature}")
    body = token().split(".")[1]
    await refused(tokens(), f"{head}.{body}.{part(b'x' * 256)}")


# -- keys and algorithms -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        jwk(rsa_key(), use="enc"),
        jwk(rsa_key(), alg="RS512"),
        jwk(rsa_key(), key_ops=["encrypt"]),
        jwk(rsa_key(), key_ops="verify"),
        jwk(ec_key()),
        {"kty": "RSA", "kid": "k1"},
        {"kty": "RSA", "kid": "k1", "n": "!!", "e": []},
        {"kid": "k1"},
        jwk(rsa_key("short", 1024)),
    ],
    ids=str,
)
async def test_a_key_that_is_not_made_for_it_is_not_used(key: dict[str, Any]):
    signer = rsa_key("short", 1024) if key.get("n") == jwk(rsa_key("short", 1024))["n"] else rsa_key()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyJWT warns of the short key, which here must be more than a warning
        await refused(tokens(holding(key)), token(signer))


async def test_a_curve_belongs_to_its_algorithm():
    await refused(tokens(holding(jwk(ec_key("P-384"))), ["ES256"]), token(ec_key(), "ES256"))


async def test_without_a_key_id_every_fitting_key_is_tried():
    keys = holding(jwk(ec_key(), "e"), jwk(rsa_key("two"), "a"), jwk(rsa_key(), "b"))
    assert await tokens(keys).check(token(kid=None))


async def test_two_keys_of_one_id_are_both_tried():
    assert await tokens(holding(jwk(rsa_key("two")), jwk(rsa_key()))).check(token())
