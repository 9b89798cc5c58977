"""Times as the services store and answer them: UTC to the second, `2026-09-30T17:05:11Z`. As text they sort by time."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """The present moment."""
    return timestamp(datetime.now(UTC).timestamp())


def now_in_ms() -> str:
    """The present moment of an event: `2026-09-30T17:05:11.042Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def timestamp(seconds: float) -> str:
    """Seconds since 1970, rounded down."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
