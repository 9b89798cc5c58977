"""Clients' names: nobody can take another's, or a new one for each request."""

from __future__ import annotations

import pytest

from gateway.admission.clients import Clients, ClientSettings, name_of_value

PROXIES = ("10.0.0.0/8", "fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "unknown"),
        ("", "", "unknown"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("fd00::1", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "", "203.0.113.7"),
    ],
)
def test_address_is_the_nearest_that_no_trusted_proxy_has(peer: str, forwarded: str, address: str) -> None:
    """What stands further left in the header is the client's own claim."""
    clients = Clients(ClientSettings(trusted_proxies=PROXIES))
    assert clients.name({"x-forwarded-for": forwarded} if forwarded else {}, peer) == f"address:{address}"


def test_forwarded_addresses_are_not_believed_without_trusted_proxies() -> None:
    assert Clients(ClientSettings()).name({"x-forwarded-for": "192.0.2.1"}, "10.0.0.1") == "address:10.0.0.1"


@pytest.mark.parametrize(
    ("unlisted", "value", "name"),
    [
        (False, "known", name_of_value("known")),
        (False, "made up", "address:192.0.2.1"),
        (True, "made up", name_of_value("made up")),
        (True, "", "address:192.0.2.1"),
    ],
)
def test_value_of_the_header_names_its_sender_if_it_is_known(unlisted: bool, value: str, name: str) -> None:
    """Otherwise a new value for each request would be a way around every limit."""
    clients = Clients(ClientSettings("x-api-key", unlisted, listed=frozenset({"known"})))
    assert clients.name({"x-api-key": value}, "192.0.2.1") == name


def test_name_does_not_tell_the_key() -> None:
    assert "hunter2" not in name_of_value("hunter2")
