"""`braid relay` as a process: killed at any moment, ended by a signal, and beside another one."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.events import MemoryLog
from tests.unit.events.log_server import serve_log
from tests.unit.events.relay_rigs import PARTITIONS, KafkaRelayRig, NatsRelayRig, RelayRig, arrived, check_once_in_order

pytestmark = pytest.mark.anyio

KILLS = 4
EVENTS = 3500
"""For each of them. The mock broker forgets what is more than 5 MB in a partition."""
CONFIG = """
subgraphs:
  things: {{url: "{url}"}}
projections:
  events: {kind}
  {kind}: {{{address}, partitions: {partitions}}}
  streams: {{things: "{url}"}}
"""


@pytest.fixture(params=["nats", "kafka"])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RelayRig]:
    made = NatsRelayRig(tmp_path / "nats") if request.param == "nats" else KafkaRelayRig(tmp_path)
    yield made
    await made.close()


class Command:
    """A running `braid relay`."""

    def __init__(self, directory: Path, url: str, rig: RelayRig) -> None:
        config = directory / "braid.yaml"
        kind, address = ("nats", "url") if isinstance(rig, NatsRelayRig) else ("kafka", "bootstrap")
        where = f'{address}: "{getattr(rig.broker, address)}"'
        config.write_text(CONFIG.format(url=url, kind=kind, address=where, partitions=PARTITIONS))
        self._lines = directory / f"lines-{random.getrandbits(48):x}"
        with self._lines.open("wb") as out:
            command = [sys.executable, "-m", "gateway.cli", "relay", "--config", str(config), "--json"]
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)

    async def until(self, position: int) -> None:
        """It has said that it is that far."""
        async with asyncio.timeout(60):
            while not any(line["position"] >= position for line in self.lines()):
                assert self.process.poll() is None
                await asyncio.sleep(0.01)

    def lines(self) -> list[dict[str, int]]:
        """What it has said; a line that is not whole yet is not there yet."""
        return [json.loads(line) for line in self._lines.read_text().split("\n")[:-1]]

    async def end(self, number: signal.Signals) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        code = await asyncio.to_thread(self.process.wait, 60)
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read().decode()
        self.process.stderr.close()
        return code


def tell(log: MemoryLog, times: int) -> None:
    for number in range(times):
        log.append("thing.changed.v1", f"s-{number % 40}", b"{}")


async def arrive(rig: RelayRig, events: int) -> None:
    """Wait until so many are in the broker."""
    async with asyncio.timeout(60):
        while await rig.count() < events:  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.002)


async def test_killed_at_any_moment_it_loses_and_repeats_nothing(rig: RelayRig, tmp_path: Path) -> None:
    """kill -9, with events on their way into several partitions."""
    log = MemoryLog()
    chance = random.Random(3)
    mid_stream = 0
    async with serve_log(log) as url:
        for _ in range(KILLS):
            before = await rig.count()
            tell(log, EVENTS)
            command = Command(tmp_path, url, rig)
            await arrive(rig, before + chance.randrange(1, EVENTS // 3))
            assert await command.end(signal.SIGKILL) == -signal.SIGKILL
            mid_stream += before < await rig.count() < log.head
        last = Command(tmp_path, url, rig)
        await last.until(log.head)
        assert await last.end(signal.SIGTERM) == 0
    assert mid_stream >= KILLS / 2  # now and then it is faster than its killer
    check_once_in_order(await arrived(rig.broker), log.behind(0, log.head))


async def test_a_signal_ends_it(rig: RelayRig, tmp_path: Path) -> None:
    log = MemoryLog()
    tell(log, 3)
    async with serve_log(log) as url:
        for number in (signal.SIGTERM, signal.SIGINT):
            command = Command(tmp_path, url, rig)
            await command.until(3)
            assert await command.end(number) == 0
            assert command.errors == ""
    said = command.lines()[-1]
    assert said == {"stream": "things", "position": 3, "head": 3, "sent": 0, "problem": None, "is_over": False}


async def test_of_two_one_ends(rig: RelayRig, tmp_path: Path) -> None:
    """And tells why; whichever goes on, every event arrives once."""
    if isinstance(rig, KafkaRelayRig):
        pytest.skip("the mock broker fences nobody; test_kafka.py tells the outlet that it was fenced")
    log = MemoryLog()
    tell(log, 10)
    async with serve_log(log) as url:
        commands = [Command(tmp_path, url, rig) for _ in range(2)]
        for command in commands:
            await command.until(10)
        async with asyncio.timeout(60):
            while all(command.process.poll() is None for command in commands):
                tell(log, 5)
                await asyncio.sleep(0.02)
        loser = next(command for command in commands if command.process.poll() is not None)
        (winner,) = [command for command in commands if command is not loser]
        assert await loser.ended() == 1
        assert "Another relay writes the events of 'things'" in loser.errors
        tell(log, 5)
        await winner.until(log.head)
        assert await winner.end(signal.SIGTERM) == 0
    check_once_in_order(await arrived(rig.broker), log.behind(0, log.head))


async def test_a_feed_made_anew_ends_it(rig: RelayRig, tmp_path: Path) -> None:
    log = MemoryLog()
    tell(log, 5)
    async with serve_log(log) as url:
        command = Command(tmp_path, url, rig)
        await command.until(5)
        log.rewrite()
        tell(log, 9)
        assert await command.ended() == 1
    assert "The feed of 'things' has begun anew" in command.errors
    assert os.environ.get("BRAID_DEBUG") or "Traceback" not in command.errors
