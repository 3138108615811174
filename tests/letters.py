"""Dead letters to reprocess: equal but for their partition and their mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timezone

from contracts.records.topic_weather_quarantine import DeadLetter, Header, Reason, Stage
from embedded import Services
from streaming.reprocess import Sender
from tests.wreck import all_of

RAW, QUARANTINE = "raw", "quarantine"
LOT = 500
"""As many as make a sender wait for all of them."""


def letter(number: int) -> DeadLetter:
    """One of many, for one of three partitions."""
    return DeadLetter(
        reason=Reason.RULE_BROKEN,
        explanation="It breaks a rule.",
        stage=Stage.STREAMING,
        source_topic=RAW,
        source_partition=number % 3,
        source_offset=number,
        source_timestamp=datetime(2026, 1, 1, tzinfo=timezone.utc),
        value=b"x",
        headers=(Header(key="trace", value=b"\xff"), Header(key="empty", value=None)),
    )


def marks(services: Services) -> Counter[bytes]:
    """How often each mark is on the raw topic."""
    headers = [dict(message.headers() or ()) for message in all_of(services, RAW)]
    return Counter(each["replay-of"] for each in headers if isinstance(each["replay-of"], bytes))


def send(sender: Sender, numbers: Iterable[int]) -> None:
    """Send the letters of these numbers, which are their marks."""
    for number in numbers:
        sender.send_letter(letter(number), str(number).encode())
