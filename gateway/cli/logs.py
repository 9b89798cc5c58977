"""Where the gateway's log lines go when a command runs it: standard error, JSON unless someone is watching."""

from __future__ import annotations

import sys
from typing import Any

import structlog


def log_to_stderr() -> None:
    """Send log entries to standard error: in colour on a terminal, else one JSON object a line."""
    terminal = sys.stderr.isatty()
    renderers: list[Any] = [structlog.dev.ConsoleRenderer()] if terminal else [structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
