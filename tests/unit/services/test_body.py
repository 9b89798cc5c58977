"""Bodies of one service: small ones are read side by side, large ones in turn; what is refused is held by nobody."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator

import pytest

from gateway.services.body import BodyReading, BodyTooLarge, UnreadableBody

pytestmark = pytest.mark.anyio

SMALL = 1000
MEGABYTE = 1_000_000
LARGE = bytes(range(250)) * 40


class Wire:
    """A body on its way: pieces, with a pause before the last until it is let go. begun: when the first is read."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self.read = 0
        self.go = asyncio.Event()

    async def chunks(self) -> AsyncIterator[bytes]:
        for index, piece in enumerate(self._pieces):
            if index == len(self._pieces) - 1:
                await self.go.wait()
            self.read += 1
            yield piece


async def turns() -> None:
    """Let everything go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_of_large_bodies_one_is_read_at_a_time() -> None:
    """The second waits from where it turns out to be large, until the first is done. Small ones do not wait."""
    reading = BodyReading(SMALL)
    first, second, small = Wire(LARGE, LARGE), Wire(LARGE, LARGE, LARGE), Wire(b"12", b"345")
    tasks = [asyncio.create_task(reading.read(wire.chunks(), "", MEGABYTE)) for wire in (first, second)]
    await turns()
    assert (first.read, second.read) == (1, 1)
    small.go.set()
    assert await reading.read(small.chunks(), "", MEGABYTE) == b"12345"
    second.go.set()
    await turns()
    assert second.read == 1
    first.go.set()
    assert await asyncio.gather(*tasks) == [LARGE * 2, LARGE * 3]


@pytest.mark.parametrize("ending", ["cancelled", "too large", "unreadable"])
async def test_a_large_body_that_comes_to_nothing_lets_the_next_one_in(ending: str) -> None:
    reading = BodyReading(SMALL)
    packed = gzip.compress(LARGE * 50)
    half = len(packed) // 2
    first = {
        "cancelled": Wire(LARGE, LARGE),
        "too large": Wire(LARGE, LARGE * 100),
        "unreadable": Wire(packed[:half], b"\0" * half),
    }[ending]
    encoding = "gzip" if ending == "unreadable" else ""
    task = asyncio.create_task(reading.read(first.chunks(), encoding, MEGABYTE))
    await turns()
    second = Wire(LARGE, LARGE)
    waiting = asyncio.create_task(reading.read(second.chunks(), "", MEGABYTE))
    second.go.set()
    await turns()
    assert not waiting.done()
    first.go.set()
    if ending == "cancelled":
        task.cancel()
    with pytest.raises((asyncio.CancelledError, BodyTooLarge, UnreadableBody)):
        await task
    assert await waiting == LARGE * 2


@pytest.mark.parametrize("piece_bytes", [1, 7, 100, 1_000_000])
async def test_a_large_compressed_body_is_whole_in_any_pieces(piece_bytes: int) -> None:
    """Also where it becomes large in the midst of a piece."""
    packed = gzip.compress(LARGE * 3)
    wire = Wire(*(packed[at : at + piece_bytes] for at in range(0, len(packed), piece_bytes)))
    wire.go.set()
    assert await BodyReading(SMALL).read(wire.chunks(), "gzip", len(LARGE) * 3) == LARGE * 3


@pytest.mark.parametrize("encoding", ["", "gzip"])
async def test_whoever_keeps_the_error_does_not_keep_the_body(encoding: str) -> None:
    """Errors hold the frames that they passed through, and are held until garbage is collected."""
    body = bytes(10 * MEGABYTE)
    pieces = [gzip.compress(body)] if encoding else [body[:MEGABYTE] for _ in range(10)]
    del body
    tracemalloc.start()
    kept: list[BaseException] = []
    for _ in range(5):
        wire = Wire(*pieces)
        wire.go.set()
        try:
            await BodyReading(SMALL).read(wire.chunks(), encoding, 5 * MEGABYTE)
        except BodyTooLarge as error:
            kept.append(error)
    held_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(kept) == 5
    assert held_bytes < MEGABYTE
