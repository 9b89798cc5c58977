"""The authorizer: where the token is, what its scopes are, which rules are unmet."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.authorization.authorizer import Authorizer, TokenPlace, scopes_in
from gateway.authorization.errors import InvalidToken
from gateway.authorization.keys import SecretKeys
from gateway.authorization.tokens import TokenOptions, Tokens
from gateway.federation.access import AUTHENTICATED, Rule, RuleKind
from tests.unit.authorization.issuing import AUDIENCE, ISSUER, SECRET, token

pytestmark = pytest.mark.anyio

TOKEN = token(SECRET, "HS256", kid=None)


def authorizer(**options: Any) -> Authorizer:
    return Authorizer(Tokens(TokenOptions(("HS256",), (ISSUER,), (AUDIENCE,)), SecretKeys(SECRET)), **options)


@pytest.mark.parametrize("value", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"  BEARER   {TOKEN} "])
async def test_a_token_behind_its_prefix(value: str):
    claims = await authorizer().authenticate({"authorization": value})
    assert claims is not None
    assert claims["sub"] == "ada"


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer{TOKEN}",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
        f"Bearer {TOKEN} {TOKEN}",
        f"Bearer Bearer {TOKEN}",
        " ",
    ],
)
async def test_anything_else_in_the_header_is_no_token(value: str):
    """Two headers come joined by a comma: whoever else reads them might believe the other one."""
    with pytest.raises(InvalidToken):
        await authorizer().authenticate({"authorization": value})


async def test_without_a_token_somebody_is_anonymous():
    assert await authorizer().authenticate({}) is None
    assert await authorizer().authenticate({"authorization": ""}) is None
    assert await authorizer(place=TokenPlace("x-token", "")).authenticate({"authorization": "Basic x"}) is None


async def test_another_header_without_a_prefix():
    found = authorizer(place=TokenPlace("x-token", ""))
    assert await found.authenticate({"x-token": TOKEN})
    with pytest.raises(InvalidToken):
        await found.authenticate({"x-token": f"Bearer {TOKEN}"})


async def test_where_nobody_can_sign_in_headers_are_not_looked_at():
    assert await Authorizer().authenticate({"authorization": "Bearer nonsense"}) is None


@pytest.mark.parametrize(
    ("claims", "path", "scopes"),
    [
        (None, ["scope"], []),
        ({}, ["scope"], []),
        ({"scope": "a  b\tc"}, ["scope"], ["a", "b", "c"]),
        ({"scope": ["a", "b c", 7, None, ["d"]]}, ["scope"], ["a", "b c"]),
        ({"scope": {"a": 1}}, ["scope"], []),
        ({"scope": 7}, ["scope"], []),
        ({"realm_access": {"roles": ["x"]}}, ["realm_access", "roles"], ["x"]),
        ({"realm_access": "roles"}, ["realm_access", "roles"], []),
        ({"https://x.test/scopes": "a"}, ["https://x.test/scopes"], ["a"]),
    ],
)
def test_scopes_are_text_or_a_list(claims: Any, path: list[str], scopes: list[str]):
    assert scopes_in(claims, path) == frozenset(scopes)


def scopes(*groups: str) -> Rule:
    return Rule(RuleKind.SCOPES, frozenset(frozenset(group.split()) for group in groups))


@pytest.mark.parametrize(
    ("claims", "unmet"),
    [
        (None, {AUTHENTICATED, scopes("a"), scopes("a b", "c")}),
        ({}, {scopes("a"), scopes("a b", "c")}),
        ({"scope": "a"}, {scopes("a b", "c")}),
        ({"scope": "b c"}, {scopes("a")}),
        ({"scope": "a b"}, set()),
        ({"scope": "A B C"}, {scopes("a"), scopes("a b", "c")}),
    ],
)
async def test_rules_that_are_unmet(claims: Any, unmet: set[Rule]):
    rules = frozenset({AUTHENTICATED, scopes("a"), scopes("a b", "c")})
    assert await Authorizer().unmet(rules, claims, {}) == unmet


async def test_without_a_function_no_policy_holds_and_no_alternative_at_all_never_does():
    policy = Rule(RuleKind.POLICIES, frozenset({frozenset({"p"})}))
    impossible = Rule(RuleKind.SCOPES)
    assert await Authorizer().unmet(frozenset({policy, impossible}), {"scope": "p"}, {}) == {policy, impossible}
