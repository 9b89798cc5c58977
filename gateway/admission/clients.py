"""Who a client is: a name for its rate limits, made of what it sends and where it comes from.

A name holds no secret: of a header's value, an API key mostly, it holds a digest. An address is believed only from the
connection itself, or from a proxy that is trusted.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

FORWARDED = "x-forwarded-for"
UNKNOWN = "address:unknown"

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """header: whose value names the client, lower case; None for addresses only.

    unlisted: values that no class lists name a client too. Otherwise they count as the address that they come from,
              for whoever makes up a new value each time would be a new client each time.
    trusted_proxies: networks whose `X-Forwarded-For` is believed.
    listed:   values of the header that classes list.
    """

    header: str | None = None
    unlisted: bool = False
    trusted_proxies: tuple[str, ...] = ()
    listed: frozenset[str] = field(default_factory=frozenset[str])


class Clients:
    """Finds names."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._proxies = tuple(ipaddress.ip_network(network) for network in settings.trusted_proxies)

    def name(self, headers: Mapping[str, str], peer: str) -> str:
        """The client's name.

        headers: lower-case names, repeated ones joined by ", ". peer: the address of the connection.
        """
        settings = self._settings
        if settings.header is not None:
            value = headers.get(settings.header, "")
            if value and (settings.unlisted or value in settings.listed):
                return name_of_value(value)
        return _name_of_address(self._find_address(headers.get(FORWARDED, ""), peer))

    def _find_address(self, forwarded: str, peer: str) -> str:
        """The nearest address that is no trusted proxy's: each proxy appends the one that it was called from."""
        if not self._proxies:
            return peer
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        address = peer
        while hops and self._is_trusted(address):
            address = hops.pop()
        return address

    def _is_trusted(self, address: str) -> bool:
        return _is_in(address, self._proxies)


@lru_cache(maxsize=4096)
def name_of_value(value: str) -> str:
    """The name of a client with this value of the header."""
    return "key:" + hashlib.sha256(value.encode()).hexdigest()[:32]


@lru_cache(maxsize=4096)
def _is_in(address: str, networks: tuple[_Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


@lru_cache(maxsize=4096)
def _name_of_address(address: str) -> str:
    """Of an IPv6 address its first 64 bits: a subscriber has all the others."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return f"address:{found.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((found, 64), strict=False).network_address}/64"
    return f"address:{found}"
