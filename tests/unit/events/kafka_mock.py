"""A Kafka broker of a test's own: the one that librdkafka ships for its own tests, reached inside confluent-kafka.

It speaks the protocol over TCP, and keeps 5 MB of each partition in memory. What it cannot do, and so is not tried
here: making and deleting topics, fencing a producer, hiding what a transaction did not commit.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import confluent_kafka
import pytest

_SYMBOLS = (
    "rd_kafka_conf_new",
    "rd_kafka_conf_set",
    "rd_kafka_new",
    "rd_kafka_destroy",
    "rd_kafka_handle_mock_cluster",
    "rd_kafka_mock_cluster_bootstraps",
    "rd_kafka_mock_topic_create",
    "rd_kafka_mock_broker_set_down",
    "rd_kafka_mock_broker_set_up",
    "rd_kafka_mock_push_request_errors",
)
END_TXN = 26
PRODUCER_FENCED = 90


def load_library() -> Any:
    """Without these symbols, which nobody promises, the test is skipped; in CI, it fails."""
    folder = Path(confluent_kafka.__file__).parent
    for path in [*folder.parent.glob("confluent_kafka.libs/librdkafka*"), *folder.glob("*.so")]:
        library = ctypes.CDLL(str(path))
        if all(hasattr(library, symbol) for symbol in _SYMBOLS):
            return library
    reason = "this confluent-kafka has no mock broker that can be reached"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class KafkaMock:
    """One broker."""

    def __init__(self) -> None:
        self._library = library = load_library()
        for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_handle_mock_cluster"):
            getattr(library, name).restype = ctypes.c_void_p
        library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        error = ctypes.create_string_buffer(512)
        settings = ctypes.c_void_p(library.rd_kafka_conf_new())
        for name, value in ((b"test.mock.num.brokers", b"1"), (b"log_level", b"0")):
            library.rd_kafka_conf_set(settings, name, value, error, ctypes.c_size_t(512))
        self._handle = ctypes.c_void_p(library.rd_kafka_new(0, settings, error, ctypes.c_size_t(512)))
        assert self._handle, error.value
        self._cluster = ctypes.c_void_p(library.rd_kafka_handle_mock_cluster(self._handle))
        self.bootstrap: str = library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def make_topic(self, topic: str, partitions: int) -> None:
        assert self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1) == 0

    def stop(self) -> None:
        """Connections break, and none can be made."""
        assert self._library.rd_kafka_mock_broker_set_down(self._cluster, 1) == 0

    def start(self) -> None:
        assert self._library.rd_kafka_mock_broker_set_up(self._cluster, 1) == 0

    def fail(self, request: int, error: int) -> None:
        """The next request of this kind is answered with this error."""
        count = ctypes.c_size_t(1)
        self._library.rd_kafka_mock_push_request_errors(self._cluster, ctypes.c_int16(request), count, error)

    def close(self) -> None:
        """And everything that was in it is gone."""
        if self._handle:
            self._library.rd_kafka_destroy(self._handle)
            self._handle = ctypes.c_void_p(None)
