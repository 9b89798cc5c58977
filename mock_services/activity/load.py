"""Load: commands to a running shop at a given rate, many at once, each done exactly once whatever happens meanwhile.

    async with Load(urls, random.Random(1)) as load:
        await load.run(rate=500, seconds=60)

A command that gets no answer, or hears that the service cannot, is sent again with the same Idempotency-Key until it is
answered. Its key is its X-Request-Id, too: the event that it caused tells it as `correlationid`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from mock_services.kit.ports import PORTS

KNOWN = 200
PAUSE_S = 0.05
TIMEOUT_S = 10.0
PATIENCE_S = 60.0


class LoadFailed(Exception):
    """A command was refused, or not answered for a minute."""


@dataclass(frozen=True, slots=True)
class Command:
    """done: told the answer, when there is one."""

    service: str
    path: str
    body: Any
    done: Callable[[Any], None] = lambda answer: None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A command that was answered. position: of the service's feed then. Times are of time.time().

    tries: how often it was sent. late_s: how much later than planned that began.
    """

    key: str
    service: str
    path: str
    position: int
    sent_at: float
    answered_at: float
    tries: int
    late_s: float


@dataclass(slots=True)
class Shop:
    """What there is to be done, drawn at random. Each command is possible, changes something, and so has its event."""

    draws: random.Random
    customers: list[str] = field(default_factory=list[str])
    products: list[str] = field(default_factory=list[str])
    warehouses: dict[str, str] = field(default_factory=dict[str, str])
    placed: deque[str] = field(default_factory=deque[str])
    confirmed: deque[str] = field(default_factory=deque[str])
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def next(self, services: Mapping[str, Any]) -> Command:
        """Most concern orders; customers, products and stock are changed as far as their services are among these."""
        draw = self.draws.random()
        if draw < 0.04 and "customers" in services:
            return Command("customers", f"/customers/{self._customer()}/rename", {"name": f"Ida {next(self._numbers)}"})
        if 0.04 <= draw < 0.08 and "catalog" in services:
            amount = {"amount_cents": 10_000 + next(self._numbers)}
            return Command("catalog", f"/products/{self.draws.choice(self.products)}/price", amount)
        if 0.08 <= draw < 0.14 and "inventory" in services:
            product, warehouse = self.draws.choice(list(self.warehouses.items()))
            return Command("inventory", f"/stock/{product}/adjust", {"warehouse": warehouse, "change": 1})
        if draw >= 0.75 and self.confirmed:
            return Command("orders", f"/orders/{self._some(self.confirmed)}/ship", None)
        if draw >= 0.45 and self.placed:
            id = self._some(self.placed)
            if self.draws.random() < 0.1:
                return Command("orders", f"/orders/{id}/cancel", None)
            return Command("orders", f"/orders/{id}/confirm", None, lambda _: self.confirmed.append(id))
        return Command("orders", "/orders", self._order(), lambda answer: self.placed.append(answer["id"]))

    def _some(self, orders: deque[str]) -> str:
        """The one that has waited longest, or the last one: some go on at once."""
        return orders.popleft() if self.draws.random() < 0.5 else orders.pop()

    def _customer(self) -> str:
        return self.draws.choice(self.customers)

    def _order(self) -> Any:
        products = self.draws.sample(self.products, min(len(self.products), self.draws.randint(1, 3)))
        items = [{"product_id": product, "quantity": self.draws.randint(1, 3)} for product in products]
        return {"customer_id": self._customer(), "items": items}


