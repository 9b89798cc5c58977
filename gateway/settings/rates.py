"""`rate_limits`: what each client may send in a window of time."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from gateway.admission.clients import ClientSettings
from gateway.admission.rates import ClassLimits, RateSettings
from gateway.settings.values import HeaderName, Section, split_list


def _check_network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("must be an address or a network, as in 10.0.0.0/8") from None
    return text


def _check_redis(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return url


Rate = Annotated[str, Field(pattern=r"^[1-9][0-9]*/([1-9][0-9]*)?(second|minute|hour|day)$")]
Network = Annotated[str, AfterValidator(_check_network)]
RedisUrl = Annotated[SecretStr, AfterValidator(_check_redis)]


class RateClassSection(Section):
    """What each client of one class may send. Rates are written `100/minute` or `20/10second`."""

    requests: Rate | None = None
    """Requests in a window; more get 429 with the code RATE_LIMITED. Without it, any number."""
    cost: Rate | None = None
    """Estimated cost of all operations in a window; more get 429 with the code COST_BUDGET_SPENT."""
    clients: Annotated[tuple[SecretStr, ...], BeforeValidator(split_list)] = ()
    """Values of `header` whose senders belong to this class."""


class RateLimitsSection(Section):
    """What each client may send in a window of time. Without `classes`, anything."""

    header: HeaderName | None = None
    """Header that names the client, an API key for example. Without it, or where it is missing, the address does."""
    unlisted: bool = False
    """Values of `header` that no class lists name clients too. Only where a proxy checks them; otherwise whoever makes
    up a new value each time is never limited."""
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(split_list)] = ()
    """Networks of the proxies before the gateway, whose `X-Forwarded-For` is believed."""
    redis_url: RedisUrl | None = None
    """Redis in which all replicas count together, as in `redis://:${REDIS_PASSWORD}@redis:6379/0`; without it, each
    counts for itself. Needs the extra `redis`."""
    classes: dict[str, RateClassSection] = Field(default={})
    """Classes of clients by name; `default` is for those that no class lists."""

    def to_rates(self) -> RateSettings | None:
        """The same as the value that admission takes; None when nothing is limited."""
        if not self.classes:
            return None
        classes = {
            name: ClassLimits(c.requests, c.cost, tuple(value.get_secret_value() for value in c.clients))
            for name, c in self.classes.items()
        }
        listed = frozenset(value for c in classes.values() for value in c.clients)
        clients = ClientSettings(self.header, self.unlisted, self.trusted_proxies, listed)
        url = None if self.redis_url is None else self.redis_url.get_secret_value()
        return RateSettings(clients, url, classes)
