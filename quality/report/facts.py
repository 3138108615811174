"""What a report tells, gathered from the topics alone: nothing of it comes from a file of a former run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from confluent_kafka import Consumer
from pyspark.sql import SparkSession

from contracts.model import Contract
from quality import quarantine
from quality.profile import Profile, profile
from quality.results import Validation
from quality.sources import Sources
from quality.topics import find_window, watermarks
from quality.window import Records, decoded

_RAW_TOPIC = "topic-weather"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCount:
    """How much a topic holds, and how much it was ever given."""

    topic: str
    description: str
    held: int
    given: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a report tells. `history` is oldest first, and ends with `validation`."""

    made_at: datetime
    contract: Contract
    validation: Validation
    history: tuple[Validation, ...]
    profile: Profile
    topics: tuple[TopicCount, ...]
    quarantine: tuple[quarantine.Group, ...]


def check_sources(sources: Sources, consumer: Consumer, topic: str) -> None:
    """Look that all that a report on `topic` needs is there, before the work; raises `PlatformError`."""
    for told in _topics(topic):
        watermarks(consumer, told)
    sources.writers(quarantine.TOPIC)


def gather(
    sources: Sources,
    consumer: Consumer,
    spark: SparkSession,
    *,
    records: Records,
    validation: Validation,
    history: Sequence[Validation],
) -> Facts:
    """Gather what is to be told about the `records` of the window that `validation` judged."""
    contract = sources.contract(validation.window.topic)
    others = tuple(found for found in history if found.id != validation.id)
    return Facts(
        made_at=datetime.now(timezone.utc),
        contract=contract,
        validation=validation,
        history=(*others, validation),
        profile=profile(records.readable, contract.newest.schema),
        topics=tuple(_count(sources, consumer, topic) for topic in _topics(contract.topic)),
        quarantine=_quarantine(sources, consumer, spark),
    )


def _topics(topic: str) -> tuple[str, ...]:
    """The topics whose volume a report on `topic` tells, in the order of the data."""
    return tuple(dict.fromkeys((_RAW_TOPIC, topic, quarantine.TOPIC)))


def _count(sources: Sources, consumer: Consumer, topic: str) -> TopicCount:
    held = watermarks(consumer, topic).values()
    return TopicCount(
        topic=topic,
        description=sources.contract(topic).description,
        held=sum(high - low for low, high in held),
        given=sum(high for _, high in held),
    )


def _quarantine(sources: Sources, consumer: Consumer, spark: SparkSession) -> tuple[quarantine.Group, ...]:
    window = find_window(consumer, quarantine.TOPIC)
    if not window.span:
        return ()
    rows = decoded(
        spark,
        window,
        kafka=sources.kafka,
        writers=sources.writers(quarantine.TOPIC),
        reader=sources.contract(quarantine.TOPIC).newest.schema,
    )
    return quarantine.groups(rows)