class Load:
    """Sends commands; an async context manager. `acknowledged` has what was answered, in that order."""

    def __init__(self, urls: Mapping[str, str], draws: random.Random, *, at_once: int = 16) -> None:
        """urls: by service; `orders`, `customers` and `catalog` must be among them. at_once: commands under way."""
        self.acknowledged: list[Acknowledged] = []
        self.urls = dict(urls)
        self._shop = Shop(draws)
        self._at_once = at_once
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(TIMEOUT_S), trust_env=False
        )
        try:
            await self._look_around()
        except BaseException:
            await self._session.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def run(
        self, rate: float | None = None, *, seconds: float | None = None, commands: int | None = None
    ) -> list[Acknowledged]:
        """Send so many, or for so long; rate: a second, None: as soon as others are answered. Gives them, answered.

        Raises LoadFailed for a command that is refused: the shop is not as it told.
        """
        if commands is None:
            commands = round((rate or 0.0) * (seconds or 0.0))
        first, begun = len(self.acknowledged), time.monotonic()
        numbers = iter(range(commands))

        async def work() -> None:
            for number in numbers:
                due = begun + number / rate if rate else time.monotonic()
                await asyncio.sleep(due - time.monotonic())
                await self._carry_out(self._shop.next(self.urls), time.monotonic() - due)

        async with asyncio.TaskGroup() as workers:
            for _ in range(min(self._at_once, commands)):
                workers.create_task(work())
        return self.acknowledged[first:]

    async def _carry_out(self, command: Command, late_s: float) -> None:
        key = f"{self._shop.draws.getrandbits(96):024x}"
        sent_at, tries = time.time(), 1
        while (answer := await self._send(command, key)) is None:
            if time.time() - sent_at > PATIENCE_S:
                raise LoadFailed(f"{command.service} did not answer {command.path} for {PATIENCE_S:g} s")
            await asyncio.sleep(PAUSE_S)
            tries += 1
        body, position = answer
        command.done(body)
        self.acknowledged.append(
            Acknowledged(key, command.service, command.path, position, sent_at, time.time(), tries, late_s)
        )

    async def _send(self, command: Command, key: str) -> tuple[Any, int] | None:
        """What is answered, and the feed's position; None when the service cannot."""
        headers = {"idempotency-key": key, "x-request-id": key}
        url = self.urls[command.service] + command.path
        try:
            async with self._session.post(url, json=command.body, headers=headers) as answer:
                if answer.status >= 500:
                    return None
                if answer.status >= 400:
                    raise LoadFailed(f"{command.service} refused {command.path}: {await answer.text()}")
                return await answer.json(), int(answer.headers["x-position"].rpartition(":")[2])
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None

    async def _look_around(self) -> None:
        shop = self._shop
        shop.customers = [each["id"] for each in await self._items("customers", "/customers")]
        shop.products = [each["id"] for each in await self._items("catalog", "/products")]
        if "inventory" in self.urls:
            stock = await self._items("inventory", "/stock?product_ids=" + ",".join(shop.products))
            shop.warehouses = {each["product_id"]: each["warehouses"][0]["code"] for each in stock}

    async def _items(self, service: str, path: str) -> list[Any]:
        target = path if "?" in path else f"{path}?limit={KNOWN}"
        async with self._session.get(self.urls[service] + target) as answer:
            answer.raise_for_status()
            return (await answer.json())["items"]


def report(acknowledged: Sequence[Acknowledged], seconds: float) -> dict[str, float]:
    """Commands a second, and milliseconds: of their answers, and later than planned."""
    took = sorted((each.answered_at - each.sent_at) * 1000 for each in acknowledged)
    late = sorted(each.late_s * 1000 for each in acknowledged)
    last = len(acknowledged) - 1
    return {
        "commands": len(acknowledged),
        "rate": round(len(acknowledged) / seconds, 1),
        "answer_ms_p50": round(took[last // 2], 1),
        "answer_ms_p99": round(took[last * 99 // 100], 1),
        "late_ms_p99": round(late[last * 99 // 100], 1),
        "sent_again": sum(each.tries > 1 for each in acknowledged),
    }


async def _main(urls: Mapping[str, str], options: argparse.Namespace) -> dict[str, float]:
    async with Load(urls, random.Random(options.seed), at_once=options.at_once) as load:
        begun = time.monotonic()
        acknowledged = await load.run(options.rate, seconds=options.seconds)
        return report(acknowledged, time.monotonic() - begun)


def main() -> None:
    """`python -m mock_services.activity.load --rate 500 --seconds 60`: prints one line of JSON at the end."""
    parser = argparse.ArgumentParser(prog="python -m mock_services.activity.load", description=__doc__)
    parser.add_argument("service", nargs="*", help="NAME=URL of services elsewhere than usual")
    parser.add_argument("--rate", type=float, default=500.0, help="commands a second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="for how long (default: %(default)s)")
    parser.add_argument("--at-once", type=int, default=16, help="commands under way (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="same seed, same draws")
    options = parser.parse_args()
    usual = {name: f"http://127.0.0.1:{port}" for name, port in PORTS.items()}
    given = dict(text.split("=", 1) for text in options.service)
    json.dump(asyncio.run(_main(usual | given, options)), sys.stdout)
    print()


if __name__ == "__main__":
    main()
