"""Reads what is on a topic already, so that a restart sends nothing twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import suppress

from contracts.kafka.cluster import Kafka
from contracts.kafka.log import NeverQuiet, open_log

_CLOCK_STEP = 5_000
"""Milliseconds by which a clock may be set back between noting a time and sending a record."""
_QUIET_FOR = 0.5
"""Seconds without a record at the end of a topic: what a killed producer had under way has arrived."""
_QUIET_WITHIN = 10.0
"""Seconds after which it has arrived in any case, while others write to the topic."""


def fingerprint(value: bytes) -> bytes:
    """Sixteen bytes that stand for a record's value."""
    return hashlib.blake2b(value, digest_size=16).digest()


def on_topic(kafka: Kafka, topic: str, since: int) -> Counter[bytes]:
    """Count the records that came to `topic` since a time (milliseconds), by the fingerprint of their value.

    Raises what `contracts.kafka.log` raises: `Unreachable` when the broker falls silent.
    """
    found: Counter[bytes] = Counter()
    with open_log(kafka) as log, suppress(NeverQuiet):
        spans = log.since([topic], since - _CLOCK_STEP)
        for message in log.read(spans, quiet=_QUIET_FOR, quiet_within=_QUIET_WITHIN):
            value = message.value()
            if isinstance(value, bytes):
                found[fingerprint(value)] += 1
    return found
