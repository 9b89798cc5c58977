"""Authorizer: from a request's headers to the rules of the graph that it does not fulfil."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from gateway.authorization.errors import InvalidToken
from gateway.authorization.policies import Policies
from gateway.authorization.tokens import Claims, Tokens
from gateway.federation.access import NO_RULES, Rules, policies_in

Mode = Literal["filter", "reject", "observe"]
"""What becomes of an operation that asks for more than it may see: answered without that, refused, or only counted."""


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where a request has its token. header: lower case. prefix: what stands before it, "" for nothing."""

    header: str = "authorization"
    prefix: str = "Bearer"


class Authorizer:
    """Decides for one gateway.

    tokens:   None when nobody can sign in.
    policies: None when no policy ever holds.
    scopes_claim: the way to the claim that lists scopes, from the outside in.
    """

    def __init__(
        self,
        tokens: Tokens | None = None,
        policies: Policies | None = None,
        *,
        place: TokenPlace | None = None,
        scopes_claim: Sequence[str] = ("scope",),
        mode: Mode = "filter",
    ) -> None:
        self.mode: Mode = mode
        self.place = place or TokenPlace()
        self._tokens = tokens
        self._policies = policies
        self._scopes_claim = tuple(scopes_claim)

    async def authenticate(self, headers: Mapping[str, str]) -> Claims | None:
        """The claims of the request's token; None without one, at once. Raises TokenError.

        headers: lower-case names, repeated ones joined by ", ", which no token can have in it.
        """
        value = headers.get(self.place.header, "")
        if not value or self._tokens is None:
            return None
        return await self._tokens.check(self._token_in(value))

    def _token_in(self, value: str) -> str:
        if not self.place.prefix:
            return value.strip()
        scheme, _, token = value.strip().partition(" ")
        if scheme.lower() != self.place.prefix.lower():
            raise InvalidToken
        return token.strip()

    async def unmet(self, rules: Rules, claims: Claims | None, headers: Mapping[str, str]) -> Rules:
        """Those of the rules that a request with these claims and headers does not fulfil."""
        if not rules:
            return NO_RULES
        asked = policies_in(rules)
        holding = frozenset[str]()
        if asked and self._policies is not None:
            holding = await self._policies.holding(asked, claims, headers)
        scopes = scopes_in(claims, self._scopes_claim)
        return frozenset(
            rule for rule in rules if not rule.holds(authenticated=claims is not None, scopes=scopes, policies=holding)
        )

    async def close(self) -> None:
        """Stop what is under way."""
        if self._tokens is not None:
            await self._tokens.close()
        if self._policies is not None:
            await self._policies.close()


def scopes_in(claims: Claims | None, path: Sequence[str]) -> frozenset[str]:
    """The scopes that claims list: as text separated by spaces (RFC 8693), or as a list of texts; else none."""
    value: Any = claims
    for name in path:
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset(value.split())
    if isinstance(value, list):
        return frozenset(item for item in cast("list[Any]", value) if isinstance(item, str))
    return frozenset()
