"""The authorizer, as the configuration says: tokens, keys and the operator's policies put together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from gateway.authorization.authorizer import Authorizer, TokenPlace
from gateway.authorization.keys import Keys, KeySet, SecretKeys, parse_key_set, read_file, read_url
from gateway.authorization.policies import Hook, Policies
from gateway.authorization.tokens import Tokens
from gateway.federation.access import RuleKind
from gateway.federation.errors import Problem, SchemaError
from gateway.federation.supergraph import Supergraph
from gateway.importing import CannotImport, import_attribute
from gateway.settings.authorization import AuthorizationSection, JwtSection

INVALID_AUTHORIZATION = "INVALID_AUTHORIZATION"
INCOMPLETE = "AUTHORIZATION_INCOMPLETE"
_LEAST_SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}


def open_authorizer(section: AuthorizationSection | None) -> Authorizer | None:
    """None when nothing is configured. Close what you get. Raises SchemaError for what cannot be had."""
    if section is None:
        return None
    policies = (
        None if section.policies is None else Policies(_import_hook(section.policies), section.policies_timeout_s)
    )
    jwt = section.jwt
    if jwt is None:
        return Authorizer(None, policies, mode=section.mode)
    tokens = Tokens(jwt.to_tokens(), _open_keys(jwt))
    place = TokenPlace(jwt.header, jwt.prefix)
    return Authorizer(tokens, policies, place=place, scopes_claim=jwt.scopes_claim, mode=section.mode)


def check_configured(supergraph: Supergraph, section: AuthorizationSection | None) -> None:
    """Raises SchemaError when the graph has rules and nothing says who fulfils them."""
    if supergraph.access and section is None:
        message = (
            f"the graph has {_listing(supergraph)}, and nothing is configured that could fulfil them; add the section"
            " 'authorization', with 'jwt' to sign requesters in (docs/authorization.md)"
        )
        raise SchemaError([Problem("AUTHORIZATION_NOT_CONFIGURED", message)])


def missing_parts(supergraph: Supergraph, section: AuthorizationSection | None) -> Iterator[Problem]:
    """What is configured too little to let anybody fulfil the graph's rules. No error: they are unmet then."""
    if section is None:
        return
    kinds = {rule.kind for rule in supergraph.access.all_rules()}
    if kinds & {RuleKind.AUTHENTICATED, RuleKind.SCOPES} and section.jwt is None:
        yield Problem(INCOMPLETE, "the graph has rules that need a token, but none can be checked: nobody fulfils them")
    if RuleKind.POLICIES in kinds and section.policies is None:
        yield Problem(INCOMPLETE, "the graph has @policy, but no function decides policies: none of them holds")


def _listing(supergraph: Supergraph) -> str:
    kinds = {rule.kind for rule in supergraph.access.all_rules()}
    return ", ".join(f"@{kind.value}" for kind in RuleKind if kind in kinds)


def _import_hook(name: str) -> Hook:
    module, _, function = name.partition(":")
    try:
        found = import_attribute(module, function)
    except CannotImport as error:
        raise SchemaError([Problem(INVALID_AUTHORIZATION, f"authorization.policies: {error}")]) from error
    if not callable(found):
        raise SchemaError([Problem(INVALID_AUTHORIZATION, f"authorization.policies: '{name}' is no function")])
    return cast("Hook", found)


def _open_keys(section: JwtSection) -> Keys:
    if section.jwks is None:
        return SecretKeys(_read_secret(section))
    if "://" in section.jwks:
        return KeySet(read_url(section.jwks), section.to_key_set())
    path = Path(section.jwks)
    try:
        parse_key_set(_read("jwks", path.read_bytes))
    except ValueError as error:
        message = 'authorization.jwt.jwks: the file holds no key set: {"keys": [...]} in JSON'
        raise SchemaError([Problem(INVALID_AUTHORIZATION, message)]) from error
    return KeySet(read_file(path), section.to_key_set())


def _read_secret(section: JwtSection) -> bytes:
    if section.secret_variable is not None:
        setting, secret = "secret_variable", os.environ.get(section.secret_variable, "").encode()
    else:
        assert section.secret_file is not None
        setting, secret = "secret_file", _read("secret_file", section.secret_file.read_bytes).rstrip(b"\r\n")
    least = max(_LEAST_SECRET_BYTES[algorithm] for algorithm in section.algorithms)
    if len(secret) < least:
        message = f"authorization.jwt.{setting}: the secret must have at least {least} bytes, and has {len(secret)}"
        raise SchemaError([Problem(INVALID_AUTHORIZATION, message)])
    return secret


def _read(setting: str, read: Callable[[], bytes]) -> bytes:
    try:
        return read()
    except OSError as error:
        message = f"authorization.jwt.{setting}: the file cannot be read: {error.strerror}"
        raise SchemaError([Problem(INVALID_AUTHORIZATION, message)]) from error
