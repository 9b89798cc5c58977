"""`authorization`: who may see what of a graph with `@authenticated`, `@requiresScopes` or `@policy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gateway.authorization.authorizer import Mode
from gateway.authorization.keys import KeySetOptions
from gateway.authorization.tokens import TokenOptions
from gateway.settings.values import HeaderName, Seconds, Section, split_list

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _check_jwks(text: str) -> str:
    if "://" not in text:
        return text
    parts = urlsplit(text)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("must be an https URL, or the path of a file: whoever can change the keys can be anybody")
    if not parts.hostname or parts.username or parts.password:
        raise ValueError("must be an https URL with a host and without a user name or password")
    return text


def _as_path(value: object) -> object:
    """One claim's name is a path of one."""
    return [value] if isinstance(value, str) else value


# fmt: off
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"
]
# fmt: on
NameList = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(split_list), Field(min_length=1)]
FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")]


class JwtSection(Section):
    """How JSON Web Tokens are checked. `exp`, `iss` and `aud` must be in every token."""

    algorithms: Annotated[tuple[Algorithm, ...], BeforeValidator(split_list), Field(min_length=1)]
    """Algorithms that are accepted; what a token says of itself chooses among these only. HS algorithms need a secret,
    all others a key set; both at once are refused."""
    issuers: NameList
    """Values of `iss`, of which a token must have one."""
    audiences: NameList
    """Values of `aud`, of which a token must have one: what this graph is called by who issues tokens."""
    jwks: Annotated[str, Field(min_length=1), AfterValidator(_check_jwks)] | None = None
    """The issuer's public keys as a JSON Web Key Set: an https URL, or a file."""
    jwks_timeout_s: Seconds = 2.0
    """Seconds that reading the keys may take. Only requests with a token wait for it, and only while a key is missing.
    """
    jwks_refresh_s: Seconds = 300.0
    """Seconds after which the keys are read again, beside the requests."""
    jwks_retry_s: Seconds = 10.0
    """The least time from one reading to the next. A token that names an unknown key makes the keys be read again, so
    a key that was added is known after that time at the latest."""
    jwks_stale_s: Seconds = 86_400.0
    """Seconds for which keys are used that could not be read again. After that tokens get 503."""
    secret_variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """Environment variable that holds the secret for HS algorithms: at least 32 bytes, 48 for HS384, 64 for HS512."""
    secret_file: Path | None = None
    """File that holds the secret, in place of a variable; a newline at its end is not part of it."""
    header: HeaderName = "authorization"
    """Header that holds the token."""
    prefix: Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]*$")] = "Bearer"
    """What stands before the token, with a space between; empty for nothing."""
    scopes_claim: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_as_path), Field(min_length=1)
    ] = ("scope",)
    """The claim with the requester's scopes, text separated by spaces or a list; a list of names is the way to a claim
    within claims, as `[realm_access, roles]`."""
    leeway_s: Annotated[float, Field(ge=0, le=300)] = 5.0
    """Seconds by which the issuer's clock may differ from this one."""

    @model_validator(mode="after")
    def _check_keys(self) -> JwtSection:
        sources = [self.jwks, self.secret_variable, self.secret_file]
        if sum(source is not None for source in sources) != 1:
            raise ValueError("needs exactly one of 'jwks', 'secret_variable' and 'secret_file'")
        symmetric = {algorithm.startswith("HS") for algorithm in self.algorithms}
        if symmetric != {self.jwks is None}:
            raise ValueError("'algorithms' must be HS ones with a secret, and others with 'jwks': never both")
        return self

    def to_tokens(self) -> TokenOptions:
        """The same as the value that checks tokens."""
        return self.to_options(TokenOptions)

    def to_key_set(self) -> KeySetOptions:
        """The same as the value that reads keys."""
        return KeySetOptions(self.jwks_timeout_s, self.jwks_refresh_s, self.jwks_retry_s, self.jwks_stale_s)


class AuthorizationSection(Section):
    """Who may see what of a graph with `@authenticated`, `@requiresScopes` or `@policy`. Such a graph is not served
    without this section; an empty one shows everybody what has no rules."""

    jwt: JwtSection | None = None
    """How tokens are checked; without it nobody is signed in."""
    policies: FunctionName | None = None
    """Python function `package.module:function` that says which policies hold for a request; without it none does."""
    policies_timeout_s: Seconds = 1.0
    """Seconds that it may take; after them no policy holds."""
    reject_unauthorized: bool = False
    """Refuse an operation that asks for something which its sender may not see, instead of answering the rest."""
    dry_run: bool = False
    """Only count and log what would be denied, and answer everything. To see what rules would do before they do it."""

    @model_validator(mode="after")
    def _check_mode(self) -> AuthorizationSection:
        if self.reject_unauthorized and self.dry_run:
            raise ValueError("'reject_unauthorized' and 'dry_run' exclude each other")
        return self

    @property
    def mode(self) -> Mode:
        return "reject" if self.reject_unauthorized else "observe" if self.dry_run else "filter"
