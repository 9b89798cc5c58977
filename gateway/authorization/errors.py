"""TokenError: a request brings a token that cannot be believed. Nothing is done for it.

Clients learn whether a token has expired, since they can get another one, and nothing else: each further word would
help whoever tries tokens out.
"""

from __future__ import annotations

from gateway.errors import BraidError


class TokenError(BraidError):
    """The base of this family. challenge: what `WWW-Authenticate` says behind the scheme."""

    challenge = ""


class InvalidToken(TokenError):
    """Malformed, signed by nobody we know, or meant for somebody else."""

    code = "TOKEN_INVALID"
    challenge = 'error="invalid_token", error_description="The token is not valid."'

    def __init__(self) -> None:
        super().__init__("The token is not valid.")


class ExpiredToken(TokenError):
    """It was valid."""

    code = "TOKEN_EXPIRED"
    challenge = 'error="invalid_token", error_description="The token has expired."'

    def __init__(self) -> None:
        super().__init__("The token has expired.")


class KeysUnavailable(TokenError):
    """No token can be checked, since the keys cannot be had. Our fault, not the client's."""

    code = "TOKEN_KEYS_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("Tokens cannot be checked at the moment; please try again.")
