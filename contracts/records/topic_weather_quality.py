"""Typed records of `topic-weather-quality`, version 1: written by `python -m contracts generate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "SCHEMA",
    "Coordinates",
    "RuleResult",
    "Severity",
    "Slice",
    "Validation",
    "Verdict",
]

SCHEMA = r"""
{"type":"record","name":"Validation","namespace":"weather.quality","fields":[{"name":"id","type":
"string"},{"name":"topic","type":"string"},{"name":"validated_at","type":{"type":"long",
"logicalType":"timestamp-millis"}},{"name":"verdict","type":{"type":"enum","name":"Verdict",
"symbols":["UNKNOWN","PASS","WARN","FAIL"],"default":"UNKNOWN"}},{"name":"contract_version","type":
"int"},{"name":"gx_version","type":"string"},{"name":"since","type":["null",{"type":"long",
"logicalType":"timestamp-millis"}],"default":null},{"name":"until","type":["null",{"type":"long",
"logicalType":"timestamp-millis"}],"default":null},{"name":"slices","type":{"type":"array","items":{
"type":"record","name":"Slice","fields":[{"name":"partition","type":"int"},{"name":"start","type":
"long"},{"name":"end","type":"long"}]}},"default":[]},{"name":"rows","type":"long"},{"name":
"unreadable","type":"long","default":0},{"name":"unreadable_examples","type":{"type":"array","items"
:{"type":"record","name":"Coordinates","fields":[{"name":"topic","type":"string"},{"name":
"partition","type":"int"},{"name":"offset","type":"long"}]}},"default":[]},{"name":"rules","type":{
"type":"array","items":{"type":"record","name":"RuleResult","fields":[{"name":"id","type":"string"},
{"name":"check","type":"string"},{"name":"severity","type":{"type":"enum","name":"Severity",
"symbols":["UNKNOWN","CRITICAL","WARNING","INFO"],"default":"UNKNOWN"}},{"name":"kept","type":
"boolean"},{"name":"evaluated","type":"long"},{"name":"failed","type":"long"},{"name":"examples",
"type":{"type":"array","items":"weather.quality.Coordinates"},"default":[]}]}},"default":[]},{"name"
:"seconds","type":"double","default":0.0}]}"""
"""The reader schema."""


class Verdict(str, Enum):
    """What became of it."""

    UNKNOWN = "UNKNOWN"
    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Verdict:
        return cls.UNKNOWN


class Severity(str, Enum):
    """What breaking the rule leads to."""

    UNKNOWN = "UNKNOWN"
    CRITICAL = "CRITICAL"
    WARNING = "WARNING"
    INFO = "INFO"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Severity:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The part of the window in one partition."""

    partition: int
    """The partition."""
    start: int
    """First offset in the window."""
    end: int
    """First offset after the window."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Slice:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            partition=value["partition"],
            start=value["start"],
            end=value["end"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "partition": self.partition,
            "start": self.start,
            "end": self.end,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """Where a record is in Kafka."""

    topic: str
    """Its topic."""
    partition: int
    """Its partition."""
    offset: int
    """Its offset."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Coordinates:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            topic=value["topic"],
            partition=value["partition"],
            offset=value["offset"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule found."""

    id: str
    """Id of the rule in the contract."""
    check: str
    """Kind of the rule."""
    severity: Severity
    """What breaking the rule leads to."""
    kept: bool
    """True when the rule is kept."""
    evaluated: int
    """Rows that it looked at; 1 where it looks at the window as a whole."""
    failed: int
    """How many of these break it."""
    examples: tuple[Coordinates, ...] = ()
    """Where the first records that break it are."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> RuleResult:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            id=value["id"],
            check=value["check"],
            severity=Severity(value["severity"]),
            kept=value["kept"],
            evaluated=value["evaluated"],
            failed=value["failed"],
            examples=tuple(Coordinates.from_dict(item) for item in value["examples"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "id": self.id,
            "check": self.check,
            "severity": self.severity.value,
            "kept": self.kept,
            "evaluated": self.evaluated,
            "failed": self.failed,
            "examples": [item.to_dict() for item in self.examples],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The verdict on one window of a topic."""

    TOPIC: ClassVar[str] = "topic-weather-quality"
    VERSION: ClassVar[int] = 1
    SCHEMA: ClassVar[str] = SCHEMA

    id: str
    """Identity of the validation, unique among all."""
    topic: str
    """Topic that was validated: the record's Kafka key."""
    validated_at: datetime
    """When the validation ended, UTC."""
    verdict: Verdict
    """FAIL when a critical rule is broken, a record cannot be read or nothing was there; WARN when
    only rules of severity `warning` are broken."""
    contract_version: int
    """Version of the topic's contract whose rules and schema it was read by."""
    gx_version: str
    """Version of Great Expectations that gave the verdict."""
    since: datetime | None = None
    """Kafka timestamp that the window begins at, UTC; null for the beginning of the topic."""
    until: datetime | None = None
    """Kafka timestamp that the window ends before, UTC; null for the end that the topic had
    then."""
    slices: tuple[Slice, ...] = ()
    """The offsets that were read, in order of the partitions."""
    rows: int
    """Records of the window that could be read, and were judged."""
    unreadable: int = 0
    """Records of the window that could not be read by the contract."""
    unreadable_examples: tuple[Coordinates, ...] = ()
    """Where the first of them are."""
    rules: tuple[RuleResult, ...] = ()
    """What each rule found, in the contract's order."""
    seconds: float = 0.0
    """How long it took (s)."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Validation:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            id=value["id"],
            topic=value["topic"],
            validated_at=value["validated_at"],
            verdict=Verdict(value["verdict"]),
            contract_version=value["contract_version"],
            gx_version=value["gx_version"],
            since=value["since"],
            until=value["until"],
            slices=tuple(Slice.from_dict(item) for item in value["slices"]),
            rows=value["rows"],
            unreadable=value["unreadable"],
            unreadable_examples=tuple(Coordinates.from_dict(item) for item in value["unreadable_examples"]),
            rules=tuple(RuleResult.from_dict(item) for item in value["rules"]),
            seconds=value["seconds"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "id": self.id,
            "topic": self.topic,
            "validated_at": self.validated_at,
            "verdict": self.verdict.value,
            "contract_version": self.contract_version,
            "gx_version": self.gx_version,
            "since": self.since,
            "until": self.until,
            "slices": [item.to_dict() for item in self.slices],
            "rows": self.rows,
            "unreadable": self.unreadable,
            "unreadable_examples": [item.to_dict() for item in self.unreadable_examples],
            "rules": [item.to_dict() for item in self.rules],
            "seconds": self.seconds,
        }
