"""What is tried again, and after how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from httpx import Headers

from gateway.services.errors import (
    CircuitOpen,
    DeadlineExceeded,
    MalformedSourceResponse,
    ServiceBusy,
    SourceError,
    SourceHttpError,
    SourceResponseTooLarge,
    SourceTimeout,
    SourceUnreachable,
)
from gateway.services.policy.options import RetryOptions
from gateway.services.policy.retry import read_retry_after_s, retry_wait_s

OPTIONS = RetryOptions(max_retries=3, backoff_s=0.1, max_backoff_s=0.3, max_retry_after_s=0.5)
NO_CONNECTION = SourceUnreachable("a", "m")


def status(code: int, retry_after_s: float | None = None) -> SourceHttpError:
    return SourceHttpError("a", "m", code, retry_after_s)


@pytest.mark.parametrize(
    ("error", "safe"),
    [
        (NO_CONNECTION, True),
        (status(502), True),
        (status(503), True),
        (status(504), True),
        (SourceUnreachable("a", "m", answer_began=True), False),
        (status(500), False),
        (status(501), False),
        (status(400), False),
        (status(404), False),
        (status(429), False),
        (status(302), False),
        (SourceTimeout("a", "m"), False),
        (DeadlineExceeded("a", "m"), False),
        (MalformedSourceResponse("a", "m"), False),
        (SourceResponseTooLarge("a", "m"), False),
        (ServiceBusy("a", "m"), False),
        (CircuitOpen("a", "m"), False),
        (SourceError("a", "m"), False),
    ],
)
def test_only_what_was_surely_not_answered_is_tried_again(error: SourceError, safe: bool) -> None:
    assert (retry_wait_s(error, 0, OPTIONS) is not None) == safe


@pytest.mark.parametrize(
    ("tries", "jitter", "wait_s"),
    [(0, 1.0, 0.1), (1, 1.0, 0.2), (2, 1.0, 0.3), (0, 0.0, 0.0), (1, 0.5, 0.1), (3, 1.0, None), (9, 1.0, None)],
)
def test_the_wait_doubles_up_to_its_bound_and_is_random_below(tries: int, jitter: float, wait_s: float | None) -> None:
    """As often as is allowed."""
    assert retry_wait_s(NO_CONNECTION, tries, OPTIONS, lambda: jitter) == (
        None if wait_s is None else pytest.approx(wait_s)
    )


@pytest.mark.parametrize(
    ("asked_s", "wait_s"), [(0.0, 0.05), (0.02, 0.05), (0.4, 0.4), (0.5, 0.5), (0.51, None), (30.0, None)]
)
def test_a_short_retry_after_is_waited_for_and_a_long_one_obeyed(asked_s: float, wait_s: float | None) -> None:
    """It is never shorter than the backoff."""
    assert retry_wait_s(status(503, asked_s), 0, OPTIONS, lambda: 0.5) == wait_s


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2.0), ("0", 0.0), (" 7 ", 7.0), ("-1", None), ("1.5", None), ("soon", None), ("", None), ("٣", None)],
)
def test_retry_after_is_read_as_seconds(value: str, seconds: float | None) -> None:
    """Whatever the case of its name; what is neither seconds nor a date says nothing."""
    assert read_retry_after_s(Headers({"retry-after": value.encode()})) == seconds


def test_retry_after_is_read_as_a_date() -> None:
    at = datetime.now(UTC) + timedelta(seconds=60)
    assert read_retry_after_s({"Retry-After": format_datetime(at, usegmt=True)}) == pytest.approx(60, abs=5)
    assert read_retry_after_s({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0


def test_without_the_header_nothing_is_asked() -> None:
    assert read_retry_after_s({}) is None
