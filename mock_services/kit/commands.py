"""Commands: each is carried out once, however often it is sent.

A client that got no answer sends the command again with the same Idempotency-Key. The answer is stored under the key in
the transaction of the change, so a key without an answer has no effect either. Refusals are answers, too. Commands with
the same key that arrive at once wait for each other, as all writing transactions do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mock_services.kit.clock import timestamp
from mock_services.kit.connection import Connection
from mock_services.kit.outbox import Origin, caused_by
from mock_services.kit.problems import Fault, Problem

KEY = "Idempotency-Key"
KEY_PATTERN = "^[A-Za-z0-9_.:-]{1,128}$"
KEY_RULE = "must be 1 to 128 of A-Z a-z 0-9 _ . : -"
_KEY = re.compile(KEY_PATTERN.strip("^$"))
REPLAYED = "Idempotency-Replayed"
POSITION = "X-Position"
KEPT = timedelta(days=1)
MAX_ORIGIN = 200

# subject: the id of what was changed or made, so that the answers about a person can be forgotten.
TABLES = """
CREATE TABLE answers (
    idempotency_key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, subject TEXT NOT NULL, answered_at TEXT NOT NULL,
    status INTEGER NOT NULL, headers TEXT NOT NULL, body TEXT
) WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (answered_at);
CREATE INDEX answers_by_subject ON answers (subject);
"""


@dataclass(frozen=True, slots=True)
class Command:
    """key: the client's name for it; None when it gave none. fingerprint: of all that was asked for."""

    key: str | None
    fingerprint: str
    origin: Origin

    @classmethod
    def of(cls, request: Request, body: Any) -> Command:
        """body: decoded, so that only its meaning counts. Raises Problem for a key in another form."""
        key = request.headers.get(KEY)
        if not is_key(key):
            fault = Fault("header", KEY_RULE, KEY)
            raise Problem(422, "INVALID_PARAMETER", f"{KEY} {fault.message}", [fault])
        return cls.named(key, f"{request.method} {request.url.path}", body, origin_of(request))

    @classmethod
    def named(cls, key: str | None, name: str, body: Any, origin: Origin) -> Command:
        """name: of what is to be done, `POST /orders`."""
        asked = f"{name}\n".encode() + msgspec.json.encode(body)
        return cls(key, hashlib.sha256(asked).hexdigest(), origin)


def is_key(key: str | None) -> bool:
    """Whether a command may have it; none is allowed, too."""
    return key is None or _KEY.fullmatch(key) is not None


def origin_of(request: Request) -> Origin:
    """As far as its headers tell."""
    said = [request.headers.get(name, "")[:MAX_ORIGIN] or None for name in ("x-request-id", "traceparent")]
    return Origin(*said)


def carry_out(db: Connection, command: Command, change: Callable[[], tuple[Response, str]]) -> Response:
    """The answer of `change`, and the id of what it changed; or what was answered to this command before.

    In a transaction. A Problem that `change` raises is an answer that undoes what it has written.
    """
    with caused_by(command.origin):
        if command.key is None:
            return _with_position(db, change()[0])
        return _known_answer(db, command) or _new_answer(db, command, change)


def forget_answers(db: Connection, subject: str) -> None:
    """Of what was answered about this aggregate, keep only that it was."""
    db.run("UPDATE answers SET body = NULL, headers = '{}' WHERE subject = :subject", {"subject": subject})


def _known_answer(db: Connection, command: Command) -> Response | None:
    row = db.one(
        "SELECT fingerprint, status, headers, body FROM answers WHERE idempotency_key = :key", {"key": command.key}
    )
    if row is None:
        return None
    fingerprint, status, headers, body = row
    if fingerprint != command.fingerprint:
        raise Problem(422, "IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another command")
    if body is None:
        raise Problem(410, "ERASED", "this was done; what it was about has been erased since")
    return Response(body, status, msgspec.json.decode(headers) | {REPLAYED: "true"})


def _new_answer(db: Connection, command: Command, change: Callable[[], tuple[Response, str]]) -> Response:
    db.run("SAVEPOINT command")
    try:
        answer, subject = change()
    except Problem as problem:
        db.run("ROLLBACK TO SAVEPOINT command")
        answer, subject = problem.response(), ""
    else:
        _with_position(db, answer)
    moment = datetime.now(UTC)
    db.run("DELETE FROM answers WHERE answered_at < :limit", {"limit": timestamp((moment - KEPT).timestamp())})
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    stored = (msgspec.json.encode(headers).decode(), bytes(answer.body).decode())
    answered_at = timestamp(moment.timestamp())
    db.insert("answers", [(command.key, command.fingerprint, subject, answered_at, answer.status_code, *stored)])
    return answer


def _with_position(db: Connection, answer: Response) -> Response:
    answer.headers[POSITION] = position_now(db)
    return answer


def position_now(db: Connection) -> str:
    """Where the feed is after this change: `orders:1742`."""
    ((name, head),) = db.all("SELECT service.name, feed.head FROM service, feed")
    return f"{name}:{head}"
