"""Bookkeeping: the tables beside a projection's own, in each of its generations.

They are written in the same transactions, so that what was applied and the knowledge of it cannot differ. Times are
seconds since 1970, by the projector's clock.
"""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, Table, Text

tables = MetaData()

# One row for each source: a stream, or a partition of it. history and number: the source's own position. head: its
# last number when it was read. applied: the service's position of the last event that was read.
# state: a status.StreamState.
checkpoints = Table(
    "braid_checkpoints",
    tables,
    Column("source", Text, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("history", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("applied", BigInteger, nullable=False),
    Column("read_at", Float),
    Column("caught_up_at", Float),
    Column("state", Text, nullable=False),
    Column("message", Text, nullable=False),
)


class Life(IntEnum):
    """What is known of an aggregate. UNSEEN: it was gone before the build; there were only events about it."""

    EXISTS = 0
    GONE = 1
    UNSEEN = 2


# The last version of each aggregate that the tables hold. That of one that is gone stays: older events may come again.
versions = Table(
    "braid_versions",
    tables,
    Column("stream", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("life", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Events that were set aside; docs of operations.Letter. type is empty for an aggregate's state from a snapshot.
letters = Table(
    "braid_letters",
    tables,
    Column("stream", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("type", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("parked_at", Float, nullable=False),
    Column("retry_at", Float),
    Column("mark", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("event", Text, nullable=False),
)

# One row for each stream that is, or was, read from snapshots. settled: the service's position at the last page.
# cursor: of the next page; empty for the first. feed: the history that the pages were of. done, total: aggregates.
builds = Table(
    "braid_builds",
    tables,
    Column("stream", Text, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("settled", BigInteger, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger),
    Column("is_done", Integer, nullable=False),
)

# Aggregates that somebody found to differ, and the owner is to fetch and apply.
repairs = Table(
    "braid_repairs",
    tables,
    Column("stream", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
)
