"""Codes of the Kafka client's own errors, as librdkafka's rdkafka.h has them. Those of brokers are in KafkaError."""

from __future__ import annotations

AUTO_OFFSET_RESET = -140
"""The offset asked for is not there."""
FENCED = -144
PARTITION_EOF = -191
"""No fault: all has been read."""
UNKNOWN_TOPIC = -188
UNKNOWN_PARTITION = -190
